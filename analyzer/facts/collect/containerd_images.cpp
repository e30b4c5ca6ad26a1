#include "analyzer/facts/collect/containerd_images.h"

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/facts/collect/containerd_metadata.h"
#include "analyzer/facts/file_bytes.h"
#include "analyzer/source/large_file.h"
#include "analyzer/source/tree.h"
#include "parsers/bolt.h"

namespace drydock::facts {
namespace {

namespace json = parsers::json;
using parsers::Effect;
using Name = ContainerdMetadata::Name;

constexpr std::string_view kBlobs = "/io.containerd.content.v1.content/blobs/sha256/";
constexpr std::string_view kSnapshotter = "/io.containerd.snapshotter.v1.";
constexpr Span kFile{1, 1, 1, 1};

std::string text(const json::Value* value) {
  return value && value->is(json::Kind::string) ? value->text : "";
}

// "sha256:" and 64 digits; anything else could be a path.
bool is_digest(std::string_view digest) {
  return digest.size() == 71 && digest.starts_with("sha256:") &&
         digest.find_first_not_of("0123456789abcdef", 7) == std::string_view::npos;
}

// What a descriptor of a configuration or manifest says (image-spec, descriptor.md).
bool is_for_machines(const json::Value& descriptor) {
  if (const json::Value* notes = descriptor.find("annotations"))
    if (notes->find("vnd.docker.reference.type")) return false;  // BuildKit's attestations
  return text(descriptor.find({"platform", "architecture"})) != "unknown";
}

class ContentStore {
 public:
  ContentStore(Context& context, const ContainerdMetadata& metadata, size_t& bytes)
      : context_(context), metadata_(metadata), bytes_(bytes) {}

  std::vector<Image> read() {
    for (const auto& [name, digest] : metadata_.images) {
      found_ = broken_ = artifact_ = cut_ = false;
      follow(name, digest, digest, 0);
      if (!found_ && !artifact_ && !broken_) missing_.push_back(name.second);
      if (found_ && cut_) say_cut("image '" + name.second + "' leads to");
    }
    say_missing();
    return std::move(images_);
  }

 private:
  // A blob of JSON. Nothing: it is not there, or that it cannot be read is said.
  std::optional<json::Document> load(const std::string& digest) {
    constexpr size_t kBytes = size_t{64} << 20;  // of all manifests
    if (!is_digest(digest)) return std::nullopt;
    const std::string path = metadata_.root + std::string(kBlobs) + digest.substr(7);
    const auto stat = context_.tree().lstat(path);
    if (!stat || !fits(path, stat->size)) return std::nullopt;
    if (manifest_bytes_ > kBytes) {
      cut_ = true;
      return std::nullopt;
    }
    const auto text = context_.read(path);
    if (!text) {
      broken_ = true;
      return std::nullopt;
    }
    manifest_bytes_ += text->text.size();
    json::Document document = json::parse(text->text);
    context_.issues(text->path, document.errors);
    if (!document.root) return std::nullopt;
    return document;
  }

  bool fits(const std::string& path, uint64_t size) {
    if (size <= limits::kBlob) return true;
    image_issue(context_, path,
                {"too-large", kFile,
                 "a manifest or configuration of " + std::to_string(size) +
                     " bytes is not read; honest ones have some thousand",
                 Effect::refused});
    broken_ = true;
    return false;
  }

  // From what a name leads to down to configurations. An index may hold indexes.
  void follow(const Name& name, const std::string& target, const std::string& digest, int depth) {
    constexpr int kDepth = 4;
    constexpr size_t kManifests = 200;  // of one index
    if (depth > kDepth) {
      cut_ = true;
      return;
    }
    const auto document = load(digest);
    if (!document) return;
    if (const json::Value* manifests = document->root->find("manifests")) {
      size_t count = 0;
      for (const json::Value& item : manifests->items)
        if (is_for_machines(item)) {
          if (++count <= kManifests)
            follow(name, target, text(item.find("digest")), depth + 1);
          else
            cut_ = true;
        }
      return;
    }
    const json::Value* config = document->root->find("config");
    if (config == nullptr) return;
    // Charts of Helm, signatures and the like are kept as images, too (image-spec, manifest.md "artifacts").
    const std::string type = text(config->find("mediaType"));
    if (!type.empty() && type.find("image.config") == std::string::npos &&
        type.find("container.image") == std::string::npos) {
      artifact_ = true;
      return;
    }
    configuration(name, target, text(config->find("digest")));
  }

  void configuration(const Name& name, const std::string& target, const std::string& digest) {
    if (!is_digest(digest)) return;
    const bool is_docker = name.first == "moby";
    // Docker lists an image by what its name leads to.
    const std::string id = is_docker && !ids_.contains(target) ? target : digest;
    const auto [known, is_new] = by_configuration_.try_emplace({is_docker, digest});
    if (is_new) {
      const std::string path = metadata_.root + std::string(kBlobs) + digest.substr(7);
      const auto stat = context_.tree().lstat(path);
      auto image = stat && fits(path, stat->size) ? read_image(context_, path, bytes_)
                                                  : std::optional<Image>();
      if (!image) {
        broken_ = broken_ || stat.has_value();
        by_configuration_.erase(known);
        return;
      }
      image->engine = is_docker ? "docker" : "containerd";
      image->store = metadata_.root;
      image->is_host_root = metadata_.is_host_root;
      image->runs_health_check = is_docker;
      image->id = id;
      image->directories = directories(name.first, digest, image->diff_ids.size());
      known->second = images_.size();
      images_.push_back(std::move(*image));
      ids_.insert(id);
    }
    found_ = true;
    Image& image = images_[known->second];
    // Namespaces share what was pulled, and each unpacks it for itself.
    if (!is_new && std::ranges::all_of(image.directories, &std::string::empty))
      image.directories = directories(name.first, digest, image.diff_ids.size());
    image.names.push_back(name.first + " " + name.second);
    refer(image, name, is_docker);
  }

  // CRI names an image by its configuration as well, and Docker one without a name "moby-dangling@sha256:…".
  void refer(Image& image, const Name& name, bool is_docker) {
    std::string_view reference = name.second;
    if (reference.starts_with("sha256:") || reference.starts_with("moby-dangling@")) return;
    constexpr std::string_view kHub = "docker.io/", kLibrary = "docker.io/library/";
    if (is_docker)  // as it shows them
      reference.remove_prefix(reference.starts_with(kLibrary) ? kLibrary.size()
                              : reference.starts_with(kHub)   ? kHub.size()
                                                              : 0);
    for (const Image::Reference& known : image.references)
      if (known.text == reference) return;
    image.references.push_back({std::string(reference), {metadata_.path, Span{}}});
  }

  // The directories of its layers in the first snapshotter that has it unpacked. None: it was only pulled.
  std::vector<std::string> directories(const std::string& space, const std::string& configuration,
                                       size_t layers) {
    std::vector<std::string> out;
    const Name key{space, configuration};
    const auto top = metadata_.unpacked.lower_bound({key, ""});
    if (top != metadata_.unpacked.end() && top->first.first == key) {
      const std::string& snapshotter = top->first.second;
      for (std::string at = top->second; !at.empty() && out.size() < layers;) {
        const auto snapshot = metadata_.snapshots.find({{space, at}, snapshotter});
        if (snapshot == metadata_.snapshots.end()) break;
        out.push_back(directory(snapshotter, snapshot->second.name));
        at = snapshot->second.parent;
      }
      std::ranges::reverse(out);
      if (out.size() == layers && snapshotter == "native") keep_top(out);
    }
    if (out.size() != layers) out.assign(layers, "");
    return out;
  }

  std::string directory(const std::string& snapshotter, const std::string& name) {
    const auto& ids = snapshot_ids(snapshotter);
    const auto id = ids.find(name);
    if (id == ids.end()) return {};
    const std::string path = metadata_.root + std::string(kSnapshotter) + snapshotter +
                             "/snapshots/" + std::to_string(id->second);
    if (context_.tree().lstat(path + "/fs")) return path + "/fs";
    return snapshotter == "native" && context_.tree().lstat(path) ? path : "";
  }

  // The snapshotter's own database (core/snapshots/storage/bolt.go): v1/snapshots/<name>/id, a varint.
  const std::map<std::string, uint64_t>& snapshot_ids(const std::string& snapshotter) {
    const auto [entry, is_new] = snapshot_ids_.try_emplace(snapshotter);
    if (!is_new || snapshotter.find('/') != std::string::npos) return entry->second;
    const auto file = FileBytes::open(
        context_, metadata_.root + std::string(kSnapshotter) + snapshotter + "/metadata.db");
    if (!file) return entry->second;
    using parsers::bolt::Path;
    constexpr size_t kSnapshots = 200'000;
    bool is_cut = false;
    const auto errors = parsers::bolt::read(
        *file, {[](Path bucket) {
                  return bucket[0] == "v1" && bucket.size() <= 3 &&
                         (bucket.size() == 1 || bucket[1] == "snapshots");
                },
                [&](Path key, std::string_view value) {
                  if (key.size() != 4 || key[3] != "id") return;
                  if (entry->second.size() >= kSnapshots) {
                    is_cut = true;
                    return;
                  }
                  uint64_t id = 0;
                  for (size_t i = 0; i < value.size() && i < 9; ++i)
                    id |= uint64_t{static_cast<unsigned char>(value[i]) & 0x7fu} << 7 * i;
                  entry->second[key[2]] = id;
                }});
    if (!file->failed()) context_.issues(file->path(), errors);
    if (is_cut)
      image_issue(
          context_, file->path(),
          {"too-many-records", kFile,
           "the database has more snapshots than are read; the rest is left out", Effect::refused});
    return entry->second;
  }

  // Once for all images of the store.
  void say_cut(const std::string& what) {
    if (said_cut_) return;
    said_cut_ = true;
    image_issue(context_, metadata_.path,
                {"too-many-records", kFile,
                 what + " more manifests than are read; the rest is left out", Effect::refused});
  }

  void say_missing() {
    if (missing_.empty()) return;
    std::string names;
    constexpr size_t kNames = 5;
    for (size_t i = 0; i < std::min(missing_.size(), kNames); ++i)
      names += (i == 0 ? "'" : ", '") + missing_[i] + "'";
    if (missing_.size() > kNames) names += " and " + std::to_string(missing_.size() - kNames);
    image_issue(
        context_, metadata_.path,
        {"images-not-read", kFile,
         "what is in " + std::string(missing_.size() == 1 ? "image " : "each of the images ") +
             names + " is not known: no configuration of it is in the content store",
         Effect::refused});
  }

  Context& context_;
  const ContainerdMetadata& metadata_;
  size_t& bytes_;
  size_t manifest_bytes_ = 0;
  // Of the image that is followed; cut_: a bound left some of its manifests out.
  bool found_ = false, broken_ = false, artifact_ = false, cut_ = false;
  bool said_cut_ = false;
  std::vector<Image> images_;
  std::map<std::pair<bool, std::string>, size_t> by_configuration_;
  std::set<std::string> ids_;
  std::vector<std::string> missing_;
  std::map<std::string, std::map<std::string, uint64_t>> snapshot_ids_;
};

const std::vector<std::string>& tails() {
  static const std::vector<std::string> kTails = [] {
    std::vector<std::string> out = {"/io.containerd.metadata.v1.bolt/meta.db",
                                    std::string(kBlobs) + "*"};
    for (const char* file :
         {"overlayfs/metadata.db", "native/metadata.db", "overlayfs/snapshots/*/fs/etc/passwd",
          "native/snapshots/*/etc/passwd"})
      out.push_back(std::string(kSnapshotter) + file);
    return out;
  }();
  return kTails;
}

}  // namespace

std::vector<Image> containerd_images(Context& context) {
  std::vector<Image> out;
  size_t bytes = 0;
  for (const ContainerdMetadata& metadata : containerd_metadata(context))
    for (Image& image : ContentStore(context, metadata, bytes).read())
      out.push_back(std::move(image));
  return out;
}

std::vector<std::string_view> containerd_image_paths() {
  static const std::vector<std::string> kPaths = [] {
    std::vector<std::string> out;
    for (const std::string& root : containerd_roots())
      for (const std::string& tail : tails()) out.push_back(root + tail);
    return out;
  }();
  return {kPaths.begin(), kPaths.end()};
}

std::vector<std::string_view> containerd_image_tails() {
  std::vector<std::string_view> out;
  for (std::string_view tail : tails()) out.push_back(tail.substr(1));
  return out;
}

}  // namespace drydock::facts
