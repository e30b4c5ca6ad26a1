// How complete a target is. The one word of the artifact that rules depend on.
#pragma once

#include <cstdint>
#include <string_view>

namespace drydock {

enum class Scope : uint8_t {
  host,      // a whole root file system: an absent file or setting is a fact
  etc,       // a whole /etc: absence counts where /etc decides
  fragment,  // loose files, a repository: only what is written can be wrong
};

std::string_view name(Scope scope);  // "host", "etc", "fragment"

}  // namespace drydock
