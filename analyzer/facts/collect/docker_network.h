// Docker's networks at rest: <data-root>/network/files/local-kv.db, in which libnetwork keeps what was given to
// `docker network create` (moby, libnetwork/network.go and drivers/bridge/bridge_store.go). Table `docker_network`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kDockerNetworkTable;

struct DockerNetwork {
  std::string id, name, driver, scope, created;
  bool is_default =
      false;  // the one named bridge, which dockerd makes anew from its configuration at each start
  bool is_internal = false, is_attachable = false, is_config_only = false;
  bool has_ipv4 = true, has_ipv6 = false;
  std::vector<std::string> subnets;
  std::string interface;  // of the host: the bridge, or the parent of macvlan and ipvlan
  std::optional<bool> icc, masquerade;  // of driver bridge
  std::string binding;  // what ports without an address are bound to; empty: all addresses
  std::string gateway_ipv4,
      gateway_ipv6;  // of driver bridge: "nat", "routed", "nat-unprotected", "isolated"
};

// Of one data root.
struct DockerNetworks {
  std::string store;  // "var/lib/docker"
  std::string path;   // of the database
  std::map<std::string, DockerNetwork, std::less<>> by_id;
  // Of several with one name the first by id.
  std::map<std::string_view, const DockerNetwork*> by_name;

  // The one with that id, or else that name; null: there is none.
  const DockerNetwork* find(std::string_view id, std::string_view name) const;
};

// The networks of all data roots that have such a database; none in a fragment. Computed once. Problems become
// issues of the tables docker_network and container_port.
const std::vector<DockerNetworks>& docker_networks(Context& context);

// ParseBool of Go: "1", "t", "TRUE" and so on; nothing: none of them, which dockerd refuses.
std::optional<bool> go_bool(std::string_view text);

// A network that a container is on.
struct DockerAttachment {
  const DockerNetwork* network =
      nullptr;           // null: its settings are not known, as of an overlay network of a swarm
  int64_t priority = 0;  // docker run --network name=…,gw-priority=…
};

struct DockerPublishing {
  bool is_published = true;  // false: its ports are bound nowhere
  std::string address;       // that ports without one are bound to; empty: every address
};

// Through which of its networks a container publishes its ports, and where. libnetwork/sandbox.go, Endpoint.Less: the
// highest priority, not an internal one, IPv6 beside IPv4 before one of them, then the first by name.
// `gateway_bridge`: docker_gwbridge, for networks that have no way out themselves (libnetwork/default_gateway.go).
DockerPublishing docker_publishing(const std::vector<DockerAttachment>& attachments,
                                   const DockerNetwork* gateway_bridge);

void write_docker_networks(Context& context);

}  // namespace drydock::facts
