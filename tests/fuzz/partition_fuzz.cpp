// Partition tables: GPT, MBR, chains of logical partitions.
#include "analyzer/source/disk/partition.h"

#include <zlib.h>

#include "tests/fuzz/sparse_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock;
  fuzz::SparseInput disk(data, size);
  // The CRC of a GPT's entries, then that of its header.
  for (const uint32_t sector : {512u, 4096u}) {
    const auto header = disk.read(sector, size_t{512});
    if (!header || !ByteView{Bytes(*header)}.starts_with("EFI PART")) continue;
    const ByteView view{Bytes(*header)};
    const uint64_t length = uint64_t{view.le32(80)} * view.le32(84), at = view.le64(72) * sector;
    if (length > (64 << 10)) continue;
    if (const auto entries = disk.read(at, static_cast<size_t>(length)))
      disk.patch(sector + 88,
                 static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(entries->data()),
                                             static_cast<uInt>(entries->size()))));
    auto whole = disk.read(sector, std::min<size_t>(view.le32(12), sector));
    if (!whole || whole->size() < 92) continue;
    std::fill_n(whole->begin() + 16, 4, std::byte{0});
    disk.patch(sector + 16,
               static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(whole->data()),
                                           static_cast<uInt>(whole->size()))));
  }
  (void)read_partition_table(disk);
  return 0;
}
