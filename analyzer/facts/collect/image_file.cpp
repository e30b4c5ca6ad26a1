// The layers of overlay2 lie unpacked in overlay2/<id>/diff. What an upper layer deletes is a character
// device 0/0 of its name there, and a directory that replaces one carries the attribute "opaque"
// (kernel, Documentation/filesystems/overlayfs.rst).
#include "analyzer/facts/collect/image_file.h"

#include <algorithm>
#include <array>
#include <map>

#include "analyzer/facts/collect/container.h"
#include "analyzer/facts/collect/image_model.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kImageFileTable{
    .name = "image_file",
    .kind = TableKind::inventory,
    .doc =
        "A file in an image that a container seldom needs and an intruder is glad of: set-uid and "
        "set-gid programs, file capabilities, compilers, network tools, an ssh server. Only of "
        "images with a name, as their containers see them: what an upper layer deletes is gone.",
    .columns = {{"image", ColumnType::text, "image.id."},
                {"store", ColumnType::text, "image.store."},
                {"reference", ColumnType::text, "image.reference."},
                {"path", ColumnType::text, "Inside the image: usr/bin/su."},
                {"kind", ColumnType::text,
                 "setuid, setgid, capability, compiler, debugger, network or sshd."},
                {"mode", ColumnType::integer, "Its permission bits."},
                {"loc", ColumnType::location, "The file in the layer's directory."}},
    .indexes = {"image"},
    .examples = {"SELECT reference, path, kind FROM image_file WHERE kind = 'setuid'"}};

namespace {

struct Candidate {
  std::string path;  // inside the layer
  std::string_view kind;
  uint16_t mode = 0;
};

// By the last part of its name; a program lies in a directory of programs.
std::string_view tool_kind(std::string_view path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kTools = {
      {{"gcc", "compiler"},    {"cc", "compiler"},     {"g++", "compiler"},
       {"c++", "compiler"},    {"clang", "compiler"},  {"make", "compiler"},
       {"ld", "compiler"},     {"as", "compiler"},     {"gdb", "debugger"},
       {"strace", "debugger"}, {"ltrace", "debugger"}, {"tcpdump", "network"},
       {"nmap", "network"},    {"nc", "network"},      {"ncat", "network"},
       {"netcat", "network"},  {"socat", "network"},   {"telnet", "network"},
       {"ftp", "network"},     {"ssh", "network"},     {"sshd", "sshd"},
       {"dropbear", "sshd"}}};
  const std::string_view directory = file_name(parent_path(path));
  if (directory != "bin" && directory != "sbin") return {};
  const std::string_view name = file_name(path);
  const auto found = std::find_if(kTools.begin(), kTools.end(),
                                  [&](const auto& tool) { return tool.first == name; });
  return found == kTools.end() ? std::string_view{} : found->second;
}

class Layers {
 public:
  explicit Layers(const Tree& tree) : tree_(tree) {}

  const std::vector<Candidate>& candidates(const std::string& directory) {
    const auto [entry, is_new] = by_directory_.try_emplace(directory);
    if (!is_new) return entry->second;
    std::vector<Candidate>& out = entry->second;
    tree_.walk(directory, [&](std::string_view path, const Stat& stat) {
      if (stat.type != NodeType::file) return true;
      const std::string_view inside = path.substr(directory.size() + 1);
      const auto add = [&](std::string_view kind) {
        if (out.size() < kCandidates) out.push_back({std::string(inside), kind, stat.mode});
      };
      if (stat.mode & 04000) add("setuid");
      if ((stat.mode & 02010) == 02010) add("setgid");
      if (!(stat.mode & 0111)) return true;
      if (const std::string_view kind = tool_kind(inside); !kind.empty()) add(kind);
      for (const auto& [name, value] : tree_.xattrs(path))
        if (name == "security.capability") add("capability");
      return true;
    });
    return out;
  }

  // Does the layer in `directory` hide `path` of a layer below it?
  bool hides(const std::string& directory, std::string_view path) const {
    for (size_t slash = path.find('/');; slash = path.find('/', slash + 1)) {
      const std::string at = directory + "/" + std::string(path.substr(0, slash));
      const auto stat = tree_.lstat(at);
      if (!stat) return false;
      if (slash == std::string_view::npos || stat->type != NodeType::directory) return true;
      for (const auto& [name, value] : tree_.xattrs(at))
        if (name.ends_with(".overlay.opaque") && value.starts_with('y')) return true;
    }
  }

 private:
  static constexpr size_t kCandidates = 2000;  // of one layer
  const Tree& tree_;
  std::map<std::string, std::vector<Candidate>> by_directory_;
};

void collect_image_files(Context& context) {
  Store& store = context.store();
  Layers layers(context.tree());
  size_t looks = 2'000'000;  // into upper layers; a hundred images of a hundred layers need fewer
  for (const Image& image : images(context)) {
    if (image.references.empty()) continue;
    const std::string& reference = image.references.front().text;
    for (size_t i = 0; i < image.directories.size(); ++i) {
      if (image.directories[i].empty()) continue;
      for (const Candidate& candidate : layers.candidates(image.directories[i])) {
        bool is_hidden = false;
        for (size_t above = i + 1; above < image.directories.size() && !is_hidden; ++above) {
          if (looks-- == 0) {
            context.issue(image.path, {"too-many-layers",
                                       {1, 1, 1, 1},
                                       "its layers hold too much to look through them all",
                                       parsers::Effect::refused});
            return;
          }
          is_hidden = !image.directories[above].empty() &&
                      layers.hides(image.directories[above], candidate.path);
        }
        if (is_hidden) continue;
        store.insert(
            kImageFileTable,
            {std::string_view(image.id), std::string_view(image.store), std::string_view(reference),
             std::string_view(candidate.path), candidate.kind, static_cast<int64_t>(candidate.mode),
             store.locate(image.directories[i] + "/" + candidate.path, Span{})});
      }
    }
  }
}

}  // namespace

const Collector kImageFileCollector{.name = "image_file",
                                    .tables = {&kImageFileTable},
                                    .needs = {"image"},
                                    .paths = {},
                                    .loose = {},
                                    .collect = collect_image_files};

}  // namespace drydock::facts
