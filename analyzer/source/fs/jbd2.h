// The ext journal (jbd2), replayed in memory: kernel documentation, filesystems/ext4/journal.rst. A
// snapshot of a running host has its newest metadata only there.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "analyzer/source/disk/block.h"

namespace drydock {

// A volume with some of its blocks taken from the journal. Nothing is copied: a replayed block is
// read from where it lies in the journal.
class JournalOverlay : public BlockDevice {
 public:
  struct Copy {
    uint64_t journal_block;  // physical block of the volume that holds the newer content
    bool escaped;  // its first four bytes were zeroed, for they looked like a journal header
  };

  JournalOverlay(BlockDevicePtr volume, uint32_t block_size, std::map<uint64_t, Copy> blocks)
      : volume_(std::move(volume)), block_size_(block_size), blocks_(std::move(blocks)) {}

  uint64_t size() const override { return volume_->size(); }
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override;
  using BlockDevice::read;
  size_t block_count() const { return blocks_.size(); }

 private:
  BlockDevicePtr volume_;
  uint32_t block_size_;
  std::map<uint64_t, Copy> blocks_;
};

struct Replay {
  std::shared_ptr<JournalOverlay> volume;
  std::string note;  // "the journal was replayed in memory: 131 blocks of 12 transactions"
};

// Replays the journal whose n-th block lies at the volume's block `block_of(n)` (nullopt: not
// mapped): scan to the last complete transaction, collect revocations, then apply. Checksums (v2,
// v3) decide where the log ends. Fails when the journal cannot be understood (damaged superblock,
// unknown feature).
Result<Replay> replay_journal(const BlockDevicePtr& volume, uint32_t block_size,
                              const std::function<std::optional<uint64_t>(uint32_t)>& block_of);

}  // namespace drydock
