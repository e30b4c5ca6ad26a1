// How a finding is recognized in the next scan, when lines have moved.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/result.h"

namespace drydock::engine {

// SHA-256 of `bytes`, in lower-case hexadecimal.
std::string sha256(std::string_view bytes);

// Sets `identity` of each finding of one rule on one target: sha256 of
// v1 \0 rule \0 target \0 path \0 key \0 discriminator. The discriminator is empty where path and
// key tell the finding apart. Where they do not, it is a hash of the text of the finding's line,
// blanks squeezed, and of those with the same text all but the first get "#2", "#3" …: moving lines
// changes nothing, and a finding that appears or goes changes no other's identity but in the pair
// with equal text. `path`: EvaluateOptions::lasting_path of the finding's.
void assign_identities(
    std::vector<Finding>& findings, std::string_view rule, std::string_view target,
    const std::function<std::optional<std::string_view>(std::string_view path)>& text,
    const std::function<std::string(std::string_view path)>& lasting_path = {});

}  // namespace drydock::engine
