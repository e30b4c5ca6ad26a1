// Ports of containers in reachable_port. What dockerd's rules do to a packet is told in
// docs.docker.com/engine/network/packet-filtering-firewalls.
#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kPublished =
    "SELECT manager, container, protocol, ports, source, interface, conditions, bypasses, enabled "
    "FROM "
    "reachable_port WHERE container IS NOT NULL ORDER BY container, ports";

class Host {
 public:
  Host() {
    tree_->file("usr/lib/systemd/systemd", "", 0755).file("etc/docker/daemon.json", "{}\n");
    unit("docker.service");
  }
  Host& unit(const std::string& name) {
    tree_->file("usr/lib/systemd/system/" + name, "[Install]\nWantedBy=multi-user.target\n");
    tree_->symlink("etc/systemd/system/multi-user.target.wants/" + name,
                   "/usr/lib/systemd/system/" + name);
    return *this;
  }
  Host& file(const std::string& path, const std::string& text) {
    tree_->file(path, text);
    return *this;
  }
  // `more`: further members of hostconfig.json.
  Host& container(const std::string& name, const std::string& bindings,
                  const std::string& more = "", bool running = true) {
    const std::string at = "var/lib/docker/containers/" + name;
    tree_->file(at + "/hostconfig.json", "{\"PortBindings\": {" + bindings + "}" + more + "}");
    tree_->file(at + "/config.v2.json",
                "{\"ID\": \"" + name + "\", \"Name\": \"/" + name +
                    "\", \"State\": {\"Running\": " + (running ? "true" : "false") +
                    ", \"StartedAt\": \"2026-01-01T00:00:00Z\"}}");
    return *this;
  }
  Host& ufw(const std::string& user = "", const std::string& after = "") {
    unit("ufw.service");
    file("etc/ufw/ufw.conf", "ENABLED=yes\n")
        .file("etc/default/ufw", "IPV6=yes\nDEFAULT_INPUT_POLICY=\"DROP\"\n");
    file("etc/ufw/user.rules", "*filter\n:ufw-user-input - [0:0]\n" + user + "COMMIT\n");
    return file("etc/ufw/after.rules", "*filter\n:DOCKER-USER - [0:0]\n" + after + "COMMIT\n");
  }
  std::string ask(std::string_view sql) const { return test::facts(tree_, sql); }
  std::string published() const { return ask(kPublished); }

 private:
  std::shared_ptr<MemoryTree> tree_ = std::make_shared<MemoryTree>();
};

constexpr auto kDatabase = "\"5432/tcp\": [{\"HostIp\": \"\", \"HostPort\": \"15432\"}]";

TEST(PublishedPort, NeverMeetsTheInputChainsOfUfw) {
  EXPECT_EQ(Host().container("db", kDatabase).ufw().published(),
            "docker | db | tcp | 15432 | - | - | - | ufw | 1\n");
  // What ufw lets in anyway is not let in behind its back; the rule for the port inside means nothing.
  EXPECT_EQ(Host()
                .container("db", kDatabase)
                .ufw("-A ufw-user-input -p tcp --dport 15432 -j ACCEPT\n")
                .published(),
            "docker | db | tcp | 15432 | - | - | - | - | 1\n");
  EXPECT_EQ(Host()
                .container("db", kDatabase)
                .ufw("-A ufw-user-input -p tcp --dport 5432 -j ACCEPT\n")
                .published(),
            "docker | db | tcp | 15432 | - | - | - | ufw | 1\n");
  // Without a firewall nothing is bypassed.
  EXPECT_EQ(Host().container("db", kDatabase).published(),
            "docker | db | tcp | 15432 | - | - | - | - | 1\n");
}

TEST(PublishedPort, OnOneAddressIsReachedThere) {
  EXPECT_EQ(Host()
                .container("a", "\"80/tcp\": [{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"80\"}]")
                .container("b", "\"80/udp\": [{\"HostIp\": \"192.0.2.7\", \"HostPort\": \"80\"}]")
                .container("c", "\"80/tcp\": [{\"HostIp\": \"::1\", \"HostPort\": \"80\"}]")
                .container("d", "\"80/tcp\": [{\"HostIp\": \"::\", \"HostPort\": \"81\"}]")
                .published(),
            "docker | b | udp | 80 | - | - | to 192.0.2.7 | - | 1\n");
  EXPECT_EQ(Host()
                .file("etc/docker/daemon.json", "{\"ip\": \"127.0.0.1\"}")
                .container("db", kDatabase)
                .published(),
            "");
}

// Which families a port is reached by. docker-proxy listens for IPv6 as any process does; what ip6tables translates
// is forwarded past ufw, as with IPv4.
TEST(PublishedPort, ByIPv6) {
  const std::string bindings =
      "\"80/tcp\": [{\"HostIp\": \"\", \"HostPort\": \"80\"}], \"81/tcp\": [{\"HostIp\": "
      "\"0.0.0.0\", \"HostPort\": \"81\"}], \"82/tcp\": [{\"HostIp\": \"::\", \"HostPort\": "
      "\"82\"}], \"83/tcp\": [{\"HostIp\": \"2001:db8::1\", \"HostPort\": \"83\"}]";
  const auto host = [&](const std::string& daemon, const std::string& address) {
    Host out;
    out.container("web", bindings).file("etc/docker/daemon.json", daemon).ufw();
    return out.file("var/lib/docker/containers/web/config.v2.json",
                    "{\"ID\": \"web\", \"Name\": \"/web\", \"State\": {\"Running\": true, "
                    "\"StartedAt\": \"2026-01-01T00:00:00Z\"}, \"NetworkSettings\": {\"Networks\": "
                    "{\"bridge\": {\"GlobalIPv6Address\": \"" +
                        address + "\"}}}}");
  };
  const auto families = [](const Host& one) {
    return one.ask(
        "SELECT port, host_ip, coalesce(families, '-') FROM container_port ORDER BY port");
  };
  const auto reached = [](const Host& one) {
    return one.ask(
        "SELECT family, ports, conditions, bypasses FROM reachable_port WHERE container "
        "IS NOT NULL ORDER BY ports, family");
  };
  const std::string both =
      "80 | 0.0.0.0 | ip,ip6\n81 | 0.0.0.0 | ip\n82 | :: | ip6\n83 | 2001:db8::1 | ip6\n";
  const std::string by_ip = "ip | 80 | - | ufw\nip | 81 | - | ufw\n";
  EXPECT_EQ(families(host("{}", "")), both);
  EXPECT_EQ(reached(host("{}", "")), by_ip);
  EXPECT_EQ(families(host("{\"userland-proxy\": false}", "")),
            "80 | 0.0.0.0 | ip\n81 | 0.0.0.0 | ip\n82 | :: | -\n83 | 2001:db8::1 | -\n");
  const std::string by_both =
      "ip | 80 | - | ufw\nip6 | 80 | - | ufw\nip | 81 | - | ufw\nip6 | 82 | - | ufw\n"
      "ip6 | 83 | to 2001:db8::1 | ufw\n";
  EXPECT_EQ(families(host("{\"userland-proxy\": false}", "fd00::2")), both);
  EXPECT_EQ(reached(host("{}", "fd00::2")), by_both);
  EXPECT_EQ(reached(host("{\"ipv6\": true}", "")), by_both);
  EXPECT_EQ(reached(host("{\"ip6tables\": false}", "fd00::2")), by_ip);
  EXPECT_EQ(reached(host("{\"ip\": \"192.0.2.1\"}", "")),
            "ip | 80 | to 192.0.2.1 | ufw\nip | 81 | - | ufw\n");
  // Before 27.0 ip6tables had to be asked for.
  const std::string status =
      "Package: docker-ce\nStatus: install ok installed\nArchitecture: "
      "amd64\nVersion: 5:26.1.4-1\n";
  EXPECT_EQ(reached(host("{}", "fd00::2").file("var/lib/dpkg/status", status)), by_ip);
  EXPECT_EQ(reached(host("{\"ip6tables\": true}", "fd00::2").file("var/lib/dpkg/status", status)),
            by_both);
}

TEST(PublishedPort, OfAContainerThatDoesNotStartIsNot) {
  EXPECT_EQ(
      Host()
          .container("a", kDatabase, "", false)
          .container("b", kDatabase, ", \"RestartPolicy\": {\"Name\": \"always\"}", false)
          .container("c", kDatabase, ", \"RestartPolicy\": {\"Name\": \"unless-stopped\"}", false)
          .container("d", kDatabase, ", \"NetworkMode\": \"host\"")
          .published(),
      "docker | a | tcp | 15432 | - | - | - | - | 0\n"
      "docker | b | tcp | 15432 | - | - | - | - | 1\n"
      "docker | c | tcp | 15432 | - | - | - | - | -\n");
}

// The chain comes before Docker's own, and sees the port inside the container.
TEST(PublishedPort, IsWhatDockerUserLeavesOfIt) {
  const auto with = [](const std::string& rules) {
    return Host().container("db", kDatabase).ufw("", rules).published();
  };
  EXPECT_EQ(with("-A DOCKER-USER -p tcp --dport 5432 -j DROP\n"), "");
  EXPECT_EQ(with("-A DOCKER-USER -p tcp --dport 15432 -j DROP\n"),
            "docker | db | tcp | 15432 | - | - | - | ufw | 1\n");
  EXPECT_EQ(
      with("-A DOCKER-USER -p tcp -m conntrack --ctorigdstport 15432 --ctdir ORIGINAL -j DROP\n"),
      "");
  EXPECT_EQ(with("-A DOCKER-USER -p udp -j DROP\n"),
            "docker | db | tcp | 15432 | - | - | - | ufw | 1\n");
  EXPECT_EQ(with("-A DOCKER-USER -s 10.0.0.0/8 -j RETURN\n-A DOCKER-USER -j DROP\n"),
            "docker | db | tcp | 15432 | 10.0.0.0/8 | - | - | - | 1\n");
  EXPECT_EQ(with("-A DOCKER-USER -i eth0 ! -s 192.0.2.0/24 -j DROP\n"),
            "docker | db | tcp | 15432 | 192.0.2.0/24 | - | - | - | 1\n");
  EXPECT_EQ(with("-A DOCKER-USER -i eth0 -j DROP\n"),
            "docker | db | tcp | 15432 | - | - | not through eth0 | - | 1\n");
}

// github.com/chaifeng/ufw-docker writes this, with its options behind the target.
TEST(PublishedPort, IsAskedOfUfwWhereSomebodySawToIt) {
  const std::string after =
      ":ufw-user-forward - [0:0]\n:ufw-docker-logging-deny - [0:0]\n"
      "-A DOCKER-USER -j ufw-user-forward\n"
      "-A DOCKER-USER -j RETURN -s 10.0.0.0/8\n-A DOCKER-USER -j RETURN -s 192.168.0.0/16\n"
      "-A DOCKER-USER -p udp -m udp --sport 53 --dport 1024:65535 -j RETURN\n"
      "-A DOCKER-USER -j ufw-docker-logging-deny -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -d "
      "192.168.0.0/16\n"
      "-A DOCKER-USER -j ufw-docker-logging-deny -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -d "
      "10.0.0.0/8\n"
      "-A DOCKER-USER -j ufw-docker-logging-deny -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -d "
      "172.16.0.0/12\n"
      "-A DOCKER-USER -j RETURN\n"
      "-A ufw-docker-logging-deny -m limit --limit 3/min -j LOG --log-prefix \"[X] \"\n"
      "-A ufw-docker-logging-deny -j DROP\n";
  EXPECT_EQ(Host().container("db", kDatabase).ufw("", after).published(),
            "docker | db | tcp | 15432 | 10.0.0.0/8 | - | - | - | 1\n"
            "docker | db | tcp | 15432 | 192.168.0.0/16 | - | - | - | 1\n");
}

// nft(8): each base chain of a hook has its say, so a drop there holds against what Docker accepts.
TEST(PublishedPort, IsDroppedByABaseChainOfNftables) {
  const auto with = [](const std::string& rules) {
    return Host()
        .unit("nftables.service")
        .file("etc/nftables.conf",
              "table inet f {\n chain i { type filter hook input priority 0; policy drop; }\n"
              " chain o {\n  type filter hook forward priority 0; policy drop;\n" +
                  rules + " }\n}\n")
        .container("db", kDatabase)
        .published();
  };
  EXPECT_EQ(with(""), "");
  EXPECT_EQ(with("  tcp dport 5432 ip saddr 10.0.0.0/8 accept\n"),
            "docker | db | tcp | 15432 | 10.0.0.0/8 | - | - | - | 1\n");
  EXPECT_EQ(with("  ct status dnat accept\n"),
            "docker | db | tcp | 15432 | - | - | - | nftables | 1\n");
}

TEST(PublishedPort, GoesThroughInputWhereDockerSetsNoRules) {
  EXPECT_EQ(Host()
                .file("etc/docker/daemon.json", "{\"iptables\": false}")
                .container("db", kDatabase)
                .published(),
            "");
}

TEST(PublishedPort, OfAComposeFileMayBe) {
  EXPECT_EQ(
      Host()
          .container("db", kDatabase)
          .ufw()
          .file(
              "opt/app/compose.yaml",
              "services:\n  db:\n    image: x\n    ports: [\"15432:5432\"]\n  web:\n    image: x\n"
              "    ports: [\"8000-8002:80-82\", \"127.0.0.1:1:1\"]\n")
          .file("etc/containers/systemd/pod.container",
                "[Container]\nImage=app:1\nPublishPort=8080:80\n")
          .published(),
      "docker | db | tcp | 15432 | - | - | - | ufw | 1\n"
      "podman | systemd-pod | tcp | 8080 | - | - | - | ufw | -\n"
      "docker | web | tcp | 8000-8002 | - | - | - | ufw | -\n");
}

}  // namespace
}  // namespace drydock
