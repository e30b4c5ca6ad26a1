#include "analyzer/facts/collect/service_command.h"

#include <algorithm>

#include "analyzer/facts/collect/systemd_release.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

namespace unit = parsers::unit;
namespace env_file = parsers::env_file;

// Environment=: "NAME=value" words of the unit.
void add_environment(const UnitLine& line, ServiceEnvironment& out) {
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
void add_environment_file(Context& context, std::string_view value, ServiceEnvironment& out) {
  if (value.starts_with('-')) value.remove_prefix(1);
  const std::string path = normal_path(value);
  std::vector<std::string> files{path};
  if (path.find_first_of("*?[") != std::string::npos)
    files = context.tree().glob(parent_path(path), file_name(path));
  const unsigned release = systemd_release(context);
  for (const std::string& file : files) {
    const auto text = context.read(file);
    if (!text) continue;
    const env_file::File parsed = env_file::parse(text->text, release != 0 && release < 254);
    context.issues(text->path, parsed.errors);
    for (const env_file::Assignment& a : parsed.assignments)
      out[a.name] = {a.value, text->path, a.span, a};
  }
}

// systemd.service(5), "Command lines": "$FOO" as a word of its own is split at blanks and may give
// no word at all; "${FOO}" anywhere is put in as it is; "$$" is a dollar.
void expand(const UnitLine& line, const unit::Word& word, const ServiceEnvironment& environment,
            ServiceWords& out) {
  const std::string& text = word.text;
  const Span span = unit::place(line, word.begin, word.end);
  if (text.size() > 1 && text[0] == '$' && text[1] != '{' && text[1] != '$') {
    const auto found = environment.find(text.substr(1));
    if (found == environment.end()) return;
    const ServiceVariable& variable = found->second;
    for (const unit::Word& piece : unit::split_words(variable.value).words)
      out.push_back({piece.text,
                     variable.in_file ? env_file::place(*variable.in_file, piece.begin, piece.end)
                                      : variable.span,
                     variable.path});
    return;
  }
  std::string result;
  const ServiceVariable* only = nullptr;  // the word is one variable and nothing else
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
    out.push_back(
        {std::move(result), only->in_file ? only->in_file->value_span : only->span, only->path});
  else
    out.push_back({std::move(result), span, line.path});
}

}  // namespace

ServiceEnvironment service_environment(Context& context, const Unit& service) {
  ServiceEnvironment out;
  for (const UnitLine* line : service.setting("Service", "Environment").lines)
    add_environment(*line, out);
  // "Settings from these files override settings made with Environment=."
  for (const UnitLine* line : service.setting("Service", "EnvironmentFile").lines)
    add_environment_file(context, line->value, out);
  return out;
}

std::optional<ServiceWords> service_arguments(
    const Unit& service, const ServiceEnvironment& environment,
    const std::function<size_t(const ServiceWords&)>& program_words) {
  for (const UnitLine* line : service.setting("Service", "ExecStart").lines)
    for (const unit::Command& command : unit::split_commands(line->value).commands) {
      ServiceWords all;
      const bool as_written = command.prefixes.find(':') != std::string::npos;
      for (const unit::Word& word : command.words)
        if (as_written)
          all.push_back({word.text, unit::place(*line, word.begin, word.end), line->path});
        else
          expand(*line, word, environment, all);
      size_t program = program_words(all);
      if (program == 0) continue;
      // With '@' the second word is the name the program is called by.
      if (command.prefixes.find('@') != std::string::npos) ++program;
      all.erase(all.begin(),
                all.begin() + static_cast<std::ptrdiff_t>(std::min(program, all.size())));
      return all;
    }
  return std::nullopt;
}

}  // namespace drydock::facts
