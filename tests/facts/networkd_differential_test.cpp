// The same .network files to drydock and to systemd-networkd itself, which is started in namespaces of its own with a
// virtual interface for each file: which addresses it sets, which of DHCP and router advertisements it asks for.
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kInterfaces = 220;

// systemd-network is root here: there is nobody else. Without udev, as in a container.
constexpr std::string_view kAsk = R"sh(
files=$1; interfaces=$2
mount -t tmpfs none /run && mount -t sysfs -o ro none /sys || exit
sed 's/^systemd-network:.*//; $asystemd-network:x:0:0::/:/bin/sh' /etc/passwd >/run/passwd
sed 's/^systemd-network:.*//; $asystemd-network:x:0:' /etc/group >/run/group
mount --bind /run/passwd /etc/passwd && mount --bind /run/group /etc/group || exit
mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/network
cp -r "$files/run/." /run/
for place in etc usr/lib; do
  mount -t tmpfs none "/$place/systemd/network" && cp -r "$files/$place/systemd/network/." "/$place/systemd/network/" || exit
done
for ((i = 0; i < interfaces; i += 2)); do echo "link add f$i type veth peer name f$((i + 1))"; done >/run/links
PATH=$PATH:/usr/sbin:/sbin ip -batch /run/links || exit
SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console /lib/systemd/systemd-networkd >>/run/log 2>&1 &
for ((tries = 0; tries < 200; ++tries)); do
  set -- $(grep -lE 'ADMIN_STATE=(conf|unman|fail)' /run/systemd/netif/links/* 2>/dev/null)
  [ $# -ge "$interfaces" ] && break
  sleep 0.05
done
for ((i = 0; i < interfaces; ++i)); do sed "s/^/state f$i /" "/run/systemd/netif/links/$(</sys/class/net/f$i/ifindex)" >>/run/states; done
kill $! && wait
grep -E '^f[0-9]+: (found matching|Request|State changed: initialized)' /run/log; cat /run/states
)sh";

class Files {
 public:
  explicit Files(unsigned seed) : random_(seed) {}

  void add(MemoryTree& tree, int i) {
    const std::string name = "50-" + std::to_string(i) + ".network";
    const std::string match =
        "[Match]\n" + random_.pick({"", "", "Name=other\n", "Name=\n", "Name=other\nName=\n"}) +
        "Name=" + random_.pick({"", "", "nothing ", "\""}) + "f" + std::to_string(i);
    const bool is_quoted = match.find('"') != std::string::npos;
    tree.file(directory() + name, match + (is_quoted ? "\"\n" : "\n") + settings());
    if (random_.one_in(6))
      tree.file(directory() + name, "[Match]\nName=f" + std::to_string(i) + "\n" + settings());
    for (const char* drop_in : {"a", "b"})
      if (random_.one_in(5))
        tree.file(directory() + name + ".d/" + drop_in + random_.pick({".conf", ".conf", ".txt"}),
                  settings());
  }

 private:
  std::string directory() {
    return random_.pick({"etc", "etc", "run", "usr/lib"}) + "/systemd/network/";
  }
  std::string yes() {
    return random_.pick({"yes", "no", "true", "off", "1", "0", "on", "y", "F", "perhaps", ""});
  }
  std::string address() {
    return random_.pick({"10.1.2.3/24", "192.0.2.7/32", "fd00::5/64", "2001:DB8:0::1/64",
                         "10.1.2.4", "10.1.2.300/24", "10.1.2.5/33", "nonsense", "172.16.0.1/12",
                         "fe80::7/64", "10.9.9.9/ 8", ""});
  }
  std::string settings() {
    std::string out;
    if (random_.one_in(6))
      out += "[Link]\nActivationPolicy=" +
             random_.pick({"up", "manual", "down", "always-down", "always-up", "bound", "no"}) +
             "\n";
    if (random_.one_in(12))
      out += "[Link]\nUnmanaged=" + random_.pick({"yes", "no", "1", "x"}) + "\n";
    out += "[Network]\n";
    for (int n = random_.below(5); n > 0; --n) {
      switch (random_.below(8)) {
        case 0:
          out += "DHCP=" + random_.pick({"yes", "no", "ipv4", "ipv6", "both", "v4", "v6", "none",
                                         "true", "0", "IPv4", "sometimes", ""});
          break;
        case 1:
          out += "IPv6AcceptRA=" + yes();
          break;
        case 2:
          out += "LinkLocalAddressing=" + random_.pick({"yes", "no", "ipv4", "ipv6", "fallback",
                                                        "ipv4-fallback", "true", "x", ""});
          break;
        case 3:
          out += "IPForward=" + random_.pick({"yes", "no", "ipv4", "ipv6", "kernel", "x", ""});
          break;
        case 4:
          out += "IPMasquerade=" + random_.pick({"ipv4", "ipv6", "both", "no", "yes", "x", ""});
          break;
        case 5:
          out += "LLMNR=" + random_.pick({"yes", "no", "resolve", "x", "", "1"}) +
                 "\nMulticastDNS=" + random_.pick({"yes", "no", "resolve", "x", "", "0"});
          break;
        case 6:
          out += "KeepMaster=" + yes();
          break;
        default:
          out += "Address=" + address();
      }
      out += "\n";
    }
    for (int n = random_.below(3); n > 0; --n) {
      out += "[Address]\n";
      for (int m = random_.below(3); m > 0; --m) out += "Address=" + address() + "\n";
      if (random_.one_in(4)) out += "Label=x\n";
    }
    return out;
  }

  test::Random random_;
};

// "dhcp4 ra static:10.0.0.1/8 ..." of each interface.
using Says = std::map<std::string, std::set<std::string>>;

Says theirs(const std::string& answer) {
  Says out;
  std::istringstream in(answer);
  for (std::string line; std::getline(in, line);) {
    const auto has = [&](std::string_view text) { return line.find(text) != std::string::npos; };
    if (line.starts_with("state ")) {
      const size_t space = line.find(' ', 6);
      const std::string name = line.substr(6, space - 6), value = line.substr(space + 1);
      const auto known = out.find(name);
      if (known == out.end()) continue;
      if (value.starts_with("LLMNR=") || value.starts_with("MDNS=")) known->second.insert(value);
      if (value.starts_with("ACTIVATION_POLICY=") &&
          (value.ends_with("=manual") || value.ends_with("down")))
        known->second.insert("stays down");
      continue;
    }
    const std::string name = line.substr(0, line.find(':'));
    if (has("found matching network")) out[name];
    if (has("initialized -> unmanaged")) out.erase(name);
    if (has("the DHCPv4 client")) out[name].insert("dhcp4");
    if (has("the DHCPv6 client")) out[name].insert("dhcp6 or ra");
    if (has("IPv6 Router Discovery")) out[name].insert("ra");
    if (const size_t at = line.find("): ");
        has("Requesting static address") && at != std::string::npos)
      out[name].insert("static " + line.substr(at + 3, line.find(' ', at + 3) - at - 3));
  }
  return out;
}

// An address as inet_ntop(3) writes it.
std::string plain(const std::string& address) {
  unsigned char bytes[16];
  char text[64];
  for (const int family : {AF_INET, AF_INET6})
    if (inet_pton(family, address.c_str(), bytes) == 1)
      return inet_ntop(family, bytes, text, sizeof text);
  return address;
}

Says ours(const std::shared_ptr<MemoryTree>& tree) {
  const test::FewFacts facts(tree, {"network", "unit"}, {"network_interface", "network_address"});
  Says out;
  for (const auto& row : facts.rows("SELECT name, ipv4, ipv6, accept_ra, llmnr, mdns, starts FROM "
                                    "network_interface WHERE manager = 'networkd'")) {
    std::string name = *row[0];
    name = name.substr(name.rfind('f'));
    auto& says = out[name];
    if (row[1].value_or("").find("dhcp") != std::string::npos) says.insert("dhcp4");
    if (row[2].value_or("").find("dhcp") != std::string::npos || row[3] == "yes")
      says.insert("dhcp6 or ra");
    if (row[3] == "yes") says.insert("ra");
    says.insert("LLMNR=" + row[4].value_or("yes"));
    says.insert("MDNS=" + row[5].value_or("no"));
    if (row[6] == "0") says.insert("stays down");
  }
  for (const auto& row : facts.rows("SELECT interface, address, prefix FROM network_address")) {
    std::string name = *row[0];
    name = name.substr(name.rfind('f'));
    // Without a length networkd takes that of the class: 8 for the one case there is.
    out[name].insert("static " + plain(*row[1]) + "/" + row[2].value_or("8"));
  }
  return out;
}

std::string text(const std::set<std::string>& says) {
  std::string out;
  for (const std::string& one : says) out += one + "\n";
  return out;
}

TEST(NetworkdDifferential, SetsUpInterfacesAsItsFilesSay) {
  auto tree = std::make_shared<MemoryTree>();
  // What networkd is asked is as old as this says.
  const std::string version =
      test::ask("systemctl --version | sed -n 's/^systemd \\([0-9]*\\).*/\\1/p'").value_or("");
  tree->file("usr/lib/systemd/libsystemd-shared-" + version.substr(0, version.find('\n')) + ".so",
             "");
  Files files(7);
  for (int i = 0; i < kInterfaces; ++i) files.add(*tree, i);
  const test::ScratchDirectory scratch = test::directory_in_memory();
  test::write_tree(*tree, scratch.path() + "/files");
  const auto answer = test::ask("unshare -rnm bash " + scratch.write("ask", kAsk) + " " +
                                scratch.path() + "/files " + std::to_string(kInterfaces));
  const Says real = theirs(answer.value_or(""));
  if (real.size() < kInterfaces / 2)
    GTEST_SKIP() << "systemd-networkd, or virtual interfaces, are not to be had here";
  const Says said = ours(tree);
  int static_addresses = 0;
  for (int i = 0; i < kInterfaces; ++i) {
    const std::string name = "f" + std::to_string(i);
    const auto their = real.find(name);
    const auto our = said.find(name);
    const std::string shown =
        test::ask("cd " + scratch.path() + "/files && head -n 99 $(find . -path '*/50-" +
                  std::to_string(i) + ".network*' -type f)")
            .value_or("");
    ASSERT_EQ(our != said.end(), their != real.end()) << "is it managed? " << shown;
    if (our == said.end()) continue;
    ASSERT_EQ(text(our->second), text(their->second)) << shown;
    static_addresses += text(their->second).find("static") != std::string::npos;
  }
  EXPECT_GT(static_addresses, 50);
}

}  // namespace
}  // namespace drydock
