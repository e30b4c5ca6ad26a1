#include "analyzer/facts/collect/privileged_file.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "analyzer/base/bytes.h"
#include "analyzer/base/text_hash.h"
#include "analyzer/facts/collect/package_databases.h"
#include "analyzer/facts/collect/tree_signs.h"
#include "analyzer/source/tree.h"
#include "parsers/apk_installed.h"

namespace drydock::facts {

const TableSpec kPrivilegedFileTable{
    .name = "privileged_file",
    .kind = TableKind::inventory,
    .doc =
        "A regular file with the set-user-ID or set-group-ID bit (inode(7)) or with capabilities "
        "(capabilities(7), File capabilities), and the package that owns it. The storage of "
        "containers is left out. Asking costs a walk over the whole tree.",
    .columns =
        {{"path", ColumnType::text, "Relative to the root, without a leading slash."},
         {"setuid", ColumnType::boolean, "It runs with the rights of its owner."},
         {"setgid", ColumnType::boolean, "It runs with the rights of its group."},
         {"capabilities", ColumnType::text,
          "As getcap(8) shows those it may have: 'cap_net_raw'; NULL for none."},
         {"mode_text", ColumnType::text, "'4755'."},
         {"uid", ColumnType::integer, "Owner."},
         {"gid", ColumnType::integer, "Group."},
         {"package", ColumnType::text, "The package that owns it; NULL: none."},
         {"manager", ColumnType::text, "The manager of that package; NULL without one."},
         {"shipped", ColumnType::boolean,
          "1: the package ships it with these rights, or dpkg-statoverride(1) sets them; 0: it "
          "does "
          "not. RPM and apk record modes; of dpkg, which does not, drydock knows the programs of "
          "Debian and Ubuntu. 0 without a package."},
         {"known", ColumnType::boolean,
          "0: there is no package database that names files, so package says nothing."},
         {"loc", ColumnType::location, "The file as a whole."}},
    .examples = {"SELECT path, mode_text, package FROM privileged_file WHERE NOT shipped"}};

namespace {

constexpr uint16_t kSetuid = 04000, kSetgid = 02000;

// What packages of Debian and Ubuntu ship so, or set in their postinst. "*" is one component: the
// multiarch directory, a version.
constexpr std::string_view kShippedByDebian[] = {
    "usr/bin/at",
    "usr/bin/batch",
    "usr/bin/bsd-write",
    "usr/bin/bwrap",
    "usr/bin/chage",
    "usr/bin/chfn",
    "usr/bin/chsh",
    "usr/bin/crontab",
    "usr/bin/cu",
    "usr/bin/doas",
    "usr/bin/dotlockfile",
    "usr/bin/dumpcap",
    "usr/bin/expiry",
    "usr/bin/firejail",
    "usr/bin/fusermount",
    "usr/bin/fusermount3",
    "usr/bin/gpasswd",
    "usr/bin/gnome-keyring-daemon",
    "usr/bin/kismet_capture",
    "usr/bin/ksu",
    "usr/bin/locate",
    "usr/bin/lockfile",
    "usr/bin/mail-lock",
    "usr/bin/mail-touchlock",
    "usr/bin/mail-unlock",
    "usr/bin/mlocate",
    "usr/bin/mount",
    "usr/bin/mtr-packet",
    "usr/bin/mutt_dotlock",
    "usr/bin/newgidmap",
    "usr/bin/newgrp",
    "usr/bin/newuidmap",
    "usr/bin/ntfs-3g",
    "usr/bin/passwd",
    "usr/bin/ping",
    "usr/bin/ping4",
    "usr/bin/ping6",
    "usr/bin/pkexec",
    "usr/bin/plocate",
    "usr/bin/procmail",
    "usr/bin/rlogin",
    "usr/bin/rcp",
    "usr/bin/rsh",
    "usr/bin/screen",
    "usr/bin/sg",
    "usr/bin/ssh-agent",
    "usr/bin/su",
    "usr/bin/sudo",
    "usr/bin/sudoedit",
    "usr/bin/systemd-detect-virt",
    "usr/bin/traceroute6.iputils",
    "usr/bin/arping",
    "usr/bin/clockdiff",
    "usr/bin/umount",
    "usr/bin/uux",
    "usr/bin/uucp",
    "usr/bin/wall",
    "usr/bin/write",
    "usr/bin/write.ul",
    "usr/bin/Xvnc",
    "usr/bin/gst-ptp-helper",
    "usr/lib/*/utempter/utempter",
    "usr/lib/utempter/utempter",
    "usr/lib/*/libgtop-2.0/libgtop_server2",
    "usr/lib/*/gstreamer1.0/gstreamer-1.0/gst-ptp-helper",
    "usr/lib/dbus-1.0/dbus-daemon-launch-helper",
    "usr/lib/eject/dmcrypt-get-device",
    "usr/lib/emacs/*/*/movemail",
    "usr/lib/evolution/camel-lock-helper-1.2",
    "usr/lib/mysql/plugin/auth_pam_tool_dir/auth_pam_tool",
    "usr/lib/openssh/ssh-keysign",
    "usr/lib/policykit-1/polkit-agent-helper-1",
    "usr/lib/polkit-1/polkit-agent-helper-1",
    "usr/lib/pt_chown",
    "usr/lib/snapd/snap-confine",
    "usr/lib/spice-gtk/spice-client-glib-usb-acl-helper",
    "usr/lib/squid/pinger",
    "usr/lib/squid/basic_pam_auth",
    "usr/lib/telnetlogin",
    "usr/lib/virtualbox/*",
    "usr/lib/xorg/Xorg.wrap",
    "usr/libexec/*/*/polkit-agent-helper-1",
    "usr/libexec/camel-lock-helper-1.2",
    "usr/libexec/qemu-bridge-helper",
    "usr/lib/qemu/qemu-bridge-helper",
    "usr/libexec/spice-client-glib-usb-acl-helper",
    "usr/sbin/exim4",
    "usr/sbin/mount.cifs",
    "usr/sbin/mount.davfs",
    "usr/sbin/mount.ecryptfs_private",
    "usr/sbin/mount.nfs",
    "usr/sbin/mount.nfs4",
    "usr/sbin/pam_extrausers_chkpwd",
    "usr/sbin/postdrop",
    "usr/sbin/postqueue",
    "usr/sbin/postlog",
    "usr/sbin/pppd",
    "usr/sbin/sensible-mda",
    "usr/sbin/ssmtp",
    "usr/sbin/unix_chkpwd",
    "usr/sbin/userhelper",
    "usr/sbin/uuidd",
    "usr/lib/courier/*/*",
    "usr/lib/sendmail/sendmail",
    "usr/sbin/sendmail-msp",
    "opt/google/chrome/chrome-sandbox",
    "usr/lib/chromium/chrome-sandbox"};

// linux/capability.h, by number.
constexpr std::array<std::string_view, 41> kCapabilities = {"chown",
                                                            "dac_override",
                                                            "dac_read_search",
                                                            "fowner",
                                                            "fsetid",
                                                            "kill",
                                                            "setgid",
                                                            "setuid",
                                                            "setpcap",
                                                            "linux_immutable",
                                                            "net_bind_service",
                                                            "net_broadcast",
                                                            "net_admin",
                                                            "net_raw",
                                                            "ipc_lock",
                                                            "ipc_owner",
                                                            "sys_module",
                                                            "sys_rawio",
                                                            "sys_chroot",
                                                            "sys_ptrace",
                                                            "sys_pacct",
                                                            "sys_admin",
                                                            "sys_boot",
                                                            "sys_nice",
                                                            "sys_resource",
                                                            "sys_time",
                                                            "sys_tty_config",
                                                            "mknod",
                                                            "lease",
                                                            "audit_write",
                                                            "audit_control",
                                                            "setfcap",
                                                            "mac_override",
                                                            "mac_admin",
                                                            "syslog",
                                                            "wake_alarm",
                                                            "block_suspend",
                                                            "audit_read",
                                                            "perfmon",
                                                            "bpf",
                                                            "checkpoint_restore"};

// The words for a struct vfs_cap_data of linux/capability.h: revision, then permitted and inheritable in
// pairs of words.
std::string capability_names(std::string_view value) {
  if (value.empty()) return "";
  const ByteView view(value);
  const uint32_t revision = view.le32(0) >> 24;
  uint64_t set = view.le32(4) | view.le32(8);
  if (revision >= 2) set |= uint64_t{view.le32(12) | view.le32(16)} << 32;
  std::string out;
  for (size_t i = 0; i < 64; ++i)
    if (set >> i & 1)
      out += (out.empty() ? "cap_" : ",cap_") +
             (i < kCapabilities.size() ? std::string(kCapabilities[i]) : std::to_string(i));
  return out;
}

bool matches_components(std::string_view pattern, std::string_view path) {
  for (;;) {
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    const std::string_view part = path.substr(0, path.find('/'));
    if (wanted != "*" && wanted != part) return false;
    if (wanted.size() == pattern.size() || part.size() == path.size())
      return wanted.size() == pattern.size() && part.size() == path.size();
    pattern.remove_prefix(wanted.size() + 1);
    path.remove_prefix(part.size() + 1);
  }
}

struct Found {
  std::string path;
  Stat info;
  std::string capabilities, package;
  std::string_view manager;
  bool shipped = false;
};

// Packages may name a file as it was before /bin, /sbin and /lib moved below /usr.
std::vector<std::string> spellings(const std::string& path) {
  std::vector<std::string> out = {path};
  for (const char* top : {"usr/bin/", "usr/sbin/", "usr/lib/", "usr/lib32/", "usr/lib64/"})
    if (path.starts_with(top)) out.push_back(path.substr(4));
  if (path.starts_with("usr/bin/")) {  // and sbin is bin on Fedora
    out.push_back("usr/sbin/" + path.substr(8));
    out.push_back("sbin/" + path.substr(8));
  }
  return out;
}

class Inventory {
 public:
  explicit Inventory(Context& context) : context_(context) {}

  void run() {
    find();
    for (Found& one : found_)
      for (std::string& spelling : spellings(one.path)) by_path_.emplace(std::move(spelling), &one);
    ask_dpkg();
    ask_rpm();
    ask_apk();
    write();
  }

 private:
  void find() {
    for (const TreeSigns::Privileged& one : tree_signs(context_).privileged) {
      std::string capabilities = capability_names(one.capability);
      // A capability set without a bit gives nothing.
      if (!(one.info.mode & (kSetuid | kSetgid)) && capabilities.empty()) continue;
      found_.push_back({one.path, one.info, std::move(capabilities), "", "", false});
    }
  }

  Found* at(std::string_view path) {
    while (path.starts_with('/')) path.remove_prefix(1);
    const auto one = by_path_.find(path);
    return one == by_path_.end() ? nullptr : one->second;
  }

  void own(Found& one, std::string_view package, std::string_view manager, bool shipped) {
    if (one.package.empty()) one.package = package, one.manager = manager;
    one.shipped = one.shipped || shipped;
  }

  // /var/lib/dpkg/info/NAME.list and NAME:ARCH.list: a path a line.
  void ask_dpkg() {
    for (const std::string& list : context_.tree().glob("var/lib/dpkg/info", "*.list")) {
      const auto text = context_.read(list);
      if (!text) continue;
      known_ = true;
      std::string_view package = file_name(list);
      package.remove_suffix(5);
      package = package.substr(0, package.find(':'));
      for (size_t begin = 0; begin < text->text.size();) {
        const size_t end = std::min(text->text.find('\n', begin), text->text.size());
        if (Found* one = at(text->text.substr(begin, end - begin)))
          own(*one, package, "dpkg", is_shipped_by_debian(one->path));
        begin = end + 1;
      }
    }
    // dpkg-statoverride(1): "user group mode path", set by the administrator or a package.
    if (const auto text = context_.read("var/lib/dpkg/statoverride"))
      for (size_t begin = 0; begin < text->text.size();) {
        const size_t end = std::min(text->text.find('\n', begin), text->text.size());
        const std::string_view line = text->text.substr(begin, end - begin);
        const size_t slash = line.find(" /");
        if (slash != std::string_view::npos)
          if (Found* one = at(line.substr(slash + 2)); one && !one->package.empty())
            one->shipped = true;
        begin = end + 1;
      }
  }

  static bool is_shipped_by_debian(std::string_view path) {
    return std::ranges::any_of(kShippedByDebian,
                               [&](std::string_view one) { return matches_components(one, path); });
  }

  static bool has_no_more(const Found& one, uint16_t mode, bool capabilities) {
    constexpr uint16_t kRights = kSetuid | kSetgid;
    return (one.info.mode & kRights & ~mode) == 0 && (one.capabilities.empty() || capabilities);
  }

  void ask_rpm() {
    each_rpm(context_, [&](const std::string&, std::string_view header,
                           const parsers::rpm_header::Package& package) {
      known_ = true;
      for (const parsers::rpm_header::File& file : parsers::rpm_header::files(header))
        if (Found* one = at(std::string(file.directory) + std::string(file.name)))
          own(*one, package.name, "rpm", has_no_more(*one, file.mode, !file.capabilities.empty()));
    });
  }

  void ask_apk() {
    const auto text = read_apk(context_);
    if (!text) return;
    const auto database = parsers::apk_installed::parse(text->text, true);
    context_.issues(text->path, database.errors);
    for (const auto& package : database.packages) {
      known_ = true;
      for (const auto& file : package.files)
        if (Found* one = at(join_path(file.directory, file.name)))
          // apk keeps a checksum of extended attributes, not what they are.
          own(*one, package.name, "apk", has_no_more(*one, file.mode, true));
    }
  }

  void write() {
    for (const Found& one : found_) {
      char mode[8];
      std::snprintf(mode, sizeof mode, "%04o", one.info.mode);
      context_.store().insert(
          kPrivilegedFileTable,
          {std::string_view(one.path), (one.info.mode & kSetuid) != 0,
           (one.info.mode & kSetgid) != 0,
           one.capabilities.empty() ? Value(Null{}) : Value(std::string_view(one.capabilities)),
           std::string_view(mode), int64_t{one.info.uid}, int64_t{one.info.gid},
           one.package.empty() ? Value(Null{}) : Value(std::string_view(one.package)),
           one.package.empty() ? Value(Null{}) : Value(one.manager), one.shipped, known_,
           context_.store().locate(one.path, Span{})});
    }
  }

  Context& context_;
  std::vector<Found> found_;
  std::unordered_map<std::string, Found*, TextHash, std::equal_to<>> by_path_;
  bool known_ = false;
};

std::vector<std::string_view> paths() {
  std::vector<std::string_view> out = {"var/lib/dpkg/info/*.list", "var/lib/dpkg/statoverride",
                                       "etc/passwd", "etc/group"};
  for (const auto& more : {rpm_paths(), apk_paths()})
    out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace

const Collector kPrivilegedFileCollector{.name = "privileged_file",
                                         .tables = {&kPrivilegedFileTable},
                                         .needs = {},
                                         .paths = paths(),
                                         .loose = {},
                                         .collect = [](Context& context) {
                                           if (context.scope() == Scope::host)
                                             Inventory(context).run();
                                         }};

}  // namespace drydock::facts
