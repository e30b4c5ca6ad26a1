#include "analyzer/source/entry_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "analyzer/source/acl.h"
#include "analyzer/source/format_reader.h"

namespace drydock {
namespace {

constexpr uint64_t kTarBlock = 512;
constexpr size_t kBatch = 256;                   // entries handed over at once
constexpr size_t kBatchText = size_t{32} << 10;  // bytes of their names
constexpr size_t kBatchesWaiting = 128;          // some 10 MB

NodeType node_type(archive_entry* entry) {
  switch (archive_entry_filetype(entry)) {
    case AE_IFDIR:
      return NodeType::directory;
    case AE_IFLNK:
      return NodeType::symlink;
    case AE_IFIFO:
      return NodeType::fifo;
    case AE_IFSOCK:
      return NodeType::socket;
    case AE_IFBLK:
      return NodeType::block_device;
    case AE_IFCHR:
      return NodeType::char_device;
    default:
      return NodeType::file;
  }
}

uint64_t size_of(archive_entry* entry) {
  return static_cast<uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
}

Stat stat_of(archive_entry* entry) {
  Stat stat;
  stat.type = node_type(entry);
  stat.mode = mode_of(entry);
  stat.uid = static_cast<uint32_t>(archive_entry_uid(entry));
  stat.gid = static_cast<uint32_t>(archive_entry_gid(entry));
  stat.mtime = archive_entry_mtime(entry);
  if (stat.type == NodeType::file) stat.size = size_of(entry);
  if (stat.type == NodeType::block_device || stat.type == NodeType::char_device)
    stat.rdev = static_cast<uint64_t>(archive_entry_rdevmajor(entry)) << 32 |
                static_cast<uint32_t>(archive_entry_rdevminor(entry));
  return stat;
}

// Reads the next header. The texts of `out` are libarchive's until the next call.
void read_header(FormatReader& reader, ArchiveEntry& out) {
  out = {};
  out.result = reader.next();
  out.format = archive_format(reader.handle()) & ARCHIVE_FORMAT_BASE_MASK;
  out.header =
      reader.start() + static_cast<uint64_t>(archive_read_header_position(reader.handle()));
  out.data = reader.position();
  if (out.result != ARCHIVE_OK && out.result != ARCHIVE_WARN) {
    if (out.result != ARCHIVE_EOF) out.error = reader.error();
    return;
  }
  archive_entry* const entry = reader.entry();
  if (const char* path = archive_entry_pathname(entry)) out.path = path;
  out.stat = stat_of(entry);
  out.sparse = archive_entry_sparse_count(entry) > 0;
  if (const char* target = archive_entry_hardlink(entry)) {
    out.hard_link = target;
    if (archive_entry_size_is_set(entry)) out.linked_size = size_of(entry);
  } else if (out.stat.type == NodeType::symlink) {
    if (const char* leads_to = archive_entry_symlink(entry)) out.link_target = leads_to;
  }
  if (archive_entry_xattr_count(entry) > 0 || archive_entry_acl_types(entry) != 0)
    out.xattrs = xattrs_of(entry);
}

}  // namespace

// Reads to the end of the archive unless it is destroyed before.
class EntryReader::Ahead {
 public:
  explicit Ahead(FormatReader& reader) : reader_(reader), thread_([this] { run(); }) {}

  ~Ahead() {
    {
      const std::lock_guard lock(mutex_);
      unwanted_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  const ArchiveEntry& next() {
    if (at_ == current_.entries.size()) {
      current_.entries.clear();
      std::unique_lock lock(mutex_);
      if (current_.entries.capacity() > 0) used_.push_back(std::move(current_));
      changed_.wait(lock, [this] { return !ready_.empty() || failure_; });
      if (ready_.empty()) std::rethrow_exception(failure_);
      current_ = std::move(ready_.front());
      ready_.pop_front();
      at_ = 0;
      lock.unlock();
      changed_.notify_all();
    }
    return current_.entries[at_++];
  }

 private:
  // Entries and the texts they show; the texts never grow beyond what was reserved, so that they stay.
  struct Batch {
    std::vector<ArchiveEntry> entries;
    std::string text;
  };

  void run() {
    try {
      read_all();
    } catch (const std::bad_alloc&) {
      {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
      }
      changed_.notify_all();
    }
  }

  void read_all() {
    const Utf8Locale locale;
    Batch batch = empty_batch();
    ArchiveEntry entry;
    bool more = true;
    size_t attributes = 0;
    while (more) {
      read_header(reader_, entry);
      more = entry.result == ARCHIVE_OK || entry.result == ARCHIVE_WARN ||
             entry.result == ARCHIVE_RETRY;
      if (!batch.entries.empty()) {
        ArchiveEntry& last = batch.entries.back();
        last.plain = !last.sparse && (last.stat.size + kTarBlock - 1) / kTarBlock * kTarBlock ==
                                         entry.header - last.data;
      }
      const size_t text = entry.path.value_or("").size() + entry.hard_link.value_or("").size() +
                          entry.link_target.size();
      const bool full = batch.entries.size() >= kBatch || attributes > kBatchText ||
                        batch.text.size() + text > batch.text.capacity();
      if (full && !batch.entries.empty()) {
        if (!hand_over(batch)) return;
        batch = empty_batch();
        attributes = 0;
      }
      // Also for the very first entry, whose texts may be longer than any that were expected.
      if (batch.entries.empty()) batch.text.reserve(std::max(kBatchText, text));
      for (const auto& [name, value] : entry.xattrs) attributes += name.size() + value.size();
      keep(entry, batch);
    }
    hand_over(batch);
  }

  static void keep(ArchiveEntry& entry, Batch& batch) {
    const auto copy = [&](std::string_view text) {
      const size_t begin = batch.text.size();
      batch.text.append(text);
      return std::string_view(batch.text).substr(begin);
    };
    if (entry.path) entry.path = copy(*entry.path);
    if (entry.hard_link) entry.hard_link = copy(*entry.hard_link);
    entry.link_target = copy(entry.link_target);
    batch.entries.push_back(std::move(entry));
  }

  // With the memory of one that was used.
  Batch empty_batch() {
    Batch batch;
    {
      const std::lock_guard lock(mutex_);
      if (!used_.empty()) {
        batch = std::move(used_.back());
        used_.pop_back();
      }
    }
    batch.text.clear();
    batch.entries.reserve(kBatch);
    return batch;
  }

  // False: nobody wants more.
  bool hand_over(Batch& batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return unwanted_ || ready_.size() < kBatchesWaiting; });
    if (unwanted_) return false;
    ready_.push_back(std::move(batch));
    lock.unlock();
    changed_.notify_all();
    return true;
  }

  FormatReader& reader_;
  Batch current_;
  size_t at_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> ready_;
  std::vector<Batch> used_;
  bool unwanted_ = false;
  std::exception_ptr failure_;  // what ended the thread early; next() throws it

  std::thread thread_;
};

EntryReader::EntryReader(ByteStream& stream) : reader_(std::make_unique<FormatReader>(stream)) {}

EntryReader::~EntryReader() = default;

const ArchiveEntry& EntryReader::next() {
  if (ahead_) return ahead_->next();
  read_header(*reader_, entry_);
  return entry_;
}

void EntryReader::go_ahead() {
  ahead_ = std::make_unique<Ahead>(*reader_);
}

FormatReader* EntryReader::at_data() {
  return ahead_ ? nullptr : reader_.get();
}

}  // namespace drydock
