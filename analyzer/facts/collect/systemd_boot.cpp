// systemd-boot(7): its menu, from the entries of the Boot Loader Specification and unified kernel images, in the order
// in which it shows them, and the entry of them that starts.
#include <algorithm>
#include <charconv>

#include "analyzer/facts/collect/boot.h"
#include "analyzer/facts/file_bytes.h"
#include "analyzer/source/tree.h"
#include "parsers/boot_loader_entry.h"
#include "parsers/characters.h"
#include "parsers/kernel_cmdline.h"
#include "parsers/pe_sections.h"

namespace drydock::facts {
namespace {

using parsers::is_digit;
using parsers::is_letter;
using parsers::lower;

using parsers::boot_loader_entry::Line;

// Version Format Specification, "Version Comparison": <0 if a is older.
int compare_versions(std::string_view a, std::string_view b) {
  const auto first = [](std::string_view text) { return text.empty() ? '\0' : text[0]; };
  const auto order = [](auto x, auto y) { return x < y ? -1 : (x > y ? 1 : 0); };
  const auto skip = [](std::string_view& text) {
    while (!text.empty() && !is_digit(text[0]) && !is_letter(text[0]) &&
           std::string_view("~-^.").find(text[0]) == std::string_view::npos)
      text.remove_prefix(1);
  };
  const auto length = [](std::string_view text, auto matches) {
    return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), matches) - text.begin());
  };
  while (true) {
    skip(a);
    skip(b);
    for (const char mark : {'~', '\0', '-', '^', '.'}) {
      if (mark == '\0') {
        if (a.empty() || b.empty()) return order(first(a), first(b));
        continue;
      }
      if (first(a) != mark && first(b) != mark) continue;
      if (const int r = order(first(a) != mark, first(b) != mark); r != 0) return r;
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
    const bool digits = is_digit(first(a)) || is_digit(first(b));
    size_t n = length(a, digits ? is_digit : is_letter),
           m = length(b, digits ? is_digit : is_letter);
    if (digits) {
      if (const int r = order(n != 0, m != 0); r != 0) return r;
      for (auto [text, size] : {std::pair{&a, &n}, std::pair{&b, &m}})
        for (; *size > 0 && (*text)[0] == '0'; --*size) text->remove_prefix(1);
      if (n != m) return order(n, m);
    }
    if (const int r = a.substr(0, std::min(n, m)).compare(b.substr(0, std::min(n, m))); r != 0)
      return r;
    if (n != m) return order(n, m);
    a.remove_prefix(n);
    b.remove_prefix(m);
  }
}

// Boot Loader Specification, "Boot Counting": NAME+LEFT.conf, NAME+LEFT-DONE.conf.
void take_tries(BootEntry& entry) {
  const size_t dot = entry.id.rfind('.'), plus = entry.id.rfind('+', dot);
  if (dot == std::string::npos || plus == std::string::npos) return;
  const char *at = entry.id.data() + plus + 1, *const end = entry.id.data() + dot;
  int left = 0, done = -1;
  if (at == end || !is_digit(*at)) return;
  auto read = std::from_chars(at, end, left);
  if (read.ec != std::errc()) return;
  if (read.ptr != end) {
    if (*read.ptr != '-' || read.ptr + 1 == end || !is_digit(read.ptr[1])) return;
    read = std::from_chars(read.ptr + 1, end, done);
    if (read.ec != std::errc() || read.ptr != end) return;
  }
  entry.tries_left = left;
  entry.tries_done = done;
  entry.id.erase(plus, dot - plus);
}

// Boot Loader Specification, "Sorting": entries whose tries are used up last, those with a sort-key before those
// without, then by sort-key, machine-id and version, the newest first; then by the file's name, the last first.
bool comes_before(const BootEntry& a, const BootEntry& b) {
  if ((a.tries_left == 0) != (b.tries_left == 0)) return b.tries_left == 0;
  if (a.sort_key.empty() != b.sort_key.empty()) return b.sort_key.empty();
  if (!a.sort_key.empty()) {
    if (a.sort_key != b.sort_key) return a.sort_key < b.sort_key;
    if (a.machine_id != b.machine_id) return a.machine_id < b.machine_id;
    if (const int r = compare_versions(a.version, b.version); r != 0) return r > 0;
  }
  if (const int r = compare_versions(a.id, b.id); r != 0) return r > 0;
  if (a.tries_left < 0 || b.tries_left < 0) return false;
  if (a.tries_left != b.tries_left) return a.tries_left > b.tries_left;
  return a.tries_done < b.tries_done;
}

std::optional<BootEntry> image_entry(Context& context, const std::string& path) {
  const auto bytes = FileBytes::open(context, path);
  if (!bytes) return std::nullopt;
  const auto file = parsers::pe_sections::parse(*bytes, {".cmdline", ".uname"});
  if (!bytes->failed()) context.issues(bytes->path(), file.errors);
  BootEntry entry;
  entry.loader = "systemd-boot";
  entry.id = std::string(file_name(path));
  entry.kernel = "/" + path;
  entry.path = bytes->path();
  for (const auto& section : file.sections) {
    const std::string_view content =
        std::string_view(section.content).substr(0, section.content.find('\0'));
    if (section.name == ".uname") entry.version = std::string(content);
    if (section.name != ".cmdline") continue;
    for (const auto& a : parsers::kernel_cmdline::split(content))
      entry.arguments.push_back(
          {std::string(content.substr(a.begin, a.end - a.begin)), bytes->path(), Span{}});
  }
  return entry;
}

}  // namespace

std::vector<BootEntry> systemd_boot_entries(Context& context) {
  const Tree& tree = context.tree();
  std::vector<BootEntry> list;
  for (const std::string& path : bls_files(tree, true))
    if (auto entry = bls_entry(context, path, nullptr)) list.push_back(std::move(*entry));
  // Of an entry without a kernel nothing comes; bootctl shows it all the same.
  std::erase_if(list, [](const BootEntry& e) { return e.kernel.empty(); });
  for (const std::string_view partition : kBootPartitions)
    for (const std::string& path : tree.glob(join_path(partition, "EFI/Linux"), "*.efi"))
      if (auto entry = image_entry(context, path)) list.push_back(std::move(*entry));
  for (BootEntry& entry : list) take_tries(entry);
  std::stable_sort(list.begin(), list.end(), comes_before);
  if (list.empty()) return list;
  std::string wanted;
  for (const std::string_view partition : kBootPartitions)
    if (const auto text = context.read(join_path(partition, "loader/loader.conf"));
        text && wanted.empty())
      for (const Line& line : parsers::boot_loader_entry::parse(text->text).lines)
        if (line.key == "default" && line.is_lower) wanted = line.value;
  size_t chosen = 0;
  std::string why = "the first entry";
  // loader.conf(5): a pattern for the ids; what "@saved" stands for only the firmware knows.
  if (!wanted.starts_with('@'))
    for (size_t i = list.size(); i-- > 0 && !wanted.empty();)
      if (glob_match(lower(wanted), lower(list[i].id))) {
        chosen = i;
        why = "loader.conf's default, " + wanted;
      }
  list[chosen].is_default = true;
  list[chosen].why = why;
  return list;
}

}  // namespace drydock::facts
