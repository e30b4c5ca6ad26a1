#include "parsers/pe_sections.h"

#include <algorithm>
#include <cstdint>

namespace drydock::parsers::pe_sections {
namespace {

constexpr size_t kSections = 96;  // more than the format's loader takes

uint32_t little(std::string_view bytes, size_t at, size_t size) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i)
    value |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return value;
}

}  // namespace

File parse(std::string_view bytes) {
  File file;
  const auto fail = [&](std::string_view code, std::string message) {
    file.errors.add(code, Span{1, 1, 1, 1}, std::move(message), Effect::refused);
    return std::move(file);
  };
  if (bytes.size() < 64 || !bytes.starts_with("MZ")) return fail("not-pe", "no PE file");
  const size_t header = little(bytes, 60, 4);
  if (header > bytes.size() || bytes.size() - header < 24)
    return fail("truncated", "the PE header lies beyond the end");
  if (bytes.substr(header, 4) != std::string_view("PE\0\0", 4)) return fail("not-pe", "no PE file");
  const size_t count = std::min<size_t>(little(bytes, header + 6, 2), kSections);
  const size_t table = header + 24 + little(bytes, header + 20, 2);
  for (size_t i = 0; i < count; ++i) {
    const size_t at = table + i * 40;
    if (at > bytes.size() || bytes.size() - at < 40)
      return fail("truncated", "the table of sections lies beyond the end");
    const std::string_view name = bytes.substr(at, 8);
    const size_t virtual_size = little(bytes, at + 8, 4);
    const size_t raw_size = little(bytes, at + 16, 4);
    const size_t offset = little(bytes, at + 20, 4);
    const size_t size = virtual_size == 0 ? raw_size : std::min(virtual_size, raw_size);
    if (size > 0 && (offset > bytes.size() || bytes.size() - offset < size))
      return fail("truncated", "a section lies beyond the end");
    file.sections.push_back({std::string(name.substr(0, name.find('\0'))),
                             size > 0 ? bytes.substr(offset, size) : std::string_view()});
  }
  return file;
}

}  // namespace drydock::parsers::pe_sections
