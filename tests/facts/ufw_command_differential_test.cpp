// ufw's own commands, by ufw's own Python modules: "ufw deny from 10.0.0.0/8", "ufw insert 1 allow 22/tcp". What they
// write is read by drydock. Every packet that the list of rules lets in, as `ufw status numbered` shows it and ufw(8)
// explains it (the first rule that matches decides, then the default), must be among the reachable ports; and of what
// is said to be reachable by a rule, some packet must be let in.
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <utility>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr unsigned kHosts = 200;

// Of each rule that lets in or keeps out: "R v6 action protocol ports source interface limited".
constexpr std::string_view kAsk = R"python(
import sys, os, shutil, builtins
modules, share, etc, hosts = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
sys.path.insert(0, modules)
builtins._ = lambda text: text
import ufw.util
ufw.util.get_iptables_version = lambda *a: '1.8.9'
import ufw.common
ufw.common.do_checks = False
import ufw.backend, ufw.frontend, warnings
ufw.backend.warn = lambda *a: None
import ufw.parser
sys.stderr = open('/dev/null', 'w')
def caps(self): self.caps = {'limit': {'4': True, '6': True}}
ufw.backend.UFWBackend.initcaps = caps
text = lambda value: value if value else '-'
profiles = {}
def known(directory, read=ufw.applications.get_profiles):
    if not profiles: profiles.update(read(directory))
    return profiles
ufw.applications.get_profiles = known
shutil.copytree(etc + '/ufw', 'etc/ufw')
os.makedirs('etc/default')
os.makedirs('lib/ufw')
files = {'etc/default/ufw': etc + '/default/ufw', 'etc/ufw/ufw.conf': share + '/ufw.conf'}
for name in ('before', 'after', 'user', 'before6', 'after6', 'user6'):
    files['etc/ufw/' + name + '.rules'] = share + '/iptables/' + name + '.rules'
files = {path: open(source).read() for path, source in files.items()}
for i in range(hosts):
    for path, content in files.items():
        if i % 4 == 3: content = content.replace('IPV6=yes', 'IPV6=no')
        open(path, 'w').write(content)
    frontend = ufw.frontend.UFWFrontend(False, rootdir=os.getcwd(), datadir=os.getcwd())
    for command in open(str(i)).read().splitlines():
        try:
            parsed = ufw.frontend.parse_command(['ufw'] + command.split())
            said, sys.stdout = sys.stdout, sys.stderr
            try: frontend.do_action(parsed.action, parsed.data.get('rule', ''), parsed.data.get('iptype', ''), True)
            finally: sys.stdout = said
        except (ufw.common.UFWError, ValueError, SystemExit): print('refused', command)
    frontend.backend.set_default(frontend.backend.files['conf'], 'ENABLED', 'yes')
    # As it is read from the files again.
    backend = ufw.frontend.UFWFrontend(True, rootdir=os.getcwd(), datadir=os.getcwd()).backend
    print('default', backend.defaults['default_input_policy'], backend.defaults['ipv6'])
    for rule in backend.get_rules():
        if rule.forward or rule.direction != 'in': continue
        limited = rule.dst not in ('0.0.0.0/0', '::/0') or rule.sport != 'any' or rule.protocol in ('ah', 'esp')
        source = '-' if rule.src in ('0.0.0.0/0', '::/0') else rule.src
        print('R', int(rule.v6), rule.action, rule.protocol, rule.dport, source, text(rule.interface_in), int(limited))
    for path in files:
        print('== ' + path)
        print(open(path).read(), end='')
    print('--')
)python";

class Commands {
 public:
  explicit Commands(unsigned seed) : random_(seed) {}

  std::string text() {
    std::string out;
    if (random_.one_in(3))
      out += "default " + random_.pick({"allow", "deny", "reject"}) + " incoming\n";
    if (random_.one_in(4)) out += "default deny outgoing\n";
    if (random_.one_in(4))
      out += "logging " + random_.pick({"off", "low", "medium", "high", "full"}) + "\n";
    for (int n = 1 + random_.below(6); n > 0; --n) out += command() + "\n";
    return out;
  }

 private:
  std::string command() {
    std::string out;
    if (random_.one_in(12)) return "delete " + std::to_string(1 + random_.below(3));
    if (random_.one_in(12)) return "delete allow 22/tcp";
    if (random_.one_in(5)) out += random_.pick({"insert 1 ", "insert 2 ", "prepend "});
    if (random_.one_in(12)) return out + "route allow in on eth0 to any port 80 proto tcp";
    out += random_.pick({"allow ", "allow ", "allow ", "deny ", "reject ", "limit "});
    if (random_.one_in(10)) return out + "out 53";
    if (random_.one_in(2)) {
      if (random_.one_in(6)) out += "log ";
      out += random_.pick({"22", "22/tcp", "ssh", "80,443/tcp", "53/udp", "6000:6010/tcp", "http",
                           "6001", "8080/tcp", "80,6000:6010/tcp", "OpenSSH", "DNS", "443/tcp",
                           "70000", "22/foo", "80:443/udp", "WWW"});
      if (random_.one_in(8)) out += " comment why";
      return out;
    }
    if (random_.one_in(2)) out += "in ";
    if (out.ends_with("in ") && random_.one_in(2)) out += "on " + random_.pick({"eth0 ", "eth1 "});
    if (random_.one_in(6)) out += random_.pick({"log ", "log-all "});
    const bool is_six = random_.one_in(5);
    out += "from " + (random_.one_in(2) ? std::string("any")
                      : is_six          ? random_.pick({"2001:db8::/32", "fd00::9"})
                                        : random_.pick({"10.0.0.0/8", "192.0.2.7", "10.1.2.3/24"}));
    if (random_.one_in(10)) out += " port 1024";
    if (random_.one_in(5)) return out;
    out +=
        " to " + (random_.one_in(8) ? (is_six ? "2001:db8::1" : "192.0.2.1") : std::string("any"));
    if (random_.one_in(10)) return out + " app OpenSSH";
    if (random_.one_in(10)) return out + " proto " + random_.pick({"tcp", "udp", "esp", "igmp"});
    out += " port " + random_.pick({"22", "53", "80,443", "6000:6010", "ssh", "domain"});
    if (!random_.one_in(4) || out.find(',') != std::string::npos ||
        out.find("6000:") != std::string::npos)
      out += " proto " + random_.pick({"tcp", "tcp", "udp"});
    return out;
  }

  test::Random random_;
};

struct Packet {
  bool is_six;
  std::string protocol;
  int port;
  std::string source;
  std::string interface;
};

std::vector<Packet> packets() {
  std::vector<Packet> out;
  for (const bool six : {false, true})
    for (const char* protocol : {"tcp", "udp"})
      for (const int port : {22, 53, 80, 443, 6000, 6001, 6010, 8080, 9999})
        for (const int source : {0, 1, 2})
          for (const char* interface : {"eth0", "eth1"})
            out.push_back(
                {six, protocol, port,
                 six ? std::vector<std::string>{"2001:db8::5", "fd00::9",
                                                "2a00::1"}[static_cast<size_t>(source)]
                     : std::vector<std::string>{"10.1.2.9", "192.0.2.7",
                                                "203.0.113.9"}[static_cast<size_t>(source)],
                 interface});
  return out;
}

bool has_port(std::string_view ports, int port) {
  if (ports.empty() || ports == "any") return true;
  int low = 0, number = 0;
  bool is_range = false;
  for (const char c : std::string(ports) + ",") {
    if (c >= '0' && c <= '9') {
      number = number * 10 + (c - '0');
      continue;
    }
    if (c == ',' && port >= (is_range ? low : number) && port <= number) return true;
    is_range = c != ',';
    low = std::exchange(number, 0);
  }
  return false;
}

// Of the few sources that occur.
bool has_source(std::string_view net, const std::string& source) {
  if (net.empty() || net == "-") return true;
  if (net == "10.0.0.0/8" || net == "10.1.2.0/24") return source.starts_with("10.");
  if (net == "2001:db8::/32") return source.starts_with("2001:db8:");
  return net.substr(0, net.find('/')) == source;
}

struct Rule {
  bool is_six = false, limited = false;
  std::string action, protocol, ports, source, interface;
};

struct Answer {
  std::string policy;
  bool ipv6 = false;
  std::vector<Rule> rules;
  std::shared_ptr<MemoryTree> tree = std::make_shared<MemoryTree>();

  // And whether a rule for some destinations or source ports may have had a say in it.
  std::pair<bool, bool> lets_in(const Packet& packet) const {
    if (packet.is_six && !ipv6) return {false, false};
    bool vague = false;
    for (const Rule& rule : rules) {
      if (rule.is_six != packet.is_six) continue;
      if (rule.protocol != "any" && rule.protocol != packet.protocol) continue;
      if (!has_port(rule.ports, packet.port)) continue;
      const bool lets_in = rule.action.starts_with("allow") || rule.action.starts_with("limit");
      if (rule.limited) {
        vague = true;
        continue;
      }
      if (!has_source(rule.source, packet.source) ||
          (rule.interface != "-" && rule.interface != packet.interface))
        continue;
      return {lets_in, vague};
    }
    return {policy == "accept", vague};
  }
};

Answer answer_of(std::istream& in, std::string& said) {
  Answer out;
  std::string path, content;
  const auto finish = [&] {
    if (!path.empty()) out.tree->file(path, std::exchange(content, ""));
  };
  for (std::string line; std::getline(in, line) && line != "--";) {
    if (line.starts_with("== ")) {
      finish();
      path = line.substr(3);
      continue;
    }
    if (!path.empty()) {
      content += line + "\n";
      continue;
    }
    said += line + "\n";
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "default") {
      std::string six;
      words >> out.policy >> six;
      out.ipv6 = six == "yes";
    } else if (kind == "R") {
      Rule rule;
      words >> rule.is_six >> rule.action >> rule.protocol >> rule.ports >> rule.source;
      if (rule.source == "log" || rule.source == "log-all") words >> rule.source;
      words >> rule.interface >> rule.limited;
      out.rules.push_back(rule);
    }
  }
  finish();
  return out;
}

using Rows = std::vector<facts::Store::Row>;

bool covers(const facts::Store::Row& row, const Packet& packet) {
  return row[0] == (packet.is_six ? "ip6" : "ip") && (!row[1] || *row[1] == packet.protocol) &&
         (!row[2] || has_port(*row[2], packet.port)) &&
         (!row[3] || has_source(*row[3], packet.source)) &&
         (!row[4] || *row[4] == packet.interface);
}

TEST(UfwCommandDifferential, LetsInWhatTheRulesLetIn) {
  // Below the same directory as the functions: lib/ufw, usr/lib, usr/share, etc.
  const char* const functions = std::getenv("DRYDOCK_UFW_INIT");
  std::string root = functions ? functions : "/lib/ufw/ufw-init-functions";
  root = root.substr(0, root.find("/lib/ufw/"));
  const test::ScratchDirectory scratch = test::directory_in_memory();
  std::vector<std::string> commands;
  for (unsigned i = 0; i < kHosts; ++i) {
    commands.push_back(Commands(i + 1).text());
    scratch.write(std::to_string(i), commands.back());
  }
  scratch.write("ask.py", kAsk);
  const auto said = test::ask("cd " + scratch.path() + " && /usr/bin/python3 ask.py " + root +
                              "/usr/lib/python3/dist-packages " + root + "/usr/share/ufw " + root +
                              "/etc " + std::to_string(kHosts));
  if (!said || said->find("default ") == std::string::npos)
    GTEST_SKIP() << "ufw's Python modules are not there";
  std::istringstream in(*said);
  const std::vector<Packet> all = packets();
  int let_in = 0, kept_out = 0, refused = 0;
  for (unsigned i = 0; i < kHosts; ++i) {
    std::string lines;
    const Answer theirs = answer_of(in, lines);
    ASSERT_FALSE(theirs.policy.empty()) << i << lines;
    const Rows rows =
        test::FewFacts(theirs.tree, {"firewall", "reachable_port", "unit"}, {"reachable_port"})
            .rows(
                "SELECT family, protocol, ports, source, interface, conditions, by_policy "
                "FROM reachable_port");
    refused += lines.find("refused") != std::string::npos;
    const auto shown = [&](const facts::Store::Row& row) {
      std::string out;
      for (const auto& column : row) out += column.value_or("-") + " | ";
      return out + "\n";
    };
    const std::string host = commands[i] + lines;
    std::vector<char> is_seen(rows.size()), is_let_in(rows.size());
    for (const Packet& packet : all) {
      const auto [lets_in, vague] = theirs.lets_in(packet);
      (lets_in ? let_in : kept_out)++;
      bool is_covered = false;
      for (size_t k = 0; k < rows.size(); ++k) {
        if (!covers(rows[k], packet)) continue;
        is_covered = true;
        is_seen[k] = true;
        if (lets_in || vague) is_let_in[k] = true;
      }
      ASSERT_TRUE(is_covered || !lets_in)
          << packet.protocol << " " << packet.port << " from " << packet.source << " on "
          << packet.interface << " is let in\n"
          << host;
    }
    for (size_t k = 0; k < rows.size(); ++k)
      ASSERT_TRUE(is_let_in[k] || !is_seen[k] || rows[k][5])
          << "nothing of this is let in: " << shown(rows[k]) << host;
  }
  EXPECT_GT(let_in, 1000);
  EXPECT_GT(kept_out, 1000);
  EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace drydock
