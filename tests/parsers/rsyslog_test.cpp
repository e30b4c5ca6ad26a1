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
      parsed("*.* action(type=\"omfwd\"\n  Target=\"a)b\" /* x */ peers=[\"p\", \"q\"] # y\n)\n"
             "kern.* @h\n"),
      "1:5-3:2 action( type=[omfwd] target=[a)b] peers=[p q] )\n"
      "4:1-4:10 kern.* -> @h\n");
}

TEST(RsyslogParser, ExpressionsArePassedOver) {
  EXPECT_EQ(parsed("if $msg contains \"action(\" then {\n  action(type=\"omfile\" file=\"/x\")\n}\n"
                   ":msg, contains, \"x\" ~\n"),
            "1:1-1:34 if $msg contains \"action(\" then -> {\n"
            "2:3-2:34 action( type=[omfile] file=[/x] )\n"
            "4:1-4:22 :msg, contains, \"x\" -> ~\n");
}

TEST(RsyslogParser, WhatIsBrokenIsSaid) {
  EXPECT_EQ(parsed("action(type=\"omfwd\"\n*.* /x\n"),
            "error bad-parameter 2:1-2:2 expected name=\"value\" (ignored)\n"
            "error bad-parameter 2:5-2:6 expected name=\"value\" (ignored)\n"
            "error unterminated-object 1:1-1:8 there is no ')' for this '(' (ignored)\n");
  EXPECT_EQ(parsed("input(type=\"imtcp)\n"),
            "error unterminated-string 1:12-1:13 this quote is never closed (ignored)\n"
            "error unterminated-object 1:1-1:7 there is no ')' for this '(' (ignored)\n");
}

}  // namespace
}  // namespace drydock::parsers::rsyslog
