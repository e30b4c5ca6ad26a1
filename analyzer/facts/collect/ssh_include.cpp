#include "analyzer/facts/collect/ssh_include.h"

#include <algorithm>

#include "analyzer/source/tree.h"

namespace drydock::facts {

std::vector<std::string> ssh_included(const Tree& tree, std::string_view argument, bool& is_cut) {
  const std::string pattern =
      argument.starts_with('/') ? std::string(argument) : "/etc/ssh/" + std::string(argument);
  std::vector<std::string> paths = {""};
  for (size_t begin = 0; begin <= pattern.size();) {
    const size_t slash = std::min(pattern.find('/', begin), pattern.size());
    const std::string_view part = std::string_view(pattern).substr(begin, slash - begin);
    begin = slash + 1;
    if (part.empty()) continue;
    std::vector<std::string> next;
    for (const std::string& path : paths) {
      if (part.find_first_of("*?[") == std::string_view::npos) {
        if (const std::string one = join_path(path, part); tree.exists(one)) next.push_back(one);
        continue;
      }
      const auto real = tree.resolve(path);
      const auto names =
          real ? tree.list(*real) : TreeResult<std::vector<std::string>>(real.error());
      if (!names) continue;
      for (const std::string& name : *names)
        if ((name.front() != '.' || part.front() == '.') && glob_match(part, name))
          next.push_back(join_path(path, name));
    }
    paths = std::move(next);
    if (paths.size() > kSshIncludedFiles) {
      paths.resize(kSshIncludedFiles);
      is_cut = true;
    }
  }
  std::ranges::sort(paths);
  return paths;
}

SshBlock SshBlocks::none() {
  static const std::string outside;
  return &outside;
}

SshBlock SshBlocks::within(SshBlock outer, std::string_view header) {
  std::string& text = blocks_[{outer, std::string(header)}];
  if (text.empty()) {
    text = *outer + (outer->empty() ? "" : " and ");
    text += header.substr(0, kSshBlock);
    if (text.size() > kSshBlock || header.size() > kSshBlock) {
      size_t end = std::min(text.size(), kSshBlock - 3);
      while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
      text.resize(end);
      text += "...";
    }
  }
  return &text;
}

}  // namespace drydock::facts
