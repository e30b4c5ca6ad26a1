#include "analyzer/facts/collect/tree_signs.h"

#include <algorithm>
#include <future>
#include <optional>
#include <set>

#include "analyzer/facts/collect/permission.h"
#include "analyzer/facts/collect/privileged_file.h"
#include "analyzer/facts/look_ahead.h"
#include "analyzer/source/archive_tree.h"
#include "analyzer/source/directory.h"
#include "parsers/account_files.h"

namespace drydock::facts {
namespace {

// Relative to the root, with a slash at the end.
constexpr std::string_view kLeftOut[] = {"proc/",
                                         "sys/",
                                         "dev/",
                                         "run/",
                                         "var/lib/docker/",
                                         "var/lib/containerd/",
                                         "var/lib/containers/storage/",
                                         "var/lib/lxc/",
                                         "var/lib/lxd/",
                                         "var/lib/machines/",
                                         "var/lib/kubelet/pods/",
                                         "snap/"};

// hier(7): where the programs and libraries of the system are.
constexpr std::string_view kPrograms[] = {
    "bin", "sbin", "usr/bin", "usr/sbin", "usr/libexec", "usr/local/bin", "usr/local/sbin"};
constexpr std::string_view kLibraries[] = {"lib",     "lib32",     "lib64",     "libx32",
                                           "usr/lib", "usr/lib32", "usr/lib64", "usr/libx32"};

bool lies_in(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

// The storage of a rootless engine lies in a home directory.
bool is_left_out(std::string_view path) {
  for (const std::string_view one : kLeftOut)
    if (path == one.substr(0, one.size() - 1)) return true;
  return path.ends_with("/.local/share/containers/storage") ||
         path.ends_with("/.local/share/docker");
}

// The ids that have a name; nullopt: the file that gives them is not there.
struct KnownIds {
  std::optional<std::set<uint32_t>> users, groups;
};

// `read` gives the text of a file, if it is there.
template <class Read>
KnownIds known_ids(Read read) {
  KnownIds ids;
  if (const std::optional<std::string_view> text = read("etc/passwd")) {
    ids.users.emplace();
    for (const auto& user : parsers::account_files::parse_passwd(*text).records)
      ids.users->insert(user.uid);
  }
  if (const std::optional<std::string_view> text = read("etc/group")) {
    ids.groups.emplace();
    for (const auto& group : parsers::account_files::parse_group(*text).records)
      ids.groups->insert(group.gid);
  }
  return ids;
}

class Walk {
 public:
  Walk(const Tree& tree, KnownIds ids) : tree_(tree), ids_(std::move(ids)) {}

  TreeSigns run() {
    walk_but(tree_, is_left_out, [&](std::string_view path, const Stat& info) {
      if (info.type == NodeType::symlink) return true;  // its mode means nothing: symlink(7)
      if (info.type == NodeType::directory && is_left_out(path)) return false;
      judge(path, info);
      return true;
    });
    return std::move(out_);
  }

 private:
  void judge(std::string_view path, const Stat& info) {
    const bool file = info.type == NodeType::file;
    if (info.mode & 02 && (file || info.type == NodeType::directory))
      add("world-writable", path, info);
    if (ids_.users && !ids_.users->contains(info.uid)) add("no-user", path, info);
    if (ids_.groups && !ids_.groups->contains(info.gid)) add("no-group", path, info);
    if (file) judge_program(path, info);
    if (info.type == NodeType::block_device || info.type == NodeType::char_device)
      add("device", path, info);
    const auto is_in = [&](std::string_view directory) { return lies_in(path, directory); };
    if (std::ranges::any_of(kPrograms, is_in)) {
      if (info.uid != 0) add("program-owner", path, info);
      if (info.mode & 022) add("program-writable", path, info);
    } else if (std::ranges::any_of(kLibraries, is_in)) {
      if (info.uid != 0) add("library-owner", path, info);
      if (info.mode & 022) add("library-writable", path, info);
      // A program with the set-group-ID bit, or one that only its group may run, is made for another group.
      if (file && info.gid != 0 && !(info.mode & 06000)) add("library-group", path, info);
    }
  }

  void judge_program(std::string_view path, const Stat& info) {
    const bool program = info.mode & 0111, setuid = info.mode & 04000;
    // Without the execute bit of the group, set-group-ID is mandatory locking (fcntl(2)).
    const bool setgid = info.mode & 02000 && info.mode & 010;
    std::string capability;
    if (program)
      for (auto& [attribute, value] : tree_.xattrs(path))
        if (attribute == "security.capability") capability = std::move(value);
    if (program && setuid) add("setuid", path, info);
    if (setgid) add("setgid", path, info);
    if (!capability.empty()) add("capability", path, info);
    if (setuid || setgid || !capability.empty())
      out_.privileged.push_back({std::string(path), info, std::move(capability)});
  }

  void add(std::string_view sign, std::string_view path, const Stat& info) {
    if (out_.signs.size() < TreeSigns::kSigns)
      out_.signs.push_back({sign, std::string(path), info});
    else
      out_.cut = true;
  }

  const Tree& tree_;  // not watched node by node
  KnownIds ids_;
  TreeSigns out_;
};

}  // namespace

// The walk of a thread of its own.
struct LookedAhead::Signs {
  std::future<TreeSigns> walk;
};

const TreeSigns& tree_signs(Context& context) {
  return context.shared<TreeSigns>([&] {
    if (const auto* watched = dynamic_cast<const WatchedTree*>(&context.tree()))
      watched->looked_through("");
    if (const auto& begun = context.shared<LookedAhead>([] { return LookedAhead{}; }).signs;
        begun && begun->walk.valid()) {
      // It has read them; that one of them cannot be read is said here.
      for (const char* path : {"etc/passwd", "etc/group"}) (void)context.read(path);
      return begun->walk.get();
    }
    KnownIds ids = known_ids([&](std::string_view path) -> std::optional<std::string_view> {
      const auto text = context.read(path);
      return text ? std::optional(text->text) : std::nullopt;
    });
    return Walk(*context.target().tree, std::move(ids)).run();
  });
}

LookedAhead look_ahead(const Target& target, const std::set<std::string, std::less<>>& tables) {
  LookedAhead out;
  const bool wanted = tables.empty() || tables.contains(kExposedFileTable.name) ||
                      tables.contains(kPrivilegedFileTable.name);
  if (!wanted || target.scope != Scope::host) return out;
  const auto archive = std::dynamic_pointer_cast<const ArchiveTree>(target.tree);
  if (!archive) {
    begin_walk(*target.tree, is_left_out);
    return out;
  }
  // As Context::read would read them, before anybody else reads the tree.
  KnownIds ids = known_ids([&](std::string_view path) -> std::optional<std::string_view> {
    const auto real = archive->resolve(path);
    if (!real || *real == "dev/null") return std::nullopt;
    const auto text = archive->read(*real);
    return text ? std::optional(*text) : std::nullopt;
  });
  out.signs = std::make_shared<LookedAhead::Signs>();
  out.signs->walk = std::async(std::launch::async, [archive, ids = std::move(ids)]() mutable {
    return Walk(*archive, std::move(ids)).run();
  });
  return out;
}

}  // namespace drydock::facts
