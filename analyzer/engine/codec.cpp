#include "analyzer/engine/codec.h"

#include <concepts>
#include <type_traits>

namespace drydock::engine {
namespace {

// Both directions share one description of every type (the exchange() functions below), so that
// they cannot disagree. Numbers are written seven bits a byte, texts and lists with their length
// before them.
class Writer {
 public:
  static constexpr bool kReads = false;
  std::string take() { return std::move(bytes_); }
  void number(uint64_t& value) {
    uint64_t rest = value;
    for (; rest >= 0x80; rest >>= 7) bytes_ += static_cast<char>(rest | 0x80);
    bytes_ += static_cast<char>(rest);
  }
  void text(std::string& value) {
    uint64_t size = value.size();
    number(size);
    bytes_ += value;
  }

 private:
  std::string bytes_;
};

class Reader {
 public:
  static constexpr bool kReads = true;
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool done() const { return bytes_.empty(); }
  void number(uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return;
    }
    bytes_ = {};
  }
  // How many elements follow: never more than there are bytes.
  uint64_t count() {
    uint64_t value = 0;
    number(value);
    return value <= bytes_.size() ? value : 0;
  }
  void text(std::string& value) {
    const uint64_t size = count();
    value.assign(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
  }

 private:
  std::string_view bytes_;
};

template <class Archive>
void exchange(Archive& archive, std::string& value) {
  archive.text(value);
}

template <class Archive, class T>
requires std::integral<T> || std::is_enum_v<T>
void exchange(Archive& archive, T& value) {
  auto number = static_cast<uint64_t>(value);
  archive.number(number);
  if constexpr (Archive::kReads) value = static_cast<T>(number);
}

template <class Archive, class T>
void exchange(Archive& archive, std::vector<T>& list);
template <class Archive, class K, class V>
void exchange(Archive& archive, std::map<K, V>& map);

template <class Archive>
void exchange(Archive& archive, Condition& condition) {
  exchange(archive, condition.kind);
  exchange(archive, condition.trait);
  exchange(archive, condition.parts);
}

template <class Archive>
void exchange(Archive& archive, Comparison& comparison) {
  exchange(archive, comparison.op);
  exchange(archive, comparison.operands);
}

template <class Archive>
void exchange(Archive& archive, Expect& expect) {
  exchange(archive, expect.if_missing);
  exchange(archive, expect.table);
  exchange(archive, expect.keys);
  exchange(archive, expect.column);
  exchange(archive, expect.where);
  exchange(archive, expect.all);
  exchange(archive, expect.any);
  exchange(archive, expect.missing_value);
}

template <class Archive>
void exchange(Archive& archive, Query& query) {
  exchange(archive, query.sql);
  exchange(archive, query.edit);
}

template <class Archive>
void exchange(Archive& archive, Parameter& parameter) {
  exchange(archive, parameter.name);
  exchange(archive, parameter.value);
  exchange(archive, parameter.is_list);
  exchange(archive, parameter.doc);
}

template <class Archive>
void exchange(Archive& archive, ExampleFile& file) {
  exchange(archive, file.path);
  exchange(archive, file.kind);
  exchange(archive, file.content);
  exchange(archive, file.mode);
  exchange(archive, file.user);
  exchange(archive, file.group);
  exchange(archive, file.unreadable);
}

template <class Archive>
void exchange(Archive& archive, Example& example) {
  exchange(archive, example.outcome);
  exchange(archive, example.files);
  exchange(archive, example.at);
  exchange(archive, example.scope);
  exchange(archive, example.parameters);
  exchange(archive, example.note);
}

template <class Archive>
void exchange(Archive& archive, Rule& rule) {
  exchange(archive, rule.id);
  exchange(archive, rule.title);
  exchange(archive, rule.severity);
  exchange(archive, rule.is_review);
  exchange(archive, rule.profiles);
  exchange(archive, rule.deprecated_ids);
  exchange(archive, rule.scopes);
  bool applies = rule.applies.has_value();
  exchange(archive, applies);
  if (applies) exchange(archive, rule.applies ? *rule.applies : rule.applies.emplace());
  bool is_query = std::holds_alternative<Query>(rule.check);
  exchange(archive, is_query);
  if constexpr (Archive::kReads)
    if (is_query) rule.check = Query{};
  std::visit([&](auto& check) { exchange(archive, check); }, rule.check);
  exchange(archive, rule.anchors);
  exchange(archive, rule.message);
  exchange(archive, rule.message_absent);
  exchange(archive, rule.why);
  exchange(archive, rule.fix);
  exchange(archive, rule.references);
  exchange(archive, rule.parameters);
  exchange(archive, rule.topic);
  exchange(archive, rule.tables);
  exchange(archive, rule.source_path);
}

template <class Archive, class T>
void exchange(Archive& archive, std::vector<T>& list) {
  if constexpr (Archive::kReads) {
    list.resize(archive.count());
  } else {
    uint64_t size = list.size();
    archive.number(size);
  }
  for (T& element : list) exchange(archive, element);
}

template <class Archive, class K, class V>
void exchange(Archive& archive, std::map<K, V>& map) {
  if constexpr (Archive::kReads) {
    for (uint64_t left = archive.count(); left > 0; --left) {
      K key{};
      exchange(archive, key);
      exchange(archive, map[key]);
    }
  } else {
    uint64_t size = map.size();
    archive.number(size);
    for (auto& [key, value] : map) {
      K copy = key;
      exchange(archive, copy);
      exchange(archive, value);
    }
  }
}

}  // namespace

std::string encode_rules(const std::vector<std::shared_ptr<const Rule>>& rules) {
  Writer writer;
  for (const auto& rule : rules) {
    Rule copy = *rule;
    exchange(writer, copy);
  }
  return writer.take();
}

std::string encode_examples(const std::vector<std::shared_ptr<const Rule>>& rules) {
  Writer all;
  for (const auto& rule : rules) {
    std::string id = rule->id;
    std::vector<Example> copy = rule->examples;
    Writer examples;
    exchange(examples, copy);
    std::string bytes = examples.take();
    all.text(id);
    all.text(bytes);
  }
  return all.take();
}

std::vector<std::shared_ptr<const Rule>> decode_rules(std::string_view bytes) {
  std::vector<std::shared_ptr<const Rule>> rules;
  for (Reader reader(bytes); !reader.done();) {
    auto rule = std::make_shared<Rule>();
    exchange(reader, *rule);
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<Example> decode_examples(std::string_view bytes, std::string_view id) {
  for (Reader reader(bytes); !reader.done();) {
    std::string found, encoded;
    reader.text(found);
    reader.text(encoded);
    if (found != id) continue;
    Reader inner(encoded);
    std::vector<Example> examples;
    exchange(inner, examples);
    return examples;
  }
  return {};
}

}  // namespace drydock::engine
