#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

std::shared_ptr<MemoryTree> host(const Files& files) {
  auto tree = std::make_shared<MemoryTree>();
  for (const auto& [path, text] : files) tree->file(path, text);
  return tree;
}

std::string stack(const Files& files, const std::string& where) {
  return test::facts(host(files),
                     "SELECT module, on_success, on_failure, is_reached, decides, is_skippable, "
                     "coalesce(skipped_by, ''), loc FROM pam WHERE " +
                         where + " ORDER BY position");
}

// Debian's own stack: pam.conf(5), "[value=action]".
TEST(PamFacts, TheStackOfDebianJumpsOverTheDenial) {
  EXPECT_EQ(stack({{"etc/pam.d/login", "@include common-auth\nauth optional pam_group.so\n"},
                   {"etc/pam.d/common-auth",
                    "auth [success=1 default=ignore] pam_unix.so nullok\n"
                    "auth requisite pam_deny.so\nauth required pam_permit.so\n"}},
                  "service = 'login' AND type = 'auth'"),
            "pam_unix.so | 1 | ignore | 1 | 1 | 0 |  | etc/pam.d/common-auth:1:1\n"
            "pam_deny.so | ok | die | 1 | 1 | 1 | pam_unix.so,pam_permit.so,pam_group.so | "
            "etc/pam.d/common-auth:2:1\n"
            "pam_permit.so | ok | bad | 1 | 1 | 0 |  | etc/pam.d/common-auth:3:1\n"
            "pam_group.so | ok | ignore | 1 | 0 | 0 |  | etc/pam.d/login:2:1\n");
}

// Red Hat's: a sufficient module ends the stack, what stands behind it is not asked.
TEST(PamFacts, SufficientSkipsWhatFollows) {
  EXPECT_EQ(stack({{"etc/pam.d/sshd", "auth include system-auth\nauth required pam_wheel.so\n"},
                   {"etc/pam.d/system-auth",
                    "auth required pam_faillock.so preauth\nauth sufficient pam_unix.so\n"
                    "auth required pam_faillock.so authfail\nauth required pam_deny.so\n"}},
                  "service = 'sshd' AND module = 'pam_wheel.so'"),
            "pam_wheel.so | ok | bad | 1 | 1 | 1 | pam_faillock.so,pam_unix.so | "
            "etc/pam.d/sshd:2:1\n");
}

// A substack's done ends only the substack (pam.conf(5), substack).
TEST(PamFacts, SubstackKeepsItsEndToItself) {
  EXPECT_EQ(
      stack({{"etc/pam.d/gdm", "auth substack system-auth\nauth required pam_wheel.so\n"},
             {"etc/pam.d/system-auth", "auth sufficient pam_unix.so\nauth required pam_deny.so\n"}},
            "service = 'gdm' AND module = 'pam_wheel.so'"),
      "pam_wheel.so | ok | bad | 1 | 1 | 0 |  | etc/pam.d/gdm:2:1\n");
}

TEST(PamFacts, EtcMasksTheVendorAndOtherStandsIn) {
  auto tree = host({{"etc/pam.d/su", "auth required pam_unix.so\n"},
                    {"usr/lib/pam.d/su", "auth sufficient pam_permit.so\n"},
                    {"usr/lib/pam.d/polkit-1", "auth required pam_unix.so\n"},
                    {"etc/pam.d/other", "account required pam_deny.so\n"},
                    {"etc/pam.d/su.dpkg-old", "auth required pam_permit.so\n"},
                    {"etc/pam.conf", "su auth required pam_permit.so\n"}});
  EXPECT_EQ(test::facts(tree,
                        "SELECT service, type, module, is_other, loc FROM pam "
                        "WHERE service <> 'other' ORDER BY service, type"),
            "polkit-1 | account | pam_deny.so | 1 | etc/pam.d/other:1:1\n"
            "polkit-1 | auth | pam_unix.so | 0 | usr/lib/pam.d/polkit-1:1:1\n"
            "su | account | pam_deny.so | 1 | etc/pam.d/other:1:1\n"
            "su | auth | pam_unix.so | 0 | etc/pam.d/su:1:1\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT path, why_not_read FROM pam_line WHERE NOT is_read ORDER BY path"),
      "etc/pam.conf | where there is a directory pam.d, pam.conf is not read\n"
      "etc/pam.d/su.dpkg-old | no program asks for a service of this name\n"
      "usr/lib/pam.d/su | a file of the same name in /etc/pam.d is taken instead\n");
}

TEST(PamFacts, PamConfCountsWhereThereIsNoDirectory) {
  EXPECT_EQ(
      stack({{"etc/pam.conf", "login auth required pam_unix.so\nsu auth required pam_deny.so\n"}},
            "service = 'login'"),
      "pam_unix.so | ok | bad | 1 | 1 | 0 |  | etc/pam.conf:1:1\n");
}

TEST(PamFacts, OpenStacksAreThoseThatAskNobody) {
  auto tree = host({{"etc/pam.d/a", "auth sufficient pam_permit.so\nauth required pam_unix.so\n"},
                    {"etc/pam.d/b", "auth required pam_env.so\nauth required pam_unix.so\n"},
                    {"etc/pam.d/c",
                     "auth [success=1 default=ignore] pam_unix.so\nauth required pam_permit.so\n"},
                    {"etc/pam.d/d", "auth sufficient pam_rootok.so\nauth required pam_deny.so\n"},
                    {"etc/pam.d/e", "auth required pam_permit.so \\\n"}});
  EXPECT_EQ(test::facts(tree,
                        "SELECT service, modules, is_open, is_void FROM pam_stack WHERE type = "
                        "'auth' ORDER BY service"),
            "a | 2 | 1 | 0\nb | 2 | 0 | 0\nc | 2 | 1 | 0\nd | 2 | 0 | 0\ne | 0 | 0 | 1\n");
}

TEST(PamFacts, ALoopOfIncludesIsUnknown) {
  auto tree = host({{"etc/pam.d/a", "auth include b\n"}, {"etc/pam.d/b", "auth include a\n"}});
  EXPECT_EQ(
      test::facts(tree, "SELECT DISTINCT code, effect FROM parse_issue WHERE table_name = 'pam'"),
      "include-too-deep | unknown\n");
}

// faillock.conf(5), pam_faillock(8): the argument counts before the file.
TEST(PamOptionFacts, ArgumentBeforeFileBeforeDefault) {
  auto tree = host(
      {{"etc/pam.d/login",
        "auth required pam_faillock.so preauth deny=5\nauth required pam_unix.so\n"},
       {"etc/security/faillock.conf", "deny = 10\ndeny = 7 # lower\nunlock_time=never\naudit\n"}});
  EXPECT_EQ(test::facts(tree,
                        "SELECT key, value, source, loc, value_loc FROM pam_option WHERE module = "
                        "'pam_faillock.so' AND key IN ('pam_faillock.deny', 'pam_faillock.audit', "
                        "'pam_faillock.unlock_time', 'pam_faillock.fail_interval') AND value "
                        "IS NOT NULL ORDER BY key"),
            "pam_faillock.audit | yes | file | etc/security/faillock.conf:4:1 | -\n"
            "pam_faillock.deny | 5 | argument | etc/pam.d/login:1:39 | etc/pam.d/login:1:44\n"
            "pam_faillock.fail_interval | 900 | default | - | -\n"
            "pam_faillock.unlock_time | 0 | file | etc/security/faillock.conf:3:1 | "
            "etc/security/faillock.conf:3:13\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT loser, value, reason FROM override WHERE key = 'pam_faillock.deny' "
                        "ORDER BY value"),
            "etc/security/faillock.conf:1:1 | 10 | read later\n"
            "etc/security/faillock.conf:2:1 | 7 | the module's argument counts before its file\n");
}

TEST(PamOptionFacts, TheHashMethodOfPamUnix) {
  const auto method = [](const std::string& arguments, const std::string& login_defs) {
    return test::facts(
        host({{"etc/pam.d/passwd", "password required pam_unix.so " + arguments + "\n"},
              {"etc/login.defs", login_defs}}),
        "SELECT value, source, loc FROM pam_option WHERE key = 'pam_unix.method'");
  };
  EXPECT_EQ(method("md5 yescrypt", "ENCRYPT_METHOD DES\n"),
            "yescrypt | argument | etc/pam.d/passwd:1:35\n");
  EXPECT_EQ(method("obscure", "ENCRYPT_METHOD SHA512\n"), "sha512 | file | etc/login.defs:1:1\n");
  EXPECT_EQ(method("obscure", ""), "des | default | -\n");
}

// In a repository only what is written counts, and an include that is not there leaves the order open.
TEST(PamFacts, InAFragmentMissingIncludesLeaveTheStackOpen) {
  auto tree = host({{"roles/x/pam.d/sshd", "auth include common\nauth required pam_unix.so\n"}});
  EXPECT_EQ(
      test::facts(tree, "SELECT service, module, coalesce(is_reached, 'not known'), loc FROM pam",
                  Scope::fragment),
      "sshd |  | not known | roles/x/pam.d/sshd:1:1\n"
      "sshd | pam_unix.so | not known | roles/x/pam.d/sshd:2:1\n");
}

}  // namespace
}  // namespace drydock
