#include "analyzer/facts/collect/unit_assessment.h"

#include <algorithm>
#include <array>

#include "analyzer/facts/collect/unit_sandbox_name.h"

namespace drydock::facts {
namespace {

// Which part of the sandbox answers.
enum class About : uint8_t {
  flag,
  user,
  groups,
  home,
  system,
  root,
  capability,
  umask,
  keyring,
  proc,
  proc_subset,
  notify,
  remove_ipc,
  delegate,
  name_space,
  family,
  architectures,
  syscalls,
  addresses,
  devices,
  ambient,
};

struct Question : Assessment {
  About about = About::flag;
  SandboxFlag flag = SandboxFlag::count;
  std::string_view what = {};  // capabilities, a namespace's bit, a family, a group of system calls
};

constexpr Question flag(std::string_view id, std::string_view name, unsigned weight,
                        SandboxFlag which, std::string_view risk, bool late = false) {
  return {{id, name, weight, 1, late, risk}, About::flag, which};
}
constexpr Question capability(std::string_view id, std::string_view name, unsigned weight,
                              std::string_view capabilities, std::string_view risk) {
  return {{id, name, weight, 1, false, risk}, About::capability, SandboxFlag::count, capabilities};
}
constexpr Question other(About about, std::string_view id, std::string_view name, unsigned weight,
                         unsigned range, std::string_view risk, std::string_view what = {},
                         bool late = false) {
  return {{id, name, weight, range, late, risk}, about, SandboxFlag::count, what};
}

constexpr auto kQuestions = std::to_array<Question>({
    other(About::user, "UserOrDynamicUser", "User=/DynamicUser=", 2000, 10, "run as root"),
    other(About::groups, "SupplementaryGroups", "SupplementaryGroups=", 200, 1,
          "use the rights of further groups"),
    flag("PrivateDevices", "PrivateDevices=", 1000, SandboxFlag::private_devices,
         "open hardware devices"),
    flag("PrivateMounts", "PrivateMounts=", 1000, SandboxFlag::private_mounts,
         "mount file systems that the whole host sees"),
    flag("PrivateNetwork", "PrivateNetwork=", 2500, SandboxFlag::private_network,
         "use the host's network"),
    flag("PrivateTmp", "PrivateTmp=", 1000, SandboxFlag::private_tmp,
         "reach the temporary files of others", true),
    flag("PrivateUsers", "PrivateUsers=", 1000, SandboxFlag::private_users,
         "act on the host's user ids"),
    flag("ProtectControlGroups", "ProtectControlGroups=", 1000, SandboxFlag::protect_control_groups,
         "write to the control group tree"),
    flag("ProtectKernelModules", "ProtectKernelModules=", 1000, SandboxFlag::protect_kernel_modules,
         "load or read kernel modules"),
    flag("ProtectKernelTunables", "ProtectKernelTunables=", 1000,
         SandboxFlag::protect_kernel_tunables, "change kernel parameters under /proc and /sys"),
    flag("ProtectKernelLogs", "ProtectKernelLogs=", 1000, SandboxFlag::protect_kernel_logs,
         "read or clear the kernel's log"),
    flag("ProtectClock", "ProtectClock=", 1000, SandboxFlag::protect_clock, "set the clocks"),
    other(About::home, "ProtectHome", "ProtectHome=", 1000, 10, "reach home directories", {}, true),
    flag("ProtectHostname", "ProtectHostname=", 50, SandboxFlag::protect_hostname,
         "rename the host"),
    other(About::system, "ProtectSystem", "ProtectSystem=", 1000, 10,
          "write to the operating system's files", {}, true),
    other(About::root, "RootDirectoryOrRootImage", "RootDirectory=/RootImage=", 200, 1,
          "see the host's file tree", {}, true),
    flag("LockPersonality", "LockPersonality=", 100, SandboxFlag::lock_personality,
         "switch to another execution domain"),
    flag("MemoryDenyWriteExecute", "MemoryDenyWriteExecute=", 100,
         SandboxFlag::memory_deny_write_execute, "run code that it has written to memory"),
    flag("NoNewPrivileges", "NoNewPrivileges=", 1000, SandboxFlag::no_new_privileges,
         "gain privileges from set-uid programs"),
    capability("CapabilityBoundingSet_CAP_SYS_ADMIN", "CapabilityBoundingSet=~CAP_SYS_ADMIN", 1500,
               "CAP_SYS_ADMIN", "administer the host"),
    capability("CapabilityBoundingSet_CAP_SET_UID_GID_PCAP",
               "CapabilityBoundingSet=~CAP_SET(UID|GID|PCAP)", 1500,
               "CAP_SETUID CAP_SETGID CAP_SETPCAP", "take on any user, group or capability"),
    capability("CapabilityBoundingSet_CAP_SYS_PTRACE", "CapabilityBoundingSet=~CAP_SYS_PTRACE",
               1500, "CAP_SYS_PTRACE", "look into and steer other processes"),
    capability("CapabilityBoundingSet_CAP_SYS_TIME", "CapabilityBoundingSet=~CAP_SYS_TIME", 1000,
               "CAP_SYS_TIME", "set the system clock"),
    capability("CapabilityBoundingSet_CAP_NET_ADMIN", "CapabilityBoundingSet=~CAP_NET_ADMIN", 1000,
               "CAP_NET_ADMIN", "configure the network"),
    capability("CapabilityBoundingSet_CAP_SYS_RAWIO", "CapabilityBoundingSet=~CAP_SYS_RAWIO", 1000,
               "CAP_SYS_RAWIO", "do raw input and output"),
    capability("CapabilityBoundingSet_CAP_SYS_MODULE", "CapabilityBoundingSet=~CAP_SYS_MODULE",
               1000, "CAP_SYS_MODULE", "load kernel modules"),
    capability("CapabilityBoundingSet_CAP_AUDIT", "CapabilityBoundingSet=~CAP_AUDIT_*", 500,
               "CAP_AUDIT_CONTROL CAP_AUDIT_READ CAP_AUDIT_WRITE", "configure and write the audit"),
    capability("CapabilityBoundingSet_CAP_SYSLOG", "CapabilityBoundingSet=~CAP_SYSLOG", 500,
               "CAP_SYSLOG", "read the kernel's log and addresses"),
    capability("CapabilityBoundingSet_CAP_SYS_NICE_RESOURCE",
               "CapabilityBoundingSet=~CAP_SYS_(NICE|RESOURCE)", 500,
               "CAP_SYS_NICE CAP_SYS_RESOURCE", "pass limits on resources"),
    capability("CapabilityBoundingSet_CAP_MKNOD", "CapabilityBoundingSet=~CAP_MKNOD", 500,
               "CAP_MKNOD", "make device nodes"),
    capability("CapabilityBoundingSet_CAP_CHOWN_FSETID_SETFCAP",
               "CapabilityBoundingSet=~CAP_(CHOWN|FSETID|SETFCAP)", 1000,
               "CAP_CHOWN CAP_FSETID CAP_SETFCAP", "give files to others, or capabilities to them"),
    capability("CapabilityBoundingSet_CAP_DAC_FOWNER_IPC_OWNER",
               "CapabilityBoundingSet=~CAP_(DAC_*|FOWNER|IPC_OWNER)", 1000,
               "CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_IPC_OWNER",
               "pass the permissions of files"),
    capability("CapabilityBoundingSet_CAP_KILL", "CapabilityBoundingSet=~CAP_KILL", 500, "CAP_KILL",
               "send signals to any process"),
    // The stray bracket is systemd's.
    capability("CapabilityBoundingSet_CAP_NET_BIND_SERVICE_BROADCAST_RAW)",
               "CapabilityBoundingSet=~CAP_NET_(BIND_SERVICE|BROADCAST|RAW)", 500,
               "CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_RAW",
               "listen on low ports and forge packets"),
    capability("CapabilityBoundingSet_CAP_SYS_BOOT", "CapabilityBoundingSet=~CAP_SYS_BOOT", 100,
               "CAP_SYS_BOOT", "reboot the host"),
    capability("CapabilityBoundingSet_CAP_MAC", "CapabilityBoundingSet=~CAP_MAC_*", 100,
               "CAP_MAC_ADMIN CAP_MAC_OVERRIDE", "change mandatory access control"),
    capability("CapabilityBoundingSet_CAP_LINUX_IMMUTABLE",
               "CapabilityBoundingSet=~CAP_LINUX_IMMUTABLE", 75, "CAP_LINUX_IMMUTABLE",
               "make files immutable"),
    capability("CapabilityBoundingSet_CAP_IPC_LOCK", "CapabilityBoundingSet=~CAP_IPC_LOCK", 50,
               "CAP_IPC_LOCK", "lock memory"),
    capability("CapabilityBoundingSet_CAP_SYS_CHROOT", "CapabilityBoundingSet=~CAP_SYS_CHROOT", 50,
               "CAP_SYS_CHROOT", "change the root directory"),
    capability("CapabilityBoundingSet_CAP_BLOCK_SUSPEND",
               "CapabilityBoundingSet=~CAP_BLOCK_SUSPEND", 25, "CAP_BLOCK_SUSPEND",
               "keep the host from sleeping"),
    capability("CapabilityBoundingSet_CAP_WAKE_ALARM", "CapabilityBoundingSet=~CAP_WAKE_ALARM", 25,
               "CAP_WAKE_ALARM", "wake the host up"),
    capability("CapabilityBoundingSet_CAP_LEASE", "CapabilityBoundingSet=~CAP_LEASE", 25,
               "CAP_LEASE", "take leases on files"),
    capability("CapabilityBoundingSet_CAP_SYS_TTY_CONFIG",
               "CapabilityBoundingSet=~CAP_SYS_TTY_CONFIG", 25, "CAP_SYS_TTY_CONFIG",
               "hang up terminals"),
    capability("CapabilityBoundingSet_CAP_SYS_PACCT", "CapabilityBoundingSet=~CAP_SYS_PACCT", 25,
               "CAP_SYS_PACCT", "switch process accounting"),
    capability("CapabilityBoundingSet_CAP_BPF", "CapabilityBoundingSet=~CAP_BPF", 25, "CAP_BPF",
               "load BPF programs"),
    other(About::umask, "UMask", "UMask=", 100, 10, "make files that others can read or write"),
    other(About::keyring, "KeyringMode", "KeyringMode=", 1000, 1,
          "share keys of the kernel's keyring with other services"),
    other(About::proc, "ProtectProc", "ProtectProc=", 1000, 3,
          "see the processes of others in /proc"),
    other(About::proc_subset, "ProcSubset", "ProcSubset=", 10, 1,
          "read what /proc says beyond processes"),
    other(About::notify, "NotifyAccess", "NotifyAccess=", 1000, 1,
          "let any of its processes report its state"),
    other(About::remove_ipc, "RemoveIPC", "RemoveIPC=", 100, 1,
          "leave System V IPC objects behind"),
    other(About::delegate, "Delegate", "Delegate=", 100, 1, "manage control groups of its own"),
    flag("RestrictRealtime", "RestrictRealtime=", 500, SandboxFlag::restrict_realtime,
         "take the processor by realtime scheduling"),
    flag("RestrictSUIDSGID", "RestrictSUIDSGID=", 1000, SandboxFlag::restrict_suid_sgid,
         "make set-uid and set-gid files"),
    other(About::name_space, "RestrictNamespaces_user", "RestrictNamespaces=~user", 1500, 1,
          "make user namespaces", "user"),
    other(About::name_space, "RestrictNamespaces_mnt", "RestrictNamespaces=~mnt", 500, 1,
          "make mount namespaces", "mnt"),
    other(About::name_space, "RestrictNamespaces_ipc", "RestrictNamespaces=~ipc", 500, 1,
          "make IPC namespaces", "ipc"),
    other(About::name_space, "RestrictNamespaces_pid", "RestrictNamespaces=~pid", 500, 1,
          "make process namespaces", "pid"),
    other(About::name_space, "RestrictNamespaces_cgroup", "RestrictNamespaces=~cgroup", 500, 1,
          "make control group namespaces", "cgroup"),
    other(About::name_space, "RestrictNamespaces_net", "RestrictNamespaces=~net", 500, 1,
          "make network namespaces", "net"),
    other(About::name_space, "RestrictNamespaces_uts", "RestrictNamespaces=~uts", 100, 1,
          "make host name namespaces", "uts"),
    other(About::family, "RestrictAddressFamilies_AF_INET_INET6",
          "RestrictAddressFamilies=~AF_(INET|INET6)", 1500, 1, "open Internet sockets",
          "AF_INET AF_INET6"),
    other(About::family, "RestrictAddressFamilies_AF_UNIX", "RestrictAddressFamilies=~AF_UNIX", 25,
          1, "open local sockets", "AF_UNIX"),
    other(About::family, "RestrictAddressFamilies_AF_NETLINK",
          "RestrictAddressFamilies=~AF_NETLINK", 200, 1, "talk to the kernel by netlink",
          "AF_NETLINK"),
    other(About::family, "RestrictAddressFamilies_AF_PACKET", "RestrictAddressFamilies=~AF_PACKET",
          1000, 1, "read and forge packets by packet sockets", "AF_PACKET"),
    other(About::family, "RestrictAddressFamilies_OTHER", "RestrictAddressFamilies=~…", 1250, 1,
          "open sockets of rare kinds"),
    other(About::architectures, "SystemCallArchitectures", "SystemCallArchitectures=", 1000, 10,
          "make system calls of other architectures"),
    other(About::syscalls, "SystemCallFilter_swap", "SystemCallFilter=~@swap", 1000, 10,
          "switch swap space", "@swap"),
    other(About::syscalls, "SystemCallFilter_obsolete", "SystemCallFilter=~@obsolete", 250, 10,
          "make obsolete system calls", "@obsolete"),
    other(About::syscalls, "SystemCallFilter_clock", "SystemCallFilter=~@clock", 1000, 10,
          "make the calls that set clocks", "@clock"),
    other(About::syscalls, "SystemCallFilter_cpu_emulation", "SystemCallFilter=~@cpu-emulation",
          250, 10, "make the calls for emulated processors", "@cpu-emulation"),
    other(About::syscalls, "SystemCallFilter_debug", "SystemCallFilter=~@debug", 1000, 10,
          "make the calls for debugging and tracing", "@debug"),
    other(About::syscalls, "SystemCallFilter_mount", "SystemCallFilter=~@mount", 1000, 10,
          "make the calls that mount", "@mount"),
    other(About::syscalls, "SystemCallFilter_module", "SystemCallFilter=~@module", 1000, 10,
          "make the calls that load kernel modules", "@module"),
    other(About::syscalls, "SystemCallFilter_raw_io", "SystemCallFilter=~@raw-io", 1000, 10,
          "make the calls for raw input and output", "@raw-io"),
    other(About::syscalls, "SystemCallFilter_reboot", "SystemCallFilter=~@reboot", 1000, 10,
          "make the calls that reboot", "@reboot"),
    other(About::syscalls, "SystemCallFilter_privileged", "SystemCallFilter=~@privileged", 700, 10,
          "make privileged system calls", "@privileged"),
    other(About::syscalls, "SystemCallFilter_resources", "SystemCallFilter=~@resources", 700, 10,
          "make the calls that set resource limits", "@resources"),
    other(About::addresses, "IPAddressDeny", "IPAddressDeny=", 1000, 10,
          "exchange packets with any address"),
    other(About::devices, "DeviceAllow", "DeviceAllow=", 1000, 10, "open any device node"),
    other(About::ambient, "AmbientCapabilities", "AmbientCapabilities=", 500, 1,
          "start with capabilities"),
});

constexpr auto kPlain = [] {
  std::array<Assessment, kQuestions.size()> out{};
  for (size_t i = 0; i < out.size(); ++i) out[i] = kQuestions[i];
  return out;
}();
static_assert(kPlain.size() == 81);

unsigned divide_up(unsigned dividend, unsigned divisor) {
  return (dividend + divisor - 1) / divisor;
}

template <class Each>
void words(std::string_view text, Each each) {
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string_view yes_no(bool value) {
  return value ? "yes" : "no";
}

class Assessor {
 public:
  Assessor(const Sandbox& sandbox, Machine machine) : sandbox_(sandbox), machine_(machine) {}

  Assessed answer(const Question& question) const {
    if (question.default_dependencies_only && !sandbox_.default_dependencies)
      return {.applies = false, .badness = 0, .value = "early boot", .line = nullptr};
    switch (question.about) {
      case About::flag: {
        const auto& [on, line] = sandbox_[question.flag];
        return good_if(on, yes_no(on), line);
      }
      case About::user:
        return user();
      case About::groups: {
        const auto& [any, line] = sandbox_.supplementary_groups;
        return for_users(good_if(!any, any ? "some" : "none", line));
      }
      case About::home:
        return word(SandboxWord::protect_home,
                    {{"yes", 0}, {"tmpfs", 1}, {"read-only", 5}, {"no", 10}});
      case About::system:
        return word(SandboxWord::protect_system,
                    {{"strict", 0}, {"full", 3}, {"yes", 5}, {"no", 10}});
      case About::root: {
        const auto& [own, line] = sandbox_.own_root;
        return good_if(own, own ? "its own" : "/", line);
      }
      case About::capability:
        return capabilities(question.what);
      case About::umask:
        return mask();
      case About::keyring:
        return word(SandboxWord::keyring_mode, {{"private", 0}, {"inherit", 1}, {"shared", 1}});
      case About::proc:
        // "noaccess" is worse than "invisible" by systemd's own scale.
        return word(SandboxWord::protect_proc,
                    {{"invisible", 0}, {"ptraceable", 0}, {"noaccess", 1}, {"default", 3}});
      case About::proc_subset:
        return word(SandboxWord::proc_subset, {{"pid", 0}, {"all", 1}});
      case About::notify:
        return word(SandboxWord::notify_access,
                    {{"none", 0}, {"main", 0}, {"exec", 0}, {"all", 1}});
      case About::remove_ipc: {
        const auto& [on, line] = sandbox_[SandboxFlag::remove_ipc];
        return for_users(good_if(on, yes_no(on), line));
      }
      case About::delegate: {
        const auto& [on, line] = sandbox_[SandboxFlag::delegate];
        return good_if(!on, yes_no(on), line);
      }
      case About::name_space: {
        const bool may = (sandbox_.namespaces.value & namespace_bit(question.what)) != 0;
        return good_if(!may, may ? "allowed" : "denied", sandbox_.namespaces.line);
      }
      case About::family:
        return family(question.what);
      case About::architectures:
        return architectures();
      case About::syscalls:
        return syscalls(question.what);
      case About::addresses:
        return addresses();
      case About::devices:
        return devices();
      case About::ambient: {
        const auto& [set, line] = sandbox_.ambient;
        return good_if(set == 0, set == 0 ? "none" : "some", line);
      }
    }
    return {};
  }

 private:
  static Assessed good_if(bool good, std::string_view value, const UnitLine* line) {
    return {.applies = true, .badness = good ? 0u : 1u, .value = std::string(value), .line = line};
  }

  // Of a service that runs as root some settings mean nothing.
  Assessed for_users(Assessed answer) const {
    if (!sandbox_.runs_as_root()) return answer;
    return {.applies = false, .badness = 0, .value = "runs as root", .line = nullptr};
  }

  Assessed user() const {
    const auto& [name, line] = sandbox_.user;
    if (name == "nobody") return {true, 9, name, line};
    if (sandbox_.runs_as_root()) return {true, 10, "root", line};
    if (name.empty()) return {true, 0, "dynamic", sandbox_[SandboxFlag::dynamic_user].line};
    return {true, 0, name, line};
  }

  Assessed word(SandboxWord which,
                std::initializer_list<std::pair<std::string_view, unsigned>> scale) const {
    const auto& [value, line] = sandbox_[which];
    for (const auto& [name, badness] : scale)
      if (name == value) return {true, badness, std::string(value), line};
    return {true, 0, std::string(value), line};
  }

  Assessed capabilities(std::string_view names) const {
    Assessed out{true, 0, "", sandbox_.capabilities.line};
    uint64_t wanted = 0;
    words(names, [&](std::string_view name) {
      wanted |= capability_bit(name);
      if ((sandbox_.capabilities.value & capability_bit(name)) == 0) return;
      out.badness = 1;
      out.value += (out.value.empty() ? "" : " ") + std::string(name);
    });
    if (out.badness != 0) return out;
    out.value = "none of them";
    for (const auto& [bits, line] : sandbox_.taken)
      if ((bits & wanted) != 0 && line) out.line = line;
    return out;
  }

  Assessed mask() const {
    const auto& [mask, line] = sandbox_.umask;
    std::string octal = "0000";
    for (int i = 3, rest = static_cast<int>(mask); i >= 0; --i, rest /= 8)
      octal[static_cast<size_t>(i)] = static_cast<char>('0' + rest % 8);
    const unsigned badness = (mask & 0002) == 0   ? 10
                             : (mask & 0004) == 0 ? 5
                             : (mask & 0020) == 0 ? 2
                             : (mask & 0040) == 0 ? 1
                                                  : 0;
    return {true, badness, octal, line};
  }

  Assessed family(std::string_view names) const {
    const auto& [filter, line] = sandbox_.families;
    const auto is_named = [](std::string_view name) {
      for (const std::string_view known :
           {"AF_UNSPEC", "AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET"})
        if (name == known) return true;
      return false;
    };
    bool listed = false;
    if (names.empty())
      listed = std::ranges::any_of(filter.members,
                                   [&](const std::string& member) { return !is_named(member); });
    else
      words(names, [&](std::string_view name) { listed |= filter.members.contains(name); });
    const bool denied = filter.allows != listed;
    return good_if(denied, denied ? "denied" : "allowed", line);
  }

  Assessed architectures() const {
    const auto& [names, line] = sandbox_.architectures;
    if (names.empty()) return {true, 10, "any", line};
    if (names.size() == 1 && names.contains("native")) return {true, 0, "native", line};
    std::string value;
    for (const std::string& name : names) value += (value.empty() ? "" : " ") + name;
    return {true, 8, value, line};
  }

  Assessed syscalls(std::string_view group) const {
    const auto& [filter, line] = sandbox_.syscalls;
    if (!filter.allows && filter.members.empty()) return {true, 10, "no filter", line};
    for (const std::string_view name : *syscall_group(group))
      if (machine_has(machine_, name) && filter.members.contains(name) == filter.allows)
        return {true, filter.allows ? 9u : 10u, std::string(name) + " is allowed", line};
    return {true, 0, "denied", line};
  }

  Assessed addresses() const {
    if (sandbox_.address_programs.value)
      return {true, 0, "BPF programs", sandbox_.address_programs.line};
    const auto& [denies, line] = sandbox_.denies_every_address;
    if (!denies) return {true, 10, "any", line};
    if (const auto& [others, by] = sandbox_.allows_other_addresses; others)
      return {true, 5, "a list", by};
    if (const auto& [local, by] = sandbox_.allows_localhost; local)
      return {true, 2, "localhost", by};
    return {true, 0, "none", line};
  }

  Assessed devices() const {
    const auto& [policy, line] = sandbox_[SandboxWord::device_policy];
    if (policy == "auto") return {true, 10, "any", line};
    if (const auto& [some, by] = sandbox_.device_allow; some) return {true, 5, "a list", by};
    return {true, 0, std::string(policy), line};
  }

  const Sandbox& sandbox_;
  Machine machine_;
};

}  // namespace

std::span<const Assessment> assessments() {
  return kPlain;
}

unsigned Exposure::share(size_t index) const {
  const Assessment& one = kPlain[index];
  return divide_up(divide_up(answers[index].badness * one.weight * 100, one.range), weights);
}

std::string_view Exposure::band() const {
  return tenths >= 100  ? "DANGEROUS"
         : tenths >= 90 ? "UNSAFE"
         : tenths >= 75 ? "EXPOSED"
         : tenths >= 50 ? "MEDIUM"
         : tenths >= 10 ? "OK"
         : tenths >= 1  ? "SAFE"
                        : "PERFECT";
}

Exposure assess(const Sandbox& sandbox, Machine machine) {
  const Assessor assessor(sandbox, machine);
  Exposure out;
  unsigned badness = 0;
  for (const Question& question : kQuestions) {
    out.answers.push_back(assessor.answer(question));
    if (!out.answers.back().applies) continue;
    badness += divide_up(out.answers.back().badness * question.weight, question.range);
    out.weights += question.weight;
  }
  out.tenths = divide_up(badness * 100, out.weights);
  return out;
}

std::string exposure_text(unsigned tenths) {
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

}  // namespace drydock::facts
