// What ufw loads: its own ufw-init-functions put the rules of a generated configuration together, iptables-restore
// loads them in a network namespace of their own, and iptables-save tells what is there. That must let in what drydock
// says of the files. Commands that only look whether something is loaded already are answered with no.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>
#include <sstream>

#include "analyzer/facts/collect/firewall_rows.h"
#include "tests/facts/few_facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr unsigned kHosts = 220;

// In several namespaces at once, for a kernel that loads rules mostly waits.
constexpr std::string_view kAsk = R"sh(
restore=$1; functions=$2; hosts=$3; save=$4; begin=${5-}
if [ -z "$begin" ]; then
  for begin in 0 1 2 3 4 5 6 7; do unshare -n bash ask "$@" "$begin" & done
  wait
  for ((i = 0; i < hosts; ++i)); do printf '%s\n' "$(<"$i/answer")" --; done
  exit
fi
iptables() { case "$*" in *ufw*) return 1 ;; esac; return 0; }
ip6tables() { iptables "$@"; }
modprobe() { :; }
sysctl() { :; }
iptables-restore() { local lines; mapfile -t lines; printf '%s\n' "${lines[@]}" >>"$loaded"; }
ip6tables-restore() { :; }
for i in $(seq "$begin" 8 $((hosts - 1))); do
  loaded=$i/loaded
  printf '*filter\n-F\n-X\nCOMMIT\n' >"$loaded"
  (DATA_DIR=$PWD/$i; set +e; . "$functions"; set +e; ufw_start) >/dev/null 2>&1
  { "$restore" -n <"$loaded" || echo refused; "$save" -t filter; } >"$i/answer" 2>/dev/null
done
)sh";

class Host {
 public:
  explicit Host(unsigned seed) : random_(seed) {}

  std::shared_ptr<MemoryTree> tree() {
    auto out = std::make_shared<MemoryTree>();
    out->file("etc/default/ufw", "IPV6=" + pick({"yes", "no"}) + "\nDEFAULT_INPUT_POLICY=\"" +
                                     pick({"DROP", "DROP", "REJECT", "ACCEPT"}) +
                                     "\"\nDEFAULT_OUTPUT_POLICY=\"ACCEPT\"\nDEFAULT_FORWARD_POLICY="
                                     "\"DROP\"\nMANAGE_BUILTINS=" +
                                     pick({"no", "yes"}) + "\n");
    out->file("etc/ufw/ufw.conf",
              std::string("ENABLED=yes\n") + (below(4) ? "" : "DEFAULT_INPUT_POLICY=\"DROP\"\n"));
    for (const std::string six : {"", "6"}) {
      const std::string chain = "ufw" + six + "-";
      out->file("etc/ufw/before" + six + ".rules",
                file({chain + "before-input", chain + "not-local"}, chain));
      out->file("etc/ufw/after" + six + ".rules", file({chain + "after-input"}, chain));
      if (below(8))
        out->file(
            "etc/ufw/user" + six + ".rules",
            file({chain + "user-input", chain + "before-logging-input",
                  chain + "after-logging-input", chain + "user-limit", chain + "user-limit-accept"},
                 chain));
    }
    return out;
  }

 private:
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  std::string pick(std::initializer_list<const char*> list) {
    return list.begin()[below(static_cast<int>(list.size()))];
  }

  std::string file(const std::vector<std::string>& chains, const std::string& prefix) {
    const bool is_six = prefix.ends_with("6-");
    std::string out = "# rules\n*filter\n";
    for (const std::string& chain : chains) out += ":" + chain + " - [0:0]\n";
    for (int rules = below(6); rules > 0; --rules) {
      std::string rule =
          "-A " +
          chains[static_cast<size_t>(below(static_cast<int>(chains.size()) * 3)) % chains.size()];
      // Most of them in the first.
      if (below(2)) rule = "-A " + chains[0];
      rule += pick({"", " -i eth0", " -i lo"});
      if (below(3) == 0) rule += is_six ? " -s 2001:db8::/32" : " -s 10.0.0.0/8";
      rule += pick({"", " -p tcp --dport 22", " -p tcp --dport 80", " -p udp --dport 53",
                    " -p tcp -m multiport --dports 80,443", " -p tcp -m tcp --dport 6000:6010",
                    " -p udp"});
      rule +=
          pick({"", "", " -m conntrack --ctstate NEW",
                " -m conntrack --ctstate RELATED,ESTABLISHED", " -m conntrack --ctstate INVALID"});
      const std::string target = pick({"ACCEPT", "ACCEPT", "ACCEPT", "DROP", "REJECT", "RETURN",
                                       "skip-to-policy-input", "user-limit-accept", "not-local"});
      rule += " -j " + (target[0] >= 'a' ? prefix + target : target);
      // A chain that the file has not declared may not be there yet.
      if (rule.find("user-limit-accept") != std::string::npos &&
          chains[0].find("user") == std::string::npos)
        continue;
      if (rule.find("not-local") != std::string::npos &&
          chains[0].find("before") == std::string::npos)
        continue;
      if (rule.find("-A " + prefix + "not-local") == 0 && target == "not-local") continue;
      out += rule + "\n";
    }
    if (chains[0].ends_with("user-input")) out += "-A " + prefix + "user-limit-accept -j ACCEPT\n";
    return out + "COMMIT\n";
  }

  std::mt19937 random_;
};

using Lines = std::set<std::string>;

std::string line(const std::string& protocol, const std::string& ports, const std::string& source,
                 const std::string& interface, const std::string& other, bool by_policy) {
  return protocol + "|" + ports + "|" + source + "|" + interface + "|" + other +
         (by_policy ? "|policy" : "");
}

Lines ours(const std::shared_ptr<MemoryTree>& tree) {
  const test::FewFacts facts(tree, {"firewall", "reachable_port", "unit"}, {"reachable_port"});
  Lines lines;
  for (const auto& row : facts.rows(
           "SELECT protocol, ports, source, interface, conditions, by_policy FROM reachable_port "
           "WHERE family = 'ip'"))
    lines.insert(line(row[0].value_or(""), row[1].value_or(""), row[2].value_or(""),
                      row[3].value_or(""), row[4].value_or(""), row[5] == "1"));
  return lines;
}

// ufw-track-input, which accepts what the policy accepts as well, is no rule of its own.
Lines theirs(const std::string& saved) {
  const auto file = parsers::iptables_save::parse(saved);
  facts::PacketChains chains;
  facts::FirewallRows::add_chains(file, "loaded", chains);
  chains.erase("ufw-track-input");
  std::string policy = "accept";
  for (const auto& chain : file.chains)
    if (chain.table == "filter" && chain.name == "INPUT") policy = facts::lower(chain.policy);
  Lines lines;
  for (const facts::Opening& one : facts::openings(chains, "INPUT", policy))
    lines.insert(
        line(one.protocol, one.ports, one.source, one.interface, one.conditions, one.by_policy));
  return lines;
}

std::string text(const Lines& lines) {
  std::string out;
  for (const std::string& one : lines) out += one + "\n";
  return out;
}

TEST(UfwDifferential, LoadsWhatTheFilesSay) {
  const char* const functions = std::getenv("DRYDOCK_UFW_INIT");
  const char* const restore = std::getenv("DRYDOCK_IPTABLES_RESTORE");
  const char* const save = std::getenv("DRYDOCK_IPTABLES_SAVE");
  const test::ScratchDirectory scratch = test::directory_in_memory();
  std::vector<std::shared_ptr<MemoryTree>> hosts;
  for (unsigned i = 0; i < kHosts; ++i) {
    hosts.push_back(Host(i).tree());
    test::write_tree(*hosts.back(), scratch.path() + "/" + std::to_string(i));
  }
  scratch.write("ask", kAsk);
  const auto answer =
      test::ask("cd " + scratch.path() + " && unshare -rn bash ask " +
                (restore ? restore : "/usr/sbin/iptables-restore") + " " +
                (functions ? functions : "/lib/ufw/ufw-init-functions") + " " +
                std::to_string(kHosts) + " " + (save ? save : "/usr/sbin/iptables-save"));
  if (!answer || answer->find(":ufw-user-input") == std::string::npos)
    GTEST_SKIP() << "ufw or iptables is not there, or may not be run in a namespace of its own";
  std::istringstream in(*answer);
  size_t open = 0;
  for (const auto& host : hosts) {
    std::string saved;
    for (std::string one; std::getline(in, one) && one != "--";) saved += one + "\n";
    const Lines expected = theirs(saved);
    open += expected.size();
    std::string files;
    for (const char* const path :
         {"etc/default/ufw", "etc/ufw/before.rules", "etc/ufw/after.rules", "etc/ufw/user.rules"})
      if (const auto content = host->read(path))
        files += std::string("== ") + path + "\n" + std::string(*content);
    ASSERT_EQ(text(ours(host)), text(expected)) << files << saved;
  }
  EXPECT_GT(open, size_t{kHosts});
}

}  // namespace
}  // namespace drydock
