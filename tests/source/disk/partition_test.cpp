// Partition tables against what sfdisk reads in the same images.
#include "analyzer/source/disk/partition.h"

#include <gmock/gmock.h>

#include "tests/source/disk/images.h"

namespace drydock::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string as_truth(const PartitionTable& table) {
  std::string out;
  for (const Partition& partition : table.partitions)
    out += std::to_string(partition.number) + '\t' + std::to_string(partition.start) + '\t' +
           std::to_string(partition.size) + '\t' + partition.type + '\t' + partition.uuid + '\t' +
           partition.label + '\n';
  return out;
}

TEST(PartitionTable, SaysWhatSfdiskSays) {
  for (const std::string name : {"gpt-damaged", "gpt-4k", "hybrid", "mbr"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(as_truth(read_partition_table(*image(name))), truth(name + ".table"));
  }
}

TEST(PartitionTable, SaysWhatWasWrong) {
  EXPECT_THAT(read_partition_table(*image("gpt-damaged")).notes,
              ElementsAre("the primary GPT header is damaged; the backup was used"));
  EXPECT_THAT(read_partition_table(*image("gpt-4k")).notes, IsEmpty());
  EXPECT_THAT(read_partition_table(*image("mbr")).notes, IsEmpty());
  EXPECT_EQ(read_partition_table(*image("gpt-4k")).sector_size, 4096u);
}

// A boot sector of FAT ends in the same two bytes as an MBR.
TEST(PartitionTable, IsNoneOnABareFileSystem) {
  for (const std::string name : {"ext4", "ext2", "fat12", "fat16", "fat32"})
    EXPECT_EQ(read_partition_table(*image(name)).kind, PartitionTable::Kind::none) << name;
}

struct Mbr {
  std::vector<std::byte> bytes = std::vector<std::byte>(1 << 20);

  void put(size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
  }
  Mbr& entry(size_t sector, size_t slot, uint8_t type, uint32_t start, uint32_t count) {
    const size_t at = sector * 512 + 446 + 16 * slot;
    bytes[at + 4] = std::byte{type};
    put(at + 8, start);
    put(at + 12, count);
    bytes[sector * 512 + 510] = std::byte{0x55};
    bytes[sector * 512 + 511] = std::byte{0xAA};
    return *this;
  }
  PartitionTable read() const { return read_partition_table(MemoryDevice(bytes)); }
};

TEST(PartitionTable, LeavesAnExtendedPartitionThatIsALoop) {
  Mbr mbr;
  mbr.entry(0, 0, 0x83, 8, 8).entry(0, 1, 0x05, 100, 1000);
  mbr.entry(100, 0, 0x83, 2, 10).entry(100, 1, 0x05, 50, 100);
  mbr.entry(150, 0, 0x83, 2, 10).entry(150, 1, 0x05, 0, 100);  // back to the first
  const PartitionTable table = mbr.read();
  EXPECT_EQ(as_truth(table),
            "1\t4096\t4096\t83\t00000000-01\t\n"
            "5\t52224\t5120\t83\t00000000-05\t\n"
            "6\t77824\t5120\t83\t00000000-06\t\n");
  EXPECT_THAT(table.notes, ElementsAre("the chain of logical partitions is a loop"));
}

TEST(PartitionTable, KeepsWhatPrecedesADamagedLink) {
  Mbr mbr;
  mbr.entry(0, 0, 0x05, 100, 1000).entry(100, 0, 0x83, 2, 10).entry(100, 1, 0x05, 9999999, 100);
  const PartitionTable table = mbr.read();
  EXPECT_EQ(as_truth(table), "5\t52224\t5120\t83\t00000000-05\t\n");
  EXPECT_THAT(table.notes, ElementsAre("the chain of logical partitions ends in damage"));
}

// Not "no table": then the disk would be looked at as one file system, and what is on it be nothing.
TEST(PartitionTable, IsAGptWhereNeitherHeaderCanBeRead) {
  const PartitionTable table = Mbr().entry(0, 0, 0xEE, 1, 2047).read();
  EXPECT_EQ(table.kind, PartitionTable::Kind::gpt);
  EXPECT_FALSE(table.complete);
  EXPECT_THAT(table.partitions, IsEmpty());
  EXPECT_THAT(table.notes,
              ElementsAre("the GPT cannot be read: both its header and the backup are damaged"));
  EXPECT_EQ(as_truth(Mbr().entry(0, 0, 0xEE, 1, 7).entry(0, 1, 0x83, 8, 8).read()),
            "2\t4096\t4096\t83\t00000000-02\t\n");
}

TEST(PartitionTable, NotesAPartitionBeyondTheEnd) {
  EXPECT_THAT(Mbr().entry(0, 0, 0x83, 8, 0xFFFFFFF0).read().notes,
              ElementsAre("partition 1 reaches beyond the end of the disk"));
}

}  // namespace
}  // namespace drydock::test
