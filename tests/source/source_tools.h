// What the tests of analyzer/source share: temporary directories, archives made by the real programs or
// entry by entry, and a tree written down as text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/source/artifact.h"

struct archive;
struct archive_entry;

namespace drydock::test {

// A directory that goes away with its owner.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string path(std::string_view below = {}) const;
  // Parents are made too.
  TempDir& file(const std::string& path, std::string_view content, unsigned mode = 0644);
  TempDir& directory(const std::string& path, unsigned mode = 0755);
  TempDir& symlink(const std::string& path, const std::string& target);

 private:
  std::filesystem::path path_;
};

// Runs a shell command in `directory`; its output, and a failed test if it fails.
std::string run(const std::string& command, const std::string& directory);

std::string read_file(const std::string& path);

// Archives that no program would make, entry by entry, by libarchive's writer.
class ArchiveBuilder {
 public:
  // `format` as archive_write_set_format_by_name: "pax", "gnutar", "ustar", "newc", "zip";
  // `filter` as archive_write_add_filter_by_name: "gzip", …
  explicit ArchiveBuilder(const char* format, const char* filter = nullptr);
  ~ArchiveBuilder();
  ArchiveBuilder(const ArchiveBuilder&) = delete;
  ArchiveBuilder& operator=(const ArchiveBuilder&) = delete;

  ArchiveBuilder& file(const std::string& path, std::string_view content, unsigned mode = 0644);
  ArchiveBuilder& directory(const std::string& path, unsigned mode = 0755);
  ArchiveBuilder& symlink(const std::string& path, const std::string& target);
  ArchiveBuilder& hard_link(const std::string& path, const std::string& target);
  ArchiveBuilder& device(const std::string& path, char type, unsigned major, unsigned minor);
  // `size` zero bytes without keeping them.
  ArchiveBuilder& zeros(const std::string& path, uint64_t size);
  ArchiveBuilder& xattr(const std::string& path, const std::string& name, std::string_view value);

  // The finished archive; nothing can be added afterwards.
  std::string bytes();

 private:
  void put(archive_entry* entry, std::string_view content);

  archive* archive_;
  std::string out_;
};

// Wants a few files below etc/, and knows a few loose names.
OpenOptions options();

// Every node of a tree, one a line:
//   directory 0755 0:0 etc
//   file 0644 0:0 etc/passwd 12 "root:x:0:0:…"
//   symlink 0777 0:0 bin -> usr/bin
// `with` chooses what else is shown: 'm' modification time, 'l' links, 'u' no owner.
std::string listing(const Tree& tree, std::string_view with = {});

// The targets and what was said about the artifact, or the error:
//   host "base" prefix "rootfs": it has …
//     loose etc/x
//   incomplete
//   error artifact base.tar: 'base.tar' is damaged …
std::string summary(const Result<Artifact>& artifact);

}  // namespace drydock::test
