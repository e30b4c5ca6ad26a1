// sysctl.d(5) and sysctl.conf(5): kernel parameters, one "key = value" a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::sysctl {

// One assignment, or one exclusion of a key from the globs of other lines ("-net.ipv4.conf.lo.*").
struct Setting {
  // The key in its one spelling with dots: "net/ipv4/ip_forward", "net.ipv4.ip_forward" and
  // "-net.ipv4.ip_forward" all give "net.ipv4.ip_forward"; a '/' in it stands for a dot in a name, as in
  // "net.ipv4.conf.eth0/100.rp_filter". May hold the glob characters '*', '?' and '['.
  std::string key;
  std::string value;            // white space around it taken off; empty for an exclusion
  bool ignore_failure = false;  // written with a leading '-'
  bool is_exclusion = false;    // '-' and no '=': systemd-sysctl leaves the key out of globs
  Span span;                    // from the key to the end of the value
  Span key_span;                // the key, without the '-'
  Span value_span;              // the value; empty, behind the '=', if there is none
};

struct File {
  std::vector<Setting> settings;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors, all of effect `ignored` (systemd-sysctl and procps skip the line and warn):
//   missing-equals   a line that is neither an assignment nor an exclusion
//   empty-key        nothing before the '='
//   nul-byte         a NUL byte in the line
File parse(std::string_view text);

// The one spelling of a key: see Setting::key. The first '.' or '/' says which of the two separates.
std::string normal_key(std::string_view key);

}  // namespace drydock::parsers::sysctl
