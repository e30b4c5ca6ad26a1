// policy.json of Podman, Skopeo, Buildah and CRI-O (containers-policy.json(5)): which images may be used. Its readers
// take nothing that they do not know: one key too many, and no image is accepted at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::image_policy {

// An image must meet all requirements of the one list that is for it: of the scope that fits best, of the transport's
// scope "", of the default.
struct Requirement {
  std::optional<std::string> transport;  // "docker"; none: of the default
  std::string scope;  // "registry.example/name"; "": all of the transport, or of the default
  std::string type;   // insecureAcceptAnything, reject, signedBy, sigstoreSigned, signedBaseLayer
  Span span;          // "type" with its value
};

struct File {
  std::vector<Requirement> requirements;  // none of a file that is refused
  SyntaxErrors errors;
};

// Codes of syntax errors: those of JSON, and, all of effect `refused`, for the first mistake in what it says:
//   duplicate-key  a key again in one object
//   bad-policy     a key that is not known or missing, a value of another kind, an empty list, a scope that the
//                  transport does not have, keys that are not given exactly once
// What is taken is what containers-image 5.34 takes (skopeo 1.18, Podman 5.4): older ones do not know all keys of
// sigstoreSigned.
File parse(std::string_view text);

}  // namespace drydock::parsers::image_policy
