#include "analyzer/facts/collect/audit_interest.h"

#include <algorithm>
#include <set>

#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

struct Item {
  std::string_view topic;
  std::string_view kind;
  std::vector<std::string_view>
      paths;  // a name without '/' is a program, looked for where programs lie
  // Counts when one of these programs (or files) is there, although the path itself is made later.
  std::vector<std::string_view> made_by = {};
  std::string_view wanted = {};  // the accesses to record, where the kind does not say
};

const std::vector<Item>& items() {
  static const std::vector<Item> kItems = {
      // Docker and containerd.
      {"docker-daemon", "executable", {"dockerd"}},
      {"docker-client", "executable", {"docker"}},
      {"docker-data-root", "directory", {"var/lib/docker"}, {"dockerd"}},
      {"docker-configuration", "directory", {"etc/docker"}},
      {"docker-daemon-json", "file", {"etc/docker/daemon.json"}},
      {"docker-default-daemon-json", "file", {"etc/default/daemon.json"}},
      {"docker-default", "file", {"etc/default/docker"}},
      {"docker-sysconfig", "file", {"etc/sysconfig/docker"}},
      {"docker-service",
       "file",
       {"etc/systemd/system/docker.service", "usr/local/lib/systemd/system/docker.service",
        "usr/lib/systemd/system/docker.service", "lib/systemd/system/docker.service"}},
      {"docker-socket-unit",
       "file",
       {"etc/systemd/system/docker.socket", "usr/local/lib/systemd/system/docker.socket",
        "usr/lib/systemd/system/docker.socket", "lib/systemd/system/docker.socket"}},
      {"docker-socket", "socket", {"run/docker.sock"}, {"dockerd"}},
      {"containerd-run", "directory", {"run/containerd"}, {"containerd"}},
      {"containerd-socket", "socket", {"run/containerd/containerd.sock"}, {"containerd"}},
      {"containerd-configuration", "file", {"etc/containerd/config.toml"}},
      {"containerd", "executable", {"containerd"}},
      {"containerd-shim", "executable", {"containerd-shim"}},
      {"containerd-shim-runc-v1", "executable", {"containerd-shim-runc-v1"}},
      {"containerd-shim-runc-v2", "executable", {"containerd-shim-runc-v2"}},
      {"runc", "executable", {"runc"}},
      {"docker-containerd", "executable", {"docker-containerd"}},
      {"docker-runc", "executable", {"docker-runc"}},
      // Accounts and how they are used.
      {"account-files",
       "file",
       {"etc/passwd", "etc/shadow", "etc/group", "etc/gshadow", "etc/security/opasswd",
        "etc/nsswitch.conf"},
       {"etc/passwd"}},
      {"account-files", "file", {"etc/pam.conf"}},  // read by nobody where there is /etc/pam.d
      {"account-files", "directory", {"etc/pam.d"}},
      {"sudoers", "file", {"etc/sudoers"}},
      {"sudoers", "directory", {"etc/sudoers.d"}},
      {"sessions", "file", {"run/utmp", "var/log/wtmp", "var/log/btmp"}, {"etc/passwd"}},
      {"logins", "file", {"var/log/lastlog"}, {"etc/passwd"}},
      {"logins", "file", {"var/log/faillog", "var/log/tallylog"}},
      {"logins", "directory", {"run/faillock"}, {"etc/passwd"}},
      {"cron", "directory", {"var/spool/cron"}},
      // The host's place in the world. What changes of the time zone is the link.
      {"time-zone", "link", {"etc/localtime"}, {"etc/passwd"}},
      {"network-environment",
       "file",
       {"etc/issue", "etc/issue.net", "etc/hosts", "etc/networks", "etc/hostname"}},
      {"network-environment", "file", {"etc/sysconfig/network"}},
      {"network-environment",
       "directory",
       {"etc/network", "etc/netplan", "etc/NetworkManager", "etc/NetworkManager/system-connections",
        "etc/sysconfig/network-scripts"}},
      // What guards the rest.
      // Programs by which users get more rights than they have, and those that administer them.
      {"privileged-command",
       "command",
       {"chage",
        "chcon",
        "chfn",
        "chsh",
        "crontab",
        "fusermount3",
        "gpasswd",
        "kmod",
        "mount",
        "newgidmap",
        "newgrp",
        "newuidmap",
        "pam_timestamp_check",
        "passwd",
        "pkexec",
        "semanage",
        "ssh-agent",
        "su",
        "sudo",
        "umount",
        "unix_chkpwd",
        "unix_update",
        "userhelper",
        "usermod",
        "usr/lib/openssh/ssh-keysign",
        "usr/libexec/openssh/ssh-keysign",
        "usr/lib/polkit-1/polkit-agent-helper-1",
        "usr/libexec/polkit-agent-helper-1"}},
      // What changes rights, or takes the host away from its users, as anybody may.
      {"watched-command", "command", {"chacl", "chmod", "poweroff", "setfacl"}},
      // Who looks at what is recorded of him; and what sudo writes, wherever sudoers(5) puts it.
      {"audit-records", "directory", {"var/log/audit"}, {"etc/audit/auditd.conf"}, "r"},
      {"sudo-log", "file", {"var/log/sudo.log"}},
      {"mac-policy", "directory", {"etc/apparmor", "etc/apparmor.d", "etc/selinux"}},
      {"audit-configuration", "directory", {"etc/audit"}},
  };
  return kItems;
}

constexpr std::string_view kProgramDirectories[] = {"usr/bin",        "usr/sbin", "usr/local/bin",
                                                    "usr/local/sbin", "bin",      "sbin"};

std::vector<std::string> program(const Tree& tree, std::string_view name) {
  std::vector<std::string> found;
  for (const std::string_view directory : kProgramDirectories) {
    std::string path = std::string(directory) + "/" + std::string(name);
    const auto stat = tree.stat(path);
    if (stat && stat->type == NodeType::file) found.push_back(std::move(path));
  }
  return found;
}

// Where a package of dpkg or RPM puts a program. Asked only of a tree without its programs, such as an archive of
// /etc and /var: there the package database says what is installed.
struct Shipped {
  std::string_view path;
  std::vector<std::string_view> packages;  // manager and name
};

const std::vector<Shipped>& shipped() {
  static const std::vector<Shipped> kShipped = {
      {"usr/bin/chacl", {"dpkg acl", "rpm acl"}},
      {"usr/bin/chage", {"dpkg passwd", "rpm shadow-utils"}},
      {"usr/bin/chcon", {"dpkg coreutils", "rpm coreutils"}},
      {"usr/bin/chfn", {"dpkg passwd", "rpm util-linux-user"}},
      {"usr/bin/chmod", {"dpkg coreutils", "rpm coreutils"}},
      {"usr/bin/chsh", {"dpkg passwd", "rpm util-linux-user"}},
      {"usr/bin/crontab", {"dpkg cron", "rpm cronie"}},
      {"usr/bin/fusermount3", {"dpkg fuse3", "rpm fuse3"}},
      {"usr/bin/gpasswd", {"dpkg passwd", "rpm shadow-utils"}},
      {"usr/bin/kmod", {"dpkg kmod", "rpm kmod"}},
      {"usr/bin/mount", {"dpkg mount", "rpm util-linux"}},
      {"usr/bin/newgidmap", {"dpkg uidmap", "rpm shadow-utils"}},
      {"usr/bin/newgrp", {"dpkg login", "rpm shadow-utils"}},
      {"usr/bin/newuidmap", {"dpkg uidmap", "rpm shadow-utils"}},
      {"usr/bin/passwd", {"dpkg passwd", "rpm passwd"}},
      {"usr/bin/pkexec", {"dpkg pkexec", "dpkg policykit-1", "rpm polkit"}},
      {"usr/bin/setfacl", {"dpkg acl", "rpm acl"}},
      {"usr/bin/ssh-agent", {"dpkg openssh-client", "rpm openssh-clients"}},
      {"usr/bin/su", {"dpkg util-linux", "rpm util-linux"}},
      {"usr/bin/sudo", {"dpkg sudo", "rpm sudo"}},
      {"usr/bin/umount", {"dpkg mount", "rpm util-linux"}},
      {"usr/lib/openssh/ssh-keysign", {"dpkg openssh-client"}},
      {"usr/lib/polkit-1/polkit-agent-helper-1",
       {"dpkg polkitd", "dpkg policykit-1", "rpm polkit"}},
      {"usr/libexec/openssh/ssh-keysign", {"rpm openssh", "rpm openssh-keysign"}},
      {"usr/sbin/pam_timestamp_check", {"dpkg libpam-modules-bin", "rpm pam"}},
      {"usr/sbin/poweroff", {"dpkg systemd-sysv", "rpm systemd"}},
      {"usr/sbin/semanage",
       {"dpkg policycoreutils-python-utils", "rpm policycoreutils-python-utils"}},
      {"usr/sbin/unix_chkpwd", {"dpkg libpam-modules-bin", "rpm pam"}},
      {"usr/sbin/unix_update", {"dpkg libpam-modules-bin", "rpm pam"}},
      {"usr/sbin/userhelper", {"dpkg usermode", "rpm usermode"}},
      {"usr/sbin/usermod", {"dpkg passwd", "rpm shadow-utils"}},
  };
  return kShipped;
}

bool holds_programs(const Tree& tree) {
  return tree.exists("usr/bin/sh") || tree.exists("bin/sh");
}

// The packages that are installed; none if the tree holds its programs and need not be asked.
std::set<std::string> installed(Context& context) {
  std::set<std::string> names;
  if (holds_programs(context.tree())) return names;
  if (const auto answer = context.store().select(
          "SELECT manager || ' ' || name FROM package WHERE status = 'installed'"))
    for (const auto& row : answer->rows)
      if (!row.empty() && row[0]) names.insert(std::string(*row[0]));
  return names;
}

// The values of a setting that another collector found out; nothing if it has none.
std::vector<std::string> asked(Context& context, std::string_view sql) {
  std::vector<std::string> values;
  if (const auto answer = context.store().select(sql))
    for (const auto& row : answer->rows)
      if (!row.empty() && row[0] && row[0]->starts_with('/'))
        values.push_back(normal_path(*row[0]));
  return values;
}

}  // namespace

std::vector<AuditInterest> audit_interests(Context& context, const AuditPaths& paths) {
  std::vector<AuditInterest> interests;
  if (context.is_fragment()) return interests;
  const Tree& tree = context.tree();
  std::set<std::pair<std::string, std::string>> known;  // topic and real path
  const auto add = [&](const Item& item, const std::string& path, std::string because) {
    std::string real = paths.real(path, item.kind != "link");
    if (!known.emplace(std::string(item.topic), real).second) return;
    interests.push_back({std::string(item.topic), "/" + real, std::string(item.kind),
                         !item.wanted.empty()        ? std::string(item.wanted)
                         : item.kind == "executable" ? "wax"
                         : item.kind == "command"    ? "x"
                                                     : "wa",
                         std::move(because)});
  };
  const std::set<std::string> packages = installed(context);
  for (const Item& item : items()) {
    std::vector<std::string> candidates;
    for (const std::string_view path : item.paths) {
      if (path.find('/') == std::string_view::npos)
        for (std::string& found : program(tree, path)) candidates.push_back(std::move(found));
      else
        candidates.emplace_back(path);
      if (item.kind != "command" || packages.empty()) continue;
      for (const Shipped& entry : shipped()) {
        if (entry.path != path && !entry.path.ends_with("/" + std::string(path))) continue;
        for (const std::string_view package : entry.packages)
          if (packages.contains(std::string(package)) && !tree.exists(entry.path)) {
            add(item, std::string(entry.path),
                "package " + std::string(package.substr(package.find(' ') + 1)) + " ships it");
            break;
          }
      }
    }
    if (item.topic == "docker-data-root") {
      const auto roots = asked(context, "SELECT value FROM docker_daemon WHERE key = 'data-root'");
      if (!roots.empty()) candidates = roots;
    }
    if (item.topic == "containerd-socket") {
      const auto sockets =
          asked(context, "SELECT value FROM containerd_config WHERE key = 'grpc.address'");
      if (!sockets.empty()) candidates = sockets;
    }
    if (item.topic == "sudo-log") {
      const auto logs = asked(context, "SELECT value FROM sudo_default WHERE name = 'logfile'");
      for (const std::string& log : logs)
        if (!tree.exists(log)) add(item, log, "sudo makes it");
      if (!logs.empty()) candidates = logs;
    }
    for (const std::string& path : candidates) {
      // A link counts wherever it leads.
      if (item.kind == "link" && tree.resolve(path, false)) {
        add(item, path, "it exists");
        continue;
      }
      if (const auto stat = tree.stat(path)) {
        const bool fits = (stat->type == NodeType::directory) == (item.kind == "directory");
        if (fits) add(item, path, "it exists");
        continue;
      }
      for (const std::string_view maker : item.made_by) {
        if (maker.find('/') != std::string_view::npos) {
          if (tree.exists(maker)) add(item, path, "it is made when it is needed");
        } else if (const auto programs = program(tree, maker); !programs.empty()) {
          add(item, path, "/" + programs.front() + " makes it");
        }
      }
    }
  }
  std::ranges::sort(interests, {},
                    [](const AuditInterest& i) { return std::tie(i.topic, i.path); });
  return interests;
}

}  // namespace drydock::facts
