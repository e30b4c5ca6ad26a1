// Databases of bbolt made by hand, as page.go and bucket.go lay them out: for tests of what keeps its state in one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace drydock::test {

struct BoltBucket {
  std::map<std::string, std::string> keys;
  std::map<std::string, BoltBucket> buckets;
};

class BoltWriter {
 public:
  static constexpr size_t kPage = 1024;

  // Buckets below the root are inline pages where `inline_buckets`, else pages of their own of at most `elements`
  // elements each, with a branch above them where one page does not do.
  explicit BoltWriter(bool inline_buckets = true, size_t elements = 2)
      : inline_(inline_buckets), elements_(elements) {}

  std::string write(const BoltBucket& root) {
    pages_.assign(2, "");  // the meta pages
    add(page(0, 2, 0x10, {}));
    const uint64_t top = store(root);
    pages_[0] = meta(0, top, 6);
    pages_[1] = meta(1, top, 7);
    std::string out;
    for (const std::string& one : pages_) out += one;
    return out;
  }

 private:
  struct Element {
    uint32_t flags;
    std::string key, value;
    uint64_t child = 0;
  };

  static void number(std::string& out, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xff);
  }

  static std::string head(uint64_t id, uint16_t kind, size_t count, size_t overflow) {
    std::string out;
    number(out, id, 8), number(out, kind, 2), number(out, count, 2), number(out, overflow, 4);
    return out;
  }

  // A page of kind 1 (branch) or 2 (leaf); without its filling.
  static std::string page(uint64_t id, size_t overflow, uint16_t kind,
                          const std::vector<Element>& elements) {
    std::string out = head(id, kind, elements.size(), overflow), data;
    for (size_t i = 0; i < elements.size(); ++i) {
      const Element& e = elements[i];
      const size_t at = (elements.size() - i) * 16 + data.size();
      if (kind == 1) {
        number(out, at, 4), number(out, e.key.size(), 4), number(out, e.child, 8);
        data += e.key;
      } else {
        number(out, e.flags, 4), number(out, at, 4);
        number(out, e.key.size(), 4), number(out, e.value.size(), 4);
        data += e.key + e.value;
      }
    }
    return out + data;
  }

  uint64_t add(std::string bytes) {
    const size_t count = (bytes.size() + kPage - 1) / kPage;
    bytes.resize(count * kPage, '\0');
    const uint64_t id = pages_.size();
    for (size_t i = 0; i < count; ++i) pages_.push_back(bytes.substr(i * kPage, kPage));
    return id;
  }

  uint64_t add_page(uint16_t kind, const std::vector<Element>& elements) {
    const size_t size = page(0, 0, kind, elements).size();
    return add(page(pages_.size(), (size + kPage - 1) / kPage - 1, kind, elements));
  }

  std::vector<Element> elements(const BoltBucket& bucket) {
    std::map<std::string, Element> out;
    for (const auto& [key, value] : bucket.keys) out[key] = {0, key, value};
    for (const auto& [key, inner] : bucket.buckets) {
      std::string value;
      number(value, inline_ ? 0 : store(inner), 8), number(value, 0, 8);
      if (inline_) value += page(0, 0, 2, elements(inner));
      out[key] = {1, key, value};
    }
    std::vector<Element> list;
    for (auto& [key, element] : out) list.push_back(element);
    return list;
  }

  uint64_t store(const BoltBucket& bucket) {
    const std::vector<Element> all = elements(bucket);
    if (all.size() <= elements_ || inline_) return add_page(2, all);
    std::vector<Element> branches;
    for (size_t i = 0; i < all.size(); i += elements_) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i);
      const auto end =
          all.begin() + static_cast<std::ptrdiff_t>(std::min(i + elements_, all.size()));
      branches.push_back({0, begin->key, "", add_page(2, {begin, end})});
    }
    return add_page(1, branches);
  }

  std::string meta(uint64_t id, uint64_t root, uint64_t transaction) const {
    std::string body;
    number(body, 0xED0CDAED, 4), number(body, 2, 4), number(body, kPage, 4), number(body, 0, 4);
    number(body, root, 8), number(body, 0, 8), number(body, 2, 8);
    number(body, pages_.size(), 8), number(body, transaction, 8);
    uint64_t sum = 14695981039346656037u;
    for (const char c : body) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211u;
    number(body, sum, 8);
    std::string out = head(id, 4, 0, 0) + body;
    out.resize(kPage, '\0');
    return out;
  }

  bool inline_;
  size_t elements_;
  std::vector<std::string> pages_;
};

}  // namespace drydock::test
