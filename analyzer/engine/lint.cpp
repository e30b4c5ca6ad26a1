#include "analyzer/engine/lint.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>

#include "analyzer/engine/compare.h"
#include "analyzer/engine/message.h"
#include "analyzer/engine/pattern.h"

namespace drydock::engine {
namespace {

bool has_example(const Rule& rule, std::string_view outcome) {
  return std::ranges::any_of(rule.examples,
                             [&](const Example& one) { return one.outcome == outcome; });
}

std::string id_is_file_name(const Rule& rule, Tables) {
  const std::string_view path = rule.source_path;
  const std::string_view file = path.substr(path.rfind('/') + 1);
  return file == rule.id + ".yaml"
             ? ""
             : "the id is '" + rule.id + "' and the file '" + std::string(file) + "'";
}

std::string has_failing_example(const Rule& rule, Tables) {
  return has_example(rule, "fail") ? "" : "no example fails";
}

std::string has_passing_example(const Rule& rule, Tables) {
  return has_example(rule, "pass") ? "" : "no example passes";
}

std::string failing_example_has_at(const Rule& rule, Tables) {
  for (const Example& example : rule.examples)
    if (example.outcome == "fail" && example.at.empty())
      return "the failing example in line " + std::to_string(example.span.line) +
             " does not say where";
  return {};
}

// The word by which a file would name the key: "ip_forward" of "net.ipv4.ip_forward".
std::string_view last_word(std::string_view key) {
  const size_t end = key.find_last_of("./*?");
  const std::string_view word = end == std::string_view::npos ? key : key.substr(end + 1);
  return word.empty() ? key : word;
}

std::string has_absent_example(const Rule& rule, Tables) {
  const auto* expect = std::get_if<Expect>(&rule.check);
  if (expect == nullptr) return {};
  const auto omits = [&](const Example& example) {
    return std::ranges::none_of(example.files, [&](const ExampleFile& file) {
      return std::ranges::any_of(expect->keys, [&](const std::string& key) {
        return file.path == key || file.content.find(last_word(key)) != std::string::npos;
      });
    });
  };
  return std::ranges::any_of(rule.examples, omits) ? "" : "no example leaves the key out";
}

// Columns of the rule's tables that can be NULL (their documentation says when) and are compared in a way
// that is neither true nor false for NULL.
std::string nullable_comparison(const Rule& rule, Tables tables) {
  const auto* query = std::get_if<Query>(&rule.check);
  const std::string& sql = query != nullptr ? query->sql : std::get<Expect>(rule.check).where;
  for (const facts::TableSpec* table : tables) {
    if (!Pattern("\\b" + std::string(table->name) + "\\b").matches(sql)) continue;
    for (const facts::Column& column : table->columns) {
      if (column.doc.find("NULL") == std::string_view::npos) continue;
      // Behind an alias the column may be another table's.
      const std::string name =
          "(?:^|[^.\\w]|\\b" + std::string(table->name) + "\\.)" + std::string(column.name) + "\\b";
      if (!Pattern(name + "\\s*(<>|!=|(?i:not)\\s+(?i:in|like|glob|regexp|between)\\b)")
               .matches(sql))
        continue;
      const bool guarded = Pattern("(?i:(coalesce|ifnull)\\s*\\(\\s*" + std::string(column.name) +
                                   "\\b)|" + name + "\\s+(?i:is)\\s+")
                               .matches(sql);
      if (!guarded)
        return "'" + std::string(column.name) +
               "' may be NULL, and is compared as if it never were";
    }
  }
  return {};
}

// A query's message may spell out what its WHERE fixes; an expect's value varies.
std::string message_names_found(const Rule& rule, Tables) {
  if (std::holds_alternative<Query>(rule.check)) return {};
  const auto parsed = MessageTemplate::parse(rule.message);
  if (!parsed) return {};
  for (const std::string& name : parsed->names())
    if (rule.parameter(name) == nullptr) return {};
  return "the message names nothing of what was found";
}

std::string message_names_wanted(const Rule& rule, Tables) {
  const auto* expect = std::get_if<Expect>(&rule.check);
  if (expect == nullptr) return {};
  if (const Pattern wanted("(?i)\\b(want|need|should|must|expect|allow|instead)");
      wanted.matches(rule.message))
    return {};
  const auto named = [&](const Comparison& comparison) {
    return std::ranges::any_of(comparison.operands, [&](const std::string& operand) {
      return !operand.empty() && rule.message.find(operand) != std::string::npos;
    });
  };
  if (std::ranges::any_of(expect->all, named)) return {};
  for (const auto& group : expect->any)
    if (std::ranges::any_of(group, named)) return {};
  return "the message does not name the value that is wanted";
}

std::string message_is_a_sentence(const Rule& rule, Tables) {
  size_t end = rule.message.find_last_not_of(" \n");
  return end != std::string::npos && (rule.message[end] == '.' || rule.message[end] == '}')
             ? ""
             : "the message does not end with a full stop";
}

std::string title_is_short(const Rule& rule, Tables) {
  if (rule.title.size() > 100) return "the title is longer than 100 bytes";
  if (rule.title.ends_with('.')) return "the title ends with a full stop";
  if (rule.title.find('\n') != std::string::npos) return "the title has several lines";
  return {};
}

std::string why_names_the_loss(const Rule& rule, Tables) {
  if (rule.why.size() < 40)
    return "a reason of " + std::to_string(rule.why.size()) + " bytes explains little";
  if (const Pattern authority(
          "(?i)\\b(cis|stig|benchmark|best practi[cs]e|compliance|recommended by)\\b");
      authority.matches(rule.why))
    return "the reason appeals to an authority";
  return {};
}

std::string fix_is_concrete(const Rule& rule, Tables) {
  const bool is_concrete =
      Pattern("[`/=]|\\b(systemctl|apt|usermod|chmod|chown)\\b").matches(rule.fix);
  return is_concrete ? "" : "the fix names neither a command nor a file nor a setting";
}

// The lines of a fix are one paragraph in reports: bare commands would run into each other.
std::string fix_marks_commands(const Rule& rule, Tables) {
  static const Pattern kCommand(
      "^\\s*(sudo "
      "|systemctl|apt|apt-get|dpkg|chmod|chown|chgrp|sysctl|mount|umount|useradd|usermod|"
      "userdel|groupadd|groupmod|gpasswd|passwd|visudo|ufw|augenrules|modprobe|sed|rm|ln)\\s+[-/"
      "a-z]");
  bool is_code = false;  // between two backticks, which may be on different lines
  for (std::string_view rest = rule.fix; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (!is_code && kCommand.matches(line))
      return "the command '" + std::string(line) + "' is not in backticks";
    if (std::ranges::count(line, '`') % 2 != 0) is_code = !is_code;
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return {};
}

std::string reference_format(const Rule& rule, Tables) {
  static const std::map<std::string, std::string> kFormats{
      {"cwe", "CWE-[0-9]+"},
      {"coverage", "[A-D][0-9]*"},
      {"nist-800-53", "[A-Z]{2}-[0-9]+(\\([0-9]+\\))*"},
      {"cis-docker", "[0-9]+(\\.[0-9]+)+"},
      {"cis-debian-12", "[0-9]+(\\.[0-9]+)+"},
      {"cis-ubuntu-24.04", "[0-9]+(\\.[0-9]+)+"},
      {"cis-rhel-9", "[0-9]+(\\.[0-9]+)+"},
      {"ssg", "[A-Za-z0-9_-]+"},
      {"stig", "[A-Z0-9-]+"}};
  for (const auto& [taxonomy, ids] : rule.references) {
    const auto format = kFormats.find(taxonomy);
    if (format == kFormats.end()) continue;
    const Pattern pattern("^(" + format->second + ")$");
    for (const std::string& id : ids)
      if (!pattern.matches(id)) return "'" + id + "' is no id of " + taxonomy;
  }
  return {};
}

std::string query_names_key(const Rule& rule, Tables) {
  const auto* query = std::get_if<Query>(&rule.check);
  if (query == nullptr) return {};
  return Pattern("(?i)\\bkey\\b").matches(query->sql) ? "" : "the query gives no 'key'";
}

std::string query_does_not_sort(const Rule& rule, Tables) {
  const auto* query = std::get_if<Query>(&rule.check);
  if (query == nullptr || !Pattern("(?i)\\border\\s+by\\b[^()]*$").matches(query->sql)) return {};
  return Pattern("(?i)\\blimit\\b").matches(query->sql)
             ? ""
             : "the query sorts, and findings are sorted by place";
}

constexpr LintCheck kChecks[] = {
    {"id-is-file-name", "id", "name the file after the id", id_is_file_name},
    {"has-failing-example", "examples", "add one with 'fails' and 'at'", has_failing_example},
    {"has-passing-example", "examples", "add one with 'passes'", has_passing_example},
    {"failing-example-has-at", "examples", "add 'at: path:line:column', one for each finding",
     failing_example_has_at},
    {"has-absent-example", "examples", "add one in which nothing sets it: the default decides",
     has_absent_example},
    {"nullable-comparison", "query",
     "write IS NOT, or say with IS NULL or coalesce() what a missing value means",
     nullable_comparison},
    {"message-names-found", "message",
     "put the value into the message: {value}, or a column of the query", message_names_found},
    {"message-names-wanted", "message", "say which value is wanted, or allowed",
     message_names_wanted},
    {"message-is-a-sentence", "message", "write whole sentences", message_is_a_sentence},
    {"title-is-short", "title", "one line that says what is wrong, without full stop",
     title_is_short},
    {"why-names-the-loss", "why", "say which attack works, or what is lost", why_names_the_loss},
    {"fix-is-concrete", "fix", "say what an administrator would really type", fix_is_concrete},
    {"fix-marks-commands", "fix", "write `command` and `command` in a sentence",
     fix_marks_commands},
    {"reference-format", "references", "look it up in the taxonomy", reference_format},
    {"query-names-key", "query",
     "select what tells findings of one file apart AS key: it keeps waivers when lines move",
     query_names_key},
    {"query-does-not-sort", "query", "leave ORDER BY out", query_does_not_sort},
};

}  // namespace

std::span<const LintCheck> lint_checks() {
  return kChecks;
}

std::vector<Diagnostic> lint(const Rule& rule, Tables tables) {
  std::vector<Diagnostic> result;
  for (const LintCheck& check : kChecks) {
    std::string problem = check.problem(rule, tables);
    if (problem.empty()) continue;
    const auto span = rule.spans.find(check.key);
    result.push_back({.level = Level::warning,
                      .kind = DiagnosticKind::configuration,
                      .path = rule.source_path,
                      .span = span == rule.spans.end() ? Span{} : span->second,
                      .message = std::string(check.name) + ": " + std::move(problem),
                      .help = std::string(check.advice)});
  }
  return result;
}

std::vector<Diagnostic> lint_together(const std::vector<std::shared_ptr<const Rule>>& rules) {
  std::vector<Diagnostic> result;
  std::map<std::string, std::pair<const Rule*, const Parameter*>> seen;
  for (const auto& rule : rules) {
    for (const Parameter& parameter : rule->parameters) {
      const auto [first, is_new] = seen.try_emplace(parameter.name, rule.get(), &parameter);
      const Parameter& other = *first->second.second;
      if (is_new || (other.value == parameter.value && other.is_list == parameter.is_list))
        continue;
      const auto span = rule->spans.find("parameters");
      result.push_back({.level = Level::warning,
                        .kind = DiagnosticKind::configuration,
                        .path = rule->source_path,
                        .span = span == rule->spans.end() ? Span{} : span->second,
                        .message = "parameters-agree: '" + parameter.name +
                                   "' has another default in rule " + first->second.first->id,
                        .help = "give both the same default, or the parameter another name"});
    }
  }
  return result;
}

std::string scaffold(std::string_view id) {
  return "id: " + std::string(id) + R"(
title: What is wrong, in one line
severity: medium                  # critical, high, medium, low, info: docs/rules.md says when
profiles: [base, server]
expect:                           # or query: | SELECT loc, ... FROM ...
  table: sysctl                   # drydock tables
  key: kernel.example
  equals: "1"
  if-missing: pass                # fail, pass, unknown, or the default that counts then
message: "{key} is {value}; wanted 1, since ..."
why: |
  Which attack works, or what is lost, when it is not so; not who says that it must be.
fix: |
  What an administrator would really type, e.g. `kernel.example = 1` in /etc/sysctl.d/60-example.conf.
references: {nist-800-53: [CM-6]}
examples:
  - fails: {etc/sysctl.d/50-example.conf: "kernel.example = 0\n"}
    at: etc/sysctl.d/50-example.conf:1:1
  - passes: {etc/sysctl.d/50-example.conf: "kernel.example = 1\n"}
  - passes: {etc/hostname: "box\n"}
    note: nothing sets it
)";
}

}  // namespace drydock::engine
