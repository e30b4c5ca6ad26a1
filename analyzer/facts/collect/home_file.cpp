// What lies in the home directories of those who may log in, and which programs their shells' start-up
// files name (bash(1), "INVOCATION"; zsh(1), "STARTUP/SHUTDOWN FILES"; tcsh(1), "Startup and shutdown").
#include <algorithm>
#include <set>

#include "analyzer/facts/collect/permission.h"
#include "analyzer/source/tree.h"
#include "parsers/account_files.h"

namespace drydock::facts {

const TableSpec kHomeFileTable{
    .name = "home_file",
    .kind = TableKind::inventory,
    .doc =
        "The home directory of an account that may log in, and each entry directly in it. An entry "
        "that is a link is not followed, and its mode means nothing.",
    .columns =
        {{"user", ColumnType::text, "The account."},
         {"user_uid", ColumnType::integer, "Its user id."},
         {"user_gid", ColumnType::integer, "Its primary group."},
         {"kind", ColumnType::text,
          "'home': the directory itself; 'start-up': what a shell runs (.profile, .bashrc and so "
          "on); 'dot': another name that begins with a dot; 'other'."},
         {"name", ColumnType::text, "The name in the directory; of the home its path."},
         {"path", ColumnType::text, "Path without a leading slash."},
         {"type", ColumnType::text,
          "As in the table file; 'missing' for a home that does not exist."},
         {"mode", ColumnType::integer, "Permission bits as a number; NULL if missing."},
         {"uid", ColumnType::integer, "Owner; NULL if missing."},
         {"gid", ColumnType::integer, "Group; NULL if missing."},
         {"group_is_own", ColumnType::boolean,
          "The group is one the user belongs to, or the primary group of somebody who logs in."},
         {"account_loc", ColumnType::location, "The line of the account in passwd."},
         {"loc", ColumnType::location,
          "The file as a whole; of a missing home the account's line."}},
    .indexes = {"kind", "name"},
    .examples = {"SELECT user, path, mode FROM home_file WHERE kind = 'home'"}};

const TableSpec kHomeProgramTable{
    .name = "home_program",
    .kind = TableKind::raw,
    .doc =
        "An absolute path that a start-up file of a shell in a home directory names outside a "
        "comment, if there is such a file on the host.",
    .columns = {{"user", ColumnType::text, "Whose start-up file it is."},
                {"path", ColumnType::text, "The start-up file."},
                {"program", ColumnType::text, "What it names, with links followed."},
                {"mode", ColumnType::integer, "Permission bits of that as a number."},
                {"uid", ColumnType::integer, "Owner of that."},
                {"loc", ColumnType::location, "Where it is named."}},
    .examples = {"SELECT user, path, program FROM home_program"}};

namespace {

constexpr std::string_view kStartUp[] = {
    ".profile", ".bash_profile", ".bash_login", ".bashrc", ".bash_logout", ".zshenv", ".zprofile",
    ".zshrc",   ".zlogin",       ".kshrc",      ".cshrc",  ".tcshrc",      ".login",  ".logout"};
constexpr size_t kEntriesPerHome = 2000;
constexpr size_t kRows = 50'000;

class Homes {
 public:
  explicit Homes(Context& context) : context_(context), tree_(context.tree()) {}

  void find() {
    const auto text = context_.read("etc/passwd");
    if (!text) return;
    const auto rows = context_.store().select(
        "SELECT name, gid FROM account WHERE is_first AND interactive ORDER BY name");
    if (!rows) return;
    std::set<std::string> people;
    for (const auto& row : rows->rows)
      if (row[0] && row[1]) {
        people.insert(*row[0]);
        login_groups_.insert(*row[1]);
      }
    const auto members = context_.store().select("SELECT user, gid FROM group_member");
    if (members)
      for (const auto& row : members->rows)
        if (row[0] && row[1]) memberships_.emplace(*row[0], *row[1]);
    for (const auto& user : parsers::account_files::parse_passwd(text->text).records) {
      if (people.erase(user.name) == 0) continue;
      account_ = {user.name, user.uid, user.gid};
      account_loc_ = context_.store().locate(text->path, user.span);
      home(normal_path(user.home));
    }
  }

 private:
  struct Account {
    std::string name;
    int64_t uid = 0, gid = 0;
  };

  void home(const std::string& home) {
    if (home.empty()) return;  // the root directory is nobody's own
    const auto real = tree_.resolve(home);
    const auto stat = real ? tree_.lstat(*real) : std::nullopt;
    if (!stat) {
      context_.store().insert(
          kHomeFileTable,
          {std::string_view(account_.name), account_.uid, account_.gid, std::string_view("home"),
           std::string_view(home), std::string_view(home), std::string_view("missing"), Null{},
           Null{}, Null{}, Null{}, account_loc_, account_loc_});
      return;
    }
    add("home", home, *real, *stat);
    if (stat->type != NodeType::directory) return;
    const auto names = tree_.list(*real);
    if (!names) return;
    size_t entries = 0;
    for (const std::string& entry : *names) {
      if (++entries > kEntriesPerHome) break;
      const std::string path = join_path(*real, entry);
      const auto info = tree_.lstat(path);
      if (!info) continue;
      const bool starts = std::ranges::find(kStartUp, entry) != std::end(kStartUp);
      add(starts ? "start-up" : entry.starts_with('.') ? "dot" : "other", entry, path, *info);
      if (starts) programs(path);
    }
  }

  void add(std::string_view kind, std::string_view name, const std::string& path,
           const Stat& stat) {
    if (rows_++ >= kRows) return;
    const std::string gid = std::to_string(stat.gid);
    const bool own = login_groups_.contains(gid) || memberships_.contains({account_.name, gid});
    context_.store().insert(
        kHomeFileTable,
        {std::string_view(account_.name), account_.uid, account_.gid, kind, name,
         std::string_view(path), drydock::name(stat.type), int64_t{stat.mode}, int64_t{stat.uid},
         int64_t{stat.gid}, own, account_loc_, context_.store().locate(path, Span{})});
  }

  void programs(const std::string& path) {
    const auto text = context_.read(path);
    if (!text) return;
    std::string_view rest = text->text;
    for (uint32_t line = 1; !rest.empty() && line < 5000; ++line) {
      const size_t end = rest.find('\n');
      const std::string_view words = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      const size_t first = words.find_first_not_of(" \t");
      if (first == std::string_view::npos || words[first] == '#') continue;
      for (size_t at = first; at < words.size();) {
        const size_t stop = std::min(words.find_first_of(" \t;|&()<>\"'`=:", at), words.size());
        if (stop > at && words[at] == '/' && stop - at < limits::kPathBytes && rows_++ < kRows)
          program(*text, words.substr(at, stop - at), line, at);
        at = stop + 1;
      }
    }
  }

  void program(const Text& file, std::string_view word, uint32_t line, size_t at) {
    const auto real = tree_.resolve(normal_path(word));
    if (!real) return;
    const auto stat = tree_.lstat(*real);
    if (!stat || stat->type != NodeType::file) return;
    const auto column = static_cast<uint32_t>(at) + 1;
    context_.store().insert(
        kHomeProgramTable,
        {std::string_view(account_.name), std::string_view(file.path), std::string_view(*real),
         int64_t{stat->mode}, int64_t{stat->uid},
         context_.store().locate(
             file.path, Span{line, column, line, column + static_cast<uint32_t>(word.size())})});
  }

  Context& context_;
  const Tree& tree_;
  Account account_;
  LocationId account_loc_{};
  std::set<std::string> login_groups_;
  std::set<std::pair<std::string, std::string>> memberships_;
  size_t rows_ = 0;
};

void collect_homes(Context& context) {
  if (context.scope() == Scope::host) Homes(context).find();
}

}  // namespace

const Collector kHomeFileCollector{.name = "home-file",
                                   .tables = {&kHomeFileTable, &kHomeProgramTable},
                                   .needs = {"account", "group_member"},
                                   .paths = {"etc/passwd", "home/*/.*", "root/.*"},
                                   .loose = {},
                                   .collect = collect_homes};

}  // namespace drydock::facts
