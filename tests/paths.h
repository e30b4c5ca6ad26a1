// Where tests find the project's own files and the program under test.
#pragma once

#include <string>

namespace drydock::test {

std::string source_dir();  // the root of the project
std::string program();     // the drydock program of this build
// The library to preload into auditctl(8); see tests/oracle/audit_kernel.cpp.
std::string audit_kernel();
// The program that calls PAM modules; see tests/oracle/pam_kernel.cpp.
std::string pam_kernel();

}  // namespace drydock::test
