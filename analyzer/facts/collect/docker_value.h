// Which values dockerd refuses (moby, daemon/config and its opts): only those that every release since 20.10 does
// not start with, be it that it refuses them when it reads them or later on its way up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/docker_config.h"
#include "parsers/json.h"

namespace drydock::facts {

// Why dockerd refuses one text for a key, be it of a flag or an element of a list in daemon.json: "'x' is no IP
// address". Empty: it takes it. Of a key that holds a map the text is "name=value".
std::string docker_value_problem(std::string_view key, std::string_view value);

// The same of a flag whose value is a number or may not be empty: what JSON's types say of the file.
std::string docker_flag_problem(std::string_view key, std::string_view value);

// A part of a member of daemon.json that dockerd refuses.
struct DockerValueError {
  const parsers::json::Value* at = nullptr;
  bool is_type = false;  // a JSON type that the key does not take
  std::string message;
};

// What it refuses in the value of a known key, which is of the JSON type that the key takes.
std::vector<DockerValueError> docker_member_problems(const parsers::json::Value& member);

// What it refuses once the file and the flags are joined: labels that contradict each other, a runtime that is not
// there. Added to the configuration's errors. `knows_flags`: false if flags that nobody knows may define more.
void check_joined(DockerConfig& config, bool knows_flags);

}  // namespace drydock::facts
