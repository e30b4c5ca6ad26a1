// systemctl(1) "is-enabled", in the order in which systemctl decides: masked, alias, generated,
// transient; then links of the names that [Install] gives; then links of other names; then what
// [Install] offers.
#include "analyzer/facts/collect/unit_state.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "analyzer/facts/collect/unit_name.h"
#include "analyzer/facts/collect/unit_preset.h"
#include "parsers/unit.h"

namespace drydock::facts {
namespace {

constexpr int kFollow = 64;  // links from unit to unit that systemctl follows
constexpr std::string_view kConfig = "etc/systemd/system";

// What [Install] of a unit and its drop-ins says.
struct Install {
  std::vector<std::string> aliases, wanted_by, required_by, also;
  std::string default_instance;

  bool has_rules() const { return !aliases.empty() || !wanted_by.empty() || !required_by.empty(); }
};

// Where a search for a unit file ended.
struct Found {
  std::string name;  // of the unit at the end of the links
  std::string path;
  bool masked = false;
  Install install;
};

bool starts_in(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

bool is_runtime(std::string_view path) {
  return path.starts_with("run/");
}

class States {
 public:
  States(const Tree& tree, const UnitFiles& units)
      : tree_(tree), search_path_(units.search_path()), presets_(tree) {
    for (const std::string& directory : search_path_) scan(directory);
  }

  std::vector<UnitState> all() const {
    std::vector<UnitState> out;
    for (const auto& [name, path] : files_) out.push_back(state(name, path));
    return out;
  }

 private:
  struct Link {
    std::string path;  // of the link itself
    std::string name;  // the last component of its path
    std::string dest;  // the last component of its target
  };
  struct Directory {
    std::vector<Link> links;  // directly in it
    std::vector<Link> wants;  // in its .wants, .requires and .upholds directories
    // The same by name, by target name, and for wants by name and by the name's template.
    std::multimap<std::string, size_t, std::less<>> by_name, by_dest, wants_by_name;
  };

  // Only what stands in real directories is looked at, as systemctl does.
  void scan(const std::string& directory) {
    Directory& out = directories_.emplace_back();
    const auto names = tree_.list(directory);
    if (!names) return;
    for (const std::string& name : *names) {
      const std::string path = join_path(directory, name);
      const auto stat = tree_.lstat(path);
      if (!stat) continue;
      if (stat->type == NodeType::symlink) add_link(out.links, path);
      if (stat->type == NodeType::directory &&
          (name.ends_with(".wants") || name.ends_with(".requires") || name.ends_with(".upholds"))) {
        if (const auto members = tree_.list(path))
          for (const std::string& member : *members)
            if (const auto link = tree_.lstat(join_path(path, member));
                link && link->type == NodeType::symlink)
              add_link(out.wants, join_path(path, member));
      }
      if (unit_name_kind(name) && (stat->type == NodeType::file || stat->type == NodeType::symlink))
        files_.try_emplace(name, path);
    }
    for (size_t i = 0; i < out.links.size(); ++i) {
      out.by_name.emplace(out.links[i].name, i);
      out.by_dest.emplace(out.links[i].dest, i);
    }
    for (size_t i = 0; i < out.wants.size(); ++i) {
      out.wants_by_name.emplace(out.wants[i].name, i);
      if (const std::string general = unit_template(out.wants[i].name);
          general != out.wants[i].name)
        out.wants_by_name.emplace(general, i);
    }
  }

  void add_link(std::vector<Link>& links, const std::string& path) {
    if (const auto target = tree_.readlink(path))
      links.push_back({path, std::string(file_name(path)), std::string(file_name(*target))});
  }

  // Reads [Install] of one file. False: the file is refused.
  bool read_install(const std::string& path, std::string_view unit, Install& install) const {
    const auto text = tree_.read_resolved(path);
    if (!text) return false;
    const parsers::unit::File file = parsers::unit::parse(*text);
    for (const parsers::unit::Assignment& line : file.assignments) {
      if (line.section != "Install") continue;
      if (line.key == "DefaultInstance" && unit_name_kind(unit) == UnitNameKind::template_)
        install.default_instance = line.value;
      std::vector<std::string>* list = line.key == "Alias"        ? &install.aliases
                                       : line.key == "WantedBy"   ? &install.wanted_by
                                       : line.key == "RequiredBy" ? &install.required_by
                                       : line.key == "Also"       ? &install.also
                                                                  : nullptr;
      if (!list) continue;
      if (list == &install.aliases && !type_may_alias(unit_type(unit)))
        continue;  // a type without aliases
      if (line.value.empty() && list != &install.also) list->clear();
      for (parsers::unit::Word& word : parsers::unit::split_words(line.value).words)
        list->push_back(std::move(word.text));
    }
    return std::none_of(
        file.errors.begin(), file.errors.end(),
        [](const parsers::SyntaxError& error) { return error.effect == parsers::Effect::refused; });
  }

  enum class Kind : uint8_t { absent, bad, masked, regular, alias, linked };

  // Looks at one path: what is there and, of a link, where it leads.
  Kind look(const std::string& path, std::string_view unit, std::string& target,
            Install& install) const {
    const auto stat = tree_.lstat(path);
    if (!stat) return Kind::absent;
    if (stat->type == NodeType::file) {
      if (stat->size == 0) return Kind::masked;
      return read_install(path, unit, install) ? Kind::regular : Kind::bad;
    }
    if (stat->type != NodeType::symlink) return Kind::bad;
    const auto written = tree_.readlink(path);
    if (!written) return Kind::bad;
    target = link_target(tree_, parent_path(path), *written);
    const bool inside = in_search_path(search_path_, target);
    if (inside && !alias_is_valid(file_name(path), file_name(target))) return Kind::bad;
    if (inside) return Kind::alias;
    return is_mask(tree_, target) ? Kind::masked : Kind::linked;
  }

  // Finds the unit file of a name and follows links to its end; nullopt: there is none, or it is
  // bad.
  std::optional<Found> discover(std::string_view wanted) const {
    Found found{std::string(wanted), "", false, {}};
    std::string target;
    Kind kind = search(found, target);
    for (int hop = 0; kind == Kind::alias || kind == Kind::linked; ++hop) {
      if (hop == kFollow) return std::nullopt;
      const std::string other(file_name(target));
      if (kind == Kind::linked) {
        found.path = target;
        kind = look(found.path, found.name, target, found.install);
        continue;
      }
      const bool instance = unit_name_kind(found.name) == UnitNameKind::instance &&
                            unit_name_kind(other) == UnitNameKind::template_;
      found = {instance ? instantiate(other, unit_instance(found.name)) : other, "", false, {}};
      kind = search(found, target);
    }
    if (kind != Kind::regular && kind != Kind::masked) return std::nullopt;
    found.masked = kind == Kind::masked;
    return found;
  }

  // The first file or link of found.name in the search path, else of its template; with its
  // drop-ins.
  Kind search(Found& found, std::string& target) const {
    Kind kind = Kind::absent;
    std::vector<std::string> names = {found.name};
    if (unit_name_kind(found.name) == UnitNameKind::instance)
      names.push_back(unit_template(found.name));
    for (const std::string& name : names)
      for (const std::string& directory : search_path_) {
        if (kind != Kind::absent) continue;
        found.path = join_path(directory, name);
        kind = look(found.path, found.name, target, found.install);
      }
    if (kind == Kind::absent || kind == Kind::bad || kind == Kind::masked) return kind;
    std::map<std::string, std::string> drop_ins;
    for (const std::string& name : names)
      for (const std::string& directory : search_path_) {
        const auto real = tree_.resolve(join_path(directory, name + ".d"));
        const auto files =
            real ? tree_.list(*real) : TreeResult<std::vector<std::string>>(real.error());
        if (!files) continue;
        for (const std::string& file : *files)
          if (file.ends_with(".conf") && !file.starts_with('.'))
            drop_ins.try_emplace(file, join_path(*real, file));
      }
    // A drop-in that cannot be read, a link to nowhere too, makes the unit bad.
    for (const auto& [file, path] : drop_ins)
      if (!is_mask(tree_, path) && !read_install(path, found.name, found.install)) return Kind::bad;
    return kind;
  }

  // Is `name` one of those that enabling the unit would make links of?
  static bool is_known_name(const Found& unit, std::string_view name) {
    if (name == unit.name) return true;
    if (std::find(unit.install.aliases.begin(), unit.install.aliases.end(), name) !=
        unit.install.aliases.end())
      return true;
    return !unit.install.default_instance.empty() &&
           unit_name_kind(unit.name) == UnitNameKind::template_ &&
           name == instantiate(unit.name, unit.install.default_instance);
  }

  // A link of one directory of the search path that enables the unit; `same_name` becomes one that
  // only makes it known ("linked").
  const Link* enabling_link(const Directory& directory, const std::string& base, const Found& unit,
                            bool match_name, bool ignore_same_name, const Link*& same_name) const {
    const auto suits = [&](const Link& link) {
      return !match_name || is_known_name(unit, link.name);
    };
    auto [first, last] = directory.wants_by_name.equal_range(unit.name);
    for (auto it = first; it != last; ++it)
      if (suits(directory.wants[it->second])) return &directory.wants[it->second];
    const auto consider = [&](const Link& link) -> const Link* {
      const bool is_named = !ignore_same_name && link.name == unit.name;
      const bool leads_there = link.dest == unit.name;
      if (is_named && leads_there && link.path == join_path(base, unit.name)) {
        same_name = &link;
        return nullptr;
      }
      return (is_named || leads_there) && suits(link) ? &link : nullptr;
    };
    for (const auto* index : {&directory.by_name, &directory.by_dest}) {
      std::tie(first, last) = index->equal_range(unit.name);
      for (auto it = first; it != last; ++it)
        if (const Link* link = consider(directory.links[it->second])) return link;
    }
    return nullptr;
  }

  // What the links of the search path make of a unit; an empty state: nothing.
  std::pair<std::string_view, std::string> by_links(const Found& unit, bool match_name) const {
    const Link* runtime = nullptr;
    const Link* anywhere = nullptr;
    const Link* linked = nullptr;
    const Link* linked_runtime = nullptr;
    bool ignore_same_name = false;
    for (size_t i = 0; i < search_path_.size(); ++i) {
      const std::string& base = search_path_[i];
      const Link* same_name = nullptr;
      const Link* link =
          enabling_link(directories_[i], base, unit, match_name, ignore_same_name, same_name);
      if (link && base == kConfig) return {"enabled", link->path};
      if (link) (is_runtime(base + "/") ? runtime : anywhere) = link;
      if (!link && same_name && base == kConfig) linked = same_name;
      if (!link && same_name && is_runtime(base + "/")) linked_runtime = same_name;
      // What lies below the unit file is hidden by it.
      if (starts_in(unit.path, base)) ignore_same_name = true;
    }
    if (runtime) return {"enabled-runtime", runtime->path};
    if (anywhere && unit_name_kind(unit.name) == UnitNameKind::instance)
      return {"static", anywhere->path};
    if (linked) return {"linked", linked->path};
    if (linked_runtime) return {"linked-runtime", linked_runtime->path};
    return {};
  }

  UnitState state(const std::string& name, const std::string& path) const {
    UnitState out{name, "bad", {}, path, path, {}, wanting(name)};
    const auto unit = discover(name);
    if (unit) decide(*unit, out);
    if (const auto stat = tree_.lstat(path); stat && stat->type == NodeType::symlink)
      if (const auto written = tree_.readlink(path))
        out.target = link_target(tree_, parent_path(path), *written);
    const bool shows_preset = out.state != "static" && out.state != "alias" &&
                              out.state != "generated" && out.state != "transient";
    if (shows_preset) out.preset = presets_.of(name);
    return out;
  }

  void decide(const Found& unit, UnitState& out) const {
    const auto lies_in = [&](std::string_view directory) {
      return parent_path(unit.path) == directory;
    };
    out.because = unit.path;
    if (unit.masked) {
      out.state = is_runtime(unit.path) ? "masked-runtime" : "masked";
    } else if (file_name(unit.path) != out.name &&
               unit_name_kind(unit.name) != UnitNameKind::instance) {
      out.state = "alias";
      out.because = out.path;
    } else if (lies_in("run/systemd/generator") || lies_in("run/systemd/generator.early") ||
               lies_in("run/systemd/generator.late")) {
      out.state = "generated";
    } else if (lies_in("run/systemd/transient")) {
      out.state = "transient";
    } else if (auto [state, because] = by_links(unit, true); !state.empty()) {
      out.state = state;
      out.because = because;
    } else if (auto [other, link] = by_links(unit, false); !other.empty()) {
      out.state = "indirect";
      out.because = link;
    } else {
      out.state = unit.install.has_rules()     ? "disabled"
                  : !unit.install.also.empty() ? "indirect"
                                               : "static";
    }
  }

  std::vector<std::string> wanting(const std::string& name) const {
    std::set<std::string> out;
    for (const Directory& directory : directories_) {
      const auto [first, last] = directory.wants_by_name.equal_range(name);
      for (auto it = first; it != last; ++it) {
        const std::string_view owner = file_name(parent_path(directory.wants[it->second].path));
        out.emplace(owner.substr(0, owner.rfind('.')));
      }
    }
    return {out.begin(), out.end()};
  }

  const Tree& tree_;
  const std::vector<std::string>& search_path_;
  std::vector<Directory> directories_;                     // in the order of the search path
  std::map<std::string, std::string, std::less<>> files_;  // name -> the file or link that counts
  UnitPresets presets_;
};

}  // namespace

std::vector<UnitState> unit_states(const Tree& tree, const UnitFiles& units) {
  return States(tree, units).all();
}

}  // namespace drydock::facts
