// firewalld(1), firewalld.zones(5), firewalld.policies(5), firewalld.richlanguage(5), firewalld.direct(5):
//
// Which zone: the one its source address is bound to, else the one its interface is bound to, else the default zone.
// In a zone: rich rules and policies of a priority below 0 by priority, then what rejects or drops, then what
//   accepts, then priorities above 0, then the target. "default" rejects, but for ICMP.
// Direct rules are seen before all zones. With the backend nftables what they accept must pass the zones
//   all the same; what they drop is gone (firewalld.direct(5), CAVEATS).
#include "analyzer/facts/collect/firewalld.h"

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/facts/collect/firewalld_files.h"

namespace drydock::facts {

const TableSpec kFirewallZoneTable{
    .name = "firewall_zone",
    .kind = TableKind::effective,
    .doc = "A zone of firewalld as it would be loaded.",
    .columns =
        {{"zone", ColumnType::text, "Its name."},
         {"target", ColumnType::text,
          "What becomes of packets that nothing in it takes: 'ACCEPT', 'DROP', '%%REJECT%%', or "
          "'default' (rejected, but for ICMP)."},
         {"is_default", ColumnType::boolean,
          "Interfaces that are bound to no zone are in it (DefaultZone)."},
         {"is_active", ColumnType::boolean,
          "It is the default zone, or an interface or a source is bound to it."},
         {"interfaces", ColumnType::text,
          "Those that are bound to it, by its file or by NetworkManager (zone=, ZONE=), with "
          "commas; "
          "NULL: none."},
         {"sources", ColumnType::text,
          "Addresses, networks and sets bound to it, with commas; NULL: none."},
         {"masquerade", ColumnType::boolean, "It hides what it forwards behind its own address."},
         {"enabled", ColumnType::boolean, "As in firewall_policy."},
         {"loc", ColumnType::location, "Its file, or the target in it."}},
    .indexes = {},
    .examples = {"SELECT zone, target, interfaces FROM firewall_zone WHERE is_active"}};

namespace {

namespace fwd = parsers::firewalld;

std::string family_of(std::string_view family) {
  return family == "ipv4" ? "ip" : family == "ipv6" ? "ip6" : "";
}

class Firewalld {
 public:
  explicit Firewalld(FirewallRows& rows)
      : rows_(rows), context_(rows.context()), files_(rows.context()) {}

  void host() {
    if (!files_.read_host()) return;
    start_ = start_of(context_, {"firewalld.service"});
    rows_.outcome().strict_forward_ports = files_.strict_forward_ports;
    write();
  }

  void loose(const std::string& path) {
    files_.read_loose(path);
    for (const auto& [name, pieces] : files_.zones) write_zone(name, pieces);
  }

 private:
  void write() {
    std::string zone = files_.default_zone;
    if (!files_.zones.contains(zone)) zone = "public";
    const auto found = files_.zones.find(zone);
    const std::string target = found == files_.zones.end() ? "default" : target_of(found->second);
    const std::string policy = zone == "trusted" && found == files_.zones.end() ? "accept"
                               : target == "ACCEPT"                             ? "accept"
                               : target == "DROP"                               ? "drop"
                                                                                : "reject";
    if (!files_.has_conf && found != files_.zones.end()) {
      files_.conf_path = found->second.back().path;
      files_.default_span = found->second.back().file.target_span;
    }
    if (files_.has_conf || found != files_.zones.end())
      for (const std::string_view family : {"ip", "ip6"})
        for (const std::string_view hook : {"input", "forward"})
          rows_.policy("firewalld", family, hook, policy, "zone " + zone, start_, files_.conf_path,
                       files_.conf_path, files_.default_span, files_.default_span);
    if (found == files_.zones.end())
      files_.not_here(
          files_.conf_path, files_.default_span, "zone-not-here",
          "what the zone " + zone + " lets in stands in /usr/lib/firewalld, which is not here");
    for (const auto& [name, pieces] : files_.zones) write_zone(name, pieces, name == zone);
    for (const std::string_view family : {"ip", "ip6"}) {
      PacketChains chains = input_chains(family, zone);
      write_rules(family, chains);
      std::vector<Opening> list = openings(chains, "INPUT", policy);
      if (found != files_.zones.end() && target == "ACCEPT")
        place_policy(list, found->second.back().path, found->second.back().file.target_span);
      else
        place_policy(list, files_.conf_path, files_.default_span);
      rows_.reach("firewalld", family, {list}, start_);
    }
  }

  static std::string target_of(const std::vector<FirewalldFile>& pieces) {
    for (const FirewalldFile& piece : pieces)
      if (piece.file.target != "default") return piece.file.target;
    return "default";
  }

  void write_zone(const std::string& name, const std::vector<FirewalldFile>& pieces,
                  bool is_default = false) {
    std::vector<fwd::Word> interfaces, sources;
    bool masquerade = false;
    for (const FirewalldFile& piece : pieces) {
      interfaces.insert(interfaces.end(), piece.file.interfaces.begin(),
                        piece.file.interfaces.end());
      sources.insert(sources.end(), piece.file.sources.begin(), piece.file.sources.end());
      masquerade = masquerade || piece.file.masquerade;
    }
    const FirewalldFile& last = pieces.back();
    const Span span = last.file.target_span.line > 0 ? last.file.target_span : Span{};
    context_.store().insert(
        kFirewallZoneTable,
        {std::string_view(name), std::string_view(target_of(pieces)),
         context_.is_fragment() ? Value(Null{}) : Value(is_default),
         context_.is_fragment() ? Value(Null{})
                                : Value(is_default || !interfaces.empty() || !sources.empty()),
         text_or_null(joined(interfaces)), text_or_null(joined(sources)), masquerade,
         start_.enabled ? Value(*start_.enabled) : Value(Null{}),
         context_.store().locate(last.path, span)});
  }

  // The chains as one family sees them.
  PacketChains input_chains(std::string_view family, const std::string& default_zone) {
    PacketChains chains;
    direct_rules(family, chains);
    std::vector<PacketRule>& input = chains["INPUT"];
    if (chains.contains("direct filter INPUT")) input.push_back(jump("direct filter INPUT", ""));
    std::vector<PacketRule> by_source, by_interface;
    for (const auto& [name, pieces] : files_.zones) {
      const bool is_default = name == default_zone;
      bool is_bound = false;
      for (const FirewalldFile& piece : pieces) {
        for (const fwd::Word& source : piece.file.sources) {
          const bool is_six = source.text.find(':') != std::string::npos &&
                              source.text.size() != 17 && !source.text.starts_with("ipset:");
          const bool is_four = source.text.find(':') == std::string::npos;
          if (is_default || (is_six && family == "ip") || (is_four && family == "ip6")) continue;
          PacketRule rule = jump("zone " + name, "goto");
          rule.source = files_.source_of(source.text);
          by_source.push_back(std::move(rule));
          is_bound = true;
        }
        for (const fwd::Word& interface : piece.file.interfaces) {
          if (is_default) continue;
          PacketRule rule = jump("zone " + name, "goto");
          rule.interface = interface.text;
          if (rule.interface.ends_with('+')) rule.interface.back() = '*';
          by_interface.push_back(std::move(rule));
          is_bound = true;
        }
      }
      if (is_bound || is_default) zone_chain(name, pieces, family, is_default, chains);
    }
    input.insert(input.end(), by_source.begin(), by_source.end());
    input.insert(input.end(), by_interface.begin(), by_interface.end());
    // Its target is the policy of what is bound to no zone.
    input.push_back(jump("zone " + default_zone, ""));
    return chains;
  }

  static PacketRule jump(std::string target, std::string_view how) {
    PacketRule rule;
    rule.verdict = how.empty() ? "jump" : how;
    rule.target = std::move(target);
    return rule;
  }

  struct Ordered {
    int priority;
    int step;  // of equal priority: deny, accept
    PacketRule rule;
  };

  void zone_chain(const std::string& name, const std::vector<FirewalldFile>& pieces,
                  std::string_view family, bool is_default, PacketChains& chains) {
    std::vector<Ordered> all;
    for (const FirewalldFile& piece : pieces)
      for (const fwd::Entry& entry : piece.file.entries) add(entry, piece.path, family, all);
    for (const auto& [policy, files] : files_.policies) {
      const fwd::File& file = files.back().file;
      const auto names = [&](const std::vector<fwd::Word>& list, std::string_view what) {
        return std::ranges::any_of(list, [&](const fwd::Word& word) { return word.text == what; });
      };
      if (!names(file.egress, "HOST") || !(names(file.ingress, "ANY") || names(file.ingress, name)))
        continue;
      // Once for a zone: of a policy that several zones share the chain is the same.
      const std::string chain = "policy " + policy;
      if (!chains.contains(chain)) {
        std::vector<Ordered> own;
        for (const fwd::Entry& entry : file.entries) add(entry, files.back().path, family, own);
        fill(chains[chain], own);
        if (file.target != "CONTINUE")
          chains[chain].push_back(final_rule(file.target, files.back().path, file.target_span));
      }
      all.push_back({file.priority, file.priority < 0 ? -1 : 2, jump(chain, "")});
    }
    std::vector<PacketRule>& chain = chains["zone " + name];
    fill(chain, all);
    if (!is_default) {
      const FirewalldFile* by = &pieces.back();
      for (const FirewalldFile& piece : pieces)
        if (piece.file.target != "default") by = &piece;
      chain.push_back(final_rule(by->file.target, by->path, by->file.target_span));
    }
  }

  static void fill(std::vector<PacketRule>& chain, std::vector<Ordered>& all) {
    std::ranges::stable_sort(all, [](const Ordered& a, const Ordered& b) {
      return std::pair(a.priority, a.step) < std::pair(b.priority, b.step);
    });
    for (Ordered& one : all) chain.push_back(std::move(one.rule));
  }

  static PacketRule final_rule(const std::string& target, const std::string& path, Span span) {
    PacketRule rule;
    rule.verdict = target == "ACCEPT" ? "accept" : target == "DROP" ? "drop" : "reject";
    rule.path = path;
    rule.span = span;
    return rule;
  }

  void add(const fwd::Entry& entry, const std::string& path, std::string_view family,
           std::vector<Ordered>& all) {
    const std::string only = family_of(entry.family);
    if (!only.empty() && only != family) return;
    PacketRule rule;
    rule.family = only;
    rule.path = path;
    rule.span = entry.span;
    rule.verdict = entry.action == "mark" ? "" : entry.action;
    if (entry.not_source)
      rule.other = "! -s " + files_.source_of(entry.source);
    else
      rule.source = files_.source_of(entry.source);
    if (rule.source == "0.0.0.0/0" || rule.source == "::/0") rule.source.clear();
    if (!entry.destination.empty())
      condition(rule, (entry.not_destination ? "! -d " : "-d ") + entry.destination);
    const int step = rule.verdict == "accept" ? 1 : 0;
    const auto push = [&](PacketRule one) {
      all.push_back({entry.priority, step, std::move(one)});
    };
    if (entry.kind == "service") {
      std::set<std::string> seen;
      return of_service(entry.value, family, rule, push, seen);
    }
    if (entry.kind == "port") {
      rule.protocol = entry.protocol;
      rule.ports = entry.value;
    } else if (entry.kind == "protocol") {
      rule.protocol = entry.value;
    } else if (entry.kind == "source-port") {
      rule.protocol = entry.protocol;
      condition(rule, "--sport " + entry.value);
    } else if (entry.kind == "icmp-block" || entry.kind == "icmp-type") {
      rule.protocol = family == "ip" ? "icmp" : "icmpv6";
      condition(rule, "type " + entry.value);
      if (entry.kind == "icmp-block") rule.verdict = "reject";
    } else if (entry.kind == "forward-port") {
      rule.protocol = entry.protocol;
      rule.ports = entry.value;
      condition(rule, "forwarded to " + entry.to);
      rule.verdict = "accept";
    } else if (!entry.kind.empty()) {
      return;  // masquerade, tcp-mss-clamp: nothing comes in by them
    }
    push(std::move(rule));
  }

  static void condition(PacketRule& rule, const std::string& what) {
    rule.other += (rule.other.empty() ? "" : " ") + what;
  }

  template <class Push>
  void of_service(const std::string& name, std::string_view family, const PacketRule& rule,
                  const Push& push, std::set<std::string>& seen) {
    if (!seen.insert(name).second || seen.size() > 50) return;
    const fwd::File* const service = files_.service(name);
    if (!service) {
      files_.not_here(
          rule.path, rule.span, "service-not-here",
          "what the service " + name + " is stands in /usr/lib/firewalld, which is not here");
      PacketRule one = rule;
      condition(one, "service " + name);
      return push(std::move(one));
    }
    const std::string& destination = family == "ip" ? service->destination4 : service->destination6;
    const bool has_other_family = !service->destination4.empty() || !service->destination6.empty();
    if (destination.empty() && has_other_family) return;
    for (const fwd::Port& port : service->ports) {
      PacketRule one = rule;
      one.protocol = port.protocol;
      one.ports = port.port;
      if (!destination.empty()) condition(one, "-d " + destination);
      push(std::move(one));
    }
    for (const fwd::Word& include : service->includes)
      of_service(include.text, family, rule, push, seen);
  }

  void direct_rules(std::string_view family, PacketChains& chains) {
    const auto text = context_.read("etc/firewalld/direct.xml");
    if (!text) return;
    fwd::File file = fwd::parse(text->text, fwd::Kind::direct);
    if (family == "ip") files_.issues(text->path, file.errors);
    std::ranges::stable_sort(file.direct, {}, &fwd::DirectRule::priority);
    for (const fwd::DirectRule& one : file.direct) {
      if (family_of(one.ipv) != family) continue;
      std::vector<std::string> words = split(one.arguments);
      std::string table = one.table, chain = one.chain;
      if (one.is_passthrough) {
        table = "filter";
        for (size_t i = 0; i + 1 < words.size();) {
          if (words[i] == "-t" || words[i] == "--table")
            table = words[i + 1];
          else if (words[i] == "-A" || words[i] == "-I" || words[i] == "--append" ||
                   words[i] == "--insert")
            chain = words[i + 1];
          else {
            ++i;
            continue;
          }
          words.erase(words.begin() + static_cast<std::ptrdiff_t>(i),
                      words.begin() + static_cast<std::ptrdiff_t>(i) + 2);
        }
      }
      if (table != "filter" || chain.empty()) continue;
      PacketRule rule = from_iptables(words);
      rule.path = text->path;
      rule.span = one.span;
      // It has to pass the zones all the same.
      if (files_.is_nftables && rule.verdict == "accept") rule.verdict.clear();
      chains["direct filter " + chain].push_back(std::move(rule));
    }
  }

  // Words in blanks, with quotes as the shell has them.
  static std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (const char c : text) {
      if (quote) {
        if (c == quote)
          quote = 0;
        else
          word += c;
      } else if (c == '"' || c == '\'') {
        quote = c;
        in_word = true;
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        if (in_word) words.push_back(std::move(word));
        word.clear();
        in_word = false;
      } else {
        word += c;
        in_word = true;
      }
    }
    if (in_word) words.push_back(std::move(word));
    return words;
  }

  void write_rules(std::string_view family, const PacketChains& chains) {
    for (const auto& [name, list] : chains) {
      int64_t position = 0;
      for (const PacketRule& one : list)
        if (++position; !one.path.empty())
          rows_.rule("firewalld", family, name, position, one, start_);
    }
  }

  FirewallRows& rows_;
  Context& context_;
  Start start_;
  FirewalldFiles files_;
};

}  // namespace

void read_firewalld(FirewallRows& rows) {
  Firewalld(rows).host();
}

void read_loose_firewalld(FirewallRows& rows, const std::string& path) {
  Firewalld(rows).loose(path);
}

}  // namespace drydock::facts
