#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

TEST(AccessFacts, FilesOfAListAreOne) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/pam.d/sshd", "account required pam_access.so\n")
      .file("etc/pam.d/login", "account required pam_access.so nodefgroup\n")
      .file("etc/pam.d/cron", "account required pam_access.so accessfile=/etc/own listsep=;\n")
      .file("etc/own", "-:a b;c:ALL\n")
      .file("etc/security/access.conf", "+:root:LOCAL\n")
      .file("etc/security/access.d/b.conf", "-:ALL:ALL\n+:x:ALL\n")
      .file("etc/security/access.d/a.conf", "+:(wheel),al:ALL\n*:x\n")
      .file("etc/security/access.d/c", "-:z:ALL\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT list, position, allows, users, origins, is_reached, "
                        "decides_rest, services, loc FROM access_entry"),
            "etc/own | 0 | 0 | a\\040b c | ALL | 1 | 0 | cron | etc/own:1:1\n"
            "etc/security/access.conf | 0 | 1 | root | LOCAL | 1 | 0 | login,sshd | "
            "etc/security/access.conf:1:1\n"
            "etc/security/access.conf | 1 | 1 | (wheel) al | ALL | 1 | 0 | login,sshd | "
            "etc/security/access.d/a.conf:1:1\n"
            "etc/security/access.conf | 2 | 0 | ALL | ALL | 1 | 1 | login,sshd | "
            "etc/security/access.d/b.conf:1:1\n"
            "etc/security/access.conf | 3 | 1 | x | ALL | 0 | 0 | login,sshd | "
            "etc/security/access.d/b.conf:2:1\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT code, effect, loc FROM parse_issue WHERE table_name = "
                        "'access_entry'"),
            "missing-field | ignored | etc/security/access.d/a.conf:2:1\n");
}

}  // namespace
}  // namespace drydock
