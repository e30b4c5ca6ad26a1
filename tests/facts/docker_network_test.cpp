// Docker's networks and the ports that containers publish through them. Those of fixtures/docker-networks were made by
// dockerd 20.10 (--ip=127.0.0.9, in a network namespace): records.json is what libnetwork kept of them,
// networks.json and the rest what `docker network inspect` and `docker inspect` said while all containers ran.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/facts/facts.h"
#include "tests/parsers/bolt_writer.h"
#include "tests/paths.h"

namespace drydock {
namespace {

using Json = nlohmann::json;
using Lines = std::multiset<std::string>;

constexpr auto kDatabase = "var/lib/docker/network/files/local-kv.db";
const std::string kPrefix = "docker/network/v1.0/";

Json fixture(const std::string& name) {
  std::ifstream file(test::source_dir() + "/fixtures/docker-networks/" + name);
  return Json::parse(file);
}

Lines lines(const std::string& text) {
  Lines out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.insert(line);
  return out;
}

std::shared_ptr<MemoryTree> host(const std::string& daemon = "{}") {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/passwd", "root:x:0:0::/root:/bin/sh\n").file("etc/docker/daemon.json", daemon);
  return tree;
}

// The records as libkv's boltdb keeps them: eight bytes, then the record.
std::string database(const std::map<std::string, std::string>& records) {
  test::BoltBucket root;
  for (const auto& [key, record] : records)
    root.buckets["libnetwork"].keys[kPrefix + key] = std::string(8, '\1') + record;
  return test::BoltWriter(false, 3).write(root);
}

std::string real_database() {
  std::map<std::string, std::string> records;
  for (const Json& record : fixture("records.json"))
    records[record["key"].get<std::string>().substr(kPrefix.size())] = record["value"].dump();
  return database(records);
}

bool is_swarm(const Json& network) {
  return network["Scope"] == "swarm";
}

TEST(DockerNetwork, IsWhatDockerNetworkInspectSays) {
  auto tree = host();
  tree->file("var/lib/docker/containers/x/hostconfig.json", "{}").file(kDatabase, real_database());
  Lines said;
  const auto option = [](const Json& network, const std::string& name) {
    const Json& options = network["Options"];
    return options.is_object() ? options.value(name, std::string()) : "";
  };
  for (const Json& n : fixture("networks.json")) {
    if (is_swarm(n)) continue;
    const auto of_bridge = [&](const char* name) {
      return option(n, std::string("com.docker.network.bridge.") + name);
    };
    const auto is = [](const std::string& word) {  // as strconv.ParseBool; on where it is not set
      return word == "false" || word == "F" || word == "0" ? " | 0" : " | 1";
    };
    std::string subnets, line = n["Name"].get<std::string>() + " | " + n["Id"].get<std::string>();
    for (const Json& subnet : n["Subnets"])
      subnets += (subnets.empty() ? "" : ",") + subnet.get<std::string>();
    for (const char* key : {"Driver", "Scope", "Created"})
      line += " | " + n[key].get<std::string>();
    for (const char* key : {"Internal", "Attachable", "ConfigOnly", "EnableIPv6"})
      line += n[key] == true ? " | 1" : " | 0";
    line += " | " + (subnets.empty() ? "-" : subnets);
    if (n["Driver"] != "bridge") {
      said.insert(line + " | - | - | - | - | 0");
      continue;
    }
    const std::string name = of_bridge("name"), binding = of_bridge("host_binding_ipv4");
    line += " | " + (name.empty() ? "br-" + n["Id"].get<std::string>().substr(0, 12) : name);
    line += is(of_bridge("enable_icc")) + std::string(is(of_bridge("enable_ip_masquerade")));
    said.insert(line + " | " + (binding.empty() ? "-" : binding) +
                (of_bridge("default_bridge") == "true" ? " | 1" : " | 0"));
  }
  EXPECT_GE(said.size(), 16u);
  EXPECT_EQ(
      lines(test::facts(tree,
                        "SELECT name, id, driver, scope, created, is_internal, is_attachable, "
                        "is_config_only, has_ipv6, subnets, interface, icc, masquerade, "
                        "host_binding, is_default FROM docker_network")),
      said);
}

// 168 containers, most on two networks or three, with and without an address in -p.
TEST(DockerNetwork, PublishesPortsWhereDockerBoundThem) {
  auto tree = host("{\"ip\": \"127.0.0.9\"}");
  tree->file(kDatabase, real_database());
  Lines said;
  std::set<std::string> addresses;
  size_t cases = 0;
  for (const Json& c : fixture("containers.json")) {
    const std::string name = c["name"], at = "var/lib/docker/containers/" + name + "/";
    Json networks = Json::object();
    for (const auto& [key, id] : c["networks"].items()) networks[key] = {{"NetworkID", id}};
    tree->file(at + "config.v2.json",
               Json{{"ID", name}, {"NetworkSettings", {{"Networks", networks}}}}.dump());
    tree->file(at + "hostconfig.json",
               Json{{"NetworkMode", c["mode"]}, {"PortBindings", c["bindings"]}}.dump());
    // For every address dockerd names 0.0.0.0 and, through docker-proxy, :: with the same port.
    for (const std::string bound : c["bound"]) {
      if (bound.starts_with(":: ")) continue;
      said.insert(name + " | " + bound.substr(0, bound.find(' ')) + " | " +
                  bound.substr(bound.find(' ') + 1));
      addresses.insert(bound.substr(0, bound.find(' ')));
    }
    ++cases;
  }
  EXPECT_GE(cases, 168u);
  EXPECT_EQ(addresses, (std::set<std::string>{"0.0.0.0", "127.0.0.1", "127.0.0.5", "127.0.0.6",
                                              "127.0.0.7", "127.0.0.9", "::1"}));
  const Lines ours = lines(test::facts(
      tree, "SELECT container, host_ip, host_port FROM container_port WHERE published"));
  Lines only_ours, only_docker;
  std::ranges::set_difference(ours, said, std::inserter(only_ours, only_ours.end()));
  std::ranges::set_difference(said, ours, std::inserter(only_docker, only_docker.end()));
  // Before Docker took the gateway from internal networks (libnetwork/drivers/bridge, Join) such a one went before
  // docker_gwbridge, and nothing was published. Of newer ones it is published, which is what is told.
  EXPECT_EQ(only_ours, Lines({"s-ov-inner | 0.0.0.0 | 3024"}));
  EXPECT_EQ(only_docker, Lines());
}

TEST(DockerNetwork, JoinsTheContainersThatAreOnIt) {
  auto tree = host();
  tree->file(kDatabase, database({{"network/n1/", R"({"name":"app","networkType":"bridge"})"}}));
  tree->file(
      "var/lib/docker/containers/c/config.v2.json",
      R"({"ID":"c","NetworkSettings":{"Networks":{"app":{"NetworkID":"n1","GwPriority":-9223372036854775808}}}})");
  EXPECT_EQ(test::facts(tree,
                        "SELECT c.network, n.driver, n.icc, n.gateway_mode_ipv4, n.store FROM "
                        "container_network c JOIN docker_network n ON n.id = c.network_id"),
            "app | bridge | 1 | nat | var/lib/docker\n");
}

// What the bridge driver keeps of a network goes before the options it was given; those are all that is there of one
// that never got that far.
TEST(DockerNetwork, IsWhatItsDriverMadeOfTheOptions) {
  const std::string options =
      R"({"name":"a","networkType":"bridge","generic":{"com.docker.network.generic":{)"
      R"("com.docker.network.bridge.enable_icc":"f","com.docker.network.bridge.gateway_mode_ipv6":"routed",)"
      R"("com.docker.network.bridge.host_binding_ipv4":"192.0.2.1"}}})";
  constexpr auto kSql =
      "SELECT icc, masquerade, host_binding, gateway_mode_ipv4, gateway_mode_ipv6, interface FROM "
      "docker_network";
  auto tree = host();
  tree->file("var/lib/docker/containers/x/hostconfig.json", "{}");
  tree->file(kDatabase, database({{"network/0123456789abcdef/", options}}));
  EXPECT_EQ(test::facts(tree, kSql), "0 | 1 | 192.0.2.1 | nat | routed | br-0123456789ab\n");
  tree->file(
      kDatabase,
      database({{"network/0123456789abcdef/", options},
                {"bridge/0123456789abcdef/",
                 R"({"EnableICC":true,"EnableIPMasquerade":false,"DefaultBindingIP":"<nil>",)"
                 R"("GwModeIPv4":"nat-unprotected","GwModeIPv6":"","BridgeName":"br7"})"}}));
  EXPECT_EQ(test::facts(tree, kSql), "1 | 0 | - | nat-unprotected | nat | br7\n");
}

TEST(DockerNetwork, WhatCannotBeReadIsSaid) {
  constexpr auto kSql = "SELECT name FROM docker_network ORDER BY 1";
  constexpr auto kIssues =
      "SELECT path, code, effect, table_name FROM parse_issue WHERE path LIKE '%.db' "
      "ORDER BY table_name";
  const auto ask = [&](const std::string& content) {
    auto tree = host();
    tree->file("var/lib/docker/containers/x/hostconfig.json", "{}").file(kDatabase, content);
    return test::facts(tree, kSql) + test::facts(tree, kIssues);
  };
  const auto unknown = [](const std::string& code) {
    const std::string line = std::string(kDatabase) + " | " + code + " | unknown | ";
    return line + "container_port\n" + line + "docker_network\n";
  };
  const std::string app = R"({"name":"app","networkType":"bridge"})";
  EXPECT_EQ(ask(database({{"network/1/", app}})), "app\n");
  EXPECT_EQ(ask("no database"), unknown("not-a-database"));
  EXPECT_EQ(ask(database({{"network/1/", app}, {"network/2/", "{\"name\":"}})),
            "app\n" + unknown("broken-record"));
  EXPECT_EQ(ask(database({{"network/1/", app}, {"network/2/", "[]"}, {"bridge/1/", "7"}})),
            "app\n" + unknown("broken-record"));
  EXPECT_EQ(ask(database({{"network/1/", app}, {"network/2/", std::string(300'000, ' ')}})),
            "app\n" + unknown("too-many-records"));
  // Half removed: dockerd removes it at its next start. Records of other kinds are not looked at.
  EXPECT_EQ(ask(database({{"network/1/", R"({"name":"old","inDelete":true})"},
                          {"network/", ""},
                          {"endpoint/1/2/", "x"}})),
            "");
  // Fields of other kinds than libnetwork writes.
  EXPECT_EQ(ask(database(
                {{"network/1/", R"({"name":7,"ipamV4Info":[],"ipamV4Config":"{","generic":3})"}})),
            "\n");
}

TEST(DockerNetwork, OfAComposeFileBindsThePortsOfItsServices) {
  const auto ask = [](const std::string& networks, const std::string& service) {
    auto tree = host(
        "{\"ip\": \"127.0.0.9\", \"default-network-opts\": {\"bridge\": "
        "{\"com.docker.network.bridge.host_binding_ipv4\": \"127.0.0.3\"}}}");
    tree->file("var/lib/docker/containers/x/hostconfig.json", "{}");
    tree->file(kDatabase, real_database());
    tree->file("srv/shop/compose.yaml",
               "services:\n  web:\n    image: a\n    ports: ['80:80']\n" + service + networks);
    return test::facts(
        tree, "SELECT published, host_ip FROM container_port WHERE container LIKE '%#web'");
  };
  const std::string binding =
      "    driver_opts:\n      com.docker.network.bridge.host_binding_ipv4: ";
  // The daemon's `ip` is for the default bridge only.
  EXPECT_EQ(ask("", ""), "1 | 127.0.0.3\n");
  EXPECT_EQ(ask("", "    network_mode: bridge\n"), "1 | 127.0.0.9\n");
  EXPECT_EQ(ask("", "    network_mode: host\n"), "0 | -\n");
  EXPECT_EQ(ask("networks:\n  default:\n" + binding + "127.0.0.2\n", ""), "1 | 127.0.0.2\n");
  EXPECT_EQ(ask("networks:\n  default:\n    internal: true\n", ""), "0 | -\n");
  EXPECT_EQ(ask("networks:\n  b:\n    name: z\n" + binding + "127.0.0.4\n  c:\n" + binding +
                    "127.0.0.2\n",
                "    networks: [b, c]\n"),
            "1 | 127.0.0.2\n");
  EXPECT_EQ(ask("networks:\n  b:\n" + binding + "127.0.0.4\n  c:\n" + binding + "127.0.0.2\n",
                "    networks:\n      b:\n      c: {gw_priority: 1}\n"),
            "1 | 127.0.0.2\n");
  // That of the host, where it is known.
  EXPECT_EQ(ask("networks:\n  b: {external: true, name: aaa}\n", "    networks: [b]\n"),
            "1 | 127.0.0.5\n");
  EXPECT_EQ(ask("networks:\n  b: {external: true}\n", "    networks: [b]\n"), "1 | 0.0.0.0\n");
}

}  // namespace
}  // namespace drydock
