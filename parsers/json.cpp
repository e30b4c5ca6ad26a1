#include "parsers/json.h"

#include <algorithm>
#include <charconv>

#include "analyzer/base/utf8.h"
#include "parsers/characters.h"
#include "parsers/utf8.h"

// Why not a library: nlohmann/json and its like tell where parsing failed, not where a value began,
// refuse what Go takes (bytes that are not UTF-8, lone surrogates) and take what Go refuses (a
// BOM). That both agree on everything else is held by tests/fuzz/json_fuzz.cpp, which asks
// nlohmann/json about every input.

namespace drydock::parsers::json {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lines_(text) {}

  Document run() {
    if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF")) {
      refuse("not-utf8", 0, 2, "the text is UTF-16; JSON is UTF-8");
      return std::move(document_);
    }
    if (text_.starts_with("\xEF\xBB\xBF")) {
      document_.errors.add("byte-order-mark", lines_.span(0, 3),
                           "a byte order mark before the document", Effect::refused);
      at_ = 3;
    }
    skip_blank();
    if (at_ == text_.size()) {
      refuse("empty-document", at_, at_, "expected a value");
      return std::move(document_);
    }
    Value root;
    const bool complete = value(root, 0);
    if (complete || root.is(Kind::object) || root.is(Kind::array)) document_.root = std::move(root);
    if (!complete) return std::move(document_);
    skip_blank();
    if (at_ < text_.size())
      refuse("trailing-data", at_, at_ + 1, "expected nothing behind the value");
    return std::move(document_);
  }

 private:
  bool refuse(std::string_view code, size_t begin, size_t end, std::string message) {
    document_.errors.add(code, lines_.span(begin, end), std::move(message), Effect::refused);
    return false;
  }

  bool unexpected(std::string_view wanted) {
    if (at_ >= text_.size())
      return refuse("unterminated", at_, at_, "the text ends; expected " + std::string(wanted));
    return refuse("unexpected-character", at_, at_ + 1, "expected " + std::string(wanted));
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool ended() const { return at_ >= text_.size(); }

  void skip_blank() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' || text_[at_] == '\n'))
      ++at_;
  }

  // Reads the value at at_ into `out`. On failure `out` keeps the complete items, and its span ends
  // where reading stopped.
  bool value(Value& out, int depth) {
    const size_t begin = at_;
    if (++values_ > limits::kJsonValues)
      return refuse("too-many-values", begin, begin + 1, "more values than drydock reads");
    bool good = false;
    switch (peek()) {
      case '{':
      case '[':
        if (depth >= limits::kJsonDepth)
          return refuse("too-deep", begin, begin + 1, "nested deeper than drydock reads");
        good = container(out, depth + 1, text_[at_] == '{');
        break;
      case '"':
        out.kind = Kind::string;
        good = string(out.text);
        break;
      case 't':
        good = literal(out, Kind::boolean, "true");
        break;
      case 'f':
        good = literal(out, Kind::boolean, "false");
        break;
      case 'n':
        good = literal(out, Kind::null, "null");
        break;
      default:
        if (peek() != '-' && !is_digit(peek())) return unexpected("a value");
        good = number(out);
    }
    out.span = lines_.span(begin, at_);
    return good;
  }

  bool literal(Value& out, Kind kind, std::string_view word) {
    const size_t begin = at_;
    for (const char c : word) {
      if (peek() != c || ended()) {
        if (ended()) return unexpected("'" + std::string(word) + "'");
        return refuse("unexpected-character", begin, at_ + 1,
                      "expected '" + std::string(word) + "'");
      }
      ++at_;
    }
    out.kind = kind;
    out.text = word;
    return true;
  }

  bool number(Value& out) {
    const size_t begin = at_;
    const auto digits = [&](std::string_view where) {
      if (!is_digit(peek())) {
        if (ended()) return unexpected("a digit" + std::string(where));
        return refuse("bad-number", begin, at_ + 1, "expected a digit" + std::string(where));
      }
      while (is_digit(peek())) ++at_;
      return true;
    };
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
      if (is_digit(peek()))
        return refuse("bad-number", begin, at_ + 1, "a number does not begin with 0");
    } else if (!digits(" after '-'")) {
      return false;
    }
    if (peek() == '.') {
      ++at_;
      if (!digits(" after '.'")) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits(" in the exponent")) return false;
    }
    out.kind = Kind::number;
    out.text = text_.substr(begin, at_ - begin);
    return true;
  }

  bool hex4(size_t escape, uint32_t& out) {
    out = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      uint32_t digit = 0;
      if (is_digit(c))
        digit = static_cast<uint32_t>(c - '0');
      else if (c >= 'a' && c <= 'f')
        digit = static_cast<uint32_t>(c - 'a' + 10);
      else if (c >= 'A' && c <= 'F')
        digit = static_cast<uint32_t>(c - 'A' + 10);
      else if (ended())
        return unexpected("four hexadecimal digits");
      else
        return refuse("bad-escape", escape, at_ + 1, "expected four hexadecimal digits");
      out = out * 16 + digit;
    }
    return true;
  }

  bool string(std::string& out) {
    const size_t begin = at_++;
    out.clear();
    bool said_utf8 = false;
    while (true) {
      if (ended())
        return refuse("unterminated", begin, begin + 1, "the text ends inside this string");
      const unsigned char c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c < 0x20)
        return refuse("control-character", at_, at_ + 1,
                      c == '\n' || c == '\r' ? "the line ends inside a string"
                                             : "a control character inside a string");
      if (c == '\\') {
        if (!escape(out)) return false;
        continue;
      }
      const size_t length = utf8_length(text_.substr(at_));
      if (length == 0) {
        if (!said_utf8)
          document_.errors.add("invalid-utf8", lines_.span(at_, at_ + 1),
                               "bytes that are not UTF-8; they are replaced");
        said_utf8 = true;
        out += kReplacement;
        ++at_;
      } else {
        out.append(text_, at_, length);
        at_ += length;
      }
    }
  }

  bool escape(std::string& out) {
    const size_t begin = at_++;
    if (ended()) return unexpected("the rest of an escape");
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    const size_t known = kNames.find(text_[at_]);
    if (known != std::string_view::npos) {
      out.push_back(kMeant[known]);
      ++at_;
      return true;
    }
    if (text_[at_] != 'u') return refuse("bad-escape", begin, at_ + 1, "JSON has no such escape");
    ++at_;
    uint32_t rune = 0;
    if (!hex4(begin, rune)) return false;
    if (rune >= 0xD800 && rune < 0xDC00 && text_.substr(at_, 2) == "\\u") {
      // A high surrogate: with a low one behind it a rune, else each stands for itself (and means
      // nothing).
      const size_t before = at_;
      uint32_t low = 0;
      at_ += 2;
      if (!hex4(before, low)) return false;
      if (low >= 0xDC00 && low < 0xE000) {
        append_utf8(out, 0x10000 + ((rune - 0xD800) << 10) + (low - 0xDC00));
        return true;
      }
      at_ = before;
    }
    if (rune >= 0xD800 && rune < 0xE000)
      out += kReplacement;
    else
      append_utf8(out, rune);
    return true;
  }

  bool container(Value& out, int depth, bool is_object) {
    out.kind = is_object ? Kind::object : Kind::array;
    const char close = is_object ? '}' : ']';
    ++at_;
    skip_blank();
    if (peek() == close) {
      ++at_;
      return true;
    }
    while (true) {
      Value item;
      const bool good = (!is_object || key(item)) && value(item, depth);
      // Half a container is kept for its complete part; half a scalar is nothing.
      if (good || !item.items.empty()) out.items.push_back(std::move(item));
      if (!good) break;
      skip_blank();
      if (peek() == ',') {
        ++at_;
        skip_blank();
      } else if (peek() == close) {
        ++at_;
        if (is_object) report_duplicates(out);
        return true;
      } else {
        unexpected(is_object ? "',' or '}' after the member" : "',' or ']' after the element");
        break;
      }
    }
    if (is_object) report_duplicates(out);
    return false;
  }

  bool key(Value& item) {
    if (peek() != '"' || ended()) return unexpected("a key in double quotes");
    const size_t begin = at_;
    if (!string(item.key)) return false;
    item.key_span = lines_.span(begin, at_);
    skip_blank();
    if (peek() != ':') return unexpected("':' after the key");
    ++at_;
    skip_blank();
    return true;
  }

  void report_duplicates(const Value& object) {
    std::vector<size_t> order(object.items.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return object.items[a].key < object.items[b].key; });
    for (size_t i = 0; i + 1 < order.size(); ++i) {
      const Value& earlier = object.items[order[i]];
      const Value& later = object.items[order[i + 1]];
      if (earlier.key != later.key) continue;
      document_.errors.add("duplicate-key", earlier.key_span,
                           "this key stands again in line " + std::to_string(later.key_span.line) +
                               ", and the last one counts");
    }
  }

  std::string_view text_;
  LineIndex lines_;
  size_t at_ = 0;
  size_t values_ = 0;
  Document document_;
};

}  // namespace

std::string_view name(Kind kind) {
  constexpr std::string_view kNames[] = {"null", "boolean", "number", "string", "array", "object"};
  return kNames[static_cast<size_t>(kind)];
}

const Value* Value::find(std::string_view member) const {
  if (kind != Kind::object) return nullptr;
  for (auto item = items.rbegin(); item != items.rend(); ++item)
    if (item->key == member) return &*item;
  return nullptr;
}

const Value* Value::find(std::initializer_list<std::string_view> path) const {
  const Value* at = this;
  for (const std::string_view member : path)
    if (at != nullptr) at = at->find(member);
  return at;
}

std::optional<int64_t> Value::integer() const {
  if (kind != Kind::number) return std::nullopt;
  int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

Document parse(std::string_view text) {
  return Parser(text).run();
}

}  // namespace drydock::parsers::json
