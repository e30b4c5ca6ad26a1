#include "analyzer/facts/collect/docker_state.h"

#include <algorithm>

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

void load_references(Context& context, const std::string& path,
                     std::map<std::string, std::vector<Image::Reference>>& out) {
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

}  // namespace

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

std::vector<Image> docker_images(Context& context) {
  size_t bytes = 0;
  std::vector<Image> out;
  Stores stores;
  const Tree& tree = context.tree();
  for (const DockerRoot& root : docker_roots(context)) {
    const auto drivers = tree.list(root.path + "/image");
    if (!drivers) continue;
    for (const std::string& driver : *drivers) {
      const std::string directory = root.path + "/image/" + driver;
      std::map<std::string, std::vector<Image::Reference>> references;
      load_references(context, directory + "/repositories.json", references);
      const std::string content = directory + "/imagedb/content/sha256";
      const auto ids = tree.list(content);
      if (!ids) continue;
      const LayerStore& layers = layers_of(context, stores, directory);
      for (const std::string& id : *ids) {
        auto image = read_image(context, content + "/" + id, bytes);
        if (!image) continue;
        image->engine = "docker";
        image->store = root.path;
        image->is_host_root = !root.is_remapped;
        image->id = "sha256:" + id;
        image->directories = layer_directories(layers, image->diff_ids);
        if (!driver.starts_with("overlay") && driver != "fuse-overlayfs")
          keep_top(image->directories);
        if (const auto found = references.find(image->id); found != references.end())
          image->references = found->second;
        out.push_back(std::move(*image));
      }
    }
  }
  return out;
}

}  // namespace drydock::facts
