// A directory of the machine drydock runs on, as a tree.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "analyzer/source/tree.h"

struct stat;

namespace drydock {

// Lazy: nothing is looked at before somebody asks. Every access goes component by component from
// the directory's descriptor and follows no link, so no path leaves the directory, whatever is
// swapped underneath; devices, fifos and sockets are never opened. What was read stays in memory,
// up to limits::kRetainedContent.
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

 private:
  explicit DirectoryTree(int root) : root_(root) {}
  // A descriptor (O_PATH) of a directory, which stays ours; -1 and errno if there is none.
  int directory(std::string_view path) const;
  // A descriptor of a regular file, which the caller closes, and what fstat(2) says of it.
  TreeResult<int> open_file(std::string_view path, struct stat& st) const;
  // Keeps in mind that errno `code` kept us out of a directory; what is not there keeps nobody out.
  void note_unread(std::string_view directory, int code) const;

  int root_;
  mutable std::unordered_map<std::string, int> directories_;
  mutable std::unordered_map<std::string, std::string> contents_;
  mutable size_t retained_ = 0;
  mutable std::string piece_path_;  // of which the last piece was read
  mutable int piece_file_ = -1;
  mutable std::map<std::string, std::string> unread_;  // path, why
};

}  // namespace drydock
