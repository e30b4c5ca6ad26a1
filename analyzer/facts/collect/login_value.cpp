#include "analyzer/facts/collect/login_value.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

namespace drydock::facts {
namespace {

// shadow 4.13: what its programs take where login.defs says nothing.
constexpr std::pair<std::string_view, std::string_view> kDefaults[] = {
    {"CREATE_HOME", "no"},      {"DEFAULT_HOME", "no"},   {"ENCRYPT_METHOD", "DES"},
    {"FAIL_DELAY", "1"},        {"GID_MAX", "60000"},     {"GID_MIN", "1000"},
    {"LOGIN_RETRIES", "5"},     {"LOGIN_TIMEOUT", "60"},  {"LOG_OK_LOGINS", "no"},
    {"PASS_MAX_DAYS", "-1"},    {"PASS_MIN_DAYS", "-1"},  {"PASS_WARN_AGE", "-1"},
    {"SUB_UID_COUNT", "65536"}, {"UID_MAX", "60000"},     {"UID_MIN", "1000"},
    {"UMASK", "022"},           {"USERGROUPS_ENAB", "no"}};

// With the types that its programs ask for, and their defaults where the list above has none; that of HOME_MODE is what UMASK leaves.
enum class Type { integer, natural, huge, huge_natural };
struct Number {
  std::string_view name;
  Type type;
  std::string_view otherwise = {};
};
constexpr Number kNumbers[] = {{"FAIL_DELAY", Type::natural},
                               {"GID_MAX", Type::huge_natural},
                               {"GID_MIN", Type::huge_natural},
                               {"HOME_MODE", Type::integer},
                               {"LOGIN_RETRIES", Type::natural},
                               {"LOGIN_TIMEOUT", Type::natural},
                               {"PASS_MAX_DAYS", Type::integer},
                               {"PASS_MIN_DAYS", Type::integer},
                               {"PASS_WARN_AGE", Type::integer},
                               {"SHA_CRYPT_MAX_ROUNDS", Type::huge, "-1"},
                               {"SHA_CRYPT_MIN_ROUNDS", Type::huge, "-1"},
                               {"SUB_GID_COUNT", Type::huge_natural, "65536"},
                               {"SUB_GID_MAX", Type::huge_natural, "600100000"},
                               {"SUB_GID_MIN", Type::huge_natural, "100000"},
                               {"SUB_UID_COUNT", Type::huge_natural},
                               {"SUB_UID_MAX", Type::huge_natural, "600100000"},
                               {"SUB_UID_MIN", Type::huge_natural, "100000"},
                               {"SYS_GID_MAX", Type::huge_natural, "999"},
                               {"SYS_GID_MIN", Type::huge_natural, "101"},
                               {"SYS_UID_MAX", Type::huge_natural, "999"},
                               {"SYS_UID_MIN", Type::huge_natural, "101"},
                               {"UID_MAX", Type::huge_natural},
                               {"UID_MIN", Type::huge_natural},
                               {"UMASK", Type::integer},
                               {"YESCRYPT_COST_FACTOR", Type::integer, "5"}};

constexpr std::string_view kMethods[] = {"DES", "MD5", "SHA256", "SHA512", "BCRYPT", "YESCRYPT"};

std::string default_of(std::string_view name) {
  for (const auto& [key, value] : kDefaults)
    if (key == name) return std::string(value);
  for (const Number& number : kNumbers)
    if (number.name == name) return std::string(number.otherwise);
  return {};
}

std::string octal(int64_t value) {
  std::string out;
  for (auto rest = static_cast<uint64_t>(value); rest > 0; rest /= 8)
    out.insert(out.begin(), static_cast<char>('0' + rest % 8));
  if (out.size() < 3) out.insert(0, 3 - out.size(), '0');
  return out.starts_with('0') ? out : "0" + out;
}

// False: the programs cannot parse it.
bool take(Type type, const std::string& text, std::string& out) {
  char* end = nullptr;
  errno = 0;
  if (type == Type::huge_natural) {
    const uint64_t value = std::strtoull(text.c_str(), &end, 0);
    out = std::to_string(value);
  } else {
    const int64_t value = std::strtoll(text.c_str(), &end, 0);
    out = std::to_string(value);
    if (type == Type::integer && (value > INT_MAX || value < INT_MIN)) return false;
    if (type == Type::natural && (value < 0 || value > INT_MAX)) return false;
  }
  return !text.empty() && *end == '\0' && errno == 0;
}

}  // namespace

LoginValue login_value(std::string_view name, std::string_view written) {
  LoginValue out{std::string(written), {}};
  if (name == "ENCRYPT_METHOD" && std::ranges::find(kMethods, written) == std::end(kMethods))
    return {"DES", "no method of this name: DES is taken"};
  const Number* const number = std::ranges::find(kNumbers, name, &Number::name);
  if (number == std::end(kNumbers)) return out;
  if (!take(number->type, std::string(written), out.value))
    return {default_of(name), "not a number: the default is taken"};
  if (name == "UMASK" || name == "HOME_MODE")
    out.value = octal(std::atoll(out.value.c_str()) & 07777);
  return out;
}

std::span<const std::pair<std::string_view, std::string_view>> login_defaults_of_shadow() {
  return kDefaults;
}

}  // namespace drydock::facts
