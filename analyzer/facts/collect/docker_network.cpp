#include "analyzer/facts/collect/docker_network.h"

#include <algorithm>
#include <tuple>

#include "analyzer/facts/collect/container.h"
#include "analyzer/facts/collect/docker_state.h"
#include "analyzer/facts/file_bytes.h"
#include "analyzer/source/tree.h"
#include "parsers/bolt.h"
#include "parsers/json.h"

namespace drydock::facts {

const TableSpec kDockerNetworkTable{
    .name = "docker_network",
    .kind = TableKind::effective,
    .doc =
        "A network of Docker as `docker network inspect` would tell it: what libnetwork keeps "
        "below "
        "the data root (network/files/local-kv.db), with the defaults of the driver. Overlay "
        "networks of a swarm are not there: they are in its log, which is encrypted.",
    .columns =
        {{"id", ColumnType::text, "Joins container_network.network_id."},
         {"name", ColumnType::text, "bridge, host, none, or what it was called."},
         {"store", ColumnType::text, "The data root: var/lib/docker; joins container.store."},
         {"driver", ColumnType::text, "bridge, macvlan, ipvlan, host, null, or that of a plug-in."},
         {"scope", ColumnType::text, "local, global or swarm."},
         {"is_default", ColumnType::boolean,
          "1: the default bridge, which dockerd makes anew at each start: here as of the last "
          "one, in docker_daemon as of the next."},
         {"is_internal", ColumnType::boolean,
          "1: --internal, no way out of it and no published ports."},
         {"is_attachable", ColumnType::boolean, "1: --attachable."},
         {"is_config_only", ColumnType::boolean,
          "1: a template for others (--config-only), on which no container can be."},
         {"has_ipv6", ColumnType::boolean, "1: its containers get an address of IPv6."},
         {"subnets", ColumnType::text, "'172.30.0.0/24,fd00:1::/64'; NULL: it has none."},
         {"interface", ColumnType::text,
          "On the host: the bridge (docker0, br-439cee2736f8), the parent of macvlan and ipvlan; "
          "NULL: none is known."},
         {"icc", ColumnType::boolean,
          "Of driver bridge, enable_icc: 0: its containers do not reach each other; else NULL."},
         {"masquerade", ColumnType::boolean,
          "Of driver bridge, enable_ip_masquerade: 1: what leaves it has the address of the host; "
          "else NULL."},
         {"host_binding", ColumnType::text,
          "Of driver bridge, host_binding_ipv4: the address that ports are published on without "
          "one of their own; NULL: all."},
         {"gateway_mode_ipv4", ColumnType::text,
          "Of driver bridge: 'nat', 'nat-unprotected', 'routed' or 'isolated'; else NULL."},
         {"gateway_mode_ipv6", ColumnType::text, "The same for IPv6."},
         {"created", ColumnType::text, "RFC 3339; NULL: not known."},
         {"loc", ColumnType::location, "The database."}},
    .indexes = {"id", "name"},
    .examples = {"SELECT name, driver, subnets, icc, host_binding FROM docker_network WHERE driver "
                 "= 'bridge'"}};

namespace {

namespace json = parsers::json;
using parsers::Effect;
using parsers::bolt::Path;

constexpr size_t kNetworks = 10'000;           // of one database
constexpr size_t kRecord = size_t{256} << 10;  // bytes of one record
constexpr size_t kRecords = size_t{16} << 20;  // bytes of all records that are read
constexpr std::string_view kBucket =
    "libnetwork";  // daemon/config: the default bucket of the store
constexpr std::string_view kNetwork = "docker/network/v1.0/network/";
constexpr std::string_view kBridge = "docker/network/v1.0/bridge/";
constexpr std::string_view kGeneric = "com.docker.network.generic";
constexpr std::string_view kOption = "com.docker.network.bridge.";

std::string text(const json::Value* value) {
  return value && value->is(json::Kind::string) ? value->text : "";
}

bool is_true(const json::Value* value) {
  return value != nullptr && value->is_true();
}

// net.IP.String() of none.
std::string address(const json::Value* value) {
  std::string written = text(value);
  return written == "<nil>" ? "" : written;
}

// A list of libnetwork that stands as text in its record, and in that text the data of each element again as text.
void add_subnets(const json::Value& record, std::string_view version, DockerNetwork& out) {
  const auto list = [&](const std::string& key) { return json::parse(text(record.find(key))); };
  const auto add = [&](const std::string& subnet) {
    if (!subnet.empty()) out.subnets.push_back(subnet);
  };
  const size_t before = out.subnets.size();
  const std::string name = "ipam" + std::string(version);
  if (const json::Document info = list(name + "Info"); info.root)
    for (const json::Value& item : info.root->items)
      if (const json::Document data = json::parse(text(item.find("IPAMData"))); data.root)
        add(text(data.root->find("Pool")));
  if (out.subnets.size() != before) return;
  if (const json::Document config = list(name + "Config"); config.root)
    for (const json::Value& item : config.root->items) add(text(item.find("PreferredPool")));
}

std::string gateway_mode(std::string written) {
  return written.empty() || written == "default" ? "nat" : written;
}

void read_network(const json::Value& record, DockerNetwork& out) {
  out.name = text(record.find("name"));
  out.driver = text(record.find("networkType"));
  out.scope = text(record.find("scope"));
  out.created = text(record.find("created"));
  out.is_internal = is_true(record.find("internal"));
  out.is_attachable = is_true(record.find("attachable"));
  out.is_config_only = is_true(record.find("configOnly"));
  out.has_ipv6 = is_true(record.find("enableIPv6"));
  if (const json::Value* ipv4 = record.find("enableIPv4")) out.has_ipv4 = ipv4->is_true();
  add_subnets(record, "V4", out);
  add_subnets(record, "V6", out);
  const auto option = [&](std::string_view name) {
    return text(record.find({"generic", kGeneric, name}));
  };
  const auto of_bridge = [&](std::string_view name) {
    return option(std::string(kOption) + std::string(name));
  };
  out.interface = option("parent");
  if (out.driver != "bridge") return;
  out.is_default = go_bool(of_bridge("default_bridge")).value_or(false);
  out.icc = go_bool(of_bridge("enable_icc")).value_or(true);
  out.masquerade = go_bool(of_bridge("enable_ip_masquerade")).value_or(true);
  out.binding = of_bridge("host_binding_ipv4");
  out.interface = of_bridge("name");
  if (out.interface.empty()) out.interface = "br-" + out.id.substr(0, 12);
  out.gateway_ipv4 = gateway_mode(of_bridge("gateway_mode_ipv4"));
  out.gateway_ipv6 = gateway_mode(of_bridge("gateway_mode_ipv6"));
}

// What the bridge driver made of the options; from it dockerd restores the bridge.
void read_bridge(const json::Value& record, DockerNetwork& out) {
  if (out.driver != "bridge") return;
  const auto boolean = [&](std::string_view key, auto& member) {
    if (const json::Value* value = record.find(key); value && value->is(json::Kind::boolean))
      member = value->is_true();
  };
  boolean("EnableICC", out.icc);
  boolean("EnableIPMasquerade", out.masquerade);
  boolean("DefaultBridge", out.is_default);
  boolean("EnableIPv4", out.has_ipv4);
  if (record.find("DefaultBindingIP")) out.binding = address(record.find("DefaultBindingIP"));
  if (std::string name = text(record.find("BridgeName")); !name.empty()) out.interface = name;
  if (const auto* mode = record.find("GwModeIPv4")) out.gateway_ipv4 = gateway_mode(text(mode));
  if (const auto* mode = record.find("GwModeIPv6")) out.gateway_ipv6 = gateway_mode(text(mode));
}

class Reader {
 public:
  Reader(Context& context, FileBytes& file) : context_(context), file_(file) {}

  std::map<std::string, DockerNetwork, std::less<>> read() {
    const auto errors = parsers::bolt::read(
        file_, {[](Path bucket) { return bucket.size() == 1 && bucket[0] == kBucket; },
                [&](Path key, std::string_view value) {
                  if (key.size() == 2) take(key[1], value);
                }});
    if (!file_.failed())
      context_.issues(file_.path(), errors, {&kDockerNetworkTable, &kContainerPortTable});
    for (const auto& [id, record] : bridges_)
      if (const auto network = networks_.find(id); network != networks_.end())
        if (const json::Document bridge = json::parse(record); bridge.root)
          read_bridge(*bridge.root, network->second);
    if (is_cut_)
      issue("too-many-records",
            "the database has more networks than are read; the rest is left out");
    return std::move(networks_);
  }

 private:
  // The number of its last change, 8 bytes, then the record (libkv, store/boltdb).
  void take(std::string_view key, std::string_view value) {
    const bool is_network = key.starts_with(kNetwork);
    if (!is_network && !key.starts_with(kBridge)) return;
    std::string id(key.substr(is_network ? kNetwork.size() : kBridge.size()));
    if (id.ends_with('/')) id.pop_back();
    if (id.empty()) return;  // the directory itself
    bytes_ += value.size();
    if (value.size() > kRecord || bytes_ > kRecords) {
      is_cut_ = true;
      return;
    }
    const std::string_view record = value.substr(std::min<size_t>(value.size(), 8));
    const json::Document document = json::parse(record);
    if (!document.root || !document.root->is(json::Kind::object) ||
        std::ranges::any_of(document.errors,
                            [](const auto& error) { return error.effect == Effect::refused; })) {
      if (!is_broken_)
        issue("broken-record", "the record of network " + id.substr(0, 64) + " is not JSON");
      is_broken_ = true;
      return;
    }
    if (is_network) {
      // One whose removal did not come to its end: dockerd removes it at its next start.
      if (is_true(document.root->find("inDelete"))) return;
      if (networks_.size() >= kNetworks) {
        is_cut_ = true;
        return;
      }
      DockerNetwork& network = networks_[id];
      network.id = id;
      read_network(*document.root, network);
    } else if (bridges_.size() < kNetworks) {
      // As text: taken apart it may need fifty times as much.
      bridges_.emplace_back(std::move(id), record);
    } else {
      is_cut_ = true;
    }
  }

  void issue(std::string_view code, const std::string& message) {
    context_.issue(file_.path(), {code, {1, 1, 1, 1}, message, Effect::refused},
                   {&kDockerNetworkTable, &kContainerPortTable});
  }

  Context& context_;
  FileBytes& file_;
  std::map<std::string, DockerNetwork, std::less<>> networks_;
  std::vector<std::pair<std::string, std::string>> bridges_;
  size_t bytes_ = 0;
  bool is_cut_ = false, is_broken_ = false;
};

struct AllNetworks {
  std::vector<DockerNetworks> list;
};

Value text_or_null(const std::string& text) {
  return text.empty() ? Value(Null{}) : Value(std::string_view(text));
}

Value boolean_or_null(const std::optional<bool>& value) {
  return value ? Value(*value) : Value(Null{});
}

}  // namespace

// strconv.ParseBool.
std::optional<bool> go_bool(std::string_view text) {
  for (const std::string_view word : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == word) return true;
  for (const std::string_view word : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == word) return false;
  return std::nullopt;
}

const DockerNetwork* DockerNetworks::find(std::string_view id, std::string_view name) const {
  if (const auto found = by_id.find(id); found != by_id.end()) return &found->second;
  if (const auto found = by_name.find(name); found != by_name.end()) return found->second;
  return nullptr;
}

const std::vector<DockerNetworks>& docker_networks(Context& context) {
  return context
      .shared<AllNetworks>([&] {
        AllNetworks all;
        for (const DockerRoot& root : docker_roots(context))
          if (const auto file = FileBytes::open(context, root.path + "/network/files/local-kv.db"))
            all.list.push_back({root.path, file->path(), Reader(context, *file).read(), {}});
        for (DockerNetworks& one : all.list)
          for (const auto& [id, network] : one.by_id) one.by_name.emplace(network.name, &network);
        return all;
      })
      .list;
}

DockerPublishing docker_publishing(const std::vector<DockerAttachment>& attachments,
                                   const DockerNetwork* gateway_bridge) {
  const DockerAttachment* best = nullptr;
  bool through_gateway_bridge = attachments.empty();
  const auto rank = [](const DockerAttachment& one) {
    const int families = (one.network->has_ipv4 ? 1 : 0) + (one.network->has_ipv6 ? 2 : 0);
    return std::tuple(~one.priority, ~families, std::string_view(one.network->name));
  };
  for (const DockerAttachment& one : attachments) {
    if (one.network == nullptr || one.network->driver == "overlay") {
      through_gateway_bridge = true;
    } else if (!one.network->is_internal && one.network->driver != "host" &&
               one.network->driver != "null") {
      if (best == nullptr || rank(one) < rank(*best)) best = &one;
    }
  }
  // Their ProgramExternalConnectivity does nothing: the container is on the network of the parent itself.
  if (best != nullptr)
    return {best->network->driver != "macvlan" && best->network->driver != "ipvlan",
            best->network->binding};
  return {through_gateway_bridge, gateway_bridge ? gateway_bridge->binding : ""};
}

void write_docker_networks(Context& context) {
  Store& store = context.store();
  using std::string_view;
  for (const DockerNetworks& all : docker_networks(context))
    for (const auto& [id, n] : all.by_id) {
      std::string subnets;
      for (const std::string& subnet : n.subnets) subnets += (subnets.empty() ? "" : ",") + subnet;
      store.insert(
          kDockerNetworkTable,
          {string_view(id), string_view(n.name), string_view(all.store), string_view(n.driver),
           string_view(n.scope), n.is_default, n.is_internal, n.is_attachable, n.is_config_only,
           n.has_ipv6, text_or_null(subnets), text_or_null(n.interface), boolean_or_null(n.icc),
           boolean_or_null(n.masquerade), text_or_null(n.binding), text_or_null(n.gateway_ipv4),
           text_or_null(n.gateway_ipv6), text_or_null(n.created), store.locate(all.path, Span{})});
    }
}

}  // namespace drydock::facts
