#include "parsers/sudoers.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::sudoers {
namespace {

// What the oracle test cannot say: places and errors. A line an entry.
std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Entry& entry : file.entries) {
    if (const auto* alias = std::get_if<Alias>(&entry)) {
      out += test::place(alias->span) + " alias " + alias->name;
      for (const Item& item : alias->members)
        out += " " + item.text + " at " + test::place(item.span);
    } else if (const auto* include = std::get_if<Include>(&entry)) {
      out += test::place(include->span) + (include->is_directory ? " directory [" : " file [") +
             include->path + "]";
    } else if (const auto* defaults = std::get_if<Defaults>(&entry)) {
      out += test::place(defaults->span) + " defaults";
      for (const Setting& s : defaults->settings)
        out += " " + s.name + " [" + s.value + "] at " + test::place(s.value_span);
    } else {
      const auto& spec = std::get<UserSpec>(entry);
      out += test::place(spec.span) + " " + spec.users[0].text + " at " +
             test::place(spec.users[0].span);
      for (const Privilege& p : spec.privileges)
        for (const CommandSpec& c : p.commands)
          out += ", " + c.command.text + " at " + test::place(c.command.span);
    }
    out += "\n";
  }
  return out + test::errors(file.errors);
}

TEST(SudoersParser, KnowsThePlacesAlsoBehindAContinuation) {
  EXPECT_EQ(parsed("Cmnd_Alias A = /bin/ls, \\\n  /bin/cat\n\n%sudo ALL=(ALL) NOPASSWD: \\\n  "
                   "/bin/ls -l, A\n"),
            "1:12-2:11 alias A /bin/ls at 1:16-1:23 /bin/cat at 2:3-2:11\n"
            "4:1-5:16 %sudo at 4:1-4:6, /bin/ls at 5:3-5:13, A at 5:15-5:16\n");
}

// The last two lines are comments: visudo(8) finds no mistake in them.
TEST(SudoersParser, ReadsDefaultsAndIncludes) {
  EXPECT_EQ(parsed("Defaults !use_pty, secure_path=\"/a:/b\"\n@includedir /etc/sudoers.d\n"
                   "#include /etc/my\\ file\n# include x\n#includes\n"),
            "1:1-1:39 defaults use_pty [] at 1:11-1:18 secure_path [/a:/b] at 1:32-1:39\n"
            "2:1-2:27 directory [/etc/sudoers.d]\n"
            "3:1-3:23 file [/etc/my file]\n");
}

TEST(SudoersParser, AMistakeCostsItsLine) {
  EXPECT_EQ(parsed("alice ALL=ls\nbob ALL=\nUser_Alias x = y\n\"carl ALL=ALL\ndan ALL=ALL\n"),
            "5:1-5:12 dan at 5:1-5:4, ALL at 5:9-5:12\n"
            "error syntax 1:11-1:13 expected a command with its full path (ignored)\n"
            "error syntax 2:9-2:9 expected a command (ignored)\n"
            "error bad-alias-name 3:12-3:13 an alias name is upper-case letters, digits and '_' "
            "(ignored)\n"
            "error unterminated-quote 4:1-4:14 the line ends inside of double quotes (ignored)\n");
}

}  // namespace
}  // namespace drydock::parsers::sudoers
