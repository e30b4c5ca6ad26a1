#include "parsers/sshd_value.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <set>

namespace drydock::parsers::sshd_config {
namespace {

using Text = std::optional<std::string>;

bool is_word(std::string_view written, std::string_view word) {
  return lower(written) == word;
}

// strtonum(3).
std::optional<int64_t> number(std::string_view text, int64_t most) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || out < 0 || out > most ||
      text.front() == '-')
    return std::nullopt;
  return out;
}

Text decimal(std::string_view text) {
  const auto value = number(text, INT32_MAX);
  return value ? Text(std::to_string(*value)) : std::nullopt;
}

// Numbers as sscanf(3) finds them in "%d:%d:%d"; what follows the last is left out.
std::vector<int64_t> numbers(std::string_view text, size_t most) {
  std::vector<int64_t> out;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (out.size() < most) {
    if (at != end && *at == '+' && at + 1 != end && at[1] != '-') ++at;
    int64_t value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc()) break;
    out.push_back(value);
    if (next == end || *next != ':') break;
    at = next + 1;
  }
  return out;
}

Text startups(std::string_view text) {
  auto found = numbers(text, 3);
  if (found.size() == 1) found = {found[0], 30, found[0]};
  if (found.size() != 3 || found[0] > found[2] || found[1] < 1 || found[1] > 100 || found[0] < 1 ||
      found[2] > INT32_MAX)
    return std::nullopt;
  return std::to_string(found[0]) + ":" + std::to_string(found[1]) + ":" + std::to_string(found[2]);
}

Text prefix_lengths(std::string_view text) {
  auto found = numbers(text, 2);
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) found.push_back(0);
  if (found[0] < 0 || found[0] > 32 || found[1] < 0 || found[1] > 128) return std::nullopt;
  return std::to_string(found[0]) + ":" + std::to_string(found[1]);
}

// strtol(3) with base 8; what follows the number is left out.
Text mask(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || value > 0777) return std::nullopt;
  std::string out;
  for (; value > 0; value /= 8) out.insert(out.begin(), static_cast<char>('0' + value % 8));
  return "0" + (out.empty() ? "0" : out);
}

// "HOST:PORT" or "[::1]:PORT"; false: no port behind it, or nothing before it.
bool split(std::string_view text, std::string_view& host, std::string_view& port) {
  size_t colon = text.find(':');
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    colon = close + 1;
  }
  if (colon == 0 || colon >= text.size() || text[colon] != ':') return false;
  host = text.substr(0, colon);
  port = text.substr(colon + 1);
  return true;
}

bool is_forward(std::string_view text) {
  std::string_view host, behind;
  return split(text, host, behind) && (behind == "*" || port(behind, false));
}

Text listen(std::string_view text) {
  if (text.find(':') == std::string_view::npos)
    return text == "*" || port(text, false) ? Text("*:" + std::string(text)) : std::nullopt;
  return is_forward(text) ? Text(std::string(text)) : std::nullopt;
}

// A host or an address, maybe with a port. One that has colons of its own stands alone or in brackets.
bool is_listen_address(std::string_view text) {
  const bool is_plain = !text.starts_with('[') && std::ranges::count(text, ':') != 1;
  std::string_view host, behind;
  if (text.empty()) return false;
  if (is_plain) return true;
  if (text.starts_with('[') && text.ends_with(']')) return true;
  return split(text, host, behind) && port(behind, false);
}

struct Precedence {
  std::string_view name;
  int value;
};
// RFC 2474, 2597, 3246, 8622, and the older ones of RFC 1349.
constexpr std::array kPrecedences = {
    Precedence{"af11", 0x28},       Precedence{"af12", 0x30},     Precedence{"af13", 0x38},
    Precedence{"af21", 0x48},       Precedence{"af22", 0x50},     Precedence{"af23", 0x58},
    Precedence{"af31", 0x68},       Precedence{"af32", 0x70},     Precedence{"af33", 0x78},
    Precedence{"af41", 0x88},       Precedence{"af42", 0x90},     Precedence{"af43", 0x98},
    Precedence{"cs0", 0x00},        Precedence{"cs1", 0x20},      Precedence{"cs2", 0x40},
    Precedence{"cs3", 0x60},        Precedence{"cs4", 0x80},      Precedence{"cs5", 0xa0},
    Precedence{"cs6", 0xc0},        Precedence{"cs7", 0xe0},      Precedence{"ef", 0xb8},
    Precedence{"le", 0x01},         Precedence{"lowdelay", 0x10}, Precedence{"throughput", 0x08},
    Precedence{"reliability", 0x04}};

Text precedence(std::string_view text) {
  if (is_word(text, "none")) return "none";
  const auto named = std::ranges::find(kPrecedences, lower(text), &Precedence::name);
  int value = named == kPrecedences.end() ? -1 : named->value;
  if (value < 0) {
    int base = 10;  // strtol(3) with base 0
    std::string_view digits = text;
    if (lower(digits.substr(0, 2)) == "0x") {
      base = 16;
      digits.remove_prefix(2);
    } else if (digits.size() > 1 && digits.front() == '0') {
      base = 8;
    }
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc() || end != digits.data() + digits.size() || value < 0 || value > 255)
      return std::nullopt;
  }
  const auto known = std::ranges::find(kPrecedences, value, &Precedence::value);
  if (known != kPrecedences.end()) return std::string(known->name);
  constexpr std::string_view kHex = "0123456789abcdef";
  return std::string("0x") + kHex[static_cast<size_t>(value) / 16] +
         kHex[static_cast<size_t>(value) % 16];
}

// One of RFC 1918's networks or any other: false where its mask is wrong. Other patterns are names.
bool is_network_or_name(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return true;
  const std::string address(text.substr(0, slash));
  std::array<unsigned char, 16> bytes{};
  size_t size = 0;
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1)
    size = 4;
  else if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1)
    size = 16;
  int length = 0;
  const char* const from = text.data() + slash + 1;
  const char* const end = text.data() + text.size();
  const auto [next, error] = std::from_chars(from, end, length);
  if (size == 0 || error != std::errc() || next != end || length < 0) return true;
  if (static_cast<size_t>(length) > size * 8) return false;
  for (size_t bit = static_cast<size_t>(length); bit < size * 8; ++bit)
    if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return false;
  return true;
}

bool is_user(std::string_view text) {
  const size_t at = text.rfind('@');
  if (text.empty()) return false;
  return at == std::string_view::npos || is_address_list(text.substr(at + 1));
}

bool is_method_list(std::string_view list) {
  constexpr std::string_view kMethods[] = {
      "none",         "publickey",           "password", "hostbased", "gssapi-with-mic",
      "gssapi-keyex", "keyboard-interactive"};
  for (size_t begin = 0; begin <= list.size();) {
    const size_t comma = std::min(list.find(',', begin), list.size());
    const std::string_view one = list.substr(begin, comma - begin);
    begin = comma + 1;
    if (std::ranges::find(kMethods, one.substr(0, one.find(':'))) == std::end(kMethods))
      return false;
  }
  return true;
}

bool is_gss_list(std::string_view list) {
  constexpr std::string_view kNames[] = {
      "gss-gex-sha1-",       "gss-group1-sha1-",     "gss-group14-sha1-",     "gss-group14-sha256-",
      "gss-group16-sha512-", "gss-nistp256-sha256-", "gss-curve25519-sha256-"};
  for (size_t begin = 0; begin < list.size();) {
    const size_t comma = std::min(list.find(',', begin), list.size());
    if (comma > begin &&
        std::ranges::find(kNames, list.substr(begin, comma - begin)) == std::end(kNames))
      return false;
    begin = comma + 1;
  }
  return !list.empty();
}

bool is_timeout(std::string_view text) {
  const size_t equals = text.find('=');
  return equals != std::string_view::npos && equals > 0 &&
         ssh_line::seconds(text.substr(equals + 1)).has_value();
}

Text path(const std::string& text) {
  if (is_word(text, "none")) return "none";
  if (text.empty() || text.starts_with('/')) return text.empty() ? std::nullopt : Text(text);
  if (text.starts_with('~')) return text;
  return "/" + text;
}

Text key_options(const std::vector<Argument>& arguments) {
  bool touch = false, verify = false;
  for (const Argument& argument : arguments) {
    if (is_word(argument.text, "touch-required"))
      touch = true;
    else if (is_word(argument.text, "verify-required"))
      verify = true;
    else if (!is_word(argument.text, "none"))
      return std::nullopt;
  }
  if (!touch && !verify) return "none";
  return std::string(touch ? "touch-required" : "") + (touch && verify ? " " : "") +
         (verify ? "verify-required" : "");
}

// Every argument as `one` has it.
template <class One>
Text each(const std::vector<Argument>& arguments, One one) {
  std::string out;
  for (const Argument& argument : arguments) {
    const Text value = one(argument.text);
    if (!value) return std::nullopt;
    out += (out.empty() ? "" : " ") + *value;
  }
  return out;
}
template <class Is>
Text all(const std::vector<Argument>& arguments, Is is) {
  return each(arguments,
              [&](const std::string& text) { return is(text) ? Text(text) : std::nullopt; });
}

// Of several for one name the first counts.
Text assignments(const std::vector<Argument>& arguments) {
  std::set<std::string_view> names;
  std::string out;
  for (const Argument& argument : arguments) {
    const std::string_view text = argument.text;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    if (names.insert(text.substr(0, equals)).second)
      out += (out.empty() ? "" : " ") + argument.text;
  }
  return out;
}

}  // namespace

std::optional<std::string> port(std::string_view written, bool or_zero) {
  if (written == "ssh") return "22";
  const auto value = number(written, 65535);
  if (!value || (*value == 0 && !or_zero)) return std::nullopt;
  return std::to_string(*value);
}

bool is_address_list(std::string_view list) {
  for (size_t begin = 0; begin <= list.size();) {
    const size_t comma = std::min(list.find(',', begin), list.size());
    std::string_view one = list.substr(begin, comma - begin);
    begin = comma + 1;
    if (one.starts_with('!')) one.remove_prefix(1);
    if (one.empty() || !is_network_or_name(one)) return false;
  }
  return true;
}

size_t most_arguments(const Keyword& keyword, const Line& line) {
  const auto is_first = [&](std::string_view word) {
    return !line.arguments.empty() && is_word(line.arguments[0].text, word);
  };
  switch (keyword.value) {
    case Value::precedences:
    case Value::rekey:
      return 2;
    case Value::forwards:
    case Value::listens:
      return is_first("any") || is_first("none") ? 1 : SIZE_MAX;
    case Value::words:
    case Value::command:
    case Value::program:
    case Value::address:
    case Value::users:
    case Value::groups:
    case Value::names:
    case Value::assignments:
    case Value::subsystem:
    case Value::methods:
    case Value::key_options:
    case Value::timeouts:
    case Value::ignored:
      return SIZE_MAX;
    default:
      return 1;
  }
}

std::optional<std::string> meaning(const Keyword& keyword, const Line& line) {
  if (line.arguments.empty()) return std::nullopt;
  const std::vector<Argument>& arguments = line.arguments;
  const std::string& first = arguments[0].text;
  const bool is_none = is_word(first, "none");
  switch (keyword.value) {
    case Value::flag:
      return ssh_line::choice("yes no", first);
    case Value::word:
      return ssh_line::choice(keyword.choices, first);
    case Value::number_or_none:
      if (is_none) return "none";
      return decimal(first);
    case Value::number:
      return decimal(first);
    case Value::time_or_none:
      if (is_none) return "none";
      return ssh_line::seconds(first);
    case Value::time:
      return ssh_line::seconds(first);
    case Value::rekey:
      return ssh_line::rekey_limit(arguments);
    case Value::port:
      return port(first, false);
    case Value::address:
      if (!is_listen_address(first)) return std::nullopt;
      break;
    case Value::startups:
      return startups(first);
    case Value::bits:
      return prefix_lengths(first);
    case Value::mask:
      return mask(first);
    case Value::path:
      if (keyword.name == "securitykeyprovider" && first == "internal") return first;
      return path(first);
    case Value::program:
      if (!line.rest.starts_with('/') && !is_word(line.rest, "none")) return std::nullopt;
      return line.rest;
    case Value::command:
      return line.rest;
    case Value::users:
      return all(arguments, is_user);
    case Value::groups:
      return all(arguments, [](const std::string& text) { return !text.empty(); });
    case Value::names:
      return all(arguments, [](const std::string& text) {
        return !text.empty() && text.find('=') == std::string::npos;
      });
    case Value::assignments:
      return assignments(arguments);
    case Value::subsystem:
      if (arguments.size() < 2) return std::nullopt;
      break;
    case Value::methods:
      if (is_word(first, "any") && arguments.size() == 1) return "any";
      return all(arguments, is_method_list);
    case Value::forwards:
      if (first == "any" || first == "none") return first;
      return all(arguments, is_forward);
    case Value::listens:
      if (first == "any" || first == "none") return first;
      return each(arguments, listen);
    case Value::precedences: {
      const Text out = each(arguments, precedence);
      return out && arguments.size() == 1 ? Text(*out + " " + *out) : out;
    }
    case Value::gss_exchanges:
      return is_gss_list(first) ? Text(first) : std::nullopt;
    case Value::key_options:
      return key_options(arguments);
    case Value::timeouts:
      if (is_none && arguments.size() == 1) return "none";
      return all(arguments, is_timeout);
    case Value::refused:
      return std::nullopt;
    case Value::text:
      return first;
    case Value::words:
    case Value::algorithms:
    case Value::ignored:
      break;
  }
  return all(arguments,
             [&](const std::string& text) { return keyword.name != "include" || !text.empty(); });
}

}  // namespace drydock::parsers::sshd_config
