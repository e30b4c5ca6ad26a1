// Containers before they become rows, whoever defined them: Docker's state, a Quadlet unit, a
// compose file. One shape, so that one rule judges the same weakness wherever it is written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"

namespace drydock::facts {

struct Place {
  std::string path;
  Span span;  // line 0: the file as a whole
};

struct ContainerSetting {
  std::string_view key;  // as the table container_setting documents it
  std::string value;
  Place place;
  std::string_view because;  // "privileged", "daemon": what else than the setting decided; or empty
};

struct ContainerMount {
  std::string type;  // "bind", "volume", "tmpfs", …
  std::string source, destination;
  bool read_only = false;
  std::string propagation;
  Place place;
};

struct ContainerPort {
  int64_t port = 0;
  std::string protocol;
  std::string
      host_ip;  // empty: ContainerModel::default_address; 0.0.0.0 and :: are one family each
  std::string host_port;  // empty: one is chosen when the container starts
  Place place;
};

struct ContainerDevice {
  std::string kind;  // "device", "request", "cgroup-rule"
  std::string host_path, container_path, permissions;
  Place place;
};

// A word with a place, and for some a second word: a capability and "add", an option and its value.
struct ContainerWord {
  std::string name, value;
  Place place;
};

struct ContainerUlimit {
  std::string name;
  int64_t soft = 0, hard = 0;
  Place place;
};

struct ContainerModel {
  std::string id;      // Docker's; of a unit or a compose service "path#name"
  std::string name;    // "web"
  std::string engine;  // "docker", "podman"
  std::string source;  // "state", "quadlet", "compose"
  std::string store;   // of an engine's state: the directory it keeps its containers in
  std::string state;   // as `docker ps` names it; empty: not known
  std::string image, image_id;
  std::string created;
  std::string user;            // as it is written; empty: root, or what the image says
  std::optional<int64_t> uid;  // of that user inside the container
  // Is uid 0 of the container uid 0 of the host? Nothing: it cannot be told.
  std::optional<bool> is_host_root;
  bool has_ipv6 = false;        // one of its networks is known to give it an address of IPv6
  bool is_publishing = true;    // false: none of its networks binds its ports to the host
  std::string default_address;  // that ports without one are bound to; empty: every address
  Place place;
  std::vector<ContainerSetting> settings;
  std::vector<ContainerMount> mounts;
  std::vector<ContainerPort> ports;
  std::vector<ContainerWord> capabilities;  // "CAP_SYS_ADMIN" or "ALL"; "add" or "drop"
  std::vector<ContainerWord> security_options;
  std::vector<ContainerWord>
      variables;  // name; "1" if its value looks like a secret. Never the value
  std::vector<ContainerWord> networks;
  std::vector<ContainerWord> exposed;  // "22/tcp", as the image or the container declares it
  std::vector<ContainerDevice> devices;
  std::vector<ContainerUlimit> ulimits;

  void set(std::string_view key, std::string value, Place at, std::string_view because = {}) {
    settings.push_back({key, std::move(value), std::move(at), because});
  }
};

// Every container of the context's target, whoever defined it. Computed once.
const std::vector<ContainerModel>& containers(Context& context);

// The address of the host that a port is published on: its own, or that of the network it is published through.
std::string published_address(const ContainerModel& container, const ContainerPort& port);

// dockerd(8): --ip "Default IP address to use when binding container ports", which is that of the default bridge
// only (docs.docker.com/engine/network/drivers/bridge). Empty: every address.
std::string default_bridge_address(Context& context);

// The address families that others reach a published port by, of those the host has: "ip", "ip6", "ip,ip6"; empty:
// nothing is bound. docker-proxy listens for IPv6 in front of a container that has none; it is a process of the
// host. Without it, and with Podman's rootful networks, there are only the addresses the container has.
std::string published_families(Context& context, const ContainerModel& container,
                               const ContainerPort& port);

// "sys_admin", "CAP_SYS_ADMIN" -> "CAP_SYS_ADMIN"; "all" -> "ALL".
std::string capability_name(std::string_view written);

// Does a variable or argument of that name with that value carry a secret? By its name (PASSWORD, TOKEN,
// API_KEY …), if the value is neither empty nor a path or a reference to another variable.
bool looks_secret(std::string_view name, std::string_view value);

// `text` with the values of such assignments (NAME=value) and the passwords of URLs replaced by "***".
std::string without_secrets(std::string_view text);

// The name of the first variable or argument in `text` that looks_secret, with its value; empty: none.
std::string secret_in(std::string_view text);

// Where a bind mount's source leads on the host: links followed as far as the tree knows them.
std::string host_path(const Tree& tree, std::string_view source);

// What of the host a bind mount of the (real) tree path hands over; see container_mount.exposes. Empty: nothing
// of note.
std::string_view exposed_by(std::string_view real_path, bool read_only);

// The socket of a container engine that such a mount hands over: "/run/docker.sock"; empty: none.
std::string engine_socket_in(std::string_view real_path);

}  // namespace drydock::facts
