// Names of system calls as SystemCallFilter= takes them: systemd.exec(5) "SYSTEM CALL FILTERING".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace drydock::facts {

// The system calls of a group such as "@clock", those of the groups in it too, in systemd's order;
// nullptr for what is no group.
const std::vector<std::string_view>* syscall_group(std::string_view name);

// Does libseccomp know a call of that name, on any machine?
bool is_syscall(std::string_view name);

enum class Machine : uint8_t { x86_64, arm64 };

// Whether the machine has a call of its own of that name. Right for the calls in the groups that
// `systemd-analyze security` looks at; systemd does not ask for what a machine cannot do.
bool machine_has(Machine machine, std::string_view syscall);

}  // namespace drydock::facts
