// Recognizes what is on a volume by its magic numbers, also what drydock does not read.
#include <algorithm>
#include <cctype>

#include "analyzer/source/fs/file_system.h"

namespace drydock {
namespace {

struct Magic {
  std::string_view type;
  uint64_t offset;
  std::string_view bytes;
  std::string_view why;  // empty: nothing in it concerns a host's files
};

// Order matters: containers of volumes before file systems (images.md of the formats: LUKS, LVM and MD
// members may carry the remains of a file system).
constexpr Magic kMagics[] = {
    {"crypto_LUKS", 0, std::string_view("LUKS\xba\xbe", 6), "it is encrypted (LUKS)"},
    {"LVM2_member", 512, "LABELONE", "LVM is not read yet"},
    {"LVM2_member", 0, "LABELONE", "LVM is not read yet"},
    {"linux_raid_member", 4096, std::string_view("\xfc\x4e\x2b\xa9", 4),
     "Linux RAID is not read yet"},
    {"linux_raid_member", 0, std::string_view("\xfc\x4e\x2b\xa9", 4), "Linux RAID is not read yet"},
    {"BitLocker", 3, "-FVE-FS-", "it is encrypted (BitLocker)"},
    {"xfs", 0, "XFSB", "XFS is not read yet"},
    {"btrfs", 65536 + 64, "_BHRfS_M", "btrfs is not read yet"},
    {"squashfs", 0, "hsqs", "squashfs is not read yet"},
    {"erofs", 1024, std::string_view("\xe2\xe1\xf5\xe0", 4), "EROFS is not read yet"},
    {"f2fs", 1024, std::string_view("\x10\x20\xf5\xf2", 4), "F2FS is not read"},
    {"ntfs", 3, "NTFS    ", "NTFS is not read"},
    {"iso9660", 32769, "CD001", "ISO 9660 on a partition is not read"},
    {"swap", 4086, "SWAPSPACE2", ""},
    {"swap", 65526, "SWAPSPACE2", ""},
    {"swsuspend", 4086, "S1SUSPEND", ""},
    {"bcachefs", 4120, std::string_view("\xc6\x85\x73\xf6\x66\xce\x90\xa9", 8),
     "bcachefs is not read"},
    {"reiserfs", 65588, "ReIsEr", "ReiserFS is not read"},
    {"jfs", 32768, "JFS1", "JFS is not read"},
    {"exfat", 3, "EXFAT   ", "exFAT is not read"},
    {"apfs", 32, "NXSB", "APFS is not read"},
    {"stratis", 516, "!Stra0tis", "Stratis is not read"},
    // What proves that another volume is what it was (Discoverable Partitions Specification) holds no files.
    {"DM_verity_hash", 0, std::string_view("verity\0\0", 8), ""},
    {"verity signature", 0, "{\"rootHash\"", ""},
};

bool has_magic(const BlockDevice& volume, const Magic& magic) {
  std::byte raw[16];
  const auto window = std::span(raw).first(magic.bytes.size());
  return volume.read(magic.offset, window).ok() && ByteView{Bytes(window)}.starts_with(magic.bytes);
}

// LUKS On-Disk Format Specification, versions 1 and 2: 40 bytes of text, ended by NUL.
std::string luks_uuid(const BlockDevice& volume) {
  std::byte raw[40];
  if (!volume.read(168, std::span(raw))) return "";
  const std::string_view text(reinterpret_cast<const char*>(raw), sizeof raw);
  const std::string_view uuid = text.substr(0, text.find('\0'));
  const bool plain = std::ranges::all_of(
      uuid, [](char c) { return c == '-' || std::isxdigit(static_cast<unsigned char>(c)); });
  return plain ? std::string(uuid) : "";
}

}  // namespace

VolumeInfo probe_volume(const BlockDevicePtr& volume) {
  for (const Magic& magic : kMagics)
    if (has_magic(*volume, magic))
      return {.type = std::string(magic.type),
              .uuid = magic.type == "crypto_LUKS" ? luks_uuid(*volume) : "",
              .why_not_read = std::string(magic.why)};
  for (const auto open : {open_ext, open_fat})
    if (auto info = open(volume)) return std::move(*info);
  // Nothing was recognized because nothing could be read: an image that was cut, a bad block.
  std::byte first[512];
  if (volume->size() >= sizeof first)
    if (const auto done = volume->read(0, std::span(first)); !done)
      return {.type = "", .why_not_read = done.error().message};
  return {};
}

}  // namespace drydock
