#include "analyzer/facts/collect/quadlet.h"

#include <algorithm>
#include <map>

#include "analyzer/source/tree.h"
#include "parsers/unit.h"

namespace drydock::facts {
namespace {

namespace unit = parsers::unit;

// podman-systemd.unit(5), "Podman rootful unit search path"; of equal names the first counts.
constexpr std::string_view kSearchPath[] = {"run/containers/systemd", "etc/containers/systemd",
                                            "usr/share/containers/systemd"};
// "Podman rootless unit search path", below a home and for users in general.
constexpr std::string_view kUsers = "etc/containers/systemd/users";

struct Line {
  std::string value;
  Place place;
};

class Quadlet {
 public:
  Quadlet(Context& context, const std::string& path, bool is_rootless)
      : context_(context), path_(path), is_rootless_(is_rootless) {}

  void read(const std::string& path) {
    const auto text = context_.read(path);
    if (!text) return;
    const unit::File file = unit::parse(text->text);
    context_.issues(text->path, file.errors);
    for (const unit::Assignment& a : file.assignments) {
      auto& lines = lines_[{a.section, a.key}];
      // systemd.syntax(7): an empty value resets a list; of the other keys the last one counts.
      if (a.value.empty())
        lines.clear();
      else
        lines.push_back({a.value, {text->path, a.span}});
    }
  }

  ContainerModel model() {
    out_.engine = "podman";
    out_.source = "quadlet";
    out_.id = path_;
    out_.place = {path_, Span{}};
    std::string name(file_name(path_));
    name.resize(name.size() - std::string_view(".container").size());
    const Line* given = last("ContainerName");
    out_.name = given ? given->value : name;
    const Line* image = last("Image");
    if (image != nullptr) out_.image = image->value;
    out_.set("image", out_.image, place(image));
    user();
    switches();
    lists();
    arguments();
    defaults();
    return std::move(out_);
  }

 private:
  const std::vector<Line>& all(std::string_view key, std::string_view section = "Container") {
    static const std::vector<Line> kNone;
    const auto found = lines_.find({std::string(section), std::string(key)});
    return found == lines_.end() ? kNone : found->second;
  }
  const Line* last(std::string_view key, std::string_view section = "Container") {
    const auto& lines = all(key, section);
    return lines.empty() ? nullptr : &lines.back();
  }
  Place place(const Line* line) const { return line ? line->place : out_.place; }
  bool is_set(std::string_view key) const {
    return std::any_of(out_.settings.begin(), out_.settings.end(),
                       [&](const ContainerSetting& s) { return s.key == key; });
  }
  void replace(std::string_view key, std::string value, const Place& at) {
    std::erase_if(out_.settings, [&](const ContainerSetting& s) { return s.key == key; });
    out_.set(key, std::move(value), at);
  }

  void user() {
    const Line* user = last("User");
    const Line* userns = last("UserNS");
    if (user != nullptr) {
      // "Group=… --user UID:…"
      const Line* group = last("Group");
      out_.user = user->value + (group ? ":" + group->value : "");
      const std::string_view id = std::string_view(out_.user).substr(0, out_.user.find(':'));
      if (id == "root" || id == "0")
        out_.uid = 0;
      else if (!id.empty() && id.size() < 10 &&
               id.find_first_not_of("0123456789") == std::string_view::npos)
        out_.uid = std::stoll(std::string(id));
    }
    if (user != nullptr || !context_.is_fragment()) out_.set("user", out_.user, place(user));
    const bool own = userns != nullptr && userns->value != "host";
    out_.is_host_root = !is_rootless_ && !own;
    if (userns != nullptr) out_.set("userns", userns->value, userns->place);
  }

  void boolean(std::string_view key, std::string_view setting) {
    const Line* line = last(key);
    if (line == nullptr && context_.is_fragment()) return;
    const bool is = line != nullptr && unit::boolean(line->value).value_or(false);
    out_.set(setting, is ? "true" : "false", place(line));
  }

  void switches() {
    boolean("ReadOnly", "read-only");
    boolean("NoNewPrivileges", "no-new-privileges");
    const Line* seccomp = last("SeccompProfile");
    if (seccomp != nullptr)
      out_.set("seccomp", seccomp->value == "unconfined" ? "unconfined" : "custom", seccomp->place);
    const Line* apparmor = last("AppArmor");
    if (apparmor != nullptr) out_.set("apparmor", apparmor->value, apparmor->place);
    const Line* label = last("SecurityLabelDisable");
    if (label != nullptr && unit::boolean(label->value).value_or(false))
      out_.set("selinux-label", "disable", label->place);
    if (const Line* pids = last("PidsLimit"))
      out_.set("pids-limit", pids->value == "-1" ? "0" : pids->value, pids->place);
    if (const Line* memory = last("Memory")) out_.set("memory", memory->value, memory->place);
    if (const Line* check = last("HealthCmd"))
      out_.set("health-check", check->value == "none" ? "none" : "set", check->place);
    // Limits of the service hold for the container as well: it runs in the unit's control group.
    if (const Line* memory = last("MemoryMax", "Service"); memory && !is_set("memory"))
      out_.set("memory", memory->value == "infinity" ? "0" : memory->value, memory->place);
    if (const Line* tasks = last("TasksMax", "Service"); tasks && !is_set("pids-limit"))
      out_.set("pids-limit", tasks->value == "infinity" ? "0" : tasks->value, tasks->place);
    for (const char* key : {"CPUQuota", "CPUWeight"})
      if (const Line* cpu = last(key, "Service"))
        out_.set("cpu-limit", key[3] == 'Q' ? "quota" : "shares", cpu->place);
  }

  // "source:destination[:options]"; a source that is no path is a volume.
  void volume(std::string_view value, const Place& at) {
    const size_t first = value.find(':');
    if (first == std::string_view::npos) {
      out_.mounts.push_back({"volume", "", std::string(value), false, "", at});
      return;
    }
    const size_t second = value.find(':', first + 1);
    const std::string source(value.substr(0, first));
    ContainerMount mount{source.starts_with('/') || source.starts_with('.') ? "bind" : "volume",
                         source,
                         std::string(value.substr(first + 1, second - first - 1)),
                         false,
                         "rprivate",
                         at};
    std::string_view options =
        second == std::string_view::npos ? std::string_view{} : value.substr(second + 1);
    while (!options.empty()) {
      const std::string_view word = options.substr(0, options.find(','));
      if (word == "ro") mount.read_only = true;
      for (const std::string_view known : {"shared", "rshared", "slave", "rslave", "private"})
        if (word == known) mount.propagation = word;
      options.remove_prefix(std::min(options.size(), word.size() + 1));
    }
    out_.mounts.push_back(std::move(mount));
  }

  // "[[ip:][host port]:]container port[/protocol]"
  void port(std::string_view value, const Place& at) {
    ContainerPort port{0, "tcp", "", "", at};
    if (const size_t slash = value.find('/'); slash != std::string_view::npos) {
      port.protocol = value.substr(slash + 1);
      value = value.substr(0, slash);
    }
    const size_t last_colon = value.rfind(':');
    const std::string inside(last_colon == std::string_view::npos ? value
                                                                  : value.substr(last_colon + 1));
    port.port = std::atoll(inside.substr(0, 6).c_str());
    if (last_colon != std::string_view::npos) {
      std::string_view rest = value.substr(0, last_colon);
      const size_t colon = rest.rfind(':');
      port.host_port = rest.substr(colon == std::string_view::npos ? 0 : colon + 1);
      if (colon != std::string_view::npos) port.host_ip = rest.substr(0, colon);
    }
    if (port.host_ip.empty()) port.host_ip = "0.0.0.0";  // the daemon's `ip` is dockerd's alone
    out_.ports.push_back(std::move(port));
  }

  void device(std::string_view value, const Place& at) {
    if (value.starts_with('-')) value.remove_prefix(1);
    const size_t first = value.find(':');
    const size_t second = first == std::string_view::npos ? first : value.find(':', first + 1);
    const std::string host(value.substr(0, first));
    out_.devices.push_back(
        {"device", host,
         first == std::string_view::npos ? host
                                         : std::string(value.substr(first + 1, second - first - 1)),
         second == std::string_view::npos ? "rwm" : std::string(value.substr(second + 1)), at});
  }

  void variable(std::string_view word, const Place& at) {
    const size_t sign = word.find('=');
    const std::string_view name = word.substr(0, sign);
    const bool secret = sign != std::string_view::npos && looks_secret(name, word.substr(sign + 1));
    out_.variables.push_back({std::string(name), secret ? "1" : "", at});
  }

  // What several keys and PodmanArgs= share.
  void capability(std::string_view value, std::string_view change, const Place& at) {
    out_.capabilities.push_back({capability_name(value), std::string(change), at});
  }

  void network(std::string_view value, const Place& at) {
    const std::string_view mode = value.substr(0, value.find(':'));
    if (mode == "host" || mode == "none") replace("network", std::string(mode), at);
    out_.networks.push_back({std::string(mode == "bridge" ? "podman" : mode), "", at});
  }

  void lists() {
    const auto words = [&](std::string_view key, auto visit) {
      for (const Line& line : all(key))
        for (const unit::Word& word : unit::split_words(line.value).words)
          visit(word.text, line.place);
    };
    words("AddCapability", [&](auto& w, auto& at) { capability(w, "add", at); });
    words("DropCapability", [&](auto& w, auto& at) { capability(w, "drop", at); });
    words("Environment", [&](auto& w, auto& at) { variable(w, at); });
    for (const Line& line : all("AddDevice")) device(line.value, line.place);
    for (const Line& line : all("Volume")) volume(line.value, line.place);
    for (const Line& line : all("PublishPort")) port(line.value, line.place);
    for (const Line& line : all("Network")) network(line.value, line.place);
    for (const Line& line : all("ExposeHostPort"))
      out_.exposed.push_back({line.value, "", line.place});
    for (const Line& line : all("Mount")) mount(line.value, line.place);
  }

  // "type=bind,source=/etc,destination=/e,ro"
  void mount(std::string_view value, const Place& at) {
    ContainerMount out{"volume", "", "", false, "", at};
    while (!value.empty()) {
      const std::string_view word = value.substr(0, value.find(','));
      value.remove_prefix(std::min(value.size(), word.size() + 1));
      const size_t sign = word.find('=');
      const std::string_view key = word.substr(0, sign);
      const std::string_view is = sign == std::string_view::npos ? "" : word.substr(sign + 1);
      if (key == "type") out.type = is;
      if (key == "source" || key == "src") out.source = is;
      if (key == "destination" || key == "dst" || key == "target") out.destination = is;
      if ((key == "ro" || key == "readonly") && is != "false") out.read_only = true;
      if (key == "bind-propagation") out.propagation = is;
    }
    out_.mounts.push_back(std::move(out));
  }

  // PodmanArgs= "contains a list of arguments passed directly to the end of the podman run command".
  void arguments() {
    for (const Line& line : all("PodmanArgs")) {
      const unit::Words words = unit::split_words(line.value);
      for (size_t i = 0; i < words.words.size(); ++i) {
        std::string option = words.words[i].text, value;
        const size_t sign = option.find('=');
        if (sign != std::string::npos) {
          value = option.substr(sign + 1);
          option.resize(sign);
        } else if (option != "--privileged" && option != "--read-only" &&
                   i + 1 < words.words.size() && option.starts_with("-") &&
                   !words.words[i + 1].text.starts_with('-')) {
          value = words.words[++i].text;
        }
        argument(option, value, line.place);
      }
    }
  }

  void argument(const std::string& option, const std::string& value, const Place& at) {
    if (option == "--privileged" || option == "--read-only")
      replace(option == "--privileged" ? "privileged" : "read-only",
              value == "false" ? "false" : "true", at);
    else if (option == "--cap-add" || option == "--cap-drop")
      capability(value, option.substr(6), at);
    else if (option == "--pid" || option == "--ipc" || option == "--uts" || option == "--userns")
      replace(option == "--pid"   ? "pid"
              : option == "--ipc" ? "ipc"
              : option == "--uts" ? "uts"
                                  : "userns",
              value, at);
    else if (option == "--network" || option == "--net")
      network(value, at);
    else if (option == "--volume" || option == "-v")
      volume(value, at);
    else if (option == "--publish" || option == "-p")
      port(value, at);
    else if (option == "--device")
      device(value, at);
    else if (option == "--env" || option == "-e")
      variable(value, at);
    else if (option == "--memory" || option == "-m")
      replace("memory", value, at);
    else if (option == "--pids-limit")
      replace("pids-limit", value == "-1" ? "0" : value, at);
    else if (option == "--cpus" || option == "--cpu-shares" || option == "--cpu-quota")
      replace("cpu-limit", "set", at);
    else if (option == "--security-opt")
      security(value, at);
  }

  void security(const std::string& value, const Place& at) {
    const size_t sign = value.find('=');
    const std::string name = value.substr(0, sign);
    const std::string is = sign == std::string::npos ? "" : value.substr(sign + 1);
    out_.security_options.push_back({name, is, at});
    if (name == "seccomp") replace("seccomp", is == "unconfined" ? is : "custom", at);
    if (name == "apparmor") replace("apparmor", is, at);
    if (name == "label" && is == "disable") replace("selinux-label", is, at);
    if (name == "no-new-privileges") replace("no-new-privileges", is == "false" ? is : "true", at);
  }

  // What podman-run(1) has for what is not written; in a fragment only what is written counts.
  void defaults() {
    const auto fallback = [&](std::string_view key, std::string value) {
      if (!is_set(key)) out_.set(key, std::move(value), out_.place);
    };
    fallback("privileged", "false");
    const bool privileged = std::any_of(
        out_.settings.begin(), out_.settings.end(),
        [](const ContainerSetting& s) { return s.key == "privileged" && s.value == "true"; });
    if (privileged)
      for (const char* key : {"seccomp", "apparmor"})
        if (!is_set(key)) {
          const auto at =
              std::find_if(out_.settings.begin(), out_.settings.end(),
                           [](const ContainerSetting& s) { return s.key == "privileged"; });
          out_.set(key, "unconfined", at->place, "privileged");
        }
    if (context_.is_fragment()) return;
    fallback("network", "bridge");
    fallback("seccomp", "default");
    fallback("apparmor", "containers-default");
    fallback("memory", "0");
    fallback("pids-limit", "2048");
    fallback("cpu-limit", "none");
    fallback("health-check", "none");
  }

  Context& context_;
  std::string path_;
  bool is_rootless_;
  std::map<std::pair<std::string, std::string>, std::vector<Line>> lines_;
  ContainerModel out_;
};

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Where drop-ins for a unit stand, those of the longest name first: its own, of an instance the template's, of a
// name with dashes those of what stands before each, those of all containers.
std::vector<std::string> drop_in_directories(const std::string& unit) {
  constexpr std::string_view kSuffix = ".container";
  std::string name = unit.substr(0, unit.size() - std::min(unit.size(), kSuffix.size()));
  std::vector<std::string> list{unit + ".d"};
  if (const size_t at = name.find('@'); at != std::string::npos) {
    if (at + 1 < name.size()) list.push_back(name.substr(0, at + 1) + std::string(kSuffix) + ".d");
    name.resize(at);
  }
  for (size_t dash = name.rfind('-'); dash != std::string::npos && dash > 0;
       dash = name.rfind('-', dash - 1)) {
    if (dash + 1 < name.size() || name.size() + kSuffix.size() < unit.size())
      list.push_back(name.substr(0, dash + 1) + std::string(kSuffix) + ".d");
  }
  list.emplace_back("container.d");
  return list;
}

// A search path with the directories below it, which "Quadlet will recursively search", but for those of users in
// the system's and of single users in that of all.
void with_subdirectories(const Tree& tree, const std::string& directory, int depth,
                         std::vector<std::string>& out) {
  constexpr int kDepth = 8;
  constexpr size_t kDirectories = 1000;
  const auto names = tree.list(directory);
  if (!names || depth > kDepth || out.size() >= kDirectories) return;
  out.push_back(directory);
  for (const std::string& name : *names) {
    const std::string path = directory + "/" + name;
    if (path == kUsers || (directory == kUsers && is_number(name)) || name.ends_with(".d") ||
        name.ends_with(".container"))
      continue;
    with_subdirectories(tree, path, depth + 1, out);
  }
}

}  // namespace

std::vector<ContainerModel> quadlet_containers(Context& context) {
  const Tree& tree = context.tree();
  std::vector<ContainerModel> out;
  const auto add = [&](const std::string& path, const std::vector<std::string>& directories,
                       bool is_rootless) {
    Quadlet quadlet(context, path, is_rootless);
    quadlet.read(path);
    // Sorted by the files' names; of equal ones that for the longer name counts, then the first directory's.
    std::map<std::string, std::string> drop_ins;
    for (const std::string& name : drop_in_directories(std::string(file_name(path))))
      for (const std::string& directory : directories)
        for (const std::string& file : tree.glob(directory + "/" + name, "*.conf"))
          drop_ins.try_emplace(std::string(file_name(file)), file);
    for (const auto& [name, file] : drop_ins) quadlet.read(file);
    out.push_back(quadlet.model());
  };
  const auto scan = [&](const std::vector<std::string>& top, bool is_rootless) {
    std::vector<std::string> directories;
    for (const std::string& directory : top) with_subdirectories(tree, directory, 0, directories);
    std::map<std::string, std::string> units;
    for (const std::string& directory : directories)
      for (const std::string& file : tree.glob(directory, "*.container"))
        units.try_emplace(std::string(file_name(file)), file);
    for (const auto& [name, file] : units) add(file, directories, is_rootless);
  };
  if (context.is_fragment()) {
    static constexpr std::string_view kFiles[] = {"*.container"};
    for (const std::string& path : context.loose(kFiles))
      add(path, {std::string(parent_path(path))}, true);
    for (ContainerModel& container : out) container.is_host_root.reset();
    return out;
  }
  scan({std::begin(kSearchPath), std::end(kSearchPath)}, false);
  scan({std::string(kUsers)}, true);
  for (const std::string_view base : {std::string_view("home"), kUsers})
    if (const auto names = tree.list(base))
      for (const std::string& name : *names) {
        if (base == "home")
          scan({"home/" + name + "/.config/containers/systemd"}, true);
        else if (is_number(name))
          scan({std::string(base) + "/" + name}, true);
      }
  return out;
}

std::vector<std::string_view> quadlet_paths() {
  return {"run/containers/systemd/**", "etc/containers/systemd/**",
          "usr/share/containers/systemd/**", "home/*/.config/containers/systemd/**"};
}

}  // namespace drydock::facts
