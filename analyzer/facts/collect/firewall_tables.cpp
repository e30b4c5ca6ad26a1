#include "analyzer/facts/collect/firewall.h"

namespace drydock::facts {

const TableSpec kFirewallPolicyTable{
    .name = "firewall_policy",
    .kind = TableKind::effective,
    .doc =
        "What a firewall manager makes of the packets of a hook that no rule of its own takes. "
        "dockerd, which sets the policy of FORWARD itself at times, is not among them.",
    .columns = {{"manager", ColumnType::text, "'nftables', 'iptables', 'ufw' or 'firewalld'."},
                {"family", ColumnType::text,
                 "'ip' or 'ip6'; a chain of the family inet gives both."},
                {"hook", ColumnType::text, "'input', 'forward' or 'output'."},
                {"policy", ColumnType::text, "'accept', 'drop' or 'reject'."},
                {"chain", ColumnType::text, "The chain, with its table: 'inet filter forward'."},
                {"enabled", ColumnType::boolean,
                 "The manager is started at boot; NULL where that is not known."},
                {"why_not_enabled", ColumnType::text, "The reason if it is not; else NULL."},
                {"loc", ColumnType::location, "What sets the policy."},
                {"policy_loc", ColumnType::location,
                 "The policy alone, or the chain that gives none."}},
    .indexes = {"hook"},
    .examples = {"SELECT manager, family, policy FROM firewall_policy WHERE hook = 'forward' AND "
                 "enabled"}};

const TableSpec kFirewallRuleTable{
    .name = "firewall_rule",
    .kind = TableKind::raw,
    .doc = "A rule of a chain of a packet filter, in the order of its chain.",
    .columns = {{"manager", ColumnType::text, "'nftables', 'iptables', 'ufw' or 'firewalld'."},
                {"family", ColumnType::text, "'ip', 'ip6', or 'inet' for both."},
                {"chain", ColumnType::text,
                 "As in firewall_policy: 'inet filter input', 'filter INPUT'; of firewalld 'zone "
                 "public', 'policy x', 'direct filter INPUT'."},
                {"position", ColumnType::integer, "Counts the rules of the chain, from 1."},
                {"protocol", ColumnType::text, "tcp, udp, icmp and so on; NULL: any."},
                {"ports", ColumnType::text,
                 "Of the destination: '22', '80,443', '5000-6000'; NULL: any."},
                {"source", ColumnType::text,
                 "Addresses and networks, separated by commas; NULL: any."},
                {"interface", ColumnType::text, "Where the packet comes in; NULL: any."},
                {"states", ColumnType::text, "Of the connection, separated by commas; NULL: any."},
                {"other", ColumnType::text, "Other conditions, as words; NULL: none."},
                {"verdict", ColumnType::text,
                 "accept, drop, reject, return, jump or goto; NULL: the packet goes on."},
                {"target", ColumnType::text, "The chain of a jump or goto; else NULL."},
                {"enabled", ColumnType::boolean, "As in firewall_policy."},
                {"loc", ColumnType::location, "The rule."}},
    .indexes = {"chain"},
    .examples = {"SELECT chain, position, protocol, ports, verdict FROM firewall_rule"}};

}  // namespace drydock::facts
