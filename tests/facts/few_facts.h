// Facts of a few tables, for tests of hundreds of hosts: to make and to fill all tables takes most of the time.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"
#include "analyzer/source/memory.h"
#include "tests/oracle.h"

namespace drydock::test {

class FewFacts {
 public:
  // Of a host: `wanted` are collected, and what they need; besides these only tables whose names begin with one of
  // `starts` exist.
  FewFacts(std::shared_ptr<MemoryTree> tree, std::initializer_list<std::string_view> starts,
           const std::vector<std::string>& wanted);

  // The rows; none if the question cannot be asked.
  std::vector<facts::Store::Row> rows(std::string_view sql) const;
  // The rows as test::facts writes them.
  std::string text(std::string_view sql) const;

 private:
  std::unique_ptr<facts::Store> store_;
};

// For hundreds of files that a program reads or writes: in memory where there is such a place.
ScratchDirectory directory_in_memory();

}  // namespace drydock::test
