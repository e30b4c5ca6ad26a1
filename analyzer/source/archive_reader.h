// One pass over an archive: libarchive knows the formats, this turns their entries into an
// ArchiveTree.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/source/archive_tree.h"
#include "analyzer/source/interest.h"

namespace drydock {

class HeadStart;

// Where the bytes of an archive come from: exactly one of the three.
struct ArchiveInput {
  std::string name;              // for messages: "base.tar.gz", "-"
  int fd = -1;                   // not owned; read from its current position if it cannot seek
  std::string_view memory = {};  // used when fd is negative
  bool temporary = true;         // large files may be copied to temporary files
  bool threaded = true;          // a compressed archive is decompressed by a thread of its own
};

struct ArchiveContents {
  std::shared_ptr<ArchiveTree> tree;
  bool recognized =
      false;  // false: no archive of a known format (nothing else is set but `compressed`)
  std::string compressed;  // "gz" …; empty: not compressed
  std::string format;      // "tar", "tar.gz", "cpio", "zip"
  std::vector<Diagnostic> diagnostics;
  bool complete = true;
  uint64_t entries = 0;
  bool by_offset = false;  // a file's position in the tree is a byte of the input, not a number
  std::vector<ArchiveTree::Id>
      wanted;  // files and links whose path `interest` or `known` may match
};

struct ArchiveOptions {
  const Interest* interest = nullptr;  // whose contents are kept
  const Interest* known = nullptr;     // not null: what else is noted in `wanted`, not kept
  std::string root = {};  // not empty: only what lies below is wanted, and matched exactly
  std::function<void(uint64_t bytes_read)> progress =
      {};  // may be empty; called at most every 256 KiB, by the thread that reads
  std::function<void()> reading_ahead = {};  // as in OpenOptions
  std::shared_ptr<HeadStart> started = {};   // not null: on the input, and not taken yet
};

// Reads the whole archive. Never fails once something was recognized: damage ends the pass, what
// came before stays, `complete` becomes false and a diagnostic names the place.
ArchiveContents read_archive(const ArchiveInput& input, const ArchiveOptions& options);

// Reads the contents of `files` of a tree that read_archive made from the same input (which must be
// able to start anew), in one more pass at most. Those that are there, too large or damaged are
// left alone.
void fetch_contents(const ArchiveInput& input, const std::shared_ptr<ArchiveTree>& tree,
                    bool by_offset, const std::vector<ArchiveTree::Id>& files);

}  // namespace drydock
