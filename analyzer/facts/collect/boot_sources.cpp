// The files from which grub-mkconfig, kernel-install and bootc make the next command line.
#include <algorithm>

#include "analyzer/facts/collect/boot.h"
#include "parsers/grub_default.h"
#include "parsers/kernel_cmdline.h"
#include "parsers/toml.h"

namespace drydock::facts {
namespace {

using parsers::grub_default::Assignment;
using parsers::grub_default::Piece;

constexpr size_t kValue = size_t{64} << 10;

// A value of the shell in which every byte knows where it stands.
struct Traced {
  std::string text;
  std::vector<std::pair<uint32_t, uint32_t>> places;  // file, offset
  bool is_known = true;
  void append(const Traced& other) {
    for (size_t i = 0; i < other.text.size() && text.size() < kValue; ++i) {
      text += other.text[i];
      places.push_back(other.places[i]);
    }
    is_known = is_known && other.is_known;
  }
};

struct ShellFile {
  std::string path;
  LineIndex lines;
  parsers::grub_default::File parsed;
};

Traced value_of(const Assignment& a, uint32_t file,
                const std::map<std::string, Traced>& variables) {
  Traced value;
  for (const Piece& piece : a.pieces) {
    if (piece.kind == Piece::Kind::command) {
      value.is_known = false;
      continue;
    }
    if (piece.kind == Piece::Kind::variable) {
      const auto found = variables.find(piece.text);
      if (found != variables.end() && !(found->second.text.empty() && !piece.fallback.empty())) {
        value.append(found->second);
        continue;
      }
    }
    const std::string& text = piece.kind == Piece::Kind::variable ? piece.fallback : piece.text;
    for (size_t i = 0; i < text.size() && value.text.size() < kValue; ++i) {
      value.text += text[i];
      const size_t at = piece.offset + (piece.kind == Piece::Kind::variable ? 0 : i);
      value.places.emplace_back(file, static_cast<uint32_t>(at));
    }
  }
  return value;
}

}  // namespace

std::vector<BootArgument> split_arguments(std::string_view text, const std::string& path,
                                          const LineIndex& lines, size_t offset) {
  std::vector<BootArgument> list;
  for (const auto& a : parsers::kernel_cmdline::split(text))
    list.push_back({std::string(text.substr(a.begin, a.end - a.begin)), path,
                    lines.span(offset + a.begin, offset + a.end)});
  return list;
}

// grub-mkconfig(8) reads /etc/default/grub and then /etc/default/grub.d/*.cfg; 10_linux gives an entry
// "${GRUB_CMDLINE_LINUX} ${GRUB_CMDLINE_LINUX_DEFAULT}".
BootSource grub_default(Context& context, const std::vector<std::string>& paths) {
  BootSource source;
  std::map<std::string, Traced> variables;
  std::vector<ShellFile> files;
  for (const std::string& path : paths) {
    const auto text = context.read(path);
    if (!text) continue;
    files.push_back({text->path, LineIndex(text->text), parsers::grub_default::parse(text->text)});
    const ShellFile& file = files.back();
    context.issues(file.path, file.parsed.errors);
    const auto number = static_cast<uint32_t>(files.size() - 1);
    if (!source.exists) source.path = file.path;
    source.exists = true;
    for (const Assignment& a : file.parsed.assignments) {
      Traced value = value_of(a, number, variables);
      Traced& variable = variables[a.name];
      if (a.is_conditional) {
        variable.is_known = false;
        continue;
      }
      if (a.appends)
        variable.append(value);
      else
        variable = std::move(value);
      if (a.name == "GRUB_CMDLINE_LINUX" ||
          (a.name == "GRUB_CMDLINE_LINUX_DEFAULT" && source.span.line == 0)) {
        source.path = file.path;
        source.span = a.span;
      }
    }
  }
  for (const char* name : {"GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"}) {
    const auto found = variables.find(name);
    if (found == variables.end()) continue;
    const Traced& value = found->second;
    source.is_known = source.is_known && value.is_known;
    for (const auto& a : parsers::kernel_cmdline::split(value.text)) {
      const auto [file, begin] = value.places[a.begin];
      const auto [last_file, last] = value.places[a.end - 1];
      const bool is_whole =
          file == last_file && last + 1 > begin && last - begin == a.end - a.begin - 1;
      source.arguments.push_back({value.text.substr(a.begin, a.end - a.begin), files[file].path,
                                  files[file].lines.span(begin, is_whole ? last + 1 : begin + 1)});
    }
  }
  return source;
}

// kernel-install(8): "/etc/kernel/cmdline … the kernel command line to use".
BootSource kernel_cmdline_file(Context& context, const std::string& path) {
  BootSource source;
  const auto text = context.read(path);
  if (!text) return source;
  source.exists = true;
  source.path = text->path;
  const LineIndex lines(text->text);
  source.arguments = split_arguments(text->text, text->path, lines, 0);
  source.span = lines.span(0, text->text.find_last_not_of(" \n") + 1);
  return source;
}

// bootc, "Kernel arguments": /usr/lib/bootc/kargs.d/*.toml, `kargs = ["nosmt", …]`, in the order of their names.
BootSource bootc_kargs(Context& context, const std::vector<std::string>& paths) {
  BootSource source;
  for (const std::string& path : paths) {
    const auto text = context.read(path);
    if (!text) continue;
    const parsers::toml::File file = parsers::toml::parse(text->text);
    context.issues(text->path, file.errors);
    for (const parsers::toml::Entry& entry : file.entries) {
      if (entry.path.size() != 1 || entry.path[0] != "kargs" || entry.ordinal < 0) continue;
      source.exists = true;
      source.path = text->path;
      source.span = entry.span;
      for (const auto& a : parsers::kernel_cmdline::split(entry.value))
        source.arguments.push_back(
            {entry.value.substr(a.begin, a.end - a.begin), text->path, entry.value_span});
    }
  }
  return source;
}

}  // namespace drydock::facts
