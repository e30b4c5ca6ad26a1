// A file system on a block device, read by inode.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/source/disk/block.h"
#include "analyzer/source/tree.h"

namespace drydock {

class FileSystem {
 public:
  using Inode = uint64_t;

  struct Entry {
    std::string name;  // bytes; never empty, ".", ".." or with '/' or NUL
    Inode inode;
  };

  struct Description {
    Stat stat;
    bool may_have_xattrs = true;  // false: xattrs() need not be asked
  };

  virtual ~FileSystem() = default;

  virtual Inode root() const = 0;
  virtual TreeResult<Stat> stat(Inode inode) const = 0;
  // The same, and what else reading the inode shows; the default knows no more than stat().
  virtual TreeResult<Description> describe(Inode inode) const;
  // The names of a directory, sorted bytewise.
  virtual TreeResult<std::vector<Entry>> list(Inode directory) const = 0;
  // The inode of one name; not_found if there is none. The default looks through list().
  virtual TreeResult<Inode> lookup(Inode directory, std::string_view name) const;
  // Up to `length` bytes of a regular file from `offset`; shorter only at the end of the file.
  // Holes are zeros. Ask in pieces of your own size: a hostile inode may claim 2^60 bytes.
  virtual TreeResult<std::string> read(Inode file, uint64_t offset, size_t length) const = 0;
  virtual TreeResult<std::string> readlink(Inode link) const = 0;
  // As the kernel shows them to root, sorted by name; POSIX ACLs in the kernel's form.
  virtual TreeResult<Xattrs> xattrs(Inode inode) const = 0;
};

using FileSystemPtr = std::shared_ptr<const FileSystem>;

// What a probe says about a volume, whether or not it can be read.
struct VolumeInfo {
  std::string
      type;  // "ext4", "vfat", "xfs", "btrfs", "swap", "crypto_LUKS", "LVM2_member"; "" unknown
  std::string uuid = {};  // as blkid prints it
  std::string label = {};
  FileSystemPtr file_system = {};       // null: recognized, but not readable here
  std::string why_not_read = {};        // a clause, when file_system is null
  uint64_t missing = 0;                 // bytes that the file system has and the volume has not
  std::vector<std::string> notes = {};  // "the journal was replayed: 131 blocks"
};

// Looks at the volume's content. Never fails: what is not known has an empty type.
VolumeInfo probe_volume(const BlockDevicePtr& volume);

// ext2/3/4 through libext2fs, with the journal replayed into memory (jbd2). nullopt: no ext
// superblock.
std::optional<VolumeInfo> open_ext(const BlockDevicePtr& volume);
// FAT12/16/32 with long names.
std::optional<VolumeInfo> open_fat(const BlockDevicePtr& volume);

}  // namespace drydock
