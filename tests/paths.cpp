#include "tests/paths.h"

namespace drydock::test {

std::string source_dir() {
  return DRYDOCK_SOURCE_DIR;
}
std::string program() {
  return DRYDOCK_PROGRAM;
}
std::string audit_kernel() {
  return DRYDOCK_AUDIT_KERNEL;
}
std::string pam_kernel() {
  return DRYDOCK_PAM_KERNEL;
}

}  // namespace drydock::test
