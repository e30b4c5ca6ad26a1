// The small formats that decide about logins: login.defs, limits.conf, the files of PAM modules.
#include <gtest/gtest.h>

#include "parsers/limits_conf.h"
#include "parsers/login_defs.h"
#include "parsers/pam_module_conf.h"
#include "tests/parsers/render.h"

namespace drydock::parsers {
namespace {

std::string login_defs(std::string_view text) {
  const auto file = login_defs::parse(text);
  std::string out;
  for (const auto& one : file.settings)
    out += test::place(one.span) + " " + one.name + " [" + one.value + "] at " +
           test::place(one.value_span) + "\n";
  return out + test::errors(file.errors);
}

// login.defs(5): comments are whole lines, quotation marks are no part of a value.
TEST(LoginDefsParser, CutsAsGetdefDoes) {
  EXPECT_EQ(login_defs("# c\n\tUMASK\t\t027  \nENV_PATH \"PATH=/bin\" x\nPASS_MAX_DAYS 90 # q\n"),
            "2:2-2:12 UMASK [027] at 2:9-2:12\n"
            "3:1-3:23 ENV_PATH [PATH=/bin] at 3:11-3:20\n"
            "4:1-4:21 PASS_MAX_DAYS [90 # q] at 4:15-4:21\n");
  EXPECT_EQ(login_defs("CREATE_HOME\n"),
            "error missing-value 1:1-1:12 expected a value behind the name (ignored)\n");
}

std::string limits(std::string_view text) {
  const auto file = limits_conf::parse(text);
  std::string out;
  for (const auto& one : file.limits)
    out += test::place(one.span) + " " + one.domain + " " + one.type + " " + one.item + " [" +
           one.value + "] at " + test::place(one.value_span) + "\n";
  return out + test::errors(file.errors);
}

TEST(LimitsConfParser, FourFieldsOrTwo) {
  EXPECT_EQ(limits("* Hard CORE 0 # none\n@dev - nproc infinity more\n\nroot -\n"),
            "1:1-1:14 * hard core [0] at 1:13-1:14\n"
            "2:1-2:22 @dev - nproc [unlimited] at 2:14-2:22\n"
            "4:1-4:7 root - - [] at 4:6-4:7\n");
}

TEST(LimitsConfParser, AMistakeCostsItsLine) {
  EXPECT_EQ(limits("* hard core\n* har core 0\n* hard cores 0\n* hard core x\n* soft core 1\n"),
            "5:1-5:14 * soft core [1] at 5:13-5:14\n"
            "error missing-field 1:1-1:12 expected domain, type, item and value (ignored)\n"
            "error unknown-type 2:3-2:6 expected soft, hard or - (ignored)\n"
            "error unknown-item 3:8-3:13 no limit of this name (ignored)\n"
            "error bad-value 4:13-4:14 expected a number or unlimited (ignored)\n");
}

// The module's own reading: the number at the beginning; a limit of logins has no type.
TEST(LimitsConfParser, ValuesAsPamLimitsTakesThem) {
  const auto values = [](std::string_view text) {
    std::string out;
    for (const auto& one : limits_conf::parse(text).limits)
      out += (out.empty() ? "" : " ") + one.type + ":" + one.value;
    return out;
  };
  EXPECT_EQ(
      values("* hard core 5k\n* hard core 0x10\n* hard core 010\n* hard core -\n* hard core -5\n"
             "* hard core 18014398509481983\n* hard nice -30\n* hard nice -1\n"
             "* both maxlogins 3\n* soft nonewprivs 1\n* - nonewprivs 2\n"),
      "hard:5 hard:0 hard:10 hard:unlimited hard:unlimited hard:unlimited hard:-20 hard:-1 -:3 "
      "-:1");
}

// faillock.conf(5), pwquality.conf(5): the '=' may be missing.
TEST(PamModuleConfParser, NamesAndValues) {
  const auto file =
      pam_module_conf::parse("deny = 4 # four\n unlock_time\t900\naudit\nx==y\n#deny=1\n");
  std::string out;
  for (const auto& one : file.settings)
    out += test::place(one.span) + " " + one.name + " [" + one.value + "] at " +
           test::place(one.value_span) + "\n";
  EXPECT_EQ(out,
            "1:1-1:9 deny [4] at 1:8-1:9\n2:2-2:17 unlock_time [900] at 2:14-2:17\n"
            "3:1-3:6 audit [] at 3:6-3:6\n4:1-4:5 x [=y] at 4:3-4:5\n");
}

}  // namespace
}  // namespace drydock::parsers
