#include "analyzer/source/open_image.h"

#include "analyzer/source/disk/image.h"
#include "analyzer/source/targets.h"

namespace drydock {

std::optional<Result<Artifact>> open_image(const std::string& path, const OpenOptions& options) {
  auto file = FileDevice::open(path);
  if (!file) return std::nullopt;
  auto disk = open_container(*file, refuse_beside());
  if (!disk) return Error{"'" + path + "': " + disk.error().message, disk.error().help};
  DiskImage image = read_disk_image(std::move(disk).value());
  if (!looks_like_disk(image)) return std::nullopt;

  Artifact artifact{.path = path,
                    .kind = ArtifactKind::image,
                    .format = image.disk.format == "raw" ? "raw disk image" : image.disk.format,
                    .size = (*file)->size(),
                    .diagnostics = std::move(image.diagnostics),
                    .complete = image.complete};
  for (const ImageRoot& root : image.roots) {
    Target target;
    target.scope = options.scope.value_or(Scope::host);
    target.scope_reason =
        options.scope ? "--scope says so" : "the root file system on " + root.volume;
    target.tree = root.tree;
    if (image.roots.size() > 1) target.prefix = root.volume;
    artifact.targets.push_back(std::move(target));
  }
  if (artifact.targets.empty())
    return Error{"'" + path + "' is a disk image without a root file system that drydock can read",
                 "seen: " + describe(image)};
  name_targets(artifact.targets,
               options.target_name.empty() ? artifact_stem(path) : options.target_name);
  return artifact;
}

}  // namespace drydock
