// containerd's configuration with its imports, for the collectors that depend on it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/facts/collect.h"
#include "parsers/toml.h"

namespace drydock::facts {

inline constexpr std::string_view kContainerdFile = "etc/containerd/config.toml";

struct ContainerdEntry {
  std::string path;  // the file it stands in
  parsers::toml::Entry entry;
};

struct ContainerdConfig {
  std::vector<ContainerdEntry> entries;  // what counts, in the order of the files
  struct Lost {
    ContainerdEntry loser;
    std::string winner_path;
    Span winner;
    std::string_view reason;
  };
  std::vector<Lost> lost;
  struct Problem {
    std::string_view kind;  // as in the table containerd_config_problem
    std::string message;
    std::string path;
    Span span;
  };
  std::vector<Problem> problems;
  std::vector<std::pair<std::string, parsers::SyntaxErrors>> errors;  // by file

  // The last value of a dotted key; nullptr: not set.
  const ContainerdEntry* find(std::string_view key) const;
};

// Read once. Syntax errors are left to the containerd collector.
const ContainerdConfig& containerd_config(Context& context);

// [grpc] address, by default /run/containerd/containerd.sock.
std::string containerd_address(Context& context);

// A way of running containers that containerd's CRI plugin or dockerd knows.
struct RuntimeModel {
  std::string engine;   // "containerd", "docker", "podman"
  std::string name;     // "runc", "runsc", "kata"
  std::string program;  // a path or a shim's type: "/usr/bin/runsc", "io.containerd.kata.v2"
  bool is_default = false;
  std::string path;  // of the file that defines it; empty: built in
  Span span;
};

// The runtimes of containerd's configuration: of the versions 1 (plugins.cri), 2
// (io.containerd.grpc.v1.cri) and 3 (io.containerd.cri.v1.runtime).
std::vector<RuntimeModel> containerd_runtimes(Context& context);

}  // namespace drydock::facts
