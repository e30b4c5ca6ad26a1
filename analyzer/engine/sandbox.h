// Where the SQL of rules runs. A pack of rules may come from anybody: it must not read anything but
// facts, write anything, hang, or take more than its share of memory. What each point defends
// against is said at its place in sandbox.cpp; tests/engine/sandbox_test.cpp attacks every one.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "analyzer/base/result.h"
#include "analyzer/facts/store.h"

struct sqlite3_stmt;

namespace drydock::engine {

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const;
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

using Names = std::set<std::string, std::less<>>;

// One SELECT of a rule, ready to run.
struct Prepared {
  Statement statement;
  Names tables;  // the fact tables it reads
};

struct SqlError {
  std::string message;
  size_t offset = 0;  // into the SQL, where SQLite knows it
  bool has_offset = false;
};

// Holds a connection in the sandbox from its making or enter() until leave() or its end; the
// connection is drydock's own meanwhile and after. Statements prepared in it stay good over leave() and
// enter(). Sets SQLite's hard heap limit, which is one for the process: one Sandbox at a time is
// entered, others wait for it, and nothing else should use SQLite meanwhile.
class Sandbox {
 public:
  explicit Sandbox(const facts::Store& store);
  void leave();
  void enter();
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // Prepares one SELECT over the fact tables. Anything else is refused in words.
  Result<Prepared, SqlError> prepare(std::string_view sql);

  // Runs a prepared statement: `row` is called for each row until it returns false. The deadline is
  // wall time from now. The statement is reset afterwards; its bindings stay.
  enum class End : uint8_t { done, stopped, deadline, failed };
  struct Ran {
    End end = End::done;
    std::string message;  // of failed: what SQLite says
  };
  Ran run(sqlite3_stmt* statement, std::chrono::milliseconds deadline,
          const std::function<bool()>& row);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace drydock::engine
