#include "analyzer/source/disk/ova.h"

#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace drydock {
namespace {

constexpr size_t kTarBlock = 512;
constexpr size_t kMaxMembers = 1024;
constexpr size_t kMaxText = 1 << 20;  // of a manifest, of a pax header

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

std::optional<std::string> text_of(const BlockDevice& file, uint64_t offset, uint64_t size) {
  if (size > kMaxText) return std::nullopt;
  const auto raw = file.read(offset, static_cast<size_t>(size));
  if (!raw) return std::nullopt;
  return std::string(ByteView{Bytes(*raw)}.text(0, raw->size()));
}

// The "path" record of a pax header: "<length> path=<name>\n".
std::string pax_path(std::string_view text) {
  while (!text.empty()) {
    size_t length = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
    if (parsed.ec != std::errc() || length == 0 || length > text.size()) return {};
    std::string_view record = text.substr(0, length);
    text.remove_prefix(length);
    record.remove_prefix(std::min(record.size(), static_cast<size_t>(record.find(' ')) + 1));
    if (record.starts_with("path=")) return std::string(record.substr(5, record.find('\n') - 5));
  }
  return {};
}

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() &&
         std::equal(suffix.rbegin(), suffix.rend(), text.rbegin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
}

template <class Context, auto Init, auto Update, auto Digest, size_t Size>
Result<std::string> digest_of(const BlockDevice& file, const TarMember& member) {
  Context context;
  Init(&context);
  std::vector<std::byte> buffer(1 << 20);
  for (uint64_t at = 0; at < member.size;) {
    const size_t length = std::min<uint64_t>(buffer.size(), member.size - at);
    if (auto done = file.read(member.offset + at, std::span(buffer).first(length)); !done)
      return done.error();
    Update(&context, length, reinterpret_cast<const uint8_t*>(buffer.data()));
    at += length;
  }
  uint8_t raw[Size];
  Digest(&context, Size, raw);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : raw) {
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

// Manifest lines: "SHA256(disk.vmdk)= 0123…" (DSP0243, 5.1).
void check_manifest(const BlockDevice& file, const std::vector<TarMember>& members,
                    const TarMember& manifest, std::vector<std::string>& notes) {
  const auto text = text_of(file, manifest.offset, manifest.size);
  if (!text) {
    notes.push_back("the manifest '" + manifest.name + "' cannot be read");
    return;
  }
  std::string_view rest = *text;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const size_t open = line.find('('), close = line.find(')'), equals = line.find('=');
    if (open == line.npos || close == line.npos || equals == line.npos || close < open) continue;
    const std::string_view algorithm = line.substr(0, open),
                           name = line.substr(open + 1, close - open - 1);
    std::string wanted(line.substr(equals + 1));
    std::erase_if(wanted, [](char c) { return c == ' ' || c == '\r' || c == '\t'; });
    const auto member = std::ranges::find(members, name, &TarMember::name);
    if (member == members.end()) {
      notes.push_back("the manifest names '" + std::string(name) +
                      "', which is not in the archive");
      continue;
    }
    Result<std::string> found{std::string()};
    if (algorithm == "SHA256")
      found =
          digest_of<sha256_ctx, nettle_sha256_init, nettle_sha256_update, nettle_sha256_digest, 32>(
              file, *member);
    else if (algorithm == "SHA1")
      found = digest_of<sha1_ctx, nettle_sha1_init, nettle_sha1_update, nettle_sha1_digest, 20>(
          file, *member);
    else
      continue;
    if (!found || *found != wanted)
      notes.push_back("'" + std::string(name) +
                      "' does not have the digest that the manifest states");
  }
}

}  // namespace

std::vector<TarMember> tar_members(const BlockDevice& file) {
  std::vector<TarMember> members;
  std::string long_name;
  for (uint64_t at = 0; at + kTarBlock <= file.size() && members.size() < kMaxMembers;) {
    std::byte raw[kTarBlock];
    if (!file.read(at, std::span(raw))) break;
    const ByteView view{Bytes(raw)};
    if (!is_header(view)) break;
    const auto size = tar_number(view.text(124, 12));
    if (!size || *size > file.size() - at - kTarBlock) break;
    const char type = static_cast<char>(view.u8(156));
    const uint64_t content = at + kTarBlock;
    if (type == 'L') {
      if (const auto text = text_of(file, content, *size))
        long_name = text->substr(0, text->find('\0'));
    } else if (type == 'x') {
      if (const auto text = text_of(file, content, *size)) long_name = pax_path(*text);
    } else {
      std::string name(view.text(0, 100, true));
      if (const auto prefix = view.text(345, 155, true);
          view.starts_with("ustar", 257) && !prefix.empty())
        name = std::string(prefix) + "/" + name;
      if (!long_name.empty()) name = std::exchange(long_name, {});
      if (name.starts_with("./")) name.erase(0, 2);
      if (type == '0' || type == '\0') members.push_back({std::move(name), content, *size});
    }
    at = content + (*size + kTarBlock - 1) / kTarBlock * kTarBlock;
  }
  return members;
}

std::optional<Result<Ova>> open_ova(const BlockDevicePtr& file) {
  const std::vector<TarMember> members = tar_members(*file);
  if (members.empty() || !ends_with(members.front().name, ".ovf")) return std::nullopt;
  Ova ova;
  const OpenBeside inside = [&](const std::string& name) -> Result<BlockDevicePtr> {
    const auto member = std::ranges::find(members, name, &TarMember::name);
    if (member == members.end())
      return Error{"'" + name.substr(0, 200) + "' is not in the archive", ""};
    return BlockDevicePtr(std::make_shared<SliceDevice>(file, member->offset, member->size));
  };
  bool has_manifest = false;
  for (const TarMember& member : members) {
    if (ends_with(member.name, ".mf")) {
      has_manifest = true;
      check_manifest(*file, members, member, ova.notes);
    }
    if (!ends_with(member.name, ".vmdk") && !ends_with(member.name, ".vhd") &&
        !ends_with(member.name, ".vhdx") && !ends_with(member.name, ".qcow2") &&
        !ends_with(member.name, ".img") && !ends_with(member.name, ".raw"))
      continue;
    auto disk =
        open_container(std::make_shared<SliceDevice>(file, member.offset, member.size), inside);
    if (!disk) return Error{"'" + member.name + "': " + disk.error().message, disk.error().help};
    ova.disks.push_back(std::move(disk).value());
  }
  if (!has_manifest)
    ova.notes.emplace_back("the archive has no manifest: its disks' digests are not checked");
  if (ova.disks.empty()) return Error{"the OVA holds no disk", ""};
  return ova;
}

}  // namespace drydock
