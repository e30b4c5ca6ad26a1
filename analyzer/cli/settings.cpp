#include "analyzer/cli/settings.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "analyzer/engine/yaml.h"

namespace drydock::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = ".drydock.yaml";

bool is_below(const fs::path& path, const fs::path& directory) {
  const auto [in_directory, in_path] = std::ranges::mismatch(directory, path);
  return in_directory == directory.end();
}

// A checkout that is no host: it has .git, and neither /usr nor the files of /etc.
bool is_repository(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / ".git", ignored) && !fs::exists(directory / "usr", ignored) &&
         !fs::exists(directory / "passwd", ignored);
}

fs::path user_config() {
  const char* xdg = std::getenv("XDG_CONFIG_HOME");
  if (xdg != nullptr && *xdg == '/') return fs::path(xdg) / "drydock/config.yaml";
  const char* home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? fs::path(home) / ".config/drydock/config.yaml"
                                         : fs::path();
}

}  // namespace

std::string find_config(const std::string& artifact) {
  std::error_code error;
  const fs::path here = fs::current_path(error);
  const fs::path judged = fs::canonical(artifact, error);
  const bool is_directory = !error && fs::is_directory(judged, error);
  // The checkout that the artifact is, or is a part of.
  fs::path repository = judged;
  while (is_directory && !is_repository(repository) && repository.has_relative_path())
    repository = repository.parent_path();
  const bool trusted = !is_directory || is_repository(repository);

  for (fs::path directory = here;; directory = directory.parent_path()) {
    const bool inside = is_directory && is_below(directory, judged);
    if ((trusted || !inside) && fs::is_regular_file(directory / kName, error)) {
      const fs::path found = directory / kName;
      return found.lexically_relative(here).string();
    }
    if (fs::exists(directory / ".git", error) || !directory.has_relative_path()) break;
  }
  const fs::path own = user_config();
  return !own.empty() && fs::is_regular_file(own, error) ? own.string() : std::string();
}

Result<ConfigFile> load_config(const std::string& path, bool isolated,
                               const std::string& artifact) {
  ConfigFile file;
  if (isolated) return file;
  file.path = path.empty() ? find_config(artifact) : path;
  if (file.path.empty()) return file;
  std::ifstream in(file.path, std::ios::binary);
  if (!in || fs::is_directory(file.path))
    return Error{"the configuration '" + file.path + "' cannot be read",
                 "name a file with --config, or use --isolated"};
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  engine::LoadedConfig loaded = engine::load_config(text, file.path);
  for (const Diagnostic& diagnostic : loaded.diagnostics)
    std::fputs(render(diagnostic, text).c_str(), stderr);
  if (!loaded.diagnostics.empty())
    return Error{"the configuration '" + file.path + "' has mistakes",
                 "--isolated scans without it"};
  file.config = std::move(loaded.config);
  // Packs are named relative to the file that names them.
  for (std::string& pack : file.config.rules)
    pack = (fs::path(file.path).parent_path() / pack).lexically_normal().string();
  return file;
}

Result<engine::Parameters> parameters(const engine::Catalogue& catalogue,
                                      const std::vector<std::string>& arguments) {
  engine::Parameters out;
  for (const std::string& argument : arguments) {
    const size_t equals = argument.find('=');
    if (equals == std::string::npos || equals == 0)
      return Error{"'" + argument + "' is no NAME=VALUE",
                   "for example --param trusted-docker-users=root,deploy"};
    const std::string name = argument.substr(0, equals);
    std::string value = argument.substr(equals + 1);

    const engine::Parameter* declared = nullptr;
    std::vector<std::string> names;
    for (const auto& rule : catalogue.rules())
      for (const engine::Parameter& parameter : rule->parameters) {
        if (parameter.name == name) declared = &parameter;
        names.push_back(parameter.name);
      }
    if (declared == nullptr) {
      std::string near;
      for (const std::string& known : names)
        if (known.starts_with(name) || name.starts_with(known)) near = known;
      return Error{"no rule has a parameter '" + name + "'",
                   near.empty() ? "'drydock rules --format json' shows those there are"
                                : "did you mean '" + near + "'?"};
    }
    if (!declared->is_list) {
      out[name] = {value};
      continue;
    }
    std::vector<std::string>& list = out[name];
    while (!value.empty()) {
      const size_t comma = std::min(value.find(','), value.size());
      if (comma > 0) list.push_back(value.substr(0, comma));
      value.erase(0, comma + 1);
    }
  }
  return out;
}

}  // namespace drydock::cli
