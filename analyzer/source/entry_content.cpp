#include "analyzer/source/entry_content.h"

#include <archive.h>

#include <algorithm>
#include <span>
#include <string>

#include "analyzer/base/limits.h"
#include "analyzer/source/disk/temporary.h"
#include "analyzer/source/large_file.h"

namespace drydock {
namespace {

// Hands over the data of the entry the reader stands at, block by block with their offsets; what lies between
// them is zeros. Returns why it ended early, as `take` or the archive says; empty: that was all.
template <class Take>
std::string each_block(FormatReader& reader, Take take) {
  const void* data = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  for (;;) {
    const int result = archive_read_data_block(reader.handle(), &data, &size, &offset);
    if (result == ARCHIVE_EOF) return {};
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return "cannot be read: " + reader.error();
    std::string why =
        take(static_cast<uint64_t>(offset), std::string_view(static_cast<const char*>(data), size));
    if (!why.empty()) return why;
  }
}

// The data of a file that is too large for memory goes to a temporary file; nullptr: `why` says why not.
BlockDevicePtr copy_data(FormatReader& reader, uint64_t declared, std::string& why) {
  const auto fail = [&](const std::string& reason) -> BlockDevicePtr {
    why = "cannot be read: " + reason;
    return nullptr;
  };
  const auto file = TemporaryFile::create(declared);
  if (!file) return fail(file.error().message);
  why = each_block(reader, [&](uint64_t begin, std::string_view block) -> std::string {
    if (const auto hole = (*file)->extend(begin); !hole)
      return "cannot be read: it is larger than it says";
    const auto done = (*file)->append(std::as_bytes(std::span(block)));
    return done ? "" : "cannot be read: " + done.error().message;
  });
  if (!why.empty()) return nullptr;
  (void)(*file)->extend(declared);
  const auto copy = (*file)->finish("a copy");
  return copy ? *copy : fail(copy.error().message);
}

void load_large(FormatReader& reader, const ArchiveInput& input, ArchiveTree& tree,
                ArchiveTree::Id id) {
  const uint64_t size = tree.file_size(id);
  if (size > limits::kLargeFile) return;
  std::string why;
  if (!input.temporary)
    why = "is larger than 16 MiB, and --no-temporary forbids copying it to a temporary file";
  else if (tree.retained_large() + size > limits::kLargeFiles)
    why = "was not read: other large files were copied already";
  else if (BlockDevicePtr copy = copy_data(reader, size, why))
    return tree.set_large(id, std::move(copy));
  tree.set_damaged(id, std::move(why));
}

}  // namespace

bool read_content(FormatReader& reader, std::string& out, uint64_t declared, std::string& why) {
  out.reserve(std::min<uint64_t>(declared, limits::kFileContent));
  why = each_block(reader, [&](uint64_t begin, std::string_view block) -> std::string {
    if (begin > limits::kFileContent || begin + block.size() > limits::kFileContent)
      return "is larger than it says";
    if (begin > out.size()) out.resize(begin);
    out.append(block);
    return {};
  });
  if (!why.empty()) return false;
  if (out.size() < declared && declared <= limits::kFileContent) out.resize(declared);
  return true;
}

void load_content(FormatReader& reader, const ArchiveInput& input, ArchiveTree& tree,
                  ArchiveTree::Id id) {
  if (tree.file_size(id) > limits::kFileContent) return load_large(reader, input, tree, id);
  std::string content, why;
  if (read_content(reader, content, tree.file_size(id), why))
    tree.set_content(id, std::move(content));
  else
    tree.set_damaged(id, std::move(why));
}

}  // namespace drydock
