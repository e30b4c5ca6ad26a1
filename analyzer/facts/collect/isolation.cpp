#include "analyzer/facts/collect/isolation.h"

#include <algorithm>
#include <map>

#include "analyzer/facts/collect/container_model.h"
#include "analyzer/facts/collect/containerd_config.h"
#include "analyzer/facts/collect/docker_config.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kContainerRuntimeTable{
    .name = "container_runtime",
    .kind = TableKind::effective,
    .doc =
        "A program that an engine can start containers with: runc, gVisor's runsc, Kata and so on.",
    .columns =
        {{"engine", ColumnType::text, "docker, containerd or podman."},
         {"name", ColumnType::text, "As containers name it: runc, runsc."},
         {"program", ColumnType::text, "Its path or shim type; NULL: built in."},
         {"isolation", ColumnType::text,
          "'namespaces' (the host's kernel), 'gvisor' (a kernel in user space), 'vm' (Kata, "
          "Firecracker, krun), 'wasm', 'unknown'."},
         {"is_default", ColumnType::boolean, "1: for containers that name none."},
         {"is_installed", ColumnType::boolean,
          "1: its program is on this host; 0: it is not, and a container with it does not start; "
          "NULL: not known."},
         {"containers", ColumnType::integer, "How many containers of this host have it."},
         {"loc", ColumnType::location, "What defines it; NULL: built in."}},
    .examples = {
        "SELECT engine, name, isolation, is_installed, containers FROM container_runtime"}};

const TableSpec kIsolationTable{
    .name = "isolation",
    .kind = TableKind::effective,
    .doc =
        "The posture of each engine of this host that has containers or runtimes of its own: how "
        "its "
        "containers are kept apart from the host and from each other.",
    .columns =
        {{"engine", ColumnType::text, "docker, containerd or podman."},
         {"containers", ColumnType::integer, "How many are known from files."},
         {"runtimes", ColumnType::text, "'runc (default, 4), runsc (gvisor, 1, not installed)'."},
         {"sandboxed", ColumnType::integer, "Containers under gVisor or in a virtual machine."},
         {"privileged", ColumnType::integer, "Privileged ones."},
         {"host_root", ColumnType::integer, "Those whose root is the host's root."},
         {"without_mac", ColumnType::integer,
          "Those without AppArmor or SELinux by their settings."},
         {"without_seccomp", ColumnType::integer, "Those without seccomp."},
         {"mac", ColumnType::text, "What the host brings: 'AppArmor', 'SELinux', both, or 'none'."},
         {"userns", ColumnType::text, "userns-remap of the daemon, 'rootless', or 'off'."},
         {"summary", ColumnType::text, "All of it in one sentence."},
         {"loc", ColumnType::location,
          "The engine's configuration file, or what shows it is there."}},
    .examples = {"SELECT engine, summary FROM isolation"}};

namespace {

std::string_view isolation_of(std::string_view name, std::string_view program) {
  const std::string both = std::string(name) + " " + std::string(file_name(program));
  const auto has = [&](std::string_view word) { return both.find(word) != std::string::npos; };
  if (has("runsc") || has("gvisor")) return "gvisor";
  if (has("kata") || has("firecracker") || has("krun") || has("qemu") || has("runv")) return "vm";
  if (has("wasm") || has("spin") || has("slight")) return "wasm";
  if (has("runc") || has("crun") || has("youki") || has("nvidia")) return "namespaces";
  return "unknown";
}

// A shim's type names its program: io.containerd.runsc.v1 -> containerd-shim-runsc-v1.
std::string program_of(std::string_view written) {
  if (!written.starts_with("io.containerd.")) return std::string(written);
  std::string name(written.substr(14));
  std::replace(name.begin(), name.end(), '.', '-');
  return "containerd-shim-" + name;
}

std::optional<bool> is_installed(const Tree& tree, const std::string& program) {
  if (program.empty()) return std::nullopt;
  if (program.starts_with('/')) return tree.exists(normal_path(program));
  for (const std::string_view directory :
       {"usr/bin/", "usr/sbin/", "usr/local/bin/", "usr/local/sbin/", "bin/", "sbin/"})
    if (tree.exists(std::string(directory) + program)) return true;
  return false;
}

std::string setting(const ContainerModel* c, std::string_view key) {
  for (const ContainerSetting& s : c->settings)
    if (s.key == key) return s.value;
  return "";
}

class Posture {
 public:
  explicit Posture(Context& context) : context_(context), tree_(context.tree()) {}

  void write() {
    for (const ContainerModel& c : containers(context_))
      if (c.source != "compose") containers_[c.engine].push_back(&c);
    docker();
    for (const RuntimeModel& runtime : containerd_runtimes(context_))
      runtimes_["containerd"].push_back(runtime);
    for (const auto& [engine, list] : containers_)
      if (!list.empty() && runtimes_[engine].empty())
        runtimes_[engine].push_back(
            {engine, engine == "podman" ? "crun" : "runc", "", true, "", {}});
    for (const auto& [engine, list] : runtimes_)
      if (!list.empty()) engine_row(engine, list);
  }

 private:
  void docker() {
    for (const DockerConfig& config : docker_configs(context_)) {
      if (config.instance != "system") continue;
      std::vector<RuntimeModel>& out = runtimes_["docker"];
      std::string fallback(config.value("default-runtime"));
      if (fallback.empty()) fallback = "runc";
      out.push_back({"docker", "runc", "runc", fallback == "runc", "", {}});
      for (const DockerSetting& s : config.settings)
        if (s.key.starts_with("runtimes."))
          out.push_back(
              {"docker", s.key.substr(9), s.value, s.key.substr(9) == fallback, s.path, s.span});
      if (const DockerSetting* remap = config.find("userns-remap"); remap && !remap->value.empty())
        userns_["docker"] = "userns-remap " + remap->value;
      if (tree_.exists(config.config_path)) place_["docker"] = config.config_path;
    }
    for (const DockerConfig& config : docker_configs(context_))
      if (config.instance == "rootless" && runtimes_["docker"].empty())
        userns_["docker"] = "rootless";
  }

  void engine_row(const std::string& engine, const std::vector<RuntimeModel>& runtimes) {
    Store& store = context_.store();
    const std::vector<const ContainerModel*>& list = containers_[engine];
    std::string shown, path = place_[engine];
    int64_t sandboxed = 0;
    for (const RuntimeModel& runtime : runtimes) {
      const std::string program = program_of(runtime.program);
      const std::string_view kind = isolation_of(runtime.name, program);
      const auto installed = is_installed(tree_, program);
      const int64_t used = std::count_if(list.begin(), list.end(), [&](const ContainerModel* c) {
        const std::string name = setting(c, "runtime");
        return name == runtime.name || (name.empty() && runtime.is_default);
      });
      if (kind == "gvisor" || kind == "vm") sandboxed += used;
      if (path.empty()) path = runtime.path;
      store.insert(
          kContainerRuntimeTable,
          {std::string_view(engine), std::string_view(runtime.name),
           runtime.program.empty() ? Value(Null{}) : Value(std::string_view(runtime.program)), kind,
           runtime.is_default, installed ? Value(*installed) : Value(Null{}), used,
           runtime.path.empty() ? Value(Null{}) : Value(store.locate(runtime.path, runtime.span))});
      shown += (shown.empty() ? "" : ", ") + runtime.name + " (";
      if (runtime.is_default) shown += "default, ";
      if (kind == "gvisor" || kind == "vm") shown += std::string(kind) + ", ";
      shown += std::to_string(used) + (installed == false ? ", not installed)" : ")");
    }
    const auto count = [&](auto matches) {
      return static_cast<int64_t>(std::count_if(list.begin(), list.end(), matches));
    };
    const int64_t privileged =
        count([](const ContainerModel* c) { return setting(c, "privileged") == "true"; });
    const int64_t host_root = count([](const ContainerModel* c) {
      return c->is_host_root.value_or(false) && c->uid.value_or(1) == 0;
    });
    const std::string mac = host_mac();
    const int64_t no_mac = count([&](const ContainerModel* c) {
      return mac == "none" || (mac == "AppArmor" && setting(c, "apparmor") == "unconfined") ||
             (mac == "SELinux" && setting(c, "selinux-label") == "disable");
    });
    const int64_t no_seccomp =
        count([](const ContainerModel* c) { return setting(c, "seccomp") == "unconfined"; });
    const std::string userns = userns_.contains(engine) ? userns_[engine] : "off";
    const auto of = [&](int64_t n) { return std::to_string(n); };
    const std::string summary = of(static_cast<int64_t>(list.size())) +
                                " containers known; runtimes: " + shown + "; " + of(sandboxed) +
                                " sandboxed, " + of(privileged) + " privileged, " + of(host_root) +
                                " as the host's root, " + of(no_mac) + " without " +
                                (mac == "none" ? "AppArmor or SELinux" : mac) + ", " +
                                of(no_seccomp) + " without seccomp; user namespaces: " + userns;
    if (path.empty() && !list.empty()) path = list.front()->place.path;
    store.insert(kIsolationTable,
                 {std::string_view(engine), static_cast<int64_t>(list.size()),
                  std::string_view(shown), sandboxed, privileged, host_root, no_mac, no_seccomp,
                  std::string_view(mac), std::string_view(userns), std::string_view(summary),
                  path.empty() ? Value(Null{}) : Value(store.locate(path, Span{}))});
  }

  // What the host is made for; whether the kernel turns it on is decided by its command line.
  std::string host_mac() const {
    const bool apparmor = tree_.exists("etc/apparmor.d");
    const bool selinux = tree_.exists("etc/selinux/config");
    if (apparmor && selinux) return "AppArmor and SELinux";
    return apparmor ? "AppArmor" : selinux ? "SELinux" : "none";
  }

  Context& context_;
  const Tree& tree_;
  std::map<std::string, std::vector<const ContainerModel*>> containers_;
  std::map<std::string, std::vector<RuntimeModel>> runtimes_;
  std::map<std::string, std::string> userns_, place_;
};

}  // namespace

const Collector kIsolationCollector{.name = "isolation",
                                    .tables = {&kContainerRuntimeTable, &kIsolationTable},
                                    .needs = {"container", "containerd_config", "docker_daemon"},
                                    .paths = {},
                                    .loose = {},
                                    .collect = [](Context& context) {
                                      if (!context.is_fragment()) Posture(context).write();
                                    }};

}  // namespace drydock::facts
