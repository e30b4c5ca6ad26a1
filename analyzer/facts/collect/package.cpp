#include "analyzer/facts/collect/package.h"

#include <charconv>

#include "analyzer/facts/collect/package_databases.h"
#include "analyzer/source/tree.h"
#include "parsers/apk_installed.h"
#include "parsers/dpkg_status.h"

namespace drydock::facts {

const TableSpec kPackageTable{
    .name = "package",
    .kind = TableKind::inventory,
    .doc =
        "A package of the host's package databases: dpkg's (/var/lib/dpkg/status, and status.d of "
        "images made without dpkg), RPM's (SQLite, ndb or Berkeley DB below /var/lib/rpm or "
        "/usr/lib/sysimage/rpm) and apk's (/lib/apk/db/installed).",
    .columns =
        {{"name", ColumnType::text, "The package."},
         {"version", ColumnType::text,
          "Its whole version as the manager prints it, with epoch and release: "
          "'1:9.2p1-2+deb12u3'; NULL if it has none, as after removal."},
         {"epoch", ColumnType::integer, "The epoch of the version; NULL if none is written."},
         {"architecture", ColumnType::text, "amd64, noarch …; NULL if it is not written."},
         {"status", ColumnType::text,
          "'installed', 'config-files' (removed but for these) and other states of dpkg(1)."},
         {"source", ColumnType::text, "The source package it is built from."},
         {"source_version", ColumnType::text,
          "The version of that; as the package's own where none is written."},
         {"vendor", ColumnType::text, "Who made it, where RPM's header says so; else NULL."},
         {"module", ColumnType::text,
          "The module stream of a modular RPM, 'nodejs:18:…'; else NULL."},
         {"manager", ColumnType::text, "'dpkg', 'rpm' or 'apk'."},
         {"loc", ColumnType::location,
          "Where the database names it; of an RPM, the database as a whole."}},
    .indexes = {"name"},
    .examples = {
        "SELECT name, version FROM package WHERE status = 'installed' AND name = 'telnetd'"}};

namespace {

constexpr std::string_view kInstalled = "installed";

Value text_or_null(std::string_view text) {
  return text.empty() ? Value(Null{}) : Value(text);
}

// The number before the colon of a dpkg version.
Value epoch_of(std::string_view version) {
  int64_t epoch = 0;
  const size_t colon = version.find(':');
  if (colon == std::string_view::npos) return Null{};
  const auto [end, error] = std::from_chars(version.data(), version.data() + colon, epoch);
  return error == std::errc{} && end == version.data() + colon ? Value(epoch) : Value(Null{});
}

void read_dpkg(Context& context, const std::string& path, bool one_package) {
  const auto text = context.read(path);
  if (!text) return;
  const parsers::dpkg_status::File file = parsers::dpkg_status::parse(text->text);
  context.issues(text->path, file.errors);
  for (const parsers::dpkg_status::Package& package : file.packages) {
    // status.d has the control files of packages that were unpacked without dpkg: no Status field.
    const std::string_view state =
        package.state.empty() && one_package ? kInstalled : package.state;
    context.store().insert(
        kPackageTable,
        {package.name, text_or_null(package.version), epoch_of(package.version),
         text_or_null(package.architecture), state,
         package.source.empty() ? package.name : package.source,
         text_or_null(package.source_version.empty() ? package.version : package.source_version),
         Null{}, Null{}, std::string_view("dpkg"),
         context.store().locate(text->path, package.span)});
  }
}

void read_rpm(Context& context) {
  each_rpm(context, [&](const std::string& path, std::string_view,
                        const parsers::rpm_header::Package& package) {
    const std::string release = std::string(package.version) + "-" + std::string(package.release);
    const std::string version =
        package.epoch ? std::to_string(*package.epoch) + ":" + release : release;
    const auto [source, source_version] = parsers::rpm_header::source_of(package.source_rpm);
    // The name of a source package says nothing of its epoch; in practice it is the package's.
    const std::string with_epoch =
        package.epoch && !source.empty()
            ? std::to_string(*package.epoch) + ":" + std::string(source_version)
            : std::string(source_version);
    context.store().insert(
        kPackageTable,
        {package.name, std::string_view(version),
         package.epoch ? Value(int64_t{*package.epoch}) : Value(Null{}),
         text_or_null(package.architecture), kInstalled, source.empty() ? package.name : source,
         std::string_view(source.empty() ? version : with_epoch), text_or_null(package.vendor),
         text_or_null(package.module), std::string_view("rpm"),
         context.store().locate(path, Span{})});
  });
}

void read_apk_packages(Context& context) {
  const auto text = read_apk(context);
  if (!text) return;
  const auto database = parsers::apk_installed::parse(text->text, false);
  context.issues(text->path, database.errors);
  for (const parsers::apk_installed::Package& package : database.packages)
    context.store().insert(
        kPackageTable,
        {package.name, text_or_null(package.version), Null{}, text_or_null(package.architecture),
         kInstalled, package.origin.empty() ? package.name : package.origin,
         text_or_null(package.version), Null{}, Null{}, std::string_view("apk"),
         context.store().locate(text->path, package.span)});
}

void collect_packages(Context& context) {
  if (context.is_fragment()) return;
  read_dpkg(context, "var/lib/dpkg/status", false);
  for (const std::string& path : context.tree().glob("var/lib/dpkg/status.d", "*"))
    if (!path.ends_with(".md5sums")) read_dpkg(context, path, true);
  read_rpm(context);
  read_apk_packages(context);
}

std::vector<std::string_view> paths() {
  std::vector<std::string_view> out = {"var/lib/dpkg/status", "var/lib/dpkg/status.d/*"};
  for (const auto& more : {rpm_paths(), apk_paths()})
    out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace

const Collector kPackageCollector{.name = "package",
                                  .tables = {&kPackageTable},
                                  .needs = {},
                                  .paths = paths(),
                                  .loose = {},
                                  .collect = collect_packages};

}  // namespace drydock::facts
