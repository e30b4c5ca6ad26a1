// Repositories: what git ignores, and where paths are relative to.
#include "analyzer/source/repository.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "analyzer/source/targets.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

// Every path of a checkout that `git check-ignore` names must be ignored, and no other. git does not
// judge what lies in an ignored directory by itself, nor does a walk get there.
TEST(GitIgnore, AgreesWithGit) {
  TempDir dir;
  dir.file(".gitignore",
           "# "
           "comment\n\\#literal\n*.log\n!keep.log\n/build\n/only-top.txt\ntmp/\ndoc/*.txt\n**/"
           "cache\na/**/z\nlogs/**\n"
           "trailing   \nspace\\ "
           "\n!/important.log\nfoo/**\n!foo/bar/\n[ab].c\n*.o\r\nnested/dir/\n/*.cfg\n\\!bang\n?x\n"
           "**/deep/file\nmid/**/end.txt\nq[!a-c]q\n")
      .file("sub/.gitignore", "!*.log\n/local\n*.sub\nkeep.log\nvendor/*\n!vendor/mine\n")
      .file("sub/inner/.gitignore", "*\n!.gitignore\n!wanted\n");
  const char* files[] = {"x.log",
                         "keep.log",
                         "important.log",
                         "build/a",
                         "sub/build/a",
                         "only-top.txt",
                         "sub/only-top.txt",
                         "tmp/a",
                         "sub/tmp/a",
                         "sub/tmp2",
                         "t/tmp",
                         "doc/a.txt",
                         "doc/b/a.txt",
                         "sub/doc/a.txt",
                         "cache/x",
                         "a/cache/x",
                         "a/z",
                         "a/b/z",
                         "a/b/c/z",
                         "b/a/z",
                         "logs/x",
                         "logs/y/z",
                         "trailing",
                         "space ",
                         "#literal",
                         "#other",
                         "foo/x",
                         "foo/bar/x",
                         "a.c",
                         "c.c",
                         "sub/b.c",
                         "y.o",
                         "nested/dir/x",
                         "sub/nested/dir/x",
                         "n.cfg",
                         "sub/n.cfg",
                         "!bang",
                         "bang",
                         "xx",
                         "xxx",
                         "sub/a.log",
                         "sub/local",
                         "sub/a/local",
                         "sub/x.sub",
                         "x.sub",
                         "sub/keep.log",
                         "sub/vendor/a",
                         "sub/vendor/mine",
                         "sub/inner/wanted",
                         "sub/inner/other",
                         "deep/file",
                         "a/deep/file",
                         "a/deep/file2",
                         "mid/end.txt",
                         "mid/a/end.txt",
                         "mid/a/b/end.txt",
                         "x/mid/a/end.txt",
                         "qaq",
                         "qdq",
                         "excluded.by.info",
                         "caf\xc3\xa9.log"};
  for (const char* file : files) dir.file(file, "x\n");
  run("git init -q . && echo excluded.by.info >> .git/info/exclude", dir.path());
  // -uall without directories collapsed: one line a file.
  std::vector<std::string> expected;
  const std::string listed = run(
      "git -c core.quotePath=false ls-files -z --cached --others --exclude-standard", dir.path());
  for (size_t at = 0; at < listed.size(); at = listed.find('\0', at) + 1)
    expected.push_back(listed.substr(at, listed.find('\0', at) - at));
  std::sort(expected.begin(), expected.end());

  OpenOptions everything;
  everything.interest.add_loose("*");
  const auto artifact = open_artifact(dir.path(), everything);
  ASSERT_TRUE(artifact) << summary(artifact);
  EXPECT_EQ(artifact->kind, ArtifactKind::repository);
  EXPECT_EQ(artifact->targets[0].loose_files, expected);
  EXPECT_GT(expected.size(), 20u);
}

// gitignore(5): "Files already tracked by Git are not affected". In every format of the index and of names of objects.
TEST(GitIgnore, TrackedFilesCount) {
  for (const char* const setup :
       {"git init -q . && git config index.version 2",
        "git init -q . && git config index.version 3",
        "git init -q . && git config index.version 4",
        "git init -q --object-format=sha256 . && git config index.version 4"}) {
    TempDir dir;
    dir.file(".gitignore", "*.service\n/build/\n")
        .file("a.service", "")
        .file("b.service", "")
        .file("build/etc-like/sshd_config", "")
        .file("build/etc-like/daemon.json", "{}")
        .file("build/other/sshd_config", "")
        .file("sub/c.service", "")
        .file("sub/d.service", "");
    run(std::string(setup) +
            " && git add -f a.service build/etc-like/sshd_config sub/d.service && git add -N -f "
            "sub/c.service",
        dir.path());
    EXPECT_EQ(summary(open_artifact(dir.path(), options())),
              "fragment \"" + artifact_stem(dir.path()) +
                  "\": loose files, no root around them\n"
                  "  a.service\n"
                  "  build/etc-like/sshd_config\n"
                  "  sub/c.service\n"
                  "  sub/d.service\n")
        << setup;
    EXPECT_EQ(summary(open_artifact(dir.path("sub"), options())),
              "fragment \"sub\": loose files, no root around them\n"
              "  c.service\n"
              "  d.service\n")
        << setup;
  }
}

TEST(GitIgnore, ADamagedIndexLeavesThePatterns) {
  for (const std::string& index :
       {std::string("DIRC"), std::string("DIRC\0\0\0\2\xff\xff\xff\xff", 12),
        std::string("junk")}) {
    TempDir dir;
    dir.file(".gitignore", "*.service\n").file("a.service", "").file("sshd_config", "");
    run("git init -q .", dir.path());
    dir.file(".git/index", index);
    EXPECT_EQ(summary(open_artifact(dir.path(), options())),
              "fragment \"" + artifact_stem(dir.path()) +
                  "\": loose files, no root around them\n"
                  "  sshd_config\n");
  }
}

TEST(GitIgnore, FilesAboveTheArtifactCount) {
  TempDir dir;
  dir.file(".gitignore", "*.service\n!good.service\n/roles/x/secret.d/\n")
      .file("roles/.gitignore", "/x/b.service\n")
      .file("roles/x/a.service", "")
      .file("roles/x/good.service", "")
      .file("roles/x/b.service", "")
      .file("roles/x/secret.d/sshd_config", "")
      .file("roles/x/sshd_config", "");
  run("git init -q .", dir.path());
  const auto artifact = open_artifact(dir.path("roles/x"), options());
  ASSERT_TRUE(artifact) << summary(artifact);
  EXPECT_EQ(summary(artifact),
            "fragment \"x\": loose files, no root around them\n"
            "  good.service\n"
            "  sshd_config\n");
  EXPECT_EQ(artifact->repository_path, "roles/x");
  EXPECT_EQ(artifact->kind, ArtifactKind::repository);
}

TEST(Repository, RolesUnitsAndOverlays) {
  TempDir dir;
  dir.file("roles/x/files/sysctl.conf", "")
      .file("packer/files/etc/audit/rules.d/docker.rules", "")
      .file("packer/files/etc/fstab", "")
      .file("units/app.service", "")
      .file("daemon.json", "{}")
      .file("src/main.c", "")
      .file("files/sysctl.d/10-x.conf", "")
      .file(".git/sshd_config", "")
      .file("node/.git", "gitdir: elsewhere\n");
  run("rm -rf .git && git init -q . && cp daemon.json .git/daemon.json", dir.path());
  const auto artifact = open_artifact(dir.path(), options());
  ASSERT_TRUE(artifact) << summary(artifact);
  const std::string name = artifact_stem(dir.path());
  EXPECT_EQ(
      summary(artifact),
      "fragment \"" + name +
          "\": loose files, no root around them\n"
          "  daemon.json\n"
          "  files/sysctl.d/10-x.conf\n"
          "  roles/x/files/sysctl.conf\n"
          "  units/app.service\n"
          "fragment \"" +
          name +
          "-packer-files\" at packer/files: an etc/ with 2 known files, too few for a whole /etc\n"
          "  etc/audit/rules.d/docker.rules\n"
          "  etc/fstab\n");
  EXPECT_EQ(artifact->targets[1].artifact_path("etc/fstab"), "packer/files/etc/fstab");
}

// An overlay with accounts and a script is still no host, in a repository.
TEST(Repository, IsStricterAboutRoots) {
  TempDir dir;
  dir.file("o/etc/passwd", "").file("o/etc/group", "").file("o/usr/bin/tool", "");
  EXPECT_EQ(summary(open_artifact(dir.path(), options())).substr(0, 4), "host");
  run("git init -q .", dir.path());
  EXPECT_EQ(summary(open_artifact(dir.path(), options())).substr(0, 8), "fragment");
  dir.file("o/usr/lib/os-release", "");
  EXPECT_EQ(summary(open_artifact(dir.path(), options())).substr(0, 4), "host");
}

TEST(Repository, OneFileOfIt) {
  TempDir dir;
  dir.file("packer/files/etc/audit/rules.d/docker.rules", "")
      .file("packer/files/etc/fstab", "a b c d\n")
      .file("conf/sshd_config", "x\n");
  run("git init -q .", dir.path());
  const auto deep = open_artifact(dir.path("packer/files/etc/fstab"), options());
  ASSERT_TRUE(deep) << summary(deep);
  EXPECT_TRUE(deep->in_repository);
  EXPECT_EQ(deep->repository_path, "packer/files");
  EXPECT_EQ(deep->targets[0].loose_files[0], "etc/fstab");
  const auto flat = open_artifact(dir.path("conf/sshd_config"), options());
  ASSERT_TRUE(flat) << summary(flat);
  EXPECT_EQ(flat->repository_path, "conf");
  EXPECT_TRUE(flat->in_repository);
  EXPECT_EQ(flat->targets[0].artifact_path("sshd_config"), "sshd_config");
}

// etckeeper: the checkout is /etc itself, so "etc/" is no part of a path in it.
TEST(Repository, OneFileOfAnEtcUnderGit) {
  TempDir dir;
  dir.file("host/etc/fstab", "a b c d\n");
  run("git init -q .", dir.path("host/etc"));
  const auto file = open_artifact(dir.path("host/etc/fstab"), options());
  ASSERT_TRUE(file) << summary(file);
  EXPECT_TRUE(file->in_repository);
  EXPECT_EQ(file->repository_path, "");
  EXPECT_EQ(file->targets[0].loose_files[0], "etc/fstab");
  EXPECT_EQ(file->targets[0].artifact_path("etc/fstab"), "fstab");
}

TEST(Repository, OneFileOutsideOfAny) {
  TempDir dir;
  dir.file("conf/sshd_config", "x\n");
  const auto file = open_artifact(dir.path("conf/sshd_config"), options());
  ASSERT_TRUE(file) << summary(file);
  EXPECT_FALSE(file->in_repository);
}

// What an artifact is does not depend on what somebody wants to read of it.
TEST(Repository, ANarrowQuestionFindsTheSameHosts) {
  TempDir dir;
  dir.file("x/conf/sshd_config", "x\n").file("x/o/etc/fstab", "a b c d\n");
  run("tar -C x -cf x.tar conf o", dir.path());
  OpenOptions narrow;
  narrow.known = options().interest;
  for (const char* path : {"x", "x.tar", "x/conf/sshd_config"}) {
    const auto wide = open_artifact(dir.path(path), options());
    ASSERT_TRUE(wide) << summary(wide);
    EXPECT_EQ(summary(open_artifact(dir.path(path), narrow)), summary(wide)) << path;
  }
}

}  // namespace
}  // namespace drydock::test
