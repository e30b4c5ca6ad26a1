// Packed images: compressed, in archives, one in the other; and files beside an image.
#include "analyzer/source/disk/unpack.h"

#include <gmock/gmock.h>
#include <nettle/sha2.h>
#include <sys/stat.h>

#include <cstdlib>

#include "analyzer/source/disk/beside.h"
#include "analyzer/source/open_image.h"
#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string hex(const uint8_t* bytes, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    char text[4];
    std::snprintf(text, sizeof text, "%02x", bytes[i]);
    out += text;
  }
  return out;
}

// A directory with the disk image "disk", and TMPDIR in it.
class Packed : public testing::Test {
 protected:
  void SetUp() override {
    const auto& bytes = image_bytes("ext2");
    disk_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    write_bytes(dir_.path("disk"), disk_);
    dir_.directory("tmp");
    const char* const before = std::getenv("TMPDIR");
    before_ = before ? before : "";
    setenv("TMPDIR", dir_.path("tmp").c_str(), 1);
  }
  void TearDown() override {
    EXPECT_EQ(run("ls -A tmp", dir_.path()), "") << "something was left behind";
    before_.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before_.c_str(), 1);
  }

  std::optional<Result<FoundDisks>> find(const std::string& file, bool beside = false) {
    const auto opened = FileDevice::open(dir_.path(file));
    EXPECT_TRUE(opened);
    return find_disks(*opened, file, beside ? open_beside(dir_.path(file)) : refuse_beside(),
                      unpacking_);
  }

  // Makes `file` by a shell command; the format of the one disk in it, which must be the one we know.
  std::string format_of(const std::string& command, const std::string& file) {
    run(command, dir_.path());
    const auto found = find(file);
    if (!found) return "no disk";
    if (!*found) return found->error().message;
    const FoundDisks& disks = **found;
    EXPECT_TRUE(disks.complete);
    EXPECT_THAT(disks.warnings, IsEmpty());
    EXPECT_EQ(disks.disks.size(), 1u);
    EXPECT_TRUE(all_bytes(*disks.disks.front().device) == disk_) << command;
    return disks.format;
  }

  TempDir dir_;
  std::string disk_, before_;
  Unpacking unpacking_;
};

TEST_F(Packed, Compressed) {
  EXPECT_EQ(format_of("gzip -k disk", "disk.gz"), "raw disk image, gz");
  EXPECT_EQ(format_of("xz -0 -k disk", "disk.xz"), "raw disk image, xz");
  EXPECT_EQ(format_of("zstd -q disk", "disk.zst"), "raw disk image, zst");
  EXPECT_EQ(format_of("bzip2 -k disk", "disk.bz2"), "raw disk image, bz2");
  EXPECT_EQ(format_of("head -c 5M disk | gzip > two && tail -c +5242881 disk | gzip >> two", "two"),
            "raw disk image, gz");
}

TEST_F(Packed, InArchives) {
  EXPECT_EQ(format_of("tar cf plain.tar disk", "plain.tar"), "raw disk image, tar");
  EXPECT_EQ(format_of("tar cf pax.tar --format=pax disk", "pax.tar"), "raw disk image, tar");
  // As Google's and Azure's images are made: holes left out.
  EXPECT_EQ(format_of("cp --sparse=always disk holes && tar cSzf g.tar.gz --format=oldgnu holes",
                      "g.tar.gz"),
            "raw disk image, tar.gz");
  EXPECT_EQ(format_of("tar cSf s.tar --format=pax holes", "s.tar"), "raw disk image, tar");
  EXPECT_EQ(format_of("tar cJf x.tar.xz disk", "x.tar.xz"), "raw disk image, tar.xz");
  EXPECT_EQ(format_of("zip -q d.zip disk", "d.zip"), "raw disk image, zip");
  EXPECT_EQ(format_of("zip -q -0 s.zip disk", "s.zip"), "raw disk image, zip");
  EXPECT_EQ(format_of("echo disk | cpio -o -H newc --quiet > d.cpio", "d.cpio"),
            "raw disk image, cpio");
  EXPECT_EQ(format_of("gzip -k disk && tar cf gz.tar disk.gz && gzip -k gz.tar", "gz.tar"),
            "raw disk image, gz, tar");
  EXPECT_EQ(format_of("true", "gz.tar.gz"), "raw disk image, gz, tar.gz");
  EXPECT_EQ(format_of("zip -q t.zip plain.tar", "t.zip"), "raw disk image, tar, zip");
  EXPECT_EQ(format_of("tar czf t.tar.gz plain.tar", "t.tar.gz"), "raw disk image, tar, tar.gz");
}

TEST_F(Packed, StoredInATarNeedsNoTemporaryFile) {
  unpacking_.allowed = false;
  EXPECT_EQ(format_of("tar cf plain.tar disk", "plain.tar"), "raw disk image, tar");
}

TEST_F(Packed, Containers) {
  if (!installed("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  EXPECT_EQ(format_of("qemu-img convert -O qcow2 disk q && xz -0 q", "q.xz"), "qcow2 v3, xz");
  EXPECT_EQ(format_of("qemu-img convert -O vmdk -o subformat=monolithicFlat disk f.vmdk && "
                      "tar cf f.tar f.vmdk f-flat.vmdk",
                      "f.tar"),
            "VMDK monolithicFlat, tar");
}

// An archive of a host is an archive, not an image, whatever else is in it.
TEST_F(Packed, AHostIsNoImage) {
  run("mkdir -p root/etc root/images && echo x > root/etc/passwd && cp disk root/images/disk && "
      "tar cf host.tar -C root . && tar czf host.tar.gz -C root etc images && "
      "(cd root && zip -qr ../host.zip etc images) && echo text | gzip > text.gz && "
      "mkdir many && for i in $(seq 20); do echo $i > many/$i; done && cp disk many/x && "
      "tar cf many.tar many && ln -s x many/y && tar cf link.tar many/y disk",
      dir_.path());
  for (const std::string file :
       {"host.tar", "host.tar.gz", "host.zip", "text.gz", "many.tar", "link.tar"})
    EXPECT_FALSE(open_image(dir_.path(file), {})) << file;
}

TEST_F(Packed, IsRefusedWithoutATemporaryFile) {
  unpacking_.allowed = false;
  EXPECT_EQ(
      format_of("gzip -k disk", "disk.gz"),
      "'disk.gz' holds a disk image that is packed (gz), and --no-temporary forbids unpacking it");
}

TEST_F(Packed, ABombIsRefused) {
  std::string said;
  unpacking_.announce = [&](const std::string& sentence) { said = sentence; };
  unpacking_.limit = uint64_t{1} << 30;
  EXPECT_EQ(format_of("(cat disk; head -c 1100M /dev/zero) | zstd -q > bomb.zst", "bomb.zst"),
            "'bomb.zst' holds a disk image that is packed (zst): it unpacks to more than 1 GiB");
  EXPECT_EQ(said,
            "'bomb.zst' holds a disk image that is packed (zst); it is unpacked into a temporary "
            "file in '" +
                dir_.path("tmp") + "'");
  // The same hidden in holes, and in what a zip claims.
  EXPECT_THAT(
      format_of("truncate -s 2G disk && tar cSf bomb.tar disk && gzip bomb.tar", "bomb.tar.gz"),
      HasSubstr("it unpacks to more than 1 GiB"));
}

TEST_F(Packed, WhatPrecedesTheCutIsThere) {
  run("gzip -k disk && head -c $(($(stat -c %s disk.gz) * 9 / 10)) disk.gz > cut.gz", dir_.path());
  const auto found = find("cut.gz");
  ASSERT_TRUE(found);
  ASSERT_TRUE(*found) << found->error().message;
  EXPECT_FALSE((*found)->complete);
  EXPECT_THAT(
      (*found)->warnings,
      ElementsAre("it is not whole: the compressed data ends too early; what precedes was read"));
  const std::string bytes = all_bytes(*(*found)->disks.front().device);
  EXPECT_GT(bytes.size(), size_t{100000});
  EXPECT_LT(bytes.size(), disk_.size());
  EXPECT_TRUE(disk_.starts_with(bytes));
  // The same as an artifact.
  const auto artifact = open_image(dir_.path("cut.gz"), {});
  ASSERT_TRUE(artifact);
  ASSERT_TRUE(*artifact) << artifact->error().message;
  EXPECT_FALSE((*artifact)->complete);
}

TEST_F(Packed, WhatPrecedesTheCutOfATarInAZipIsThere) {
  run("tar cf whole.tar disk && zip -q whole.zip whole.tar && "
      "head -c $(($(stat -c %s whole.zip) * 8 / 10)) whole.zip > cut.zip",
      dir_.path());
  const auto found = find("cut.zip");
  ASSERT_TRUE(found);
  ASSERT_TRUE(*found) << found->error().message;
  EXPECT_FALSE((*found)->complete);
  const BlockDevice& device = *(*found)->disks.front().device;
  EXPECT_GT(device.present(), size_t{100000});
  EXPECT_LT(device.present(), disk_.size());
  const auto start = device.read(0, size_t{100000});
  ASSERT_TRUE(start);
  EXPECT_TRUE(disk_.starts_with(
      std::string_view(reinterpret_cast<const char*>(start->data()), start->size())));
}

TEST_F(Packed, ACutTarKeepsItsImage) {
  run("tar cf whole.tar disk && head -c 10M whole.tar > cut.tar", dir_.path());
  const auto found = find("cut.tar");
  ASSERT_TRUE(found);
  ASSERT_TRUE(*found) << found->error().message;
  EXPECT_FALSE((*found)->complete);
  const BlockDevice& device = *(*found)->disks.front().device;
  EXPECT_EQ(device.size(), disk_.size());
  EXPECT_EQ(device.present(), (size_t{10} << 20) - 512);
}

// ── OVA ──

class OpenVirtualization : public Packed {
 protected:
  void SetUp() override {
    Packed::SetUp();
    if (!installed("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
    run("qemu-img convert -O vmdk -o subformat=streamOptimized disk box.vmdk", dir_.path());
    dir_.file("box.ovf",
              "<Envelope><References><File ovf:href=\"box.vmdk\"/></References></Envelope>");
  }
  std::string manifest() {
    std::string out;
    for (const std::string name : {"box.ovf", "box.vmdk"}) {
      const std::string content = read_file(dir_.path(name));
      sha256_ctx context;
      uint8_t digest[SHA256_DIGEST_SIZE];
      sha256_init(&context);
      sha256_update(&context, content.size(), reinterpret_cast<const uint8_t*>(content.data()));
      sha256_digest(&context, sizeof digest, digest);
      out += "SHA256(" + name + ")= " + hex(digest, sizeof digest) + "\n";
    }
    return out;
  }
  // What is said of the archive of these files.
  std::vector<std::string> said_of(const std::string& files) {
    run("tar cf box.ova --format=ustar " + files, dir_.path());
    const auto found = find("box.ova");
    if (!found || !*found) return {found ? found->error().message : "no disk"};
    FoundDisks disks = **found;
    EXPECT_EQ(disks.format, "OVA");
    EXPECT_TRUE(all_bytes(*disks.disks.front().device) == disk_);
    std::vector<std::string> said = disks.warnings;
    if (!disks.complete) said.emplace_back("incomplete");
    said.insert(said.end(), disks.notes.begin(), disks.notes.end());
    return said;
  }
};

TEST_F(OpenVirtualization, IsReadInPlaceAndItsManifestChecked) {
  unpacking_.allowed = false;
  dir_.file("box.mf", manifest());
  EXPECT_THAT(said_of("box.ovf box.mf box.vmdk"), IsEmpty());
  EXPECT_THAT(said_of("box.ovf box.vmdk"),
              ElementsAre("the archive has no manifest: its disks' digests are not checked"));
}

TEST_F(OpenVirtualization, SaysWhichDigestIsWrong) {
  std::string wrong = manifest();
  wrong.replace(wrong.find("SHA256(box.vmdk)= ") + 18, 4, "0000");
  dir_.file("box.mf", wrong + "SHA1(other.vmdk)= 00\n");
  EXPECT_THAT(said_of("box.ovf box.mf box.vmdk"),
              ElementsAre("'box.vmdk' does not have the digest that the manifest states",
                          "the manifest names 'other.vmdk', which is not in the archive"));
}

TEST_F(OpenVirtualization, MissesADiskThatWasCutOff) {
  dir_.file("box.ovf", "<File ovf:href=\"box.vmdk\"/><File ovf:href=\"data.vmdk\"/>");
  dir_.file("box.mf", manifest());
  EXPECT_THAT(
      said_of("box.ovf box.mf box.vmdk"),
      ElementsAre("the description names 'data.vmdk', which is not in the archive", "incomplete"));
}

TEST_F(OpenVirtualization, LooksForExtentsInTheArchiveOnly) {
  const std::string descriptor =
      "# Disk DescriptorFile\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\nRW 8 FLAT "
      "\"../disk\" 0\n";
  dir_.file("box.vmdk", descriptor + std::string(600, '\n'));
  EXPECT_THAT(said_of("box.ovf box.vmdk"),
              ElementsAre("'box.ova': 'box.vmdk': '../disk' is not in the archive"));
}

TEST_F(OpenVirtualization, WithoutADiskIsAnError) {
  EXPECT_THAT(said_of("box.ovf"), ElementsAre("'box.ova': the OVA holds no disk"));
}

// ── files beside an image ──

TEST(Beside, OpensBareNamesOnly) {
  TempDir dir;
  dir.file("secret", "secret").file("images/image", "image").file("images/base", "base");
  dir.file("images/other", "other")
      .symlink("images/link", "../secret")
      .directory("images/directory");
  ASSERT_EQ(mkfifo(dir.path("images/pipe").c_str(), 0600), 0);
  const OpenBeside open = open_beside(dir.path("images/image"));
  const auto said = [&](const std::string& name) {
    const auto file = open(name);
    return file ? "opened, " + all_bytes(**file) : file.error().message;
  };
  const auto refused = [](const std::string& name, const std::string& why) {
    return "the image needs the file '" + name + "', which " + why;
  };
  for (const std::string name :
       {"../secret", "/etc/shadow", "./base", "directory/../base", "", ".", "..",
        "json:{\"file.filename\":\"/etc/shadow\"}", "nbd://127.0.0.1/x"})
    EXPECT_EQ(said(name), refused(name, "is no bare name"));
  EXPECT_EQ(said("link"), refused("link", "cannot be opened: it is a symbolic link"));
  EXPECT_EQ(said("directory"), refused("directory", "is no regular file"));
  EXPECT_EQ(said("pipe"), refused("pipe", "is no regular file"));
  EXPECT_EQ(said("missing"), refused("missing", "cannot be opened: No such file or directory"));
  EXPECT_EQ(said("image"), refused("image", "is in use already: its files go round in a circle"));
  EXPECT_EQ(said("base"), "opened, base");
  EXPECT_EQ(said("base"), refused("base", "is in use already: its files go round in a circle"));
  EXPECT_EQ(said("other"), "opened, other");
}

TEST(Beside, TheDefaultNamesTheFile) {
  const auto file = refuse_beside()("base.qcow2");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message, "the image needs the file 'base.qcow2', which was not named");
  EXPECT_THAT(file.error().help, HasSubstr("--allow-beside"));
}

}  // namespace
}  // namespace drydock::test
