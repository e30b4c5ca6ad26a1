#include "analyzer/base/diagnostic.h"

#include <gtest/gtest.h>

namespace drydock {
namespace {

TEST(Diagnostic, ShowsTheLineWithACaretUnderThePlace) {
  const Diagnostic diagnostic{Level::warning,        DiagnosticKind::parse_error,
                              "etc/fstab",           Span{2, 1, 2, 10},
                              "missing mount point", "fstab(5) wants six fields"};
  EXPECT_EQ(render(diagnostic, "# a\n/dev/sda1\n"),
            "warning: 'etc/fstab' line 2: missing mount point\n"
            "  2 | /dev/sda1\n"
            "    | ^^^^^^^^^\n"
            "  help: fstab(5) wants six fields\n");
}

TEST(Diagnostic, KeepsTabsAndHidesControlCharacters) {
  EXPECT_EQ(snippet("\tk\x1b[31m = v\n", Span{1, 2, 1, 3}),
            "  1 | \tk?[31m = v\n"
            "    | \t^\n");
}

TEST(Diagnostic, PutsOneCaretUnderACharacterOfSeveralBytes) {
  EXPECT_EQ(snippet("n\xc3\xa4me x\n", Span{1, 7, 1, 8}),
            "  1 | n\xc3\xa4me x\n"
            "    |      ^\n");
}

TEST(Diagnostic, APlaceThatDoesNotExistShowsNoSnippet) {
  EXPECT_EQ(snippet("a\n", Span{9, 1, 9, 2}), "");
  EXPECT_EQ(snippet("a\n", Span{}), "");
  EXPECT_EQ(snippet("", Span{1, 1, 1, 2}), "");
}

}  // namespace
}  // namespace drydock
