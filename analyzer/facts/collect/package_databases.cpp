#include "analyzer/facts/collect/package_databases.h"

#include "analyzer/facts/file_bytes.h"
#include "analyzer/facts/sqlite_rows.h"
#include "analyzer/source/tree.h"
#include "parsers/rpm_database.h"
#include "parsers/sqlite_wal.h"

namespace drydock::facts {
namespace {

using parsers::rpm_database::Format;
using parsers::rpm_database::Visit;

// %_dbpath: Fedora since 36, SUSE and image-based systems moved it below /usr; the old place is a link then,
// or is not there. In a directory RPM opens the database of the backend it is configured for; where there
// are leftovers of another one, that is the newest.
constexpr std::string_view kDirectories[] = {"usr/lib/sysimage/rpm", "var/lib/rpm"};
constexpr std::string_view kFiles[] = {"rpmdb.sqlite", "Packages.db", "Packages"};

constexpr Span kStart{1, 1, 1, 1};

void damaged(Context& context, const std::string& path, std::string_view code,
             std::string message) {
  context.issue(path, {code, kStart, std::move(message), parsers::Effect::refused});
}

void read_database(Context& context, FileBytes& file, const Visit& visit) {
  if (parsers::rpm_database::format_of(file) != Format::sqlite) {
    const parsers::SyntaxErrors errors = parsers::rpm_database::read(file, visit);
    if (!file.failed()) context.issues(file.path(), errors);
    return;
  }
  TextBytes nothing{std::string_view()};
  const auto log = FileBytes::open(context, file.path() + "-wal");
  parsers::sqlite_wal::Database database(file, log ? static_cast<RandomBytes&>(*log) : nothing);
  const std::string problem =
      sqlite_rows(database, "Packages", "SELECT blob FROM Packages ORDER BY hnum",
                  [&](SqliteRow row) { return visit(row.front()); });
  if (!problem.empty() && !file.failed())
    damaged(context, file.path(), "broken-database", "the database is damaged: " + problem);
}

}  // namespace

void each_rpm(Context& context,
              const std::function<void(const std::string&, std::string_view,
                                       const parsers::rpm_header::Package&)>& visit) {
  for (const std::string_view directory : kDirectories)
    for (const std::string_view file : kFiles) {
      const std::string path = join_path(directory, file);
      if (!context.tree().exists(path)) continue;
      // One that cannot be read is not replaced by an older one.
      const auto bytes = FileBytes::open(context, path);
      if (!bytes) return;
      size_t number = 0;
      read_database(context, *bytes, [&](std::string_view header) {
        ++number;
        const auto package = parsers::rpm_header::parse(header);
        if (package)
          visit(bytes->path(), header, *package);
        else
          damaged(context, bytes->path(), "broken-header",
                  "the header of package number " + std::to_string(number) +
                      " is damaged: " + package.error().message);
        return true;
      });
      return;
    }
}

std::vector<std::string_view> rpm_paths() {
  return {"usr/lib/sysimage/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
          "usr/lib/sysimage/rpm/Packages.db",  "usr/lib/sysimage/rpm/Packages",
          "var/lib/rpm/rpmdb.sqlite",          "var/lib/rpm/rpmdb.sqlite-wal",
          "var/lib/rpm/Packages.db",           "var/lib/rpm/Packages"};
}

std::optional<Text> read_apk(Context& context) {
  for (const std::string_view path : apk_paths())
    if (context.tree().exists(path)) return context.read(path);
  return std::nullopt;
}

std::vector<std::string_view> apk_paths() {
  return {"usr/lib/apk/db/installed", "lib/apk/db/installed"};
}

}  // namespace drydock::facts
