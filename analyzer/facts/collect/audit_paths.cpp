#include "analyzer/facts/collect/audit_paths.h"

#include <algorithm>
#include <array>
#include <vector>

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/source/tree.h"
#include "parsers/fstab.h"
#include "parsers/unit.h"

namespace drydock::facts {
namespace {

// What systemd itself has made below /run before auditd starts.
constexpr std::array<std::string_view, 7> kEarlyRun = {
    "run/systemd", "run/udev", "run/lock", "run/user", "run/log", "run/credentials", "run/mount"};

std::string_view relative(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

bool below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

// A command line of a unit that starts auditing, and the unit.
struct StartCommand {
  std::string unit;
  std::vector<std::string> words;
};

// What the units run, in the order in which they do: auditd.service (ExecStartPost=) and, since audit 4,
// audit-rules.service (ExecStart=). `failing`: why one of them runs nothing.
std::vector<StartCommand> start_commands(Context& context, bool& has_unit, std::string& failing) {
  std::vector<StartCommand> commands;
  for (const auto& [name, key] :
       {std::pair<std::string_view, std::string_view>("auditd.service", "ExecStartPost"),
        std::pair<std::string_view, std::string_view>("audit-rules.service", "ExecStart")}) {
    const Unit* const unit = units(context).find(name);
    if (!unit || unit->load == Unit::Load::not_found) continue;
    has_unit = true;
    if (unit->load == Unit::Load::masked) failing = unit->name + " is masked";
    if (unit->load == Unit::Load::error) failing = unit->name + " cannot be read or is refused";
    for (const UnitLine* const line : unit->setting("Service", key).lines)
      for (const auto& command : parsers::unit::split_commands(line->value).commands) {
        StartCommand start{unit->name, {}};
        for (const auto& word : command.words) start.words.push_back(word.text);
        if (!start.words.empty()) commands.push_back(std::move(start));
      }
  }
  return commands;
}

}  // namespace

AuditStart audit_start(Context& context) {
  bool has_unit = false;
  std::string failing;
  AuditStart start, idle;
  for (const StartCommand& command : start_commands(context, has_unit, failing)) {
    const std::string_view program = file_name(command.words.front());
    std::string line;
    for (const std::string& word : command.words) line += (line.empty() ? "" : " ") + word;
    const auto has = [&](std::string_view word) {
      return std::ranges::find(command.words, word) != command.words.end();
    };
    if (program == "augenrules" && has("--load")) {
      start = {"augenrules", "", command.unit + " runs '" + line + "'"};
    } else if (program == "auditctl" && command.words.size() == 3 && command.words[1] == "-R") {
      start = {"auditctl", normal_path(command.words[2]), command.unit + " runs '" + line + "'"};
    } else if (idle.loader.empty() && (program == "auditctl" || program == "augenrules")) {
      idle = {std::string(program), "", command.unit + " runs '" + line + "', which loads no rules",
              false};
    }
  }
  if (!start.loader.empty()) return start;
  if (!idle.loader.empty()) return idle;
  if (has_unit)
    return {"none", "", failing.empty() ? "auditd.service runs nothing that loads rules" : failing,
            false};
  // /etc/init.d/auditd reads USE_AUGENRULES; without any of them the package's own way is assumed.
  const auto defaults = context.tree().read_resolved("etc/default/auditd");
  const bool by_hand = context.scope() == Scope::host &&
                       context.tree().exists("etc/init.d/auditd") && defaults &&
                       defaults->find("USE_AUGENRULES=\"no\"") != std::string_view::npos;
  if (by_hand)
    return {"auditctl", "etc/audit/audit.rules", "/etc/default/auditd sets USE_AUGENRULES=\"no\""};
  return {"augenrules", "", "auditd.service runs 'augenrules --load' unless the host changes it"};
}

AuditPaths::AuditPaths(Context& context) : context_(context) {
  if (context.is_fragment()) return;
  const Tree& tree = context.tree();
  for (const std::string_view directory : {"etc/tmpfiles.d", "usr/lib/tmpfiles.d"})
    for (const std::string& path : tree.glob(directory, "*.conf")) {
      const auto text = tree.read_resolved(path);
      if (!text) continue;
      // tmpfiles.d(5): type, path, …; d, D, v, q and Q make a directory.
      for (size_t begin = 0; begin < text->size();) {
        const size_t end = std::min(text->find('\n', begin), text->size());
        const std::string_view line = text->substr(begin, end - begin);
        begin = end + 1;
        if (line.empty() || std::string_view("dDvqQ").find(line[0]) == std::string_view::npos)
          continue;
        const size_t from = line.find_first_of(" \t");
        if (from == std::string_view::npos) continue;
        const size_t path_begin = line.find_first_not_of(" \t", from);
        if (path_begin == std::string_view::npos) continue;
        const size_t path_end = std::min(line.find_first_of(" \t\r", path_begin), line.size());
        std::string made = normal_path(line.substr(path_begin, path_end - path_begin));
        if (made.starts_with("var/run/")) made = made.substr(4);
        // The directories above are made too.
        while (below(made, "run")) {
          tmpfiles_.insert(made);
          made = std::string(parent_path(made));
        }
      }
    }
  if (const auto text = tree.read_resolved("etc/fstab"))
    for (const auto& entry : parsers::fstab::parse(*text).entries)
      mounts_.insert(normal_path(entry.target));
  const auto has_loader = [&](std::string_view name) {
    return tree.exists("lib64/" + std::string(name)) ||
           tree.exists("usr/lib64/" + std::string(name)) ||
           tree.exists("lib/" + std::string(name)) || tree.exists("usr/lib/" + std::string(name));
  };
  is_x86_ = has_loader("ld-linux-x86-64.so.2") || has_loader("ld-linux.so.2") ||
            (!has_loader("ld-linux-aarch64.so.1") && !has_loader("ld64.so.2") &&
             !has_loader("ld64.so.1") && !has_loader("ld-linux-armhf.so.3") &&
             !has_loader("ld-linux-riscv64-lp64d.so.1"));
}

std::string AuditPaths::real(std::string_view path, bool follow_last) const {
  const std::string normal = normal_path(path);
  if (const auto found = context_.tree().resolve(normal, follow_last)) return *found;
  // Every Linux host has it as a link; an artifact made without links or without /var may not.
  if ((normal == "var/run" || below(normal, "var/run")) && !context_.tree().resolve("var/run"))
    return real(normal.substr(4), follow_last);
  // What does not exist: as much of it as does, and the rest as it is written.
  const std::string_view parent = parent_path(normal);
  if (normal.empty() || (parent.empty() && normal.find('/') == std::string::npos)) return normal;
  const std::string above = real(parent, true);
  return above.empty() ? std::string(file_name(normal))
                       : above + "/" + std::string(file_name(normal));
}

bool AuditPaths::is_link(std::string_view path) const {
  const auto found = context_.tree().resolve(normal_path(path), false);
  if (!found) return false;
  const auto stat = context_.tree().lstat(*found);
  return stat && stat->type == NodeType::symlink;
}

bool AuditPaths::is_volatile(std::string_view path) const {
  const std::string where = real(path, false);
  return where == "run" || below(where, "run") || below(where, "dev") || below(where, "proc") ||
         below(where, "sys");
}

AuditPaths::Answer AuditPaths::exists(std::string_view path, bool directory) const {
  const std::string where = real(path, directory);
  if (where.empty() || where == "run" || where == "dev" || where == "proc" || where == "sys")
    return Answer::yes;
  if (context_.is_fragment()) return Answer::unknown;
  if (context_.scope() == Scope::etc && where != "etc" && !below(where, "etc"))
    return Answer::unknown;
  if (below(where, "dev") || below(where, "proc") || below(where, "sys")) return Answer::unknown;
  if (below(where, "run")) {
    for (const std::string_view early : kEarlyRun)
      if (where == early)
        return Answer::yes;
      else if (below(where, early))
        return Answer::unknown;
    return tmpfiles_.contains(where) ? Answer::yes : Answer::no;
  }
  const Tree& tree = context_.tree();
  if (const auto stat = tree.lstat(where))
    return directory && stat->type != NodeType::directory ? Answer::no : Answer::yes;
  // A file system that the host mounts there may be missing from the artifact.
  std::string above(parent_path(where));
  while (!above.empty()) {
    if (mounts_.contains(above)) {
      const auto names = tree.list(above);
      if (!names || names->empty() || (names->size() == 1 && names->front() == "lost+found"))
        return Answer::unknown;
    }
    above = std::string(parent_path(above));
  }
  return Answer::no;
}

bool AuditPaths::is_tree(const parsers::audit_rules::Rule& rule) const {
  if (!rule.is_watch) return rule.field("dir") != nullptr;
  const std::string where = real(rule.path, true);
  if (where.empty()) return true;
  if (below(where, "run") && !context_.is_fragment()) return exists(rule.path, true) == Answer::yes;
  const auto stat = context_.tree().lstat(where);
  return stat && stat->type == NodeType::directory;
}

std::string AuditPaths::refusal(const parsers::audit_rules::Rule& rule) const {
  const auto parent_missing = [&](std::string_view path) {
    const std::string_view parent = parent_path(relative(path));
    return exists(parent, true) == Answer::no
               ? "the directory '/" + std::string(parent) + "' does not exist" +
                     (is_volatile(path) ? " when the rules are loaded at boot" : "")
               : std::string();
  };
  if (const auto* exe = rule.field("exe"))
    if (std::string why = parent_missing(exe->value); !why.empty()) return why;
  if (const auto* dir = rule.field("dir"))
    return exists(dir->value, false) == Answer::no
               ? "'" + dir->value + "' does not exist" +
                     (is_volatile(dir->value) ? " when the rules are loaded at boot" : "")
               : std::string();
  if (const auto* path = rule.field("path")) return parent_missing(path->value);
  if (rule.is_watch && !is_tree(rule)) return parent_missing(rule.path);
  return {};
}

}  // namespace drydock::facts
