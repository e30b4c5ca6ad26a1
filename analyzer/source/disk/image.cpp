#include "analyzer/source/disk/image.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "parsers/fstab.h"
#include "parsers/unit.h"

namespace drydock {
namespace {

constexpr size_t kCachePages = 256;  // 16 MiB under everything
constexpr int kMaxMounts = 256;

// Something to be mounted, from fstab or a .mount unit.
struct Wanted {
  std::string source = {}, target = {}, type = {}, options = {};
  std::string said_by = {};  // "etc/fstab line 3": for diagnostics
  uint32_t line = 0;
  std::string path = {};  // of the file that says so
};

bool has_option(const std::string& options, std::string_view wanted) {
  for (const auto& option : parsers::fstab::split_options(options))
    if (option.name == wanted) return true;
  return false;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// The partition number in a device name: sda3, vdb1, nvme0n1p2, mmcblk0p1, xvda1. The disk's letter means
// nothing here: there is one disk.
std::optional<uint32_t> partition_number(std::string_view device) {
  static constexpr std::string_view kDisks[] = {"sd", "vd", "hd", "xvd", "nvme", "mmcblk"};
  if (std::ranges::none_of(kDisks, [&](std::string_view disk) { return device.starts_with(disk); }))
    return std::nullopt;
  const size_t digits = device.find_last_not_of("0123456789") + 1;
  if (digits == device.size() || device.size() - digits > 4) return std::nullopt;
  if ((device.starts_with("nvme") || device.starts_with("mmcblk")) && device[digits - 1] != 'p')
    return std::nullopt;
  return static_cast<uint32_t>(std::stoul(std::string(device.substr(digits))));
}

// The volume a "What" names: UUID=, LABEL=, PARTUUID=, PARTLABEL= (fstab(5)), the same as
// /dev/disk/by-*, or a device name by its partition number.
const Volume* volume_of(const std::vector<Volume>& volumes, std::string_view source) {
  static constexpr std::pair<std::string_view, std::string_view> kLinks[] = {
      {"/dev/disk/by-uuid/", "UUID="},
      {"/dev/disk/by-label/", "LABEL="},
      {"/dev/disk/by-partuuid/", "PARTUUID="},
      {"/dev/disk/by-partlabel/", "PARTLABEL="}};
  std::string spec(source);
  for (const auto& [directory, tag] : kLinks)
    if (spec.starts_with(directory)) spec = std::string(tag) + spec.substr(directory.size());
  const size_t equals = spec.find('=');
  const auto find = [&](auto matches) -> const Volume* {
    const auto it = std::ranges::find_if(volumes, matches);
    return it == volumes.end() ? nullptr : &*it;
  };
  if (equals == std::string::npos) {
    if (!spec.starts_with("/dev/")) return nullptr;
    const auto number = partition_number(std::string_view(spec).substr(5));
    return number ? find([&](const Volume& v) { return v.partition.number == *number; }) : nullptr;
  }
  const std::string tag = spec.substr(0, equals);
  std::string value = spec.substr(equals + 1);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  if (tag == "UUID")
    return find(
        [&](const Volume& v) { return !value.empty() && lower(v.info.uuid) == lower(value); });
  if (tag == "LABEL")
    return find([&](const Volume& v) { return !value.empty() && v.info.label == value; });
  if (tag == "PARTUUID")
    return find(
        [&](const Volume& v) { return !value.empty() && lower(v.partition.uuid) == lower(value); });
  if (tag == "PARTLABEL")
    return find([&](const Volume& v) { return !value.empty() && v.partition.label == value; });
  return nullptr;
}

// Has the tree what a Linux root has? An os-release, and the places every system has.
bool is_root(const Tree& tree) {
  if (!tree.exists("etc")) return false;
  const bool release = tree.exists("etc/os-release") || tree.exists("usr/lib/os-release");
  const bool system = tree.exists("usr/bin") || tree.exists("bin") || tree.exists("sbin");
  return (release && (system || tree.exists("etc/fstab"))) || (tree.exists("etc/passwd") && system);
}

std::vector<Wanted> fstab_wants(const Tree& tree) {
  std::vector<Wanted> out;
  const auto real = tree.resolve("etc/fstab");
  const auto text = real ? tree.read(*real) : TreeResult<std::string_view>(real.error());
  if (!text) return out;
  for (const auto& entry : parsers::fstab::parse(*text).entries)
    out.push_back({entry.source, entry.target, entry.type, entry.options,
                   *real + " line " + std::to_string(entry.span.line), entry.span.line, *real});
  return out;
}

// systemd.mount(5): What=, Where=, Type=, Options= of *.mount units in /etc; their own fstab lines lose.
std::vector<Wanted> unit_wants(const Tree& tree) {
  std::vector<Wanted> out;
  for (const std::string& path : tree.glob("etc/systemd/system", "*.mount")) {
    const auto text = tree.read_resolved(path);
    if (!text) continue;
    Wanted wanted{.said_by = path, .path = path};
    for (const auto& assignment : parsers::unit::parse(*text).assignments) {
      if (assignment.section != "Mount") continue;
      if (assignment.key == "What") wanted.source = assignment.value;
      if (assignment.key == "Where")
        wanted.target = assignment.value, wanted.line = assignment.span.line;
      if (assignment.key == "Type") wanted.type = assignment.value;
      if (assignment.key == "Options") wanted.options = assignment.value;
    }
    if (!wanted.source.empty() && wanted.target.starts_with('/')) out.push_back(std::move(wanted));
  }
  return out;
}

class Assembly {
 public:
  Assembly(DiskImage& image, size_t root) : image_(image), root_volume_(root) {
    tree_ = std::make_shared<MountedTree>(image_.volumes[root].info.file_system);
    image_.volumes[root].mounted_at.emplace_back("/");
  }

  std::shared_ptr<MountedTree> run() {
    std::vector<Wanted> wanted = unit_wants(*tree_);
    std::set<std::string> targets;
    for (const Wanted& unit : wanted) targets.insert(normal_path(unit.target));
    for (Wanted& line : fstab_wants(*tree_))
      if (targets.insert(normal_path(line.target)).second) wanted.push_back(std::move(line));
    // A mount point must be there before what is mounted below it.
    std::ranges::stable_sort(wanted, {}, [](const Wanted& w) {
      const std::string path = normal_path(w.target);
      return path.empty() ? 0 : 1 + std::ranges::count(path, '/');
    });
    int mounts = 0;
    for (const Wanted& one : wanted)
      if (++mounts <= kMaxMounts) mount(one);
    discover();
    return tree_;
  }

 private:
  void mount(const Wanted& wanted) {
    const std::string path = normal_path(wanted.target);
    if (wanted.type == "swap" || !wanted.target.starts_with('/') || path.empty()) return;
    if (has_option(wanted.options, "noauto")) return;
    if (has_option(wanted.options, "bind") || has_option(wanted.options, "rbind")) {
      if (!tree_->bind(normal_path(wanted.source), path))
        say(wanted, "the bind mount has no source or no mount point");
      return;
    }
    // File systems without a device here hold nothing at rest.
    const bool local =
        wanted.source.starts_with("/dev/") || wanted.source.find('=') != std::string::npos;
    if (!local) return;
    const Volume* volume = volume_of(image_.volumes, wanted.source);
    if (!volume) {
      // The firmware's partition holds nothing a rule judges; others may be on a disk that was not handed over.
      const bool firmware = path == "boot/efi" || path == "efi";
      const bool may_miss = firmware || has_option(wanted.options, "nofail");
      if (!firmware) tree_->block(path, "'" + wanted.source + "' is not in the image");
      say(wanted, "'" + wanted.source + "', to be mounted on /" + path + ", is not in the image",
          may_miss);
      return;
    }
    attach(*volume, path, &wanted);
  }

  void attach(const Volume& volume, const std::string& path, const Wanted* wanted) {
    const auto& file_system = volume.info.file_system;
    if (!file_system) {
      tree_->block(path, volume.info.why_not_read.empty() ? "its volume is not known"
                                                          : volume.info.why_not_read);
      return;  // the volume itself is reported
    }
    if (const auto done = tree_->mount(path, file_system, file_system->root()); !done) {
      if (wanted) say(*wanted, "there is no mount point /" + path);
      return;
    }
    for (Volume& mine : image_.volumes)
      if (&mine == &volume) mine.mounted_at.push_back("/" + path);
  }

  // systemd-gpt-auto-generator(8): partitions of the root's disk that carry a discoverable type are mounted
  // where fstab says nothing and the directory is empty. (/var needs the machine id's hash and is left out.)
  void discover() {
    static constexpr std::pair<std::string_view, std::string_view> kPlaces[] = {
        {"Linux /home", "home"},
        {"Linux /srv", "srv"},
        {"Linux /var/tmp", "var/tmp"},
        {"Linux extended boot", "boot"},
        {"EFI system", "efi"}};
    const size_t disk = image_.volumes[root_volume_].disk;
    if (image_.disks[disk].table.kind != PartitionTable::Kind::gpt) return;
    constexpr uint64_t kNoAuto = uint64_t{1} << 63;
    for (const Volume& volume : image_.volumes) {
      if (volume.disk != disk || !volume.mounted_at.empty() ||
          (volume.partition.attributes & kNoAuto))
        continue;
      for (const auto& [type, path] : kPlaces)
        if (volume.partition.type_name == type && volume.info.file_system &&
            is_empty_directory(path))
          attach(volume, std::string(path), nullptr);
    }
  }

  bool is_empty_directory(std::string_view path) const {
    const auto info = tree_->lstat(path);
    if (!info || info->type != NodeType::directory) return false;
    const auto names = tree_->list(path);
    return names && names->empty();
  }

  void say(const Wanted& wanted, std::string message, bool harmless = false) {
    if (!harmless) image_.complete = false;
    image_.diagnostics.push_back({harmless ? Level::note : Level::warning, DiagnosticKind::not_read,
                                  wanted.path, Span{wanted.line, 1, wanted.line, 1},
                                  std::move(message), ""});
  }

  DiskImage& image_;
  size_t root_volume_;
  std::shared_ptr<MountedTree> tree_;
};

std::string megabytes(uint64_t bytes) {
  const uint64_t tenths = (bytes * 10 + (uint64_t{1} << 19)) >> 20;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
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
    for (const std::string& note : volume.info.notes) say(Level::note, shown + ": " + note);
    if (volume.info.missing > 0) {
      image.complete = false;
      say(Level::warning,
          shown + " is cut short: its last " + megabytes(volume.info.missing) + " are missing");
    }
    if (!volume.info.why_not_read.empty()) {
      image.complete = false;
      say(Level::warning, shown + " was not read: " + volume.info.why_not_read);
    }
  }
}

std::string describe(const Volume& volume) {
  std::string out = "  " + volume.name + "  " + megabytes(volume.partition.size);
  if (!volume.partition.type_name.empty()) out += "  " + volume.partition.type_name;
  if (!volume.partition.label.empty()) out += "  '" + volume.partition.label + "'";
  out += "  " + (volume.info.type.empty() ? "unknown content" : volume.info.type);
  if (!volume.info.uuid.empty()) out += "  UUID=" + volume.info.uuid;
  if (!volume.info.label.empty()) out += "  LABEL=" + volume.info.label;
  for (const std::string& path : volume.mounted_at) out += "  on " + path;
  if (!volume.info.why_not_read.empty()) out += "  not read: " + volume.info.why_not_read;
  return out + "\n";
}

}  // namespace

DiskImage read_disk_image(std::vector<Disk> disks) {
  DiskImage image;
  const bool several = disks.size() > 1;
  for (Disk& disk : disks) {
    const size_t index = image.disks.size();
    const auto device = std::make_shared<CachedDevice>(disk.device, kCachePages);
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
  for (size_t i = 0; i < image.volumes.size(); ++i) {
    const auto& file_system = image.volumes[i].info.file_system;
    if (!file_system || !is_root(MountedTree(file_system))) continue;
    image.roots.push_back({image.volumes[i].name, Assembly(image, i).run()});
  }
  report_volumes(image);
  return image;
}

bool looks_like_disk(const DiskImage& image) {
  // The signature of an MBR is two bytes, which a file may carry by chance: something must be on it.
  return std::ranges::any_of(image.disks,
                             [](const DiskImage::Part& part) {
                               return part.table.kind == PartitionTable::Kind::gpt ||
                                      part.disk.format != "raw";
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
