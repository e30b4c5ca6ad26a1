#include "parsers/pe_sections.h"

#include <algorithm>
#include <cstdint>

#include "analyzer/base/bytes.h"

namespace drydock::parsers::pe_sections {
namespace {

constexpr size_t kSections = 96;  // more than the format's loader takes

}  // namespace

File parse(RandomBytes& bytes, std::initializer_list<std::string_view> wanted) {
  File file;
  const auto fail = [&](std::string_view code, std::string message) {
    file.errors.add(code, Span{1, 1, 1, 1}, std::move(message), Effect::refused);
    return std::move(file);
  };
  const std::string start(bytes.at(0, 64));
  if (start.size() < 64 || !start.starts_with("MZ")) return fail("not-pe", "no PE file");
  const uint64_t header = ByteView(std::string_view(start)).le32(60);
  const std::string coff(bytes.at(header, 24));
  if (coff.size() < 24) return fail("truncated", "the PE header lies beyond the end");
  if (!coff.starts_with(std::string_view("PE\0\0", 4))) return fail("not-pe", "no PE file");
  const ByteView head{std::string_view(coff)};
  const size_t count = std::min<size_t>(head.le16(6), kSections);
  const uint64_t table = header + 24 + head.le16(20);
  for (size_t i = 0; i < count; ++i) {
    const std::string entry(bytes.at(table + i * 40, 40));
    if (entry.size() < 40) return fail("truncated", "the table of sections lies beyond the end");
    const ByteView view{std::string_view(entry)};
    const uint64_t virtual_size = view.le32(8), raw_size = view.le32(16), offset = view.le32(20);
    const uint64_t size = virtual_size == 0 ? raw_size : std::min(virtual_size, raw_size);
    if (size > 0 && (offset > bytes.size() || bytes.size() - offset < size))
      return fail("truncated", "a section lies beyond the end");
    const std::string name = entry.substr(0, std::min<size_t>(entry.find('\0'), 8));
    const bool is_wanted = std::ranges::find(wanted, name) != wanted.end();
    if (is_wanted && size > kContent) return fail("too-large", "section " + name + " is too large");
    file.sections.push_back(
        {name, is_wanted ? std::string(bytes.at(offset, static_cast<size_t>(size))) : ""});
  }
  return file;
}

}  // namespace drydock::parsers::pe_sections
