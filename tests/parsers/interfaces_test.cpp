// interfaces(5). tests/facts/network_differential_test.cpp asks ifquery.
#include "parsers/interfaces.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::interfaces {
namespace {

std::string render(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Start& one : file.starts)
    out += one.how + " " + one.name + " " + test::place(one.span) + "\n";
  for (const Include& one : file.includes)
    out += (one.is_directory ? "directory " : "source ") + one.path + " " + test::place(one.span) +
           "\n";
  for (const Stanza& one : file.stanzas) {
    out += one.name + " [" + one.family + " " + one.method + "] " +
           (one.inherits.empty() ? "" : "from " + one.inherits + " ") + test::place(one.span) +
           "\n";
    for (const Option& option : one.options)
      out += "  " + option.name + "=" + option.value + " " + test::place(option.value_span) + "\n";
  }
  return out + test::errors(file.errors);
}

TEST(Interfaces, StanzasAndWhatStartsThem) {
  EXPECT_EQ(render("# this\nauto lo eth0\nallow-hotplug wlan0\niface eth0 inet static\n\taddress "
                   "10.0.0.1/24\n\n"
                   "  up ip route add 1 \\\n   via 2 # x\niface eth0 inet6 auto\niface eth1 "
                   "inherits eth0\n"),
            "auto lo 2:6-2:8\nauto eth0 2:9-2:13\nhotplug wlan0 3:15-3:20\n"
            "eth0 [inet static] 4:1-4:23\n  address=10.0.0.1/24 5:10-5:21\n"
            "  up=ip route add 1    via 2 # x 7:6-8:13\n"
            "eth0 [inet6 auto] 9:1-9:22\neth1 [ ] from eth0 10:1-10:25\n");
}

TEST(Interfaces, Includes) {
  EXPECT_EQ(
      render("source interfaces.d/*\nsource-directory /etc/x\nmapping a\n script b\n map c\n"),
      "source interfaces.d/* 1:8-1:22\ndirectory /etc/x 2:18-2:24\n");
}

TEST(Interfaces, MistakesCostAllOfIt) {
  EXPECT_EQ(render("address 1\n"),
            "error misplaced-option 1:1-1:8 'address' belongs to no stanza (refused)\n");
  EXPECT_EQ(
      render("auto a\n\n address 1\n"),
      "auto a 1:6-1:7\nerror misplaced-option 3:2-3:9 'address' belongs to no stanza (refused)\n");
  EXPECT_EQ(render("iface\n"), "error bad-iface 1:1-1:6 expected a name behind iface (refused)\n");
  EXPECT_EQ(render("iface a\n"),
            "error unknown-family 1:1-1:8 expected the kind of address: inet, inet6 (refused)\n");
  EXPECT_EQ(render("iface a inet6 slaac\n"),
            "error unknown-method 1:1-1:20 expected a method that inet6 has: static, dhcp, manual "
            "(refused)\n");
  EXPECT_EQ(render("iface a inet static\n address\n"),
            "a [inet static] 1:1-1:20\nerror missing-value 2:2-2:9 expected a value behind address "
            "(refused)\n");
  EXPECT_EQ(render("iface a inet dhcp x\n"),
            "a [inet dhcp] 1:1-1:20\nerror extra-word 1:19-1:20 'x' behind the method means "
            "nothing (ignored)\n");
  EXPECT_EQ(render(std::string_view("auto a\0b\n", 9)),
            "error nul-byte 1:1-1:9 a NUL byte (refused)\n");
}

}  // namespace
}  // namespace drydock::parsers::interfaces
