#include "analyzer/facts/collect/package_databases.h"

#include <sqlite3.h>

#include <memory>

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

// A database of a hostile artifact: nothing but its table of packages is looked at, never a view, a trigger or
// an expression of its schema, and no longer than a large database takes.
int only_packages(void*, int action, const char* table, const char*, const char*, const char*) {
  if (action == SQLITE_SELECT) return SQLITE_OK;
  if (action != SQLITE_READ || table == nullptr) return SQLITE_DENY;
  const std::string_view name = table;
  return name == "Packages" || name == "sqlite_master" ? SQLITE_OK : SQLITE_DENY;
}

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

// Empty, or what is wrong.
std::string read_sqlite(std::string& content, const Visit& visit) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, Close> db(raw);
  if (opened != SQLITE_OK) return "SQLite cannot be started";
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_exec(raw, "PRAGMA cell_size_check = ON", nullptr, nullptr, nullptr);
  constexpr int kOperations = 1'000'000;  // some 20 for each package
  sqlite3_progress_handler(
      raw, kOperations, [](void*) { return 1; }, nullptr);
  const auto size = static_cast<sqlite3_int64>(content.size());
  if (sqlite3_deserialize(raw, "main", reinterpret_cast<unsigned char*>(content.data()), size, size,
                          SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
    return sqlite3_errmsg(raw);
  sqlite3_set_authorizer(raw, only_packages, nullptr);

  const auto prepare = [&](const char* sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(raw, sql, -1, &statement, nullptr);
    return std::unique_ptr<sqlite3_stmt, Close>(statement);
  };
  const auto is_table = prepare(
      "SELECT 1 FROM sqlite_master WHERE name = 'Packages' AND type = 'table' AND rootpage > 0");
  if (!is_table) return sqlite3_errmsg(raw);
  if (sqlite3_step(is_table.get()) != SQLITE_ROW) return "it has no table 'Packages'";
  const auto packages = prepare("SELECT blob FROM Packages ORDER BY hnum");
  if (!packages) return sqlite3_errmsg(raw);
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(packages.get())) == SQLITE_ROW) {
    const auto* blob = static_cast<const char*>(sqlite3_column_blob(packages.get(), 0));
    const auto length = static_cast<size_t>(sqlite3_column_bytes(packages.get(), 0));
    if (!visit(blob ? std::string_view(blob, length) : std::string_view())) return "";
  }
  return status == SQLITE_DONE ? "" : sqlite3_errmsg(raw);
}

void read_database(Context& context, const Text& text, const Visit& visit) {
  switch (parsers::rpm_database::format_of(text.text)) {
    case Format::sqlite: {
      std::string content(text.text);
      const auto log = context.read(text.path + "-wal");
      parsers::sqlite_wal::apply(content, log ? log->text : std::string_view{});
      if (const std::string problem = read_sqlite(content, visit); !problem.empty())
        damaged(context, text.path, "broken-database", "the database is damaged: " + problem);
      break;
    }
    default:
      context.issues(text.path, parsers::rpm_database::read(text.text, visit));
  }
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
      const auto text = context.read(path);
      if (!text) return;
      size_t number = 0;
      read_database(context, *text, [&](std::string_view header) {
        ++number;
        const auto package = parsers::rpm_header::parse(header);
        if (package)
          visit(text->path, header, *package);
        else
          damaged(context, text->path, "broken-header",
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
