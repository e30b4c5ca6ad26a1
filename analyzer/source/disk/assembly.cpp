#include "analyzer/source/disk/assembly.h"

#include <nettle/hmac.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include "analyzer/source/disk/boot_arguments.h"
#include "analyzer/source/disk/encrypted.h"
#include "analyzer/source/disk/mount_units.h"
#include "analyzer/source/disk/mounts.h"
#include "analyzer/source/fs/fat_options.h"
#include "analyzer/source/watched.h"

namespace drydock {
namespace {

constexpr const char* kBootDirectories[] = {"boot", "efi", "boot/efi"};
constexpr size_t kPagesOfAFile = 32;

using Id128 = std::array<uint8_t, 16>;

// 32 hexadecimal digits, with or without dashes between them.
std::optional<Id128> id_of(std::string_view text) {
  Id128 out{};
  size_t digits = 0;
  for (const char c : text) {
    if (c == '-') continue;
    const int value = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (value < 0 || digits == 32) return std::nullopt;
    out[digits / 2] = static_cast<uint8_t>(out[digits / 2] << 4 | value);
    ++digits;
  }
  return digits == 32 ? std::optional(out) : std::nullopt;
}

// sd_id128_get_machine_app_specific(3): HMAC-SHA256 of the application's id keyed by the machine's, its
// first half made a UUID of version 4.
Id128 app_specific(const Id128& machine, const Id128& app) {
  hmac_sha256_ctx context;
  hmac_sha256_set_key(&context, machine.size(), machine.data());
  hmac_sha256_update(&context, app.size(), app.data());
  Id128 out{};
  hmac_sha256_digest(&context, out.size(), out.data());
  out[6] = static_cast<uint8_t>((out[6] & 0x0f) | 0x40);
  out[8] = static_cast<uint8_t>((out[8] & 0x3f) | 0x80);
  return out;
}

// strverscmp-like, as systemd-gpt-auto-generator(8) compares the labels of versions: runs of digits are
// numbers.
bool is_newer(std::string_view label, std::string_view than) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  while (!label.empty() && !than.empty()) {
    if (digit(label.front()) && digit(than.front())) {
      const auto run = [&](std::string_view& text) {
        while (text.size() > 1 && text[0] == '0' && digit(text[1])) text.remove_prefix(1);
        size_t end = 0;
        while (end < text.size() && digit(text[end])) ++end;
        const std::string_view out = text.substr(0, end);
        text.remove_prefix(end);
        return out;
      };
      const std::string_view mine = run(label), other = run(than);
      if (mine.size() != other.size()) return mine.size() > other.size();
      if (mine != other) return mine > other;
      continue;
    }
    if (label.front() != than.front()) return label.front() > than.front();
    label.remove_prefix(1);
    than.remove_prefix(1);
  }
  return than.empty() && !label.empty();
}

// The root of a merged /usr whose /usr is elsewhere has only links in these places.
bool has_any(const Tree& tree, std::initializer_list<std::string_view> paths) {
  for (const std::string_view path : paths)
    if (tree.lstat(path)) return true;
  return false;
}

class Assembly {
 public:
  Assembly(DiskImage& image, size_t root)
      : image_(image),
        root_(image.volumes[root]),
        tree_(std::make_shared<MountedTree>(root_.info.file_system)) {
    root_.mounted_at.emplace_back("/");
  }

  std::shared_ptr<MountedTree> run() {
    std::string why;
    const std::vector<MountWish> wishes = wished_mounts(*tree_, why);
    if (!why.empty()) {
      tree_->doubt("what is mounted there is not known: " + why);
      image_.complete = false;
    }
    read_crypttab();
    for (const MountWish& wish : wishes)
      if (wish.target.empty()) root_source_ = wish.source;
    if (root_source_.empty()) {
      std::vector<std::string> lines;
      for (const char* directory : kBootDirectories) add_command_lines(*tree_, directory, lines);
      root_source_ = boot_arguments(lines).root;
    }
    for (const MountWish& wish : wishes) mount(wish);
    discover(wishes);
    return tree_;
  }

 private:
  bool has_systemd() const {
    return tree_->exists("usr/lib/systemd/systemd") || tree_->exists("lib/systemd/systemd");
  }

  void mount(const MountWish& wish) {
    if (wish.target.empty() || wish.source.empty() || wish.type == "swap") return;
    // noauto leaves it to somebody to mount; an automount mounts when somebody looks (systemd.mount(5)).
    if (wish.has("noauto") && !wish.has("x-systemd.automount")) return;
    if (wish.is_bind()) return bind(wish);
    if (wish.is_of_a_file()) return mount_file(wish);
    if (const EncryptedDevice* device = encrypted(wish.source))
      return mount_encrypted(wish, *device);
    // File systems without a device here hold nothing at rest.
    const bool local =
        wish.source.starts_with("/dev/") || wish.source.find('=') != std::string::npos;
    if (!local) return;
    const Volume* volume = volume_of(image_, root_, root_source_, wish.source);
    if (volume) return attach(*volume, wish.target, &wish);
    // The firmware's partition holds nothing a rule judges; others may be on a disk that was not handed over.
    const bool firmware = wish.target == "boot/efi" || wish.target == "efi";
    if (!firmware) tree_->block(wish.target, "'" + wish.source + "' is not in the image");
    say(wish, "'" + wish.source + "', to be mounted on /" + wish.target + ", is not in the image",
        firmware || wish.has("nofail"));
  }

  void read_crypttab() {
    std::string why;
    const auto text = read_of_host(*tree_, "etc/crypttab", why);
    if (!text) return;
    encrypted_ = encrypted_devices(*text);
    for (const EncryptedDevice& device : encrypted_) {
      const Volume* found = volume_of(image_, root_, root_source_, device.source);
      for (Volume& volume : image_.volumes) {
        if (&volume != found || volume.info.file_system || !volume.crypt_name.empty()) continue;
        volume.crypt_name = device.name;
        if (device.is_swap) {
          volume.info.why_not_read.clear();
          volume.info.notes.emplace_back("crypttab makes swap of it at each start");
        } else if (volume.info.why_not_read.empty()) {
          volume.info.why_not_read = "it is encrypted (crypttab)";
        }
      }
    }
  }

  const EncryptedDevice* encrypted(std::string_view source) const {
    constexpr std::string_view kMapper = "/dev/mapper/";
    if (!source.starts_with(kMapper)) return nullptr;
    const auto found =
        std::ranges::find(encrypted_, source.substr(kMapper.size()), &EncryptedDevice::name);
    return found == encrypted_.end() ? nullptr : &*found;
  }

  void mount_encrypted(const MountWish& wish, const EncryptedDevice& device) {
    if (const Volume* volume = volume_of(image_, root_, root_source_, device.source);
        volume && !volume->info.file_system)
      return attach(*volume, wish.target, &wish);
    tree_->block(wish.target, "it is encrypted ('" + device.name + "' of crypttab)");
    say(wish,
        "'" + wish.source + "', to be mounted on /" + wish.target + ", is encrypted, and '" +
            device.source + "', which it is in, is not in the image",
        wish.has("nofail"));
  }

  // mount(8) "Loop-device support".
  void mount_file(const MountWish& wish) {
    // What a program shows there, or a place of another's, is no file system of this host.
    if (wish.type.starts_with("fuse") || wish.type == "mergerfs" || wish.type == "none") return;
    const std::string what = "'" + wish.source + "', to be mounted on /" + wish.target + ", ";
    const auto fail = [&](const std::string& why) {
      tree_->block(wish.target, why);
      say(wish, what + "was not read: " + why, wish.has("nofail"));
    };
    const auto real = tree_->resolve(normal_path(wish.source));
    if (!real && real.error().kind == TreeError::Kind::unreadable)
      return fail(real.error().message);
    const auto info = real ? tree_->stat(*real) : TreeResult<Stat>(real.error());
    if (!info) return say(wish, what + "does not exist", wish.has("nofail"));
    if (info->type != NodeType::file) return;
    // Each layer reads several places of the one below for each of its own.
    for (const std::string& place : on_files_)
      if (real->starts_with(place + "/")) return fail("it is in a file in a file");
    const auto file = tree_->device_of(*real);
    if (!file) return fail(file.error().message);
    const auto offset = size_of(wish.value_of("offset")),
               limit = size_of(wish.value_of("sizelimit"));
    if (!offset || !limit || *offset > (*file)->size())
      return fail("its offset= or sizelimit= is no number of bytes of it");
    const uint64_t rest = (*file)->size() - *offset;
    const auto slice =
        std::make_shared<SliceDevice>(*file, *offset, *limit == 0 ? rest : std::min(rest, *limit));
    VolumeInfo volume = probe_volume(std::make_shared<CachedDevice>(slice, kPagesOfAFile));
    if (!volume.file_system)
      return fail(volume.why_not_read.empty() ? "what is in it is not known" : volume.why_not_read);
    if (volume.type == "vfat")
      volume.file_system = with_fat_options(volume.file_system, wish.options);
    const auto root = volume.file_system->root();
    const auto place = tree_->mount(wish.target, volume.file_system, root, has_systemd());
    if (!place) return say(wish, "there is no mount point /" + wish.target);
    on_files_.push_back(*place);
    for (const std::string& note : volume.notes) say(wish, "'" + wish.source + "': " + note, true);
    if (volume.missing > 0) say(wish, "'" + wish.source + "' is cut short");
  }

  // "4096", "1MiB": losetup(8) "--offset". Nothing is 0.
  static std::optional<uint64_t> size_of(std::string_view text) {
    if (text.empty()) return 0;
    uint64_t out = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    if (error != std::errc()) return std::nullopt;
    const std::string_view unit(stop, static_cast<size_t>(end - stop));
    static constexpr std::string_view kUnits = "KMGT";
    if (unit.empty()) return out;
    const size_t power =
        kUnits.find(static_cast<char>(std::toupper(static_cast<unsigned char>(unit[0]))));
    if (power == kUnits.npos || (unit.size() > 1 && unit.substr(1) != "iB")) return std::nullopt;
    return checked_mul(out, uint64_t{1} << (10 * (power + 1)));
  }

  void bind(const MountWish& wish) {
    const std::string source = normal_path(wish.source);
    const WatchedTree watched(*tree_);
    if (const auto real = watched.resolve(source)) (void)watched.list(*real);
    if (const auto missed = watched.missed(); !missed.empty())
      return tree_->block(wish.target, missed.front().why);
    if (!tree_->bind(source, wish.target, wish.has("rbind")))
      say(wish, "the bind mount has no source or no mount point");
  }

  void attach(const Volume& volume, const std::string& path, const MountWish* wish,
              std::string_view options = {}) {
    FileSystemPtr file_system = volume.info.file_system;
    if (!file_system) {
      tree_->block(path, volume.info.why_not_read.empty() ? "its volume is not known"
                                                          : volume.info.why_not_read);
      for (Volume& mine : image_.volumes)
        if (&mine == &volume &&
            std::ranges::find(mine.wanted_at, "/" + path) == mine.wanted_at.end())
          mine.wanted_at.push_back("/" + path);
      return;  // the volume itself is reported
    }
    if (volume.info.type == "vfat")
      file_system = with_fat_options(file_system, wish ? std::string_view(wish->options) : options);
    // systemd makes a mount point that is missing (systemd.mount(5) "DirectoryMode="); mount(8) does not.
    if (!tree_->mount(path, file_system, file_system->root(), has_systemd())) {
      if (wish) say(*wish, "there is no mount point /" + path);
      return;
    }
    for (Volume& mine : image_.volumes)
      if (&mine == &volume) mine.mounted_at.push_back("/" + path);
  }

  // systemd-gpt-auto-generator(8): partitions of the root's disk that carry a discoverable type are mounted
  // where fstab says nothing and the directory is empty or missing.
  void discover(const std::vector<MountWish>& wishes) {
    if (image_.disks[root_.disk].table.kind != PartitionTable::Kind::gpt) return;
    const auto free = [&](std::string_view path) {
      return std::ranges::none_of(wishes,
                                  [&](const MountWish& wish) { return wish.target == path; }) &&
             !is_populated(path);
    };
    const auto place = [&](const Volume* volume, const std::string& path,
                           std::string_view options = {}) {
      if (volume && free(path)) attach(*volume, path, nullptr, options);
    };
    if (!is_discovery_wanted()) return;
    // The initial ramdisk has its own generator: /usr comes before systemd itself.
    place(usr(), "usr");
    if (!has_generator()) return;
    place(var(), "var");
    place(first("Linux /home"), "home");
    place(first("Linux /srv"), "srv");
    place(first("Linux /var/tmp"), "var/tmp");
    const Volume* const extended_boot = first("Linux extended boot");
    place(extended_boot, "boot");
    // Firmware's partition goes to /efi, to /boot where that is missing and nobody else wants it.
    const bool has_efi = tree_->exists("efi");
    if (has_efi || !extended_boot)
      place(first("EFI system"), has_efi ? "efi" : "boot", "umask=0077");
  }

  // The kernel's command line may say no. It is on this tree, or on a boot partition that is not mounted yet.
  bool is_discovery_wanted() const {
    std::vector<std::string> lines;
    for (const char* directory : kBootDirectories) add_command_lines(*tree_, directory, lines);
    for (const Volume& volume : image_.volumes)
      if (volume.disk == root_.disk && volume.mounted_at.empty() && volume.info.file_system &&
          (volume.partition.type_name == "EFI system" ||
           volume.partition.type_name == "Linux extended boot"))
        add_command_lines(MountedTree(volume.info.file_system), "", lines);
    return boot_arguments(lines).gpt_auto;
  }

  bool has_generator() const {
    constexpr std::string_view kName = "/system-generators/systemd-gpt-auto-generator";
    // systemd.generator(7): a file of the same name in /etc masks it.
    for (const std::string_view directory :
         {"etc/systemd", "usr/local/lib/systemd", "usr/lib/systemd", "lib/systemd"}) {
      const auto real = tree_->resolve(std::string(directory) + std::string(kName), false);
      if (!real) continue;
      const auto target = tree_->readlink(*real);
      return !target || *target != "/dev/null";
    }
    return false;
  }

  // May the generator use it? Bit 63 of the attributes says no (Discoverable Partitions Specification).
  bool is_candidate(const Volume& volume) const {
    constexpr uint64_t kNoAuto = uint64_t{1} << 63;
    return volume.disk == root_.disk && !(volume.partition.attributes & kNoAuto);
  }

  const Volume* first(std::string_view type) const {
    for (const Volume& volume : image_.volumes)
      if (is_candidate(volume) && volume.partition.type_name == type) return &volume;
    return nullptr;
  }

  // Of several versions of /usr the newest counts.
  const Volume* usr() const {
    const Volume* found = nullptr;
    for (const Volume& volume : image_.volumes)
      if (is_candidate(volume) && volume.partition.type_name.starts_with("Linux /usr (") &&
          (!found || is_newer(volume.partition.label, found->partition.label)))
        found = &volume;
    return found;
  }

  // A /var belongs to one installation: its partition's UUID is made from the machine id.
  const Volume* var() const {
    const auto text = tree_->read_resolved("etc/machine-id");
    const auto machine = text ? id_of(text->substr(0, text->find('\n'))) : std::nullopt;
    if (!machine) return nullptr;
    for (const Volume& volume : image_.volumes) {
      if (!is_candidate(volume) || volume.partition.type_name != "Linux /var") continue;
      const auto type = id_of(volume.partition.type), uuid = id_of(volume.partition.uuid);
      if (type && uuid && *uuid == app_specific(*machine, *type)) return &volume;
    }
    return nullptr;
  }

  // Is something else than an empty directory there, or a mount?
  bool is_populated(std::string_view path) const {
    const auto real = tree_->resolve(path);
    if (!real) return false;
    const auto names = tree_->list(*real);
    return !names || !names->empty();
  }

  void say(const MountWish& wish, std::string message, bool harmless = false) {
    if (!harmless) image_.complete = false;
    image_.diagnostics.push_back({harmless ? Level::note : Level::warning, DiagnosticKind::not_read,
                                  wish.path, Span{wish.line, 1, wish.line, 1}, std::move(message),
                                  ""});
  }

  DiskImage& image_;
  Volume& root_;
  std::shared_ptr<MountedTree> tree_;
  std::string
      root_source_;  // what fstab, or else the kernel's command line, says is mounted on "/"
  std::vector<EncryptedDevice> encrypted_;
  std::vector<std::string> on_files_;  // where files are mounted
};

}  // namespace

bool holds_root(const FileSystemPtr& file_system) {
  const MountedTree tree(file_system);
  const auto etc = tree.stat("etc");
  if (!etc || etc->type != NodeType::directory) return false;
  const bool release = has_any(tree, {"etc/os-release"}) || tree.exists("usr/lib/os-release");
  const bool system = has_any(tree, {"usr", "bin", "sbin"});
  return (release && (system || tree.exists("etc/fstab"))) || (tree.exists("etc/passwd") && system);
}

std::shared_ptr<MountedTree> assemble(DiskImage& image, size_t root) {
  return Assembly(image, root).run();
}

}  // namespace drydock
