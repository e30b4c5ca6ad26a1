// issue(5) and agetty(8): /etc/issue is shown before the login at a console, with escapes; /etc/issue.net where
// a network login is told to, by Banner of sshd_config(5) for one; motd(5) after a login.
#include "analyzer/facts/collect/banner.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kBannerLineTable{
    .name = "banner_line",
    .kind = TableKind::raw,
    .doc =
        "A line that is not blank of the issue that agetty shows, of /etc/issue.net or of the "
        "message of the day that pam_motd shows.",
    .columns = {{"file", ColumnType::text, "'issue', 'issue.net' or 'motd'."},
                {"text", ColumnType::text, "The line."},
                {"tells", ColumnType::text,
                 "The first escape of agetty(8) that tells of the system: \\m, \\r, \\s, \\v, \\S, "
                 "\\n, \\o; NULL if there is none."},
                {"loc", ColumnType::location, "The line."}},
    .indexes = {"file"},
    .examples = {"SELECT file, text FROM banner_line"}};

namespace {

constexpr uint32_t kLines = 1000;

// "S{name}" shows a variable of os-release(5), which all have names in capitals; of another nothing is shown.
bool names_nothing(std::string_view escape) {
  if (!escape.starts_with("S{")) return false;
  const std::string_view name = escape.substr(2, escape.substr(2).find('}'));
  return name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != std::string_view::npos;
}

void read(Context& context, const std::string& path, std::string_view kind) {
  const auto text = context.read(path);
  if (!text) return;
  std::string_view rest = text->text;
  for (uint32_t number = 1; !rest.empty() && number <= kLines; ++number) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    std::string escape;
    for (size_t at = 0; at + 1 < line.size() && escape.empty(); ++at)
      if (line[at] == '\\') {
        if (std::string_view("mrsvSno").find(line[at + 1]) != std::string_view::npos &&
            !names_nothing(line.substr(at + 1)))
          escape = line.substr(at, 2);
        ++at;
      }
    context.store().insert(
        kBannerLineTable,
        {kind, line, escape.empty() ? Value(Null{}) : Value(std::string_view(escape)),
         context.store().locate(text->path,
                                Span{number, 1, number, static_cast<uint32_t>(line.size()) + 1})});
  }
}

constexpr std::string_view kPlaces[] = {"etc", "run", "usr/lib"};

// agetty(8), "ISSUE FILES": /etc/issue and what extends it, or else (since 2.35) that of /run, of which either will
// do, or else that of /usr/lib. The files of a directory come in the order of versions.
void read_issue(Context& context) {
  for (const std::string_view place : kPlaces) {
    const std::string file = join_path(place, "issue"), directory = file + ".d";
    const bool is_there = context.tree().exists(file);
    if (!is_there && (place == "etc" || !context.tree().exists(directory))) continue;
    if (is_there) read(context, file, "issue");
    std::vector<std::string> names = context.tree().glob(directory, "*.issue");
    std::ranges::sort(names, [](const std::string& left, const std::string& right) {
      return strverscmp(left.c_str(), right.c_str()) < 0;
    });
    for (const std::string& path : names) read(context, path, "issue");
    return;
  }
}

constexpr std::string_view kMotd = "/etc/motd:/run/motd:/usr/lib/motd";
constexpr std::string_view kMotdDirectory = "/etc/motd.d:/run/motd.d:/usr/lib/motd.d";
constexpr size_t kMotdLines = 64;      // different lines of stacks that call the module
constexpr uint64_t kMotdSize = 65536;  // of a larger file pam_motd shows nothing

// What a line of a stack shows: paths separated by colons.
struct Motd {
  std::string files;
  std::string directories;
  friend auto operator<=>(const Motd&, const Motd&) = default;
};

std::vector<std::string> parts_of(std::string_view list) {
  std::vector<std::string> out;
  for (; !list.empty(); list.remove_prefix(std::min(list.find(':') + 1, list.size()))) {
    const std::string_view part = list.substr(0, list.find(':'));
    if (!part.empty()) out.push_back(normal_path(part));
    if (part.size() == list.size()) break;
  }
  return out;
}

// motd= and motd_dir= of the lines that call pam_motd; with neither, and where no stack calls it, the usual places.
std::set<Motd> motds(Context& context) {
  std::set<Motd> out;
  const auto rows = context.store().select(
      "SELECT DISTINCT arguments FROM pam WHERE module = 'pam_motd.so' AND type = 'session' ORDER "
      "BY arguments");
  if (rows)
    for (const auto& row : rows->rows) {
      if (out.size() == kMotdLines) break;
      Motd motd;
      const std::string arguments = row[0].value_or("");
      for (std::string_view rest = arguments; !rest.empty();) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        if (word.starts_with("motd=")) motd.files = word.substr(5);
        if (word.starts_with("motd_dir=")) motd.directories = word.substr(9);
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
      }
      if (motd.files.empty() && motd.directories.empty())
        motd = {std::string(kMotd), std::string(kMotdDirectory)};
      out.insert(std::move(motd));
    }
  if (out.empty()) out.insert({std::string(kMotd), std::string(kMotdDirectory)});
  return out;
}

// pam_motd(8): the first file that is there, then the files of the directories by their names, of equal names the
// first directory's. Each file is taken once, whatever lines show it.
void read_motd(Context& context) {
  std::set<std::string> shown;
  const auto show = [&](const std::string& path) {
    const auto stat = context.tree().stat(path);
    if (stat && stat->type == NodeType::file && stat->size > kMotdSize) return;
    if (shown.insert(path).second) read(context, path, "motd");
  };
  for (const Motd& motd : motds(context)) {
    for (const std::string& path : parts_of(motd.files))
      if (context.tree().exists(path)) {
        show(path);
        break;
      }
    std::map<std::string, std::string, std::less<>> files;
    std::set<std::string> read_directories;  // one that is named again brings nothing
    for (const std::string& directory : parts_of(motd.directories)) {
      const auto real = context.tree().resolve(directory);
      if (real && !read_directories.insert(*real).second) continue;
      const auto names =
          real ? context.tree().list(*real) : TreeResult<std::vector<std::string>>(real.error());
      if (!names) continue;
      // Names that begin with a dot, too, and links, but no directories.
      for (const std::string& name : *names)
        if (const auto stat = context.tree().stat(join_path(*real, name));
            !stat || stat->type == NodeType::file)
          files.try_emplace(name, join_path(*real, name));
    }
    for (const auto& [name, path] : files) show(path);
  }
}

void collect_banners(Context& context) {
  if (context.is_fragment()) return;
  read_issue(context);
  read(context, "etc/issue.net", "issue.net");
  read_motd(context);
}

}  // namespace

const Collector kBannerCollector{
    .name = "banner",
    .tables = {&kBannerLineTable},
    .needs = {},
    .hints = {"pam"},
    .paths = {"etc/issue", "etc/issue.d/*.issue", "run/issue", "run/issue.d/*.issue",
              "usr/lib/issue", "usr/lib/issue.d/*.issue", "etc/issue.net", "etc/motd",
              "etc/motd.d/*", "run/motd", "run/motd.d/*", "usr/lib/motd", "usr/lib/motd.d/*"},
    .loose = {},
    .collect = collect_banners};

}  // namespace drydock::facts
