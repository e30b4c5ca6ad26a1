// What a rule file may hold, and what is said of every mistake in one.
#include <gmock/gmock.h>

#include "analyzer/engine/catalogue.h"
#include "tests/engine/judge.h"

namespace drydock::engine {
namespace {

// Every mistake as "line:column message".
std::string mistakes(std::string_view yaml) {
  std::string out;
  for (const Diagnostic& diagnostic : load_rule(yaml, "rules/t/r.yaml").diagnostics)
    out += std::to_string(diagnostic.span.line) + ":" + std::to_string(diagnostic.span.column) +
           " " + diagnostic.message +
           (diagnostic.help.empty() ? "" : " (" + diagnostic.help + ")") + "\n";
  return out;
}

// A sound rule but for `check`, which starts in line 10.
std::string in_rule(std::string_view check) {
  return mistakes(test::rule(check));
}

TEST(LoadRuleTest, ReadsEveryKey) {
  const auto loaded = load_rule(R"(id: a-rule
title: T
severity: high
profiles: [base, own]
deprecated-ids: [old-rule]
scopes: [host, etc]
applies: {all: [docker, {not: podman}]}
parameters: {limit: {default: 3, doc: d}, names: {default: [a, b], doc: e}}
anchor: [etc/a, etc/b]
expect: {table: t, keys: [k, "l*"], column: c, where: x = 1, at-most: "{limit}", any: [{in: [p, q]}], if-missing: 7}
message: "{key} {value:octal} {{x}"
message-absent: gone
why: w
fix: f
references: {cwe: CWE-1, ssg: [x, y]}
examples:
  - fails: {etc/a: "x\n", etc/d: {directory: true, mode: "0700", owner: "root:12"}, etc/l: {link: a}}
    at: [etc/a:1:1, etc/a]
    scope: etc
    parameters: {limit: 4}
    note: n
  - outcome: unknown
    files: {etc/a: {content: c, unreadable: true}, etc/f: {type: fifo}}
)",
                                "rules/topic/a-rule.yaml");
  ASSERT_TRUE(loaded.rule) << render(loaded.diagnostics.front());
  const Rule& rule = *loaded.rule;
  EXPECT_EQ(rule.topic, "topic");
  EXPECT_EQ(rule.severity, Severity::high);
  EXPECT_EQ(rule.scopes, (std::vector{Scope::host, Scope::etc}));
  EXPECT_EQ(rule.applies->parts.size(), 2u);
  EXPECT_EQ(rule.parameter("names")->value, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(rule.parameter("names")->is_list);
  const auto& expect = std::get<Expect>(rule.check);
  EXPECT_EQ(expect.keys, (std::vector<std::string>{"k", "l*"}));
  EXPECT_EQ(expect.missing_value, "7");
  EXPECT_EQ(expect.any.front().front(), (Comparison{Comparison::Operator::in, {"p", "q"}}));
  ASSERT_EQ(rule.examples.size(), 2u);
  EXPECT_EQ(rule.examples[0].files[1].mode, 0700);
  EXPECT_EQ(rule.examples[0].files[1].group, "12");
  EXPECT_EQ(rule.examples[0].scope, Scope::etc);
  EXPECT_EQ(rule.examples[0].span.line, 17u);
  EXPECT_TRUE(rule.examples[1].files[0].unreadable);
  EXPECT_EQ(rule.examples[1].outcome, "unknown");
}

TEST(LoadRuleTest, TellsEveryMistakeAtOnceWithItsPlace) {
  EXPECT_EQ(mistakes("id: Bad_Id\ntitel: x\nseverity: hihg\nprofiles: []\nwhy: ''\n"),
            "1:5 'id' must be kebab-case: letters, digits and single hyphens\n"
            "1:1 a rule needs the key 'title'\n"
            "3:11 there is no severity 'hihg' (one of critical, high, medium, low, info)\n"
            "4:11 'profiles' must not be empty\n"
            "1:1 a rule has exactly one of 'expect' and 'query'\n"
            "5:6 'why' must not be empty\n"
            "1:1 a rule needs the key 'fix'\n"
            "1:1 a rule needs the key 'references'\n"
            "1:1 a rule needs the key 'examples'\n"
            "2:1 a rule has no key 'titel' (did you mean 'title'?)\n");
}

TEST(LoadRuleTest, RefusesWhatYamlAllowsAndRulesDoNot) {
  EXPECT_EQ(mistakes("id: a\nid: b\n"),
            "2:1 the key 'id' is given twice (the first is in line 1)\n");
  EXPECT_EQ(mistakes("a: &x 1\nb: *x\n"),
            "2:4 an alias (*name) is not allowed here (write the value out)\n");
  EXPECT_EQ(mistakes("a: !!binary x\n"), "1:4 a tag is not allowed here (remove it)\n");
  EXPECT_EQ(mistakes("a: 1\n---\nb: 2\n"), "1:1 more than one document in the file\n");
  EXPECT_EQ(mistakes("a: [1, 2\n"), "2:1 no valid YAML: end of sequence flow not found\n");
  EXPECT_EQ(mistakes("? [a]\n: b\n"), "1:3 a key must be a plain text\n");
  EXPECT_EQ(mistakes("- a\n"), "1:1 a rule must be a mapping of keys to values\n");
  EXPECT_EQ(mistakes(""), "0:0 a rule must be a mapping of keys to values\n");
  EXPECT_EQ(mistakes("a: " + std::string(40, '[') + std::string(40, ']')),
            "1:35 nested too deeply\n");
  EXPECT_EQ(mistakes("\xEF\xBB\xBF"
                     "a: 1\n"),
            "1:1 the file has a byte order mark, a NUL byte or bytes that are no UTF-8 (write it "
            "as plain UTF-8)\n");
  EXPECT_EQ(mistakes("a: \xFF\n"),
            "1:1 the file has a byte order mark, a NUL byte or bytes that are no UTF-8 (write it "
            "as plain UTF-8)\n");
  EXPECT_EQ(mistakes(std::string(300 << 10, 'a')), "0:0 the file is larger than 256 KiB\n");
}

TEST(LoadRuleTest, CountsColumnsInBytesBehindOtherScripts) {
  EXPECT_THAT(mistakes("id: a\ntitle: \"ÄÖÜ\"\nseverity: \"né\"\n"),
              testing::HasSubstr("3:11 there is no severity"));
  EXPECT_THAT(mistakes("references: {cwe: ÄÖ, nowhere: x}\r\n"),
              testing::HasSubstr("1:25 there is no taxonomy"));
}

TEST(LoadRuleTest, ChecksExpectations) {
  EXPECT_EQ(in_rule("expect: {table: t, key: k}\n"),
            "10:9 'expect' compares nothing (give 'equals', 'in', 'at-least', … (docs/rules.md))\n"
            "10:9 a missing value fails this rule, but it has no 'anchor' (name the file in which "
            "the value belongs, or "
            "state 'if-missing')\n");
  EXPECT_EQ(in_rule("anchor: /etc/x\nexpect: {table: t, key: k, equals: [a, b], at-least: many, "
                    "matches: '(', "
                    "mode-at-most: 999, present: yes, in: '{nope}'}\n"),
            "10:9 '/etc/x' is no path relative to the root (write etc/x, not /etc/x)\n"
            "11:36 'equals' takes one value, not a list\n"
            "11:54 'many' is no number\n"
            "11:69 the pattern is not valid: missing ): ( (patterns are RE2's)\n"
            "11:88 '999' is no octal mode (write it as \"0640\")\n"
            "11:102 'present' must be true or false\n"
            "11:102 'present' can only be true\n"
            "11:9 '{nope}' is no parameter of this rule\n");
  EXPECT_EQ(
      in_rule(
          "expect: {table: t, key: k, keys: [l], any: {equals: x}, equls: 1, if-missing: pass}\n"),
      "10:9 'expect' has exactly one of 'key' and 'keys'\n"
      "10:44 'any' must be a list of comparisons\n"
      "10:9 'expect' compares nothing (give 'equals', 'in', 'at-least', … (docs/rules.md))\n"
      "10:57 'expect' has no key 'equls' (did you mean 'equals'?)\n");
  EXPECT_EQ(in_rule("expect: {table: t, key: k, equals: x, if-missing: y}\n"),
            "10:9 a missing value fails this rule, but it has no 'anchor' (name the file in which "
            "the value belongs, or "
            "state 'if-missing')\n");
  EXPECT_EQ(in_rule("expect: {table: t, key: k, equals: x, if-missing: x}\n"), "");
  EXPECT_EQ(in_rule("expect: {table: t, key: k, absent: true}\nquery: SELECT 1\nmessage: m\n"),
            "11:8 a rule has exactly one of 'expect' and 'query'\n");
  EXPECT_EQ(in_rule("query: SELECT 1\n"), "1:1 a rule with 'query' needs a 'message'\n");
  EXPECT_EQ(in_rule("query: SELECT 1\nmessage: 'a {b'\n"),
            "11:10 'message' has an opening brace without a closing one (write '{{' for a brace "
            "itself)\n");
}

TEST(LoadRuleTest, ChecksConditions) {
  const std::string check = "expect: {table: t, key: k, absent: true}\napplies: ";
  EXPECT_EQ(in_rule(check + "{all: [docker, {any: [a, b]}, {not: [c]}]}\n"), "");
  EXPECT_EQ(in_rule(check + "{xor: [a]}\n"),
            "11:11 a condition has no 'xor' (write not, all or any)\n");
  EXPECT_EQ(in_rule(check + "{not: a, all: [b]}\n"),
            "11:10 a condition is a trait, or one of 'not', 'all', 'any'\n");
  EXPECT_EQ(in_rule(check + "Docker\n"), "11:10 'Docker' cannot be a trait's name\n");
  EXPECT_EQ(in_rule(check + "[[[[[[[[[[a]]]]]]]]]]\n"),
            "11:19 the condition is nested too deeply\n");
}

TEST(LoadRuleTest, ChecksExamples) {
  const auto examples = [](std::string_view text) {
    return mistakes(
        "id: r\ntitle: t\nseverity: low\nprofiles: [base]\nwhy: w\nfix: f\nreferences: {coverage: "
        "A1}\n"
        "expect: {table: t, key: k, absent: true}\nexamples:\n" +
        std::string(text));
  };
  EXPECT_EQ(examples("  - passes: {}\n    fails: {}\n"),
            "10:5 an example has one of 'passes', 'fails', or 'outcome' with 'files'\n");
  EXPECT_EQ(examples("  - files: {}\n"),
            "10:5 an example has one of 'passes', 'fails', or 'outcome' with 'files'\n");
  EXPECT_EQ(examples("  - outcome: maybe\n    files: {}\n"),
            "10:14 there is no outcome 'maybe' (one of pass, fail, not-applicable, unknown)\n");
  EXPECT_EQ(examples("  - passes: {/etc/x: a, etc/../y: b, z: {mode: \"9\", link: q, content: "
                     "c}}\n    at: x\n"),
            "10:14 '/etc/x' is no path relative to the root (write etc/x, not /etc/x)\n"
            "10:25 'etc/../y' is no path relative to the root (write etc/x, not /etc/x)\n"
            "10:41 a file has only one of 'content', 'link', 'directory' and 'type'\n"
            "10:48 '9' is no octal mode (write it as \"0640\")\n"
            "11:9 'at' goes with a failing example\n");
  EXPECT_EQ(examples("  - passes: {a: {owner: root, type: pipe, wat: 1}}\n    scope: disk\n    "
                     "parameters: {p: 1}\n"),
            "10:37 there is no file type 'pipe' (one of fifo, socket, block-device, char-device)\n"
            "10:25 'owner' must be user:group\n"
            "10:43 the file 'a' has no key 'wat'\n"
            "11:12 there is no scope 'disk' (one of host, etc, fragment)\n"
            "10:5 the example sets 'p', which is no parameter of the rule\n");
}

}  // namespace
}  // namespace drydock::engine
