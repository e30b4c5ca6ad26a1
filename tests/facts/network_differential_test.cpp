// The same /etc/network/interfaces to drydock and to ifquery of ifupdown: which are refused, and what starts at boot.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>
#include <sstream>

#include "parsers/interfaces.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr unsigned kFiles = 250;

std::string generate(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  const auto pick = [&](std::initializer_list<const char*> list) {
    return std::string(list.begin()[below(static_cast<int>(list.size()))]);
  };
  std::string out;
  bool in_stanza = false;
  for (int lines = 1 + below(9); lines > 0; --lines) {
    switch (below(8)) {
      case 0:
        out += pick({"", " ", "\t"}) + pick({"# a comment", "#", ""}) + "\n";
        break;
      case 1:
        out += pick({"auto ", "auto\t", "allow-hotplug ", "allow-auto ", "  auto "}) +
               pick({"eth0", "eth1 eth2", "br0"}) + "\n";
        in_stanza = false;
        break;
      case 2:
      case 3:
      case 4:
        out += pick({"iface ", "iface\t"}) + pick({"eth0", "eth1", "eth2", "br0"}) + " " +
               pick({"inet", "inet", "inet", "inet6", "inet6", "can", "ipx",
                     below(5) ? "inet" : "inet4"}) +
               " " +
               pick({"static", "static", "dhcp", "manual", below(4) ? "manual" : "auto",
                     below(4) ? "static" : "loopback", below(4) ? "static" : "ppp",
                     below(4) ? "static" : "none"}) +
               pick({"", "", "", " ", " word"}) + pick({"", "", "", " \\\n  more"}) + "\n";
        in_stanza = true;
        break;
      case 5:
        if (in_stanza || below(8) == 0)
          out += pick({"  address ", "\tnetmask ", "up ", "pre-up  ", "hwaddress ether "}) +
                 pick({"10.0.0.1", "echo # a", "a b \\\n   c", "255.0.0.0", below(6) ? "x" : ""}) +
                 "\n";
        break;
      case 6:
        out += pick({"mapping eth9\n script /bin/x\n map a b\n", "no-auto-down eth0\n",
                     "source /nowhere/*\n", "source-directory /nowhere\n", "source-dir /nowhere\n",
                     "no-scripts eth0\n"});
        in_stanza = false;
        break;
      default:
        if (below(12) == 0)
          out += pick({"foo\n", "Auto eth0\n", "iface\n", "iface eth0\n", "description x\n"});
    }
  }
  return out;
}

// What `ifquery --list --allow=auto` prints: those with "auto" that are configured; lo, which it adds, left out.
std::string ours(const std::string& text) {
  const parsers::interfaces::File file = parsers::interfaces::parse(text);
  for (const auto& error : file.errors)
    if (error.effect == parsers::Effect::refused) return "refused";
  std::set<std::string> known, started;
  for (const auto& one : file.stanzas) known.insert(one.name);
  for (const auto& one : file.starts)
    if (one.how == "auto" && known.contains(one.name)) started.insert(one.name);
  std::string out;
  for (const std::string& name : started) out += name + " ";
  return out;
}

TEST(NetworkDifferential, IfqueryReadsTheSameInterfaces) {
  const char* const set = std::getenv("DRYDOCK_IFQUERY");
  const std::string ifquery = set ? set : "ifquery";
  test::ScratchDirectory scratch;
  std::string all;
  for (unsigned i = 0; i < kFiles; ++i) scratch.write(std::to_string(i), generate(i));
  const auto answer =
      test::ask("for i in $(seq 0 " + std::to_string(kFiles - 1) + "); do " + ifquery + " -i " +
                scratch.path() + "/$i --list --allow=auto 2>&1; echo --; done");
  if (!answer || answer->find("lo\n") == std::string::npos)
    GTEST_SKIP() << "ifquery is not installed";
  std::istringstream in(*answer);
  int refused = 0;
  for (unsigned i = 0; i < kFiles; ++i) {
    std::set<std::string> names;
    bool is_refused = false;
    for (std::string line; std::getline(in, line) && line != "--";) {
      is_refused = is_refused || line.find("couldn't read interfaces file") != std::string::npos;
      if (!line.starts_with("ifquery: ") && line != "lo") names.insert(line);
    }
    std::string theirs;
    for (const std::string& name : names) theirs += name + " ";
    if (is_refused) theirs = "refused", ++refused;
    ASSERT_EQ(ours(generate(i)), theirs) << generate(i);
  }
  EXPECT_GT(refused, 20);
  EXPECT_LT(refused, static_cast<int>(kFiles) * 3 / 4);
}

}  // namespace
}  // namespace drydock
