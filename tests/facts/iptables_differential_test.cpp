// What iptables-restore and ip6tables-restore make of a file: they load it in a network namespace of their own, and
// iptables-save, which spells everything its one way, tells what is there. That must let in what drydock says of the
// file as it was written: names of ports and protocols, older options, negations, targets before matches.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <sstream>

#include "analyzer/facts/collect/firewall_rows.h"
#include "parsers/iptables_save.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kFiles = 300;

// In several namespaces at once, for a kernel that loads rules mostly waits.
constexpr std::string_view kAsk = R"sh(
files=$1; begin=${2-}
if [ -z "$begin" ]; then
  for begin in 0 1 2 3 4 5 6 7; do unshare -n bash ask "$files" "$begin" & done
  wait
  for ((i = 0; i < files; ++i)); do printf '%s\n' "$(<"$i.answer")" --; done
  exit
fi
for ((i = begin; i < files; i += 8)); do
  case $((i % 2)) in 0) restore=$RESTORE save=$SAVE ;; 1) restore=$RESTORE6 save=$SAVE6 ;; esac
  { $restore <"$i" || echo refused; $save -t filter; } >"$i.answer" 2>/dev/null
done
)sh";

std::string rule(test::Random& random, bool is_six) {
  std::string out = random.pick({"-A INPUT", "-A INPUT", "-A mine", "--append INPUT", "-I INPUT",
                                 "-I INPUT 1", "[3:4] -A INPUT"});
  const auto add = [&](const std::string& text) { out += " " + text; };
  if (random.one_in(3)) {
    add(random.pick({"-s ", "--source ", "--src ", "! -s "}) +
        (is_six ? random.pick({"2001:db8::/32", "fd00::1", "::/0"})
                : random.pick({"10.0.0.0/8", "192.0.2.7", "10.0.0.0/255.0.0.0", "0.0.0.0/0"})));
  }
  if (random.one_in(4))
    add(random.pick({"-i eth0", "--in-interface eth+", "! -i lo", "-i lo", "-i eth1"}));
  if (random.one_in(8)) add(is_six ? "-d 2001:db8::1" : "-d 192.0.2.1");
  switch (random.below(6)) {
    case 0:
      add(random.pick({"-p tcp", "--protocol tcp", "-p 6", "-p TCP"}) + " " +
          random.pick({"--dport 22", "--dport ssh", "-m tcp --dport 22", "--destination-port 22:25",
                       "! --dport 22", "--dport 1024:", "--dport :1023", "--syn --dport 80",
                       "--sport 53", "--tcp-flags SYN,ACK SYN", "--dport http"}));
      break;
    case 1:
      add("-p udp " + random.pick({"--dport 53", "--dport domain", "-m udp --dport 500:510", ""}));
      break;
    case 2:
      add("-p " + random.pick({"tcp", "udp"}) + " -m multiport " +
          random.pick({"--dports 80,443", "--dports 80,6000:6010", "--destination-ports 25,smtp",
                       "--ports 80,443", "--sports 53", "! --dports 80,443"}));
      break;
    case 3:
      add(is_six ? random.pick({"-p icmpv6", "-p ipv6-icmp --icmpv6-type 128"})
                 : random.pick(
                       {"-p icmp", "-p icmp --icmp-type 8", "-p icmp -m icmp --icmp-type any"}));
      break;
    case 4:
      add(random.pick({"-p all", "-p esp", "! -p tcp", ""}));
      break;
    default:
      break;
  }
  if (random.one_in(4))
    add(random.pick({"-m conntrack --ctstate NEW", "-m state --state NEW,ESTABLISHED",
                     "-m conntrack --ctstate RELATED,ESTABLISHED",
                     "-m conntrack ! --ctstate INVALID", "-m conntrack --ctstate INVALID",
                     "-m state --state new"}));
  if (random.one_in(6))
    add("-m comment --comment " + random.pick({"\"-j DROP x\"", "why", "'a b'"}));
  if (random.one_in(8)) add("-m limit --limit 5/min --limit-burst 7");
  if (random.one_in(10))
    add("-m addrtype " +
        random.pick({"--dst-type LOCAL", "! --dst-type LOCAL", "--src-type LOCAL"}));
  if (random.one_in(12))
    add(random.pick({"-m mac --mac-source 00:11:22:33:44:55", "-m pkttype --pkt-type broadcast"}));
  const bool for_mine = out.find("mine") != std::string::npos;
  add(random.pick({"-j ACCEPT", "-j ACCEPT", "-j ACCEPT", "--jump ACCEPT", "-j DROP", "-j REJECT",
                   "-j RETURN", "-j LOG --log-prefix \"x -j ACCEPT \"",
                   for_mine ? "-j DROP" : "-j mine", for_mine ? "-j ACCEPT" : "-g mine", ""}));
  return out + "\n";
}

std::string file(unsigned seed) {
  test::Random random(seed);
  const bool is_six = seed % 2 == 1;
  std::string out = "*filter\n:INPUT " + random.pick({"ACCEPT", "DROP", "DROP"}) +
                    " [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:mine - [0:0]\n";
  for (int n = 1 + random.below(6); n > 0; --n) out += rule(random, is_six);
  if (random.one_in(8)) out += random.pick({"-P INPUT ACCEPT\n", "-F mine\n"});
  return out + "COMMIT\n";
}

std::set<std::string> openings(const std::string& text, bool& is_refused) {
  const auto parsed = parsers::iptables_save::parse(text);
  is_refused = !parsed.errors.empty();
  facts::PacketChains chains;
  facts::FirewallRows::add_chains(parsed, "file", chains);
  std::string policy = "accept";
  for (const auto& chain : parsed.chains)
    if (chain.table == "filter" && chain.name == "INPUT") policy = facts::lower(chain.policy);
  std::set<std::string> lines;
  for (const facts::Opening& one : facts::openings(chains, "INPUT", policy))
    lines.insert(one.protocol + "|" + one.ports + "|" + one.source + "|" + one.interface + "|" +
                 one.conditions + (one.by_policy ? "|policy" : ""));
  return lines;
}

std::string shown(const std::set<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

std::string program(const char* variable, const char* name) {
  const char* const set = std::getenv(variable);
  return set ? set : std::string("/usr/sbin/") + name;
}

TEST(IptablesDifferential, WhatIsLoadedLetsInTheSame) {
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (int i = 0; i < kFiles; ++i) scratch.write(std::to_string(i), file(static_cast<unsigned>(i)));
  scratch.write("ask", kAsk);
  const auto answer =
      test::ask("cd " + scratch.path() +
                " && RESTORE=" + program("DRYDOCK_IPTABLES_RESTORE", "iptables-restore") +
                " SAVE=" + program("DRYDOCK_IPTABLES_SAVE", "iptables-save") +
                " RESTORE6=" + program("DRYDOCK_IP6TABLES_RESTORE", "ip6tables-restore") +
                " SAVE6=" + program("DRYDOCK_IP6TABLES_SAVE", "ip6tables-save") +
                " unshare -rn bash ask " + std::to_string(kFiles));
  if (!answer || answer->find(":INPUT") == std::string::npos)
    GTEST_SKIP() << "iptables is not there, or may not be run in a namespace of its own";
  std::istringstream in(*answer);
  int accepted = 0;
  for (int i = 0; i < kFiles; ++i) {
    std::string saved;
    bool is_refused = false, ignored = false;
    for (std::string line; std::getline(in, line) && line != "--";) {
      if (line == "refused") is_refused = true;
      saved += line + "\n";
    }
    if (is_refused) continue;
    ++accepted;
    const std::string text = file(static_cast<unsigned>(i));
    EXPECT_EQ(shown(openings(text, ignored)), shown(openings(saved, is_refused))) << text << saved;
  }
  EXPECT_GE(accepted, 200);
}

}  // namespace
}  // namespace drydock
