#include "parsers/modprobe.h"

#include <array>
#include <optional>
#include <utility>

#include "parsers/characters.h"

namespace drydock::parsers::modprobe {
namespace {

constexpr std::array<std::pair<std::string_view, Command>, 6> kCommands{
    {{"alias", Command::alias},
     {"blacklist", Command::blacklist},
     {"install", Command::install},
     {"options", Command::options},
     {"remove", Command::remove},
     {"softdep", Command::softdep}}};

// A line after continuations are joined, and where each of its bytes stands.
struct Logical {
  std::string text;
  std::vector<size_t> offsets;  // one more than bytes: the end
  size_t end = 0;               // where the next line begins
  bool has_nul = false;
};

// libkmod's freadline_wrapped: a backslash is dropped, with the line end behind it if there is one. The text
// ends at a NUL byte.
Logical next_line(std::string_view text, size_t at) {
  Logical line;
  while (at < text.size() && text[at] != '\n') {
    if (text[at] == '\\') {
      ++at;
      if (at == text.size()) break;
      if (text[at] == '\n') {
        ++at;
        continue;
      }
    }
    if (text[at] == '\0') line.has_nul = true;
    if (!line.has_nul) {
      line.text += text[at];
      line.offsets.push_back(at);
    }
    ++at;
  }
  line.offsets.push_back(line.offsets.empty() ? at : line.offsets.back() + 1);
  line.end = at < text.size() ? at + 1 : at;
  return line;
}

struct Range {
  size_t begin = 0;
  size_t end = 0;
  bool empty() const { return begin == end; }
};

// strtok_r(3) with blank and tab: the word, and `at` behind the one delimiter that ends it.
Range next_word(std::string_view text, size_t& at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  const size_t begin = at;
  while (at < text.size() && !is_blank(text[at])) ++at;
  const Range word{begin, at};
  if (at < text.size()) ++at;
  return word;
}

std::string_view part(std::string_view text, Range range) {
  return text.substr(range.begin, range.end - range.begin);
}

// nullopt where libkmod's underscores() fails.
std::optional<std::string> underscores(std::string_view name) {
  std::string out(name);
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == '-') out[i] = '_';
    if (out[i] == ']') return std::nullopt;
    if (out[i] != '[') continue;
    i = out.find(']', i);
    if (i == std::string::npos) return std::nullopt;
  }
  return out;
}

// kmod_config_add_softdep: words go to the list named last; those before the first "pre:" or "post:" to none.
void split_softdep(std::string_view words, Line& line) {
  std::vector<std::string>* list = nullptr;
  size_t at = 0;
  while (true) {
    const std::string_view word = part(words, next_word(words, at));
    if (word.empty()) return;
    if (word == "pre:")
      list = &line.pre;
    else if (word == "post:")
      list = &line.post;
    else if (list)
      list->emplace_back(word);
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lines_(text) {}

  File run() {
    size_t at = 0;
    while (at < text_.size()) {
      const Logical line = next_line(text_, at);
      read(line);
      at = line.end;
    }
    return std::move(file_);
  }

 private:
  Span place(const Logical& line, Range range) const {
    const size_t end = range.empty() ? line.offsets[range.end] : line.offsets[range.end - 1] + 1;
    return lines_.span(line.offsets[range.begin], end);
  }

  void read(const Logical& line) {
    size_t at = 0;
    const Range word = next_word(line.text, at);
    if (line.has_nul)
      file_.errors.add("nul-byte", place(line, {0, line.text.size()}),
                       "a NUL byte ends what modprobe reads of the line");
    if (word.empty() || line.text[word.begin] == '#') return;
    for (const auto& [name, command] : kCommands)
      if (part(line.text, word) == name) return read_command(line, word, at, command);
    file_.errors.add("unknown-command", place(line, word),
                     "expected alias, blacklist, install, options, remove or softdep");
  }

  void read_command(const Logical& logical, Range word, size_t at, Command command) {
    const std::string_view text = logical.text;
    const Range name = next_word(text, at);
    Range argument{name.end, name.end};
    if (command == Command::alias) {
      argument = next_word(text, at);
    } else if (command != Command::blacklist) {
      argument = {std::min(at, text.size()), text.size()};
    }
    if (name.empty() || (command != Command::blacklist && argument.empty())) {
      const Range all{word.begin, name.empty() ? word.end : name.end};
      file_.errors.add("missing-argument", place(logical, all),
                       name.empty() ? "expected a module" : missing(command));
      return;
    }
    Line line;
    line.command = command;
    auto module = underscores(part(text, name));
    auto target = command == Command::alias ? underscores(part(text, argument))
                                            : std::optional<std::string>("");
    if (!module || !target) {
      file_.errors.add("unbalanced-bracket", place(logical, module ? argument : name),
                       "'[' and ']' do not match in the name");
      return;
    }
    while (argument.begin < argument.end && is_blank(text[argument.begin])) ++argument.begin;
    line.module = std::move(*module);
    line.argument =
        command == Command::alias ? std::move(*target) : std::string(part(text, argument));
    if (command == Command::softdep) split_softdep(line.argument, line);
    line.span = place(logical, {word.begin, std::max(argument.end, name.end)});
    line.module_span = place(logical, name);
    line.argument_span = place(logical, argument);
    file_.lines.push_back(std::move(line));
  }

  static std::string missing(Command command) {
    switch (command) {
      case Command::alias:
        return "expected a module behind the alias";
      case Command::options:
        return "expected parameters behind the module";
      case Command::softdep:
        return "expected pre: or post: behind the module";
      default:
        return "expected a command behind the module";
    }
  }

  std::string_view text_;
  LineIndex lines_;
  File file_;
};

}  // namespace

std::string_view name(Command command) {
  for (const auto& [name, value] : kCommands)
    if (value == command) return name;
  return "";
}

std::string normal_name(std::string_view name) {
  return underscores(name).value_or(std::string(name));
}

File parse(std::string_view text) {
  return Parser(text).run();
}

}  // namespace drydock::parsers::modprobe
