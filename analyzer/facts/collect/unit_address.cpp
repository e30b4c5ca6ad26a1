#include "analyzer/facts/collect/unit_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace drydock::facts {

bool AddressSet::Prefix::is_localhost() const {
  if (!is_ipv6) return bytes[0] == 127;
  return std::all_of(bytes.begin(), bytes.end() - 1, [](uint8_t byte) { return byte == 0; }) &&
         bytes.back() == 1;
}

bool AddressSet::add_prefix(std::string_view word) {
  const size_t slash = word.find('/');
  const std::string address(word.substr(0, slash));
  Prefix prefix;
  if (inet_pton(AF_INET, address.c_str(), prefix.bytes.data()) != 1) {
    if (inet_pton(AF_INET6, address.c_str(), prefix.bytes.data()) != 1) return false;
    prefix.is_ipv6 = true;
  }
  const unsigned bits = prefix.is_ipv6 ? 128 : 32;
  unsigned length = bits;
  if (slash != std::string_view::npos) {
    const std::string_view text = word.substr(slash + 1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || length > bits)
      return false;
  }
  prefix.length = static_cast<uint8_t>(length);
  for (unsigned bit = length; bit < 128; ++bit)
    prefix.bytes[bit / 8] &= static_cast<uint8_t>(~(0x80u >> (bit % 8)));
  prefixes_.insert(prefix);
  return true;
}

void AddressSet::add(std::string_view value) {
  while (!value.empty()) {
    const size_t begin = value.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return;
    const size_t end = std::min(value.find_first_of(" \t\r\n", begin), value.size());
    const std::string_view word = value.substr(begin, end - begin);
    value.remove_prefix(end);
    if (word == "any") {
      add_prefix("0.0.0.0/0");
      add_prefix("::/0");
    } else if (word == "localhost") {
      add_prefix("127.0.0.0/8");
      add_prefix("::1/128");
    } else if (word == "link-local") {
      add_prefix("169.254.0.0/16");
      add_prefix("fe80::/64");
    } else if (word == "multicast") {
      add_prefix("224.0.0.0/4");
      add_prefix("ff00::/8");
    } else {
      add_prefix(word);
    }
  }
}

bool AddressSet::holds_every_address() const {
  const auto whole = [&](bool ipv6) {
    return std::ranges::any_of(prefixes_, [&](const Prefix& prefix) {
      return prefix.is_ipv6 == ipv6 && prefix.length == 0;
    });
  };
  return whole(false) && whole(true);
}

bool AddressSet::holds_localhost() const {
  return std::ranges::any_of(prefixes_, &Prefix::is_localhost);
}

bool AddressSet::holds_others() const {
  return !std::ranges::all_of(prefixes_, &Prefix::is_localhost);
}

}  // namespace drydock::facts
