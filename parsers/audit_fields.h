// What audit_rules.cpp knows of single words: the fields of auditctl(8) -F and their values. Not for others.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "parsers/characters.h"

namespace drydock::parsers::audit_rules {

enum class FieldType : uint8_t {
  user,
  group,
  exit,
  message,
  text,
  path,
  arch,
  perm,
  file_type,
  fs_type,
  argument,
  session,
  number,
  key
};

struct FieldName {
  std::string_view name;
  FieldType type;
  bool exit_only = false;
};

// By any of its spellings; null: auditctl has no such field.
const FieldName* field_name(std::string_view written);

// The operator in "auid>=1000" and where it stands, as auditctl looks for it: two characters first, anywhere in
// the word. Empty if there is none.
std::pair<size_t, std::string_view> find_operator(std::string_view text);

// Does auditctl 3 know the architecture: b64, b32, the name of a machine, or its number in ELF files?
bool is_arch(std::string_view value);

// Does it start as a number; with a minus only if `negative_too`.
bool is_number(std::string_view value, bool negative_too);
// Letters, digits, bytes beyond ASCII, and those of `more`.
bool is_word(std::string_view value, std::string_view more);

}  // namespace drydock::parsers::audit_rules
