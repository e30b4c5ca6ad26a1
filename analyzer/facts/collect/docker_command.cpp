#include "analyzer/facts/collect/docker_command.h"

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/source/tree.h"
#include "parsers/unit.h"

namespace drydock::facts {

const std::vector<std::string_view> kDockerLooseFiles{"daemon.json"};

namespace {

namespace args = parsers::dockerd_args;

bool is_dockerd(std::string_view program) {
  const std::string_view name = file_name(program);
  return name == "dockerd" || name == "dockerd-ce";
}

// "docker daemon" started it before 1.12.
size_t program_words(const ServiceWords& words) {
  if (words.size() > 1 && file_name(words[0].text) == "docker" && words[1].text == "daemon")
    return 2;
  return !words.empty() && is_dockerd(words[0].text) ? 1 : 0;
}

DockerCommand read_command(const ServiceWords& words) {
  DockerCommand out;
  std::vector<args::Word> plain;
  for (const ServiceWord& word : words) plain.push_back({word.text, word.span});
  const args::CommandLine line = args::parse(plain);
  for (const args::Option& option : line.options) {
    const std::string& path = words[option.word].path;
    const bool elsewhere = words[option.value_word].path != path;
    const bool is_bare = option.flag->is_boolean && option.value_span == words[option.word].span;
    // A value that a variable was put into does not stand where the word does.
    const ServiceWord& holder = words[option.value_word];
    const bool is_literal = holder.span.line == holder.span.end_line &&
                            holder.span.end_column - holder.span.column == holder.text.size();
    out.options.push_back(
        {option.flag, option.value, path, elsewhere ? words[option.word].span : option.span,
         elsewhere || is_bare || !is_literal ? std::nullopt : std::optional(option.value_span)});
  }
  for (const parsers::SyntaxError& error : line.errors) {
    // The place tells the file, for words of several files.
    std::string path = words.empty() ? "" : words.front().path;
    for (const ServiceWord& word : words)
      if (word.span == error.span) path = word.path;
    out.errors.push_back({error.message, path, error.span});
  }
  return out;
}

std::optional<DockerCommand> read_unit(Context& context, const Unit& service) {
  ServiceEnvironment environment = service_environment(context, service);
  if (const auto words = service_arguments(service, environment, program_words)) {
    DockerCommand command = read_command(*words);
    command.environment = std::move(environment);
    return command;
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
  DockerCommand other;
  other.is_dockerd = false;
  return other;
}

std::optional<DockerCommand> rootless_docker_command(Context& context, const std::string& home) {
  namespace unit = parsers::unit;
  const std::string path = home + "/.config/systemd/user/docker.service";
  std::vector<std::string> files = context.tree().glob(path + ".d", "*.conf");
  files.insert(files.begin(), path);
  ServiceWords words;
  bool is_there = false;
  for (const std::string& file : files) {
    const auto text = context.read(file);
    if (!text) continue;
    is_there = true;
    const unit::File parsed = unit::parse(text->text);
    context.issues(text->path, parsed.errors);
    for (const unit::Assignment& assignment : parsed.assignments) {
      if (assignment.section != "Service" || assignment.key != "ExecStart") continue;
      words.clear();
      const unit::Commands commands = unit::split_commands(assignment.value);
      if (commands.commands.empty()) continue;
      for (const unit::Word& word : commands.commands.front().words)
        words.push_back({word.text, unit::place(assignment, word.begin, word.end), text->path});
    }
  }
  if (!is_there || words.empty() ||
      (!is_dockerd(words[0].text) && file_name(words[0].text) != "dockerd-rootless.sh"))
    return std::nullopt;
  words.erase(words.begin());
  return read_command(words);
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
