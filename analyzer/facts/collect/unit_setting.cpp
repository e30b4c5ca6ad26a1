// How the assignments of a unit and its drop-ins work together.
#include <algorithm>
#include <array>

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/facts/collect/unit_name.h"

namespace drydock::facts {
namespace {

template <size_t N>
bool holds(const std::array<std::string_view, N>& sorted, std::string_view key) {
  return std::binary_search(sorted.begin(), sorted.end(), key);
}

// systemd.unit(5): these make dependencies. "Note that dependencies (After=, etc.) cannot be reset
// to an empty list, so dependencies can only be added in drop-ins."
constexpr auto kDependencies = std::to_array<std::string_view>(
    {"After", "Before", "BindTo", "BindsTo", "Conflicts", "JoinsNamespaceOf", "OnFailure",
     "OnSuccess", "PartOf", "PropagatesReloadTo", "PropagatesStopTo", "ReloadPropagatedFrom",
     "Requires", "RequiresMountsFor", "Requisite", "StopPropagatedFrom", "Upholds", "Wants"});

// Keys that "may be specified more than once" and add up: systemd.exec(5), systemd.service(5),
// systemd.resource-control(5), systemd.socket(5), systemd.unit(5).
constexpr auto kLists = std::to_array<std::string_view>({"Alias",
                                                         "AllowedCPUs",
                                                         "AllowedMemoryNodes",
                                                         "Also",
                                                         "AmbientCapabilities",
                                                         "BPFProgram",
                                                         "BindPaths",
                                                         "BindReadOnlyPaths",
                                                         "BlockIODeviceWeight",
                                                         "BlockIOReadBandwidth",
                                                         "BlockIOWriteBandwidth",
                                                         "CPUAffinity",
                                                         "CacheDirectory",
                                                         "CapabilityBoundingSet",
                                                         "ConfigurationDirectory",
                                                         "CoredumpFilter",
                                                         "Delegate",
                                                         "DeviceAllow",
                                                         "DirectoryNotEmpty",
                                                         "DisableControllers",
                                                         "Documentation",
                                                         "Environment",
                                                         "EnvironmentFile",
                                                         "ExecCondition",
                                                         "ExecPaths",
                                                         "ExecReload",
                                                         "ExecSearchPath",
                                                         "ExecStart",
                                                         "ExecStartPost",
                                                         "ExecStartPre",
                                                         "ExecStop",
                                                         "ExecStopPost",
                                                         "ExecStopPre",
                                                         "ExtensionDirectories",
                                                         "ExtensionImages",
                                                         "IODeviceLatencyTargetSec",
                                                         "IODeviceWeight",
                                                         "IOReadBandwidthMax",
                                                         "IOReadIOPSMax",
                                                         "IOWriteBandwidthMax",
                                                         "IOWriteIOPSMax",
                                                         "IPAddressAllow",
                                                         "IPAddressDeny",
                                                         "IPEgressFilterPath",
                                                         "IPIngressFilterPath",
                                                         "ImportCredential",
                                                         "InaccessibleDirectories",
                                                         "InaccessiblePaths",
                                                         "LoadCredential",
                                                         "LoadCredentialEncrypted",
                                                         "LogExtraFields",
                                                         "LogFilterPatterns",
                                                         "LogsDirectory",
                                                         "MountImages",
                                                         "NFTSet",
                                                         "NUMAMask",
                                                         "NoExecPaths",
                                                         "OnActiveSec",
                                                         "OnBootSec",
                                                         "OnCalendar",
                                                         "OnStartupSec",
                                                         "OnUnitActiveSec",
                                                         "OnUnitInactiveSec",
                                                         "OpenFile",
                                                         "PassEnvironment",
                                                         "PathChanged",
                                                         "PathExists",
                                                         "PathExistsGlob",
                                                         "PathModified",
                                                         "ReadOnlyDirectories",
                                                         "ReadOnlyPaths",
                                                         "ReadWriteDirectories",
                                                         "ReadWritePaths",
                                                         "RequiredBy",
                                                         "RestartForceExitStatus",
                                                         "RestartPreventExitStatus",
                                                         "RestrictAddressFamilies",
                                                         "RestrictFileSystems",
                                                         "RestrictNamespaces",
                                                         "RestrictNetworkInterfaces",
                                                         "RootImageOptions",
                                                         "RuntimeDirectory",
                                                         "SecureBits",
                                                         "SetCredential",
                                                         "SetCredentialEncrypted",
                                                         "SocketBindAllow",
                                                         "SocketBindDeny",
                                                         "Sockets",
                                                         "StandardInputData",
                                                         "StandardInputText",
                                                         "StateDirectory",
                                                         "SuccessExitStatus",
                                                         "SupplementaryGroups",
                                                         "Symlinks",
                                                         "SystemCallArchitectures",
                                                         "SystemCallFilter",
                                                         "SystemCallLog",
                                                         "TemporaryFileSystem",
                                                         "UnsetEnvironment",
                                                         "UpheldBy",
                                                         "WantedBy"});

// Keys that take a boolean and nothing else; ProtectSystem=, ProtectHome= and their like take words
// too.
constexpr auto kBooleans = std::to_array<std::string_view>({"Accept",
                                                            "AllowIsolate",
                                                            "CPUAccounting",
                                                            "DefaultDependencies",
                                                            "DynamicUser",
                                                            "GuessMainPID",
                                                            "IOAccounting",
                                                            "IPAccounting",
                                                            "IgnoreOnIsolate",
                                                            "IgnoreSIGPIPE",
                                                            "LockPersonality",
                                                            "MemoryAccounting",
                                                            "MemoryDenyWriteExecute",
                                                            "MountAPIVFS",
                                                            "NoNewPrivileges",
                                                            "NonBlocking",
                                                            "PassCredentials",
                                                            "PassSecurity",
                                                            "Persistent",
                                                            "PrivateDevices",
                                                            "PrivateIPC",
                                                            "PrivateMounts",
                                                            "PrivateNetwork",
                                                            "PrivateTmp",
                                                            "PrivateUsers",
                                                            "ProtectClock",
                                                            "ProtectControlGroups",
                                                            "ProtectHostname",
                                                            "ProtectKernelLogs",
                                                            "ProtectKernelModules",
                                                            "ProtectKernelTunables",
                                                            "RefuseManualStart",
                                                            "RefuseManualStop",
                                                            "RemainAfterExit",
                                                            "RemoveIPC",
                                                            "RemoveOnStop",
                                                            "RestrictRealtime",
                                                            "RestrictSUIDSGID",
                                                            "RootDirectoryStartOnly",
                                                            "SELinuxContextFromNet",
                                                            "SendSIGHUP",
                                                            "SendSIGKILL",
                                                            "StopWhenUnneeded",
                                                            "TTYReset",
                                                            "TTYVHangup",
                                                            "TasksAccounting",
                                                            "Transparent",
                                                            "Writable"});

// The keys that an empty assignment of `key` resets share a name; most keys are alone.
std::string group_of(std::string_view section, std::string_view key) {
  if (section == "Unit" && key.starts_with("Condition")) return "Condition…";
  if (section == "Unit" && key.starts_with("Assert")) return "Assert…";
  if (section == "Socket" && key.starts_with("Listen")) return "Listen…";
  if (section == "Timer" && key.starts_with("On") &&
      unit_key_kind(section, key) == UnitKeyKind::list)
    return "On…";
  if (section == "Path" && unit_key_kind(section, key) == UnitKeyKind::list) return "Path…";
  return std::string(key);
}

// Why `loser` does not count where `winner` does.
std::string_view later(const Unit& unit, const UnitLine& loser, const UnitLine& winner) {
  if (loser.path == winner.path) return "set again later in the same file";
  if (loser.path == unit.path) return "drop-ins are read after the unit file";
  return "a drop-in of a later name is read after it";
}

// Of a file that another hides, to be told line by line.
constexpr size_t kHiddenBytes = size_t{16} << 10;

// What counts of the lines of one group, in the order of reading.
UnitSetting resolve(const Unit& unit, const std::vector<const UnitLine*>& lines) {
  UnitSetting out;
  for (const UnitLine* line : lines) {
    const UnitKeyKind kind = unit_key_kind(line->section, line->key);
    const bool empty = line->value.empty();
    if (kind == UnitKeyKind::boolean && !parsers::unit::boolean(line->value)) {
      const UnitLine* before = out.lines.empty() ? nullptr : out.lines.back();
      out.lost.push_back({line, before, "no boolean: systemd ignores the line"});
      continue;
    }
    if (kind == UnitKeyKind::dependency || (kind == UnitKeyKind::list && !empty)) {
      if (!empty) out.lines.push_back(line);
      continue;
    }
    for (const UnitLine* before : out.lines)
      out.lost.push_back({before, line,
                          empty
                              ? std::string_view("an empty assignment throws away what precedes it")
                              : later(unit, *before, *line)});
    out.lines.clear();
    if (!empty) out.lines.push_back(line);
  }
  return out;
}

}  // namespace

UnitKeyKind unit_key_kind(std::string_view section, std::string_view key) {
  if (section == "Unit" && (key.starts_with("Condition") || key.starts_with("Assert")))
    return UnitKeyKind::list;
  if (section == "Unit" && holds(kDependencies, key)) return UnitKeyKind::dependency;
  if (section == "Socket" && key.starts_with("Listen")) return UnitKeyKind::list;
  if (holds(kLists, key)) return UnitKeyKind::list;
  if (holds(kBooleans, key)) return UnitKeyKind::boolean;
  return UnitKeyKind::single;
}

std::map<std::pair<std::string, std::string>, UnitSetting> Unit::settings() const {
  std::map<std::pair<std::string, std::string>, std::vector<const UnitLine*>> groups;
  for (const UnitLine& line : lines)
    groups[{line.section, group_of(line.section, line.key)}].push_back(&line);
  std::map<std::pair<std::string, std::string>, UnitSetting> out;
  for (const auto& [group, members] : groups) {
    for (const UnitLine* line : members) out[{line->section, line->key}];
    const UnitSetting resolved = resolve(*this, members);
    for (const UnitLine* line : resolved.lines)
      out[{line->section, line->key}].lines.push_back(line);
    for (const UnitSetting::Lost& lost : resolved.lost)
      out[{lost.line->section, lost.line->key}].lost.push_back(lost);
  }
  return out;
}

UnitSetting Unit::setting(std::string_view section, std::string_view key) const {
  const std::string group = group_of(section, key);
  std::vector<const UnitLine*> members;
  for (const UnitLine& line : lines)
    if (line.section == section && group_of(line.section, line.key) == group)
      members.push_back(&line);
  UnitSetting out = resolve(*this, members);
  std::erase_if(out.lines, [&](const UnitLine* line) { return line->key != key; });
  std::erase_if(out.lost, [&](const UnitSetting::Lost& lost) { return lost.line->key != key; });
  return out;
}

void report_lost(Store& store, const TableSpec& table, std::string_view key,
                 const UnitSetting& setting) {
  for (const UnitSetting::Lost& lost : setting.lost)
    if (lost.winner)
      store.overridden(table, key, store.locate(lost.winner->path, lost.winner->span),
                       store.locate(lost.line->path, lost.line->span), lost.line->value,
                       lost.reason);
}

void report_hidden(Context& context, const TableSpec& table, const Unit& unit) {
  if (unit.hidden_files.empty() && unit.hidden_drop_ins.empty()) return;
  Store& store = context.store();
  const auto settings = unit.settings();
  const auto one = [&](const std::string& path, const std::string& winner, std::string_view why) {
    const auto text = context.tree().read(path);
    // It does not count anyway, and one of service.d/ is hidden from every service.
    if (!text || text->size() > kHiddenBytes) return;
    const auto file = parsers::unit::parse(*text, parsers::unit::sections_of(unit_type(unit.name)));
    for (const parsers::unit::Assignment& lost : file.assignments) {
      const auto now = settings.find({lost.section, lost.key});
      const bool is_set = now != settings.end() && !now->second.lines.empty();
      const auto says_it = [&](const UnitLine* line) { return line->value == lost.value; };
      if (is_set && std::ranges::any_of(now->second.lines, says_it)) continue;
      const UnitLine* line = is_set ? now->second.lines.back() : nullptr;
      store.overridden(table, unit.name + "/" + lost.section + "/" + lost.key,
                       line ? store.locate(line->path, line->span) : LocationId{},
                       store.locate(path, lost.span), lost.value, winner + std::string(why));
    }
  };
  const auto real = [&](const std::string& path) {
    const auto resolved = context.tree().resolve(path);
    return resolved ? *resolved : path;
  };
  for (const std::string& path : unit.hidden_files)
    one(real(path), unit.path, " has the same name and counts instead");
  for (const auto& [path, winner] : unit.hidden_drop_ins)
    one(real(path), winner,
        is_mask(context.tree(), winner) ? " masks it" : " has the same name and counts instead");
}

}  // namespace drydock::facts
