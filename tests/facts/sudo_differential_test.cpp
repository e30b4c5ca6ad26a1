// The same sudoers(5) files to drydock, to cvtsudoers(1), which shows the rules and defaults with their aliases
// expanded and their includes read, and to visudo(8), which says whether there is a mistake. They run in a mount name
// space of their own in which /etc is the tree's.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/facts/facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

using nlohmann::json;

constexpr int kGenerated = 220;

std::string program(const char* variable, const char* name) {
  const char* path = std::getenv(variable);
  return path ? path : name;
}

std::shared_ptr<MemoryTree> etc(const std::string& sudoers) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/sudoers", sudoers).directory("etc/sudoers.d");
  return tree;
}

// Each a sudoers file of its own.
constexpr const char* kFiles[] = {
    // Tags and runas carry over; options stand in front of tags.
    "alice ALL=(www) NOPASSWD: /bin/a, /bin/b, PASSWD: /bin/c, (root) /bin/d\n",
    "alice ALL=CWD=/x /bin/a, CWD=* /bin/b\n",
    "alice ALL=CWD=x /bin/a\n",
    "alice ALL=CHROOT=~bob NOPASSWD: /bin/a\n",
    "alice ALL=NOPASSWD: CWD=/x /bin/a\n",
    "alice ALL=TIMEOUT=1d2h /bin/a\n",
    "alice ALL=TIMEOUT=2h1d /bin/a\n",
    "alice ALL=TIMEOUT=x /bin/a\n",
    "alice ALL=NOTBEFORE=20200101000000Z NOTAFTER=2020010100+0100 /bin/a\n",
    "alice ALL=NOTBEFORE=2020 /bin/a\n",
    // Runas.
    "alice ALL=(:) ALL\n",
    "alice ALL=() ALL\n",
    "alice ALL=(root:) ALL\n",
    "alice ALL=(:docker) ALL\n",
    "alice ALL=(ALL, !root) ALL\n",
    "alice ALL=(!ALL) ALL\n",
    // Commands.
    "alice ALL=!ALL\n",
    "alice ALL=ALL, !/bin/su\n",
    "alice ALL=/bin/sudoedit /etc/x\n",
    "alice ALL=sudoedit /etc/a /etc/b, list, /bin/list\n",
    "alice ALL=^/bin/(a|b)$ ^-x$\n",
    "alice ALL=/bin/a \"\", /bin/b \"x y\", /bin/c \"\" x\n",
    "alice ALL=/bin/a\\ b c\\,d\n",
    "alice ALL=/bin/, /usr/bin/*, /sbin/[a-c]?\n",
    "alice ALL=/bin/ x\n",
    "alice ALL=bin/a\n",
    "alice ALL=/bin/a,\n",
    "alice ALL=,/bin/a\n",
    "alice ALL=/bin/a /bin/b = x\n",
    "alice ALL=/bin/a b=c =d e= f\n",
    "alice ALL=/bin/a\\b\n",
    "alice ALL=/bin/\\*\n",
    "alice ALL=/bin/a b\\c\n",
    "alice ALL=/bin/a \\\\b \\* \\! \\[c\\]\n",
    "alice ALL=^/bin/a\\.b$ ^c\\d$, /bin/b ^\\w$\n",
    "alice ALL=/bin/a : ALL=\n",
    "alice ALL=/bin/a =\n",
    "alice ALL=/bin/a b\\,=c\n",
    "alice ALL=/bin/a b:c\n",
    // Digests: in hexadecimal digits or base64, of the right length.
    "alice ALL=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 /bin/a\n",
    "alice ALL=sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= /bin/a\n",
    "alice ALL=sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU /bin/a\n",
    "alice ALL=sha256:e3b0c442 /bin/a\n",
    "alice ALL=sha256:zz /bin/a\n",
    "alice ALL=sha1:e3b0c442 /bin/a\n",
    "alice ALL=sha224:d06a2617c98d377c250edd470fd5e576327748d82915d6e33b5f8db1, "
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 /bin/a\n",
    "alice ALL=sha224:d06a2617c98d377c250edd470fd5e576327748d82915d6e33b5f8db1 ALL\n",
    // Aliases: used before they are defined, negated, in each other, twice, in a circle, missing.
    "!ADM ALL=!CA\nUser_Alias ADM=alice,!bob\nCmnd_Alias CA=/bin/a,!/bin/b\n",
    "A ALL=ALL\nUser_Alias A=alice, B\nUser_Alias B=carl, !A2\nUser_Alias A2=dora\n",
    "A ALL=ALL\nUser_Alias A=alice : B=bob\nUser_Alias A=carl\n",

    "alice H=(R) C\nHost_Alias H=web1,10.0.0.0/8\nRunas_Alias R=www,%adm\nCmnd_Alias C=/bin/a -x\n",
    "alice ALL=(R:R) ALL\nRunas_Alias R=www\n",
    "Cmd_Alias C=/bin/a\nalice ALL=C\n",
    "User_Alias ALL=alice\n",
    "User_Alias a=alice\n",
    "User_Alias A_1=alice : B = bob\nA_1,B ALL=ALL\n",
    "User_Alias A=alice, bob,\n",
    // Users and hosts.
    "#1x ALL=ALL\n",
    "alice ALL=(#1x) ALL\n",
    "\"\" ALL=ALL\n",
    "%wheel,%#27,#1000,+ng,%:nu ALL=ALL\n",
    "\"a b\",a\\ b,\"%g h\" ALL=ALL\n",
    "alice web1,!web2,*.example.org,10.1.2.3,10.0.0.0/255.0.0.0,fe80::1,+hosts=ALL\n",
    "alice web1=/bin/a:web2=/bin/b\n",
    "alice : ALL=ALL\n",
    "alice ALL ALL\n",
    "alice ALL==ALL\n",
    "alice\n",
    "= ALL\n",
    "ALL ALL=(ALL:ALL) NOPASSWD: ALL\n",
    // Defaults.
    "Defaults use_pty\nDefaults !use_pty\n",
    "Defaults use_pty=yes\n",
    "Defaults use_ptty\n",
    "Defaults passwd_tries=x\n",
    "Defaults !passwd_tries\n",
    "Defaults secure_path\n",
    "Defaults !secure_path, !umask, !env_keep\n",
    "Defaults secure_path=\"\"\n",
    "Defaults logfile=log\n",
    "Defaults logfile=/var/log/sudo.log, mailerpath=\"/usr/sbin/send mail\"\n",
    "Defaults umask=0999\n",
    "Defaults umask=0077, iolog_mode=0640\n",
    "Defaults timestamp_timeout=-1, passwd_timeout=2.5\n",
    "Defaults timestamp_timeout=5m\n",
    "Defaults timestamp_timeout=.5, passwd_timeout=+5\n",
    "Defaults lecture=sometimes\n",
    "Defaults lecture, listpw=any, verifypw=never\n",
    "Defaults fdexec=digest_only, log_format=json, timestamp_type=kernel, intercept_type=trace\n",
    "Defaults !log_format\n",
    "Defaults syslog=local7, syslog_goodpri=none, syslog_badpri=warning\n",
    "Defaults syslog=nowhere\n",
    "Defaults !syslog, !syslog_goodpri\n",
    "Defaults rlimit_core=0, rlimit_as=infinity, rlimit_cpu=\"1,2\", rlimit_rss=user\n",
    "Defaults rlimit_data=\"x,1\"\n",
    "Defaults command_timeout=1d, log_server_timeout=90\n",
    "Defaults command_timeout=-5\n",
    "Defaults runchroot=*, runcwd=~\n",
    "Defaults runcwd=x\n",
    "Defaults env_keep+=X, env_keep-=Y, env_check=\"A B\", env_delete+=\"C\"\n",
    "Defaults logfile+=/x\n",
    "Defaults env_keep += X Y\n",
    "Defaults env_reset,\n",
    "Defaults\n",
    "Defaults : alice env_reset\n",
    "Defaults:alice, \\\nbob env_reset\n",
    "Defaults:alice, \\\n  bob env_reset\n",
    "Defaults:\\\nalice env_reset\n",
    "Defaults:alice \\\n  env_reset\n",
    "Defaults:alice,%wheel !authenticate\nDefaults@web1 log_output\nDefaults>www,%adm env_reset\n",
    "Defaults!/bin/a noexec\nDefaults!C !noexec\nCmnd_Alias C=/bin/b,/bin/c\n",
    "Defaults!/bin/a -l noexec\n",
    "Defaults:A !authenticate\nUser_Alias A=alice,!bob\n",
    "Defaults closefrom=5\nDefaults closefrom=x\n",
    "Defaults editor=/usr/bin/vi:/bin/ed\nDefaults maxseq=1000, loglinelen=0\n",
    "Defaults editor=vi\n",
    "Defaults ignore_unknown_defaults\nDefaults use_pty\n",
    // Comments, continuations, line ends.
    "# alice ALL=ALL\n#alice ALL=ALL\n  # x\n",
    "#1000 ALL=ALL\n#1x ALL=ALL\n",
    "#-1 ALL=ALL\n",
    "alice ALL=ALL # why\n",
    "alice ALL=/bin/a \\# b\n",
    "alice ALL=/bin/a,\\\n/bin/b,\\\n# no comment here\n",
    "alice ALL=/bin/a \\\n  -x\n",
    "alice ALL=ALL\r\nbob ALL=ALL\r\n",
    "alice ALL=ALL",
    "alice ALL=ALL\\",
    "\n\n\t\n",
    "\xef\xbb\xbf"
    "alice ALL=ALL\n",
    "alice ALL=/bin/a\\\nbob ALL=ALL\n",
    // Includes that are not there, name themselves, or name a directory.
    "@include /etc/missing\nalice ALL=ALL\n",
    "@includedir /etc/missing\nalice ALL=ALL\n",
    "alice ALL=ALL\n@include /etc/sudoers\n",
    "@include /etc/sudoers.d\n",
    "@include \"/etc/x y\"\n",
    "#include\n#includes x\n",
    "@include\n",
    " #include /etc/missing\n",
    "#include /etc/sudoers.d/x # why\n",
    "@include /etc/sudoers.d/x y\n",
    "@includedir\n",
    "@includes /etc/x\n",
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::shared_ptr<MemoryTree> tree() {
    // Every alias is defined once, anywhere: of one that is not cvtsudoers makes nothing.
    aliases_ = {"User_Alias ADM = " + some([&] { return user(false); }) + ",OPS",
                "User_Alias OPS=alice" + random_.pick({"", ", !%wheel", ",\"x y\""}),
                "Cmnd_Alias CA = " + some([&] { return command(false); }) + ", CB",
                "Cmnd_Alias CB=/bin/cb" + random_.pick({"", ", !/bin/no", ",/bin/cc -x"}),
                "Runas_Alias RA = " + some([&] { return runas(false); }),
                "Runas_Alias RB = RA, !www",
                "Host_Alias HA=" + some([&] { return host(false); }),
                "Host_Alias HB=HA, !web2"};
    if (random_.one_in(30)) aliases_.push_back("User_Alias OPS = bob");
    std::string sudoers =
        text(2 + random_.below(6), Where::main) +
        random_.pick({"", "@includedir /etc/sudoers.d\n", "#includedir /etc/sudoers.d\n",
                      "@includedir sudoers.d\n"}) +
        text(random_.below(3), Where::main);
    for (const std::string& alias : aliases_) sudoers += alias + "\n";
    auto tree = etc(sudoers);
    for (int files = random_.below(4); files > 0; --files)
      tree->file("etc/sudoers.d/" + random_.pick({"10-a", "20_b", "9", "b.conf", "c~", "README",
                                                  ".h", "Z", "a b", "-x"}),
                 text(1 + random_.below(2), Where::drop_in));
    tree->file("etc/extra", text(2, Where::extra));
    return tree;
  }

 private:
  enum class Where : uint8_t { main, drop_in, extra };

  std::string text(int lines, Where where) {
    std::string out;
    while (lines-- > 0) out += line(where) + random_.pick({"\n", "\n", "\n", " \n", "\t# c\n"});
    return out;
  }
  std::string line(Where where) {
    switch (random_.below(10)) {
      case 0:
      case 1:
      case 2: {
        if (where != Where::main || aliases_.empty()) return defaults();
        const auto one = aliases_.begin() + random_.below(static_cast<int>(aliases_.size()));
        const std::string out = *one;
        aliases_.erase(one);
        return out;
      }
      case 3:
      case 4:
        return defaults();
      case 5:
        if (where == Where::extra) return "";
        return random_.pick({"", "# alice ALL=ALL", "@include /etc/extra", "@include ../etc/extra",
                             "#include /etc/extra"});
      default:
        return spec();
    }
  }
  template <class One>
  std::string some(One one) {
    std::string out = one();
    while (random_.one_in(3)) out += random_.pick({", ", ",", " , ", ", \\\n\t"}) + one();
    return out;
  }
  std::string user(bool with_aliases = true) {
    return random_.pick({"", "", "", "!"}) +
           random_.pick({"alice", "bob", "%wheel", "#7", "+ng", "ALL", "%#8", "\"x y\"", "carl.d",
                         "e_f-g", with_aliases ? "ADM" : "fred", with_aliases ? "OPS" : "%x"});
  }
  std::string host(bool with_aliases = true) {
    return random_.pick({"", "", "", "!"}) +
           random_.pick({"ALL", "ALL", "web1", "10.0.0.1", "db*", "10.0.0.0/8",
                         with_aliases ? "HA" : "a.b", with_aliases ? "HB" : "c-d"});
  }
  std::string runas(bool with_aliases = true) {
    return random_.pick({"", "", "", "!"}) +
           random_.pick({"root", "ALL", "#0", "%adm", "www", with_aliases ? "RA" : "bob",
                         with_aliases ? "RB" : "#33"});
  }
  std::string command(bool with_aliases = true) {
    return random_.pick({"", "", "", "!"}) +
           random_.pick({"ALL", "/bin/ls", "/bin/ls -l /tmp", "/usr/bin/", "/bin/x \"\"",
                         "sudoedit /etc/a", "/bin/cat /var/log/*", "/bin/e a\\,b", "list",
                         with_aliases ? "CA" : "/bin/d e", with_aliases ? "CB" : "/bin/f"});
  }
  std::string given() {
    std::string out;
    if (random_.one_in(3))
      out += "(" + some([&] { return runas(); }) + random_.pick({"", "", " : docker"}) + ") ";
    if (random_.one_in(8)) out += random_.pick({"CWD=/x ", "TIMEOUT=5m ", "ROLE=r ", "CHROOT=* "});
    while (random_.one_in(3))
      out += random_.pick({"NOPASSWD: ", "PASSWD:", "NOEXEC :", "EXEC: ", "SETENV: ", "NOSETENV: ",
                           "LOG_INPUT: ", "NOMAIL: "});
    return out + command();
  }
  std::string spec() {
    std::string out = some([&] { return user(); }) + " " + some([&] { return host(); }) +
                      random_.pick({"=", " = "}) + some([&] { return given(); });
    if (random_.one_in(5))
      out += " : " + some([&] { return host(); }) + " = " + some([&] { return given(); });
    if (random_.one_in(40)) out += random_.pick({",", " x", ":", "(", "=", " \""});
    return out;
  }
  std::string defaults() {
    std::string out = "Defaults";
    switch (random_.below(8)) {
      case 0:
        out += ":" + some([&] { return user(); });
        break;
      case 1:
        out += "@" + some([&] { return host(); });
        break;
      case 2:
        out += ">" + some([&] { return runas(); });
        break;
      case 3:
        out += random_.pick({"!/bin/ls", "!CA", "!ALL", "!/bin/cat,/bin/ls"});
        break;
      default:
        break;
    }
    return out + " " + some([&] {
             return random_.pick({"use_pty",
                                  "!use_pty",
                                  "env_reset",
                                  "mail_badpass",
                                  "secure_path=/bin:/sbin",
                                  "secure_path=\"/a b\"",
                                  "env_keep += \"A B\"",
                                  "env_keep-=C",
                                  "logfile=/var/log/s",
                                  "timestamp_timeout=5",
                                  "timestamp_timeout = -1",
                                  "passwd_tries=3",
                                  "!lecture",
                                  "lecture=always",
                                  "umask=077",
                                  "badpass_message=\"no \\\"way\\\"\"",
                                  "noexec",
                                  "!requiretty",
                                  "iolog_dir=/x",
                                  "syslog=auth",
                                  "visiblepw",
                                  "mailto=root@x"});
           });
  }

  test::Random random_;
  std::vector<std::string> aliases_;
};

std::string member(const json& item) {
  static const std::pair<const char*, const char*> kPrefixes[] = {
      {"username", ""},   {"usergroup", "%"},     {"userid", "#"},       {"usergid", "%#"},
      {"netgroup", "+"},  {"nonunixgroup", "%:"}, {"nonunixgid", "%:#"}, {"useralias", ""},
      {"runasalias", ""}, {"hostname", ""},       {"networkaddr", ""},   {"hostalias", ""},
      {"cmndalias", ""},  {"command", ""}};
  for (const auto& [key, prefix] : kPrefixes)
    if (item.contains(key))
      return prefix + (item[key].is_number() ? std::to_string(item[key].get<int64_t>())
                                             : item[key].get<std::string>());
  return "?" + item.dump();
}

std::string members(const json& list, bool is_group = false) {
  std::string out;
  for (const json& item : list) {
    std::string text = member(item);
    // In a list of run-as groups a group is written without its '%'.
    if (is_group && text.starts_with('%')) text.erase(0, 1);
    out += (out.empty() ? "" : ",") + std::string(item.value("negated", false) ? "!" : "") + text;
  }
  return out;
}

// user | negated | hosts | runas | groups | command with arguments | digests | allows | tags
std::string wanted_rules(const json& file) {
  std::string out;
  for (const json& spec : file.value("User_Specs", json::array()))
    for (const json& given : spec["Cmnd_Specs"]) {
      std::map<std::string, bool> tags;
      for (const json& option : given.value("Options", json::array()))
        for (const auto& [key, value] : option.items())
          if (value.is_boolean()) tags[key] = value.get<bool>();
      const bool has_runas = given.contains("runasusers") || given.contains("runasgroups");
      for (const json& command : given["Commands"]) {
        std::string digests;
        for (const char* kind : {"sha224", "sha256", "sha384", "sha512"})
          if (command.contains(kind))
            digests += (digests.empty() ? "" : ",") + std::string(kind) + ":" +
                       command[kind].get<std::string>();
        const bool negated = command.value("negated", false);
        for (const json& user : spec["User_List"]) {
          const bool is_excluded = user.value("negated", false);
          out += member(user) + " | " + (is_excluded ? "1" : "0") + " | " +
                 members(spec["Host_List"]) + " | " +
                 (has_runas ? members(given.value("runasusers", json::array())) : "root") + " | " +
                 members(given.value("runasgroups", json::array()), true) + " | " +
                 member(command) + " | " + digests + " | " + (negated || is_excluded ? "0" : "1") +
                 " |" +
                 (tags.contains("authenticate") && !tags["authenticate"] ? " nopasswd" : "") +
                 (tags.contains("noexec") && tags["noexec"] ? " noexec" : "") + "\n";
        }
      }
    }
  return out;
}

std::string found_rules(const std::shared_ptr<MemoryTree>& tree) {
  return test::facts(
      tree,
      "SELECT user, is_user_negated, hosts, runas_users, runas_groups, command || CASE WHEN "
      "arguments "
      "IS NULL THEN '' WHEN arguments = '' THEN ' \"\"' ELSE ' ' || arguments END, "
      "coalesce(digest, ''), allows || ' |' || CASE WHEN nopasswd THEN ' nopasswd' ELSE '' END || "
      "CASE WHEN noexec THEN ' noexec' ELSE '' END FROM sudo_rule ORDER BY position, rowid");
}

// scope [binding] name operator value, the last of each; those of lists one after the other.
std::string wanted_defaults(const json& file) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const json& d : file.value("Defaults", json::array())) {
    const json binding = d.value("Binding", json::array());
    const std::string scope = "[" + members(binding) + "] ";
    for (const json& option : d["Options"]) {
      const std::string op = option.value("operation", "");
      for (const auto& [key, value] : option.items()) {
        if (key == "operation") continue;
        std::string text;
        if (value.is_array())
          for (const json& part : value)
            text += (text.empty() ? "" : " ") + part.get<std::string>();
        else
          text = value.is_boolean() ? (value.get<bool>() ? "on" : "off") : value.get<std::string>();
        const bool adds = op == "list_add" || op == "list_remove";
        const std::string line = scope + key + " " +
                                 (value.is_boolean()    ? ""
                                  : op == "list_add"    ? "+= "
                                  : op == "list_remove" ? "-= "
                                                        : "= ") +
                                 text;
        const auto known = std::ranges::find_if(
            out, [&](const auto& one) { return !adds && one.first == scope + key; });
        if (known != out.end())
          known->second = line;
        else
          out.emplace_back(adds ? "" : scope + key, line);
      }
    }
  }
  std::string text;
  for (const auto& [key, line] : out) text += line + "\n";
  return text;
}

std::string found_defaults(const std::shared_ptr<MemoryTree>& tree) {
  return test::facts(
      tree,
      "SELECT '[' || binding || '] ' || name || ' ' || CASE WHEN operator IS NULL THEN '' "
      "ELSE operator || ' ' END || value FROM sudo_default ORDER BY rowid");
}

// cvtsudoers 1.9.13 writes some options without braces, and no comma behind an empty list.
std::string repaired(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    for (const char* option :
         {"runcwd", "runchroot", "command_timeout", "role", "type", "notbefore", "notafter"})
      if (line.starts_with("\"" + std::string(option) + "\": ")) {
        const bool is_last = !line.ends_with(',');
        line = "{ " + line.substr(0, line.size() - (is_last ? 0 : 1)) + (is_last ? " }" : " },");
      }
    if (line.starts_with('"') && out.ends_with("]\n")) out += ",";
    out += line + "\n";
  }
  return out;
}

bool ask_all(const std::string& scratch) {
  std::ofstream(scratch + "/ask") << "cd " << scratch << " || exit 1\n"
                                  << "for case in case.*; do\n"
                                     // What the programs ask for themselves.
                                     "  printf 'root:x:0:0::/root:/bin/sh\\n' >$case/etc/passwd\n"
                                     "  mount --bind $case/etc /etc || exit 1\n  "
                                  << program("DRYDOCK_CVTSUDOERS", "cvtsudoers")
                                  << " -e -f json /etc/sudoers >$case/json 2>$case/said\n  "
                                  << program("DRYDOCK_VISUDO", "visudo")
                                  << " -c -f /etc/sudoers >>$case/said 2>&1\n"
                                     "  echo $? >$case/status\n"
                                     "  umount /etc\n"
                                     "done\n"
                                     "echo finished\n";
  const auto done = test::ask("unshare --user --map-root-user --mount sh " + scratch + "/ask");
  return done && done->find("finished") != std::string::npos;
}

std::string read(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Several processes of CTest share the cases.
class SudoersDifferential : public testing::TestWithParam<size_t> {};
INSTANTIATE_TEST_SUITE_P(Half, SudoersDifferential, testing::Values(0U, 1U));

TEST_P(SudoersDifferential, RulesAndDefaultsAreThoseOfSudo) {
  if (!test::ask(program("DRYDOCK_CVTSUDOERS", "cvtsudoers") + " --version") ||
      !test::ask(program("DRYDOCK_VISUDO", "visudo") + " --version"))
    GTEST_SKIP() << "cvtsudoers and visudo are not installed (package sudo)";
  std::vector<std::shared_ptr<MemoryTree>> trees;
  for (const char* text : kFiles) trees.push_back(etc(text));
  for (unsigned seed = 1; seed <= kGenerated; ++seed) trees.push_back(Generator(seed).tree());
  for (size_t i = 0; i < trees.size() / 2; ++i) trees[i] = trees[2 * i + GetParam()];
  trees.resize(trees.size() / 2);
  const test::ScratchDirectory scratch;
  for (size_t i = 0; i < trees.size(); ++i)
    test::write_tree(*trees[i], scratch.path() + "/case." + std::to_string(i));
  if (!ask_all(scratch.path())) GTEST_SKIP() << "no name spaces of one's own here";
  size_t rules = 0, refused = 0;
  for (size_t i = 0; i < trees.size(); ++i) {
    const std::string directory = scratch.path() + "/case." + std::to_string(i);
    const std::string said = read(directory + "/said");
    const bool is_sound = read(directory + "/status") == "0\n";
    const std::string issues = test::facts(
        trees[i], "SELECT code, loc, message FROM parse_issue WHERE table_name = 'sudo_rule'");
    std::string report;
    if (is_sound != issues.empty())
      report += std::string("visudo: ") + (is_sound ? "no mistake\n" : "a mistake\n") +
                "drydock: " + issues + "\n";
    // Of a file with a mistake in its grammar cvtsudoers shows nothing.
    const std::string shown = repaired(read(directory + "/json"));
    const json file = json::parse(shown.empty() ? "{}" : shown, nullptr, false);
    if (file.is_discarded()) {
      report += "no JSON: " + shown;
    } else if (is_sound || !shown.empty()) {
      const std::string got = found_rules(trees[i]), want = wanted_rules(file);
      if (got != want) report += "--- drydock\n" + got + "--- cvtsudoers\n" + want;
      rules += static_cast<size_t>(std::count(want.begin(), want.end(), '\n'));
    }
    if (is_sound && !file.is_discarded()) {
      const std::string got = found_defaults(trees[i]), want = wanted_defaults(file);
      if (got != want) report += "--- drydock\n" + got + "--- cvtsudoers\n" + want;
    }
    refused += is_sound ? 0 : 1;
    if (!report.empty())
      ADD_FAILURE() << "case " << i << "\n"
                    << report << said
                    << test::ask(
                           "cd " + directory +
                           " && find etc -name 'sudo*' -type f -o -path '*/sudoers.d/*' -type "
                           "f -o -name extra | sort | xargs -d '\\n' head -n 99 -v")
                           .value_or("");
  }
  EXPECT_GT(rules, 250u);
  EXPECT_GT(refused, 25u);
}

// A file of sound lines with a few bytes changed. Every command has a name of its own.
std::string mutated(test::Random& random) {
  std::string out;
  int next = 0;
  for (int lines = 3 + random.below(4); lines > 0; --lines) {
    const auto command = [&] { return "/bin/c" + std::to_string(next++); };
    switch (random.below(6)) {
      case 0:
        out += "alice ALL=(www) NOPASSWD: " + command() + " -x, SETENV: " + command() + "\n";
        break;
      case 1:
        out += "bob,alice ALL=" + command() + " \"\", \\\n  (root:adm) " + command() + "\n";
        break;
      case 2:
        out += "Defaults env_keep += \"A B\", use_pty\n";
        break;
      case 3:
        out += "CMDS" + std::to_string(next) + " ALL=" + command() +
               "\nalice web1, ALL = " + command() + " : ALL = TIMEOUT=5 EXEC: " + command() +
               " # why\n";
        break;
      default:
        out += "alice ALL=" + command() + "," + command() + "\n";
    }
  }
  for (int changes = 1 + random.below(3); changes > 0; --changes) {
    const auto at = static_cast<size_t>(random.below(static_cast<int>(out.size())));
    const std::string byte =
        random.pick({",", ":", "=", "(",  ")",  "\"", "#", "@",     "%",    "\\", " ",
                     "a", "1", "/", "\n", "\t", "+",  "A", "alice", " ALL", "x=y"});
    if (random.one_in(3))
      out.erase(at, 1);
    else if (random.one_in(2))
      out.replace(at, 1, byte);
    else
      out.insert(at, byte);
  }
  return out;
}

// "/bin/c1 /bin/c5": the commands named in a text, in its order.
std::string commands_in(const std::string& text) {
  std::string out;
  for (size_t at = 0; (at = text.find("/bin/c", at)) != std::string::npos;) {
    size_t end = at + 6;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    out += text.substr(at, end - at) + " ";
    at = end;
  }
  return out;
}

// sudo goes on behind a mistake: what it lists for a user is what we say is left of the file.
TEST(SudoDifferential, WhatIsLeftOfABrokenFileIsWhatSudoLists) {
  const std::string sudo = program("DRYDOCK_SUDO", "sudo");
  const std::string plugin = program("DRYDOCK_SUDOERS_SO", "sudoers.so");
  if (!test::ask(sudo + " --version")) GTEST_SKIP() << "sudo is not installed";
  constexpr int kCases = 240;
  const test::ScratchDirectory scratch;
  test::Random random(1906);
  std::vector<std::string> texts = {"alice ALL=/bin/c0\n"};
  for (int i = 1; i < kCases; ++i) texts.push_back(mutated(random));
  std::string conf;
  for (const std::string kind : {"policy", "io", "audit"})
    conf += "Plugin sudoers_" + kind + " " + plugin + " sudoers_mode=0400\n";
  scratch.write("etc/sudo.conf", conf);
  scratch.write("etc/passwd", "root:x:0:0::/:/bin/sh\nalice:x:1001:1001::/:/bin/sh\n");
  scratch.write("etc/group", "root:x:0:\n");
  scratch.write("etc/hosts", "127.0.0.1 localhost\n");
  scratch.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
  for (const std::string service : {"sudo", "other"})
    scratch.write("etc/pam.d/" + service,
                  "auth required pam_permit.so\naccount required pam_permit.so\n"
                  "session required pam_permit.so\npassword required pam_permit.so\n");
  for (size_t i = 0; i < texts.size(); ++i) scratch.write("case." + std::to_string(i), texts[i]);
  std::ofstream(scratch.path() + "/list")
      << "cd " << scratch.path() << " || exit 1\nmount --bind etc /etc || exit 1\n"
      << "for case in case.*; do\n  cp $case etc/sudoers && chmod 0400 etc/sudoers\n  " << sudo
      << " -l -U alice >out.$case 2>said.$case\n  rm -f etc/sudoers\ndone\n";
  test::ask("unshare --user --map-root-user --mount sh " + scratch.path() + "/list");
  if (commands_in(read(scratch.path() + "/out.case.0")) != "/bin/c0 ")
    GTEST_SKIP() << "sudo lists nothing in a name space of its own: "
                 << read(scratch.path() + "/said.case.0");
  size_t listed = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string name = "case." + std::to_string(i);
    const std::string want = commands_in(read(scratch.path() + "/out." + name));
    const std::string got = commands_in(test::facts(
        etc(texts[i]),
        // Names of users compare without their case (Defaults case_insensitive_user).
        "SELECT command || ' ' || coalesce(arguments, '') FROM sudo_rule WHERE (lower(user) = "
        "'alice' "
        "OR user = 'ALL') AND instr(',' || hosts || ',', ',ALL,') > 0 ORDER BY position, rowid"));
    listed += want.empty() ? 0 : 1;
    EXPECT_EQ(got, want) << name << "\n" << texts[i] << read(scratch.path() + "/said." + name);
  }
  EXPECT_GT(listed, 150u);
}

}  // namespace
}  // namespace drydock
