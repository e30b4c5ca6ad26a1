#include "analyzer/source/disk/mount_units.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "parsers/unit.h"

namespace drydock {
namespace {

// systemd.unit(5) "Unit File Load Path", what of it is there at rest; what comes first counts.
constexpr const char* kUnitPath[] = {"etc/systemd/system", "usr/local/lib/systemd/system",
                                     "usr/lib/systemd/system"};
constexpr std::string_view kSuffix = ".mount";

std::string stem_of(std::string_view unit) {
  return std::string(unit.substr(0, unit.size() - kSuffix.size()));
}

bool is_masked(const Tree& tree, const std::string& path) {
  const auto link = tree.readlink(path);
  return link && *link == "/dev/null";
}

// The directories of drop-ins of a unit by name, the most special first: "a-b.mount.d", "a-.mount.d",
// "mount.d".
std::vector<std::string> drop_in_names(const std::string& unit) {
  std::vector<std::string> out{unit + ".d"};
  std::string stem = stem_of(unit);
  while (stem.size() > 1) {
    const size_t dash = stem.find_last_of('-', stem.size() - 2);
    if (dash == stem.npos || dash == 0) break;
    stem.resize(dash + 1);
    out.push_back(stem + ".mount.d");
  }
  out.emplace_back("mount.d");
  return out;
}

}  // namespace

TreeResult<std::string_view> read_of_host(const Tree& tree, const std::string& path,
                                          std::string& why) {
  const auto text = tree.read_resolved(path);
  if (!text && (text.error().kind == TreeError::Kind::unreadable ||
                text.error().kind == TreeError::Kind::too_large))
    why = text.error().message;
  return text;
}

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

std::string escaped_path(std::string_view path) {
  if (path.empty()) return "-";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) || c == ':' || c == '_' || (c == '.' && !out.empty());
    if (c == '/') {
      out += '-';
    } else if (plain && byte < 128) {
      out += c;
    } else {
      const char* const digits = "0123456789abcdef";
      out += std::string("\\x") + digits[byte >> 4] + digits[byte & 15];
    }
  }
  return out;
}

std::string unescaped_path(std::string_view name) {
  if (name == "-") return "";
  std::string out(name);
  std::ranges::replace(out, '-', '/');
  return without_escapes(out);
}

MountUnits::MountUnits(const Tree& tree) : tree_(tree) {
  for (const char* directory : kUnitPath) {
    const auto real = tree.resolve(directory);
    const auto names = real ? tree.list(*real) : TreeResult<std::vector<std::string>>(real.error());
    if (!names) continue;
    for (const std::string& entry : *names) {
      if (entry == "mount.d" || entry.ends_with(".mount.d"))
        drop_ins_.push_back(join_path(*real, entry));
      if (!entry.ends_with(".wants") && !entry.ends_with(".requires")) continue;
      if (const auto members = tree.list(join_path(*real, entry)))
        wanted_.insert(wanted_.end(), members->begin(), members->end());
    }
  }
  std::ranges::sort(wanted_);
}

bool MountUnits::is_enabled(const std::string& unit) const {
  return std::ranges::binary_search(wanted_, unit) ||
         std::ranges::binary_search(wanted_, stem_of(unit) + ".automount");
}

std::vector<MountWish> MountUnits::wishes(const std::string& directory, std::string& why) const {
  std::vector<MountWish> out;
  for (const std::string& path : tree_.glob(directory, "*.mount")) {
    const std::string unit(file_name(path));
    if (is_masked(tree_, path)) {
      out.push_back({.target = unescaped_path(stem_of(unit)), .path = path});
      continue;
    }
    const auto real = tree_.resolve(path);
    if (!real || !is_enabled(unit)) continue;
    const auto text = read_of_host(tree_, path, why);
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
    if (!has_target) continue;
    apply_drop_ins(wish, why);
    if (!wish.source.empty()) out.push_back(std::move(wish));
  }
  return out;
}

void MountUnits::apply_drop_ins(MountWish& wish, std::string& why) const {
  if (drop_ins_.empty()) return;
  // Of equal names the first counts, then they are read in the order of their names, whatever their directory.
  std::map<std::string, std::string> files;
  for (const std::string& name : drop_in_names(escaped_path(wish.target) + std::string(kSuffix)))
    for (const std::string& directory : drop_ins_)
      if (file_name(directory) == name)
        if (const auto entries = tree_.list(directory))
          for (const std::string& entry : *entries)
            if (entry.ends_with(".conf")) files.emplace(entry, join_path(directory, entry));
  for (const auto& [name, path] : files) {
    if (is_masked(tree_, path)) continue;
    const auto text = read_of_host(tree_, path, why);
    if (!text) continue;
    for (const auto& assignment : parsers::unit::parse(*text).assignments) {
      if (assignment.section != "Mount") continue;
      if (assignment.key == "What") {
        wish.source = assignment.value;
        wish.path = *tree_.resolve(path);
        wish.line = assignment.span.line;
      }
      if (assignment.key == "Type") wish.type = assignment.value;
      if (assignment.key == "Options") wish.options = assignment.value;
    }
  }
}

}  // namespace drydock
