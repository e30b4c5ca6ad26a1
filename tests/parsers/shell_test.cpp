#include "parsers/shell.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::shell {
namespace {

// A line a command: place, assignments, words, and the guards around it.
std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Command& command : file.commands) {
    out += test::place(command.span);
    for (const Assignment& one : command.assignments)
      out += " " + one.name + "=" + one.value.text.value_or("?");
    for (const Word& word : command.words) out += " [" + word.raw + "]";
    for (const size_t index : command.guards) {
      const Guard& guard = file.guards[index];
      constexpr std::string_view kKinds[] = {"if", "loop", "case", "function", "subshell"};
      out += " " + std::string(kKinds[static_cast<size_t>(guard.kind)]);
      if (guard.kind == Guard::Kind::condition)
        out += (guard.wanted ? " " : " not ") + std::to_string(guard.begin) + "-" +
               std::to_string(guard.end);
      for (const Word& pattern : guard.patterns) out += " " + pattern.raw;
    }
    out += "\n";
  }
  return out + test::errors(file.errors);
}

TEST(ShellParser, QuotesCommentsAndRedirections) {
  EXPECT_EQ(parsed("TMOUT='6 0' X=$Y # no\nexport \"A B\"=1 >/dev/null 2>&1\n"),
            "1:1-1:17 TMOUT=6 0 X=?\n2:1-2:31 [export] [\"A B\"=1]\n");
}

TEST(ShellParser, ConditionsNameTheirCommands) {
  EXPECT_EQ(parsed("if a; then b\nelif c\nthen d; else e; fi\nf && g || h\n"),
            "1:4-1:5 [a]\n1:12-1:13 [b] if 0-1\n2:6-2:7 [c] if not 0-1\n"
            "3:6-3:7 [d] if not 0-1 if 2-3\n3:14-3:15 [e] if not 0-1 if not 2-3\n"
            "4:1-4:2 [f]\n4:6-4:7 [g] if 5-6\n4:11-4:12 [h] if not 5-7\n");
}

TEST(ShellParser, LoopsCasesFunctionsAndSubshells) {
  EXPECT_EQ(
      parsed("for i in a b; do . $i; done\ncase $- in *i*|x) y;; (z) w;; esac\n"
             "f() { g; }\n(h)\ni | j\n"),
      "1:18-1:22 [.] [$i] loop\n2:19-2:20 [y] case *i* x\n2:27-2:28 [w] case z\n"
      "3:7-3:8 [g] function\n4:2-4:3 [h] subshell\n5:1-5:2 [i] subshell\n5:5-5:6 [j] subshell\n");
}

TEST(ShellParser, WhatIsNoCommand) {
  EXPECT_EQ(parsed("cat <<'E'\numask 0\nE\na=(1 \"2)\") b=$(umask 0) c=${d:-)}\n((x > 2))\n"
                   "[[ $x =~ ^(a|b)$ && y ]]\n"),
            "1:1-1:10 [cat]\n4:1-4:34 a=(1 2)) b=? c=?\n"
            "6:1-6:25 [[[] [$x] [=~] [^] [(] [a] [|] [b] [)] [$] [&&] [y] []]]\n");
}

TEST(ShellParser, WhereItEndsTooSoon) {
  EXPECT_EQ(parsed("a\nif b; then\nc\n"),
            "1:1-1:2 [a]\n2:4-2:5 [b]\n3:1-3:2 [c] if 1-2\n"
            "error unfinished 4:1-4:1 expected 'fi' (refused)\n");
  EXPECT_EQ(parsed("a \"b\n"),
            "1:1-2:1 [a] [\"b\n]\nerror unfinished 2:1-2:1 a quote that does not end (refused)\n");
  EXPECT_EQ(parsed("fi\n"), "error unexpected-token 1:1-1:3 cannot stand here: fi (refused)\n");
}

}  // namespace
}  // namespace drydock::parsers::shell
