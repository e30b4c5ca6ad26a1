// How the kernel decides (Linux 6.1, kernel/auditsc.c and auditfilter.c):
// - On exit of a system call the rules of the list `exit` are tried, those without a path and those whose
//   inode or tree was touched; of all that match, the one that was added first decides (struct audit_krule,
//   prio), and a `never` among them ends it.
// - A rule matches when its bit mask has the number of the call and all its fields hold.
// - -F perm= matches by class (include/asm-generic/audit_{read,write,dir_write,change_attr}.h; open by its
//   flags; execve), not by what the call did.
// - -F path= and a -w on a file are one inode, looked up without following a link in the last component.
//   -F dir= and a -w on a directory are a tree: the directory and all that lies below.
#include "analyzer/facts/collect/audit_coverage.h"

#include <algorithm>
#include <array>

#include "analyzer/source/tree.h"
#include "parsers/audit_syscalls.h"

namespace drydock::facts {
namespace {

using parsers::audit_rules::Field;
using parsers::audit_rules::List;
using parsers::audit_rules::normal_value;
using parsers::audit_rules::Rule;
using parsers::audit_rules::syscall_number;

// A system call that makes an access of one kind.
struct Access {
  std::string_view syscall;
  char perm;            // 'r', 'w', 'x', 'a': the class of -F perm= it falls into
  bool directory_only;  // acts on the entries of a directory
};

// The calls of the kernel's classes that change, replace, delete, read or execute a file by its name. Left
// out: acct, swapon, quotactl and bind, which take a file for something else.
constexpr std::array kAccesses = {
    Access{"open", 'w', false},         Access{"openat", 'w', false},
    Access{"openat2", 'w', false},      Access{"creat", 'w', false},
    Access{"truncate", 'w', false},     Access{"truncate64", 'w', false},
    Access{"rename", 'w', false},       Access{"renameat", 'w', false},
    Access{"renameat2", 'w', false},    Access{"unlink", 'w', false},
    Access{"unlinkat", 'w', false},     Access{"mkdir", 'w', true},
    Access{"mkdirat", 'w', true},       Access{"rmdir", 'w', true},
    Access{"mknod", 'w', true},         Access{"mknodat", 'w', true},
    Access{"link", 'w', true},          Access{"linkat", 'w', true},
    Access{"symlink", 'w', true},       Access{"symlinkat", 'w', true},
    Access{"open", 'r', false},         Access{"openat", 'r', false},
    Access{"openat2", 'r', false},      Access{"execve", 'x', false},
    Access{"execveat", 'x', false},     Access{"chmod", 'a', false},
    Access{"fchmod", 'a', false},       Access{"fchmodat", 'a', false},
    Access{"chown", 'a', false},        Access{"fchown", 'a', false},
    Access{"lchown", 'a', false},       Access{"fchownat", 'a', false},
    Access{"chown32", 'a', false},      Access{"fchown32", 'a', false},
    Access{"lchown32", 'a', false},     Access{"setxattr", 'a', false},
    Access{"lsetxattr", 'a', false},    Access{"fsetxattr", 'a', false},
    Access{"removexattr", 'a', false},  Access{"lremovexattr", 'a', false},
    Access{"fremovexattr", 'a', false},
};

std::string_view perm_name(char perm) {
  switch (perm) {
    case 'r':
      return "reading";
    case 'w':
      return "writing";
    case 'x':
      return "execution";
    default:
      return "attribute changes";
  }
}

bool below(std::string_view path, std::string_view directory) {
  return directory.empty() || (path.size() > directory.size() && path.starts_with(directory) &&
                               path[directory.size()] == '/');
}

enum class Match : uint8_t { no, sometimes, always };

// A loaded rule whose path has to do with the subject.
struct Candidate {
  const AuditRule* rule = nullptr;
  bool names_path = false;
  bool every_call = false;   // all system calls
  std::vector<int> numbers;  // else these
  std::string perms;         // of -F perm=; empty: no such field
  std::string arch;          // "b64", "b32" or empty
  bool arch_is_not = false;  // -F arch!=
  std::string limit;         // a field that makes it match only sometimes: "auid>=1000"
};

// UID_MIN of login.defs(5): the first id of an account of a person.
constexpr int64_t kFirstUser = 1000;

bool is_limit(const Field& field, AuditSubject subject, bool users_only) {
  if (field.is_comparison) return true;
  if (users_only && field.name == "auid") {
    const std::string value = normal_value("auid", field.value);
    if (field.op == "!=" && value == "unset") return false;
    if (field.op == ">=" && !value.empty() && value.size() <= 9 &&
        std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; }))
      return std::atoll(value.c_str()) > kFirstUser;
  }
  for (const std::string_view harmless : {"path", "dir", "perm", "arch", "key"})
    if (field.name == harmless) return false;
  // Holds for every id there is.
  if ((field.name == "auid" || field.name == "uid" || field.name == "euid") && field.op == ">=" &&
      normal_value(field.name, field.value) == "0")
    return false;
  if (field.name == "filetype" && field.op == "=")
    return !(subject == AuditSubject::file && field.value == "file");
  return true;
}

class Decision {
 public:
  Decision(const AuditLoad& load, const AuditPaths& paths, const std::string& path,
           AuditSubject subject, bool users_only)
      : paths_(paths),
        subject_(subject),
        users_only_(users_only),
        real_(paths.real(path, subject != AuditSubject::link)) {
    for (const AuditRule& rule : load.rules) {
      std::string miss;
      if (rule.rule.list != List::exit || !concerns(rule, miss)) {
        if (!miss.empty() && !near_miss_) near_miss_ = std::pair(&rule, miss);
        continue;
      }
      if (rule.is_loaded)
        candidates_.push_back(candidate(rule));
      else if (rule.rule.is_always && !not_loaded_ &&
               (rule.rule.is_watch || rule.rule.field("path") || rule.rule.field("dir")))
        not_loaded_ = &rule;
    }
    task_and_record_rules(load);
  }

  AuditCoverage decide(std::string_view wanted) {
    AuditCoverage coverage;
    std::string gaps;  // of the wanted accesses, the reasons
    bool b32_only = false, b64_only = false;
    for (const char perm : std::string_view("waxr")) {
      std::vector<std::string> open;  // calls that are not recorded
      const Candidate* partial = nullptr;
      const Candidate* suppressor = nullptr;
      size_t asked = 0, missed64 = 0, missed32 = 0;
      for (const Access& access : kAccesses) {
        if (access.perm != perm || (access.directory_only && subject_ != AuditSubject::directory))
          continue;
        for (const bool is_64 : {true, false}) {
          const auto number = syscall_number(access.syscall, is_64);
          if (!number) continue;
          ++asked;
          const Candidate* limited = nullptr;
          const Candidate* never = nullptr;
          if (records(access, *number, is_64, limited, never)) {
            if (!coverage.by) coverage.by = recorder_->rule->place;
            continue;
          }
          if (limited && !partial) partial = limited;
          if (never && !suppressor) suppressor = never;
          ++(is_64 ? missed64 : missed32);
          if (std::ranges::find(open, access.syscall) == open.end())
            open.emplace_back(access.syscall);
        }
      }
      const bool complete = open.empty() && off_.empty();
      (perm == 'w'   ? coverage.write
       : perm == 'a' ? coverage.attribute
       : perm == 'x' ? coverage.execute
                     : coverage.read) = complete;
      if (complete || wanted.find(perm) == std::string_view::npos) continue;
      b32_only = missed64 == 0;
      b64_only = missed32 == 0;
      if (!coverage.near) {
        const Candidate* nearest = suppressor ? suppressor : partial ? partial : any_recorder_;
        if (nearest) coverage.near = nearest->rule->place;
        if (off_at_) coverage.near = off_at_;
        if (coverage.why.empty()) {
          if (!off_.empty())
            coverage.why = off_;
          else if (suppressor)
            coverage.why = "the rule at " + place(*suppressor) + " comes first and never records" +
                           (suppressor->limit.empty() ? "" : " when " + suppressor->limit);
          else if (partial)
            coverage.why =
                "the rule at " + place(*partial) + " records only when " + partial->limit;
          else if (missed64 + missed32 < asked && (b32_only || b64_only))
            coverage.why = "system calls of " + std::string(b32_only ? "32" : "64") +
                           "-bit programs are not recorded";
          else if (missed64 + missed32 < asked)
            coverage.why =
                "the rules leave out the system call " + open.front() +
                (open.size() > 1 ? " and " + std::to_string(open.size() - 1) + " more" : "");
        }
      }
      gaps += std::string(gaps.empty() ? "" : ", ") + std::string(perm_name(perm));
    }
    if (gaps.empty()) {
      coverage.near.reset();
      return coverage;
    }
    if (coverage.why.empty() && any_recorder_) {
      coverage.near = any_recorder_->rule->place;
      coverage.why = "the rule at " + place(*any_recorder_) + " does not ask for " + gaps;
    }
    if (coverage.why.empty() && not_loaded_) {
      coverage.why = "the rule at " + not_loaded_->place.path + ":" +
                     std::to_string(not_loaded_->place.span.line) +
                     " is not loaded: " + not_loaded_->why_not_loaded;
      coverage.near = not_loaded_->place;
    }
    if (coverage.why.empty() && near_miss_) {
      coverage.why = near_miss_->second;
      coverage.near = near_miss_->first->place;
    }
    if (coverage.why.empty()) coverage.why = "no loaded rule is about it";
    return coverage;
  }

 private:
  static std::string place(const Candidate& candidate) {
    return candidate.rule->place.path + ":" + std::to_string(candidate.rule->place.span.line);
  }

  // Is the subject among what the rule's path means? `miss`: why not, where the path looks as if.
  bool concerns(const AuditRule& audit_rule, std::string& miss) const {
    const Rule& rule = audit_rule.rule;
    const Field* field = rule.field("path");
    if (!field) field = rule.field("dir");
    if (!rule.is_watch && !field) return true;
    const std::string& written = rule.is_watch ? rule.path : field->value;
    const std::string where = paths_.real(written, false);
    // What comes into being after the rules are loaded (below /run) is taken as if it were there
    // then: auditctl is run again often enough, and the benchmark's own rule would never do.
    const bool becomes_tree =
        rule.is_watch && paths_.is_volatile(written) &&
        (below(real_, where) || (subject_ == AuditSubject::directory && where == real_));
    const bool tree = audit_rule.is_tree || becomes_tree;
    const std::string at = audit_rule.place.path + ":" + std::to_string(audit_rule.place.span.line);
    if (paths_.is_link(written) && !(subject_ == AuditSubject::link && where == real_)) {
      const std::string target = paths_.real(written, true);
      if (target == real_ || (tree && below(real_, target)))
        miss = "the rule at " + at + " watches the symbolic link '" + written + "' itself, not '/" +
               target + "' behind it";
      return false;
    }
    if (tree) return where == real_ || below(real_, where);
    if (where != real_) {
      if (below(real_, where))
        miss = "the rule at " + at + " watches the directory '" + written +
               "' itself (path=), not what lies below it (dir=)";
      return false;
    }
    if (subject_ == AuditSubject::directory) {
      miss = "the rule at " + at +
             " watches the directory itself (path=), not what lies below it (dir=)";
      return false;
    }
    return true;
  }

  Candidate candidate(const AuditRule& audit_rule) const {
    const Rule& rule = audit_rule.rule;
    Candidate c;
    c.rule = &audit_rule;
    c.names_path = rule.is_watch || rule.field("path") || rule.field("dir");
    c.every_call = rule.is_watch || rule.syscalls.empty();
    if (const Field* arch = rule.field("arch")) {
      c.arch = normal_value("arch", arch->value);
      c.arch_is_not = arch->op == "!=";
    }
    for (const auto& syscall : rule.syscalls) {
      if (syscall.name == "all") c.every_call = true;
      if (syscall.name.empty()) continue;
      // auditctl looks a name up for the architecture given before it, else for the machine's own.
      if (syscall.name[0] >= '0' && syscall.name[0] <= '9')
        c.numbers.push_back(std::atoi(syscall.name.c_str()));
      else if (const auto number = syscall_number(syscall.name, c.arch != "b32"))
        c.numbers.push_back(*number);
    }
    if (const Field* perm = rule.field("perm")) c.perms = normal_value("perm", perm->value);
    for (const Field& field : rule.fields)
      if (is_limit(field, subject_, users_only_))
        c.limit += (c.limit.empty() ? "" : " and ") + field.name + field.op + field.value;
    return c;
  }

  static Match matches(const Candidate& c, const Access& access, int number, bool is_64) {
    if (!c.arch.empty()) {
      const bool same = c.arch == (is_64 ? "b64" : "b32");
      if (same == c.arch_is_not) return Match::no;
    }
    if (!c.every_call && std::ranges::find(c.numbers, number) == c.numbers.end()) return Match::no;
    if (!c.perms.empty() && c.perms.find(access.perm) == std::string::npos) return Match::no;
    return c.limit.empty() ? Match::always : Match::sometimes;
  }

  // The first rule that matches decides.
  bool records(const Access& access, int number, bool is_64, const Candidate*& limited,
               const Candidate*& never) {
    for (const Candidate& c : candidates_) {
      const Match match = matches(c, access, number, is_64);
      if (match == Match::no) continue;
      if (c.rule->rule.is_always) {
        // Only a rule that names a path is worth pointing at.
        if (!any_recorder_ && c.names_path) any_recorder_ = &c;
        if (match == Match::sometimes) {
          if (!limited && c.names_path) limited = &c;
          continue;
        }
        recorder_ = &c;
        return never == nullptr;
      }
      if (!never) never = &c;
      if (match == Match::always) return false;
    }
    return false;
  }

  // The lists task and exclude, and -e 0, decide over everything.
  void task_and_record_rules(const AuditLoad& load) {
    if (const auto it = load.control.find("enabled");
        it != load.control.end() && it->second.value == "0") {
      off_at_ = it->second.place;
      off_ = "'-e 0' at " + it->second.place.path + ":" +
             std::to_string(it->second.place.span.line) + " turns auditing off";
    }
    for (const AuditRule& rule : load.rules) {
      if (!rule.is_loaded) continue;
      const bool limited = std::ranges::any_of(rule.rule.fields, [](const Field& field) {
        return field.name != "msgtype" && field.name != "key";
      });
      const std::string at = rule.place.path + ":" + std::to_string(rule.place.span.line);
      if (rule.rule.list == List::task && !limited) {
        // The first that matches decides for every new process.
        if (!rule.rule.is_always && off_.empty()) {
          off_at_ = rule.place;
          off_ = "the rule at " + at + " (never,task) turns auditing off for every process";
        }
        break;
      }
      const Field* type = rule.rule.field("msgtype");
      if (rule.rule.list != List::exclude || !type || limited || type->op != "=") continue;
      if (type->value == "SYSCALL" || type->value == "1300" || type->value == "PATH" ||
          type->value == "1302")
        if (off_.empty()) {
          off_at_ = rule.place;
          off_ = "the rule at " + at + " leaves the " + type->value + " records out of the log";
        }
    }
  }

  const AuditPaths& paths_;
  AuditSubject subject_;
  bool users_only_;
  std::string real_;
  std::vector<Candidate> candidates_;
  const AuditRule* not_loaded_ = nullptr;
  std::optional<std::pair<const AuditRule*, std::string>> near_miss_;
  const Candidate* recorder_ = nullptr;
  const Candidate* any_recorder_ = nullptr;
  std::string off_;  // why nothing at all is recorded
  std::optional<AuditPlace> off_at_;
};

}  // namespace

AuditCoverage audit_coverage(const AuditLoad& load, const AuditPaths& paths,
                             const std::string& path, AuditSubject subject, std::string_view wanted,
                             bool users_only) {
  return Decision(load, paths, path, subject, users_only).decide(wanted);
}

}  // namespace drydock::facts
