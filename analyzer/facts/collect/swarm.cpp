// moby, daemon/cluster: docker-state.json is the nodeStartConfig that the node is started with again; it
// is there as long as the node belongs to a swarm. What managers know together (nodes, networks, secrets)
// lies in the raft log, which is encrypted.
#include "analyzer/facts/collect/swarm.h"

#include <algorithm>

#include "analyzer/facts/collect/docker_network.h"
#include "analyzer/facts/collect/docker_state.h"
#include "analyzer/source/tree.h"
#include "parsers/certificate.h"
#include "parsers/characters.h"
#include "parsers/json.h"

namespace drydock::facts {

const TableSpec kSwarmTable{
    .name = "swarm",
    .kind = TableKind::effective,
    .doc =
        "This host as a node of a Docker swarm: the setting of docker-state.json that it is "
        "started with, and how its key is kept.",
    .columns =
        {{"key", ColumnType::text,
          "listen-address, advertise-address, data-path-address, remote-address (a manager it "
          "joined through), manager ('true': it has a raft log), autolock ('true': its private key "
          "is encrypted with a key that a person must type after a restart), node-certificate and "
          "ca-certificate (until when they are valid: 2026-11-22T05:42:00Z)."},
         {"value", ColumnType::text, "Empty: not set."},
         {"data_root", ColumnType::text, "The data root of the daemon: var/lib/docker."},
         {"loc", ColumnType::location,
          "The member of docker-state.json, or the file that decides."}},
    .key = "key",
    .value = "value",
    .examples = {"SELECT key, value, loc FROM swarm"}};

namespace {

namespace json = parsers::json;

// swarmkit, ca/keyreadwriter.go: the key is a PEM block, the first of the file (RFC 7468, 2); with a key-encryption key
// its type is "ENCRYPTED PRIVATE KEY", before 1.13 it had the headers of RFC 1421.
bool is_locked(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----";
  for (bool is_inside = false; !pem.empty();) {
    std::string_view line = pem.substr(0, pem.find('\n'));
    pem.remove_prefix(std::min(line.size() + 1, pem.size()));
    while (!line.empty() && parsers::is_space(line.back())) line.remove_suffix(1);
    if (is_inside) return line.starts_with("Proc-Type: 4,ENCRYPTED");
    if (!line.starts_with(kBegin) || !line.ends_with("PRIVATE KEY-----")) continue;
    line.remove_prefix(kBegin.size());
    line.remove_suffix(kEnd.size());
    if (line == "ENCRYPTED PRIVATE KEY") return true;
    is_inside = true;
  }
  return false;
}

void write_node(Context& context, const std::string& root) {
  Store& store = context.store();
  const Tree& tree = context.tree();
  const std::string directory = root + "/swarm";
  const auto text = context.read(directory + "/docker-state.json");
  if (!text) return;
  const json::Document document = json::parse(text->text);
  context.issues(text->path, document.errors);
  if (!document.root || !document.root->is(json::Kind::object)) return;
  const auto row = [&](std::string_view key, std::string_view value, const std::string& path,
                       Span span) {
    store.insert(kSwarmTable, {key, value, std::string_view(root), store.locate(path, span)});
  };
  for (const auto& [key, member] : {std::pair{"listen-address", "ListenAddr"},
                                    {"advertise-address", "AdvertiseAddr"},
                                    {"data-path-address", "DataPathAddr"},
                                    {"remote-address", "RemoteAddr"}}) {
    const json::Value* value = document.root->find(member);
    row(key, value ? std::string_view(value->text) : std::string_view(), text->path,
        value ? json_span(*value) : Span{});
  }
  const bool is_manager = tree.lstat(directory + "/raft").has_value();
  row("manager", is_manager ? "true" : "false", text->path, Span{});
  if (is_manager)
    context.issue(text->path,
                  {"not-read", Span{1, 1, 1, 1},
                   "what the managers of the swarm know together (its services, overlay networks, "
                   "secrets and nodes) is "
                   "in a log that is encrypted, '" +
                       directory + "/raft', and not read"},
                  {&kSwarmTable, &kDockerNetworkTable});
  const std::string key = directory + "/certificates/swarm-node.key";
  if (const auto pem = context.read(key)) {
    const bool locked = is_locked(pem->text);
    row("autolock", locked ? "true" : "false", pem->path, Span{});
  }
  for (const auto& [name, file] : {std::pair{"node-certificate", "/certificates/swarm-node.crt"},
                                   {"ca-certificate", "/certificates/swarm-root-ca.crt"}})
    if (const auto pem = context.read(directory + file)) {
      const auto certificate = parsers::certificate::parse(pem->text);
      context.issues(pem->path, certificate.errors);
      if (!certificate.not_after.empty()) row(name, certificate.not_after, pem->path, Span{});
    }
}

void collect_swarm(Context& context) {
  for (const DockerRoot& root : docker_roots(context)) write_node(context, root.path);
}

}  // namespace

const Collector kSwarmCollector{
    .name = "swarm",
    .tables = {&kSwarmTable},
    .needs = {"docker_daemon"},
    .paths = {"var/lib/docker/swarm/docker-state.json", "var/lib/docker/swarm/certificates/*",
              "var/lib/docker/[0-9]*.[0-9]*/swarm/docker-state.json",
              "var/lib/docker/[0-9]*.[0-9]*/swarm/certificates/*"},
    .loose = {},
    .collect = collect_swarm};

}  // namespace drydock::facts
