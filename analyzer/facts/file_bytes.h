// A file of the tree that is read piece by piece (analyzer/source/large_file.h): for formats of which a
// collector needs a part, or whose files are larger than what a parser gets at once.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "analyzer/base/random_bytes.h"
#include "analyzer/facts/collect.h"

namespace drydock::facts {

class FileBytes : public RandomBytes {
 public:
  // Follows links. Absent: nullptr, silently. There but not readable, or larger than limits::kLargeFile:
  // nullptr, and the tables of the collector that runs are unknown, as after Context::read.
  static std::unique_ptr<FileBytes> open(Context& context, std::string_view path);

  uint64_t size() const override { return size_; }
  // At most limits::kPiece bytes at once. A piece that cannot be read is empty, and makes the tables of the
  // collector that runs unknown.
  std::string_view at(uint64_t offset, size_t length) override;

  // Where the file lies when every link is followed.
  const std::string& path() const { return path_; }
  // Some piece could not be read, and that is said.
  bool failed() const { return failed_; }

 private:
  FileBytes(const Tree& tree, std::string path, uint64_t size)
      : tree_(tree), path_(std::move(path)), size_(size) {}

  struct Window {
    uint64_t begin = 0;
    std::string bytes;
    uint64_t used = 0;  // when, counted in requests
  };

  const Tree& tree_;
  std::string path_;
  uint64_t size_;
  // A few places are read in turns: slots and what they point to.
  std::array<Window, 4> windows_;
  uint64_t requests_ = 0;
  bool failed_ = false;
};

}  // namespace drydock::facts
