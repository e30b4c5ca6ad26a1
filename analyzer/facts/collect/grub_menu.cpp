#include "analyzer/facts/collect/grub_menu.h"

namespace drydock::facts {
namespace {

constexpr int kBrackets = 40;  // one in the other, in a condition

// Where the part of a menu path ends: at a single '>'; "a>>b" is "a>b" itself.
size_t part_end(std::string_view spec) {
  for (size_t i = 0; i < spec.size(); ++i) {
    if (spec[i] != '>') continue;
    if (i + 1 < spec.size() && spec[i + 1] == '>')
      ++i;
    else
      return i;
  }
  return spec.size();
}

bool names(std::string_view name, std::string_view spec) {
  std::string part;
  const size_t end = part_end(spec);
  for (size_t i = 0; i < end; ++i) {
    part += spec[i];
    if (spec[i] == '>') ++i;
  }
  return name == part;
}

// One condition.
class Test {
 public:
  explicit Test(const std::function<bool(const std::string& path)>& exists) : exists_(exists) {}

  bool test_or(const std::vector<std::string>& words, size_t& at) {
    bool result = test_and(words, at);
    while (at < words.size() && words[at] == "-o") {
      ++at;
      const bool right = test_and(words, at);
      result = result || right;
    }
    return result;
  }

  bool test_and(const std::vector<std::string>& words, size_t& at) {
    bool result = test_one(words, at);
    while (at < words.size() && words[at] != "-o" && words[at] != ")") {
      if (words[at] == "-a") ++at;
      if (at >= words.size()) break;
      const bool right = test_one(words, at);
      result = result && right;
    }
    return result;
  }

  // The depth of the calls is bounded by kBrackets.
  bool test_one(const std::vector<std::string>& words, size_t& at) {
    if (at >= words.size()) return false;
    const std::string& first = words[at];
    if (first == "!") {
      bool negate = false;
      while (at < words.size() && words[at] == "!") {
        negate = !negate;
        ++at;
      }
      return test_one(words, at) != negate;
    }
    if (first == "(" && brackets_ < kBrackets) {
      ++at;
      ++brackets_;
      const bool result = test_or(words, at);
      --brackets_;
      if (at < words.size()) ++at;
      return result;
    }
    if (at + 2 < words.size()) {
      if (const auto result = compare(first, words[at + 1], words[at + 2])) {
        at += 3;
        return *result;
      }
    }
    if (at + 1 < words.size() && first.size() == 2 && first[0] == '-') {
      const std::string& operand = words[at + 1];
      const char letter = first[1];
      if (std::string_view("nzdefs").find(letter) != std::string_view::npos) {
        at += 2;
        if (letter == 'n') return !operand.empty();
        if (letter == 'z') return operand.empty();
        return exists_(operand);
      }
    }
    ++at;
    return !first.empty();
  }

  static std::optional<bool> compare(const std::string& a, std::string_view op,
                                     const std::string& b) {
    if (op == "=" || op == "==") return a == b;
    if (op == "!=") return a != b;
    if (op == "<") return a < b;
    if (op == "<=") return a <= b;
    if (op == ">") return a > b;
    if (op == ">=") return a >= b;
    const auto x = grub_number(a).value_or(0), y = grub_number(b).value_or(0);
    if (op == "-eq") return x == y;
    if (op == "-ne") return x != y;
    if (op == "-lt") return x < y;
    if (op == "-le") return x <= y;
    if (op == "-gt") return x > y;
    if (op == "-ge") return x >= y;
    return std::nullopt;
  }

 private:
  const std::function<bool(const std::string& path)>& exists_;
  int brackets_ = 0;
};

// The entry of the menu `prefix` ("" or "1>") that `spec` names, else the first.
std::optional<size_t> pick(const std::vector<GrubEntry>& entries, const std::string& prefix,
                           const std::string* spec, std::string& why) {
  std::vector<size_t> list;
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string& index = entries[i].index;
    if (index.starts_with(prefix) && index.find('>', prefix.size()) == std::string::npos)
      list.push_back(i);
  }
  if (list.empty()) return std::nullopt;
  // The order of the menu; entries of one menu stand in it as they were added.
  if (!spec) {
    why += why.empty() ? "no default is set, so the first entry" : ", and there the first entry";
    return list[0];
  }
  if (const auto n = grub_number(*spec)) {
    if (*n < list.size()) {
      why += (why.empty() ? "entry number " : ", and there number ") + std::to_string(*n);
      return list[*n];
    }
  } else {
    for (const size_t i : list)
      if (names(entries[i].title, *spec) || names(entries[i].id, *spec)) {
        why += (why.empty() ? "the entry named " : ", and there the one named ") +
               spec->substr(0, part_end(*spec));
        return i;
      }
  }
  const std::string name = spec->substr(0, part_end(*spec));
  why += (why.empty() ? "" : ", and there ") +
         (name.empty() ? std::string("default is empty") : "no entry is " + name) +
         ", so the first";
  return list[0];
}

}  // namespace

std::optional<uint64_t> grub_number(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  uint64_t base = 10;
  if (at + 1 < text.size() && text[at] == '0') {
    if (text[at + 1] == 'x' || text[at + 1] == 'X') {
      base = 16;
      at += 2;
    } else if (text[at + 1] >= '0' && text[at + 1] <= '7') {
      base = 8;
      ++at;
    }
  }
  uint64_t value = 0;
  bool any = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    const uint64_t digit = c >= '0' && c <= '9'   ? static_cast<uint64_t>(c - '0')
                           : c >= 'a' && c <= 'f' ? static_cast<uint64_t>(c - 'a' + 10)
                           : c >= 'A' && c <= 'F' ? static_cast<uint64_t>(c - 'A' + 10)
                                                  : 99;
    if (digit >= base) break;
    any = true;
    if (value > (UINT64_MAX - digit) / base) return std::nullopt;
    value = value * base + digit;
  }
  return any ? std::optional(value) : std::nullopt;
}

bool grub_test(const std::vector<std::string>& operands,
               const std::function<bool(const std::string& path)>& exists) {
  size_t at = 0;
  return Test(exists).test_or(operands, at);
}

std::optional<size_t> choose_grub_entry(const std::vector<GrubEntry>& entries,
                                        std::optional<std::string> spec, std::string& why) {
  std::string prefix;
  for (int level = 0; level < 10; ++level) {
    const auto entry = pick(entries, prefix, spec ? &*spec : nullptr, why);
    if (!entry) return std::nullopt;
    if (!entries[*entry].is_submenu) return entry;
    prefix = entries[*entry].index + ">";
    const size_t end = spec ? part_end(*spec) : 0;
    if (spec && end + 1 < spec->size())
      spec = spec->substr(end + 1);
    else
      spec.reset();
  }
  return std::nullopt;
}

}  // namespace drydock::facts
