#include "analyzer/facts/collect/unit_sandbox_name.h"
#include "parsers/characters.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace drydock::facts {
namespace {

using parsers::lower;

// capabilities(7), by number.
constexpr std::string_view kCapabilities[] = {"cap_chown",
                                              "cap_dac_override",
                                              "cap_dac_read_search",
                                              "cap_fowner",
                                              "cap_fsetid",
                                              "cap_kill",
                                              "cap_setgid",
                                              "cap_setuid",
                                              "cap_setpcap",
                                              "cap_linux_immutable",
                                              "cap_net_bind_service",
                                              "cap_net_broadcast",
                                              "cap_net_admin",
                                              "cap_net_raw",
                                              "cap_ipc_lock",
                                              "cap_ipc_owner",
                                              "cap_sys_module",
                                              "cap_sys_rawio",
                                              "cap_sys_chroot",
                                              "cap_sys_ptrace",
                                              "cap_sys_pacct",
                                              "cap_sys_admin",
                                              "cap_sys_boot",
                                              "cap_sys_nice",
                                              "cap_sys_resource",
                                              "cap_sys_time",
                                              "cap_sys_tty_config",
                                              "cap_mknod",
                                              "cap_lease",
                                              "cap_audit_write",
                                              "cap_audit_control",
                                              "cap_setfcap",
                                              "cap_mac_override",
                                              "cap_mac_admin",
                                              "cap_syslog",
                                              "cap_wake_alarm",
                                              "cap_block_suspend",
                                              "cap_audit_read",
                                              "cap_perfmon",
                                              "cap_bpf",
                                              "cap_checkpoint_restore"};

// address_families(7) and the other names of <sys/socket.h>; those that are the same stand
// together, the usual name first.
constexpr std::string_view kFamilies[][3] = {
    {"AF_UNSPEC"},
    {"AF_UNIX", "AF_LOCAL", "AF_FILE"},
    {"AF_INET"},
    {"AF_INET6"},
    {"AF_NETLINK", "AF_ROUTE"},
    {"AF_PACKET"},
    {"AF_ALG"},
    {"AF_APPLETALK"},
    {"AF_ASH"},
    {"AF_ATMPVC"},
    {"AF_ATMSVC"},
    {"AF_AX25"},
    {"AF_BLUETOOTH"},
    {"AF_BRIDGE"},
    {"AF_CAIF"},
    {"AF_CAN"},
    {"AF_DECNET"},
    {"AF_ECONET"},
    {"AF_IB"},
    {"AF_IEEE802154"},
    {"AF_IPX"},
    {"AF_IRDA"},
    {"AF_ISDN"},
    {"AF_IUCV"},
    {"AF_KCM"},
    {"AF_KEY"},
    {"AF_LLC"},
    {"AF_MCTP"},
    {"AF_MPLS"},
    {"AF_NETBEUI"},
    {"AF_NETROM"},
    {"AF_NFC"},
    {"AF_PHONET"},
    {"AF_PPPOX"},
    {"AF_QIPCRTR"},
    {"AF_RDS"},
    {"AF_ROSE"},
    {"AF_RXRPC"},
    {"AF_SECURITY"},
    {"AF_SMC"},
    {"AF_SNA"},
    {"AF_TIPC"},
    {"AF_VSOCK"},
    {"AF_WANPIPE"},
    {"AF_X25"},
    {"AF_XDP"},
};

struct NamespaceName {
  std::string_view name;
  uint32_t bit;  // CLONE_NEW… of <linux/sched.h>
};
constexpr NamespaceName kNamespaces[] = {
    {"cgroup", 0x02000000}, {"ipc", 0x08000000},  {"net", 0x40000000}, {"mnt", 0x00020000},
    {"pid", 0x20000000},    {"user", 0x10000000}, {"uts", 0x04000000}, {"time", 0x00000080}};

constexpr std::string_view kArchitectures[] = {
    "native",   "x86",    "x86-64",     "x32",      "arm",       "arm64",         "loongarch64",
    "mips",     "mips64", "mips64-n32", "mips-le",  "mips64-le", "mips64-le-n32", "parisc",
    "parisc64", "ppc",    "ppc64",      "ppc64-le", "riscv64",   "s390",          "s390x"};

// errno(3).
constexpr std::string_view kErrors =
    " E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EADV EAFNOSUPPORT EAGAIN EALREADY EBADE EBADF"
    " EBADFD EBADMSG EBADR EBADRQC EBADSLT EBFONT EBUSY ECANCELED ECHILD ECHRNG ECOMM"
    " ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDEADLOCK EDESTADDRREQ EDOM EDOTDOT EDQUOT"
    " EEXIST EFAULT EFBIG EHOSTDOWN EHOSTUNREACH EHWPOISON EIDRM EILSEQ EINPROGRESS EINTR"
    " EINVAL EIO EISCONN EISDIR EISNAM EKEYEXPIRED EKEYREJECTED EKEYREVOKED EL2HLT EL2NSYNC"
    " EL3HLT EL3RST ELIBACC ELIBBAD ELIBEXEC ELIBMAX ELIBSCN ELNRNG ELOOP EMEDIUMTYPE EMFILE"
    " EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG ENAVAIL ENETDOWN ENETRESET ENETUNREACH ENFILE"
    " ENOANO ENOBUFS ENOCSI ENODATA ENODEV ENOENT ENOEXEC ENOKEY ENOLCK ENOLINK ENOMEDIUM"
    " ENOMEM ENOMSG ENONET ENOPKG ENOPROTOOPT ENOSPC ENOSR ENOSTR ENOSYS ENOTBLK ENOTCONN"
    " ENOTDIR ENOTEMPTY ENOTNAM ENOTRECOVERABLE ENOTSOCK ENOTSUP ENOTTY ENOTUNIQ ENXIO"
    " EOPNOTSUPP EOVERFLOW EOWNERDEAD EPERM EPFNOSUPPORT EPIPE EPROTO EPROTONOSUPPORT"
    " EPROTOTYPE ERANGE EREMCHG EREMOTE EREMOTEIO ERESTART ERFKILL EROFS ESHUTDOWN"
    " ESOCKTNOSUPPORT ESPIPE ESRCH ESRMNT ESTALE ESTRPIPE ETIME ETIMEDOUT ETOOMANYREFS ETXTBSY"
    " EUCLEAN EUNATCH EUSERS EWOULDBLOCK EXDEV EXFULL"
    " ";

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

// strtol(3) with base 0, of the whole text.
std::optional<long> number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
  }
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

uint64_t capability_bit(std::string_view name) {
  const auto found = std::ranges::find(kCapabilities, lower(name));
  if (found == std::end(kCapabilities)) return 0;
  return uint64_t{1} << (found - std::begin(kCapabilities));
}

uint64_t capability_of(std::string_view word) {
  if (const auto value = number(word))
    return *value >= 0 && *value < 63 ? uint64_t{1} << *value : 0;
  return capability_bit(word);
}

std::string_view address_family(std::string_view word) {
  const std::string wanted = upper(word);
  for (const auto& names : kFamilies)
    for (const std::string_view name : names)
      if (!name.empty() && name == wanted) return names[0];
  return {};
}

uint32_t namespace_bit(std::string_view name) {
  const auto found = std::ranges::find(kNamespaces, name, &NamespaceName::name);
  return found == std::end(kNamespaces) ? 0 : found->bit;
}

bool is_architecture(std::string_view word) {
  return std::ranges::find(kArchitectures, word) != std::end(kArchitectures);
}

bool is_error_name(std::string_view word) {
  if (const auto value = number(word)) return *value >= 0 && *value < 4096;
  if (word == "kill") return true;
  return !word.empty() && word.find(' ') == std::string_view::npos &&
         kErrors.find(" " + std::string(word) + " ") != std::string_view::npos;
}

}  // namespace drydock::facts
