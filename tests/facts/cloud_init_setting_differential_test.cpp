// The same configuration, seed and user data to drydock and to cloud-init's own modules: what do "Set Passwords", "SSH",
// "Users and Groups", "Write Files" and "Package Update" do with them?
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

// Merges as cloudinit.stages does and runs the modules; what they would do to a machine is written down.
constexpr std::string_view kAsk = R"python(import os, sys
sys.path.insert(0, sys.argv[1])
import unittest.mock as mock
for name in ("requests", "jsonpatch", "oauthlib", "oauthlib.oauth1", "jsonschema", "netifaces", "configobj", "jinja2"):
    try:
        __import__(name)
    except ImportError:
        sys.modules[name] = mock.MagicMock()
import logging
logging.disable(logging.CRITICAL)
from cloudinit import distros, handlers, ssh_util, user_data, util
from cloudinit.handlers.cloud_config import CloudConfigPartHandler
from cloudinit.config import cc_package_update_upgrade_install as packages, cc_set_passwords as passwords
from cloudinit.config import cc_ssh, cc_users_groups, cc_write_files

root, out = "", []
def say(*words): out.append(" ".join(str(w) for w in words))

class Distro:
    default_owner = "root:root"
    def __init__(self, cfg): self.cfg = cfg
    def get_option(self, name, default=None): return self.cfg.get(name, default)
    def get_default_user(self): return self.get_option("default_user")
    def manage_service(self, *a): pass
    def create_group(self, *a): pass
    def update_package_sources(self): say("setting package_update")
    def package_command(self, command, **k): say("setting package_" + command)
    def install_packages(self, *a): pass
    def chpasswd(self, *a, **k): pass
    def expire_passwd(self, user): say("expire", user)
    def create_user(self, name, **config):
        self.user = {"shell": config.get("shell"), "groups": config.get("groups")}
        self.user.update(password="hash" if config.get("passwd") else None, lock=False, sudo=None, keys=0)
        ok = distros.Distro.create_user(self, name, **config)
        u = self.user
        groups = u["groups"]
        if isinstance(groups, (list, dict)): groups = ",".join(groups)
        say("user", name, int("default" not in config), int(u["lock"]), u["password"], u["sudo"], u["keys"], groups or None, u["shell"])
    def add_user(self, name, **k): pass
    def set_passwd(self, user, passwd, hashed=False): self.user["password"] = "hash" if hashed else "plain"
    def lock_passwd(self, name): self.user["lock"] = True
    def write_sudo_rules(self, user, rules):
        self.user["sudo"] = "|".join([rules] if isinstance(rules, str) else rules)

def setup_user_keys(keys, user, options=None):
    if options is None: getattr(distro, "user", {})["keys"] = len(keys)
    else: say("setting disable_root", "true" if options else "false")
ssh_util.setup_user_keys = setup_user_keys
passwords.update_ssh_config = lambda opts: say("setting ssh_pwauth", {"yes": "true", "no": "false"}[opts["PasswordAuthentication"]])
passwords.rand_user_password = lambda pwlen=20: "x"
cc_ssh.glob.glob = lambda p: ["/key"]
cc_ssh.util.del_file = lambda f: say("setting ssh_deletekeys true")
cc_ssh.KEY_FILE_TPL = "/%s"
cc_ssh.os = mock.Mock(environ={}, path=mock.Mock(exists=lambda p: True, join=os.path.join, dirname=os.path.dirname))
cc_ssh.util.ensure_dir = lambda *a: None
util.multi_log = lambda *a, **k: None
util.chownbyname = lambda path, u, g: say("owner", u + ":" + g)
util.write_file = lambda path, content, omode, mode: say("file", path.lstrip("/"), "%o" % (mode & 0o7777), int(omode == "ab"))

class Processor(user_data.UserDataProcessor):
    def __init__(self): self.paths, self.ssl_details = None, {}
    def _do_include(self, content, append_msg): pass

def of_user_data(path):
    handler = CloudConfigPartHandler(mock.Mock(get_ipath=lambda n: None))
    def part(data, filename, payload, headers):
        kind = headers["Content-Type"]
        if kind in ("text/cloud-config",): handler.handle_part(data, kind, filename, payload, None, headers)
    with open(path, "rb") as f: blob = f.read()
    handlers.walk(Processor().process(blob), part, None)
    return handler.cloud_buf or {}

for i in range(int(sys.argv[3])):
    root, out = os.path.join(sys.argv[2], str(i)), []
    etc, seed = root + "/etc/cloud/", root + "/var/lib/cloud/"
    instance = seed + "instances/i/"
    base = util.read_conf_with_confd(etc + "cloud.cfg")
    distro = Distro((base.get("system_info") or {}) if isinstance(base.get("system_info"), (dict, type(None))) else {})
    cfgs = []
    if os.path.exists(instance + "cloud-config.txt"):
        for name in ("cloud-config.txt", "vendor2-cloud-config.txt", "vendor-cloud-config.txt"):
            if os.path.exists(instance + name): cfgs.append(util.read_conf(instance + name))
    elif os.path.exists(seed + "seed/nocloud/user-data"):
        cfgs.append(of_user_data(seed + "seed/nocloud/user-data"))
        if os.path.exists(seed + "seed/nocloud/vendor-data"): cfgs.append(of_user_data(seed + "seed/nocloud/vendor-data"))
    cfg = util.mergemanydict(cfgs + [base])
    cloud, log = mock.Mock(distro=distro, get_public_ssh_keys=lambda: say("setting allow_public_ssh_keys true")), logging.getLogger()
    import copy
    for module, name in ((passwords, "password"), (cc_ssh, "ssh"), (packages, "package"), (cc_users_groups, "users"), (cc_write_files, "write")):
        try:
            if name == "users": cloud = mock.Mock(distro=distro, get_public_ssh_keys=lambda: [])
            part = copy.deepcopy(cfg)
            if name == "package": part.pop("packages", None)
            if name == "ssh": part["ssh_publish_hostkeys"] = {"enabled": False}
            if name == "password" and isinstance(part.get("chpasswd"), dict): part["chpasswd"]["users"] = [{"name": "probe", "type": "hash", "password": "x"}]
            module.handle("", part, cloud, log, [])
        except Exception as e:
            say("error", name, type(e).__name__)
    print("\x01".join(out).replace("\n", "\x02"))
)python";

using Files = std::map<std::string, std::string>;

class Generator {
 public:
  Files next() {
    Files out;
    if (!random_.one_in(6)) out["etc/cloud/cloud.cfg"] = config(true);
    for (int n = random_.below(3); n > 0; --n)
      out["etc/cloud/cloud.cfg.d/" + random_.pick({"05_a.cfg", "10_b.cfg", "90_c.cfg", "x.conf"})] =
          config(true);
    if (random_.one_in(4)) {
      out["var/lib/cloud/instances/i/cloud-config.txt"] =
          "#cloud-config\n\n# from 1 files\n" + config(false);
      if (random_.one_in(2))
        out["var/lib/cloud/instances/i/vendor-cloud-config.txt"] =
            "#cloud-config\n" + config(false);
      if (random_.one_in(3))
        out["var/lib/cloud/instances/i/vendor2-cloud-config.txt"] =
            "#cloud-config\n" + config(false);
    } else if (!random_.one_in(4)) {
      out["var/lib/cloud/seed/nocloud/user-data"] = user_data();
      if (random_.one_in(4)) out["var/lib/cloud/seed/nocloud/vendor-data"] = user_data();
    }
    if (out.empty()) out["etc/cloud/cloud.cfg"] = config(true);
    return out;
  }

 private:
  std::string user_data() {
    if (random_.one_in(5)) {
      std::string out = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n";
      for (int n = 1 + random_.below(3); n > 0; --n)
        out += "--b\nContent-Type: " +
               random_.pick(
                   {"text/cloud-config", "text/cloud-config", "text/x-shellscript", "text/plain"}) +
               "\n\n" + random_.pick({"", "#cloud-config\n"}) + config(false);
      return out + "--b--\n";
    }
    if (random_.one_in(6)) {
      std::string out = "#cloud-config-archive\n";
      for (int n = 1 + random_.below(2); n > 0; --n) {
        std::istringstream in(config(false));
        out += "- content: |\n    #cloud-config\n";
        for (std::string line; std::getline(in, line);) out += "    " + line + "\n";
      }
      return out;
    }
    return random_.pick({"#cloud-config\n", "#cloud-config\n", "#cloud-config\n", "#!/bin/sh\n"}) +
           config(false);
  }
  std::string boolean() {
    return random_.pick({"true",      "false",   "yes",  "no",     "True",      "FALSE", "on",
                         "Off",       "1",       "0",    "'true'", "\"false\"", "'no'",  "'yes'",
                         "unchanged", "null",    "~",    "\"\"",   "''",        "maybe", "\"1\"",
                         "'0'",       "' yes '", "tRue", "YES"});
  }
  std::string map_of_user(const std::string& indent, bool with_name) {
    std::string out;
    const auto line = [&](const std::string& text) {
      out += (out.empty() ? "" : indent) + text + "\n";
    };
    if (with_name && !random_.one_in(8))
      line("name: " + random_.pick({"ann", "bob", "carl", "default", "debian"}));
    for (int n = random_.below(4); n > 0 || out.empty(); --n) switch (random_.below(8)) {
        case 0:
          line(random_.pick({"lock_passwd: ", "lock-passwd: "}) + boolean());
          break;
        case 1:
          line("plain_text_passwd: " + random_.pick({"secret", "''", "null", "0", "'0'"}));
          break;
        case 2:
          line(random_.pick({"hashed_passwd: ", "hashed-passwd: "}) +
               random_.pick({"$6$a$b", "\"\"", "'!'"}));
          break;
        case 3:
          line("passwd: " + random_.pick({"$6$a$b", "''", "'*'"}));
          break;
        case 4:
          line("sudo: " + random_.pick({"ALL=(ALL) NOPASSWD:ALL", "[\"ALL=(ALL) ALL\", x]", "null",
                                        "false", "''", "[]"}));
          break;
        case 5:
          line("ssh_authorized_keys: " +
               random_.pick({"[a, b]", "[a, a]", "a", "[]", "{x: a, y: b}"}));
          break;
        case 6:
          line("groups: " + random_.pick({"\"a,b\"", "[a, b]", "a"}));
          break;
        default:
          line("shell: " + random_.pick({"/bin/bash", "/bin/false"}));
      }
    // Twice the same key means other things to other readers.
    std::istringstream in(out);
    std::string once, seen;
    for (std::string text; std::getline(in, text);) {
      std::string key = text.substr(0, text.find(':'));
      key.erase(0, key.find_first_not_of(' '));
      std::ranges::replace(key, '-', '_');
      if (seen.find(key + ";") != std::string::npos) continue;
      seen += key + ";";
      once += text + "\n";
    }
    return once;
  }
  std::string users() {
    switch (random_.below(6)) {
      case 0:
        return "users: " +
               random_.pick({"ann", "\"ann, bob\"", "default", "[]", "null", "\"bob,ann,default\"",
                             "[ann, [bob, carl], default]"}) +
               "\n";
      case 1:
        return "users:\n  ann:\n    " + map_of_user("    ", false) +
               "  bob: " + random_.pick({"true", "false", "'yes'", "x"}) + "\n" +
               random_.pick({"", "  default: true\n", "  default: false\n"});
      default: {
        std::string out = "users:\n";
        if (random_.one_in(2)) out += "- default\n";
        for (int n = 1 + random_.below(2); n > 0; --n)
          out += random_.one_in(5)
                     ? "- " + random_.pick({"dave", "\"erin, ann\"", "[fay, ann]"}) + "\n"
                     : "- " + map_of_user("  ", true);
        return out;
      }
    }
  }
  std::string config(bool is_file) {
    std::string out = random_.pick({"", "# x\n", "other: 1\n"});
    for (const char* const key :
         {"ssh_pwauth", "disable_root", "ssh_deletekeys", "allow_public_ssh_keys", "package_update",
          "apt_update", "package_upgrade", "apt_upgrade"})
      if (random_.one_in(5)) out += std::string(key) + ": " + boolean() + "\n";
    if (random_.one_in(5))
      out += "chpasswd: " + (random_.one_in(3) ? random_.pick({"{}", "null"})
                                               : random_.pick({"{", "{list: [], "}) +
                                                     "expire: " + boolean() + "}");
    if (!out.empty() && out.back() != '\n') out += "\n";
    if (random_.one_in(2)) out += users();
    if (random_.one_in(6))
      out += "user: " +
             random_.pick({"zed", "{name: zed, sudo: x}", "{sudo: y}", "''", "[a]", "debian",
                           "{lock_passwd: false}"}) +
             "\n";
    if (is_file && random_.one_in(2))
      out +=
          "system_info:\n  distro: debian\n  default_user:\n    " +
          random_.pick({"name: debian\n", "name: debian\n", "name: admin\n"}) +
          (random_.one_in(2) ? "    sudo: [\"ALL=(ALL) NOPASSWD:ALL\"]\n    groups: [adm, sudo]\n"
                             : "    lock_passwd: " + boolean() + "\n");
    if (random_.one_in(3)) {
      out += "write_files:\n";
      for (int n = 1 + random_.below(3); n > 0; --n) {
        out += "- path: " + random_.pick({"/a/b", "/a/../c", "d", "//e", "''", "null"}) + "\n";
        if (!random_.one_in(3))
          out += "  permissions: " +
                 random_.pick({"'0644'", "0644", "\"0666\"", "644", "'644'", "0o600", "'0o777'",
                               "0777", "x", "null", "''", "'4755'", "01777"}) +
                 "\n";
        if (random_.one_in(3))
          out += "  owner: " + random_.pick({"root:root", "bob", "bob:staff"}) + "\n";
        if (random_.one_in(4)) out += "  append: " + boolean() + "\n";
        if (random_.one_in(4)) out += "  content: x\n";
      }
    }
    return out;
  }
  test::Random random_{2026};
};

const std::vector<Files>& by_hand() {
  static const std::string kUser = "var/lib/cloud/seed/nocloud/user-data";
  static const std::vector<Files> kCases = {
      {{"etc/cloud/cloud.cfg", "ssh_pwauth: true\n"},
       {"etc/cloud/cloud.cfg.d/a.cfg", "ssh_pwauth: false\n"},
       {kUser, "#cloud-config\nssh_pwauth: yes\n"}},
      {{"etc/cloud/cloud.cfg",
        "ssh_pwauth: 'false'\nssh_deletekeys: 'false'\ndisable_root: 'false'\n"}},
      {{"etc/cloud/cloud.cfg", "ssh_deletekeys: false\ndisable_root: whatever\n"}},
      {{"etc/cloud/cloud.cfg", "chpasswd: {expire: false}\n"},
       {kUser, "#cloud-config\nchpasswd: {list: []}\n"}},
      {{"etc/cloud/cloud.cfg", "chpasswd: {expire: false}\n"},
       {kUser, "#cloud-config\nchpasswd: null\n"}},
      {{kUser,
        "#cloud-config\nusers:\n- name: a\n  lock_passwd: 'false'\n- name: b\n  lock_passwd: "
        "false\n- name: c\n  lock_passwd: null\n"}},
      {{kUser,
        "#cloud-config\nusers:\n- name: a\n  sudo: x\n- name: a\n  sudo: y\n  shell: /bin/z\n"}},
      {{"etc/cloud/cloud.cfg",
        "users: [default]\nsystem_info: {default_user: {name: debian, sudo: [x]}}\n"},
       {kUser, "#cloud-config\nuser: {name: ann, sudo: y}\n"}},
      {{"etc/cloud/cloud.cfg", "users: [default]\nsystem_info: {default_user: {sudo: [x]}}\n"}},
      {{kUser,
        "#cloud-config\nwrite_files:\n- {path: /a, permissions: 0644}\n- {path: /b, permissions: "
        "644}\n- {path: /c, permissions: '644'}\n"}},
      {{kUser, "#cloud-config\nssh_pwauth: [\n"}, {"etc/cloud/cloud.cfg", "ssh_pwauth: false\n"}},
      {{"etc/cloud/cloud.cfg", "conf_d: ''\nssh_pwauth: false\n"},
       {"etc/cloud/cloud.cfg.d/a.cfg", "ssh_pwauth: true\n"}},
  };
  return kCases;
}

TEST(CloudInitSettingDifferential, DoesWhatItsModulesDo) {
  const char* const packages = std::getenv("DRYDOCK_CLOUD_INIT");
  std::vector<Files> cases = by_hand();
  for (Generator generator; cases.size() < 320;) cases.push_back(generator.next());
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (size_t i = 0; i < cases.size(); ++i)
    for (const auto& [path, text] : cases[i]) scratch.write(std::to_string(i) + "/" + path, text);
  const std::string script = scratch.write("ask.py", kAsk);
  const auto said = test::ask("cd / && /usr/bin/python3 -S " + script + " " +
                              (packages ? packages : "/usr/lib/python3/dist-packages") + " " +
                              scratch.path() + " " + std::to_string(cases.size()));
  if (!said || said->empty()) GTEST_SKIP() << "cloud-init is not installed";
  std::istringstream in(*said);
  std::map<std::string, int> counts;
  for (size_t i = 0; i < cases.size(); ++i) {
    std::string theirs, all;
    ASSERT_TRUE(std::getline(in, theirs)) << i;
    auto tree = std::make_shared<MemoryTree>();
    for (const auto& [path, text] : cases[i]) {
      tree->file(path, text);
      all += "== " + path + "\n" + text;
    }
    tree->symlink("var/lib/cloud/instance", "instances/i");
    const test::FewFacts facts(tree, {"cloud_init"},
                               {"cloud_init_setting", "cloud_init_user", "cloud_init_file"});
    std::vector<std::string> wanted, ours;
    std::istringstream words(theirs);
    bool no_users = false, no_files = false, no_ssh = false, no_passwords = false;
    for (std::string one; std::getline(words, one, '\x01');) {
      no_users |= one.starts_with("error users");
      no_files |= one.starts_with("error write");
      no_ssh |= one.starts_with("error ssh");
      no_passwords |= one.starts_with("error password");
      // What "Set Passwords" expires is the probe's; owners stand behind their files.
      if (one.starts_with("owner ") && !wanted.empty()) {
        wanted.back() += " " + one.substr(6);
        continue;
      }
      if (one.starts_with("error ")) continue;
      wanted.push_back(one.starts_with("expire ") ? "setting chpasswd.expire true" : one);
    }
    // What is not said is as cloud-init has it without.
    std::map<std::string, std::string> settings = {
        {"disable_root", "true"}, {"ssh_deletekeys", "true"}, {"allow_public_ssh_keys", "true"}};
    for (const auto& row : facts.rows("SELECT key, value FROM cloud_init_setting"))
      settings[*row[0]] = *row[1];
    if (settings["package_upgrade"] == "true") settings["package_update"] = "true";
    for (const auto& [key, value] : settings) {
      if (value == "unchanged" || value.empty() || key == "package_reboot_if_required") continue;
      if (no_ssh &&
          (key == "ssh_deletekeys" || key == "disable_root" || key == "allow_public_ssh_keys"))
        continue;
      if (no_passwords && (key == "ssh_pwauth" || key == "chpasswd.expire")) continue;
      // "SSH" looks for the default user, too.
      if (no_users && (key == "disable_root" || key == "allow_public_ssh_keys")) continue;
      if (key.starts_with("package_")) {
        if (value == "true") ours.push_back("setting " + key);
      } else if (value == "true" || key == "ssh_pwauth" || key == "disable_root") {
        ours.push_back("setting " + key + " " + value);
      }
    }
    if (no_ssh || no_passwords)
      std::erase_if(wanted, [&](const std::string& one) {
        return (no_ssh && (one.find("_deletekeys") != std::string::npos ||
                           one.find("_root") != std::string::npos ||
                           one.find("_public_") != std::string::npos)) ||
               (no_passwords && (one.find("pwauth") != std::string::npos ||
                                 one.find("expire") != std::string::npos));
      });
    if (no_users)
      std::erase_if(wanted, [](const std::string& one) {
        return one.find("_root") != std::string::npos || one.find("_public_") != std::string::npos;
      });
    // Of one that is not written the module says the default, too.
    if (!settings.contains("chpasswd.expire")) std::erase(wanted, "setting chpasswd.expire true");
    if (!no_users)
      for (const auto& row : facts.rows("SELECT name, is_default, lock_passwd, coalesce(password, "
                                        "'None'), coalesce(replace(sudo, char(10), "
                                        "'|'), 'None'), keys, coalesce(groups, 'None'), "
                                        "coalesce(shell, 'None') FROM cloud_init_user")) {
        std::string line = "user";
        for (const auto& column : row) line += " " + column.value_or("");
        ours.push_back(line);
      }
    else
      std::erase_if(wanted, [](const std::string& one) { return one.starts_with("user "); });
    if (!no_files)
      for (const auto& row :
           facts.rows("SELECT target, printf('%o', mode), is_appended, owner FROM cloud_init_file"))
        ours.push_back("file " + *row[0] + " " + *row[1] + " " + *row[2] + " " +
                       row[3].value_or("root:root"));
    for (std::string& one : ours)
      if (one.starts_with("file ") && one.substr(one.rfind(' ')).find(':') == std::string::npos)
        one += ":None";
    std::erase_if(wanted,
                  [&](const std::string& one) { return no_files && one.starts_with("file "); });
    std::ranges::sort(wanted);
    std::ranges::sort(ours);
    EXPECT_EQ(ours, wanted) << i << "\n" << all << "== cloud-init\n" << theirs;
    for (const std::string& one : wanted) ++counts[one.substr(0, one.find(' '))];
    counts["errors"] += theirs.find("error") != std::string::npos;
    if (HasFailure()) return;
  }
  EXPECT_GT(counts["setting"], 800);
  EXPECT_GT(counts["user"], 250);
  EXPECT_GT(counts["file"], 150);
  EXPECT_LT(counts["errors"], 120);
}

}  // namespace
}  // namespace drydock
