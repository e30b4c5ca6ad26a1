// Runs the program as a person would, and says all it said.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace drydock::test {

struct Ran {
  int code = -1;  // exit code; 128 + signal if it was killed
  std::string out;
  std::string err;

  friend bool operator==(const Ran&, const Ran&) = default;
};
void PrintTo(const Ran& ran, std::ostream* out);

// A directory of its own for one test, removed at its end. Programs run in it.
class Workspace {
 public:
  Workspace();
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  std::string path(const std::string& name = "") const { return (directory_ / name).string(); }
  // Writes a file, and the directories on the way.
  Workspace& file(const std::string& name, const std::string& content);
  std::string read(const std::string& name) const;
  static std::string slurp_file(const std::string& path);
  // The names in the directory, sorted.
  std::vector<std::string> names() const;

  // Runs drydock here, with standard input from `input`; NO_COLOR, HOME here, and `environment`.
  Ran drydock(std::vector<std::string> arguments, const std::string& input = {},
              std::map<std::string, std::string> environment = {}) const;
  // Runs a shell command here, which must succeed; gives its output.
  std::string shell(const std::string& command) const;

 private:
  std::filesystem::path directory_;
};

}  // namespace drydock::test
