// Containers made by qemu-img: the guest's bytes are those of the disk they were made from.
#include "analyzer/source/disk/container.h"
#include "analyzer/source/disk/beside.h"

#include <gmock/gmock.h>

#include "tests/source/disk/crafted.h"
#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

class Containers : public testing::Test {
 protected:
  void SetUp() override {
    if (!installed("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
    const auto& bytes = image_bytes("ext4-nocsum");
    disk_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    write_bytes(dir_.path("disk"), disk_);
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
  OpenBeside beside() { return open_beside(dir_.path("the image")); }

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

TEST_F(Containers, OldQcowAndParallels) {
  EXPECT_EQ(converted("qcow"), "qcow v1");
  // qemu-img 7.2 writes all of it and then fails.
  EXPECT_EQ(format_of("qemu-img convert -O qcow -c disk made || true", "made"), "qcow v1");
  EXPECT_EQ(converted("parallels"), "Parallels");
  EXPECT_EQ(converted("parallels", "-o cluster_size=64k"), "Parallels");
}

TEST_F(Containers, AChainOfBackingFiles) {
  std::string make = "mv disk link0", format = "raw";
  for (int i = 1; i <= kBackingChain; ++i) {
    const std::string name = "link" + std::to_string(i);
    make += " && qemu-img create -q -f qcow2 -b link" + std::to_string(i - 1) + " -F " + format +
            " " + name;
    format = "qcow2";
  }
  EXPECT_EQ(format_of(make, "link" + std::to_string(kBackingChain), beside()), "qcow2 v3");
  EXPECT_EQ(format_of("qemu-img create -q -f qcow2 -b link8 -F qcow2 link9", "link9", beside()),
            "the chain of backing files is longer than drydock follows");
}

// What a guest writes into its raw disk must not decide how we read it.
TEST_F(Containers, TheFormatOfABackingFileIsNotGuessed) {
  EXPECT_EQ(format_of("qemu-img convert -O qcow2 disk inner && "
                      "qemu-img create -q -f qcow2 -b inner -F qcow2 outer && "
                      "LC_ALL=C sed 's/\\xE2\\x79[\\x2A]\\xCA/abcd/' outer > bare",
                      "bare", beside()),
            "the image does not say which format its backing file 'inner' has");
  EXPECT_EQ(format_of("qemu-img rebase -u -f qcow2 -b inner -F vmdk outer", "outer", beside()),
            "the backing file 'inner' is no 'vmdk', as the image says");
}

// The log of a VHDX that was not closed. qemu-img repairs a copy, and has to see the same disk; a log that wraps
// round its end it misreads (7.2 replays an entry of an older life), so there the truth is what was written.
TEST_F(Containers, VhdxReplaysItsLog) {
  run("qemu-img convert -O vhdx -o block_size=1M disk made", dir_.path());
  const std::string closed = read_file(dir_.path("made"));
  std::string truth = disk_;
  truth.replace(8192, 4096, 4096, 'A').replace(12288, 4096, 4096, 'B');
  truth.replace(16384, 4096, 4096, '\0').replace(65536, 4096, 4096, '\0');
  for (const bool wrapped : {false, true}) {
    SCOPED_TRACE(wrapped);
    const std::string file = with_live_log(closed, wrapped);
    write_bytes(dir_.path("made"), file);
    const auto opened = FileDevice::open(dir_.path("made"));
    const auto disk = open_container(*opened, refuse_beside());
    ASSERT_TRUE(disk) << disk.error().message;
    EXPECT_THAT(disk->notes, testing::ElementsAre("its log was replayed in memory: 4 sectors"));
    EXPECT_TRUE(all_bytes(*disk->device) == truth);
    EXPECT_TRUE(read_file(dir_.path("made")) == file) << "the image itself is never written";
    if (wrapped) continue;
    run("cp made theirs && qemu-img check -q -r all theirs && qemu-img convert -O raw theirs truth",
        dir_.path());
    EXPECT_TRUE(read_file(dir_.path("truth")) == truth);
  }
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
