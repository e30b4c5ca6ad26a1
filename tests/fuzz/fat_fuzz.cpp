// FAT12, FAT16, FAT32: geometry, chains, directories, long names.
#include "tests/fuzz/sparse_input.h"
#include "tests/fuzz/volume_walk.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock;
  fuzz::walk(open_fat(std::make_shared<fuzz::SparseInput>(data, size)));
  return 0;
}
