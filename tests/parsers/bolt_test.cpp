#include "parsers/bolt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "tests/parsers/bolt_writer.h"

namespace drydock::parsers::bolt {
namespace {

using test::BoltBucket;
using test::BoltWriter;

// Each key as "bucket/bucket/key=value", then the errors.
std::string shown(std::string_view content) {
  std::string out;
  TextBytes file(content);
  const SyntaxErrors errors = read(file, {[](Path bucket) { return bucket.back() != "closed"; },
                                          [&](Path key, std::string_view value) {
                                            for (const std::string& part : key)
                                              out += (&part == &key[0] ? "" : "/") + part;
                                            out += "=" + std::string(value.substr(0, 20)) + "\n";
                                          }});
  for (const SyntaxError& error : errors)
    out += std::string(error.code) + ": " + error.message + "\n";
  return out;
}

BoltBucket sample() {
  BoltBucket root;
  root.buckets["ctr"].buckets["1f"].keys = {{"config", "{}"}, {"state", "[]"}, {"x", ""}};
  root.buckets["ctr"].buckets["2e"].keys = {{"config", std::string(5000, 'c')}};
  root.buckets["closed"].keys["k"] = "v";
  return root;
}

constexpr std::string_view kSample =
    "ctr/1f/config={}\nctr/1f/state=[]\nctr/1f/x=\nctr/2e/config=cccccccccccccccccccc\n";

TEST(Bolt, BucketsInlineAndOnPagesOfTheirOwn) {
  EXPECT_EQ(shown(BoltWriter(true).write(sample())), kSample);
  EXPECT_EQ(shown(BoltWriter(false, 100).write(sample())), kSample);
  EXPECT_EQ(shown(BoltWriter(false, 2).write(sample())), kSample);  // with branches
}

TEST(Bolt, TheNewerWholeMetaPageCounts) {
  std::string file = BoltWriter().write(sample());
  std::string broken = file;
  broken[20] ^= 1;  // the first one: found behind it
  EXPECT_EQ(shown(broken), kSample);
  broken = file;
  broken[BoltWriter::kPage + 40] ^= 1;  // the second one
  EXPECT_EQ(shown(broken), kSample);
  broken[20] ^= 1;
  EXPECT_EQ(shown(broken), "not-a-database: none of its meta pages is whole\n");
  EXPECT_EQ(shown("SQLite"), "not-a-database: none of its meta pages is whole\n");
  EXPECT_EQ(shown(""), "not-a-database: none of its meta pages is whole\n");
}

TEST(Bolt, DamageCostsWhatHangsBelowIt) {
  BoltBucket root;
  root.keys = {{"a", "1"}, {"b", "2"}};
  std::string file = BoltWriter().write(root);
  const size_t page = file.size() - BoltWriter::kPage;
  std::string broken = file;
  broken[page + 16 + 8] =
      100;  // the key of the first element is longer than the page… of 1024 bytes
  broken[page + 16 + 9] = 100;
  EXPECT_EQ(shown(broken), "b=2\nbroken-page: an element of page 3 lies outside it\n");
  broken = file;
  broken[page + 8] = 7;
  EXPECT_EQ(shown(broken), "broken-page: page 3 is neither a branch nor a leaf\n");
  broken = file;
  broken[page + 12] = 9;
  EXPECT_EQ(shown(broken), "broken-page: page 3 does not fit into the file\n");
  EXPECT_EQ(shown(file.substr(0, page)), "broken-page: page 3 lies outside the file\n");
}

// A branch that leads to itself ends with the pages that the file has.
TEST(Bolt, CirclesEnd) {
  BoltBucket root;
  root.keys = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
  std::string file = BoltWriter(false, 2).write(root);
  const size_t page = file.size() - BoltWriter::kPage;  // the branch: page 5
  file[page + 16 + 8] = 5;
  const std::string said = shown(file);
  EXPECT_NE(said.find("broken-page: page"), std::string::npos) << said;
}

void put32(std::string& bytes, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> 8 * i & 0xff);
}

// Elements may claim the same bytes: what they add up to is bounded by the pages read, here five of 1 kB.
TEST(Bolt, ElementsInEachOtherEnd) {
  BoltBucket root;
  for (int i = 100; i < 200; ++i) root.keys[std::to_string(i)] = "v";
  root.keys["z"] = std::string(3000, 'z');
  std::string file = BoltWriter().write(root);  // of 8 kB
  for (size_t i = 0; i < 100; ++i) put32(file, 3 * BoltWriter::kPage + 16 + 16 * i + 12, 3000);
  std::string said = shown(file);
  EXPECT_EQ(std::ranges::count(said, '\n'), 14) << said;
  EXPECT_TRUE(said.ends_with("\nbroken-page: elements of page 3 lie in each other\n")) << said;

  // Inline buckets of 20 elements each of which is the same bucket, 12 deep: 20^12 of them.
  std::string bucket(32, '\0');
  bucket[16 + 8] = 2;
  for (int level = 0; level < 12; ++level) {
    constexpr uint32_t kCount = 20;
    std::string page(32 + 16 * kCount, '\0');
    page[16 + 8] = 2, page[16 + 10] = kCount;
    for (uint32_t i = 0; i < kCount; ++i) {
      const size_t at = 32 + 16 * size_t{i};
      put32(page, at, 1), put32(page, at + 4, 16 * (kCount - i));
      put32(page, at + 12, static_cast<uint32_t>(bucket.size()));
    }
    bucket = page + bucket;
  }
  root = {};
  root.keys["ctr"] = bucket;
  file = BoltWriter().write(root);
  file[3 * BoltWriter::kPage + 16] = 1;  // is a bucket
  said = shown(file);
  EXPECT_TRUE(said.starts_with("broken-page: elements of a bucket of a bucket of a")) << said;
  EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
}

// A file with a hole behind its text: as large as it likes to be.
class Sparse : public RandomBytes {
 public:
  explicit Sparse(std::string_view text) : text_(text) {}
  uint64_t size() const override { return uint64_t{1} << 40; }
  std::string_view at(uint64_t offset, size_t length) override {
    asked_ += length;
    piece_ = text_.substr(std::min<uint64_t>(offset, text_.size()), length);
    piece_.resize(length, '\0');
    return piece_;
  }
  uint64_t asked() const { return asked_; }

 private:
  std::string_view text_;
  std::string piece_;
  uint64_t asked_ = 0;
};

// What a file claims to be says nothing of what is there.
TEST(Bolt, HolesCostLittle) {
  BoltBucket root;
  for (int i = 1000; i < 1120; ++i) root.keys[std::to_string(i)] = "v";
  const std::string file = BoltWriter(false, 2).write(root);
  const size_t pages = file.size() / BoltWriter::kPage;
  ASSERT_GT(pages, 50u);
  const auto read_sparse = [](const std::string& text) {
    Sparse bytes(text);
    size_t taken = 0;
    const SyntaxErrors errors =
        read(bytes, {[](Path) { return true; }, [&](Path, std::string_view) { ++taken; }});
    return std::tuple(taken, errors.list().size() + errors.dropped(), bytes.asked());
  };
  EXPECT_EQ(std::get<0>(read_sparse(file)), 120u);
  EXPECT_EQ(std::get<1>(read_sparse(file)), 0u);
  // Each leaf is overflown by 15 MiB of nothing.
  std::string broken = file;
  for (size_t page = 3; page < pages; ++page)
    if (broken[page * BoltWriter::kPage + 8] == 2)
      put32(broken, page * BoltWriter::kPage + 12, 15'000);
  auto [taken, errors, asked] = read_sparse(broken);
  EXPECT_GE(errors, 1u);
  EXPECT_LT(asked, uint64_t{64} << 20);
  // Each page leads into the hole.
  broken = file;
  for (size_t page = 3; page < pages; ++page)
    if (broken[page * BoltWriter::kPage + 8] == 1)
      for (size_t i = 0; i < 60; ++i) {
        broken[page * BoltWriter::kPage + 10] = 60;
        put32(broken, page * BoltWriter::kPage + 16 + 16 * i + 8,
              static_cast<uint32_t>(1'000'000 + page * 100 + i));
      }
  std::tie(taken, errors, asked) = read_sparse(broken);
  EXPECT_EQ(taken, 0u);
  EXPECT_GE(errors, 1u);
  EXPECT_LT(asked, uint64_t{1} << 20);
  // All pages are those that overflow the first leaf, too.
  broken = file;
  for (size_t page = 3; page < pages; ++page)
    if (broken[page * BoltWriter::kPage + 8] == 2)
      put32(broken, page * BoltWriter::kPage + 12, static_cast<uint32_t>(pages - page - 1));
  std::tie(taken, errors, asked) = read_sparse(broken);
  EXPECT_GE(errors, 1u);
  EXPECT_LT(asked, uint64_t{1} << 20);
}

}  // namespace
}  // namespace drydock::parsers::bolt
