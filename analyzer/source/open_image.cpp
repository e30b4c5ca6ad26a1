#include "analyzer/source/open_image.h"

#include <algorithm>
#include <iterator>

#include "analyzer/source/disk/beside.h"
#include "analyzer/source/disk/image.h"
#include "analyzer/source/disk/unpack.h"
#include "analyzer/source/targets.h"

namespace drydock {

std::optional<Result<OpenedImage>> open_stack(const std::string& path,
                                              const ImageOptions& options) {
  const auto cost = std::make_shared<ReadCost>();
  auto file = FileDevice::open(path, cost);
  if (!file) return std::nullopt;
  const Unpacking unpacking{
      .allowed = options.temporary, .limit = options.temporary_limit, .announce = options.announce};
  const OpenBeside beside = options.beside ? open_beside(path, cost) : refuse_beside();
  auto found = find_disks(*file, path, beside, unpacking);
  if (!found) return std::nullopt;
  if (!*found) return found->error();
  FoundDisks& disks = **found;
  OpenedImage opened{.size = (*file)->size(),
                     .format = std::move(disks.format),
                     .image = read_disk_image(std::move(disks.disks)),
                     .cost = cost};
  if (!looks_like_disk(opened.image)) return std::nullopt;
  if (!disks.complete) opened.image.complete = false;
  const auto say = [&](Level level, std::vector<std::string>& sentences) {
    for (std::string& sentence : sentences)
      opened.image.diagnostics.push_back(
          {level, DiagnosticKind::artifact, "", Span{}, std::move(sentence), ""});
  };
  say(Level::note, disks.notes);
  say(Level::warning, disks.warnings);
  return opened;
}

namespace {

// --root PATH in an image: a directory of the host, or of one volume when the path begins with its name
// ("p3", "p3/rootfs").
Result<std::vector<Target>> rooted_targets(const DiskImage& image, const OpenOptions& options) {
  const std::string path = normal_path(*options.root);
  const auto at = [&](const std::shared_ptr<const Tree>& tree, std::string_view rest,
                      const std::string& prefix) -> Result<std::vector<Target>> {
    OpenOptions inner = options;
    inner.root = std::string(rest);
    auto targets = forced_target(tree, {}, inner);
    if (targets)
      for (Target& target : *targets) target.prefix = join_path(prefix, target.prefix);
    return targets;
  };
  for (const Volume& volume : image.volumes) {
    if (path != volume.name && !path.starts_with(volume.name + "/")) continue;
    const std::string_view rest =
        std::string_view(path).substr(std::min(path.size(), volume.name.size() + 1));
    for (const ImageRoot& root : image.roots)
      if (root.volume == volume.name) return at(root.tree, rest, volume.name);
    if (!volume.info.file_system)
      return Error{"--root: '" + volume.name + "' is not read" +
                       (volume.info.why_not_read.empty() ? "" : ": " + volume.info.why_not_read),
                   "seen: " + describe(image)};
    return at(std::make_shared<MountedTree>(volume.info.file_system), rest, volume.name);
  }
  std::vector<Target> out;
  for (const ImageRoot& root : image.roots)
    if (auto targets = at(root.tree, path, image.roots.size() > 1 ? root.volume : ""))
      std::ranges::move(*targets, std::back_inserter(out));
  if (out.empty())
    return Error{"--root: the image has no directory and no volume '" + *options.root + "'",
                 "seen: " + describe(image)};
  return out;
}

}  // namespace

std::optional<Result<Artifact>> open_image(const std::string& path, const OpenOptions& options) {
  auto opened = open_stack(path, options.image);
  if (!opened) return std::nullopt;
  if (!*opened) return opened->error();
  DiskImage& image = (*opened)->image;

  Artifact artifact{.path = path,
                    .kind = ArtifactKind::image,
                    .format = (*opened)->format,
                    .size = (*opened)->size,
                    .diagnostics = std::move(image.diagnostics),
                    .complete = image.complete};
  artifact.read_cost = [cost = (*opened)->cost] { return *cost; };
  if (options.root) {
    auto targets = rooted_targets(image, options);
    if (!targets) return targets.error();
    artifact.targets = std::move(*targets);
  }
  for (const ImageRoot& root : image.roots) {
    if (options.root) break;
    Target target;
    target.scope = options.scope.value_or(Scope::host);
    target.scope_reason =
        options.scope ? "--scope says so" : "the root file system on " + root.volume;
    target.tree = root.tree;
    if (image.roots.size() > 1) target.prefix = root.volume;
    artifact.targets.push_back(std::move(target));
  }
  if (artifact.targets.empty()) {
    std::string seen = describe(image);
    for (const Diagnostic& diagnostic : artifact.diagnostics)
      if (diagnostic.level == Level::warning) seen += "  " + diagnostic.message + "\n";
    return Error{"'" + path + "' is a disk image without a root file system that drydock can read",
                 "seen: " + seen};
  }
  name_targets(artifact.targets,
               options.target_name.empty() ? artifact_stem(path) : options.target_name);
  return artifact;
}

}  // namespace drydock
