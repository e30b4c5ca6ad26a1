// Of /etc alone much is a link to what is not there.
#pragma once

#include <string_view>

#include "analyzer/facts/collect.h"

namespace drydock::facts {

// Only /etc is here, and the path lies outside of it, or a link on its way leads there: what it has cannot be told.
bool lies_outside(const Context& context, std::string_view path);

}  // namespace drydock::facts
