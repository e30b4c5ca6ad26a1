// The kernel tries the rules of the list `exit` in order; the first that matches decides (see audit_coverage.cpp).
// Here an event is a call by number and architecture, by somebody who logged in (audit id from 1000 on) or by
// anybody, which succeeds or ends with EACCES or EPERM. It is recorded if a rule matches for certain, and no
// `never` rule may come before.
#include "analyzer/facts/collect/audit_event.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "parsers/audit_syscalls.h"

namespace drydock::facts {
namespace {

using parsers::audit_rules::Field;
using parsers::audit_rules::List;
using parsers::audit_rules::normal_value;
using parsers::audit_rules::syscall_number;

struct Topic {
  std::string_view name;
  bool users_only;
  bool denied_only;
  std::vector<std::string_view> syscalls;
};

const std::vector<Topic>& topics() {
  static const std::vector<std::string_view> kChanges = {
      "chmod",       "fchmod",       "fchmodat",    "chown",     "fchown",
      "lchown",      "fchownat",     "setxattr",    "lsetxattr", "fsetxattr",
      "removexattr", "lremovexattr", "fremovexattr"};
  static const std::vector<Topic> kTopics = {
      {"clock", false, false, {"adjtimex", "settimeofday", "clock_settime", "stime"}},
      {"deletion", true, false, {"rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir"}},
      {"denied-access",
       true,
       true,
       {"open", "openat", "open_by_handle_at", "creat", "truncate", "ftruncate"}},
      {"denied-change", true, true, kChanges},
      {"host-name", false, false, {"sethostname", "setdomainname"}},
      {"kernel-module",
       true,
       false,
       {"init_module", "finit_module", "delete_module", "create_module", "query_module"}},
      {"mount", true, false, {"mount", "umount2"}},
      {"permission-change", true, false, kChanges},
  };
  return kTopics;
}

// errno(3) of Linux; 0: the call succeeds.
constexpr int kEperm = 1, kEacces = 13;
constexpr int64_t kFirstUser = 1000;  // UID_MIN of login.defs(5)

struct Instance {
  int number;
  bool is_64;
  bool users_only;
  int error;
};

enum class Match : uint8_t { no, sometimes, always };

Match of(bool holds) {
  return holds ? Match::always : Match::no;
}

std::optional<int64_t> integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// auditctl(8) takes names of errors, with or without a sign, as well as numbers.
std::optional<int64_t> exit_value(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::optional<int64_t> value = text == "EACCES"  ? kEacces
                                 : text == "EPERM" ? kEperm
                                                   : integer(text);
  if (value && negative) value = -*value;
  return value;
}

bool compare(int64_t left, std::string_view op, int64_t right) {
  return op == "="    ? left == right
         : op == "!=" ? left != right
         : op == "<"  ? left < right
         : op == "<=" ? left <= right
         : op == ">"  ? left > right
                      : op == ">=" && left >= right;
}

Match audit_id(const Field& field, const Instance& event) {
  const std::string value = normal_value("auid", field.value);
  if (value == "unset")
    return field.op == "!=" ? (event.users_only ? Match::always : Match::sometimes)
                            : (event.users_only ? Match::no : Match::sometimes);
  const auto id = integer(value);
  if (!id) return Match::sometimes;
  if (field.op == ">=" && *id <= (event.users_only ? kFirstUser : 0)) return Match::always;
  if (field.op == ">" && *id < (event.users_only ? kFirstUser : 0)) return Match::always;
  if (field.op == "!=" && event.users_only && *id < kFirstUser) return Match::always;
  return Match::sometimes;
}

Match matches(const Field& field, const Instance& event) {
  if (field.is_comparison) return Match::sometimes;
  if (field.name == "arch") {
    const std::string arch = normal_value("arch", field.value);
    if (arch != "b64" && arch != "b32") return Match::sometimes;
    return of((arch == (event.is_64 ? "b64" : "b32")) == (field.op == "="));
  }
  if (field.name == "auid") return audit_id(field, event);
  if (field.name == "success") {
    const std::string& value = field.value;
    const bool wanted = value == "1" || value == "yes";
    return of(((event.error == 0) == wanted) == (field.op == "="));
  }
  if (field.name == "exit") {
    const auto value = exit_value(field.value);
    if (!value) return Match::no;  // another error
    if (event.error != 0) return of(compare(-event.error, field.op, *value));
    // What a call returns that succeeds is 0 or a number above.
    if (*value < 0 || (*value == 0 && field.op == "<")) return of(compare(0, field.op, *value));
    return field.op == ">=" && *value == 0 ? Match::always : Match::sometimes;
  }
  return Match::sometimes;  // a path, an argument, a user: not every such call
}

class Decision {
 public:
  explicit Decision(const AuditLoad& load) : load_(load) {
    if (const auto it = load.control.find("enabled");
        it != load.control.end() && it->second.value == "0")
      off_ = "'-e 0' at " + at(it->second.place) + " turns auditing off";
  }

  AuditEvent decide(const Topic& topic, std::string_view syscall) {
    AuditEvent event{.topic = topic.name,
                     .syscall = syscall,
                     .users_only = topic.users_only,
                     .denied_only = topic.denied_only};
    event.recorded = off_.empty();
    event.why = off_;
    for (const bool is_64 : {true, false}) {
      const auto number = syscall_number(syscall, is_64);
      if (!number) continue;
      for (const int error : {0, kEacces, kEperm}) {
        if (error == 0 && topic.denied_only) continue;
        miss(event, {*number, is_64, topic.users_only, error});
      }
    }
    if (event.recorded)
      event.near.reset();
    else if (event.why.empty())
      event.why = "no loaded rule is about it";
    return event;
  }

 private:
  static std::string at(const AuditPlace& place) {
    return place.path + ":" + std::to_string(place.span.line);
  }

  static bool names(const AuditRule& rule, const Instance& event) {
    if (rule.rule.syscalls.empty()) return true;
    const Field* const arch = rule.rule.field("arch");
    const bool b32 = arch && normal_value("arch", arch->value) == "b32" && arch->op == "=";
    return std::ranges::any_of(rule.rule.syscalls, [&](const auto& syscall) {
      if (syscall.name == "all") return true;
      const auto number = integer(syscall.name);
      return (number ? number : std::optional<int64_t>(syscall_number(syscall.name, !b32))) ==
             event.number;
    });
  }

  void miss(AuditEvent& event, const Instance& instance) {
    const AuditRule* limited = nullptr;
    const AuditRule* never = nullptr;
    std::string limit;
    for (const AuditRule& rule : load_.rules) {
      if (rule.rule.list != List::exit || rule.rule.is_watch || !names(rule, instance)) continue;
      Match match = Match::always;
      std::string conditions;
      for (const Field& field : rule.rule.fields) {
        const Match one = matches(field, instance);
        if (one == Match::sometimes)
          conditions += (conditions.empty() ? "" : " and ") + field.name + field.op + field.value;
        match = std::min(match, one);
      }
      if (match == Match::no) continue;
      if (!rule.is_loaded) {
        if (!event.near && match == Match::always) {
          event.near = rule.place;
          if (event.why.empty())
            event.why = "the rule at " + at(rule.place) + " is not loaded: " + rule.why_not_loaded;
        }
        continue;
      }
      if (!rule.rule.is_always) {
        if (!never) never = &rule, limit = conditions;
        if (match == Match::always) break;
        continue;
      }
      if (match == Match::sometimes) {
        // A rule about one file says nothing of the others: not worth pointing at.
        const bool is_about_a_path = rule.rule.field("path") || rule.rule.field("dir");
        if (!limited && !is_about_a_path && !never) limited = &rule, limit = conditions;
        continue;
      }
      if (never) break;
      if (!event.by) event.by = rule.place;
      return;
    }
    event.recorded = false;
    if (!event.why.empty()) return;
    if (never) {
      event.near = never->place;
      event.why = "the rule at " + at(never->place) + " comes first and never records" +
                  (limit.empty() ? "" : " when " + limit);
    } else if (limited) {
      event.near = limited->place;
      event.why = "the rule at " + at(limited->place) + " records only when " + limit;
    } else if (event.by) {
      event.near = event.by;
      event.why = instance.is_64 ? "" : "calls of 32-bit programs are not recorded";
      if (instance.error != 0)
        event.why += (event.why.empty() ? "" : ", ") + std::string("calls that end with ") +
                     (instance.error == kEacces ? "EACCES" : "EPERM") + " are not recorded";
    }
  }

  const AuditLoad& load_;
  std::string off_;
};

}  // namespace

std::vector<AuditEvent> audit_events(const AuditLoad& load) {
  std::vector<AuditEvent> events;
  Decision decision(load);
  for (const Topic& topic : topics())
    for (const std::string_view syscall : topic.syscalls)
      if (syscall_number(syscall, true) || syscall_number(syscall, false))
        events.push_back(decision.decide(topic, syscall));
  return events;
}

}  // namespace drydock::facts
