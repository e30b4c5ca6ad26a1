// The command line of dockerd as systemd starts it: ExecStart= of docker.service after its
// drop-ins, with the variables of Environment= and EnvironmentFile= put in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/facts/collect.h"
#include "analyzer/facts/collect/service_command.h"
#include "parsers/dockerd_args.h"

namespace drydock::facts {

struct DockerOption {
  const parsers::dockerd_args::Flag* flag = nullptr;
  std::string value;
  std::string path;  // the file the flag stands in
  Span span;
  // The value alone, if it can be replaced there: not of a boolean flag without one.
  std::optional<Span> value_span;
};

struct DockerCommandError {
  std::string message;
  std::string path;
  Span span;
};

struct DockerCommand {
  bool is_dockerd =
      true;  // false: it starts something else, which may start dockerd with any flags
  std::vector<DockerOption> options;  // in the order of the command line
  std::vector<DockerCommandError> errors;
  ServiceEnvironment environment;
};

// nullopt: no docker.service, or it is masked. A unit whose command is not dockerd (a script) gives
// an issue of effect `refused`: what it starts cannot be told.
std::optional<DockerCommand> docker_command(Context& context);

// Of a user's daemon (docs.docker.com, "Rootless mode"): ~/.config/systemd/user/docker.service and its drop-ins there,
// which start dockerd by dockerd-rootless.sh. nullopt: there is none, or it starts something else.
std::optional<DockerCommand> rootless_docker_command(Context& context, const std::string& home);

// In a fragment: one for each loose docker.service or drop-in of it that starts dockerd.
std::vector<DockerCommand> loose_docker_commands(Context& context);

// Names of loose daemon.json files (Interest::add_loose form).
extern const std::vector<std::string_view> kDockerLooseFiles;

}  // namespace drydock::facts
