#include "analyzer/source/interest.h"

#include <gtest/gtest.h>

#include "analyzer/source/container_store.h"

namespace drydock {
namespace {

class InterestTest : public testing::Test {
 protected:
  InterestTest() {
    for (const char* pattern : {"etc/fstab", "etc/sysctl.d/*.conf", "usr/lib/systemd/system/**",
                                "etc/systemd/system/*.d/*.conf", "home/*/.ssh/authorized_keys",
                                "/etc/absolute", "etc/[a-c]x?"})
      interest.add(pattern);
    for (const char* pattern :
         {"sshd_config", "audit/rules.d/*.rules", "*.service", "*.d/x", "lo*se"})
      interest.add_loose(pattern);
  }
  Interest interest;
};

struct Case {
  const char* path;
  bool matches, may_match, loose;
};

TEST_F(InterestTest, Table) {
  const Case cases[] = {{"etc/fstab", true, true, false},
                        {"rootfs/etc/fstab", false, true, false},
                        {"a/b/c/etc/fstab", false, true, false},
                        {"fstab", false, true, false},  // "etc/" may be missing
                        {"a/fstab", false, false, false},
                        {"etc/fstab/x", false, false, false},
                        {"etc/fstabx", false, false, false},
                        {"xetc/fstab", false, false, false},
                        {"etc", false, false, false},
                        {"", false, false, false},
                        {"etc/sysctl.d/10.conf", true, true, false},
                        {"etc/sysctl.d/.conf", true, true, false},
                        {"etc/sysctl.d/a/b.conf", false, false, false},
                        {"etc/sysctl.d/10.confx", false, false, false},
                        {"sysctl.d/10.conf", false, true, false},
                        {"usr/lib/systemd/system/a.socket", true, true, false},
                        {"usr/lib/systemd/system/a/b/c", true, true, false},
                        {"usr/lib/systemd/system", false, false, false},
                        {"usr/lib/systemd/user/x", false, false, false},
                        {"etc/systemd/system/docker.service.d/a.conf", true, true, false},
                        {"home/alice/.ssh/authorized_keys", true, true, false},
                        {"home/a/b/.ssh/authorized_keys", false, false, false},
                        {"etc/absolute", true, true, false},
                        {"etc/axe", true, true, false},
                        {"etc/dxe", false, false, false},
                        {"sshd_config", false, true, true},
                        {"roles/ssh/files/sshd_config", false, true, true},
                        {"roles/ssh/files/my_sshd_config", false, false, false},
                        {"sshd_config/x", false, false, false},
                        {"files/audit/rules.d/d.rules", false, true, true},
                        {"rules.d/d.rules", false, false, false},
                        {"units/app.service", false, true, true},
                        {"app.service", false, true, true},
                        {"app.service/x", false, false, false},
                        {"y.d/x", false, true, true},
                        {"a/y.d/x", false, true, true},
                        {"loose", false, true, true},
                        {"lose", false, true, true},
                        {"loser", false, false, false},
                        {"lo", false, false, false}};
  Interest::Cursor cursor(interest);
  for (const Case& c : cases) {
    EXPECT_EQ(cursor.may_match(c.path), c.may_match) << c.path;
    EXPECT_EQ(interest.matches(c.path), c.matches) << c.path;
    EXPECT_EQ(interest.may_match(c.path), c.may_match) << c.path;
    EXPECT_EQ(interest.matches_loose(c.path), c.loose) << c.path;
  }
}

// By whichever directories a cursor has come, it says what a look at the whole path says.
TEST_F(InterestTest, ACursorSaysTheSameOfEveryPath) {
  interest.add_loose("*x");
  interest.add("opt/**");
  const char* const parts[] = {
      "etc",   "sysctl.d", "10.conf", "system", "usr/lib/systemd",
      "y.d/x", "home",     "a",       "opt",    "var/lib/docker/overlay2/i/diff"};
  Interest::Cursor cursor(interest);
  for (const std::string a : parts)
    for (const std::string b : parts)
      for (const std::string c :
           {"", "fstab", "x.service", "sshd_config", "loose", "x", "10.conf"}) {
        const std::string path = a + "/" + b + (c.empty() ? "" : "/" + c);
        EXPECT_EQ(cursor.may_match(path), interest.may_match(path, container_store_begin(path)))
            << path;
      }
}

TEST_F(InterestTest, OnlyTailsThatBeginBeforeABorder) {
  const std::string path = "var/lib/docker/overlay2/x/diff/etc/fstab";
  EXPECT_TRUE(interest.may_match(path));
  EXPECT_FALSE(interest.may_match(path, path.find("overlay2")));
}

TEST(InterestEdge, NothingMatchesNothing) {
  const Interest none;
  EXPECT_FALSE(none.may_match("etc/fstab"));
  Interest everything;
  everything.add("**");
  EXPECT_TRUE(everything.matches("a"));
  EXPECT_TRUE(everything.matches("a/b/c"));
  Interest odd;
  odd.add("");
  odd.add("/");
  EXPECT_FALSE(odd.matches(""));
  EXPECT_FALSE(odd.matches("a"));
}

}  // namespace
}  // namespace drydock
