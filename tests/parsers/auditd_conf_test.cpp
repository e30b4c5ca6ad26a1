#include "parsers/auditd_conf.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::auditd_conf {
namespace {

std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Setting& s : file.settings)
    out += test::place(s.span) + " " + s.key + " = [" + s.value + "] at " +
           test::place(s.value_span) + "\n";
  return out + test::errors(file.errors);
}

// auditd.conf(5): "All option names and values are case insensitive."
TEST(AuditdConfParser, ReadsKeywordsAndValuesWithTheirPlaces) {
  EXPECT_EQ(parsed("#\nmax_log_file = 8\n  Space_Left_Action  =  EMAIL  \n"
                   "disk_full_action = exec /usr/local/sbin/full\nspace_left = 25%\n"),
            "2:1-2:17 max_log_file = [8] at 2:16-2:17\n"
            "3:3-3:30 space_left_action = [EMAIL] at 3:25-3:30\n"
            "4:1-4:45 disk_full_action = [exec /usr/local/sbin/full] at 4:20-4:45\n"
            "5:1-5:17 space_left = [25%] at 5:14-5:17\n");
}

TEST(AuditdConfParser, NamesEachMistake) {
  EXPECT_EQ(
      parsed("max_log_file=8\nmax_log_file =\nmax_logs = 3\nnum_logs = 1000\nnum_logs = 5 6\n"
             "disk_full_action = email\nspace_left_action = exec\nspace_left = 100%\n"
             "freq = 5O\nflush = data\n"),
      "10:1-10:13 flush = [data] at 10:9-10:13\n"
      "error missing-equals 1:1-1:15 expected '=' between blanks after the keyword (refused)\n"
      "error missing-value 2:1-2:15 expected a value after '=' (refused)\n"
      "error unknown-keyword 3:1-3:9 auditd.conf has no keyword 'max_logs' (refused)\n"
      "error bad-value 4:12-4:16 '1000' is no number from 0 to 999 (refused)\n"
      "error extra-word 5:14-5:15 expected nothing more after the value (refused)\n"
      "error bad-value 6:20-6:25 'email' is none of: ignore syslog rotate exec suspend single "
      "halt (refused)\n"
      "error bad-value 7:21-7:25 exec needs the path of a program (refused)\n"
      "error bad-value 8:14-8:18 '100%' is neither a number nor a percentage up to 99% "
      "(refused)\n"
      "error bad-value 9:8-9:10 '5O' is no number from 0 to 2147483647 (refused)\n");
}

// auditd.conf(5): "Each line should be limited to 160 characters or the line will be skipped."
TEST(AuditdConfParser, ALongLineIsSkipped) {
  EXPECT_EQ(parsed("name = " + std::string(200, 'x') + "\nname = y\n"),
            "2:1-2:9 name = [y] at 2:8-2:9\n"
            "error long-line 1:1-1:208 more than 160 bytes: auditd skips the line (ignored)\n");
}

}  // namespace
}  // namespace drydock::parsers::auditd_conf
