// issue(5) and agetty(8): /etc/issue is shown before the login at a console, with escapes; /etc/issue.net where
// a network login is told to, by Banner of sshd_config(5) for one; motd(5) after a login.
#include "analyzer/facts/collect/banner.h"

#include <algorithm>

#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kBannerLineTable{
    .name = "banner_line",
    .kind = TableKind::raw,
    .doc =
        "A line of /etc/issue, /etc/issue.d/*.issue, /etc/issue.net or /etc/motd that is not "
        "blank.",
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

void collect_banners(Context& context) {
  if (context.is_fragment()) return;
  read(context, "etc/issue", "issue");
  for (const std::string& path : context.tree().glob("etc/issue.d", "*.issue"))
    read(context, path, "issue");
  read(context, "etc/issue.net", "issue.net");
  read(context, "etc/motd", "motd");
}

}  // namespace

const Collector kBannerCollector{
    .name = "banner",
    .tables = {&kBannerLineTable},
    .needs = {},
    .paths = {"etc/issue", "etc/issue.d/*.issue", "etc/issue.net", "etc/motd"},
    .loose = {},
    .collect = collect_banners};

}  // namespace drydock::facts
