// What the user hands over, opened: one or several targets, each with its read-only tree.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/base/result.h"
#include "analyzer/base/scope.h"
#include "analyzer/source/disk/block.h"
#include "analyzer/source/interest.h"
#include "analyzer/source/tree.h"

namespace drydock {

class HeadStart;

// One host found in an artifact.
struct Target {
  std::string
      name;  // stable: the --target-name or the artifact's stem; several: + "-" + their prefix
  Scope scope = Scope::host;
  std::string scope_reason;  // one clause for people: "it has etc/os-release and usr/bin"
  std::shared_ptr<const Tree>
      tree;            // rooted at the host's root: "etc/passwd" even for a tarball made in /etc
  std::string prefix;  // where that root lies in the artifact: "", "rootfs", "overlay"
  // Where the artifact's top lies on the host: "etc" for a tarball made inside /etc. Tree paths begin with it,
  // paths in the artifact do not. Empty: the top is the root.
  std::string place = {};
  // fragment only: the files that loose patterns recognized, sorted bytewise, as tree paths.
  std::vector<std::string> loose_files;

  // The path of a file of this target in the artifact: "etc/passwd" -> "rootfs/etc/passwd" /
  // "passwd".
  std::string artifact_path(std::string_view tree_path) const;
};

enum class ArtifactKind : uint8_t { directory, repository, archive, file, image };

struct Artifact {
  std::string path = {};  // as the user gave it; "-" for standard input
  ArtifactKind kind = ArtifactKind::archive;
  std::string format =
      {};  // for people and SARIF: "directory", "tar", "tar.gz", "cpio", "zip", "sysctl file"
  uint64_t size = 0;  // bytes; 0 for a directory and for standard input
  // A directory or a file in a git checkout: `repository_path` + Target::artifact_path is the path of
  // a file from the checkout's root, so that SARIF points into it.
  bool in_repository = false;
  std::string repository_path = {};          // "" at the root of the checkout
  std::vector<Target> targets = {};          // never empty; sorted by prefix
  std::vector<Diagnostic> diagnostics = {};  // what could not be read
  bool complete = true;  // false: part of the artifact was not read (exit code 3)
  uint64_t entries = 0;  // files, directories and links seen
  // What was read of a disk image so far; empty for other artifacts.
  std::function<ReadCost()> read_cost = {};
};

// What opening a disk image may do beyond reading the file that was named.
struct ImageOptions {
  bool beside = false;    // open files in its directory that it names (a backing file, an extent)
  bool temporary = true;  // unpack a compressed image into a temporary file
  uint64_t temporary_limit = uint64_t{64} << 30;  // bytes of it at most
  // Called with a sentence before something is unpacked; may be empty.
  std::function<void(const std::string&)> announce = {};
};

struct OpenOptions {
  std::string target_name;  // --target-name; empty: the file's stem ("base" of base.tar.zst)
  std::optional<std::string>
      root;                    // --root PATH inside the artifact: take this directory as the root
  std::optional<Scope> scope;  // --scope
  Interest interest;           // what to keep of an archive
  // What recognizes hosts and loose files, when somebody wants to read fewer files than drydock
  // knows: what an artifact is must not depend on the question. Absent: `interest`.
  std::optional<Interest> known = {};
  ImageOptions image = {};
  unsigned threads = 0;  // at most so many; 0: as many as there are processors
  std::function<void(uint64_t done, uint64_t total)>
      progress;  // bytes read of the artifact; may be empty; one call after the other, by any thread
  // Called once when a thread has begun to read far ahead of the caller, who may wait here for other threads
  // that would take the processor from it; may be empty.
  std::function<void()> reading_ahead = {};
  // Has begun to read the artifact, if it was begun with for the same path.
  std::shared_ptr<HeadStart> started = {};

  const Interest& recognized() const { return known ? *known : interest; }
};

// Opens `path` ("-": an archive on standard input), by content, never by its extension. Fails with
// an Error that says what was seen when there is nothing to judge: no such file, an empty file, a
// format that is not known, a directory without any known file. Damage after a readable start is no
// failure: what precedes is kept, `complete` is false and a diagnostic says where it broke.
Result<Artifact> open_artifact(const std::string& path, const OpenOptions& options);

}  // namespace drydock
