// The release of the host's systemd, where what it reads means one thing before and another since.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

// 252 of libsystemd-shared-252.so, which all its programs load; 0: there is none.
unsigned systemd_release(Context& context);

}  // namespace drydock::facts
