// A file that its author believes in and the host never sees: it lies where a program reads, and its name is
// not one the program takes, or the program is told to read another.
#include <algorithm>

#include "analyzer/facts/collect/setting.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kUnreadFileTable{
    .name = "unread_file",
    .kind = TableKind::inventory,
    .doc =
        "A file in a directory of configuration that the program passes over because of its name, "
        "or a usual one in whose place it is told to read another. "
        "Backups of package managers and editors (.dpkg-dist, .rpmsave, .bak, ~ and so on), "
        "README and placeholders are left out: nobody believes in those.",
    .columns = {{"program", ColumnType::text,
                 "Whose directory or file it is: sysctl, cron, run-parts and so on."},
                {"path", ColumnType::text, "The file."},
                {"why", ColumnType::text,
                 "What the program wants: 'its name does not end in .conf'."},
                {"loc", ColumnType::location, "The file as a whole."}},
    .indexes = {"program"},
    .examples = {"SELECT path, why FROM unread_file"}};

namespace {

enum class Names : uint8_t {
  suffix,     // must end so
  run_parts,  // run-parts(8): "consist entirely of ASCII upper- and lower-case letters, ASCII digits,
              // ASCII underscores, and ASCII minus-hyphens"; cron(8) takes the same in /etc/cron.d
};

struct Directory {
  std::string_view program;
  std::string_view path;
  Names names;
  std::vector<std::string_view> suffixes;
};

const std::vector<Directory>& directories() {
  static const std::vector<Directory> kDirectories = {
      {"sysctl", "etc/sysctl.d", Names::suffix, {".conf"}},
      {"modules-load", "etc/modules-load.d", Names::suffix, {".conf"}},
      {"tmpfiles", "etc/tmpfiles.d", Names::suffix, {".conf"}},
      {"sysusers", "etc/sysusers.d", Names::suffix, {".conf"}},
      {"journald", "etc/systemd/journald.conf.d", Names::suffix, {".conf"}},
      {"logind", "etc/systemd/logind.conf.d", Names::suffix, {".conf"}},
      {"coredump", "etc/systemd/coredump.conf.d", Names::suffix, {".conf"}},
      {"timesyncd", "etc/systemd/timesyncd.conf.d", Names::suffix, {".conf"}},
      {"resolved", "etc/systemd/resolved.conf.d", Names::suffix, {".conf"}},
      {"systemd", "etc/systemd/system.conf.d", Names::suffix, {".conf"}},
      {"udev", "etc/udev/rules.d", Names::suffix, {".rules"}},
      {"augenrules", "etc/audit/rules.d", Names::suffix, {".rules"}},
      {"rsyslog", "etc/rsyslog.d", Names::suffix, {".conf"}},
      {"profile", "etc/profile.d", Names::suffix, {".sh", ".csh", ".zsh", ".fish"}},
      {"apt", "etc/apt/sources.list.d", Names::suffix, {".list", ".sources"}},
      {"apt", "etc/apt/preferences.d", Names::suffix, {".pref"}},
      {"dnf", "etc/yum.repos.d", Names::suffix, {".repo"}},
      {"ld.so", "etc/ld.so.conf.d", Names::suffix, {".conf"}},
      {"chrony", "etc/chrony/conf.d", Names::suffix, {".conf"}},
      {"chrony", "etc/chrony/sources.d", Names::suffix, {".sources"}},
      {"netplan", "etc/netplan", Names::suffix, {".yaml"}},
      {"limits", "etc/security/limits.d", Names::suffix, {".conf"}},
      {"cron", "etc/cron.d", Names::run_parts, {}},
      {"run-parts", "etc/cron.hourly", Names::run_parts, {}},
      {"run-parts", "etc/cron.daily", Names::run_parts, {}},
      {"run-parts", "etc/cron.weekly", Names::run_parts, {}},
      {"run-parts", "etc/cron.monthly", Names::run_parts, {}},
  };
  return kDirectories;
}

bool is_backup(std::string_view name) {
  static constexpr std::string_view kEnds[] = {
      ".bak",      ".old", ".orig",    ".save",     ".disabled",   ".dpkg-dist", ".dpkg-old",
      ".dpkg-new", ".tmp", ".rpmsave", ".rpmnew",   ".rpmorig",    ".ucf-dist",  ".ucf-old",
      ".swp",      "~",    ".dist",    ".dpkg-bak", ".distUpgrade"};
  return name.starts_with('.') || name.starts_with("README") || name == "placeholder" ||
         std::ranges::any_of(kEnds, [&](std::string_view end) { return name.ends_with(end); });
}

bool is_run_parts_name(std::string_view name) {
  return name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
         std::string_view::npos;
}

// Does a file say anything besides comments?
bool says_something(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const size_t first = text.substr(0, end).find_first_not_of(" \t\v\f\r");
    if (first != std::string_view::npos && text[first] != '#') return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

// faillock.conf where each line of the stacks names another by conf=, and the like.
void collect_unread_of_pam(Context& context) {
  const auto rows = context.store().select(
      "SELECT module, path, why FROM pam_file WHERE state = 'unread' ORDER BY path");
  if (!rows) return;
  for (const auto& row : rows->rows) {
    const auto text = context.read(row[1].value_or(""));
    if (!text || !says_something(text->text)) continue;
    const std::string why = row[2].value_or("");
    const std::string program = row[0]->substr(0, row[0]->find('.'));
    context.store().insert(kUnreadFileTable,
                           {std::string_view(program), std::string_view(text->path),
                            std::string_view(why), context.store().locate(text->path, Span{})});
  }
}

void collect_unread(Context& context) {
  if (context.is_fragment()) return;
  collect_unread_of_pam(context);
  const Tree& tree = context.tree();
  // cronie, of Red Hat and others, takes names with dots: cron(8) there.
  const bool is_debian = tree.exists("etc/debian_version");
  for (const Directory& directory : directories()) {
    if (directory.names == Names::run_parts && !is_debian) continue;
    const auto real = tree.resolve(directory.path);
    if (!real) continue;
    const auto names = tree.list(*real);
    if (!names) continue;
    for (const std::string& name : *names) {
      if (is_backup(name)) continue;
      const std::string path = join_path(*real, name);
      const auto stat = tree.lstat(path);
      if (!stat || stat->type != NodeType::file) continue;
      std::string why;
      if (directory.names == Names::run_parts) {
        if (!is_run_parts_name(name))
          why = "its name has other characters than letters, digits, '_' and '-'";
      } else if (std::ranges::none_of(directory.suffixes, [&](std::string_view suffix) {
                   return name.ends_with(suffix);
                 })) {
        // apt_preferences(5) takes names without a dot as well.
        if (directory.path == "etc/apt/preferences.d" && name.find('.') == std::string::npos)
          continue;
        for (const std::string_view suffix : directory.suffixes)
          why += (why.empty() ? "its name does not end in " : " or ") + std::string(suffix);
      }
      if (why.empty()) continue;
      context.store().insert(kUnreadFileTable,
                             {directory.program, std::string_view(path), std::string_view(why),
                              context.store().locate(path, Span{})});
    }
  }
}

}  // namespace

const Collector kUnreadFileCollector{.name = "unread-file",
                                     .tables = {&kUnreadFileTable},
                                     .needs = {},
                                     .hints = {"pam_file"},
                                     .paths = {"etc/security/*.conf"},
                                     .loose = {},
                                     .collect = collect_unread};

}  // namespace drydock::facts
