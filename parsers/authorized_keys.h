// sshd(8), "AUTHORIZED_KEYS FILE FORMAT": lines of a public key, maybe behind options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::authorized_keys {

struct Option {
  std::string name;                  // in small letters
  std::optional<std::string> value;  // without its quotes; nullopt if there is none
};

struct Key {
  std::string type = {};  // as in the line: ssh-ed25519, ssh-rsa-cert-v01@openssh.com
  uint32_t bits = 0;
  std::string
      comment;  // from the first character that is neither a blank nor '#' there; may be empty
  std::string written_options = {};  // as they stand there; empty if there are none
  std::vector<Option> options = {};
  bool is_taken = true;  // false: sshd does not know the options
  Span span;             // the line without blanks around it
};

struct File {
  std::vector<Key> keys;
  SyntaxErrors errors;
};

// Codes of syntax errors, all of effect `ignored`: sshd passes over the line.
//   not-a-key    no public key of a type that OpenSSH knows, or one that is damaged
//   bad-options  of a key that is not taken: options that sshd does not know, or a quote that is missing
File parse(std::string_view text);

}  // namespace drydock::parsers::authorized_keys
