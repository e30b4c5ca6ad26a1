// Images as artifacts: what is cut off or cannot be read is said, and what precedes it is read.
#include "analyzer/source/disk/image.h"

#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "analyzer/facts/collect.h"
#include "analyzer/source/disk/beside.h"
#include "analyzer/source/disk/container.h"
#include "analyzer/source/open_image.h"
#include "tests/source/disk/disk_maker.h"
#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

using testing::HasSubstr;

void write(const TempDir& dir, const std::string& name, const std::vector<std::byte>& bytes,
           size_t length) {
  std::ofstream(dir.path(name), std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(length));
}

std::set<std::string> lines(const std::string& text) {
  std::set<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.insert(line);
  return out;
}

TEST(CutImage, ShowsWhatPrecedesTheCut) {
  const auto& bytes = image_bytes("ext4");
  const std::set<std::string> whole = lines(truth("ext4.tsv"));
  for (const size_t length : {bytes.size() / 2, bytes.size() * 3 / 4, bytes.size() - 512}) {
    SCOPED_TRACE(length);
    const TempDir dir;
    write(dir, "cut.img", bytes, length);
    const auto artifact = open_image(dir.path("cut.img"), {});
    ASSERT_TRUE(artifact);
    ASSERT_TRUE(*artifact) << artifact->error().message;
    EXPECT_FALSE((*artifact)->complete);
    std::string said;
    for (const Diagnostic& diagnostic : (*artifact)->diagnostics) said += diagnostic.message + "\n";
    EXPECT_THAT(said, HasSubstr("is cut short"));
    const auto& tree = dynamic_cast<const MountedTree&>(*(*artifact)->targets[0].tree);
    // Every name is as the kernel shows it, or says that it could not be read.
    size_t right = 0;
    for (const std::string& line : lines(manifest(tree))) {
      const bool told = line.find("error: ") != std::string::npos;
      EXPECT_TRUE(told || whole.contains(line)) << line;
      right += told ? 0 : 1;
    }
    EXPECT_GT(right, whole.size() / 2);
  }
}

TEST(UnreadVolume, MakesItsTablesUnknown) {
  const VolumeInfo volume = probe_volume(image("ext4"));
  ASSERT_TRUE(volume.file_system);
  const auto tree = std::make_shared<MountedTree>(volume.file_system);
  tree->block("etc/ssh", "it is encrypted (LUKS)");
  Target target;
  target.tree = tree;
  auto store = facts::Store::create(facts::all_tables());
  ASSERT_TRUE(store);
  const auto diagnostics = facts::collect(target, **store, {"file", "sshd", "sysctl"});
  const auto rows = (*store)->select(
      "SELECT DISTINCT table_name FROM parse_issue WHERE code = 'not-read' AND effect = 'unknown' "
      "AND table_name IN ('file', 'sshd', 'sysctl', 'mount') ORDER BY 1");
  ASSERT_TRUE(rows) << rows.error().message;
  std::string tables;
  for (const auto& row : rows->rows) tables += row[0].value_or("-") + " ";
  EXPECT_EQ(tables, "sshd ");
  // The files are looked for when a query asks for them.
  const auto missed = [&](const std::string& sql) {
    (*store)->forget_looks();
    EXPECT_TRUE((*store)->select(sql));
    std::string out;
    for (const auto& [path, why] : (*store)->missed_files()) out += path + ": " + why + "\n";
    return out;
  };
  const std::string ssh = "etc/ssh: it is encrypted (LUKS)\n";
  EXPECT_EQ(missed("SELECT mode FROM file WHERE path = 'etc/passwd'"), "");
  EXPECT_EQ(missed("SELECT mode FROM file WHERE path = 'etc/ssh/sshd_config'"), ssh);
  EXPECT_EQ(missed("SELECT path FROM file WHERE directory = 'etc/ssh'"), ssh);
  EXPECT_EQ(missed("SELECT count(*) FROM file WHERE path GLOB 'bin/*'"), "");
  EXPECT_EQ(missed("SELECT count(*) FROM file"), ssh);
  std::string said;
  for (const Diagnostic& diagnostic : diagnostics) said += diagnostic.message + "\n";
  EXPECT_THAT(said, HasSubstr("nothing in it was read: it is encrypted (LUKS)"));
}

// Its names are not those that the host sees: none of them is missing, and none is there.
TEST(EncryptedDirectory, IsNotReadAndSaysSo) {
  if (const std::string missing = missing_disk_tools(); !missing.empty())
    GTEST_SKIP() << missing << " is not installed";
  TempDir dir;
  dir.directory("root")
      .directory("root/ssh")
      .file("root/ssh/Mhz9EfrXDXbs", "x")
      .file("root/f", "x");
  run("PATH=$PATH:/usr/sbin:/sbin; mke2fs -q -F -t ext4 -O encrypt -d root disk.img 2M && "
      "debugfs -w -R 'sif /ssh flags 0x80800' disk.img 2>/dev/null",
      dir.path());
  const auto file = FileDevice::open(dir.path("disk.img"));
  ASSERT_TRUE(file);
  const VolumeInfo volume = probe_volume(*file);
  ASSERT_TRUE(volume.file_system) << volume.why_not_read;
  for (const bool inventory : {false, true}) {
    const MountedTree tree(volume.file_system);
    if (inventory) tree.take_inventory();
    EXPECT_THAT(tree.list("ssh").error().message,
                HasSubstr("the directory is encrypted (fscrypt)"));
    EXPECT_EQ(tree.read("ssh/sshd_config").error().kind, TreeError::Kind::unreadable);
    EXPECT_EQ(tree.read("nothing").error().kind, TreeError::Kind::not_found);
    EXPECT_FALSE(tree.lstat("ssh/sshd_config"));
    std::set<std::string> unread;
    for (const Unread& one : tree.unread()) unread.insert(one.path + ": " + one.why);
    EXPECT_THAT(unread, testing::ElementsAre("ssh: the directory is encrypted (fscrypt)"));
  }
}

// Counts what is read of the device below.
class Counted : public BlockDevice {
 public:
  explicit Counted(BlockDevicePtr below) : below_(std::move(below)) {}
  uint64_t size() const override { return below_->size(); }
  uint64_t present() const override { return below_->present(); }
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override {
    ++reads[{offset, into.size()}];
    bytes += into.size();
    return below_->read(offset, into);
  }
  using BlockDevice::read;

  mutable std::map<std::pair<uint64_t, size_t>, size_t> reads;
  mutable uint64_t bytes = 0;

 private:
  BlockDevicePtr below_;
};

TEST(MountedTree, ItsInventoryIsWhatAWalkSees) {
  const VolumeInfo volume = probe_volume(image("ext4"));
  ASSERT_TRUE(volume.file_system);
  const MountedTree tree(volume.file_system);
  const auto walk = [&](std::string_view directory) {
    std::string out;
    tree.walk(directory, [&](std::string_view path, const Stat& stat) {
      out += std::string(path) + " " + std::to_string(stat.size) + "\n";
      return path != "dirs/n300";
    });
    return out;
  };
  const std::string whole = walk(""), part = walk("deep/d00");
  tree.take_inventory();
  EXPECT_EQ(walk(""), whole);
  EXPECT_EQ(walk("deep/d00"), part);
  EXPECT_EQ(walk("nowhere"), "");
}

TEST(MountedTree, WithAnInventoryShowsTheSame) {
  for (const std::string name : {"ext4", "ext4-dirty", "ext2", "fat32"}) {
    const VolumeInfo volume = probe_volume(image(name));
    ASSERT_TRUE(volume.file_system);
    const MountedTree tree(volume.file_system);
    tree.take_inventory();
    EXPECT_EQ(manifest(tree), manifest(*volume.file_system)) << name;
  }
}

// Reading cost: a scan walks the tree several times and looks up thousands of names, most of them in vain.
TEST(MountedTree, WithAnInventoryReadsNoDirectoryAgain) {
  const auto device = std::make_shared<Counted>(image("ext4"));
  const VolumeInfo volume = probe_volume(device);
  ASSERT_TRUE(volume.file_system);
  const MountedTree tree(volume.file_system);
  size_t with_attributes = 0;
  std::vector<std::string> bare;
  tree.walk("", [&](std::string_view path, const Stat&) {
    if (tree.xattrs(path).empty())
      bare.emplace_back(path);
    else
      ++with_attributes;
    return true;
  });
  EXPECT_GT(with_attributes, 5u);
  const uint64_t before = device->bytes;
  for (const std::string& path : bare) {
    const auto info = tree.lstat(path);
    ASSERT_TRUE(info) << path;
    if (info->type != NodeType::directory) continue;
    EXPECT_TRUE(tree.list(path)) << path;
    EXPECT_FALSE(tree.lstat(path + "/no such name")) << path;
  }
  tree.walk("", [](std::string_view, const Stat&) { return true; });
  EXPECT_EQ(device->bytes, before);
}

// Where a directory cannot be read whole, that it does not show a name does not mean that there is none.
TEST(MountedTree, DamageIsNoAbsenceInTheInventoryEither) {
  const auto& bytes = image_bytes("ext4");
  const TempDir dir;
  write(dir, "cut.img", bytes, bytes.size() / 2);
  const auto volume = probe_volume(*FileDevice::open(dir.path("cut.img")));
  ASSERT_TRUE(volume.file_system);
  const MountedTree plain(volume.file_system), taken(volume.file_system);
  taken.take_inventory();
  size_t unreadable = 0;
  for (const std::string& line : lines(truth("ext4.tsv"))) {
    const std::string path = line.substr(0, line.find('\t'));
    if (path == "." || path.find('%') != path.npos) continue;
    const auto expected = plain.read(path), seen = taken.read(path);
    ASSERT_EQ(seen.ok(), expected.ok()) << path;
    if (expected) continue;
    EXPECT_EQ(seen.error().kind, expected.error().kind) << path;
    unreadable += expected.error().kind == TreeError::Kind::unreadable ? 1 : 0;
  }
  EXPECT_GT(unreadable, 0u);
}

// 300 directories in one, each of them damaged.
class DamagedDirectories : public FileSystem {
 public:
  Inode root() const override { return 1; }
  TreeResult<Stat> stat(Inode) const override { return Stat{.type = NodeType::directory}; }
  TreeResult<std::vector<Entry>> list(Inode inode) const override {
    if (inode == 1) return std::vector<Entry>{{"bad", 2}, {"good", 3}};
    std::vector<Entry> out;
    for (Inode i = 100; inode == 2 && i < 400; ++i) out.push_back({std::to_string(i), i});
    if (inode >= 100) return TreeError{TreeError::Kind::unreadable, "a block is lost"};
    return out;
  }
  TreeResult<std::string> read(Inode, uint64_t, size_t) const override { return TreeError{}; }
  TreeResult<std::string> readlink(Inode) const override { return TreeError{}; }
  TreeResult<Xattrs> xattrs(Inode) const override { return Xattrs{}; }
};

// So much damage is remembered, no more; that elsewhere all is well is remembered still.
TEST(MountedTree, MuchDamageIsSaidOfTheDirectoryAbove) {
  const MountedTree tree(std::make_shared<DamagedDirectories>());
  tree.take_inventory();
  std::vector<std::string> unread;
  for (const Unread& one : tree.unread()) unread.push_back(one.path + ": " + one.why);
  EXPECT_THAT(unread,
              testing::ElementsAre("bad: it counts as damaged as a whole: a block is lost"));
}

// More names than an inventory holds: then each walk looks at the volume, and nobody tries to take one again.
class ManyNames : public DamagedDirectories {
 public:
  TreeResult<Stat> stat(Inode inode) const override {
    return Stat{.type = inode == 1 ? NodeType::directory : NodeType::file};
  }
  TreeResult<std::vector<Entry>> list(Inode) const override {
    ++listed;
    std::vector<Entry> out;
    for (Inode i = 0; i < 300'001; ++i) out.push_back({std::to_string(1'000'000 + i), i + 2});
    return out;
  }
  mutable int listed = 0;
};

TEST(MountedTree, TooManyNamesAreCountedOnce) {
  const auto names = std::make_shared<ManyNames>();
  const MountedTree tree(names);
  for (int i = 1; i <= 2; ++i) {
    size_t seen = 0;
    tree.walk("", [&](std::string_view, const Stat&) { return ++seen > 0; });
    EXPECT_EQ(seen, 300'001u);
    EXPECT_EQ(names->listed, i + 1);  // each walk, and once for the inventory
  }
}

// A container is read no more than once where something is asked of it here and there.
TEST(ReadingCost, OfAQcow2IsTheClustersThatAreTouched) {
  if (!installed("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  const auto& bytes = image_bytes("ext4");
  const TempDir dir;
  write(dir, "disk", bytes, bytes.size());
  for (const std::string options :
       {"-c -O qcow2", "-O qcow2", "-c -O qcow2 -o compression_type=zstd",
        "-O vmdk -o subformat=streamOptimized"}) {
    run("qemu-img convert " + options + " disk made", dir.path());
    const auto file = FileDevice::open(dir.path("made"));
    ASSERT_TRUE(file);
    const auto counted = std::make_shared<Counted>(*file);
    auto disk = open_container(counted, refuse_beside());
    ASSERT_TRUE(disk);
    counted->reads.clear();
    counted->bytes = 0;
    std::vector<Disk> disks;
    disks.push_back(std::move(disk).value());
    const DiskImage image = read_disk_image(std::move(disks));
    ASSERT_TRUE(image.volumes.at(0).info.file_system);
    MountedTree(image.volumes.at(0).info.file_system).take_inventory();
    for (const auto& [place, times] : counted->reads)
      EXPECT_EQ(times, 1u) << options << ": " << place.second << " bytes at " << place.first;
    EXPECT_LT(counted->bytes, bytes.size() / 4) << options;
  }
}

}  // namespace
}  // namespace drydock::test
