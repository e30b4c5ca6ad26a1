// The parser against findmnt(8), which reads fstab with libmount, and against getmntent(3), on generated files.
#include <gtest/gtest.h>
#include <mntent.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "parsers/fstab.h"
#include "tests/oracle.h"

namespace drydock::parsers::fstab {
namespace {

std::string pick(std::mt19937& random, std::initializer_list<const char*> choices) {
  return choices.begin()[random() % choices.size()];
}

// One file of about ten lines, most of them odd. NUL bytes, and first lines that findmnt takes for
// another kind of table (two numbers), are left out.
std::string generate(std::mt19937& random) {
  std::string out = "/dev/first /first ext4 rw 0 0\n";
  for (int line = 0; line < 10; ++line) {
    const size_t fields = random() % 9;
    out += pick(random, {"", "", "", " ", "\t", "  # "});
    for (size_t field = 0; field < fields; ++field) {
      if (field > 0) out += pick(random, {" ", " ", "\t", "  \t "});
      switch (field) {
        case 0:
          out += pick(random, {"/dev/sda1", "UUID=1-2", "LABEL=a\\040b", "tmpfs", "#x", "h:/d",
                               "UUID=\"q\"", "\"/dev/x"});
          break;
        case 1:
          out += pick(random, {"/", "/x", "none", "/a\\040b", "/t\\011\\134", "/e\\04", "rel",
                               "/trail/", "\\057oct"});
          break;
        case 2:
          out += pick(random, {"ext4", "swap", "none", "auto", "e\\054x"});
          break;
        case 3:
          out += pick(random, {"defaults", "rw,nosuid", ",ro,,x=1,", "a=\"b,c\",d", "rw\\054ro",
                               "user=bob", "#c", "size=1G"});
          break;
        case 4:
        case 5:
          out += pick(random, {"0", "1", "2", "+1", "-1", "x", "1x", "0x1", "#", "1,",
                               "99999999999", "99999999999999999999"});
          break;
        default:
          out += pick(random, {"more", "#c", "0"});
      }
    }
    out += pick(random, {"", "", "", " ", "\t"});
    out += line == 9 ? pick(random, {"\n", ""}) : pick(random, {"\n", "\n", "\n", "\r\n"});
  }
  return out;
}

TEST(FstabOracle, FindmntReadsTheSame) {
  test::ScratchDirectory directory;
  if (!test::ask("findmnt --version")) GTEST_SKIP() << "findmnt is not installed";
  std::mt19937 random(20240817);
  size_t entries = 0, mistakes = 0;
  for (int round = 0; round < 250; ++round) {
    const std::string text = generate(random);
    const std::string path = directory.write("fstab", text);
    const auto answer = test::ask(
        "(findmnt --fstab --json -o SOURCE,TARGET,FSTYPE,OPTIONS,FREQ,PASSNO "
        "--tab-file " +
        path + " 2>" + directory.path() + "/said)");
    ASSERT_TRUE(answer);
    std::string wanted, got;
    const auto json = nlohmann::json::parse(answer->empty() ? "{\"filesystems\":[]}" : *answer);
    for (const auto& fs : json["filesystems"]) {
      auto text_of = [&](const char* key) {
        // findmnt writes every backslash twice, "\x09" for a tab, and JSON's escapes around that.
        return fs[key].is_string() ? fs[key].get<std::string>() : std::string();
      };
      wanted += text_of("source") + "|" + text_of("target") + "|" + text_of("fstype") + "|" +
                text_of("options") + "|" + std::to_string(fs["freq"].get<int>()) + "|" +
                std::to_string(fs["passno"].get<int>()) + "\n";
    }
    for (const Entry& e : parse(text).entries) {
      ++entries;
      got += e.source + "|" + e.target + "|" + e.type + "|" + e.options + "|" +
             std::to_string(e.dump) + "|" + std::to_string(e.pass) + "\n";
    }
    ASSERT_EQ(got, wanted) << "of this file:\n" << text;
    // "findmnt: …/fstab: parse error at line 3 -- ignored", of which --verify says how many there are.
    std::vector<uint32_t> bad, named;
    std::ifstream said(directory.path() + "/said");
    for (std::string line; std::getline(said, line);)
      if (const size_t at = line.find("parse error at line "); at != std::string::npos)
        bad.push_back(static_cast<uint32_t>(std::stoul(line.substr(at + 20))));
    for (const SyntaxError& error : parse(text).errors)
      if (error.code != "extra-field") named.push_back(error.span.line);
    ASSERT_EQ(named, bad) << "of this file:\n" << text;
    mistakes += bad.size();
  }
  EXPECT_GT(entries, 500u);
  EXPECT_GT(mistakes, 500u);
}

// getmntent(3), with which systemd-fstab-generator(8) reads fstab, on the same files.
TEST(FstabOracle, GetmntentReadsTheSame) {
  test::ScratchDirectory directory;
  std::mt19937 random(20240817);
  size_t entries = 0;
  for (int round = 0; round < 250; ++round) {
    std::string text = generate(random);
    if (round % 10 == 0)
      text += "/dev/long /long ext4 x=" + std::string(4060 + random() % 20, 'x') +
              ",ro 1 2\nlast\t/last\\\\ x\n";
    // Without a line end behind it glibc leaves old numbers in a line that ends in blanks.
    if (!text.ends_with('\n')) text += '\n';
    // getmntent(3) keeps it, and systemd takes it off when it reads the unit.
    std::erase(text, '\r');
    FILE* file = setmntent(directory.write("fstab", text).c_str(), "r");
    ASSERT_NE(file, nullptr);
    std::string wanted, got;
    while (const mntent* e = getmntent(file))
      if (*e->mnt_dir)  // of a line of one word nothing can be made
        wanted += std::string(e->mnt_fsname) + "|" + e->mnt_dir + "|" + e->mnt_type + "|" +
                  e->mnt_opts + "|" + std::to_string(e->mnt_freq) + "|" +
                  std::to_string(e->mnt_passno) + "\n";
    endmntent(file);
    for (const Entry& e : parse(text, Reader::libc).entries) {
      ++entries;
      got += e.source + "|" + e.target + "|" + e.type + "|" + e.options + "|" +
             std::to_string(e.dump) + "|" + std::to_string(e.pass) + "\n";
    }
    ASSERT_EQ(got, wanted) << "of this file:\n" << text;
  }
  EXPECT_GT(entries, 1000u);
}

}  // namespace
}  // namespace drydock::parsers::fstab
