// firewalld: what firewalld.service makes of its zones.
#pragma once

#include "analyzer/facts/collect/firewall_rows.h"

namespace drydock::facts {

void read_firewalld(FirewallRows& rows);

}  // namespace drydock::facts
