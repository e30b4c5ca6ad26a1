#include "analyzer/source/disk/mounts.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "parsers/fstab.h"
#include "parsers/unit.h"

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

// A file that may be there and could not be read.
TreeResult<std::string_view> read(const Tree& tree, const std::string& path, std::string& why) {
  const auto text = tree.read_resolved(path);
  if (!text && (text.error().kind == TreeError::Kind::unreadable ||
                text.error().kind == TreeError::Kind::too_large))
    why = text.error().message;
  return text;
}

std::vector<MountWish> fstab_wishes(const Tree& tree, std::string& why) {
  std::vector<MountWish> out;
  const auto text = read(tree, "etc/fstab", why);
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

// Is a link of this name in a .wants or .requires directory, or in those of the automount unit?
// systemctl(1) "enable" makes them.
class Enabled {
 public:
  explicit Enabled(const Tree& tree) {
    for (const char* directory : {"etc/systemd/system", "usr/lib/systemd/system"}) {
      const auto real = tree.resolve(directory);
      const auto names =
          real ? tree.list(*real) : TreeResult<std::vector<std::string>>(real.error());
      if (!names) continue;
      for (const std::string& entry : *names) {
        if (!entry.ends_with(".wants") && !entry.ends_with(".requires")) continue;
        if (const auto members = tree.list(join_path(*real, entry)))
          names_.insert(members->begin(), members->end());
      }
    }
  }
  bool contains(const std::string& unit) const {
    const std::string stem = unit.substr(0, unit.size() - std::string_view(".mount").size());
    return names_.contains(unit) || names_.contains(stem + ".automount");
  }

 private:
  std::set<std::string> names_;
};

// systemd.mount(5): What=, Where=, Type=, Options=. A unit that is a link to /dev/null is masked: it
// has a target and no source, and nothing else is mounted there.
std::vector<MountWish> unit_wishes(const Tree& tree, const std::string& directory,
                                   const Enabled& enabled, std::string& why) {
  std::vector<MountWish> out;
  for (const std::string& path : tree.glob(directory, "*.mount")) {
    const std::string unit(file_name(path));
    const auto real = tree.resolve(path);
    const auto link = tree.readlink(path);
    const bool masked = link && *link == "/dev/null";
    if (masked) {
      // systemd-escape(1) --path: '-' stands for '/'; other escapes do not matter here.
      std::string target = unit.substr(0, unit.size() - std::string_view(".mount").size());
      std::ranges::replace(target, '-', '/');
      out.push_back({.target = target, .path = path});
      continue;
    }
    if (!real || !enabled.contains(unit)) continue;
    const auto text = read(tree, path, why);
    if (!text) continue;
    MountWish wish{.path = *real};
    bool has_target = false;
    for (const auto& assignment : parsers::unit::parse(*text).assignments) {
      if (assignment.section != "Mount") continue;
      if (assignment.key == "What") wish.source = assignment.value;
      if (assignment.key == "Where") {
        wish.target = normal_path(assignment.value);
        wish.line = assignment.span.line;
        has_target = assignment.value.starts_with('/');
      }
      if (assignment.key == "Type") wish.type = assignment.value;
      if (assignment.key == "Options") wish.options = assignment.value;
    }
    if (!wish.source.empty() && has_target) out.push_back(std::move(wish));
  }
  return out;
}

// Must `first` be mounted before `second`? systemd.unit(5) RequiresMountsFor= has it so for the mount
// point and for the source of a bind mount.
bool precedes(const MountWish& first, const MountWish& second) {
  if (first.target != second.target && is_at_or_below(second.target, first.target)) return true;
  return second.is_bind() && is_at_or_below(normal_path(second.source), first.target) &&
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

// udev writes what a link's name cannot hold as \xNN.
std::string without_escapes(std::string_view name) {
  const auto digit = [](char c) {
    const char* const digits = "0123456789abcdef";
    const auto at = std::string_view(digits).find(
        static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
  };
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i).starts_with("\\x") && i + 3 < name.size() && digit(name[i + 2]) >= 0 &&
        digit(name[i + 3]) >= 0) {
      out += static_cast<char>(digit(name[i + 2]) * 16 + digit(name[i + 3]));
      i += 3;
    } else {
      out += name[i];
    }
  }
  return out;
}

}  // namespace

bool MountWish::has(std::string_view option) const {
  for (const auto& one : parsers::fstab::split_options(options))
    if (one.name == option) return true;
  return false;
}

std::vector<MountWish> wished_mounts(const Tree& tree, std::string& why) {
  const Enabled enabled(tree);
  std::vector<MountWish> wishes;
  std::set<std::string> targets;
  const auto add = [&](std::vector<MountWish> more) {
    for (MountWish& wish : more)
      if (targets.insert(wish.target).second && wishes.size() < kMaxMounts)
        wishes.push_back(std::move(wish));
  };
  add(unit_wishes(tree, "etc/systemd/system", enabled, why));
  add(fstab_wishes(tree, why));
  add(unit_wishes(tree, "usr/lib/systemd/system", enabled, why));
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
