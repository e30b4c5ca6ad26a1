#include "parsers/key_file.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::key_file {
namespace {

using namespace std::string_literals;

std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Group& g : file.groups) out += "[" + g.name + "] " + test::place(g.span) + "\n";
  for (const Entry& e : file.entries)
    out += e.group + "." + e.key + "=[" + e.value + "] " + test::place(e.span) + "\n";
  return out + test::errors(file.errors);
}

TEST(KeyFileParser, GroupsAndEntries) {
  EXPECT_EQ(parsed("# a\n\n[a]  \n k = v w \r\n  # no\nName[de]=\n[b c]\nk==;\\s\n[a]\nk=2"),
            "[a] 3:1-3:6\n[b c] 7:1-7:6\n[a] 9:1-9:4\n"
            "a.k=[v w ] 4:2-4:10\n"
            "a.Name[de]=[] 6:1-6:10\n"
            "b c.k=[=;\\s] 8:1-8:7\n"
            "a.k=[2] 10:1-10:4\n");
}

// GLib takes nothing of a file with one of these.
TEST(KeyFileParser, RefusesTheWholeFile) {
  EXPECT_EQ(parsed("k=1\n"), "error no-group 1:1-1:4 an entry above the first group (refused)\n");
  EXPECT_EQ(parsed("[a]\nk=1\nword\n; word\n=v\n"),
            "error not-an-entry 3:1-3:5 neither a group nor KEY=VALUE nor a comment (refused)\n"
            "error not-an-entry 4:1-4:7 neither a group nor KEY=VALUE nor a comment (refused)\n"
            "error not-an-entry 5:1-5:3 neither a group nor KEY=VALUE nor a comment (refused)\n");
  EXPECT_EQ(parsed("[]\n[a[b]\n[c] x\n"),
            "error bad-name 1:1-1:3 not a name for a group (refused)\n"
            "error bad-name 2:1-2:6 not a name for a group (refused)\n"
            "error not-an-entry 3:1-3:6 neither a group nor KEY=VALUE nor a comment (refused)\n");
  EXPECT_EQ(parsed("[a]\nk[=1\n]=2\n"),
            "error bad-name 2:1-2:5 not a name for a key (refused)\n"
            "error bad-name 3:1-3:4 not a name for a key (refused)\n");
  EXPECT_EQ(parsed("[a]\0\nk=1\n"s).substr(0, 28), "error nul-byte 1:4-1:5 a NUL");
}

// Each entry has the name of its group: a long one times many entries must not fill the memory.
TEST(KeyFileParser, BoundsTheNamesOfGroupsAndTheLines) {
  const std::string name(255, 'A');
  EXPECT_EQ(parsed("[" + name + "]\nk=1\n"),
            "[" + name + "] 1:1-1:258\n" + name + ".k=[1] 2:1-2:4\n");
  std::string many = "[A" + name + "]\n";
  for (int i = 0; i < 49'999; ++i) many += "k=\n";
  EXPECT_EQ(parsed(many), "error too-long 1:1-1:259 the name of a group is too long (refused)\n");
  EXPECT_EQ(parsed(many.replace(1, 256, "a") + "k=\nk=\n"),
            "error too-many 50001:1-50001:3 too many groups and entries (refused)\n");
}

}  // namespace
}  // namespace drydock::parsers::key_file
