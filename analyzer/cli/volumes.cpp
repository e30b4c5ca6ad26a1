// drydock volumes: what is in a disk image, layer by layer.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "analyzer/cli/command.h"
#include "analyzer/cli/opening.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/rows.h"
#include "analyzer/source/open_image.h"

namespace drydock::cli {
namespace {

struct VolumesOptions {
  std::string path;
  std::string format = "text";
  ImageFlags image;
};

// Names on a disk are bytes; JSON wants UTF-8.
std::string text(const std::string& bytes) {
  return printable(bytes);
}

std::string as_json(const OpenedImage& opened) {
  using nlohmann::ordered_json;
  static constexpr const char* kTables[] = {"none", "mbr", "gpt"};
  const DiskImage& image = opened.image;
  ordered_json disks = ordered_json::array();
  for (size_t i = 0; i < image.disks.size(); ++i) {
    const auto& [disk, table] = image.disks[i];
    ordered_json volumes = ordered_json::array();
    for (const Volume& volume : image.volumes) {
      if (volume.disk != i) continue;
      ordered_json mounted = ordered_json::array();
      for (const std::string& path : volume.mounted_at) mounted.push_back(text(path));
      ordered_json wanted = ordered_json::array();
      for (const std::string& path : volume.wanted_at) wanted.push_back(text(path));
      volumes.push_back({{"name", volume.name},
                         {"start", volume.partition.start},
                         {"size", volume.partition.size},
                         {"partitionType", volume.partition.type},
                         {"partitionTypeName", volume.partition.type_name},
                         {"partitionLabel", text(volume.partition.label)},
                         {"partitionUuid", volume.partition.uuid},
                         {"type", volume.info.type},
                         {"uuid", volume.info.uuid},
                         {"label", text(volume.info.label)},
                         {"mountedAt", std::move(mounted)},
                         {"wantedAt", std::move(wanted)},
                         {"cryptName", text(volume.crypt_name)},
                         {"notes", volume.info.notes},
                         {"notRead", text(volume.info.why_not_read)}});
    }
    disks.push_back({{"format", disk.format},
                     {"size", disk.device->size()},
                     {"table", kTables[static_cast<size_t>(table.kind)]},
                     {"tableId", table.disk_id},
                     {"sectorSize", table.sector_size},
                     {"volumes", std::move(volumes)}});
  }
  ordered_json roots = ordered_json::array();
  for (const ImageRoot& root : image.roots) roots.push_back(root.volume);
  return ordered_json{{"format", opened.format},
                      {"disks", std::move(disks)},
                      {"roots", std::move(roots)},
                      {"complete", image.complete}}
             .dump(2, ' ', false, ordered_json::error_handler_t::replace) +
         "\n";
}

int run_volumes(const VolumesOptions& options) {
  const auto opened = open_stack(options.path, image_options(options.image, false));
  if (!opened)
    return fail({"'" + options.path + "' is no disk image that drydock knows",
                 "drydock reads raw, qcow2, VMDK, VHD, VHDX, VDI, Parallels and OVA, also packed"});
  if (!*opened) return fail(opened->error());
  const OpenedImage& image = **opened;
  report_diagnostics(image.image.diagnostics, Level::note);
  const auto written =
      write_standard_output(options.format == "json" ? as_json(image) : describe(image.image));
  if (!written) return fail(written.error());
  return image.image.complete ? kClean : kIncomplete;
}

}  // namespace

void add_volumes(CLI::App& app, Commands& commands) {
  auto options = std::make_shared<VolumesOptions>();
  CLI::App* volumes = app.add_subcommand(
      "volumes",
      "Show what is in a disk image: container, partition table, file systems, what is mounted "
      "where, and what is not read and why.");
  volumes
      ->add_option("IMAGE", options->path,
                   "A disk image: raw, qcow2, VMDK, VHD, VHDX, VDI, Parallels, OVA; also packed.")
      ->required()
      ->type_name("IMAGE");
  volumes->add_option("-f,--format", options->format, "text or json.")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  add_image_options(*volumes, options->image);
  commands.push_back({volumes, [options] { return run_volumes(*options); }});
}

}  // namespace drydock::cli
