// The command line by which systemd starts a daemon: ExecStart= of its unit after drop-ins, with the variables of
// Environment= and EnvironmentFile= put in; each word knows where it stands.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/facts/collect/unit_files.h"
#include "parsers/env_file.h"

namespace drydock::facts {

// A variable of a service's environment; the last assignment counts.
struct ServiceVariable {
  std::string value;
  std::string path;
  Span span;  // the assignment
  std::optional<parsers::env_file::Assignment>
      in_file;  // of EnvironmentFile=: knows the place of each byte
};
using ServiceEnvironment = std::map<std::string, ServiceVariable>;

ServiceEnvironment service_environment(Context& context, const Unit& service);

// A word of the command line together with the file it comes from.
struct ServiceWord {
  std::string text;
  Span span;
  std::string path;
};
using ServiceWords = std::vector<ServiceWord>;

// The arguments of the first command of ExecStart= that starts the program in question: `program_words` says how
// many of the first words make that program, 0 where it is another one. nullopt: there is no such command.
std::optional<ServiceWords> service_arguments(
    const Unit& service, const ServiceEnvironment& environment,
    const std::function<size_t(const ServiceWords&)>& program_words);

}  // namespace drydock::facts
