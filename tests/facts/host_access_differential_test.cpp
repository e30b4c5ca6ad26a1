// The same hosts.allow and hosts.deny to drydock and to tcpdmatch(8), which asks libwrap: does an address that no line
// names get in?
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <sstream>

#include "analyzer/facts/collect/host_access.h"
#include "tests/facts/facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr unsigned kCases = 220;

std::string generate(std::mt19937& random, bool is_allow) {
  const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  const auto pick = [&](std::initializer_list<const char*> list) {
    return std::string(list.begin()[below(static_cast<int>(list.size()))]);
  };
  const auto list = [&](const auto& word) {
    std::string out = word();
    for (int n = below(3); n > 0; --n)
      out += pick({" ", ",", ", ", "\t", " EXCEPT ", " except "}) + word();
    return out;
  };
  const auto daemon = [&] {
    return pick({"ALL", "ALL", "sshd", "SSHD", "ftpd", "in.telnetd", "all", "sshd@192.0.2.1"});
  };
  const auto client = [&] {
    return pick({"ALL", "ALL", "10.0.0.0/255.0.0.0", "10.", ".example.org", "LOCAL",
                 "0.0.0.0/0.0.0.0", "0.0.0.0/0", "*", "10.*", "*.*.*.*", "192.0.2.0/24", "[::1]",
                 "/nowhere", "@group", "all", "me@10.0.0.1"});
  };
  std::string out;
  for (int lines = below(is_allow ? 3 : 4); lines > 0; --lines) {
    if (below(8) == 0) out += pick({"# ALL: ALL\n", "\n", " # x\n", "ALL ALL\n", "   \n"});
    out += list(daemon) + pick({":", " : ", ": ", ":\\\n "}) + list(client);
    for (int n = below(5) == 0 ? 1 + below(2) : 0; n > 0; --n)
      out += pick({":", " : "}) +
             pick({"ALLOW", "DENY", "allow", "Deny", "severity auth.info", "foo", "setenv A b",
                   "nice", "linger 5", "keepalive", "setenv A b\\:c"});
    out += lines == 1 && below(6) == 0 ? "" : "\n";
  }
  return out;
}

TEST(HostAccessDifferential, LibwrapLetsInTheSame) {
  const char* const set = std::getenv("DRYDOCK_TCPDMATCH");
  test::ScratchDirectory scratch;
  std::mt19937 random(7);
  std::vector<std::pair<std::string, std::string>> cases;
  for (unsigned i = 0; i < kCases; ++i) {
    std::string allow = generate(random, true);
    std::string deny = generate(random, false);
    scratch.write(std::to_string(i) + "/hosts.allow", allow);
    scratch.write(std::to_string(i) + "/hosts.deny", deny);
    cases.emplace_back(std::move(allow), std::move(deny));
  }
  const auto answer =
      test::ask("cd " + scratch.path() + "; for i in $(seq 0 " + std::to_string(kCases - 1) +
                "); do (cd $i; " + (set ? set : "tcpdmatch") +
                " -d sshd 203.0.113.9 2>/dev/null | grep '^access'); echo --; done");
  if (!answer || answer->find("granted") == std::string::npos)
    GTEST_SKIP() << "tcpdmatch is not installed";
  std::vector<const facts::TableSpec*> tables;
  for (const facts::TableSpec* table : facts::all_tables())
    for (const std::string_view name :
         {"host_access", "tcp_wrapper", "parse_issue", "location", "override"})
      if (table->name == name) tables.push_back(table);
  std::istringstream in(*answer);
  int granted = 0;
  for (const auto& [allow, deny] : cases) {
    std::string theirs;
    for (std::string line; std::getline(in, line) && line != "--";) theirs += line;
    Target target;
    target.name = "test";
    target.scope = Scope::host;
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/hosts.allow", allow).file("etc/hosts.deny", deny);
    target.tree = tree;
    auto store = facts::Store::create(tables);
    ASSERT_TRUE(store);
    facts::collect(target, **store, {"tcp_wrapper"});
    const auto rows = (*store)->select(
        "SELECT admits_everybody FROM tcp_wrapper WHERE daemon IN ('sshd', '*') ORDER BY daemon "
        "DESC LIMIT 1");
    ASSERT_TRUE(rows);
    const bool ours = rows->rows.front()[0] == "1";
    granted += ours;
    ASSERT_EQ(ours, theirs.find("granted") != std::string::npos) << "== allow\n"
                                                                 << allow << "== deny\n"
                                                                 << deny << theirs;
  }
  EXPECT_GT(granted, 20);
  EXPECT_LT(granted, static_cast<int>(kCases) - 20);
}

}  // namespace
}  // namespace drydock
