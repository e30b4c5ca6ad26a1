// containerd-config.toml(5), "imports": files that are read after the one that names them, patterns with
// '*' among them; "imported files overwrite simple fields like int or string (if not empty) and append
// array and map fields" of those before. Up to version 2 of the file a plugin's section is replaced as a
// whole by one of an import; since containerd 2.0 (version 3) it is merged key by key.
#include "analyzer/facts/collect/containerd_config.h"

#include <algorithm>
#include <deque>
#include <set>

#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

namespace toml = parsers::toml;

class Loader {
 public:
  explicit Loader(Context& context) : context_(context) {}

  ContainerdConfig load() {
    std::deque<std::string> pending{std::string(kContainerdFile)};
    constexpr size_t kFiles = 100;
    while (!pending.empty() && seen_.size() < kFiles) {
      const std::string path = std::move(pending.front());
      pending.pop_front();
      if (!seen_.insert(path).second) continue;
      const auto text = context_.read(path);
      if (!text) continue;
      const toml::File file = toml::parse(text->text);
      if (!file.errors.empty()) config_.errors.emplace_back(text->path, file.errors);
      for (const toml::Entry& e : file.entries)
        if (e.path.size() == 1 && e.path[0] == "imports" && e.ordinal >= 0)
          for (std::string& found : resolve(text->path, e.value))
            pending.push_back(std::move(found));
      merge(text->path, file);
    }
    return std::move(config_);
  }

 private:
  std::vector<std::string> resolve(const std::string& parent, const std::string& written) const {
    const std::string path = written.starts_with('/')
                                 ? normal_path(written)
                                 : normal_path(join_path(parent_path(parent), written));
    if (path.find('*') == std::string::npos) return {path};
    return context_.tree().glob(parent_path(path), file_name(path));
  }

  static bool is_empty(const toml::Entry& e) {
    return e.value.empty() || (e.kind == toml::Kind::boolean && e.value == "false") ||
           (e.kind == toml::Kind::integer && e.value == "0");
  }

  void merge(const std::string& path, const toml::File& file) {
    const bool first = config_.entries.empty();
    for (const toml::Entry& e : file.entries)
      if (e.path.size() == 1 && e.path[0] == "version" && (first || !is_empty(e)))
        version_ = e.value;
    if (!first && version_ != "3") {
      std::set<std::string> plugins;
      for (const toml::Entry& e : file.entries)
        if (e.path.size() > 2 && e.path[0] == "plugins") plugins.insert(e.path[1]);
      if (!plugins.empty()) {
        const toml::Entry& by = file.entries.front();
        lose(path, by.span, "an import replaces the plugin's section", [&](const toml::Entry& old) {
          return old.path.size() > 2 && old.path[0] == "plugins" && plugins.contains(old.path[1]);
        });
      }
    }
    for (const toml::Entry& e : file.entries) {
      const bool replaces = e.ordinal < 0;  // the elements of arrays add up
      if (!first && replaces) {
        const bool known = std::any_of(config_.entries.begin(), config_.entries.end(),
                                       [&](const auto& old) { return old.entry.path == e.path; });
        if (known && is_empty(e)) continue;
        if (known && seen_.size() > 1)
          lose(path, e.span, "imported later",
               [&](const toml::Entry& old) { return old.path == e.path && old.ordinal < 0; });
      }
      config_.entries.push_back({path, e});
    }
  }

  template <class Matches>
  void lose(const std::string& path, Span span, std::string_view reason, Matches matches) {
    std::erase_if(config_.entries, [&](const ContainerdEntry& old) {
      if (old.path == path || !matches(old.entry)) return false;
      config_.lost.push_back({old, path, span, reason});
      return true;
    });
  }

  Context& context_;
  ContainerdConfig config_;
  std::set<std::string> seen_;
  std::string version_;
};

}  // namespace

const ContainerdEntry* ContainerdConfig::find(std::string_view key) const {
  const ContainerdEntry* found = nullptr;
  for (const ContainerdEntry& e : entries)
    if (toml::dotted(e.entry.path) == key) found = &e;
  return found;
}

const ContainerdConfig& containerd_config(Context& context) {
  return context.shared<ContainerdConfig>([&] { return Loader(context).load(); });
}

std::string containerd_address(Context& context) {
  const ContainerdEntry* set = containerd_config(context).find("grpc.address");
  return set != nullptr && !set->entry.value.empty() ? set->entry.value
                                                     : "/run/containerd/containerd.sock";
}

std::vector<RuntimeModel> containerd_runtimes(Context& context) {
  std::vector<RuntimeModel> out;
  std::string fallback = "runc";
  for (const ContainerdEntry& e : containerd_config(context).entries) {
    const std::vector<std::string>& path = e.entry.path;
    if (path.size() < 4 || path[0] != "plugins" ||
        (path[1] != "cri" && path[1] != "io.containerd.grpc.v1.cri" &&
         path[1] != "io.containerd.cri.v1.runtime") ||
        path[2] != "containerd")
      continue;
    if (path[3] == "default_runtime_name") fallback = e.entry.value;
    if (path.size() < 6 || path[3] != "runtimes") continue;
    auto found = std::find_if(out.begin(), out.end(),
                              [&](const RuntimeModel& r) { return r.name == path[4]; });
    if (found == out.end())
      found = out.insert(out.end(), {"containerd", path[4], "", false, e.path, e.entry.span});
    if (path[5] == "runtime_type" && found->program.empty()) found->program = e.entry.value;
    if (path.back() == "BinaryName" && !e.entry.value.empty()) found->program = e.entry.value;
  }
  for (RuntimeModel& runtime : out) runtime.is_default = runtime.name == fallback;
  return out;
}

}  // namespace drydock::facts
