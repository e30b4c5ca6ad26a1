// The keys of unit files, from `systemd --dump-configuration-items` of systemd 252, with those that
// the manual pages of later versions name.
#include "analyzer/facts/collect/unit_key.h"

#include <algorithm>
#include <set>
#include <vector>

#include "parsers/unit.h"

namespace drydock::facts {
namespace {

// systemd.resource-control(5): every section of units with processes.
constexpr std::string_view kResource =
    "AllowedCPUs AllowedMemoryNodes BPFProgram BindNetworkInterface BlockIOAccounting "
    "BlockIODeviceWeight BlockIOReadBandwidth BlockIOWeight BlockIOWriteBandwidth CPUAccounting "
    "CPUQuota CPUQuotaPeriodSec CPUShares CPUWeight CoredumpReceive DefaultMemoryLow "
    "DefaultMemoryMin DefaultStartupMemoryLow Delegate DelegateSubgroup DeviceAllow "
    "DevicePolicy DisableControllers IOAccounting IODeviceLatencyTargetSec IODeviceWeight "
    "IOReadBandwidthMax IOReadIOPSMax IOWeight IOWriteBandwidthMax IOWriteIOPSMax IPAccounting "
    "IPAddressAllow IPAddressDeny IPEgressFilterPath IPIngressFilterPath "
    "ManagedOOMMemoryPressure ManagedOOMMemoryPressureDurationSec ManagedOOMMemoryPressureLimit "
    "ManagedOOMPreference ManagedOOMSwap MemoryAccounting MemoryHigh MemoryLimit MemoryLow "
    "MemoryMax MemoryMin MemoryPressureThresholdSec MemoryPressureWatch MemorySwapMax "
    "MemoryZSwapMax MemoryZSwapWriteback NFTSet RestrictNetworkInterfaces Slice SocketBindAllow "
    "SocketBindDeny StartupAllowedCPUs StartupAllowedMemoryNodes StartupBlockIOWeight "
    "StartupCPUShares StartupCPUWeight StartupIOWeight StartupMemoryHigh StartupMemoryLow "
    "StartupMemoryMax StartupMemorySwapMax StartupMemoryZSwapMax TasksAccounting TasksMax";

// systemd.exec(5), systemd.kill(5): sections of units that start programs.
constexpr std::string_view kExecution =
    "AmbientCapabilities AppArmorProfile BPFDelegateAttachments BPFDelegateCommands "
    "BPFDelegateMaps BPFDelegatePrograms BindPaths BindReadOnlyPaths CPUAffinity "
    "CPUSchedulingPolicy CPUSchedulingPriority CPUSchedulingResetOnFork CacheDirectory "
    "CacheDirectoryAccounting CacheDirectoryMode CacheDirectoryQuota CapabilityBoundingSet "
    "ConfigurationDirectory ConfigurationDirectoryMode CoredumpFilter DynamicUser Environment "
    "EnvironmentFile ExecPaths ExecSearchPath ExtensionDirectories ExtensionImagePolicy "
    "ExtensionImages FinalKillSignal Group IOSchedulingClass IOSchedulingPriority "
    "IPCNamespacePath IgnoreSIGPIPE ImportCredential InaccessibleDirectories InaccessiblePaths "
    "KeyringMode KillMode KillSignal LimitAS LimitCORE LimitCPU LimitDATA LimitFSIZE LimitLOCKS "
    "LimitMEMLOCK LimitMSGQUEUE LimitNICE LimitNOFILE LimitNPROC LimitRSS LimitRTPRIO "
    "LimitRTTIME LimitSIGPENDING LimitSTACK LoadCredential LoadCredentialEncrypted "
    "LockPersonality LogExtraFields LogFilterPatterns LogLevelMax LogNamespace "
    "LogRateLimitBurst LogRateLimitIntervalSec LogsDirectory LogsDirectoryAccounting "
    "LogsDirectoryMode LogsDirectoryQuota MemoryDenyWriteExecute MemoryKSM MemoryTHP "
    "MountAPIVFS MountFlags MountImagePolicy MountImages NUMAMask NUMAPolicy "
    "NetworkNamespacePath Nice NoExecPaths NoNewPrivileges OOMScoreAdjust PAMName "
    "PassEnvironment Personality PrivateBPF PrivateDevices PrivateIPC PrivateMounts "
    "PrivateNetwork PrivatePIDs PrivateTmp PrivateUsers ProcSubset ProtectClock "
    "ProtectControlGroups ProtectHome ProtectHostname ProtectKernelLogs ProtectKernelModules "
    "ProtectKernelTunables ProtectProc ProtectSystem ReadOnlyDirectories ReadOnlyPaths "
    "ReadWriteDirectories ReadWritePaths RemoveIPC RestartKillSignal RestrictAddressFamilies "
    "RestrictFileSystems RestrictNamespaces RestrictRealtime RestrictSUIDSGID RootDirectory "
    "RootDirectoryFileDescriptor RootEphemeral RootHash RootHashSignature RootImage "
    "RootImageOptions RootImagePolicy RootMStack RootVerity RuntimeDirectory "
    "RuntimeDirectoryMode RuntimeDirectoryPreserve SELinuxContext SecureBits SendSIGHUP "
    "SendSIGKILL SetCredential SetCredentialEncrypted SetLoginEnvironment SmackProcessLabel "
    "StandardError StandardInput StandardInputData StandardInputText StandardOutput "
    "StateDirectory StateDirectoryAccounting StateDirectoryMode StateDirectoryQuota "
    "SupplementaryGroups SurviveFinalKillSignal SyslogFacility SyslogIdentifier SyslogLevel "
    "SyslogLevelPrefix SystemCallArchitectures SystemCallErrorNumber SystemCallFilter "
    "SystemCallLog TTYColumns TTYPath TTYReset TTYRows TTYVHangup TTYVTDisallocate "
    "TemporaryFileSystem TimeoutCleanSec TimeoutSec TimerSlackNSec UMask UnsetEnvironment User "
    "UserNamespacePath UtmpIdentifier UtmpMode WatchdogSignal WorkingDirectory";

struct Section {
  std::string_view name;
  bool has_resource, has_execution;
  std::string_view keys;  // its own, separated by blanks
};

constexpr Section kSections[] = {
    {"Unit", false, false,
     "After AllowIsolate AssertACPower AssertArchitecture AssertCPUFeature AssertCPUPressure "
     "AssertCPUs AssertCapability AssertControlGroupController AssertCredential "
     "AssertDirectoryNotEmpty AssertEnvironment AssertFileIsExecutable AssertFileNotEmpty "
     "AssertFirstBoot AssertGroup AssertHost AssertIOPressure AssertKernelCommandLine "
     "AssertKernelModuleLoaded AssertKernelVersion AssertMemory AssertMemoryPressure "
     "AssertNeedsUpdate AssertOSRelease AssertPathExists AssertPathExistsGlob "
     "AssertPathIsDirectory AssertPathIsEncrypted AssertPathIsMountPoint AssertPathIsReadWrite "
     "AssertPathIsSymbolicLink AssertSecurity AssertUser AssertVersion AssertVirtualization "
     "Before BindTo BindsTo CollectMode ConditionACPower ConditionArchitecture "
     "ConditionCPUFeature ConditionCPUPressure ConditionCPUs ConditionCapability "
     "ConditionControlGroupController ConditionCredential ConditionDirectoryNotEmpty "
     "ConditionEnvironment ConditionFileIsExecutable ConditionFileNotEmpty ConditionFirmware "
     "ConditionFirstBoot ConditionGroup ConditionHost ConditionIOPressure "
     "ConditionKernelCommandLine ConditionKernelModuleLoaded ConditionKernelVersion "
     "ConditionMemory ConditionMemoryPressure ConditionNeedsUpdate ConditionOSRelease "
     "ConditionPathExists ConditionPathExistsGlob ConditionPathIsDirectory "
     "ConditionPathIsEncrypted ConditionPathIsMountPoint ConditionPathIsReadWrite "
     "ConditionPathIsSymbolicLink ConditionSecurity ConditionUser ConditionVersion "
     "ConditionVirtualization Conflicts DefaultDependencies Description Documentation "
     "FailureAction FailureActionExitStatus IgnoreOnIsolate JobRunningTimeoutSec "
     "JobTimeoutAction JobTimeoutRebootArgument JobTimeoutSec JoinsNamespaceOf OnFailure "
     "OnFailureIsolate OnFailureJobMode OnSuccess OnSuccessJobMode PartOf PropagateReloadFrom "
     "PropagateReloadTo PropagatesReloadTo PropagatesStopTo RebootArgument RefuseManualStart "
     "RefuseManualStop ReloadPropagatedFrom Requires RequiresMountsFor RequiresOverridable "
     "Requisite RequisiteOverridable SourcePath StartLimitAction StartLimitBurst "
     "StartLimitInterval StartLimitIntervalSec StopPropagatedFrom StopWhenUnneeded "
     "SuccessAction SuccessActionExitStatus Upholds Wants WantsMountsFor"},
    {"Service", true, true,
     "BusName ExecCondition ExecReload ExecReloadPost ExecStart ExecStartPost ExecStartPre "
     "ExecStop ExecStopPost ExitType ExtraFileDescriptors FailureAction FileDescriptorStoreMax "
     "FileDescriptorStorePreserve GuessMainPID NonBlocking NotifyAccess OOMPolicy OpenFile "
     "PIDFile PassFileDescriptorsToExec PermissionsStartOnly RebootArgument RefreshOnReload "
     "ReloadSignal RemainAfterExit Restart RestartForceExitStatus RestartMaxDelaySec "
     "RestartMode RestartPreventExitStatus RestartSec RestartSteps RootDirectoryStartOnly "
     "RuntimeMaxSec RuntimeRandomizedExtraSec Sockets StartLimitAction StartLimitBurst "
     "StartLimitInterval SuccessExitStatus TimeoutAbortSec TimeoutStartFailureMode "
     "TimeoutStartSec TimeoutStopFailureMode TimeoutStopSec Type USBFunctionDescriptors "
     "USBFunctionStrings WatchdogSec"},
    {"Socket", true, true,
     "Accept AcceptFileDescriptors Backlog BindIPv6Only BindToDevice Broadcast DeferAcceptSec "
     "DeferTrigger DeferTriggerMaxSec DirectoryMode ExecStartPost ExecStartPre ExecStopPost "
     "ExecStopPre FileDescriptorName FlushPending FreeBind IPTOS IPTTL KeepAlive "
     "KeepAliveIntervalSec KeepAliveProbes KeepAliveTimeSec ListenDatagram ListenFIFO "
     "ListenMessageQueue ListenNetlink ListenSequentialPacket ListenSpecial ListenStream "
     "ListenUSBFunction Mark MaxConnections MaxConnectionsPerSource MessageQueueMaxMessages "
     "MessageQueueMessageSize NoDelay PassCredentials PassFileDescriptorsToExec PassPIDFD "
     "PassPacketInfo PassSecurity PipeSize PollLimitBurst PollLimitIntervalSec Priority "
     "ReceiveBuffer RemoveOnStop ReusePort SELinuxContextFromNet SendBuffer Service SmackLabel "
     "SmackLabelIPIn SmackLabelIPOut SocketGroup SocketMode SocketProtocol SocketUser Symlinks "
     "TCPCongestion Timestamping Transparent TriggerLimitBurst TriggerLimitIntervalSec Writable"},
    {"Mount", true, true,
     "DirectoryMode ForceUnmount LazyUnmount Options ReadWriteOnly SloppyOptions Type What "
     "Where"},
    {"Automount", false, false, "DirectoryMode ExtraOptions TimeoutIdleSec Where"},
    {"Swap", true, true, "Options Priority What"},
    {"Timer", false, false,
     "AccuracySec DeferReactivation FixedRandomDelay OnActiveSec OnBootSec OnCalendar "
     "OnClockChange OnStartupSec OnTimezoneChange OnUnitActiveSec OnUnitInactiveSec Persistent "
     "RandomizedDelaySec RemainAfterElapse Unit WakeSystem"},
    {"Path", false, false,
     "DirectoryMode DirectoryNotEmpty MakeDirectory PathChanged PathExists PathExistsGlob "
     "PathModified TriggerLimitBurst TriggerLimitIntervalSec Unit"},
    {"Slice", true, false, "ConcurrencyHardMax ConcurrencySoftMax"},
    {"Scope", true, false,
     "FinalKillSignal KillMode KillSignal OOMPolicy RestartKillSignal RuntimeMaxSec "
     "RuntimeRandomizedExtraSec SendSIGHUP SendSIGKILL TimeoutStopSec WatchdogSignal"},
    {"Install", false, false, "Alias Also DefaultInstance RequiredBy UpheldBy WantedBy"},
};

void add(std::string_view text, std::set<std::string_view>& out) {
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) out.insert(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

const std::set<std::string_view>* keys_of(std::string_view section) {
  static const auto all = [] {
    std::vector<std::set<std::string_view>> sets;
    for (const Section& one : kSections) {
      std::set<std::string_view>& keys = sets.emplace_back();
      add(one.keys, keys);
      if (one.has_resource) add(kResource, keys);
      if (one.has_execution) add(kExecution, keys);
    }
    return sets;
  }();
  for (size_t i = 0; i < all.size(); ++i)
    if (kSections[i].name == section) return &all[i];
  return nullptr;
}

// Levenshtein's distance, as far as 2; 3 for more.
size_t distance(std::string_view a, std::string_view b) {
  constexpr size_t kMost = 3;
  if (a.size() > b.size() + 2 || b.size() > a.size() + 2) return kMost;
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return std::min(row.back(), kMost);
}

}  // namespace

bool is_unit_key(std::string_view section, std::string_view key) {
  const auto* keys = keys_of(section);
  return keys && keys->contains(key);
}

std::string_view similar_unit_key(std::string_view section, std::string_view key) {
  constexpr size_t kLongest = 64;  // no key is longer
  const auto* keys = keys_of(section);
  if (!keys || key.size() > kLongest) return {};
  std::string_view best;
  size_t least = 3;
  for (const std::string_view known : *keys)
    if (const size_t far = distance(known, key); far < least) {
      least = far;
      best = known;
    }
  return best;
}

std::string_view section_of_unit_key(std::string_view type, std::string_view key) {
  for (const std::string_view section : parsers::unit::sections_of(type))
    if (is_unit_key(section, key)) return section;
  return {};
}

}  // namespace drydock::facts
