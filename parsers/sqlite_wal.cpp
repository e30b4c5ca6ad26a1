#include "parsers/sqlite_wal.h"

#include <algorithm>
#include <map>

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

void apply(std::string& database, std::string_view log) {
  if (database.size() < 100) return;
  // Bytes 18 and 19: 2 says that the database is used with a log, 1 that it is not.
  database[18] = database[19] = 1;

  const ByteView view(log);
  const uint32_t magic = view.be32(0);
  if (log.size() < kHead || (magic & ~1U) != kMagic) return;
  const size_t page = view.be32(8);
  if (page < 512 || page > 65536 || (page & (page - 1)) != 0) return;
  Checksum checksum((magic & 1) != 0);
  checksum.add(log.substr(0, 24));
  if (!checksum.is(view.be32(24), view.be32(28))) return;

  std::map<uint32_t, size_t> pending, committed;  // page -> where its content stands in the log
  size_t pages = 0;
  for (size_t at = kHead; view.has(at, kFrameHead + page); at += kFrameHead + page) {
    const uint32_t number = view.be32(at), size_after_commit = view.be32(at + 4);
    if (number == 0 || view.be64(at + 8) != view.be64(16)) break;  // salts
    checksum.add(log.substr(at, 8));
    checksum.add(log.substr(at + kFrameHead, page));
    if (!checksum.is(view.be32(at + 16), view.be32(at + 20))) break;
    pending[number] = at + kFrameHead;
    if (size_after_commit == 0) continue;
    pages = size_after_commit;
    for (const auto& [one, where] : pending) committed[one] = where;
    pending.clear();
  }
  if (committed.empty()) return;
  if (pages > database.size() / page + log.size() / page) return;
  database.resize(pages * page);
  for (const auto& [number, where] : committed)
    if (number <= pages)
      std::copy_n(log.begin() + static_cast<std::ptrdiff_t>(where), page,
                  database.begin() + static_cast<std::ptrdiff_t>((size_t{number} - 1) * page));
  database[18] = database[19] = 1;
}

}  // namespace drydock::parsers::sqlite_wal
