#include "parsers/bolt.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "analyzer/base/bytes.h"
#include "analyzer/base/limits.h"

namespace drydock::parsers::bolt {
namespace {

constexpr Span kFile{1, 1, 1, 1};
constexpr uint32_t kMagic = 0xED0CDAED, kVersion = 2;
constexpr size_t kPageHead = 16, kElement = 16, kBucketHead = 16, kMetaSize = 64;
constexpr uint16_t kBranch = 1, kLeaf = 2;  // kinds of pages
constexpr uint32_t kBucketFlag = 1;         // of an element of a leaf
constexpr int kDepth = 40;                  // pages and buckets above each other
// Keys and values handed over or gone into, in sizes of the pages that were read and are not empty. An honest database
// has each byte in one element, and in those of the inline buckets around it.
constexpr uint64_t kTimesTaken = 8;
// Pages of nothing but zeros, in sizes of the others, and those that any database may have: a file with holes may be
// called as large as one likes.
constexpr uint64_t kTimesEmpty = 8, kEmpty = uint64_t{4} << 20;

// FNV-1a, 64 bits: meta.sum64.
uint64_t checksum(std::string_view bytes) {
  uint64_t sum = 14695981039346656037u;
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return sum;
}

struct Meta {
  uint64_t page_size = 0, root = 0, transaction = 0;
};

// The meta page at byte `at`. Numbers have the byte order of the machine; no big-endian one is read.
std::optional<Meta> meta_at(RandomBytes& file, uint64_t at) {
  const std::string bytes(file.at(at + kPageHead, kMetaSize));
  const ByteView view{std::string_view(bytes)};
  const uint64_t page_size = view.le32(8);
  if (bytes.size() < kMetaSize || view.le32(0) != kMagic || view.le32(4) != kVersion ||
      page_size < 512 || page_size > (uint64_t{1} << 20) || (page_size & (page_size - 1)) != 0 ||
      view.le64(56) != checksum(std::string_view(bytes).substr(0, 56)))
    return std::nullopt;
  return Meta{page_size, view.le64(16), view.le64(48)};
}

// db.go, Open: the page size is that of the first meta page; if that is damaged the second one is looked for.
std::optional<Meta> newest_meta(RandomBytes& file) {
  std::optional<Meta> newest = meta_at(file, 0);
  for (uint64_t size = newest ? newest->page_size : 1024; size <= (uint64_t{1} << 20); size *= 2) {
    const auto other = meta_at(file, size);
    if (other && other->page_size == size && (!newest || other->transaction > newest->transaction))
      newest = other;
    if (newest) break;
  }
  return newest;
}

class Reader {
 public:
  Reader(RandomBytes& file, const Meta& meta, const Visitor& visitor)
      : file_(file), meta_(meta), visitor_(visitor) {}

  SyntaxErrors read() {
    page(meta_.root, 0);
    return std::move(errors_);
  }

 private:
  void refuse(std::string_view code, std::string message) {
    errors_.add(code, kFile, std::move(message), Effect::refused);
  }

  // How much of it is pages with something in them.
  uint64_t there(std::string_view bytes) const {
    uint64_t sum = 0;
    for (size_t at = 0; at < bytes.size(); at += meta_.page_size)
      if (bytes.substr(at, meta_.page_size).find_first_not_of('\0') != std::string_view::npos)
        sum += meta_.page_size;
    return sum;
  }

  // A page with those that overflow it. Each is read once: it hangs in one place.
  void page(uint64_t number, int depth) {
    const std::string name = "page " + std::to_string(number);
    const uint64_t pages = file_.size() / meta_.page_size;
    if (number >= pages) return refuse("broken-page", name + " lies outside the file");
    if (empty_ > kTimesEmpty * there_ + kEmpty) return;  // said before
    const uint64_t at = number * meta_.page_size;
    const uint64_t length =
        (uint64_t{ByteView(file_.at(at, kPageHead)).le32(12)} + 1) * meta_.page_size;
    read_ += length;
    if (length > file_.size() - at || length > limits::kFileContent || read_ > file_.size())
      return refuse("broken-page", name + " does not fit into the file");
    for (uint64_t page = number; page < number + length / meta_.page_size; ++page)
      if (!known_.insert(page).second)
        return refuse("broken-page", name + " hangs in two places, or lies in another");
    const std::string bytes(file_.at(at, static_cast<size_t>(length)));
    const uint64_t full = there(bytes);
    there_ += full;
    empty_ += bytes.size() - full;
    if (empty_ > kTimesEmpty * there_ + kEmpty)
      return refuse("broken-page", name + " and those before it are empty");
    if (bytes.size() == length) elements(bytes, name, depth);
  }

  void elements(std::string_view bytes, const std::string& name, int depth) {
    if (depth > kDepth)
      return refuse("too-deep", name + " has too many pages and buckets above it");
    const ByteView view(bytes);
    const uint16_t kind = view.le16(8), count = view.le16(10);
    if ((kind != kBranch && kind != kLeaf) || !view.has(kPageHead, count * kElement))
      return refuse("broken-page", name + " is neither a branch nor a leaf");
    for (size_t i = 0; i < count; ++i) {
      const size_t at = kPageHead + i * kElement;
      if (kind == kBranch) {
        page(view.le64(at + 8), depth + 1);
        continue;
      }
      const uint64_t key = at + view.le32(at + 4), key_size = view.le32(at + 8);
      const uint64_t value_size = view.le32(at + 12);
      if (!view.has(key, key_size) || !view.has(key + key_size, value_size)) {
        refuse("broken-page", "an element of " + name + " lies outside it");
        continue;
      }
      const uint64_t bound = kTimesTaken * there_;
      if (taken_ > bound) return;  // said further in
      taken_ += key_size + value_size;
      if (taken_ > bound)
        return refuse("broken-page", "elements of " + name + " lie in each other");
      path_.emplace_back(bytes.substr(key, std::min<uint64_t>(key_size, limits::kPathBytes)));
      const std::string_view value = bytes.substr(key + key_size, value_size);
      if (view.le32(at) & kBucketFlag)
        bucket(value, name, depth);
      else
        visitor_.take(path_, value);
      path_.pop_back();
    }
  }

  // bucket.go: the number of its root page, or 0 and the one page itself.
  void bucket(std::string_view value, const std::string& name, int depth) {
    if (value.size() < kBucketHead)
      return refuse("broken-page", "a bucket of " + name + " has no head");
    if (!visitor_.enter(path_)) return;
    if (const uint64_t root = ByteView(value).le64(0); root != 0)
      page(root, depth + 1);
    else
      elements(value.substr(kBucketHead), "a bucket of " + name, depth + 1);
  }

  RandomBytes& file_;
  const Meta meta_;
  const Visitor& visitor_;
  std::vector<std::string> path_;
  std::set<uint64_t> known_;        // pages that were read
  uint64_t read_ = 0;               // bytes of pages
  uint64_t there_ = 0, empty_ = 0;  // of them
  uint64_t taken_ = 0;              // bytes of elements
  SyntaxErrors errors_;
};

}  // namespace

bool is_bolt(RandomBytes& file) {
  return newest_meta(file).has_value();
}

SyntaxErrors read(RandomBytes& file, const Visitor& visitor) {
  if (const auto meta = newest_meta(file)) return Reader(file, *meta, visitor).read();
  SyntaxErrors errors;
  errors.add("not-a-database", kFile, "none of its meta pages is whole", Effect::refused);
  return errors;
}

}  // namespace drydock::parsers::bolt
