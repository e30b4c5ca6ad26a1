// The settings of the modules that guard passwords, as the modules see them.
#pragma once

#include "analyzer/facts/collect/pam.h"

namespace drydock::facts {

// Fills pam_option from the stacks, /etc/security and login.defs.
void write_pam_options(Context& context, const PamConfig& config);

}  // namespace drydock::facts
