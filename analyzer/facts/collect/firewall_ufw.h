// ufw: what ufw.service loads at boot (ufw(8), ufw-framework(8), /lib/ufw/ufw-init-functions).
#pragma once

#include "analyzer/facts/collect/firewall_rows.h"

namespace drydock::facts {

// Of a host: the policies of /etc/default/ufw, and the chains of before.rules, after.rules and user.rules and
// of their twins for IPv6, put together as ufw-init does.
void read_ufw(FirewallRows& rows);

// Of a fragment: a loose /etc/default/ufw, or a loose file of rules.
void read_loose_ufw(FirewallRows& rows, const std::string& path);

}  // namespace drydock::facts
