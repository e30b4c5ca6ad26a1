// The same command lines of the kernel to drydock and to systemd-debug-generator(8): which units are masked, which are
// started beside those of the target, and which target is it?
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "analyzer/facts/collect/kernel_unit.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

constexpr std::string_view kGenerator = "/lib/systemd/system-generators/systemd-debug-generator";

class Generator {
 public:
  std::string next() {
    std::string out = random_.pick({"", "root=/dev/sda1 ro ", "quiet "});
    for (int n = 1 + random_.below(4); n > 0; --n) out += word() + random_.pick({" ", "  "});
    return out;
  }

 private:
  std::string unit() {
    return random_.pick({"a", "b.socket", "c.service", "x@y", "d@1.service", "debug-shell",
                         "/srv/q", "/dev/sda", "a/b", "x.y", "e.timer", "f*g", "-.mount", "\\x2d",
                         "A_b:c.service"});
  }
  std::string word() {
    switch (random_.below(8)) {
      case 0:
      case 1:
        return "systemd.mask=" + unit();
      case 2:
      case 3:
        return "systemd.wants=" + unit();
      case 4:
        return random_.pick({"systemd.debug_shell", "systemd.debug-shell", "systemd.debug_shell=no",
                             "systemd.debug-shell=1", "systemd.debug_shell=tty3",
                             "systemd.debug_shell=off", "systemd.debug-shell=yes",
                             "systemd.debug_shell=0", "systemd.debug_shell=/dev/tty2"});
      case 5:
        return "systemd.unit=" + random_.pick({"rescue.target", "x.target", "c.service"});
      case 6:
        return random_.pick({"single", "s", "S", "1", "2", "3", "4", "5", "0", "6", "emergency",
                             "-b", "rescue", "Single", "single=1", "3x"});
      default:
        return random_.pick({"rd.systemd.unit=q.target", "rd.systemd.mask=z", "rd.systemd.wants=z",
                             "rd.systemd.debug_shell", "systemd-mask=a", "systemd.Mask=a",
                             "systemd_wants=a", "systemd.mask", "systemd.wants", "systemd.masks=a",
                             "\"systemd.wants=g\"", "systemd.wants=\"h\"", "quiet",
                             "rd.emergency"});
    }
  }
  test::Random random_{31};
};

// "mask NAME", "wants NAME of TARGET", of its links.
std::multiset<std::string> links(const std::string& listing) {
  std::multiset<std::string> out;
  std::istringstream in(listing);
  for (std::string line; std::getline(in, line);) {
    const size_t slash = line.find('/');
    if (slash == std::string::npos)
      out.insert("mask " + line);
    else
      out.insert("wants " + line.substr(slash + 1) + " of " +
                 line.substr(0, slash - std::string_view(".wants").size()));
  }
  return out;
}

// A host with that line, whose units are those that the lines name, each wanted by default.
std::multiset<std::string> ours(const std::string& cmdline, const std::set<std::string>& names,
                                std::set<std::string>& said) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/lib/systemd/systemd", "", 0755)
      .file("boot/vmlinuz-1", "")
      .file("boot/extlinux/extlinux.conf",
            "default l\nlabel l\n  kernel /boot/vmlinuz-1\n  append " + cmdline + "\n");
  for (const char* const target : {"default.target", "rescue.target", "emergency.target",
                                   "multi-user.target", "graphical.target", "x.target"})
    tree->file("usr/lib/systemd/system/" + std::string(target), "[Unit]\n");
  for (const std::string& name : names) {
    tree->file("usr/lib/systemd/system/" + name, "[Unit]\n");
    tree->symlink("etc/systemd/system/other.target.wants/" + name,
                  "/usr/lib/systemd/system/" + name);
  }
  const test::FewFacts facts(tree, {"boot", "kernel", "unit"},
                             {"boot_argument", "unit_activation"});
  std::multiset<std::string> out;
  for (const auto& row :
       facts.rows("SELECT unit, by FROM unit_activation WHERE how = 'kernel-argument'"))
    out.insert("wants " + *row[0] + " of " + *row[1]);
  std::set<std::string> there;
  for (const auto& row : facts.rows("SELECT unit FROM unit_activation WHERE how = 'wants-link'"))
    there.insert(*row[0]);
  for (const std::string& name : names)
    if (!there.contains(name)) out.insert("mask " + name);
  for (const auto& row :
       facts.rows("SELECT loc FROM unit_activation WHERE how = 'kernel-argument'"))
    said.insert(*row[0]);
  return out;
}

TEST(KernelUnitDifferential, MasksAndWantsTheUnitsThatWeSay) {
  std::vector<std::string> cases = {"systemd.mask=a systemd.wants=a",
                                    "systemd.unit=x.target 3 systemd.wants=a",
                                    "3 systemd.unit=x.target systemd.wants=a",
                                    "systemd.debug_shell systemd.debug_shell=no",
                                    "systemd.debug_shell=no systemd.debug-shell",
                                    "systemd.mask=debug-shell.service systemd.debug_shell",
                                    "systemd.wants=a systemd.wants=a",
                                    "emergency single systemd.debug_shell",
                                    "emergency -s systemd.wants=a",
                                    "systemd.debug_shell=No",
                                    "systemd.debug_shell=FALSE"};
  for (Generator generator; cases.size() < 209;) cases.push_back(generator.next());
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (size_t i = 0; i < cases.size(); ++i) scratch.write(std::to_string(i), cases[i]);
  scratch.write("ask",
                "i=0; while [ -e $i ]; do mkdir -p $i.n $i.e $i.l; SYSTEMD_IN_INITRD=0 "
                "SYSTEMD_PROC_CMDLINE=$(cat $i) " +
                    std::string(kGenerator) +
                    " $i.n $i.e $i.l 2>/dev/null; (cd $i.e; find . -type l | cut -c3-); echo; "
                    "i=$((i+1)); done\n");
  const auto said =
      test::ask("test -x " + std::string(kGenerator) + " && cd " + scratch.path() + " && sh ask");
  if (!said || said->empty()) GTEST_SKIP() << "systemd-debug-generator is not installed";
  size_t at = 0, masks = 0, wants = 0, targets = 0;
  std::set<std::string> places;
  for (const std::string& cmdline : cases) {
    // A blank line behind each list.
    size_t end = said->compare(at, 1, "\n") == 0 ? at : said->find("\n\n", at) + 1;
    const std::multiset<std::string> theirs = links(said->substr(at, end - at));
    at = end + 1;
    std::set<std::string> names;
    for (const std::string& one : theirs) {
      const size_t space = one.find(' ');
      const std::string name = one.substr(space + 1, one.find(" of ") == std::string::npos
                                                         ? std::string::npos
                                                         : one.find(" of ") - space - 1);
      // A template's unit file stands for its instances; devices have none.
      if (!name.ends_with(".device") && !name.ends_with(".mount")) names.insert(name);
    }
    std::multiset<std::string> wanted;
    std::set<std::string> masked;
    for (const std::string& one : theirs)
      if (one.starts_with("mask ")) masked.insert(one.substr(5));
    for (const std::string& one : theirs) {
      const std::string name = one.substr(one.find(' ') + 1, one.find(" of ") - one.find(' ') - 1);
      if (name.ends_with(".device") || name.ends_with(".mount")) continue;
      // The link is there, but what it leads to is masked.
      if (one.starts_with("wants ") && masked.contains(name)) continue;
      wanted.insert(one);
      masks += one.starts_with("mask ");
      wants += one.starts_with("wants ");
      targets += one.starts_with("wants ") && !one.ends_with(" of default.target");
    }
    EXPECT_EQ(testing::PrintToString(ours(cmdline, names, places)), testing::PrintToString(wanted))
        << cmdline;
    if (HasFailure()) break;
  }
  EXPECT_GT(masks, 60u);
  EXPECT_GT(wants, 60u);
  EXPECT_GT(targets, 20u);
  EXPECT_GT(places.size(), 5u);
}

TEST(KernelUnit, NamesAreMangled) {
  EXPECT_EQ(facts::mangled_unit_name("ssh"), "ssh.service");
  EXPECT_EQ(facts::mangled_unit_name("/srv/a b"), "srv-a\\x20b.mount");
  EXPECT_EQ(facts::mangled_unit_name("/dev/sda"), "dev-sda.device");
  EXPECT_EQ(facts::mangled_unit_name("x*y"), "x\\x2ay.service");
}

}  // namespace
}  // namespace drydock
