// Which hosts are found in an artifact, and how complete they are said to be.
#include "analyzer/source/targets.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "analyzer/source/open_bytes.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

// What is found in a directory of these files ("a/b" or "link -> target"), and in a tar of it, which
// must be the same.
std::string found(const std::vector<std::string>& files, OpenOptions how = options()) {
  TempDir dir;
  ArchiveBuilder builder("pax");
  for (const std::string& file : files) {
    if (const size_t arrow = file.find(" -> "); arrow != std::string::npos) {
      dir.symlink("x/" + file.substr(0, arrow), file.substr(arrow + 4));
      builder.symlink(file.substr(0, arrow), file.substr(arrow + 4));
    } else if (file.ends_with('/')) {
      dir.directory("x/" + file);
      builder.directory(file);
    } else {
      dir.file("x/" + file, "text\n");
      builder.file(file, "text\n");
    }
  }
  how.target_name = "x";
  const std::string from_directory = summary(open_artifact(dir.path("x"), how));
  const std::string bytes = builder.bytes();
  std::string from_archive = summary(open_bytes(bytes, how));
  if (const size_t at = from_archive.find("'memory'"); at != std::string::npos)
    from_archive.replace(at, 8, "'" + dir.path("x") + "'");
  EXPECT_EQ(from_archive, from_directory);
  std::string out = from_directory;
  if (const size_t at = out.find("'" + dir.path("x") + "'"); at != std::string::npos)
    out.replace(at, dir.path("x").size() + 2, "it");
  return out;
}

TEST(Targets, AWholeRoot) {
  EXPECT_EQ(found({"etc/passwd", "usr/bin/sh", "bin -> usr/bin"}),
            "host \"x\": it has etc/passwd and usr/bin\n");
  EXPECT_EQ(found({"etc/os-release -> ../usr/lib/os-release", "usr/lib/os-release", "bin/busybox"}),
            "host \"x\": it has etc/os-release and bin\n");
  // The stateless kind: /etc filled at first boot.
  EXPECT_EQ(found({"etc/", "usr/lib/os-release", "usr/bin/sh"}),
            "host \"x\": it has usr/lib/os-release and usr/bin\n");
}

TEST(Targets, ARootInADirectory) {
  EXPECT_EQ(found({"rootfs/etc/passwd", "rootfs/usr/bin/sh", "README"}),
            "host \"x\" at rootfs: it has etc/passwd and usr/bin\n");
}

TEST(Targets, SeveralSideBySide) {
  EXPECT_EQ(found({"a/etc/passwd", "a/bin/sh", "b/c/etc/passwd", "b/c/etc/group", "d/sshd_config"}),
            "fragment \"x\": loose files, no root around them\n"
            "  d/sshd_config\n"
            "host \"x-a\" at a: it has etc/passwd and bin\n"
            "etc \"x-b-c\" at b/c: it has etc/passwd and etc/group, but no programs\n");
}

TEST(Targets, AWholeEtc) {
  EXPECT_EQ(found({"etc/passwd", "etc/fstab"}),
            "etc \"x\": it has etc/passwd and etc/fstab, but no programs\n");
  EXPECT_EQ(found({"passwd", "fstab", "ssh/sshd_config"}),
            "etc \"x\" inside etc: it has passwd and fstab at the top, as made inside /etc\n");
}

TEST(Targets, ATreeMadeInsideEtcHasItsPathsBelowEtc) {
  const std::string bytes = ArchiveBuilder("pax")
                                .file("./passwd", "p\n")
                                .file("./group", "g\n")
                                .file("./x/y.conf", "y\n")
                                .symlink("mtab", "../proc/mounts")
                                .bytes();
  const auto artifact = open_bytes(bytes, options());
  ASSERT_TRUE(artifact);
  const Target& target = artifact->targets[0];
  EXPECT_EQ(listing(*target.tree, "u"),
            "directory 0755 etc\n"
            "file 0644 etc/group 2 \"g\\n\"\n"
            "symlink 0777 etc/mtab -> ../proc/mounts\n"
            "file 0644 etc/passwd 2 \"p\\n\"\n"
            "directory 0755 etc/x\n"
            "file 0644 etc/x/y.conf 2 \"y\\n\"\n");
  EXPECT_EQ(target.artifact_path("etc/x/y.conf"), "x/y.conf");
  EXPECT_EQ(target.tree->resolve("etc/mtab").error().message, "'etc/mtab' does not exist");
  EXPECT_EQ(target.tree->read("etc/none").error().message, "'etc/none' does not exist");
  EXPECT_EQ(target.tree->read("passwd").error().kind, TreeError::Kind::not_found);
}

// What an overlay lacks means nothing; what it has, it has at its place.
TEST(Targets, AnOverlayIsAFragment) {
  EXPECT_EQ(found({"overlay/etc/sysctl.d/9.conf", "overlay/etc/motd", "overlay/usr/bin/tool"}),
            "fragment \"x\" at overlay: an etc/ with 1 known file, too few for a whole /etc\n"
            "  etc/sysctl.d/9.conf\n");
  EXPECT_EQ(found({"etc/fstab"}),
            "fragment \"x\": an etc/ with 1 known file, too few for a whole /etc\n"
            "  etc/fstab\n");
}

TEST(Targets, RootsInsideARootBelongToIt) {
  EXPECT_EQ(
      found({"etc/passwd", "bin/sh", "srv/chroot/etc/passwd", "srv/chroot/bin/sh",
             "var/lib/docker/overlay2/1/diff/etc/passwd", "var/lib/docker/overlay2/1/diff/bin/sh"}),
      "host \"x\": it has etc/passwd and bin\n");
}

TEST(Targets, ContainersAreNoHosts) {
  EXPECT_EQ(
      found({"var/lib/docker/overlay2/1/diff/etc/passwd", "var/lib/docker/overlay2/1/diff/bin/sh",
             "srv/docker/overlay2/2/diff/etc/passwd", "srv/docker/overlay2/2/diff/bin/sh",
             "d/snapshots/3/fs/etc/passwd", "d/snapshots/3/fs/bin/sh", "etc/fstab"}),
      "fragment \"x\": an etc/ with 1 known file, too few for a whole /etc\n"
      "  etc/fstab\n");
}

TEST(Targets, LooseFiles) {
  EXPECT_EQ(found({"sshd_config", "files/sysctl.d/1.conf", "units/a.service", "a.conf"}),
            "fragment \"x\": loose files, no root around them\n"
            "  files/sysctl.d/1.conf\n"
            "  sshd_config\n"
            "  units/a.service\n");
}

TEST(Targets, NothingKnown) {
  EXPECT_EQ(found({"README.md", "src/a.c"}), "error: it holds no file that drydock knows\n");
  TempDir dir;
  EXPECT_EQ(summary(open_artifact(dir.path(), options())),
            "error: '" + dir.path() + "' holds no file that drydock knows\n");
  EXPECT_EQ(open_artifact(dir.path(), options()).error().help, "it is empty");
  dir.file("README.md", "").file("src/a.c", "");
  EXPECT_EQ(open_artifact(dir.path(), options())
                .error()
                .help.find("seen: README.md, src; drydock looks for"),
            0u);
  dir.file("rootfs.tar.xz", "");
  EXPECT_EQ(open_artifact(dir.path(), options()).error().help,
            "rootfs.tar.xz in it is an archive itself; scan that");
  EXPECT_EQ(
      open_bytes(
          ArchiveBuilder("pax", "none").file("a/layer.tgz", "").file("root.cpio", "").bytes(),
          options())
          .error()
          .help,
      "root.cpio in it is an archive itself; archives in archives are not opened: unpack it, or "
      "hand it over by a pipe, as `unzip -p FILE root.cpio` or `tar -xOf FILE root.cpio` with `| "
      "drydock scan -`");
}

TEST(Targets, RootByOrder) {
  const std::vector<std::string> files = {"etc/passwd", "bin/sh", "srv/chroot/etc/passwd",
                                          "srv/chroot/bin/sh", "data/x"};
  OpenOptions how = options();
  how.root = "/srv/chroot/";
  EXPECT_EQ(found(files, how), "host \"x\" at srv/chroot: it has etc/passwd and bin\n");
  how.root = "data";
  EXPECT_EQ(found(files, how), "host \"x\" at data: --root says so\n");
  how.root = "none";
  EXPECT_EQ(found(files, how), "error: --root: the artifact has no directory 'none'\n");
}

TEST(Targets, ScopeByOrder) {
  OpenOptions how = options();
  how.scope = Scope::host;
  EXPECT_EQ(found({"etc/fstab"}, how), "host \"x\": --scope says so\n");
  how.scope = Scope::fragment;
  EXPECT_EQ(found({"etc/passwd", "etc/fstab", "etc/x", "bin/sh"}, how),
            "fragment \"x\": --scope says so\n"
            "  etc/fstab\n"
            "  etc/passwd\n");
}

TEST(Targets, LinksOfAFragmentStayInIt) {
  const std::string bytes = ArchiveBuilder("pax")
                                .symlink("o/etc/fstab", "/etc/other")
                                .symlink("o/etc/sysctl.conf", "../../../x")
                                .file("etc/other", "")
                                .bytes();
  const auto artifact = open_bytes(bytes, options());
  ASSERT_TRUE(artifact);
  const Tree& tree = *artifact->targets[0].tree;
  EXPECT_EQ(tree.read_resolved("etc/fstab").error().message, "'etc/fstab' leads out of the tree");
  EXPECT_EQ(tree.read_resolved("etc/sysctl.conf").error().message,
            "'etc/sysctl.conf' leads out of the tree");
}

TEST(OneFile, IsKnownByItsPath) {
  TempDir dir;
  dir.file("sshd_config", "Port 22\n", 0600)
      .file("a/etc/sysctl.d/1.conf", "x=1\n")
      .file("sysctl.d/2.conf", "y=1\n")
      .file("unknown.conf", "")
      .file("passwd", "root:x:0:0::/:/bin/sh\n")
      .file("empty.service", "");
  const auto one = open_artifact(dir.path("sshd_config"), options());
  ASSERT_TRUE(one) << summary(one);
  EXPECT_EQ(one->kind, ArtifactKind::file);
  EXPECT_EQ(summary(one), "fragment \"sshd_config\": one file\n  sshd_config\n");
  EXPECT_EQ(listing(*one->targets[0].tree, "u"), "file 0600 sshd_config 8 \"Port 22\\n\"\n");
  EXPECT_EQ(summary(open_artifact(dir.path("a/etc/sysctl.d/1.conf"), options())),
            "fragment \"1.conf\": one file\n  etc/sysctl.d/1.conf\n");
  EXPECT_EQ(summary(open_artifact(dir.path("sysctl.d/2.conf"), options())),
            "fragment \"2.conf\": one file\n  sysctl.d/2.conf\n");
}

// A directory whose own name, or that of those above it, says what its files are.
TEST(OneDirectory, IsKnownByItsPath) {
  TempDir dir;
  dir.file("sysctl.d/1.conf", "x=1\n")
      .file("sysctl.d/README", "")
      .file("audit/rules.d/a.rules", "-D\n");
  dir.file("a/etc/sub/deep/b", "").file("none/sysctl", "").file("sysctl.d/more/2.conf", "");
  const auto one = open_artifact(dir.path("sysctl.d"), options());
  EXPECT_EQ(summary(one),
            "fragment \"sysctl.d\" inside sysctl.d: loose files of a directory 'sysctl.d'\n"
            "  sysctl.d/1.conf\n");
  ASSERT_TRUE(one);
  EXPECT_EQ(listing(*one->targets[0].tree, "u"),
            "directory 0755 sysctl.d\n"
            "file 0644 sysctl.d/1.conf 4 \"x=1\\n\"\n"
            "file 0644 sysctl.d/README 0 \"\"\n"
            "directory 0755 sysctl.d/more\n"
            "file 0644 sysctl.d/more/2.conf 0 \"\"\n");
  EXPECT_EQ(one->targets[0].artifact_path("sysctl.d/1.conf"), "1.conf");
  const auto rules = open_artifact(dir.path("audit/rules.d/"), options());
  EXPECT_EQ(
      summary(rules),
      "fragment \"rules.d\" inside audit/rules.d: loose files of a directory 'audit/rules.d'\n"
      "  audit/rules.d/a.rules\n");
  ASSERT_TRUE(rules);
  EXPECT_EQ(listing(*rules->targets[0].tree, "u"),
            "directory 0755 audit\n"
            "directory 0755 audit/rules.d\n"
            "file 0644 audit/rules.d/a.rules 3 \"-D\\n\"\n");
  EXPECT_EQ(rules->targets[0].tree->list("audit").value(), std::vector<std::string>{"rules.d"});
  EXPECT_EQ(rules->targets[0].tree->read("audit/x").error().kind, TreeError::Kind::not_found);
  EXPECT_EQ(summary(open_artifact(dir.path("a/etc/sub"), options())),
            "fragment \"sub\" inside etc/sub: loose files of a directory 'etc/sub'\n"
            "  etc/sub/deep/b\n");
  EXPECT_EQ(summary(open_artifact(dir.path("none"), options())),
            "error: '" + dir.path("none") + "' holds no file that drydock knows\n");
}

TEST(Names, AreStems) {
  const std::pair<const char*, const char*> cases[] = {
      {"dir/base.tar.zst", "base"}, {"base.tgz", "base"}, {"/a/b/", "b"}, {"disk.img", "disk"},
      {"v1.2.tar", "v1.2"},         {".tar", ".tar"},     {"etc", "etc"}, {"x.cpio.gz", "x"}};
  for (const auto& [path, stem] : cases) EXPECT_EQ(artifact_stem(path), stem) << path;
}

// ── the machine's own files ──

TEST(DirectoryTarget, WhatCannotBeRead) {
  TempDir dir;
  dir.directory(".");
  dir.file("d/etc/passwd", "x").directory("closed", 0000).file("secret.tar", "x", 0000);
  // Root reads everything; so it is somebody else for a while.
  const uid_t me = geteuid();
  if (me == 0) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  const std::string closed = summary(open_artifact(dir.path("closed"), options()));
  const std::string secret = summary(open_artifact(dir.path("secret.tar"), options()));
  if (me == 0) {
    ASSERT_EQ(seteuid(me), 0);
  }
  EXPECT_EQ(closed, "error: '" + dir.path("closed") + "' cannot be opened: Permission denied\n");
  EXPECT_EQ(secret,
            "error: '" + dir.path("secret.tar") + "' cannot be opened: Permission denied\n");
}

TEST(DirectoryTarget, NoPathLeavesIt) {
  TempDir dir;
  dir.file("secret", "s")
      .file("r/etc/passwd", "x")
      .file("r/bin/sh", "")
      .symlink("r/out", "..")
      .symlink("r/etc/fstab", "../../secret");
  const auto artifact = open_artifact(dir.path("r"), options());
  ASSERT_TRUE(artifact);
  const Tree& tree = *artifact->targets[0].tree;
  for (const char* path : {"../secret", "out/secret", "etc/../../secret", "etc//passwd",
                           "./etc/passwd", "etc/passwd/"})
    EXPECT_EQ(tree.read(path).error().kind, TreeError::Kind::not_found) << path;
  EXPECT_FALSE(tree.read_resolved("out/secret"));  // ".." at the root stays there: r/secret
  EXPECT_FALSE(tree.read_resolved("etc/fstab"));
  EXPECT_EQ(tree.read("etc/fstab").error().kind, TreeError::Kind::wrong_type);
}

}  // namespace
}  // namespace drydock::test
