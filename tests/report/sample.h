// Scan results built by hand, as the engine would hand them to a report.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/engine/result.h"

namespace drydock::report::sample {

inline std::shared_ptr<engine::Rule> rule(std::string id, engine::Severity severity,
                                          std::string title) {
  auto out = std::make_shared<engine::Rule>();
  out->topic = id.substr(0, id.find('-'));
  out->id = std::move(id);
  out->severity = severity;
  out->title = std::move(title);
  out->why = "It opens a way in that nobody watches.\n\nSecond paragraph.";
  out->fix = "Set it as the policy says,\nthen reload.\n\nMore advice.";
  return out;
}

// 64 hexadecimal digits made from what makes a finding, as the engine's sha256 is.
inline std::string identity(std::string_view path, Span span, std::string_view key) {
  static constexpr char kHex[] = "0123456789abcdef";
  uint64_t x = 14695981039346656037u + span.line * 1000003u + span.column;
  for (const char c : std::string(path) + '#' + std::string(key))
    x = (x ^ static_cast<unsigned char>(c)) * 1099511628211u;
  std::string out;
  for (; out.size() < 64; x = x * 6364136223846793005u + 1442695040888963407u) out += kHex[x >> 60];
  return out;
}

inline engine::Finding finding(std::string path, Span span, std::string message,
                               std::string key = "") {
  engine::Finding out;
  out.place = {std::move(path), span};
  out.message = std::move(message);
  out.key = std::move(key);
  out.identity = identity(out.place.path, span, out.key);
  return out;
}

inline engine::RuleResult fails(std::shared_ptr<engine::Rule> rule,
                                std::vector<engine::Finding> findings) {
  return {std::move(rule), engine::Outcome::fail, "", std::move(findings)};
}

inline engine::RuleResult outcome(std::shared_ptr<engine::Rule> rule, engine::Outcome outcome,
                                  std::string reason = "") {
  return {std::move(rule), outcome, std::move(reason), {}};
}

inline engine::TargetResult target(std::string name) {
  engine::TargetResult out;
  out.name = std::move(name);
  out.scope = Scope::host;
  out.scope_reason = "it has etc/os-release and usr/bin";
  return out;
}

inline void add_file(engine::TargetResult& target, std::string path, std::string text,
                     bool sensitive = false) {
  const uint64_t size = text.size();
  target.files[path] = {path, std::move(text), sensitive, size};
}

inline engine::ScanResult scan(std::vector<engine::TargetResult> targets) {
  engine::ScanResult out;
  out.tool_version = "0.1.0";
  out.artifact_path = "/srv/images/base.tar.gz";
  out.artifact_name = "base.tar.gz";
  out.artifact_format = "tar.gz";
  out.artifact_size = 327155712;
  out.profiles = {"server"};
  out.targets = std::move(targets);
  for (const engine::TargetResult& each : out.targets)
    for (const engine::RuleResult& result : each.rules)
      if (result.outcome == engine::Outcome::fail) out.exit_code = 1;
  out.exit_reason =
      out.exit_code == 1 ? "findings at or above high" : "no findings at or above high";
  return out;
}

}  // namespace drydock::report::sample
