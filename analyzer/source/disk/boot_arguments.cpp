#include "analyzer/source/disk/boot_arguments.h"

#include <algorithm>
#include <optional>

#include "parsers/boot_loader_entry.h"
#include "parsers/grub_env.h"
#include "parsers/kernel_cmdline.h"
#include "parsers/pe_sections.h"
#include "parsers/unit.h"

namespace drydock {
namespace {

constexpr size_t kMostLines = 256;
// The sections in front of the kernel and the initial ramdisk are small.
constexpr size_t kHeadOfAnImage = 1 << 19;

std::string_view take_word(std::string_view& rest) {
  const size_t begin = std::min(rest.find_first_not_of(" \t"), rest.size());
  rest.remove_prefix(begin);
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

// GRUB manual, "linux": the kernel, then its arguments. The script is not run: each branch of it counts.
void add_grub(const Tree& tree, const std::string& path, std::vector<std::string>& lines) {
  const auto text = tree.read_resolved(path);
  if (!text) return;
  for (size_t begin = 0; begin < text->size();) {
    const size_t end = std::min(text->find('\n', begin), text->size());
    std::string_view rest = text->substr(begin, end - begin);
    const std::string_view command = take_word(rest);
    if ((command == "linux" || command == "linux16" || command == "linuxefi") &&
        !take_word(rest).empty() && lines.size() < kMostLines)
      lines.emplace_back(rest);
    begin = end + 1;
  }
}

// Fedora's and its kin's entries have what is common to all of them in GRUB's environment.
std::string kernel_options(const Tree& tree, std::string_view directory) {
  for (const char* place : {"grub2/grubenv", "grub/grubenv"})
    if (const auto text = tree.read_resolved(join_path(directory, place))) {
      std::string out;
      for (const auto& variable : parsers::grub_env::parse(*text).variables)
        if (variable.name == "kernelopts") out = variable.value;
      return out;
    }
  return "";
}

void add_entries(const Tree& tree, std::string_view directory, std::vector<std::string>& lines) {
  for (const std::string& path : tree.glob(join_path(directory, "loader/entries"), "*.conf")) {
    const auto text = tree.read_resolved(path);
    if (!text || lines.size() >= kMostLines) continue;
    std::string line;
    for (const auto& one : parsers::boot_loader_entry::parse(*text).lines)
      if (one.key == "options") line += (line.empty() ? "" : " ") + one.value;
    constexpr std::string_view kCommon = "$kernelopts";
    if (const size_t at = line.find(kCommon); at != line.npos)
      line.replace(at, kCommon.size(), kernel_options(tree, directory));
    lines.push_back(std::move(line));
  }
}

void add_images(const Tree& tree, std::string_view directory, std::vector<std::string>& lines) {
  for (const std::string& path : tree.glob(join_path(directory, "EFI/Linux"), "*.efi")) {
    const auto real = tree.resolve(path);
    const auto head =
        real ? tree.read_piece(*real, 0, kHeadOfAnImage) : TreeResult<std::string>(real.error());
    if (!head || lines.size() >= kMostLines) continue;
    TextBytes bytes(*head);
    for (const auto& section : parsers::pe_sections::parse(bytes, {".cmdline"}).sections)
      if (section.name == ".cmdline")
        lines.emplace_back(section.content.substr(0, section.content.find('\0')));
  }
}

struct Said {
  std::optional<std::string> root;
  bool gpt_auto = true;
};

Said said_by(std::string_view line) {
  Said out;
  for (const auto& argument : parsers::kernel_cmdline::split(line)) {
    if (argument.name == "root") out.root = argument.value;
    // In the initial ramdisk too, which mounts /usr.
    if (argument.name == "systemd.gpt_auto" || argument.name == "rd.systemd.gpt_auto")
      out.gpt_auto =
          !argument.has_value || parsers::unit::boolean(argument.value).value_or(out.gpt_auto);
  }
  return out;
}

}  // namespace

void add_command_lines(const Tree& tree, std::string_view directory,
                       std::vector<std::string>& lines) {
  for (const char* place : {"grub/grub.cfg", "grub2/grub.cfg"})
    add_grub(tree, join_path(directory, place), lines);
  add_entries(tree, directory, lines);
  add_images(tree, directory, lines);
}

BootArguments boot_arguments(const std::vector<std::string>& lines) {
  BootArguments out;
  for (size_t i = 0; i < lines.size(); ++i) {
    const Said said = said_by(lines[i]);
    const std::string root = said.root.value_or("");
    if (i == 0)
      out = {.root = root, .gpt_auto = said.gpt_auto};
    else
      out = {.root = out.root == root ? root : "", .gpt_auto = out.gpt_auto || said.gpt_auto};
  }
  return out;
}

}  // namespace drydock
