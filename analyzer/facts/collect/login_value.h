// What the shadow tools make of a value of login.defs(5), and what they take without one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace drydock::facts {

struct LoginValue {
  std::string value;
  std::string why_not;  // the line does not count: `value` is the default; empty: it does
};

// getdef.c of shadow 4.13: a number is one of C with its base (strtol(3), base 0) and nothing behind it; else the
// programs complain and take the default. UMASK and HOME_MODE are such numbers too, returned as octal ones. Of
// ENCRYPT_METHOD only the names in capitals are known.
LoginValue login_value(std::string_view name, std::string_view written);

// Names and values where nothing is written.
std::span<const std::pair<std::string_view, std::string_view>> login_defaults_of_shadow();

}  // namespace drydock::facts
