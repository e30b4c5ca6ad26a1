// Containers made by qemu-img: the guest's bytes are those of the disk they were made from.
#include "analyzer/source/disk/container.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

class Containers : public testing::Test {
 protected:
  void SetUp() override {
    if (!installed("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
    const auto& bytes = image_bytes("ext4-nocsum");
    std::ofstream(dir_.path("disk"), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    disk_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  // Makes `file` by a shell command and compares what a guest would see; the format's name.
  std::string format_of(const std::string& command, const std::string& file,
                        const OpenBeside& beside = refuse_beside()) {
    run(command, dir_.path());
    const auto opened = FileDevice::open(dir_.path(file));
    if (!opened) return opened.error().message;
    const auto disk = open_container(*opened, beside);
    if (!disk) return disk.error().message;
    const std::string guest = all_bytes(*disk->device);
    // VHD and VHDX round the size up.
    EXPECT_GE(guest.size(), disk_.size());
    EXPECT_TRUE(guest.starts_with(disk_)) << command;
    EXPECT_EQ(guest.find_first_not_of('\0', disk_.size()), std::string::npos);
    return disk->format;
  }
  std::string converted(const std::string& format, const std::string& options = "") {
    return format_of("qemu-img convert -O " + format + " " + options + " disk made", "made");
  }

  // Opens names in the test's directory only.
  OpenBeside beside() {
    return [this](const std::string& name) -> Result<BlockDevicePtr> {
      auto opened = FileDevice::open(dir_.path(name));
      if (!opened) return opened.error();
      return BlockDevicePtr(*opened);
    };
  }

  TempDir dir_;
  std::string disk_;
};

TEST_F(Containers, Raw) {
  EXPECT_EQ(converted("raw"), "raw");
}

TEST_F(Containers, Qcow2) {
  EXPECT_EQ(converted("qcow2", "-o compat=0.10"), "qcow2 v2");
  EXPECT_EQ(converted("qcow2"), "qcow2 v3");
  EXPECT_EQ(converted("qcow2", "-c"), "qcow2 v3");
  EXPECT_EQ(converted("qcow2", "-c -o compression_type=zstd"), "qcow2 v3, zstd");
  EXPECT_EQ(converted("qcow2", "-o extended_l2=on,cluster_size=64k"), "qcow2 v3");
  EXPECT_EQ(converted("qcow2", "-c -o extended_l2=on,cluster_size=128k"), "qcow2 v3");
  EXPECT_EQ(converted("qcow2", "-o cluster_size=512"), "qcow2 v3");
  EXPECT_EQ(converted("qcow2", "-c -o cluster_size=2M"), "qcow2 v3");
}

// Clusters that a guest discarded: libraries have been seen to show what they held before.
TEST_F(Containers, Qcow2ZeroClusters) {
  if (!installed("qemu-io")) GTEST_SKIP() << "qemu-io is not installed";
  disk_.replace(1 << 20, 2 << 20, 2 << 20, '\0');
  EXPECT_EQ(format_of("qemu-img convert -O qcow2 disk made && "
                      "qemu-io -c 'write -z 1M 1M' -c 'write -z -u 2M 1M' made",
                      "made"),
            "qcow2 v3");
  EXPECT_EQ(format_of("qemu-img convert -O qcow2 -o extended_l2=on disk made && "
                      "qemu-io -c 'write -z 1M 1M' -c 'write -z -u 2M 1M' made",
                      "made"),
            "qcow2 v3");
}

TEST_F(Containers, Qcow2WithFilesBeside) {
  EXPECT_EQ(format_of("qemu-img create -q -f qcow2 -b disk -F raw child", "child", beside()),
            "qcow2 v3");
  EXPECT_EQ(format_of("qemu-img convert -O qcow2 -o data_file=data,data_file_raw=on disk outer",
                      "outer", beside()),
            "qcow2 v3");
}

TEST_F(Containers, Vmdk) {
  EXPECT_EQ(converted("vmdk"), "VMDK monolithicSparse");
  EXPECT_EQ(converted("vmdk", "-o subformat=streamOptimized"), "VMDK streamOptimized");
  EXPECT_EQ(format_of("qemu-img convert -O vmdk -o subformat=monolithicFlat disk flat.vmdk",
                      "flat.vmdk", beside()),
            "VMDK monolithicFlat");
  EXPECT_EQ(format_of("qemu-img convert -O vmdk -o subformat=twoGbMaxExtentSparse disk two.vmdk",
                      "two.vmdk", beside()),
            "VMDK twoGbMaxExtentSparse");
}

TEST_F(Containers, VhdVhdxVdi) {
  EXPECT_EQ(converted("vpc", "-o subformat=dynamic,force_size=on"), "VHD dynamic");
  EXPECT_EQ(converted("vpc", "-o subformat=fixed,force_size=on"), "VHD fixed");
  EXPECT_EQ(converted("vhdx", "-o subformat=dynamic"), "VHDX");
  EXPECT_EQ(converted("vhdx", "-o subformat=fixed,block_size=1M"), "VHDX");
  EXPECT_EQ(converted("vdi"), "VDI dynamic");
  EXPECT_EQ(converted("vdi", "-o static=on"), "VDI static");
}

}  // namespace
}  // namespace drydock::test
