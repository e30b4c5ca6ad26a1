// XML 1.0 as configuration files use it: elements, attributes and text, with places. A document type is passed
// over and declares nothing: an entity other than the five predefined ones and character references is a mistake,
// so that no document grows when it is read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::xml {

struct Attribute {
  std::string name, value;
  Span span;        // name="value"
  Span value_span;  // without the quotes
};

inline constexpr size_t kNoParent = static_cast<size_t>(-1);

struct Element {
  std::string name;
  std::vector<Attribute> attributes;
  std::string text;  // its own characters, without those of elements in it
  size_t parent = kNoParent;
  Span span;  // the start tag

  const Attribute* find(std::string_view attribute) const;
  // The value of an attribute; empty if there is none.
  std::string_view value(std::string_view attribute) const;
};

struct Document {
  std::vector<Element> elements;  // in the order of their start tags; the first is the root
  SyntaxErrors errors;            // at most one: what follows a mistake is not read
};

// Codes of syntax errors, all of effect `refused`: no XML parser goes on behind one.
//   no-element          there is no root element
//   bad-character       a byte that is no part of a text (NUL and other control characters)
//   bad-markup          a tag, comment or declaration that is not well-formed or does not end
//   bad-attribute       an attribute without a name, '=' or quotes, or one that stands there twice
//   bad-entity          '&' that begins no reference that is known here
//   wrong-end           an end tag of another element than the one that is open
//   text-outside        text before or behind the root element, or a second root
//   too-deep            more than 64 elements in each other
//   too-many-elements   more than 100000
Document parse(std::string_view text);

}  // namespace drydock::parsers::xml
