// The services of Quadlet to drydock and to Podman's own generator: podman-systemd.unit(5).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "parsers/unit.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr const char* kDirectories[] = {"run/containers/systemd", "etc/containers/systemd",
                                        "usr/share/containers/systemd"};

std::string generator() {
  if (const char* set = std::getenv("DRYDOCK_QUADLET")) return set;
  for (const char* path : {"/usr/libexec/podman/quadlet", "/usr/lib/podman/quadlet"})
    if (fs::exists(path)) return path;
  return "";
}

// Some keys Podman walks in no order: options sorted by their names, each with its value, those of one name in the
// order they have; what stands behind the first word that is none is left as it is.
Words in_order(const Words& words) {
  static const std::set<std::string> kAlone = {"--replace",  "--rm",         "--init",
                                               "--env-host", "--read-only",  "--read-only-tmpfs",
                                               "-d",         "--privileged", "--tls-verify"};
  size_t at = 0;
  while (at < words.size() && !words[at].starts_with("--name") && words[at] != "--replace") ++at;
  Words out(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at));
  std::vector<std::pair<std::string, Words>> options;
  while (at < words.size() && words[at].starts_with('-')) {
    Words option{words[at]};
    const bool alone = kAlone.contains(words[at]) || words[at].find('=') != std::string::npos;
    if (!alone && at + 1 < words.size()) option.push_back(words[++at]);
    ++at;
    options.emplace_back(option.front().substr(0, option.front().find('=')), option);
  }
  std::stable_sort(options.begin(), options.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [name, option] : options) out.insert(out.end(), option.begin(), option.end());
  out.insert(out.end(), words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  return out;
}

// Later than 5.4 a container joins its pod by name; both name the same pod.
void pod_by_name(Words& words) {
  for (size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == "--pod-id-file" && words[i + 1].ends_with("-pod.pod-id")) {
      const std::string unit = words[i + 1].substr(3, words[i + 1].size() - 3 - 11);
      words[i] = "--pod";
      words[i + 1] = unit == "named" ? "grand" : "systemd-" + unit;
    }
}

std::string joined(const Words& words) {
  std::string out;
  for (const std::string& word : words) out += "<" + word + ">";
  return out;
}

// The files of all cases, and the units to be compared by their paths.
class Cases {
 public:
  void file(const std::string& path, const std::string& text) {
    tree_->file(path, text);
    files_[path] = text;
  }
  // A unit in a directory of its own: Quadlet 5.4 gives up on a directory that has a broken one.
  void unit(const std::string& name, const std::string& text) {
    file(std::string(kDirectories[1]) + "/" + std::to_string(files_.size()) + "/" + name, text);
  }
  void container(const std::string& lines) {
    unit("c" + std::to_string(files_.size()) + ".container", "[Container]\nImage=i\n" + lines);
  }

  const std::map<std::string, std::string>& files() const { return files_; }
  std::shared_ptr<MemoryTree> tree() const { return tree_; }

 private:
  std::shared_ptr<MemoryTree> tree_ = std::make_shared<MemoryTree>();
  std::map<std::string, std::string> files_;
};

std::string pick_line(test::Random& random) {
  struct Key {
    const char* key;
    std::initializer_list<const char*> values;
  };
  static const Key kKeys[] = {
      {"AddCapability",
       {"SYS_ADMIN", "cap_net_raw NET_ADMIN", "all", "\"A B\" C", "\\x41", "", "a \"\" b", "'x"}},
      {"DropCapability", {"ALL", "all", "KILL chown", ""}},
      {"AddDevice",
       {"/dev/fuse", "/dev/a:/dev/b:r", "-/dev/null", "/dev/a /dev/c", "", "\"/dev/a b\""}},
      {"Annotation", {"a=b", "x=1 y=2", "x=3", "bare", ""}},
      {"AutoUpdate", {"registry", "local", ""}},
      {"CgroupsMode", {"no-conmon", "disabled", ""}},
      {"ContainerName", {"web", "%p", "%N-x", "\"quoted\"", "", "a b"}},
      {"ContainersConfModule", {"/etc/m.conf", "x.conf", ""}},
      {"DNS", {"1.1.1.1", "none", ""}},
      {"Environment",
       {"A=1", "A=2 B=3", "\"C=x y\" D", "E='q r'", "F=\\x41", "G=\\q", "", "H=a\\\n  b"}},
      {"EnvironmentFile", {"/etc/e", "./e", "e f", "%h/e", "../../e", ""}},
      {"EnvironmentHost", {"true", "no", "", "maybe"}},
      {"Exec", {"sleep 10", "sh -c \"a b\"", "--privileged", "", "a \\n b", "x \\q"}},
      {"ExposeHostPort", {"80", "8000-8010/udp", " 90 ", "x", "80x", "a80", "53/tcp", ""}},
      {"GlobalArgs", {"--log-level=debug", "--runtime crun", "\"--root /x\"", ""}},
      {"Group", {"5", "", "staff"}},
      {"GroupAdd", {"keep-groups", "5", ""}},
      {"HealthCmd", {"/bin/check a", "none", "", "\"CMD x\""}},
      {"HealthInterval", {"1m", ""}},
      {"HealthOnFailure", {"kill", ""}},
      {"HostName", {"a", "\"b\"", "\"c", "d\"", "  e f  ", "", "\"\""}},
      {"IP", {"10.0.0.1", ""}},
      {"Label", {"a=b", "\"c=d e\" f=g", "a=z", ""}},
      {"LogDriver", {"journald", ""}},
      {"LogOpt", {"path=/x", "a b", ""}},
      {"Mask", {"/proc/a", "/a:/b", "\"/a b\"", ""}},
      {"Mount",
       {"type=bind,source=/etc,destination=/e,ro", "type=tmpfs,dst=/t",
        "type=volume,src=v.volume,dst=/v", "type=bind,src=./x,target=/x",
        "dst=/y,type=bind,source=/y", "type=image,source=i.image,dst=/i", "source=/a,dst=/b",
        "type=volume,source=missing.volume,dst=/m", "type=bind,src=/a,src=/b,dst=/c", ""}},
      {"Network",
       {"host", "none", "bridge", "n.network", "n.network:ip=10.1.1.1", "missing.network",
        "slirp4netns:x=y", "base.container", "base.container:x", "", "t@.container"}},
      {"NetworkAlias", {"a", "b c", ""}},
      {"NoNewPrivileges", {"true", "yes", "on", "1", "t", "y", "no", "TRUE", "", "\"true\""}},
      {"Notify", {"true", "healthy", "HEALTHY", "no", ""}},
      {"PidsLimit", {"100", "-1", "", "0"}},
      {"Pod", {"p.pod", "named.pod", "missing.pod", "p", ""}},
      {"PodmanArgs",
       {"--privileged", "--pid=host --ipc host", "--cap-add \"SYS_ADMIN\"", "-v /:/host",
        "\"a b\" c", "\\x2d-x", "--bad \\q", "--open \"x", "",
        "--mem\\\n  ory 1g \\\n# comment\n --uts host", "a \"\" b"}},
      {"PublishPort", {"80", "127.0.0.1:80:80", " 8080:80 ", "[::1]:9:9/udp", ""}},
      {"Pull", {"never", ""}},
      {"ReadOnly", {"true", "false", "maybe", "", "On"}},
      {"ReadOnlyTmpfs", {"true", "no"}},
      {"RemapUsers", {"auto", "manual", "keep-id", "", "x"}},
      {"RemapUid", {"0:1:2", "0:1:2 3:4:5", ""}},
      {"RemapGid", {"0:1:2", ""}},
      {"RemapUidSize", {"10", "0", "x", ""}},
      {"Rootfs", {"/r", ""}},
      {"RunInit", {"yes", "no", ""}},
      {"SeccompProfile", {"unconfined", "/etc/s.json", ""}},
      {"Secret", {"s,type=env", "a b", ""}},
      {"SecurityLabelDisable", {"true", "no", ""}},
      {"SecurityLabelFileType", {"usr_t", ""}},
      {"SecurityLabelLevel", {"s0:c1", ""}},
      {"SecurityLabelNested", {"yes", "off"}},
      {"SecurityLabelType", {"spc_t", ""}},
      {"ShmSize", {"1g", ""}},
      {"StopTimeout", {"5", ""}},
      {"SubUIDMap", {"gtest", ""}},
      {"Sysctl", {"net.a=1", "a=1 b=2", ""}},
      {"Tmpfs", {"/t", "/t:rw,size=1", ""}},
      {"Timezone", {"local", ""}},
      {"UIDMap", {"0:1:2", "a b", ""}},
      {"Ulimit", {"nofile=1:2", "host", ""}},
      {"Unmask", {"ALL", "/proc/a:/b \"/c d\"", ""}},
      {"User", {"0", "root", "app", "5", ""}},
      {"UserNS", {"host", "auto", "keep-id:uid=1,gid=2", ""}},
      {"VolatileTmp", {"true", "no"}},
      {"Volume",
       {"/a:/b", "/a:/b:ro,z", "/anonymous", ":/c", "./d:/d", "../d:/d", "v.volume:/v",
        "missing.volume:/m", "", "data:/x", "%h/x:/y", "/a:\\\n  /z", "w.volume:/w:O"}},
      {"WorkingDir", {"/w", ""}},
      {"Unknown", {"1", ""}},
      {"noNewPrivileges", {"true"}},
      {"Image", {"j", "i.image", "b.build", "missing.image", "\"q\"", ""}},
      {"ServiceName", {}},
  };
  const Key& key = kKeys[random.below(static_cast<int>(std::size(kKeys)))];
  if (key.values.size() == 0 ||
      ((std::string_view(key.key) == "Unknown" || std::string_view(key.key) == "noNewPrivileges") &&
       !random.one_in(5)))
    return "";
  return (random.one_in(9) ? "  " : "") + std::string(key.key) + (random.one_in(9) ? " = " : "=") +
         random.pick(key.values) + "\n";
}

void generated(Cases& cases, test::Random& random, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    const std::string name =
        "g" + number + random.pick({"", "-web", "-web-x", "-a@1"}) + ".container";
    std::string text = "[Container]\n";
    if (!random.one_in(15)) text += "Image=i\n";
    for (int lines = random.below(6); lines >= 0; --lines) text += pick_line(random);
    if (random.one_in(6))
      text += "[Service]\n" + random.pick({"Type=oneshot\n", "Type=simple\n", "KillMode=mixed\n",
                                           "KillMode=none\n", "Type=notify\nType=\n"});
    if (random.one_in(4))
      text += "[Install]\n" +
              random.pick({"WantedBy=a.target b.target\n", "WantedBy=/x y.target\n",
                           "RequiredBy=a.target\nWantedBy=\"q.target\"\n", "DefaultInstance=7\n",
                           "WantedBy=x.target\nWantedBy=\nWantedBy=z.target\n"});
    if (random.one_in(10))
      text += "[Quadlet]\nDefaultDependencies=" + random.pick({"no\n", "yes\nX=1\n"});
    if (random.one_in(10)) text += "[Container]\n" + pick_line(random);
    if (random.one_in(25)) text += random.pick({"word\n", "[ x\n", "[Y] z\n", "=v\n", "[]\n"});
    if (random.one_in(12)) text += "HostName=end\\";
    cases.unit(name, text);
    // Drop-ins, of which those of longer names hide others of the same name.
    for (int drops = random.one_in(2) ? random.below(4) : 0; drops > 0; --drops) {
      const size_t dash = name.find('-');
      const std::string first =
          dash == std::string::npos ? name : name.substr(0, dash + 1) + ".container";
      const std::string directory =
          random.pick({name.c_str(), first.c_str(), ("g" + number + "-web-.container").c_str()});
      std::string drop = random.one_in(12) ? "broken\n" : "[Container]\n" + pick_line(random);
      if (random.one_in(3)) drop += pick_line(random);
      cases.file(std::string(kDirectories[random.below(3)]) + "/" + directory + ".d/" +
                     random.pick({"1.conf", "2.conf", "3.txt"}),
                 drop);
    }
  }
}

// Traps that the manual and the program's own source of words make one think of.
void by_hand(Cases& cases) {
  for (const char* lines : {"",
                            "# comment\n;other\n\n",
                            "PodmanArgs=--mem\\\n  ory 1 \\\n   # comment\n  --pid host\n",
                            "PodmanArgs=a\\\n\n\n  b\n",
                            "HostName=\"\"x\"\"\n",
                            "Environment=A=1 \"B=2 3\" C\nEnvironment=A=9 D=\\q\n",
                            "Foo=\n",
                            "[Container\n",
                            "no equals\n",
                            "=x\n",
                            "HostName=x\\\n",
                            "HostName=x\\",
                            "[Container]\nHostName=y\n",
                            "[ ]\nx=y\n",
                            "[X]\nFoo=1\n",
                            "[A[B]\n",
                            "[Container] # x\n",
                            "[Container]  \nHostName=z\n",
                            "\xc3\xa9=1\n",
                            "Group=5\n",
                            "User=\nGroup=5\n",
                            "User=1\nUser=\n",
                            "SeccompProfile=\n",
                            "SecurityLabelType=\n",
                            "Volume=/x\nVolume=\nVolume=/y\n",
                            "Network=\n",
                            "Network=host\nNetwork=\n",
                            "UserNS=auto\nRemapUsers=auto\n",
                            "RemapUid=1\n",
                            "RemapUsers=keep-id\nRemapUid=1 2\n",
                            "RemapUsers=manual\nRemapUid=0:1:2\nRemapGid=0:1:2\n",
                            "RemapUsers=auto\nRemapUid=0:1:2\nRemapUidSize=10\n",
                            "UIDMap=\"0:1:2\" '3:4:5'\n",
                            "AddCapability=A\\\n  B\n",
                            "AddCapability=A \\\n  B\n",
                            "Exec=\n",
                            "Exec=a\nExec=\n",
                            "ExposeHostPort=80/sctp\n",
                            "ExposeHostPort=80-\n",
                            "Pod=p.pod\nStartWithPod=no\n",
                            "Pod=named.pod\nNetwork=host\n",
                            "Pod=p\n",
                            "Image=\nRootfs=/r\n",
                            "Image=\n",
                            "Rootfs=/r\n",
                            "Image=i.image\n",
                            "Image=b.build\n",
                            "Image=late.image\n",
                            "Volume=bad.volume:/x\n",
                            "Network=bad.network\n",
                            "ServiceName=other\n[Install]\nWantedBy=m.target\n",
                            "[Install]\nAlias=sub/a.service b.service\n",
                            "[Service]\nType=oneshot\n",
                            "[Service]\nType=simple\n",
                            "[Service]\nKillMode=process\n",
                            "[Service]\nKillMode=\n",
                            "PodmanArgs=\"--env=A B\" '--x'\n",
                            "Mask=/a:/b /c\nUnmask=ALL\n",
                            "Mount=type=bind,src=/a,dst=/b\\,c\n",
                            "HostName=\\x41\n",
                            "ContainerName=%N\n",
                            "Notify=healthy\n",
                            "ReadOnly=\n",
                            "NoNewPrivileges=t\n",
                            "HealthCmd=\n",
                            "Tmpfs=/a\nTmpfs=/b\n",
                            "Environment=\"A=b\\tc\"\n",
                            "Environment=A=\\u00e9\n",
                            "Environment=A=\\xc3\\xa9\n",
                            "PodmanArgs=\\x00\n",
                            "PodmanArgs=\\101\n",
                            "Secret=a,type=mount b\n"})
    cases.container(lines);
  cases.unit("crlf.container", "[Container]\r\nImage=i\r\nHostName=x\r\n");
  cases.unit("mark.container", "\xef\xbb\xbf[Container]\nImage=i\n");
  cases.unit("early.container", "x=1\n[Container]\nImage=i\n");
  cases.unit("empty.container", "");
  cases.unit("podless.container", "[Pod]\nPodName=x\n");
  cases.unit("t@.container",
             "[Container]\nImage=i\n[Install]\nWantedBy=a.target\nAlias=t1.service\n");
  cases.unit("u@.container",
             "[Container]\nImage=i\n[Install]\nWantedBy=a.target\nDefaultInstance=q\n");
  cases.unit("v@7.container", "[Container]\nImage=i\n[Install]\nRequiredBy=a.target\n");
  cases.unit("base.container", "[Container]\nImage=i\n");
  cases.unit("n.network", "[Network]\nInternal=true\n");
  cases.unit("named.network",
             "[Network]\nNetworkName=front\nSubnet=10.0.0.0/8\nGateway=10.0.0.1\n");
  cases.unit("bad.network", "[Network]\nGateway=10.0.0.1\n");
  cases.unit("worse.network", "[Network]\nSubnet=1\nIPRange=2\nIPRange=3\n");
  cases.unit("v.volume", "[Volume]\nDevice=/etc\nType=bind\n");
  cases.unit("w.volume", "[Volume]\nVolumeName=wide\nUser=5\n");
  cases.unit("bad.volume", "[Volume]\nType=bind\n");
  cases.unit("worse.volume", "[Volume]\nOptions=bind\n");
  cases.unit("im.volume", "[Volume]\nDriver=image\nImage=x\n");
  cases.unit("noim.volume", "[Volume]\nDriver=image\n");
  cases.unit("i.image", "[Image]\nImage=quay.io/a/b\nTLSVerify=false\n");
  cases.unit("late.image", "[Image]\nImage=x\nImageTag=localhost/y\n");
  cases.unit("bad.image", "[Image]\n");
  cases.unit("b.build", "[Build]\nImageTag=localhost/b\nFile=/x/Containerfile\n");
  cases.unit("bad.build", "[Build]\nFile=/x/Containerfile\n");
  cases.unit("worse.build", "[Build]\nImageTag=a\n");
  cases.unit("k.kube", "[Kube]\nYaml=/a.yaml\n");
  cases.unit("bad.kube", "[Kube]\n");
  cases.unit("worse.kube", "[Kube]\nYaml=a.yml\nRemapUsers=manual\nRemapUid=1\n");
  cases.unit("p.pod", "[Pod]\nPublishPort=8080:80\nNetwork=n.network\nVolume=./x:/x\n");
  cases.unit("named.pod",
             "[Pod]\nPodName=grand\nPodmanArgs=--share pid --security-opt \"label=disable\"\n"
             "UserNS=auto\nIP=1.2.3.4\n[Install]\nWantedBy=z.target\n");
  cases.unit("refused.pod", "[Pod]\nNetwork=missing.network\n");
  cases.unit("odd.pod", "[Pod]\nMemory=1\n");
  // Of equal names the first directory's; what another one has in its drop-in directories counts all the same.
  cases.file("run/containers/systemd/same.container", "[Container]\nImage=run\n");
  cases.file("etc/containers/systemd/same.container", "[Container]\nImage=etc\n");
  cases.file("usr/share/containers/systemd/same.container.d/x.conf", "[Container]\nHostName=usr\n");
  cases.file("etc/containers/systemd/same.container.d/x.conf", "[Container]\nHostName=etc\n");
  cases.file("usr/share/containers/systemd/deep/er/far.container", "[Container]\nImage=far\n");
  cases.file("usr/share/containers/systemd/not.d/hidden.container", "[Container]\nImage=hidden\n");
  cases.file("etc/containers/systemd/container.d/all.conf", "[Container]\nLabel=all=1\n");
}

// What Podman's generator wrote: the command and the links of each service, by its name.
struct Service {
  Words command;
  std::set<std::string> links;
};
std::map<std::string, Service> services(const std::string& directory, const std::string& root) {
  std::map<std::string, Service> out;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string path = fs::relative(entry.path().parent_path(), directory) == "."
                                 ? entry.path().filename().string()
                                 : fs::relative(entry.path().parent_path(), directory).string() +
                                       "/" + entry.path().filename().string();
    if (entry.is_symlink()) {
      out[fs::read_symlink(entry.path()).filename().string()].links.insert(path);
      continue;
    }
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      const bool is_pod = line.starts_with("ExecStartPre=");
      if (!is_pod && (!line.starts_with("ExecStart=") || !out[path].command.empty())) continue;
      Words words;
      for (const auto& word : parsers::unit::split_words(line.substr(line.find('=') + 1)).words) {
        std::string text = word.text;
        if (const size_t at = text.find(root); at != std::string::npos) text.erase(at, root.size());
        words.push_back(std::move(text));
      }
      words.erase(words.begin());
      std::erase_if(words, [](const std::string& w) {
        return w.starts_with("--cidfile=") || w.starts_with("--pod-id-file=");
      });
      if (const auto at = std::find(words.begin(), words.end(), "--exit-policy=stop");
          at != words.end()) {
        *at = "--exit-policy";
        words.insert(at + 1, "stop");
      }
      pod_by_name(words);
      out[path].command = std::move(words);
    }
  }
  return out;
}

TEST(QuadletDifferential, MakesTheServicesOfPodmansGenerator) {
  const std::string program = generator();
  if (program.empty()) GTEST_SKIP() << "Quadlet is not installed";
  Cases cases;
  by_hand(cases);
  test::Random random(20261122);
  generated(cases, random, 260);

  const test::ScratchDirectory scratch = test::directory_in_memory();
  const std::string root = fs::canonical(scratch.path()).string();
  for (const auto& [path, text] : cases.files()) scratch.write(path, text);
  std::string search;
  for (const char* directory : kDirectories)
    search += (search.empty() ? "" : ":") + root + "/" + directory;
  ASSERT_TRUE(test::ask("mkdir " + root + "/out; QUADLET_UNIT_DIRS=" + search + " " + program +
                        " -no-kmsg-log " + root + "/out 2>" + root + "/said; true"));
  const auto theirs = services(root + "/out", root);

  const test::FewFacts facts(cases.tree(), {"quadlet_unit", "container", "docker", "image"},
                             {"quadlet_unit"});
  int compared = 0, made = 0, refused = 0, with_links = 0;
  for (const auto& row :
       facts.rows("SELECT path, type, service, command, refused, links FROM quadlet_unit")) {
    const std::string path = row[0].value_or(""), type = row[1].value_or("");
    const std::string service = row[2].value_or("");
    ++compared;
    const auto found = theirs.find(service);
    const bool is_made = found != theirs.end() && !found->second.command.empty();
    const std::string text = cases.files().at(path);
    ASSERT_EQ(is_made, !row[4].has_value()) << path << ": " << row[4].value_or("") << "\n" << text;
    if (!is_made) {
      ++refused;
      continue;
    }
    ++made;
    std::set<std::string> links;
    std::istringstream written(row[5].value_or(""));
    for (std::string link; written >> link;) links.insert(link);
    // A unit of another name may have the same alias: the last wins.
    EXPECT_EQ(found->second.links, links) << path << "\n" << text;
    if (!links.empty()) ++with_links;
    if (type != "container" && type != "pod") continue;
    EXPECT_EQ(joined(in_order(found->second.command)),
              joined(in_order(nlohmann::json::parse(row[3].value_or("[]")).get<Words>())))
        << path << "\n"
        << text;
  }
  // Files that Podman cannot even read have no row.
  const size_t services = static_cast<size_t>(std::count_if(
      theirs.begin(), theirs.end(), [](const auto& s) { return !s.second.command.empty(); }));
  EXPECT_EQ(services, static_cast<size_t>(made));
  EXPECT_GT(made, 200);
  EXPECT_GT(refused, 60);
  EXPECT_GT(with_links, 30);
  EXPECT_GT(compared, 330);
}

}  // namespace
}  // namespace drydock
