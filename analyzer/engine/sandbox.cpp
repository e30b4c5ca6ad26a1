#include "analyzer/engine/sandbox.h"

#include <sqlite3.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "analyzer/engine/functions.h"

namespace drydock::engine {
namespace {

using Clock = std::chrono::steady_clock;

// Memory that the rules of a target may use beyond what the facts hold.
constexpr sqlite3_int64 kHeapBytes = sqlite3_int64{64} << 20;

// How many steps of SQLite's machine pass between two looks at the clock: some 20 µs.
constexpr int kStepsPerLook = 1000;

// A single C call cannot be interrupted, so what one call may be given is small.
constexpr std::pair<int, int> kLimits[] = {
    {SQLITE_LIMIT_LENGTH, 64 << 10},          // bytes of one text or row
    {SQLITE_LIMIT_SQL_LENGTH, 64 << 10},      // bytes of one statement
    {SQLITE_LIMIT_COLUMN, 200},               // columns of one result
    {SQLITE_LIMIT_EXPR_DEPTH, 50},            // the parser and the planner recurse on it
    {SQLITE_LIMIT_COMPOUND_SELECT, 10},       // UNIONs of one statement
    {SQLITE_LIMIT_VDBE_OP, 25'000},           // length of one program
    {SQLITE_LIMIT_FUNCTION_ARG, 16},          //
    {SQLITE_LIMIT_ATTACHED, 0},               // no other database
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100},  // LIKE and GLOB backtrack
    {SQLITE_LIMIT_VARIABLE_NUMBER, 100},      //
    {SQLITE_LIMIT_TRIGGER_DEPTH, 0},          //
    {SQLITE_LIMIT_WORKER_THREADS, 0},         //
};

std::mutex& one_at_a_time() {
  static std::mutex mutex;
  return mutex;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return result;
}

// SQLite's modules: each is a table without being in the schema (json_each, pragma_module_list …).
Names module_names(sqlite3* db) {
  Names names;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db, "SELECT name FROM pragma_module_list", -1, &statement, nullptr) ==
      SQLITE_OK)
    while (sqlite3_step(statement) == SQLITE_ROW)
      names.insert(lower(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0))));
  sqlite3_finalize(statement);
  return names;
}

void declare(sqlite3* db, std::string_view table) {
  sqlite3_stmt* statement = nullptr;
  const std::string sql = "SELECT 1 FROM \"" + std::string(table) + "\"";
  sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
  sqlite3_finalize(statement);
}

}  // namespace

void StatementDeleter::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

struct Sandbox::State {
  explicit State(const facts::Store& facts_)
      : facts(facts_), db(facts_.handle()), lock(one_at_a_time(), std::defer_lock) {}

  const facts::Store& facts;
  sqlite3* db;
  std::unique_lock<std::mutex> lock;
  std::vector<std::pair<int, int>> saved_limits;
  sqlite3_int64 saved_heap = 0;
  Names modules;
  Names read;           // fact tables the statement being prepared reads
  std::string refused;  // why the authorizer said no
  Clock::time_point deadline = Clock::time_point::max();
  bool late = false;

  // The allow-list: SELECT, recursion in it, columns of the fact tables, named functions. What is
  // not here is denied, so that nothing SQLite learns to do in another version becomes possible.
  int authorize(int action, std::string_view first, std::string_view second) {
    switch (action) {
      case SQLITE_SELECT:
      case SQLITE_RECURSIVE:
        return SQLITE_OK;
      case SQLITE_FUNCTION:
        if (is_allowed_function(lower(second))) return SQLITE_OK;
        return refuse("the function " + std::string(second) + "() is not available to rules");
      case SQLITE_READ:
        if (first == "parameter") return SQLITE_OK;
        if (facts.table(first) != nullptr) {
          read.emplace(first);
          return SQLITE_OK;
        }
        // A common table expression of which no column is used comes by with its own name.
        // Everything else that could have a name is the schema's or a module's.
        if (const std::string table = lower(first);
            second.empty() && !table.starts_with("sqlite_") && !table.starts_with("pragma_") &&
            !modules.contains(table))
          return SQLITE_OK;
        return refuse("'" + std::string(first) + "' is no table of facts");
      default:
        return refuse("a rule can only SELECT from facts");
    }
  }

  int refuse(std::string reason) {
    if (refused.empty()) refused = std::move(reason);
    return SQLITE_DENY;
  }
};

Sandbox::Sandbox(const facts::Store& store) : state_(std::make_unique<State>(store)) {
  State& state = *state_;
  // These stay. The schema can be trusted, but nothing is lost by not doing so; double quotes are for
  // names, so that a misspelt column is an error and not a text.
  for (const auto& [setting, value] : {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                       {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                                       {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                                       {SQLITE_DBCONFIG_DQS_DML, 0},
                                       {SQLITE_DBCONFIG_DQS_DDL, 0}})
    sqlite3_db_config(state.db, setting, value, nullptr);
  // The first use of a virtual table declares it, which looks like a change of the schema to the authorizer.
  declare(state.db, "parameter");
  for (const facts::TableSpec* spec : store.tables())
    if (spec->is_virtual) declare(state.db, spec->name);
  state.modules = module_names(state.db);
  // Setting an authorizer anew would make SQLite prepare every statement again, so it stays as long as
  // the Sandbox and minds its business only while that is entered.
  sqlite3_set_authorizer(
      state.db,
      [](void* self, int action, const char* first, const char* second, const char*,
         const char*) noexcept {
        try {
          auto& inner = *static_cast<State*>(self);
          if (!inner.lock.owns_lock()) return SQLITE_OK;
          return inner.authorize(action, first ? first : "", second ? second : "");
        } catch (...) {
          return SQLITE_DENY;
        }
      },
      &state);
  enter();
}

void Sandbox::enter() {
  State& state = *state_;
  state.lock.lock();
  for (const auto& [limit, value] : kLimits)
    state.saved_limits.emplace_back(limit, sqlite3_limit(state.db, limit, value));
  // Preparing expands each use of a common table expression: thirty lines can ask for 2^30 copies,
  // and no deadline reaches the parser. Only memory does.
  state.saved_heap = sqlite3_hard_heap_limit64(sqlite3_memory_used() + kHeapBytes);
  sqlite3_progress_handler(
      state.db, kStepsPerLook,
      [](void* self) noexcept {
        auto& inner = *static_cast<State*>(self);
        if (Clock::now() < inner.deadline) return 0;
        inner.late = true;
        return 1;
      },
      &state);
}

void Sandbox::leave() {
  State& state = *state_;
  if (!state.lock.owns_lock()) return;
  sqlite3_progress_handler(state.db, 0, nullptr, nullptr);
  sqlite3_hard_heap_limit64(state.saved_heap);
  for (const auto& [limit, value] : state.saved_limits) sqlite3_limit(state.db, limit, value);
  state.saved_limits.clear();
  state.lock.unlock();
}

Sandbox::~Sandbox() {
  leave();
  sqlite3_set_authorizer(state_->db, nullptr, nullptr);
}

Result<Prepared, SqlError> Sandbox::prepare(std::string_view sql) {
  State& state = *state_;
  state.read.clear();
  state.refused.clear();
  if (sql.find('\0') != std::string_view::npos) return SqlError{.message = "a NUL byte in the SQL"};
  if (sql.size() > size_t{64} << 10) return SqlError{.message = "the SQL is longer than 64 KiB"};

  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int status = sqlite3_prepare_v3(state.db, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, &tail);
  Statement statement(raw);
  if (status != SQLITE_OK) {
    SqlError error{.message = state.refused.empty() ? sqlite3_errmsg(state.db) : state.refused};
    const int offset = sqlite3_error_offset(state.db);
    error.has_offset = offset >= 0;
    error.offset = offset >= 0 ? static_cast<size_t>(offset) : 0;
    if (status == SQLITE_NOMEM) error.message = "the statement needs too much memory";
    return error;
  }
  if (!statement) return SqlError{.message = "there is no statement"};
  // VACUUM INTO and EXPLAIN pass the authorizer's questions; a second statement is never asked
  // about.
  if (sqlite3_stmt_readonly(raw) == 0 || sqlite3_stmt_isexplain(raw) != 0 ||
      sqlite3_column_count(raw) == 0)
    return SqlError{.message = "a rule can only SELECT from facts"};
  const std::string_view rest = sql.substr(static_cast<size_t>(tail - sql.data()));
  if (const size_t more = rest.find_first_not_of(" \t\r\n;"); more != std::string_view::npos)
    return SqlError{.message = "text behind the end of the statement",
                    .offset = static_cast<size_t>(tail - sql.data()) + more,
                    .has_offset = true};
  return Prepared{.statement = std::move(statement), .tables = std::move(state.read)};
}

Sandbox::Ran Sandbox::run(sqlite3_stmt* statement, std::chrono::milliseconds deadline,
                          const std::function<bool()>& row) {
  State& state = *state_;
  state.late = false;
  state.deadline = Clock::now() + deadline;
  Ran result;
  for (;;) {
    const int step = sqlite3_step(statement);
    if (step == SQLITE_ROW) {
      if (row()) continue;
      result.end = End::stopped;
    } else if (step != SQLITE_DONE) {
      result.end = state.late ? End::deadline : End::failed;
      result.message = step == SQLITE_NOMEM ? "it needs too much memory" : sqlite3_errmsg(state.db);
    }
    break;
  }
  sqlite3_reset(statement);
  state.deadline = Clock::time_point::max();
  return result;
}

}  // namespace drydock::engine
