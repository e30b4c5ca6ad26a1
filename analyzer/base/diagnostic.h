// What drydock has to say about its own work: not a finding about the host, but a file that could
// not be read, a rule that does not load, an argument that makes no sense.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/span.h"

namespace drydock {

enum class Level : uint8_t { note, warning, error };

// The stable kinds of diagnostics; each becomes a notification descriptor in SARIF.
enum class DiagnosticKind : uint8_t {
  parse_error,    // a file of the artifact is malformed
  not_read,       // something exists and was not read (unreadable, too large, encrypted, damaged)
  symlink,        // a link loops or leaves the tree
  artifact,       // the artifact itself: truncated, corrupt in the middle
  configuration,  // drydock's own configuration, rule packs
  limit,          // a bound was reached and output was cut
  internal        // a rule failed to evaluate
};

// The kebab-case name of a kind, as it is written in reports: "parse-error".
std::string_view name(DiagnosticKind kind);

struct Diagnostic {
  Level level = Level::warning;
  DiagnosticKind kind = DiagnosticKind::configuration;
  std::string path = {};     // the file it is about, as the user knows it; may be empty
  Span span = {};            // line 0: the whole file
  std::string message = {};  // one or more sentences
  std::string help = {};     // what to do; may be empty
  // Of a malformed line: which rule of the format it breaks, the parser's code; may be empty.
  std::string code = {};
};

// Renders a diagnostic for a terminal, without colour:
//   warning: 'etc/fstab' line 3: missing mount point
//     3 | /dev/sda1
//       | ^^^^^^^^^
//     help: fstab(5) wants six fields
// `text` is the content of the file if it is at hand, else empty (then no snippet is shown).
std::string render(const Diagnostic& diagnostic, std::string_view text = {});

// The line of `text` at `span` with a caret line under it, both indented by two blanks and prefixed
// with a gutter; empty when the span names no line of the text. Control characters are shown as
// '?', tabs are kept in both lines so that the caret stands under its place, lines are cut at 160
// bytes.
std::string snippet(std::string_view text, Span span);

}  // namespace drydock
