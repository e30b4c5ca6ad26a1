// Partition tables: UEFI GPT (512 and 4096 byte sectors, the backup header when the primary is
// damaged) and MBR with extended and logical partitions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/source/disk/block.h"

namespace drydock {

struct Partition {
  uint32_t number =
      0;  // as Linux counts: 1-4 primary, from 5 logical; the entry's index + 1 for GPT
  uint64_t start = 0;          // bytes from the start of the disk
  uint64_t size = 0;           // bytes
  std::string type = {};       // GPT: the type GUID in lower case; MBR: two hex digits
  std::string type_name = {};  // "EFI system", "Linux root (x86-64)", "Linux"; empty if not known
  std::string label = {};      // GPT: the partition's name in UTF-8
  std::string uuid = {};       // PARTUUID as blkid prints it: GUID, or "<disk id>-<two hex digits>"
  uint64_t attributes = 0;     // GPT attribute bits
};

struct PartitionTable {
  enum class Kind : uint8_t { none, mbr, gpt } kind = Kind::none;
  uint32_t sector_size = 512;
  std::string disk_id;                  // GPT: disk GUID; MBR: eight hex digits
  std::vector<Partition> partitions;    // sorted by number; empty for Kind::none
  bool has_logical = false;             // MBR: a chain of logical partitions begins
  bool complete = true;                 // false: a partition is lost or reaches beyond the disk
  std::vector<std::string> notes = {};  // "the primary GPT header is damaged; the backup was used"
};

// Reads the table of a disk. A disk without one (the whole disk is a file system) gives Kind::none.
// A hostile table costs bounded time: at most 256 partitions, extended chains with a visited set.
// A partition that reaches beyond the disk is kept, with a note.
PartitionTable read_partition_table(const BlockDevice& disk);

}  // namespace drydock
