// What ssh, the client, does where ssh_config is silent.
#pragma once

#include <vector>

#include "analyzer/facts/collect/sshd_release.h"

namespace drydock::facts {

// Every keyword with a default in that release, with the value as `ssh -G` prints it. Left out are those whose
// default is made of the user's name or home (User, IdentityFile), hangs on other keywords (UpdateHostKeys), or
// differs between distributions (ForwardX11Trusted).
std::vector<SshdDefault> ssh_client_defaults(const SshdRelease& release);

}  // namespace drydock::facts
