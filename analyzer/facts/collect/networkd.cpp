// systemd.network(5): *.network of /etc, /run, /usr/local/lib and /usr/lib (systemd/network), in the order of their
// names; of equal names the first directory's counts, and a link to /dev/null masks; drop-ins in NAME.network.d.
// The first file that matches an interface is the one it gets, which is not decided here.
#include <algorithm>
#include <map>

#include "analyzer/facts/collect/network_model.h"
#include "analyzer/source/tree.h"
#include "parsers/unit.h"

namespace drydock::facts {

namespace {

namespace unit = parsers::unit;

constexpr std::string_view kDirectories[] = {"etc/systemd/network", "run/systemd/network",
                                             "usr/local/lib/systemd/network",
                                             "usr/lib/systemd/network", "lib/systemd/network"};

class Networkd {
 public:
  explicit Networkd(Context& context) : context_(context) {}

  void read(const std::string& path, const std::vector<std::string>& drop_ins) {
    NetworkInterface one;
    one.manager = "networkd";
    lists_.clear();
    match_.clear();
    if (!read_file(path, one)) return;
    for (const std::string& drop_in : drop_ins) read_file(drop_in, one);
    finish(one);
    list_.push_back(std::move(one));
  }

  NetworkInterfaces take() { return std::move(list_); }

 private:
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
    const NetworkPlace place{path, a.span};
    if (a.section == "Match") {
      if (one.place.span.line == 0) one.place = {path, a.section_span};
      match_[a.key] = a.value;
    } else if ((a.section == "Network" || a.section == "Address") && a.key == "Address") {
      // "If the empty string is assigned … all previous assignments are cleared."
      if (a.value.empty())
        one.addresses.clear();
      else
        one.addresses.push_back({a.value, {path, a.value_span}});
    } else if (a.section == "Network") {
      lists_[a.key] = {a.value, place};
    }
  }

  const NetworkSetting* find(const std::string& key) const {
    const auto found = lists_.find(key);
    return found == lists_.end() || found->second.value.empty() ? nullptr : &found->second;
  }

  void finish(NetworkInterface& one) {
    for (const auto& [key, prefix] : {std::pair{"Name", ""},
                                      {"MACAddress", "mac="},
                                      {"Type", "type="},
                                      {"Kind", "kind="},
                                      {"Driver", "driver="}})
      if (const auto found = match_.find(key); one.name.empty() && found != match_.end())
        one.name = prefix + found->second;
    if (one.name.empty()) one.name = "*";
    one.starts = true;
    if (const NetworkSetting* const dhcp = find("DHCP")) {
      const std::string value = network_switch(dhcp->value);
      if (value == "yes" || value == "both" || value == "ipv4" || value == "v4")
        one.ipv4.insert("dhcp");
      if (value == "yes" || value == "both" || value == "ipv6" || value == "v6")
        one.ipv6.insert("dhcp");
    }
    for (const NetworkAddress& address : one.addresses)
      (address.text.find(':') == std::string::npos ? one.ipv4 : one.ipv6).insert("static");
    forwarding(one);
    router_advertisements(one);
    for (const auto& [key, field] : {std::pair{"LLMNR", &one.llmnr}, {"MulticastDNS", &one.mdns}})
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
    if (const NetworkSetting* const both = find("IPForward"); both && both->value != "kernel") {
      const std::string value = network_switch(both->value);
      add(both, value == "yes" || value == "ipv4", value == "yes" || value == "ipv6");
    }
    const NetworkSetting* const v4 = find("IPv4Forwarding");
    const NetworkSetting* const v6 = find("IPv6Forwarding");
    add(v4, is_on(v4), false);
    add(v6, false, is_on(v6));
    if (const NetworkSetting* const masquerade = find("IPMasquerade")) {
      const std::string value = network_switch(masquerade->value);
      if (value != "no") add(masquerade, value != "ipv6", value == "ipv6" || value == "both");
    }
    if (said) one.forwards = {four && six ? "yes" : four ? "ipv4" : six ? "ipv6" : "no", place};
  }

  // "If true, RAs are accepted … When unset, the kernel's default is used, and RAs are accepted only when local
  // forwarding is disabled"; networkd then reads them itself and leaves accept_ra of the kernel at 0.
  void router_advertisements(NetworkInterface& one) const {
    if (const NetworkSetting* const setting = find("IPv6AcceptRA")) {
      one.accept_ra = {network_switch(setting->value), setting->place};
      return;
    }
    const NetworkSetting* const local = find("LinkLocalAddressing");
    const std::string value = local ? network_switch(local->value) : "ipv6";
    const bool has_local = value == "yes" || value == "ipv6";
    const bool routes = one.forwards.value == "yes" || one.forwards.value == "ipv6";
    one.accept_ra.value = has_local && !routes ? "yes" : "no";
    if (one.accept_ra.value == "yes") one.ipv6.insert("auto");
  }

  Context& context_;
  NetworkInterfaces list_;
  std::map<std::string, NetworkSetting> lists_;
  std::map<std::string, std::string> match_;
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
