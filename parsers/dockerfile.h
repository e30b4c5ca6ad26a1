// Dockerfile and Containerfile (docs.docker.com/reference/dockerfile), as BuildKit's parser cuts them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::dockerfile {

struct Word {
  std::string text;  // as it is written, with its quotes
  Span span;
};

struct Instruction {
  std::string name;         // in capitals: "RUN"
  std::string arguments;    // continued lines joined, comments between them left out
  std::vector<Word> words;  // the arguments cut at blanks outside of quotes; at most kWords
  std::string heredocs;     // the bodies of its here-documents, in a row
  Span span;                // from the name to the last argument
  Span name_span;
};

inline constexpr size_t kInstructions = 10'000;  // of one file
inline constexpr size_t kWords = 1000;           // of one instruction

// Codes of syntax errors. docker build refuses the file for each of them, what else is in it is judged all the
// same (effect `ignored`): a repository also holds templates of Dockerfiles.
//   unknown-instruction     a line that begins with no instruction; it is left out
//   missing-arguments       an instruction without arguments; it is left out
//   no-from                 something else than ARG before the first FROM
//   unterminated-heredoc    the last line of a here-document is missing: the rest belongs to it (effect `refused`)
//   too-many-instructions   more than kInstructions (effect `refused`)
struct File {
  std::vector<Instruction> instructions;  // in the order of the file
  SyntaxErrors errors;
};
File parse(std::string_view text);

}  // namespace drydock::parsers::dockerfile
