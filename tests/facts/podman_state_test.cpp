// What `podman inspect` said of containers and what is read from the records that libpod keeps of them. Those of
// fixtures/podman-state were made by Podman 4.3 with `podman create`, cut down to what matters. They are put here
// into both databases that Podman knows.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/facts/facts.h"
#include "tests/oracle.h"
#include "tests/parsers/bolt_writer.h"
#include "tests/paths.h"

namespace drydock {
namespace {

using Json = nlohmann::json;
using Lines = std::multiset<std::string>;

Json fixture(const std::string& name) {
  std::ifstream file(test::source_dir() + "/fixtures/podman-state/" + name);
  return Json::parse(file);
}

std::string text(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string capital(const Json& value) {
  return value == true ? "true" : "false";
}

// One line for each thing that Podman says of a container.
Lines said_by_podman(const Json& c) {
  const Json& host = c["HostConfig"];
  Lines out;
  const auto say = [&](const std::string& key, const std::string& value) {
    out.insert(key + "=" + value);
  };
  say("state", text(c["State"]["Status"]));
  say("privileged", capital(host["Privileged"]));
  say("read-only", capital(host["ReadonlyRootfs"]));
  say("publish-all", capital(host["PublishAllPorts"]));
  say("network", text(host["NetworkMode"]));
  say("pid", text(host["PidMode"]));
  say("cgroupns", text(host["CgroupMode"]));
  for (const auto& [key, member] : {std::pair{"memory", "Memory"},
                                    {"memory-reservation", "MemoryReservation"},
                                    {"cpu-shares", "CpuShares"},
                                    {"cpu-quota", "CpuQuota"}})
    say(key, host[member].dump());
  say("pids-limit", std::to_string(std::max<int64_t>(0, host["PidsLimit"].get<int64_t>())));
  say("cpuset", text(host["CpusetCpus"]));
  say("restart",
      text(host["RestartPolicy"]["Name"]).empty() ? "no" : text(host["RestartPolicy"]["Name"]));
  say("restart-max", host["RestartPolicy"]["MaximumRetryCount"].dump());
  say("log-driver", text(host["LogConfig"]["Type"]));
  say("user", text(c["Config"]["User"]));
  for (const Json& option : host["SecurityOpt"]) {
    const std::string word = option.get<std::string>();
    if (word != "no-new-privileges") say("option", word);
  }
  const auto has = [&](const char* option) {
    return std::ranges::find(host["SecurityOpt"], Json(option)) != host["SecurityOpt"].end();
  };
  say("no-new-privileges", has("no-new-privileges") ? "true" : "false");
  if (host["Privileged"] == false) {
    for (const Json& name : host["CapAdd"]) say("add", name);
    if (c["BoundingCaps"].empty())
      say("drop", "ALL");
    else
      for (const Json& name : host["CapDrop"]) say("drop", name);
  }
  for (const Json& mount : c["Mounts"])
    say("mount", text(mount["Type"]) + " " +
                     text(mount["Type"] == "volume" ? mount["Name"] : mount["Source"]) + " " +
                     text(mount["Destination"]) + (mount["RW"] == true ? " rw" : " ro"));
  for (const auto& [port, bindings] : host["PortBindings"].items())
    for (const Json& binding : bindings)
      say("port", port + " " +
                      (text(binding["HostIp"]).empty() ? "0.0.0.0" : text(binding["HostIp"])) +
                      " " + text(binding["HostPort"]));
  for (const Json& variable : c["Config"]["Env"]) {
    const std::string name = variable.get<std::string>();
    // inspect adds what Podman sets when the container starts.
    if (!name.starts_with("container=") && !name.starts_with("HOSTNAME=") &&
        !name.starts_with("HOME="))
      say("env", name.substr(0, name.find('=')));
  }
  return out;
}

std::shared_ptr<MemoryTree> host() {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
  return tree;
}

std::string in_bolt(const Json& records) {
  test::BoltBucket root;
  for (const Json& record : records)
    root.buckets["ctr"].buckets[record["id"]].keys = {{"config", record["config"].dump()},
                                                      {"state", record["state"].dump()}};
  root.buckets["id-registry"].keys["x"] = "y";
  return test::BoltWriter(false, 5).write(root);
}

std::string in_sqlite(const Json& records) {
  sqlite3* db = nullptr;
  sqlite3_open(":memory:", &db);
  std::string sql =
      "CREATE TABLE ContainerConfig(ID TEXT PRIMARY KEY NOT NULL, Name TEXT, PodID TEXT, JSON "
      "TEXT);"
      "CREATE TABLE ContainerState(ID TEXT PRIMARY KEY NOT NULL, State INTEGER, JSON TEXT);";
  for (const Json& record : records) {
    char* insert = sqlite3_mprintf(
        "INSERT INTO ContainerConfig VALUES(%Q, 'n', NULL, %Q);"
        "INSERT INTO ContainerState VALUES(%Q, 1, %Q);",
        record["id"].get<std::string>().c_str(), record["config"].dump().c_str(),
        record["id"].get<std::string>().c_str(), record["state"].dump().c_str());
    sql += insert;
    sqlite3_free(insert);
  }
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_int64 size = 0;
  unsigned char* bytes = sqlite3_serialize(db, "main", &size, 0);
  std::string out(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  sqlite3_free(bytes);
  sqlite3_close(db);
  return out;
}

// One line for each thing that drydock says, "container key=value".
std::string read(const std::shared_ptr<MemoryTree>& tree) {
  return test::facts(
      tree,
      "SELECT name || ' state=' || state FROM container UNION ALL "
      "SELECT name || ' ' || key || '=' || value FROM container_setting WHERE key IN "
      "('privileged','read-only','publish-all','network','pid','cgroupns','memory',"
      "'memory-reservation','cpu-shares','cpu-quota','pids-limit','cpuset','restart','restart-max',"
      "'log-driver','user','no-new-privileges') UNION ALL "
      "SELECT name || ' option=' || CASE key WHEN 'selinux-label' THEN 'label' ELSE key END || '=' "
      "|| value FROM container_setting WHERE key IN ('apparmor', 'seccomp', 'selinux-label') AND "
      "value IN ('unconfined', 'disable') AND because IS NULL UNION ALL "
      "SELECT name || ' ' || change || '=' || capability FROM container_capability UNION ALL "
      "SELECT name || ' mount=' || type || ' ' || source || ' ' || destination || "
      "CASE read_only WHEN 1 THEN ' ro' ELSE ' rw' END FROM container_mount UNION ALL "
      "SELECT name || ' port=' || port || '/' || protocol || ' ' || host_ip || ' ' || host_port "
      "FROM container_port WHERE published UNION ALL "
      "SELECT name || ' env=' || variable FROM container_variable");
}

std::string joined(const Lines& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

TEST(PodmanState, BothDatabasesSayWhatInspectSays) {
  const Json records = fixture("records.json"), inspected = fixture("inspect.json");
  ASSERT_EQ(records.size(), inspected.size());
  Lines said;
  for (const Json& one : inspected)
    for (const std::string& line : said_by_podman(one))
      said.insert(one["Name"].get<std::string>() + " " + line);
  const auto lines = [](const std::string& answer) {
    Lines out;
    for (size_t at = 0; at < answer.size(); at = answer.find('\n', at) + 1)
      out.insert(answer.substr(at, answer.find('\n', at) - at));
    return joined(out);
  };
  EXPECT_GE(said.size(), 400u);  // some 23 for each container
  auto bolt = host();
  bolt->file("var/lib/containers/storage/libpod/bolt_state.db", in_bolt(records));
  EXPECT_EQ(lines(read(bolt)), joined(said));
  auto sqlite = host();
  sqlite->file("etc/containers/storage.conf", "[storage]\ngraphroot = \"/srv/pods\"\n");
  sqlite->file("srv/pods/db.sql", in_sqlite(records));
  EXPECT_EQ(lines(read(sqlite)), joined(said));
  EXPECT_EQ(test::facts(sqlite,
                        "SELECT DISTINCT source, engine, is_host_root, loc FROM container "
                        "WHERE name <> 'private'"),
            "state | podman | 1 | srv/pods/db.sql\n");
}

TEST(PodmanState, ContainersOfUsersAreNotRootOfTheHost) {
  auto tree = host();
  tree->file("home/al/.local/share/containers/storage/db.sql", in_sqlite(fixture("records.json")));
  EXPECT_EQ(test::facts(tree, "SELECT DISTINCT is_host_root FROM container"), "0\n");
}

TEST(PodmanState, ContainersThatNoDatabaseKnowsAreSaid) {
  auto tree = host();
  tree->file("var/lib/containers/storage/overlay-containers/containers.json",
             "[{\"id\": \"1122334455667788\", \"names\": [\"x\"]}]\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT DISTINCT code, message, effect, loc FROM parse_issue WHERE "
                  "table_name = 'container_setting'"),
      "unknown-container | what container 112233445566 may do is not known: neither db.sql nor "
      "libpod/bolt_state.db of this storage has it | unknown | "
      "var/lib/containers/storage/overlay-containers/containers.json:1:3\n");
  tree->file("var/lib/containers/storage/db.sql", "no database");
  EXPECT_EQ(test::facts(tree,
                        "SELECT DISTINCT code, effect FROM parse_issue WHERE path LIKE "
                        "'%db.sql' AND table_name = 'container'"),
            "broken-database | unknown\n");
}

TEST(PodmanState, MoreContainersThanAreReadAreSaid) {
  test::BoltBucket root;
  for (size_t i = 0; i <= 10'000; ++i)
    root.buckets["ctr"].buckets[std::to_string(100'000 + i)].keys["config"] = "{}";
  auto tree = host();
  tree->file("var/lib/containers/storage/libpod/bolt_state.db", test::BoltWriter(true).write(root));
  EXPECT_EQ(test::facts(tree,
                        "SELECT (SELECT count(*) FROM container), code, effect FROM parse_issue "
                        "WHERE table_name = 'container'"),
            "10000 | too-many-records | unknown\n");
}

// What containerd keeps: protobuf around the same specification.
TEST(ContainerdState, ContainersOfItsNamespaces) {
  const std::string spec =
      "{\"process\": {\"user\": {\"uid\": 0}, \"capabilities\": {\"bounding\": [\"CAP_SYS_ADMIN\", "
      "\"CAP_SYS_MODULE\", \"CAP_SYS_RAWIO\"]}, \"env\": [\"API_TOKEN=x\"]}, \"mounts\": "
      "[{\"destination\": \"/h\", \"type\": \"bind\", \"source\": \"/\", \"options\": "
      "[\"rbind\"]}, {\"destination\": \"/etc/hosts\", \"type\": \"bind\", \"source\": "
      "\"/var/lib/kubelet/pods/1/etc-hosts\", \"options\": [\"rbind\"]}], \"linux\": "
      "{\"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"network\", \"path\": "
      "\"/proc/1/ns/net\"}]}}";
  std::string any = "\x0a\x03url\x12";
  any += static_cast<char>(0x80 | (spec.size() & 0x7f));
  any += static_cast<char>(spec.size() >> 7);
  any += spec;
  test::BoltBucket root;
  auto& space = root.buckets["v1"].buckets["k8s.io"];
  auto& web = space.buckets["containers"].buckets["c1"];
  web.keys = {{"image", "docker.io/library/web:1"}, {"spec", any}};
  web.buckets["labels"].keys = {{"io.kubernetes.container.name", "web"},
                                {"io.kubernetes.pod.name", "front"}};
  auto& sandbox = space.buckets["containers"].buckets["c2"];
  sandbox.keys["spec"] = any;
  sandbox.buckets["labels"].keys["io.cri-containerd.kind"] = "sandbox";
  root.buckets["v1"].buckets["moby"].buckets["containers"].buckets["c3"].keys["spec"] = any;
  auto& images = space.buckets["images"];
  images.buckets["docker.io/library/web:1"].buckets["target"].keys["digest"] =
      "sha256:" + std::string(64, 'a');
  auto tree = host();
  tree->file("var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db",
             test::BoltWriter(true).write(root));
  EXPECT_EQ(test::facts(tree, "SELECT name, engine, image, uid, is_host_root FROM container"),
            "front/web | containerd | docker.io/library/web:1 | 0 | 1\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT key, value FROM container_setting WHERE key IN "
                        "('privileged', 'pid', 'network', 'ipc') ORDER BY key"),
            "ipc | host\nnetwork | ns:/proc/1/ns/net\npid | private\nprivileged | true\n");
  EXPECT_EQ(test::facts(tree, "SELECT source, exposes FROM container_mount"),
            "/ | the whole host\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT table_name, message FROM parse_issue WHERE path LIKE '%meta.db' "
                  "AND table_name IN ('image', 'container')"),
      "image | what is in image 'docker.io/library/web:1' is not known: no configuration of it "
      "is in the content store\n");
}

}  // namespace
}  // namespace drydock
