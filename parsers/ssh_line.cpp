#include "parsers/ssh_line.h"

#include <algorithm>
#include <charconv>

namespace drydock::parsers::ssh_line {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

class Reader {
 public:
  Reader(std::string_view text, const LineIndex& lines, SyntaxErrors& errors)
      : text_(text), lines_(lines), errors_(errors) {}

  std::optional<Line> line(size_t begin, size_t end) {
    begin = skip(begin, end);
    while (end > begin &&
           (kBlank.find(text_[end - 1]) != std::string_view::npos || text_[end - 1] == '\f'))
      --end;
    if (begin == end || text_[begin] == '#') return std::nullopt;
    if (text_.substr(begin, end - begin).find('\0') != std::string_view::npos) {
      refuse("nul-byte", lines_.span(begin, end), "a NUL byte in the line");
      return std::nullopt;
    }
    Line out;
    size_t at = begin;
    if (!read_keyword(at, end, out)) return std::nullopt;
    // Behind an empty word, a '=' or quotes, the programs look once more.
    if (out.written.empty() && (at == end || !read_keyword(at, end, out))) return std::nullopt;
    if (out.written.empty() || out.written.front() == '#') return std::nullopt;
    if (at == end) {
      refuse("missing-argument", out.keyword_span, "no argument after the keyword");
      return std::nullopt;
    }
    out.rest = std::string(text_.substr(at, end - at));
    if (!read_arguments(at, end, out)) return std::nullopt;
    const size_t last = out.arguments.empty() ? at : argument_end_;
    out.span = lines_.span(begin, last);
    out.value_span = lines_.span(out.arguments.empty() ? at : argument_begin_, last);
    return out;
  }

 private:
  void refuse(std::string_view code, Span span, std::string message) {
    errors_.add(code, span, std::move(message), Effect::refused);
  }

  size_t skip(size_t at, size_t end) const {
    while (at < end && kBlank.find(text_[at]) != std::string_view::npos) ++at;
    return at;
  }

  // The keyword ends at a blank or one '='; it may stand in double quotes. Moves `at` to the arguments.
  bool read_keyword(size_t& at, size_t end, Line& out) {
    const size_t begin = at;
    const auto stops = [&](char c) {
      return kBlank.find(c) != std::string_view::npos || c == '=' || c == '"';
    };
    while (at < end && !stops(text_[at])) ++at;
    out.written = std::string(text_.substr(begin, at - begin));
    if (at < end && text_[at] == '"') {
      const size_t close = text_.substr(0, end).find('"', at + 1);
      if (close == std::string_view::npos) {
        refuse("bad-quotes", lines_.span(begin, end), "a quote that is not closed");
        return false;
      }
      out.written += text_.substr(at + 1, close - at - 1);
      at = close + 1;
      out.keyword_span = lines_.span(begin, at);
      at = skip(at, end);
      return true;
    }
    out.keyword_span = lines_.span(begin, at);
    const bool equals = at < end && text_[at] == '=';
    if (equals) ++at;
    at = skip(at, end);
    if (!equals && at < end && text_[at] == '=') at = skip(at + 1, end);
    return true;
  }

  // Blanks separate arguments, quotes of either kind hold them together, a backslash escapes quotes and
  // itself and, outside quotes, a blank; a '#' where an argument would begin starts a comment.
  bool read_arguments(size_t at, size_t end, Line& out) {
    while (at < end) {
      if (text_[at] == ' ' || text_[at] == '\t') {
        ++at;
        continue;
      }
      if (text_[at] == '#') break;
      const size_t begin = at;
      Argument argument;
      char quote = 0;
      for (; at < end; ++at) {
        const char c = text_[at];
        const char next = at + 1 < end ? text_[at + 1] : '\0';
        if (c == '\\' &&
            (next == '\'' || next == '"' || next == '\\' || (quote == 0 && next == ' ')))
          argument.text += text_[++at];
        else if (c == '\\')
          argument.text += c;
        else if (quote == 0 && (c == ' ' || c == '\t'))
          break;
        else if (quote == 0 && (c == '"' || c == '\''))
          quote = c;
        else if (quote != 0 && c == quote)
          quote = 0;
        else
          argument.text += c;
      }
      if (quote != 0) {
        refuse("bad-quotes", lines_.span(begin, end), "a quote that is not closed");
        return false;
      }
      argument.span = lines_.span(begin, at);
      if (out.arguments.empty()) argument_begin_ = begin;
      argument_end_ = at;
      out.arguments.push_back(std::move(argument));
    }
    return true;
  }

  std::string_view text_;
  const LineIndex& lines_;
  SyntaxErrors& errors_;
  size_t argument_begin_ = 0;
  size_t argument_end_ = 0;
};

// scan_scaled(3): a number, perhaps with a fraction, and one of B K M G T P E.
std::optional<uint64_t> scaled(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  uint64_t whole = 0;
  const auto [behind, error] = std::from_chars(at, end, whole);
  if (error != std::errc()) return std::nullopt;
  at = behind;
  uint64_t tenths = 0, divisor = 1;  // the fraction, as far as it can be told apart
  if (at != end && *at == '.')
    for (++at; at != end && *at >= '0' && *at <= '9'; ++at)
      if (divisor < 1'000'000) {
        tenths = tenths * 10 + static_cast<uint64_t>(*at - '0');
        divisor *= 10;
      }
  unsigned shift = 0;
  if (at != end) {
    constexpr std::string_view kUnits = "BKMGTPE";
    const char unit = static_cast<char>(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
    const size_t place = kUnits.find(unit);
    if (place == std::string_view::npos || ++at != end) return std::nullopt;
    shift = static_cast<unsigned>(place) * 10;
  }
  if (shift > 0 && (whole >> (63 - shift)) != 0) return std::nullopt;
  if (whole >> 63 != 0) return std::nullopt;
  const uint64_t part =
      shift > 40 ? (tenths << 20) / divisor << (shift - 20) : (tenths << shift) / divisor;
  return (whole << shift) + part;
}

}  // namespace

std::optional<Line> read(std::string_view text, const LineIndex& lines, size_t begin, size_t end,
                         SyntaxErrors& errors) {
  return Reader(text, lines, errors).line(begin, end);
}

std::optional<std::string> seconds(std::string_view text) {
  constexpr int64_t kMost = 0x7fffffff;
  int64_t total = 0;
  if (text.empty()) return std::nullopt;
  for (const char *at = text.data(), *end = at + text.size(); at != end;) {
    int64_t number = 0;
    if (*at == '+') ++at;  // strtol(3)
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || number < 0 || number > kMost || *at == '-') return std::nullopt;
    at = next;
    int64_t unit = 1;
    if (at != end) {
      switch (*at++) {
        case 's':
        case 'S':
          unit = 1;
          break;
        case 'm':
        case 'M':
          unit = 60;
          break;
        case 'h':
        case 'H':
          unit = 3600;
          break;
        case 'd':
        case 'D':
          unit = 86400;
          break;
        case 'w':
        case 'W':
          unit = 604800;
          break;
        default:
          return std::nullopt;
      }
    }
    total += number * unit;
    if (total > kMost) return std::nullopt;
  }
  return std::to_string(total);
}

std::optional<std::string> rekey_limit(const std::vector<Argument>& arguments) {
  std::string size = "0", time = "0";
  if (arguments[0].text != "default") {
    const auto bytes = scaled(arguments[0].text);
    if (!bytes || (*bytes != 0 && *bytes < 16)) return std::nullopt;
    size = std::to_string(*bytes);
  }
  if (arguments.size() > 1 && arguments[1].text != "none") {
    const auto limit = seconds(arguments[1].text);
    if (!limit) return std::nullopt;
    time = *limit;
  }
  return size + " " + time;
}

std::string header(std::string_view word, const std::vector<Argument>& arguments,
                   std::string_view text, const LineIndex& lines) {
  constexpr size_t kLongest = 300;
  std::string out(word);
  for (const Argument& argument : arguments) {
    const Span& span = argument.span;
    const size_t start = lines.line_bounds(span.line).first + span.column - 1;
    if (!out.empty()) out += ' ';
    out += text.substr(start, std::min<size_t>(span.end_column - span.column, kLongest + 1));
    if (out.size() > kLongest) {
      out.resize(kLongest);
      return out + "…";
    }
  }
  return out;
}

std::optional<std::string> choice(std::string_view choices, std::string_view written) {
  const std::string word = lower(written);
  for (std::string_view rest = choices; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    const size_t equals = one.find('=');
    if (word == one.substr(0, equals))
      return std::string(equals == std::string_view::npos ? one : one.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace drydock::parsers::ssh_line
