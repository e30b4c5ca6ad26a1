// Which of two package versions is the newer one: an order of its own for each package manager.
#pragma once

#include <optional>
#include <string_view>

namespace drydock {

// Named as in the column `manager` of the table `package`.
enum class VersionOrder : uint8_t {
  dpkg,  // deb-version(7): [epoch:]upstream[-revision]
  rpm,   // rpm-version(7): [epoch:]version[-release]
  apk,   // apk-package(5): number{.number}{letter}{_suffix{number}}{~hash}{-r number}
};

// "dpkg", "rpm", "apk"; anything else: nullopt.
std::optional<VersionOrder> version_order(std::string_view manager);

// Below 0: `a` is older than `b`; 0: they are the same; above 0: it is newer. Any text has its place in
// the order, as the programs have it; the cost is linear in both.
int compare_versions(VersionOrder order, std::string_view a, std::string_view b);

}  // namespace drydock
