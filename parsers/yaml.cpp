#include "parsers/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <sstream>

#include "parsers/utf8.h"

namespace drydock::parsers::yaml {
namespace {

constexpr size_t kSize = size_t{1} << 20;
constexpr size_t kDepth = 50;
constexpr size_t kValues = 20'000;

// Stops yaml-cpp from inside a callback; the mistake is already recorded.
struct Stop : std::exception {};

size_t count(const Value& value) {
  size_t sum = 1;
  for (const Value& item : value.items) sum += count(item);  // kDepth bounds it
  return sum;
}

class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view text, SyntaxErrors& errors)
      : text_(text), index_(text), errors_(errors) {}

  std::optional<Value> take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Value value;
    value.span = token(mark, {});
    add(std::move(value), anchor, mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      refuse(mark, "no-such-anchor", "this alias has no anchor before it");
    // Copies count as what they are made of: aliases of aliases would grow without end.
    count_ += count(found->second);
    add(Value(found->second), 0, mark);
  }

  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string& text) override {
    Value value;
    value.kind = Kind::scalar;
    value.text = text;
    value.span = token(mark, text);
    add(std::move(value), anchor, mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, Kind::sequence, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, Kind::map, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Value value;
    std::optional<Value> key;  // between a key and its value
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string_view code, std::string message) {
    errors_.add(code, token(mark, {}), std::move(message), Effect::refused);
    throw Stop();
  }

  void open(const YAML::Mark& mark, Kind kind, YAML::anchor_t anchor) {
    if (open_.size() >= kDepth) refuse(mark, "too-deep", "the values are nested too deeply");
    Open opened;
    opened.value.kind = kind;
    opened.value.span = token(mark, {});
    opened.anchor = anchor;
    opened.mark = mark;
    open_.push_back(std::move(opened));
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.value), done.anchor, done.mark);
  }

  void add(Value value, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (++count_ > kValues) refuse(mark, "too-many-values", "the file has too many values");
    if (depth(value) + open_.size() > kDepth)
      refuse(mark, "too-deep", "the values are nested too deeply");
    if (anchor != 0) anchors_[anchor] = value;
    if (open_.empty()) {
      if (!root_) root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.value.kind == Kind::sequence) {
      parent.value.items.push_back(std::move(value));
    } else if (!parent.key) {
      parent.key = std::move(value);
    } else {
      member(parent.value, *parent.key, std::move(value));
      parent.key.reset();
    }
  }

  static size_t depth(const Value& value) {
    size_t deepest = 0;
    for (const Value& item : value.items) deepest = std::max(deepest, depth(item));
    return value.items.empty() ? 0 : deepest + 1;
  }

  // "<<" (yaml.org/type/merge): members of other maps, unless the map has its own of that name.
  void member(Value& map, const Value& key, Value value) {
    if (key.text == "<<" && key.kind == Kind::scalar) {
      // In front of the map's own, so that those count; of several maps the first does.
      const auto prepend = [&](Value& other) {
        if (other.is(Kind::map))
          map.items.insert(map.items.begin(), std::make_move_iterator(other.items.begin()),
                           std::make_move_iterator(other.items.end()));
      };
      prepend(value);
      if (value.is(Kind::sequence))
        for (Value& other : value.items) prepend(other);
      return;
    }
    value.key = key.text;
    value.key_span = key.span;
    map.items.push_back(std::move(value));
  }

  // yaml-cpp tells only where a token begins: a scalar is taken as far as it stands there literally.
  Span token(const YAML::Mark& mark, std::string_view value) const {
    const size_t begin = mark.pos < 0 ? 0 : std::min(static_cast<size_t>(mark.pos), text_.size());
    if (begin == text_.size()) return index_.span(begin, begin);
    const char first = text_[begin];
    if (first == '"' || first == '\'') {
      const size_t close = text_.find(first, begin + 1);
      if (close < text_.find('\n', begin)) return index_.span(begin, close + 1);
    }
    const std::string_view line = value.substr(0, value.find('\n'));
    const bool literal = !line.empty() && text_.substr(begin, line.size()) == line;
    return index_.span(begin, begin + (literal ? line.size() : 1));
  }

  std::string_view text_;
  LineIndex index_;
  SyntaxErrors& errors_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Value> anchors_;
  std::optional<Value> root_;
  size_t count_ = 0;
};

// yaml-cpp takes a block of text that has an anchor, "- &name |", for ended where its lines are not indented beyond
// the anchor, which YAML 1.2 (8.1.1.1) does not ask for. The same text with such lines indented that far; the lines
// stay, and the value of a block does not depend on how far it is indented.
std::string with_deeper_blocks(std::string_view text) {
  constexpr size_t kDeepest = 200;
  std::string out;
  size_t block = std::string_view::npos, deeper = 0;  // the indentation of the line that begins it
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    const size_t indent = line.find_first_not_of(' ');
    const bool is_blank =
        indent == std::string_view::npos || line[indent] == '\n' || line[indent] == '\r';
    if (block != std::string_view::npos && (is_blank || indent > block)) {
      if (!is_blank) out.append(deeper, ' ');
      out += line;
      continue;
    }
    block = std::string_view::npos;
    out += line;
    const size_t anchor = line.find(" &");
    if (anchor == std::string_view::npos || is_blank || line[indent] == '#') continue;
    const size_t header = line.find_first_of(" \t", anchor + 2);
    if (header == std::string_view::npos || header > kDeepest) continue;
    const size_t style = line.find_first_not_of(" \t", header);
    if (style == std::string_view::npos || (line[style] != '|' && line[style] != '>')) continue;
    if (line.find_first_not_of("+- \t\r\n", style + 1) != std::string_view::npos) continue;
    block = indent;
    deeper = style;
  }
  return out;
}

// What yaml-cpp says against the text; nullopt: nothing, or `document` says it.
std::optional<SyntaxError> read(const std::string& text, Document& document) {
  Builder builder(text, document.errors);
  try {
    std::istringstream in{text};
    YAML::Parser parser(in);
    parser.HandleNextDocument(builder);
    document.root = builder.take();
  } catch (const Stop&) {
  } catch (const YAML::Exception& e) {
    const size_t at = e.mark.pos < 0 ? 0 : std::min(static_cast<size_t>(e.mark.pos), text.size());
    return SyntaxError{"not-yaml", LineIndex(text).span(at, std::min(at + 1, text.size())), e.msg,
                       Effect::refused};
  } catch (const std::exception&) {
    return SyntaxError{"not-yaml", Span{1, 1, 1, 1}, "this is no YAML", Effect::refused};
  }
  return std::nullopt;
}

}  // namespace

const Value* Value::find(std::string_view member) const {
  if (kind != Kind::map) return nullptr;
  const Value* found = nullptr;
  for (const Value& item : items)
    if (item.key == member) found = &item;
  return found;
}

Document parse(std::string_view text) {
  Document document;
  const Span start{1, 1, 1, 1};
  if (text.size() > kSize) {
    document.errors.add("too-large", start, "the file is larger than 1 MiB", Effect::refused);
    return document;
  }
  if (!is_utf8(text)) {
    document.errors.add("not-utf8", start, "the file is not UTF-8", Effect::refused);
    return document;
  }
  const std::string given(text);
  auto wrong = read(given, document);
  if (wrong)
    if (const std::string deeper = with_deeper_blocks(text); deeper != given)
      if (Document again; !read(deeper, again)) return again;
  if (wrong)
    document.errors.add(wrong->code, wrong->span, std::move(wrong->message), wrong->effect);
  return document;
}

}  // namespace drydock::parsers::yaml
