// The small SARIF objects that occur everywhere, each built from all that its readers require.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace drydock::report::sarif_log {

// Keeps the order of insertion, so that a log reads as it is written here.
using Json = nlohmann::ordered_json;

// What GitHub and GitLab show; GitLab drops a result with a longer string.
inline constexpr size_t kTextLimit = 1024;  // code points
inline constexpr size_t kNameLimit = 255;
inline constexpr size_t kHelpLimit = 16'000;
inline constexpr size_t kTags = 10;
inline constexpr size_t kResults = 5'000;        // of one run
inline constexpr size_t kRuns = 20;              // of one file
inline constexpr size_t kRelated = 100;          // locations of one result that GitHub shows
inline constexpr size_t kNotifications = 1'000;  // of one run

// {"text": …}, cut at the limit.
Json text(std::string_view value, size_t limit = kTextLimit);

// A location that every consumer takes: a URI and a region that starts at line 1 or later. `index`
// is the artifact's place in run.artifacts, or -1.
Json physical_location(std::string_view uri, int index, Json region);
Json line_region(uint32_t line);  // line 0, the file as a whole, is written as line 1

// One line of compact JSON. Bytes that are no UTF-8 become U+FFFD.
std::string dump(const Json& value);

}  // namespace drydock::report::sarif_log
