// Input that is broken, hostile or huge: its message, its exit code, and what can be read is judged all the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/run.h"

namespace drydock::test {
namespace {

using nlohmann::json;

// The second account is the finding that must survive everything.
const std::string kPasswd = "root:*:0:0::/root:/bin/sh\nguest::1000:1000::/home/guest:/bin/sh\n";
const std::string kFound = "critical /etc/passwd:2:7 user:guest\n";

// One member of a tar, POSIX.1-2017 pax "ustar Interchange Format"; tar(1) itself will not make all of these.
std::string member(const std::string& name, const std::string& content, char type = '0',
                   const std::string& target = "", uint64_t size = 0) {
  std::string header(512, '\0');
  name.copy(header.data(), 100);
  std::snprintf(header.data() + 100, 58, "0000644%c0000000%c0000000%c%011llo %011o ", 0, 0, 0,
                static_cast<unsigned long long>(size ? size : content.size()), 0U);
  std::memset(header.data() + 148, ' ', 8);
  header[156] = type;
  target.copy(header.data() + 157, 100);
  std::memcpy(header.data() + 257, "ustar\00000", 8);
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(header.data() + 148, 8, "%06o", sum);
  return header + content + std::string((512 - content.size() % 512) % 512, '\0');
}

const std::string kEnd(1024, '\0');
const std::string kEtc = member("etc/passwd", kPasswd) + member("etc/os-release", "ID=debian\n");
// The same where root's password is looked up in shadow, which comes later.
const std::string kSends =
    member("etc/passwd", "root:x:0:0::/root:/bin/sh\nguest::1000:1000::/home/guest:/bin/sh\n") +
    member("etc/os-release", "ID=debian\n");

std::string place(const json& at) {
  if (at.is_null()) return "";
  std::string out = "/" + at["path"].get<std::string>();
  if (!at["span"].is_null())
    out += ":" + at["span"]["line"].dump() + ":" + at["span"]["column"].dump();
  return out;
}

// Exit code, standard error, findings, rules without a verdict, and what was said of the artifact.
std::string told(const Ran& ran) {
  std::string out = "exit " + std::to_string(ran.code) + "\n" + ran.err;
  const json report = json::parse(ran.out, nullptr, false);
  if (!report.is_object()) return out + ran.out;
  const auto say = [&](const json& diagnostics) {
    for (const json& d : diagnostics)
      out += d["level"].get<std::string>() + " " + d["message"].get<std::string>() + "\n";
  };
  for (const json& target : report["targets"]) {
    for (const json& rule : target["rules"]) {
      for (const json& f : rule.value("findings", json::array()))
        out += rule["severity"].get<std::string>() + " " + place(f["place"]) + " " +
               f["key"].get<std::string>() + "\n";
      if (rule["outcome"] == "unknown") out += "unknown " + rule["id"].get<std::string>() + "\n";
    }
    say(target["diagnostics"]);
  }
  say(report["diagnostics"]);
  if (!report["artifact"]["complete"]) out += "incomplete\n";
  return out;
}

class Hostile : public testing::Test {
 protected:
  std::string scan(const std::string& artifact, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"scan", artifact, "-o", "json=-", "--scope", "host", "--rule",
                               "account-empty-password"});
    return told(w.drydock(more));
  }
  std::string scan_tar(const std::string& members) {
    w.file("x.tar", members + kEnd);
    return scan("x.tar");
  }
  Workspace w;
};

TEST_F(Hostile, NothingToJudge) {
  w.file("empty", "");
  EXPECT_EQ(scan("empty"),
            "exit 2\n"
            "error: 'empty' is empty\n"
            "  help: nothing was written to it, or it was cut off\n");
}

TEST_F(Hostile, PathsThatLeadOut) {
  w.file("outside/etc/shadow", "root::1::::::\n");
  EXPECT_EQ(scan_tar(kEtc + member("../outside/etc/shadow", "root::1::::::\n") +
                     member("etc/../../etc/shadow", "root::1::::::\n") +
                     member("etc/gshadow", "", '2', "../../../outside/etc/shadow")),
            "exit 1\n" + kFound +
                "warning '../outside/etc/shadow' was left out: its path leads out of the archive\n"
                "warning 'etc/../../etc/shadow' was left out: its path leads out of the archive\n"
                "incomplete\n");
}

TEST_F(Hostile, LinksThatGoRound) {
  EXPECT_EQ(scan_tar(kEtc + member("etc/shadow", "", '2', "shadow-") +
                     member("etc/shadow-", "", '2', "/etc/./shadow") +
                     member("etc/group", "", '2', "group")),
            "exit 1\n" + kFound +
                "warning 'etc/shadow' is a loop of symbolic links\n"
                "warning 'etc/group' is a loop of symbolic links\nincomplete\n");
}

TEST_F(Hostile, FifosAndDevicesAreNotOpened) {
  EXPECT_EQ(scan_tar(kEtc + member("etc/shadow", "", '6') + member("etc/group", "", '3')),
            "exit 1\n" + kFound +
                "warning 'etc/shadow' is no regular file\n"
                "warning 'etc/group' is no regular file\n"
                "incomplete\n");
  w.file("d/etc/passwd", kPasswd).file("d/etc/os-release", "ID=debian\n");
  w.shell("mkfifo d/etc/shadow");
  EXPECT_EQ(scan("d"), "exit 1\n" + kFound +
                           "warning 'etc/shadow' is no regular file\n"
                           "incomplete\n");
}

TEST_F(Hostile, BytesThatAreNoText) {
  EXPECT_EQ(scan_tar(member("etc/passwd", kPasswd + "caf\xe9::1001:1001::/\xff:/bin/sh\n") +
                     member("etc/os-release", "ID=debian\n") + member("etc/\xff\xfe", "x")),
            "exit 1\n" + kFound + "critical /etc/passwd:3:6 user:caf\xef\xbf\xbd\n");
  EXPECT_EQ(
      scan_tar(member("etc/passwd", kPasswd + std::string("a\0b::1:1::/:/bin/sh\n\0\0\n", 23) +
                                        "last::1002:1002::/:/bin/sh\n") +
               member("etc/os-release", "ID=debian\n")),
      "exit 1\n" + kFound +
          "critical /etc/passwd:5:6 user:last\n"
          "note a NUL byte in the line\nnote a NUL byte in the line\n");
}

TEST_F(Hostile, LinesThatEndInCarriageReturns) {
  EXPECT_EQ(
      scan_tar(member("etc/passwd",
                      "root:*:0:0::/root:/bin/sh\r\nguest::1000:1000::/home/guest:/bin/sh\r\n") +
               member("etc/os-release", "ID=debian\r\n")),
      "exit 1\n" + kFound);
}

TEST_F(Hostile, ALineOf100MB) {
  w.file("d/etc/passwd", kPasswd).file("d/etc/os-release", "ID=debian\n");
  w.file("d/etc/sysctl.d/x.conf", "net.ipv4.ip_forward = " + std::string(100 << 20, '1') + "\n");
  EXPECT_EQ(scan("d", {"--rule", "sysctl-ipv4-all-accept-redirects"}),
            "exit 1\n" + kFound +
                "unknown sysctl-ipv4-all-accept-redirects\n"
                "warning 'etc/sysctl.d/x.conf' is larger than 16 MiB\n"
                "incomplete\n");
}

TEST_F(Hostile, DamageInTheMiddle) {
  w.file("cut.tar", kEtc + member("etc/shadow", "root:*:1::::::\n") + kEnd);
  w.shell("gzip -n <cut.tar >whole.gz; head -c -12 whole.gz >cut.tar.gz");
  EXPECT_EQ(scan("cut.tar.gz"),
            "exit 1\n" + kFound +
                "error 'cut.tar.gz' is damaged at byte 3072 of the decompressed data, after "
                "'etc/shadow': the compressed data ends too early\n"
                "incomplete\n");
  EXPECT_EQ(
      scan_tar(kSends + std::string(512, 'A') + member("etc/shadow", "root::1::::::\n")),
      "exit 1\n" + kFound +
          "critical /etc/shadow:1:6 user:root\n"
          "error 'x.tar' is damaged at byte 2560, after 'etc/os-release': Damaged tar archive\n"
          "incomplete\n");
}

// As somebody who may not look into a directory: what lies there is unknown, not absent.
class NotAllowed : public Hostile {
 protected:
  NotAllowed() {
    w.file("d/etc/passwd", kPasswd)
        .file("d/etc/os-release", "ID=debian\n")
        .file("d/etc/sudoers", "root ALL=(ALL) ALL\n@includedir /etc/sudoers.d\n")
        .file("d/etc/sudoers.d/x", "guest ALL=(ALL) NOPASSWD: ALL\n")
        .file("d/etc/docker/daemon.json", "{}\n")
        .file("d/usr/bin/sudo", "")
        .file("d/home/guest/file", "");
    w.shell(
        "chmod 755 . d d/etc d/usr d/usr/bin d/home; chmod 644 d/etc/sudoers d/etc/sudoers.d/x");
  }
  ~NotAllowed() override { w.shell("chmod -R u+rwx d"); }

  // Outcomes of the rules as nobody, who may not enter `directory`.
  std::string without(const std::string& directory, const std::vector<std::string>& rules) {
    w.shell("chmod 0 d/" + directory);
    std::string command = "drydock=$DRYDOCK; touch out err code; chmod 666 out err code; : >code; ";
    if (getuid() == 0)
      command += "drydock='setpriv --reuid 65534 --regid 65534 --clear-groups '$DRYDOCK; ";
    command +=
        "$drydock --version >/dev/null 2>&1 || { echo none >code; exit 0; }; "
        "$drydock scan d -o json=- --scope host";
    if (!w.read("pack/pack.yaml").empty()) command += " --rules pack";
    for (const std::string& rule : rules) command += " --rule " + rule;
    w.shell(command + " >out 2>err || echo $? >code");
    w.shell("chmod 755 d/" + directory);
    if (w.read("code") == "none\n") return "none";
    const json report = json::parse(w.read("out"), nullptr, false);
    std::string out = "exit " + w.read("code");
    if (!report.is_object()) return out + w.read("err");
    for (const json& target : report["targets"]) {
      for (const json& rule : target["rules"])
        out += rule["id"].get<std::string>() + " " + rule["outcome"].get<std::string>() + "\n";
      for (const json& d : target["diagnostics"])
        out += place(d["place"]) + " " + d["message"].get<std::string>() + "\n";
    }
    return out;
  }
};

TEST_F(NotAllowed, IsUnknownAndSaid) {
  if (without("home", {"account-empty-password"}) == "none")
    GTEST_SKIP() << "another user cannot run the program of this build";
  EXPECT_EQ(without("etc/sudoers.d", {"sudo-nopasswd", "account-empty-password"}),
            "exit 1\naccount-empty-password fail\nsudo-nopasswd unknown\n"
            "/etc/sudoers.d nothing in it was read: Permission denied\n");
  EXPECT_EQ(without("etc/docker", {"docker-live-restore", "account-empty-password"}),
            "exit 1\naccount-empty-password fail\ndocker-live-restore unknown\n"
            "/etc/docker nothing in it was read: Permission denied\n");
  EXPECT_EQ(without("etc", {"account-empty-password", "sudo-nopasswd"}),
            "exit 3\naccount-empty-password unknown\nsudo-nopasswd unknown\n"
            "/etc nothing in it was read: Permission denied\n");
}

TEST_F(NotAllowed, HidesFilesThatAQueryLooksFor) {
  w.file("pack/pack.yaml", "name: mine\nversion: 1.2\nengine: 0.1.0\n");
  const auto rule = [&](const std::string& id, const std::string& where) {
    w.file("pack/" + id + ".yaml",
           "id: " + id +
               "\ntitle: It is there\nseverity: high\nprofiles: [base]\n"
               "query: SELECT loc, path AS key FROM file WHERE " +
               where +
               "\n"
               "message: \"{key} is there.\"\nwhy: w\nfix: f\nreferences: {coverage: A6}\n"
               "examples:\n  - passes: {etc/hostname: \"box\\n\"}\n");
    return id;
  };
  const std::vector<std::string> rules = {
      rule("walk", "mode & 2 AND type = 'fifo'"), rule("by-path", "path = 'home/guest/none'"),
      rule("elsewhere", "path = 'etc/none'"), rule("in-directory", "directory = 'home/guest'")};
  const std::string told = without("home/guest", rules);
  if (told == "none") GTEST_SKIP() << "another user cannot run the program of this build";
  EXPECT_EQ(told,
            "exit 3\nby-path unknown\nelsewhere pass\nin-directory unknown\nwalk unknown\n"
            "/home/guest nothing in it was read: Permission denied\n");
}

TEST_F(Hostile, ADirectoryThatMayNotBeRead) {
  w.file("d/etc/passwd", kPasswd)
      .file("d/etc/os-release", "ID=debian\n")
      .file("d/etc/sysctl.conf", "net.ipv4.conf.all.accept_redirects = 0\n")
      .file("d/etc/sysctl.d/x.conf", "net.ipv4.conf.all.accept_redirects = 1\n");
  w.shell("chmod 0 d/etc/sysctl.d; chmod 755 . d d/etc");
  const std::string scan_it =
      " scan d -o json=- --scope host --rule account-empty-password --rule "
      "sysctl-ipv4-all-accept-redirects >out 2>err || echo $? >code";
  w.shell("touch out err code; chmod 666 out err code");
  if (getuid() != 0)
    w.shell("$DRYDOCK" + scan_it);
  else if (w.shell("setpriv --reuid 65534 --regid 65534 --clear-groups $DRYDOCK --version "
                   "2>/dev/null || true")
               .empty())
    GTEST_SKIP() << "another user cannot run the program of this build";
  else
    w.shell("setpriv --reuid 65534 --regid 65534 --clear-groups $DRYDOCK" + scan_it);
  EXPECT_EQ(told({std::stoi(w.read("code")), w.read("out"), w.read("err")}),
            "exit 1\n" + kFound +
                "unknown sysctl-ipv4-all-accept-redirects\n"
                "warning nothing in it was read: Permission denied\n"
                "incomplete\n");
  w.shell("chmod 755 d/etc/sysctl.d");
}

// 10 GiB in 330 KB, the most that zstd can do: a block of 128 KiB takes 4 bytes.
TEST_F(Hostile, ABombOfZeros) {
  constexpr uint64_t kFrame = uint64_t{64} << 20, kSize = uint64_t{10} << 30;
  w.file("first", kSends + member("var/zeros", "", '0', "", kSize))
      .file("last", member("etc/shadow", "root::1::::::\n") + kEnd);
  w.shell("head -c " + std::to_string(kFrame) +
          " /dev/zero | zstd -q >zeros; { zstd -qc first; for i in {1.." +
          std::to_string(kSize / kFrame) + "}; do cat zeros; done; zstd -qc last; } >bomb.tar.zst");
  EXPECT_LT(w.read("bomb.tar.zst").size(), 400'000U);
  EXPECT_EQ(scan("bomb.tar.zst"), "exit 1\n" + kFound + "critical /etc/shadow:1:6 user:root\n");
}

// python3 stands between, because a child's peak counts what its parent had when it forked.
TEST_F(Hostile, AMillionEntries) {
  {
    std::ofstream out(w.path("million.tar"), std::ios::binary);
    out << kSends;
    std::string header = member(std::string(40, 'x'), "");
    for (int i = 0; i < 1'000'000; ++i) {
      std::snprintf(header.data(), 40, "usr/share/d%03d/e%02d/file-%07d", i % 997, i % 89, i);
      header[39] = '\0';
      std::memset(header.data() + 148, ' ', 8);
      unsigned sum = 0;
      for (size_t at = 0; at < 345; ++at) sum += static_cast<unsigned char>(header.data()[at]);
      std::snprintf(header.data() + 148, 8, "%06o", sum);
      out.write(header.data(), 512);
    }
    out << member("etc/shadow", "root::1::::::\n") << kEnd;
  }
  w.file("measure.py",
         "import resource, subprocess, sys\n"
         "ran = subprocess.run([sys.argv[1], 'scan', sys.argv[2], '-o', 'json=-', '--scope', "
         "'host',\n"
         "                      '--rule', 'account-empty-password'], stdout=open('out', 'w'))\n"
         "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
         "print(ran.returncode, peak)\n");
  const auto measure = [&](const std::string& archive) {
    std::istringstream said(
        w.shell("ASAN_OPTIONS=quarantine_size_mb=1 python3 measure.py $DRYDOCK " + archive));
    std::pair<int, long> code_and_kib;
    said >> code_and_kib.first >> code_and_kib.second;
    return code_and_kib;
  };
  // What the program takes for two entries is mostly the sanitizer's, and not the question.
  w.file("two.tar", kEtc + kEnd);
  const long base = measure("two.tar").second;
  const auto [code, peak] = measure("million.tar");
  EXPECT_GT(base, 0);
  EXPECT_EQ(told({code, w.read("out"), ""}),
            "exit 1\n" + kFound + "critical /etc/shadow:1:6 user:root\n");
  EXPECT_LE(peak - base, 150L << 10);
}

}  // namespace
}  // namespace drydock::test
