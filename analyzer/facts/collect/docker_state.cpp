#include "analyzer/facts/collect/docker_state.h"

#include <algorithm>
#include <charconv>

#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

namespace json = parsers::json;

// "231072.231072": dockerd keeps what it runs with userns-remap below uid.gid of the remapped root.
bool is_remapped_name(std::string_view name) {
  const size_t dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < name.size() &&
         name.find_first_not_of("0123456789.") == std::string_view::npos &&
         name.find('.', dot + 1) == std::string_view::npos;
}

void add_roots(Context& context, std::vector<DockerRoot>& roots, std::string_view written,
               const DockerConfig& config) {
  const Tree& tree = context.tree();
  const auto real = tree.resolve(normal_path(written));
  if (!real) return;
  const auto add = [&](const std::string& path, bool is_remapped) {
    if (!tree.lstat(join_path(path, "containers")) && !tree.lstat(join_path(path, "image")) &&
        !tree.lstat(join_path(path, "swarm")))
      return;
    for (const DockerRoot& known : roots)
      if (known.path == path) return;
    roots.push_back({path, is_remapped, &config});
  };
  add(*real, config.instance == "rootless");
  if (const auto names = tree.list(*real))
    for (const std::string& name : *names)
      if (is_remapped_name(name)) add(join_path(*real, name), true);
}

struct Roots {
  std::vector<DockerRoot> list;
  std::vector<std::unique_ptr<DockerConfig>> made;  // for daemons without a configuration
};

struct Stores {
  std::map<std::string, LayerStore, std::less<>> by_driver;  // "var/lib/docker/image/overlay2"
};

// layerdb/sha256/<chain>/{diff,parent,cache-id}: small text files.
LayerStore load_layers(Context& context, const std::string& image_directory) {
  const Tree& tree = context.tree();
  LayerStore store;
  const std::string root = std::string(parent_path(parent_path(image_directory)));
  const std::string driver(file_name(image_directory));
  const std::string directory = image_directory + "/layerdb/sha256";
  const auto chains = tree.list(directory);
  if (!chains) return store;
  const auto text = [&](const std::string& path) {
    const auto read = tree.read(path);
    std::string_view value = read ? *read : std::string_view{};
    value = value.substr(0, value.find_first_of(" \n"));
    return std::string(value.substr(0, 200));
  };
  for (const std::string& chain : *chains) {
    const std::string at = directory + "/" + chain + "/";
    const std::string cache = text(at + "cache-id");
    std::string files;
    // The layout of overlay2; of fuse-overlayfs, btrfs and vfs the next likely ones.
    if (!cache.empty() && cache.find('/') == std::string::npos)
      for (const std::string& candidate :
           {root + "/" + driver + "/" + cache + "/diff", root + "/" + driver + "/dir/" + cache,
            root + "/" + driver + "/subvolumes/" + cache})
        if (files.empty() && tree.lstat(candidate)) files = candidate;
    store.layers[{text(at + "diff"), text(at + "parent")}] = {"sha256:" + chain, files};
  }
  return store;
}

const LayerStore& layers_of(Context& context, Stores& stores, const std::string& image_directory) {
  const auto found = stores.by_driver.find(image_directory);
  if (found != stores.by_driver.end()) return found->second;
  return stores.by_driver.emplace(image_directory, load_layers(context, image_directory))
      .first->second;
}

struct Images {
  std::vector<DockerImage> list;
};

void load_references(Context& context, const std::string& path,
                     std::map<std::string, std::vector<DockerImage::Reference>>& out) {
  const auto text = context.read(path);
  if (!text) return;
  const json::Document document = json::parse(text->text);
  context.issues(text->path, document.errors);
  const json::Value* repositories = document.root ? document.root->find("Repositories") : nullptr;
  if (repositories == nullptr) return;
  for (const json::Value& repository : repositories->items)
    for (const json::Value& reference : repository.items)
      if (reference.is(json::Kind::string))
        out[reference.text].push_back({reference.key, {text->path, json_span(reference)}});
}

Images load_images(Context& context) {
  constexpr size_t kBytes = size_t{32} << 20;  // of all configurations; one has some kilobytes
  size_t bytes = 0;
  Images images;
  Stores stores;
  const Tree& tree = context.tree();
  for (const DockerRoot& root : docker_roots(context)) {
    const auto drivers = tree.list(root.path + "/image");
    if (!drivers) continue;
    for (const std::string& driver : *drivers) {
      const std::string directory = root.path + "/image/" + driver;
      std::map<std::string, std::vector<DockerImage::Reference>> references;
      load_references(context, directory + "/repositories.json", references);
      const std::string content = directory + "/imagedb/content/sha256";
      const auto ids = tree.list(content);
      if (!ids) continue;
      const LayerStore& layers = layers_of(context, stores, directory);
      for (const std::string& id : *ids) {
        const auto text = context.read(content + "/" + id);
        if (!text) continue;
        if ((bytes += text->text.size()) > kBytes) {
          context.issue(text->path, {"too-many-images",
                                     {1, 1, 1, 1},
                                     "the images of this host are too many to read them all",
                                     parsers::Effect::refused});
          return images;
        }
        DockerImage image{"sha256:" + id, text->path, json::parse(text->text), {}, {}, {}, &root};
        if (image.document.root)
          if (const json::Value* diffs = image.document.root->find({"rootfs", "diff_ids"}))
            for (const json::Value& diff : diffs->items) image.diff_ids.push_back(diff.text);
        image.directories = layer_directories(layers, image.diff_ids);
        if (const auto found = references.find(image.id); found != references.end())
          image.references = found->second;
        images.list.push_back(std::move(image));
      }
    }
  }
  return images;
}

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

Span json_span(const json::Value& value) {
  if (value.key_span.line == 0) return value.span;
  return {value.key_span.line, value.key_span.column, value.span.end_line, value.span.end_column};
}

Place DockerImage::place(const json::Value* value) const {
  return {path, value ? json_span(*value) : Span{}};
}

const std::vector<DockerRoot>& docker_roots(Context& context) {
  return context
      .shared<Roots>([&] {
        Roots roots;
        if (context.is_fragment()) return roots;
        for (const DockerConfig& config : docker_configs(context)) {
          const std::string_view written = config.value("data-root");
          if (!written.empty())
            add_roots(context, roots.list, written, config);
          else if (config.instance == "snap")
            add_roots(context, roots.list, "var/snap/docker/common/var-lib-docker", config);
        }
        // State that outlived its daemon, and daemons of users without a daemon.json.
        const auto add = [&](std::string_view path, std::string_view instance) {
          if (!context.tree().exists(path)) return;
          const auto config = std::find_if(
              docker_configs(context).begin(), docker_configs(context).end(),
              [&](const DockerConfig& known) {
                return known.instance == instance &&
                       (instance != "rootless" || path.starts_with(known.config_path.substr(
                                                      0, known.config_path.find('/', 5))));
              });
          if (config != docker_configs(context).end()) {
            add_roots(context, roots.list, path, *config);
            return;
          }
          roots.made.push_back(std::make_unique<DockerConfig>());
          roots.made.back()->instance = instance;
          add_roots(context, roots.list, path, *roots.made.back());
        };
        add("var/lib/docker", "system");
        if (const auto homes = context.tree().list("home"))
          for (const std::string& home : *homes)
            add("home/" + home + "/.local/share/docker", "rootless");
        return roots;
      })
      .list;
}

std::vector<std::string> layer_directories(const LayerStore& store,
                                           const std::vector<std::string>& diff_ids) {
  std::vector<std::string> out;
  std::string chain;
  for (const std::string& diff : diff_ids) {
    const auto found = store.layers.find({diff, chain});
    if (found == store.layers.end()) {
      out.resize(diff_ids.size());
      return out;
    }
    chain = found->second.first;
    out.push_back(found->second.second);
  }
  return out;
}

const std::vector<DockerImage>& docker_images(Context& context) {
  return context.shared<Images>([&] { return load_images(context); }).list;
}

// moby/sys/user GetExecUser: a name or a number that stands in /etc/passwd, else the number itself.
std::optional<int64_t> user_id(Context& context, std::string_view user,
                               const std::vector<std::string>& directories) {
  const std::string_view name = user.substr(0, user.find(':'));
  if (name.empty()) return 0;
  const auto as_number = number(name);
  for (auto layer = directories.rbegin(); layer != directories.rend(); ++layer) {
    if (layer->empty()) break;  // a layer that is not there may have hidden the one below
    const auto text = context.tree().read(*layer + "/etc/passwd");
    if (!text) {
      if (context.tree().lstat(*layer + "/etc/passwd")) break;  // a whiteout, or not read
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

}  // namespace drydock::facts
