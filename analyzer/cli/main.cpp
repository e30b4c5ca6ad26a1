#include <malloc.h>

#include "analyzer/cli/cli.h"

int main(int argc, char** argv) {
#ifdef __GLIBC__
  // One arena for the few threads there are, grown in large steps: the arenas of threads grow page by page,
  // a system call each, and what one thread frees no other can use.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TOP_PAD, 4 << 20);
#endif
  return drydock::cli::run(argc, argv);
}
