#include "parsers/sysctl.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::sysctl {
namespace {

// The whole visible outcome of a parse, a line a record.
std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Setting& s : file.settings) {
    out += test::place(s.span) + " " + s.key;
    out += s.is_exclusion ? " excluded" : " = [" + s.value + "] at " + test::place(s.value_span);
    out += s.ignore_failure && !s.is_exclusion ? " (failure ignored)\n" : "\n";
  }
  return out + test::errors(file.errors);
}

TEST(SysctlParser, ReadsKeysAndValuesWithTheirPlaces) {
  EXPECT_EQ(
      parsed("# comment\n; too\n\n  net.ipv4.ip_forward = 1  \nkernel.core_pattern=|/bin/x %p\n"),
      "4:3-4:26 net.ipv4.ip_forward = [1] at 4:25-4:26\n"
      "5:1-5:31 kernel.core_pattern = [|/bin/x %p] at 5:21-5:31\n");
}

// sysctl.d(5): "/" or "." as separator; "If the first separator is a slash, remaining slashes and dots
// are left intact. If the first separator is a dot, dots and slashes are interchanged."
TEST(SysctlParser, KeysHaveOneSpelling) {
  EXPECT_EQ(normal_key("net/ipv4/conf/eth0.100/rp_filter"), "net.ipv4.conf.eth0/100.rp_filter");
  EXPECT_EQ(normal_key("net.ipv4.conf.eth0/100.rp_filter"), "net.ipv4.conf.eth0/100.rp_filter");
  EXPECT_EQ(normal_key("hostname"), "hostname");
}

TEST(SysctlParser, ALeadingMinusIgnoresFailureOrExcludes) {
  EXPECT_EQ(parsed("-net.ipv4.tcp_syncookies = 0\n-net.ipv4.conf.lo.*\n"),
            "1:1-1:29 net.ipv4.tcp_syncookies = [0] at 1:28-1:29 (failure ignored)\n"
            "2:1-2:20 net.ipv4.conf.lo.* excluded\n");
}

TEST(SysctlParser, WhatFollowsTheFirstEqualsIsTheValue) {
  EXPECT_EQ(parsed("a.b = c = d # e\n"), "1:1-1:16 a.b = [c = d # e] at 1:7-1:16\n");
}

TEST(SysctlParser, AMalformedLineCostsOneErrorAndTheRestIsRead) {
  EXPECT_EQ(parsed("net.ipv4.ip_forward 1\n=1\na.b=2\n"),
            "3:1-3:6 a.b = [2] at 3:5-3:6\n"
            "error missing-equals 1:1-1:22 expected '=' after the key (ignored)\n"
            "error empty-key 2:1-2:3 expected a key before '=' (ignored)\n");
}

TEST(SysctlParser, TakesCrlfNulAndAMissingLastLineEnd) {
  EXPECT_EQ(parsed(std::string("a.b=1\r\nc.d\0=2\ne.f=", 18)),
            "1:1-1:6 a.b = [1] at 1:5-1:6\n"
            "3:1-3:5 e.f = [] at 3:5-3:5\n"
            "error nul-byte 2:1-2:7 a NUL byte in the line (ignored)\n");
}

}  // namespace
}  // namespace drydock::parsers::sysctl
