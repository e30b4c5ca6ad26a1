// A directory of the machine drydock runs on, as a tree.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "analyzer/base/text_hash.h"
#include "analyzer/source/directory_walk.h"
#include "analyzer/source/tree.h"

struct stat;

namespace drydock {

// Lazy: nothing is looked at before somebody asks. Every access goes component by component from
// the directory's descriptor and follows no link, so no path leaves the directory, whatever is
// swapped underneath; devices, fifos and sockets are never opened. What was read stays in memory,
// up to limits::kRetainedContent.
using LeftOut = WalkAhead::LeftOut;

class DirectoryTree : public Tree {
 public:
  // Fails when `path` is no directory or cannot be opened.
  static Result<std::unique_ptr<DirectoryTree>> open(const std::string& path);
  ~DirectoryTree() override;
  DirectoryTree(const DirectoryTree&) = delete;
  DirectoryTree& operator=(const DirectoryTree&) = delete;

  std::optional<Stat> lstat(std::string_view path) const override;
  TreeResult<std::vector<std::string>> list(std::string_view directory) const override;
  TreeResult<std::string_view> read(std::string_view path) const override;
  TreeResult<std::string> readlink(std::string_view path) const override;
  TreeResult<std::string> read_piece(std::string_view path, uint64_t offset,
                                     size_t length) const override;
  Xattrs xattrs(std::string_view path) const override;
  // The directories met so far that may not be listed or entered.
  std::vector<Unread> unread() const override;
  void walk(std::string_view directory,
            const std::function<bool(std::string_view path, const Stat&)>& visit) const override;
  // See the functions of these names below.
  void begin_walk(LeftOut left_out) const;
  bool finish_walk(LeftOut left_out,
                   const std::function<bool(std::string_view path, const Stat&)>& visit) const;

 private:
  explicit DirectoryTree(int root) : root_(root) {}
  // A descriptor (O_PATH) of a directory, which stays ours; -1 and errno if there is none.
  int directory(std::string_view path) const;
  // A descriptor of a regular file, which the caller closes, and what fstat(2) says of it.
  TreeResult<int> open_file(std::string_view path, struct stat& st) const;
  // Keeps in mind that errno `code` kept us out of a directory; what is not there keeps nobody out.
  void note_unread(std::string_view directory, int code) const;

  // What lstat(2) says now.
  std::optional<Stat> ask_stat(std::string_view path) const;

  int root_;
  template <class T>
  using Paths = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;
  mutable Paths<std::optional<Stat>> stats_;
  mutable Paths<std::vector<std::string>> names_;  // of directories that were listed
  mutable Paths<int> directories_;
  mutable std::unordered_map<std::string, std::string> contents_;
  mutable size_t retained_ = 0;
  mutable std::string piece_path_;  // of which the last piece was read
  mutable int piece_file_ = -1;
  mutable std::map<std::string, std::string> unread_;  // path, why
  mutable std::unique_ptr<WalkAhead> ahead_;
  mutable const WalkEntry* visited_ = nullptr;  // by finish_walk
};

// Says that walk_but(tree, left_out, …) will be asked for: a directory is walked by a thread meanwhile.
// `left_out` may be called from it.
void begin_walk(const Tree& tree, LeftOut left_out);
// Every node but those below the directories that `left_out` names, as Tree::walk("").
void walk_but(const Tree& tree, LeftOut left_out,
              const std::function<bool(std::string_view path, const Stat&)>& visit);

}  // namespace drydock
