// Entries of boot loaders other than GRUB, and those that GRUB takes from the Boot Loader Specification.
#include <algorithm>
#include <set>

#include "analyzer/facts/collect/boot.h"
#include "analyzer/facts/file_bytes.h"
#include "analyzer/source/tree.h"
#include "parsers/boot_loader_entry.h"
#include "parsers/characters.h"
#include "parsers/grub_env.h"
#include "parsers/kernel_cmdline.h"

namespace drydock::facts {
namespace {

using parsers::is_digit;
using parsers::is_letter;

using parsers::boot_loader_entry::Line;

// rpmvercmp: numbers count as numbers, '~' before everything, other characters only separate.
int compare_versions(std::string_view a, std::string_view b) {
  const auto skip = [](std::string_view& text) {
    while (!text.empty() && !is_digit(text[0]) && !is_letter(text[0]) && text[0] != '~')
      text.remove_prefix(1);
  };
  const auto take = [](std::string_view& text, bool digits) {
    size_t n = 0;
    while (n < text.size() && (digits ? is_digit(text[n]) : is_letter(text[n]))) ++n;
    std::string_view part = text.substr(0, n);
    text.remove_prefix(n);
    while (digits && part.size() > 1 && part[0] == '0') part.remove_prefix(1);
    return part;
  };
  while (true) {
    skip(a);
    skip(b);
    const bool tilde_a = a.starts_with('~'), tilde_b = b.starts_with('~');
    if (tilde_a || tilde_b) {
      if (tilde_a != tilde_b) return tilde_a ? -1 : 1;
      a.remove_prefix(1);
      b.remove_prefix(1);
      continue;
    }
    if (a.empty() || b.empty()) return a.empty() ? (b.empty() ? 0 : -1) : 1;
    const bool digits = is_digit(a[0]);
    if (digits != is_digit(b[0])) return digits ? 1 : -1;
    const std::string_view x = take(a, digits), y = take(b, digits);
    if (digits && x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
    if (const int order = x.compare(y); order != 0) return order < 0 ? -1 : 1;
  }
}

std::map<std::string, BootArgument> grub_variables(Context& context) {
  std::map<std::string, BootArgument> variables;
  for (const char* path : {"boot/grub2/grubenv", "boot/grub/grubenv"})
    if (const auto text = context.read(path))
      for (auto& v : parsers::grub_env::parse(text->text).variables)
        variables[v.name] = {std::move(v.value), text->path, v.span};
  return variables;
}

std::string stem(std::string_view path) {
  const std::string_view name = file_name(path);
  return std::string(name.substr(0, name.rfind('.')));
}

}  // namespace

std::vector<std::string> bls_files(const Tree& tree, bool any_case) {
  std::vector<std::string> paths;
  std::set<std::string> seen;
  const std::string_view pattern = any_case ? "*.[cC][oO][nN][fF]" : "*.conf";
  for (const std::string_view partition : kBootPartitions)
    for (const std::string& path : tree.glob(join_path(partition, "loader/entries"), pattern))
      if (const auto real = tree.resolve(path); real && seen.insert(*real).second)
        paths.push_back(path);
  return paths;
}

std::optional<BootEntry> bls_entry(Context& context, const std::string& path,
                                   const std::map<std::string, BootArgument>* variables) {
  const auto text = context.read(path);
  if (!text) return std::nullopt;
  const auto file = parsers::boot_loader_entry::parse(text->text);
  context.issues(text->path, file.errors);
  BootEntry entry;
  entry.loader = "systemd-boot";
  entry.id = std::string(file_name(path));
  entry.path = text->path;
  const LineIndex lines(text->text);
  bool is_for_init = false;
  for (const Line& line : file.lines) {
    if (!line.is_lower || line.value.empty()) continue;
    if (line.key == "sort-key") entry.sort_key = line.value;
    if (line.key == "machine-id") entry.machine_id = line.value;
    if (line.key == "title") entry.title = line.value;
    if (line.key == "version") entry.version = line.value;
    if (line.key == "linux" || line.key == "efi" || line.key == "uki") {
      entry.kernel = line.value;
      entry.span = line.span;
    }
    if (line.key == "initrd") entry.initrd += (entry.initrd.empty() ? "" : " ") + line.value;
    if (line.key != "options") continue;
    entry.span = line.span;
    // Behind "--" all is for init, also in the lines that follow.
    if (is_for_init) continue;
    const auto parts = parsers::kernel_cmdline::split(line.value);
    const size_t read = parts.empty() ? 0 : parts.back().end;
    is_for_init = line.value.find_first_not_of(" \t", read) != std::string::npos;
    // "options … may appear more than once, in which case all are combined."
    for (BootArgument& a : split_arguments(line.value, text->path, lines, line.value_offset)) {
      if (variables == nullptr || !a.text.starts_with('$')) {
        entry.arguments.push_back(std::move(a));
        continue;
      }
      // GRUB's variables, as Red Hat writes them: $kernelopts, $tuned_params.
      std::string name = a.text.substr(1);
      if (name.starts_with('{') && name.ends_with('}')) name = name.substr(1, name.size() - 2);
      const auto variable = variables->find(name);
      if (variable == variables->end()) continue;
      const BootArgument& value = variable->second;
      for (const auto& part : parsers::kernel_cmdline::split(value.text))
        entry.arguments.push_back(
            {value.text.substr(part.begin, part.end - part.begin), value.path, value.span});
    }
  }
  return entry;
}

std::vector<GrubEntry> bls_entries_for_grub(Context& context) {
  std::vector<std::string> paths = bls_files(context.tree(), false);
  // Newest first, by the file's name.
  std::stable_sort(paths.begin(), paths.end(), [](const std::string& a, const std::string& b) {
    return compare_versions(stem(a), stem(b)) > 0;
  });
  std::vector<GrubEntry> list;
  const auto variables = grub_variables(context);
  for (const std::string& path : paths)
    if (auto entry = bls_entry(context, path, &variables)) {
      GrubEntry out;
      out.id = stem(path);
      out.title = entry->title;
      out.kernel = entry->kernel;
      out.initrd = entry->initrd;
      out.arguments = std::move(entry->arguments);
      out.path = entry->path;
      out.span = entry->span;
      list.push_back(std::move(out));
    }
  return list;
}

// Syslinux, "Config": DEFAULT names a label, or "MENU DEFAULT" marks one; the first one else. APPEND before all
// labels holds for those without their own.
std::vector<BootEntry> extlinux_entries(Context& context) {
  std::vector<BootEntry> list;
  for (const char* path :
       {"boot/extlinux/extlinux.conf", "boot/syslinux/syslinux.cfg", "extlinux/extlinux.conf"}) {
    const auto text = context.read(path);
    if (!text) continue;
    const auto file = parsers::boot_loader_entry::parse(text->text);
    context.issues(text->path, file.errors);
    const LineIndex lines(text->text);
    std::string wanted, why = "the first label";
    std::vector<BootArgument> common;
    std::vector<bool> has_append;
    size_t chosen = 0;
    for (const Line& line : file.lines) {
      if (line.key == "label") {
        BootEntry entry;
        entry.loader = "extlinux";
        entry.id = entry.title = line.value;
        entry.path = text->path;
        entry.span = line.span;
        list.push_back(std::move(entry));
        has_append.push_back(false);
      } else if (line.key == "default" || line.key == "ontimeout") {
        wanted = line.value.substr(0, line.value.find(' '));
      } else if (line.key == "append") {
        auto arguments = line.value == "-"
                             ? std::vector<BootArgument>()
                             : split_arguments(line.value, text->path, lines, line.value_offset);
        if (list.empty()) {
          common = std::move(arguments);
        } else {
          list.back().arguments = std::move(arguments);
          list.back().span = line.span;
          has_append.back() = true;
        }
      } else if (!list.empty()) {
        BootEntry& entry = list.back();
        if (line.key == "linux" || line.key == "kernel") entry.kernel = line.value;
        if (line.key == "initrd") entry.initrd = line.value;
        if (line.key == "menu" && line.value.starts_with("label "))
          entry.title = line.value.substr(6);
        if (line.key == "menu" && (line.value == "default" || line.value == "DEFAULT")) {
          chosen = list.size() - 1;
          why = "its MENU DEFAULT";
        }
      }
    }
    if (list.empty()) continue;
    for (size_t i = 0; i < list.size(); ++i) {
      if (!has_append[i]) list[i].arguments = common;
      if (!wanted.empty() && list[i].id == wanted) {
        chosen = i;
        why = "DEFAULT " + wanted;
      }
    }
    list[chosen].is_default = true;
    list[chosen].why = why;
    return list;
  }
  return list;
}

// Raspberry Pi documentation, "cmdline.txt": one line; config.txt may name another file.
std::vector<BootEntry> raspberry_pi_entries(Context& context) {
  for (const std::string directory : {"boot/firmware", "boot"}) {
    const auto config = context.read(directory + "/config.txt");
    if (!config) continue;
    std::string name = "cmdline.txt";
    for (const Line& line : parsers::boot_loader_entry::parse(config->text).lines)
      if (line.key.starts_with("cmdline=")) name = line.key.substr(8);
    const std::string path = directory + "/" + normal_path(name);
    const auto text = context.read(path);
    if (!text) continue;
    const LineIndex lines(text->text);
    BootEntry entry;
    entry.loader = "raspberry-pi";
    entry.id = entry.title = std::string(file_name(path));
    entry.path = text->path;
    const std::string_view line = text->text.substr(0, text->text.find('\n'));
    entry.span = lines.span(0, line.size());
    entry.arguments = split_arguments(line, text->path, lines, 0);
    entry.is_default = true;
    entry.why = "the firmware reads it";
    return {entry};
  }
  return {};
}

}  // namespace drydock::facts
