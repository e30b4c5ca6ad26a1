// The same authorized_keys to drydock and to ssh-keygen(1) -l: which lines are keys, of which type and size, where do
// their options end, and what is the comment?
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <vector>

#include "parsers/authorized_keys.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

struct Made {
  std::string type, blob;
};

class Generator {
 public:
  explicit Generator(const std::vector<Made>& made) : made_(made) {}

  std::string file() {
    std::string out;
    for (int n = 1 + random_.below(6); n > 0; --n)
      out += line() + random_.pick({"\n", "\n", "\n", "\r\n", "\n\n", " \n"});
    return random_.one_in(6) ? out.substr(0, out.size() - 1) : out;
  }

 private:
  std::string options() {
    std::string out;
    for (int n = random_.below(4); n > 0; --n)
      out += random_.pick({"no-pty", "restrict", "cert-authority", "NO-PTY", "command=\"echo hi\"",
                           "pty", "command=\"echo \\\"a b\\\" c\"", "from=\"*.x,!y.x,10.0.0.0/8\"",
                           "environment=\"A=b c\"", "permitopen=\"[::1]:80\"",
                           "expiry-time=\"20300101\"", "tunnel=\"0\"", "X11-forwarding",
                           "no-touch-required", "command=\"\"", "principals=\"a,b\"",
                           "command=\"a#b\""}) +
             ",";
    if (!out.empty()) out.pop_back();
    if (random_.one_in(8))
      out += random_.pick({",", "\"", "\\\"", "\"a b", ",nonsense", "=x", ",,no-pty", "\t#",
                           ",command=a", ",command=\"a\"b", "\\", ",17"});
    if (random_.one_in(25))
      out = random_.pick({"0", "host.example,10.0.0.1", "@cert-authority *", "-", "#"});
    return out;
  }
  std::string key() {
    const Made& made = made_[static_cast<size_t>(random_.below(static_cast<int>(made_.size())))];
    std::string type = made.type, blob = made.blob;
    if (random_.one_in(8)) {
      switch (random_.below(8)) {
        case 0:
          type = random_.pick(
              {"ssh-foo", "SSH-RSA", "ssh-rsa", "ssh-ed25519", "rsa", "RSA", "ED25519"});
          break;
        case 1:
          blob = blob.substr(0, blob.size() - 1 - static_cast<size_t>(random_.below(9)));
          break;
        case 2:
          blob += random_.pick({"=", "A", "AAAA", "====", "!", ","});
          break;
        case 3:
          blob.insert(blob.size() / 2, random_.pick({" ", "\t", "-", "=", "\\"}));
          break;
        case 4:
          blob.clear();
          break;
        case 5:
          blob[9] = 'B';
          break;
        case 6:
          blob = "\"" + blob + "\"";
          break;
        default:
          return type + blob;
      }
    }
    return type + random_.pick({" ", " ", "  ", "\t", " \t "}) + blob;
  }
  std::string line() {
    if (random_.one_in(10))
      return random_.pick(
          {"# comment", "", "   ", "\t# x", "nonsense", "-----BEGIN", "ssh-rsa", "\"", "no-pty"});
    std::string out = random_.pick({"", "", "", " ", "\t", "  \t"});
    const std::string before = random_.one_in(2) ? options() : "";
    if (!before.empty()) out += before + random_.pick({" ", "\t"});  // sshd takes more
    out += key();
    // Without options and a comment ssh-keygen shows what its memory holds.
    if (before.empty())
      return out + random_.pick({" me@here", "  a comment of words", "\tx", " \"quoted\"",
                                 " ssh-rsa AAAA", " a # b", " =", " x "});
    return out + random_.pick({"", "", " ", " me@here", "  a comment of words", "\tx",
                               " # no comment", " #x", " \"quoted\"", " ssh-rsa AAAA", " a # b"});
  }

  const std::vector<Made>& made_;
  test::Random random_{31};
};

const std::map<std::string, std::string, std::less<>>& shown() {
  static const std::map<std::string, std::string, std::less<>> kShown = {
      {"ssh-ed25519", "ED25519"},
      {"ssh-rsa", "RSA"},
      {"ssh-dss", "DSA"},
      {"ecdsa-sha2-nistp256", "ECDSA"},
      {"ecdsa-sha2-nistp384", "ECDSA"},
      {"ecdsa-sha2-nistp521", "ECDSA"},
      {"ssh-ed25519-cert-v01@openssh.com", "ED25519-CERT"},
      {"ssh-rsa-cert-v01@openssh.com", "RSA-CERT"},
      {"ecdsa-sha2-nistp256-cert-v01@openssh.com", "ECDSA-CERT"}};
  return kShown;
}

TEST(AuthorizedKeyDifferential, FindsTheKeysThatWeFind) {
  const char* const set = std::getenv("DRYDOCK_SSH_KEYGEN");
  const std::string keygen = set ? set : "ssh-keygen";
  const test::ScratchDirectory scratch = test::directory_in_memory();
  // Keys of each type, and certificates of three.
  const auto keys = test::ask(
      "cd " + scratch.path() +
      " && for k in ed25519:256 rsa:1024 rsa:2048 rsa:3072 ecdsa:256 ecdsa:384 ecdsa:521 " +
      "dsa:1024; do " + keygen +
      " -q -t ${k%:*} -b ${k#*:} -N '' -f $k >/dev/null; done; for k in ed25519:256 " +
      "rsa:2048 ecdsa:256; do " + keygen +
      " -q -s rsa:3072 -I x -n root -V always:forever $k.pub; done; cat *.pub");
  if (!keys || keys->empty()) GTEST_SKIP() << "ssh-keygen is not installed";
  std::vector<Made> made;
  for (size_t at = 0; at < keys->size();) {
    const size_t type = keys->find(' ', at), blob = keys->find_first_of(" \n", type + 1);
    made.push_back({keys->substr(at, type - at), keys->substr(type + 1, blob - type - 1)});
    at = keys->find('\n', at) + 1;
  }
  ASSERT_GE(made.size(), 10u);
  std::vector<std::string> cases;
  for (Generator generator(made); cases.size() < 400;) cases.push_back(generator.file());
  for (size_t i = 0; i < cases.size(); ++i) scratch.write(std::to_string(i), cases[i]);
  const auto said = test::ask("cd " + scratch.path() + " && for i in $(seq 0 " +
                              std::to_string(cases.size() - 1) + "); do " + keygen +
                              " -l -f $i; echo == end; done");
  ASSERT_TRUE(said);
  size_t at = 0, found = 0, with_options = 0, not_taken = 0, no_keys = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const size_t end = said->find("== end\n", at);
    ASSERT_NE(end, std::string::npos);
    std::vector<std::string> theirs;
    for (; at < end; at = said->find('\n', at) + 1) {
      // "256 SHA256:… a comment (ED25519)"
      std::string line = said->substr(at, said->find('\n', at) - at);
      const size_t first = line.find(' ');
      line.erase(first, line.find(' ', first + 1) - first);
      std::erase(line, '\r');
      theirs.push_back(std::move(line));
    }
    at = end + 7;
    std::string ours, wanted;
    const auto file = parsers::authorized_keys::parse(cases[i]);
    for (size_t k = 0; k < file.keys.size(); ++k) {
      const auto& key = file.keys[k];
      ++found;
      with_options += !key.options.empty();
      not_taken += !key.is_taken;
      const auto type = shown().find(key.type);
      const std::string bits = std::to_string(key.bits) + " ";
      const std::string end_of_line =
          " (" + (type == shown().end() ? key.type : type->second) + ")\n";
      const bool is_dos = cases[i].find('\r') != std::string::npos;
      const std::string comment =
          key.comment.empty() && !is_dos ? key.written_options : key.comment;
      ours += bits + comment + end_of_line;
      if (comment.empty() && k < theirs.size() && theirs[k].starts_with(bits))
        theirs[k] = bits + theirs[k].substr(theirs[k].rfind(' '));
    }
    for (const std::string& line : theirs) wanted += line + "\n";
    no_keys += file.keys.empty();
    ASSERT_EQ(ours, wanted) << i << ":\n" << cases[i];
  }
  EXPECT_GT(found, 700u);
  EXPECT_GT(with_options, 150u);
  EXPECT_GT(not_taken, 30u);
  EXPECT_GT(no_keys, 20u);
}

// sshd(8), "AUTHORIZED_KEYS FILE FORMAT".
TEST(AuthorizedKey, TellsTheOptionsThatSshdTakes) {
  const std::string key =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPtX5C5rR6C1nw55F2lYq7DCfLVESR8WW+Yfk7f4FJti me";
  for (const char* options :
       {"no-pty", "RESTRICT,pty", "command=\"a \\\"b\\\" c\"", "from=\"*.x,!y\",no-user-rc",
        "command=\"\"", "cert-authority,principals=\"a\"",
        "tunnel=\"0\",permitlisten=\"80\",expiry-time=\"20300101\""}) {
    const auto file = parsers::authorized_keys::parse(std::string(options) + "   " + key);
    ASSERT_EQ(file.keys.size(), 1u) << options;
    EXPECT_TRUE(file.keys[0].is_taken) << options;
    EXPECT_EQ(file.keys[0].written_options, options);
  }
  for (const char* options : {"no-pty,", "nonsense", "command=a", "command", "no-pty=\"x\"",
                              "command=\"a\"b", ",no-pty", "no-pty,,pty", "host.example"}) {
    const auto file = parsers::authorized_keys::parse(std::string(options) + " " + key);
    ASSERT_EQ(file.keys.size(), 1u) << options;
    EXPECT_FALSE(file.keys[0].is_taken) << options;
    EXPECT_EQ(file.errors.list().size(), 1u) << options;
  }
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/passwd", "a:x:1:1::/home/a:/bin/sh\n")
      .file("home/a/.ssh/authorized_keys",
            "restrict,command=\"say \\\"x\\\"\",from=\"10.*\" " + key + "\nnonsense " + key + "\n");
  const test::FewFacts facts(tree, {"account", "authorized_key"}, {"authorized_key"});
  EXPECT_EQ(
      facts.text("SELECT user, type, bits, comment, command, hosts, is_restricted, is_ca, loc FROM "
                 "authorized_key"),
      "a | ssh-ed25519 | 256 | me | say \"x\" | 10.* | 1 | 0 | home/a/.ssh/authorized_keys:1:1\n");
}

}  // namespace
}  // namespace drydock
