#include <gtest/gtest.h>

#include "tests/facts/facts.h"
#include "tests/facts/few_facts.h"

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

// ── Files that arguments name ──

std::string files_of(const std::shared_ptr<MemoryTree>& tree) {
  return test::facts(
      tree,
      "SELECT module, coalesce(argument, '-'), path, state, fails, services, loc FROM "
      "pam_file WHERE services IS NOT NULL ORDER BY module, path");
}
std::string denies_of(const std::shared_ptr<MemoryTree>& tree, Scope scope = Scope::host) {
  return test::facts(tree,
                     "SELECT service, value, source, loc FROM pam_option WHERE key = "
                     "'pam_faillock.deny' ORDER BY service, loc",
                     scope);
}

TEST(PamFileFacts, EachServiceHasWhatItsLineReads) {
  const auto tree =
      host({{"etc/pam.d/login", "auth required pam_faillock.so preauth\n"},
            {"etc/pam.d/sshd",
             "auth required pam_faillock.so conf=/etc/security/ssh.conf\n"
             "account required pam_faillock.so conf=/etc/security/ssh.conf\n"},
            {"etc/pam.d/su", "auth required pam_faillock.so deny=9 conf=/srv/su.conf\n"},
            {"etc/security/faillock.conf", "deny = 4\n"},
            {"etc/security/ssh.conf", "deny = 6\ndeny = 5\n"},
            {"srv/su.conf", "deny = 8\n"}});
  EXPECT_EQ(denies_of(tree),
            "login | 4 | file | etc/security/faillock.conf:1:1\n"
            "sshd | 5 | file | etc/security/ssh.conf:2:1\n"
            "sshd | 5 | file | etc/security/ssh.conf:2:1\n"
            "su | 9 | argument | etc/pam.d/su:1:31\n");
  EXPECT_EQ(
      files_of(tree),
      "pam_faillock.so | - | etc/security/faillock.conf | read | 0 | login | etc/pam.d/login:1:1\n"
      "pam_faillock.so | conf | etc/security/ssh.conf | read | 1 | sshd | etc/pam.d/sshd:1:31\n"
      "pam_faillock.so | conf | srv/su.conf | read | 1 | su | etc/pam.d/su:1:38\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT winner, loser, value, reason FROM override WHERE key = "
                  "'pam_faillock.deny' ORDER BY loser"),
      "etc/pam.d/su:1:31 | srv/su.conf:1:1 | 8 | the module's argument counts before its file\n"
      "etc/security/ssh.conf:2:1 | etc/security/ssh.conf:1:1 | 6 | read later\n");
}

TEST(PamFileFacts, LimitsOfAServiceAreThoseOfItsFile) {
  const auto tree =
      host({{"etc/pam.d/login", "session required pam_limits.so\n"},
            {"etc/pam.d/cron", "session required pam_limits.so conf=/etc/cron.limits\n"},
            {"etc/passwd", "ann:x:1000:1000::/:/bin/sh\n"},
            {"etc/security/limits.conf", "* hard core 0\n"},
            {"etc/security/limits.d/a.conf", "ann hard core 5\n"},
            {"etc/cron.limits", "ann hard core 7\n"}});
  EXPECT_EQ(
      test::facts(tree, "SELECT key, value, list, services, loc FROM account_limit ORDER BY list"),
      "ann hard core | 7 | etc/cron.limits | cron | etc/cron.limits:1:1\n"
      "ann hard core | 5 | etc/security/limits.conf | login | etc/security/limits.d/a.conf:1:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, services FROM login_limit ORDER BY list, key"),
            "ann hard core | 7 | cron\n* hard core | 0 | login\nann hard core | 5 | login\n");
}

TEST(PamFileFacts, WhatIsNoFileIsReadAsTheModuleReadsIt) {
  auto tree =
      host({{"etc/pam.d/a", "auth required pam_faillock.so conf=/etc/security\n"},
            {"etc/pam.d/b", "auth required pam_faillock.so conf=/dev/null deny=2\n"},
            {"etc/pam.d/c", "auth required pam_faillock.so conf=/etc/none deny=2\n"},
            {"etc/pam.d/d", "auth required pam_faillock.so conf=../../etc/./x/../up.conf\n"},
            {"etc/pam.d/e", "auth required pam_faillock.so conf=/etc/pam.d/e\n"},
            {"etc/pam.d/f", "auth required pam_faillock.so conf=/etc/out\n"},
            {"etc/pam.d/g", "auth required pam_faillock.so conf=/etc/loop\n"},
            {"etc/pam.d/h", "auth required pam_faillock.so conf=/dev/zero\n"},
            {"etc/security/faillock.conf", "deny = 4\n"},
            {"etc/up.conf", "deny = 6\n"}});
  tree->symlink("etc/out", "../../../../srv/none").symlink("etc/loop", "loop");
  tree->node("dev/zero", NodeType::char_device, 0666);
  EXPECT_EQ(denies_of(tree),
            "a | 3 | default | -\nb | 2 | argument | etc/pam.d/b:1:46\n"
            "d | 6 | file | etc/up.conf:1:1\n"
            "e | 3 | default | -\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT services, path, state FROM pam_file WHERE services IS NOT NULL "
                        "ORDER BY services"),
            "a | etc/security | empty\nb | dev/null | empty\nc | etc/none | absent\n"
            "d | etc/up.conf | read\ne | etc/pam.d/e | read\nf | etc/out | absent\n"
            "g | etc/loop | unknown\nh | dev/zero | unknown\n");
}

// A line of sixteen MiB, and one stack whose lines name thousands of files.
TEST(PamFileFacts, ReadingIsBoundedAndSaysSo) {
  std::string stack;
  for (int i = 0; i < 10'000; ++i)
    stack += "auth required pam_faillock.so conf=/etc/f" + std::to_string(i) + "\n";
  auto tree = host({{"etc/pam.d/a", stack},
                    {"etc/pam.d/0",
                     "auth required pam_faillock.so conf=/etc/long\n"
                     "session required pam_limits.so conf=/etc/long\n"
                     "auth required pam_access.so accessfile=/etc/long\n"
                     "password required pam_pwhistory.so conf=/etc/long\n"},
                    {"etc/long", std::string(16u << 20, 'x') + "\ndeny = 1\n* hard core 0\n"}});
  for (int i = 0; i < 200; ++i) tree->file("etc/f" + std::to_string(i), "deny = 1\n");
  const test::FewFacts facts(tree, {}, {"pam_option", "login_limit"});
  EXPECT_EQ(
      facts.text("SELECT count(*), max(value) FROM pam_option WHERE key = 'pam_faillock.deny'"),
      "63 | 1\n");
  EXPECT_EQ(facts.text("SELECT DISTINCT code, effect, loc FROM parse_issue WHERE code NOT IN "
                       "('unknown-setting', 'missing-field') ORDER BY code, effect, loc"),
            "line-too-long | ignored | etc/long:1:1024\n"
            "line-too-long | unknown | etc/long:1:1\n"
            "stack-too-large | unknown | etc/pam.d/a:1001:1\n"
            "too-many-files | unknown | etc/pam.d/a:64:31\n");
  EXPECT_EQ(facts.text("SELECT key, value, services FROM login_limit"), "* hard core | 0 | 0\n");
}

// Files are worked out once, not for each of the lines that read them, and lists are bounded all together.
TEST(PamFileFacts, ManyLinesThatReadOneFile) {
  std::string stack, limits, lists, entries, separators;
  for (int i = 0; i < 900; ++i) stack += "auth required pam_faillock.so preauth\n";
  for (int i = 0; i < 4; ++i)
    lists += "session required pam_limits.so conf=/etc/l" + std::to_string(i) + "\n";
  for (int i = 0; i < 90'000; ++i) limits += "a hard core " + std::to_string(i) + "\n";
  for (int i = 0; i < 3'500; ++i) entries += "+:a:b\n";
  for (char c = '!'; c < '~'; ++c)
    if (c != '[' && c != ']' && c != '#' && c != '\\')
      separators += std::string("account required pam_access.so listsep=") + c + "\n";
  std::string denies;
  for (int i = 0; i < 30'000; ++i) denies += "deny = " + std::to_string(i % 9) + "\n";
  auto tree = host({{"etc/pam.d/a", stack},
                    {"etc/pam.d/b", lists},
                    {"etc/pam.d/c", separators},
                    {"etc/security/access.conf", entries},
                    {"etc/security/faillock.conf", denies},
                    {"etc/l", limits}});
  for (int i = 0; i < 4; ++i) tree->symlink("etc/l" + std::to_string(i), "l");
  const test::FewFacts facts(tree, {"override"}, {"pam_option", "login_limit", "access_entry"});
  EXPECT_EQ(facts.text("SELECT count(*), min(value) FROM pam_option WHERE key = "
                       "'pam_faillock.deny'"),
            "1 | 2\n");
  EXPECT_EQ(facts.text("SELECT count(*) FROM access_entry"), "200000\n");
  EXPECT_EQ(facts.text("SELECT code, effect, count(DISTINCT loc) FROM parse_issue WHERE code LIKE "
                       "'too-many%' GROUP BY code, effect"),
            "too-many-entries | unknown | 1\ntoo-many-lines | unknown | 1\n"
            "too-many-lists | unknown | 1\n");
}

TEST(PamFileFacts, ServicesBeyondTheBoundAreSaid) {
  std::string text;
  for (int i = 0; i < 2'010; ++i) text += "s" + std::to_string(i) + " auth required pam_deny.so\n";
  const test::FewFacts facts(host({{"etc/pam.conf", text}}), {}, {"pam"});
  EXPECT_EQ(facts.text("SELECT count(DISTINCT service) FROM pam"), "2000\n");
  EXPECT_EQ(facts.text("SELECT DISTINCT code, effect, loc FROM parse_issue"),
            "too-many-services | unknown | etc/pam.conf:2001:1\n");
}

// Of /etc alone a link may lead to what is not there.
TEST(PamFileFacts, OfEtcAloneALinkMayLeadElsewhere) {
  auto tree = host({{"etc/pam.d/a", "auth required pam_faillock.so conf=/etc/f.conf\n"},
                    {"etc/pam.d/b", "auth required pam_faillock.so conf=/etc/none\n"}});
  tree->symlink("etc/f.conf", "../usr/lib/f.conf");
  constexpr const char* kStates =
      "SELECT path, state FROM pam_file WHERE argument IS NOT NULL ORDER BY path";
  EXPECT_EQ(test::facts(tree, kStates, Scope::etc), "etc/f.conf | unknown\netc/none | absent\n");
  EXPECT_EQ(test::facts(tree, kStates), "etc/f.conf | absent\netc/none | absent\n");
}

// In a fragment the named file counts if it lies at the same place below it.
TEST(PamFileFacts, AFragmentHasWhatItBrings) {
  EXPECT_EQ(denies_of(host({{"etc/pam.d/login", "auth required pam_faillock.so conf=/etc/f.conf\n"},
                            {"etc/pam.d/su", "auth required pam_faillock.so conf=/etc/g.conf\n"},
                            {"etc/f.conf", "deny = 6\n"}}),
                      Scope::fragment),
            "login | 6 | file | etc/f.conf:1:1\n");
}

}  // namespace
}  // namespace drydock
