// Until when releases of distributions, kernels and container runtimes get security fixes: what
// analyzer/facts/lifecycle.csv says, compiled in.
#pragma once

#include <span>
#include <string_view>

namespace drydock::facts {

// Dates are written as 2026-06-30, so that they compare as text.
struct Lifecycle {
  std::string_view kind;             // "distribution", "kernel", "runtime"
  std::string_view product;          // "debian", "linux", "docker"
  std::string_view release;          // "12", "6.1", "26.1"
  std::string_view name;             // "Debian 12 (bookworm)"
  std::string_view supported_until;  // empty: no end is announced
  std::string_view extended_until;   // empty: there is no such support
  std::string_view extended_by;      // "Ubuntu Pro (ESM)"
  std::string_view source;           // where the dates come from
};

// The day on which the data were put together.
std::string_view lifecycle_date();

// All of them, in the order of the file.
std::span<const Lifecycle> lifecycles();

// The release that `version` belongs to: the longest beginning of it, at the end of a number, that is a
// release of the product. "9.4" is "9" of rhel, "3.19.1" is "3.19" of alpine. Null: none is known.
const Lifecycle* find_lifecycle(std::string_view product, std::string_view version);

}  // namespace drydock::facts
