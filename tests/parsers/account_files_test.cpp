#include "parsers/account_files.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::account_files {
namespace {

using namespace std::string_literals;

template <class Record, class Write>
std::string render(const File<Record>& file, Write write) {
  std::string out;
  for (const Record& record : file.records)
    out += test::place(record.span) + " " + write(record) + "\n";
  for (const Nis& nis : file.nis) out += "nis " + test::place(nis.span) + " " + nis.text + "\n";
  return out + test::errors(file.errors);
}

std::string passwd(std::string_view text) {
  return render(parse_passwd(text), [](const User& u) {
    return u.name + " [" + u.password + "] " + std::to_string(u.uid) + " at " +
           test::place(u.uid_span) + " " + std::to_string(u.gid) + " [" + u.gecos + "] [" + u.home +
           "] [" + u.shell + "]";
  });
}

std::string shadow(std::string_view text) {
  auto days = [](const std::optional<int64_t>& d) { return d ? " " + std::to_string(*d) : " -"; };
  return render(parse_shadow(text), [&](const Shadow& s) {
    return s.name + " [" + s.password + "] at " + test::place(s.password_span) +
           days(s.last_change) + days(s.minimum) + days(s.maximum) + days(s.warning) +
           days(s.inactive) + days(s.expire);
  });
}

std::string list(const std::vector<Member>& members) {
  std::string out;
  for (const Member& m : members) out += " " + m.name + " at " + test::place(m.span);
  return out;
}

std::string group(std::string_view text) {
  return render(parse_group(text), [](const Group& g) {
    return g.name + " [" + g.password + "] " + std::to_string(g.gid) + list(g.members);
  });
}

std::string gshadow(std::string_view text) {
  return render(parse_gshadow(text), [](const GroupShadow& g) {
    return g.name + " [" + g.password + "] admins" + list(g.administrators) + " members" +
           list(g.members);
  });
}

std::string subid(std::string_view text) {
  return render(parse_subid(text), [](const Range& r) {
    return r.owner + " " + std::to_string(r.start) + " " + std::to_string(r.count);
  });
}

TEST(PasswdParser, ReadsSevenFieldsWithTheirPlaces) {
  EXPECT_EQ(passwd("root:x:0:0:root:/root:/bin/bash\n# c\n\n  toor::0:1:::\n"),
            "1:1-1:32 root [x] 0 at 1:8-1:9 0 [root] [/root] [/bin/bash]\n"
            "4:3-4:15 toor [] 0 at 4:9-4:10 1 [] [] []\n");
}

// passwd(5), "+" and "-" entries of nsswitch.conf(5)'s compat.
TEST(PasswdParser, KeepsNisLinesApart) {
  EXPECT_EQ(passwd("+::::::\n-mallory\n+@admins::0:0:::\n"),
            "nis 1:1-1:8 +\nnis 2:1-2:9 -mallory\nnis 3:1-3:17 +@admins\n");
}

TEST(PasswdParser, KeepsWhatGlibcKeepsAndSkipsWhatItSkips) {
  EXPECT_EQ(
      passwd("a:x:1:2\nb:x:1\nc:x:one:2:::\nd:x::2:::\n:x:1:1:::\ne:x:1:2:::/bin/a:b\n"
             "f:x:-1:2:::\n"),
      "1:1-1:8 a [x] 1 at 1:5-1:6 2 [] [] []\n"
      "6:1-6:19 e [x] 1 at 6:5-6:6 2 [] [] [/bin/a:b]\n"
      "error field-count 1:1-1:8 expected 7 fields, found 4 (ignored)\n"
      "error missing-field 2:1-2:6 the line ends before the group id and is skipped (ignored)\n"
      "error bad-number 3:5-3:8 the user id is no valid number, so the line is skipped (ignored)\n"
      "error bad-number 4:5-4:5 the user id is no valid number, so the line is skipped (ignored)\n"
      "error empty-name 5:1-5:10 nothing before the first colon (ignored)\n"
      "error field-count 6:1-6:19 expected 7 fields, found 8 (ignored)\n"
      "error bad-number 7:5-7:7 the user id is no valid number, so the line is skipped "
      "(ignored)\n");
}

// Each of these was tried with getent(1) of glibc 2.36.
TEST(PasswdParser, NumbersAreThoseOfGlibc) {
  EXPECT_EQ(
      passwd("a:x:+7: 8:::\nb:x:4294967295:0:::\nc:x:4294967296:0:::\nd:x:5 :6:::\ne:x:0x5:6:::\n"),
      "1:1-1:13 a [x] 7 at 1:5-1:7 8 [] [] []\n"
      "2:1-2:20 b [x] 4294967295 at 2:5-2:15 0 [] [] []\n"
      "error bad-number 3:5-3:15 the user id is no valid number, so the line is skipped (ignored)\n"
      "error bad-number 4:5-4:7 the user id is no valid number, so the line is skipped (ignored)\n"
      "error bad-number 5:5-5:8 the user id is no valid number, so the line is skipped "
      "(ignored)\n");
}

TEST(PasswdParser, TakesCrlfNulAndAMissingLastLineEnd) {
  EXPECT_EQ(passwd("a:x:1:1:::/bin/sh\r\nb\0:x:1:1:::\nc:x:2:2:g:/h:/s"s),
            "1:1-1:18 a [x] 1 at 1:5-1:6 1 [] [] [/bin/sh]\n"
            "3:1-3:16 c [x] 2 at 3:5-3:6 2 [g] [/h] [/s]\n"
            "error nul-byte 2:1-2:12 a NUL byte in the line (ignored)\n");
}

TEST(ShadowParser, ReadsNineFields) {
  EXPECT_EQ(shadow("root:$y$j9T$a$b:19000:0:99999:7:30:20000:\nbin:*:0::::::\n"),
            "1:1-1:42 root [$y$j9T$a$b] at 1:6-1:16 19000 0 99999 7 30 20000\n"
            "2:1-2:14 bin [*] at 2:5-2:6 0 - - - - -\n");
}

// Each of these was tried with getent(1) of glibc 2.36, which prints a to e only.
TEST(ShadowParser, ShortLongOrMalformedLinesAreNoEntries) {
  auto names = [](std::string_view text) {
    std::string out;
    for (const Shadow& s : parse_shadow(text).records) out += s.name;
    return out;
  };
  EXPECT_EQ(names("a:!:1:0:9\nb:*::::\nc:*:1:2:3:4:5:6\nd:*:+5: 0:9:7:::\ne::::::::\n"), "abcde");
  EXPECT_EQ(names("f:*\ng:*:1\nh:*:::\ni:*:1:2:3:4\nj:*:1:2:3:4:5\nk:*:1:2:3:4:5:\n"), "");
  EXPECT_EQ(names("l:*:-1:0:9:7:::\nm:*:x::::::\nn:*:::::::::\no:*:1:2:3:4:5:6:x\n"), "");
  EXPECT_EQ(
      shadow("f:*:1\nm:*:x::::::\nn:*::::::::\n"),
      "error missing-field 1:1-1:6 expected 9 fields, found 3, so the line is skipped (ignored)\n"
      "error bad-number 2:5-2:6 the date of the last change is no valid number, so the line is "
      "skipped (ignored)\n"
      "error extra-field 3:1-3:12 expected 9 fields, found 10, so the line is skipped (ignored)\n");
}

TEST(GroupParser, ReadsMembersWithTheirPlaces) {
  EXPECT_EQ(group("docker:x:998:ci, alice,,bob\nempty:x:5:\n+:::\n"),
            "1:1-1:28 docker [x] 998 ci at 1:14-1:16 alice at 1:18-1:23 bob at 1:25-1:28\n"
            "2:1-2:11 empty [x] 5\n"
            "nis 3:1-3:5 +\n");
}

TEST(GshadowParser, ReadsAdministratorsAndMembers) {
  EXPECT_EQ(
      gshadow("docker:!:boss:ci,eve\nshort:!\n"),
      "1:1-1:21 docker [!] admins boss at 1:10-1:14 members ci at 1:15-1:17 eve at 1:18-1:21\n"
      "2:1-2:8 short [!] admins members\n"
      "error field-count 2:1-2:8 expected 4 fields, found 2 (ignored)\n");
}

TEST(SubidParser, ReadsRanges) {
  EXPECT_EQ(
      subid("dockremap:100000:65536\n1000:1:x\nci:5\n"),
      "1:1-1:23 dockremap 100000 65536\n"
      "error bad-number 2:8-2:9 the count is no valid number, so the line is skipped (ignored)\n"
      "error missing-field 3:1-3:5 the line ends before the count and is skipped (ignored)\n");
}

// libsubid: numbers of C, and what is behind the third field is not looked at.
TEST(SubidParser, TakesWhatLibsubidTakes) {
  EXPECT_EQ(
      subid("ann:0x186a0:0200000:x\n bob:1:2\nci:5:6\r\n"),
      "1:1-1:22 ann 100000 65536\n"
      "2:2-2:9  bob 1 2\n"
      "error bad-number 3:6-3:7 the count is no valid number, so the line is skipped (ignored)\n");
}

// crypt(5) for the methods, shadow(5) and passwd(1) -S for the states.
TEST(PasswordField, IsClassifiedWithoutKeepingIt) {
  auto of = [](std::string_view field) {
    const PasswordClass c = classify_password(field);
    const std::string state[] = {"empty", "locked", "none", "set"};
    return state[static_cast<int>(c.state)] + (c.method.empty() ? "" : " " + std::string(c.method));
  };
  EXPECT_EQ(of(""), "empty");
  EXPECT_EQ(of("!"), "locked");
  EXPECT_EQ(of("!!"), "locked");
  EXPECT_EQ(of("!*"), "locked");
  EXPECT_EQ(of("*"), "none");
  EXPECT_EQ(of("*LK*"), "none");
  EXPECT_EQ(of("x"), "none");
  EXPECT_EQ(of("$y$j9T$salt$hash"), "set yescrypt");
  EXPECT_EQ(of("$6$salt$hash"), "set sha512crypt");
  EXPECT_EQ(of("!$6$salt$hash"), "locked sha512crypt");
  EXPECT_EQ(of("$5$rounds=5000$s$h"), "set sha256crypt");
  EXPECT_EQ(of("$1$s$h"), "set md5crypt");
  EXPECT_EQ(of("$2b$12$abc"), "set bcrypt");
  EXPECT_EQ(of("$sha1$40000$s$h"), "set sha1crypt");
  EXPECT_EQ(of("ab01CDEFghijk"), "set descrypt");
  EXPECT_EQ(of("_J9..rasmBYk8r9AiWNc"), "set bsdicrypt");
  EXPECT_EQ(of("$6$"), "none");
}

}  // namespace
}  // namespace drydock::parsers::account_files
