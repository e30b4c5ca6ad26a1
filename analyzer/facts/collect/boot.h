// What boots: the boot loader's entries and the kernel's command line.
#pragma once

#include "analyzer/facts/collect.h"
#include "analyzer/facts/collect/grub_run.h"
#include "parsers/kernel_config.h"

namespace drydock::facts {

extern const TableSpec kBootLoaderTable;
extern const TableSpec kBootEntryTable;
extern const TableSpec kBootArgumentTable;
extern const TableSpec kKernelArgumentTable;
extern const Collector kBootCollector;

// Where the partitions that boot loaders read may be mounted.
inline constexpr std::string_view kBootPartitions[] = {"boot", "boot/efi", "efi"};

// One way the host can start, whatever the loader.
struct BootEntry {
  std::string loader;  // "grub", "systemd-boot", "extlinux", "raspberry-pi"
  std::string id;      // as the loader names it: "1>2", "arch.conf", the label
  std::string title;
  std::string kernel;
  std::string version;  // what the loader's file says; empty: see the kernel's file name
  std::string initrd;
  std::vector<BootArgument> arguments;
  std::string path;
  Span span;
  bool is_default = false;
  std::string why;  // it is the default
  // systemd-boot orders by these: of the Boot Loader Specification.
  std::string sort_key, machine_id;
  int tries_left = -1, tries_done = -1;  // in the file's name; -1: not counted
};

// A configuration file from which the next command line is made.
struct BootSource {
  std::vector<BootArgument> arguments;
  bool is_known = true;  // false: a command or a condition decides a part of it
  std::string path;      // where a further argument belongs
  Span span;
  bool exists = false;
  // Arguments of assignments that a later one replaced.
  std::vector<BootArgument> replaced;
};

// Entries of each kind that is there; the default ones are marked. systemd_boot.cpp:
std::vector<BootEntry> systemd_boot_entries(Context& context);
// boot_loaders.cpp:
std::vector<BootEntry> extlinux_entries(Context& context);
std::vector<BootEntry> raspberry_pi_entries(Context& context);
// Boot Loader Specification entries as GRUB's blscfg sorts them.
std::vector<GrubEntry> bls_entries_for_grub(Context& context);
// The entry files on the partitions that boot loaders read: *.conf, for systemd-boot in any case.
std::vector<std::string> bls_files(const Tree& tree, bool any_case);
// Of one entry file. Without `variables` a '$' is one; with them an unknown variable is nothing.
std::optional<BootEntry> bls_entry(Context& context, const std::string& path,
                                   const std::map<std::string, BootArgument>* variables);

// boot_sources.cpp: /etc/default/grub with its drop-ins; /etc/kernel/cmdline.
BootSource grub_default(Context& context, const std::vector<std::string>& paths);
BootSource kernel_cmdline_file(Context& context, const std::string& path);
BootSource bootc_kargs(Context& context, const std::vector<std::string>& paths);

// boot_defaults.cpp: the values that a kernel of this configuration and release (kernel_release) takes for arguments
// that are not given, as far as options decide them.
std::map<std::string, std::string> kernel_argument_defaults(
    const parsers::kernel_config::File& config, int64_t release);
// The first two numbers of a version as one, for comparing: "6.1.0-18-amd64" -> 6001; 0 without two numbers.
int64_t kernel_release(std::string_view version);

// The arguments in a stretch of a file's text.
std::vector<BootArgument> split_arguments(std::string_view text, const std::string& path,
                                          const LineIndex& lines, size_t offset);

}  // namespace drydock::facts
