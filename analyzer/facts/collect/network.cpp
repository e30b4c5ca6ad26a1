#include "analyzer/facts/collect/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "analyzer/facts/collect/firewall_rows.h"
#include "analyzer/facts/collect/network_model.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kNetworkInterfaceTable{
    .name = "network_interface",
    .kind = TableKind::effective,
    .doc =
        "A network interface as a manager configures it: ifupdown (interfaces(5)), netplan(5), "
        "systemd-networkd (systemd.network(5)) or NetworkManager (nm-settings-keyfile(5)). With "
        "netplan "
        "its files are looked at, not what it writes for the others.",
    .columns =
        {{"name", ColumnType::text,
          "eth0; a pattern; or what else is matched: 'type=ether', 'mac=…', 'driver=…'; '*': any."},
         {"manager", ColumnType::text, "'ifupdown', 'netplan', 'networkd' or 'NetworkManager'."},
         {"kind", ColumnType::text,
          "ethernet, wifi, bridge, bond, vlan, loopback …; NULL: not said."},
         {"ipv4", ColumnType::text,
          "How it gets addresses, with commas: static, dhcp, link-local, shared, manual, none …; "
          "NULL: not said."},
         {"ipv6", ColumnType::text,
          "The same for IPv6; 'auto' is by router advertisements; NULL: not said."},
         {"starts", ColumnType::boolean, "It is brought up at boot; NULL: not known."},
         {"accept_ra", ColumnType::text,
          "Router advertisements: 'yes' or 'no' by this manager, whatever sysctl says; 'kernel': "
          "sysctl decides; NULL: not said."},
         {"forwards", ColumnType::text,
          "Forwarding that this file switches: 'yes', 'no', 'ipv4' or 'ipv6' alone; NULL: it "
          "switches nothing."},
         {"llmnr", ColumnType::text,
          "'yes', 'no', 'resolve'; NULL: resolved's own setting counts."},
         {"mdns", ColumnType::text, "The same for multicast DNS."},
         {"zone", ColumnType::text, "The zone of firewalld it is put into; NULL: none is named."},
         {"wireless", ColumnType::text,
          "How a wireless network that it joins is protected: 'none', 'wep', 'owe', 'wpa'; NULL: "
          "there is none."},
         {"path", ColumnType::text, "The file."},
         {"enabled", ColumnType::boolean, "The manager is started at boot; NULL: not known."},
         {"loc", ColumnType::location, "What names it."},
         {"accept_ra_loc", ColumnType::location, "What sets accept_ra; NULL: a default."},
         {"forwards_loc", ColumnType::location, "What sets forwards; NULL if nothing does."},
         {"wireless_loc", ColumnType::location, "What says how it is protected; else NULL."},
         {"names_loc", ColumnType::location, "What sets llmnr or mdns; else NULL."},
         {"secret_loc", ColumnType::location,
          "A password or key that stands in the file; NULL: none. The secret itself is not kept."}},
    .indexes = {},
    .examples = {"SELECT name, manager, ipv4, ipv6, accept_ra FROM network_interface"}};

const TableSpec kNetworkAddressTable{
    .name = "network_address",
    .kind = TableKind::effective,
    .doc =
        "An address that is written in the configuration of an interface; those of DHCP and router "
        "advertisements are not known to any file.",
    .columns =
        {{"interface", ColumnType::text, "network_interface.name."},
         {"manager", ColumnType::text, "network_interface.manager."},
         {"address", ColumnType::text, "Without the length of the prefix: 192.0.2.1, 2001:db8::1."},
         {"prefix", ColumnType::integer, "The length of the prefix; NULL: not said."},
         {"family", ColumnType::text, "'ip' or 'ip6'."},
         {"scope", ColumnType::text,
          "Who can reach it: 'loopback', 'link-local', 'private' (RFC 1918, RFC 4193), 'shared' "
          "(RFC 6598), 'documentation', 'multicast' or 'global'."},
         {"starts", ColumnType::boolean, "As in network_interface."},
         {"enabled", ColumnType::boolean, "As in network_interface."},
         {"loc", ColumnType::location, "The address."}},
    .indexes = {},
    .examples = {"SELECT interface, address, scope FROM network_address WHERE scope = 'global'"}};

std::string network_switch(std::string_view text) {
  const std::string word = lower(text);
  if (word == "yes" || word == "true" || word == "on" || word == "1" || word == "y" || word == "t")
    return "yes";
  if (word == "no" || word == "false" || word == "off" || word == "0" || word == "n" || word == "f")
    return "no";
  return word;
}

namespace {

struct Network {
  uint32_t network;
  int bits;
  std::string_view scope;
};
// IANA IPv4 Special-Purpose Address Registry (RFC 6890).
constexpr Network kNetworks[] = {
    {0x7F000000, 8, "loopback"},       {0xA9FE0000, 16, "link-local"},
    {0x0A000000, 8, "private"},        {0xAC100000, 12, "private"},
    {0xC0A80000, 16, "private"},       {0x64400000, 10, "shared"},
    {0xC0000200, 24, "documentation"}, {0xC6336400, 24, "documentation"},
    {0xCB007100, 24, "documentation"}, {0xE0000000, 4, "multicast"}};

// Empty: no address.
std::string_view scope_of(const std::string& address, bool& is_six) {
  unsigned char bytes[16];
  is_six = address.find(':') != std::string::npos;
  if (inet_pton(is_six ? AF_INET6 : AF_INET, address.c_str(), bytes) != 1) return "";
  if (!is_six) {
    const uint32_t host = (uint32_t{bytes[0]} << 24) | (uint32_t{bytes[1]} << 16) |
                          (uint32_t{bytes[2]} << 8) | bytes[3];
    for (const Network& one : kNetworks)
      if ((host >> (32 - one.bits)) == (one.network >> (32 - one.bits))) return one.scope;
    return "global";
  }
  // RFC 4291, RFC 4193, RFC 3849.
  static constexpr unsigned char kLoopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (std::memcmp(bytes, kLoopback, 16) == 0) return "loopback";
  if (bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80) return "link-local";
  if ((bytes[0] & 0xFE) == 0xFC) return "private";
  if (bytes[0] == 0xFF) return "multicast";
  if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0D && bytes[3] == 0xB8)
    return "documentation";
  return "global";
}

// "24", or "255.255.255.0" as a number of bits.
Value prefix_of(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  int64_t bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (!text.empty() && error == std::errc() && end == text.data() + text.size()) return bits;
  unsigned char bytes[4];
  if (inet_pton(AF_INET, std::string(text).c_str(), bytes) != 1) return Null{};
  int64_t ones = 0;
  for (const unsigned char byte : bytes)
    for (int bit = 7; bit >= 0; --bit) ones += (byte >> bit) & 1;
  return ones;
}

std::string joined(const std::set<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

class Writer {
 public:
  explicit Writer(Context& context) : context_(context) {}

  void write(const NetworkInterface& one) {
    const std::string ipv4 = joined(one.ipv4), ipv6 = joined(one.ipv6);
    const NetworkPlace& names = one.llmnr.place.path.empty() ? one.mdns.place : one.llmnr.place;
    context_.store().insert(kNetworkInterfaceTable, {std::string_view(one.name),
                                                     std::string_view(one.manager),
                                                     text_or_null(one.kind),
                                                     text_or_null(ipv4),
                                                     text_or_null(ipv6),
                                                     boolean(one.starts),
                                                     text_or_null(one.accept_ra.value),
                                                     text_or_null(one.forwards.value),
                                                     text_or_null(one.llmnr.value),
                                                     text_or_null(one.mdns.value),
                                                     text_or_null(one.zone.value),
                                                     text_or_null(one.wireless.value),
                                                     std::string_view(one.place.path),
                                                     boolean(one.enabled),
                                                     location(one.place),
                                                     location(one.accept_ra.place),
                                                     location(one.forwards.place),
                                                     location(one.wireless.place),
                                                     location(names),
                                                     location(one.secret)});
    for (const NetworkAddress& address : one.addresses) write(one, address);
    Store& store = context_.store();
    for (const auto& [loser, winner] : one.lost)
      store.overridden(kNetworkInterfaceTable, one.name, store.locate(winner.path, winner.span),
                       store.locate(loser.place.path, loser.place.span), loser.value,
                       loser.place.path == winner.path ? "set again later in the same file"
                                                       : "read earlier than " + winner.path);
  }

 private:
  static Value boolean(const std::optional<bool>& value) {
    return value ? Value(*value) : Value(Null{});
  }
  Value location(const NetworkPlace& place) {
    return place.path.empty() ? Value(Null{})
                              : Value(context_.store().locate(place.path, place.span));
  }

  void write(const NetworkInterface& one, const NetworkAddress& written) {
    const size_t slash = written.text.find('/');
    const std::string address = written.text.substr(0, slash);
    bool is_six = false;
    const std::string_view scope = scope_of(address, is_six);
    if (scope.empty()) return;
    context_.store().insert(
        kNetworkAddressTable,
        {std::string_view(one.name), std::string_view(one.manager), std::string_view(address),
         slash == std::string::npos ? Value(Null{}) : prefix_of(written.text.substr(slash + 1)),
         is_six ? "ip6" : "ip", scope, boolean(one.starts), boolean(one.enabled),
         location(written.place)});
  }

  Context& context_;
};

void collect_network(Context& context) {
  Writer writer(context);
  for (const NetworkInterface& one : ifupdown_interfaces(context)) writer.write(one);
  for (const NetworkInterface& one : netplan_interfaces(context)) writer.write(one);
  for (NetworkInterface& one : networkd_interfaces(context)) {
    one.enabled = network_start(context, "systemd-networkd.service");
    writer.write(one);
  }
  for (NetworkInterface& one : network_manager_interfaces(context)) {
    one.enabled = network_start(context, "NetworkManager.service");
    writer.write(one);
  }
}

}  // namespace

std::optional<bool> network_start(Context& context, const std::string& unit) {
  const std::optional<bool> start = start_of(context, {unit}).enabled;
  return context.scope() == Scope::etc && start == false ? std::nullopt : start;
}

std::vector<std::string> loose_network_files(Context& context, std::string_view manager) {
  std::vector<std::string> list;
  for (const std::string& path : context.loose()) {
    const std::string_view owner = path.ends_with(".network")        ? "networkd"
                                   : path.ends_with(".nmconnection") ? "NetworkManager"
                                   : path.ends_with(".yaml")         ? "netplan"
                                                                     : "ifupdown";
    if (owner == manager) list.push_back(path);
  }
  return list;
}

const Collector kNetworkCollector{
    .name = "network",
    .tables = {&kNetworkInterfaceTable, &kNetworkAddressTable},
    .needs = {"unit_state"},
    .paths = {"etc/network/**", "etc/netplan/*.yaml", "run/netplan/*.yaml",
              "usr/lib/netplan/*.yaml", "lib/netplan/*.yaml", "etc/systemd/network/**",
              "run/systemd/network/**", "usr/local/lib/systemd/network/**",
              "usr/lib/systemd/network/**", "etc/NetworkManager/system-connections/*",
              "run/NetworkManager/system-connections/*",
              "usr/lib/NetworkManager/system-connections/*"},
    .loose = {"network/interfaces", "interfaces.d/*", "netplan/*.yaml", "*.network",
              "*.nmconnection"},
    .collect = collect_network};

}  // namespace drydock::facts
