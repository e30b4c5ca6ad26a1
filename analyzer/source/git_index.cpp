#include "analyzer/source/git_index.h"

#include "analyzer/base/limits.h"
#include "analyzer/source/tree.h"

namespace drydock {
namespace {

// gitformat-index(5), "Index entry": ten 32-bit fields, the object's name, 16 bits of flags.
constexpr size_t kHeader = 12;
constexpr size_t kStat = 40;
constexpr size_t kFlags = 2;
constexpr uint16_t kExtended = 0x4000;

uint32_t big_endian(std::string_view bytes) {
  uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

bool is_inside(std::string_view path) {
  if (path.empty() || path.front() == '/') return false;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    path.remove_prefix(std::min(path.size(), part.size() + 1));
  }
  return true;
}

Result<std::vector<std::string>> parse(std::string_view bytes, size_t object_name) {
  const auto broken = [] { return Error{"this is no index of git, or a damaged one", ""}; };
  if (bytes.size() < kHeader || !bytes.starts_with("DIRC")) return broken();
  const uint32_t version = big_endian(bytes.substr(4, 4));
  const uint32_t count = big_endian(bytes.substr(8, 4));
  if (version < 2 || version > 4) return broken();
  std::vector<std::string> paths;
  size_t at = kHeader;
  for (uint32_t i = 0; i < count; ++i) {
    const size_t start = at;
    at += kStat + object_name;
    if (at + kFlags > bytes.size()) return broken();
    const auto flags = static_cast<uint16_t>(big_endian(bytes.substr(at, kFlags)));
    at += kFlags + ((flags & kExtended) != 0 && version >= 3 ? 2 : 0);
    std::string path;
    if (version == 4) {
      // How many bytes to take from the end of the path before, as varint of gitformat-pack(5).
      size_t cut = 0;
      for (bool more = true, first = true; more; first = false) {
        if (at >= bytes.size() || cut > limits::kPathBytes) return broken();
        const auto byte = static_cast<unsigned char>(bytes[at++]);
        cut = ((first ? 0 : cut + 1) << 7) | (byte & 0x7f);
        more = (byte & 0x80) != 0;
      }
      if (paths.empty() ? cut != 0 : cut > paths.back().size()) return broken();
      if (!paths.empty()) path = paths.back().substr(0, paths.back().size() - cut);
    }
    if (at > bytes.size()) return broken();
    const size_t end = bytes.find('\0', at);
    if (end == std::string_view::npos || end - at > limits::kPathBytes) return broken();
    path += bytes.substr(at, end - at);
    if (path.size() > limits::kPathBytes || !is_inside(path)) return broken();
    // Up to version 3 one to eight NULs pad the entry to a multiple of eight bytes.
    at = version == 4 ? end + 1 : start + ((end - start) / 8 + 1) * 8;
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace

Result<std::vector<std::string>> parse_git_index(std::string_view bytes) {
  // Which hash names the objects stands in the repository's configuration, not in the index.
  constexpr size_t kSha1 = 20, kSha256 = 32;
  auto paths = parse(bytes, kSha1);
  return paths ? std::move(paths) : parse(bytes, kSha256);
}

}  // namespace drydock
