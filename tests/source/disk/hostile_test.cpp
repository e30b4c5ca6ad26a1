// Images that want a file of the host opened, or drydock kept busy: refused, with words that say why.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "analyzer/source/artifact.h"
#include "analyzer/source/disk/beside.h"
#include "analyzer/source/disk/container.h"
#include "analyzer/source/mounted.h"
#include "tests/paths.h"
#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Bytes64 {
  std::vector<std::byte> bytes;
  explicit Bytes64(size_t size) : bytes(size) {}
  Bytes64& be32(size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(value >> (24 - 8 * i));
    return *this;
  }
  Bytes64& be64(size_t at, uint64_t value) {
    return be32(at, static_cast<uint32_t>(value >> 32)).be32(at + 4, static_cast<uint32_t>(value));
  }
  Bytes64& text(size_t at, std::string_view value) {
    for (size_t i = 0; i < value.size(); ++i) bytes[at + i] = static_cast<std::byte>(value[i]);
    return *this;
  }
};

// A qcow2 of version 3 with 64 KiB clusters and an empty L1 table.
Bytes64 qcow2(uint64_t size = 1 << 20, uint32_t l1_entries = 1) {
  Bytes64 image(196608);
  image.text(0, std::string_view("QFI\xfb", 4)).be32(4, 3).be32(20, 16).be64(24, size);
  image.be32(36, l1_entries)
      .be64(40, 65536)
      .be64(48, 131072)
      .be32(56, 1)
      .be32(96, 4)
      .be32(100, 104);
  return image;
}

Bytes64 with_backing(const std::string& name) {
  Bytes64 image = qcow2();
  image.be64(8, 512).be32(16, static_cast<uint32_t>(name.size())).text(512, name);
  return image;
}

// Opens nothing beside; the message. A name that is asked for is remembered.
std::string refused(Bytes64 image) {
  const auto disk =
      open_container(std::make_shared<MemoryDevice>(std::move(image.bytes)), refuse_beside());
  return disk ? "opened as " + disk->format : disk.error().message;
}

TEST(HostileContainer, NamesOfOtherFilesAreRefused) {
  for (const std::string name :
       {"/etc/shadow", "../../secret", "json:{\"driver\":\"file\",\"filename\":\"/etc/shadow\"}",
        "nbd://127.0.0.1:10809/x", "file:/etc/shadow", "self.qcow2"}) {
    const std::string wanted = "the image needs the file '" + name + "', which was not named";
    EXPECT_EQ(refused(with_backing(name)), wanted);
    const std::string descriptor =
        "# Disk DescriptorFile\nversion=1\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\n"
        "RW 8 FLAT \"" +
        (name.starts_with("json") ? "/dev/zero" : name) + "\" 0\n";
    Bytes64 vmdk(descriptor.size());
    EXPECT_EQ(refused(vmdk.text(0, descriptor)),
              name.starts_with("json") ? "the image needs the file '/dev/zero', which was not named"
                                       : wanted);
  }
}

TEST(HostileContainer, AnExternalDataFileIsRefused) {
  Bytes64 image = qcow2();
  image.be64(72, 4).be32(104, 0x44415441).be32(108, 11).text(112, "/etc/passwd");
  EXPECT_EQ(refused(image), "the image needs the file '/etc/passwd', which was not named");
}

TEST(HostileContainer, HugeTablesAreRefused) {
  EXPECT_EQ(refused(qcow2(1 << 20, 0x80000000)),
            "the qcow2 image is damaged: an L1 table of 2147483648 entries");
  EXPECT_EQ(refused(qcow2(uint64_t{1} << 61)),
            "the qcow2 image is damaged: a disk of more than 2^60 bytes");
  EXPECT_EQ(refused(qcow2(uint64_t{60} << 40)),
            "the qcow2 image is damaged: the L1 table is too small for the disk");
}

TEST(HostileContainer, EncryptedIsRefused) {
  EXPECT_EQ(refused(qcow2().be32(32, 2)), "the qcow2 image is encrypted");
}

// An L2 table that is its own cluster of data reads as some bytes, and ends.
TEST(HostileContainer, AnL2TableThatIsItsOwnDataIsBounded) {
  Bytes64 image = qcow2();
  image.be64(65536, 131072).be64(131072, 131072);
  const auto disk =
      open_container(std::make_shared<MemoryDevice>(std::move(image.bytes)), refuse_beside());
  ASSERT_TRUE(disk);
  EXPECT_EQ(all_bytes(*disk->device).size(), size_t{1} << 20);
}

// A file system of directories only, for trees no mkfs would make.
class Directories : public FileSystem {
 public:
  explicit Directories(std::map<Inode, std::vector<Entry>> entries)
      : entries_(std::move(entries)) {}
  Inode root() const override { return 1; }
  TreeResult<Stat> stat(Inode) const override { return Stat{.type = NodeType::directory}; }
  TreeResult<std::vector<Entry>> list(Inode inode) const override { return entries_.at(inode); }
  TreeResult<std::string> read(Inode, uint64_t, size_t) const override { return TreeError{}; }
  TreeResult<std::string> readlink(Inode) const override { return TreeError{}; }
  TreeResult<Xattrs> xattrs(Inode) const override { return Xattrs{}; }

 private:
  std::map<Inode, std::vector<Entry>> entries_;
};

TEST(HostileFileSystem, ADirectoryThatHoldsItselfIsEnteredOnce) {
  // Two ways round at each level would be 2^depth paths.
  const MountedTree tree(
      std::make_shared<Directories>(std::map<FileSystem::Inode, std::vector<FileSystem::Entry>>{
          {1, {{"a", 2}, {"b", 2}}}, {2, {{"self", 2}, {"up", 1}}}}));
  std::vector<std::string> paths;
  tree.walk("", [&](std::string_view path, const Stat&) {
    paths.emplace_back(path);
    return true;
  });
  EXPECT_THAT(paths, testing::ElementsAre("a", "a/self", "a/up", "b"));
  std::vector<std::string> unread;
  for (const Unread& one : tree.unread()) unread.push_back(one.path + ": " + one.why);
  const std::string why = ": the file system is damaged: a directory is in two places";
  EXPECT_THAT(unread, testing::ElementsAre("a/self" + why, "a/up" + why, "b" + why));
}

TEST(HostileFileSystem, LinksStayInside) {
  const VolumeInfo volume = probe_volume(image("ext4"));
  ASSERT_TRUE(volume.file_system);
  const MountedTree tree(volume.file_system);
  EXPECT_EQ(tree.resolve("links/l1").value(), "etc/shadow");  // ../../../../../etc/shadow
  EXPECT_EQ(tree.read_resolved("links/l1").value(), "root:*:19700:0:99999:7:::\n");
  const auto loop = tree.resolve("links/loop-a");
  ASSERT_FALSE(loop);
  EXPECT_EQ(loop.error().kind, TreeError::Kind::symlink_loop);
}

// The program itself, watched from outside: it opens the image it was pointed at, and no other file, link,
// device or socket. What the dynamic linker, the C library and the sanitizers read is not counted.
class HostileProgram : public testing::Test {
 protected:
  void SetUp() override {
    if (!installed("strace")) GTEST_SKIP() << "strace is not installed";
    dir_.file("secret", "secret\n").directory("below").file("below/other", "other\n");
  }

  // What `command` opens outside the system's directories, sorted; its words are in said_.
  std::vector<std::string> opened_by(const std::string& command) {
    // LeakSanitizer cannot work under ptrace.
    said_ = run("ASAN_OPTIONS=detect_leaks=0 strace -f -o trace -e trace=%file,%network '" +
                    program() + "' " + command + "; test $? -le 3",
                dir_.path());
    std::set<std::string> out;
    std::istringstream trace(read_file(dir_.path("trace")));
    for (std::string line; std::getline(trace, line);) {
      if (line.find("socket(") != line.npos || line.find("connect(") != line.npos) out.insert(line);
      const size_t begin = line.find('"'), end = line.find('"', begin + 1);
      if (line.find("open") == line.npos || begin == line.npos || line.find(" = -1 ") != line.npos)
        continue;
      const std::string path = line.substr(begin + 1, end - begin - 1);
      static constexpr std::string_view kSystem[] = {
          "/lib/", "/lib64/", "/usr/lib/", "/etc/ld.so", "/proc/", "/sys/", "/etc/nsswitch"};
      if (std::ranges::none_of(kSystem, [&](std::string_view at) { return path.starts_with(at); }))
        out.insert(path);
    }
    return {out.begin(), out.end()};
  }
  void put(const std::string& name, const std::vector<std::byte>& bytes) {
    write_bytes(dir_.path("below/" + name),
                {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  void put(const std::string& name, const Bytes64& image) { put(name, image.bytes); }
  void put_descriptor(const std::string& name, const std::string& extent) {
    const std::string text =
        "# Disk DescriptorFile\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\nRW 8 FLAT \"" +
        extent + "\" 0\n";
    put(name, Bytes64(text.size()).text(0, text));
  }

  TempDir dir_;
  std::string said_;
};

TEST_F(HostileProgram, OpensNoFileThatTheImageNames) {
  put("absolute", with_backing(dir_.path("secret")));
  put("relative", with_backing("../secret"));
  put("json", with_backing("json:{\"driver\":\"file\",\"filename\":\"/etc/shadow\"}"));
  put("network", with_backing("nbd://127.0.0.1:10809/x"));
  put("itself", with_backing("itself"));
  Bytes64 data = qcow2();
  put("data", data.be64(72, 4).be32(104, 0x44415441).be32(108, 11).text(112, "/etc/passwd"));
  put_descriptor("extent", "../secret");
  put_descriptor("device", "/dev/zero");
  for (const std::string name :
       {"absolute", "relative", "json", "network", "itself", "data", "extent", "device"}) {
    const std::string image = "below/" + name;
    EXPECT_THAT(opened_by("scan " + image + " --isolated"), testing::ElementsAre(image));
    EXPECT_THAT(said_, HasSubstr("the image needs the file '"));
    // Nor when files beside the image may be opened: these are not beside it, or are the image again.
    EXPECT_THAT(opened_by("scan " + image + " --isolated --allow-beside"),
                testing::IsSubsetOf({image, std::string("below/"), std::string("itself")}));
    EXPECT_THAT(said_, HasSubstr("the image needs the file '"));
  }
  put_descriptor("beside", "other");
  EXPECT_THAT(opened_by("volumes below/beside"), testing::ElementsAre("below/beside"));
  EXPECT_THAT(opened_by("volumes below/beside --allow-beside"),
              testing::UnorderedElementsAre("below/", "below/beside", "other"));
}

// Loops and sizes that would keep a reader busy for ever.
TEST_F(HostileProgram, EndsOnLoopsAndHugeTables) {
  put("huge", qcow2(1 << 20, 0x80000000));
  EXPECT_THAT(opened_by("scan below/huge --isolated"), testing::ElementsAre("below/huge"));
  EXPECT_THAT(said_, HasSubstr("an L1 table of 2147483648 entries"));

  // An extended partition whose second link leads back to its first.
  Bytes64 table(1 << 20);
  const auto entry = [&](size_t sector, size_t slot, uint8_t type, uint8_t start) {
    const size_t at = sector * 512 + 446 + 16 * slot;
    table.bytes[at + 4] = std::byte{type};
    table.bytes[at + 8] = std::byte{start};
    table.bytes[at + 12] = std::byte{100};
    table.bytes[sector * 512 + 510] = std::byte{0x55};
    table.bytes[sector * 512 + 511] = std::byte{0xAA};
  };
  entry(0, 0, 0x05, 100), entry(100, 0, 0x83, 2), entry(100, 1, 0x05, 50);
  entry(150, 0, 0x83, 2), entry(150, 1, 0x05, 0);
  const auto& fat = image_bytes("fat12");
  std::copy_n(fat.begin(), 40 * 512, table.bytes.begin() + 102 * 512);
  put("loop", table);
  EXPECT_THAT(opened_by("volumes below/loop"), testing::ElementsAre("below/loop"));
  EXPECT_THAT(said_, HasSubstr("the chain of logical partitions is a loop"));

  // A directory that is its own child: EFI/BOOT has the cluster of EFI.
  std::vector<std::byte> self = fat;
  const std::string_view text(reinterpret_cast<const char*>(self.data()), self.size());
  const size_t parent = text.find("EFI        \x10"), child = text.find("BOOT       \x10");
  ASSERT_TRUE(parent != text.npos && child != text.npos);
  std::copy_n(self.begin() + static_cast<std::ptrdiff_t>(parent + 26), 2,
              self.begin() + static_cast<std::ptrdiff_t>(child + 26));
  put("self", self);
  EXPECT_THAT(opened_by("volumes below/self"), testing::ElementsAre("below/self"));

  // A chain of logical partitions that is a loop and holds nothing; a GPT of 2^32 - 1 entries.
  Bytes64 chain(1 << 20);
  std::swap(table.bytes, chain.bytes);
  entry(0, 0, 0x05, 100), entry(100, 1, 0x05, 0);
  put("chain", table);
  EXPECT_THAT(opened_by("scan below/chain --isolated"), testing::ElementsAre("below/chain"));
  EXPECT_THAT(said_, HasSubstr("the chain of logical partitions is a loop"));
  Bytes64 many(1 << 20);
  std::swap(table.bytes, many.bytes);
  entry(0, 0, 0xEE, 1);
  table.text(512, "EFI PART").bytes[512 + 12] = std::byte{92};
  std::fill_n(table.bytes.begin() + 512 + 80, 4, std::byte{0xFF});
  put("many", table);
  EXPECT_THAT(opened_by("scan below/many --isolated"), testing::ElementsAre("below/many"));
  EXPECT_THAT(said_, HasSubstr("the GPT cannot be read"));
}

// Links of the image lead to places of the image.
TEST_F(HostileProgram, FollowsLinksInsideOnly) {
  put("image", image_bytes("ext4"));
  EXPECT_THAT(opened_by("cat below/image links/l1"), testing::ElementsAre("below/image"));
  EXPECT_EQ(said_, "root:*:19700:0:99999:7:::\n");  // ../../../../../etc/shadow
  EXPECT_THAT(opened_by("cat below/image links/loop-a"), testing::ElementsAre("below/image"));
  EXPECT_THAT(opened_by("scan below/image --isolated"), testing::ElementsAre("below/image"));
}

}  // namespace
}  // namespace drydock::test
