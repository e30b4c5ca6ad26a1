#include "analyzer/facts/collect/tree_signs.h"

#include <algorithm>
#include <set>

#include "analyzer/facts/collect/permission.h"
#include "analyzer/facts/collect/privileged_file.h"
#include "analyzer/facts/look_ahead.h"
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

class Walk {
 public:
  explicit Walk(Context& context) : tree_(context.tree()), source_(*context.target().tree) {
    if (const auto text = context.read("etc/passwd")) {
      has_users_ = true;
      for (const auto& user : parsers::account_files::parse_passwd(text->text).records)
        users_.insert(user.uid);
    }
    if (const auto text = context.read("etc/group")) {
      has_groups_ = true;
      for (const auto& group : parsers::account_files::parse_group(text->text).records)
        groups_.insert(group.gid);
    }
  }

  TreeSigns run() {
    if (const auto* watched = dynamic_cast<const WatchedTree*>(&tree_)) watched->looked_through("");
    walk_but(source_, is_left_out, [&](std::string_view path, const Stat& info) {
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
    if (has_users_ && !users_.contains(info.uid)) add("no-user", path, info);
    if (has_groups_ && !groups_.contains(info.gid)) add("no-group", path, info);
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

  const Tree& tree_;
  const Tree& source_;  // not watched node by node
  std::set<uint32_t> users_, groups_;
  bool has_users_ = false, has_groups_ = false;
  TreeSigns out_;
};

}  // namespace

const TreeSigns& tree_signs(Context& context) {
  return context.shared<TreeSigns>([&] { return Walk(context).run(); });
}

void look_ahead(const Target& target, const std::set<std::string, std::less<>>& tables) {
  const bool wanted = tables.empty() || tables.contains(kExposedFileTable.name) ||
                      tables.contains(kPrivilegedFileTable.name);
  if (wanted && target.scope == Scope::host) begin_walk(*target.tree, is_left_out);
}

}  // namespace drydock::facts
