#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kMounts =
    "SELECT path, source, fstype, at_boot, options_loc FROM mount WHERE source_kind <> 'systemd' "
    "ORDER BY path";

std::shared_ptr<MemoryTree> systemd_host(std::string fstab) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/lib/systemd/systemd", "", 0755).file("etc/fstab", std::move(fstab));
  return tree;
}

// systemd-fstab-generator 252 on this very file makes -.mount, x.mount (from /dev/a),
// realdir-a.mount, y-z.mount, no.mount and auto.mount, and says "Duplicate entry in '/etc/fstab'?"
// of the second /x.
TEST(MountFacts, FollowTheFstabGenerator) {
  auto tree = systemd_host(
      "/dev/sda1 / ext4 defaults 0 1\n/dev/a /x ext4 rw,nosuid\n/dev/b /x ext4 ro\n"
      "/dev/e rel ext4 defaults\n/dev/f none swap sw\n/dev/g /no ext4 noauto\n"
      "/dev/h /lnk/a ext4 nodev\n/dev/i /../y/./z/ ext4 nodev\n"
      "/dev/k /auto ext4 noauto,x-systemd.automount\nnone /y4 autofs rw\n");
  tree->directory("realdir").symlink("lnk", "/realdir");
  EXPECT_EQ(test::facts(tree, kMounts),
            "/ | /dev/sda1 | ext4 | 1 | etc/fstab:1:18\n"
            "/auto | /dev/k | ext4 | 1 | etc/fstab:9:19\n"
            "/no | /dev/g | ext4 | 0 | etc/fstab:6:17\n"
            "/realdir/a | /dev/h | ext4 | 1 | etc/fstab:7:20\n"
            "/x | /dev/a | ext4 | 1 | etc/fstab:2:16\n"
            "/y/z | /dev/i | ext4 | 1 | etc/fstab:8:24\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT mount_point, why_not_used FROM fstab_line WHERE NOT is_used "
                        "ORDER BY mount_point"),
            "/x | systemd takes the first line for a mount point\n"
            "/y4 | autofs mounts are not made from fstab\n"
            "none | swap space\n"
            "rel | the mount point is no absolute path\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, winner, loser, value FROM override"),
            "/x | etc/fstab:2:1 | etc/fstab:3:1 | ro\n");
}

TEST(MountFacts, WithoutSystemdTheLastLineLiesOnTop) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/fstab", "/dev/a /x ext4 rw\n/dev/b /x ext4 ro\n");
  EXPECT_EQ(test::facts(tree, kMounts), "/x | /dev/b | ext4 | 1 | etc/fstab:2:16\n");
}

// mount(8): user implies noexec, nosuid and nodev; the last word counts; defaults is no flag of its
// own.
TEST(MountFacts, DecideTheFlags) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file(
      "etc/fstab",
      "a /a x nosuid,nodev,defaults\na /b x user,exec\na /c x owner,ro,rw\na /d x suid,nosuid\n"
      "a /e x nosuid,suid,xnodev,size=noexec\n/f /f none bind,ro\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT path, nosuid, nodev, noexec, read_only, is_bind FROM mount "
                        "ORDER BY path"),
            "/a | 1 | 1 | 0 | 0 | 0\n/b | 1 | 1 | 0 | 0 | 0\n/c | 1 | 1 | 0 | 0 | 0\n"
            "/d | 1 | 0 | 0 | 0 | 0\n/e | 0 | 0 | 0 | 0 | 0\n/f | 0 | 0 | 0 | 1 | 1\n");
}

TEST(MountFacts, SystemdMountsSomeByItselfUnlessFstabSaysHow) {
  auto tree = systemd_host("tmpfs /dev/shm tmpfs nosuid,nodev,noexec\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT path, source_kind, noexec, loc FROM mount WHERE path IN "
                        "('/dev/shm', '/run') ORDER BY path"),
            "/dev/shm | fstab | 1 | etc/fstab:1:1\n/run | systemd | 0 | -\n");
}

TEST(MountFacts, OptionsCanBeAskedOneByOne) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/fstab", "tmpfs /tmp tmpfs nosuid,size=1G,mode=1777\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, option, value, loc FROM mount_option ORDER BY rowid"),
            "/tmp | nosuid | - | etc/fstab:1:18\n/tmp | size | 1G | etc/fstab:1:25\n"
            "/tmp | mode | 1777 | etc/fstab:1:33\n");
}

TEST(PathMountFacts, FollowLinksAndLeaveOutWhatIsNotMountedAtBoot) {
  auto tree =
      systemd_host("a / ext4 rw\na /var ext4 rw\na /var/log ext4 noauto\na /data ext4 rw\n");
  tree->directory("data/docker").symlink("var/lib/docker", "/data/docker");
  EXPECT_EQ(test::facts(tree,
                        "SELECT path, real_path, mount_path, separate, loc FROM path_mount WHERE "
                        "path IN ('/var', '/var/log', '/var/lib/docker', '/dev/shm', '/home') "
                        "ORDER BY path"),
            "/dev/shm | /dev/shm | /dev/shm | 1 | -\n"
            "/home | /home | / | 0 | etc/fstab:1:1\n"
            "/var | /var | /var | 1 | etc/fstab:2:1\n"
            "/var/lib/docker | /data/docker | /data | 0 | etc/fstab:4:1\n"
            "/var/log | /var/log | /var | 0 | etc/fstab:2:1\n");
}

// systemd.unit(5): /etc counts more than what generators write, /usr/lib less; drop-ins change both.
TEST(MountFacts, UnitsAndLinesTakeEachOthersPlace) {
  auto tree = systemd_host("a /srv ext4 rw\nb /opt ext4 rw\nc /home ext4 rw\nd /var/log ext4 rw\n");
  const std::string dir = "etc/systemd/system/";
  tree->file(dir + "srv.mount", "[Mount]\nWhat=u\nWhere=/srv\nOptions=nosuid\n");
  tree->file("usr/lib/systemd/system/opt.mount", "[Mount]\nWhat=u\nWhere=/opt\nOptions=nodev\n");
  tree->symlink(dir + "home.mount", "/dev/null");
  tree->file(dir + "var-log.mount.d/x.conf", "[Mount]\nOptions=nodev,nosuid\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT path, source, options, source_kind, at_boot, loc, options_loc "
                        "FROM mount WHERE source_kind <> 'systemd' ORDER BY path"),
            "/home | c | rw | fstab | 0 | etc/fstab:3:1 | etc/fstab:3:14\n"
            "/opt | b | rw | fstab | 1 | etc/fstab:2:1 | etc/fstab:2:13\n"
            "/srv | u | nosuid | unit | 1 | etc/systemd/system/srv.mount:2:1 | "
            "etc/systemd/system/srv.mount:4:9\n"
            "/var/log | d | nodev,nosuid | fstab | 1 | etc/fstab:4:1 | "
            "etc/systemd/system/var-log.mount.d/x.conf:2:9\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, winner, loser FROM override WHERE table_name = 'mount'"),
            "/srv | etc/systemd/system/srv.mount:2:1 | etc/fstab:1:1\n");
}

TEST(MountFacts, AUnitCountsOnlyIfSomethingPullsItIn) {
  auto tree = systemd_host("");
  const std::string dir = "usr/lib/systemd/system/";
  tree->file(dir + "tmp.mount", "[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\nOptions=nosuid\n");
  tree->file(dir + "var-my\\x2dlog.mount", "[Mount]\nWhat=/dev/x\nWhere=/var/my-log\n");
  tree->file(dir + "wrong.mount", "[Mount]\nWhat=/dev/x\nWhere=/right\n");
  tree->symlink("etc/systemd/system/local-fs.target.wants/tmp.mount",
                "/usr/lib/systemd/system/tmp.mount");
  EXPECT_EQ(test::facts(tree,
                        "SELECT path, fstype, at_boot FROM mount WHERE source_kind = 'unit' "
                        "ORDER BY path"),
            "/tmp | tmpfs | 1\n/var/my-log |  | 0\n");
}

// kernel-command-line(7), "systemd.mount-extra=WHAT:WHERE[:FSTYPE[:OPTIONS]]", of v254; Debian 12 has 252.
TEST(MountFacts, TheKernelsCommandLineMountsMore) {
  const auto mounts = [](const std::string& library) {
    auto tree = systemd_host("/dev/a /x ext4 rw\n");
    tree->file("boot/vmlinuz-1", "")
        .file("boot/extlinux/extlinux.conf",
              "default l\nlabel l\n  kernel /boot/vmlinuz-1\n  append "
              "systemd.mount-extra=/dev/b:/y:ext4:nosuid,noexec "
              "systemd.mount-extra=tmpfs:/z systemd.mount-extra=/dev/c:/x:xfs:ro "
              "systemd.mount-extra=/dev/d:rel "
              "systemd.mount-extra=proc:/proc:proc:rw rd.systemd.mount-extra=/dev/e:/e "
              "systemd.mount-extra=/dev/f:/f::noauto,x=a:b\n");
    if (!library.empty()) tree->file(library, "");
    return test::facts(tree,
                       "SELECT path, source, fstype, options, at_boot, nosuid, loc FROM mount "
                       "WHERE source_kind <> 'systemd' ORDER BY path");
  };
  const std::string fstab = "/x | /dev/a | ext4 | rw | 1 | 0 | etc/fstab:1:1\n";
  const std::string at = "boot/extlinux/extlinux.conf:4:";
  EXPECT_EQ(mounts("usr/lib/systemd/libsystemd-shared-254.so"),
            "/f | /dev/f |  | noauto,x=a:b | 0 | 0 | " + at + "228\n" + fstab +
                "/y | /dev/b | ext4 | nosuid,noexec | 1 | 1 | " + at +
                "10\n/z | tmpfs |  |  | 1 | 0 | " + at + "59\n");
  EXPECT_EQ(mounts("usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so"), fstab);
}

TEST(MountFacts, InAFragmentEveryFileStandsForItself) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("roles/a/files/fstab", "a /a x rw\n")
      .file("roles/b/files/fstab", "a /a x ro\n/dev/b\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, loc FROM mount ORDER BY rowid", Scope::fragment),
            "/a | roles/a/files/fstab:1:1\n/a | roles/b/files/fstab:1:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT path FROM path_mount", Scope::fragment), "");
  EXPECT_EQ(
      test::facts(tree, "SELECT code, loc, effect FROM parse_issue WHERE table_name = 'mount'",
                  Scope::fragment),
      "missing-mount-point | roles/b/files/fstab:2:1 | ignored\n");
}

}  // namespace
}  // namespace drydock
