// Which names each program takes of the files in its directories, and where people leave files that it never
// looks at. What decides, and where that is said, stands in unread_directory.cpp, line by line.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace drydock::facts {

enum class Names : uint8_t {
  any,      // what includes the directory decides alone
  suffix,   // must end so; `suffixes`
  words,    // as `suffix`, by a script that cuts the names at blanks
  no_case,  // as `suffix`, in capitals as well
  apt,  // apt.conf(5): "either no or "conf" as filename extension and which only contain alphanumeric,
        // hyphen (-), underscore (_) and period (.) characters"
  apt_suffix,  // the same with one of `suffixes`, not without
  run_parts,  // run-parts(8): "consist entirely of ASCII upper- and lower-case letters, ASCII digits, ASCII
              // underscores, and ASCII minus-hyphens"; others say the same in their words
  lsb_run_parts,  // run-parts(8), --lsbsysinit
  no_dot,  // xinetd.conf(5): "ignoring files that contain a '.' in their name or end with a '~'"
  kerberos,  // krb5.conf(5): "consist solely of alphanumeric characters, dashes, or underscores" or end in
             // .conf
  unit,  // systemd.unit(5): nothing there but units; only what was plainly meant to be one is wrong
};

// What else decides whether a file in it counts.
struct Conditions {
  // The files that include the directory; empty: the program looks into it by itself. Any of them that includes it
  // will do; if there is none of them, nothing is known.
  std::vector<std::string_view> mains = {};
  // Words of their lines that may lead to further files, in lower case. Where one names something else than the
  // directory, nothing is said.
  std::vector<std::string_view> words = {};
  bool must_be_executable = false;
  bool must_be_roots = false;    // root's, and not writable by group or others
  bool must_be_private = false;  // root's, and nobody else may read it
  bool looks_no_deeper =
      false;  // files in its subdirectories are worth a word: nobody else wants them there
  bool is_in_usr_local = false;     // /usr/local/lib/sysctl.d is read like /etc/sysctl.d
  bool units_may_name_it = false;   // an administrator's service may load its files by itself
  std::string_view needs = {};      // a path without which the program works in another way
  std::string_view needs_not = {};  // … with which
};

struct UnreadDirectory {
  std::string_view program;
  std::string_view path;
  Names names;
  std::vector<std::string_view> suffixes;
  std::string_view manual;  // "sysctl.d(5)"
  Conditions conditions = {};
};

// A file or directory that has the look of configuration and that the program never opens.
struct Neighbour {
  std::string_view program;
  std::string_view path;   // a directory, or a file
  std::string_view right;  // where it belongs
  std::string_view manual;
  Conditions conditions = {};  // `mains` that name it by its last component make it read
};

const std::vector<UnreadDirectory>& unread_directories();
const std::vector<Neighbour>& neighbours();

// What those may read besides directories.
std::vector<std::string_view> unread_paths();

}  // namespace drydock::facts
