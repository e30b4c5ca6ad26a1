// firewalld(1), firewalld.zones(5), firewalld.policies(5), firewalld.richlanguage(5), firewalld.direct(5):
//
// Files: *.xml of /usr/lib/firewalld/KIND, then of /etc/firewalld/KIND, where one of the same name takes the place of
//   the other; the files of a directory /etc/firewalld/zones/NAME/ together are the zone NAME. One file of the
//   administrator's that cannot be read, or a zone that names a service nobody has, and firewalld goes back to what
//   is in /usr/lib.
#include "analyzer/facts/collect/firewalld_files.h"

#include <algorithm>

#include "analyzer/facts/collect/firewall.h"
#include "analyzer/facts/collect/firewall_rows.h"
#include "analyzer/facts/collect/firewalld.h"
#include "analyzer/facts/collect/network_model.h"
#include "analyzer/facts/collect/reachable_port.h"
#include "analyzer/source/tree.h"
#include "parsers/env_file.h"

namespace drydock::facts {

namespace fwd = parsers::firewalld;

namespace {

std::string_view stem(std::string_view path) {
  const std::string_view name = file_name(path);
  return name.substr(0, name.size() - 4);
}

std::string file_of(const std::string& base, std::string_view kind, const std::string& name) {
  return join_path(join_path(join_path(base, "firewalld"), kind), name).append(".xml");
}

}  // namespace

std::string joined(const std::vector<fwd::Word>& words) {
  std::string out;
  for (const fwd::Word& word : words) out += (out.empty() ? "" : ",") + word.text;
  return out;
}

bool FirewalldFiles::read_host() {
  read_conf();
  load("usr/lib/firewalld", "zones", fwd::Kind::zone, zones);
  load("usr/lib/firewalld", "policies", fwd::Kind::policy, policies);
  if (!has_conf && zones.empty() && !context_.tree().exists("etc/firewalld/zones")) return false;
  const FirewalldNames stock_zones = zones, stock_policies = policies;
  load("etc/firewalld", "zones", fwd::Kind::zone, zones);
  combined_zones();
  load("etc/firewalld", "policies", fwd::Kind::policy, policies);
  check_services();
  if (refused_) zones = stock_zones, policies = stock_policies;
  bind_interfaces();
  return true;
}

// NetworkManager moves an interface into the zone that its connection names; into none if there is no such zone.
void FirewalldFiles::bind_interfaces() {
  for (const auto& [interface, zone] : network_manager_zones(context_)) {
    const auto found = zones.find(zone);
    if (found == zones.end() || found->second.empty()) continue;
    for (auto& [name, pieces] : zones)
      for (FirewalldFile& piece : pieces)
        std::erase_if(piece.file.interfaces,
                      [&](const fwd::Word& word) { return word.text == interface; });
    found->second.back().file.interfaces.push_back({interface, {}});
  }
}

bool FirewalldFiles::read_loose(const std::string& path) {
  auto placed = read(path, fwd::Kind::zone);
  if (placed) zones[std::string(stem(path))].push_back(std::move(*placed));
  return placed.has_value();
}

void FirewalldFiles::read_conf() {
  conf_path = "etc/firewalld/firewalld.conf";
  const auto text = context_.read(conf_path);
  if (!text) return;
  has_conf = true;
  conf_path = text->path;
  bool names_zone = false;
  for (const auto& a : parsers::env_file::parse(text->text).assignments) {
    if (a.name == "DefaultZone") {
      if (names_zone)
        context_.store().overridden(
            kFirewallPolicyTable, a.name, context_.store().locate(conf_path, a.span),
            context_.store().locate(conf_path, default_span), default_zone, "set again later");
      default_zone = a.value, default_span = a.span, names_zone = true;
    }
    if (a.name == "FirewallBackend") is_nftables = lower(a.value) != "iptables";
    if (a.name == "StrictForwardPorts") strict_forward_ports = lower(a.value) == "yes";
  }
}

void FirewalldFiles::load(const std::string& base, const std::string& kind, fwd::Kind what,
                          FirewalldNames& into) {
  for (const std::string& path : context_.tree().glob(join_path(base, kind), "*.xml"))
    if (auto placed = read(path, what)) {
      const std::string name(stem(path));
      std::vector<FirewalldFile>& all = into[name];
      for (const FirewalldFile& hidden : all)
        if (what == fwd::Kind::zone)
          context_.store().overridden(
              kFirewallZoneTable, name,
              context_.store().locate(placed->path, placed->file.target_span),
              context_.store().locate(hidden.path, hidden.file.target_span), hidden.file.target,
              "the file of the same name in /etc counts instead");
      all.clear();
      all.push_back(std::move(*placed));
    }
}

// zones/NAME/*.xml: pieces of one zone, which together take the place of zones/NAME.xml.
void FirewalldFiles::combined_zones() {
  const auto names = context_.tree().list("etc/firewalld/zones");
  if (!names) return;
  for (const std::string& name : *names) {
    if (name.ends_with(".xml")) continue;
    std::vector<FirewalldFile> pieces;
    for (const std::string& path : context_.tree().glob("etc/firewalld/zones/" + name, "*.xml"))
      if (auto placed = read(path, fwd::Kind::zone)) {
        placed->file.target = "default";  // theirs do not count
        pieces.push_back(std::move(*placed));
      }
    if (!pieces.empty()) zones[name] = std::move(pieces);
  }
}

std::optional<FirewalldFile> FirewalldFiles::read(const std::string& path, fwd::Kind kind) {
  const auto text = context_.read(path);
  if (!text) return std::nullopt;
  FirewalldFile placed{text->path, fwd::parse(text->text, kind)};
  issues(placed.path, placed.file.errors);
  if (std::ranges::any_of(placed.file.errors, [](const parsers::SyntaxError& error) {
        return error.effect == parsers::Effect::refused;
      })) {
    if (path.starts_with("etc/")) refused_ = true;
    return std::nullopt;
  }
  return placed;
}

void FirewalldFiles::issues(const std::string& path, const parsers::SyntaxErrors& errors) {
  context_.issues(
      path, errors,
      {&kFirewallPolicyTable, &kFirewallRuleTable, &kFirewallZoneTable, &kReachablePortTable});
}

// A service's own file, /etc before /usr/lib; read when somebody names it.
const fwd::File* FirewalldFiles::service(const std::string& name) {
  const auto known = services_.find(name);
  if (known != services_.end()) return known->second ? &*known->second : nullptr;
  std::optional<fwd::File>& slot = services_[name];
  // The name goes into a path.
  if (name.find('/') != std::string::npos || name.empty()) return nullptr;
  for (const std::string base : {"etc", "usr/lib"}) {
    if (base == "etc" && refused_) continue;
    if (auto placed = read(file_of(base, "services", name), fwd::Kind::service)) {
      slot = std::move(placed->file);
      return &*slot;
    }
  }
  return nullptr;
}

void FirewalldFiles::check_services() {
  if (context_.tree().glob("usr/lib/firewalld/services", "*.xml").empty()) return;
  for (const FirewalldNames* files : {&zones, &policies})
    for (const auto& [name, pieces] : *files)
      for (const FirewalldFile& piece : pieces)
        for (const fwd::Entry& entry : piece.file.entries)
          if (entry.kind == "service" && !entry.is_rich && !service(entry.value) &&
              piece.path.starts_with("etc/")) {
            parsers::SyntaxErrors errors;
            errors.add("unknown-service", entry.span, "no service '" + entry.value + "' is known",
                       parsers::Effect::refused);
            issues(piece.path, errors);
            refused_ = true;
          }
}

// Of an export of /etc: nobody can tell what is open then.
void FirewalldFiles::not_here(const std::string& path, Span span, std::string_view code,
                              std::string message) {
  if (context_.scope() != Scope::etc || !said_.insert(message).second) return;
  parsers::SyntaxErrors errors;
  errors.add(code, span, std::move(message), parsers::Effect::refused);
  issues(path, errors);
}

// What is said of a source: a set of addresses is what is in it.
std::string FirewalldFiles::source_of(const std::string& source) {
  if (!source.starts_with("ipset:")) return source;
  const std::string name = source.substr(6);
  if (name.find('/') != std::string::npos) return source;
  for (const std::string base : {"etc", "usr/lib"}) {
    const auto text = context_.read(file_of(base, "ipsets", name));
    if (!text) continue;
    const fwd::File file = fwd::parse(text->text, fwd::Kind::ipset);
    issues(text->path, file.errors);
    if (file.ipset_entries.empty() || file.ipset_entries.size() > 50) return source;
    return joined(file.ipset_entries);
  }
  return source;
}

}  // namespace drydock::facts
