// The same sudoers(5) files to drydock and to sudo(8), which is asked by two users whether it runs a command at all and
// whether it does so without a password. drydock's answer is that of the last rule that matches, of the rules that it
// says count: one that is left out wrongly, or a later one that is not seen to take it, changes the answer. Needs root:
// sudo is set-uid, in a name space of its own in which /etc is the test's.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <sstream>

#include "tests/facts/facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kGenerated = 260;
constexpr const char* kPasswd =
    "root:x:0:0::/:/bin/sh\nalice:x:1001:1001::/:/bin/sh\nbob:x:1002:27::/:/bin/sh\n";
constexpr const char* kGroup = "root:x:0:\nalice:x:1001:\nadm:x:4:alice\nsudo:x:27:\n";

struct User {
  const char* name;
  const char* ids;     // for setpriv
  const char* groups;  // as sudoers names them
};
constexpr User kUsers[] = {
    {"alice", "--reuid 1001 --regid 1001 --groups 1001,4", "#1001 %alice %#1001 %adm %#4"},
    {"bob", "--reuid 1002 --regid 27 --groups 27", "#1002 %sudo %#27"}};

struct Command {
  const char *path, *arguments;
};
constexpr Command kCommands[] = {
    {"/bin/true", ""}, {"/bin/echo", "a"}, {"/bin/echo", "b"}, {"/bin/true", "a"}};

// What the generator may miss.
constexpr const char* kFiles[] = {
    "alice ALL=NOPASSWD: ALL\n%adm ALL=(ALL:ALL) ALL\n",
    "bob ALL=NOPASSWD: ALL\n%adm ALL=(ALL:ALL) ALL\n",
    "bob ALL=NOPASSWD: ALL\n%sudo ALL=(ALL) ALL\n",
    "bob ALL=NOPASSWD: ALL\n%#27 ALL=(ALL) ALL\n",
    "alice ALL=NOPASSWD: /bin/true\nALL, !alice ALL=(ALL) ALL\n",
    "User_Alias U = alice, bob\nU ALL=NOPASSWD: /bin/true\nbob ALL=/bin/true\n",
    "Cmnd_Alias C = ALL, !/bin/true\nalice ALL=NOPASSWD: /bin/true, /bin/echo\nalice ALL=C\n",
    "alice ALL=NOPASSWD: ALL, PASSWD: /bin/true, NOPASSWD: /bin/true a\n",
    "alice ALL=NOPASSWD: /bin/echo a, PASSWD: /bin/echo\n",
    "alice ALL=NOPASSWD: /bin/echo, PASSWD: /bin/echo a\n",
    "alice ALL=NOPASSWD: /bin/true\nalice ALL=/bin/true \"\"\n",
    "alice ALL=NOPASSWD: /bin/true\nalice elsewhere=ALL\n",
    "alice ALL=NOPASSWD: /bin/true\nalice ALL, elsewhere=ALL\n",
    "alice ALL=NOPASSWD: /bin/true\nalice ALL=(bob) ALL\n",
    "alice ALL=NOPASSWD: /bin/true\nalice ALL=(ALL, !root) ALL\n",
    "alice ALL=NOPASSWD: /bin/true\nalice ALL=NOTAFTER=20200101000000Z ALL\n",
    "alice ALL=NOPASSWD: /bin/true\n"
    "alice ALL=sha224:11111111111111111111111111111111111111111111111111111111 /bin/true\n",
    "alice ALL=NOPASSWD: /bin/true\nalice ALL=list, sudoedit /etc/x\n",
    "alice ALL=(ALL) ALL\nalice ALL=NOPASSWD: !ALL\n",
    "Defaults:alice !authenticate\nalice ALL=/bin/true\nalice ALL=PASSWD: ALL\n",
    "#1001 ALL=NOPASSWD: ALL\nalice ALL=/bin/true\n",
};

std::string generated(test::Random& random) {
  std::string out;
  if (random.one_in(4)) out += "Cmnd_Alias C = /bin/true, !/bin/echo b, /bin/echo\n";
  if (random.one_in(4)) out += "User_Alias U = alice, bob, !%adm\n";
  if (random.one_in(8))
    out += random.pick({"Defaults !authenticate\n", "Defaults:%sudo !authenticate\n"});
  const bool has_c = out.find("Cmnd_Alias") != std::string::npos;
  const bool has_u = out.find("User_Alias") != std::string::npos;
  for (int lines = 2 + random.below(3); lines > 0; --lines) {
    out += has_u && random.one_in(3)
               ? "U"
               : random.pick({"alice", "alice", "bob", "ALL", "%adm", "%sudo", "alice, bob",
                              "ALL, !alice", "%#27", "alice, !bob"});
    out += " " + random.pick({"ALL", "ALL", "ALL", "elsewhere", "ALL, !elsewhere"}) + " = ";
    for (int commands = 1 + random.below(2); commands > 0; --commands) {
      out += random.pick(
          {"", "", "", "(root) ", "(ALL) ", "(ALL:ALL) ", "(bob) ", "(ALL, !root) ", "(:adm) "});
      out += random.pick({"", "NOPASSWD: ", "NOPASSWD: ", "PASSWD: "});
      out += has_c && random.one_in(3)
                 ? "C"
                 : random.pick({"ALL", "ALL", "/bin/true", "/bin/true \"\"", "/bin/echo",
                                "/bin/echo a", "/bin/echo *", "/bin/", "!/bin/true", "!ALL"});
      out += commands > 1 ? ", " : "\n";
    }
  }
  return out;
}

// What one list, its members separated by commas, says of a name: nullopt nothing.
std::optional<bool> says(const std::string& list, std::string_view name) {
  std::optional<bool> last;
  std::istringstream members(list);
  for (std::string member; std::getline(members, member, ',');) {
    const bool is_negated = member.starts_with('!');
    if (is_negated) member.erase(0, 1);
    if (member == "ALL" || member == name) last = !is_negated;
  }
  return last;
}

bool is_user(const std::string& member, const User& user) {
  if (member == "ALL" || member == user.name) return true;
  std::istringstream groups(user.groups);
  for (std::string group; groups >> group;)
    if (group == member) return true;
  return false;
}

bool is_command(const std::string& path, const std::optional<std::string>& arguments,
                const Command& command) {
  if (path == "ALL") return true;
  if (path.ends_with('/') ? !std::string_view(command.path).starts_with(path)
                          : path != command.path)
    return false;
  return !arguments || *arguments == command.arguments || *arguments == "*";
}

// Is the rule at "… | etc/sudoers:3:1" one that never matches here? Its row does not say so.
bool is_past(const std::string& sudoers, const std::string& place) {
  std::istringstream lines(sudoers);
  std::string line;
  for (int left = std::stoi(place.substr(place.find(':') + 1)); left > 0; --left)
    std::getline(lines, line);
  return line.find("NOTAFTER") != std::string::npos;
}

// "denied", "password" or "free", by the rules that count.
std::string expected(const std::string& sudoers, const User& user, const Command& command,
                     size_t* taken) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/sudoers", sudoers).file("etc/passwd", kPasswd).file("etc/group", kGroup);
  const std::string rows = test::facts(
      tree,
      "SELECT position || '\t' || user || '\t' || is_user_negated || '\t' || hosts || '\t' || "
      "runas_users || '\t' || command || '\t' || coalesce('=' || arguments, '-') || '\t' || "
      "allows || '\t' || nopasswd || '\t' || counts, loc FROM sudo_rule WHERE command NOT IN "
      "('list', "
      "'sudoedit') AND digest IS NULL ORDER BY position DESC, rowid DESC");
  std::istringstream lines(rows);
  std::string excluded;  // the position of a list that excludes the user
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> f;
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, '\t');) f.push_back(field);
    if (f.size() != 10) return "bad row: " + line;
    if (is_past(sudoers, f[9])) continue;
    if (f[9].starts_with("0")) {
      if (taken) ++*taken;
      continue;
    }
    if (f[0] == excluded || !is_user(f[1], user)) continue;
    if (f[2] == "1") {
      excluded = f[0];
      continue;
    }
    if (says(f[3], "here") != true || says(f[4], "root") != true) continue;
    if (!is_command(f[5], f[6] == "-" ? std::nullopt : std::optional(f[6].substr(1)), command))
      continue;
    return f[7] == "0" ? "denied" : f[8] == "1" ? "free" : "password";
  }
  return "denied";
}

TEST(SudoOrderDifferential, TheRulesThatCountAreThoseSudoGoesBy) {
  const char* unpacked = std::getenv("DRYDOCK_SUDO_ROOT");
  const std::string root = unpacked ? unpacked : "";
  if (!std::filesystem::exists(root + "/usr/bin/sudo")) GTEST_SKIP() << "sudo is not installed";
  if (geteuid() != 0) GTEST_SKIP() << "sudo wants to be root's";
  const test::ScratchDirectory scratch;
  const std::string& at = scratch.path();
  scratch.write("etc/passwd", kPasswd);
  scratch.write("etc/group", kGroup);
  scratch.write("etc/hosts", "127.0.0.1 localhost\n");
  scratch.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
  std::string conf;
  for (const std::string kind : {"policy", "io", "audit"})
    conf += "Plugin sudoers_" + kind + " /usr/libexec/sudo/sudoers.so sudoers_mode=0400\n";
  scratch.write("etc/sudo.conf", conf);
  scratch.write("etc/pam.d/sudo",
                "auth required pam_deny.so\naccount required pam_permit.so\n"
                "session required pam_permit.so\n");
  struct Case {
    std::string text;
    User user;
    Command command;
  };
  std::vector<Case> cases;
  for (const char* file : kFiles)
    for (const User& user : kUsers)
      for (const Command& command : {kCommands[0], kCommands[1]})
        cases.push_back({file, user, command});
  test::Random random(2204);
  for (int i = 0; i < kGenerated; ++i)
    cases.push_back({generated(random), kUsers[random.below(2)], kCommands[random.below(4)]});
  std::string run = "chmod 755 " + at + "\ncd " + at + " || exit 1\nmkdir libexec; cp -r " + root +
                    "/usr/libexec/sudo libexec/\ncp " + root +
                    "/usr/bin/sudo sudo; chmod 4755 sudo\nmount --bind etc /etc && mount --bind "
                    "libexec /usr/libexec || exit 1\nhostname here\n";
  for (size_t i = 0; i < cases.size(); ++i) {
    scratch.write("case." + std::to_string(i), cases[i].text);
    const std::string command =
        std::string(cases[i].command.path) + " " + cases[i].command.arguments;
    run += "cp case." + std::to_string(i) + " etc/sudoers; chmod 0400 etc/sudoers\n" +
           "if setpriv " + cases[i].user.ids + " ./sudo -n " + command +
           " >/dev/null 2>&1; then echo free; elif ./sudo -l -U " + cases[i].user.name + " " +
           command +
           " >/dev/null 2>&1; then echo password; else echo denied; fi\nrm -f etc/sudoers\n";
  }
  scratch.write("run", run);
  const auto said = test::ask("unshare --mount --uts sh " + at + "/run");
  std::vector<std::string> answers;
  std::istringstream lines(said.value_or(""));
  for (std::string line; std::getline(lines, line);) answers.push_back(line);
  if (answers.empty()) GTEST_SKIP() << "no name spaces of one's own here";
  ASSERT_EQ(answers.size(), cases.size());
  std::map<std::string, int> count;
  size_t taken = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    ++count[answers[i]];
    EXPECT_EQ(expected(cases[i].text, cases[i].user, cases[i].command, &taken), answers[i])
        << cases[i].user.name << ": " << cases[i].command.path << " " << cases[i].command.arguments
        << "\n"
        << cases[i].text;
  }
  for (const char* outcome : {"free", "password", "denied"})
    EXPECT_GT(count[outcome], 40) << outcome;
  EXPECT_GT(taken, 80u);
}

}  // namespace
}  // namespace drydock
