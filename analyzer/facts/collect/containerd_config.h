// /etc/containerd/config.toml, for the collectors that depend on it.
#pragma once

#include <optional>
#include <string>

#include "analyzer/facts/collect.h"
#include "parsers/toml.h"

namespace drydock::facts {

inline constexpr std::string_view kContainerdFile = "etc/containerd/config.toml";

struct ContainerdConfig {
  std::optional<std::string> path;  // the file; nothing: there is none
  parsers::toml::File file;
};

// Read once. Syntax errors are left to the containerd collector.
const ContainerdConfig& containerd_config(Context& context);

// [grpc] address, by default /run/containerd/containerd.sock.
std::string containerd_address(Context& context);

}  // namespace drydock::facts
