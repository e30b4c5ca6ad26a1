// The key of a swarm's node to drydock and to openssl-pkey(1): can it be read without a password?
#include <gtest/gtest.h>

#include <vector>

#include "tests/facts/few_facts.h"

namespace drydock {
namespace {

TEST(SwarmKeyDifferential, IsLockedIfOpensslNeedsAPassword) {
  const test::ScratchDirectory scratch = test::directory_in_memory();
  const auto made =
      test::ask("cd " + scratch.path() +
                " && openssl ecparam -name prime256v1 -genkey -noout -out k0 && openssl ec -in k0 "
                "-aes256 -passout pass:x "
                "-out k1 && openssl pkcs8 -topk8 -in k0 -nocrypt -out k2 && openssl pkcs8 -topk8 "
                "-in k0 -passout pass:x "
                "-out k3 && openssl genrsa -traditional -out k4 2048 && openssl rsa -in k4 "
                "-traditional -aes128 -passout pass:x "
                "-out k5 && openssl genpkey -algorithm ed25519 -out k6 && openssl pkcs8 -topk8 -v1 "
                "PBE-SHA1-3DES -in k6 "
                "-passout pass:x -out k7; for i in 0 1 2 3 4 5 6 7; do cat k$i; echo ==; done");
  if (!made || made->find("BEGIN") == std::string::npos) GTEST_SKIP() << "openssl is not installed";
  std::vector<std::string> keys;
  for (size_t at = 0, end; (end = made->find("==\n", at)) != std::string::npos; at = end + 3) {
    // A line of base64 may end so, too.
    while (end != 0 && (*made)[end - 1] != '\n') end = made->find("==\n", end + 1);
    keys.push_back(made->substr(at, end - at));
  }
  ASSERT_EQ(keys.size(), 8u);
  std::vector<std::string> cases;
  for (const std::string& key : keys)
    // Docker takes the first block, openssl the first that it can read: one of those only.
    for (const std::string& before :
         {std::string(), std::string("a comment\n\n"), std::string("Proc-Type: 4,ENCRYPTED\n"),
          std::string(" -----BEGIN ENCRYPTED PRIVATE KEY-----\n"),
          std::string("see -----BEGIN ENCRYPTED PRIVATE KEY-----\n"), std::string("-----BEGIN\n"),
          std::string(100, 'x') + "\n" + std::string(6000, '\n')})
      for (const std::string& behind :
           {std::string(), std::string("Proc-Type: 4,ENCRYPTED\n"), keys[3]})
        for (const bool is_dos : {false, true}) {
          std::string text;
          for (const char c : before + key + behind) {
            if (c == '\n' && is_dos) text += '\r';
            text += c;
          }
          cases.push_back(std::move(text));
        }
  for (size_t i = 0; i < cases.size(); ++i) scratch.write(std::to_string(i), cases[i]);
  const auto said = test::ask(
      "cd " + scratch.path() + " && for i in $(seq 0 " + std::to_string(cases.size() - 1) +
      "); do if openssl pkey -in $i -passin pass: -noout; then echo n; else echo y; fi; done");
  ASSERT_TRUE(said);
  ASSERT_EQ(said->size(), 2 * cases.size());
  size_t locked = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/docker/daemon.json", "{}")
        .file("var/lib/docker/swarm/docker-state.json", "{}")
        .file("var/lib/docker/swarm/certificates/swarm-node.key", cases[i]);
    const test::FewFacts facts(tree, {"docker", "swarm"}, {"swarm"});
    const bool is_locked = (*said)[2 * i] == 'y';
    ASSERT_EQ(facts.text("SELECT value FROM swarm WHERE key = 'autolock'"),
              is_locked ? "true\n" : "false\n")
        << i << ":\n"
        << cases[i];
    locked += is_locked;
  }
  EXPECT_EQ(locked, cases.size() / 2);
}

}  // namespace
}  // namespace drydock
