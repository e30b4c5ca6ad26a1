// The same stacks to drydock and to pam_wheel.so: whom it lets become another.
#include <gtest/gtest.h>

#include "tests/facts/few_facts.h"
#include "tests/facts/pam_host.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

constexpr int kDenied = 6, kAside = 11;  // perm_denied; maxtries, which the next module answers
// Who asks, by id, and in which groups.
const std::map<std::string, std::string> kWho = {
    {"0", "root"}, {"1000", "ann users"}, {"1001", "bob wheel"}, {"1002", "eve ops"}};

TEST(PamWheelDifferential, LetsThroughWhomPamWheelLetsThrough) {
  struct Case {
    std::string arguments;
    bool has_wheel;
    std::map<std::string, std::string> options;
  };
  std::vector<Case> cases = {
      {"", true, {}},           {" deny", true, {}},       {" trust", true, {}},
      {" group=ops", true, {}}, {" root_only", true, {}},  {" deny trust", true, {}},
      {"", false, {}},          {" group=none", true, {}}, {" group=", true, {}}};
  for (unsigned seed = 1; seed <= 200; ++seed) {
    test::Random random(seed);
    Case one{"", !random.one_in(4), {}};
    for (int i = random.below(5); i > 0; --i)
      one.arguments += random.pick({" deny", " trust", " root_only", " group=ops", " group=none",
                                    " group=wheel", " group=", " DENY", " deny=no", " trusty",
                                    " use_uid", " Group=ops", " debug"});
    cases.push_back(one);
  }
  test::PamHost host(
      {{"passwd",
        "root:x:0:0::/:/bin/sh\nann:x:1000:100::/:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n"
        "eve:x:1002:50::/:/bin/sh\n"},
       {"nsswitch.conf", "passwd: files\ngroup: files\n"},
       {"pam.d/other", "auth required pam_deny.so\n"}});
  for (Case& one : cases) {
    const std::map<std::string, std::string> files = {
        {"group", std::string("root:x:0:\nusers:x:100:\nops:x:50:\n") +
                      (one.has_wheel ? "wheel:x:10:bob\n" : "")},
        {"pam.d/su", "auth [success=done ignore=ignore default=die] pam_wheel.so use_uid" +
                         one.arguments + "\nauth required pam_debug.so auth=maxtries\n"}};
    host.host(files);
    auto tree = std::make_shared<MemoryTree>();
    for (const auto& [name, text] : files) tree->file("etc/" + name, text);
    for (const auto& row :
         test::FewFacts(tree, {}, {"pam_option"})
             .rows("SELECT substr(key, 11), value FROM pam_option WHERE module = 'pam_wheel.so'"))
      one.options[*row[0]] = row[1].value_or("");
    for (const auto& [uid, names] : kWho)
      for (const char* target : {"root", "ann"}) {
        host.command({"uid", uid});
        host.command({"auth", "su", target});
      }
  }
  const auto answers = host.ask();
  if (!answers || answers->size() < 4 || answers->front().code != kDenied)
    GTEST_SKIP() << "pam_wheel.so cannot be asked in a mount namespace here (Debian packages: "
                    "libpam0g, libpam-modules)";
  ASSERT_EQ(answers->size(), cases.size() * kWho.size() * 2);
  size_t at = 0;
  int trusted = 0, denied = 0, aside = 0;
  for (Case& one : cases)
    for (const auto& [uid, names] : kWho)
      for (const std::string target : {"root", "ann"}) {
        const auto is_on = [&](const char* name) { return one.options[name] == "yes"; };
        const std::string group = !one.options["group"].empty() ? one.options["group"]
                                  : one.has_wheel               ? "wheel"
                                                                : "root";
        const bool is_group = group != "none" && (group != "wheel" || one.has_wheel);
        const bool is_in =
            is_group && (" " + names + " ").find(" " + group + " ") != std::string::npos;
        int ours = kDenied;
        if (is_on("root_only") && target != "root")
          ours = kAside;
        else if (!is_group)
          ours = is_on("deny") ? kAside : 7;
        else if (is_in)
          ours = is_on("deny") ? kDenied : is_on("trust") ? 0 : kAside;
        else if (is_on("deny"))
          ours = is_on("trust") ? 0 : kAside;
        const int theirs = (*answers)[at++].code;
        EXPECT_EQ(ours, theirs) << names << " to " << target << ":" << one.arguments << " "
                                << one.has_wheel;
        trusted += theirs == 0;
        denied += theirs == kDenied;
        aside += theirs == kAside;
      }
  EXPECT_GE(trusted, 50);
  EXPECT_GE(denied, 200);
  EXPECT_GE(aside, 200);
}

}  // namespace
}  // namespace drydock
