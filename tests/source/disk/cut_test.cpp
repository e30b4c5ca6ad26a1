// Containers that were cut anywhere: what precedes the cut reads as ever, what is lost cannot be read and is
// named. Never are bytes made up.
#include <gmock/gmock.h>

#include <algorithm>

#include "analyzer/source/disk/beside.h"
#include "tests/source/disk/crafted.h"
#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

using testing::IsEmpty;

constexpr size_t kPiece = 4096;

bool overlaps(const std::vector<ByteRange>& ranges, uint64_t offset, uint64_t length) {
  return std::ranges::any_of(ranges, [&](const ByteRange& range) {
    return range.offset < offset + length && offset < range.offset + range.length;
  });
}

// Reads the whole disk piece by piece; how many are right. Every piece is right, or cannot be read and is
// among what the disk says is missing.
size_t right_pieces(const Disk& disk, std::string_view truth) {
  size_t right = 0;
  for (uint64_t at = 0; at + kPiece <= truth.size(); at += kPiece) {
    const auto piece = disk.device->read(at, kPiece);
    const bool missing = overlaps(disk.missing, at, kPiece);
    if (testing::Test::HasFailure()) return right;  // once is enough
    if (!piece) {
      EXPECT_TRUE(missing) << "byte " << at << " is missing, and nobody says so";
    } else {
      const std::string_view text(reinterpret_cast<const char*>(piece->data()), piece->size());
      EXPECT_EQ(text, truth.substr(at, kPiece)) << "byte " << at;
      EXPECT_FALSE(missing) << "byte " << at << " is said to be missing, and is there";
      ++right;
    }
  }
  return right;
}

class CutContainer : public testing::TestWithParam<const char*> {};

TEST_P(CutContainer, ReadsWhatIsThereAndNamesWhatIsNot) {
  if (!installed("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  const TempDir dir;
  const auto& image = image_bytes("ext2");
  const std::string disk(reinterpret_cast<const char*>(image.data()), image.size());
  write_bytes(dir.path("disk"), disk);
  run(std::string("qemu-img convert ") + GetParam() + " disk made", dir.path());
  const std::string made = read_file(dir.path("made"));

  const auto whole = open_container(device_of(made), refuse_beside());
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_THAT(whole->missing, IsEmpty());
  const size_t all = right_pieces(*whole, disk);
  EXPECT_EQ(all, disk.size() / kPiece);

  size_t last = all;
  for (const size_t percent : {90, 60, 30}) {
    SCOPED_TRACE(percent);
    const auto cut = open_container(
        device_of(std::string_view(made).substr(0, made.size() * percent / 100)), refuse_beside());
    ASSERT_TRUE(cut) << cut.error().message;
    const size_t right = right_pieces(*cut, disk);
    EXPECT_EQ(right == all, cut->missing.empty());  // a container may have room to spare at its end
    EXPECT_LE(right, last);
    last = right;
  }
  EXPECT_LT(last, all);
  // Cut to nearly nothing it may be refused, but never answers with what is not there.
  for (const size_t length :
       {size_t{100}, size_t{600}, size_t{5000}, size_t{70000}, size_t{200000}}) {
    SCOPED_TRACE(length);
    if (length >= made.size() / 4) continue;
    const auto cut =
        open_container(device_of(std::string_view(made).substr(0, length)), refuse_beside());
    if (cut && cut->format != "raw") (void)right_pieces(*cut, disk);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, CutContainer,
    testing::Values("-O qcow2", "-O qcow2 -o compat=0.10", "-c -O qcow2",
                    "-c -O qcow2 -o compression_type=zstd", "-O qcow2 -o cluster_size=512",
                    "-O qcow2 -o extended_l2=on,refcount_bits=1", "-O qcow2 -o lazy_refcounts=on",
                    "-O vmdk", "-O vmdk -o subformat=streamOptimized", "-O vpc -o force_size=on",
                    "-O vhdx -o block_size=1M", "-O vdi", "-O parallels -o cluster_size=64k"),
    [](const auto& tested) {
      std::string name = tested.param;
      std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
      return name;
    });

TEST(CutStream, IsReadByItsMarkers) {
  const auto& image = image_bytes("ext2");
  const std::string disk(reinterpret_cast<const char*>(image.data()), image.size());
  const std::string stream = vmdk_stream(disk);
  if (installed("qemu-img")) {  // is it what others take for such a stream?
    const TempDir dir;
    write_bytes(dir.path("made"), stream);
    run("qemu-img convert -f vmdk -O raw made theirs", dir.path());
    EXPECT_TRUE(read_file(dir.path("theirs")) == disk);
  }
  const auto whole = open_container(device_of(stream), refuse_beside());
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->format, "VMDK streamOptimized");
  EXPECT_THAT(whole->missing, IsEmpty());
  EXPECT_EQ(right_pieces(*whole, disk), disk.size() / kPiece);
  size_t last = disk.size() / kPiece;
  for (const size_t lost :
       {size_t{512}, size_t{4096}, stream.size() / 3, stream.size() / 2, stream.size() - 66000}) {
    SCOPED_TRACE(lost);
    const auto cut = open_container(
        device_of(std::string_view(stream).substr(0, stream.size() - lost)), refuse_beside());
    ASSERT_TRUE(cut) << cut.error().message;
    const size_t right = right_pieces(*cut, disk);
    EXPECT_LE(right, last);
    last = right;
  }
}

TEST(CutExtent, IsNamedWhereItLiesInTheDisk) {
  if (!installed("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  const TempDir dir;
  const auto& image = image_bytes("ext2");
  const std::string disk(reinterpret_cast<const char*>(image.data()), image.size());
  write_bytes(dir.path("disk"), disk);
  run("qemu-img convert -O vmdk -o subformat=monolithicFlat disk made.vmdk && "
      "truncate -s 5M made-flat.vmdk",
      dir.path());
  const auto file = FileDevice::open(dir.path("made.vmdk"));
  const auto cut = open_container(*file, open_beside(dir.path("made.vmdk")));
  ASSERT_TRUE(cut) << cut.error().message;
  EXPECT_EQ(right_pieces(*cut, disk), (size_t{5} << 20) / kPiece);
}

}  // namespace
}  // namespace drydock::test
