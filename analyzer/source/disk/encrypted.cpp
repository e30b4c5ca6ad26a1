#include "analyzer/source/disk/encrypted.h"

#include <algorithm>

namespace drydock {
namespace {

constexpr size_t kMostDevices = 256;

std::string_view take_field(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r"), rest.size()));
  const std::string_view field = rest.substr(0, rest.find_first_of(" \t\r"));
  rest.remove_prefix(field.size());
  return field;
}

bool has_option(std::string_view options, std::string_view wanted) {
  for (size_t begin = 0; begin <= options.size();) {
    const size_t end = std::min(options.find(',', begin), options.size());
    if (options.substr(begin, end - begin) == wanted) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace

std::vector<EncryptedDevice> encrypted_devices(std::string_view crypttab) {
  std::vector<EncryptedDevice> out;
  size_t line = 0;
  for (size_t begin = 0; begin < crypttab.size() && out.size() < kMostDevices;) {
    ++line;
    const size_t end = std::min(crypttab.find('\n', begin), crypttab.size());
    std::string_view rest = crypttab.substr(begin, end - begin);
    begin = end + 1;
    const std::string_view name = take_field(rest), source = take_field(rest);
    if (name.empty() || name.starts_with('#') || source.empty()) continue;
    (void)take_field(rest);  // the key
    const std::string_view options = take_field(rest);
    out.push_back({std::string(name), std::string(source), has_option(options, "swap"), line});
  }
  return out;
}

}  // namespace drydock
