// The small formats of boot loaders.
#include <gtest/gtest.h>

#include "parsers/boot_loader_entry.h"
#include "parsers/grub_env.h"
#include "parsers/kernel_cmdline.h"
#include "parsers/pe_sections.h"
#include "tests/parsers/render.h"

namespace drydock::parsers {
namespace {

std::string arguments(std::string_view text) {
  std::string out;
  for (const auto& a : kernel_cmdline::split(text))
    out += a.name + (a.has_value ? "=" + a.value : "") + "@" + std::to_string(a.begin) + "-" +
           std::to_string(a.end) + " ";
  return out;
}

// lib/cmdline.c of the kernel: next_arg().
TEST(KernelCmdline, SplitsAsTheKernelDoes) {
  EXPECT_EQ(arguments("ro  quiet\troot=UUID=1 slab-nomerge\n"),
            "ro@0-2 quiet@4-9 root=UUID=1@10-21 slab_nomerge@22-34 ");
  EXPECT_EQ(arguments("a=\"b c\" \"d=e f\" x=\"\" y="), "a=b c@0-7 d=e f@8-15 x=@16-20 y=@21-23 ");
  EXPECT_EQ(arguments("a -- init=/bin/sh"), "a@0-1 ");
  EXPECT_EQ(arguments("a=\"never closed b"), "a=never closed b@0-17 ");
  EXPECT_EQ(arguments(""), "");
  EXPECT_EQ(arguments("\"\" \""), "@0-2 @3-4 ");
}

std::string entries(std::string_view text) {
  const auto file = boot_loader_entry::parse(text);
  std::string out;
  for (const auto& line : file.lines)
    out += line.key + " [" + line.value + "] " + test::place(line.value_span) + " " +
           std::to_string(line.value_offset) + "\n";
  return out + test::errors(file.errors);
}

// UAPI.1, "Type #1 Boot Loader Entry Keys".
TEST(BootLoaderEntry, ReadsAKeyAndAValueALine) {
  EXPECT_EQ(entries("# c\ntitle  Fedora 39\r\n  OPTIONS\troot=x ro  \nefi\n"),
            "title [Fedora 39] 2:8-2:17 11\noptions [root=x ro] 3:11-3:20 32\nefi [] 4:4-4:4 47\n");
}

// GRUB manual, "The GRUB environment block"; grub-editenv writes a backslash before '\\' and line ends.
TEST(GrubEnv, ReadsVariables) {
  std::string out;
  for (const auto& v :
       grub_env::parse("# GRUB Environment Block\nsaved_entry=a>b\nk=x\\\\y\\\nz\n#####").variables)
    out += v.name + "=" + v.value + " " + test::place(v.span) + "\n";
  EXPECT_EQ(out, "saved_entry=a>b 2:1-2:16\nk=x\\y\nz 3:1-4:2\n");
  EXPECT_EQ(test::errors(grub_env::parse("k=v\n").errors),
            "error bad-signature 1:1-1:2 expected \"# GRUB Environment Block\" (refused)\n");
}

TEST(PeSections, RefusesWhatIsNone) {
  const auto parse = [](std::string_view text) {
    TextBytes bytes(text);
    return pe_sections::parse(bytes, {".cmdline"});
  };
  EXPECT_EQ(parse("").errors.list().at(0).code, "not-pe");
  std::string bytes(200, '\0');
  bytes[0] = 'M';
  bytes[1] = 'Z';
  bytes[60] = 100;
  EXPECT_EQ(parse(bytes).errors.list().at(0).code, "not-pe");
  bytes.replace(100, 4, std::string("PE\0\0", 4));
  EXPECT_TRUE(parse(bytes).sections.empty());
  bytes[106] = 5;  // five sections, and no room for them
  EXPECT_EQ(parse(bytes).errors.list().at(0).code, "truncated");
  bytes[60] = '\xff', bytes[61] = '\xff', bytes[62] = '\xff', bytes[63] = '\xff';
  EXPECT_EQ(parse(bytes).errors.list().at(0).code, "truncated");
}

}  // namespace
}  // namespace drydock::parsers
