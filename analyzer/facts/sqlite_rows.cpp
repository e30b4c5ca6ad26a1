#include "analyzer/facts/sqlite_rows.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "analyzer/base/limits.h"

namespace drydock::facts {
namespace {

// ── a file system for SQLite with one file that never changes ──

struct File {
  sqlite3_file base;  // first, as SQLite wants it
  RandomBytes* bytes;
};

RandomBytes& bytes_of(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file)->bytes;
}

int close_file(sqlite3_file*) {
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* into, int length, sqlite3_int64 offset) {
  const auto wanted = static_cast<size_t>(length);
  const std::string_view got = bytes_of(file).at(static_cast<uint64_t>(offset), wanted);
  std::memcpy(into, got.data(), got.size());
  if (got.size() == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(into) + got.size(), 0, wanted - got.size());
  return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file*, const void*, int, sqlite3_int64) {
  return SQLITE_READONLY;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(bytes_of(file).size());
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = [](sqlite3_file*, sqlite3_int64) { return SQLITE_READONLY; },
    .xSync = [](sqlite3_file*, int) { return SQLITE_OK; },
    .xFileSize = file_size,
    .xLock = [](sqlite3_file*, int) { return SQLITE_OK; },
    .xUnlock = [](sqlite3_file*, int) { return SQLITE_OK; },
    .xCheckReservedLock =
        [](sqlite3_file*, int* reserved) {
          *reserved = 0;
          return SQLITE_OK;
        },
    .xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
    .xSectorSize = [](sqlite3_file*) { return 4096; },
    .xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_IMMUTABLE; },
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr};

// Only the database can be opened: a journal or a temporary file cannot.
int open_file(sqlite3_vfs* vfs, const char*, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return SQLITE_CANTOPEN;
  auto* const made = reinterpret_cast<File*>(file);
  made->base.pMethods = &kMethods;
  made->bytes = static_cast<RandomBytes*>(vfs->pAppData);
  if (out_flags) *out_flags = SQLITE_OPEN_READONLY;
  return SQLITE_OK;
}

class FileSystem {
 public:
  explicit FileSystem(RandomBytes& bytes)
      : name_("drydock-" + std::to_string(reinterpret_cast<uintptr_t>(this))) {
    vfs_.iVersion = 1;
    vfs_.szOsFile = sizeof(File);
    vfs_.mxPathname = 64;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = &bytes;
    vfs_.xOpen = open_file;
    vfs_.xDelete = [](sqlite3_vfs*, const char*, int) { return SQLITE_READONLY; };
    vfs_.xAccess = [](sqlite3_vfs*, const char*, int, int* there) {
      *there = 0;
      return SQLITE_OK;
    };
    vfs_.xFullPathname = [](sqlite3_vfs*, const char* name, int size, char* out) {
      sqlite3_snprintf(size, out, "%s", name);
      return SQLITE_OK;
    };
    vfs_.xRandomness = [](sqlite3_vfs*, int size, char* out) {
      std::fill_n(out, size, '\0');
      return size;
    };
    vfs_.xSleep = [](sqlite3_vfs*, int) { return 0; };
    vfs_.xCurrentTime = [](sqlite3_vfs*, double* day) {
      *day = 0;
      return SQLITE_OK;
    };
    vfs_.xGetLastError = [](sqlite3_vfs*, int, char*) { return 0; };
    sqlite3_vfs_register(&vfs_, 0);
  }
  ~FileSystem() { sqlite3_vfs_unregister(&vfs_); }
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;

  const char* name() const { return name_.c_str(); }

 private:
  std::string name_;
  sqlite3_vfs vfs_{};
};

// ── asking ──

// A database of a hostile artifact: nothing but the one table is looked at, never a view, a trigger or an
// expression of its schema, and no longer than a large database takes.
int only_table(void* wanted, int action, const char* table, const char*, const char*, const char*) {
  if (action == SQLITE_SELECT) return SQLITE_OK;
  if (action != SQLITE_READ || table == nullptr) return SQLITE_DENY;
  const std::string_view name = table;
  return name == *static_cast<const std::string_view*>(wanted) || name == "sqlite_master"
             ? SQLITE_OK
             : SQLITE_DENY;
}

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

}  // namespace

std::string sqlite_rows(RandomBytes& database, std::string_view table, const std::string& sql,
                        const std::function<bool(SqliteRow)>& visit) {
  const FileSystem files(database);
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2("database", &raw, SQLITE_OPEN_READONLY, files.name());
  const std::unique_ptr<sqlite3, Close> db(raw);
  if (opened != SQLITE_OK) return raw ? sqlite3_errmsg(raw) : "SQLite cannot be started";
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_exec(raw, "PRAGMA cell_size_check = ON", nullptr, nullptr, nullptr);
  sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, static_cast<int>(limits::kFileContent));
  constexpr int kOperations = 1'000'000;  // some 20 for each row
  sqlite3_progress_handler(
      raw, kOperations, [](void*) { return 1; }, nullptr);
  sqlite3_set_authorizer(raw, only_table, &table);

  const auto prepare = [&](const std::string& text) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(raw, text.data(), static_cast<int>(text.size()), &statement, nullptr);
    return std::unique_ptr<sqlite3_stmt, Close>(statement);
  };
  const auto is_table =
      prepare("SELECT 1 FROM sqlite_master WHERE name = ?1 AND type = 'table' AND rootpage > 0");
  if (!is_table) return sqlite3_errmsg(raw);
  sqlite3_bind_text(is_table.get(), 1, table.data(), static_cast<int>(table.size()), nullptr);
  if (sqlite3_step(is_table.get()) != SQLITE_ROW)
    return "it has no table '" + std::string(table) + "'";
  const auto rows = prepare(sql);
  if (!rows) return sqlite3_errmsg(raw);
  const int columns = sqlite3_column_count(rows.get());
  std::vector<std::string_view> values(static_cast<size_t>(columns));
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(rows.get())) == SQLITE_ROW) {
    for (int i = 0; i < columns; ++i) {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(rows.get(), i));
      const auto length = static_cast<size_t>(sqlite3_column_bytes(rows.get(), i));
      values[static_cast<size_t>(i)] = bytes ? std::string_view(bytes, length) : std::string_view();
    }
    if (!visit(values)) return "";
  }
  return status == SQLITE_DONE ? "" : sqlite3_errmsg(raw);
}

}  // namespace drydock::facts
