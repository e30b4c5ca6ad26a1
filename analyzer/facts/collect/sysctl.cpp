// Which program sets the parameters decides what is read.
//
// systemd-sysctl, sysctl.d(5): *.conf in /etc, /run, /usr/local/lib and /usr/lib/sysctl.d. "All
// configuration files are sorted by their filename in lexicographic order, regardless of which of
// the directories they reside in. If multiple files specify the same option, the entry in the file
// with the lexicographically latest name will take precedence." A file masks those of the same name
// in the directories behind its own; a link to /dev/null masks without a replacement.
// /etc/sysctl.conf is read only where a link in /etc/sysctl.d leads to it (Debian's
// 99-sysctl.conf).
//
// procps, sysctl(8) --system: the same, and /etc/sysctl.conf once more at the end.
//
// Both: an explicit setting beats a glob whatever the order ("-key" without '=' takes the key out
// of globs), and a later line beats an earlier one.
#include "analyzer/facts/collect/sysctl.h"

#include <algorithm>
#include <map>

#include "analyzer/source/tree.h"
#include "parsers/sysctl.h"

namespace drydock::facts {

const TableSpec kSysctlTable{
    .name = "sysctl",
    .kind = TableKind::effective,
    .doc =
        "A kernel parameter that the host sets at boot, with the value that wins (sysctl.d(5)). A "
        "glob "
        "(net.ipv4.conf.*.rp_filter) also gives a row for each known key it covers. In a fragment "
        "every "
        "file stands for itself.",
    .columns = {{"key", ColumnType::text,
                 "The parameter with dots; a slash stands for a dot in a name: "
                 "net.ipv4.conf.eth0/100.forwarding."},
                {"value", ColumnType::text, "As it is written."},
                {"glob", ColumnType::text,
                 "The glob that set the key; NULL for an explicit setting."},
                {"path", ColumnType::text, "The file that wins."},
                {"ignore_failure", ColumnType::boolean, "Written with a leading '-'."},
                {"loc", ColumnType::location, "The setting that wins."},
                {"value_loc", ColumnType::location, "Its value."}},
    .key = "key",
    .value = "value",
    .examples = {"SELECT key, value, loc FROM sysctl WHERE key GLOB 'net.ipv4.*' ORDER BY key"}};

const TableSpec kSysctlLineTable{
    .name = "sysctl_line",
    .kind = TableKind::raw,
    .doc = "A line of a sysctl file as it is written, whether or not anything reads it.",
    .columns = {{"path", ColumnType::text, "The file."},
                {"key", ColumnType::text, "The parameter, in its spelling with dots."},
                {"value", ColumnType::text,
                 "As it is written; NULL for an exclusion ('-key' alone)."},
                {"is_read", ColumnType::boolean, "0: no program reads this file at boot."},
                {"why_not_read", ColumnType::text, "The reason if it is not read; else NULL."},
                {"loc", ColumnType::location, "The line."}},
    .indexes = {"key"},
    .examples = {"SELECT path, key, value, why_not_read FROM sysctl_line WHERE is_read = 0"}};

namespace {

using parsers::sysctl::Setting;

constexpr std::string_view kDirectories[] = {
    "etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d"};
constexpr std::string_view kMain = "etc/sysctl.conf";

// Keys that a glob is known to cover on every Linux host, so that a rule that asks for one of them
// finds what a glob sets. Interfaces are known by name only where a file names them.
constexpr std::string_view kPerInterface[] = {
    "accept_local",        "accept_ra",  "accept_redirects", "accept_source_route", "arp_announce",
    "arp_filter",          "arp_ignore", "autoconf",         "bootp_relay",         "disable_ipv6",
    "drop_gratuitous_arp", "forwarding", "log_martians",     "mc_forwarding",       "proxy_arp",
    "route_localnet",      "rp_filter",  "secure_redirects", "send_redirects",      "shared_media",
    "use_tempaddr"};
constexpr std::string_view kSingle[] = {"fs.protected_fifos",
                                        "fs.protected_hardlinks",
                                        "fs.protected_regular",
                                        "fs.protected_symlinks",
                                        "fs.suid_dumpable",
                                        "kernel.dmesg_restrict",
                                        "kernel.kexec_load_disabled",
                                        "kernel.kptr_restrict",
                                        "kernel.modules_disabled",
                                        "kernel.perf_event_paranoid",
                                        "kernel.randomize_va_space",
                                        "kernel.sysrq",
                                        "kernel.unprivileged_bpf_disabled",
                                        "kernel.yama.ptrace_scope",
                                        "net.core.bpf_jit_harden",
                                        "net.ipv4.icmp_echo_ignore_broadcasts",
                                        "net.ipv4.icmp_ignore_bogus_error_responses",
                                        "net.ipv4.ip_forward",
                                        "net.ipv4.tcp_rfc1337",
                                        "net.ipv4.tcp_syncookies",
                                        "user.max_user_namespaces",
                                        "vm.mmap_min_addr",
                                        "vm.unprivileged_userfaultfd"};

bool is_glob(std::string_view key) {
  return key.find_first_of("*?[") != std::string_view::npos;
}

// glob(7) on keys: a '*' stays inside one part, as it stays inside one directory of /proc/sys.
bool covers(const std::string& glob, std::string_view key) {
  const auto as_path = [](std::string text) {
    for (char& c : text) c = c == '.' ? '/' : c == '/' ? '.' : c;
    return text;
  };
  return glob_match(as_path(glob), as_path(std::string(key)));
}

struct Line {
  const Setting* setting;
  const std::string* path;
  LocationId loc;
  size_t order;
};

// One file in the order of reading, or one that is not read.
struct Source {
  std::string path;
  parsers::sysctl::File file;
  std::string why_not_read;  // empty: it is read
};

class Effective {
 public:
  Effective(Context& context, bool systemd) : context_(context), exclusion_wins_(systemd) {}

  // Keeps pointers into `source`.
  void add(const Source& source) {
    for (const Setting& setting : source.file.settings) {
      const LocationId loc = context_.store().locate(source.path, setting.span);
      const Line line{&setting, &source.path, loc, next_++};
      const bool is_read = source.why_not_read.empty();
      context_.store().insert(
          kSysctlLineTable,
          {std::string_view(source.path), std::string_view(setting.key),
           setting.is_exclusion ? Value(Null{}) : Value(std::string_view(setting.value)), is_read,
           is_read ? Value(Null{}) : Value(std::string_view(source.why_not_read)), loc});
      if (!is_read) {
        unread_.emplace_back(line, source.why_not_read);
      } else if (is_glob(setting.key) && !setting.is_exclusion) {
        globs_.push_back(line);
      } else {
        explicit_[setting.key].push_back(line);
      }
    }
  }

  void write() {
    for (const auto& [key, lines] : explicit_) {
      const auto last = std::ranges::find_if(lines.rbegin(), lines.rend(), [](const Line& line) {
        return !line.setting->is_exclusion;
      });
      if (last == lines.rend()) continue;
      // An exclusion ("-key" alone) keeps globs away. For systemd-sysctl it also takes the place of an earlier
      // assignment, so that the key is not set at all; sysctl(8) sets it all the same.
      if (exclusion_wins_ && last != lines.rbegin()) {
        for (const Line& line : lines)
          if (!line.setting->is_exclusion)
            context_.store().overridden(kSysctlTable, key, LocationId{}, line.loc,
                                        line.setting->value, "excluded later by '-" + key + "'");
        continue;
      }
      const Line& winner = *last;
      write_row(key, winner, false);
      lose(key, winner, lines);
      for (const Line& glob : globs_)
        if (covers(glob.setting->key, key))
          lost(key, winner, glob, "an explicit setting beats a glob");
    }
    // What only a file that nothing reads sets: no row, but who misses the setting is to see why.
    for (const auto& [line, why] : unread_)
      if (!line.setting->is_exclusion && !explicit_.contains(line.setting->key))
        context_.store().overridden(kSysctlTable, line.setting->key, LocationId{}, line.loc,
                                    line.setting->value, why);
    for (const Line& glob : globs_) write_row(glob.setting->key, glob, true);
    if (!globs_.empty()) expand_globs();
  }

 private:
  void expand_globs() {
    std::set<std::string> keys(std::begin(kSingle), std::end(kSingle));
    for (const std::string_view family : {"net.ipv4.conf.", "net.ipv6.conf."})
      for (const std::string_view interface : {"all.", "default."})
        for (const std::string_view leaf : kPerInterface)
          keys.insert(std::string(family) + std::string(interface) + std::string(leaf));
    for (const std::string& key : keys) {
      if (explicit_.contains(key)) continue;
      std::vector<Line> covering;
      for (const Line& glob : globs_)
        if (covers(glob.setting->key, key)) covering.push_back(glob);
      if (covering.empty()) continue;
      write_row(key, covering.back(), true);
      lose(key, covering.back(), covering);
    }
  }

  void write_row(std::string_view key, const Line& line, bool from_glob) {
    context_.store().insert(kSysctlTable,
                            {key, std::string_view(line.setting->value),
                             from_glob ? Value(std::string_view(line.setting->key)) : Value(Null{}),
                             std::string_view(*line.path), line.setting->ignore_failure, line.loc,
                             context_.store().locate(*line.path, line.setting->value_span)});
  }

  void lose(std::string_view key, const Line& winner, const std::vector<Line>& lines) {
    for (const Line& line : lines)
      if (line.order != winner.order && !line.setting->is_exclusion)
        lost(key, winner, line,
             *line.path == *winner.path ? "set again later in the same file"
                                        : "read earlier than " + *winner.path);
    for (const auto& [line, why] : unread_)
      if (line.setting->key == key && !line.setting->is_exclusion) lost(key, winner, line, why);
  }

  void lost(std::string_view key, const Line& winner, const Line& loser, std::string_view why) {
    context_.store().overridden(kSysctlTable, key, winner.loc, loser.loc, loser.setting->value,
                                why);
  }

  Context& context_;
  bool exclusion_wins_;
  std::map<std::string, std::vector<Line>> explicit_;  // with exclusions, in the order of reading
  std::vector<Line> globs_;
  std::vector<std::pair<Line, std::string>> unread_;
  size_t next_ = 0;
};

std::optional<Source> load(Context& context, const std::string& path,
                           std::string why_not_read = "") {
  const auto text = context.read(path);
  if (!text) return std::nullopt;
  Source source{text->path, parsers::sysctl::parse(text->text), std::move(why_not_read)};
  context.issues(source.path, source.file.errors);
  return source;
}

// Does systemd-sysctl set the parameters at boot, and not sysctl(8)?
bool has_systemd_sysctl(const Context& context) {
  const Tree& tree = context.tree();
  // The unit is as good a sign as the program: partial exports of a host often lack the programs.
  const auto has = [&](std::string_view name) {
    return tree.exists("usr/lib/systemd/" + std::string(name)) ||
           tree.exists("lib/systemd/" + std::string(name));
  };
  return has("systemd-sysctl") || has("system/systemd-sysctl.service") ||
         (context.scope() == Scope::etc && tree.exists("etc/systemd"));
}

// Every file of the host: those that are not read, then the others in the order of reading.
std::vector<Source> load_host(Context& context, bool systemd) {
  const Tree& tree = context.tree();
  std::map<std::string, std::string> by_name;  // file name -> the path that counts
  std::vector<std::pair<std::string, std::string>> unread;
  std::set<std::string> directories;  // on a usr-merged host /lib/sysctl.d is /usr/lib/sysctl.d
  for (const std::string_view directory : kDirectories) {
    const auto real = tree.resolve(directory);
    if (!real || !directories.insert(*real).second) continue;
    for (const std::string& path : tree.glob(directory, "*.conf")) {
      const auto [known, first] = by_name.try_emplace(std::string(file_name(path)), path);
      if (!first)
        unread.emplace_back(path, "masked by the file of the same name, " + known->second);
    }
    for (const std::string& path : tree.glob(directory, "*"))
      if (!path.ends_with(".conf") && !file_name(path).starts_with("README"))
        unread.emplace_back(path, "only files whose name ends in .conf are read");
  }

  const auto main = tree.resolve(kMain);
  bool main_is_linked = false;
  for (const auto& [file, path] : by_name)
    if (const auto real = tree.resolve(path); real && main && *real == *main) main_is_linked = true;
  if (main && systemd && !main_is_linked)
    unread.emplace_back(kMain, "systemd-sysctl reads /etc/sysctl.d, not /etc/sysctl.conf");

  std::vector<Source> sources;
  const auto add = [&](const std::string& path, std::string why) {
    if (auto source = load(context, path, std::move(why))) sources.push_back(std::move(*source));
  };
  for (const auto& [path, why] : unread) add(path, why);
  for (const auto& [file, path] : by_name) add(path, "");
  if (main && !systemd) add(std::string(kMain), "");
  return sources;
}

void write_effective(Context& context, std::span<const Source> sources, bool systemd) {
  Effective effective(context, systemd);
  for (const Source& source : sources) effective.add(source);
  effective.write();
}

void collect_sysctl(Context& context) {
  if (!context.is_fragment()) {
    const bool systemd = has_systemd_sysctl(context);
    return write_effective(context, load_host(context, systemd), systemd);
  }
  for (const std::string& path : context.loose())
    if (const auto source = load(context, path)) write_effective(context, {&*source, 1}, true);
}

}  // namespace

const Collector kSysctlCollector{
    .name = "sysctl",
    .tables = {&kSysctlTable, &kSysctlLineTable},
    .needs = {},
    .paths = {"etc/sysctl.conf", "etc/sysctl.d/*", "run/sysctl.d/*", "usr/local/lib/sysctl.d/*",
              "usr/lib/sysctl.d/*", "lib/sysctl.d/*"},
    .loose = {"sysctl.conf", "sysctl.d/*.conf", "*.sysctl.conf"},
    .collect = collect_sysctl};

}  // namespace drydock::facts
