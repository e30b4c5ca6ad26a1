#include "analyzer/facts/collect/outside.h"

#include <string>

#include "analyzer/base/limits.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

bool lies_outside(const Context& context, std::string_view path) {
  if (context.scope() != Scope::etc) return false;
  const Tree& tree = context.tree();
  std::string rest = normal_path(path);
  for (int links = 0; links <= limits::kSymlinks; ++links) {
    if (rest != "etc" && !rest.starts_with("etc/")) return true;
    // The first link on the way.
    size_t slash = rest.find('/');
    auto stat = tree.lstat(rest.substr(0, slash));
    while (slash != std::string::npos && stat && stat->type != NodeType::symlink) {
      slash = rest.find('/', slash + 1);
      stat = tree.lstat(rest.substr(0, slash));
    }
    if (!stat || stat->type != NodeType::symlink) return false;
    const std::string link = rest.substr(0, slash);
    const auto target = tree.readlink(link);
    if (!target) return false;
    const std::string behind = slash == std::string::npos ? "" : rest.substr(slash);
    rest = normal_path(
        (target->starts_with('/') ? *target : join_path(parent_path(link), *target)) + behind);
  }
  return false;
}

}  // namespace drydock::facts
