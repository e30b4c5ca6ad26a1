// drydock completion: what a shell needs to complete a command line, written from the command line
// itself.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "analyzer/cli/command.h"
#include "analyzer/cli/help.h"
#include "analyzer/cli/output.h"
#include "analyzer/facts/collect.h"

namespace drydock::cli {
namespace {

using Words = std::vector<std::string>;

std::string join(const Words& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

// Asked of the program when it is needed, for the catalogue grows.
constexpr std::string_view kListRules = "drydock rules --format ids 2>/dev/null";

// What an argument can be: certain words, the id of a rule, or a file.
struct Values {
  Words words;
  bool rule_ids = false;
};

Values values(const CLI::Option& option) {
  const std::string name = value_name(option);
  Values out{choices(option), name == "ID"};
  if (name == "TABLE")
    for (const facts::TableSpec* table : facts::all_tables()) out.words.emplace_back(table->name);
  return out;
}

Words option_names(const CLI::App& app) {
  Words out;
  for (const CLI::Option* option : shown_options(app, false)) {
    for (const std::string& name : option->get_snames()) out.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
  }
  return out;
}

// `app` and all commands below it, each before those below.
std::vector<const CLI::App*> all_commands(const CLI::App& app) {
  std::vector<const CLI::App*> out{&app};
  for (size_t i = 0; i < out.size(); ++i)
    for (const CLI::App* command : shown_commands(*out[i])) out.push_back(command);
  return out;
}

std::string first_sentence(const std::string& text) {
  const size_t end = text.find_first_of(":;.");
  return text.substr(0, end);
}

// ---- bash

std::string bash_words(const Values& values) {
  if (values.rule_ids) return "$(" + std::string(kListRules) + ")";
  return join(values.words);
}

std::string bash(const CLI::App& app) {
  std::string known, by_option, by_command;
  for (const CLI::App* command : all_commands(app)) {
    const std::string name = full_name(*command);
    if (command != &app) known += (known.empty() ? "      \"" : " | \\\n      \"") + name + "\"";
    Words words;
    for (const CLI::App* below : shown_commands(*command)) words.push_back(below->get_name());
    std::string offer = join(words);
    for (const CLI::Option* option : shown_options(*command, true))
      if (const std::string more = bash_words(values(*option)); !more.empty())
        offer += (offer.empty() ? "" : " ") + more;
    by_command += "    \"" + name + "\")\n      options=\"" + join(option_names(*command)) +
                  "\"\n      words=\"" + offer + "\"\n      ;;\n";
    for (const CLI::Option* option : shown_options(*command, false)) {
      if (value_name(*option).empty()) continue;
      std::string patterns;
      for (const std::string& dashed : option->get_snames())
        patterns += (patterns.empty() ? "\"" : " | \"") + name + " -" + dashed + "\"";
      for (const std::string& dashed : option->get_lnames())
        patterns += (patterns.empty() ? "\"" : " | \"") + name + " --" + dashed + "\"";
      const std::string words_of_option = bash_words(values(*option));
      by_option += "    " + patterns + ")" +
                   (words_of_option.empty()
                        ? " return ;;\n"
                        : "\n      mapfile -t COMPREPLY < <(compgen -W \"" + words_of_option +
                              "\" -- \"$current\")\n      return\n      ;;\n");
    }
  }
  return "# bash completion for drydock, written by 'drydock completion bash'\n"
         "_drydock() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  local command=drydock options= words= i\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    case \"$command ${COMP_WORDS[i]}\" in\n" +
         known +
         ")\n"
         "        command+=\" ${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$command $previous\" in\n" +
         by_option +
         "  esac\n"
         "  case $command in\n" +
         by_command +
         "  esac\n"
         "  [[ $current == -* ]] && words=$options\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "}\n"
         "# Where nothing is offered, file names are.\n"
         "complete -o default -o bashdefault -F _drydock drydock\n";
}

// ---- zsh

// Inside single quotes of an _arguments specification.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else if (c == '[' || c == ']' || c == ':' || c == '\\')
      out += std::string("\\") + c;
    else
      out += c;
  }
  return out;
}

std::string zsh_action(const Values& values) {
  if (values.rule_ids) return "{compadd -- $(" + std::string(kListRules) + ")}";
  return values.words.empty() ? "_files" : "(" + join(values.words) + ")";
}

std::string zsh_function(const CLI::App& app) {
  std::string name = full_name(app);
  std::ranges::replace(name, ' ', '_');
  return "_" + name;
}

std::string zsh(const CLI::App& app) {
  std::string out =
      "#compdef drydock\n# zsh completion for drydock, written by 'drydock completion zsh'\n";
  for (const CLI::App* command : all_commands(app)) {
    const auto below = shown_commands(*command);
    out += "\n" + zsh_function(*command) + "() {\n";
    if (!below.empty()) out += "  local state line\n  typeset -A opt_args\n";
    out += "  _arguments -s" + std::string(below.empty() ? "" : " -C");
    for (const CLI::Option* option : shown_options(*command, false)) {
      const std::string value = value_name(*option);
      const bool repeats = option->get_expected_max() > 1;
      for (const bool is_long : {false, true})
        for (const std::string& name : is_long ? option->get_lnames() : option->get_snames())
          out += " \\\n    '" + std::string(repeats ? "*" : "") + (is_long ? "--" : "-") + name +
                 (value.empty() ? ""
                  : is_long     ? "="
                                : "+") +
                 "[" + zsh_text(first_sentence(option->get_description())) + "]" +
                 (value.empty() ? "" : ":" + zsh_text(value) + ":" + zsh_action(values(*option))) +
                 "'";
    }
    if (below.empty()) {
      for (const CLI::Option* option : shown_options(*command, true))
        out += " \\\n    '" + std::string(option->get_required() ? ":" : "::") +
               zsh_text(option->get_name(true, false)) + ":" + zsh_action(values(*option)) + "'";
      out += "\n}\n";
      continue;
    }
    out +=
        " \\\n    '1:command:->command' '*::argument:->argument'\n  case $state in\n    command)\n "
        "     local -a commands=(";
    for (const CLI::App* one : below)
      out += "\n        '" + one->get_name() + ":" +
             zsh_text(first_sentence(one->get_description())) + "'";
    out += ")\n      _describe command commands ;;\n    argument)\n      case $line[1] in\n";
    for (const CLI::App* one : below)
      out += "        " + one->get_name() + ") " + zsh_function(*one) + " ;;\n";
    out += "      esac ;;\n  esac\n}\n";
  }
  return out +
         "\nif [ \"$funcstack[1]\" = _drydock ]; then _drydock \"$@\"; else compdef _drydock "
         "drydock; fi\n";
}

// ---- fish

std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

std::string fish_condition(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  std::string below;
  for (const CLI::App* one : shown_commands(command)) below += " " + one->get_name();
  if (parent == nullptr) return "__fish_use_subcommand";
  const std::string inside = parent->get_parent() == nullptr
                                 ? "__fish_seen_subcommand_from " + command.get_name()
                                 : "__fish_seen_subcommand_from " + parent->get_name() +
                                       "; and __fish_seen_subcommand_from " + command.get_name();
  return below.empty() ? inside : inside + "; and not __fish_seen_subcommand_from" + below;
}

std::string fish(const CLI::App& app) {
  std::string out = "# fish completion for drydock, written by 'drydock completion fish'\n";
  for (const CLI::App* command : all_commands(app)) {
    const std::string prefix = "complete -c drydock -n " + fish_quoted(fish_condition(*command));
    for (const CLI::App* below : shown_commands(*command))
      out += prefix + " -f -a " + below->get_name() + " -d " +
             fish_quoted(first_sentence(below->get_description())) + "\n";
    for (const CLI::Option* option : shown_options(*command, true)) {
      const Values offered = values(*option);
      if (offered.rule_ids)
        out += prefix + " -f -a " + fish_quoted("(" + std::string(kListRules) + ")") + "\n";
      else if (!offered.words.empty())
        out += prefix + " -f -a " + fish_quoted(join(offered.words)) + "\n";
    }
    for (const CLI::Option* option : shown_options(*command, false)) {
      std::string line = prefix;
      for (const std::string& name : option->get_snames()) line += " -s " + name;
      for (const std::string& name : option->get_lnames()) line += " -l " + name;
      line += " -d " + fish_quoted(first_sentence(option->get_description()));
      if (!value_name(*option).empty()) {
        const Values offered = values(*option);
        if (offered.rule_ids)
          line += " -x -a " + fish_quoted("(" + std::string(kListRules) + ")");
        else if (!offered.words.empty())
          line += " -x -a " + fish_quoted(join(offered.words));
        else
          line += " -r";
      }
      out += line + "\n";
    }
  }
  return out;
}

}  // namespace

void add_completion(CLI::App& app, Commands& commands) {
  auto shell = std::make_shared<std::string>();
  CLI::App* completion =
      app.add_subcommand("completion", "Print the completion script of a shell.");
  completion->add_option("SHELL", *shell, "bash, zsh or fish.")
      ->required()
      ->type_name("SHELL")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->footer(
      "Packages install these. By hand:\n"
      "  drydock completion bash > ~/.local/share/bash-completion/completions/drydock\n"
      "  drydock completion zsh  > \"${fpath[1]}/_drydock\"\n"
      "  drydock completion fish > ~/.config/fish/completions/drydock.fish");
  commands.push_back({completion, [shell] {
                        Commands described;
                        const auto whole = make_app(described);
                        const auto written =
                            write_standard_output(*shell == "bash"  ? bash(*whole)
                                                  : *shell == "zsh" ? zsh(*whole)
                                                                    : fish(*whole));
                        return written ? kClean : fail(written.error());
                      }});
}

}  // namespace drydock::cli
