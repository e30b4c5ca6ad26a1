#include "parsers/fstab.h"

#include <limits>
#include <optional>

#include "parsers/characters.h"

namespace drydock::parsers::fstab {
namespace {

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

// glibc reads a line into 4096 bytes and forgets the rest of it.
constexpr size_t kLongestLibcLine = 4095;

struct Range {
  size_t begin = 0;
  size_t end = 0;
  bool empty() const { return begin == end; }
};

// The next word in [at, end); `at` moves behind it. Empty if there is none.
Range next_word(std::string_view text, size_t& at, size_t end) {
  while (at < end && is_blank(text[at])) ++at;
  const size_t begin = at;
  while (at < end && !is_blank(text[at])) ++at;
  return {begin, at};
}

// strtol(3) over the whole word: a sign, digits, nothing behind them. libmount keeps the low 32
// bits.
std::optional<int> number(std::string_view word, bool ends_line) {
  size_t i = 0;
  const bool negative = !word.empty() && word[0] == '-';
  if (!word.empty() && (word[0] == '-' || word[0] == '+')) ++i;
  if (i == word.size()) return std::nullopt;
  int64_t value = 0;
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  for (; i < word.size(); ++i) {
    if (word[i] < '0' || word[i] > '9') return std::nullopt;
    const int digit = word[i] - '0';
    if (value > (kMax - digit) / 10) return ends_line ? std::optional<int>(-1) : std::nullopt;
    value = value * 10 + digit;
  }
  return static_cast<int>(negative ? -value : value);
}

// sscanf(3) with "%d": digits as far as they go; what does not fit becomes the low bits of the largest long.
// nullopt: none. `whole` is set if they go to the end of the word.
std::optional<int> leading_number(std::string_view word, bool& whole) {
  const size_t sign = !word.empty() && (word[0] == '-' || word[0] == '+') ? 1 : 0;
  size_t end = sign;
  while (end < word.size() && word[end] >= '0' && word[end] <= '9') ++end;
  whole = end == word.size();
  if (end == sign) return std::nullopt;
  int64_t value = 0;
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const bool negative = word[0] == '-';
  for (size_t i = sign; i < end; ++i) {
    const int digit = word[i] - '0';
    if (value > (kMax - digit) / 10) return negative ? 0 : -1;
    value = value * 10 + digit;
  }
  return static_cast<int>(negative ? -value : value);
}

// getmntent(3): "\040" (space), "\011" (tab), "\012" (newline), and "\134" or a second backslash. Returns
// how many bytes at `i` stand for `out`; 0: no escape.
size_t libc_escape(std::string_view field, size_t i, char& out) {
  const std::string_view rest = field.substr(i);
  static constexpr std::pair<std::string_view, char> kEscapes[] = {
      {"\\040", ' '}, {"\\011", '\t'}, {"\\012", '\n'}, {"\\\\", '\\'}, {"\\134", '\\'}};
  for (const auto& [text, c] : kEscapes)
    if (rest.starts_with(text)) {
      out = c;
      return text.size();
    }
  return 0;
}

// Decodes "\\ooo"; `offsets`, if given, gets for each byte of the result where it stands in
// `field`, and the size of `field` at the end.
std::string decode_with_offsets(std::string_view field, std::vector<size_t>* offsets,
                                Reader reader) {
  std::string out;
  out.reserve(field.size());
  for (size_t i = 0; i < field.size(); ++i) {
    if (offsets) offsets->push_back(i);
    char c = 0;
    if (reader == Reader::libc) {
      const size_t length = libc_escape(field, i, c);
      out += length > 0 ? c : field[i];
      if (length > 0) i += length - 1;
    } else if (field[i] == '\\' && i + 3 < field.size() && is_octal(field[i + 1]) &&
               is_octal(field[i + 2]) && is_octal(field[i + 3])) {
      out += static_cast<char>(64 * (field[i + 1] - '0') + 8 * (field[i + 2] - '0') +
                               (field[i + 3] - '0'));
      i += 3;
    } else {
      out += field[i];
    }
  }
  if (offsets) offsets->push_back(field.size());
  return out;
}

// Calls `found` with each option that is not empty and its range in `options`. libmount: a double
// quote shields commas up to the next one.
template <class Found>
void each_option(std::string_view options, Found found) {
  size_t begin = 0;
  size_t equals = std::string_view::npos;
  bool quoted = false;
  for (size_t i = 0; i <= options.size(); ++i) {
    if (i < options.size()) {
      if (options[i] == '"') quoted = !quoted;
      if (options[i] == '=' && equals == std::string_view::npos) equals = i;
      if (options[i] != ',' || quoted) continue;
    }
    if (i > begin) {
      Option option;
      option.has_value = equals != std::string_view::npos;
      const size_t name_end = option.has_value ? equals : i;
      option.name = options.substr(begin, name_end - begin);
      if (option.has_value) option.value = options.substr(equals + 1, i - equals - 1);
      found(std::move(option), Range{begin, i});
    }
    begin = i + 1;
    equals = std::string_view::npos;
  }
}

}  // namespace

std::string decode(std::string_view field) {
  return decode_with_offsets(field, nullptr, Reader::libmount);
}

std::vector<Option> split_options(std::string_view options) {
  std::vector<Option> list;
  each_option(options, [&](Option option, Range) { list.push_back(std::move(option)); });
  return list;
}

File parse(std::string_view text, Reader reader) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number_of_line = 1; number_of_line <= lines.line_count(); ++number_of_line) {
    auto [begin, end] = lines.line_bounds(number_of_line);
    if (reader == Reader::libc) end = std::min(end, begin + kLongestLibcLine);
    size_t at = begin;
    const Range source = next_word(text, at, end);
    // fstab(5): "Lines starting with '#' are comments. Blank lines are ignored."
    if (source.empty() || text[source.begin] == '#') continue;
    if (text.substr(begin, end - begin).find('\0') != std::string_view::npos) {
      file.errors.add("nul-byte", lines.span(source.begin, end), "a NUL byte in the line");
      continue;
    }
    const Range target = next_word(text, at, end);
    if (target.empty()) {
      file.errors.add("missing-mount-point", lines.span(source.begin, source.end),
                      "expected a mount point behind the device");
      continue;
    }
    const Range type = next_word(text, at, end);
    if (type.empty()) {
      file.errors.add("missing-type", lines.span(source.begin, target.end),
                      "expected a file system type behind the mount point");
      if (reader == Reader::libmount) continue;
    }
    const Range options = next_word(text, at, end);
    const Range numbers[] = {next_word(text, at, end), next_word(text, at, end)};
    const Range extra = next_word(text, at, end);

    auto word = [&](Range r) { return text.substr(r.begin, r.end - r.begin); };
    Entry entry;
    int* const fields[] = {&entry.dump, &entry.pass};
    Range last = !options.empty() ? options : !type.empty() ? type : target;
    bool sound = true, scanning = true;
    for (size_t i = 0; i < 2 && !numbers[i].empty() && (sound || reader == Reader::libc); ++i) {
      const std::optional<int> value = number(word(numbers[i]), numbers[i].end == end);
      if (reader == Reader::libc) {
        const auto scanned =
            scanning ? leading_number(word(numbers[i]), scanning) : std::optional<int>();
        *fields[i] = scanned.value_or(0);
        scanning = scanning && scanned;
        last = numbers[i];
      } else if (value) {
        *fields[i] = *value;
        last = numbers[i];
      }
      if (sound && !value)
        file.errors.add("bad-number", lines.span(numbers[i].begin, numbers[i].end),
                        i == 0 ? "the fifth field (dump) is no number, so mount skips the line"
                               : "the sixth field (pass) is no number, so mount skips the line");
      sound = sound && value;
    }
    if (!sound && reader == Reader::libmount) continue;
    // A comment behind the fields is common and harmless; what else stands there was meant to
    // count.
    if (!extra.empty() && text[extra.begin] != '#')
      file.errors.add("extra-field", lines.span(extra.begin, end),
                      "nothing is read behind the sixth field");

    const auto decoded = [&](Range r) { return decode_with_offsets(word(r), nullptr, reader); };
    entry.source = decoded(source);
    entry.target = decoded(target);
    entry.type = decoded(type);
    // libmount decodes first and splits then: an encoded comma separates too.
    std::vector<size_t> offsets;
    entry.options = decode_with_offsets(word(options), &offsets, reader);
    each_option(entry.options, [&](Option option, Range r) {
      option.span = lines.span(options.begin + offsets[r.begin], options.begin + offsets[r.end]);
      entry.option_list.push_back(std::move(option));
    });
    entry.span = lines.span(source.begin, last.end);
    entry.source_span = lines.span(source.begin, source.end);
    entry.target_span = lines.span(target.begin, target.end);
    entry.type_span = lines.span(type.begin, type.end);
    entry.options_span = lines.span(options.begin, options.end);
    file.entries.push_back(std::move(entry));
  }
  return file;
}

}  // namespace drydock::parsers::fstab
