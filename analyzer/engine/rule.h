// A rule as it is written in one YAML file: what is wrong, why it matters, how to fix it, how to check it,
// and examples that are run as its tests. docs/rules.md describes the format for people who write rules.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "analyzer/base/span.h"

namespace drydock::engine {

// critical: gives root or the host to anyone on the network or any local user, as configured. high: one
// step from that. medium: weakens a boundary or detection. low: hygiene. info: posture worth knowing.
enum class Severity : uint8_t { critical, high, medium, low, info };
std::string_view name(Severity severity);
std::optional<Severity> severity_of(std::string_view name);

// A condition over the table `trait`: a trait's name, or not / all / any of conditions.
struct Condition {
  enum class Kind : uint8_t { trait, none, all, any } kind = Kind::trait;  // none: not
  std::string trait;
  std::vector<Condition> parts;
};

// The comparison an `expect` makes on one value. Numbers compare as numbers when both sides are.
struct Comparison {
  enum class Operator : uint8_t {
    equals, not_equals, in, not_in, at_least, at_most, matches, not_matches, present, absent,
    contains,      // a comma- or blank-separated list has the word
    not_contains
  } op = Operator::equals;
  std::vector<std::string> operands;  // "{parameter}" is replaced before comparing
};

// A keyed expectation over a keyed table: every row of `table` whose key is `key` (a glob if it has
// '*') must satisfy all of `all` and, if there is any, one of `any`.
struct Expect {
  enum class Missing : uint8_t { fail, pass, unknown, value } if_missing = Missing::fail;
  std::string table;
  std::string key;
  std::string column;         // empty: the table's value column
  std::string where;          // further SQL condition on the row; may be empty
  std::vector<Comparison> all;
  std::vector<Comparison> any;
  std::string missing_value;  // with Missing::value: what counts when there is no row (the default)
};

// One read-only SELECT: one row per offending place, with a column `loc` and those the message names.
struct Query {
  std::string sql;
  Span span;  // where the SQL starts in the rule file, for errors at their line
};

struct Example {
  bool fails = false;
  std::map<std::string, std::string> files;  // path -> content; see docs/rules.md for modes and links
  std::vector<std::string> at;               // failing: "etc/sysctl.d/50-router.conf:1:1", one per finding
  std::string scope = "host";
  std::string outcome;                       // "pass", "fail", "not-applicable", "unknown"
  std::map<std::string, std::string> parameters;
  Span span;                                 // in the rule file
};

struct Parameter {
  std::string name;
  std::vector<std::string> value;  // the default; one element for a scalar
  bool is_list = false;
  std::string doc;
};

struct Rule {
  std::string id;
  std::string title;
  Severity severity = Severity::medium;
  std::vector<std::string> profiles;
  std::vector<std::string> deprecated_ids;
  std::optional<Condition> applies;
  std::variant<Expect, Query> check;
  std::string anchor;   // the file in which a missing thing belongs: "etc/ssh/sshd_config"
  std::string message;  // "{column}" is replaced by the row's value
  std::string why;
  std::string fix;
  std::map<std::string, std::vector<std::string>> references;  // "cis-docker" -> {"1.1.3"}
  std::vector<Parameter> parameters;
  std::vector<Example> examples;
  std::string topic;        // the directory the rule lies in
  std::string source_path;  // of the YAML file: "rules/sysctl/x.yaml"
};

}  // namespace drydock::engine
