// Rules about Docker's networks: what they judge lies in a database, which the examples of a rule cannot hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run.h"
#include "tests/parsers/bolt_writer.h"

namespace drydock::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DockerNetworkRules : public testing::Test {
 protected:
  DockerNetworkRules() {
    w.file("host/etc/passwd", "root:*:0:0::/root:/bin/sh\n")
        .file("host/etc/os-release", "ID=debian\n")
        .file("host/etc/docker/daemon.json", "{}\n")
        .file("host/var/lib/docker/containers/c/config.v2.json",
              R"({"Name": "/web", "NetworkSettings": {"Networks": {"app": {"NetworkID": "n"}}}})")
        .file("host/var/lib/docker/containers/c/hostconfig.json",
              R"({"NetworkMode": "app", "PortBindings": {"80/tcp": [{"HostPort": "8080"}]}})");
  }
  // Of a network that was made with these options.
  std::string findings(const std::string& options, const std::string& rule,
                       const std::string& more = "") {
    BoltBucket root;
    root.buckets["libnetwork"].keys["docker/network/v1.0/network/n/"] =
        std::string(8, '\1') + R"({"name":"app","networkType":"bridge",)" + more +
        R"("generic":{"com.docker.network.generic":{)" + options + "}}}";
    w.file("host/var/lib/docker/network/files/local-kv.db", BoltWriter(false).write(root));
    return w.drydock({"scan", "host", "--rule", rule}).out;
  }
  Workspace w;
};

TEST_F(DockerNetworkRules, TheModeOfTheGatewayIsJudged) {
  const std::string rule = "docker-direct-routing", is_open = "wanted: from outside only";
  const std::string mode = R"("com.docker.network.bridge.gateway_mode_ipv)";
  EXPECT_THAT(findings(mode + R"(4":"nat-unprotected")", rule),
              AllOf(HasSubstr("gateway_mode_ipv4 of the network app is nat-unprotected"),
                    HasSubstr("--> /var/lib/docker/network/files/local-kv.db")));
  EXPECT_THAT(findings(mode + R"(4":"nat")", rule), Not(HasSubstr(is_open)));
  EXPECT_THAT(findings("", rule), Not(HasSubstr(is_open)));
  // Without IPv6, or without a way out, there is nothing to reach.
  EXPECT_THAT(findings(mode + R"(6":"routed")", rule), Not(HasSubstr(is_open)));
  EXPECT_THAT(findings(mode + R"(6":"routed")", rule, R"("enableIPv6":true,)"), HasSubstr(is_open));
  EXPECT_THAT(findings(mode + R"(4":"routed")", rule, R"("internal":true,)"),
              Not(HasSubstr(is_open)));
}

TEST_F(DockerNetworkRules, APortHasTheAddressOfItsNetwork) {
  const std::string rule = "container-port-any-address",
                    binding = R"("com.docker.network.bridge.host_binding_ipv4":)";
  EXPECT_THAT(findings("", rule), HasSubstr("publishes its port 80/tcp on 0.0.0.0"));
  EXPECT_THAT(findings(binding + R"("127.0.0.1")", rule), HasSubstr("No weakness found"));
  EXPECT_THAT(findings(binding + R"("0.0.0.0")", rule), HasSubstr("publishes its port 80/tcp"));
  EXPECT_THAT(findings("", rule, R"("internal":true,)"), HasSubstr("No weakness found"));
  // Of a database that cannot be read it is said.
  w.file("host/var/lib/docker/network/files/local-kv.db", "damaged");
  EXPECT_THAT(w.drydock({"scan", "host", "--rule", rule}).out,
              HasSubstr("incomplete: not everything was read"));
}

}  // namespace
}  // namespace drydock::test
