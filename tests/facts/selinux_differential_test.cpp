// The same /etc/selinux/config to drydock and to libselinux: which mode and which policy does it take? In a namespace
// of its own the file is where the library looks for it.
#include <gtest/gtest.h>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

constexpr std::string_view kAsk = R"python(import ctypes, os, sys
lib = ctypes.CDLL("libselinux.so.1")
lib.selinux_policy_root.restype = ctypes.c_char_p
for i in range(int(sys.argv[2])):
    with open("%s/%d" % (sys.argv[1], i), "rb") as f: text = f.read()
    with open("/etc/selinux/config", "wb") as f: f.write(text)
    e = ctypes.c_int(-7)
    r = lib.selinux_getenforcemode(ctypes.byref(e))
    p = ctypes.c_char_p()
    lib.selinux_reset_config()
    q = lib.selinux_getpolicytype(ctypes.byref(p))
    print({(0, 1): "enforcing", (0, 0): "permissive", (0, -1): "disabled"}.get((r, e.value), "-"), repr(p.value.decode("latin-1"))[1:-1])
)python";

class Generator {
 public:
  std::string next() {
    std::string out;
    for (int n = 1 + random_.below(5); n > 0; --n) out += line() + end();
    return random_.one_in(8) && !out.empty() ? out.substr(0, out.size() - 1) : out;
  }

 private:
  std::string end() { return random_.pick({"\n", "\n", "\n", "\r\n", "\n\n", " \n", "\t\n"}); }
  std::string line() {
    const std::string mode =
        random_.pick({"enforcing", "permissive", "disabled", "Enforcing", "DISABLED",
                      "enforcing # x", "enforcingly", "enforce", "1", "0", "", "\"enforcing\"",
                      "permissive;", "Disabled enforcing"});
    const std::string policy = random_.pick(
        {"targeted", "mls", "default", "", "x y", "\"mls\"", "a#b", "minimum # x", "'t'", "\\x"});
    switch (random_.below(7)) {
      case 0:
        return random_.pick({"# SELINUX=enforcing", "#SELINUXTYPE=no", "", "  # SELINUXTYPE=no",
                             "SETLOCALDEFS=0", "REQUIRESEUSERS=1", "AUTORELABEL=1", "nonsense"});
      case 1:
      case 2:
        return random_.pick({"SELINUXTYPE=", "SELINUXTYPE=", " SELINUXTYPE=", "selinuxtype=",
                             "SELINUXTYPE= ", "SELINUXTYPE =", "\tSelinuxType=\t",
                             "SELINUXTYPES="}) +
               policy;
      default:
        return random_.pick({"SELINUX=", "SELINUX=", "SELINUX=", " SELINUX=", "SELINUX =",
                             "selinux=", "SELINUX= ", "SELINUX=\t",
                             "\tSELINUX=", "export SELINUX=", "SELINUX:"}) +
               mode;
    }
  }

  test::Random random_{5};
};

const std::vector<std::string>& by_hand() {
  static const std::vector<std::string> kCases = {"",
                                                  "\n",
                                                  "SELINUX=enforcing",
                                                  "SELINUX=enforcing\nSELINUXTYPE=targeted\n",
                                                  "SELINUX=permissive\nSELINUX=enforcing\n",
                                                  "SELINUX=foo\nSELINUX=disabled\n",
                                                  "SELINUX=\nenforcing\n",
                                                  "SELINUX = enforcing\n",
                                                  " SELINUX=enforcing\n",
                                                  "SELINUX=enforcing\r\nSELINUXTYPE=mls\r\n",
                                                  "SELINUXTYPE=a\nSELINUXTYPE=b\n",
                                                  "SELINUXTYPE=a\nSELINUXTYPE=\n",
                                                  "SELINUXTYPE= \n",
                                                  "SELINUXTYPE=\t\x01\n",
                                                  "SELINUXTYPE=x\x01\n",
                                                  "SELINUX=\fenforcing\n",
                                                  "SELINUX=ENFORCING\n",
                                                  "\xef\xbb\xbfSELINUX=enforcing\n",
                                                  "SELINUXTYPE",
                                                  "SELINUX=enforcinSELINUX=enforcing\n"};
  return kCases;
}

TEST(SelinuxDifferential, TakesTheModeAndThePolicyThatWeTake) {
  std::vector<std::string> cases = by_hand();
  for (Generator generator; cases.size() < 400;) cases.push_back(generator.next());
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (size_t i = 0; i < cases.size(); ++i) scratch.write(std::to_string(i), cases[i]);
  scratch.write("etc/selinux/config", "");
  const std::string script = scratch.write("ask.py", kAsk);
  const auto said = test::ask("unshare -r -m sh -c 'mount --bind " + scratch.path() +
                              "/etc /etc && /usr/bin/python3 -S " + script + " " + scratch.path() +
                              " " + std::to_string(cases.size()) + "'");
  if (!said || said->empty())
    GTEST_SKIP() << "libselinux or python3 is not installed, or no namespace can be made";
  size_t at = 0;
  std::map<std::string, size_t> counts;
  for (size_t i = 0; i < cases.size(); ++i) {
    const size_t end = said->find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const std::string theirs = said->substr(at, end - at);
    at = end + 1;
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/selinux/config", cases[i]);
    const test::FewFacts facts(tree, {"setting"}, {"setting"});
    std::string mode = "-", policy = "targeted";  // the policy of a file that names none
    for (const auto& row : facts.rows("SELECT key, value FROM setting WHERE program = 'selinux'"))
      (*row[0] == "selinux.SELINUX" ? mode : policy) = row[1].value_or("");
    std::string shown;
    for (const char c : policy)
      if (c == '\\')
        shown += "\\\\";
      else if (static_cast<unsigned char>(c) < ' ')
        shown += c == '\t' ? "\\t" : c == '\r' ? "\\r" : "\\x01";
      else
        shown += c;
    ASSERT_EQ(mode + " " + shown, theirs) << i << ":\n" << cases[i];
    ++counts[mode];
  }
  for (const char* mode : {"enforcing", "permissive", "disabled", "-"})
    EXPECT_GT(counts[mode], 30u);
}

}  // namespace
}  // namespace drydock
