// crontab(5): jobs of users and of the system, one a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::crontab {

struct Job {
  std::string schedule;  // "17 * * * *", "@reboot"; the fields separated by one blank
  std::string user;      // of a system crontab; else empty
  std::string command;   // up to a '%' that is not escaped: what follows is its input
  Span span;             // the line
  Span user_span;
  Span command_span;
};

// "NAME = value" before or between the jobs.
struct Variable {
  std::string name;
  std::string value;  // unquoted
  Span span;
  Span value_span;
};

struct File {
  std::vector<Job> jobs;  // in the order of the file
  std::vector<Variable> variables;
  SyntaxErrors errors;
};

// Codes of syntax errors. cron refuses the whole file with one of these (effect `refused`):
//   bad-schedule     fewer than five fields, or one that is no list of numbers within its bounds
//   missing-user     a system crontab's line ends before the user
//   no-final-newline the last line does not end in LF: cron does not run the file
//   nul-byte         a NUL byte
//   missing-command  nothing behind the times and the user; of a user's own crontab cron takes that (effect
//                    `ignored`), and runs nothing
// `system`: the lines have a user as the sixth field (/etc/crontab, /etc/cron.d).
File parse(std::string_view text, bool system);

}  // namespace drydock::parsers::crontab
