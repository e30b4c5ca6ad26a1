// What a command of the program is: a subcommand of the command line and what runs when it was
// given.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/base/result.h"

namespace CLI {
class App;
}

namespace drydock::cli {

// Exit codes; each means one thing. An error outranks findings, findings outrank an incomplete
// scan.
inline constexpr int kClean = 0;     // done; nothing at or above --fail-on
inline constexpr int kFindings = 1;  // findings at or above --fail-on
inline constexpr int kError = 2;     // usage, configuration or I/O error: no verdict
inline constexpr int kIncomplete =
    3;  // no such findings in what was read, but not everything was read

struct Command {
  CLI::App* app;             // the subcommand, owned by the app it was added to
  std::function<int()> run;  // gives the exit code; called when the subcommand was given
};
using Commands = std::vector<Command>;

// Each adds its subcommand (and subcommands of that) to `app`.
void add_scan(CLI::App& app, Commands& commands);
void add_query(CLI::App& app, Commands& commands);
void add_dump(CLI::App& app, Commands& commands);
void add_ls(CLI::App& app, Commands& commands);
void add_cat(CLI::App& app, Commands& commands);
void add_extract(CLI::App& app, Commands& commands);
void add_volumes(CLI::App& app, Commands& commands);
void add_tables(CLI::App& app, Commands& commands);
void add_rules(CLI::App& app, Commands& commands);
void add_explain(CLI::App& app, Commands& commands);
void add_completion(CLI::App& app, Commands& commands);
void add_manual(CLI::App& app, Commands& commands);

// The whole command line: what help, completions and the manual page are made from.
std::unique_ptr<CLI::App> make_app(Commands& commands);

// Says what went wrong on standard error ("error: …" and a help line) and gives kError.
int fail(const Error& error);

}  // namespace drydock::cli
