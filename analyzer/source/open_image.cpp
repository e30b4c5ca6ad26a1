#include "analyzer/source/open_image.h"

#include "analyzer/source/disk/image.h"
#include "analyzer/source/disk/ova.h"
#include "analyzer/source/targets.h"

namespace drydock {

std::optional<Result<Artifact>> open_image(const std::string& path, const OpenOptions& options) {
  auto file = FileDevice::open(path);
  if (!file) return std::nullopt;
  std::vector<Disk> disks;
  std::string format;
  std::vector<std::string> notes;
  if (auto ova = open_ova(*file)) {
    if (!*ova) return Error{"'" + path + "': " + ova->error().message, ova->error().help};
    disks = std::move((*ova)->disks);
    notes = std::move((*ova)->notes);
    format = "OVA";
  } else {
    auto disk = open_container(*file, refuse_beside());
    if (!disk) return Error{"'" + path + "': " + disk.error().message, disk.error().help};
    format = disk->format == "raw" ? "raw disk image" : disk->format;
    disks.push_back(std::move(disk).value());
  }
  DiskImage image = read_disk_image(std::move(disks));
  if (format != "OVA" && !looks_like_disk(image)) return std::nullopt;

  Artifact artifact{.path = path,
                    .kind = ArtifactKind::image,
                    .format = std::move(format),
                    .size = (*file)->size(),
                    .diagnostics = std::move(image.diagnostics),
                    .complete = image.complete};
  for (std::string& note : notes)
    artifact.diagnostics.push_back(
        {Level::warning, DiagnosticKind::artifact, "", Span{}, std::move(note), ""});
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
