// How parser tests write places and errors, so that a test can state the whole outcome as text.
#pragma once

#include <string>

#include "parsers/syntax_error.h"

namespace drydock::test {

// "3:1-3:8": line:column to the exclusive end.
inline std::string place(Span span) {
  return std::to_string(span.line) + ":" + std::to_string(span.column) + "-" +
         std::to_string(span.end_line) + ":" + std::to_string(span.end_column);
}

// A line for each error: "error missing-equals 1:1-1:22 expected '=' after the key (ignored)".
inline std::string errors(const parsers::SyntaxErrors& list) {
  std::string out;
  for (const parsers::SyntaxError& error : list)
    out += "error " + std::string(error.code) + " " + place(error.span) + " " + error.message +
           (error.effect == parsers::Effect::ignored ? " (ignored)\n" : " (refused)\n");
  return out;
}

}  // namespace drydock::test
