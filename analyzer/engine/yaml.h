// YAML for drydock's own files (rules, packs, configuration): a tree in which every node knows its
// place, so that each mistake is told at its line. Aliases, tags and several documents are refused:
// no file of ours needs them, and aliases make trees that are exponentially larger than their text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/base/span.h"

namespace drydock::engine::yaml {

inline constexpr size_t kMaxBytes = size_t{256} << 10;  // of one file
inline constexpr size_t kMaxNodes = 20'000;
inline constexpr int kMaxDepth = 32;

struct Entry;

struct Node {
  enum class Kind : uint8_t { null, scalar, sequence, map } kind = Kind::null;
  Span span;         // of a block scalar ('|', '>'): its first line of text
  std::string text;  // of a scalar
  std::vector<Node> items;
  std::vector<Entry> entries;  // in the order of the file; keys are scalars and unique

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_map() const { return kind == Kind::map; }
};

// A key of a mapping and what it stands for.
struct Entry {
  Node first;
  Node second;
};

// The mistakes of one file.
class Mistakes {
 public:
  explicit Mistakes(std::string_view path) : path_(path) {}
  void error(Span span, std::string message, std::string help = {});
  bool none() const { return diagnostics_.empty(); }
  std::vector<Diagnostic> take() { return std::move(diagnostics_); }

 private:
  std::string path_;
  std::vector<Diagnostic> diagnostics_;
};

// The one document of `text`; a null node (and a mistake) if it is not well-formed. An empty text
// gives a null node without a mistake.
Node parse(std::string_view text, Mistakes& mistakes);

// A mapping that is read key by key; finish() reports the keys that nobody asked for.
class Mapping {
 public:
  // A node that is no mapping is a mistake (`what` names it), and everything is missing then.
  Mapping(const Node& node, std::string_view what, Mistakes& mistakes);

  const Node* get(std::string_view key);                 // null: absent
  const Node* require(std::string_view key);             // absent is a mistake
  std::string text(std::string_view key);                // a scalar, or empty
  std::string required_text(std::string_view key);       // not empty
  std::vector<std::string> texts(std::string_view key);  // a list of scalars, or one scalar
  bool flag(std::string_view key);                       // true / false; absent is false
  Span span() const { return node_.span; }
  Span span(std::string_view key) const;  // of the key's value; of the mapping if absent
  bool has(std::string_view key) const;
  bool valid() const { return node_.is_map(); }
  void finish();

 private:
  const Node* find(std::string_view key) const;

  const Node& node_;
  std::string what_;
  Mistakes& mistakes_;
  std::vector<std::string> asked_;
};

// One scalar or a list of scalars as texts.
std::vector<std::string> texts(const Node& node, std::string_view what, Mistakes& mistakes);

// The one of `known` that `word` is probably meant to be; empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace drydock::engine::yaml
