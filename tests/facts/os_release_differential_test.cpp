// The same os-release to drydock and to systemd, whose tmpfiles.d(5) has specifiers for four of its fields. A comment
// that ends in a backslash went on with the next line before v254; systemd reads EnvironmentFile= by the same function.
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>

#include "parsers/env_file.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kCases = 240;
constexpr std::array kKeys = {"ID", "VERSION_ID", "VARIANT_ID", "BUILD_ID"};  // %o %w %W %B

std::string value(test::Random& random) {
  std::string out;
  for (int parts = 1 + random.below(3); parts > 0; --parts)
    out += random.pick({"debian",
                        "12",
                        "\"12.4\"",
                        "'a b'",
                        "\"a \\\"b\\\" \\$c\"",
                        "a\\ b",
                        "x y ",
                        "\\\\",
                        "\"\\n\"",
                        "'\\n'",
                        "\"\"",
                        "''",
                        " ",
                        "\t",
                        "#c",
                        " #c",
                        "$HOME",
                        "\"$HOME\"",
                        "`id`",
                        "\"`\"",
                        "\\\n",
                        "\"a\\\nb\"",
                        "'a\\\nb'",
                        ";",
                        "=",
                        "a=b",
                        "\\\"",
                        "\\'",
                        "\xc3\xa9",
                        "\"x\"y",
                        "\"open\nnext\"",
                        "\\t",
                        "\\x41"});
  return out;
}

std::string text(test::Random& random) {
  std::string out;
  for (int lines = 3 + random.below(6); lines > 0; --lines) {
    if (random.one_in(8))
      out +=
          random.pick({"# comment\n", "; ID=3\n", "\n", "  \n", "junk\n", "=x\n", "1D=x\n",
                       "export ID=5\n", "ID\n", "# ID=\"open\n", "I D=4\n", "NAME=\"Debian\"\n"});
    out += random.pick({"", "", "", " ", "\t"});
    out += random.pick({kKeys[0], kKeys[1], kKeys[2], kKeys[3]});
    out += random.pick({"=", "=", "=", "=", " =", "= "}) + value(random);
    out += random.pick({"\n", "\n", "\n", " \n", "\r\n", "\n\n"});
  }
  if (random.one_in(10))
    out += random.pick({"ID=\"open", "ID='", "ID=x\\", "ID", "ID=", "ID=\"a\\"});
  return out;
}

TEST(OsReleaseDifferential, FieldsAreThoseOfSystemd) {
  const test::ScratchDirectory scratch = test::directory_in_memory();
  const std::string conf = scratch.write(
      "fields.conf",
      "f /o 0644 - - - %o\nf /w 0644 - - - %w\nf /W 0644 - - - %W\nf /B 0644 - - - %B\n");
  test::Random random(11);
  std::vector<std::string> cases;
  std::string script;
  for (int i = 0; i < kCases; ++i) {
    cases.push_back(text(random));
    const std::string root = std::to_string(i);
    scratch.write(root + "/etc/os-release", cases.back());
    scratch.write(root + "/etc/passwd", "root:x:0:0::/:/bin/sh\n");
    scratch.write(root + "/etc/group", "root:x:0:\n");
    script += "systemd-tmpfiles --create --root=" + scratch.path() + "/" + root + " " + conf + ";";
  }
  scratch.write("all", script);
  test::ask("unshare -r sh " + scratch.path() + "/all 2>/dev/null");
  int compared = 0, set = 0;
  for (int i = 0; i < kCases; ++i) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/os-release", cases[static_cast<size_t>(i)]);
    const test::FewFacts facts(tree, {"os_release"}, {"os_release"});
    for (size_t k = 0; k < kKeys.size(); ++k) {
      std::ifstream file(scratch.path() + "/" + std::to_string(i) + "/" + "owWB"[k]);
      if (!file) continue;
      const std::string theirs{std::istreambuf_iterator<char>(file), {}};
      const auto rows =
          facts.rows("SELECT value FROM os_release WHERE key = '" + std::string(kKeys[k]) + "'");
      const std::string ours = rows.empty() ? "" : rows[0][0].value_or("");
      ++compared;
      set += !theirs.empty();
      EXPECT_EQ(ours, theirs) << kKeys[k] << " in\n" << cases[static_cast<size_t>(i)];
    }
  }
  if (compared == 0)
    GTEST_SKIP() << "systemd-tmpfiles is not installed, or there are no namespaces";
  EXPECT_GE(compared, 4 * kCases - 100);
  EXPECT_GE(set, compared / 3);
}

// The last assignment of a name, as systemd takes it.
std::string last(const parsers::env_file::File& file, std::string_view name) {
  std::string out;
  for (const auto& one : file.assignments)
    if (one.name == name) out = one.value;
  return out;
}

TEST(OsReleaseDifferential, CommentsGoOnBeforeRelease254) {
  const auto version =
      test::ask("systemctl --version 2>/dev/null | sed -n '1s/systemd \\([0-9]*\\).*/\\1/p'");
  if (!version || version->empty()) GTEST_SKIP() << "systemd is not installed";
  const bool goes_on = std::stoi(*version) < 254;
  const test::ScratchDirectory scratch = test::directory_in_memory();
  const std::string conf = scratch.write("fields.conf", "f /o 0644 - - - %o\nf /w 0644 - - - %w\n");
  test::Random random(254);
  std::vector<std::string> cases = {
      "# a\\\nID=x\n", "# a\\\\\nID=x\n", "# a\\b\nID=x\n", "#\\\n\\\nID=x\nVERSION_ID=y\n",
      "ID=x\n# a\\",   "; a\\\r\nID=x\n", "# a \\ \nID=x\n"};
  while (cases.size() < 200) {
    std::string text;
    for (int n = 2 + random.below(5); n > 0; --n)
      text += random.one_in(2) ? random.pick({"#", ";", " # ", "# c "}) +
                                     random.pick({"", "a", "\\", "\\", "\\\\", "\\\\\\", "x\\",
                                                  "x\\", "\\y", "\\ "}) +
                                     random.pick({"\n", "\n", "\r\n", "\n\n"})
                               : random.pick({"ID=", "VERSION_ID="}) +
                                     random.pick({"a", "b", "\"c\"", "d\\\ne", ""}) + "\n";
    cases.push_back(text);
  }
  std::string script;
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string root = std::to_string(i);
    scratch.write(root + "/etc/os-release", cases[i]);
    scratch.write(root + "/etc/passwd", "root:x:0:0::/:/bin/sh\n");
    scratch.write(root + "/etc/group", "root:x:0:\n");
    script += "systemd-tmpfiles --create --root=" + scratch.path() + "/" + root + " " + conf + ";";
  }
  scratch.write("all", script);
  test::ask("unshare -r sh " + scratch.path() + "/all 2>/dev/null");
  int compared = 0, differ = 0;
  for (size_t i = 0; i < cases.size(); ++i)
    for (const auto& [file_name, key] : {std::pair("o", "ID"), std::pair("w", "VERSION_ID")}) {
      std::ifstream file(scratch.path() + "/" + std::to_string(i) + "/" + file_name);
      if (!file) continue;
      const std::string theirs{std::istreambuf_iterator<char>(file), {}};
      ++compared;
      EXPECT_EQ(last(parsers::env_file::parse(cases[i], goes_on), key), theirs) << key << " in\n"
                                                                                << cases[i];
      differ += last(parsers::env_file::parse(cases[i], !goes_on), key) != theirs;
    }
  if (compared == 0) GTEST_SKIP() << "systemd-tmpfiles cannot be asked in a namespace";
  EXPECT_GT(differ, 15);
}

}  // namespace
}  // namespace drydock
