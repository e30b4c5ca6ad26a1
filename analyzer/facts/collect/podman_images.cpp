#include "analyzer/facts/collect/podman_images.h"

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/facts/collect/podman_state.h"
#include "analyzer/source/large_file.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

namespace json = parsers::json;
using parsers::Effect;

constexpr Span kFile{1, 1, 1, 1};

std::string string_of(const json::Value* value) {
  return value && value->is(json::Kind::string) ? value->text : "";
}

bool is_hex(std::string_view id) {
  return id.size() >= 12 && id.size() <= 128 &&
         id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// A key of "big data" whose characters may not stand in a file's name: "=" and its base64 (makeBigDataBaseName).
std::string file_of(std::string_view key) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "=";
  for (size_t at = 0; at < key.size(); at += 3) {
    const std::string_view part = key.substr(at, 3);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < part.size() ? static_cast<unsigned char>(part[i]) : 0u);
    for (size_t i = 0; i < 4; ++i)
      out += i <= part.size() ? kDigits[bits >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

// What the storages of one host may cost together; real ones have some hundred images of some ten layers.
constexpr size_t kImages = 10'000;
constexpr size_t kImageLayers = 200'000;  // summed over the images
constexpr size_t kManifestBytes = size_t{32} << 20;

struct Spent {
  size_t images = 0, layers = 0, manifest_bytes = 0;
  size_t configuration_bytes = 0;
  bool are_layers_refused = false, are_manifests_refused = false;
};

class ImageStore {
 public:
  ImageStore(Context& context, const PodmanStorage& storage, std::string root, std::string driver,
             Spent& spent, std::vector<Image>& out)
      : context_(context),
        storage_(storage),
        root_(std::move(root)),
        driver_(std::move(driver)),
        spent_(spent),
        out_(out) {}

  void read() {
    const auto text = context_.read(root_ + "/" + driver_ + "-images/images.json");
    if (!text) return;
    const json::Document document = json::parse(text->text);
    context_.issues(text->path, document.errors);
    if (!document.root || !document.root->is(json::Kind::array)) return;
    for (const json::Value& item : document.root->items) {
      const std::string id = string_of(item.find("id"));
      if (!is_hex(id)) continue;
      const Span span = json_span(*item.find("id"));
      if (++spent_.images > kImages) {
        refuse(text->path, "too-many-images", span,
               "more images than are read: this one and the rest of the list are left out");
        return;
      }
      if (ids_.insert(id).second)
        image(item, id, text->path);
      else
        refuse(text->path, "image-listed-twice", span,
               "image " + id.substr(0, 12) + " is in this list already; this entry is not read");
    }
  }

 private:
  void refuse(const std::string& path, std::string_view code, Span span, std::string message) {
    image_issue(context_, path, {code, span, std::move(message), Effect::refused});
  }

  static bool has(const json::Value* names, std::string_view key) {
    return names && std::ranges::any_of(names->items, [&](const json::Value& name) {
             return name.is(json::Kind::string) && name.text == key;
           });
  }

  // The configuration's key. Its digest is the image's id, unless somebody chose another one. Empty: it is none.
  std::string configuration(const json::Value& item, const std::string& id,
                            const std::string& directory, const std::string& list) {
    const json::Value* names = item.find("big-data-names");
    if (has(names, "sha256:" + id)) return "sha256:" + id;
    const json::Document document = manifest(directory);
    if (document.root) {
      if (document.root->find("manifests")) return {};
      const std::string digest = string_of(document.root->find({"config", "digest"}));
      if (digest.starts_with("sha256:") && is_hex(digest.substr(7))) return digest;
    }
    refuse(list, "image-without-configuration", json_span(*item.find("id")),
           "what is in image " + id.substr(0, 12) +
               " is not known: this storage has no configuration of it");
    return {};
  }

  // An image's manifest; without root: there is none, or it is said that it is not read.
  json::Document manifest(const std::string& directory) {
    const std::string path = directory + "manifest";
    const auto stat = context_.tree().stat(path);
    if (!stat || spent_.are_manifests_refused) return {};
    if (stat->size > limits::kBlob) {
      refuse(path, "too-large", kFile,
             "a manifest of " + std::to_string(stat->size) +
                 " bytes is not read; honest ones have some thousand");
      return {};
    }
    const auto text = context_.read(path);
    if (!text) return {};
    if ((spent_.manifest_bytes += text->text.size()) > kManifestBytes) {
      refuse(text->path, "too-many-images", kFile,
             "the manifests of this host's images are too large to read them all; this one and the "
             "rest are left out");
      spent_.are_manifests_refused = true;
      return {};
    }
    return json::parse(text->text);
  }

  // OCI's format has no health check: in an image of it Podman does not look for one (libimage, inspect.go).
  bool is_oci(const std::string& directory) {
    const json::Document document = manifest(directory);
    if (!document.root) return false;
    std::string type = string_of(document.root->find("mediaType"));
    if (type.empty()) type = string_of(document.root->find({"config", "mediaType"}));
    return type.starts_with("application/vnd.oci.");
  }

  void image(const json::Value& item, const std::string& id, const std::string& list) {
    const std::string directory = root_ + "/" + driver_ + "-images/" + id + "/";
    const std::string key = configuration(item, id, directory, list);
    if (key.empty()) return;
    const std::string path = directory + file_of(key);
    auto image = read_image(context_, path, spent_.configuration_bytes);
    if (!image) {
      if (!context_.tree().lstat(path))
        refuse(
            list, "image-without-configuration", json_span(*item.find("id")),
            "what is in image " + id.substr(0, 12) + " is not known: its configuration is missing");
      return;
    }
    image->engine = "podman";
    image->store = storage_.path;
    image->is_host_root = !storage_.is_rootless;
    image->id = "sha256:" + id;
    if (image->document.root && image->document.root->find({"config", "Healthcheck"}))
      image->runs_health_check = !is_oci(directory);
    image->directories = directories(string_of(item.find("layer")), list, json_span(item));
    if (const json::Value* names = item.find("names"))
      for (const json::Value& name : names->items)
        if (name.is(json::Kind::string))
          image->references.push_back({name.text, {list, json_span(name)}});
    out_.push_back(std::move(*image));
  }

  // From the topmost layer down its parents; the lowest first.
  std::vector<std::string> directories(std::string layer, const std::string& list, Span span) {
    constexpr size_t kLayers = 1000;  // of one image; overlay can do 500
    std::vector<std::string> out;
    while (!layer.empty() && out.size() < kLayers) {
      if (spent_.are_layers_refused) return {};
      if (++spent_.layers > kImageLayers) {
        refuse(list, "too-many-layers", span,
               "the images have more layers than are looked at: those of this one and of the rest "
               "are left out");
        spent_.are_layers_refused = true;
        return {};
      }
      out.push_back(is_hex(layer) ? directory(layer) : "");
      const auto parent = parents().find(layer);
      if (parent == parents().end()) {
        out.push_back("");  // what is below is not known
        break;
      }
      layer = parent->second;
    }
    std::ranges::reverse(out);
    if (driver_ != "overlay") keep_top(out);
    return out;
  }

  const std::string& directory(const std::string& layer) {
    const auto [known, is_new] = directories_.try_emplace(layer);
    if (is_new)
      for (const std::string& candidate :
           {root_ + "/" + driver_ + "/" + layer + "/diff", root_ + "/" + driver_ + "/dir/" + layer,
            root_ + "/" + driver_ + "/subvolumes/" + layer})
        if (context_.tree().lstat(candidate)) {
          known->second = candidate;
          break;
        }
    return known->second;
  }

  const std::map<std::string, std::string>& parents() {
    if (parents_) return *parents_;
    parents_.emplace();
    const auto text = context_.read(root_ + "/" + driver_ + "-layers/layers.json");
    if (!text) return *parents_;
    const json::Document document = json::parse(text->text);
    context_.issues(text->path, document.errors);
    if (document.root)
      for (const json::Value& item : document.root->items)
        parents_->emplace(string_of(item.find("id")), string_of(item.find("parent")));
    return *parents_;
  }

  Context& context_;
  const PodmanStorage& storage_;
  const std::string root_, driver_;
  Spent& spent_;
  std::vector<Image>& out_;
  std::set<std::string> ids_;
  std::map<std::string, std::string> directories_;  // of layers; empty: not there
  std::optional<std::map<std::string, std::string>> parents_;
};

const std::vector<std::string>& tails() {
  // "c2hhMjU2O" begins the base64 of "sha256:…": the configuration, and not the signatures and the copies of
  // the manifest beside it.
  static const std::vector<std::string> kTails = {"*-images/images.json", "*-images/*/manifest",
                                                  "*-images/*/=c2hhMjU2O*", "*-layers/layers.json",
                                                  "overlay/*/diff/etc/passwd"};
  return kTails;
}

}  // namespace

std::vector<Image> podman_images(Context& context) {
  std::vector<Image> out;
  Spent spent;
  for (const PodmanStorage& storage : podman_storages(context)) {
    std::vector<std::string> roots = storage.additional;
    roots.insert(roots.begin(), storage.path);
    for (const std::string& root : roots) {
      const auto names = context.tree().list(root);
      if (!names) continue;
      for (const std::string& name : *names)
        if (name.ends_with("-images"))
          ImageStore(context, storage, root, name.substr(0, name.size() - 7), spent, out).read();
    }
  }
  return out;
}

std::vector<std::string_view> podman_image_paths() {
  static const std::vector<std::string> kPaths = [] {
    std::vector<std::string> out;
    for (const std::string root :
         {"var/lib/containers/storage/", "home/*/.local/share/containers/storage/"})
      for (const std::string& tail : tails()) out.push_back(root + tail);
    return out;
  }();
  return {kPaths.begin(), kPaths.end()};
}

std::vector<std::string_view> podman_image_tails() {
  return {tails().begin(), tails().end()};
}

}  // namespace drydock::facts
