// The version of drydock: of the program, its reports and of what packs of rules may ask for.
#pragma once

#include <string_view>

namespace drydock {

inline constexpr std::string_view kVersion = "0.1.0";  // as project() in CMakeLists.txt

}  // namespace drydock
