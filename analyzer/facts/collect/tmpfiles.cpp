// tmpfiles.d(5): /etc, /run, /usr/local/lib and /usr/lib/tmpfiles.d, *.conf; a file masks those of its name in
// the directories behind its own, "files are sorted by their filename", and "if two lines are for the same
// path, the entry in the file with the lexicographically earliest name will be applied".
#include <map>
#include <set>

#include "analyzer/facts/collect/confinement.h"
#include "analyzer/source/tree.h"
#include "parsers/directives.h"

namespace drydock::facts {

const TableSpec kTmpfilesLineTable{
    .name = "tmpfiles_line",
    .kind = TableKind::effective,
    .doc = "What systemd-tmpfiles makes or changes at boot: a line of tmpfiles.d(5).",
    .columns = {{"type", ColumnType::text, "The first letter: d, D, f, L, z and so on."},
                {"path", ColumnType::text, "The path as it is written, without quotes."},
                {"mode", ColumnType::integer,
                 "Permission bits as a number; NULL if none are given."},
                {"user", ColumnType::text, "The owner; NULL if none is given."},
                {"owning_group", ColumnType::text, "The group; NULL if none is given."},
                {"is_used", ColumnType::boolean, "0: an earlier line is for the same path."},
                {"loc", ColumnType::location, "The line."}},
    .indexes = {"path"},
    .examples = {"SELECT path, mode, loc FROM tmpfiles_line WHERE is_used AND mode & 2"}};

namespace {

constexpr std::string_view kDirectories[] = {"etc/tmpfiles.d", "run/tmpfiles.d",
                                             "usr/local/lib/tmpfiles.d", "usr/lib/tmpfiles.d"};

std::string take_word(std::string_view& rest) {
  const size_t begin = rest.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return rest = {}, "";
  rest.remove_prefix(begin);
  const bool quoted = rest[0] == '"' || rest[0] == '\'';
  size_t end = quoted ? rest.find(rest[0], 1) : rest.find_first_of(" \t");
  if (end == std::string_view::npos) end = rest.size();
  std::string word(rest.substr(quoted ? 1 : 0, end - (quoted ? 1 : 0)));
  rest.remove_prefix(std::min(rest.size(), end + (quoted ? 1 : 0)));
  return word;
}

// "0755", "~2775", ":0644"; nullopt for "-" and what is no mode.
std::optional<int64_t> mode_of(std::string_view text) {
  while (!text.empty() && (text[0] == '~' || text[0] == ':')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  int64_t mode = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    mode = mode * 8 + (c - '0');
    if (mode > 07777) return std::nullopt;
  }
  return mode;
}

// The lines that make something, by its path: where the first stands.
using Made = std::map<std::string, LocationId, std::less<>>;

// Lines of a file that are said to count no longer since another stands before them.
constexpr size_t kLost = 10'000;

void read(Context& context, const std::string& path, Made& known) {
  const auto text = context.read(path);
  if (!text) return;
  const parsers::directives::File file = parsers::directives::parse(text->text, {.comments = "#;"});
  size_t lost = 0;
  context.issues(text->path, file.errors);
  for (const auto& directive : file.directives) {
    std::string_view rest = directive.value;
    const std::string where = take_word(rest);
    const std::string permissions = take_word(rest);
    const auto mode = mode_of(permissions);
    // systemd-tmpfiles passes over the whole line.
    const bool is_known = std::string_view("fFwdDvqQpLcbCexXrRzZtThHaA").find(directive.name[0]) !=
                          std::string_view::npos;
    if (!is_known || (!mode && !permissions.empty() && permissions != "-")) {
      context.issue(text->path,
                    {"bad-line", directive.span,
                     is_known ? "systemd-tmpfiles ignores the line: " + permissions + " is no mode"
                              : "systemd-tmpfiles ignores the line: it knows no such type"},
                    {&kTmpfilesLineTable});
      continue;
    }
    const std::string user = take_word(rest), group = take_word(rest);
    const auto text_or_null = [](const std::string& word) {
      return word.empty() || word == "-" ? Value(Null{}) : Value(std::string_view(word));
    };
    // Lines that change what is there, and those that remove or copy, stand beside others for the path.
    const bool makes =
        std::string_view("fFwdDvqQpLcbC").find(directive.name[0]) != std::string_view::npos;
    const LocationId loc = context.store().locate(text->path, directive.span);
    const auto [first, is_first] =
        makes ? known.try_emplace(where, loc) : std::pair(known.end(), true);
    const bool is_used = !makes || is_first;
    if (!is_used && ++lost <= kLost)
      context.store().overridden(kTmpfilesLineTable, where, first->second, loc,
                                 directive.name + " " + directive.value,
                                 "the first line for a path counts");
    context.store().insert(kTmpfilesLineTable,
                           {std::string_view(directive.name).substr(0, 1), std::string_view(where),
                            mode ? Value(*mode) : Value(Null{}), text_or_null(user),
                            text_or_null(group), is_used, loc});
  }
}

void collect_tmpfiles(Context& context) {
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) {
      Made known;
      read(context, path, known);
    }
    return;
  }
  std::map<std::string, std::string> files;
  for (const std::string_view directory : kDirectories)
    for (const std::string& path : context.tree().glob(directory, "*.conf"))
      files.try_emplace(std::string(file_name(path)), path);
  Made known;
  for (const auto& [name, path] : files) read(context, path, known);
}

}  // namespace

const Collector kTmpfilesCollector{
    .name = "tmpfiles",
    .tables = {&kTmpfilesLineTable},
    .needs = {},
    .paths = {"etc/tmpfiles.d/*.conf", "run/tmpfiles.d/*.conf", "usr/local/lib/tmpfiles.d/*.conf",
              "usr/lib/tmpfiles.d/*.conf"},
    .loose = {"tmpfiles.d/*.conf"},
    .collect = collect_tmpfiles};

}  // namespace drydock::facts
