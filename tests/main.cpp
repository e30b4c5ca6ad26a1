// The tests' main(). The tests of the rules are made from the files of the catalogue, and only for who asks for
// more than one other test: CTest starts a process for each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/engine/rules_test.h"

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  const std::string filter = GTEST_FLAG_GET(filter);
  if (filter.find_first_of("*?") != std::string::npos || filter.starts_with("Rules/"))
    drydock::engine::register_rule_tests();
  return RUN_ALL_TESTS();
}
