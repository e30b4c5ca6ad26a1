#include "analyzer/facts/store.h"

#include <gtest/gtest.h>

#include "analyzer/base/limits.h"
#include "tests/facts/facts.h"

namespace drydock {
namespace {

using facts::ColumnType;

const facts::TableSpec kTable{.name = "thing",
                              .kind = facts::TableKind::raw,
                              .doc = "A thing.",
                              .columns = {{"name", ColumnType::text, ""},
                                          {"size", ColumnType::integer, ""},
                                          {"is_odd", ColumnType::boolean, ""},
                                          {"loc", ColumnType::location, ""}}};
const facts::TableSpec* const kTables[] = {&kTable, &facts::kLocationTable};

std::unique_ptr<facts::Store> store() {
  auto made = facts::Store::create(kTables);
  EXPECT_TRUE(made.ok()) << (made ? "" : made.error().message);
  return std::move(made).value();
}

TEST(Store, KeepsOnlyWhatIsWanted) {
  const auto facts = store();
  EXPECT_TRUE(facts->wants(kTable));
  facts->keep_only([](const facts::TableSpec& table) { return table.name != "thing"; });
  EXPECT_FALSE(facts->wants(kTable));
  facts->insert(kTable, {std::string_view("a"), int64_t{7}, true, facts::Null{}});
  EXPECT_EQ(facts->select("SELECT count(*) FROM thing")->rows[0][0], "0");
}

TEST(Store, KeepsEveryKindOfValue) {
  const auto facts = store();
  const auto loc = facts->locate("etc/x", Span{3, 1, 3, 4});
  facts->insert(kTable, {std::string_view("a"), int64_t{7}, true, loc});
  facts->insert(kTable, {facts::Null{}, facts::Null{}, facts::Null{}, facts::Null{}});
  facts->insert(kTable, {std::string_view(), int64_t{-1}, false, facts->locate("etc/y", Span{})});
  const auto answer = facts->select("SELECT *, name IS NULL AS is_null FROM thing");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  using Row = facts::Store::Row;
  EXPECT_EQ(answer->rows[0], (Row{"a", "7", "1", "etc/x:3:1", "0"}));
  EXPECT_EQ(answer->rows[1], (Row{std::nullopt, std::nullopt, std::nullopt, std::nullopt, "1"}));
  EXPECT_EQ(answer->rows[2], (Row{"", "-1", "0", "etc/y", "0"}));
}

TEST(Store, TheSamePlaceHasTheSameIdInEveryStore) {
  const auto one = store(), two = store();
  two->locate("etc/other", Span{1, 1, 1, 2});
  EXPECT_EQ(one->locate("etc/x", Span{1, 2, 3, 4}), two->locate("etc/x", Span{1, 2, 3, 4}));
  EXPECT_NE(one->locate("etc/x", Span{1, 2, 3, 4}), one->locate("etc/x", Span{1, 2, 3, 5}));
  EXPECT_EQ(one->location(facts::LocationId{1}), std::nullopt);
}

TEST(Store, LocationsCanBeJoined) {
  const auto facts = store();
  facts->insert(
      kTable, {std::string_view("a"), int64_t{1}, true, facts->locate("etc/x", Span{3, 2, 3, 4})});
  const auto answer =
      facts->select("SELECT path, line, column FROM thing JOIN location USING (loc)");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->rows, (std::vector<facts::Store::Row>{{"etc/x", "3", "2"}}));
}

TEST(Store, CutsLongTextAtACharacter) {
  const auto facts = store();
  std::string text(limits::kFactText - 4, 'a');
  for (int i = 0; i < 10; ++i) text += "\xc3\xa4";
  facts->insert(kTable, {std::string_view(text), int64_t{1}, true, facts::Null{}});
  const auto answer = facts->select("SELECT name FROM thing");
  EXPECT_EQ(*answer->rows[0][0], text.substr(0, limits::kFactText - 4) + "\u2026");
}

TEST(Store, OnlyAnswersOneStatementThatReads) {
  const auto facts = store();
  EXPECT_EQ(facts->select("DELETE FROM thing").error().message, "facts can only be read");
  EXPECT_EQ(facts->select("SELECT 1; SELECT 2").error().message, "one statement at a time");
  EXPECT_EQ(facts->select("  ").error().message, "there is no statement");
  EXPECT_EQ(facts->select("SELECT nowhere").error().message, "no such column: nowhere");
  EXPECT_TRUE(facts->select("SELECT 1 ;\n").ok());
}

TEST(FileTable, AnswersByPathDirectoryAndGlob) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/passwd", "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n");
  tree->file("etc/group", "root:x:0:\n");
  tree->file("usr/lib/a.service", "x", 0664, 1000, 7).symlink("lib", "usr/lib");
  tree->file("etc/docker/certs.d/r/client.key", "", 0600).symlink("etc/loop", "loop");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT path, type, mode, mode_text, uid, gid, user, \"group\", real_path, loc "
                  "FROM file WHERE path = 'lib/a.service'"),
      "lib/a.service | file | 436 | 0664 | 1000 | 7 | alice | - | usr/lib/a.service | "
      "lib/a.service\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, type FROM file WHERE directory = 'lib'"),
            "lib/a.service | file\n");
  EXPECT_EQ(test::facts(tree, "SELECT path FROM file WHERE path GLOB 'etc/docker/certs.d/*'"),
            "etc/docker/certs.d/r\netc/docker/certs.d/r/client.key\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT path, target, real_path FROM file WHERE type = 'symlink' ORDER BY path"),
      "etc/loop | loop | -\nlib | usr/lib | usr/lib\n");
  EXPECT_EQ(test::facts(tree, "SELECT count(*) FROM file WHERE path IN ('etc/none', NULL, '')"),
            "0\n");
}

}  // namespace
}  // namespace drydock
