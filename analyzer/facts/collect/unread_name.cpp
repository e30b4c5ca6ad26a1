#include "analyzer/facts/collect/unread_name.h"

#include <algorithm>

#include "analyzer/facts/collect/unit_name.h"
#include "parsers/characters.h"

namespace drydock::facts {

namespace {

using parsers::is_digit;
using parsers::is_letter;
using parsers::lower;

// run-parts(8): "the LSB hierarchical and reserved namespaces (^_?([a-z0-9_.]+-)+[a-z0-9]+$)"; of the Debian cron
// script namespace with --lsbsysinit only small letters (^[a-z0-9][a-z0-9-]*$), as its source says.
bool is_lsb_name(std::string_view name) {
  if (name != lower(name)) return false;
  if (has_only(name, "-") && name[0] != '-') return true;
  const size_t dash = name.rfind('-');
  return dash != std::string_view::npos && has_only(name.substr(dash + 1), "") &&
         has_only(name.substr(0, dash), "_.-") && name[0] != '-' &&
         name.find("--") == std::string_view::npos;
}

// Is `name` one that was meant to be a unit, and is none?
bool is_failed_unit(std::string_view name) {
  if (name == "override.conf") return true;
  if (name.ends_with(".conf")) return unit_name_kind(name.substr(0, name.size() - 5)).has_value();
  for (const std::string_view end : {".services", ".unit", ".timers", ".sockets"})
    if (name.ends_with(end)) return true;
  return false;
}

std::string listed(const std::vector<std::string_view>& suffixes) {
  std::string out;
  for (const std::string_view suffix : suffixes)
    out += (out.empty() ? "" : " or ") + std::string(suffix);
  return out;
}

}  // namespace

bool has_only(std::string_view name, std::string_view more) {
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return is_letter(c) || is_digit(c) || more.find(c) != std::string_view::npos;
  });
}

bool ends_with_one(std::string_view name, const std::vector<std::string_view>& suffixes) {
  return std::ranges::any_of(suffixes, [&](std::string_view end) { return name.ends_with(end); });
}

bool is_kept(std::string_view name) {
  static constexpr std::string_view kEnds[] = {
      ".bak",       ".bk",       ".back",        ".backup",   ".old",     ".orig",
      ".save",      ".saved",    ".tmp",         ".swp",      ".off",     ".no",
      ".rej",       ".dist",     ".new",         ".in",       ".md",      ".j2",
      ".lock",      ".pacnew",   ".pacsave",     ".apk-new",  ".cfsaved", ".sample",
      ".example",   ".template", ".distupgrade", ".inactive", ".disable", "disabled",
      "-available", "~",         ",v",           "#"};
  static constexpr std::string_view kParts[] = {".dpkg-",   ".rpmnew", ".rpmsave", ".rpmorig",
                                                ".ucf-",    ".bak.",   ".orig.",   ".old.",
                                                ".backup.", ".save.",  ".disabled"};
  static constexpr std::string_view kNames[] = {
      "placeholder", "makefile", "license", "copying", "changelog", "old",     "bak",
      "save",        "orig",     "off",     "tmp",     "archive",   "backup",  "backups",
      "available",   "disable",  "unused",  "example", "examples",  "samples", "templates"};
  const std::string low = lower(name);
  if (low.empty() || low[0] == '.' || low[0] == '#' || low.starts_with("readme") ||
      low.ends_with("readme"))
    return true;
  // "x.conf.1", "x.conf.20240131"
  const size_t dot = low.rfind('.');
  if (dot != std::string::npos && dot > 0 && dot + 1 < low.size() &&
      std::all_of(low.begin() + static_cast<ptrdiff_t>(dot) + 1, low.end(), is_digit) &&
      low.find('.') != dot)
    return true;
  return std::ranges::find(kNames, low) != std::end(kNames) ||
         std::ranges::any_of(kEnds, [&](std::string_view end) { return low.ends_with(end); }) ||
         std::ranges::any_of(
             kParts, [&](std::string_view part) { return low.find(part) != std::string::npos; });
}

std::optional<Wrong> wrong_name(const UnreadDirectory& directory, std::string_view name) {
  const std::string ends = listed(directory.suffixes);
  const Wrong suffix{"its name does not end in " + ends, "a name that ends in " + ends};
  const Wrong characters{"its name has other characters than letters, digits, '_' and '-'",
                         "a name without"};
  const auto unless = [](bool good, const Wrong& wrong) {
    return good ? std::nullopt : std::optional(wrong);
  };
  switch (directory.names) {
    case Names::any:
      return std::nullopt;
    case Names::suffix:
      return unless(ends_with_one(name, directory.suffixes), suffix);
    case Names::words:
      if (name.find_first_of(" \t\n") != std::string_view::npos)
        return Wrong{"its name has a blank, at which the program cuts it", "a name without"};
      return unless(ends_with_one(name, directory.suffixes), suffix);
    case Names::no_case:
      return unless(ends_with_one(lower(name), directory.suffixes), suffix);
    case Names::apt:
    case Names::apt_suffix: {
      if (!has_only(name, "_-.:"))
        return Wrong{"its name has other characters than letters, digits, '_', '-', ':' and '.'",
                     "a name without"};
      if (directory.names == Names::apt && name.find('.') == std::string_view::npos)
        return std::nullopt;
      return unless(ends_with_one(name, directory.suffixes), suffix);
    }
    case Names::run_parts:
      return unless(has_only(name, "_-"), characters);
    case Names::lsb_run_parts:
      return unless(is_lsb_name(name), characters);
    case Names::no_dot:
      return unless(name.find('.') == std::string_view::npos && !name.ends_with('~'),
                    {"its name has a '.' or ends in '~'", "a name without"});
    case Names::kerberos:
      return unless(
          has_only(name, "_-") || name.ends_with(".conf"),
          {"its name has other characters than letters, digits, '_' and '-', and does not "
           "end in .conf",
           "a name that ends in .conf"});
    case Names::unit:
      return unless(!is_failed_unit(name), {"no unit and no drop-in has such a name there",
                                            "UNIT.service, or UNIT.service.d/NAME.conf"});
  }
  return std::nullopt;
}

}  // namespace drydock::facts
