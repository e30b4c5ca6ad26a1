#include "analyzer/engine/catalogue.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "analyzer/base/version.h"
#include "analyzer/engine/yaml.h"

namespace drydock::engine {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFiles = 10'000;  // rule files of one pack

// A file's text, at most one byte more than a YAML file may have (yaml::parse says so then).
Result<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(yaml::kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (!file && file.gcount() == 0 && !file.eof()))
    return Error{"cannot be read", ""};
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

Diagnostic mistake(std::string path, std::string message, std::string help = {}) {
  return {.level = Level::error,
          .kind = DiagnosticKind::configuration,
          .path = std::move(path),
          .span = {},
          .message = std::move(message),
          .help = std::move(help)};
}

// "1.2.3" -> {1, 2, 3}; missing parts are 0; nullopt: no version.
std::optional<std::array<int, 3>> version_of(std::string_view text) {
  std::array<int, 3> parts{};
  size_t part = 0;
  for (const char* at = text.data(); part < 3; ++part) {
    const auto [end, error] = std::from_chars(at, text.data() + text.size(), parts[part]);
    if (error != std::errc()) return std::nullopt;
    if (end == text.data() + text.size()) return parts;
    if (*end != '.') return std::nullopt;
    at = end + 1;
  }
  return std::nullopt;
}

// Checks pack.yaml. False: this drydock is too old for the pack.
bool check_pack_file(const std::string& path, std::vector<Diagnostic>& diagnostics) {
  const auto text = read_file(path);
  if (!text || !fs::exists(path)) {
    diagnostics.push_back(
        mistake(path, "a pack of rules needs this file", "with name, version and engine"));
    return true;
  }
  yaml::Mistakes mistakes(path);
  const yaml::Node root = yaml::parse(*text, mistakes);
  bool new_enough = true;
  if (mistakes.none()) {
    yaml::Mapping pack(root, "a pack", mistakes);
    pack.required_text("name");
    pack.required_text("version");
    const std::string engine = pack.required_text("engine");
    const auto needed = version_of(engine);
    if (!engine.empty() && !needed)
      mistakes.error(pack.span("engine"), "'" + engine + "' is no version", "write it as 0.1.0");
    if (needed && *needed > *version_of(kVersion)) {
      mistakes.error(pack.span("engine"),
                     "the pack needs drydock " + engine + ", this is " + std::string(kVersion));
      new_enough = false;
    }
    pack.finish();
  }
  for (Diagnostic& diagnostic : mistakes.take()) diagnostics.push_back(std::move(diagnostic));
  return new_enough;
}

}  // namespace

Result<std::vector<RuleFile>> load_directory(const std::string& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) return Error{"'" + directory + "' is no directory", ""};
  std::vector<fs::path> paths;
  for (auto at = fs::recursive_directory_iterator(directory, error); !error && at != fs::end(at);
       at.increment(error)) {
    const fs::path& path = at->path();
    if (path.extension() == ".yaml" && path.filename() != "pack.yaml" && at->is_regular_file(error))
      paths.push_back(path);
    if (paths.size() > kMaxFiles)
      return Error{"'" + directory + "' has more than 10,000 rule files", ""};
  }
  if (error) return Error{"'" + directory + "' cannot be read: " + error.message(), ""};
  std::ranges::sort(paths);
  std::vector<RuleFile> files;
  for (const fs::path& path : paths) {
    RuleFile file{.path = path.string(), .text = {}, .loaded = {}};
    if (auto text = read_file(path)) {
      file.text = std::move(*text);
      file.loaded = load_rule(file.text, file.path);
    } else {
      file.loaded.diagnostics.push_back(mistake(file.path, "the file cannot be read"));
    }
    files.push_back(std::move(file));
  }
  return files;
}

std::vector<Diagnostic> Catalogue::add_pack(const std::string& directory) {
  std::vector<Diagnostic> diagnostics;
  auto files = load_directory(directory);
  if (!files) {
    diagnostics.push_back(mistake(directory, files.error().message));
    return diagnostics;
  }
  if (!check_pack_file((fs::path(directory) / "pack.yaml").string(), diagnostics))
    return diagnostics;
  for (RuleFile& file : *files) {
    for (Diagnostic& diagnostic : file.loaded.diagnostics)
      diagnostics.push_back(std::move(diagnostic));
    if (file.loaded.rule && !add(file.loaded.rule))
      diagnostics.push_back(mistake(file.path,
                                    "the id '" + file.loaded.rule->id +
                                        "' (or one of its deprecated ids) belongs to another rule",
                                    "ids are never reused: take another"));
  }
  return diagnostics;
}

bool Catalogue::add(std::shared_ptr<const Rule> rule) {
  if (find(rule->id)) return false;
  for (const std::string& id : rule->deprecated_ids)
    if (find(id)) return false;
  const auto place = std::ranges::lower_bound(
      rules_, rule->id, {}, [](const auto& one) -> const std::string& { return one->id; });
  rules_.insert(place, std::move(rule));
  return true;
}

std::shared_ptr<const Rule> Catalogue::find(std::string_view id) const {
  const auto place = std::ranges::lower_bound(
      rules_, id, {}, [](const auto& one) -> std::string_view { return one->id; });
  if (place != rules_.end() && (*place)->id == id) return *place;
  for (const auto& rule : rules_)
    if (std::ranges::find(rule->deprecated_ids, id) != rule->deprecated_ids.end()) return rule;
  return nullptr;
}

}  // namespace drydock::engine
