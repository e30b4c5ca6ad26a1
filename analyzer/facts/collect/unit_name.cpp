#include "analyzer/facts/collect/unit_name.h"

#include <algorithm>
#include <array>

namespace drydock::facts {
namespace {

constexpr std::array<std::string_view, 11> kTypes = {"service",   "socket", "device", "mount",
                                                     "automount", "swap",   "target", "path",
                                                     "timer",     "slice",  "scope"};

// The name without "@instance" and suffix.
std::string_view prefix_of(std::string_view name) {
  return name.substr(0, std::min(name.find('@'), name.rfind('.')));
}

}  // namespace

std::optional<UnitNameKind> unit_name_kind(std::string_view name) {
  constexpr std::string_view kOther = ":-_.\\@";
  if (name.empty() || name.size() > 255) return std::nullopt;
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  if (std::find(kTypes.begin(), kTypes.end(), name.substr(dot + 1)) == kTypes.end())
    return std::nullopt;
  for (const char c : name.substr(0, dot)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && kOther.find(c) == std::string_view::npos) return std::nullopt;
  }
  const size_t at = name.substr(0, dot).find('@');
  if (at == std::string_view::npos) return UnitNameKind::plain;
  if (at == 0) return std::nullopt;
  return at + 1 == dot ? UnitNameKind::template_ : UnitNameKind::instance;
}

std::string_view unit_type(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
}

std::string_view unit_instance(std::string_view name) {
  const size_t at = name.find('@');
  const size_t dot = name.rfind('.');
  if (at == std::string_view::npos || dot == std::string_view::npos || dot < at) return {};
  return name.substr(at + 1, dot - at - 1);
}

std::string unit_template(std::string_view name) {
  return instantiate(name, {});
}

std::string instantiate(std::string_view unit_template, std::string_view instance) {
  const size_t at = unit_template.find('@');
  const size_t dot = unit_template.rfind('.');
  if (at == std::string_view::npos || dot == std::string_view::npos || dot < at)
    return std::string(unit_template);
  return std::string(unit_template.substr(0, at + 1)) + std::string(instance) +
         std::string(unit_template.substr(dot));
}

std::vector<std::string> drop_in_names(std::string_view name) {
  std::vector<std::string> out;
  // Names get shorter with every step, so the list is not long: 255 bytes at most.
  const auto add = [&](const auto& self, const std::string& own) -> void {
    if (std::find(out.begin(), out.end(), own) != out.end()) return;
    const auto kind = unit_name_kind(own);
    if (!kind) return;
    out.push_back(own);
    if (*kind == UnitNameKind::instance) self(self, unit_template(own));
    std::string_view prefix = prefix_of(own);
    if (prefix.ends_with('-')) prefix.remove_suffix(1);
    const size_t dash = prefix.rfind('-');
    if (dash == std::string_view::npos || dash == 0) return;
    std::string shorter(prefix.substr(0, dash + 1));
    // The prefix of a template is that of plain names.
    if (*kind == UnitNameKind::instance) shorter += "@" + std::string(unit_instance(own));
    self(self, shorter + own.substr(own.rfind('.')));
  };
  add(add, std::string(name));
  return out;
}

bool type_may_alias(std::string_view type) {
  return type == "service" || type == "socket" || type == "target" || type == "device" ||
         type == "timer" || type == "path";
}

bool alias_is_valid(std::string_view alias, std::string_view target) {
  const auto from = unit_name_kind(alias);
  const auto to = unit_name_kind(target);
  if (!from || !to || unit_type(alias) != unit_type(target)) return false;
  if (alias == target || !type_may_alias(unit_type(alias))) return false;
  if (*from == *to)
    return *from != UnitNameKind::instance || unit_instance(alias) == unit_instance(target);
  return *from == UnitNameKind::instance && *to == UnitNameKind::template_;
}

}  // namespace drydock::facts
