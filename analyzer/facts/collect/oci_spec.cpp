#include "analyzer/facts/collect/oci_spec.h"

#include <algorithm>
#include <set>
#include <string>

namespace drydock::facts {
namespace {

namespace json = parsers::json;

// What every engine gives at most if nothing is asked for: Docker's 14, of which Podman leaves the last three away
// (containers.conf(5), default_capabilities).
constexpr std::string_view kDefault[] = {
    "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FOWNER",  "CAP_FSETID",           "CAP_KILL",
    "CAP_SETGID",  "CAP_SETUID",       "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
    "CAP_SETFCAP", "CAP_NET_RAW",      "CAP_MKNOD",   "CAP_AUDIT_WRITE"};

std::string text(const json::Value* value) {
  return value && value->is(json::Kind::string) ? value->text : "";
}

class Spec {
 public:
  Spec(const json::Value& spec, const Place& place, ContainerModel& out)
      : spec_(spec), place_(place), out_(out) {}

  void add() {
    privileged_ = is_privileged();
    namespaces();
    limits();
    confinement();
    mounts();
    capabilities();
    lists();
  }

 private:
  // An annotation of Podman, the engine's record, or, as CRI makes such containers: every capability, and nothing of
  // /proc hidden.
  bool is_privileged() const {
    for (const ContainerSetting& known : out_.settings)
      if (known.key == "privileged") return known.value == "true";
    if (const std::string said = annotation("privileged"); !said.empty()) return said == "TRUE";
    const json::Value* masked = at({"linux", "maskedPaths"});
    const json::Value* bounding = at({"process", "capabilities", "bounding"});
    if ((masked != nullptr && !masked->items.empty()) || bounding == nullptr) return false;
    const auto has = [&](std::string_view name) {
      return std::ranges::any_of(bounding->items,
                                 [&](const json::Value& item) { return item.text == name; });
    };
    return has("CAP_SYS_ADMIN") && has("CAP_SYS_MODULE") && has("CAP_SYS_RAWIO");
  }

  const json::Value* at(std::initializer_list<std::string_view> path) const {
    return spec_.find(path);
  }
  bool is_true(std::initializer_list<std::string_view> path) const {
    const json::Value* value = at(path);
    return value != nullptr && value->is_true();
  }
  // 0, -1 and none: no limit.
  int64_t limit(std::initializer_list<std::string_view> path) const {
    const json::Value* value = at(path);
    return std::max<int64_t>(0, value ? value->integer().value_or(0) : 0);
  }
  std::string annotation(const std::string& name) const {
    return text(at({"annotations", "io.podman.annotations." + name}));
  }
  // What the engine's own record says counts.
  void set(std::string_view key, std::string value, std::string_view because = {}) {
    if (std::ranges::none_of(out_.settings, [&](const auto& known) { return known.key == key; }))
      out_.set(key, std::move(value), place_, because);
  }
  void flag(std::string_view key, bool value) { set(key, value ? "true" : "false"); }

  // config-linux.md, Namespaces: "If a namespace type is not specified in the namespaces array, the container
  // MUST inherit the runtime namespace of that type."
  std::string space(std::string_view type) const {
    if (const json::Value* list = at({"linux", "namespaces"}))
      for (const json::Value& item : list->items)
        if (text(item.find("type")) == type) {
          const std::string path = text(item.find("path"));
          return path.empty() ? "private" : "ns:" + path;
        }
    return "host";
  }

  void namespaces() {
    for (const auto& [key, type] : {std::pair{"network", "network"},
                                    {"pid", "pid"},
                                    {"ipc", "ipc"},
                                    {"uts", "uts"},
                                    {"cgroupns", "cgroup"}})
      set(key, space(type));
    out_.is_host_root = space("user") == "host";
    if (!*out_.is_host_root) set("userns", "private");
    flag("privileged", privileged_);
    flag("read-only", is_true({"root", "readonly"}));
    flag("publish-all", annotation("publish-all") == "TRUE");
    flag("oom-kill-disable", is_true({"linux", "resources", "memory", "disableOOMKiller"}));
  }

  void limits() {
    const auto number = [&](std::string_view key, std::string_view group, std::string_view name) {
      const int64_t value = limit({"linux", "resources", group, name});
      set(key, std::to_string(value));
      return value;
    };
    number("memory", "memory", "limit");
    number("memory-reservation", "memory", "reservation");
    number("pids-limit", "pids", "limit");
    const int64_t shares = number("cpu-shares", "cpu", "shares");
    const int64_t quota = number("cpu-quota", "cpu", "quota");
    const std::string cpus = text(at({"linux", "resources", "cpu", "cpus"}));
    set("cpuset", cpus);
    set("cpu-limit", quota > 0      ? "quota"
                     : shares > 0   ? "shares"
                     : cpus.empty() ? "none"
                                    : "cpuset");
  }

  void confinement() {
    const auto choose = [&](std::string_view key, const std::string& told, std::string otherwise,
                            const char* privileged) {
      if (!told.empty())
        set(key, told);
      else if (privileged_)
        set(key, privileged, "privileged");
      else
        set(key, std::move(otherwise));
    };
    const std::string profile = text(at({"process", "apparmorProfile"}));
    std::string apparmor = annotation("apparmor");
    if (apparmor.empty() && profile == "unconfined") apparmor = profile;
    choose("apparmor", apparmor, profile, "unconfined");
    std::string seccomp = annotation("seccomp");
    if (!seccomp.empty() && seccomp != "unconfined") seccomp = "custom";
    choose("seccomp", seccomp, at({"linux", "seccomp"}) ? "default" : "unconfined", "unconfined");
    choose("selinux-label", annotation("label"), "", "disable");
    flag("no-new-privileges", is_true({"process", "noNewPrivileges"}));
  }

  void mounts() {
    const json::Value* list = at({"mounts"});
    if (list == nullptr) return;
    for (const json::Value& item : list->items) {
      const json::Value* options = item.find("options");
      bool read_only = false, is_bind = text(item.find("type")) == "bind";
      std::string propagation;
      if (options != nullptr)
        for (const json::Value& option : options->items) {
          if (option.text == "ro") read_only = true;
          if (option.text == "bind" || option.text == "rbind") is_bind = true;
          for (const std::string_view word :
               {"shared", "rshared", "slave", "rslave", "private", "rprivate"})
            if (option.text == word) propagation = word;
        }
      const std::string source = text(item.find("source"));
      if (is_bind && !is_own(source))
        out_.mounts.push_back(
            {"bind", source, text(item.find("destination")), read_only, propagation, place_});
    }
  }

  // Files that the engine itself puts into every container: its hosts, resolv.conf, shm.
  static bool is_own(std::string_view source) {
    for (const std::string_view part :
         {"/userdata/", "/overlay-containers/", "/io.containerd.grpc.v1.cri/", "/kubelet/pods/",
          "/nerdctl/"})
      if (source.find(part) != std::string_view::npos) return true;
    return false;
  }

  void capabilities() {
    if (privileged_) return;
    std::set<std::string, std::less<>> bounding;
    if (const json::Value* list = at({"process", "capabilities", "bounding"}))
      for (const json::Value& item : list->items) bounding.insert(capability_name(item.text));
    if (bounding.empty()) {
      out_.capabilities.push_back({"ALL", "drop", place_});
      return;
    }
    const bool has_default = std::ranges::any_of(
        kDefault, [&](std::string_view name) { return bounding.contains(name); });
    if (!has_default) out_.capabilities.push_back({"ALL", "drop", place_});
    for (const std::string_view name : kDefault)
      if (has_default && !bounding.contains(name))
        out_.capabilities.push_back({std::string(name), "drop", place_});
    for (const std::string& name : bounding)
      if (std::ranges::find(kDefault, name) == std::end(kDefault))
        out_.capabilities.push_back({name, "add", place_});
  }

  void lists() {
    if (const json::Value* list = at({"process", "env"}))
      for (const json::Value& item : list->items) {
        const size_t sign = item.text.find('=');
        const std::string name = item.text.substr(0, sign);
        const bool secret =
            sign != std::string::npos && looks_secret(name, item.text.substr(sign + 1));
        out_.variables.push_back({name, secret ? "1" : "", place_});
      }
    if (const json::Value* list = at({"linux", "devices"}))
      for (const json::Value& item : list->items)
        out_.devices.push_back(
            {"device", text(item.find("path")), text(item.find("path")), "", place_});
  }

  const json::Value& spec_;
  const Place& place_;
  ContainerModel& out_;
  bool privileged_ = false;
};

}  // namespace

void add_oci_spec(const json::Value& spec, const Place& place, ContainerModel& out) {
  Spec(spec, place, out).add();
}

}  // namespace drydock::facts
