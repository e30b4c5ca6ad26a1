#include "analyzer/source/disk/tar.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace drydock {
namespace {

constexpr size_t kTarBlock = 512;
constexpr size_t kMaxText = 1 << 20;  // of a long name, of a pax header

// A number of a tar header: octal digits, or base 256 when the first bit is set (GNU).
std::optional<uint64_t> tar_number(std::string_view field) {
  if (!field.empty() && static_cast<unsigned char>(field[0]) == 0x80) {
    uint64_t value = 0;
    for (const char c : field.substr(field.size() - 8))
      value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  const size_t begin = field.find_first_not_of(" ");
  if (begin == field.npos) return 0;
  uint64_t value = 0;
  const auto parsed = std::from_chars(field.data() + begin, field.data() + field.size(), value, 8);
  if (parsed.ec != std::errc()) return std::nullopt;
  return value;
}

// The header's checksum: the sum of its bytes, its own field counted as blanks.
bool is_header(const ByteView& view) {
  uint64_t sum = 0;
  for (size_t i = 0; i < kTarBlock; ++i) sum += i >= 148 && i < 156 ? ' ' : view.u8(i);
  const auto stated = tar_number(view.text(148, 8, true));
  return stated && *stated == sum && view.u8(0) != 0;
}

std::string text_of(const BlockDevice& file, uint64_t offset, uint64_t size) {
  if (size > kMaxText) return {};
  const auto raw = file.read(offset, static_cast<size_t>(size));
  return raw ? std::string(ByteView{Bytes(*raw)}.text(0, raw->size())) : std::string();
}

// What a header says about the member behind it.
struct Said {
  std::string name = {};
  std::optional<uint64_t> size = {};
  bool sparse = false;
};

// The records of a pax header: "<length> <key>=<value>\n" (POSIX pax, "pax Extended Header").
void read_pax(std::string_view text, Said& said) {
  while (!text.empty()) {
    size_t length = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
    if (parsed.ec != std::errc() || length == 0 || length > text.size()) return;
    std::string_view record = text.substr(0, length);
    text.remove_prefix(length);
    record.remove_prefix(std::min(record.size(), static_cast<size_t>(record.find(' ')) + 1));
    if (record.ends_with('\n')) record.remove_suffix(1);
    const size_t equals = std::min(record.find('='), record.size());
    const std::string_view key = record.substr(0, equals),
                           value = record.substr(std::min(equals + 1, record.size()));
    if (key == "path") said.name = value;
    if (key.starts_with("GNU.sparse.")) said.sparse = true;
    uint64_t size = 0;
    if (key == "size" &&
        std::from_chars(value.data(), value.data() + value.size(), size).ec == std::errc())
      said.size = size;
  }
}

}  // namespace

TarContents tar_contents(const BlockDevice& file, size_t limit) {
  constexpr size_t kMaxHeaders = 8192;  // of any kind
  TarContents out;
  Said said;
  size_t headers = 0;
  for (uint64_t at = 0; ++headers <= kMaxHeaders;) {
    std::byte raw[kTarBlock];
    if (!file.read(at, std::span(raw))) break;
    const ByteView view{Bytes(raw)};
    if (!is_header(view)) break;
    out.is_tar = true;
    auto size = tar_number(view.text(124, 12));
    if (!size || *size > (uint64_t{1} << 60)) break;
    const char type = static_cast<char>(view.u8(156));
    const uint64_t content = at + kTarBlock;
    if (type == 'L') {
      const std::string text = text_of(file, content, *size);
      said.name = text.substr(0, text.find('\0'));
    } else if (type == 'x') {
      read_pax(text_of(file, content, *size), said);
    } else if (type != 'g' && type != 'K') {
      std::string name(view.text(0, 100, true));
      if (const auto prefix = view.text(345, 155, true);
          view.starts_with("ustar", 257) && !prefix.empty())
        name = std::string(prefix) + "/" + name;
      if (!said.name.empty()) name = said.name;
      if (said.size) size = std::min(*said.size, uint64_t{1} << 60);
      if (name.starts_with("./")) name.erase(0, 2);
      if (type == '0' || type == '\0' || type == 'S')
        out.members.push_back({std::move(name), content, *size, said.sparse || type == 'S'});
      else if (type != '5')
        out.only_files = false;
      said = {};
      if (out.members.size() >= limit) break;
    }
    at = content + (*size + kTarBlock - 1) / kTarBlock * kTarBlock;
  }
  return out;
}

}  // namespace drydock
