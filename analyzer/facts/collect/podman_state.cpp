#include "analyzer/facts/collect/podman_state.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "analyzer/facts/collect/image_model.h"
#include "analyzer/facts/collect/oci_spec.h"
#include "analyzer/facts/file_bytes.h"
#include "analyzer/facts/sqlite_rows.h"
#include "analyzer/source/tree.h"
#include "parsers/bolt.h"
#include "parsers/json.h"
#include "parsers/sqlite_wal.h"
#include "parsers/toml.h"

namespace drydock::facts {
namespace {

namespace json = parsers::json;
using parsers::Effect;

constexpr Span kFile{1, 1, 1, 1};
constexpr size_t kContainers = 10'000;  // of one database

struct Storages {
  std::vector<PodmanStorage> list;
};

// containers-storage.conf(5): graphroot, "When changing the graphroot location on an SELINUX system …", default
// /var/lib/containers/storage; of users $HOME/.local/share/containers/storage.
std::vector<PodmanStorage> find_storages(Context& context) {
  const Tree& tree = context.tree();
  std::vector<PodmanStorage> out;
  std::string root = "var/lib/containers/storage";
  std::vector<std::string> additional;
  const bool own = tree.exists("etc/containers/storage.conf");
  if (const auto text =
          context.read(own ? "etc/containers/storage.conf" : "usr/share/containers/storage.conf"))
    for (const parsers::toml::Entry& entry : parsers::toml::parse(text->text).entries) {
      const std::string key = parsers::toml::dotted(entry.path);
      if (key == "storage.graphroot" && !entry.value.empty()) root = normal_path(entry.value);
      if (key == "storage.options.additionalimagestores" && !entry.value.empty() &&
          additional.size() < 100)
        if (const auto real = tree.resolve(normal_path(entry.value))) additional.push_back(*real);
    }
  const auto add = [&](const std::string& path, bool is_rootless) {
    if (const auto real = tree.resolve(path)) out.push_back({*real, is_rootless, additional});
    additional.clear();
  };
  add(root, false);
  if (const auto homes = tree.list("home"))
    for (const std::string& home : *homes)
      add("home/" + home + "/.local/share/containers/storage", true);
  return out;
}

struct Record {
  std::string config, state;  // JSON
};
using Records = std::map<std::string, Record>;

// nullptr: it is new and there is no room for more.
Record* record_of(Records& records, const std::string& id, bool& is_cut) {
  if (const auto known = records.find(id); known != records.end()) return &known->second;
  if (records.size() < kContainers) return &records[id];
  is_cut = true;
  return nullptr;
}

void say_cut(Context& context, const FileBytes& file) {
  context.issue(
      file.path(),
      {"too-many-records", kFile,
       "the database has more containers than are read; the rest is left out", Effect::refused});
}

// libpod/sqlite_state_internal.go: ContainerConfig(ID, Name, PodID, JSON), ContainerState(ID, State, …, JSON).
void read_sqlite(Context& context, FileBytes& file, Records& out) {
  TextBytes nothing{std::string_view()};
  const auto log = FileBytes::open(context, file.path() + "-wal");
  bool is_cut = false;
  parsers::sqlite_wal::Database database(file, log ? static_cast<RandomBytes&>(*log) : nothing);
  for (const auto& [table, member] : {std::pair{"ContainerConfig", &Record::config},
                                      std::pair{"ContainerState", &Record::state}}) {
    const std::string problem = sqlite_rows(
        database, table, "SELECT ID, JSON FROM " + std::string(table), [&](SqliteRow row) {
          if (Record* record = record_of(out, std::string(row[0]), is_cut))
            record->*member = row[1];
          return true;
        });
    if (!problem.empty() && !file.failed())
      context.issue(file.path(), {"broken-database", kFile, "the database is damaged: " + problem,
                                  Effect::refused});
  }
  if (is_cut) say_cut(context, file);
}

// libpod/boltdb_state_internal.go: bucket "ctr", in it one for each container with "config" and "state".
void read_bolt(Context& context, FileBytes& file, Records& out) {
  using parsers::bolt::Path;
  bool is_cut = false;
  const auto errors = parsers::bolt::read(
      file, {[](Path bucket) { return bucket.front() == "ctr" && bucket.size() <= 2; },
             [&](Path key, std::string_view value) {
               if (key.size() != 3 || (key[2] != "config" && key[2] != "state")) return;
               if (Record* record = record_of(out, key[1], is_cut))
                 (key[2] == "config" ? record->config : record->state) = value;
             }});
  if (!file.failed()) context.issues(file.path(), errors);
  if (is_cut) say_cut(context, file);
}

std::string text(const json::Value* value) {
  return value && value->is(json::Kind::string) ? value->text : "";
}

bool is_true(const json::Value* value) {
  return value != nullptr && value->is_true();
}

int64_t integer(const json::Value* value) {
  return value ? value->integer().value_or(0) : 0;
}

// libpod/define/containerstate.go, in Docker's words.
std::string state_name(int64_t state) {
  constexpr std::array<std::string_view, 9> kNames = {
      "", "created", "created", "running", "exited", "paused", "exited", "removing", "exited"};
  return state >= 0 && state < 9 ? std::string(kNames[static_cast<size_t>(state)]) : "";
}

class Reader {
 public:
  Reader(const json::Value& config, Place place, const PodmanStorage& storage)
      : config_(config), place_(std::move(place)), storage_(storage) {}

  ContainerModel read(const std::string& id) {
    out_.id = id;
    out_.engine = "podman";
    out_.source = "state";
    out_.store = storage_.path;
    out_.place = place_;
    out_.name = text(member("name"));
    if (out_.name.empty()) out_.name = id.substr(0, 12);
    out_.image = text(member("rootfsImageName"));
    out_.image_id = text(member("rootfsImageID"));
    if (!out_.image_id.empty()) out_.image_id.insert(0, "sha256:");
    out_.created = text(member("createdTime"));
    set("image", out_.image);
    user();
    network();
    if (is_true(member("privileged"))) set("privileged", "true");
    const std::string restart = text(member("restart_policy"));
    set("restart", restart.empty() ? "no" : restart);
    set("restart-max", std::to_string(integer(member("restart_retries"))));
    set("log-driver", text(member("logDriver")));
    const json::Value* check = config_.find({"healthcheck", "Test"});
    const std::string kind = check && !check->items.empty() ? check->items.front().text : "NONE";
    set("health-check", kind == "NONE" || kind.empty() ? "none" : "set");
    for (const auto& [key, name] : {std::pair{"pidNsCtr", "pid"},
                                    {"ipcNsCtr", "ipc"},
                                    {"utsNsCtr", "uts"},
                                    {"cgroupNsCtr", "cgroupns"}})
      if (const std::string other = text(member(key)); !other.empty())
        set(name, "container:" + other);
    if (const json::Value* spec = member("spec")) add_oci_spec(*spec, place_, out_);
    if (storage_.is_rootless || !host_ids_) out_.is_host_root = false;
    volumes();
    ports();
    return std::move(out_);
  }

 private:
  const json::Value* member(std::string_view key) const { return config_.find(key); }
  void set(std::string_view key, std::string value) { out_.set(key, std::move(value), place_); }

  void user() {
    out_.user = text(member("user"));
    const std::string id = out_.user.substr(0, out_.user.find(':'));
    if (id.empty() || id == "root" || id == "0")
      out_.uid = 0;
    else if (id.size() < 10 && id.find_first_not_of("0123456789") == std::string::npos)
      out_.uid = std::stoll(id);
    set("user", out_.user);
    const json::Value* host = config_.find({"idMappingsOptions", "HostUIDMapping"});
    host_ids_ = host == nullptr || host->is_true();
    if (!host_ids_) set("userns", "private");
  }

  void network() {
    const json::Value* networks = member("newNetworks");
    if (networks == nullptr) networks = member("networks");
    if (networks != nullptr)
      for (const json::Value& item : networks->items)
        out_.networks.push_back({item.key.empty() ? item.text : item.key, "", place_});
    const std::string other = text(member("netNsCtr"));
    std::string mode = text(member("networkMode"));
    if (!other.empty()) mode = "container:" + other;
    // Without either: the specification shares the host's, or has one of its own that nobody connects.
    if (mode.empty() && !is_true(member("createNetNS")) && has_own_network()) mode = "none";
    if (!mode.empty()) set("network", mode);
  }

  bool has_own_network() const {
    if (const json::Value* list = config_.find({"spec", "linux", "namespaces"}))
      for (const json::Value& item : list->items)
        if (text(item.find("type")) == "network") return text(item.find("path")).empty();
    return false;
  }

  void volumes() {
    const json::Value* list = member("namedVolumes");
    if (list == nullptr) return;
    for (const json::Value& item : list->items) {
      const json::Value* options = item.find("options");
      const bool read_only =
          options != nullptr && std::ranges::any_of(options->items, [](const json::Value& option) {
            return option.text == "ro";
          });
      out_.mounts.push_back({"volume", text(item.find("volumeName")), text(item.find("dest")),
                             read_only, "", place_});
    }
  }

  void ports() {
    const auto add = [&](const json::Value& item, std::string_view host_ip,
                         std::string_view host_port, std::string_view port) {
      std::string address = text(item.find(host_ip));
      if (address.empty()) address = "0.0.0.0";
      const int64_t first = integer(item.find(host_port)), inside = integer(item.find(port));
      const int64_t range = std::clamp<int64_t>(integer(item.find("range")), 1, 65536);
      const std::string protocol = text(item.find("protocol"));
      constexpr int64_t kSingly = 64;  // of a longer range one row
      for (int64_t i = 0; i < (range > kSingly ? 1 : range); ++i) {
        std::string published = first > 0 ? std::to_string(first + i) : "";
        if (range > kSingly) published += "-" + std::to_string(first + range - 1);
        out_.ports.push_back({inside + i, protocol, address, published, place_});
      }
    };
    if (const json::Value* list = member("newPortMappings"))
      for (const json::Value& item : list->items)
        add(item, "host_ip", "host_port", "container_port");
    if (const json::Value* list = member("portMappings"))  // before Podman 4
      for (const json::Value& item : list->items) add(item, "hostIP", "hostPort", "containerPort");
    if (const json::Value* exposed = member("exposedPorts"))
      for (const json::Value& port : exposed->items)
        for (const json::Value& protocol : port.items)
          out_.exposed.push_back({port.key + "/" + protocol.text, "", place_});
  }

  const json::Value& config_;
  Place place_;
  const PodmanStorage& storage_;
  bool host_ids_ = true;
  ContainerModel out_;
};

// Containers that the storage holds, whoever keeps the rest about them: <driver>-containers/containers.json.
void check_storage(Context& context, const PodmanStorage& storage, const Records& records) {
  const auto names = context.tree().list(storage.path);
  if (!names) return;
  for (const std::string& name : *names) {
    if (!name.ends_with("-containers")) continue;
    const auto text = context.read(storage.path + "/" + name + "/containers.json");
    if (!text) continue;
    const json::Document document = json::parse(text->text);
    context.issues(text->path, document.errors);
    if (!document.root) continue;
    for (const json::Value& item : document.root->items) {
      const json::Value* id = item.find("id");
      if (id == nullptr || records.contains(id->text)) continue;
      context.issue(text->path,
                    {"unknown-container", json_span(*id),
                     "what container " + id->text.substr(0, 12) +
                         " may do is not known: neither db.sql nor libpod/bolt_state.db of this "
                         "storage has it",
                     Effect::refused});
      break;  // one says it for all
    }
  }
}

}  // namespace

const std::vector<PodmanStorage>& podman_storages(Context& context) {
  return context.shared<Storages>([&] { return Storages{find_storages(context)}; }).list;
}

std::vector<ContainerModel> podman_containers(Context& context) {
  std::vector<ContainerModel> out;
  if (context.is_fragment()) return out;
  for (const PodmanStorage& storage : podman_storages(context)) {
    Records records;
    std::string path;
    // Since Podman 5 only the first is read; the other may be left over.
    if (const auto sqlite = FileBytes::open(context, storage.path + "/db.sql")) {
      read_sqlite(context, *sqlite, records);
      path = sqlite->path();
    }
    if (records.empty())
      if (const auto bolt = FileBytes::open(context, storage.path + "/libpod/bolt_state.db")) {
        read_bolt(context, *bolt, records);
        path = bolt->path();
      }
    for (const auto& [id, record] : records) {
      const json::Document config = json::parse(record.config);
      if (!config.root || !config.root->is(json::Kind::object)) {
        context.issue(
            path, {"broken-record", kFile,
                   "the record of container " + id.substr(0, 12) + " is no JSON", Effect::refused});
        continue;
      }
      out.push_back(Reader(*config.root, {path, Span{}}, storage).read(id));
      if (ContainerModel& container = out.back(); !container.uid)
        if (const Image* image = find_image(context, storage.path, container.image_id))
          container.uid = user_id(context, container.user, image->directories);
      const json::Document state = json::parse(record.state);
      if (state.root) out.back().state = state_name(integer(state.root->find("state")));
    }
    check_storage(context, storage, records);
  }
  return out;
}

std::vector<std::string_view> podman_state_paths() {
  return {"etc/containers/storage.conf",
          "usr/share/containers/storage.conf",
          "var/lib/containers/storage/db.sql",
          "var/lib/containers/storage/db.sql-wal",
          "var/lib/containers/storage/libpod/bolt_state.db",
          "var/lib/containers/storage/*-containers/containers.json",
          "home/*/.local/share/containers/storage/db.sql",
          "home/*/.local/share/containers/storage/db.sql-wal",
          "home/*/.local/share/containers/storage/libpod/bolt_state.db",
          "home/*/.local/share/containers/storage/*-containers/containers.json"};
}

}  // namespace drydock::facts
