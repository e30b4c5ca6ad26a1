#include "parsers/sudoers.h"

#include <algorithm>

#include "parsers/characters.h"
#include "parsers/sudoers_default.h"
#include "parsers/sudoers_line.h"

namespace drydock::parsers::sudoers {
namespace {

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

// An upper-case name: the form of an alias, and of what may be one.
bool is_alias_name(std::string_view word) {
  return !word.empty() && is_upper(word[0]) && std::all_of(word.begin(), word.end(), [](char c) {
    return is_upper(c) || is_digit(c) || c == '_';
  });
}

struct TagWord {
  std::string_view word;
  Tag tag;
  bool value;
};
constexpr TagWord kTagWords[] = {
    {"NOPASSWD", Tag::nopasswd, true},
    {"PASSWD", Tag::nopasswd, false},
    {"NOEXEC", Tag::noexec, true},
    {"EXEC", Tag::noexec, false},
    {"SETENV", Tag::setenv, true},
    {"NOSETENV", Tag::setenv, false},
    {"FOLLOW", Tag::follow, true},
    {"NOFOLLOW", Tag::follow, false},
    {"LOG_INPUT", Tag::log_input, true},
    {"NOLOG_INPUT", Tag::log_input, false},
    {"LOG_OUTPUT", Tag::log_output, true},
    {"NOLOG_OUTPUT", Tag::log_output, false},
    {"MAIL", Tag::mail, true},
    {"NOMAIL", Tag::mail, false},
    {"INTERCEPT", Tag::intercept, true},
    {"NOINTERCEPT", Tag::intercept, false},
};

// sudoers(5) "Option_Spec".
constexpr std::string_view kOptionWords[] = {"APPARMOR_PROFILE", "CHROOT",    "CWD",   "LIMITPRIVS",
                                             "NOTAFTER",         "NOTBEFORE", "PRIVS", "ROLE",
                                             "TIMEOUT",          "TYPE"};

constexpr std::string_view kDigests[] = {"sha224", "sha256", "sha384", "sha512"};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lines_(text) {}

  File run() {
    size_t begin = 0;
    while (begin < text_.size()) {
      size_t first = begin;
      while (first < text_.size() && is_blank(text_[first])) ++first;
      Extent line = extent(text_, first);
      const bool is_include = first == begin && is_hash_include(text_.substr(first));
      if (is_include) {
        const size_t newline = std::min(text_.find('\n', first), text_.size());
        line = {newline, newline + 1};
      }
      size_t end = line.end;
      while (end > first && (is_blank(text_[end - 1]) || text_[end - 1] == '\r')) --end;
      if (end > first) read_line(first, end);
      begin = line.next;
    }
    return std::move(file_);
  }

 private:
  // "#include" without a path is a comment.
  static bool is_hash_include(std::string_view text) {
    for (const std::string_view word : {"#includedir", "#include"}) {
      if (!text.starts_with(word)) continue;
      size_t i = word.size();
      while (i < text.size() && is_blank(text[i])) ++i;
      return i > word.size() && i < text.size() && text[i] != '\n' && text[i] != '\r';
    }
    return false;
  }

  void read_line(size_t begin, size_t end) {
    if (text_.substr(begin, end - begin).find('\0') != std::string_view::npos) {
      file_.errors.add("nul-byte", lines_.span(begin, end), "a NUL byte in the line");
      return;
    }
    const size_t known = file_.entries.size();
    Line line(text_, lines_, begin, end);
    try {
      read_entry(line, begin, end);
    } catch (const Mistake& mistake) {
      // A line counts whole or not at all, but for the aliases before the mistake.
      if (file_.entries.size() > known && !std::holds_alternative<Alias>(file_.entries[known]))
        file_.entries.resize(known);
      file_.errors.add(mistake.code, lines_.span(mistake.begin, mistake.end), mistake.message);
    }
  }

  void read_entry(Line& line, size_t begin, size_t end) {
    const std::string_view rest = line.rest();
    if (rest.starts_with("@include") || rest.starts_with("#include"))
      return read_include(line, begin, end);
    if (rest.starts_with("Defaults") && rest.size() > 8 &&
        (is_blank(rest[8]) || rest[8] == '\\' ||
         std::string_view(":@>!").find(rest[8]) != std::string_view::npos))
      return read_defaults(line, begin, end);
    static constexpr std::pair<std::string_view, AliasKind> kAliases[] = {
        {"User_Alias", AliasKind::user},   {"Runas_Alias", AliasKind::runas},
        {"Host_Alias", AliasKind::host},   {"Cmnd_Alias", AliasKind::command},
        {"Cmd_Alias", AliasKind::command},
    };
    for (const auto& [word, kind] : kAliases)
      if (rest.starts_with(word) && rest.size() > word.size() && is_blank(rest[word.size()])) {
        line.advance(word.size());
        return read_aliases(line, kind);
      }
    read_user_spec(line, begin, end);
  }

  void read_include(Line& line, size_t begin, size_t end) {
    Include include;
    include.is_directory = line.rest().substr(1).starts_with("includedir");
    line.advance(include.is_directory ? 11 : 8);
    if (!line.rest().empty() && !is_blank(line.rest().front()))
      line.fail("a blank behind the word");
    include.path = line.word("", "the path of a file");
    const size_t last = line.at();
    if (line.more() && (line.peek() != '#' || line.at() == last))
      line.fail("nothing behind the path");
    include.span = lines_.span(begin, line.more() ? last : end);
    file_.entries.emplace_back(std::move(include));
  }

  void read_defaults(Line& line, size_t begin, size_t end) {
    Defaults defaults;
    line.advance(8);
    static constexpr std::pair<char, Scope> kScopes[] = {
        {':', Scope::user}, {'@', Scope::host}, {'>', Scope::runas}, {'!', Scope::command}};
    const char mark = line.rest().front();
    for (const auto& [c, scope] : kScopes)
      if (c == mark) defaults.scope = scope;
    if (defaults.scope != Scope::global) {
      line.advance(1);
      const AliasKind kind = defaults.scope == Scope::host      ? AliasKind::host
                             : defaults.scope == Scope::command ? AliasKind::command
                                                                : AliasKind::user;
      do {
        const size_t from = line.at();
        line.more();
        const std::string_view gap = text_.substr(from, line.at() - from);
        // sudo takes the blanks that a continued line begins with for the end of this list.
        if (gap.find('\n') != std::string_view::npos &&
            (is_blank(gap.back()) || defaults.binding.empty()))
          throw Mistake{"syntax", line.at(), line.at() + 1,
                        "expected no line continued here, or one without blanks in front"};
        defaults.binding.push_back(item(line, kind, false));
      } while (line.take(','));
    }
    do {
      Setting setting;
      bool negated = false;
      while (line.take('!')) negated = !negated;
      line.more();
      const size_t from = line.at();
      setting.name = line.word("#=,!+-", "the name of a setting");
      size_t to = line.at();
      setting.op = negated ? Setting::Operator::off : Setting::Operator::on;
      setting.value_span = lines_.span(from, to);
      const char next = line.peek();
      if (next == '=' || next == '+' || next == '-') {
        line.advance(1);
        if (next != '=' && !line.take('=')) line.fail("'='");
        setting.op = next == '='   ? Setting::Operator::set
                     : next == '+' ? Setting::Operator::add
                                   : Setting::Operator::remove;
        if (negated) line.fail("no value behind a name with '!'");
        line.more();
        const size_t value = line.at();
        setting.value = line.word("#=,", "a value");
        to = line.at();
        setting.value_span = lines_.span(value, to);
      }
      setting.span = lines_.span(from, to);
      defaults.settings.push_back(std::move(setting));
    } while (line.take(','));
    if (line.more()) line.fail("',' or the end of the line");
    defaults.span = lines_.span(begin, end);
    file_.entries.emplace_back(std::move(defaults));
  }

  void read_aliases(Line& line, AliasKind kind) {
    do {
      Alias alias;
      alias.kind = kind;
      line.more();
      const size_t begin = line.at();
      alias.name = line.word("=:,!()", "the name of an alias");
      if (!is_alias_name(alias.name) || alias.name == "ALL")
        throw Mistake{"bad-alias-name", begin, line.at(),
                      "an alias name is upper-case letters, digits and '_'"};
      if (!line.take('=')) line.fail("'='");
      alias.members = list(line, kind, true);
      alias.span = lines_.span(begin, line.at());
      file_.entries.emplace_back(std::move(alias));
    } while (line.take(':'));
    if (line.more()) line.fail("',' or ':'");
  }

  void read_user_spec(Line& line, size_t begin, size_t end) {
    UserSpec spec;
    spec.users = list(line, AliasKind::user, true);
    do {
      try {
        spec.privileges.push_back(read_privilege(line));
      } catch (const Mistake& mistake) {
        if (spec.privileges.empty() || mistake.begin < end) throw;
        // Of a line that ends too early behind a ':' sudo keeps what stands in front of it.
        file_.errors.add(mistake.code, lines_.span(mistake.begin, mistake.end), mistake.message);
        spec.span = lines_.span(begin, end);
        file_.entries.emplace_back(std::move(spec));
        return;
      }
    } while (line.take(':'));
    if (line.more()) line.fail("',' or ':'");
    spec.span = lines_.span(begin, end);
    file_.entries.emplace_back(std::move(spec));
  }

  Privilege read_privilege(Line& line) {
    Privilege privilege;
    privilege.hosts = list(line, AliasKind::host, true);
    if (!line.take('=')) line.fail("'=' behind the hosts");
    CommandSpec carried;
    do {
      read_command_spec(line, carried);
      privilege.commands.push_back(carried);
      carried.command = {};
    } while (line.take(','));
    return privilege;
  }

  // `spec` comes with what the command before it had and passes on: sudoers(5), "Once a tag is set on a
  // Cmnd, subsequent Cmnds in the Cmnd_Spec_List, inherit the tag unless it is overridden by the
  // opposite tag"; the same for Runas_Spec and Option_Spec.
  void read_command_spec(Line& line, CommandSpec& spec) {
    if (line.take('(')) {
      const auto runas = std::make_shared<Runas>();
      if (line.peek() != ':' && line.peek() != ')')
        runas->users = list(line, AliasKind::runas, true);
      if (line.take(':') && (!runas->users.empty() || line.peek() != ')'))
        runas->groups = list(line, AliasKind::runas, true);
      if (!line.take(')')) line.fail("')'");
      spec.runas = runas;
    }
    while (read_option(line, spec)) {
    }
    while (read_tag(line, spec)) {
    }
    spec.command = item(line, AliasKind::command, true);
  }

  bool read_tag(Line& line, CommandSpec& spec) {
    if (!line.more()) return false;
    const std::string_view rest = line.rest();
    for (const TagWord& tag : kTagWords) {
      if (!rest.starts_with(tag.word)) continue;
      size_t i = tag.word.size();
      while (i < rest.size() && is_blank(rest[i])) ++i;
      if (i >= rest.size() || rest[i] != ':') continue;
      line.advance(i + 1);
      spec.tags[static_cast<size_t>(tag.tag)] = tag.value;
      return true;
    }
    return false;
  }

  bool read_option(Line& line, CommandSpec& spec) {
    if (!line.more()) return false;
    const std::string_view rest = line.rest();
    for (const std::string_view option : kOptionWords) {
      if (!rest.starts_with(option)) continue;
      size_t i = option.size();
      while (i < rest.size() && is_blank(rest[i])) ++i;
      if (i >= rest.size() || rest[i] != '=') continue;
      line.advance(i + 1);
      line.more();
      const size_t begin = line.at();
      const std::string value = line.word(",", "a value");
      if (!suits(option, value))
        throw Mistake{"bad-value", begin, line.at(),
                      std::string(option) + " does not take this value"};
      if (option == "NOTBEFORE" || option == "NOTAFTER" || option == "CHROOT")
        spec.is_conditional = true;
      return true;
    }
    return false;
  }

  // sudoers(5) "Option_Spec".
  static bool suits(std::string_view option, std::string_view value) {
    if (option == "CWD" || option == "CHROOT")
      return value.starts_with('/') || value.starts_with('~') || value == "*";
    if (option == "TIMEOUT") return is_timeout(value);
    if (option != "NOTBEFORE" && option != "NOTAFTER") return true;
    // yyyymmddHH, with minutes and seconds or without, a fraction, and a time zone.
    size_t digits = 0;
    while (digits < value.size() && is_digit(value[digits])) ++digits;
    if (digits != 10 && digits != 12 && digits != 14) return false;
    std::string_view rest = value.substr(digits);
    if (!rest.empty() && (rest[0] == '.' || rest[0] == ',')) {
      rest.remove_prefix(1);
      while (!rest.empty() && is_digit(rest[0])) rest.remove_prefix(1);
    }
    if (rest.empty() || rest == "Z") return true;
    return (rest[0] == '+' || rest[0] == '-') && (rest.size() == 3 || rest.size() == 5) &&
           std::all_of(rest.begin() + 1, rest.end(), is_digit);
  }

  std::vector<Item> list(Line& line, AliasKind kind, bool with_arguments) {
    std::vector<Item> items;
    do {
      items.push_back(item(line, kind, with_arguments));
    } while (line.take(','));
    return items;
  }

  Item item(Line& line, AliasKind kind, bool with_arguments) {
    Item out;
    while (line.take('!')) out.negated = !out.negated;
    if (kind == AliasKind::command) {
      read_command(line, out, with_arguments);
      return out;
    }
    // What begins with '/' is a command to sudo, wherever it stands.
    if (!line.more() || line.peek() == '/')
      line.fail(kind == AliasKind::host ? "a host" : "a user");
    const size_t begin = line.at();
    const bool is_quoted = line.peek() == '"';
    if (kind == AliasKind::host && is_ipv6(line.rest()) > 0) {
      const size_t size = is_ipv6(line.rest());
      out.text = line.rest().substr(0, size);
      line.advance(size);
      out.kind = Item::Kind::network;
    } else {
      // "%:group" keeps its colon; "%" may be followed by a quoted name.
      std::string prefix;
      if (!is_quoted && line.peek() == '%') {
        prefix = "%";
        line.advance(1);
        if (!line.rest().empty() && line.rest().front() == ':') {
          prefix += ":";
          line.advance(1);
        }
      }
      out.text = prefix + line.word(",=:!()>", kind == AliasKind::host ? "a host" : "a user");
      out.kind = kind_of(out.text, kind, is_quoted);
      if (out.kind == Item::Kind::alias && was_escaped(begin, line.at()))
        out.kind = Item::Kind::name;
      if (out.kind == Item::Kind::id && !is_id(out.text))
        throw Mistake{"syntax", begin, line.at(), "expected digits behind '#'"};
    }
    out.span = lines_.span(begin, line.at());
    return out;
  }

  static Item::Kind kind_of(std::string_view text, AliasKind kind, bool is_quoted) {
    if (!is_quoted && text == "ALL") return Item::Kind::all;
    if (text.starts_with('+') && text.size() > 1) return Item::Kind::netgroup;
    if (text.starts_with('%') && text.size() > 1) return Item::Kind::group;
    if (text.starts_with('#') && text.size() > 1) return Item::Kind::id;
    if (!is_quoted && is_alias_name(text)) return Item::Kind::alias;
    if (kind == AliasKind::host && is_ipv4(text)) return Item::Kind::network;
    return Item::Kind::name;
  }

  // ALL and the names of aliases are written without backslashes.
  bool was_escaped(size_t begin, size_t end) const {
    return text_.substr(begin, end - begin).find('\\') != std::string_view::npos;
  }

  static bool is_id(std::string_view text) {
    text.remove_prefix(text.starts_with("#-") ? 2 : 1);
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
  }

  static bool is_ipv4(std::string_view text) {
    const std::string_view address = text.substr(0, text.find('/'));
    return std::count(address.begin(), address.end(), '.') == 3 &&
           std::all_of(address.begin(), address.end(),
                       [](char c) { return is_digit(c) || c == '.'; });
  }

  // The size of the IPv6 address (with a prefix length) at the start of `text`; 0 if there is none.
  static size_t is_ipv6(std::string_view text) {
    size_t size = 0, colons = 0;
    while (size < text.size() && (isxdigit(static_cast<unsigned char>(text[size])) ||
                                  text[size] == ':' || text[size] == '.' || text[size] == '/')) {
      if (text[size] == ':') ++colons;
      ++size;
    }
    return colons >= 2 ? size : 0;
  }

  void read_command(Line& line, Item& out, bool with_arguments) {
    out.kind = Item::Kind::command;
    while (read_digest(line, out)) {
    }
    // A digest may be followed by the '!' of its command.
    while (line.take('!')) out.negated = !out.negated;
    if (!line.more()) line.fail("a command");
    const char c = line.peek();
    const std::string_view rest = line.rest();
    const size_t begin = line.at();
    const auto is_word = [&](std::string_view word) {
      return rest.starts_with(word) &&
             (rest.size() == word.size() || is_blank(rest[word.size()]) ||
              std::string_view(",:=\\").find(rest[word.size()]) != std::string_view::npos);
    };
    if (c == '/' || c == '^' || is_word("sudoedit") || is_word("list")) {
      line.command(out, with_arguments);
      if (c == '/' && out.text.ends_with("/sudoedit"))
        throw Mistake{"syntax", begin, begin + out.text.size(), "expected sudoedit without a path"};
      return;
    }
    out.text = line.word(",=:!()", "a command");
    out.span = lines_.span(begin, line.at());
    const bool is_plain = !was_escaped(begin, line.at());
    if (is_plain && out.text == "ALL") {
      out.kind = Item::Kind::all;
    } else if (is_plain && is_alias_name(out.text)) {
      out.kind = Item::Kind::alias;
    } else {
      throw Mistake{"syntax", begin, line.at(), "expected a command with its full path"};
    }
  }

  static bool is_digest(std::string_view name, std::string_view value) {
    const size_t bytes = name == "sha224" ? 28 : name == "sha256" ? 32 : name == "sha384" ? 48 : 64;
    const auto is_hex = [](char c) { return isxdigit(static_cast<unsigned char>(c)); };
    if (value.size() == 2 * bytes && std::all_of(value.begin(), value.end(), is_hex)) return true;
    // Base64, whose padding may be left out.
    const size_t padded = (bytes + 2) / 3 * 4, padding = (3 - bytes % 3) % 3;
    if (value.size() == padded && value.substr(padded - padding) == std::string(padding, '='))
      value.remove_suffix(padding);
    return value.size() == padded - padding && std::all_of(value.begin(), value.end(), [](char c) {
             return isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/';
           });
  }

  bool read_digest(Line& line, Item& out) {
    if (!line.more()) return false;
    for (const std::string_view digest : kDigests) {
      if (!line.rest().starts_with(digest)) continue;
      size_t i = digest.size();
      while (i < line.rest().size() && is_blank(line.rest()[i])) ++i;
      if (i >= line.rest().size() || line.rest()[i] != ':') continue;
      line.advance(i + 1);
      line.more();
      const size_t begin = line.at();
      const std::string value = line.word(",", "a digest");
      if (!is_digest(digest, value))
        throw Mistake{"bad-value", begin, line.at(),
                      "expected " + std::string(digest) + " in hexadecimal digits or base64"};
      out.digests.push_back(std::string(digest) + ":" + value);
      line.take(',');  // several digests are separated by commas
      return true;
    }
    return false;
  }

  std::string_view text_;
  LineIndex lines_;
  File file_;
};

}  // namespace

File parse(std::string_view text) {
  return Parser(text).run();
}

std::string_view name(Tag tag) {
  static constexpr std::string_view kNames[] = {"nopasswd",  "noexec",     "setenv", "follow",
                                                "log_input", "log_output", "mail",   "intercept"};
  return kNames[static_cast<size_t>(tag)];
}

}  // namespace drydock::parsers::sudoers
