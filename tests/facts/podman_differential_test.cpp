// The same containers.conf, storage.conf and registries.conf with their drop-ins to drydock and to `podman info` (4.3):
// what counts of the settings that it shows, and which registries does it know?
//
// Podman reads them from fixed places: it runs in mount name spaces in which these are the case's.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

using Files = std::map<std::string, std::string>;

constexpr const char* kConf = "etc/containers/containers.conf";
constexpr const char* kRegistries = "etc/containers/registries.conf";
constexpr const char* kStorage = "etc/containers/storage.conf";

class Generator {
 public:
  Files next() {
    Files out;
    if (random_.one_in(2)) out["usr/share/containers/containers.conf"] = containers();
    if (!random_.one_in(3)) out[kConf] = containers();
    if (random_.one_in(2)) out["etc/containers/containers.conf.d/a.conf"] = containers();
    if (random_.one_in(3)) out["etc/containers/containers.conf.d/10-b.conf"] = containers();
    if (random_.one_in(6)) out["etc/containers/containers.conf.d/z.conf.off"] = containers();
    if (random_.one_in(2)) out["usr/share/containers/storage.conf"] = storage();
    if (random_.one_in(2)) out[kStorage] = storage();
    if (!random_.one_in(4)) out[kRegistries] = random_.one_in(5) ? old_registries() : registries();
    if (random_.one_in(2)) out["etc/containers/registries.conf.d/a.conf"] = registries();
    if (random_.one_in(3)) out["etc/containers/registries.conf.d/b.conf"] = registries();
    if (random_.one_in(8)) out["etc/containers/registries.conf.d/c.toml"] = registries();
    if (random_.one_in(10)) {
      auto at = out.begin();
      if (!out.empty()) {
        std::advance(at, random_.below(static_cast<int>(out.size())));
        at->second += random_.pick(
            {"[zz\n", "[zz]\nx = 1\nx = 2\n", "x\n", "[zz]\nx = \"a\n", "[zz]\n[zz]\n"});
      }
    }
    return out;
  }

 private:
  std::string containers() {
    std::string out;
    if (random_.one_in(8)) out += "# log_driver = \"none\"\n";
    if (!random_.one_in(4)) {
      out += "[containers]\n";
      if (random_.one_in(2))
        out += "log_driver = " +
               random_.pick({"\"k8s-file\"", "'none'", "\"journald\" # x", "\"passthrough\""}) +
               "\n";
      if (random_.one_in(2))
        out += "seccomp_profile = " +
               random_.pick({"\"/a.json\"", "'/b.json'", "\"\"", "\"\\u002fc\""}) + "\n";
      if (random_.one_in(2))
        out += "default_capabilities = " +
               random_.pick({"[\"CHOWN\", \"KILL\"]", "[\n  'NET_RAW', # x\n]", "[\"CAP_FOWNER\"]",
                             "[ \"SETUID\",\"SETGID\" ]"}) +
               "\n";
      if (random_.one_in(5)) out += "surplus = 1\n";
    }
    if (random_.one_in(2)) {
      out += random_.pick({"[engine]\n", "[ engine ]\n", "  [engine] # x\n"});
      if (random_.one_in(2))
        out += "cgroup_manager = " + random_.pick({"\"cgroupfs\"", "\"systemd\""}) + "\n";
      if (random_.one_in(2))
        out += "runtime = " + random_.pick({"\"crun\"", "\"x\"", "'y'"}) + "\n";
    }
    if (random_.one_in(6)) out += "[zz]\nlog_driver = \"none\"\n";
    return out;
  }
  std::string storage() {
    std::string out =
        random_.pick({"[storage]\ndriver = \"vfs\"\n", "[ 'storage' ] # x\ndriver = 'vfs'\n"});
    if (out[0] == '[') {
      out += "graphroot = " + random_.pick({"\"/run/g1\"", "'/run/g2'"}) + "\n";
      out += "runroot = " + random_.pick({"\"/run/r1\"", "'/run/r2' # x"}) + "\n";
    }
    return out;
  }
  std::string location() {
    return random_.pick({"r.example", "r.example/a", "r.example:5000", "s.example", "t.example/x/y",
                         "localhost:5000", "u.example/"});
  }
  std::string registries() {
    std::string out;
    if (random_.one_in(2))
      out += "unqualified-search-registries = " +
             random_.pick({"[\"a.example\"]", "['b.example', \"c.example\"]", "[]",
                           "[\n\"d.example\", # x\n]"}) +
             "\n";
    if (random_.one_in(8)) out += "short-name-mode = \"enforcing\"\n";
    for (int n = random_.below(4); n > 0; --n) {
      out += "[[registry]]\n";
      const int kind = random_.below(8);
      if (kind < 5) out += "location = \"" + location() + "\"\n";
      if (kind > 2 && kind < 7)
        out += "prefix = '" +
               (kind > 4 || random_.one_in(3) ? "*." + random_.pick({"e.example", "f.example"})
                                              : location()) +
               "'\n";
      if (random_.one_in(2))
        out += "insecure = " + random_.pick({"true", "false", "true # x"}) + "\n";
      if (random_.one_in(3)) out += "blocked = " + random_.pick({"true", "false"}) + "\n";
      for (int m = random_.one_in(3) ? 1 + random_.below(2) : 0; m > 0; --m)
        out += "[[registry.mirror]]\nlocation = \"" + random_.pick({"m.example", "n.example/x"}) +
               "\"\n" + random_.pick({"", "insecure = true\n"});
    }
    return out;
  }
  std::string old_registries() {
    std::string out;
    for (const char* kind : {"search", "insecure", "block"})
      if (random_.one_in(2))
        out += std::string("[registries.") + kind + "]\nregistries = " +
               random_.pick({"['r.example']", "[\"s.example\", \"t.example\"]", "[]",
                             "['u.example/', 'r.example']"}) +
               "\n";
    if (random_.one_in(6)) out += "[[registry]]\nlocation = \"v.example\"\n";
    return out;
  }

  test::Random random_{57};
};

const std::vector<Files>& by_hand() {
  static const std::vector<Files> kCases = [] {
    std::vector<Files> out = {
        {},
        {{kConf, "[containers]\nlog_driver = \"none\"\n"},
         {"usr/share/containers/containers.conf",
          "[containers]\nlog_driver = \"k8s-file\"\nseccomp_profile = \"/x\"\n"}},
        {{"etc/containers/containers.conf.d/b.conf", "[containers]\nlog_driver = \"none\"\n"},
         {"etc/containers/containers.conf.d/a.conf", "[containers]\nlog_driver = \"k8s-file\"\n"}},
        {{"usr/share/containers/storage.conf",
          "[storage]\ndriver = \"vfs\"\ngraphroot = \"/run/a\"\nrunroot = \"/run/c\"\n"},
         {kStorage, "[storage]\ndriver = \"vfs\"\ngraphroot = \"/run/d\"\nrunroot = \"/run/b\"\n"}},
    };
    for (const char* text :
         {"unqualified-search-registries = [\"a\"]\n", "[[registry]]\nlocation = \"a/\"\n",
          "[[registry]]\nprefix = \"a\"\n", "[[registry]]\nprefix = \"*.a\"\n",
          "[[registry]]\ninsecure = true\n", "[[registry]]\nlocation = \"https://a\"\n",
          "[[registry]]\nlocation = \"a\"\n[[registry]]\nlocation = \"a\"\n",
          "[[registry]]\nlocation = \"a\"\ninsecure = true\n[[registry]]\nlocation = \"a\"\n",
          "[registries.search]\nregistries = ['a', 'b']\n",
          "[registries.insecure]\nregistries = ['a']\n[registries.block]\nregistries = ['a', "
          "'b']\n",
          "[registries.insecure]\nregistries = ['a']\n[[registry]]\nlocation = \"b\"\n",
          "[registries.insecure]\nregistries = []\n[[registry]]\nlocation = \"b\"\n",
          "[[registry]]\nlocation = \"a\"\n[[registry.mirror]]\ninsecure = true\n",
          "[[registry]]\nlocation = \"a\"\nmirror = [{location = \"m\", insecure = true}]\n",
          "registry = [{location = \"a\", blocked = true}]\n", "[registry]\nlocation = \"a\"\n"})
      out.push_back({{kRegistries, text}});
    out.push_back(
        {{kRegistries,
          "[[registry]]\nlocation = \"a\"\ninsecure = true\n[[registry.mirror]]\nlocation = "
          "\"m\"\n"},
         {"etc/containers/registries.conf.d/x.conf", "[[registry]]\nlocation = \"a\"\n"}});
    out.push_back(
        {{kRegistries, "unqualified-search-registries = ['a']\n"},
         {"etc/containers/registries.conf.d/x.conf", "unqualified-search-registries = []\n"}});
    out.push_back(
        {{kRegistries, "[registries.search]\nregistries = ['a']\n"},
         {"etc/containers/registries.conf.d/x.conf", "[[registry]]\nlocation = \"b\"\n"}});
    out.push_back(
        {{kRegistries, ""},
         {"etc/containers/registries.conf.d/x.conf", "[registries.search]\nregistries = ['a']\n"}});
    return out;
  }();
  return kCases;
}

std::string yes(bool value) {
  return value ? "1" : "0";
}

TEST(PodmanDifferential, InfoShowsWhatWeShow) {
  const char* const set = std::getenv("DRYDOCK_PODMAN");
  std::vector<Files> cases = by_hand();
  for (Generator generator; cases.size() < 204;) cases.push_back(generator.next());
  const test::ScratchDirectory scratch = test::directory_in_memory();
  // Where its programs are comes first, in a file of its own; the wrapper of an unpacked one names another file.
  scratch.write(
      "find", std::string("program=") + (set ? set : "$(command -v podman)") +
                  "\nreal=$(grep -o '/[^ ]*/usr/bin/podman' $program 2>/dev/null | head -n 1)\n"
                  "bin=$(dirname ${real:-$program})\n"
                  "if [ \"$real\" ]; then sed 's/CONTAINERS_CONF=[^ ]* //' $program >podman; else "
                  "printf '#!/bin/sh\\nexec %s \"$@\"\\n' $program >podman; fi\nchmod 755 podman\n"
                  "printf '[engine]\\nevents_logger = \"none\"\\nconmon_path = "
                  "[\"%s/conmon\"]\\n[engine.runtimes]\\n"
                  "crun = [\"%s/crun\"]\\nx = [\"%s/crun\"]\\ny = [\"%s/crun\"]\\n' $bin $bin $bin "
                  "$bin >programs.conf\n");
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string root = std::to_string(i) + "/";
    for (const char* directory : {"etc/containers/containers.conf.d",
                                  "etc/containers/registries.conf.d", "usr/share/containers"})
      scratch.write(root + directory + "/empty", "");
    scratch.write(root + "etc/containers/policy.json", "{\"default\": [{\"type\": \"reject\"}]}\n");
    for (const auto& [path, text] : cases[i]) scratch.write(root + path, text);
  }
  // One name space for each of four lanes; what is mounted for a case hides what was for the one before.
  std::string lanes;
  for (int lane = 0; lane < 4; ++lane) {
    std::string script =
        "cd " + scratch.path() +
        "\n"
        "[ -d /etc/containers ] || { mkdir e$1; cp /etc/passwd /etc/group /etc/nsswitch.conf e$1; "
        "mount --bind e$1 /etc; mkdir /etc/containers; }\n"
        "[ -d /usr/share/containers ] || { mount -t tmpfs tmpfs /usr/share; mkdir "
        "/usr/share/containers; }\n"
        "export HOME=/run GOGC=off GOMAXPROCS=1\n"
        "before=$PATH\n";
    for (size_t i = static_cast<size_t>(lane); i < cases.size(); i += 4) {
      const std::string root = std::to_string(i);
      // Without dpkg in its PATH, which it asks for packages.
      script += "mount -t tmpfs tmpfs /run && mount --bind " + root +
                "/etc/containers /etc/containers && mount --bind " + root +
                "/usr/share/containers /usr/share/containers || exit 1\n"
                "PATH=/none; " +
                scratch.path() + "/podman info --format '{{json .}}' >" + root + "/out 2>" + root +
                "/err; PATH=$before\n";
    }
    const std::string name = scratch.write("lane" + std::to_string(lane), script);
    lanes +=
        "unshare --user --map-root-user --mount sh " + name + " " + std::to_string(lane) + " & ";
  }
  const auto content = [&](size_t i, const char* name) {
    std::ifstream in(scratch.path() + "/" + std::to_string(i) + "/" + name);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  };
  test::ask("cd " + scratch.path() +
            " && sh ./find; tee $(printf '%szzz.conf ' */etc/containers/containers.conf.d/) "
            "<programs.conf "
            ">/dev/null; " +
            lanes + "wait");
  if (content(0, "out").find("\"buildahVersion\"") == std::string::npos)
    GTEST_SKIP() << "podman or name spaces are not to be had";
  size_t refused = 0, settings = 0, registries = 0;
  std::map<std::string, std::string> defaults;
  const auto check = [&](size_t i) {
    const std::string answer = content(i, "out"), errors = content(i, "err");
    std::string about = "== case " + std::to_string(i) + "\n";
    auto tree = std::make_shared<MemoryTree>();
    for (const auto& [path, text] : cases[i]) {
      tree->file(path, text);
      about += "-- " + path + "\n" + text;
    }
    about += errors;
    const test::FewFacts facts(tree, {"podman", "image_policy"},
                               {"podman_config", "podman_registry"});
    const std::string issues = facts.text("SELECT message, loc FROM parse_issue");
    about += "== drydock\n" + issues;
    const auto info = nlohmann::json::parse(answer, nullptr, false);
    if (info.is_discarded() || errors.find("level=error") != std::string::npos) {
      ++refused;
      EXPECT_NE(issues, "") << about;
      return;
    }
    EXPECT_EQ(issues, "") << about;
    std::vector<std::string> words;
    std::istringstream said_caps(info["host"]["security"]["capabilities"].get<std::string>());
    for (std::string word; std::getline(said_caps, word, ',');) words.push_back(word);
    std::sort(words.begin(), words.end());
    std::string caps;
    for (const std::string& word : words) caps += (caps.empty() ? "" : ",") + word;
    const std::map<std::string, std::string> theirs = {
        {"containers.log_driver", info["host"]["logDriver"]},
        {"containers.seccomp_profile", info["host"]["security"]["seccompProfilePath"]},
        {"containers.default_capabilities", caps},
        {"engine.cgroup_manager", info["host"]["cgroupManager"]},
        {"engine.runtime", info["host"]["ociRuntime"]["name"]},
        {"storage.driver", info["store"]["graphDriverName"]},
        {"storage.graphroot", info["store"]["graphRoot"]},
        {"storage.runroot", info["store"]["runRoot"]}};
    if (i == 0) defaults = theirs;
    std::map<std::string, std::string> ours = defaults;
    std::map<std::string, std::vector<std::string>> lists;
    for (const auto& row :
         facts.rows("SELECT key, value FROM podman_config ORDER BY key, ordinal")) {
      if (row[0] == "containers.default_capabilities")
        lists[*row[0]].push_back((row[1]->starts_with("CAP_") ? "" : "CAP_") + *row[1]);
      else if (ours.contains(*row[0]))
        ours[*row[0]] = row[1].value_or("");
      ++settings;
    }
    for (auto& [key, list] : lists) {
      std::sort(list.begin(), list.end());
      ours[key].clear();
      for (const std::string& one : list) ours[key] += (ours[key].empty() ? "" : ",") + one;
    }
    EXPECT_EQ(ours, theirs) << about;
    std::vector<std::string> known, known_to_us;
    for (const auto& [prefix, r] : info["registries"].items()) {
      if (prefix == "search") {
        int place = 0;
        for (const auto& one : r)
          known.push_back("search " + std::to_string(place++) + " " + one.get<std::string>());
        continue;
      }
      known.push_back("registry " +
                      (r["Location"] == "" ? r["Prefix"] : r["Location"]).get<std::string>() + " " +
                      yes(r["Insecure"]) + yes(r["Blocked"]));
      if (r["Mirrors"].is_array())
        for (const auto& m : r["Mirrors"])
          known.push_back("mirror " + m["Location"].get<std::string>() + " " + yes(m["Insecure"]));
    }
    int place = 0;
    for (const auto& row :
         facts.rows("SELECT kind, location, insecure, blocked FROM podman_registry ORDER BY rowid"))
      known_to_us.push_back(row[0] == "search" ? "search " + std::to_string(place++) + " " + *row[1]
                            : row[0] == "mirror"
                                ? "mirror " + *row[1] + " " + *row[2]
                                : "registry " + row[1].value_or("") + " " + *row[2] + *row[3]);
    std::sort(known.begin(), known.end());
    std::sort(known_to_us.begin(), known_to_us.end());
    EXPECT_EQ(known_to_us, known) << about;
    registries += known.size();
  };
  for (size_t i = 0; i < cases.size(); ++i) check(i);
  EXPECT_GT(refused, 15u);
  EXPECT_LT(refused, 110u);
  EXPECT_GT(settings, 200u);
  EXPECT_GT(registries, 150u);
}

}  // namespace
}  // namespace drydock
