#include "analyzer/source/disk/image.h"

#include <algorithm>

#include "analyzer/source/disk/assembly.h"

namespace drydock {
namespace {

constexpr size_t kCachePages = 256;  // 16 MiB under everything

std::string megabytes(uint64_t bytes) {
  const uint64_t tenths = (bytes * 10 + (uint64_t{1} << 19)) >> 20;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

// How much of a volume the container has no more, because its file was cut.
uint64_t missing_of(const Disk& disk, const Partition& partition) {
  uint64_t missing = 0;
  for (const ByteRange& range : disk.missing) {
    const uint64_t begin = std::max(range.offset, partition.start),
                   end =
                       std::min(range.offset + range.length,
                                checked_add(partition.start, partition.size).value_or(UINT64_MAX));
    if (begin < end) missing += end - begin;
  }
  return missing;
}

// What is on the disk that nobody read and that may hold files of the host.
void report_volumes(DiskImage& image) {
  const auto say = [&](Level level, const std::string& message) {
    image.diagnostics.push_back({level, DiagnosticKind::not_read, "", Span{}, message, ""});
  };
  for (const DiskImage::Part& part : image.disks) {
    for (const std::string& note : part.disk.notes) say(Level::note, note);
    for (const std::string& note : part.table.notes)
      say(part.table.complete ? Level::note : Level::warning, note);
    if (!part.table.complete) image.complete = false;
  }
  for (const Volume& volume : image.volumes) {
    std::string shown =
        volume.name == "disk" ? "the disk" : "partition " + std::to_string(volume.partition.number);
    if (!volume.info.type.empty()) shown += " (" + volume.info.type + ")";
    std::string wanted;
    for (const std::string& path : volume.wanted_at)
      wanted += (wanted.empty() ? "" : " and ") + path;
    for (const std::string& note : volume.info.notes) say(Level::note, shown + ": " + note);
    if (volume.info.missing > 0) {
      image.complete = false;
      say(Level::warning,
          shown + " is cut short: its last " + megabytes(volume.info.missing) + " are missing");
    }
    // Nothing at rest is lost with swap.
    const Disk& disk = image.disks[volume.disk].disk;
    if (const uint64_t missing = missing_of(disk, volume.partition);
        missing > 0 && volume.info.type != "swap") {
      image.complete = false;
      say(Level::warning, "the " + disk.format + " image is cut short: " + megabytes(missing) +
                              " of " + shown + " are missing");
    }
    if (!volume.info.why_not_read.empty()) {
      image.complete = false;
      const std::string name =
          volume.crypt_name.empty() ? "" : "'" + volume.crypt_name + "' of crypttab";
      if (!wanted.empty())
        shown += ", to be mounted on " + wanted + (name.empty() ? "," : " as " + name + ",");
      else if (!name.empty())
        shown += ", " + name + ",";
      say(Level::warning, shown + " was not read: " + volume.info.why_not_read);
    }
  }
}

// Does a volume that nobody recognizes hold something that may be files? A partition for a boot loader's code
// does not.
bool holds_something(const BlockDevice& volume, const Partition& partition) {
  static constexpr std::string_view kNoFiles[] = {
      "21686148-6449-6e6f-744e-656564454649",  // BIOS boot
      "9e1a2d38-c612-4316-aa26-8b49521e5a8b",  // PReP boot
      "e3c9e316-0b5c-4db8-817d-f92df00215ae",  // Microsoft reserved
      "fe3a2a5d-4f32-41a7-b725-accc3285a309",  // ChromeOS kernel
      "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f",  // swap, made anew
      "41",
      "82"};  // PReP boot, swap
  if (std::ranges::find(kNoFiles, partition.type) != std::ranges::end(kNoFiles)) return false;
  // Where the formats that are not read have their headers.
  for (const uint64_t at : {0, 4, 16, 32, 64, 128}) {
    const auto piece = volume.read(at << 10, size_t{4096});
    if (piece && std::ranges::any_of(*piece, [](std::byte b) { return b != std::byte{0}; }))
      return true;
  }
  return false;
}

std::string describe(const Volume& volume) {
  std::string out = "  " + volume.name + "  " + megabytes(volume.partition.size);
  if (!volume.partition.type_name.empty()) out += "  " + volume.partition.type_name;
  if (!volume.partition.label.empty()) out += "  '" + volume.partition.label + "'";
  out += "  " + (volume.info.type.empty() ? "unknown content" : volume.info.type);
  if (!volume.info.uuid.empty()) out += "  UUID=" + volume.info.uuid;
  if (!volume.info.label.empty()) out += "  LABEL=" + volume.info.label;
  for (const std::string& path : volume.mounted_at) out += "  on " + path;
  for (const std::string& path : volume.wanted_at) out += "  for " + path;
  if (!volume.crypt_name.empty()) out += "  as '" + volume.crypt_name + "'";
  if (!volume.info.why_not_read.empty()) out += "  not read: " + volume.info.why_not_read;
  return out + "\n";
}

}  // namespace

DiskImage read_disk_image(std::vector<Disk> disks) {
  DiskImage image;
  const bool several = disks.size() > 1;
  std::vector<BlockDevicePtr> devices;
  for (Disk& disk : disks) {
    const size_t index = image.disks.size();
    const auto device = std::make_shared<CachedDevice>(disk.device, kCachePages);
    devices.push_back(device);
    PartitionTable table = read_partition_table(*device);
    const std::string prefix = several ? "disk" + std::to_string(index + 1) : "";
    if (table.kind == PartitionTable::Kind::none)
      image.volumes.push_back({.name = several ? prefix : "disk",
                               .disk = index,
                               .partition = {.size = device->size()},
                               .info = probe_volume(device)});
    for (const Partition& partition : table.partitions) {
      const auto slice = std::make_shared<SliceDevice>(device, partition.start, partition.size);
      image.volumes.push_back(
          {.name = (several ? prefix + "-p" : "p") + std::to_string(partition.number),
           .disk = index,
           .partition = partition,
           .info = probe_volume(slice)});
    }
    image.disks.push_back({std::move(disk), std::move(table)});
  }
  for (Volume& volume : image.volumes) {
    if (!volume.info.type.empty() || !volume.info.why_not_read.empty()) continue;
    const SliceDevice content(devices[volume.disk], volume.partition.start, volume.partition.size);
    if (volume.partition.number != 0 && holds_something(content, volume.partition))
      volume.info.why_not_read = "what is on it is not known";
  }
  for (size_t i = 0; i < image.volumes.size(); ++i) {
    const auto& file_system = image.volumes[i].info.file_system;
    if (file_system && holds_root(file_system))
      image.roots.push_back({image.volumes[i].name, assemble(image, i)});
  }
  report_volumes(image);
  return image;
}

bool looks_like_disk(const DiskImage& image) {
  // The signature of an MBR is two bytes, which a file may carry by chance: something must be on it, or a
  // chain of logical partitions begin in it.
  return std::ranges::any_of(
             image.disks,
             [](const DiskImage::Part& part) {
               const PartitionTable& table = part.table;
               return table.kind == PartitionTable::Kind::gpt || part.disk.format != "raw" ||
                      (table.kind == PartitionTable::Kind::mbr && table.has_logical);
             }) ||
         std::ranges::any_of(image.volumes,
                             [](const Volume& volume) { return !volume.info.type.empty(); });
}

std::string describe(const DiskImage& image) {
  std::string out;
  for (size_t i = 0; i < image.disks.size(); ++i) {
    const auto& [disk, table] = image.disks[i];
    out += disk.format + ", " + megabytes(disk.device->size());
    switch (table.kind) {
      case PartitionTable::Kind::none:
        out += ", no partition table\n";
        break;
      case PartitionTable::Kind::mbr:
        out += ", MBR " + table.disk_id + "\n";
        break;
      case PartitionTable::Kind::gpt:
        out += ", GPT " + table.disk_id + "\n";
        break;
    }
    for (const Volume& volume : image.volumes)
      if (volume.disk == i) out += describe(volume);
  }
  return out;
}

}  // namespace drydock
