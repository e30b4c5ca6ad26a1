// qcow2: header, tables, compressed clusters.
#include "analyzer/source/disk/beside.h"
#include "analyzer/source/disk/container.h"
#include "tests/fuzz/sparse_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock;
  const BlockDevicePtr file = std::make_shared<fuzz::SparseInput>(data, size);
  if (const ContainerResult disk = open_qcow2(file, refuse_beside(), 1); disk && *disk)
    fuzz::read_some(*(*disk)->device);
  return 0;
}
