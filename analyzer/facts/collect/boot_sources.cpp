// The files from which grub-mkconfig, kernel-install and bootc make the next command line.
#include <algorithm>
#include <array>
#include <set>

#include "analyzer/facts/collect/boot.h"
#include "parsers/grub_default.h"
#include "parsers/grub_script.h"
#include "parsers/kernel_cmdline.h"
#include "parsers/toml.h"

namespace drydock::facts {
namespace {

using parsers::grub_default::Assignment;
using parsers::grub_default::Piece;

constexpr size_t kValue = size_t{64} << 10;
constexpr size_t kReplaced = 20;
constexpr std::array<std::string_view, 2> kVariables{"GRUB_CMDLINE_LINUX",
                                                     "GRUB_CMDLINE_LINUX_DEFAULT"};

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

using Variables = std::map<std::string, Traced>;

// Fallbacks hold none themselves, so this is one level deep.
void append_pieces(const std::vector<Piece>& pieces, uint32_t file, const Variables& variables,
                   Traced& value) {
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::command) {
      value.is_known = false;
    } else if (piece.kind == Piece::Kind::variable) {
      const auto found = variables.find(piece.text);
      const bool is_set = found != variables.end() && (piece.empty_is_set || !piece.has_fallback ||
                                                       !found->second.text.empty());
      if (piece.has_fallback && is_set == piece.if_set)
        append_pieces(piece.fallback, file, variables, value);
      else if (is_set && !piece.if_set)
        value.append(found->second);
    } else {
      for (size_t i = 0; i < piece.text.size() && value.text.size() < kValue; ++i) {
        value.text += piece.text[i];
        value.places.emplace_back(file, static_cast<uint32_t>(piece.offset + i));
      }
    }
  }
}

// grub-mkconfig writes the value into a line of grub.cfg, which is GRUB's to read: it takes quotes away, ends the
// command at ';', and puts variables of its own in (`$tuned_params`), which are not known here.
struct GrubWord {
  std::string text;
  size_t begin = 0, end = 0;  // in the value
};
std::vector<GrubWord> grub_words(const std::string& value, bool& is_known) {
  constexpr std::string_view kCommand = "linux ";
  std::vector<GrubWord> list;
  const auto file = parsers::grub_script::parse(std::string(kCommand) + value);
  if (!file.errors.empty() || file.statements.empty()) {
    is_known = false;
    return list;
  }
  const auto& words = file.statements[0].words;
  for (size_t w = 1; w < words.size(); ++w) {
    if (words[w].span.line != 1 || words[w].span.end_line != 1) {
      is_known = false;
      break;
    }
    GrubWord word{"", words[w].span.column - 1 - kCommand.size(),
                  words[w].span.end_column - 1 - kCommand.size()};
    bool is_quoted = false;
    for (const auto& piece : words[w].pieces) {
      is_quoted = is_quoted || piece.is_quoted;
      if (piece.is_variable)
        is_known = false;
      else
        word.text += piece.text;
    }
    if ((word.text.empty() && !is_quoted) || word.begin >= word.end || word.end > value.size())
      continue;
    if (word.text == "--") break;  // the rest is for init
    word.text = grub_quoted(word.text);
    list.push_back(std::move(word));
  }
  return list;
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
  std::vector<Traced> replaced;  // values of kVariables that count no longer
  // dash knows no "+=": it finds no such command, and grub-mkconfig gives up.
  const auto shell = context.tree().resolve("bin/sh");
  const bool is_dash = shell && shell->ends_with("/dash");
  for (const std::string& path : paths) {
    const auto text = context.read(path);
    if (!text) continue;
    files.push_back({text->path, LineIndex(text->text), parsers::grub_default::parse(text->text)});
    const ShellFile& file = files.back();
    context.issues(file.path, file.parsed.errors);
    const auto number = static_cast<uint32_t>(files.size() - 1);
    if (!file.parsed.errors.empty()) source.is_known = false;
    if (!source.exists) source.path = file.path;
    source.exists = true;
    for (const Assignment& a : file.parsed.assignments) {
      Traced value;
      append_pieces(a.pieces, number, variables, value);
      if (a.appends && is_dash && !a.is_conditional) {
        context.issue(file.path, {"no-append", a.span,
                                  "/bin/sh is dash, which has no \"+=\": grub-mkconfig stops here",
                                  parsers::Effect::ignored});
        source.is_known = false;
        continue;
      }
      if (a.is_conditional) {
        variables[a.name].is_known = false;
        continue;
      }
      const bool is_ours = std::ranges::find(kVariables, a.name) != kVariables.end();
      Traced& variable = variables[a.name];
      if (is_ours && !a.appends && !variable.text.empty() && replaced.size() < kReplaced)
        replaced.push_back(variable);
      if (a.unsets) {
        variables.erase(a.name);
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
  Traced text;
  const std::set<std::pair<uint32_t, uint32_t>> kept = [&] {
    std::set<std::pair<uint32_t, uint32_t>> places;
    for (const std::string_view name : kVariables)
      if (const auto found = variables.find(std::string(name)); found != variables.end())
        places.insert(found->second.places.begin(), found->second.places.end());
    return places;
  }();
  for (const Traced& value : replaced)
    for (const auto& word : parsers::kernel_cmdline::split(value.text)) {
      const auto [file, begin] = value.places[word.begin];
      if (kept.contains(value.places[word.begin])) continue;  // NAME="$NAME more"
      source.replaced.push_back({value.text.substr(word.begin, word.end - word.begin),
                                 files[file].path, files[file].lines.span(begin, begin + 1)});
    }
  for (const std::string_view name : kVariables) {
    const auto found = variables.find(std::string(name));
    if (found == variables.end()) continue;
    const Traced& value = found->second;
    source.is_known = source.is_known && value.is_known;
    text.append(value);
    text.text += ' ';
    text.places.emplace_back(0, 0);
  }
  for (const GrubWord& word : grub_words(text.text, source.is_known)) {
    const auto [file, begin] = text.places[word.begin];
    const auto [last_file, last] = text.places[word.end - 1];
    const bool is_whole = file == last_file && last + 1 > begin &&
                          last - begin == word.end - word.begin - 1 &&
                          word.text.size() == word.end - word.begin;
    source.arguments.push_back({word.text, files[file].path,
                                files[file].lines.span(begin, is_whole ? last + 1 : begin + 1)});
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
