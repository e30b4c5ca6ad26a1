// Which hosts are in an artifact, where their roots are and how complete they are.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/source/artifact.h"

namespace drydock {

struct Judged {
  bool is_root = false;  // false: nothing that could be called a root or an /etc
  Scope scope = Scope::host;
  bool inside_etc = false;
  std::string reason;
};

// Looks at one directory of a tree, by lstat alone.
//
// A host has an etc/, programs (bin, sbin, usr/bin or usr/sbin) and one of etc/passwd,
// etc/os-release, usr/lib/os-release; in a repository it must have the accounts and the release
// both, for an overlay may well bring a script in usr/bin and one of them. A whole /etc has
// etc/passwd and at least one more of the files every Linux has there (in a repository: five more).
// The same files at the top, without an etc/, are an archive made inside /etc. Anything less is no
// root: an etc/ with a few files is an overlay, and what it lacks means nothing.
Judged judge_directory(const Tree& tree, std::string_view prefix, bool repository);

// What was seen on the way through an artifact.
struct Sighting {
  std::vector<std::string> roots_at;  // parents of directories named "etc"; "" among them
  std::vector<std::string> files;     // files and links the interest may match
  std::vector<std::string> top;       // names at the top, for the message when nothing is known
};

// Makes targets of what was seen. A root inside another root is not one of its own (a chroot, a
// template, a container's layer is part of that host). In the rest, an etc/ with known files makes
// its parent a fragment of its own, and all other known files together are one fragment at "".
// Empty: nothing is known here.
std::vector<Target> make_targets(const std::shared_ptr<const Tree>& tree, Sighting seen,
                                 const OpenOptions& options, bool repository);

// The target that --root names, or why there is none.
Result<std::vector<Target>> forced_target(const std::shared_ptr<const Tree>& tree,
                                          const Sighting& seen, const OpenOptions& options);

// The directory `tree` as the fragment of a host at `place`, where it has the files `known` (paths with the place).
Target loose_target(const std::shared_ptr<const Tree>& tree, const std::string& place,
                    std::vector<std::string> known);

// Names several targets after their prefix, one by `name` alone, and sorts them.
void name_targets(std::vector<Target>& targets, const std::string& name);

// "base" of "dir/base.tar.zst".
std::string artifact_stem(std::string_view path);

}  // namespace drydock
