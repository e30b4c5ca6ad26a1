// Where tests find the project's own files and the program under test.
#pragma once

#include <string>

namespace drydock::test {

std::string source_dir();  // the root of the project
std::string program();     // the drydock program of this build

}  // namespace drydock::test
