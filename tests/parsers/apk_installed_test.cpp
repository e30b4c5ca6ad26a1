#include "parsers/apk_installed.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::apk_installed {
namespace {

std::string shown(std::string_view text, bool with_files = true) {
  const Database database = parse(text, with_files);
  std::string out;
  for (const Package& p : database.packages) {
    out += test::place(p.span) + " " + std::string(p.name) + " " + std::string(p.version) + " " +
           std::string(p.architecture) + " " + std::string(p.origin) + "\n";
    for (const File& f : p.files) {
      char mode[8];
      std::snprintf(mode, sizeof mode, "%04o", f.mode);
      out += "  " + test::place(f.span) + " " + std::string(f.directory) + "/" +
             std::string(f.name) + " " + std::to_string(f.uid) + ":" + std::to_string(f.gid) + " " +
             mode + " " + std::string(f.checksum) + "\n";
    }
  }
  return out + test::errors(database.errors);
}

TEST(ApkInstalled, PackagesWithTheirFiles) {
  constexpr std::string_view kText =
      "C:Q1abc=\nP:busybox\nV:1.36.1-r5\nA:x86_64\nT:tiny\no:busybox\nF:bin\nM:0:0:755\nR:bbsuid\n"
      "a:0:0:4111\nZ:Q1xyz=\nR:busybox\nZ:Q1uvw=\nF:\nR:top\n\nP:musl\nV:1.2.4-r1\n";
  EXPECT_EQ(shown(kText),
            "2:1-2:10 busybox 1.36.1-r5 x86_64 busybox\n"
            "  9:1-9:9 bin/bbsuid 0:0 4111 Q1xyz=\n"
            "  12:1-12:10 bin/busybox 0:0 0644 Q1uvw=\n"
            "  15:1-15:6 /top 0:0 0644 \n"
            "17:1-17:7 musl 1.2.4-r1  \n");
  EXPECT_EQ(shown(kText, false),
            "2:1-2:10 busybox 1.36.1-r5 x86_64 busybox\n17:1-17:7 musl 1.2.4-r1  \n");
}

TEST(ApkInstalled, MistakesCostTheirOwnLine) {
  EXPECT_EQ(shown("P:a\nbroken\nV:1\nR:early\nF:etc\na:0:0:755\nR:x\na:0:0\n\nV:2\n"),
            "1:1-1:4 a 1  \n"
            "  7:1-7:4 etc/x 0:0 0644 \n"
            "error malformed-line 2:1-2:7 expected a letter and a colon (refused)\n"
            "error orphan-file 4:1-4:8 a file before any directory (refused)\n"
            "error orphan-file 6:1-6:10 a file's field without a file (refused)\n"
            "error bad-mode 8:1-8:6 expected uid:gid:mode (refused)\n"
            "error missing-package 10:1-10:4 a paragraph without the field P (refused)\n");
}

}  // namespace
}  // namespace drydock::parsers::apk_installed
