// The checks that systemd makes once a service is read.
#include "analyzer/facts/collect/unit_refusal.h"

#include <algorithm>

#include "analyzer/facts/collect/unit_name.h"
#include "analyzer/facts/collect/unit_specifier.h"
#include "parsers/unit.h"

namespace drydock::facts {
namespace {

bool one_of(std::string_view value, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, value) != words.end();
}

// The last value of a key that is one of its words; what is none is ignored.
std::string_view word(const Unit& unit, std::string_view key,
                      std::initializer_list<std::string_view> words) {
  std::string_view out;
  for (const UnitLine& line : unit.lines)
    if (line.section == "Service" && line.key == key && one_of(line.value, words)) out = line.value;
  return out;
}

// "foo:bar", "a/b": names that no account can have.
bool is_account(std::string_view name) {
  return !name.empty() && name.size() < 256 && name != "." && name != ".." &&
         name.find_first_of(":/") == std::string_view::npos &&
         std::ranges::none_of(name, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }) &&
         name.front() != ' ' && name.back() != ' ';
}

// A command line that stops the whole unit from loading; the prefix '-' forgives.
std::optional<std::string> bad_command(const parsers::unit::Assignment& line) {
  const parsers::unit::Commands commands = parsers::unit::split_commands(line.value);
  for (const parsers::unit::Command& command : commands.commands) {
    if (command.words.empty()) continue;
    const std::string_view program = command.words[0].text;
    if (command.prefixes.find('-') != std::string::npos) continue;
    if (program.ends_with('/')) return std::string(program) + " is a directory, no program";
    if (!program.starts_with('/') && !program.starts_with('%') &&
        program.find('/') != std::string_view::npos)
      return std::string(program) + " is a relative path";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> fatal_setting(const Tree& tree, const Unit& unit,
                                         const parsers::unit::Assignment& line) {
  if (!one_of(line.section, {"Service", "Socket", "Mount", "Swap"})) return std::nullopt;
  const std::string_view key = line.key;
  const auto with = [&](std::string_view value, std::string_view what) {
    return std::string(key) + "=" + std::string(value) + ": " + std::string(what);
  };
  if (key.starts_with("Exec") &&
      one_of(key, {"ExecStart", "ExecStartPre", "ExecStartPost", "ExecStop", "ExecStopPre",
                   "ExecStopPost", "ExecReload", "ExecCondition"})) {
    if (const auto why = bad_command(line)) return with("", *why);
  } else if (key == "DynamicUser") {
    if (!parsers::unit::boolean(line.value)) return with(line.value, "neither yes nor no");
  } else if (line.value.empty()) {
    return std::nullopt;
  } else if (key == "User" || key == "Group") {
    const auto name = expand_specifiers(tree, unit, line.value);
    if (name && !is_account(*name)) return with(line.value, "no name that an account can have");
  } else if (key == "SupplementaryGroups") {
    for (const parsers::unit::Word& word : parsers::unit::split_words(line.value).words) {
      const auto name = expand_specifiers(tree, unit, word.text);
      if (name && !is_account(*name)) return with(*name, "no name that a group can have");
    }
  } else if (one_of(key, {"RootDirectory", "RootImage", "RootVerity", "WorkingDirectory"})) {
    std::string_view value = line.value;
    if (key == "WorkingDirectory") {
      if (value.starts_with('-')) return std::nullopt;
      if (value == "~") return std::nullopt;
    }
    const auto path = expand_specifiers(tree, unit, value);
    if (path && !path->starts_with('/')) return with(line.value, "no absolute path");
  }
  return std::nullopt;
}

std::optional<std::string> refusal(const Unit& unit) {
  if (!unit.fatal.empty()) return unit.fatal;
  if (unit.load != Unit::Load::loaded || unit_type(unit.id) != "service") return std::nullopt;
  size_t starts = 0;
  for (const UnitLine* line : unit.setting("Service", "ExecStart").lines) {
    const auto commands = parsers::unit::split_commands(line->value).commands;
    starts += static_cast<size_t>(std::ranges::count_if(
        commands, [](const auto& command) { return !command.words.empty(); }));
  }
  const bool stops = !unit.setting("Service", "ExecStop").lines.empty();
  std::string_view success = "none";
  for (const UnitLine& line : unit.lines)
    if (line.section == "Unit" && line.key == "SuccessAction" && !line.value.empty())
      success = line.value;
  const bool acts = success != "none";
  const bool has_bus_name = !unit.setting("Service", "BusName").value().empty();
  std::string_view type =
      word(unit, "Type",
           {"simple", "exec", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle"});
  if (type.empty()) type = has_bus_name ? "dbus" : starts > 0 ? "simple" : "oneshot";
  const bool oneshot = type == "oneshot";
  const bool remains =
      parsers::unit::boolean(unit.setting("Service", "RemainAfterExit").value()).value_or(false);

  if (starts == 0 && !stops && !acts) return "it has neither ExecStart= nor ExecStop=";
  if (!oneshot && starts == 0) return "it has no ExecStart=";
  if (!remains && starts == 0 && !acts)
    return "it has no ExecStart= and does not remain after exit";
  if (!oneshot && starts > 1)
    return "it has several ExecStart= lines, which only Type=oneshot may have";
  if (oneshot && one_of(word(unit, "Restart",
                             {"no", "on-failure", "on-abnormal", "on-watchdog", "on-abort",
                              "on-success", "always"}),
                        {"always", "on-success"}))
    return "Restart= cannot be always or on-success with Type=oneshot";
  if (oneshot && !unit.setting("Service", "RestartForceExitStatus").lines.empty())
    return "RestartForceExitStatus= cannot be used with Type=oneshot";
  if (oneshot && word(unit, "ExitType", {"main", "cgroup"}) == "cgroup")
    return "ExitType=cgroup cannot be used with Type=oneshot";
  if (type == "dbus" && !has_bus_name) return "Type=dbus needs BusName=";
  const std::string_view kill =
      word(unit, "KillMode", {"control-group", "process", "mixed", "none"});
  if (!unit.setting("Service", "PAMName").value().empty() && one_of(kill, {"process", "none"}))
    return "PAMName= needs KillMode=control-group or mixed";
  return std::nullopt;
}

}  // namespace drydock::facts
