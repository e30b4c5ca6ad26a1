// The services of inetd.conf(5) (openbsd-inetd, inetutils) and of xinetd.conf(5).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::inetd_conf {

struct Service {
  std::string name;      // "telnet", or a number; without the address in front ("127.0.0.1:telnet")
  std::string address;   // empty: every one
  std::string protocol;  // "tcp", "udp", "tcp6" …
  std::string user;
  std::string program;    // "internal" for those inetd has itself
  std::string arguments;  // with blanks
  Span span;
};

struct File {
  std::vector<Service> services;
  SyntaxErrors errors;
};

// Codes of syntax errors, of effect `ignored`: inetd passes over the line.
//   too-few-fields   a line with less than six fields
//   bad-wait         the fourth field begins with neither wait nor nowait
//   nul-byte         a NUL byte in the line
File parse_inetd(std::string_view text);

// "name op value …" of xinetd.conf(5): op is "=", "+=" or "-=".
struct Attribute {
  std::string name, op;
  std::vector<std::string> values;
  Span span;
};

struct Section {
  bool is_defaults = false;
  std::string name;  // of the service
  std::vector<Attribute> attributes;
  Span span;  // "service telnet"
};

struct Include {
  std::string path;
  bool is_directory = false;
  Span span;
};

struct XinetdFile {
  std::vector<Section> sections;
  std::vector<Include> includes;
  SyntaxErrors errors;
};

// Codes of syntax errors, of effect `ignored`: xinetd passes over the line, or the service.
//   bad-section    not "defaults", "service NAME", "include", "includedir"
//   missing-brace  no '{' behind the head, or no '}' at the end
//   bad-attribute  a line in a section that has no '=', '+=' or '-='
//   nul-byte       a NUL byte in the line
XinetdFile parse_xinetd(std::string_view text);

}  // namespace drydock::parsers::inetd_conf
