// Archives of any kind from memory: opened, listed, every file read.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "analyzer/source/open_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock;
  OpenOptions options;
  options.scope = Scope::host;
  options.interest.add("etc/**");
  options.interest.add_loose("*.service");
  const auto artifact = open_bytes({reinterpret_cast<const char*>(data), size}, options);
  if (!artifact) return 0;
  for (const Target& target : artifact->targets) {
    const Tree& tree = *target.tree;
    tree.walk("", [&](std::string_view path, const Stat& stat) {
      // The cost of a walk is bounded by what the archive holds, but reading all of it is not ours to test.
      if (stat.type == NodeType::file) (void)tree.read(path);
      (void)tree.resolve(path);
      (void)tree.xattrs(path);
      (void)target.artifact_path(path);
      return true;
    });
  }
  return 0;
}
