// Hand-made cases of what the loaded rules record. Each cites why the kernel or auditctl decides so.
#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

// A host with Docker as Debian lays it out: /lib and /sbin lead into /usr, runc is in /usr/sbin with a link
// in /usr/bin.
std::shared_ptr<MemoryTree> host(const std::string& rules) {
  auto tree = std::make_shared<MemoryTree>();
  tree->symlink("lib", "usr/lib").symlink("sbin", "usr/sbin").symlink("bin", "usr/bin");
  tree->directory("run").symlink("var/run", "/run");
  tree->file("usr/sbin/dockerd", "", 0755).file("usr/bin/docker", "", 0755);
  tree->file("usr/sbin/runc", "", 0755).symlink("usr/bin/runc", "../sbin/runc");
  tree->file("usr/bin/containerd", "", 0755).file("usr/bin/containerd-shim-runc-v2", "", 0755);
  tree->file("usr/lib/systemd/system/docker.service", "");
  tree->file("etc/docker/daemon.json", "{}").file("etc/passwd", "").file("etc/shadow", "");
  tree->directory("var/lib/docker");
  tree->file("etc/audit/rules.d/x.rules", rules);
  return tree;
}

struct Case {
  const char* why;  // the authority
  const char* rules;
  const char* path;
  const char* recorded;  // the letters of w a r x that are, in this order
};

std::string recorded(const Case& c) {
  return test::facts(
      host(c.rules),
      std::string("SELECT DISTINCT iif(write,'w','') || iif(attribute,'a','') || "
                  "iif(read,'r','') || iif(execute,'x','') FROM audit_coverage WHERE "
                  "path = '") +
          c.path + "'");
}

constexpr const char* kSyscallsW =
    "open,openat,openat2,creat,truncate,rename,renameat,renameat2,unlink,unlinkat";
constexpr const char* kSyscallsA =
    "chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,setxattr,lsetxattr,fsetxattr,removexattr,"
    "lremovexattr,fremovexattr";

const std::vector<Case>& cases() {
  static const std::string kBothW =
      std::string("-a always,exit -F arch=b64 -S ") + kSyscallsW + " -F path=/etc/passwd -k x\n" +
      "-a always,exit -F arch=b32 -S " + kSyscallsW + ",truncate64 -F path=/etc/passwd -k x\n";
  static const std::string kBothA = std::string("-a always,exit -F arch=b64 -S ") + kSyscallsA +
                                    " -F path=/etc/passwd -k x\n" +
                                    "-a always,exit -F arch=b32 -S " + kSyscallsA +
                                    ",chown32,fchown32,lchown32 -F path=/etc/passwd -k x\n";
  static const std::string kOne64 =
      std::string("-a always,exit -F arch=b64 -S ") + kSyscallsW + " -F path=/etc/passwd -k x\n";
  static const std::string kNoArchW =
      std::string("-a always,exit -S ") + kSyscallsW + " -F path=/etc/passwd -k x\n";
  static const std::vector<Case> kCases = {
      // Watches: auditctl(8) -w, -p.
      {"nothing is recorded without a rule", "", "/etc/docker", ""},
      {"auditctl(8) -p: without it all four accesses", "-w /etc/docker -k d", "/etc/docker",
       "warx"},
      {"-p wa", "-w /etc/docker -p wa -k d", "/etc/docker", "wa"},
      {"-p r alone", "-w /etc/docker -p r", "/etc/docker", "r"},
      {"-p x on a program", "-w /usr/sbin/dockerd -p x", "/usr/sbin/dockerd", "x"},
      {"letters in any order and case", "-w /etc/passwd -p AW", "/etc/passwd", "wa"},
      {"a second -p replaces the first", "-w /etc/passwd -p wa -p r", "/etc/passwd", "r"},
      {"slashes at the end are taken off by auditctl", "-w /etc/docker/// -p wa", "/etc/docker",
       "wa"},
      {"a watch on a directory is recursive (auditctl(8) -w)", "-w /etc -p wa",
       "/etc/docker/daemon.json", "wa"},
      {"a watch on the root covers everything", "-w / -p wa", "/var/lib/docker", "wa"},
      {"the watch on the directory covers the file in it", "-w /etc/docker -p wa",
       "/etc/docker/daemon.json", "wa"},
      {"a watch on a file says nothing of the directory around it (docker-bench passes this)",
       "-w /etc/docker/daemon.json -p wa", "/etc/docker", ""},
      {"a longer name is another file (docker-bench passes this)",
       "-w /usr/bin/containerd-shim-runc-v2 -k d", "/usr/bin/containerd", ""},
      {"a shorter name too", "-w /usr/bin/docker -k d", "/usr/sbin/dockerd", ""},
      {"a name that is a prefix of a directory is not above it", "-w /etc/dock -k d", "/etc/docker",
       ""},
      {"-k is no condition", "-w /etc/passwd -p wa -k a -k b", "/etc/passwd", "wa"},
      {"two watches add up", "-w /etc/passwd -p w\n-w /etc/passwd -p a", "/etc/passwd", "wa"},
      {"-S beside a watch changes nothing: the watch selects all calls",
       "-w /etc/passwd -p wa -S open", "/etc/passwd", "wa"},
      {"a field narrows a watch", "-w /etc/passwd -p wa -F auid>=1000", "/etc/passwd", ""},
      // Spelling: kern_path_locked follows links above the last component.
      {"/lib leads to /usr/lib", "-w /lib/systemd/system/docker.service -p wa",
       "/usr/lib/systemd/system/docker.service", "wa"},
      {"/sbin leads to /usr/sbin", "-w /sbin/dockerd", "/usr/sbin/dockerd", "warx"},
      {"dots and doubled slashes", "-w /etc//docker/./daemon.json -p wa", "/etc/docker/daemon.json",
       "wa"},
      {"/var/run leads to /run", "-w /var/run/containerd -p wa", "/run/containerd", "wa"},
      {"the link itself is watched, not the program behind it", "-w /usr/bin/runc",
       "/usr/sbin/runc", ""},
      {"the program behind the link", "-w /usr/sbin/runc", "/usr/sbin/runc", "warx"},
      {"a tree on a link to a directory holds for the link only: kern_path without LOOKUP_FOLLOW",
       "-w /lib -p wa", "/usr/lib/systemd/system/docker.service", ""},
      {"-F dir= on a link likewise", "-a always,exit -F dir=/sbin -F perm=x", "/usr/sbin/dockerd",
       ""},
      // Syscall rules on a path.
      {"-F path= with perm on a file", "-a always,exit -F path=/etc/passwd -F perm=wa -k x",
       "/etc/passwd", "wa"},
      {"list and action in the other order", "-a exit,always -F path=/etc/passwd -F perm=wa",
       "/etc/passwd", "wa"},
      {"-F path= without perm selects every call", "-a always,exit -F path=/etc/passwd -k x",
       "/etc/passwd", "warx"},
      {"-S all", "-a always,exit -S all -F path=/etc/passwd -k x", "/etc/passwd", "warx"},
      {"-F path= on a directory is its inode only", "-a always,exit -F path=/etc/docker -F perm=wa",
       "/etc/docker", ""},
      {"-F path= on a directory does not hold below",
       "-a always,exit -F path=/etc/docker -F perm=wa", "/etc/docker/daemon.json", ""},
      {"-F dir= is recursive", "-a always,exit -F dir=/etc/docker -F perm=wa", "/etc/docker", "wa"},
      {"-F dir= with a slash at the end", "-a always,exit -F dir=/etc/docker/ -F perm=wa",
       "/etc/docker/daemon.json", "wa"},
      {"-F dir= without perm", "-a always,exit -F dir=/etc -k x", "/etc/docker", "warx"},
      {"-p after a -F is the field perm", "-a always,exit -F path=/etc/passwd -p wa", "/etc/passwd",
       "wa"},
      {"perm=x only", "-a always,exit -F path=/usr/sbin/dockerd -F perm=x -k p",
       "/usr/sbin/dockerd", "x"},
      // Fields that limit.
      {"auid>=1000 leaves out daemons and root's own services",
       "-a always,exit -F path=/usr/sbin/runc -F perm=x -F auid>=1000 -F auid!=unset -k d",
       "/usr/sbin/runc", ""},
      {"auid!=unset alone leaves out what no login started",
       "-a always,exit -F path=/etc/passwd -F perm=wa -F auid!=-1", "/etc/passwd", ""},
      {"auid>=0 holds for every id, unset (4294967295) too",
       "-a always,exit -F path=/etc/passwd -F perm=wa -F auid>=0", "/etc/passwd", "wa"},
      {"uid=0 only", "-a always,exit -F path=/etc/passwd -F perm=wa -F uid=0", "/etc/passwd", ""},
      {"success=1 leaves out what was tried in vain",
       "-a always,exit -F path=/etc/passwd -F perm=wa -F success=1", "/etc/passwd", ""},
      {"exit=-EACCES only", "-a always,exit -F path=/etc/passwd -F perm=wa -F exit=-EACCES",
       "/etc/passwd", ""},
      {"exe= only", "-a always,exit -F path=/etc/passwd -F perm=wa -F exe=/usr/bin/vim",
       "/etc/passwd", ""},
      {"a comparison of ids limits", "-a always,exit -F path=/etc/passwd -F perm=wa -C uid!=euid",
       "/etc/passwd", ""},
      {"filetype=file holds for a regular file",
       "-a always,exit -F path=/etc/passwd -F perm=wa -F filetype=file", "/etc/passwd", "wa"},
      {"subj_type limits", "-a always,exit -F path=/etc/passwd -F perm=wa -F subj_type=x_t",
       "/etc/passwd", ""},
      // Architectures.
      {"arch=b64 leaves out 32-bit programs",
       "-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa", "/etc/passwd", ""},
      {"b64 and b32 together",
       "-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa\n"
       "-a always,exit -F arch=b32 -F path=/etc/passwd -F perm=wa",
       "/etc/passwd", "wa"},
      {"arch by its full names",
       "-a always,exit -F arch=x86_64 -F path=/etc/passwd -F perm=wa\n"
       "-a always,exit -F arch=i386 -F path=/etc/passwd -F perm=wa",
       "/etc/passwd", "wa"},
      {"arch=b32 and arch!=b32",
       "-a always,exit -F arch=b32 -F path=/etc/passwd -F perm=wa\n"
       "-a always,exit -F arch!=b32 -F path=/etc/passwd -F perm=wa",
       "/etc/passwd", "wa"},
      // Lists of system calls.
      {"every call of the class, both architectures", kBothW.c_str(), "/etc/passwd", "wr"},
      {"every call that changes attributes", kBothA.c_str(), "/etc/passwd", "a"},
      {"one architecture of two", kOne64.c_str(), "/etc/passwd", ""},
      {"without arch a name means the number of x86_64: open is 2, which is fork on i386",
       kNoArchW.c_str(), "/etc/passwd", ""},
      {"open and openat alone miss rename and unlink",
       "-a always,exit -F arch=b64 -S open,openat -F path=/etc/passwd\n"
       "-a always,exit -F arch=b32 -S open,openat -F path=/etc/passwd",
       "/etc/passwd", ""},
      {"execve and execveat",
       "-a always,exit -F arch=b64 -S execve,execveat -F path=/usr/sbin/dockerd\n"
       "-a always,exit -F arch=b32 -S execve,execveat -F path=/usr/sbin/dockerd",
       "/usr/sbin/dockerd", "x"},
      {"execve without any path records every program",
       "-a always,exit -F arch=b64 -S execve,execveat -k e\n"
       "-a always,exit -F arch=b32 -S execve,execveat -k e",
       "/usr/sbin/dockerd", "x"},
      {"by number: 59 and 322, 11 and 358",
       "-a always,exit -F arch=b64 -S 59,322 -k e\n-a always,exit -F arch=b32 -S 11,358 -k e",
       "/usr/sbin/dockerd", "x"},
      {"-S , selects no call", "-a always,exit -S , -F path=/etc/passwd", "/etc/passwd", ""},
      {"perm= and -S both must hold",
       "-a always,exit -F arch=b64 -S open -F path=/etc/passwd -F perm=wa\n"
       "-a always,exit -F arch=b32 -S open -F path=/etc/passwd -F perm=wa",
       "/etc/passwd", ""},
      // Order: the first rule that matches decides (prio in kernel/auditfilter.c).
      {"never first", "-a never,exit -F path=/etc/passwd\n-w /etc/passwd -p wa", "/etc/passwd", ""},
      {"never later comes too late", "-w /etc/passwd -p wa\n-a never,exit -F path=/etc/passwd",
       "/etc/passwd", "wa"},
      {"-A puts the rule first", "-w /etc/passwd -p wa\n-A never,exit -F path=/etc/passwd",
       "/etc/passwd", ""},
      {"never on the directory above", "-a never,exit -F dir=/etc\n-w /etc/passwd -p wa",
       "/etc/passwd", ""},
      {"never for reading only", "-a never,exit -F path=/etc/passwd -F perm=r\n-w /etc/passwd",
       "/etc/passwd", "wax"},
      {"never for all calls", "-a never,exit -S all\n-w /etc/passwd", "/etc/passwd", ""},
      {"never on another path", "-a never,exit -F path=/etc/shadow\n-w /etc/passwd -p wa",
       "/etc/passwd", "wa"},
      {"never for one program leaves a gap",
       "-a never,exit -F exe=/usr/bin/backup\n-w /etc/passwd -p wa", "/etc/passwd", ""},
      {"never for 32-bit programs leaves a gap",
       "-a never,exit -F arch=b32 -S all\n-w /etc/passwd -p wa", "/etc/passwd", ""},
      {"never on the list user is about other messages", "-a never,user\n-w /etc/passwd -p wa",
       "/etc/passwd", "wa"},
      {"never,task without a field turns auditing off (Fedora's default)",
       "-a never,task\n-w /etc/passwd -p wa", "/etc/passwd", ""},
      {"never,filesystem is about other file systems",
       "-a never,filesystem -F fstype=tracefs\n-w /etc/passwd -p wa", "/etc/passwd", "wa"},
      {"exclude of the SYSCALL record",
       "-a always,exclude -F msgtype=SYSCALL\n-w /etc/passwd -p wa", "/etc/passwd", ""},
      {"exclude of another record", "-a always,exclude -F msgtype=CWD\n-w /etc/passwd -p wa",
       "/etc/passwd", "wa"},
      // Loading.
      {"augenrules moves a bare -D to the front, so that it deletes nothing",
       "-w /etc/passwd -p wa\n-D", "/etc/passwd", "wa"},
      {"-D -k deletes by key", "-w /etc/passwd -p wa -k a\n-w /etc/shadow -p wa -k b\n-D -k a",
       "/etc/passwd", ""},
      {"-D -k leaves other keys", "-w /etc/passwd -p wa -k a\n-w /etc/shadow -p wa -k b\n-D -k a",
       "/etc/shadow", "wa"},
      {"-W takes the same watch away", "-w /etc/passwd -p wa\n-W /etc/passwd -p wa", "/etc/passwd",
       ""},
      {"-e 0 turns auditing off", "-w /etc/passwd -p wa\n-e 0", "/etc/passwd", ""},
      {"-e 2 goes last whatever its place", "-e 2\n-w /etc/passwd -p wa", "/etc/passwd", "wa"},
      {"what follows a mistake is not loaded", "-w /etc/shadow -p q\n-w /etc/passwd -p wa",
       "/etc/passwd", ""},
      {"unless -i comes first", "-i\n-w /etc/shadow -p q\n-w /etc/passwd -p wa", "/etc/passwd",
       "wa"},
      {"what follows a watch in a directory that does not exist is not loaded",
       "-w /etc/sysconfig/docker -k d\n-w /etc/passwd -p wa", "/etc/passwd", ""},
      {"a file that does not exist is no mistake", "-w /etc/nothing -k d\n-w /etc/passwd -p wa",
       "/etc/passwd", "wa"},
      {"-c goes on", "-c\n-w /etc/sysconfig/docker -k d\n-w /etc/passwd -p wa", "/etc/passwd",
       "wa"},
      {"the same rule twice is a mistake (EEXIST)",
       "-w /etc/shadow -p wa\n-w /etc/shadow -p wa\n-w /etc/passwd -p wa", "/etc/passwd", ""},
      {"another key makes another rule",
       "-w /etc/shadow -p wa -k a\n-w /etc/shadow -p wa -k b\n-w /etc/passwd -p wa", "/etc/passwd",
       "wa"},
      {"/run/containerd is not there yet when rules are loaded at boot",
       "-w /run/containerd/containerd.sock -p wa\n-w /etc/passwd -p wa", "/etc/passwd", ""},
      {"an unknown system call is a mistake",
       "-a always,exit -F arch=b64 -S opn -k x\n-w /etc/passwd -p wa", "/etc/passwd", ""},
      {"a call of i386 only under arch=b64",
       "-a always,exit -F arch=b64 -S stime -k x\n-w /etc/passwd -p wa", "/etc/passwd", ""},
  };
  return kCases;
}

TEST(AuditCoverage, DecidesAsTheKernelDoes) {
  EXPECT_GE(cases().size(), 60U);
  for (const Case& c : cases())
    EXPECT_EQ(recorded(c), std::string(c.recorded) + "\n") << c.why << "\n" << c.rules;
}

std::string why(const std::string& rules, const std::string& path) {
  return test::facts(host(rules), "SELECT missing, why, loc FROM audit_coverage WHERE path = '" +
                                      path + "' AND missing IS NOT NULL");
}

TEST(AuditCoverage, SaysWhyAndPointsAtTheRuleThatComesNearest) {
  EXPECT_EQ(why("", "/etc/docker"),
            "writing, attribute changes | no loaded rule is about it | -\n");
  EXPECT_EQ(
      why("-w /usr/bin/runc", "/usr/sbin/runc"),
      "writing, attribute changes, execution | the rule at etc/audit/rules.d/x.rules:1 watches the "
      "symbolic link '/usr/bin/runc' itself, not '/usr/sbin/runc' behind it | "
      "etc/audit/rules.d/x.rules:1:1\n");
  EXPECT_EQ(why("-a always,exit -F path=/usr/sbin/runc -F perm=x -F auid>=1000 -F auid!=unset -k d",
                "/usr/sbin/runc"),
            "writing, attribute changes, execution | the rule at etc/audit/rules.d/x.rules:1 "
            "records only "
            "when auid>=1000 and auid!=unset | etc/audit/rules.d/x.rules:1:1\n");
  EXPECT_EQ(why("-w /usr/sbin/dockerd -p wa", "/usr/sbin/dockerd"),
            "execution | the rule at etc/audit/rules.d/x.rules:1 does not ask for execution | "
            "etc/audit/rules.d/x.rules:1:1\n");
  EXPECT_EQ(why("-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa", "/etc/passwd"),
            "writing, attribute changes | system calls of 32-bit programs are not recorded | "
            "etc/audit/rules.d/x.rules:1:1\n");
  EXPECT_EQ(
      why("-a never,exit -F dir=/etc\n-w /etc/passwd -p wa", "/etc/passwd"),
      "writing, attribute changes | the rule at etc/audit/rules.d/x.rules:1 comes first and never "
      "records | etc/audit/rules.d/x.rules:1:1\n");
  EXPECT_EQ(why("-w /etc/sysconfig/docker\n-w /etc/passwd -p wa", "/etc/passwd"),
            "writing, attribute changes | the rule at etc/audit/rules.d/x.rules:2 is not loaded: "
            "auditctl "
            "stops at etc/audit/rules.d/x.rules:1: the directory '/etc/sysconfig' does not exist | "
            "etc/audit/rules.d/x.rules:2:1\n");
  EXPECT_EQ(
      why("-a always,exit -F path=/etc/docker -F perm=wa", "/etc/docker"),
      "writing, attribute changes | the rule at etc/audit/rules.d/x.rules:1 watches the directory "
      "itself (path=), not what lies below it (dir=) | etc/audit/rules.d/x.rules:1:1\n");
  EXPECT_EQ(why("-w /etc/passwd -p wa\n-e 0", "/etc/passwd"),
            "writing, attribute changes | '-e 0' at etc/audit/rules.d/x.rules:2 turns auditing off "
            "| etc/audit/rules.d/x.rules:2:1\n");
}

TEST(AuditCoverage, LooksAtWhatTheHostHas) {
  auto tree = host("");
  tree->file("etc/default/docker", "");
  EXPECT_EQ(
      test::facts(
          tree,
          "SELECT topic, path, kind, wanted, because FROM audit_path_of_interest WHERE topic "
          "LIKE '%docker%' OR topic LIKE 'containerd%' OR topic = 'runc' ORDER BY topic"),
      "containerd | /usr/bin/containerd | executable | wax | it exists\n"
      "containerd-run | /run/containerd | directory | wa | /usr/bin/containerd makes it\n"
      "containerd-shim-runc-v2 | /usr/bin/containerd-shim-runc-v2 | executable | wax | it exists\n"
      "containerd-socket | /run/containerd/containerd.sock | socket | wa | /usr/bin/containerd "
      "makes "
      "it\n"
      "docker-client | /usr/bin/docker | executable | wax | it exists\n"
      "docker-configuration | /etc/docker | directory | wa | it exists\n"
      "docker-daemon | /usr/sbin/dockerd | executable | wax | it exists\n"
      "docker-daemon-json | /etc/docker/daemon.json | file | wa | it exists\n"
      "docker-data-root | /var/lib/docker | directory | wa | it exists\n"
      "docker-default | /etc/default/docker | file | wa | it exists\n"
      "docker-service | /usr/lib/systemd/system/docker.service | file | wa | it exists\n"
      "docker-socket | /run/docker.sock | socket | wa | /usr/sbin/dockerd makes it\n"
      "runc | /usr/sbin/runc | executable | wax | it exists\n");
}

}  // namespace
}  // namespace drydock
