// containerd-config.toml(5), "imports": files that are read after the one that names them, patterns with
// '*' among them; "imported files overwrite simple fields like int or string (if not empty) and append
// array and map fields" of those before. Up to version 2 of the file a plugin's section is replaced as a
// whole by one of an import; since containerd 2.0 (version 3) it is merged key by key. What the manual leaves
// out is as containerd 1.6 does it: see the differential test.
#include "analyzer/facts/collect/containerd_config.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <set>

#include "analyzer/facts/collect/containerd_schema.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

namespace toml = parsers::toml;

// The settings of containerd's own whose default is not empty: there an empty value is none.
constexpr std::string_view kWithDefault[] = {
    "root", "state", "grpc.address", "grpc.max_recv_message_size", "grpc.max_send_message_size"};

class Loader {
 public:
  explicit Loader(Context& context) : context_(context), tree_(context.tree()) {}

  ContainerdConfig load() {
    std::deque<std::string> pending{std::string(kContainerdFile)};
    constexpr size_t kFiles = 100;
    while (!pending.empty()) {
      const std::string path = std::move(pending.front());
      pending.pop_front();
      if (seen_.contains(path)) continue;
      if (seen_.size() >= kFiles) {
        parsers::SyntaxErrors errors;
        errors.add("too-many-includes", Span{1, 1, 1, 1},
                   "more files import one another than are read; this one is not",
                   parsers::Effect::refused);
        config_.errors.emplace_back(path, std::move(errors));
        break;
      }
      seen_.insert(path);
      const auto text = context_.read(path);
      if (!text) continue;
      const toml::File file = toml::parse(text->text);
      if (!file.errors.empty()) config_.errors.emplace_back(text->path, file.errors);
      merge(text->path, file);
      for (const toml::Entry& e : file.entries)
        if (e.path.size() == 1 && e.path[0] == "imports" && e.ordinal >= 0)
          for (std::string& found : resolve(text->path, e)) pending.push_back(std::move(found));
    }
    judge();
    return std::move(config_);
  }

 private:
  std::vector<std::string> resolve(const std::string& parent, const toml::Entry& e) {
    const std::string& written = e.value;
    const bool has_star = written.find('*') != std::string::npos;
    const std::string beside = normal_path(join_path(parent_path(parent), written));
    if (!has_star) {
      const std::string path = written.starts_with('/') ? normal_path(written) : beside;
      // Where only /etc was exported, nothing is known of the rest.
      const auto info = tree_.stat(path);
      if ((info && info->type == NodeType::directory) ||
          (!info && (path.starts_with("etc/") || tree_.exists("usr"))))
        problem("missing-import", "import " + written + " is no file", parent, e.span);
      return {path};
    }
    if (!is_pattern(written))
      problem("missing-import", "import " + written + " is no pattern", parent, e.span);
    if (!written.starts_with('/') && version_ < 3) {
      problem("relative-pattern",
              "import " + written + " is looked for in the working directory, / for a service",
              parent, e.span);
      return expand(written);
    }
    return expand(written.starts_with('/') ? normal_path(written) : beside);
  }

  // path.Match of Go: an unclosed bracket and a backslash at the end are no pattern.
  static bool is_pattern(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && ++i == text.size()) return false;
      if (text[i] != '[') continue;
      const size_t close = text.find(']', i + (text.substr(i).starts_with("[^") ? 3 : 2));
      if (close == std::string_view::npos) return false;
      i = close;
    }
    return true;
  }

  // path/filepath.Glob of Go: any part may be a pattern, and '*' matches a leading dot, too.
  std::vector<std::string> expand(const std::string& pattern) const {
    constexpr size_t kMost = 1000;
    std::vector<std::string> found{""};
    for (size_t begin = 0; begin < pattern.size();) {
      const size_t slash = std::min(pattern.find('/', begin), pattern.size());
      const std::string part = pattern.substr(begin, slash - begin);
      begin = slash + 1;
      if (part.empty() || part == ".") continue;
      std::vector<std::string> next;
      for (const std::string& directory : found) {
        if (part.find_first_of("*?[\\") == std::string::npos) {
          const std::string path = join_path(directory, part);
          if (tree_.lstat(path)) next.push_back(path);
          continue;
        }
        const auto names = tree_.list(directory);
        if (!names) continue;
        for (const std::string& name : *names)
          if (glob_match(part, name) && next.size() < kMost)
            next.push_back(join_path(directory, name));
      }
      found = std::move(next);
    }
    return found;
  }

  static bool is_empty(const toml::Entry& e) {
    return e.value.empty() || (e.kind == toml::Kind::boolean && e.value == "false") ||
           (e.kind == toml::Kind::integer && e.value == "0");
  }

  // [proxy_plugins.x] and [stream_processors.x] are replaced as a whole by one of an import, of the version 3,
  // too.
  bool is_replaced_whole(const std::vector<std::string>& path) const {
    return path.size() > 1 && (path[0] == "proxy_plugins" || path[0] == "stream_processors" ||
                               (path[0] == "plugins" && version_ < 3));
  }

  void merge(const std::string& path, const toml::File& file) {
    const bool first = seen_.size() == 1;
    for (const toml::Entry& e : file.entries)
      if (e.path.size() == 1 && e.path[0] == "version" && e.kind == toml::Kind::integer &&
          !is_empty(e))
        std::from_chars(e.value.data(), e.value.data() + e.value.size(), version_);
    if (!first) {
      std::set<std::pair<std::string, std::string>> sections;
      for (const toml::Entry& e : file.entries)
        if (is_replaced_whole(e.path)) sections.emplace(e.path[0], e.path[1]);
      for (const std::vector<std::string>& section : file.empty_tables)
        if (is_replaced_whole(section)) sections.emplace(section[0], section[1]);
      if (!sections.empty()) {
        const Span by = file.entries.empty() ? Span{1, 1, 1, 1} : file.entries.front().span;
        lose(path, by, "an import replaces the plugin's section", [&](const toml::Entry& old) {
          return is_replaced_whole(old.path) && sections.contains({old.path[0], old.path[1]});
        });
      }
    }
    for (const toml::Entry& e : file.entries) {
      const bool replaces = e.ordinal < 0;  // the elements of arrays add up
      if (replaces && is_containerd_own(e) && is_empty(e) &&
          std::count(std::begin(kWithDefault), std::end(kWithDefault), toml::dotted(e.path)) > 0)
        continue;
      if (!first && replaces) {
        const bool known = std::any_of(config_.entries.begin(), config_.entries.end(),
                                       [&](const auto& old) { return old.entry.path == e.path; });
        if (known && is_empty(e) && is_containerd_own(e)) continue;
        if (known)
          lose(path, e.span, "imported later",
               [&](const toml::Entry& old) { return old.path == e.path && old.ordinal < 0; });
      }
      config_.entries.push_back({path, e});
    }
  }

  // What is wrong with the whole, and what of it is not read.
  void judge() {
    for (const ContainerdEntry& e : config_.entries)
      if (const auto mistake = containerd_mistake(e.entry, version_))
        problem(mistake->kind, mistake->message, e.path, e.entry.span);
    for (const auto& lost : config_.lost)
      if (const auto mistake = containerd_mistake(lost.loser.entry, version_);
          mistake && mistake->kind == "wrong-type")
        problem(mistake->kind, mistake->message, lost.loser.path, lost.loser.entry.span);
    switch_off();
    if (version_ > 1) return;
    std::erase_if(config_.entries, [&](const ContainerdEntry& e) {
      const auto mistake = containerd_mistake(e.entry, version_);
      return mistake && mistake->kind == "unread-section";
    });
  }

  // Nothing is made of the section of a plugin that is disabled.
  void switch_off() {
    std::map<std::string, ContainerdEntry> disabled;
    for (const ContainerdEntry& e : config_.entries)
      if (e.entry.path.size() == 1 && e.entry.path[0] == "disabled_plugins" && e.entry.ordinal >= 0)
        disabled.emplace(e.entry.value, e);
    std::erase_if(config_.entries, [&](const ContainerdEntry& e) {
      if (e.entry.path[0] != "plugins" || e.entry.path.size() < 3) return false;
      const auto by = disabled.find(e.entry.path[1]);
      if (by == disabled.end()) return false;
      config_.lost.push_back({e, by->second.path, by->second.entry.span, "the plugin is disabled"});
      return true;
    });
  }

  void problem(std::string_view kind, std::string message, const std::string& path, Span span) {
    if (std::none_of(config_.problems.begin(), config_.problems.end(),
                     [&](const auto& p) { return p.path == path && p.message == message; }))
      config_.problems.push_back({kind, std::move(message), path, span});
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
  const Tree& tree_;
  ContainerdConfig config_;
  std::set<std::string> seen_;
  int version_ = 1;
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
