// Where the files of an uncompressed tar lie, so that a disk image can be read in its place.
#pragma once

#include <string>
#include <vector>

#include "analyzer/source/disk/block.h"

namespace drydock {

// A regular file inside a tar.
struct TarMember {
  std::string name;
  uint64_t offset = 0;  // of its content in the archive, bytes
  uint64_t size = 0;  // as stated: of an archive that was cut the last one may reach beyond the end
  bool sparse = false;  // its bytes are not what lies there: holes were left out
};

struct TarContents {
  bool is_tar = false;
  bool only_files = true;  // false: there are links or devices
  std::vector<TarMember> members;
};

// Walks the headers (ustar, GNU long names, pax) up to `limit` regular files; stops at the first block that
// is no header.
TarContents tar_contents(const BlockDevice& file, size_t limit);

}  // namespace drydock
