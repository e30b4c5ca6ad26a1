#include "analyzer/cli/cli.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "analyzer/base/diagnostic.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/help.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/version.h"

namespace drydock::cli {
namespace {

// The innermost command that was named on the command line.
const CLI::App& named_command(const CLI::App& app) {
  const auto named = app.get_subcommands();
  return named.empty() ? app : named_command(*named.back());
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = named_command(app);
  const std::string name = full_name(command), see = "see '" + name + " --help'";
  if (const std::vector<std::string> rest = app.remaining(true); !rest.empty()) {
    const std::string& word = rest.front();
    if (word.starts_with("-")) return {"'" + name + "' has no option '" + word + "'", see};
    if (!shown_commands(command).empty())
      return {"'" + name + "' has no command '" + word + "'", see};
    return {"one argument too many: '" + word + "'", see};
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
      !shown_commands(command).empty())
    return {"'" + name + "' needs a command", see};
  return {error.what(), see};
}

}  // namespace

std::unique_ptr<CLI::App> make_app(Commands& commands) {
  auto app = std::make_unique<CLI::App>(
      "Inspects a Linux host before it sails: reads a directory, an archive, a disk image, a "
      "repository or a single file, and reports hardening weaknesses with file, line and column. "
      "Needs no root and no network, and "
      "runs nothing of "
      "what it reads.",
      "drydock");
  app->formatter(make_help_formatter());
  app->set_version_flag("--version", "drydock " + std::string(kVersion),
                        "Print the version and leave.");
  app->set_help_flag("-h,--help", "Print this help and leave.");
  app->require_subcommand(1);
  add_scan(*app, commands);
  add_query(*app, commands);
  add_dump(*app, commands);
  add_ls(*app, commands);
  add_cat(*app, commands);
  add_extract(*app, commands);
  add_volumes(*app, commands);
  add_rules(*app, commands);
  add_explain(*app, commands);
  add_tables(*app, commands);
  add_completion(*app, commands);
  add_manual(*app, commands);
  app->footer(
      "Examples:\n"
      "  drydock scan host.tar.zst                         findings on screen; exit code 1 from "
      "high up\n"
      "  drydock scan . --output sarif=drydock.sarif       a repository, for code scanning\n"
      "  drydock explain docker-inter-container-traffic    why a rule is there and how to fix it\n"
      "  drydock query host.tar 'SELECT * FROM sysctl'     the facts themselves");
  return app;
}

int fail(const Error& error) {
  const std::string text = render(Diagnostic{
      Level::error, DiagnosticKind::configuration, {}, Span{}, error.message, error.help});
  std::fputs(text.c_str(), stderr);
  return kError;
}

int run(int argc, char** argv) {
  // A reader that goes away ends writing, not the program: files are still written, the exit code
  // still counts.
  std::signal(SIGPIPE, SIG_IGN);
  Commands commands;
  const std::unique_ptr<CLI::App> app = make_app(commands);
  try {
    app->parse(argc, argv);
  } catch (const CLI::CallForVersion& version) {
    return write_standard_output(std::string(version.what()) + "\n") ? kClean : kError;
  } catch (const CLI::CallForHelp&) {
    return write_standard_output(named_command(*app).help()) ? kClean : kError;
  } catch (const CLI::ParseError& error) {
    return fail(usage_error(*app, error));
  }
  for (const Command& command : commands) {
    if (command.app != &named_command(*app)) continue;
    try {
      return command.run();
    } catch (const std::bad_alloc&) {
      return fail({"out of memory", "give it more memory, or a smaller artifact"});
    } catch (const std::exception& exception) {
      return fail({std::string("drydock itself failed: ") + exception.what(),
                   "this is a mistake in drydock; please report it with the command line"});
    }
  }
  return fail({"'" + full_name(named_command(*app)) + "' needs a command",
               "see '" + full_name(named_command(*app)) + " --help'"});
}

}  // namespace drydock::cli
