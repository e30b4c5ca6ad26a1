// Images as artifacts: what is cut off or cannot be read is said, and what precedes it is read.
#include "analyzer/source/disk/image.h"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>

#include "analyzer/facts/collect.h"
#include "analyzer/source/open_image.h"
#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

using testing::HasSubstr;

void write(const TempDir& dir, const std::string& name, const std::vector<std::byte>& bytes,
           size_t length) {
  std::ofstream(dir.path(name), std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(length));
}

std::set<std::string> lines(const std::string& text) {
  std::set<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.insert(line);
  return out;
}

TEST(CutImage, ShowsWhatPrecedesTheCut) {
  const auto& bytes = image_bytes("ext4");
  const std::set<std::string> whole = lines(truth("ext4.tsv"));
  for (const size_t length : {bytes.size() / 2, bytes.size() * 3 / 4, bytes.size() - 512}) {
    SCOPED_TRACE(length);
    const TempDir dir;
    write(dir, "cut.img", bytes, length);
    const auto artifact = open_image(dir.path("cut.img"), {});
    ASSERT_TRUE(artifact);
    ASSERT_TRUE(*artifact) << artifact->error().message;
    EXPECT_FALSE((*artifact)->complete);
    std::string said;
    for (const Diagnostic& diagnostic : (*artifact)->diagnostics) said += diagnostic.message + "\n";
    EXPECT_THAT(said, HasSubstr("is cut short"));
    const auto& tree = dynamic_cast<const MountedTree&>(*(*artifact)->targets[0].tree);
    // Every name is as the kernel shows it, or says that it could not be read.
    size_t right = 0;
    for (const std::string& line : lines(manifest(tree))) {
      const bool told = line.find("error: ") != std::string::npos;
      EXPECT_TRUE(told || whole.contains(line)) << line;
      right += told ? 0 : 1;
    }
    EXPECT_GT(right, whole.size() / 2);
  }
}

TEST(UnreadVolume, MakesItsTablesUnknown) {
  const VolumeInfo volume = probe_volume(image("ext4"));
  ASSERT_TRUE(volume.file_system);
  const auto tree = std::make_shared<MountedTree>(volume.file_system);
  tree->block("etc/ssh", "it is encrypted (LUKS)");
  Target target;
  target.tree = tree;
  auto store = facts::Store::create(facts::all_tables());
  ASSERT_TRUE(store);
  const auto diagnostics = facts::collect(target, **store, {"file", "sshd", "sysctl"});
  const auto rows = (*store)->select(
      "SELECT DISTINCT table_name FROM parse_issue WHERE code = 'not-read' AND effect = 'unknown' "
      "AND table_name IN ('file', 'sshd', 'sysctl', 'mount') ORDER BY 1");
  ASSERT_TRUE(rows) << rows.error().message;
  std::string tables;
  for (const auto& row : rows->rows) tables += row[0].value_or("-") + " ";
  EXPECT_EQ(tables, "sshd ");
  // The files are looked for when a query asks for them.
  const auto missed = [&](const std::string& sql) {
    (*store)->forget_looks();
    EXPECT_TRUE((*store)->select(sql));
    std::string out;
    for (const auto& [path, why] : (*store)->missed_files()) out += path + ": " + why + "\n";
    return out;
  };
  const std::string ssh = "etc/ssh: it is encrypted (LUKS)\n";
  EXPECT_EQ(missed("SELECT mode FROM file WHERE path = 'etc/passwd'"), "");
  EXPECT_EQ(missed("SELECT mode FROM file WHERE path = 'etc/ssh/sshd_config'"), ssh);
  EXPECT_EQ(missed("SELECT path FROM file WHERE directory = 'etc/ssh'"), ssh);
  EXPECT_EQ(missed("SELECT count(*) FROM file WHERE path GLOB 'bin/*'"), "");
  EXPECT_EQ(missed("SELECT count(*) FROM file"), ssh);
  std::string said;
  for (const Diagnostic& diagnostic : diagnostics) said += diagnostic.message + "\n";
  EXPECT_THAT(said, HasSubstr("nothing in it was read: it is encrypted (LUKS)"));
}

TEST(MountedTree, ItsInventoryIsWhatAWalkSees) {
  const VolumeInfo volume = probe_volume(image("ext4"));
  ASSERT_TRUE(volume.file_system);
  const MountedTree tree(volume.file_system);
  const auto walk = [&](std::string_view directory) {
    std::string out;
    tree.walk(directory, [&](std::string_view path, const Stat& stat) {
      out += std::string(path) + " " + std::to_string(stat.size) + "\n";
      return path != "dirs/n300";
    });
    return out;
  };
  const std::string whole = walk(""), part = walk("deep/d00");
  tree.take_inventory();
  EXPECT_EQ(walk(""), whole);
  EXPECT_EQ(walk("deep/d00"), part);
}

}  // namespace
}  // namespace drydock::test
