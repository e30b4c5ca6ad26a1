// fstab(5): which file systems are mounted where, one a line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::fstab {

// One word of the comma-separated fourth field: "nosuid", "size=1G", "x-systemd.requires=/x".
struct Option {
  std::string name;
  std::string value;       // behind the first '='; empty if there is none
  bool has_value = false;  // there is a '='
  Span span;               // the whole word
};

// One line. Fields are decoded: "\040" stands for a blank.
struct Entry {
  std::string source;  // fs_spec: "/dev/sda1", "UUID=…", "tmpfs", "host:/dir"
  std::string target;  // fs_file: "/var/log", "none" for swap
  std::string type;    // fs_vfstype; empty if the line ends before it
  std::string
      options;  // fs_mntops as one string; empty if the line ends before it ("defaults" then)
  std::vector<Option> option_list;  // the same, split; empty words are left out
  int dump = 0;                     // fs_freq
  int pass = 0;                     // fs_passno
  Span span;                        // from the first field to the last that counts
  Span source_span;
  Span target_span;
  Span type_span;
  Span options_span;  // empty, at the end of the line, if there is no such field
};

struct File {
  std::vector<Entry> entries;  // in the order of the file
  SyntaxErrors errors;
};

enum class Reader : uint8_t {
  libmount,  // of util-linux: mount(8), findmnt(8)
  libc,      // getmntent(3): systemd-fstab-generator(8), up to systemd 257
};

// Reads as the given library does. getmntent(3) takes lines that libmount drops (no type, a number that is
// none), decodes fewer escapes and no more than 4095 bytes of a line.
// Codes of syntax errors, all of effect `ignored` (libmount skips the line, the rest counts; getmntent(3) takes
// those with * all the same):
//   missing-mount-point   a line of one word
//   missing-type *        a line of two words
//   bad-number *          the fifth or sixth field is no number; libmount drops the line; a
//                         comment behind the fourth field is such a mistake
//   nul-byte              a NUL byte in the line
// And one that keeps its line:
//   extra-field           something behind the sixth field, which nobody reads
File parse(std::string_view text, Reader reader = Reader::libmount);

// Decodes "\ooo" (three octal digits) as libmount does; other backslashes stand for themselves.
std::string decode(std::string_view field);

// Splits an option string at the commas outside of double quotes; spans stay line 0. For the
// Options= of a mount unit, which systemd.mount(5) hands to mount(8) as it is.
std::vector<Option> split_options(std::string_view options);

}  // namespace drydock::parsers::fstab
