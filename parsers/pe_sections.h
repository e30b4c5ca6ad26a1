// Sections of a PE/COFF file: a unified kernel image carries its command line in ".cmdline" (UAPI.5, Unified
// Kernel Image; Microsoft PE format).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::pe_sections {

struct Section {
  std::string name;          // ".cmdline"
  std::string_view content;  // inside of the text, cut at its virtual size
};

struct File {
  std::vector<Section> sections;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors (effect `refused`): not-pe, no PE file; truncated, a header or a section lies beyond
// the end. Places are those of the file as a whole.
File parse(std::string_view bytes);

}  // namespace drydock::parsers::pe_sections
