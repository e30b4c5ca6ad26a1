#include "analyzer/facts/collect/mount_systemd.h"

#include <algorithm>
#include <map>

#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

// systemd, src/shared/mount-setup.c: what it mounts before it reads any unit …
constexpr std::string_view kApi[] = {"/dev",
                                     "/dev/pts",
                                     "/dev/shm",
                                     "/proc",
                                     "/run",
                                     "/sys",
                                     "/sys/firmware/efi/efivars",
                                     "/sys/fs/bpf",
                                     "/sys/fs/cgroup",
                                     "/sys/fs/cgroup/systemd",
                                     "/sys/fs/cgroup/unified",
                                     "/sys/fs/pstore",
                                     "/sys/fs/smackfs",
                                     "/sys/kernel/security"};
// … and "Not really mount points, so ignore them".
constexpr std::string_view kIgnored[] = {"/sys/fs/selinux", "/dev/console", "/proc/kmsg",
                                         "/proc/sys", "/proc/sys/kernel/random/boot_id"};

bool is_option(std::string_view word, std::string_view name) {
  return word.starts_with(name) && (word.size() == name.size() || word[name.size()] == '=');
}

}  // namespace

std::string unescape_path(std::string_view name) {
  if (name == "-") return "/";
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::string out = "/";
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\\' && i + 3 < name.size() && name[i + 1] == 'x' && digit(name[i + 2]) >= 0 &&
        digit(name[i + 3]) >= 0) {
      out += static_cast<char>(digit(name[i + 2]) * 16 + digit(name[i + 3]));
      i += 3;
    } else {
      out += name[i] == '-' ? '/' : name[i];
    }
  }
  return out;
}

std::string escape_name(std::string_view text, std::string_view plain) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const bool stays = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       plain.find(c) != std::string_view::npos;
    if (c == '/') {
      out += '-';
    } else if (stays) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

std::string escape_path(std::string_view path) {
  const std::string normal = normal_path(path);
  if (normal.empty()) return "-";
  const size_t dot = normal[0] == '.' ? 1 : 0;  // escaped where it begins the name
  return escape_name(std::string_view(normal).substr(0, dot), ":_") +
         escape_name(std::string_view(normal).substr(dot), ":_.");
}

LineWishes line_wishes(std::string_view options) {
  LineWishes wishes;
  for (size_t begin = 0; begin <= options.size();) {
    size_t end = begin;
    while (end < options.size() && options[end] != ',')
      end += options[end] == '\\' && end + 1 < options.size() ? 2 : 1;
    const std::string_view word = options.substr(begin, end - begin);
    if (is_option(word, "noauto")) wishes.noauto = true;
    if (is_option(word, "auto")) wishes.noauto = false;
    if (is_option(word, "x-systemd.automount") || is_option(word, "comment=systemd.automount"))
      wishes.automount = true;
    if (word.starts_with("x-systemd.wanted-by=") || word.starts_with("x-systemd.required-by="))
      wishes.named = true;
    begin = end + 1;
  }
  return wishes;
}

bool is_api_mount_point(std::string_view path) {
  return std::ranges::find(kApi, path) != std::end(kApi) || path.starts_with("/sys/fs/cgroup/");
}

bool is_ignored_mount_point(std::string_view path) {
  return std::ranges::find(kIgnored, path) != std::end(kIgnored);
}

FstabSwitches fstab_switches(Context& context) {
  FstabSwitches out;
  const auto rows = context.store().select(
      "SELECT name, lower(value) FROM boot_argument WHERE boots AND name IN ('fstab', "
      "'systemd.swap') "
      "ORDER BY rowid");
  if (!rows) return out;
  for (const auto& row : rows->rows) {
    bool& is_on = row[0] == "fstab" ? out.fstab : out.swap;
    // parse_boolean() of systemd; what it does not know it ignores, the name alone means yes.
    for (const std::string_view yes : {"", "1", "yes", "y", "true", "t", "on"})
      if (row[1] == yes) is_on = true;
    for (const std::string_view no : {"0", "no", "n", "false", "f", "off"})
      if (row[1] == no) is_on = false;
  }
  return out;
}

std::set<std::string> pulled_in_mounts(const Tree& tree, const UnitFiles& files) {
  // Of links of the same name in the directories of one unit that of the first directory counts; if it leads
  // to /dev/null, there is no dependency.
  std::map<std::pair<std::string, std::string>, std::string> links;
  for (const std::string& directory : files.search_path()) {
    const auto names = tree.list(directory);
    if (!names) continue;
    for (const std::string& name : *names) {
      if (!name.ends_with(".wants") && !name.ends_with(".requires")) continue;
      const std::string path = join_path(directory, name);
      const auto members = tree.list(path);
      if (!members) continue;
      for (const std::string& member : *members)
        if (member.ends_with(".mount") || member.ends_with(".automount") ||
            member.ends_with(".swap"))
          links.try_emplace({name, member}, join_path(path, member));
    }
  }
  std::set<std::string> out;
  for (const auto& [key, path] : links)
    if (!is_mask(tree, path)) out.insert(key.second);
  return out;
}

}  // namespace drydock::facts
