// Which zone of firewalld an interface is put into when it is brought up: zone= of a connection
// (nm-settings-keyfile(5)), ZONE= of an ifcfg file (nm-settings-ifcfg-rh(5)), which the older network scripts read
// too. What firewalld's own files bind that interface to no longer counts then.
#include <algorithm>
#include <array>

#include "analyzer/facts/collect/network_model.h"
#include "analyzer/source/tree.h"
#include "parsers/env_file.h"
#include "parsers/key_file.h"

namespace drydock::facts {

namespace {

constexpr std::string_view kIfcfg = "etc/sysconfig/network-scripts";

// What rpm and editors leave beside a file is passed over.
bool is_left_over(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kEndings = {
      "~", ".bak", ".orig", ".rej", ".rpmnew", ".rpmorig", ".rpmsave", ".rpmtmp"};
  return std::ranges::any_of(kEndings, [&](std::string_view end) { return name.ends_with(end); });
}

void read_ifcfg(Context& context, const std::string& path, NetworkZones& zones) {
  const auto text = context.read(path);
  if (!text) return;
  std::string device, zone;
  for (const auto& a : parsers::env_file::parse(text->text).assignments) {
    if (a.name == "DEVICE") device = a.value;
    if (a.name == "ZONE") zone = a.value;
  }
  if (device.empty()) device = std::string(file_name(path)).substr(6);
  if (!zone.empty()) zones[device] = zone;
}

void read_keyfile(Context& context, const std::string& path, NetworkZones& zones) {
  const auto text = context.read(path);
  if (!text) return;
  std::string device, zone;
  const parsers::key_file::File file = parsers::key_file::parse(text->text);
  // NetworkManager would read these, unlike those that GLib refuses.
  for (const parsers::SyntaxError& error : file.errors)
    if (error.code == "too-long" || error.code == "too-many") context.issue(text->path, error);
  for (const parsers::key_file::Entry& a : file.entries) {
    if (a.group != "connection") continue;
    if (a.key == "interface-name") device = a.value;
    if (a.key == "zone") zone = a.value;
  }
  if (!device.empty() && !zone.empty()) zones[device] = zone;
}

}  // namespace

NetworkZones network_manager_zones(Context& context) {
  NetworkZones zones;
  for (const std::string& path : context.tree().glob(std::string(kIfcfg), "ifcfg-*"))
    if (!is_left_over(path)) read_ifcfg(context, path, zones);
  if (network_start(context, "NetworkManager.service") != false)
    for (const std::string& path : network_manager_files(context))
      read_keyfile(context, path, zones);
  return zones;
}

}  // namespace drydock::facts
