// The parser against the real auditctl(8): with audit_kernel preloaded in the kernel's place, it
// tells how it understands a file. Skipped where auditctl is not installed (package auditd);
// DRYDOCK_AUDITCTL names one that lies elsewhere.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "parsers/audit_rules.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"
#include "tests/paths.h"

namespace drydock::parsers::audit_rules {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

std::string auditctl() {
  if (const char* path = std::getenv("DRYDOCK_AUDITCTL")) return path;
  return std::filesystem::exists("/usr/sbin/auditctl") ? "/usr/sbin/auditctl" : "";
}

// What auditctl -R asks of the kernel, a line a request.
std::string real(const std::string& text) {
  const std::string base = testing::TempDir() + "audit-" + std::to_string(getpid());
  std::ofstream(base + ".rules", std::ios::binary) << text;
  const std::string command = "AUDIT_LOG=" + base + ".log LD_PRELOAD=" + test::audit_kernel() +
                              " " + auditctl() + " -R " + base + ".rules >/dev/null 2>&1";
  std::ofstream(base + ".log");
  // Its exit status says only whether a line was refused; the log says which were not.
  if (std::system(command.c_str()) < 0) return "cannot run auditctl";
  std::string out = slurp(base + ".log");
  std::filesystem::remove(base + ".rules");
  std::filesystem::remove(base + ".log");
  return out;
}

std::string number(std::string_view field, const std::string& value) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"file", "32768"},     {"dir", "16384"},   {"socket", "49152"}, {"link", "40960"},
      {"character", "8192"}, {"block", "24576"}, {"fifo", "4096"}};
  const std::string normal = normal_value(field, value);
  if (field == "filetype")
    for (const auto& [name, bits] : kTypes)
      if (name == normal) return std::string(bits);
  if ((field == "saddr_fam" || (field == "sessionid" && normal != "unset")) &&
      (normal.empty() || normal[0] > '9'))
    return "0";
  return normal == "unset" || normal == "4294967295" ? "-1" : normal;
}

// The same from our parser.
std::string ours(const std::string& text) {
  std::string out;
  bool tolerant = false;
  for (const Command& c : parse(text).commands) {
    switch (c.kind) {
      case Kind::refused:
        if (!tolerant) return out;
        break;
      case Kind::ignore_errors:
      case Kind::continue_on_errors:
        tolerant = true;
        break;
      case Kind::other:
      case Kind::delete_all:
        break;
      case Kind::loginuid_immutable:
        out += "loginuid-immutable 1\n";
        break;
      case Kind::rule: {
        const Rule& r = c.rule;
        out += std::string(r.is_removal ? "delete " : "add ") + std::string(name(r.list)) +
               (r.is_always ? " always" : " never") + (r.is_prepended ? " first" : "") + " -S ";
        const bool has_all =
            std::ranges::any_of(r.syscalls, [](const Syscall& s) { return s.name == "all"; });
        if (r.is_watch || has_all || (r.syscalls.empty() && r.list != List::task)) out += "all,";
        for (const Syscall& s : r.syscalls)
          if (!r.is_watch && !has_all && !s.name.empty()) out += s.name + ",";
        // No path of the corpus exists where the test runs, so a watch is one of an inode.
        if (r.is_watch)
          out += " path=" + r.path + " perm=" +
                 (r.field("perm") ? normal_value("perm", r.field("perm")->value) : "rwxa");
        for (const Field& f : r.fields) {
          if (r.is_watch && f.name == "perm") continue;
          out += f.is_comparison ? " compare" : " " + f.name + f.op + number(f.name, f.value);
        }
        for (size_t i = 0; i < r.keys.size(); ++i) out += (i == 0 ? " key=" : "|") + r.keys[i];
        out += "\n";
        break;
      }
      default:
        out += std::string(name(c.kind)) + " " +
               std::to_string(static_cast<uint32_t>(std::strtoul(c.value.c_str(), nullptr, 0))) +
               "\n";
    }
  }
  return out;
}

TEST(AuditRulesOracle, AuditctlUnderstandsEveryFormAsWeDo) {
  if (auditctl().empty()) GTEST_SKIP() << "auditctl is not installed (package auditd)";
  std::string text = slurp(test::source_dir() + "/fixtures/audit/forms.rules");
  // auditctl shows system calls by number; the corpus names these in that order.
  std::string expected = ours(text);
  const size_t at = expected.find("-S 2,3,4,");
  ASSERT_NE(at, std::string::npos);
  expected.replace(at, 9, "-S open,close,stat,");
  EXPECT_EQ(real(text), expected);
}

// Each of these lines stops the real program, and what follows is not carried out.
TEST(AuditRulesOracle, AuditctlStopsWhereWeSay) {
  if (auditctl().empty()) GTEST_SKIP() << "auditctl is not installed (package auditd)";
  for (const std::string line : {"\t-w /etc/x",
                                 "\t",
                                 "-w /etc/x\t-p wa",
                                 "-w /etc/a -k \"my key\"",
                                 "-D x",
                                 "-Dk x",
                                 "-D\r",
                                 "-b 10 -k x",
                                 "-a exit",
                                 "-a exit,always -w /etc/x",
                                 "-w /etc/x -w /etc/y",
                                 "-a always,exit -S open -F arch=b64",
                                 "-a always,exit -k b",
                                 "-a exit,Always -S open",
                                 "-a always,exit -F auid=>1000 -S open",
                                 "-a never,exclude -F msgtype=1300 -S open",
                                 "-a task,always -S open",
                                 "-w /etc/x -F arch=b64",
                                 "-e 3",
                                 "-e",
                                 "--bogus",
                                 "-",
                                 "-e 1 x",
                                 "-a always,exit -p wa -F path=/x",
                                 "-a always,exit -C uid!=uid -S open",
                                 "-a always,exit -C auid<=obj_uid -S open",
                                 "-a user,always -F msgtype=1400 -F path=/x",
                                 "-w /etc/x -p",
                                 "-w /etc/x -k",
                                 "-a always,exit -S 1234567",
                                 "-w etc/x",
                                 "-S open",
                                 "-F auid=1",
                                 "-w /etc/x # why",
                                 "-w /etc/x -p rwxaw",
                                 "-R /etc/y",
                                 "-p wa",
                                 "-k x",
                                 "-a always,exit -F nofield=1",
                                 "-a always,exit -F auid",
                                 "-a always,exit -F auid=",
                                 "-a always,exit -F perm=q",
                                 "-a always,exit -F filetype=door",
                                 "-a always,exit -F pid=x",
                                 "-a always,exit -F auid=0 -F key=k",
                                 "-a always,exit -C uid!=euid -F key=k",
                                 "-a always,task -F uid=0 -F key=k",
                                 "-a always,exit -F arch=b16 -S open",
                                 "-a always,exit -F arch=40000003",
                                 "-a always,exit -S open -F gid=-1",
                                 "-a always,exit -S open -F obj_gid=unset",
                                 "-a always,exit -F saddr_fam=46",
                                 "-a never,exclude -F fsuid=0",
                                 "-a never,exclude -F arch=b64 -F msgtype=1300",
                                 "-a always,task -F sessionid=1",
                                 "-a always,exit,x -S open"}) {
    const std::string text = "-f 2\n" + line + "\n-r 77\n";
    EXPECT_EQ(ours(text).find("rate"), std::string::npos) << line;
    EXPECT_EQ(real(text), ours(text)) << line;
  }
}

// -i goes on after a mistake, and so does a line of many blanks, a long line, and a NUL byte.
TEST(AuditRulesOracle, AuditctlGoesOnWhereWeSay) {
  if (auditctl().empty()) GTEST_SKIP() << "auditctl is not installed (package auditd)";
  for (const std::string& line :
       {std::string("-a always,exit -F key=k -S open"),
        std::string("-a always,exit -F sessionid=x -F saddr_fam=x -F saddr_fam=45"),
        std::string("-a never,exclude -F exe=/x -F uid=0"),
        std::string("-a always,exit -F arch=C000003E -F arch=3221225534"),
        std::string("-i\n-a exit\n-k\n-w x"), std::string("-c\n-D x"), std::string("-i x"),
        "-w /etc/x -p wa " + std::string(6200, ' ') + "-e 0", "# " + std::string(7000, 'x'),
        std::string("-w /etc/x -p wa \0 -k z", 22), std::string("   # x"), std::string("    ")}) {
    const std::string text = "-f 2\n" + line + "\n-e 1\n";
    EXPECT_EQ(real(text), ours(text)) << line;
  }
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  // A file of some lines, each of a kind of its own, a few of them wrong.
  std::string file() {
    std::string out = random_.pick({"", "", "", "-i\n", "-c\n"});
    for (int lines = 1 + random_.below(3); lines > 0; --lines)
      out += line() + random_.pick({"\n", "\n", "\n", "\n", "\n", " \n", "\n\n"});
    return out;
  }

 private:
  std::string line() {
    switch (random_.below(12)) {
      case 0:
        return random_.pick({"-D",
                             "-b 8192",
                             "-f 1",
                             "-r 5",
                             "-e 1",
                             "-e 2",
                             "-b 0x20",
                             "-f 0",
                             "--backlog_wait_time 0",
                             "--loginuid-immutable",
                             "--reset-lost",
                             "-D -k x",
                             "-b -1",
                             "-b x",
                             "-f 3",
                             "-e 3",
                             "-r",
                             "-b 4294967295",
                             "-b 99999999999",
                             "-f1",
                             "--backlog 9",
                             "-s",
                             "-l",
                             "-D -k"});
      case 1:
        return random_.pick({"# comment", "  # comment", "", "   ", "#", "## -D"});
      case 2:
      case 3:
      case 4:
        return watch();
      default:
        return rule();
    }
  }

  std::string watch() {
    std::string out = random_.pick({"-w ", "-w ", "-w ", "-W "}) +
                      random_.pick({"/no/such", "/no/such/", "/no/b\\ c", "no/slash", "/no#x",
                                    "/no/*", "/no/a\\\\b"});
    for (int parts = random_.below(4); parts > 0; --parts)
      out += random_.pick({" ", " ", "  "}) +
             random_.pick({"-k other",    "-p wa",         "-p r",     "-p wa",   "-p r",
                           "-p rwxa",     "-p x",          "-pwa",     "-p WA",   "-p",
                           "-p q",        "-k one",        "-k two",   "-kthree", "-k",
                           "-F key=four", "-F auid>=1000", "-F uid=0", "-S open", "-k a=b",
                           "-p wa -k",    "more"});
    return out;
  }

  std::string rule() {
    std::string out =
        random_.pick({"-a ", "-a ", "-a ", "-A ", "-d ", "-a"}) +
        random_.pick({"always,exit",   "always,exit",   "always,exit",    "exit,always",
                      "never,exit",    "always,exit",   "always,exit",    "always,exit",
                      "exit,always",   "never,exit",    "always,exit",    "always,exit",
                      "always,exit",   "exit,always",   "never,exit",     "exit,never",
                      "always,task",   "never,user",    "always,exclude", "never,exclude",
                      "exit,never",    "exit",          "always",         "entry,always",
                      "always,exit,x", "possible,exit", "exit,exit",      "never,task"});
    const bool has_arch = !random_.one_in(3);
    if (has_arch) out += " -F arch=" + random_.pick({"b64", "b64", "b32", "b32", "x86_64", "b16"});
    std::string calls;
    for (const char* call : {"open", "close", "execve", "chmod", "chown", "openat"})
      if (random_.one_in(4)) calls += (calls.empty() ? "" : ",") + std::string(call);
    if (!calls.empty()) out += " -S " + calls;
    if (random_.one_in(20)) out += random_.pick({" -S all", " -S", " -S ,"});
    for (int fields = random_.below(4); fields > 0; --fields) out += " -F " + field();
    if (random_.one_in(8))
      out += " -C " + random_.pick({"auid!=uid", "uid=euid", "gid!=egid", "auid!=obj_uid",
                                    "uid!=gid", "auid>=uid", "auid", "suid=fsuid", "obj_gid=gid",
                                    "pid=ppid", "euid!=uid"});
    if (random_.one_in(6)) out += random_.pick({" -p wa", " -p x", " -w /no/such", " -p"});
    if (!random_.one_in(3))
      out += random_.pick({" -k one", " -k two -k three", " -F key=four", " -k"});
    return out;
  }

  std::string field() {
    const std::string op = random_.one_in(20)
                               ? random_.pick({"=>", "", "&", "&="})
                               : random_.pick({"=", "=", "=", "!=", ">=", "<=", ">", "<"});
    switch (random_.below(10)) {
      case 0:
        // What the kernel refuses the one that stands in for it here takes: other operators, relative paths.
        return random_.pick({"path", "dir", "exe", "path"}) + random_.pick({"=", ""}) +
               random_.pick({"/no/such", "/no/else", ""});
      case 1:
        return "perm" + random_.pick({"=", "=", "!="}) +
               random_.pick({"wa", "r", "x", "rwxa", "z", ""});
      case 2:
        return "filetype" + random_.pick({"=", "=", "!=", "<"}) +
               random_.pick(
                   {"file", "dir", "link", "socket", "fifo", "block", "character", "door"});
      case 3:
        return random_.pick({"success", "exit", "sessionid", "saddr_fam", "inode", "devmajor"}) +
               op + random_.pick({"0", "1", "2", "-13", "5", "x"});
      case 4:
        return random_.pick({"a0", "a1", "a2", "a3"}) + random_.pick({"&", "&=", "=", "<"}) +
               random_.pick({"0", "0100", "0x40", "-1", "7", random_.one_in(9) ? "b" : "1"});
      case 5:
        return random_.pick(
                   {"subj_user", "subj_type", "subj_sen", "obj_user", "obj_type", "obj_lev_low"}) +
               random_.pick({"=", "!=", ">="}) + random_.pick({"unconfined_u", "x", ""});
      case 6:
        return random_.pick({"msgtype", "fstype", "pers", "arch", "nofield", "ppid", "pid"}) + op +
               random_.pick({"1300", "0", "5", "b64", "x"});
      default:
        return random_.pick({"auid", "auid", "uid", "euid", "suid", "fsuid", "gid", "egid",
                             "obj_uid", "obj_gid", "loginuid", "sgid"}) +
               op +
               random_.pick({"0", "1000", "-1", "4294967295", "unset", "0x10", "010", "", "-5"});
    }
  }

  test::Random random_;
};

// Which lines it takes and stops at, and what it makes of each.
TEST(AuditRulesOracle, AuditctlUnderstandsGeneratedFilesAsWeDo) {
  if (auditctl().empty()) GTEST_SKIP() << "auditctl is not installed (package auditd)";
  constexpr int kGenerated = 400;
  const test::ScratchDirectory directory;
  std::vector<std::string> texts;
  std::string script = "cd " + directory.path() + "\n";
  for (unsigned i = 0; i < kGenerated; ++i) {
    texts.push_back(Generator(i).file());
    const std::string name = std::to_string(i);
    directory.write(name + ".rules", texts.back());
    directory.write(name + ".log", "");
    script += "AUDIT_LOG=" + name + ".log LD_PRELOAD=" + test::audit_kernel() + " " + auditctl() +
              " -R " + name + ".rules >" + name + ".said 2>&1\n";
  }
  ASSERT_TRUE(test::ask("sh " + directory.write("ask", script)));
  size_t requests = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string base = directory.path() + "/" + std::to_string(i);
    const std::string wanted = slurp(base + ".log");
    EXPECT_EQ(ours(texts[i]), wanted) << "case " << i << "\n" << texts[i] << slurp(base + ".said");
    requests += static_cast<size_t>(std::count(wanted.begin(), wanted.end(), '\n'));
  }
  EXPECT_GT(requests, 180u);
}

}  // namespace
}  // namespace drydock::parsers::audit_rules
