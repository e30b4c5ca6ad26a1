#include "analyzer/facts/collect/docker_command.h"

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const std::vector<std::string_view> kDockerLooseFiles{"daemon.json"};

namespace {

namespace unit = parsers::unit;
namespace env_file = parsers::env_file;
namespace args = parsers::dockerd_args;

// A word of the command line together with the file it comes from.
struct Words {
  std::vector<args::Word> words;
  std::vector<std::string> paths;
  void add(std::string text, Span span, const std::string& path) {
    words.push_back({std::move(text), span});
    paths.push_back(path);
  }
};

using Environment = std::map<std::string, DockerVariable>;

// Environment=: "NAME=value" words of the unit.
void add_environment(const UnitLine& line, Environment& out) {
  for (const unit::Word& word : unit::split_words(line.value).words) {
    const size_t equals = word.text.find('=');
    if (equals == std::string::npos) continue;
    out[word.text.substr(0, equals)] = {word.text.substr(equals + 1), line.path,
                                        unit::place(line, word.begin, word.end), std::nullopt};
  }
}

// systemd.exec(5), EnvironmentFile=: "The argument passed should be an absolute filename or
// wildcard expression, optionally prefixed with "-", which indicates that if the file does not
// exist, it will not be read and no error or warning message is logged."
void add_environment_file(Context& context, std::string_view value, Environment& out) {
  if (value.starts_with('-')) value.remove_prefix(1);
  const std::string path = normal_path(value);
  std::vector<std::string> files{path};
  if (path.find_first_of("*?[") != std::string::npos)
    files = context.tree().glob(parent_path(path), file_name(path));
  for (const std::string& file : files) {
    const auto text = context.read(file);
    if (!text) continue;
    const env_file::File parsed = env_file::parse(text->text);
    context.issues(text->path, parsed.errors);
    for (const env_file::Assignment& a : parsed.assignments)
      out[a.name] = {a.value, text->path, a.span, a};
  }
}

Environment environment_of(Context& context, const Unit& service) {
  Environment out;
  for (const UnitLine* line : service.setting("Service", "Environment").lines)
    add_environment(*line, out);
  // "Settings from these files override settings made with Environment=."
  for (const UnitLine* line : service.setting("Service", "EnvironmentFile").lines)
    add_environment_file(context, line->value, out);
  return out;
}

// systemd.service(5), "Command lines": "$FOO" as a word of its own is split at blanks and may give
// no word at all; "${FOO}" anywhere is put in as it is; "$$" is a dollar.
void expand(const UnitLine& line, const unit::Word& word, const Environment& environment,
            Words& out) {
  const std::string& text = word.text;
  const Span span = unit::place(line, word.begin, word.end);
  if (text.size() > 1 && text[0] == '$' && text[1] != '{' && text[1] != '$') {
    const auto found = environment.find(text.substr(1));
    if (found == environment.end()) return;
    const DockerVariable& variable = found->second;
    for (const unit::Word& piece : unit::split_words(variable.value).words)
      out.add(piece.text,
              variable.in_file ? env_file::place(*variable.in_file, piece.begin, piece.end)
                               : variable.span,
              variable.path);
    return;
  }
  std::string result;
  const DockerVariable* only = nullptr;  // the word is one variable and nothing else
  for (size_t i = 0; i < text.size();) {
    const size_t close = text.find('}', i);
    if (text.compare(i, 2, "$$") == 0) {
      result += '$';
      i += 2;
    } else if (text.compare(i, 2, "${") == 0 && close != std::string::npos) {
      const auto found = environment.find(text.substr(i + 2, close - i - 2));
      if (found != environment.end()) {
        result += found->second.value;
        if (i == 0 && close + 1 == text.size()) only = &found->second;
      }
      i = close + 1;
    } else {
      result += text[i++];
    }
  }
  if (only)
    out.add(std::move(result), only->in_file ? only->in_file->value_span : only->span, only->path);
  else
    out.add(std::move(result), span, line.path);
}

bool is_dockerd(std::string_view program) {
  const std::string_view name = file_name(program);
  return name == "dockerd" || name == "dockerd-ce";
}

// The arguments of dockerd in one ExecStart=; nullopt: it starts something else. "docker daemon"
// started it before 1.12.
std::optional<Words> arguments(const UnitLine& line, const Environment& environment) {
  for (const unit::Command& command : unit::split_commands(line.value).commands) {
    Words all;
    const bool as_written = command.prefixes.find(':') != std::string::npos;
    for (const unit::Word& word : command.words)
      if (as_written)
        all.add(word.text, unit::place(line, word.begin, word.end), line.path);
      else
        expand(line, word, environment, all);
    size_t program = 0;
    if (!all.words.empty() && file_name(all.words[0].text) == "docker" && all.words.size() > 1 &&
        all.words[1].text == "daemon")
      program = 1;
    else if (all.words.empty() || !is_dockerd(all.words[0].text))
      continue;
    // With '@' the second word is the name the program is called by.
    if (command.prefixes.find('@') != std::string::npos) ++program;
    const auto first = static_cast<std::ptrdiff_t>(std::min(program + 1, all.words.size()));
    all.words.erase(all.words.begin(), all.words.begin() + first);
    all.paths.erase(all.paths.begin(), all.paths.begin() + first);
    return all;
  }
  return std::nullopt;
}

DockerCommand read_command(const Words& words) {
  DockerCommand out;
  const args::CommandLine line = args::parse(words.words);
  for (const args::Option& option : line.options) {
    const std::string& path = words.paths[option.word];
    const bool elsewhere = words.paths[option.value_word] != path;
    const bool is_bare =
        option.flag->is_boolean && option.value_span == words.words[option.word].span;
    // A value that a variable was put into does not stand where the word does.
    const args::Word& holder = words.words[option.value_word];
    const bool is_literal = holder.span.line == holder.span.end_line &&
                            holder.span.end_column - holder.span.column == holder.text.size();
    out.options.push_back(
        {option.flag, option.value, path, elsewhere ? words.words[option.word].span : option.span,
         elsewhere || is_bare || !is_literal ? std::nullopt : std::optional(option.value_span)});
  }
  for (const parsers::SyntaxError& error : line.errors) {
    // The place tells the file, for words of several files.
    std::string path = words.paths.empty() ? "" : words.paths.front();
    for (size_t i = 0; i < words.words.size(); ++i)
      if (words.words[i].span == error.span) path = words.paths[i];
    out.errors.push_back({error.message, path, error.span});
  }
  return out;
}

std::optional<DockerCommand> read_unit(Context& context, const Unit& service) {
  const UnitSetting start = service.setting("Service", "ExecStart");
  const Environment environment = environment_of(context, service);
  for (const UnitLine* line : start.lines) {
    if (const auto words = arguments(*line, environment)) {
      DockerCommand command = read_command(*words);
      command.environment = environment;
      return command;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<DockerCommand> docker_command(Context& context) {
  const Unit* service = units(context).find("docker.service");
  if (service == nullptr || service->load == Unit::Load::not_found ||
      service->load == Unit::Load::masked)
    return std::nullopt;
  report_errors(context, *service);
  if (auto command = read_unit(context, *service)) return command;
  const UnitSetting start = service->setting("Service", "ExecStart");
  if (start)
    context.issue(start.lines.back()->path,
                  {"other-command", start.lines.back()->value_span,
                   "this does not start dockerd itself, so its flags cannot be told",
                   parsers::Effect::refused});
  return DockerCommand{};
}

std::vector<DockerCommand> loose_docker_commands(Context& context) {
  std::vector<DockerCommand> out;
  for (const auto& loose : units(context).loose()) {
    if (loose->name != "docker.service") continue;
    report_errors(context, *loose);
    if (auto command = read_unit(context, *loose)) out.push_back(std::move(*command));
  }
  return out;
}

}  // namespace drydock::facts
