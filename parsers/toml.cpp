#include "parsers/toml.h"

#include <algorithm>

// Some of toml++'s assertions do not hold for malformed text ("[&"); what follows them reports the mistake all
// the same. With NDEBUG it would have the optimizer rely on them.
#undef NDEBUG
#define TOML_ASSERT(expr) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#include <toml++/toml.h>
#pragma GCC diagnostic pop

#include "parsers/utf8.h"

namespace drydock::parsers::toml {
namespace {

constexpr size_t kMaxSize = size_t{1} << 20;

// toml++ 3.3 asks which white space a character is in a way that has undefined behaviour for some that are
// not ASCII (is_non_ascii_horizontal_whitespace), so it gets none to see: in comments they are made 'x' in
// `ascii`, elsewhere the place of the first is returned. npos: there is none.
size_t hide_comments(std::string& ascii) {
  for (size_t i = 0; i < ascii.size(); ++i) {
    const char c = ascii[i];
    if (static_cast<unsigned char>(c) >= 0x80) return i;
    if (c == '#') {
      for (; i < ascii.size() && ascii[i] != '\n'; ++i)
        if (static_cast<unsigned char>(ascii[i]) >= 0x80) ascii[i] = 'x';
    } else if (c == '"' || c == '\'') {
      const std::string quotes =
          ascii.compare(i, 3, std::string(3, c)) == 0 ? std::string(3, c) : std::string(1, c);
      for (i += quotes.size(); i < ascii.size(); ++i) {
        if (static_cast<unsigned char>(ascii[i]) >= 0x80) return i;
        if (c == '"' && ascii[i] == '\\')
          ++i;
        else if (ascii.compare(i, quotes.size(), quotes) == 0 ||
                 (quotes.size() == 1 && ascii[i] == '\n'))
          break;
      }
      i += quotes.size() - 1;
    }
  }
  // Should a string have been taken for something else: none is left.
  for (size_t i = 0; i < ascii.size(); ++i)
    if (static_cast<unsigned char>(ascii[i]) >= 0x80) return i;
  return std::string::npos;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), lines_(text) {}

  File run() {
    if (text_.size() > kMaxSize) {
      file_.errors.add("too-large", lines_.span(0, 0), "more than 1 MiB", Effect::refused);
      return std::move(file_);
    }
    std::string ascii(text_);
    // A byte order mark counts as no column: those of the first line would be wrong by its three bytes.
    if (ascii.starts_with("\xef\xbb\xbf")) ascii.replace(0, 3, "   ");
    if (const size_t place = is_utf8(text_) ? hide_comments(ascii) : 0;
        place != std::string::npos) {
      file_.errors.add("not-ascii", lines_.span(place, place + 1),
                       "drydock reads only ASCII outside of comments", Effect::refused);
      return std::move(file_);
    }
    const ::toml::parse_result result = ::toml::parse(std::string_view(ascii));
    if (result.failed()) {
      const ::toml::parse_error& error = result.error();
      file_.errors.add("not-toml", span(error.source()), std::string(error.description()),
                       Effect::refused);
      return std::move(file_);
    }
    std::vector<std::string> path;
    table(result.table(), path);
    std::stable_sort(file_.entries.begin(), file_.entries.end(),
                     [](const Entry& a, const Entry& b) { return a.value_span < b.value_span; });
    return std::move(file_);
  }

 private:
  // toml++ counts columns in code points; drydock counts bytes.
  uint32_t byte_column(uint32_t line, uint32_t column) const {
    const auto [begin, end] = lines_.line_bounds(line);
    size_t at = begin;
    for (uint32_t i = 1; i < column && at < end; ++i)
      at += std::max<size_t>(1, utf8_length(text_.substr(at, end - at)));
    return static_cast<uint32_t>(at - begin + 1);
  }

  Span span(const ::toml::source_region& region) const {
    const uint32_t line = std::max<uint32_t>(1, region.begin.line);
    const uint32_t column = byte_column(line, std::max<uint32_t>(1, region.begin.column));
    const uint32_t end_line = std::max(line, region.end.line);
    const uint32_t end = byte_column(end_line, std::max<uint32_t>(1, region.end.column));
    return {line, column, end_line, end_line == line ? std::max(column, end) : end};
  }

  // toml++ bounds the nesting at 256, so this recursion is bounded too.
  void table(const ::toml::table& table_, std::vector<std::string>& path) {
    if (table_.empty() && !path.empty()) file_.empty_tables.push_back(path);
    for (const auto& [key, node] : table_) {
      path.emplace_back(key.str());
      const Span key_span = span(key.source());
      value(node, path, &key_span, -1);
      path.pop_back();
    }
  }

  void value(const ::toml::node& node, std::vector<std::string>& path, const Span* key,
             int ordinal) {
    if (const auto* inner = node.as_table()) return table(*inner, path);
    if (const auto* list = node.as_array()) {
      if (list->empty()) return add(node, path, key, ordinal, Kind::array, "");
      int index = 0;
      for (const ::toml::node& item : *list) {
        if (item.is_table() || item.is_array()) {
          path.push_back(std::to_string(index));
          value(item, path, nullptr, -1);
          path.pop_back();
        } else {
          value(item, path, nullptr, index);
        }
        ++index;
      }
      return;
    }
    if (const auto* text = node.as_string())
      add(node, path, key, ordinal, Kind::string, text->get());
    else if (const auto* number = node.as_integer())
      add(node, path, key, ordinal, Kind::integer, std::to_string(number->get()));
    else if (const auto* truth = node.as_boolean())
      add(node, path, key, ordinal, Kind::boolean, truth->get() ? "true" : "false");
    else
      add(node, path, key, ordinal, node.is_floating_point() ? Kind::floating : Kind::date_time,
          written(span(node.source())));
  }

  std::string written(const Span& s) const {
    const size_t begin = lines_.line_bounds(s.line).first + s.column - 1;
    const size_t end = lines_.line_bounds(s.end_line).first + s.end_column - 1;
    return begin <= end && end <= text_.size() ? std::string(text_.substr(begin, end - begin)) : "";
  }

  void add(const ::toml::node& node, const std::vector<std::string>& path, const Span* key,
           int ordinal, Kind kind, std::string text) {
    const Span at = span(node.source());
    const Span whole = key ? Span{key->line, key->column, at.end_line, at.end_column} : at;
    file_.entries.push_back({path, ordinal, kind, std::move(text), whole, at});
  }

  std::string_view text_;
  LineIndex lines_;
  File file_;
};

}  // namespace

File parse(std::string_view text) {
  return Reader(text).run();
}

std::string dotted(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& part : path) {
    if (!out.empty()) out += '.';
    out += part.find('.') == std::string::npos ? part : "'" + part + "'";
  }
  return out;
}

}  // namespace drydock::parsers::toml
