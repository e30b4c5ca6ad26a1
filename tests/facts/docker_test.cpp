#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kAll =
    "SELECT key, value, source, ordinal, loc, value_loc FROM docker_daemon WHERE source <> "
    "'default' ORDER BY key, ordinal, loc";
constexpr std::string_view kErrors =
    "SELECT kind, key, message, loc, other_loc FROM docker_config_error ORDER BY kind, key";
constexpr std::string_view kListeners =
    "SELECT address, clients, CASE WHEN mode IS NULL THEN NULL ELSE printf('%04o', mode) END, "
    "user, \"group\", is_loopback, loc, mode_loc, owner_loc "
    "FROM docker_listener ORDER BY address, opened_by";

std::shared_ptr<MemoryTree> host(std::string daemon_json) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/bin/dockerd", "", 0755);
  if (!daemon_json.empty()) tree->file("etc/docker/daemon.json", std::move(daemon_json));
  return tree;
}

void service(MemoryTree& tree, const std::string& lines) {
  tree.file("usr/lib/systemd/system/docker.service", "[Service]\nType=notify\n" + lines);
}

TEST(DockerFacts, DaemonJsonGivesARowForEachValue) {
  EXPECT_EQ(test::facts(host("{\n"
                             "  \"icc\": false, \"hosts\": [\"fd://\",\n"
                             "    \"tcp://0.0.0.0:2376\"],\n"
                             "  \"log-level\": \"info\",\n"
                             "  \"default-ulimits\": {\"nofile\": {\"Name\": \"nofile\", \"Hard\": "
                             "200, \"Soft\": 100}},\n"
                             "  \"log-opts\": {\"max-size\": \"10m\"},\n"
                             "  \"runtimes\": {\"runsc\": {\"path\": \"/usr/bin/runsc\"}}\n"
                             "}\n"),
                        kAll),
            "default-ulimits.nofile | 100:200 | daemon.json | 0 | etc/docker/daemon.json:5:23 | -\n"
            "hosts | fd:// | daemon.json | 0 | etc/docker/daemon.json:2:27 | "
            "etc/docker/daemon.json:2:28\n"
            "hosts | tcp://0.0.0.0:2376 | daemon.json | 1 | etc/docker/daemon.json:3:5 | "
            "etc/docker/daemon.json:3:6\n"
            "icc | false | daemon.json | 0 | etc/docker/daemon.json:2:3 | "
            "etc/docker/daemon.json:2:10\n"
            "log-level | info | daemon.json | 0 | etc/docker/daemon.json:4:3 | "
            "etc/docker/daemon.json:4:17\n"
            "log-opts.max-size | 10m | daemon.json | 0 | etc/docker/daemon.json:6:16 | "
            "etc/docker/daemon.json:6:29\n"
            "runtimes.runsc | /usr/bin/runsc | daemon.json | 0 | etc/docker/daemon.json:7:26 | "
            "etc/docker/daemon.json:7:35\n");
}

TEST(DockerFacts, FlagsOfTheUnitCountAfterDropInsAndVariables) {
  auto tree = host("");
  service(*tree,
          "Environment=LEVEL=warn\n"
          "EnvironmentFile=-/etc/default/docker\n"
          "ExecStart=/usr/bin/dockerd --debug\n");
  tree->file("etc/systemd/system/docker.service.d/a.conf",
             "[Service]\nExecStart=\n"
             "ExecStart=/usr/bin/dockerd -H fd:// --log-level=${LEVEL} \\\n"
             "  --icc=false $OPTS --data-root /srv/docker --icc=true\n");
  tree->file("etc/default/docker", "OPTS=\"--selinux-enabled -s overlay2\"\n");
  EXPECT_EQ(
      test::facts(tree, kAll),
      "data-root | /srv/docker | flag | 0 | etc/systemd/system/docker.service.d/a.conf:4:21 | "
      "etc/systemd/system/docker.service.d/a.conf:4:33\n"
      "hosts | fd:// | flag | 0 | etc/systemd/system/docker.service.d/a.conf:3:28 | "
      "etc/systemd/system/docker.service.d/a.conf:3:31\n"
      "icc | true | flag | 0 | etc/systemd/system/docker.service.d/a.conf:4:45 | "
      "etc/systemd/system/docker.service.d/a.conf:4:51\n"
      "log-level | warn | flag | 0 | etc/systemd/system/docker.service.d/a.conf:3:37 | -\n"
      "selinux-enabled | true | flag | 0 | etc/default/docker:1:7 | -\n"
      "storage-driver | overlay2 | flag | 0 | etc/default/docker:1:25 | etc/default/docker:1:28\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT key, winner, loser, value, reason FROM override WHERE "
                  "table_name = 'docker_daemon'"),
      "icc | etc/systemd/system/docker.service.d/a.conf:4:45 | "
      "etc/systemd/system/docker.service.d/a.conf:4:3 | false | the flag stands again later\n");
  EXPECT_EQ(test::facts(tree, kErrors), "");
}

TEST(DockerFacts, AnotherConfigFileIsReadInstead) {
  auto tree = host("{\"icc\": true}\n");
  service(*tree, "ExecStart=/usr/bin/dockerd --config-file /etc/docker/other.json\n");
  tree->file("etc/docker/other.json", "{\"icc\": false}\n");
  EXPECT_EQ(
      test::facts(tree, kAll),
      "icc | false | daemon.json | 0 | etc/docker/other.json:1:2 | etc/docker/other.json:1:9\n");
}

TEST(DockerFacts, DefaultsHaveNoPlaceAndNullOrEmptyTextLeavesThem) {
  auto tree = host("{\"icc\": null, \"data-root\": \"\", \"hosts\": []}\n");
  EXPECT_EQ(test::facts(tree, kAll), "");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT key, value, loc FROM docker_daemon WHERE key IN ('icc', "
                  "'data-root', 'hosts', 'userns-remap') ORDER BY key"),
      "data-root | /var/lib/docker | -\nhosts | unix:///var/run/docker.sock | -\nicc | true | -\n");
  EXPECT_EQ(test::facts(std::make_shared<MemoryTree>(), "SELECT count(*) FROM docker_daemon"),
            "0\n");
}

// dockerd 20.10.24 was asked about each: it said so, and did not start, but for ignored-key.
TEST(DockerFacts, WhatKeepsDockerdFromStartingIsSaid) {
  auto tree = host(
      "{\"hosts\": [], \"debug\": null,\n \"log-levels\": \"info\", \"icc\": \"no\",\n"
      " \"x\": {\"icc\": false, \"mtu\": 9}, \"y\": {\"z\": 1}}\n");
  service(*tree, "ExecStart=/usr/bin/dockerd -H fd:// -D --nope\n");
  EXPECT_EQ(
      test::facts(tree, kErrors),
      "bad-flag |  | dockerd has no flag --nope | "
      "usr/lib/systemd/system/docker.service:3:40 | -\n"
      "conflict | debug | 'debug' is set here and by the flag --debug | "
      "etc/docker/daemon.json:1:15 | usr/lib/systemd/system/docker.service:3:37\n"
      "conflict | hosts | 'hosts' is set here and by the flag --host | "
      "etc/docker/daemon.json:1:2 | usr/lib/systemd/system/docker.service:3:28\n"
      "ignored-key | mtu | 'mtu' has no effect inside 'x' | etc/docker/daemon.json:3:22 | -\n"
      "unknown-key | log-levels | dockerd knows no key 'log-levels' | "
      "etc/docker/daemon.json:2:2 | -\n"
      "unknown-key | z | dockerd knows neither 'y' nor 'z' | etc/docker/daemon.json:3:39 | -\n"
      "wrong-type | icc | 'icc' is a string; dockerd wants a boolean | "
      "etc/docker/daemon.json:2:31 | -\n");
}

TEST(DockerFacts, TlsVerifyTurnsTlsOn) {
  EXPECT_EQ(test::facts(host("{\"hosts\": [\"tcp://:2376\", \"tcp://[::]:1\", \"unix:///run/x\"], "
                             "\"tlsverify\": true, \"group\": \"admin\"}"),
                        kListeners),
            "tcp://:2376 | verified | - | - | - | 1 | etc/docker/daemon.json:1:12 | - | -\n"
            "tcp://[::]:1 | verified | - | - | - | 0 | etc/docker/daemon.json:1:27 | - | -\n"
            "unix:///run/x | - | 0660 | root | admin | 1 | etc/docker/daemon.json:1:43 | - | "
            "etc/docker/daemon.json:1:80\n");
  EXPECT_EQ(test::facts(host("{\"hosts\": [\"tcp://0.0.0.0:2376\"], \"tlsverify\": false}"),
                        "SELECT clients FROM docker_listener"),
            "anyone-encrypted\n");
  EXPECT_EQ(test::facts(host("{\"hosts\": [\"0.0.0.0:2375\"]}"),
                        "SELECT address, clients, is_loopback FROM docker_listener"),
            "tcp://0.0.0.0:2375 | anyone | 0\n");
}

TEST(DockerFacts, TheSocketUnitOpensTheSocketOfFd) {
  auto tree = host("");
  service(*tree, "ExecStart=/usr/bin/dockerd -H fd://\n");
  tree->file("usr/lib/systemd/system/docker.socket",
             "[Socket]\nListenStream=/var/run/docker.sock\nSocketUser=root\nSocketGroup=docker\n");
  EXPECT_EQ(test::facts(tree, kListeners),
            "unix:///var/run/docker.sock | - | 0666 | root | docker | 1 | "
            "usr/lib/systemd/system/docker.socket:2:1 | - | "
            "usr/lib/systemd/system/docker.socket:4:1\n");
  tree->file("etc/systemd/system/docker.socket.d/x.conf",
             "[Socket]\nListenStream=\nListenStream=2375\nSocketMode=0600\n");
  EXPECT_EQ(test::facts(tree, kListeners),
            "tcp://2375 | anyone | - | - | - | 0 | "
            "etc/systemd/system/docker.socket.d/x.conf:3:1 | - | -\n");
}

// systemd before v254 goes on with a comment that ends in a backslash.
TEST(DockerFacts, TheReleaseOfSystemdSaysWhereCommentsOfAnEnvironmentFileEnd) {
  for (const auto& [library, value] :
       {std::pair("usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so", "icc | true\n"),
        std::pair("usr/lib/systemd/libsystemd-shared-255.4-1.fc40.so", "icc | false\n"),
        std::pair("usr/lib/none", "icc | false\n")}) {
    auto tree = host("");
    service(*tree, "EnvironmentFile=/etc/docker.env\nExecStart=/usr/bin/dockerd $OPTS\n");
    tree->file("etc/docker.env", "# options \\\nOPTS=--icc=false\n").file(library, "");
    EXPECT_EQ(test::facts(tree, "SELECT key, value FROM docker_daemon WHERE key = 'icc'"), value)
        << library;
  }
}

TEST(DockerFacts, FilesAreFoundByTheirRole) {
  auto tree = host(
      "{\"tlsverify\": true, \"tlscacert\": \"/srv/ca.pem\", \"seccomp-profile\": "
      "\"/etc/docker/s.json\"}");
  service(*tree, "EnvironmentFile=-/etc/docker.env\nExecStart=/usr/bin/dockerd\n");
  tree->file("etc/systemd/system/docker.service.d/a.conf", "[Service]\n")
      .file("etc/docker.env", "")
      .file("etc/docker/s.json", "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}")
      .file("srv/ca.pem", "")
      .file("root/.docker/key.pem", "")
      .file("etc/docker/certs.d/r:5000/ca.crt", "")
      .file("etc/docker/certs.d/r:5000/client.cert", "")
      .file("etc/docker/certs.d/r:5000/client.key", "")
      .directory("var/lib/docker")
      .symlink("etc/containerd/config.toml", "c.toml")
      .file("etc/containerd/c.toml", "");
  EXPECT_EQ(test::facts(tree, "SELECT role, path, named_by FROM docker_file ORDER BY role, path"),
            "config | etc/docker/daemon.json | -\n"
            "config-directory | etc/docker | -\n"
            "containerd-config | etc/containerd/c.toml | -\n"
            "data-root | var/lib/docker | -\n"
            "environment | etc/docker.env | usr/lib/systemd/system/docker.service:3:1\n"
            "registry-ca | etc/docker/certs.d/r:5000/ca.crt | -\n"
            "registry-cert | etc/docker/certs.d/r:5000/client.cert | -\n"
            "registry-key | etc/docker/certs.d/r:5000/client.key | -\n"
            "seccomp-profile | etc/docker/s.json | etc/docker/daemon.json:1:49\n"
            "service | etc/systemd/system/docker.service.d/a.conf | -\n"
            "service | usr/lib/systemd/system/docker.service | -\n"
            "tls-ca | srv/ca.pem | etc/docker/daemon.json:1:21\n"
            "tls-key | root/.docker/key.pem | -\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT path, default_action, is_unconfined, loc FROM seccomp_profile"),
      "etc/docker/s.json | SCMP_ACT_ALLOW | 1 | etc/docker/s.json:1:19\n");
}

// docs.docker.com/engine/security/rootless: the user's own unit starts it, with flags as any other.
TEST(DockerFacts, ARootlessDaemonHasFlagsToo) {
  auto tree = std::make_shared<MemoryTree>();
  const std::string unit = "home/ann/.config/systemd/user/docker.service";
  tree->file(unit, "[Service]\nExecStart=/usr/bin/dockerd-rootless.sh --icc=false\n");
  tree->file(unit + ".d/10.conf",
             "[Service]\nExecStart=\nExecStart=/home/ann/bin/dockerd-rootless.sh -H "
             "tcp://0.0.0.0:2375 \\\n  --debug\n");
  tree->file("home/ann/.config/docker/daemon.json", "{\"debug\": true}\n");
  tree->file("home/bob/.config/systemd/user/docker.service",
             "[Service]\nExecStart=/bin/true --icc=false\n");
  EXPECT_EQ(
      test::facts(
          tree, "SELECT key, value, source, instance, loc FROM docker_daemon ORDER BY key, source"),
      "debug | true | daemon.json | rootless | home/ann/.config/docker/daemon.json:1:2\n"
      "debug | true | flag | rootless | " +
          unit +
          ".d/10.conf:4:3\n"
          "hosts | tcp://0.0.0.0:2375 | flag | rootless | " +
          unit + ".d/10.conf:3:45\n");
  EXPECT_EQ(test::facts(tree, "SELECT kind, key FROM docker_config_error"), "conflict | debug\n");
  EXPECT_EQ(test::facts(tree, "SELECT address, is_loopback FROM docker_listener"),
            "tcp://0.0.0.0:2375 | 0\n");
}

TEST(DockerFacts, FilesThatNobodyReadsAreSaid) {
  auto tree = host("{}\n");
  service(*tree,
          "EnvironmentFile=-/etc/sysconfig/docker\nExecStart=/usr/bin/dockerd --config-file "
          "/srv/d.json $OPTIONS\n");
  tree->file("etc/default/docker",
             "# DOCKER_OPTS=--icc\n export DOCKER_OPTS='--icc=false'\nother_args=\n");
  tree->file("etc/sysconfig/docker", "OPTIONS=\"--debug\"\n");
  EXPECT_EQ(test::facts(tree, "SELECT kind, key, loc FROM docker_config_error ORDER BY key DESC"),
            "ignored-file | DOCKER_OPTS | etc/default/docker:2:2\nignored-file |  | "
            "etc/docker/daemon.json\n");
}

TEST(SwarmFacts, TheLogOfManagersIsSaidToBeNotRead) {
  auto tree = host("");
  tree->file("var/lib/docker/swarm/docker-state.json", "{\"LocalAddr\": \"10.0.0.1\"}\n");
  tree->directory("var/lib/docker/containers");
  EXPECT_EQ(test::facts(tree, "SELECT count(*) FROM parse_issue WHERE code = 'not-read'"), "0\n");
  tree->directory("var/lib/docker/swarm/raft");
  EXPECT_EQ(test::facts(tree,
                        "SELECT code, effect, table_name, loc FROM parse_issue WHERE code = "
                        "'not-read' ORDER BY table_name"),
            "not-read | ignored | docker_network | var/lib/docker/swarm/docker-state.json:1:1\n"
            "not-read | ignored | swarm | var/lib/docker/swarm/docker-state.json:1:1\n");
}

TEST(DockerFacts, AFragmentHasOnlyWhatIsWritten) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("files/daemon.json", "{\"icc\": true}\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, loc FROM docker_daemon", Scope::fragment),
            "icc | true | files/daemon.json:1:2\n");
  EXPECT_EQ(test::facts(tree, "SELECT count(*) FROM docker_file", Scope::fragment), "0\n");
}

TEST(DockerFacts, ARefusedFileIsReportedAndItsReadPartKept) {
  auto tree = host("{\"icc\": true,\n \"live-restore\": true,}\n");
  EXPECT_EQ(
      test::facts(tree, kAll),
      "icc | true | daemon.json | 0 | etc/docker/daemon.json:1:2 | etc/docker/daemon.json:1:9\n"
      "live-restore | true | daemon.json | 0 | etc/docker/daemon.json:2:2 | "
      "etc/docker/daemon.json:2:18\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT code, effect, loc FROM parse_issue WHERE table_name = "
                        "'docker_daemon'"),
            "unexpected-character | unknown | etc/docker/daemon.json:2:23\n");
}

TEST(ContainerdFacts, ConfigAndDefaultsOfTheSocket) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/containerd/config.toml", "version = 2\n[grpc]\n  gid = 999\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT key, value, source, loc, value_loc FROM containerd_config "
                        "ORDER BY key"),
            "grpc.address | /run/containerd/containerd.sock | default | - | -\n"
            "grpc.gid | 999 | config.toml | etc/containerd/config.toml:3:3 | "
            "etc/containerd/config.toml:3:9\n"
            "grpc.uid | 0 | default | - | -\n"
            "version | 2 | config.toml | etc/containerd/config.toml:1:1 | "
            "etc/containerd/config.toml:1:11\n");
}

TEST(ContainerdFacts, HostsFilesThatSkipVerification) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file(
      "etc/containerd/certs.d/r.example/hosts.toml",
      "server = \"https://r.example\"\n[host.\"https://m.example\"]\n  skip_verify = true\n");
  tree->file("etc/docker/certs.d/d.example/hosts.toml", "skip_verify = false\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT registry, host, skip_verify, read_by, loc FROM registry_host "
                        "ORDER BY registry"),
            "d.example |  | 0 | docker | etc/docker/certs.d/d.example/hosts.toml:1:1\n"
            "r.example | https://m.example | 1 | containerd | "
            "etc/containerd/certs.d/r.example/hosts.toml:3:3\n");
}

// The name of a flag where the name of a key is wanted: dockerd starts, and nothing comes of it.
TEST(DockerFacts, NamesOfFlagsHaveNoEffectInTheFile) {
  EXPECT_EQ(test::facts(host("{\"insecure-registry\": [\"a\"], \"help\": true}\n"), kErrors),
            "ignored-key | help | 'help' has no effect | etc/docker/daemon.json:1:30 | -\n"
            "ignored-key | insecure-registry | 'insecure-registry' has no effect: the key is "
            "'insecure-registries' | etc/docker/daemon.json:1:2 | -\n");
}

TEST(DockerFacts, ValuesThatAreRefusedHaveTheirPlace) {
  auto tree = host("{\"dns\": [\"1.1.1.1\", \"here\"],\n \"log-opts\": {\"max-file\": 3}}\n");
  service(*tree, "ExecStart=/usr/bin/dockerd --label=a=b --label=a=c --mtu=big\n");
  EXPECT_EQ(test::facts(tree, kErrors),
            "invalid-value | dns | 'here' is no IP address | etc/docker/daemon.json:1:21 | -\n"
            "invalid-value | labels | the label 'a' has two values | "
            "usr/lib/systemd/system/docker.service:3:40 | "
            "usr/lib/systemd/system/docker.service:3:28\n"
            "invalid-value | mtu | 'big' is no number, for --mtu | "
            "usr/lib/systemd/system/docker.service:3:52 | -\n"
            "wrong-type | log-opts | 'log-opts.max-file' holds a number; dockerd wants a string | "
            "etc/docker/daemon.json:2:15 | -\n");
}

}  // namespace
}  // namespace drydock
