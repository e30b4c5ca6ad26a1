#include "analyzer/source/format_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cstdio>

namespace drydock {
namespace {

constexpr uint64_t kAhead = uint64_t{4} << 20;  // bytes libarchive may hold without using them

}  // namespace

Utf8Locale::Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
  if (locale_) old_ = uselocale(locale_);
}

Utf8Locale::~Utf8Locale() {
  if (!locale_) return;
  uselocale(old_);
  freelocale(locale_);
}

FormatReader::FormatReader(ByteStream& stream) : stream_(stream), start_(stream.position()) {
  handle_ = archive_read_new();
  // No "all": it would include formats nobody keeps a host in, each one more parser to attack.
  archive_read_support_format_tar(handle_);
  archive_read_support_format_cpio(handle_);
  if (stream.seekable())
    archive_read_support_format_zip(handle_);
  else
    archive_read_support_format_zip_streamable(handle_);
  archive_read_set_read_callback(handle_, on_read);
  archive_read_set_skip_callback(handle_, on_skip);
  if (stream.seekable()) archive_read_set_seek_callback(handle_, on_seek);
  archive_read_set_callback_data(handle_, this);
  entry_ = archive_entry_new2(handle_);
  opened_ = archive_read_open1(handle_) == ARCHIVE_OK;
}

FormatReader::~FormatReader() {
  archive_entry_free(entry_);
  archive_read_free(handle_);
}

int FormatReader::next() {
  return opened_ ? archive_read_next_header2(handle_, entry_) : ARCHIVE_FATAL;
}

uint64_t FormatReader::position() const {
  return start_ + static_cast<uint64_t>(std::max<la_int64_t>(archive_filter_bytes(handle_, 0), 0));
}

std::string FormatReader::error() const {
  if (const std::string stream = stream_.error(); !stream.empty()) return stream;
  if (!refused_.empty()) return refused_;
  const char* said = archive_error_string(handle_);
  return said ? said : "unknown error";
}

ssize_t FormatReader::on_read(archive*, void* self, const void** buffer) {
  auto& me = *static_cast<FormatReader*>(self);
  // A hostile cpio name of 4 GiB would be gathered in memory: no honest header needs this much ahead.
  const uint64_t given = me.stream_.position() - me.start_;
  const auto used =
      static_cast<uint64_t>(std::max<la_int64_t>(archive_filter_bytes(me.handle_, 0), 0));
  if (given > used + kAhead) {
    me.refused_ = "a header claims more than 4 MiB";  // libarchive would forget the reason
    return -1;
  }
  const std::string_view block = me.stream_.next();
  *buffer = block.data();
  if (block.empty() && !me.stream_.error().empty()) return -1;
  return static_cast<la_ssize_t>(block.size());
}

int64_t FormatReader::on_skip(archive*, void* self, int64_t bytes) {
  return static_cast<la_int64_t>(
      static_cast<FormatReader*>(self)->stream_.skip(static_cast<uint64_t>(bytes)));
}

int64_t FormatReader::on_seek(archive*, void* self, int64_t offset, int whence) {
  auto& me = *static_cast<FormatReader*>(self);
  int64_t base = static_cast<int64_t>(me.start_);
  if (whence == SEEK_CUR) base = static_cast<int64_t>(me.stream_.position());
  if (whence == SEEK_END) base = static_cast<int64_t>(me.stream_.size());
  if (base + offset < static_cast<int64_t>(me.start_)) return ARCHIVE_FATAL;
  me.stream_.seek(static_cast<uint64_t>(base + offset));
  return base + offset - static_cast<int64_t>(me.start_);
}

}  // namespace drydock
