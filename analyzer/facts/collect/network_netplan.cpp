// netplan(5): the files *.yaml of /lib/netplan, /etc/netplan and /run/netplan in the order of their names, of equal
// names /run before /etc before /lib. "Later files … amend or override": a scalar takes the place of an earlier one,
// lists are put together.
#include <algorithm>
#include <map>

#include "analyzer/facts/collect/firewall_rows.h"
#include "analyzer/facts/collect/network_model.h"
#include "analyzer/source/tree.h"
#include "parsers/yaml.h"

namespace drydock::facts {

namespace {

namespace yaml = parsers::yaml;

constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
    {"ethernets", "ethernet"}, {"wifis", "wifi"}, {"bridges", "bridge"},
    {"bonds", "bond"},         {"vlans", "vlan"}, {"tunnels", "tunnel"},
    {"modems", "modem"},       {"vrfs", "vrf"},   {"dummy-devices", "dummy"}};

class Netplan {
 public:
  explicit Netplan(Context& context) : context_(context) {}

  void read(const std::string& path) {
    const auto text = context_.read(path);
    if (!text) return;
    const yaml::Document document = yaml::parse(text->text);
    context_.issues(text->path, document.errors);
    const yaml::Value* const network = document.root ? document.root->find("network") : nullptr;
    if (!network || !network->is(yaml::Kind::map)) return;
    path_ = text->path;
    if (const yaml::Value* const renderer = network->find("renderer")) renderer_ = renderer->text;
    for (const auto& [member, kind] : kKinds)
      if (const yaml::Value* const all = network->find(member))
        for (const yaml::Value& one : all->items)
          // "renderer" may stand here too.
          if (one.is(yaml::Kind::map)) add(one, kind);
  }

  NetworkInterfaces take() {
    for (auto& [key, one] : by_id_) {
      if (!one.addresses.empty()) {
        for (const NetworkAddress& address : one.addresses)
          (address.text.find(':') == std::string::npos ? one.ipv4 : one.ipv6).insert("static");
      }
      // networkd is what it writes for where nothing is said, and takes router advertisements by itself.
      if (renderer_ == "NetworkManager" && one.accept_ra.value.empty())
        one.accept_ra.value = "kernel";
    }
    NetworkInterfaces list;
    for (const std::string& id : order_) list.push_back(std::move(by_id_[id]));
    return list;
  }

 private:
  NetworkPlace at(const yaml::Value& value) const { return {path_, value.span}; }

  void add(const yaml::Value& definition, std::string_view kind) {
    auto [known, is_new] = by_id_.try_emplace(definition.key);
    NetworkInterface& one = known->second;
    if (is_new) {
      order_.push_back(definition.key);
      one.manager = "netplan";
      one.name = definition.key;
      one.starts = true;
    }
    one.kind = kind;
    one.place = {path_, definition.key_span};
    const auto text = [&](const yaml::Value* value) { return value ? value->text : std::string(); };
    if (const yaml::Value* const match = definition.find("match"))
      for (const std::string_view key : {"driver", "macaddress", "name"})
        if (const std::string value = text(match->find(key)); !value.empty())
          one.name = key == "name" ? value : (key == "driver" ? "driver=" : "mac=") + value;
    if (const std::string name = text(definition.find("set-name")); !name.empty()) one.name = name;
    for (const auto& [key, methods] : {std::pair{"dhcp4", &one.ipv4}, {"dhcp6", &one.ipv6}})
      if (const yaml::Value* const value = definition.find(key)) {
        if (network_switch(value->text) == "yes")
          methods->insert("dhcp");
        else
          methods->erase("dhcp");
      }
    if (const yaml::Value* const value = definition.find("accept-ra"))
      one.accept_ra = {network_switch(value->text), at(*value)};
    if (const yaml::Value* const list = definition.find("addresses"))
      for (const yaml::Value& address : list->items) {
        // "10.0.0.1/24", or a map of that to options.
        const yaml::Value* const value = address.is(yaml::Kind::map) && !address.items.empty()
                                             ? &address.items.front()
                                             : &address;
        const std::string written = address.is(yaml::Kind::map) ? value->key : value->text;
        if (std::ranges::none_of(
                one.addresses, [&](const NetworkAddress& other) { return other.text == written; }))
          one.addresses.push_back(
              {written, {path_, address.is(yaml::Kind::map) ? value->key_span : value->span}});
      }
    if (const yaml::Value* const points = definition.find("access-points"))
      for (const yaml::Value& point : points->items) wireless(one, point);
    if (const yaml::Value* const auth = definition.find("auth"))
      if (const yaml::Value* const password = auth->find("password")) one.secret = at(*password);
  }

  // netplan(5): without password and auth the network is an open one.
  void wireless(NetworkInterface& one, const yaml::Value& point) {
    const yaml::Value* const auth = point.find("auth");
    const yaml::Value* password = point.find("password");
    if (!password && auth) password = auth->find("password");
    if (password) one.secret = at(*password);
    const yaml::Value* const management = auth ? auth->find("key-management") : nullptr;
    const bool is_open = management ? management->text == "none" : !password;
    // One that is open is enough.
    if (is_open || one.wireless.value != "none")
      one.wireless = {is_open ? "none" : "wpa", {path_, point.key_span}};
  }

  Context& context_;
  std::string path_, renderer_;
  std::map<std::string, NetworkInterface> by_id_;
  std::vector<std::string> order_;
};

}  // namespace

NetworkInterfaces netplan_interfaces(Context& context) {
  Netplan netplan(context);
  if (context.is_fragment()) {
    for (const std::string& path : loose_network_files(context, "netplan")) netplan.read(path);
    return netplan.take();
  }
  std::map<std::string, std::string> files;  // by name, for that is their order
  for (const std::string directory :
       {"run/netplan", "etc/netplan", "usr/lib/netplan", "lib/netplan"})
    for (const std::string& path : context.tree().glob(directory, "*.yaml"))
      files.try_emplace(std::string(file_name(path)), path);
  for (const auto& [name, path] : files) netplan.read(path);
  NetworkInterfaces list = netplan.take();
  // Its generator runs at every start of systemd.
  bool is_there = false;
  for (const std::string_view generator :
       {"usr/lib/systemd/system-generators/netplan", "lib/systemd/system-generators/netplan",
        "usr/libexec/netplan/generate", "usr/lib/netplan/generate", "lib/netplan/generate"})
    is_there = is_there || context.tree().lstat(generator).has_value();
  for (NetworkInterface& one : list)
    one.enabled = context.scope() == Scope::host ? std::optional<bool>(is_there) : std::nullopt;
  return list;
}

}  // namespace drydock::facts
