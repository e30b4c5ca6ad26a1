// VHD: footer, header, table.
#include "analyzer/source/disk/container.h"
#include "tests/fuzz/sparse_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock;
  const auto file = std::make_shared<fuzz::SparseInput>(data, size);
  const auto seal = [&](uint64_t at, size_t length, size_t place) {
    const auto bytes = file->read(at, length);
    uint32_t sum = 0;
    for (size_t i = 0; bytes && i < length; ++i)
      if (i < place || i >= place + 4) sum += static_cast<uint32_t>((*bytes)[i]);
    if (bytes) file->patch(at + place, ~sum, true);
  };
  if (file->size() >= 2048) {
    seal(0, 512, 64);
    seal(512, 1024, 36);
    seal(file->size() - 512, 512, 64);
  }
  if (const ContainerResult disk = open_vhd(file); disk && *disk) fuzz::read_some(*(*disk)->device);
  return 0;
}
