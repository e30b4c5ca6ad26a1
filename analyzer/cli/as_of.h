// The day for which a scan judges what ages: support that ends.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/base/result.h"
#include "analyzer/cli/scanning.h"

namespace drydock::cli {

// The parameter of rules that holds it.
inline constexpr const char* kAsOf = "as-of";

// Gives the rules of `request` that have the parameter as-of the day they judge: `given` (--as-of) if it is not
// empty, else what --param or the configuration set, else the day of SOURCE_DATE_EPOCH
// (reproducible-builds.org/specs/source-date-epoch), else today in UTC. Says in request.configuration when
// drydock's own dates are older than a year by then. Fails when `given` is no day as 2026-11-22.
Result<void> set_as_of(ScanRequest& request, const std::string& given);

}  // namespace drydock::cli
