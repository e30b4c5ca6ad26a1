// How --help looks, and what else can be told about the command line from the CLI11 app itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class FormatterBase;
class Option;
}  // namespace CLI

namespace drydock::cli {

// Description, usage, arguments, options by group, commands, examples; wrapped to the terminal (at
// most 100 columns).
std::shared_ptr<CLI::FormatterBase> make_help_formatter();

// "drydock rules lint"
std::string full_name(const CLI::App& app);
// "drydock scan [OPTIONS] ARTIFACT"
std::string usage(const CLI::App& app);
// The options of `app` that are shown, in order of definition: named ones, or positional ones.
std::vector<const CLI::Option*> shown_options(const CLI::App& app, bool positional);
// The subcommands that are shown.
std::vector<const CLI::App*> shown_commands(const CLI::App& app);
// "FORMAT" of "--format FORMAT"; empty for a flag.
std::string value_name(const CLI::Option& option);
// The words an option takes, if it takes only certain ones.
std::vector<std::string> choices(const CLI::Option& option);

// `text` in lines of at most `width` columns, each but the first indented by `indent` blanks. Line
// breaks of the text stay.
std::string wrap(std::string_view text, size_t indent, size_t width);

// `text` with the lines of each paragraph joined, so that it can be wrapped anew. Lines that begin with a blank or
// a list mark stay lines.
std::string reflow(std::string_view text);

}  // namespace drydock::cli
