// The contents of an archive's entry, out of libarchive into the tree.
#pragma once

#include <cstdint>
#include <string>

#include "analyzer/source/archive_reader.h"
#include "analyzer/source/archive_tree.h"
#include "analyzer/source/format_reader.h"

namespace drydock {

// Reads the data of the entry `reader` stands at, of `declared` bytes, into `out`. False: `why` ends the sentence
// "'etc/fstab' …".
bool read_content(FormatReader& reader, std::string& out, uint64_t declared, std::string& why);

// Reads that data as the content of `id`: up to limits::kFileContent into memory,
// more into a nameless temporary file, if `input` allows that. What cannot be read is marked as damaged, with
// the reason.
void load_content(FormatReader& reader, const ArchiveInput& input, ArchiveTree& tree,
                  ArchiveTree::Id id);

}  // namespace drydock
