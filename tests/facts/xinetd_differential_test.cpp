// The same files to drydock and to xinetd(8) -d, which says what services it has configured before it starts them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <set>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

struct Case {
  std::string text;  // "%" is the included directory
  std::string in_a;  // its file "a"
};

class Generator {
 public:
  Case next() {
    Case out;
    ports_ = 100;
    if (random_.one_in(2)) out.text += defaults();
    for (int n = 1 + random_.below(3); n > 0; --n) out.text += service();
    if (random_.one_in(3))
      out.text +=
          random_.pick({"includedir %\n", "include %/a\n", "  includedir %\n", "include %/none\n"});
    if (random_.one_in(4)) out.text += service();
    if (random_.one_in(6)) out.text += defaults();
    out.in_a = service();
    if (random_.one_in(5)) out.in_a = defaults() + out.in_a;
    return out;
  }

 private:
  std::string addresses() {
    return random_.pick({"10.0.0.1", "10.0.0.1 10.0.0.2", "10.0.0.3", "10.0.0.2 10.0.0.3", ""});
  }
  std::string list() { return random_.pick({" = ", " += ", " -= ", " = "}); }
  // A line without an operator is left out: xinetd looks for one in what an earlier line left in its buffer.
  std::string mistake() {
    return random_.pick({"\tnosuch = 3\n", "\tdisable=no\n", "\tserver_args += q\n", "\tnice = 3\n",
                         "\tdisable= yes\n", "\tlog_type = SYSLOG daemon\n", "# }\n", "\n",
                         "   \t\n", "\twait = maybe\n", "\tdisable = maybe\n"});
  }
  std::string defaults() {
    std::string out = random_.pick({"defaults\n{\n", "defaults\n{\n", "# x\n\ndefaults \n{ \n"});
    for (int n = random_.below(4); n > 0; --n) switch (random_.below(6)) {
        case 0:
          out += "\tonly_from" + list() + addresses() + "\n";
          break;
        case 1:
          out += "\tdisabled" + random_.pick({" = ", " += "}) +
                 random_.pick({"s100", "s101 s102", "x", "s100 x"}) + "\n";
          break;
        case 2:
          out += "\tinstances = 60\n";
          break;
        case 3:
          if (random_.one_in(4))
            out += "\tenabled = " + random_.pick({"s100 s101", "x", "s102"}) + "\n";
          break;
        case 4:
          out += "\tbind = 127.0.0.1\n";
          break;
        default:
          break;
      }
    return out + "}\n";
  }
  std::string service() {
    const std::string port = std::to_string(ports_++), name = "s" + port;
    std::string out =
        "service " + name + random_.pick({"\n{\n", "\n{\n", " \n  {\n", "\n\n# y\n{\n"});
    if (random_.one_in(25)) out = random_.pick({"service ", "servic "}) + name + " {\n";
    std::vector<std::string> parts = {"type = UNLISTED",
                                      "port = " + port,
                                      "protocol = tcp",
                                      "socket_type = stream",
                                      "wait = no",
                                      "user = root",
                                      "server = /bin/" + random_.pick({"cat", "ls"})};
    // Without its type it would be looked for in /etc/services.
    if (random_.one_in(12))
      parts.erase(parts.begin() + 1 + random_.below(static_cast<int>(parts.size()) - 1));
    if (random_.one_in(3))
      parts.push_back("server_args = " + random_.pick({"-a b", "\"x y\"", "z # c", "-v"}));
    if (random_.one_in(3))
      parts.push_back("disable = " + random_.pick({"yes", "no", "no", "YES", "No"}));
    if (random_.one_in(4)) parts.push_back("id = " + random_.pick({"x", "y", "s101"}));
    for (int n = random_.below(3); n > 0; --n) parts.push_back("only_from" + list() + addresses());
    if (random_.one_in(5)) parts.push_back("bind = " + random_.pick({"127.0.0.1", "127.0.0.2"}));
    if (random_.one_in(8))
      parts.push_back(random_.pick({"server_args = second", "disable = yes", "disable = no",
                                    "user = daemon", "server = /bin/ls", "bind = 127.0.0.3"}));
    for (const std::string& part : parts) {
      out += random_.pick({"\t", "  ", ""}) + part + "\n";
      if (random_.one_in(60)) out += mistake();
    }
    return out + random_.pick({"}\n", "}\n", " }\n", "\t} \n"});
  }

  test::Random random_{5};
  int ports_ = 0;
};

const std::vector<Case>& by_hand() {
  static const std::string kRest =
      "\ttype = UNLISTED\n\tport = 100\n\tprotocol = tcp\n\tsocket_type = stream\n\twait = "
      "no\n\tuser = root\n\tserver = /bin/cat\n";
  static const std::vector<Case> kCases = {
      {"service s\n{\n" + kRest + "}\n", ""},
      {"service s {\n" + kRest + "}\n", ""},
      {"service s\n{\n" + kRest + "\tdisable=yes\n}\nservice t\n{\n" + kRest + "}\n", ""},
      {"service s\n{\n" + kRest + "\tdisable= yes\n}\n", ""},
      {"service s\n{\n" + kRest + "\tdisable =yes\n}\n", ""},
      {"defaults\n{\n\tonly_from = 10.0.0.1\n\tbind=127.0.0.1\n\tdisabled = s\n}\nservice s\n{\n" +
           kRest + "}\n",
       ""},
      {"defaults\n{\n\tonly_from = 10.0.0.1\n}\nservice s\n{\n" + kRest +
           "\tonly_from += 10.0.0.2\n}\n",
       ""},
      {"defaults\n{\n\tonly_from = 10.0.0.1\n}\nservice s\n{\n" + kRest +
           "\tonly_from -= 10.0.0.1\n}\n",
       ""},
      {"defaults\n{\n\tonly_from = 10.0.0.1\n}\nservice s\n{\n" + kRest + "\tonly_from =\n}\n", ""},
      {"service s\n{\n" + kRest + "\tserver_args = a\n\tserver_args = b\n}\n", ""},
      {"service s\n{\n" + kRest + "\tdisable = no\n\tdisable = yes\n}\n", ""},
      {"service s\n{\n" + kRest + "}\ndefaults\n{\n\tdisabled = s\n}\n", ""},
      {"defaults\n{\n\tenabled = t\n}\nservice s\n{\n" + kRest + "}\n", ""},
      {"defaults\n{\n\tdisabled = t\n}\nservice s\n{\n" + kRest + "\tid = t\n}\n", ""},
      {"includedir %\n", "service s\n{\n" + kRest + "}\n"},
  };
  return kCases;
}

std::string replaced(std::string text, const std::string& directory) {
  for (size_t at = 0; (at = text.find('%', at)) != std::string::npos; at += directory.size())
    text.replace(at, 1, directory);
  return text;
}

// Each address once: the order means nothing.
std::string sorted(const std::string& addresses) {
  std::istringstream in(addresses);
  const std::set<std::string> all{std::istream_iterator<std::string>(in), {}};
  std::string out;
  for (const std::string& one : all) out += one + " ";
  return out;
}

// Of its output: "name server arguments | whom it serves | bound", sorted.
std::vector<std::string> configured(const std::string& said) {
  std::vector<std::string> out;
  constexpr std::string_view kHead = "Service configuration: ";
  for (size_t at = 0; (at = said.find(kHead, at)) != std::string::npos;) {
    at += kHead.size();
    const std::string block = said.substr(at, std::min(said.find(kHead, at), said.size()) - at);
    const auto field = [&](std::string_view name) {
      size_t begin = block.find("\t" + std::string(name));
      if (begin == std::string::npos) return std::string();
      begin += name.size() + 1;
      std::string text = block.substr(begin, block.find_first_of("\r\n", begin) - begin);
      while (text.starts_with(' ')) text.erase(0, 1);
      while (text.ends_with(' ')) text.pop_back();
      return text;
    };
    std::string from = field("Only from:");
    for (size_t i = 0; (i = from.find("(NUMERIC)")) != std::string::npos;) from.erase(i, 9);
    if (from == "All sites") from.clear();
    std::string arguments = field("Server argv =");
    arguments =
        arguments.find(' ') == std::string::npos ? "" : arguments.substr(arguments.find(' ') + 1);
    const std::string bind = field("Bind =");
    out.push_back(block.substr(0, block.find_first_of("\r\n")) + " " + field("Server =") + " " +
                  arguments + " | " + sorted(from) + " | " +
                  (bind == "All addresses." ? "" : "bound") + " " +
                  (field("user =") == "0" ? "root" : "other"));
  }
  std::ranges::sort(out);
  return out;
}

TEST(XinetdDifferential, ConfiguresTheServicesThatWeSay) {
  const char* const set = std::getenv("DRYDOCK_XINETD");
  const std::string xinetd = set ? set : "/usr/sbin/xinetd";
  std::vector<Case> cases = by_hand();
  for (Generator generator; cases.size() < 215;) cases.push_back(generator.next());
  const auto there =
      test::ask("test -x " + xinetd +
                " && command -v script >/dev/null && unshare --user --net true && echo yes");
  if (!there || *there != "yes\n")
    GTEST_SKIP() << "xinetd or script is not installed, or no namespace can be made here";
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string name = std::to_string(i), directory = scratch.path() + "/" + name + ".d";
    scratch.write(name, replaced(cases[i].text, directory));
    scratch.write(name + ".d/a", replaced(cases[i].in_a, directory));
    scratch.write(name + ".d/b.conf", "service dot\n{\n}\n");
    scratch.write(name + ".d/c~", "service tilde\n{\n}\n");
  }
  // It writes to its terminal. It may not bind ports below 1024 where it is nobody, and goes on without.
  scratch.write("one",
                "cd " + scratch.path() +
                    "; rm -f $1.said; { timeout 10 script -qfc 'echo $$ >'$1'.pid; exec unshare "
                    "--user --net " +
                    xinetd + " -d -dontfork -pidfile /nowhere/x -f " + scratch.path() +
                    "/'$1 $1.said </dev/null >/dev/null 2>&1; echo end >>$1.said; } & p=$!; i=0; "
                    "while [ $i -lt 200 ] && ! grep -aqe 'Started working' -e '^end' $1.said "
                    "2>/dev/null; do sleep 0.02; i=$((i+1)); done; "
                    "kill $(cat $1.pid) 2>/dev/null; wait $p\n");
  ASSERT_TRUE(test::ask("seq 0 " + std::to_string(cases.size() - 1) +
                        " | timeout 100 xargs -P 8 -n 1 sh " + scratch.path() + "/one 2>&1"));
  size_t services = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string theirs =
        test::ask("cat " + scratch.path() + "/" + std::to_string(i) + ".said").value_or("");
    const std::vector<std::string> wanted = configured(theirs);
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/xinetd.conf", replaced(cases[i].text, "/etc/xinetd.d"))
        .file("etc/xinetd.d/a", replaced(cases[i].in_a, "/etc/xinetd.d"))
        .file("etc/xinetd.d/b.conf", "service dot\n{\n}\n")
        .file("etc/xinetd.d/c~", "service tilde\n{\n}\n");
    const test::FewFacts facts(tree, {"inet_service", "unit"}, {"inet_service"});
    std::vector<std::string> ours;
    for (const auto& row :
         facts.rows("SELECT name, program, coalesce(arguments, ''), coalesce(only_from, ''), "
                    "address, user FROM inet_service WHERE NOT disabled"))
      ours.push_back(*row[0] + " " + row[1].value_or("") + " " + *row[2] + " | " + sorted(*row[3]) +
                     " | " + (row[4] ? "bound" : "") + " " + (row[5] == "root" ? "root" : "other"));
    std::ranges::sort(ours);
    EXPECT_EQ(testing::PrintToString(ours), testing::PrintToString(wanted))
        << i << "\n"
        << cases[i].text << "== a\n"
        << cases[i].in_a << "== xinetd\n"
        << theirs.substr(0, 600);
    services += wanted.size();
    if (HasFailure()) break;
  }
  EXPECT_GT(services, 200u);
}

}  // namespace
}  // namespace drydock
