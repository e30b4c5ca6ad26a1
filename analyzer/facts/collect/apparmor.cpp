// apparmor.d(5) and aa-teardown's rc.apparmor.functions: every regular file directly in /etc/apparmor.d is a
// set of profiles; one whose name stands in disable/ is not loaded, one whose name stands in force-complain/
// is loaded in complain mode, and "flags=(complain)" in the head of a profile says the same for it alone.
#include <algorithm>

#include "analyzer/facts/collect/confinement.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kApparmorProfileTable{
    .name = "apparmor_profile",
    .kind = TableKind::effective,
    .doc =
        "A profile that stands at the outer level of a file directly in /etc/apparmor.d "
        "(apparmor.d(5)).",
    .columns = {{"name", ColumnType::text, "The profile, or the program it is for."},
                {"path", ColumnType::text, "The file."},
                {"mode", ColumnType::text,
                 "'enforce', 'complain', 'unconfined' and so on as its flags say, or 'disabled'."},
                {"why", ColumnType::text, "What decides, if it is not enforced; else NULL."},
                {"loc", ColumnType::location,
                 "The head of the profile, or the link that decides."}},
    .key = "name",
    .value = "mode",
    .examples = {"SELECT name, mode FROM apparmor_profile WHERE mode <> 'enforce'"}};

namespace {

constexpr std::string_view kDirectory = "etc/apparmor.d";
constexpr uint32_t kLines = 20'000;

struct Head {
  std::string name;
  std::string mode;
};

// "profile NAME /path flags=(complain) {", "/usr/bin/x flags=(…) {"; nullopt for any other line.
std::optional<Head> head_of(std::string_view line) {
  const size_t last = line.find_last_not_of(" \t\r");
  const size_t first = line.find_first_not_of(" \t");
  if (last == std::string_view::npos || line[last] != '{' || line[first] == '#')
    return std::nullopt;
  std::string_view rest = line.substr(first, last - first);
  const bool named = rest.starts_with("profile ") || rest.starts_with("profile\t");
  if (!named && rest[0] != '/' && rest[0] != '"' && rest[0] != '@') return std::nullopt;
  if (named) rest.remove_prefix(std::min(rest.find_first_not_of(" \t", 7), rest.size()));
  if (rest.empty()) return std::nullopt;
  Head head;
  const bool quoted = rest[0] == '"';
  const size_t end = quoted ? rest.find('"', 1) : rest.find_first_of(" \t");
  head.name =
      rest.substr(quoted ? 1 : 0, end == std::string_view::npos ? end : end - (quoted ? 1 : 0));
  head.mode = "enforce";
  const size_t flags = rest.find("flags=(");
  if (flags != std::string_view::npos) {
    const std::string_view list = rest.substr(flags + 7, rest.find(')', flags) - flags - 7);
    for (const std::string_view mode : {"complain", "unconfined", "kill", "prompt"})
      if (list.find(mode) != std::string_view::npos) head.mode = mode;
  }
  return head;
}

void read(Context& context, const std::string& path) {
  const auto text = context.read(path);
  if (!text) return;
  const std::string base(file_name(path));
  const std::string disable = join_path(kDirectory, "disable/" + base);
  const std::string force = join_path(kDirectory, "force-complain/" + base);
  const bool is_disabled = context.tree().lstat(disable).has_value();
  const bool is_forced = context.tree().lstat(force).has_value();
  std::string_view rest = text->text;
  size_t depth = 0;
  for (uint32_t number = 1; !rest.empty() && number <= kLines; ++number) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (depth == 0) {
      if (const auto head = head_of(line)) {
        const Span span{number, 1, number, static_cast<uint32_t>(line.size()) + 1};
        std::string mode = head->mode, why;
        LocationId loc = context.store().locate(text->path, span);
        if (is_disabled) {
          mode = "disabled", why = "/" + disable + " is there";
          loc = context.store().locate(disable, Span{});
        } else if (is_forced) {
          mode = "complain", why = "/" + force + " is there";
          loc = context.store().locate(force, Span{});
        } else if (mode != "enforce") {
          why = "its flags say " + mode;
        }
        context.store().insert(
            kApparmorProfileTable,
            {std::string_view(head->name), std::string_view(text->path), std::string_view(mode),
             why.empty() ? Value(Null{}) : Value(std::string_view(why)), loc});
      }
    }
    if (line.find('#') == line.find_first_not_of(" \t") && line.find('#') != std::string_view::npos)
      continue;
    // Rules have braces of their own ("/{usr/,}bin/x"), always in pairs within a line.
    const auto opened = static_cast<size_t>(std::ranges::count(line, '{'));
    const auto closed = static_cast<size_t>(std::ranges::count(line, '}'));
    depth = depth + opened > closed ? depth + opened - closed : 0;
  }
}

void collect_apparmor(Context& context) {
  if (context.is_fragment()) return;
  for (const std::string& path : context.tree().glob(kDirectory, "*"))
    if (!path.ends_with('~') && path.find(".dpkg-") == std::string::npos) read(context, path);
}

}  // namespace

const Collector kApparmorCollector{.name = "apparmor",
                                   .tables = {&kApparmorProfileTable},
                                   .needs = {},
                                   .paths = {"etc/apparmor.d/*"},
                                   .loose = {},
                                   .collect = collect_apparmor};

}  // namespace drydock::facts
