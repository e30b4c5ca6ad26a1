#include "analyzer/engine/functions.h"

#include <sqlite3.h>

#include <algorithm>
#include <new>
#include <span>

#include "analyzer/base/limits.h"
#include "analyzer/base/package_version.h"
#include "analyzer/engine/message.h"
#include "analyzer/engine/pattern.h"

namespace drydock::engine {
namespace {

// Deterministic, and their cost is linear in their arguments. Left out on purpose: everything that
// makes long texts (replace, hex, zeroblob, printf, format, group_concat, char, quote), searches
// with quadratic cost (instr), parses (json_*), depends on the moment (random*, date and time,
// changes) or reaches out (load_extension, fts*, sqlite_*).
constexpr std::string_view kAllowed[] = {
    "abs",    "basename", "coalesce", "count", "glob",    "has_word", "ifnull",         "iif",
    "length", "like",     "lower",    "ltrim", "max",     "min",      "mode",           "nullif",
    "octal",  "parent",   "regexp",   "round", "rtrim",   "substr",   "substring",      "sum",
    "total",  "trim",     "typeof",   "under", "unicode", "upper",    "version_compare"};

// What a function gets and gives, without SQLite's types. An exception (no memory) becomes an
// error: none may pass through C.
using Arguments = std::vector<std::optional<std::string_view>>;
struct Answer {
  std::optional<std::string> text;
  std::optional<int64_t> number;
};
using Function = Answer (*)(const Arguments&);

template <Function function>
void call(sqlite3_context* context, int count, sqlite3_value** values) {
  try {
    Arguments arguments;
    for (int i = 0; i < count; ++i) {
      if (sqlite3_value_type(values[i]) == SQLITE_NULL) return;  // NULL in, NULL out
      const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[i]));
      if (text == nullptr) throw std::bad_alloc();
      arguments.emplace_back(
          std::string_view(text, static_cast<size_t>(sqlite3_value_bytes(values[i]))));
    }
    const Answer answer = function(arguments);
    if (answer.number)
      sqlite3_result_int64(context, *answer.number);
    else if (answer.text)
      sqlite3_result_text64(context, answer.text->data(), answer.text->size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8);
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

std::string_view without_slashes(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

Answer sql_octal(const Arguments& arguments) {
  const auto number = whole_number(*arguments[0]);
  if (!number) return {};
  return {.text = octal(*number), .number = {}};
}

Answer sql_mode(const Arguments& arguments) {
  return {.text = {}, .number = as_mode(*arguments[0])};
}

Answer sql_basename(const Arguments& arguments) {
  const std::string_view path = *arguments[0];
  return {.text = std::string(path.substr(path.rfind('/') + 1)), .number = {}};
}

Answer sql_parent(const Arguments& arguments) {
  const std::string_view path = *arguments[0];
  const size_t slash = path.rfind('/');
  return {.text = std::string(slash == std::string_view::npos ? "" : path.substr(0, slash)),
          .number = {}};
}

Answer sql_under(const Arguments& arguments) {
  const std::string_view path = without_slashes(*arguments[0]);
  const std::string_view directory = without_slashes(*arguments[1]);
  const bool below = directory.empty() || path == directory ||
                     (path.starts_with(directory) && path[directory.size()] == '/');
  return {.text = {}, .number = below};
}

Answer sql_has_word(const Arguments& arguments) {
  return {.text = {}, .number = has_word(*arguments[0], *arguments[1])};
}

// -1, 0 or 1 in the order of the package manager; NULL for one that is not known.
Answer sql_version_compare(const Arguments& arguments) {
  const auto order = version_order(*arguments[0]);
  if (!order) return {};
  return {.text = {}, .number = compare_versions(*order, *arguments[1], *arguments[2])};
}

// x REGEXP y is regexp(y, x). A constant pattern is compiled once for the whole statement.
void sql_regexp(sqlite3_context* context, int, sqlite3_value** values) {
  try {
    if (sqlite3_value_type(values[0]) == SQLITE_NULL ||
        sqlite3_value_type(values[1]) == SQLITE_NULL)
      return;
    auto* pattern = static_cast<Pattern*>(sqlite3_get_auxdata(context, 0));
    std::unique_ptr<Pattern> fresh;
    if (pattern == nullptr) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
      if (text == nullptr) throw std::bad_alloc();
      fresh = std::make_unique<Pattern>(
          std::string_view(text, static_cast<size_t>(sqlite3_value_bytes(values[0]))));
      pattern = fresh.get();
    }
    if (!pattern->ok()) {
      sqlite3_result_error(context, ("the pattern is not valid: " + pattern->problem()).c_str(),
                           -1);
      return;
    }
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[1]));
    if (text == nullptr) throw std::bad_alloc();
    const bool found = pattern->matches(
        std::string_view(text, static_cast<size_t>(sqlite3_value_bytes(values[1]))));
    sqlite3_result_int(context, found ? 1 : 0);
    if (fresh)
      sqlite3_set_auxdata(context, 0, fresh.release(),
                          [](void* old) { delete static_cast<Pattern*>(old); });
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

void refuse_second_argument(sqlite3_context* context, int, sqlite3_value**) {
  sqlite3_result_error(context, "trim, ltrim and rtrim take one argument here", -1);
}

// --- parameter(name): the values of one parameter, or of all ---

struct ParameterTable : sqlite3_vtab {
  const Parameters* const* current;
};

struct ParameterCursor : sqlite3_vtab_cursor {
  std::vector<std::pair<std::string, std::string>> rows;  // name, value
  size_t at = 0;
};

int connect(sqlite3* db, void* current, int, const char* const*, sqlite3_vtab** out, char**) {
  const int status = sqlite3_declare_vtab(db, "CREATE TABLE x(value TEXT, name TEXT HIDDEN)");
  if (status != SQLITE_OK) return status;
  auto* table = new (std::nothrow) ParameterTable;
  if (table == nullptr) return SQLITE_NOMEM;
  *static_cast<sqlite3_vtab*>(table) = {};
  table->current = static_cast<const Parameters* const*>(current);
  *out = table;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete static_cast<ParameterTable*>(table);
  return SQLITE_OK;
}

int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  info->idxNum = 0;
  info->estimatedCost = 100;
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.iColumn != 1 || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (constraint.usable == 0) return SQLITE_CONSTRAINT;
    info->idxNum = 1;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
    info->estimatedCost = 10;
    break;
  }
  return SQLITE_OK;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** out) {
  auto* cursor = new (std::nothrow) ParameterCursor;
  if (cursor == nullptr) return SQLITE_NOMEM;
  *out = cursor;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete static_cast<ParameterCursor*>(cursor);
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* base, int plan, const char*, int, sqlite3_value** values) {
  try {
    auto& cursor = *static_cast<ParameterCursor*>(base);
    cursor.rows.clear();
    cursor.at = 0;
    const Parameters* parameters = *static_cast<ParameterTable*>(cursor.pVtab)->current;
    const auto* wanted =
        plan == 1 ? reinterpret_cast<const char*>(sqlite3_value_text(values[0])) : "";
    if (parameters == nullptr || wanted == nullptr) return SQLITE_OK;
    for (const auto& [name, list] : *parameters)
      if (plan == 0 || name == wanted)
        for (const std::string& value : list) cursor.rows.emplace_back(name, value);
    return SQLITE_OK;
  } catch (...) {
    return SQLITE_NOMEM;
  }
}

int next(sqlite3_vtab_cursor* cursor) {
  ++static_cast<ParameterCursor*>(cursor)->at;
  return SQLITE_OK;
}

int eof(sqlite3_vtab_cursor* base) {
  const auto& cursor = *static_cast<ParameterCursor*>(base);
  return cursor.at >= cursor.rows.size() ? 1 : 0;
}

int column(sqlite3_vtab_cursor* base, sqlite3_context* context, int index) {
  const auto& cursor = *static_cast<ParameterCursor*>(base);
  const auto& [name, value] = cursor.rows[cursor.at];
  const std::string& text = index == 0 ? value : name;
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return SQLITE_OK;
}

int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* out) {
  *out = static_cast<sqlite3_int64>(static_cast<ParameterCursor*>(cursor)->at);
  return SQLITE_OK;
}

// No xCreate: the table exists by its name alone and nobody can make another.
const sqlite3_module kParameterModule = [] {
  sqlite3_module module{};
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = eof;
  module.xColumn = column;
  module.xRowid = rowid;
  return module;
}();

}  // namespace

bool is_allowed_function(std::string_view name) {
  return std::find(std::begin(kAllowed), std::end(kAllowed), name) != std::end(kAllowed);
}

namespace {

struct Entry {
  const char* name;
  int arguments;
  void (*function)(sqlite3_context*, int, sqlite3_value**);
};

Result<void> add(sqlite3* db, std::span<const Entry> entries) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  for (const Entry& entry : entries)
    if (sqlite3_create_function_v2(db, entry.name, entry.arguments, kFlags, nullptr, entry.function,
                                   nullptr, nullptr, nullptr) != SQLITE_OK)
      return Error{sqlite3_errmsg(db), ""};
  return {};
}

}  // namespace

Result<void> add_text_functions(sqlite3* db) {
  constexpr Entry kEntries[] = {
      {"regexp", 2, sql_regexp},           {"octal", 1, call<sql_octal>},
      {"mode", 1, call<sql_mode>},         {"basename", 1, call<sql_basename>},
      {"parent", 1, call<sql_parent>},     {"under", 2, call<sql_under>},
      {"has_word", 2, call<sql_has_word>}, {"version_compare", 3, call<sql_version_compare>},
  };
  return add(db, kEntries);
}

Result<void> add_functions(sqlite3* db, const Parameters* const* current) {
  constexpr Entry kRefused[] = {
      {"trim", 2, refuse_second_argument},
      {"ltrim", 2, refuse_second_argument},
      {"rtrim", 2, refuse_second_argument},
  };
  if (auto added = add_text_functions(db); !added) return added;
  if (auto refused = add(db, kRefused); !refused) return refused;
  if (sqlite3_create_module(db, "parameter", &kParameterModule,
                            const_cast<Parameters const**>(current)) != SQLITE_OK)
    return Error{sqlite3_errmsg(db), ""};
  return {};
}

}  // namespace drydock::engine
