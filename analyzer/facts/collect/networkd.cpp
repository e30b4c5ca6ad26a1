// systemd.network(5): *.network of /etc, /run, /usr/local/lib and /usr/lib (systemd/network), in the order of their
// names; of equal names the first directory's counts, and a link to /dev/null masks; drop-ins in NAME.network.d.
// The first file that matches an interface is the one it gets, which is not decided here.
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "analyzer/facts/collect/network_model.h"
#include "analyzer/facts/collect/systemd_release.h"
#include "analyzer/source/tree.h"
#include "parsers/unit.h"

namespace drydock::facts {

namespace {

namespace unit = parsers::unit;

constexpr std::string_view kDirectories[] = {"etc/systemd/network", "run/systemd/network",
                                             "usr/local/lib/systemd/network",
                                             "usr/lib/systemd/network", "lib/systemd/network"};

// Both families, as DHCP=, LinkLocalAddressing= and others name them.
struct Families {
  bool four = false, six = false;
};

// nullopt: networkd takes no notice of such a value. Its words are in lower case, those of a boolean in any.
std::optional<Families> families(const std::string& value) {
  if (value == "ipv4") return Families{true, false};
  if (value == "ipv6") return Families{false, true};
  const std::string boolean = network_switch(value);
  if (boolean == "yes" || boolean == "no") return Families{boolean == "yes", boolean == "yes"};
  return std::nullopt;
}

// Older words of DHCP=.
std::optional<Families> dhcp_families(const std::string& value) {
  if (value == "both") return Families{true, true};
  if (value == "none") return Families{};
  if (value == "v4") return Families{true, false};
  if (value == "v6") return Families{false, true};
  return families(value);
}

// And of LinkLocalAddressing=.
std::optional<Families> local_families(const std::string& value) {
  return families(value == "fallback" ? "yes" : value);
}

// AF_INET or AF_INET6 of "192.0.2.1/24" or "192.0.2.1"; 0: networkd refuses it.
int family_of(const std::string& text) {
  const size_t slash = text.find('/');
  unsigned char bytes[16];
  const std::string address = text.substr(0, slash);
  const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (inet_pton(family, address.c_str(), bytes) != 1) return 0;
  if (slash == std::string::npos) return family;
  size_t digits = slash + 1;
  while (digits < text.size() && text[digits] == ' ') ++digits;
  unsigned prefix = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + digits, end, prefix);
  const bool is_good =
      error == std::errc() && rest == end && prefix <= (family == AF_INET ? 32u : 128u);
  return is_good ? family : 0;
}

class Networkd {
 public:
  explicit Networkd(Context& context) : context_(context) {
    // Where it is not known, a new one is supposed.
    if (const unsigned release = systemd_release(context)) version_ = release;
  }

  void read(const std::string& path, const std::vector<std::string>& drop_ins) {
    NetworkInterface one;
    one.manager = "networkd";
    settings_.clear();
    match_.clear();
    addresses_.clear();
    lost_.clear();
    if (!read_file(path, one)) return;
    for (const std::string& drop_in : drop_ins) read_file(drop_in, one);
    // "No valid settings found in the [Match] section, ignoring file."
    if (match_.empty() || network_switch(text("Link.Unmanaged")) == "yes") return;
    finish(one);
    for (auto& [key, loser] : lost_) one.lost.push_back({std::move(loser), settings_[key].place});
    list_.push_back(std::move(one));
  }

  NetworkInterfaces take() { return std::move(list_); }

 private:
  // One [Address] section, or an Address= of [Network]. A section with anything wrong in it is dropped.
  struct Address {
    NetworkPlace section;  // line 0: of [Network]
    NetworkAddress address;
    int family = 0;
    bool is_wrong = false;
  };

  bool read_file(const std::string& path, NetworkInterface& one) {
    const auto text = context_.read(path);
    if (!text) return false;
    const unit::File file = unit::parse(text->text);
    context_.issues(text->path, file.errors);
    if (one.place.path.empty()) one.place = {text->path, {}};
    for (const unit::Assignment& a : file.assignments) take(a, text->path, one);
    return true;
  }

  void take(const unit::Assignment& a, const std::string& path, NetworkInterface& one) {
    if (a.section == "Match") {
      if (one.place.span.line == 0) one.place = {path, a.section_span};
      // Lists grow; an empty one begins again.
      std::string& list = match_[a.key];
      list = a.value.empty() ? "" : list + (list.empty() ? "" : " ") + a.value;
      if (list.empty()) match_.erase(a.key);
    } else if (a.section == "Address") {
      take_in_section(a, path);
    } else if (a.section == "Network" && a.key == "Address") {
      // An empty one takes all before it away, of sections too; before 256 it was an invalid address.
      if (a.value.empty() && version_ >= 256) addresses_.clear();
      if (const int family = family_of(a.value))
        addresses_.push_back({{}, {a.value, {path, a.value_span}}, family});
    } else if (a.section == "Network" || a.section == "Link") {
      set(a.section + "." + a.key, {a.value, {path, a.span}});
    }
  }

  void take_in_section(const unit::Assignment& a, const std::string& path) {
    if (addresses_.empty() || addresses_.back().section.path != path ||
        addresses_.back().section.span.line != a.section_span.line)
      addresses_.push_back({{path, a.section_span}, {}});
    if (a.key != "Address") return;
    Address& address = addresses_.back();
    const int family = family_of(a.value);
    if (family == 0 || (address.family != 0 && address.family != family)) address.is_wrong = true;
    address.family = family;
    address.address = {a.value, {path, a.value_span}};
  }

  // What is no value of the setting leaves an earlier one in force; an empty one mostly is the default again.
  void set(const std::string& key, NetworkSetting setting) {
    const std::string value = network_switch(setting.value);
    const bool is_boolean = value == "yes" || value == "no";
    bool is_known = true;
    if (key == "Network.DHCP")
      is_known = dhcp_families(setting.value).has_value();
    else if (key == "Network.LinkLocalAddressing")
      is_known = local_families(setting.value).has_value();
    else if (key == "Network.IPForward")  // "kernel": an older word for not touching it
      is_known = setting.value == "kernel" || families(setting.value).has_value();
    else if (key == "Network.IPMasquerade")
      is_known =
          setting.value.empty() || setting.value == "both" || families(setting.value).has_value();
    else if (key == "Network.LLMNR" || key == "Network.MulticastDNS")
      is_known = setting.value == "resolve" || is_boolean;
    else if (key == "Network.KeepMaster" || key == "Link.Unmanaged")
      is_known = is_boolean;
    else if (key == "Network.IPv6AcceptRA" || key.ends_with("Forwarding"))
      is_known = setting.value.empty() || is_boolean;
    else if (key == "Link.ActivationPolicy")
      is_known = setting.value.empty() || setting.value == "up" || setting.value == "always-up" ||
                 setting.value == "manual" || setting.value == "always-down" ||
                 setting.value == "down" || setting.value == "bound";
    if (!is_known) return;
    NetworkSetting& now = settings_[key];
    if (!now.value.empty() && lost_.size() < kLost) lost_.emplace_back(key, now);
    now = std::move(setting);
  }

  const NetworkSetting* find(const std::string& key) const {
    const auto found = settings_.find(key);
    return found == settings_.end() || found->second.value.empty() ? nullptr : &found->second;
  }
  std::string text(const std::string& key) const {
    const NetworkSetting* const setting = find(key);
    return setting ? setting->value : "";
  }

  void finish(NetworkInterface& one) {
    for (const auto& [key, prefix] : {std::pair{"Name", ""},
                                      {"MACAddress", "mac="},
                                      {"PermanentMACAddress", "mac="},
                                      {"Type", "type="},
                                      {"Kind", "kind="},
                                      {"Driver", "driver="}})
      if (const auto found = match_.find(key); one.name.empty() && found != match_.end())
        one.name = prefix + found->second;
    if (one.name.empty()) one.name = "*";
    const std::string policy = text("Link.ActivationPolicy");
    // "bound" goes with BindCarrier= alone, and is up when that is.
    one.starts = policy != "manual" && !policy.ends_with("down");
    // "Defaults to no when KeepMaster= or Bridge= is set …, or ipv6 otherwise."
    const bool has_master =
        network_switch(text("Network.KeepMaster")) == "yes" || find("Network.Bridge");
    Families local{false, !has_master};
    if (const NetworkSetting* const setting = find("Network.LinkLocalAddressing"))
      local = local_families(setting->value).value_or(local);
    if (const NetworkSetting* const setting = find("Network.DHCP")) {
      const Families dhcp = dhcp_families(setting->value).value_or(Families{});
      if (dhcp.four) one.ipv4.insert("dhcp");
      // "DHCPv6 client is enabled but IPv6 link-local addressing is disabled": then it is not.
      if (dhcp.six && local.six) one.ipv6.insert("dhcp");
    }
    if (local.four) one.ipv4.insert("link-local");
    for (const Address& address : addresses_) {
      if (address.is_wrong || address.family == 0) continue;
      (address.family == AF_INET ? one.ipv4 : one.ipv6).insert("static");
      one.addresses.push_back(address.address);
    }
    forwarding(one);
    router_advertisements(one, local.six);
    for (const auto& [key, field] :
         {std::pair{"Network.LLMNR", &one.llmnr}, {"Network.MulticastDNS", &one.mdns}})
      if (const NetworkSetting* const setting = find(key))
        *field = {network_switch(setting->value), setting->place};
  }

  // IPForward= of before 256, IPv4Forwarding= and IPv6Forwarding= since; IPMasquerade= implies it.
  void forwarding(NetworkInterface& one) const {
    bool four = false, six = false, said = false;
    NetworkPlace place;
    const auto add = [&](const NetworkSetting* setting, bool is_four, bool is_six) {
      if (!setting) return;
      said = true;
      place = setting->place;
      four = four || is_four;
      six = six || is_six;
    };
    const auto is_on = [](const NetworkSetting* setting) {
      return setting && network_switch(setting->value) == "yes";
    };
    if (const NetworkSetting* const both = find("Network.IPForward"))
      if (const auto on = families(both->value)) add(both, on->four, on->six);
    const NetworkSetting* const v4 = find("Network.IPv4Forwarding");
    const NetworkSetting* const v6 = find("Network.IPv6Forwarding");
    add(v4, is_on(v4), false);
    add(v6, false, is_on(v6));
    if (const NetworkSetting* const masquerade = find("Network.IPMasquerade")) {
      // "yes" is an older word for ipv4.
      const std::string value = network_switch(masquerade->value);
      if (value != "no") add(masquerade, value != "ipv6", value == "ipv6" || value == "both");
    }
    if (said) one.forwards = {four && six ? "yes" : four ? "ipv4" : six ? "ipv6" : "no", place};
  }

  // "The default is to disable RA reception … when IP forwarding is enabled, and to enable it otherwise. Cannot be
  // enabled … when link-local addressing is disabled." networkd reads them itself and leaves accept_ra of the kernel
  // at 0.
  void router_advertisements(NetworkInterface& one, bool has_local) const {
    const bool routes = one.forwards.value == "yes" || one.forwards.value == "ipv6";
    one.accept_ra.value = has_local && !routes ? "yes" : "no";
    if (const NetworkSetting* const setting = find("Network.IPv6AcceptRA"))
      one.accept_ra = {has_local ? network_switch(setting->value) : "no", setting->place};
    if (one.accept_ra.value == "yes") one.ipv6.insert("auto");
  }

  Context& context_;
  NetworkInterfaces list_;
  std::map<std::string, NetworkSetting> settings_;  // "Network.DHCP"
  static constexpr size_t kLost = 100;
  std::vector<std::pair<std::string, NetworkSetting>> lost_;  // what was in them before
  std::map<std::string, std::string> match_;
  std::vector<Address> addresses_;
  unsigned version_ = 999;
};

}  // namespace

NetworkInterfaces networkd_interfaces(Context& context) {
  Networkd networkd(context);
  if (context.is_fragment()) {
    for (const std::string& path : loose_network_files(context, "networkd"))
      networkd.read(path, {});
    return networkd.take();
  }
  std::map<std::string, std::string> files;  // by name, for that is their order
  for (const std::string_view directory : kDirectories)
    for (const std::string& path : context.tree().glob(directory, "*.network"))
      files.try_emplace(std::string(file_name(path)), path);
  for (const auto& [name, path] : files) {
    std::map<std::string, std::string> drop_ins;
    for (const std::string_view directory : kDirectories)
      for (const std::string& drop_in :
           context.tree().glob(join_path(directory, name + ".d"), "*.conf"))
        drop_ins.try_emplace(std::string(file_name(drop_in)), drop_in);
    std::vector<std::string> list;
    for (const auto& [drop_in_name, drop_in] : drop_ins) list.push_back(drop_in);
    networkd.read(path, list);
  }
  return networkd.take();
}

}  // namespace drydock::facts
