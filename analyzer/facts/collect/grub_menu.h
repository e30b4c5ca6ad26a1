// The parts of running grub.cfg that need no state: numbers, conditions, and which entry is the default.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/grub_run.h"

namespace drydock::facts {

// grub_strtoul in base 0: the number at the beginning of a text; nullopt if there is none or it is too large.
std::optional<uint64_t> grub_number(std::string_view text);

// The command `test` of GRUB (manual, "test") on its operands, without the ']'; `exists` answers -e, -f, -d and -s.
bool grub_test(const std::vector<std::string>& operands,
               const std::function<bool(const std::string& path)>& exists);

// The entry that starts when the variable default is `spec` (nullopt: it is not set): grub-core/normal/menu.c,
// get_entry_number() and grub_menu_execute_entry(). `why` says what decided, for people.
std::optional<size_t> choose_grub_entry(const std::vector<GrubEntry>& entries,
                                        std::optional<std::string> spec, std::string& why);

}  // namespace drydock::facts
