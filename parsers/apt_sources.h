// Where apt gets packages from: sources.list(5), in its one-line style (*.list) and in deb822 style (*.sources).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::apt_sources {

struct Option {
  std::string name;   // in lower case, as deb822 names it: "signed-by", "allow-insecure", "trusted"
  std::string value;  // several words separated by one blank
  Span span;          // of the one-line style "trusted=yes", of deb822 the whole field
};

// One line, or one stanza.
struct Source {
  std::vector<std::string> types;  // "deb", "deb-src"
  std::vector<std::string> uris, suites, components;
  std::vector<Option> options;  // all others, in the order they are written
  bool enabled = true;          // Enabled: no
  Span span;

  // The value of an option that counts, the last one; null: it is not written.
  const Option* option(std::string_view name) const;
};

struct File {
  std::vector<Source> sources;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors; apt gives up on all its sources for each (effect `refused`), the others are read:
//   malformed-entry  a line that is no type, URI and suite, or an option list without its end
//   unknown-type     neither deb nor deb-src
//   malformed-field  a line of a stanza that is no field (ignored if it is a comment)
//   missing-field    a stanza without Types, URIs or Suites
File parse_list(std::string_view text);
File parse_deb822(std::string_view text);

// apt's StringToBool: yes, true, with, on, enable and 1 are true, no, false, without, off, disable and 0 are
// false; anything else is `otherwise`.
bool is_true(std::string_view value, bool otherwise);

}  // namespace drydock::parsers::apt_sources
