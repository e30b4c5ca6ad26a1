#include "parsers/crontab.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::crontab {
namespace {

std::string parsed(std::string_view text, bool system) {
  const File file = parse(text, system);
  std::string out;
  for (const Variable& v : file.variables)
    out += test::place(v.span) + " " + v.name + "=[" + v.value + "]\n";
  for (const Job& j : file.jobs)
    out += test::place(j.span) + " " + j.schedule + (system ? " as " + j.user : "") + " [" +
           j.command + "] at " + test::place(j.command_span) + "\n";
  return out + test::errors(file.errors);
}

// crontab(5), the example of /etc/crontab.
TEST(CrontabParser, ReadsJobsOfTheSystem) {
  EXPECT_EQ(parsed("SHELL=/bin/sh\n# m h\n\n17 *\t* * *\troot    cd / && run-parts /x\n"
                   "@daily\tman  /y\n",
                   true),
            "1:1-1:14 SHELL=[/bin/sh]\n"
            "4:1-4:40 17 * * * * as root [cd / && run-parts /x] at 4:20-4:40\n"
            "5:1-5:15 @daily as man [/y] at 5:13-5:15\n");
}

TEST(CrontabParser, APercentSignEndsTheCommand) {
  EXPECT_EQ(parsed("0 1 * jan-mar mon a \\% b %input%x\n", false),
            "1:1-1:34 0 1 * jan-mar mon [a \\% b] at 1:19-1:25\n");
}

TEST(CrontabParser, NamesMayBeQuoted) {
  EXPECT_EQ(parsed("\"A B\" = ' c '\nPATH = /a:/b \n", false),
            "1:1-1:14 A B=[ c ]\n2:1-2:13 PATH=[/a:/b]\n");
}

TEST(CrontabParser, WhatCronRefusesIsSaid) {
  EXPECT_EQ(
      parsed("0 1 * * root\n0 1 * * *\n0 1 * * * root\n0 1 * * $ root x\n* * * * * root y", true),
      "5:1-5:17 * * * * * as root [y] at 5:16-5:17\n"
      "error bad-schedule 1:1-1:13 expected five fields of times, or a name such as @daily "
      "(refused)\n"
      "error missing-user 2:1-2:10 expected the user behind the times (refused)\n"
      "error missing-command 3:1-3:15 expected a command (refused)\n"
      "error bad-schedule 4:1-4:17 expected five fields of times, or a name such as @daily "
      "(refused)\n"
      "error no-final-newline 5:1-5:17 the last line does not end with a newline: cron does not "
      "run the file (refused)\n");
}

}  // namespace
}  // namespace drydock::parsers::crontab
