// The same netplan files to drydock and to netplan's generator: what it writes for systemd-networkd and NetworkManager,
// read by drydock as such, must say what drydock says of netplan's own files.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr unsigned kHosts = 240;

class Files {
 public:
  explicit Files(unsigned seed) : random_(seed) {}

  std::shared_ptr<MemoryTree> tree() {
    auto out = std::make_shared<MemoryTree>();
    for (const char* name : {"10.yaml", "20.yaml", "90-x.yaml", "no.yml"})
      if (out->glob("etc/netplan", "*").empty() || random_.one_in(2))
        out->file(
            random_.pick({"etc", "etc", "etc", "run", "lib"}) + std::string("/netplan/") + name,
            text());
    // Of equal names one counts.
    if (random_.one_in(6)) out->file("lib/netplan/10.yaml", text());
    if (random_.one_in(12)) out->file("run/netplan/20.yaml", text());
    return out;
  }

 private:
  std::string text() {
    std::string out = "network:\n", ethernets = random_.one_in(9) ? "e2" : "";
    if (random_.one_in(2))
      out += "  version: " + (random_.one_in(40) ? std::string("1") : "2") + "\n";
    if (random_.one_in(3)) out += "  renderer: " + renderer() + "\n";
    if (!random_.one_in(4)) {
      out += "  ethernets:\n";
      if (random_.one_in(8)) out += "    renderer: " + renderer() + "\n";
      ethernets = random_.pick({"e0", "e1", "e2"});
      for (const char* id : {"e0", "e1", "e2"})
        if (ethernets == id || random_.one_in(2)) out += definition(id);
    }
    if (random_.one_in(4)) out += "  bridges:\n" + definition("br0") + members(ethernets);
    if (random_.one_in(6)) out += "  bonds:\n" + definition("bo0") + members(ethernets);
    if (random_.one_in(8)) out += "  vlans:\n" + definition("v0") + "      id: 7\n      link: e0\n";
    if (random_.one_in(8))
      out += "  wifis:\n" + definition("w0") + "      access-points:\n        cafe" +
             std::to_string(++points_) + ": " +
             random_.pick({"{}", "{password: abcdefgh}", "{auth: {key-management: none}}"}) + "\n";
    if (random_.one_in(8))
      out += "  tunnels:\n" + definition("t0") +
             "      mode: gre\n      local: 192.0.2.1\n      remote: 192.0.2.2\n";
    return out == "network:\n" ? "network: {}\n" : out;
  }

  std::string renderer() {
    return random_.one_in(30) ? "systemd"
                              : random_.pick({"networkd", "NetworkManager", "networkd"});
  }
  std::string members(const std::string& id) {
    return id.empty() || !random_.one_in(4) ? "" : "      interfaces: [" + id + "]\n";
  }
  std::string yes() {
    return random_.one_in(40)
               ? random_.pick({"maybe", "1", "[]"})
               : random_.pick({"true", "false", "yes", "no", "on", "\"off\"", "y", "True"});
  }
  std::string address() {
    return random_.one_in(40)
               ? random_.pick({"10.0.0.1", "10.0.0.1/33", "x/8"})
               : random_.pick({"10.0.0.1/8", "\"192.0.2.7/24\"", "2001:db8::1/64", "'fd00::1/128'",
                               "{10.9.9.9/32: {label: a}}", "{\"fd00::2/64\": {lifetime: 0}}",
                               "198.51.100.1/30"});
  }

  std::string definition(const std::string& id) {
    std::string out = "    " + id + ":\n";
    const auto add = [&](const std::string& line) { out += "      " + line + "\n"; };
    if (id[0] == 'e' && random_.one_in(5)) {
      if (!random_.one_in(20)) add("match: {name: " + id + "x" + "}");
      if (random_.one_in(3)) add("set-name: " + id + "y");
    }
    if (random_.one_in(6)) add("renderer: " + renderer());
    if (random_.one_in(2)) add("dhcp4: " + yes());
    if (random_.one_in(3)) add("dhcp6: " + yes());
    if (random_.one_in(3)) add("accept-ra: " + yes());
    if (random_.one_in(5))
      add("link-local: " + (random_.one_in(20)
                                ? std::string("[ipv5]")
                                : random_.pick({"[]", "[ipv4]", "[ipv6]", "[ipv4, ipv6]"})));
    if (random_.one_in(3)) {
      std::string list = address();
      for (int n = random_.below(3); n > 0; --n)
        if (const std::string other = address(); list.find(other) == std::string::npos)
          list += ", " + other;
      add("addresses: [" + list + "]");
    }
    if (random_.one_in(10))
      add("activation-mode: " + random_.pick({"manual", "manual", "manual", "\"off\""}));
    if (random_.one_in(10)) add("optional: true");
    if (out.ends_with(":\n")) add("dhcp4: false");
    return out;
  }

  test::Random random_;
  int points_ = 0;
};

std::string rows(const std::shared_ptr<MemoryTree>& tree, bool is_netplan) {
  const test::FewFacts facts(tree, {"network", "unit"}, {"network_interface", "network_address"});
  if (!facts.rows("SELECT 1 FROM parse_issue WHERE effect = 'unknown'").empty()) return "refused\n";
  const std::string which = is_netplan ? "manager = 'netplan'" : "manager <> 'netplan'";
  return facts.text(
             "SELECT DISTINCT name, ipv4, ipv6, starts, accept_ra FROM network_interface "
             "WHERE " +
             which + " ORDER BY name") +
         facts.text("SELECT DISTINCT interface, address, prefix FROM network_address WHERE " +
                    which + " ORDER BY interface, address");
}

TEST(NetplanDifferential, ItsGeneratorWritesTheSame) {
  const char* const set = std::getenv("DRYDOCK_NETPLAN");
  const std::string generate = set ? set : "/usr/libexec/netplan/generate";
  const test::ScratchDirectory scratch = test::directory_in_memory();
  std::vector<std::shared_ptr<MemoryTree>> hosts;
  std::string script = "cd " + scratch.path() + "\n";
  for (unsigned i = 0; i < kHosts; ++i) {
    hosts.push_back(Files(i).tree());
    const std::string root = std::to_string(i);
    test::write_tree(*hosts.back(), scratch.path() + "/" + root);
  }
  script +=
      "for ((i = 0; i < " + std::to_string(kHosts) + "; ++i)); do\n" + generate +
      " --root-dir $i >messages 2>&1 || printf 'refused: %s\\n' \"$(tail -n 5 messages)\"\n"
      "for f in $i/run/systemd/network/*.network "
      "$i/run/NetworkManager/system-connections/*; do\n"
      "[ -e \"$f\" ] && printf '== %s\\n%s\\n' \"${f#*/}\" \"$(<\"$f\")\"\ndone\necho --\ndone\n";
  const auto answer = test::ask("bash " + scratch.write("ask", script));
  if (!answer || answer->find("[Network]") == std::string::npos)
    GTEST_SKIP() << "netplan's generator is not there";
  std::istringstream in(*answer);
  int refused = 0, interfaces = 0;
  for (const auto& host : hosts) {
    auto written = std::make_shared<MemoryTree>();
    std::string path, content, all;
    bool is_refused = false;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("refused: ")) is_refused = true;
      const bool is_end = line == "--";
      if ((is_end || line.starts_with("== ")) && !path.empty())
        written->file(path, std::exchange(content, ""));
      if (is_end) break;
      all += line + "\n";
      if (line.starts_with("== "))
        path = line.substr(3);
      else
        content += line + "\n";
    }
    const std::string expected = is_refused ? "refused\n" : rows(written, false);
    refused += is_refused;
    interfaces += static_cast<int>(std::ranges::count(expected, '\n'));
    std::string files;
    for (const char* directory : {"lib/netplan", "etc/netplan", "run/netplan"})
      for (const std::string& file : host->glob(directory, "*"))
        files += "== " + file + "\n" + std::string(*host->read(file));
    EXPECT_EQ(rows(host, true), expected) << files << "-----\n" << all;
  }
  EXPECT_GT(refused, 10);
  EXPECT_LT(refused, static_cast<int>(kHosts) / 2);
  EXPECT_GT(interfaces, 300);
}

}  // namespace
}  // namespace drydock
