#include "analyzer/facts/virtual_tables.h"

#include <sqlite3.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <vector>

#include "analyzer/facts/collect.h"

// SQLite's virtual table interface (https://sqlite.org/vtab.html): C callbacks that must not throw.

namespace drydock::facts {

const TableSpec kFileTable{
    .name = "file",
    .kind = TableKind::inventory,
    .doc =
        "A file, directory, link or device of the target, not following a link at its end. Ask by "
        "path "
        "(=, GLOB with a literal start) or directory (=): both are cheap; anything else walks the "
        "whole tree.",
    .columns =
        {{"path", ColumnType::text,
          "Path relative to the root, without a leading slash. Asked for with '=', links in the "
          "directories above are followed, so 'lib/x' finds 'usr/lib/x' on a usr-merged host."},
         {"directory", ColumnType::text, "The path without its last component."},
         {"type", ColumnType::text,
          "file, directory, symlink, fifo, socket, block-device or char-device."},
         {"mode", ColumnType::integer,
          "Permission bits as a number, for bit tests: mode & 18 (octal 022) is not 0 when group "
          "or "
          "others may write."},
         {"mode_text", ColumnType::text, "The same in four octal digits: '0644'."},
         {"uid", ColumnType::integer, "Owner."},
         {"gid", ColumnType::integer, "Group."},
         {"user", ColumnType::text,
          "Name of the owner in the target's own /etc/passwd; NULL if it has none."},
         {"group", ColumnType::text,
          "Name of the group in the target's own /etc/group; NULL if it has none. Write it as "
          "\"group\"."},
         {"size", ColumnType::integer, "Bytes."},
         {"mtime", ColumnType::integer, "Seconds since 1970."},
         {"target", ColumnType::text, "What a symlink says; NULL for others."},
         {"real_path", ColumnType::text,
          "Where the path leads when every link is followed; NULL if it leads nowhere."},
         {"has_acl", ColumnType::boolean, "It carries a POSIX access control list."},
         {"has_capability", ColumnType::boolean, "It carries file capabilities."},
         {"loc", ColumnType::location, "The file as a whole."}},
    .key = "path",
    .value = "mode_text",
    .examples = {"SELECT path, mode_text, user FROM file WHERE path GLOB 'etc/ssh/*'",
                 "SELECT path FROM file WHERE directory = 'etc/sudoers.d'"},
    .is_virtual = true};

namespace {

enum FileColumn {
  kPath,
  kDirectory,
  kType,
  kMode,
  kModeText,
  kUid,
  kGid,
  kUser,
  kGroup,
  kSize,
  kMtime,
  kTarget,
  kRealPath,
  kHasAcl,
  kHasCapability,
  kFileLoc
};

std::string declaration(const TableSpec& spec) {
  std::string sql = "CREATE TABLE x(";
  for (const Column& column : spec.columns) {
    if (sql.back() != '(') sql += ", ";
    sql += '"' + std::string(column.name) + "\" ";
    sql += column.type == ColumnType::text ? "TEXT" : "INTEGER";
  }
  return sql + ")";
}

// The columns "id:name" of passwd(5) and group(5): the name is field 1, the id field 3.
std::unordered_map<uint32_t, std::string> names_of(const Tree& tree, std::string_view path) {
  std::unordered_map<uint32_t, std::string> names;
  const auto text = tree.read_resolved(path);
  if (!text) return names;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const size_t first = line.find(':');
    const size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    uint32_t id = 0;
    const char* begin = line.data() + second + 1;
    const auto parsed = std::from_chars(begin, line.data() + line.size(), id);
    if (parsed.ec == std::errc() && parsed.ptr != begin)
      names.try_emplace(id, line.substr(0, first));
  }
  return names;
}

struct Table : sqlite3_vtab {
  VirtualSources* sources;
};

void result_text(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// ---- location

struct LocationCursor : sqlite3_vtab_cursor {
  size_t at = 0;
  size_t end = 0;
  std::vector<std::pair<LocationId, Location>> found;  // one element for a lookup by id
  bool by_id = false;
};

int location_connect(sqlite3* db, void* sources, int, const char* const*, sqlite3_vtab** out,
                     char**) {
  const int status = sqlite3_declare_vtab(db, declaration(kLocationTable).c_str());
  if (status != SQLITE_OK) return status;
  auto* table = new (std::nothrow) Table{};
  if (!table) return SQLITE_NOMEM;
  table->sources = static_cast<VirtualSources*>(sources);
  *out = table;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete static_cast<Table*>(table);
  return SQLITE_OK;
}

int location_best(sqlite3_vtab*, sqlite3_index_info* info) {
  info->estimatedCost = 1e5;
  info->estimatedRows = 100000;
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (!constraint.usable || constraint.iColumn != 0 ||
        constraint.op != SQLITE_INDEX_CONSTRAINT_EQ)
      continue;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
    info->idxNum = 1;
    info->estimatedCost = 1;
    info->estimatedRows = 1;
    info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
    break;
  }
  return SQLITE_OK;
}

int location_open(sqlite3_vtab*, sqlite3_vtab_cursor** out) {
  *out = new (std::nothrow) LocationCursor{};
  return *out ? SQLITE_OK : SQLITE_NOMEM;
}

int location_close(sqlite3_vtab_cursor* cursor) {
  delete static_cast<LocationCursor*>(cursor);
  return SQLITE_OK;
}

int location_filter(sqlite3_vtab_cursor* base, int by_id, const char*, int,
                    sqlite3_value** arguments) {
  auto* cursor = static_cast<LocationCursor*>(base);
  const Locations& locations = static_cast<Table*>(base->pVtab)->sources->locations;
  try {
    cursor->at = 0;
    cursor->by_id = by_id != 0;
    cursor->found.clear();
    if (cursor->by_id) {
      const LocationId id{sqlite3_value_int64(arguments[0])};
      if (sqlite3_value_type(arguments[0]) == SQLITE_INTEGER)
        if (auto place = locations.find(id)) cursor->found.emplace_back(id, std::move(*place));
      cursor->end = cursor->found.size();
    } else {
      cursor->end = locations.size();
    }
  } catch (const std::exception&) {
    return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

int location_next(sqlite3_vtab_cursor* base) {
  ++static_cast<LocationCursor*>(base)->at;
  return SQLITE_OK;
}

int location_eof(sqlite3_vtab_cursor* base) {
  const auto* cursor = static_cast<LocationCursor*>(base);
  return cursor->at >= cursor->end;
}

int location_column(sqlite3_vtab_cursor* base, sqlite3_context* context, int column) {
  const auto* cursor = static_cast<LocationCursor*>(base);
  try {
    const auto [id, place] =
        cursor->by_id ? cursor->found[cursor->at]
                      : static_cast<Table*>(base->pVtab)->sources->locations.at(cursor->at);
    switch (column) {
      case 0:
        sqlite3_result_int64(context, static_cast<int64_t>(id));
        break;
      case 1:
        result_text(context, place.path);
        break;
      case 2:
        sqlite3_result_int64(context, place.span.line);
        break;
      case 3:
        sqlite3_result_int64(context, place.span.column);
        break;
      case 4:
        sqlite3_result_int64(context, place.span.end_line);
        break;
      case 5:
        sqlite3_result_int64(context, place.span.end_column);
        break;
      default:
        sqlite3_result_null(context);
    }
  } catch (const std::exception&) {
    return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

int location_rowid(sqlite3_vtab_cursor* base, sqlite3_int64* id) {
  *id = static_cast<sqlite3_int64>(static_cast<LocationCursor*>(base)->at);
  return SQLITE_OK;
}

// ---- file

struct FileCursor : sqlite3_vtab_cursor {
  std::vector<std::pair<std::string, Stat>> rows;
  size_t at = 0;
};

enum FilePlan { kWalk = 0, kByPath = 1, kByGlob = 2, kByDirectory = 3 };

int file_connect(sqlite3* db, void* sources, int, const char* const*, sqlite3_vtab** out, char**) {
  const int status = sqlite3_declare_vtab(db, declaration(kFileTable).c_str());
  if (status != SQLITE_OK) return status;
  auto* table = new (std::nothrow) Table{};
  if (!table) return SQLITE_NOMEM;
  table->sources = static_cast<VirtualSources*>(sources);
  *out = table;
  return SQLITE_OK;
}

int file_best(sqlite3_vtab*, sqlite3_index_info* info) {
  struct Choice {
    FilePlan plan;
    double cost;
    int rows;
  } best{kWalk, 1e6, 100000};
  int chosen = -1;
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (!constraint.usable) continue;
    Choice choice = best;
    if (constraint.iColumn == kPath && constraint.op == SQLITE_INDEX_CONSTRAINT_EQ)
      choice = {kByPath, 2, 1};
    else if (constraint.iColumn == kDirectory && constraint.op == SQLITE_INDEX_CONSTRAINT_EQ)
      choice = {kByDirectory, 50, 20};
    else if (constraint.iColumn == kPath && constraint.op == SQLITE_INDEX_CONSTRAINT_GLOB)
      choice = {kByGlob, 500, 100};
    if (choice.cost < best.cost) best = choice, chosen = i;
  }
  if (chosen >= 0) {
    info->aConstraintUsage[chosen].argvIndex = 1;
    info->aConstraintUsage[chosen].omit = best.plan == kByDirectory || best.plan == kByPath;
  }
  info->idxNum = best.plan;
  info->estimatedCost = best.cost;
  info->estimatedRows = best.rows;
  return SQLITE_OK;
}

int file_open(sqlite3_vtab*, sqlite3_vtab_cursor** out) {
  *out = new (std::nothrow) FileCursor{};
  return *out ? SQLITE_OK : SQLITE_NOMEM;
}

int file_close(sqlite3_vtab_cursor* cursor) {
  delete static_cast<FileCursor*>(cursor);
  return SQLITE_OK;
}

// The real directory of `path` with its last component: what lstat takes.
std::string parents_resolved(const Tree& tree, std::string_view path) {
  const auto real = tree.resolve(path, /*follow_last=*/false);
  return real ? *real : std::string();
}

int file_filter(sqlite3_vtab_cursor* base, int plan, const char*, int count,
                sqlite3_value** arguments) {
  auto* cursor = static_cast<FileCursor*>(base);
  const Tree* tree = static_cast<Table*>(base->pVtab)->sources->tree.get();
  cursor->rows.clear();
  cursor->at = 0;
  if (!tree) return SQLITE_OK;
  try {
    std::string_view argument;
    if (count > 0) {
      if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return SQLITE_OK;
      const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
      if (!text) return SQLITE_OK;
      argument = {text, static_cast<size_t>(sqlite3_value_bytes(arguments[0]))};
    }
    const auto add = [&](std::string path) {
      const std::string real = parents_resolved(*tree, path);
      if (real.empty()) return;
      if (const auto info = tree->lstat(real)) cursor->rows.emplace_back(std::move(path), *info);
    };
    const auto walk = [&](std::string_view directory) {
      tree->walk(directory, [&](std::string_view path, const Stat& info) {
        cursor->rows.emplace_back(path, info);
        return true;
      });
    };
    switch (plan) {
      case kByPath:
        add(std::string(argument));
        break;
      case kByDirectory: {
        const auto real = tree->resolve(argument);
        const auto names =
            real ? tree->list(*real) : TreeResult<std::vector<std::string>>(real.error());
        if (names)
          for (const std::string& entry : *names) add(join_path(argument, entry));
        break;
      }
      case kByGlob: {
        const std::string_view literal = argument.substr(0, argument.find_first_of("*?["));
        walk(parent_path(literal));
        break;
      }
      default:
        walk("");
    }
  } catch (const std::exception&) {
    return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

int file_next(sqlite3_vtab_cursor* base) {
  ++static_cast<FileCursor*>(base)->at;
  return SQLITE_OK;
}

int file_eof(sqlite3_vtab_cursor* base) {
  const auto* cursor = static_cast<FileCursor*>(base);
  return cursor->at >= cursor->rows.size();
}

bool has_xattr(const Tree& tree, std::string_view path, std::string_view attribute) {
  for (const auto& [key, value] : tree.xattrs(parents_resolved(tree, path)))
    if (key == attribute) return true;
  return false;
}

int file_column(sqlite3_vtab_cursor* base, sqlite3_context* context, int column) {
  const auto* cursor = static_cast<FileCursor*>(base);
  VirtualSources& sources = *static_cast<Table*>(base->pVtab)->sources;
  const auto& [path, info] = cursor->rows[cursor->at];
  const auto name_or_null = [&](const std::unordered_map<uint32_t, std::string>& names,
                                uint32_t id) {
    if (const auto it = names.find(id); it != names.end()) result_text(context, it->second);
  };
  try {
    switch (column) {
      case kPath:
        result_text(context, path);
        break;
      case kDirectory:
        result_text(context, parent_path(path));
        break;
      case kType:
        result_text(context, name(info.type));
        break;
      case kMode:
        sqlite3_result_int64(context, info.mode);
        break;
      case kModeText: {
        char text[8];
        std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(info.mode & 07777));
        result_text(context, text);
        break;
      }
      case kUid:
        sqlite3_result_int64(context, info.uid);
        break;
      case kGid:
        sqlite3_result_int64(context, info.gid);
        break;
      case kUser:
        name_or_null(sources.names().users, info.uid);
        break;
      case kGroup:
        name_or_null(sources.names().groups, info.gid);
        break;
      case kSize:
        sqlite3_result_int64(context, static_cast<int64_t>(info.size));
        break;
      case kMtime:
        sqlite3_result_int64(context, info.mtime);
        break;
      case kTarget:
        if (info.type == NodeType::symlink)
          if (const auto target = sources.tree->readlink(parents_resolved(*sources.tree, path)))
            result_text(context, *target);
        break;
      case kRealPath:
        if (const auto real = sources.tree->resolve(path)) result_text(context, *real);
        break;
      case kHasAcl:
        sqlite3_result_int(context, has_xattr(*sources.tree, path, "system.posix_acl_access"));
        break;
      case kHasCapability:
        sqlite3_result_int(context, has_xattr(*sources.tree, path, "security.capability"));
        break;
      case kFileLoc:
        sqlite3_result_int64(context, static_cast<int64_t>(sources.locations.intern(path, Span{})));
        break;
      default:
        break;
    }
  } catch (const std::exception&) {
    return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

int file_rowid(sqlite3_vtab_cursor* base, sqlite3_int64* id) {
  *id = static_cast<sqlite3_int64>(static_cast<FileCursor*>(base)->at);
  return SQLITE_OK;
}

sqlite3_module module_of(decltype(sqlite3_module::xConnect) connect,
                         decltype(sqlite3_module::xBestIndex) best,
                         decltype(sqlite3_module::xOpen) open,
                         decltype(sqlite3_module::xClose) close,
                         decltype(sqlite3_module::xFilter) filter,
                         decltype(sqlite3_module::xNext) next, decltype(sqlite3_module::xEof) eof,
                         decltype(sqlite3_module::xColumn) column,
                         decltype(sqlite3_module::xRowid) rowid) {
  sqlite3_module module{};
  module.iVersion = 1;
  module.xConnect = connect;  // without xCreate: the table exists by itself (eponymous)
  module.xBestIndex = best;
  module.xDisconnect = disconnect;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = eof;
  module.xColumn = column;
  module.xRowid = rowid;
  return module;
}

}  // namespace

std::vector<Unread> VirtualSources::missed() {
  if (!tree) return {};
  if (names_asked_)
    for (const std::string_view path : {"etc/passwd", "etc/group"}) (void)tree->read_resolved(path);
  return tree->missed();
}

void VirtualSources::forget_looks() {
  names_asked_ = false;
  if (tree) tree->clear();
}

const VirtualSources::Names& VirtualSources::names() {
  names_asked_ = true;
  if (!names_) {
    names_ = std::make_unique<Names>();
    if (tree) {
      names_->users = names_of(*tree, "etc/passwd");
      names_->groups = names_of(*tree, "etc/group");
    }
  }
  return *names_;
}

Result<void> add_virtual_tables(sqlite3* db, VirtualSources& sources) {
  static const sqlite3_module location =
      module_of(location_connect, location_best, location_open, location_close, location_filter,
                location_next, location_eof, location_column, location_rowid);
  static const sqlite3_module file =
      module_of(file_connect, file_best, file_open, file_close, file_filter, file_next, file_eof,
                file_column, file_rowid);
  if (sqlite3_create_module(db, "location", &location, &sources) != SQLITE_OK ||
      sqlite3_create_module(db, "file", &file, &sources) != SQLITE_OK)
    return Error{std::string("SQLite does not take the virtual tables: ") + sqlite3_errmsg(db), ""};
  return {};
}

}  // namespace drydock::facts
