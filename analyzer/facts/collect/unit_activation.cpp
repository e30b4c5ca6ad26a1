// systemd.special(7) for the targets every host has, bootup(7) for their order, systemd.socket(5),
// systemd.timer(5), systemd.path(5), systemd-sysv-generator(8), systemd-rc-local-generator(8).
#include "analyzer/facts/collect/unit_activation.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "analyzer/facts/collect/kernel_unit.h"
#include "analyzer/facts/collect/unit_name.h"
#include "analyzer/facts/collect/unit_specifier.h"

namespace drydock::facts {
namespace {

// A host starts these one from the other, whether or not their unit files are in the tree.
constexpr std::pair<std::string_view, std::string_view> kBoot[] = {
    {"graphical.target", "multi-user.target"}, {"multi-user.target", "basic.target"},
    {"basic.target", "sysinit.target"},        {"basic.target", "sockets.target"},
    {"basic.target", "timers.target"},         {"basic.target", "paths.target"},
    {"basic.target", "slices.target"},         {"sysinit.target", "local-fs.target"},
    {"sysinit.target", "swap.target"},         {"multi-user.target", "remote-fs.target"},
    {"multi-user.target", "getty.target"}};

struct LinkKind {
  std::string_view suffix, how;
};
constexpr LinkKind kLinks[] = {
    {".wants", "wants-link"}, {".requires", "requires-link"}, {".upholds", "upholds-link"}};

struct SettingKind {
  std::string_view key, how;
};
constexpr SettingKind kSettings[] = {{"Wants", "wants"},          {"Requires", "requires"},
                                     {"BindsTo", "binds-to"},     {"Upholds", "upholds"},
                                     {"OnFailure", "on-failure"}, {"OnSuccess", "on-success"}};

// Units beyond those that have a file of their own: instances, of which a hostile tree can name any
// number.
constexpr size_t kInstances = 500;

class Graph {
 public:
  explicit Graph(Context& context)
      : tree_(context.tree()), files_(units(context)), kernel_(kernel_units(context)) {
    for (const KernelUnit& one : kernel_.masked) masked_.insert(one.name);
  }

  std::vector<UnitActivation> run() {
    read_link_directories();
    const std::vector<std::string> names = files_.names();
    most_ = names.size() + kInstances;
    for (const std::string& name : names) visit(name);
    // Targets whose own file is not in the tree: what hangs on them is started all the same.
    for (const auto& [owner, links] : links_)
      if (!files_.find(owner))
        for (const Link& link : links) add(link.name, owner, link.how, link.path, {});
    kernel_wants();
    bus_services();
    init_scripts();
    for (size_t i = 0; i < pending_.size(); ++i) edges_of(*pending_[i]);  // grows while it runs
    mark_reached();
    const auto order = [](const UnitActivation& one) {
      return std::tie(one.unit, one.by, one.how, one.path);
    };
    std::ranges::sort(edges_, {}, order);
    const auto doubled = std::ranges::unique(edges_, {}, order);
    edges_.erase(doubled.begin(), doubled.end());
    return std::move(edges_);
  }

 private:
  // The unit of a name, and its own edges to come; nullptr: there is none to start.
  const Unit* visit(std::string_view name) {
    const Unit* unit = files_.find(name);
    if (!unit || unit->load != Unit::Load::loaded || is_masked(name) || is_masked(unit->id))
      return nullptr;
    if (!seen_.contains(unit->id) && seen_.size() < most_) {
      seen_.insert(unit->id);
      const Unit* own = unit->id == unit->name ? unit : files_.find(unit->id);
      pending_.push_back(own ? own : unit);
    }
    return unit;
  }

  // systemd.mask= of the kernel's command line: a generator's link to /dev/null, before /etc.
  bool is_masked(std::string_view name) const { return masked_.contains(name); }

  // Where the host boots to.
  std::string start() const {
    const std::string_view name =
        kernel_.target.empty() ? std::string_view("default.target") : kernel_.target[0].name;
    const Unit* unit = files_.find(name);
    if (unit && unit->load == Unit::Load::loaded) return unit->id;
    return kernel_.target.empty() ? "graphical.target" : std::string(name);
  }

  // systemd-debug-generator(8): "systemd.wants=", as a link of the target that is started.
  void kernel_wants() {
    for (const KernelUnit& one : kernel_.wanted)
      add(one.name, start(), "kernel-argument", one.path, one.span);
  }

  void add(std::string_view name, std::string_view by, std::string_view how, std::string_view path,
           Span span) {
    if (const Unit* unit = visit(name))
      edges_.push_back({unit->id, std::string(by), how, false, std::string(path), span});
  }

  // "multi-user.target.wants/ssh.service": of links of one name the directory that counts most has
  // the say, and one to /dev/null takes the link away.
  void read_link_directories() {
    std::set<std::pair<std::string, std::string>> known;
    for (const std::string& searched : files_.search_path()) {
      const auto names = tree_.list(searched);
      if (!names) continue;
      for (const std::string& directory : *names)
        for (const LinkKind& kind : kLinks) {
          if (!directory.ends_with(kind.suffix)) continue;
          const auto real = tree_.resolve(join_path(searched, directory));
          const auto members =
              real ? tree_.list(*real) : TreeResult<std::vector<std::string>>(real.error());
          if (!members) continue;
          for (const std::string& member : *members) {
            const std::string path = join_path(*real, member);
            if (!unit_name_kind(member) || !known.emplace(directory, member).second) continue;
            const auto stat = tree_.lstat(path);
            if (stat && stat->type == NodeType::symlink && !is_mask(tree_, path))
              links_[directory.substr(0, directory.size() - kind.suffix.size())].push_back(
                  {member, path, kind.how});
          }
        }
    }
  }

  // "X.wants" of the unit's own name, of its aliases and of its template.
  void link_edges(const Unit& unit) {
    std::vector<std::string> names = unit.names;
    for (const std::string& name : unit.names) names.push_back(unit_template(name));
    std::set<std::string> done;
    for (const std::string& name : names) {
      const auto found = links_.find(name);
      if (found == links_.end() || !done.insert(name).second) continue;
      for (const Link& link : found->second) {
        // A link to a template stands for its instance of the unit's own instance name.
        const bool general = unit_name_kind(link.name) == UnitNameKind::template_;
        if (general && unit_instance(unit.id).empty()) continue;
        add(general ? instantiate(link.name, unit_instance(unit.id)) : link.name, unit.id, link.how,
            link.path, {});
      }
    }
  }

  void edges_of(const Unit& unit) {
    link_edges(unit);
    for (const SettingKind& kind : kSettings)
      for (const UnitLine* line : unit.setting("Unit", kind.key).lines)
        for (const parsers::unit::Word& word : parsers::unit::split_words(line->value).words)
          if (const auto name = expand_specifiers(tree_, unit, word.text))
            add(*name, unit.id, kind.how, line->path, line->span);
    const std::string_view type = unit_type(unit.id);
    const std::string stem = unit.id.substr(0, unit.id.size() - type.size());
    if (type == "socket") {
      const UnitSetting accept = unit.setting("Socket", "Accept");
      const bool each = parsers::unit::boolean(accept.value()).value_or(false);
      // "ssh.socket" with Accept=yes starts instances of "ssh@.service".
      const size_t at = stem.find('@');
      const std::string service = at != std::string::npos ? stem + "service"
                                  : each ? stem.substr(0, stem.size() - 1) + "@.service"
                                         : stem + "service";
      trigger(unit, "Socket", "Service", each ? std::string() : service, "socket");
      if (each) add(service, unit.id, "socket", unit.path, {});
    } else if (type == "timer") {
      trigger(unit, "Timer", "Unit", stem + "service", "timer");
    } else if (type == "path") {
      trigger(unit, "Path", "Unit", stem + "service", "path");
    } else if (type == "automount") {
      add(stem + "mount", unit.id, "automount", unit.path, {});
    }
  }

  // What a socket, timer or path unit starts: the unit its setting names, else that of its name.
  void trigger(const Unit& unit, std::string_view section, std::string_view key,
               const std::string& usual, std::string_view how) {
    const UnitSetting setting = unit.setting(section, key);
    if (setting) {
      const UnitLine& line = *setting.lines.back();
      if (const auto name = expand_specifiers(tree_, unit, line.value))
        add(*name, unit.id, how, line.path, line.span);
    } else if (!usual.empty()) {
      add(usual, unit.id, how, unit.path, {});
    }
  }

  // dbus-daemon(1), "session and system services": SystemdService= of a bus name's file.
  void bus_services() {
    std::set<std::string> known;
    for (const std::string_view directory :
         {"etc/dbus-1/system-services", "usr/local/share/dbus-1/system-services",
          "usr/share/dbus-1/system-services", "usr/lib/dbus-1/system-services"})
      for (const std::string& path : tree_.glob(directory, "*.service")) {
        const auto text = tree_.read_resolved(path);
        if (!text || !known.emplace(file_name(path)).second) continue;
        std::string bus;
        const parsers::unit::Assignment* starts = nullptr;
        const parsers::unit::File file = parsers::unit::parse(*text);
        for (const parsers::unit::Assignment& line : file.assignments) {
          if (line.section != "D-BUS Service") continue;
          if (line.key == "Name") bus = line.value;
          if (line.key == "SystemdService") starts = &line;
        }
        if (starts) add(starts->value, bus, "dbus", path, starts->span);
      }
  }

  // systemd-sysv-generator(8): a script with start links in the runlevels and no unit of its name
  // becomes one. systemd-rc-local-generator(8): so does an executable /etc/rc.local.
  void init_scripts() {
    for (const std::string_view level : {"etc/rc2.d", "etc/rc3.d", "etc/rc4.d", "etc/rc5.d"})
      for (const std::string& link : tree_.glob(level, "S[0-9][0-9]*")) {
        const std::string script(file_name(link).substr(3));
        std::string name = script;
        if (name.ends_with(".sh")) name.resize(name.size() - 3);
        name += ".service";
        if (files_.find(name) || is_masked(name) || !is_program("etc/init.d/" + script)) continue;
        edges_.push_back({name, "multi-user.target", "sysv", false, link, {}});
      }
    if (is_program("etc/rc.local") && !is_masked("rc-local.service"))
      edges_.push_back(
          {"rc-local.service", "multi-user.target", "rc-local", false, "etc/rc.local", {}});
  }

  bool is_program(std::string_view path) const {
    const auto stat = tree_.stat(path);
    return stat && stat->type == NodeType::file && (stat->mode & 0111) != 0;
  }

  void mark_reached() {
    std::multimap<std::string_view, size_t> by;
    for (size_t i = 0; i < edges_.size(); ++i) by.emplace(edges_[i].by, i);
    std::set<std::string, std::less<>> reached;
    std::deque<std::string> queue;
    const auto reach = [&](std::string_view name) {
      const Unit* unit = files_.find(name);
      if (unit && unit->load == Unit::Load::masked) return;
      const std::string id = unit ? unit->id : std::string(name);
      if (is_masked(name) || is_masked(id)) return;
      if (reached.insert(id).second) queue.push_back(id);
    };
    reach(start());
    while (!queue.empty()) {
      const std::string name = std::move(queue.front());
      queue.pop_front();
      for (const auto& [from, to] : kBoot)
        if (from == name) reach(to);
      const auto [first, last] = by.equal_range(name);
      for (auto it = first; it != last; ++it) {
        if (edges_[it->second].how == "on-failure") continue;
        edges_[it->second].reached = true;
        reach(edges_[it->second].unit);
      }
      // Who can be asked for over the bus can be started once the bus is there.
      if (name == "dbus.service" || name == "dbus.socket" || name == "dbus-broker.service")
        for (UnitActivation& edge : edges_)
          if (edge.how == "dbus" && !edge.reached) {
            edge.reached = true;
            reach(edge.unit);
          }
    }
  }

  struct Link {
    std::string name, path;
    std::string_view how;
  };

  const Tree& tree_;
  const UnitFiles& files_;
  KernelUnits kernel_;
  std::set<std::string, std::less<>> masked_;
  std::map<std::string, std::vector<Link>, std::less<>> links_;  // by the unit that has them
  std::set<std::string> seen_;
  size_t most_ = 0;  // units that are looked at
  std::vector<const Unit*> pending_;
  std::vector<UnitActivation> edges_;
};

void collect_activations(Context& context) {
  Store& store = context.store();
  for (const UnitActivation& one : unit_activations(context).all)
    store.insert(kUnitActivationTable,
                 {std::string_view(one.unit), std::string_view(one.by), one.how, one.reached,
                  std::string_view(one.path), store.locate(one.path, one.span)});
}

}  // namespace

const TableSpec kUnitActivationTable{
    .name = "unit_activation",
    .kind = TableKind::effective,
    .doc =
        "What starts a unit: a link in a .wants, .requires or .upholds directory, a setting of "
        "another unit, a socket, timer or path unit, the message bus, an init script, the kernel's "
        "command line (systemd.unit(5), systemd.socket(5), systemd.timer(5)). Masked units, also "
        "those of systemd.mask=, have no rows, a fragment neither.",
    .columns =
        {{"unit", ColumnType::text,
          "The unit that is started, an instance as such: getty@tty1.service; of a socket that "
          "starts a service for each connection its template."},
         {"by", ColumnType::text, "The unit, or the name on the bus, that starts it."},
         {"how", ColumnType::text,
          "wants-link, requires-link, upholds-link, wants, requires, binds-to, upholds, "
          "on-failure, "
          "on-success, socket, timer, path, automount, dbus, sysv, rc-local or kernel-argument "
          "(systemd.wants= and systemd.debug_shell of the command line that boots)."},
         {"reached", ColumnType::boolean,
          "Whether a host that boots to its default target starts it this way, or waits to: 0 for "
          "what hangs on units that nothing starts, or on a failure. Conditions are taken to "
          "hold."},
         {"path", ColumnType::text, "The link, unit file or bus service that says so."},
         {"loc", ColumnType::location, "The setting, or the file or link as a whole."}},
    .indexes = {"unit"},
    .examples = {"SELECT DISTINCT unit, how, by FROM unit_activation WHERE reached AND how IN "
                 "('socket', 'timer', 'dbus')"}};

const Collector kUnitActivationCollector{
    .name = "unit-activation",
    .tables = {&kUnitActivationTable},
    .needs = {},
    .hints = {"boot_argument"},
    .paths = unit_paths({std::begin(kActivationPaths), std::end(kActivationPaths)}),
    .loose = {},
    .collect = collect_activations};

const UnitActivations& unit_activations(Context& context) {
  return context.shared<UnitActivations>([&] {
    if (context.is_fragment()) return UnitActivations{};
    return UnitActivations{Graph(context).run()};
  });
}

}  // namespace drydock::facts
