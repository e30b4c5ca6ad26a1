#include "analyzer/engine/message.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace drydock::engine {
namespace {

constexpr size_t kMaxValue = 200;  // bytes of one value in a message

// One value as it may stand in a sentence: cut on a character's border.
std::string shortened(std::string value) {
  if (value.size() <= kMaxValue) return value;
  size_t end = kMaxValue;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;
  value.resize(end);
  return value + "…";
}

}  // namespace

Result<MessageTemplate> MessageTemplate::parse(std::string_view text) {
  MessageTemplate result;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) result.parts_.push_back({.text = std::move(literal)});
    literal.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{' || text.substr(i, 2) == "{{") {
      if (text[i] == '{') ++i;
      literal += text[i];
      continue;
    }
    const size_t close = text.find('}', i);
    if (close == std::string_view::npos)
      return Error{"an opening brace without a closing one", "write '{{' for a brace itself"};
    std::string_view name = text.substr(i + 1, close - i - 1);
    bool octal = false;
    if (const size_t colon = name.find(':'); colon != std::string_view::npos) {
      if (name.substr(colon) != ":octal")
        return Error{"'" + std::string(name) + "' has an unknown format",
                     "the only format is ':octal'"};
      octal = true;
      name = name.substr(0, colon);
    }
    if (name.empty() || name.find_first_of(" {\n") != std::string_view::npos)
      return Error{"'{" + std::string(name) + "}' is no name", "write '{{' for a brace itself"};
    flush();
    result.parts_.push_back({.text = std::string(name), .is_name = true, .octal = octal});
    i = close;
  }
  flush();
  return result;
}

std::vector<std::string> MessageTemplate::names() const {
  std::vector<std::string> result;
  for (const Part& part : parts_)
    if (part.is_name && std::find(result.begin(), result.end(), part.text) == result.end())
      result.push_back(part.text);
  return result;
}

std::string MessageTemplate::render(const Lookup& value) const {
  std::string result;
  for (const Part& part : parts_) {
    if (!part.is_name) {
      result += part.text;
      continue;
    }
    std::optional<std::string> found = value(part.text);
    if (!found)
      found = "not set";
    else if (const auto number = whole_number(*found); part.octal && number)
      found = octal(*number);
    result += shortened(std::move(*found));
  }
  while (!result.empty() && (result.back() == '\n' || result.back() == ' ')) result.pop_back();
  return result;
}

std::string octal(int64_t mode) {
  char text[32];
  std::snprintf(text, sizeof text, "%04llo", static_cast<unsigned long long>(mode));
  return text;
}

std::optional<int64_t> whole_number(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  int64_t number = 0;
  if (text.empty() || text[0] == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return negative ? -number : number;
}

}  // namespace drydock::engine
