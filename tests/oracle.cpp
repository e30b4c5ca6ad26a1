#include "tests/oracle.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "analyzer/source/tree.h"

namespace drydock::test {

std::optional<std::string> ask(const std::string& command) {
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  if (!pipe) return std::nullopt;
  std::string out;
  std::array<char, 4096> buffer;
  while (const size_t n = fread(buffer.data(), 1, buffer.size(), pipe))
    out.append(buffer.data(), n);
  const int status = pclose(pipe);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return std::nullopt;
  return out;
}

ScratchDirectory::ScratchDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "drydock-test-XXXXXX").string();
  if (mkdtemp(name.data())) path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

std::string ScratchDirectory::write(std::string_view name, std::string_view content) const {
  const std::filesystem::path file = std::filesystem::path(path_) / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
  return file.string();
}

void write_tree(const Tree& tree, const std::string& directory) {
  tree.walk("", [&](std::string_view path, const Stat& info) {
    const std::filesystem::path out = std::filesystem::path(directory) / path;
    if (info.type == NodeType::directory) std::filesystem::create_directories(out);
    if (info.type == NodeType::symlink)
      std::filesystem::create_symlink(tree.readlink(path).value(), out);
    if (info.type == NodeType::file)
      std::ofstream(out, std::ios::binary) << tree.read(path).value();
    return true;
  });
}

}  // namespace drydock::test
