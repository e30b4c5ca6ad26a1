// The same configuration with its imports to drydock and to `containerd config dump` (1.6): does containerd take
// it, and what is every setting, when all is merged? The version 3 of the file is of containerd 2.0, and left to
// podman_test.cpp.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "parsers/toml.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

using test::Random;

// By path; "@" is the root of the host.
using Files = std::map<std::string, std::string>;

constexpr const char* kMain = "etc/containerd/config.toml";
constexpr const char* kCri = "plugins.\"io.containerd.grpc.v1.cri\"";

class Generator {
 public:
  Files next() {
    version_ = random_.one_in(4) ? 1 : 2;
    Files out;
    std::string head =
        version_ == 2 ? "version = 2\n" : random_.pick({"", "version = 1\n", "version = 0\n"});
    std::string imports;
    if (random_.one_in(2)) {
      for (int n = 1 + random_.below(3); n > 0; --n)
        imports += (imports.empty() ? "" : ", ") + ("\"" + import() + "\"");
      imports = "imports = [" + imports + "]\n";
    }
    out[kMain] = (random_.one_in(2) ? head + imports : imports + head) + file();
    for (const char* name :
         {"etc/containerd/a.toml", "etc/containerd/conf.d/b.toml", "etc/containerd/conf.d/.c.toml",
          "etc/containerd/conf.d/d.conf", "conf.d/e.toml", "srv/1/x.toml", "srv/2/x.toml"}) {
      std::string text = random_.one_in(3)
                             ? random_.pick({"version = 1\n", "version = 2\n", "version = 0\n"})
                             : "";
      if (random_.one_in(6)) text += "imports = [\"" + import() + "\"]\n";
      out[name] = text + file();
    }
    if (random_.one_in(12)) out[mistake_file(out)] += mistake();
    return out;
  }

 private:
  std::string import() {
    if (random_.one_in(15))
      return random_.pick(
          {"none.toml", "@/etc/containerd/none.toml", "conf.d", "@/etc/containerd/[*.toml"});
    return random_.pick(
        {"a.toml", "./a.toml", "conf.d/../a.toml", "@/etc/containerd/a.toml", "conf.d/b.toml",
         "@/etc/containerd/conf.d/*.toml", "@/etc/containerd/conf.d/*", "conf.d/*.toml",
         "@/srv/*/x.toml", "@/srv/[2-9]/*.toml", "@/etc/containerd/none*.toml",
         "@/etc/containerd/conf.d/?.t*", "config.toml", "@/etc/containerd/config.toml"});
  }

  std::string text() {
    return random_.pick({"\"/x\"", "'/y'", "\"\"", "\"\\u0041\\t\"", "\"\"\"\n/z\"\"\"", "'''/w'''",
                         "\"/q#r\"", "\"/x\" # why", "\"/one\"", "\"/two\"", "\"/three\""});
  }
  std::string number() {
    return random_.pick({"0", "1", "0x10", "1_000", "+7", "-3", "0o17", "0b11", "99"});
  }
  std::string truth() { return random_.pick({"true", "false"}); }
  std::string texts() {
    return random_.pick({"[]", "[\"a\"]", "['a', \"b\"]", "[\n \"a\", # x\n \"c\",\n]"});
  }
  std::string uris() {
    return random_.pick({"[]", "[\"io.containerd.grpc.v1.x\"]",
                         "[\"io.containerd.grpc.v1.cri\", \"io.containerd.a.v1.b\"]",
                         "[\"io.containerd.snapshotter.v1.zfs\"]"});
  }
  // A table of some of these keys, as a header, inline or dotted; dotted only if no header for a table in it follows:
  // that TOML 1.0 forbids, and containerd 2.0 with it, though the parser of 1.6 takes it.
  std::string table(const std::string& name, const std::vector<std::string>& settings) {
    std::vector<std::string> some;
    for (const std::string& s : settings)
      if (random_.one_in(3)) some.push_back(s);
    std::string out;
    switch (random_.below(4)) {
      case 0:
        if (name.find('.') != std::string::npos) break;
        for (const std::string& s : some)
          if (s.find('\n') == std::string::npos && s.find('#') == std::string::npos)
            out += (out.empty() ? "" : ", ") + s;
        return name + " = {" + out + "}\n";
      case 1:
        if (name.find("cri") != std::string::npos) break;
        for (const std::string& s : some) out += name + "." + s + "\n";
        return out;
      default:
        break;
    }
    out = random_.pick({"", "  "}) + "[" + name + random_.pick({"]\n", "] # x\n", " ]\n"});
    for (const std::string& s : some) out += "  " + s + "\n";
    return out;
  }

  std::string file() {
    std::vector<std::string> dotted, headed;
    const auto add = [&](std::string t) {
      (t.find_first_not_of(' ') != std::string::npos && t[t.find_first_not_of(' ')] == '[' ? headed
                                                                                           : dotted)
          .push_back(std::move(t));
    };
    for (const char* key : {"root", "state", "temp", "plugin_dir"})
      if (random_.one_in(4)) add(key + (" = " + text()) + "\n");
    if (random_.one_in(5)) add("oom_score = " + number() + "\n");
    if (random_.one_in(5)) add("disabled_plugins = " + uris() + "\n");
    if (random_.one_in(6)) add("required_plugins = " + uris() + "\n");
    if (random_.one_in(15)) add("unknown = " + text() + "\n");
    if (random_.one_in(2))
      add(table("grpc", {"address = " + text(), "tcp_address = " + text(), "tcp_tls_ca = " + text(),
                         "uid = " + number(), "gid = " + number(),
                         "max_recv_message_size = " + number(), "surplus = 1"}));
    if (random_.one_in(4)) add(table("ttrpc", {"address = " + text(), "uid = " + number()}));
    if (random_.one_in(4))
      add(table("debug", {"address = " + text(), "level = " + text(), "gid = " + number()}));
    if (random_.one_in(4))
      add(table("metrics", {"address = " + text(), "grpc_histogram = " + truth()}));
    if (random_.one_in(6)) add(table("cgroup", {"path = " + text()}));
    if (random_.one_in(5))
      add(table("timeouts", {"\"io.containerd.timeout.shim.load\" = \"9s\"", "x = " + text()}));
    if (random_.one_in(5))
      add("[proxy_plugins." + random_.pick({"p", "q"}) +
          "]\ntype = " + random_.pick({"\"snapshot\"", "'content'"}) + "\n" +
          (random_.one_in(2) ? "address = " + text() + "\n" : ""));
    if (random_.one_in(6))
      add(table("stream_processors.s",
                {"accepts = " + texts(), "path = " + text(), "args = " + texts()}));
    if (random_.one_in(6))
      add(table(
          "plugins." + std::string(version_ == 2 ? "\"io.containerd.internal.v1.opt\"" : "opt"),
          {"path = " + text()}));
    if (random_.one_in(20))
      add(table("plugins.\"io.containerd.none.v1.x\"", {"a = " + text(), "b = " + number()}));
    if (random_.one_in(2)) {
      const std::string cri = (version_ == 2) != random_.one_in(12) ? kCri : "plugins.cri";
      add(table(cri, {"sandbox_image = " + text(), "disable_apparmor = " + truth(),
                      "enable_selinux = " + truth(), "unset_seccomp_profile = " + text(),
                      "stream_server_address = " + text(), "max_concurrent_downloads = " + number(),
                      "surplus = " + text()}));
      if (random_.one_in(2))
        add(table(cri + ".containerd",
                  {"default_runtime_name = " + random_.pick({"\"r\"", "\"runc\"", "\"\""}),
                   "snapshotter = " + text(), "no_pivot = " + truth()}));
      for (const char* name : {"r", "runc", "\"k.t\""})
        if (random_.one_in(3)) {
          const std::string runtime = cri + ".containerd.runtimes." + name;
          add(table(
              runtime,
              {"runtime_type = " +
                   random_.pick({"\"io.containerd.runc.v2\"", "\"io.containerd.kata.v2\"", "\"\""}),
               "pod_annotations = " + texts(), "privileged_without_host_devices = " + truth()}));
          if (random_.one_in(2))
            add(table(runtime + ".options",
                      {"BinaryName = " + text(), "SystemdCgroup = " + truth()}));
        }
      if (random_.one_in(3)) add(table(cri + ".registry", {"config_path = " + text()}));
      if (random_.one_in(3))
        add(table(cri + ".registry.mirrors.\"r.example\"", {"endpoint = " + texts()}));
      if (random_.one_in(3))
        add(table(cri + ".registry.configs.\"r.example\".tls",
                  {"insecure_skip_verify = " + truth(), "ca_file = " + text()}));
    }
    std::string out;
    for (const std::string& t : dotted) out += t + (random_.one_in(8) ? "# x\n" : "");
    for (const std::string& t : headed) out += t;
    if (random_.one_in(10)) out = crlf(out);
    return out;
  }
  static std::string crlf(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return out;
  }
  std::string mistake_file(const Files& files) {
    auto at = files.begin();
    std::advance(at, random_.below(static_cast<int>(files.size())));
    return random_.one_in(2) ? kMain : at->first;
  }
  std::string mistake() {
    return random_.pick({"[debug.level]\nx = 1\n", "[zz]\nx = 1\nx = 2\n", "[zz\n",
                         "[zz]\nx = 1 y = 2\n", "[zz]\nx = [1\n", "[zz]\nx = \"a\n", "[zz]\nx\n",
                         "[zz]\n[zz]\n", "[zz]\nx = TRUE\n", "[zz]\nx = yes\n", "[zz]\n= 1\n",
                         "[timeouts.x]\ny = 1\n", "[plugins]\nx = 1\n", "[zz]\nx.y = 1\nx = 2\n"});
  }

  Random random_{23};
  int version_ = 2;
};

// Each in a file of its own, behind what is said of the version.
const std::vector<Files>& by_hand() {
  static const std::vector<Files> kCases = [] {
    std::vector<Files> out;
    for (const char* text :
         {"",
          "version = 2\n",
          "version = -1\n",
          "version = 9\n",
          "Version = 2\n",
          "version = \"2\"\n",
          "version = 2.0\n",
          "version = [2]\n",
          "version = 2\nroot = 3\n",
          "version = 2\n[root]\nx = 1\n",
          "version = 2\nroot = [\"/x\"]\n",
          "version = 2\n[grpc]\nuid = \"3\"\n",
          "version = 2\n[grpc]\nuid = 3.0\n",
          "version = 2\ngrpc = 1\n",
          "version = 2\n[[grpc]]\naddress = \"x\"\n",
          "version = 2\n[grpc]\naddress = \"\"\nuid = 0\nmax_send_message_size = 0\n",
          "version = 2\n[grpc]\naddress = true\n",
          "version = 2\n[metrics]\ngrpc_histogram = 1\n",
          "version = 2\n[metrics]\ngrpc_histogram = \"true\"\n",
          "version = 2\noom_score = \"1\"\n",
          "version = 2\ndisabled_plugins = \"io.containerd.grpc.v1.cri\"\n",
          "version = 2\ndisabled_plugins = [\"cri\"]\n",
          "version = 2\ndisabled_plugins = [\"a.b.c\"]\n",
          "version = 2\ndisabled_plugins = [\"a.b.c.d\"]\n",
          "version = 2\ndisabled_plugins = [\"a.b.c.d.e\", \"...\"]\n",
          "version = 2\ndisabled_plugins = [1]\n",
          "version = 2\ndisabled_plugins = [\"a.b.c.d\", 1]\n",
          "version = 2\nrequired_plugins = [\"cri\"]\n",
          "disabled_plugins = [\"cri\"]\nrequired_plugins = [\"x\"]\n",
          "version = 2\n[plugins.cri]\nsandbox_image = \"x\"\n",
          "[plugins.cri]\nsandbox_image = \"x\"\n",
          "[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"x\"\n",
          "[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = 3\n",
          "[plugins.cri]\nsandbox_image = 3\n",
          "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = 3\n",
          "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\ndisable_apparmor = \"true\"\n",
          "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\nmax_concurrent_downloads = "
          "\"3\"\n",
          "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\ncontainerd = 1\n",
          "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes]\nr = \"x\"\n",
          "version = "
          "2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.r]\nruntime_type = 1\n",
          "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.r]\noptions = "
          "1\n",
          "version = "
          "2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.r.options]\nBinaryName "
          "= "
          "1\n",
          "version = "
          "2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.r]\npod_annotations = "
          "\"x\"\n",
          "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\nconfig_path = "
          "[\"/x\"]\n",
          "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.x]\nendpoint = "
          "\"y\"\n",
          "version = "
          "2\n[plugins.\"io.containerd.grpc.v1.cri\".registry.configs.x.tls]\ninsecure_skip_"
          "verify "
          "= \"true\"\n",
          "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.cni]\nmax_conf_num = 1\nbin_dir = "
          "\"/x\"\n",
          "version = 2\nplugins = 1\n",
          "version = 2\n[plugins]\nx = 1\n",
          "version = 2\n[plugins]\n\"io.containerd.x.v1.y\" = 1\n",
          "version = 2\n[timeouts]\nx = 3\n",
          "version = 2\ntimeouts = \"x\"\n",
          "version = 2\n[proxy_plugins.x]\ntype = 1\n",
          "version = 2\n[proxy_plugins]\nx = \"y\"\n",
          "version = 2\n[stream_processors.x]\nargs = \"y\"\n",
          "version = 2\nimports = \"a.toml\"\n",
          "version = 2\nimports = [1]\n",
          "version = 2\nimports = []\n",
          "version = 2\nimports = [\"\"]\n",
          "version = 2\n[cgroup]\npath = \"/x\"\n[debug]\nlevel = \"nonsense\"\n",
          "version = 2\n[a.b]\nx = 1\n[a]\ny = 2\n[a.b.c]\nz = 1\n",
          "version = 2\nroot = \"/x\" state = \"/y\"\n",
          "version = 2\nroot\n= \"/x\"\n",
          "version = 2\nroot = /x\n",
          "version = 2\n\"root\" = \"/x\"\n",
          "version = 2\nroot = \"/x\" # \xc3\xa4\n",
          "\xef\xbb\xbfversion = 2\nroot = \"/x\"\n",
          "version = 2\nroot = \"a\\\\b\"\n",
          "version = 2\nroot = \"\\x\"\n",
          "version = 2\ngrpc.address = \"x\"\ngrpc.gid = 5\n",
          "version = 2\ngrpc = {address = \"x\", gid = 0xa}\n",
          "version = 2\n[grpc]\naddress = \"x\"\n[grpc]\nuid = 3\n",
          "version = 2\nroot = \"a\"\nroot = \"b\"\n",

          "version = 2\nroot = \"\"\"a\\\n   b\"\"\"\n"})
      out.push_back({{kMain, text}});
    out.push_back(
        {{kMain,
          "version = 2\nimports = [\"a.toml\"]\ndisabled_plugins = "
          "[\"a.b.c.d\"]\n[plugins.\"io.containerd.grpc.v1.cri\"]\ndisable_apparmor = "
          "true\nsandbox_image = \"x\"\n"},
         {"etc/containerd/a.toml",
          "disabled_plugins = [\"a.b.c.d\", "
          "\"e.f.g.h\"]\n[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"y\"\n"}});
    out.push_back({{kMain,
                    "version = 2\nimports = [\"a.toml\"]\n[metrics]\ngrpc_histogram = "
                    "true\naddress = \"x\"\n[grpc]\nuid = 5\n"},
                   {"etc/containerd/a.toml",
                    "[metrics]\ngrpc_histogram = false\naddress = \"\"\n[grpc]\nuid = 0\n"}});
    out.push_back({{kMain, "imports = [\"a.toml\"]\n[plugins.cri]\nsandbox_image = \"x\"\n"},
                   {"etc/containerd/a.toml", "version = 2\n"}});
    out.push_back(
        {{kMain, "imports = [\"a.toml\"]\n"},
         {"etc/containerd/a.toml",
          "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"x\"\n"}});
    out.push_back({{kMain, "version = 2\nimports = [\"a.toml\"]\n"},
                   {"etc/containerd/a.toml", "root = [\n"}});
    out.push_back({{kMain, "version = 2\nimports = [\"a.toml\"]\nroot = 1\n"},
                   {"etc/containerd/a.toml", "root = \"/x\"\n"}});
    out.push_back({{kMain, "version = 2\nimports = [\"conf.d/*.toml\"]\n"},
                   {"conf.d/e.toml", "root = \"/e\"\n"},
                   {"etc/containerd/conf.d/b.toml", "root = \"/b\"\n"}});
    return out;
  }();
  return kCases;
}

std::string replaced(std::string text, const std::string& root) {
  for (size_t at = 0; (at = text.find('@', at)) != std::string::npos;) text.replace(at, 1, root);
  return text;
}

using Settings = std::map<std::string, std::vector<std::string>>;

// As containerd prints it.
Settings flat(const std::string& dump) {
  Settings out;
  for (const auto& e : parsers::toml::parse(dump).entries) {
    auto& list = out[parsers::toml::dotted(e.path)];
    if (e.kind != parsers::toml::Kind::array) list.push_back(e.value);
  }
  return out;
}

// Plugins have short names in the version 1 of the file.
std::string long_name(std::string key) {
  for (const auto& [name, full] :
       {std::pair<std::string, std::string>{"cri", "io.containerd.grpc.v1.cri"},
        {"opt", "io.containerd.internal.v1.opt"}})
    if (key.starts_with("plugins." + name + ".")) key.replace(8, name.size(), "'" + full + "'");
  return key;
}

TEST(ContainerdDifferential, TakesAndMergesItsFilesAsWeSay) {
  const char* const set = std::getenv("DRYDOCK_CONTAINERD");
  std::vector<Files> cases = by_hand();
  for (Generator generator; cases.size() < 240;) cases.push_back(generator.next());
  const test::ScratchDirectory scratch = test::directory_in_memory();
  scratch.write("default.toml", "version = 2\n");
  for (size_t i = 0; i < cases.size(); ++i)
    for (const auto& [name, text] : cases[i])
      scratch.write(std::to_string(i) + "/" + name,
                    replaced(text, scratch.path() + "/" + std::to_string(i)));
  const std::string program = set ? set : "containerd";
  // Two lanes, of which each starts nothing but containerd.
  std::string lanes[2];
  for (size_t i = 0; i < cases.size(); ++i)
    lanes[i % 2] += "cd " + scratch.path() + "/" + std::to_string(i) + "; " + program +
                    " -c $PWD/etc/containerd/config.toml config dump >out 2>err\n";
  const auto dump_of_defaults =
      test::ask("export GOGC=off GOMAXPROCS=1; cd " + scratch.path() + " && " + program +
                " -c $PWD/default.toml config dump; sh " + scratch.write("one", lanes[0]) +
                " & sh " + scratch.write("two", lanes[1]) + "; wait");
  if (!dump_of_defaults || !dump_of_defaults->starts_with("disabled_plugins"))
    GTEST_SKIP() << "containerd is not installed";
  const auto content = [&](size_t i, const char* name) {
    std::ifstream in(scratch.path() + "/" + std::to_string(i) + "/" + name);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  };
  const Settings defaults = flat(*dump_of_defaults);
  size_t refused = 0, settings = 0, runtimes = 0;
  const auto check = [&](size_t i) {
    const std::string dump = content(i, "out");
    auto tree = std::make_shared<MemoryTree>();
    tree->directory("usr");
    std::string about = "== case " + std::to_string(i) + "\n";
    for (const auto& [name, text] : cases[i]) {
      tree->file(name, replaced(text, ""));
      about += "-- " + name + "\n" + text;
    }
    about += "== containerd\n" + content(i, "err");
    const test::FewFacts facts(
        tree, {"container", "docker", "registry", "isolation", "seccomp", "image"},
        {"containerd_config", "containerd_config_problem", "container_runtime"});
    const std::string problems = facts.text("SELECT kind, message FROM containerd_config_problem");
    const auto refusals = facts.rows(
        "SELECT kind FROM containerd_config_problem WHERE kind IN ('wrong-type', "
        "'bad-plugin-name', "
        "'missing-import') UNION ALL SELECT message FROM parse_issue");
    about += "== drydock\n" + problems + facts.text("SELECT message, loc FROM parse_issue");
    ASSERT_EQ(dump.empty(), !refusals.empty()) << about;
    if (dump.empty()) {
      ++refused;
      return;
    }
    Settings ours;
    for (const auto& row : facts.rows("SELECT key, value FROM containerd_config WHERE NOT (value = "
                                      "'' AND ordinal = 0 AND key GLOB '*s' AND 0)"))
      ours[long_name(*row[0])].push_back(row[1].value_or(""));
    const Settings theirs = flat(dump);
    std::set<std::string> not_read;
    for (const auto& row :
         facts.rows("SELECT message FROM containerd_config_problem WHERE kind = 'unknown-key'"))
      not_read.insert(row[0]->substr(row[0]->rfind(' ') + 1));

    for (const auto& [key, values] : ours) {
      if (key == "imports" || key == "version") continue;
      const auto found = theirs.find(key);
      if (found == theirs.end()) {
        ASSERT_TRUE(not_read.contains(key) || key.starts_with("plugins.")) << key << "\n" << about;
        ASSERT_TRUE(!key.starts_with("plugins.") || key.ends_with("surplus") ||
                    key.find("none") != key.npos)
            << key << "\n"
            << about;
        continue;
      }
      ASSERT_FALSE(not_read.contains(key)) << key << "\n" << about;
      std::vector<std::string> wanted = found->second;
      if (wanted.empty()) wanted = {""};
      std::vector<std::string> got;
      for (const std::string& v : values)
        if (!v.empty() || values.size() == 1) got.push_back(v);
      if (got.empty()) got = {""};
      ASSERT_EQ(got, wanted) << key << "\n" << about;
      ++settings;
    }
    // The runtimes: what each runs, and which is taken when a pod names none.
    const std::string cri = "plugins.'io.containerd.grpc.v1.cri'.containerd.";
    const auto first = [&](const std::string& key) {
      const auto found = theirs.find(key);
      return found == theirs.end() || found->second.empty() ? "" : found->second[0];
    };
    for (const auto& row : facts.rows("SELECT name, program, is_default FROM container_runtime "
                                      "WHERE engine = 'containerd'")) {
      const std::string name = row[0]->find('.') == row[0]->npos ? *row[0] : "'" + *row[0] + "'";
      std::string runs = first(cri + "runtimes." + name + ".options.BinaryName");
      if (runs.empty()) runs = first(cri + "runtimes." + name + ".runtime_type");
      ASSERT_EQ(row[1].value_or(""), runs) << about;
      ASSERT_EQ(row[2] == "1", first(cri + "default_runtime_name") == *row[0]) << about;
      ++runtimes;
    }
    // What is not the default is among ours.
    for (const auto& [key, values] : theirs) {
      if (key == "imports" || ours.contains(key)) continue;
      const auto before = defaults.find(key);
      if (before == defaults.end() || before->second == values) {
        bool zero = true;
        for (const std::string& v : values) zero = zero && (v.empty() || v == "0" || v == "false");
        ASSERT_TRUE(before != defaults.end() || zero) << key << "\n" << about;
        continue;
      }
      // Something else of its runtime is set, which makes a new one of it.
      ASSERT_TRUE(key.find(".runtimes.") != std::string::npos) << key << "\n" << about;
    }
  };
  for (size_t i = 0; i < cases.size(); ++i) check(i);
  EXPECT_GT(refused, 60u);
  EXPECT_LT(refused, 140u);
  EXPECT_GT(settings, 1000u);
  EXPECT_GT(runtimes, 50u);
}

}  // namespace
}  // namespace drydock
