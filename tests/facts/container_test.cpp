#include <gtest/gtest.h>

#include "analyzer/facts/collect/container_model.h"
#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kRoot = "var/lib/docker";

std::shared_ptr<MemoryTree> host(std::string daemon_json = "{}\n") {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/docker/daemon.json", std::move(daemon_json));
  return tree;
}

void container(MemoryTree& tree, const std::string& host_config, const std::string& config = "",
               std::string_view root = kRoot, const std::string& id = "c1") {
  const std::string at = std::string(root) + "/containers/" + id;
  if (!host_config.empty()) tree.file(at + "/hostconfig.json", host_config);
  if (!config.empty()) tree.file(at + "/config.v2.json", config);
}

TEST(ContainerFacts, AContainerIsWhatItsTwoFilesSay) {
  auto tree = host();
  container(
      *tree, "{\n \"Privileged\": true,\n \"Memory\": 0, \"PidsLimit\": null}\n",
      "{\"ID\": \"abc\", \"Name\": \"/web\", \"Created\": \"2026-01-01T00:00:00Z\",\n"
      " \"State\": {\"Running\": true, \"StartedAt\": \"2026-01-02T00:00:00Z\"},\n"
      " \"Config\": {\"Image\": \"app:1\", \"User\": \"1000:1000\"}, \"Image\": \"sha256:1\"}\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT id, name, engine, source, state, image, image_id, user, uid, "
                        "is_host_root, created, loc FROM container"),
            "abc | web | docker | state | running | app:1 | sha256:1 | 1000:1000 | 1000 | 1 | "
            "2026-01-01T00:00:00Z | var/lib/docker/containers/c1/config.v2.json:1:15\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT key, value, because, loc FROM container_setting WHERE key IN "
                        "('privileged', 'memory', 'pids-limit', 'seccomp', 'user') ORDER BY key"),
            "memory | 0 | - | var/lib/docker/containers/c1/hostconfig.json:3:2\n"
            "pids-limit | 0 | - | var/lib/docker/containers/c1/hostconfig.json:3:15\n"
            "privileged | true | - | var/lib/docker/containers/c1/hostconfig.json:2:2\n"
            "seccomp | unconfined | privileged | var/lib/docker/containers/c1/hostconfig.json:2:2\n"
            "user | 1000:1000 | - | var/lib/docker/containers/c1/config.v2.json:3:31\n");
}

TEST(ContainerFacts, TheDaemonsSeccompProfileIsTheContainers) {
  auto tree = host("{\"seccomp-profile\": \"unconfined\"}\n");
  container(*tree, "{}");
  container(*tree, "{\"SecurityOpt\": [\"seccomp={\\\"defaultAction\\\": \\\"x\\\"}\"]}", "", kRoot,
            "c2");
  EXPECT_EQ(test::facts(tree,
                        "SELECT name, value, because, loc FROM container_setting WHERE key = "
                        "'seccomp' ORDER BY name"),
            "c1 | unconfined | daemon | etc/docker/daemon.json:1:2\n"
            "c2 | custom | - | var/lib/docker/containers/c2/hostconfig.json:1:18\n");
}

TEST(ContainerFacts, StateIsFoundWhereTheDaemonKeepsIt) {
  auto tree = host("{\"data-root\": \"/srv/docker\"}\n");
  container(*tree, "{}", "", "srv/docker", "moved");
  container(*tree, "{}", "", "srv/docker/1000.1000", "remapped");
  container(*tree, "{\"UsernsMode\": \"host\"}", "", "srv/docker/1000.1000", "exempt");
  container(*tree, "{}", "", "home/bob/.local/share/docker", "rootless");
  container(*tree, "{}", "", "var/lib/docker", "left-over");
  container(*tree, "{}", "", "srv/docker/1000.x", "nobody's");
  EXPECT_EQ(test::facts(tree, "SELECT name, is_host_root FROM container ORDER BY name"),
            "exempt | 1\nleft-over | 1\nmoved | 1\nremapped | 0\nrootless | 0\n");
}

TEST(ContainerFacts, ANameIsLookedUpInTheImage) {
  auto tree = host();
  const std::string image = "var/lib/docker/image/overlay2/";
  tree->file(image + "repositories.json",
             "{\"Repositories\": {\"app\": {\"app:1\": \"sha256:i\"}}}");
  tree->file(image + "imagedb/content/sha256/i",
             "{\"config\": {\"User\": \"toor\"}, \"rootfs\": {\"diff_ids\": [\"d1\", \"d2\"]}}");
  tree->file(image + "layerdb/sha256/k1/diff", "d1")
      .file(image + "layerdb/sha256/k1/cache-id", "l1");
  tree->file(image + "layerdb/sha256/k2/diff", "d2")
      .file(image + "layerdb/sha256/k2/parent", "sha256:k1")
      .file(image + "layerdb/sha256/k2/cache-id", "l2");
  tree->file("var/lib/docker/overlay2/l1/diff/etc/passwd", "toor:x:7:7::/:\n");
  tree->file("var/lib/docker/overlay2/l2/diff/etc/passwd", "root:x:0:0::/:\ntoor:x:0:0::/:\n");
  tree->file("var/lib/docker/overlay2/l1/diff/usr/bin/su", "", 04755)
      .file("var/lib/docker/overlay2/l1/diff/usr/bin/gone", "", 04755)
      .file("var/lib/docker/overlay2/l1/diff/usr/sbin/sshd", "", 0755);
  tree->node("var/lib/docker/overlay2/l2/diff/usr/bin/gone", NodeType::char_device, 0);
  container(*tree, "{}", "{\"Config\": {\"User\": \"toor:users\"}, \"Image\": \"sha256:i\"}");
  container(*tree, "{}", "{\"Config\": {\"User\": \"nobody\"}, \"Image\": \"sha256:i\"}", kRoot,
            "c2");
  EXPECT_EQ(test::facts(tree, "SELECT user, uid FROM container ORDER BY user"),
            "nobody | -\ntoor:users | 0\n");
  EXPECT_EQ(test::facts(tree, "SELECT reference, user, uid, user_loc FROM image"),
            "app:1 | toor | 0 | var/lib/docker/image/overlay2/imagedb/content/sha256/i:1:13\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, kind, loc FROM image_file ORDER BY path"),
            "usr/bin/su | setuid | var/lib/docker/overlay2/l1/diff/usr/bin/su\n"
            "usr/sbin/sshd | sshd | var/lib/docker/overlay2/l1/diff/usr/sbin/sshd\n");
}

TEST(ContainerFacts, StepsOfTheBaseAreToldFromTheImagesOwn) {
  auto tree = host();
  const std::string image = "var/lib/docker/image/overlay2/";
  tree->file(image + "repositories.json",
             "{\"Repositories\": {\"base\": {\"base:1\": \"sha256:b\"}, \"app\": {\"app:1\": "
             "\"sha256:a\"}}}");
  const std::string base =
      "{\"created_by\": \"ADD file:1 in / # buildkit\"}, {\"created_by\": "
      "\"/bin/sh -c #(nop) ENV X=1\", \"empty_layer\": true}";
  tree->file(image + "imagedb/content/sha256/b",
             "{\"history\": [" + base + "], \"rootfs\": {\"diff_ids\": [\"d1\"]}}");
  tree->file(
      image + "imagedb/content/sha256/a",
      "{\"history\": [" + base +
          ", {\"created_by\": \"RUN |1 NPM_TOKEN=abc /bin/sh -c apt-get update # buildkit\"}, "
          "{\"created_by\": \"/bin/sh -c wget https://bob:pw@h/x\"}, {\"created_by\": "
          "\"/bin/sh -c #(nop)  CMD [\\\"sh\\\"]\"}], "
          "\"rootfs\": {\"diff_ids\": [\"d1\", \"d2\"]}}");
  EXPECT_EQ(test::facts(tree,
                        "SELECT reference, ordinal, instruction, arguments, secret, is_base FROM "
                        "image_history WHERE reference = 'app:1'"),
            "app:1 | 0 | ADD | file:1 in / | - | 1\n"
            "app:1 | 1 | ENV | X=1 | - | 1\n"
            "app:1 | 2 | RUN | |1 NPM_TOKEN=*** /bin/sh -c apt-get update | NPM_TOKEN | 0\n"
            "app:1 | 3 | RUN | wget https://bob:***@h/x | - | 0\n"
            "app:1 | 4 | CMD | [\"sh\"] | - | 0\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT reference, is_tagged, is_parent FROM image ORDER BY reference"),
      "app:1 | 1 | 0\nbase:1 | 1 | 1\n");
}

TEST(ContainerFacts, WhatAMountExposes) {
  auto tree = host();
  tree->symlink("srv/link", "/etc").directory("var/run").directory("etc");
  const auto exposes = [&](std::string bind) {
    container(*tree, "{\"Binds\": [\"" + bind + "\"]}");
    return test::facts(tree, "SELECT exposes, engine_socket FROM container_mount");
  };
  EXPECT_EQ(exposes("/:/host:ro"), "the whole host | /run/docker.sock\n");
  EXPECT_EQ(exposes("/srv/link/shadow:/s:ro"), "configuration | -\n");
  EXPECT_EQ(exposes("/var/run/docker.sock:/s"), "- | /run/docker.sock\n");
  EXPECT_EQ(exposes("/run/user/1000/docker.sock:/s"), "- | /run/user/1000/docker.sock\n");
  EXPECT_EQ(exposes("/srv/data:/d"), "- | -\n");
  EXPECT_EQ(exposes("/etc/localtime:/etc/localtime:ro"), "- | -\n");
  EXPECT_EQ(exposes("/usr/bin:/b:ro"), "- | -\n");
  EXPECT_EQ(exposes("/usr/bin:/b"), "programs | -\n");
  EXPECT_EQ(exposes("/home/ann/.ssh:/k:ro"), "keys | -\n");
  EXPECT_EQ(exposes("data:/d"), "- | -\n");
  EXPECT_EQ(exposes("/optional:/d"), "- | -\n");
}

TEST(ContainerFacts, SecretsAreNamedAndNeverShown) {
  EXPECT_TRUE(facts::looks_secret("DB_PASSWORD", "x"));
  EXPECT_TRUE(facts::looks_secret("pgpassword", "x"));
  EXPECT_TRUE(facts::looks_secret("aws-secret-access-key", "x"));
  EXPECT_FALSE(facts::looks_secret("POSTGRES_PASSWORD_FILE", "/run/secrets/db"));
  EXPECT_FALSE(facts::looks_secret("DB_PASSWORD", ""));
  EXPECT_FALSE(facts::looks_secret("API_TOKEN", "${TOKEN}"));
  EXPECT_FALSE(facts::looks_secret("ALLOW_EMPTY_PASSWORD", "yes"));
  EXPECT_FALSE(facts::looks_secret("KEYBOARD", "de"));
  EXPECT_FALSE(facts::looks_secret("TOKENIZER", "fast"));
  EXPECT_EQ(facts::without_secrets("a --password='b c' TOKEN=x y ftp://u:p@h z=1"),
            "a --password=*** TOKEN=*** y ftp://u:***@h z=1");
  EXPECT_EQ(facts::without_secrets("PASSWORD=\"open"), "PASSWORD=***");
  EXPECT_EQ(facts::secret_in("A=1 GH_TOKEN=abc"), "GH_TOKEN");
}

TEST(ContainerFacts, ABrokenFileIsSaidAndTheOtherIsRead) {
  auto tree = host();
  container(*tree, "{\"Privileged\": true,", "{\"Name\": \"/web\"}");
  container(*tree, "[1]", "", kRoot, "c2");
  EXPECT_EQ(test::facts(tree, "SELECT name FROM container"), "web\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT DISTINCT path, code, effect FROM parse_issue WHERE table_name = "
                        "'container_setting'"),
            "var/lib/docker/containers/c1/hostconfig.json | unterminated | unknown\n");
}

TEST(ContainerFacts, AFragmentIsJudgedByItsFiles) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("backup/c1/hostconfig.json", "{\"Privileged\": true}");
  tree->file("backup/c1/config.v2.json", "{\"Name\": \"/web\"}");
  EXPECT_EQ(test::facts(tree, "SELECT name, is_host_root, loc FROM container", Scope::fragment),
            "web | - | backup/c1/config.v2.json:1:2\n");
}

TEST(ComposeFacts, AServiceIsWhatTheFileSays) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file(
      "app/compose.prod.yaml",
      "x-base: &base\n  restart: on-failure:3\n  cap_drop: [ALL]\nservices:\n  db:\n"
      "    <<: *base\n    container_name: pg\n    image: postgres:16\n    privileged: yes\n"
      "    mem_limit: 1g\n    volumes: [\"/etc:/e:ro\", {type: bind, source: /run, target: /r}, "
      "\"./x:/y\"]\n"
      "    ports: [\"127.0.0.1:5432:5432/tcp\", 9000, {target: 1, published: 2, protocol: udp}]\n"
      "    environment: {DB_PASSWORD: hunter2, A: }\n    ulimits: {nofile: {soft: 1, hard: 2}, "
      "nproc: 7}\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT id, name, source, image, is_host_root, loc FROM container",
                  Scope::fragment),
      "app/compose.prod.yaml#db | pg | compose | postgres:16 | - | app/compose.prod.yaml:5:3\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, loc FROM container_setting ORDER BY key",
                        Scope::fragment),
            "image | postgres:16 | app/compose.prod.yaml:8:5\n"
            "memory | 1g | app/compose.prod.yaml:10:5\n"
            "privileged | true | app/compose.prod.yaml:9:5\n"
            "restart | on-failure | app/compose.prod.yaml:2:3\n"
            "restart-max | 3 | app/compose.prod.yaml:2:3\n");
  EXPECT_EQ(test::facts(tree, "SELECT type, source, destination, read_only FROM container_mount",
                        Scope::fragment),
            "bind | /etc | /e | 1\nbind | /run | /r | 0\nvolume | ./x | /y | 0\n");
  EXPECT_EQ(test::facts(tree, "SELECT port, protocol, host_ip, host_port FROM container_port",
                        Scope::fragment),
            "5432 | tcp | 127.0.0.1 | 5432\n9000 | tcp | 0.0.0.0 | -\n1 | udp | 0.0.0.0 | 2\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT variable, is_secret FROM container_variable", Scope::fragment),
      "DB_PASSWORD | 1\nA | 0\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT \"limit\", soft, hard FROM container_ulimit", Scope::fragment),
      "nofile | 1 | 2\nnproc | 7 | 7\n");
}

TEST(SwarmFacts, WhatANodeKeepsInTheClear) {
  auto tree = host();
  tree->file("var/lib/docker/swarm/docker-state.json",
             "{\"ListenAddr\": \"0.0.0.0:2377\",\n \"AdvertiseAddr\": \"10.0.0.1:2377\", "
             "\"DataPathAddr\": \"\"}");
  tree->file("var/lib/docker/swarm/certificates/swarm-node.key",
             "-----BEGIN EC PRIVATE KEY-----\n");
  tree->directory("var/lib/docker/swarm/raft");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, loc FROM swarm ORDER BY key"),
            "advertise-address | 10.0.0.1:2377 | var/lib/docker/swarm/docker-state.json:2:2\n"
            "autolock | false | var/lib/docker/swarm/certificates/swarm-node.key\n"
            "data-path-address |  | var/lib/docker/swarm/docker-state.json:2:36\n"
            "listen-address | 0.0.0.0:2377 | var/lib/docker/swarm/docker-state.json:1:2\n"
            "manager | true | var/lib/docker/swarm/docker-state.json\n"
            "remote-address |  | var/lib/docker/swarm/docker-state.json\n");
}

TEST(DockerClientFacts, WhatShellsRememberAndWhatLoginsSet) {
  auto tree = host();
  tree->file("root/.bash_history",
             "ls\nsudo docker exec -it --privileged web sh -c 'rm -u x'\n"
             "docker container exec -itu root --env A=b db psql; true\n"
             "echo docker exec\npodman exec --user=0 -w / c id\ndocker exec web --privileged\n");
  EXPECT_EQ(test::facts(tree, "SELECT user, is_privileged, as_user, loc FROM container_exec"),
            "root | 1 | - | root/.bash_history:2:1\n"
            "root | 0 | root | root/.bash_history:3:1\n"
            "root | 0 | - | root/.bash_history:4:1\n"
            "root | 0 | 0 | root/.bash_history:5:1\n"
            "root | 0 | - | root/.bash_history:6:1\n");
  tree->file("etc/profile.d/x.sh",
             "# DOCKER_CONTENT_TRUST=0\n  export DOCKER_CONTENT_TRUST=\"1\"; x\n");
  tree->file("home/ann/.bashrc", "DOCKER_CONTENT_TRUST=0\n");
  EXPECT_EQ(test::facts(tree, "SELECT value, is_for_all, loc FROM docker_content_trust"),
            "1 | 1 | etc/profile.d/x.sh:2:1\n0 | 0 | home/ann/.bashrc:1:1\n");
}

}  // namespace
}  // namespace drydock
