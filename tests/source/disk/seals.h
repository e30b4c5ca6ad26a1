// The checksums of an image. A changed byte in a structure that carries one is noticed before the code behind
// is reached; so whoever changes bytes puts the checksums right again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "analyzer/base/bytes.h"

namespace drydock::test {

// Bytes of an image that were changed.
using Edits = std::map<uint64_t, std::byte>;

class Seals {
 public:
  // Of the intact image: GPT, VHD, VHDX with its log, ext4 with its journal (superblock, group descriptors,
  // inodes, directories, extents, attributes; the journal's blocks and the tags of what they hold).
  static Seals of(const std::vector<std::byte>& image);

  // Adds to `edits` what puts the checksums of all edited structures right, in the order in which one
  // depends on the other.
  void repair(const std::vector<std::byte>& image, Edits& edits) const;

  size_t size() const { return seals_.size(); }

 private:
  using Put = std::function<void(uint64_t at, std::string_view bytes)>;
  // Is told the structure's bytes as edited, and writes its checksum wherever it belongs.
  struct Seal {
    uint64_t offset;
    size_t length;
    std::function<void(std::vector<std::byte>& bytes, const Put& put)> apply;
  };

  void add_gpt(const std::vector<std::byte>& image);
  void add_vhd(const std::vector<std::byte>& image);
  void add_vhdx(const std::vector<std::byte>& image);
  void add_ext(const std::vector<std::byte>& image);

  std::vector<Seal> seals_;
};

}  // namespace drydock::test
