// Lists of addresses as IPAddressAllow= and IPAddressDeny= take them (systemd.resource-control(5)).
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string_view>

namespace drydock::facts {

class AddressSet {
 public:
  // Adds the words of a value: addresses with or without a prefix length, "any", "localhost",
  // "link-local", "multicast". What is none is left out.
  void add(std::string_view value);

  bool holds_every_address() const;  // 0.0.0.0/0 and ::/0
  bool holds_localhost() const;      // something below 127.0.0.0/8, or ::1
  bool holds_others() const;         // something that is not localhost

 private:
  struct Prefix {
    bool is_ipv6 = false;
    std::array<uint8_t, 16> bytes{};  // the bits behind the prefix are 0
    uint8_t length = 0;
    auto operator<=>(const Prefix&) const = default;
    bool is_localhost() const;
  };
  bool add_prefix(std::string_view word);

  std::set<Prefix> prefixes_;
};

}  // namespace drydock::facts
