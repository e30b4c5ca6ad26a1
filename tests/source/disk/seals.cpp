#include "tests/source/disk/seals.h"

extern "C" {  // com_err.h does not say so itself
#include <et/com_err.h>
#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>
}
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <string>

#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

std::string little(uint64_t value, size_t width) {
  std::string out;
  for (size_t i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}
std::string big(uint64_t value, size_t width) {
  std::string out = little(value, width);
  std::ranges::reverse(out);
  return out;
}

const unsigned char* raw(const std::vector<std::byte>& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

uint32_t crc32c(uint32_t seed, const void* bytes, size_t length) {
  return ext2fs_crc32c_le(seed, static_cast<const unsigned char*>(bytes), length);
}

void clear(std::vector<std::byte>& bytes, size_t at, size_t width) {
  for (size_t i = 0; i < width && at + i < bytes.size(); ++i) bytes[at + i] = std::byte{0};
}

}  // namespace

Seals Seals::of(const std::vector<std::byte>& image) {
  Seals seals;
  seals.add_gpt(image);
  seals.add_vhd(image);
  seals.add_vhdx(image);
  seals.add_ext(image);
  return seals;
}

void Seals::repair(const std::vector<std::byte>& image, Edits& edits) const {
  for (const Seal& seal : seals_) {
    const auto first = edits.lower_bound(seal.offset);
    if (first == edits.end() || first->first >= seal.offset + seal.length) continue;
    const auto begin = image.begin() + static_cast<std::ptrdiff_t>(seal.offset);
    std::vector<std::byte> bytes(begin, begin + static_cast<std::ptrdiff_t>(seal.length));
    for (auto edit = first; edit != edits.end() && edit->first < seal.offset + seal.length; ++edit)
      bytes[edit->first - seal.offset] = edit->second;
    seal.apply(bytes, [&](uint64_t at, std::string_view now) {
      for (size_t i = 0; i < now.size(); ++i)
        if (at + i < image.size()) edits[at + i] = static_cast<std::byte>(now[i]);
    });
  }
}

// UEFI 5.3.2: the entries' CRC stands in the header, whose own counts as zero.
void Seals::add_gpt(const std::vector<std::byte>& image) {
  const ByteView view{Bytes(image)};
  for (const uint64_t sector : {512, 4096})
    for (const uint64_t at : {sector, image.size() - sector}) {
      if (!view.starts_with("EFI PART", at)) continue;
      const uint64_t entries = view.le64(at + 72) * sector;
      const size_t length = size_t{view.le32(at + 80)} * view.le32(at + 84);
      seals_.push_back({entries, length, [at](std::vector<std::byte>& bytes, const Put& put) {
                          put(at + 88,
                              little(crc32(0, raw(bytes), static_cast<uInt>(bytes.size())), 4));
                        }});
      seals_.push_back(
          {at, view.le32(at + 12), [at](std::vector<std::byte>& bytes, const Put& put) {
             clear(bytes, 16, 4);
             put(at + 16, little(crc32(0, raw(bytes), static_cast<uInt>(bytes.size())), 4));
           }});
    }
}

void Seals::add_vhd(const std::vector<std::byte>& image) {
  const ByteView view{Bytes(image)};
  const auto sum_at = [&](uint64_t offset, size_t length, size_t place) {
    seals_.push_back({offset, length, [=](std::vector<std::byte>& bytes, const Put& put) {
                        clear(bytes, place, 4);
                        uint32_t sum = 0;
                        for (const std::byte b : bytes) sum += static_cast<uint32_t>(b);
                        put(offset + place, big(~sum, 4));
                      }});
  };
  for (const uint64_t at : {uint64_t{0}, static_cast<uint64_t>(image.size() - 512)})
    if (view.starts_with("conectix", at)) sum_at(at, 512, 64);
  if (view.starts_with("cxsparse", 512)) sum_at(512, 1024, 36);
}

void Seals::add_vhdx(const std::vector<std::byte>& image) {
  const ByteView view{Bytes(image)};
  if (!view.starts_with("vhdxfile")) return;
  const auto crc_at = [&](uint64_t offset, size_t length) {
    seals_.push_back({offset, length, [=](std::vector<std::byte>& bytes, const Put& put) {
                        clear(bytes, 4, 4);
                        put(offset + 4, little(~crc32c(~0u, raw(bytes), bytes.size()), 4));
                      }});
  };
  const uint64_t log = view.le64(65536 + 72), log_length = view.le32(65536 + 68);
  // Entries that lie in one piece; of one that wraps the checksum stays wrong when it is hit.
  for (uint64_t at = log; at < log + log_length; at += 4096)
    if (view.starts_with("loge", at) && at + view.le32(at + 8) <= log + log_length)
      crc_at(at, view.le32(at + 8));
  for (const uint64_t at : {64 * 1024, 128 * 1024}) crc_at(at, 4096);
  for (const uint64_t at : {192 * 1024, 256 * 1024}) crc_at(at, 64 * 1024);
}

namespace {

// The intact file system as libext2fs sees it; it knows every checksum of ext4.
struct OpenFs {
  TempDir dir;
  ext2_filsys fs = nullptr;
  explicit OpenFs(const std::vector<std::byte>& image) {
    write_bytes(dir.path("image"), {reinterpret_cast<const char*>(image.data()), image.size()});
    if (ext2fs_open(dir.path("image").c_str(), EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &fs))
      fs = nullptr;
  }
  ~OpenFs() {
    if (fs) ext2fs_free(fs);
  }
};

struct Block {
  uint64_t number;
  bool is_tree;  // of extents, not of data
};

std::vector<Block> blocks_of(ext2_filsys fs, ext2_ino_t inode) {
  std::vector<Block> out;
  const auto add = [](ext2_filsys, blk64_t* block, e2_blkcnt_t count, blk64_t, int, void* data) {
    static_cast<std::vector<Block>*>(data)->push_back({*block, count < 0});
    return 0;
  };
  ext2fs_block_iterate3(fs, inode, BLOCK_FLAG_READ_ONLY, nullptr, add, &out);
  return out;
}

}  // namespace

void Seals::add_ext(const std::vector<std::byte>& image) {
  const ByteView view{Bytes(image)};
  if (image.size() < 4096 || view.le16(1024 + 56) != EXT2_SUPER_MAGIC) return;
  const auto open = std::make_shared<OpenFs>(image);
  const ext2_filsys fs = open->fs;
  if (!fs || !ext2fs_has_feature_metadata_csum(fs->super)) return;
  const size_t block_size = fs->blocksize;
  const auto add = [&](uint64_t offset, size_t length, auto set) {
    seals_.push_back({offset, length, [=](std::vector<std::byte>& bytes, const Put& put) {
                        set(open->fs, bytes);
                        put(offset, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
                      }});
  };

  ext2_inode_scan scan = nullptr;
  if (ext2fs_open_inode_scan(fs, 0, &scan)) return;
  std::vector<char> inode_bytes(EXT2_INODE_SIZE(fs->super));
  auto* const inode = reinterpret_cast<ext2_inode*>(inode_bytes.data());
  ext2_ino_t number = 0;
  const auto next = [&] {
    return ext2fs_get_next_inode_full(scan, &number, inode, static_cast<int>(inode_bytes.size())) ==
               0 &&
           number != 0;
  };
  while (next()) {
    if (inode->i_links_count == 0 && number > EXT2_FIRST_INO(fs->super)) continue;
    const ext2_ino_t of = number;
    if (const blk64_t attributes = ext2fs_file_acl_block(fs, inode); attributes != 0)
      add(attributes * block_size, block_size,
          [of, attributes](ext2_filsys its, std::vector<std::byte>& b) {
            ext2fs_ext_attr_block_csum_set(its, of, attributes,
                                           reinterpret_cast<ext2_ext_attr_header*>(b.data()));
          });
    if (ext2fs_inode_has_valid_blocks2(fs, inode) && !(inode->i_flags & EXT4_INLINE_DATA_FL))
      for (const Block& block : blocks_of(fs, of)) {
        if (block.is_tree && (inode->i_flags & EXT4_EXTENTS_FL))
          add(block.number * block_size, block_size,
              [of](ext2_filsys its, std::vector<std::byte>& b) {
                ext2fs_extent_block_csum_set(its, of,
                                             reinterpret_cast<ext3_extent_header*>(b.data()));
              });
        else if (LINUX_S_ISDIR(inode->i_mode))
          add(block.number * block_size, block_size,
              [of](ext2_filsys its, std::vector<std::byte>& b) {
                ext2fs_dir_block_csum_set(its, of, reinterpret_cast<ext2_dir_entry*>(b.data()));
              });
      }
    const uint32_t group = (of - 1) / fs->super->s_inodes_per_group,
                   index = (of - 1) % fs->super->s_inodes_per_group;
    add(ext2fs_inode_table_loc(fs, group) * block_size + index * inode_bytes.size(),
        inode_bytes.size(), [of](ext2_filsys its, std::vector<std::byte>& b) {
          ext2fs_inode_csum_set(its, of, reinterpret_cast<ext2_inode_large*>(b.data()));
        });
  }
  ext2fs_close_inode_scan(scan);

  // ext4 documentation, "Block Group Descriptors": the low 16 bits of a CRC-32C over the group's number and
  // its descriptor.
  const size_t descriptor = EXT2_DESC_SIZE(fs->super);
  for (dgrp_t group = 0; group < fs->group_desc_count; ++group)
    add((fs->super->s_first_data_block + 1) * block_size + group * descriptor, descriptor,
        [group](ext2_filsys its, std::vector<std::byte>& b) {
          clear(b, 0x1e, 2);
          const std::string id = little(group, 4);
          const uint32_t crc = crc32c(crc32c(its->csum_seed, id.data(), 4), b.data(), b.size());
          b[0x1e] = static_cast<std::byte>(crc);
          b[0x1f] = static_cast<std::byte>(crc >> 8);
        });
  add(1024, 1024, [](ext2_filsys its, std::vector<std::byte>& b) {
    ext2fs_superblock_csum_set(its, reinterpret_cast<ext2_super_block*>(b.data()));
  });

  // The journal (jbd2, version 3 checksums): a tag has the sum of what it describes, the last four bytes of
  // a descriptor or revocation its own, a commit its own at 16.
  if (fs->super->s_journal_inum == 0) return;
  std::vector<uint64_t> journal;
  for (const Block& block : blocks_of(fs, fs->super->s_journal_inum))
    if (!block.is_tree) journal.push_back(block.number * block_size);
  if (journal.empty() || view.be32(journal[0]) != 0xC03B3998 || !(view.be32(journal[0] + 40) & 16))
    return;
  const uint32_t seed = crc32c(~0u, image.data() + journal[0] + 48, 16);
  for (size_t n = 1; n < journal.size(); ++n) {
    const uint64_t at = journal[n];
    if (view.be32(at) != 0xC03B3998) continue;
    const uint32_t type = view.be32(at + 4), sequence = view.be32(at + 8);
    if (type == 1) {
      size_t data = n;
      for (size_t tag = 12; tag + 16 <= block_size - 4;) {
        if (++data >= journal.size()) break;
        const uint32_t flags = view.be32(at + tag + 4);
        seals_.push_back(
            {journal[data], block_size, [=](std::vector<std::byte>& bytes, const Put& put) {
               const std::string id = big(sequence, 4);
               const uint32_t crc = crc32c(crc32c(seed, id.data(), 4), bytes.data(), bytes.size());
               put(at + tag + 12, big(crc, 4));
             }});
        tag += 16 + (flags & 2 ? 0 : 16);
        if (flags & 8) break;
      }
    }
    const size_t place = type == 2 ? 16 : block_size - 4;
    seals_.push_back({at, block_size, [=](std::vector<std::byte>& bytes, const Put& put) {
                        clear(bytes, place, 4);
                        put(at + place, big(crc32c(seed, bytes.data(), bytes.size()), 4));
                      }});
  }
}

}  // namespace drydock::test
