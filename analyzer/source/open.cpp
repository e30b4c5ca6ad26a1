// open_artifact: the list of openers, each of which says whether the artifact is its own.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <thread>

#include "analyzer/base/limits.h"
#include "analyzer/source/archive_reader.h"
#include "analyzer/source/artifact.h"
#include "analyzer/source/directory.h"
#include "analyzer/source/head_start.h"
#include "analyzer/source/open_bytes.h"
#include "analyzer/source/open_image.h"
#include "analyzer/source/repository.h"
#include "analyzer/source/targets.h"
#include "analyzer/source/views.h"

namespace drydock {
namespace {

// What the openers are given.
struct Given {
  std::string path;                    // as the user wrote it
  struct stat st = {};                 // of what it leads to
  std::shared_ptr<const int> fd = {};  // open for reading; closes itself
  std::string_view memory = {};        // instead of fd, in open_bytes
};

// An opener's answer: not mine, or what became of it.
using Answer = std::optional<Result<Artifact>>;

std::string in_quotes(std::string_view path) {
  return "'" + std::string(path) + "'";
}

std::string target_name(const Given& given, const OpenOptions& options) {
  if (!options.target_name.empty()) return options.target_name;
  if (given.path == "-") return "stdin";
  std::error_code ignored;
  const auto real = std::filesystem::weakly_canonical(given.path, ignored);
  const std::string stem = artifact_stem(ignored ? given.path : real.string());
  return stem.empty() ? "root" : stem;
}

// By its name: "rootfs.tar.xz", "layer.tgz". Archives inside of archives are not opened.
bool is_archive_name(std::string_view name) {
  for (const std::string_view end : {".gz", ".xz", ".zst", ".bz2", ".lz4"})
    if (name.ends_with(end)) name.remove_suffix(end.size());
  for (const std::string_view end : {".tar", ".tgz", ".txz", ".tbz2", ".tzst", ".cpio", ".zip"})
    if (name.ends_with(end) && name.size() > end.size()) return true;
  return false;
}

Error nothing_known(const Given& given, const Sighting& seen) {
  std::string help;
  for (const std::string& name : seen.top) {
    if (!is_archive_name(name)) continue;
    help = name + " in it is an archive itself; ";
    if (S_ISDIR(given.st.st_mode))
      help += "scan that";
    else
      help +=
          "archives in archives are not opened: unpack it, or hand it over by a pipe, as `unzip -p "
          "FILE " +
          name + "` or `tar -xOf FILE " + name + "` with `| drydock scan -`";
    return {in_quotes(given.path) + " holds no file that drydock knows", help};
  }
  for (size_t i = 0; i < seen.top.size() && i < 8; ++i) help += (i ? ", " : "seen: ") + seen.top[i];
  if (seen.top.size() > 8) help += " and " + std::to_string(seen.top.size() - 8) + " more";
  help += help.empty()
              ? "it is empty"
              : "; drydock looks for a root (etc/passwd, usr/bin …), an etc/, and files such as "
                "sshd_config, daemon.json, *.service; --root names the root, --scope host takes "
                "it as one";
  return {in_quotes(given.path) + " holds no file that drydock knows", help};
}

Result<Artifact> finish(Artifact artifact, const std::shared_ptr<const Tree>& tree, Sighting seen,
                        const Given& given, const OpenOptions& options) {
  if (options.root) {
    auto targets = forced_target(tree, seen, options);
    if (!targets) return targets.error();
    artifact.targets = std::move(*targets);
  } else {
    artifact.targets = make_targets(tree, seen, options, artifact.kind == ArtifactKind::repository);
  }
  if (artifact.targets.empty()) {
    for (const Unread& one : tree->unread())
      if (!one.said)
        return Error{in_quotes(given.path) + " holds no file that drydock may read: " +
                         in_quotes(one.path) + ": " + one.why,
                     "run drydock as a user who may read it"};
    return nothing_known(given, seen);
  }
  name_targets(artifact.targets, target_name(given, options));
  return artifact;
}

// ── a directory ──

// Where a directory lies on a host, by its own name and those above it, when nothing in it tells: "sysctl.d" of
// "/usr/lib/sysctl.d", "etc/audit/rules.d". A place below an "etc" is preferred, else the shortest does. nullopt: no
// file in it would be known anywhere.
std::optional<Target> placed_target(const std::shared_ptr<const Tree>& tree,
                                    const std::string& path, Ignores& ignores,
                                    const Interest& interest) {
  constexpr size_t kFiles = 10'000;
  std::error_code ignored;
  std::filesystem::path whole = std::filesystem::absolute(path, ignored).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  const std::string full = whole.string();

  std::vector<std::string> files;
  tree->walk("", [&](std::string_view file, const Stat& stat) {
    const bool directory = stat.type == NodeType::directory;
    if ((directory && file_name(file) == ".git") || ignores.ignored(file, directory) ||
        files.size() >= kFiles)
      return false;
    if (stat.type == NodeType::file || stat.type == NodeType::symlink) files.emplace_back(file);
    return true;
  });
  std::vector<std::string> places;
  for (size_t at = full.rfind("/etc/"); at != std::string::npos && at > 0;
       at = full.rfind("/etc/", at - 1))
    places.push_back(full.substr(at + 1));
  for (size_t at = full.rfind('/'); at != std::string::npos; at = full.rfind('/', at - 1)) {
    places.push_back(full.substr(at + 1));
    if (at == 0) break;
  }
  for (const std::string& place : places) {
    if (place.empty()) continue;
    std::vector<std::string> known;
    for (const std::string& file : files) {
      std::string there = join_path(place, file);
      if ((place.starts_with("etc/") && interest.matches(there)) || interest.matches_loose(there))
        known.push_back(std::move(there));
    }
    if (!known.empty()) return loose_target(tree, place, std::move(known));
  }
  return std::nullopt;
}

Answer open_directory(const Given& given, const OpenOptions& options) {
  if (given.memory.data() || !S_ISDIR(given.st.st_mode)) return std::nullopt;
  auto opened = DirectoryTree::open(given.path);
  if (!opened) return opened.error();
  const std::shared_ptr<const Tree> tree = std::move(*opened);
  Artifact artifact{.path = given.path, .kind = ArtifactKind::directory, .format = "directory"};
  const Repository repository = Repository::around(given.path);
  if (repository.found()) {
    artifact.kind = ArtifactKind::repository;
    artifact.in_repository = true;
    artifact.repository_path = repository.path();
  }
  Sighting seen;
  auto names = tree->list("");
  if (!names) return Error{names.error().message, "run drydock as a user who may read it"};
  seen.top = *names;
  const bool strict = repository.found();
  seen.roots_at = {""};
  // A root is not walked: whoever needs one of its files asks for it.
  if (options.root || options.scope.value_or(Scope::fragment) != Scope::fragment ||
      judge_directory(*tree, "", strict).is_root)
    return finish(std::move(artifact), tree, std::move(seen), given, options);

  Ignores ignores = repository.ignores(*tree);
  tree->walk("", [&](std::string_view path, const Stat& stat) {
    const bool directory = stat.type == NodeType::directory;
    if (++artifact.entries > limits::kEntries) {
      artifact.complete = false;
      return false;
    }
    if ((directory && file_name(path) == ".git") || ignores.ignored(path, directory)) return false;
    if (directory) {
      const auto etc = tree->lstat(join_path(path, "etc"));
      if (!etc || etc->type != NodeType::directory) return true;
      seen.roots_at.emplace_back(path);
      return !judge_directory(*tree, path, strict).is_root;
    }
    if ((stat.type == NodeType::file || stat.type == NodeType::symlink) &&
        options.recognized().may_match(path))
      seen.files.emplace_back(path);
    return true;
  });
  if (make_targets(tree, seen, options, strict).empty() &&
      options.scope.value_or(Scope::fragment) == Scope::fragment) {
    if (auto target = placed_target(tree, given.path, ignores, options.recognized())) {
      artifact.targets.push_back(std::move(*target));
      name_targets(artifact.targets, target_name(given, options));
      return artifact;
    }
  }
  return finish(std::move(artifact), tree, std::move(seen), given, options);
}

// ── an archive ──

Sighting sighting_of(const ArchiveContents& contents) {
  const ArchiveTree& tree = *contents.tree;
  Sighting seen;
  seen.roots_at.emplace_back("");
  for (ArchiveTree::Id id = 1; id < tree.size(); ++id)
    if (tree.type(id) == NodeType::directory && tree.entry_name(id) == "etc" && tree.alive(id) &&
        tree.parent(id) != ArchiveTree::kRoot)
      seen.roots_at.push_back(tree.path(tree.parent(id)));
  for (const ArchiveTree::Id id : contents.wanted)
    if (tree.alive(id) && tree.type(id) != NodeType::directory) seen.files.push_back(tree.path(id));
  if (auto top = tree.list("")) seen.top = std::move(*top);
  return seen;
}

// What the targets want and the pass could not know or keep: mostly files behind links.
std::vector<ArchiveTree::Id> missing_contents(const Artifact& artifact,
                                              const ArchiveContents& contents,
                                              const OpenOptions& options) {
  const ArchiveTree& tree = *contents.tree;
  const auto wanted = [&](const std::string& path) {
    for (const Target& target : artifact.targets) {
      if (!target.prefix.empty() && !path.starts_with(target.prefix + "/")) continue;
      std::string inner = path.substr(target.prefix.empty() ? 0 : target.prefix.size() + 1);
      if (!target.place.empty()) inner.insert(0, target.place + "/");
      if (options.interest.matches(inner) ||
          (target.scope == Scope::fragment && options.interest.matches_loose(inner)))
        return true;
    }
    return false;
  };
  std::vector<ArchiveTree::Id> missing;
  for (ArchiveTree::Id id : contents.wanted) {
    if (!tree.alive(id) || (tree.type(id) == NodeType::file && tree.loaded(id))) continue;
    const std::string path = tree.path(id);
    if (!wanted(path)) continue;
    if (tree.type(id) == NodeType::symlink) {
      const auto real = tree.resolve(path);
      if (!real) continue;
      id = tree.find(*real);
    }
    if (tree.type(id) == NodeType::file && !tree.loaded(id)) missing.push_back(id);
  }
  return missing;
}

// Lets `tree` read contents it does not have. A plain tar is read at the place. Anything else costs one
// more pass: nothing of that is done before somebody asks, and the first who asks gets all that anybody
// may want. What even then nobody foresaw costs a pass each; few are enough for honest archives, more
// would be a way to keep us busy.
void allow_second_reading(const ArchiveInput& input, const Given& given,
                          const ArchiveContents& contents, std::vector<ArchiveTree::Id> missing) {
  constexpr int kPasses = 4;
  contents.tree->fetch =
      [input, hold = given.fd, tree = std::weak_ptr(contents.tree), by_offset = contents.by_offset,
       left = kPasses, missing = std::move(missing)](std::vector<ArchiveTree::Id> files) mutable {
        const auto held = tree.lock();
        if (!held || (!by_offset && left-- <= 0)) return;
        if (!by_offset) files.insert(files.end(), missing.begin(), missing.end()), missing.clear();
        fetch_contents(input, held, by_offset, files);
      };
}

Answer open_archive(const Given& given, const OpenOptions& options) {
  const unsigned threads =
      options.threads > 0 ? options.threads : std::thread::hardware_concurrency();
  ArchiveInput input{.name = given.path,
                     .fd = given.fd ? *given.fd : -1,
                     .memory = given.memory,
                     .temporary = options.image.temporary,
                     .threaded = threads > 1};
  const uint64_t size = given.memory.data()
                            ? given.memory.size()
                            : static_cast<uint64_t>(std::max<off_t>(given.st.st_size, 0));
  ArchiveOptions reading{.interest = &options.interest,
                         .known = options.known ? &*options.known : nullptr};
  if (options.root) reading.root = normal_path(*options.root);
  if (options.progress) reading.progress = [&](uint64_t done) { options.progress(done, size); };
  reading.reading_ahead = options.reading_ahead;
  if (given.fd && options.started && options.started->fd() == given.fd)
    reading.started = options.started;
  ArchiveContents contents = read_archive(input, reading);
  if (!contents.recognized) {
    const std::string why =
        contents.diagnostics.empty() ? "" : contents.diagnostics.front().message;
    if (contents.compressed.empty())
      return why.empty() ? Answer{}
                         : Answer{Error{in_quotes(given.path) + " cannot be read: " + why, ""}};
    return Error{in_quotes(given.path) + " is compressed (" + contents.compressed + "), but " +
                     (why.empty() ? "no archive is inside" : why),
                 "drydock reads tar, cpio and zip; unpack a single compressed file before"};
  }
  Artifact artifact{.path = given.path,
                    .kind = ArtifactKind::archive,
                    .format = contents.format,
                    .size = size,
                    .diagnostics = std::move(contents.diagnostics),
                    .complete = contents.complete,
                    .entries = contents.entries};
  if (contents.entries == 0)
    return artifact.diagnostics.empty()
               ? Error{in_quotes(given.path) + " is an archive without entries", ""}
               : Error{artifact.diagnostics.front().message, "no entry before it could be read"};
  auto done = finish(std::move(artifact), contents.tree, sighting_of(contents), given, options);
  const bool again = given.memory.data() || S_ISREG(given.st.st_mode) || S_ISBLK(given.st.st_mode);
  if (done && again)
    allow_second_reading(input, given, contents, missing_contents(*done, contents, options));
  return done;
}

// ── one file ──

// The tail of the file's path that says what it is: from the last "etc" on, or as much as a loose
// pattern needs.
std::string telling_tail(const std::string& path, const Interest& interest) {
  for (size_t at = path.rfind("/etc/"); at != std::string::npos;
       at = at == 0 ? std::string::npos : path.rfind("/etc/", at - 1))
    if (interest.matches(path.substr(at + 1))) return path.substr(at + 1);
  for (size_t at = path.size(); at-- > 0;)
    if ((at == 0 || path[at - 1] == '/') && interest.matches_loose(path.substr(at)))
      return path.substr(at);
  return {};
}

Answer open_file(const Given& given, const OpenOptions& options) {
  if (given.memory.data() || !S_ISREG(given.st.st_mode)) return std::nullopt;
  std::error_code ignored;
  std::string full = std::filesystem::absolute(given.path, ignored).lexically_normal().string();
  const std::string tail = telling_tail(full, options.recognized());
  if (tail.empty()) return std::nullopt;
  if (static_cast<uint64_t>(given.st.st_size) > limits::kFileContent)
    return Error{
        in_quotes(given.path) + " is larger than 16 MiB, too large for a configuration file", ""};
  std::string content(static_cast<size_t>(given.st.st_size), '\0');
  for (size_t at = 0; at < content.size();) {
    const ssize_t got =
        pread(*given.fd, content.data() + at, content.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return Error{in_quotes(given.path) + " cannot be read: " + std::strerror(errno), ""};
    if (got == 0) content.resize(at);
    at += static_cast<size_t>(got);
  }
  const Stat stat{.mode = static_cast<uint16_t>(given.st.st_mode & 07777),
                  .uid = given.st.st_uid,
                  .gid = given.st.st_gid,
                  .size = content.size(),
                  .mtime = given.st.st_mtime};
  Artifact artifact{.path = given.path,
                    .kind = ArtifactKind::file,
                    .format = "file",
                    .size = content.size(),
                    .entries = 1};
  const Repository repository =
      Repository::around(std::filesystem::path(full).parent_path().string());
  Target target;
  if (repository.found()) {
    // From the checkout's root to the file. The tail reaches above that root when the checkout is an
    // /etc, and is no part of it when a link led here: then the file is reported as if there were none.
    const std::string inside = join_path(repository.path(), file_name(full));
    if ("etc/" + inside == tail) target.place = "etc";
    artifact.in_repository =
        inside == tail || !target.place.empty() || inside.ends_with("/" + tail);
    if (inside.size() > tail.size() && artifact.in_repository)
      artifact.repository_path = inside.substr(0, inside.size() - tail.size() - 1);
  }
  target.scope = Scope::fragment;
  target.scope_reason = "one file";
  target.tree = single_file(tail, stat, std::move(content));
  target.loose_files = {tail};
  artifact.targets.push_back(std::move(target));
  name_targets(artifact.targets,
               options.target_name.empty() ? std::string(file_name(full)) : options.target_name);
  return artifact;
}

Answer open_disk(const Given& given, const OpenOptions& options) {
  if (given.memory.data() || !S_ISREG(given.st.st_mode) || given.path == "-") return std::nullopt;
  return open_image(given.path, options);
}

// The first that knows the artifact opens it. An opener looks at the content, never at the name.
constexpr Answer (*kOpeners[])(const Given&, const OpenOptions&) = {open_directory, open_disk,
                                                                    open_archive, open_file};

Result<Artifact> open_given(const Given& given, const OpenOptions& options) {
  for (const auto& opener : kOpeners)
    if (Answer answer = opener(given, options)) return std::move(*answer);
  return Error{
      in_quotes(given.path) + " is neither an archive nor a file drydock knows",
      "drydock reads directories, tar (gz, bz2, xz, zst, lz4), cpio, zip, disk images (raw, qcow2, "
      "VMDK, VHD, VHDX, VDI, OVA, also packed, with ext2, ext3 or ext4), and single files by their "
      "usual names, "
      "such as sshd_config or daemon.json"};
}

}  // namespace

Result<Artifact> open_artifact(const std::string& path, const OpenOptions& options) {
  Given given{.path = path};
  if (path == "-") {
    given.fd = own_fd(STDIN_FILENO);
    fstat(STDIN_FILENO, &given.st);
    if (isatty(STDIN_FILENO))
      return Error{"standard input is a terminal",
                   "pipe an archive into drydock: tar c -C / etc | drydock scan -"};
    return open_given(given, options);
  }
  if (options.started && options.started->path() == path) {
    given.fd = options.started->fd();
    fstat(*given.fd, &given.st);
  } else if (stat(path.c_str(), &given.st) != 0) {
    if (errno == ENOENT) return Error{in_quotes(path) + " does not exist", ""};
    return Error{in_quotes(path) + " cannot be opened: " + std::strerror(errno), ""};
  }
  if (S_ISCHR(given.st.st_mode) || S_ISSOCK(given.st.st_mode))
    return Error{in_quotes(path) + " is neither a file nor a directory", ""};
  if (S_ISREG(given.st.st_mode) && given.st.st_size == 0)
    return Error{in_quotes(path) + " is empty", "nothing was written to it, or it was cut off"};
  if (!given.fd && !S_ISDIR(given.st.st_mode)) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return Error{in_quotes(path) + " cannot be opened: " + std::strerror(errno), ""};
    given.fd = own_fd(fd);
  }
  return open_given(given, options);
}

Result<Artifact> open_bytes(std::string_view bytes, const OpenOptions& options) {
  return open_given({.path = "memory", .memory = bytes}, options);
}

}  // namespace drydock
