#include "analyzer/source/archive_reader.h"

#include <archive.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "analyzer/base/limits.h"
#include "analyzer/source/byte_stream.h"
#include "analyzer/source/container_store.h"
#include "analyzer/source/entry_content.h"
#include "analyzer/source/entry_reader.h"
#include "analyzer/source/format_reader.h"
#include "analyzer/source/head_start.h"
#include "analyzer/source/large_file.h"

namespace drydock {
namespace {

constexpr size_t kDiagnostics = 50;
// Files below an etc/ that no pattern names are kept as well when they are this small and a second
// pass would cost a decompression: Include directives point there.
constexpr size_t kSmallFile = size_t{64} << 10;
constexpr size_t kTarHeader = 512;
constexpr uint64_t kProgressStep = size_t{256} << 10;

std::string format_name(int format) {
  switch (format) {
    case ARCHIVE_FORMAT_TAR:
      return "tar";
    case ARCHIVE_FORMAT_CPIO:
      return "cpio";
    case ARCHIVE_FORMAT_ZIP:
      return "zip";
    default:
      return "archive";
  }
}

bool read_at(int fd, uint64_t position, char* out, size_t size) {
  for (size_t done = 0; done < size;) {
    const ssize_t got = pread(fd, out + done, size - done, static_cast<off_t>(position + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<size_t>(got);
  }
  return true;
}

// The size in a header block of a tar, in octal (tar(5)); nullopt: it is written in another way.
std::optional<uint64_t> stored_size(const char (&header)[kTarHeader]) {
  constexpr size_t kAt = 124, kEnd = 136;
  size_t at = kAt;
  while (at < kEnd && header[at] == ' ') ++at;
  uint64_t size = 0;
  const size_t digits = at;
  for (; at < kEnd && header[at] >= '0' && header[at] <= '7'; ++at)
    size = size * 8 + static_cast<uint64_t>(header[at] - '0');
  if (at == digits || (at < kEnd && header[at] != ' ' && header[at] != '\0')) return std::nullopt;
  return size;
}

// An entry's name as a path of the tree; nullopt if it has a ".." or is too long.
std::optional<std::string_view> entry_path(std::string_view name, std::string& scratch) {
  while (name.starts_with('/') || name.starts_with("./"))
    name.remove_prefix(name.starts_with('/') ? 1 : 2);
  while (name.ends_with('/')) name.remove_suffix(1);
  if (name == ".") name = {};
  if (name.size() > limits::kPathBytes) return std::nullopt;
  bool clean = true;
  for (size_t at = 0; at < name.size();) {
    const size_t end = std::min(name.find('/', at), name.size());
    const std::string_view part = name.substr(at, end - at);
    if (part == "..") return std::nullopt;
    if (part.empty() || part == ".") clean = false;
    at = end + 1;
  }
  if (clean) return name;
  scratch = normal_path(name);
  return scratch;
}

class Pass {
 public:
  Pass(const ArchiveInput& input, const ArchiveOptions& options)
      : input_(input), options_(options), tree_(std::make_shared<ArchiveTree>()) {
    if (options.interest) interest_.emplace(*options.interest);
    if (options.known) known_.emplace(*options.known);
  }
  // Only reads the data of the entries with these numbers into `tree`.
  Pass(const ArchiveInput& input, const ArchiveOptions& options, std::shared_ptr<ArchiveTree> tree,
       std::unordered_map<uint64_t, ArchiveTree::Id> fetch)
      : input_(input), options_(options), tree_(std::move(tree)), fetch_(std::move(fetch)) {}

  ArchiveContents run() {
    const Utf8Locale locale;
    if (options_.started) {
      started_ = options_.started->take();
      read_format(options_.started->stream(), options_.started->stream(), "");
    } else {
      const ByteCount progress = [this](uint64_t bytes) { report(bytes); };
      const auto stream =
          input_.fd >= 0 ? stream_from_fd(input_.fd, progress) : stream_from_memory(input_.memory);
      while (segment(*stream)) {
      }
    }
    if (fetch_) return {};
    fetch_contents(input_, tree_, by_offset_, later_);
    for (const std::string& path : tree_->link_all())
      broken(path, "'" + path + "' is a hard link to a file that is not in the archive");
    if (unsaid_ > 0)
      out_.diagnostics.push_back(
          {.kind = DiagnosticKind::limit,
           .path = input_.name,
           .message = std::to_string(unsaid_) + " more problems of the archive are not listed"});
    out_.by_offset = by_offset_;
    out_.tree = std::move(tree_);
    return std::move(out_);
  }

 private:
  // One archive of those that follow each other (an initramfs is such a row); true: look for the
  // next.
  bool segment(ByteStream& stream) {
    const uint64_t start = stream.position();
    std::string magic;
    while (magic.size() < 8) {
      const std::string_view block = stream.next();
      if (block.empty()) break;
      magic.append(block.substr(0, 64));
    }
    stream.seek(start);
    if (magic.starts_with("PK") && !stream.seekable()) return zip_of_pipe(stream);
    const char* compression = compression_of(magic);
    if (!compression) return read_format(stream, stream, "");
    if (!out_.recognized) out_.compressed = compression;
    const auto inner = DecompressedStream::open(stream, compression, input_.threaded);
    return read_format(*inner, stream, compression);
  }

  // The modes and owners of a zip stand in its directory, at the end: what cannot seek goes to a
  // nameless temporary file first.
  bool zip_of_pipe(ByteStream& stream) {
    std::FILE* const file = std::tmpfile();
    bool good = file != nullptr;
    for (;;) {
      const std::string_view block = stream.next();
      if (block.empty()) break;
      good = good && std::fwrite(block.data(), 1, block.size(), file) == block.size();
    }
    good = good && std::fflush(file) == 0;
    if (good) {
      const auto spooled = stream_from_fd(fileno(file), {});
      read_format(*spooled, *spooled, "");
    } else {
      note_unreadable("a zip on standard input needs room for temporary files, and there is none");
    }
    if (file) std::fclose(file);
    return false;
  }

  bool read_format(ByteStream& stream, ByteStream& outermost, const std::string& compression) {
    auto* const inner = &stream == &outermost ? nullptr : static_cast<DecompressedStream*>(&stream);
    for (;;) {
      bool cpio = false;
      uint64_t end = 0;
      if (!read_entries(stream, inner, compression, cpio, end)) return false;
      if (!cpio) {
        check_end(stream, inner);
        return false;
      }
      // After a cpio archive: zeros, then nothing or another one, in the same stream or behind it.
      if (!stream.seek(end)) return false;
      if (skip_zeros(stream)) {
        if (!inner) return true;
        continue;
      }
      if (!inner) return false;
      if (const std::string error = inner->error(); !error.empty()) {
        stop(error, inner->position());
        return false;
      }
      return outermost.seek(inner->consumed()) && skip_zeros(outermost);
    }
  }

  // Moves to the first byte that is not zero; false: there is none.
  static bool skip_zeros(ByteStream& stream) {
    for (;;) {
      const std::string_view block = stream.next();
      if (block.empty()) return false;
      const size_t found = block.find_first_not_of('\0');
      if (found != std::string_view::npos)
        return stream.seek(stream.position() - block.size() + found);
    }
  }

  bool read_entries(ByteStream& stream, DecompressedStream* inner, const std::string& compression,
                    bool& cpio, uint64_t& end) {
    const bool in_file = stream.seekable() && !inner;
    const bool may_go_ahead = in_file && input_.fd >= 0 && input_.threaded && !fetch_;
    std::unique_ptr<EntryReader> entries = std::exchange(started_, nullptr);
    const bool started = entries != nullptr;
    if (!started) entries = std::make_unique<EntryReader>(stream);
    format_ = 0;
    bool retrying = false, said_ahead = false;
    for (bool first = true;; first = false) {
      const ArchiveEntry& entry = entries->next();
      if (started) report(entry.data);
      if (started && first && entry.format != ARCHIVE_FORMAT_TAR) {  // for all its mark
        entries = nullptr;
        stream.seek(0);
        return read_entries(stream, inner, compression, cpio, end);
      }
      if (entry.format != 0) recognize(entry.format, compression);
      if (entry.result == ARCHIVE_EOF) {
        check_mark(stream, entry);
        cpio = entry.format == ARCHIVE_FORMAT_CPIO;
        end = entry.data;
        break;
      }
      if (entry.result == ARCHIVE_FATAL) {
        if (entry.format != 0)
          stop(entry.error, entry.data);
        else if (out_.recognized)
          stop("what follows is no archive drydock knows", entry.data);
        else if (const std::string error = stream.error(); !error.empty())
          note_unreadable("it cannot be decompressed: " + error);
        return false;
      }
      if (entry.result == ARCHIVE_RETRY) {
        // A header that is none: libarchive looks for the next one, block by block.
        if (!retrying) stop(entry.error, entry.data);
        retrying = true;
        continue;
      }
      retrying = false;
      if (!take(entry, *entries, in_file)) return false;
      if (!said_ahead && by_offset_ && (started || may_go_ahead)) {
        said_ahead = true;
        if (!started) entries->go_ahead();
        if (options_.reading_ahead) options_.reading_ahead();
      }
    }
    return true;
  }

  // A tar ends with zeros (POSIX pax "ustar Interchange Format"); where there are none it may have been
  // cut between two entries.
  void check_mark(const ByteStream& stream, const ArchiveEntry& end) {
    if (end.format == ARCHIVE_FORMAT_TAR && out_.complete && end.data == end.header)
      stop(stream.error().empty() ? "it ends without the end-of-archive mark" : stream.error(),
           end.data);
  }

  void note_unreadable(const std::string& why) {
    out_.complete = false;
    out_.diagnostics.push_back({.level = Level::error,
                                .kind = DiagnosticKind::artifact,
                                .path = input_.name,
                                .message = why});
  }

  void recognize(int format, const std::string& compression) {
    // The name of the whole is that of its last part: an initramfs begins with plain microcode.
    if (format == format_) return;
    format_ = format;
    out_.recognized = true;
    out_.format = format_name(format) + (compression.empty() ? "" : "." + compression);
  }

  // After the end-of-archive mark of a tar, a compressed stream still has its checksum to show.
  void check_end(ByteStream& stream, DecompressedStream* inner) {
    if (!inner) return;
    constexpr uint64_t kMost = uint64_t{1} << 20;
    const uint64_t from = stream.position();
    while (stream.position() - from < kMost && !stream.next().empty()) {
    }
    // All names were there; what is in doubt is what was read.
    if (const std::string error = stream.error(); !error.empty()) damage(error, stream.position());
  }

  void stop(const std::string& error, uint64_t position) {
    tree_->note_unread("",
                       "the archive is cut or damaged, and nobody knows what it held behind that");
    damage(error, position);
  }

  void damage(const std::string& error, uint64_t position) {
    out_.complete = false;
    std::string message = "'" + input_.name + "' is damaged at byte " + std::to_string(position);
    if (!out_.compressed.empty()) message += " of the decompressed data";
    if (!last_path_.empty()) message += ", after '" + last_path_ + "'";
    add({.level = Level::error,
         .kind = DiagnosticKind::artifact,
         .path = input_.name,
         .message = message + ": " + error,
         .help = "what could be read is judged; the rest is unknown, get the file anew"});
  }

  void broken(const std::string& path, std::string message) {
    add({.kind = DiagnosticKind::not_read, .path = path, .message = std::move(message)});
  }

  void add(Diagnostic diagnostic) {
    if (out_.diagnostics.size() < kDiagnostics)
      out_.diagnostics.push_back(std::move(diagnostic));
    else
      ++unsaid_;
  }

  bool noted(std::string_view path) { return interesting(path) || known_file(path); }

  bool known_file(std::string_view path) {
    return known_ && options_.root.empty() && known_->may_match(path);
  }

  bool interesting(std::string_view path) {
    if (!options_.root.empty()) {
      if (!path.starts_with(options_.root) || path.size() <= options_.root.size() ||
          path[options_.root.size()] != '/')
        return false;
      return options_.interest->matches(path.substr(options_.root.size() + 1));
    }
    return interest_->may_match(path);
  }

  static bool below_etc(std::string_view path) {
    return path.starts_with("etc/") || path.find("/etc/") < container_store_begin(path);
  }

  // One entry; false: the pass ends.
  bool take(const ArchiveEntry& entry, EntryReader& entries, bool in_file) {
    const uint64_t ordinal = out_.entries++;
    if (fetch_) {
      const auto found = fetch_->find(ordinal);
      if (found == fetch_->end()) return true;
      const uint64_t size = tree_->file_size(found->second);
      if (size > limits::kFileContent || tree_->retained() + size <= limits::kRetainedContent)
        load_content(*entries.at_data(), input_, *tree_, found->second);
      fetch_->erase(found);
      return !fetch_->empty();
    }
    // A plain tar in a file is read again at the entry; everything else from the start, by counting. The first
    // entry decides: a tar behind a cpio archive is counted like that.
    if (ordinal == 0) by_offset_ = in_file && entry.format == ARCHIVE_FORMAT_TAR;
    if (!entry.path) {
      out_.complete = false;
      tree_->note_unread("", "an entry has a name that cannot be read");
      broken("",
             "an entry of '" + input_.name + "' has a name that cannot be read; it was left out");
      return true;
    }
    const auto path = entry_path(*entry.path, scratch_);
    if (!path) {
      out_.complete = false;
      const std::string shown(entry.path->substr(0, 200));
      broken(shown,
             "'" + shown + "' was left out: " +
                 (entry.path->size() > limits::kPathBytes ? "its path is too long"
                                                          : "its path leads out of the archive"));
      return true;
    }
    const uint64_t position = by_offset_ ? entry.header : ordinal;
    if (entry.hard_link) {
      take_hard_link(entry, entries, *path, position);
      last_path_ = *path;
      return true;
    }
    const ArchiveTree::Id id = tree_->put(*path, entry.stat);
    if (id == ArchiveTree::kNone) {
      out_.complete = false;
      if (tree_->size() > limits::kEntries) {
        stop("more entries than drydock takes", entry.data);
        return false;
      }
      tree_->note_unread(parent_path(*path),
                         "it is a link to nowhere, and the archive has files in it");
      broken(std::string(*path),
             "'" + std::string(*path) + "' was left out: its directory is a link to nowhere");
      return true;
    }
    if (!entry.xattrs.empty()) tree_->set_xattrs(id, entry.xattrs);
    if (entry.stat.type == NodeType::symlink) {
      tree_->set_link_target(id, entry.link_target.substr(0, limits::kPathBytes));
      if (noted(*path)) out_.wanted.push_back(id);
    }
    if (entry.stat.type == NodeType::file) {
      tree_->set_position(id, position);
      take_file(entry, entries, id, *path, entry.stat.size);
    }
    last_path_ = *path;
    return true;
  }

  void take_file(const ArchiveEntry& entry, EntryReader& entries, ArchiveTree::Id id,
                 std::string_view path, uint64_t size) {
    const bool wanted = interesting(path);
    if (wanted && is_blob(path)) return take_blob(entries, id, size);
    if (wanted || known_file(path)) out_.wanted.push_back(id);
    if (size > limits::kFileContent) {
      if (!wanted || !may_be_large(path)) return;
      tree_->want_large(id);
      if (!by_offset_) load_content(*entries.at_data(), input_, *tree_, id);
      return;
    }
    const bool keep = wanted || (!by_offset_ && size <= kSmallFile && below_etc(path));
    if (!keep || tree_->retained() + size > limits::kRetainedContent) return;
    if (FormatReader* reader = entries.at_data())
      load_content(*reader, input_, *tree_, id);
    else if (!entry.plain || !copy_plain(entry, id, size))
      later_.push_back(id);
  }

  // The contents at their place in the file. False: they may not be what lies there, or it cannot be read;
  // libarchive is asked then. With its last header an entry says how much is stored, which is less than the
  // file's size where extended headers tell of holes.
  bool copy_plain(const ArchiveEntry& entry, ArchiveTree::Id id, uint64_t size) {
    char header[kTarHeader];
    std::string content(size, '\0');
    if (entry.data < kTarHeader ||
        !read_at(input_.fd, entry.data - kTarHeader, header, kTarHeader) ||
        stored_size(header) != size || !read_at(input_.fd, entry.data, content.data(), size))
      return false;
    tree_->set_content(id, std::move(content));
    return true;
  }

  // A layer is read by nobody, and thousands of small ones would take the room of other files. What an archive can
  // be asked again is read when somebody wants it.
  void take_blob(EntryReader& entries, ArchiveTree::Id id, uint64_t size) {
    if (by_offset_ || size > limits::kBlob || tree_->retained() + size > limits::kRetainedContent)
      return;
    FormatReader* const reader = entries.at_data();
    std::string content, why;
    if (reader == nullptr) return;
    if (!read_content(*reader, content, size, why))
      tree_->set_damaged(id, std::move(why));
    else if (content.starts_with('{'))
      tree_->set_content(id, std::move(content));
  }

  void take_hard_link(const ArchiveEntry& entry, EntryReader& entries, std::string_view path,
                      uint64_t position) {
    std::string scratch;
    const auto target = entry_path(*entry.hard_link, scratch);
    if (!target) {
      broken(std::string(path),
             "'" + std::string(path) + "' is a hard link that leads out of the archive");
      return;
    }
    const ArchiveTree::Id id = tree_->put_hard_link(path, std::string(*target));
    if (id == ArchiveTree::kNone) return;
    if (noted(path)) out_.wanted.push_back(id);
    // cpio (and pax, if it likes) puts the data with the last name.
    const ArchiveTree::Id first = tree_->find(*target);
    if (entry.linked_size == 0 || first == ArchiveTree::kNone ||
        tree_->type(first) != NodeType::file)
      return;
    Stat stat = entry.stat;
    stat.type = NodeType::file;
    stat.size = entry.linked_size;
    tree_->put(*target, stat);
    tree_->set_position(first, position);
    take_file(entry, entries, first, *target, stat.size);
  }

  // By whichever thread reads the input.
  void report(uint64_t bytes) {
    if (!options_.progress || bytes < reported_ + kProgressStep) return;
    const std::lock_guard lock(progress_);
    if (bytes < reported_ + kProgressStep) return;
    reported_ = bytes;
    options_.progress(bytes);
  }

  const ArchiveInput& input_;
  const ArchiveOptions& options_;
  ArchiveContents out_;
  std::shared_ptr<ArchiveTree> tree_;
  std::optional<Interest::Cursor> interest_, known_;
  std::optional<std::unordered_map<uint64_t, ArchiveTree::Id>> fetch_;
  bool by_offset_ = false;
  std::vector<ArchiveTree::Id> later_;    // wanted, and no plain bytes of the file
  std::unique_ptr<EntryReader> started_;  // by a head start; its stream is at its beginning
  int format_ = 0;                        // of the part that is read
  std::string scratch_, last_path_;
  std::mutex progress_;
  std::atomic<uint64_t> reported_ = 0;
  size_t unsaid_ = 0;
};

}  // namespace

ArchiveContents read_archive(const ArchiveInput& input, const ArchiveOptions& options) {
  return Pass(input, options).run();
}

void fetch_contents(const ArchiveInput& input, const std::shared_ptr<ArchiveTree>& tree,
                    bool by_offset, const std::vector<ArchiveTree::Id>& files) {
  const auto missing = [&](ArchiveTree::Id id) {
    if (tree->loaded(id) || tree->damaged(id) || tree->type(id) != NodeType::file) return false;
    const uint64_t size = tree->file_size(id);
    return size > limits::kFileContent ? tree->large_wanted(id)
                                       : tree->retained() + size <= limits::kRetainedContent;
  };
  if (by_offset) {
    const Utf8Locale locale;
    const auto stream =
        input.fd >= 0 ? stream_from_fd(input.fd, {}) : stream_from_memory(input.memory);
    for (ArchiveTree::Id id : files) {
      id = tree->file_of(id);
      if (!missing(id)) continue;
      stream->seek(tree->position(id));
      FormatReader reader(*stream);
      const int result = reader.next();
      if (result == ARCHIVE_OK || result == ARCHIVE_WARN)
        load_content(reader, input, *tree, id);
      else
        tree->set_damaged(id, "cannot be read: " + reader.error());
    }
    return;
  }
  std::unordered_map<uint64_t, ArchiveTree::Id> fetch;
  for (ArchiveTree::Id id : files)
    if (id = tree->file_of(id); missing(id)) fetch[tree->position(id)] = id;
  if (!fetch.empty()) Pass(input, {}, tree, std::move(fetch)).run();
}

}  // namespace drydock
