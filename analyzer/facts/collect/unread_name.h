// What a program makes of the name of a file in its directory, and what the name says of its author's wishes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/unread_directory.h"

namespace drydock::facts {

// Why a program passes a file over, and what it would take, as clauses.
struct Wrong {
  std::string why, wanted;
};

// nullopt: the program takes the name.
std::optional<Wrong> wrong_name(const UnreadDirectory& directory, std::string_view name);

// Is it kept beside what counts on purpose: hidden, a backup, disabled, an example, a README?
bool is_kept(std::string_view name);

// ASCII letters, digits and what `more` holds, and at least one of them.
bool has_only(std::string_view name, std::string_view more);

bool ends_with_one(std::string_view name, const std::vector<std::string_view>& suffixes);

}  // namespace drydock::facts
