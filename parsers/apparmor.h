// apparmor.d(5): what a file of AppArmor profiles is made of. Profiles and hats with their flags, blocks, includes,
// variables and conditions are read; rules are passed over up to their comma, as apparmor_parser's lexer has it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::apparmor {

enum class What : uint8_t {
  profile,       // a head with its '{'
  block,         // '{' behind nothing, or behind "deny", "owner" and the like
  condition,     // "if EXPRESSION {"
  otherwise,     // "else {"
  otherwise_if,  // "else if EXPRESSION {"
  close,         // '}'
  include,
  abi,
  variable,  // "@{NAME} = …"
  addition,  // "@{NAME} += …"
  boolean,   // "$NAME = …"
  use,       // the first place of the file where @{NAME} stands for its value
  alias,
  rule,     // one or more
  mistake,  // what apparmor_parser refuses; nothing stands behind it
};

struct Item {
  What what;
  // Of a profile its name, ":NAMESPACE://NAME" in a namespace; of an include or abi the file; of variables theirs,
  // without '@', '$' and braces; of a mistake a sentence without full stop.
  std::string name = {};
  // Of a profile as its flags say, "enforce" if they say none.
  std::string mode = {};
  // The words of a condition; of a variable the names of those in its value.
  std::vector<std::string> expression = {};
  bool is_named = false;     // a profile behind "profile", "hat" or '^'
  bool is_hat = false;       // behind "hat" or '^'
  bool if_exists = false;    // an include
  bool is_searched = false;  // an include or abi of <…>: below the base directory
  bool value = false;        // of a boolean
  Span span = {};
};

constexpr size_t kMaxItems = 200'000;

// The items in the order of the file, not many more than kMaxItems: behind those nothing is read. Whether blocks are paired is not looked at: an included file may close what
// another has opened.
std::vector<Item> parse(std::string_view text);

}  // namespace drydock::parsers::apparmor
