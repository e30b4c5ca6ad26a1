// hosts_access(5), hosts_options(5). tests/facts/host_access_differential_test.cpp asks tcpdmatch.
#include "parsers/hosts_access.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::hosts_access {
namespace {

std::string render(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Rule& rule : file.rules) {
    out += test::place(rule.span) + " ";
    for (const std::string& word : rule.daemons) out += word + ",";
    out += " : ";
    for (const std::string& word : rule.clients) out += word + ",";
    for (const std::string& option : rule.options) out += " : " + option;
    out += " @" + test::place(rule.clients_span) + "\n";
  }
  return out + test::errors(file.errors);
}

TEST(HostsAccess, DaemonsClientsAndOptions) {
  EXPECT_EQ(render("# sshd: ALL\nsshd, ftpd except in.tftpd : 10.0.0.0/8 [2001:db8::]/32 \\\n  "
                   ".example.org: spawn echo "
                   "a\\:b : DENY\n"),
            "2:1-3:39 sshd,ftpd,EXCEPT,in.tftpd, : 10.0.0.0/8,[2001:db8::]/32,.example.org, : "
            "spawn echo a:b : DENY "
            "@2:30-3:15\n");
  EXPECT_EQ(render("ALL:ALL\n"), "1:1-1:8 ALL, : ALL, @1:5-1:8\n");
}

TEST(HostsAccess, LinesThatAreNone) {
  EXPECT_EQ(render("ALL ALL\n # x\nsshd:\n"),
            "3:1-3:6 sshd, :  @3:5-3:6\n"
            "error missing-colon 1:1-1:8 expected ':' between daemons and clients (ignored)\n"
            "error missing-colon 2:1-2:5 expected ':' between daemons and clients (ignored)\n");
  EXPECT_EQ(render(std::string_view("ALL: ALL\0: ALLOW\n", 17)),
            "1:1-1:17 ALL, : ALL, @1:6-1:9\n"
            "error nul-byte 1:1-1:17 a NUL byte, behind which nothing is read (ignored)\n");
}

TEST(HostsAccess, ALineWithoutAnEndIsNotRead) {
  EXPECT_EQ(render("sshd: ALL\nALL: ALL"),
            "1:1-1:10 sshd, : ALL, @1:7-1:10\n"
            "error missing-newline 2:1-2:9 the file ends inside of a line (ignored)\n");
}

TEST(HostsAccess, ExceptNestsToTheRight) {
  const auto matches = [](const std::vector<std::string>& list) {
    return list_matches(list, [](const std::string& word) { return word == "y"; });
  };
  EXPECT_TRUE(matches({"n", "y"}));
  EXPECT_FALSE(matches({"n"}));
  EXPECT_FALSE(matches({"y", "EXCEPT", "y"}));
  EXPECT_TRUE(matches({"y", "EXCEPT", "n"}));
  EXPECT_TRUE(matches({"y", "EXCEPT", "y", "EXCEPT", "y"}));
  EXPECT_FALSE(matches({"n", "EXCEPT", "n"}));
  EXPECT_FALSE(matches({}));
}

}  // namespace
}  // namespace drydock::parsers::hosts_access
