// The header of an installed RPM package as its database keeps it: an index of tags, then their data, all
// big-endian (rpm's "Header format", docs/manual/format_header.md: without the 8 bytes of magic that a
// package file has before it).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/result.h"

namespace drydock::parsers::rpm_header {

// rpm-queryformat's FILEFLAGS (rpmfileAttrs).
inline constexpr uint32_t kConfig = 1;     // %config
inline constexpr uint32_t kMissingOk = 8;  // %config(missingok): may be removed
inline constexpr uint32_t kGhost = 64;     // %ghost: owned, not shipped

// FILEVERIFYFLAGS (rpmVerifyAttrs): what `rpm -V` compares.
inline constexpr uint32_t kVerifyDigest = 1;  // not of %verify(not filedigest)

// FILESTATES (rpmfileState): what became of the file at installation.
enum class FileState : uint8_t {
  normal,
  replaced,       // the file of another package lies there
  not_installed,  // left out, as %doc with --excludedocs
  net_shared,     // below %_netsharedpath: left to another host
  wrong_color,    // the file of the package's other architecture lies there
};

// One file of the package. The path is `directory` + `name`; empty where the header has no such tag.
struct File {
  std::string_view directory;  // "/etc/ssh/"
  std::string_view name;
  std::string_view digest;  // hexadecimal; empty for what is no regular file
  std::string_view user, group;
  std::string_view capabilities;  // as cap_to_text(3) writes them: "cap_net_raw=ep"
  uint16_t mode = 0;              // with the file type, as st_mode
  uint32_t flags = 0;
  uint32_t verify = ~0U;                // all where the header does not say
  FileState state = FileState::normal;  // as is one that no list or no known number tells
};

// All views are into the blob; empty where the tag is missing.
struct Package {
  std::string_view name, version, release, architecture, vendor;
  std::string_view source_rpm;  // "bash-5.2.15-2.fc39.src.rpm"
  std::string_view module;      // "nodejs:18:9020231110:rhel9", of a modular package
  std::optional<uint32_t> epoch;
  uint32_t digest_algorithm =
      1;  // of the files, by RFC 4880 section 9.4: 1 MD5, 2 SHA-1, 8 SHA-256
};

// Fails, with a sentence saying what is wrong at which byte, for what is no header or has no name.
Result<Package> parse(std::string_view blob);

// The package's files, in its own order. Empty too where the header's lists of them disagree.
std::vector<File> files(std::string_view blob);

// "bash-5.2.15-2.fc39.src.rpm" -> "bash", "5.2.15-2.fc39"; what does not look so: two empty views.
std::pair<std::string_view, std::string_view> source_of(std::string_view source_rpm);

}  // namespace drydock::parsers::rpm_header
