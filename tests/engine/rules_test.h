// The rules of the catalogue as tests.
#pragma once

namespace drydock::engine {

// Adds the tests "Rules/…": it reads every rule, which takes longer than most tests. Before RUN_ALL_TESTS().
void register_rule_tests();

}  // namespace drydock::engine
