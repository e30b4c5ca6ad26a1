#include "tests/facts/disk.h"

#include <filesystem>
#include <fstream>

namespace drydock::test {
namespace fs = std::filesystem;

void write_tree(const Tree& tree, const std::string& directory) {
  tree.walk("", [&](std::string_view path, const Stat& info) {
    const fs::path out = fs::path(directory) / path;
    if (info.type == NodeType::directory) fs::create_directories(out);
    if (info.type == NodeType::symlink) fs::create_symlink(tree.readlink(path).value(), out);
    if (info.type == NodeType::file)
      std::ofstream(out, std::ios::binary) << tree.read(path).value();
    return true;
  });
}

}  // namespace drydock::test
