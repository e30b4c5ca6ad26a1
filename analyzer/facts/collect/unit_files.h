// The unit files of a host as systemd loads them: search path, masks, aliases, templates, drop-ins.
// Shared between collectors through Context::shared: see units().
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"
#include "parsers/unit.h"

namespace drydock::facts {

// One "Key=value" of a unit, and the file it stands in.
struct UnitLine : parsers::unit::Assignment {
  std::string path;  // the unit file or a drop-in
};

// The assignments of one key that count, in the order in which systemd reads them.
struct UnitSetting {
  std::vector<const UnitLine*> lines;  // a key that holds one value: at most one
  struct Lost {
    const UnitLine* line;
    const UnitLine* winner;  // the later value, or the empty assignment that reset the list
    std::string_view reason;
  };
  std::vector<Lost> lost;

  explicit operator bool() const { return !lines.empty(); }
  // The value of a key that holds one; the last of a list; empty if there is none.
  std::string_view value() const {
    return lines.empty() ? std::string_view{} : lines.back()->value;
  }
};

struct Unit {
  // As `systemctl show -p LoadState` has it.
  enum class Load : uint8_t {
    loaded,
    masked,     // a link to /dev/null or an empty file
    not_found,  // no unit file, only drop-ins: systemd does not read those
    error,      // the unit file is refused (see parsers/unit.h) or cannot be read: its settings are
                // unknown
  };
  std::string name;                // as it was asked for: "docker.service"
  std::string id;                  // the unit it is an alias of, else the name
  std::vector<std::string> names;  // the id and every alias of it
  Load load = Load::not_found;
  std::string path;                   // the unit file; for a mask the link itself; empty: not_found
  std::vector<std::string> drop_ins;  // in the order in which they are read
  // Drop-ins of the same name in a directory that counts less, and those that are masked: path and
  // the path that wins.
  std::vector<std::pair<std::string, std::string>> hidden_drop_ins;
  // Unit files of the same name in directories of the search path that count less than the one of
  // `path`, in the order of the search path.
  std::vector<std::string> hidden_files;
  std::vector<UnitLine> lines;  // all assignments that are read, in that order; none if masked
  std::vector<std::pair<std::string, parsers::SyntaxErrors>> errors;  // by file
  std::string fatal;  // the setting of the unit file for which systemd refuses it, in words

  // What counts for a key: of a list what follows the last empty assignment, else the last value;
  // see UnitKeyKind. Some lists are reset together: every Listen…= of a socket, On…= of a timer,
  // the paths of a path unit, every Condition…= and every Assert…=.
  UnitSetting setting(std::string_view section, std::string_view key) const;

  // Every key of the unit, sorted by section and key, with what counts for it.
  std::map<std::pair<std::string, std::string>, UnitSetting> settings() const;
};

std::string_view name(Unit::Load load);  // "loaded", "masked", "not-found", "error"

// How repeated assignments of a key work together.
enum class UnitKeyKind : uint8_t {
  single,      // the last one counts; an empty one sets the default again
  boolean,     // as single, but what is no boolean is ignored and the one before it stays
  list,        // they add up; an empty one throws away what precedes
  dependency,  // they add up and cannot be taken back: "dependencies ... cannot be reset to an
               // empty list"
};
UnitKeyKind unit_key_kind(std::string_view section, std::string_view key);

// Reads what is asked for when it is asked for, once. In a fragment: the loose unit files and the
// drop-ins beside them; there is no search path, and several files may have the same name.
class UnitFiles {
 public:
  explicit UnitFiles(Context& context);
  UnitFiles(UnitFiles&&);
  ~UnitFiles();

  // The unit of that name, following aliases; an instance is made of its template. nullptr: neither
  // a unit file nor a drop-in for it. In a fragment the first one.
  const Unit* find(std::string_view name) const;

  // The same for a unit that a generator makes and whose text is not there: never nullptr for a valid name,
  // and drop-ins for the type or for a truncated name count although it has no file.
  const Unit* find_generated(std::string_view name) const;

  // The names of all unit files, sorted: what `systemctl list-unit-files` shows. Reads none of
  // them.
  std::vector<std::string> names() const;

  // In a fragment: every unit, sorted by path.
  const std::vector<std::unique_ptr<Unit>>& loose() const;

  // The directories unit files are looked for in that exist, the one that counts most first; real
  // paths.
  const std::vector<std::string>& search_path() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The unit files of the context's target, loaded at the first call.
const UnitFiles& units(Context& context);

// Records the syntax errors of a unit's files for the collector that runs. Call it once a unit.
void report_errors(Context& context, const Unit& unit);

// Says in the store which of a unit's settings lost and to what, in the table `table` under `key`.
void report_lost(Store& store, const TableSpec& table, std::string_view key,
                 const UnitSetting& setting);

// Says there, too, what is written in the files that systemd passes over because one of the same
// name counts more: a unit file of /etc for the vendor's, a drop-in or a mask for another. Only
// what the unit does not say in the same words; the keys are "UNIT/SECTION/KEY".
void report_hidden(Context& context, const TableSpec& table, const Unit& unit);

// The patterns of Collector::paths and Collector::loose for whoever calls units(), with their own.
std::vector<std::string_view> unit_paths(std::vector<std::string_view> others = {});
std::vector<std::string_view> unit_loose(std::vector<std::string_view> others = {});

// The directories of the search path in its order, whether or not they exist, relative to the root.
inline constexpr std::string_view kUnitSearchPath[] = {
    "etc/systemd/system.control",   "run/systemd/system.control",  "run/systemd/transient",
    "run/systemd/generator.early",  "etc/systemd/system",          "etc/systemd/system.attached",
    "run/systemd/system",           "run/systemd/system.attached", "run/systemd/generator",
    "usr/local/lib/systemd/system", "lib/systemd/system",          "usr/lib/systemd/system",
    "run/systemd/generator.late"};

// Where a link in directory `directory` leads, with every link on the way but the last component
// followed; what does not exist is taken as it is written.
std::string link_target(const Tree& tree, std::string_view directory, std::string_view target);

// Does `path` lie below a directory of the search path, whether or not that exists? `search_path`
// is UnitFiles::search_path().
bool in_search_path(const std::vector<std::string>& search_path, std::string_view path);

// Is there a mask at `path` (resolved but for its last component): /dev/null or an empty file?
bool is_mask(const Tree& tree, const std::string& path);

}  // namespace drydock::facts
