// A host put together from several volumes, as it would be at run time: which volume is mounted where, and
// what is said of those that are not there. Truth: fstab(5), systemd.mount(5),
// systemd-gpt-auto-generator(8), systemd-fstab-generator(8).
#include "analyzer/source/disk/assembly.h"

#include <gmock/gmock.h>

#include "analyzer/source/disk/mounts.h"
#include "analyzer/source/open_image.h"
#include "tests/source/disk/disk_maker.h"
#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Assembled : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = missing_disk_tools(); !missing.empty())
      GTEST_SKIP() << missing << " is not installed";
  }

  // "p2 on /home", one line for each mount; then what was said, then "incomplete".
  std::string mounts(const std::vector<PartitionPlan>& partitions,
                     const std::string& table = "gpt") {
    make_disk(dir, "disk.img", partitions, table);
    const auto opened = open_stack(dir.path("disk.img"), {});
    if (!opened || !*opened) return "not opened";
    image = std::move((*opened)->image);
    std::string out;
    for (const Volume& volume : image.volumes)
      for (const std::string& path : volume.mounted_at) out += volume.name + " on " + path + "\n";
    for (const Diagnostic& one : image.diagnostics)
      out += (one.path.empty() ? "" : one.path + ":" + std::to_string(one.span.line) + ": ") +
             one.message + "\n";
    for (const ImageRoot& root : image.roots)
      for (const Unread& one : root.tree->unread())
        out += "unread /" + one.path + ": " + one.why + "\n";
    return out + (image.complete ? "" : "incomplete\n");
  }

  std::string text(const std::string& path, size_t root = 0) {
    const auto content = image.roots.at(root).tree->read_resolved(path);
    return content ? std::string(*content) : content.error().message;
  }
  std::vector<std::string> names(const std::string& directory) {
    const auto found = image.roots.at(0).tree->list(directory);
    return found ? *found : std::vector<std::string>{found.error().message};
  }

  static PartitionPlan root(const std::string& fstab,
                            const std::map<std::string, std::string>& more = {}) {
    PartitionPlan plan{.type = "root", .files = root_files(fstab)};
    for (const auto& [path, content] : more) plan.files[path] = content;
    return plan;
  }
  static PartitionPlan holding(const std::string& marker, PartitionPlan plan = {}) {
    plan.files[marker] = marker + "\n";
    return plan;
  }

  TempDir dir;
  DiskImage image;
};

const std::map<std::string, std::string> kPlaces = {{"home/", ""}, {"var/", ""},  {"srv/", ""},
                                                    {"boot/", ""}, {"data/", ""}, {"efi/", ""}};

TEST_F(Assembled, EveryWayToNameAVolume) {
  EXPECT_EQ(mounts({root("UUID=11111111-1111-1111-1111-111111111111 /home ext4\n"
                         "LABEL=\"logs\\040and\\040more\" /data ext4\n"
                         "PARTUUID=AAAAAAAA-0000-0000-0000-000000000004 /var ext4\n"
                         "/dev/disk/by-partlabel/my\\x20srv /srv ext4\n"
                         "/dev/vda6 /boot ext4\n"
                         "UUID=CAFE-0001 /efi vfat\n",
                         kPlaces),
                    {.fs_uuid = "11111111-1111-1111-1111-111111111111"},
                    {.fs_label = "logs and more"},
                    {.uuid = "aaaaaaaa-0000-0000-0000-000000000004"},
                    {.name = "my srv"},
                    {},
                    {.fs = "vfat", .fs_uuid = "CAFE-0001"}}),
            "p1 on /\np2 on /home\np3 on /data\np4 on /var\np5 on /srv\np6 on /boot\np7 on /efi\n");
}

TEST_F(Assembled, ADeviceNameMeansTheRootsOwnDisk) {
  const std::vector<PartitionPlan> partitions = {
      root("/dev/sdb1 / ext4\n/dev/sdb2 /home ext4\n/dev/sda2 /var ext4 nofail\n", kPlaces), {}};
  EXPECT_EQ(mounts(partitions, "dos"),
            "p1 on /\np2 on /home\n"
            "etc/fstab:3: '/dev/sda2', to be mounted on /var, is not in the image\n"
            "unread /var: '/dev/sda2' is not in the image\n");
}

TEST_F(Assembled, NestedMountsInAnyOrderOfTheLines) {
  EXPECT_EQ(
      mounts({root("LABEL=audit /var/log/audit ext4\nLABEL=log /var/log ext4\n"
                   "/data/tmp /tmp none bind\nLABEL=var /var ext4\nLABEL=data /data ext4\n"
                   "/tmp /home none rbind\n",
                   {{"var/log/audit/below", "hidden"}, {"tmp/", ""}, {"data/", ""}, {"home/", ""}}),
              {.fs_label = "var", .files = {{"log/", ""}, {"in-var", ""}}},
              {.fs_label = "log", .files = {{"audit/", ""}, {"in-log", ""}}},
              holding("in-audit", {.fs_label = "audit"}),
              {.fs_label = "data", .files = {{"tmp/bound", "bound\n"}}}}),
      "p1 on /\np2 on /var\np3 on /var/log\np4 on /var/log/audit\np5 on /data\n");
  EXPECT_EQ(text("var/log/audit/in-audit"), "in-audit\n");
  EXPECT_THAT(names("var/log/audit"), ElementsAre("in-audit", "lost+found"));
  EXPECT_EQ(text("tmp/bound"), "bound\n");
  EXPECT_EQ(text("home/bound"), "bound\n");
}

// mount(8) "Mount options for fat"; the generator's are in its manual.
TEST_F(Assembled, FatHasTheModesOfItsOptions) {
  const auto modes = [&](const std::string& directory) {
    const Tree& tree = *image.roots.at(0).tree;
    char out[64];
    const Stat top = *tree.lstat(directory), file = *tree.lstat(directory + "/F");
    std::snprintf(out, sizeof out, "%o %o %u:%u", top.mode, file.mode, file.uid, file.gid);
    return std::string(out);
  };
  const auto fat = [](const std::string& uuid) {
    return PartitionPlan{.type = "esp", .fs = "vfat", .fs_uuid = uuid, .files = {{"F", "x"}}};
  };
  mounts({root("UUID=CAFE-0001 /boot vfat umask=0077\n"
               "UUID=CAFE-0002 /data vfat fmask=0137,dmask=0027,gid=42\nUUID=CAFE-0003 /srv vfat\n",
               kPlaces),
          fat("CAFE-0001"), fat("CAFE-0002"), fat("CAFE-0003")});
  EXPECT_EQ(modes("boot"), "700 700 0:0");
  EXPECT_EQ(modes("data"), "750 640 0:42");
  EXPECT_EQ(modes("srv"), "755 755 0:0");
  EXPECT_EQ(modes("efi"), "700 700 0:0");
}

TEST_F(Assembled, ABindMountOfWhatIsNotReadIsNotReadEither) {
  EXPECT_EQ(mounts({root("/dev/mapper/data /data ext4 nofail\n/data/home /home none bind\n"
                         "/data /srv none rbind\n",
                         kPlaces)}),
            "p1 on /\n"
            "etc/fstab:1: '/dev/mapper/data', to be mounted on /data, is not in the image\n"
            "unread /data: '/dev/mapper/data' is not in the image\n"
            "unread /home: '/dev/mapper/data' is not in the image\n"
            "unread /srv: '/dev/mapper/data' is not in the image\n");
}

TEST_F(Assembled, SeveralDisksAreCountedFromTheRoots) {
  make_disk(
      dir, "a.img",
      {root("/dev/vdc1 / ext4\n/dev/vdd2 /home ext4\n/dev/vdb1 /var ext4 nofail\n", kPlaces)});
  make_disk(dir, "b.img", {{}, holding("in-b")});
  std::vector<Disk> disks;
  for (const char* name : {"a.img", "b.img"}) {
    auto file = FileDevice::open(dir.path(name));
    ASSERT_TRUE(file);
    disks.push_back({.device = *file, .format = "raw"});
  }
  image = read_disk_image(std::move(disks));
  ASSERT_EQ(image.roots.size(), 1u);
  EXPECT_EQ(text("home/in-b"), "in-b\n");
  EXPECT_THAT(names("var"),
              ElementsAre("'var': 'var' is not read: '/dev/vdb1' is not in the image"));
}

TEST_F(Assembled, UnitsThatAreEnabledAndFstabBehindThem) {
  const auto unit = [](const std::string& what, const std::string& where) {
    return "[Mount]\nWhat=" + what + "\nWhere=" + where + "\n";
  };
  auto files = kPlaces;
  files["etc/systemd/system/data.mount"] = unit("/dev/disk/by-label/a", "/data");
  files["etc/systemd/system/local-fs.target.wants/data.mount"] = "-> ../data.mount";
  files["etc/systemd/system/home.mount"] = unit("/dev/disk/by-label/b", "/home");
  files["etc/systemd/system/srv.mount"] = "-> /dev/null";
  files["etc/systemd/system/var.mount"] = unit("/dev/disk/by-label/b", "/var");
  files["etc/systemd/system/multi-user.target.wants/var.automount"] = "-> ../var.automount";
  EXPECT_EQ(mounts({root("LABEL=b /data ext4\nLABEL=a /srv ext4\n", files),
                    {.fs_label = "a"},
                    {.fs_label = "b"}}),
            "p1 on /\np2 on /data\np3 on /var\n");
}

// systemd.unit(5): drop-ins of the unit, of the prefixes of its name and of its type; the first of equal names
// counts, then the last assignment in the order of the names. Units made of fstab have them too.
TEST_F(Assembled, UnitsAreWhatTheirDropInsMakeOfThem) {
  auto files = kPlaces;
  files["srv/in/"] = "";
  files["usr/lib/systemd/system/data.mount"] = "[Mount]\nWhat=LABEL=z\nWhere=/data\n";
  files["etc/systemd/system/local-fs.target.wants/data.mount"] =
      "-> /usr/lib/systemd/system/data.mount";
  files["usr/lib/systemd/system/data.mount.d/20-late.conf"] = "[Mount]\nWhat=LABEL=a\n";
  files["etc/systemd/system/data.mount.d/10-early.conf"] = "[Mount]\nWhat=LABEL=b\n";
  files["etc/systemd/system/var.mount.d/what.conf"] = "[Mount]\nWhat=/dev/disk/by-label/b\n";
  files["usr/lib/systemd/system/home.mount.d/what.conf"] = "[Mount]\nWhat=LABEL=z\n";
  files["etc/systemd/system/home.mount.d/what.conf"] = "-> /dev/null";
  files["etc/systemd/system/srv-.mount.d/noauto.conf"] = "[Mount]\nOptions=noauto\n";
  files["etc/systemd/system/mount.d/noauto.conf"] = "[Unit]\nDescription=x\n";
  EXPECT_EQ(mounts({root("LABEL=z /var ext4\nLABEL=a /home ext4\nLABEL=b /srv/in ext4\n", files),
                    {.fs_label = "a"},
                    {.fs_label = "b"}}),
            "p1 on /\np2 on /home\np2 on /data\np3 on /var\n");
}

// systemd-gpt-auto-generator(8) "Kernel Command Line"; every entry of the boot loader has to say so.
TEST_F(Assembled, DiscoveredUnlessTheKernelsCommandLineSaysNo) {
  const auto with = [&](const std::string& path, const std::string& text) {
    auto files = kPlaces;
    files[path] = text;
    return mounts({root("", files), {.type = "home"}});
  };
  const std::string none = "p1 on /\n", home = "p1 on /\np2 on /home\n";
  EXPECT_EQ(with("boot/grub/grub.cfg", "  linux /vmlinuz root=LABEL=x ro systemd.gpt_auto=0\n"),
            none);
  EXPECT_EQ(with("boot/grub/grub.cfg", "linux /vmlinuz systemd.gpt-auto=no\nlinux /old ro quiet\n"),
            home);
  EXPECT_EQ(with("boot/grub/grub.cfg", "# linux /vmlinuz systemd.gpt_auto=0\n"), home);
  EXPECT_EQ(with("boot/loader/entries/a.conf", "title x\noptions rd.systemd.gpt_auto=off\n"), none);
  EXPECT_EQ(with("boot/loader/entries/a.conf", "options systemd.gpt_auto\n"), home);
  auto fedora = kPlaces;
  fedora["boot/loader/entries/a.conf"] = "options $kernelopts quiet\n";
  fedora["boot/grub2/grubenv"] = "# GRUB Environment Block\nkernelopts=ro systemd.gpt_auto=0\n###";
  EXPECT_EQ(mounts({root("", fedora), {.type = "home"}}), none);
  // A boot partition that nobody has mounted yet.
  EXPECT_EQ(mounts({root("", kPlaces),
                    {.type = "esp",
                     .fs = "vfat",
                     .files = {{"loader/entries/a.conf", "options systemd.gpt_auto=0\n"}}},
                    {.type = "home"}}),
            none);
}

// Without a line for "/" in fstab the kernel's command line tells the name of the root's disk.
TEST_F(Assembled, TheRootIsNamedByTheKernelsCommandLineToo) {
  auto files = kPlaces;
  files["boot/grub/grub.cfg"] = "linux /vmlinuz root=/dev/sdb1 ro\nlinux /old root=/dev/sdb1 ro\n";
  EXPECT_EQ(mounts({root("/dev/sdb2 /home ext4\n/dev/sda2 /var ext4 nofail\n", files), {}}, "dos"),
            "p1 on /\np2 on /home\n"
            "etc/fstab:2: '/dev/sda2', to be mounted on /var, is not in the image\n"
            "unread /var: '/dev/sda2' is not in the image\n");
}

// mount(8) "Loop-device support".
TEST_F(Assembled, AFileIsMounted) {
  const auto& fat = image_bytes("fat12");
  const std::string content(reinterpret_cast<const char*>(fat.data()), fat.size());
  auto files = kPlaces;
  files["srv/disk.img"] = std::string(4096, 'x') + content;
  files["srv/link.img"] = "-> disk.img";
  files["srv/text.img"] = std::string(8192, 'x');
  EXPECT_EQ(mounts({root("/srv/link.img /data vfat loop,offset=4K,umask=077 0 0\n"
                         "/srv/text.img /home ext4 loop\n/none.img /var ext4 loop,nofail\n"
                         "/srv /efi fuse.bindfs defaults\n//server/share /boot cifs defaults\n",
                         files)}),
            "p1 on /\n"
            "etc/fstab:2: '/srv/text.img', to be mounted on /home, was not read: what is in it is "
            "not known\n"
            "etc/fstab:3: '/none.img', to be mounted on /var, does not exist\n"
            "unread /home: what is in it is not known\n"
            "incomplete\n");
  EXPECT_THAT(names("data"), testing::Contains("EFI"));
  EXPECT_EQ(image.roots.at(0).tree->lstat("data/EFI")->mode, 0700);
}

// Each layer would read several places of the one below for each of its own.
TEST_F(Assembled, AFileInAFileIsNotRead) {
  run("PATH=$PATH:/usr/sbin:/sbin; mkfs.vfat -C inner 256 >/dev/null && "
      "mkfs.vfat -C outer 1024 >/dev/null && mcopy -i outer inner ::inner.img",
      dir.path());
  auto files = kPlaces;
  files["srv/disk.img"] = read_file(dir.path("outer"));
  EXPECT_EQ(
      mounts({root("/srv/disk.img /data vfat loop\n/data/inner.img /home vfat loop\n", files)}),
      "p1 on /\n"
      "etc/fstab:2: '/data/inner.img', to be mounted on /home, was not read: it is in a file "
      "in a file\n"
      "unread /home: it is in a file in a file\n"
      "incomplete\n");
}

// crypttab(5): what is not read, and for what.
TEST_F(Assembled, EncryptedVolumesAreNamedByCrypttab) {
  const std::string luks = "aaaaaaaa-1111-2222-3333-444444444444";
  auto files = kPlaces;
  files["etc/crypttab"] =
      "# name device key options\n"
      "data UUID=" +
      luks +
      " none luks,discard\n"
      "old\tUUID=99999999-1111-2222-3333-444444444444\n"
      "pool PARTUUID=AAAAAAAA-0000-0000-0000-000000000003 none luks\n"
      "swap PARTLABEL=swap /dev/urandom swap,cipher=aes-xts-plain64\n";
  EXPECT_EQ(
      mounts({root("/dev/mapper/data /data ext4\n/dev/mapper/old /srv ext4 nofail\n"
                   "/dev/mapper/swap none swap sw\n",
                   files),
              {.fs = "luks", .fs_uuid = luks},
              {.uuid = "aaaaaaaa-0000-0000-0000-000000000003", .fs = "luks"},
              {.name = "swap", .fs = "luks"}}),
      "p1 on /\n"
      "etc/fstab:2: '/dev/mapper/old', to be mounted on /srv, is encrypted, and "
      "'UUID=99999999-1111-2222-3333-444444444444', which it is in, is not in the image\n"
      "partition 2 (crypto_LUKS), to be mounted on /data as 'data' of crypttab, was not read: "
      "it is encrypted (LUKS)\n"
      "partition 3 (crypto_LUKS), 'pool' of crypttab, was not read: it is encrypted (LUKS)\n"
      "partition 4 (crypto_LUKS): crypttab makes swap of it at each start\n"
      "unread /data: it is encrypted (LUKS)\n"
      "unread /srv: it is encrypted ('old' of crypttab)\n"
      "incomplete\n");
}

// What nobody recognizes may be a file system all the same.
TEST_F(Assembled, UnknownContentIsSaidToBeUnread) {
  make_disk(dir, "disk.img", {root("", kPlaces), {.fs = ""}, {.fs = ""}});
  run("printf 'something' | dd of=disk.img bs=1M seek=5 conv=notrunc status=none", dir.path());
  const auto opened = open_stack(dir.path("disk.img"), {});
  ASSERT_TRUE(opened && *opened);
  EXPECT_FALSE((*opened)->image.complete);
  std::vector<std::string> said;
  for (const Diagnostic& one : (*opened)->image.diagnostics) said.push_back(one.message);
  EXPECT_THAT(said, ElementsAre("partition 2 was not read: what is on it is not known"));
}

TEST_F(Assembled, NoautoIsLeftAloneUnlessSomebodyLooking) {
  EXPECT_EQ(mounts({root("LABEL=a /data ext4 noauto\n"
                         "LABEL=b /srv ext4 noauto,x-systemd.automount\n"
                         "LABEL=c /new/place ext4\nLABEL=c /made ext4\n",
                         kPlaces),
                    {.fs_label = "a"},
                    {.fs_label = "b"},
                    holding("in-c", {.fs_label = "c"})}),
            "p1 on /\np3 on /srv\np4 on /made\n"
            "etc/fstab:3: there is no mount point /new/place\n"
            "incomplete\n");
  // systemd makes the mount point.
  EXPECT_THAT(names(""), testing::Contains("made"));
  EXPECT_EQ(text("made/in-c"), "in-c\n");
}

const std::string kVarOfTheMachine = "c0c46eff-e386-4746-a2bd-0962cd326ea2";

TEST_F(Assembled, DiscoverablePartitions) {
  auto files = kPlaces;
  files["etc/machine-id"] = "0123456789abcdef0123456789abcdef\n";
  files["srv/not-empty"] = "";
  EXPECT_EQ(
      mounts(
          {root("LABEL=mine /home ext4\n", files),
           {.fs_label = "mine"},
           {.type = "home"},
           {.type = "srv"},
           {.type = "var", .uuid = "c0c46eff-e386-4746-a2bd-0962cd326ea3"},
           // `systemd-id128 machine-id --app-specific=4d21b016b53445c2a9fb5c16e091fd2d` on such a host
           {.type = "var", .uuid = kVarOfTheMachine, .files = {{"tmp/", ""}}},
           {.type = "var-tmp"},
           {.type = "esp", .fs = "vfat"},
           {.type = "xbootldr"}}),
      "p1 on /\np2 on /home\np6 on /var\np7 on /var/tmp\np8 on /efi\np9 on /boot\n");
}

TEST_F(Assembled, DiscoveredUnlessTheAttributeOrTheHostSaysNo) {
  EXPECT_EQ(mounts({root("", kPlaces), {.type = "home", .no_auto = true}, {.type = "srv"}}),
            "p1 on /\np3 on /srv\n");
  auto masked = kPlaces;
  masked["etc/systemd/system-generators/systemd-gpt-auto-generator"] = "-> /dev/null";
  EXPECT_EQ(mounts({root("", masked), {.type = "home"}}), "p1 on /\n");
  // Without /efi and an extended boot partition the firmware's goes to /boot.
  EXPECT_EQ(mounts({root("", {{"boot/", ""}}), {.type = "esp", .fs = "vfat"}}),
            "p1 on /\np2 on /boot\n");
  // An encrypted /home would be unlocked and mounted: its files are not the empty directory's.
  EXPECT_EQ(mounts({root("", kPlaces), {.type = "home", .fs = "luks"}}),
            "p1 on /\n"
            "partition 2 (crypto_LUKS), to be mounted on /home, was not read: it is encrypted "
            "(LUKS)\n"
            "unread /home: it is encrypted (LUKS)\n"
            "incomplete\n");
}

TEST_F(Assembled, UsrOfItsOwnTheNewestVersion) {
  auto files = root_files("");
  for (auto it = files.begin(); it != files.end();)
    it = it->first.starts_with("usr/") ? files.erase(it) : std::next(it);
  files["usr/"] = "";
  files["etc/os-release"] = "-> ../usr/lib/os-release";
  const auto usr = [](const std::string& version) {
    return PartitionPlan{.type = "usr",
                         .name = "usr_" + version,
                         .files = {{"lib/os-release", "VERSION_ID=" + version + "\n"}}};
  };
  EXPECT_EQ(mounts({usr("9"), usr("10"), {.type = "root", .files = files}}),
            "p2 on /usr\np3 on /\n");
  EXPECT_EQ(text("etc/os-release"), "VERSION_ID=10\n");
}

TEST_F(Assembled, SlotsAreHostsOfTheirOwn) {
  const auto slot = [](const std::string& version) {
    PartitionPlan plan = root("LABEL=data /data ext4\n", kPlaces);
    plan.name = "root_" + version;
    plan.files["etc/os-release"] = "VERSION_ID=" + version + "\n";
    return plan;
  };
  EXPECT_EQ(
      mounts({slot("1"), slot("2"), holding("shared", {.fs_label = "data"}), {.type = "home"}}),
      "p1 on /\np2 on /\np3 on /data\np3 on /data\np4 on /home\np4 on /home\n");
  EXPECT_EQ(text("etc/os-release", 0), "VERSION_ID=1\n");
  EXPECT_EQ(text("etc/os-release", 1), "VERSION_ID=2\n");
  EXPECT_EQ(text("data/shared", 1), "shared\n");
  EXPECT_EQ(summary(open_artifact(dir.path("disk.img"), options())),
            "host \"disk-p1\" at p1: the root file system on p1\n"
            "host \"disk-p2\" at p2: the root file system on p2\n");
}

TEST_F(Assembled, RootNamesAVolumeOrADirectory) {
  mounts({root("LABEL=data /data ext4\n", kPlaces),
          {.fs_label = "data",
           .files = {{"guest/etc/passwd", "root:x:0:0::/:\n"},
                     {"guest/etc/os-release", "ID=a\n"},
                     {"guest/usr/bin/sh", ""}}}});
  const auto opened = [&](const std::string& path) {
    OpenOptions with = options();
    with.root = path;
    return summary(open_artifact(dir.path("disk.img"), with));
  };
  EXPECT_THAT(opened("data/guest"), HasSubstr("host \"disk\" at data/guest: "));
  EXPECT_THAT(opened("p2/guest"), HasSubstr("host \"disk\" at p2/guest: "));
  EXPECT_THAT(opened("p1"), HasSubstr("host \"disk\" at p1: "));
  EXPECT_THAT(opened("nowhere"),
              HasSubstr("--root: the image has no directory and no volume 'nowhere'"));
}

TEST(DeviceName, OfTheKernel) {
  const auto shown = [](const std::string& source) -> std::string {
    const auto name = device_name(source);
    return name ? name->family + " " + std::to_string(name->disk) + " " +
                      std::to_string(name->partition)
                : "-";
  };
  EXPECT_EQ(shown("/dev/sda3"), "sd 0 3");
  EXPECT_EQ(shown("/dev/vdb"), "vd 1 0");
  EXPECT_EQ(shown("/dev/xvdaa12"), "xvd 26 12");
  EXPECT_EQ(shown("/dev/nvme1n1p2"), "nvme 1 2");
  EXPECT_EQ(shown("/dev/nvme0n1"), "nvme 0 0");
  EXPECT_EQ(shown("/dev/mmcblk0p1"), "mmcblk 0 1");
  for (const char* none : {"/dev/sd3", "/dev/sda0", "/dev/sda3x", "/dev/nvme0p1", "/dev/nvme0n1p",
                           "/dev/mapper/vg-var", "sda1", "/dev/mmcblkp1", "/dev/sda99999999"})
    EXPECT_EQ(shown(none), "-") << none;
}

}  // namespace
}  // namespace drydock::test
