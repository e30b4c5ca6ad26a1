#include "analyzer/facts/collect/systemd.h"

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/facts/collect/unit_refusal.h"
#include "analyzer/facts/collect/unit_specifier.h"
#include "analyzer/facts/collect/unit_state.h"

namespace drydock::facts {

const TableSpec kUnitTable{
    .name = "unit",
    .kind = TableKind::effective,
    .doc =
        "A unit file of the host by one of its names (systemd.unit(5)). In a fragment: a loose "
        "unit file, or "
        "drop-ins of one that is not there.",
    .columns =
        {{"name", ColumnType::text, "The name with its suffix: ssh.service, getty@.service."},
         {"type", ColumnType::text, "The suffix: service, socket, timer, mount and so on."},
         {"id", ColumnType::text, "The unit this name is an alias of; else the name."},
         {"path", ColumnType::text,
          "The unit file, or the link that masks it; NULL if only drop-ins are there."},
         {"load", ColumnType::text,
          "As systemd loads it: loaded, masked, error (the file is refused), bad-setting (the unit "
          "is, "
          "see unit_problem), not-found (only drop-ins)."},
         {"description", ColumnType::text, "Description= after drop-ins; NULL if there is none."},
         {"loc", ColumnType::location, "The unit file as a whole; without one the first drop-in."}},
    .indexes = {"name"},
    .examples = {"SELECT name, path FROM unit WHERE load = 'masked'"}};

const TableSpec kUnitSettingTable{
    .name = "unit_setting",
    .kind = TableKind::effective,
    .doc =
        "An assignment that counts for a unit after all drop-ins: the last one of a key that holds "
        "one value, "
        "each one of a list behind its last reset (systemd.unit(5)). Aliases give no rows of their "
        "own.",
    .columns = {{"setting", ColumnType::text,
                 "Unit, section and key: docker.service/Service/ExecStart."},
                {"unit", ColumnType::text, "The unit: docker.service."},
                {"section", ColumnType::text, "Unit, Service, Socket, Install and so on."},
                {"key", ColumnType::text, "The key: ExecStart."},
                {"value", ColumnType::text,
                 "As it is written, continuation lines joined; quotes are kept."},
                {"expanded", ColumnType::text,
                 "The value with its specifiers replaced (%n, %i, %H …); NULL if only a running "
                 "host can tell them."},
                {"ordinal", ColumnType::integer, "Counts from 1 within one key."},
                {"path", ColumnType::text, "The unit file or drop-in that says so."},
                {"loc", ColumnType::location, "The assignment."},
                {"value_loc", ColumnType::location, "Its value."}},
    .key = "setting",
    .value = "value",
    .indexes = {"unit", "key"},
    .examples = {"SELECT unit, value, loc FROM unit_setting WHERE key = 'ExecStart' AND value LIKE "
                 "'%docker%'"}};

const TableSpec kUnitDropInTable{
    .name = "unit_drop_in",
    .kind = TableKind::raw,
    .doc =
        "A drop-in file of a unit, whether systemd reads it or another of the same name hides it.",
    .columns = {{"unit", ColumnType::text, "The unit."},
                {"path", ColumnType::text, "The drop-in."},
                {"ordinal", ColumnType::integer,
                 "Its place in the order of reading, from 1; NULL if it is not read."},
                {"hidden_by", ColumnType::text,
                 "The drop-in of the same name that is read instead, or masks it; else NULL."},
                {"loc", ColumnType::location, "The file as a whole."}},
    .indexes = {"unit"},
    .examples = {"SELECT unit, path, hidden_by FROM unit_drop_in WHERE ordinal IS NULL"}};

const TableSpec kUnitStateTable{
    .name = "unit_state",
    .kind = TableKind::effective,
    .doc =
        "Whether a unit file is enabled, by the links of the host: what systemctl list-unit-files "
        "shows "
        "(systemctl(1), is-enabled). A fragment has no such rows.",
    .columns = {{"unit", ColumnType::text, "The name of the unit file."},
                {"state", ColumnType::text,
                 "enabled, enabled-runtime, linked, linked-runtime, alias, masked, masked-runtime, "
                 "static, indirect, "
                 "disabled, generated, transient or bad."},
                {"preset", ColumnType::text,
                 "What systemd.preset(5) files want: enabled, disabled or ignored; NULL where "
                 "enabling means nothing."},
                {"wanted_by", ColumnType::text,
                 "The units that pull it in by links in their .wants, .requires or .upholds "
                 "directories, separated "
                 "by blanks; NULL for none."},
                {"path", ColumnType::text, "The file or link of this name that counts."},
                {"target", ColumnType::text, "Where the path leads if it is a link; else NULL."},
                {"loc", ColumnType::location, "The link or file that decides the state."}},
    .key = "unit",
    .value = "state",
    .indexes = {"state"},
    .examples = {
        "SELECT unit, wanted_by FROM unit_state WHERE state = 'enabled' AND preset = 'disabled'"}};

namespace {

Value or_null(std::string_view text) {
  return text.empty() ? Value(Null{}) : Value(text);
}

void write_unit(Context& context, const Unit& unit) {
  Store& store = context.store();
  const std::string_view place = !unit.path.empty()      ? std::string_view(unit.path)
                                 : unit.drop_ins.empty() ? std::string_view(unit.name)
                                                         : std::string_view(unit.drop_ins.front());
  const std::string_view type = std::string_view(unit.name).substr(unit.name.rfind('.') + 1);
  store.insert(kUnitTable,
               {std::string_view(unit.name), type, std::string_view(unit.id), or_null(unit.path),
                unit.load == Unit::Load::loaded && refusal(unit) ? "bad-setting" : name(unit.load),
                or_null(unit.setting("Unit", "Description").value()), store.locate(place, {})});
  if (unit.id != unit.name) return;
  report_errors(context, unit);

  int64_t order = 0;
  for (const std::string& path : unit.drop_ins)
    store.insert(kUnitDropInTable, {std::string_view(unit.name), std::string_view(path), ++order,
                                    Null{}, store.locate(path, {})});
  for (const auto& [path, winner] : unit.hidden_drop_ins)
    store.insert(kUnitDropInTable, {std::string_view(unit.name), std::string_view(path), Null{},
                                    std::string_view(winner), store.locate(path, {})});

  std::optional<std::string> text;
  const auto expanded = [&](const std::string& value) -> Value {
    if (value.find('%') == std::string::npos) return std::string_view(value);
    text = expand_specifiers(context.tree(), unit, value);
    return text ? Value(std::string_view(*text)) : Value(Null{});
  };
  for (const auto& [section_and_key, setting] : unit.settings()) {
    const auto& [section, key] = section_and_key;
    const std::string full = unit.name + "/" + section + "/" + key;
    int64_t ordinal = 0;
    for (const UnitLine* line : setting.lines)
      store.insert(kUnitSettingTable,
                   {std::string_view(full), std::string_view(unit.name), std::string_view(section),
                    std::string_view(key), std::string_view(line->value), expanded(line->value),
                    ++ordinal, std::string_view(line->path), store.locate(line->path, line->span),
                    store.locate(line->path, line->value_span)});
    report_lost(store, kUnitSettingTable, full, setting);
  }
  report_hidden(context, kUnitSettingTable, unit);
}

void collect_units(Context& context) {
  const UnitFiles& files = units(context);
  for (const auto& unit : files.loose()) write_unit(context, *unit);
  for (const std::string& name : files.names())
    if (const Unit* unit = files.find(name)) write_unit(context, *unit);
}

void collect_states(Context& context) {
  if (context.is_fragment()) return;
  for (const UnitState& unit : unit_states(context.tree(), units(context))) {
    std::string wanted_by;
    for (const std::string& name : unit.wanted_by)
      wanted_by += (wanted_by.empty() ? "" : " ") + name;
    context.store().insert(kUnitStateTable,
                           {std::string_view(unit.name), unit.state, or_null(unit.preset),
                            or_null(wanted_by), std::string_view(unit.path), or_null(unit.target),
                            context.store().locate(unit.because, {})});
  }
}

}  // namespace

const Collector kUnitCollector{
    .name = "unit",
    .tables = {&kUnitTable, &kUnitSettingTable, &kUnitDropInTable},
    .needs = {},
    .paths = unit_paths({"etc/hostname", "etc/machine-id", "etc/os-release", "usr/lib/os-release"}),
    .loose = unit_loose(),
    .collect = collect_units};

const Collector kUnitStateCollector{
    .name = "unit-state",
    .tables = {&kUnitStateTable},
    .needs = {},
    .paths = unit_paths({"etc/systemd/system-preset/*", "run/systemd/system-preset/*",
                         "usr/local/lib/systemd/system-preset/*", "usr/lib/systemd/system-preset/*",
                         "lib/systemd/system-preset/*"}),
    .loose = {},
    .collect = collect_states};

}  // namespace drydock::facts
