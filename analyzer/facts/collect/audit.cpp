// augenrules(8) joins /etc/audit/rules.d/*.rules in the order of `ls -v`, strips comments, puts the last -D,
// -b and -f first and the last -e last; auditctl(8) -R hands the result to the kernel line by line and stops
// at the first one that is refused, unless -i or -c came before. See audit_load.h for what is simulated and
// audit_coverage.h for what the kernel makes of it.
#include "analyzer/facts/collect/audit.h"

#include <algorithm>
#include <array>
#include <map>

#include "analyzer/facts/collect/audit_coverage.h"
#include "analyzer/facts/collect/audit_event.h"
#include "analyzer/facts/collect/audit_interest.h"
#include "analyzer/facts/collect/audit_load.h"
#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/source/tree.h"
#include "parsers/auditd_conf.h"

namespace drydock::facts {

const TableSpec kAuditLineTable{
    .name = "audit_line",
    .kind = TableKind::raw,
    .doc =
        "A command of a file of audit rules (audit.rules(7)) as it is written, whether or not "
        "anything "
        "loads the file.",
    .columns =
        {{"path", ColumnType::text, "The file."},
         {"command", ColumnType::text,
          "What it is: rule, delete-all, enabled, failure, backlog, rate, backlog-wait-time, "
          "loginuid-immutable, ignore-errors, continue-on-errors, other, refused."},
         {"text", ColumnType::text, "The line."},
         {"is_loaded", ColumnType::boolean, "auditctl reaches it at boot and the kernel takes it."},
         {"why_not_loaded", ColumnType::text, "The reason if it does not; else NULL."},
         {"loc", ColumnType::location, "The line."}},
    .indexes = {"path"},
    .examples = {"SELECT path, text, why_not_loaded FROM audit_line WHERE NOT is_loaded"}};

const TableSpec kAuditRuleTable{
    .name = "audit_rule",
    .kind = TableKind::effective,
    .doc =
        "A rule or a watch of auditctl(8), in the order in which the kernel tries them once the "
        "host has "
        "started. The first that matches an event decides.",
    .columns = {{"position", ColumnType::integer, "From 1; NULL for a rule that is not loaded."},
                {"list", ColumnType::text, "exit, task, user, exclude, filesystem, io_uring."},
                {"action", ColumnType::text, "always or never."},
                {"is_watch", ColumnType::boolean, "Written with -w."},
                {"syscalls", ColumnType::text,
                 "Names or numbers as written, separated by commas; 'all' without -S."},
                {"arch", ColumnType::text, "b64 or b32; NULL without -F arch=."},
                {"path", ColumnType::text, "Of -w, -F path= or -F dir=; NULL without."},
                {"path_kind", ColumnType::text,
                 "path: one inode; dir: a directory and all below it; NULL without a path."},
                {"perm", ColumnType::text,
                 "Of -p or -F perm=, in the order rwxa; rwxa for -w alone; NULL without."},
                {"fields", ColumnType::text,
                 "All other fields, sorted, separated by blanks, in one spelling: 'auid!=unset "
                 "auid>=1000'."},
                {"key", ColumnType::text, "Of -k; several separated by commas; NULL without."},
                {"is_loaded", ColumnType::boolean,
                 "The kernel holds it once the host has started."},
                {"why_not_loaded", ColumnType::text, "The reason if it does not; else NULL."},
                {"loc", ColumnType::location, "The line."}},
    .indexes = {"path"},
    .examples = {
        "SELECT position, list, action, syscalls, path, perm, fields, key FROM audit_rule WHERE "
        "is_loaded ORDER BY position"}};

const TableSpec kAuditControlTable{
    .name = "audit_control",
    .kind = TableKind::effective,
    .doc =
        "A setting of the kernel's audit system once the rules are loaded (auditctl(8), "
        "Configuration "
        "Options). In a fragment only what is written.",
    .columns =
        {{"key", ColumnType::text,
          "enabled, failure, backlog_limit, rate_limit, backlog_wait_time, loginuid_immutable, "
          "ignore_errors, continue_on_errors."},
         {"value", ColumnType::text,
          "As written. enabled: 0 off, 1 on, 2 locked until the next boot. failure: 0 silent, 1 "
          "printk, 2 panic."},
         {"is_default", ColumnType::boolean, "No loaded line sets it."},
         {"loc", ColumnType::location, "The line; NULL for a default."},
         {"value_loc", ColumnType::location, "The value alone; NULL for a default."}},
    .key = "key",
    .value = "value",
    .examples = {"SELECT key, value, loc FROM audit_control"}};

const TableSpec kAuditLoadTable{
    .name = "audit_load",
    .kind = TableKind::effective,
    .doc =
        "How the audit rules get into the kernel when the host starts, and whether all of them do. "
        "One "
        "row; none in a fragment without a line that stops auditctl.",
    .columns = {{"loader", ColumnType::text, "augenrules, auditctl or none; NULL in a fragment."},
                {"loads", ColumnType::boolean,
                 "Whether that is started such that it loads rules. Where it is not, the rules and "
                 "what they cover are those that would be loaded. NULL in a fragment."},
                {"because", ColumnType::text, "What says so; NULL in a fragment."},
                {"files", ColumnType::text,
                 "The files that are read, in order, separated by blanks."},
                {"rules", ColumnType::integer, "The number of rules that are loaded."},
                {"lost", ColumnType::integer, "The number of rules in those files that are not."},
                {"stop_reason", ColumnType::text,
                 "Why auditctl gives up before the end; NULL if it does not."},
                {"stop_loc", ColumnType::location,
                 "The line at which it does; NULL if it does not."}},
    .examples = {"SELECT loader, rules, lost, stop_reason, stop_loc FROM audit_load"}};

const TableSpec kAuditPathTable{
    .name = "audit_path_of_interest",
    .kind = TableKind::inventory,
    .doc = "A path of this host whose accesses ought to be recorded. None in a fragment.",
    .columns =
        {{"topic", ColumnType::text,
          "What it is: docker-daemon, containerd-socket, account-files and others."},
         {"path", ColumnType::text, "With a leading slash, links followed."},
         {"kind", ColumnType::text,
          "file, directory, executable, socket, link (itself, not what it leads to), or command: "
          "a program whose execution by those who logged in (audit id of 1000 or above) is to "
          "be recorded."},
         {"wanted", ColumnType::text,
          "The accesses to record: w writing, a attribute changes, x execution."},
         {"because", ColumnType::text, "'it exists', or what makes it at run time."}},
    .indexes = {"topic", "path"},
    .examples = {"SELECT topic, path, because FROM audit_path_of_interest ORDER BY topic"}};

const TableSpec kAuditCoverageTable{
    .name = "audit_coverage",
    .kind = TableKind::effective,
    .doc =
        "Whether the loaded rules record the accesses to a path: all system calls that can make "
        "such an "
        "access, of 64-bit and 32-bit programs, whoever makes them and whatever comes of it. One "
        "row for "
        "each row of `audit_path_of_interest`.",
    .columns =
        {{"topic", ColumnType::text, "As in `audit_path_of_interest`."},
         {"path", ColumnType::text, "As in `audit_path_of_interest`."},
         {"kind", ColumnType::text, "As in `audit_path_of_interest`."},
         {"write", ColumnType::boolean, "Writing, replacing and deleting are recorded."},
         {"attribute", ColumnType::boolean,
          "Changes of mode, owner and extended attributes are recorded."},
         {"read", ColumnType::boolean, "Opening for reading is recorded."},
         {"execute", ColumnType::boolean, "Execution is recorded."},
         {"missing", ColumnType::text,
          "The wanted accesses that are not recorded: 'writing, attribute changes'; NULL if none."},
         {"why", ColumnType::text, "Why not, in words; NULL if nothing is missing."},
         {"by_loc", ColumnType::location, "The first rule that records some of it; NULL if none."},
         {"loc", ColumnType::location,
          "The rule that comes nearest to what is missing, loaded or not; NULL if there is none."}},
    .indexes = {"topic", "path"},
    .examples = {"SELECT topic, path, missing, why FROM audit_coverage WHERE missing IS NOT NULL"}};

const TableSpec kAuditEventTable{
    .name = "audit_event",
    .kind = TableKind::effective,
    .doc =
        "Whether the loaded rules record a system call of interest, of 64-bit and 32-bit programs, "
        "whatever file it is about. None in a fragment, and none on hosts that are not x86.",
    .columns =
        {{"topic", ColumnType::text,
          "clock, deletion, denied-access, denied-change, host-name, kernel-module, mount or "
          "permission-change."},
         {"syscall", ColumnType::text, "The name of the system call (syscalls(2))."},
         {"users_only", ColumnType::boolean,
          "Only those who logged in count: an audit id of 1000 or above."},
         {"denied_only", ColumnType::boolean, "Only calls that end with EACCES or EPERM count."},
         {"recorded", ColumnType::boolean, "All such calls are recorded."},
         {"why", ColumnType::text, "Why not, in words; NULL if they are."},
         {"by_loc", ColumnType::location, "The first rule that records some; NULL if none."},
         {"loc", ColumnType::location,
          "The rule that comes nearest to what is missing; NULL if there is none."}},
    .indexes = {"topic"},
    .examples = {"SELECT topic, syscall, why FROM audit_event WHERE NOT recorded"}};

const TableSpec kAuditConfigTable{
    .name = "audit_config",
    .kind = TableKind::effective,
    .doc =
        "A setting of the audit daemon (auditd.conf(5)); of what is not written the default, but "
        "not in a "
        "fragment.",
    .columns = {{"key", ColumnType::text, "The keyword in lower case."},
                {"value", ColumnType::text,
                 "As written, but in lower case where the manual lists the words; of an action "
                 "without the "
                 "program. NULL if there is no default."},
                {"is_default", ColumnType::boolean, "The file does not set it."},
                {"loc", ColumnType::location, "The line; NULL for a default."},
                {"value_loc", ColumnType::location, "The value alone; NULL for a default."}},
    .key = "key",
    .value = "value",
    .examples = {"SELECT key, value, loc FROM audit_config WHERE NOT is_default"}};

namespace {

constexpr std::string_view kDaemonFile = "etc/audit/auditd.conf";

Value text_or_null(const std::string& text) {
  return text.empty() ? Value(Null{}) : Value(std::string_view(text));
}

Value loc_or_null(Store& store, const std::optional<AuditPlace>& place) {
  return place ? Value(store.locate(place->path, place->span)) : Value(Null{});
}

void write_lines(Store& store, const AuditLoad& load) {
  for (const AuditLine& line : load.lines)
    store.insert(
        kAuditLineTable,
        {std::string_view(line.path), std::string_view(line.command), std::string_view(line.text),
         line.is_loaded, text_or_null(line.why_not_loaded), store.locate(line.path, line.span)});
}

void write_rule(Store& store, const AuditRule& audit_rule, int64_t position) {
  const parsers::audit_rules::Rule& rule = audit_rule.rule;
  std::string syscalls, perm, path, arch, key;
  std::vector<std::string> fields;
  for (const auto& syscall : rule.syscalls)
    syscalls += (syscalls.empty() ? "" : ",") + syscall.name;
  if (rule.syscalls.empty()) syscalls = "all";
  if (rule.is_watch) path = rule.path, perm = "rwxa";
  for (const auto& field : rule.fields) {
    const std::string value = parsers::audit_rules::normal_value(field.name, field.value);
    if (field.name == "perm")
      perm = value;
    else if (field.name == "arch" && field.op == "=")
      arch = value;
    else if (field.name == "path" || field.name == "dir")
      path = field.value;
    else
      fields.push_back(field.name + field.op + (field.is_comparison ? field.value : value));
  }
  std::ranges::sort(fields);
  std::string joined;
  for (const std::string& field : fields) joined += (joined.empty() ? "" : " ") + field;
  for (const std::string& one : rule.keys) key += (key.empty() ? "" : ",") + one;
  store.insert(
      kAuditRuleTable,
      {audit_rule.is_loaded ? Value(position) : Value(Null{}), name(rule.list),
       std::string_view(rule.is_always ? "always" : "never"), rule.is_watch,
       std::string_view(syscalls), text_or_null(arch), text_or_null(path),
       path.empty() ? Value(Null{}) : Value(std::string_view(audit_rule.is_tree ? "dir" : "path")),
       text_or_null(perm), std::string_view(joined), text_or_null(key), audit_rule.is_loaded,
       text_or_null(audit_rule.why_not_loaded),
       store.locate(audit_rule.place.path, audit_rule.place.span)});
}

void write_controls(Context& context, const AuditLoad& load) {
  Store& store = context.store();
  for (const auto& [key, control] : load.control)
    store.insert(kAuditControlTable,
                 {std::string_view(key), std::string_view(control.value), false,
                  store.locate(control.place.path, control.place.span),
                  store.locate(control.value_place.path, control.value_place.span)});
  if (context.is_fragment()) return;
  // What the kernel starts with (kernel/audit.c); auditd turns auditing on (auditd(8), -s: "The default is to
  // enable").
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kDefaults = {
      std::pair("enabled", "1"),
      std::pair("failure", "1"),
      std::pair("backlog_limit", "64"),
      std::pair("rate_limit", "0"),
      std::pair("backlog_wait_time", "60000"),
      std::pair("loginuid_immutable", "0"),
      std::pair("ignore_errors", "0"),
      std::pair("continue_on_errors", "0")};
  for (const auto& [key, value] : kDefaults)
    if (!load.control.contains(std::string(key)))
      store.insert(kAuditControlTable, {key, value, true, Null{}, Null{}});
}

void write_load(Context& context, const AuditLoad& load) {
  if (context.is_fragment() && !load.stop) return;
  Store& store = context.store();
  int64_t loaded = 0, lost = 0;
  for (const AuditRule& rule : load.rules) ++(rule.is_loaded ? loaded : lost);
  std::string files;
  for (const std::string& file : load.files) files += (files.empty() ? "" : " ") + file;
  store.insert(kAuditLoadTable, {text_or_null(load.loader),
                                 context.is_fragment() ? Value(Null{}) : Value(load.loads),
                                 text_or_null(load.loader_why), std::string_view(files), loaded,
                                 lost, text_or_null(load.stop_why), loc_or_null(store, load.stop)});
}

void write_coverage(Context& context, const AuditLoad& load) {
  Store& store = context.store();
  const AuditPaths paths(context);
  for (const AuditInterest& interest : audit_interests(context, paths)) {
    store.insert(kAuditPathTable,
                 {std::string_view(interest.topic), std::string_view(interest.path),
                  std::string_view(interest.kind), std::string_view(interest.wanted),
                  std::string_view(interest.because)});
    const AuditCoverage coverage =
        audit_coverage(load, paths, interest.path,
                       interest.kind == "directory" ? AuditSubject::directory
                       : interest.kind == "link"    ? AuditSubject::link
                                                    : AuditSubject::file,
                       interest.wanted, interest.kind == "command" || interest.wanted == "r");
    std::string missing;
    const auto miss = [&](bool recorded, char letter, std::string_view what) {
      if (!recorded && interest.wanted.find(letter) != std::string::npos)
        missing += std::string(missing.empty() ? "" : ", ") + std::string(what);
    };
    miss(coverage.write, 'w', "writing");
    miss(coverage.attribute, 'a', "attribute changes");
    miss(coverage.read, 'r', "reading");
    miss(coverage.execute, 'x', "execution");
    store.insert(kAuditCoverageTable,
                 {std::string_view(interest.topic), std::string_view(interest.path),
                  std::string_view(interest.kind), coverage.write, coverage.attribute,
                  coverage.read, coverage.execute, text_or_null(missing),
                  missing.empty() ? Value(Null{}) : text_or_null(coverage.why),
                  loc_or_null(store, coverage.by),
                  missing.empty() ? Value(Null{}) : loc_or_null(store, coverage.near)});
  }
}

void write_events(Context& context, const AuditLoad& load) {
  if (context.is_fragment() || !AuditPaths(context).is_x86()) return;
  Store& store = context.store();
  for (const AuditEvent& event : audit_events(load))
    store.insert(kAuditEventTable,
                 {event.topic, event.syscall, event.users_only, event.denied_only, event.recorded,
                  event.recorded ? Value(Null{}) : text_or_null(event.why),
                  loc_or_null(store, event.by), loc_or_null(store, event.near)});
}

// One auditd.conf. A file with a mistake is refused as a whole (auditd does not start), which the parse issue
// says; the settings stand for what was meant.
void write_daemon(Context& context, const std::string& path) {
  Store& store = context.store();
  std::map<std::string, const parsers::auditd_conf::Setting*> effective;
  parsers::auditd_conf::File file;
  std::string where = path;
  if (const auto text = context.read(path)) {
    where = text->path;
    file = parsers::auditd_conf::parse(text->text);
    context.issues(where, file.errors, {&kAuditConfigTable});
  }
  for (const auto& setting : file.settings) {
    const auto [it, first] = effective.try_emplace(setting.key, &setting);
    if (first) continue;
    store.overridden(kAuditConfigTable, setting.key, store.locate(where, setting.span),
                     store.locate(where, it->second->span), it->second->value, "set again later");
    it->second = &setting;
  }
  for (const auto& known : parsers::auditd_conf::defaults()) {
    const auto it = effective.find(std::string(known.key));
    if (it == effective.end()) {
      if (!context.is_fragment())
        store.insert(kAuditConfigTable,
                     {known.key, known.value.empty() ? Value(Null{}) : Value(known.value), true,
                      Null{}, Null{}});
      continue;
    }
    const std::string value = parsers::auditd_conf::normal_value(it->first, it->second->value);
    store.insert(kAuditConfigTable,
                 {known.key, std::string_view(value), false, store.locate(where, it->second->span),
                  store.locate(where, it->second->value_span)});
  }
}

void collect_audit(Context& context) {
  const AuditLoad load = load_audit_rules(context, kAuditControlTable);
  Store& store = context.store();
  write_lines(store, load);
  int64_t position = 0;
  for (const AuditRule& rule : load.rules)
    write_rule(store, rule, rule.is_loaded ? ++position : position);
  write_controls(context, load);
  write_load(context, load);
  write_coverage(context, load);
  write_events(context, load);
  if (context.is_fragment()) {
    static constexpr std::array<std::string_view, 1> kLoose = {"auditd.conf"};
    for (const std::string& path : context.loose(kLoose)) write_daemon(context, path);
  } else {
    write_daemon(context, std::string(kDaemonFile));
  }
}

}  // namespace

const Collector kAuditCollector{
    .name = "audit",
    .tables = {&kAuditLineTable, &kAuditRuleTable, &kAuditControlTable, &kAuditLoadTable,
               &kAuditPathTable, &kAuditCoverageTable, &kAuditEventTable, &kAuditConfigTable},
    .needs = {},
    .hints = {"docker_daemon", "containerd_config", "package", "sudo_default"},
    .paths = unit_paths({"etc/audit/audit.rules", "etc/audit/rules.d/*", "etc/audit/auditd.conf",
                         "etc/fstab", "etc/tmpfiles.d/*.conf", "usr/lib/tmpfiles.d/*.conf",
                         "etc/alternatives/awk", "etc/default/auditd"}),
    .loose = {"audit.rules", "rules.d/*.rules", "auditd.conf"},
    .collect = collect_audit};

}  // namespace drydock::facts
