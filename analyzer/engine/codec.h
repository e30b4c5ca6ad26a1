// Rules as compact bytes: what the catalogue is compiled into. YAML takes a thousand times as long.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace drydock::engine {

// The rules without their examples and places; in the given order.
std::string encode_rules(const std::vector<std::shared_ptr<const Rule>>& rules);
// Their examples, by id.
std::string encode_examples(const std::vector<std::shared_ptr<const Rule>>& rules);

// What encode_rules wrote. Bytes that it did not write give fewer rules, never a crash.
std::vector<std::shared_ptr<const Rule>> decode_rules(std::string_view bytes);
std::vector<Example> decode_examples(std::string_view bytes, std::string_view id);

}  // namespace drydock::engine
