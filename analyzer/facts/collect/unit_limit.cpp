// systemd.resource-control(5): the limits of a slice hold for all units in it together, so a service gets no more than
// any slice above it. systemd.slice(5): "foo-bar.slice is a slice that is located within foo.slice, which in turn
// is located in the root slice -.slice".
#include "analyzer/facts/collect/unit_limit.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/facts/collect/unit_name.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kUnitLimitTable{
    .name = "unit_limit",
    .kind = TableKind::effective,
    .doc =
        "A limit on what a service may take of the host: its own, or that of a slice it lies in, "
        "which "
        "all units of the slice share. A resource that nothing limits has no row.",
    .columns =
        {{"unit", ColumnType::text, "The service: ssh.service; templates as such."},
         {"resource", ColumnType::text,
          "MemoryMax, MemoryHigh, MemorySwapMax, TasksMax or CPUQuota (MemoryLimit is MemoryMax)."},
         {"value", ColumnType::text, "As it is written: 512M, 10%."},
         {"amount", ColumnType::integer,
          "Bytes, tasks, or percent of one processor; NULL: a part of what the host has."},
         {"set_by", ColumnType::text, "The unit that sets it: the service or a slice."},
         {"depth", ColumnType::integer,
          "0: the service, 1: its slice, 2: the slice around that, and so on."},
         {"is_tightest", ColumnType::boolean,
          "0: another one for the same resource is lower, so this one is never reached; NULL: they "
          "cannot be compared."},
         {"loc", ColumnType::location, "The line."}},
    .indexes = {"unit"},
    .examples = {"SELECT unit, resource, value, set_by FROM unit_limit WHERE is_tightest"}};

namespace {

constexpr std::string_view kResources[] = {"MemoryMax", "MemoryHigh", "MemorySwapMax", "TasksMax",
                                           "CPUQuota"};

struct Limit {
  const UnitLine* line;
  std::string set_by;
  int64_t depth;
  std::optional<int64_t> amount;
};

// parse_size() with base 1024, and "x%" of CPUQuota=, which is of one processor.
std::optional<int64_t> amount_of(std::string_view resource, std::string_view value) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  const std::string_view unit(end, static_cast<size_t>(value.data() + value.size() - end));
  if (resource == "CPUQuota") return unit == "%" ? std::optional(number) : std::nullopt;
  if (unit.empty()) return number;
  constexpr std::string_view kUnits = "KMGTPE";
  const size_t power = kUnits.find(unit[0]);
  if (unit.size() != 1 || power == std::string_view::npos || resource == "TasksMax")
    return std::nullopt;
  const int shift = static_cast<int>(power + 1) * 10;
  return number > (INT64_MAX >> shift) ? std::nullopt : std::optional(number << shift);
}

// unit_set_default_slice() of systemd: instances lie in a slice of their template's name.
std::string slice_of(const Unit& service) {
  const std::string written(service.setting("Service", "Slice").value());
  if (!written.empty()) return written;
  const size_t at = service.id.find('@');
  if (at == std::string::npos) return "system.slice";
  std::string name = "system-";
  for (const char c : service.id.substr(0, at)) name += c == '-' ? "\\x2d" : std::string(1, c);
  return name + ".slice";
}

// The slices a slice lies in, itself first, the root slice last.
std::vector<std::string> slices_up(std::string slice) {
  constexpr size_t kDepth = 32;
  constexpr std::string_view kType = ".slice", kRoot = "-.slice";
  std::vector<std::string> out;
  while (slice != kRoot && slice.ends_with(kType) && out.size() < kDepth) {
    out.push_back(slice);
    const std::string stem = slice.substr(0, slice.size() - kType.size());
    const size_t dash = stem.rfind('-');
    slice = dash == std::string::npos || dash == 0 ? std::string(kRoot)
                                                   : stem.substr(0, dash) + std::string(kType);
  }
  out.emplace_back(kRoot);
  return out;
}

void add(const Unit& unit, std::string_view section, int64_t depth, std::string_view resource,
         std::vector<Limit>& out) {
  UnitSetting setting = unit.setting(section, resource);
  // Its name before control groups v2; MemoryMax= counts where both are set.
  if (!setting && resource == "MemoryMax") setting = unit.setting(section, "MemoryLimit");
  if (!setting || setting.value().empty() || setting.value() == "infinity") return;
  out.push_back({setting.lines.back(), unit.id, depth, amount_of(resource, setting.value())});
}

void write(Context& context, const UnitFiles& files, const Unit& service) {
  const std::vector<std::string> slices = slices_up(slice_of(service));
  for (const std::string_view resource : kResources) {
    std::vector<Limit> limits;
    add(service, "Service", 0, resource, limits);
    for (size_t i = 0; i < slices.size(); ++i)
      if (const Unit* slice = files.find(slices[i]); slice && slice->load != Unit::Load::masked)
        add(*slice, "Slice", static_cast<int64_t>(i) + 1, resource, limits);
    const bool comparable = limits.size() == 1 || std::ranges::all_of(limits, [](const Limit& one) {
                              return one.amount.has_value();
                            });
    for (const Limit& one : limits) {
      const bool tightest = std::ranges::none_of(
          limits, [&](const Limit& other) { return other.amount < one.amount; });
      context.store().insert(
          kUnitLimitTable,
          {std::string_view(service.id), resource, std::string_view(one.line->value),
           one.amount ? Value(*one.amount) : Value(Null{}), std::string_view(one.set_by), one.depth,
           comparable ? Value(tightest) : Value(Null{}),
           context.store().locate(one.line->path, one.line->span)});
    }
  }
}

void collect_limits(Context& context) {
  if (context.is_fragment()) return;
  const UnitFiles& files = units(context);
  for (const std::string& name : files.names()) {
    if (!name.ends_with(".service")) continue;
    const Unit* unit = files.find(name);
    if (unit && unit->load == Unit::Load::loaded && unit->id == name) write(context, files, *unit);
  }
}

}  // namespace

const Collector kUnitLimitCollector{.name = "unit_limit",
                                    .tables = {&kUnitLimitTable},
                                    .needs = {},
                                    .paths = unit_paths(),
                                    .loose = {},
                                    .collect = collect_limits};

}  // namespace drydock::facts
