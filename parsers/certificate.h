// X.509 certificates (RFC 5280) in PEM (RFC 7468): only how long they are valid.
#pragma once

#include <string>
#include <string_view>

#include "parsers/syntax_error.h"

namespace drydock::parsers::certificate {

struct File {
  // Of the first certificate of the text, "2026-11-22T05:42:00Z"; empty: none could be read.
  std::string not_before, not_after;
  SyntaxErrors errors;
};

// Codes of syntax errors, all of effect `refused`:
//   no-certificate   no "-----BEGIN CERTIFICATE-----" with its end
//   not-base64       something else between the two
//   not-x509         the bytes are no certificate with a validity where RFC 5280 §4.1 has it
File parse(std::string_view text);

}  // namespace drydock::parsers::certificate
