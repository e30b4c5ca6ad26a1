#include "parsers/pam_conf.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::pam_conf {
namespace {

// A line an entry: place, kind, type, success/auth_err/ignore actions, target and arguments.
std::string parsed(std::string_view text, bool has_service = false) {
  const File file = parse(text, has_service);
  constexpr std::string_view kKinds[] = {"module", "include", "substack", "@include", "fails"};
  std::string out;
  for (const Line& line : file.lines) {
    const auto action = [&](Answer answer) {
      return std::to_string(line.actions[static_cast<size_t>(answer)]);
    };
    out += test::place(line.span) + " " + std::string(kKinds[static_cast<size_t>(line.kind)]);
    if (has_service) out += " of " + line.service;
    if (line.type) out += " " + std::string(name(*line.type));
    out += " " + action(Answer::success) + "/" + action(Answer::auth_err) + "/" +
           action(Answer::ignore) + (line.is_silent ? " silent" : "") + " [" + line.target +
           "] at " + test::place(line.target_span);
    for (const Argument& argument : line.arguments)
      out += " " + argument.text + " at " + test::place(argument.span);
    out += "\n";
  }
  return out + test::errors(file.errors) + (file.is_void ? "void\n" : "");
}

TEST(PamConfParser, ReadsModulesWithTheirControls) {
  EXPECT_EQ(parsed("auth\t[success=1 default=ignore]\tpam_unix.so nullok\n"
                   "-session optional pam_systemd.so # not everywhere\n"),
            "1:1-1:51 module auth 1/0/0 [pam_unix.so] at 1:33-1:44 nullok at 1:45-1:51\n"
            "2:1-2:33 module session -1/0/0 silent [pam_systemd.so] at 2:19-2:33\n");
}

// pam.conf(5): a backslash at the end of the line; the places are those of the file.
TEST(PamConfParser, KnowsThePlacesBehindAContinuation) {
  EXPECT_EQ(parsed("password required \\\n# why\n  pam_pwquality.so \\  \n\n minlen=14 [a b]\n"),
            "1:1-5:17 module password -1/-3/0 [pam_pwquality.so] at 3:3-3:19 "
            "minlen=14 at 5:2-5:11 a b at 5:12-5:17\n");
}

TEST(PamConfParser, ReadsTheThreeIncludes) {
  EXPECT_EQ(parsed("@include common-auth\nauth substack system-auth\naccount INCLUDE /x/y\n"),
            "1:1-1:21 @include -3/-3/-3 [common-auth] at 1:10-1:21\n"
            "2:1-2:26 substack auth -3/-3/-3 [system-auth] at 2:15-2:26\n"
            "3:1-3:21 include account -3/-3/-3 [/x/y] at 3:17-3:21\n");
}

TEST(PamConfParser, PamConfNamesTheServiceFirst) {
  EXPECT_EQ(parsed("login auth required pam_unix.so\n", true),
            "1:1-1:32 module of login auth -1/-3/0 [pam_unix.so] at 1:21-1:32\n");
}

// Measured: libpam lets the stack fail at such lines; those without a type count as auth.
TEST(PamConfParser, AMalformedLineFails) {
  EXPECT_EQ(parsed("atuh required pam_unix.so\nauth required\naccount\n"
                   "auth [success=ok,default=bad] pam_unix.so\n"),
            "1:1-1:26 fails -3/-3/-3 [] at 0:0-0:0\n"
            "2:1-2:14 fails auth -1/-3/0 [] at 0:0-0:0\n"
            "3:1-3:8 fails account -3/-3/-3 [] at 0:0-0:0\n"
            "4:1-4:42 module auth -3/-3/-3 [pam_unix.so] at 4:31-4:42\n"
            "error unknown-type 1:1-1:5 expected auth, account, password or session; libpam lets "
            "every login fail here (ignored)\n"
            "error missing-module 2:1-2:14 expected a module behind the control (ignored)\n"
            "error missing-control 3:1-3:8 expected a control behind the type (ignored)\n"
            "error bad-control 4:6-4:30 the control is malformed, and libpam takes every answer as "
            "a failure (ignored)\n");
}

TEST(PamConfParser, AFileThatEndsBehindABackslashIsVoid) {
  EXPECT_EQ(
      parsed("auth required pam_unix.so \\\n"),
      "error unfinished-line 1:1-1:28 the file ends behind a backslash, and libpam takes none "
      "of it (refused)\nvoid\n");
}

TEST(PamConfParser, ControlsAreThoseOfTheManualPage) {
  const auto of = [](std::string_view text, Answer answer) {
    const auto control = parse_control(text);
    return control ? (*control)[static_cast<size_t>(answer)] : Action{-99};
  };
  EXPECT_EQ(of("required", Answer::maxtries), kBad);
  EXPECT_EQ(of("Requisite", Answer::maxtries), kDie);
  EXPECT_EQ(of("sufficient", Answer::new_authtok_reqd), kDone);
  EXPECT_EQ(of("optional", Answer::maxtries), kIgnore);
  EXPECT_EQ(of("optional", Answer::ignore), kIgnore);
  EXPECT_EQ(of("[default=ignore success=ok]", Answer::success), kOk);
  EXPECT_EQ(of("[success=okdefault=die]", Answer::auth_err), kDie);
  EXPECT_EQ(of("[success=2]", Answer::auth_err), kBad);
  EXPECT_EQ(of("success=99999999999", Answer::success), 1'000'000);
  EXPECT_EQ(of("[success=0]", Answer::success), -99);
  EXPECT_EQ(of("requird", Answer::success), -99);
}

}  // namespace
}  // namespace drydock::parsers::pam_conf
