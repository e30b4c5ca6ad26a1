#include "analyzer/facts/collect/kernel_unit.h"

#include <algorithm>
#include <charconv>

#include "analyzer/facts/collect/mount_systemd.h"
#include "analyzer/facts/collect/unit_name.h"
#include "parsers/unit.h"

namespace drydock::facts {
namespace {

// systemd(1), "KERNEL COMMAND LINE": the words of System V.
std::string_view target_of(std::string_view word) {
  if (word == "emergency" || word == "-b") return "emergency.target";
  for (const std::string_view one : {"rescue", "single", "-s", "s", "S", "1"})
    if (word == one) return "rescue.target";
  for (const std::string_view one : {"2", "3", "4"})
    if (word == one) return "multi-user.target";
  return word == "5" ? "graphical.target" : "";
}

}  // namespace

KernelUnit kernel_unit_at(std::string name, std::string_view location) {
  KernelUnit out{std::move(name), std::string(location), {}};
  const size_t second = location.rfind(':');
  if (second == std::string_view::npos || second == 0) return out;
  const size_t first = location.rfind(':', second - 1);
  if (first == std::string_view::npos) return out;
  uint32_t line = 0, column = 0;
  std::from_chars(location.data() + first + 1, location.data() + second, line);
  std::from_chars(location.data() + second + 1, location.data() + location.size(), column);
  if (line == 0 || column == 0) return out;
  out.path = std::string(location.substr(0, first));
  out.span = {line, column, line, column};
  return out;
}

std::string mangled_unit_name(std::string_view word) {
  if (word.starts_with('/')) {
    const bool device = word.starts_with("/dev/") || word.starts_with("/sys/");
    return escape_path(word) + (device ? ".device" : ".mount");
  }
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : word) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view(":-_.\\@").find(c) != std::string_view::npos;
    if (c == '/') {
      out += '-';
    } else if (plain) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return unit_name_kind(out) ? out : out + ".service";
}

KernelUnits kernel_units(Context& context) {
  KernelUnits out;
  if (context.is_fragment()) return out;
  const auto rows = context.store().select(
      "SELECT name, value, loc FROM boot_argument WHERE boots ORDER BY rowid");
  if (!rows) return out;
  std::vector<KernelUnit> shell;
  for (const auto& row : rows->rows) {
    const std::string name = row[0].value_or(""), value = row[1].value_or(""),
                      location = row[2].value_or("");
    std::string dashed = name;
    std::ranges::replace(dashed, '_', '-');
    if (name == "systemd.mask" && !value.empty()) {
      out.masked.push_back(kernel_unit_at(mangled_unit_name(value), location));
    } else if (name == "systemd.wants" && !value.empty()) {
      out.wanted.push_back(kernel_unit_at(mangled_unit_name(value), location));
    } else if (dashed == "systemd.debug-shell") {
      // Alone, or with a terminal, it means yes.
      shell.clear();
      if (parsers::unit::boolean(value) != false)
        shell.push_back(kernel_unit_at("debug-shell.service", location));
    } else if (name == "systemd.unit" && !value.empty()) {
      out.target = {kernel_unit_at(value, location)};
    } else if (const std::string_view target = target_of(dashed);
               value.empty() && !target.empty()) {
      out.target = {kernel_unit_at(std::string(target), location)};
    }
  }
  out.wanted.insert(out.wanted.end(), shell.begin(), shell.end());
  return out;
}

}  // namespace drydock::facts
