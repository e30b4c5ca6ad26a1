#include "parsers/logrotate.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::logrotate {
namespace {

std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Option& o : file.options)
    out += test::place(o.span) + " " + o.name + " = [" + o.value + "] at " +
           test::place(o.value_span) + "\n";
  return out + test::errors(file.errors);
}

// What stands in a block is for the files named before it, and a script may hold any brace.
TEST(LogrotateParser, BlocksAndScriptsArePassedOver) {
  EXPECT_EQ(parsed("weekly\n/var/log/x \"/y\"\n{ monthly\n postrotate\n f() { x\n }\n endscript\n"
                   " yearly }\ndaily compress # y\n\trotate = 4 \n/a {hourly\n}\nsize 1k"),
            "1:1-1:7 weekly = [] at 1:7-1:7\n"
            "9:1-9:6 daily = [] at 9:6-9:6\n"
            "9:7-9:15 compress = [] at 9:15-9:15\n"
            "10:2-10:12 rotate = [4] at 10:11-10:12\n"
            "13:1-13:8 size = [1k] at 13:6-13:8\n");
}

TEST(LogrotateParser, AMistakeCostsTheWordTheBlockOrTheFile) {
  EXPECT_EQ(parsed("Weekly x\n/a {\nrotate x\n}\n/b {\n} daily\nmonthly\n"),
            "7:1-7:8 monthly = [] at 7:8-7:8\n"
            "error unknown-option 1:1-1:7 logrotate has no such option (ignored)\n"
            "error bad-block 3:8-3:9 not a value that this option takes (ignored)\n"
            "error text-after-block 6:3-6:8 '}' must end its line (ignored)\n");
  EXPECT_EQ(parsed("daily\nweekly # x\nmonthly\n"),
            "1:1-1:6 daily = [] at 1:6-1:6\n"
            "error bad-value 2:8-2:11 not a value that this option takes (refused)\n");
}

}  // namespace
}  // namespace drydock::parsers::logrotate
