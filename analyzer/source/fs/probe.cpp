// Recognizes what is on a volume by its magic numbers, also what drydock does not read.
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
};

bool has_magic(const BlockDevice& volume, const Magic& magic) {
  std::byte raw[16];
  const auto window = std::span(raw).first(magic.bytes.size());
  return volume.read(magic.offset, window).ok() && ByteView{Bytes(window)}.starts_with(magic.bytes);
}

}  // namespace

VolumeInfo probe_volume(const BlockDevicePtr& volume) {
  for (const Magic& magic : kMagics)
    if (has_magic(*volume, magic))
      return {.type = std::string(magic.type), .why_not_read = std::string(magic.why)};
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
