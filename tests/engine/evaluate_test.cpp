#include "analyzer/engine/evaluate.h"

#include <gmock/gmock.h>

#include "analyzer/base/limits.h"
#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/identity.h"
#include "tests/engine/judge.h"

namespace drydock::engine {
namespace {

using test::Facts;
using test::judge;
using test::rule;

std::string expect(std::string_view inner, std::string_view more = "anchor: etc/conf\n") {
  return rule("expect: {table: setting, key: k, " + std::string(inner) + "}\n" + std::string(more));
}

// --- expect ---

struct Case {
  std::string check;
  std::string value;
  bool passes;
};

TEST(ExpectTest, Compares) {
  for (const Case& one : std::initializer_list<Case>{
           {"equals: x", "x", true},
           {"equals: x", "X", false},
           {"equals: 16", "0x10", true},
           {"equals: 16", "020", true},
           {"equals: 16", "+16", true},
           {"equals: 16", "16k", false},
           {"equals: 09", "9", false},  // no octal number, so a text
           {"equals: \"\"", "", true},
           {"not-equals: x", "y", true},
           {"not-equals: 1", "01", false},
           {"in: [a, b]", "b", true},
           {"in: [a, b]", "c", false},
           {"not-in: [a, b]", "b", false},
           {"at-least: 5", "5", true},
           {"at-least: 5", "10", true},
           {"at-least: 5", "4", false},
           {"at-least: 5", "many", false},
           {"at-least: -1", "-2", false},
           {"at-most: 5", "10", false},
           {"at-most: 5", "99999999999999999999", false},
           {"mode-at-most: \"0640\"", "0600", true},
           {"mode-at-most: \"0640\"", "0604", false},
           {"mode-at-most: \"0640\"", "0750", false},
           {"matches: \"^a+$\"", "aaa", true},
           {"matches: b", "abc", true},
           {"matches: \"^b\"", "abc", false},
           {"not-matches: b", "abc", false},
           {"contains: b", "a,b c", true},
           {"contains: b", "abc", false},
           {"contains: [a, c]", "c a", true},
           {"contains: [a, d]", "c a", false},
           {"not-contains: [a, d]", "b c", true},
           {"not-contains: [a, d]", "b a", false},
           {"present: true", "", true},
           {"absent: true", "x", false},
           {"any: [{equals: a}, {matches: ^b}]", "bcd", true},
           {"any: [{equals: a}, {matches: ^b}]", "c", false},
           {"at-least: 1, at-most: 3", "2", true},
           {"at-least: 1, at-most: 3", "4", false},
           {"all: [{at-least: 1}], any: [{at-most: 3}, {equals: 9}]", "9", true},
           {"any: [{at-least: 1, at-most: 3}, {equals: 9}]", "5", false},
       }) {
    Facts facts;
    facts.set("k", one.value, 1);
    const std::string outcome = judge(expect(one.check), facts);
    EXPECT_EQ(outcome.starts_with("pass"), one.passes)
        << one.check << " on " << one.value << ": " << outcome;
    EXPECT_EQ(outcome.starts_with("fail"), !one.passes)
        << one.check << " on " << one.value << ": " << outcome;
  }
}

TEST(ExpectTest, FindsThePlaceTheKeyAndAnEdit) {
  Facts facts;
  facts.set("k", "1", 3).set("other", "9", 4);
  EXPECT_EQ(judge(expect("equals: 0"), facts),
            "fail\n"
            "etc/conf:3:1 [k] k is 1; wanted: 0.\n"
            "  edit etc/conf:3:9 -> '0'\n");
}

TEST(ExpectTest, JudgesEachKeyAndEachRow) {
  Facts facts;
  facts.set("net.a.x", "1", 5)
      .set("net.b.x", "1", 4)
      .set("net.b.x", "0", 6)
      .set("net.c.y", "1", 7)
      .set("k", "1", 8);
  EXPECT_EQ(judge(rule("anchor: etc/conf\nexpect: {table: setting, keys: [\"net.*.x\", k, gone], "
                       "at-most: 0}\n"),
                  facts),
            "fail\n"
            "etc/conf absent [gone] gone is not set; wanted: at most 0.\n"
            "etc/conf:4:1 [net.b.x] net.b.x is 1; wanted: at most 0.\n"
            "etc/conf:5:1 [net.a.x] net.a.x is 1; wanted: at most 0.\n"
            "etc/conf:8:1 [k] k is 1; wanted: at most 0.\n");
}

TEST(ExpectTest, TakesBracketsInKeysLiterally) {
  Facts facts;
  facts.set("a[1]x", "1", 1);
  EXPECT_EQ(
      judge(rule("anchor: etc/conf\nexpect: {table: setting, key: \"a[1]*\", equals: 0}\n"), facts),
      "fail\netc/conf:1:1 [a[1]x] a[1]x is 1; wanted: 0.\n  edit etc/conf:1:9 -> '0'\n");
}

TEST(ExpectTest, KnowsWhatAbsenceMeans) {
  const auto outcome = [](std::string_view inner, std::string_view more = "anchor: etc/conf\n") {
    Facts facts;
    return judge(expect(inner, more), facts);
  };
  EXPECT_EQ(outcome("equals: 0"), "fail\netc/conf absent [k] k is not set; wanted: 0.\n");
  EXPECT_EQ(outcome("equals: 0, if-missing: pass", ""), "pass\n");
  EXPECT_EQ(outcome("equals: 0, if-missing: unknown", ""),
            "unknown: 'k' is not set, and what counts then cannot be told from files\n");
  EXPECT_EQ(outcome("equals: 0, if-missing: 0", ""), "pass\n");
  EXPECT_EQ(outcome("equals: 0, if-missing: 1"),
            "fail\netc/conf absent [k] k is 1 (default); wanted: 0.\n");
  EXPECT_EQ(outcome("absent: true", ""), "pass\n");
  EXPECT_EQ(outcome("present: true"),
            "fail\netc/conf absent [k] k is not set; wanted: any value.\n");
  EXPECT_EQ(outcome("equals: 0",
                    "anchor: etc/conf\nmessage-absent: \"{key} is missing.\"\nmessage: \"x\"\n"),
            "fail\netc/conf absent [k] k is missing.\n");
}

TEST(ExpectTest, TakesNullAsMissingAtItsPlace) {
  Facts facts;
  facts.set_null("k", 7);
  EXPECT_EQ(judge(expect("equals: 0"), facts),
            "fail\netc/conf:7:1 absent [k] k is not set; wanted: 0.\n");
  Facts more;
  more.set_null("k", 7);
  EXPECT_EQ(judge(expect("equals: 0, if-missing: pass", ""), more), "pass\n");
}

TEST(ExpectTest, PutsADefaultOfTheTableAtTheAnchor) {
  Facts facts;
  facts.set("k", "1", 0);
  EXPECT_EQ(judge(expect("equals: 0"), facts), "fail\netc/conf absent [k] k is 1; wanted: 0.\n");
}

TEST(ExpectTest, LooksOnlyAtRowsOfItsCondition) {
  Facts facts;
  facts.set("k", "1", 3);
  EXPECT_EQ(
      judge(expect("equals: 0, if-missing: pass, where: \"owner = 'nobody' -- note\"", ""), facts),
      "pass\n");
  Facts more;
  more.set("k", "1", 3);
  EXPECT_EQ(judge(expect("column: owner, equals: daemon, where: mode = 420"), more),
            "fail\netc/conf:3:1 [k] owner of k is root; wanted: daemon.\n");
}

TEST(ExpectTest, FillsInParameters) {
  const std::string parameters =
      "anchor: etc/conf\nparameters:\n  limit: {default: 4, doc: d}\n  shells: {default: [a, b], "
      "doc: d}\n";
  Facts facts;
  facts.set("k", "5", 1);
  EXPECT_EQ(judge(expect("at-most: \"{limit}\"", parameters), facts),
            "fail\netc/conf:1:1 [k] k is 5; wanted: at most 4.\n");
  Facts higher;
  higher.set("k", "5", 1);
  EXPECT_EQ(
      judge(expect("at-most: \"{limit}\"", parameters), higher, {.parameters = {{"limit", {"6"}}}}),
      "pass\n");
  Facts list;
  list.set("k", "b", 1);
  EXPECT_EQ(judge(expect("in: \"{shells}\"", parameters), list), "pass\n");
  Facts wrong;
  wrong.set("k", "b", 1);
  EXPECT_EQ(judge(expect("at-most: \"{limit}\"", parameters), wrong,
                  {.parameters = {{"limit", {"high"}}}}),
            "error: 'rules/test/r.yaml': rule r: 'high' is no number\n"
            "unknown: the rule could not be evaluated: 'high' is no number\n");
}

// --- query ---

std::string query(std::string_view sql, std::string_view more = {}) {
  return rule("message: \"{key} of {owner} has {mode:octal}.\"\nquery: |\n  " + std::string(sql) +
              "\n" + std::string(more));
}

TEST(QueryTest, FindsAPlaceForEachRow) {
  Facts facts;
  facts.set("b", "1", 9).set("a", "1", 2);
  EXPECT_EQ(
      judge(query("SELECT loc, key, owner, mode, value_loc FROM setting", "edit: \"<{key}>\"\n"),
            facts),
      "fail\n"
      "etc/conf:2:1 [a] a of root has 0644.\n"
      "  edit etc/conf:2:9 -> '<a>'\n"
      "etc/conf:9:1 [b] b of root has 0644.\n"
      "  edit etc/conf:9:9 -> '<b>'\n");
}

TEST(QueryTest, ShowsNullAndRelatedPlacesAndDropsRepetitions) {
  Facts facts;
  facts.set("a", "1", 2).set("b", "1", 3);
  EXPECT_EQ(judge(query("SELECT s.loc, s.key, NULL AS owner, 8 AS mode, o.loc AS related_loc, "
                        "'see' AS related_message "
                        "FROM setting s, setting o WHERE s.key = 'a' AND o.key = 'b'"),
                  facts),
            "fail\netc/conf:2:1 [a] a of not set has 0010.\n  etc/conf:3:1 see\n");
  Facts twice;
  twice.set("a", "1", 2).set("b", "1", 3);
  EXPECT_EQ(judge(query("SELECT s.loc, 'x' AS key, 'y' AS owner, 1 AS mode FROM setting s, setting "
                        "o WHERE s.key = 'a'"),
                  twice),
            "fail\netc/conf:2:1 [x] x of y has 0001.\n");
}

TEST(QueryTest, RowsThatSayTheSameAreOneFindingWithTheRelatedPlacesOfAll) {
  Facts facts;
  facts.set("a", "1", 2).set("b", "1", 4).set("c", "1", 3).set("d", "1", 5);
  EXPECT_EQ(judge(query("SELECT s.loc, s.key, 'y' AS owner, 1 AS mode, o.loc AS related_loc, o.key "
                        "AS related_message FROM setting o, setting s WHERE s.key IN ('a', 'd') "
                        "AND o.key IN ('b', 'c')"),
                  facts),
            "fail\netc/conf:2:1 [a] a of y has 0001.\n  etc/conf:4:1 b\n  etc/conf:3:1 c\n"
            "etc/conf:5:1 [d] d of y has 0001.\n  etc/conf:4:1 b\n  etc/conf:3:1 c\n");
}

TEST(QueryTest, AnchorsWhatIsAbsent) {
  const std::string sql =
      "SELECT NULL AS loc, 'k' AS key, 1 AS owner, 1 AS mode WHERE NOT EXISTS (SELECT 1 FROM "
      "setting WHERE key = 'k')";
  Facts facts;
  EXPECT_EQ(judge(query(sql, "anchor: [etc/first, etc/second]\n"), facts),
            "fail\netc/first absent [k] k of 1 has 0001.\n");
  Facts second;
  EvaluateOptions options;
  options.text = [](std::string_view path) -> std::optional<std::string_view> {
    if (path == "etc/second") return "text";
    return std::nullopt;
  };
  EXPECT_EQ(judge(query(sql, "anchor: [etc/first, etc/second]\n"), second, options),
            "fail\netc/second absent [k] k of 1 has 0001.\n");
  Facts none;
  EXPECT_EQ(
      judge(query(sql), none),
      "error: 'rules/test/r.yaml': rule r: it found something absent, but has no 'anchor'\n"
      "unknown: the rule could not be evaluated: it found something absent, but has no 'anchor'\n");
}

TEST(QueryTest, CannotMakeUpALocation) {
  for (const std::string loc : {"1", "loc + 1", "'etc/conf:1:1'", "1.5"}) {
    Facts facts;
    facts.set("a", "1", 2);
    EXPECT_EQ(judge(query("SELECT " + loc + " AS loc, key, owner, mode FROM setting"), facts),
              "error: 'rules/test/r.yaml': rule r: a location column holds something that is no "
              "location of a fact\n"
              "unknown: the rule could not be evaluated: a location column holds something that is "
              "no location of a fact\n")
        << loc;
  }
}

TEST(QueryTest, BindsParameters) {
  const std::string parameters =
      "parameters:\n  max-mode: {default: 420, doc: d}\n  good-keys: {default: [a], doc: d}\n";
  Facts facts;
  facts.set("a", "1", 2).set("b", "1", 3);
  EXPECT_EQ(
      judge(
          query(
              "SELECT loc, key, owner, mode FROM setting WHERE mode + 0 = :max_mode AND key NOT IN "
              "parameter('good-keys')",
              parameters),
          facts),
      "fail\netc/conf:3:1 [b] b of root has 0644.\n");
}

TEST(QueryTest, IsStoppedByItsLimits) {
  Facts slow;
  slow.set("a", "1", 2);
  EvaluateOptions options;
  options.deadline_per_rule = std::chrono::milliseconds(30);
  EXPECT_EQ(judge(query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                        "SELECT loc, key, owner, mode FROM setting, n WHERE i < 0"),
                  slow, options),
            "error: 'rules/test/r.yaml': rule r: it took too long and was stopped\n"
            "unknown: the rule could not be evaluated: it took too long and was stopped\n");
  Facts many;
  many.set("a", "1", 2);
  const std::string out =
      judge(query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
                  "SELECT loc, i AS key, owner, mode FROM setting, n"),
            many);
  EXPECT_THAT(out,
              testing::StartsWith(
                  "warning: 'rules/test/r.yaml': rule r: more than 10000 offending places; the "
                  "others are not shown\nfail\n"));
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2 + static_cast<long>(limits::kRowsPerRule));
}

TEST(PlanTest, GivesAllRulesTogetherALimitedTime) {
  Facts facts;
  facts.set("a", "1", 2);
  EvaluateOptions options;
  options.deadline = std::chrono::milliseconds(30);
  const auto load = [](const std::string& id, const std::string& sql) {
    std::string yaml = query(sql);
    yaml.replace(yaml.find("id: r\n"), 6, "id: " + id + "\n");
    return load_rule(yaml, "rules/test/" + id + ".yaml").rule;
  };
  std::vector<Diagnostic> none;
  Plan plan({load("b", "SELECT loc, key, owner, mode FROM setting"),
             load("a",
                  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                  "SELECT loc, key, owner, mode FROM setting, n WHERE i < 0")},
            *facts.store, none);
  facts.store->freeze();
  std::string out;
  for (const RuleResult& one : plan.run(options))
    out += one.rule->id + " " + std::string(name(one.outcome)) +
           (one.incomplete ? " incomplete: " : ": ") + one.reason + "\n";
  for (const Diagnostic& one : plan.diagnostics()) out += render(one);
  EXPECT_EQ(
      out,
      "a unknown incomplete: the rule could not be evaluated: it took too long and was stopped\n"
      "b unknown incomplete: it was not judged: the rules before it took all the time there is\n"
      "error: 'rules/test/a.yaml': rule a: it took too long and was stopped\n"
      "warning: the rules took longer than 30 ms together; those from b on were not judged\n");
}

TEST(ExpectTest, APlaceholderInAFragmentIsDecidedLater) {
  for (const std::string value :
       {"{{ icc }}", "a{% if x %}b", "<%= x %>", "${X:-1}", "a@@SYSCTL_1@"}) {
    Facts fragment, host;
    fragment.set("k", value, 2);
    host.set("k", value, 2);
    EXPECT_EQ(judge(expect("equals: 0"), fragment, {.scope = Scope::fragment}),
              "unknown: 'k' is '" + value + "' here, which is filled in later\n");
    EXPECT_THAT(judge(expect("equals: 0"), host), testing::StartsWith("fail\n")) << value;
  }
  for (const std::string value : {"{ x }", "{{", "$X", "root@host", "a@b c@d", "@@"}) {
    Facts facts;
    facts.set("k", value, 2);
    EXPECT_THAT(judge(expect("equals: 0"), facts, {.scope = Scope::fragment}),
                testing::StartsWith("fail\n"))
        << value;
  }
}

// --- mistakes that show only against the tables, at their place ---

TEST(PlanTest, ShowsMistakesAtTheirPlace) {
  Facts facts;
  EXPECT_EQ(judge(rule("message: m\nquery: |\n  SELECT loc, kye\n  FROM setting\n"), facts),
            "error: 'rules/test/r.yaml' line 12: rule r: no such column: kye\n"
            "  12 |   SELECT loc, kye\n"
            "     |               ^\n");
  EXPECT_EQ(
      judge(rule("message: m\nquery: |\n  SELECT loc\n  FROM setting\n  WHERE octl(mode) = 1\n"),
            facts),
      "error: 'rules/test/r.yaml' line 14: rule r: no such function: octl\n"
      "  14 |   WHERE octl(mode) = 1\n"
      "     |         ^\n");
  EXPECT_EQ(judge(rule("message: m\nquery: SELECT key FROM setting\n"), facts),
            "error: 'rules/test/r.yaml' line 11: rule r: the query has no column 'loc'\n"
            "  11 | query: SELECT key FROM setting\n"
            "     |        ^^^^^^^^^^^^^^^^^^^^^^^\n"
            "  help: select the location of a fact as loc\n");
  EXPECT_EQ(judge(rule("message: \"{wat} {key}\"\nquery: SELECT loc FROM setting\n"), facts),
            "error: 'rules/test/r.yaml' line 10: rule r: nothing fills in '{wat}'\n"
            "  10 | message: \"{wat} {key}\"\n"
            "     |          ^^^^^^^^^^^^^\n"
            "  help: a column of the check, or a parameter\n"
            "error: 'rules/test/r.yaml' line 10: rule r: nothing fills in '{key}'\n"
            "  10 | message: \"{wat} {key}\"\n"
            "     |          ^^^^^^^^^^^^^\n"
            "  help: a column of the check, or a parameter\n");
  EXPECT_EQ(
      judge(rule("message: m\nquery: SELECT loc FROM setting WHERE key = :nope AND value = ?\n"),
            facts),
      "error: 'rules/test/r.yaml' line 11: rule r: ':nope' is no parameter of this rule\n"
      "  11 | query: SELECT loc FROM setting WHERE key = :nope AND value = ?\n"
      "     |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
      "error: 'rules/test/r.yaml' line 11: rule r: a variable must be written :name\n"
      "  11 | query: SELECT loc FROM setting WHERE key = :nope AND value = ?\n"
      "     |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
      "  help: and be a parameter of the rule\n");
  EXPECT_EQ(judge(rule("expect: {table: settings, key: k, equals: 0, if-missing: pass}\n"), facts),
            "error: 'rules/test/r.yaml' line 10: rule r: there is no table 'settings'\n"
            "  10 | expect: {table: settings, key: k, equals: 0, if-missing: pass}\n"
            "     |                 ^^^^^^^^\n"
            "  help: drydock tables shows what there is\n");
  EXPECT_EQ(judge(rule("expect:\n  table: setting\n  key: k\n  equals: 0\n  if-missing: pass\n  "
                       "where: owner = oops\n"),
                  facts),
            "error: 'rules/test/r.yaml' line 15: rule r: no such column: oops\n"
            "  15 |   where: owner = oops\n"
            "     |                  ^\n");
}

TEST(PlanTest, NamesTheTablesItReads) {
  Facts facts;
  std::vector<Diagnostic> diagnostics;
  const auto loaded = load_rule(rule("applies: docker\nmessage: m\nquery: SELECT s.loc FROM "
                                     "setting s JOIN location l ON l.loc = s.loc\n"),
                                "r.yaml");
  ASSERT_TRUE(loaded.rule);
  const Plan plan({loaded.rule}, *facts.store, diagnostics);
  EXPECT_THAT(plan.tables(), testing::ElementsAre("setting", "trait"));
}

// --- applicability and scope ---

TEST(ApplicabilityTest, FollowsTraits) {
  const auto outcome = [](std::string_view condition) {
    Facts facts;
    facts.trait("docker", true, "usr/bin/dockerd is there")
        .trait("podman", false, "no podman")
        .trait("sshd", std::nullopt, "'etc/ssh': it is encrypted");
    return judge(expect("absent: true", "applies: " + std::string(condition) + "\n"), facts);
  };
  EXPECT_EQ(outcome("docker"), "pass\n");
  EXPECT_EQ(outcome("podman"), "not-applicable: this is not 'podman': no podman\n");
  EXPECT_EQ(outcome("nobody-knows"), "not-applicable: this is not 'nobody-knows'\n");
  EXPECT_EQ(outcome("{not: docker}"),
            "not-applicable: this is 'docker': usr/bin/dockerd is there\n");
  EXPECT_EQ(outcome("{any: [podman, docker]}"), "pass\n");
  EXPECT_EQ(outcome("{all: [docker, {not: podman}]}"), "pass\n");
  EXPECT_EQ(outcome("[docker, podman]"), "not-applicable: this is not 'podman': no podman\n");
  const std::string unknown =
      "unknown: whether this is 'sshd' is not known: 'etc/ssh': it is encrypted\n";
  EXPECT_EQ(outcome("sshd"), unknown);
  EXPECT_EQ(outcome("{not: sshd}"), unknown);
  EXPECT_EQ(outcome("[docker, sshd]"), unknown);
  EXPECT_EQ(outcome("[sshd, podman]"), "not-applicable: this is not 'podman': no podman\n");
  EXPECT_EQ(outcome("{any: [sshd, docker]}"), "pass\n");
}

TEST(ScopeTest, AFragmentOnlyHasWhatIsWritten) {
  const EvaluateOptions fragment{.scope = Scope::fragment};
  Facts other;
  other.set("other", "1", 1);
  EXPECT_EQ(judge(expect("equals: 0"), other, fragment),
            "not-applicable: nothing is written about it here\n");
  Facts none;
  EXPECT_EQ(judge(expect("equals: 0"), none, fragment),
            "not-applicable: no file here says anything about it\n");
  Facts written;
  written.set("k", "1", 1).set("k", "1", 0);
  EXPECT_EQ(judge(expect("equals: 0"), written, fragment),
            "fail\netc/conf:1:1 [k] k is 1; wanted: 0.\n  edit etc/conf:1:9 -> '0'\n");
  Facts defaults;
  defaults.set("k", "1", 0);
  EXPECT_EQ(judge(expect("equals: 0"), defaults, fragment),
            "not-applicable: nothing is written about it here\n");
  Facts anchored;
  anchored.set("other", "1", 1);
  EXPECT_EQ(judge(query("SELECT NULL AS loc, 1 AS owner, 1 AS mode, 'k' AS key FROM setting",
                        "anchor: etc/conf\n"),
                  anchored, fragment),
            "pass\n");
}

TEST(ScopeTest, ARuleMayNeedAWholeHost) {
  Facts facts;
  EXPECT_EQ(judge(expect("equals: 0", "anchor: etc/conf\nscopes: [host]\n"), facts,
                  {.scope = Scope::etc}),
            "not-applicable: it needs files outside /etc, and only /etc is here\n");
  Facts files;
  EXPECT_EQ(judge(expect("equals: 0", "anchor: etc/conf\nscopes: [host, etc]\n"), files,
                  {.scope = Scope::fragment}),
            "not-applicable: it needs a whole host, and only single files are here\n");
}

// --- what could not be read ---

class UnreadTest : public testing::Test {
 protected:
  void refuse(std::string_view effect) {
    facts.store->insert(
        facts::kParseIssueTable,
        {std::string_view("etc/conf.d/x"), std::string_view("c"), std::string_view("it is damaged"),
         effect, std::string_view("setting"), facts.at(0)});
  }
  Facts facts;
};

TEST_F(UnreadTest, NeverPasses) {
  refuse("unknown");
  facts.set("k", "0", 1);
  EXPECT_EQ(judge(expect("equals: 0"), facts),
            "unknown: 'etc/conf.d/x' could not be read: it is damaged\n");
}

TEST_F(UnreadTest, DoesNotFailForWhatIsMissing) {
  refuse("unknown");
  EXPECT_EQ(judge(expect("equals: 0"), facts),
            "unknown: 'etc/conf.d/x' could not be read: it is damaged\n");
}

TEST_F(UnreadTest, FailsForWhatIsWritten) {
  refuse("unknown");
  facts.set("k", "1", 1);
  EXPECT_EQ(judge(rule("anchor: etc/conf\nexpect: {table: setting, keys: [k, gone], at-most: 0}\n"),
                  facts),
            "fail\netc/conf:1:1 [k] k is 1; wanted: at most 0.\n");
}

TEST_F(UnreadTest, IgnoresWhatTheProgramIgnores) {
  refuse("ignored");
  facts.set("k", "0", 1);
  EXPECT_EQ(judge(expect("equals: 0"), facts), "pass\n");
}

// --- what lost ---

TEST(OverrideTest, ExplainsTheWinner) {
  Facts facts;
  facts.set("k", "1", 3);
  facts.store->overridden(test::kSettingTable, "k", facts.at(3), facts.at(1), "0", "read later");
  facts.store->overridden(test::kSettingTable, "k", facts.at(3), facts.at(1), "0", "read later");
  facts.store->overridden(test::kSettingTable, "other", facts.at(3), facts.at(2), "5",
                          "of another key");
  facts.store->overridden(test::kTraitTable, "k", facts.at(3), facts.at(4), "6",
                          "of another table");
  EXPECT_EQ(judge(expect("at-most: 0"), facts),
            "fail\n"
            "etc/conf:3:1 [k] k is 1; wanted: at most 0.\n"
            "  etc/conf:1:1 overridden value '0': read later\n");
}

// --- identity ---

TEST(IdentityTest, HashesTheDocumentedText) {
  // printf 'v1\0rule\0host\0etc/x\0key\0' | sha256sum
  std::vector<Finding> findings(1);
  findings[0].place = {"etc/x", {4, 1, 4, 2}};
  findings[0].key = "key";
  assign_identities(findings, "rule", "host", {});
  EXPECT_EQ(findings[0].identity,
            "bcd9e3a80fa22f33a87c7a100d0c345ebd7d262e0ae625a05d94d1a651bc3527");
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(IdentityTest, StaysWhenLinesMoveAndIsUnique) {
  const auto identities = [](std::string_view text, std::initializer_list<uint32_t> lines) {
    std::vector<Finding> findings;
    for (const uint32_t line : lines) {
      Finding finding;
      finding.place = {"etc/x", {line, 1, line, 2}};
      findings.push_back(finding);
    }
    assign_identities(findings, "r", "t", [&](std::string_view) { return std::optional(text); });
    std::vector<std::string> result;
    for (const Finding& finding : findings) result.push_back(finding.identity);
    return result;
  };
  const auto before = identities("a x\nb y\na x\n", {1, 2, 3});
  EXPECT_NE(before[0], before[1]);
  EXPECT_NE(before[0], before[2]);
  const auto moved = identities("# new\nb  y\n\na x\na\tx \n", {2, 4, 5});
  EXPECT_EQ(moved, (std::vector{before[1], before[0], before[2]}));
}

}  // namespace
}  // namespace drydock::engine
