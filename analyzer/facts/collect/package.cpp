#include "analyzer/facts/collect/package.h"

#include "analyzer/source/tree.h"
#include "parsers/dpkg_status.h"

namespace drydock::facts {

const TableSpec kPackageTable{
    .name = "package",
    .kind = TableKind::inventory,
    .doc =
        "A package of the host's package database (dpkg(1): /var/lib/dpkg/status, and status.d of "
        "images made without dpkg).",
    .columns =
        {{"name", ColumnType::text, "The package."},
         {"version", ColumnType::text, "Its version; NULL if it has none, as after removal."},
         {"architecture", ColumnType::text, "amd64, all …; NULL if it is not written."},
         {"status", ColumnType::text,
          "'installed', 'config-files' (removed but for these) and other states of dpkg(1)."},
         {"source", ColumnType::text, "The source package it is built from."},
         {"manager", ColumnType::text, "'dpkg'."},
         {"loc", ColumnType::location, "Where the database names it."}},
    .indexes = {"name"},
    .examples = {
        "SELECT name, version FROM package WHERE status = 'installed' AND name = 'telnetd'"}};

namespace {

Value text_or_null(std::string_view text) {
  return text.empty() ? Value(Null{}) : Value(text);
}

void read_database(Context& context, const std::string& path, bool one_package) {
  const auto text = context.read(path);
  if (!text) return;
  const parsers::dpkg_status::File file = parsers::dpkg_status::parse(text->text);
  context.issues(text->path, file.errors);
  for (const parsers::dpkg_status::Package& package : file.packages) {
    // status.d has the control files of packages that were unpacked without dpkg: no Status field.
    const std::string_view state =
        package.state.empty() && one_package ? "installed" : package.state;
    context.store().insert(
        kPackageTable,
        {package.name, text_or_null(package.version), text_or_null(package.architecture), state,
         package.source.empty() ? package.name : package.source, std::string_view("dpkg"),
         context.store().locate(text->path, package.span)});
  }
}

void collect_packages(Context& context) {
  if (context.is_fragment()) return;
  read_database(context, "var/lib/dpkg/status", false);
  for (const std::string& path : context.tree().glob("var/lib/dpkg/status.d", "*"))
    if (!path.ends_with(".md5sums")) read_database(context, path, true);
}

}  // namespace

const Collector kPackageCollector{.name = "package",
                                  .tables = {&kPackageTable},
                                  .needs = {},
                                  .paths = {"var/lib/dpkg/status", "var/lib/dpkg/status.d/*"},
                                  .loose = {},
                                  .collect = collect_packages};

}  // namespace drydock::facts
