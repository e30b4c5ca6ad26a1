#include "analyzer/source/disk/mounts.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "analyzer/source/disk/mount_units.h"
#include "parsers/fstab.h"

namespace drydock {
namespace {

constexpr size_t kMaxMounts = 256;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
  return directory.empty() || path == directory ||
         (path.starts_with(directory) && path[directory.size()] == '/');
}

std::vector<MountWish> fstab_wishes(const Tree& tree, std::string& why) {
  std::vector<MountWish> out;
  const auto text = read_of_host(tree, "etc/fstab", why);
  if (!text) return out;
  const std::string path = *tree.resolve("etc/fstab");
  for (const auto& entry : parsers::fstab::parse(*text).entries)
    if (entry.target.starts_with('/'))
      out.push_back({.source = entry.source,
                     .target = normal_path(entry.target),
                     .type = entry.type,
                     .options = entry.options,
                     .line = entry.span.line,
                     .path = path});
  return out;
}

// Must `first` be mounted before `second`? systemd.unit(5) RequiresMountsFor= has it so for the mount
// point and for the source of a bind mount.
bool precedes(const MountWish& first, const MountWish& second) {
  if (first.target != second.target && is_at_or_below(second.target, first.target)) return true;
  return (second.is_bind() || second.is_of_a_file()) &&
         is_at_or_below(normal_path(second.source), first.target) &&
         !is_at_or_below(first.target, second.target);
}

std::vector<MountWish> ordered(std::vector<MountWish> wishes) {
  std::ranges::stable_sort(wishes, {}, [](const MountWish& wish) {
    return wish.target.empty() ? 0 : 1 + std::ranges::count(wish.target, '/');
  });
  std::vector<MountWish> out;
  while (!wishes.empty()) {
    auto next = std::ranges::find_if(wishes, [&](const MountWish& one) {
      return std::ranges::none_of(
          wishes, [&](const MountWish& other) { return &one != &other && precedes(other, one); });
    });
    if (next == wishes.end()) next = wishes.begin();  // they wait for each other
    out.push_back(std::move(*next));
    wishes.erase(next);
  }
  return out;
}

}  // namespace

bool MountWish::has(std::string_view option) const {
  for (const auto& one : parsers::fstab::split_options(options))
    if (one.name == option) return true;
  return false;
}

std::string MountWish::value_of(std::string_view option) const {
  std::string out;
  for (const auto& one : parsers::fstab::split_options(options))
    if (one.name == option) out = one.value;
  return out;
}

std::vector<MountWish> wished_mounts(const Tree& tree, std::string& why) {
  const MountUnits units(tree);
  std::vector<MountWish> wishes;
  std::set<std::string> targets;
  const auto add = [&](std::vector<MountWish> more) {
    for (MountWish& wish : more)
      if (targets.insert(wish.target).second && wishes.size() < kMaxMounts)
        wishes.push_back(std::move(wish));
  };
  add(units.wishes("etc/systemd/system", why));
  // A generator's units come behind those of /etc and before those of packages.
  std::vector<MountWish> fstab = fstab_wishes(tree, why);
  for (MountWish& wish : fstab)
    if (wish.type != "swap" && wish.target != "none") units.apply_drop_ins(wish, why);
  add(std::move(fstab));
  add(units.wishes("usr/local/lib/systemd/system", why));
  add(units.wishes("usr/lib/systemd/system", why));
  return ordered(std::move(wishes));
}

std::optional<DeviceName> device_name(std::string_view source) {
  constexpr std::string_view kDev = "/dev/";
  if (!source.starts_with(kDev)) return std::nullopt;
  std::string_view rest = source.substr(kDev.size());
  const auto number = [&rest]() -> std::optional<uint32_t> {
    uint32_t out = 0;
    size_t digits = 0;
    for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9' && digits < 5;
         ++digits)
      out = out * 10 + static_cast<uint32_t>(rest[digits] - '0');
    rest.remove_prefix(digits);
    return digits > 0 ? std::optional(out) : std::nullopt;
  };
  DeviceName out;
  for (const std::string_view family : {"nvme", "mmcblk"}) {
    if (!rest.starts_with(family)) continue;
    rest.remove_prefix(family.size());
    out.family = family;
    const auto disk = number();
    if (!disk) return std::nullopt;
    out.disk = *disk;
    if (family == "nvme" && (!rest.starts_with('n') || (rest.remove_prefix(1), !number())))
      return std::nullopt;
    if (rest.empty()) return out;
    if (!rest.starts_with('p')) return std::nullopt;
    rest.remove_prefix(1);
    const auto partition = number();
    if (!partition || *partition == 0 || !rest.empty()) return std::nullopt;
    out.partition = *partition;
    return out;
  }
  for (const std::string_view family : {"sd", "vd", "hd", "xvd"}) {
    if (!rest.starts_with(family)) continue;
    rest.remove_prefix(family.size());
    out.family = family;
    size_t letters = 0;
    uint32_t index = 0;  // a, b, … z, aa, ab, …
    for (; letters < rest.size() && rest[letters] >= 'a' && rest[letters] <= 'z' && letters < 3;
         ++letters)
      index = index * 26 + static_cast<uint32_t>(rest[letters] - 'a') + 1;
    if (letters == 0) return std::nullopt;
    rest.remove_prefix(letters);
    out.disk = index - 1;
    if (rest.empty()) return out;
    const auto partition = number();
    if (!partition || *partition == 0 || !rest.empty()) return std::nullopt;
    out.partition = *partition;
    return out;
  }
  return std::nullopt;
}

const Volume* volume_of(const DiskImage& image, const Volume& root, std::string_view root_source,
                        std::string_view source) {
  static constexpr std::pair<std::string_view, std::string_view> kLinks[] = {
      {"/dev/disk/by-uuid/", "UUID="},
      {"/dev/disk/by-label/", "LABEL="},
      {"/dev/disk/by-partuuid/", "PARTUUID="},
      {"/dev/disk/by-partlabel/", "PARTLABEL="}};
  // A copy of a volume has its identity too: the one on the root's own disk is meant.
  const auto find = [&](auto matches) -> const Volume* {
    const Volume* found = nullptr;
    for (const Volume& volume : image.volumes)
      if (matches(volume) && (!found || (found->disk != root.disk && volume.disk == root.disk)))
        found = &volume;
    return found;
  };
  std::string spec(source);
  for (const auto& [directory, tag] : kLinks)
    if (source.starts_with(directory))
      spec = std::string(tag) + without_escapes(source.substr(directory.size()));
  if (const auto name = device_name(spec)) {
    const auto own = device_name(root_source);
    if (own && own->family != name->family && image.disks.size() == 1) return nullptr;
    // Disks are counted from the one that the root is on.
    const auto first = own ? static_cast<int64_t>(own->disk) - static_cast<int64_t>(root.disk) : 0;
    return find([&](const Volume& volume) {
      return static_cast<int64_t>(volume.disk) == static_cast<int64_t>(name->disk) - first &&
             volume.partition.number == name->partition;
    });
  }
  const size_t equals = spec.find('=');
  if (equals == std::string::npos) return nullptr;
  const std::string tag = spec.substr(0, equals);
  std::string value = spec.substr(equals + 1);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  if (value.empty()) return nullptr;
  if (tag == "UUID")
    return find([&](const Volume& v) { return lower(v.info.uuid) == lower(value); });
  if (tag == "LABEL") return find([&](const Volume& v) { return v.info.label == value; });
  if (tag == "PARTUUID")
    return find([&](const Volume& v) { return lower(v.partition.uuid) == lower(value); });
  if (tag == "PARTLABEL") return find([&](const Volume& v) { return v.partition.label == value; });
  return nullptr;
}

}  // namespace drydock
