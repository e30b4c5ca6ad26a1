// How tests of the engine ask: a rule's YAML, some facts, the whole visible outcome as text.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "analyzer/engine/evaluate.h"
#include "analyzer/facts/collect.h"

namespace drydock::test {

// A keyed table of settings, as sysctl or sshd has it.
extern const facts::TableSpec kSettingTable;  // setting(key, value, owner, mode, loc, value_loc)
// The table of traits, as rules' conditions want it.
extern const facts::TableSpec kTraitTable;  // trait(name, holds, because, loc)

// A store with those tables and the meta tables.
struct Facts {
  Facts();
  // Adds a setting at a line of etc/conf; line 0: it is a default and has no place.
  Facts& set(std::string_view key, std::string_view value, uint32_t line);
  Facts& set_null(std::string_view key, uint32_t line);
  // nullopt: it is not known whether it holds.
  Facts& trait(std::string_view name, std::optional<bool> holds, std::string_view because = {});
  facts::LocationId at(uint32_t line, uint32_t column = 1, std::string_view path = "etc/conf");
  std::unique_ptr<facts::Store> store;
};

// Loads the rule, prepares it, judges the facts: the outcome and its reason, then a line for each finding:
// "etc/conf:3:1 [key] message", with its edit and related places. Diagnostics come first.
std::string judge(std::string_view yaml, Facts& facts, const engine::EvaluateOptions& options = {});

// A whole rule around a check: `check` is the YAML of expect or query and what else is to be said.
std::string rule(std::string_view check);

}  // namespace drydock::test
