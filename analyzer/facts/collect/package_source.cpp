#include "analyzer/facts/collect/package_source.h"

#include <algorithm>
#include <map>

#include "analyzer/source/tree.h"
#include "parsers/apt_conf.h"
#include "parsers/apt_sources.h"
#include "parsers/characters.h"
#include "parsers/yum_repo.h"

namespace drydock::facts {

const TableSpec kPackageSourceTable{
    .name = "package_source",
    .kind = TableKind::effective,
    .doc =
        "A repository that the package manager reads: each URI with each suite of sources.list(5), "
        "each section of the .repo files of dnf.conf(5), with what decides whether its content is "
        "authenticated.",
    .columns =
        {{"manager", ColumnType::text, "'apt' or 'dnf' (yum too)."},
         {"id", ColumnType::text, "The name of the section; NULL for apt."},
         {"type", ColumnType::text, "deb, deb-src, or rpm."},
         {"uri", ColumnType::text,
          "The URI, or list of mirrors, as written; NULL if a repository has none."},
         {"suite", ColumnType::text, "'bookworm-security'; NULL for dnf."},
         {"enabled", ColumnType::boolean, "0: it is written and switched off."},
         {"official", ColumnType::boolean, "The URI's host is one of Debian or Ubuntu."},
         {"authenticated", ColumnType::boolean,
          "Whether packages from here must be signed: 0 with trusted=yes or allow-insecure=yes for "
          "apt, and without gpgcheck, of its own or from [main], for dnf."},
         {"metadata_authenticated", ColumnType::boolean,
          "Whether the list of packages must be signed: as authenticated for apt; repo_gpgcheck "
          "for dnf."},
         {"signed_by", ColumnType::text,
          "The only keys that may sign it (signed-by, gpgkey); NULL: for apt any key in "
          "/etc/apt/trusted.gpg.d may."},
         {"tls_verified", ColumnType::boolean,
          "0: sslverify is off, the server's certificate is not looked at."},
         {"decided_by", ColumnType::text,
          "What made authenticated 0: 'trusted=yes', 'gpgcheck=0'; NULL if it is 1."},
         {"loc", ColumnType::location,
          "The line or stanza; of what is not authenticated what says so."}},
    .indexes = {"manager"},
    .examples = {"SELECT uri, suite, signed_by FROM package_source WHERE enabled"}};

const TableSpec kAptConfigTable{
    .name = "apt_config",
    .kind = TableKind::effective,
    .doc =
        "A setting of apt: /etc/apt/apt.conf.d in the order of names, then /etc/apt/apt.conf, the "
        "last one counts (apt.conf(5)). An element of a list has a row of its own. Defaults have "
        "none.",
    .columns = {{"name", ColumnType::text,
                 "In lower case, 'apt::get::allowunauthenticated', for apt knows no other; of a "
                 "list's element with '::' at its end."},
                {"value", ColumnType::text, "The value."},
                {"is_true", ColumnType::boolean, "It is yes, true, with, on, enable or 1."},
                {"loc", ColumnType::location, "The setting."},
                {"value_loc", ColumnType::location, "The value alone."}},
    .key = "name",
    .value = "value",
    .examples = {"SELECT name, value FROM apt_config WHERE name LIKE 'apt::periodic::%'"}};

const TableSpec kDnfConfigTable{
    .name = "dnf_config",
    .kind = TableKind::effective,
    .doc =
        "A setting of [main] in /etc/dnf/dnf.conf, or /etc/yum.conf where that is not there "
        "(dnf.conf(5)). Defaults have no row.",
    .columns = {{"name", ColumnType::text, "gpgcheck, localpkg_gpgcheck and so on."},
                {"value", ColumnType::text, "The value."},
                {"is_true", ColumnType::boolean, "It is 1, yes, true or on."},
                {"loc", ColumnType::location, "The setting."},
                {"value_loc", ColumnType::location, "The value alone."}},
    .key = "name",
    .value = "value",
    .examples = {"SELECT name, value FROM dnf_config"}};

namespace {

using parsers::lower;

Value text_or_null(std::string_view text) {
  return text.empty() ? Value(Null{}) : Value(text);
}

// "the filename may only contain alphanumeric characters, hyphen, underscore and period"
// (sources.list(5), apt.conf(5)).
bool is_read_by_apt(std::string_view path) {
  const std::string_view name = file_name(path);
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// --- apt ---

bool is_official(std::string_view uri) {
  const size_t begin = uri.find("://");
  if (begin == std::string_view::npos) return false;
  std::string_view host = uri.substr(begin + 3);
  host = host.substr(0, host.find('/'));
  host = host.substr(host.rfind('@') + 1);
  host = host.substr(0, host.find(':'));
  for (const std::string_view domain : {"debian.org", "ubuntu.com"})
    if (host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.'))
      return true;
  return false;
}

void write_source(Context& context, const std::string& path,
                  const parsers::apt_sources::Source& source) {
  using parsers::apt_sources::is_true;
  // sources.list(5): with trusted=yes nothing is checked; allow-insecure lets a repository be used
  // that cannot be.
  const parsers::apt_sources::Option* insecure = nullptr;
  for (const char* name : {"trusted", "allow-insecure"})
    if (const auto* option = source.option(name);
        option && is_true(option->value, false) && !insecure)
      insecure = option;
  const auto* signed_by = source.option("signed-by");
  const std::string decided = insecure ? insecure->name + "=" + insecure->value : "";
  const LocationId loc = context.store().locate(path, insecure ? insecure->span : source.span);
  for (const std::string& type : source.types)
    for (const std::string& uri : source.uris)
      for (const std::string& suite : source.suites)
        context.store().insert(
            kPackageSourceTable,
            {std::string_view("apt"), Null{}, std::string_view(type), std::string_view(uri),
             std::string_view(suite), source.enabled, is_official(uri), insecure == nullptr,
             insecure == nullptr,
             signed_by ? Value(std::string_view(signed_by->value)) : Value(Null{}), true,
             text_or_null(decided), loc});
}

void read_apt_sources(Context& context, const std::string& path) {
  const auto text = context.read(path);
  if (!text) return;
  const parsers::apt_sources::File file = path.ends_with(".sources")
                                              ? parsers::apt_sources::parse_deb822(text->text)
                                              : parsers::apt_sources::parse_list(text->text);
  context.issues(text->path, file.errors, {&kPackageSourceTable});
  // A file names at most so many; each URI meets each suite.
  constexpr size_t kMostRows = 100'000;
  size_t rows = 0;
  for (const auto& source : file.sources) {
    rows += source.types.size() * source.uris.size() * source.suites.size();
    if (rows > kMostRows) break;
    write_source(context, text->path, source);
  }
}

struct AptSetting {
  std::string value;
  LocationId loc, value_loc;
};

class AptConfig {
 public:
  explicit AptConfig(Context& context) : context_(context) {}

  void read(const std::string& path) {
    const auto text = context_.read(path);
    if (!text) return;
    const parsers::apt_conf::File file = parsers::apt_conf::parse(text->text);
    context_.issues(text->path, file.errors, {&kAptConfigTable});
    for (const parsers::apt_conf::Setting& setting : file.settings) {
      const std::string name = lower(setting.name);
      if (setting.clear) {
        clear(name);
        continue;
      }
      const AptSetting now{setting.value, context_.store().locate(text->path, setting.span),
                           context_.store().locate(text->path, setting.value_span)};
      if (!name.ends_with("::")) {
        if (const auto old = settings_.find(name); old != settings_.end())
          context_.store().overridden(kAptConfigTable, name, now.loc, old->second.loc,
                                      old->second.value, "read later");
        settings_.erase(name);
      }
      settings_.emplace(name, now);
    }
  }

  void write() {
    for (const auto& [name, setting] : settings_)
      context_.store().insert(
          kAptConfigTable,
          {std::string_view(name), std::string_view(setting.value),
           parsers::apt_sources::is_true(setting.value, false), setting.loc, setting.value_loc});
  }

 private:
  void clear(const std::string& name) {
    std::erase_if(settings_, [&](const auto& entry) {
      return entry.first == name || entry.first.starts_with(name + "::");
    });
  }

  Context& context_;
  std::multimap<std::string, AptSetting> settings_;
};

// --- dnf ---

bool is_dnf_true(std::string_view value) {
  const std::string word = lower(value);
  return word == "1" || word == "yes" || word == "true" || word == "on";
}

struct DnfMain {
  bool gpgcheck = false, repo_gpgcheck = false, sslverify = true;  // dnf.conf(5), defaults
  std::optional<LocationId> gpgcheck_loc;
};

DnfMain read_dnf_main(Context& context, const std::string& path) {
  DnfMain main;
  const auto text = context.read(path);
  if (!text) return main;
  const parsers::yum_repo::File file = parsers::yum_repo::parse(text->text);
  context.issues(text->path, file.errors);
  std::map<std::string_view, const parsers::yum_repo::Setting*> last;
  for (const auto& section : file.sections)
    if (section.name == "main")
      for (const auto& setting : section.settings) last[setting.key] = &setting;
  for (const auto& [key, setting] : last) {
    const LocationId loc = context.store().locate(text->path, setting->span);
    const bool on = is_dnf_true(setting->value);
    context.store().insert(
        kDnfConfigTable,
        {key, setting->value, on, loc, context.store().locate(text->path, setting->value_span)});
    if (key == "gpgcheck") main.gpgcheck = on, main.gpgcheck_loc = loc;
    if (key == "repo_gpgcheck") main.repo_gpgcheck = on;
    if (key == "sslverify") main.sslverify = on;
  }
  return main;
}

void read_dnf_repositories(Context& context, const std::string& path, const DnfMain& main) {
  const auto text = context.read(path);
  if (!text) return;
  const parsers::yum_repo::File file = parsers::yum_repo::parse(text->text);
  context.issues(text->path, file.errors, {&kPackageSourceTable});
  for (const auto& section : file.sections) {
    if (section.name == "main") continue;
    const auto flag = [&](const char* key, bool otherwise) {
      const auto* setting = section.find(key);
      return setting ? is_dnf_true(setting->value) : otherwise;
    };
    const auto* own = section.find("gpgcheck");
    const bool checked = flag("gpgcheck", main.gpgcheck);
    std::string_view uri;
    for (const char* key : {"baseurl", "metalink", "mirrorlist"})
      if (const auto* setting = section.find(key); setting && uri.empty()) uri = setting->value;
    const auto* key = section.find("gpgkey");
    LocationId loc = context.store().locate(text->path, section.span);
    if (!checked && own)
      loc = context.store().locate(text->path, own->span);
    else if (!checked && main.gpgcheck_loc)
      loc = *main.gpgcheck_loc;
    context.store().insert(
        kPackageSourceTable,
        {std::string_view("dnf"), section.name, std::string_view("rpm"), text_or_null(uri), Null{},
         flag("enabled", true), false, checked, flag("repo_gpgcheck", main.repo_gpgcheck),
         key ? text_or_null(key->value) : Value(Null{}), flag("sslverify", main.sslverify),
         checked
             ? Value(Null{})
             : Value(std::string_view(own                 ? "gpgcheck=0"
                                      : main.gpgcheck_loc ? "gpgcheck=0 in [main]"
                                                          : "gpgcheck, which is off unless set")),
         loc});
  }
}

void collect_package_sources(Context& context) {
  AptConfig config(context);
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) {
      const std::string_view directory = file_name(parent_path(path));
      if (directory == "apt.conf.d" || file_name(path) == "apt.conf")
        config.read(path);
      else if (file_name(path) == "sources.list" || directory == "sources.list.d")
        read_apt_sources(context, path);
      else if (file_name(path) == "dnf.conf" || file_name(path) == "yum.conf")
        read_dnf_main(context, path);
      else if (path.ends_with(".repo"))
        read_dnf_repositories(context, path, {.gpgcheck = true, .gpgcheck_loc = {}});
    }
    return config.write();
  }
  const Tree& tree = context.tree();
  if (tree.exists("etc/apt/sources.list")) read_apt_sources(context, "etc/apt/sources.list");
  std::vector<std::string> files = tree.glob("etc/apt/sources.list.d", "*.list");
  for (std::string& path : tree.glob("etc/apt/sources.list.d", "*.sources"))
    files.push_back(std::move(path));
  std::ranges::sort(files);
  for (const std::string& path : files)
    if (is_read_by_apt(path)) read_apt_sources(context, path);
  for (const std::string& path : tree.glob("etc/apt/apt.conf.d", "*")) {
    const std::string_view name = file_name(path);
    if (is_read_by_apt(path) &&
        (name.find('.') == std::string_view::npos || name.ends_with(".conf")))
      config.read(path);
  }
  config.read("etc/apt/apt.conf");
  config.write();

  const DnfMain main =
      read_dnf_main(context, tree.exists("etc/dnf/dnf.conf") ? "etc/dnf/dnf.conf" : "etc/yum.conf");
  // reposdir=, by default.
  for (const char* directory : {"etc/yum.repos.d", "etc/yum/repos.d", "etc/distro.repos.d"})
    for (const std::string& path : tree.glob(directory, "*.repo"))
      read_dnf_repositories(context, path, main);
}

}  // namespace

const Collector kPackageSourceCollector{
    .name = "package_source",
    .tables = {&kPackageSourceTable, &kAptConfigTable, &kDnfConfigTable},
    .needs = {},
    .paths = {"etc/apt/sources.list", "etc/apt/sources.list.d/*", "etc/apt/apt.conf.d/*",
              "etc/apt/apt.conf", "etc/dnf/dnf.conf", "etc/yum.conf", "etc/yum.repos.d/*.repo",
              "etc/yum/repos.d/*.repo", "etc/distro.repos.d/*.repo"},
    .loose = {"sources.list", "sources.list.d/*.list", "sources.list.d/*.sources", "apt.conf",
              "apt.conf.d/*", "dnf.conf", "yum.repos.d/*.repo"},
    .collect = collect_package_sources};

}  // namespace drydock::facts
