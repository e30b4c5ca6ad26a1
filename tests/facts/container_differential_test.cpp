// What `docker inspect` said of containers and what is read from the state they left behind. The
// containers of fixtures/docker-state were made by dockerd 20.10 with `docker create`; their files are
// cut down to what matters. DRYDOCK_DOCKER_STATE names a directory with more of them: containers/ as it
// lies in a data root, and inspect.json, the answer of `docker inspect`.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/facts/facts.h"
#include "tests/paths.h"

namespace drydock {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

Words sorted(Words words) {
  std::sort(words.begin(), words.end());
  return words;
}

std::string text(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string limit(const Json& value) {
  return value.is_number_integer() ? std::to_string(std::max<int64_t>(0, value.get<int64_t>()))
                                   : "0";
}

const Json& array_or_empty(const Json& value) {
  static const Json kEmpty = Json::array();
  return value.is_null() ? kEmpty : value;
}

// One line for each thing that docker says of a container.
Words said_by_docker(const Json& c) {
  const Json& host = c["HostConfig"];
  const Json& config = c["Config"];
  Words out;
  const auto say = [&](const std::string& key, const std::string& value) {
    out.push_back(key + "=" + value);
  };
  say("state", text(c["State"]["Status"]));
  say("image", text(config["Image"]));
  say("image_id", text(c["Image"]));
  say("user", config.contains("User") ? text(config["User"]) : "");
  for (const auto& [key, member] : {std::pair{"privileged", "Privileged"},
                                    {"pid", "PidMode"},
                                    {"ipc", "IpcMode"},
                                    {"uts", "UTSMode"},
                                    {"userns", "UsernsMode"},
                                    {"cgroupns", "CgroupnsMode"},
                                    {"runtime", "Runtime"},
                                    {"network", "NetworkMode"},
                                    {"read-only", "ReadonlyRootfs"},
                                    {"cgroup-parent", "CgroupParent"}})
    say(key, text(host[member]));
  for (const auto& [key, member] : {std::pair{"memory", "Memory"},
                                    {"pids-limit", "PidsLimit"},
                                    {"cpu-shares", "CpuShares"},
                                    {"cpu-quota", "CpuQuota"},
                                    {"nano-cpus", "NanoCpus"}})
    say(key, limit(host[member]));
  const std::string policy = text(host["RestartPolicy"]["Name"]);
  say("restart", policy.empty() ? "no" : policy);
  say("restart-max", limit(host["RestartPolicy"]["MaximumRetryCount"]));
  // Empty before the first start: then it will be docker-default, or nothing for a privileged one.
  const std::string profile = text(c["AppArmorProfile"]);
  say("apparmor", !profile.empty()                 ? profile
                  : host["Privileged"].get<bool>() ? "unconfined"
                                                   : "docker-default");
  for (const auto& [member, change] : {std::pair{"CapAdd", "add"}, {"CapDrop", "drop"}})
    for (const Json& item : array_or_empty(host[member])) {
      std::string name = text(item);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](char ch) { return std::toupper(ch); });
      say(change, name == "ALL" || name.starts_with("CAP_") ? name : "CAP_" + name);
    }
  for (const Json& d : array_or_empty(host["Devices"]))
    say("device", text(d["PathOnHost"]) + " " + text(d["PathInContainer"]) + " " +
                      text(d["CgroupPermissions"]));
  for (const Json& rule : array_or_empty(host["DeviceCgroupRules"])) say("device-rule", text(rule));
  for (const Json& u : array_or_empty(host["Ulimits"]))
    say("ulimit", text(u["Name"]) + " " + text(u["Soft"]) + " " + text(u["Hard"]));
  if (config.contains("Env"))
    for (const Json& variable : array_or_empty(config["Env"]))
      say("variable", text(variable).substr(0, text(variable).find('=')));
  for (const Json& m : c["Mounts"]) {
    if (text(m["Type"]) == "tmpfs") continue;
    std::string source = text(m["Source"]);
    // A volume that was never mounted has no source in the file; docker knows its directory.
    const bool is_volume = text(m["Type"]) == "volume";
    if (is_volume) source = text(m["Name"]);
    say("mount", text(m["Type"]) + " " + source + " " + text(m["Destination"]) +
                     (m["RW"].get<bool>() ? " rw " : " ro ") + text(m["Propagation"]));
  }
  if (const Json& ports = host["PortBindings"]; ports.is_object())
    for (const auto& [port, bindings] : ports.items())
      for (const Json& b : array_or_empty(bindings)) {
        const std::string ip = text(b["HostIp"]);
        say("port", port + " " + (ip.empty() ? "0.0.0.0" : ip) + " " + text(b["HostPort"]));
      }
  return sorted(out);
}

// The same lines from the tables, by container id.
std::map<std::string, Words> read_from_state(const std::shared_ptr<MemoryTree>& tree) {
  constexpr std::string_view kSql =
      "SELECT id, 'state=' || state FROM container UNION ALL "
      "SELECT id, 'image=' || image FROM container UNION ALL "
      "SELECT id, 'image_id=' || image_id FROM container UNION ALL "
      "SELECT container, key || '=' || value FROM container_setting WHERE key IN ('user', "
      "'privileged', 'pid', 'ipc', 'uts', 'userns', 'cgroupns', 'runtime', 'network', 'read-only', "
      "'cgroup-parent', 'memory', 'pids-limit', 'cpu-shares', 'cpu-quota', 'nano-cpus', 'restart', "
      "'restart-max', 'apparmor') UNION ALL "
      "SELECT container, change || '=' || capability FROM container_capability UNION ALL "
      "SELECT container, 'device=' || host_path || ' ' || container_path || ' ' || permissions "
      "FROM container_device WHERE kind = 'device' UNION ALL "
      "SELECT container, 'device-rule=' || host_path FROM container_device "
      "WHERE kind = 'cgroup-rule' UNION ALL "
      "SELECT container, 'ulimit=' || \"limit\" || ' ' || soft || ' ' || hard "
      "FROM container_ulimit UNION ALL "
      "SELECT container, 'variable=' || variable FROM container_variable UNION ALL "
      "SELECT container, 'mount=' || type || ' ' || "
      "CASE WHEN type = 'volume' AND source LIKE '/%/_data' "
      "THEN replace(replace(source, '/var/lib/docker/volumes/', ''), '/_data', '') "
      "ELSE source END || ' ' || destination || "
      "CASE WHEN read_only THEN ' ro ' ELSE ' rw ' END || coalesce(propagation, '') "
      "FROM container_mount WHERE type <> 'tmpfs' UNION ALL "
      "SELECT container, 'port=' || port || '/' || protocol || ' ' || host_ip || ' ' || "
      "coalesce(host_port, '') FROM container_port WHERE published";
  std::map<std::string, Words> out;
  std::istringstream rows(test::facts(tree, kSql));
  for (std::string line; std::getline(rows, line);) {
    const size_t bar = line.find(" | ");
    if (bar != std::string::npos) out[line.substr(0, bar)].push_back(line.substr(bar + 3));
  }
  for (auto& [id, words] : out) words = sorted(words);
  return out;
}

size_t compare(const std::filesystem::path& state) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/docker/daemon.json", "{}\n");
  for (const auto& entry : std::filesystem::directory_iterator(state / "containers"))
    for (const char* name : {"config.v2.json", "hostconfig.json"})
      tree->file("var/lib/docker/containers/" + entry.path().filename().string() + "/" + name,
                 slurp(entry.path() / name));
  const std::map<std::string, Words> ours = read_from_state(tree);
  const Json inspected = Json::parse(slurp(state / "inspect.json"));
  for (const Json& container : inspected) {
    const auto found = ours.find(text(container["Id"]));
    EXPECT_TRUE(found != ours.end()) << text(container["Name"]);
    if (found == ours.end()) continue;
    EXPECT_EQ(found->second, said_by_docker(container)) << text(container["Name"]);
  }
  EXPECT_EQ(ours.size(), inspected.size());
  return inspected.size();
}

TEST(ContainerDifferential, StateSaysWhatDockerInspectSays) {
  EXPECT_GE(compare(test::source_dir() + "/fixtures/docker-state"), 14u);
}

TEST(ContainerDifferential, AStateOfYourOwn) {
  const char* state = std::getenv("DRYDOCK_DOCKER_STATE");
  if (state == nullptr) GTEST_SKIP() << "DRYDOCK_DOCKER_STATE names no state with its inspect.json";
  compare(state);
}

}  // namespace
}  // namespace drydock
