// One walk over the whole tree for all that must not be found anywhere in it. What runs in a container has
// users of its own and modes that say nothing about the host: the stores of container engines are left out,
// and so are the file systems of the kernel.
#include <algorithm>
#include <set>

#include "analyzer/facts/collect/permission.h"
#include "analyzer/source/tree.h"
#include "parsers/account_files.h"

namespace drydock::facts {

const TableSpec kExposedFileTable{
    .name = "exposed_file",
    .kind = TableKind::inventory,
    .doc =
        "A file or directory anywhere on the host that shows one of the signs below, found in one "
        "walk over the tree; with several signs it has several rows. Left out are /proc, /sys, "
        "/dev, /run and the stores of container engines. In a fragment there is none.",
    .columns =
        {{"sign", ColumnType::text,
          "'world-writable': others may write; 'no-user', 'no-group': the owner or group is not in "
          "/etc/passwd, /etc/group; 'setuid', 'setgid': a program with that bit; 'capability': a "
          "program with file capabilities; 'device': a device node outside /dev; 'program-owner', "
          "'library-owner': not root's; 'program-writable', 'library-writable': group or others "
          "may write; 'library-group': a library of another group than root's."},
         {"path", ColumnType::text, "Path without a leading slash."},
         {"type", ColumnType::text, "As in the table file."},
         {"mode", ColumnType::integer, "Permission bits as a number."},
         {"uid", ColumnType::integer, "Owner."},
         {"gid", ColumnType::integer, "Group."},
         {"loc", ColumnType::location, "The file as a whole."}},
    .indexes = {"sign"},
    .examples = {"SELECT path, mode FROM exposed_file WHERE sign = 'setuid'"}};

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

constexpr size_t kRows = 50'000;

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
  explicit Walk(Context& context) : context_(context), tree_(context.tree()) {
    if (const auto text = context_.read("etc/passwd")) {
      has_users_ = true;
      for (const auto& user : parsers::account_files::parse_passwd(text->text).records)
        users_.insert(user.uid);
    }
    if (const auto text = context_.read("etc/group")) {
      has_groups_ = true;
      for (const auto& group : parsers::account_files::parse_group(text->text).records)
        groups_.insert(group.gid);
    }
  }

  void run() {
    tree_.walk("", [&](std::string_view path, const Stat& stat) {
      if (rows_ >= kRows || is_left_out(path)) return false;
      judge(path, stat);
      return true;
    });
    if (rows_ >= kRows)
      issue("", "too-many",
            "more than 50000 files show a sign of this table; the others are not listed");
  }

 private:
  void judge(std::string_view path, const Stat& stat) {
    if (stat.type == NodeType::symlink) return;  // the mode of a link means nothing: symlink(7)
    const bool file = stat.type == NodeType::file;
    if (stat.mode & 02 && (file || stat.type == NodeType::directory))
      add("world-writable", path, stat);
    if (has_users_ && !users_.contains(stat.uid)) add("no-user", path, stat);
    if (has_groups_ && !groups_.contains(stat.gid)) add("no-group", path, stat);
    if (file && stat.mode & 0111) {
      if (stat.mode & 04000) add("setuid", path, stat);
      if (stat.mode & 02000 && stat.mode & 010) add("setgid", path, stat);
      if (has_capability(path)) add("capability", path, stat);
    }
    if (stat.type == NodeType::block_device || stat.type == NodeType::char_device)
      add("device", path, stat);
    const auto is_in = [&](std::string_view directory) { return lies_in(path, directory); };
    if (std::ranges::any_of(kPrograms, is_in)) {
      if (stat.uid != 0) add("program-owner", path, stat);
      if (stat.mode & 022) add("program-writable", path, stat);
    } else if (std::ranges::any_of(kLibraries, is_in)) {
      if (stat.uid != 0) add("library-owner", path, stat);
      if (stat.mode & 022) add("library-writable", path, stat);
      // A program with the set-group-ID bit, or one that only its group may run, is made for another group.
      if (file && stat.gid != 0 && !(stat.mode & 06000)) add("library-group", path, stat);
    }
  }

  bool has_capability(std::string_view path) const {
    for (const auto& [attribute, value] : tree_.xattrs(path))
      if (attribute == "security.capability") return true;
    return false;
  }

  void add(std::string_view sign, std::string_view path, const Stat& stat) {
    ++rows_;
    context_.store().insert(kExposedFileTable,
                            {sign, path, name(stat.type), int64_t{stat.mode}, int64_t{stat.uid},
                             int64_t{stat.gid}, context_.store().locate(path, Span{})});
  }

  void issue(std::string_view path, std::string_view code, const std::string& message) {
    context_.store().insert(kParseIssueTable,
                            {path, code, std::string_view(message), std::string_view("unknown"),
                             kExposedFileTable.name, context_.store().locate(path, Span{})});
  }

  Context& context_;
  const Tree& tree_;
  std::set<uint32_t> users_, groups_;
  bool has_users_ = false, has_groups_ = false;
  size_t rows_ = 0;
};

void collect_exposed(Context& context) {
  if (context.scope() == Scope::host) Walk(context).run();
}

}  // namespace

const Collector kExposedFileCollector{.name = "exposed-file",
                                      .tables = {&kExposedFileTable},
                                      .needs = {},
                                      .paths = {"etc/passwd", "etc/group"},
                                      .loose = {},
                                      .collect = collect_exposed};

}  // namespace drydock::facts
