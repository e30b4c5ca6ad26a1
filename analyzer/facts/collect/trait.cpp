// A trait holds on evidence: a program, its state or its configuration. In a host any of the paths
// below will do, so that what was installed without a package (a tarball in /usr/local) counts, and
// so does a configuration that outlived its program: it comes back to life with the next
// installation. In a fragment the evidence is a loose file of the program's own.
#include "analyzer/facts/collect/trait.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "analyzer/facts/osv_feed.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kTraitTable{
    .name = "trait",
    .kind = TableKind::meta,
    .doc =
        "What kind of host this is: what rules make themselves depend on. Every trait has a row, "
        "whether or not it holds; the names of distributions only where they do.",
    .columns = {{"name", ColumnType::text, "docker, container-host, systemd, debian and so on."},
                {"holds", ColumnType::boolean,
                 "1: the host is so. NULL: what would decide it was not read."},
                {"because", ColumnType::text, "What decided: '/usr/bin/dockerd exists'."},
                {"loc", ColumnType::location, "The file that decided; NULL if none did."}},
    .key = "name",
    .value = "holds",
    .examples = {"SELECT name, because FROM trait WHERE holds"}};

namespace {

struct Evidence {
  std::string_view trait;
  std::vector<std::string_view> paths;  // relative to the root; a last component may have '*'
  std::vector<std::string_view> loose;  // Interest::add_loose form
};

const std::vector<Evidence>& evidence() {
  static const std::vector<Evidence> kEvidence = {
      {"docker",
       {"usr/bin/dockerd", "usr/sbin/dockerd", "usr/local/bin/dockerd", "usr/local/sbin/dockerd",
        "bin/dockerd", "snap/bin/docker.dockerd", "etc/docker/daemon.json", "etc/docker",
        "etc/default/docker", "etc/sysconfig/docker", "etc/systemd/system/docker.service",
        "etc/systemd/system/docker.service.d/*.conf", "usr/lib/systemd/system/docker.service",
        "lib/systemd/system/docker.service", "etc/init.d/docker"},
       {"daemon.json", "docker.service", "docker.socket", "docker.service.d/*.conf",
        "docker.socket.d/*.conf", "default/docker", "sysconfig/docker", "config.v2.json",
        "hostconfig.json", "compose.yaml", "compose.yml", "compose.*.yaml", "compose.*.yml",
        "docker-compose.yaml", "docker-compose.yml", "docker-compose.*.yaml",
        "docker-compose.*.yml"}},
      {"containerd",
       {"usr/bin/containerd", "usr/sbin/containerd", "usr/local/bin/containerd",
        "etc/containerd/config.toml", "etc/systemd/system/containerd.service",
        "usr/lib/systemd/system/containerd.service", "lib/systemd/system/containerd.service"},
       {"containerd/config.toml", "containerd.service"}},
      {"podman",
       {"usr/bin/podman", "usr/local/bin/podman", "etc/containers/containers.conf",
        "etc/containers/containers.conf.d/*.conf", "var/lib/containers/storage",
        "etc/containers/systemd/*.container", "usr/share/containers/systemd/*.container"},
       {"containers.conf", "storage.conf", "registries.conf", "containers/policy.json",
        "*.container", "*.container.d/*.conf"}},
      {"kubernetes",
       {"usr/bin/kubelet", "usr/local/bin/kubelet", "usr/local/bin/k3s", "etc/kubernetes",
        "etc/rancher/k3s", "var/lib/kubelet"},
       {"kubelet.service", "k3s.service"}},
      // dockerd keeps the state of a swarm node below its data root.
      {"swarm", {"var/lib/docker/swarm/docker-state.json"}, {}},
      {"sshd",
       {"usr/sbin/sshd", "usr/local/sbin/sshd", "etc/ssh/sshd_config",
        "etc/ssh/sshd_config.d/*.conf"},
       {"sshd_config", "sshd_config.d/*.conf"}},
      {"auditd",
       {"usr/sbin/auditd", "sbin/auditd", "etc/audit/auditd.conf", "etc/audit/rules.d/*.rules",
        "etc/audit/audit.rules"},
       {"auditd.conf", "audit.rules", "rules.d/*.rules"}},
      {"systemd",
       {"usr/lib/systemd/systemd", "lib/systemd/systemd", "etc/systemd/system.conf"},
       {"*.service", "*.socket", "*.mount", "*.timer"}},
      // Something on the host says with which command line its kernel starts.
      {"kernel-command-line",
       {"etc/default/grub", "boot/grub/grub.cfg", "boot/grub2/grub.cfg", "etc/kernel/cmdline",
        "boot/loader/entries/*.conf", "boot/efi/loader/entries/*.conf", "efi/loader/entries/*.conf",
        "boot/EFI/Linux/*.efi", "boot/efi/EFI/Linux/*.efi", "efi/EFI/Linux/*.efi",
        "boot/extlinux/extlinux.conf", "boot/syslinux/syslinux.cfg", "boot/firmware/cmdline.txt",
        "boot/cmdline.txt", "usr/lib/bootc/kargs.d/*.toml"},
       {"default/grub", "default/grub.d/*.cfg", "kernel/cmdline", "bootc/kargs.d/*.toml",
        "grub/grub.cfg", "grub2/grub.cfg", "loader/entries/*.conf"}},
      {"arm64",
       {"lib/ld-linux-aarch64.so.1", "usr/lib/ld-linux-aarch64.so.1", "lib/ld-musl-aarch64.so.1",
        "boot/vmlinuz-*-arm64", "boot/firmware/kernel8.img"},
       {}},
      {"grub", {"boot/grub/grub.cfg", "boot/grub2/grub.cfg"}, {"grub/grub.cfg", "grub2/grub.cfg"}},
      {"pam",
       {"etc/pam.d", "usr/lib/pam.d", "etc/pam.conf", "etc/security/faillock.conf",
        "etc/security/pwquality.conf"},
       {"pam.d/*", "pam.conf", "faillock.conf", "pwquality.conf", "pwhistory.conf"}},
      {"sudo",
       {"usr/bin/sudo", "usr/local/bin/sudo", "etc/sudoers", "etc/sudoers.d/*"},
       {"sudoers", "sudoers.d/*"}},
      {"rsyslog", {"usr/sbin/rsyslogd", "etc/rsyslog.conf"}, {"rsyslog.conf", "rsyslog.d/*.conf"}},
      {"chrony",
       {"usr/sbin/chronyd", "etc/chrony/chrony.conf", "etc/chrony.conf"},
       {"chrony.conf"}},
      {"postfix", {"usr/sbin/postfix", "etc/postfix/main.cf"}, {"main.cf"}},
      {"selinux", {"etc/selinux/config"}, {}},
  };
  return kEvidence;
}

// Programs that run containers, and so forward packets and need what a plain host does without.
constexpr std::string_view kContainerHost[] = {"docker", "containerd", "podman", "kubernetes"};

struct Trait {
  bool holds = false;
  std::string because;
  std::string path = {};  // what decided; empty: nothing
  bool known = true;
};

// The first of `paths` that exists; empty: none.
std::string first_existing(const Tree& tree, const std::vector<std::string_view>& paths) {
  for (const std::string_view path : paths) {
    if (path.find('*') == std::string_view::npos) {
      if (tree.exists(path)) return std::string(path);
    } else {
      const auto found = tree.glob(parent_path(path), file_name(path));
      if (!found.empty()) return found.front();
    }
  }
  return "";
}

class Traits {
 public:
  explicit Traits(Context& context) : context_(context), tree_(context.tree()) {}

  void find() {
    for (const Evidence& e : evidence()) {
      const size_t before = context_.mark();
      const std::string path =
          context_.is_fragment() ? first_loose(e.loose) : first_existing(tree_, e.paths);
      Trait& trait = traits_[std::string(e.trait)];
      trait.holds = !path.empty();
      trait.path = path;
      trait.because =
          trait.holds ? shown(path) + (context_.is_fragment() ? " is among the files" : " exists")
                      : "none of its files is there";
      doubt(trait, before);
    }
    find_container_host();
    find_rootless_docker();
    find_usr_merge();
    find_container_image();
    find_ipv6();
    find_distribution();
    find_vulnerability_feed();
  }

  void write() {
    for (const auto& [name, trait] : traits_)
      context_.store().insert(
          kTraitTable, {std::string_view(name), trait.known ? Value(trait.holds) : Value(Null{}),
                        std::string_view(trait.because),
                        trait.path.empty() ? Value(Null{})
                                           : Value(context_.store().locate(trait.path, Span{}))});
  }

 private:
  // That none of its files was found since `mark` says nothing where something was not read.
  void doubt(Trait& trait, size_t mark) const {
    if (trait.holds) return;
    const std::vector<Unread> missed = context_.missed(mark);
    if (missed.empty()) return;
    trait.known = false;
    trait.because =
        (missed.front().path.empty() ? "" : "'" + missed.front().path + "': ") + missed.front().why;
  }

  std::string shown(const std::string& path) const {
    return context_.is_fragment() ? path : "/" + path;
  }

  std::string first_loose(const std::vector<std::string_view>& patterns) const {
    const std::vector<std::string> found = context_.loose(patterns);
    return found.empty() ? "" : found.front();
  }

  void find_container_host() {
    Trait host{false, "none of docker, containerd, podman and kubernetes is there", ""};
    for (const std::string_view name : kContainerHost) {
      const Trait& trait = traits_[std::string(name)];
      if (host.holds || (!trait.holds && trait.known)) continue;
      if (trait.holds || host.known) host = trait;
    }
    traits_["container-host"] = host;
  }

  // dockerd-rootless-setuptool.sh writes a user unit; a daemon that ran keeps its data in the home
  // directory (docs.docker.com, "Run the Docker daemon as a non-root user").
  void find_rootless_docker() {
    Trait trait{false, "no home directory has a Docker daemon of its own", ""};
    const size_t before = context_.mark();
    std::vector<std::string> homes;
    if (!context_.is_fragment()) {
      if (tree_.exists("root")) homes.push_back("root");
      if (const auto names = tree_.list("home"))
        for (const std::string& name : *names) homes.push_back("home/" + name);
    }
    for (const std::string& home : homes)
      for (const std::string_view file : {".config/systemd/user/docker.service",
                                          ".config/docker/daemon.json", ".local/share/docker"}) {
        const std::string path = join_path(home, file);
        if (!trait.holds && tree_.exists(path)) trait = {true, "/" + path + " exists", path};
      }
    doubt(trait, before);
    traits_["rootless-docker"] = trait;
  }

  void find_usr_merge() {
    const size_t before = context_.mark();
    const auto stat = tree_.lstat("lib");
    Trait& trait = traits_["usr-merged"];
    trait.holds = stat && stat->type == NodeType::symlink;
    trait.because = trait.holds ? "/lib is a link" : "/lib is no link";
    if (trait.holds) trait.path = "lib";
    doubt(trait, before);
  }

  // A root file system without an init and a kernel is the inside of a container.
  void find_container_image() {
    Trait trait{false, "it has an init program, or is no whole root", ""};
    const size_t before = context_.mark();
    const std::string marker =
        context_.is_fragment() ? "" : first_existing(tree_, {".dockerenv", "run/.containerenv"});
    if (!marker.empty()) {
      trait = {true, "/" + marker + " exists", marker};
    } else if (context_.scope() == Scope::host && tree_.exists("usr/bin") &&
               first_existing(tree_, {"sbin/init", "usr/sbin/init", "usr/lib/systemd/systemd",
                                      "lib/systemd/systemd", "bin/busybox", "boot/vmlinuz*",
                                      "lib/modules", "etc/inittab", "etc/init.d/*"})
                   .empty()) {
      doubt(trait, before);
      if (trait.known) trait = {true, "it has no init program and no kernel", ""};
    }
    traits_["container-image"] = trait;
  }

  // ipv6(7) can be switched off for every interface by two parameters together.
  void find_ipv6() {
    Trait trait{false, "nothing switches IPv6 off", ""};
    const auto rows = context_.store().select(
        "SELECT key, path FROM sysctl WHERE key IN ('net.ipv6.conf.all.disable_ipv6', "
        "'net.ipv6.conf.default.disable_ipv6') AND value = '1' ORDER BY key");
    std::map<std::string, std::string> set;
    if (rows)
      for (const auto& row : rows->rows)
        if (row[0] && row[1]) set[*row[0]] = *row[1];
    if (set.size() == 2)
      trait = {true, "net.ipv6.conf.all.disable_ipv6 and net.ipv6.conf.default.disable_ipv6 are 1",
               set.begin()->second};
    traits_["ipv6-disabled"] = trait;
  }

  // Without records of vulnerabilities none is found, which says nothing.
  void find_vulnerability_feed() {
    const bool given = !osv_feed(context_).name.empty();
    traits_["vulnerability-feed"] = {given,
                                     given ? "--osv gives records of vulnerabilities"
                                           : "no records of vulnerabilities were given (--osv)",
                                     ""};
  }

  // os-release(5): ID= names the distribution, ID_LIKE= those it is made from: "ubuntu debian".
  void find_distribution() {
    const auto rows = context_.store().select(
        "SELECT key, value FROM os_release WHERE key IN ('ID', 'ID_LIKE') ORDER BY key");
    if (!rows) return;
    for (const auto& row : rows->rows) {
      std::istringstream words(row[1].value_or(""));
      for (std::string word; words >> word;) {
        const bool is_name =
            word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string::npos;
        if (is_name) traits_.try_emplace(word, Trait{true, *row[0] + " in os-release says so", ""});
      }
    }
  }

  Context& context_;
  const Tree& tree_;
  std::map<std::string, Trait> traits_;
};

std::vector<std::string_view> all_loose() {
  std::vector<std::string_view> patterns;
  for (const Evidence& e : evidence())
    patterns.insert(patterns.end(), e.loose.begin(), e.loose.end());
  return patterns;
}

void collect_traits(Context& context) {
  Traits traits(context);
  traits.find();
  traits.write();
}

}  // namespace

const Collector kTraitCollector{.name = "trait",
                                .tables = {&kTraitTable},
                                .needs = {"os_release"},
                                .hints = {"sysctl"},
                                .paths = {},
                                .loose = all_loose(),
                                .collect = collect_traits,
                                .says_doubts = true};

}  // namespace drydock::facts
