#include "parsers/audit_rules.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "parsers/audit_fields.h"
#include "parsers/audit_options.h"

namespace drydock::parsers::audit_rules {
namespace {

constexpr size_t kKeyBytes = 256;    // AUDIT_MAX_KEY_LEN
constexpr size_t kFields = 64;       // AUDIT_MAX_FIELDS
constexpr size_t kPathBytes = 4096;  // PATH_MAX
constexpr size_t kNameBytes = 255;   // NAME_MAX

struct Refusal {
  std::string_view code;
  std::pair<size_t, size_t> bytes;
  std::string message;
};
using Outcome = std::optional<Refusal>;  // nothing: fine

// One line of the file, option after option.
class Line {
 public:
  Line(const LineIndex& lines, std::pair<size_t, size_t> bytes, std::vector<Word> words)
      : lines_(lines), bytes_(bytes), options_(std::move(words)) {}

  // Appends what the line does to `commands`. Returns why auditctl refuses the line, if it does.
  Outcome run(std::vector<Command>& commands) {
    while (auto option = options_.next()) {
      if (Outcome refusal = take(*option, commands)) return refusal;
      if (done_) break;
    }
    if (const Word* stray = options_.stray())
      return Refusal{"missing-option",
                     {stray->begin, stray->end},
                     "'" + stray->text + "' stands where an option is expected"};
    if (early_key_ && !key_allowed_) return early_key_;
    if (has_list_) {
      command_.kind = Kind::rule;
      command_.span = lines_.span(bytes_.first, bytes_.second);
      commands.push_back(std::move(command_));
      return std::nullopt;
    }
    if (saw_rule_option_) return Refusal{"misplaced-option", bytes_, "no list and no watch given"};
    return std::nullopt;
  }

 private:
  Outcome take(const Option& o, std::vector<Command>& commands);
  Outcome list_action(const Option& o, bool removal);
  Outcome watch(const Option& o, bool removal);
  Outcome syscalls(const Option& o);
  Outcome field(const Option& o);
  Outcome comparison(const Option& o);
  Outcome permissions(const Option& o);
  Outcome key(const Option& o, size_t skip);
  Outcome number(const Option& o, Kind kind, std::vector<Command>& commands);
  Outcome check_value(const FieldName& known, Field& parsed, const Option& o);
  void control(const Option& o, Kind kind, std::vector<Command>& commands);

  Span at(std::pair<size_t, size_t> bytes) const { return lines_.span(bytes.first, bytes.second); }
  Rule& rule() { return command_.rule; }
  static Refusal misplaced(const Option& o, std::string message) {
    return {"misplaced-option", o.bytes, std::move(message)};
  }

  const LineIndex& lines_;
  std::pair<size_t, size_t> bytes_;
  Options options_;
  Command command_;
  bool has_list_ = false;
  bool saw_rule_option_ = false;
  bool syscall_given_ = false;        // a -S, or a watch: -F arch must stand before it
  std::optional<Refusal> early_key_;  // why a -F key= is refused, unless what follows allows it
  bool key_allowed_ = false;  // -S, a watch, path=, dir=, perm=, exe= or fstype= came before
  size_t key_bytes_ = 0;
  bool done_ = false;
};

void Line::control(const Option& o, Kind kind, std::vector<Command>& commands) {
  Command command;
  command.kind = kind;
  command.value = o.argument;
  command.span = at(o.bytes);
  command.value_span = at(o.argument.empty() ? o.bytes : o.argument_bytes);
  commands.push_back(std::move(command));
}

Outcome Line::number(const Option& o, Kind kind, std::vector<Command>& commands) {
  if (o.argument.empty() || !is_digit(o.argument[0]))
    return Refusal{"bad-value", o.argument_bytes, "expected a number after " + o.name};
  control(o, kind, commands);
  return std::nullopt;
}

Outcome Line::take(const Option& o, std::vector<Command>& commands) {
  switch (o.id) {
    case ':':
      return Refusal{"missing-argument", o.bytes, "expected a value after " + o.name};
    case 'i':
    case 'c':
      control(o, o.id == 'i' ? Kind::ignore_errors : Kind::continue_on_errors, commands);
      done_ = true;
      return std::nullopt;
    case 'h':
    case 's':
    case 'l':
    case 'v':
    case 't':
    case 'q':
    case 'm':
    case kResetLost:
    case kResetWaitTime:
    case kResetDepth:
    case kSignal:
      control(o, Kind::other, commands);
      done_ = true;
      return std::nullopt;
    case kImmutable:
      control(o, Kind::loginuid_immutable, commands);
      done_ = true;
      return std::nullopt;
    case 'e':
    case 'f':
      if (o.argument != "0" && o.argument != "1" && o.argument != "2")
        return Refusal{"bad-value", o.argument_bytes, "expected 0, 1 or 2 after " + o.name};
      control(o, o.id == 'e' ? Kind::enabled : Kind::failure, commands);
      return std::nullopt;
    case 'b':
      return number(o, Kind::backlog, commands);
    case 'r':
      return number(o, Kind::rate, commands);
    case kWaitTime:
      return number(o, Kind::backlog_wait_time, commands);
    case 'D': {
      Option whole = o;
      // "-D" alone, or "-D -k KEY".
      if (options_.word_count() == 3 && options_.peek() && options_.peek()->text == "-k") {
        const auto key_option = options_.next();
        if (!key_option || key_option->argument.empty())
          return misplaced(o, "-D takes no option but -k");
        whole.argument = key_option->argument;
        whole.argument_bytes = key_option->argument_bytes;
        whole.bytes.second = key_option->bytes.second;
      } else if (options_.word_count() != 1) {
        return misplaced(o, "-D takes no option but -k");
      }
      control(whole, Kind::delete_all, commands);
      done_ = true;
      return std::nullopt;
    }
    case 'a':
    case 'A':
    case 'd':
      return list_action(o, o.id == 'd');
    case 'w':
    case 'W':
      return watch(o, o.id == 'W');
    case 'S':
      return syscalls(o);
    case 'F':
      return field(o);
    case 'C':
      return comparison(o);
    case 'p':
      return permissions(o);
    case 'k':
      saw_rule_option_ = true;
      if (!key_allowed_ || !has_list_)
        return misplaced(o, "a key needs a watch, a system call or a path before it");
      return key(o, 0);
    case 'R':
      return Refusal{"unknown-option", o.bytes, "a file of rules cannot read another one (-R)"};
    default:
      return Refusal{"unknown-option", o.bytes, "'" + o.name + "' is no option of auditctl"};
  }
}

std::optional<List> list_of(std::string_view text) {
  for (const List list :
       {List::task, List::exit, List::user, List::exclude, List::filesystem, List::io_uring})
    if (name(list) == text) return list;
  return std::nullopt;
}

Outcome Line::list_action(const Option& o, bool removal) {
  if (has_list_) return misplaced(o, "a line holds one rule or one watch");
  const size_t comma = o.argument.find(',');
  if (comma == std::string::npos || o.argument.find(',', comma + 1) != std::string::npos)
    return Refusal{"bad-list", o.argument_bytes, "expected LIST,ACTION after " + o.name};
  const std::string first = o.argument.substr(0, comma);
  const std::string second = o.argument.substr(comma + 1);
  // Either order. "possible" is an action of old times: auditctl drops the line with a warning.
  for (const auto& [list, action] : {std::pair(first, second), std::pair(second, first)}) {
    const auto found = list_of(list);
    if (!found) continue;
    if (action != "always" && action != "never") break;
    rule().list = *found;
    rule().is_always = action == "always";
    rule().is_removal = removal;
    rule().is_prepended = o.id == 'A';
    has_list_ = true;
    return std::nullopt;
  }
  return Refusal{"bad-list", o.argument_bytes,
                 "'" + o.argument + "' is no pair of a list and always or never"};
}

Outcome check_path(std::string_view path, const Option& o) {
  if (path.empty() || path[0] != '/')
    return Refusal{"bad-path", o.argument_bytes, "the path must start with '/'"};
  const size_t slash = path.find_last_of('/');
  if (path.size() >= kPathBytes || path.size() - slash - 1 > kNameBytes)
    return Refusal{"bad-path", o.argument_bytes, "the path is too long"};
  return std::nullopt;
}

Outcome Line::watch(const Option& o, bool removal) {
  if (has_list_) return misplaced(o, "a line holds one rule or one watch");
  if (Outcome refusal = check_path(o.argument, o)) return refusal;
  std::string path = o.argument;
  while (path.size() > 2 && path.back() == '/') path.pop_back();
  rule().is_watch = true;
  rule().is_removal = removal;
  rule().path = std::move(path);
  rule().path_span = at(o.argument_bytes);
  has_list_ = syscall_given_ = key_allowed_ = true;
  return std::nullopt;
}

Outcome Line::syscalls(const Option& o) {
  saw_rule_option_ = true;
  if (has_list_ && rule().list != List::exit && rule().list != List::io_uring)
    return misplaced(o, "the list '" + std::string(name(rule().list)) + "' takes no -S");
  size_t begin = 0;
  bool any = false;
  while (begin <= o.argument.size()) {
    const size_t end = std::min(o.argument.find(',', begin), o.argument.size());
    if (end > begin) {
      const std::string one = o.argument.substr(begin, end - begin);
      const auto bytes = o.word.bytes(o.argument_at + begin, o.argument_at + end);
      if (!std::all_of(one.begin(), one.end(), [](char c) {
            return is_digit(c) || c == '_' || (lower(c) >= 'a' && lower(c) <= 'z');
          }))
        return Refusal{"bad-syscall", bytes, "'" + one + "' is no system call"};
      // The kernel's bit mask of system calls ends at 2016 (AUDIT_BITMASK_SIZE).
      if (is_digit(one[0]) && (one.size() > 4 || std::atoi(one.c_str()) >= 2016))
        return Refusal{"bad-syscall", bytes, "'" + one + "' is no system call"};
      rule().syscalls.push_back({one, at(bytes)});
      any = true;
    }
    begin = end + 1;
  }
  if (!any) rule().syscalls.push_back({"", at(o.argument_bytes)});
  syscall_given_ = key_allowed_ = true;
  return std::nullopt;
}

Outcome Line::key(const Option& o, size_t skip) {
  const std::string text = o.argument.substr(skip);
  key_bytes_ += text.size() + (rule().keys.empty() ? 0 : 1);
  if (key_bytes_ > kKeyBytes)
    return Refusal{"bad-value", o.argument_bytes, "the key has more than 256 bytes"};
  if (!text.empty()) rule().keys.push_back(text);
  return std::nullopt;
}

Outcome Line::permissions(const Option& o) {
  saw_rule_option_ = true;
  // auditctl keeps -p as a field and wants one before it: the watch, or a -F.
  if (!has_list_ || (!rule().is_watch && rule().fields.empty()))
    return misplaced(o, "-p needs a watch or a field before it");
  Field parsed{.name = "perm",
               .op = "=",
               .value = o.argument,
               .is_comparison = false,
               .span = at(o.bytes),
               .value_span = at(o.argument_bytes)};
  if (Outcome refusal = check_value(*field_name("perm"), parsed, o)) return refusal;
  // A second one replaces the first.
  std::erase_if(rule().fields, [](const Field& f) { return f.name == "perm"; });
  rule().fields.push_back(std::move(parsed));
  key_allowed_ = true;
  return std::nullopt;
}

Outcome Line::field(const Option& o) {
  saw_rule_option_ = true;
  if (!has_list_) return misplaced(o, "a field needs a list or a watch before it");
  if (o.argument.starts_with("key=")) {
    // auditctl adds it behind all others, and only then asks what it is for.
    if (!early_key_) early_key_ = misplaced(o, "a key needs a watch, a system call or a path");
    return key(o, 4);
  }
  const Refusal bad{"bad-field", o.argument_bytes, {}};
  const auto refuse = [&](std::string message) {
    Refusal refusal = bad;
    refusal.message = std::move(message);
    return refusal;
  };
  if (rule().fields.size() >= kFields - 1) return refuse("more than 63 fields");
  const auto [where, op] = find_operator(o.argument);
  if (op.empty()) return refuse("expected an operator in '" + o.argument + "'");
  Field parsed;
  parsed.op = op;
  parsed.value = o.argument.substr(where + op.size());
  parsed.span = at(o.argument_bytes);
  parsed.value_span =
      at(o.word.bytes(o.argument_at + where + op.size(), o.argument_at + o.argument.size()));
  const std::string written = o.argument.substr(0, where);
  if (written.empty()) return refuse("expected the name of a field");
  if (parsed.value.empty()) return refuse("expected a value for '" + written + "'");
  const FieldName* known = field_name(written);
  if (!known) return refuse("there is no field '" + written + "'");
  parsed.name = known->name;
  const List list = rule().list;
  if (known->exit_only && list != List::exit && list != List::io_uring)
    return refuse("'" + parsed.name + "' works on the list exit only");
  if (list == List::exclude && parsed.name != "msgtype" && parsed.name != "pid" &&
      parsed.name != "uid" && parsed.name != "gid" && parsed.name != "auid" &&
      parsed.name != "exe" && !parsed.name.starts_with("subj_"))
    return refuse("the list exclude takes no '" + parsed.name + "'");
  if (list == List::task && parsed.name == "sessionid")
    return refuse("the list task takes no 'sessionid'");
  if (list == List::filesystem && known->type != FieldType::fs_type)
    return refuse("the list filesystem takes the field fstype only");
  if (known->type == FieldType::arch && syscall_given_) return refuse("arch must stand before -S");
  if (Outcome refusal = check_value(*known, parsed, o)) return refusal;
  rule().fields.push_back(std::move(parsed));
  return std::nullopt;
}

Outcome Line::check_value(const FieldName& known, Field& parsed, const Option& o) {
  const std::string& value = parsed.value;
  const bool equality = parsed.op == "=" || parsed.op == "!=";
  const auto refuse = [&](std::string_view code, std::string message) {
    return Refusal{code, o.argument_bytes, std::move(message)};
  };
  switch (known.type) {
    case FieldType::group:
      // Other than of users, -1 and "unset" are names here that no group has.
      if (is_number(value, false) ||
          (value != "unset" && is_word(value, "._-@$\\+") && value[0] != '-'))
        break;
      return refuse("bad-field", "'" + value + "' is neither a number nor a name");
    case FieldType::user:
      // Names are looked up when auditctl runs; here only what can be none is refused.
      if (is_number(value, true) || is_word(value, "._-@$\\+")) break;
      return refuse("bad-field", "'" + value + "' is neither a number nor a name");
    case FieldType::exit:
      if (is_number(value, true) || is_word(value[0] == '-' ? value.substr(1) : value, "")) break;
      return refuse("bad-field", "'" + value + "' is no number or name of an error");
    case FieldType::message:
      if (rule().list != List::exclude && rule().list != List::user)
        return refuse("bad-field", "msgtype works on the lists exclude and user only");
      break;
    case FieldType::path:
      if (rule().is_watch || rule().field("path") || rule().field("dir"))
        return refuse("bad-field", "a rule has one path only");
      if (parsed.op != "=") return refuse("bad-field", parsed.name + " takes '=' only");
      if (Outcome refusal = check_path(value, o)) return refusal;
      if (parsed.name == "path" && value.back() == '/')
        return refuse("bad-path", "the kernel takes no path that ends in '/'");
      key_allowed_ = true;
      break;
    case FieldType::arch:
      if (!equality) return refuse("bad-field", "arch takes '=' and '!=' only");
      if (!is_arch(value)) return refuse("bad-field", "'" + value + "' is no architecture");
      break;
    case FieldType::perm:
      if (parsed.op != "=") return refuse("bad-field", "perm takes '=' only");
      if (value.empty() || value.size() > 4 || !std::all_of(value.begin(), value.end(), [](char c) {
            return std::strchr("rwxa", lower(c)) != nullptr;
          }))
        return refuse("bad-permission", "'" + value + "' is no set of the letters r, w, x and a");
      key_allowed_ = true;
      break;
    case FieldType::file_type: {
      constexpr std::array kTypes = {"file", "dir", "socket", "link", "character", "block", "fifo"};
      const std::string wanted = lower(value);
      if (std::none_of(kTypes.begin(), kTypes.end(), [&](const char* t) { return wanted == t; }))
        return refuse("bad-field", "'" + value + "' is no type of file");
      break;
    }
    case FieldType::fs_type:
      if (rule().list != List::filesystem)
        return refuse("bad-field", "fstype works on the list filesystem only");
      if (!equality) return refuse("bad-field", "fstype takes '=' and '!=' only");
      key_allowed_ = true;
      break;
    case FieldType::argument:
      if (!is_number(value, true)) return refuse("bad-field", "'" + value + "' is no number");
      break;
    case FieldType::session:  // what is neither a number nor "unset" is 0
      break;
    case FieldType::number:
      // Of a family of addresses what is no number is 0, and 45 the last.
      if (parsed.name == "saddr_fam") {
        if (!is_digit(value[0]) && value[0] != '-') break;
        if (value[0] == '-' || std::strtoul(value.c_str(), nullptr, 0) > 45)
          return refuse("bad-field", "'" + value + "' is no family of addresses");
        break;
      }
      if (!is_number(value, false)) return refuse("bad-field", "'" + value + "' is no number");
      break;
    case FieldType::text:
      if (parsed.name == "exe") {
        if (!equality) return refuse("bad-field", "exe takes '=' and '!=' only");
        key_allowed_ = true;
      }
      break;
    case FieldType::key:
      // "key!=x" reaches the field parser of auditctl and is taken there as any text.
      if (!key_allowed_)
        return refuse("misplaced-option", "a key needs something to mark before it");
      break;
  }
  return std::nullopt;
}

Outcome Line::comparison(const Option& o) {
  saw_rule_option_ = true;
  const auto refuse = [&](std::string message) {
    return Refusal{"bad-field", o.argument_bytes, std::move(message)};
  };
  if (!has_list_ || rule().list != List::exit)
    return misplaced(o, "-C works on the list exit only");
  size_t where = o.argument.find("!=");
  const std::string_view op = where != std::string::npos ? "!=" : "=";
  if (op == "=") where = o.argument.find('=');
  if (where == std::string::npos) return refuse("expected '=' or '!=' in '" + o.argument + "'");
  const FieldName* left = field_name(o.argument.substr(0, where));
  const FieldName* right = field_name(o.argument.substr(where + op.size()));
  const bool users =
      left && right && left->type == FieldType::user && right->type == FieldType::user;
  const bool groups =
      left && right && left->type == FieldType::group && right->type == FieldType::group;
  if ((!users && !groups) || left == right)
    return refuse("'" + o.argument + "' compares no two user ids and no two group ids");
  if (rule().fields.size() >= kFields - 1) return refuse("more than 63 fields");
  rule().fields.push_back({.name = std::string(left->name),
                           .op = std::string(op),
                           .value = std::string(right->name),
                           .is_comparison = true,
                           .span = at(o.argument_bytes),
                           .value_span = at(o.word.bytes(o.argument_at + where + op.size(),
                                                         o.argument_at + o.argument.size()))});
  return std::nullopt;
}

}  // namespace

const Field* Rule::field(std::string_view field_name) const {
  const auto it = std::find_if(fields.rbegin(), fields.rend(), [&](const Field& f) {
    return f.name == field_name && !f.is_comparison;
  });
  return it == fields.rend() ? nullptr : &*it;
}

File parse(std::string_view text) {
  File file;
  const LineIndex lines(text);
  bool tolerant = false;  // after -i or -c
  for (size_t begin = 0; begin < text.size();) {
    const std::string_view ahead = text.substr(begin, kLineBytes + 1);
    const size_t newline = ahead.find('\n');
    size_t end = begin + std::min(newline, ahead.size());
    size_t next = end + 1;
    if (end - begin > kLineBytes) {
      end = next = begin + kLineBytes;
      file.errors.add("long-line", lines.span(begin, end),
                      "auditctl takes 6143 bytes as a line, and the rest as another one");
    }
    const size_t line_begin = begin;
    begin = next;
    if (const size_t nul = text.substr(line_begin, end - line_begin).find('\0');
        nul != std::string_view::npos) {
      file.errors.add("nul-byte", lines.span(line_begin + nul, line_begin + nul + 1),
                      "a NUL byte: auditctl does not see the rest of the line");
      end = line_begin + nul;
    }
    std::vector<Word> words = split(text, line_begin, end);
    if (words.empty() || words[0].text[0] == '#') continue;
    const std::pair<size_t, size_t> bytes{words.front().begin, words.back().end};
    const size_t before = file.commands.size();
    const Outcome refusal = Line(lines, bytes, std::move(words)).run(file.commands);
    if (refusal) {
      file.errors.add(refusal->code, lines.span(refusal->bytes.first, refusal->bytes.second),
                      refusal->message, tolerant ? Effect::ignored : Effect::refused);
      Command command;
      command.kind = Kind::refused;
      command.value = refusal->message;
      command.span = lines.span(bytes.first, bytes.second);
      command.value_span = lines.span(refusal->bytes.first, refusal->bytes.second);
      file.commands.push_back(std::move(command));
    }
    for (size_t i = before; i < file.commands.size(); ++i)
      tolerant = tolerant || file.commands[i].kind == Kind::ignore_errors ||
                 file.commands[i].kind == Kind::continue_on_errors;
  }
  return file;
}

}  // namespace drydock::parsers::audit_rules
