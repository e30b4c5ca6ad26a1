// VHDX: headers, log, regions, metadata, table.
#include <ext2fs/ext2fs.h>  // crc32c

#include "analyzer/source/disk/container.h"
#include "tests/fuzz/sparse_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock;
  const auto file = std::make_shared<fuzz::SparseInput>(data, size);
  constexpr std::pair<uint64_t, size_t> kSums[] = {
      {64 << 10, 4096}, {128 << 10, 4096}, {192 << 10, 64 << 10}, {256 << 10, 64 << 10}};
  for (const auto& [at, length] : kSums) {
    auto bytes = file->read(at, length);
    if (!bytes) continue;
    std::fill_n(bytes->begin() + 4, 4, std::byte{0});
    file->patch(at + 4,
                ~ext2fs_crc32c_le(~0u, reinterpret_cast<const unsigned char*>(bytes->data()),
                                  bytes->size()));
  }
  if (const ContainerResult disk = open_vhdx(file); disk && *disk)
    fuzz::read_some(*(*disk)->device);
  return 0;
}
