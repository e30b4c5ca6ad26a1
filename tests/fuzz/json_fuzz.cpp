// drydock's JSON parser against nlohmann/json: on UTF-8 without a BOM both must take or refuse the
// same documents and find the same values in them.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "parsers/json.h"

namespace {

using drydock::parsers::json::Kind;
using drydock::parsers::json::Value;

bool same(const Value& ours, const nlohmann::json& theirs) {
  switch (ours.kind) {
    case Kind::null:
      return theirs.is_null();
    case Kind::boolean:
      return theirs.is_boolean() && theirs.get<bool>() == ours.is_true();
    case Kind::number:
      if (!theirs.is_number()) return false;
      if (!ours.integer() || ours.text == "-0") return true;
      return theirs.is_number_integer() && theirs.get<int64_t>() == *ours.integer();
    case Kind::string:
      return theirs.is_string() && theirs.get<std::string>() == ours.text;
    case Kind::array:
      if (!theirs.is_array() || theirs.size() != ours.items.size()) return false;
      for (size_t i = 0; i < ours.items.size(); ++i)
        if (!same(ours.items[i], theirs[i])) return false;
      return true;
    case Kind::object:
      if (!theirs.is_object()) return false;
      for (const auto& [key, value] : theirs.items())
        if (const Value* mine = ours.find(key); mine == nullptr || !same(*mine, value))
          return false;
      for (const Value& item : ours.items)
        if (!theirs.contains(item.key)) return false;
      return true;
  }
  return false;
}

// What nlohmann/json refuses and Go takes, and our own bounds.
bool is_ours_alone(const drydock::parsers::json::Document& document, std::string_view text) {
  for (const auto& error : document.errors)
    if (error.code == "invalid-utf8" || error.code == "byte-order-mark" ||
        error.code == "not-utf8" || error.code == "too-deep" || error.code == "too-many-values")
      return true;
  // A NUL byte ends the text for it, and is a character too many for Go.
  if (text.find('\0') != text.npos) return true;
  // A \u escape of a surrogate may be a lone one.
  return text.find("\\ud") != text.npos || text.find("\\uD") != text.npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = drydock::parsers::json::parse(text);
  if (is_ours_alone(document, text)) return 0;
  bool refused = false;
  for (const auto& error : document.errors)
    refused |= error.effect == drydock::parsers::Effect::refused;
  nlohmann::json theirs;
  bool they_refuse = false;
  try {
    theirs = nlohmann::json::parse(text);
  } catch (const nlohmann::json::out_of_range&) {
    return 0;  // a number beyond a double: Go keeps it, and so do we
  } catch (const nlohmann::json::exception&) {
    they_refuse = true;
  }
  if (refused != they_refuse || (!refused && !same(*document.root, theirs))) std::abort();
  return 0;
}
