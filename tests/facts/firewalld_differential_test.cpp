// The same configurations to drydock and to firewalld's own reader: which files count, which are refused, what each
// zone then opens. firewalld is asked without a daemon, as firewall-offline-cmd(1) asks it; what it would need for
// D-Bus and the kernel is left out, for it is not used then.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>

#include "tests/facts/facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kHosts = 200;

constexpr std::string_view kAsk = R"python(
import sys, types, os
for name in ('gi', 'gi.repository', 'gi.repository.GLib', 'dbus', 'nftables', 'nftables.nftables'):
    sys.modules[name] = types.ModuleType(name)
def none(*a): raise ValueError('none')
sys.modules['gi'].require_version = none
sys.modules['gi'].repository = sys.modules['gi.repository']
sys.modules['gi.repository'].GLib = sys.modules['gi.repository.GLib']
sys.modules['gi.repository.GLib'].Error = type('Error', (Exception,), {})
class Nothing:
    def __getattr__(self, name): return lambda *a: None
sys.modules['nftables.nftables'].Nftables = Nothing
sys.path.insert(0, sys.argv[1])
import firewall.config as config
from firewall.core.fw import Firewall
from firewall.core.logger import log
from firewall.core import rich
log.setInfoLogLevel(log.NO_INFO)

def text(value): return value if value else '-'
def services(fw, name, seen):
    if name in seen: return
    seen.append(name)
    one = fw.service.get_service(name)
    yield one
    for other in one.includes:
        yield from services(fw, other, seen)

def what(fw, family, element, kind):
    """(protocol, ports, conditions) of what an element opens."""
    six = family == 'ip6'
    if kind == 'service':
        for one in services(fw, element, []):
            to = one.destination.get('ipv6' if six else 'ipv4', '')
            if not to and one.destination: continue
            for port, protocol in one.ports: yield protocol, port, '-d ' + to if to else ''
            for protocol in one.protocols: yield protocol, '', '-d ' + to if to else ''
    elif kind == 'port': yield element[1], element[0], ''
    elif kind == 'protocol': yield element, '', ''
    elif kind == 'source-port': yield element[1], '', '--sport ' + element[0]
    elif kind == 'icmp': yield ('icmpv6' if six else 'icmp'), '', 'type ' + element
    elif kind == 'forward-port': yield element[1], element[0], 'forwarded to %s:%s' % (element[3], element[2])

def lines(fw, default):
    for name in fw.zone.get_zones():
        zone = fw.zone.get_zone(name)
        if not (zone.interfaces or zone.sources or name == default): continue
        target = {'{chain}_{zone}': 'default'}.get(zone.target, zone.target)
        yield 'zone %s %s %s %s' % (name, target, text(','.join(sorted(zone.interfaces))), text(','.join(sorted(zone.sources))))
        for family in ('ip', 'ip6'):
            # A zone that only sources of the other family lead to.
            if not (zone.interfaces or name == default or
                    any(len(one) == 17 and one.count(':') == 5 or (':' in one) == (family == 'ip6') for one in zone.sources)):
                continue
            for kind, elements in (('service', zone.services), ('port', zone.ports), ('protocol', zone.protocols),
                                   ('source-port', zone.source_ports), ('forward-port', zone.forward_ports)):
                for element in elements:
                    for protocol, port, other in what(fw, family, element, kind):
                        yield ' | '.join((name, family, protocol, text(port), '-', text(other), 'accept'))
            for element in zone.icmp_blocks:
                for protocol, port, other in what(fw, family, element, 'icmp'):
                    yield ' | '.join((name, family, protocol, '-', '-', other, 'reject'))
            for rule in zone.rules:
                if rule.family and rule.family != {'ip': 'ipv4', 'ip6': 'ipv6'}[family]: continue
                source, first = '', []
                if rule.source:
                    source = rule.source.addr or (rule.source.mac and 'mac:' + rule.source.mac) or 'ipset:' + rule.source.ipset
                    if rule.source.invert: first.append('! -s ' + source); source = ''
                if rule.destination:
                    first.append(('! -d ' if rule.destination.invert else '-d ') + (rule.destination.addr or 'ipset:' + rule.destination.ipset))
                action = {'Rich_Accept': 'accept', 'Rich_Reject': 'reject', 'Rich_Drop': 'drop'}.get(type(rule.action).__name__, '-')
                e = rule.element
                kind = type(e).__name__
                if kind == 'Rich_Service': all = what(fw, family, e.name, 'service')
                elif kind == 'Rich_Port': all = what(fw, family, (e.port, e.protocol), 'port')
                elif kind == 'Rich_SourcePort': all = what(fw, family, (e.port, e.protocol), 'source-port')
                elif kind == 'Rich_Protocol': all = what(fw, family, e.value, 'protocol')
                elif kind in ('Rich_IcmpBlock', 'Rich_IcmpType'):
                    all = what(fw, family, e.name, 'icmp')
                    if kind == 'Rich_IcmpBlock': action = 'reject'
                elif kind == 'Rich_ForwardPort':
                    all = what(fw, family, (e.port, e.protocol, e.to_port, e.to_address), 'forward-port'); action = 'accept'
                elif e is None: all = [('', '', '')]
                else: continue
                for protocol, port, other in all:
                    conditions = ' '.join(first + ([other] if other else []))
                    yield ' | '.join((name, family, text(protocol), text(port), text(source), text(conditions), action))

for case in range(int(sys.argv[3])):
    root = '%s/%d' % (sys.argv[2], case)
    config.set_default_config_paths(sys.argv[2] + '/stock/usr/lib/firewalld')
    config.set_system_config_paths(root + '/etc/firewalld')
    fw = Firewall(offline=True)
    try:
        fw.start()
        answer = ['default ' + fw.get_default_zone()] + sorted(set(lines(fw, fw.get_default_zone())))
    except (Exception, SystemExit) as e:
        answer = ['refused']
    print('\n'.join(answer))
    print('--')
)python";

using test::Random;

void stock(MemoryTree& tree) {
  const auto service = [&](const std::string& name, const std::string& body) {
    tree.file("usr/lib/firewalld/services/" + name + ".xml",
              "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service>\n  <short>" + name +
                  "</short>\n" + body + "</service>\n");
  };
  service("ssh", "<port protocol=\"tcp\" port=\"22\"/>");
  service("samba", "<include service=\"samba-client\"/><port protocol=\"tcp\" port=\"139\"/>");
  service("samba-client", "<port protocol=\"udp\" port=\"138\"/><include service=\"samba\"/>");
  service("dhcpv6-client",
          "<port protocol=\"udp\" port=\"546\"/><destination ipv6=\"fe80::/64\"/>");
  service("ipsec",
          "<protocol value=\"ah\"/><protocol value=\"esp\"/><port protocol=\"udp\" port=\"500\"/>");
  for (const auto& [name, head] : {std::pair{"public", "<zone>"},
                                   {"drop", "<zone target=\"DROP\">"},
                                   {"block", "<zone target=\"%%REJECT%%\">"},
                                   {"trusted", "<zone target=\"ACCEPT\">"},
                                   {"work", "<zone>"}})
    tree.file("usr/lib/firewalld/zones/" + std::string(name) + ".xml",
              std::string("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n") + head +
                  "\n  <short>A</short>\n  <description>B &amp; C</description>\n"
                  "  <service name=\"ssh\"/>\n  <service name=\"dhcpv6-client\"/>\n  "
                  "<forward/>\n</zone>\n");
  for (const std::string name : {"echo-request", "redirect"})
    tree.file("usr/lib/firewalld/icmptypes/" + name + ".xml",
              "<icmptype><short>x</short></icmptype>\n");
}

class Host {
 public:
  explicit Host(unsigned seed) : random_(seed) {}

  std::shared_ptr<MemoryTree> tree() {
    auto out = std::make_shared<MemoryTree>();
    out->file("etc/firewalld/firewalld.conf",
              "# firewalld config file\nDefaultZone=" +
                  random_.pick({"public", "public", "work", "mine", "drop", "trusted", "gone"}) +
                  "\n");
    const int zones = random_.below(3);
    for (int i = 0; i < zones; ++i)
      out->file(
          "etc/firewalld/zones/" + random_.pick({"public", "work", "mine", "trusted"}) + ".xml",
          zone());
    if (random_.one_in(6)) {
      out->file("etc/firewalld/zones/pieces/a.xml", zone());
      out->file("etc/firewalld/zones/pieces/b.xml", zone());
    }
    if (random_.one_in(4))
      out->file(
          "etc/firewalld/services/" + random_.pick({"ssh", "app"}) + ".xml",
          "<service><port port=\"" + port() + "\" protocol=\"tcp\"/>" + mistake() + "</service>");
    return out;
  }

 private:
  // Far from each other, so that ranges do not grow together.
  std::string port() {
    const int base = 1000 + 50 * random_.below(600);
    return random_.one_in(4) ? std::to_string(base) + "-" + std::to_string(base + 9)
                             : std::to_string(base);
  }
  std::string protocol() { return random_.pick({"tcp", "udp", "sctp", "dccp"}); }

  // Seldom, for a mistake takes all of a configuration with it.
  std::string mistake() {
    if (!random_.one_in(60)) return "";
    return random_.pick({"<port port=\"70000\" protocol=\"tcp\"/>",
                         "<port port=\"9\" protocol=\"icmp\"/>", "<port port=\"9\"/>", "<unknown/>",
                         "<port port=\"9\" protocol=\"tcp\" x=\"1\"/>", "<b>", "&nbsp;", "</zone>",
                         "<!-- -- -->", "<port port=9/>", "<port port=\"9-\" protocol=\"tcp\"/>",
                         "\x01"});
  }

  std::string element() {
    switch (random_.below(9)) {
      case 0:
      case 1:
        return "<service name=\"" +
               (random_.one_in(40)
                    ? std::string("nobody")
                    : random_.pick({"ssh", "samba", "dhcpv6-client", "ipsec", "samba-client"})) +
               "\"/>";
      case 2:
      case 3:
        return "<port port='" + port() + "' protocol=\"" + protocol() + "\"/>";
      case 4:
        return "<protocol value=\"" + random_.pick({"gre", "esp", "igmp"}) + "\"/>";
      case 5:
        return "<source-port protocol=\"tcp\"\n port=\"" + port() + "\" />";
      case 6:
        return "<icmp-block name=\"echo-request\"></icmp-block>";
      case 7:
        return "<forward-port port=\"" + port() + "\" protocol=\"tcp\" to-port=\"80\"" +
               random_.pick({"", " to-addr=\"10.0.0.7\""}) + "/>";
      default:
        return random_.pick(
            {"<masquerade/>", "<!-- a <comment/> -->", "<accept/>", "<icmp-block-inversion/>",
             "<log/>", "<destination address=\"10.0.0.1\"/>", "<icmp-type name=\"redirect\"/>"});
    }
  }

  std::string rule() {
    std::string out = "<rule" +
                      random_.pick({"", " family=\"ipv4\"", " family=\"ipv4\"", " family=\"ipv6\"",
                                    " family=\"ip\""}) +
                      random_.pick({"", "", " priority=\"5\"", " priority=\"-5\""}) + ">";
    if (random_.one_in(2))
      out += "<source " +
             random_.pick({"address=\"10.1.0.0/16\"", "address=\"2001:db8::/32\"",
                           "mac=\"00:11:22:33:44:55\"", "ipset=\"those\"",
                           "address=\"10.0.0.1\" mac=\"00:11:22:33:44:55\"",
                           "address=\"10.0.0.1/255.0.0.0\"", "address=\"x\""}) +
             random_.pick({"", "", " invert=\"True\""}) + "/>";
    if (random_.one_in(4))
      out += "<destination address=\"" + random_.pick({"10.9.9.9", "2001:db8::9"}) + "\"/>";
    for (int n = random_.one_in(8) ? 2 : random_.below(2); n > 0; --n)
      out += random_.pick({"<service name=\"ssh\"/>", "<service name=\"samba\"/>",
                           "<port port=\"8443\" protocol=\"tcp\"/>",
                           "<port port=\"99999\" protocol=\"tcp\"/>", "<protocol value=\"ah\"/>",
                           "<icmp-block name=\"redirect\"/>", "<icmp-type name=\"echo-request\"/>",
                           "<masquerade/>",
                           "<forward-port port=\"81\" protocol=\"tcp\" to-port=\"82\"/>",
                           "<source-port port=\"53\" protocol=\"udp\"/>"});
    if (random_.one_in(4)) out += "<log prefix=\"a\" level=\"info\"><limit value=\"3/m\"/></log>";
    if (random_.one_in(8)) out += "<audit/>";
    if (!random_.one_in(5))
      out += random_.pick(
          {"<accept/>", "<accept><limit value=\"1/m\"/></accept>", "<drop/>", "<reject/>"});
    if (random_.one_in(20)) out += "<accept/>";
    return out + "</rule>";
  }

  std::string zone() {
    std::string out = random_.pick(
        {"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n", "", "\xEF\xBB\xBF", "<!-- mine -->\n"});
    out += "<zone" +
           (random_.one_in(30) ? std::string(" target=\"NONE\"")
                               : random_.pick({"", "", " target=\"ACCEPT\"", " target=\"DROP\"",
                                               " target=\"default\""})) +
           " version=\"1\">\n  <short>X</short>\n";
    if (random_.one_in(2))
      out += "  <interface name=\"eth" + std::to_string(++interface_) + "\"/>\n";
    if (random_.one_in(3))
      out += "  <source " +
             (random_.one_in(20)
                  ? std::string("address=\"nowhere\"")
                  : random_.pick({"address=\"192.0.2.0/24\"", "address=\"2001:db8:1::/48\"",
                                  "address=\"00:aa:bb:cc:dd:ee\""})) +
             "/>\n";
    const int elements = random_.below(6);
    for (int i = 0; i < elements; ++i) out += "  " + element() + "\n";
    out += mistake();
    const int rules = random_.below(4);
    for (int i = 0; i < rules; ++i) out += "  " + rule() + "\n";
    return out + "</zone>\n";
  }

  Random random_;
  int interface_ = 0;
};

std::string sorted_list(std::string list) {
  std::set<std::string> words;
  std::istringstream in(list);
  for (std::string word; std::getline(in, word, ',');) words.insert(word);
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

std::string ours(const std::shared_ptr<MemoryTree>& tree) {
  Target target;
  target.name = "test";
  target.scope = Scope::host;
  target.tree = tree;
  std::vector<const facts::TableSpec*> tables;
  for (const facts::TableSpec* table : facts::all_tables())
    for (const std::string_view start : {"firewall", "unit", "parse_issue", "location", "override"})
      if (table->name.starts_with(start)) tables.push_back(table);
  auto store = facts::Store::create(tables);
  if (!store) return "no store\n";
  facts::collect(target, **store, {"firewall_zone", "firewall_rule"});
  const auto rows = [&](std::string_view sql) {
    const auto answer = (*store)->select(sql);
    return answer ? answer->rows : std::vector<facts::Store::Row>{};
  };
  if (!rows("SELECT 1 FROM parse_issue WHERE effect = 'unknown'").empty()) return "refused\n";
  std::set<std::string> lines;
  std::string out;
  for (const auto& row : rows("SELECT zone, target, interfaces, sources, is_default FROM "
                              "firewall_zone WHERE is_active")) {
    lines.insert("zone " + *row[0] + " " + *row[1] + " " + sorted_list(row[2].value_or("-")) + " " +
                 sorted_list(row[3].value_or("-")));
    if (row[4] == "1") out = "default " + *row[0] + "\n";
  }
  // Without the last rule of a zone, which is its target.
  for (const auto& row : rows("SELECT replace(chain, 'zone ', ''), family, protocol, ports, "
                              "source, other, verdict FROM firewall_rule AS r "
                              "WHERE chain GLOB 'zone *' AND (chain IN (SELECT 'zone ' || zone "
                              "FROM firewall_zone WHERE is_default) OR position < "
                              "(SELECT max(position) FROM firewall_rule AS o WHERE o.chain = "
                              "r.chain AND o.family = r.family))")) {
    std::string line;
    for (const auto& column : row) line += (line.empty() ? "" : " | ") + column.value_or("-");
    lines.insert(line);
  }
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

TEST(FirewalldDifferential, ReadsTheSameConfigurations) {
  const char* const packages = std::getenv("DRYDOCK_FIREWALLD");
  test::ScratchDirectory scratch;
  MemoryTree shipped;
  stock(shipped);
  test::write_tree(shipped, scratch.path() + "/stock");
  std::vector<std::shared_ptr<MemoryTree>> hosts;
  for (unsigned i = 0; i < kHosts; ++i) {
    hosts.push_back(Host(i).tree());
    test::write_tree(*hosts.back(), scratch.path() + "/" + std::to_string(i));
    stock(*hosts.back());
  }
  const std::string script = scratch.write("ask.py", kAsk);
  const auto answer =
      test::ask("/usr/bin/python3 " + script + " " +
                (packages ? packages : "/usr/lib/python3/dist-packages") + " " + scratch.path() +
                " " + std::to_string(kHosts) + " 2>" + scratch.path() + "/errors");
  if (!answer || answer->find("default public") == std::string::npos)
    GTEST_SKIP() << "firewalld's Python modules are not there";
  std::istringstream in(*answer);
  int refused = 0;
  for (const auto& host : hosts) {
    std::string theirs;
    for (std::string line; std::getline(in, line) && line != "--";) theirs += line + "\n";
    refused += theirs == "refused\n";
    std::string files;
    for (const std::string directory : {"etc/firewalld", "etc/firewalld/zones",
                                        "etc/firewalld/services", "etc/firewalld/zones/pieces"})
      for (const std::string& path : host->glob(directory, "*"))
        if (const auto text = host->read(path)) files += "== " + path + "\n" + std::string(*text);
    ASSERT_EQ(ours(host), theirs) << files;
  }
  // Neither takes all nor nothing.
  EXPECT_GT(refused, 10);
  EXPECT_LT(refused, kHosts / 2);
}

}  // namespace
}  // namespace drydock
