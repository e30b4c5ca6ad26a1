#include "parsers/rsyslog.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::rsyslog {
namespace {

std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Statement& statement : file.statements) {
    if (const auto* legacy = std::get_if<Legacy>(&statement)) {
      out += test::place(legacy->span) + " $" + legacy->name + " [" + legacy->value + "]\n";
    } else if (const auto* object = std::get_if<Object>(&statement)) {
      out += test::place(object->span) + " " + object->kind + "(";
      for (const Parameter& p : object->parameters) out += " " + p.name + "=[" + p.value + "]";
      out += " )\n";
    } else {
      const auto& selector = std::get<Selector>(statement);
      out += test::place(selector.span) + " " + selector.filter + " -> " + selector.action + "\n";
    }
  }
  return out + test::errors(file.errors);
}

TEST(RsyslogParser, ReadsTheThreeForms) {
  EXPECT_EQ(parsed("# c\n$FileCreateMode 0640 # why\nmodule(load=\"imtcp\")\n"
                   "auth.*;mail.none\t-/var/log/auth\n*.* @@h:514\n"),
            "2:1-2:21 $filecreatemode [0640]\n"
            "3:1-3:21 module( load=[imtcp] )\n"
            "4:1-4:32 auth.*;mail.none -> -/var/log/auth\n"
            "5:1-5:12 *.* -> @@h:514\n");
}

TEST(RsyslogParser, ObjectsSpanLinesAndEndSelectors) {
  EXPECT_EQ(
      parsed("*.* action(type=\"omfwd\"\n  Target=\"a)\\\"b\" /* x */ peers=[\"p\", \"q\"] # y\n)\n"
             "kern.* @h\n"),
      "1:5-3:2 action( type=[omfwd] target=[a)\"b] peers=[p q] )\n"
      "4:1-4:10 kern.* -> @h\n");
}

TEST(RsyslogParser, ExpressionsArePassedOver) {
  EXPECT_EQ(
      parsed("if $msg contains 'action(' and not ($x == [\"a\", \"b\"] or f($y, 1 + -2)) then {\n"
             "  action(type=\"omfile\" file=\"/x\")\n  @h\n} else\n  stop\nset $.a = \"b\";\n"
             ":msg, contains, \"x\" ~\nforeach ($.i in $!l) do @i\n"
             "template(name=\"t\" type=\"list\") { property(name=\"msg\") constant(value=\"}\") }\n"
             "if $m == 1 then @j\n"),
      "2:3-2:34 action( type=[omfile] file=[/x] )\n"
      "3:3-3:5  -> @h\n"
      "7:1-7:22 :msg, contains, \"x\" -> ~\n"
      "8:25-8:27  -> @i\n"
      "9:1-9:31 template( name=[t] type=[list] )\n"
      "9:34-9:54 property( name=[msg] )\n"
      "9:55-9:74 constant( value=[}] )\n"
      "10:1-10:19 if $m == 1 then -> @j\n");
}

TEST(RsyslogParser, ActionsGoToTheEndOfTheLineThatIsJoined) {
  EXPECT_EQ(parsed("*.* @h # no comment\n*.* @c\\\n   d\n& /x;fmt\nmail.*\n  @later\n"),
            "1:1-1:20 *.* -> @h # no comment\n"
            "2:1-3:5 *.* -> @cd\n"
            "4:1-4:9 & -> /x;fmt\n"
            "5:1-6:9 mail.* -> @later\n");
}

TEST(RsyslogParser, AMistakeEndsTheReading) {
  EXPECT_EQ(parsed("*.* /x\naction(type=\"omfwd\"\n*.* /y\n"),
            "1:1-1:7 *.* -> /x\n"
            "error bad-character 3:1-3:2 rsyslogd takes no such character here (ignored)\n"
            "error bad-character 3:5-3:6 rsyslogd takes no such character here (ignored)\n"
            "error syntax-error 4:1-4:1 the file ends in the middle of a statement (ignored)\n");
  EXPECT_EQ(parsed("*.* {\n @lost\n$Umask 0077\n"),
            "3:1-3:12 $umask [0077]\n"
            "error syntax-error 4:1-4:1 the file ends in the middle of a statement (ignored)\n");
  EXPECT_EQ(parsed("input(type=\"imtcp)\n"),
            "error bad-character 1:12-1:13 rsyslogd takes no such character here (ignored)\n"
            "error syntax-error 1:13-1:18 rsyslogd wants something else here, and reads nothing "
            "from here on (ignored)\n");
  EXPECT_EQ(parsed("*.* @a\n}\n*.* @b\n"),
            "1:1-1:7 *.* -> @a\n"
            "error syntax-error 2:1-2:2 rsyslogd wants something else here, and reads nothing from "
            "here on (ignored)\n");
}

}  // namespace
}  // namespace drydock::parsers::rsyslog
