// JSON (RFC 8259) as Go's encoding/json takes it, which is what Docker, containerd and their kin
// read their files with; every key and value knows its place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::json {

enum class Kind : uint8_t { null, boolean, number, string, array, object };
std::string_view name(Kind kind);  // "null", "boolean", …

struct Value {
  Kind kind = Kind::null;
  // A string decoded (what is not UTF-8 replaced by U+FFFD, as lone surrogates are); a number,
  // true, false and null as they are written. Empty for an array and an object.
  std::string text;
  std::vector<Value> items;  // the elements of an array; the members of an object, as written
  std::string key;           // of a member: its decoded name
  Span span;      // from the first byte of the value to its last, quotes and brackets included
  Span key_span;  // of a member: the key with its quotes

  // The member that counts: the last one with this key, as in Go. Null if this is no object or has
  // none.
  const Value* find(std::string_view member) const;
  // The same along a path of keys.
  const Value* find(std::initializer_list<std::string_view> path) const;
  bool is(Kind wanted) const { return kind == wanted; }
  bool is_true() const { return kind == Kind::boolean && text == "true"; }
  // The number as a 64-bit integer; nothing if it is none, has a fraction or an exponent, or is too
  // large (Go refuses those for an integer field).
  std::optional<int64_t> integer() const;
};

struct Document {
  // Absent if there is no value at all. After an error of effect `refused` it holds what was
  // complete before it: programs that refuse the file see nothing of it.
  std::optional<Value> root;
  SyntaxErrors errors;
};

// Codes of syntax errors. Go reads on after these (effect `ignored`):
//   duplicate-key         a key again in one object: the last one counts; the place is the earlier
//   key invalid-utf8          bytes that are not UTF-8 in a string, replaced by U+FFFD (dockerd
//   since 23.0 refuses)
// All others make it refuse the document; at most one of them is reported, then reading stops,
// except for byte-order-mark, which is reported and passed over:
//   byte-order-mark       UTF-8 with a BOM (encoding/json refuses it; dockerd since 23.0 passes it
//   over) not-utf8              UTF-16 with a BOM empty-document        nothing but white space
//   unexpected-character  what may not stand there: a comment, a comma too many, a quote that is
//   missing … unterminated          the text ends inside a value bad-escape, control-character   in
//   a string bad-number            a number RFC 8259 does not have: 01, +1, .5, 1. trailing-data
//   something behind the one value (dockerd before 23.0 does not look there) too-deep more than
//   limits::kJsonDepth arrays and objects inside each other too-many-values       more than
//   limits::kJsonValues values
Document parse(std::string_view text);

}  // namespace drydock::parsers::json
