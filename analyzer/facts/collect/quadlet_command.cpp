#include "analyzer/facts/collect/quadlet_command.h"

#include <algorithm>

#include "analyzer/facts/collect/quadlet_keys.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

using KeyOption = std::pair<std::string_view, std::string_view>;

// Of a name that other units refer to, any number of times; those of volumes and networks are file names.
constexpr size_t kMostOfName = 4096;
// Links, which fill the column of a table many times over.
constexpr size_t kMostLinks = 4096;

// "80", "80-90/tcp" at the end of the text.
bool ends_with_port(std::string_view text) {
  if (text.ends_with("/tcp") || text.ends_with("/udp")) text.remove_suffix(4);
  return !text.empty() && text.back() >= '0' && text.back() <= '9';
}

std::string without_white_space(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\n\v\f\r");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\n\v\f\r") + 1 - begin));
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// "a/./b/../c" -> "a/c".
std::string clean(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  std::string out;
  for (const std::string_view part : parts) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

class Builder {
 public:
  Builder(const QuadletUnit& unit, const QuadletNames& names) : unit_(unit), names_(names) {}

  QuadletCommand build() {
    // NAME_MAX of Linux: the generator cannot write the file.
    constexpr size_t kNameMax = 255;
    if (unit_.service().size() + std::string_view(".service").size() > kNameMax) {
      const auto given = unit_.value(unit_.group(), "ServiceName");
      refuse("the name of its service is too long", given ? given->place : file());
    } else if (const auto key = unit_.unknown(unit_.group(), quadlet_keys(unit_.group()))) {
      refuse("no key of [" + std::string(unit_.group()) + "]: " + key->text, key->place, true);
    } else if (const auto other = unit_.unknown("Quadlet", quadlet_keys("Quadlet"))) {
      refuse("no key of [Quadlet]: " + other->text, other->place, true);
    } else {
      of_type();
    }
    return std::move(out_);
  }

 private:
  void of_type() {
    const std::string_view type = unit_.type();
    if (type == "container")
      container();
    else if (type == "pod")
      pod();
    else if (type == "kube")
      kube();
    else if (type == "volume")
      volume();
    else if (type == "network")
      network();
    else if (type == "image")
      image();
    else if (type == "build")
      image_build();
  }

  const Place& file() {
    static const Span kWhole{};
    file_ = {unit_.path(), kWhole};
    return file_;
  }
  void refuse(std::string why, Place place, bool is_of_release = false) {
    if (!out_.refused.empty()) return;
    out_.is_of_release = is_of_release;
    out_.refused = std::move(why);
    out_.place = std::move(place);
  }

  // An empty word leaves no trace in the service: an option without its value takes the next word.
  void add(std::string_view word, const Place& place) {
    if (word.empty()) return;
    // LONG_LINE_MAX of systemd, which refuses a unit with a longer line.
    constexpr size_t kLongLine = size_t{1} << 20;
    size_ += word.size() + 1;
    if (size_ > kLongLine)
      refuse("its command is longer than systemd takes: 1 MiB", place);
    else
      out_.words.push_back({std::string(word), place});
  }
  void add(std::string_view option, const std::string& value, const Place& place) {
    add(option, place);
    add(value, place);
  }
  void add_text(std::string_view key, std::string_view option) {
    if (const auto value = unit_.text(key)) add(option, value->text, value->place);
  }
  void add_each(std::string_view key, std::string_view option) {
    for (const QuadletText& value : unit_.all(unit_.group(), key))
      add(option, value.text, value.place);
  }
  void add_list(std::string_view key, std::string_view option) {
    for (const QuadletText& word : unit_.list(key)) add(option, word.text, word.place);
  }
  void add_arguments(std::string_view key, std::string_view option, std::string_view before = {}) {
    for (const QuadletText& word : unit_.arguments(key))
      add(option, std::string(before) + word.text, word.place);
  }
  void add_boolean(std::string_view key, std::string_view option) {
    if (const auto value = unit_.boolean(key))
      add(std::string(option) + (value->first ? "" : "=false"), value->second);
  }
  // Assignments by their names: of one name the last counts.
  void add_variables(std::string_view key, std::string_view option) {
    std::map<std::string, QuadletText> sorted;
    for (QuadletText& word : unit_.arguments(key))
      if (const size_t sign = word.text.find('='); sign != std::string::npos) {
        std::string name = word.text.substr(0, sign);
        sorted.insert_or_assign(std::move(name), std::move(word));
      }
    for (auto& [name, word] : sorted) add(option, word.text, word.place);
  }

  void base() {
    for (const QuadletText& module : unit_.all(unit_.group(), "ContainersConfModule"))
      add("--module=" + module.text, module.place);
    for (const QuadletText& word : unit_.arguments("GlobalArgs")) add(word.text, word.place);
  }

  void container() {
    const auto image = unit_.text("Image"), rootfs = unit_.text("Rootfs");
    if (image.has_value() == rootfs.has_value()) {
      refuse(image ? "Image= and Rootfs= exclude each other" : "neither Image= nor Rootfs=",
             image ? rootfs->place : file());
      return;
    }
    if (const auto mode = unit_.value("Service", "KillMode");
        mode && mode->text != "mixed" && mode->text != "control-group") {
      refuse("a KillMode= that Quadlet does not take: " + mode->text, mode->place);
      return;
    }
    const auto type = unit_.value("Service", "Type");
    if (type && type->text != "notify" && type->text != "oneshot") {
      refuse("a Type= that Quadlet does not take: " + type->text, type->place);
      return;
    }
    if (unit_.text("ReloadSignal") && !unit_.last_arguments("ReloadCmd").empty()) {
      refuse("ReloadCmd= and ReloadSignal= exclude each other", unit_.text("ReloadSignal")->place);
      return;
    }
    base();
    add("run", file());
    const auto name = unit_.text("ContainerName");
    add("--name",
        name                                               ? name->text
        : unit_.name().find('@') == std::string_view::npos ? "systemd-%N"
                                                           : "systemd-%p_%i",
        name ? name->place : file());
    add("--replace", file());
    add("--rm", file());
    if (const auto driver = unit_.value(unit_.group(), "LogDriver"))
      add("--log-driver", driver->text, driver->place);
    add_list("LogOpt", "--log-opt");
    if (const auto mode = unit_.text("CgroupsMode"))
      add("--cgroups", mode->text, mode->place);
    else
      add("--cgroups=split", file());
    static constexpr KeyOption kTexts[] = {{"Timezone", "--tz"},
                                           {"PidsLimit", "--pids-limit"},
                                           {"ShmSize", "--shm-size"},
                                           {"Entrypoint", "--entrypoint"},
                                           {"WorkingDir", "--workdir"},
                                           {"IP", "--ip"},
                                           {"IP6", "--ip6"},
                                           {"HostName", "--hostname"},
                                           {"StopSignal", "--stop-signal"},
                                           {"StopTimeout", "--stop-timeout"},
                                           {"Pull", "--pull"},
                                           {"Memory", "--memory"},
                                           {"Retry", "--retry"},
                                           {"RetryDelay", "--retry-delay"}};
    for (const auto& [key, option] : kTexts) add_text(key, option);
    static constexpr KeyOption kEach[] = {{"NetworkAlias", "--network-alias"},
                                          {"Ulimit", "--ulimit"},
                                          {"DNS", "--dns"},
                                          {"DNSOption", "--dns-option"},
                                          {"DNSSearch", "--dns-search"},
                                          {"GroupAdd", "--group-add"},
                                          {"AddHost", "--add-host"},
                                          {"Tmpfs", "--tmpfs"}};
    for (const auto& [key, option] : kEach) add_each(key, option);
    static constexpr KeyOption kBooleans[] = {{"RunInit", "--init"},
                                              {"EnvironmentHost", "--env-host"},
                                              {"HttpProxy", "--http-proxy"},
                                              {"ReadOnlyTmpfs", "--read-only-tmpfs"}};
    for (const auto& [key, option] : kBooleans) add_boolean(key, option);
    networks();
    if (!type || type->text != "oneshot") {
      const auto notify = unit_.value(unit_.group(), "Notify");
      const auto is = unit_.boolean("Notify");
      add(notify && lower(notify->text) == "healthy" ? "--sdnotify=healthy"
          : is && is->first                          ? "--sdnotify=container"
                                                     : "--sdnotify=conmon",
          file());
      add("-d", file());
    }
    security();
    if (!user() || !mappings(true) || !volumes()) return;
    if (const auto update = unit_.text("AutoUpdate"))
      add("--label", "io.containers.autoupdate=" + update->text, update->place);
    for (const QuadletText& port : unit_.all(unit_.group(), "ExposeHostPort")) {
      const std::string text = without_white_space(port.text);
      if (!ends_with_port(text)) {
        refuse("an ExposeHostPort= that is no port: " + text, port.place);
        return;
      }
      add("--expose", text, port.place);
    }
    add_each("PublishPort", "--publish");
    add_variables("Environment", "--env");
    add_variables("Label", "--label");
    add_variables("Annotation", "--annotation");
    add_arguments("Mask", "--security-opt", "mask=");
    add_arguments("Unmask", "--security-opt", "unmask=");
    for (const QuadletText& word : unit_.arguments("EnvironmentFile"))
      add("--env-file", absolute(word.text), word.place);
    add_arguments("Secret", "--secret");
    for (const QuadletText& word : unit_.arguments("Mount"))
      if (!mount(word)) return;
    health();
    if (!join_pod()) return;
    for (const QuadletText& word : unit_.arguments("PodmanArgs")) add(word.text, word.place);
    if (image) {
      if (const auto resolved = image_name(*image)) {
        if (resolved->empty()) add("--rootfs", image->place);
        add(*resolved, image->place);
      }
    } else {
      add("--rootfs", rootfs->text, rootfs->place);
    }
    for (const QuadletText& word : unit_.last_arguments("Exec")) add(word.text, word.place);
  }

  void security() {
    if (const auto is = unit_.boolean("NoNewPrivileges"); is && is->first)
      add("--security-opt=no-new-privileges", is->second);
    for (const auto& [key, label] : {KeyOption{"SecurityLabelDisable", "label=disable"},
                                     KeyOption{"SecurityLabelNested", "label=nested"}})
      if (const auto is = unit_.boolean(key); is && is->first)
        add("--security-opt", std::string(label), is->second);
    for (const auto& [key, label] :
         {KeyOption{"SecurityLabelType", "label=type:"},
          KeyOption{"SecurityLabelFileType", "label=filetype:"},
          KeyOption{"SecurityLabelLevel", "label=level:"}, KeyOption{"AppArmor", "apparmor="}})
      if (const auto value = unit_.text(key))
        add("--security-opt", std::string(label) + value->text, value->place);
    for (const QuadletText& word : unit_.list("AddDevice"))
      // "-": only if the device is there, which an artifact seldom tells.
      add("--device", word.text.substr(word.text.front() == '-' ? 1 : 0), word.place);
    if (const auto profile = unit_.value(unit_.group(), "SeccompProfile"))
      add("--security-opt", "seccomp=" + profile->text, profile->place);
    for (const QuadletText& word : unit_.list("DropCapability"))
      add("--cap-drop", lower(word.text), word.place);
    for (const QuadletText& word : unit_.list("AddCapability"))
      add("--cap-add", lower(word.text), word.place);
    add_list("Sysctl", "--sysctl");
    add_boolean("ReadOnly", "--read-only");
    const auto is_read_only = unit_.boolean("ReadOnly");
    if (const auto is = unit_.boolean("VolatileTmp");
        is && is->first && !(is_read_only && is_read_only->first))
      add("--tmpfs", "/tmp:rw,size=512M,mode=1777", is->second);
  }

  bool user() {
    const auto user = unit_.text("User"), group = unit_.text("Group");
    if (!user && group) {
      refuse("Group= without User=", group->place);
      return false;
    }
    if (user) add("--user", user->text + (group ? ":" + group->text : ""), user->place);
    return true;
  }

  bool mappings(bool takes_manual) {
    const size_t before = out_.words.size();
    add_text("UserNS", "--userns");
    add_list("UIDMap", "--uidmap");
    add_list("GIDMap", "--gidmap");
    add_text("SubUIDMap", "--subuidname");
    add_text("SubGIDMap", "--subgidname");
    const auto remap = unit_.value(unit_.group(), "RemapUsers");
    const auto uids = unit_.list("RemapUid"), gids = unit_.list("RemapGid");
    const auto fail = [&](std::string why, const Place& place) {
      refuse(std::move(why), place);
      return false;
    };
    if (out_.words.size() > before) {
      for (const std::string_view key : {"RemapUid", "RemapGid", "RemapUsers"})
        if (const auto value = unit_.value(unit_.group(), key))
          return fail("the keys of RemapUsers= beside other mappings", value->place);
      return true;
    }
    const std::string kind = remap ? remap->text : "";
    if (kind.empty()) {
      if (!uids.empty()) return fail("RemapUid= without RemapUsers=", uids.front().place);
      if (!gids.empty()) return fail("RemapGid= without RemapUsers=", gids.front().place);
      return true;
    }
    if (kind == "manual" && takes_manual) {
      for (const QuadletText& word : uids) add("--uidmap", word.text, word.place);
      for (const QuadletText& word : gids) add("--gidmap", word.text, word.place);
      return true;
    }
    if (kind != "auto" && kind != "keep-id")
      return fail("a RemapUsers= that is not known: " + kind, remap->place);
    if (kind == "keep-id" && (uids.size() > 1 || gids.size() > 1))
      return fail("RemapUsers=keep-id takes one mapping", remap->place);
    std::string options;
    const auto option = [&](const std::string& text) {
      options += (options.empty() ? ":" : ",") + text;
    };
    for (const QuadletText& word : uids)
      option((kind == "auto" ? "uidmapping=" : "uid=") + word.text);
    for (const QuadletText& word : gids)
      option((kind == "auto" ? "gidmapping=" : "gid=") + word.text);
    if (kind == "auto")
      if (const auto size = unit_.text("RemapUidSize");
          size && size->text.find_first_not_of("0123456789") == std::string::npos &&
          size->text.front() != '0')
        option("size=" + size->text);
    add("--userns", kind + options, remap->place);
    return true;
  }

  // A unit that another one names; null, and refused, if there is none.
  const QuadletUnit* other(std::string_view name, const Place& place) {
    const QuadletUnit* found = names_.find(name);
    // Podman 4 takes networks and volumes without a unit.
    if (found == nullptr && names_.is_complete)
      refuse("no such unit: " + std::string(name), place, true);
    return found;
  }
  // The name of what another unit makes; as it is written, if that is not to be had.
  std::string resource(const std::string& name, const Place& place) {
    const QuadletUnit* found = other(name, place);
    return found ? names_.resource(*found) : name;
  }

  void networks() {
    for (const QuadletText& network : unit_.all(unit_.group(), "Network")) {
      std::string text = network.text;
      const size_t colon = text.find(':');
      const std::string name = text.substr(0, colon);
      if (name.ends_with(".container")) {
        if (colon != std::string::npos)
          refuse("options of another container's network", network.place);
        text = "container:" + resource(name, network.place);
      } else if (name.ends_with(".network")) {
        text =
            resource(name, network.place) + (colon == std::string::npos ? "" : text.substr(colon));
      }
      if (text.empty() || text.front() == ':' || text == "container:")
        refuse("the unit has no name that could be told: " + name, network.place);
      add("--network", text, network.place);
    }
  }

  std::string absolute(const std::string& path) {
    if (path.starts_with('/') || (path.starts_with('%') && !path.starts_with("%%"))) return path;
    return clean("/" + std::string(parent_path(unit_.path())) + "/" + path);
  }

  // Of a volume or mount: a path of the host, or the name of a volume.
  std::string source(const std::string& text, const Place& place, bool takes_images) {
    if (text.starts_with('.')) return absolute(text);
    if (text.ends_with(".volume") || (takes_images && text.ends_with(".image")))
      return resource(text, place);
    return text;
  }

  bool volumes() {
    for (const QuadletText& volume : unit_.all(unit_.group(), "Volume")) {
      const size_t colon = volume.text.find(':');
      std::string text = volume.text;
      if (colon == 0) {
        text = text.substr(1, text.find(':', 1) - 1);
      } else if (colon != std::string::npos) {
        const std::string from = source(text.substr(0, colon), volume.place, false);
        text = from.empty() ? text.substr(colon + 1, text.find(':', colon + 1) - colon - 1)
                            : from + text.substr(colon);
      }
      add("-v", text, volume.place);
    }
    return out_.refused.empty();
  }

  // "type=bind,source=/a,destination=/b"; Podman reads it as a line of CSV, of which quotes are the rare part.
  bool mount(const QuadletText& word) {
    std::vector<std::string> tokens;
    std::string_view rest = word.text;
    while (true) {
      tokens.emplace_back(rest.substr(0, rest.find(',')));
      if (tokens.back().size() == rest.size()) break;
      rest.remove_prefix(tokens.back().size() + 1);
    }
    const auto type = std::find_if(tokens.begin(), tokens.end(), [](const std::string& token) {
      return token.starts_with("type=") && token.find('=', 5) == std::string::npos;
    });
    if (type == tokens.end()) {
      refuse("a Mount= without a type", word.place);
      return false;
    }
    const std::string kind = type->substr(5);
    if (kind != "volume" && kind != "bind" && kind != "glob" && kind != "image") {
      add("--mount", word.text, word.place);
      return true;
    }
    tokens.erase(type);
    std::string text = "type=" + kind;
    const auto is_source = [](const std::string& token) {
      return token.starts_with("source=") || token.starts_with("src=");
    };
    const auto last = std::find_if(tokens.rbegin(), tokens.rend(), is_source);
    for (std::string& token : tokens) {
      if (last != tokens.rend() && &token == &*last)
        token = "source=" + source(token.substr(token.find('=') + 1), word.place, true);
      text += "," + token;
    }
    add("--mount", text, word.place);
    return out_.refused.empty();
  }

  void health() {
    static constexpr KeyOption kHealth[] = {{"HealthCmd", "--health-cmd"},
                                            {"HealthInterval", "--health-interval"},
                                            {"HealthOnFailure", "--health-on-failure"},
                                            {"HealthLogDestination", "--health-log-destination"},
                                            {"HealthMaxLogCount", "--health-max-log-count"},
                                            {"HealthMaxLogSize", "--health-max-log-size"},
                                            {"HealthRetries", "--health-retries"},
                                            {"HealthStartPeriod", "--health-start-period"},
                                            {"HealthTimeout", "--health-timeout"},
                                            {"HealthStartupCmd", "--health-startup-cmd"},
                                            {"HealthStartupInterval", "--health-startup-interval"},
                                            {"HealthStartupRetries", "--health-startup-retries"},
                                            {"HealthStartupSuccess", "--health-startup-success"},
                                            {"HealthStartupTimeout", "--health-startup-timeout"}};
    for (const auto& [key, option] : kHealth) add_text(key, option);
  }

  bool join_pod() {
    const auto pod = unit_.text("Pod");
    if (!pod) return true;
    if (!pod->text.ends_with(".pod")) {
      refuse("a Pod= that is no unit of Quadlet: " + pod->text, pod->place);
      return false;
    }
    add("--pod", resource(pod->text, pod->place), pod->place);
    return out_.refused.empty();
  }

  std::optional<std::string> image_name(const QuadletText& image) {
    if (!image.text.ends_with(".image") && !image.text.ends_with(".build")) return image.text;
    const QuadletUnit* found = other(image.text, image.place);
    if (found == nullptr && names_.is_complete) return std::nullopt;
    return found ? names_.resource(*found) : image.text;
  }

  void pod() {
    base();
    add("pod", file());
    add("create", file());
    add("--infra-conmon-pidfile=%t/%N.pid", file());
    add("--replace", file());
    const auto policy = unit_.value(unit_.group(), "ExitPolicy");
    add("--exit-policy", policy ? policy->text : "stop", policy ? policy->place : file());
    if (!mappings(true)) return;
    add_each("PublishPort", "--publish");
    add_variables("Label", "--label");
    networks();
    static constexpr KeyOption kTexts[] = {
        {"IP", "--ip"}, {"IP6", "--ip6"}, {"ShmSize", "--shm-size"}};
    for (const auto& [key, option] : kTexts) add_text(key, option);
    static constexpr KeyOption kEach[] = {
        {"NetworkAlias", "--network-alias"}, {"DNS", "--dns"},
        {"DNSOption", "--dns-option"},       {"DNSSearch", "--dns-search"},
        {"AddHost", "--add-host"},           {"HostName", "--hostname"}};
    for (const auto& [key, option] : kEach) add_each(key, option);
    if (!volumes()) return;
    const std::string name = quadlet_resource(unit_);
    add("--infra-name", name + "-infra", file());
    add("--name", name, file());
    for (const QuadletText& word : unit_.arguments("PodmanArgs")) add(word.text, word.place);
  }

  void kube() {
    const auto yaml = unit_.text("Yaml");
    if (!yaml) {
      refuse("no Yaml=", file());
      return;
    }
    base();
    add("kube", file());
    add("play", file());
    if (!mappings(false)) return;
    networks();
    add_each("PublishPort", "--publish");
    for (const QuadletText& word : unit_.arguments("PodmanArgs")) add(word.text, word.place);
    add(absolute(yaml->text), yaml->place);
  }

  void volume() {
    base();
    add("volume", file());
    add("create", file());
    if (const auto driver = unit_.value(unit_.group(), "Driver");
        driver && driver->text == "image") {
      if (const auto image = unit_.value(unit_.group(), "Image"))
        image_name(*image);
      else
        refuse("no Image= for a volume of the driver image", driver->place);
      return;
    }
    if (!unit_.text("Device"))
      for (const std::string_view key : {"Type", "Options"})
        if (const auto value = unit_.text(key)) {
          refuse(std::string(key) + "= without Device=", value->place);
          return;
        }
  }

  void network() {
    base();
    add("network", file());
    add("create", file());
    const auto subnets = unit_.all(unit_.group(), "Subnet");
    for (const std::string_view key : {"Gateway", "IPRange"})
      if (const auto list = unit_.all(unit_.group(), key); list.size() > subnets.size()) {
        refuse("more of " + std::string(key) + "= than of Subnet=", list.back().place);
        return;
      }
  }

  void image() {
    const auto image = unit_.text("Image");
    if (!image) {
      refuse("no Image=", file());
      return;
    }
    base();
    add("image", file());
    add("pull", file());
    add_boolean("TLSVerify", "--tls-verify");
    for (const QuadletText& word : unit_.arguments("PodmanArgs")) add(word.text, word.place);
    add(image->text, image->place);
  }

  void image_build() {
    if (quadlet_resource(unit_).empty()) {
      refuse("no ImageTag=", file());
      return;
    }
    const auto directory = unit_.text("SetWorkingDirectory"), given = unit_.text("File");
    const auto service = unit_.value("Service", "WorkingDirectory");
    if (!directory && !given && (!service || service->text.empty())) {
      refuse("neither SetWorkingDirectory= nor File=", file());
      return;
    }
    base();
    add("build", file());
    add_boolean("TLSVerify", "--tls-verify");
    networks();
    if (!volumes()) return;
    for (const QuadletText& word : unit_.arguments("PodmanArgs")) add(word.text, word.place);
  }

  const QuadletUnit& unit_;
  const QuadletNames& names_;
  QuadletCommand out_;
  size_t size_ = 0;  // of the words
  Place file_;
};

}  // namespace

const QuadletUnit* QuadletNames::find(std::string_view name) const {
  const auto found = units.find(name);
  return found == units.end() ? nullptr : found->second;
}

const std::string& QuadletNames::resource(const QuadletUnit& unit) const {
  static const std::string kNone;
  if (refused.contains(&unit)) return kNone;
  const auto [known, is_new] = resources_.try_emplace(&unit);
  if (is_new) known->second = quadlet_resource(unit);
  return known->second;
}

namespace {

// Every "%N" is the name of the service.
std::string with_service(std::string_view name, const std::string& service) {
  std::string out;
  for (size_t at = name.find("%N"); at != std::string_view::npos; at = name.find("%N")) {
    out.append(name.substr(0, at)).append(service);
    name.remove_prefix(at + 2);
  }
  return out.append(name);
}

std::string written_resource(const QuadletUnit& unit) {
  const std::string_view type = unit.type();
  if (type == "container") {
    const auto given = unit.text("ContainerName");
    std::string name = given                                             ? given->text
                       : unit.name().find('@') == std::string_view::npos ? "systemd-%N"
                                                                         : "systemd-%p_%i";
    if (name.size() > kMostOfName) return "";
    name = with_service(name, unit.service());
    return name.find('%') == std::string::npos ? name : "";
  }
  if (type == "image") {
    const auto tag = unit.text("ImageTag"), image = unit.text("Image");
    return tag ? tag->text : image ? image->text : "";
  }
  if (type == "build") {
    const auto tags = unit.all(unit.group(), "ImageTag");
    return tags.empty() ? "" : tags.front().text;
  }
  const std::string key = std::string(unit.group()) + "Name";
  if (const auto given = unit.text(key)) return given->text;
  return "systemd-" + std::string(unit.name().substr(0, unit.name().rfind('.')));
}

}  // namespace

std::string quadlet_resource(const QuadletUnit& unit) {
  std::string out = written_resource(unit);
  return out.size() > kMostOfName ? "" : out;
}

QuadletCommand quadlet_command(const QuadletUnit& unit, const QuadletNames& names) {
  return Builder(unit, names).build();
}

// systemd.unit(5), "[INSTALL] SECTION OPTIONS", as far as the generator goes: of a template without an instance or
// DefaultInstance= only the aliases.
std::vector<QuadletText> quadlet_links(const QuadletUnit& unit) {
  std::vector<QuadletText> out;
  for (const QuadletText& alias : unit.list("Install", "Alias"))
    if (out.size() < kMostLinks) out.push_back(alias);
  std::string service = unit.service();
  if (const size_t at = service.find('@'); at != std::string::npos && at + 1 == service.size()) {
    const auto instance = unit.value("Install", "DefaultInstance");
    if (!instance) return out;
    service += instance->text;
  }
  for (const auto& [key, suffix] :
       {KeyOption{"WantedBy", ".wants/"}, {"RequiredBy", ".requires/"}, {"UpheldBy", ".upholds/"}})
    for (const QuadletText& by : unit.list("Install", key))
      if (by.text.find('/') == std::string::npos && out.size() < kMostLinks)
        out.push_back({by.text + std::string(suffix) + service + ".service", by.place});
  return out;
}

}  // namespace drydock::facts
