// Which kernel modules can be loaded.
//
// modprobe.d(5): *.conf in /etc, /run, /usr/local/lib, /usr/lib and /lib/modprobe.d, read in the order of
// their names whatever the directory; a file masks those of the same name in the directories behind its own.
// The command line of the kernel is read before them (modprobe.blacklist=, MODULE.PARAMETER=).
//
// install: the first line whose wildcard matches counts, for a module by name, by alias and as a dependency.
// blacklist: only "its internal aliases" are ignored: what the kernel and udev ask for by alias, and what
// systemd-modules-load loads; `modprobe NAME` still loads it. options: all that match, in order.
// module_blacklist= on the command line is the kernel's own: it refuses the module whoever loads it.
#include "analyzer/facts/collect/module.h"

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/source/tree.h"
#include "parsers/modprobe.h"
#include "parsers/modules_load.h"

namespace drydock::facts {

const TableSpec kModprobeLineTable{
    .name = "modprobe_line",
    .kind = TableKind::raw,
    .doc = "A command of a modprobe.d(5) file as it is written, whether or not modprobe reads it.",
    .columns =
        {{"path", ColumnType::text, "The file."},
         {"command", ColumnType::text, "alias, blacklist, install, options, remove or softdep."},
         {"module", ColumnType::text,
          "The module, or the wildcard, with '_' for '-'; of an alias, its name."},
         {"argument", ColumnType::text,
          "The rest: a shell command, parameters, the module of an alias; NULL for blacklist."},
         {"is_read", ColumnType::boolean, "0: modprobe does not read this file."},
         {"why_not_read", ColumnType::text, "The reason if it is not read; else NULL."},
         {"loc", ColumnType::location, "The command."}},
    .indexes = {"module"},
    .examples = {"SELECT path, command, module FROM modprobe_line WHERE is_read = 0"}};

const TableSpec kModulePolicyTable{
    .name = "module_policy",
    .kind = TableKind::effective,
    .doc =
        "What modprobe.d(5) and the kernel's command line decide for a kernel module: one row for "
        "each that "
        "a file names, and for those that rules ask for. In a fragment, what the files name.",
    .columns =
        {{"module", ColumnType::text, "Its name with '_' for '-': usb_storage."},
         {"policy", ColumnType::text,
          "'disabled': nothing loads it; 'command': loading runs a command, which may load it; "
          "'blacklisted': "
          "nothing loads it by itself, but `modprobe NAME` and a module that needs it do; "
          "'allowed'."},
         {"install", ColumnType::text,
          "The command that runs in its place; NULL if there is none."},
         {"is_blacklisted", ColumnType::boolean, "It is blacklisted, disabled or not."},
         {"options", ColumnType::text, "The parameters it is loaded with; NULL if there are none."},
         {"presence", ColumnType::text,
          "'module': some kernel in /lib/modules has it; 'built-in': part of the kernel, so "
          "nothing can keep it "
          "out; 'absent': no kernel has it; 'unknown': there is no /lib/modules to look into."},
         {"loc", ColumnType::location,
          "What decides: the install line, else that of the blacklist; NULL if nothing does."},
         {"options_loc", ColumnType::location,
          "The last line with options; NULL if there is none."}},
    .key = "module",
    .value = "policy",
    .examples = {
        "SELECT module, policy, presence, loc FROM module_policy WHERE presence <> 'absent'"}};

const TableSpec kModuleLoadTable{
    .name = "module_load",
    .kind = TableKind::raw,
    .doc =
        "A module that a modules-load.d(5) file names, for systemd-modules-load to load at boot.",
    .columns = {{"module", ColumnType::text, "Its name with '_' for '-'."},
                {"path", ColumnType::text, "The file."},
                {"is_read", ColumnType::boolean, "0: nothing reads this file."},
                {"why_not_read", ColumnType::text, "The reason if it is not read; else NULL."},
                {"loc", ColumnType::location, "The line."}},
    .indexes = {"module"},
    .examples = {"SELECT module, loc FROM module_load WHERE is_read"}};

namespace {

using parsers::modprobe::Command;
using parsers::modprobe::Line;
using parsers::modprobe::normal_name;

// Modules that get a row whether or not a file names them: those that rules judge.
constexpr std::string_view kOfInterest[] = {
    "af_802154", "appletalk", "atm",         "ax25",    "bluetooth", "can",
    "cramfs",    "dccp",      "decnet",      "econet",  "exfat",     "firewire_core",
    "freevxfs",  "gfs2",      "hfs",         "hfsplus", "ipx",       "ipv6",
    "jffs2",     "ksmbd",     "mac80211",    "n_hdlc",  "netrom",    "overlay",
    "p8022",     "p8023",     "pcspkr",      "psnap",   "rds",       "rose",
    "sctp",      "squashfs",  "thunderbolt", "tipc",    "udf",       "usb_storage",
    "uvcvideo",  "vfat",      "vivid",       "x25"};

constexpr std::string_view kParents[] = {"etc", "run", "usr/local/lib", "usr/lib", "lib"};

// The name of the module in a path of modules.dep: "kernel/fs/hfs/hfs.ko.xz" -> "hfs"; "" for none.
std::string module_of(std::string_view path) {
  const std::string_view file = file_name(path);
  const size_t end = file.find(".ko");
  return end == std::string_view::npos ? "" : normal_name(file.substr(0, end));
}

// What the kernels of the host come with.
class Kernels {
 public:
  explicit Kernels(Context& context) : context_(context) {
    const Tree& tree = context.tree();
    for (const std::string_view root : {"usr/lib/modules", "lib/modules"}) {
      const auto real = tree.resolve(root);
      if (!real || !seen_.insert(*real).second) continue;
      if (const auto kernels = tree.list(*real))
        for (const std::string& kernel : *kernels) add(join_path(*real, kernel));
    }
  }

  std::string_view presence(const std::string& module) const {
    if (modules_.contains(module)) return "module";
    if (built_in_.contains(module)) return "built-in";
    return known_ ? "absent" : "unknown";
  }

 private:
  void add(const std::string& kernel) {
    const auto text = context_.read(join_path(kernel, "modules.dep"));
    if (!text) return;  // what is left of a kernel that is gone
    known_ = true;
    each_line(text->text, [&](std::string_view line) {
      modules_.insert(module_of(line.substr(0, line.find(':'))));
    });
    if (const auto built_in = context_.read(join_path(kernel, "modules.builtin")))
      each_line(built_in->text, [&](std::string_view line) { built_in_.insert(module_of(line)); });
  }

  template <class Each>
  static void each_line(std::string_view text, Each each) {
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      each(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  Context& context_;
  std::set<std::string> seen_;
  std::set<std::string> modules_, built_in_;
  bool known_ = false;
};

// A file in the order of reading, or one that is not read.
struct Source {
  std::string path;
  std::string why_not_read;  // empty: it is read
};

// The files below PARENT/`directory` that count, in the order of their names, then those that do not.
std::vector<Source> sources(const Tree& tree, std::string_view directory) {
  std::map<std::string, std::string> by_name;
  std::vector<Source> unread;
  std::set<std::string> seen;  // on a usr-merged host /lib is /usr/lib
  for (const std::string_view parent : kParents) {
    const auto real = tree.resolve(join_path(parent, directory));
    if (!real || !seen.insert(*real).second) continue;
    for (const std::string& path : tree.glob(*real, "*")) {
      const std::string_view name = file_name(path);
      if (!name.ends_with(".conf")) {
        if (!name.starts_with("README"))
          unread.push_back({path, "only files whose name ends in .conf are read"});
        continue;
      }
      const auto [known, first] = by_name.try_emplace(std::string(name), path);
      if (!first) unread.push_back({path, "masked by the file of the same name, " + known->second});
    }
  }
  std::vector<Source> list;
  for (const auto& [name, path] : by_name) list.push_back({path, ""});
  list.insert(list.end(), unread.begin(), unread.end());
  return list;
}

struct Placed {
  std::string module;
  std::string argument;
  LocationId loc;
};

class Policies {
 public:
  explicit Policies(Context& context) : context_(context) {}

  void read(const Source& source) {
    const auto text = context_.read(source.path);
    if (!text) return;
    const parsers::modprobe::File file = parsers::modprobe::parse(text->text);
    const bool is_read = source.why_not_read.empty();
    if (is_read) context_.issues(text->path, file.errors);
    for (const Line& line : file.lines) {
      const LocationId loc = context_.store().locate(text->path, line.span);
      context_.store().insert(
          kModprobeLineTable,
          {std::string_view(text->path), name(line.command), std::string_view(line.module),
           line.command == Command::blacklist ? Value(Null{})
                                              : Value(std::string_view(line.argument)),
           is_read, is_read ? Value(Null{}) : Value(std::string_view(source.why_not_read)), loc});
      if (!is_read) continue;
      if (line.command == Command::install) installs_.push_back({line.module, line.argument, loc});
      if (line.command == Command::options) options_.push_back({line.module, line.argument, loc});
      if (line.command == Command::blacklist) blacklist_.try_emplace(line.module, loc);
      if (line.command != Command::alias && line.module.find_first_of("*?[") == std::string::npos)
        named_.insert(line.module);
    }
  }

  // modprobe.blacklist= and MODULE.PARAMETER= (libkmod reads /proc/cmdline), module_blacklist= (the kernel).
  void read_command_line() {
    const auto rows = context_.store().select(
        "SELECT a.name, a.value, a.loc FROM boot_argument AS a WHERE a.boots AND a.name IN "
        "('modprobe.blacklist', 'module_blacklist')");
    if (!rows) return;
    for (const auto& row : rows->rows) {
      const std::string list = row[1].value_or("");
      for (size_t at = 0; at <= list.size();) {
        const size_t end = std::min(list.find(',', at), list.size());
        const std::string module = normal_name(list.substr(at, end - at));
        at = end + 1;
        if (module.empty()) continue;
        named_.insert(module);
        (row[0] == "module_blacklist" ? refused_ : by_command_line_).insert(module);
      }
    }
  }

  void add_interest() { named_.insert(std::begin(kOfInterest), std::end(kOfInterest)); }

  void write(const Kernels* kernels) {
    for (const std::string& module : named_) write(module, kernels);
  }

 private:
  void write(const std::string& module, const Kernels* kernels) {
    const Placed* install = nullptr;
    for (const Placed& line : installs_) {
      if (!glob_match(line.module, module, true)) continue;
      if (!install)
        install = &line;
      else
        context_.store().overridden(kModulePolicyTable, module, install->loc, line.loc,
                                    line.argument, "the first install command for a module counts");
    }
    std::string options;
    const Placed* last_options = nullptr;
    for (const Placed& line : options_) {
      if (!glob_match(line.module, module, true)) continue;
      options += (options.empty() ? "" : " ") + line.argument;
      last_options = &line;
    }
    const auto blacklisted = blacklist_.find(module);
    const bool is_blacklisted =
        blacklisted != blacklist_.end() || by_command_line_.contains(module);
    std::string_view policy = is_blacklisted ? "blacklisted" : "allowed";
    if (install) policy = loads_nothing(install->argument) ? "disabled" : "command";
    if (refused_.contains(module)) policy = "disabled";
    Value loc = Null{};
    if (blacklisted != blacklist_.end()) loc = blacklisted->second;
    if (install) loc = install->loc;
    context_.store().insert(
        kModulePolicyTable,
        {std::string_view(module), policy,
         install ? Value(std::string_view(install->argument)) : Value(Null{}), is_blacklisted,
         last_options ? Value(std::string_view(options)) : Value(Null{}),
         kernels ? kernels->presence(module) : std::string_view("unknown"), loc,
         last_options ? Value(last_options->loc) : Value(Null{})});
  }

  Context& context_;
  std::vector<Placed> installs_, options_;
  std::map<std::string, LocationId> blacklist_;
  std::set<std::string> named_;
  std::set<std::string> by_command_line_, refused_;
};

void read_modules_load(Context& context, const Source& source) {
  const auto text = context.read(source.path);
  if (!text) return;
  const parsers::modules_load::File file = parsers::modules_load::parse(text->text);
  context.issues(text->path, file.errors, {&kModuleLoadTable});
  const bool is_read = source.why_not_read.empty();
  for (const parsers::modules_load::Module& module : file.modules)
    context.store().insert(
        kModuleLoadTable,
        {std::string_view(normal_name(module.name)), std::string_view(text->path), is_read,
         is_read ? Value(Null{}) : Value(std::string_view(source.why_not_read)),
         context.store().locate(text->path, module.span)});
}

constexpr std::string_view kLooseModulesLoad[] = {"modules-load.d/*.conf"};
constexpr std::string_view kLooseModprobe[] = {"modprobe.d/*.conf"};

void collect_modules(Context& context) {
  if (context.is_fragment()) {
    for (const std::string& path : context.loose(kLooseModprobe)) {
      Policies policies(context);  // every file stands for itself
      policies.read({path, ""});
      policies.write(nullptr);
    }
    for (const std::string& path : context.loose(kLooseModulesLoad))
      read_modules_load(context, {path, ""});
    return;
  }
  Policies policies(context);
  for (const Source& source : sources(context.tree(), "modprobe.d")) policies.read(source);
  policies.read_command_line();
  policies.add_interest();
  const Kernels kernels(context);
  policies.write(&kernels);
  for (const Source& source : sources(context.tree(), "modules-load.d"))
    read_modules_load(context, source);
}

}  // namespace

bool loads_nothing(std::string_view command) {
  static constexpr std::string_view kHarmless[] = {"true",   "false",  ":",       "exit", "echo",
                                                   "logger", "printf", "nologin", "null"};
  if (command.find_first_of("`$(<") != std::string_view::npos) return false;
  // "2>&1" is no separator.
  std::string text(command);
  for (size_t at = text.find(">&"); at != std::string::npos; at = text.find(">&", at))
    text[at + 1] = ' ';
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find_first_of(";&|\n"), rest.size());
    std::string_view simple = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t begin = simple.find_first_not_of(" \t");
    if (begin == std::string_view::npos) continue;
    if (simple[begin] == '#') return true;
    const std::string_view word =
        simple.substr(begin, simple.find_first_of(" \t>#", begin) - begin);
    if (std::ranges::find(kHarmless, file_name(word)) == std::end(kHarmless)) return false;
    // A comment ends the command line.
    if (simple.find(" #") != std::string_view::npos || simple.find("\t#") != std::string_view::npos)
      return true;
  }
  return true;
}

const Collector kModuleCollector{
    .name = "module",
    .tables = {&kModprobeLineTable, &kModulePolicyTable, &kModuleLoadTable},
    .needs = {"boot_argument"},
    .paths = {"etc/modprobe.d/*", "run/modprobe.d/*", "usr/local/lib/modprobe.d/*",
              "usr/lib/modprobe.d/*", "lib/modprobe.d/*", "etc/modules-load.d/*",
              "run/modules-load.d/*", "usr/local/lib/modules-load.d/*", "usr/lib/modules-load.d/*",
              "lib/modules-load.d/*", "etc/modules", "lib/modules/*/modules.dep",
              "lib/modules/*/modules.builtin", "usr/lib/modules/*/modules.dep",
              "usr/lib/modules/*/modules.builtin"},
    .loose = {"modprobe.d/*.conf", "modules-load.d/*.conf"},
    .collect = collect_modules};

}  // namespace drydock::facts
