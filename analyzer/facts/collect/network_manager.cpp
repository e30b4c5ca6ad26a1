// nm-settings-keyfile(5): *.nmconnection of /etc/NetworkManager/system-connections, /run and /usr/lib; a file of the
// same name in /etc takes the place of the others. NetworkManager passes over one that not root owns or that others
// may read.
#include <algorithm>
#include <map>

#include "analyzer/facts/collect/network_model.h"
#include "analyzer/source/tree.h"
#include "parsers/unit.h"

namespace drydock::facts {

namespace {

namespace unit = parsers::unit;

class Connection {
 public:
  Connection(const unit::File& file, std::string path) : path_(std::move(path)) {
    for (const unit::Assignment& a : file.assignments)
      settings_[a.section + "." + a.key] = {a.value, {path_, a.span}};
  }

  NetworkInterface interface() {
    NetworkInterface one;
    one.manager = "NetworkManager";
    one.name = text("connection.interface-name");
    if (one.name.empty() && !text("match.interface-name").empty())
      one.name = text("match.interface-name");
    if (one.name.empty()) one.name = "*";
    one.kind = kind(text("connection.type"));
    one.place = {path_, {}};
    if (const auto* const id = find("connection.id")) one.place = id->place;
    one.starts = network_switch(text("connection.autoconnect")) != "no";
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
    return one;
  }

 private:
  const NetworkSetting* find(std::string_view key) const {
    const auto found = settings_.find(key);
    return found == settings_.end() || found->second.value.empty() ? nullptr : &found->second;
  }
  std::string text(std::string_view key) const {
    const NetworkSetting* const setting = find(key);
    return setting ? setting->value : "";
  }

  static std::string kind(const std::string& type) {
    if (type == "802-3-ethernet") return "ethernet";
    if (type == "802-11-wireless") return "wifi";
    return type;
  }

  void method(const std::string& family, std::set<std::string>& methods, NetworkInterface& one) {
    const std::string value = text(family + ".method");
    if (value == "auto")
      methods.insert(family == "ipv4" ? "dhcp" : "auto");
    else if (value == "dhcp" || value == "link-local" || value == "shared")
      methods.insert(value);
    else if (value == "disabled" || value == "ignore")
      methods.insert("none");
    // "address1=192.0.2.1/24,192.0.2.254": the address and its gateway.
    for (const std::string_view prefix : {".address", ".addresses"})
      for (const auto& [key, setting] : settings_) {
        const std::string start = family + std::string(prefix);
        if (!key.starts_with(start) || !std::ranges::all_of(key.substr(start.size()), [](char c) {
              return c >= '0' && c <= '9';
            }))
          continue;
        methods.insert("static");
        one.addresses.push_back(
            {setting.value.substr(0, setting.value.find_first_of(",; ")), setting.place});
      }
    // NetworkManager switches forwarding on for what it shares.
    if (value == "shared") one.forwards = {family, find(family + ".method")->place};
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
  std::map<std::string, NetworkSetting, std::less<>> settings_;
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
    const unit::File file = unit::parse(text->text);
    // GLib's key files are no unit files in this: it takes nothing of a file with a line that is none.
    parsers::SyntaxErrors errors;
    for (const parsers::SyntaxError& error : file.errors)
      errors.add(error.code, error.span, error.message, parsers::Effect::refused);
    context.issues(text->path, errors);
    if (!errors.empty()) continue;
    list.push_back(Connection(file, text->path).interface());
  }
  return list;
}

}  // namespace drydock::facts
