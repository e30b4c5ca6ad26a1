#include <algorithm>

#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/compare.h"
#include "analyzer/engine/load.h"
#include "analyzer/engine/message.h"
#include "analyzer/engine/yaml.h"

namespace drydock::engine {
namespace load {

bool is_kebab(std::string_view text) {
  if (text.empty() || text.front() < 'a' || text.front() > 'z' || text.back() == '-') return false;
  if (text.find("--") != std::string_view::npos) return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

bool is_tree_path(std::string_view path) {
  if (path.empty() || path.size() > 4096) return false;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

std::optional<Scope> scope(std::string_view text) {
  for (const Scope known : {Scope::host, Scope::etc, Scope::fragment})
    if (name(known) == text) return known;
  return std::nullopt;
}

std::vector<Parameter> parameters(const yaml::Node& node, yaml::Mistakes& mistakes) {
  std::vector<Parameter> result;
  yaml::Mapping mapping(node, "'parameters'", mistakes);
  for (const auto& [name, value] : node.entries) {
    if (!is_kebab(name.text)) mistakes.error(name.span, "a parameter's name must be kebab-case");
    yaml::Mapping fields(value, "the parameter '" + name.text + "'", mistakes);
    Parameter parameter{.name = name.text, .value = {}, .is_list = false, .doc = {}};
    if (const yaml::Node* given = fields.require("default")) {
      parameter.is_list = given->is_sequence();
      parameter.value = yaml::texts(*given, "default", mistakes);
    }
    parameter.doc = fields.required_text("doc");
    fields.finish();
    result.push_back(std::move(parameter));
  }
  return result;
}

}  // namespace load

namespace {

// The taxonomies that reports know (names of CIS documents, catalogues of weaknesses, other tools'
// rules).
constexpr std::string_view kTaxonomies[] = {"cis-docker", "cis-debian-12", "cis-ubuntu-24.04",
                                            "cis-rhel-9", "nist-800-53",   "cwe",
                                            "stig",       "ssg",           "coverage"};

std::map<std::string, std::vector<std::string>> references(const yaml::Node& node,
                                                           yaml::Mistakes& mistakes) {
  std::map<std::string, std::vector<std::string>> result;
  yaml::Mapping mapping(node, "'references'", mistakes);
  for (const auto& [taxonomy, ids] : node.entries) {
    if (std::find(std::begin(kTaxonomies), std::end(kTaxonomies), taxonomy.text) ==
        std::end(kTaxonomies)) {
      std::string known;
      for (const std::string_view name : kTaxonomies)
        known += (known.empty() ? "" : ", ") + std::string(name);
      mistakes.error(taxonomy.span, "there is no taxonomy '" + taxonomy.text + "'",
                     "known are " + known);
    }
    result[taxonomy.text] = yaml::texts(ids, taxonomy.text, mistakes);
  }
  return result;
}

void check_template(std::string_view key, const std::string& text, const Rule& rule,
                    yaml::Mistakes& mistakes) {
  const auto parsed = MessageTemplate::parse(text);
  if (parsed) return;
  mistakes.error(rule.spans.find(key)->second,
                 "'" + std::string(key) + "' has " + parsed.error().message, parsed.error().help);
}

// Can a row be missing in a way that makes a finding? Then the rule must say where the thing
// belongs.
bool may_fail_by_absence(const Expect& expect) {
  if (expect.if_missing == Expect::Missing::fail) return true;
  if (expect.if_missing != Expect::Missing::value) return false;
  const auto depends = [](const Comparison& comparison) {
    return std::any_of(
        comparison.operands.begin(), comparison.operands.end(),
        [](const std::string& operand) { return !parameter_names(operand).empty(); });
  };
  if (std::any_of(expect.all.begin(), expect.all.end(), depends)) return true;
  for (const auto& group : expect.any)
    if (std::any_of(group.begin(), group.end(), depends)) return true;
  const Judge judge(expect, {});
  return judge.problem().empty() && !judge.holds(expect.missing_value);
}

std::string topic_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view directory = path.substr(0, slash);
  const size_t before = directory.rfind('/');
  return std::string(before == std::string_view::npos ? directory : directory.substr(before + 1));
}

void load_check(yaml::Mapping& top, Rule& rule, yaml::Mistakes& mistakes) {
  const yaml::Node* expect = top.get("expect");
  const yaml::Node* query = top.get("query");
  const std::string edit = top.text("edit");
  if ((expect == nullptr) == (query == nullptr)) {
    if (top.valid())
      mistakes.error(query != nullptr ? query->span : top.span(),
                     "a rule has exactly one of 'expect' and 'query'");
    return;
  }
  if (query != nullptr) {
    rule.check = Query{.sql = top.required_text("query"), .edit = edit};
    return;
  }
  if (!edit.empty())
    mistakes.error(top.span("edit"), "'edit' goes with 'query'",
                   "an expect's edit is made from 'equals'");
  rule.check = load::expect(*expect, rule, mistakes);
  const Expect& loaded = std::get<Expect>(rule.check);
  if (rule.anchors.empty() && may_fail_by_absence(loaded))
    mistakes.error(expect->span, "a missing value fails this rule, but it has no 'anchor'",
                   "name the file in which the value belongs, or state 'if-missing'");
  if (rule.message.empty()) rule.message = default_message(loaded);
}

std::shared_ptr<const Rule> build(const yaml::Node& root, std::string_view path,
                                  yaml::Mistakes& mistakes) {
  auto rule = std::make_shared<Rule>();
  rule->source_path = path;
  rule->topic = topic_of(path);
  for (const auto& [key, value] : root.entries) {
    rule->spans[key.text] = value.span;
    if (key.text == "expect")
      for (const auto& [inner, part] : value.entries)
        rule->spans["expect." + inner.text] = part.span;
  }

  yaml::Mapping top(root, "a rule", mistakes);
  if (!top.valid()) return nullptr;
  rule->id = top.required_text("id");
  if (!rule->id.empty() && !load::is_kebab(rule->id))
    mistakes.error(top.span("id"), "'id' must be kebab-case: letters, digits and single hyphens");
  rule->title = top.required_text("title");
  const std::string severity = top.required_text("severity");
  if (const auto known = severity_of(severity))
    rule->severity = *known;
  else if (!severity.empty())
    mistakes.error(top.span("severity"), "there is no severity '" + severity + "'",
                   "one of critical, high, medium, low, info");
  if (const std::string kind = top.text("kind"); top.has("kind")) {
    rule->is_review = kind == "review";
    if (!rule->is_review)
      mistakes.error(top.span("kind"), "there is no kind '" + kind + "'",
                     "review, or leave the key out");
  }
  if (top.require("profiles") != nullptr) rule->profiles = top.texts("profiles");
  if (top.has("profiles") && rule->profiles.empty())
    mistakes.error(top.span("profiles"), "'profiles' must not be empty");
  for (const std::string& profile : rule->profiles)
    if (!load::is_kebab(profile) || profile == "all")
      mistakes.error(top.span("profiles"), "'" + profile + "' cannot be a profile's name");
  rule->deprecated_ids = top.texts("deprecated-ids");
  for (const std::string& text : top.texts("scopes")) {
    if (const auto known = load::scope(text))
      rule->scopes.push_back(*known);
    else
      mistakes.error(top.span("scopes"), "there is no scope '" + text + "'",
                     "one of host, etc, fragment");
  }
  if (const yaml::Node* applies = top.get("applies"))
    rule->applies = load::condition(*applies, mistakes);
  if (const yaml::Node* given = top.get("parameters"))
    rule->parameters = load::parameters(*given, mistakes);
  rule->anchors = top.texts("anchor");
  for (const std::string& anchor : rule->anchors)
    if (!load::is_tree_path(anchor))
      mistakes.error(top.span("anchor"), "'" + anchor + "' is no path relative to the root",
                     "write etc/x, not /etc/x");

  rule->message = top.text("message");
  rule->message_absent = top.text("message-absent");
  if (top.has("query") && rule->message.empty())
    mistakes.error(top.span(), "a rule with 'query' needs a 'message'");
  load_check(top, *rule, mistakes);
  if (top.has("message")) check_template("message", rule->message, *rule, mistakes);
  if (top.has("message-absent"))
    check_template("message-absent", rule->message_absent, *rule, mistakes);

  rule->why = top.required_text("why");
  rule->fix = top.required_text("fix");
  if (const yaml::Node* given = top.require("references"))
    rule->references = references(*given, mistakes);
  if (const yaml::Node* given = top.require("examples"))
    rule->examples = load::examples(*given, mistakes);
  for (const Example& example : rule->examples)
    for (const auto& [name, value] : example.parameters)
      if (rule->parameter(name) == nullptr)
        mistakes.error(example.span,
                       "the example sets '" + name + "', which is no parameter of the rule");
  top.finish();
  return rule;
}

}  // namespace

LoadedRule load_rule(std::string_view text, std::string_view path) {
  yaml::Mistakes mistakes(path);
  const yaml::Node root = yaml::parse(text, mistakes);
  LoadedRule result;
  if (mistakes.none()) result.rule = build(root, path, mistakes);
  if (!mistakes.none()) result.rule = nullptr;
  result.diagnostics = mistakes.take();
  return result;
}

}  // namespace drydock::engine
