// docs.docker.com/engine/network/packet-filtering-firewalls: dockerd translates the address of a published port
// in PREROUTING, so the packet is forwarded and never comes to INPUT, where ufw and most hand-written rules
// stand. In FORWARD its own jumps are put in front of all others; only DOCKER-USER comes before them. What a
// base chain of nftables at the hook forward drops stays dropped, for every table has its say (nft(8), CHAINS).
// Podman's rootful networks (netavark) do the same without a DOCKER-USER. Rootless engines publish with a process
// that listens on the host: such a port is a port of the host.
#include "analyzer/facts/collect/reachable_port.h"

#include <algorithm>
#include <charconv>

#include "analyzer/facts/collect/container_model.h"
#include "analyzer/facts/collect/docker_config.h"
#include "analyzer/facts/collect/firewall_rows.h"

namespace drydock::facts {

const TableSpec kReachablePortTable{
    .name = "reachable_port",
    .kind = TableKind::effective,
    .doc =
        "What a new connection from another host may reach, by what is loaded at boot: the rules "
        "and "
        "policies of the input chains of each firewall manager, walked in their order, and the "
        "ports "
        "of containers that Docker or a Podman of root publishes, which these chains never see. "
        "Whether anything listens there is another question.",
    .columns =
        {{"manager", ColumnType::text,
          "'nftables', 'iptables', 'ufw' or 'firewalld'; of a container 'docker' or 'podman'."},
         {"family", ColumnType::text, "'ip' or 'ip6'."},
         {"protocol", ColumnType::text, "tcp, udp, icmp and so on; NULL: any."},
         {"ports", ColumnType::text, "'22', '80,443', '5000-6000'; NULL: any."},
         {"source", ColumnType::text, "From where, separated by commas; NULL: from anywhere."},
         {"interface", ColumnType::text, "Through which interface; NULL: any."},
         {"conditions", ColumnType::text, "Other conditions, as words; NULL: none."},
         {"by_policy", ColumnType::boolean, "1: no rule takes it, and the policy lets it in."},
         {"container", ColumnType::text,
          "The container that gets it, as container.name; NULL: the host itself."},
         {"container_port", ColumnType::integer, "The port inside of it; else NULL."},
         {"bypasses", ColumnType::text,
          "Of a container's port: the firewall manager that lets nobody in there and is never "
          "asked, "
          "because the packet is forwarded; else NULL."},
         {"enabled", ColumnType::boolean,
          "The manager is started at boot, or the engine and the container; NULL where that is not "
          "known, as with a container of a compose file."},
         {"loc", ColumnType::location,
          "The rule or the policy that lets it in, or what publishes it."}},
    .indexes = {"family"},
    .examples = {
        "SELECT family, protocol, ports, source, loc FROM reachable_port",
        "SELECT container, ports, bypasses FROM reachable_port WHERE bypasses IS NOT NULL"}};

namespace {

struct Range {
  int low = 0, high = 0;
};

// "80", "8000-8010", with ':' for '-' as well; nothing for anything else.
std::optional<Range> range_of(std::string_view text) {
  Range range;
  const size_t dash = text.find_first_of("-:");
  const auto number = [](std::string_view part, int& out) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), out);
    return error == std::errc() && end == part.data() + part.size();
  };
  if (!number(text.substr(0, dash), range.low)) return std::nullopt;
  range.high = range.low;
  if (dash != std::string_view::npos && !number(text.substr(dash + 1), range.high))
    return std::nullopt;
  return range;
}

enum class Match : uint8_t { no, maybe, yes };

// Are the ports of `range` among those of a rule: "22,80,5000-6000", empty for all?
Match among(std::string_view list, Range range) {
  if (list.empty()) return Match::yes;
  Match match = Match::no;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const auto one = range_of(list.substr(0, comma));
    if (!one || (one->low <= range.high && range.low <= one->high))
      match = one && one->low <= range.low && range.high <= one->high ? Match::yes : Match::maybe;
    if (match == Match::yes || comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return match;
}

bool has_protocol(std::string_view list, std::string_view protocol) {
  if (list.empty()) return true;
  while (true) {
    const size_t comma = list.find(',');
    if (list.substr(0, comma) == protocol) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

struct Published {
  std::string engine, family, protocol;
  Range host;       // on the host
  Range container;  // what the rules behind the translation see
};

// What is left for a new packet to `port` behind one chain that sees forwarded packets: how it may come in, or
// nothing.
class Forwarded {
 public:
  Forwarded(const PacketChains& chains, const Published& port) : chains_(chains), port_(port) {}

  std::vector<Opening> openings(const std::string& chain, std::string_view policy) {
    const bool goes_on = walk(chain, {}, 0);
    if (goes_on && policy == "accept") open({});
    return std::move(openings_);
  }

 private:
  // False: no packet to the port gets past the end of the chain.
  bool walk(const std::string& name, const PacketRule& so_far, int depth) {
    const auto found = chains_.find(name);
    if (found == chains_.end() || depth > 16) return true;
    for (const PacketRule& rule : found->second) {
      if (++steps_ > 100'000 || openings_.size() > 100) return true;
      if (rule.interface == "lo") continue;
      if (!rule.states.empty() && (',' + rule.states + ',').find(",new,") == std::string::npos)
        continue;
      if (!has_protocol(rule.protocol, port_.protocol)) continue;
      PacketRule rest = rule;
      const Match ports = among(rule.ports, port_.container);
      if (ports == Match::no || !other_conditions(rest)) continue;
      const bool is_condition = ports == Match::maybe || !rest.source.empty() ||
                                !rest.interface.empty() || !rest.other.empty();
      if (rest.source.empty()) rest.source = so_far.source;
      if (rest.interface.empty()) rest.interface = so_far.interface;
      if (rest.other.empty()) rest.other = so_far.other;
      if (rule.verdict == "accept" || (rule.verdict == "return" && depth == 0)) {
        open(rest);
        if (!is_condition) return false;
      } else if (rule.verdict == "return") {
        if (!is_condition) return true;
      } else if (rule.verdict == "drop" || rule.verdict == "reject") {
        if (!is_condition || all_private()) return false;
        remember(rule, rest);
      } else if (rule.verdict == "jump" || rule.verdict == "goto") {
        const bool goes_on = walk(rule.target, rest, depth + 1);
        if (!is_condition && (!goes_on || rule.verdict == "goto")) return goes_on;
        if (!goes_on) remember(rule, rest);
      }
    }
    return true;
  }

  // Takes away what is met by every packet that is judged here; false: one of them is never met.
  bool other_conditions(PacketRule& rule) {
    std::string left;
    std::vector<std::string> words;
    for (size_t begin = 0; begin < rule.other.size();) {
      const size_t end = std::min(rule.other.find(' ', begin), rule.other.size());
      if (end > begin) words.push_back(rule.other.substr(begin, end - begin));
      begin = end + 1;
    }
    for (size_t i = 0; i < words.size(); ++i) {
      const std::string_view value = i + 1 < words.size() ? std::string_view(words[i + 1]) : "";
      if (words[i] == "--ctorigdstport") {
        const Match match = among(value, port_.host);
        if (match == Match::no) return false;
        if (match == Match::maybe) left += (left.empty() ? "" : " ") + words[i];
        ++i;
      } else if (words[i] == "-d" && is_private(value)) {
        destination_ = value;
        left += (left.empty() ? "" : " ") + words[i] + " " + std::string(value);
        ++i;
      } else if (words[i] == "ct" && i + 2 < words.size() && value == "status" &&
                 words[i + 2] == "dnat") {
        i += 2;
      } else if (words[i] == "--ctstate" && value == "DNAT") {
        ++i;
      } else {
        left += (left.empty() ? "" : " ") + words[i];
      }
    }
    rule.other = left;
    return true;
  }

  // Networks that engines take the addresses of containers from (RFC 1918): what is dropped for all of them is
  // dropped for the container, whichever address it has.
  static bool is_private(std::string_view network) {
    return network == "10.0.0.0/8" || network == "172.16.0.0/12" || network == "192.168.0.0/16";
  }
  bool all_private() const { return dropped_.size() == 3; }

  void remember(const PacketRule& rule, const PacketRule& rest) {
    // Only where the destination is the one condition.
    if (rest.other == "-d " + destination_ && rule.source.empty() && rule.interface.empty() &&
        std::ranges::find(dropped_, destination_) == dropped_.end())
      dropped_.push_back(destination_);
    else if (const size_t not_from = rest.other.find("! -s "); not_from == 0)
      only_from_ = rest.other.substr(5);
    else if (rest.other.empty() && !rule.interface.empty())
      closed_through_ += (closed_through_.empty() ? "not through " : ", ") + rule.interface;
  }

  void open(const PacketRule& rule) {
    if (all_private()) return;
    Opening one;
    one.source = rule.source.empty() ? only_from_ : rule.source;
    one.interface = rule.interface;
    one.conditions = rule.other;
    if (!closed_through_.empty() && rule.interface.empty())
      one.conditions += (one.conditions.empty() ? "" : " ") + closed_through_;
    openings_.push_back(std::move(one));
  }

  const PacketChains& chains_;
  const Published& port_;
  std::vector<Opening> openings_;
  std::vector<std::string> dropped_;
  std::string destination_, only_from_, closed_through_;
  size_t steps_ = 0;
};

class Reachable {
 public:
  explicit Reachable(Context& context) : context_(context), firewalls_(firewall_outcome(context)) {}

  void write() {
    for (const Reach& reach : firewalls_.input)
      insert(reach.manager, reach.family, reach.opening, nullptr, 0, "", reach.enabled);
    const auto& all = containers(context_);
    if (std::ranges::none_of(all, [](const ContainerModel& c) { return !c.ports.empty(); })) return;
    docker_ = start_of(context_, {"docker.service", "docker.socket"}).enabled;
    for (const DockerConfig& config : docker_configs(context_))
      if (config.instance == "system") {
        if (config.value("iptables") == "false") forwards_ = false;
        const std::string_view ip6tables = config.value("ip6tables");
        forwards_ip6_ = ip6tables.empty() ? docker_release() >= 27 : ip6tables == "true";
      }
    for (const ContainerModel& container : all) write(container);
  }

 private:
  static std::string setting(const ContainerModel& container, std::string_view key) {
    for (const ContainerSetting& one : container.settings)
      if (one.key == key) return one.value;
    return "";
  }

  // The first number of the engine's version; without a package a new one. ip6tables is on by default since 27.0.
  int docker_release() {
    const auto answer = context_.store().select(
        "SELECT version FROM package WHERE name IN ('docker-ce', 'docker.io', 'moby-engine') AND "
        "status = 'installed' LIMIT 1");
    if (!answer || answer->rows.empty() || !answer->rows[0][0]) return 27;
    std::string_view version = *answer->rows[0][0];
    if (const size_t epoch = version.find(':'); epoch != std::string_view::npos)
      version.remove_prefix(epoch + 1);
    int release = 0;
    std::from_chars(version.data(), version.data() + version.size(), release);
    return release;
  }

  void write(const ContainerModel& container) {
    if (container.engine != "docker" && container.engine != "podman") return;
    // With the host's own network, or another container's, nothing is published (docker-run(1), --network).
    const std::string network = setting(container, "network");
    if (network == "host" || network == "none" || network.starts_with("container:")) return;
    if (container.place.path.starts_with("home/") ||
        container.place.path.find("/containers/systemd/users/") != std::string::npos)
      return;
    if (!container.is_publishing || (container.engine == "docker" && !forwards_)) return;
    for (const ContainerPort& port : container.ports) {
      // Whoever is running has been written already.
      if (container.source == "compose" && is_known(port)) continue;
      write(container, port);
    }
  }

  bool is_known(const ContainerPort& port) {
    return std::ranges::any_of(containers(context_), [&](const ContainerModel& other) {
      return other.source == "state" &&
             std::ranges::any_of(other.ports, [&](const ContainerPort& one) {
               return one.host_port == port.host_port && one.protocol == port.protocol;
             });
    });
  }

  // Nothing: what will be the case at boot cannot be told.
  std::optional<bool> enabled(const ContainerModel& container) const {
    if (container.source != "state") return std::nullopt;
    // What starts Podman's is a unit of somebody's, or nothing.
    if (container.engine != "docker")
      return container.state == "running" ? std::nullopt : std::optional<bool>(false);
    const std::string restart = setting(container, "restart");
    if (docker_ == false) return false;
    if (container.state == "running" || container.state == "restarting" ||
        container.state == "paused" || restart == "always")
      return docker_;
    // Not if it was stopped by hand before; that is not known.
    if (restart == "unless-stopped") return std::nullopt;
    return false;
  }

  void write(const ContainerModel& container, const ContainerPort& port) {
    std::string address = published_address(container, port);
    std::erase_if(address, [](char c) { return c == '[' || c == ']'; });
    if (address.starts_with("127.") || address == "::1" || address == "localhost") return;
    const std::string families = published_families(context_, container, port);
    if (families.starts_with("ip,") || families == "ip") write(container, port, address, "ip");
    // What docker-proxy takes for a container without IPv6 comes through INPUT, like for any process of the host.
    if (families.ends_with("ip6") && container.has_ipv6 && forwards_ip6_)
      write(container, port, address == "0.0.0.0" ? "::" : address, "ip6");
  }

  void write(const ContainerModel& container, const ContainerPort& port, const std::string& address,
             std::string_view family) {
    Published one{container.engine, std::string(family), port.protocol, {}, {}};
    std::string ports = port.host_port;
    if (const auto range = range_of(port.host_port)) {
      one.host = *range;
      std::ranges::replace(ports, ':', '-');
    } else {
      ports = "32768-60999";  // net.ipv4.ip_local_port_range, of which it gets one
      one.host = {32768, 60999};
    }
    one.container.low = static_cast<int>(std::clamp<int64_t>(port.port, 0, 65535));
    one.container.high =
        one.container.low + (port.host_port.empty() ? 0 : one.host.high - one.host.low);
    for (Opening& opening : openings(one)) {
      const bool is_open =
          opening.source.empty() && opening.interface.empty() && opening.conditions.empty();
      opening.protocol = port.protocol;
      opening.ports = ports;
      opening.path = port.place.path;
      opening.span = port.place.span;
      const bool is_any = address.empty() || address == "0.0.0.0" || address == "::";
      if (!is_any) opening.conditions += (opening.conditions.empty() ? "to " : " to ") + address;
      insert(container.engine, family, opening, &container, port.port, is_open ? bypassed(one) : "",
             enabled(container));
    }
  }

  // How the port may be reached through everything that sees the packet on its way.
  std::vector<Opening> openings(const Published& port) {
    std::vector<Opening> result{Opening{}};
    const auto pass = [&](const std::vector<ForwardChain>& list) {
      for (const ForwardChain& one : list) {
        if (one.family != port.family || one.enabled == false) continue;
        std::vector<Opening> next = Forwarded(one.chains, port).openings(one.chain, one.policy);
        std::vector<Opening> both;
        for (const Opening& a : result)
          for (const Opening& b : next) {
            if (both.size() > 20) break;
            Opening joined = b;
            if (joined.source.empty()) joined.source = a.source;
            if (joined.interface.empty()) joined.interface = a.interface;
            if (!a.conditions.empty())
              joined.conditions += (joined.conditions.empty() ? "" : " ") + a.conditions;
            both.push_back(std::move(joined));
          }
        result = std::move(both);
      }
    };
    if (port.engine == "docker") pass(firewalls_.docker_user);
    pass(firewalls_.nft_forward);
    if (firewalls_.strict_forward_ports) result.clear();
    return result;
  }

  // The manager that is loaded, lets in only what it names, and does not name this port.
  std::string bypassed(const Published& port) {
    for (const InputPolicy& policy : firewalls_.policies) {
      if (policy.family != port.family || policy.enabled != true || policy.policy == "accept")
        continue;
      const bool lets_in = std::ranges::any_of(firewalls_.input, [&](const Reach& reach) {
        return reach.manager == policy.manager && reach.family == policy.family &&
               reach.opening.source.empty() &&
               has_protocol(reach.opening.protocol, port.protocol) &&
               among(reach.opening.ports, port.host) != Match::no;
      });
      if (!lets_in) return policy.manager;
    }
    return "";
  }

  void insert(std::string_view manager, std::string_view family, const Opening& one,
              const ContainerModel* container, int64_t container_port, const std::string& bypasses,
              std::optional<bool> enabled) {
    context_.store().insert(
        kReachablePortTable,
        {manager, family, text_or_null(one.protocol), text_or_null(one.ports),
         text_or_null(one.source), text_or_null(one.interface), text_or_null(one.conditions),
         one.by_policy, container ? Value(std::string_view(container->name)) : Value(Null{}),
         container ? Value(container_port) : Value(Null{}), text_or_null(bypasses),
         enabled ? Value(*enabled) : Value(Null{}), context_.store().locate(one.path, one.span)});
  }

  Context& context_;
  const FirewallOutcome& firewalls_;
  std::optional<bool> docker_;
  bool forwards_ = true;
  bool forwards_ip6_ = true;  // ip6tables
};

void collect_reachable_port(Context& context) {
  Reachable(context).write();
}

}  // namespace

const Collector kReachablePortCollector{
    .name = "reachable_port",
    .tables = {&kReachablePortTable},
    .needs = {"unit_state", "firewall_policy", "container_port"},
    .hints = {"package"},
    .paths = {},
    .loose = {},
    .collect = collect_reachable_port};

}  // namespace drydock::facts
