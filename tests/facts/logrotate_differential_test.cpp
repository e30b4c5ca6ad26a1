// The same files to drydock and to logrotate(8) -d: when does it rotate the logs of a block, and how many does it
// keep, by what stands outside the blocks above it?
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <utility>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

struct Case {
  std::string text;  // "@N" is a block that logrotate is asked for, "%" the included directory
  std::string in_a, in_b;  // its files
};

class Generator {
 public:
  Case next() {
    Case out;
    out.text = file(true);
    if (random_.one_in(2)) out.in_a = file(false);
    if (random_.one_in(2)) out.in_b = file(false);
    return out;
  }

 private:
  std::string option() {
    switch (random_.below(9)) {
      case 0:
        return "rotate" + random_.pick({" 4", "=5", " = 6 ", "\t7", " 0x8", " 010", " +9"});
      case 1:
        return "size" + random_.pick({" 10k", "=1M", " 5", " 2G"});
      case 2:
        return "weekly" + random_.pick({"", " ", " 3", "  07"});
      case 3:
        return random_.pick({"compress",
                             "missingok",
                             "create",
                             "create 0640",
                             "dateext",
                             "maxage 30",
                             "minsize 10k",
                             "maxsize 1M",
                             "nodateext",
                             "tabooext + .x",
                             "tabooext .x,.bak",
                             "taboopat + *.x",
                             "taboopat = e*, f*",
                             "tabooext +.swp .x , ~",
                             "tabooext +\t.x",
                             "taboopat .*",
                             "taboopat + [cd].*",
                             "tabooext ~",
                             "notifempty",
                             "sharedscripts",
                             "dateformat -%Y # x"});
      default:
        return random_.pick({"daily", "monthly", "yearly", "hourly", "weekly"});
    }
  }
  std::string mistake() {
    return random_.pick({"Weekly",
                         "foo",
                         "foo daily",
                         "weekly # x",
                         "weekly daily",
                         "weekly 8",
                         "daily 3",
                         "daily=3",
                         "daily}",
                         "rotate x",
                         "rotate",
                         "rotate 5 # x",
                         "size 10kb",
                         "size 10 k",
                         "size -1",
                         "9",
                         "{",
                         "tabooext",
                         "maxage x",
                         "compress=3",
                         "no-compress",
                         "endscript",
                         "su",
                         "mail a b",
                         "weekly=3",
                         "size k",
                         "daily monthly",
                         "daily # weekly",
                         "monthly x",
                         "start 08"});
  }
  std::string lines(int n) {
    std::string out;
    for (; n > 0; --n) {
      if (random_.one_in(6)) out += random_.pick({"# daily\n", "\n", " # }\n", "  \t\n", "#{\n"});
      out += random_.pick({"", "", " ", "\t"});
      out += random_.one_in(12) ? mistake() : option();
      out += random_.pick({"\n", "\n", "\n", " \n", "\r\n", "\f\n"});
    }
    return out;
  }
  std::string block() {
    const std::string n = std::to_string(++blocks_);  // no file in two of them
    std::string out = random_.pick({"/a", "~/a", "/a#x", "/a /b\n/c"});
    out = random_.one_in(3) ? "\"/x y" + n + "\" '/z" + n + "'" : out;
    for (size_t at = 0; (at = out.find_first_of(" \n", at)) != out.npos && out[0] != '"';)
      out.insert(std::exchange(at, at + n.size() + 1), n);
    out += n + random_.pick({" {\n", "{\n", "\n{\n", " { "});
    out += lines(random_.below(3));
    if (random_.one_in(3))
      out += random_.pick({"postrotate", "prerotate", " firstaction", "lastaction x"}) + "\n" +
             random_.pick({"f() { x\n }\n", "}\n", "daily\n", "{\n", "# endscript\nyearly\n"}) +
             random_.pick({"endscript", "  endscript", "endscript monthly"}) + "\n";
    out += lines(random_.below(2));
    return out + random_.pick({"}\n", "}\n", " }\n", "} \n", "} # x\n", "} daily\n"});
  }
  std::string file(bool is_main) {
    std::string out;
    for (int n = 1 + random_.below(4); n > 0; --n) {
      out += lines(random_.below(3));
      if (random_.one_in(3)) out += block();
      if (is_main)
        out += random_.one_in(2)
                   ? "@" + std::to_string(n) + "\n"
                   : "/probe/" + std::to_string(n) + " {\n" + lines(random_.below(3)) + "}\n";
    }
    if (is_main && random_.one_in(2)) out += "include %\n" + lines(random_.below(2)) + "@0\n";
    if (random_.one_in(60)) out += random_.pick({"}\n", "/end\n", "postrotate\nx\n"});
    return out;
  }

  test::Random random_{11};
  int blocks_ = 0;
};

const std::vector<Case>& by_hand() {
  static const std::vector<Case> kCases = {
      {"weekly\n/a {\npostrotate\nx() { foo\n }\nendscript\nmonthly\n}\n@0\n", "", ""},
      {"weekly\n/a {\n rotate x\n postrotate\n}\nendscript\n daily\n }\nyearly\n@0\n", "", ""},
      {"monthly\n/a { daily }\n@0\n", "", ""},
      {"monthly\n/a\nweekly\n{ daily }\n@0\n", "", ""},
      {"@0\nmonthly\n@1\ndaily\n@2", "", ""},
      {"daily\ninclude %\n@0\n", "monthly\n", "yearly\nrotate x\n"},
      {"daily\ninclude %\n@0\n", "monthly\n", "yearly\n"},
      {"daily\ninclude /nowhere\n@0\n", "", ""},
      {"daily\n@0\n}\n", "", ""},
      {"weekly\n/a\n", "", ""},
      {"prerotate\nfoo\nweekly\n@0\n", "", ""},
      {"monthly\n/a {\r\n daily\r\n}\n@0\n", "", ""},
      {"\vweekly\n@0\n", "", ""},
      {"weekly\\\n@0\n", "", ""},
      {"/a {\n9}\nyearly\n}\nweekly\n@0\n", "", ""},
      {"weekly\ninclude %\n@0\n", "daily\n/a {\nrotate x\n}\nmonthly\n", ""},
      {"weekly\ninclude %\n@0\n", "daily\n/a {\ntabooext + .y\n}\nmonthly\n", ""},
      {"weekly\n@0\nmonthly\nrotate x\nyearly\n@1\n", "", ""},
      {"weekly\n/probe/0 {\ndaily\nrotate 3\n}\n@1\n", "", ""},
      {"daily\n/probe/0 {\nsize 3k\nmonthly\n}\n@1\n", "", ""},
      {"/probe/0 { weekly\nrotate 3 }\n@1\n", "", ""},
      {"tabooext .x\ninclude %\n@0\n", "", ""},
      {"tabooext + .x\ninclude %\n@0\n", "", ""},
      {"taboopat + [a-d]*\ninclude %\n@0\n", "daily\n", "weekly\n"},
      {"taboopat *\ninclude %\n@0\n", "daily\n", ""},
      {"taboopat .*\ntabooext + .x, .swp ~\ninclude %\n@0\n", "daily\n", ""},
      {"include %\n@0\ninclude %\n@1\n", "tabooext + .x .bak\n", "rotate x\n"},
  };
  return kCases;
}

std::string replaced(std::string text, const std::string& directory) {
  for (size_t at = 0; (at = text.find('@', at)) != std::string::npos;)
    text.replace(at, 2, std::string("/probe/") + text[at + 1] + " {\n}");
  if (const size_t at = text.find('%'); at != std::string::npos && text.find("include %") + 8 == at)
    text.replace(at, 1, directory);
  return text;
}

// "monthly (4 rotations)" of "rotating pattern: /probe/1  monthly (4 rotations)", by the block.
std::map<char, std::string> answers(const std::string& said) {
  std::map<char, std::string> out;
  constexpr std::string_view kBegin = "rotating pattern: /probe/";
  for (size_t at = 0; (at = said.find(kBegin, at)) != std::string::npos;) {
    at += kBegin.size();
    out[said[at]] = said.substr(at + 3, said.find('\n', at) - at - 3);
  }
  return out;
}

// The same of a row: frequency, size, rotate.
std::string expected(const facts::Store::Row& row) {
  const std::string frequency = row[1].value_or(""), size = row[2].value_or("");
  std::string when = "1048576 bytes ";
  if (frequency == "daily")
    when = "after 1 days ";
  else if (frequency == "size") {
    const char unit = size.back();
    const long n = std::atol(size.c_str());
    when = std::to_string(unit == 'k'   ? n << 10
                          : unit == 'M' ? n << 20
                          : unit == 'G' ? n << 30
                                        : n) +
           " bytes ";
  } else if (!frequency.empty()) {
    when = frequency + " ";
  }
  const long keep = std::strtol(row[3].value_or("0").c_str(), nullptr, 0);
  return when +
         (keep == 0 ? "(no old logs will be kept)" : "(" + std::to_string(keep) + " rotations)");
}

// Beside "a" and "b" in the included directory: each that is read leaves its number.
constexpr std::pair<const char*, const char*> kOthers[] = {
    {".h", "rotate 31\n"},  {".h.swp", "rotate 36\n"}, {"c.bak", "hourly\nrotate 35\n"},
    {"d.x", "rotate 32\n"}, {"e.swp", "rotate 33\n"},  {"f~", "rotate 34\n"},
    {"G.x", "rotate 37\n"}};

TEST(LogrotateDifferential, RotatesWhenWeSay) {
  const char* const set = std::getenv("DRYDOCK_LOGROTATE");
  std::vector<Case> cases = by_hand();
  for (Generator generator; cases.size() < 350;) cases.push_back(generator.next());
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (size_t i = 0; i < cases.size(); ++i) {
    Case& one = cases[i];
    const std::string name = std::to_string(i);
    one.text = replaced(one.text, scratch.path() + "/" + name + ".d");
    scratch.write(name, one.text);
    scratch.write(name + ".d/a", one.in_a);
    scratch.write(name + ".d/b", one.in_b);
    for (const auto& [other, text] : kOthers) scratch.write(name + ".d/" + other, text);
  }
  const auto said =
      test::ask("cd " + scratch.path() + " && chmod -R go-w . && for i in $(seq 0 " +
                std::to_string(cases.size() - 1) + "); do " + (set ? set : "logrotate") +
                " -d -s none $i 2>&1; echo; echo == end; done");
  if (!said || said->find("rotating pattern") == std::string::npos)
    GTEST_SKIP() << "logrotate is not installed";
  size_t at = 0, refused = 0, probes = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const size_t end = said->find("\n== end\n", at);
    ASSERT_NE(end, std::string::npos);
    const std::string theirs = said->substr(at, end - at);
    at = end + 8;
    const Case& one = cases[i];
    const std::string directory = (scratch.path() + "/" + std::to_string(i) + ".d").substr(1);
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/logrotate.conf", one.text)
        .file(directory + "/a", one.in_a)
        .file(directory + "/b", one.in_b);
    for (const auto& [other, text] : kOthers) tree->file(directory + "/" + other, text);
    const test::FewFacts facts(tree, {"setting", "logrotate"}, {"setting", "logrotate_log"});
    const auto rows = facts.rows(
        "SELECT logs, frequency, size, rotate FROM logrotate_log WHERE logs GLOB '/probe/?'");
    const auto refusal = facts.rows(
        "SELECT l.line FROM parse_issue AS p JOIN location AS l ON l.loc = p.loc WHERE p.effect = "
        "'unknown' AND l.path = 'etc/logrotate.conf'");
    const std::string about = "== " + std::to_string(i) + "\n" + one.text + "== a\n" + one.in_a +
                              "== b\n" + one.in_b + "== logrotate\n" + theirs;
    const std::map<char, std::string> by_block = answers(theirs);
    std::map<char, std::string> ours;
    for (const auto& row : rows) ours[row[0]->back()] = expected(row);
    ASSERT_EQ(testing::PrintToString(ours), testing::PrintToString(by_block)) << about;
    refused += !refusal.empty();
    probes += ours.size();
  }
  EXPECT_GT(refused, 40u);
  EXPECT_LT(refused, 200u);
  EXPECT_GT(probes, 300u);
}

}  // namespace
}  // namespace drydock
