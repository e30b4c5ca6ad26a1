#include "parsers/toml.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::toml {
namespace {

std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Entry& e : file.entries)
    out += test::place(e.span) + " " + dotted(e.path) +
           (e.ordinal < 0 ? "" : "[" + std::to_string(e.ordinal) + "]") + " = [" + e.value +
           "] at " + test::place(e.value_span) + "\n";
  return out + test::errors(file.errors);
}

TEST(TomlParser, EveryValueKnowsItsPathAndItsPlace) {
  EXPECT_EQ(parsed("version = 2\n"
                   "disabled_plugins = [\"cri\", 'x']\n"
                   "[grpc]\n"
                   "  address = \"/run/containerd/containerd.sock\"\n"
                   "  uid = 0x10\n"
                   "[plugins.\"io.containerd.grpc.v1.cri\".registry]\n"
                   "  a.b = true\n"
                   "  n = []\n"),
            "1:1-1:12 version = [2] at 1:11-1:12\n"
            "2:21-2:26 disabled_plugins[0] = [cri] at 2:21-2:26\n"
            "2:28-2:31 disabled_plugins[1] = [x] at 2:28-2:31\n"
            "4:3-4:46 grpc.address = [/run/containerd/containerd.sock] at 4:13-4:46\n"
            "5:3-5:13 grpc.uid = [16] at 5:9-5:13\n"
            "7:5-7:13 plugins.'io.containerd.grpc.v1.cri'.registry.a.b = [true] at 7:9-7:13\n"
            "8:3-8:9 plugins.'io.containerd.grpc.v1.cri'.registry.n = [] at 8:7-8:9\n");
}

TEST(TomlParser, TablesInArraysHaveTheirIndexInThePath) {
  EXPECT_EQ(parsed("[[x]]\na=1\n[[x]]\na=2\n"),
            "2:1-2:4 x.0.a = [1] at 2:3-2:4\n4:1-4:4 x.1.a = [2] at 4:3-4:4\n");
}

TEST(TomlParser, WhatIsNotTomlIsRefused) {
  const auto codes = [](std::string_view text) {
    std::string out;
    const File file = parse(text);
    for (const SyntaxError& e : file.errors)
      out += std::string(e.code) + " " + std::to_string(e.span.line) + " ";
    return out + std::to_string(file.entries.size());
  };
  EXPECT_EQ(codes("a = 1\nb = \n"), "not-toml 2 0");
  EXPECT_EQ(codes("a = 1\na = 2\n"), "not-toml 2 0");
  EXPECT_EQ(codes("[grpc\n"), "not-toml 1 0");
  EXPECT_EQ(codes("[&rpc]\n"), "not-toml 1 0");
  EXPECT_EQ(codes("a = \"\xFF\"\n"), "not-ascii 1 0");
  EXPECT_EQ(codes("a = 1\nb\xCB\x9C = 1\n"), "not-ascii 2 0");
  EXPECT_EQ(codes("a = 1 # \xC3\xA9\n"), "1");
  EXPECT_EQ(codes("a = " + std::string(100'000, '[')), "not-toml 1 0");
  EXPECT_EQ(codes(std::string(2 << 20, '#')), "too-large 1 0");
  EXPECT_EQ(codes(""), "0");
}

}  // namespace
}  // namespace drydock::parsers::toml
