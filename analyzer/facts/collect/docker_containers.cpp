// config.v2.json is moby's container.Container, hostconfig.json its HostConfig; the names of their members
// are those of the Engine API (docs.docker.com/reference/api/engine), and `docker inspect` shows them.
#include <algorithm>

#include "analyzer/facts/collect/docker_network.h"
#include "analyzer/facts/collect/docker_state.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

namespace json = parsers::json;

class Reader {
 public:
  Reader(Context& context, std::string directory, const DockerRoot* root)
      : context_(context), directory_(std::move(directory)), root_(root) {}

  // Nothing: neither file could be read.
  std::optional<ContainerModel> read() {
    config_ = load("config.v2.json", config_path_);
    host_ = load("hostconfig.json", host_path_);
    if (!config_ && !host_) return std::nullopt;
    out_.engine = "docker";
    out_.source = "state";
    identity();
    user();
    modes();
    limits();
    security();
    health();
    mounts();
    ports();
    lists();
    networks();
    return std::move(out_);
  }

 private:
  std::optional<json::Document> load(std::string_view name, std::string& path) {
    const auto text = context_.read(directory_ + "/" + std::string(name));
    if (!text) return std::nullopt;
    path = text->path;
    json::Document document = json::parse(text->text);
    context_.issues(text->path, document.errors);
    if (!document.root || !document.root->is(json::Kind::object)) return std::nullopt;
    return document;
  }

  const json::Value* config(std::initializer_list<std::string_view> path) const {
    return config_ ? config_->root->find(path) : nullptr;
  }
  const json::Value* host(std::string_view key) const {
    return host_ ? host_->root->find(key) : nullptr;
  }
  static std::string text(const json::Value* value) {
    return value && value->is(json::Kind::string) ? value->text : "";
  }
  static std::string scalar(const json::Value* value) {
    return value && !value->is(json::Kind::null) && value->items.empty() ? value->text : "";
  }
  static int64_t integer(const json::Value* value) {
    return value ? value->integer().value_or(0) : 0;
  }
  Place in_config(const json::Value* value) const {
    return {config_path_.empty() ? host_path_ : config_path_, value ? json_span(*value) : Span{}};
  }
  Place in_host(const json::Value* value) const {
    return {host_path_.empty() ? config_path_ : host_path_, value ? json_span(*value) : Span{}};
  }
  // A member of hostconfig.json as it is written; without that file nothing is known of it.
  void host_setting(std::string_view key, std::string_view member, std::string fallback = "") {
    if (!host_) return;
    const json::Value* value = host(member);
    std::string is = scalar(value);
    if (is.empty()) is = std::move(fallback);
    out_.set(key, std::move(is), in_host(value));
  }

  void identity() {
    const json::Value* name = config({"Name"});
    out_.id = text(config({"ID"}));
    if (out_.id.empty()) out_.id = file_name(directory_);
    out_.name = text(name);
    if (out_.name.starts_with('/')) out_.name.erase(0, 1);
    if (out_.name.empty()) out_.name = out_.id.substr(0, 12);
    out_.image = text(config({"Config", "Image"}));
    out_.image_id = text(config({"Image"}));
    if (root_ != nullptr) out_.store = root_->path;
    out_.created = text(config({"Created"}));
    out_.place = in_config(name);
    out_.state = state();
    if (config_) out_.set("image", out_.image, in_config(config({"Config", "Image"})));
  }

  // moby, State.StateString.
  std::string state() const {
    const json::Value* state = config({"State"});
    if (state == nullptr) return "";
    const auto is = [&](std::string_view key) {
      const json::Value* value = state->find(key);
      return value != nullptr && value->is_true();
    };
    if (is("Running")) return is("Paused") ? "paused" : is("Restarting") ? "restarting" : "running";
    if (is("RemovalInProgress")) return "removing";
    if (is("Dead")) return "dead";
    const std::string started = text(state->find("StartedAt"));
    return started.empty() || started.starts_with("0001-01-01T00:00:00") ? "created" : "exited";
  }

  void user() {
    if (root_ != nullptr)
      out_.is_host_root = !root_->is_remapped || text(host("UsernsMode")) == "host";
    if (!config_) return;
    const json::Value* user = config({"Config", "User"});
    out_.user = text(user);
    std::vector<std::string> layers;
    // An image is looked at only where a name has to be found in it.
    if (!out_.user.empty() && out_.user.find_first_not_of("0123456789:") != std::string::npos &&
        out_.user.substr(0, out_.user.find(':')) != "root" && root_ != nullptr)
      if (const Image* image = find_image(context_, root_->path, out_.image_id))
        layers = image->directories;
    out_.uid = user_id(context_, out_.user, layers);
    out_.set("user", out_.user, in_config(user));
  }

  void modes() {
    host_setting("privileged", "Privileged", "false");
    host_setting("network", "NetworkMode", "default");
    host_setting("pid", "PidMode");
    host_setting("ipc", "IpcMode");
    host_setting("uts", "UTSMode");
    host_setting("userns", "UsernsMode");
    host_setting("cgroupns", "CgroupnsMode");
    host_setting("read-only", "ReadonlyRootfs", "false");
    host_setting("runtime", "Runtime");
    host_setting("cgroup-parent", "CgroupParent");
    host_setting("publish-all", "PublishAllPorts", "false");
    host_setting("oom-kill-disable", "OomKillDisable", "false");
    if (!host_) return;
    const json::Value* restart = host("RestartPolicy");
    const json::Value* policy = restart ? restart->find("Name") : nullptr;
    std::string name = text(policy);
    out_.set("restart", name.empty() ? "no" : name, in_host(restart));
    out_.set("restart-max",
             std::to_string(integer(restart ? restart->find("MaximumRetryCount") : nullptr)),
             in_host(restart));
    const json::Value* log = host("LogConfig");
    out_.set("log-driver", text(log ? log->find("Type") : nullptr), in_host(log));
  }

  void limits() {
    if (!host_) return;
    const auto limit = [&](std::string_view key, std::string_view member) {
      const json::Value* value = host(member);
      // 0, -1 and null: no limit.
      out_.set(key, std::to_string(std::max<int64_t>(0, integer(value))), in_host(value));
    };
    limit("memory", "Memory");
    limit("memory-reservation", "MemoryReservation");
    limit("pids-limit", "PidsLimit");
    limit("cpu-shares", "CpuShares");
    limit("cpu-quota", "CpuQuota");
    limit("nano-cpus", "NanoCpus");
    host_setting("cpuset", "CpusetCpus");
    std::string cpu = "none";
    const json::Value* decides = host("CpuShares");
    for (const auto& [member, word] :
         {std::pair{"NanoCpus", "cpus"}, {"CpuQuota", "quota"}, {"CpuShares", "shares"}})
      if (integer(host(member)) > 0 && cpu == "none") cpu = word, decides = host(member);
    if (cpu == "none" && !text(host("CpusetCpus")).empty())
      cpu = "cpuset", decides = host("CpusetCpus");
    out_.set("cpu-limit", cpu, in_host(decides));
  }

  // The option as the command line has it: "seccomp=unconfined"; before 1.11 "seccomp:unconfined".
  void security() {
    const json::Value* options = host("SecurityOpt");
    const json::Value *apparmor = nullptr, *seccomp = nullptr, *label = nullptr, *nnp = nullptr;
    std::string apparmor_value, seccomp_value, label_value;
    if (options != nullptr)
      for (const json::Value& item : options->items) {
        const size_t sign = item.text.find_first_of("=:");
        const std::string name = item.text.substr(0, sign);
        std::string value = sign == std::string::npos ? "" : item.text.substr(sign + 1);
        // A profile stands there whole: it is named, not shown.
        if (name == "seccomp" && value.find('{') != std::string::npos) value = "custom";
        if (name == "apparmor") apparmor = &item, apparmor_value = value;
        if (name == "seccomp") seccomp = &item, seccomp_value = value;
        if (name == "label") label = &item, label_value = value;
        if (name == "no-new-privileges") nnp = &item;
        out_.security_options.push_back({name, value, in_host(&item)});
      }
    const json::Value* privileged = host("Privileged");
    const bool is_privileged = privileged != nullptr && privileged->is_true();
    // "systempaths=unconfined" is the client's, which sends two empty lists in its place.
    if (const json::Value* masked = host("MaskedPaths"); !is_privileged && masked != nullptr &&
                                                         masked->is(json::Kind::array) &&
                                                         masked->items.empty())
      out_.security_options.push_back({"systempaths", "unconfined", in_host(masked)});

    // moby, daemon/oci_linux.go and seccomp_linux.go: the option, else for a privileged container no
    // profile at all, else the daemon's or the built-in one.
    if (host_ || config_) {
      if (apparmor != nullptr)
        out_.set("apparmor", apparmor_value, in_host(apparmor));
      else if (is_privileged)
        out_.set("apparmor", "unconfined", in_host(privileged), "privileged");
      else
        out_.set("apparmor", "docker-default", in_host(options));
      const DockerSetting* daemon =
          root_ != nullptr ? root_->config->find("seccomp-profile") : nullptr;
      if (is_privileged)
        out_.set("seccomp", "unconfined", in_host(privileged), "privileged");
      else if (seccomp != nullptr)
        out_.set("seccomp", seccomp_value == "builtin" ? "default" : seccomp_value,
                 in_host(seccomp));
      else if (daemon != nullptr && !daemon->value.empty() && daemon->value != "builtin")
        out_.set("seccomp", daemon->value == "unconfined" ? "unconfined" : "daemon",
                 daemon->path.empty() ? in_host(options) : Place{daemon->path, daemon->span},
                 "daemon");
      else
        out_.set("seccomp", "default", in_host(options));
      if (label != nullptr)
        out_.set("selinux-label", label_value, in_host(label));
      else if (is_privileged)
        out_.set("selinux-label", "disable", in_host(privileged), "privileged");
      else
        out_.set("selinux-label", "", in_host(options));
    }
    if (config_) {
      // Decided when the container was made: the option, else what the daemon was told then.
      const json::Value* value = config({"NoNewPrivileges"});
      out_.set("no-new-privileges", value && value->is_true() ? "true" : "false",
               nnp     ? in_host(nnp)
               : host_ ? in_host(options)
                       : in_config(value));
    } else if (host_) {
      std::string value = "false";
      if (nnp != nullptr) value = nnp->text.ends_with("false") ? "false" : "true";
      out_.set("no-new-privileges", value, in_host(nnp ? nnp : options));
    }
  }

  // The container's own Healthcheck holds the image's if it has none; {"Test": ["NONE"]} turns it off.
  void health() {
    if (!config_) return;
    const json::Value* check = config({"Config", "Healthcheck"});
    const json::Value* test = check ? check->find("Test") : nullptr;
    std::string kind = test && !test->items.empty() ? test->items.front().text : "";
    if (kind.empty() || kind == "NONE") kind = "none";
    out_.set("health-check", kind == "none" ? "none" : "set",
             in_config(check ? check : config({"Config"})));
    const std::string status = text(config({"State", "Health", "Status"}));
    if (!status.empty()) out_.set("health", status, in_config(config({"State", "Health"})));
  }

  void mounts() {
    if (const json::Value* points = config({"MountPoints"}))
      for (const json::Value& point : points->items) {
        if (points->find(point.key) != &point) continue;
        const json::Value* rw = point.find("RW");
        std::string type = text(point.find("Type"));
        std::string source = text(point.find("Source"));
        if (type.empty()) type = text(point.find("Driver")).empty() ? "bind" : "volume";
        // A volume's directory is not known before it is mounted; then its name says which it is.
        if (source.empty()) source = text(point.find("Name"));
        out_.mounts.push_back({type, source, text(point.find("Destination")),
                               rw == nullptr || !rw->is_true(), text(point.find("Propagation")),
                               in_config(&point)});
      }
    if (!config_) binds();
    if (const json::Value* tmpfs = host("Tmpfs"))
      for (const json::Value& point : tmpfs->items)
        out_.mounts.push_back(
            {"tmpfs", "", point.key, has_option(point.text, "ro"), "", in_host(&point)});
  }

  static bool has_option(std::string_view list, std::string_view word) {
    while (!list.empty()) {
      const std::string_view item = list.substr(0, list.find(','));
      if (item == word) return true;
      list.remove_prefix(std::min(list.size(), item.size() + 1));
    }
    return false;
  }

  // hostconfig.json alone: "source:destination[:options]" and Mounts.
  void binds() {
    if (const json::Value* binds = host("Binds"))
      for (const json::Value& bind : binds->items) {
        const size_t first = bind.text.find(':');
        if (first == std::string::npos) continue;
        const size_t second = bind.text.find(':', first + 1);
        const std::string options = second == std::string::npos ? "" : bind.text.substr(second + 1);
        const std::string source = bind.text.substr(0, first);
        std::string propagation = "rprivate";
        for (const std::string_view word : {"shared", "rshared", "slave", "rslave", "private"})
          if (has_option(options, word)) propagation = word;
        out_.mounts.push_back({source.starts_with('/') ? "bind" : "volume", source,
                               bind.text.substr(first + 1, second - first - 1),
                               has_option(options, "ro"), propagation, in_host(&bind)});
      }
    if (const json::Value* list = host("Mounts"))
      for (const json::Value& mount : list->items) {
        const json::Value* read_only = mount.find("ReadOnly");
        out_.mounts.push_back({text(mount.find("Type")), text(mount.find("Source")),
                               text(mount.find("Target")), read_only && read_only->is_true(),
                               text(mount.find({"BindOptions", "Propagation"})), in_host(&mount)});
      }
  }

  // "5432/tcp": [{"HostIp": "", "HostPort": "5432"}]
  void ports() {
    if (const json::Value* bindings = host("PortBindings"))
      for (const json::Value& port : bindings->items) {
        if (bindings->find(port.key) != &port) continue;
        const size_t slash = port.key.find('/');
        const std::string protocol =
            slash == std::string::npos ? "tcp" : port.key.substr(slash + 1);
        json::Value number;
        number.kind = json::Kind::number;
        number.text = port.key.substr(0, slash);
        for (const json::Value& binding : port.items)
          out_.ports.push_back({integer(&number), protocol, text(binding.find("HostIp")),
                                text(binding.find("HostPort")), in_host(&binding)});
      }
    if (const json::Value* exposed = config({"Config", "ExposedPorts"}))
      for (const json::Value& port : exposed->items)
        out_.exposed.push_back({port.key, "", in_config(&port)});
  }

  void lists() {
    for (const auto& [member, what] : {std::pair{"CapAdd", "add"}, {"CapDrop", "drop"}})
      if (const json::Value* list = host(member))
        for (const json::Value& item : list->items)
          out_.capabilities.push_back({capability_name(item.text), what, in_host(&item)});
    if (const json::Value* list = host("Devices"))
      for (const json::Value& item : list->items)
        out_.devices.push_back({"device", text(item.find("PathOnHost")),
                                text(item.find("PathInContainer")),
                                text(item.find("CgroupPermissions")), in_host(&item)});
    if (const json::Value* list = host("DeviceRequests"))
      for (const json::Value& item : list->items)
        out_.devices.push_back({"request", text(item.find("Driver")), "", "", in_host(&item)});
    if (const json::Value* list = host("DeviceCgroupRules"))
      for (const json::Value& item : list->items)
        out_.devices.push_back({"cgroup-rule", item.text, "", "", in_host(&item)});
    if (const json::Value* list = host("Ulimits"))
      for (const json::Value& item : list->items)
        out_.ulimits.push_back({text(item.find("Name")), integer(item.find("Soft")),
                                integer(item.find("Hard")), in_host(&item)});
    if (const json::Value* list = config({"Config", "Env"}))
      for (const json::Value& item : list->items) {
        const size_t sign = item.text.find('=');
        const std::string name = item.text.substr(0, sign);
        const bool secret =
            sign != std::string::npos && looks_secret(name, item.text.substr(sign + 1));
        out_.variables.push_back({name, secret ? "1" : "", in_config(&item)});
      }
  }

  // The networks it is on, and what follows for its published ports.
  void networks() {
    const DockerNetworks* known = nullptr;
    if (root_ != nullptr)
      for (const DockerNetworks& all : docker_networks(context_))
        if (all.store == root_->path) known = &all;
    // dockerd makes the default bridge anew at each start, from its configuration.
    DockerNetwork bridge;
    bridge.name = bridge.driver = "bridge";
    bridge.binding = root_ != nullptr ? std::string(root_->config->value("ip"))
                                      : default_bridge_address(context_);
    bridge.has_ipv6 = root_ != nullptr && root_->config->value("ipv6") == "true";
    std::vector<DockerNetwork> special(2);
    special[0].driver = special[0].name = "host";
    special[1].driver = "null", special[1].name = "none";
    std::vector<DockerAttachment> attachments;
    const auto attach = [&](const std::string& id, const std::string& name, int64_t priority) {
      const DockerNetwork* network = known ? known->find(id, name) : nullptr;
      if (name == "bridge" || name == "default") network = &bridge;
      for (const DockerNetwork& one : special)
        if (name == one.name) network = &one;
      attachments.push_back({network, priority});
      if (network != nullptr && network->has_ipv6) out_.has_ipv6 = true;
    };
    if (const json::Value* networks = config({"NetworkSettings", "Networks"}))
      for (const json::Value& item : networks->items) {
        const std::string id = text(item.find("NetworkID"));
        out_.networks.push_back({item.key, id, in_config(&item)});
        attach(id, item.key, integer(item.find("GwPriority")));
        // Of a container that is stopped only an address that somebody chose is kept.
        if (!text(item.find("GlobalIPv6Address")).empty() ||
            !text(item.find({"IPAMConfig", "IPv6Address"})).empty())
          out_.has_ipv6 = true;
      }
    const std::string mode = text(host("NetworkMode"));
    if (attachments.empty()) attach("", mode.empty() ? "default" : mode, 0);
    DockerPublishing publishing =
        docker_publishing(attachments, known ? known->find("", "docker_gwbridge") : nullptr);
    out_.is_publishing = publishing.is_published && !mode.starts_with("container:");
    out_.default_address = std::move(publishing.address);
  }

  Context& context_;
  std::string directory_;
  const DockerRoot* root_;
  std::optional<json::Document> config_, host_;
  std::string config_path_, host_path_;
  ContainerModel out_;
};

}  // namespace

std::vector<ContainerModel> docker_containers(Context& context) {
  std::vector<ContainerModel> out;
  const auto add = [&](std::string directory, const DockerRoot* root) {
    if (auto model = Reader(context, std::move(directory), root).read())
      out.push_back(std::move(*model));
  };
  if (context.is_fragment()) {
    static constexpr std::string_view kFiles[] = {"config.v2.json", "hostconfig.json"};
    std::string last = "/";
    for (const std::string& path : context.loose(kFiles))
      if (std::string directory(parent_path(path)); directory != last)
        add(last = directory, nullptr);
    return out;
  }
  for (const DockerRoot& root : docker_roots(context)) {
    const auto ids = context.tree().list(root.path + "/containers");
    if (!ids) continue;
    for (const std::string& id : *ids) add(root.path + "/containers/" + id, &root);
  }
  return out;
}

}  // namespace drydock::facts
