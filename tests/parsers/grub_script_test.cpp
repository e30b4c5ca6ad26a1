#include "parsers/grub_script.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::grub_script {
namespace {

// Words as [text] with $variables in braces, parts in parentheses.
std::string show(const std::vector<Statement>& list) {
  std::string out;
  for (const Statement& s : list) {
    static constexpr const char* kKinds[] = {"", "if", "loop", "for", "function"};
    out += std::string(kKinds[static_cast<size_t>(s.kind)]);
    for (const Word& word : s.words) {
      out += "[";
      for (const Piece& piece : word.pieces)
        out += piece.is_variable ? std::string(piece.is_quoted ? "\"" : "") + "{" + piece.text + "}"
                                 : piece.text;
      out += "]";
    }
    for (const auto& part : s.parts) out += "(" + show(part) + ")";
    out += ";";
  }
  return out;
}

std::string parsed(std::string_view text) {
  const File file = parse(text);
  return show(file.statements) + "\n" + test::errors(file.errors);
}

TEST(GrubScriptParser, ReadsCommandsQuotesAndVariables) {
  EXPECT_EQ(
      parsed("set a=b # note\necho 'x y'\\ z \"q $v \\\" ${w}\" $1 $@ a#b; linux /x\\\n  y\n"),
      "[set][a=b];[echo][x y z][q \"{v} \" \"{w}][{1}][{@}][a#b];[linux][/x][y];\n");
}

TEST(GrubScriptParser, ReadsBlocks) {
  EXPECT_EQ(parsed("if [ -s $prefix/grubenv ]; then\n load_env\nelif true; then a; else\n b\nfi\n"
                   "menuentry 'T' --id x {\n linux /v\n}\nfunction f {\n g\n}\nfor i in 1 2; do "
                   "echo $i; done\n"
                   "while false; do x; done\nsubmenu \"S\" { menuentry 'U' { v; } }\n"),
            "if([[][-s][{prefix}/grubenv][]];)([load_env];)([true];)([a];)([b];);"
            "[menuentry][T][--id][x]([linux][/v];);function[f]([g];);for[i][1][2]([echo][{i}];);"
            "loop([false];)([x];);[submenu][S]([menuentry][U]([v];););\n");
}

TEST(GrubScriptParser, PlacesAWordWhereItStands) {
  const File file = parse("menuentry 'a' {\n\tlinux\t/v root=\"x y\"\n}\n");
  ASSERT_EQ(file.statements.size(), 1u);
  EXPECT_EQ(test::place(file.statements[0].span), "1:1-1:14");
  EXPECT_EQ(test::place(file.statements[0].parts[0][0].words[2].span), "2:11-2:21");
}

// grub-script-check refuses each of these.
TEST(GrubScriptParser, RefusesWhatGrubRefuses) {
  EXPECT_EQ(parsed("fi\n"), "\nerror unexpected-word 1:1-1:3 \"fi\" has no place here (refused)\n");
  EXPECT_EQ(
      parsed("if true; then\n"),
      "\nerror unterminated-block 2:1-2:1 expected \"fi\" before the end of the file (refused)\n");
  EXPECT_EQ(
      parsed("menuentry a {\n x\n"),
      "\nerror unterminated-block 3:1-3:1 expected \"}\" before the end of the file (refused)\n");
  EXPECT_EQ(parsed("echo 'x\n"),
            "\nerror unterminated-quote 1:6-2:1 the quote is never closed (refused)\n");
  EXPECT_EQ(parsed(std::string("a\0b", 3)), "\nerror nul-byte 1:2-1:3 a NUL byte (refused)\n");
}

TEST(GrubScriptParser, StopsAtDeepBlocks) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "if x; then\n";
  EXPECT_EQ(parse(text).errors.list().at(0).code, "too-deep");
}

}  // namespace
}  // namespace drydock::parsers::grub_script
