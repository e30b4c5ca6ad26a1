// How dockerd is configured, before it becomes rows: daemon.json and the command line, joined as
// dockerd joins them. Shared by the tables of the docker collector.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"

namespace drydock::facts {

// One value of one key. A list gives one for each element, a map one for each member, with its name
// behind a dot: "default-ulimits.nofile".
struct DockerSetting {
  std::string key;  // as daemon.json names it, whatever set it
  std::string value;
  std::string_view source;  // "daemon.json", "flag", "environment", "default"
  int64_t ordinal = 0;      // of a list: the place of the element
  std::string path;         // the file it stands in; empty for a default
  Span span;
  std::optional<Span> value_span;  // what an edit can replace; a string without its quotes
};

// Why dockerd does not start with this configuration.
struct DockerConfigError {
  std::string_view kind;  // as in the table docker_config_error
  std::string key;
  std::string message;
  std::string path;
  Span span;
  std::string other_path;  // of a conflict: the flag
  Span other_span;
};

// A setting that lost against another of the same key.
struct DockerLost {
  DockerSetting winner, loser;
  std::string_view reason;
};

struct DockerConfig {
  std::string instance;     // "system", "snap", "rootless"
  std::string config_path;  // of daemon.json, whether or not it exists
  std::vector<DockerSetting> settings;
  std::vector<DockerConfigError> errors;
  std::vector<DockerLost> lost;
  // The keys that daemon.json has, also those without effect: its path and the place of the member.
  std::map<std::string, std::pair<std::string, Span>, std::less<>> file_keys;

  // The value that counts for a key that holds one; null: not set and no default.
  const DockerSetting* find(std::string_view key) const;
  // All of a list, in order.
  std::vector<const DockerSetting*> all(std::string_view key) const;
  std::string_view value(std::string_view key) const;  // empty if there is none
};

// The daemons of the context's target: the system's, and those of snap and of users (rootless). In
// a fragment one for each loose daemon.json and docker.service. Computed once.
const std::vector<DockerConfig>& docker_configs(Context& context);

}  // namespace drydock::facts
