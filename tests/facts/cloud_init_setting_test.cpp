// What cloud-init's modules are not asked about in cloud_init_setting_differential_test.cpp.
#include <gtest/gtest.h>

#include <map>

#include "parsers/user_data.h"
#include "tests/facts/facts.h"

namespace drydock {
namespace {

const std::string kSeed = "var/lib/cloud/seed/nocloud/user-data";

using Files = std::map<std::string, std::string>;

std::string ask(const Files& files, std::string_view sql) {
  auto tree = std::make_shared<MemoryTree>();
  for (const auto& [path, text] : files) tree->file(path, text);
  return test::facts(tree, sql);
}

std::string settings(const Files& tree) {
  return ask(tree, "SELECT key, value, loc FROM cloud_init_setting ORDER BY key") + "--\n" +
         ask(tree,
             "SELECT DISTINCT code, effect, loc FROM parse_issue WHERE table_name = "
             "'cloud_init_setting'");
}

TEST(CloudInitSetting, ATemplateWithNothingToFillInIsConfiguration) {
  EXPECT_EQ(settings({{kSeed, "## template: jinja\n#cloud-config\nssh_pwauth: true\n"}}),
            "ssh_pwauth | true | var/lib/cloud/seed/nocloud/user-data:3:1\n--\n");
  EXPECT_EQ(settings({{kSeed, "## template: jinja\n#cloud-config\nssh_pwauth: {{ v1.x }}\n"}}),
            "--\ntemplate | unknown | var/lib/cloud/seed/nocloud/user-data:1:1\n");
}

TEST(CloudInitSetting, WhatIsNotFollowedIsSaid) {
  EXPECT_EQ(
      settings({{kSeed, "#cloud-config-jsonp\n[]\n"},
                {"etc/cloud/cloud.cfg", "merge_how: list(append)\nssh_pwauth: no\n"}}),
      "ssh_pwauth | false | etc/cloud/cloud.cfg:2:1\n--\n"
      "patch | unknown | var/lib/cloud/seed/nocloud/user-data:1:1\nmerge-how | unknown | etc/cloud/"
      "cloud.cfg:1:1\n");
}

TEST(CloudInitSetting, WhatCountsForLessIsNamed) {
  EXPECT_EQ(
      ask({{kSeed, "#cloud-config\nssh_pwauth: true\n"},
           {"etc/cloud/cloud.cfg.d/a.cfg", "ssh_pwauth: false\n"},
           {"etc/cloud/cloud.cfg", "ssh_pwauth: unchanged\n"}},
          "SELECT winner, loser, value, reason FROM override WHERE table_name = "
          "'cloud_init_setting' ORDER BY value"),
      "var/lib/cloud/seed/nocloud/user-data:2:1 | etc/cloud/cloud.cfg.d/a.cfg:1:1 | false | var/"
      "lib/cloud/seed/nocloud/user-data counts "
      "for more\n"
      "var/lib/cloud/seed/nocloud/user-data:2:1 | etc/cloud/cloud.cfg:1:1 | unchanged | var/lib/"
      "cloud/seed/nocloud/user-data counts for "
      "more\n");
}

// A hundred parts whose aliases make 20,000 values each.
TEST(CloudInitSetting, PartsThatUnfoldAreBounded) {
  std::string text = "#cloud-config-archive\n";
  for (int part = 0; part < 20; ++part) {
    text +=
        "- |\n  #cloud-config\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n  b: &b [*a, *a, *a, *a, "
        "*a, *a, *a, *a, *a, *a]\n  c: [";
    for (int i = 0; i < 150; ++i) text += "*b, ";
    text += "x]\n";
  }
  EXPECT_NE(settings({{kSeed, text}}).find("too-many-values | unknown"), std::string::npos);
}

// RFC 2045, 5.1: each parameter is looked at once, however many blanks stand behind the last; a test of parameters and
// blanks multiplied would not end.
TEST(CloudInitSetting, AHeaderOfManyParametersAndBlanks) {
  std::string parameters;
  for (int i = 0; i < 400'000; ++i) parameters += ";a=b";
  const auto file = parsers::user_data::parse(
      "MIME-Version: 1.0\nContent-Type: multipart/mixed" + parameters + ";boundary=x" +
      std::string(2'000'000, ' ') + "\n\n--x\n\n#cloud-config\na: 1\n--x--\n");
  ASSERT_EQ(file.parts.size(), 1u);
  EXPECT_EQ(file.parts[0].kind, parsers::user_data::Kind::cloud_config);
}

// cloud-init, "Disable cloud-init".
TEST(CloudInitSetting, ADisabledOneDoesNothing) {
  EXPECT_EQ(settings({{"etc/cloud/cloud.cfg", "ssh_pwauth: true\nusers: [a]\n"},
                      {"etc/cloud/cloud-init.disabled", ""}}),
            "--\n");
}

TEST(CloudInitSetting, ATextMayNameManyUsers) {
  std::string text = "users: u";
  for (int i = 0; i < 10'005; ++i) text += ",u" + std::to_string(i);
  const Files tree{{"etc/cloud/cloud.cfg", text + "\n"}};
  EXPECT_EQ(ask(tree, "SELECT count(*) FROM cloud_init_user"), "10000\n");
  EXPECT_EQ(ask(tree,
                "SELECT DISTINCT code, effect, loc FROM parse_issue WHERE table_name = "
                "'cloud_init_setting'"),
            "too-many-users | unknown | etc/cloud/cloud.cfg:1:8\n");
}

}  // namespace
}  // namespace drydock
