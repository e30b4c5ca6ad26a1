// What one rule of a packet filter says, whoever wrote it; and which new connections a list of such rules
// lets in.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/span.h"

namespace drydock::facts {

struct PacketRule {
  std::string family;     // "ip" or "ip6" where a match is possible in one alone; empty: both
  std::string protocol;   // "tcp", "udp", "icmp" …; several separated by commas; empty: any
  std::string ports;      // of the destination: "22", "80,443", "5000-6000"; empty: any
  std::string source;     // addresses and networks, separated by commas; empty: any
  std::string interface;  // where the packet came in; empty: any
  std::string states;     // "established,related"; empty: any
  std::string other;      // other conditions, as words
  std::string verdict;  // accept, drop, reject, return, jump, goto; empty: it lets the packet go on
  std::string target;   // of jump and goto
  std::string path;
  Span span;

  bool operator==(const PacketRule&) const = default;
};

// "tcp dport { 22, 80 } accept", as parsers/nftables.h gives it. `sets`: the elements of named sets.
PacketRule from_nftables(const std::vector<std::string>& words,
                         const std::map<std::string, std::vector<std::string>>& sets);

// "-p tcp --dport 22 -j ACCEPT", behind the chain.
PacketRule from_iptables(const std::vector<std::string>& words);

using PacketChains = std::map<std::string, std::vector<PacketRule>>;

// What a new connection from elsewhere may reach.
struct Opening {
  std::string protocol;    // empty: any
  std::string ports;       // empty: any
  std::string source;      // empty: anywhere
  std::string interface;   // empty: any
  std::string conditions;  // others, as words
  std::string path;
  Span span;  // the rule that lets it in; line 0: the policy does
  bool by_policy = false;
};

// Walks `chain` as a new packet would that came in from another host: rules for the loopback interface and
// for connections that are there already do not apply; a rule with conditions that are not understood may
// let in (accept), and takes nothing away (drop). `policy`: "accept" lets in what no rule takes.
std::vector<Opening> openings(const PacketChains& chains, const std::string& chain,
                              std::string_view policy);

}  // namespace drydock::facts
