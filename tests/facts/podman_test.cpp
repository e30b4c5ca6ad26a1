#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

TEST(QuadletFacts, AContainerFileIsAContainer) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/containers/systemd/web.container",
             "[Container]\nImage=registry.example/web:1\nContainerName=front\nUser=1000:1000\n"
             "PublishPort=127.0.0.1:8080:80/tcp\nPublishPort=53:53/udp\nPublishPort=[::1]:9:9\n"
             "Volume=/etc:/e:ro,rslave\nVolume=data.volume:/d\n"
             "AddCapability=NET_RAW sys_admin\nDropCapability=all\n"
             "Environment=\"A=b c\" DB_PASSWORD=x\nNoNewPrivileges=yes\n"
             "[Service]\nMemoryMax=512M\n");
  tree->file("usr/share/containers/systemd/web.container", "[Container]\nImage=hidden\n");
  EXPECT_EQ(
      test::facts(
          tree, "SELECT name, engine, source, image, user, uid, is_host_root, loc FROM container"),
      "front | podman | quadlet | registry.example/web:1 | 1000:1000 | 1000 | 1 | "
      "etc/containers/systemd/web.container\n");
  EXPECT_EQ(
      test::facts(
          tree,
          "SELECT key, value, loc FROM container_setting WHERE key IN "
          "('no-new-privileges', 'memory', 'pids-limit', 'privileged', 'read-only') ORDER BY key"),
      "memory | 512M | etc/containers/systemd/web.container:15:1\n"
      "no-new-privileges | true | etc/containers/systemd/web.container:13:1\n"
      "pids-limit | 2048 | etc/containers/systemd/web.container\n"
      "privileged | false | etc/containers/systemd/web.container\n"
      "read-only | false | etc/containers/systemd/web.container\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT port, protocol, host_ip, host_port, is_any_address FROM container_port"),
      "80 | tcp | 127.0.0.1 | 8080 | 0\n53 | udp | 0.0.0.0 | 53 | 1\n9 | tcp | [::1] | 9 | 0\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT type, source, destination, read_only, propagation FROM container_mount"),
      "bind | /etc | /e | 1 | rslave\nvolume | data.volume | /d | 0 | rprivate\n");
  EXPECT_EQ(test::facts(tree, "SELECT capability, change FROM container_capability"),
            "CAP_NET_RAW | add\nCAP_SYS_ADMIN | add\nALL | drop\n");
  EXPECT_EQ(test::facts(tree, "SELECT variable, is_secret FROM container_variable"),
            "A | 0\nDB_PASSWORD | 1\n");
}

TEST(QuadletFacts, DropInsArgumentsAndUsers) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/share/containers/systemd/a.container",
             "[Container]\nImage=a\nNetwork=host\nAddCapability=SYS_ADMIN\nUser=0\n");
  tree->file("etc/containers/systemd/a.container.d/10.conf",
             "[Container]\nAddCapability=\nNetwork=\nPodmanArgs=--privileged --pid host "
             "--security-opt=label=disable -v /:/host:ro\n");
  tree->file("home/ann/.config/containers/systemd/b.container",
             "[Container]\nImage=b\nUser=root\n");
  EXPECT_EQ(test::facts(tree, "SELECT name, uid, is_host_root FROM container"),
            "a | 0 | 1\nb | 0 | 0\n");
  EXPECT_EQ(test::facts(
                tree,
                "SELECT key, value, because, loc FROM container_setting WHERE name = 'a' AND "
                "key IN ('privileged', 'pid', 'network', 'seccomp', 'selinux-label') ORDER BY key"),
            "network | bridge | - | usr/share/containers/systemd/a.container\n"
            "pid | host | - | etc/containers/systemd/a.container.d/10.conf:4:1\n"
            "privileged | true | - | etc/containers/systemd/a.container.d/10.conf:4:1\n"
            "seccomp | unconfined | privileged | etc/containers/systemd/a.container.d/10.conf:4:1\n"
            "selinux-label | disable | - | etc/containers/systemd/a.container.d/10.conf:4:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT exposes FROM container_mount"), "the whole host\n");
  EXPECT_EQ(test::facts(tree, "SELECT count(*) FROM container_capability"), "0\n");
}

TEST(QuadletFacts, InAFragmentOnlyWhatIsWrittenCounts) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("deploy/web.container", "[Container]\nImage=a\nReadOnly=false\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT key, value FROM container_setting ORDER BY key", Scope::fragment),
      "image | a\nprivileged | false\nread-only | false\n");
}

TEST(PodmanFacts, LaterFilesWin) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/share/containers/containers.conf",
             "[containers]\nlabel = true\npids_limit = 1\n");
  tree->file("etc/containers/containers.conf",
             "[containers]\nlabel = false\nvolumes = [\"/a:/a\"]\n");
  tree->file("etc/containers/containers.conf.d/x.conf", "[containers]\nlabel = true\n");
  tree->file("usr/share/containers/storage.conf", "[storage]\ndriver = \"vfs\"\n");
  tree->file("etc/containers/storage.conf", "[storage]\ngraphroot = \"/srv\"\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, loc FROM podman_config ORDER BY key"),
            "containers.label | true | etc/containers/containers.conf.d/x.conf:2:1\n"
            "containers.pids_limit | 1 | usr/share/containers/containers.conf:3:1\n"
            "containers.volumes | /a:/a | etc/containers/containers.conf:3:12\n"
            "storage.graphroot | /srv | etc/containers/storage.conf:2:1\n");
  EXPECT_EQ(test::facts(
                tree, "SELECT key, loser, value FROM override WHERE table_name = 'podman_config'"),
            "containers.label | etc/containers/containers.conf:2:1 | false\n"
            "containers.label | usr/share/containers/containers.conf:2:1 | true\n");
}

TEST(PodmanFacts, PolicyIsReadByScope) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file(
      "etc/containers/policy.json",
      "{\"default\": [{\"type\": \"reject\"}],\n \"transports\": {\"docker\": {\"r.example\": "
      "[{\"type\": \"signedBy\", \"keyType\": \"GPGKeys\", \"keyPath\": \"/k\"}]}}}\n");
  EXPECT_EQ(test::facts(tree, "SELECT transport, scope, type, loc FROM image_policy"),
            "- | - | reject | etc/containers/policy.json:1:15\n"
            "docker | r.example | signedBy | etc/containers/policy.json:2:43\n");
}

constexpr std::string_view kContainerd = "etc/containerd/config.toml";

std::string containerd(std::shared_ptr<MemoryTree> tree) {
  return test::facts(tree,
                     "SELECT key, value, loc FROM containerd_config WHERE source <> 'default' "
                     "ORDER BY key, ordinal");
}

// containerd-config.toml(5): "imported files overwrite simple fields like int or string (if not empty)
// and append array and map fields".
TEST(ContainerdImports, LaterFilesWinUnlessEmptyAndListsAddUp) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file(kContainerd,
             "version = 3\nimports = [\"conf.d/*.toml\"]\nroot = \"/a\"\nstate = \"/s\"\n"
             "disabled_plugins = [\"x\"]\n[plugins.p]\nk = 1\nl = 2\n");
  tree->file("etc/containerd/conf.d/b.toml",
             "root = \"/b\"\nstate = \"\"\ndisabled_plugins = [\"y\"]\n[plugins.p]\nk = 3\n");
  tree->file("etc/containerd/conf.d/c.off", "root = \"/c\"\n");
  EXPECT_EQ(containerd(tree),
            "disabled_plugins | x | etc/containerd/config.toml:5:21\n"
            "disabled_plugins | y | etc/containerd/conf.d/b.toml:3:21\n"
            "imports | conf.d/*.toml | etc/containerd/config.toml:2:12\n"
            "plugins.p.k | 3 | etc/containerd/conf.d/b.toml:5:1\n"
            "plugins.p.l | 2 | etc/containerd/config.toml:8:1\n"
            "root | /b | etc/containerd/conf.d/b.toml:1:1\n"
            "state | /s | etc/containerd/config.toml:4:1\n"
            "version | 3 | etc/containerd/config.toml:1:1\n");
}

TEST(ContainerdImports, BeforeVersion3APluginsSectionIsReplacedWhole) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file(
      kContainerd,
      "version = 2\nimports = [\"/etc/containerd/x.toml\", \"/etc/containerd/config.toml\"]\n"
      "[plugins.p]\nk = 1\nl = 2\n[plugins.q]\nm = 1\n");
  tree->file("etc/containerd/x.toml", "imports = [\"config.toml\"]\n[plugins.p]\nk = 3\n");
  EXPECT_EQ(
      test::facts(
          tree, "SELECT key, value FROM containerd_config WHERE key LIKE 'plugins%' ORDER BY key"),
      "plugins.p.k | 3\nplugins.q.m | 1\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, reason FROM override ORDER BY key"),
            "plugins.p.k | 1 | an import replaces the plugin's section\n"
            "plugins.p.l | 2 | an import replaces the plugin's section\n");
}

TEST(Isolation, RuntimesAndWhoUsesThem) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file(
      "etc/docker/daemon.json",
      "{\"default-runtime\": \"runsc\", \"runtimes\": {\"runsc\": {\"path\": \"/opt/runsc\"}, "
      "\"kata\": {\"runtimeType\": \"io.containerd.kata.v2\"}}}\n");
  tree->file("usr/bin/runc", "", 0755).file("opt/runsc", "", 0755).directory("etc/apparmor.d");
  for (const char* name : {"a", "b"})
    tree->file("var/lib/docker/containers/" + std::string(name) + "/hostconfig.json",
               "{\"Runtime\": \"runsc\"}");
  tree->file("var/lib/docker/containers/c/hostconfig.json",
             "{\"Runtime\": \"runc\", \"Privileged\": true}");
  tree->file(kContainerd,
             "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd]\n"
             "default_runtime_name = \"r\"\n"
             "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.r]\n"
             "runtime_type = \"io.containerd.runc.v2\"\n"
             "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.r.options]\n"
             "BinaryName = \"/usr/bin/crun\"\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT engine, name, program, isolation, is_default, is_installed, containers "
                  "FROM container_runtime ORDER BY engine, name"),
      "containerd | r | /usr/bin/crun | namespaces | 1 | 0 | 0\n"
      "docker | kata | io.containerd.kata.v2 | vm | 0 | 0 | 0\n"
      "docker | runc | runc | namespaces | 0 | 1 | 1\n"
      "docker | runsc | /opt/runsc | gvisor | 1 | 1 | 2\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT containers, sandboxed, privileged, without_mac, without_seccomp, mac, "
                  "userns FROM isolation WHERE engine = 'docker'"),
      "3 | 2 | 1 | 1 | 1 | AppArmor | off\n");
}

}  // namespace
}  // namespace drydock
