#include "parsers/sqlite_wal.h"

#include <algorithm>
#include <utility>

#include "analyzer/base/bytes.h"

namespace drydock::parsers::sqlite_wal {
namespace {

constexpr size_t kHead = 32, kFrameHead = 24;
constexpr uint32_t kMagic = 0x377f0682;  // its lowest bit: checksums are of big-endian words

class Checksum {
 public:
  explicit Checksum(bool big) : big_(big) {}

  // `bytes` has a multiple of eight.
  void add(std::string_view bytes) {
    const ByteView view(bytes);
    for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first_ += (big_ ? view.be32(at) : view.le32(at)) + second_;
      second_ += (big_ ? view.be32(at + 4) : view.le32(at + 4)) + first_;
    }
  }
  bool is(uint32_t first, uint32_t second) const { return first_ == first && second_ == second; }

 private:
  bool big_;
  uint32_t first_ = 0, second_ = 0;
};

}  // namespace

Database::Database(RandomBytes& file, RandomBytes& log)
    : file_(file), log_(log), size_(file.size()) {
  if (size_ >= 100) read_log();
}

void Database::read_log() {
  const std::string head(log_.at(0, kHead));
  const ByteView view(head);
  const uint32_t magic = view.be32(0);
  if (head.size() < kHead || (magic & ~1U) != kMagic) return;
  const size_t page = view.be32(8);
  if (page < 512 || page > 65536 || (page & (page - 1)) != 0) return;
  Checksum checksum((magic & 1) != 0);
  checksum.add(std::string_view(head).substr(0, 24));
  if (!checksum.is(view.be32(24), view.be32(28))) return;

  std::map<uint32_t, uint64_t> pending, committed;
  uint64_t pages = 0;
  for (uint64_t at = kHead;; at += kFrameHead + page) {
    const std::string_view bytes = log_.at(at, kFrameHead + page);
    if (bytes.size() < kFrameHead + page) break;
    const ByteView frame(bytes);
    const uint32_t number = frame.be32(0), size_after_commit = frame.be32(4);
    if (number == 0 || frame.be64(8) != view.be64(16)) break;  // salts
    checksum.add(bytes.substr(0, 8));
    checksum.add(bytes.substr(kFrameHead));
    if (!checksum.is(frame.be32(16), frame.be32(20))) break;
    pending[number] = at + kFrameHead;
    if (size_after_commit == 0) continue;
    pages = size_after_commit;
    for (const auto& [one, where] : pending) committed[one] = where;
    pending.clear();
  }
  if (committed.empty() || pages > size_ / page + log_.size() / page) return;
  page_ = page;
  size_ = pages * page;
  pages_ = std::move(committed);
}

std::string_view Database::at(uint64_t offset, size_t length) {
  buffer_.clear();
  if (offset >= size_) return buffer_;
  const uint64_t end = offset + std::min<uint64_t>(length, size_ - offset);
  for (uint64_t here = offset; here < end;) {
    const uint64_t inside = page_ ? here % page_ : 0;
    const auto wanted =
        static_cast<size_t>(page_ ? std::min(page_ - inside, end - here) : end - here);
    const auto logged = page_ ? pages_.find(static_cast<uint32_t>(here / page_ + 1)) : pages_.end();
    const std::string_view bytes =
        logged == pages_.end() ? file_.at(here, wanted) : log_.at(logged->second + inside, wanted);
    buffer_ += bytes;
    here += wanted;
    // A page that the file has no more, or not yet, and of which the log knows nothing.
    if (bytes.size() < wanted) buffer_.append(wanted - bytes.size(), '\0');
  }
  // Bytes 18 and 19: 2 says that the database is used with a log, 1 that it is not.
  for (uint64_t mark = 18; mark < 20; ++mark)
    if (mark >= offset && mark < end && size_ >= 100) buffer_[mark - offset] = 1;
  return buffer_;
}

}  // namespace drydock::parsers::sqlite_wal
