#include "analyzer/source/watched.h"

#include <algorithm>
#include <map>

namespace drydock {
namespace {

constexpr size_t kRemembered = 200'000;

bool unreadable(const TreeError& error) {
  return error.kind == TreeError::Kind::unreadable || error.kind == TreeError::Kind::too_large;
}

}  // namespace

void WatchedTree::look(Kind kind, std::string_view path, std::string why) const {
  if (looks_.size() < kRemembered)
    looks_.push_back({kind, std::string(path), std::move(why)});
  else if (looks_.size() == kRemembered)
    looks_.push_back({Kind::below, ""});  // from here on it might have been anything
}

std::optional<Stat> WatchedTree::lstat(std::string_view path) const {
  auto info = tree_.lstat(path);
  if (!info) look(Kind::at, path);
  return info;
}

TreeResult<std::vector<std::string>> WatchedTree::list(std::string_view directory) const {
  look(Kind::at, directory);
  return tree_.list(directory);
}

TreeResult<std::string_view> WatchedTree::read(std::string_view path) const {
  auto text = tree_.read(path);
  if (!text) look(unreadable(text.error()) ? Kind::failed : Kind::at, path, text.error().message);
  return text;
}

TreeResult<std::string> WatchedTree::readlink(std::string_view path) const {
  auto target = tree_.readlink(path);
  if (!target)
    look(unreadable(target.error()) ? Kind::failed : Kind::at, path, target.error().message);
  return target;
}

Xattrs WatchedTree::xattrs(std::string_view path) const {
  auto found = tree_.xattrs(path);
  if (found.empty()) look(Kind::itself, path);
  return found;
}

TreeResult<std::string> WatchedTree::read_piece(std::string_view path, uint64_t offset,
                                                size_t length) const {
  auto piece = tree_.read_piece(path, offset, length);
  if (!piece)
    look(unreadable(piece.error()) ? Kind::failed : Kind::at, path, piece.error().message);
  return piece;
}

void WatchedTree::walk(std::string_view directory,
                       const std::function<bool(std::string_view path, const Stat&)>& visit) const {
  look(Kind::below, directory);
  tree_.walk(directory, visit);
}

std::vector<Unread> WatchedTree::missed(Stretch stretch) const {
  std::map<std::string, Unread, std::less<>> unread, out;
  for (Unread& one : tree_.unread()) unread.try_emplace(one.path, one);
  const size_t end = std::min(stretch.end, looks_.size());
  for (size_t i = stretch.begin; i < end; ++i) {
    const Look& look = looks_[i];
    if (look.kind == Kind::failed) {
      out.try_emplace(look.path, Unread{look.path, look.why});
      continue;
    }
    for (std::string_view at = look.path; !unread.empty(); at = parent_path(at)) {
      if (const auto hit = unread.find(at); hit != unread.end()) out.insert(*hit);
      if (at.empty() || look.kind == Kind::itself) break;
    }
    if (look.kind != Kind::below) continue;
    const std::string inside = look.path.empty() ? "" : look.path + "/";
    for (auto hit = unread.lower_bound(inside);
         hit != unread.end() && hit->first.starts_with(inside); ++hit)
      out.insert(*hit);
  }
  std::vector<Unread> result;
  for (auto& [path, one] : out) result.push_back(std::move(one));
  return result;
}

}  // namespace drydock
