// The same lists to drydock and to pam_access.so, which lets users in or not.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/pam_host.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

using Files = std::map<std::string, std::string>;

// Names of services stand for where somebody comes from, as there is neither a host nor a terminal.
constexpr const char* kServices[] = {"here", "far.off"};
const std::map<std::string, std::vector<std::string>> kUsers = {
    {"root", {"root"}}, {"ann", {"ann", "users", "dev"}}, {"bob", {"bob", "dev"}}};

std::string line(test::Random& random, const std::string& fields, const std::string& lists) {
  if (random.one_in(15))
    return random.pick({"# + : ALL : ALL\n", "\n", "  \n", "+:ann\n", "*:ann:ALL\n", "+::ALL\n",
                        " # x:y:z\n", "-:ALL:ALL # all\n", "+ : ALL EXCEPT : ALL\n", "x\n"});
  if (random.one_in(40))
    return std::string(random.one_in(2) ? "#" : "+:ann:ALL") +
           std::string(8175 + static_cast<size_t>(random.below(18)), random.one_in(2) ? ' ' : ':') +
           random.pick({"-:ALL:ALL\n", "+:ALL:ALL\n"});
  const auto list = [&](bool users) {
    std::string out;
    for (int i = random.below(3); i >= 0; --i) {
      if (!out.empty()) out += lists;
      out += users ? random.pick({"ALL", "ann", "bob", "root", "(dev)", "(users)", "dev", "users",
                                  "EXCEPT", "nobody", "all", "Ann", "except"})
                   : random.pick({"ALL", "ALL", "LOCAL", "here", "far.off", "EXCEPT", "there",
                                  "10.0.0.0/8", ".off"});
    }
    return out;
  };
  const std::string space = random.pick({"", "", " ", "\t"});
  return random.pick({"+", "-", "+", "-", "-x", " +", "*"}) + space + fields + space + list(true) +
         space + fields + space + list(false) +
         random.pick({"\n", "\n", "\n", " \n", "\r\n", " # why\n"});
}

Files generated(unsigned seed) {
  test::Random random(seed);
  Files out;
  std::string arguments, fields = ":", lists = " ";
  if (random.one_in(4)) fields = random.pick({"|", ";", "|"});
  if (random.one_in(4)) lists = random.pick({",", ";", ",", "/"});
  if (fields != ":") arguments += " fieldsep=" + fields;
  if (lists == ";" || lists == "/") arguments += " listsep=" + lists;
  if (random.one_in(3))
    arguments += random.pick(
        {" accessfile=/etc/own", " accessfile=/etc/own",
         " accessfile=/etc/none accessfile=/etc/own", " accessfile=/etc/own accessfile=/etc/none",
         " accessfile=/etc/security/access.conf", " accessfile=/etc/security", " accessfile="});
  if (random.one_in(3))
    arguments += random.pick({" nodefgroup", " noaudit", " nosuch", " fieldsep="});
  for (const char* file : {"security/access.conf", "security/access.d/b.conf",
                           "security/access.d/a.conf", "security/access.d/a", "own"}) {
    std::string& text = out[file];
    for (int i = random.below(4); i > 0; --i) text += line(random, fields, lists);
    if (random.one_in(12) && !text.empty()) text.pop_back();
  }
  for (const char* service : kServices)
    out["pam.d/" + std::string(service)] = "account required pam_access.so" + arguments + "\n";
  return out;
}

// Does a list of an entry match? EXCEPT turns around what is behind it.
template <class Match>
bool matches(const std::vector<std::string>& words, size_t at, const Match& match) {
  bool found = false;
  const auto upper = [](std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
  };
  for (; at < words.size() && upper(words[at]) != "EXCEPT"; ++at)
    found = found || match(words[at], upper(words[at]));
  return found && (at >= words.size() || !matches(words, at + 1, match));
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

TEST(AccessDifferential, LetsInWhomPamAccessLetsIn) {
  std::vector<Files> cases;
  for (unsigned seed = 1; seed <= 320; ++seed) cases.push_back(generated(seed));
  cases[0] = {{"security/access.conf", "-:ann:ALL\n"}};
  for (const char* service : kServices)
    cases[0]["pam.d/" + std::string(service)] = "account required pam_access.so\n";
  test::PamHost host(
      {{"passwd", "root:x:0:0::/:/bin/sh\nann:x:1000:1000::/:/bin/sh\nbob:x:1001:50::/:/bin/sh\n"},
       {"group", "root:x:0:\nann:x:1000:\nusers:x:100:ann\ndev:x:50:ann\n"},
       {"nsswitch.conf", "passwd: files\ngroup: files\nnetgroup: files\n"},
       {"pam.d/other", "auth required pam_deny.so\n"}});
  for (const Files& files : cases) {
    host.host(files);
    for (const char* service : kServices)
      for (const auto& [user, names] : kUsers) host.command({"account", service, user});
  }
  const auto answers = host.ask();
  if (!answers || answers->size() < 2 || answers->front().code != 6 || answers->at(1).code != 0)
    GTEST_SKIP()
        << "pam_access.so cannot be asked in a mount namespace here (Debian packages: libpam0g, "
           "libpam-modules)";
  ASSERT_EQ(answers->size(), cases.size() * 6);
  size_t at = 0;
  int refused = 0, allowed = 0, aborted = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    auto tree = std::make_shared<MemoryTree>();
    std::string about;
    for (const auto& [file, text] : cases[i]) {
      tree->file("etc/" + file, text);
      about += file + ":\n" +
               (text.size() > 600 ? text.substr(0, 200) + " … " + std::to_string(text.size()) +
                                        " … " + text.substr(text.size() - 100)
                                  : text) +
               "\n";
    }
    const test::FewFacts facts(tree, {}, {"access_entry", "pam_file"});
    const auto rows = facts.rows(
        "SELECT allows, users, origins FROM access_entry WHERE services IS NOT NULL ORDER BY "
        "position");
    const bool fails =
        !facts.rows("SELECT 1 FROM pam_file WHERE fails AND state = 'absent'").empty();
    const bool only_brackets = about.find("nodefgroup") != std::string::npos;
    for (const std::string service : kServices)
      for (const auto& [name, names] : kUsers) {
        int ours = fails ? 26 : 0;
        for (const auto& row : rows) {
          if (fails) break;
          const std::string& user = name;
          const std::vector<std::string>& groups = names;
          const bool is_meant =
              matches(words_of(*row[1]), 0, [&](const std::string& word, const std::string& upper) {
                const bool is_group = word.starts_with('(') && word.ends_with(')');
                if (is_group)
                  return std::ranges::find(groups.begin() + 1, groups.end(),
                                           word.substr(1, word.size() - 2)) != groups.end();
                if (upper == "ALL") return true;
                const auto lower = [](std::string text) {
                  for (char& c : text)
                    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
                  return text;
                };
                return lower(word) == user ||
                       (!only_brackets &&
                        std::ranges::find(groups.begin() + 1, groups.end(), word) != groups.end());
              });
          const bool is_from =
              matches(words_of(*row[2]), 0, [&](const std::string& word, const std::string& upper) {
                if (upper == "ALL") return true;
                if (upper == "LOCAL") return true;
                return word == service;
              });
          if (!is_meant || !is_from) continue;
          ours = *row[0] == "1" ? 0 : 6;
          break;
        }
        const int theirs = (*answers)[at++].code;
        EXPECT_EQ(ours, theirs) << i << " " << name << " " << service << "\n"
                                << about << facts.text("SELECT * FROM access_entry");
        refused += theirs == 6;
        allowed += theirs == 0;
        aborted += theirs == 26;
      }
  }
  EXPECT_GE(refused, 250);
  EXPECT_GE(allowed, 500);
  EXPECT_GE(aborted, 30);
}

}  // namespace
}  // namespace drydock
