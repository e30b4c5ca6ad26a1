#include "analyzer/facts/collect/podman_run.h"

#include <algorithm>
#include <cstdlib>

#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

// Options of podman(1), podman-run(1) and podman-pod-create(1) that take no value but one behind '='.
constexpr std::string_view kSwitches[] = {"--detach",
                                          "--disable-content-trust",
                                          "--env-host",
                                          "--external",
                                          "--help",
                                          "--http-proxy",
                                          "--ignore",
                                          "--infra",
                                          "--init",
                                          "--interactive",
                                          "--ipv6",
                                          "--no-healthcheck",
                                          "--no-hostname",
                                          "--no-hosts",
                                          "--noout",
                                          "--oom-kill-disable",
                                          "--passwd",
                                          "--privileged",
                                          "--publish-all",
                                          "--quiet",
                                          "--read-only",
                                          "--read-only-tmpfs",
                                          "--remote",
                                          "--replace",
                                          "--rm",
                                          "--rmi",
                                          "--rootfs",
                                          "--sig-proxy",
                                          "--syslog",
                                          "--tls-verify",
                                          "--transient-store",
                                          "--tty",
                                          "--unsetenv-all",
                                          "--version"};
constexpr std::string_view kShortSwitches =
    "dhiPqrtv";  // in front of "run" -r and -v are --remote and --version

// Options of one letter, as the ones they stand for.
constexpr std::pair<char, std::string_view> kShort[] = {
    {'P', "--publish-all"}, {'a', "--attach"}, {'c', "--cpu-shares"}, {'e', "--env"},
    {'h', "--hostname"},    {'l', "--label"},  {'m', "--memory"},     {'p', "--publish"},
    {'u', "--user"},        {'v', "--volume"}, {'w', "--workdir"}};

bool is_switch(std::string_view option) {
  return std::find(std::begin(kSwitches), std::end(kSwitches), option) != std::end(kSwitches);
}

// strconv.ParseBool, which pflag reads values of switches with; what it refuses keeps podman from running.
bool is_true(std::string_view value) {
  for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (value == yes) return true;
  return false;
}

class Reader {
 public:
  Reader(std::span<const QuadletText> words, ContainerModel& out) : words_(words), out_(out) {}

  PodmanRun read() {
    size_t at = 0;
    at = options(at, true);  // those of podman itself
    static constexpr std::string_view kGroups[] = {"container", "image", "kube",
                                                   "network",   "pod",   "volume"};
    if (at < words_.size() &&
        std::find(std::begin(kGroups), std::end(kGroups), words_[at].text) != std::end(kGroups))
      ++at;
    if (at < words_.size()) ++at;  // run, create, pull
    at = options(at, false);
    if (at < words_.size()) {
      out_.image = words_[at].text;
      image_ = &words_[at];
    }
    return std::move(run_);
  }

  const QuadletText* image() const { return image_; }

 private:
  // Reads options from `at` on; the first word that is none ends them.
  size_t options(size_t at, bool is_global) {
    while (at < words_.size()) {
      const std::string& word = words_[at].text;
      const Place& place = words_[at].place;
      if (word == "--") return at + 1;
      if (word.size() < 2 || word.front() != '-') return at;
      ++at;
      if (word.starts_with("--")) {
        const size_t sign = word.find('=');
        const std::string option = word.substr(0, sign);
        if (sign != std::string::npos) {
          set(option, word.substr(sign + 1), place);
        } else if (is_switch(option)) {
          set(option, "true", place);
        } else if (at < words_.size()) {
          const Place& from = place.span.line != 0 ? place : words_[at].place;
          set(option, words_[at].text, from);
          ++at;
        }
        continue;
      }
      at = letters(word, place, at, is_global);
    }
    return at;
  }

  // "-it", "-v/a:/b", "-e" "A=B".
  size_t letters(const std::string& word, const Place& place, size_t at, bool is_global) {
    for (size_t i = 1; i < word.size(); ++i) {
      const char letter = word[i];
      const bool is_flag = letter != 'h' && (letter != 'v' || is_global) &&
                           kShortSwitches.find(letter) != std::string_view::npos;
      const auto known = std::find_if(std::begin(kShort), std::end(kShort),
                                      [&](const auto& each) { return each.first == letter; });
      const std::string option(known == std::end(kShort) || is_global ? "" : known->second);
      if (is_flag) {
        if (i + 1 < word.size() && word[i + 1] == '=') {
          set(option, word.substr(i + 2), place);
          return at;
        }
        set(option, "true", place);
        continue;
      }
      std::string value = word.substr(i + 1);
      if (value.starts_with('=')) {
        value.erase(0, 1);
      } else if (value.empty() && at < words_.size()) {
        value = words_[at++].text;
      }
      set(option, value, place);
      return at;
    }
    return at;
  }

  void replace(std::string_view key, std::string value, const Place& place) {
    std::erase_if(out_.settings, [&](const ContainerSetting& s) { return s.key == key; });
    out_.set(key, std::move(value), place);
  }

  template <class Visit>
  static void each(std::string_view list, char separator, Visit visit) {
    while (true) {
      const std::string_view word = list.substr(0, list.find(separator));
      visit(word);
      if (word.size() == list.size()) return;
      list.remove_prefix(word.size() + 1);
    }
  }

  void set(std::string_view option, const std::string& value, const Place& place) {
    static constexpr std::pair<std::string_view, std::string_view> kSettings[] = {
        {"--pid", "pid"},
        {"--ipc", "ipc"},
        {"--uts", "uts"},
        {"--userns", "userns"},
        {"--cgroupns", "cgroupns"},
        {"--cgroup-parent", "cgroup-parent"},
        {"--restart", "restart"},
        {"--log-driver", "log-driver"},
        {"--memory", "memory"},
        {"--memory-reservation", "memory-reservation"},
        {"--cpu-shares", "cpu-shares"},
        {"--cpu-quota", "cpu-quota"},
        {"--cpuset-cpus", "cpuset"},
        {"--runtime", "runtime"}};
    static constexpr std::pair<std::string_view, std::string_view> kBooleans[] = {
        {"--privileged", "privileged"},
        {"--read-only", "read-only"},
        {"--publish-all", "publish-all"},
        {"--oom-kill-disable", "oom-kill-disable"},
        {"--tls-verify", "tls-verify"}};
    for (const auto& [known, key] : kSettings)
      if (option == known) replace(key, value, place);
    for (const auto& [known, key] : kBooleans)
      if (option == known) replace(key, is_true(value) ? "true" : "false", place);
    if (option == "--privileged") run_.is_privileged = is_true(value);
    if (option == "--userns" || option == "--uidmap" || option == "--gidmap" ||
        option == "--subuidname" || option == "--subgidname")
      run_.user_namespace = option == "--userns" ? value : "mapped";
    if (option == "--cpu-shares")
      replace("cpu-limit", "shares", place);
    else if (option == "--cpu-quota" || option == "--cpus" || option == "--cpu-period")
      replace("cpu-limit", "quota", place);
    else if (option == "--cpuset-cpus")
      replace("cpu-limit", "cpuset", place);
    else if (option == "--pids-limit")
      replace("pids-limit", value == "-1" ? "0" : value, place);
    else if (option == "--name")
      out_.name = value;
    else if (option == "--pod")
      run_.pod = value;
    else if (option == "--user")
      user(value, place);
    else if (option == "--cap-add" || option == "--cap-drop")
      each(value, ',', [&](std::string_view word) {
        if (!word.empty())
          out_.capabilities.push_back(
              {capability_name(word), std::string(option.substr(6)), place});
      });
    else if (option == "--network" || option == "--net")
      network(value, place);
    else if (option == "--volume")
      volume(value, place);
    else if (option == "--mount")
      mount(value, place);
    else if (option == "--tmpfs")
      out_.mounts.push_back({"tmpfs", "", value.substr(0, value.find(':')), false, "", place});
    else if (option == "--publish")
      port(value, place);
    else if (option == "--expose")
      out_.exposed.push_back({value, "", place});
    else if (option == "--device")
      device(value, place);
    else if (option == "--gpus")
      out_.devices.push_back({"request", value, "", "", place});
    else if (option == "--device-cgroup-rule")
      out_.devices.push_back({"cgroup-rule", value, "", "", place});
    else if (option == "--env")
      variable(value, place);
    else if (option == "--ulimit")
      ulimit(value, place);
    else if (option == "--health-cmd")
      replace("health-check", value == "none" || value.empty() ? "none" : "set", place);
    else if (option == "--no-healthcheck" && is_true(value))
      replace("health-check", "none", place);
    else if (option == "--security-opt")
      security(value, place);
  }

  void user(const std::string& value, const Place& place) {
    out_.user = value;
    replace("user", value, place);
    const std::string id = value.substr(0, value.find(':'));
    out_.uid.reset();
    if (id == "root" || id == "0")
      out_.uid = 0;
    else if (!id.empty() && id.size() < 10 &&
             id.find_first_not_of("0123456789") == std::string::npos)
      out_.uid = std::atoll(id.c_str());
  }

  // "front", "host", "front:ip=10.0.0.1", "container:web", "a,b".
  void network(const std::string& value, const Place& place) {
    each(value, ',', [&](std::string_view word) {
      // Options of a network may hold commas as well, and an '=' before them.
      if (word.empty() || (word.find('=') < word.find(':') && word.find('=') != word.npos)) return;
      const std::string mode(word.substr(0, word.find(':')));
      replace("network",
              mode == "host" || mode == "none"      ? mode
              : mode == "container" || mode == "ns" ? std::string(word)
                                                    : "bridge",
              place);
      out_.networks.push_back({std::string(mode == "bridge" ? "podman" : mode), "", place});
    });
  }

  // "source:destination[:options]"; a source that is no path is a volume.
  void volume(std::string_view value, const Place& place) {
    const size_t first = value.find(':');
    if (first == std::string_view::npos) {
      out_.mounts.push_back({"volume", "", std::string(value), false, "", place});
      return;
    }
    const size_t second = value.find(':', first + 1);
    const std::string source(value.substr(0, first));
    const bool is_path = source.starts_with('/') || source.starts_with('.') ||
                         source.starts_with('~') || source.starts_with('%');
    ContainerMount mount{is_path ? "bind" : "volume",
                         source,
                         std::string(value.substr(first + 1, second - first - 1)),
                         false,
                         "rprivate",
                         place};
    if (second != std::string_view::npos)
      each(value.substr(second + 1), ',', [&](std::string_view word) {
        if (word == "ro") mount.read_only = true;
        if (word == "rw") mount.read_only = false;
        if (word == "O") mount.read_only = true;  // what is written stays in the container
        for (const std::string_view known :
             {"shared", "rshared", "slave", "rslave", "private", "unbindable"})
          if (word == known) mount.propagation = word;
      });
    out_.mounts.push_back(std::move(mount));
  }

  // "type=bind,source=/etc,destination=/e,ro"; without a type a volume.
  void mount(std::string_view value, const Place& place) {
    ContainerMount mount{"volume", "", "", false, "", place};
    each(value, ',', [&](std::string_view word) {
      if (word.size() >= 2 && word.front() == '"' && word.back() == '"')
        word = word.substr(1, word.size() - 2);
      const size_t sign = word.find('=');
      const std::string_view key = word.substr(0, sign);
      const std::string_view is = sign == std::string_view::npos ? "" : word.substr(sign + 1);
      if (key == "type") mount.type = is;
      if (key == "source" || key == "src") mount.source = is;
      if (key == "destination" || key == "dst" || key == "target") mount.destination = is;
      if (key == "ro" || key == "readonly") mount.read_only = is != "false";
      if (key == "rw") mount.read_only = is == "false";
      if (key == "bind-propagation") mount.propagation = is;
    });
    if (mount.type == "bind" && mount.propagation.empty()) mount.propagation = "rprivate";
    if (mount.type == "glob") mount.type = "bind";
    out_.mounts.push_back(std::move(mount));
  }

  // "[[ip:][host port]:]container port[/protocol]"; a port may be a range.
  void port(std::string_view value, const Place& place) {
    ContainerPort port{0, "tcp", "", "", place};
    if (const size_t slash = value.find('/'); slash != std::string_view::npos) {
      port.protocol = value.substr(slash + 1);
      value = value.substr(0, slash);
    }
    const size_t last_colon = value.rfind(':');
    const std::string inside(last_colon == std::string_view::npos ? value
                                                                  : value.substr(last_colon + 1));
    port.port = std::atoll(inside.substr(0, 6).c_str());
    if (last_colon != std::string_view::npos) {
      const std::string_view rest = value.substr(0, last_colon);
      const size_t colon = rest.rfind(':');
      // "[::1]:80" alone is no address with a port, but an address without one.
      if (rest.ends_with(']')) {
        port.host_ip = rest;
      } else {
        port.host_port = rest.substr(colon == std::string_view::npos ? 0 : colon + 1);
        if (colon != std::string_view::npos) port.host_ip = rest.substr(0, colon);
      }
    }
    if (port.host_ip.empty()) port.host_ip = "0.0.0.0";  // the daemon's `ip` is dockerd's alone
    out_.ports.push_back(std::move(port));
  }

  void device(std::string_view value, const Place& place) {
    const size_t first = value.find(':');
    const size_t second = first == std::string_view::npos ? first : value.find(':', first + 1);
    const std::string host(value.substr(0, first));
    ContainerDevice device{"device", host, host, "rwm", place};
    if (first != std::string_view::npos) {
      const std::string middle(value.substr(first + 1, second - first - 1));
      // "/dev/sda:r": permissions in the place of the name inside.
      if (middle.starts_with('/')) {
        device.container_path = middle;
        if (second != std::string_view::npos) device.permissions = value.substr(second + 1);
      } else {
        device.permissions = middle;
      }
    }
    out_.devices.push_back(std::move(device));
  }

  void variable(std::string_view word, const Place& place) {
    const size_t sign = word.find('=');
    const std::string_view name = word.substr(0, sign);
    const bool secret = sign != std::string_view::npos && looks_secret(name, word.substr(sign + 1));
    out_.variables.push_back({std::string(name), secret ? "1" : "", place});
  }

  // "nofile=1024:2048", "host".
  void ulimit(const std::string& value, const Place& place) {
    const size_t sign = value.find('=');
    if (sign == std::string::npos) return;
    const auto number = [](const std::string& text) {
      return text == "unlimited" ? int64_t{-1} : int64_t{std::atoll(text.c_str())};
    };
    const std::string limits = value.substr(sign + 1);
    const size_t colon = limits.find(':');
    const int64_t soft = number(limits.substr(0, colon));
    out_.ulimits.push_back({value.substr(0, sign), soft,
                            colon == std::string::npos ? soft : number(limits.substr(colon + 1)),
                            place});
  }

  // "label=disable", "seccomp=unconfined", also with ':' after the name as Docker once had it.
  void security(const std::string& value, const Place& place) {
    const size_t sign = value.find_first_of("=:");
    const std::string name = value.substr(0, sign);
    const std::string is = sign == std::string::npos ? "" : value.substr(sign + 1);
    out_.security_options.push_back({name, is, place});
    if (name == "seccomp" && !is.empty())
      replace("seccomp", is == "unconfined" ? is : "custom", place);
    if (name == "apparmor") replace("apparmor", is, place);
    if (name == "label" && (is == "disable" || is == "type:spc_t"))
      replace("selinux-label", "disable", place);
    if (name == "no-new-privileges")
      replace("no-new-privileges", is == "false" ? is : "true", place);
  }

  std::span<const QuadletText> words_;
  ContainerModel& out_;
  PodmanRun run_;
  const QuadletText* image_ = nullptr;
};

}  // namespace

PodmanRun read_podman_run(std::span<const QuadletText> words, ContainerModel& out) {
  Reader reader(words, out);
  PodmanRun run = reader.read();
  if (const QuadletText* image = reader.image()) out.set("image", out.image, image->place);
  return run;
}

}  // namespace drydock::facts
