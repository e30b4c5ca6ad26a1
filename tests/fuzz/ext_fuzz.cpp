// ext2, ext3, ext4: the glue round libext2fs, the journal.
#include "tests/fuzz/sparse_input.h"
#include "tests/fuzz/volume_walk.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock;
  fuzz::walk(open_ext(std::make_shared<fuzz::SparseInput>(data, size)));
  return 0;
}
