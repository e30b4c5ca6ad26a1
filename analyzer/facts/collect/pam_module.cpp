// Measured with Linux-PAM 1.5.2 and libpwquality 1.4.5; the defaults are those of the manual pages.
#include "analyzer/facts/collect/pam_module.h"

#include <algorithm>
#include <cstdint>

#include "parsers/characters.h"

namespace drydock::facts {
namespace {

using Form = PamOption::Form;
using parsers::is_digit;
using parsers::is_space;
using parsers::lower;

// faillock.conf(5), "OPTIONS".
constexpr PamOption kFaillock[] = {{"deny", Form::short_count, "3"},
                                   {"fail_interval", Form::seconds, "900"},
                                   {"unlock_time", Form::seconds_never, "600"},
                                   // The default is unlock_time.
                                   {"root_unlock_time", Form::seconds_never, ""},
                                   {"dir", Form::path, "/var/run/faillock"},
                                   {"admin_group", Form::any_word, ""},
                                   {"even_deny_root", Form::flag, "no"},
                                   {"audit", Form::flag, "no"},
                                   {"silent", Form::flag, "no"},
                                   {"no_log_info", Form::flag, "no"},
                                   {"local_users_only", Form::flag, "no"},
                                   {"nodelay", Form::flag, "no"}};
// pwquality.conf(5), "OPTIONS".
constexpr PamOption kPwquality[] = {
    {"difok", Form::number, "1"},           {"minlen", Form::number, "8"},
    {"dcredit", Form::number, "0"},         {"ucredit", Form::number, "0"},
    {"lcredit", Form::number, "0"},         {"ocredit", Form::number, "0"},
    {"minclass", Form::number, "0"},        {"maxrepeat", Form::number, "0"},
    {"maxsequence", Form::number, "0"},     {"maxclassrepeat", Form::number, "0"},
    {"gecoscheck", Form::number, "0"},      {"dictcheck", Form::number, "1"},
    {"usercheck", Form::number, "1"},       {"usersubstr", Form::number, "0"},
    {"enforcing", Form::number, "1"},       {"retry", Form::number, "1"},
    {"badwords", Form::word, ""},           {"dictpath", Form::word, ""},
    {"enforce_for_root", Form::flag, "no"}, {"local_users_only", Form::flag, "no"}};
// pam_pwhistory(8), "OPTIONS".
constexpr PamOption kPwhistory[] = {{"remember", Form::integer, "10"},
                                    {"retry", Form::integer, "1"},
                                    {"file", Form::path, "/etc/security/opasswd"},
                                    {"enforce_for_root", Form::flag, "no"},
                                    {"use_authtok", Form::flag, "no"}};
// pam_unix(8), "OPTIONS"; rounds and the method are worked out together.
constexpr PamOption kUnix[] = {
    {"nullok", Form::flag, "no"},       {"nodelay", Form::flag, "no"},
    {"use_authtok", Form::flag, "no"},  {"obscure", Form::flag, "no"},
    {"remember", Form::integer, "0"},   {"rounds", Form::integer, ""},
    {"minlen", Form::integer, "6"},     {"no_pass_expiry", Form::flag, "no"},
    {"broken_shadow", Form::flag, "no"}};
// pam_wheel(8), "OPTIONS".
constexpr PamOption kWheel[] = {{"group", Form::any_word, ""},
                                {"use_uid", Form::flag, "no"},
                                {"trust", Form::flag, "no"},
                                {"deny", Form::flag, "no"},
                                {"root_only", Form::flag, "no"}};
constexpr PamOption kFaildelay[] = {{"delay", Form::count, ""}};

constexpr PamModule kModules[] = {
    {"pam_faillock.so", kFaillock},
    {"pam_pwquality.so", kPwquality, PamModule::Names::any_case},
    {"pam_pwhistory.so", kPwhistory, PamModule::Names::any_case, true},
    {"pam_unix.so", kUnix, PamModule::Names::prefix},
    {"pam_wheel.so", kWheel},
    {"pam_faildelay.so", kFaildelay}};

// pam_unix(8): arguments that choose how passwords are hashed; the last one counts.
constexpr std::string_view kMethods[] = {"md5",      "bigcrypt", "sha256",   "sha512",
                                         "blowfish", "des",      "yescrypt", "gost_yescrypt"};

bool is_same(const PamModule& module, std::string_view a, std::string_view b) {
  return module.names == PamModule::Names::any_case ? lower(a) == lower(b) : a == b;
}

// strtoul(3) without what it says of the rest: a number too large is the largest, a negative one counts from above.
struct Number {
  uint64_t value = 0;
  bool is_negative = false;
  bool is_there = false;
};
Number number_of(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  Number out;
  out.is_negative = text.starts_with('-');
  if (out.is_negative || text.starts_with('+')) text.remove_prefix(1);
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    out.is_there = true;
    const auto digit = static_cast<uint64_t>(text.front() - '0');
    if (out.value > (UINT64_MAX - digit) / 10)
      out.value = UINT64_MAX;
    else
      out.value = out.value * 10 + digit;
  }
  return out;
}
uint64_t unsigned_of(const Number& number) {
  return number.is_negative && number.value != UINT64_MAX ? 0 - number.value : number.value;
}
// strtol(3), kept in an int.
int64_t int_of(const Number& number) {
  const uint64_t most = number.is_negative ? uint64_t{1} << 63 : (uint64_t{1} << 63) - 1;
  const uint64_t size = std::min(number.value, most);
  return static_cast<int32_t>(static_cast<uint32_t>(number.is_negative ? 0 - size : size));
}

std::optional<std::string> integer(std::string_view module, std::string_view option,
                                   std::string_view text) {
  int64_t value = int_of(number_of(text));
  if (option == "remember") value = std::min<int64_t>(value, 400);
  if (module == "pam_pwhistory.so" && value < 0) value = option == "retry" ? 1 : 0;
  return std::to_string(value);
}

std::optional<std::string> strict_number(std::string_view option, std::string_view value) {
  const bool is_signed = value.starts_with('-') || value.starts_with('+');
  const std::string_view digits = value.substr(is_signed ? 1 : 0);
  if (digits.empty() || digits.size() > 9 || !std::ranges::all_of(digits, is_digit))
    return std::nullopt;
  // pwquality_set_int_value(3): what is too small or too large becomes the bound.
  const int64_t number = int_of(number_of(value));
  if (option == "minlen" && number < 6) return "6";
  if (option == "retry" && number < 1) return "1";
  if (option == "minclass" && number > 4) return "4";
  return std::string(value.starts_with('+') ? digits : value);
}

}  // namespace

std::span<const PamModule> pam_modules() {
  return kModules;
}

const PamOption* pam_setting(const PamModule& module, std::string_view name) {
  for (const PamOption& option : module.options)
    if (is_same(module, option.name, name)) return &option;
  return nullptr;
}

std::optional<std::string_view> pam_argument(const PamModule& module, const PamOption& option,
                                             std::string_view argument) {
  const size_t equals = argument.find('=');
  // pam_unix looks for "remember=" and "nullok" at the begin of the argument, whatever is behind them.
  if (module.names == PamModule::Names::prefix) {
    if (option.form == Form::flag)
      return argument.starts_with(option.name) ? std::optional<std::string_view>("") : std::nullopt;
  } else if (option.form == Form::flag && module.name != "pam_faillock.so" &&
             module.name != "pam_pwquality.so") {
    // Those two take "even_deny_root=no" for even_deny_root.
    return is_same(module, option.name, argument) ? std::optional<std::string_view>("")
                                                  : std::nullopt;
  }
  if (!is_same(module, option.name, argument.substr(0, equals))) return std::nullopt;
  return equals == std::string_view::npos ? "" : argument.substr(equals + 1);
}

std::optional<std::string> pam_value(const PamModule& module, const PamOption& option,
                                     std::string_view text, bool is_argument) {
  switch (option.form) {
    case Form::flag:
      return "yes";
    case Form::any_word:
      return std::string(text);
    case Form::word:
      if (text.empty()) return std::nullopt;
      return std::string(text);
    case Form::path:
      if (!text.starts_with('/')) return std::nullopt;
      return std::string(text);
    case Form::number:
      return strict_number(option.name, text);
    case Form::integer:
      // Those of a file are taken by sscanf(3) %u.
      if (!is_argument && !number_of(text).is_there) return std::nullopt;
      return integer(module.name, option.name, text);
    case Form::seconds_never:
      if (text == "never") return "0";
      [[fallthrough]];
    case Form::seconds:
    case Form::count:
    case Form::short_count: {
      const Number number = number_of(text);
      if (!number.is_there) return std::nullopt;
      const auto value = static_cast<uint32_t>(unsigned_of(number));
      if (option.form == Form::short_count) return std::to_string(static_cast<uint16_t>(value));
      constexpr uint32_t kWeek = 604800;  // MAX_TIME_INTERVAL of pam_faillock
      if (option.form != Form::count && value > kWeek) return std::nullopt;
      return std::to_string(value);
    }
  }
  return std::nullopt;
}

std::string_view pam_hash_method(std::string_view text) {
  for (const std::string_view method : kMethods)
    if (text.starts_with(method)) return method;
  return "";
}

std::optional<std::string> pam_rounds(std::string_view method,
                                      const std::optional<std::string>& rounds) {
  const int64_t told = rounds ? int_of(number_of(*rounds)) : 0;
  const auto within = [&](int64_t least, int64_t most) {
    return std::to_string(told < least || told > most ? 5 : told);
  };
  if (method == "yescrypt" || method == "gost_yescrypt") return within(3, 11);
  if (method == "blowfish") return within(4, 31);
  if (!method.starts_with("sha") || !rounds || told < 1000 || told == INT32_MAX)
    return std::nullopt;
  return std::to_string(std::min<int64_t>(told, 9'999'999));
}

}  // namespace drydock::facts
