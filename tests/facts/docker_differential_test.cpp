// What dockerd starts with and what it refuses, against docker_config_error. dockerd is asked as nobody: it reads its
// configuration, and only then says that it wants to be root. Since 23.0 `dockerd --validate` does the same.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

using test::Random;

struct Case {
  std::string file;   // daemon.json
  std::string flags;  // behind it
};

// Several that it takes go into one case.
const std::vector<Case> kByHand = {
    // what it takes
    {"{\"log-level\": \"WARNING\", \"dns\": [\"8.8.8.8\", \" ::1 \", \"::ffff:1.2.3.4\"], "
     "\"dns-search\": "
     "[\".\", \"a.example\", \"b.\"], \"labels\": [\"a=b\", \"a=b\", \"io.docker=c\"], \"ip\": "
     "\"\"}",
     ""},
    {"{\"hosts\": [\"fd://\", \"unix://\", \"tcp://:2375\", \"\"], \"registry-mirrors\": "
     "[\"https://a\", \"http://b:5000/\"], \"insecure-registries\": [\"https://a\", "
     "\"10.0.0.0/8\"]}",
     ""},
    {"{\"default-ipc-mode\": \"shareable\", \"default-cgroupns-mode\": \"host\", "
     "\"default-shm-size\": "
     "\"64 MiB\", \"max-concurrent-downloads\": 0, \"mtu\": 1400, \"oom-score-adjust\": -500}",
     ""},
    {"{\"runtimes\": {\"x\": {\"path\": \"/x\", \"runtimeArgs\": [\"-v\"]}, \"y\": {}}, "
     "\"default-runtime\": \"x\"}",
     ""},
    {"{\"default-runtime\": \"io.containerd.runc.v2\", \"node-generic-resources\": [\"gpu=a\", "
     "\"gpu=b\", \"ssd=3\"]}",
     ""},
    {"{\"default-ulimits\": {\"nofile\": {\"Name\": \"nofile\", \"Hard\": 1, \"Soft\": 2}}, "
     "\"default-address-pools\": [{\"base\": \"10.0.0.0/8\", \"size\": 24}, {\"Base\": \"x\"}], "
     "\"features\": "
     "{\"buildkit\": true}, \"builder\": {\"gc\": {\"enabled\": true, \"defaultKeepStorage\": "
     "\"10GB\"}}}",
     ""},
    {"{\"debug\": null, \"icc\": null, \"dns\": null, \"log-opts\": {\"max-size\": null}, "
     "\"labels\": [], "
     "\"runtimes\": {}, \"mtu\": null, \"tls\": null}",
     ""},
    {"null", ""},
    // by the name of a flag: it has no effect
    {"{\"host\": [\"fd://\"], \"label\": \"a\", \"insecure-registry\": [1], "
     "\"nest\": {\"dns-opt\": 1}}",
     "-H fd://"},
    {"{\"nest\": {\"debug\": true, \"icc\": false}}", ""},
    {"{\"storage-driver\": \"x\", \"log-driver\": \"x\", \"bip\": \"x\", \"fixed-cidr\": \"x\", "
     "\"userns-remap\": \"a:b:c\", \"group\": \"\", \"exec-opts\": "
     "[\"native.cgroupdriver=systemd\"]}",
     "-H fd:// --containerd=/run/c.sock"},
    {"{\"runtimes\": {\"x\": {\"path\": \"/x\"}}}", "--add-runtime=y=/y --default-runtime=y"},
    {"{}",
     "--mtu=0x10 --mtu=010 --mtu=1_000 --shutdown-timeout=-1 --default-shm-size=6.5m --ip=::1 "
     "--default-gateway-v6=1.2.3.4 --dns-search=. --label==b --log-opt=a --log-opt= --icc=T -Dl "
     "debug"},
    {"{}",
     "-H tcp:// -H 1.2.3.4:5 -H :2375 -H tcp://[::1]:2375 -H npipe://x -H x "
     "--registry-mirror=https://a/ "
     "--insecure-registry=a --default-ulimit=nofile=5:-1 --default-ulimit=core=-1 "
     "--default-runtime="},
    {"{}",
     "--add-runtime=X=/y --default-runtime=x --default-address-pool=base=10.0.0.0/8,size=24 "
     "--default-address-pool=size=4 --node-generic-resource=a=1 --default-ipc-mode= --log-level= "
     "--tlsverify --tls=false --version=false --restart=false -D=false --"},
    // what it refuses: the form of the file
    {"[]", ""},
    {"\"x\"", ""},
    {"{", ""},
    {"{\"debug\": true,}", ""},
    {"{'debug': true}", ""},
    {"{\"debug\": True}", ""},
    {"{\"debug\": true // no\n}", ""},
    // keys
    {"{\"Debug\": true}", ""},
    {"{\"log_level\": \"info\"}", ""},
    {"{\"config-files\": \"x\"}", ""},
    {"{\"log-opts\": {\"max-size\": \"10m\"}, \"log-opt\": {}}", "--debug=x"},
    {"{\"nest\": {\"no-such\": true}}", ""},
    // types
    {"{\"debug\": 1}", ""},
    {"{\"debug\": 1, \"debug\": true}", ""},
    {"{\"labels\": [1], \"labels\": []}", ""},
    {"{\"debug\": \"true\"}", ""},
    {"{\"tls\": \"true\"}", ""},
    {"{\"icc\": []}", ""},
    {"{\"log-level\": 1}", ""},
    {"{\"hosts\": \"fd://\"}", ""},
    {"{\"hosts\": [1]}", ""},
    {"{\"dns\": \"8.8.8.8\"}", ""},
    {"{\"labels\": {\"a\": \"b\"}}", ""},
    {"{\"mtu\": \"1500\"}", ""},
    {"{\"mtu\": 1.5}", ""},
    {"{\"mtu\": 1e3}", ""},
    {"{\"mtu\": 99999999999999999999}", ""},
    {"{\"log-opts\": {\"max-size\": 10}}", ""},
    {"{\"log-opts\": [\"max-size=10\"]}", ""},
    {"{\"features\": {\"x\": \"true\"}}", ""},
    {"{\"builder\": {\"gc\": {\"enabled\": 1}}}", ""},
    {"{\"runtimes\": {\"x\": \"/x\"}}", ""},
    {"{\"runtimes\": {\"x\": {\"path\": 1}}}", ""},
    {"{\"runtimes\": {\"x\": {\"path\": \"/x\", \"runtimeArgs\": \"-v\"}}}", ""},
    {"{\"runtimes\": {\"runc\": {\"path\": \"/x\"}}}", ""},
    {"{\"default-ulimits\": {\"nofile\": 1}}", ""},
    {"{\"default-ulimits\": {\"nofile\": {\"Hard\": \"1\"}}}", ""},
    {"{\"default-address-pools\": [\"base=10.0.0.0/8,size=24\"]}", ""},
    {"{\"default-address-pools\": [{\"base\": \"10.0.0.0/8\", \"size\": \"24\"}]}", ""},
    {"{\"default-shm-size\": 64}", ""},
    {"{\"default-shm-size\": \"x\"}", ""},
    {"{\"default-shm-size\": \"-1\"}", ""},
    // values
    {"{\"log-level\": \"loud\"}", ""},
    {"{\"dns\": [\"a.b\"]}", ""},
    {"{\"dns\": [\"\"]}", ""},
    {"{\"dns\": [\"1.2.3\"]}", ""},
    {"{\"dns-search\": [\"a b\"]}", ""},
    {"{\"dns-search\": [\"a_b\"]}", ""},
    {"{\"dns-search\": [\"\"]}", ""},
    {"{\"dns-search\": [\"1.2\"]}", ""},
    {"{\"labels\": [\"a\"]}", ""},
    {"{\"labels\": [\"a=b\", \"a=c\"]}", ""},
    {"{\"labels\": [\"com.docker.x=1\"]}", ""},
    {"{\"max-concurrent-downloads\": -1}", ""},
    {"{\"max-concurrent-uploads\": -3}", ""},
    {"{\"max-download-attempts\": -1}", ""},
    {"{\"node-generic-resources\": [\"a\"]}", ""},
    {"{\"node-generic-resources\": [\"a=b\", \"a=1\"]}", ""},
    {"{\"default-ipc-mode\": \"host\"}", ""},
    {"{\"default-ipc-mode\": \"Private\"}", ""},
    {"{\"default-cgroupns-mode\": \"x\"}", ""},
    {"{\"ip\": \"x\"}", ""},
    {"{\"default-gateway\": \"10.0.0.1/8\"}", ""},
    {"{\"default-runtime\": \"x\"}", ""},
    {"{\"default-runtime\": \"/usr/bin/x.y\"}", ""},
    {"{\"default-runtime\": \"X\", \"runtimes\": {\"x\": {\"path\": \"/x\"}}}", ""},
    // the file against the flags
    {"{\"debug\": false}", "-D"},
    {"{\"hosts\": [\"fd://\"]}", "-H fd://"},
    {"{\"log-opts\": {\"max-size\": \"1m\"}}", "--log-opt max-file=3"},
    {"{\"labels\": [\"a=b\"]}", "--label=c=d"},
    {"{\"data-root\": \"/x\"}", "--data-root=/x"},
    {"{\"nest\": {\"icc\": false}}", "--icc=false"},
    {"{\"features\": {\"x\": true}, \"log-level\": null}", "--log-level=info"},
    {"{\"dns\": []}", "--dns=1.1.1.1"},
    // flags
    {"{}", "--mtu=abc"},
    {"{}", "--mtu="},
    {"{}", "--mtu=9999999999999999999999"},
    {"{}", "--shutdown-timeout=1.5"},
    {"{}", "--default-shm-size=64q"},
    {"{}", "--default-shm-size=64mbb"},
    {"{}", "--ip="},
    {"{}", "--ip=01.2.3.4"},
    {"{}", "--default-gateway=x"},
    {"{}", "--dns=1.2.3.4,1.1.1.1"},
    {"{}", "--dns-search=a..b"},
    {"{}", "--label=a"},
    {"{}", "--label=a=b --label=a=c"},
    {"{}", "--label=org.dockerproject.a=b"},
    {"{}", "-H foo://x"},
    {"{}", "-H tcp://a:b"},
    {"{}", "-H tcp://[::1"},
    {"{}", "-H ssh://h"},
    {"{}", "--registry-mirror=x"},
    {"{}", "--registry-mirror=ftp://a"},
    {"{}", "--registry-mirror=https://u:p@a"},
    {"{}", "--registry-mirror=https://a?x=1"},
    {"{}", "--insecure-registry=a-"},
    {"{}", "--default-ulimit=nofile"},
    {"{}", "--default-ulimit=nofile=2:1"},
    {"{}", "--default-ulimit=nofile=1:2:3"},
    {"{}", "--default-ulimit=nofile=-1:5"},
    {"{}", "--default-ulimit=NOFILE=1"},
    {"{}", "--add-runtime=x"},
    {"{}", "--add-runtime=RunC=/y"},
    {"{}", "--add-runtime=x=/y --add-runtime=X=/z"},
    {"{}", "--default-runtime=x"},
    {"{}", "--default-address-pool=x"},
    {"{}", "--default-address-pool=base=10.0.0.0/8,size=a"},
    {"{}", "--default-address-pool=base=10.0.0.0/8,foo=1"},
    {"{}", "--node-generic-resource=a"},
    {"{}", "--node-generic-resource=a=-1"},
    {"{}", "--default-ipc-mode=none"},
    {"{}", "--log-level=loud"},
    {"{}", "-lx"},
    {"{}", "--max-concurrent-uploads=-1"},
    {"{}", "--graph=/x --data-root=/y"},
    {"{}", "--tls=maybe"},
    {"{}", "--icc false"},
    {"{}", "--no-such"},
    {"{}", "-Z"},
    {"{}", "--hosts=fd://"},
    {"{}", "-H"},
    {"{}", "daemon"},
    {"{}", "-- x"},
};

Case make_case(unsigned seed) {
  Random random(seed);
  Case out;
  std::set<std::string> used;
  const auto add = [&](const std::string& key, const std::string& value) {
    if (!used.insert(key).second) return;
    out.file += (out.file.empty() ? "" : ", ") + ("\"" + key + "\": " + value);
  };
  for (int i = 1 + random.below(4); i > 0; --i) switch (random.below(8)) {
      case 0:
        add(random.pick({"debug", "icc", "iptables", "live-restore", "userland-proxy", "tls"}),
            random.pick({"true", "false", "true", "null", "\"yes\""}));
        break;
      case 1:
        add(random.pick({"mtu", "shutdown-timeout", "oom-score-adjust"}),
            random.pick({"0", "1500", "12", "1.0", "\"1\""}));
        break;
      case 2:
        add("labels", random.pick({"[\"a=b\"]", "[]", "[\"a=b\", \"c=d\"]", "[\"x\"]"}));
        break;
      case 3:
        add(random.pick({"dns", "dns-opts", "storage-opts"}),
            random.pick({"[\"1.1.1.1\"]", "[\"1.1.1.1\", \"fe80::1\"]", "[]", "[null, 3]"}));
        break;
      case 4:
        add("log-level", random.pick({"\"info\"", "\"Debug\"", "\"\"", "\"high\""}));
        break;
      case 5:
        add(random.pick({"log-opts", "cluster-store-opts"}),
            random.pick({"{\"a\": \"b\"}", "{}", "{\"a\": \"1\", \"b\": true}"}));
        break;
      case 6:
        add("default-runtime", random.pick({"\"runc\"", "\"fast\"", "\".a\""}));
        break;
      default:
        add("runtimes", random.pick({"{\"fast\": {\"path\": \"/f\"}}", "{\"fast\": {}}"}));
    }
  out.file = "{" + out.file + "}";
  for (int i = random.below(3); i > 0; --i)
    out.flags += (out.flags.empty() ? "" : " ") +
                 random.pick({"--debug", "--icc=false", "-H fd://", "--label=a=b", "--label e=f",
                              "--mtu=1400", "--log-level=warn", "--add-runtime=quick=/f", "--init",
                              "--add-runtime other=/o", "--log-opt=a=b", "--dns 9.9.9.9",
                              "--selinux-enabled", "-l error", "--raw-logs", "--dns=x"});
  return out;
}

std::vector<Case> cases() {
  std::vector<Case> out = kByHand;
  // Each costs a start of dockerd, some 40 ms; DRYDOCK_CASES asks for more.
  const char* const more = std::getenv("DRYDOCK_CASES");
  for (int i = more ? std::atoi(more) : 80; i > 0; --i)
    out.push_back(make_case(static_cast<unsigned>(i)));
  return out;
}

std::string refusals(const std::shared_ptr<MemoryTree>& tree) {
  const test::FewFacts facts(tree, {"docker_"}, {"docker_config_error"});
  return facts.text("SELECT loc, message FROM docker_config_error WHERE kind <> 'ignored-key'") +
         facts.text(
             "SELECT path, message FROM parse_issue WHERE path LIKE '%daemon.json' AND "
             "effect = 'unknown' AND table_name = 'docker_daemon'");
}

// Why we say that cases are refused, by their numbers.
std::map<size_t, std::string> refused_by_us(const std::vector<Case>& all) {
  std::map<size_t, std::string> out;
  // What has no flags, which could define a runtime, can be the configuration of one user's daemon each, in one tree.
  auto users = std::make_shared<MemoryTree>();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].flags.empty() && all[i].file.find("default-runtime") == std::string::npos) {
      users->file("home/" + std::to_string(i) + "/.config/docker/daemon.json", all[i].file + "\n");
      continue;
    }
    auto tree = std::make_shared<MemoryTree>();
    tree->file("usr/bin/dockerd", "", 0755).file("etc/docker/daemon.json", all[i].file + "\n");
    tree->file("usr/lib/systemd/system/docker.service",
               "[Service]\nExecStart=/usr/bin/dockerd " + all[i].flags + "\n");
    if (std::string why = refusals(tree); !why.empty()) out[i] = std::move(why);
  }
  std::istringstream rows(refusals(users));
  for (std::string line; std::getline(rows, line);)
    if (line.starts_with("home/")) out[std::stoul(line.substr(5))] = line;
  return out;
}

TEST(DockerDifferential, DockerdTakesWhatHasNoError) {
  const char* const set = std::getenv("DRYDOCK_DOCKERD");
  const std::string dockerd = set ? set : "dockerd";
  const auto version = test::ask(dockerd + " --version 2>/dev/null");
  if (!version || version->find("Docker version") == std::string::npos)
    GTEST_SKIP() << "dockerd is not installed (package docker.io)";
  const test::ScratchDirectory scratch = test::directory_in_memory();
  std::filesystem::permissions(scratch.path(), std::filesystem::perms(0777));
  const std::vector<Case> all = cases();
  ASSERT_GE(all.size(), 150u);
  const std::string nobody =
      geteuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "";
  // A start costs some 30 ms, and each other program with it one more.
  std::string lanes[2] = {"export GOGC=off GOMAXPROCS=1\n", "export GOGC=off GOMAXPROCS=1\n"};
  for (size_t i = 0; i < all.size(); ++i) {
    const std::string name = std::to_string(i);
    scratch.write(name + ".json", all[i].file + "\n");
    lanes[i % 2] += dockerd + " --config-file " + scratch.path() + "/" + name + ".json " +
                    all[i].flags + " >" + name + ".out 2>&1\n";
  }
  const std::string run = "timeout 100 " + nobody + "sh ";
  const auto answer = test::ask(
      "cd " + scratch.path() + " && { " + run + scratch.write("one", lanes[0]) + " & " + run +
      scratch.write("two", lanes[1]) + " & wait; grep -l 'needs to be started with root' *.out; }");
  ASSERT_TRUE(answer);
  std::set<std::string> taken;
  std::istringstream rows(*answer);
  for (std::string line; std::getline(rows, line);) taken.insert(line);
  std::map<size_t, std::string> ours = refused_by_us(all);
  size_t refused = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    const bool is_taken = taken.contains(std::to_string(i) + ".out");
    if (!is_taken) ++refused;
    EXPECT_EQ(!ours.contains(i), is_taken)
        << all[i].file << " and " << all[i].flags << "\nwe say: " << ours[i] << "\nit says: "
        << test::ask("head -c 300 " + scratch.path() + "/" + std::to_string(i) + ".out")
               .value_or("");
  }
  EXPECT_GE(refused, 100u);
  EXPECT_GE(all.size() - refused, 20u);
}

// A key of the file beside its flag. One refusal names all of them.
struct Both {
  const char* key;
  const char* value;
  const char* flag;
};
constexpr Both kBoth[] = {
    {"allow-nondistributable-artifacts", "[\"a\"]", "--allow-nondistributable-artifacts b"},
    {"api-cors-header", "\"*\"", "--api-cors-header=x"},
    {"authorization-plugins", "[\"a\"]", "--authorization-plugin b"},
    {"bip", "\"10.0.0.1/8\"", "--bip=10.0.0.1/8"},
    {"bridge", "\"b\"", "-b c"},
    {"cgroup-parent", "\"/a\"", "--cgroup-parent=/b"},
    {"containerd", "\"/a\"", "--containerd=/b"},
    {"containerd-namespace", "\"a\"", "--containerd-namespace b"},
    {"cri-containerd", "true", "--cri-containerd"},
    {"data-root", "\"/a\"", "--data-root=/b"},
    {"debug", "false", "-D"},
    {"default-address-pools", "[{\"base\": \"10.0.0.0/8\", \"size\": 16}]",
     "--default-address-pool=base=10.0.0.0/8,size=24"},
    {"default-cgroupns-mode", "\"host\"", "--default-cgroupns-mode=private"},
    {"default-gateway", "\"10.0.0.1\"", "--default-gateway=10.0.0.2"},
    {"default-ipc-mode", "\"private\"", "--default-ipc-mode=shareable"},
    {"default-runtime", "\"runc\"", "--default-runtime=runc"},
    {"default-shm-size", "\"64M\"", "--default-shm-size=65M"},
    {"default-ulimits", "{\"core\": {\"Name\": \"core\", \"Hard\": 1, \"Soft\": 1}}",
     "--default-ulimit=nofile=1"},
    {"dns", "[\"1.1.1.1\"]", "--dns=2.2.2.2"},
    {"dns-opts", "[\"a\"]", "--dns-opt=b"},
    {"dns-search", "[\"a.b\"]", "--dns-search=c.d"},
    {"exec-opts", "[\"native.cgroupdriver=systemd\"]", "--exec-opt=native.cgroupdriver=cgroupfs"},
    {"exec-root", "\"/a\"", "--exec-root=/b"},
    {"experimental", "true", "--experimental=false"},
    {"features", "{\"buildkit\": true}", ""},
    {"fixed-cidr", "\"10.0.0.0/8\"", "--fixed-cidr=10.0.0.0/9"},
    {"group", "\"a\"", "-G b"},
    {"hosts", "[\"fd://\"]", "-H unix:///x"},
    {"icc", "true", "--icc=false"},
    {"init", "true", "--init"},
    {"init-path", "\"/a\"", "--init-path=/b"},
    {"insecure-registries", "[\"a\"]", "--insecure-registry=b"},
    {"ip", "\"1.1.1.1\"", "--ip=1.1.1.2"},
    {"ip-forward", "true", "--ip-forward=false"},
    {"ip-masq", "true", "--ip-masq=false"},
    {"iptables", "true", "--iptables=false"},
    {"ipv6", "true", "--ipv6"},
    {"labels", "[\"a=b\"]", "--label=c=d"},
    {"live-restore", "true", "--live-restore"},
    {"log-driver", "\"journald\"", "--log-driver=local"},
    {"log-level", "\"info\"", "-l warn"},
    {"log-opts", "{\"a\": \"b\"}", "--log-opt=c=d"},
    {"max-concurrent-downloads", "1", "--max-concurrent-downloads=2"},
    {"max-concurrent-uploads", "1", "--max-concurrent-uploads=2"},
    {"metrics-addr", "\"127.0.0.1:1\"", "--metrics-addr=127.0.0.1:2"},
    {"mtu", "1400", "--mtu 1500"},
    {"network-control-plane-mtu", "1400", "--network-control-plane-mtu=1500"},
    {"no-new-privileges", "true", "--no-new-privileges=false"},
    {"node-generic-resources", "[\"a=1\"]", "--node-generic-resource=b=2"},
    {"oom-score-adjust", "1", "--oom-score-adjust=-5"},
    {"pidfile", "\"/a\"", "-p /b"},
    {"raw-logs", "true", "--raw-logs"},
    {"registry-mirrors", "[\"https://a\"]", "--registry-mirror=https://b"},
    {"runtimes", "{\"x\": {\"path\": \"/x\"}}", "--add-runtime=y=/y"},
    {"seccomp-profile", "\"unconfined\"", "--seccomp-profile=/x"},
    {"selinux-enabled", "true", "--selinux-enabled"},
    {"shutdown-timeout", "5", "--shutdown-timeout=6"},
    {"storage-driver", "\"vfs\"", "-s overlay2"},
    {"storage-opts", "[\"a=b\"]", "--storage-opt=c=d"},
    {"swarm-default-advertise-addr", "\"1.1.1.1\"", "--swarm-default-advertise-addr=1.1.1.2"},
    {"tls", "true", "--tls=false"},
    {"tlscacert", "\"/a\"", "--tlscacert=/b"},
    {"tlscert", "\"/a\"", "--tlscert=/b"},
    {"tlskey", "\"/a\"", "--tlskey=/b"},
    {"tlsverify", "true", "--tlsverify"},
    {"userland-proxy", "true", "--userland-proxy=false"},
    {"userland-proxy-path", "\"/a\"", "--userland-proxy-path=/b"},
    {"userns-remap", "\"default\"", "--userns-remap=a"},
};

TEST(DockerDifferential, NamesTheKeysThatFileAndFlagsBothHave) {
  const char* const set = std::getenv("DRYDOCK_DOCKERD");
  const std::string dockerd = set ? set : "dockerd";
  const auto version = test::ask(dockerd + " --version 2>/dev/null");
  if (!version || version->find("Docker version") == std::string::npos)
    GTEST_SKIP() << "dockerd is not installed (package docker.io)";
  const test::ScratchDirectory scratch = test::directory_in_memory();
  std::filesystem::permissions(scratch.path(), std::filesystem::perms(0755));
  Random random(4);
  size_t both = 0, one = 0;
  for (int i = 0; i < 24; ++i) {
    std::string file, flags;
    std::set<std::string> expected;
    const int share = 1 + i % 4 * 8;
    for (const Both& each : kBoth) {
      const bool in_file = random.one_in(2),
                 in_flags = each.flag[0] != '\0' && random.one_in(share);
      if (in_file)
        file += (file.empty() ? "\"" : ", \"") + std::string(each.key) + "\": " + each.value;
      if (in_flags) flags += " " + std::string(each.flag);
      if (in_file != in_flags) ++one;
    }
    file = "{" + file + "}\n";
    const std::string path = scratch.write(std::to_string(i) + ".json", file);
    const std::string answer =
        test::ask(std::string("{ GOMAXPROCS=1 ") +
                  (geteuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "") +
                  "timeout 20 " + dockerd + " --config-file " + path + flags + " 2>&1; }")
            .value_or("");
    // "…: debug: (from flag: true, from file: false), dns: (from flag: …"
    for (size_t at = 0; (at = answer.find(": (from flag", at)) != std::string::npos; ++at) {
      const size_t before = answer.rfind(' ', at - 1);
      expected.insert(answer.substr(before + 1, at - before - 1));
    }
    auto tree = std::make_shared<MemoryTree>();
    tree->file("usr/bin/dockerd", "", 0755).file("etc/docker/daemon.json", file);
    tree->file("usr/lib/systemd/system/docker.service",
               "[Service]\nExecStart=/usr/bin/dockerd" + flags + "\n");
    const test::FewFacts facts(tree, {"docker_"}, {"docker_config_error"});
    std::set<std::string> ours;
    for (const auto& row :
         facts.rows("SELECT key FROM docker_config_error WHERE kind = 'conflict'"))
      ours.insert(row[0].value_or(""));
    EXPECT_EQ(ours, expected) << answer;
    both += expected.size();
    EXPECT_TRUE(!expected.empty() ||
                answer.find("needs to be started with root") != std::string::npos)
        << file << flags << "\n"
        << answer;
  }
  EXPECT_GT(both, 150u);
  EXPECT_GT(one, 400u);
}

}  // namespace
}  // namespace drydock
