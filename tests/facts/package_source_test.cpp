// Repositories and apt's configuration; that against apt-config itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "parsers/apt_conf.h"
#include "tests/facts/facts.h"
#include "tests/oracle.h"
#include "tests/parsers/render.h"

namespace drydock {
namespace {

std::shared_ptr<MemoryTree> host(std::initializer_list<std::pair<std::string, std::string>> files) {
  auto tree = std::make_shared<MemoryTree>();
  for (const auto& [path, content] : files) tree->file(path, content);
  return tree;
}

constexpr std::string_view kSources =
    "SELECT type, uri, suite, enabled, official, authenticated, signed_by, loc FROM package_source";

TEST(PackageSourceFacts, OneLineStyle) {
  EXPECT_EQ(
      test::facts(host({{"etc/apt/sources.list",
                         "# deb http://no/ x main\n"
                         "deb [arch=amd64,i386 signed-by=/k.gpg] https://deb.debian.org/debian "
                         "bookworm main # c\n"
                         " deb-src cdrom:[Debian 12 - x]/ bookworm main\n"
                         "deb [ trusted=yes ] http://apt.corp/ ./\n"},
                        {"etc/apt/sources.list.d/a b.list", "deb http://no/ x main\n"},
                        {"etc/apt/sources.list.d/c.list",
                         "deb [Allow-Insecure=1] http://debian.org.evil/ x main\n"},
                        {"etc/apt/sources.list.d/d.list.save", "deb http://no/ x main\n"}}),
                  kSources),
      "deb | https://deb.debian.org/debian | bookworm | 1 | 1 | 1 | /k.gpg | "
      "etc/apt/sources.list:2:1\n"
      "deb-src | cdrom:[Debian 12 - x]/ | bookworm | 1 | 0 | 1 | - | etc/apt/sources.list:3:2\n"
      "deb | http://apt.corp/ | ./ | 1 | 0 | 0 | - | etc/apt/sources.list:4:7\n"
      "deb | http://debian.org.evil/ | x | 1 | 0 | 0 | - | etc/apt/sources.list.d/c.list:1:6\n");
}

TEST(PackageSourceFacts, Stanzas) {
  EXPECT_EQ(
      test::facts(host({{"etc/apt/sources.list.d/x.sources",
                         "# c\nTypes: deb\nURIs: http://a/ http://b/\nSuites: s\nComponents: main\n"
                         "Signed-By:\n -----BEGIN PGP-----\n .\n x\n\n"
                         "Types: deb\nURIs: http://c/\nSuites: s t\nTrusted: yes\nEnabled: no\n"}}),
                  kSources),
      "deb | http://a/ | s | 1 | 0 | 1 |  -----BEGIN PGP----- . x | "
      "etc/apt/sources.list.d/x.sources:2:1\n"
      "deb | http://b/ | s | 1 | 0 | 1 |  -----BEGIN PGP----- . x | "
      "etc/apt/sources.list.d/x.sources:2:1\n"
      "deb | http://c/ | s | 0 | 0 | 0 | - | etc/apt/sources.list.d/x.sources:14:1\n"
      "deb | http://c/ | t | 0 | 0 | 0 | - | etc/apt/sources.list.d/x.sources:14:1\n");
}

// apt 2.6: "E: Malformed entry 1 in list file …", "E: The list of sources could not be read."
TEST(PackageSourceFacts, MistakesLeaveTheQuestionOpen) {
  constexpr std::string_view kIssues =
      "SELECT code, loc, effect FROM parse_issue WHERE path <> 'etc/passwd'";
  EXPECT_EQ(test::facts(
                host({{"etc/apt/sources.list",
                       "deb http://a/\nrpm http://a/ x\ndeb [a=b http://a/ x\ndeb nonsense x\n"}}),
                kIssues),
            "malformed-entry | etc/apt/sources.list:1:1 | unknown\n"
            "unknown-type | etc/apt/sources.list:2:1 | unknown\n"
            "malformed-entry | etc/apt/sources.list:3:1 | unknown\n"
            "malformed-entry | etc/apt/sources.list:4:1 | unknown\n");
  EXPECT_EQ(
      test::facts(
          host({{"etc/apt/sources.list.d/a.sources", "Types: deb\nURIs: http://a/\n\nno field\n"}}),
          kIssues),
      "missing-field | etc/apt/sources.list.d/a.sources:1:1 | unknown\n"
      "malformed-field | etc/apt/sources.list.d/a.sources:4:1 | unknown\n");
}

TEST(PackageSourceFacts, TheLastSettingOfAptCounts) {
  const auto tree =
      host({{"etc/apt/apt.conf", "APT::Get::AllowUnauthenticated \"false\";\n"},
            {"etc/apt/apt.conf.d/10a", "apt { get { allowunauthenticated true; }; };\n"},
            {"etc/apt/apt.conf.d/20b.conf", "L:: \"x\";\nL { \"y\"; };\n"},
            {"etc/apt/apt.conf.d/30c.disabled", "No \"1\";\n"},
            {"etc/apt/apt.conf.d/40d", "C::D \"1\";\nC::E \"2\";\n#clear C;\n"}});
  EXPECT_EQ(test::facts(tree, "SELECT name, value, is_true, loc FROM apt_config"),
            "apt::get::allowunauthenticated | false | 0 | etc/apt/apt.conf:1:1\n"
            "l:: | x | 0 | etc/apt/apt.conf.d/20b.conf:1:1\n"
            "l:: | y | 0 | etc/apt/apt.conf.d/20b.conf:2:5\n");
  EXPECT_EQ(test::facts(tree, "SELECT winner, loser, value, reason FROM override"),
            "etc/apt/apt.conf:1:1 | etc/apt/apt.conf.d/10a:1:13 | true | read later\n");
}

TEST(AptConfParser, MistakesHaveTheirPlace) {
  EXPECT_EQ(test::errors(parsers::apt_conf::parse("A \"b\" \"c\";\n}\nD { E \"f\";\n").errors),
            "error unexpected 1:1-1:6 expected ';' after the value (refused)\n"
            "error unexpected 2:1-2:2 a '}' without a block (refused)\n"
            "error unterminated 4:1-4:1 a block is not closed (refused)\n");
  EXPECT_EQ(test::errors(parsers::apt_conf::parse("#include \"x\";\nA \"b").errors),
            "error not-followed 1:1-1:13 an included file is not read (refused)\n"
            "error unterminated 2:3-2:4 a value is not closed (refused)\n"
            "error unterminated 2:1-2:5 expected ';' (refused)\n");
}

// What apt-config(8) says of three hundred generated settings in four files.
TEST(AptConfOracle, AptConfigReadsTheSame) {
  if (!test::ask("apt-config --version")) GTEST_SKIP() << "apt-config is not installed";
  test::ScratchDirectory directory;
  std::mt19937 random(5);
  auto tree = std::make_shared<MemoryTree>();
  const auto pick = [&](std::initializer_list<const char*> list) {
    return std::string(list.begin()[random() % list.size()]);
  };
  const auto name = [&] {
    return "Zz::" + pick({"A", "b", "Cc"}) + "::" + pick({"X", "y", "Zed", "w1"});
  };
  for (const char* file : {"etc/apt/apt.conf.d/10a", "etc/apt/apt.conf.d/20b.conf",
                           "etc/apt/apt.conf.d/05c", "etc/apt/apt.conf"}) {
    std::string text;
    for (int i = 0; i < 75; ++i) {
      const std::string value = pick({"true", "no", "1", "some words", "http://x/?y=z"});
      switch (random() % 6) {
        case 0:
          text += name() + "  \"" + value + "\";" + pick({"", " // c", " # c"}) + "\n";
          break;
        case 1:
          text += "zz { " + pick({"A", "Cc"}) + " {\n  X \"" + value + "\"; y \"2\"; } };\n";
          break;
        case 2:
          text += "/* " + value + " */ " + name() + "\n\"" + value + "\";\n";
          break;
        case 3:
          text += "Zz::List" + pick({"1", "2"}) + "::  \"" + value + "\";\n";
          break;
        case 4:
          text += "Zz::List2 { \"" + value + "\"; \"e\"; };\n";
          break;
        default:
          text += random() % 8 ? name() + " word" + std::to_string(i) + ";\n"
                               : "#clear " + name() + ";\n";
      }
    }
    tree->file(file, text);
  }
  test::write_tree(*tree, directory.path());
  const std::string config = directory.write("config", "Dir \"" + directory.path() + "\";\n");
  const auto said =
      test::ask("APT_CONFIG=" + config + " apt-config dump | grep -i '^zz::' | grep -v '\"\";$'");
  ASSERT_TRUE(said);
  std::vector<std::string> theirs, ours;
  const auto lines = [](const std::string& text, std::vector<std::string>& out) {
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      std::string line = text.substr(at, text.find('\n', at) - at);
      const size_t end = line.find(' ');
      for (size_t i = 0; i < end; ++i) line[i] = static_cast<char>(std::tolower(line[i]));
      out.push_back(line);
    }
    std::ranges::sort(out);
  };
  lines(*said, theirs);
  lines(test::facts(tree, "SELECT name || ' \"' || value || '\";' FROM apt_config"), ours);
  EXPECT_GE(theirs.size(), 40u);
  EXPECT_EQ(ours, theirs);
}

TEST(PackageSourceFacts, Dnf) {
  const auto tree = host({{"etc/dnf/dnf.conf", "[main]\ngpgcheck=1\nsslverify = False\n"},
                          {"etc/yum.conf", "[main]\ngpgcheck=0\n"},
                          {"etc/yum.repos.d/a.repo",
                           "[base]\nname=B\nbaseurl=http://a/\n  http://b/\ngpgkey=file:///k\n\n"
                           "[off]\nmetalink=https://m/\nenabled=0\ngpgcheck=0\nsslverify=1\n"},
                          {"etc/yum.repos.d/b.conf", "[no]\nbaseurl=http://n/\n"}});
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT manager, id, uri, enabled, authenticated, metadata_authenticated, "
                  "signed_by, tls_verified, decided_by, loc FROM package_source"),
      "dnf | base | http://a/ | 1 | 1 | 0 | file:///k | 0 | - | etc/yum.repos.d/a.repo:1:1\n"
      "dnf | off | https://m/ | 0 | 0 | 0 | - | 1 | gpgcheck=0 | etc/yum.repos.d/a.repo:10:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT name, value, is_true, loc, value_loc FROM dnf_config"),
            "gpgcheck | 1 | 1 | etc/dnf/dnf.conf:2:1 | etc/dnf/dnf.conf:2:10\n"
            "sslverify | False | 0 | etc/dnf/dnf.conf:3:1 | etc/dnf/dnf.conf:3:13\n");
  EXPECT_EQ(test::facts(host({{"etc/yum.repos.d/a.repo", "[a]\nbaseurl=http://a/\n"}}),
                        "SELECT authenticated, decided_by, loc FROM package_source"),
            "0 | gpgcheck, which is off unless set | etc/yum.repos.d/a.repo:1:1\n");
  EXPECT_EQ(
      test::facts(host({{"etc/yum.repos.d/a.repo", "x=1\n[a]\nnonsense\n"}}),
                  "SELECT code, loc FROM parse_issue WHERE path <> 'etc/passwd'"),
      "no-section | etc/yum.repos.d/a.repo:1:1\nmissing-equals | etc/yum.repos.d/a.repo:3:1\n");
}

}  // namespace
}  // namespace drydock
