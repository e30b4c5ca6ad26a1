#include "analyzer/engine/judgement.h"

#include <sqlite3.h>

#include <algorithm>

#include "analyzer/base/limits.h"
#include "analyzer/engine/identity.h"
#include "analyzer/facts/collect.h"

namespace drydock::engine {
namespace {

std::optional<std::string> text_at(sqlite3_stmt* statement, int column) {
  if (column < 0 || sqlite3_column_type(statement, column) == SQLITE_NULL) return std::nullopt;
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return std::string(text == nullptr ? "" : text,
                     static_cast<size_t>(sqlite3_column_bytes(statement, column)));
}

Statement own_statement(sqlite3* db, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(db, sql, -1, &statement, nullptr);
  return Statement(statement);
}

Parameters parameters_of(const Rule& rule, const Parameters& set) {
  Parameters result;
  for (const Parameter& parameter : rule.parameters) {
    const auto user = set.find(parameter.name);
    result[parameter.name] = user == set.end() ? parameter.value : user->second;
  }
  return result;
}

std::string joined(const std::vector<std::string>& values) {
  std::string result;
  for (const std::string& value : values) result += (result.empty() ? "" : ", ") + value;
  return result.empty() ? "none" : result;
}

// Tables whose rows also come from files outside /etc that decide as much: that /etc does not set a thing
// does not mean that the host does not (sysctl.d(5): /usr/lib/sysctl.d).
bool has_vendor_files(std::string_view table) {
  return table == "sysctl";
}

// Text that a template engine, envsubst or configure replaces before the file is installed:
// {{ x }}, {% if %}, <% x %>, @X@, and `shell` ${x}, which is the own syntax of some files.
bool has_placeholder(std::string_view value, bool shell) {
  const auto encloses = [value](std::string_view open, std::string_view close) {
    const size_t start = value.find(open);
    return start != std::string_view::npos &&
           value.find(close, start + open.size()) != std::string_view::npos;
  };
  if (encloses("{{", "}}") || encloses("{%", "%}") || encloses("<%", "%>") ||
      (shell && encloses("${", "}")))
    return true;
  constexpr std::string_view kName =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  for (size_t at = value.find('@'); at != std::string_view::npos; at = value.find('@', at + 1)) {
    const size_t end = value.find_first_not_of(kName, at + 1);
    if (end != std::string_view::npos && end > at + 1 && value[end] == '@') return true;
    if (end == std::string_view::npos) return false;
    at = end - 1;
  }
  return false;
}

// Scalars become variables of the statement; whole numbers as such, since a bound text is unequal
// to every number that comes out of an expression.
void bind_parameters(sqlite3_stmt* statement, const Parameters& parameters) {
  for (const auto& [name, values] : parameters) {
    const int index = sqlite3_bind_parameter_index(statement, bound_name(name).c_str());
    if (index == 0 || values.size() != 1) continue;
    if (const auto number = whole_number(values.front()))
      sqlite3_bind_int64(statement, index, *number);
    else
      sqlite3_bind_text64(statement, index, values.front().data(), values.front().size(),
                          SQLITE_TRANSIENT, SQLITE_UTF8);
  }
}

std::string not_read(const std::string& path, const std::string& why) {
  return path.empty() ? why : "'" + path + "' could not be read: " + why;
}

std::string and_more(size_t others) {
  return others == 0 ? "" : " (and " + std::to_string(others) + " more)";
}

}  // namespace

// An offending row, copied.
struct Judgement::Hit {
  std::vector<std::optional<std::string>>
      row;  // in the order of Columns::names; empty: there was no row
  std::string key;
  std::optional<std::string> value;  // of an expect; "0 (default)" for a default of the rule
  std::optional<facts::Location> place, value_place, related_place;
  facts::LocationId loc{};
  bool absent = false;  // use message-absent
};

struct Judgement::Run {
  Parameters parameters;
  std::vector<Hit> hits;
  std::string failure;  // the rule could not be evaluated
  std::string unknown;  // why the answer cannot be given (if-missing: unknown)
  bool judged = false;  // something written, or something absent that counts, was looked at
  bool cut = false;
  std::chrono::steady_clock::time_point end;

  std::chrono::milliseconds left() const {
    const auto now = std::chrono::steady_clock::now();
    return now >= end ? std::chrono::milliseconds(0)
                      : std::chrono::ceil<std::chrono::milliseconds>(end - now);
  }
};

Judgement::Judgement(const facts::Store& store, Sandbox& sandbox, const EvaluateOptions& options,
                     const Parameters*& current, std::vector<Diagnostic>& diagnostics)
    : store_(store),
      sandbox_(sandbox),
      options_(options),
      current_(current),
      end_(std::chrono::steady_clock::now() + options.deadline),
      diagnostics_(diagnostics),
      overridden_(
          own_statement(store.handle(),
                        "SELECT table_name, key, loser, value, reason FROM override "
                        "WHERE winner IS ?1 AND (?1 IS NOT NULL OR key = ?2) ORDER BY rowid")) {
  // drydock's own questions, before the sandbox closes.
  if (store.table("trait") != nullptr) {
    const Statement traits =
        own_statement(store.handle(), "SELECT name, holds, because FROM trait");
    while (traits && sqlite3_step(traits.get()) == SQLITE_ROW)
      traits_[text_at(traits.get(), 0).value_or("")] = {
          sqlite3_column_type(traits.get(), 1) == SQLITE_NULL ? Verdict::unknown
          : sqlite3_column_int(traits.get(), 1) != 0          ? Verdict::yes
                                                              : Verdict::no,
          text_at(traits.get(), 2).value_or("")};
  }
  const Statement issues = own_statement(
      store.handle(), "SELECT table_name, path, message FROM parse_issue WHERE effect = 'unknown'");
  while (issues && sqlite3_step(issues.get()) == SQLITE_ROW)
    unread_[text_at(issues.get(), 0).value_or("")].push_back(
        not_read(text_at(issues.get(), 1).value_or(""), text_at(issues.get(), 2).value_or("")));
  sandbox_.enter();
}

Judgement::~Judgement() {
  sandbox_.leave();
  current_ = nullptr;
}

bool Judgement::has_rows(const std::string& table) {
  const auto [known, is_new] = has_rows_.try_emplace(table, false);
  if (!is_new) return known->second;
  if (const auto probe = sandbox_.prepare("SELECT 1 FROM \"" + table + "\" LIMIT 1"); probe)
    sandbox_.run(probe->statement.get(), options_.deadline_per_rule, [&] {
      has_rows_[table] = true;
      return false;
    });
  return has_rows_[table];
}

// What is not known of a trait may still not matter: Kleene's logic.
Judgement::Verdict Judgement::holds(const Condition& condition, std::string& reason) const {
  if (condition.kind == Condition::Kind::trait) {
    const auto found = traits_.find(condition.trait);
    const Verdict value = found == traits_.end() ? Verdict::no : found->second.holds;
    const bool unknown = value == Verdict::unknown;
    reason = (unknown                 ? "whether this is '"
              : value == Verdict::yes ? "this is '"
                                      : "this is not '") +
             condition.trait + (unknown ? "' is not known" : "'");
    if (found != traits_.end() && !found->second.because.empty())
      reason += ": " + found->second.because;
    return value;
  }
  const bool is_any = condition.kind == Condition::Kind::any;
  const bool is_none = condition.kind == Condition::Kind::none;
  // One part decides any and none by holding, all by not holding.
  const Verdict deciding = condition.kind == Condition::Kind::all ? Verdict::no : Verdict::yes;
  std::optional<std::string> doubt;
  for (const Condition& part : condition.parts) {
    const Verdict value = holds(part, reason);
    if (value == deciding) return is_any ? Verdict::yes : Verdict::no;
    if (value == Verdict::unknown && !doubt) doubt = reason;
  }
  if (doubt) {
    reason = *doubt;
    return Verdict::unknown;
  }
  return is_none || !is_any ? Verdict::yes : Verdict::no;
}

// Modes and owners of files in a checkout say nothing of those on a host, and places or traits alone
// are nothing that is written.
bool Judgement::is_written(const std::string& table) const {
  const facts::TableSpec* spec = store_.table(table);
  return spec != nullptr && spec->kind != facts::TableKind::inventory &&
         table != facts::kLocationTable.name && table != "trait";
}

Judgement::Verdict Judgement::applicable(const Program& program, std::string& reason) {
  const Rule& rule = *program.rule;
  if (!rule.scopes.empty() && std::ranges::find(rule.scopes, options_.scope) == rule.scopes.end()) {
    reason = options_.scope == Scope::etc ? "it needs files outside /etc, and only /etc is here"
                                          : "it needs a whole host, and only single files are here";
    return Verdict::no;
  }
  const Verdict value = rule.applies ? holds(*rule.applies, reason) : Verdict::yes;
  if (value != Verdict::yes || options_.scope != Scope::fragment) return value;
  // A file that could not be read may say something about it.
  const bool has_any = std::ranges::any_of(program.tables, [&](const std::string& table) {
    return is_written(table) && (unread_.contains(table) || has_rows(table));
  });
  if (!has_any) reason = "no file here says anything about it";
  return has_any ? Verdict::yes : Verdict::no;
}

bool Judgement::is_filled_in_later(const facts::Location& place) {
  if (options_.scope != Scope::fragment || !options_.text || place.span.line == 0) return false;
  if (!lines_ || lines_path_ != place.path) {
    lines_path_ = place.path;
    lines_text_ = options_.text(place.path).value_or(std::string_view{});
    lines_.emplace(lines_text_);
  }
  const auto [begin, end] = lines_->line_bounds(place.span.line);
  return has_placeholder(lines_text_.substr(begin, end - begin), false);
}

bool Judgement::lacks_vendor_files(const Program& program) const {
  return options_.scope == Scope::etc && std::ranges::any_of(program.tables, has_vendor_files);
}

std::string Judgement::unread(const Program& program) const {
  for (const std::string& table : program.tables) {
    if (table == "file")  // computed while the query ran: where did it look?
      if (const auto missed = store_.missed_files(); !missed.empty())
        return not_read(missed.front().first, missed.front().second) + and_more(missed.size() - 1);
    if (const auto found = unread_.find(table); found != unread_.end()) {
      return found->second.front() + and_more(found->second.size() - 1);
    }
  }
  return {};
}

void Judgement::report(const Program& program, DiagnosticKind kind, std::string message) {
  diagnostics_.push_back({.level = kind == DiagnosticKind::limit ? Level::warning : Level::error,
                          .kind = kind,
                          .path = program.rule->source_path,
                          .span = {},
                          .message = "rule " + program.rule->id + ": " + std::move(message),
                          .help = {}});
}

RuleResult Judgement::late(const Program& program) {
  if (!late_)
    diagnostics_.push_back(
        {.level = Level::warning,
         .kind = DiagnosticKind::limit,
         .path = {},
         .span = {},
         .message = "the rules took longer than " + std::to_string(options_.deadline.count()) +
                    " ms together; those from " + program.rule->id + " on were not judged",
         .help = {}});
  late_ = true;
  RuleResult result;
  result.rule = program.rule;
  result.outcome = Outcome::unknown;
  result.reason = "it was not judged: the rules before it took all the time there is";
  result.incomplete = true;
  return result;
}

RuleResult Judgement::judge(Program& program) {
  RuleResult result;
  result.rule = program.rule;
  std::string reason;
  if (const Verdict value = applicable(program, reason); value != Verdict::yes) {
    result.incomplete = value == Verdict::unknown;
    result.outcome = result.incomplete ? Outcome::unknown : Outcome::not_applicable;
    result.reason = std::move(reason);
    return result;
  }
  store_.forget_looks();
  Run run;
  run.parameters = parameters_of(*program.rule, options_.parameters);
  const auto now = std::chrono::steady_clock::now();
  if (now >= end_) return late(program);
  run.end = std::min(now + options_.deadline_per_rule, end_);
  for (const Parameter& parameter : program.rule->parameters)
    if (!parameter.is_list && run.parameters[parameter.name].size() != 1)
      run.failure = "the parameter '" + parameter.name + "' must be one value";
  current_ = &run.parameters;
  if (run.failure.empty()) {
    if (std::holds_alternative<Query>(program.rule->check))
      run_query(program, run);
    else
      run_expect(program, run);
  }
  current_ = nullptr;
  finish(program, run, result);
  return result;
}

// The rows of one execution of `statement` become hits where `offends` says so. False: the rule
// failed.
template <class Offends>
static void for_rows(Sandbox& sandbox, sqlite3_stmt* statement, std::chrono::milliseconds left,
                     std::string& failure, Offends each) {
  const Sandbox::Ran ran = sandbox.run(statement, left, [&] { return each(); });
  if (ran.end == Sandbox::End::deadline) failure = "it took too long and was stopped";
  if (ran.end == Sandbox::End::failed) failure = ran.message;
}

namespace {

// A location column of the current row. False: it holds something that is no location.
bool read_place(const facts::Store& store, sqlite3_stmt* statement, int column,
                facts::LocationId& id, std::optional<facts::Location>& place) {
  if (column < 0 || sqlite3_column_type(statement, column) == SQLITE_NULL) return true;
  if (sqlite3_column_type(statement, column) != SQLITE_INTEGER) return false;
  id = facts::LocationId{sqlite3_column_int64(statement, column)};
  place = store.location(id);
  return place.has_value();
}

constexpr std::string_view kVendorFiles =
    "nothing in /etc sets it, and files outside /etc, which are not here, may";

constexpr std::string_view kForgedPlace =
    "a location column holds something that is no location of a fact";

}  // namespace

void Judgement::run_query(Program& program, Run& run) {
  sqlite3_stmt* statement = program.exact.get();
  const Columns& columns = program.columns;
  bind_parameters(statement, run.parameters);
  run.judged = true;
  for_rows(sandbox_, statement, run.left(), run.failure, [&] {
    if (run.hits.size() == limits::kRowsPerRule) {
      run.cut = true;
      return false;
    }
    Hit hit;
    facts::LocationId ignored{};
    if (!read_place(store_, statement, columns.loc, hit.loc, hit.place) ||
        !read_place(store_, statement, columns.value_loc, ignored, hit.value_place) ||
        !read_place(store_, statement, columns.related_loc, ignored, hit.related_place)) {
      run.failure = kForgedPlace;
      return false;
    }
    hit.absent = !hit.place;
    if (hit.absent && options_.scope == Scope::fragment) return true;
    if (hit.absent && lacks_vendor_files(program)) {
      run.unknown = kVendorFiles;
      return true;
    }
    if (hit.place && is_filled_in_later(*hit.place)) {
      run.unknown = "line " + std::to_string(hit.place->span.line) + " of " + hit.place->path +
                    " is filled in later";
      return true;
    }
    for (int i = 0; i < static_cast<int>(columns.names.size()); ++i)
      hit.row.push_back(text_at(statement, i));
    hit.key = text_at(statement, columns.key).value_or("");
    run.hits.push_back(std::move(hit));
    return true;
  });
}

void Judgement::run_expect(Program& program, Run& run) {
  const Expect& expect = std::get<Expect>(program.rule->check);
  const Columns& columns = program.columns;
  const Judge judge(expect, run.parameters);
  if (!judge.problem().empty()) {
    run.failure = judge.problem();
    return;
  }
  // What holds for a thing that is not set: whether the default satisfies, or the rule says so.
  const bool missing_holds =
      expect.if_missing == Expect::Missing::pass ||
      (expect.if_missing == Expect::Missing::value && judge.holds(expect.missing_value));
  const auto add_missing = [&](Hit hit) {
    hit.absent = true;
    if (expect.if_missing == Expect::Missing::value)
      hit.value = expect.missing_value + " (default)";
    run.hits.push_back(std::move(hit));
  };
  for (const std::string& key : expect.keys) {
    const bool glob = is_glob(key);
    sqlite3_stmt* statement = (glob ? program.glob : program.exact).get();
    bind_parameters(statement, run.parameters);
    const std::string bound = glob ? glob_pattern(key) : key;
    sqlite3_bind_text64(statement, sqlite3_bind_parameter_index(statement, ":drydock_key"),
                        bound.data(), bound.size(), SQLITE_STATIC, SQLITE_UTF8);
    bool any = false;
    for_rows(sandbox_, statement, run.left(), run.failure, [&] {
      if (run.hits.size() == limits::kRowsPerRule) {
        run.cut = true;
        return false;
      }
      Hit hit;
      facts::LocationId ignored{};
      if (!read_place(store_, statement, columns.loc, hit.loc, hit.place) ||
          !read_place(store_, statement, columns.value_loc, ignored, hit.value_place)) {
        run.failure = kForgedPlace;
        return false;
      }
      if (!hit.place && options_.scope == Scope::fragment) return true;
      any = true;
      run.judged = true;
      hit.value = text_at(statement, columns.value);
      if (options_.scope == Scope::fragment && hit.value && has_placeholder(*hit.value, true)) {
        run.unknown = "'" + key + "' is '" + *hit.value + "' here, which is filled in later";
        return true;
      }
      const bool is_null = !hit.value;
      if (is_null ? missing_holds || judge.holds(std::nullopt) : judge.holds(hit.value))
        return true;
      if (is_null && expect.if_missing == Expect::Missing::unknown) {
        run.unknown = "what counts for '" + key + "' cannot be told from files";
        return true;
      }
      for (int i = 0; i < static_cast<int>(columns.names.size()); ++i)
        hit.row.push_back(text_at(statement, i));
      hit.key = text_at(statement, columns.key).value_or(key);
      if (is_null)
        add_missing(std::move(hit));
      else {
        hit.absent = !hit.place;
        run.hits.push_back(std::move(hit));
      }
      return true;
    });
    if (!run.failure.empty()) return;
    if (any || options_.scope == Scope::fragment) continue;
    if (lacks_vendor_files(program)) {
      run.unknown = kVendorFiles;
      continue;
    }
    run.judged = true;
    if (missing_holds || judge.holds(std::nullopt)) continue;
    if (expect.if_missing == Expect::Missing::unknown) {
      run.unknown = "'" + key + "' is not set, and what counts then cannot be told from files";
    } else {
      Hit hit;
      hit.key = key;
      add_missing(std::move(hit));
    }
  }
}

std::string Judgement::anchor(const Rule& rule) const {
  if (options_.text && rule.anchors.size() > 1)
    for (const std::string& path : rule.anchors)
      if (options_.text(path)) return path;
  return rule.anchors.empty() ? "" : rule.anchors.front();
}

void Judgement::add_overridden(const Program& program, const Hit& hit, Finding& finding) {
  if (!overridden_) return;
  struct Loser {
    std::string key;
    Related related;
  };
  std::vector<Loser> losers;
  sqlite3_stmt* statement = overridden_.get();
  if (hit.place)
    sqlite3_bind_int64(statement, 1, static_cast<int64_t>(hit.loc));
  else
    sqlite3_bind_null(statement, 1);
  sqlite3_bind_text64(statement, 2, hit.key.data(), hit.key.size(), SQLITE_STATIC, SQLITE_UTF8);
  sandbox_.run(statement, options_.deadline_per_rule, [&] {
    if (!program.tables.contains(text_at(statement, 0).value_or(""))) return true;
    const auto place = store_.location(facts::LocationId{sqlite3_column_int64(statement, 2)});
    if (!place) return true;
    losers.push_back(
        {text_at(statement, 1).value_or(""),
         {.place = {place->path, place->span},
          .message = (hit.place ? "overridden value '" : "'") + text_at(statement, 3).value_or("") +
                     (hit.place ? "': " : "' is written here, but does not count: ") +
                     text_at(statement, 4).value_or("")}});
    return losers.size() < 100;
  });
  // One place can win for several keys (a glob): then only those of this finding's key explain it.
  const bool by_key =
      std::ranges::any_of(losers, [&](const Loser& one) { return one.key == finding.key; });
  for (Loser& loser : losers) {
    if (by_key && loser.key != finding.key) continue;
    // One line may lose in several ways: for each session of a shell, say.
    const auto says_it = [&](const Related& known) {
      return known.place.path == loser.related.place.path &&
             known.place.span == loser.related.place.span && known.message == loser.related.message;
    };
    if (std::ranges::none_of(finding.related, says_it))
      finding.related.push_back(std::move(loser.related));
  }
}

Finding Judgement::finding(const Program& program, const Hit& hit, const Run& run) {
  Finding result;
  result.key = hit.key;
  result.absent = hit.absent;
  if (hit.place)
    result.place = {hit.place->path, hit.place->span};
  else
    result.place = {anchor(*program.rule), {}};
  const bool is_expect = std::holds_alternative<Expect>(program.rule->check);
  const auto value_of = [&](std::string_view name) -> std::optional<std::string> {
    if (is_expect && name == "key") return hit.key;
    if (is_expect && name == "value") return hit.value;
    if (const int column = program.columns.find(name); column >= 0)
      return hit.row.empty() ? std::nullopt : hit.row[static_cast<size_t>(column)];
    const auto parameter = run.parameters.find(std::string(name));
    return parameter == run.parameters.end() ? std::nullopt
                                             : std::optional(joined(parameter->second));
  };
  result.message = (hit.absent ? program.message_absent : program.message).render(value_of);
  if (hit.related_place)
    result.related.push_back(
        {.place = {hit.related_place->path, hit.related_place->span},
         .message = hit.row[static_cast<size_t>(program.columns.related_message)].value_or("")});
  if (hit.value_place) {
    std::optional<std::string> text;
    // value_loc is where the table's value stands, not where another column's does.
    if (const auto* expect = std::get_if<Expect>(&program.rule->check))
      text = expect->column.empty() ? wanted_text(*expect, run.parameters) : std::nullopt;
    else if (program.edit)
      text = program.edit->render(value_of);
    if (text)
      result.edit =
          Edit{.place = {hit.value_place->path, hit.value_place->span},
               .text = *text,
               .description = "Set " + (hit.key.empty() ? "it" : hit.key) + " to " + *text + "."};
  }
  add_overridden(program, hit, result);
  return result;
}

namespace {

// Sorted findings that say the same of one place become one, with the related places of each.
template <class Order>
void merge_same(std::vector<Finding>& findings, Order order) {
  size_t kept = 0;
  for (size_t i = 0; i < findings.size(); ++i) {
    if (kept == 0 || order(findings[kept - 1]) != order(findings[i])) {
      if (kept != i) findings[kept] = std::move(findings[i]);
      ++kept;
      continue;
    }
    std::vector<Related>& all = findings[kept - 1].related;
    for (Related& related : findings[i].related)
      if (!std::ranges::any_of(all, [&](const Related& one) {
            return one.place.path == related.place.path && one.place.span == related.place.span &&
                   one.message == related.message;
          }))
        all.push_back(std::move(related));
  }
  findings.erase(findings.begin() + static_cast<ptrdiff_t>(kept), findings.end());
}

}  // namespace

void Judgement::finish(Program& program, Run& run, RuleResult& result) {
  const bool needs_anchor =
      std::ranges::any_of(run.hits, [](const Hit& hit) { return !hit.place; });
  if (run.failure.empty() && needs_anchor && program.rule->anchors.empty())
    run.failure = "it found something absent, but has no 'anchor'";
  if (!run.failure.empty()) {
    report(program, DiagnosticKind::internal, run.failure);
    result.outcome = Outcome::unknown;
    result.reason = "the rule could not be evaluated: " + run.failure;
    result.incomplete = true;
    return;
  }
  if (run.cut)
    report(program, DiagnosticKind::limit,
           "more than " + std::to_string(limits::kRowsPerRule) +
               " offending places; the others are not shown");

  const std::string unread_file = unread(program);
  result.incomplete = run.cut || !unread_file.empty();
  const bool written =
      std::ranges::any_of(run.hits, [](const Hit& hit) { return hit.place.has_value(); });
  if (!run.hits.empty() && (written || unread_file.empty())) {
    result.outcome = Outcome::fail;
    for (const Hit& hit : run.hits) {
      // What could not be read may hold what is missed here.
      if (!hit.place && !unread_file.empty()) continue;
      result.findings.push_back(finding(program, hit, run));
    }
    const auto order = [](const Finding& finding) {
      return std::tie(finding.place.path, finding.place.span, finding.key, finding.message);
    };
    std::ranges::stable_sort(result.findings, {}, order);
    merge_same(result.findings, order);
    assign_identities(result.findings, program.rule->id, options_.target_name, options_.text,
                      options_.lasting_path);
  } else if (!unread_file.empty() || !run.unknown.empty()) {
    result.outcome = Outcome::unknown;
    result.reason = unread_file.empty() ? run.unknown : unread_file;
  } else if (!run.judged) {
    result.outcome = Outcome::not_applicable;
    result.reason = "nothing is written about it here";
  }
}

}  // namespace drydock::engine
