// pam_access(8): /etc/security/access.conf, then the *.conf files of /etc/security/access.d in the order of their
// names, as if they were one file; with accessfile= only that file.
#include "analyzer/facts/collect/access.h"

#include <algorithm>
#include <map>

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
         {"users", ColumnType::text, "Users and groups, separated by blanks: ALL EXCEPT (wheel)."},
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

struct List {
  std::string services;
  std::string separators = ", \t";
};

std::string option(std::string_view arguments, std::string_view name) {
  std::string found;
  for (size_t at = 0; at < arguments.size();) {
    const size_t end = std::min(arguments.find(' ', at), arguments.size());
    const std::string_view word = arguments.substr(at, end - at);
    if (word.starts_with(name)) found = word.substr(name.size());
    at = end + 1;
  }
  return found;
}

// The lists that PAM stacks ask, by their first file.
std::map<std::string, List> lists_of(Context& context) {
  std::map<std::string, List> out;
  out[std::string(kMain)];
  if (context.is_fragment()) return out;
  const auto rows = context.store().select(
      "SELECT service, arguments FROM pam WHERE module = 'pam_access.so' GROUP BY service, "
      "arguments ORDER BY service");
  if (!rows) return out;
  for (const auto& row : rows->rows) {
    const std::string arguments = row[1].value_or("");
    const std::string file = option(arguments, "accessfile=");
    List& list = out[file.empty() ? std::string(kMain) : normal_path(file)];
    const std::string service = row[0].value_or("");
    if (list.services != service && !list.services.ends_with("," + service))
      list.services += (list.services.empty() ? "" : ",") + service;
    if (const std::string separators = option(arguments, "listsep="); !separators.empty())
      list.separators = separators;
  }
  return out;
}

void write(Context& context, const std::string& name, const List& list,
           const std::vector<std::string>& paths) {
  int64_t position = 0;
  bool decided = false, closed = false;
  for (const std::string& path : paths) {
    const auto text = context.read(path);
    if (!text) continue;
    const access::File file = access::parse(text->text, list.separators);
    context.issues(text->path, file.errors);
    for (const access::Entry& entry : file.entries) {
      const bool decides = !decided && access::matches_anybody(entry.users) &&
                           access::matches_anybody(entry.origins);
      context.store().insert(
          kAccessEntryTable,
          {std::string_view(name), position++, entry.allows, std::string_view(entry.users),
           std::string_view(entry.origins), !closed, decides,
           list.services.empty() ? Value(Null{}) : Value(std::string_view(list.services)),
           std::string_view(text->path), context.store().locate(text->path, entry.span)});
      decided |= decides;
      closed |= decides && entry.users == "ALL" && entry.origins == "ALL";
    }
  }
}

void collect_access(Context& context) {
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) write(context, path, List{}, {path});
    return;
  }
  for (const auto& [name, list] : lists_of(context)) {
    std::vector<std::string> paths{name};
    if (name == kMain)
      for (const std::string& path : context.tree().glob(kDirectory, "*.conf"))
        paths.push_back(path);
    write(context, name, list, paths);
  }
}

}  // namespace

const Collector kAccessCollector{
    .name = "access",
    .tables = {&kAccessEntryTable},
    .needs = {"pam"},
    .paths = {"etc/security/access*.conf", "etc/security/access.d/*.conf"},
    .loose = {"security/access.conf", "security/access.d/*.conf"},
    .collect = collect_access};

}  // namespace drydock::facts
