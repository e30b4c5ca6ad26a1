#include "analyzer/base/package_version.h"

#include <algorithm>
#include <array>

namespace drydock {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_letter(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

int sign(int value) {
  return (value > 0) - (value < 0);
}

// Takes the longest beginning of `text` whose characters satisfy `test`.
template <class Test>
std::string_view take_while(std::string_view& text, Test test) {
  size_t end = 0;
  while (end < text.size() && test(text[end])) ++end;
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end);
  return taken;
}

// Two runs of digits as numbers, however long they are.
int compare_numbers(std::string_view a, std::string_view b) {
  take_while(a, [](char c) { return c == '0'; });
  take_while(b, [](char c) { return c == '0'; });
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return sign(a.compare(b));
}

// The epoch before the first colon; "" where there is none.
std::string_view take_epoch(std::string_view& version) {
  const size_t colon = version.find(':');
  if (colon == std::string_view::npos ||
      !std::all_of(version.begin(), version.begin() + static_cast<std::ptrdiff_t>(colon), is_digit))
    return {};
  const std::string_view epoch = version.substr(0, colon);
  version.remove_prefix(colon + 1);
  return epoch;
}

// What follows the last hyphen; "" where there is none.
std::string_view take_revision(std::string_view& version) {
  const size_t hyphen = version.rfind('-');
  if (hyphen == std::string_view::npos) return {};
  const std::string_view revision = version.substr(hyphen + 1);
  version = version.substr(0, hyphen);
  return revision;
}

// --- dpkg: deb-version(7), "Sorting algorithm" ---

// "the letters sort earlier than all the non-letters, and the tilde sorts before anything, even the end
// of a part".
int dpkg_weight(std::string_view text) {
  if (text.empty() || is_digit(text.front())) return 0;
  const char c = text.front();
  if (c == '~') return -1;
  return is_letter(c) ? static_cast<unsigned char>(c) : 256 + static_cast<unsigned char>(c);
}

int compare_dpkg_part(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    while ((!a.empty() && !is_digit(a.front())) || (!b.empty() && !is_digit(b.front()))) {
      const int left = dpkg_weight(a), right = dpkg_weight(b);
      if (left != right) return left < right ? -1 : 1;
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
    const std::string_view left = take_while(a, is_digit), right = take_while(b, is_digit);
    if (const int order = compare_numbers(left, right)) return order;
  }
  return 0;
}

int compare_dpkg(std::string_view a, std::string_view b) {
  const std::string_view left_epoch = take_epoch(a), right_epoch = take_epoch(b);
  if (const int order = compare_numbers(left_epoch, right_epoch)) return order;
  const std::string_view left_revision = take_revision(a), right_revision = take_revision(b);
  if (const int order = compare_dpkg_part(a, b)) return order;
  return compare_dpkg_part(left_revision, right_revision);
}

// --- rpm: rpm-version(7), "Ordering" ---

int compare_rpm_part(std::string_view a, std::string_view b) {
  const auto separates = [](char c) {
    return !is_digit(c) && !is_letter(c) && c != '~' && c != '^';
  };
  while (!a.empty() || !b.empty()) {
    take_while(a, separates);
    take_while(b, separates);
    // A tilde sorts before everything, even the end.
    const bool tilde_a = a.starts_with('~'), tilde_b = b.starts_with('~');
    if (tilde_a != tilde_b) return tilde_a ? -1 : 1;
    // A caret sorts after the end and before everything else.
    const bool caret_a = a.starts_with('^'), caret_b = b.starts_with('^');
    if (caret_a && !caret_b) return b.empty() ? 1 : -1;
    if (caret_b && !caret_a) return a.empty() ? -1 : 1;
    if (tilde_a || caret_a) {
      a.remove_prefix(1);
      b.remove_prefix(1);
      continue;
    }
    if (a.empty() || b.empty()) break;
    // The left side decides what kind of segment is compared; a number is newer than letters.
    const bool number = is_digit(a.front());
    if (number != is_digit(b.front())) return number ? 1 : -1;
    const std::string_view left = number ? take_while(a, is_digit) : take_while(a, is_letter);
    const std::string_view right = number ? take_while(b, is_digit) : take_while(b, is_letter);
    if (const int order = number ? compare_numbers(left, right) : sign(left.compare(right)))
      return order;
  }
  return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
}

int compare_rpm(std::string_view a, std::string_view b) {
  const std::string_view left_epoch = take_epoch(a), right_epoch = take_epoch(b);
  if (const int order = compare_numbers(left_epoch, right_epoch)) return order;
  const std::string_view left_release = take_revision(a), right_release = take_revision(b);
  if (const int order = compare_rpm_part(a, b)) return order;
  return compare_rpm_part(left_release, right_release);
}

// --- apk: apk-package(5), "version" ---

// In the order in which they may follow each other; of two versions that are the same so far the one
// whose next token stands earlier here is the newer one.
enum class Token : uint8_t {
  first,
  number,
  letter,
  suffix,
  suffix_number,
  hash,
  revision,
  end,
  invalid
};

// "alpha, beta, pre, rc, <no suffix>, cvs, svn, git, hg, p"
constexpr std::array<std::string_view, 10> kSuffixes = {"alpha", "beta", "pre", "rc", "",
                                                        "cvs",   "svn",  "git", "hg", "p"};
constexpr size_t kNoSuffix = 4;

// The tokens of an apk version, one after the other.
class ApkVersion {
 public:
  explicit ApkVersion(std::string_view text) : rest_(text) { token_ = number(Token::first); }

  Token token() const { return token_; }
  bool pre_release() const { return token_ == Token::suffix && suffix_ < kNoSuffix; }

  void next() { token_ = read(); }

  // Both stand at tokens of the same kind.
  int compare(const ApkVersion& other) const {
    switch (token_) {
      case Token::number:
        // A leading zero makes it a fraction: 8.2.0015 is older than 8.2.002.
        if (value_.starts_with('0') || other.value_.starts_with('0'))
          return sign(value_.compare(other.value_));
        [[fallthrough]];
      case Token::first:
      case Token::suffix_number:
      case Token::revision:
        return compare_numbers(value_, other.value_);
      case Token::suffix:
        return static_cast<int>(suffix_ > other.suffix_) -
               static_cast<int>(suffix_ < other.suffix_);
      default:
        return sign(value_.compare(other.value_));
    }
  }

 private:
  Token number(Token token) {
    value_ = take_while(rest_, is_digit);
    return value_.empty() ? Token::invalid : token;
  }

  Token read() {
    if (rest_.empty()) return token_ == Token::invalid ? Token::invalid : Token::end;
    const char c = rest_.front();
    if (is_lower(c) && token_ <= Token::number) {
      value_ = rest_.substr(0, 1);
      rest_.remove_prefix(1);
      return Token::letter;
    }
    if (is_digit(c) && token_ == Token::suffix) return number(Token::suffix_number);
    rest_.remove_prefix(1);
    if (c == '.' && token_ <= Token::number) return number(Token::number);
    if (c == '_' && token_ <= Token::suffix_number) {
      const std::string_view word = take_while(rest_, is_lower);
      const auto* found = std::find(kSuffixes.begin(), kSuffixes.end(), word);
      suffix_ = static_cast<size_t>(found - kSuffixes.begin());
      return word.empty() || found == kSuffixes.end() ? Token::invalid : Token::suffix;
    }
    if (c == '~' && token_ < Token::hash) {
      value_ = take_while(rest_, [](char x) { return is_digit(x) || (x >= 'a' && x <= 'f'); });
      return value_.empty() ? Token::invalid : Token::hash;
    }
    if (c == '-' && token_ < Token::revision && rest_.starts_with('r')) {
      rest_.remove_prefix(1);
      return number(Token::revision);
    }
    return Token::invalid;
  }

  std::string_view rest_, value_;
  size_t suffix_ = kNoSuffix;
  Token token_ = Token::first;
};

int compare_apk(std::string_view left, std::string_view right) {
  ApkVersion a(left), b(right);
  while (a.token() == b.token() && a.token() < Token::end) {
    if (const int order = a.compare(b)) return order;
    a.next();
    b.next();
  }
  if (a.token() == b.token()) return 0;
  if (a.pre_release()) return -1;
  if (b.pre_release()) return 1;
  return a.token() > b.token() ? -1 : 1;
}

}  // namespace

std::optional<VersionOrder> version_order(std::string_view manager) {
  if (manager == "dpkg") return VersionOrder::dpkg;
  if (manager == "rpm") return VersionOrder::rpm;
  if (manager == "apk") return VersionOrder::apk;
  return std::nullopt;
}

int compare_versions(VersionOrder order, std::string_view a, std::string_view b) {
  switch (order) {
    case VersionOrder::dpkg:
      return compare_dpkg(a, b);
    case VersionOrder::rpm:
      return compare_rpm(a, b);
    case VersionOrder::apk:
      return compare_apk(a, b);
  }
  return 0;
}

}  // namespace drydock
