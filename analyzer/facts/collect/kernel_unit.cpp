#include "analyzer/facts/collect/kernel_unit.h"

#include <algorithm>
#include <charconv>

#include "analyzer/facts/collect/mount_systemd.h"
#include "analyzer/facts/collect/rows.h"
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

std::string mangled_unit_name(std::string_view word) {
  if (word.starts_with('/')) {
    const bool device = word.starts_with("/dev/") || word.starts_with("/sys/");
    return escape_path(word) + (device ? ".device" : ".mount");
  }
  const std::string out = escape_name(word, ":-_.\\@");
  return unit_name_kind(out) ? out : out + ".service";
}

KernelUnits kernel_units(Context& context) {
  KernelUnits out;
  if (context.is_fragment()) return out;
  const auto rows = context.store().select(
      "SELECT name, value, loc + 0 FROM boot_argument WHERE boots ORDER BY rowid");
  if (!rows) return out;
  std::vector<KernelUnit> shell;
  for (const auto& row : rows->rows) {
    const std::string name = row[0].value_or(""), value = row[1].value_or("");
    const Location place = place_of(context, row[2]).value_or(Location{});
    const auto unit = [&](std::string of) {
      return KernelUnit{std::move(of), place.path, place.span};
    };
    std::string dashed = name;
    std::ranges::replace(dashed, '_', '-');
    if (name == "systemd.mask" && !value.empty()) {
      out.masked.push_back(unit(mangled_unit_name(value)));
    } else if (name == "systemd.wants" && !value.empty()) {
      out.wanted.push_back(unit(mangled_unit_name(value)));
    } else if (dashed == "systemd.debug-shell") {
      // Alone, or with a terminal, it means yes.
      shell.clear();
      if (parsers::unit::boolean(value) != false) shell.push_back(unit("debug-shell.service"));
    } else if (name == "systemd.unit" && !value.empty()) {
      out.target = {unit(value)};
    } else if (const std::string_view target = target_of(dashed);
               value.empty() && !target.empty()) {
      out.target = {unit(std::string(target))};
    }
  }
  out.wanted.insert(out.wanted.end(), shell.begin(), shell.end());
  return out;
}

}  // namespace drydock::facts
