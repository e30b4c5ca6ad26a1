#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

TEST(UnitLimitFacts, SlicesLimitWhatLiesInThem) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/lib/systemd/system/web.service",
             "[Service]\nExecStart=/bin/true\nSlice=front-web.slice\nMemoryMax=2G\nTasksMax=10%\n")
      .file("etc/systemd/system/front-web.slice", "[Slice]\nMemoryMax=1G\nCPUQuota=50%\n")
      .file("etc/systemd/system/front.slice.d/limits.conf", "[Slice]\nMemoryMax=4G\nTasksMax=100\n")
      .file("usr/lib/systemd/system/plain.service",
            "[Service]\nExecStart=/bin/true\nMemoryLimit=1M\n")
      .file("etc/systemd/system/system.slice.d/x.conf", "[Slice]\nMemoryMax=infinity\nTasksMax=7\n")
      .file("usr/lib/systemd/system/a-b@.service", "[Service]\nExecStart=/bin/true\n")
      .file("etc/systemd/system/system-a\\x2db.slice", "[Slice]\nMemoryHigh=5K\n")
      .file("etc/systemd/system/-.slice.d/x.conf", "[Slice]\nCPUQuota=90%\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT unit, resource, value, amount, set_by, depth, is_tightest, loc FROM "
                  "unit_limit WHERE unit <> 'plain.service'"),
      "a-b@.service | MemoryHigh | 5K | 5120 | system-a\\x2db.slice | 1 | 1 | "
      "etc/systemd/system/system-a\\x2db.slice:2:1\n"
      "a-b@.service | TasksMax | 7 | 7 | system.slice | 2 | 1 | "
      "etc/systemd/system/system.slice.d/x.conf:3:1\n"
      "a-b@.service | CPUQuota | 90% | 90 | -.slice | 3 | 1 | "
      "etc/systemd/system/-.slice.d/x.conf:2:1\n"
      "web.service | MemoryMax | 2G | 2147483648 | web.service | 0 | 0 | "
      "usr/lib/systemd/system/web.service:4:1\n"
      "web.service | MemoryMax | 1G | 1073741824 | front-web.slice | 1 | 1 | "
      "etc/systemd/system/front-web.slice:2:1\n"
      "web.service | MemoryMax | 4G | 4294967296 | front.slice | 2 | 0 | "
      "etc/systemd/system/front.slice.d/limits.conf:2:1\n"
      "web.service | TasksMax | 10% | - | web.service | 0 | - | "
      "usr/lib/systemd/system/web.service:5:1\n"
      "web.service | TasksMax | 100 | 100 | front.slice | 2 | - | "
      "etc/systemd/system/front.slice.d/limits.conf:3:1\n"
      "web.service | CPUQuota | 50% | 50 | front-web.slice | 1 | 1 | "
      "etc/systemd/system/front-web.slice:3:1\n"
      "web.service | CPUQuota | 90% | 90 | -.slice | 3 | 0 | "
      "etc/systemd/system/-.slice.d/x.conf:2:1\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT resource, amount, set_by FROM unit_limit WHERE unit = "
                        "'plain.service' AND is_tightest"),
            "MemoryMax | 1048576 | plain.service\nTasksMax | 7 | system.slice\n"
            "CPUQuota | 90 | -.slice\n");
  // Slices are there without a file, so their drop-ins are for somebody.
  EXPECT_EQ(test::facts(tree, "SELECT path FROM unit_problem WHERE problem = 'no-unit'"), "");
}

TEST(UnitLimitFacts, GeneratorsMakeUnitsThatDropInsAreFor) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/systemd/system/var-log.mount.d/x.conf", "[Mount]\nOptions=noexec\n")
      .file("etc/systemd/system/old.service.d/x.conf", "[Service]\nPrivateTmp=yes\n")
      .file("etc/init.d/old", "#!/bin/sh\n")
      .file("etc/systemd/system/gone.service.d/x.conf", "[Service]\nPrivateTmp=yes\n");
  EXPECT_EQ(test::facts(tree, "SELECT path FROM unit_problem WHERE problem = 'no-unit'"),
            "etc/systemd/system/gone.service.d/x.conf\n");
}

}  // namespace
}  // namespace drydock
