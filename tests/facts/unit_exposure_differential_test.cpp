// The same services to drydock and to `systemd-analyze security`: the same answers, the same
// exposure.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "tests/facts/facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

// What systemd 252 prints, which is what the tables are to hold.
bool has_systemd_252() {
  const auto version = test::ask("systemd-analyze --version");
  return version && version->starts_with("systemd 252");
}
constexpr std::string_view kSkipped =
    "systemd-analyze 252 is not installed (Debian 12 package: systemd); other versions ask other "
    "questions";

// unit -> "exposure band" and a line for each assessment: "field met badness/range*weight".
using Report = std::map<std::string, std::string>;

// The services of `root` that systemd loads, by what it prints for people and as JSON.
Report real_report(const std::string& root, const std::vector<std::string>& units) {
  std::string names;
  for (const std::string& unit : units) names += " '" + unit + "'";
  const std::string command = " systemd-analyze security --no-pager --offline=true --root=" + root;
  const auto text = test::ask("SYSTEMD_COLORS=0" + command + names + " 2>/dev/null");
  const auto json =
      test::ask("SYSTEMD_ANALYZE_DEBUG=1" + command + " --json=short" + names + " 2>/dev/null");
  Report out;
  std::vector<std::string> order;
  std::istringstream lines(text.value_or(""));
  constexpr std::string_view kTotal = "Overall exposure level for ";
  for (std::string line; std::getline(lines, line);)
    if (const size_t at = line.find(kTotal); at != std::string::npos) {
      const std::string rest = line.substr(at + kTotal.size());  // "a.service: 9.6 UNSAFE …"
      const size_t colon = rest.find(": ");
      std::istringstream words(rest.substr(colon + 2));
      std::string exposure, band;
      words >> exposure >> band;
      order.push_back(rest.substr(0, colon));
      out[order.back()] = exposure + " " + band + "\n";
    }
  size_t next = 0;
  std::istringstream objects(json.value_or(""));
  for (std::string line; std::getline(objects, line) && next < order.size(); ++next) {
    std::map<std::string, std::string> answers;
    for (const auto& one : nlohmann::json::parse(line)) {
      const std::string field = one["json_field"];
      const bool applies = !one["set"].is_null();
      answers[field] = field + " " +
                       (!applies     ? "-"
                        : one["set"] ? "1"
                                     : "0") +
                       " " + (applies ? one["badness"].dump() : "-") + "/" + one["range"].dump() +
                       "*" + one["weight"].dump() + " " +
                       (!applies                    ? "-"
                        : one["exposure"].is_null() ? "0.0"
                                                    : std::string(one["exposure"]));
    }
    for (const auto& [field, answer] : answers) out[order[next]] += answer + "\n";
  }
  EXPECT_EQ(next, order.size());
  return out;
}

Report our_report(const std::shared_ptr<MemoryTree>& tree) {
  Report out;
  std::istringstream rows(test::facts(
      tree,
      "SELECT unit || ' ' || exposure || ' ' || band, unit, '' AS field FROM unit_exposure UNION "
      "ALL SELECT unit || ' ' || assessment || ' ' || coalesce(met, '-') || ' ' || "
      "coalesce(badness, '-') || '/' || range || '*' || weight || ' ' || coalesce((share / 10) || "
      "'.' || (share % 10), '-'), unit, assessment FROM unit_assessment ORDER BY unit, field"));
  for (std::string unit, rest; rows >> unit && std::getline(rows, rest);)
    out[unit] += rest.substr(1, rest.find(" | ") - 1) + "\n";
  return out;
}

// The lines of `wanted` that `found` has not, and the other way round.
std::string difference(const std::string& found, const std::string& wanted) {
  std::string out;
  const auto lines_without = [&](const std::string& text, const std::string& other, char sign) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      if (("\n" + other).find("\n" + line + "\n") == std::string::npos)
        out += std::string(1, sign) + " " + line + "\n";
  };
  lines_without(found, wanted, '+');
  lines_without(wanted, found, '-');
  return out;
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string service() {
    std::string text;
    if (chance(12)) text += "[Unit]\nDefaultDependencies=" + pick({"no", "yes", "maybe"}) + "\n";
    text += "[Service]\nExecStart=/bin/true\n";
    if (chance(9)) text += broken();
    return text + settings(14);
  }
  std::string drop_in() {
    return (chance(6) ? "[Unit]\nDefaultDependencies=no\n" : "") + std::string("[Service]\n") +
           settings(4);
  }
  bool chance(int n) { return std::uniform_int_distribution<int>(1, n)(random_) == 1; }
  std::string pick(const std::vector<std::string>& options) {
    return options[std::uniform_int_distribution<size_t>(0, options.size() - 1)(random_)];
  }

 private:
  std::string settings(int most) {
    std::string text;
    const int count = std::uniform_int_distribution<int>(0, most)(random_);
    for (int i = 0; i < count; ++i) text += setting() + "\n";
    return text;
  }

  // What systemd refuses to load, and what it may.
  std::string broken() {
    return pick({"Type=oneshot\nRestart=always\n", "ExecStart=/bin/false\n", "ExecStart=\n",
                 "User=a/b\n", "Type=dbus\n", "PAMName=x\nKillMode=process\n",
                 "ExecStart=bin/true\n", "Type=oneshot\nExecStart=/bin/false\n",
                 "Type=dbus\nBusName=org.example.%N\n",
                 "ExecStart=\nType=oneshot\nExecStop=/bin/true\n",
                 "ExecStart=\nRemainAfterExit=yes\nExecStop=/bin/true\n", "Type=nonsense\n"});
  }

  std::string words(const std::vector<std::string>& from, int most) {
    std::string out;
    const int count = std::uniform_int_distribution<int>(1, most)(random_);
    for (int i = 0; i < count; ++i) out += (i > 0 ? " " : "") + pick(from);
    return out;
  }

  std::string setting() {
    switch (std::uniform_int_distribution<int>(0, 23)(random_)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return pick({"DynamicUser", "LockPersonality", "MemoryDenyWriteExecute", "NoNewPrivileges",
                     "PrivateDevices", "PrivateMounts", "PrivateNetwork", "PrivateTmp",
                     "PrivateUsers", "ProtectClock", "ProtectControlGroups", "ProtectHostname",
                     "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables",
                     "RemoveIPC", "RestrictRealtime", "RestrictSUIDSGID"}) +
               "=" + pick({"yes", "true", "1", "ON", "y", "no", "off", "", "ture", "t"});
      case 4:
        return "User=" + pick({"root", "0", "daemon", "nobody", "%i", "", "1000", "nogroup"});
      case 5:
        return "SupplementaryGroups=" + pick({"adm", "adm disk", "", "\"adm\"", "0"});
      case 6:
        return "ProtectHome=" +
               pick({"yes", "no", "read-only", "tmpfs", "true", "", "readonly", "READ-ONLY"});
      case 7:
        return "ProtectSystem=" + pick({"yes", "no", "full", "strict", "", "ful", "1", "off"});
      case 8:
        return pick({"RootDirectory", "RootImage"}) + "=" +
               pick({"/srv/root", "/", "//", "/.", "relative", "", "/srv/%i"});
      case 9:
      case 10:
        return pick({"CapabilityBoundingSet", "AmbientCapabilities"}) + "=" +
               pick({"", "~", "~~", ""}) +
               words({"CAP_SYS_ADMIN",
                      "CAP_NET_ADMIN",
                      "cap_net_raw",
                      "CAP_NET_BIND_SERVICE",
                      "CAP_SETUID",
                      "CAP_KILL",
                      "CAP_BPF",
                      "CAP_SYS_TIME",
                      "CAP_WAKE_ALARM",
                      "CAP_MKNOD",
                      "CAP_SYSLOG",
                      "CAP_SYS_MODULE",
                      "7",
                      "62",
                      "-1",
                      "NET_ADMIN",
                      "CAP_NONE",
                      "\"CAP_CHOWN\"",
                      "0x10",
                      "063"},
                     4);
      case 11:
        return pick({"CapabilityBoundingSet", "AmbientCapabilities"}) + "=" +
               pick({"", "~", "CAP_NONE", "~CAP_NONE"});
      case 12:
        return "UMask=" + pick({"0077", "077", "027", "0022", "002", "0", "7", "0137", "", "08",
                                "u=rw", "01777", "077777", "-1"});
      case 13:
        return pick({"KeyringMode=private", "KeyringMode=inherit", "KeyringMode=shared",
                     "KeyringMode=", "KeyringMode=Private", "ProtectProc=noaccess",
                     "ProtectProc=invisible", "ProtectProc=ptraceable", "ProtectProc=default",
                     "ProtectProc=", "ProcSubset=pid", "ProcSubset=all", "ProcSubset=x",
                     "NotifyAccess=all", "NotifyAccess=main", "NotifyAccess=exec",
                     "NotifyAccess=none", "NotifyAccess="});
      case 14:
        return "Delegate=" +
               pick({"yes", "no", "", "cpu", "cpu memory pids", "nonsense", "false", "0"});
      case 15:
      case 16:
        return "RestrictNamespaces=" +
               (chance(3) ? pick({"yes", "no", "", "true", "~", "0"})
                          : pick({"", "~"}) + words({"user", "mnt", "ipc", "pid", "cgroup", "net",
                                                     "uts", "user", "net", "mnt", "pid", "time"},
                                                    3));
      case 17:
      case 18:
        return "RestrictAddressFamilies=" +
               (chance(4) ? pick({"", "none", "~", "~none", "NONE"})
                          : pick({"", "~", "~"}) +
                                words({"AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET",
                                       "AF_LOCAL", "AF_BLUETOOTH", "af_inet", "AF_VSOCK", "AF_NONE",
                                       "AF_UNSPEC", "AF_ROUTE", "AF_FILE", "AF_DECnet", "10"},
                                      3));
      case 19:
        return "SystemCallArchitectures=" +
               (chance(3) ? "" : words({"native", "x86-64", "x86", "arm64", "nonsense"}, 2));
      case 20:
      case 21:
        return "SystemCallFilter=" + syscalls();
      case 22:
        return addresses();
      default:
        return devices();
    }
  }

  std::string syscalls() {
    if (chance(8))
      return pick({"", "~", "~@nonsense", "nonsense", "~nonsense", "@known", "~@known"});
    return pick({"", "~"}) + words({"@system-service",
                                    "@privileged",
                                    "@resources",
                                    "@mount",
                                    "@swap",
                                    "@obsolete",
                                    "@clock",
                                    "@cpu-emulation",
                                    "@debug",
                                    "@module",
                                    "@raw-io",
                                    "@reboot",
                                    "@basic-io",
                                    "@default",
                                    "@file-system",
                                    "@process",
                                    "@chown",
                                    "@setuid",
                                    "mount",
                                    "umount2",
                                    "swapon",
                                    "swapoff",
                                    "reboot",
                                    "ptrace:EPERM",
                                    "@mount:EPERM",
                                    "@clock:kill",
                                    "@raw-io:1",
                                    "@debug:ENOTANERROR",
                                    "nice",
                                    "umount",
                                    "modify_ldt",
                                    "setpriority",
                                    "chown",
                                    "quotactl",
                                    "init_module",
                                    "@ipc",
                                    "@sync",
                                    "\"mount\"",
                                    "perf_event_open",
                                    "lookup_dcookie",
                                    "@swap:",
                                    ":EPERM",
                                    "@keyring:5000"},
                                   4);
  }

  std::string addresses() {
    if (chance(6))
      return pick({"IPIngressFilterPath", "IPEgressFilterPath"}) + "=" +
             pick({"/sys/fs/bpf/x", "relative", "", "/sys/fs/bpf/y"});
    return pick({"IPAddressDeny", "IPAddressDeny", "IPAddressAllow"}) + "=" +
           (chance(5) ? ""
                      : words({"any", "any", "any", "localhost", "link-local", "multicast",
                               "10.0.0.0/8", "127.0.0.1", "::1", "0.0.0.0/0", "::/0", "127.1.2.3/8",
                               "nonsense", "10.0.0.0/33", "fe80::/64", "::1/64", "0.0.0.0"},
                              3));
  }

  std::string devices() {
    return pick({"DevicePolicy=strict", "DevicePolicy=closed", "DevicePolicy=auto",
                 "DevicePolicy=", "DevicePolicy=nonsense", "DeviceAllow=/dev/null",
                 "DeviceAllow=/dev/sda rw", "DeviceAllow=char-pts rwm", "DeviceAllow=block-loop",
                 "DeviceAllow=", "DeviceAllow=/etc/passwd r", "DeviceAllow=/dev/null x",
                 "DeviceAllow=dev", "MountImages=/a:/b", "LoadCredentialEncrypted=a:/b",
                 "DeviceAllow=/dev/../etc r", "SetCredentialEncrypted=a: YQ=="});
  }

  std::mt19937 random_;
};

void compare(const std::shared_ptr<MemoryTree>& tree, const std::vector<std::string>& units,
             size_t& compared) {
  const test::ScratchDirectory root;
  test::write_tree(*tree, root.path());
  const Report wanted = real_report(root.path(), units);
  const Report found = our_report(tree);
  for (const std::string& unit : units) {
    const auto real = wanted.find(unit);
    const auto ours = found.find(unit);
    const std::string real_text = real == wanted.end() ? "not loaded\n" : real->second;
    const std::string our_text = ours == found.end() ? "not loaded\n" : ours->second;
    ++compared;
    if (real_text != our_text)
      ADD_FAILURE() << unit << "\n"
                    << difference(our_text, real_text)
                    << test::ask("cd " + root.path() + " && head -n 99 $(find . -path '*" + unit +
                                 "*' -type f)")
                           .value_or("");
  }
}

TEST(UnitExposureDifferential, GeneratedServicesAreAsExposedAsSystemdSays) {
  if (!has_systemd_252()) GTEST_SKIP() << kSkipped;
  size_t compared = 0;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    Generator generator(seed);
    auto tree = std::make_shared<MemoryTree>();
    tree->directory("etc/systemd/system");
    std::vector<std::string> units;
    for (int i = 0; i < 100; ++i) {
      const std::string name = "g" + std::to_string(i);
      units.push_back(name + ".service");
      tree->file("etc/systemd/system/" + name + ".service", generator.service());
      for (const std::string directory : {"usr/lib", "etc"})
        if (generator.chance(4))
          tree->file(directory + "/systemd/system/" + name + ".service.d/" +
                         generator.pick({"a", "b", "c"}) + ".conf",
                     generator.drop_in());
    }
    compare(tree, units, compared);
  }
  EXPECT_EQ(compared, 300u);
}

// Unit files as packages ship them: those of the machine that runs the test.
TEST(UnitExposureDifferential, ServicesOfPackagesAreAsExposedAsSystemdSays) {
  if (!has_systemd_252()) GTEST_SKIP() << kSkipped;
  namespace fs = std::filesystem;
  auto tree = std::make_shared<MemoryTree>();
  tree->directory("etc/systemd/system");
  std::vector<std::string> units;
  for (const auto& entry : fs::recursive_directory_iterator("/usr/lib/systemd/system")) {
    const std::string path = entry.path().string().substr(1);
    if (entry.is_symlink()) {
      tree->symlink(path, fs::read_symlink(entry.path()).string());
    } else if (entry.is_regular_file()) {
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      tree->file(path, text.str());
      const std::string name = entry.path().filename();
      if (name.ends_with(".service") && !name.ends_with("@.service") && !text.str().empty())
        units.push_back(name);
    }
  }
  size_t compared = 0;
  compare(tree, units, compared);
  EXPECT_GE(compared, 30u);
}

}  // namespace
}  // namespace drydock
