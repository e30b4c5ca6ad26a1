#include "analyzer/source/views.h"

namespace drydock {
namespace {

// Paths of the view become paths of the tree behind it; a path of which nothing is there becomes
// none.
class View : public Tree {
 public:
  View(std::shared_ptr<const Tree> base, std::string prefix, std::string place)
      : base_(std::move(base)), prefix_(std::move(prefix)), place_(std::move(place)) {}

  std::optional<Stat> lstat(std::string_view path) const override {
    if (above(path)) return Stat{.type = NodeType::directory, .mode = 0755};
    const auto inner = map(path);
    return inner ? base_->lstat(*inner) : std::nullopt;
  }
  TreeResult<std::vector<std::string>> list(std::string_view path) const override {
    if (above(path)) return std::vector<std::string>{std::string(next_below(path))};
    const auto inner = map(path);
    return inner ? outward(base_->list(*inner), path) : missing(path);
  }
  TreeResult<std::string_view> read(std::string_view path) const override {
    const auto inner = map(path);
    return inner ? outward(base_->read(*inner), path) : missing(path);
  }
  TreeResult<std::string> readlink(std::string_view path) const override {
    const auto inner = map(path);
    return inner ? outward(base_->readlink(*inner), path) : missing(path);
  }
  Xattrs xattrs(std::string_view path) const override {
    const auto inner = map(path);
    return inner ? base_->xattrs(*inner) : Xattrs{};
  }
  TreeResult<std::string> read_piece(std::string_view path, uint64_t offset,
                                     size_t length) const override {
    const auto inner = map(path);
    return inner ? outward(base_->read_piece(*inner, offset, length), path) : missing(path);
  }
  void take_inventory() const override { base_->take_inventory(); }
  std::vector<Unread> unread() const override {
    std::vector<Unread> out;
    for (auto& [path, why, said] : base_->unread()) {
      // What lies above hides all of the view.
      const bool whole = prefix_ == path || path.empty() || prefix_.starts_with(path + "/");
      if (!whole && !prefix_.empty() && !path.starts_with(prefix_ + "/")) continue;
      std::string inner = whole ? "" : path.substr(prefix_.empty() ? 0 : prefix_.size() + 1);
      if (!place_.empty()) inner = join_path(place_, inner);
      out.push_back({std::move(inner), std::move(why), said});
    }
    return out;
  }
  void walk(std::string_view directory,
            const std::function<bool(std::string_view, const Stat&)>& visit) const override {
    if (above(directory)) {
      const std::string next = join_path(directory, next_below(directory));
      if (const auto stat = lstat(next); stat && visit(next, *stat)) walk(next, visit);
      return;
    }
    const auto inner = map(directory);
    if (!inner) return;
    std::string path;
    base_->walk(*inner, [&](std::string_view found, const Stat& stat) {
      found.remove_prefix(prefix_.empty() ? 0 : prefix_.size() + 1);
      if (place_.empty()) return visit(found, stat);
      path = place_;
      path += '/';
      path += found;
      return visit(path, stat);
    });
  }

 private:
  // Is `path` a directory on the way to the place of the view's only content?
  bool above(std::string_view path) const {
    return !place_.empty() && path.size() < place_.size() && place_.starts_with(path) &&
           (path.empty() || place_[path.size()] == '/');
  }
  std::string_view next_below(std::string_view path) const {
    const std::string_view rest =
        std::string_view(place_).substr(path.empty() ? 0 : path.size() + 1);
    return rest.substr(0, rest.find('/'));
  }

  std::optional<std::string> map(std::string_view path) const {
    if (!place_.empty()) {
      if (path == place_) return prefix_;
      if (!path.starts_with(place_) || path[place_.size()] != '/') return std::nullopt;
      path.remove_prefix(place_.size() + 1);
    }
    if (path.empty()) return prefix_;
    return join_path(prefix_, path);
  }

  TreeError missing(std::string_view path) const {
    return {TreeError::Kind::not_found, "'" + std::string(path) + "' does not exist"};
  }

  // Messages name the path as it is in the view.
  template <class T>
  TreeResult<T> outward(TreeResult<T> result, std::string_view path) const {
    if (result) return result;
    TreeError error = result.error();
    const std::string inner = "'" + *map(path) + "'";
    if (const size_t at = error.message.find(inner); at != std::string::npos)
      error.message.replace(at, inner.size(), "'" + std::string(path) + "'");
    return error;
  }

  std::shared_ptr<const Tree> base_;
  std::string prefix_;
  std::string place_;
};

class SingleFile : public Tree {
 public:
  SingleFile(std::string path, const Stat& stat, std::string content)
      : path_(std::move(path)), stat_(stat), content_(std::move(content)) {}

  std::optional<Stat> lstat(std::string_view path) const override {
    if (path == path_) return stat_;
    if (leads_to(path)) return Stat{.type = NodeType::directory, .mode = 0755};
    return std::nullopt;
  }
  TreeResult<std::vector<std::string>> list(std::string_view path) const override {
    if (path == path_)
      return TreeError{TreeError::Kind::not_directory, "'" + path_ + "' is no directory"};
    if (!leads_to(path)) return missing(path);
    const std::string_view rest =
        std::string_view(path_).substr(path.empty() ? 0 : path.size() + 1);
    return std::vector<std::string>{std::string(rest.substr(0, rest.find('/')))};
  }
  TreeResult<std::string_view> read(std::string_view path) const override {
    if (path == path_) return std::string_view(content_);
    if (leads_to(path))
      return TreeError{TreeError::Kind::wrong_type,
                       "'" + std::string(path) + "' is no regular file"};
    return missing(path);
  }
  TreeResult<std::string> readlink(std::string_view path) const override {
    if (!lstat(path)) return missing(path);
    return TreeError{TreeError::Kind::wrong_type,
                     "'" + std::string(path) + "' is no symbolic link"};
  }
  Xattrs xattrs(std::string_view) const override { return {}; }

 private:
  bool leads_to(std::string_view path) const {
    return path.empty() ||
           (path_.starts_with(path) && path_.size() > path.size() && path_[path.size()] == '/');
  }
  static TreeError missing(std::string_view path) {
    return {TreeError::Kind::not_found, "'" + std::string(path) + "' does not exist"};
  }

  std::string path_;
  Stat stat_;
  std::string content_;
};

}  // namespace

std::shared_ptr<const Tree> subtree(std::shared_ptr<const Tree> base, std::string prefix) {
  return std::make_shared<View>(std::move(base), std::move(prefix), "");
}

std::shared_ptr<const Tree> placed(std::shared_ptr<const Tree> base, std::string prefix,
                                   std::string place) {
  return std::make_shared<View>(std::move(base), std::move(prefix), std::move(place));
}

std::shared_ptr<const Tree> single_file(std::string path, const Stat& stat, std::string content) {
  auto tree = std::make_shared<SingleFile>(std::move(path), stat, std::move(content));
  tree->escapes_are_errors = true;
  return tree;
}

}  // namespace drydock
