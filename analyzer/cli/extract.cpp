// drydock extract: copies files out of an artifact, onto a host they must not harm: no device, no set-user-ID bit,
// no owner, nothing outside the directory given.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "analyzer/cli/command.h"
#include "analyzer/cli/opening.h"
#include "analyzer/cli/rows.h"

namespace drydock::cli {
namespace {

constexpr uint64_t kLargestFile = uint64_t{16} << 30;
constexpr size_t kPiece = 1 << 20;

struct ExtractOptions {
  ArtifactOptions artifact;
  std::vector<std::string> paths;
  std::string directory;
};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// May the link at `path` be made? Only if no way through it leaves the directory: it is relative, goes up no
// further than to the top, and only at its beginning (behind another link ".." would lead elsewhere).
bool stays_inside(std::string_view path, std::string_view target) {
  if (target.empty() || target.starts_with('/')) return false;
  auto depth = std::ranges::count(path, '/');
  bool down = false;
  while (!target.empty()) {
    const std::string_view part = target.substr(0, target.find('/'));
    target.remove_prefix(std::min(target.size(), part.size() + 1));
    if (part == "..") {
      if (down || --depth < 0) return false;
    } else if (!part.empty() && part != ".") {
      down = true;
    }
  }
  return true;
}

class Extraction {
 public:
  Extraction(const Tree& tree, int directory) : tree_(tree), top_(directory) {}

  // `path` and what lies below it, at the same place below the directory.
  void copy(const std::string& path, const Stat& stat) {
    one(path, stat);
    if (stat.type == NodeType::directory)
      tree_.walk(path, [&](std::string_view below, const Stat& info) {
        one(std::string(below), info);
        return true;
      });
  }

  bool complete() const { return complete_; }

 private:
  void skip(const std::string& path, const std::string& why) {
    complete_ = false;
    std::fprintf(stderr, "not extracted: %s: %s\n", printable(path).c_str(),
                 printable(why).c_str());
  }

  void one(const std::string& path, const Stat& stat) {
    switch (stat.type) {
      case NodeType::directory:
        if (!directory(path)) skip(path, std::strerror(errno));
        return;
      case NodeType::symlink:
        return link(path);
      case NodeType::file:
        return file(path, stat);
      case NodeType::fifo:
      case NodeType::socket:
      case NodeType::block_device:
      case NodeType::char_device:
        return skip(path, "a " + std::string(name(stat.type)));
    }
  }

  // The directory opened, made where it is missing; no link is followed on the way.
  std::optional<Descriptor> directory(std::string_view path) const {
    Descriptor at(dup(top_));
    while (!path.empty() && at.get() >= 0) {
      const std::string part(path.substr(0, path.find('/')));
      path.remove_prefix(std::min(path.size(), part.size() + 1));
      if (mkdirat(at.get(), part.c_str(), 0755) != 0 && errno != EEXIST) return std::nullopt;
      at = Descriptor(
          openat(at.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    }
    if (at.get() < 0) return std::nullopt;
    return at;
  }

  void link(const std::string& path) {
    const auto target = tree_.readlink(path);
    if (!target) return skip(path, target.error().message);
    if (!stays_inside(path, *target))
      return skip(path, "a link to " + *target + ", which leads out");
    const auto parent = directory(parent_path(path));
    if (!parent ||
        symlinkat(target->c_str(), parent->get(), std::string(file_name(path)).c_str()) != 0)
      return skip(path, std::strerror(errno));
  }

  void file(const std::string& path, const Stat& stat) {
    if (stat.size > kLargestFile) return skip(path, "it is larger than 16 GiB");
    const auto parent = directory(parent_path(path));
    if (!parent) return skip(path, std::strerror(errno));
    const std::string name(file_name(path));
    // Never over what is there already.
    const Descriptor out(openat(parent->get(), name.c_str(),
                                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (out.get() < 0) return skip(path, std::strerror(errno));
    for (uint64_t at = 0; at < stat.size;) {
      const auto content = tree_.read_piece(path, at, kPiece);
      if (!content) return skip(path, content.error().message);
      if (content->empty()) break;
      // Holes stay holes.
      if (content->find_first_not_of('\0') != std::string::npos)
        for (size_t done = 0; done < content->size();) {
          const ssize_t wrote = pwrite(out.get(), content->data() + done, content->size() - done,
                                       static_cast<off_t>(at + done));
          if (wrote < 0 && errno == EINTR) continue;
          if (wrote <= 0) return skip(path, std::strerror(errno));
          done += static_cast<size_t>(wrote);
        }
      at += content->size();
    }
    const timespec times[2] = {{.tv_sec = stat.mtime, .tv_nsec = 0},
                               {.tv_sec = stat.mtime, .tv_nsec = 0}};
    if (ftruncate(out.get(), static_cast<off_t>(stat.size)) != 0)
      return skip(path, std::strerror(errno));
    (void)futimens(out.get(), times);
    (void)fchmod(out.get(), stat.mode & 0777 & ~0022u);
  }

  const Tree& tree_;
  int top_;
  bool complete_ = true;
};

int run_extract(const ExtractOptions& options) {
  Interest interest;
  const auto want = [&](const std::string& path) {
    interest.add(path);
    interest.add(path.empty() ? "**" : path + "/**");
  };
  for (const std::string& path : options.paths) want(normal_path(path));
  auto artifact = open(options.artifact, interest);
  if (!artifact) return fail(artifact.error());
  auto target = one_target(*artifact, options.artifact);
  if (!target) return fail(target.error());
  // A link that was named means what it leads to; an archive keeps only what was asked for.
  bool again = false;
  std::vector<std::string> reals;
  for (const std::string& path : options.paths) {
    const auto real = (*target)->tree->resolve(normal_path(path));
    if (!real) return fail({real.error().message, ""});
    if (*real != normal_path(path)) want(*real), again = true;
    reals.push_back(*real);
  }
  if (again && options.artifact.path != "-") {
    artifact = open(options.artifact, interest);
    if (!artifact) return fail(artifact.error());
    target = one_target(*artifact, options.artifact);
    if (!target) return fail(target.error());
  }
  report_diagnostics(artifact->diagnostics);

  if (mkdir(options.directory.c_str(), 0755) != 0 && errno != EEXIST)
    return fail({"'" + options.directory + "' cannot be made: " + std::strerror(errno), ""});
  const Descriptor directory(::open(options.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0)
    return fail({"'" + options.directory + "' cannot be opened: " + std::strerror(errno), ""});
  Extraction extraction(*(*target)->tree, directory.get());
  for (const std::string& real : reals) {
    const auto stat = (*target)->tree->lstat(real);
    if (!stat) return fail({"'" + real + "' cannot be read", ""});
    extraction.copy(real, *stat);
  }
  return extraction.complete() && artifact->complete ? kClean : kIncomplete;
}

}  // namespace

void add_extract(CLI::App& app, Commands& commands) {
  auto options = std::make_shared<ExtractOptions>();
  CLI::App* extract = app.add_subcommand(
      "extract",
      "Copy files and directories out of an artifact. Owners, set-user-ID bits and devices stay "
      "behind, and nothing is written outside the directory or over what is there.");
  add_artifact_options(*extract, options->artifact);
  extract
      ->add_option("PATH", options->paths, "Paths inside the host; a directory with what is in it.")
      ->required()
      ->type_name("PATH");
  extract->add_option("-o,--output", options->directory, "Where to; made if it is missing.")
      ->required()
      ->type_name("DIR");
  extract->footer(
      "Exit codes: 0 all was copied; 2 usage or I/O error; 3 something was left out, which is said "
      "on standard error.");
  commands.push_back({extract, [options] { return run_extract(*options); }});
}

}  // namespace drydock::cli
