#include "analyzer/engine/identity.h"

#include <nettle/sha2.h>

#include <map>
#include <memory>
#include <tuple>

namespace drydock::engine {
namespace {

// The text of files by line, each file's lines found once.
class Lines {
 public:
  explicit Lines(const std::function<std::optional<std::string_view>(std::string_view)>& text)
      : text_(text) {}

  // The line with runs of blanks squeezed to one; empty where it cannot be had.
  std::string squeezed(const Place& place) {
    if (!text_ || place.span.line == 0) return {};
    auto [found, is_new] = files_.try_emplace(place.path);
    if (is_new)
      if (const auto text = text_(place.path)) found->second.emplace(*text, LineIndex(*text));
    if (!found->second) return {};
    const auto& [text, index] = *found->second;
    const auto [begin, end] = index.line_bounds(place.span.line);
    std::string result;
    for (const char byte : text.substr(begin, end - begin)) {
      const bool blank = byte == ' ' || byte == '\t';
      if (!blank)
        result += byte;
      else if (!result.empty() && result.back() != ' ')
        result += ' ';
    }
    if (!result.empty() && result.back() == ' ') result.pop_back();
    return result;
  }

 private:
  const std::function<std::optional<std::string_view>(std::string_view)>& text_;
  std::map<std::string, std::optional<std::pair<std::string_view, LineIndex>>> files_;
};

}  // namespace

std::string sha256(std::string_view bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()));
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_digest(&context, sizeof digest, digest);
  std::string result;
  for (const uint8_t byte : digest) {
    constexpr char kDigits[] = "0123456789abcdef";
    result += kDigits[byte >> 4];
    result += kDigits[byte & 15];
  }
  return result;
}

void assign_identities(
    std::vector<Finding>& findings, std::string_view rule, std::string_view target,
    const std::function<std::optional<std::string_view>(std::string_view path)>& text,
    const std::function<std::string(std::string_view path)>& lasting_path) {
  std::map<std::pair<std::string, std::string>, int> sharing;  // (path, key) -> findings
  for (const Finding& finding : findings) ++sharing[{finding.place.path, finding.key}];
  Lines lines(text);
  std::map<std::tuple<std::string, std::string, std::string>, int> seen;
  for (Finding& finding : findings) {
    std::string discriminator;
    if (sharing[{finding.place.path, finding.key}] > 1) {
      discriminator = sha256(lines.squeezed(finding.place)).substr(0, 16);
      const int nth = ++seen[{finding.place.path, finding.key, discriminator}];
      if (nth > 1) discriminator += "#" + std::to_string(nth);
    }
    const std::string path = lasting_path ? lasting_path(finding.place.path) : finding.place.path;
    std::string hashed = "v1";
    for (const std::string_view part :
         {rule, target, std::string_view(path), std::string_view(finding.key),
          std::string_view(discriminator)}) {
      hashed += '\0';
      hashed += part;
    }
    finding.identity = sha256(hashed);
  }
}

}  // namespace drydock::engine
