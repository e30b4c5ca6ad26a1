// Files that are read piece by piece: what every kind of artifact gives of them.
#include "analyzer/source/large_file.h"

#include <gtest/gtest.h>

#include "analyzer/base/limits.h"
#include "analyzer/source/artifact.h"
#include "tests/source/source_tools.h"

namespace drydock {
namespace {

using test::TempDir;

// More than a parser gets at once, different everywhere, with a hole.
std::string database() {
  std::string out;
  for (int i = 0; out.size() < (size_t{1} << 20); ++i) out += "record " + std::to_string(i) + "\n";
  out.resize(limits::kFileContent, '\0');
  for (int i = 0; i < 100'000; ++i) out += "end " + std::to_string(i) + "\n";
  return out;
}

OpenOptions host_options() {
  OpenOptions how = test::options();
  how.interest.add("var/lib/rpm/rpmdb.sqlite");
  how.scope = Scope::host;
  return how;
}

TEST(LargeFile, EveryKindOfArtifactGivesItsPieces) {
  const std::string content = database();
  TempDir scratch;
  scratch.file("root/etc/passwd", "x").file("root/var/lib/rpm/rpmdb.sqlite", content);
  scratch.file("root/var/lib/rpm/other", content);
  test::run(
      "tar cf host.tar -C root . && tar czf host.tar.gz -C root . && "
      "tar --sparse -cf sparse.tar -C root . && (cd root && find . | cpio -o -H newc) "
      "> host.cpio 2>/dev/null && ln root/var/lib/rpm/rpmdb.sqlite root/etc/also && "
      "tar czf linked.tgz -C root etc var",
      scratch.path());
  for (const char* name :
       {"root", "host.tar", "host.tar.gz", "sparse.tar", "host.cpio", "linked.tgz"}) {
    SCOPED_TRACE(name);
    const auto artifact = open_artifact(scratch.path(name), host_options());
    ASSERT_TRUE(artifact) << artifact.error().message;
    const Tree& tree = *artifact->targets[0].tree;
    const std::string path = "var/lib/rpm/rpmdb.sqlite";
    EXPECT_EQ(tree.read(path).error().kind, TreeError::Kind::too_large);
    for (const uint64_t offset :
         {uint64_t{0}, uint64_t{777'777}, uint64_t{5} << 20, content.size() - 5000,
          content.size() - 10, uint64_t{content.size()}}) {
      const auto piece = tree.read_piece(path, offset, 4096);
      ASSERT_TRUE(piece) << piece.error().message;
      EXPECT_EQ(*piece, content.substr(offset, 4096)) << offset;
    }
    // One that nobody foresaw costs another pass.
    EXPECT_EQ(*tree.read_piece("var/lib/rpm/other", 20, 10), content.substr(20, 10));
    EXPECT_FALSE(tree.read_piece("var/lib/rpm/none", 0, 10));
  }
}

TEST(LargeFile, NothingIsCopiedWhereThatIsForbidden) {
  TempDir scratch;
  scratch.file("root/etc/passwd", "x").file("root/var/lib/rpm/rpmdb.sqlite", database());
  test::run("tar cf host.tar -C root .", scratch.path());
  OpenOptions how = host_options();
  how.image.temporary = false;
  const auto artifact = open_artifact(scratch.path("host.tar"), how);
  ASSERT_TRUE(artifact);
  EXPECT_EQ(
      artifact->targets[0].tree->read_piece("var/lib/rpm/rpmdb.sqlite", 0, 10).error().message,
      "'var/lib/rpm/rpmdb.sqlite' is larger than 16 MiB, and --no-temporary forbids copying it "
      "to a temporary file");
}

}  // namespace
}  // namespace drydock
