// The hosts written as text, judged whole: every finding is expected, with a reason, in
// fixtures/hosts/NAME.expected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/cli/run.h"
#include "tests/paths.h"

namespace drydock::test {
namespace {

using Lines = std::set<std::string>;

// "rule-id etc/path:line:column", or "rule-id etc/path" for the file as a whole.
Lines findings(const Workspace& workspace, const std::string& artifact,
               const std::vector<std::string>& profiles) {
  std::vector<std::string> arguments = {"scan",       artifact,          "--target-name", "host",
                                        "--format",   "sarif",           "--isolated",    "--as-of",
                                        "2026-11-01", "--sarif-include", "review"};
  for (const std::string& profile : profiles)
    arguments.insert(arguments.end(), {"--profile", profile});
  const Ran ran = workspace.drydock(arguments);
  EXPECT_THAT(ran.code, testing::AnyOf(0, 1)) << ran.err;
  Lines out;
  const auto sarif = nlohmann::json::parse(ran.out);
  for (const auto& result : sarif["runs"][0]["results"]) {
    const auto& place = result["locations"][0]["physicalLocation"];
    std::string line =
        result["ruleId"].get<std::string>() + " " +
        place["artifactLocation"]["uri"].get<std::string>().substr(std::string("host/").size());
    if (place.contains("region") && place["region"].contains("startColumn"))
      line += ":" + std::to_string(place["region"]["startLine"].get<int>()) + ":" +
              std::to_string(place["region"]["startColumn"].get<int>());
    out.insert(line);
  }
  return out;
}

// The lines of an .expected file without their reasons ("# …").
Lines expected(const std::string& name) {
  std::istringstream in(
      Workspace::slurp_file(source_dir() + "/fixtures/hosts/" + name + ".expected"));
  Lines out;
  for (std::string line; std::getline(in, line);) {
    line.erase(std::min(line.find("#"), line.size()));
    line.erase(line.find_last_not_of(' ') + 1);
    if (!line.empty()) out.insert(line);
  }
  return out;
}

struct Host {
  std::string name;
  std::vector<std::string> profiles;

  friend void PrintTo(const Host& host, std::ostream* out) { *out << host.name; }
};

class Hosts : public testing::TestWithParam<Host> {};

TEST_P(Hosts, AreJudgedAsReviewed) {
  const Workspace w;
  w.shell("\"$SOURCE\"/tools/make-host \"$SOURCE\"/fixtures/hosts/" + GetParam().name +
          " host.tar");
  EXPECT_THAT(findings(w, "host.tar", GetParam().profiles),
              testing::ContainerEq(expected(GetParam().name)));
}

// Two made for this, and two as they are installed.
INSTANTIATE_TEST_SUITE_P(All, Hosts,
                         testing::Values(Host{"weak", {"all"}}, Host{"hardened", {"all"}},
                                         Host{"ubuntu", {"base", "server", "cis-level1"}},
                                         Host{"rhel", {"base", "server", "cis-level1"}}),
                         [](const auto& host) { return host.param.name; });

// The same bytes whatever the host came in, but for what is said about the artifact itself.
TEST(Hosts, GiveTheSameReportInEveryFormat) {
  const Workspace w;
  w.shell(
      "\"$SOURCE\"/tools/make-host \"$SOURCE\"/fixtures/hosts/weak host.tar; "
      "gzip -k host.tar; xz -k host.tar; bzip2 -k host.tar; zstd -q host.tar; lz4 -q host.tar "
      "host.tar.lz4; "
      "bsdtar --format=newc -cf host.cpio @host.tar");
  const auto results = [&](const std::string& artifact) {
    const Ran ran = w.drydock(
        {"scan", artifact, "--profile", "all", "--target-name", "host", "--format", "sarif"});
    auto run = nlohmann::ordered_json::parse(ran.out)["runs"][0];
    run.erase("artifacts");
    run.erase("properties");
    return run.dump(1);
  };
  const std::string tar = results("host.tar");
  EXPECT_THAT(tar, testing::HasSubstr("\"ruleId\""));
  for (const char* artifact :
       {"host.tar.gz", "host.tar.xz", "host.tar.bz2", "host.tar.zst", "host.tar.lz4", "host.cpio"})
    EXPECT_EQ(results(artifact), tar) << artifact;
}

}  // namespace
}  // namespace drydock::test
