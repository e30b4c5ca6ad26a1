// os-release(5): "The file /etc/os-release takes precedence over /usr/lib/os-release";
// "environment-like shell-compatible variable assignments", which systemd reads as it reads an
// EnvironmentFile=.
#include <map>

#include "analyzer/facts/collect/package.h"
#include "parsers/env_file.h"

namespace drydock::facts {

const TableSpec kOsReleaseTable{
    .name = "os_release",
    .kind = TableKind::effective,
    .doc = "A field of os-release(5): which system this is.",
    .columns = {{"key", ColumnType::text,
                 "ID, VERSION_ID, VERSION_CODENAME, PRETTY_NAME and so on."},
                {"value", ColumnType::text, "Unquoted."},
                {"loc", ColumnType::location, "The assignment."}},
    .key = "key",
    .value = "value",
    .examples = {"SELECT value FROM os_release WHERE key = 'PRETTY_NAME'"}};

namespace {

bool read_release(Context& context, const std::string& path) {
  const auto text = context.read(path);
  if (!text) return false;
  const parsers::env_file::File file = parsers::env_file::parse(text->text);
  context.issues(text->path, file.errors);
  std::map<std::string_view, const parsers::env_file::Assignment*> last;
  for (const auto& assignment : file.assignments) last[assignment.name] = &assignment;
  for (const auto& assignment : file.assignments) {
    const auto* later = last[assignment.name];
    const LocationId loc = context.store().locate(text->path, assignment.span);
    if (later == &assignment)
      context.store().insert(kOsReleaseTable, {std::string_view(assignment.name),
                                               std::string_view(assignment.value), loc});
    else
      context.store().overridden(kOsReleaseTable, assignment.name,
                                 context.store().locate(text->path, later->span), loc,
                                 assignment.value, "set again later in the same file");
  }
  return true;
}

void collect_os_release(Context& context) {
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) read_release(context, path);
  } else if (!read_release(context, "etc/os-release")) {
    read_release(context, "usr/lib/os-release");
  }
}

}  // namespace

const Collector kOsReleaseCollector{.name = "os_release",
                                    .tables = {&kOsReleaseTable},
                                    .needs = {},
                                    .paths = {"etc/os-release", "usr/lib/os-release"},
                                    .loose = {"os-release"},
                                    .collect = collect_os_release};

}  // namespace drydock::facts
