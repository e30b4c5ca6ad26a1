#include "analyzer/facts/collect/unit_problem.h"

#include <algorithm>
#include <set>

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/facts/collect/unit_key.h"
#include "analyzer/facts/collect/unit_name.h"
#include "analyzer/facts/collect/unit_refusal.h"
#include "analyzer/facts/collect/unit_sandbox.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kUnitProblemTable{
    .name = "unit_problem",
    .kind = TableKind::effective,
    .doc =
        "What somebody wrote for systemd and systemd leaves out: a line of a unit file that it "
        "skips, a service that it refuses, a file that lies where it never looks "
        "(systemd.syntax(7), systemd.unit(5)).",
    .columns =
        {{"unit", ColumnType::text, "The unit; of a file that is never read the name it would be."},
         {"problem", ColumnType::text,
          "unknown-key, wrong-section, unknown-section, bad-line, bad-value, cut-short (a value at "
          "which the rest of a drop-in is given up), refused (the service "
          "cannot start), not-searched (a unit file outside the search path), not-conf (a drop-in "
          "without .conf), no-unit (drop-ins of a unit that is not there), not-a-link (a file in a "
          ".wants or .requires directory)."},
         {"section", ColumnType::text, "The section of the line; NULL for a file."},
         {"key", ColumnType::text, "The key as it is written; NULL without one."},
         {"value", ColumnType::text, "The value, or the part of it that is left out; else NULL."},
         {"detail", ColumnType::text,
          "What it probably should be, or what is wrong, in words; NULL if there is nothing to "
          "add."},
         {"path", ColumnType::text, "The file."},
         {"loc", ColumnType::location, "The line, or the file as a whole."}},
    .indexes = {"problem"},
    .examples = {"SELECT unit, key, detail, loc FROM unit_problem WHERE problem = 'unknown-key'"}};

namespace {

Value or_null(std::string_view text) {
  return text.empty() ? Value(Null{}) : Value(text);
}

class Problems {
 public:
  explicit Problems(Context& context) : context_(context), store_(context.store()) {}

  void unit(const Unit& unit) {
    for (const UnitLine& line : unit.lines) key(unit, line);
    for (const auto& [path, errors] : unit.errors)
      for (const parsers::SyntaxError& error : errors)
        if (error.effect == parsers::Effect::ignored)
          row(unit.id,
              error.code == "unknown-section" ? "unknown-section"
              : error.code == "fatal-setting" ? "cut-short"
                                              : "bad-line",
              {}, {}, {}, error.message, path, error.span);
    if (unit_type(unit.id) != "service" || unit.load != Unit::Load::loaded || unit.path.empty())
      return;
    for (const Sandbox::Ignored& one : sandbox_of(unit).ignored)
      row(unit.id, "bad-value", one.line->section, one.line->key, one.value, one.why,
          one.line->path, one.line->span);
    if (const auto why = refusal(unit)) row(unit.id, "refused", {}, {}, {}, *why, unit.path, {});
  }

  // Unit files and drop-ins that lie in directories nobody searches.
  void files(const UnitFiles& files) {
    for (const std::string_view directory :
         {"etc/systemd", "usr/lib/systemd", "lib/systemd", "usr/local/lib/systemd", "run/systemd",
          "usr/local/etc/systemd/system", "usr/share/systemd/system", "usr/local/lib/systemd/units",
          "etc/systemd/units", "etc/init.d"})
      stray(directory, false);
    for (const std::string& searched : files.search_path()) in_search_path(files, searched);
  }

 private:
  void row(std::string_view unit, std::string_view problem, std::string_view section,
           std::string_view key, std::string_view value, std::string_view detail,
           std::string_view path, Span span) {
    store_.insert(kUnitProblemTable, {unit, problem, or_null(section), or_null(key), or_null(value),
                                      or_null(detail), path, store_.locate(path, span)});
  }

  void key(const Unit& unit, const UnitLine& line) {
    if (line.key.starts_with("X-") || line.section.starts_with("X-") ||
        is_unit_key(line.section, line.key))
      return;
    const std::string_view other = section_of_unit_key(unit_type(unit.id), line.key);
    if (!other.empty()) {
      row(unit.id, "wrong-section", line.section, line.key, line.value,
          "it belongs to [" + std::string(other) + "]", line.path, line.span);
      return;
    }
    const std::string_view meant = similar_unit_key(line.section, line.key);
    row(unit.id, "unknown-key", line.section, line.key, line.value,
        meant.empty() ? std::string() : std::string(meant) + "=", line.path, line.span);
  }

  // Unit files and drop-ins directly in `directory`, of which systemd reads none; `inside`: it lies
  // in a directory of the search path.
  void stray(std::string_view directory, bool inside) {
    const auto real = context_.tree().resolve(directory);
    if (!real || !done_.insert(*real).second) return;
    const auto names = context_.tree().list(*real);
    if (!names) return;
    for (const std::string& name : *names) {
      const std::string path = join_path(*real, name);
      const auto stat = context_.tree().lstat(path);
      if (!stat) continue;
      if (stat->type == NodeType::file && unit_name_kind(name))
        row(name, "not-searched", {}, {}, {},
            inside ? "systemd does not look into subdirectories" : "", path, {});
      if (stat->type == NodeType::directory && name.ends_with(".d") &&
          unit_name_kind(name.substr(0, name.size() - 2)))
        if (const auto members = context_.tree().list(path))
          for (const std::string& member : *members)
            if (member.ends_with(".conf"))
              row(name.substr(0, name.size() - 2), "not-searched", {}, {}, {}, {},
                  join_path(path, member), {});
    }
  }

  void in_search_path(const UnitFiles& files, const std::string& searched) {
    const auto names = context_.tree().list(searched);
    if (!names) return;
    for (const std::string& name : *names) {
      const std::string path = join_path(searched, name);
      const auto stat = context_.tree().lstat(path);
      if (!stat || stat->type != NodeType::directory) continue;
      const std::string stem = name.substr(0, name.rfind('.'));
      if (name.ends_with(".wants") || name.ends_with(".requires") || name.ends_with(".upholds"))
        links(path, stem);
      else if (name.ends_with(".d"))
        drop_ins(files, path, stem);
      else
        stray(path, true);
    }
  }

  void links(const std::string& directory, std::string_view owner) {
    const auto names = context_.tree().list(directory);
    if (!names) return;
    for (const std::string& name : *names) {
      const std::string path = join_path(directory, name);
      const auto stat = context_.tree().lstat(path);
      if (stat && stat->type == NodeType::file && stat->size > 0 && unit_name_kind(name))
        row(name, "not-a-link", {}, {}, {},
            "it does not make " + std::string(owner) + " start anything", path, {});
    }
  }

  // Units without a unit file of their own: slices need none (systemd.slice(5): "slices are created implicitly"),
  // scopes and devices have none, generators make mounts and swaps of fstab(5), services of /etc/init.d and of
  // crypttab(5).
  bool makes_itself(const std::string& owner) const {
    const std::string_view type = unit_type(owner);
    for (const std::string_view made : {"slice", "scope", "device", "mount", "automount", "swap"})
      if (type == made) return true;
    return type == "service" &&
           (owner.starts_with("systemd-cryptsetup@") ||
            context_.tree().exists("etc/init.d/" + owner.substr(0, owner.size() - 8)));
  }

  void drop_ins(const UnitFiles& files, const std::string& directory, const std::string& owner) {
    const auto names = context_.tree().list(directory);
    if (!names || names->empty()) return;
    const bool is_type = parsers::unit::sections_of(owner).size() > 1;
    const auto kind = unit_name_kind(owner);
    if (!is_type && !kind) {
      for (const std::string& name : *names)
        if (name.ends_with(".conf"))
          row(owner, "not-searched", {}, {}, {}, "no unit can have this name",
              join_path(directory, name), {});
      return;
    }
    // "foo-.service.d" is for every unit with the prefix "foo-".
    const bool is_prefix =
        kind && (owner.find("-.") != std::string::npos || owner.find("-@") != std::string::npos);
    const Unit* unit = is_type || is_prefix ? nullptr : files.find(owner);
    const bool has_unit = is_type || is_prefix || makes_itself(owner) ||
                          (unit && (unit->load != Unit::Load::not_found));
    for (const std::string& name : *names) {
      const std::string path = join_path(directory, name);
      const auto stat = context_.tree().stat(path);
      if (!stat || stat->type != NodeType::file || stat->size == 0) continue;
      if (!name.ends_with(".conf") || name.starts_with('.'))
        row(owner, "not-conf", {}, {}, {}, {}, path, {});
      else if (!has_unit)
        row(owner, "no-unit", {}, {}, {}, {}, path, {});
    }
  }

  Context& context_;
  Store& store_;
  std::set<std::string> done_;
};

void collect_problems(Context& context) {
  const UnitFiles& files = units(context);
  Problems problems(context);
  for (const auto& unit : files.loose()) problems.unit(*unit);
  if (context.is_fragment()) return;
  for (const std::string& name : files.names())
    if (const Unit* unit = files.find(name); unit && unit->id == name) problems.unit(*unit);
  problems.files(files);
}

}  // namespace

const Collector kUnitProblemCollector{
    .name = "unit-problem",
    .tables = {&kUnitProblemTable},
    .needs = {},
    .paths = unit_paths({"etc/systemd/*", "usr/lib/systemd/*", "lib/systemd/*",
                         "usr/local/lib/systemd/*", "usr/local/etc/systemd/system/*",
                         "usr/share/systemd/system/*", "etc/init.d/*"}),
    .loose = unit_loose(),
    .collect = collect_problems};

}  // namespace drydock::facts
