#include "analyzer/facts/collect/unit_assessment.h"
#include "analyzer/facts/collect/unit_refusal.h"
#include "analyzer/facts/collect/unit_specifier.h"
#include "analyzer/source/memory.h"

// A service of any settings has an exposure between 0 and 10.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock;
  facts::Unit unit;
  unit.name = unit.id = "fuzz@a-b.service";
  unit.names = {unit.id};
  unit.load = facts::Unit::Load::loaded;
  unit.path = "etc/systemd/system/fuzz@.service";
  const MemoryTree tree;
  for (auto& line : parsers::unit::parse({reinterpret_cast<const char*>(data), size}).assignments) {
    facts::fatal_setting(tree, unit, line);
    facts::expand_specifiers(tree, unit, line.value);
    unit.lines.push_back({std::move(line), unit.path});
  }
  facts::refusal(unit);
  const facts::Sandbox sandbox = facts::sandbox_of(unit);
  for (const facts::Machine machine : {facts::Machine::x86_64, facts::Machine::arm64}) {
    const facts::Exposure exposure = facts::assess(sandbox, machine);
    if (exposure.tenths > 100 || exposure.answers.size() != facts::assessments().size())
      __builtin_trap();
  }
  return 0;
}
