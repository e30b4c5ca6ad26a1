#include "parsers/modules_load.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::modules_load {
namespace {

using namespace std::string_literals;

std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Module& m : file.modules) out += m.name + " " + test::place(m.span) + "\n";
  return out + test::errors(file.errors);
}

// modules-load.d(5), "CONFIGURATION FORMAT".
TEST(ModulesLoadParser, ReadsANameALine) {
  EXPECT_EQ(parsed("# note\n\n  ; note\n br_netfilter \t\r\noverlay\nx\0y\nlast"s),
            "br_netfilter 4:2-4:14\n"
            "overlay 5:1-5:8\n"
            "last 7:1-7:5\n"
            "error nul-byte 6:1-6:4 a NUL byte in the line (ignored)\n");
}

}  // namespace
}  // namespace drydock::parsers::modules_load
