// Runs grub.cfg as GRUB does at boot, as far as it decides which kernel starts with which arguments.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/span.h"
#include "parsers/grub_script.h"

namespace drydock::facts {

struct BootArgument {
  std::string text;
  std::string path;  // the file it stands in
  Span span;
};

struct GrubEntry {
  std::string
      index;       // "0", "1>2": its place in the menu and the submenus, as GRUB_DEFAULT names it
  std::string id;  // --id; empty: none
  std::string title;
  bool is_submenu = false;
  bool is_unrestricted = false;  // --unrestricted: starts without the superuser's password
  std::string kernel;            // as it is written; empty: starts no Linux
  std::string initrd;
  std::vector<BootArgument> arguments;
  std::string path;
  Span span;
};

struct GrubPassword {
  std::string user;
  bool is_hashed = false;  // password_pbkdf2
  std::string path;
  Span span;
};

struct GrubMenu {
  std::vector<GrubEntry> entries;  // submenus before what is in them
  std::optional<size_t> chosen;    // the entry that starts when nobody touches a key
  std::string why_chosen;          // "the entry named by default, 0"
  std::string superusers;          // the variable; empty: nobody is asked for a password
  std::vector<GrubPassword> passwords;
  bool uses_bls = false;    // blscfg was run
  bool is_complete = true;  // false: a limit was reached
};

// What the script can see of the host.
struct GrubHost {
  struct Source {
    std::string path;  // the real one
    std::string_view text;
  };
  std::function<std::optional<Source>(const std::string& path)> read;
  std::function<bool(const std::string& path)> exists;
  // A script that was read: its mistakes are reported there.
  std::function<void(const Source&, const parsers::grub_script::File&)> parsed;
  std::vector<GrubEntry> bls;  // what blscfg adds, in the order of the menu
};

// An argument as GRUB's "linux" writes it into the kernel's command line (grub_create_loader_cmdline): one with blanks
// in quotes, and a backslash before quotes and backslashes.
std::string grub_quoted(std::string_view argument);

// Runs the file at `path` ("boot/grub/grub.cfg"). Steps, entries and loops are limited; what is not known here
// (the disks, the platform) counts as found and as a PC.
GrubMenu run_grub(const GrubHost& host, const std::string& path);

}  // namespace drydock::facts
