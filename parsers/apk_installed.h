// apk's database of installed packages, /lib/apk/db/installed: a paragraph for each package, a field a line,
// "P:musl" (wiki.alpinelinux.org, "Apk spec"; the letters are those of apk-package(5)).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::apk_installed {

// A file ("R:") in the directory ("F:") before it. All views are into the text.
struct File {
  std::string_view directory;  // "etc/ssh"; empty: the root
  std::string_view name;
  std::string_view checksum =
      {};  // "Q1" and base64 of a SHA-1, "Q2" of a SHA-256; empty: none is kept
  uint32_t uid = 0, gid = 0;
  uint16_t mode = 0644;  // where no "a:" says otherwise
  Span span = {};        // the "R:" line
};

struct Package {
  std::string_view name, version, architecture;
  std::string_view origin;  // the source package; empty: as the package itself
  std::vector<File> files;
  Span span;          // the "P:" line; the first of the paragraph without one
  Span version_span;  // the version; the "P:" line if there is none
};

struct Database {
  std::vector<Package> packages;  // in the order of the file
  SyntaxErrors errors;
};

// `with_files`: whether anybody wants the files. Codes of syntax errors; apk refuses the whole database for
// each (effect `refused`), what is sound is read all the same:
//   malformed-line   no field: the second character is no colon
//   missing-package  a paragraph without "P:"; it is left out
//   orphan-file      "R:" without a directory, or "a:" and "Z:" without a file
//   bad-mode         "a:" is not uid:gid:mode
Database parse(std::string_view text, bool with_files);

}  // namespace drydock::parsers::apk_installed
