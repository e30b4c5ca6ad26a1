// What the command line and .drydock.yaml say together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/config.h"

namespace drydock::cli {

struct ConfigFile {
  std::string path;  // empty: there is none
  engine::Config config;
};

// The nearest .drydock.yaml from the working directory upward, as far as the root of a git repository;
// else $XDG_CONFIG_HOME/drydock/config.yaml. One that lies inside the artifact is passed over unless the artifact is
// a repository: a host must not decide how it is judged.
std::string find_config(const std::string& artifact);

// Loads `path`, or the one find_config finds if it is empty; with `isolated` none. Mistakes are said on standard
// error, each at its place, and fail.
Result<ConfigFile> load_config(const std::string& path, bool isolated, const std::string& artifact);

// "NAME=VALUE" arguments as parameters. A list parameter takes words separated by commas, and more when
// it is given again. Fails when no rule has such a parameter.
Result<engine::Parameters> parameters(const engine::Catalogue& catalogue,
                                      const std::vector<std::string>& arguments);

}  // namespace drydock::cli
