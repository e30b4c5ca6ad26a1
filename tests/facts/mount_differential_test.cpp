// The same trees to drydock and to systemd: systemd-fstab-generator(8) turns fstab(5) into units, systemd-analyze
// loads them together with the units, drop-ins and links of the tree, and dumps what it has. What would be mounted
// where, from what, with which options, and does anything pull it in?
//
// The generator has no --root: it runs in a mount name space of its own in which /srv is the tree's.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "analyzer/facts/collect/mount_systemd.h"
#include "tests/facts/facts.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kGenerated = 220;

constexpr std::string_view kTargets[] = {"local-fs.target", "remote-fs.target", "multi-user.target",
                                         "swap.target"};

std::shared_ptr<MemoryTree> host(const std::string& fstab) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/lib/systemd/systemd", "", 0755).file("etc/fstab", fstab);
  tree->directory("srv/real").symlink("srv/lnk", "real").symlink("srv/abs", "/srv/real/deep");
  for (const std::string directory : {"generator", "generator.early", "generator.late"})
    tree->directory("run/systemd/" + directory);
  for (const std::string_view target : kTargets)
    tree->file("usr/lib/systemd/system/" + std::string(target), "[Unit]\nDescription=demo\n");
  return tree;
}

// Traps found in the field and by generating; lines of fstab.
constexpr const char* kTables[] = {
    // The first line for a mount point counts, also by another spelling or through a link.
    "/dev/a /x ext4 rw\n/dev/b /x ext4 ro\n",
    "/dev/a /x ext4 rw\n/dev/b /x/ ext4 ro\n/dev/c //x/. ext4 ro\n",
    "/dev/a /srv/lnk/a ext4 rw\n/dev/b /srv/real/a ext4 ro\n",
    "/dev/a /srv/abs ext4 rw\n/dev/b /srv/abs/in ext4 ro\n",
    "/dev/a /opt/../x ext4 rw\n",
    // What libmount drops getmntent(3) takes.
    "/dev/a /x\n",
    "/dev/a\n/dev/b /x ext4\n",
    "/dev/a /x ext4 rw 0 x\n",
    "/dev/a /x ext4 rw nonsense\n",
    "/dev/a /x ext4 rw # why\n",
    "/dev/a /x ext4 rw 0 0 # why\n",
    "/dev/a /x ext4 rw, nosuid 0 0\n",
    "  # comment\n\t/dev/a\t/x\text4\trw\n",
    "#/dev/a /x ext4 rw\n",
    // Swap space: the first line for a device counts.
    "/dev/a none swap sw,pri=5\n/dev/a none swap discard\nUUID=1-2 swap swap noauto\n/swap.img "
    "none swap sw,nofail\n",
    "rel/swap none swap sw\nLABEL=s\\040w none swap\n/dev//d/./e none swap "
    "discard=once,noauto,auto\n",
    "/dev/a / swap x\n/dev/b /x swap noauto,nofail\n/dev/c none swap "
    "x-systemd.wanted-by=multi-user.target,noauto\n",
    "UUID=\"1-2\" none swap sw\nUUID=1-2 none swap pri=3\nPARTLABEL=p none swap defaults\n",
    "/dev/a /x ext4 rw#x\n",
    // Escapes: four and a doubled backslash.
    "/dev/a /a\\040b ext4 rw\n",
    "/dev/a /a\\011b ext4 rw\n",
    "/dev/a /a\\134b ext4 rw\n",
    "/dev/a /a\\\\b ext4 rw\n",
    "/dev/a /a\\043b ext4 rw\n",
    "/dev/a /x ext4 rw\\054ro\n",
    "LABEL=a\\040b /x ext4 rw\n",
    "/dev/a\\040b /x ext4 rw\n",
    // Whether it is mounted at boot.
    "/dev/a /x ext4 noauto\n",
    "/dev/a /x ext4 noauto,auto\n",
    "/dev/a /x ext4 auto,noauto\n",
    "/dev/a /x ext4 nofail\n",
    "/dev/a /x ext4 noauto,nofail\n",
    "/dev/a /x ext4 noauto,x-systemd.automount\n",
    "/dev/a /x ext4 noauto,comment=systemd.automount\n",
    "/dev/a /x ext4 noauto,x-systemd.automounts\n",
    "/dev/a /x ext4 context=\"a,noauto\"\n",
    "/dev/a /x ext4 context=\"a,noauto,b\"\n",
    "/dev/a /x ext4 a\\,noauto\n",
    "/dev/a /x ext4 noauto,x-systemd.wanted-by=multi-user.target\n",
    "/dev/a /x ext4 noauto,x-systemd.required-by=local-fs.target\n",
    "/dev/a /x ext4 x-systemd.wanted-by=nothing.target,x-systemd.wanted-by=multi-user.target\n",
    "/dev/a / ext4 noauto,nofail\n",
    // What lies above, and what a source lies on, is mounted too.
    "/dev/a /x ext4 noauto\n/dev/b /x/y ext4 rw\n",
    "/dev/a /x ext4 noauto\n/dev/b /x/y ext4 noauto\n/dev/c /x/y/z ext4 rw\n",
    "/dev/a /x ext4 noauto\n/x/dir /y none bind\n",
    "/dev/a /x ext4 noauto\n/x/disk.img /y ext4 loop\n",
    "/dev/a /x ext4 noauto\n/dev/b /y ext4 x-systemd.requires=/x\n",
    "/dev/a /x ext4 noauto\n/dev/b /y ext4 x-systemd.requires-mounts-for=/x/deep\n",
    "/dev/a /x ext4 noauto\n/dev/b /x/y ext4 noauto,x-systemd.automount\n",
    "/dev/a /x ext4 noauto\n/dev/b /xy ext4 rw\n",
    // No mounts of systemd-fstab-generator.
    "/dev/a none swap sw\n/dev/b swap swap sw\n",
    "auto.x /x autofs rw\n",
    "/dev/a x ext4 rw\n/dev/b none ext4 rw\n",
    "/dev/a x/y ext4 rw\n",
    "/dev/a ./x ext4 rw\n",
    "proc /proc proc hidepid=2\ntmpfs /dev/shm tmpfs noexec\n",
    "none /proc/sys none rw\nnone /selinux none rw\nnone /dev/console none rw\n",
    "none /sys/fs/cgroup/x none rw\nnone /sys/kernel/security securityfs rw\n",
    // Sources and types.
    "UUID=\"1-2\" /x auto rw\nLABEL='a' /y ext4 rw\nPARTLABEL=p /z vfat rw\n",
    "//h/d /x cifs credentials=/c\nh:/d /y nfs4 rw\nu@h:/d /z fuse.sshfs rw\n",
    "ID=a /x ext4 rw\nUUID= /y ext4 rw\n",
    "/srv/src /x none bind,ro\n/srv/src /y none rbind,remount\n",
    "overlay /x overlay lowerdir=/a,upperdir=/b,workdir=/c\n",
    "tmpfs /x tmpfs defaults,size=50%,mode=1777\ntmpfs /100% tmpfs rw\n",
    "/dev/a /\xc3\xa9 ext4 rw\n/dev/b /a-b ext4 rw\n/dev/c /.h ext4 rw\n",
    "/dev/a /x ext4 rw\r\n",
    "/dev/a /x ext4 rw",
    "\xef\xbb\xbf/dev/a /x ext4 rw\n",
};

constexpr const char* kCommandLines[] = {"quiet",
                                         "fstab=no",
                                         "fstab=0 fstab=yes",
                                         "fstab",
                                         "fstab=nonsense",
                                         "systemd.swap=no",
                                         "systemd.swap=Off",
                                         "systemd.swap=no systemd.swap",
                                         "rd.fstab=no",
                                         "fstab=OFF",
                                         "fstab=f",
                                         "systemd.swap=n fstab=on",
                                         "systemd.volatile=state",
                                         "systemd.volatile=state fstab=no",
                                         "systemd.volatile=state systemd.volatile=bogus",
                                         "systemd.volatile=state systemd.volatile=no",
                                         "systemd.volatile=overlay",
                                         "systemd.volatile=state systemd.volatile",
                                         "systemd.mask=x.mount systemd.mask=var.mount",
                                         "systemd.mask=/x systemd.mask=/a systemd.mask=/srv/real/a",
                                         "systemd.mask=x.automount",
                                         "systemd.mask=y.mount systemd.volatile=state",
                                         "rd.systemd.mask=x.mount rd.systemd.volatile=state",
                                         "systemd.mask=dev-a.swap systemd.mask=dev-c.swap",
                                         "systemd.mask=dev-b.swap systemd.mask=swap.img.swap"};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::shared_ptr<MemoryTree> tree() {
    std::string fstab;
    for (int lines = 1 + random_.below(7); lines > 0; --lines) fstab += line();
    auto tree = host(fstab);
    if (random_.one_in(2)) return tree;
    const auto add = [&](const std::string& path, const std::string& text) {
      if (!tree->lstat(path)) tree->file(path, text);
    };
    for (int units = random_.below(4); units > 0; --units) {
      const std::string path = directory() + "/" + name();
      if (random_.one_in(5)) {
        if (!tree->lstat(path)) tree->symlink(path, "/dev/null");
      } else if (path.ends_with(".automount")) {
        add(path, "[Automount]\nWhere=" + where(path) + "\n");
      } else if (path.ends_with(".swap")) {
        add(path, swap(path));
      } else {
        add(path, unit(path));
      }
    }
    for (int files = random_.below(4); files > 0; --files)
      add(directory() + "/" +
              random_.pick({"x.mount", "x-y.mount", "x-.mount", "mount", "opt.mount",
                            "var-log.mount", "var-.mount", "a\\x20b.mount"}) +
              ".d/" + random_.pick({"10-a.conf", "20-b.conf"}),
          "[Mount]\n" + settings());
    if (random_.one_in(2))
      add(directory() + "/" + random_.pick({"dev-b.swap", "dev-.swap", "swap", "srv-src.swap"}) +
              ".d/10-a.conf",
          "[Swap]\n" + swap_settings());
    for (int links = random_.below(4); links > 0; --links) {
      const std::string unit = name();
      const std::string path = directory() + "/" +
                               random_.pick({"local-fs", "multi-user", "swap"}) + ".target." +
                               random_.pick({"wants", "requires"}) + "/" + unit;
      if (!tree->lstat(path)) tree->symlink(path, "/usr/lib/systemd/system/" + unit);
    }
    return tree;
  }

 private:
  std::string directory() {
    return random_.pick({"etc", "etc", "run", "usr/lib", "usr/lib", "usr/local/lib"}) +
           "/systemd/system";
  }
  std::string name() {
    return random_.pick({"x.mount", "x.mount", "x-y.mount", "opt.mount", "var-log.mount",
                         "tmp.mount", "a\\x20b.mount", "srv-real-a.mount", "x.automount",
                         "opt.automount", "dev-b.swap", "srv-src.swap"});
  }
  static std::string where(const std::string& path) {
    const std::string unit = path.substr(path.rfind('/') + 1);
    static const std::map<std::string, std::string> kPaths = {{"x", "/x"},
                                                              {"x-y", "/x/y"},
                                                              {"opt", "/opt"},
                                                              {"tmp", "/tmp"},
                                                              {"var-log", "/var/log"},
                                                              {"a\\x20b", "/a b"},
                                                              {"srv-real-a", "/srv/real/a"}};
    return kPaths.at(unit.substr(0, unit.rfind('.')));
  }
  std::string unit(const std::string& path) {
    std::string text = "[Mount]\n";
    if (!random_.one_in(12)) text += "What=" + random_.pick({"/dev/u", "tmpfs", "/srv/u"}) + "\n";
    if (!random_.one_in(12))
      text += "Where=" + (random_.one_in(12) ? "/else" : where(path)) +
              random_.pick({"", "", "/"}) + "\n";
    text += settings();
    if (random_.one_in(3)) text += "[Install]\nWantedBy=local-fs.target\n";
    return text;
  }
  std::string swap(const std::string& path) {
    const std::string what = path.ends_with("dev-b.swap") ? "/dev/b" : "/srv/src";
    return "[Swap]\n" +
           (random_.one_in(6) ? "" : "What=" + (random_.one_in(8) ? "/dev/else" : what) + "\n") +
           swap_settings();
  }
  std::string swap_settings() {
    return random_.pick({"", "Options=discard\n", "Options=\n", "Priority=5\n", "What=/dev/else\n",
                         "What=\n", "Options=%p\n", "What=rel\n"});
  }
  std::string settings() {
    std::string text;
    for (int i = random_.below(3); i > 0; --i)
      text += random_.pick({"Options=nosuid", "Options=ro,nodev", "Options=", "Options=size=50%%",
                            "Options=subvol=%p", "Type=ext4", "Type=", "What=/dev/d",
                            "What=", "Options=a \\\n  b", "# Options=x", "SloppyOptions=yes"}) +
              "\n";
    return text;
  }

  std::string line() {
    std::string out = random_.pick({"", "", "", "", "# ", "  ", "\t"});
    out += random_.pick({"/dev/sda1", "/dev/b", "UUID=1-2", "LABEL=a\\040b", "PARTUUID=\"3-4\"",
                         "PARTLABEL=p", "tmpfs", "//h/d", "h:/d", "none", "/srv/src", "a\\134b",
                         "100%"});
    if (random_.one_in(30)) return out + "\n";
    out += random_.pick({" ", " ", "\t", "  \t"});
    out += random_.pick({"/",           "/x",       "/x",        "/x/y",     "/srv/lnk/a",
                         "/srv/real/a", "/srv/abs", "/opt",      "/var/log", "/var//log/",
                         "/var/./log",  "/a\\040b", "/a\\134b",  "/p\\057q", "rel",
                         "rel/x",       "none",     "/tmp",      "/dev/shm", "/proc",
                         "/x.y-z",      "/.h",      "/opt/../u", "/é",       "/sys/fs/selinux",
                         "/100%",       "/x/y/z",   "/srv/lnk",  "/t\\011t", "/dev/console"});
    if (random_.one_in(30)) return out + "\n";
    out += random_.pick({" ", " ", "\t"});
    out += random_.pick({"ext4", "ext4", "auto", "tmpfs", "none", "nfs", "cifs", "swap", "swap",
                         "autofs", "fuse.sshfs", "xfs"});
    if (random_.one_in(20)) return out + "\n";
    out += " ";
    for (int words = 1 + random_.below(4); words > 0; --words)
      out += random_.pick({"defaults",
                           "rw",
                           "ro",
                           "nosuid",
                           "nodev",
                           "noexec",
                           "noauto",
                           "noauto",
                           "auto",
                           "nofail",
                           "fail",
                           "x-systemd.automount",
                           "comment=systemd.automount",
                           "x-systemd.idle-timeout=5",
                           "x-systemd.device-timeout=10",
                           "x-systemd.mount-timeout=3",
                           "x-systemd.requires=/x",
                           "x-systemd.wanted-by=multi-user.target",
                           "x-systemd.required-by=multi-user.target",
                           "x-systemd.rw-only",
                           "x-systemd.growfs",
                           "_netdev",
                           "bind",
                           "rbind",
                           "size=50%",
                           "user",
                           "a\\054b",
                           "context=\"a,noauto,b\"",
                           "q\\040r",
                           "",
                           "noauto=1",
                           "x-systemd.automount=1",
                           "s\\,noauto"}) +
             (words > 1 ? "," : "");
    out += random_.pick({"", "", " 0 0", " 0 2", " 0 x", " x", " 1", " # c", " 0 0 more", " "});
    return out + random_.pick({"\n", "\n", "\n", "\n", "\n", "\n", "\r\n"});
  }

  test::Random random_;
};

// Runs the generator and systemd-analyze on each case below `scratch`; the dump is then in case.N/dump. Says false
// if there are no name spaces here.
bool ask_all(const std::string& scratch) {
  // In a root of its own: what says that this is a container, where there is no swap, is not in it.
  std::ofstream(scratch + "/generate")
      << "root=" << scratch << "/root scratch=" << scratch
      << "\n"
         "mkdir -p $root && mount -t tmpfs tmpfs $root && cd $root || exit 1\n"
         "mkdir -p usr proc sys dev tmp etc run srv opt var .$scratch\n"
         "for link in bin sbin lib lib64; do ln -s usr/$link $link; done\n"
         "mount --rbind /usr usr && mount --rbind /proc proc && mount --rbind $scratch .$scratch "
         "|| exit 1\n"
         // A read-only one means a container without devices.
         "mount -t tmpfs tmpfs sys && mount --bind $scratch/case.0/srv srv || exit 1\n"
         "exec chroot $root sh $scratch/generate.all\n";
  std::ofstream(scratch + "/generate.all")
      << "cd /; export SYSTEMD_IN_INITRD=0\n"
         "for case in "
      << scratch
      << "/case.*; do\n"
         "  out=$case/run/systemd/generator\n"
         "  SYSTEMD_PROC_CMDLINE=$(cat $case/cmdline) SYSTEMD_FSTAB=$case/etc/fstab "
         "/usr/lib/systemd/system-generators/systemd-fstab-generator $out $out.early $out.late\n"
         "  SYSTEMD_PROC_CMDLINE=$(cat $case/cmdline) "
         "/usr/lib/systemd/system-generators/systemd-debug-generator $out $out.early $out.late\n"
         "done\n"
         "echo finished\n";
  const auto done = test::ask("unshare --user --map-root-user --mount sh " + scratch + "/generate");
  if (!done || done->find("finished") == std::string::npos) return false;
  std::ofstream(scratch + "/load")
      << "cd " << scratch
      << "\n"
         "export SYSTEMD_LOG_LEVEL=debug SYSTEMD_COLORS=0\n"
         // Its own idea of the generators' directory is an empty temporary one.
         "export "
         "SYSTEMD_UNIT_PATH=/run/systemd/generator.early:/etc/systemd/system:/run/systemd/system:/"
         "run/systemd/generator:"
         "/usr/local/lib/systemd/system:/usr/lib/systemd/system:/run/systemd/generator.late\n"
         "for case in case.*; do\n"
         "  set -- local-fs.target remote-fs.target multi-user.target swap.target\n"
         "  for directory in etc/systemd/system run/systemd/system run/systemd/generator "
         "usr/local/lib/systemd/system usr/lib/systemd/system run/systemd/generator.late; do\n"
         "    for unit in $case/$directory/*mount $case/$directory/*.swap; do\n"
         "      case $unit in *:*) continue;; esac\n"  // it takes what follows for an alias
         "      [ ! -e \"$unit\" ] || set -- \"$@\" \"${unit##*/}\"\n"
         "    done\n"
         "  done\n"
         "  systemd-analyze verify --generators=no --man=no --root=$PWD/$case -- \"$@\" "
         ">$case/dump 2>/dev/null\n"
         "done\n";
  test::ask("sh " + scratch + "/load");
  return true;
}

// The source as fstab(5) has it: systemd-fstab-generator writes "/dev/disk/by-uuid/1-2".
std::string as_tag(std::string source) {
  for (const auto& [prefix, tag] : std::initializer_list<std::pair<std::string, std::string>>{
           {"/dev/disk/by-uuid/", "UUID="},
           {"/dev/disk/by-label/", "LABEL="},
           {"/dev/disk/by-partuuid/", "PARTUUID="},
           {"/dev/disk/by-partlabel/", "PARTLABEL="}})
    if (source.starts_with(prefix)) source = tag + source.substr(prefix.size());
  if (const size_t at = source.find("\\x20"); at != std::string::npos) source.replace(at, 4, " ");
  std::erase_if(source, [](char c) { return c == '"' || c == '\''; });
  return source;
}

// What stands in Options=: without what the generator has written elsewhere.
std::string as_unit_options(const std::string& options) {
  std::string out;
  std::istringstream words(options);
  for (std::string word; std::getline(words, word, ',');)
    if (!word.empty() && !word.starts_with("x-systemd.device-timeout="))
      out += (out.empty() ? "" : ",") + word;
  return out == "defaults" || out.empty() ? "n/a" : out;
}

std::string as_swap_options(const std::string& options) {
  return options.empty() || options == "n/a" || options == "defaults" ? "-" : options;
}

struct Dumped {
  std::map<std::string, std::string> values;
  std::set<std::string> pulled_in_by;
};

std::string wanted(const std::string& dump) {
  std::map<std::string, Dumped> units;
  std::string id;
  std::ifstream lines(dump);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("\t-> Unit ")) id = line.substr(9, line.size() - 10);
    if (!line.starts_with("\t\t") || line.starts_with("\t\t\t")) continue;
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    const std::string key = line.substr(2, colon - 2), value = line.substr(colon + 2);
    if (key == "RequiredBy" || key == "WantedBy")
      units[id].pulled_in_by.insert(value.substr(0, value.find(' ')));
    else
      units[id].values.try_emplace(key, value);
  }
  // At boot, or on first access: something that is there pulls in the mount or its automount.
  const std::function<bool(const std::string&, int)> is_pulled_in = [&](const std::string& unit,
                                                                        int depth) {
    const auto found = units.find(unit);
    if (found == units.end() || depth > 8) return false;
    if (found->second.values["Unit Load State"] != "loaded") return false;
    for (const std::string& by : found->second.pulled_in_by)
      if (by.ends_with(".target") || is_pulled_in(by, depth + 1)) return true;
    return false;
  };
  std::map<std::string, std::string> out;
  for (auto& [name, unit] : units) {
    auto& values = unit.values;
    if (values["Unit Load State"] != "loaded" || values["From fragment"] != "yes") continue;
    if (name.ends_with(".swap") && name.find(':') == std::string::npos)
      out["swap " + as_tag(values["What"])] = "swap | " + as_tag(values["What"]) + " | " +
                                              as_swap_options(values["Options"]) + " | " +
                                              (is_pulled_in(name, 0) ? "1" : "0") + "\n";
    if (!name.ends_with(".mount")) continue;
    const std::string automount = name.substr(0, name.size() - 5) + "automount";
    const bool at_boot = name == "-.mount" || is_pulled_in(name, 0) || is_pulled_in(automount, 0);
    out[values["Where"]] = values["Where"] + " | " + as_tag(values["What"]) + " | " +
                           values["File System Type"] + " | " + as_unit_options(values["Options"]) +
                           " | " + (at_boot ? "1" : "0") + "\n";
  }
  std::string text;
  for (const auto& [where, line] : out) text += line;
  return text;
}

// Without those that are not mounted because their unit is masked or refused.
std::string found(const std::shared_ptr<MemoryTree>& tree,
                  const std::function<bool(const std::string& path)>& is_loaded) {
  const std::string rows = test::facts(
      tree,
      "SELECT path || char(1) || source || char(1) || fstype || char(1) || options || char(1) || "
      "at_boot || char(1) FROM mount WHERE source_kind <> 'systemd' ORDER BY path");
  std::string out;
  std::istringstream lines(rows);
  for (std::string path, source, type, options, at_boot, rest;
       std::getline(lines, path, '\1') && std::getline(lines, source, '\1') &&
       std::getline(lines, type, '\1') && std::getline(lines, options, '\1') &&
       std::getline(lines, at_boot, '\1') && std::getline(lines, rest);) {
    // These have no unit: systemd-remount-fs(8) gives them the options of their line.
    if (facts::is_api_mount_point(path)) continue;
    // With fstab=no it is mounted by the initrd.
    if (path == "/" && !is_loaded(path)) continue;
    if (at_boot == "0" && !is_loaded(path)) continue;
    out += path + " | " + as_tag(source) + " | " + (type.empty() || type == "auto" ? "n/a" : type) +
           " | " + as_unit_options(options) + " | " + at_boot + "\n";
  }
  std::map<std::string, std::string> swaps;
  std::istringstream swap_lines(test::facts(
      tree, "SELECT source || char(1) || options || char(1) || at_boot || char(1) FROM swap"));
  for (std::string source, swap_options, starts, end;
       std::getline(swap_lines, source, '\1') && std::getline(swap_lines, swap_options, '\1') &&
       std::getline(swap_lines, starts, '\1') && std::getline(swap_lines, end);)
    if (source.find(':') == std::string::npos)
      swaps[as_tag(source)] = "swap | " + as_tag(source) + " | " + as_swap_options(swap_options) +
                              " | " + starts + "\n";
  for (const auto& [source, line] : swaps) out += line;
  return out;
}

// Several processes of CTest share the cases.
class MountDifferential : public testing::TestWithParam<size_t> {};
INSTANTIATE_TEST_SUITE_P(Half, MountDifferential, testing::Values(0U, 1U));

TEST_P(MountDifferential, SystemdMountsTheSame) {
  const auto version = test::ask("systemd-analyze --version");
  if (!version || !version->starts_with("systemd 252"))
    GTEST_SKIP() << "systemd-analyze 252 is not installed (Debian 12 package: systemd)";
  std::vector<std::shared_ptr<MemoryTree>> trees;
  for (const char* table : kTables) trees.push_back(host(table));
  trees.push_back(host("/dev/a /x ext4 a=" + std::string(5000, 'y') + ",noauto\n/dev/b /y ext4\n"));
  for (unsigned seed = 1; seed <= kGenerated; ++seed) trees.push_back(Generator(seed).tree());
  for (size_t i = 0; i < trees.size() / 2; ++i) trees[i] = trees[2 * i + GetParam()];
  trees.resize(trees.size() / 2);
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (size_t i = 0; i < trees.size(); ++i) {
    const std::string directory = "case." + std::to_string(i);
    test::write_tree(*trees[i], scratch.path() + "/" + directory);
    // A third boots with something about fstab on the command line.
    const std::string words = i % 3 == 2 ? kCommandLines[i / 3 % std::size(kCommandLines)] : "ro";
    scratch.write(directory + "/cmdline", words);
    trees[i]->file("boot/grub/grub.cfg", "menuentry 'a' {\n  linux /vmlinuz " + words + "\n}\n");
  }
  if (!ask_all(scratch.path())) GTEST_SKIP() << "no name spaces of one's own here";
  size_t mounts = 0;
  for (size_t i = 0; i < trees.size(); ++i) {
    const std::string directory = scratch.path() + "/case." + std::to_string(i);
    const std::string real = wanted(directory + "/dump");
    const auto is_loaded = [&](const std::string& path) {
      const std::string unit = facts::escape_path(path) + ".mount";
      return (path != "/" &&
              !std::filesystem::exists(directory + "/run/systemd/generator/" + unit)) ||
             real.starts_with(path + " | ") || real.find("\n" + path + " | ") != std::string::npos;
    };
    mounts += static_cast<size_t>(std::count(real.begin(), real.end(), '\n'));
    if (const std::string ours = found(trees[i], is_loaded); ours != real)
      ADD_FAILURE() << "case " << i << "\n--- drydock\n"
                    << ours << "--- systemd\n"
                    << real
                    << test::ask("cd " + directory +
                                 " && find . -path ./run/systemd/generator -prune -o -path ./dump "
                                 "-prune -o -type l -printf "
                                 "'%p -> %l\\n' -o -type f -not -name '*.target' -size +0 -exec "
                                 "head -n 99 -v {} +")
                           .value_or("");
  }
  EXPECT_GT(mounts, 200u);
}

}  // namespace
}  // namespace drydock
