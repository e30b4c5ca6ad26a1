// A file that its author believes in and the host never sees: it lies where a program reads, and the program
// passes it over; or where none reads.
#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "analyzer/facts/collect/setting.h"
#include "analyzer/facts/collect/unread_directory.h"
#include "analyzer/facts/collect/unread_include.h"
#include "analyzer/facts/collect/unread_name.h"
#include "analyzer/source/tree.h"
#include "parsers/dpkg_status.h"

namespace drydock::facts {

const TableSpec kUnreadFileTable{
    .name = "unread_file",
    .kind = TableKind::inventory,
    .doc =
        "A file of configuration that the program passes over, or that lies where it never looks. "
        "Backups of package managers and editors (.dpkg-dist, .rpmsave, .bak, ~ and so on), hidden "
        "and empty files, README, what says of itself that it is disabled or an example, and files "
        "of Debian's packages are left out: nobody believes in those. Units of systemd that are "
        "not read are in unit_problem, lines in sysctl_line, modprobe_line, sshd_line and "
        "pam_line.",
    .columns =
        {{"program", ColumnType::text, "Who should read it: sysctl, cron, run-parts and so on."},
         {"path", ColumnType::text, "The file."},
         {"cause", ColumnType::text,
          "'name', 'subdirectory', 'directory' (a place where the program never looks), "
          "'not-included', 'replaced' (the program is told to read another), 'not-executable', "
          "'owner' (somebody else than root may write it, or read it)."},
         {"why", ColumnType::text, "In words: 'its name does not end in .conf'."},
         {"wanted", ColumnType::text, "What the program takes: 'a name that ends in .conf'."},
         {"manual", ColumnType::text, "Where that is said: 'sysctl.d(5)'."},
         {"loc", ColumnType::location, "The file as a whole."}},
    .indexes = {"program"},
    .examples = {"SELECT path, why, manual FROM unread_file",
                 "SELECT path FROM unread_file WHERE cause = 'not-executable'"}};

namespace {

constexpr size_t kRows = 10'000;

class Unread {
 public:
  explicit Unread(Context& context) : context_(context), tree_(context.tree()) {}

  void look_into(const UnreadDirectory& directory) {
    if (!applies(directory.conditions)) return;
    in(directory, std::string(directory.path));
    if (directory.conditions.is_in_usr_local && has_usr_local_)
      in(directory, "usr/local/lib/" + std::string(directory.path.substr(4)));
  }

  void look_beside(const Neighbour& neighbour) {
    if (!applies(neighbour.conditions)) return;
    const auto there = tree_.lstat(neighbour.path);
    if (!there || there->type == NodeType::symlink) return;
    std::vector<std::string> files;
    if (there->type == NodeType::file) {
      files.emplace_back(neighbour.path);
    } else if (const auto names = tree_.list(neighbour.path)) {
      for (const std::string& name : *names)
        if (!is_kept(name)) files.push_back(join_path(neighbour.path, name));
    }
    std::erase_if(files, [&](const std::string& path) {
      const auto stat = tree_.lstat(path);
      return !stat || stat->type != NodeType::file || stat->size == 0;
    });
    if (files.empty() || !lies_beside(neighbour)) return;
    const std::string right(neighbour.right);
    const std::set<std::string> linked = targets(right, [](std::string_view) { return true; });
    for (const std::string& path : files)
      if (!linked.contains(path))
        row(neighbour.program, path, "directory", "it looks into /" + right + " instead",
            "/" + right, neighbour.manual);
  }

  // systemd-rc-local-generator(8): "if /etc/rc.local exists and is executable"; so says the script of Debian's
  // initscripts. Red Hat ships an empty one that is not.
  void rc_local() {
    const std::string path = "etc/rc.local";
    const auto there = tree_.stat(path);
    if (!there || there->type != NodeType::file || (there->mode & 0111) != 0) return;
    const auto text = context_.read(path);
    if (!text) return;
    std::string_view rest = text->text;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (!has_live_line(line) || line.starts_with("exit") || line.starts_with("touch /var/lock/"))
        continue;
      return row("rc.local", text->path, "not-executable", "it is not executable", "the mode 0755",
                 "systemd-rc-local-generator(8)");
    }
  }

  // faillock.conf where each line of the stacks names another by conf=, and the like; with limits.conf and access.conf
  // go the directories beside them.
  void replaced_in_stacks() {
    const auto rows = context_.store().select(
        "SELECT module, path, why FROM pam_file WHERE state = 'unread' ORDER BY path");
    if (!rows) return;
    for (const auto& one : rows->rows)
      replaced(one[0].value_or(""), one[1].value_or(""), one[2].value_or(""));
    const auto lone = context_.store().select(
        "SELECT module, min(path) FROM pam_file WHERE module IN ('pam_limits.so', 'pam_access.so') "
        "AND state <> 'unread' GROUP BY module HAVING min(argument IS NOT NULL) ORDER BY module");
    if (!lone) return;
    for (const auto& one : lone->rows) {
      const std::string module = one[0].value_or("");
      const std::string_view directory =
          module == "pam_limits.so" ? "etc/security/limits.d" : "etc/security/access.d";
      for (const std::string& path : tree_.glob(directory, "*.conf"))
        replaced(module, path,
                 "each line that calls " + module + " names a file of its own, first /" +
                     one[1].value_or("") + ", and with it no directory is read");
    }
  }

  void replaced(const std::string& module, const std::string& path, std::string_view why) {
    const auto text = context_.read(path);
    if (text && has_live_line(text->text))
      row(module.substr(0, module.find('.')), text->path, "replaced", why,
          "a line of the stacks that reads it", "pam.d(5)");
  }

  // modules-load.d(5): systemd reads /etc/modules by no other way than the link that Debian ships.
  void modules() {
    constexpr std::string_view kPath = "etc/modules", kRight = "etc/modules-load.d";
    if (!tree_.exists("usr/lib/systemd/systemd-modules-load") &&
        !tree_.exists("lib/systemd/systemd-modules-load"))
      return;
    const auto there = tree_.lstat(kPath);
    if (!there || there->type != NodeType::file || there->size == 0) return;
    const auto is_conf = [](std::string_view name) { return name.ends_with(".conf"); };
    if (targets(std::string(kRight), is_conf).contains(std::string(kPath))) return;
    const auto text = context_.read(kPath);
    if (text && has_live_line(text->text))
      row("modules-load", std::string(kPath), "directory",
          "systemd-modules-load looks into /etc/modules-load.d, where no link leads to it",
          "a file in /etc/modules-load.d", "modules-load.d(5)");
  }

 private:
  bool applies(const Conditions& conditions) const {
    return (conditions.needs.empty() || tree_.exists(conditions.needs)) &&
           (conditions.needs_not.empty() || !tree_.exists(conditions.needs_not));
  }

  static bool has_live_line(std::string_view text) {
    bool is_comment = false, is_blank = true;
    for (const char c : text) {
      if (c == '\n') {
        is_comment = false;
        is_blank = true;
      } else if (is_blank && (c == '#' || c == ';')) {
        is_comment = true;
      } else if (!is_comment && c != ' ' && c != '\t' && c != '\r') {
        return true;
      }
      if (c != ' ' && c != '\t' && c != '\n') is_blank = false;
    }
    return false;
  }

  // False if the program may read the neighbour after all.
  bool lies_beside(const Neighbour& neighbour) {
    const auto right = tree_.resolve(neighbour.right);
    const auto real = tree_.resolve(neighbour.path);
    if (right && real && (*right == *real || right->starts_with(*real + "/"))) return false;
    if (neighbour.conditions.mains.empty()) return true;
    const Included said = included(context_, neighbour.conditions, neighbour.path, neighbour.right);
    return said.is_known && !said.as_a_whole && said.patterns.empty();
  }

  // Where the links in a directory lead, of the names that the program takes.
  std::set<std::string> targets(const std::string& directory,
                                const std::function<bool(std::string_view)>& takes) const {
    std::set<std::string> out;
    const auto there = tree_.resolve(directory);
    if (!there) return out;
    const auto names = tree_.list(*there);
    if (!names) return out;
    for (const std::string& name : *names) {
      const std::string path = join_path(*there, name);
      const auto stat = tree_.lstat(path);
      if (!stat || stat->type != NodeType::symlink || !takes(name)) continue;
      if (auto real = tree_.resolve(path)) out.insert(*std::move(real));
    }
    return out;
  }

  void in(const UnreadDirectory& directory, const std::string& path) {
    const auto real = tree_.resolve(path);
    if (!real || !seen_.insert(*real).second) return;
    const auto names = tree_.list(*real);
    if (!names) return;
    Files files{directory, *real, {}, {}};
    for (const std::string& name : *names) {
      if (is_kept(name)) continue;
      const std::string file = join_path(*real, name);
      const auto stat = tree_.lstat(file);
      if (!stat) continue;
      if (stat->type == NodeType::directory) files.directories.push_back(name);
      if (stat->type == NodeType::file && stat->size > 0) files.names.push_back(name);
      // A link to one that counts anyway is not missed.
      if (stat->type != NodeType::symlink) continue;
      const auto target = tree_.resolve(file);
      const auto there = target ? tree_.lstat(*target) : std::nullopt;
      if (there && there->type == NodeType::file && there->size > 0 &&
          parent_path(*target) != *real)
        files.names.push_back(name);
    }
    if (!files.names.empty()) judge(files);
    for (const std::string& name : files.directories) below(files, name);
  }

  struct Files {
    const UnreadDirectory& directory;
    std::string path;
    std::vector<std::string> names, directories;
    std::optional<bool> has_permissions = {};
  };

  void judge(Files& files) {
    const UnreadDirectory& directory = files.directory;
    Included said;
    if (!directory.conditions.mains.empty()) {
      said = included(context_, directory.conditions, directory.path);
      if (!said.is_known) return;
    }
    std::optional<std::set<std::string>> linked;
    for (const std::string& name : files.names) {
      const std::string path = join_path(files.path, name);
      std::string cause = "name";
      std::optional<Wrong> wrong;
      if (!directory.conditions.mains.empty() && !said.as_a_whole && said.patterns.empty()) {
        cause = "not-included";
        wrong = {"nothing in /" + said.by + " includes the directory",
                 "an include of it in /" + said.by};
      } else {
        wrong = wrong_for(directory, said, name);
      }
      if (wrong) {
        if (!linked)
          linked = targets(files.path, [&](std::string_view one) {
            return cause == "name" && !wrong_for(directory, said, one);
          });
        if (linked->contains(path)) continue;
      } else {
        wrong = wrong_mode(files, path, cause);
      }
      if (wrong) row(directory.program, path, cause, wrong->why, wrong->wanted, directory.manual);
    }
  }

  static std::optional<Wrong> wrong_for(const UnreadDirectory& directory, const Included& said,
                                        std::string_view name) {
    if (said.patterns.empty()) return wrong_name(directory, name);
    const auto wrong = wrong_pattern(said, name);
    return wrong && said.as_a_whole ? wrong_name(directory, name) : wrong;
  }

  static std::optional<Wrong> wrong_pattern(const Included& said, std::string_view name) {
    for (const std::string& pattern : said.patterns)
      if (glob_match(pattern, name)) return std::nullopt;
    std::string all;
    for (const std::string& pattern : said.patterns) all += (all.empty() ? "" : " and ") + pattern;
    return Wrong{"of this directory /" + said.by + " includes " + all + " alone",
                 "a name that fits " + all};
  }

  // An archive may have come without permissions (zip of another system): then nothing in it can be run.
  bool has_permissions(const Files& files) const {
    if (const auto shell = tree_.stat("bin/sh")) return (shell->mode & 0111) != 0;
    return files.names.size() < 2 || std::ranges::any_of(files.names, [&](const std::string& name) {
             const auto stat = tree_.stat(join_path(files.path, name));
             return stat && (stat->mode & 0111) != 0;
           });
  }

  std::optional<Wrong> wrong_mode(Files& files, const std::string& path, std::string& cause) const {
    const Conditions& conditions = files.directory.conditions;
    const bool is_roots = conditions.must_be_roots || conditions.must_be_private;
    if (!conditions.must_be_executable && !is_roots) return std::nullopt;
    const auto stat = tree_.stat(path);
    if (!stat) return std::nullopt;
    if (conditions.must_be_executable && (stat->mode & 0111) == 0) {
      if (!files.has_permissions) files.has_permissions = has_permissions(files);
      if (!*files.has_permissions) return std::nullopt;
      cause = "not-executable";
      return Wrong{"it is not executable", "the mode 0755"};
    }
    if (!is_roots || !has_owners_) return std::nullopt;
    cause = "owner";
    if (stat->uid != 0) return Wrong{"it is not root's", "the owner root"};
    if (conditions.must_be_private && (stat->mode & 0077) != 0)
      return Wrong{"its group or others may read or write it", "the mode 0600"};
    if (conditions.must_be_roots && (stat->mode & 0022) != 0)
      return Wrong{"its group or others may write it",
                   conditions.must_be_executable ? "the mode 0755" : "the mode 0644"};
    return std::nullopt;
  }

  void below(const Files& files, const std::string& name) {
    const UnreadDirectory& directory = files.directory;
    const std::string path = join_path(files.path, name);
    // systemd.network(5), podman-systemd.unit(5): "foo.network.d/" with files whose "names end with .conf".
    const bool has_drop_ins =
        directory.names == Names::suffix && name.ends_with(".d") &&
        ends_with_one("." + name.substr(0, name.size() - 2), directory.suffixes);
    if (!has_drop_ins && !directory.conditions.looks_no_deeper) return;
    const auto names = tree_.list(path);
    if (!names) return;
    std::optional<std::set<std::string>> linked;
    for (const std::string& one : *names) {
      const std::string file = join_path(path, one);
      const auto stat = tree_.lstat(file);
      if (is_kept(one) || !stat || stat->type != NodeType::file || stat->size == 0) continue;
      if (has_drop_ins) {
        if (!one.ends_with(".conf"))
          row(directory.program, file, "name", "its name does not end in .conf",
              "a name that ends in .conf", directory.manual);
      } else if (!wrong_name(directory, one)) {
        if (!linked)
          linked = targets(files.path,
                           [&](std::string_view link) { return !wrong_name(directory, link); });
        if (!linked->contains(file))
          row(directory.program, file, "subdirectory", "subdirectories are not looked into",
              "the file in /" + files.path + " itself", directory.manual);
      }
    }
  }

  // Debian's packages bring their conffiles to where they want them: what lies wrong is meant to, and who took the
  // permission to run from one wants it silent.
  bool is_of_a_package(const std::string& path) {
    if (!conffiles_) {
      conffiles_.emplace();
      const auto text = context_.read("var/lib/dpkg/status");
      if (!text) return false;
      for (const auto& package : parsers::dpkg_status::parse(text->text).packages)
        for (const auto& one : package.conffiles)
          conffiles_->insert(one.path.substr(one.path.starts_with('/') ? 1 : 0));
    }
    return conffiles_->contains(path);
  }

  void row(std::string_view program, const std::string& path, std::string_view cause,
           std::string_view why, std::string_view wanted, std::string_view manual) {
    const bool may_be_meant = cause != "not-included" && cause != "replaced" && cause != "owner";
    if ((may_be_meant && is_of_a_package(path)) || rows_.size() > kRows ||
        !rows_.insert(path).second)
      return;
    if (rows_.size() > kRows)
      return context_.issue(path, {"too-many-files", Span{1, 1, 1, 1},
                                   "more files are passed over than are named; not this one",
                                   parsers::Effect::refused});
    context_.store().insert(kUnreadFileTable, {program, std::string_view(path), cause, why, wanted,
                                               manual, context_.store().locate(path, Span{})});
  }

  // In a copy that somebody unpacked, or checked out, as himself all is his.
  bool are_owners_kept() const {
    const auto passwd = tree_.stat("etc/passwd");
    return !passwd || (passwd->uid == 0 && (passwd->mode & 0022) == 0);
  }

  Context& context_;
  const Tree& tree_;
  const bool has_usr_local_ = tree_.exists("usr/local/lib");
  const bool has_owners_ = are_owners_kept();
  std::set<std::string> seen_;  // directories
  std::set<std::string> rows_;
  std::optional<std::set<std::string_view>> conffiles_;  // of dpkg's status, without the first '/'
};

void collect_unread(Context& context) {
  if (context.is_fragment()) return;
  Unread unread(context);
  for (const UnreadDirectory& directory : unread_directories()) unread.look_into(directory);
  for (const Neighbour& neighbour : neighbours()) unread.look_beside(neighbour);
  unread.modules();
  unread.rc_local();
  unread.replaced_in_stacks();
}

}  // namespace

const Collector kUnreadFileCollector{.name = "unread-file",
                                     .tables = {&kUnreadFileTable},
                                     .needs = {},
                                     .hints = {"pam_file"},
                                     .paths = unread_paths(),
                                     .loose = {},
                                     .collect = collect_unread};

}  // namespace drydock::facts
