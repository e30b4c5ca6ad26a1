#include "tests/cli/run.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <ostream>

#include "tests/paths.h"

namespace drydock::test {
namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void redirect(const std::string& path, int flags, int descriptor) {
  const int opened = open(path.c_str(), flags, 0600);
  if (opened < 0 || dup2(opened, descriptor) < 0) _exit(126);
}

Ran run(const std::filesystem::path& directory, std::vector<std::string> arguments,
        const std::string& input, const std::map<std::string, std::string>& environment) {
  // Beside the workspace, so that the program sees nothing of it.
  const std::string stem = directory.string() + ".";
  std::ofstream(stem + "in", std::ios::binary) << input;
  const pid_t child = fork();
  if (child == 0) {
    redirect(stem + "in", O_RDONLY, 0);
    redirect(stem + "out", O_WRONLY | O_CREAT | O_TRUNC, 1);
    redirect(stem + "err", O_WRONLY | O_CREAT | O_TRUNC, 2);
    if (chdir(directory.c_str()) != 0) _exit(126);
    setenv("NO_COLOR", "1", 1);
    setenv("HOME", directory.c_str(), 1);
    unsetenv("XDG_CONFIG_HOME");
    setenv("DRYDOCK_AS_OF", "2026-11-22", 1);  // what is expected must not age
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Ran ran{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), slurp(stem + "out"),
          slurp(stem + "err")};
  for (const char* end : {"in", "out", "err"}) std::filesystem::remove(stem + end);
  return ran;
}

}  // namespace

void PrintTo(const Ran& ran, std::ostream* out) {
  *out << "exit code " << ran.code << "\nstandard output:\n"
       << ran.out << "standard error:\n"
       << ran.err;
}

Workspace::Workspace() {
  std::string name = (std::filesystem::temp_directory_path() / "drydock-test.XXXXXX").string();
  directory_ = std::filesystem::canonical(mkdtemp(name.data()));
}

Workspace::~Workspace() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Workspace& Workspace::file(const std::string& name, const std::string& content) {
  const std::filesystem::path path = directory_ / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
  return *this;
}

std::string Workspace::read(const std::string& name) const {
  return slurp(directory_ / name);
}

std::string Workspace::slurp_file(const std::string& path) {
  return slurp(path);
}

std::vector<std::string> Workspace::names() const {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(directory_))
    out.push_back(entry.path().filename().string());
  std::ranges::sort(out);
  return out;
}

Ran Workspace::drydock(std::vector<std::string> arguments, const std::string& input,
                       std::map<std::string, std::string> environment) const {
  arguments.insert(arguments.begin(), program());
  return run(directory_, std::move(arguments), input, environment);
}

std::string Workspace::shell(const std::string& command) const {
  const Ran ran = run(directory_, {"/bin/bash", "-c", "set -euo pipefail; " + command}, "",
                      {{"DRYDOCK", program()}, {"SOURCE", source_dir()}});
  EXPECT_EQ(ran.code, 0) << command << "\n" << ran.out << ran.err;
  return ran.out;
}

}  // namespace drydock::test
