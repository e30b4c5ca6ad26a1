// Messages with holes: "{key} is {value}; wanted {limit}". '{{' is a brace.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/result.h"

namespace drydock::engine {

class MessageTemplate {
 public:
  // Fails with what is wrong: an open brace without end, an empty name, an unknown format.
  static Result<MessageTemplate> parse(std::string_view text);

  // The names in braces, in order, each once.
  std::vector<std::string> names() const;

  // Replaces every name by what `value` returns for it ("not set" for nullopt). With the format
  // ":octal" a whole number is written as a file mode. Each value is cut at 200 bytes.
  using Lookup = std::function<std::optional<std::string>(std::string_view name)>;
  std::string render(const Lookup& value) const;

 private:
  struct Part {
    std::string text;  // literal, or the name
    bool is_name = false;
    bool octal = false;
  };
  std::vector<Part> parts_;
};

// A file mode as people write it: 416 -> "0640".
std::string octal(int64_t mode);

// A whole number as strtol(3) base 0 reads it (decimal, 0x…, 0…), all of `text` or nothing.
std::optional<int64_t> whole_number(std::string_view text);

}  // namespace drydock::engine
