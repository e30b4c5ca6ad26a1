// netplan(5): the files *.yaml of /lib/netplan, /etc/netplan and /run/netplan in the order of their names, of equal
// names /run before /etc before /lib. "Later files … amend or override": a scalar takes the place of an earlier one,
// lists are put together.
#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>
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

// netplan(5) names these, in any case; nullopt: netplan refuses it.
std::optional<bool> boolean(const yaml::Value& value) {
  std::string text;
  for (const char c : value.text)
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!value.is(yaml::Kind::scalar)) return std::nullopt;
  if (text == "true" || text == "on" || text == "yes" || text == "y") return true;
  if (text == "false" || text == "off" || text == "no" || text == "n") return false;
  return std::nullopt;
}

// "192.0.2.1/24": the length has to be there.
bool is_address(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return false;
  const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  unsigned char bytes[16];
  if (inet_pton(family, text.substr(0, slash).c_str(), bytes) != 1) return false;
  unsigned prefix = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + slash + 1, end, prefix);
  return error == std::errc() && rest == end && prefix <= (family == AF_INET ? 32u : 128u);
}

// Settings of one interface that others replaced.
constexpr size_t kLost = 100;

class Netplan {
 public:
  explicit Netplan(Context& context) : context_(context) {}

  void read(const std::string& path) {
    const auto text = context_.read(path);
    if (!text) return;
    const yaml::Document document = yaml::parse(text->text);
    path_ = text->path;
    errors_ = document.errors;
    if (const yaml::Value* const network = document.root ? document.root->find("network") : nullptr)
      if (network->is(yaml::Kind::map)) read(*network);
    refuse_unknown_references();
    context_.issues(path_, errors_);
    is_refused_ = is_refused_ || !errors_.empty();
  }

  // None if there is a mistake in any of the files: netplan then writes nothing.
  NetworkInterfaces take() {
    NetworkInterfaces list;
    for (const std::string& id : order_) {
      const Definition& one = by_id_[id];
      if (!is_for_network_manager(one)) continue;
      for (const NetworkPlace& place : {one.off, one.address_options}) {
        if (place.path.empty()) continue;
        parsers::SyntaxErrors errors;
        errors.add("bad-value", place.span, "NetworkManager cannot do this",
                   parsers::Effect::refused);
        context_.issues(place.path, errors);
        is_refused_ = true;
      }
    }
    if (is_refused_) return list;
    for (const std::string& id : order_) {
      Definition& one = by_id_[id];
      for (const NetworkAddress& address : one.interface.addresses)
        (address.text.find(':') == std::string::npos ? one.interface.ipv4 : one.interface.ipv6)
            .insert("static");
      if (is_for_network_manager(one))
        with_network_manager(one);
      else
        with_networkd(one, members_.contains(id));
      list.push_back(std::move(one.interface));
    }
    return list;
  }

 private:
  struct Definition {
    NetworkInterface interface;
    std::string renderer;
    bool dhcp4 = false, dhcp6 = false;
    bool local4 = false, local6 = true;  // addresses of the link
    bool has_match = false, has_set_name = false;
    NetworkPlace off, address_options;  // what netplan refuses to write for NetworkManager
  };

  bool is_for_network_manager(const Definition& one) const {
    return (one.renderer.empty() ? renderer_ : one.renderer) == "NetworkManager";
  }

  NetworkPlace at(const yaml::Value& value) const { return {path_, value.span}; }

  void refuse(const yaml::Value& value, std::string message) {
    errors_.add("bad-value", value.span, std::move(message), parsers::Effect::refused);
  }

  void read(const yaml::Value& network) {
    for (const yaml::Value& member : network.items) {
      if (member.key == "renderer") read_renderer(member, renderer_);
      if (member.key == "version" && member.text != "2") refuse(member, "netplan knows version 2");
    }
    for (const auto& [key, kind] : kKinds) {
      const yaml::Value* const all = network.find(key);
      if (!all) continue;
      if (!all->is(yaml::Kind::map)) refuse(*all, "an interface has a name");
      // "renderer" may stand here too.
      std::string renderer;
      for (const yaml::Value& one : all->items)
        if (one.key == "renderer" && !one.is(yaml::Kind::map)) read_renderer(one, renderer);
      for (const yaml::Value& one : all->items)
        if (one.is(yaml::Kind::map)) add(one, kind, renderer);
    }
  }

  // Members and links have to be defined in the same file or an earlier one.
  void refuse_unknown_references() {
    for (const NetworkSetting& one : references_)
      if (!by_id_.contains(one.value))
        errors_.add("unknown-interface", one.place.span, one.value + " is not defined",
                    parsers::Effect::refused);
    references_.clear();
  }

  void read_renderer(const yaml::Value& value, std::string& renderer) {
    if (value.text != "networkd" && value.text != "NetworkManager")
      refuse(value, "netplan knows the renderers networkd and NetworkManager");
    renderer = value.text;
  }

  void add(const yaml::Value& written, std::string_view kind, const std::string& renderer) {
    auto [known, is_new] = by_id_.try_emplace(written.key);
    Definition& one = known->second;
    NetworkInterface& interface = one.interface;
    if (is_new) {
      order_.push_back(written.key);
      interface.manager = "netplan";
      interface.name = written.key;
      interface.starts = true;
      one.renderer = renderer;
    } else if (interface.kind != kind) {
      refuse(written, written.key + " is defined before, as another type");
    }
    interface.kind = kind;
    interface.place = {path_, written.key_span};
    for (const yaml::Value& setting : written.items) set(one, setting);
    if (one.has_set_name && !one.has_match) refuse(written, "set-name needs a match");
  }

  void set(Definition& one, const yaml::Value& setting) {
    NetworkInterface& interface = one.interface;
    const std::string& key = setting.key;
    if (key == "renderer") {
      read_renderer(setting, one.renderer);
    } else if (key == "match") {
      one.has_match = true;
      for (const std::string_view what : {"driver", "macaddress", "name"})
        if (const yaml::Value* const value = setting.find(what);
            value && !value->text.empty() && !one.has_set_name)
          interface.name =
              what == "name" ? value->text : (what == "driver" ? "driver=" : "mac=") + value->text;
    } else if (key == "set-name") {
      one.has_set_name = true;
      interface.name = setting.text;
    } else if (key == "dhcp4" || key == "dhcp6" || key == "accept-ra") {
      const auto is_on = boolean(setting);
      if (!is_on)
        refuse(setting, key + " is true or false");
      else if (key == "accept-ra") {
        const NetworkSetting now{*is_on ? "yes" : "no", at(setting)};
        for (NetworkLost& lost : interface.lost) lost.winner = now.place;
        if (!interface.accept_ra.value.empty() && interface.lost.size() < kLost)
          interface.lost.push_back({interface.accept_ra, now.place});
        interface.accept_ra = now;
      } else
        (key == "dhcp4" ? one.dhcp4 : one.dhcp6) = *is_on;
    } else if (key == "link-local") {
      one.local4 = one.local6 = false;
      for (const yaml::Value& family : setting.items) {
        one.local4 = one.local4 || family.text == "ipv4";
        one.local6 = one.local6 || family.text == "ipv6";
        if (family.text != "ipv4" && family.text != "ipv6")
          refuse(family, "link-local lists ipv4 and ipv6");
      }
    } else if (key == "addresses") {
      if (!setting.is(yaml::Kind::sequence)) refuse(setting, "addresses is a list");
      for (const yaml::Value& address : setting.items) {
        add_address(interface, address);
        if (address.is(yaml::Kind::map)) one.address_options = at(address);
      }
    } else if (key == "activation-mode") {
      // "manual": somebody has to bring it up; "off": nothing does.
      interface.starts = false;
      one.off = setting.text == "off" ? at(setting) : NetworkPlace{};
      if (setting.text != "manual" && setting.text != "off")
        refuse(setting, "activation-mode is manual or off");
    } else if (key == "interfaces") {
      for (const yaml::Value& member : setting.items)
        if (interface.kind == "bridge" || interface.kind == "bond") {
          const auto [known, is_new] = members_.try_emplace(member.text, &interface);
          if (!is_new && known->second != &interface)
            refuse(member, member.text + " is assigned to another already");
          references_.push_back({member.text, at(member)});
        }
    } else if (key == "link") {
      references_.push_back({setting.text, at(setting)});
    } else if (key == "access-points") {
      for (const yaml::Value& point : setting.items) wireless(interface, point);
    } else if (key == "auth") {
      if (const yaml::Value* const password = setting.find("password"))
        interface.secret = at(*password);
    }
  }

  // "10.0.0.1/24", or a map of that to options.
  void add_address(NetworkInterface& interface, const yaml::Value& address) {
    const bool has_options = address.is(yaml::Kind::map) && !address.items.empty();
    const yaml::Value& value = has_options ? address.items.front() : address;
    const std::string& text = has_options ? value.key : value.text;
    if (!is_address(text)) refuse(address, "an address needs the length of its prefix");
    if (std::ranges::none_of(interface.addresses,
                             [&](const NetworkAddress& other) { return other.text == text; }))
      interface.addresses.push_back({text, {path_, has_options ? value.key_span : value.span}});
  }

  // What systemd-networkd does with what netplan writes for it: see networkd.cpp.
  static void with_networkd(Definition& one, bool is_member) {
    NetworkInterface& interface = one.interface;
    const bool local6 = one.local6 && !is_member;
    if (one.dhcp4) interface.ipv4.insert("dhcp");
    if (one.dhcp6 && local6) interface.ipv6.insert("dhcp");
    if (one.local4 && !is_member) interface.ipv4.insert("link-local");
    if (!local6 || interface.accept_ra.value.empty())
      interface.accept_ra.value = local6 ? "yes" : "no";
    if (interface.accept_ra.value == "yes") interface.ipv6.insert("auto");
  }

  // NetworkManager takes IPv6 in hand where dhcp6 or an address is written, and else leaves it to the kernel.
  static void with_network_manager(Definition& one) {
    NetworkInterface& interface = one.interface;
    if (one.dhcp4)
      interface.ipv4.insert("dhcp");
    else if (interface.ipv4.empty())
      interface.ipv4.insert(interface.kind == "tunnel" ? "none" : "link-local");
    const bool has_six = !interface.ipv6.empty();
    if (one.dhcp6) interface.ipv6.insert("auto");
    if (!one.dhcp6 && !has_six) interface.ipv6.insert("none");
    interface.accept_ra = {one.dhcp6 ? "yes" : has_six ? "no" : "kernel", {}};
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
  std::map<std::string, Definition> by_id_;
  std::vector<std::string> order_;
  std::map<std::string, const NetworkInterface*> members_;  // of bridges and bonds: of which
  std::vector<NetworkSetting> references_;                  // to other interfaces
  parsers::SyntaxErrors errors_;                            // of the file that is read
  bool is_refused_ = false;
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
