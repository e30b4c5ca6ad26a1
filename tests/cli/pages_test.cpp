// What the program says about itself, judged by the programs that read it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/run.h"

namespace drydock::test {
namespace {

using testing::HasSubstr;

TEST(Pages, TheManualPageIsSound) {
  const Workspace w;
  EXPECT_EQ(w.shell("\"$DRYDOCK\" manual >drydock.1; mandoc -T lint -W warning drydock.1 || true"),
            "");
  EXPECT_THAT(w.shell("\"$DRYDOCK\" manual | mandoc -T ascii | col -b"),
              HasSubstr("--fail-on SEVERITY"));
}

TEST(Pages, BashCompletes) {
  const Workspace w;
  const auto complete = [&](const std::string& words) {
    return w.shell(
        "source <(\"$DRYDOCK\" completion bash); PATH=$(dirname \"$DRYDOCK\"):$PATH; COMP_WORDS=(" +
        words + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _drydock; echo ${COMPREPLY[@]}");
  };
  EXPECT_EQ(complete("drydock sc"), "scan\n");
  EXPECT_EQ(complete("drydock scan --fail"), "--fail-on\n");
  EXPECT_EQ(complete("drydock scan --scope ''"), "host etc fragment\n");
  EXPECT_EQ(complete("drydock rules te"), "test\n");
  EXPECT_EQ(complete("drydock explain sysctl-ip-fo"), "sysctl-ip-forward\n");
  EXPECT_EQ(complete("drydock scan ./"), "\n") << "files are left to bash";
}

TEST(Pages, ZshAndFishReadTheirScripts) {
  const Workspace w;
  w.shell(
      "if command -v zsh >/dev/null; then \"$DRYDOCK\" completion zsh >_drydock; zsh -n _drydock; "
      "fi");
  w.shell(
      "if command -v fish >/dev/null; then \"$DRYDOCK\" completion fish >x.fish; fish -n x.fish; "
      "fi");
}

TEST(Pages, RulesAsJsonForPrograms) {
  const Workspace w;
  const auto rules = nlohmann::json::parse(w.drydock({"rules", "--format", "json"}).out);
  ASSERT_GT(rules.size(), 20U);
  for (size_t i = 0; i < rules.size(); ++i) {
    const auto& rule = rules[i];
    EXPECT_TRUE(rule["references"].is_object()) << rule;
    EXPECT_FALSE(rule["severity"].get<std::string>().empty()) << rule;
    if (i % 60 != 0) continue;  // a process each
    const Ran page = w.drydock({"explain", rule["id"]});
    EXPECT_EQ(page.code, 0) << rule;
    EXPECT_THAT(page.out, HasSubstr("\nWhy\n"));
    EXPECT_THAT(page.out, HasSubstr("\nFix\n"));
  }
}

TEST(Pages, ANewRuleIsARuleThatHolds) {
  const Workspace w;
  EXPECT_EQ(w.drydock({"rules", "new", "sysctl-example"}),
            (Ran{0, "rules/sysctl/sysctl-example.yaml\n", ""}));
  EXPECT_EQ(w.drydock({"rules", "test", "rules"}), (Ran{0, "1 rule, 3 examples, 0 failed\n", ""}));
  EXPECT_EQ(w.drydock({"rules", "new", "sysctl-example"}).code, 2) << "what is there stays";
  EXPECT_EQ(w.drydock({"rules", "new", "No_Name"}).code, 2);
  EXPECT_EQ(w.drydock({"rules", "test", "nowhere"}).code, 2);

  w.shell("sed -i 's/kernel.example = 1/kernel.example = 0/' rules/sysctl/sysctl-example.yaml");
  const Ran broken = w.drydock({"rules", "test", "rules"});
  EXPECT_EQ(broken.code, 1);
  EXPECT_EQ(broken.out, "1 rule, 3 examples, 1 failed\n");
  EXPECT_THAT(broken.err, HasSubstr("'rules/sysctl/sysctl-example.yaml' line "));
}

}  // namespace
}  // namespace drydock::test
