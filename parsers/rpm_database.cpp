#include "parsers/rpm_database.h"

#include <algorithm>

#include "analyzer/base/bytes.h"
#include "analyzer/base/limits.h"

namespace drydock::parsers::rpm_database {
namespace {

constexpr Span kFile{1, 1, 1, 1};
constexpr size_t kBdbMagicAt = 12;
constexpr uint32_t kBdbHash = 0x00061561;

void refuse(SyntaxErrors& errors, std::string_view code, std::string message) {
  errors.add(code, kFile, std::move(message), Effect::refused);
}

// --- ndb: lib/backend/ndb/rpmpkg.c. All numbers are little-endian. ---

constexpr size_t kPage = 4096, kSlot = 16, kBlock = 16, kBlobHead = 16, kBlobTail = 12;

void read_ndb(RandomBytes& content, const Visit& visit, SyntaxErrors& errors) {
  const ByteView head(content.at(0, kPage));
  const uint64_t pages = head.le32(12);  // of slots
  if (head.le32(4) != 0 || pages == 0 || pages > content.size() / kPage)
    return refuse(errors, "not-a-database", "its head names more pages of slots than it has");
  // The head takes the place of the first two slots.
  for (uint64_t at = 2 * kSlot; at < pages * kPage; at += kSlot) {
    const std::string where = "the slot at byte " + std::to_string(at);
    const ByteView slot(content.at(at, kSlot));
    if (!slot.starts_with("Slot")) {
      refuse(errors, "broken-record", where + " does not begin with 'Slot'");
      continue;
    }
    const uint32_t index = slot.le32(4);
    if (index == 0) continue;  // free
    const uint64_t blob = uint64_t{slot.le32(8)} * kBlock;
    const uint64_t space = uint64_t{slot.le32(12)} * kBlock;
    const ByteView record(content.at(blob, kBlobHead));
    const size_t length = record.le32(12);
    if (blob > content.size() || space > content.size() - blob || space < kBlobHead + kBlobTail ||
        length > space - kBlobHead - kBlobTail || length > limits::kFileContent ||
        !record.starts_with("BlbS") || record.le32(4) != index) {
      refuse(errors, "broken-record", where + " points to no record");
      continue;
    }
    if (!visit(content.at(blob + kBlobHead, length))) return;
  }
}

// --- bdb: dbinc/db_page.h of Berkeley DB. The numbers have the byte order of the machine that wrote it. ---

class Bdb {
 public:
  Bdb(RandomBytes& content, bool big) : content_(content), big_(big) {}

  void read(const Visit& visit, SyntaxErrors& errors) {
    page_size_ = number(content_.at(0, 32), 20, 4);
    if (page_size_ < 512 || page_size_ > 65536 || (page_size_ & (page_size_ - 1)) != 0)
      return refuse(errors, "not-a-database", "its page size (byte 20) is none of Berkeley DB's");
    std::string page;  // of its own: reading on takes the bytes away
    for (uint64_t number = 0; number < pages(); ++number) {
      const std::string_view bytes = content_.at(number * page_size_, page_size_);
      if (bytes.size() < page_size_) return;
      const uint8_t type = ByteView(bytes).u8(25);
      if (type != kHash && type != kHashUnsorted) continue;
      page = bytes;
      if (!read_page(number * page_size_, page, visit, errors)) return;
    }
  }

 private:
  enum : uint8_t { kHashUnsorted = 2, kOverflow = 7, kHash = 13 };  // types of pages
  enum : uint8_t { kKeyData = 1, kOffPage = 3 };                    // types of items
  static constexpr size_t kPageHead = 26;

  uint64_t pages() const { return content_.size() / page_size_; }

  uint32_t number(std::string_view bytes, size_t at, size_t width) const {
    const ByteView view(bytes);
    if (width == 2) return big_ ? view.be16(at) : view.le16(at);
    return big_ ? view.be32(at) : view.le32(at);
  }

  // Keys (the packages' numbers) and values (their headers) take turns. Items fill the page, which stands at
  // byte `at` of the file, from its end.
  bool read_page(uint64_t at, std::string_view page, const Visit& visit, SyntaxErrors& errors) {
    const size_t items = number(page, 20, 2);
    if (kPageHead + items * 2 > page_size_ || items % 2 != 0) {
      refuse(errors, "broken-record",
             "the page at byte " + std::to_string(at) + " has a wrong number of items");
      return true;
    }
    for (size_t i = 1; i < items; i += 2) {
      const size_t key = number(page, kPageHead + (i - 1) * 2, 2);
      const size_t value = number(page, kPageHead + i * 2, 2);
      if (value < kPageHead || value >= key || key + 5 > page_size_) {
        refuse(errors, "broken-record",
               "an item of the page at byte " + std::to_string(at) + " lies outside it");
        continue;
      }
      // Under the key 0 the database keeps the highest number so far.
      if (number(page, key + 1, 4) == 0) continue;
      const uint8_t type = ByteView(page).u8(value);
      if (type == kKeyData) {
        if (!visit(page.substr(value + 1, key - value - 1))) return false;
      } else if (type == kOffPage && key - value >= 12) {
        if (!collect(number(page, value + 4, 4), number(page, value + 8, 4))) {
          refuse(errors, "broken-record",
                 "the chain of pages of the item at byte " + std::to_string(at + value) +
                     " is broken");
          continue;
        }
        if (!visit(buffer_)) return false;
      } else {
        refuse(errors, "broken-record",
               "the item at byte " + std::to_string(at + value) + " is of no known kind");
      }
    }
    return true;
  }

  // The chain of overflow pages that holds one long item. Over the whole file no more pages are followed
  // than chains without a page in common could have.
  bool collect(uint64_t next, size_t length) {
    if (length > content_.size() || length > limits::kFileContent) return false;
    buffer_.clear();
    while (buffer_.size() < length) {
      if (next == 0 || next >= pages() || ++followed_ > pages()) return false;
      const std::string_view page = content_.at(next * page_size_, page_size_);
      const size_t here = number(page, 22, 2);
      if (page.size() < page_size_ || ByteView(page).u8(25) != kOverflow || here == 0 ||
          kPageHead + here > page_size_)
        return false;
      buffer_.append(page.substr(kPageHead, std::min(here, length - buffer_.size())));
      next = number(page, 16, 4);
    }
    return true;
  }

  RandomBytes& content_;
  bool big_;
  size_t page_size_ = 0;
  uint64_t followed_ = 0;
  std::string buffer_;
};

}  // namespace

Format format_of(RandomBytes& content) {
  const ByteView file(content.at(0, 32));
  if (file.starts_with(std::string_view("SQLite format 3\0", 16))) return Format::sqlite;
  if (file.starts_with("RpmP")) return Format::ndb;
  if (file.has(kBdbMagicAt, 4) &&
      (file.le32(kBdbMagicAt) == kBdbHash || file.be32(kBdbMagicAt) == kBdbHash))
    return Format::bdb;
  return Format::unknown;
}

SyntaxErrors read(RandomBytes& content, const Visit& visit) {
  SyntaxErrors errors;
  switch (format_of(content)) {
    case Format::ndb:
      read_ndb(content, visit, errors);
      break;
    case Format::bdb:
      Bdb(content, ByteView(content.at(0, 32)).be32(kBdbMagicAt) == kBdbHash).read(visit, errors);
      break;
    default:
      refuse(errors, "not-a-database", "it is neither an ndb nor a Berkeley DB hash");
  }
  return errors;
}

}  // namespace drydock::parsers::rpm_database
