// What independent readers find in the committed images: fls(1) of the Sleuth Kit, debugfs(8).
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

using Lines = std::set<std::string>;

void write_image(const TempDir& dir, const std::string& name) {
  const auto& bytes = image_bytes(name);
  std::ofstream(dir.path("image"), std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

// The Sleuth Kit shows other bytes than these as '^' or leaves names out, and adds 2^32 to times before 1970
// (both known); its own files begin with '$'.
bool is_comparable(const std::string& path) {
  return path.find_first_of("|^$") == std::string::npos && !path.starts_with("names") &&
         !path.starts_with("times") &&
         std::ranges::all_of(path, [](char c) { return c >= 32 && c < 127; });
}

// The body file of fls -m: 0|name|inode|mode|uid|gid|size|atime|mtime|ctime|crtime.
Lines by_fls(const TempDir& dir, bool owners) {
  Lines out;
  std::istringstream lines(run("fls -r -p -m / image", dir.path()));
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> field;
    std::istringstream fields(line);
    for (std::string one; std::getline(fields, one, '|');) field.push_back(one);
    if (field.size() < 11) continue;
    std::string path = field[1].substr(1, field[1].find(" -> ") - 1);
    const bool deleted = path.ends_with("(deleted)") || path.ends_with("(deleted-realloc)") ||
                         path.ends_with("(Volume Label Entry)");
    if (deleted || !is_comparable(path)) continue;
    const std::string mode = field[3].substr(field[3].find('/') + 1);
    const bool is_file = mode.front() == 'r' || mode.front() == 'l';
    out.insert(path + " " + (is_file ? field[6] : "-") + " " + field[8] +
               (owners ? " " + mode.substr(1) + " " + field[4] + " " + field[5] : ""));
  }
  return out;
}

Lines by_us(const MountedTree& tree, bool owners) {
  Lines out;
  tree.walk("", [&](std::string_view path, const Stat& stat) {
    if (!is_comparable(std::string(path))) return true;
    const bool is_file = stat.type == NodeType::file || stat.type == NodeType::symlink;
    std::string line = std::string(path) + " " + (is_file ? std::to_string(stat.size) : "-") + " " +
                       std::to_string(stat.mtime);
    if (owners) {
      std::string mode = "rwxrwxrwx";
      for (int bit = 0; bit < 9; ++bit)
        if (!(stat.mode >> (8 - bit) & 1)) mode[static_cast<size_t>(bit)] = '-';
      const std::pair<int, int> special[] = {{04000, 2}, {02000, 5}, {01000, 8}};
      for (const auto& [flag, at] : special)
        if (stat.mode & flag) {
          char& c = mode[static_cast<size_t>(at)];
          const char set = at == 8 ? 't' : 's';
          c = c == 'x' ? set : static_cast<char>(set - 'a' + 'A');
        }
      line += " " + mode + " " + std::to_string(stat.uid) + " " + std::to_string(stat.gid);
    }
    out.insert(line);
    return true;
  });
  return out;
}

MountedTree tree_of(const std::string& name) {
  return MountedTree(probe_volume(image(name)).file_system);
}

TEST(Peers, FlsSeesTheSameNames) {
  if (!installed("fls")) GTEST_SKIP() << "fls is not installed";
  for (const std::string name : {"ext2", "ext4", "ext4-nocsum", "fat12", "fat16", "fat32"}) {
    SCOPED_TRACE(name);
    const TempDir dir;
    write_image(dir, name);
    const bool owners = name.starts_with("ext");
    const Lines theirs = by_fls(dir, owners), ours = by_us(tree_of(name), owners);
    EXPECT_GT(theirs.size(), 50u);
    Lines only_theirs, only_ours;
    std::ranges::set_difference(theirs, ours, std::inserter(only_theirs, only_theirs.end()));
    std::ranges::set_difference(ours, theirs, std::inserter(only_ours, only_ours.end()));
    EXPECT_THAT(only_theirs, testing::IsEmpty());
    EXPECT_THAT(only_ours, testing::IsEmpty());
  }
}

TEST(Peers, DebugfsReadsTheSameContents) {
  const std::string path = "PATH=$PATH:/usr/sbin:/sbin; ";
  if (!installed("-p debugfs") && !std::filesystem::exists("/usr/sbin/debugfs"))
    GTEST_SKIP() << "debugfs is not installed";
  // Not ext4-nocsum: debugfs 1.47.0 fills contents in inodes up to 60 bytes.
  for (const std::string name : {"ext2", "ext4"}) {
    SCOPED_TRACE(name);
    const TempDir dir;
    write_image(dir, name);
    // Owners and devices cannot be made by everybody; contents can.
    run(path +
            "mkdir out && debugfs -R 'rdump /etc /sizes /sparse /dirs /hard /xattr out' image "
            "2>/dev/null",
        dir.path());
    const MountedTree tree = tree_of(name);
    size_t compared = 0;
    for (const char* top : {"etc", "sizes", "sparse", "dirs", "hard", "xattr"})
      tree.walk(top, [&](std::string_view file, const Stat& stat) {
        if (stat.type != NodeType::file) return true;
        const auto ours = tree.read_piece(file, 0, stat.size);
        EXPECT_TRUE(ours && *ours == read_file(dir.path("out/" + std::string(file)))) << file;
        ++compared;
        return true;
      });
    EXPECT_GT(compared, 300u);
  }
}

}  // namespace
}  // namespace drydock::test
