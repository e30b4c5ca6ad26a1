// The same host in every form gives the same tree.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

struct Form {
  const char* format;   // what open_artifact calls it
  const char* command;  // makes ../host.bin of the directory it runs in
};

// GNU tar, bsdtar, GNU cpio and Info-ZIP: programs that people really use.
const Form kForms[] = {
    {"tar", "tar -cf ../host.bin ."},
    {"tar", "tar --format=v7 --exclude='nnn*' -cf ../host.bin --sort=name * && rm -r etc/nnn*"},
    {"tar", "tar --format=pax -cf ../host.bin ."},
    {"tar", "tar -P --transform='flags=rSH;s,^\\.,,' -cf ../host.bin ."},  // absolute names
    {"tar", "bsdtar -cf ../host.bin ."},
    {"tar.gz", "tar -czf ../host.bin ."},
    {"tar.bz2", "tar -cjf ../host.bin ."},
    {"tar.xz", "tar -cJf ../host.bin ."},
    {"tar.zst", "tar --zstd -cf ../host.bin ."},
    {"tar.lz4", "bsdtar --lz4 -cf ../host.bin ."},
    {"tar.lzma", "bsdtar --lzma -cf ../host.bin ."},
    {"cpio", "find . | cpio -o -H newc --quiet > ../host.bin"},
    {"cpio", "find . -depth | cpio -o -H newc --quiet > ../host.bin"},  // children first
    {"cpio.gz", "find . | cpio -o -H newc --quiet | gzip > ../host.bin"},
    {"zip", "zip -qry ../host.bin . && mv ../host.bin.zip ../host.bin 2>/dev/null || true"},
    // bsdtar marks every name of a zip as UTF-8, which is wrong for one of ours.
    {"zip",
     "rm etc/$(printf '\\351t\\351') && touch -d @1700000000 etc && bsdtar --format=zip -cf "
     "../host.bin ."},
};

void PrintTo(const Form& form, std::ostream* out) {
  *out << form.command;
}

class Formats : public testing::TestWithParam<Form> {
 protected:
  static void fill(TempDir& dir) {
    dir.file("host/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
        .file("host/etc/shadow", "root:*:19000:0:::::\n", 0640)
        .file("host/etc/empty", "")
        .file("host/etc/binary", std::string_view("\0\xff\r\n", 4), 0600)
        .file("host/etc/caf\xc3\xa9", "utf-8\n")
        .file("host/etc/\xe9t\xe9", "latin-1\n")
        .file("host/etc/" + std::string(120, 'n') + "/" + std::string(140, 'm'), "long name\n")
        .file("host/usr/bin/sh", std::string(100'000, 'x'), 04755)
        .file("host/usr/lib/os-release", "ID=debian\n")
        .directory("host/tmp", 01777)
        .directory("host/root", 0700)
        .symlink("host/bin", "usr/bin")
        .symlink("host/etc/os-release", "../usr/lib/os-release")
        .symlink("host/etc/systemd/system/x.service", "/dev/null");
    run("find host -exec touch -h -d @1700000000 {} +", dir.path());
  }
};

TEST_P(Formats, GiveTheSameTree) {
  TempDir dir;
  fill(dir);
  run(std::string(GetParam().command) + " && find . -exec touch -h -d @1700000000 {} +",
      dir.path("host"));

  auto from_directory = open_artifact(dir.path("host"), options());
  ASSERT_TRUE(from_directory) << summary(from_directory);
  auto from_archive = open_artifact(dir.path("host.bin"), options());
  ASSERT_TRUE(from_archive) << summary(from_archive);

  EXPECT_EQ(from_archive->format, GetParam().format);
  EXPECT_TRUE(from_archive->complete);
  EXPECT_EQ(summary(from_archive),
            "host \"host.bin\": it has etc/passwd, etc/os-release and usr/bin\n");
  EXPECT_EQ(listing(*from_archive->targets[0].tree, "m"),
            listing(*from_directory->targets[0].tree, "m"));
}

INSTANTIATE_TEST_SUITE_P(All, Formats, testing::ValuesIn(kForms));

// What the listing of the directory itself must be; the others are held to it above.
TEST(Directory, IsListedAsItIs) {
  TempDir dir;
  dir.file("etc/passwd", "root\n", 0644)
      .file("etc/shadow", "x", 0000)
      .directory("tmp", 01777)
      .symlink("bin", "usr/bin")
      .file("usr/bin/su", "#!", 04711);
  mkfifo(dir.path("etc/pipe").c_str(), 0600);
  const auto artifact = open_artifact(dir.path(), options());
  ASSERT_TRUE(artifact) << summary(artifact);
  const std::string shadow =
      geteuid() == 0 ? "\"x\"" : "('etc/shadow' cannot be read: Permission denied)";
  EXPECT_EQ(listing(*artifact->targets[0].tree, "u"),
            "symlink 0777 bin -> usr/bin\n"
            "directory 0755 etc\n"
            "file 0644 etc/passwd 5 \"root\\n\"\n"
            "fifo 0600 etc/pipe\n"
            "file 0000 etc/shadow 1 " +
                shadow +
                "\n"
                "directory 1777 tmp\n"
                "directory 0755 usr\n"
                "directory 0755 usr/bin\n"
                "file 4711 usr/bin/su 2 \"#!\"\n");
}

TEST(StandardInput, IsReadAsAStream) {
  TempDir dir;
  dir.file("host/etc/passwd", "root\n")
      .file("host/etc/group", "g\n")
      .file("host/usr/bin/sh", std::string(300'000, 'x'));
  for (const char* make :
       {"tar -cf - -C host .", "tar -czf - -C host .",
        "(cd host && find . | cpio -o -H newc --quiet)", "bsdtar --format=zip -cf - -C host ."}) {
    SCOPED_TRACE(make);
    FILE* pipe = popen(("cd '" + dir.path() + "' && " + make).c_str(), "r");
    const int saved = dup(STDIN_FILENO);
    dup2(fileno(pipe), STDIN_FILENO);
    const auto artifact = open_artifact("-", options());
    dup2(saved, STDIN_FILENO);
    close(saved);
    pclose(pipe);
    ASSERT_TRUE(artifact) << summary(artifact);
    EXPECT_EQ(summary(artifact), "host \"stdin\": it has etc/passwd and usr/bin\n");
    const Tree& tree = *artifact->targets[0].tree;
    EXPECT_EQ(*tree.read("etc/passwd"), "root\n");
    EXPECT_EQ(tree.lstat("etc/passwd")->mode, 0644);
    // Nobody said that it would be wanted, and the stream is gone.
    EXPECT_EQ(tree.read("usr/bin/sh").error().kind, TreeError::Kind::unreadable);
  }
}

// An initramfs: microcode uncompressed, zeros, then the compressed rest, perhaps in several parts.
TEST(Initramfs, PartsAreReadInOrder) {
  TempDir dir;
  dir.file("early/kernel/x86/microcode/AuthenticAMD.bin", "microcode")
      .file("main/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
      .file("main/usr/bin/busybox", "ELF")
      .file("main/etc/fstab", "# first\n")
      .file("late/etc/fstab", "# second\n");
  const std::string newc = "find . -mindepth 1 | sort | cpio -o -H newc --quiet";
  run("(cd early && " + newc + ") > early.cpio; (cd main && " + newc +
          ") > main.cpio; (cd late && " + newc + ") > late.cpio",
      dir.path());
  const std::pair<const char*, const char*> rows[] = {
      {"cpio.zst",
       "{ cat early.cpio; head -c 3000 /dev/zero; zstd -c main.cpio late.cpio; } > initrd"},
      {"cpio.gz", "{ cat early.cpio; gzip -c main.cpio; gzip -c late.cpio; } > initrd"},
      {"cpio.lz4", "{ cat early.cpio; cat main.cpio late.cpio | lz4 -l -c; } > initrd"},
      {"cpio.xz",
       "{ cat early.cpio; xz --check=crc32 -c main.cpio; head -c 512 /dev/zero; xz -c "
       "--check=crc32 late.cpio; } > initrd"},
      {"cpio.gz",
       "{ cat early.cpio main.cpio; gzip -c late.cpio; head -c 700 /dev/zero; } > initrd"},
      {"cpio", "cat early.cpio main.cpio late.cpio > initrd"}};
  for (const auto& [format, make] : rows) {
    SCOPED_TRACE(make);
    run(make, dir.path());
    const auto artifact = open_artifact(dir.path("initrd"), options());
    ASSERT_TRUE(artifact) << summary(artifact);
    EXPECT_EQ(artifact->format, format);
    EXPECT_EQ(summary(artifact), "host \"initrd\": it has etc/passwd and usr/bin\n");
    const Tree& tree = *artifact->targets[0].tree;
    EXPECT_EQ(*tree.read("etc/fstab"), "# second\n");
    EXPECT_EQ(*tree.read("kernel/x86/microcode/AuthenticAMD.bin"), "microcode");
  }
}

}  // namespace
}  // namespace drydock::test
