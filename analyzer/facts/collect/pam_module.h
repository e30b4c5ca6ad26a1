// What the arguments and settings of PAM modules mean: names, defaults, and which values they take.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace drydock::facts {

struct PamOption {
  enum class Form : uint8_t {
    number,         // an integer and nothing behind it
    short_count,    // sscanf(3) %hu
    seconds,        // sscanf(3) %u, up to a week
    seconds_never,  // the same, or "never", which is 0
    count,          // sscanf(3) %u
    integer,        // strtol(3): what is no number is 0
    word,
    any_word,  // an empty one takes the setting back
    path,      // one that begins with '/'
    flag,
  };
  std::string_view name;
  Form form;
  std::string_view otherwise;  // the default; empty: none
};

struct PamModule {
  // Which arguments are meant by the name of an option.
  enum class Names : uint8_t {
    exact,
    any_case,
    prefix,  // of the argument: "nullok_secure" is nullok
  };
  std::string_view name;  // "pam_faillock.so"
  std::span<const PamOption> options;
  Names names = Names::exact;
  bool first_counts = false;  // of several lines of its file; else the last one
};

std::span<const PamModule> pam_modules();

// The option that a name in the module's file means; nullptr: none.
const PamOption* pam_setting(const PamModule& module, std::string_view name);

// The value that an argument sets the option to, "" for a flag; nullopt: the argument means another.
std::optional<std::string_view> pam_argument(const PamModule& module, const PamOption& option,
                                             std::string_view argument);

// The value as the module takes it; nullopt: it does not, and keeps what it had.
std::optional<std::string> pam_value(const PamModule& module, const PamOption& option,
                                     std::string_view text, bool is_argument);

// The hash method of pam_unix(8) that an argument, or ENCRYPT_METHOD of login.defs, means; empty: none.
std::string_view pam_hash_method(std::string_view text);

// The rounds that pam_unix hashes with, told `rounds`; nullopt: as many as crypt(3) takes by itself.
std::optional<std::string> pam_rounds(std::string_view method,
                                      const std::optional<std::string>& rounds);

}  // namespace drydock::facts
