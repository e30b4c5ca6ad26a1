// The parser against the real auditctl(8): with audit_kernel preloaded in the kernel's place, it
// tells how it understands a file. Skipped where auditctl is not installed (package auditd);
// DRYDOCK_AUDITCTL names one that lies elsewhere.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "parsers/audit_rules.h"
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
  const std::string normal = normal_value(field, value);
  return normal == "unset" ? "-1" : field == "filetype" && normal == "dir" ? "16384" : normal;
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
        if (r.is_watch || (r.syscalls.empty() && r.list != List::task)) out += "all,";
        for (const Syscall& s : r.syscalls)
          if (!r.is_watch && !s.name.empty()) out += s.name + ",";
        // No path of the corpus exists where the test runs, so a watch is one of an inode.
        if (r.is_watch) out += " path=" + r.path + (r.field("perm") ? "" : " perm=rwxa");
        for (const Field& f : r.fields)
          out += f.is_comparison ? " compare" : " " + f.name + f.op + number(f.name, f.value);
        for (size_t i = 0; i < r.keys.size(); ++i) out += (i == 0 ? " key=" : "|") + r.keys[i];
        out += "\n";
        break;
      }
      default:
        out += std::string(name(c.kind)) + " " +
               std::to_string(std::strtoul(c.value.c_str(), nullptr, 0)) + "\n";
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
       {std::string("-i\n-a exit\n-k\n-w x"), std::string("-c\n-D x"), std::string("-i x"),
        "-w /etc/x -p wa " + std::string(6200, ' ') + "-e 0", "# " + std::string(7000, 'x'),
        std::string("-w /etc/x -p wa \0 -k z", 22), std::string("   # x"), std::string("    ")}) {
    const std::string text = "-f 2\n" + line + "\n-e 1\n";
    EXPECT_EQ(real(text), ours(text)) << line;
  }
}

}  // namespace
}  // namespace drydock::parsers::audit_rules
