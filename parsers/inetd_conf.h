// The services of inetd.conf(5) (openbsd-inetd, inetutils) and of xinetd.conf(5).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::inetd_conf {

// Who reads the file: openbsd-inetd goes on with a line that begins with white space and reads 1023 bytes at most as one
// line; GNU's (inetutils) knows quotes.
enum class Inetd : uint8_t { openbsd, inetutils };

struct Service {
  std::string name;  // "telnet", a number, "rusersd/1-3", or a path; without the address in front
  std::string
      addresses;  // "127.0.0.1,10.0.0.1", of the line or of a line "127.0.0.1:" above; "*": every one
  std::string socket_type;  // "stream", "dgram" …
  std::string protocol;     // "tcp", "udp", "tcp6", "tcp,rcvbuf=1m", "rpc/udp", "unix" …
  std::string wait;         // "nowait.40"
  std::string user;         // "root", "root.wheel"
  std::string program;      // "internal" for those inetd has itself
  std::string arguments;    // with blanks
  Span span;
};

struct File {
  std::vector<Service> services;
  SyntaxErrors errors;
};

// Codes of syntax errors, of effect `ignored`:
//   too-few-fields   less than six fields: inetd passes over the line
//   bad-wait         the fourth field is neither wait nor nowait, which both take for nowait
//   nul-byte         a NUL byte in the line, which is passed over
File parse_inetd(std::string_view text, Inetd which = Inetd::openbsd);

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
