// An interface as one of the managers configures it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analyzer/facts/collect.h"

namespace drydock::facts {

struct NetworkPlace {
  std::string path;
  Span span;  // line 0: none
};

// A switch or word with the place that says so.
struct NetworkSetting {
  std::string value;  // empty: not written
  NetworkPlace place;
};

// A setting that another one of the same name replaced.
struct NetworkLost {
  NetworkSetting loser;
  NetworkPlace winner;
};

struct NetworkAddress {
  std::string text;  // "192.0.2.1/24"
  NetworkPlace place;
};

struct NetworkInterface {
  std::string manager;  // "ifupdown", "netplan", "networkd", "NetworkManager"
  std::string name;     // "eth0"; a pattern, or what else is matched: "type=ether", "mac=…"
  std::string kind;     // ethernet, wifi, bridge, bond, vlan, tunnel, loopback …; empty: not said
  // static, dhcp, auto, link-local, shared, manual, none: of each family.
  std::set<std::string> ipv4, ipv6;
  std::optional<bool> starts;  // brought up at boot
  NetworkSetting accept_ra;    // "yes", "no", "kernel": left to sysctl
  NetworkSetting forwards;     // "yes", "no", "ipv4", "ipv6"
  NetworkSetting llmnr, mdns;  // "yes", "no", "resolve"
  NetworkSetting zone;         // of firewalld
  NetworkSetting wireless;     // of a wireless network that is joined: "none", "wep", "wpa"
  NetworkPlace secret;         // a password or key that stands in the file
  std::vector<NetworkAddress> addresses;
  std::vector<NetworkLost> lost;
  NetworkPlace place;
  std::optional<bool> enabled;  // the manager is started at boot
};

using NetworkInterfaces = std::vector<NetworkInterface>;

// Each in the order in which its manager reads them. In a fragment: of the loose files.
NetworkInterfaces ifupdown_interfaces(Context& context);
NetworkInterfaces netplan_interfaces(Context& context);
NetworkInterfaces networkd_interfaces(Context& context);
NetworkInterfaces network_manager_interfaces(Context& context);

// The files of a host's connections, by name; of equal names the first directory's.
std::vector<std::string> network_manager_files(Context& context);

// Zones of firewalld by interface, as NetworkManager puts them there.
using NetworkZones = std::map<std::string, std::string>;
NetworkZones network_manager_zones(Context& context);

// "yes" for yes, true, on, 1; "no" for no, false, off, 0; else the text in lower case.
std::string network_switch(std::string_view text);

// Is the manager's unit started at boot? Where /usr is not here nobody knows what is not.
std::optional<bool> network_start(Context& context, const std::string& unit);

// The loose files of a fragment that a manager reads.
std::vector<std::string> loose_network_files(Context& context, std::string_view manager);

}  // namespace drydock::facts
