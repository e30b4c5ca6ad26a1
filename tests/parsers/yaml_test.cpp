#include "parsers/yaml.h"

#include <gtest/gtest.h>

namespace drydock {
namespace {

using parsers::yaml::Kind;
using parsers::yaml::Value;

void show(const Value& value, const std::string& path, std::string& out) {
  if (value.is(Kind::scalar))
    out += path + "=" + value.text + " " + std::to_string(value.span.line) + ":" +
           std::to_string(value.span.column) + "-" + std::to_string(value.span.end_column) + "\n";
  size_t index = 0;
  for (const Value& item : value.items)
    show(item, path + (value.is(Kind::map) ? "." + item.key : "[" + std::to_string(index++) + "]"),
         out);
}

std::string read(std::string_view text) {
  const auto document = parsers::yaml::parse(text);
  std::string out;
  for (const auto& error : document.errors) out += std::string(error.code) + "\n";
  if (document.root) show(*document.root, "", out);
  return out;
}

TEST(Yaml, ValuesKnowTheirPlace) {
  EXPECT_EQ(read("a: 1\nb:\n  - \"x y\"\n  - {c: é, d: }\ne: |\n  t\n"),
            ".a=1 1:4-5\n.b[0]=x y 3:5-10\n.b[1].c=é 4:9-11\n.e=t\n 5:4-5\n");
  EXPECT_EQ(read(""), "");
}

// As in the 05_logging.cfg that cloud-init comes with.
TEST(Yaml, ABlockMayBeIndentedLessThanItsAnchor) {
  EXPECT_EQ(read("_log:\n - &base |\n   [loggers]\n     keys=a\n\n   b\n - &file >-\n   c\n   d\n"
                 "log_cfgs:\n - [ *base, *file ]\nlast: x\n"),
            "._log[0]=[loggers]\n  keys=a\n\nb\n 2:4-5\n._log[1]=c d 7:4-5\n"
            ".log_cfgs[0][0]=[loggers]\n  keys=a\n\nb\n 2:4-5\n.log_cfgs[0][1]=c d 7:4-5\n"
            ".last=x 12:7-8\n");
  EXPECT_EQ(read("a:\n - &b |\n   x\n  ]\n"), "not-yaml\n");
}

TEST(Yaml, AnchorsAndMergesArePutIn) {
  EXPECT_EQ(read("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  a: 5\n  <<: [*x, *y]\n"),
            ".x.a=1 1:11-12\n.x.b=2 1:17-18\n.y.b=3 2:11-12\n.y.c=4 2:17-18\n"
            ".z.b=3 2:11-12\n.z.c=4 2:17-18\n.z.a=1 1:11-12\n.z.b=2 1:17-18\n.z.a=5 4:6-7\n");
  const auto document = parsers::yaml::parse("x: &x {a: 1}\nz: {a: 2, <<: *x}\n");
  EXPECT_EQ(document.root->find("z")->find("a")->text, "2");
}

TEST(Yaml, HostileTextIsRefused) {
  EXPECT_EQ(read("a: [\n"), "not-yaml\n");
  EXPECT_EQ(read("a: \xff\n"), "not-utf8\n");
  EXPECT_EQ(read("a: *b\n"), "not-yaml\n");
  EXPECT_EQ(read(std::string(1000, '[')), "too-deep\n");
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before +
            "]\n";
  }
  EXPECT_EQ(read(bomb), "too-many-values\n");
  EXPECT_EQ(read(std::string((size_t{1} << 20) + 1, 'a')), "too-large\n");
}

}  // namespace
}  // namespace drydock
