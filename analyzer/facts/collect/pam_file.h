// The files that PAM modules take their settings from: the usual one, or the one an argument names.
#pragma once

#include <string>
#include <string_view>

#include "analyzer/facts/collect/pam.h"

namespace drydock::facts {

extern const TableSpec kPamFileTable;

// How many different files the lines of all stacks may name for a module; what goes beyond is not read.
inline constexpr size_t kPamFiles = 64;

struct PamModuleFile {
  std::string_view module;    // "pam_faillock.so"
  std::string_view argument;  // "conf=": what stands behind the last one counts
  std::string_view usual;     // without the argument; empty: there is none
  std::array<bool, 4> types;  // in which stacks it reads it, by parsers::pam_conf::Type
  bool fails = false;  // without the file the module answers an error, whatever else it is told
};

// nullptr: the module has no such file, or none that is known.
const PamModuleFile* pam_module_file(std::string_view module);

// The path, normal and without '/' before it, that a line of the module reads.
struct PamFileName {
  std::string path;
  const parsers::pam_conf::Argument* argument = nullptr;  // nullptr: the usual one
};
PamFileName pam_file_of(const PamModuleFile& file, const parsers::pam_conf::Line& line);

// 'read': there is something to read; 'absent'; 'empty': a directory or /dev/null, of which fopen(3) and fgets(3) read
// no line; 'unknown': a device, a socket, a link out of what is here, and what lies outside of /etc where only that is
// here.
std::string_view pam_file_state(Context& context, std::string_view path);

// Does pam_pwhistory of the host's release of Linux-PAM know a file (from 1.5.3 on)? True if the release is not known,
// and for packages other than Debian's: Red Hat's 1.5.1 knows it, too.
bool has_history_file(Context& context);

// Fills pam_file for a host.
void write_pam_files(Context& context, const PamConfig& config);

}  // namespace drydock::facts
