#include "analyzer/facts/collect/image_model.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <tuple>

#include "analyzer/facts/collect/container.h"
#include "analyzer/facts/collect/containerd_images.h"
#include "analyzer/facts/collect/docker_state.h"
#include "analyzer/facts/collect/image_file.h"
#include "analyzer/facts/collect/podman_images.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

namespace json = parsers::json;

struct AllImages {
  std::vector<Image> list;
};

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// What is known of the users of images. Layers of one number with the same topmost are the same layers.
struct Users {
  using Key = std::tuple<std::string, size_t, std::string>;  // topmost layer, how many, user
  mutable std::map<Key, std::optional<int64_t>> known;
  mutable size_t bytes = 0;  // of every /etc/passwd that was gone through
  mutable std::set<std::string> refused;
};

// Whether this /etc/passwd may be gone through; it is said if not.
bool is_affordable(Context& context, const Users& users, const std::string& path) {
  constexpr uint64_t kPasswd = uint64_t{1} << 20;  // bytes of one; real ones have some thousand
  constexpr size_t kBytes = size_t{64} << 20;      // of all
  const auto stat = context.tree().stat(path);
  if (!stat) return true;
  const bool is_large = stat->size > kPasswd;
  if (!is_large && (users.bytes += stat->size) <= kBytes) return true;
  // Of all that are too many the first says it.
  if (users.refused.insert(is_large ? path : "").second)
    context.issue(path, {is_large ? "too-large" : "too-many-images",
                         {1, 1, 1, 1},
                         is_large ? "the users of an image are not read: its passwd has " +
                                        std::to_string(stat->size) + " bytes"
                                  : "the users of this host's images are too many to read them "
                                    "all; those of this one and of the rest are not known",
                         parsers::Effect::refused});
  return false;
}

// moby/sys/user GetExecUser: a name or a number that stands in /etc/passwd, else the number itself.
std::optional<int64_t> find_user(Context& context, const Users& users, std::string_view name,
                                 const std::vector<std::string>& directories) {
  const auto as_number = number(name);
  for (auto layer = directories.rbegin(); layer != directories.rend(); ++layer) {
    if (layer->empty()) break;  // a layer that is not there may have hidden the one below
    const std::string path = *layer + "/etc/passwd";
    if (!is_affordable(context, users, path)) return std::nullopt;
    const auto text = context.tree().read(path);
    if (!text) {
      if (context.tree().lstat(path)) break;  // a whiteout, or not read
      continue;
    }
    std::string_view rest = *text;
    while (!rest.empty()) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      const size_t first = line.find(':');
      if (first == std::string_view::npos || line.substr(0, first) != name) continue;
      const size_t second = line.find(':', first + 1);
      if (second == std::string_view::npos) continue;
      const std::string_view id = line.substr(second + 1);
      return number(id.substr(0, id.find(':')));
    }
    break;
  }
  if (as_number) return as_number;
  return name == "root" ? std::optional<int64_t>(0) : std::nullopt;
}

}  // namespace

Span json_span(const json::Value& value) {
  if (value.key_span.line == 0) return value.span;
  return {value.key_span.line, value.key_span.column, value.span.end_line, value.span.end_column};
}

Place Image::place(const json::Value* value) const {
  return {path, value ? json_span(*value) : Span{}};
}

const std::vector<Image>& images(Context& context) {
  return context
      .shared<AllImages>([&] {
        AllImages all;
        if (context.is_fragment()) return all;
        all.list = docker_images(context);
        for (Image& image : podman_images(context)) all.list.push_back(std::move(image));
        for (Image& image : containerd_images(context)) all.list.push_back(std::move(image));
        return all;
      })
      .list;
}

const Image* find_image(Context& context, std::string_view store, std::string_view id) {
  for (const Image& image : images(context))
    if (image.id == id && image.store == store) return &image;
  return nullptr;
}

std::optional<Image> read_image(Context& context, const std::string& path, size_t& bytes) {
  constexpr size_t kBytes = size_t{32} << 20;  // of all configurations; one has some kilobytes
  if (bytes > kBytes) return std::nullopt;
  const auto text = context.read(path);
  if (!text) return std::nullopt;
  if ((bytes += text->text.size()) > kBytes) {
    image_issue(context, text->path,
                {"too-many-images",
                 {1, 1, 1, 1},
                 "the images of this host are too many to read them all; this one and the rest are "
                 "left out",
                 parsers::Effect::refused});
    return std::nullopt;
  }
  Image image;
  image.path = text->path;
  image.document = json::parse(text->text);
  if (image.document.root)
    if (const json::Value* diffs = image.document.root->find({"rootfs", "diff_ids"}))
      for (const json::Value& diff : diffs->items) image.diff_ids.push_back(diff.text);
  return image;
}

void image_issue(Context& context, std::string_view path, const parsers::SyntaxError& error) {
  context.issue(path, error,
                {&kImageTable, &kImageReferenceTable, &kImageHistoryTable, &kImageVariableTable,
                 &kImagePortTable, &kImageFileTable});
}

void keep_top(std::vector<std::string>& directories) {
  for (size_t i = 0; i + 1 < directories.size(); ++i) directories[i].clear();
}

std::optional<int64_t> user_id(Context& context, std::string_view user,
                               const std::vector<std::string>& directories) {
  const std::string_view name = user.substr(0, user.find(':'));
  if (name.empty()) return 0;
  const std::string none;
  const auto& users = context.shared<Users>([] { return Users(); });
  const auto [known, is_new] = users.known.try_emplace(
      {directories.empty() ? none : directories.back(), directories.size(), std::string(name)});
  if (is_new) known->second = find_user(context, users, name, directories);
  return known->second;
}

}  // namespace drydock::facts
