// The Compose Specification, "services": names of the attributes and their short and long forms.
#include "analyzer/facts/collect/compose.h"

#include <algorithm>
#include <cstdlib>

#include "analyzer/facts/collect/docker_config.h"
#include "analyzer/facts/collect/docker_network.h"
#include "analyzer/source/tree.h"
#include "parsers/yaml.h"

namespace drydock::facts {
namespace {

namespace yaml = parsers::yaml;

// What a compose file and the daemon say of the networks that its services may be on.
class Networks {
 public:
  Networks(Context& context, const std::string& path, const yaml::Value& root) {
    bridge_.name = bridge_.driver = "bridge";
    bridge_.binding = default_bridge_address(context);
    std::string binding;  // dockerd(8), --default-network-opt
    for (const DockerConfig& config : docker_configs(context))
      if (config.instance == "system")
        binding = config.value("default-network-opts.bridge." + std::string(kBinding));
    const yaml::Value* project = root.find("name");
    const std::string prefix =
        (project ? project->text : std::string(file_name(parent_path(path)))) + "_";
    const auto add = [&](const std::string& key) -> DockerNetwork& {
      DockerNetwork& network = networks_[key];
      network.name = prefix + key;
      network.driver = "bridge";
      network.binding = binding;
      return network;
    };
    add("default");
    const yaml::Value* list = root.find("networks");
    if (list == nullptr || !list->is(yaml::Kind::map)) return;
    for (const yaml::Value& written : list->items) read(context, written, add(written.key));
  }

  // The network with that key, or of network_mode; null: its settings are not known.
  const DockerNetwork* find(const std::string& key) const {
    const auto found = networks_.find(key);
    return found == networks_.end() || is_unknown(found->second) ? nullptr : &found->second;
  }
  const DockerNetwork* bridge() const { return &bridge_; }

 private:
  static constexpr std::string_view kBinding = "com.docker.network.bridge.host_binding_ipv4";

  static bool is_unknown(const DockerNetwork& network) { return network.driver.empty(); }

  static std::string text(const yaml::Value* value) {
    return value && value->is(yaml::Kind::scalar) ? value->text : "";
  }

  static void read(Context& context, const yaml::Value& written, DockerNetwork& out) {
    if (const std::string name = text(written.find("name")); !name.empty()) out.name = name;
    if (const yaml::Value* external = written.find("external");
        external != nullptr && text(external) != "false") {
      // "external: {name: …}" is the older form.
      const std::string older = text(external->find("name"));
      const std::string name = !older.empty()                    ? older
                               : written.find("name") != nullptr ? out.name
                                                                 : written.key;
      out.driver.clear();
      for (const DockerNetworks& all : docker_networks(context))
        if (const DockerNetwork* network = all.find("", name)) out = *network;
      return;
    }
    if (const std::string driver = text(written.find("driver")); !driver.empty())
      out.driver = driver;
    out.is_internal = text(written.find("internal")) == "true";
    out.has_ipv6 = text(written.find("enable_ipv6")) == "true";
    if (out.driver != "bridge") out.binding.clear();
    if (const yaml::Value* options = written.find("driver_opts"))
      if (const yaml::Value* binding = options->find(kBinding)) out.binding = text(binding);
  }

  std::map<std::string, DockerNetwork> networks_;
  DockerNetwork bridge_;
};

class Service {
 public:
  Service(const std::string& path, const yaml::Value& service, const Networks& networks)
      : path_(path), service_(service), networks_(networks) {}

  ContainerModel read() {
    out_.engine = "docker";
    out_.source = "compose";
    out_.id = path_ + "#" + service_.key;
    const yaml::Value* name = service_.find("container_name");
    out_.name = name && name->is(yaml::Kind::scalar) ? name->text : service_.key;
    out_.place = {path_, service_.key_span};
    text("image", "image");
    if (const yaml::Value* image = service_.find("image")) out_.image = image->text;
    user();
    for (const auto& [key, setting] : {std::pair{"privileged", "privileged"},
                                       {"read_only", "read-only"},
                                       {"network_mode", "network"},
                                       {"pid", "pid"},
                                       {"ipc", "ipc"},
                                       {"uts", "uts"},
                                       {"userns_mode", "userns"},
                                       {"cgroup_parent", "cgroup-parent"},
                                       {"runtime", "runtime"}})
      text(key, setting);
    limits();
    restart();
    health();
    security();
    volumes();
    ports();
    lists();
    publishing();
    return std::move(out_);
  }

 private:
  Place at(const yaml::Value& value) const {
    if (value.key_span.line == 0) return {path_, value.span};
    Span span = value.key_span;
    span.end_line = value.span.end_line;
    span.end_column = value.span.end_column;
    return {path_, span};
  }
  static std::vector<const yaml::Value*> items(const yaml::Value* list) {
    std::vector<const yaml::Value*> out;
    if (list != nullptr && !list->is(yaml::Kind::scalar))
      for (const yaml::Value& item : list->items) out.push_back(&item);
    return out;
  }
  // YAML's and people's ways of writing a switch.
  static std::string normal(const std::string& value) {
    if (value == "true" || value == "True" || value == "yes" || value == "on") return "true";
    if (value == "false" || value == "False" || value == "no" || value == "off") return "false";
    return value;
  }

  void text(std::string_view key, std::string_view setting) {
    const yaml::Value* value = service_.find(key);
    if (value != nullptr && value->is(yaml::Kind::scalar))
      out_.set(setting, normal(value->text), at(*value));
  }

  void user() {
    const yaml::Value* user = service_.find("user");
    if (user == nullptr || !user->is(yaml::Kind::scalar)) return;
    out_.user = user->text;
    const std::string id = out_.user.substr(0, out_.user.find(':'));
    if (id == "root") out_.uid = 0;
    if (!id.empty() && id.size() < 10 && id.find_first_not_of("0123456789") == std::string::npos)
      out_.uid = std::atoll(id.c_str());
    out_.set("user", out_.user, at(*user));
  }

  void limit(std::string_view setting, const yaml::Value* value) {
    if (value == nullptr || !value->is(yaml::Kind::scalar)) return;
    const bool none = value->text == "-1" || value->text == "0";
    out_.set(setting, none ? "0" : value->text, at(*value));
  }

  void limits() {
    limit("memory", service_.find("mem_limit"));
    limit("pids-limit", service_.find("pids_limit"));
    const yaml::Value* bounds = service_.find("deploy");
    for (const char* key : {"resources", "limits"}) bounds = bounds ? bounds->find(key) : nullptr;
    if (bounds == nullptr) return;
    limit("memory", bounds->find("memory"));
    limit("pids-limit", bounds->find("pids"));
  }

  // "on-failure:5"
  void restart() {
    const yaml::Value* restart = service_.find("restart");
    if (restart == nullptr || !restart->is(yaml::Kind::scalar)) return;
    const size_t colon = restart->text.find(':');
    out_.set("restart", restart->text.substr(0, colon), at(*restart));
    out_.set("restart-max", colon == std::string::npos ? "0" : restart->text.substr(colon + 1),
             at(*restart));
  }

  void health() {
    const yaml::Value* check = service_.find("healthcheck");
    const yaml::Value* off = check ? check->find("disable") : nullptr;
    const yaml::Value* test = check ? check->find("test") : nullptr;
    const bool none = (off && normal(off->text) == "true") ||
                      (test && ((test->is(yaml::Kind::scalar) && test->text == "NONE") ||
                                (!test->items.empty() && test->items[0].text == "NONE")));
    if (check != nullptr) out_.set("health-check", none ? "none" : "set", at(*check));
  }

  void security() {
    for (const yaml::Value* item : items(service_.find("security_opt"))) {
      const size_t sign = item->text.find_first_of("=:");
      const std::string name = item->text.substr(0, sign);
      const std::string value = sign == std::string::npos ? "" : item->text.substr(sign + 1);
      out_.security_options.push_back({name, value, at(*item)});
      if (name == "seccomp")
        out_.set("seccomp", value == "unconfined" ? value : "custom", at(*item));
      if (name == "apparmor") out_.set("apparmor", value, at(*item));
      if (name == "label") out_.set("selinux-label", value, at(*item));
      if (name == "no-new-privileges")
        out_.set("no-new-privileges", value == "false" ? "false" : "true", at(*item));
    }
  }

  void volumes() {
    for (const yaml::Value* item : items(service_.find("volumes"))) {
      ContainerMount mount{"volume", "", "", false, "", at(*item)};
      if (item->is(yaml::Kind::map)) {
        const auto member = [&](std::string_view key) {
          const yaml::Value* value = item->find(key);
          return value ? value->text : std::string();
        };
        mount.type = member("type");
        mount.source = member("source");
        mount.destination = member("target");
        mount.read_only = normal(member("read_only")) == "true";
        if (const yaml::Value* bind = item->find("bind"))
          if (const yaml::Value* propagation = bind->find("propagation"))
            mount.propagation = propagation->text;
      } else {
        short_volume(item->text, mount);
      }
      out_.mounts.push_back(std::move(mount));
    }
  }

  static void short_volume(std::string_view text, ContainerMount& mount) {
    const size_t first = text.find(':');
    if (first == std::string_view::npos) {
      mount.destination = text;
      return;
    }
    const size_t second = text.find(':', first + 1);
    mount.source = text.substr(0, first);
    mount.destination = text.substr(first + 1, second - first - 1);
    // What is relative lies beside the file, in the project itself.
    if (mount.source.starts_with('/')) mount.type = "bind";
    std::string_view options =
        second == std::string_view::npos ? std::string_view{} : text.substr(second + 1);
    while (!options.empty()) {
      const std::string_view word = options.substr(0, options.find(','));
      if (word == "ro") mount.read_only = true;
      if (word == "shared" || word == "rshared") mount.propagation = word;
      options.remove_prefix(std::min(options.size(), word.size() + 1));
    }
  }

  // "[HOST:]CONTAINER[/PROTOCOL]" with HOST "[IP:](port | range)".
  void ports() {
    for (const yaml::Value* item : items(service_.find("ports"))) {
      ContainerPort port{0, "tcp", "", "", at(*item)};
      if (item->is(yaml::Kind::map)) {
        const auto member = [&](std::string_view key) {
          const yaml::Value* value = item->find(key);
          return value ? value->text : std::string();
        };
        port.port = std::atoll(member("target").substr(0, 6).c_str());
        if (!member("protocol").empty()) port.protocol = member("protocol");
        port.host_ip = member("host_ip");
        port.host_port = member("published");
      } else {
        std::string_view text = item->text;
        if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
          port.protocol = text.substr(slash + 1);
          text = text.substr(0, slash);
        }
        const size_t colon = text.rfind(':');
        port.port = std::atoll(
            std::string(colon == std::string_view::npos ? text : text.substr(colon + 1), 0, 6)
                .c_str());
        if (colon != std::string_view::npos) {
          const std::string_view host = text.substr(0, colon);
          const size_t before = host.rfind(':');
          port.host_port = host.substr(before == std::string_view::npos ? 0 : before + 1);
          if (before != std::string_view::npos) port.host_ip = host.substr(0, before);
        }
      }
      out_.ports.push_back(std::move(port));
    }
  }

  void lists() {
    for (const auto& [key, change] : {std::pair{"cap_add", "add"}, {"cap_drop", "drop"}})
      for (const yaml::Value* item : items(service_.find(key)))
        out_.capabilities.push_back({capability_name(item->text), change, at(*item)});
    for (const yaml::Value* item : items(service_.find("devices"))) {
      const std::string host = item->text.substr(0, item->text.find(':'));
      if (!host.empty()) out_.devices.push_back({"device", host, "", "rwm", at(*item)});
    }
    // A list of NAME=value or a map.
    for (const yaml::Value* item : items(service_.find("environment"))) {
      std::string name = item->key, value = item->text;
      if (name.empty()) {
        const size_t sign = item->text.find('=');
        name = item->text.substr(0, sign);
        value = sign == std::string::npos ? "" : item->text.substr(sign + 1);
      }
      out_.variables.push_back({name, looks_secret(name, value) ? "1" : "", at(*item)});
    }
    for (const yaml::Value* item : items(service_.find("ulimits"))) {
      const yaml::Value* hard = item->find("hard");
      const yaml::Value* soft = item->find("soft");
      const int64_t single = std::atoll(item->text.c_str());
      out_.ulimits.push_back({item->key, soft ? std::atoll(soft->text.c_str()) : single,
                              hard ? std::atoll(hard->text.c_str()) : single, at(*item)});
    }
  }

  // Compose Specification, networks: without any the service is on the one called default, a network of its project.
  void publishing() {
    std::vector<DockerAttachment> attachments;
    const yaml::Value* mode = service_.find("network_mode");
    if (mode != nullptr && mode->is(yaml::Kind::scalar)) {
      out_.is_publishing = mode->text != "host" && mode->text != "none" &&
                           !mode->text.starts_with("service:") &&
                           !mode->text.starts_with("container:");
      if (mode->text == "bridge") out_.default_address = networks_.bridge()->binding;
      return;
    }
    for (const yaml::Value* item : items(service_.find("networks"))) {
      const yaml::Value* priority = item->find("gw_priority");
      attachments.push_back({networks_.find(item->key.empty() ? item->text : item->key),
                             priority ? std::atoll(priority->text.substr(0, 10).c_str()) : 0});
    }
    if (attachments.empty()) attachments.push_back({networks_.find("default")});
    for (const DockerAttachment& one : attachments)
      if (one.network != nullptr && one.network->has_ipv6) out_.has_ipv6 = true;
    DockerPublishing publishing = docker_publishing(attachments, nullptr);
    out_.is_publishing = publishing.is_published;
    out_.default_address = std::move(publishing.address);
  }

  const std::string& path_;
  const yaml::Value& service_;
  const Networks& networks_;
  ContainerModel out_;
};

}  // namespace

std::vector<ContainerModel> compose_containers(Context& context) {
  std::vector<ContainerModel> out;
  std::vector<std::string> files;
  const Tree& tree = context.tree();
  if (context.is_fragment()) {
    files = context.loose(kComposeFiles);
  } else {
    std::vector<std::string> directories = {"srv", "opt", "root"};
    for (const char* parent : {"srv", "opt", "home", "root"})
      if (const auto names = tree.list(parent))
        for (const std::string& name : *names)
          directories.push_back(std::string(parent) + "/" + name);
    for (const std::string& directory : directories)
      for (const std::string_view pattern : kComposeFiles)
        for (const std::string& file : tree.glob(directory, pattern)) files.push_back(file);
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
  }
  for (const std::string& file : files) {
    const auto text = context.read(file);
    if (!text) continue;
    const yaml::Document document = yaml::parse(text->text);
    context.issues(text->path, document.errors);
    const yaml::Value* services = document.root ? document.root->find("services") : nullptr;
    if (services == nullptr || !services->is(yaml::Kind::map)) continue;
    const Networks networks(context, text->path, *document.root);
    for (const yaml::Value& service : services->items)
      if (service.is(yaml::Kind::map) && services->find(service.key) == &service)
        out.push_back(Service(text->path, service, networks).read());
  }
  return out;
}

std::vector<std::string_view> compose_paths() {
  static const std::vector<std::string> kPaths = [] {
    std::vector<std::string> out;
    for (const std::string directory : {"srv", "srv/*", "opt", "opt/*", "home/*", "root", "root/*"})
      for (const std::string_view file : kComposeFiles)
        out.push_back(directory + "/" + std::string(file));
    return out;
  }();
  return {kPaths.begin(), kPaths.end()};
}

}  // namespace drydock::facts
