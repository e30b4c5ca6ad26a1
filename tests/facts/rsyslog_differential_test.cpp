// The same files to drydock and to rsyslogd(8): where does it send logs, what does it listen on, with which mode does
// it make its files? -N1 with debugging says what it takes the lines for; run in a network namespace of its own, it
// says which hosts it cannot find, listens and writes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

std::string rsyslogd() {
  const char* const set = std::getenv("DRYDOCK_RSYSLOGD");
  return set ? set : "/usr/sbin/rsyslogd";
}

struct Case {
  std::string text;
  std::string in_a, in_b;  // files of the included directory, "%"
};

std::string replaced(std::string text, const std::string& directory) {
  for (size_t at = 0; (at = text.find('%', at)) != std::string::npos; at += directory.size())
    text.replace(at, 1, directory);
  return text;
}

class Generator {
 public:
  Case next() {
    Case out;
    out.text = file(1 + random_.below(5));
    if (random_.one_in(3))
      out.text += "\n" +
                  random_.pick({"$IncludeConfig %/*.conf\n", "include(file=\"%/*.conf\")\n",
                                "$includeconfig\t%/ # x\n", "$IncludeConfig\n %/b.conf\n",
                                "include(file=\"%\" mode=\"optional\")\n",
                                "include(file=\"%/none.conf\")\n", "$IncludeConfig %/c[ab]*\n"}) +
                  file(1);
    out.in_a = file(1 + random_.below(2));
    out.in_b = file(1);
    return out;
  }

 private:
  std::string comment() { return random_.pick({"", "", "", " # x", "\t# {", "#c"}); }
  std::string blank() { return random_.pick({" ", "\t", "  ", "\t\t", " \\\n ", "\\\n\t"}); }
  std::string host() { return std::string("h") + std::to_string(++hosts_); }

  std::string legacy_action() {
    const std::string name = host();
    switch (random_.below(8)) {
      case 0:
        return "@" + name;
      case 1:
        return "@@" + name + ":" + std::to_string(1 + random_.below(9000)) + comment();
      case 2:
        return "@" + name + ";RSYSLOG_ForwardFormat";
      case 3:
        return random_.pick({"/var/log/x", "-/var/log/y", "|/dev/z", "*", "root", "user,b",
                             ":omusrmsg:*", "~", "?Dyn", "^/bin/x"});
      default:
        return (random_.one_in(2) ? "@@" : "@") + name +
               random_.pick({"", "", ":514", ":6514", ":514x", ":"});
    }
  }
  std::string parameter() {
    return random_.pick({"protocol=\"tcp\"", "port=\"6514\"", "streamdrivermode=\"1\"",
                         "StreamDriver=\"gtls\"", "streamdriverauthmode=\"x509/name\"",
                         "tls=\"on\"", "streamdrivermode=\"0\"", "protocol=\"TCP\"",
                         "template=\"RSYSLOG_ForwardFormat\"", "Protocol=\"udp\"",
                         "protocol = \"tcp\"", "/* c */", "# c )\n", "queue.type=\"linkedlist\"",
                         "port=\"10\\x\"", "protocol=\"foo\"", "action.resumeretrycount=\"-1\"",
                         "name=\"a\\\"b\"", "streamdriverpermittedpeers=\"a,b\""});
  }
  std::string object() {
    std::string out = random_.pick({"action(", "Action (", "action\n("});
    std::vector<std::string> parts = {"type=\"omfwd\"", "target=\"" + host() + "\""};
    for (int n = random_.below(4); n > 0; --n) {
      const std::string part = parameter();
      // Of two values "one will be randomly selected".
      const auto key = [](const std::string& p) {
        std::string k = p.substr(0, p.find_first_of(" ="));
        for (char& c : k) c = static_cast<char>(std::tolower(c));
        return k;
      };
      if (std::ranges::none_of(parts, [&](const auto& p) { return key(p) == key(part); }))
        parts.push_back(part);
    }
    for (const std::string& part : parts) out += part + random_.pick({" ", " ", "\n  ", "\t"});
    return out + ")";
  }
  std::string action() {
    if (random_.one_in(3)) return object();
    if (random_.one_in(8))
      return random_.pick({"stop", "continue", "call xy", "STOP", "call r1", "call r2"});
    return legacy_action();
  }
  std::string actions() {
    std::string out = action();
    for (int n = random_.below(6); n < 2; ++n)
      out += "\n" + random_.pick({"& ", " & ", "&"}) + action();
    return out;
  }
  std::string expression() {
    return random_.pick({"$msg contains 'x'", "($msg == \"a\" or not ($syslogtag startswith 'b'))",
                         "$programname == [\"a\", \"b\"]", "re_match($msg, \"(a|b)\\\\\\\\d\")",
                         "prifilt('mail.*')", "$!a!b >= 0x1f and -$.x < 010",
                         "$syslogseverity <= '4'\n  and\n  $msg != \"then\"", "exists($!a)",
                         "$msg contains_i \"then {\"", "1", "$msg == `echo $HOME`"});
  }
  std::string filter() {
    return random_.pick({"*.*", "auth,authpriv.*", "*.*;auth.none", "mail.=err", "local0.!notice",
                         "kern.warn", "*.info;mail.none;cron.none", "\tmail.*",
                         ":msg, contains, \"a\"", ":programname,!isequal, \"b\\\"c\"",
                         ":$now , startswith, \"\"", "user.*"}) +
           blank();
  }
  std::string statement(int depth) {
    switch (random_.below(depth > 2 ? 5 : 11)) {
      case 5:
        return "if " + expression() + " then" + random_.pick({" ", "\n", "\n\t"}) + actions() +
               "\n" + (random_.one_in(3) ? "else " + actions() + "\n" : "");
      case 6:
      case 7:
        return (random_.one_in(2) ? filter() : "if " + expression() + " then ") + "{\n" +
               script(1 + random_.below(2), depth + 1) + "}\n";
      case 8:
        return random_.pick(
            {"set $.a = \"b\";\n", "unset $!x;\n", "reset $.a = $msg & 'x';\n",
             "foreach ($.i in $!l) do {\n @fe\n}\n", "call xy\n",
             "call_indirect $.x;\n",  // Within a block rsyslogd takes the words of the file for words of the
             // block; of a file at a time that cannot be told.
             depth == 0 ? "*.* include(file=\"%/b.conf\")\n" : "stop\n"});
      default:
        return filter() + actions() + "\n";
    }
  }
  std::string script(int n, int depth) {
    std::string out;
    for (; n > 0; --n) {
      if (depth > 0 && random_.one_in(4)) out += random_.pick({"$Umask 0022\n", "# }\n"});
      out += (depth > 0 ? " " : "") + statement(depth);
    }
    return out;
  }
  std::string directive() {
    return random_.pick({"$FileCreateMode 0640", "$filecreatemode 0600 # c", "  $Umask 0027",
                         "$ActionSendStreamDriverMode 1", "$ModLoad imudp",
                         "$RepeatedMsgReduction on", "$WorkDirectory /var/spool/rsyslog",
                         "$NoSuch x", "$template T,\"msg\"", "$ActionQueueType LinkedList",
                         "$ModLoad imtcp.so", "$DirCreateMode 0755", "$RuleSet x",
                         "$MaxMessageSize 4k"}) +
           "\n";
  }
  std::string mistake() {
    return random_.pick({"}\n",
                         "{\n",
                         "*.* {\n}\n",
                         "& @x\n",
                         "action(type=\"omfwd\" target=h)\n",
                         "action(type=\"omfwd\" target=\"h\"\n",
                         "if $msg then\n",
                         "if (1 then @x\n",
                         "\"x\"\n",
                         "*.*\n",
                         "action(type=\"omfwd\", target=\"h\")\n",
                         "if $msg == \"a$b\" then @x\n",
                         "else @x\n",
                         "set $.a = ;\n",
                         "action(type=\"omfwd\" target=\"a\\qb\")\n",
                         "/* c\n",
                         "@\n",
                         "+host\n",
                         "!tag\n",
                         "\\x01\x02\n",
                         "foo bar\n",
                         "ruleset(name=\"r\") {\n @x\n",
                         "ruleset(name=\"r2\") {\n input(type=\"imudp\")\n}\n",
                         "*.* then\n",
                         "$\n",
                         "*.*@x\n",
                         "foo.bar baz\n",
                         "$IncludeConfig /etc/nowhere\n",
                         "template(\n",
                         "mail.*,news.* @x\n",
                         "*.* @x {\n",
                         "if 1 then { @x } else { }\n"});
  }
  std::string file(int n) {
    std::string out;
    for (; n > 0; --n) {
      if (random_.one_in(3))
        out += random_.pick({"# *.* @no\n", "\n", " /* *.* @no\n } */\n", "#\\\n*.* @no\n", "\f\n",
                             "/* a */ # b\n"});
      if (random_.one_in(30)) out += mistake();
      switch (random_.below(6)) {
        case 0:
          out += directive();
          break;
        case 1:
          out += object() + "\n";
          break;
        case 2:
          out += "ruleset(name=\"r" + std::to_string(++rulesets_) + "\") {\n" +
                 script(1 + random_.below(2), 1) + "}\n";
          break;
        default:
          out += statement(0);
      }
    }
    if (random_.one_in(4)) out.pop_back();
    if (random_.one_in(12)) {
      std::string crlf;
      for (const char c : out) crlf += c == '\n' ? "\r\n" : std::string(1, c);
      out = crlf;
    }
    return out;
  }

  test::Random random_{7};
  int hosts_ = 0, rulesets_ = 0;
};

const std::vector<Case>& by_hand() {
  static const std::vector<Case> kCases = {
      {"*.* @h # a comment is a part of the name\n*.* @@h:514 # not here\n", "", ""},
      {"*.* @a\\\n\n b\n*.* @c\n", "", ""},
      {"*.* @a\n}\n*.* @b\n", "", ""},
      {"action(type=\"omfwd\" \\\n target=\"h\"\n port=\"1\")\n*.* @b\n", "", ""},
      {"action(type=\"omfwd\" \\\n target=\"h\" \\\n port=\"1\")\n*.* @b\n", "", ""},
      {"*.*\n\n@late\n*.*\n*.* @two\n", "", ""},
      {"*.* @a\n# c \\\n*.* @no\n*.* @b\n", "", ""},
      {"*.* {\n @b\n $Umask 0022\n mail.* @d\n}\n*.* @e", "", ""},
      {"*.* @z\n*.* {\n @b\n", "", ""},
      {"*.* @z\nif $msg == \"$x\" then @b\n*.* @c\n", "", ""},
      {"*.* @z\nif $msg == \"\\$x\" then @b\n*.* @c\n", "", ""},
      {"$IncludeConfig %/b.conf\n*.* @h\n", "", "*.* @b\n$IncludeConfig %/b.conf\n*.* @c\n"},
      {"$IncludeConfig %/a.conf\n*.* @h\n", "*.* @a\n$IncludeConfig %/b.conf\n*.* @a2\n", "}\n"},
      {"$IncludeConfigX\n%/a.conf\n*.* @h\n", "*.* @a\n", ""},
      {"*.* @a\n$IncludeConfig %/none.conf\n*.* @h\n", "", ""},
      {"include(file=\"%/none.conf\" mode=\"required\")\n*.* @h\n", "", ""},
      {"$IncludeConfig %/none*.conf\n*.* @h\n", "", ""},
      {"*.*  @a;RSYSLOG_ForwardFormat # x\n*.* @b: 44\n*.* @c;RSYSLOG_ForwardFormat\n", "", ""},
      {"\xef\xbb\xbf*.* @a\n*.* @b\n", "", ""},
      {"if $msg contains 'x' then @a\nelse if $msg == 1 then @b\nelse @c\n& @d\n", "", ""},
      {"  *.*\t\t@a\r\n  \t& ~\r\n*.* @b\r\n", "", ""},
      {"*.* action(type=\"omfwd\" target=\"h\" tls=\"on\" protocol=\"tcp\")\n", "", ""},
      {"template(name=\"x\" type=\"list\") { constant(value=\"}\") property(name=\"msg\") }\n*.* "
       "@b;x\n",
       "", ""},
      {"template(name=\"x\" type=\"string\" string=\"a\\nb\")\n*.* @b;x\n", "", ""},
      {"*.* :omusrmsg:root\nfoo\n@h\nx.y z\n*.* @i\n", "", ""},
      {"-/var/log/x\n +host\n-host\n*.* @i\n+*\n!prog\n!a b\n*.* @j\n", "", ""},
      {"if $msg == 'a' then\n# c\n /* d */ action(type=\"omfwd\" target=\"x\")\n& @y\n& stop\n", "",
       ""},
      {"*.* @a\nif $x # c\n== 1 then @b\n*.* @c\n", "", ""},
      {"action(type=\"omfwd\" target=\"h\" protocol=tcp)\n*.* @b\n", "", ""},
      {"action(type=\"OMFWD\" TARGET=\"h\")\naction(type=\"builtin:omfwd\" "
       "target=\"i\")\naction(type=\"omfwd\")\n",
       "", ""},
      {"stop;\nstopx @a\n*.* stop\n*.* @b\n", "", ""},
      {"global(workDirectory=\"/x\" umask=\"0077\")\nmain_queue(queue.size=\"10\")\n*.* @b\n", "",
       ""},
  };
  return kCases;
}

// Of a line of debugging output what follows `what`; nothing if that is not in it.
std::optional<std::string> behind(const std::string& line, std::string_view what) {
  const size_t at = line.find(what);
  if (at == std::string::npos) return std::nullopt;
  return line.substr(at + what.size());
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

// Of the debugging output the remote actions that rsyslogd made, by their numbers.
std::vector<std::string> remote_actions(const std::string& said) {
  struct Block {
    std::string target, port, protocol = "udp", mode = "0";
  };
  std::vector<Block> blocks;  // of omfwd's parameters, in the order of the actions that have some
  std::map<int, std::string> by_number;
  bool in_block = false, dump = false;
  std::string legacy_mode;
  std::vector<std::string> legacy_modes;  // for each action of omfwd
  for (const std::string& line : lines(said)) {
    const auto quoted = [&](std::string_view key) -> std::optional<std::string> {
      auto value = behind(line, "rainerscript.c: " + std::string(key) + ":  '");
      if (value && !value->empty()) value->pop_back();
      return value;
    };
    if (line.find("action param blk in omfwd:") != std::string::npos) {
      blocks.emplace_back();
      in_block = true;
    }
    if (in_block) {
      Block& block = blocks.back();
      if (const auto v = quoted("target")) block.target = *v;
      if (const auto v = quoted("port")) block.port = *v;
      if (const auto v = quoted("protocol")) block.protocol = lower(*v);
      if (const auto v = behind(line, "rainerscript.c: streamdrivermode: ")) block.mode = *v;
    }
    if (line.find("rainerscript.c: template:") != std::string::npos) in_block = false;
    // What directives say when it comes to an action in the old format.
    if (const auto mode = behind(lower(line), "cfsysline: $actionsendstreamdrivermode "))
      legacy_mode = *mode;
    if (line.find("builtin:omfwd processes this action") != std::string::npos)
      legacy_modes.push_back(legacy_mode);
    if (line.find("before optimization") != std::string::npos) dump = true;
    if (line.find("after optimization") != std::string::npos) dump = false;
    if (!dump) continue;
    if (const auto action = behind(line, "ACTION "))
      by_number[std::atoi(action->c_str())] = *action;
  }
  std::vector<std::string> out;
  size_t block = 0, made = 0;
  for (const auto& [number, action] : by_number) {
    const auto text = behind(action, "[builtin:omfwd:");
    if (!text) continue;
    const std::string mode = made < legacy_modes.size() ? legacy_modes[made++] : "?";
    if (!text->starts_with("@")) {
      // A block whose protocol is refused makes no action.
      while (block < blocks.size() && blocks[block].protocol != "udp" &&
             blocks[block].protocol != "tcp")
        ++block;
      if (block >= blocks.size()) return {"no block"};
      const Block& b = blocks[block++];
      if (b.target.empty()) continue;
      out.push_back(b.protocol + " " + b.target + " " + (b.port.empty() ? "-" : b.port) + " " +
                    (b.protocol == "tcp" && b.mode == "1" ? "1" : "0"));
      continue;
    }
    // The simple forms; the others are asked for in the next test.
    std::string to = text->substr(0, text->size() - 1);
    const bool tcp = to.starts_with("@@");
    to.erase(0, tcp ? 2 : 1);
    const size_t end = std::min(to.find_first_of(":;#"), to.size());
    std::string port;
    if (end < to.size() && to[end] == ':')
      for (size_t i = end + 1; i < to.size() && std::isdigit(static_cast<unsigned char>(to[i]));
           ++i)
        port += to[i];
    out.push_back(std::string(tcp ? "tcp " : "udp ") + to.substr(0, end) + " " +
                  (port.empty() ? "-" : port) + (tcp && mode == "1" ? " 1" : " 0"));
  }
  return out;
}

TEST(RsyslogDifferential, TakesTheLinesForWhatRsyslogdDoes) {
  std::vector<Case> cases = by_hand();
  for (Generator generator; cases.size() < 330;) cases.push_back(generator.next());
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (size_t i = 0; i < cases.size(); ++i) {
    Case& one = cases[i];
    const std::string name = std::to_string(i), directory = scratch.path() + "/" + name + ".d";
    scratch.write(name, replaced(one.text, directory));
    scratch.write(name + ".d/a.conf", replaced(one.in_a, directory));
    scratch.write(name + ".d/b.conf", replaced(one.in_b, directory));
    for (std::string* text : {&one.text, &one.in_a, &one.in_b})
      *text = replaced(*text, "/etc/rsyslog.d");
  }
  const auto said = test::ask(
      "cd " + scratch.path() + " && for i in $(seq 0 " + std::to_string(cases.size() - 1) +
      "); do RSYSLOG_DEBUG='Debug NoStdOut' RSYSLOG_DEBUGLOG=" + scratch.path() + "/log " +
      rsyslogd() +
      " -N1 -f $PWD/$i 2>&1 | grep -a -e 'could not interpret'; grep -a -e ACTION -e "
      "'optimization$' "
      "-e 'optimization:' -e 'omfwd processes' -e 'param blk in omfwd' -e 'rainerscript.c: [a-z]*: "
      "' -e 'cfsysline: ' "
      "log; "
      "rm -f log; echo; echo == end; done");
  if (!said || said->find("ACTION") == std::string::npos)
    GTEST_SKIP() << "rsyslogd is not installed";
  size_t at = 0, broken = 0, forwards = 0, directives = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const size_t end = said->find("\n== end\n", at);
    ASSERT_NE(end, std::string::npos);
    const std::string theirs = said->substr(at, end - at);
    at = end + 8;
    const Case& one = cases[i];
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/rsyslog.conf", one.text)
        .file("etc/rsyslog.d/a.conf", one.in_a)
        .file("etc/rsyslog.d/b.conf", one.in_b);
    const test::FewFacts facts(tree, {"rsyslog"}, {"rsyslog_forward", "rsyslog_setting"});
    std::vector<std::string> ours;
    for (const auto& row :
         facts.rows("SELECT protocol, target, port, tls FROM rsyslog_forward ORDER BY rowid"))
      ours.push_back(*row[0] + " " + *row[1] + " " + row[2].value_or("-") + " " + *row[3]);
    std::vector<std::string> wanted = remote_actions(theirs);
    const std::string about = "== " + std::to_string(i) + "\n" + one.text + "== a\n" + one.in_a +
                              "== b\n" + one.in_b + "\n== rsyslogd\n" + theirs.substr(0, 6000);
    ASSERT_EQ(testing::PrintToString(ours), testing::PrintToString(wanted)) << about;
    forwards += wanted.size();
    // Whether it gave up.
    const bool gave_up = theirs.find("could not interpret") != std::string::npos;
    const auto issues =
        facts.rows("SELECT 1 FROM parse_issue WHERE code IN ('syntax-error', 'too-deep')");
    ASSERT_EQ(!issues.empty(), gave_up) << about;
    broken += gave_up;
    // The directives it came to.
    std::vector<std::string> theirs_set, ours_set;
    for (const std::string& line : lines(theirs))
      if (const auto d = behind(line, "cfsysline: $")) {
        const size_t name = std::min(d->find_first_of(" \t"), d->size());
        size_t value = name;
        while (value < d->size() && std::isspace(static_cast<unsigned char>((*d)[value]))) ++value;
        theirs_set.push_back(lower(d->substr(0, name)) + "=" +
                             d->substr(value, d->find_first_of(" \t", value) - value));
      }
    for (const auto& row : facts.rows(
             "SELECT s.key, s.value, l.path, l.line, l.column FROM rsyslog_setting AS s JOIN "
             "location AS l ON l.loc = s.loc ORDER BY s.rowid")) {
      const std::string& file = row[2]->ends_with("a.conf")   ? one.in_a
                                : row[2]->ends_with("b.conf") ? one.in_b
                                                              : one.text;
      if (lines(file).at(std::stoul(*row[3]) - 1).at(std::stoul(*row[4]) - 1) != '$') continue;
      ours_set.push_back(*row[0] + "=" + row[1]->substr(0, row[1]->find_first_of(" \t")));
    }
    ASSERT_EQ(testing::PrintToString(ours_set), testing::PrintToString(theirs_set)) << about;
    directives += theirs_set.size();
  }
  EXPECT_GT(broken, 40u);
  EXPECT_LT(broken, 160u);
  EXPECT_GT(forwards, 500u);
  EXPECT_GT(directives, 50u);
}

// A configuration whose last line is "*.* DIRECTORY/end", run in a network namespace of its own until it has written
// that file: what it says, and what `command` says then.
std::string running(const std::string& directory, const std::string& name,
                    const std::string& command) {
  return "(unshare --user --map-root-user --net timeout 20 sh -c '" + rsyslogd() +
         " -n -iNONE -f " + directory + "/" + name + " >" + directory + "/" + name +
         ".said 2>&1 & p=$!; i=0; while [ $i -lt 100 ] && [ ! -s " + directory + "/" + name +
         ".d/end ]; do sleep 0.05; i=$((i+1)); done; sleep 0.1; { " + command + "; } >" +
         directory + "/" + name + ".answer; kill $p; wait $p'; cat " + directory + "/" + name +
         ".said) & ";
}

TEST(RsyslogDifferential, SendsAndWritesAndListensAsWeSay) {
  test::Random random(23);
  const test::ScratchDirectory scratch = test::directory_in_memory();
  const std::string base = scratch.path();
  const std::string start = "global(processInternalMessages=\"on\")\n";
  std::string command = "cd " + base + " || exit 1; ";
  std::vector<std::string> texts;
  // Modes: six files of directives and actions in a row.
  std::vector<std::string> names;
  for (int file = 0; file < 6; ++file) {
    const std::string name = "mode" + std::to_string(file), directory = base + "/" + name + ".d/";
    std::string text = start;
    if (file == 1) text += "global(umask=\"0027\")\n";
    for (int i = 0; i < 40; ++i) {
      const std::string path = directory + std::to_string(i);
      if (random.one_in(3))
        text +=
            random.pick(
                {"$FileCreateMode 0640", "$filecreatemode 0600 # x", "$FileCreateMode 640",
                 "$FileCreateMode 0666", "$Umask 0007", "$FileCreateMode 00604", "$FileCreateMode",
                 "$FileCreateMode 0x1ff", "$FileCreateMode 0649", "  $FileCreateMode\t0620",
                 "module(load=\"builtin:omfile\" fileCreateMode=\"0622\")", "$Umask 0022"}) +
            "\n";
      switch (random.below(5)) {
        case 0:
          text += "*.* action(type=\"omfile\" file=\"" + path + "\")\n";
          break;
        case 1:
          text += "action(type=\"omfile\" FileCreateMode=\"" +
                  random.pick({"0600", "0666", "0640", "00620"}) + "\" file=\"" + path + "\")\n";
          break;
        default:
          text += "*.* " + random.pick({"", "-"}) + path +
                  random.pick({"", "", ";RSYSLOG_FileFormat", " # c", "; # c"}) + "\n";
      }
    }
    text += "*.* " + directory + "end\n";
    scratch.write(name, text);
    scratch.write(name + ".d/x", "");
    texts.push_back(text);
    names.push_back(name);
    command += running(base, name, "stat -c \"%a %n\" " + name + ".d/[0-9]*");
  }
  // Hosts: it says which it cannot find.
  std::string hosts = start + "global(action.reportSuspension=\"off\")\n";
  for (const char* one : {"@h1 # c",
                          "@@h2 # c",
                          "@h3:5x;RSYSLOG_ForwardFormat # c",
                          "@h4: 44",
                          "@@(z5,o)h5:77",
                          "@(z)h6:",
                          "@[h7]x:5",
                          "@[h8]:66x",
                          "@(z5h9",
                          "@ h10",
                          "@@@h11",
                          "@h12;RSYSLOG_ForwardFormat",
                          "@(o,z9)[h13]:514",
                          "@(q)h14",
                          "@()h15",
                          "@h16 x",
                          "@h17:1 x",
                          "@h18#c",
                          "@@[h19",
                          "@h20;RSYSLOG_ForwardFormat x",
                          "@@h21:2#x",
                          "@h22:3 ;RSYSLOG_ForwardFormat",
                          "@(z3,)h23",
                          "@h24.example\t# x",
                          "@[h25] :5",
                          "@h26::7",
                          "@;x",
                          "@h27 :5"})
    hosts += std::string("*.* ") + one + "\n";
  for (int i = 100; i < 160; ++i)
    hosts += "*.* " + random.pick({"@", "@@"}) +
             random.pick({"", "", "(z1)", "(o)", "(z,o)", "(x,z2)", "( o )"}) +
             (random.one_in(4) ? "[h" + std::to_string(i) + "]" : "h" + std::to_string(i)) +
             random.pick({"", ":1", ":22", " ", ":x", ":3x", " # c", ":4 # c",
                          "\t;RSYSLOG_ForwardFormat", ".d:5", "#6", ":7;RSYSLOG_ForwardFormat",
                          " :8", ": 9"}) +
             "\n";
  hosts += "*.* " + base + "/hosts.d/end\n";
  scratch.write("hosts", hosts);
  scratch.write("hosts.d/x", "");
  command += running(base, "hosts", "sleep 1");
  // Ports: it listens on them.
  std::vector<std::string> inputs = {
      "input(type=\"imtcp\" port=\"100\")\n",
      "$UDPServerRun 100\nmodule(load=\"imudp\")\n",
      "module(load=\"imtcp\")\ninput(type=\"imtcp\")\ninput(type=\"IMTCP\" port=\"101\")\n",
      "module(load=\"imudp\")\ninput(type=\"imudp\" port=[\"102\", \"103\"])\ninput(type=\"imudp\" "
      "name=\"x\")\n",
      "$ModLoad imudp.so\n$UDPServerRun 104 # x\n$UDPServerRun 105\n$InputTCPServerRun "
      "106\n$ModLoad imtcp\n$InputTCPServerRun 107\n",
      "module(load=\"imptcp\")\ninput(type=\"imptcp\" port=\"108\")\ninput(type=\"imptcp\" "
      "path=\"/nowhere/x\")\n$InputPTCPServerRun 109\n",
      "*.* {\n @x\n}\nmodule(load=\"imtcp\")\n}\ninput(type=\"imtcp\" port=\"110\")\n"};
  while (inputs.size() < 24) {
    std::string text;
    for (int n = 2 + random.below(4); n > 0; --n) {
      const std::string port = std::to_string(200 + inputs.size() * 20 + n);
      text +=
          random.pick({"module(load=\"imtcp\")", "module(load=\"imudp\" threads=\"1\")",
                       "$ModLoad imtcp", "$ModLoad imudp", "$ModLoad imptcp",
                       "module(load=\"imtcp\" MaxSessions=\"5\")", "# module(load=\"imtcp\")"}) +
          "\n" +
          random.pick({"$UDPServerRun ", "$InputTCPServerRun ", "$InputPTCPServerRun ",
                       "#$UDPServerRun ", "  $udpserverrun  "}) +
          port + "0\ninput(type=\"" + random.pick({"imtcp", "imudp", "imptcp", "imTCP", "imxyz"}) +
          "\" port=\"" + port + "\")\n";
    }
    inputs.push_back(text);
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string name = "port" + std::to_string(i);
    scratch.write(name, start + "*.* " + base + "/" + name + ".d/end\n" + inputs[i]);
    scratch.write(name + ".d/x", "");
    command += running(base, name,
                       "cat /proc/net/tcp /proc/net/tcp6 | grep \" 0A \"; echo ==; cat "
                       "/proc/net/udp /proc/net/udp6");
  }
  const auto version = test::ask(rsyslogd() + " -v 2>&1");
  if (!version || version->find("rsyslogd") == std::string::npos)
    GTEST_SKIP() << "rsyslogd is not installed";
  const auto allowed = test::ask("unshare --user --map-root-user --net echo yes 2>/dev/null");
  if (!allowed || *allowed != "yes\n") GTEST_SKIP() << "no network namespace can be made here";
  ASSERT_TRUE(test::ask(command + "wait"));
  const auto answer = [&](const std::string& file) {
    return test::ask("cat " + base + "/" + file).value_or("");
  };
  const auto facts_of = [](const std::string& text, const std::string& table) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/rsyslog.conf", text);
    return test::FewFacts(tree, {"rsyslog"}, {table});
  };
  size_t modes = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    std::string ours;
    std::vector<std::string> theirs = lines(answer(names[i] + ".answer")), said;
    const std::string directory = base + "/" + names[i] + ".d/";
    for (const auto& row : facts_of(texts[i], "rsyslog_file")
                               .rows("SELECT printf('%o', mode), path FROM rsyslog_file"))
      if (!row[1]->ends_with("/end"))
        said.push_back(*row[0] + " " + row[1]->substr(base.size() + 1));
    std::ranges::sort(said);
    std::ranges::sort(theirs);
    EXPECT_EQ(testing::PrintToString(said), testing::PrintToString(theirs)) << texts[i];
    modes += theirs.size();
  }
  EXPECT_GT(modes, 200u);
  std::set<std::string> ours, theirs;
  for (const std::string& line : lines(answer("hosts.said"))) {
    if (const auto udp = behind(line, "could not get addrinfo for hostname '"))
      theirs.insert("udp " + udp->substr(0, udp->find("': ")));
    if (const auto tcp = behind(line, "cannot resolve hostname '"))
      theirs.insert("tcp " + tcp->substr(0, tcp->find('\'')));
  }
  for (const auto& row : facts_of(hosts, "rsyslog_forward")
                             .rows("SELECT protocol, replace(target, char(9), ' '), coalesce(port, "
                                   "'514') FROM rsyslog_forward"))
    ours.insert(row[0] == "udp" ? "udp " + *row[1] + "':'" + *row[2] : "tcp " + *row[1]);
  theirs.erase("udp ':'514");  // "@;x" goes nowhere
  EXPECT_EQ(testing::PrintToString(ours), testing::PrintToString(theirs)) << hosts;
  EXPECT_GT(theirs.size(), 60u);
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::set<std::string> listening, said;
    bool udp = false;
    for (const std::string& line : lines(answer("port" + std::to_string(i) + ".answer"))) {
      udp |= line == "==";
      if (const size_t colon = line.find(':', line.find(':') + 1); colon != std::string::npos)
        listening.insert((udp ? "udp " : "tcp ") +
                         std::to_string(std::stoul(line.substr(colon + 1, 4), nullptr, 16)));
    }
    for (const auto& row :
         facts_of(inputs[i], "rsyslog_input").rows("SELECT module, port FROM rsyslog_input"))
      said.insert((row[0] == "imudp" ? "udp " : "tcp ") + *row[1]);
    EXPECT_EQ(testing::PrintToString(said), testing::PrintToString(listening)) << inputs[i];
  }
}

}  // namespace
}  // namespace drydock
