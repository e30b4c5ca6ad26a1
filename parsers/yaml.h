// YAML 1.2 as configuration is written in (compose files): one document of maps, lists and texts, each with
// its place. Anchors and merge keys are put in where they are used.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::yaml {

enum class Kind : uint8_t { null, scalar, sequence, map };

struct Value {
  Kind kind = Kind::null;
  std::string text;          // of a scalar, without quotes; also numbers and switches
  std::vector<Value> items;  // the elements of a sequence; the members of a map, as written
  std::string key;           // of a member: its name
  Span span;                 // the first line of a scalar; of a collection its first byte
  Span key_span;             // of a member

  // The member of that name, the last if there are several; nullptr if there is none or this is no map.
  const Value* find(std::string_view member) const;
  bool is(Kind wanted) const { return kind == wanted; }
};

struct Document {
  std::optional<Value> root;  // nothing: an empty text, or it was refused
  SyntaxErrors errors;
};

// Codes of syntax errors, all of effect `refused`; nothing is kept then:
//   not-yaml         what yaml-cpp does not take
//   not-utf8
//   too-large        more than 1 MiB
//   too-deep         more than 50 collections inside each other
//   too-many-values  more than 20,000 with all aliases put in
//   no-such-anchor   an alias of what is not defined before it, or of what it stands in
Document parse(std::string_view text);

}  // namespace drydock::parsers::yaml
