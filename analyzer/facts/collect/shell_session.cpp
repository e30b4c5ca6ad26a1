#include "analyzer/facts/collect/shell_session.h"

#include <algorithm>

#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

using parsers::shell::Assignment;
using parsers::shell::Command;
using parsers::shell::Guard;
using parsers::shell::Word;

constexpr size_t kDepth = 8;
constexpr size_t kFiles = 300;

bool is_followed(std::string_view name) {
  return name == "TMOUT" || name == "PATH";
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::optional<int64_t> number(std::string_view text) {
  if (text.empty() || text.size() > 12) return std::nullopt;
  int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

ShellSession::ShellSession(Context& context, int64_t uid, std::string home,
                           std::set<std::string>& reported, Shell shell)
    : context_(context), reported_(reported), shell_(shell) {
  const std::string id = std::to_string(uid);
  variables_ = {{"PS1", "\\s-\\v\\$ "},
                {"BASH", "/bin/bash"},
                {"BASH_VERSION", "5.2"},
                {"UID", id},
                {"EUID", id},
                {"HOME", std::move(home)},
                {"-", "himBHs"},
                {"SHELL", "/bin/bash"},
                {"TMOUT", ""}};
  if (shell == Shell::zsh) {
    variables_.erase("BASH");
    variables_.erase("BASH_VERSION");
    variables_["PS1"] = "%m%# ";
    variables_["-"] = "569Xi";
    variables_["SHELL"] = "/bin/zsh";
    variables_["ZSH_VERSION"] = "5.9";
  }
  if (uid == 0) variables_["USER"] = variables_["LOGNAME"] = "root";
}

void ShellSession::start_with(std::string_view variable, std::string_view value) {
  variables_[std::string(variable)] = std::string(value);
}

bool ShellSession::read(const std::string& path, const std::vector<const TableSpec*>& tables,
                        bool is_foreign) {
  tables_ = &tables;
  is_foreign_ = is_foreign;
  const auto text = context_.read(path);
  if (!text) return context_.tree().exists(path);
  if (reading_.contains(text->path)) return true;
  if (++files_ > kFiles) {
    if (files_ == kFiles + 1 && reported_.insert(text->path + "#").second)
      context_.issue(text->path,
                     {"too-many-includes", Span{1, 1, 1, 1},
                      "more files source one another than are read; this one is not",
                      is_foreign ? parsers::Effect::ignored : parsers::Effect::refused},
                     tables);
    return true;
  }
  Script script{text->path, parsers::shell::parse(text->text)};
  // A script that drydock cannot follow to its end, and that does not speak of them, sets neither.
  const bool is_harmless = text->text.find("TMOUT") == std::string_view::npos &&
                           text->text.find("umask") == std::string_view::npos;
  const bool is_new = reported_.insert(script.path).second;
  for (parsers::SyntaxError error : script.file.errors.list()) {
    if (!is_new) break;
    if (is_foreign || is_harmless) error.effect = parsers::Effect::ignored;
    context_.issue(script.path, error, tables);
  }
  reading_.insert(script.path);
  run(script, reading_.size());
  reading_.erase(script.path);
  return true;
}

void ShellSession::run(const Script& script, size_t depth) {
  bool returns = false, perhaps_ended = false;
  std::optional<size_t> given_up,
      doubtful;  // complete commands that an error has, or may have, ended
  for (const Command& one : script.file.commands) {
    if (returns || exits_) return;
    if (given_up == one.complete) continue;
    Truth truth = holds(script, one.guards);
    if (truth == Truth::yes && (doubtful == one.complete || perhaps_ended)) truth = Truth::unknown;
    const bool sources =
        !one.words.empty() && (one.words[0].raw == "." || one.words[0].raw == "source");
    if (sources && !one.loops.empty()) {
      source(script, one, truth == Truth::yes, depth);
      continue;
    }
    if (truth == Truth::no) continue;
    // bash goes on with the next line then, zsh with what stands behind the file.
    const Truth fails = sets_read_only(one);
    if (shell_ == Shell::zsh && fails != Truth::no) {
      if (truth == Truth::yes && fails == Truth::yes && is_certain_file_) return;
      perhaps_ended = true;
    } else if (truth == Truth::yes && fails == Truth::yes && is_certain_file_)
      given_up = one.complete;
    else if (fails != Truth::no)
      doubtful = one.complete;
    command(script, one, truth == Truth::yes, depth, returns);
  }
}

ShellSession::Truth ShellSession::sets_read_only(const Command& command) const {
  Truth fails = Truth::no;
  const auto look = [&](std::string_view name) {
    if (is_read_only(name)) fails = Truth::yes;
    if (fails == Truth::no && perhaps_read_only_.contains(name)) fails = Truth::unknown;
  };
  if (!command.words.empty() && shell_ == Shell::bash) return fails;
  for (const Assignment& one : command.assignments) look(one.name);
  if (command.words.empty()) return fails;
  constexpr std::string_view kSetting[] = {"export", "readonly", "declare", "typeset", "local"};
  const std::string& name = command.words[0].raw;
  const bool sets = std::ranges::find(kSetting, name) != std::end(kSetting);
  for (size_t i = 1; i < command.words.size() && (sets || name == "unset"); ++i) {
    const std::string_view word = command.words[i].raw;
    const size_t equals = word.find('=');
    if (name == "unset" || equals != std::string_view::npos) look(word.substr(0, equals));
  }
  return fails;
}

bool ShellSession::is_read_only(std::string_view variable) const {
  return frozen_.contains(variable) || std::ranges::any_of(settings_, [&](const ShellSetting& one) {
           return one.key == variable && one.is_readonly && !one.is_conditional;
         });
}

void ShellSession::command(const Script& script, const Command& command, bool is_certain,
                           size_t depth, bool& returns) {
  if (command.words.empty()) {
    for (const Assignment& one : command.assignments) {
      const auto value = expand(one.value.raw);
      if (is_followed(one.name))
        set(script, command, one.name, value, one.span, one.value.span, is_certain);
      else
        variables_[one.name] = is_certain ? value : std::nullopt;
    }
    return;
  }
  size_t first = 0;
  while (first + 1 < command.words.size() &&
         (command.words[first].raw == "command" || command.words[first].raw == "builtin"))
    ++first;
  const std::string& name = command.words[first].raw;
  if (name == "export") return declare(script, command, is_certain, true, false);
  if (name == "readonly") return declare(script, command, is_certain, false, true);
  if (name == "declare" || name == "typeset" || name == "local")
    return declare(script, command, is_certain, false, false);
  if (name == "umask") {
    for (size_t i = first + 1; i < command.words.size(); ++i) {
      const Word& word = command.words[i];
      if (word.raw.starts_with('-') && word.raw.size() == 2 && word.raw != "-r") continue;
      set(script, command, "umask", expand(word.raw), command.span, word.span, is_certain);
      break;
    }
    return;
  }
  if (name == "unset") {
    for (size_t i = first + 1; i < command.words.size(); ++i)
      if (is_followed(command.words[i].raw)) {
        if (is_certain && is_certain_file_ && !is_read_only(command.words[i].raw))
          exported_.erase(command.words[i].raw);
        set(script, command, command.words[i].raw, "", command.span, command.words[i].span,
            is_certain);
      }
    return;
  }
  if (name == "." || name == "source") return source(script, command, is_certain, depth);
  if (name == "return" && is_certain) returns = true;
  if (name == "exit" && is_certain) exits_ = true;
}

void ShellSession::declare(const Script& script, const Command& command, bool is_certain,
                           bool exports, bool freezes) {
  for (size_t i = 1; i < command.words.size(); ++i) {
    const Word& word = command.words[i];
    if (word.raw.starts_with('-')) {
      exports = exports || word.raw.find('x') != std::string::npos;
      freezes = freezes || word.raw.find('r') != std::string::npos;
      if (word.raw == "-n" && exports) exports = false;
      continue;
    }
    const size_t equals = word.raw.find('=');
    const std::string name = word.raw.substr(0, equals);
    // export goes on when the value cannot be set, declare does not.
    const bool goes_on =
        equals == std::string::npos || command.words[0].raw == "export" || !is_read_only(name);
    if (equals != std::string::npos) {
      const auto value = expand(std::string_view(word.raw).substr(equals + 1));
      if (!is_followed(name)) {
        variables_[name] = is_certain ? value : std::nullopt;
        continue;
      }
      Span value_span = word.span;
      value_span.column += static_cast<uint32_t>(equals + 1);
      set(script, command, name, value, word.span, value_span, is_certain);
    }
    if (is_followed(name) && goes_on) mark(script, command, name, is_certain, exports, freezes);
  }
}

void ShellSession::source(const Script& script, const Command& command, bool is_certain,
                          size_t depth) {
  if (command.words.size() < 2 || depth > kDepth) return;
  const auto follow = [&](bool is_certain_here) {
    auto path = expand(command.words[1].raw);
    if (!path || path->empty()) return;
    // Scripts that packages bring along below /usr are programs, not the host's settings.
    if (!path->starts_with('/') || path->starts_with("/usr/share/") ||
        path->starts_with("/usr/lib/"))
      return;
    const bool before = is_certain_file_;
    const bool is_foreign = is_foreign_;
    is_certain_file_ = before && is_certain_here;
    const auto* tables = tables_;
    read(normal_path(*path), *tables, is_foreign);
    is_certain_file_ = before;
    is_foreign_ = is_foreign;
    tables_ = tables;
  };
  if (command.loops.empty()) return follow(is_certain);
  // "for i in /etc/profile.d/*.sh": once for each of them.
  const parsers::shell::Loop& loop = script.file.loops[command.loops.back()];
  for (const Word& word : loop.words) {
    const auto pattern = expand(word.raw);
    if (!pattern || !pattern->starts_with('/')) continue;
    const std::string path = normal_path(*pattern);
    std::vector<std::string> files = {path};
    if (path.find_first_of("*?[") != std::string::npos)
      files = context_.tree().glob(parent_path(path), file_name(path));
    for (const std::string& file : files) {
      variables_[loop.variable] = "/" + file;
      const Truth truth = holds(script, command.guards);
      if (truth != Truth::no) follow(truth == Truth::yes);
    }
  }
  variables_[loop.variable] = std::nullopt;
}

void ShellSession::set(const Script& script, const Command& command, std::string key,
                       std::optional<std::string> value, Span span, Span value_span,
                       bool is_certain) {
  const bool is_sure = is_certain && is_certain_file_ && !perhaps_read_only_.contains(key);
  if (frozen_.contains(key)) {
    settings_.push_back({std::move(key), std::move(value), !is_sure, false, false, false,
                         script.path, span, value_span, command.guards});
    return;
  }
  for (size_t i = 0; i < settings_.size(); ++i)
    if (settings_[i].key == key && settings_[i].is_readonly && !settings_[i].is_conditional) {
      // A variable that is read-only keeps its value.
      settings_.push_back({key, value, !is_sure, false, false, false, script.path, span, value_span,
                           command.guards});
      overridden_.push_back({settings_.size() - 1, i, "the variable is read-only since before"});
      return;
    }
  const size_t index = settings_.size();
  if (is_sure)
    for (size_t i = 0; i < index; ++i)
      if (settings_[i].key == key && settings_[i].is_effective) {
        settings_[i].is_effective = false;
        overridden_.push_back({i, index, "set again later"});
      }
  const bool was_exported = exported_.contains(key);
  variables_[key] = is_sure ? value : std::nullopt;
  settings_.push_back({std::move(key), std::move(value), !is_sure, false, was_exported, true,
                       script.path, span, value_span, command.guards});
}

void ShellSession::mark(const Script& script, const Command& command, std::string_view key,
                        bool is_certain, bool exports, bool freezes) {
  if (is_certain && is_certain_file_ && exports) exported_.insert(std::string(key));
  if (freezes && !(is_certain && is_certain_file_)) perhaps_read_only_.insert(std::string(key));
  if (is_certain && is_certain_file_ && freezes &&
      std::ranges::none_of(settings_, [&](const ShellSetting& one) {
        return one.key == key && one.is_effective && one.value != "";
      }))
    frozen_.insert(std::string(key));
  for (ShellSetting& one : settings_) {
    if (one.key != key || !one.is_effective) continue;
    if (!is_certain && !(one.path == script.path && one.guards == command.guards)) continue;
    one.is_exported = one.is_exported || exports;
    one.is_readonly = one.is_readonly || freezes;
  }
}

ShellSession::Truth ShellSession::holds(const Script& script, const std::vector<size_t>& guards) {
  Truth all = Truth::yes;
  for (const size_t guard : guards) {
    const Truth one = holds(script, guard);
    if (one == Truth::no) return Truth::no;
    if (one == Truth::unknown) all = Truth::unknown;
  }
  return all;
}

ShellSession::Truth ShellSession::holds(const Script& script, size_t index) {
  const Guard& guard = script.file.guards[index];
  switch (guard.kind) {
    case Guard::Kind::condition: {
      const Truth truth = outcome(script, guard.begin, guard.end);
      if (truth == Truth::unknown) return truth;
      return (truth == Truth::yes) == guard.wanted ? Truth::yes : Truth::no;
    }
    case Guard::Kind::loop:
      // Only what a for loop sources is followed; source() gives the variable its values.
      return std::ranges::any_of(script.file.loops,
                                 [&](const parsers::shell::Loop& loop) {
                                   const auto it = variables_.find(loop.variable);
                                   return it != variables_.end() && it->second.has_value();
                                 })
                 ? Truth::yes
                 : Truth::unknown;
    case Guard::Kind::function:
    case Guard::Kind::subshell:
      return Truth::no;
    case Guard::Kind::pattern: {
      const auto subject = expand(guard.subject.raw);
      if (!subject) return Truth::unknown;
      // The first clause that matches is taken.
      if (index > budget_) return Truth::unknown;
      budget_ -= index;
      for (size_t i = 0; i <= index; ++i) {
        const Guard& other = script.file.guards[i];
        if (other.kind != Guard::Kind::pattern || other.subject.span != guard.subject.span)
          continue;
        for (const Word& pattern : other.patterns) {
          if (!pattern.text) return Truth::unknown;
          if (glob_match(*pattern.text, *subject, true)) return i == index ? Truth::yes : Truth::no;
        }
      }
      return Truth::no;
    }
  }
  return Truth::unknown;
}

// The status of the last command list among commands [begin, end).
ShellSession::Truth ShellSession::outcome(const Script& script, size_t begin, size_t end) {
  if (begin >= end || end - begin > budget_) return Truth::unknown;
  budget_ -= end - begin;
  Truth truth = Truth::unknown;
  const size_t depth = script.file.commands[begin].guards.size();
  for (size_t i = begin; i < end; ++i) {
    const Command& one = script.file.commands[i];
    if (one.guards.size() > depth + 1) return Truth::unknown;
    Truth now = Truth::unknown;
    if (!one.words.empty()) now = test(one.words);
    if (one.is_negated && now != Truth::unknown) now = now == Truth::yes ? Truth::no : Truth::yes;
    if (one.joiner == Command::Joiner::first)
      truth = now;
    else if (one.joiner == Command::Joiner::and_then)
      truth = truth == Truth::no || now == Truth::no     ? Truth::no
              : truth == Truth::yes && now == Truth::yes ? Truth::yes
                                                         : Truth::unknown;
    else
      truth = truth == Truth::yes || now == Truth::yes ? Truth::yes
              : truth == Truth::no && now == Truth::no ? Truth::no
                                                       : Truth::unknown;
  }
  return truth;
}

// test(1) on what is known.
ShellSession::Truth ShellSession::test(const std::vector<Word>& words) {
  const auto is = [](bool value) { return value ? Truth::yes : Truth::no; };
  const std::string& name = words[0].raw;
  if (name == "true" || name == ":") return Truth::yes;
  if (name == "false") return Truth::no;
  std::vector<std::string_view> raw;
  for (const Word& word : words) raw.push_back(word.raw);
  if (name == "[" || name == "[[") {
    if (raw.back() != "]" && raw.back() != "]]") return Truth::unknown;
    raw.pop_back();
  } else if (name != "test") {
    return Truth::unknown;
  }
  raw.erase(raw.begin());
  bool negated = false;
  while (raw.size() > 1 && raw[0] == "!") {
    negated = !negated;
    raw.erase(raw.begin());
  }
  Truth truth = Truth::unknown;
  if (raw.size() == 1) {
    if (const auto text = expand(raw[0])) truth = is(!text->empty());
  } else if (raw.size() == 2) {
    const auto text = expand(raw[1]);
    if (text && raw[0] == "-n") truth = is(!text->empty());
    if (text && raw[0] == "-z") truth = is(text->empty());
    if (text && text->starts_with('/') && raw[0].size() == 2 &&
        std::string_view("fredxsL").find(raw[0][1]) != std::string_view::npos && raw[0][0] == '-')
      truth = is(context_.tree().exists(normal_path(*text)));
  } else if (raw.size() == 3) {
    const auto a = expand(raw[0]), b = expand(raw[2]);
    if (a && b) {
      const std::string_view op = raw[1];
      const auto x = number(*a), y = number(*b);
      if (op == "=" || op == "==") truth = is(*a == *b);
      if (op == "!=") truth = is(*a != *b);
      if (x && y) {
        if (op == "-eq") truth = is(*x == *y);
        if (op == "-ne") truth = is(*x != *y);
        if (op == "-lt") truth = is(*x < *y);
        if (op == "-le") truth = is(*x <= *y);
        if (op == "-gt") truth = is(*x > *y);
        if (op == "-ge") truth = is(*x >= *y);
      }
    }
  }
  if (negated && truth != Truth::unknown) truth = truth == Truth::yes ? Truth::no : Truth::yes;
  return truth;
}

std::optional<std::string> ShellSession::variable(std::string_view name) const {
  const auto it = variables_.find(name);
  return it == variables_.end() ? std::nullopt : it->second;
}

// The word after expansion, where everything in it is known.
std::optional<std::string> ShellSession::expand(std::string_view raw) const {
  std::string out;
  char quote = 0;
  for (size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (quote == '\'') {
      if (c == '\'')
        quote = 0;
      else
        out += c;
      continue;
    }
    if (c == '\\' && i + 1 < raw.size()) {
      out += raw[++i];
    } else if (c == '"') {
      quote = quote == '"' ? 0 : '"';
    } else if (c == '\'' && quote == 0) {
      quote = '\'';
    } else if (c == '~' && quote == 0 && out.empty() && (raw.size() == 1 || raw[1] == '/')) {
      const auto home = variable("HOME");
      if (!home) return std::nullopt;
      out += *home;
    } else if (c == '`' || (c == '$' && raw.substr(i).starts_with("$("))) {
      const char close = c == '`' ? '`' : ')';
      const size_t begin = i + (c == '`' ? 1 : 2);
      const size_t end = raw.find(close, begin);
      if (end == std::string_view::npos) return std::nullopt;
      const std::string_view inner = raw.substr(begin, end - begin);
      if (inner != "id -u" && inner != "/usr/bin/id -u" && inner != "id -ru") return std::nullopt;
      out += variable("UID").value_or("");
      i = end;
    } else if (c == '$' && i + 1 < raw.size() && raw[i + 1] == '{') {
      const size_t end = raw.find('}', i);
      if (end == std::string_view::npos) return std::nullopt;
      const std::string_view inner = raw.substr(i + 2, end - i - 2);
      size_t n = 0;
      while (n < inner.size() && is_name_char(inner[n])) ++n;
      if (n == 0) n = inner.starts_with('-') ? 1 : 0;  // ${-#*i}: the flags of the shell
      const auto value = variable(inner.substr(0, n));
      std::string_view rest = inner.substr(n);
      const bool is_default = rest.starts_with('-') || rest.starts_with(":-");
      if (!value) return std::nullopt;
      if (rest.starts_with("#*")) {
        const size_t at = value->find(rest.substr(2));
        out += at == std::string::npos ? *value : value->substr(at + rest.size() - 2);
      } else if (is_default && value->empty()) {
        rest.remove_prefix(rest.starts_with(':') ? 2 : 1);
        if (rest.find_first_of("$`\"'") != std::string_view::npos) return std::nullopt;
        out += rest;
      } else if (rest.empty() || is_default) {
        out += *value;
      } else {
        return std::nullopt;
      }
      i = end;
    } else if (c == '$' && i + 1 < raw.size() && (is_name_char(raw[i + 1]) || raw[i + 1] == '-')) {
      size_t n = 1;
      if (raw[i + 1] != '-')
        while (i + 1 + n < raw.size() && is_name_char(raw[i + 1 + n])) ++n;
      const auto value = variable(raw.substr(i + 1, n));
      if (!value) return std::nullopt;
      out += *value;
      i += n;
    } else if (c == '$' && i + 1 < raw.size()) {
      return std::nullopt;
    } else {
      out += c;
    }
    if (out.size() > 64 * 1024) return std::nullopt;
  }
  return out;
}

}  // namespace drydock::facts
