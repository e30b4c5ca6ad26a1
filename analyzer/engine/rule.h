// A rule as it is written in one YAML file: what is wrong, why it matters, how to fix it, how to
// check it, and examples that are run as its tests. docs/rules.md describes the format for people
// who write rules.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "analyzer/base/scope.h"
#include "analyzer/base/span.h"

namespace drydock::engine {

// critical: gives root or the host to anyone on the network or any local user, as configured. high:
// one step from that. medium: weakens a boundary or detection. low: hygiene. info: posture worth
// knowing.
enum class Severity : uint8_t { critical, high, medium, low, info };
std::string_view name(Severity severity);
std::optional<Severity> severity_of(std::string_view name);

// A condition over the table `trait`: a trait's name, or not / all / any of conditions.
struct Condition {
  enum class Kind : uint8_t { trait, none, all, any } kind = Kind::trait;  // none: not
  std::string trait;
  std::vector<Condition> parts;
};

// A comparison that an `expect` makes on one value. Numbers compare as numbers when both sides are.
struct Comparison {
  enum class Operator : uint8_t {
    equals,
    not_equals,
    in,
    not_in,
    at_least,
    at_most,
    mode_at_most,  // a file mode without any bit beyond the operand's (octal)
    matches,
    not_matches,
    contains,  // a comma- or blank-separated list has all the words
    not_contains,
    present,
    absent
  } op = Operator::equals;
  std::vector<std::string> operands;  // "{parameter}" is replaced before comparing

  friend bool operator==(const Comparison&, const Comparison&) = default;
};
std::string_view name(Comparison::Operator op);  // as it is written in a rule: "at-least"
std::optional<Comparison::Operator> operator_of(std::string_view name);

// A keyed expectation over a keyed table: every row of `table` whose key is one of `keys` must
// satisfy all of `all` and, if there is any, one group of `any` (all comparisons of the group).
struct Expect {
  enum class Missing : uint8_t { fail, pass, unknown, value } if_missing = Missing::fail;
  std::string table;
  std::vector<std::string> keys;  // each judged for itself; a glob if it has '*' or '?'
  std::string column;             // empty: the table's value column
  std::string where;              // further SQL condition on the row; may be empty
  std::vector<Comparison> all;
  std::vector<std::vector<Comparison>> any;
  std::string missing_value;  // with Missing::value: what counts when there is no row (the default)
};

// One read-only SELECT: one row per offending place, with a column `loc` and those the message
// names.
struct Query {
  std::string sql;
  std::string edit;  // what replaces the text at the row's value_loc; empty: no machine fix
};

// One file of an example.
struct ExampleFile {
  enum class Kind : uint8_t { file, directory, link, fifo, socket, block_device, char_device };
  std::string path;
  Kind kind = Kind::file;
  std::string content;  // of a link: its target
  uint16_t mode = 0644;
  std::string user = "root",
              group = "root";  // names of the example's own passwd and group, or numbers
  bool unreadable = false;
};

struct Example {
  std::string outcome;  // "pass", "fail", "not-applicable", "unknown"
  std::vector<ExampleFile> files;
  std::vector<std::string> at;  // failing: "etc/sysctl.d/50-router.conf:1:1", one per finding
  Scope scope = Scope::host;
  std::map<std::string, std::vector<std::string>> parameters;
  std::string note;
  Span span;  // in the rule file
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
  // `kind: review`: what it finds is evidence that a person has to judge, not a weakness by itself.
  bool is_review = false;
  std::vector<std::string> profiles;
  std::vector<std::string> deprecated_ids;
  std::vector<Scope> scopes;  // where the rule can be judged; empty: everywhere
  std::optional<Condition> applies;
  std::variant<Expect, Query> check;
  std::vector<std::string>
      anchors;          // where a missing thing belongs: the first that exists, else the first
  std::string message;  // a MessageTemplate; of an expect without one: made from it
  std::string message_absent;  // empty: `message`
  std::string why;
  std::string fix;
  std::map<std::string, std::vector<std::string>> references;  // "cis-docker" -> {"1.1.3"}
  std::vector<Parameter> parameters;
  std::vector<Example> examples;  // empty in the built-in catalogue, see Catalogue
  std::string topic;              // the directory the rule lies in
  // What must be collected for it (Program::collects), where that is known before it is prepared: in the
  // built-in catalogue. Else empty.
  std::vector<std::string> tables;
  std::string source_path;  // of the YAML file: "rules/sysctl/x.yaml"
  // Where the value of a key stands in the YAML file ("message", "expect.where"; "query": the first
  // line of the SQL), for mistakes found later. Empty in the built-in catalogue.
  std::map<std::string, Span, std::less<>> spans;

  const Parameter* parameter(std::string_view wanted) const;  // null: there is none
};

}  // namespace drydock::engine
