#include "parsers/rpm_database.h"

#include <algorithm>

#include "analyzer/base/bytes.h"

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

void read_ndb(std::string_view content, const Visit& visit, SyntaxErrors& errors) {
  const ByteView file(content);
  const uint64_t pages = file.le32(12);  // of slots
  if (file.le32(4) != 0 || pages == 0 || pages > content.size() / kPage)
    return refuse(errors, "not-a-database", "its head names more pages of slots than it has");
  // The head takes the place of the first two slots.
  for (size_t at = 2 * kSlot; at < pages * kPage; at += kSlot) {
    const std::string where = "the slot at byte " + std::to_string(at);
    if (!file.starts_with("Slot", at)) {
      refuse(errors, "broken-record", where + " does not begin with 'Slot'");
      continue;
    }
    const uint32_t index = file.le32(at + 4);
    if (index == 0) continue;  // free
    const size_t blob = size_t{file.le32(at + 8)} * kBlock;
    const size_t space = size_t{file.le32(at + 12)} * kBlock;
    const size_t length = file.le32(blob + 12);
    if (!file.has(blob, space) || space < kBlobHead + kBlobTail ||
        length > space - kBlobHead - kBlobTail || !file.starts_with("BlbS", blob) ||
        file.le32(blob + 4) != index) {
      refuse(errors, "broken-record", where + " points to no record");
      continue;
    }
    if (!visit(content.substr(blob + kBlobHead, length))) return;
  }
}

// --- bdb: dbinc/db_page.h of Berkeley DB. The numbers have the byte order of the machine that wrote it. ---

class Bdb {
 public:
  Bdb(std::string_view content, bool big) : content_(content), file_(content), big_(big) {}

  void read(const Visit& visit, SyntaxErrors& errors) {
    page_size_ = number(20, 4);
    if (page_size_ < 512 || page_size_ > 65536 || (page_size_ & (page_size_ - 1)) != 0)
      return refuse(errors, "not-a-database", "its page size (byte 20) is none of Berkeley DB's");
    for (size_t page = 0; (page + 1) * page_size_ <= content_.size(); ++page) {
      const size_t at = page * page_size_;
      const uint8_t type = file_.u8(at + 25);
      if (type != kHash && type != kHashUnsorted) continue;
      if (!read_page(at, visit, errors)) return;
    }
  }

 private:
  enum : uint8_t { kHashUnsorted = 2, kOverflow = 7, kHash = 13 };  // types of pages
  enum : uint8_t { kKeyData = 1, kOffPage = 3 };                    // types of items
  static constexpr size_t kPageHead = 26;

  uint32_t number(size_t at, size_t width) const {
    if (width == 2) return big_ ? file_.be16(at) : file_.le16(at);
    return big_ ? file_.be32(at) : file_.le32(at);
  }

  // Keys (the packages' numbers) and values (their headers) take turns. Items fill the page from its end.
  bool read_page(size_t at, const Visit& visit, SyntaxErrors& errors) {
    const size_t items = number(at + 20, 2);
    if (kPageHead + items * 2 > page_size_ || items % 2 != 0) {
      refuse(errors, "broken-record",
             "the page at byte " + std::to_string(at) + " has a wrong number of items");
      return true;
    }
    for (size_t i = 1; i < items; i += 2) {
      const size_t key = number(at + kPageHead + (i - 1) * 2, 2);
      const size_t value = number(at + kPageHead + i * 2, 2);
      if (value < kPageHead || value >= key || key + 5 > page_size_) {
        refuse(errors, "broken-record",
               "an item of the page at byte " + std::to_string(at) + " lies outside it");
        continue;
      }
      // Under the key 0 the database keeps the highest number so far.
      if (number(at + key + 1, 4) == 0) continue;
      const uint8_t type = file_.u8(at + value);
      if (type == kKeyData) {
        if (!visit(content_.substr(at + value + 1, key - value - 1))) return false;
      } else if (type == kOffPage && key - value >= 12) {
        if (!collect(number(at + value + 4, 4), number(at + value + 8, 4))) {
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
  bool collect(size_t page, size_t length) {
    if (length > content_.size()) return false;
    buffer_.clear();
    while (buffer_.size() < length) {
      if (page == 0 || page >= content_.size() / page_size_ ||
          ++followed_ > content_.size() / page_size_)
        return false;
      const size_t at = page * page_size_;
      const size_t here = number(at + 22, 2);
      if (file_.u8(at + 25) != kOverflow || here == 0 || kPageHead + here > page_size_)
        return false;
      buffer_.append(content_.substr(at + kPageHead, std::min(here, length - buffer_.size())));
      page = number(at + 16, 4);
    }
    return true;
  }

  std::string_view content_;
  ByteView file_;
  bool big_;
  size_t page_size_ = 0, followed_ = 0;
  std::string buffer_;
};

}  // namespace

Format format_of(std::string_view content) {
  const ByteView file(content);
  if (file.starts_with(std::string_view("SQLite format 3\0", 16))) return Format::sqlite;
  if (file.starts_with("RpmP")) return Format::ndb;
  if (file.has(kBdbMagicAt, 4) &&
      (file.le32(kBdbMagicAt) == kBdbHash || file.be32(kBdbMagicAt) == kBdbHash))
    return Format::bdb;
  return Format::unknown;
}

SyntaxErrors read(std::string_view content, const Visit& visit) {
  SyntaxErrors errors;
  switch (format_of(content)) {
    case Format::ndb:
      read_ndb(content, visit, errors);
      break;
    case Format::bdb:
      Bdb(content, ByteView(content).be32(kBdbMagicAt) == kBdbHash).read(visit, errors);
      break;
    default:
      refuse(errors, "not-a-database", "it is neither an ndb nor a Berkeley DB hash");
  }
  return errors;
}

}  // namespace drydock::parsers::rpm_database
