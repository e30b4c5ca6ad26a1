// firewalld: its zones, policies and direct rules as firewalld.service loads them. Table `firewall_zone`.
#pragma once

#include "analyzer/facts/collect/firewall_rows.h"

namespace drydock::facts {

extern const TableSpec kFirewallZoneTable;

void read_firewalld(FirewallRows& rows);

// Of a fragment: one loose file of a zone.
void read_loose_firewalld(FirewallRows& rows, const std::string& path);

}  // namespace drydock::facts
