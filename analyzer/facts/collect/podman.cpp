#include "analyzer/facts/collect/podman.h"

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/facts/collect/docker_state.h"
#include "analyzer/source/tree.h"
#include "parsers/image_policy.h"
#include "parsers/toml.h"

namespace drydock::facts {

const TableSpec kPodmanConfigTable{
    .name = "podman_config",
    .kind = TableKind::effective,
    .doc =
        "A setting of containers.conf(5) and containers-storage.conf(5) that counts for "
        "Podman, Buildah and CRI-O: the system's, or those of a user with files of their own. "
        "Only what is written.",
    .columns = {{"key", ColumnType::text,
                 "Table and key: containers.seccomp_profile, storage.driver."},
                {"value", ColumnType::text, "Text unquoted, numbers decimal, 'true' or 'false'."},
                {"ordinal", ColumnType::integer, "The place in an array; else 0."},
                {"loc", ColumnType::location, "The setting."},
                {"value_loc", ColumnType::location, "Its value."},
                {"home", ColumnType::text,
                 "Of a user's own file the home directory: home/ann; NULL: the system's."}},
    .key = "key",
    .value = "value",
    .examples = {"SELECT key, value, loc FROM podman_config"}};

const TableSpec kPodmanRegistryTable{
    .name = "podman_registry",
    .kind = TableKind::effective,
    .doc = "A registry or mirror of containers-registries.conf(5).",
    .columns = {{"location", ColumnType::text, "registry.example:5000/path."},
                {"kind", ColumnType::text, "'registry', 'mirror' or 'search' (unqualified names)."},
                {"insecure", ColumnType::boolean, "1: plain HTTP and any certificate will do."},
                {"blocked", ColumnType::boolean, "1: nothing is pulled from it."},
                {"loc", ColumnType::location, "What says so."},
                {"value_loc", ColumnType::location,
                 "The value of `insecure`, else the location's."},
                {"home", ColumnType::text,
                 "Of a user's own file the home directory: home/ann; NULL: the system's."}},
    .examples = {"SELECT location, insecure FROM podman_registry"}};

const TableSpec kImagePolicyTable{
    .name = "image_policy",
    .kind = TableKind::effective,
    .doc =
        "What containers-policy.json(5) demands of an image before it is used: a requirement of "
        "/etc/containers/policy.json, or of a user's. An image must meet all requirements of the "
        "list that fits it "
        "best. No rows of a file with a mistake, with which no image is accepted.",
    .columns = {{"transport", ColumnType::text, "docker, docker-daemon …; NULL: the default."},
                {"scope", ColumnType::text, "The registry or name it is for; NULL: the default."},
                {"type", ColumnType::text,
                 "insecureAcceptAnything, reject, signedBy, sigstoreSigned or signedBaseLayer."},
                {"loc", ColumnType::location, "The requirement."},
                {"home", ColumnType::text,
                 "Of a user's own file the home directory: home/ann; NULL: the system's."}},
    .examples = {"SELECT transport, scope, type, loc FROM image_policy"}};

namespace {

namespace toml = parsers::toml;

constexpr std::string_view kOfHome = "/.config/containers/";

Value home_or_null(const std::string& home) {
  return home.empty() ? Value(Null{}) : Value(std::string_view(home));
}

struct Loaded {
  std::string path;
  toml::File file;
};

std::optional<Loaded> load(Context& context, std::string_view path,
                           std::vector<const TableSpec*> tables) {
  const auto text = context.read(path);
  if (!text) return std::nullopt;
  Loaded loaded{text->path, toml::parse(text->text)};
  context.issues(text->path, loaded.file.errors, std::move(tables));
  return loaded;
}

// containers.conf(5): "/usr/share/containers/containers.conf", then "/etc/containers/containers.conf" and
// "/etc/containers/containers.conf.d/*.conf" in alphanumerical order: "fields specified in the
// configuration file override the default options, as well as options in previously read files".
// containers-storage.conf(5): "/etc/containers/storage.conf overrides /usr/share/containers/storage.conf"
// as a whole.
// Of a user's Podman "$HOME/.config/containers/containers.conf" and its directory are read after those, and
// "$HOME/.config/containers/storage.conf" in place of the others: what they say is told apart from the system's.
std::vector<Loaded> config_files(Context& context, const std::string& home) {
  const Tree& tree = context.tree();
  std::vector<std::string> paths;
  if (!home.empty()) {
    const std::string base = home + std::string(kOfHome);
    paths = {base + "containers.conf"};
    for (const std::string& file : tree.glob(base + "containers.conf.d", "*.conf"))
      paths.push_back(file);
    paths.push_back(base + "storage.conf");
  } else if (context.is_fragment()) {
    static constexpr std::string_view kFiles[] = {"containers.conf", "storage.conf"};
    paths = context.loose(kFiles);
  } else {
    paths = {"usr/share/containers/containers.conf", "etc/containers/containers.conf"};
    for (const std::string& file : tree.glob("etc/containers/containers.conf.d", "*.conf"))
      paths.push_back(file);
    paths.push_back(tree.exists("etc/containers/storage.conf")
                        ? "etc/containers/storage.conf"
                        : "usr/share/containers/storage.conf");
  }
  std::vector<Loaded> out;
  for (const std::string& path : paths)
    if (auto loaded = load(context, path, {&kPodmanConfigTable})) out.push_back(std::move(*loaded));
  return out;
}

void write_config(Context& context, const std::string& home) {
  Store& store = context.store();
  const std::vector<Loaded> files = config_files(context, home);
  std::map<std::string, size_t> winner;  // key -> the last file that has it
  for (size_t i = 0; i < files.size(); ++i)
    for (const toml::Entry& e : files[i].file.entries) winner[toml::dotted(e.path)] = i;
  std::map<std::string, LocationId> places;
  for (size_t i = files.size(); i-- > 0;)
    for (const toml::Entry& e : files[i].file.entries) {
      const std::string key = toml::dotted(e.path);
      const LocationId loc = store.locate(files[i].path, e.span);
      if (winner[key] != i && !context.is_fragment()) {
        if (e.ordinal <= 0)
          store.overridden(kPodmanConfigTable, key, places.at(key), loc, e.value, "read later");
        continue;
      }
      places.try_emplace(key, loc);
      store.insert(kPodmanConfigTable,
                   {std::string_view(key), std::string_view(e.value),
                    static_cast<int64_t>(std::max(0, e.ordinal)), loc,
                    store.locate(files[i].path, e.value_span), home_or_null(home)});
    }
}

struct Registry {
  std::string location, prefix, kind = "registry";
  bool insecure = false, blocked = false, has_location = false, has_prefix = false;
  LocationId loc{}, value_loc{};
  bool has_place = false;
  Span span{};
  size_t file = 0;
};

// containers-registries.conf(5): version 2 has [[registry]] with [[registry.mirror]]; version 1 lists
// registries below registries.insecure and registries.block. Drop-ins "are loaded in alpha-numerical
// order"; a [[registry]] of the same prefix replaces the one before. What is refused is as containers/image 5.23 does
// it: then no image is pulled at all.
class Registries {
 public:
  Registries(Context& context, const std::string& home)
      : context_(context), store_(context.store()), home_(home) {}

  void read(const std::string& path, bool is_main) {
    const auto loaded = load(context_, path, {&kPodmanRegistryTable});
    if (!loaded) return;
    path_ = loaded->path;
    file_ = is_main ? 0 : file_ + 1;
    std::map<std::vector<std::string>, Registry> tables;  // by the path of the table
    std::vector<Registry> old;
    bool is_search = false;
    for (const toml::Entry& e : loaded->file.entries) {
      const std::string& key = e.path.back();
      const LocationId loc = store_.locate(path_, e.span);
      const LocationId value = store_.locate(path_, e.value_span);
      if (e.path.front() == "registry" && e.path.size() < 3) {
        if (e.kind != toml::Kind::array)
          refuse(e.span, "registry is a list of tables: [[registry]]");
      } else if (e.path.front() == "registry") {
        Registry& r = tables[{e.path.begin(), e.path.end() - 1}];
        if (e.path.size() > 3) r.kind = "mirror";
        if (key == "location") r.location = e.value, r.has_location = !e.value.empty();
        if (key == "prefix") r.prefix = e.value, r.has_prefix = !e.value.empty();
        if (key == "blocked") r.blocked = e.value == "true";
        if (key == "insecure") r.insecure = e.value == "true";
        if (key == "insecure" || !r.has_place)
          r.loc = loc, r.value_loc = value, r.has_place = true, r.span = e.span;
        r.file = file_;
      } else if (e.path.size() == 3 && e.path[0] == "registries" && key == "registries" &&
                 e.ordinal >= 0) {
        Registry r;
        r.location = r.prefix = e.value;
        r.loc = loc;
        r.value_loc = value;
        r.span = e.span;
        r.file = file_;
        if (e.path[1] == "search") r.kind = "search";
        r.insecure = e.path[1] == "insecure";
        r.blocked = e.path[1] == "block";
        trim(r.location);
        // Of a registry in both lists both are true.
        const auto known = std::find_if(old.begin(), old.end(), [&](const Registry& o) {
          return o.kind == "registry" && r.kind == "registry" && o.location == r.location;
        });
        if (known == old.end()) {
          old.push_back(r);
        } else {
          known->insecure = known->insecure || r.insecure;
          known->blocked = known->blocked || r.blocked;
        }
      } else if (e.path.size() == 1 && key == "unqualified-search-registries") {
        if (!is_search && !context_.is_fragment())
          std::erase_if(all_, [&](const Registry& r) {
            if (r.kind == "search") lost(r, loc, "a file read later has a list of its own");
            return r.kind == "search";
          });
        is_search = true;
        if (e.ordinal >= 0) {
          Registry r;
          r.location = e.value;
          r.kind = "search";
          r.loc = loc;
          r.value_loc = value;
          r.file = file_;
          all_.push_back(std::move(r));
        }
      }
    }
    if (!old.empty() && (!tables.empty() || is_search))
      refuse(old.front().span, "it mixes the versions 1 and 2 of registries.conf");
    else if (!old.empty() && !is_main && !context_.is_fragment())
      refuse(old.front().span, "a drop-in must be of version 2 of registries.conf");
    all_.insert(all_.end(), old.begin(), old.end());
    std::set<std::vector<std::string>> dropped;
    for (const auto& empty : loaded->file.empty_tables)
      if (empty[0] == "registry" && (empty.size() == 2 || empty.size() == 4)) {
        Registry& r = tables[empty];
        if (empty.size() == 4) r.kind = "mirror";
        r.span = {1, 1, 1, 1};
        r.loc = r.value_loc = store_.locate(path_, r.span);
        r.file = file_;
      }
    // One of nothing but mirrors.
    std::vector<std::pair<std::vector<std::string>, Registry>> parents;
    for (const auto& [key, mirror] : tables)
      if (mirror.kind == "mirror" && !tables.contains({key.begin(), key.begin() + 2})) {
        Registry parent = mirror;
        parent.kind = "registry";
        parent.location = "";
        parent.has_location = false;
        parents.emplace_back(std::vector<std::string>(key.begin(), key.begin() + 2), parent);
      }
    tables.insert(parents.begin(), parents.end());
    for (auto& [key, registry] : tables) {
      judge(registry);
      if (registry.location.empty()) registry.location = registry.prefix;
      if (registry.prefix.empty()) registry.prefix = registry.location;
      for (const Registry& other : all_)
        if (other.kind == "registry" && registry.kind == "registry" && other.file == file_ &&
            other.location == registry.location &&
            (other.insecure != registry.insecure || other.blocked != registry.blocked))
          refuse(registry.span, registry.location + " is there twice, and not the same");
      if (registry.kind == "registry" && !context_.is_fragment())
        std::erase_if(all_, [&](const Registry& r) {
          const bool goes = r.kind != "search" && r.file < file_ && r.prefix == registry.prefix;
          if (goes) lost(r, registry.loc, "a file read later has the same prefix");
          return goes;
        });
      // Of the same prefix in one file the first counts.
      if (registry.kind == "registry" && !context_.is_fragment() &&
          std::any_of(all_.begin(), all_.end(), [&](const Registry& r) {
            return r.kind == "registry" && r.file == file_ && r.prefix == registry.prefix;
          })) {
        for (const Registry& first : all_)
          if (first.kind == "registry" && first.file == file_ && first.prefix == registry.prefix)
            lost(registry, first.loc, "the first table of a prefix counts");
        dropped.insert(key);
        continue;
      }
      if (registry.kind == "mirror" && dropped.contains({key.begin(), key.begin() + 2})) continue;
      // A mirror goes with its registry.
      if (registry.kind == "mirror")
        if (const auto of = tables.find({key.begin(), key.begin() + 2}); of != tables.end())
          registry.prefix = of->second.prefix.empty() ? of->second.location : of->second.prefix;
      all_.push_back(registry);
    }
  }

  void write() {
    for (const Registry& r : all_)
      store_.insert(kPodmanRegistryTable,
                    {std::string_view(r.location), std::string_view(r.kind), r.insecure, r.blocked,
                     r.loc, r.value_loc, home_or_null(home_)});
  }

 private:
  static void trim(std::string& location) {
    while (location.ends_with('/')) location.pop_back();
  }

  void lost(const Registry& loser, LocationId winner, std::string_view why) {
    store_.overridden(kPodmanRegistryTable, loser.location, winner, loser.loc,
                      loser.insecure  ? "insecure"
                      : loser.blocked ? "blocked"
                                      : loser.location,
                      why);
  }

  void refuse(Span span, std::string message) {
    context_.issue(
        path_,
        {"refused", span, "podman refuses it: " + std::move(message), parsers::Effect::refused},
        {&kPodmanRegistryTable});
  }

  void judge(Registry& r) {
    for (const std::string* text : {&r.location, &r.prefix})
      if (text->starts_with("http://") || text->starts_with("https://"))
        refuse(r.span, *text + " has a scheme");
    trim(r.location);
    trim(r.prefix);
    if (r.kind == "mirror" ? !r.has_location : !r.has_location && !r.prefix.starts_with("*."))
      refuse(r.span, "a " + r.kind + " without a location");
  }

  Context& context_;
  Store& store_;
  std::string path_;
  std::string home_;
  size_t file_ = 0;
  std::vector<Registry> all_;
};

void write_registries(Context& context, const std::string& home) {
  Registries registries(context, home);
  if (!home.empty()) {
    const std::string base = home + std::string(kOfHome);
    registries.read(base + "registries.conf", true);
    for (const std::string& file : context.tree().glob(base + "registries.conf.d", "*.conf"))
      registries.read(file, false);
  } else if (context.is_fragment()) {
    static constexpr std::string_view kFiles[] = {"registries.conf"};
    for (const std::string& path : context.loose(kFiles)) registries.read(path, true);
  } else {
    registries.read(context.tree().exists("etc/containers/registries.conf")
                        ? "etc/containers/registries.conf"
                        : "usr/share/containers/registries.conf",
                    true);
    for (const std::string& file :
         context.tree().glob("etc/containers/registries.conf.d", "*.conf"))
      registries.read(file, false);
  }
  registries.write();
}

void write_policy(Context& context, std::string_view path, const std::string& home) {
  const auto text = context.read(path);
  if (!text) return;
  const auto file = parsers::image_policy::parse(text->text);
  context.issues(text->path, file.errors, {&kImagePolicyTable});
  for (const auto& each : file.requirements) {
    const bool is_default = !each.transport;
    context.store().insert(kImagePolicyTable,
                           {is_default ? Value(Null{}) : Value(std::string_view(*each.transport)),
                            is_default ? Value(Null{}) : Value(std::string_view(each.scope)),
                            std::string_view(each.type),
                            context.store().locate(text->path, each.span), home_or_null(home)});
  }
}

void collect_podman(Context& context) {
  write_config(context, "");
  write_registries(context, "");
  if (!context.is_fragment()) {
    std::vector<std::string> homes;
    if (const auto names = context.tree().list("home"))
      for (const std::string& name : *names) homes.push_back("home/" + name);
    for (const std::string& home : homes) write_config(context, home);
    homes.insert(homes.begin(), "root");  // whose containers.conf is the system's
    for (const std::string& home : homes) {
      write_registries(context, home);
      write_policy(context, home + std::string(kOfHome) + "policy.json", home);
    }
  }
  if (context.is_fragment()) {
    static constexpr std::string_view kFiles[] = {"containers/policy.json"};
    for (const std::string& path : context.loose(kFiles)) write_policy(context, path, "");
  } else {
    write_policy(context, "etc/containers/policy.json", "");
  }
}

}  // namespace

const Collector kPodmanCollector{
    .name = "podman",
    .tables = {&kPodmanConfigTable, &kPodmanRegistryTable, &kImagePolicyTable},
    .needs = {},
    .paths = {"usr/share/containers/containers.conf", "etc/containers/containers.conf",
              "etc/containers/containers.conf.d/*.conf", "usr/share/containers/storage.conf",
              "etc/containers/storage.conf", "usr/share/containers/registries.conf",
              "etc/containers/registries.conf", "etc/containers/registries.conf.d/*.conf",
              "etc/containers/policy.json", "home/*/.config/containers/*.conf",
              "home/*/.config/containers/*.conf.d/*.conf", "home/*/.config/containers/policy.json",
              "root/.config/containers/registries.conf",
              "root/.config/containers/registries.conf.d/*.conf",
              "root/.config/containers/policy.json"},
    .loose = {"containers.conf", "storage.conf", "registries.conf", "containers/policy.json"},
    .collect = collect_podman};

}  // namespace drydock::facts
