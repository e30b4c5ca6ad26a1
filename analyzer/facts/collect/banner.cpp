// issue(5) and agetty(8): /etc/issue is shown before the login at a console, with escapes; /etc/issue.net where
// a network login is told to, by Banner of sshd_config(5) for one; motd(5) after a login.
#include "analyzer/facts/collect/banner.h"

#include <algorithm>
#include <cstring>
#include <map>

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

// pam_motd(8): the first of /etc/motd, /run/motd and /usr/lib/motd, then the files of the directories motd.d by their
// names, of equal names the first directory's.
void read_motd(Context& context) {
  std::map<std::string, std::string, std::less<>> files;
  bool is_read = false;
  for (const std::string_view place : kPlaces) {
    const std::string file = join_path(place, "motd");
    if (!is_read && context.tree().exists(file)) {
      read(context, file, "motd");
      is_read = true;
    }
    for (const std::string& path : context.tree().glob(file + ".d", "*"))
      files.try_emplace(std::string(file_name(path)), path);
  }
  for (const auto& [name, path] : files) read(context, path, "motd");
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
    .paths = {"etc/issue", "etc/issue.d/*.issue", "run/issue", "run/issue.d/*.issue",
              "usr/lib/issue", "usr/lib/issue.d/*.issue", "etc/issue.net", "etc/motd",
              "etc/motd.d/*", "run/motd", "run/motd.d/*", "usr/lib/motd", "usr/lib/motd.d/*"},
    .loose = {},
    .collect = collect_banners};

}  // namespace drydock::facts
