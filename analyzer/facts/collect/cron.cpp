// cron(8): /etc/crontab and /etc/cron.d/* with a user in each line, /var/spool/cron/crontabs/USER (Debian) and
// /var/spool/cron/USER (Red Hat) without. Debian's cron passes over names in /etc/cron.d that run-parts(8)
// would not take; cronie over those that begin with a dot or end in '~'.
#include "analyzer/facts/collect/cron.h"

#include <algorithm>

#include "analyzer/source/tree.h"
#include "parsers/crontab.h"

namespace drydock::facts {

const TableSpec kCronJobTable{
    .name = "cron_job",
    .kind = TableKind::effective,
    .doc = "A job of crontab(5) that cron runs.",
    .columns = {{"path", ColumnType::text, "The crontab."},
                {"user", ColumnType::text, "As whom it runs."},
                {"schedule", ColumnType::text, "The five fields, or '@reboot' and the like."},
                {"command", ColumnType::text, "What the shell gets."},
                {"search_path", ColumnType::text,
                 "PATH as the crontab sets it before, with blanks for colons; NULL: cron's."},
                {"loc", ColumnType::location, "The line."},
                {"command_loc", ColumnType::location, "The command."}},
    .indexes = {"user"},
    .examples = {"SELECT user, schedule, command, loc FROM cron_job"}};

const TableSpec kCronProgramTable{
    .name = "cron_program",
    .kind = TableKind::effective,
    .doc =
        "A file that the command of a job names by its absolute path, if the host has it, with "
        "links "
        "followed.",
    .columns = {{"user", ColumnType::text, "As whom the job runs."},
                {"program", ColumnType::text, "The file that is run or read."},
                {"mode", ColumnType::integer, "Its permission bits as a number."},
                {"uid", ColumnType::integer, "Its owner."},
                {"gid", ColumnType::integer, "Its group."},
                {"directory_mode", ColumnType::integer,
                 "Permission bits of the directory it lies in."},
                {"directory_uid", ColumnType::integer, "Owner of that directory."},
                {"loc", ColumnType::location, "Where the command names it."}},
    .indexes = {"user"},
    .examples = {"SELECT user, program, loc FROM cron_program"}};

namespace {

namespace crontab = parsers::crontab;

constexpr size_t kRows = 20'000;

class Cron {
 public:
  explicit Cron(Context& context) : context_(context), tree_(context.tree()) {}

  void find() {
    read("etc/crontab", "");
    const bool is_debian = tree_.exists("etc/debian_version");
    for (const std::string& path : tree_.glob("etc/cron.d", "*"))
      if (is_taken(file_name(path), is_debian)) read(path, "");
    for (const std::string_view directory : {"var/spool/cron/crontabs", "var/spool/cron"})
      for (const std::string& path : tree_.glob(directory, "*"))
        read(path, std::string(file_name(path)));
  }

  // `owner` is empty for a crontab of the system.
  void read(const std::string& path, const std::string& owner) {
    const auto text = context_.read(path);
    if (!text) return;
    const crontab::File file = crontab::parse(text->text, owner.empty());
    context_.issues(text->path, file.errors);
    for (const crontab::Job& job : file.jobs) {
      if (++rows_ > kRows) return;
      const std::string& user = owner.empty() ? job.user : owner;
      std::string search_path;
      for (const crontab::Variable& variable : file.variables)
        if (variable.name == "PATH" && variable.span < job.span) search_path = variable.value;
      std::ranges::replace(search_path, ':', ' ');
      context_.store().insert(
          kCronJobTable,
          {std::string_view(text->path), std::string_view(user), std::string_view(job.schedule),
           std::string_view(job.command),
           search_path.empty() ? Value(Null{}) : Value(std::string_view(search_path)),
           context_.store().locate(text->path, job.span),
           context_.store().locate(text->path, job.command_span)});
      programs(user, job, text->path);
    }
  }

 private:
  static bool is_taken(std::string_view name, bool is_debian) {
    if (!is_debian) return !name.starts_with('.') && !name.ends_with('~');
    return name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
           std::string_view::npos;
  }

  // The absolute paths among the words of a command: what is run, and scripts given to an interpreter.
  void programs(const std::string& user, const crontab::Job& job, const std::string& path) {
    const std::string_view command = job.command;
    for (size_t at = 0; at < command.size();) {
      const size_t stop = std::min(command.find_first_of(" \t;|&()<>\"'`=:$", at), command.size());
      const std::string_view word = command.substr(at, stop - at);
      if (word.size() > 1 && word[0] == '/' && word.size() < limits::kPathBytes && ++rows_ < kRows)
        program(user, word, job.command_span, at, path);
      at = stop + 1;
    }
  }

  void program(const std::string& user, std::string_view word, Span command, size_t at,
               const std::string& path) {
    const auto real = tree_.resolve(normal_path(word));
    if (!real) return;
    const auto stat = tree_.lstat(*real);
    if (!stat || stat->type != NodeType::file) return;
    const auto directory = tree_.lstat(parent_path(*real));
    const auto column = command.column + static_cast<uint32_t>(at);
    context_.store().insert(
        kCronProgramTable,
        {std::string_view(user), std::string_view(*real), int64_t{stat->mode}, int64_t{stat->uid},
         int64_t{stat->gid}, directory ? Value(int64_t{directory->mode}) : Value(Null{}),
         directory ? Value(int64_t{directory->uid}) : Value(Null{}),
         context_.store().locate(path, Span{command.line, column, command.line,
                                            column + static_cast<uint32_t>(word.size())})});
  }

  Context& context_;
  const Tree& tree_;
  size_t rows_ = 0;
};

void collect_cron(Context& context) {
  Cron cron(context);
  if (!context.is_fragment()) return cron.find();
  for (const std::string& path : context.loose()) cron.read(path, "");
}

}  // namespace

const Collector kCronCollector{
    .name = "cron",
    .tables = {&kCronJobTable, &kCronProgramTable},
    .needs = {},
    .paths = {"etc/crontab", "etc/cron.d/*", "var/spool/cron/*", "var/spool/cron/crontabs/*"},
    .loose = {"etc/crontab", "cron.d/*"},
    .collect = collect_cron};

}  // namespace drydock::facts
