// What the tests of disk images share: the committed images with their truth (tools/make-image-fixtures makes
// both), and a file system written down as its truth is.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analyzer/source/disk/block.h"
#include "analyzer/source/fs/file_system.h"
#include "analyzer/source/mounted.h"

namespace drydock::test {

// fixtures/images/NAME.img, unpacked; once per process.
const std::vector<std::byte>& image_bytes(const std::string& name);
BlockDevicePtr image(const std::string& name);
// fixtures/images/FILE, the lines sorted bytewise.
std::string truth(const std::string& file);

// Every name of a file system or a tree of some in the format of the truth files.
std::string manifest(const FileSystem& fs);
std::string manifest(const MountedTree& tree);

// All bytes of a device in the order of its places; a failed test where one cannot be read.
std::string all_bytes(const BlockDevice& device);

// The bytes as a device; written to a file.
BlockDevicePtr device_of(std::string_view bytes);
void write_bytes(const std::string& path, std::string_view bytes);

// Is this program installed? For tests that ask others' programs.
bool installed(const std::string& program);

}  // namespace drydock::test
