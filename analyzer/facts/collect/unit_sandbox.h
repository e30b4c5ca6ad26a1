// What a service may do by its sandboxing settings, as systemd 252 puts them together: the settings
// of systemd.exec(5), systemd.resource-control(5) and systemd.service(5) that
// `systemd-analyze security` judges, with what they imply for each other.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/unit_files.h"

namespace drydock::facts {

// A value and the assignment that made it so; no line: systemd's default.
template <class T>
struct Decided {
  T value{};
  const UnitLine* line = nullptr;
};

// Settings that are on or off.
enum class SandboxFlag : uint8_t {
  dynamic_user,
  lock_personality,
  memory_deny_write_execute,
  no_new_privileges,
  private_devices,
  private_mounts,
  private_network,
  private_tmp,
  private_users,
  protect_clock,
  protect_control_groups,
  protect_hostname,
  protect_kernel_logs,
  protect_kernel_modules,
  protect_kernel_tunables,
  remove_ipc,
  restrict_realtime,
  restrict_suid_sgid,
  delegate,  // takes a list of controllers too, which means yes
  count
};

// Settings that hold one word of a few.
enum class SandboxWord : uint8_t {
  device_policy,
  keyring_mode,
  notify_access,
  proc_subset,
  protect_home,
  protect_proc,
  protect_system,
  count
};

// A set of which the members listed are allowed, or denied.
struct SandboxFilter {
  bool exists = false;  // some assignment is in force
  bool allows = false;  // the members are what is allowed; else what is denied
  std::set<std::string, std::less<>> members;
};

struct Sandbox {
  bool default_dependencies = true;
  std::array<Decided<bool>, static_cast<size_t>(SandboxFlag::count)> flags;
  std::array<Decided<std::string_view>, static_cast<size_t>(SandboxWord::count)> words;
  Decided<std::string> user;  // empty: root
  Decided<bool> supplementary_groups;
  Decided<bool> own_root;  // RootDirectory= or RootImage= other than /
  Decided<uint32_t> umask{0022, nullptr};
  Decided<uint64_t> capabilities{~uint64_t{0}, nullptr};  // the bounding set
  // The settings besides CapabilityBoundingSet= that took capabilities away, and which.
  std::vector<Decided<uint64_t>> taken;
  Decided<uint64_t> ambient;
  Decided<uint32_t> namespaces{~uint32_t{0}, nullptr};  // CLONE_NEW… bits that may be made
  Decided<SandboxFilter> families;                      // "AF_INET"
  Decided<SandboxFilter> syscalls;
  Decided<std::set<std::string>> architectures;
  Decided<bool> denies_every_address;  // IPAddressDeny=any
  Decided<bool> allows_localhost;
  Decided<bool> allows_other_addresses;
  Decided<bool> address_programs;  // IPIngressFilterPath= or IPEgressFilterPath=
  Decided<bool> device_allow;      // something is listed

  // Values, or words of them, that systemd skips, and why.
  struct Ignored {
    const UnitLine* line;
    std::string value;
    std::string_view why;
  };
  std::vector<Ignored> ignored;

  const Decided<bool>& operator[](SandboxFlag flag) const {
    return flags[static_cast<size_t>(flag)];
  }
  const Decided<std::string_view>& operator[](SandboxWord word) const {
    return words[static_cast<size_t>(word)];
  }
  bool runs_as_root() const;
};

// The sandbox of a service that systemd loads.
Sandbox sandbox_of(const Unit& unit);

}  // namespace drydock::facts
