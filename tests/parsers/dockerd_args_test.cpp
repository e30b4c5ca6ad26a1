#include "parsers/dockerd_args.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/parsers/render.h"

namespace drydock::parsers::dockerd_args {
namespace {

// The outcome for words separated by one blank, all in line 1.
std::string parsed(const std::string& line) {
  std::vector<Word> words;
  std::istringstream stream(line);
  uint32_t column = 1;
  for (std::string text; std::getline(stream, text, ' ');) {
    const auto size = static_cast<uint32_t>(text.size());
    words.push_back({text, Span{1, column, 1, column + size}});
    column += size + 1;
  }
  const CommandLine command = parse(words);
  std::string out;
  for (const Option& o : command.options)
    out += test::place(o.span) + " " + std::string(o.flag->config_key()) + " = [" + o.value +
           "] at " + test::place(o.value_span) + "\n";
  return out + test::errors(command.errors);
}

TEST(DockerdArgs, LongFlagsTakeTheirValueAfterEqualsOrAsTheNextWord) {
  EXPECT_EQ(parsed("--host=fd:// --data-root /srv --icc=false --label a=b=c"),
            "1:1-1:13 hosts = [fd://] at 1:8-1:13\n"
            "1:14-1:30 data-root = [/srv] at 1:26-1:30\n"
            "1:31-1:42 icc = [false] at 1:37-1:42\n"
            "1:43-1:56 labels = [a=b=c] at 1:51-1:56\n");
}

TEST(DockerdArgs, ShorthandsStandAloneJoinedOrTogether) {
  EXPECT_EQ(parsed("-H fd:// -Htcp://:1 -H=tcp://:2 -Dlinfo -g=/x -D=0"),
            "1:1-1:9 hosts = [fd://] at 1:4-1:9\n"
            "1:10-1:20 hosts = [tcp://:1] at 1:12-1:20\n"
            "1:21-1:32 hosts = [tcp://:2] at 1:24-1:32\n"
            "1:33-1:40 debug = [true] at 1:33-1:40\n"
            "1:33-1:40 log-level = [info] at 1:36-1:40\n"
            "1:41-1:46 graph = [/x] at 1:44-1:46\n"
            "1:47-1:51 debug = [false] at 1:50-1:51\n");
}

TEST(DockerdArgs, ABooleanFlagTakesNoNextWordAndAValueMayLookLikeAFlag) {
  EXPECT_EQ(parsed("--icc false --tlsverify --containerd --tls"),
            "1:1-1:6 icc = [true] at 1:1-1:6\n"
            "1:13-1:24 tlsverify = [true] at 1:13-1:24\n"
            "1:25-1:43 containerd = [--tls] at 1:38-1:43\n"
            "error argument 1:7-1:12 dockerd takes no argument 'false' (refused)\n");
}

TEST(DockerdArgs, MistakesAreSaidAndTheRestIsRead) {
  EXPECT_EQ(parsed("--nope=1 -Z --icc=maybe --=x --no-icc --debug -- --tls -H"),
            "1:39-1:46 debug = [true] at 1:39-1:46\n"
            "error unknown-flag 1:1-1:9 dockerd has no flag --nope (refused)\n"
            "error unknown-flag 1:10-1:12 dockerd has no flag -Z (refused)\n"
            "error bad-boolean 1:13-1:24 'maybe' is neither true nor false, for --icc (refused)\n"
            "error bad-flag 1:25-1:29 '--=x' is no flag (refused)\n"
            "error unknown-flag 1:30-1:38 dockerd has no flag --no-icc (refused)\n"
            "error argument 1:50-1:55 dockerd takes no argument '--tls' (refused)\n"
            "error argument 1:56-1:58 dockerd takes no argument '-H' (refused)\n");
  EXPECT_EQ(parsed("-H"), "error missing-value 1:1-1:3 --host needs a value (refused)\n");
}

TEST(DockerdArgs, KeysOfTheFileAreKnownToo) {
  EXPECT_EQ(find_key("insecure-registries"), find_flag("insecure-registry"));
  EXPECT_EQ(find_key("icc"), find_flag("icc"));
  EXPECT_EQ(find_key("insecure-registry"), nullptr);
}

}  // namespace
}  // namespace drydock::parsers::dockerd_args
