// Files that decide who rules the host, each by its role and with every link followed: chmod(1), chown(1)
// and access(2) act on what a link leads to, so that is what is judged and where the finding lies.
#include <map>
#include <set>

#include "analyzer/facts/collect/acl.h"
#include "analyzer/facts/collect/permission.h"
#include "analyzer/source/tree.h"
#include "parsers/account_files.h"
#include "parsers/auditd_conf.h"

namespace drydock::facts {

const TableSpec kProtectedFileTable{
    .name = "protected_file",
    .kind = TableKind::inventory,
    .doc =
        "A file or directory whose mode, owner or access list decides who rules the host or reads "
        "its secrets, found by its role. Links are followed: the row is about what they lead to. "
        "In a fragment there is none, for the modes of a checkout are not those of a host.",
    .columns =
        {{"role", ColumnType::text,
          "What it is for: passwd, shadow, cron.d, grub.cfg, audit-log, unit-file and so on."},
         {"path", ColumnType::text, "Where the program looks for it, without a leading slash."},
         {"file", ColumnType::text, "Where that leads when every link is followed."},
         {"type", ColumnType::text, "file or directory, as in the table file."},
         {"mode", ColumnType::integer, "Permission bits as a number."},
         {"uid", ColumnType::integer, "Owner."},
         {"gid", ColumnType::integer, "Group."},
         {"user_name", ColumnType::text,
          "The owner's name in the target's own /etc/passwd; NULL if it has none."},
         {"group_name", ColumnType::text,
          "The group's name in the target's own /etc/group; NULL if it has none."},
         {"acl_writers", ColumnType::text,
          "Users and groups that an access list names and lets write: 'user:1000,group:50'; NULL "
          "if there are none."},
         {"acl_readers", ColumnType::text, "The same for reading."},
         {"loc", ColumnType::location, "The file as a whole."}},
    .indexes = {"role"},
    .examples = {"SELECT role, path, mode FROM protected_file WHERE mode & 18"}};

namespace {

enum class Kind : uint8_t {
  one,   // the path itself; its last component may be a pattern of glob(7)
  tree,  // every regular file below the directory, at any depth
};

struct Role {
  std::string_view role;
  std::string_view path;
  Kind kind = Kind::one;
};

// Which program trusts which path is said in the manual page of the file: passwd(5), shadow(5),
// crontab(5), cron(8), at(1), auditd.conf(5), sysctl.d(5), systemd.unit(5), ld.so(8) …
constexpr Role kRoles[] = {
    {"passwd", "etc/passwd"},
    {"passwd-backup", "etc/passwd-"},
    {"group", "etc/group"},
    {"group-backup", "etc/group-"},
    {"shadow", "etc/shadow"},
    {"shadow-backup", "etc/shadow-"},
    {"gshadow", "etc/gshadow"},
    {"gshadow-backup", "etc/gshadow-"},
    {"subid", "etc/subuid"},
    {"subid", "etc/subgid"},
    {"opasswd", "etc/security/opasswd"},
    {"opasswd-old", "etc/security/opasswd.old"},
    {"shells", "etc/shells"},
    {"crontab", "etc/crontab"},
    {"cron.d", "etc/cron.d"},
    {"cron.hourly", "etc/cron.hourly"},
    {"cron.daily", "etc/cron.daily"},
    {"cron.weekly", "etc/cron.weekly"},
    {"cron.monthly", "etc/cron.monthly"},
    {"cron.yearly", "etc/cron.yearly"},
    {"cron-job", "etc/cron.d/*"},
    {"cron-job", "etc/cron.hourly/*"},
    {"cron-job", "etc/cron.daily/*"},
    {"cron-job", "etc/cron.weekly/*"},
    {"cron-job", "etc/cron.monthly/*"},
    {"cron-job", "etc/cron.yearly/*"},
    {"cron-job", "etc/anacrontab"},
    {"cron-spool", "var/spool/cron"},
    {"cron-spool", "var/spool/cron/crontabs"},
    {"cron-spool", "var/spool/cron/atjobs"},
    {"cron-allow", "etc/cron.allow"},
    {"cron-deny", "etc/cron.deny"},
    {"at-allow", "etc/at.allow"},
    {"at-deny", "etc/at.deny"},
    {"grub-cfg", "boot/grub/grub.cfg"},
    {"grub-cfg", "boot/grub2/grub.cfg"},
    {"grub-user-cfg", "boot/grub/user.cfg"},
    {"grub-user-cfg", "boot/grub2/user.cfg"},
    {"grub-file", "boot/grub", Kind::tree},
    {"grub-file", "boot/grub2", Kind::tree},
    {"grub-directory", "boot/grub"},
    {"grub-directory", "boot/grub2"},
    {"system-map", "boot/System.map*"},
    {"auditd-conf", "etc/audit/auditd.conf"},
    {"audit-configuration", "etc/audit/*"},
    {"audit-configuration", "etc/audit/rules.d/*"},
    {"audit-rules", "etc/audit/rules.d/*.rules"},
    {"audit-rules", "etc/audit/audit.rules"},
    {"audit-tool", "usr/sbin/auditctl"},
    {"audit-tool", "usr/sbin/auditd"},
    {"audit-tool", "usr/sbin/augenrules"},
    {"audit-tool", "usr/sbin/aureport"},
    {"audit-tool", "usr/sbin/ausearch"},
    {"audit-tool", "usr/sbin/autrace"},
    {"audit-tool", "usr/sbin/audispd"},
    {"audit-tool", "usr/sbin/rsyslogd"},
    {"journalctl", "usr/bin/journalctl"},
    {"lastlog-tool", "usr/bin/lastlog"},
    {"sudo-program", "usr/bin/sudo"},
    {"issue", "etc/issue"},
    {"issue-net", "etc/issue.net"},
    {"motd", "etc/motd"},
    {"hosts-allow", "etc/hosts.allow"},
    {"hosts-deny", "etc/hosts.deny"},
    {"crypttab", "etc/crypttab"},
    {"ipsec-conf", "etc/ipsec.conf"},
    {"ipsec-secrets", "etc/ipsec.secrets"},
    {"ipsec-directory", "etc/ipsec.d"},
    {"iptables-directory", "etc/iptables"},
    {"nftables-directory", "etc/nftables"},
    {"selinux-directory", "etc/selinux"},
    {"sestatus-conf", "etc/sestatus.conf"},
    {"sysctl-directory", "etc/sysctl.d"},
    {"sysconfig-sshd", "etc/sysconfig/sshd"},
    {"sshd-drop-in-directory", "etc/ssh/sshd_config.d"},
    {"log-directory", "var/log"},
    {"syslog", "var/log/syslog"},
    {"messages", "var/log/messages"},
    {"secure-log", "var/log/secure*"},
    {"auth-log", "var/log/auth.log*"},
    {"login-record", "var/log/wtmp*"},
    {"login-record", "var/log/btmp*"},
    {"lastlog", "var/log/lastlog*"},
    {"apt-log", "var/log/apt/*"},
    {"cloud-init-log", "var/log/cloud-init.log*"},
    {"waagent-log", "var/log/waagent.log*"},
    {"log-file", "var/log", Kind::tree},
    {"journal-directory", "var/log/journal"},
    {"journal-directory", "run/log/journal"},
    // What root runs or obeys without asking.
    {"root-config", "etc/ld.so.preload"},
    {"root-config", "etc/ld.so.conf"},
    {"root-config", "etc/ld.so.conf.d/*"},
    {"root-config", "etc/profile"},
    {"root-config", "etc/profile.d/*"},
    {"root-config", "etc/bash.bashrc"},
    {"root-config", "etc/bashrc"},
    {"root-config", "etc/environment"},
    {"root-config", "etc/login.defs"},
    {"root-config", "etc/nsswitch.conf"},
    {"root-config", "etc/pam.conf"},
    {"root-config", "etc/pam.d"},
    {"root-config", "etc/pam.d/*"},
    {"root-config", "etc/security/*.conf"},
    {"root-config", "etc/rc.local"},
    {"root-config", "etc/init.d/*"},
    {"root-config", "etc/fstab"},
    {"root-config", "etc/modprobe.d/*"},
    {"root-config", "etc/modules-load.d/*"},
    {"root-config", "etc/sysctl.conf"},
    {"root-config", "etc/sysctl.d/*"},
    {"root-config", "etc/tmpfiles.d/*"},
    {"root-config", "etc/udev/rules.d/*"},
    {"root-config", "etc/logrotate.conf"},
    {"root-config", "etc/logrotate.d/*"},
    {"root-config", "etc/rsyslog.conf"},
    {"root-config", "etc/rsyslog.d/*"},
    {"root-config", "etc/default/*"},
    {"root-config", "etc/apt/sources.list"},
    {"root-config", "etc/apt/sources.list.d/*"},
    {"root-config", "etc/apt/apt.conf.d/*"},
    {"root-config", "etc/apt/trusted.gpg.d/*"},
    {"root-config", "etc/yum.repos.d/*"},
    {"root-config", "etc/nftables.conf"},
    {"root-config", "etc/hosts"},
    {"root-config", "etc/resolv.conf"},
    {"root-config", "etc/apparmor.d", Kind::tree},
    {"root-config", "etc/polkit-1", Kind::tree},
    {"root-config", "etc/dbus-1", Kind::tree},
    {"root-config", "root"},
    {"root-config", "root/.bashrc"},
    {"root-config", "root/.profile"},
    {"root-config", "root/.bash_profile"},
    {"root-config", "root/.ssh"},
    {"root-config", "root/.ssh/authorized_keys"},
    {"unit-file", "etc/systemd", Kind::tree},
    {"unit-file", "usr/lib/systemd/system", Kind::tree},
    {"unit-file", "usr/local/lib/systemd/system", Kind::tree},
    {"unit-file", "etc/systemd/system"},
    {"unit-file", "usr/lib/systemd/system"},
    // Passwords and keys.
    {"secret", "etc/krb5.keytab"},
    {"secret", "etc/wpa_supplicant/wpa_supplicant*.conf"},
    {"secret", "etc/NetworkManager/system-connections/*"},
    {"secret", "etc/netplan/*.yaml"},
    {"secret", "etc/chrony/chrony.keys"},
    {"secret", "etc/chrony.keys"},
    {"secret", "etc/bind/rndc.key"},
    {"secret", "etc/snmp/snmpd.conf"},
    {"secret", "etc/ppp/*-secrets"},
    {"secret", "etc/sssd/sssd.conf"},
    {"secret", "etc/exim4/passwd.client"},
    {"secret", "etc/postfix/sasl_passwd"},
    {"secret", "etc/wireguard/*.conf"},
    {"secret", "etc/openvpn/*.key"},
    {"secret", "etc/ssl/private/*"},
    {"secret", "etc/pki/tls/private/*"},
    {"secret", "etc/letsencrypt/archive/*/privkey*.pem"},
    {"secret", "var/lib/cloud/instance/user-data.txt"},
    {"secret", "etc/mysql/debian.cnf"},
    {"secret", "root/.my.cnf"},
    {"secret", "root/.pgpass"},
    {"secret", "root/.docker/config.json"},
};

constexpr size_t kRows = 20'000;

class Protected {
 public:
  explicit Protected(Context& context) : context_(context), tree_(context.tree()) {}

  void find() {
    for (const Role& role : kRoles) {
      if (role.kind == Kind::tree)
        below(role);
      else
        match(role.role, role.path);
    }
    find_audit_log();
  }

 private:
  // Where `path` leads, if it can be told.
  void add(std::string_view role, const std::string& path) {
    const auto real = tree_.resolve(path);
    if (!real) return;
    const auto stat = tree_.lstat(*real);
    if (stat) write(role, path, *real, *stat);
  }

  void write(std::string_view role, std::string_view path, const std::string& real,
             const Stat& stat) {
    if (rows_ >= kRows || (stat.type != NodeType::file && stat.type != NodeType::directory)) return;
    if (!seen_.emplace(std::string(role), real).second) return;
    ++rows_;
    std::optional<NamedAccess> acl;
    for (const auto& [attribute, value] : tree_.xattrs(real))
      if (attribute == "system.posix_acl_access") acl = named_access(value);
    const auto text = [](const std::string& list) {
      return list.empty() ? Value(Null{}) : Value(std::string_view(list));
    };
    load_names();
    context_.store().insert(
        kProtectedFileTable,
        {role, path, std::string_view(real), name(stat.type), int64_t{stat.mode}, int64_t{stat.uid},
         int64_t{stat.gid}, name_of(users_, stat.uid), name_of(groups_, stat.gid),
         acl ? text(acl->writers) : Value(Null{}), acl ? text(acl->readers) : Value(Null{}),
         context_.store().locate(real, Span{})});
  }

  // The last component, and one before it, may be a pattern.
  void match(std::string_view role, std::string_view path) {
    const size_t star = path.find('*');
    if (star == std::string_view::npos) return add(role, std::string(path));
    const size_t slash = path.rfind('/', star);
    const std::string directory(path.substr(0, slash));
    const size_t next = path.find('/', star);
    const std::string_view pattern =
        path.substr(slash + 1, next == std::string_view::npos ? next : next - slash - 1);
    const auto real = tree_.resolve(directory);
    if (!real) return;
    const auto names = tree_.list(*real);
    if (!names) return;
    for (const std::string& entry : *names) {
      if (!glob_match(pattern, entry)) continue;
      const std::string found = join_path(directory, entry);
      if (next == std::string_view::npos)
        add(role, found);
      else
        match(role, found + std::string(path.substr(next)));
    }
  }

  void below(const Role& role) {
    const auto real = tree_.resolve(role.path);
    if (!real) return;
    tree_.walk(*real, [&](std::string_view path, const Stat& stat) {
      if (stat.type == NodeType::file) write(role.role, path, std::string(path), stat);
      return rows_ < kRows;
    });
  }

  // auditd.conf(5): log_file says where the records go.
  void find_audit_log() {
    std::string log = "var/log/audit/audit.log";
    if (const auto text = context_.read("etc/audit/auditd.conf"))
      for (const auto& setting : parsers::auditd_conf::parse(text->text).settings)
        if (setting.key == "log_file" && setting.value.starts_with('/'))
          log = normal_path(setting.value);
    add("audit-log-directory", std::string(parent_path(log)));
    match("audit-log", log + "*");
  }

  // The names of owners, read when the first is wanted.
  void load_names() {
    if (names_loaded_) return;
    names_loaded_ = true;
    if (const auto text = context_.read("etc/passwd"))
      for (const auto& user : parsers::account_files::parse_passwd(text->text).records)
        users_.try_emplace(user.uid, user.name);
    if (const auto text = context_.read("etc/group"))
      for (const auto& group : parsers::account_files::parse_group(text->text).records)
        groups_.try_emplace(group.gid, group.name);
  }

  static Value name_of(const std::map<uint32_t, std::string>& names, uint32_t id) {
    const auto found = names.find(id);
    return found == names.end() ? Value(Null{}) : Value(std::string_view(found->second));
  }

  Context& context_;
  const Tree& tree_;
  std::set<std::pair<std::string, std::string>> seen_;
  std::map<uint32_t, std::string> users_, groups_;
  bool names_loaded_ = false;
  size_t rows_ = 0;
};

void collect_protected(Context& context) {
  if (context.is_fragment()) return;
  Protected(context).find();
}

}  // namespace

const Collector kProtectedFileCollector{
    .name = "protected-file",
    .tables = {&kProtectedFileTable},
    .needs = {},
    .paths = {"etc/passwd", "etc/group", "etc/audit/auditd.conf"},
    .loose = {},
    .collect = collect_protected};

}  // namespace drydock::facts
