#include <malloc.h>

#include "analyzer/cli/cli.h"

int main(int argc, char** argv) {
#ifdef __GLIBC__
  // A scan lives for a moment: memory is taken in large steps and given back at the end, for each step is
  // a system call and each page that comes back is cleared anew.
  mallopt(M_TOP_PAD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
  return drydock::cli::run(argc, argv);
}
