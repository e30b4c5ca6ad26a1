// Images with some of the bytes changed that the readers look at: no crash (the sanitizers watch), no hang, no
// memory without bound.
#include <gmock/gmock.h>

#include <chrono>
#include <random>

#include "analyzer/source/disk/beside.h"
#include "analyzer/source/disk/image.h"
#include "analyzer/source/disk/unpack.h"
#include "tests/source/disk/crafted.h"
#include "tests/source/disk/images.h"
#include "tests/source/disk/seals.h"
#include "tests/source/source_tools.h"

#if defined(__SANITIZE_ADDRESS__)
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace drydock::test {
namespace {

// Of each image. `./dev mutate` does 300, more than fits into every run of the tests.
int mutations() {
  const char* wanted = std::getenv("DRYDOCK_MUTATIONS");
  return wanted ? std::atoi(wanted) : 40;
}

size_t allocated() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  return 0;
#endif
}

// Bytes with a few others in their place; remembers what is read.
class Mutant : public BlockDevice {
 public:
  explicit Mutant(const std::vector<std::byte>& bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override {
    if (offset > size() || into.size() > size() - offset) return Error{"beyond the end", ""};
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
    for (auto edit = edits.lower_bound(offset);
         edit != edits.end() && edit->first - offset < into.size(); ++edit)
      into[edit->first - offset] = edit->second;
    if (recording) ranges.emplace_back(offset, into.size());
    if (++reads_ % 16 == 0) most = std::max(most, allocated());
    return {};
  }
  using BlockDevice::read;

  Edits edits;
  bool recording = false;
  mutable std::vector<std::pair<uint64_t, size_t>> ranges;
  mutable size_t most = 0;  // bytes allocated at once

 private:
  const std::vector<std::byte>& bytes_;
  mutable uint64_t reads_ = 0;
};

// How many names there are.
size_t walk(const Tree& tree) {
  size_t names = 0;
  tree.walk("", [&](std::string_view path, const Stat& stat) {
    ++names;
    (void)tree.xattrs(path);
    if (stat.type == NodeType::symlink) (void)tree.readlink(path);
    if (stat.type == NodeType::file)
      (void)dynamic_cast<const MountedTree&>(tree).read_piece(path, stat.size / 2, 4096);
    return true;
  });
  (void)tree.resolve("links/loop-a");
  return names;
}

// Reads each volume straight from the disk: without the page cache between, what is asked for is what a reader
// looks at.
size_t read_volumes(const BlockDevicePtr& disk) {
  const PartitionTable table = read_partition_table(*disk);
  std::vector<BlockDevicePtr> volumes;
  if (table.kind == PartitionTable::Kind::none) volumes.push_back(disk);
  for (const Partition& partition : table.partitions)
    volumes.push_back(std::make_shared<SliceDevice>(disk, partition.start, partition.size));
  size_t names = 0;
  for (const BlockDevicePtr& volume : volumes)
    if (const VolumeInfo info = probe_volume(volume); info.file_system)
      names += walk(MountedTree(info.file_system));
  return names;
}

// Does with an image all that a scan may do; how many names and partitions it shows.
size_t read_everything(const BlockDevicePtr& device) {
  auto found = find_disks(device, "mutant", refuse_beside(), {.allowed = false});
  if (!found || !*found) return 0;
  size_t shown = 0;
  for (const Disk& disk : (*found)->disks) shown += read_volumes(disk.device);
  const DiskImage image = read_disk_image(std::move((*found)->disks));
  (void)describe(image);
  return shown + image.volumes.size();
}

void mutate(const std::vector<std::byte>& bytes, unsigned seed) {
  const auto original = std::make_shared<Mutant>(bytes);
  original->recording = true;
  const size_t all = read_everything(original);
  ASSERT_GT(all, 0u);
  const Seals seals = Seals::of(bytes);
  std::mt19937 random(seed);
  const auto below = [&](uint64_t bound) {
    return std::uniform_int_distribution<uint64_t>(0, bound - 1)(random);
  };
  const size_t before = allocated();
  const int count = mutations();
  int alive = 0;
  for (int i = 0; i < count; ++i) {
    const auto mutant = std::make_shared<Mutant>(bytes);
    // One in every second mutant, or hardly any would get past what holds the rest together.
    for (uint64_t edits = below(2) ? 1 : uint64_t{1} << below(6); edits > 0; --edits) {
      // Most of what is read is empty: look for a byte that says something.
      uint64_t at = 0;
      for (int tries = 0; tries < 16; ++tries) {
        const auto& [start, length] = original->ranges[below(original->ranges.size())];
        at = start + below(length);
        if (bytes[at] != std::byte{0}) break;
      }
      const uint64_t width = uint64_t{1} << below(4), kind = below(5);
      for (uint64_t n = 0; n < width && at + n < bytes.size(); ++n) {
        const std::byte old = bytes[at + n];
        const std::byte now = kind == 0   ? old ^ std::byte{static_cast<uint8_t>(1 << below(8))}
                              : kind == 1 ? std::byte{0}
                              : kind == 2 ? std::byte{0xff}
                                          : std::byte{static_cast<uint8_t>(below(256))};
        mutant->edits[at + n] = now;
        if (kind == 0) break;
      }
    }
    // Sometimes the checksums stay wrong: that has its own paths.
    if (below(4) != 0) seals.repair(bytes, mutant->edits);
    const auto start = std::chrono::steady_clock::now();
    if (read_everything(mutant) > all / 4) ++alive;
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_LT(took, std::chrono::seconds(10)) << "mutation " << i;
    EXPECT_LT(mutant->most, before + (size_t{256} << 20)) << "mutation " << i;
  }
  // Mutants that nobody opens prove nothing.
  EXPECT_GE(alive, count / 20);
  std::cout << alive << " of " << count << " mutants show a quarter of the names or more\n";
}

std::string name_of(std::string_view text) {
  std::string name(text);
  std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
  return name;
}

class Mutations : public testing::TestWithParam<const char*> {};
TEST_P(Mutations, NeitherCrashNorHang) {
  mutate(image_bytes(GetParam()), 1);
}
INSTANTIATE_TEST_SUITE_P(Images, Mutations,
                         testing::Values("ext4", "ext4-nocsum", "ext2", "ext4-dirty", "fat12",
                                         "fat16", "fat32", "gpt-4k", "gpt-damaged", "hybrid",
                                         "mbr"),
                         [](const auto& tested) { return name_of(tested.param); });

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto raw = std::as_bytes(std::span(text));
  return {raw.begin(), raw.end()};
}

// The same of containers around a small file system, made by a shell command from "disk".
class ContainerMutations : public testing::TestWithParam<const char*> {};
TEST_P(ContainerMutations, NeitherCrashNorHang) {
  if (!installed("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  const TempDir dir;
  // What is compressed is all right or all wrong: there a small disk has too few pieces.
  const std::string command = GetParam();
  const bool packed = command.find("-c ") != command.npos || command.find("stream") != command.npos;
  const auto& disk = image_bytes(packed ? "ext2" : "fat12");
  write_bytes(dir.path("disk"), {reinterpret_cast<const char*>(disk.data()), disk.size()});
  run(command, dir.path());
  mutate(bytes_of(read_file(dir.path("made"))), 2);
}
INSTANTIATE_TEST_SUITE_P(
    Kinds, ContainerMutations,
    testing::Values("qemu-img convert -O qcow2 -o cluster_size=4k disk made",
                    "qemu-img convert -O qcow2 -o compat=0.10 disk made",
                    "qemu-img convert -c -O qcow2 disk made",
                    "qemu-img convert -c -O qcow2 -o compression_type=zstd disk made",
                    "qemu-img convert -O qcow2 -o extended_l2=on disk made",
                    "qemu-img convert -c -O qcow disk made || true",
                    "qemu-img convert -O vmdk disk made",
                    "qemu-img convert -O vmdk -o subformat=streamOptimized disk made",
                    "qemu-img convert -O vpc -o force_size=on disk made",
                    "qemu-img convert -O vpc -o subformat=fixed,force_size=on disk made",
                    "qemu-img convert -O vhdx -o block_size=1M disk made",
                    "qemu-img convert -O vdi disk made",
                    "qemu-img convert -O vdi -o static=on disk made",
                    "qemu-img convert -O parallels -o cluster_size=64k disk made",
                    "qemu-img convert -O vmdk -o subformat=streamOptimized disk box.vmdk && "
                    "echo '<File href=\"box.vmdk\"/>' > box.ovf && "
                    "echo 'SHA256(box.vmdk)= 00' > box.mf && tar cf made box.ovf box.mf box.vmdk",
                    "tar cf made disk"),
    [](const auto& tested) {
      const std::string name = name_of(tested.param);
      return name.substr(0, 4) == "qemu" ? name.substr(11) : name;
    });

TEST(ContainerMutations, OfALiveLogNeitherCrashNorHang) {
  if (!installed("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  const TempDir dir;
  const auto& disk = image_bytes("fat12");
  write_bytes(dir.path("disk"), {reinterpret_cast<const char*>(disk.data()), disk.size()});
  run("qemu-img convert -O vhdx -o block_size=1M disk made", dir.path());
  mutate(bytes_of(with_live_log(read_file(dir.path("made")), false)), 3);
}

TEST(ContainerMutations, OfAStreamNeitherCrashNorHang) {
  const auto& disk = image_bytes("ext2");
  mutate(bytes_of(vmdk_stream({reinterpret_cast<const char*>(disk.data()), disk.size()})), 4);
}

}  // namespace
}  // namespace drydock::test
