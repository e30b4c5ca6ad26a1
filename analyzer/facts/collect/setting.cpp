// Two kinds of files.
//
// systemd's daemons, systemd.conf "CONFIGURATION DIRECTORIES AND PRECEDENCE": the main file is the first of
// /etc, /run, /usr/local/lib and /usr/lib/systemd/NAME.conf; drop-ins are NAME.conf.d/*.conf in the same
// directories, "sorted by their filename in lexicographic order, regardless of in which of the
// subdirectories they reside"; a file masks those of its name in the directories behind its own; "drop-in
// files have higher precedence and override the main configuration file". A later value replaces an
// earlier one, an empty one restores the default, unless it is none of the values that the setting
// takes (a boolean): those are ignored; the lists add up and an empty assignment clears them.
//
// Files of one directive a line, each by the manual page of its program.
#include "analyzer/facts/collect/setting.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "analyzer/facts/collect/include_limit.h"
#include "analyzer/facts/collect/setting_value.h"
#include "analyzer/source/tree.h"
#include "parsers/characters.h"
#include "parsers/directives.h"
#include "parsers/unit.h"

namespace drydock::facts {

const TableSpec kSettingTable{
    .name = "setting",
    .kind = TableKind::effective,
    .doc =
        "A setting of a small service as it counts after drop-ins and repetitions: systemd's "
        "journald, logind, coredump, timesyncd, resolved, networkd, sleep, oomd, pstore, "
        "journal-upload, journal-remote, system and user (the managers); chrony, ntp, postfix, "
        "selinux, ufw, logrotate (outside its blocks, in the order in which they count for the "
        "blocks below), "
        "resolv (resolv.nameserver: an address glibc asks; resolv.search: the domains that count; "
        "resolv.options: one option that it takes), au-remote, audisp-remote, "
        "crypto-policies "
        "(the policy stands in the key). Directives that add up, "
        "such as chrony.server, have a row each. Nothing that is not written has a row.",
    .columns = {{"key", ColumnType::text,
                 "Program and name: journald.Storage, chrony.server, selinux.SELINUX. Names of "
                 "chrony, ntp, au-remote and audisp-remote are in lower case."},
                {"value", ColumnType::text,
                 "As it is written; a list of systemd joined by blanks; selinux.SELINUX in small "
                 "letters."},
                {"program", ColumnType::text, "The part before the dot."},
                {"section", ColumnType::text, "systemd's section; NULL for others."},
                {"path", ColumnType::text, "The file that wins."},
                {"loc", ColumnType::location, "The setting that wins; of a list the last."},
                {"value_loc", ColumnType::location, "Its value."}},
    .key = "key",
    .value = "value",
    .indexes = {"program"},
    .examples = {"SELECT key, value, loc FROM setting WHERE program = 'journald'"}};

namespace {

using parsers::lower;

namespace directives = parsers::directives;
namespace unit = parsers::unit;

struct Daemon {
  std::string_view program;
  std::string_view file;                   // below systemd/
  std::vector<std::string_view> sections;  // by its manual page
  std::vector<std::string_view> lists;     // settings that add up
};

const std::vector<Daemon>& daemons() {
  static const std::vector<Daemon> kDaemons = {
      {"journald", "journald.conf", {"Journal"}, {}},
      {"logind", "logind.conf", {"Login"}, {}},
      {"coredump", "coredump.conf", {"Coredump"}, {}},
      {"timesyncd", "timesyncd.conf", {"Time"}, {"NTP", "FallbackNTP"}},
      {"resolved", "resolved.conf", {"Resolve"}, {"DNS", "FallbackDNS", "Domains"}},
      {"networkd", "networkd.conf", {"Network", "DHCPv4", "DHCPv6", "DHCPServer", "DHCP"}, {}},
      {"sleep", "sleep.conf", {"Sleep"}, {}},
      {"oomd", "oomd.conf", {"OOM"}, {}},
      {"pstore", "pstore.conf", {"PStore"}, {}},
      {"journal-upload", "journal-upload.conf", {"Upload"}, {}},
      {"journal-remote", "journal-remote.conf", {"Remote"}, {}},
      {"system", "system.conf", {"Manager"}, {"DefaultEnvironment", "ManagerEnvironment"}},
      {"user", "user.conf", {"Manager"}, {"DefaultEnvironment", "ManagerEnvironment"}},
  };
  return kDaemons;
}

constexpr std::string_view kDirectories[] = {"etc/systemd", "run/systemd", "usr/local/lib/systemd",
                                             "usr/lib/systemd"};

enum class Repeat : uint8_t { last, all };

struct Program {
  std::string_view program;
  std::vector<std::string_view> paths;  // those that exist are read, in this order
  directives::Style style;
  Repeat repeat = Repeat::last;
  bool lower_case = false;                 // names are case-insensitive
  std::vector<std::string_view> includes;  // directives that name a file or pattern to read
  std::vector<std::string_view> include_directories;  // … a directory: its *.conf
};

const std::vector<Program>& programs() {
  static const std::vector<Program> kPrograms = {
      // chrony.conf(5): lines beginning with one of !;#% are comments; confdir takes *.conf, sourcedir
      // *.sources.
      {"chrony",
       {"etc/chrony/chrony.conf", "etc/chrony.conf"},
       {.comments = "#!;%"},
       Repeat::all,
       true,
       {"include"},
       {"confdir", "sourcedir"}},
      {"ntp",
       {"etc/ntpsec/ntp.conf", "etc/ntp.conf"},
       {.comments = "#", .inline_comments = true},
       Repeat::all,
       true,
       {"includefile"},
       {}},
      // postconf(5): "a logical line starts with non-whitespace text; a line that starts with whitespace
      // continues it"; "the last instance of a parameter is effective".
      {"postfix",
       {"etc/postfix/main.cf"},
       {.comments = "#", .separator = '=', .leading_space_continues = true},
       Repeat::last,
       false,
       {},
       {}},
      {"ufw",
       {"etc/ufw/ufw.conf"},
       {.comments = "#", .separator = '=', .quotes = true},
       Repeat::last,
       false,
       {},
       {}},
      {"au-remote",
       {"etc/audit/plugins.d/au-remote.conf", "etc/audisp/plugins.d/au-remote.conf"},
       {.comments = "#", .separator = '='},
       Repeat::all,
       true,
       {},
       {}},
      // audisp-remote.conf(5): "keyword = value", case-insensitive.
      {"audisp-remote",
       {"etc/audit/audisp-remote.conf", "etc/audisp/audisp-remote.conf"},
       {.comments = "#", .separator = '='},
       Repeat::last,
       true,
       {},
       {}},
      // update-crypto-policies(8): the file holds one word, the policy with its modules: DEFAULT:NO-SHA1.
      {"crypto-policies",
       {"etc/crypto-policies/config"},
       {.comments = "#"},
       Repeat::last,
       false,
       {},
       {}},
  };
  return kPrograms;
}

constexpr size_t kFiles = 500;

class Settings {
 public:
  explicit Settings(Context& context) : context_(context) {}

  void read_daemon(const Daemon& daemon) {
    if (context_.is_fragment()) return loose_daemon(daemon);
    lines_.clear();
    hidden_.clear();
    std::string first;
    for (const std::string_view directory : kDirectories) {
      const std::string main = join_path(directory, daemon.file);
      if (!context_.tree().exists(main)) continue;
      if (first.empty())
        read_ini(daemon, first = main);
      else
        hidden_.emplace_back(main, first);
    }
    std::map<std::string, std::string> drop_ins;  // by name, for that is their order
    for (const std::string_view directory : kDirectories) {
      const std::string drop_in = join_path(directory, std::string(daemon.file) + ".d");
      for (const std::string& path : context_.tree().glob(drop_in, "*.conf"))
        if (const auto [known, is_new] = drop_ins.try_emplace(std::string(file_name(path)), path);
            !is_new)
          hidden_.emplace_back(path, known->second);
    }
    for (const auto& [name, path] : drop_ins) read_ini(daemon, path);
    write_daemon(daemon);
  }

  void read_program(const Program& program) {
    if (context_.is_fragment()) {
      for (const std::string& path : context_.loose())
        for (const std::string_view known : program.paths)
          if (file_name(path) == file_name(known) && file_name(known) != "config") {
            last_.clear();
            read_lines(program, path, 0);
            write_last(program);
            break;
          }
      return;
    }
    last_.clear();
    for (const std::string_view path : program.paths) read_lines(program, std::string(path), 0);
    write_last(program);
  }

 private:
  struct Line {
    unit::Assignment assignment;
    std::string path;
  };
  struct Last {
    directives::Directive directive;
    std::string path;
  };

  void loose_daemon(const Daemon& daemon) {
    for (const std::string& path : context_.loose()) {
      const bool main = file_name(path) == daemon.file;
      const bool drop_in = path.ends_with(".conf") &&
                           file_name(parent_path(path)) == std::string(daemon.file) + ".d";
      if (!main && !drop_in) continue;
      lines_.clear();
      read_ini(daemon, path);
      write_daemon(daemon);
    }
  }

  void read_ini(const Daemon& daemon, const std::string& path) {
    const auto text = context_.read(path);
    if (!text || !limit_.admits(text->path)) return;
    unit::File file = unit::parse(text->text, daemon.sections);
    context_.issues(text->path, file.errors);
    parsers::SyntaxErrors wrong;
    for (unit::Assignment& assignment : file.assignments) {
      // Its name of long ago.
      if (daemon.program == "timesyncd" && assignment.key == "Servers") assignment.key = "NTP";
      if (daemon_takes(daemon.program, assignment.key, assignment.value))
        lines_.push_back({std::move(assignment), text->path});
      else
        wrong.add("bad-value", assignment.span,
                  "systemd takes no such value: what was set before stays");
    }
    context_.issues(text->path, wrong);
  }

  void write_daemon(const Daemon& daemon) {
    std::map<std::pair<std::string, std::string>, std::vector<const Line*>> keys;
    for (const Line& line : lines_)
      keys[{line.assignment.section, line.assignment.key}].push_back(&line);
    const auto set = [&](std::string_view section, std::string_view key) {
      const auto found = keys.find({std::string(section), std::string(key)});
      return found == keys.end() ? "" : found->second.back()->assignment.value;
    };
    for (const auto& [name, all] : keys) {
      const Line& winner = *all.back();
      if (const auto why = unusable(daemon.program, name.second,
                                    [&](std::string_view key) { return set(name.first, key); })) {
        parsers::SyntaxErrors wrong;
        wrong.add("bad-value", winner.assignment.span,
                  "the daemon goes on with its default: " + std::string(*why));
        context_.issues(winner.path, wrong);
        continue;
      }
      const bool list = std::ranges::find(daemon.lists, name.second) != daemon.lists.end();
      std::string value;
      if (list && daemon.program == "timesyncd") {
        Servers servers;
        for (const Line* line : all) servers.add(line->assignment.value);
        value = std::move(servers.text);
      } else {
        for (const Line* line : all) {
          if (!list || line->assignment.value.empty()) value.clear();
          value += (value.empty() ? "" : " ") + line->assignment.value;
        }
      }
      const std::string key = std::string(daemon.program) + "." + name.second;
      const LocationId loc = context_.store().locate(winner.path, winner.assignment.span);
      // An empty assignment sets the default again: nothing is set.
      if (!value.empty())
        context_.store().insert(
            kSettingTable, {std::string_view(key), std::string_view(value), daemon.program,
                            std::string_view(name.first), std::string_view(winner.path), loc,
                            context_.store().locate(winner.path, winner.assignment.value_span)});
      if (list) continue;
      for (const Line* line : all)
        if (line != &winner)
          context_.store().overridden(
              kSettingTable, key, loc, context_.store().locate(line->path, line->assignment.span),
              line->assignment.value,
              line->path == winner.path ? "set again later in the same file"
                                        : "read earlier than " + winner.path);
    }
    for (const auto& [path, by] : hidden_) {
      const auto text = context_.tree().read(path);
      if (!text) continue;  // it would not count anyway
      for (const unit::Assignment& lost : unit::parse(*text, daemon.sections).assignments) {
        const auto now = keys.find({lost.section, lost.key});
        const Line* winner = now == keys.end() ? nullptr : now->second.back();
        if (winner && winner->assignment.value == lost.value) continue;
        context_.store().overridden(
            kSettingTable, std::string(daemon.program) + "." + lost.key,
            winner ? context_.store().locate(winner->path, winner->assignment.span) : LocationId{},
            context_.store().locate(path, lost.span), lost.value,
            by + " has the same name and counts instead");
      }
    }
  }

  void read_lines(const Program& program, const std::string& path, int depth) {
    const auto text = context_.read(path);
    if (!text || !limit_.admits(text->path, depth)) return;
    const directives::File file = directives::parse(text->text, program.style);
    context_.issues(text->path, file.errors);
    for (const directives::Directive& directive : file.directives) {
      const std::string name = program.lower_case ? lower(directive.name) : directive.name;
      if (program.repeat == Repeat::all)
        write(program, name, directive, text->path);
      else
        keep(program, name, directive, text->path);
      if (context_.is_fragment()) continue;
      if (std::ranges::find(program.includes, name) != program.includes.end())
        follow(program, directive.value, depth);
      if (std::ranges::find(program.include_directories, name) != program.include_directories.end())
        follow_directories(program, directive.value, name == "sourcedir" ? "*.sources" : "*.conf",
                           depth);
    }
  }

  void follow(const Program& program, const std::string& value, int depth) {
    const std::string path = normal_path(value);
    if (path.find_first_of("*?[") == std::string::npos) return read_lines(program, path, depth + 1);
    for (const std::string& found : context_.tree().glob(parent_path(path), file_name(path)))
      read_lines(program, found, depth + 1);
  }

  // chrony.conf(5), confdir: several directories may be named, their files count by name, of equal names the first
  // directory's.
  void follow_directories(const Program& program, const std::string& directories,
                          std::string_view pattern, int depth) {
    std::map<std::string, std::string> files;
    std::istringstream words(directories);
    for (std::string directory; words >> directory;)
      for (const std::string& found : context_.tree().glob(normal_path(directory), pattern))
        files.try_emplace(std::string(file_name(found)), found);
    for (const auto& [name, path] : files) read_lines(program, path, depth + 1);
  }

  void keep(const Program& program, const std::string& name, const directives::Directive& directive,
            const std::string& path) {
    auto& all = last_[std::string(program.program) + "." + name];
    all.push_back({directive, path});
  }

  void write_last(const Program& program) {
    for (const auto& [key, all] : last_) {
      const Last& winner = all.back();
      write(program, key.substr(program.program.size() + 1), winner.directive, winner.path);
      for (const Last& one : all)
        if (&one != &winner)
          context_.store().overridden(kSettingTable, key,
                                      context_.store().locate(winner.path, winner.directive.span),
                                      context_.store().locate(one.path, one.directive.span),
                                      one.directive.value, "set again later in the same file");
    }
  }

  void write(const Program& program, const std::string& name,
             const directives::Directive& directive, const std::string& path) {
    const std::string key = std::string(program.program) + "." + name;
    context_.store().insert(
        kSettingTable,
        {std::string_view(key), std::string_view(directive.value), program.program, Null{},
         std::string_view(path), context_.store().locate(path, directive.span),
         context_.store().locate(path, directive.value_span)});
  }

  Context& context_;
  std::vector<std::pair<std::string, std::string>>
      hidden_;  // files that another of the same name hides: and that
  std::vector<Line> lines_;
  std::map<std::string, std::vector<Last>> last_;
  IncludeLimit limit_{context_, kFiles};
};

void collect_settings(Context& context) {
  Settings settings(context);
  for (const Daemon& daemon : daemons()) settings.read_daemon(daemon);
  for (const Program& program : programs()) settings.read_program(program);
  collect_resolv(context);
  collect_logrotate(context);
  collect_selinux(context);
}

// Patterns live as long as the program.
const std::vector<std::string>& patterns() {
  static const std::vector<std::string> kPatterns = [] {
    std::vector<std::string> all;
    for (const Daemon& daemon : daemons())
      for (const std::string_view directory : kDirectories) {
        all.push_back(join_path(directory, daemon.file));
        all.push_back(join_path(directory, std::string(daemon.file) + ".d/*.conf"));
      }
    for (const Program& program : programs())
      for (const std::string_view path : program.paths) all.emplace_back(path);
    all.emplace_back("etc/chrony/conf.d/*.conf");
    all.emplace_back("etc/chrony/sources.d/*.sources");
    all.emplace_back("etc/chrony.d/*.conf");
    all.emplace_back("etc/resolv.conf");
    all.emplace_back("etc/selinux/config");
    all.emplace_back("etc/logrotate.conf");
    all.emplace_back("etc/logrotate.d/*");
    return all;
  }();
  return kPatterns;
}

const std::vector<std::string>& loose_patterns() {
  static const std::vector<std::string> kPatterns = [] {
    std::vector<std::string> all;
    for (const Daemon& daemon : daemons()) {
      all.push_back("systemd/" + std::string(daemon.file));
      all.push_back(std::string(daemon.file) + ".d/*.conf");
    }
    for (const std::string_view name : {"journald.conf", "logind.conf", "coredump.conf",
                                        "timesyncd.conf", "chrony.conf", "main.cf", "ufw.conf"})
      all.emplace_back(name);
    return all;
  }();
  return kPatterns;
}

std::vector<std::string_view> views(const std::vector<std::string>& list) {
  return {list.begin(), list.end()};
}

}  // namespace

const Collector kSettingCollector{.name = "setting",
                                  .tables = {&kSettingTable, &kLogrotateLogTable},
                                  .needs = {},
                                  .paths = views(patterns()),
                                  .loose = views(loose_patterns()),
                                  .collect = collect_settings};

}  // namespace drydock::facts
