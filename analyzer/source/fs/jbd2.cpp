#include "analyzer/source/fs/jbd2.h"

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

#include <algorithm>

namespace drydock {
namespace {

constexpr uint32_t kMagic = 0xC03B3998;
constexpr size_t kMaxReplayedBlocks = 4'000'000;

enum BlockType : uint32_t {
  kDescriptor = 1,
  kCommit = 2,
  kSuperblockV1 = 3,
  kSuperblockV2 = 4,
  kRevoke = 5
};
enum Incompatible : uint32_t {
  kRevocation = 1,
  k64Bit = 2,
  kAsyncCommit = 4,
  kChecksumV2 = 8,
  kChecksumV3 = 16,
  kFastCommit = 32
};
enum TagFlag : uint32_t { kEscaped = 1, kSameUuid = 2, kLastTag = 8 };

struct Superblock {
  uint32_t length = 0;    // blocks of the journal
  uint32_t first = 0;     // first block of the log
  uint32_t sequence = 0;  // of the first transaction in the log
  uint32_t start = 0;     // its block; 0: nothing to replay
  uint32_t incompatible = 0;
  uint32_t end = 0;   // one behind the last block of the log
  uint32_t seed = 0;  // of checksums

  bool has(Incompatible feature) const { return (incompatible & feature) != 0; }
  bool checksums() const { return has(kChecksumV2) || has(kChecksumV3); }
};

// One block the log says is newer than what is in place.
struct Tag {
  uint64_t block;
  uint32_t flags;
  uint32_t checksum;
  uint32_t log_block;  // where its content lies in the log
};

uint32_t crc32c(uint32_t seed, Bytes bytes) {
  return ext2fs_crc32c_le(seed, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

// The checksum of a journal block whose own checksum field, four bytes at `at`, counts as zero.
uint32_t checksum_without(uint32_t seed, Bytes block, size_t at) {
  static constexpr std::byte kZeros[4]{};
  uint32_t crc = crc32c(seed, block.first(at));
  crc = crc32c(crc, Bytes(kZeros));
  return crc32c(crc, block.subspan(at + 4));
}

class Log {
 public:
  Log(const BlockDevicePtr& volume, uint32_t block_size,
      const std::function<std::optional<uint64_t>(uint32_t)>& block_of)
      : volume_(volume), block_size_(block_size), block_of_(block_of) {}

  Result<void> open() {
    if (!load(0)) return Error{"the journal's first block cannot be read", ""};
    const ByteView view{Bytes(buffer_)};
    const uint32_t type = view.be32(4);
    if (view.be32(0) != kMagic || (type != kSuperblockV1 && type != kSuperblockV2))
      return Error{"the journal has no superblock", ""};
    super_.length = view.be32(16);
    super_.first = view.be32(20);
    super_.sequence = view.be32(24);
    super_.start = view.be32(28);
    if (view.be32(12) != block_size_)
      return Error{"the journal's block size is not the volume's", ""};
    if (type == kSuperblockV2) super_.incompatible = view.be32(40);
    if (super_.incompatible &
        ~uint32_t{kRevocation | k64Bit | kAsyncCommit | kChecksumV2 | kChecksumV3 | kFastCommit})
      return Error{"the journal uses a feature that is not known", ""};
    super_.seed = crc32c(~0u, view.bytes(48, 16));
    super_.end = super_.length;
    if (super_.has(kFastCommit)) {
      const uint32_t fast = view.be32(84) == 0 ? 256 : view.be32(84);
      super_.end = fast < super_.end ? super_.end - fast : 0;
    }
    if (super_.first == 0 || super_.first >= super_.end || super_.start >= super_.end)
      return Error{"the journal's superblock is damaged", ""};
    return {};
  }

  bool is_empty() const { return super_.start == 0; }

  // Walks the log once: finds the last complete transaction, its tags and the revocations.
  void scan() {
    uint32_t at = super_.start, sequence = super_.sequence;
    std::vector<Tag> tags;
    std::vector<uint64_t> revoked;
    // No more blocks than the log has: a hostile log may wrap for ever.
    for (uint32_t steps = 0; steps < super_.end && load(at); ++steps) {
      const ByteView view{Bytes(buffer_)};
      if (view.be32(0) != kMagic || view.be32(8) != sequence) break;
      const uint32_t type = view.be32(4);
      at = next(at);
      if (type == kDescriptor) {
        if (!tail_is_right()) break;
        if (!read_tags(at, steps, tags)) break;
      } else if (type == kRevoke) {
        if (!tail_is_right()) break;
        read_revocations(revoked);
      } else if (type == kCommit) {
        if (super_.checksums() &&
            view.be32(16) != checksum_without(super_.seed, Bytes(buffer_), 16))
          break;
        // Complete: what it says counts.
        for (const uint64_t block : revoked) {
          uint32_t& newest = revocations_.try_emplace(block, sequence).first->second;
          newest = sequence;
        }
        for (Tag& tag : tags) committed_.emplace_back(sequence, tag);
        tags.clear();
        revoked.clear();
        ++sequence;
        ++transactions_;
        if (committed_.size() > kMaxReplayedBlocks) break;
      } else {
        break;
      }
    }
  }

  // The blocks to take from the log, in the order of the transactions: the last one wins.
  std::map<uint64_t, JournalOverlay::Copy> apply() {
    std::map<uint64_t, JournalOverlay::Copy> out;
    for (const auto& [sequence, tag] : committed_) {
      const auto revoked = revocations_.find(tag.block);
      if (revoked != revocations_.end() && static_cast<int32_t>(revoked->second - sequence) >= 0)
        continue;
      const auto physical = block_of_(tag.log_block);
      if (!physical || !load(tag.log_block)) continue;
      if (super_.checksums() && !data_is_right(sequence, tag)) {
        ++bad_blocks_;
        continue;
      }
      out[tag.block] = {*physical, (tag.flags & kEscaped) != 0};
    }
    return out;
  }

  size_t transactions() const { return transactions_; }
  size_t bad_blocks() const { return bad_blocks_; }
  bool has_fast_commits() const { return super_.has(kFastCommit); }

 private:
  uint32_t next(uint32_t at) const { return at + 1 >= super_.end ? super_.first : at + 1; }

  bool load(uint32_t log_block) {
    const auto physical = block_of_(log_block);
    if (!physical) return false;
    const auto at = checked_mul(*physical, block_size_);
    buffer_.resize(block_size_);
    return at && volume_->read(*at, std::span(buffer_)).ok();
  }

  bool tail_is_right() const {
    if (!super_.checksums()) return true;
    const size_t tail = block_size_ - 4;
    return ByteView{Bytes(buffer_)}.be32(tail) ==
           checksum_without(super_.seed, Bytes(buffer_), tail);
  }

  bool data_is_right(uint32_t sequence, const Tag& tag) const {
    const std::byte number[4] = {std::byte(sequence >> 24), std::byte(sequence >> 16 & 0xff),
                                 std::byte(sequence >> 8 & 0xff), std::byte(sequence & 0xff)};
    const uint32_t crc = crc32c(crc32c(super_.seed, Bytes(number)), Bytes(buffer_));
    return super_.has(kChecksumV3) ? crc == tag.checksum : (crc & 0xffff) == tag.checksum;
  }

  // Reads the tags of the descriptor in the buffer and steps over the blocks they describe.
  bool read_tags(uint32_t& at, uint32_t& steps, std::vector<Tag>& tags) const {
    const ByteView view{Bytes(buffer_)};
    const bool v3 = super_.has(kChecksumV3), wide = super_.has(k64Bit);
    const size_t tag_size = v3 ? 16 : 8 + (wide ? 4 : 0) + (super_.has(kChecksumV2) ? 2 : 0);
    const size_t end = block_size_ - (super_.checksums() ? 4 : 0);
    for (size_t place = 12; place + tag_size <= end;) {
      Tag tag{};
      tag.block = view.be32(place);
      if (v3) {
        tag.flags = view.be32(place + 4);
        if (wide) tag.block |= uint64_t{view.be32(place + 8)} << 32;
        tag.checksum = view.be32(place + 12);
      } else {
        tag.checksum = view.be16(place + 4);
        tag.flags = view.be16(place + 6);
        if (wide) tag.block |= uint64_t{view.be32(place + 8)} << 32;
      }
      tag.log_block = at;
      tags.push_back(tag);
      at = next(at);
      if (++steps >= super_.end) return false;
      place += tag_size + (tag.flags & kSameUuid ? 0 : 16);
      if (tag.flags & kLastTag) return true;
    }
    return true;
  }

  void read_revocations(std::vector<uint64_t>& revoked) const {
    const ByteView view{Bytes(buffer_)};
    const size_t width = super_.has(k64Bit) ? 8 : 4;
    const size_t used = std::min<size_t>(view.be32(12), block_size_);
    for (size_t place = 16; place + width <= used; place += width)
      revoked.push_back(width == 8 ? view.be64(place) : view.be32(place));
  }

  const BlockDevicePtr& volume_;
  uint32_t block_size_;
  const std::function<std::optional<uint64_t>(uint32_t)>& block_of_;
  Superblock super_;
  std::vector<std::byte> buffer_;
  std::vector<std::pair<uint32_t, Tag>> committed_;  // (sequence, tag)
  std::map<uint64_t, uint32_t> revocations_;         // block -> newest sequence that revoked it
  size_t transactions_ = 0;
  size_t bad_blocks_ = 0;
};

}  // namespace

Result<void> JournalOverlay::read(uint64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    const uint64_t block = offset / block_size_;
    const uint64_t skip = offset % block_size_;
    const auto newer = blocks_.lower_bound(block);
    if (newer == blocks_.end() || newer->first != block) {
      // Up to the next replayed block in one go.
      const uint64_t until = newer == blocks_.end() ? UINT64_MAX : newer->first * block_size_;
      const size_t length = std::min<uint64_t>(into.size(), until - offset);
      if (auto done = volume_->read(offset, into.first(length)); !done) return done;
      offset += length;
      into = into.subspan(length);
      continue;
    }
    const size_t length = std::min<uint64_t>(into.size(), block_size_ - skip);
    const Copy& copy = newer->second;
    if (auto done = volume_->read(copy.journal_block * block_size_ + skip, into.first(length));
        !done)
      return done;
    if (copy.escaped) {
      static constexpr std::byte kHeader[4] = {std::byte{0xC0}, std::byte{0x3B}, std::byte{0x39},
                                               std::byte{0x98}};
      for (size_t i = skip; i < 4 && i - skip < length; ++i) into[i - skip] = kHeader[i];
    }
    offset += length;
    into = into.subspan(length);
  }
  return {};
}

Result<Replay> replay_journal(const BlockDevicePtr& volume, uint32_t block_size,
                              const std::function<std::optional<uint64_t>(uint32_t)>& block_of) {
  Log log(volume, block_size, block_of);
  if (auto opened = log.open(); !opened) return opened.error();
  Replay replay;
  std::map<uint64_t, JournalOverlay::Copy> blocks;
  if (!log.is_empty()) {
    log.scan();
    blocks = log.apply();
  }
  replay.note = "the journal was replayed in memory: " + std::to_string(blocks.size()) +
                " blocks of " + std::to_string(log.transactions()) + " transactions";
  if (log.bad_blocks() > 0)
    replay.note +=
        "; " + std::to_string(log.bad_blocks()) + " blocks with a wrong checksum were left out";
  if (log.has_fast_commits()) replay.note += "; fast commits behind the last full one are not read";
  replay.volume = std::make_shared<JournalOverlay>(volume, block_size, std::move(blocks));
  return replay;
}

}  // namespace drydock
