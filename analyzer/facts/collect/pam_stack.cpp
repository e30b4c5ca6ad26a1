#include "analyzer/facts/collect/pam_stack.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace drydock::facts {
namespace {

using namespace parsers::pam_conf;

constexpr size_t kEntries = 200;
constexpr size_t kStates = 20'000;

// What the dispatcher thinks so far. Failed keeps the first failure as the answer.
enum class Impression : uint8_t { undefined, success, positive, failed };

struct State {
  size_t at = 0;  // the entry to call; the size of the stack: at the end
  Impression impression = Impression::undefined;
  uint64_t saved = 0;  // the impression before each substack around `at`, two bits for each

  friend auto operator<=>(const State&, const State&) = default;
};

uint64_t keep_levels(uint64_t saved, int level) {
  return level >= 31 ? saved : saved & ((uint64_t{1} << (2 * (level + 1))) - 1);
}

// Goes from entry `from` (level `level`) on to `to`.
State enter(std::span<const PamHandler> stack, int level, size_t to, Impression impression,
            uint64_t saved) {
  if (to < stack.size()) {
    const int next = stack[to].level;
    saved = keep_levels(saved, std::min(level, next));
    if (next > level) saved |= static_cast<uint64_t>(impression) << (2 * next);
  } else {
    saved = 0;
  }
  return {to, impression, saved};
}

// One step of the dispatcher: entry `state.at` answers with an action.
enum class Class : uint8_t { success, ignore, other };
State step(std::span<const PamHandler> stack, const State& state, Action action, Class answer,
           bool* jumps_too_far = nullptr) {
  const PamHandler& entry = stack[state.at];
  size_t at = state.at;
  Impression impression = state.impression;
  const auto next_inside = [&] {  // is there another entry at this level or in a substack of it?
    return at + 1 < stack.size() && stack[at + 1].level >= entry.level;
  };
  if (action == kReset) {
    impression = static_cast<Impression>((state.saved >> (2 * entry.level)) & 3);
  } else if (action == kOk || action == kDone) {
    if (impression == Impression::undefined || impression == Impression::success)
      impression = answer == Class::success ? Impression::success : Impression::positive;
    if (action == kDone && impression != Impression::failed)
      while (next_inside()) ++at;
  } else if (action == kBad || action == kDie) {
    impression = Impression::failed;
    if (action == kDie)
      while (next_inside()) ++at;
  } else if (action > 0) {
    while (action > 0 && next_inside()) {
      do ++at;
      while (at + 1 < stack.size() && stack[at + 1].level > entry.level);
      --action;
    }
    if (action > 0) impression = Impression::failed;
    if (action > 0 && jumps_too_far) *jumps_too_far = true;
  }
  return enter(stack, entry.level, at + 1, impression, state.saved);
}

Class class_of(Answer answer) {
  return answer == Answer::success  ? Class::success
         : answer == Answer::ignore ? Class::ignore
                                    : Class::other;
}

Answer failure(Type type) {
  switch (type) {
    case Type::auth:
      return Answer::auth_err;
    case Type::account:
      return Answer::perm_denied;
    case Type::password:
      return Answer::authtok_err;
    case Type::session:
      return Answer::session_err;
  }
  return Answer::auth_err;
}

bool has_argument(const PamHandler& entry, std::string_view text) {
  return entry.line && std::ranges::any_of(entry.line->arguments,
                                           [&](const Argument& one) { return one.text == text; });
}

// Modules that answer success to anybody, or never more than ignore.
constexpr std::string_view kAsksNothing[] = {
    "pam_access.so",   "pam_cap.so",     "pam_echo.so",      "pam_env.so",      "pam_faildelay.so",
    "pam_faillock.so", "pam_group.so",   "pam_keyinit.so",   "pam_lastlog.so",  "pam_limits.so",
    "pam_loginuid.so", "pam_mail.so",    "pam_motd.so",      "pam_nologin.so",  "pam_permit.so",
    "pam_selinux.so",  "pam_shells.so",  "pam_securetty.so", "pam_sepermit.so", "pam_systemd.so",
    "pam_tally.so",    "pam_tally2.so",  "pam_time.so",      "pam_umask.so",    "pam_warn.so",
    "pam_debug.so",    "pam_usertype.so"};

bool asks_nothing(std::string_view module) {
  return std::ranges::find(kAsksNothing, module) != std::end(kAsksNothing);
}

struct Edge {
  Action action;
  Class answer;
  bool is_failure;  // the plain failure of the type is among these answers
  friend auto operator<=>(const Edge&, const Edge&) = default;
};

// The different things that can happen when an entry is called.
std::vector<Edge> edges(const PamHandler& entry, Type type) {
  if (entry.kind == PamHandler::Kind::substack) return {{kIgnore, Class::ignore, false}};
  const Control& control = entry.line->actions;
  const auto edge = [&](Answer answer, bool failed) {
    return Edge{control[static_cast<size_t>(answer)], class_of(answer), failed};
  };
  if (entry.kind == PamHandler::Kind::fails) return {edge(Answer::perm_denied, true)};
  if (entry.module == "pam_permit.so") return {edge(Answer::success, false)};
  if (entry.module == "pam_deny.so")
    return {edge(type == Type::account ? Answer::auth_err : failure(type), true)};
  if (entry.module == "pam_warn.so" || entry.module == "pam_faildelay.so")
    return {edge(Answer::ignore, false)};
  // pam_faillock(8): authfail writes the failure down and never allows.
  const bool never_succeeds = entry.module == "pam_faillock.so" && has_argument(entry, "authfail");
  std::set<Edge> out;
  for (size_t i = 0; i < kAnswers; ++i) {
    const auto answer = static_cast<Answer>(i);
    if (answer == Answer::incomplete || (never_succeeds && answer == Answer::success)) continue;
    out.insert(edge(answer, answer == failure(type)));
  }
  return {out.begin(), out.end()};
}

// All states that can come up, the steps between them, and from which of them success is possible.
class Graph {
 public:
  // `skip`: an entry whose calling ends the way; `open`: modules that ask for something never
  // succeed.
  Graph(std::span<const PamHandler> stack, const std::vector<std::vector<Edge>>& edges,
        std::optional<size_t> skip, bool open)
      : stack_(stack), edges_(edges), skip_(skip), open_(open) {
    const State first = enter(stack, 0, 0, Impression::undefined, 0);
    index_.emplace(first, 0);
    states_.push_back(first);
    for (size_t i = 0; i < states_.size() && !too_large(); ++i) expand(i);
    if (too_large()) return;
    // States only lead onwards, so one pass from the back to the front settles them.
    std::vector<size_t> order(states_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, [&](size_t a, size_t b) { return states_[a].at > states_[b].at; });
    can_succeed_.assign(states_.size(), false);
    for (const size_t i : order) {
      if (states_[i].at == stack_.size())
        can_succeed_[i] = states_[i].impression == Impression::success;
      else
        can_succeed_[i] =
            std::ranges::any_of(steps_[i], [&](const Step& step) { return can_succeed_[step.to]; });
    }
  }

  bool too_large() const { return states_.size() > kStates; }
  bool can_succeed() const { return can_succeed_[0]; }

  bool reaches(size_t entry) const {
    return std::ranges::any_of(states_, [&](const State& state) { return state.at == entry; });
  }

  // Is success possible behind a step of `entry` for which `wanted` holds?
  template <class Wanted>
  bool succeeds_after(size_t entry, Wanted wanted) const {
    for (size_t i = 0; i < states_.size(); ++i)
      if (states_[i].at == entry)
        for (const Step& step : steps_[i])
          if (wanted(step.edge) && can_succeed_[step.to]) return true;
    return false;
  }

 private:
  struct Step {
    Edge edge;
    size_t to;
  };

  void expand(size_t i) {
    steps_.resize(std::max(steps_.size(), i + 1));
    const State state = states_[i];
    if (state.at == stack_.size() || skip_ == state.at) return;
    for (const Edge& edge : edges_[state.at]) {
      // One that asks for something refuses: it neither succeeds nor stands aside.
      if (open_ && edge.answer != Class::other &&
          stack_[state.at].kind == PamHandler::Kind::module &&
          !asks_nothing(stack_[state.at].module))
        continue;
      const State next = step(stack_, state, edge.action, edge.answer);
      const auto [known, is_new] = index_.try_emplace(next, states_.size());
      if (is_new) states_.push_back(next);
      steps_[i].push_back({edge, known->second});
    }
  }

  std::span<const PamHandler> stack_;
  const std::vector<std::vector<Edge>>& edges_;
  std::optional<size_t> skip_;
  bool open_;
  std::vector<State> states_;
  std::vector<std::vector<Step>> steps_;
  std::map<State, size_t> index_;
  std::vector<bool> can_succeed_;
};

}  // namespace

Answer run_pam(std::span<const PamHandler> stack, const std::function<Answer(size_t)>& answers) {
  if (stack.empty()) return Answer::perm_denied;
  State state = enter(stack, 0, 0, Impression::undefined, 0);
  Answer status = Answer::perm_denied;
  std::array<Answer, kPamSubstacks + 2> saved;
  saved.fill(Answer::perm_denied);
  int level = 0;
  while (state.at < stack.size()) {
    const PamHandler& entry = stack[state.at];
    if (level < entry.level) saved[static_cast<size_t>(entry.level)] = status;
    level = entry.level;
    if (entry.kind == PamHandler::Kind::substack) {
      state = step(stack, state, kIgnore, Class::ignore);
      continue;
    }
    const Answer answer =
        entry.kind == PamHandler::Kind::fails ? Answer::perm_denied : answers(state.at);
    const Action action = entry.line->actions[static_cast<size_t>(answer)];
    bool jumps_too_far = false;
    const State next = step(stack, state, action, class_of(answer), &jumps_too_far);
    if (action == kReset)
      status = entry.level == 0 ? Answer::perm_denied : saved[static_cast<size_t>(entry.level)];
    else if (action == kOk || action == kDone) {
      if (state.impression == Impression::undefined || state.impression == Impression::success)
        status = answer;
    } else if (action == kBad || action == kDie) {
      if (state.impression != Impression::failed)
        status = answer == Answer::ignore ? Answer::perm_denied : answer;
    } else if (jumps_too_far) {
      status = Answer::perm_denied;
    }
    state = next;
  }
  if (status == Answer::success && state.impression != Impression::success)
    return Answer::perm_denied;
  return status;
}

std::optional<PamAnalysis> analyse_pam(std::span<const PamHandler> stack, Type type) {
  if (stack.size() > kEntries) return std::nullopt;
  std::vector<std::vector<Edge>> possible;
  for (const PamHandler& entry : stack) possible.push_back(edges(entry, type));
  const Graph all(stack, possible, std::nullopt, false);
  if (all.too_large()) return std::nullopt;
  PamAnalysis out;
  out.entries.resize(stack.size());
  for (size_t i = 0; i < stack.size(); ++i) {
    PamReach& reach = out.entries[i];
    reach.is_reached = all.reaches(i);
    if (stack[i].kind == PamHandler::Kind::substack) continue;
    reach.decides = reach.is_reached &&
                    !all.succeeds_after(i, [](const Edge& edge) { return edge.is_failure; });
    const Graph without(stack, possible, i, false);
    reach.is_skippable = without.can_succeed();
    if (!reach.is_skippable) continue;
    for (size_t j = 0; j < stack.size(); ++j)
      if (j != i &&
          without.succeeds_after(j,
                                 [](const Edge& edge) { return edge.answer == Class::success; }) &&
          std::ranges::find(reach.skipped_by, stack[j].module) == reach.skipped_by.end())
        reach.skipped_by.push_back(stack[j].module);
  }
  out.is_open = !stack.empty() && Graph(stack, possible, std::nullopt, true).can_succeed();
  return out;
}

}  // namespace drydock::facts
