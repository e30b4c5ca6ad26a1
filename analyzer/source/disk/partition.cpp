// GPT: UEFI Specification 2.10, section 5.3. MBR: the same, section 5.2; extended partitions as
// every PC system writes them: a chain of boot records whose links count from the start of the
// extended partition.
#include "analyzer/source/disk/partition.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "analyzer/base/utf8.h"

namespace drydock {
namespace {

constexpr size_t kMaxEntries = 256;
constexpr uint8_t kProtective = 0xEE;

// What the type GUIDs of interest are called: UEFI, and the Discoverable Partitions Specification.
constexpr std::pair<std::string_view, std::string_view> kGptTypes[] = {
    {"c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI system"},
    {"21686148-6449-6e6f-744e-656564454649", "BIOS boot"},
    {"0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux file system"},
    {"44479540-f297-41b2-9af7-d131d5f0458a", "Linux root (x86)"},
    {"4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "Linux root (x86-64)"},
    {"b921b045-1df0-41c3-af44-4c6f280d3fae", "Linux root (ARM 64)"},
    {"69dad710-2ce4-4e3c-b16c-21a1d49abed3", "Linux root (ARM)"},
    {"8484680c-9521-48c6-9c11-b0720656f69e", "Linux /usr (x86-64)"},
    {"b0e01050-ee5f-4390-949a-9101b17104e9", "Linux /usr (ARM 64)"},
    {"bc13c2ff-59e6-4262-a352-b275fd6f7172", "Linux extended boot"},
    {"933ac7e1-2eb4-4f13-b844-0e14e2aef915", "Linux /home"},
    {"3b8f8425-20e0-4f3b-907f-1a25a76f98e8", "Linux /srv"},
    {"4d21b016-b534-45c2-a9fb-5c16e091fd2d", "Linux /var"},
    {"7ec6f557-3bc5-4aca-b293-16ef5df639d1", "Linux /var/tmp"},
    {"0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap"},
    {"e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM"},
    {"a19d880f-05fc-4d3b-a006-743f0f84911e", "Linux RAID"},
    {"ca7d7ccb-63ed-4c53-861c-1742536059cc", "LUKS"},
    {"ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "Microsoft basic data"},
};
constexpr std::pair<uint8_t, std::string_view> kMbrTypes[] = {
    {0x05, "extended"},       {0x0b, "FAT32"},          {0x0c, "FAT32 (LBA)"},
    {0x0e, "FAT16 (LBA)"},    {0x0f, "extended (LBA)"}, {0x82, "Linux swap"},
    {0x83, "Linux"},          {0x85, "Linux extended"}, {0x8e, "Linux LVM"},
    {0xee, "GPT protective"}, {0xef, "EFI system"},     {0xfd, "Linux RAID"}};

// CRC-32 as UEFI has it (ISO 3309), which is zlib's.
uint32_t crc32_of(Bytes bytes, uint32_t crc = 0) {
  return static_cast<uint32_t>(
      crc32(crc, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

// The header's own checksum, four bytes at 16, counts as zero.
uint32_t header_crc(Bytes header) {
  static constexpr std::byte kZeros[4]{};
  return crc32_of(header.subspan(20), crc32_of(Bytes(kZeros), crc32_of(header.first(16))));
}

// A GUID in its mixed-endian form, UEFI appendix A.
std::string guid(const ByteView& view, size_t at) {
  char text[40];
  std::snprintf(text, sizeof text, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                view.le32(at), view.le16(at + 4), view.le16(at + 6), view.u8(at + 8),
                view.u8(at + 9), view.u8(at + 10), view.u8(at + 11), view.u8(at + 12),
                view.u8(at + 13), view.u8(at + 14), view.u8(at + 15));
  return text;
}

// 36 units of UTF-16LE, up to the first zero; a lone surrogate becomes U+FFFD.
std::string partition_name(const ByteView& view, size_t at) {
  std::u16string units;
  for (size_t i = 0; i < 36; ++i) {
    const uint16_t unit = view.le16(at + 2 * i);
    if (unit == 0) break;
    units += static_cast<char16_t>(unit);
  }
  return utf8_of(units);
}

void incomplete(PartitionTable& table, std::string note) {
  table.complete = false;
  table.notes.push_back(std::move(note));
}

void note_if_beyond(PartitionTable& table, const Partition& partition, uint64_t disk_size) {
  if (partition.start > disk_size || partition.size > disk_size - partition.start)
    incomplete(table, "partition " + std::to_string(partition.number) +
                          " reaches beyond the end of the disk");
}

// Reads a GPT whose header is at sector `lba`; nullopt if there is none or a checksum is wrong.
std::optional<PartitionTable> read_gpt(const BlockDevice& disk, uint32_t sector, uint64_t lba) {
  const auto at = checked_mul(lba, sector);
  if (!at) return std::nullopt;
  auto raw = disk.read(*at, sector);
  if (!raw) return std::nullopt;
  const ByteView header{Bytes(*raw)};
  if (!header.starts_with("EFI PART")) return std::nullopt;
  const uint32_t header_size = header.le32(12), stated_crc = header.le32(16);
  if (header_size < 92 || header_size > sector || header.le64(24) != lba) return std::nullopt;
  if (header_crc(Bytes(*raw).first(header_size)) != stated_crc) return std::nullopt;

  const uint64_t entries_lba = header.le64(72);
  const uint32_t count = header.le32(80), entry_size = header.le32(84),
                 entries_crc = header.le32(88);
  if (entry_size < 128 || entry_size > 4096 || entry_size % 8 != 0 || count > 16384)
    return std::nullopt;
  const auto entries_at = checked_mul(entries_lba, sector);
  if (!entries_at) return std::nullopt;
  const auto entries = disk.read(*entries_at, size_t{count} * entry_size);
  if (!entries || crc32_of(Bytes(*entries)) != entries_crc) return std::nullopt;

  PartitionTable table;
  table.kind = PartitionTable::Kind::gpt;
  table.sector_size = sector;
  table.disk_id = guid(header, 56);
  const ByteView view{Bytes(*entries)};
  for (uint32_t i = 0; i < count && table.partitions.size() < kMaxEntries; ++i) {
    const size_t entry = size_t{i} * entry_size;
    Partition partition;
    partition.type = guid(view, entry);
    if (partition.type == "00000000-0000-0000-0000-000000000000") continue;
    const uint64_t first = view.le64(entry + 32), last = view.le64(entry + 40);
    const auto start = checked_mul(first, sector);
    const auto end = last == UINT64_MAX ? std::nullopt : checked_mul(last + 1, sector);
    partition.number = i + 1;
    if (last < first || !start || !end) {
      incomplete(table, "partition " + std::to_string(partition.number) + " has impossible bounds");
      continue;
    }
    partition.start = *start;
    partition.size = *end - *start;
    partition.uuid = guid(view, entry + 16);
    partition.attributes = view.le64(entry + 48);
    partition.label = partition_name(view, entry + 56);
    for (const auto& [type, shown] : kGptTypes)
      if (partition.type == type) partition.type_name = shown;
    note_if_beyond(table, partition, disk.size());
    table.partitions.push_back(std::move(partition));
  }
  return table;
}

struct MbrEntry {
  uint8_t type;
  uint64_t start, count;  // sectors
  bool is_extended() const { return type == 0x05 || type == 0x0f || type == 0x85; }
};

// The four entries of a boot record; nullopt without its signature.
std::optional<std::array<MbrEntry, 4>> boot_record(const BlockDevice& disk, uint64_t sector) {
  const auto raw = disk.read(sector * 512, size_t{512});
  if (!raw) return std::nullopt;
  const ByteView view{Bytes(*raw)};
  if (view.le16(510) != 0xAA55) return std::nullopt;
  std::array<MbrEntry, 4> entries{};
  for (size_t i = 0; i < 4; ++i) {
    const size_t at = 446 + 16 * i;
    // The flag is 0x80 or 0; anything else is boot code of a file system that carries the signature
    // too.
    if (view.u8(at) & 0x7f) return std::nullopt;
    entries[i] = {view.u8(at + 4), view.le32(at + 8), view.le32(at + 12)};
  }
  return entries;
}

void add_mbr(PartitionTable& table, const BlockDevice& disk, uint32_t number, const MbrEntry& entry,
             uint64_t base) {
  Partition partition;
  partition.number = number;
  partition.start = (base + entry.start) * 512;
  partition.size = entry.count * 512;
  char text[16];
  std::snprintf(text, sizeof text, "%02x", entry.type);
  partition.type = text;
  std::snprintf(text, sizeof text, "%02x", number);
  partition.uuid = table.disk_id + "-" + text;
  for (const auto& [type, shown] : kMbrTypes)
    if (entry.type == type) partition.type_name = shown;
  note_if_beyond(table, partition, disk.size());
  table.partitions.push_back(std::move(partition));
}

void add_logical(PartitionTable& table, const BlockDevice& disk, const MbrEntry& extended) {
  std::set<uint64_t> visited;
  uint32_t number = 5;
  for (uint64_t link = 0; table.partitions.size() < kMaxEntries;) {
    const uint64_t at = extended.start + link;
    if (!visited.insert(at).second) {
      incomplete(table, "the chain of logical partitions is a loop");
      return;
    }
    const auto record = boot_record(disk, at);
    if (record) table.has_logical = true;
    if (!record) {
      incomplete(table, "the chain of logical partitions ends in damage");
      return;
    }
    if ((*record)[0].type != 0 && (*record)[0].count > 0)
      add_mbr(table, disk, number++, (*record)[0], at);
    if (!(*record)[1].is_extended() || (*record)[1].count == 0) return;
    link = (*record)[1].start;
  }
}

std::optional<PartitionTable> read_mbr(const BlockDevice& disk) {
  const auto entries = boot_record(disk, 0);
  if (!entries) return std::nullopt;
  PartitionTable table;
  table.kind = PartitionTable::Kind::mbr;
  if (const auto id = disk.read(440, size_t{4})) {
    char text[16];
    std::snprintf(text, sizeof text, "%08x", ByteView{Bytes(*id)}.le32(0));
    table.disk_id = text;
  }
  for (uint32_t i = 0; i < 4; ++i) {
    const MbrEntry& entry = (*entries)[i];
    if (entry.type == 0 || entry.count == 0) continue;
    // A table that starts in the sector of the table itself is no table.
    if (entry.start == 0) return std::nullopt;
    if (entry.type == kProtective) continue;
    if (!entry.is_extended()) add_mbr(table, disk, i + 1, entry, 0);
  }
  for (const MbrEntry& entry : *entries)
    if (entry.is_extended() && entry.count > 0) {
      add_logical(table, disk, entry);
      break;
    }
  if (table.partitions.empty() && table.notes.empty()) return std::nullopt;
  std::ranges::sort(table.partitions, {}, &Partition::number);
  return table;
}

// UEFI 5.2.3: an entry of this type says that the disk has a GPT.
bool has_protective_mbr(const BlockDevice& disk) {
  const auto entries = boot_record(disk, 0);
  return entries && std::ranges::any_of(*entries, [](const MbrEntry& entry) {
           return entry.type == kProtective && entry.start == 1 && entry.count > 0;
         });
}

}  // namespace

PartitionTable read_partition_table(const BlockDevice& disk) {
  for (const uint32_t sector : {512u, 4096u})
    if (auto table = read_gpt(disk, sector, 1)) return std::move(*table);
  for (const uint32_t sector : {512u, 4096u}) {
    if (disk.size() < 2 * uint64_t{sector}) continue;
    if (auto table = read_gpt(disk, sector, disk.size() / sector - 1)) {
      table->notes.insert(table->notes.begin(),
                          "the primary GPT header is damaged; the backup was used");
      return std::move(*table);
    }
  }
  PartitionTable table = read_mbr(disk).value_or(PartitionTable{});
  if (has_protective_mbr(disk)) {
    // What a hybrid MBR shows besides is there, too.
    if (table.kind == PartitionTable::Kind::none) table.kind = PartitionTable::Kind::gpt;
    incomplete(table, "the GPT cannot be read: both its header and the backup are damaged");
  }
  return table;
}

}  // namespace drydock
