// .drydock.yaml: what a team says once instead of on every command line.
//
//   profiles: [base, server]
//   parameters: {trusted-docker-users: [root, deploy]}
//   disable: [sysctl-ip-forward, "sshd-x11-*"]
//   severity: low              # rules below are not run
//   fail-on: high              # critical, high, medium, low, info, none
//   rules: [ci/drydock-rules]  # packs, relative to this file
//   target-name: base
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/compare.h"
#include "analyzer/engine/rule.h"

namespace drydock::engine {

struct Config {
  std::vector<std::string> profiles;
  Parameters parameters;
  std::vector<std::string> disable;
  std::optional<Severity> severity;
  // "none": never fail because of findings.
  std::optional<std::string> fail_on;
  std::vector<std::string> rules;
  std::string target_name;
  std::map<std::string, Span, std::less<>>
      spans;  // "parameters.trusted-docker-users" -> where it stands
};

struct LoadedConfig {
  Config config;  // what could be read of it
  std::vector<Diagnostic>
      diagnostics;  // every mistake with its place; not empty: do not use the config
};
LoadedConfig load_config(std::string_view text, std::string_view path);

// What only shows against the rules: parameters that no rule has, or that are a list where the rule
// has one value. `path` names the file in the diagnostics.
std::vector<Diagnostic> check_config(const Config& config, const Catalogue& catalogue,
                                     std::string_view path);

}  // namespace drydock::engine
