// query, dump, ls and cat from the outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run.h"

namespace drydock::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Facts : public testing::Test {
 protected:
  Facts() {
    w.file("host/etc/passwd", "root:*:0:0::/root:/bin/sh\n")
        .file("host/etc/os-release", "ID=debian\n")
        .file("host/etc/sysctl.d/a.conf",
              "kernel.kptr_restrict = 2\nkernel.core_pattern = |/bin/x \"a\",b\n");
    w.shell("tar -C host -cf host.tar .");
  }
  Workspace w;
};

TEST_F(Facts, QueryAsTableJsonAndCsv) {
  const std::string sql = "SELECT key, value, loc FROM sysctl ORDER BY key";
  EXPECT_EQ(w.drydock({"query", "host.tar", sql}),
            (Ran{0,
                 "key                   value          loc\n"
                 "--------------------  -------------  -----------------------\n"
                 "kernel.core_pattern   |/bin/x \"a\",b  etc/sysctl.d/a.conf:2:1\n"
                 "kernel.kptr_restrict  2              etc/sysctl.d/a.conf:1:1\n",
                 ""}));
  EXPECT_EQ(w.drydock({"query", "host.tar", sql, "-f", "csv"}).out,
            "key,value,loc\n"
            "kernel.core_pattern,\"|/bin/x \"\"a\"\",b\",etc/sysctl.d/a.conf:2:1\n"
            "kernel.kptr_restrict,2,etc/sysctl.d/a.conf:1:1\n");
  EXPECT_EQ(w.drydock({"query", "host.tar",
                       "SELECT key, value, count(*) AS n FROM sysctl GROUP BY key", "-f", "json"})
                .out,
            "[\n"
            " {\"key\":\"kernel.core_pattern\",\"value\":\"|/bin/x \\\"a\\\",b\",\"n\":1},\n"
            " {\"key\":\"kernel.kptr_restrict\",\"value\":\"2\",\"n\":1}\n"
            "]\n");
}

TEST_F(Facts, QueriesHaveTheFunctionsOfRules) {
  EXPECT_EQ(
      w.drydock({"query", "host.tar", "-f", "csv",
                 "SELECT key, basename(path) AS file, octal(416) AS mode, trim('xax', 'x') AS a "
                 "FROM sysctl WHERE key REGEXP '^kernel[.]k' AND under(path, 'etc')"})
          .out,
      "key,file,mode,a\nkernel.kptr_restrict,a.conf,0640,a\n");
  EXPECT_EQ(w.drydock({"query", "host.tar", "SELECT 'a' REGEXP '('"}).code, 2);
}

TEST_F(Facts, QueriesOnlyRead) {
  for (const char* sql : {"DELETE FROM sysctl", "CREATE TABLE x(y)", "ATTACH 'x.db' AS x",
                          "SELECT 1; SELECT 2", "VACUUM INTO 'x.db'"}) {
    const Ran ran = w.drydock({"query", "host.tar", sql});
    EXPECT_EQ(ran.code, 2) << sql;
    EXPECT_THAT(ran.err, StartsWith("error: ")) << sql;
  }
  EXPECT_THAT(w.names(), testing::ElementsAre("host", "host.tar"));
}

TEST_F(Facts, ShellFromAPipe) {
  EXPECT_EQ(w.drydock({"query", "host.tar"},
                      ".mode csv\nSELECT value\nFROM sysctl WHERE key = 'kernel.kptr_restrict';\n"),
            (Ran{0, "value\n2\n", ""}));
  EXPECT_EQ(w.drydock({"query", "host.tar"}, ".tabels\n"),
            (Ran{2, "", "error: there is no command '.tabels'\n  help: '.help' lists them\n"}));
}

TEST_F(Facts, DumpIsASqliteDatabaseWithPlaces) {
  EXPECT_EQ(w.drydock({"dump", "host.tar", "-o", "facts.sqlite"}), (Ran{0, "", ""}));
  EXPECT_EQ(w.shell("sqlite3 facts.sqlite \"SELECT path, line, \\\"column\\\" FROM sysctl JOIN "
                    "location USING (loc) "
                    "WHERE key = 'kernel.kptr_restrict'\" 2>/dev/null || "
                    "sqlite3 facts.sqlite \"SELECT l.path, l.line, l.column FROM sysctl s JOIN "
                    "location l ON l.loc = s.loc "
                    "WHERE s.key = 'kernel.kptr_restrict'\""),
            "etc/sysctl.d/a.conf|1|1\n");
  EXPECT_EQ(w.shell("sqlite3 facts.sqlite \"SELECT count(*) > 0 FROM file WHERE loc NOT IN (SELECT "
                    "loc FROM location)\""),
            "0\n");
  EXPECT_EQ(w.drydock({"dump", "host.tar", "-o", "nowhere/x.sqlite"}).code, 2);
}

TEST_F(Facts, LsAndCat) {
  EXPECT_THAT(w.drydock({"ls", "host.tar", "etc/sysctl.d"}).out,
              testing::MatchesRegex("-rw.*etc/sysctl.d/a.conf\n"));
  EXPECT_EQ(w.drydock({"cat", "host.tar", "/etc/os-release"}).out, "ID=debian\n");
  EXPECT_EQ(w.drydock({"cat", "host", "etc/none"}).code, 2);
  w.shell("ln -s ../os-release host/etc/sysctl.d/link; tar -C host -cf linked.tar .");
  EXPECT_EQ(w.drydock({"cat", "linked.tar", "etc/sysctl.d/link"}).out, "ID=debian\n");
}

}  // namespace
}  // namespace drydock::test
