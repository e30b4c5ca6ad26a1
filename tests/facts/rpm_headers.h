// Headers of RPM packages as `rpmdb --importdb` takes them: what no spec file of one machine makes, such as
// foreign architectures, files in other states than installed, old checksums.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::test {

// The tags of one header. Numbers and types are rpmtag.h's.
class RpmHeader {
 public:
  RpmHeader& text(uint32_t tag, std::string_view value);
  RpmHeader& texts(uint32_t tag, const std::vector<std::string>& values);
  RpmHeader& numbers(uint32_t tag, const std::vector<uint32_t>& values);  // int32
  RpmHeader& shorts(uint32_t tag, const std::vector<uint32_t>& values);   // int16
  RpmHeader& bytes(uint32_t tag, const std::vector<uint32_t>& values);    // char
  // As a package file and the export have it, after 8 bytes of magic; a database is without those.
  std::string with_magic() const;

 private:
  struct Value {
    uint32_t type = 0, count = 0, alignment = 1;
    std::string data;
  };
  RpmHeader& put(uint32_t tag, uint32_t type, size_t width, const std::vector<uint32_t>& values);

  std::map<uint32_t, Value> tags_;
};

// A file of a generated package; `path` as in the tree, without a leading slash.
struct RpmFile {
  std::string path, digest;
  std::string user = "root", group = "root", capabilities;
  uint32_t mode = 0100644, flags = 0, verify = ~0U;
  uint32_t state = 0;  // rpmfileState
};

// Puts the files' tags; the paths begin with `root` + "/".
void put_files(RpmHeader& header, std::string_view root, const std::vector<RpmFile>& files);

// 240 headers drawn with one seed, and 7 traps; without lists of files.
std::vector<RpmHeader> rpm_headers();

}  // namespace drydock::test
