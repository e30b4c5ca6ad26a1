// systemd.unit(5) "UNIT FILE LOAD PATH" and the paragraphs on aliases, templates and drop-ins.
#include "analyzer/facts/collect/unit_files.h"

#include <algorithm>
#include <set>

#include "analyzer/base/limits.h"
#include "analyzer/facts/collect/unit_name.h"
#include "analyzer/facts/collect/unit_refusal.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

constexpr int kAliasHops = 8;  // systemd gives up there too
constexpr size_t kDropInBytes = size_t{256} << 20;

}  // namespace

std::string link_target(const Tree& tree, std::string_view directory, std::string_view target) {
  const std::string path = normal_path(join_path(directory, target));
  if (const auto real = tree.resolve(path, false)) return *real;
  if (const auto parent = tree.resolve(parent_path(path)))
    return join_path(*parent, file_name(path));
  return path;
}

bool in_search_path(const std::vector<std::string>& search_path, std::string_view path) {
  const auto below = [&](std::string_view directory) {
    return path.size() > directory.size() && path.starts_with(directory) &&
           path[directory.size()] == '/';
  };
  return std::ranges::any_of(search_path, below) || std::ranges::any_of(kUnitSearchPath, below);
}

bool is_mask(const Tree& tree, const std::string& path) {
  // Link by link, for a tree need not hold the device.
  std::string at = path;
  for (int hop = 0; hop < limits::kSymlinks && at != "dev/null"; ++hop) {
    const auto stat = tree.lstat(at);
    if (!stat) return false;
    if (stat->type != NodeType::symlink) return stat->type == NodeType::file && stat->size == 0;
    const auto written = tree.readlink(at);
    if (!written) return false;
    at = link_target(tree, parent_path(at), *written);
  }
  return at == "dev/null";
}

std::string_view name(Unit::Load load) {
  switch (load) {
    case Unit::Load::loaded:
      return "loaded";
    case Unit::Load::masked:
      return "masked";
    case Unit::Load::not_found:
      return "not-found";
    case Unit::Load::error:
      return "error";
  }
  return "error";
}

struct UnitFiles::Impl {
  // What a name of the search path stands for: a file, or (alias_of not empty) another name.
  struct Entry {
    std::string path;
    std::string alias_of;
    std::vector<std::string> hidden;  // files of this name further down the search path
  };

  explicit Impl(Context& context) : tree(context.tree()) {
    if (context.is_fragment())
      load_loose(context);
    else
      scan();
  }

  void scan();
  void scan_directory(const std::string& directory);
  const Entry* lookup(const std::string& name, std::string& id, bool& by_template) const;
  std::unique_ptr<Unit> load(std::string_view name, bool is_generated) const;
  void read(Unit& unit, const std::string& path, bool is_drop_in) const;
  void find_drop_ins(Unit& unit, const std::vector<std::string>& names,
                     std::vector<std::string>& read_order) const;
  void load_loose(Context& context);

  const Tree& tree;
  std::vector<std::string> search_path;
  std::set<std::string, std::less<>> drop_in_directories;  // "etc/systemd/system/docker.service.d"
  std::map<std::string, Entry, std::less<>> entries;       // by name
  std::map<std::string, std::vector<std::string>, std::less<>>
      aliases;  // name -> the names that lead to it
  std::vector<std::unique_ptr<Unit>> loose;
  mutable std::map<std::string, std::unique_ptr<Unit>, std::less<>> loaded, generated;
  mutable size_t drop_in_bytes = 0;  // of all units
};

// The search path, and what each name in it is. Links are read, files are not.
void UnitFiles::Impl::scan() {
  for (const std::string_view directory : kUnitSearchPath) {
    const auto real = tree.resolve(directory);
    if (!real) continue;
    // Where /lib is a link to /usr/lib, the one directory stands twice in the path.
    if (std::find(search_path.begin(), search_path.end(), *real) == search_path.end())
      search_path.push_back(*real);
  }
  for (const std::string& directory : search_path) scan_directory(directory);
  for (const auto& [name, entry] : entries)
    if (!entry.alias_of.empty() && entry.alias_of != name) aliases[entry.alias_of].push_back(name);
}

void UnitFiles::Impl::scan_directory(const std::string& directory) {
  const auto names = tree.list(directory);
  if (!names) return;
  for (const std::string& name : *names) {
    std::string path = join_path(directory, name);
    if (name.ends_with(".d")) drop_in_directories.insert(path);
    if (!unit_name_kind(name)) continue;
    const auto stat = tree.lstat(path);
    if (!stat) continue;
    if (const auto known = entries.find(name); known != entries.end()) {
      if (stat->type == NodeType::file && stat->size > 0) known->second.hidden.push_back(path);
      continue;
    }
    if (stat->type == NodeType::file) entries[name] = {path, {}, {}};
    if (stat->type != NodeType::symlink) continue;
    const auto written = tree.readlink(path);
    if (!written) continue;
    const std::string target = link_target(tree, directory, *written);
    if (!in_search_path(search_path, target)) {
      // A mask, or a unit that lies elsewhere: the name of the target does not matter.
      entries[name] = {path, {}, {}};
      continue;
    }
    const std::string other(file_name(target));
    // A link that is no valid alias is skipped, so one to the same name further down changes
    // nothing.
    if (alias_is_valid(name, other)) entries[name] = {path, other, {}};
  }
}

// Follows aliases from `name`; nullptr: no unit file. `id` becomes the name of the unit at the end,
// and is an instance if the name is one.
const UnitFiles::Impl::Entry* UnitFiles::Impl::lookup(const std::string& name, std::string& id,
                                                      bool& by_template) const {
  const auto follow = [&](std::string at) -> const Entry* {
    for (int hop = 0; hop < kAliasHops; ++hop) {
      auto entry = entries.find(at);
      if (entry == entries.end() && hop > 0 && unit_name_kind(at) == UnitNameKind::instance)
        entry = entries.find(unit_template(at));
      if (entry == entries.end()) return nullptr;
      if (entry->second.alias_of.empty()) {
        id = unit_name_kind(at) == UnitNameKind::template_ ? instantiate(at, unit_instance(name))
                                                           : at;
        by_template = unit_name_kind(entry->first) == UnitNameKind::template_;
        return &entry->second;
      }
      at = entry->second.alias_of;
    }
    return nullptr;
  };
  if (const Entry* entry = follow(name)) return entry;
  if (unit_name_kind(name) == UnitNameKind::instance)
    if (const Entry* entry = follow(unit_template(name))) return entry;
  id = name;
  by_template = false;
  return nullptr;
}

// The drop-ins of all names of the unit, sorted by file name. "Drop-in files in /etc/ take
// precedence over those in /run/ which in turn take precedence over those in /lib/ ... Multiple
// drop-in files with different names are applied in lexicographic order, regardless of which of the
// directories they reside in"; "Files in type.d/ have lower precedence compared to files in
// name-specific override directories".
void UnitFiles::Impl::find_drop_ins(Unit& unit, const std::vector<std::string>& names,
                                    std::vector<std::string>& read_order) const {
  std::vector<std::string> directories;
  const auto add = [&](const std::string& directory) {
    if (drop_in_directories.contains(directory) &&
        std::find(directories.begin(), directories.end(), directory) == directories.end())
      directories.push_back(directory);
  };
  for (const std::string& name : names)
    for (const std::string& searched : search_path)
      for (const std::string& own : drop_in_names(name)) add(searched + "/" + own + ".d");
  for (const std::string& searched : search_path)
    add(searched + "/" + std::string(unit_type(unit.name)) + ".d");

  std::map<std::string, std::string> winners;  // file name -> path
  for (const std::string& directory : directories) {
    const auto real = tree.resolve(directory);
    const auto files = real ? tree.list(*real) : TreeResult<std::vector<std::string>>(real.error());
    if (!files) continue;
    for (const std::string& file : *files) {
      if (!file.ends_with(".conf") || file.starts_with('.')) continue;
      const std::string path = join_path(*real, file);
      const auto stat = tree.stat(path);
      if (!is_mask(tree, path) && (!stat || stat->type != NodeType::file)) continue;
      const auto [winner, first] = winners.try_emplace(file, path);
      if (!first && winner->second != path) unit.hidden_drop_ins.emplace_back(path, winner->second);
    }
  }
  for (const auto& [file, path] : winners)
    if (!is_mask(tree, path)) read_order.push_back(path);
}

void UnitFiles::Impl::read(Unit& unit, const std::string& path, bool is_drop_in) const {
  const auto real = tree.resolve(path);
  const auto text = real ? tree.read(*real) : TreeResult<std::string_view>(real.error());
  const std::string& place = real ? *real : path;
  if (!is_drop_in) unit.path = place;
  if (is_drop_in) unit.drop_ins.push_back(place);
  if (!text) {
    parsers::SyntaxErrors unreadable;
    unreadable.add("not-readable", {}, text.error().message, parsers::Effect::refused);
    unit.errors.emplace_back(place, std::move(unreadable));
    unit.load = Unit::Load::error;
    return;
  }
  // One of service.d/ is every service's.
  if (is_drop_in && (drop_in_bytes += text->size()) > kDropInBytes) {
    parsers::SyntaxErrors too_much;
    too_much.add("too-much", {}, "units have more than 256 MiB of drop-ins together; not read",
                 parsers::Effect::refused);
    unit.errors.emplace_back(place, std::move(too_much));
    unit.load = Unit::Load::error;
    return;
  }
  parsers::unit::File file =
      parsers::unit::parse(*text, parsers::unit::sections_of(unit_type(unit.name)));
  const bool refused = std::any_of(
      file.errors.begin(), file.errors.end(),
      [](const parsers::SyntaxError& error) { return error.effect == parsers::Effect::refused; });
  // A drop-in that is refused counts up to the line in question.
  if (refused && !is_drop_in) unit.load = Unit::Load::error;
  for (parsers::unit::Assignment& assignment : file.assignments) {
    if (const auto why = fatal_setting(tree, unit, assignment)) {
      if (!is_drop_in && unit.fatal.empty()) unit.fatal = *why;
      if (is_drop_in) {
        file.errors.add("fatal-setting", assignment.span, *why + "; systemd leaves out the rest");
        break;
      }
    }
    unit.lines.push_back({std::move(assignment), place});
  }
  if (!file.errors.empty()) unit.errors.emplace_back(place, std::move(file.errors));
}

std::unique_ptr<Unit> UnitFiles::Impl::load(std::string_view name, bool is_generated) const {
  if (!unit_name_kind(name)) return nullptr;
  auto unit = std::make_unique<Unit>();
  unit->name = std::string(name);
  bool by_template = false;
  const Entry* entry = lookup(unit->name, unit->id, by_template);
  std::vector<std::string> names = {unit->id};
  const auto also = [&](const std::string& other) {
    if (std::find(names.begin(), names.end(), other) == names.end()) names.push_back(other);
  };
  also(unit->name);
  if (const auto known = aliases.find(unit->id); known != aliases.end())
    for (const std::string& other : known->second) also(other);
  // Of the aliases of a template the same instances, but those that lead elsewhere; none where the
  // instance has a file of its own.
  if (const auto known = aliases.find(unit_template(unit->id));
      by_template && known != aliases.end())
    for (const std::string& other : known->second) {
      if (unit_name_kind(other) != UnitNameKind::template_) continue;
      const std::string instance = instantiate(other, unit_instance(unit->id));
      std::string id;
      bool other_by_template = false;
      if (lookup(instance, id, other_by_template) == entry) also(instance);
    }
  unit->names = names;
  if (entry) unit->hidden_files = entry->hidden;

  if (entry && is_mask(tree, entry->path)) {
    unit->load = Unit::Load::masked;
    unit->path = entry->path;
    return unit;
  }
  std::vector<std::string> drop_ins;
  find_drop_ins(*unit, names, drop_ins);
  if (entry) {
    unit->load = Unit::Load::loaded;
    read(*unit, entry->path, false);
  } else if (!is_generated) {
    const bool has_own =
        std::any_of(search_path.begin(), search_path.end(), [&](const std::string& searched) {
          return drop_in_directories.contains(searched + "/" + unit->name + ".d");
        });
    if (!has_own || drop_ins.empty()) return nullptr;
  }
  for (const std::string& path : drop_ins) read(*unit, path, true);
  if (unit->load == Unit::Load::error) unit->lines.clear();
  return unit;
}

// A fragment: "x/demo.service" with the drop-ins of "x/demo.service.d/"; drop-ins without the unit
// too.
void UnitFiles::Impl::load_loose(Context& context) {
  std::map<std::string, std::pair<bool, std::vector<std::string>>>
      found;  // unit path -> is there, drop-ins
  for (const std::string& path : context.loose(unit_loose())) {
    if (unit_name_kind(file_name(path))) {
      found[path].first = true;
    } else if (const std::string_view directory = parent_path(path); directory.ends_with(".d")) {
      const std::string_view owner = directory.substr(0, directory.size() - 2);
      if (unit_name_kind(file_name(owner))) found[std::string(owner)].second.push_back(path);
    }
  }
  for (const auto& [path, parts] : found) {
    auto unit = std::make_unique<Unit>();
    unit->name = unit->id = std::string(file_name(path));
    unit->names = {unit->id};
    if (parts.first && is_mask(tree, path)) {
      unit->load = Unit::Load::masked;
      unit->path = path;
    } else {
      if (parts.first) {
        unit->load = Unit::Load::loaded;
        read(*unit, path, false);
      }
      for (const std::string& drop_in : parts.second) read(*unit, drop_in, true);
      if (unit->load == Unit::Load::error) unit->lines.clear();
    }
    loose.push_back(std::move(unit));
  }
}

UnitFiles::UnitFiles(Context& context) : impl_(std::make_unique<Impl>(context)) {}
UnitFiles::UnitFiles(UnitFiles&&) = default;
UnitFiles::~UnitFiles() = default;

const Unit* UnitFiles::find(std::string_view name) const {
  for (const auto& unit : impl_->loose)
    if (unit->name == name) return unit.get();
  auto known = impl_->loaded.find(name);
  if (known == impl_->loaded.end())
    known = impl_->loaded.emplace(std::string(name), impl_->load(name, false)).first;
  return known->second.get();
}

const Unit* UnitFiles::find_generated(std::string_view name) const {
  auto known = impl_->generated.find(name);
  if (known == impl_->generated.end())
    known = impl_->generated.emplace(std::string(name), impl_->load(name, true)).first;
  return known->second.get();
}

std::vector<std::string> UnitFiles::names() const {
  std::vector<std::string> out;
  for (const auto& [name, entry] : impl_->entries) out.push_back(name);
  return out;
}

const std::vector<std::unique_ptr<Unit>>& UnitFiles::loose() const {
  return impl_->loose;
}

const std::vector<std::string>& UnitFiles::search_path() const {
  return impl_->search_path;
}

const UnitFiles& units(Context& context) {
  return context.shared<UnitFiles>([&] { return UnitFiles(context); });
}

void report_errors(Context& context, const Unit& unit) {
  for (const auto& [path, errors] : unit.errors) context.issues(path, errors);
}

std::vector<std::string_view> unit_paths(std::vector<std::string_view> others) {
  static constexpr std::string_view kPaths[] = {
      "etc/systemd/system.control/**", "run/systemd/system.control/**",
      "run/systemd/transient/**",      "run/systemd/generator.early/**",
      "etc/systemd/system/**",         "etc/systemd/system.attached/**",
      "run/systemd/system/**",         "run/systemd/system.attached/**",
      "run/systemd/generator/**",      "usr/local/lib/systemd/system/**",
      "lib/systemd/system/**",         "usr/lib/systemd/system/**",
      "run/systemd/generator.late/**"};
  others.insert(others.end(), std::begin(kPaths), std::end(kPaths));
  return others;
}

std::vector<std::string_view> unit_loose(std::vector<std::string_view> others) {
  static constexpr std::string_view kLoose[] = {"*.service",
                                                "*.socket",
                                                "*.timer",
                                                "*.mount",
                                                "*.automount",
                                                "*.swap",
                                                "*.path",
                                                "*.slice",
                                                "*.target",
                                                "*.service.d/*.conf",
                                                "*.socket.d/*.conf",
                                                "*.timer.d/*.conf",
                                                "*.mount.d/*.conf",
                                                "*.slice.d/*.conf"};
  others.insert(others.end(), std::begin(kLoose), std::end(kLoose));
  return others;
}

}  // namespace drydock::facts
