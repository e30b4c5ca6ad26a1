#include "parsers/rpm_header.h"

#include "analyzer/base/bytes.h"

namespace drydock::parsers::rpm_header {
namespace {

// rpmtag.h.
enum Tag : uint32_t {
  kName = 1000,
  kVersion = 1001,
  kRelease = 1002,
  kEpoch = 1003,
  kVendor = 1011,
  kArch = 1022,
  kFileStates = 1029,
  kFileModes = 1030,
  kFileDigests = 1035,
  kFileFlags = 1037,
  kFileUserName = 1039,
  kFileGroupName = 1040,
  kSourceRpm = 1044,
  kFileVerifyFlags = 1045,
  kDirIndexes = 1116,
  kBaseNames = 1117,
  kDirNames = 1118,
  kFileCaps = 5010,
  kFileDigestAlgo = 5011,
  kModularityLabel = 5096,
};

enum Type : uint32_t {
  kChar = 1,
  kInt16 = 3,
  kInt32 = 4,
  kString = 6,
  kStringArray = 8,
  kI18nString = 9
};

constexpr size_t kIntro = 8, kEntry = 16;
// What rpm itself accepts (lib/header.c, hdrchkTags and hdrchkData).
constexpr uint32_t kMaxTags = 0xffff, kMaxData = 0x0fffffff;

struct Entry {
  uint32_t type = 0, offset = 0, count = 0;
};

class Header {
 public:
  explicit Header(std::string_view blob)
      : view_(blob), tags_(view_.be32(0)), data_(view_.be32(4)) {}

  std::string problem() const {
    if (view_.size() < kIntro) return "it is shorter than a header's first 8 bytes";
    if (tags_ == 0 || tags_ > kMaxTags) return "it has no sensible number of tags (byte 0)";
    if (data_ > kMaxData || !view_.has(start(), data_))
      return "its tags and data are longer than itself (byte 4)";
    return "";
  }

  // The entry of a tag if it has one of these types.
  std::optional<Entry> find(Tag tag, std::initializer_list<Type> types) const {
    for (uint32_t i = 0; i < tags_; ++i) {
      const size_t at = kIntro + size_t{i} * kEntry;
      if (view_.be32(at) != tag) continue;
      const Entry entry{view_.be32(at + 4), view_.be32(at + 8), view_.be32(at + 12)};
      for (const Type type : types)
        if (entry.type == type && entry.offset < data_) return entry;
    }
    return std::nullopt;
  }

  std::string_view text(Tag tag) const {
    const auto entry = find(tag, {kString, kI18nString});
    return entry ? c_string(entry->offset) : std::string_view{};
  }

  std::optional<uint32_t> number(Tag tag) const {
    const auto entry = find(tag, {kInt32});
    if (!entry || entry->count == 0 || !view_.has(start() + entry->offset, 4)) return std::nullopt;
    return view_.be32(start() + entry->offset);
  }

  std::vector<std::string_view> texts(Tag tag) const {
    std::vector<std::string_view> out;
    const auto entry = find(tag, {kStringArray});
    if (!entry || entry->count > data_) return out;
    size_t offset = entry->offset;
    while (out.size() < entry->count && offset < data_) {
      out.push_back(c_string(offset));
      offset += out.back().size() + 1;
    }
    if (out.size() != entry->count) out.clear();
    return out;
  }

  std::vector<uint32_t> numbers(Tag tag, Type type) const {
    std::vector<uint32_t> out;
    const size_t width = type == kChar ? 1 : type == kInt16 ? 2 : 4;
    const auto entry = find(tag, {type});
    if (!entry || !view_.has(start() + entry->offset, size_t{entry->count} * width)) return out;
    for (size_t i = 0; i < entry->count; ++i) {
      const size_t at = start() + entry->offset + i * width;
      out.push_back(width == 1 ? view_.u8(at) : width == 2 ? view_.be16(at) : view_.be32(at));
    }
    return out;
  }

 private:
  size_t start() const { return kIntro + size_t{tags_} * kEntry; }
  // The text up to its NUL, which must be within the data.
  std::string_view c_string(size_t offset) const {
    return view_.text(start() + offset, data_ - offset, true);
  }

  ByteView view_;
  uint32_t tags_, data_;
};

FileState state_of(uint32_t number) {
  return number <= static_cast<uint32_t>(FileState::wrong_color) ? static_cast<FileState>(number)
                                                                 : FileState::normal;
}

}  // namespace

Result<Package> parse(std::string_view blob) {
  const Header header(blob);
  if (std::string problem = header.problem(); !problem.empty())
    return Error{std::move(problem), ""};
  Package package{.name = header.text(kName),
                  .version = header.text(kVersion),
                  .release = header.text(kRelease),
                  .architecture = header.text(kArch),
                  .vendor = header.text(kVendor),
                  .source_rpm = header.text(kSourceRpm),
                  .module = header.text(kModularityLabel),
                  .epoch = header.number(kEpoch),
                  .digest_algorithm = header.number(kFileDigestAlgo).value_or(1)};
  if (package.name.empty()) return Error{"it has no name (tag 1000)", ""};
  return package;
}

std::vector<File> files(std::string_view blob) {
  std::vector<File> out;
  const Header header(blob);
  if (!header.problem().empty()) return out;
  const auto names = header.texts(kBaseNames), directories = header.texts(kDirNames);
  const auto indexes = header.numbers(kDirIndexes, kInt32);
  if (names.size() != indexes.size()) return out;
  const auto digests = header.texts(kFileDigests), users = header.texts(kFileUserName),
             groups = header.texts(kFileGroupName), capabilities = header.texts(kFileCaps);
  const auto modes = header.numbers(kFileModes, kInt16), flags = header.numbers(kFileFlags, kInt32),
             verify = header.numbers(kFileVerifyFlags, kInt32),
             states = header.numbers(kFileStates, kChar);
  const auto at = [](const auto& list, size_t i) {
    return i < list.size() ? list[i] : typename std::decay_t<decltype(list)>::value_type{};
  };
  out.reserve(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    if (indexes[i] >= directories.size()) return {};
    out.push_back({.directory = directories[indexes[i]],
                   .name = names[i],
                   .digest = at(digests, i),
                   .user = at(users, i),
                   .group = at(groups, i),
                   .capabilities = at(capabilities, i),
                   .mode = static_cast<uint16_t>(at(modes, i)),
                   .flags = at(flags, i),
                   .verify = i < verify.size() ? verify[i] : ~0U,
                   .state = state_of(at(states, i))});
  }
  return out;
}

std::pair<std::string_view, std::string_view> source_of(std::string_view source_rpm) {
  for (const std::string_view end : {".src.rpm", ".nosrc.rpm"})
    if (source_rpm.ends_with(end)) {
      const std::string_view stem = source_rpm.substr(0, source_rpm.size() - end.size());
      const size_t release = stem.rfind('-');
      if (release == std::string_view::npos || release == 0) break;
      const size_t version = stem.rfind('-', release - 1);
      if (version == std::string_view::npos || version == 0) break;
      return {stem.substr(0, version), stem.substr(version + 1)};
    }
  return {};
}

}  // namespace drydock::parsers::rpm_header
