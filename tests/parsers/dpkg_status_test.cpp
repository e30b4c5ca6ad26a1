#include "parsers/dpkg_status.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::dpkg_status {
namespace {

TEST(DpkgStatusParser, ReadsParagraphs) {
  const File file = parse(
      "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc (2.36-9)\n"
      "Version: 2.36-9+deb12u4\nDescription: C library\n Version: no\n .\n more\n\n\n"
      "Package: telnet\nStatus: deinstall ok config-files\nversion:\t0.17\n");
  ASSERT_EQ(file.packages.size(), 2u);
  EXPECT_TRUE(file.errors.empty());
  const Package& libc = file.packages[0];
  EXPECT_EQ(libc.name, "libc6");
  EXPECT_EQ(libc.version, "2.36-9+deb12u4");
  EXPECT_EQ(libc.architecture, "amd64");
  EXPECT_EQ(libc.source, "glibc");
  EXPECT_EQ(libc.state, "installed");
  EXPECT_EQ(test::place(libc.span) + " " + test::place(libc.version_span), "1:1-1:15 5:10-5:24");
  const Package& telnet = file.packages[1];
  EXPECT_EQ(telnet.want, "deinstall");
  EXPECT_EQ(telnet.state, "config-files");
  EXPECT_EQ(telnet.version, "0.17");
  EXPECT_EQ(test::place(telnet.span), "12:1-12:16");
}

TEST(DpkgStatusParser, ReadsTheChecksumsOfConfigurationFiles) {
  const File file = parse(
      "Package: a\nSource: b (2:1-3)\nConffiles:\n /etc/a b 0123 obsolete\n"
      " /etc/c 4567 remove-on-upgrade\n nothing\n /etc/d 89ab\nVersion: 1\n /etc/no 0000\n");
  ASSERT_EQ(file.packages.size(), 1u);
  EXPECT_EQ(file.packages[0].source_version, "2:1-3");
  std::string out;
  for (const Conffile& c : file.packages[0].conffiles)
    out += test::place(c.span) + " " + std::string(c.path) + "|" + std::string(c.md5) + "|" +
           std::string(c.flag) + "\n";
  EXPECT_EQ(out,
            "4:2-4:24 /etc/a b|0123|obsolete\n"
            "5:2-5:31 /etc/c|4567|remove-on-upgrade\n"
            "7:2-7:13 /etc/d|89ab|\n");
  EXPECT_EQ(test::errors(file.errors),
            "error bad-conffile 6:2-6:9 expected a path and its checksum (refused)\n");
}

// dpkg 1.21: "parsing file '…/status' near line 2: field name 'broken' must be followed by colon".
TEST(DpkgStatusParser, AMistakeIsNamedAndTheRestIsRead) {
  const File file = parse(
      "Package: a\nbroken\nVersion: 1\nVersion: 2\n\nVersion: 3\n\n odd\n\nPackage: b\r\nVersion: "
      "4");
  std::string names;
  for (const Package& p : file.packages)
    names += std::string(p.name) + "=" + std::string(p.version) + " ";
  EXPECT_EQ(names, "a=1 b=4 ");
  EXPECT_EQ(test::errors(file.errors),
            "error missing-colon 2:1-2:7 expected a field name and a colon (refused)\n"
            "error duplicate-field 4:1-4:8 the field stands twice in this paragraph (refused)\n"
            "error missing-package 6:1-6:11 a paragraph without the field Package (refused)\n"
            "error missing-colon 8:2-8:5 a continuation without a field (refused)\n");
}

}  // namespace
}  // namespace drydock::parsers::dpkg_status
