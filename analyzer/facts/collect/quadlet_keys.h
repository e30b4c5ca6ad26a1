#pragma once

#include <span>
#include <string_view>

namespace drydock::facts {

// The keys of a group of Quadlet's files: "Container", "Pod", "Kube", "Volume", "Network", "Image", "Build" and
// "Quadlet"; empty for another group.
std::span<const std::string_view> quadlet_keys(std::string_view group);

}  // namespace drydock::facts
