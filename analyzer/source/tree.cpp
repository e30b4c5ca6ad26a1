#include "analyzer/source/tree.h"

#include <algorithm>

#include "analyzer/base/limits.h"

namespace drydock {
namespace {

TreeError error(TreeError::Kind kind, std::string_view path, std::string_view what) {
  return {kind, "'" + std::string(path) + "' " + std::string(what)};
}

// The components of a path, "." and empty ones left out, in reverse: the next one is at the back.
void push_components(std::vector<std::string>& stack, std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  stack.insert(stack.end(), std::make_move_iterator(parts.rbegin()),
               std::make_move_iterator(parts.rend()));
}

// isalpha(3) and its kin in the C locale, by the names of glob(7) "Character classes".
bool in_class(std::string_view name, unsigned char c) {
  const bool lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z',
             digit = c >= '0' && c <= '9';
  const bool graph = c > 0x20 && c < 0x7f;
  if (name == "alpha") return lower || upper;
  if (name == "digit") return digit;
  if (name == "alnum") return lower || upper || digit;
  if (name == "lower") return lower;
  if (name == "upper") return upper;
  if (name == "space") return c == ' ' || (c >= 9 && c <= 13);
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "punct") return graph && !lower && !upper && !digit;
  if (name == "graph") return graph;
  if (name == "print") return graph || c == ' ';
  if (name == "cntrl") return c < 0x20 || c == 0x7f;
  if (name == "xdigit") return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  return false;
}

// One bracket expression of glob(7) at pattern[at] == '['. Returns whether `text` is in it and sets
// `next` behind it. Where POSIX leaves a case open, as glibc's fnmatch(3) decides it: an unclosed
// bracket is an ordinary '[', an unfinished range or escape matches nothing.
bool bracket_match(std::string_view pattern, size_t at, char text, size_t& next) {
  const auto c = static_cast<unsigned char>(text);
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(pattern[i]); };
  const size_t end = pattern.size();
  size_t i = at + 1;
  const bool negated = i < end && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true;; first = false) {
    if (i >= end) {
      next = at + 1;
      return text == '[';
    }
    if (pattern[i] == ']' && !first) {
      next = i + 1;
      return found != negated;
    }
    if (pattern.substr(i).starts_with("[:")) {
      const size_t close = pattern.find(":]", i + 2);
      const std::string_view name = close == std::string_view::npos
                                        ? std::string_view{}
                                        : pattern.substr(i + 2, close - i - 2);
      if (name.size() < 8 && close != std::string_view::npos &&
          name.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos) {
        found = found || in_class(name, c);
        i = close + 2;
        continue;
      }
    }
    if (pattern[i] == '\\' && ++i >= end) return false;
    const unsigned char low = byte(i++);
    if (i + 1 < end && pattern[i] == '-' && pattern[i + 1] != ']') {
      ++i;
      if (pattern[i] == '\\' && ++i >= end) return false;
      found = found || (low <= c && c <= byte(i));
      ++i;
    } else if (i + 1 == end && pattern[i] == '-') {
      if (!found && low != c) return false;
      ++i;
    } else {
      found = found || low == c;
    }
  }
}

}  // namespace

std::string_view name(NodeType type) {
  switch (type) {
    case NodeType::file:
      return "file";
    case NodeType::directory:
      return "directory";
    case NodeType::symlink:
      return "symlink";
    case NodeType::fifo:
      return "fifo";
    case NodeType::socket:
      return "socket";
    case NodeType::block_device:
      return "block-device";
    case NodeType::char_device:
      break;
  }
  return "char-device";
}

void Tree::walk(std::string_view directory,
                const std::function<bool(std::string_view, const Stat&)>& visit) const {
  // An explicit stack: the depth of a hostile tree must not become the depth of our calls.
  std::vector<std::string> pending;
  const auto push = [&](std::string_view parent) {
    auto names = list(parent);
    if (!names) return;
    for (auto it = names->rbegin(); it != names->rend(); ++it)
      pending.push_back(join_path(parent, *it));
  };
  push(directory);
  while (!pending.empty()) {
    const std::string path = std::move(pending.back());
    pending.pop_back();
    const auto info = lstat(path);
    if (!info) continue;
    if (visit(path, *info) && info->type == NodeType::directory) push(path);
  }
}

TreeResult<std::string> Tree::resolve(std::string_view path, bool follow_last) const {
  std::vector<std::string> stack;
  push_components(stack, path);
  std::string at;
  for (int links = 0; !stack.empty();) {
    const std::string part = std::move(stack.back());
    stack.pop_back();
    if (part == "..") {
      if (at.empty() && escapes_are_errors)
        return error(TreeError::Kind::escapes, path, "leads out of the tree");
      at = std::string(parent_path(at));
      continue;
    }
    std::string next = at.empty() ? part : at + "/" + part;
    if (next.size() > limits::kPathBytes)
      return error(TreeError::Kind::not_found, path.substr(0, 200), "is too long a path");
    const auto info = lstat(next);
    if (!info) return error(TreeError::Kind::not_found, path, "does not exist");
    if (info->type == NodeType::symlink && (follow_last || !stack.empty())) {
      if (++links > limits::kSymlinks)
        return error(TreeError::Kind::symlink_loop, path, "is a loop of symbolic links");
      auto target = readlink(next);
      if (!target) return target.error();
      if (target->starts_with('/')) {
        if (escapes_are_errors)
          return error(TreeError::Kind::escapes, path, "leads out of the tree");
        at.clear();
      }
      push_components(stack, *target);
      continue;
    }
    if (info->type != NodeType::directory && !stack.empty())
      return error(TreeError::Kind::not_directory, path, "goes through a file");
    at = std::move(next);
  }
  return at;
}

TreeResult<Stat> Tree::stat(std::string_view path) const {
  const auto real = resolve(path);
  if (!real) return real.error();
  if (const auto info = lstat(*real)) return *info;
  return error(TreeError::Kind::not_found, path, "does not exist");
}

TreeResult<std::string_view> Tree::read_resolved(std::string_view path) const {
  const auto real = resolve(path);
  if (!real) return real.error();
  return read(*real);
}

bool Tree::exists(std::string_view path) const {
  return resolve(path).ok();
}

TreeResult<std::string> Tree::read_piece(std::string_view path, uint64_t offset,
                                         size_t length) const {
  const auto text = read(path);
  if (!text) return text.error();
  return std::string(text->substr(std::min<uint64_t>(offset, text->size()), length));
}

std::vector<std::string> Tree::glob(std::string_view directory, std::string_view glob) const {
  const auto real = resolve(directory);
  if (!real) return {};
  const auto names = list(*real);
  if (!names) return {};
  std::vector<std::string> out;
  for (const std::string& entry : *names) {
    if (entry.starts_with('.') && !glob.starts_with('.')) continue;
    if (!glob_match(glob, entry)) continue;
    std::string path = join_path(normal_path(directory), entry);
    // A link counts if it leads to a regular file; one that leads nowhere is left to the collectors,
    // for "masked by a link to /dev/null" is a fact.
    const auto info = lstat(join_path(*real, entry));
    if (info && (info->type == NodeType::file || info->type == NodeType::symlink))
      out.push_back(std::move(path));
  }
  return out;
}

std::string normal_path(std::string_view path) {
  std::vector<std::string> stack;
  push_components(stack, path);
  std::vector<std::string> parts;
  for (; !stack.empty(); stack.pop_back()) {
    if (stack.back() != "..")
      parts.push_back(std::move(stack.back()));
    else if (!parts.empty())
      parts.pop_back();
  }
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

std::string join_path(std::string_view directory, std::string_view entry) {
  if (entry.starts_with('/')) return std::string(entry.substr(1));
  if (directory.empty()) return std::string(entry);
  if (entry.empty()) return std::string(directory);
  return std::string(directory) + "/" + std::string(entry);
}

std::string_view parent_path(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string_view file_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool glob_match(std::string_view pattern, std::string_view text, bool across) {
  // Iterative with one point to return to: linear in practice, quadratic at worst.
  size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
      continue;
    }
    bool matched = false;
    size_t next = p + 1;
    if (p < pattern.size()) {
      const bool slash = text[t] == '/' && !across;
      if (pattern[p] == '?')
        matched = !slash;
      else if (pattern[p] == '[')
        matched = bracket_match(pattern, p, text[t], next) && !slash;
      else if (pattern[p] == '\\')
        matched = p + 1 < pattern.size() && pattern[p + 1] == text[t], next = p + 2;
      else
        matched = pattern[p] == text[t];
    }
    if (matched) {
      p = next;
      ++t;
    } else if (star != std::string_view::npos && (across || text[mark] != '/')) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace drydock
