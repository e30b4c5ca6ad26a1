// interfaces(5): /etc/network/interfaces, with "source" and "source-directory" where they stand. A file that ifup
// cannot read costs all of its configuration.
#include <algorithm>
#include <map>

#include "analyzer/facts/collect/firewall_rows.h"
#include "analyzer/facts/collect/include_limit.h"
#include "analyzer/facts/collect/network_model.h"
#include "analyzer/source/tree.h"
#include "parsers/interfaces.h"

namespace drydock::facts {

namespace {

namespace interfaces = parsers::interfaces;

constexpr size_t kFiles = 200;

class Ifupdown {
 public:
  explicit Ifupdown(Context& context) : context_(context) {}

  void read(const std::string& path, int depth) {
    const auto text = context_.read(path);
    if (!text || !limit_.admits(text->path, depth)) return;
    const interfaces::File file = interfaces::parse(text->text);
    context_.issues(text->path, file.errors);
    for (const interfaces::Stanza& stanza : file.stanzas) add(stanza, text->path);
    // "auto" is done by `ifup -a` at boot, "allow-hotplug" when udev sees the device.
    for (const interfaces::Start& start : file.starts)
      if (start.how == "auto" || start.how == "hotplug") starts_.insert(start.name);
    if (context_.is_fragment()) return;
    for (const interfaces::Include& include : file.includes) {
      const std::string full =
          normal_path(include.path.starts_with('/') ? include.path
                                                    : join_path(parent_path(path), include.path));
      if (include.is_directory) {
        for (const std::string& found : context_.tree().glob(full, "*"))
          if (std::ranges::all_of(file_name(found), [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
              }))
            read(found, depth + 1);
      } else if (full.find_first_of("*?[") == std::string::npos) {
        read(full, depth + 1);
      } else {
        for (const std::string& found : context_.tree().glob(parent_path(full), file_name(full)))
          read(found, depth + 1);
      }
    }
  }

  NetworkInterfaces take(std::optional<bool> enabled) {
    for (NetworkInterface& one : list_) {
      one.enabled = enabled;
      if (!context_.is_fragment()) one.starts = starts_.contains(one.name);
    }
    return std::move(list_);
  }

 private:
  NetworkInterface& of(const std::string& name, const NetworkPlace& place) {
    const auto found =
        std::ranges::find_if(list_, [&](const NetworkInterface& one) { return one.name == name; });
    if (found != list_.end()) return *found;
    NetworkInterface one;
    one.manager = "ifupdown";
    one.name = name;
    one.place = place;
    list_.push_back(std::move(one));
    return list_.back();
  }

  void add(const interfaces::Stanza& stanza, const std::string& path) {
    NetworkInterface& one = of(stanza.name, {path, stanza.span});
    const bool is_six = stanza.family == "inet6";
    auto& methods = is_six ? one.ipv6 : one.ipv4;
    if (!stanza.inherits.empty()) inherit(stanza.inherits, one);
    if (stanza.method == "loopback") one.kind = "loopback";
    if (!stanza.method.empty())
      methods.insert(stanza.method == "ipv4ll" ? "link-local" : stanza.method);
    // The defaults of accept_ra, which ifup writes to the kernel after sysctl has: 2 for auto, 1 for dhcp.
    if (is_six && (stanza.method == "auto" || stanza.method == "dhcp")) {
      one.accept_ra = {"yes", {path, stanza.span}};
    }
    std::string address, netmask;
    const interfaces::Option* at = nullptr;
    for (const interfaces::Option& option : stanza.options) {
      const NetworkPlace place{path, option.value_span};
      if (option.name == "address" && !at) {
        at = &option;
        address = option.value;
      } else if (option.name == "netmask") {
        netmask = option.value;
      } else if (option.name == "accept_ra" && is_six) {
        // 0 (off), 1 (on), 2 (on, also where packets are forwarded)
        one.accept_ra = {option.value == "0" ? "no" : "yes", place};
      } else if (option.name.starts_with("bridge_") || option.name.starts_with("bridge-")) {
        one.kind = "bridge";
      } else if (option.name.starts_with("bond-") || option.name.starts_with("bond_")) {
        one.kind = "bond";
      } else if (option.name.starts_with("vlan")) {
        one.kind = "vlan";
      } else if (option.name.starts_with("wpa-") || option.name.starts_with("wireless-")) {
        wireless(one, option, path);
      }
    }
    if (!at) return;
    if (address.find('/') == std::string::npos && !netmask.empty()) address += "/" + netmask;
    one.addresses.push_back({std::move(address), {path, at->value_span}});
  }

  // "inherits X": all of X that stands above it.
  void inherit(const std::string& name, NetworkInterface& one) const {
    for (const NetworkInterface& other : list_) {
      if (other.name != name || &other == &one) continue;
      one.ipv4 = other.ipv4;
      one.ipv6 = other.ipv6;
      one.kind = other.kind;
      one.accept_ra = other.accept_ra;
      one.addresses = other.addresses;
    }
  }

  static void wireless(NetworkInterface& one, const interfaces::Option& option,
                       const std::string& path) {
    one.kind = "wifi";
    const NetworkPlace place{path, option.span};
    if (option.name == "wpa-psk" || option.name == "wpa-password" ||
        option.name == "wpa-passphrase" || option.name.starts_with("wireless-key"))
      one.secret = place;
    if (option.name == "wpa-psk" || option.name == "wpa-conf")
      one.wireless = {"wpa", place};
    else if (option.name.starts_with("wireless-key") && one.wireless.value != "wpa")
      one.wireless = {"wep", place};
    else if (option.name == "wpa-key-mgmt")
      one.wireless = {lower(option.value) == "none" ? "none" : "wpa", place};
    else if (option.name == "wireless-essid" && one.wireless.value.empty())
      one.wireless = {"none", place};
  }

  Context& context_;
  NetworkInterfaces list_;
  std::set<std::string> starts_;
  IncludeLimit limit_{context_, kFiles};
};

}  // namespace

NetworkInterfaces ifupdown_interfaces(Context& context) {
  Ifupdown ifupdown(context);
  if (context.is_fragment()) {
    for (const std::string& path : loose_network_files(context, "ifupdown")) ifupdown.read(path, 0);
    return ifupdown.take(std::nullopt);
  }
  ifupdown.read("etc/network/interfaces", 0);
  return ifupdown.take(network_start(context, "networking.service"));
}

}  // namespace drydock::facts
