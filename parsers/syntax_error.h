// What every parser of drydock says about text that is not well-formed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/limits.h"
#include "analyzer/base/span.h"

namespace drydock::parsers {

// What the program that owns the file does with such a mistake, by its manual page.
enum class Effect : uint8_t {
  ignored,  // it skips the line (or the part) and goes on: the rest counts
  refused,  // it refuses the whole file, or what it does cannot be told: what the file decides is unknown
};

struct SyntaxError {
  std::string_view code;  // kebab-case and stable, one of the list in the parser's header
  Span span;              // where the mistake stands; never line 0
  std::string message;    // one sentence without full stop: "expected '=' after the key"
  Effect effect = Effect::ignored;

  friend bool operator==(const SyntaxError&, const SyntaxError&) = default;
};

// A list that stops growing at limits::kSyntaxErrors, so that a hostile file cannot fill memory.
class SyntaxErrors {
 public:
  void add(std::string_view code, Span span, std::string message, Effect effect = Effect::ignored) {
    if (list_.size() < limits::kSyntaxErrors)
      list_.push_back({code, span, std::move(message), effect});
    else
      ++dropped_;
  }
  const std::vector<SyntaxError>& list() const { return list_; }
  size_t dropped() const { return dropped_; }
  bool empty() const { return list_.empty(); }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

 private:
  std::vector<SyntaxError> list_;
  size_t dropped_ = 0;
};

}  // namespace drydock::parsers
