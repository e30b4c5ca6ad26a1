// Does sshd let a key in? The same homes, files of keys and configurations to drydock and to sshd itself, which ssh
// talks to through a pipe. Every login wants more keys than there are, so sshd says of each of them what it thinks.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

std::string program(const char* variable, const char* otherwise) {
  const char* const set = std::getenv(variable);
  return set ? set : otherwise;
}

constexpr const char* kKinds[] = {"ed25519", "rsa -b 1024", "ecdsa", "ed25519", "ed25519"};
constexpr size_t kKeys = std::size(kKinds);

// What lies on the host, and the commands that make it so.
class Host {
 public:
  explicit Host(const std::vector<std::string>& keys) : keys_(keys) {
    tree_->file("etc/debian_version", "12\n").file("bin/sh", "", 0755).file("bin/plain", "", 0644);
    passwd_ =
        "root:*:0:0::/home/root:/bin/sh\nsshd:*:102:65534::/run/sshd:/usr/sbin/nologin\n"
        "nobody:*:65534:65534::/nonexistent:/usr/sbin/nologin\n";
    group_ = "root:x:0:\nusers:x:100:\nnogroup:x:65534:\n";
  }

  void add(size_t number) {
    const std::string name = number % 9 == 8 ? "root" : "u" + std::to_string(number);
    const uint32_t uid = name == "root" ? 0 : static_cast<uint32_t>(2000 + number);
    const std::string home = "home/" + name;
    names.push_back(name);
    if (name == "root" && !has_root_.insert(name).second) return;
    const uint32_t gid = random_.one_in(4) ? 100 : uid;
    if (name != "root") {
      const std::string linked = "home/link" + std::to_string(number);
      const bool is_link = random_.one_in(8);
      if (is_link) link(linked, "/" + home);
      passwd_ += name + ":" + random_.pick({"*", "*", "*", "*", "*", "!", "!x", "x*"}) + ":" +
                 std::to_string(uid) + ":" + std::to_string(gid) + "::/" +
                 (is_link ? linked : home) + ":" +
                 random_.pick({"/bin/sh", "/bin/sh", "/bin/sh", "/bin/sh", "/bin/sh", "/bin/sh", "",
                               "/bin/no-such-shell", "/bin/plain"}) +
                 "\n";
      group_ += name + ":x:" + std::to_string(uid) + ":" +
                random_.pick({"", "", "", "root", "nobody"}) + "\n" + "g" + std::to_string(number) +
                ":x:" + std::to_string(5000 + number) + ":" + name + "\n";
    }
    const auto group = [&] {
      return random_.one_in(3)   ? 100
             : random_.one_in(5) ? static_cast<uint32_t>(5000 + number)
                                 : uid;
    };
    directory(home, mode({0755, 0755, 0755, 0700, 0750, 0775, 0777, 0755}), owner(uid), group());
    const bool is_moved = random_.one_in(9);
    const std::string dot = is_moved ? "srv/dot" + std::to_string(number) : home + "/.ssh";
    if (is_moved) link(home + "/.ssh", "/" + dot);
    directory(dot, mode({0700, 0700, 0700, 0755, 0775, 0777, 0700, 0600}), owner(uid), group());
    keys_at(dot + "/authorized_keys", {0, 1}, uid, group());
    keys_at(dot + "/authorized_keys2", {2}, uid, group());
    keys_at("srv/keys/" + (random_.one_in(3) ? std::to_string(uid) : name), {3}, uid, group());
    if (random_.one_in(7))
      link(home + "/other", "/srv/keys/" + name);
    else
      keys_at(home + "/other", {4}, uid, group());
  }

  void finish() {
    file("etc/passwd", passwd_, 0644, 0, 0);
    file("etc/group", group_, 0644, 0, 0);
  }

  std::shared_ptr<MemoryTree> with(const std::string& config) const {
    auto tree = std::make_shared<MemoryTree>(*tree_);
    tree->file("etc/ssh/sshd_config", config)
        .file("var/lib/dpkg/status",
              "Package: openssh-server\nStatus: install ok installed\nVersion: 1:9.2p1-2\n"
              "Architecture: amd64\nDescription: x\n\n");
    return tree;
  }

  // For /home and /srv; `from`: where the texts lie.
  std::string script(const std::string& from) const {
    std::string out = "mkdir -p /srv/keys\n" + directories_;
    for (size_t i = 0; i < files_.size(); ++i)
      if (!files_[i].path.starts_with("etc/"))
        out += "cp " + from + "/f" + std::to_string(i) + " /" + files_[i].path + "\n";
    return out + links_ + modes_;
  }
  struct File {
    std::string path, text;
  };
  const std::vector<File>& files() const { return files_; }
  std::vector<std::string> names;  // of each case

 private:
  uint16_t mode(std::initializer_list<uint16_t> list) {
    return list.begin()[random_.below(static_cast<int>(list.size()))];
  }
  uint32_t owner(uint32_t uid) { return random_.one_in(12) ? 0 : random_.one_in(14) ? 65534 : uid; }

  void own(const std::string& path, uint16_t mode, uint32_t uid, uint32_t gid) {
    char text[200];
    snprintf(text, sizeof text, "chown %u:%u /%s; chmod %o /%s\n", uid, gid, path.c_str(), mode,
             path.c_str());
    modes_ += text;
  }
  void directory(const std::string& path, uint16_t mode, uint32_t uid, uint32_t gid) {
    tree_->directory(path, mode, uid, gid);
    directories_ += "mkdir -p /" + path + "\n";
    own(path, mode, uid, gid);
  }
  void link(const std::string& path, const std::string& target) {
    tree_->symlink(path, target);
    links_ += "ln -sfn " + target + " /" + path + "\n";
    // What lies below is made before.
    if (path.ends_with("/.ssh"))
      directories_ += "mkdir -p " + target + "; ln -sfn " + target + " /" + path + "\n";
  }
  void file(const std::string& path, const std::string& text, uint16_t mode, uint32_t uid,
            uint32_t gid) {
    tree_->file(path, text, mode, uid, gid);
    files_.push_back({path, text});
    if (!path.starts_with("etc/")) own(path, mode, uid, gid);
  }
  void keys_at(const std::string& path, std::initializer_list<size_t> which, uint32_t uid,
               uint32_t gid) {
    std::string text;
    for (const size_t key : which)
      text += random_.pick({"", "", "", "", "", "restrict ", "command=\"true\" ", "cert-authority ",
                            "nonsense ", "no-pty,command=\"a b\" "}) +
              keys_[key] + "\n";
    if (random_.one_in(25))
      directory(path, 0755, uid, gid);
    else
      file(path, text, mode({0600, 0600, 0600, 0644, 0640, 0660, 0664, 0666, 0400, 0200}),
           owner(uid), random_.one_in(3) ? gid : uid);
  }

  const std::vector<std::string>& keys_;
  test::Random random_{77};
  std::shared_ptr<MemoryTree> tree_ = std::make_shared<MemoryTree>();
  std::string passwd_, group_, directories_, links_, modes_;
  std::vector<File> files_;
  std::set<std::string> has_root_;
};

std::string config(test::Random& random, const std::string& name) {
  const auto files = [&] {
    return "AuthorizedKeysFile " +
           random.pick({".ssh/authorized_keys", ".ssh/authorized_keys2 other", "/srv/keys/%u",
                        "%h/other /srv/keys/%u", "none", ".ssh/authorized_keys none",
                        "/srv/keys/%U", "\"%h/.ssh/authorized_keys\" other", "/srv/%%/keys other",
                        ".ssh/%q other",
                        "/srv/keys/%u .ssh/authorized_keys other .ssh/authorized_keys2"}) +
           "\n";
  };
  std::string out, blocks;
  if (random.one_in(2)) out += files();
  if (random.one_in(3)) out += "StrictModes no\n";
  if (random.one_in(25)) out += "PubkeyAuthentication no\n";
  if (random.one_in(9))
    out += random.pick({"AllowUsers u* root\n", "AllowUsers root x\n", "DenyUsers u1* y\n",
                        "DenyUsers root\n", "AllowGroups users root\n", "DenyGroups users\n",
                        "AllowGroups g*\n", "AllowUsers x\nAllowUsers u*\n"});
  if (random.one_in(6))
    out += random.pick({"PubkeyAcceptedAlgorithms ssh-ed25519\n",
                        "PubkeyAcceptedAlgorithms -ssh-ed25519,ecdsa*\n", "RequiredRSASize 2048\n",
                        "PubkeyAcceptedAlgorithms rsa-sha2-256,ecdsa*\n"});
  out += "PermitRootLogin " +
         random.pick({"yes", "prohibit-password", "forced-commands-only", "no", "yes"}) + "\n";
  for (int n = random.below(3); n > 0; --n)
    blocks +=
        "Match " +
        random.pick({"User u1*,root", "Group users", "all", "Group !users,*", "User *,!u2*",
                     "User nobody", "Group g*,root", "User root Group root"}) +
        "\n" +
        random.pick({"PubkeyAuthentication yes", "X11Forwarding no", "PubkeyAuthentication no",
                     "PermitRootLogin no", "AllowUsers u* root", "PermitRootLogin yes"}) +
        "\n" + (random.one_in(2) ? files() : "");
  return out + (name.empty() ? "" : blocks);
}

// sshd asks for the key's command when all else is done: such a login wants one key.
bool wants_command(const std::string& config) {
  return config.find("forced-commands-only") != std::string::npos;
}

bool lets_in(const std::string& log, const std::string& print) {
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);)
    if ((line.starts_with("Partial publickey") || line.starts_with("Accepted publickey")) &&
        line.ends_with(print))
      return true;
  return false;
}

TEST(SshLoginDifferential, LetsInTheKeysThatSshdLetsIn) {
  const std::string sshd = program("DRYDOCK_SSHD", "/usr/sbin/sshd");
  const std::string keygen = program("DRYDOCK_SSH_KEYGEN", "ssh-keygen");
  const std::string ssh = program("DRYDOCK_SSH", "ssh");
  const test::ScratchDirectory scratch = test::directory_in_memory();
  const std::string& here = scratch.path();
  std::string make = "cd " + here + " && " + keygen + " -q -t ed25519 -N '' -f host";
  for (size_t i = 0; i < kKeys; ++i)
    make += " && " + keygen + " -q -N '' -C key" + std::to_string(i) + " -f k" + std::to_string(i) +
            " -t " + kKinds[i];
  for (size_t i = 0; i < kKeys; ++i)
    make += " && " + keygen + " -l -f k" + std::to_string(i) + ".pub";
  for (size_t i = 0; i < kKeys; ++i) make += " && cat k" + std::to_string(i) + ".pub";
  const auto version = test::ask("(" + sshd + " -? 2>&1)");
  const auto made = test::ask(make);
  if (geteuid() != 0 || !version || version->find("Debian") == std::string::npos || !made ||
      made->empty())
    GTEST_SKIP() << "Debian's sshd cannot be started as root here (package: openssh-server)";
  std::istringstream lines(*made);
  std::vector<std::string> prints, keys;
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find("SHA256:");
    if (prints.size() < kKeys)
      prints.push_back(line.substr(at, line.find(' ', at) - at));
    else
      keys.push_back(line);
  }
  ASSERT_EQ(keys.size(), kKeys);

  constexpr size_t kCases = 60;
  Host host(keys);
  for (size_t i = 0; i < kCases; ++i) host.add(i);
  host.finish();
  std::vector<std::string> configs;
  test::Random random(5);
  for (size_t i = 0; i < kCases; ++i) configs.push_back(config(random, host.names[i]));
  for (size_t i = 0; i < host.files().size(); ++i)
    scratch.write("f" + std::to_string(i), host.files()[i].text);
  std::string passwd, group;
  for (const auto& file : host.files()) {
    if (file.path == "etc/passwd") passwd = file.text;
    if (file.path == "etc/group") group = file.text;
  }
  scratch.write("passwd", passwd);
  scratch.write("group", group);
  scratch.write("nsswitch", "passwd: files\ngroup: files\nshadow: files\n");
  std::string options, identities, methods;
  for (size_t i = 0; i < kKeys; ++i) {
    identities += " -i " + here + "/k" + std::to_string(i);
    methods += "publickey,";
  }
  for (size_t i = 0; i < kCases; ++i) scratch.write("c" + std::to_string(i), configs[i] + "\n");
  // One login: sshd writes what it thinks of each key into a file.
  const std::string one = scratch.write(
      "one.sh",
      ssh + " -F none" + identities +
          " -o IdentitiesOnly=yes -o IdentityAgent=none -o PreferredAuthentications=publickey"
          " -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes"
          " -o LogLevel=QUIET -o KexAlgorithms=curve25519-sha256 -o ProxyCommand='" +
          sshd + " -i -f " + here + "/c'$1' -h " + here + "/host -E " + here +
          "/log'$1' -o PidFile=none"
          " -o UsePAM=no -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no"
          " -o LogLevel=VERBOSE -o MaxAuthTries=60 -o AuthenticationMethods='$3 $2@h "
          "</dev/null\nexit 0\n");
  std::string all =
      "mount -t tmpfs -o mode=755 none /home && mount -t tmpfs -o mode=755 none /srv && mount -t "
      "tmpfs none /run "
      "&& mkdir /run/sshd && for f in passwd group nsswitch; do t=/etc/$f; "
      "[ $f = nsswitch ] && t=/etc/nsswitch.conf; mount --bind " +
      here + "/$f $t || exit; done\nexec 2>/dev/null\n";
  // A program that is no shell, where the test's own tree has it.
  all += "mkdir /run/bin && cp /bin/sh /run/bin/sh && touch /run/bin/plain\n";
  all += host.script(here) + "xargs -P 8 -L 1 sh " + one + " <<'E'\n";
  for (size_t i = 0; i < kCases; ++i)
    all += std::to_string(i) + " " + host.names[i] + " " +
           (wants_command(configs[i]) ? "any" : methods + "publickey") + "\n";
  all += "E\ncd " + here + "; for i in $(seq 0 " + std::to_string(kCases - 1) +
         "); do echo \"== $i\"; cat log$i; done\n";
  scratch.write("all.sh", all);
  const auto said = test::ask("unshare --mount sh " + here + "/all.sh");
  ASSERT_TRUE(said);
  std::vector<std::string> logs;
  std::istringstream log(*said);
  for (std::string line; std::getline(log, line);) {
    std::erase(line, '\r');
    if (line.starts_with("== "))
      logs.emplace_back();
    else if (!logs.empty())
      logs.back() += line + "\n";
  }
  if (logs.size() != kCases || said->find("Partial publickey") == std::string::npos)
    GTEST_SKIP() << "sshd lets nobody in here: " << *said;
  std::map<std::string, int> met;
  for (size_t i = 0; i < kCases; ++i) {
    const test::FewFacts facts(
        host.with(configs[i]),
        {"sshd", "package", "account", "group_member", "shadow", "nis", "subid", "authorized"},
        {"authorized_key", "authorized_keys_file"});
    bool is_in = false;
    for (size_t k = 0; k < kKeys; ++k) {
      const bool theirs = lets_in(logs[i], prints[k]);
      if (is_in) continue;  // the first key is enough
      is_in = theirs && wants_command(configs[i]);
      // One that signs is none that logs in.
      bool ours = false;
      std::string why;
      for (const auto& row : facts.rows(
               "SELECT is_let_in, why_not, path, options FROM authorized_key WHERE user = '" +
               host.names[i] + "' AND NOT is_ca AND comment = 'key" + std::to_string(k) + "'")) {
        ours |= row[0] == "1";
        why += row[2].value_or("") + ": " + row[1].value_or("") + " " + row[3].value_or("") + "\n";
      }
      ++met[theirs ? "in" : "out"];
      EXPECT_EQ(ours, theirs) << i << " " << host.names[i] << " k" << k << "\n"
                              << configs[i] << why << logs[i];
    }
    for (const auto& row : facts.rows(
             "SELECT DISTINCT coalesce(reason, 'read') FROM authorized_keys_file WHERE user = '" +
             host.names[i] + "'"))
      ++met[*row[0]];
  }
  for (const char* const way : {"in", "out", "read", "not-named", "not-trusted", "not-readable"})
    EXPECT_GE(met[way], 3) << way;
}

// sshd_config(5), "AuthorizedKeysFile", "Match".
TEST(AuthorizedKeysFile, IsWhatTheConfigurationNames) {
  const std::string key =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPtX5C5rR6C1nw55F2lYq7DCfLVESR8WW+Yfk7f4FJti me\n";
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/passwd",
             "a:*:1:1::/home/a:/bin/sh\nb:*:2:2::/home/b:/bin/sh\nc:!:3:3::/home/c:/bin/sh\n")
      .file("etc/ssh/sshd_config",
            "AuthorizedKeysFile /keys/%u\nMatch User b\nAuthorizedKeysFile none\nMatch Address "
            "10.0.0.0/8\nAuthorizedKeysFile .ssh/authorized_keys\n")
      .file("keys/a", key)
      .file("home/a/.ssh/authorized_keys", key, 0644, 1, 1)
      .file("home/b/.ssh/authorized_keys", key, 0644, 2, 2)
      .file("keys/c", key, 0664);
  const test::FewFacts facts(
      tree, {"sshd", "account", "group_member", "shadow", "nis", "subid", "authorized"},
      {"authorized_key", "authorized_keys_file"});
  EXPECT_EQ(facts.text("SELECT user, path, is_read, reason, context, setting_loc, loc FROM "
                       "authorized_keys_file"),
            "a | home/a/.ssh/authorized_keys | - | - | Address 10.0.0.0/8 | "
            "etc/ssh/sshd_config:5:1 | home/a/.ssh/authorized_keys\n"
            "a | keys/a | 1 | - |  | etc/ssh/sshd_config:1:1 | keys/a\n"
            "b | home/b/.ssh/authorized_keys | 0 | not-named |  | etc/ssh/sshd_config:3:1 | "
            "home/b/.ssh/authorized_keys\n"
            "c | keys/c | 0 | not-trusted |  | etc/ssh/sshd_config:1:1 | keys/c\n");
  EXPECT_EQ(facts.text("SELECT user, is_let_in, why_not, loc FROM authorized_key"),
            "a | - | - | home/a/.ssh/authorized_keys:1:1\n"
            "a | 1 | - | keys/a:1:1\n"
            "b | 0 | AuthorizedKeysFile names other files | home/b/.ssh/authorized_keys:1:1\n"
            "c | 0 | /keys/c has mode 0664, and StrictModes is yes | keys/c:1:1\n");
}

std::string let_in(const std::string& config) {
  constexpr const char* kKey =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPtX5C5rR6C1nw55F2lYq7DCfLVESR8WW+Yfk7f4FJti me\n";
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/passwd", "a:*:1:1::/home/a:/bin/sh\nb:*:2:2::/home/b:/bin/sh\n")
      .file("etc/ssh/sshd_config", config)
      .file("keys/a", kKey)
      .file("home/a/other", kKey, 0644, 1, 1)
      .file("home/a/.ssh/authorized_keys", kKey, 0644, 1, 1)
      .file("home/b/.ssh/authorized_keys", kKey, 0644, 2, 2);
  const test::FewFacts facts(
      tree, {"sshd", "account", "group_member", "shadow", "nis", "subid", "authorized"},
      {"authorized_key"});
  std::string out;
  for (const auto& row : facts.rows("SELECT path, is_let_in FROM authorized_key ORDER BY path"))
    out += *row[0] + " " + row[1].value_or("-") + "\n";
  return out;
}

// From where a block does not hold, what stands outside of it counts, and what no line names keeps nobody out.
TEST(AuthorizedKeysFile, ABlockThatMayHoldKeepsNobodyOut) {
  const auto both = [](bool a, bool b) {
    return "home/a/.ssh/authorized_keys " + std::to_string(a) + "\nhome/b/.ssh/authorized_keys " +
           std::to_string(b) + "\n";
  };
  const std::string block = "Match Address 10.0.0.0/8\n";
  EXPECT_EQ(let_in(block + "AllowUsers b\n"), both(true, true));
  EXPECT_EQ(let_in("AllowUsers a\n" + block + "AllowUsers b\n"), both(true, true));
  EXPECT_EQ(let_in("AllowUsers c\n" + block + "AllowUsers b\n"), both(false, true));
  EXPECT_EQ(let_in("AllowUsers a\nMatch User a\nAllowUsers b\n"), both(false, false));
  EXPECT_EQ(let_in("DenyUsers a\n" + block + "DenyUsers b\n"), both(true, true));
  EXPECT_EQ(let_in("DenyUsers a\n" + block + "DenyUsers a b\n"), both(false, true));
  EXPECT_EQ(let_in("Match User a\nDenyUsers x\n" + block + "DenyUsers a\n"), both(true, true));
  EXPECT_EQ(let_in("Match User a\nDenyUsers a\n" + block + "DenyUsers x\n"), both(false, true));
}

// auth2-pubkey.c: sshd looks into one file after the other, and gives up at the name it cannot make out.
TEST(AuthorizedKeysFile, WhatIsNamedBeforeABadTokenIsRead) {
  EXPECT_EQ(let_in("AuthorizedKeysFile /keys/%u .ssh/%q other\n"),
            "home/a/.ssh/authorized_keys 0\nhome/a/other 0\nhome/b/.ssh/authorized_keys 0\n"
            "keys/a 1\n");
}

// A thousand blocks for each of thousands of users are not compared without end.
TEST(AuthorizedKeysFile, ManyUsersAndBlocks) {
  std::string passwd, config;
  auto tree = std::make_shared<MemoryTree>();
  for (int i = 0; i < 4000; ++i) {
    const std::string name = "u" + std::to_string(i);
    passwd += name + ":*:" + std::to_string(i) + ":1::/home/" + name + ":/bin/sh\n";
    config += "Match User v" + std::to_string(i) + "\nAuthorizedKeysFile x\n";
  }
  tree->file("etc/passwd", passwd).file("etc/ssh/sshd_config", config);
  const test::FewFacts facts(
      tree, {"sshd", "account", "group_member", "shadow", "nis", "subid", "authorized"},
      {"authorized_keys_file"});
  EXPECT_EQ(facts.text("SELECT count(*) FROM authorized_keys_file"), "0\n");
  EXPECT_EQ(facts.text("SELECT DISTINCT code, effect FROM parse_issue WHERE path = 'etc/passwd'"),
            "too-many-files | unknown\n");
}

}  // namespace
}  // namespace drydock
