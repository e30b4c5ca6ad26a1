#include "analyzer/report/sarif/json.h"

#include <algorithm>

#include "analyzer/report/unicode.h"

namespace drydock::report::sarif_log {

Json text(std::string_view value, size_t limit) {
  return {{"text", cut(value, limit)}};
}

Json physical_location(std::string_view uri, int index, Json region) {
  Json artifact{{"uri", uri}};
  if (index >= 0) artifact["index"] = index;
  return {{"artifactLocation", std::move(artifact)}, {"region", std::move(region)}};
}

Json line_region(uint32_t line) {
  return {{"startLine", std::max(line, uint32_t{1})}};
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace drydock::report::sarif_log
