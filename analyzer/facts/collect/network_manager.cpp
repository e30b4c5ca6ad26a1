// nm-settings-keyfile(5): *.nmconnection of /etc/NetworkManager/system-connections, /run and /usr/lib; a file of the
// same name in /etc takes the place of the others. NetworkManager passes over one that not root owns or that others
// may read.
#include <arpa/inet.h>

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/facts/collect/network_model.h"
#include "analyzer/source/tree.h"
#include "parsers/key_file.h"

namespace drydock::facts {

namespace {

namespace key_file = parsers::key_file;

class Connection {
 public:
  Connection(const key_file::File& file, std::string path) : path_(std::move(path)) {
    for (const key_file::Group& group : file.groups)
      groups_.try_emplace(group.name, NetworkSetting{group.name, {path_, group.span}});
    for (const key_file::Entry& e : file.entries) {
      // The older names of groups.
      const std::string& group = e.group == "802-11-wireless"            ? "wifi"
                                 : e.group == "802-11-wireless-security" ? "wifi-security"
                                                                         : e.group;
      const std::string key = group + "." + e.key;
      NetworkSetting& now = settings_[key];
      if (!now.value.empty() && lost_.size() < kLost) lost_.emplace_back(key, now);
      now = {e.value, {path_, e.span}};
    }
  }

  // What NetworkManager refuses the connection for; nullptr: it takes it.
  const NetworkSetting* refused_for() const {
    static constexpr std::string_view kMethods[] = {"auto", "manual", "link-local", "shared",
                                                    "disabled"};
    for (const std::string family : {"ipv4", "ipv6"}) {
      const NetworkSetting* const method = find(family + ".method");
      // With the group there has to be a method.
      if (const auto group = groups_.find(family); !method && group != groups_.end())
        return &group->second;
      if (!method) continue;
      const bool is_known =
          std::ranges::find(kMethods, method->value) != std::end(kMethods) ||
          (family == "ipv6" && (method->value == "ignore" || method->value == "dhcp"));
      if (!is_known) return method;
      const bool has_addresses = !addresses(family).empty();
      const std::string dns = text(family + ".dns");
      const bool has_dns = is_host(family, dns.substr(0, dns.find_first_of(",; ")));
      if (method->value == "manual" && !has_addresses) return method;
      if (method->value == "shared" && family == "ipv4" && has_dns) return method;
      if ((method->value == "disabled" || method->value == "link-local" ||
           method->value == "ignore") &&
          (has_addresses || has_dns))
        return method;
    }
    return nullptr;
  }

  NetworkInterface interface() const {
    NetworkInterface one;
    one.manager = "NetworkManager";
    one.name = text("connection.interface-name");
    if (one.name.empty() && !text("match.interface-name").empty())
      one.name = text("match.interface-name");
    if (one.name.empty()) one.name = "*";
    one.kind = kind(text("connection.type"));
    one.place = {path_, {}};
    if (const auto* const id = find("connection.id")) one.place = id->place;
    // What GLib does not take for a switch leaves the default.
    const std::string starts = text("connection.autoconnect");
    one.starts = starts != "false" && starts != "0";
    method("ipv4", one.ipv4, one);
    method("ipv6", one.ipv6, one);
    router_advertisements(one);
    if (const auto* const zone = find("connection.zone")) one.zone = *zone;
    // 0 no, 1 resolve, 2 yes; -1 leaves it to the default.
    one.llmnr = names("connection.llmnr");
    one.mdns = names("connection.mdns");
    wireless(one);
    for (const std::string_view key :
         {"wifi-security.psk", "wifi-security.wep-key0", "wifi-security.leap-password",
          "802-1x.password", "802-1x.private-key-password", "vpn-secrets.password",
          "wireguard.private-key", "pppoe.password", "gsm.password"})
      if (const auto* const secret = find(key)) one.secret = secret->place;
    for (const auto& [key, loser] : lost_)
      if (!may_be_secret(key)) one.lost.push_back({loser, settings_.at(key).place});
    return one;
  }

 private:
  // nm-settings(5): passwords, PINs, keys of WPA, WEP, WireGuard and MACsec ("mka-cak").
  static bool may_be_secret(std::string_view key) {
    if (key.starts_with("wifi-security.") || key.starts_with("802-1x.")) return true;
    return std::ranges::any_of(
        std::initializer_list<std::string_view>{"pass", "secret", "key", "psk", "pin", "cak"},
        [&](std::string_view part) { return key.find(part) != std::string_view::npos; });
  }

  const NetworkSetting* find(std::string_view key) const {
    const auto found = settings_.find(key);
    return found == settings_.end() || found->second.value.empty() ? nullptr : &found->second;
  }
  std::string text(std::string_view key) const {
    const NetworkSetting* const setting = find(key);
    return setting ? setting->value : "";
  }

  static bool is_host(const std::string& family, const std::string& text) {
    unsigned char bytes[16];
    return inet_pton(family == "ipv4" ? AF_INET : AF_INET6, text.c_str(), bytes) == 1;
  }

  static std::string kind(const std::string& type) {
    if (type == "802-3-ethernet") return "ethernet";
    if (type == "802-11-wireless") return "wifi";
    return type;
  }

  void method(const std::string& family, std::set<std::string>& methods,
              NetworkInterface& one) const {
    std::string value = text(family + ".method");
    // What is part of a bridge or bond has none; for the others the default is auto.
    const bool is_port = find("connection.master") || find("connection.controller");
    if (value.empty() && !is_port) value = one.kind == "wireguard" ? "disabled" : "auto";
    if (value == "auto")
      methods.insert(family == "ipv4" ? "dhcp" : "auto");
    else if (value == "dhcp" || value == "link-local" || value == "shared")
      methods.insert(value);
    else if (value == "disabled" || value == "ignore")
      methods.insert("none");
    for (NetworkAddress& address : addresses(family)) {
      methods.insert("static");
      one.addresses.push_back(std::move(address));
    }
    // NetworkManager switches forwarding on for what it shares.
    if (value == "shared") one.forwards = {family, find(family + ".method")->place};
  }

  // "address1=192.0.2.1/24,192.0.2.254": the address and its gateway.
  std::vector<NetworkAddress> addresses(const std::string& family) const {
    std::vector<NetworkAddress> list;
    std::set<std::string> seen;
    for (const std::string_view prefix : {".addresses", ".address"})
      for (const auto& [key, setting] : settings_) {
        const std::string start = family + std::string(prefix);
        if (!key.starts_with(start) || !std::ranges::all_of(key.substr(start.size()), [](char c) {
              return c >= '0' && c <= '9';
            }))
          continue;
        // Of an address with a gateway that is none nothing is taken.
        const size_t end = setting.value.find_first_of(",; ");
        const std::string address = setting.value.substr(0, end);
        std::string gateway = end == std::string::npos ? "" : setting.value.substr(end + 1);
        gateway = gateway.substr(0, gateway.find_first_of(",; "));
        if (is_host(family, address.substr(0, address.find('/'))) &&
            (gateway.empty() || is_host(family, gateway)) && seen.insert(address).second)
          list.push_back({address, setting.place});
      }
    // What is shared has one alone.
    if (family == "ipv4" && text("ipv4.method") == "shared" && list.size() > 1) list.resize(1);
    return list;
  }

  // NetworkManager reads router advertisements itself; with "ignore" it leaves IPv6 to the kernel.
  void router_advertisements(NetworkInterface& one) const {
    const NetworkSetting* const method = find("ipv6.method");
    const std::string value = method ? method->value : "auto";
    one.accept_ra.value = value == "auto" || value == "dhcp" ? "yes"
                          : value == "ignore"                ? "kernel"
                                                             : "no";
    if (method) one.accept_ra.place = method->place;
  }

  NetworkSetting names(std::string_view key) const {
    const NetworkSetting* const setting = find(key);
    if (!setting) return {};
    static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"0", "no"},  {"1", "resolve"},       {"2", "yes"},
        {"no", "no"}, {"resolve", "resolve"}, {"yes", "yes"}};
    for (const auto& [written, name] : kNames)
      if (setting->value == written) return {std::string(name), setting->place};
    return {};
  }

  void wireless(NetworkInterface& one) const {
    if (one.kind != "wifi") return;
    const NetworkSetting* const management = find("wifi-security.key-mgmt");
    if (!management)
      management_none(one);
    else if (management->value == "none")
      one.wireless = {"wep", management->place};
    else if (management->value == "ieee8021x")
      one.wireless = {"wep", management->place};
    else
      one.wireless = {management->value == "owe" ? "owe" : "wpa", management->place};
  }

  void management_none(NetworkInterface& one) const {
    const NetworkSetting* const ssid = find("wifi.ssid");
    one.wireless = {"none", ssid ? ssid->place : one.place};
  }

  std::string path_;
  static constexpr size_t kLost = 100;
  std::map<std::string, NetworkSetting, std::less<>> settings_;
  std::vector<std::pair<std::string, NetworkSetting>> lost_;  // what was in them before
  std::map<std::string, NetworkSetting> groups_;
};

}  // namespace

std::vector<std::string> network_manager_files(Context& context) {
  std::map<std::string, std::string> files;
  for (const std::string directory :
       {"etc/NetworkManager/system-connections", "run/NetworkManager/system-connections",
        "usr/lib/NetworkManager/system-connections"})
    for (const std::string& path : context.tree().glob(directory, "*"))
      if (path.starts_with("etc/") || path.ends_with(".nmconnection"))
        files.try_emplace(std::string(file_name(path)), path);
  std::vector<std::string> list;
  for (const auto& [name, path] : files) list.push_back(path);
  return list;
}

NetworkInterfaces network_manager_interfaces(Context& context) {
  NetworkInterfaces list;
  for (const std::string& path : context.is_fragment()
                                     ? loose_network_files(context, "NetworkManager")
                                     : network_manager_files(context)) {
    const auto text = context.read(path);
    if (!text) continue;
    key_file::File file = key_file::parse(text->text);
    const Connection connection(file, text->path);
    if (const NetworkSetting* const wrong = connection.refused_for())
      file.errors.add("bad-value", wrong->place.span,
                      "NetworkManager refuses a connection for this", parsers::Effect::refused);
    context.issues(text->path, file.errors);
    if (file.errors.empty()) list.push_back(connection.interface());
  }
  return list;
}

}  // namespace drydock::facts
