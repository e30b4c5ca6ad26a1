// crontab(1), "FILES", and at.allow(5): if the list of those who may is there, it alone counts; else everybody may who
// is not on the list of those who may not; with neither, cron lets in everybody on Debian and root alone elsewhere, at
// root alone. Both compare a whole line with the name: blanks, comments and carriage returns belong to it.
#include "analyzer/facts/collect/job_access.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "analyzer/source/tree.h"
#include "parsers/account_files.h"

namespace drydock::facts {

const TableSpec kJobAccessTable{
    .name = "job_access",
    .kind = TableKind::effective,
    .doc = "Whether an account of /etc/passwd may leave jobs with crontab or at.",
    .columns = {{"program", ColumnType::text, "'cron', 'at'."},
                {"user", ColumnType::text, "The account."},
                {"allowed", ColumnType::integer, "1: it may."},
                {"loc", ColumnType::location,
                 "The line that names it in the list that counts; NULL: it is on none."}},
    .indexes = {"user"},
    .examples = {"SELECT user FROM job_access WHERE program = 'cron' AND allowed"}};

const TableSpec kJobListTable{
    .name = "job_list",
    .kind = TableKind::raw,
    .doc = "A line of cron.allow, cron.deny, at.allow or at.deny that is not empty.",
    .columns = {{"program", ColumnType::text, "'cron', 'at'."},
                {"list", ColumnType::text, "'allow', 'deny'."},
                {"name", ColumnType::text, "What the program compares with the account's name."},
                {"meant", ColumnType::text,
                 "The account whose name it would be without white space around it, without a "
                 "comment behind it, and with its last letter."},
                {"counts", ColumnType::integer,
                 "0: a list of those who may not, beside one of those who may."},
                {"loc", ColumnType::location, "The line."}},
    .examples = {"SELECT name, meant, loc FROM job_list WHERE name <> meant"}};

namespace {

constexpr size_t kRows = 20'000;

class Lists {
 public:
  explicit Lists(Context& context) : context_(context) {
    if (const auto text = context.read("etc/passwd"))
      for (const auto& user : parsers::account_files::parse_passwd(text->text).records)
        users_.insert(user.name);
    cuts_ = context.tree().exists("etc/debian_version");
  }

  void find(std::string_view program) {
    const std::string path = "etc/" + std::string(program);
    const auto allow = read(program, "allow", path + ".allow", true);
    const auto deny = read(program, "deny", path + ".deny", !allow);
    const bool everybody = program == "cron" && cuts_;
    for (const std::string& user : users_) {
      if (++rows_ > kRows) return;
      const Names* const names = allow ? &*allow : deny ? &*deny : nullptr;
      const Names::const_iterator found = names ? names->find(user) : Names::const_iterator{};
      const bool is_named = names && found != names->end();
      const bool may = user == "root" || (allow ? is_named : deny ? !is_named : everybody);
      context_.store().insert(kJobAccessTable, {program, std::string_view(user), int64_t{may},
                                                is_named ? Value(found->second) : Value(Null{})});
      if (!allow || !deny) continue;
      if (const auto passed = deny->find(user); passed != deny->end())
        context_.store().overridden(
            kJobAccessTable, user, is_named ? found->second : LocationId{}, passed->second, user,
            "/" + path + ".deny is not read where there is a " + std::string(program) + ".allow");
    }
  }

 private:
  using Names = std::map<std::string, LocationId, std::less<>>;

  // The names of a list; nullopt if there is none.
  std::optional<Names> read(std::string_view program, std::string_view list,
                            const std::string& path, bool counts) {
    const auto text = context_.read(path);
    if (!text) return std::nullopt;
    Names names;
    const std::string_view all = text->text;
    const LineIndex lines(all);
    for (size_t begin = 0; begin < all.size();) {
      const size_t newline = all.find('\n', begin);
      const size_t end = std::min(newline, all.size());
      std::string_view line = all.substr(begin, end - begin);
      const Span span = lines.span(begin, end);
      begin = end + 1;
      line = line.substr(0, line.find('\0'));
      const std::string_view written = line;
      // Debian's cron takes the last character for the end of the line, which it need not be.
      if (newline == std::string_view::npos && program == "cron" && cuts_ && !line.empty())
        line.remove_suffix(1);
      if (written.empty()) continue;
      if (++rows_ > kRows) {
        context_.issue(text->path,
                       {"too-many-lines", span, "this line and those behind it are not read",
                        parsers::Effect::refused});
        return names;
      }
      const LocationId loc = context_.store().locate(text->path, span);
      const std::string_view meant = without_rest(written);
      context_.store().insert(kJobListTable, {program, list, line,
                                              users_.contains(meant) ? Value(meant) : Value(Null{}),
                                              int64_t{counts}, loc});
      names.try_emplace(std::string(line), loc);
    }
    return names;
  }

  static std::string_view without_rest(std::string_view line) {
    line = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
    return line.substr(0, line.find_first_of(" \t\r#"));
  }

  Context& context_;
  std::set<std::string, std::less<>> users_;
  bool cuts_ = false;
  size_t rows_ = 0;
};

void collect_job_access(Context& context) {
  if (context.is_fragment()) return;
  Lists lists(context);
  lists.find("cron");
  lists.find("at");
}

}  // namespace

const Collector kJobAccessCollector{
    .name = "job_access",
    .tables = {&kJobAccessTable, &kJobListTable},
    .needs = {},
    .paths = {"etc/cron.allow", "etc/cron.deny", "etc/at.allow", "etc/at.deny", "etc/passwd"},
    .loose = {},
    .collect = collect_job_access};

}  // namespace drydock::facts
