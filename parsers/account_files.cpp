#include "parsers/account_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "parsers/characters.h"

namespace drydock::parsers::account_files {
namespace {

struct Piece {
  size_t begin = 0;
  size_t end = 0;
};

constexpr size_t kMaxFields = 10;

// One line of the file, cut at its colons. Fields that are not there are empty, at the end of the
// line.
struct Line {
  std::string_view text;  // the whole file
  const LineIndex* lines;
  Piece all;                             // without white space before it
  std::array<Piece, kMaxFields> fields;  // the last one reaches to the end of the line
  size_t count = 0;                      // fields that are there, also beyond kMaxFields

  std::string_view view(size_t i) const {
    return text.substr(fields[i].begin, fields[i].end - fields[i].begin);
  }
  std::string get(size_t i) const { return std::string(view(i)); }
  Span span(size_t i) const { return lines->span(fields[i].begin, fields[i].end); }
  Span span() const { return lines->span(all.begin, all.end); }
};

// Calls `found` for each line that is neither empty nor a comment nor unreadable. glibc skips white
// space before the first field, and lines that begin with '#'.
template <class Record, class Found>
File<Record> each_line(std::string_view text, Found found) {
  File<Record> file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    while (begin < end && is_space(text[begin])) ++begin;
    if (begin == end || text[begin] == '#') continue;
    Line line{text, &lines, {begin, end}, {}, 0};
    line.fields.fill({end, end});
    if (text.substr(begin, end - begin).find('\0') != std::string_view::npos) {
      file.errors.add("nul-byte", line.span(), "a NUL byte in the line");
      continue;
    }
    for (size_t at = begin;; ++line.count) {
      const size_t colon = std::min(text.find(':', at), end);
      if (line.count < kMaxFields) line.fields[line.count] = {at, colon};
      at = colon + 1;
      if (colon == end) break;
    }
    ++line.count;
    if (line.view(0).empty()) {
      file.errors.add("empty-name", line.span(), "nothing before the first colon");
      continue;
    }
    found(line, file);
  }
  return file;
}

// A number as glibc 2.36 reads it: white space and a '+' before it are taken, anything behind it, a
// sign and a value beyond `limit` make the line void.
enum class Digits : uint8_t { number, empty, invalid };
Digits read_digits(std::string_view field, uint64_t limit, uint64_t& out) {
  if (field.empty()) return Digits::empty;
  while (!field.empty() && is_space(field.front())) field.remove_prefix(1);
  if (!field.empty() && field.front() == '+') field.remove_prefix(1);
  if (field.empty()) return Digits::invalid;
  out = 0;
  for (const char c : field) {
    if (c < '0' || c > '9') return Digits::invalid;
    out = out * 10 + static_cast<uint64_t>(c - '0');
    if (out > limit) return Digits::invalid;
  }
  return Digits::number;
}

template <class Record>
void bad_number(const Line& line, size_t field, std::string_view what, File<Record>& file) {
  file.errors.add("bad-number", line.span(field),
                  "the " + std::string(what) + " is no valid number, so the line is skipped");
}

constexpr uint64_t kMaxId = 0xffffffff;

// `ids`: the fields that hold a number, if they hold anything. glibc (nss/nss_files/files-parse.c,
// INT_FIELD_MAYBE_NULL) skips a line that ends before one of them, but takes one that ends behind the name.
template <class Record>
bool is_nis(const Line& line, File<Record>& file, std::initializer_list<size_t> ids) {
  const char first = line.text[line.all.begin];
  if (first != '+' && first != '-') return false;
  const bool only_name = line.count == 1 || (line.count == 2 && line.view(1).empty());
  const bool counts = only_name || std::ranges::all_of(ids, [&](size_t id) {
                        uint64_t value = 0;
                        return line.fields[id].begin < line.all.end &&
                               read_digits(line.view(id), kMaxId, value) != Digits::invalid;
                      });
  file.nis.push_back({line.get(0), line.span(), counts});
  return true;
}

// A number that must be there.
template <class Record>
bool read_id(const Line& line, size_t field, std::string_view what, File<Record>& file,
             uint64_t& out, uint64_t limit = kMaxId) {
  if (field >= line.count) {
    file.errors.add("missing-field", line.span(),
                    "the line ends before the " + std::string(what) + " and is skipped");
    return false;
  }
  if (read_digits(line.view(field), limit, out) == Digits::number) return true;
  bad_number(line, field, what, file);
  return false;
}

// A number of shadow(5) that may be left empty.
bool read_days(const Line& line, size_t field, std::string_view what, File<Shadow>& file,
               std::optional<int64_t>& out) {
  uint64_t value = 0;
  switch (read_digits(line.view(field), kMaxId, value)) {
    case Digits::number:
      // glibc (nss/nss_files/files-spwd.c) keeps 32 bits with a sign, and -1 is what an empty field gives.
      if (const auto kept = static_cast<int32_t>(value); kept != -1) out = kept;
      return true;
    case Digits::empty:
      return true;
    case Digits::invalid:
      break;
  }
  bad_number(line, field, what, file);
  return false;
}

// A comma-separated list of names: white space before a name and empty names are skipped.
std::vector<Member> read_list(const Line& line, size_t field) {
  std::vector<Member> list;
  const Piece piece = line.fields[field];
  for (size_t at = piece.begin; at < piece.end;) {
    while (at < piece.end && is_space(line.text[at])) ++at;
    size_t end = at;
    while (end < piece.end && line.text[end] != ',') ++end;
    if (end > at)
      list.push_back({std::string(line.text.substr(at, end - at)), line.lines->span(at, end)});
    at = end + 1;
  }
  return list;
}

template <class Record>
void expect_fields(const Line& line, size_t wanted, File<Record>& file) {
  if (line.count == wanted) return;
  file.errors.add(
      "field-count", line.span(),
      "expected " + std::to_string(wanted) + " fields, found " + std::to_string(line.count));
}

}  // namespace

File<User> parse_passwd(std::string_view text) {
  return each_line<User>(text, [](Line& line, File<User>& file) {
    if (is_nis(line, file, {2, 3})) return;
    uint64_t uid = 0, gid = 0;
    if (!read_id(line, 2, "user id", file, uid)) return;
    if (!read_id(line, 3, "group id", file, gid)) return;
    expect_fields(line, 7, file);
    // glibc: the shell is the rest of the line, colons and all.
    if (line.count > 7) line.fields[6].end = line.all.end;
    file.records.push_back({line.get(0), line.get(1), static_cast<uint32_t>(uid),
                            static_cast<uint32_t>(gid), line.get(4), line.get(5), line.get(6),
                            line.span(), line.span(0), line.span(1), line.span(2), line.span(3),
                            line.span(6)});
  });
}

File<Shadow> parse_shadow(std::string_view text) {
  return each_line<Shadow>(text, [](const Line& line, File<Shadow>& file) {
    if (is_nis(line, file, {})) return;
    // glibc takes the old form of five fields, the new one of nine (the ninth may hold a number
    // that nobody uses), and eight if the eighth is not empty.
    const bool old_form =
        (line.count == 5 && !line.view(4).empty()) || (line.count == 6 && line.view(5).empty());
    if (!old_form && line.count < 9 && !(line.count == 8 && !line.view(7).empty())) {
      file.errors.add(
          "missing-field", line.span(),
          "expected 9 fields, found " + std::to_string(line.count) + ", so the line is skipped");
      return;
    }
    if (line.count > 9) {
      file.errors.add(
          "extra-field", line.span(),
          "expected 9 fields, found " + std::to_string(line.count) + ", so the line is skipped");
      return;
    }
    std::optional<int64_t> reserved;
    Shadow record{line.get(0), line.get(1), {}, {}, {}, {}, {}, {}, line.span(), line.span(1)};
    if (!read_days(line, 2, "date of the last change", file, record.last_change) ||
        !read_days(line, 3, "minimum password age", file, record.minimum) ||
        !read_days(line, 4, "maximum password age", file, record.maximum) ||
        !read_days(line, 5, "warning period", file, record.warning) ||
        !read_days(line, 6, "inactivity period", file, record.inactive) ||
        !read_days(line, 7, "expiry date", file, record.expire) ||
        !read_days(line, 8, "reserved field", file, reserved))
      return;
    expect_fields(line, 9, file);
    file.records.push_back(std::move(record));
  });
}

File<Group> parse_group(std::string_view text) {
  return each_line<Group>(text, [](const Line& line, File<Group>& file) {
    if (is_nis(line, file, {2})) return;
    uint64_t gid = 0;
    if (!read_id(line, 2, "group id", file, gid)) return;
    expect_fields(line, 4, file);
    file.records.push_back({line.get(0), line.get(1), static_cast<uint32_t>(gid),
                            read_list(line, 3), line.span(), line.span(2), line.span(1)});
  });
}

File<GroupShadow> parse_gshadow(std::string_view text) {
  return each_line<GroupShadow>(text, [](const Line& line, File<GroupShadow>& file) {
    expect_fields(line, 4, file);
    file.records.push_back({line.get(0), line.get(1), read_list(line, 2), read_list(line, 3),
                            line.span(), line.span(1)});
  });
}

// subid of shadow 4.13 takes numbers as C has them, hexadecimal and octal too, and no care of their size.
static bool read_number(std::string_view text, uint64_t& out) {
  const std::string copy(text);
  char* end = nullptr;
  errno = 0;
  out = std::strtoull(copy.c_str(), &end, 0);
  return !copy.empty() && *end == '\0' && errno == 0;
}

File<Range> parse_subid(std::string_view text) {
  return each_line<Range>(text, [&](Line& line, File<Range>& file) {
    // White space before the owner is part of the name.
    size_t begin = line.all.begin;
    while (begin > 0 && text[begin - 1] != '\n') --begin;
    Range range{std::string(text.substr(begin, line.fields[0].end - begin)), 0, 0, line.span()};
    for (size_t field : {1, 2}) {
      const std::string_view what = field == 1 ? "first subordinate id" : "count";
      if (field >= line.count) {
        file.errors.add("missing-field", line.span(),
                        "the line ends before the " + std::string(what) + " and is skipped");
        return;
      }
      // A carriage return at the end is part of the number, which is then none.
      const bool is_return =
          field == 2 && line.count == 3 && text.substr(line.all.end).starts_with('\r');
      if (!is_return && read_number(line.view(field), field == 1 ? range.start : range.count))
        continue;
      bad_number(line, field, what, file);
      return;
    }
    file.records.push_back(std::move(range));
  });
}

PasswordClass classify_password(std::string_view field) {
  if (field.empty()) return {Password::empty, {}};
  const bool locked = field.front() == '!';
  while (!field.empty() && field.front() == '!') field.remove_prefix(1);

  // crypt(5), "Available hashing methods"; the prefixes of each.
  static constexpr std::pair<std::string_view, std::string_view> kPrefixes[] = {
      {"$y$", "yescrypt"},    {"$gy$", "gost-yescrypt"}, {"$7$", "scrypt"},
      {"$2a$", "bcrypt"},     {"$2b$", "bcrypt"},        {"$2x$", "bcrypt"},
      {"$2y$", "bcrypt"},     {"$6$", "sha512crypt"},    {"$5$", "sha256crypt"},
      {"$sha1", "sha1crypt"}, {"$md5", "sunmd5"},        {"$1$", "md5crypt"},
      {"$3$", "nt"},          {"$sm3$", "sm3crypt"},     {"$sm3y$", "sm3-yescrypt"},
  };
  std::string_view method;
  for (const auto& [prefix, name] : kPrefixes)
    if (field.starts_with(prefix) && field.size() > prefix.size()) method = name;
  if (method.empty()) {
    const bool plain = std::all_of(field.begin(), field.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '.' || c == '/';
    });
    // Thirteen characters of [./0-9A-Za-z]; a '_' and nineteen of them (crypt(5)).
    if (plain && field.size() == 13) method = "descrypt";
    if (field.size() == 20 && field.front() == '_') method = "bsdicrypt";
  }
  if (locked) return {Password::locked, method};
  return {method.empty() ? Password::none : Password::set, method};
}

std::optional<int64_t> hash_cost(std::string_view field) {
  const std::string_view method = classify_password(field).method;
  while (!field.empty() && field.front() == '!') field.remove_prefix(1);
  const auto number = [](std::string_view text) -> std::optional<int64_t> {
    int64_t value = 0;
    size_t n = 0;
    for (; n < text.size() && n < 9 && text[n] >= '0' && text[n] <= '9'; ++n)
      value = value * 10 + (text[n] - '0');
    if (n == 0) return std::nullopt;
    return value;
  };
  if (method == "sha256crypt" || method == "sha512crypt" || method == "sm3crypt") {
    const std::string_view rounds = field.substr(field.find('$', 1) + 1);
    return rounds.starts_with("rounds=") ? number(rounds.substr(7)) : 5000;
  }
  if (method == "bcrypt") return number(field.substr(4));
  if (method == "sha1crypt" && field.starts_with("$sha1$")) return number(field.substr(6));
  // crypt(5), in its base 64: of yescrypt and its kin $y$ flavour N r…, the second character is the logarithm of N
  // less one; of scrypt the first is the logarithm itself.
  constexpr std::string_view kDigits =
      "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const auto digit_at = [&](size_t at) -> std::optional<int64_t> {
    const size_t digit = at < field.size() ? kDigits.find(field[at]) : std::string_view::npos;
    if (digit >= 63) return std::nullopt;
    return static_cast<int64_t>(digit);
  };
  if (method == "scrypt") return digit_at(3);
  if (method.ends_with("yescrypt"))
    if (const auto digit = digit_at(field.find('$', 1) + 2); digit && *digit < 32)
      return *digit + 1;
  return std::nullopt;
}

}  // namespace drydock::parsers::account_files
