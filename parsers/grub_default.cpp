#include "parsers/grub_default.h"

#include <algorithm>
#include <array>

#include "parsers/characters.h"

namespace drydock::parsers::grub_default {
namespace {

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9');
}
bool ends_word(char c) {
  return is_blank_or_return(c) || c == '\n' || c == ';' || c == '&' || c == '|' || c == '<' ||
         c == '>' || c == '(' || c == ')';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lines_(text) {}

  File run() {
    if (const size_t nul = text_.find('\0'); nul != std::string_view::npos) {
      file_.errors.add("nul-byte", lines_.span(nul, nul + 1), "a NUL byte", Effect::refused);
      return std::move(file_);
    }
    bool begins_command = true;  // where an assignment may stand
    bool chained = false;        // behind && or ||
    while (at_ < text_.size() && !failed_) {
      const char c = text_[at_];
      if (is_blank_or_return(c)) {
        ++at_;
      } else if (c == '\\' && peek(1) == '\n') {
        at_ += 2;
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '\n' || c == ';') {
        ++at_;
        begin_command(begins_command);
        chained = false;
      } else if (c == '&' || c == '|' || c == '(' || c == ')' || c == '<' || c == '>') {
        chained = chained || (peek(1) == c && (c == '&' || c == '|'));
        parentheses_ = std::max(parentheses_ + (c == '(' ? 1 : c == ')' ? -1 : 0), 0);
        if (c != '<' && c != '>')
          begin_command(begins_command);
        else
          begins_command = false;
        ++at_;
      } else if (begins_command && read_assignment(chained)) {
        continue;
      } else {
        read_command(begins_command, chained);
      }
    }
    return std::move(file_);
  }

 private:
  char peek(size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void begin_command(bool& begins_command) {
    begins_command = true;
    unsets_ = false;
    own_ = file_.assignments.size();
  }

  bool read_assignment(bool chained) {
    size_t end = at_;
    if (!is_name_start(text_[end])) return false;
    while (end < text_.size() && is_name(text_[end])) ++end;
    const bool appends = text_.substr(end, 2) == "+=";
    if (!appends && (end >= text_.size() || text_[end] != '=')) return false;
    Assignment a;
    a.name = std::string(text_.substr(at_, end - at_));
    a.appends = appends;
    a.is_conditional = depth_ > 0 || parentheses_ > 0 || chained;
    const size_t begin = at_;
    a.name_span = lines_.span(begin, end);
    at_ = end + (appends ? 2 : 1);
    const size_t value = at_;
    read_value(a.pieces);
    a.value_span = lines_.span(value, at_);
    a.span = lines_.span(begin, at_);
    if (!failed_) file_.assignments.push_back(std::move(a));
    return true;
  }

  // A word that is no assignment, and the others of its command.
  void read_command(bool& begins_command, bool chained) {
    const size_t begin = at_;
    std::vector<Piece> pieces;
    read_value(pieces);
    if (at_ == begin) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (unsets_ && !word.empty() && std::ranges::all_of(word, is_name)) {
      Assignment a;
      a.name = std::string(word);
      a.unsets = true;
      a.is_conditional = depth_ > 0 || parentheses_ > 0 || chained;
      a.span = a.name_span = lines_.span(begin, at_);
      a.value_span = lines_.span(at_, at_);
      file_.assignments.push_back(std::move(a));
    }
    if (!begins_command) return;
    static constexpr std::array kOpen{"if", "case", "while", "until", "for", "{"};
    static constexpr std::array kClose{"fi", "esac", "done", "}"};
    static constexpr std::array kInside{"then", "else", "elif", "do", "in", "!"};
    static constexpr std::array kHarmless{"[", "[[", "test", "true", ":", "echo", "unset"};
    const auto is_in = [&](const auto& list) {
      return std::ranges::find(list, word) != list.end();
    };
    if (is_in(kOpen)) {
      ++depth_;
      begins_command = word != "for" && word != "case";
    } else if (is_in(kClose)) {
      depth_ = std::max(depth_ - 1, 0);
    } else if (word == "export" || word == "readonly" || is_in(kInside)) {
      // an assignment may follow
    } else {
      begins_command = false;
      // What stands before a command is set for that command alone, but for a special built-in.
      if (word == "unset")
        unsets_ = true;
      else if (word != ":")
        file_.assignments.resize(std::min(own_, file_.assignments.size()));
      if (!is_in(kHarmless))
        file_.errors.add("command", lines_.span(begin, at_),
                         "a command: what it does to the settings is not known");
    }
  }

  static void add(std::vector<Piece>& pieces, char c, size_t offset) {
    // A piece of text is contiguous in the file.
    if (!pieces.empty() && pieces.back().kind == Piece::Kind::text &&
        pieces.back().offset + pieces.back().text.size() == offset) {
      pieces.back().text += c;
      return;
    }
    Piece piece;
    piece.text = std::string(1, c);
    piece.offset = offset;
    pieces.push_back(std::move(piece));
  }

  void read_value(std::vector<Piece>& pieces) {
    while (at_ < text_.size() && !failed_ && !ends_word(text_[at_])) {
      const char c = text_[at_];
      if (c == '\\') {
        if (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') add(pieces, text_[at_ + 1], at_ + 1);
        at_ = std::min(at_ + 2, text_.size());
      } else if (c == '\'') {
        const size_t close = text_.find('\'', at_ + 1);
        if (close == std::string_view::npos) return unterminated();
        for (size_t i = at_ + 1; i < close; ++i) add(pieces, text_[i], i);
        at_ = close + 1;
      } else if (c == '"') {
        read_double(pieces);
      } else if (c == '`' || c == '$') {
        read_expansion(pieces);
      } else {
        add(pieces, c, at_++);
      }
    }
  }

  void read_double(std::vector<Piece>& pieces) {
    const size_t open = at_++;
    while (at_ < text_.size() && text_[at_] != '"' && !failed_) {
      const char c = text_[at_];
      if (c == '\\' && std::string_view("$`\"\\\n").find(peek(1)) != std::string_view::npos &&
          peek(1) != '\0') {
        if (peek(1) != '\n') add(pieces, peek(1), at_ + 1);
        at_ += 2;
      } else if (c == '`' || c == '$') {
        read_expansion(pieces);
      } else {
        add(pieces, c, at_++);
      }
    }
    if (at_ >= text_.size()) {
      at_ = open;
      return unterminated();
    }
    ++at_;
  }

  void read_expansion(std::vector<Piece>& pieces) {
    Piece piece;
    piece.offset = at_;
    if (text_[at_] == '`') {
      const size_t close = text_.find('`', at_ + 1);
      if (close == std::string_view::npos) return unterminated();
      piece.kind = Piece::Kind::command;
      piece.text = std::string(text_.substr(at_ + 1, close - at_ - 1));
      at_ = close + 1;
    } else if (peek(1) == '(') {
      size_t end = at_ + 2;
      for (int open = 1; end < text_.size() && open > 0; ++end)
        open += text_[end] == '(' ? 1 : text_[end] == ')' ? -1 : 0;
      if (end > text_.size() || text_[end - 1] != ')') return unterminated();
      piece.kind = Piece::Kind::command;
      piece.text = std::string(text_.substr(at_ + 2, end - at_ - 3));
      at_ = end;
    } else if (peek(1) == '{') {
      size_t close = at_ + 2;
      for (int open = 1; close < text_.size(); ++close) {
        open += text_[close] == '{' && text_[close - 1] == '$' ? 1 : text_[close] == '}' ? -1 : 0;
        if (open == 0) break;
      }
      if (close == text_.size()) return unterminated();
      const std::string_view inside = text_.substr(at_ + 2, close - at_ - 2);
      size_t end = 0;
      while (end < inside.size() && is_name(inside[end])) ++end;
      piece.text = std::string(inside.substr(0, end));
      const std::string_view rest = inside.substr(end);
      // Other operators (${X%y}) are not worked out.
      const size_t colon = rest.starts_with(":") ? 1 : 0;
      const char sign = rest.size() > colon ? rest[colon] : '\0';
      piece.has_fallback = sign == '-' || sign == '+';
      piece.if_set = sign == '+';
      piece.empty_is_set = colon == 0;
      const bool is_known =
          rest.empty() ||
          (piece.has_fallback && read_fallback(rest.substr(colon + 1), close, piece.fallback));
      piece.kind = is_known && end > 0 ? Piece::Kind::variable : Piece::Kind::command;
      at_ = close + 1;
    } else {
      size_t end = at_ + 1;
      while (end < text_.size() && is_name(text_[end])) ++end;
      const bool is_special =
          end == at_ + 1 && end < text_.size() &&
          std::string_view("@*#?-$!").find(text_[end]) != std::string_view::npos;
      if (is_special) ++end;
      if (end == at_ + 1) return add(pieces, '$', at_++);
      piece.kind = is_special || !is_name_start(text_[at_ + 1]) ? Piece::Kind::command
                                                                : Piece::Kind::variable;
      piece.text = std::string(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end;
    }
    pieces.push_back(std::move(piece));
  }

  // Text and plain variables, of which the last byte stands before `end`; false for anything else.
  bool read_fallback(std::string_view text, size_t end, std::vector<Piece>& pieces) const {
    const size_t base = end - text.size();
    for (size_t i = 0; i < text.size();) {
      if (std::string_view("'\"`\\{}").find(text[i]) != std::string_view::npos) return false;
      if (text[i] != '$') {
        add(pieces, text[i], base + i);
        ++i;
        continue;
      }
      const bool braced = text.substr(i + 1).starts_with('{');
      const size_t name = i + (braced ? 2 : 1);
      size_t after = name;
      while (after < text.size() && is_name(text[after])) ++after;
      if (after == name || (braced && (after == text.size() || text[after] != '}'))) return false;
      Piece piece;
      piece.kind = Piece::Kind::variable;
      piece.text = std::string(text.substr(name, after - name));
      piece.offset = base + i;
      pieces.push_back(std::move(piece));
      i = after + (braced ? 1 : 0);
    }
    return true;
  }

  void unterminated() {
    file_.errors.add("unterminated-quote", lines_.span(at_, std::min(at_ + 1, text_.size())),
                     "the quote is never closed", Effect::refused);
    failed_ = true;
  }

  std::string_view text_;
  LineIndex lines_;
  File file_;
  size_t at_ = 0;
  int depth_ = 0;
  int parentheses_ = 0;
  bool unsets_ = false;  // in the words of "unset"
  size_t own_ = 0;       // the first assignment of the command that is read
  bool failed_ = false;
};

}  // namespace

File parse(std::string_view text) {
  return Parser(text).run();
}

}  // namespace drydock::parsers::grub_default
