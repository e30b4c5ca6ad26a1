#include "parsers/audit_rules.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::audit_rules {
namespace {

// The whole visible outcome of a parse, a line a command.
std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Command& c : file.commands) {
    out += test::place(c.span) + " " + std::string(name(c.kind));
    if (c.kind == Kind::rule) {
      const Rule& r = c.rule;
      out += std::string(r.is_removal     ? " remove "
                         : r.is_prepended ? " first "
                                          : " ") +
             std::string(name(r.list)) + (r.is_always ? " always" : " never");
      if (r.is_watch) out += " watch " + r.path + " at " + test::place(r.path_span);
      for (const Syscall& s : r.syscalls) out += " -S " + s.name;
      for (const Field& f : r.fields)
        out += (f.is_comparison ? " -C " : " ") + f.name + f.op + f.value + " at " +
               test::place(f.value_span);
      for (const std::string& k : r.keys) out += " key " + k;
    } else if (!c.value.empty() && c.kind != Kind::refused) {
      out += " " + c.value + " at " + test::place(c.value_span);
    }
    out += "\n";
  }
  return out + test::errors(file.errors);
}

TEST(AuditRulesParser, ReadsControlsWatchesAndRulesWithTheirPlaces) {
  EXPECT_EQ(parsed("## comment\n"
                   "-D\n"
                   "-b 8192\n"
                   "  --backlog_wait_time 60000\n"
                   "\n"
                   "-w /etc/passwd -p wa -k identity\n"
                   "-a always,exit -F arch=b64 -S open,openat -F auid>=1000 -k access\n"
                   "-e 2\n"),
            "2:1-2:3 delete-all\n"
            "3:1-3:8 backlog 8192 at 3:4-3:8\n"
            "4:3-4:28 backlog-wait-time 60000 at 4:23-4:28\n"
            "6:1-6:33 rule exit always watch /etc/passwd at 6:4-6:15 perm=wa at 6:19-6:21 key "
            "identity\n"
            "7:1-7:66 rule exit always -S open -S openat arch=b64 at 7:24-7:27 auid>=1000 at "
            "7:52-7:56 key access\n"
            "8:1-8:5 enabled 2 at 8:4-8:5\n");
}

// auditctl(8): "-a [list,action|action,list]"; -A puts the rule first; -d and -W take one away.
TEST(AuditRulesParser, KnowsEveryWayToAddAndRemove) {
  EXPECT_EQ(parsed("-a exit,never -S all\n-A never,task\n-d always,user -F uid=0\n-W /etc/\n"),
            "1:1-1:21 rule exit never -S all\n"
            "2:1-2:14 rule first task never\n"
            "3:1-3:24 rule remove user always uid=0 at 3:23-3:24\n"
            "4:1-4:9 rule remove exit always watch /etc at 4:4-4:9\n");
}

TEST(AuditRulesParser, KnowsEveryOperatorAndOneSpellingOfANameAndANumber) {
  EXPECT_EQ(parsed("-a always,exit -F AUID!=-1 -F loginuid<=0x10 -F a0&=3 -F a1&7 -F exit>-5 -F "
                   "pid<9 -C euid!=uid\n"),
            "1:1-1:95 rule exit always auid!=-1 at 1:25-1:27 auid<=0x10 at 1:41-1:45 a0&=3 at "
            "1:53-1:54 a1&7 at 1:61-1:62 exit>-5 at 1:71-1:73 pid<9 at 1:81-1:82 -C euid!=uid at "
            "1:92-1:95\n");
  EXPECT_EQ(normal_value("auid", "-1"), "unset");
  EXPECT_EQ(normal_value("auid", "4294967295"), "unset");
  EXPECT_EQ(normal_value("auid", "0x3e8"), "1000");
  EXPECT_EQ(normal_value("a2", "0100"), "64");
  EXPECT_EQ(normal_value("exit", "-EACCES"), "-EACCES");
  EXPECT_EQ(normal_value("perm", "AXW"), "wxa");
  EXPECT_EQ(normal_value("arch", "x86_64"), "b64");
}

// audit.rules(7): "\ " is a blank in a name. auditctl knows no quotes, and a tab separates nothing.
TEST(AuditRulesParser, WordsAreSeparatedByBlanksOnly) {
  EXPECT_EQ(parsed("-w /srv/a\\ b -p r\n"),
            "1:1-1:18 rule exit always watch /srv/a b at 1:4-1:13 perm=r at 1:17-1:18\n");
  EXPECT_EQ(
      parsed("-w /etc/x -k \"two words\"\n"),
      "1:1-1:25 refused\n"
      "error missing-option 1:19-1:25 'words\"' stands where an option is expected (refused)\n");
  EXPECT_EQ(parsed("\t-w /etc/x\n-w /etc/x\t-p wa\n# x\n\t# y\n"),
            "1:1-1:11 refused\n"
            "2:1-2:16 refused\n"
            "4:1-4:5 refused\n"
            "error missing-option 1:1-1:4 '\t-w' stands where an option is expected (refused)\n"
            "error missing-option 2:14-2:16 'wa' stands where an option is expected (refused)\n"
            "error missing-option 4:1-4:3 '\t#' stands where an option is expected (refused)\n");
}

// getopt(3): options may stand together, values may follow at once, long names may be cut short.
TEST(AuditRulesParser, OptionsAreThoseOfGetopt) {
  EXPECT_EQ(parsed("-w/etc/x -pwa -kfoo\n-e1 -f2\n--backlog=5\n--loginuid-immutable\n-D -k id\n"),
            "1:1-1:20 rule exit always watch /etc/x at 1:3-1:9 perm=wa at 1:12-1:14 key foo\n"
            "2:1-2:4 enabled 1 at 2:3-2:4\n"
            "2:5-2:8 failure 2 at 2:7-2:8\n"
            "3:1-3:12 backlog-wait-time 5 at 3:11-3:12\n"
            "4:1-4:21 loginuid-immutable\n"
            "5:1-5:9 delete-all id at 5:7-5:9\n");
}

// auditctl(8) -i: "Ignore errors when reading rules from a file"; -c: "Continue loading rules in
// spite of an error."
TEST(AuditRulesParser, AnErrorStopsUnlessToldToContinue) {
  EXPECT_EQ(parsed("-a exit\n-c\n-w x\n-e 1\n"),
            "1:1-1:8 refused\n"
            "2:1-2:3 continue-on-errors\n"
            "3:1-3:5 refused\n"
            "4:1-4:5 enabled 1 at 4:4-4:5\n"
            "error bad-list 1:4-1:8 expected LIST,ACTION after -a (refused)\n"
            "error bad-path 3:4-3:5 the path must start with '/' (ignored)\n");
}

std::string first_error(std::string_view line) {
  const File file = parse(line);
  if (file.errors.empty()) return "none";
  const SyntaxError& error = *file.errors.begin();
  return std::string(error.code) + " " + test::place(error.span) + " " + error.message;
}

TEST(AuditRulesParser, NamesEachMistake) {
  EXPECT_EQ(first_error("-a always,exit -S open -F arch=b64"),
            "bad-field 1:27-1:35 arch must stand before -S");
  EXPECT_EQ(first_error("-a always,exit -F auid=>1000"),
            "bad-field 1:19-1:29 '>1000' is neither a number nor a name");
  EXPECT_EQ(first_error("-a always,exit -F nofield=1"),
            "bad-field 1:19-1:28 there is no field 'nofield'");
  EXPECT_EQ(first_error("-a always,exit -F auid"),
            "bad-field 1:19-1:23 expected an operator in 'auid'");
  EXPECT_EQ(first_error("-a always,exit -F auid="),
            "bad-field 1:19-1:24 expected a value for 'auid'");
  EXPECT_EQ(first_error("-F auid=1"),
            "misplaced-option 1:1-1:10 a field needs a list or a watch before it");
  EXPECT_EQ(first_error("-w /x -p rwz"),
            "bad-permission 1:10-1:13 'rwz' is no set of the letters r, w, x and a");
  EXPECT_EQ(first_error("-w /x -w /y"),
            "misplaced-option 1:7-1:12 a line holds one rule or one watch");
  EXPECT_EQ(first_error("-a always,exit -k x"),
            "misplaced-option 1:16-1:20 a key needs a watch, a system call or a path before it");
  EXPECT_EQ(first_error("-a always,task -S open"),
            "misplaced-option 1:16-1:23 the list 'task' takes no -S");
  EXPECT_EQ(first_error("-S open"), "misplaced-option 1:1-1:8 no list and no watch given");
  EXPECT_EQ(first_error("-e 3"), "bad-value 1:4-1:5 expected 0, 1 or 2 after -e");
  EXPECT_EQ(first_error("-b many"), "bad-value 1:4-1:8 expected a number after -b");
  EXPECT_EQ(first_error("-f"), "missing-argument 1:1-1:3 expected a value after -f");
  EXPECT_EQ(first_error("-R /x"),
            "unknown-option 1:1-1:6 a file of rules cannot read another one (-R)");
  EXPECT_EQ(first_error("--quick"), "unknown-option 1:1-1:8 '--quick' is no option of auditctl");
  EXPECT_EQ(first_error("-D -i"), "misplaced-option 1:1-1:3 -D takes no option but -k");
  EXPECT_EQ(first_error("-w /x # y"),
            "missing-option 1:7-1:8 '#' stands where an option is expected");
  EXPECT_EQ(first_error("-a always,exit -F path=/x/"),
            "bad-path 1:19-1:27 the kernel takes no path that ends in '/'");
  EXPECT_EQ(first_error("-a always,exit -F path=/x -F dir=/y"),
            "bad-field 1:30-1:36 a rule has one path only");
}

TEST(AuditRulesParser, TakesNulLongLinesCrlfAndAMissingLastLineEnd) {
  EXPECT_EQ(
      parsed(std::string("-w /x -p\0wa\n-e 1", 16)),
      "1:1-1:9 refused\n"
      "2:1-2:5 enabled 1 at 2:4-2:5\n"
      "error nul-byte 1:9-1:10 a NUL byte: auditctl does not see the rest of the line (ignored)\n"
      "error missing-argument 1:7-1:9 expected a value after -p (refused)\n");
  EXPECT_EQ(parsed("-e 1\r\n"),
            "1:1-1:6 refused\n"
            "error bad-value 1:4-1:6 expected 0, 1 or 2 after -e (refused)\n");
  EXPECT_EQ(
      parsed("-w /x" + std::string(kLineBytes, ' ') + "-e 1\n"),
      "1:1-1:6 rule exit always watch /x at 1:4-1:6\n"
      "1:6149-1:6153 enabled 1 at 1:6152-1:6153\n"
      "error long-line 1:1-1:6144 auditctl takes 6143 bytes as a line, and the rest as another "
      "one (ignored)\n");
}

}  // namespace
}  // namespace drydock::parsers::audit_rules
