// Hundreds of names in the directories of configuration to drydock and to the programs that read them: each file
// holds a word of its own, and each program is made to tell which words it read.
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "analyzer/facts/collect/unread_directory.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

struct Asked {
  std::string directory;
  std::string
      command;  // @ the root, % the directory; its output contains the words of what was read
  std::string content = "@\n";  // @ the word
  std::string main = {};        // the file that includes the directory …
  std::string text = {};        // … and its text; @ the root
  bool are_scripts = false;
  bool refuses_directories = false;
  std::vector<std::string> ends = {};  // more ends of names than all directories get
};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

std::string program(const char* variable, const char* name) {
  const char* const set = std::getenv(variable);
  return set ? set : name;
}

// A file below the directory and what is to be said of it.
struct File {
  std::string name;
  std::string word;
  bool is_kept = false;  // nobody believes in it
  uint16_t mode = 0644;
};

struct Counts {
  size_t pairs = 0, read = 0, unread = 0, kept = 0, directories = 0;
};

std::vector<File> files(test::Random& random, const Asked& asked) {
  static const std::vector<std::string> kStems = {"a",        "60-x",  "A_b",  "x.y", "b c",
                                                  "\xc3\xbc", "+x",    "1",    "g:h", "_u",
                                                  "a-b-c",    "sub/f", ".hid", "z,z"};
  static const std::vector<std::string> kKept = {".bak", "~", ".dpkg-old", ".conf.rpmsave",
                                                 ".disabled"};
  std::vector<std::string> ends = {"",  ".conf",  ".CONF", ".conf.x",  ".txt",
                                   ".", "..conf", ".sh",   ".conf-old"};
  ends.insert(ends.end(), asked.ends.begin(), asked.ends.end());
  std::vector<File> out;
  const auto add = [&](const std::string& name, bool is_kept) {
    File file{name, "word" + std::to_string(out.size()) + "x", is_kept};
    if (asked.are_scripts && !random.one_in(4)) file.mode = 0755;
    out.push_back(file);
  };
  for (const std::string& stem : kStems) {
    if (asked.refuses_directories && stem == "sub/f") continue;
    for (const std::string& end : ends)
      if (random.one_in(2) || (stem == "a" && end != "..conf")) add(stem + end, stem[0] == '.');
    if (random.one_in(2)) add(stem + kKept[static_cast<size_t>(random.below(5))], true);
  }
  add("README", true);
  return out;
}

// What both say of one directory; nullopt if the program tells nothing.
void compare(const Asked& asked, test::Random& random, Counts& counts) {
  const test::ScratchDirectory scratch;
  const std::string root = scratch.path(), directory = root + "/" + asked.directory;
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/debian_version", "12\n").file("etc/passwd", "");
  if (!asked.main.empty()) {
    tree->file(asked.main, replaced(asked.text, "@", ""));
    scratch.write(asked.main, replaced(asked.text, "@", root));
  }
  const std::vector<File> all = files(random, asked);
  const auto put = [&](const std::string& path, const std::string& content, uint16_t mode) {
    tree->file(path, content, mode);
    chmod(scratch.write(path, content).c_str(), mode);
  };
  const auto link = [&](const std::string& name, const std::string& target, bool is_local) {
    tree->symlink(asked.directory + "/" + name, target);
    std::filesystem::create_symlink((is_local ? "" : root) + target, directory + "/" + name);
  };
  for (const File& file : all)
    put(asked.directory + "/" + file.name, replaced(asked.content, "@", file.word), file.mode);
  // Links: to nothing, to a file that counts by itself, to one that lies elsewhere.
  const std::string linked = "wordlinkx";
  put("opt/elsewhere", replaced(asked.content, "@", linked), asked.are_scripts ? 0755 : 0644);
  link("l-null", "/dev/null", true);
  link("l-same.old.txt", "a", true);
  link("l-else.txt", "/opt/elsewhere", false);

  // Where people put such files by mistake.
  std::map<std::string, std::string> beside;
  for (const facts::Neighbour& one : facts::neighbours())
    if (one.right == asked.directory && !one.path.ends_with(".conf") &&
        (one.conditions.mains.empty() || !asked.main.empty())) {
      const std::string path =
          std::string(one.path) + "/a" + (asked.ends.empty() ? ".conf" : asked.ends[0]);
      beside[path] = "wordbeside" + std::to_string(beside.size()) + "x";
      put(path, replaced(asked.content, "@", beside[path]), 0644);
    }

  const auto said = test::ask("{ " + replaced(replaced(asked.command, "@", root), "%", directory) +
                              "\n} 2>&1 </dev/null | cat");
  if (!said || said->find("word") == std::string::npos) {
    std::cerr << "not asked: " << asked.directory << (said ? said->substr(0, 700) : "-") << "\n";
    return;
  }
  ++counts.directories;
  const test::FewFacts facts(tree, {"unread_file"}, {"unread_file"});
  std::map<std::string, std::string> rows;
  for (const auto& row : facts.rows("SELECT path, why FROM unread_file"))
    rows[row[0].value_or("")] = row[1].value_or("");
  const auto check = [&](const std::string& name, const std::string& word, bool is_kept) {
    const auto row = rows.find(name);
    const bool is_read = said->find(word) != std::string::npos;
    ++counts.pairs;
    if (is_kept) {
      ++counts.kept;
      EXPECT_EQ(row, rows.end()) << name << ": kept, and " << row->second;
    } else if (is_read) {
      ++counts.read;
      EXPECT_EQ(row, rows.end()) << name << " is read, and we say " << row->second;
    } else {
      ++counts.unread;
      EXPECT_NE(row, rows.end()) << name << " is not read";
    }
  };
  for (const File& file : all) {
    // Not everywhere are subdirectories worth a word, and there only for names that were meant.
    const bool is_below = file.name.find('/') != std::string::npos;
    const bool is_read = said->find(file.word) != std::string::npos;
    const std::string path = asked.directory + "/" + file.name;
    check(path, file.word, file.is_kept || (is_below && !is_read && !rows.contains(path)));
  }
  check(asked.directory + "/l-else.txt", linked, false);
  for (const auto& [path, word] : beside) {
    check(path, word, false);
    EXPECT_EQ(said->find(word), std::string::npos) << path << " is read";
  }
  EXPECT_FALSE(rows.contains(asked.directory + "/l-null"));
  EXPECT_FALSE(rows.contains(asked.directory + "/l-same.old.txt"));
}

void tell(const Counts& counts) {
  for (const auto& [name, count] : {std::pair{"directories", counts.directories},
                                    {"pairs", counts.pairs},
                                    {"read", counts.read},
                                    {"unread", counts.unread},
                                    {"kept", counts.kept}})
    testing::Test::RecordProperty(name, static_cast<int>(count));
}

TEST(UnreadFileDifferential, SystemdReadsWhatWeDoNotName) {
  test::Random random(4);
  Counts counts;
  const auto ask = [&](const std::string& directory, const std::string& name,
                       const std::vector<std::string>& ends = {}) {
    compare({.directory = directory,
             .command = "systemd-analyze cat-config --no-pager --root=@ " + name,
             .ends = ends},
            random, counts);
  };
  for (const std::string name :
       {"journald", "logind", "coredump", "timesyncd", "resolved", "networkd", "system", "user",
        "sleep", "oomd", "pstore", "homed", "journal-remote", "journal-upload"})
    ask("etc/systemd/" + name + ".conf.d", "systemd/" + name + ".conf");
  for (const std::string name : {"sysctl.d", "tmpfiles.d", "sysusers.d", "modules-load.d",
                                 "binfmt.d", "environment.d", "repart.d"})
    ask("etc/" + name, name);
  ask("usr/local/lib/tmpfiles.d", "tmpfiles.d");
  ask("usr/local/lib/systemd/logind.conf.d", "systemd/logind.conf");
  ask("etc/udev/rules.d", "udev/rules.d", {".rules", ".rules.conf", ".Rules"});
  ask("etc/udev/hwdb.d", "udev/hwdb.d", {".hwdb", ".rules"});
  ask("etc/systemd/system-preset", "systemd/system-preset", {".preset", ".preset.conf"});
  if (counts.directories == 0) GTEST_SKIP() << "systemd-analyze is not installed";
  tell(counts);
  EXPECT_GE(counts.pairs, 1500u);
  EXPECT_GE(counts.read, 200u);
  EXPECT_GE(counts.unread, 700u);
  EXPECT_GE(counts.kept, 100u);
}

TEST(UnreadFileDifferential, ScriptsThatAreRunAreNotNamed) {
  test::Random random(5);
  Counts counts;
  for (const char* directory : {"etc/cron.daily", "etc/network/if-up.d", "etc/kernel/postinst.d",
                                "etc/ca-certificates/update.d"})
    compare({.directory = directory,
             .command = "run-parts --test % | while read -r f; do cat \"$f\"; done",
             .are_scripts = true},
            random, counts);
  // What must be executable there is not judged.
  compare(
      {.directory = "etc/update-motd.d",
       .command =
           "chmod 755 %/*; run-parts --lsbsysinit --test % | while read -r f; do cat \"$f\"; done",
       .ends = {"-x", ".x-y", "-X"}},
      random, counts);
  // The loop of grub-mkconfig itself.
  const std::string grub = program("DRYDOCK_GRUB_COMMON", "");
  const std::string mkconfig = grub + "/usr/sbin/grub-mkconfig",
                    library = grub + "/usr/share/grub/grub-mkconfig_lib";
  compare({.directory = "etc/grub.d",
           .command = "sed -n '/^grub_file_is_not_garbage/,/^}/p' " + library +
                      " >@/loop; sed -n '/^for i in/,/^done/p' " + mkconfig +
                      " >>@/loop; grub_mkconfig_dir=%; . @/loop",
           .content = "#!/bin/sh\necho @\n",
           .are_scripts = true},
          random, counts);
  if (counts.directories == 0) GTEST_SKIP() << "run-parts is not installed";
  tell(counts);
  EXPECT_GE(counts.pairs, 50 * counts.directories);
  EXPECT_GE(counts.read, 3 * counts.directories);
  EXPECT_GE(counts.unread, 20 * counts.directories);
}

TEST(UnreadFileDifferential, OtherProgramsReadWhatWeDoNotName) {
  test::Random random(6);
  Counts counts;
  const std::string apt =
      "mkdir -p @/s/lists/partial @/c; echo 'Dir \"@/\"; Dir::State \"@/s\"; Dir::Cache \"@/c\"; "
      "Dir::Etc \"@/etc/apt\";' >@/cfg; export APT_CONFIG=@/cfg; ";
  const std::string mkconfig = program("DRYDOCK_GRUB_COMMON", "") + "/usr/sbin/grub-mkconfig";
  const std::string cloud_init = program("DRYDOCK_CLOUD_INIT", "/usr/lib/python3/dist-packages");
  const std::string augenrules = program("DRYDOCK_AUGENRULES", "/usr/sbin/augenrules");
  const std::vector<Asked> all = {
      {.directory = "etc/apt/apt.conf.d",
       .command = apt + "apt-config dump",
       .content = "T::@ \"1\";\n"},
      {.directory = "etc/apt/preferences.d",
       .command = apt + "apt-cache policy 2>&1 | sed -n 's/^E: .*preferences file \\(.*\\), no "
                        ".*/\\1/p' | while read -r f; do cat \"$f\"; done",
       .content = "Pin: @\n",
       .ends = {".pref", ".pref.x"}},
      {.directory = "etc/apt/sources.list.d",
       .command = apt + "apt-get update --print-uris",
       .content = "deb http://@/ x main\n",
       .ends = {".list", ".list.x"}},
      {.directory = "etc/modprobe.d",
       .command = program("DRYDOCK_MODPROBE", "modprobe") + " -C % -c",
       .content = "options @ a=1\n"},
      {.directory = "etc/logrotate.d",
       .command = "cd /; " + program("DRYDOCK_LOGROTATE", "logrotate") + " -d @/etc/logrotate.conf",
       .content = "/@ {\n daily\n}\n",
       .main = "etc/logrotate.conf",
       .text = "weekly\ninclude @/etc/logrotate.d\n"},
      {.directory = "etc/chrony/conf.d",
       .command = program("DRYDOCK_CHRONYD", "chronyd") + " -p -f @/etc/chrony/chrony.conf",
       .content = "server @\n",
       .main = "etc/chrony/chrony.conf",
       .text = "confdir @/etc/chrony/conf.d\n"},
      {.directory = "etc/rsyslog.d",
       .command = program("DRYDOCK_RSYSLOGD", "rsyslogd") + " -N1 -f @/etc/rsyslog.conf",
       .content = "$@ on\n",
       .main = "etc/rsyslog.conf",
       .text = "$IncludeConfig @/etc/rsyslog.d/*.conf\n*.* /x\n"},
      {.directory = "etc/rsyslog.d",
       .command = program("DRYDOCK_RSYSLOGD", "rsyslogd") + " -N1 -f @/etc/rsyslog.conf",
       .content = "$@ on\n",
       .main = "etc/rsyslog.conf",
       .text = "include(file=\"@/etc/rsyslog.d/[a-c]*\" mode=\"optional\")\n*.* /x\n"},
      {.directory = "etc/sudoers.d",
       .command = program("DRYDOCK_VISUDO", "visudo") +
                  " -c -f @/etc/sudoers | sed -n 's/: parsed OK$//p' | while read -r f; do cat "
                  "\"$f\"; done",
       .content = "# @\n",
       .main = "etc/sudoers",
       .text = "root ALL=ALL\n#includedir @/etc/sudoers.d\n"},
      {.directory = "etc/ssh/ssh_config.d",
       .command = "ssh -G -F @/etc/ssh/ssh_config h",
       .content = "IdentityFile /@\n",
       .main = "etc/ssh/ssh_config",
       .text = "  Include @/etc/ssh/ssh_config.d/*.conf\n"},
      {.directory = "etc/network/interfaces.d",
       .command = program("DRYDOCK_IFQUERY", "ifquery") + " -i @/etc/network/interfaces --list",
       .content = "auto @\niface @ inet manual\n",
       .main = "etc/network/interfaces",
       .text = "source @/etc/network/interfaces.d/*\n"},
      {.directory = "etc/network/interfaces.d",
       .command = program("DRYDOCK_IFQUERY", "ifquery") + " -i @/etc/network/interfaces --list",
       .content = "auto @\niface @ inet manual\n",
       .main = "etc/network/interfaces",
       .text = "source-directory @/etc/network/interfaces.d\n"},
      {.directory = "etc/audit/rules.d",
       .command = "sed 's,^DestinationFile=,&@,; s,^SourceRulesDir=,&%/../../..,' " + augenrules +
                  " | sed 's,%/../../..,@,' >@/run; sh @/run; cat @/etc/audit/audit.rules",
       .content = "-w /@ -p wa\n",
       .ends = {".rules", ".rules.x"}},
      {.directory = "usr/local/share/ca-certificates",
       .command = "mkdir @/e @/h; : >@/certs.conf; update-ca-certificates --certsconf @/certs.conf "
                  "--certsdir @/c --localcertsdir % --etccertsdir @/e --hooksdir @/h; cat "
                  "@/e/ca-certificates.crt",
       .ends = {".crt", ".pem", ".crt.pem"}},
      {.directory = "etc/default/grub.d",
       .command = "sed -n '/^for x in .*grub.d/,/^done/p' " + mkconfig +
                  " >@/loop; sysconfdir=@/etc; . @/loop",
       .content = "echo @\n",
       .ends = {".cfg", ".cfg.conf"}},
      {.directory = "etc/cloud/cloud.cfg.d",
       .command = "/usr/bin/python3 -S -c 'import sys, unittest.mock as mock\n"
                  "sys.path.insert(0, \"" +
                  cloud_init +
                  "\")\n"
                  "for name in (\"requests\", \"jsonpatch\", \"jsonschema\", \"netifaces\", "
                  "\"configobj\", \"jinja2\"):\n"
                  "  try: __import__(name)\n"
                  "  except ImportError: sys.modules[name] = mock.MagicMock()\n"
                  "from cloudinit import util\nprint(util.read_conf_d(\"%\"))'",
       .content = "@: 1\n",
       .ends = {".cfg", ".yaml"}},
      {.directory = "etc/dpkg/dpkg.cfg.d",
       .command =
           "mkdir @/db; unshare --user --map-root-user --mount sh -c 'mount --bind @/etc/dpkg "
           "/etc/dpkg && dpkg --admindir=@/db --configure -a'",
       .content = "pre-invoke=echo @\n",
       .refuses_directories = true},
      {.directory = "etc/netplan",
       .command = program("DRYDOCK_NETPLAN", "/usr/libexec/netplan/generate") +
                  " --root-dir @; ls @/run/systemd/network",
       .content = "network:\n  ethernets:\n    @: {dhcp4: true}\n",
       .ends = {".yaml", ".yml", ".yaml.x"}},
  };
  for (const Asked& asked : all) compare(asked, random, counts);
  if (counts.directories == 0) GTEST_SKIP() << "none of the programs is installed";
  tell(counts);
  EXPECT_GE(counts.pairs, 50 * counts.directories);
  EXPECT_GE(counts.read, 5 * counts.directories);
  EXPECT_GE(counts.unread, 20 * counts.directories);
}

}  // namespace
}  // namespace drydock
