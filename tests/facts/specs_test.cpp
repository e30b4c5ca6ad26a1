// What holds for every table: people read these specs as documentation.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

bool is_snake_case(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_sentence(std::string_view text) {
  return text.size() > 1 && text.ends_with('.');
}

TEST(TableSpecs, NamesAreUniqueAndEverythingIsDocumented) {
  std::set<std::string_view> names;
  for (const facts::TableSpec* table : facts::all_tables()) {
    SCOPED_TRACE(table->name);
    EXPECT_TRUE(is_snake_case(table->name));
    EXPECT_TRUE(names.insert(table->name).second) << "two tables have this name";
    EXPECT_TRUE(is_sentence(table->doc));
    EXPECT_FALSE(table->examples.empty()) << "an example shows what the table is for";
    std::set<std::string_view> columns;
    for (const facts::Column& column : table->columns) {
      SCOPED_TRACE(column.name);
      EXPECT_TRUE(is_snake_case(column.name));
      EXPECT_TRUE(columns.insert(column.name).second);
      EXPECT_TRUE(is_sentence(column.doc)) << column.doc;
      const bool is_place = column.name == "loc" || column.name.ends_with("_loc");
      EXPECT_TRUE(!is_place || column.type == facts::ColumnType::location);
    }
    EXPECT_EQ(table->key.empty(), table->value.empty());
    for (const std::string_view named : {table->key, table->value})
      EXPECT_TRUE(named.empty() || columns.contains(named)) << named;
    for (const std::string_view named : table->indexes)
      EXPECT_TRUE(columns.contains(named)) << named;
  }
}

TEST(TableSpecs, EveryExampleRuns) {
  const auto tree = std::make_shared<MemoryTree>();
  for (const facts::TableSpec* table : facts::all_tables())
    for (const std::string_view example : table->examples) {
      const std::string answer = test::facts(tree, example);
      EXPECT_FALSE(answer.starts_with("error:")) << table->name << ": " << example << "\n"
                                                 << answer;
    }
}

TEST(Collectors, EveryTableAndNeedHasItsProvider) {
  std::set<std::string_view> provided;
  for (const facts::TableSpec* table : facts::all_tables()) provided.insert(table->name);
  for (const facts::Collector& collector : facts::collectors()) {
    SCOPED_TRACE(collector.name);
    for (const auto* tables : {&collector.needs, &collector.hints})
      for (const std::string_view table : *tables) EXPECT_TRUE(provided.contains(table)) << table;
    for (const std::string_view path : collector.paths) EXPECT_FALSE(path.starts_with('/')) << path;
  }
}

// What one collector missed, those that are made from its tables missed too; those that only look further
// by them did not.
TEST(Collectors, WhatWasMissedIsPassedOn) {
  const auto unknown = [](const std::string& unread) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/os-release", "ID=debian\n")
        .file("usr/lib/systemd/systemd", "", 0755)
        .directory("home/alice")
        .directory("etc/systemd/system")
        .leave_unread(unread, "it is encrypted");
    return test::facts(tree,
                       "SELECT DISTINCT table_name FROM parse_issue WHERE effect = 'unknown' AND "
                       "table_name IN ('docker_daemon', 'mount', 'sysctl', 'unit_state', 'trait', "
                       "'firewall_policy') ORDER BY 1");
  };
  EXPECT_EQ(unknown("home/alice"), "docker_daemon\n");
  EXPECT_EQ(unknown("etc/systemd/system"), "docker_daemon\nfirewall_policy\nmount\nunit_state\n");
}

// Facts come from the tree alone: a host without any file lacks but what every host has.
TEST(Collectors, AnEmptyHostHasNoIssuesButItsAccounts) {
  EXPECT_EQ(
      test::facts(std::make_shared<MemoryTree>(), "SELECT DISTINCT path, message FROM parse_issue"),
      "etc/passwd | there is no such file: what it would say is not known\n");
}

}  // namespace
}  // namespace drydock
