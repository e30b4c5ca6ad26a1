#include "analyzer/source/disk/ova.h"

#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include <algorithm>
#include <map>

namespace drydock {
namespace {

constexpr size_t kMaxText = 1 << 20;  // of a manifest, of a description
constexpr size_t kMaxMembers = 1024;

std::optional<std::string> text_of(const BlockDevice& file, uint64_t offset, uint64_t size) {
  if (size > kMaxText) return std::nullopt;
  const auto raw = file.read(offset, static_cast<size_t>(size));
  if (!raw) return std::nullopt;
  return std::string(ByteView{Bytes(*raw)}.text(0, raw->size()));
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
                    const TarMember& manifest, OvaVerdict& verdict) {
  const auto text = text_of(file, manifest.offset, manifest.size);
  std::vector<std::string>& warnings = verdict.warnings;
  if (!text) {
    warnings.push_back("the manifest '" + manifest.name + "' cannot be read");
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
      warnings.push_back("the manifest names '" + std::string(name) +
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
      warnings.push_back("'" + std::string(name) +
                         "' does not have the digest that the manifest states");
  }
}

}  // namespace

std::optional<TarContents> ova_contents(const BlockDevice& file) {
  const TarContents first = tar_contents(file, 1);
  if (first.members.empty() || !ends_with(first.members.front().name, ".ovf")) return std::nullopt;
  return tar_contents(file, kMaxMembers);
}

OvaVerdict check_ova(const BlockDevice& file, const TarContents& contents) {
  OvaVerdict verdict;
  const auto is_there = [&](std::string_view name) {
    return std::ranges::find(contents.members, name, &TarMember::name) != contents.members.end();
  };
  bool has_manifest = false;
  for (const TarMember& member : contents.members) {
    if (member.size > file.size() - std::min(member.offset, file.size())) {
      verdict.complete = false;
      verdict.warnings.push_back("'" + member.name + "' is cut short");
    } else if (ends_with(member.name, ".mf")) {
      has_manifest = true;
      check_manifest(file, contents.members, member, verdict);
    }
  }
  // The description's <File ovf:href="…"> (DSP0243, 7.1): what was cut off with its header is missed here.
  const TarMember& description = contents.members.front();
  const std::string text = text_of(file, description.offset, description.size).value_or("");
  constexpr std::string_view kReference = "href=\"";
  for (size_t at = text.find(kReference); at != text.npos; at = text.find(kReference, at)) {
    at += kReference.size();
    const std::string name = text.substr(at, std::min(text.find('"', at), text.size()) - at);
    if (is_there(name)) continue;
    verdict.complete = false;
    verdict.warnings.push_back("the description names '" + name.substr(0, 200) +
                               "', which is not in the archive");
  }
  if (!has_manifest)
    verdict.notes.emplace_back("the archive has no manifest: its disks' digests are not checked");
  return verdict;
}

}  // namespace drydock
