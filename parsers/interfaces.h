// /etc/network/interfaces and what it includes: interfaces(5) of ifupdown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::interfaces {

struct Option {
  std::string name, value;
  Span span;
  Span value_span;
};

// "iface eth0 inet static" with the options below it. The same name may stand there again, with another family or
// with more options.
struct Stanza {
  std::string name, family, method;  // empty method: it inherits
  std::string inherits;
  std::vector<Option> options;
  Span span;  // the line "iface …"
};

// "auto eth0 eth1", "allow-hotplug wlan0": a word each.
struct Start {
  std::string how;  // "auto", "hotplug" …
  std::string name;
  Span span;
};

// "source /etc/network/interfaces.d/*"; a path without '/' in front starts in the directory of the file.
struct Include {
  std::string path;
  bool is_directory = false;
  Span span;
};

struct File {
  std::vector<Stanza> stanzas;
  std::vector<Start> starts;
  std::vector<Include> includes;
  SyntaxErrors errors;
};

// Codes of syntax errors, of effect `refused`: ifup gives up on all of its configuration.
//   misplaced-option   an option that belongs to no stanza
//   bad-iface          "iface" without a name
//   unknown-family     none that ifup knows, and the stanza inherits from no other
//   unknown-method     a method that the family does not have, and the stanza inherits from no other
//   missing-value      an option without anything behind it
//   nul-byte           a NUL byte in a line
// and with effect `ignored`:
//   extra-word         words behind the method
File parse(std::string_view text);

}  // namespace drydock::parsers::interfaces
