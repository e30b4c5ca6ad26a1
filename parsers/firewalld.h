// The XML files of firewalld: firewalld.zone(5), firewalld.policy(5), firewalld.service(5), firewalld.ipset(5),
// firewalld.direct(5) and the rich rules of firewalld.richlanguage(5) in their XML form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::firewalld {

struct Word {
  std::string text;
  Span span;  // the attribute's value, or the element
};

// An element of a zone or policy that opens or refuses something, or a rich rule of it.
struct Entry {
  bool is_rich = false;
  std::string family;  // "ipv4", "ipv6"; empty: both
  int priority = 0;    // the lower goes first; those below 0 come before the plain elements
  // Of a rich rule.
  std::string source;  // an address or network, "mac:…", "ipset:…"; empty: any
  bool not_source = false;
  std::string destination;
  bool not_destination = false;
  // service, port, protocol, icmp-block, icmp-type, masquerade, forward-port, source-port, tcp-mss-clamp; empty: a
  // rule about all packets.
  std::string kind;
  std::string value;     // the service, the port or range ("80", "5000-5010"), the protocol
  std::string protocol;  // of a port
  std::string to;        // of forward-port: "ADDRESS:PORT", each may be empty
  std::string action;    // accept, reject, drop, mark; empty: only logged
  Span span;             // the element; of a rich rule the <rule>
};

struct Port {
  std::string port, protocol;  // port empty: the protocol as a whole
  Span span;
};

enum class Kind { zone, policy, service, ipset, direct };

struct DirectRule {
  std::string ipv, table, chain;
  int priority = 0;
  std::string arguments;  // as iptables takes them
  bool is_passthrough = false;
  Span span;
};

struct File {
  std::string
      target;  // zone: "default", "ACCEPT", "DROP", "%%REJECT%%"; policy: ACCEPT, REJECT, DROP, CONTINUE
  Span target_span;                       // the root element if it gives none
  int priority = -1;                      // of a policy
  std::vector<Word> interfaces, sources;  // of a zone; a source may be "ipset:…" or a MAC address
  std::vector<Word> ingress, egress;      // zones of a policy
  std::vector<Entry> entries;             // of a zone or policy, in the order of the file
  bool masquerade = false;                // of a zone or policy
  bool forward = false;                   // between interfaces of the zone
  std::vector<Port> ports;                // of a service
  std::vector<Word> includes;             // of a service
  std::string destination4, destination6;  // of a service
  std::vector<Word> ipset_entries;         // of an ipset
  std::vector<DirectRule> direct;
  SyntaxErrors errors;
};

// Codes of syntax errors: those of parsers/xml.h, and with effect `refused`, for firewalld takes no part of such a
// file (and no other file of the administrator's either: it goes back to what its package ships):
//   unknown-element     an element that such a file does not have
//   unknown-attribute   an attribute that the element does not have
//   missing-attribute   an element without an attribute it needs
//   bad-port            not a port from 0 to 65535, or a range of two
//   bad-protocol        not tcp, udp, sctp or dccp for a port
//   bad-target          a target that is none
//   bad-address         the source of a zone is no address, network or MAC address
//   bad-priority        a priority that is no number, or none of a policy (-32768 to 32767 without 0)
// With effect `ignored`, for it passes over a rule that is none:
//   bad-rule            a rich rule with two elements or two actions, a family that is none, an address without a
//                       family, or a combination that firewalld.richlanguage(5) rules out
//   misplaced           an element that means something only inside or only outside of a rule
File parse(std::string_view text, Kind kind);

}  // namespace drydock::parsers::firewalld
