// The rows of the image tables.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

void write_images(Context& context);

}  // namespace drydock::facts
