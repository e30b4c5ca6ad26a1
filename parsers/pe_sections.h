// Sections of a PE/COFF file: a unified kernel image carries its command line in ".cmdline" (UAPI.5, Unified
// Kernel Image; Microsoft PE format).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/random_bytes.h"
#include "parsers/syntax_error.h"

namespace drydock::parsers::pe_sections {

struct Section {
  std::string name;     // ".cmdline"
  std::string content;  // of a section that is wanted, cut at its virtual size; else empty
};

inline constexpr size_t kContent = size_t{64} << 10;  // bytes of a section at most

struct File {
  std::vector<Section> sections;  // in the order of the file
  SyntaxErrors errors;
};

// Reads the headers and the contents of the sections with these names, not the kernel beside them. Codes of syntax
// errors (effect `refused`): not-pe, no PE file; truncated, a header or a section lies beyond the end; too-large, a
// wanted section has more than kContent bytes. Places are those of the file as a whole.
File parse(RandomBytes& bytes, std::initializer_list<std::string_view> wanted);

}  // namespace drydock::parsers::pe_sections
