// The same connections to drydock and to libnm, with which NetworkManager reads its key files: which it refuses, the
// methods, addresses, zones and names of the others. A script asks it, for a process of Python has no sanitizers.
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kConnections = 360;

constexpr std::string_view kAsk = R"python(
import ctypes, sys
libnm, glib = ctypes.CDLL(sys.argv[1]), ctypes.CDLL('libglib-2.0.so.0')
P, S, I, U = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint
def of(library, name, result, *arguments):
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments
    return function
new = of(glib, 'g_key_file_new', P)
load = of(glib, 'g_key_file_load_from_data', I, P, S, ctypes.c_size_t, I, P)
read = of(libnm, 'nm_keyfile_read', P, P, S, I, P, P, P)
normalize = of(libnm, 'nm_connection_normalize', I, P, P, P, P)
connection = of(libnm, 'nm_connection_get_setting_connection', P, P)
name = of(libnm, 'nm_setting_connection_get_interface_name', S, P)
starts = of(libnm, 'nm_setting_connection_get_autoconnect', I, P)
zone = of(libnm, 'nm_setting_connection_get_zone', S, P)
llmnr = of(libnm, 'nm_setting_connection_get_llmnr', I, P)
mdns = of(libnm, 'nm_setting_connection_get_mdns', I, P)
configs = [of(libnm, 'nm_connection_get_setting_ip%d_config' % v, P, P) for v in (4, 6)]
method = of(libnm, 'nm_setting_ip_config_get_method', S, P)
count = of(libnm, 'nm_setting_ip_config_get_num_addresses', U, P)
address = of(libnm, 'nm_setting_ip_config_get_address', P, P, I)
host = of(libnm, 'nm_ip_address_get_address', S, P)
prefix = of(libnm, 'nm_ip_address_get_prefix', U, P)
text = lambda value: value.decode() if value else '-'
names = {-1: '-', 0: 'no', 1: 'resolve', 2: 'yes'}
for i in range(int(sys.argv[3])):
    data = open('%s/%d' % (sys.argv[2], i), 'rb').read()
    file = new()
    one = read(file, b'/nowhere', 0, None, None, None) if load(file, data, len(data), 0, None) else None
    if not one or not normalize(one, None, None, None):
        print('refused\n--')
        continue
    setting = connection(one)
    ips = [get(one) for get in configs]
    print(text(name(setting)).replace('-', '*'), text(method(ips[0])), text(method(ips[1])), starts(setting),
          names[llmnr(setting)], names[mdns(setting)], text(zone(setting)))
    print(*sorted({text(host(address(ip, n))) + '/%d' % prefix(address(ip, n)) for ip in ips for n in range(count(ip))}))
    print('--')
)python";

std::string connection(unsigned seed) {
  test::Random random(seed);
  const auto address = [&](bool is_six) {
    const std::string text =
        is_six ? random.pick({"fd00::1/64", "2001:db8::7/128", "fd00::2/64,fd00::ff"})
               : random.pick(
                     {"192.0.2.1/24", "10.0.0.1/8,10.0.0.254", "198.18.0.1/32", "10.7.0.1/16"});
    return random.one_in(30) ? random.pick({"nonsense", "", "192.0.2.1/24,x"}) : text;
  };
  std::string out = random.one_in(8) ? "# made by hand\n\n" : "";
  if (random.one_in(25)) out += random.pick({"stray=1\n", "word\n", "; note\n"});
  out += random.pick({"[connection]\n", "[connection]  \n", " [connection]\n"}) + "id=a\ntype" +
         random.pick({"=", " = "}) + "ethernet\n";
  if (random.one_in(2)) out += "interface-name=" + random.pick({"eth0", " eth1", "eth2"}) + "\n";
  if (random.one_in(3))
    out += "autoconnect=" + random.pick({"true", "false", "0", "1", "no", "False", ""}) + "\n";
  if (random.one_in(3)) out += "zone=" + random.pick({"public", "work", ""}) + "\n";
  if (random.one_in(4)) out += "llmnr=" + random.pick({"0", "1", "2", "-1"}) + "\n";
  if (random.one_in(4)) out += "mdns=" + random.pick({"0", "1", "2", "-1"}) + "\n";
  for (const bool is_six : {false, true}) {
    if (random.one_in(4)) continue;
    out += is_six ? "[ipv6]\n" : "\n[ipv4]\n";
    if (!random.one_in(6))
      out += "method=" +
             (is_six ? random.pick({"auto", "manual", "ignore", "dhcp", "link-local", "disabled",
                                    "manual", "shared"})
                     : random.pick({"auto", "manual", "link-local", "disabled", "shared", "manual",
                                    random.one_in(6) ? "ignore" : "auto"})) +
             "\n";
    if (random.one_in(25)) out += "method=static\n";
    if (random.one_in(2)) out += "address1=" + address(is_six) + "\n";
    if (random.one_in(4)) out += "address2=" + address(is_six) + "\n";
    if (random.one_in(8)) out += "addresses=" + address(is_six) + "\n";
    if (random.one_in(8)) out += "dns=192.0.2.53;\n";
    if (random.one_in(30)) out += random.pick({"[ipv4\n", "=x\n", "[]\n"});
  }
  return out;
}

std::string ours(const std::string& text) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/NetworkManager/system-connections/a.nmconnection", text);
  const test::FewFacts facts(tree, {"network", "unit"}, {"network_interface", "network_address"});
  if (!facts.rows("SELECT 1 FROM parse_issue WHERE effect = 'unknown'").empty()) return "refused\n";
  // What "manual" and "ignore" are here.
  std::string out;
  for (const auto& row : facts.rows("SELECT name, ipv4, ipv6, starts, coalesce(llmnr, '-'), "
                                    "coalesce(mdns, '-'), coalesce(zone, '-'), accept_ra FROM "
                                    "network_interface")) {
    for (size_t i = 0; i + 1 < row.size(); ++i) out += (i > 0 ? " " : "") + row[i].value_or("-");
    out += " " + *row[7];
  }
  out += "\n";
  std::string addresses;
  for (const auto& row :
       facts.rows("SELECT address || '/' || prefix FROM network_address ORDER BY 1"))
    addresses += (addresses.empty() ? "" : " ") + row[0].value_or("-");
  return out + addresses + "\n";
}

// The words of network_interface for what libnm says.
std::string in_our_words(const std::string& answer) {
  std::istringstream in(answer);
  std::string name, four, six, starts, llmnr, mdns, zone, rest;
  in >> name >> four >> six >> starts >> llmnr >> mdns >> zone;
  std::getline(in, rest);
  std::getline(in, rest);
  const auto has = [&](bool is_six) {
    std::istringstream list(rest);
    for (std::string one; list >> one;)
      if ((one.find(':') != std::string::npos) == is_six) return true;
    return false;
  };
  std::string ra = six == "auto" || six == "dhcp" ? "yes" : six == "ignore" ? "kernel" : "no";
  const auto word = [&](std::string method, bool is_six) {
    if (method == "auto") method = is_six ? "auto" : "dhcp";
    if (method == "disabled" || method == "ignore") method = "none";
    if (method == "manual") return std::string("static");
    if (!has(is_six)) return method;
    return method < "static" ? method + ",static" : "static," + method;
  };
  return name + " " + word(four, false) + " " + word(six, true) + " " + starts + " " + llmnr + " " +
         mdns + " " + zone + " " + ra + "\n" + rest + "\n";
}

TEST(NetworkManagerDifferential, ReadsTheSameConnections) {
  const char* const set = std::getenv("DRYDOCK_LIBNM");
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (int i = 0; i < kConnections; ++i)
    scratch.write(std::to_string(i), connection(static_cast<unsigned>(i)));
  const auto answer = test::ask("/usr/bin/python3 " + scratch.write("ask.py", kAsk) + " " +
                                (set ? set : "libnm.so.0") + " " + scratch.path() + " " +
                                std::to_string(kConnections));
  if (!answer || answer->find("--\n") == std::string::npos) GTEST_SKIP() << "libnm is not there";
  std::istringstream in(*answer);
  int refused = 0;
  for (int i = 0; i < kConnections; ++i) {
    std::string theirs;
    for (std::string line; std::getline(in, line) && line != "--";) theirs += line + "\n";
    refused += theirs == "refused\n";
    const std::string text = connection(static_cast<unsigned>(i));
    EXPECT_EQ(ours(text), theirs == "refused\n" ? theirs : in_our_words(theirs)) << text;
  }
  EXPECT_GT(refused, 10);
  EXPECT_LT(refused, kConnections * 2 / 3);
}

}  // namespace
}  // namespace drydock
