// Images with some of the bytes changed that the readers look at: no crash (the sanitizers watch), no hang, no
// memory without bound.
#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <random>

#include "analyzer/source/disk/image.h"
#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

#if defined(__SANITIZE_ADDRESS__)
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace drydock::test {
namespace {

// Of each image. DRYDOCK_MUTATIONS=3000 looks harder than fits into every run of the tests.
int mutations() {
  const char* wanted = std::getenv("DRYDOCK_MUTATIONS");
  return wanted ? std::atoi(wanted) : 60;
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
    for (const auto& [at, value] : edits)
      if (at >= offset && at - offset < into.size()) into[at - offset] = value;
    if (recording) ranges.emplace_back(offset, into.size());
    if (++reads_ % 16 == 0) most = std::max(most, allocated());
    return {};
  }
  using BlockDevice::read;

  std::vector<std::pair<uint64_t, std::byte>> edits;
  bool recording = false;
  mutable std::vector<std::pair<uint64_t, size_t>> ranges;
  mutable size_t most = 0;  // bytes allocated at once

 private:
  const std::vector<std::byte>& bytes_;
  mutable uint64_t reads_ = 0;
};

// Does with an image all that a scan may do.
void read_everything(const std::shared_ptr<const Mutant>& device) {
  auto disk = open_container(device, refuse_beside());
  if (!disk) return;
  std::vector<Disk> disks;
  disks.push_back(std::move(disk).value());
  const DiskImage image = read_disk_image(std::move(disks));
  (void)describe(image);
  for (const Volume& volume : image.volumes) {
    if (!volume.info.file_system) continue;
    const MountedTree tree(volume.info.file_system);
    tree.walk("", [&](std::string_view path, const Stat& stat) {
      (void)tree.xattrs(path);
      if (stat.type == NodeType::symlink) (void)tree.readlink(path);
      if (stat.type == NodeType::file) (void)tree.read_piece(path, stat.size / 2, 4096);
      return true;
    });
    (void)tree.resolve("links/loop-a");
  }
}

void mutate(const std::vector<std::byte>& bytes, unsigned seed) {
  const auto original = std::make_shared<Mutant>(bytes);
  original->recording = true;
  read_everything(original);
  ASSERT_FALSE(original->ranges.empty());
  std::mt19937 random(seed);
  const auto below = [&](uint64_t bound) {
    return std::uniform_int_distribution<uint64_t>(0, bound - 1)(random);
  };
  const size_t before = allocated();
  const int count = mutations();
  for (int i = 0; i < count; ++i) {
    const auto mutant = std::make_shared<Mutant>(bytes);
    for (uint64_t edits = uint64_t{1} << below(6); edits > 0; --edits) {
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
        mutant->edits.emplace_back(at + n, now);
        if (kind == 0) break;
      }
    }
    const auto start = std::chrono::steady_clock::now();
    read_everything(mutant);
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_LT(took, std::chrono::seconds(10)) << "mutation " << i;
    EXPECT_LT(mutant->most, before + (size_t{256} << 20)) << "mutation " << i;
  }
}

class Mutations : public testing::TestWithParam<const char*> {};
TEST_P(Mutations, NeitherCrashNorHang) {
  mutate(image_bytes(GetParam()), 1);
}
INSTANTIATE_TEST_SUITE_P(Images, Mutations,
                         testing::Values("ext4-nocsum", "ext2", "ext4-dirty", "fat12", "fat16",
                                         "gpt-4k", "mbr"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::erase(name, '-');
                           return name;
                         });

// The same of containers around a small file system.
class ContainerMutations : public testing::TestWithParam<const char*> {};
TEST_P(ContainerMutations, NeitherCrashNorHang) {
  if (!installed("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  const TempDir dir;
  const auto& disk = image_bytes("fat12");
  std::ofstream(dir.path("disk"), std::ios::binary)
      .write(reinterpret_cast<const char*>(disk.data()), static_cast<std::streamsize>(disk.size()));
  run(std::string("qemu-img convert ") + GetParam() + " disk made", dir.path());
  const std::string made = read_file(dir.path("made"));
  std::vector<std::byte> bytes(made.size());
  std::memcpy(bytes.data(), made.data(), made.size());
  mutate(bytes, 2);
}
INSTANTIATE_TEST_SUITE_P(
    Kinds, ContainerMutations,
    testing::Values("-O qcow2 -o cluster_size=4k", "-c -O qcow2 -o compression_type=zstd",
                    "-O qcow2 -o extended_l2=on", "-O vmdk", "-O vmdk -o subformat=streamOptimized",
                    "-O vpc -o force_size=on", "-O vhdx -o block_size=1M", "-O vdi"),
    [](const auto& tested) {
      std::string name = tested.param;
      std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
      return name;
    });

}  // namespace
}  // namespace drydock::test
