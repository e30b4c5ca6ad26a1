#include "analyzer/facts/collect/quadlet.h"

#include <algorithm>
#include <deque>
#include <map>

#include "analyzer/facts/collect/podman_run.h"
#include "analyzer/facts/collect/quadlet_command.h"
#include "analyzer/facts/collect/quadlet_unit.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

// podman-systemd.unit(5), "Podman rootful unit search path"; of equal names the first counts.
constexpr std::string_view kSearchPath[] = {"run/containers/systemd", "etc/containers/systemd",
                                            "usr/share/containers/systemd"};
// "Podman rootless unit search path", below a home and for users in general.
constexpr std::string_view kUsers = "etc/containers/systemd/users";
constexpr std::string_view kOfHome = ".config/containers/systemd";
constexpr std::string_view kTypes[] = {"container", "pod",   "kube", "volume",
                                       "network",   "image", "build"};

bool is_set(const ContainerModel& container, std::string_view key) {
  return std::any_of(container.settings.begin(), container.settings.end(),
                     [&](const ContainerSetting& s) { return s.key == key; });
}
std::string setting(const ContainerModel& container, std::string_view key) {
  for (const ContainerSetting& s : container.settings)
    if (s.key == key) return s.value;
  return "";
}

struct QuadletRow {
  std::string path, type, service, resource, refused;
  bool is_rootless = false;
  std::vector<std::string> command;
  std::string links;
};

struct QuadletUnits {
  std::vector<ContainerModel> containers;
  std::vector<QuadletRow> rows;
};

// A unit with what its command says.
struct Made {
  const QuadletUnit* unit = nullptr;
  QuadletCommand command;
  ContainerModel model;
  PodmanRun run;
};

// All units of a search path; pods, volumes and networks also by the names of what they make.
struct Units {
  QuadletNames names;
  std::map<std::string, Made, std::less<>> made;  // by file name
  std::map<std::pair<std::string_view, std::string>, const Made*> resources;

  const Made* find(std::string_view type, const std::string& resource) const {
    const auto found = resources.find({type, resource});
    return found == resources.end() ? nullptr : found->second;
  }
};

// The container of a .container unit, or the one that holds a pod's name spaces.
class Maker {
 public:
  Maker(Context& context, const Units& units, const Made& made)
      : context_(context), units_(units), unit_(*made.unit), run_(made.run), out_(made.model) {}

  ContainerModel make() {
    out_.engine = "podman";
    out_.source = "quadlet";
    out_.id = unit_.path();
    out_.place = {unit_.path(), Span{}};
    out_.name = unit_.expand(out_.name);
    user_namespace();
    bind_volumes();
    networks();
    if (unit_.type() == "pod") {
      // What the containers of a pod share; the rest are settings of each of them.
      out_.name += "-infra";
      return std::move(out_);
    }
    service();
    if (!run_.pod.empty()) join();
    image();
    defaults();
    return std::move(out_);
  }

 private:
  void fall_back(std::string_view key, std::string value, std::string_view because = {}) {
    if (!is_set(out_, key)) out_.set(key, std::move(value), out_.place, because);
  }

  static bool is_own(const std::string& user_namespace) {
    return !user_namespace.empty() && user_namespace != "host";
  }
  void user_namespace() {
    if (!context_.is_fragment())
      out_.is_host_root = !unit_.is_rootless() && !is_own(run_.user_namespace);
  }

  // A volume of a .volume unit that is a directory of the host: mount(8), "bind".
  void bind_volumes() {
    std::map<const Made*, std::optional<Bind>> binds;
    for (ContainerMount& mount : out_.mounts) {
      const Made* volume = mount.type == "volume" ? units_.find("volume", mount.source) : nullptr;
      if (volume == nullptr) continue;
      const auto [known, is_new] = binds.try_emplace(volume);
      if (is_new) known->second = bind(*volume->unit);
      if (!known->second) continue;
      mount.type = "bind";
      mount.source = known->second->source;
      mount.read_only = mount.read_only || known->second->is_read_only;
    }
  }
  struct Bind {
    std::string source;
    bool is_read_only = false;
  };
  static std::optional<Bind> bind(const QuadletUnit& volume) {
    const auto device = volume.text("Device"), type = volume.text("Type"),
               options = volume.text("Options");
    if (!device || !device->text.starts_with('/')) return std::nullopt;
    bool is_bind = type && type->text == "bind", is_read_only = false;
    for (std::string_view rest = options ? std::string_view(options->text) : ""; !rest.empty();) {
      const std::string_view word = rest.substr(0, rest.find(','));
      if (word == "bind" || word == "rbind") is_bind = true;
      if (word == "ro") is_read_only = true;
      rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    }
    return is_bind ? std::optional(Bind{device->text, is_read_only}) : std::nullopt;
  }

  // An internal network publishes nothing: podman-network-create(1), --internal.
  void networks() {
    const auto is_internal = [&](const ContainerWord& network) {
      const Made* made = units_.find("network", network.name);
      const auto internal = made ? made->unit->boolean("Internal") : std::nullopt;
      return internal && internal->first;
    };
    const std::string mode = setting(out_, "network");
    if (mode == "host" || mode == "none" ||
        (!out_.networks.empty() &&
         std::all_of(out_.networks.begin(), out_.networks.end(), is_internal)))
      out_.is_publishing = false;
  }

  // Limits of the service hold for the container as well: it runs in the unit's control group.
  void service() {
    const auto value = [&](std::string_view key) {
      auto out = unit_.value("Service", key);
      if (out && out->text.empty()) out.reset();
      return out;
    };
    if (const auto memory = value("MemoryMax"); memory && !is_set(out_, "memory"))
      out_.set("memory", memory->text == "infinity" ? "0" : memory->text, memory->place);
    if (const auto tasks = value("TasksMax"); tasks && !is_set(out_, "pids-limit"))
      out_.set("pids-limit", tasks->text == "infinity" ? "0" : tasks->text, tasks->place);
    for (const std::string_view key : {"CPUQuota", "CPUWeight"})
      if (const auto cpu = value(key); cpu && !is_set(out_, "cpu-limit"))
        out_.set("cpu-limit", key == "CPUQuota" ? "quota" : "shares", cpu->place);
  }

  // podman-pod-create(1), --share: the network, IPC and host name are the pod's, as are its user namespace and its
  // security options.
  void join() {
    for (const std::string_view key : {"network", "ipc", "uts"})
      if (!is_set(out_, key)) out_.set(key, "pod", out_.place);
    const Made* pod = units_.find("pod", run_.pod);
    if (pod == nullptr) return;
    if (is_own(pod->run.user_namespace) && out_.is_host_root) out_.is_host_root = false;
    for (const ContainerSetting& s : pod->model.settings)
      for (const std::string_view key :
           {"memory", "cpu-limit", "seccomp", "apparmor", "selinux-label", "no-new-privileges"})
        if (s.key == key && !is_set(out_, key)) out_.settings.push_back(s);
  }

  // The registry's certificate is not verified where a .image or .build unit fetches the image.
  void image() {
    const auto written = unit_.text("Image");
    const auto from = written ? units_.made.find(written->text) : units_.made.end();
    if (from == units_.made.end() || is_set(out_, "tls-verify")) return;
    for (const ContainerSetting& s : from->second.model.settings)
      if (s.key == "tls-verify") out_.settings.push_back(s);
  }

  // What podman-run(1) has for what is not written; in a fragment only what is written counts.
  void defaults() {
    fall_back("privileged", "false");
    if (run_.is_privileged) {
      const auto at = std::find_if(out_.settings.begin(), out_.settings.end(),
                                   [](const ContainerSetting& s) { return s.key == "privileged"; });
      const Place place = at->place;
      for (const std::string_view key : {"seccomp", "apparmor"})
        if (!is_set(out_, key)) out_.set(key, "unconfined", place, "privileged");
    }
    if (context_.is_fragment()) return;
    fall_back("user", "");
    fall_back("read-only", "false");
    fall_back("no-new-privileges", "false");
    fall_back("network", "bridge");
    fall_back("seccomp", "default");
    fall_back("apparmor", "containers-default");
    fall_back("memory", "0");
    fall_back("pids-limit", "2048");
    fall_back("cpu-limit", "none");
    fall_back("health-check", "none");
  }

  Context& context_;
  const Units& units_;
  const QuadletUnit& unit_;
  const PodmanRun& run_;
  ContainerModel out_;
};

bool is_unit(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot != std::string_view::npos && dot > 0 &&
         std::find(std::begin(kTypes), std::end(kTypes), name.substr(dot + 1)) != std::end(kTypes);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Where drop-ins for a unit stand, those of the longest name first: its own, of an instance the template's, of a
// name with dashes those of what stands before each, those of all of the type.
std::vector<std::string> drop_in_directories(const std::string& unit) {
  const std::string suffix = unit.substr(unit.rfind('.'));
  std::string name = unit.substr(0, unit.size() - suffix.size());
  std::vector<std::string> list{unit + ".d"};
  if (const size_t at = name.find('@'); at != std::string::npos) {
    if (at + 1 < name.size()) list.push_back(name.substr(0, at + 1) + suffix + ".d");
    name.resize(at);
  }
  for (size_t dash = name.rfind('-'); dash != std::string::npos && dash > 0;
       dash = name.rfind('-', dash - 1)) {
    if (dash + 1 < name.size() || name.size() + suffix.size() < unit.size())
      list.push_back(name.substr(0, dash + 1) + suffix + ".d");
  }
  list.push_back(suffix.substr(1) + ".d");
  return list;
}

// A search path with the directories below it, which "Quadlet will recursively search", but for those of users in
// the system's and of single users in that of all.
void with_subdirectories(Context& context, const std::string& directory, int depth,
                         std::vector<std::string>& out) {
  constexpr int kDepth = 8;
  constexpr size_t kDirectories = 1000;
  const auto names = context.tree().list(directory);
  if (!names) return;
  if (depth > kDepth || out.size() == kDirectories) {
    context.issue(directory, {"too-deep", Span{1, 1, 1, 1},
                              "there are too many directories below each other to be read",
                              parsers::Effect::refused});
    return;
  }
  out.push_back(directory);
  for (const std::string& name : *names) {
    const std::string path = directory + "/" + name;
    if (path == kUsers || (directory == kUsers && is_number(name)) || name.ends_with(".d") ||
        is_unit(name))
      continue;
    with_subdirectories(context, path, depth + 1, out);
  }
}

// What all units together may take: a drop-in of many units is read, and kept, for each.
class Budget {
 public:
  // Whether one more file may be read; says once that none is.
  bool admits(Context& context, const std::string& path) {
    constexpr size_t kFiles = 100'000, kBytes = size_t{128} << 20, kAssignments = 500'000;
    const auto stat = context.tree().stat(path);
    bytes_ += stat ? stat->size : 0;
    const bool admitted = ++files_ <= kFiles && bytes_ <= kBytes && assignments_ <= kAssignments;
    if (!admitted && !is_said_)
      context.issue(path, {"too-much", Span{1, 1, 1, 1},
                           "there are too many units with too many drop-ins to be read",
                           parsers::Effect::refused});
    is_said_ |= !admitted;
    return admitted;
  }
  void add(const QuadletUnit& unit) { assignments_ += unit.assignments(); }

 private:
  size_t files_ = 0, bytes_ = 0, assignments_ = 0;
  bool is_said_ = false;
};

// The units of one search path, and the containers of them.
class Search {
 public:
  // `directories` in the order of precedence, subdirectories among them.
  Search(Context& context, const std::vector<std::string>& directories, bool is_rootless,
         Budget& budget)
      : context_(context), is_rootless_(is_rootless), budget_(budget) {
    for (size_t i = 0; i < directories.size(); ++i)
      if (const auto names = context.tree().list(directories[i]))
        for (const std::string& name : *names)
          if (name.ends_with(".d")) drop_ins_[name].emplace_back(i, directories[i] + "/" + name);
  }

  void add_all(const std::string& directory) {
    for (const std::string& file : context_.tree().glob(directory, "*"))
      if (is_unit(file_name(file))) add(file);
  }
  // One that Podman refuses hides none of the same name behind it.
  void add(const std::string& file) {
    if (units_.names.units.contains(file_name(file))) return;
    QuadletUnit unit(file, is_rootless_);
    if (!budget_.admits(context_, file) || !unit.read(context_)) return;
    // Sorted by the files' names; of equal ones the first directory's counts, and in one that for the longer name.
    std::vector<std::pair<size_t, const std::string*>> places;
    for (const std::string& name : drop_in_directories(std::string(file_name(file))))
      if (const auto found = drop_ins_.find(name); found != drop_ins_.end())
        for (const auto& [index, directory] : found->second) places.emplace_back(index, &directory);
    std::stable_sort(places.begin(), places.end(),
                     [](const auto& one, const auto& other) { return one.first < other.first; });
    std::map<std::string, std::string> files;
    for (const auto& [index, directory] : places)
      for (const std::string& drop_in : context_.tree().glob(*directory, "*.conf"))
        files.try_emplace(std::string(file_name(drop_in)), drop_in);
    for (const auto& [name, drop_in] : files)
      if (budget_.admits(context_, drop_in)) unit.merge(context_, drop_in);
    budget_.add(unit);
    all_.push_back(std::move(unit));
    units_.names.units.insert_or_assign(std::string(file_name(file)), &all_.back());
  }

  void make(QuadletUnits& out) {
    units_.names.is_complete = !context_.is_fragment();
    const auto is_named_first = [](const QuadletUnit* unit) {
      return unit->type() == "image" || unit->type() == "volume" || unit->type() == "network";
    };
    std::vector<const QuadletUnit*> order;
    for (const auto& [name, unit] : units_.names.units) order.push_back(unit);
    std::stable_partition(order.begin(), order.end(), is_named_first);
    for (const QuadletUnit* unit : order) {
      Made made{unit, quadlet_command(*unit, units_.names), {}, {}};
      say(*unit, made.command, out);
      if (made.command.refused.empty()) {
        made.run = read_podman_run(made.command.words, made.model);
        units_.made.emplace(std::string(unit->name()), std::move(made));
      } else if (is_named_first(unit)) {
        units_.names.refused.insert(unit);
      }
    }
    for (const auto& [name, made] : units_.made)
      units_.resources.emplace(std::pair{made.unit->type(), quadlet_resource(*made.unit)}, &made);
    for (const auto& [name, made] : units_.made)
      if (made.unit->type() == "container" || made.unit->type() == "pod")
        out.containers.push_back(Maker(context_, units_, made).make());
  }

 private:
  void say(const QuadletUnit& unit, const QuadletCommand& command, QuadletUnits& out) {
    QuadletRow row{.path = unit.path(),
                   .type = std::string(unit.type()),
                   .service = unit.service() + ".service",
                   .resource = quadlet_resource(unit),
                   .refused = command.refused,
                   .is_rootless = unit.is_rootless(),
                   .command = {},
                   .links = {}};
    if (command.refused.empty()) {
      for (const QuadletText& word : command.words) row.command.push_back(word.text);
      for (const QuadletText& link : quadlet_links(unit))
        row.links.append(row.links.empty() ? "" : " ").append(link.text);
      if (const auto yaml = unit.type() == "kube" ? unit.text("Yaml") : std::nullopt)
        context_.issue(yaml->place.path,
                       {"not-read", yaml->place.span,
                        "the containers of the Kubernetes file '" + yaml->text + "' are not read",
                        parsers::Effect::refused});
    } else {
      const Span span = command.place.span.line == 0 ? Span{1, 1, 1, 1} : command.place.span;
      context_.issue(
          command.place.path,
          {"no-service", span, "Quadlet makes no service of the unit: " + command.refused,
           command.is_of_release ? parsers::Effect::refused : parsers::Effect::ignored});
    }
    out.rows.push_back(std::move(row));
  }

  Context& context_;
  bool is_rootless_;
  Budget& budget_;
  // Drop-in directories by their names, with which of the search path's they lie in.
  std::map<std::string, std::vector<std::pair<size_t, std::string>>, std::less<>> drop_ins_;
  std::deque<QuadletUnit> all_;
  Units units_;
};

QuadletUnits read_quadlet(Context& context) {
  const Tree& tree = context.tree();
  QuadletUnits out;
  Budget budget;
  if (context.is_fragment()) {
    // Units of one directory belong together.
    static constexpr std::string_view kFiles[] = {"*.container", "*.pod", "*.volume"};
    std::map<std::string, std::vector<std::string>> directories;
    for (const std::string& path : context.loose(kFiles))
      directories[std::string(parent_path(path))].push_back(path);
    for (const auto& [directory, files] : directories) {
      if (std::none_of(files.begin(), files.end(), [](const std::string& file) {
            return file.ends_with(".container") || file.ends_with(".pod");
          }))
        continue;
      Search search(context, {directory}, true, budget);
      for (const std::string& file : files) search.add(file);
      search.make(out);
    }
    return out;
  }
  const auto scan = [&](const std::vector<std::string>& top, bool is_rootless) {
    std::vector<std::string> directories;
    for (const std::string& directory : top)
      with_subdirectories(context, directory, 0, directories);
    Search search(context, directories, is_rootless, budget);
    for (const std::string& directory : directories) search.add_all(directory);
    search.make(out);
  };
  scan({std::begin(kSearchPath), std::end(kSearchPath)}, false);
  scan({"root/" + std::string(kOfHome)}, false);
  scan({std::string(kUsers)}, true);
  for (const std::string_view base : {std::string_view("home"), kUsers})
    if (const auto names = tree.list(base))
      for (const std::string& name : *names) {
        if (base == "home")
          scan({"home/" + name + "/" + std::string(kOfHome)}, true);
        else if (is_number(name))
          scan({std::string(base) + "/" + name}, true);
      }
  return out;
}

// As a string of JSON (RFC 8259, section 7).
std::string json_text(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c >= 0 && c < ' ') {
      out.append("\\u00").append(1, kDigits[static_cast<size_t>(c) >> 4]);
      out += kDigits[static_cast<size_t>(c) & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

const QuadletUnits& all_units(Context& context) {
  return context.shared<QuadletUnits>([&] { return read_quadlet(context); });
}

}  // namespace

const TableSpec kQuadletUnitTable{
    .name = "quadlet_unit",
    .kind = TableKind::effective,
    .doc =
        "A file that Quadlet (podman-systemd.unit(5)) makes a service of, with its drop-ins: the "
        "command that starts "
        "it, or why there is none.",
    .columns =
        {{"path", ColumnType::text, "etc/containers/systemd/web.container; container.id of one."},
         {"type", ColumnType::text, "container, pod, kube, volume, network, image or build."},
         {"service", ColumnType::text, "web.service."},
         {"resource", ColumnType::text,
          "The name of the container, pod, volume, network or image; NULL: it has specifiers of a "
          "template, or is longer than 4,096 bytes."},
         {"command", ColumnType::text,
          "The words behind `podman` as a JSON array, without secrets: of a container and of a pod "
          "all, of the others those that matter here. NULL: no service is made."},
         {"refused", ColumnType::text, "Why no service is made; NULL: one is."},
         {"is_rootless", ColumnType::boolean, "1: of a user's service manager."},
         {"links", ColumnType::text,
          "What [Install] makes, with blanks: multi-user.target.wants/web.service; empty: nothing "
          "starts it."},
         {"loc", ColumnType::location, "The file."}},
    .indexes = {"path"},
    .examples = {"SELECT path, service, links, refused FROM quadlet_unit"}};

const std::vector<ContainerModel>& quadlet_containers(Context& context) {
  return all_units(context).containers;
}

void write_quadlet(Context& context) {
  using std::string_view;
  for (const QuadletRow& row : all_units(context).rows) {
    std::string command = "[";
    for (const std::string& word : row.command)
      command.append(command.size() > 1 ? "," : "").append(json_text(without_secrets(word)));
    command += "]";
    context.store().insert(
        kQuadletUnitTable,
        {string_view(row.path), string_view(row.type), string_view(row.service),
         row.resource.empty() ? Value(Null{}) : Value(string_view(row.resource)),
         row.refused.empty() ? Value(string_view(command)) : Value(Null{}),
         row.refused.empty() ? Value(Null{}) : Value(string_view(row.refused)), row.is_rootless,
         string_view(row.links), context.store().locate(row.path, Span{})});
  }
}

std::vector<std::string_view> quadlet_paths() {
  return {"run/containers/systemd/**", "etc/containers/systemd/**",
          "usr/share/containers/systemd/**", "root/.config/containers/systemd/**",
          "home/*/.config/containers/systemd/**"};
}

}  // namespace drydock::facts
