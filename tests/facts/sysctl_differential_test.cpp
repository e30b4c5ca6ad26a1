// The same directories to drydock, to systemd-sysctl and to sysctl --system: which value does each key get?
// The programs run in a mount name space of their own in which those directories are laid over the machine's
// and /proc/sys is plain files.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "tests/facts/facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kCases = 220;

constexpr std::string_view kKeys[] = {"kernel.sysrq",
                                      "kernel.dmesg_restrict",
                                      "kernel.kptr_restrict",
                                      "fs.suid_dumpable",
                                      "kernel.randomize_va_space",
                                      "net.ipv4.conf.all.rp_filter",
                                      "vm.mmap_min_addr",
                                      "net.ipv4.conf.all.forwarding",
                                      "net.ipv4.conf.default.rp_filter",
                                      "net.ipv4.tcp_syncookies",
                                      "net.ipv4.conf.default.forwarding"};
constexpr std::string_view kGlobs[] = {"net.ipv4.conf.*.rp_filter", "net.ipv4.conf.*.forwarding",
                                       "net/ipv4/conf/*/rp_filter", "kernel.dmesg_r?strict",
                                       "net.ipv4.conf.[ad]*.forwarding"};
constexpr std::string_view kDirectories[] = {"etc/sysctl.d", "run/sysctl.d",
                                             "usr/local/lib/sysctl.d", "usr/lib/sysctl.d"};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::shared_ptr<MemoryTree> tree(bool systemd) {
    auto tree = std::make_shared<MemoryTree>();
    if (systemd) tree->file("usr/lib/systemd/systemd-sysctl", "");
    for (const std::string_view directory : kDirectories) tree->directory(directory);
    for (int i = 0; i < 6; ++i) {
      const std::string path = of(kDirectories) + "/" +
                               pick({"10-a.conf", "50-b.conf", "99-z.conf", "x.conf", "noext",
                                     "60-c.conf.bak", "README.sysctl"});
      if (tree->lstat(path)) continue;
      if (chance(8))
        tree->symlink(path, "/dev/null");
      else
        tree->file(path, text());
    }
    if (chance(2)) tree->file("etc/sysctl.conf", text());
    if (chance(3)) tree->symlink("etc/sysctl.d/99-sysctl.conf", "../sysctl.conf");
    return tree;
  }

 private:
  bool chance(int n) { return std::uniform_int_distribution<int>(1, n)(random_) == 1; }
  template <class Range>
  std::string of(const Range& range) {
    return std::string(
        range[std::uniform_int_distribution<size_t>(0, std::size(range) - 1)(random_)]);
  }
  std::string pick(std::vector<std::string> options) { return of(options); }

  std::string key() {
    std::string key = of(kKeys);
    if (chance(4)) std::replace(key.begin(), key.end(), '.', '/');
    return key;
  }

  std::string line() {
    switch (std::uniform_int_distribution<int>(0, 9)(random_)) {
      case 0:
        return pick({"# ", ";"}) + key() + " = 9";
      case 1:
        return "";
      case 2:
        return of(kGlobs) + " = " + pick({"0", "1", "2"});
      case 3:
        return "-" + key();
      case 4:
        return "-" + key() + pick({"=", " = "}) + pick({"0", "1"});
      case 5:
        return "  " + key() + "\t=\t" + pick({"0", "1", "2"}) + "  ";
      default:
        return key() + pick({"=", " = ", "= "}) + pick({"0", "1", "2", "65536"});
    }
  }

  std::string text() {
    std::string out;
    for (int i = std::uniform_int_distribution<int>(1, 5)(random_); i > 0; --i)
      out += line() + "\n";
    return out;
  }

  std::mt19937 random_;
};

using Values = std::map<std::string, std::string>;  // key -> value, of kKeys

// Runs `program` once for each case directory below `scratch`, with a /proc/sys of plain files in place of the
// kernel's. What it wrote there is then in case.N/out, "kernel.sysrq = 1" for each key that was set.
bool ask_all(const std::string& scratch, const std::string& program) {
  std::string clear, show;
  for (const std::string_view key : kKeys) {
    std::string path = "/proc/sys/" + std::string(key);
    std::replace(path.begin(), path.end(), '.', '/');
    clear += "  : >" + path + "\n";
    show += "  test -s " + path + " && read value <" + path + " && echo \"" + std::string(key) +
            " = $value\"\n";
  }
  const std::string script =
      "cd " + scratch +
      " || exit 1\n"
      "mount -t tmpfs tmpfs /usr/local/lib && mkdir /usr/local/lib/sysctl.d || exit 1\n"
      "mount -t tmpfs tmpfs /run && mkdir /run/sysctl.d || exit 1\n"
      "for case in case.*; do\n"
      "  mount -t tmpfs tmpfs /proc/sys || exit 1\n"
      "  mkdir -p /proc/sys/kernel /proc/sys/fs /proc/sys/vm /proc/sys/net/ipv4/conf/all "
      "/proc/sys/net/ipv4/conf/default\n" +
      clear +
      "  mount --bind $case/usr/lib/sysctl.d /usr/lib/sysctl.d || exit 1\n"
      "  mount --bind $case/usr/local/lib/sysctl.d /usr/local/lib/sysctl.d || exit 1\n"
      "  mount --bind $case/run/sysctl.d /run/sysctl.d || exit 1\n"
      "  mount --bind $case/etc /etc || exit 1\n"
      "  " +
      program +
      " >$case/said 2>&1\n"
      "  {\n" +
      show +
      "  } >$case/out\n"
      "  umount /etc /run/sysctl.d /usr/local/lib/sysctl.d /usr/lib/sysctl.d /proc/sys || exit 1\n"
      "done\n"
      "echo finished\n";
  std::ofstream(scratch + "/script") << script;
  const auto done = test::ask("unshare --user --map-root-user --mount sh " + scratch + "/script");
  return done && done->find("finished") != std::string::npos;
}

std::string of_drydock(const std::shared_ptr<MemoryTree>& tree) {
  Values values;
  std::istringstream lines(test::facts(tree, "SELECT key, value FROM sysctl"));
  for (std::string line; std::getline(lines, line);) {
    const std::string key = line.substr(0, line.find(" | "));
    if (std::ranges::find(kKeys, key) != std::end(kKeys))
      values[key] = line.substr(line.find(" | ") + 3);
  }
  std::string out;
  for (const std::string_view key : kKeys)
    if (const auto found = values.find(std::string(key)); found != values.end())
      out += found->first + " = " + found->second + "\n";
  return out;
}

std::string read(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

void compare(bool systemd, const std::string& program) {
  const test::ScratchDirectory scratch;
  std::vector<std::shared_ptr<MemoryTree>> trees;
  for (unsigned i = 0; i < kCases; ++i) {
    trees.push_back(Generator(i).tree(systemd));
    test::write_tree(*trees.back(), scratch.path() + "/case." + std::to_string(i));
  }
  if (!ask_all(scratch.path(), program)) GTEST_SKIP() << "no name spaces of one's own here";
  size_t set = 0;
  for (size_t i = 0; i < trees.size(); ++i) {
    const std::string directory = scratch.path() + "/case." + std::to_string(i);
    const std::string said = read(directory + "/said"), wanted = read(directory + "/out");
    if (said.find("not found") != std::string::npos) GTEST_SKIP() << said;
    set += wanted.empty() ? 0 : 1;
    EXPECT_EQ(of_drydock(trees[i]), wanted) << "case " << i << "\n" << said;
  }
  EXPECT_GT(set, trees.size() / 2) << "the program did next to nothing";
}

TEST(SysctlDifferential, SystemdSysctlSetsTheSameValues) {
  compare(true, "/usr/lib/systemd/systemd-sysctl");
}

TEST(SysctlDifferential, SysctlSystemSetsTheSameValues) {
  compare(false, "sysctl --system");
}

}  // namespace
}  // namespace drydock
