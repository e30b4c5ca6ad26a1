// Every name, mode, owner, size, time, device number, link target, attribute and content of the committed
// images, against what the kernel shows of them.
#include <gmock/gmock.h>

#include <sstream>

#include "analyzer/source/mounted.h"
#include "tests/source/disk/images.h"

namespace drydock::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

// The lines that only one of the two has: a whole manifest is too long to look through.
std::string difference(const std::string& got, const std::string& wanted) {
  const auto lines = [](const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  };
  const auto mine = lines(got), theirs = lines(wanted);
  std::vector<std::string> more, less;
  std::ranges::set_difference(mine, theirs, std::back_inserter(more));
  std::ranges::set_difference(theirs, mine, std::back_inserter(less));
  std::string out;
  for (const auto& line : less) out += "missing " + line + "\n";
  for (const auto& line : more) out += "extra   " + line + "\n";
  return out;
}

TEST(ExtFileSystem, ShowsWhatTheKernelShows) {
  const std::pair<std::string, std::string> kImages[] = {
      {"ext4", "ext4"}, {"ext4-nocsum", "ext4"}, {"ext2", "ext2"}};
  for (const auto& [name, type] : kImages) {
    SCOPED_TRACE(name);
    const VolumeInfo volume = probe_volume(image(name));
    EXPECT_EQ(volume.type, type);
    EXPECT_EQ(volume.label, "fixture");
    EXPECT_EQ(volume.uuid, "11111111-2222-3333-4444-555555555555");
    EXPECT_THAT(volume.notes, IsEmpty());
    ASSERT_TRUE(volume.file_system) << volume.why_not_read;
    EXPECT_EQ(difference(manifest(*volume.file_system), truth(name + ".tsv")), "");
  }
}

// The snapshot of a running host: what the kernel shows once it has recovered the journal.
TEST(ExtFileSystem, ReplaysTheJournalInMemory) {
  const VolumeInfo volume = probe_volume(image("ext4-dirty"));
  EXPECT_THAT(volume.notes, ElementsAre(StartsWith("the journal was replayed in memory: ")));
  ASSERT_TRUE(volume.file_system) << volume.why_not_read;
  EXPECT_EQ(difference(manifest(*volume.file_system), truth("ext4-dirty.tsv")), "");
}

// A journal that cannot be replayed makes the volume unread: its names would be stale without a word.
TEST(ExtFileSystem, RefusesADirtyVolumeWithoutItsJournal) {
  std::vector<std::byte> bytes = image_bytes("ext4-dirty");
  // The journal's superblock, found by its magic number and type (jbd2: C0 3B 39 98, version 2 superblock).
  const std::string magic("\xc0\x3b\x39\x98\0\0\0\4", 8);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t at = text.find(magic);
  ASSERT_NE(at, std::string_view::npos);
  bytes[at] = std::byte{0};
  const VolumeInfo volume = probe_volume(std::make_shared<MemoryDevice>(std::move(bytes)));
  EXPECT_EQ(volume.file_system, nullptr);
  EXPECT_THAT(volume.why_not_read, StartsWith("it needs recovery and "));
}

TEST(MountedTree, ShowsTheSameAsItsFileSystem) {
  const VolumeInfo volume = probe_volume(image("ext4"));
  ASSERT_TRUE(volume.file_system);
  EXPECT_EQ(difference(manifest(MountedTree(volume.file_system)), truth("ext4.tsv")), "");
}

// FAT keeps no owners and modes; its root has no time.
std::string without_modes(const std::string& manifest) {
  std::string out;
  std::istringstream in(manifest);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> fields;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) fields.push_back(cell);
    if (fields.size() < 11) return "damaged line: " + line;
    out += fields[0] + '\t' + fields[1] + '\t' + fields[5] + '\t' +
           (fields[0] == "." ? "-" : fields[7]) + '\t' + fields[9] + '\n';
  }
  return out;
}

TEST(FatFileSystem, ShowsWhatWasCopiedIntoIt) {
  for (const std::string name : {"fat12", "fat16", "fat32"}) {
    SCOPED_TRACE(name);
    const VolumeInfo volume = probe_volume(image(name));
    EXPECT_EQ(volume.type, "vfat");
    EXPECT_EQ(volume.uuid, "1234-ABCD");
    EXPECT_EQ(volume.label, "ESP");
    ASSERT_TRUE(volume.file_system);
    EXPECT_EQ(difference(without_modes(manifest(*volume.file_system)),
                         without_modes(truth(name + ".tsv"))),
              "");
  }
}

}  // namespace
}  // namespace drydock::test
