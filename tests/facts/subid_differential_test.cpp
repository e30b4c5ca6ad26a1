// The same subuid to drydock and to libsubid, which getsubids(1), newuidmap(1) and podman ask.
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr std::pair<const char*, const char*> kOwners[] = {
    {"ann", "1000"}, {"bob", "1001"}, {"1002", "1002"}, {"nobody-here", "none"}, {"007", "1007"}};
constexpr std::string_view kPasswd =
    "root:x:0:0::/:/bin/"
    "sh\nann:x:1000:1000:::\nbob:x:1001:1001:::\ncat:x:1002:1002:::\n007:x:1007:1007:::\n";

std::string line(test::Random& random) {
  const std::string space = random.one_in(12) ? random.pick({" ", "\t"}) : "";
  return space +
         random.pick({"ann", "ann", "1000", "bob", "1001", "1002", "Ann", "01000", "", "#ann",
                      "cat", "+", "ann ", "007", "1007", "0x3e8"}) +
         random.pick({":", ":", ":", ":", ":", " ", "::"}) +
         random.pick({"100000", "165536", "100000", "165536", "200000", "300000", "0x186a0",
                      "0100000", "0", "", "-1", " 5", "5 ", "99999999999", "x", "+7",
                      "18446744073709551616", "231072"}) +
         random.pick({":", ":", ":", ":", ":", ""}) +
         random.pick({"65536", "65536", "65536", "1000", "1", "0", "0x10000", "", "x", "65536:9",
                      "65536:", "-5", "4294967296", "65536 ", "010"}) +
         random.pick({"\n", "\n", "\n", "\n\n", "\r\n"});
}

const std::vector<std::string> kByHand = {
    "ann:100000:65536\n",   "",
    "ann:100000:65536",     "ann:100000:65536\n1000:165536:65536\nann:231072:65536\n",
    "1000:100000:65536\n",  "# ann:1:2\nann:3:4\n",
    "ann:100000:65536:x\n", "ann:100000\n",
    " ann:100000:65536\n",  "ann:0x186a0:0200000\n",
    "\n\nann:1:2\n",        "ann:1:2\nann:1:2\n",
    "007:5:6\n1007:7:8\n",
};

TEST(SubidDifferential, RangesAreThoseOfLibsubid) {
  std::vector<std::string> cases = kByHand;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    test::Random random(seed);
    std::string text;
    for (int i = random.below(7); i >= 0; --i) text += line(random);
    cases.push_back(text);
  }
  const test::ScratchDirectory scratch = test::directory_in_memory();
  scratch.write("passwd", kPasswd);
  scratch.write("nsswitch", "passwd: files\n");
  scratch.write("subuid", "");
  for (size_t i = 0; i < cases.size(); ++i) scratch.write("cases/" + std::to_string(i), cases[i]);
  std::string owners;
  for (const auto& [owner, id] : kOwners) owners += "'" + std::string(owner) + "',";
  const std::string ask = scratch.write("ask.py", R"(import ctypes, os, sys
class Range(ctypes.Structure): _fields_ = [("start", ctypes.c_ulong), ("count", ctypes.c_ulong)]
lib = ctypes.CDLL(sys.argv[2])
os.chdir(sys.argv[1])
i = 0
while os.path.exists(f"cases/{i}"):
    open("subuid", "wb").write(open(f"cases/{i}", "rb").read())
    print("==")
    for owner in [)" + owners + R"(]:
        found = ctypes.POINTER(Range)()
        n = lib.subid_get_uid_ranges(owner.encode(), ctypes.byref(found))
        for k in range(max(n, 0)): print(owner, found[k].start, found[k].count)
    i += 1
)");
  const char* const unpacked = std::getenv("DRYDOCK_LIBSUBID");
  const std::string script = scratch.write(
      "ask.sh",
      "for file in passwd subuid; do [ -e /etc/$file ] || touch /etc/$file; mount --bind " +
          scratch.path() + "/$file /etc/$file || exit; done; mount --bind " + scratch.path() +
          "/nsswitch /etc/nsswitch.conf && exec python3 " + ask + " " + scratch.path() + " " +
          (unpacked ? unpacked : "libsubid.so.4") + "\n");
  const auto said =
      test::ask("if [ $(id -u) -eq 0 ]; then unshare --mount sh " + script +
                "; else unshare --map-root-user --mount sh " + script + "; fi 2>/dev/null");
  std::vector<std::string> real;
  std::istringstream lines(said.value_or(""));
  for (std::string text; std::getline(lines, text);)
    if (text == "==")
      real.emplace_back();
    else if (!real.empty())
      real.back() += text + "\n";
  if (real.empty())
    GTEST_SKIP()
        << "libsubid cannot be asked in a mount namespace here (Debian package: libsubid4)";
  ASSERT_EQ(real.size(), cases.size());
  int ranges = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/passwd", std::string(kPasswd)).file("etc/subuid", cases[i]);
    const test::FewFacts facts(tree, {"account", "group_member", "nis_entry", "subid", "shadow"},
                               {"subid"});
    std::string ours;
    for (const auto& [owner, id] : kOwners)
      for (const auto& row :
           facts.rows("SELECT start, count FROM subid WHERE kind = 'uid' AND owner IN ('" +
                      std::string(owner) + "', '" + id + "') ORDER BY rowid"))
        ours += std::string(owner) + " " +
                std::to_string(static_cast<uint64_t>(std::stoll(*row[0]))) + " " +
                std::to_string(static_cast<uint64_t>(std::stoll(*row[1]))) + "\n";
    EXPECT_EQ(ours, real[i]) << i << "\n" << cases[i];
    ranges += static_cast<int>(std::ranges::count(real[i], '\n'));
  }
  EXPECT_GE(ranges, 150);
}

}  // namespace
}  // namespace drydock
