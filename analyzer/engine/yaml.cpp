#include "analyzer/engine/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <sstream>

namespace drydock::engine::yaml {
namespace {

// Stops the parser from inside a callback; the mistake is already recorded.
struct Stop : std::exception {};

// Builds the tree from yaml-cpp's events: its own node type hides aliases and repeated keys.
class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view text, Mistakes& mistakes)
      : text_(text), index_(text), mistakes_(mistakes) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    add(Node{
        .kind = Node::Kind::null, .span = token(mark, {}), .text = {}, .items = {}, .entries = {}});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "an alias (*name) is not allowed here", "write the value out");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    check_tag(mark, tag);
    add(Node{.kind = Node::Kind::scalar,
             .span = token(mark, value),
             .text = value,
             .items = {},
             .entries = {}});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open(mark, Node::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open(mark, Node::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  // A collection under construction; `key` is set between a key and its value.
  struct Open {
    Node node;
    std::optional<Node> key;
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string message, std::string help) {
    mistakes_.error(token(mark, {}), std::move(message), std::move(help));
    throw Stop();
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse(mark, "a tag is not allowed here", "remove it");
  }

  void open(const YAML::Mark& mark, Node::Kind kind) {
    if (open_.size() >= static_cast<size_t>(kMaxDepth)) refuse(mark, "nested too deeply", {});
    if (!open_.empty() && open_.back().node.is_map() && !open_.back().key)
      refuse(mark, "a key must be a plain text", {});
    Open opened;
    opened.node.kind = kind;
    opened.node.span = token(mark, {});
    open_.push_back(std::move(opened));
  }

  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (++count_ > kMaxNodes) {
      mistakes_.error(node.span, "the file has too many values");
      throw Stop();
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      if (!node.is_scalar()) {
        mistakes_.error(node.span, "a key must be a plain text");
        throw Stop();
      }
      parent.key = std::move(node);
    } else {
      const auto same =
          std::find_if(parent.node.entries.begin(), parent.node.entries.end(),
                       [&](const auto& entry) { return entry.first.text == parent.key->text; });
      if (same != parent.node.entries.end())
        mistakes_.error(parent.key->span, "the key '" + parent.key->text + "' is given twice",
                        "the first is in line " + std::to_string(same->first.span.line));
      else
        parent.node.entries.emplace_back(std::move(*parent.key), std::move(node));
      parent.key.reset();
    }
  }

  // The span of a token that yaml-cpp only gives the start of. A plain scalar reaches as far as its
  // value stands there literally, a quoted one to the closing quote of that line, a block scalar is
  // its first line of text; else one byte.
  Span token(const YAML::Mark& mark, std::string_view value) const {
    const size_t begin = mark.pos < 0 ? 0 : std::min(static_cast<size_t>(mark.pos), text_.size());
    if (begin == text_.size()) return index_.span(begin, begin);
    const char first = text_[begin];
    if (first == '|' || first == '>') {
      size_t line = text_.find('\n', begin);
      while (line != std::string_view::npos) {
        const size_t text = text_.find_first_not_of(" \r", line + 1);
        if (text == std::string_view::npos) break;
        if (text_[text] != '\n')
          return index_.span(text, std::min(text_.find('\n', text), text_.size()));
        line = text;
      }
    }
    if (first == '"' || first == '\'') {
      const size_t close = text_.find(first, begin + 1);
      const size_t end = text_.find('\n', begin);
      if (close < end) return index_.span(begin, close + 1);
    }
    if (!value.empty() && text_.substr(begin, value.size()) == value)
      return index_.span(begin, begin + value.size());
    return index_.span(begin, begin + 1);
  }

  std::string_view text_;
  LineIndex index_;
  Mistakes& mistakes_;
  std::vector<Open> open_;
  Node root_;
  size_t count_ = 0;
};

// yaml-cpp replaces what is no UTF-8, and places after it would drift.
bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const size_t length = first < 0x80   ? 1
                          : first < 0xC2 ? 0
                          : first < 0xE0 ? 2
                          : first < 0xF0 ? 3
                          : first < 0xF5 ? 4
                                         : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (size_t j = 1; j < length; ++j)
      if ((static_cast<unsigned char>(text[i + j]) & 0xC0) != 0x80) return false;
    i += length;
  }
  return true;
}

size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }
  return row.back();
}

}  // namespace

void Mistakes::error(Span span, std::string message, std::string help) {
  diagnostics_.push_back({.level = Level::error,
                          .kind = DiagnosticKind::configuration,
                          .path = path_,
                          .span = span,
                          .message = std::move(message),
                          .help = std::move(help)});
}

Node parse(std::string_view text, Mistakes& mistakes) {
  if (text.size() > kMaxBytes) {
    mistakes.error({}, "the file is larger than " + std::to_string(kMaxBytes >> 10) + " KiB");
    return {};
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF" || text.find('\0') != std::string_view::npos ||
      !is_utf8(text)) {
    mistakes.error({.line = 1, .column = 1, .end_line = 1, .end_column = 2},
                   "the file has a byte order mark, a NUL byte or bytes that are no UTF-8",
                   "write it as plain UTF-8");
    return {};
  }
  Builder builder(text, mistakes);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return {};
    Node root = builder.take();
    Mistakes other_mistakes("");
    Builder other("", other_mistakes);
    if (parser.HandleNextDocument(other)) {
      mistakes.error(root.span, "more than one document in the file");
      return {};
    }
    return root;
  } catch (const Stop&) {
  } catch (const YAML::Exception& error) {
    const Span place{static_cast<uint32_t>(std::max(error.mark.line, 0)) + 1,
                     static_cast<uint32_t>(std::max(error.mark.column, 0)) + 1,
                     static_cast<uint32_t>(std::max(error.mark.line, 0)) + 1,
                     static_cast<uint32_t>(std::max(error.mark.column, 0)) + 2};
    mistakes.error(place, "no valid YAML: " + error.msg);
  } catch (const std::exception& error) {
    mistakes.error({}, std::string("no valid YAML: ") + error.what());
  }
  return {};
}

Mapping::Mapping(const Node& node, std::string_view what, Mistakes& mistakes)
    : node_(node), what_(what), mistakes_(mistakes) {
  if (!node.is_map()) mistakes.error(node.span, what_ + " must be a mapping of keys to values");
}

const Node* Mapping::find(std::string_view key) const {
  for (const auto& [name, value] : node_.entries)
    if (name.text == key) return &value;
  return nullptr;
}

const Node* Mapping::get(std::string_view key) {
  asked_.emplace_back(key);
  return find(key);
}

const Node* Mapping::require(std::string_view key) {
  const Node* node = get(key);
  if (node == nullptr && valid())
    mistakes_.error(span(), what_ + " needs the key '" + std::string(key) + "'");
  return node;
}

bool Mapping::has(std::string_view key) const {
  return find(key) != nullptr;
}

Span Mapping::span(std::string_view key) const {
  const Node* node = find(key);
  return node == nullptr ? span() : node->span;
}

std::string Mapping::text(std::string_view key) {
  const Node* node = get(key);
  if (node == nullptr) return {};
  if (!node->is_scalar()) {
    mistakes_.error(node->span, "'" + std::string(key) + "' must be a text");
    return {};
  }
  return node->text;
}

std::string Mapping::required_text(std::string_view key) {
  if (require(key) == nullptr) return {};
  const bool scalar = find(key)->is_scalar();
  std::string value = text(key);
  if (scalar && value.find_first_not_of(" \t\r\n") == std::string::npos)
    mistakes_.error(span(key), "'" + std::string(key) + "' must not be empty");
  return value;
}

std::vector<std::string> Mapping::texts(std::string_view key) {
  const Node* node = get(key);
  if (node == nullptr) return {};
  return yaml::texts(*node, key, mistakes_);
}

bool Mapping::flag(std::string_view key) {
  const Node* node = get(key);
  if (node == nullptr) return false;
  if (!node->is_scalar() || (node->text != "true" && node->text != "false"))
    mistakes_.error(node->span, "'" + std::string(key) + "' must be true or false");
  return node->text == "true";
}

void Mapping::finish() {
  for (const auto& [name, value] : node_.entries) {
    if (std::find(asked_.begin(), asked_.end(), name.text) != asked_.end()) continue;
    const std::string near = nearest(name.text, asked_);
    mistakes_.error(name.span, what_ + " has no key '" + name.text + "'",
                    near.empty() ? "" : "did you mean '" + near + "'?");
  }
}

std::vector<std::string> texts(const Node& node, std::string_view what, Mistakes& mistakes) {
  std::vector<std::string> result;
  if (node.is_scalar()) {
    result.push_back(node.text);
  } else if (node.is_sequence()) {
    for (const Node& item : node.items) {
      if (item.is_scalar())
        result.push_back(item.text);
      else
        mistakes.error(item.span, "'" + std::string(what) + "' must be a list of texts");
    }
  } else {
    mistakes.error(node.span, "'" + std::string(what) + "' must be a text or a list of texts");
  }
  return result;
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  size_t best_distance = std::min<size_t>(3, word.size() / 2 + 1);
  if (word.size() > 64) return best;  // nobody meant that; and distance is quadratic
  for (const std::string& candidate : known) {
    const size_t steps = distance(word, candidate);
    if (steps < best_distance) {
      best_distance = steps;
      best = candidate;
    }
  }
  return best;
}

}  // namespace drydock::engine::yaml
