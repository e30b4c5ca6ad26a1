#include "analyzer/report/sarif/json.h"

#include <algorithm>
#include <cstdio>

#include "analyzer/report/unicode.h"

namespace drydock::report::sarif_log {
namespace {

// RFC 8259, section 7; controls beyond those that must be escaped are escaped, too (DEL, C1), so that a
// log shown on a terminal is harmless.
void append_string(std::string& out, std::string_view value) {
  out += '"';
  for (size_t at = 0; at < value.size();) {
    const size_t first = at;
    while (at < value.size() && value[at] >= ' ' && value[at] < 0x7f && value[at] != '"' &&
           value[at] != '\\')
      ++at;
    out.append(value, first, at - first);
    if (at == value.size()) break;
    const char32_t c = next_code_point(value, at);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      append_utf8(out, c);
    }
  }
  out += '"';
}

}  // namespace

Json::Json(std::string_view value) {
  text_.reserve(value.size() + 2);
  append_string(text_, value);
}

Json::Json(double value) {
  char buffer[32];
  text_ =
      std::string(buffer, static_cast<size_t>(std::snprintf(buffer, sizeof buffer, "%.1f", value)));
}

Json::Json(std::initializer_list<std::pair<std::string_view, Json>> fields) : text_("{}") {
  for (const auto& [key, value] : fields) set(key, value);
}

Json Json::array(std::initializer_list<Json> elements) {
  Json out = array();
  for (const Json& element : elements) out.push_back(element);
  return out;
}

void Json::begin_part() {
  text_.pop_back();
  if (count_++ > 0) text_ += ',';
}

void Json::set(std::string_view key, const Json& value) {
  begin_part();
  append_string(text_, key);
  text_ += ':';
  text_ += value.text_;
  text_ += '}';
}

void Json::push_back(const Json& value) {
  begin_part();
  text_ += value.text_;
  text_ += ']';
}

Json text(std::string_view value, size_t limit) {
  return Json{{"text", cut(value, limit)}};
}

Json physical_location(std::string_view uri, int index, const Json& region) {
  Json artifact{{"uri", uri}};
  if (index >= 0) artifact.set("index", index);
  return Json{{"artifactLocation", artifact}, {"region", region}};
}

Json line_region(uint32_t line) {
  return Json{{"startLine", std::max(line, uint32_t{1})}};
}

}  // namespace drydock::report::sarif_log
