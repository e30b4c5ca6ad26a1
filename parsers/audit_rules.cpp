#include "parsers/audit_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace drydock::parsers::audit_rules {
namespace {

constexpr size_t kKeyBytes = 256;    // AUDIT_MAX_KEY_LEN
constexpr size_t kFields = 64;       // AUDIT_MAX_FIELDS
constexpr size_t kPathBytes = 4096;  // PATH_MAX
constexpr size_t kNameBytes = 255;   // NAME_MAX

enum class FieldType : uint8_t {
  user,
  group,
  exit,
  message,
  text,
  path,
  arch,
  perm,
  file_type,
  fs_type,
  argument,
  session,
  number,
  key
};

struct FieldName {
  std::string_view name;
  FieldType type;
  bool exit_only = false;
};

// The fields of auditctl(8) -F.
constexpr std::array kFieldNames = {
    FieldName{"pid", FieldType::number},
    FieldName{"ppid", FieldType::number, true},
    FieldName{"uid", FieldType::user},
    FieldName{"euid", FieldType::user},
    FieldName{"suid", FieldType::user},
    FieldName{"fsuid", FieldType::user},
    FieldName{"auid", FieldType::user},
    FieldName{"obj_uid", FieldType::user},
    FieldName{"gid", FieldType::group},
    FieldName{"egid", FieldType::group},
    FieldName{"sgid", FieldType::group},
    FieldName{"fsgid", FieldType::group},
    FieldName{"obj_gid", FieldType::group},
    FieldName{"pers", FieldType::number},
    FieldName{"arch", FieldType::arch},
    FieldName{"msgtype", FieldType::message},
    FieldName{"sessionid", FieldType::session},
    FieldName{"subj_user", FieldType::text},
    FieldName{"subj_role", FieldType::text},
    FieldName{"subj_type", FieldType::text},
    FieldName{"subj_sen", FieldType::text},
    FieldName{"subj_clr", FieldType::text},
    FieldName{"obj_user", FieldType::text, true},
    FieldName{"obj_role", FieldType::text, true},
    FieldName{"obj_type", FieldType::text, true},
    FieldName{"obj_lev_low", FieldType::text, true},
    FieldName{"obj_lev_high", FieldType::text, true},
    FieldName{"devmajor", FieldType::number, true},
    FieldName{"devminor", FieldType::number, true},
    FieldName{"inode", FieldType::number, true},
    FieldName{"exit", FieldType::exit, true},
    FieldName{"success", FieldType::number, true},
    FieldName{"path", FieldType::path, true},
    FieldName{"dir", FieldType::path, true},
    FieldName{"perm", FieldType::perm, true},
    FieldName{"filetype", FieldType::file_type, true},
    FieldName{"fstype", FieldType::fs_type},
    FieldName{"a0", FieldType::argument},
    FieldName{"a1", FieldType::argument},
    FieldName{"a2", FieldType::argument},
    FieldName{"a3", FieldType::argument},
    FieldName{"exe", FieldType::text},
    FieldName{"saddr_fam", FieldType::number},
    FieldName{"key", FieldType::key},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

const FieldName* field_name(std::string_view written) {
  std::string wanted = lower(written);
  if (wanted == "loginuid") wanted = "auid";
  const auto* it = std::find_if(kFieldNames.begin(), kFieldNames.end(),
                                [&](const FieldName& f) { return f.name == wanted; });
  return it == kFieldNames.end() ? nullptr : it;
}

// One word of a line: its text with the escapes undone, and its bytes in the file.
struct Word {
  std::string text;
  size_t begin = 0;
  size_t end = 0;

  // The bytes of text[from, to) in the file; the whole word if escapes moved them.
  std::pair<size_t, size_t> bytes(size_t from, size_t to) const {
    if (text.size() != end - begin) return {begin, end};
    return {begin + from, begin + to};
  }
};

// auditctl splits at spaces after it has set "\ " and "\\" aside. The first word keeps its
// backslashes.
std::vector<Word> split(std::string_view text, size_t begin, size_t end) {
  std::vector<Word> words;
  Word word;
  bool inside = false;
  for (size_t i = begin; i < end;) {
    if (text[i] == ' ') {
      if (inside) words.push_back(std::move(word)), word = {};
      inside = false;
      ++i;
      continue;
    }
    if (!inside) word.begin = i;
    inside = true;
    if (text[i] == '\\' && i + 1 < end && (text[i + 1] == ' ' || text[i + 1] == '\\')) {
      if (words.empty()) word.text += '\\';
      word.text += text[i + 1];
      i += 2;
    } else {
      word.text += text[i++];
    }
    word.end = i;
  }
  if (inside) words.push_back(std::move(word));
  return words;
}

// One option as getopt_long(3) hands it over.
struct Option {
  int id = 0;  // the letter; kLong… for a long one; '?' unknown, ':' without its argument
  std::string name;
  std::string argument;
  std::pair<size_t, size_t> bytes;           // the option and its argument
  std::pair<size_t, size_t> argument_bytes;  // empty if there is none
  Word word;                                 // that holds the argument
  size_t argument_at = 0;                    // where it begins in the word
};

constexpr std::string_view kFlags = "hicslDvt";
constexpr std::string_view kWithArgument = "CefrbaAdSFmRwWkpq";

struct LongOption {
  std::string_view name;
  bool has_argument;
  int id;
};
enum : int { kImmutable = 256, kWaitTime, kResetLost, kResetWaitTime, kResetDepth, kSignal };
constexpr std::array kLongOptions = {
    LongOption{"help", false, 'h'},
    LongOption{"loginuid-immutable", false, kImmutable},
    LongOption{"backlog_wait_time", true, kWaitTime},
    LongOption{"reset-lost", false, kResetLost},
    LongOption{"reset_backlog_wait_time_actual", false, kResetWaitTime},
    LongOption{"reset_backlog_max_depth", false, kResetDepth},
    LongOption{"signal", true, kSignal},
};

// The options of a line, one after the other. Words that are no option are left for stray().
class Options {
 public:
  explicit Options(std::vector<Word> words) : words_(std::move(words)) {}

  std::optional<Option> next() {
    if (cluster_ != 0) return short_option();
    for (; at_ < words_.size(); ++at_) {
      const std::string& text = words_[at_].text;
      if (ended_ || text.size() < 2 || text[0] != '-') {
        if (!stray_) stray_ = &words_[at_];
        continue;
      }
      if (text == "--") {
        ended_ = true;
        continue;
      }
      if (text[1] == '-') return long_option();
      cluster_ = 1;
      return short_option();
    }
    return std::nullopt;
  }

  // The first word that no option took, among those seen and those still to come; null if there is
  // none.
  const Word* stray() const {
    if (stray_) return stray_;
    return at_ < words_.size() ? &words_[at_] : nullptr;
  }
  size_t word_count() const { return words_.size(); }
  const Word* peek() const { return at_ < words_.size() ? &words_[at_] : nullptr; }

 private:
  std::optional<Option> short_option() {
    const Word& word = words_[at_];
    Option option;
    option.id = static_cast<unsigned char>(word.text[cluster_]);
    option.name = std::string("-") + word.text[cluster_];
    option.bytes = word.bytes(0, word.text.size());
    option.word = word;
    ++cluster_;
    const bool last = cluster_ == word.text.size();
    if (kWithArgument.find(static_cast<char>(option.id)) != std::string_view::npos) {
      if (!last) {
        option.argument_at = cluster_;
        option.argument = word.text.substr(cluster_);
        option.argument_bytes = word.bytes(cluster_, word.text.size());
        ++at_;
      } else {
        ++at_;
        take_argument(option);
      }
      cluster_ = 0;
      return option;
    }
    if (kFlags.find(static_cast<char>(option.id)) == std::string_view::npos) option.id = '?';
    if (last) {
      cluster_ = 0;
      ++at_;
    }
    return option;
  }

  std::optional<Option> long_option() {
    const Word& word = words_[at_++];
    Option option;
    const size_t equals = word.text.find('=');
    option.name = word.text.substr(0, equals);
    option.bytes = word.bytes(0, word.text.size());
    option.word = word;
    const std::string_view wanted = std::string_view(option.name).substr(2);
    const LongOption* found = nullptr;
    size_t matches = 0;
    for (const LongOption& candidate : kLongOptions) {
      if (candidate.name == wanted) {
        found = &candidate;
        matches = 1;
        break;
      }
      if (candidate.name.starts_with(wanted)) {
        found = &candidate;
        ++matches;
      }
    }
    option.id = matches == 1 ? found->id : '?';
    if (matches != 1) return option;
    if (!found->has_argument) {
      if (equals != std::string::npos) option.id = '?';
    } else if (equals != std::string::npos) {
      option.argument_at = equals + 1;
      option.argument = word.text.substr(equals + 1);
      option.argument_bytes = word.bytes(equals + 1, word.text.size());
    } else {
      take_argument(option);
    }
    return option;
  }

  void take_argument(Option& option) {
    if (at_ == words_.size()) {
      option.id = ':';
      return;
    }
    option.word = words_[at_];
    option.argument = words_[at_].text;
    option.argument_bytes = words_[at_].bytes(0, words_[at_].text.size());
    option.bytes.second = option.argument_bytes.second;
    ++at_;
  }

  std::vector<Word> words_;
  size_t at_ = 0;
  size_t cluster_ = 0;  // position in a word of short options; 0: between words
  const Word* stray_ = nullptr;
  bool ended_ = false;
};

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
  bool syscall_given_ = false;  // a -S, or a watch: -F arch must stand before it
  bool key_allowed_ = false;    // -S, a watch, path=, dir=, perm=, exe= or fstype= came before
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

// The operator as auditctl looks for it: two characters first, anywhere in the word.
std::pair<size_t, std::string_view> find_operator(std::string_view text) {
  for (const std::string_view op : {"!=", ">=", "<=", "&=", "=", ">", "<", "&"})
    if (const size_t at = text.find(op); at != std::string_view::npos) return {at, op};
  return {std::string_view::npos, {}};
}

Outcome Line::field(const Option& o) {
  saw_rule_option_ = true;
  if (!has_list_) return misplaced(o, "a field needs a list or a watch before it");
  if (o.argument.starts_with("key=")) return key(o, 4);
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
  if (list == List::filesystem && known->type != FieldType::fs_type)
    return refuse("the list filesystem takes the field fstype only");
  if (known->type == FieldType::arch && syscall_given_) return refuse("arch must stand before -S");
  if (Outcome refusal = check_value(*known, parsed, o)) return refusal;
  rule().fields.push_back(std::move(parsed));
  return std::nullopt;
}

bool is_number(std::string_view value, bool negative_too) {
  if (negative_too && value.size() > 1 && value[0] == '-') value.remove_prefix(1);
  return !value.empty() && is_digit(value[0]);
}

bool is_word(std::string_view value, std::string_view more) {
  return std::all_of(value.begin(), value.end(), [&](char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
           static_cast<unsigned char>(c) >= 0x80 || more.find(c) != std::string_view::npos;
  });
}

Outcome Line::check_value(const FieldName& known, Field& parsed, const Option& o) {
  const std::string& value = parsed.value;
  const bool equality = parsed.op == "=" || parsed.op == "!=";
  const auto refuse = [&](std::string_view code, std::string message) {
    return Refusal{code, o.argument_bytes, std::move(message)};
  };
  switch (known.type) {
    case FieldType::user:
    case FieldType::group:
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
    case FieldType::session:
      if (!is_number(value, true) && value != "unset")
        return refuse("bad-field", "'" + value + "' is no number");
      break;
    case FieldType::number:
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

std::string_view name(List list) {
  switch (list) {
    case List::task:
      return "task";
    case List::exit:
      return "exit";
    case List::user:
      return "user";
    case List::exclude:
      return "exclude";
    case List::filesystem:
      return "filesystem";
    case List::io_uring:
      break;
  }
  return "io_uring";
}

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::rule:
      return "rule";
    case Kind::delete_all:
      return "delete-all";
    case Kind::enabled:
      return "enabled";
    case Kind::failure:
      return "failure";
    case Kind::backlog:
      return "backlog";
    case Kind::rate:
      return "rate";
    case Kind::backlog_wait_time:
      return "backlog-wait-time";
    case Kind::loginuid_immutable:
      return "loginuid-immutable";
    case Kind::ignore_errors:
      return "ignore-errors";
    case Kind::continue_on_errors:
      return "continue-on-errors";
    case Kind::other:
      return "other";
    case Kind::refused:
      break;
  }
  return "refused";
}

const Field* Rule::field(std::string_view field_name) const {
  const auto it = std::find_if(fields.rbegin(), fields.rend(), [&](const Field& f) {
    return f.name == field_name && !f.is_comparison;
  });
  return it == fields.rend() ? nullptr : &*it;
}

std::string normal_value(std::string_view field, std::string_view value) {
  const FieldName* known = field_name(field);
  if (!known) return std::string(value);
  switch (known->type) {
    case FieldType::perm: {
      std::string out;
      for (const char c : std::string_view("rwxa"))
        if (lower(value).find(c) != std::string::npos) out += c;
      return out;
    }
    case FieldType::arch: {
      const std::string text = lower(value);
      if (text == "x86_64" || text == "0xc000003e" || text == "c000003e") return "b64";
      if (text == "i386" || text == "i486" || text == "i586" || text == "i686" ||
          text == "0x40000003" || text == "40000003")
        return "b32";
      return text;
    }
    case FieldType::user:
    case FieldType::group:
    case FieldType::session:
    case FieldType::number:
    case FieldType::argument:
    case FieldType::exit: {
      std::string_view digits = value;
      const bool negative = digits.starts_with('-');
      if (negative) digits.remove_prefix(1);
      if (digits.empty() || !is_digit(digits[0])) return std::string(value);
      int base = 10;  // strtol(3) with base 0
      if (digits.size() > 1 && digits[0] == '0') {
        base = lower(digits[1]) == 'x' ? 16 : 8;
        digits.remove_prefix(base == 16 ? 2 : 1);
      }
      uint64_t number = 0;
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
      if (read.ec != std::errc() || read.ptr != digits.data() + digits.size())
        return std::string(value);
      if (known->type == FieldType::user || known->type == FieldType::session) {
        if ((negative && number == 1) || (!negative && number == 4294967295)) return "unset";
      }
      return (negative && number != 0 ? "-" : "") + std::to_string(number);
    }
    default:
      return std::string(value);
  }
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
