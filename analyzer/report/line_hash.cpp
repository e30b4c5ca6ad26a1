#include "analyzer/report/line_hash.h"

#include <array>
#include <cstdio>
#include <deque>
#include <unordered_map>

#include "analyzer/report/unicode.h"

namespace drydock::report {
namespace {

constexpr size_t kWindow = 100;
constexpr uint64_t kBase = 37;

constexpr uint64_t power(uint64_t base, size_t exponent) {
  uint64_t result = 1;
  while (exponent-- > 0) result *= base;
  return result;
}

// The rolling hash of the last 100 units, and the lines whose first unit has not left it yet.
class Roller {
 public:
  explicit Roller(uint32_t last_line) : last_line_(last_line) {}

  bool done() const { return hashes_.size() >= last_line_; }

  void begin_line() { starts_.push_back(position_); }

  void push(char16_t unit) {
    constexpr uint64_t kLeaving = power(kBase, kWindow);
    char16_t& slot = window_[position_ % kWindow];
    hash_ = hash_ * kBase + unit - kLeaving * slot;
    slot = unit;
    ++position_;
    if (!starts_.empty() && position_ - starts_.front() == kWindow) {
      starts_.pop_front();
      record();
    }
  }

  std::vector<std::string> take() { return std::move(hashes_); }

 private:
  void record() {
    if (done()) return;
    char text[40];
    const int length = std::snprintf(text, sizeof text, "%llx:%u",
                                     static_cast<unsigned long long>(hash_), ++seen_[hash_]);
    hashes_.emplace_back(text, static_cast<size_t>(length));
  }

  uint32_t last_line_;
  uint64_t hash_ = 0;
  size_t position_ = 0;
  std::array<char16_t, kWindow> window_{};
  std::deque<size_t> starts_;
  std::unordered_map<uint64_t, unsigned> seen_;
  std::vector<std::string> hashes_;
};

}  // namespace

std::vector<std::string> line_hashes(std::string_view text, uint32_t last_line) {
  Roller roller(last_line);
  bool at_line_start = true;
  const auto put = [&](char16_t unit) {
    if (at_line_start) roller.begin_line();
    roller.push(unit);
    at_line_start = unit == '\n';
  };
  bool after_cr = false;
  for (size_t at = 0; at < text.size() && !roller.done();) {
    const char32_t c = next_code_point(text, at);
    const bool lf_of_crlf = c == '\n' && after_cr;
    after_cr = c == '\r';  // a blank between CR and LF makes them two line ends, as in the action
    if (c == ' ' || c == '\t' || lf_of_crlf) continue;
    if (c == '\r') {
      put('\n');
    } else if (c >= 0x10000) {
      put(static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10)));
      put(static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF)));
    } else {
      put(static_cast<char16_t>(c));
    }
  }
  put(0xFFFF);
  for (size_t i = 0; i < kWindow && !roller.done(); ++i) roller.push(0);
  return roller.take();
}

}  // namespace drydock::report
