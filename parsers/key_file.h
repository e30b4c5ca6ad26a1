// GLib's key files ("Desktop Entry Specification", Basic format of the file; GKeyFile of GLib), in which
// NetworkManager keeps its connections: groups and KEY=VALUE lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::key_file {

struct Entry {
  std::string group;
  std::string key;
  std::string
      value;  // as written, blanks before it taken off; escapes ("\s", "\n") are left as they are
  Span span;  // from the key to the end of the value
};

struct Group {
  std::string name;
  Span span;
};

struct File {
  std::vector<Group> groups;   // one may be empty, and be there twice
  std::vector<Entry> entries;  // in the order of the file; of equal ones the last counts
  SyntaxErrors errors;
};

// Codes of syntax errors. GLib refuses the whole file for each (effect `refused`); nothing is kept then:
//   not-an-entry  a line that is no group, no comment and no KEY=VALUE
//   no-group      an entry above the first group
//   bad-name      a group or key with characters that it must not have
//   nul-byte      a NUL byte anywhere
// and drydock alone for these, so that each entry may name its group:
//   too-long      the name of a group of more than 255 bytes
//   too-many      more than 50,000 groups and entries; the rest is not read
File parse(std::string_view text);

}  // namespace drydock::parsers::key_file
