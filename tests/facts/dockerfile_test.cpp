#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

std::string ask(std::string dockerfile, std::string_view sql, Scope scope = Scope::fragment) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("app/Dockerfile", std::move(dockerfile));
  return test::facts(tree, sql, scope);
}

std::string stages(std::string dockerfile) {
  return ask(
      std::move(dockerfile),
      "SELECT stage, name, base, is_final, user, is_root, loc, user_loc FROM dockerfile_stage");
}

TEST(DockerfileFacts, TheLastUserCounts) {
  EXPECT_EQ(stages("FROM debian:12\nUSER root\nRUN x\nUSER app\n"),
            "0 | - | debian:12 | 1 | app | 0 | app/Dockerfile:1:1 | app/Dockerfile:4:1\n");
  EXPECT_EQ(stages("FROM a\nUSER \"0:0\"\n"),
            "0 | - | a | 1 | 0:0 | 1 | app/Dockerfile:1:1 | app/Dockerfile:2:1\n");
  EXPECT_EQ(stages("FROM scratch\n"), "0 | - | scratch | 1 | - | 1 | app/Dockerfile:1:1 | -\n");
  EXPECT_EQ(stages("FROM a\n"), "0 | - | a | 1 | - | - | app/Dockerfile:1:1 | -\n");
}

TEST(DockerfileFacts, AStageBeginsWithTheUserOfItsBase) {
  EXPECT_EQ(stages("ARG V=12\nFROM --platform=amd64 debian:$V AS base\nUSER 1000\n"
                   "FROM golang as build\nRUN x\nFROM base\nCOPY --from=build /x /x\n"),
            "0 | base | debian:12 | 0 | 1000 | 0 | app/Dockerfile:2:1 | app/Dockerfile:3:1\n"
            "1 | build | golang | 0 | - | - | app/Dockerfile:4:1 | -\n"
            "2 | - | base | 1 | 1000 | 0 | app/Dockerfile:6:1 | app/Dockerfile:3:1\n");
}

TEST(DockerfileFacts, VariablesAreReplacedWhereTheyAreKnown) {
  EXPECT_EQ(stages("FROM a\nARG UID=0\nUSER ${UID}\n"),
            "0 | - | a | 1 | 0 | 1 | app/Dockerfile:1:1 | app/Dockerfile:3:1\n");
  EXPECT_EQ(stages("FROM a\nENV U app\nUSER $U:${G:-users}\n"),
            "0 | - | a | 1 | app:users | 0 | app/Dockerfile:1:1 | app/Dockerfile:3:1\n");
  EXPECT_EQ(stages("FROM a\nARG UID\nUSER $UID\n"),
            "0 | - | a | 1 | $UID | - | app/Dockerfile:1:1 | app/Dockerfile:3:1\n");
  EXPECT_EQ(stages("ARG UID=5\nFROM a\nUSER $UID\n"),
            "0 | - | a | 1 | $UID | - | app/Dockerfile:2:1 | app/Dockerfile:3:1\n");
}

TEST(DockerfileFacts, InstructionsWithoutTheirSecrets) {
  EXPECT_EQ(ask("FROM a\nADD --checksum=sha256:1 https://x/y /y\nCOPY [\"a b\", \"/c\"]\n"
                "ENV DB_PASSWORD hunter2\nARG API_TOKEN=x V=1\nRUN API_KEY=k make\n",
                "SELECT ordinal, instruction, arguments, source, has_checksum, secret FROM "
                "dockerfile_instruction WHERE instruction <> 'FROM'"),
            "1 | ADD | --checksum=sha256:1 https://x/y /y | https://x/y | 1 | -\n"
            "2 | COPY | [\"a b\", \"/c\"] | a b | 0 | -\n"
            "3 | ENV | DB_PASSWORD=*** | - | 0 | DB_PASSWORD\n"
            "4 | ARG | API_TOKEN=*** V=1 | - | 0 | API_TOKEN\n"
            "5 | RUN | API_KEY=*** make | - | 0 | API_KEY\n");
}

TEST(DockerfileFacts, OnAHostTheyAreDocumentation) {
  EXPECT_EQ(ask("FROM a\n", "SELECT count(*) FROM dockerfile_stage", Scope::host), "0\n");
}

}  // namespace
}  // namespace drydock
