#include "analyzer/cli/help.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "analyzer/cli/output.h"

namespace drydock::cli {
namespace {

constexpr size_t kLeftColumn = 30;
constexpr int kMaxWidth = 100;

class HelpFormatter : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    const auto width = static_cast<size_t>(std::clamp(terminal_width(kMaxWidth), 60, kMaxWidth));
    std::string out = wrap(app->get_description(), 0, width) + "\n\nUsage: " + usage(*app) + "\n";

    if (const auto positionals = shown_options(*app, true); !positionals.empty()) {
      out += "\nArguments:\n";
      for (const CLI::Option* option : positionals)
        out += entry("  " + option->get_name(true, false), option->get_description(), width);
    }
    if (const auto commands = shown_commands(*app); !commands.empty()) {
      out += "\nCommands:\n";
      for (const CLI::App* command : commands) {
        const std::string& description = command->get_description();
        out += entry("  " + command->get_name(), description.substr(0, description.find("\n\n")),
                     width);
      }
    }
    for (const std::string& group : app->get_groups()) {
      std::string lines;
      for (const CLI::Option* option : shown_options(*app, false)) {
        if (option->get_group() != group) continue;
        const std::string value = value_name(*option);
        const bool has_short = !option->get_snames().empty();
        std::string left = has_short ? "  " : "      ";
        left += option->get_name(false, true) + (value.empty() ? "" : " " + value);
        for (size_t comma = left.find(",--"); comma != std::string::npos; comma = left.find(",--"))
          left.replace(comma, 1, ", ");
        lines += entry(left, option->get_description(), width);
      }
      if (!lines.empty()) out += "\n" + group + ":\n" + lines;
    }
    if (const std::string footer = app->get_footer(); !footer.empty()) out += "\n" + footer + "\n";
    return out;
  }

 private:
  static std::string entry(std::string left, const std::string& text, size_t width) {
    if (left.size() + 2 > kLeftColumn)
      left += "\n" + std::string(kLeftColumn, ' ');
    else
      left.resize(kLeftColumn, ' ');
    return left + wrap(text, kLeftColumn, width - kLeftColumn) + "\n";
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> make_help_formatter() {
  return std::make_shared<HelpFormatter>();
}

std::string full_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : full_name(*parent) + " " + app.get_name();
}

std::string usage(const CLI::App& app) {
  std::string out = full_name(app);
  if (!shown_commands(app).empty())
    return out + (app.get_require_subcommand_min() > 0 ? " COMMAND …" : " [COMMAND …]");
  out += " [OPTIONS]";
  for (const CLI::Option* option : shown_options(app, true)) {
    const std::string name = option->get_name(true, false);
    out += option->get_required() ? " " + name : " [" + name + "]";
  }
  return out;
}

std::vector<const CLI::Option*> shown_options(const CLI::App& app, bool positional) {
  std::vector<const CLI::Option*> out;
  for (const CLI::Option* option : app.get_options())
    if (!option->get_group().empty() && option->get_positional() == positional)
      out.push_back(option);
  return out;
}

std::vector<const CLI::App*> shown_commands(const CLI::App& app) {
  std::vector<const CLI::App*> out;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_group().empty()) out.push_back(command);
  return out;
}

std::string value_name(const CLI::Option& option) {
  if (option.get_type_size() == 0) return {};
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

std::vector<std::string> choices(const CLI::Option& option) {
  // CLI11 appends what a CLI::IsMember accepts to the type's name: "WHEN:{auto,always,never}".
  const std::string type = option.get_type_name();
  const size_t open = type.find('{'), close = type.rfind('}');
  std::vector<std::string> out;
  if (open == std::string::npos || close == std::string::npos || close < open) return out;
  std::istringstream words(type.substr(open + 1, close - open - 1));
  for (std::string word; std::getline(words, word, ',');) out.push_back(word);
  return out;
}

std::string wrap(std::string_view text, size_t indent, size_t width) {
  std::string out;
  size_t column = 0;
  while (!text.empty()) {
    if (text.front() == '\n') {
      out += "\n";
      text.remove_prefix(1);
      if (!text.empty() && text.front() != '\n') out += std::string(indent, ' ');
      column = 0;
      continue;
    }
    // Leading blanks of a line are kept, so that examples stay as they are.
    const size_t blanks = std::min(text.find_first_not_of(' '), text.size());
    const size_t end = std::min(text.find_first_of(" \n", blanks), text.size());
    if (column > 0 && column + end > width) {
      out += "\n" + std::string(indent, ' ');
      column = 0;
      text.remove_prefix(blanks);
      continue;
    }
    out += text.substr(0, end);
    column += end;
    text.remove_prefix(end);
  }
  return out;
}

std::string reflow(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool starts_anew = line.empty() || line.front() == ' ' || line.front() == '\t' ||
                             line.starts_with("- ") || line.starts_with("* ") ||
                             (line.front() >= '0' && line.front() <= '9');
    if (!out.empty()) out += starts_anew || out.back() == '\n' ? '\n' : ' ';
    out += line;
  }
  return out;
}

}  // namespace drydock::cli
