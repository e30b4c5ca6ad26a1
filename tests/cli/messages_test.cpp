// What the program says when it cannot do what it was asked, whole: message, help line, exit code 2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run.h"

namespace drydock::test {
namespace {

Ran error(const std::string& text) {
  return {2, "", "error: " + text};
}

TEST(Messages, UsageNamesTheMistakeAndWhereToLook) {
  const Workspace w;
  EXPECT_EQ(w.drydock({}), error("'drydock' needs a command\n  help: see 'drydock --help'\n"));
  EXPECT_EQ(w.drydock({"scam"}),
            error("'drydock' has no command 'scam'\n  help: see 'drydock --help'\n"));
  EXPECT_EQ(w.drydock({"rules", "tset"}),
            error("'drydock rules' has no command 'tset'\n  help: see 'drydock rules --help'\n"));
  EXPECT_EQ(w.drydock({"scan"}),
            error("ARTIFACT is required\n  help: see 'drydock scan --help'\n"));
  EXPECT_EQ(w.drydock({"scan", "a", "b"}),
            error("one argument too many: 'b'\n  help: see 'drydock scan --help'\n"));
  EXPECT_EQ(w.drydock({"scan", "--sarif", "a"}),
            error("'drydock scan' has no option '--sarif'\n  help: see 'drydock scan --help'\n"));
}

TEST(Messages, WordsThatMeanNothing) {
  const Workspace w;
  EXPECT_EQ(w.drydock({"scan", "x", "--output", "srif=a"}),
            error("there is no report format 'srif'\n  help: formats are text, sarif, json: "
                  "--output sarif=FILE\n"));
  EXPECT_EQ(w.drydock({"scan", "x", "--output", "sarif=-", "--output", "text=-"}),
            error("two reports cannot share standard output\n  help: give one of them a file: "
                  "--output sarif=FILE\n"));
  EXPECT_EQ(w.drydock({"scan", "x", "--output", "sarif=./a", "--output", "json=a"}),
            error("two reports cannot share the file 'a'\n  help: give each a file of its own\n"));
  EXPECT_EQ(w.drydock({"scan", "x", "--output", "sarif="}),
            error("'--output sarif=' names no file\n  help: '-' is standard output\n"));
  EXPECT_EQ(
      w.drydock({"explain", "sysctl-ip-forwad"}),
      error("no rule is called 'sysctl-ip-forwad'\n  help: did you mean 'sysctl-ip-forward'?\n"));
  EXPECT_EQ(w.drydock({"tables", "sysctll"}),
            error("there is no table 'sysctll'\n  help: did you mean 'sysctl'?\n"));
  EXPECT_EQ(w.drydock({"scan", "x", "--param", "colour"}),
            error("'colour' is no NAME=VALUE\n  help: for example --param "
                  "trusted-docker-users=root,deploy\n"));
  EXPECT_EQ(w.drydock({"scan", "x", "--rule", "sysctl-ip-forwad"}).code, 2);
  EXPECT_EQ(w.drydock({"scan", "x", "--profile", "bsae"}).code, 2);
}

TEST(Messages, ArtifactsThatAreNone) {
  Workspace w;
  w.file("empty", "").file("noise/readme.txt", "nothing to see\n");
  EXPECT_EQ(w.drydock({"scan", "missing"}), error("'missing' does not exist\n"));
  const Ran empty = w.drydock({"scan", "empty"});
  EXPECT_EQ(empty.code, 2);
  EXPECT_THAT(empty.err, testing::StartsWith("error: 'empty' is empty"));
  const Ran noise = w.drydock({"scan", "noise"});
  EXPECT_EQ(noise.code, 2);
  EXPECT_THAT(noise.err, testing::StartsWith("error: "));
  EXPECT_EQ(noise.out, "");
}

TEST(Messages, ArgumentsThatCannotBeMeant) {
  Workspace w;
  w.file("h/sysctl.conf", "net.ipv4.ip_forward = 0\n");
  EXPECT_EQ(w.drydock({"query", "h", ""}),
            error("the SQL is empty\n  help: leave it out for the shell, or ask: 'SELECT * FROM "
                  "sysctl'\n"));
  EXPECT_EQ(w.drydock({"dump", "h", "-o", "-"}),
            error("a SQLite database cannot be written to standard output\n  help: name a file: "
                  "--output facts.sqlite\n"));
  for (const char* root : {"..", "../..", "a/../.."})
    EXPECT_EQ(w.drydock({"scan", "h", "--root", root}),
              error("--root: '" + std::string(root) +
                    "' leads out of the artifact\n  help: give a directory inside it, for example "
                    "rootfs\n"));
  const Ran unnamed = w.drydock({"scan", "h", "--target-name", ""});
  EXPECT_EQ(unnamed.code, 2);
  EXPECT_THAT(unnamed.err, testing::HasSubstr("a host's name cannot be empty"));
  EXPECT_EQ(w.drydock({"rules", "new", "x-y", "--topic", "../esc"}),
            error("'../esc' is no name for a topic\n  help: lower-case words joined by hyphens, "
                  "without directories: ssh\n"));
  const Ran topic = w.drydock({"rules", "--topic", "nope"});
  EXPECT_EQ(topic.code, 2);
  EXPECT_THAT(topic.err,
              testing::MatchesRegex("error: there is no topic 'nope'\n  help: one of .*sysctl.*"));
  const Ran benchmark = w.drydock({"rules", "--benchmark", "nope"});
  EXPECT_EQ(benchmark.code, 2);
  EXPECT_THAT(
      benchmark.err,
      testing::MatchesRegex("error: there is no benchmark 'nope'\n  help: one of .*cis-docker.*"));
}

TEST(Messages, ConfigurationMistakesAreShownAtTheirPlace) {
  Workspace w;
  w.file("sysctl.conf", "net.ipv4.ip_forward = 0\n")
      .file(".drydock.yaml", "profiles: [base]\nfail-onn: low\n");
  const Ran ran = w.drydock({"scan", "sysctl.conf"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, testing::HasSubstr("'.drydock.yaml' line 2: "));
  EXPECT_THAT(ran.err, testing::HasSubstr("  2 | fail-onn: low\n"));
  EXPECT_THAT(ran.err, testing::EndsWith("error: the configuration '.drydock.yaml' has mistakes\n"
                                         "  help: --isolated scans without it\n"));
  EXPECT_EQ(w.drydock({"scan", "sysctl.conf", "--isolated"}).code, 0);
}

}  // namespace
}  // namespace drydock::test
