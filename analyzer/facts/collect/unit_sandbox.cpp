#include "analyzer/facts/collect/unit_sandbox.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "analyzer/facts/collect/syscall_group.h"
#include "analyzer/facts/collect/unit_address.h"
#include "analyzer/facts/collect/unit_sandbox_name.h"

namespace drydock::facts {
namespace {

constexpr std::string_view kBlank = " \t\n\r";

struct FlagKey {
  std::string_view key;
  SandboxFlag flag;
};
constexpr FlagKey kFlags[] = {
    {"DynamicUser", SandboxFlag::dynamic_user},
    {"LockPersonality", SandboxFlag::lock_personality},
    {"MemoryDenyWriteExecute", SandboxFlag::memory_deny_write_execute},
    {"NoNewPrivileges", SandboxFlag::no_new_privileges},
    {"PrivateDevices", SandboxFlag::private_devices},
    {"PrivateMounts", SandboxFlag::private_mounts},
    {"PrivateNetwork", SandboxFlag::private_network},
    {"PrivateTmp", SandboxFlag::private_tmp},
    {"PrivateUsers", SandboxFlag::private_users},
    {"ProtectClock", SandboxFlag::protect_clock},
    {"ProtectControlGroups", SandboxFlag::protect_control_groups},
    {"ProtectHostname", SandboxFlag::protect_hostname},
    {"ProtectKernelLogs", SandboxFlag::protect_kernel_logs},
    {"ProtectKernelModules", SandboxFlag::protect_kernel_modules},
    {"ProtectKernelTunables", SandboxFlag::protect_kernel_tunables},
    {"RemoveIPC", SandboxFlag::remove_ipc},
    {"RestrictRealtime", SandboxFlag::restrict_realtime},
    {"RestrictSUIDSGID", SandboxFlag::restrict_suid_sgid},
};

struct WordKey {
  std::string_view key;
  SandboxWord word;
  bool is_boolean;  // takes yes and no too
  std::string_view default_value;
  std::string_view words;
};
constexpr WordKey kWords[] = {
    {"DevicePolicy", SandboxWord::device_policy, false, "auto", "auto closed strict"},
    {"KeyringMode", SandboxWord::keyring_mode, false, "private", "inherit private shared"},
    {"NotifyAccess", SandboxWord::notify_access, false, "none", "none main exec all"},
    {"ProcSubset", SandboxWord::proc_subset, false, "all", "all pid"},
    {"ProtectHome", SandboxWord::protect_home, true, "no", "read-only tmpfs"},
    {"ProtectProc", SandboxWord::protect_proc, false, "default",
     "noaccess invisible ptraceable default"},
    {"ProtectSystem", SandboxWord::protect_system, true, "no", "full strict"},
};

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

// Words between blanks, as they are written.
template <class Each>
void plain_words(std::string_view text, Each each) {
  while (!text.empty()) {
    const size_t begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return;
    const size_t end = std::min(text.find_first_of(kBlank, begin), text.size());
    each(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
}

// "~a b" -> inverted, "a b".
bool take_tilde(std::string_view& value) {
  if (!value.starts_with('~')) return false;
  value.remove_prefix(1);
  return true;
}

// "If the first character ... is '~' ... inverted"; "If this option appears more than once, the
// bounding sets are merged by OR, or by AND if the lines are prefixed with '~'"; "If the empty
// string is assigned ... the bounding set is reset to the empty capability set".
void merge_capabilities(const UnitLine& line, uint64_t initial, Decided<uint64_t>& set,
                        std::vector<Sandbox::Ignored>& ignored) {
  std::string_view value = line.value;
  const bool inverted = take_tilde(value);
  uint64_t sum = 0;
  for (const parsers::unit::Word& word : parsers::unit::split_words(value).words)
    if (const uint64_t bits = capability_of(word.text))
      sum |= bits;
    else
      ignored.push_back({&line, word.text, "no capability"});
  if (sum == 0 || set.value == initial)
    set.value = inverted ? ~sum : sum;
  else if (inverted)
    set.value &= ~sum;
  else
    set.value |= sum;
  set.line = &line;
}

// "By default ... no restrictions apply ... if assigned the empty string, any previous address
// family restriction changes are undone ... 'none'"; the first assignment decides whether the list
// allows or denies, later ones take their words out of it or add them.
void merge_families(const UnitLine& line, Decided<SandboxFilter>& set,
                    std::vector<Sandbox::Ignored>& ignored) {
  set.line = &line;
  if (line.value.empty() || line.value == "none") {
    set.value = {.exists = false, .allows = line.value == "none", .members = {}};
    if (line.value.empty()) set.line = nullptr;
    return;
  }
  std::string_view value = line.value;
  const bool inverted = take_tilde(value);
  if (!set.value.exists) set.value = {.exists = true, .allows = !inverted, .members = {}};
  const bool adds = !inverted == set.value.allows;
  for (const parsers::unit::Word& word : parsers::unit::split_words(value).words) {
    const std::string_view family = address_family(word.text);
    if (family.empty())
      ignored.push_back({&line, word.text, "no address family"});
    else if (adds)
      set.value.members.emplace(family);
    else
      set.value.members.erase(std::string(family));
  }
}

// "clock:EPERM" -> "clock"; nullopt for what systemd leaves out.
std::optional<std::string_view> syscall_word(std::string_view word, bool inverted) {
  const size_t colon = word.find(':');
  if (colon == std::string_view::npos) return word;
  // "system calls in an allow-list cannot take an error number"
  if (!inverted || colon == 0 || !is_error_name(word.substr(colon + 1))) return std::nullopt;
  return word.substr(0, colon);
}

// "If this setting is used multiple times, the filter masks are merged. If the empty string is
// assigned, the filter is reset"; "if you specify both types of this option ... the first
// encountered will take precedence and will dictate the default action ... Then the next
// occurrences of this option will add or delete the listed system calls from the set".
void merge_syscalls(const UnitLine& line, Decided<SandboxFilter>& set,
                    std::vector<Sandbox::Ignored>& ignored) {
  set.line = &line;
  if (line.value.empty()) {
    set = {};
    return;
  }
  std::string_view value = line.value;
  const bool inverted = take_tilde(value);
  const auto change = [&](std::string_view name, bool add) {
    if (add)
      set.value.members.emplace(name);
    else if (const auto known = set.value.members.find(name); known != set.value.members.end())
      set.value.members.erase(known);
  };
  if (!set.value.exists) {
    set.value = {.exists = true, .allows = !inverted, .members = {}};
    if (!inverted)
      for (const std::string_view name : *syscall_group("@default")) change(name, true);
  }
  const bool adds = !inverted == set.value.allows;
  plain_words(value, [&](std::string_view word) {
    const auto name = syscall_word(word, inverted);
    if (!name) {
      ignored.push_back({&line, std::string(word), "an error number that cannot stand here"});
      return;
    }
    if (const auto* group = syscall_group(*name))
      for (const std::string_view member : *group) change(member, adds);
    else if (is_syscall(*name))
      change(*name, adds);
    else if (name->starts_with('@'))  // of single calls every version knows more
      ignored.push_back({&line, std::string(word), "no group of system calls"});
  });
}

void merge_namespaces(const UnitLine& line, Decided<uint32_t>& set,
                      std::vector<Sandbox::Ignored>& ignored) {
  constexpr uint32_t kInitial = ~uint32_t{0};
  if (line.value.empty()) {
    set = {kInitial, nullptr};
    return;
  }
  if (const auto whole = parsers::unit::boolean(line.value)) {
    set = {*whole ? 0 : kAllNamespaces, &line};
    return;
  }
  std::string_view value = line.value;
  const bool inverted = take_tilde(value);
  uint32_t bits = 0;
  bool known = true;
  plain_words(value, [&](std::string_view word) {
    const uint32_t bit = namespace_bit(word);
    known = known && bit != 0;
    bits |= bit;
  });
  if (!known) {
    ignored.push_back({&line, line.value, "a namespace that there is not: the line is ignored"});
    return;
  }
  if (set.value == kInitial)
    set.value = inverted ? ~bits & kAllNamespaces : bits;
  else
    set.value = inverted ? set.value & ~bits : set.value | bits;
  set.line = &line;
}

std::optional<uint32_t> mode_of(std::string_view text) {
  uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || mode > 07777)
    return std::nullopt;
  return mode;
}

bool is_device(std::string_view name) {
  return name.starts_with("/dev/") || name.starts_with("/run/systemd/inaccessible/") ||
         name.starts_with("block-") || name.starts_with("char-");
}

// Reads the assignments of a unit one by one.
class Reader {
 public:
  explicit Reader(Sandbox& out) : out_(out) {
    for (const WordKey& word : kWords)
      out_.words[static_cast<size_t>(word.word)].value = word.default_value;
  }

  void read(const UnitLine& line);
  void finish();

 private:
  Decided<bool>& flag(SandboxFlag which) { return out_.flags[static_cast<size_t>(which)]; }
  Decided<std::string_view>& word(SandboxWord which) {
    return out_.words[static_cast<size_t>(which)];
  }
  bool read_flag(const UnitLine& line);
  bool read_word(const UnitLine& line);
  void read_root(const UnitLine& line, bool& is_own);
  void read_addresses(const UnitLine& line);
  void read_device(const UnitLine& line);

  Sandbox& out_;
  bool own_directory_ = false, own_image_ = false, has_image_ = false;
  bool mounts_images_ = false, encrypted_credentials_ = false;
  bool ingress_ = false, egress_ = false;
  AddressSet allowed_, denied_;
};

// Settings that newer versions of systemd give more than yes and no: PrivateTmp=disconnected (257),
// PrivateUsers=self (257), ProtectControlGroups=private (257), ProtectHostname=private (257).
// Version 252 ignores such a value.
bool takes_more(const UnitLine& line) {
  return line.key == "PrivateTmp"             ? has_word("disconnected", line.value)
         : line.key == "PrivateUsers"         ? has_word("self identity full managed", line.value)
         : line.key == "ProtectControlGroups" ? has_word("private strict", line.value)
         : line.key == "ProtectHostname"      ? line.value.starts_with("private")
                                              : false;
}

bool Reader::read_flag(const UnitLine& line) {
  const auto known = std::ranges::find(kFlags, line.key, &FlagKey::key);
  if (known == std::end(kFlags)) return false;
  if (const auto value = parsers::unit::boolean(line.value))
    flag(known->flag) = {*value, &line};
  else if (!takes_more(line))
    out_.ignored.push_back({&line, line.value, "neither yes nor no"});
  return true;
}

bool Reader::read_word(const UnitLine& line) {
  const auto known = std::ranges::find(kWords, line.key, &WordKey::key);
  if (known == std::end(kWords)) return false;
  Decided<std::string_view>& out = word(known->word);
  if (known->is_boolean)
    if (const auto value = parsers::unit::boolean(line.value)) {
      out = {*value ? "yes" : "no", &line};
      return true;
    }
  // What is none of the words changes nothing, an empty value neither.
  if (!line.value.empty() && has_word(known->words, line.value))
    out = {line.value, &line};
  else
    out_.ignored.push_back({&line, line.value, "none of the words that it takes"});
  return true;
}

void Reader::read_root(const UnitLine& line, bool& is_own) {
  if (!line.value.empty() && !line.value.starts_with('/') && !line.value.starts_with('%')) return;
  is_own = line.value.find_first_not_of("/.") != std::string::npos;
  out_.own_root = {own_directory_ || own_image_, &line};
}

void Reader::read_addresses(const UnitLine& line) {
  const bool denies = line.key == "IPAddressDeny";
  AddressSet& set = denies ? denied_ : allowed_;
  if (line.value.empty())
    set = {};
  else
    set.add(line.value);
  if (denies) {
    out_.denies_every_address = {denied_.holds_every_address(), &line};
    return;
  }
  out_.allows_localhost = {allowed_.holds_localhost(), &line};
  out_.allows_other_addresses = {allowed_.holds_others(), &line};
}

void Reader::read_device(const UnitLine& line) {
  if (line.value.empty()) {
    out_.device_allow = {false, &line};
    return;
  }
  std::vector<std::string_view> parts;
  plain_words(line.value, [&](std::string_view part) { parts.push_back(part); });
  if (!is_device(parts[0])) return;
  if (parts.size() > 1 && parts[1].find_first_not_of("rwm") != std::string_view::npos) return;
  out_.device_allow = {true, &line};
}

void Reader::read(const UnitLine& line) {
  if (line.section == "Unit") {
    if (line.key == "DefaultDependencies")
      out_.default_dependencies =
          parsers::unit::boolean(line.value).value_or(out_.default_dependencies);
    return;
  }
  if (line.section != "Service" || read_flag(line) || read_word(line)) return;
  const std::string_view key = line.key;
  if (key == "User") {
    out_.user = {line.value, &line};
  } else if (key == "SupplementaryGroups") {
    const bool any = !parsers::unit::split_words(line.value).words.empty();
    if (any || line.value.empty()) out_.supplementary_groups = {any, &line};
  } else if (key == "RootDirectory") {
    read_root(line, own_directory_);
  } else if (key == "RootImage") {
    read_root(line, own_image_);
    has_image_ = !line.value.empty();
  } else if (key == "UMask") {
    if (const auto mode = mode_of(line.value)) out_.umask = {*mode, &line};
  } else if (key == "CapabilityBoundingSet") {
    merge_capabilities(line, ~uint64_t{0}, out_.capabilities, out_.ignored);
  } else if (key == "AmbientCapabilities") {
    merge_capabilities(line, 0, out_.ambient, out_.ignored);
  } else if (key == "RestrictNamespaces") {
    merge_namespaces(line, out_.namespaces, out_.ignored);
  } else if (key == "RestrictAddressFamilies") {
    merge_families(line, out_.families, out_.ignored);
  } else if (key == "SystemCallFilter") {
    merge_syscalls(line, out_.syscalls, out_.ignored);
  } else if (key == "SystemCallArchitectures") {
    if (line.value.empty()) out_.architectures.value.clear();
    for (const parsers::unit::Word& word : parsers::unit::split_words(line.value).words)
      if (is_architecture(word.text)) out_.architectures.value.insert(word.text);
    out_.architectures.line = &line;
  } else if (key == "IPAddressDeny" || key == "IPAddressAllow") {
    read_addresses(line);
  } else if (key == "IPIngressFilterPath" || key == "IPEgressFilterPath") {
    (key == "IPIngressFilterPath" ? ingress_ : egress_) = line.value.starts_with('/');
    out_.address_programs = {ingress_ || egress_, &line};
  } else if (key == "DeviceAllow") {
    read_device(line);
  } else if (key == "Delegate") {
    // "takes a boolean ... or a (possibly empty) list of control group controller names"
    flag(SandboxFlag::delegate) = {parsers::unit::boolean(line.value).value_or(true), &line};
  } else if (key == "MountImages") {
    mounts_images_ = !line.value.empty();
  } else if (key == "SetCredentialEncrypted" || key == "LoadCredentialEncrypted") {
    encrypted_credentials_ = !line.value.empty();
  }
}

// What settings imply for others: systemd.exec(5), in the paragraphs of PrivateDevices=,
// ProtectKernelModules=, ProtectKernelLogs=, ProtectClock= and DynamicUser=.
void Reader::finish() {
  const auto take = [&](SandboxFlag which, std::initializer_list<std::string_view> names) {
    const Decided<bool>& reason = flag(which);
    if (!reason.value) return;
    uint64_t bits = 0;
    for (const std::string_view name : names) bits |= capability_bit(name);
    out_.capabilities.value &= ~bits;
    out_.taken.push_back({bits, reason.line});
  };
  take(SandboxFlag::private_devices, {"CAP_MKNOD", "CAP_SYS_RAWIO"});
  take(SandboxFlag::protect_kernel_modules, {"CAP_SYS_MODULE"});
  take(SandboxFlag::protect_kernel_logs, {"CAP_SYSLOG"});
  take(SandboxFlag::protect_clock, {"CAP_SYS_TIME", "CAP_WAKE_ALARM"});

  if (const Decided<bool> dynamic = flag(SandboxFlag::dynamic_user); dynamic.value) {
    for (const SandboxFlag implied :
         {SandboxFlag::private_tmp, SandboxFlag::remove_ipc, SandboxFlag::no_new_privileges,
          SandboxFlag::restrict_suid_sgid})
      if (!flag(implied).value) flag(implied) = dynamic;
    if (word(SandboxWord::protect_system).value != "strict")
      word(SandboxWord::protect_system) = {"strict", dynamic.line};
    if (word(SandboxWord::protect_home).value == "no")
      word(SandboxWord::protect_home) = {"read-only", dynamic.line};
  }

  if (flag(SandboxFlag::private_devices).value && word(SandboxWord::device_policy).value == "auto")
    word(SandboxWord::device_policy) = {"closed", flag(SandboxFlag::private_devices).line};
  // Where devices are listed at all, some settings need a few more.
  if (word(SandboxWord::device_policy).value != "auto" &&
      (has_image_ || mounts_images_ || flag(SandboxFlag::protect_clock).value ||
       encrypted_credentials_))
    if (!out_.device_allow.value) out_.device_allow = {true, word(SandboxWord::device_policy).line};
}

}  // namespace

bool Sandbox::runs_as_root() const {
  if (user.value == "root" || user.value == "0") return true;
  return user.value.empty() && !(*this)[SandboxFlag::dynamic_user].value;
}

Sandbox sandbox_of(const Unit& unit) {
  Sandbox out;
  Reader reader(out);
  for (const UnitLine& line : unit.lines) reader.read(line);
  reader.finish();
  return out;
}

}  // namespace drydock::facts
