#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

TEST(QuadletFacts, AContainerFileIsAContainer) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/containers/systemd/web.container",
             "[Container]\nImage=registry.example/web:1\nContainerName=front\nUser=1000:1000\n"
             "PublishPort=127.0.0.1:8080:80/tcp\nPublishPort=53:53/udp\nPublishPort=[::1]:9:9\n"
             "Volume=/etc:/e:ro,rslave\nVolume=data:/d\n"
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
      "bind | /etc | /e | 1 | rslave\nvolume | data | /d | 0 | rprivate\n");
  EXPECT_EQ(test::facts(tree, "SELECT capability, change FROM container_capability"),
            "ALL | drop\nCAP_NET_RAW | add\nCAP_SYS_ADMIN | add\n");
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
            "systemd-a | 0 | 1\nsystemd-b | 0 | 0\n");
  EXPECT_EQ(
      test::facts(
          tree,
          "SELECT key, value, because, loc FROM container_setting WHERE name = 'systemd-a' AND "
          "key IN ('privileged', 'pid', 'network', 'seccomp', 'selinux-label') ORDER BY key"),
      "network | bridge | - | usr/share/containers/systemd/a.container\n"
      "pid | host | - | etc/containers/systemd/a.container.d/10.conf:4:25\n"
      "privileged | true | - | etc/containers/systemd/a.container.d/10.conf:4:12\n"
      "seccomp | unconfined | privileged | etc/containers/systemd/a.container.d/10.conf:4:12\n"
      "selinux-label | disable | - | etc/containers/systemd/a.container.d/10.conf:4:36\n");
  EXPECT_EQ(test::facts(tree, "SELECT exposes FROM container_mount"), "the whole host\n");
  EXPECT_EQ(test::facts(tree, "SELECT count(*) FROM container_capability"), "0\n");
}

// podman-systemd.unit(5), "DESCRIPTION" and "Template files": of drop-ins of one name the first directory's
// counts, and in one directory that for the longer unit's name; an instance has those of its template as well. "Podman rootless unit search path": users/UID is one user's.
TEST(QuadletFacts, DropInsOfDashesTemplatesAndAllContainers) {
  const auto images = [](std::initializer_list<std::pair<const char*, const char*>> files) {
    auto tree = std::make_shared<MemoryTree>();
    for (const auto& [path, image] : files) {
      const std::string name = path;
      tree->file((name.starts_with("users") ? "etc/containers/systemd/" : "") + name,
                 std::string("[Container]\nImage=") + image + "\n");
    }
    return test::facts(
        tree,
        "SELECT replace(name, 'systemd-', ''), image, is_host_root FROM container ORDER BY 1");
  };
  EXPECT_EQ(images({{"etc/containers/systemd/a-b-c.container", "own"},
                    {"etc/containers/systemd/container.d/1.conf", "all"}}),
            "a-b-c | all | 1\n");
  EXPECT_EQ(images({{"etc/containers/systemd/a-b-c.container", "own"},
                    {"etc/containers/systemd/container.d/1.conf", "all"},
                    {"etc/containers/systemd/a-.container.d/1.conf", "a-"}}),
            "a-b-c | a- | 1\n");
  EXPECT_EQ(images({{"etc/containers/systemd/a-b-c.container", "own"},
                    {"usr/share/containers/systemd/a-b-.container.d/1.conf", "a-b-"},
                    {"etc/containers/systemd/a-.container.d/1.conf", "a-"}}),
            "a-b-c | a- | 1\n");
  EXPECT_EQ(images({{"etc/containers/systemd/a-b-c.container", "own"},
                    {"etc/containers/systemd/a-b-c.container.d/1.conf", "a-b-c"},
                    {"etc/containers/systemd/a-b-.container.d/1.conf", "a-b-"}}),
            "a-b-c | a-b-c | 1\n");
  // Another name is another drop-in, and the later name counts.
  EXPECT_EQ(images({{"etc/containers/systemd/a-b.container", "own"},
                    {"etc/containers/systemd/a-b.container.d/1.conf", "a-b"},
                    {"etc/containers/systemd/container.d/2.conf", "all"}}),
            "a-b | all | 1\n");
  EXPECT_EQ(images({{"etc/containers/systemd/a.container", "own"},
                    {"etc/containers/systemd/a.container.d/1.txt", "no"},
                    {"etc/containers/systemd/b.container.d/1.conf", "no"},
                    {"etc/containers/systemd/a-.container.d/1.conf", "no"}}),
            "a | own | 1\n");
  EXPECT_EQ(images({{"etc/containers/systemd/s@.container", "own"},
                    {"etc/containers/systemd/s@10.container", "own"},
                    {"etc/containers/systemd/s@.container.d/1.conf", "template"},
                    {"etc/containers/systemd/s@10.container.d/1.conf", "instance"}}),
            "s_ | template | 1\ns_10 | instance | 1\n");
  EXPECT_EQ(images({{"etc/containers/systemd/web/a.container", "below"},
                    {"etc/containers/systemd/web/a.container.d/1.conf", "in"},
                    {"users/b.container", "all"},
                    {"users/team/c.container", "all below"},
                    {"users/1000/d.container", "one"},
                    {"users/1000/deep/e.container", "one below"},
                    {"run/containers/systemd/f.container", "run"},
                    {"usr/share/containers/systemd/f.container", "usr"}}),
            "a | in | 1\nb | all | 0\nc | all below | 0\nd | one | 0\ne | one below | 0\n"
            "f | run | 1\n");
}

// podman-systemd.unit(5), "Container units [Container]": each key that the facts know, one at a time.
TEST(QuadletFacts, EachKeyIsWhatThePageSaysItIsForPodmanRun) {
  const auto setting = [](const std::string& lines, const std::string& key) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/containers/systemd/a.container", "[Container]\nImage=i\n" + lines + "\n");
    return test::facts(tree, "SELECT value FROM container_setting WHERE key = '" + key + "'");
  };
  const struct {
    const char* lines;
    const char* key;
    const char* value;
  } kSettings[] = {
      {"NoNewPrivileges=true", "no-new-privileges", "true"},
      {"NoNewPrivileges=0", "no-new-privileges", "false"},
      {"NoNewPrivileges=true\nNoNewPrivileges=no", "no-new-privileges", "false"},
      {"", "no-new-privileges", "false"},
      {"PodmanArgs=--security-opt no-new-privileges", "no-new-privileges", "true"},
      {"ReadOnly=on", "read-only", "true"},
      {"", "read-only", "false"},
      {"ReadOnly=maybe", "read-only", "false"},
      {"PodmanArgs=--read-only", "read-only", "true"},
      {"User=5", "user", "5"},
      {"User=5\nGroup=6", "user", "5:6"},
      {"User=1\nUser=2", "user", "2"},
      {"UserNS=keep-id:uid=200,gid=210", "userns", "keep-id:uid=200,gid=210"},
      {"SeccompProfile=unconfined", "seccomp", "unconfined"},
      {"SeccompProfile=/tmp/s.json", "seccomp", "custom"},
      {"", "seccomp", "default"},
      {"PodmanArgs=--security-opt=seccomp=unconfined", "seccomp", "unconfined"},
      {"AppArmor=unconfined", "apparmor", "unconfined"},
      {"SecurityLabelDisable=true", "selinux-label", "disable"},
      {"PodmanArgs=--security-opt label=disable", "selinux-label", "disable"},
      {"PidsLimit=10", "pids-limit", "10"},
      {"PidsLimit=-1", "pids-limit", "0"},
      {"PodmanArgs=--pids-limit=-1", "pids-limit", "0"},
      {"Memory=20g", "memory", "20g"},
      {"[Service]\nMemoryMax=1G", "memory", "1G"},
      {"Memory=1g\n[Service]\nMemoryMax=2G", "memory", "1g"},
      {"[Service]\nTasksMax=infinity", "pids-limit", "0"},
      {"[Service]\nCPUQuota=20%", "cpu-limit", "quota"},
      {"HealthCmd=/usr/bin/check", "health-check", "set"},
      {"HealthCmd=none", "health-check", "none"},
      {"Network=host", "network", "host"},
      {"Network=none", "network", "none"},
      {"Network=front", "network", "bridge"},
      {"PodmanArgs=--net host", "network", "host"},
      {"PodmanArgs=--privileged", "privileged", "true"},
      {"PodmanArgs=--privileged=false", "privileged", "false"},
      {"PodmanArgs=--pid=host", "pid", "host"},
      {"PodmanArgs=--ipc host", "ipc", "host"},
      {"PodmanArgs=--uts=host --userns=host", "uts", "host"},
      {"PodmanArgs=--memory 1g \\\n --pid host", "pid", "host"},
      {"PodmanArgs=--privileged\nPodmanArgs=", "privileged", "false"},
      {"[Other]\nPodmanArgs=--privileged", "privileged", "false"},
  };
  for (const auto& each : kSettings)
    EXPECT_EQ(setting(each.lines, each.key), std::string(each.value) + "\n") << each.lines;

  const auto rows = [](const std::string& lines, const std::string& sql) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/containers/systemd/a.container", "[Container]\nImage=i\n" + lines + "\n");
    return test::facts(tree, sql);
  };
  const std::string capabilities =
      "SELECT change || capability FROM container_capability ORDER BY rowid";
  EXPECT_EQ(rows("DropCapability=CAP_DAC_OVERRIDE CAP_IPC_OWNER", capabilities),
            "dropCAP_DAC_OVERRIDE\ndropCAP_IPC_OWNER\n");
  EXPECT_EQ(rows("DropCapability=all\nAddCapability=net_bind_service", capabilities),
            "dropALL\naddCAP_NET_BIND_SERVICE\n");
  EXPECT_EQ(rows("DropCapability=all\nDropCapability=", capabilities), "");
  EXPECT_EQ(rows("DropCapability=CHOWN\nDropCapability=KILL", capabilities),
            "dropCAP_CHOWN\ndropCAP_KILL\n");
  EXPECT_EQ(rows("PodmanArgs=--cap-drop=all --cap-add SYS_TIME", capabilities),
            "dropALL\naddCAP_SYS_TIME\n");
  const std::string mounts =
      "SELECT type, source, destination, read_only FROM container_mount ORDER BY rowid";
  EXPECT_EQ(rows("Volume=/source:/dest:ro,z", mounts), "bind | /source | /dest | 1\n");
  EXPECT_EQ(rows("Volume=./conf:/c", mounts), "bind | /etc/containers/systemd/conf | /c | 0\n");
  EXPECT_EQ(rows("Volume=data:/d\nVolume=/anonymous", mounts),
            "volume | data | /d | 0\nvolume | - | /anonymous | 0\n");
  EXPECT_EQ(rows("Mount=type=bind,src=/etc,dst=/e,ro=true", mounts), "bind | /etc | /e | 1\n");
  EXPECT_EQ(rows("Volume=/a:/a\nVolume=\nVolume=/b:/b", mounts), "bind | /b | /b | 0\n");
  const std::string ports =
      "SELECT port, protocol, host_ip, host_port FROM container_port ORDER BY rowid";
  EXPECT_EQ(rows("PublishPort=8080:80", ports), "80 | tcp | 0.0.0.0 | 8080\n");
  EXPECT_EQ(rows("PublishPort=127.0.0.1:50:59/udp", ports), "59 | udp | 127.0.0.1 | 50\n");
  EXPECT_EQ(rows("PodmanArgs=-p 10.0.0.1:1:2", ports), "2 | tcp | 10.0.0.1 | 1\n");
  EXPECT_EQ(rows("AddDevice=-/dev/kvm", "SELECT host_path FROM container_device"), "/dev/kvm\n");
  EXPECT_EQ(rows("ContainerName=front", "SELECT name FROM container"), "front\n");
}

// podman-systemd.unit(5), "Pod units", "Volume units", "Network units"; podman-pod-create(1), --share.
TEST(QuadletFacts, PodsVolumesNetworksAndImages) {
  auto tree = std::make_shared<MemoryTree>();
  const std::string base = "etc/containers/systemd/";
  tree->file(base + "app.pod",
             "[Pod]\nPublishPort=8080:80\nUserNS=auto\nPodmanArgs=--security-opt label=disable -v "
             "/etc:/e\n");
  tree->file(base + "web.container",
             "[Container]\nImage=web.image\nPod=app.pod\nVolume=host.volume:/h\n");
  tree->file(base + "web.image", "[Image]\nImage=quay.io/web:1\nTLSVerify=false\n");
  tree->file(base + "host.volume", "[Volume]\nDevice=/srv\nOptions=rbind,ro\n");
  tree->file(base + "in.container",
             "[Container]\nImage=i\nNetwork=inside.network\nPublishPort=9:9\n");
  tree->file(base + "inside.network", "[Network]\nInternal=yes\n");
  tree->file(base + "late.container", "[Container]\nImage=i\nVolume=none.volume:/x\n");
  tree->file(base + "many@.container",
             "[Container]\nImage=i\nContainerName=%p.%i-%j\n[Install]\nDefaultInstance=7\n");
  tree->file("root/.config/containers/systemd/r.container", "[Container]\nImage=i\n");
  EXPECT_EQ(test::facts(tree, "SELECT name, image, is_host_root FROM container ORDER BY name"),
            "many.7-many | i | 1\nsystemd-app-infra |  | 0\nsystemd-in | i | 1\nsystemd-r | i | 1\n"
            "systemd-web | quay.io/web:1 | 0\n");
  EXPECT_EQ(
      test::facts(
          tree,
          "SELECT key, value, loc FROM container_setting WHERE name = 'systemd-web' AND key IN "
          "('network', 'ipc', 'selinux-label', 'tls-verify') ORDER BY key"),
      "ipc | pod | etc/containers/systemd/web.container\n"
      "network | pod | etc/containers/systemd/web.container\n"
      "selinux-label | disable | etc/containers/systemd/app.pod:4:12\n"
      "tls-verify | false | etc/containers/systemd/web.image:3:1\n");
  EXPECT_EQ(
      test::facts(
          tree,
          "SELECT name, type, source, destination, read_only FROM container_mount ORDER BY name"),
      "systemd-app-infra | bind | /etc | /e | 0\nsystemd-web | bind | /srv | /h | 1\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT name, host_port, published FROM container_port ORDER BY name"),
      "systemd-app-infra | 8080 | 1\nsystemd-in | - | 0\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, refused FROM quadlet_unit WHERE refused IS NOT NULL"),
            "etc/containers/systemd/late.container | no such unit: none.volume\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT code, effect, loc FROM parse_issue WHERE table_name = 'quadlet_unit'"),
      "no-service | unknown | etc/containers/systemd/late.container:3:1\n");
}

TEST(QuadletFacts, WhatAKubernetesFileStartsIsSaidToBeNotRead) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/containers/systemd/k.kube", "[Kube]\nYaml=app.yaml\n");
  EXPECT_EQ(
      test::facts(
          tree, "SELECT code, effect, loc FROM parse_issue WHERE table_name = 'container_setting'"),
      "not-read | unknown | etc/containers/systemd/k.kube:2:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT type, service FROM quadlet_unit"), "kube | k.service\n");
}

// podman-run(1): letters together, values with and without '=', the first word that is no option is the image.
TEST(QuadletFacts, WordsOfPodmanRun) {
  const auto rows = [](const std::string& arguments, const std::string& sql) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/containers/systemd/a.container",
               "[Container]\nImage=i\nPodmanArgs=" + arguments + "\n");
    return test::facts(tree, sql);
  };
  const auto setting = [&](const std::string& arguments, const std::string& key) {
    return rows(arguments, "SELECT value FROM container_setting WHERE key = '" + key + "'");
  };
  EXPECT_EQ(setting("-it --privileged", "privileged"), "true\n");
  EXPECT_EQ(setting("--privileged=1", "privileged"), "true\n");
  EXPECT_EQ(setting("--privileged=0 --pid host", "privileged"), "false\n");
  EXPECT_EQ(setting("evil --privileged", "privileged"), "false\n");
  EXPECT_EQ(setting("evil --privileged", "image"), "evil\n");
  EXPECT_EQ(setting("-- evil", "image"), "evil\n");
  EXPECT_EQ(setting("--annotation --privileged", "privileged"), "false\n");
  EXPECT_EQ(setting("-dit -m1g", "memory"), "1g\n");
  EXPECT_EQ(setting("-m=2g", "memory"), "2g\n");
  EXPECT_EQ(setting("-uroot", "user"), "root\n");
  EXPECT_EQ(setting("--uidmap 0:1:2", "userns"), "");
  EXPECT_EQ(rows("--uidmap 0:1:2", "SELECT is_host_root FROM container"), "0\n");
  EXPECT_EQ(rows("--userns=host", "SELECT is_host_root FROM container"), "1\n");
  EXPECT_EQ(setting("--security-opt label=type:spc_t", "selinux-label"), "disable\n");
  EXPECT_EQ(setting("--network front,back", "network"), "bridge\n");
  EXPECT_EQ(setting("--net=container:web", "network"), "container:web\n");
  EXPECT_EQ(setting("--no-healthcheck", "health-check"), "none\n");
  EXPECT_EQ(
      rows("-tv/:/host -v /a:/b:O", "SELECT source, read_only FROM container_mount ORDER BY rowid"),
      "/ | 0\n/a | 1\n");
  EXPECT_EQ(rows("--mount type=bind,src=/etc,dst=/e,ro=false",
                 "SELECT exposes, read_only FROM container_mount"),
            "configuration | 0\n");
  EXPECT_EQ(rows("--cap-add=net_raw,SYS_ADMIN --cap-drop all",
                 "SELECT change || capability FROM container_capability ORDER BY rowid"),
            "addCAP_NET_RAW\naddCAP_SYS_ADMIN\ndropALL\n");
  EXPECT_EQ(rows("--device=/dev/sda:r --gpus all --device-cgroup-rule \"b 8:* rwm\"",
                 "SELECT kind, host_path, permissions FROM container_device ORDER BY rowid"),
            "device | /dev/sda | r\nrequest | all | -\ncgroup-rule | b 8:* rwm | -\n");
  EXPECT_EQ(rows("-p80 -p [::1]:81:82 --expose 9",
                 "SELECT port, host_port, published FROM container_port ORDER BY port"),
            "9 | - | 0\n80 | - | 1\n82 | 81 | 1\n");
  EXPECT_EQ(rows("-eDB_PASSWORD=x -e A",
                 "SELECT variable, is_secret FROM container_variable ORDER BY rowid"),
            "DB_PASSWORD | 1\nA | 0\n");
  EXPECT_EQ(
      rows("--ulimit nofile=1:unlimited", "SELECT \"limit\", soft, hard FROM container_ulimit"),
      "nofile | 1 | -1\n");
  EXPECT_EQ(rows("--env DB_PASSWORD=hunter2",
                 "SELECT count(*) FROM quadlet_unit WHERE command LIKE '%hunter2%'"),
            "0\n");
}

// Names that others repeat, commands, names of files, directories: what Podman, systemd or Linux would not take is
// refused, and what is not read is said.
TEST(QuadletFacts, WhatIsMadeOfLargeUnitsIsBounded) {
  auto tree = std::make_shared<MemoryTree>();
  const std::string base = "etc/containers/systemd/";
  const std::string large(1'000'000, 'n');
  std::string names, repeated;
  for (int i = 0; i < 100'000; ++i) names += "%N";
  for (int i = 0; i < 50'000; ++i) repeated += "Network=large.network\nNetwork=small.network\n";
  std::string links;
  for (int i = 0; i < 50'000; ++i) links += " a";
  tree->file(base + "a.container",
             "[Container]\nImage=i\nServiceName=" + large + "\n[Install]\nWantedBy=" + links + "\n")
      .file(base + "b.container", "[Container]\nImage=i\nContainerName=" + names + "\n")
      .file(base + "c.container", "[Container]\nImage=i\n" + repeated)
      .file(base + "d.container", "[Container]\nImage=i\n[Install]\nWantedBy=" + links + "\n")
      .file(base + "large.network", "[Network]\nNetworkName=" + large + "\n")
      .file(base + "small.network", "[Network]\nNetworkName=" + std::string(4096, 'n') + "\n");
  std::string deep = base;
  for (int i = 0; i < 9; ++i) deep += "d/";
  tree->file(deep + "e.container", "[Container]\nImage=i\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT path, refused, resource IS NULL, length(links) > 10000 FROM quadlet_unit "
                  "WHERE path LIKE '%container' ORDER BY path"),
      base + "a.container | the name of its service is too long | 1 | 0\n" + base +
          "b.container | - | 1 | 0\n" + base +
          "c.container | the unit has no name that could be told: large.network | 0 | 0\n" + base +
          "d.container | - | 0 | 1\n");
  EXPECT_EQ(test::facts(
                tree, "SELECT DISTINCT code, effect, loc FROM parse_issue WHERE code = 'too-deep'"),
            "too-deep | unknown | " + deep.substr(0, deep.size() - 1) + ":1:1\n");
  auto other = std::make_shared<MemoryTree>();
  std::string small;
  for (int i = 0; i < 300; ++i) small += "Network=small.network\n";
  other->file(base + "c.container", "[Container]\nImage=i\n" + small)
      .file(base + "small.network", "[Network]\nNetworkName=" + std::string(4096, 'n') + "\n");
  EXPECT_EQ(test::facts(other, "SELECT refused FROM quadlet_unit WHERE type = 'container'"),
            "its command is longer than systemd takes: 1 MiB\n");
}

// A drop-in for all containers is read, and kept, for each.
TEST(QuadletFacts, DropInsTimesUnitsAreBounded) {
  auto tree = std::make_shared<MemoryTree>();
  const std::string base = "etc/containers/systemd/";
  std::string labels = "[Container]\n";
  for (int i = 0; i < 100'000; ++i) labels += "Mask=\n";
  tree->file(base + "container.d/x.conf", labels);
  for (int i = 0; i < 20; ++i)
    tree->file(base + "a" + std::to_string(i) + ".container", "[Container]\nImage=i\n");
  EXPECT_EQ(test::facts(tree, "SELECT count(*) FROM quadlet_unit"), "5\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT DISTINCT code, effect FROM parse_issue WHERE code = 'too-much'"),
      "too-much | unknown\n");
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

// containers.conf(5), containers-registries.conf(5), containers-policy.json(5): "$HOME/.config/containers/…".
TEST(PodmanFacts, UsersHaveFilesOfTheirOwn) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/containers/containers.conf", "[containers]\npids_limit = 5\n");
  tree->file("home/ann/.config/containers/containers.conf",
             "[containers]\npids_limit = 0\nseccomp_profile = \"unconfined\"\n");
  tree->file("home/ann/.config/containers/containers.conf.d/1.conf",
             "[containers]\npids_limit = 7\n");
  tree->file("home/ann/.config/containers/registries.conf.d/x.conf",
             "[[registry]]\nlocation = \"r.example\"\ninsecure = true\n");
  tree->file("root/.config/containers/policy.json",
             "{\"default\": [{\"type\": \"insecureAcceptAnything\"}]}\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, home, loc FROM podman_config ORDER BY home, key"),
            "containers.pids_limit | 5 | - | etc/containers/containers.conf:2:1\n"
            "containers.pids_limit | 7 | home/ann | "
            "home/ann/.config/containers/containers.conf.d/1.conf:2:1\n"
            "containers.seccomp_profile | unconfined | home/ann | "
            "home/ann/.config/containers/containers.conf:3:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT location, insecure, home FROM podman_registry"),
            "r.example | 1 | home/ann\n");
  EXPECT_EQ(test::facts(tree, "SELECT type, home FROM image_policy"),
            "insecureAcceptAnything | root\n");
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
