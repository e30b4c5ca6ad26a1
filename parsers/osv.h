// A record of the OSV schema (ossf.github.io/osv-schema, 1.6): a vulnerability and the versions of packages that
// have it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::osv {

struct Event {
  enum class Kind : uint8_t { introduced, fixed, last_affected } kind = Kind::introduced;
  std::string version;  // of introduced: "0" is before all versions
};

// Of type ECOSYSTEM: the versions are ordered as the package manager orders them. GIT and SEMVER are left out.
struct Range {
  std::vector<Event> events;
};

struct Affected {
  std::string ecosystem;  // "Debian:12", "Alpine:v3.19", "Red Hat:enterprise_linux:9::baseos"
  std::string name;
  std::vector<Range> ranges;
  std::vector<std::string> versions;  // affected whatever the ranges say
};

struct Record {
  std::string id;
  // "aliases" and "upstream": the same vulnerability elsewhere, or those this one is made of.
  std::vector<std::string> names;
  bool withdrawn = false;
  std::vector<Affected> affected;  // those that name a package and an ecosystem
};

struct File {
  Record record;  // with an empty id if there is none
  SyntaxErrors errors;
};

// Codes of syntax errors: those of json.h, and
//   not-a-record  no object with an id (effect `refused`)
File parse(std::string_view text);

}  // namespace drydock::parsers::osv
