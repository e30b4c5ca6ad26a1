#include "analyzer/facts/collect/audit_load.h"

#include <algorithm>
#include <set>

#include "analyzer/facts/collect/audit_merge.h"
#include "analyzer/facts/collect/audit_paths.h"
#include "analyzer/source/tree.h"
#include "parsers/audit_syscalls.h"

namespace drydock::facts {
namespace {

using parsers::audit_rules::Command;
using parsers::audit_rules::Kind;
using parsers::audit_rules::List;
using parsers::audit_rules::Rule;

constexpr std::string_view kRulesDirectory = "etc/audit/rules.d";
constexpr std::string_view kRulesFile = "etc/audit/audit.rules";
constexpr std::string_view kBlanks = " \t\r\f\v";

// What \s stands for in the awk of this host: see AuditMerge.
std::string_view awk_blanks(const Tree& tree) {
  std::string awk;
  if (const auto real = tree.resolve("usr/bin/awk"))
    awk = *real;
  else if (const auto link = tree.readlink("etc/alternatives/awk"))
    awk = *link;
  return file_name(awk) == "mawk" ? "s" : kBlanks;
}

// A rule as the kernel compares it with others (audit_compare_rule): list, action, system calls, fields in
// their order, key.
std::string kernel_form(const AuditRule& audit_rule) {
  const Rule& rule = audit_rule.rule;
  std::string form = std::string(name(rule.list)) + (rule.is_always ? " always" : " never");
  std::set<std::string> syscalls;
  for (const auto& syscall : rule.syscalls) syscalls.insert(syscall.name);
  if (rule.syscalls.empty() || rule.is_watch || syscalls.contains("all")) syscalls = {"all"};
  for (const std::string& syscall : syscalls) form += "," + syscall;
  if (rule.is_watch) {
    form += std::string(audit_rule.is_tree ? " dir=" : " path=") + rule.path;
    if (!rule.field("perm")) form += " perm=rwxa";
  }
  for (const auto& field : rule.fields)
    form += (field.is_comparison ? " -C" : " ") + field.name + field.op +
            parsers::audit_rules::normal_value(field.name, field.value);
  for (const std::string& key : rule.keys) form += "\x01" + key;
  return form;
}

std::string joined_key(const Rule& rule) {
  std::string out;
  for (const std::string& key : rule.keys) out += (out.empty() ? "" : "\x01") + key;
  return out;
}

std::string at(const AuditPlace& place) {
  return place.path + ":" + std::to_string(place.span.line);
}

// Carries out what auditctl -R is given, as the kernel would.
class Simulation {
 public:
  Simulation(Context& context, const TableSpec& control_table, AuditLoad& load)
      : context_(context), control_table_(control_table), paths_(context), load_(load) {}

  void run(const AuditMerge& merge) {
    const parsers::audit_rules::File file = parsers::audit_rules::parse(merge.text());
    for (const AuditDropped& dropped : merge.dropped())
      context_.store().overridden(control_table_, dropped.control,
                                  context_.store().locate(dropped.winner.path, dropped.winner.span),
                                  context_.store().locate(dropped.loser.path, dropped.loser.span),
                                  dropped.text, "augenrules keeps the last one only");
    for (const auto& error : file.errors) {
      const AuditPlace place = merge.place(error.span);
      parsers::SyntaxError here = error;
      here.span = place.span;
      // What auditctl does with it is known and shown in is_loaded, so nothing remains undecided.
      here.effect = parsers::Effect::ignored;
      context_.issue(place.path, here);
    }
    for (const Command& command : file.commands) step(command, merge);
  }

  // Each line of a file, whether or not it is loaded; `status` comes from run().
  void finish() {
    std::stable_sort(load_.rules.begin(), load_.rules.end(),
                     [](const AuditRule& a, const AuditRule& b) {
                       // Rules put first with -A come in reverse order, then the others.
                       if (a.rule.is_prepended != b.rule.is_prepended) return a.rule.is_prepended;
                       return a.rule.is_prepended ? a.order > b.order : a.order < b.order;
                     });
  }

 private:
  void step(const Command& command, const AuditMerge& merge) {
    AuditPlace place = merge.place(command.span);
    AuditLine line{.path = place.path,
                   .command = std::string(name(command.kind)),
                   .text = "",
                   .is_loaded = false,
                   .why_not_loaded = "",
                   .span = place.span};
    std::string failure;
    if (stopped_) {
      line.why_not_loaded = "auditctl stops at " + at(*load_.stop) + ": " + load_.stop_why;
    } else if (command.kind == Kind::refused) {
      failure = command.value;
    } else if (is_locked_ && command.kind != Kind::other && command.kind != Kind::ignore_errors &&
               command.kind != Kind::continue_on_errors) {
      failure = "'-e 2' before it locked the rules until the next boot";
    }
    if (command.kind == Kind::rule) {
      AuditRule rule{.rule = command.rule,
                     .place = place,
                     .order = load_.rules.size(),
                     .is_tree = false,
                     .is_loaded = false,
                     .why_not_loaded = "",
                     .stopped_at = std::nullopt};
      rule.is_tree = paths_.is_tree(rule.rule);
      if (!stopped_ && failure.empty()) failure = carry_out(rule);
      rule.is_loaded = !stopped_ && failure.empty();
      if (stopped_) {
        rule.why_not_loaded = line.why_not_loaded;
        rule.stopped_at = load_.stop;
      } else {
        rule.why_not_loaded = failure;
      }
      if (rule.rule.is_removal) rule.is_loaded = false;
      if (!rule.rule.is_removal) load_.rules.push_back(std::move(rule));
    } else if (!stopped_ && failure.empty()) {
      control(command, merge, place);
    }
    line.is_loaded = !stopped_ && failure.empty();
    if (!stopped_ && !failure.empty()) {
      line.why_not_loaded = failure;
      // auditctl(8): "-i Ignore errors when reading rules from a file", "-c Continue loading rules in spite
      // of an error". Without, it ends with "There was an error in line N".
      if (!tolerant_) {
        stopped_ = true;
        load_.stop = place;
        load_.stop_why = failure;
      }
    }
    load_.lines.push_back(std::move(line));
  }

  // Why the kernel refuses the rule; empty if it takes it.
  std::string carry_out(AuditRule& rule) {
    const std::string form = kernel_form(rule);
    if (rule.rule.is_removal) {
      for (AuditRule& other : load_.rules)
        if (other.is_loaded && kernel_form(other) == form) {
          other.is_loaded = false;
          other.why_not_loaded = "removed again at " + at(rule.place);
          forms_.erase(form);
          return {};
        }
      return "there is no such rule to remove";
    }
    if (std::string why = unknown_syscall(rule.rule); !why.empty()) return why;
    if (std::string why = paths_.refusal(rule.rule); !why.empty()) return why;
    if (!forms_.insert(form).second) return "the same rule is loaded already (Rule exists)";
    return {};
  }

  std::string unknown_syscall(const Rule& rule) const {
    if (!paths_.is_x86() || rule.list != List::exit) return {};
    const auto* arch = rule.field("arch");
    const std::string value =
        arch ? parsers::audit_rules::normal_value("arch", arch->value) : "b64";
    if (value != "b64" && value != "b32") return {};
    for (const auto& syscall : rule.syscalls) {
      if (syscall.name.empty() || syscall.name == "all") continue;
      if (syscall.name[0] >= '0' && syscall.name[0] <= '9') continue;
      if (!parsers::audit_rules::syscall_number(syscall.name, value == "b64"))
        return "x86 has no " + std::string(value == "b64" ? "64" : "32") + "-bit system call '" +
               syscall.name + "'";
    }
    return {};
  }

  void control(const Command& command, const AuditMerge& merge, const AuditPlace& place) {
    switch (command.kind) {
      case Kind::ignore_errors:
      case Kind::continue_on_errors:
        tolerant_ = true;
        set(command.kind == Kind::ignore_errors ? "ignore_errors" : "continue_on_errors", "1",
            command, merge);
        break;
      case Kind::enabled:
        set("enabled", command.value, command, merge);
        is_locked_ = command.value == "2";
        break;
      case Kind::failure:
        set("failure", command.value, command, merge);
        break;
      case Kind::backlog:
        set("backlog_limit", command.value, command, merge);
        break;
      case Kind::rate:
        set("rate_limit", command.value, command, merge);
        break;
      case Kind::backlog_wait_time:
        set("backlog_wait_time", command.value, command, merge);
        break;
      case Kind::loginuid_immutable:
        set("loginuid_immutable", "1", command, merge);
        break;
      case Kind::delete_all:
        for (AuditRule& rule : load_.rules)
          if (rule.is_loaded && (command.value.empty() || joined_key(rule.rule) == command.value)) {
            rule.is_loaded = false;
            rule.why_not_loaded = "deleted again by -D at " + at(place);
            forms_.erase(kernel_form(rule));
          }
        break;
      default:
        break;
    }
  }

  void set(const std::string& key, const std::string& value, const Command& command,
           const AuditMerge& merge) {
    AuditControl setting{value, merge.place(command.span), merge.place(command.value_span)};
    if (const auto it = load_.control.find(key); it != load_.control.end())
      context_.store().overridden(
          control_table_, key, context_.store().locate(setting.place.path, setting.place.span),
          context_.store().locate(it->second.place.path, it->second.place.span), it->second.value,
          "set again later");
    load_.control.insert_or_assign(key, std::move(setting));
  }

  Context& context_;
  const TableSpec& control_table_;
  AuditPaths paths_;
  AuditLoad& load_;
  std::set<std::string> forms_;  // of the rules that are loaded
  bool tolerant_ = false;
  bool stopped_ = false;
  bool is_locked_ = false;
};

std::string_view line_text(std::string_view text, const LineIndex& lines, uint32_t number) {
  const auto [begin, end] = lines.line_bounds(number);
  return text.substr(begin, end - begin);
}

// Lines of a file that nothing loads.
void unread(Context& context, AuditLoad& load, const Text& text, const std::string& why) {
  const parsers::audit_rules::File file = parsers::audit_rules::parse(text.text);
  for (const Command& command : file.commands)
    load.lines.push_back({.path = text.path,
                          .command = std::string(name(command.kind)),
                          .text = "",
                          .is_loaded = false,
                          .why_not_loaded = why,
                          .span = command.span});
  for (parsers::SyntaxError error : file.errors) {
    error.effect = parsers::Effect::ignored;
    context.issue(text.path, error);
  }
}

// Puts the text of each line to it, read from its file.
void add_texts(Context& context, AuditLoad& load) {
  std::map<std::string, std::vector<AuditLine*>> by_path;
  for (AuditLine& line : load.lines) by_path[line.path].push_back(&line);
  for (auto& [path, lines] : by_path) {
    const auto text = context.read(path);
    if (!text) continue;
    const LineIndex index(text->text);
    for (AuditLine* line : lines)
      line->text = std::string(line_text(text->text, index, line->span.line));
  }
}

}  // namespace

AuditLoad load_audit_rules(Context& context, const TableSpec& control_table) {
  AuditLoad load;
  Simulation simulation(context, control_table, load);
  const Tree& tree = context.tree();
  if (context.is_fragment()) {
    // Every file stands for itself: what else the host loads is not known.
    for (const std::string& path : context.loose()) {
      const auto text = context.read(path);
      if (!text || path.ends_with(".conf")) continue;
      load.files.push_back(text->path);
      Simulation(context, control_table, load).run(AuditMerge(AuditSource{text->path, text->text}));
    }
    simulation.finish();
    add_texts(context, load);
    return load;
  }

  // auditd.service of the package starts augenrules --load, which reads rules.d if there is one, and else
  // leaves /etc/audit/audit.rules as it is. Where nothing loads the rules that is one weakness, not one for
  // each path: what they would record once loaded is judged all the same.
  const AuditStart start = audit_start(context);
  load.loader = start.loader;
  load.loader_why = start.why;
  load.loads = start.loads;
  const auto directory = tree.stat(kRulesDirectory);
  const bool merges =
      start.loader != "auditctl" && directory && directory->type == NodeType::directory;
  std::vector<Text> texts;
  std::set<std::string> read;
  if (merges) {
    // `ls -1v | grep '\.rules$'` in a for loop: no names with a leading dot, none with blanks.
    std::vector<std::string> paths = tree.glob(kRulesDirectory, "*.rules");
    std::erase_if(paths, [](const std::string& path) {
      return file_name(path).find_first_of(" \t\n") != std::string_view::npos;
    });
    std::ranges::sort(paths, [](const std::string& a, const std::string& b) {
      return version_less(file_name(a), file_name(b));
    });
    for (const std::string& path : paths)
      if (auto text = context.read(path)) texts.push_back(*text);
    std::vector<AuditSource> sources;
    for (const Text& text : texts) sources.push_back({text.path, text.text});
    simulation.run(AuditMerge(sources, awk_blanks(tree)));
  } else {
    const std::string path = start.file.empty() ? std::string(kRulesFile) : start.file;
    if (auto text = context.read(path)) {
      texts.push_back(*text);
      simulation.run(AuditMerge(AuditSource{text->path, text->text}));
    }
  }
  for (const Text& text : texts) {
    load.files.push_back(text.path);
    read.insert(text.path);
  }
  simulation.finish();

  for (const std::string& path : tree.glob(kRulesDirectory, "*")) {
    const auto real = tree.resolve(path);
    if (real && read.contains(*real)) continue;
    if (const auto text = context.read(path))
      unread(context, load, *text,
             !merges ? start.why
                     : "augenrules reads only files whose name ends in .rules and has no blank");
  }
  // What augenrules made last time is made anew at every start, so that it says nothing of its own.
  if (!merges && !read.contains(std::string(kRulesFile)))
    if (const auto text = context.read(kRulesFile)) unread(context, load, *text, start.why);
  add_texts(context, load);
  return load;
}

}  // namespace drydock::facts
