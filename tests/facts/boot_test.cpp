#include <gtest/gtest.h>

#include "tests/facts/facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

using namespace std::string_literals;

constexpr std::string_view kBooted =
    "SELECT loader, id, title, version, arguments, why_default, loc FROM boot_entry WHERE boots";
constexpr std::string_view kArguments =
    "SELECT name, value, source, argument, loc, value_loc FROM kernel_argument ORDER BY name, "
    "source";

std::shared_ptr<MemoryTree> tree(std::initializer_list<std::pair<const char*, std::string>> files) {
  auto out = std::make_shared<MemoryTree>();
  for (const auto& [path, content] : files) out->file(path, content);
  return out;
}

// What 10_linux of grub-mkconfig writes, cut down.
const std::string kMenu =
    "if [ -s $prefix/grubenv ]; then\n  load_env\nfi\nset default=\"${saved_entry}\"\n"
    "menuentry 'Debian' --class debian $menuentry_id_option 'gnulinux-simple' {\n"
    "\tlinux\t/boot/vmlinuz-6.1.0-18-amd64 root=/dev/sda1 ro audit=1 quiet\n\tinitrd /i\n}\n"
    "submenu 'Advanced' $menuentry_id_option 'advanced' {\n"
    "\tmenuentry 'Old' $menuentry_id_option 'old' {\n"
    "\t\tlinux /boot/vmlinuz-5.10.0-8-amd64 root=/dev/sda1 ro single\n\t}\n}\n";

TEST(BootFacts, GrubStartsTheFirstEntryUnlessTheBlockNamesAnother) {
  EXPECT_EQ(
      test::facts(tree({{"boot/grub/grub.cfg",
                         "export menuentry_id_option\nmenuentry_id_option=--id\n" + kMenu}}),
                  kBooted),
      "grub | 0 | Debian | 6.1.0-18-amd64 | root=/dev/sda1 ro audit=1 quiet | default is empty, "
      "so the first | "
      "boot/grub/grub.cfg:7:1\n");
  EXPECT_EQ(
      test::facts(
          tree({{"boot/grub/grub.cfg",
                 "menuentry_id_option=--id\nexport menuentry_id_option\n" + kMenu},
                {"boot/grub/grubenv", "# GRUB Environment Block\nsaved_entry=advanced>old\n####"}}),
          kBooted),
      "grub | 1>0 | Old | 5.10.0-8-amd64 | root=/dev/sda1 ro single | the entry named advanced, "
      "and there the "
      "one named old | boot/grub/grub.cfg:12:2\n");
}

TEST(BootFacts, TheConfigurationIsJoinedWithWhatBoots) {
  EXPECT_EQ(
      test::facts(
          tree({{"boot/grub/grub.cfg",
                 "menuentry a {\n linux /v root=/dev/sda1 ro audit=1 quiet lockdown=none x=1 "
                 "x=2\n}\n"},
                {"etc/default/grub",
                 "GRUB_CMDLINE_LINUX=\"audit=1\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"},
                {"etc/default/grub.d/50.cfg",
                 "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX lockdown=integrity pti=on x=2\"\n"}}),
          kArguments),
      "audit | 1 | both | audit=1 | etc/default/grub:1:21 | etc/default/grub:1:27\n"
      "lockdown | integrity | configuration | lockdown=integrity | etc/default/grub.d/50.cfg:1:41 "
      "| "
      "etc/default/grub.d/50.cfg:1:50\n"
      "lockdown | none | entry | lockdown=none | boot/grub/grub.cfg:2:43 | "
      "boot/grub/grub.cfg:2:52\n"
      "pti | on | configuration | pti=on | etc/default/grub.d/50.cfg:1:60 | "
      "etc/default/grub.d/50.cfg:1:64\n"
      "pti | - | entry | - | boot/grub/grub.cfg:1:1 | -\n"
      "quiet |  | both | quiet | etc/default/grub:2:29 | -\n"
      "ro |  | entry | ro | boot/grub/grub.cfg:2:26 | -\n"
      "root | /dev/sda1 | entry | root=/dev/sda1 | boot/grub/grub.cfg:2:11 | "
      "boot/grub/grub.cfg:2:16\n"
      "x | 2 | both | x=2 | etc/default/grub.d/50.cfg:1:67 | etc/default/grub.d/50.cfg:1:69\n");
}

TEST(BootFacts, AnEarlierArgumentOfTheSameNameLoses) {
  EXPECT_EQ(test::facts(tree({{"etc/default/grub", "GRUB_CMDLINE_LINUX=\"audit=0 audit=1\"\n"}}),
                        "SELECT key, winner, loser, value, reason FROM override WHERE table_name = "
                        "'kernel_argument'"),
            "audit | etc/default/grub:1:29 | etc/default/grub:1:21 | 0 | set again later on the "
            "command line\n");
}

TEST(BootFacts, WhatACommandPrintsIsNotKnown) {
  EXPECT_EQ(test::facts(tree({{"boot/grub/grub.cfg", "menuentry a {\n linux /v audit=1\n}\n"},
                              {"etc/default/grub", "GRUB_CMDLINE_LINUX=\"$(x)\"\n"}}),
                        "SELECT name, value, source FROM kernel_argument"),
            "audit | 1 | entry\n");
}

// kernel-parameters.txt: "init_on_alloc= … Default set by CONFIG_INIT_ON_ALLOC_DEFAULT_ON".
TEST(BootFacts, AnArgumentThatIsNotThereHasTheKernelsOwnValue) {
  EXPECT_EQ(
      test::facts(tree({{"boot/grub/grub.cfg", "menuentry a {\n linux /vmlinuz-6.1.0-1 ro\n}\n"},
                        {"boot/config-6.1.0-1",
                         "CONFIG_X86_64=y\nCONFIG_MODULES=y\nCONFIG_INIT_ON_ALLOC_DEFAULT_ON="
                         "y\nCONFIG_DEBUG_FS=y\n"
                         "CONFIG_SLAB_MERGE_DEFAULT=y\nCONFIG_LEGACY_VSYSCALL_NONE=y\nCONFIG_IA32_"
                         "EMULATION=y\n"
                         "CONFIG_CPU_SUP_INTEL=y\n"}}),
                  "SELECT name, value, source, loc FROM kernel_argument WHERE source = 'kernel' "
                  "ORDER BY name"),
      "hardened_usercopy | 0 | kernel | -\n"
      "init_on_alloc | 1 | kernel | -\n"
      "init_on_free | 0 | kernel | -\n"
      "iommu.passthrough | 0 | kernel | -\n"
      "iommu.strict | 0 | kernel | -\n"
      "kfence.sample_interval | 0 | kernel | -\n"
      "module.sig_enforce | 0 | kernel | -\n"
      "randomize_kstack_offset | 0 | kernel | -\n"
      "vdso32 | 1 | kernel | -\n"
      "vsyscall | none | kernel | -\n");
}

TEST(BootFacts, RedHatKeepsEntriesInFilesAndArgumentsInTheBlock) {
  EXPECT_EQ(
      test::facts(
          tree({{"boot/grub2/grub.cfg", "load_env\nset default=\"${saved_entry}\"\nblscfg\n"},
                {"boot/grub2/grubenv",
                 "# GRUB Environment Block\nsaved_entry=m-5.14.0-70.el9\nkernelopts=root=/dev/r ro "
                 "audit=1\n###"},
                {"boot/loader/entries/m-5.14.0-70.el9.conf",
                 "title Old\nversion 5.14.0-70.el9\nlinux /vmlinuz-5.14.0-70.el9\noptions "
                 "$kernelopts $tuned_params x\n"},
                {"boot/loader/entries/m-5.14.0-162.el9.conf",
                 "title New\nversion 5.14.0-162.el9\nlinux /vmlinuz-5.14.0-162.el9\noptions "
                 "$kernelopts\n"}}),
          "SELECT loader, id, title, version, arguments, is_default, loc FROM boot_entry ORDER BY "
          "id"),
      "grub | 0 | New | 5.14.0-162.el9 | root=/dev/r ro audit=1 | 0 | "
      "boot/loader/entries/m-5.14.0-162.el9.conf:4:1\n"
      "grub | 1 | Old | 5.14.0-70.el9 | root=/dev/r ro audit=1 x | 1 | "
      "boot/loader/entries/m-5.14.0-70.el9.conf:4:1\n");
}

TEST(BootFacts, SystemdBootTakesTheNewestOrTheNamedEntry) {
  auto host = tree({{"boot/efi/loader/entries/arch-6.1.conf",
                     "title A\nversion 6.1\nlinux /a\noptions root=a rw\n"},
                    {"boot/efi/loader/entries/arch-6.10.conf",
                     "title B\nversion 6.10\nlinux /b\noptions root=b\noptions ro\n"},
                    {"etc/kernel/cmdline", "root=b ro audit=1\n"}});
  EXPECT_EQ(test::facts(host, kBooted),
            "systemd-boot | arch-6.10.conf | B | 6.10 | root=b ro | the first entry | "
            "boot/efi/loader/entries/arch-6.10.conf:5:1\n");
  EXPECT_EQ(
      test::facts(host,
                  "SELECT source, loc FROM kernel_argument WHERE name = 'audit' ORDER BY source"),
      "configuration | etc/kernel/cmdline:1:11\nentry | "
      "boot/efi/loader/entries/arch-6.10.conf:5:1\n");
  host->file("boot/efi/loader/loader.conf", "timeout 3\ndefault ARCH-6.1.*\n");
  EXPECT_EQ(test::facts(host, "SELECT id, why_default FROM boot_entry WHERE boots"),
            "arch-6.1.conf | loader.conf's default, ARCH-6.1.*\n");
}

TEST(BootFacts, ExtlinuxStartsItsDefaultLabel) {
  EXPECT_EQ(test::facts(tree({{"boot/extlinux/extlinux.conf",
                               "DEFAULT l1\nAPPEND root=/dev/sda1 ro\nLABEL l0\n  LINUX /a\nLABEL "
                               "l1\n  MENU LABEL One\n"
                               "  LINUX /vmlinuz-6.6.1\n  APPEND root=/dev/sda2 quiet\n"}}),
                        "SELECT loader, id, version, arguments, boots, why_default, loc FROM "
                        "boot_entry ORDER BY id"),
            "extlinux | l0 | - | root=/dev/sda1 ro | 0 | - | boot/extlinux/extlinux.conf:3:1\n"
            "extlinux | l1 | 6.6.1 | root=/dev/sda2 quiet | 1 | DEFAULT l1 | "
            "boot/extlinux/extlinux.conf:8:3\n");
}

TEST(BootFacts, RaspberryPiReadsOneLine) {
  EXPECT_EQ(
      test::facts(
          tree({{"boot/firmware/config.txt", "arm_64bit=1\n"},
                {"boot/firmware/cmdline.txt", "console=tty1 root=PARTUUID=1 quiet\nnot=read\n"}}),
          "SELECT loader, id, arguments, boots FROM boot_entry"),
      "raspberry-pi | cmdline.txt | console=tty1 root=PARTUUID=1 quiet | 1\n");
}

TEST(BootFacts, BootcTakesArgumentsFromItsDirectory) {
  EXPECT_EQ(
      test::facts(tree({{"usr/lib/bootc/kargs.d/10-x.toml", "kargs = [\"audit=1\", \"nosmt\"]\n"}}),
                  kArguments),
      "audit | 1 | configuration | audit=1 | usr/lib/bootc/kargs.d/10-x.toml:1:10 | -\n"
      "nosmt |  | configuration | nosmt | usr/lib/bootc/kargs.d/10-x.toml:1:21 | -\n");
}

TEST(BootFacts, ASuperuserWithoutAPasswordIsNone) {
  const std::string rows = "SELECT superusers, password, restricts_boot, loc FROM boot_loader";
  EXPECT_EQ(test::facts(tree({{"boot/grub/grub.cfg",
                               "set superusers=\"a,b\"\npassword_pbkdf2 b grub.x\nmenuentry x {\n "
                               "linux /v\n}\n"}}),
                        rows),
            "a,b | hashed | 1 | boot/grub/grub.cfg:2:1\n");
  EXPECT_EQ(test::facts(tree({{"boot/grub/grub.cfg",
                               "set superusers=a\npassword c secret\nmenuentry x --unrestricted "
                               "{\n linux /v\n}\n"}}),
                        rows),
            "a | - | 0 | boot/grub/grub.cfg\n");
}

TEST(BootFacts, AScriptThatGrubCannotReadMakesNothingKnown) {
  EXPECT_EQ(test::facts(tree({{"boot/grub/grub.cfg", "menuentry x {\n linux /v\n"}}),
                        "SELECT DISTINCT path, code, effect FROM parse_issue WHERE table_name = "
                        "'kernel_argument'"),
            "boot/grub/grub.cfg | unterminated-block | unknown\n");
}

// A script that never ends costs no more than a long one.
TEST(BootFacts, EndlessScriptsEnd) {
  EXPECT_EQ(
      test::facts(
          tree({{"boot/grub/grub.cfg",
                 "function f {\n f; f\n}\nf\nfor i in 1 2 3 4 5 6 7 8 9; do set a=\"$a$a$a$a x\"; "
                 "done\n"
                 "while true; do while true; do set b=$a; done; done\nmenuentry x {\n linux /v "
                 "$a\n}\n"}}),
          "SELECT count(*) FROM parse_issue WHERE code = 'too-long' AND table_name = 'boot_entry'"),
      "1\n");
}

TEST(BootFacts, CompressedConfigurationsAreUnpacked) {
  const auto packed = test::ask("printf 'CONFIG_X86_64=y\\nCONFIG_BUG=y\\n' | gzip -nc");
  ASSERT_TRUE(packed && packed->size() > 20);
  auto host = std::make_shared<MemoryTree>();
  host->file("boot/vmlinuz-6.1.0", "").file("boot/config-6.1.0.gz", *packed);
  host->file("boot/vmlinuz-5.9.0", "").file("boot/config-5.9.0", "CONFIG_BUG=n\n");
  host->file("boot/config-5.9.0.gz", *packed);
  const char* const sql = "SELECT kernel, option, value, loc FROM kernel_config";
  EXPECT_EQ(test::facts(host, sql),
            "5.9.0 | CONFIG_BUG | n | boot/config-5.9.0:1:1\n"
            "6.1.0 | CONFIG_X86_64 | y | boot/config-6.1.0.gz:1:1\n"
            "6.1.0 | CONFIG_BUG | y | boot/config-6.1.0.gz:2:1\n");
  // A copy of a running host whose kernel has its configuration nowhere else.
  auto copy = std::make_shared<MemoryTree>();
  copy->file("boot/vmlinuz-6.1.0", "").file("proc/config.gz", *packed);
  EXPECT_EQ(test::facts(copy, sql),
            "6.1.0 | CONFIG_X86_64 | y | proc/config.gz:1:1\n"
            "6.1.0 | CONFIG_BUG | y | proc/config.gz:2:1\n");
  copy->file("proc/config.gz", packed->substr(0, packed->size() - 9));
  EXPECT_EQ(test::facts(copy,
                        "SELECT path, code, effect FROM parse_issue WHERE table_name = "
                        "'kernel_config'"),
            "proc/config.gz | not-unpacked | unknown\n");
}

TEST(BootFacts, KernelsBelongToTheirConfigurationAndModules) {
  auto host = tree({{"boot/vmlinuz-6.1.0-9", ""},
                    {"boot/config-6.1.0-9", "CONFIG_X86_64=y\n# CONFIG_KEXEC is not set\n"},
                    {"boot/vmlinuz-6.1.0-10", ""},
                    {"lib/modules/6.1.0-10/modules.dep", ""},
                    {"lib/modules/6.1.0-10/config", "CONFIG_ARM64=y\n"},
                    {"lib/modules/5.1.0-1/updates/left.ko", ""}});
  constexpr std::string_view kKernels =
      "SELECT version, release, architecture, image, has_modules, boots, config_loc FROM kernel "
      "ORDER BY version";
  EXPECT_EQ(
      test::facts(host, kKernels),
      "6.1.0-10 | 6001 | arm64 | boot/vmlinuz-6.1.0-10 | 1 | 1 | lib/modules/6.1.0-10/config\n"
      "6.1.0-9 | 6001 | x86_64 | boot/vmlinuz-6.1.0-9 | 0 | 0 | boot/config-6.1.0-9\n");
  host->file("boot/grub/grub.cfg", "menuentry a {\n linux /vmlinuz-6.1.0-9 ro\n}\n");
  EXPECT_EQ(test::facts(host, "SELECT version FROM kernel WHERE boots"), "6.1.0-9\n");
  EXPECT_EQ(test::facts(host, "SELECT kernel, option, value, loc FROM kernel_config ORDER BY loc"),
            "6.1.0-9 | CONFIG_X86_64 | y | boot/config-6.1.0-9:1:1\n"
            "6.1.0-9 | CONFIG_KEXEC | n | boot/config-6.1.0-9:2:1\n"
            "6.1.0-10 | CONFIG_ARM64 | y | lib/modules/6.1.0-10/config:1:1\n");
}

TEST(BootFacts, TheCommandLineKeepsModulesOut) {
  EXPECT_EQ(
      test::facts(
          tree(
              {{"etc/default/grub", ""},
               {"boot/grub/grub.cfg",
                "menuentry a {\n linux /v modprobe.blacklist=udf,hfs module_blacklist=dccp\n}\n"}}),
          "SELECT module, policy, is_blacklisted FROM module_policy WHERE module IN ('udf', 'hfs', "
          "'dccp') "
          "ORDER BY module"),
      "dccp | disabled | 0\nhfs | blacklisted | 1\nudf | blacklisted | 1\n");
}

TEST(BootFacts, InAFragmentEveryFileStandsForItself) {
  EXPECT_EQ(test::facts(tree({{"files/default/grub", "GRUB_CMDLINE_LINUX=\"audit=0\"\n"},
                              {"files/kernel/cmdline", "mitigations=off\n"}}),
                        "SELECT name, value, source, loc FROM kernel_argument ORDER BY name",
                        Scope::fragment),
            "audit | 0 | configuration | files/default/grub:1:21\n"
            "mitigations | off | configuration | files/kernel/cmdline:1:1\n");
}

}  // namespace
}  // namespace drydock
