#include "analyzer/facts/collect/unit_exposure.h"

#include <algorithm>
#include <ranges>
#include <set>

#include "analyzer/facts/collect/unit_activation.h"
#include "analyzer/facts/collect/unit_assessment.h"
#include "analyzer/facts/collect/unit_name.h"
#include "analyzer/facts/collect/unit_refusal.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kUnitAssessmentTable{
    .name = "unit_assessment",
    .kind = TableKind::effective,
    .doc =
        "One of the 81 questions of `systemd-analyze security --offline=true` (systemd 252) about "
        "one service, answered from its unit file and drop-ins. The services are those of "
        "unit_exposure.",
    .columns =
        {{"unit", ColumnType::text, "The service: ssh.service."},
         {"assessment", ColumnType::text,
          "The question, as in systemd's JSON (json_field): PrivateDevices."},
         {"name", ColumnType::text, "The setting it is about: PrivateDevices=."},
         {"met", ColumnType::boolean,
          "1 if nothing is left to wish for; NULL where the question does not apply to the "
          "service."},
         {"value", ColumnType::text, "What is in force, with what other settings imply."},
         {"badness", ColumnType::integer, "From 0 to the range; NULL where it does not apply."},
         {"range", ColumnType::integer, "The worst badness there is."},
         {"weight", ColumnType::integer, "How much the question counts."},
         {"share", ColumnType::integer,
          "What it adds to the exposure, in tenths, rounded up; NULL where it does not apply."},
         {"risk", ColumnType::text, "What the service may do as long as it is not met."},
         {"loc", ColumnType::location,
          "The assignment that made it so; for a default the unit file."}},
    .indexes = {"unit"},
    .examples = {
        "SELECT name, value, share FROM unit_assessment WHERE unit = 'ssh.service' AND met "
        "= 0 ORDER BY share DESC"}};

const TableSpec kUnitExposureTable{
    .name = "unit_exposure",
    .kind = TableKind::effective,
    .doc =
        "How exposed a service is, from 0.0 (perfectly sandboxed) to 10.0: the overall level of "
        "`systemd-analyze security --offline=true` (systemd 252). Every service that systemd "
        "loads, "
        "templates, and the instances that something starts; not aliases, masked units and units "
        "that systemd refuses.",
    .columns = {{"unit", ColumnType::text, "The service: ssh.service."},
                {"exposure", ColumnType::text, "As systemd prints it: 9.6."},
                {"tenths", ColumnType::integer, "The same as a number from 0 to 100: 96."},
                {"band", ColumnType::text,
                 "DANGEROUS (100), UNSAFE (90 and more), EXPOSED (75), MEDIUM (50), OK (10), SAFE "
                 "(1) or PERFECT (0)."},
                {"unmet", ColumnType::integer, "How many of the questions that apply are not met."},
                {"worst", ColumnType::text,
                 "The five that add most, with what they add: \"PrivateNetwork= 0.3, …\"."},
                {"activated", ColumnType::boolean,
                 "Whether something starts it, see unit_activation.reached; in a fragment 1."},
                {"long_running", ColumnType::boolean,
                 "0 for Type=oneshot: what does its work and ends is not what attackers talk to."},
                {"loc", ColumnType::location, "The unit file as a whole."}},
    .key = "unit",
    .value = "tenths",
    .examples = {"SELECT unit, exposure, band FROM unit_exposure WHERE activated ORDER BY tenths "
                 "DESC, unit"}};

namespace {

Machine machine_of(const Tree& tree) {
  const bool is_arm = tree.exists("lib/ld-linux-aarch64.so.1") ||
                      tree.exists("usr/lib/aarch64-linux-gnu") ||
                      tree.exists("lib64/ld-linux-aarch64.so.1");
  return is_arm ? Machine::arm64 : Machine::x86_64;
}

std::string worst_of(const Exposure& exposure) {
  std::vector<size_t> order;
  for (size_t i = 0; i < exposure.answers.size(); ++i)
    if (exposure.answers[i].applies && exposure.answers[i].badness > 0) order.push_back(i);
  const auto cost = [&](size_t i) {
    const Assessment& one = assessments()[i];
    return exposure.answers[i].badness * one.weight / one.range;
  };
  std::ranges::stable_sort(order, std::ranges::greater{}, cost);
  std::string out;
  for (const size_t i : order | std::views::take(5))
    out += (out.empty() ? "" : ", ") + std::string(assessments()[i].name) + " " +
           exposure_text(exposure.share(i));
  return out;
}

void write(Context& context, const Unit& unit, Machine machine, bool activated) {
  Store& store = context.store();
  const Exposure exposure = assess(sandbox_of(unit), machine);
  const LocationId file = store.locate(unit.path, {});
  int64_t unmet = 0;
  for (size_t i = 0; i < exposure.answers.size(); ++i) {
    const Assessed& answer = exposure.answers[i];
    const Assessment& one = assessments()[i];
    const auto number = [&](int64_t value) {
      return answer.applies ? Value(value) : Value(Null{});
    };
    if (answer.applies && answer.badness > 0) ++unmet;
    store.insert(kUnitAssessmentTable,
                 {std::string_view(unit.id), one.id, one.name,
                  answer.applies ? Value(answer.badness == 0) : Value(Null{}),
                  std::string_view(answer.value), number(answer.badness), int64_t{one.range},
                  int64_t{one.weight}, number(answer.applies ? exposure.share(i) : 0), one.risk,
                  answer.line ? store.locate(answer.line->path, answer.line->span) : file});
  }
  const std::string text = exposure_text(exposure.tenths);
  const std::string worst = worst_of(exposure);
  store.insert(kUnitExposureTable,
               {std::string_view(unit.id), std::string_view(text), int64_t{exposure.tenths},
                exposure.band(), unmet, std::string_view(worst), activated,
                unit.setting("Service", "Type").value() != "oneshot", file});
}

void collect_exposures(Context& context) {
  const UnitFiles& files = units(context);
  const Machine machine = machine_of(context.tree());
  const auto wanted = [](const Unit* unit) {
    return unit && unit->load == Unit::Load::loaded && !unit->path.empty() &&
           unit_type(unit->id) == "service" && !refusal(*unit);
  };
  for (const auto& unit : files.loose())
    if (wanted(unit.get())) write(context, *unit, machine, true);
  if (context.is_fragment()) return;

  std::set<std::string, std::less<>> names, activated;
  for (const UnitActivation& one : unit_activations(context).all)
    if (one.reached) activated.insert(one.unit);
  names = activated;
  for (std::string& name : files.names()) names.insert(std::move(name));
  for (const std::string& name : names) {
    if (unit_type(name) != "service") continue;
    const Unit* unit = files.find(name);
    if (wanted(unit) && unit->id == name) write(context, *unit, machine, activated.contains(name));
  }
}

}  // namespace

const Collector kUnitExposureCollector{
    .name = "unit-exposure",
    .tables = {&kUnitAssessmentTable, &kUnitExposureTable},
    .needs = {},
    .hints = {"boot_argument"},
    .paths = unit_paths({std::begin(kActivationPaths), std::end(kActivationPaths)}),
    .loose = unit_loose(),
    .collect = collect_exposures};

}  // namespace drydock::facts
