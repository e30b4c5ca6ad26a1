// Every point of the sandbox, attacked.
#include "analyzer/engine/sandbox.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "analyzer/base/limits.h"
#include "analyzer/engine/functions.h"
#include "tests/engine/judge.h"

namespace drydock::engine {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SandboxTest : public testing::Test {
 protected:
  SandboxTest() {
    EXPECT_TRUE(add_functions(facts.store->handle(), &parameters));
    facts.set("a", "1", 1).set("b", "two", 2);
  }

  // Prepares and runs; what went wrong, or the first column of the rows separated by '|'.
  std::string run(std::string_view sql, std::chrono::milliseconds deadline = 2s) {
    facts.store->freeze();
    Sandbox sandbox(*facts.store);
    auto prepared = sandbox.prepare(sql);
    if (!prepared) return "refused: " + prepared.error().message;
    std::string out;
    sqlite3_stmt* statement = prepared->statement.get();
    const auto ran = sandbox.run(statement, deadline, [&] {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      out += (out.empty() ? "" : "|") + std::string(text ? text : "NULL");
      return out.size() < 10'000;
    });
    if (ran.end == Sandbox::End::deadline) return "deadline";
    if (ran.end == Sandbox::End::failed) return "failed: " + ran.message;
    return out;
  }

  test::Facts facts;
  const Parameters* parameters = nullptr;
};

TEST_F(SandboxTest, SelectsFromFacts) {
  EXPECT_EQ(run("SELECT key FROM setting WHERE loc IS NOT NULL ORDER BY key"), "a|b");
  EXPECT_EQ(run("SELECT s.key FROM setting s JOIN location l ON l.loc = s.loc WHERE l.line = 2"),
            "b");
  EXPECT_EQ(run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) "
                "SELECT i FROM n"),
            "1|2|3|4");
  EXPECT_EQ(run("WITH c AS (SELECT key FROM setting) SELECT count(*) FROM c"), "2");
  EXPECT_EQ(run("SELECT 1 WHERE EXISTS (SELECT 1 FROM (SELECT key FROM setting))"), "1");
}

TEST_F(SandboxTest, RecordsTheTablesAStatementReads) {
  Sandbox sandbox(*facts.store);
  const auto prepared = sandbox.prepare(
      "SELECT s.loc FROM setting s WHERE EXISTS (SELECT count(*) FROM trait) AND key IN "
      "parameter('x')");
  ASSERT_TRUE(prepared);
  EXPECT_THAT(prepared->tables, ElementsAre("setting", "trait"));
}

// Point 1: the authorizer's allow-list.
TEST_F(SandboxTest, ReadsNothingButFacts) {
  for (const std::string table :
       {"sqlite_master", "sqlite_schema", "sqlite_temp_master", "pragma_database_list",
        "pragma_table_info('setting')", "pragma_function_list", "json_each('[1]')",
        "json_tree('[1]')", "dbstat", "sqlite_dbpage", "sqlite_stmt", "bytecode('SELECT 1')",
        "nothing"}) {
    EXPECT_THAT(run("SELECT * FROM " + table), HasSubstr("refused: ")) << table;
    EXPECT_THAT(run("SELECT count(*) FROM " + table), HasSubstr("refused: ")) << table;
    EXPECT_THAT(run("SELECT 1 FROM " + table), HasSubstr("refused: ")) << table;
  }
  EXPECT_EQ(run("SELECT name FROM sqlite_master"), "refused: 'sqlite_master' is no table of facts");
  // A name of its own does not open what bears it elsewhere.
  EXPECT_THAT(run("SELECT 1 FROM json_each('[1]') WHERE EXISTS (WITH json_each AS (SELECT 1) "
                  "SELECT 1 FROM json_each)"),
              HasSubstr("refused"));
}

TEST_F(SandboxTest, WritesNothing) {
  for (const std::string sql : {"INSERT INTO setting VALUES(1,2,3,4,5,6)",
                                "UPDATE setting SET key = 1",
                                "DELETE FROM setting",
                                "DROP TABLE setting",
                                "CREATE TABLE t(a)",
                                "CREATE TEMP TABLE t(a)",
                                "CREATE VIEW v AS SELECT 1",
                                "CREATE TEMP TRIGGER t AFTER INSERT ON setting BEGIN SELECT 1; END",
                                "CREATE VIRTUAL TABLE t USING fts5(a)",
                                "ALTER TABLE setting RENAME TO t",
                                "REINDEX",
                                "ANALYZE",
                                "BEGIN",
                                "COMMIT",
                                "ROLLBACK",
                                "SAVEPOINT s",
                                "ATTACH '/tmp/x' AS x",
                                "ATTACH/**/DATABASE '/tmp/x' AS x",
                                "DETACH main",
                                "PRAGMA query_only = OFF",
                                "PRAGMA writable_schema = ON",
                                "PRAGMA temp_store_directory = '/tmp'",
                                "VACUUM",
                                "VACUUM INTO '/tmp/x'",
                                "DELETE FROM setting RETURNING key",
                                "WITH a AS (SELECT 1) DELETE FROM setting"})
    EXPECT_THAT(run(sql), HasSubstr("refused: ")) << sql;
  EXPECT_EQ(run("SELECT count(*) FROM setting"), "2");
}

TEST_F(SandboxTest, CallsOnlyHarmlessFunctions) {
  for (const std::string call : {"load_extension('x')",
                                 "readfile('/etc/passwd')",
                                 "writefile('x', 'y')",
                                 "randomblob(9)",
                                 "random()",
                                 "zeroblob(9)",
                                 "hex('a')",
                                 "quote('a')",
                                 "char(65)",
                                 "instr('a', 'b')",
                                 "replace('a', 'b', 'c')",
                                 "printf('%d', 1)",
                                 "format('%d', 1)",
                                 "group_concat(key)",
                                 "json('{}')",
                                 "json_extract('{}', '$')",
                                 "'{}' -> '$'",
                                 "date()",
                                 "datetime('now')",
                                 "strftime('%s')",
                                 "julianday()",
                                 "changes()",
                                 "last_insert_rowid()",
                                 "sqlite_version()",
                                 "sqlite_compileoption_get(0)",
                                 "fts3_tokenizer('a')",
                                 "row_number() OVER ()",
                                 "soundex('a')",
                                 "current_timestamp"})
    EXPECT_THAT(run("SELECT " + call + " FROM setting"), HasSubstr("refused: ")) << call;
  EXPECT_EQ(run("SELECT replace(key, 'a', 'b') FROM setting"),
            "refused: the function replace() is not available to rules");
}

// Point 2: what passes the authorizer and is no SELECT.
TEST_F(SandboxTest, TakesOneSelectAndNothingBehindIt) {
  EXPECT_EQ(run("SELECT key FROM setting; DELETE FROM setting"),
            "refused: text behind the end of the statement");
  EXPECT_EQ(run("SELECT 1; SELECT 2"), "refused: text behind the end of the statement");
  EXPECT_EQ(run("SELECT 1;\n ; \n"), "1");
  EXPECT_THAT(run("EXPLAIN SELECT 1"), HasSubstr("refused"));
  EXPECT_THAT(run("EXPLAIN QUERY PLAN SELECT 1"), HasSubstr("refused"));
  EXPECT_EQ(run("  -- nothing\n"), "refused: there is no statement");
  EXPECT_EQ(run(""), "refused: there is no statement");
  EXPECT_EQ(run(std::string_view("SELECT 1\0; DELETE FROM setting", 31)),
            "refused: a NUL byte in the SQL");
  EXPECT_EQ(run("SELECT \"not_a_column\" FROM setting"), "refused: no such column: not_a_column");
}

// Point 3: wall time, whatever the operations cost.
TEST_F(SandboxTest, StopsWhatTakesTooLong) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(
      run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
          50ms),
      "deadline");
  EXPECT_EQ(run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000) "
                "SELECT count(*) FROM n a, n b, n c WHERE a.i + b.i = c.i",
                50ms),
            "deadline");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

// Point 4: one C call cannot be interrupted.
TEST_F(SandboxTest, BoundsWhatOneCallMayDo) {
  const std::string doubled =
      "WITH RECURSIVE n(t) AS (SELECT 'aaaaaaaaaaaaaaaa' UNION ALL SELECT t || t FROM n LIMIT 40) ";
  EXPECT_EQ(run(doubled + "SELECT max(length(t)) FROM n"), "failed: string or blob too big");
  EXPECT_EQ(run("SELECT key LIKE '" + std::string(101, '%') + "' FROM setting"),
            "failed: LIKE or GLOB pattern too complex");
  EXPECT_EQ(run("SELECT key GLOB '" + std::string(101, '*') + "' FROM setting"),
            "failed: LIKE or GLOB pattern too complex");
  EXPECT_THAT(run("SELECT trim(key, 'ab') FROM setting"), HasSubstr("take one argument"));
  std::string deep = "1", sum = "1";
  for (int i = 0; i < 60; ++i) deep = "abs(" + deep + ")", sum += " + 1";
  EXPECT_THAT(run("SELECT " + sum), HasSubstr("refused: Expression tree is too large"));
  EXPECT_THAT(run("SELECT " + deep), HasSubstr("refused: "));
  std::string unions = "SELECT 1";
  for (int i = 0; i < 11; ++i) unions += " UNION ALL SELECT 1";
  EXPECT_THAT(run(unions), HasSubstr("refused: too many terms in compound SELECT"));
  EXPECT_EQ(run("SELECT '" + std::string(65 << 10, 'x') + "'"),
            "refused: the SQL is longer than 64 KiB");
}

TEST_F(SandboxTest, BoundsPatternsThatBacktrack) {
  const std::string text(limits::kFactText - 10, 'a');
  facts.set("long", text, 3);
  const auto begin = std::chrono::steady_clock::now();
  std::string pattern;
  for (int i = 0; i < 33; ++i) pattern += "%a_";
  EXPECT_EQ(run("SELECT value LIKE '" + pattern + "b' FROM setting WHERE key = 'long'"), "0");
  EXPECT_EQ(run("SELECT value REGEXP '(a*)*(a*)*(a|aa)+b' FROM setting WHERE key = 'long'"), "0");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

// Memory: what is expanded while preparing, and what a query piles up.
TEST_F(SandboxTest, BoundsMemory) {
  const auto begin = std::chrono::steady_clock::now();
  std::string bomb = "WITH c0 AS (SELECT 1 AS x)";
  for (int i = 1; i <= 40; ++i) {
    const std::string before = "c" + std::to_string(i - 1);
    bomb += ", c" + std::to_string(i) + " AS (SELECT a.x FROM " + before + " a, " + before + " b)";
  }
  EXPECT_THAT(run(bomb + " SELECT x FROM c40"), HasSubstr("refused: "));
  const std::string rows =
      "WITH RECURSIVE n(i, t) AS (SELECT 1, 'x' UNION ALL SELECT i + 1, substr(t || t || i, 1, "
      "4000) FROM n) ";
  EXPECT_THAT(run(rows + "SELECT count(*) FROM (SELECT DISTINCT t || i FROM n)", 20s),
              HasSubstr("failed: "));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
  EXPECT_EQ(run("SELECT count(*) FROM setting"), "2");  // the connection is as good as before
}

// Point 5: patterns.
TEST_F(SandboxTest, PatternsAreRe2AndBounded) {
  EXPECT_EQ(run("SELECT key FROM setting WHERE value REGEXP '^t.o$'"), "b");
  EXPECT_EQ(run("SELECT NULL REGEXP 'a'"), "NULL");
  EXPECT_THAT(run("SELECT key FROM setting WHERE value REGEXP '('"),
              HasSubstr("the pattern is not valid: missing )"));
  EXPECT_THAT(run("SELECT 'a' REGEXP '(((a{100}){100}){100})'"),
              HasSubstr("the pattern is not valid"));
  EXPECT_THAT(run("SELECT 'a' REGEXP '" + std::string(1001, 'a') + "'"),
              HasSubstr("longer than 1000 bytes"));
  EXPECT_THAT(run("SELECT 'ab' REGEXP '(?=a)'"), HasSubstr("not valid"));
}

TEST_F(SandboxTest, HasItsOwnFunctions) {
  EXPECT_EQ(run("SELECT octal(416) || ' ' || mode('0640') || ' ' || basename('a/b/c') || ' ' || "
                "parent('a/b/c')"),
            "0640 416 c a/b");
  EXPECT_EQ(run("SELECT under('etc/docker/x', '/etc/docker/') || under('etc/dockerx', "
                "'etc/docker') || under('a', '')"),
            "101");
  EXPECT_EQ(
      run("SELECT version_compare('dpkg', '1.0~rc1', '1.0') || version_compare('rpm', '1:1', '2')"
          " || version_compare('apk', '1.0', '1.0')"),
      "-110");
  EXPECT_EQ(run("SELECT version_compare('pip', '1', '2')"), "NULL");
  EXPECT_EQ(run("SELECT has_word('a, bc d', 'bc') || has_word('abc', 'b') || has_word('a', '')"),
            "100");
  EXPECT_EQ(run("SELECT octal(NULL)"), "NULL");
  EXPECT_EQ(run("SELECT mode('0888')"), "NULL");
}

TEST_F(SandboxTest, ShowsParameters) {
  const Parameters values{{"list", {"x", "y"}}, {"one", {"z"}}};
  parameters = &values;
  EXPECT_EQ(run("SELECT value FROM parameter('list')"), "x|y");
  EXPECT_EQ(run("SELECT name || value FROM parameter"), "listx|listy|onez");
  EXPECT_EQ(run("SELECT 1 WHERE 'y' IN parameter('list')"), "1");
  EXPECT_EQ(run("SELECT 1 WHERE 'q' NOT IN parameter('list')"), "1");
  EXPECT_EQ(run("SELECT value FROM parameter('none')"), "");
}

TEST_F(SandboxTest, GivesTheConnectionBack) {
  facts.store->freeze();
  const auto before = sqlite3_hard_heap_limit64(-1);
  { Sandbox sandbox(*facts.store); }
  EXPECT_EQ(sqlite3_hard_heap_limit64(-1), before);
  const auto answer =
      facts.store->select("SELECT replace(key, 'a', 'c') FROM setting ORDER BY key");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->rows.front().front(), "c");
}

}  // namespace
}  // namespace drydock::engine
