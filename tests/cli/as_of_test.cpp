// The day for which support is judged.
#include <gmock/gmock.h>

#include "tests/cli/run.h"

namespace drydock {
namespace {

using testing::HasSubstr;
using testing::Not;

class AsOf : public testing::Test {
 protected:
  AsOf() {
    host.file("host/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
    host.file("host/usr/bin/true", "");
  }
  test::Ran scan(std::vector<std::string> more,
                 std::map<std::string, std::string> environment = {}) {
    std::vector<std::string> arguments = {"scan", "host", "--rule", "os-end-of-life"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return host.drydock(arguments, "", std::move(environment));
  }

  test::Workspace host;
};

TEST_F(AsOf, DecidesWhetherSupportHasEnded) {
  EXPECT_EQ(scan({"--as-of", "2028-06-30"}).code, 0);
  const test::Ran after = scan({"--as-of", "2028-07-01"});
  EXPECT_EQ(after.code, 1);
  EXPECT_THAT(after.out,
              HasSubstr("Debian 12 (bookworm) has had no security updates since 2028-06-30"));
  EXPECT_EQ(scan({}, {{"DRYDOCK_AS_OF", "2030-01-01"}}).code, 1);
  EXPECT_EQ(scan({"--param", "as-of=2030-01-01"}, {{"DRYDOCK_AS_OF", ""}}).code, 1);
  // 2030-01-01 and 2026-11-22, as seconds.
  EXPECT_EQ(scan({}, {{"DRYDOCK_AS_OF", ""}, {"SOURCE_DATE_EPOCH", "1893456000"}}).code, 1);
  EXPECT_EQ(scan({}, {{"DRYDOCK_AS_OF", ""}, {"SOURCE_DATE_EPOCH", "1795305600"}}).code, 0);
}

TEST_F(AsOf, OldDataAreSaidToBeOld) {
  EXPECT_THAT(scan({"--as-of", "2027-11-01"}).out, Not(HasSubstr("dates of support")));
  EXPECT_THAT(scan({"--as-of", "2029-01-01"}).out,
              HasSubstr("drydock's dates of support are of 2"));
}

TEST_F(AsOf, OnlyADayIsADay) {
  for (const char* no : {"tomorrow", "2026-02-30", "2026-1-1", "20261122", "2026-11-22x"}) {
    const test::Ran ran = scan({"--as-of", no});
    EXPECT_EQ(ran.code, 2) << no;
    EXPECT_THAT(ran.err, HasSubstr("is no day"));
  }
}

}  // namespace
}  // namespace drydock
