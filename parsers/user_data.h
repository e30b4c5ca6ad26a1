// What cloud-init is given as user data: one text, or a MIME message of several, each of a kind that its type or its
// first characters tell (cloud-init, "User-data formats").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::parsers::user_data {

enum class Kind : uint8_t {
  cloud_config,   // YAML
  archive,        // "#cloud-config-archive": a list of parts, in YAML
  template_text,  // "## template: jinja": of what, is only known when it has been filled in
  patch,          // "#cloud-config-jsonp"
  other,          // scripts, lists of addresses, and what cloud-init passes over
};

struct Part {
  Kind kind = Kind::other;
  std::string text;
  uint32_t line = 1;      // of the whole: where the part begins
  bool is_coded = false;  // it stands there in another form, so lines are not the same
};

// The kind of a text without a type; nullopt if it begins with nothing that tells.
std::optional<Kind> kind_of(std::string_view text);

struct File {
  std::vector<Part> parts;
  bool is_cut = false;  // there is more than 1,000 parts, or messages within messages deeper than 8
};
// The parts of a text.
File parse(std::string_view text);

}  // namespace drydock::parsers::user_data
