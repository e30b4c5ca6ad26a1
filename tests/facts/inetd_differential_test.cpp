// The same lines to drydock and to `inetd -d` of openbsd-inetd and of inetutils, which say what services they add; what is
// open then stands in /proc/net. Both run with a network, an /etc and a /run of their own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

constexpr std::string_view kServices =
    "echo\t7/tcp\necho 7/udp\ndiscard 9/tcp sink null\ndiscard 9/udp sink null\ntime 37/tcp "
    "timserver\ntime "
    "37/udp timserver\ntelnet 23/tcp\n# x 24/tcp\nftp 21/tcp # file\ntftp 69/udp\ntcpmux 1/tcp\n";
constexpr std::string_view kProtocols = "ip 0 IP\ntcp 6 TCP\nudp 17 UDP\nsctp 132 SCTP\n";
constexpr std::string_view kRpc = "rusersd 100002 rusers\nportmapper 100000 portmap\n";
constexpr std::string_view kPasswd =
    "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\ndaemon:x:1:1::/:/bin/sh\n";
constexpr std::string_view kGroup = "root:x:0:\ndaemon:x:1:\nnogroup:x:65534:\n";
const std::map<std::string, int> kPorts = {
    {"echo", 7},       {"discard", 9}, {"sink", 9}, {"null", 9},  {"time", 37},
    {"timserver", 37}, {"telnet", 23}, {"ftp", 21}, {"tftp", 69}, {"tcpmux", 1}};

class Generator {
 public:
  Generator(bool gnu, unsigned seed) : gnu_(gnu), random_(seed) {}

  // A file of a few lines; no port twice but in the same words.
  std::string next() {
    named_.clear();
    std::string out;
    for (int n = 3 + random_.below(5); n > 0; --n) {
      if (random_.one_in(6))
        out +=
            random_.pick({"# x stream tcp nowait root /x\n", "\n", "#\n", "short line\n", "  \n"});
      // What GNU's says of services behind a second such line is not theirs: it has freed the first address.
      if (random_.one_in(10) && (!gnu_ || out.find("127.0.0.7:\n") == std::string::npos))
        out += gnu_ ? "127.0.0.7:\n"
                    : random_.pick({"127.0.0.7:\n", "*:\n", "127.0.0.7,127.0.0.8:\n"});
      out += line();
      if (random_.one_in(10))
        out += again_ + random_.pick({" wait", " nowait", " nowait.9"}) +
               random_.pick({" nobody", " daemon:daemon"}) +
               random_.pick({" /bin/again a b\n", " /bin/more\n"});
    }
    return out;
  }

 private:
  std::string blank() {
    return gnu_ || !random_.one_in(6) ? random_.pick({" ", "\t", " \t "}) : " ";
  }

  std::string line() {
    std::string service = std::to_string(++port_), kind = "stream", program;
    std::string protocol = random_.pick({"tcp", "tcp", "tcp4", "tcp6"});
    if (random_.one_in(3)) {
      kind = "dgram";
      protocol = random_.pick({"udp", "udp4", "udp6"});
    }
    if (random_.one_in(4)) {
      service = random_.pick({"echo", "telnet", "tftp", "sink", "nosuch", "time", "discard", "x"});
      // Two of a name would want the same port.
      const int port = kPorts.contains(service) ? kPorts.at(service) : 0;
      if (!named_.insert(port).second) service = std::to_string(++port_);
    }
    if (random_.one_in(3))
      program = "internal";
    else
      program = random_.pick({"/usr/sbin/tcpd", "/bin/cat", "/usr/sbin/in.x"});
    std::string wait = random_.pick({"wait", "nowait", "nowait", "wait.5", "nowait.40"});
    std::string user = random_.pick({"root", "nobody", "daemon", "nobody.nogroup", "root:daemon"});
    std::string arguments;
    for (int n = random_.below(3); n > 0; --n)
      arguments += blank() + random_.pick({"a", "-v", "#c", "x.y"});
    if (gnu_ && random_.one_in(5)) {
      program = random_.pick({"\"/bin/a b\"", "/bin/a\\ b", "'/bin/c'", "/bin/\"d e\"f"});
      if (random_.one_in(3)) user = "\"root\"";
    }
    if (random_.one_in(5)) switch (random_.below(gnu_ ? 9 : 8)) {
        case 0:
          kind = random_.pick({"raw", "seqpacket", "x", "dgram", "stream"});
          break;
        case 1:
          protocol =
              gnu_ ? random_.pick({"sctp", "foo", "tcp7", "TCP", "unix", "udp6only", "tcp6only"})
                   : random_.pick({"sctp", "foo", "tcp7", "TCP", "unix"});
          break;
        case 2:
          wait = random_.pick(
              {"maybe", "nowait.", "nowait.0", "nowait.7x", "wait.0x10", "nowait.010", "WAIT"});
          break;
        case 3:
          user = random_.pick({"nouser", "root.nogrp", "root:nogrp", "nobody.daemon:x"});
          break;
        case 4:
          protocol += random_.pick({",rcvbuf=16k", ",sndbuf=1", ",foo=1", ",",
                                    ",rcvbuf=64k,sndbuf=1m", ",rcvbuf=1,sndbuf=2k"});
          break;
        case 5:
          if (!gnu_) {
            protocol = random_.pick({"rpc/udp", "rpc/udp4", "rpc/tcp"});
            service = random_.pick({"rusers", "rusersd", "nosuch"}) +
                      random_.pick({"/1", "/1-3", "", "/3-1", "/1-x", "/0x2"});
            if (!named_.insert(1000).second) service = std::to_string(++port_) + "/1";
          }
          break;
        case 6:
          service = random_.pick({"127.0.0.1:", "*:", "127.1:", "300.0.0.1:",
                                  "127.0.0.1,127.0.0.2:", ",127.0.0.3:"}) +
                    service;
          break;
        case 7:
          if (!gnu_)
            service = random_.pick({"[*]:", ":", "127.0.0.1: ", "[::1]:", "::1:"}) + service;
          else
            protocol = "tcp6";
          break;
        default:
          service = "tcpmux/" + service;
      }
    again_ = service + " " + kind + " " + protocol;
    std::string out =
        service + blank() + kind + blank() + protocol + blank() + wait + blank() + user;
    // A second parse of a line for ip6 begins with its last part, which may never end.
    const bool one_family =
        protocol.ends_with('4') || protocol.ends_with('6') || protocol == "unix";
    if (!gnu_ && one_family && random_.one_in(8))
      out = service + "\n " + kind + " " + protocol + "\n\t" + wait + " " + user;
    out += blank() + program + arguments;
    if (random_.one_in(10)) out += "\n " + random_.pick({"more", "# more words", "a b c d e f"});
    if (!gnu_ && random_.one_in(20)) out += " " + std::string(1100, 'y') + " z";
    return out + "\n";
  }

  bool gnu_;
  test::Random random_;
  int port_ = 2000;
  std::string again_;
  std::set<int> named_;
};

// Lines of the one that is asked, and by hand.
std::vector<std::string> by_hand(bool gnu) {
  if (gnu)
    return {"tcpmux/x stream tcp4 nowait root /a\ntcpmux/y stream tcp wait daemon /b\n",
            "tcpmux stream tcp nowait root internal\ntcpmux/x stream tcp nowait root /a\n",
            "tcpmux/x dgram udp nowait root /a\ntcpmux/telnet stream tcp nowait nouser /b\n",
            "127.0.0.1:\n2000 stream tcp nowait root /a\n*:2001 stream tcp nowait root /a\n:2002 "
            "stream tcp nowait root /a\n",
            "2000 stream tcp nowait root\n /bin/cat\n2001 stream tcp nowait root /bin/a \"b c\n",
            "2000 stream tcp wait root /a\n2000 stream tcp nowait daemon:daemon /b c\n2000 stream "
            "tcp wait root /d\n",
            "echo stream tcp nowait root internal\necho stream tcp wait nobody /bin/cat\n",
            "2000 stream tcp6 nowait root /a\n2001 stream tcp6only nowait root /a\n2002 dgram udp6 "
            "wait root /a\n",
            " # 2000 stream tcp nowait root /a b\n\ttelnet stream tcp nowait root /a\n"};
  return {
      "2000 stream tcp nowait root /a\n2000 stream tcp6 nowait daemon /b\n",
      "2000 stream tcp4 wait root /a\n2000 dgram tcp4 nowait daemon /b c\n2000 stream tcp4 wait "
      "root /d\n",
      "echo stream tcp4 wait root internal\necho stream tcp4 nowait daemon /bin/cat\n",
      "127.0.0.5:\n2000 stream tcp4 nowait root /a\n*:2001 stream tcp nowait root /a\n:2002 stream "
      "tcp nowait root /a\n*:\n2003 "
      "stream tcp nowait root /a\n",
      "2000\n stream\n tcp4\n nowait\n root\n /a\n b\n2001 stream tcp nowait root /b\n",
      "70000 stream tcp nowait root /a\n0 stream tcp nowait root /a\n65535 stream tcp nowait root "
      "/a\n",
      "/run/x stream unix nowait root /a\n/run/y dgram unix wait root /a\n",
      "2000 stream tcp,rcvbuf=16k nowait root /a\n2001 stream tcp,rcvbuf=1k,sndbuf=2k nowait root "
      "/a\n",
      "rusers/1-3 dgram rpc/udp wait root /a\n1/1 stream rpc/tcp nowait root /a\nnosuch/1 dgram "
      "rpc/udp wait root /a\n",
      "# x\n a stream tcp nowait root /b\n\n\t2000 stream tcp4 nowait root /a\n # 2001 stream tcp "
      "nowait root /b\n",
      "127.0.0.4,127.0.0.1:2000 stream tcp4 nowait root /a\n,127.0.0.2:2001 stream tcp4 nowait "
      "root /a\n"};
}

struct Said {
  std::string text, net;
};

// Is a socket of that port and family there?
bool is_open(const std::string& net, int port, bool ip6) {
  char hex[8];
  snprintf(hex, sizeof hex, ":%04X ", static_cast<unsigned>(port));
  // The local address, and the one of nobody.
  const std::string any(ip6 ? 32 : 8, '0');
  return net.find(" " + any + hex + any + ":0000") != std::string::npos;
}

// What stands behind `name` in a line, up to one of `end`.
std::string field(const std::string& line, std::string_view name, std::string_view end) {
  size_t at = line.find(name);
  if (at == std::string::npos) return "";
  at += name.size();
  return line.substr(at, std::min(line.find_first_of(end, at), line.size()) - at);
}

// "address name protocol wait per-minute user group program", of what was added last.
std::vector<std::string> added(const Said& said, bool gnu) {
  std::map<std::string, std::string> last;
  std::istringstream in(said.text);
  for (std::string line; std::getline(in, line);) {
    const bool is_new = line.find(gnu ? ": ADD : " : "ADD: ") != std::string::npos;
    if (!is_new && line.find("REDO: ") == std::string::npos) continue;
    std::string host = field(line, is_new ? gnu ? "ADD : " : "ADD: " : "REDO: ", " ");
    const std::string name = host.substr(host.rfind(':') + 1);
    const std::string protocol = field(line, " proto=", gnu ? " " : ",").substr(0, 60);
    host = host.size() > name.size() ? host.substr(0, host.size() - name.size() - 1) : "";
    std::string wait, max, user, group;
    const std::string builtin = field(line, " builtin=", " ");
    if (gnu) {
      if (host == "*") host.clear();
      wait = field(line, " wait=", ",");
      max = field(line, " max=", ",");
      if (max == "0") max.clear();
      user = field(line, " user=", " ");
      group = field(line, " group=", " ");
    } else {
      wait = field(line, " wait.max=", ".");
      max = field(line, " wait.max=" + wait + ".", " ");
      user = field(line, " user:group=", ":");
      group = field(line, " user:group=" + user + ":", " ");
      if (group == "(default)") group.clear();
      if (protocol == "unix") host.clear();
      // It says so too of those that it does not know.
      const bool rpc = protocol.starts_with("rpc/");
      if (rpc && field(line, "rpcprog=", ",") == "0" && builtin == "0") continue;
      // A name of which no file says the port with that protocol; where an address stands /proc/net is not asked.
      const std::string plain = protocol.substr(0, protocol.find_last_not_of("0123456789") + 1);
      if (protocol != "unix" && !rpc && !host.empty() && std::atoi(name.c_str()) == 0 &&
          kServices.find("/" + plain) == std::string_view::npos)
        continue;
      if (protocol != "unix" && !rpc && !host.empty() && std::atoi(name.c_str()) == 0 &&
          !kPorts.contains(name))
        continue;
      if (protocol != "unix" && !rpc && host.empty()) {
        const auto known = kPorts.find(name);
        const int port = known != kPorts.end() ? known->second : std::atoi(name.c_str());
        if (!is_open(said.net, port, protocol.ends_with('6'))) continue;
      }
    }
    if (name == "65000") continue;
    const bool internal = builtin != "0" && builtin != "no";
    last[host + " " + name + " " + (gnu ? protocol.substr(0, protocol.find(',')) : protocol)] =
        wait + " " + max + " " + user + ":" + group + " " +
        (internal ? "internal" : field(line, " server=", "\n"));
  }
  std::vector<std::string> out;
  for (const auto& [key, value] : last) out.push_back(key + " | " + value);
  return out;
}

std::vector<std::string> ours_of(const std::string& text, bool gnu) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/inetd.conf", text)
      .file("etc/services", std::string(kServices))
      .file("etc/protocols", std::string(kProtocols))
      .file("etc/rpc", std::string(kRpc))
      .file("etc/passwd", std::string(kPasswd))
      .file("etc/group", std::string(kGroup));
  if (gnu) tree->file("usr/sbin/inetutils-inetd", "");
  const test::FewFacts facts(tree, {"inet_service", "unit"}, {"inet_service"});
  std::vector<std::string> out;
  for (const auto& row :
       facts.rows("SELECT coalesce(address, ''), name, protocol, coalesce(family, ''), wait, "
                  "coalesce(per_minute, ''), user, "
                  "coalesce(user_group, ''), program FROM inet_service WHERE NOT disabled")) {
    std::string host = *row[0], name = *row[1];
    std::vector<std::string> protocols = {*row[2]};
    if (gnu && name.starts_with("tcpmux/")) {
      host = "tcpmux";
      name.erase(0, 7);
    }
    if (!gnu && row[3] == "ip ip6") protocols.push_back(*row[2] + "6");
    if (!gnu && row[3] == "ip6" && !row[2]->ends_with('6')) protocols = {*row[2] + "6"};
    if (!gnu)
      name = name.substr(0, row[2]->starts_with("rpc/") ? name.find('/') : std::string::npos);
    for (const std::string& protocol : protocols)
      out.push_back(host + " " + name + " " + protocol + " | " + *row[4] + " " + *row[5] + " " +
                    *row[6] + ":" + *row[7] + " " + *row[8]);
  }
  std::ranges::sort(out);
  return out;
}

void compare(bool gnu) {
  const char* const set = std::getenv(gnu ? "DRYDOCK_INETUTILS_INETD" : "DRYDOCK_INETD");
  const std::string inetd = set ? set : gnu ? "/usr/sbin/inetutils-inetd" : "/usr/sbin/inetd";
  const std::string space = "unshare --user --map-root-user --net --mount sh -c ";
  const auto there = test::ask("test -x " + inetd + " && " + space +
                               "'mount -t tmpfs none /etc && mount -t tmpfs none /run && test -e "
                               "/proc/net/if_inet6 && echo yes'");
  if (!there || *there != "yes\n")
    GTEST_SKIP() << inetd << " is not installed, or no namespace can be made here";
  std::vector<std::string> cases = by_hand(gnu);
  for (Generator generator(gnu, gnu ? 12 : 11); cases.size() < 60;)
    cases.push_back(generator.next());
  const test::ScratchDirectory scratch = test::directory_in_memory();
  scratch.write("etc/services", kServices);
  scratch.write("etc/protocols", kProtocols);
  scratch.write("etc/rpc", kRpc);
  scratch.write("etc/passwd", kPasswd);
  scratch.write("etc/group", kGroup);
  size_t lines = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    scratch.write(std::to_string(i), cases[i] + "*:65000 dgram udp4 wait root /end\n");
    lines += static_cast<size_t>(std::ranges::count(cases[i], '\n'));
  }
  scratch.write("all", "mount -t tmpfs none /etc; mount -t tmpfs none /run; cd " + scratch.path() +
                           "; cp etc/* /etc; n=$1; while [ $n -lt $2 ]; do " + inetd +
                           (gnu ? " -d -p " : " -d -i ") + scratch.path() +
                           "/$n >$n.said 2>&1 </dev/null & p=$!; i=0; while [ $i -lt 300 ] && ! "
                           "grep -q '65000 proto' $n.said; do "
                           "sleep 0.01; i=$((i+1)); done; cat /proc/net/tcp /proc/net/udp "
                           "/proc/net/tcp6 /proc/net/udp6 >$n.net; "
                           "kill $p; wait $p; n=$((n+1)); done\n");
  // Two at a time.
  const std::string half = std::to_string(cases.size() / 2), all = std::to_string(cases.size());
  ASSERT_TRUE(test::ask("cd " + scratch.path() + "; " + space + "'exec sh all 0 " + half +
                        "' 2>/dev/null & " + space + "'exec sh all " + half + " " + all +
                        "' 2>/dev/null; wait"));
  size_t services = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string name = scratch.path() + "/" + std::to_string(i);
    const Said said{test::ask("cat " + name + ".said").value_or(""),
                    test::ask("cat " + name + ".net").value_or("")};
    if (said.text.find("65000 proto") == std::string::npos) ADD_FAILURE() << cases[i] << said.text;
    const std::vector<std::string> wanted = added(said, gnu);
    const std::vector<std::string> ours = ours_of(cases[i], gnu);
    EXPECT_EQ(testing::PrintToString(ours), testing::PrintToString(wanted))
        << cases[i] << "== inetd\n"
        << said.text;
    services += wanted.size();
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(lines, 250u);
  EXPECT_GT(services, 150u);
}

TEST(InetdDifferential, OpenbsdInetdOpensWhatWeSay) {
  compare(false);
}
TEST(InetdDifferential, GnuInetdOpensWhatWeSay) {
  compare(true);
}

}  // namespace
}  // namespace drydock
