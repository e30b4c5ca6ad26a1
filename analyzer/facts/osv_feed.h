// Records of vulnerabilities that the user hands over for a scan (--osv), and collecting with them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "analyzer/base/result.h"
#include "analyzer/facts/collect.h"
#include "analyzer/facts/look_ahead.h"

namespace drydock::facts {

struct OsvFeed {
  std::string name = {};  // as the user knows it; empty: there is none
  // Gives every record, name and text, to the visitor. Fails when the feed cannot be read to its end.
  using Visit = std::function<void(std::string_view name, std::string_view text)>;
  std::function<Result<void>(const Visit&)> each = {};
};

// The feed of this collection.
const OsvFeed& osv_feed(Context& context);

// As collect() of collect.h, with a feed for the tables vulnerability and vulnerable_package, and with what
// look_ahead() began for the same target.
std::vector<Diagnostic> collect(const Target& target, Store& store,
                                const std::set<std::string, std::less<>>& tables,
                                const OsvFeed& feed, LookedAhead ahead = {});

}  // namespace drydock::facts
