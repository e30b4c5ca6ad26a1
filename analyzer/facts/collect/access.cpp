// pam_access(8): /etc/security/access.conf, then the *.conf files of /etc/security/access.d in the order of their
// names, as if they were one file; with accessfile= only that file.
#include "analyzer/facts/collect/access.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "analyzer/facts/collect/pam_file.h"
#include "analyzer/source/tree.h"
#include "parsers/access_conf.h"

namespace drydock::facts {

const TableSpec kAccessEntryTable{
    .name = "access_entry",
    .kind = TableKind::effective,
    .doc =
        "An entry of a list by which pam_access lets people log in or not (access.conf(5)); the "
        "first "
        "that matches decides, and who matches none may log in.",
    .columns =
        {{"list", ColumnType::text,
          "The file that the list begins with: etc/security/access.conf, or what accessfile= "
          "names."},
         {"position", ColumnType::integer, "From 0, over all files of the list."},
         {"allows", ColumnType::boolean, "1: +, 0: -."},
         {"users", ColumnType::text,
          "Users and groups, separated by blanks: ALL EXCEPT (wheel). A blank in a name is \\040."},
         {"origins", ColumnType::text, "Terminals, hosts and networks: LOCAL 10.0.0.0/8."},
         {"is_reached", ColumnType::boolean,
          "0: an earlier entry matches everybody from everywhere."},
         {"decides_rest", ColumnType::boolean,
          "1: it decides about whoever is named nowhere, coming from where no entry names."},
         {"services", ColumnType::text,
          "The services whose PAM stacks ask this list, separated by commas; NULL: none does."},
         {"path", ColumnType::text, "The file it stands in."},
         {"loc", ColumnType::location, "The line."}},
    .indexes = {"list"},
    .examples = {"SELECT allows, users, origins, services FROM access_entry WHERE decides_rest"}};

namespace {

namespace access = parsers::access_conf;

constexpr std::string_view kMain = "etc/security/access.conf";
constexpr std::string_view kDirectory = "etc/security/access.d";

// What a line of a stack asks. accessfile= names one file, even where it is the usual one.
struct Asked {
  std::string path;
  bool is_usual = true;
  access::Separators separators;
  friend auto operator<=>(const Asked&, const Asked&) = default;
};
constexpr size_t kLists = 64;
constexpr size_t kEntries = 200'000;  // of all lists, which may read one file

void refuse(Context& context, std::string_view path, std::string_view code, Span span,
            std::string message) {
  context.issue(path, {code, span, std::move(message), parsers::Effect::refused},
                {&kAccessEntryTable});
}

// The module opens each file that an argument names, and gives up where one is not there.
bool gives_up(Context& context, std::string_view arguments) {
  constexpr std::string_view kName = "accessfile=";
  while (!arguments.empty()) {
    const std::string_view word = arguments.substr(0, arguments.find(' '));
    if (word.starts_with(kName) &&
        pam_file_state(context, normal_path(word.substr(kName.size()))) == "absent")
      return true;
    arguments.remove_prefix(std::min(word.size() + 1, arguments.size()));
  }
  return false;
}

// The last argument that begins so; nullopt: none does.
std::optional<std::string> option(std::string_view arguments, std::string_view name) {
  std::optional<std::string> found;
  for (size_t at = 0; at < arguments.size();) {
    const size_t end = std::min(arguments.find(' ', at), arguments.size());
    const std::string_view word = arguments.substr(at, end - at);
    if (word.starts_with(name)) found = word.substr(name.size());
    at = end + 1;
  }
  return found;
}

// The lists that PAM stacks ask, with the services; the usual one also where none does.
std::map<Asked, std::string> lists_of(Context& context) {
  std::map<Asked, std::string> out;
  const Asked usual{std::string(kMain), true, {}};
  if (context.is_fragment()) return {{usual, ""}};
  const auto rows = context.store().select(
      "SELECT service, arguments FROM pam WHERE module = 'pam_access.so' GROUP BY service, "
      "arguments ORDER BY service");
  bool is_cut = false;
  if (rows)
    for (const auto& row : rows->rows) {
      const std::string arguments = row[1].value_or("");
      if (gives_up(context, arguments)) continue;
      Asked asked = usual;
      if (const auto file = option(arguments, "accessfile=")) {
        asked.path = normal_path(*file);
        asked.is_usual = false;
      }
      if (auto fields = option(arguments, "fieldsep="))
        asked.separators.fields = *std::move(fields);
      if (auto lists = option(arguments, "listsep=")) asked.separators.lists = *std::move(lists);
      if (!out.contains(asked) && out.size() == kLists) {
        if (!std::exchange(is_cut, true))
          refuse(context, asked.path, "too-many-lists", Span{},
                 "PAM stacks read more lists of pam_access, or in more ways, than are looked at");
        continue;
      }
      std::string& services = out[std::move(asked)];
      const std::string service = row[0].value_or("");
      if (services != service && !services.ends_with("," + service))
        services += (services.empty() ? "" : ",") + service;
    }
  if (std::ranges::none_of(out, [](const auto& one) { return one.first.path == kMain; }))
    out.emplace(usual, "");
  return out;
}

void write(Context& context, const Asked& asked, const std::string& services,
           const std::vector<std::string>& paths, size_t& entries) {
  int64_t position = 0;
  bool decided = false, closed = false;
  for (const std::string& path : paths) {
    if (entries > kEntries) return;
    const auto text = context.read(path);
    if (!text) continue;
    const access::File file = access::parse(text->text, asked.separators);
    context.issues(text->path, file.errors);
    for (const access::Entry& entry : file.entries) {
      if (++entries > kEntries)
        return refuse(context, text->path, "too-many-entries", entry.span,
                      "more entries, in all lists, than are read: this one and those behind it "
                      "are left out");
      const bool decides = !decided && access::matches_anybody(entry.users) &&
                           access::matches_anybody(entry.origins);
      context.store().insert(
          kAccessEntryTable,
          {std::string_view(asked.path), position++, entry.allows, std::string_view(entry.users),
           std::string_view(entry.origins), !closed, decides,
           services.empty() ? Value(Null{}) : Value(std::string_view(services)),
           std::string_view(text->path), context.store().locate(text->path, entry.span)});
      decided |= decides;
      closed |= decides && entry.users == "ALL" && entry.origins == "ALL";
    }
  }
}

void collect_access(Context& context) {
  size_t entries = 0;
  if (context.is_fragment()) {
    for (const std::string& path : context.loose())
      write(context, {path, true, {}}, "", {path}, entries);
    return;
  }
  for (const auto& [asked, services] : lists_of(context)) {
    std::vector<std::string> paths{asked.path};
    if (asked.is_usual)
      for (const std::string& path : context.tree().glob(kDirectory, "*.conf"))
        paths.push_back(path);
    write(context, asked, services, paths, entries);
  }
}

}  // namespace

const Collector kAccessCollector{.name = "access",
                                 .tables = {&kAccessEntryTable},
                                 .needs = {"pam"},
                                 .paths = {"etc/security/*.conf", "etc/security/access.d/*.conf"},
                                 .loose = {"security/access.conf", "security/access.d/*.conf"},
                                 .collect = collect_access};

}  // namespace drydock::facts
