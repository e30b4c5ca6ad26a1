// drydock scan from the outside: exit codes, reports, configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/run.h"

namespace drydock::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// One finding of severity critical (account-empty-password), one that is clean.
class Scan : public testing::Test {
 protected:
  Scan() {
    w.file("weak/etc/passwd", "root:*:0:0::/root:/bin/sh\nguest::1000:1000::/home/guest:/bin/sh\n")
        .file("weak/etc/shadow", "root:*:1::::::\n")
        .file("weak/etc/os-release", "ID=debian\n")
        .file("clean/etc/passwd", "root:*:0:0::/root:/bin/sh\n")
        .file("clean/etc/shadow", "root:*:1::::::\n")
        .file("clean/etc/os-release", "ID=debian\n");
  }
  int code(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"scan", "--rule", "account-empty-password"});
    return w.drydock(arguments).code;
  }
  Workspace w;
};

TEST_F(Scan, ExitCodes) {
  EXPECT_EQ(code({"clean"}), 0);
  EXPECT_EQ(code({"weak"}), 1);
  EXPECT_EQ(code({"weak", "--fail-on", "critical"}), 1);
  EXPECT_EQ(code({"weak", "--fail-on", "none"}), 0);
  EXPECT_EQ(code({"weak", "--exit-zero"}), 0);
  EXPECT_EQ(code({"missing", "--exit-zero"}), 2) << "an error is no finding";
  EXPECT_EQ(w.drydock({"scan", "weak", "--rule", "fstab-line-not-used"}).code, 0)
      << "what is not asked does not count";
}

// sysctl.d(5): files of /usr/lib/sysctl.d count as much, and an export of /etc does not hold them.
TEST_F(Scan, WhatEtcDoesNotSetUsrMay) {
  w.file("e/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
      .file("e/etc/fstab", "")
      .file("e/etc/sysctl.d/1.conf", "net.ipv4.conf.all.send_redirects = 1\n");
  const auto scan = [&](const std::string& rule, const std::string& scope) {
    const auto run = w.drydock({"scan", "e", "--scope", scope, "--rule", rule, "-f", "json"});
    const auto host = nlohmann::json::parse(run.out)["targets"][0];
    return host["rules"][0]["outcome"].get<std::string>();
  };
  EXPECT_EQ(scan("sysctl-ipv4-all-send-redirects", "etc"), "fail");
  EXPECT_EQ(scan("sysctl-ipv4-all-accept-redirects", "etc"), "unknown");
  EXPECT_EQ(scan("sysctl-ipv4-all-accept-redirects", "host"), "fail");
  EXPECT_EQ(scan("sysctl-dmesg-restrict", "etc"), "unknown");
}

TEST_F(Scan, WhoMissesASettingSeesWhereItIsWrittenInVain) {
  w.file("h/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
      .file("h/usr/lib/systemd/systemd-sysctl", "")
      .file("h/etc/sysctl.conf", "\nnet.ipv4.conf.all.accept_redirects = 0\n");
  EXPECT_THAT(
      w.drydock(
           {"scan", "h", "--scope", "host", "--rule", "sysctl-ipv4-all-accept-redirects", "-q"})
          .out,
      HasSubstr(
          "  see /etc/sysctl.conf:2:1: '0' is written here, but does not count: systemd-sysctl "
          "reads\n  /etc/sysctl.d, not /etc/sysctl.conf\n"));
}

// A role's template says what it says only once it is filled in.
TEST_F(Scan, ATemplateOfARepositoryIsNotJudged) {
  w.file("repo/roles/a/sysctl.conf", "kernel.dmesg_restrict = {{ dmesg }}\n");
  const auto run = w.drydock({"scan", "repo", "--rule", "sysctl-dmesg-restrict", "-f", "json"});
  const auto rule = nlohmann::json::parse(run.out)["targets"][0]["rules"][0];
  EXPECT_EQ(rule["outcome"], "unknown");
  EXPECT_EQ(rule["reason"], "line 1 of roles/a/sysctl.conf is filled in later");
}

TEST_F(Scan, ShowsTheSettingsInForce) {
  w.file(".drydock.yaml",
         "profiles: [base]\nfail-on: low\nparameters: {trusted-docker-users: [root, ops]}\n");
  EXPECT_EQ(
      w.drydock({"scan", "weak", "--show-settings", "--rule", "account-empty-password", "--fail-on",
                 "medium", "--severity", "high"})
          .out,
      "# configuration: .drydock.yaml\n# rules in force: 1\nprofiles: [base]\nfail-on: medium\n"
      "severity: high\nparameters:\n  trusted-docker-users: [root, ops]\n");
}

TEST_F(Scan, TheEnvironmentSpeaksWhereTheCommandLineIsSilent) {
  const std::vector<std::string> base = {"scan", "weak", "--rule", "account-empty-password"};
  EXPECT_EQ(w.drydock(base, "", {{"DRYDOCK_FAIL_ON", "none"}}).code, 0);
  auto with_option = base;
  with_option.insert(with_option.end(), {"--fail-on", "low"});
  EXPECT_EQ(w.drydock(with_option, "", {{"DRYDOCK_FAIL_ON", "none"}}).code, 1);
  w.file(".drydock.yaml", "fail-on: none\n");
  EXPECT_EQ(w.drydock(base).code, 0);
  EXPECT_EQ(w.drydock(base, "", {{"DRYDOCK_FAIL_ON", "high"}}).code, 1)
      << "the environment outranks the file";
}

TEST_F(Scan, AnUnreadableRestIsIncomplete) {
  w.shell(
      "tar -C clean -cf clean.tar etc; head -c 2000 /dev/urandom > tail; "
      "tar -C clean -czf whole.tar.gz etc; head -c $(($(stat -c %s whole.tar.gz) - 20)) "
      "whole.tar.gz > cut.tar.gz");
  EXPECT_EQ(code({"clean.tar"}), 0);
  const Ran cut = w.drydock({"scan", "cut.tar.gz", "--rule", "account-empty-password"});
  EXPECT_EQ(cut.code, 3) << cut.out << cut.err;
  EXPECT_EQ(code({"cut.tar.gz", "--allow-incomplete"}), 0);
}

TEST_F(Scan, AFileThatARuleNeedsAndThatIsNotReadIsIncomplete) {
  w.shell("mkdir -p loop/etc && cp clean/etc/passwd loop/etc && ln -s shadow loop/etc/shadow");
  const Ran ran = w.drydock({"scan", "loop", "--rule", "account-empty-password"});
  EXPECT_EQ(ran.code, 3) << ran.out << ran.err;
  EXPECT_EQ(code({"loop", "--allow-incomplete"}), 0);
  EXPECT_EQ(w.drydock({"scan", "loop", "--rule", "fstab-line-not-used"}).code, 0)
      << "no rule asks for the file";
}

TEST_F(Scan, ARuleThatIsStoppedIsIncompleteAndNamed) {
  w.file("pack/pack.yaml", "name: mine\nversion: 1.2\nengine: 0.1.0\n");
  w.file("pack/endless.yaml",
         "id: endless\ntitle: It never ends\nseverity: high\nprofiles: [base]\n"
         "query: |\n  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)\n"
         "  SELECT loc, name AS key FROM account, n WHERE i < 0\n"
         "message: \"{key} is bad.\"\nwhy: w\nfix: f\nreferences: {coverage: A6}\n"
         "examples:\n  - passes: {etc/hostname: \"box\\n\"}\n");
  const std::vector<std::string> scan = {"scan", "clean", "--rules", "pack", "--rule", "endless"};
  const Ran ran = w.drydock(scan);
  EXPECT_EQ(ran.code, 3) << ran.out << ran.err;
  EXPECT_THAT(ran.out + ran.err, HasSubstr("rule endless: it "));
  auto allowed = scan;
  allowed.emplace_back("--allow-incomplete");
  EXPECT_EQ(w.drydock(allowed).code, 0);
}

TEST_F(Scan, ATemplateThatDoesNotParseIsNotCalledClean) {
  w.file("repository/roles/docker/templates/daemon.json", "{\"icc\": {{ icc }} }\n");
  const Ran ran = w.drydock({"scan", "repository", "-o", "json=x.json"});
  EXPECT_EQ(ran.code, 3) << ran.out << ran.err;
  const auto report = nlohmann::json::parse(w.read("x.json")).dump();
  EXPECT_THAT(report, HasSubstr("unknown"));
}

TEST_F(Scan, FindingsOutrankAnIncompleteScan) {
  w.shell(
      "tar -C weak -cf weak.tar etc; head -c 3000 weak.tar > cut.tar; tar -C weak -czf x.tar.gz "
      "etc; "
      "head -c $(($(stat -c %s x.tar.gz) - 20)) x.tar.gz > cut.tar.gz");
  EXPECT_EQ(code({"cut.tar.gz"}), 1);
}

TEST_F(Scan, SeveralReportsAtOnceAndTextOnStandardOutput) {
  const Ran ran = w.drydock({"scan", "weak", "--rule", "account-empty-password", "-o",
                             "sarif=a.sarif", "-o", "json=b.json"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("account-empty-password"));
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(nlohmann::json::parse(w.read("a.sarif"))["runs"][0]["results"].size(), 1);
  EXPECT_TRUE(nlohmann::json::parse(w.read("b.json")).is_object());
  EXPECT_THAT(w.names(), ElementsAre("a.sarif", "b.json", "clean", "weak"))
      << "no temporary file stays";

  const Ran sarif = w.drydock({"scan", "weak", "--format", "sarif"});
  EXPECT_EQ(nlohmann::json::parse(sarif.out)["version"], "2.1.0")
      << "nothing else on standard output";
}

TEST_F(Scan, TheNumberOfThreadsChangesNothing) {
  w.shell(
      "head -c 700K /dev/urandom >weak/etc/znoise; for c in gzip bzip2 xz zstd lz4; do "
      "tar -C weak --sort=name -c etc | $c >weak.$c; head -c -7 weak.$c >cut.$c; done");
  for (const std::string kind : {"gzip", "bzip2", "xz", "zstd", "lz4"})
    for (const std::string& name : {"weak." + kind, "cut." + kind}) {
      const std::vector<std::string> base = {"scan", name, "-o", "sarif=-"};
      const auto with = [&](const std::string& jobs) {
        std::vector<std::string> arguments = base;
        arguments.insert(arguments.end(), {"--jobs", jobs});
        return w.drydock(arguments);
      };
      const Ran one = with("1");
      EXPECT_EQ(one.code, 1) << name;
      EXPECT_THAT(one.out, HasSubstr("account-empty-password")) << name;
      EXPECT_EQ(one, with("7")) << name;
      EXPECT_EQ(one, w.drydock(base)) << name;
    }
  const Ran none = w.drydock({"scan", "weak", "--jobs", "0"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("--jobs"));
}

TEST_F(Scan, TheCategoryIsTheIdOfTheRun) {
  const auto id = [&](std::vector<std::string> more) {
    more.insert(more.begin(),
                {"scan", "weak", "--rule", "account-empty-password", "-o", "sarif=-"});
    const auto run = nlohmann::json::parse(w.drydock(more).out)["runs"][0];
    return run.contains("automationDetails") ? run["automationDetails"]["id"].get<std::string>()
                                             : "";
  };
  EXPECT_EQ(id({}), "");
  EXPECT_EQ(id({"--category", "nightly"}), "nightly/");
}

TEST_F(Scan, AReportThatCannotBeWrittenIsAnErrorAndLeavesWhatWasThere) {
  const Ran ran = w.drydock({"scan", "clean", "-o", "sarif=nowhere/x.sarif", "-o", "json=b.json"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err, "error: 'nowhere/x.sarif' cannot be written: No such file or directory\n");
  EXPECT_THAT(w.names(), ElementsAre("b.json", "clean", "weak")) << "the others are written";

  EXPECT_EQ(
      w.shell("\"$DRYDOCK\" scan clean -o sarif=/dev/full >/dev/null 2>err || echo $?; cat err"),
      "2\nerror: '/dev/full' cannot be written: No space left on device\n");
}

TEST_F(Scan, AReaderThatGoesAwayIsNoError) {
  EXPECT_EQ(
      w.shell("set +o pipefail; { \"$DRYDOCK\" scan weak --rule account-empty-password || echo "
              "$? >code; } 2>err | true; cat code err"),
      "1\n");
}

TEST_F(Scan, ConfigurationComesFromAboveNeverFromTheHost) {
  w.file("weak/.drydock.yaml", "disable: ['*']\n");
  EXPECT_EQ(code({"weak"}), 1);
  EXPECT_EQ(
      w.shell("cd weak; \"$DRYDOCK\" scan . --rule account-empty-password >/dev/null || echo $?"),
      "1\n")
      << "not even from inside it";
  EXPECT_EQ(
      w.shell("cd weak; mkdir usr; git init -q .; \"$DRYDOCK\" scan . --profile all --fail-on high "
              ">/dev/null || echo $?"),
      "1\n")
      << "a .git beside a root file system makes it no repository";
}

TEST_F(Scan, ARepositorysOwnConfigurationCounts) {
  w.file("repo/conf/sysctl.conf", "net.ipv4.conf.all.accept_redirects = 1\n");
  w.shell("cd repo; git init -q .");
  EXPECT_EQ(w.drydock({"scan", "repo", "--fail-on", "low"}).code, 1);
  w.file("repo/.drydock.yaml", "disable: [sysctl-*]\n");
  EXPECT_EQ(w.shell("cd repo; \"$DRYDOCK\" scan . --fail-on low >/dev/null; echo $?"), "0\n");
}

// Code scanning finds a file by its path from the root of the checkout, wherever the scan started.
TEST_F(Scan, OneFileOfARepositoryIsNamedFromItsRoot) {
  const char* const files[] = {"roles/x/files/sysctl.conf", "image/rootfs/etc/sysctl.conf"};
  for (const char* file : files) w.file(std::string("repo/") + file, "kernel.sysrq = 1\n");
  w.shell("cd repo; git init -q .");
  for (const char* file : files)
    EXPECT_THAT(w.shell("cd repo/$(dirname " + std::string(file) +
                        "); \"$DRYDOCK\" scan sysctl.conf --profile all -f sarif || true"),
                HasSubstr("\"uri\":\"" + std::string(file) + "\""));
}

TEST_F(Scan, IdentitiesInACheckoutAreThoseOfItsFiles) {
  w.file("repo/roles/x/files/sysctl.conf", "kernel.sysrq = 1\n");
  w.file("repo/image/rootfs/etc/sysctl.conf", "kernel.sysrq = 1\n");
  w.shell("cd repo; git init -q .; cp -r ../repo ../moved");
  const auto identities = [&](const std::string& directory, const std::string& artifact) {
    return w.shell(
        "cd " + directory + "; \"$DRYDOCK\" scan " + artifact +
        " --rule sysctl-sysrq -f sarif | grep -o '\"drydockIdentity/v1\":\"[0-9a-f]*' | sort");
  };
  const std::string all = identities("repo", ".");
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2) << all;
  EXPECT_EQ(identities("moved", "."), all);
  std::vector<std::string> each = {identities("repo/roles", "x"),
                                   identities("repo/image/rootfs/etc", "sysctl.conf")};
  std::sort(each.begin(), each.end());
  EXPECT_EQ(each[0] + each[1], all);
  EXPECT_EQ(identities("repo", "image"), identities("repo/image/rootfs/etc", "sysctl.conf"));
}

TEST_F(Scan, AFileIsOpenedWhateverIsAskedOfIt) {
  w.file("sshd_config", "PermitRootLogin yes\n");
  EXPECT_THAT(w.drydock({"ls", "sshd_config"}).out, HasSubstr(" sshd_config\n"));
  EXPECT_EQ(w.drydock({"query", "sshd_config", "SELECT count(*) AS n FROM sysctl", "-f", "csv"}),
            (Ran{0, "n\n0\n", ""}));
  EXPECT_EQ(w.drydock({"scan", "sshd_config", "--rule", "sysctl-sysrq"}).code, 0);
}

TEST_F(Scan, StandardInputIsAnArchive) {
  w.shell("tar -C weak -cf weak.tar .");
  const Ran ran =
      w.drydock({"scan", "-", "--rule", "account-empty-password", "--target-name", "web"},
                w.read("weak.tar"));
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("guest"));
}

TEST_F(Scan, ColourOnlyWhenAskedForOrOnATerminal) {
  const std::vector<std::string> scan = {"scan", "weak", "--color"};
  const auto with = [&](const char* when) {
    auto a = scan;
    a.emplace_back(when);
    return w.drydock(a).out;
  };
  EXPECT_THAT(with("auto"), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(with("never"), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(with("always"), HasSubstr("\x1b["));
}

// The lines of shadow(5) are secrets: a finding in it is placed, not shown.
TEST_F(Scan, SecretsAreNeverShown) {
  w.file("secret/etc/passwd", "root:*:0:0::/root:/bin/sh\nold:x:1000:1000::/home/old:/bin/sh\n")
      .file("secret/etc/shadow", "root:$6$salt$topsecrethash:1::::::\nold::1::::::\n")
      .file("secret/etc/os-release", "ID=debian\n");
  for (const char* format : {"text", "sarif", "json"}) {
    const Ran ran = w.drydock({"scan", "secret", "--profile", "all", "--format", format});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, HasSubstr("etc/shadow"));
    EXPECT_THAT(ran.out, Not(HasSubstr("topsecrethash"))) << format;
    EXPECT_THAT(ran.out, Not(HasSubstr("old::1"))) << format;
  }
}

}  // namespace
}  // namespace drydock::test
