#include "analyzer/cli/shell.h"

#include <editline/readline.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>

#include "analyzer/cli/command.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/rows.h"
#include "analyzer/cli/table_pages.h"
#include "analyzer/facts/ask.h"

namespace drydock::cli {
namespace {

constexpr std::string_view kHelp =
    "SELECT …;          ask; the statement may take several lines\n"
    ".tables            the tables, a sentence each\n"
    ".schema TABLE      a table's columns\n"
    ".mode FORMAT       table, json or csv\n"
    ".help              this list\n"
    ".quit              leave (also Ctrl-D)\n";

// readline's completion has no argument for a context; it runs only inside run_shell.
const facts::Store* completing = nullptr;

char* next_table(const char* text, int state) {
  static size_t index;
  if (state == 0) index = 0;
  const auto& tables = completing->tables();
  while (index < tables.size()) {
    const std::string name(tables[index++]->name);
    if (name.starts_with(text)) return strdup(name.c_str());
  }
  return nullptr;
}

char** complete(const char* text, int, int) {
  rl_attempted_completion_over = 1;
  return rl_completion_matches(text, next_table);
}

std::filesystem::path history_file() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if (state != nullptr && *state == '/') return std::filesystem::path(state) / "drydock/history";
  if (home != nullptr && *home == '/')
    return std::filesystem::path(home) / ".local/state/drydock/history";
  return {};
}

// Lines from a terminal or from a pipe.
class Lines {
 public:
  explicit Lines(const facts::Store& store) : terminal_(isatty(STDIN_FILENO) == 1) {
    if (!terminal_) return;
    completing = &store;
    rl_initialize();
    rl_attempted_completion_function = complete;
    using_history();
    history_ = history_file();
    if (!history_.empty()) read_history(history_.c_str());
  }
  ~Lines() {
    if (!terminal_ || history_.empty()) return;
    std::error_code ignored;
    std::filesystem::create_directories(history_.parent_path(), ignored);
    stifle_history(1000);
    write_history(history_.c_str());
  }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  bool terminal() const { return terminal_; }

  std::optional<std::string> next(const char* prompt) {
    std::string line;
    if (!terminal_) {
      if (!std::getline(std::cin, line)) return std::nullopt;
      return line;
    }
    const std::unique_ptr<char, void (*)(void*)> typed(readline(prompt), std::free);
    if (!typed) return std::nullopt;
    if (*typed != '\0') add_history(typed.get());
    return std::string(typed.get());
  }

 private:
  bool terminal_;
  std::filesystem::path history_;
};

struct Session {
  const facts::Store& store;
  std::string format;
  bool mistake = false;
  int code = kClean;

  void print(std::string_view text) {
    if (const auto written = write_standard_output(text); !written) code = fail(written.error());
  }

  // False: leave.
  bool command(const std::string& line) {
    const size_t blank = std::min(line.find(' '), line.size());
    const std::string word = line.substr(0, blank);
    const size_t from = line.find_first_not_of(" ", blank);
    const std::string argument =
        from == std::string::npos ? "" : line.substr(from, line.find_last_not_of("; ") + 1 - from);
    if (word == ".quit" || word == ".exit") return false;
    if (word == ".help") {
      print(kHelp);
    } else if (word == ".tables") {
      print(tables_as_text(store.tables()));
    } else if (word == ".schema" && store.table(argument) != nullptr) {
      print(table_as_text(*store.table(argument)));
    } else if (word == ".schema") {
      wrong({"there is no table '" + argument + "'", "'.tables' lists them"});
    } else if (word == ".mode" &&
               (argument == "table" || argument == "json" || argument == "csv")) {
      format = argument;
    } else {
      wrong({"there is no command '" + line + "'", "'.help' lists them"});
    }
    return true;
  }

  void statement(const std::string& sql) {
    if (const auto allowed = facts::tables_read(store, sql); !allowed)
      return wrong(allowed.error());
    const auto answer = store.select(sql);
    if (answer)
      print(render_rows(*answer, format));
    else
      wrong(answer.error());
  }

  void wrong(const Error& error) {
    mistake = true;
    fail(error);
  }
};

}  // namespace

int run_shell(const facts::Store& store, const std::string& format) {
  Session session{.store = store, .format = format};
  Lines lines(store);
  if (lines.terminal())
    session.print("SQL on the facts of this artifact; .help for help, .tables for the tables.\n");
  std::string sql;
  while (session.code == kClean) {
    const auto line = lines.next(sql.empty() ? "drydock> " : "     ...> ");
    if (!line) break;
    if (sql.empty() && line->starts_with(".")) {
      if (!session.command(*line)) break;
      continue;
    }
    if (sql.empty() && line->find_first_not_of(" \t") == std::string::npos) continue;
    sql += (sql.empty() ? "" : "\n") + *line;
    const size_t last = sql.find_last_not_of(" \t\r\n");
    if (last != std::string::npos && sql[last] == ';') {
      session.statement(sql);
      sql.clear();
    }
  }
  if (session.code == kClean && sql.find_first_not_of(" \t\r\n") != std::string::npos)
    session.statement(sql);
  if (session.code == kClean && session.mistake && !lines.terminal()) return kError;
  return session.code;
}

}  // namespace drydock::cli
