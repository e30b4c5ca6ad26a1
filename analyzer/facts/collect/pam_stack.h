// What a stack of PAM modules decides: libpam's dispatcher (pam.conf(5), "control") run once with
// given answers, and over all answers that modules can give.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/pam_conf.h"

namespace drydock::facts {

// One entry of a stack after includes.
struct PamHandler {
  enum class Kind : uint8_t { module, substack, fails };
  Kind kind = Kind::module;
  int level = 0;            // substacks around it
  std::string_view module;  // file name: "pam_unix.so"
  const parsers::pam_conf::Line* line = nullptr;
  const std::string* path = nullptr;  // the file of the line
};

// libpam allows 15 nested substacks.
inline constexpr int kPamSubstacks = 15;

// The answer of a whole stack to the caller, if module i answers `answers(i)`.
parsers::pam_conf::Answer run_pam(std::span<const PamHandler> stack,
                                  const std::function<parsers::pam_conf::Answer(size_t)>& answers);

// What holds for one entry whatever the modules answer. pam_deny, pam_permit and a few others always
// answer the same; every other module may answer anything.
struct PamReach {
  bool is_reached = false;  // it can be called
  bool decides = false;     // if it is called and fails, the stack fails
  // Modules whose success lets the stack succeed while this one is not called, in the order of the
  // stack.
  std::vector<std::string_view> skipped_by;
  bool is_skippable = false;  // the stack can succeed while this one is not called
};

struct PamAnalysis {
  std::vector<PamReach> entries;  // one for each of the stack
  // The stack can succeed though no module that asks for anything (a password, a key, who calls)
  // answers success.
  bool is_open = false;
};

// nullopt: more than 200 entries, or too many states to follow.
std::optional<PamAnalysis> analyse_pam(std::span<const PamHandler> stack,
                                       parsers::pam_conf::Type type);

}  // namespace drydock::facts
