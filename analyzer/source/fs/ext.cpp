// ext2/3/4 through libext2fs: its reader over our block device, our journal replay under it
// (libext2fs itself ignores the journal, and a snapshot of a running host would lose its newest
// names silently).
extern "C" {  // com_err.h does not say so itself
#include <et/com_err.h>
#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>
}

#include <algorithm>
#include <cstring>

#include "analyzer/base/limits.h"
#include "analyzer/source/fs/file_system.h"
#include "analyzer/source/fs/jbd2.h"

namespace drydock {
namespace {

io_manager manager();

// libext2fs's manager opens by name only: the device to open is handed over here, per thread.
thread_local const BlockDevicePtr* g_opening = nullptr;

const BlockDevice& device_of(io_channel channel) {
  return **static_cast<BlockDevicePtr*>(channel->private_data);
}

errcode_t io_open(const char*, int flags, io_channel* out) {
  if (!g_opening || (flags & IO_FLAG_RW)) return EXT2_ET_BAD_DEVICE_NAME;
  auto* channel = static_cast<io_channel>(std::calloc(1, sizeof(struct_io_channel)));
  if (!channel) return EXT2_ET_NO_MEMORY;
  channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
  channel->manager = manager();
  channel->name = strdup("volume");
  channel->block_size = 1024;
  channel->refcount = 1;
  channel->private_data = new (std::nothrow) BlockDevicePtr(*g_opening);
  if (!channel->name || !channel->private_data) {
    std::free(channel->name);
    std::free(channel);
    return EXT2_ET_NO_MEMORY;
  }
  *out = channel;
  return 0;
}

errcode_t io_close(io_channel channel) {
  if (--channel->refcount > 0) return 0;
  delete static_cast<BlockDevicePtr*>(channel->private_data);
  std::free(channel->name);
  std::free(channel);
  return 0;
}

errcode_t io_set_block_size(io_channel channel, int size) {
  channel->block_size = size;
  return 0;
}

// A negative count is a number of bytes.
errcode_t io_read64(io_channel channel, unsigned long long block, int count, void* data) {
  const uint64_t length =
      count < 0 ? static_cast<uint64_t>(-static_cast<int64_t>(count))
                : static_cast<uint64_t>(count) * static_cast<uint64_t>(channel->block_size);
  const auto offset = checked_mul(block, static_cast<uint64_t>(channel->block_size));
  if (!offset) return EXT2_ET_SHORT_READ;
  // No exception may pass through the library, which is C.
  try {
    return device_of(channel).read(*offset, std::span(static_cast<std::byte*>(data), length))
               ? 0
               : EXT2_ET_SHORT_READ;
  } catch (const std::exception&) {
    return EXT2_ET_NO_MEMORY;
  }
}

errcode_t io_read(io_channel channel, unsigned long block, int count, void* data) {
  return io_read64(channel, block, count, data);
}

errcode_t io_write64(io_channel, unsigned long long, int, const void*) {
  return EXT2_ET_RO_FILSYS;
}
errcode_t io_write(io_channel, unsigned long, int, const void*) {
  return EXT2_ET_RO_FILSYS;
}
errcode_t io_flush(io_channel) {
  return 0;
}

io_manager manager() {
  static struct_io_manager instance = [] {
    struct_io_manager made{};
    made.magic = EXT2_ET_MAGIC_IO_MANAGER;
    made.name = "drydock block device";
    made.open = io_open;
    made.close = io_close;
    made.set_blksize = io_set_block_size;
    made.read_blk = io_read;
    made.write_blk = io_write;
    made.flush = io_flush;
    made.read_blk64 = io_read64;
    made.write_blk64 = io_write64;
    return made;
  }();
  return &instance;
}

struct CloseFs {
  void operator()(ext2_filsys fs) const { ext2fs_free(fs); }
};
using FsPtr = std::unique_ptr<struct_ext2_filsys, CloseFs>;

std::string words(errcode_t code) {
  initialize_ext2_error_table();
  return error_message(code);
}

Result<FsPtr> open_fs(const BlockDevicePtr& volume) {
  g_opening = &volume;
  ext2_filsys fs = nullptr;
  const errcode_t code = ext2fs_open2(
      "volume", nullptr, EXT2_FLAG_64BITS | EXT2_FLAG_SOFTSUPP_FEATURES, 0, 0, manager(), &fs);
  g_opening = nullptr;
  if (code) return Error{words(code), ""};
  return FsPtr(fs);
}

TreeError unreadable(std::string what) {
  return {TreeError::Kind::unreadable, std::move(what)};
}

uint16_t le16(const char* at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(at[0]) | static_cast<uint8_t>(at[1]) << 8);
}

// POSIX ACLs: ext4 keeps version 1 with short entries; the kernel shows version 2 with an id in
// every entry, 0xffffffff where none applies (include/uapi/linux/posix_acl_xattr.h).
std::string acl_as_the_kernel_shows_it(std::string_view disk) {
  constexpr uint16_t kUser = 2, kGroup = 8;
  std::string out("\x02\0\0\0", 4);
  for (size_t at = 4; at + 4 <= disk.size();) {
    const uint16_t tag = le16(disk.data() + at);
    out.append(disk.substr(at, 4));
    at += 4;
    if ((tag == kUser || tag == kGroup) && at + 4 <= disk.size()) {
      out.append(disk.substr(at, 4));
      at += 4;
    } else {
      out.append("\xff\xff\xff\xff", 4);
    }
  }
  return out;
}

class ExtFileSystem : public FileSystem {
 public:
  explicit ExtFileSystem(FsPtr fs) : fs_(std::move(fs)) {}

  Inode root() const override { return EXT2_ROOT_INO; }

  TreeResult<Stat> stat(Inode number) const override {
    const auto found = describe(number);
    if (!found) return found.error();
    return found->stat;
  }

  TreeResult<Description> describe(Inode number) const override {
    const auto inode = read_inode(number);
    if (!inode) return inode.error();
    const ext2_inode& base = reinterpret_cast<const ext2_inode&>(*inode);
    Stat out;
    out.type = type_of(base.i_mode);
    out.mode = base.i_mode & 07777;
    out.uid = inode_uid(base);
    out.gid = inode_gid(base);
    out.size = EXT2_I_SIZE(&base);
    out.links = base.i_links_count;
    out.mtime = static_cast<int32_t>(base.i_mtime);
    // The low two bits of the extra field carry the time on beyond 2038; inodes of 128 bytes have
    // none.
    if (EXT2_INODE_SIZE(fs_->super) > EXT2_GOOD_OLD_INODE_SIZE &&
        inode->i_extra_isize >=
            offsetof(ext2_inode_large, i_mtime_extra) + 4 - EXT2_GOOD_OLD_INODE_SIZE)
      out.mtime += static_cast<int64_t>(inode->i_mtime_extra & 3) << 32;
    if (out.type == NodeType::block_device || out.type == NodeType::char_device) {
      const uint32_t old_form = base.i_block[0], new_form = base.i_block[1];
      const uint64_t major = old_form ? old_form >> 8 & 0xff : (new_form & 0xfff00) >> 8;
      const uint64_t minor =
          old_form ? old_form & 0xff : (new_form & 0xff) | (new_form >> 12 & 0xfff00);
      out.rdev = major << 32 | minor;
    }
    return Description{.stat = out, .may_have_xattrs = may_have_xattrs(*inode)};
  }

  TreeResult<std::vector<Entry>> list(Inode directory) const override {
    const auto inode = read_inode(directory);
    if (!inode) return inode.error();
    if (!LINUX_S_ISDIR(inode->i_mode))
      return TreeError{TreeError::Kind::not_directory,
                       "inode " + std::to_string(directory) + " is no directory"};
    if (inode->i_flags & EXT4_ENCRYPT_FL) return unreadable("the directory is encrypted (fscrypt)");
    Listing listing;
    const errcode_t code = ext2fs_dir_iterate2(fs_.get(), static_cast<ext2_ino_t>(directory), 0,
                                               nullptr, add_entry, &listing);
    if (code || listing.failed)
      return unreadable("the directory, inode " + std::to_string(directory) +
                        ", is damaged: " + (code ? words(code) : "too many entries"));
    std::ranges::sort(listing.entries, {}, &Entry::name);
    // A damaged directory may hold a name twice; the first one is what a lookup finds.
    const auto twice = std::ranges::unique(listing.entries, {}, &Entry::name);
    listing.entries.erase(twice.begin(), twice.end());
    return std::move(listing.entries);
  }

  TreeResult<Inode> lookup(Inode directory, std::string_view wanted) const override {
    ext2_ino_t found = 0;
    const std::string text(wanted);
    const errcode_t code =
        ext2fs_lookup(fs_.get(), static_cast<ext2_ino_t>(directory), text.c_str(),
                      static_cast<int>(text.size()), nullptr, &found);
    if (code == 0) return Inode{found};
    if (code == EXT2_ET_FILE_NOT_FOUND) {
      // Names that are encrypted are not the ones that the host sees.
      const auto inode = read_inode(directory);
      if (inode && (inode->i_flags & EXT4_ENCRYPT_FL))
        return unreadable("the directory is encrypted (fscrypt)");
      return TreeError{TreeError::Kind::not_found, "'" + text + "' does not exist"};
    }
    if (code == EXT2_ET_NO_DIRECTORY)
      return TreeError{TreeError::Kind::not_directory,
                       "inode " + std::to_string(directory) + " is no directory"};
    return unreadable("looking for '" + text + "': " + words(code));
  }

  TreeResult<std::string> read(Inode number, uint64_t offset, size_t length) const override {
    const auto inode = read_inode(number);
    if (!inode) return inode.error();
    if (!LINUX_S_ISREG(inode->i_mode))
      return TreeError{TreeError::Kind::wrong_type,
                       "inode " + std::to_string(number) + " is no regular file"};
    if (inode->i_flags & EXT4_ENCRYPT_FL) return unreadable("the file is encrypted (fscrypt)");
    return content(number, *inode, offset, length);
  }

  TreeResult<std::string> readlink(Inode number) const override {
    auto inode = read_inode(number);
    if (!inode) return inode.error();
    if (!LINUX_S_ISLNK(inode->i_mode))
      return TreeError{TreeError::Kind::wrong_type,
                       "inode " + std::to_string(number) + " is no symbolic link"};
    if (inode->i_flags & EXT4_ENCRYPT_FL) return unreadable("the link is encrypted (fscrypt)");
    auto* base = reinterpret_cast<ext2_inode*>(&*inode);
    const uint64_t size = EXT2_I_SIZE(base);
    if (ext2fs_is_fast_symlink(base) && !(inode->i_flags & EXT4_INLINE_DATA_FL) &&
        size < sizeof base->i_block)
      return std::string(reinterpret_cast<const char*>(base->i_block), size);
    return content(number, *inode, 0, limits::kPathBytes);
  }

  TreeResult<Xattrs> xattrs(Inode number) const override {
    Xattrs out;
    ext2_xattr_handle* handle = nullptr;
    errcode_t code = ext2fs_xattrs_open(fs_.get(), static_cast<ext2_ino_t>(number), &handle);
    if (code == EXT2_ET_MISSING_EA_FEATURE) return out;
    if (code) return unreadable("inode " + std::to_string(number) + ": " + words(code));
    unsigned int raw = XATTR_HANDLE_FLAG_RAW;
    ext2fs_xattrs_flags(handle, &raw, nullptr);
    code = ext2fs_xattrs_read(handle);
    if (!code) ext2fs_xattrs_iterate(handle, add_xattr, &out);
    ext2fs_xattrs_close(&handle);
    if (code)
      return unreadable("the attributes of inode " + std::to_string(number) + ": " + words(code));
    std::ranges::sort(out);
    return out;
  }

 private:
  static constexpr size_t kMaxEntries = 1'000'000;
  struct Listing {
    std::vector<Entry> entries;
    bool failed = false;
  };

  static int add_entry(ext2_ino_t, int, ext2_dir_entry* entry, int, int, char*, void* data) {
    auto* listing = static_cast<Listing*>(data);
    const std::string_view text(entry->name, static_cast<size_t>(ext2fs_dirent_name_len(entry)));
    if (entry->inode == 0 || text.empty() || text == "." || text == "..") return 0;
    if (text.find('/') != text.npos || text.find('\0') != text.npos) return 0;
    try {
      listing->entries.push_back({std::string(text), entry->inode});
    } catch (const std::exception&) {
      listing->failed = true;
    }
    if (listing->entries.size() > kMaxEntries) listing->failed = true;
    return listing->failed ? DIRENT_ABORT : 0;
  }

  static int add_xattr(char* key, char* value, size_t length, void* data) {
    const std::string_view text(key);
    if (text == "system.data") return 0;  // the tail of an inline file, not an attribute
    try {
      std::string content(value, length);
      if (text.starts_with("system.posix_acl_")) content = acl_as_the_kernel_shows_it(content);
      static_cast<Xattrs*>(data)->emplace_back(text, std::move(content));
      return 0;
    } catch (const std::exception&) {
      return XATTR_ABORT;
    }
  }

  static NodeType type_of(uint16_t mode) {
    if (LINUX_S_ISDIR(mode)) return NodeType::directory;
    if (LINUX_S_ISLNK(mode)) return NodeType::symlink;
    if (LINUX_S_ISFIFO(mode)) return NodeType::fifo;
    if (LINUX_S_ISSOCK(mode)) return NodeType::socket;
    if (LINUX_S_ISBLK(mode)) return NodeType::block_device;
    if (LINUX_S_ISCHR(mode)) return NodeType::char_device;
    return NodeType::file;
  }

  // As much of an inode as tells whether attributes lie behind its fields.
  struct Inode256 : ext2_inode_large {
    std::byte behind[256 - sizeof(ext2_inode_large)];
  };

  // Attributes are in a block of their own, or behind the inode's fields where a magic number says so.
  bool may_have_xattrs(const Inode256& inode) const {
    if (inode.i_file_acl != 0 || inode.osd2.linux2.l_i_file_acl_high != 0) return true;
    const size_t size = EXT2_INODE_SIZE(fs_->super);
    const size_t at = EXT2_GOOD_OLD_INODE_SIZE + size_t{inode.i_extra_isize};
    uint32_t magic = EXT2_EXT_ATTR_MAGIC;  // not known: there may be some
    if (size <= EXT2_GOOD_OLD_INODE_SIZE || at + sizeof magic > size) return false;
    if (at + sizeof magic <= sizeof inode)
      std::memcpy(&magic, reinterpret_cast<const std::byte*>(&inode) + at, sizeof magic);
    return magic == EXT2_EXT_ATTR_MAGIC;
  }

  TreeResult<Inode256> read_inode(Inode number) const {
    Inode256 inode{};
    const errcode_t code =
        ext2fs_read_inode_full(fs_.get(), static_cast<ext2_ino_t>(number),
                               reinterpret_cast<ext2_inode*>(&inode), sizeof inode);
    if (code) return unreadable("inode " + std::to_string(number) + ": " + words(code));
    return inode;
  }

  TreeResult<std::string> content(Inode number, const Inode256& inode, uint64_t offset,
                                  size_t length) const {
    const uint64_t size = EXT2_I_SIZE(&inode);
    if (offset >= size) return std::string();
    ext2_inode copy;
    std::memcpy(&copy, &inode, sizeof copy);
    ext2_file_t file = nullptr;
    errcode_t code = ext2fs_file_open2(fs_.get(), static_cast<ext2_ino_t>(number), &copy, 0, &file);
    if (!code) code = ext2fs_file_llseek(file, offset, EXT2_SEEK_SET, nullptr);
    std::string out(std::min<uint64_t>(length, size - offset), '\0');
    for (size_t at = 0; !code && at < out.size();) {
      unsigned int got = 0;
      const auto wanted = static_cast<unsigned int>(std::min<size_t>(out.size() - at, 1 << 20));
      code = ext2fs_file_read(file, out.data() + at, wanted, &got);
      if (!code && got == 0) code = EXT2_ET_SHORT_READ;
      at += got;
    }
    if (file) ext2fs_file_close(file);
    if (code) return unreadable("inode " + std::to_string(number) + ": " + words(code));
    return out;
  }

  FsPtr fs_;
};

std::string uuid_text(const uint8_t* id) {
  char text[40];
  std::snprintf(text, sizeof text,
                "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", id[0],
                id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11],
                id[12], id[13], id[14], id[15]);
  return text;
}

std::string type_name(const ext2_super_block& super) {
  constexpr uint32_t kExt4Incompatible =
      ~uint32_t{EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_RECOVER |
                EXT3_FEATURE_INCOMPAT_JOURNAL_DEV | EXT2_FEATURE_INCOMPAT_META_BG};
  constexpr uint32_t kExt4ReadOnly =
      ~uint32_t{EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE};
  if ((super.s_feature_incompat & kExt4Incompatible) || (super.s_feature_ro_compat & kExt4ReadOnly))
    return "ext4";
  return super.s_feature_compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL ? "ext3" : "ext2";
}

}  // namespace

std::optional<VolumeInfo> open_ext(const BlockDevicePtr& volume) {
  std::byte magic[2];
  if (!volume->read(1024 + 56, std::span(magic)) ||
      ByteView{Bytes(magic)}.le16(0) != EXT2_SUPER_MAGIC)
    return std::nullopt;
  VolumeInfo info;
  info.type = "ext4";
  auto fs = open_fs(volume);
  if (!fs) {
    info.why_not_read = fs.error().message;
    return info;
  }
  const ext2_super_block& super = *(*fs)->super;
  info.type = type_name(super);
  info.uuid = uuid_text(super.s_uuid);
  info.label.assign(
      reinterpret_cast<const char*>(super.s_volume_name),
      strnlen(reinterpret_cast<const char*>(super.s_volume_name), sizeof super.s_volume_name));

  const auto whole = checked_mul(ext2fs_blocks_count((*fs)->super), (*fs)->blocksize);
  if (whole && *whole > volume->size()) info.missing = *whole - volume->size();

  if (super.s_feature_incompat & EXT3_FEATURE_INCOMPAT_RECOVER) {
    if (super.s_journal_inum == 0) {
      info.why_not_read = "it needs recovery and its journal is on another device";
      return info;
    }
    ext2_filsys raw = fs->get();
    const auto block_of = [raw](uint32_t log_block) -> std::optional<uint64_t> {
      blk64_t physical = 0;
      if (ext2fs_bmap2(raw, raw->super->s_journal_inum, nullptr, nullptr, 0, log_block, nullptr,
                       &physical) ||
          physical == 0)
        return std::nullopt;
      return physical;
    };
    auto replay = replay_journal(volume, raw->blocksize, block_of);
    if (!replay) {
      info.why_not_read = "it needs recovery and " + replay.error().message;
      return info;
    }
    info.notes.push_back(replay->note);
    fs = open_fs(replay->volume);
    if (!fs) {
      info.why_not_read = "after its journal was replayed: " + fs.error().message;
      return info;
    }
  }
  info.file_system = std::make_shared<ExtFileSystem>(std::move(fs).value());
  return info;
}

}  // namespace drydock
