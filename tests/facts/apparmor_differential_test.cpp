// The same profiles to drydock and to apparmor_parser(8): which of them does it load, and in which mode? What stands
// in the rules is not what is asked: all rules here are right, and ours are only looked at for where they end.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

// Files that cases include, below the base directory; '#' in a text of a case is its number.
const std::vector<std::pair<const char*, const char*>>& included() {
  static const std::vector<std::pair<const char*, const char*>> kFiles = {
      {"tunables/global", "# all\n@{HOME}=/root/ /home/*/\n@{X} = /x\ninclude <tunables/more.d>\n"},
      {"tunables/more.d/a", "@{X} += /y \"/z z\"\n$yes = TRUE\n"},
      {"tunables/more.d/b", "$no=false\n"},
      {"tunables/more.d/c.dpkg-new", "@{X}=twice\n"},
      {"tunables/more.d/README", "this is no tunable\n"},
      {"abstractions/base", "  /etc/{a,b}/** r,\n  include <abstractions/inner>\n"},
      {"abstractions/inner", "  owner @{HOME}/.x/{,**} rw,\n  deny /y w,\n"},
      {"abstractions/hats", "  ^included {\n  /a r,\n  }\n  profile other flags=(kill) { }\n"},
      {"abstractions/broken", "  /etc/x r\n"},
      {"abstractions/empty", ""},
      {"abstractions/unending", "  /etc/x r,\n# the end"},
      {"abi/3.0", "query {label {data {yes\n}\n}\n}\n"},
  };
  return kFiles;
}

class Generator {
 public:
  explicit Generator(int number) : number_(std::to_string(number)), random_(7000 + number) {}

  std::string file() {
    std::string out;
    if (random_.one_in(3)) out += comment();
    if (random_.one_in(4)) out += "abi <abi/3.0>," + end();
    has_tunables_ = !random_.one_in(4);
    if (has_tunables_)
      out += random_.pick({"#include <tunables/global>", "include <tunables/global>",
                           "include if exists <tunables/global>", "#include\t<tunables/global>",
                           "include <\"tunables/global\">", "#include\n<tunables/global>"}) +
             "\n";
    if (random_.one_in(3))
      out += random_.pick({"@{MINE}=/a /b", "@{MINE} = \"/a b\" /{c,d}", "@MINE=/x\n@{MINE}+=/y",
                           "$mine = true", "alias /a -> /b,", "@{MINE}=/a \\\n  /b"}) +
             "\n";
    if (random_.one_in(25))
      out += random_.pick({"@{X}=again\n", "@{NEW}+=/a\n", "@{E}=\n", "$b=1\n"});
    for (int n = 1 + random_.below(2); n > 0; --n) out += profile(0);
    if (random_.one_in(30))
      out += random_.pick({"}\n", "@{L}=/a\n", "/x r,\n", "# no end", "abi <abi/3.0>,\n"});
    return out;
  }

 private:
  std::string end() { return random_.pick({"\n", "\n", "\n\n", " # x, {\n", "\r\n", " \n"}); }
  std::string comment() {
    return random_.pick({"# /x {\n", "#\n", "  # profile no {\n", "# include <nowhere>\n",
                         "# it's \"one\n", "#flags=(complain) {\n"});
  }
  std::string leaf() { return "p" + number_ + "_" + std::to_string(++profiles_); }
  std::string flags() {
    if (random_.one_in(3)) return "";
    std::string list = random_.pick(
        {"complain", "complain", "enforce", "kill", "unconfined", "attach_disconnected",
         "attach_disconnected, complain", "complain attach_disconnected,mediate_deleted",
         " audit,complain ", "audit", "complain,complain", "\"unconfined\"", "audit,\n  complain"});
    if (random_.one_in(20))
      list = random_.pick({"", "Complain", "enforce,complain", "hat", "debug", "x", "complain!",
                           "mediate_deleted,delegate_deleted"});
    return random_.pick({" flags=(", " flags=(", " (", " flags = (", "\tflags= (", "\nflags=("}) +
           list + ")";
  }
  std::string head(int depth) {
    const std::string name = leaf();
    std::string out;
    const int kind = random_.below(depth == 0 ? 9 : 6);
    if (depth > 0 && random_.one_in(3)) {
      out = random_.pick({"^", "hat ", "hat\t"}) + name;
    } else if (kind == 0) {
      out = "profile \"" + name + " x\" ";
    } else if (kind == 1) {
      out = "profile " + name + " /usr/{,s}bin/" + name + "{a,b}";
    } else if (kind == 2) {
      out = "profile " + name + " \"/opt/a b/{x y,z}\"";
    } else if (kind == 3 && has_tunables_) {
      out = "profile " + name + " @{HOME}/" + name;
    } else if (kind == 4) {
      out = "profile " + name + random_.pick({",x", "#x", "//y", "\\tz", "=x", "*", "(x)", ".@x"});
    } else if (kind == 5) {
      out = "profile  /bin/" + name + " xattrs=(user.a=\"{\" security.b=c)";
    } else if (kind == 6) {
      out = "/usr/bin/" + name;
    } else if (kind == 7) {
      out = "\"/usr/lib/" + name + " b\"";
    } else {
      out = random_.pick({":ns:", "profile :ns://", ":ns://"}) + name;
    }
    if (random_.one_in(40))
      out = random_.pick({"profile", "profile ", "", "^ ", "profile \"\" ", "profile &"}) +
            random_.pick({"", "x"}) + number_;
    return out + flags() + random_.pick({" {", " {", "\n{", " # {\n{"}) +
           random_.pick({"\n", "\n", " "});
  }
  std::string rule() {
    const int kind = random_.below(9);
    if (kind == 0)
      return random_.pick({"capability net_admin,", "capability,", "audit capability kill,",
                           "set rlimit nofile <= 1024,", "ptrace (read) peer=/a{b,c},",
                           "signal (send, receive) set=(term,kill) peer=x-y//z,", "file,",
                           "change_profile -> a-{b,c},",
                           "unix (connect) type=stream addr=@a{b,c}*,"});
    // The program crashes in a condition behind "network".
    if (kind == 1 && !has_conditions_ && random_.one_in(2))
      return random_.pick({"network,", "network inet6 stream,", "deny network raw,"});
    if (kind == 1)
      return random_.pick({"dbus (send) bus=system path=/a/{b,c} peer=(name=org.x, label=\"y {\"),",
                           "mount options=(rw,bind) {/a,/b}{,/} -> /c/,",
                           "mount fstype in (ext4, tmpfs) /d{,e} -> /f,", "umount /a{b,c},",
                           "pivot_root /a -> b,", "dbus,", "dbus receive bus=session,"});
    if (kind == 2)
      return random_.pick({"link /a -> /b,", "link subset /a* -> /**,", "/x l -> /y,"});
    if (kind == 3)
      return random_.pick({"\"/a b{c,d}\" rw,", "/a\\{b r,", "/a\\ b\\,c r,", "/a#b r,"});
    if (kind == 4)
      return random_.pick({"r /a,", "deny rw /b{,c},", "audit deny /a w,", "owner /a r,"});
    if (kind == 5)
      return random_.pick(
          {"/bin/a px -> b,", "/bin/b Cx -> b-c,", "/bin/c ix,", "/bin/{d,e}c cx -> \"x y\","});
    if (kind == 6 && has_tunables_) return random_.pick({"@{HOME}/** rw,", "/a@{X}{b,@{HOME}} r,"});
    if (kind == 7)
      return random_.pick({"audit { /a r,\n /b w, }", "owner {\n}", "audit { ^lost { } }"});
    return random_.pick({"/a/{b,c}/** r,", "/{usr/,}bin/x rix,", "/a,b r,", "/[a,b] r,", "/a(b) r,",
                         "/a{b,c{d,e}} mrwk,", "/a =", "/x\n r\n ,"});
  }
  std::string body(int depth) {
    std::string out;
    for (int n = random_.below(4); n > 0; --n) {
      out += random_.pick({"  ", "", "\t"});
      if (random_.one_in(5)) {
        out +=
            random_.pick({"#include <abstractions/base>", "include <abstractions/base>",
                          "include if exists <local/none>", "#include if exists <local/none> ",
                          "include <abstractions/empty> # x", "include \"$/abstractions/inner\""}) +
            "\n";
        continue;
      }
      if (random_.one_in(40)) {
        out += random_.pick({"include <local/none>", "include <abstractions/broken>", "/a r", "}",
                             "include <abstractions/unending>", "@{UNKNOWN}/a r,", "/x {\n}", ",",
                             "include", "#includes", "$x = true", "alias /a -> /b,", "else {\n}",
                             "*.x r,", "\"/a r,", "/a ! r,"}) +
               "\n";
        continue;
      }
      std::string text = rule();
      if (text == "/a =") text = "/a r,";
      out += text + end();
      if (random_.one_in(6)) out += comment();
    }
    if (!has_hats_ && random_.one_in(8)) {
      has_hats_ = true;
      out += "  #include <abstractions/hats>\n";
    }
    if (depth < 2 && random_.one_in(3)) out += profile(depth + 1);
    if (depth < 2 && has_conditions_ && random_.one_in(3)) {
      const std::string variable =
          has_tunables_ ? random_.pick({"$yes", "$no", "${yes}"}) : "defined $no";
      out +=
          "if " + random_.pick({"", "not ", "not not "}) +
          (random_.one_in(3) ? random_.pick({"defined @{HOME}", "defined $yes", "defined @{NONE}"})
                             : variable) +
          " {\n" + profile(depth + 1) + "}";
      if (random_.one_in(3)) out += " else if " + variable + " {\n" + profile(depth + 1) + "}";
      if (random_.one_in(2))
        out += random_.pick({" else {\n", "\nelse\n{"}) + profile(depth + 1) + "}";
      out += "\n";
    }
    return out;
  }
  std::string profile(int depth) {
    return head(depth) + body(depth) +
           (random_.one_in(60) ? "" : random_.pick({"}\n", "}\n", " } # x\n", "}", "}\r\n"}));
  }

  std::string number_;
  test::Random random_;
  int profiles_ = 0;
  bool has_tunables_ = false, has_hats_ = false, has_conditions_ = random_.one_in(2);
};

// '%' is the number of the case.
const std::vector<std::string>& by_hand() {
  static const std::vector<std::string> kCases = {
      "profile p%{\n}\n",
      "profile p%\n{\n}\n",
      "profile\np% {\n}\n",
      "profile/p% {\n}\n",
      "hat/p% {\n}\n",
      "profilep% {\n}\n",
      "profile p% (complain) {\n}\n",
      "profile p% flags=() {\n}\n",
      "profile p% flags=complain {\n}\n",
      "profile p% flags=(complain) xattrs=(user.a=b) {\n}\n",
      "profile p% (complain) /bin/x {\n}\n",
      "profile p% bar {\n}\n",
      "profile p% \"bar\" {\n}\n",
      "profile \"p% \\\"x\" {\n}\n",
      "\"/bin/p%\" {\n}\n",
      "\"p%\" {\n}\n",
      "p% {\n}\n",
      "^p% {\n}\n",
      ":ns:/bin/p% {\n}\n",
      ":ns:p% { profile q% { }\n}\n",
      "profile :p% {\n}\n",
      "profile :ns: {\n}\n",
      "profile p%a { profile p%b {\n profile p%c (complain) {\n}\n}\n}\n",
      "profile p% {\n /bin/x {\n}\n}\n",
      "profile p% {\n \"/bin/x\" (complain) {\n}\n}\n",
      "profile p% {\n if $none { }\n}\n",
      "profile p% {\n if { }\n}\n",
      "profile p% {\n}\nprofile p% (complain) {\n}\n",
      "profile p% {\n hat a% {\n}\n hat a% {\n}\n}\n",
      "@{X}=/bin/a\n@{X} {\n}\n",
      "@{X}=/bin/a\nprofile p% @{X} {\n}\n",
      "profile p% @{X}/a {\n}\n",
      "profile p%@{X} {\n}\n",
      "@{X}=/bin/@{Y}\nprofile p% @{X}/a {\n}\n",
      "@{X}=/bin/@{Y}\nprofile p% {\n}\n",
      "profile p% {\n /x r,}\n",
      "profile p% {\n network,}\n",
      "profile p% {\n network inet,}\n",
      "profile p% {\n}\nprofile q%\n",
      "profile p% {\n",
      "profile p% {\n}}\n",
      "@{X}=a # y\nprofile p% {\n}\n",
      "@{X}=a,\nprofile p% {\n}\n",
      "@{X}=a,b c\nprofile p% {\n}\n",
      "@X=/a\nprofile p% { @{X}/b r, }\n",
      "$X=True\nprofile p% { if $X { hat q% { } } }\n",
      "$X=True\nif $X { profile p% { } }\n",
      "$X=true false\nprofile p% {\n}\n",
      "include <nowhere>\nprofile p% {\n}\n",
      "include if exists <nowhere>\nprofile p% {\n}\n",
      "#include if exists <nowhere>\nprofile p% {\n}\n",
      "#include if exist <nowhere>\nprofile p% {\n}\n",
      "# include <nowhere>\nprofile p% {\n}\n",
      "profile p% {\n #includenot\n}\n",
      "profile p% {\n include \"/nowhere\"\n}\n",
      "profile p% { include <abstractions/base> }\n",
      "include <tunables/global>\nprofile p% { include <abstractions/base> }\n",
      "include <tunables/global>\ninclude <tunables/global>\nprofile p% { }\n",
      "profile p% {\n}\n# no line end",
      "profile p% {\n}",
      "profile p% {\n # }",
      "# nothing\n",
      "",
      "\n\n",
      "profile p% { /x r, # }\n}\n",
      "profile p% {\f}\n",
      "profile p% {\n /x r\n}\n",
      "profile p% {\n /x r\n /y w,\n}\n",
      "profile p% {\n audit owner { /x r,\n }\n}\n",
      "profile p% {\n capability { }\n}\n",
      "profile p% {\n { /x r, }\n}\n",
      "{ }\n",
      "profile p% flags=(complain # x\n) {\n}\n",
      "abi <abi/nowhere>,\nprofile p% {\n}\n",
      "abi \"abi/3.0\",\nprofile p% {\n}\n",
      "abi <abi/3.0>\nprofile p% {\n}\n",
      "include <abstractions/hats>\n",
      "profile p% flags=(chroot_relative,namespace_relative) {\n}\n",
      "profile p% flags=(unconfined complain) {\n}\n",
      "profile p%\\ x {\n}\n",
      "profile p%\\052\\x\\101\\\\ {\n}\n",
      "profile p% { profile p%//x { } }\n",
      "profile p% {\n change_hat q%,\n}\n",
      "profile p% {\n if not defined @{A} { ^q% (kill) { } } else { ^r% { } }\n}\n",
      "profile p% {\n if defined $a { } else if defined $b { ^q% { } } else { ^r% { } }\n}\n",
      "profile p% {\n if defined $a { } /x r, else { ^r% { } }\n}\n",
  };
  return kCases;
}

struct Profile {
  std::string leaf, mode;
  auto operator<=>(const Profile&) const = default;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// "Name:" stands in the output, "Mode:" among the errors: both in the order of the profiles.
std::multiset<Profile> modes_of(const std::string& said) {
  std::vector<std::string> names, modes;
  for (const std::string& line : lines_of(said)) {
    if (line.starts_with("Name:\t\t")) names.push_back(line.substr(7));
    if (!line.starts_with("Mode: ")) continue;
    const std::string mode = line.substr(6, line.find(',') - 6);
    modes.push_back(mode.empty() ? "enforce" : mode);
  }
  std::multiset<Profile> out;
  EXPECT_EQ(names.size(), modes.size());
  for (size_t i = 0; i < std::min(names.size(), modes.size()); ++i)
    out.insert({names[i], modes[i]});
  return out;
}

struct Answer {
  std::set<std::string> names;      // in full
  std::multiset<Profile> profiles;  // without the outer ones' names
  std::string errors;
};

std::optional<Answer> ask(const std::string& root, const std::string& options = "") {
  const char* const set = std::getenv("DRYDOCK_APPARMOR_PARSER");
  const std::string base = root + "/etc/apparmor.d";
  const std::string command = std::string(set ? set : "apparmor_parser") + " --base " + base +
                              " --config-file " + root + "/etc/apparmor/parser.conf -j1 -q -K -Q " +
                              options;
  const auto names = test::ask(command + " -N " + base + " 2>/dev/null");
  const auto modes = test::ask("(" + command + " -d " + base + " 2>&1)");
  if (!names || !modes || names->empty()) return std::nullopt;
  Answer out{.names = {}, .profiles = modes_of(*modes), .errors = {}};
  for (std::string& line : lines_of(*names)) out.names.insert(std::move(line));
  for (const std::string& line : lines_of(*modes))
    if (!line.starts_with("Mode:") && !line.starts_with("Name:") &&
        line.find_first_of("/'") != std::string::npos)
      out.errors += line + "\n";
  return out;
}

// What of ours the program does not have, a line each; what it has of ours is taken from `theirs`.
std::string compare(const std::vector<Profile>& ours, const Answer& answer,
                    std::multiset<Profile>& theirs) {
  std::string out;
  for (const Profile& profile : ours) {
    // In its own dump a profile is called as in its head.
    size_t begin = profile.leaf.size();
    auto same = theirs.end();
    while (same == theirs.end() && begin != 0) {
      const size_t slash = begin < 3 ? std::string::npos : profile.leaf.rfind("//", begin - 3);
      begin = slash == std::string::npos ? 0 : slash + 2;
      same = theirs.find({profile.leaf.substr(begin), profile.mode});
    }
    if (same != theirs.end()) theirs.erase(same);
    if (same == theirs.end() || !answer.names.contains(profile.leaf))
      out += "ours: " + profile.leaf + " | " + profile.mode + "\n";
  }
  return out;
}

// The program's own words about a file.
std::string said_of(const Answer& answer, const std::string& name) {
  std::string out;
  for (const std::string& line : lines_of(answer.errors))
    if (line.find("/" + name + " ") != std::string::npos) out += "-- " + line + "\n";
  return out;
}

std::string rendered(const std::multiset<Profile>& profiles) {
  std::string out;
  for (const Profile& profile : profiles) out += profile.leaf + " | " + profile.mode + "\n";
  return out;
}

TEST(ApparmorDifferential, LoadsTheProfilesWeSayInTheModeWeSay) {
  const test::ScratchDirectory scratch = test::directory_in_memory();
  auto tree = std::make_shared<MemoryTree>();
  std::map<std::string, std::string> texts;
  const auto write = [&](const std::string& name, const std::string& text) {
    scratch.write(name, text);
    tree->file(name, text);
  };
  for (const auto& [name, text] : included()) write(std::string("etc/apparmor.d/") + name, text);
  write("etc/apparmor/parser.conf", "# Complain\nwrite-cache\n");
  const std::string base = scratch.path() + "/etc/apparmor.d";
  std::vector<std::string> cases = by_hand();
  const size_t hand = cases.size();
  while (cases.size() < 420) cases.push_back(Generator(static_cast<int>(cases.size())).file());
  for (size_t i = 0; i < cases.size(); ++i) {
    std::string& text = cases[i];
    const std::string number = std::to_string(i);
    for (size_t at = 0; i < hand && (at = text.find('%', at)) != std::string::npos;)
      text.replace(at, 1, "-" + number + "-");
    static const std::vector<const char*> kEnds = {"", "",          "",         "", "",
                                                   "", ".dpkg-new", ".rpmsave", "~"};
    const std::string name = "c" + number + (i < hand ? "" : kEnds[i % kEnds.size()]);
    std::string ours = text, theirs = text;
    for (size_t at = 0; (at = ours.find("\"$/", at)) != std::string::npos;)
      ours.replace(at, 2, "\"/etc/apparmor.d");
    for (size_t at = 0; (at = theirs.find("\"$/", at)) != std::string::npos;)
      theirs.replace(at, 2, "\"" + base);
    scratch.write("etc/apparmor.d/" + name, theirs);
    tree->file("etc/apparmor.d/" + name, ours);
    if (i % 11 == 3) write("etc/apparmor.d/force-complain/" + name, "");
    if (i % 13 == 4) write("etc/apparmor.d/disable/" + name, "");
    if (i % 17 == 5 && i % 13 != 4) {
      tree->symlink("etc/apparmor.d/disable/" + name, "/nowhere/at/all");
      ASSERT_TRUE(test::ask("ln -s /nowhere/at/all " + base + "/disable/" + name));
    }
    texts[name] = ours;
  }
  const auto answer = ask(scratch.path());
  if (!answer) GTEST_SKIP() << "apparmor_parser is not installed";
  const test::FewFacts facts(tree, {"apparmor_profile"}, {"apparmor_profile"});
  std::vector<Profile> ours;
  std::map<std::string, size_t> counts;
  for (const auto& row : facts.rows("SELECT name, path, mode, why FROM apparmor_profile")) {
    const std::string& mode = *row[2];
    ++counts[mode];
    counts["forced"] += row[3].value_or("").find("force-complain") != std::string::npos ? 1 : 0;
    counts["inner"] += row[0]->find("//p") != std::string::npos ? 1 : 0;
    if (mode == "disabled" || mode == "refused") continue;
    ours.push_back({*row[0], mode});
  }
  std::multiset<Profile> theirs = answer->profiles;
  const std::string wrong = compare(ours, *answer, theirs);
  EXPECT_TRUE(wrong.empty() && theirs.empty())
      << (wrong + rendered(theirs)).substr(0, 3000) << [&] {
           std::string out;
           for (const std::string& line : lines_of(wrong + rendered(theirs)))
             if (const size_t at = line.find_first_of("0123456789"); at != std::string::npos)
               if (const auto text = texts.find("c" + std::to_string(std::stoul(line.substr(at))));
                   text != texts.end() && out.size() < 6000)
                 out += "== " + text->first + "\n" + text->second + said_of(*answer, text->first);
           return out;
         }();
  EXPECT_GT(answer->profiles.size(), 300u);
  for (const char* mode : {"complain", "unconfined", "kill", "disabled", "forced", "inner"})
    EXPECT_GT(counts[mode], 15u) << mode;
  EXPECT_GT(counts["refused"], 50u);
  EXPECT_LT(counts["refused"], 300u);
}

// The option of parser.conf, and links and directories for files.
TEST(ApparmorDifferential, KnowsTheOptionForAll) {
  for (const char* option : {"Complain", " Complain \n", "#Complain", "complain", "Complain x",
                             "write-cache\nComplain\n", "Complain=1", "--Complain", "COMPLAIN",
                             "Compl", "complain # x", "Complain#x", "\tComplain=\n"}) {
    const test::ScratchDirectory scratch = test::directory_in_memory();
    auto tree = std::make_shared<MemoryTree>();
    for (const char* name :
         {"a", ".b", "README", "README.x", "c.orig", "d.new-1_2", "e.rej", "f.pacnew"}) {
      const std::string path = std::string("etc/apparmor.d/") + name;
      const std::string text = std::string("profile x") + name + " (unconfined) {\n}\n";
      scratch.write(path, text);
      tree->file(path, text);
    }
    scratch.write("etc/apparmor/parser.conf", option);
    tree->file("etc/apparmor/parser.conf", option).file("etc/apparmor.d/tunables/global", "");
    scratch.write("etc/apparmor.d/tunables/global", "");
    const auto answer = ask(scratch.path());
    if (!answer) GTEST_SKIP() << "apparmor_parser is not installed";
    std::multiset<Profile> ours;
    const test::FewFacts facts(tree, {"apparmor_profile"}, {"apparmor_profile"});
    for (const auto& row : facts.rows("SELECT name, mode FROM apparmor_profile"))
      ours.insert({*row[0], *row[1]});
    EXPECT_EQ(rendered(ours), rendered(answer->profiles)) << option << answer->errors;
  }
}

// All profiles of the packages that bring some.
TEST(ApparmorDifferential, KnowsThoseOfThePackages) {
  const char* const root = std::getenv("DRYDOCK_APPARMOR_PROFILES");
  if (!root) GTEST_SKIP() << "there are no packages of profiles";
  const test::ScratchDirectory scratch = test::directory_in_memory();
  auto tree = std::make_shared<MemoryTree>();
  namespace fs = std::filesystem;
  for (const char* below : {"etc/apparmor.d", "usr/share/apparmor/extra-profiles"}) {
    const fs::path directory = fs::path(root) / below;
    if (!fs::exists(directory)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      const std::string path =
          "etc/apparmor.d/" + entry.path().lexically_relative(directory).string();
      if (entry.is_directory()) {
        tree->directory(path);
        fs::create_directories(scratch.path() + "/" + path);
      }
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path());
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      scratch.write(path, text);
      tree->file(path, text);
    }
  }
  // As the packages' scripts make them.
  for (const std::string& path : tree->glob("etc/apparmor.d", "*")) {
    const std::string local = "etc/apparmor.d/local/" + path.substr(path.rfind('/') + 1);
    tree->file(local, "");
    scratch.write(local, "");
  }
  tree->file("etc/apparmor/parser.conf", "");
  scratch.write("etc/apparmor/parser.conf", "");
  const auto answer = ask(scratch.path());
  if (!answer) GTEST_SKIP() << "apparmor_parser is not installed";
  std::vector<Profile> ours;
  const test::FewFacts facts(tree, {"apparmor_profile"}, {"apparmor_profile"});
  for (const auto& row : facts.rows("SELECT name, mode, why FROM apparmor_profile")) {
    EXPECT_NE(*row[1], "refused") << *row[0] << " " << *row[2];
    ours.push_back({*row[0], *row[1]});
  }
  std::multiset<Profile> theirs = answer->profiles;
  const std::string wrong = compare(ours, *answer, theirs);
  EXPECT_EQ(wrong + rendered(theirs), "") << answer->errors;
  EXPECT_GT(ours.size(), 150u);
}

}  // namespace
}  // namespace drydock
