// A read-only tree of files: what every artifact becomes. Paths are byte strings relative to the tree's
// root: "etc/fstab"; the root itself is "". A leading '/' is not used inside drydock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/base/result.h"

namespace drydock {

enum class NodeType : uint8_t { file, directory, symlink, fifo, socket, block_device, char_device };

// The word used in facts and messages: "file", "directory", "symlink", "fifo", "socket",
// "block-device", "char-device".
std::string_view name(NodeType type);

// inode(7): what the tree records about one file, without following a symbolic link.
struct Stat {
  NodeType type = NodeType::file;
  uint16_t mode = 0;  // permission bits with set-uid, set-gid and sticky: 07777
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint64_t size = 0;   // bytes; of a symlink, of its target text
  int64_t mtime = 0;   // seconds since 1970
  uint32_t links = 1;  // hard links, where the artifact knows them
  uint64_t rdev = 0;   // device number of a device node: major << 32 | minor
};

struct TreeError {
  enum class Kind : uint8_t {
    not_found,      // no such file, nothing more to say: absence is a fact
    not_directory,  // a component of the path is no directory
    symlink_loop,   // more than limits::kSymlinks links
    escapes,        // a link of a fragment leads out of the artifact
    wrong_type,     // asked to read a directory, a device …
    unreadable,     // it is there, and reading failed: permission, damage, truncation
    too_large,      // beyond limits::kFileContent
  };
  Kind kind = Kind::not_found;
  std::string message;  // one sentence without full stop, naming the path
};

template <class T>
using TreeResult = Result<T, TreeError>;

// (name, value) as the kernel shows them: "security.capability", "system.posix_acl_access" ...
using Xattrs = std::vector<std::pair<std::string, std::string>>;

// A part of a tree that exists on the host and was not read: a volume that is encrypted, a directory
// that may not be listed, what stood behind the cut of an archive. That nothing is found there says
// nothing.
struct Unread {
  std::string path;   // it and what lies below it; "": files may be missing anywhere
  std::string why;    // a clause: "it is encrypted (LUKS)"
  bool said = false;  // the artifact's own diagnostics tell people already
};

// One artifact's files. The five primitives take paths whose *parents* are real directories (that is:
// they follow no link); the others, built on them, walk links inside the tree. Thread-compatible: const
// calls from several threads need a lock outside.
class Tree {
 public:
  virtual ~Tree() = default;

  // lstat(2); nullopt: no such file.
  virtual std::optional<Stat> lstat(std::string_view path) const = 0;

  // The names in a directory, sorted bytewise, without "." and "..".
  virtual TreeResult<std::vector<std::string>> list(std::string_view directory) const = 0;

  // The content of a regular file; valid as long as the tree. At most limits::kFileContent bytes, a
  // larger file gives too_large.
  virtual TreeResult<std::string_view> read(std::string_view path) const = 0;

  // The target of a symbolic link as it is written.
  virtual TreeResult<std::string> readlink(std::string_view path) const = 0;

  // Extended attributes; empty where there are none or the format keeps none.
  virtual Xattrs xattrs(std::string_view path) const = 0;

  // What was not read, as far as anybody has met it by now; sorted by path.
  virtual std::vector<Unread> unread() const { return {}; }

  // Looks into every directory once where that is worth something: unread() then knows of all damage, and
  // walks after it cost little.
  virtual void take_inventory() const {}

  // Up to `length` bytes of a regular file from `offset`, for copying out what is larger than `read`
  // gives; fewer only at the end of the file. The default goes through read().
  virtual TreeResult<std::string> read_piece(std::string_view path, uint64_t offset,
                                             size_t length) const;

  // Every node below `directory` (itself not), parents before children, siblings sorted bytewise.
  // `visit` returns false to skip what lies below a directory. The default does it by list and lstat.
  virtual void walk(std::string_view directory,
                    const std::function<bool(std::string_view path, const Stat&)>& visit) const;

  // path_resolution(7) inside the tree: the real path of `path` with every link followed, the last
  // component too unless `follow_last` is false. Absolute targets restart at the root of the tree;
  // ".." at the root stays there, as in a chroot; in a tree that is no root (a fragment,
  // escapes_are_errors) both give `escapes` instead.
  TreeResult<std::string> resolve(std::string_view path, bool follow_last = true) const;

  // resolve, then lstat / read.
  TreeResult<Stat> stat(std::string_view path) const;
  TreeResult<std::string_view> read_resolved(std::string_view path) const;
  bool exists(std::string_view path) const;  // following links

  // The regular files (and links to some) directly in `directory` whose name matches `glob` (glob(7):
  // '*', '?', '[…]'; a leading dot must be matched literally), as paths, sorted bytewise; empty where
  // there is no such directory, or where it may not be listed, which then is in unread().
  std::vector<std::string> glob(std::string_view directory, std::string_view glob) const;

  // False for a tree that is a whole root (or /etc) of its own.
  bool escapes_are_errors = false;
};

// "a//b/./c/../d" and "/a/b/d" -> "a/b/d": lexical, for paths as they are written in configuration.
std::string normal_path(std::string_view path);
// "etc/ssh" + "sshd_config" -> "etc/ssh/sshd_config"; an absolute `name` replaces the directory.
std::string join_path(std::string_view directory, std::string_view name);
// The part before the last '/', "" if there is none; the part after it.
std::string_view parent_path(std::string_view path);
std::string_view file_name(std::string_view path);
// glob(7) on one string without regard to '/'; `*` matches '/' only if `across` is true.
bool glob_match(std::string_view pattern, std::string_view text, bool across = false);

}  // namespace drydock
