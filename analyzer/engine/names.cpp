#include "analyzer/engine/result.h"
#include "analyzer/engine/rule.h"

namespace drydock::engine {

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::critical: return "critical";
    case Severity::high: return "high";
    case Severity::medium: return "medium";
    case Severity::low: return "low";
    case Severity::info: break;
  }
  return "info";
}

std::optional<Severity> severity_of(std::string_view text) {
  for (const Severity severity : {Severity::critical, Severity::high, Severity::medium,
                                  Severity::low, Severity::info})
    if (name(severity) == text) return severity;
  return std::nullopt;
}

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::pass: return "pass";
    case Outcome::fail: return "fail";
    case Outcome::not_applicable: return "not-applicable";
    case Outcome::unknown: break;
  }
  return "unknown";
}

}  // namespace drydock::engine
