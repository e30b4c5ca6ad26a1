// dpkg's database of installed packages, /var/lib/dpkg/status: deb822(5) paragraphs. The file is
// large (megabytes), so a record only points into the text.
#pragma once

#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::dpkg_status {

// A configuration file as the package shipped it (deb-conffiles(5)).
struct Conffile {
  std::string_view path;       // "/etc/ssh/moduli"
  std::string_view md5 = {};   // hexadecimal, or "newconffile" while it is being unpacked
  std::string_view flag = {};  // "obsolete", "remove-on-upgrade" or empty
  Span span;                   // its line, without the blanks around it
};

// One paragraph. All views are into the text given to parse(); empty where the field is missing.
struct Package {
  std::string_view name;
  std::string_view version;
  std::string_view architecture;
  std::string_view want;   // first word of Status: "install", "hold", "deinstall", "purge"
  std::string_view state;  // third word of Status: "installed", "config-files", "not-installed" …
  std::string_view source;  // without the version in parentheses; empty: as the package itself
  std::string_view source_version;  // what stands in those; empty: as the package itself
  std::vector<Conffile> conffiles;
  Span span;          // the Package field
  Span version_span;  // the version; the Package field if there is none
};

struct File {
  std::vector<Package> packages;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors; dpkg refuses the whole database for each of them (effect `refused`), what
// is sound is read all the same:
//   missing-colon      a line that is neither a field nor the continuation of one
//   duplicate-field    the same field twice in a paragraph; the first one is kept
//   missing-package    a paragraph without a Package field; it is left out
//   bad-conffile       a line of Conffiles that is no path and checksum; it is left out
File parse(std::string_view text);

}  // namespace drydock::parsers::dpkg_status
