// Real programs as judges: what findmnt, dpkg-query or cvtsudoers makes of a text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drydock {
class Tree;
}

namespace drydock::test {

// The standard output of a shell command; nullopt if it cannot be started or `program`, its first
// word, is not installed (exit status 127).
std::optional<std::string> ask(const std::string& command);

// A directory that is removed at the end of the test.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }
  // Writes a file below it, with the directories on the way; returns its full path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::string path_;
};

// Writes the files, directories and links of `tree` below `directory`.
void write_tree(const Tree& tree, const std::string& directory);

}  // namespace drydock::test
