// JSON for logs of thousands of results, and the small SARIF objects that occur everywhere, each built
// from all that its readers require.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace drydock::report::sarif_log {

// A JSON value, held as its text: building a log costs little more than writing it, where a tree of
// nodes took four times as long. Fields keep the order in which they are set. A string that is no UTF-8
// has U+FFFD in place of its ill-formed bytes.
class Json {
 public:
  Json(std::string_view value);                                      // NOLINT: implicit
  Json(const std::string& value) : Json(std::string_view(value)) {}  // NOLINT: implicit
  Json(const char* value) : Json(std::string_view(value)) {}         // NOLINT: implicit
  Json(bool value) : text_(value ? "true" : "false") {}              // NOLINT: implicit
  Json(double value);  // with one decimal; NOLINT: implicit
  template <std::integral T>
  Json(T value) : text_(std::to_string(value)) {}  // NOLINT: implicit
  // An object: Json{{"uri", uri}, {"index", 3}}.
  Json(std::initializer_list<std::pair<std::string_view, Json>> fields);

  static Json object() { return Json(Text{}, "{}"); }
  static Json array() { return Json(Text{}, "[]"); }
  static Json array(std::initializer_list<Json> elements);

  // Of an object; the key must be new.
  void set(std::string_view key, const Json& value);
  // Of an array.
  void push_back(const Json& value);

  bool empty() const { return count_ == 0; }  // an object or array without parts
  size_t size() const { return count_; }
  const std::string& text() const { return text_; }

 private:
  struct Text {};
  Json(Text, std::string_view text) : text_(text) {}
  void begin_part();

  std::string text_;
  size_t count_ = 0;
};

// What GitHub and GitLab show; GitLab drops a result with a longer string.
inline constexpr size_t kTextLimit = 1024;  // code points
inline constexpr size_t kNameLimit = 255;
inline constexpr size_t kHelpLimit = 16'000;
inline constexpr size_t kTags = 10;
inline constexpr size_t kResults = 5'000;        // of one run
inline constexpr size_t kRuns = 20;              // of one file
inline constexpr size_t kRelated = 100;          // locations of one result that GitHub shows
inline constexpr size_t kNotifications = 1'000;  // of one run

// {"text": …}, cut at the limit.
Json text(std::string_view value, size_t limit = kTextLimit);

// A location that every consumer takes: a URI and a region that starts at line 1 or later. `index` is
// the artifact's place in run.artifacts, or -1.
Json physical_location(std::string_view uri, int index, const Json& region);
Json line_region(uint32_t line);  // line 0, the file as a whole, is written as line 1

}  // namespace drydock::report::sarif_log
