#include "tests/paths.h"

namespace drydock::test {

std::string source_dir() { return DRYDOCK_SOURCE_DIR; }
std::string program() { return DRYDOCK_PROGRAM; }

}  // namespace drydock::test
