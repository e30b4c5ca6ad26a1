// What the start-up files of a Bourne shell set, followed as bash(1), "INVOCATION", reads them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analyzer/facts/collect.h"
#include "parsers/shell.h"

namespace drydock::facts {

// A place that sets TMOUT, PATH or the umask.
struct ShellSetting {
  std::string key;                   // "TMOUT", "PATH" or "umask"
  std::optional<std::string> value;  // nullopt: worked out when the shell runs
  bool is_conditional = false;       // it is not certain that the line is run
  bool is_readonly = false;
  bool is_exported = false;
  bool is_effective = true;  // no later line that is certain to be run sets it again
  std::string path;
  Span span;
  Span value_span;
  std::vector<size_t> guards;
};

// One shell that starts: an interactive bash or zsh of a user with this id.
class ShellSession {
 public:
  enum class Shell : uint8_t { bash, zsh };

  // `reported`: files whose syntax errors were said already; shared by the sessions of a target.
  ShellSession(Context& context, int64_t uid, std::string home, std::set<std::string>& reported,
               Shell shell = Shell::bash);

  // What is in the environment before.
  void start_with(std::string_view variable, std::string_view value);
  // Reads a file as `.` does. False: there is no such file. Syntax errors become issues of
  // `tables`, of effect `ignored` if `is_foreign` (a user's own file says nothing about the host).
  bool read(const std::string& path, const std::vector<const TableSpec*>& tables, bool is_foreign);

  const std::vector<ShellSetting>& settings() const { return settings_; }
  // The places that were overridden: (loser, winner, reason).
  struct Overridden {
    size_t loser;
    size_t winner;
    std::string_view reason;
  };
  const std::vector<Overridden>& overridden() const { return overridden_; }

 private:
  enum class Truth : uint8_t { no, yes, unknown };
  struct Script {
    std::string path;
    parsers::shell::File file;
  };

  void run(const Script& script, size_t depth);
  // Is it nothing but assignments, one of them to a variable that is read-only? For zsh, does it change one in any way?
  Truth sets_read_only(const parsers::shell::Command& command) const;
  bool is_read_only(std::string_view variable) const;
  void command(const Script& script, const parsers::shell::Command& command, bool is_certain,
               size_t depth, bool& returns);
  void declare(const Script& script, const parsers::shell::Command& command, bool is_certain,
               bool exports, bool freezes);
  void source(const Script& script, const parsers::shell::Command& command, bool is_certain,
              size_t depth);
  void set(const Script& script, const parsers::shell::Command& command, std::string key,
           std::optional<std::string> value, Span span, Span value_span, bool is_certain);
  void mark(const Script& script, const parsers::shell::Command& command, std::string_view key,
            bool is_certain, bool exports, bool freezes);
  Truth holds(const Script& script, const std::vector<size_t>& guards);
  Truth holds(const Script& script, size_t guard);
  Truth outcome(const Script& script, size_t begin, size_t end);
  Truth test(const std::vector<parsers::shell::Word>& words);
  std::optional<std::string> expand(std::string_view raw) const;
  std::optional<std::string> variable(std::string_view name) const;

  Context& context_;
  std::map<std::string, std::optional<std::string>, std::less<>> variables_;
  std::vector<ShellSetting> settings_;
  std::vector<Overridden> overridden_;
  std::set<std::string> reading_;
  std::set<std::string>& reported_;
  std::set<std::string, std::less<>> exported_;  // certain to be, set or not
  std::set<std::string, std::less<>> frozen_;    // read-only without ever having had a value
  std::set<std::string, std::less<>> perhaps_read_only_;
  const std::vector<const TableSpec*>* tables_ = nullptr;
  bool is_foreign_ = false;
  bool is_certain_file_ = true;
  Shell shell_;
  bool exits_ = false;
  size_t files_ = 0;
  size_t budget_ = 500'000;  // conditions and clauses that are looked at; none left: unknown
};

}  // namespace drydock::facts
