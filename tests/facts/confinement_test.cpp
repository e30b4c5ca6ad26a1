#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

std::shared_ptr<MemoryTree> tree() {
  return std::make_shared<MemoryTree>();
}

// apparmor.d(5), "PROFILES": a profile may hold others.
TEST(Apparmor, KnowsTheModeOfEachProfile) {
  auto host = tree();
  host->file("etc/apparmor.d/a",
             "# /x {\n#include <tunables/global>\n/usr/bin/a flags=(attach_disconnected) {\n  "
             "/{usr/,}bin/b rix,\n  profile inner {\n  }\n}\nprofile c /usr/bin/c "
             "flags=(complain) {\n}\n")
      .file("etc/apparmor.d/d", "profile \"d d\" {\n}\n")
      .symlink("etc/apparmor.d/disable/d", "/etc/apparmor.d/d")
      .file("etc/apparmor.d/a.dpkg-old", "/old {\n}\n")
      .file("etc/apparmor.d/abstractions/base", "/no {\n}\n");
  EXPECT_EQ(test::facts(host, "SELECT name, mode, why, loc FROM apparmor_profile ORDER BY name"),
            "/usr/bin/a | enforce | - | etc/apparmor.d/a:3:1\n"
            "/usr/bin/a//inner | enforce | - | etc/apparmor.d/a:5:3\n"
            "c | complain | its flags say complain | etc/apparmor.d/a:8:1\n"
            "d d | disabled | /etc/apparmor.d/disable/d is there | etc/apparmor.d/disable/d\n");
}

// What AppArmor itself brings is there, so what a file includes in vain is missing.
TEST(Apparmor, SaysWhatKeepsAFileFromBeingLoaded) {
  auto host = tree();
  host->file("etc/apparmor.d/tunables/global", "@{HOME}=/root\n")
      .file("etc/apparmor.d/a", "include <tunables/global>\nprofile a {\n include <local/a>\n}\n")
      .file("etc/apparmor.d/b", "profile b {\n @{HOME}/x r,\n}\n")
      .file("etc/apparmor.d/c", "profile c {\n}\n# the end")
      .file("etc/apparmor.d/d", "profile d {\n /x r,\n}\n");
  EXPECT_EQ(
      test::facts(host, "SELECT name, mode, why, loc FROM apparmor_profile ORDER BY name"),
      "a | refused | apparmor_parser does not load its file: there is no local/a to include | "
      "etc/apparmor.d/a:3:2\n"
      "b | refused | apparmor_parser does not load its file: nothing gives @{HOME} a value | "
      "etc/apparmor.d/b:2:2\n"
      "c | refused | apparmor_parser does not load its file: a comment does not end with its "
      "line | etc/apparmor.d/c:3:1\n"
      "d | enforce | - | etc/apparmor.d/d:1:1\n");
}

// A name stands in the row of each hat within the profile, and a reason in that of each profile.
TEST(Apparmor, LongNamesAndReasonsAreBounded) {
  auto host = tree();
  host->file("etc/apparmor.d/a", "profile " + std::string(100'000, 'a') + " {\n}\n")
      .file("etc/apparmor.d/b",
            "profile b {\n}\nprofile c flags=(" + std::string(100'000, 'a') + ") {\n}\n")
      .file("etc/apparmor.d/c", std::string(300'000, '}'));
  EXPECT_EQ(test::facts(host, "SELECT name, mode, length(why) < 600 FROM apparmor_profile"),
            "b | refused | 1\n");
  EXPECT_EQ(test::facts(host, "SELECT count(*) FROM parse_issue WHERE code = 'too-much'"), "1\n");
}

// What many profiles include counts each time: twenty times 199,001 parts are fewer than four million.
TEST(Apparmor, WhatAllProfilesIncludeIsBounded) {
  auto host = tree();
  std::string many;
  for (int i = 0; i < 199'000; ++i) many += "}\n";
  host->file("etc/apparmor.d/abstractions/many", many);
  for (char name = 'a'; name < 'a' + 22; ++name)
    host->file(std::string("etc/apparmor.d/") + name, "include <abstractions/many>\n");
  EXPECT_EQ(test::facts(host, "SELECT effect, loc FROM parse_issue WHERE code = 'too-much'"),
            "unknown | etc/apparmor.d/u:1:1\nunknown | etc/apparmor.d/v:1:1\n");
}

// tmpfiles.d(5), "CONFIGURATION DIRECTORIES AND PRECEDENCE": of two lines the earlier file's is applied.
TEST(Tmpfiles, TheEarlierNameWins) {
  auto host = tree();
  host->file("usr/lib/tmpfiles.d/a.conf", "d /x 0700 root - 10d\nz /x 0777\n")
      .file("usr/lib/tmpfiles.d/b.conf", "d /x 0777\nf! \"/y z\" ~0644 - adm - text\n")
      .file("usr/lib/tmpfiles.d/c.conf", "d /c 0777\n")
      .symlink("etc/tmpfiles.d/c.conf", "/dev/null");
  EXPECT_EQ(test::facts(host,
                        "SELECT type, path, mode, user, owning_group, is_used FROM tmpfiles_line "
                        "ORDER BY path, is_used DESC, type"),
            "d | /x | 448 | root | - | 1\n"
            "z | /x | 511 | - | - | 1\n"
            "d | /x | 511 | - | - | 0\n"
            "f | /y z | 420 | - | adm | 1\n");
}

TEST(CloudInit, WhatIsNotSearchedIsSaid) {
  const auto issues = [](const std::string& text) {
    auto host = tree();
    host->file("var/lib/cloud/seed/nocloud/user-data", text);
    return test::facts(host,
                       "SELECT code, effect, count(*) FROM cloud_init_password RIGHT JOIN "
                       "parse_issue ON 1 GROUP BY 1, 2");
  };
  std::string parts = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 1100; ++i) parts += "--b\n\n#cloud-config\n";
  EXPECT_EQ(issues(parts + "--b--\n"), "too-many-parts | unknown | 1\n");
  std::string lines = "## template: jinja\n#cloud-config\n";
  for (int i = 0; i < 20'010; ++i) lines += "a: b\n";
  EXPECT_EQ(issues(lines), "too-many-lines | unknown | 1\n");
}

TEST(CloudInit, NeverKeepsThePassword) {
  auto host = tree();
  host->file("var/lib/cloud/instances/i/user-data.txt",
             "#cloud-config\n# password: no\npassword: \"secret\"\nusers:\n- name: a\n  "
             "plain_text_passwd: x\n  passwd: $6$a$b\npassword:\npassword: RANDOM\n");
  EXPECT_EQ(test::facts(host, "SELECT key, loc FROM cloud_init_password ORDER BY key"),
            "password | var/lib/cloud/instances/i/user-data.txt:3:1\n"
            "plain_text_passwd | var/lib/cloud/instances/i/user-data.txt:6:3\n");
}

TEST(CloudInit, NamesTheLineInAnyPart) {
  auto host = tree();
  host->file("var/lib/cloud/instances/i/user-data.txt",
             "Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n\n--b\n"
             "Content-Type: text/x-shellscript\n\n#!/bin/sh\npassword: no\n--b\n"
             "Content-Type: text/cloud-config\n\n#cloud-config\nchpasswd:\n  list: |\n    a:R\n"
             "    b:secret\n    c:$6$a$b\nwrite_files:\n- content: |\n    password: no\n--b--\n");
  host->file("etc/cloud/cloud.cfg",
             "conf_d: /srv/cloud\nsystem_info:\n  default_user: {name: a, "
             "plain_text_passwd: x}\n")
      .file("etc/cloud/cloud.cfg.d/a.cfg", "password: never read\n")
      .file("srv/cloud/b.cfg", "password: x\n");
  EXPECT_EQ(test::facts(host, "SELECT key, loc FROM cloud_init_password ORDER BY key, loc"),
            "chpasswd | var/lib/cloud/instances/i/user-data.txt:16:5\n"
            "password | srv/cloud/b.cfg:1:1\n"
            "plain_text_passwd | etc/cloud/cloud.cfg:3:27\n");
}

}  // namespace
}  // namespace drydock
