// login.defs(5): the last line with a name counts. useradd(8), "-D": /etc/default/useradd.
#include "analyzer/facts/collect/login.h"

#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <ranges>
#include <set>

#include "analyzer/facts/collect/login_value.h"
#include "analyzer/source/tree.h"
#include "parsers/login_defs.h"
#include "parsers/new_accounts.h"
#include "parsers/nsswitch.h"

namespace drydock::facts {

const TableSpec kLoginDefTable{
    .name = "login_def",
    .kind = TableKind::effective,
    .doc =
        "A setting of the shadow tools with the value that counts (login.defs(5)); settings that "
        "are not written have the defaults of shadow 4.13, where the file or useradd is there.",
    .columns = {{"key", ColumnType::text, "The name: PASS_MAX_DAYS."},
                {"value", ColumnType::text,
                 "As the programs take it: numbers in decimals, modes as octal ones (22 is 026 to "
                 "them), the default for what is no number or method. Texts and switches as they "
                 "are written; all but yes switches off."},
                {"source", ColumnType::text,
                 "'file'; 'default' where no line says it, or none that counts."},
                {"loc", ColumnType::location, "The line; NULL if there is none."},
                {"value_loc", ColumnType::location, "The value; NULL if there is none."}},
    .key = "key",
    .value = "value",
    .examples = {"SELECT key, value, loc FROM login_def WHERE key LIKE 'PASS_%'"}};

const TableSpec kUseraddDefaultTable{
    .name = "useradd_default",
    .kind = TableKind::effective,
    .doc =
        "A default for new accounts: useradd(8) from /etc/default/useradd, adduser(8) from "
        "/etc/adduser.conf. What is not written has no row, but INACTIVE, where useradd is there.",
    .columns = {{"key", ColumnType::text, "Program and name: useradd.INACTIVE, adduser.DIR_MODE."},
                {"value", ColumnType::text, "The value, without quotation marks."},
                {"source", ColumnType::text, "'file' or 'default'."},
                {"loc", ColumnType::location, "The line; NULL for a default."},
                {"value_loc", ColumnType::location, "The value; NULL for a default."}},
    .key = "key",
    .value = "value",
    .examples = {"SELECT key, value, loc FROM useradd_default"}};

const TableSpec kNssSourceTable{
    .name = "nss_source",
    .kind = TableKind::effective,
    .doc = "A source that a database of names is looked up in, in its order (nsswitch.conf(5)).",
    .columns = {{"database", ColumnType::text, "The database: passwd, shadow, hosts and others."},
                {"position", ColumnType::integer, "From 0."},
                {"source", ColumnType::text,
                 "The source: files, compat, systemd, sss, ldap, nis and others."},
                {"actions", ColumnType::text,
                 "What stands in brackets behind it: NOTFOUND=return; NULL if nothing."},
                {"loc", ColumnType::location, "The source."}},
    .indexes = {"database"},
    .examples = {"SELECT database, position, source FROM nss_source"}};

const TableSpec kLoginShellTable{
    .name = "login_shell",
    .kind = TableKind::raw,
    .doc =
        "A shell that users may choose with chsh(1), and that makes an account count as a normal "
        "one to daemons (shells(5)).",
    .columns = {{"path", ColumnType::text, "The program, as it is written."},
                {"loc", ColumnType::location, "The line."}},
    .examples = {"SELECT path FROM login_shell"}};

namespace {

constexpr std::string_view kLoginDefs = "etc/login.defs";
constexpr std::string_view kUseradd = "etc/default/useradd";
constexpr std::string_view kAdduser = "etc/adduser.conf";
constexpr std::string_view kNsswitch = "etc/nsswitch.conf";
constexpr std::string_view kShells = "etc/shells";

// A number as strtol(3) with base 0 takes it becomes a decimal one; false: it is none, or less than -1.
bool make_number(std::string& text) {
  char* end = nullptr;
  errno = 0;
  const int64_t value = std::strtoll(text.c_str(), &end, 0);
  if (text.empty() || end != text.c_str() + text.size() || errno != 0 || value < -1) return false;
  text = std::to_string(value);
  return true;
}

class Login {
 public:
  explicit Login(Context& context) : context_(context) {}

  void root() {
    const bool has_useradd = context_.tree().exists("usr/sbin/useradd");
    const bool has_login_defs = login_defs(kLoginDefs);
    if (has_useradd || has_login_defs) login_defaults();
    assignments(kUseradd, "useradd.");
    assignments(kAdduser, "adduser.");
    if ((has_useradd || has_login_defs) && !settings_.contains("useradd.INACTIVE"))
      context_.store().insert(kUseraddDefaultTable,
                              {std::string_view("useradd.INACTIVE"), std::string_view("-1"),
                               std::string_view("default"), Null{}, Null{}});
    write_settings();
    nsswitch(kNsswitch);
    shells(kShells);
  }

  void fragment() {
    for (const std::string& path : context_.loose()) {
      const std::string_view name = file_name(path);
      if (name == "login.defs") login_defs(path);
      if (name == "useradd") assignments(path, "useradd.");
      if (name == "adduser.conf") assignments(path, "adduser.");
      if (name == "nsswitch.conf") nsswitch(path);
    }
    write_settings();
  }

 private:
  struct Setting {
    std::string value;
    LocationId loc;
    LocationId value_loc;
    bool is_default = false;  // what the line says counts for nothing
  };

  void keep(const TableSpec& table, const std::string& key, Setting setting) {
    const auto [known, is_new] = settings_.try_emplace(key, &table, setting);
    if (is_new) return;
    context_.store().overridden(table, key, setting.loc, known->second.second.loc,
                                known->second.second.value, "set again later");
    known->second.second = std::move(setting);
  }

  bool login_defs(std::string_view path) {
    const auto text = context_.read(path);
    if (!text) return context_.tree().exists(path);
    const auto file = parsers::login_defs::parse(text->text);
    context_.issues(text->path, file.errors, {&kLoginDefTable});
    for (const auto& setting : file.settings) {
      const LoginValue taken = login_value(setting.name, setting.value);
      if (!taken.why_not.empty())
        context_.issue(text->path, {"bad-value", setting.value_span, taken.why_not},
                       {&kLoginDefTable});
      keep(kLoginDefTable, setting.name,
           {taken.value, context_.store().locate(text->path, setting.span),
            context_.store().locate(text->path, setting.value_span), !taken.why_not.empty()});
    }
    return true;
  }

  void login_defaults() {
    const auto md5 = settings_.find("MD5_CRYPT_ENAB");
    for (const auto& [key, value] : login_defaults_of_shadow()) {
      if (settings_.contains(key)) continue;
      const bool is_md5 = key == "ENCRYPT_METHOD" && md5 != settings_.end() &&
                          strcasecmp(md5->second.second.value.c_str(), "yes") == 0;
      context_.store().insert(kLoginDefTable, {key, is_md5 ? std::string_view("MD5") : value,
                                               std::string_view("default"), Null{}, Null{}});
    }
  }

  void assignments(std::string_view path, std::string_view program) {
    const auto text = context_.read(path);
    if (!text) return;
    const auto found = program == "useradd." ? parsers::new_accounts::parse_useradd(text->text)
                                             : parsers::new_accounts::parse_adduser(text->text);
    for (const auto& assignment : found) {
      const Span at = assignment.value_span;
      std::string value = assignment.value;
      // useradd says that it ignores the line, and takes -1, whatever an earlier one says (get_defaults).
      if (program == "useradd." && assignment.name == "INACTIVE" && !make_number(value)) {
        context_.issue(text->path,
                       {"bad-number", at, "useradd ignores INACTIVE: expected a number of days"},
                       {&kUseraddDefaultTable});
        value = "-1";
      }
      keep(kUseraddDefaultTable, std::string(program) + assignment.name,
           {std::move(value), context_.store().locate(text->path, assignment.span),
            context_.store().locate(text->path, at)});
    }
  }

  void write_settings() {
    for (const auto& [key, kept] : settings_)
      context_.store().insert(*kept.first,
                              {std::string_view(key), std::string_view(kept.second.value),
                               std::string_view(kept.second.is_default ? "default" : "file"),
                               kept.second.loc, kept.second.value_loc});
  }

  void nsswitch(std::string_view path) {
    const auto text = context_.read(path);
    if (!text) return;
    std::map<std::string, parsers::nsswitch::Database> databases;  // the last line of each counts
    constexpr size_t kLost = 10'000;
    size_t lost = 0;  // rows of `override`
    for (auto& database : parsers::nsswitch::parse(text->text)) {
      parsers::nsswitch::Database& counts = databases[database.name];
      for (const auto& winner : database.sources | std::views::take(20))
        for (const auto& source : counts.sources | std::views::take(20)) {
          if (++lost > kLost) break;
          context_.store().overridden(kNssSourceTable, database.name,
                                      context_.store().locate(text->path, winner.span),
                                      context_.store().locate(text->path, source.span), source.name,
                                      "the last line of a database counts");
        }
      counts = std::move(database);
    }
    for (const auto& [name, database] : databases)
      for (size_t i = 0; i < database.sources.size(); ++i)
        context_.store().insert(kNssSourceTable,
                                {std::string_view(name), static_cast<int64_t>(i),
                                 std::string_view(database.sources[i].name),
                                 database.sources[i].written_actions.empty()
                                     ? Value(Null{})
                                     : Value(std::string_view(database.sources[i].written_actions)),
                                 context_.store().locate(text->path, database.sources[i].span)});
  }

  void shells(std::string_view path) {
    const auto text = context_.read(path);
    if (!text) return;
    for (const auto& shell : parsers::new_accounts::parse_shells(text->text))
      context_.store().insert(kLoginShellTable, {std::string_view(shell.path),
                                                 context_.store().locate(text->path, shell.span)});
  }

  Context& context_;
  std::map<std::string, std::pair<const TableSpec*, Setting>, std::less<>> settings_;
};

void collect_login(Context& context) {
  Login login(context);
  if (context.is_fragment())
    login.fragment();
  else
    login.root();
}

}  // namespace

const Collector kLoginCollector{
    .name = "login",
    .tables = {&kLoginDefTable, &kUseraddDefaultTable, &kNssSourceTable, &kLoginShellTable},
    .needs = {},
    .paths = {"etc/login.defs", "etc/default/useradd", "etc/adduser.conf", "etc/nsswitch.conf",
              "etc/shells"},
    .loose = {"login.defs", "default/useradd", "adduser.conf", "nsswitch.conf"},
    .collect = collect_login};

}  // namespace drydock::facts
