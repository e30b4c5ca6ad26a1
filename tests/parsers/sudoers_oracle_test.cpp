// The parser against cvtsudoers(1) of sudo, line by line: what it takes, what it refuses, and what it makes
// of it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "parsers/sudoers.h"
#include "tests/oracle.h"

namespace drydock::parsers::sudoers {
namespace {

using nlohmann::json;

constexpr const char* kHead =
    "User_Alias ADM = alice, %wheel : OPS = carl\nRunas_Alias RA = root, %adm\n"
    "Host_Alias HA = web*, 10.0.0.0/8\nCmnd_Alias CA = /bin/ls, !/bin/rm\n";

// Each stands alone behind the head. The last ones are mistakes.
constexpr const char* kLines[] = {
    "root ALL=(ALL:ALL) ALL",
    "%sudo ALL=(ALL:ALL) ALL",
    "alice ALL=ALL",
    "alice ALL = (root) NOPASSWD: /bin/ls",
    "alice ALL=NOPASSWD:ALL",
    "alice ALL=NOPASSWD : ALL",
    "alice ALL=/bin/ls, NOPASSWD: /bin/cat, /bin/df, PASSWD: /bin/rm",
    "alice ALL=NOEXEC: SETENV: /bin/ls, EXEC: NOSETENV: /bin/df",
    "alice ALL=LOG_INPUT: LOG_OUTPUT: /bin/ls, NOLOG_INPUT: /bin/cat",
    "alice ALL=MAIL: /bin/ls, NOMAIL: /bin/cat",
    "alice ALL=FOLLOW: sudoedit /etc/hosts, NOFOLLOW: sudoedit /etc/x",
    "alice ALL=(bob, carl : docker) /bin/ls",
    "alice ALL=(:docker) /usr/bin/docker",
    "alice ALL=(bob:) /bin/ls",
    "alice ALL=(RA) /bin/ls",
    "alice ALL=(#0) /bin/ls",
    "alice ALL=(#0:#27) /bin/ls",
    "alice ALL=(%adm) /bin/ls",
    "alice ALL=(!root) /bin/ls",
    "alice ALL=(ALL, !root) /bin/ls",
    "alice ALL=(bob) /bin/ls, (carl) /bin/cat, /bin/df",
    "ADM ALL=ALL",
    "!ADM ALL=ALL",
    "ADM, !bob, bert ALL=ALL",
    "!!alice ALL=ALL",
    "#1000 ALL=ALL",
    "%#27 ALL=ALL",
    "+netgroup ALL=ALL",
    "%:domain\\ admins ALL=ALL",
    "\"a b\" ALL=ALL",
    "\"%domain users\" ALL=ALL",
    "%domain\\ users ALL=ALL",
    "alice\\@example ALL=ALL",
    "DOM\\\\alice ALL=ALL",
    "alice HA=ALL",
    "alice HA, !db = ALL",
    "alice 192.168.1.0/24, 10.1.2.3 = ALL",
    "alice 192.168.1.0/255.255.255.0=ALL",
    "alice 2001:db8::1, fe80::/10 = ALL",
    "alice web1, web?.example.org = ALL",
    "alice +hosts=ALL",
    "alice web1=/bin/ls : web2=/bin/cat, /bin/df",
    "alice web1=(root) NOPASSWD: /bin/ls : web2=/bin/cat",
    "alice ALL=CA",
    "alice ALL=!CA",
    "alice ALL=ALL, !/bin/su, !CA",
    "alice ALL=/bin/ls -l /tmp",
    "alice ALL=/bin/ls   -l\t/tmp  ",
    "alice ALL=/bin/ls \"\"",
    "alice ALL=/bin/echo a\\,b c\\:d e\\=f g\\\\h",
    "alice ALL=/bin/cat /var/log/*, /bin/tail -[fn] *",
    "alice ALL=/usr/sbin/",
    "alice ALL=/bin/chmod 755 /a*, ! /bin/chmod 777 *",
    "alice ALL=sudoedit /etc/motd",
    "alice ALL=sudoedit",
    "alice ALL=/bin/my\\ prog x",
    "alice ALL=/bin/ls # a comment",
    "alice ALL=/bin/ls \\\n  -l, \\\n  /bin/cat",
    "alice ALL=\\\n(root) \\\nNOPASSWD: \\\nALL",
    "alice \\\n ALL=ALL",
    "alice ALL=sha224:d06a2617c98d377c250edd470fd5e576327748d82915d6e33b5f8db1 /bin/ls",
    "alice ALL=sha224:d06a2617c98d377c250edd470fd5e576327748d82915d6e33b5f8db1 /bin/ls -l, "
    "/bin/cat",
    "alice ALL=/bin/kill -9 \\#1",
    "alice ALL=(root)NOPASSWD:/bin/ls",
    "alice,bob,carl ALL=ALL",
    "alice\tALL\t=\t(ALL)\tALL",
    "ALL ALL=ALL",
    "ALL, !alice ALL=(ALL) NOPASSWD: ALL, !/bin/sh",
    "UNDEFINED ALL=ALL",
    "alice ALL=UNDEFINED",
    "  alice ALL=ALL",
    "alice ALL=ALL\r",
    "Defaults env_reset",
    "Defaults !env_reset, use_pty, passwd_tries=3",
    "Defaults secure_path=\"/usr/sbin:/usr/bin\"",
    "Defaults secure_path = /usr/sbin:/usr/bin",
    "Defaults env_keep += \"A B\", env_keep -= C",
    "Defaults:alice !authenticate",
    "Defaults:alice, bob !authenticate",
    "Defaults:%wheel,#1000 !authenticate",
    "Defaults:ADM !authenticate",
    "Defaults@web1 log_output",
    "Defaults>root !set_home",
    "Defaults!/bin/ls noexec",
    "Defaults!CA noexec",
    "Defaults logfile=/var/log/sudo.log",
    "Defaults badpass_message=\"no \\\"way\\\"\"",
    "Defaults timestamp_timeout=-1",
    "Defaults passprompt=\"[sudo] %p: \"",
    "Defaults\tmail_badpass",
    "Defaults lecture = always # comment",
    "# a comment \\\nalice ALL=ALL",
    "#",
    "",
    // Mistakes.
    "alice ALL",
    "alice ALL=",
    "alice ALL=(root",
    "alice ALL=(root) ",
    "alice ALL=ls",
    "alice ALL=NOPASSWD /bin/ls",
    "alice ALL=/bin/ls,",
    "alice = ALL",
    "alice ALL ALL=ALL",
    "\"alice ALL=ALL",
    "User_Alias adm = alice",
    "User_Alias X alice",
    "User_Alias ALL = alice",
    "Defaults !passwd_tries=3",
    "Defaults env_reset use_pty",
    "alice ALL=/bin/ls = x",
};

std::string with_sign(const json& item, const std::string& text) {
  return (item.value("negated", false) ? "!" : "") + text;
}

// One member of a list as cvtsudoers writes it.
std::string theirs(const json& item) {
  static const std::pair<const char*, const char*> kPrefixes[] = {
      {"username", ""},   {"usergroup", "%"},     {"userid", "#"},       {"usergid", "%#"},
      {"netgroup", "+"},  {"nonunixgroup", "%:"}, {"nonunixgid", "%:#"}, {"useralias", ""},
      {"runasalias", ""}, {"hostname", ""},       {"networkaddr", ""},   {"hostalias", ""},
      {"cmndalias", ""},  {"command", ""}};
  std::string digests;
  for (const char* kind : {"sha224", "sha256", "sha384", "sha512"})
    if (item.contains(kind))
      digests += std::string(kind) + ":" + item[kind].get<std::string>() + " ";
  for (const auto& [key, prefix] : kPrefixes)
    if (item.contains(key))
      return with_sign(item, digests + prefix +
                                 (item[key].is_number() ? std::to_string(item[key].get<int64_t>())
                                                        : item[key].get<std::string>()));
  return "?" + item.dump();
}

std::string theirs(const json& list, bool is_group) {
  std::string out;
  for (const json& item : list) {
    std::string text = theirs(item);
    // In a list of run-as groups a group is written without its '%'.
    if (is_group && item.contains("usergroup")) text.erase(text.find('%'), 1);
    if (is_group && item.contains("usergid")) text.erase(text.find('%'), 1);
    out += (out.empty() ? "" : ", ") + text;
  }
  return out;
}

std::string their_settings(const json& options) {
  std::string out;
  for (const json& option : options) {
    const std::string op = option.value("operation", "");
    for (const auto& [key, value] : option.items()) {
      if (key == "operation") continue;
      std::string text;
      if (value.is_array())
        for (const json& part : value) text += (text.empty() ? "" : " ") + part.get<std::string>();
      out += " " + key;
      if (value.is_boolean())
        out += value.get<bool>() ? " on" : " off";
      else
        out += (op == "list_add"      ? "+="
                : op == "list_remove" ? "-="
                                      : "=") +
               (value.is_array() ? text : value.get<std::string>());
    }
  }
  return out;
}

std::string theirs_of(const json& file) {
  std::string out;
  for (const json& d : file.value("Defaults", json::array()))
    out += "defaults [" + theirs(d.value("Binding", json::array()), false) + "]" +
           their_settings(d["Options"]) + "\n";
  for (const json& spec : file.value("User_Specs", json::array()))
    for (const json& commands : spec["Cmnd_Specs"])
      for (const json& command : commands["Commands"]) {
        std::map<std::string, bool> tags;
        for (const json& option : commands.value("Options", json::array()))
          for (const auto& [key, value] : option.items()) tags[key] = value.get<bool>();
        out += theirs(spec["User_List"], false) + " | " + theirs(spec["Host_List"], false) + " | " +
               theirs(commands.value("runasusers", json::array()), false) + " : " +
               theirs(commands.value("runasgroups", json::array()), true) + " |";
        for (const auto& [key, value] : tags) out += " " + key + (value ? "" : "=no");
        out += " | " + theirs(command) + "\n";
      }
  return out;
}

std::string ours(const Item& item) {
  std::string out = item.negated ? "!" : "";
  for (const std::string& digest : item.digests) out += digest + " ";
  out += item.text;
  if (item.arguments) out += " " + (item.arguments->empty() ? "\"\"" : *item.arguments);
  return out;
}

std::string ours(const std::vector<Item>& items) {
  std::string out;
  for (const Item& item : items) out += (out.empty() ? "" : ", ") + ours(item);
  return out;
}

// cvtsudoers names tags by the setting they change.
std::string tags_of(const CommandSpec& spec) {
  static const std::pair<Tag, const char*> kNames[] = {
      {Tag::intercept, "intercept"},   {Tag::log_input, "log_input"},
      {Tag::log_output, "log_output"}, {Tag::mail, "send_mail"},
      {Tag::noexec, "noexec"},         {Tag::nopasswd, "authenticate"},
      {Tag::setenv, "setenv"},         {Tag::follow, "sudoedit_follow"}};
  std::map<std::string, bool> tags;
  for (const auto& [tag, text] : kNames)
    if (const auto& value = spec.tags[static_cast<size_t>(tag)])
      tags[text] = tag == Tag::nopasswd ? !*value : *value;
  std::string out;
  for (const auto& [key, value] : tags) out += " " + key + (value ? "" : "=no");
  return out;
}

std::string ours_of(const File& file) {
  std::string defaults, specs;
  for (const Entry& entry : file.entries) {
    if (const auto* d = std::get_if<Defaults>(&entry)) {
      defaults += "defaults [" + ours(d->binding) + "]";
      for (const Setting& s : d->settings) {
        static const char* const kOperators[] = {" on", " off", "=", "+=", "-="};
        defaults += " " + s.name + kOperators[static_cast<int>(s.op)] + s.value;
      }
      defaults += "\n";
    }
    if (const auto* spec = std::get_if<UserSpec>(&entry))
      for (const Privilege& p : spec->privileges)
        for (const CommandSpec& c : p.commands)
          specs += ours(spec->users) + " | " + ours(p.hosts) + " | " +
                   ours(c.runas ? c.runas->users : std::vector<Item>{}) + " : " +
                   ours(c.runas ? c.runas->groups : std::vector<Item>{}) + " |" + tags_of(c) +
                   " | " + ours(c.command) + "\n";
  }
  return defaults + specs;
}

std::string cvtsudoers() {
  const char* set = std::getenv("DRYDOCK_CVTSUDOERS");
  return set ? set : "cvtsudoers";
}

void compare(const test::ScratchDirectory& directory, const std::string& line) {
  SCOPED_TRACE(line);
  const std::string text = kHead + line + "\n";
  const auto answer = test::ask(cvtsudoers() + " -f json " + directory.write("sudoers", text));
  ASSERT_TRUE(answer);
  const json tree = json::parse(*answer, nullptr, false);
  const File file = parse(text);
  if (tree.is_discarded()) {
    EXPECT_FALSE(file.errors.empty()) << "cvtsudoers refuses this";
    EXPECT_EQ(ours_of(file), "");
  } else {
    EXPECT_TRUE(file.errors.empty()) << file.errors.begin()->message;
    // sudoers(5): ALL implies SETENV. cvtsudoers shows that for every command it prints together with
    // an ALL, so it cannot be compared there.
    const auto settled = [&](std::string out) {
      if (line.find("ALL") != std::string::npos)
        for (size_t at; (at = out.find(" setenv |")) != std::string::npos;) out.erase(at, 7);
      return out;
    };
    EXPECT_EQ(settled(ours_of(file)), settled(theirs_of(tree)));
  }
}

TEST(SudoersOracle, CvtsudoersReadsTheSame) {
  if (!test::ask(cvtsudoers() + " --version"))
    GTEST_SKIP() << "cvtsudoers is not installed (package sudo)";
  test::ScratchDirectory directory;
  static_assert(std::size(kLines) >= 60);
  for (const char* line : kLines) compare(directory, line);
}

TEST(SudoersOracle, CvtsudoersReadsGeneratedLinesTheSame) {
  if (!test::ask(cvtsudoers() + " --version"))
    GTEST_SKIP() << "cvtsudoers is not installed (package sudo)";
  test::ScratchDirectory directory;
  std::mt19937 random(1980);
  const auto pick = [&](std::initializer_list<const char*> choices) {
    return std::string(choices.begin()[random() % choices.size()]);
  };
  const auto some = [&](const std::function<std::string()>& one) {
    std::string out = one();
    while (random() % 3 == 0) out += pick({", ", ",", " , ", ", \\\n\t"}) + one();
    return out;
  };
  for (int round = 0; round < 150; ++round) {
    const auto user = [&] {
      return pick({"", "", "!"}) +
             pick({"alice", "%wheel", "#7", "ADM", "+ng", "ALL", "%#8", "\"x y\""});
    };
    const auto host = [&] {
      return pick({"", "", "!"}) + pick({"ALL", "web1", "HA", "10.0.0.1", "db*"});
    };
    const auto runas = [&] {
      return pick({"", "", "!"}) + pick({"root", "RA", "ALL", "#0", "%adm"});
    };
    const auto command = [&] {
      std::string out;
      if (random() % 3 == 0) out += "(" + some(runas) + (random() % 2 ? " : docker" : "") + ") ";
      while (random() % 3 == 0)
        out += pick({"NOPASSWD: ", "PASSWD:", "NOEXEC :", "EXEC: ", "SETENV: ", "NOSETENV: ",
                     "LOG_INPUT: ", "NOMAIL: "});
      return out + pick({"", "", "!"}) +
             pick({"ALL", "CA", "/bin/ls", "/bin/ls -l /tmp", "/usr/bin/", "/bin/x \"\"",
                   "sudoedit /etc/a", "/bin/cat /var/log/*", "/bin/e a\\,b"});
    };
    std::string line = some(user) + " " + some(host) + pick({"=", " = "}) + some(command);
    if (random() % 4 == 0) line += " : " + some(host) + " = " + some(command);
    compare(directory, line);
  }
}

}  // namespace
}  // namespace drydock::parsers::sudoers
