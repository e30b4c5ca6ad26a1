#include "parsers/modprobe.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::modprobe {
namespace {

using namespace std::string_literals;

std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Line& line : file.lines) {
    out += test::place(line.span) + " " + std::string(name(line.command)) + " [" + line.module +
           "] " + test::place(line.module_span) + " [" + line.argument + "] " +
           test::place(line.argument_span);
    for (const std::string& word : line.pre) out += " <" + word;
    for (const std::string& word : line.post) out += " >" + word;
    out += "\n";
  }
  return out + test::errors(file.errors);
}

// modprobe.d(5), "COMMANDS".
TEST(ModprobeParser, ReadsTheSixCommandsWithTheirPlaces) {
  EXPECT_EQ(parsed("# note\n"
                   "install cramfs /bin/false\n"
                   "blacklist usb-storage more\n"
                   "options kvm-intel  nested=0 ept=1\n"
                   "alias net-pf-1[0-1] x-y\n"
                   "remove\tq\t/bin/true\n"
                   "softdep c lost pre: a-b d post: e\n"),
            "2:1-2:26 install [cramfs] 2:9-2:15 [/bin/false] 2:16-2:26\n"
            "3:1-3:22 blacklist [usb_storage] 3:11-3:22 [] 3:22-3:22\n"
            "4:1-4:34 options [kvm_intel] 4:9-4:18 [nested=0 ept=1] 4:20-4:34\n"
            "5:1-5:24 alias [net_pf_1[0-1]] 5:7-5:20 [x_y] 5:21-5:24\n"
            "6:1-6:19 remove [q] 6:8-6:9 [/bin/true] 6:10-6:19\n"
            "7:1-7:34 softdep [c] 7:9-7:10 [lost pre: a-b d post: e] 7:11-7:34 <a-b <d >e\n");
}

// The same text through `modprobe -C FILE --showconfig` of kmod 30.
TEST(ModprobeParser, ABackslashJoinsLinesAndIsDroppedElsewhere) {
  EXPECT_EQ(
      parsed(
          "install hf\\\nsplus /bin/t\\rue\n# note \\\ninstall hidden /bin/false\nblacklist a\\"),
      "1:1-2:17 install [hfsplus] 1:9-2:6 [/bin/true] 2:7-2:17\n"
      "5:1-5:12 blacklist [a] 5:11-5:12 [] 5:12-5:12\n");
}

TEST(ModprobeParser, PassesOverWhatModprobePassesOver) {
  EXPECT_EQ(
      parsed("  # indented\n\n \t\ncramfs\ninstall\ninstall a \noptions b\nalias x\nsoftdep y\n"
             "Blacklist z\ninclude /etc/x\nblacklist a]b\nalias q [r\nblacklist ok\n"),
      "14:1-14:13 blacklist [ok] 14:11-14:13 [] 14:13-14:13\n"
      "error unknown-command 4:1-4:7 expected alias, blacklist, install, options, remove or "
      "softdep (ignored)\n"
      "error missing-argument 5:1-5:8 expected a module (ignored)\n"
      "error missing-argument 6:1-6:10 expected a command behind the module (ignored)\n"
      "error missing-argument 7:1-7:10 expected parameters behind the module (ignored)\n"
      "error missing-argument 8:1-8:8 expected a module behind the alias (ignored)\n"
      "error missing-argument 9:1-9:10 expected pre: or post: behind the module (ignored)\n"
      "error unknown-command 10:1-10:10 expected alias, blacklist, install, options, remove or "
      "softdep (ignored)\n"
      "error unknown-command 11:1-11:8 expected alias, blacklist, install, options, remove or "
      "softdep (ignored)\n"
      "error unbalanced-bracket 12:11-12:14 '[' and ']' do not match in the name (ignored)\n"
      "error unbalanced-bracket 13:9-13:11 '[' and ']' do not match in the name (ignored)\n");
}

TEST(ModprobeParser, ANulByteEndsTheLine) {
  EXPECT_EQ(parsed("blacklist a\0b\nblacklist c\n"s),
            "1:1-1:12 blacklist [a] 1:11-1:12 [] 1:12-1:12\n"
            "2:1-2:12 blacklist [c] 2:11-2:12 [] 2:12-2:12\n"
            "error nul-byte 1:1-1:12 a NUL byte ends what modprobe reads of the line (ignored)\n");
}

// A carriage return is no blank: it becomes part of the command, which the shell then does not find.
TEST(ModprobeParser, ACarriageReturnStays) {
  EXPECT_EQ(parsed("install a /bin/false\r\n"),
            "1:1-1:22 install [a] 1:9-1:10 [/bin/false\r] 1:11-1:22\n");
}

}  // namespace
}  // namespace drydock::parsers::modprobe
