// The same configuration and user data to drydock and to cloud-init's own modules: which passwords does it find there
// that are given as they are typed?
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

// Reads each file as its loader does and runs "Set Passwords" and the part of "Users and Groups" before useradd(8).
// What is not needed for that need not be installed.
constexpr std::string_view kAsk = R"python(import json, os, re, sys
sys.path.insert(0, sys.argv[1])
import unittest.mock as mock
for name in ("requests", "jsonpatch", "oauthlib", "oauthlib.oauth1", "jsonschema", "netifaces", "configobj", "jinja2"):
    try:
        __import__(name)
    except ImportError:
        sys.modules[name] = mock.MagicMock()
import logging
logging.disable(logging.CRITICAL)
from cloudinit import handlers, user_data, util
from cloudinit.config import cc_set_passwords as passwords
from cloudinit.distros import ug_util

RANDOM = "?random?"
passwords.rand_user_password = lambda pwlen=20: RANDOM
passwords.handle_ssh_pwauth = lambda *a: None
util.multi_log = lambda *a, **k: None

class Distro:
    def __init__(self, user): self.user, self.plain = user, []
    def get_default_user(self): return dict(self.user)
    def chpasswd(self, plist, hashed):
        # A password without a value is set to "None", which stands in no file.
        if not hashed: self.plain += [p for _, p in plist if p not in (RANDOM, "None")]
    def expire_passwd(self, user): pass

class Processor(user_data.UserDataProcessor):
    def __init__(self): self.paths, self.ssl_details = None, {}
    def _do_include(self, content, append_msg): pass

def plain(cfg):
    out = []
    info = cfg.get("system_info")
    user = dict(info.get("default_user") or {}) if isinstance(info, dict) else {}
    user.setdefault("name", "debian")
    for key, part in (("password", {"password": cfg.get("password"), "user": "x"}), ("chpasswd", {"chpasswd": cfg.get("chpasswd")})):
        if key not in cfg: continue
        distro = Distro(user)
        passwords.handle("", part, mock.Mock(distro=distro), logging.getLogger(), [])
        out += [key + " " + str(p) for p in distro.plain]
    users, _ = ug_util.normalize_users_groups({k: v for k, v in cfg.items() if k in ("user", "users")}, Distro(user))
    default = user.get("plain_text_passwd")
    for u in users.values():
        p = u.get("plain_text_passwd")
        if p and p != default: out.append("plain_text_passwd " + str(p))
    if default: out.append("plain_text_passwd " + str(default))
    return out

def of_user_data(blob):
    out = []
    def part(data, filename, payload, headers):
        if headers["Content-Type"] == "text/cloud-config":
            out.extend(plain(util.load_yaml(payload, default={})))
    handlers.walk(Processor().process(blob), part, None)
    return out

for i in range(int(sys.argv[3])):
    with open(os.path.join(sys.argv[2], str(i)), "rb") as f: blob = f.read()
    try:
        said = plain(util.load_yaml(blob, default={})) if blob.startswith(b"# cfg") else of_user_data(blob)
    except Exception as e:
        said = ["error " + repr(e)[:100]]
    print(json.dumps(sorted(said)))
)python";

class Generator {
 public:
  std::string next() {
    switch (random_.below(7)) {
      case 0:
        return "# cfg\n" + config(true);
      case 1:
        return random_.pick({"## template: jinja\n#cloud-config\n", "#!/bin/sh\n#cloud-config\n",
                             "#include\n", "#part-handler\n", "#cloud-boothook\n", "#cloud-conf\n",
                             "Content-Type: text/cloud-config\n\n", "",
                             "# comment\n#cloud-config\n"}) +
               (random_.one_in(2) ? "" : config(false));
      case 2:
      case 3:
        return message(0);
      case 4:
        return archive();
      default:
        return start() + config(false);
    }
  }

 private:
  std::string secret() { return "s" + std::to_string(++secrets_) + "x"; }
  std::string scalar(const std::string& text) {
    const std::string quote = random_.pick({"", "", "'", "\""});
    return quote + text + quote;
  }
  std::string start() {
    return random_.pick({"#cloud-config\n", "#cloud-config\n", "#Cloud-Config\n",
                         "\n \n#cloud-config\n", "#cloud-config \n", "#cloud-config-\n",
                         "#cloud-config\r\n"});
  }
  std::string password() {
    return random_.one_in(4) ? random_.pick({"RANDOM", "R", "$6$salt$hash", "'$5$rounds=1$a$b'",
                                             "$1$a$bc", "\"$2y$10$abc\""})
                             : scalar(random_.pick({"", "p ", "1:", "$6$", "$", "#"}) + secret());
  }
  std::string config(bool is_file) {
    std::string out;
    if (random_.one_in(5)) out += "# password: no\n";
    if (random_.one_in(3)) out += "ssh_pwauth: true\n";
    if (random_.one_in(2))
      out += random_.pick({"password: ", "\"password\": ", "password:   ", "password:\n  "}) +
             password() + "\n";
    if (random_.one_in(3))
      out += random_.pick({"write_files:\n- content: |\n    password: inner\n  path: /a\n",
                           "runcmd:\n- [sh, -c, 'password: x']\n- echo plain_text_passwd: y\n",
                           "other:\n  password: nested\n  plain_text_passwd: nested\n",
                           "mounts: {password: x}\n"});
    if (random_.one_in(2)) out += chpasswd();
    if (random_.one_in(2)) out += users();
    if (random_.one_in(5)) out += "user: {name: zed, plain_text_passwd: " + secret() + "}\n";
    if (is_file && random_.one_in(2))
      out +=
          "system_info:\n  distro: debian\n  default_user:\n    name: debian\n    "
          "plain_text_passwd: " +
          secret() + "\n";
    if (random_.one_in(15))
      out += random_.pick({"a: [\n", "\tpassword: x\n", "- x\n", "password: *none\n"});
    return out;
  }
  std::string entry() {
    return "u" + std::to_string(++secrets_) + ":" + random_.pick({"", "", " ", "a:"}) +
           random_.pick({"R", "RANDOM", "$6$a$b", "$1$aa$b", "$6$"});
  }
  std::string one() {
    return random_.one_in(3) ? entry()
                             : "v" + std::to_string(++secrets_) + ":" +
                                   random_.pick({"", " ", "x:", "$6$a$b:"}) + secret();
  }
  std::string chpasswd() {
    std::string out = "chpasswd:\n";
    if (random_.one_in(2)) out += "  expire: false\n";
    const int kind = random_.below(4);
    if (kind == 0) {
      out += random_.pick({"  list: |\n", "  list: |-\n", "  list: |+\n"});
      for (int n = 1 + random_.below(3); n > 0; --n) out += "    " + one() + "\n";
    } else if (kind == 1) {
      out += "  list:\n";
      for (int n = 1 + random_.below(3); n > 0; --n) out += "  - '" + one() + "'\n";
    } else if (kind == 2) {
      out += "  users:\n";
      for (int n = 1 + random_.below(3); n > 0; --n)
        out += "  - {name: w" + std::to_string(n) +
               random_.pick({", type: text", ", type: hash", "", ", type: text"}) +
               ", password: " + secret() + "}\n";
    } else {
      out += "  list: [\"" + one() +
             "\"]\n  users: [{name: x, type: RANDOM}, {name: y, password: " + secret() +
             ", type: text}]\n";
    }
    return out;
  }
  std::string users() {
    const int kind = random_.below(5);
    if (kind == 0) return "users: [default, bob]\n";
    if (kind == 1) return "users:\n  ann:\n    plain_text_passwd: " + secret() + "\n  bob: true\n";
    if (kind == 2) return "users: {eve: {plain_text_passwd: " + scalar(secret()) + "}}\n";
    std::string out = "users:\n- default\n";
    for (int n = 1 + random_.below(3); n > 0; --n) {
      out += "- name: n" + std::to_string(n) + "\n";
      if (random_.one_in(2)) out += "  passwd: $6$a$b\n";
      if (random_.one_in(3)) out += "  hashed_passwd: " + secret() + "\n";
      if (random_.one_in(2))
        out += random_.pick({"  plain_text_passwd: ", "  plain-text-passwd: ",
                             "  'plain_text_passwd': ", "  plain_text_password: "}) +
               scalar(secret()) + "\n";
      if (random_.one_in(4))
        out += random_.pick(
            {"  plain_text_passwd_: x\n", "  lock_passwd: false\n", "  password: x\n"});
    }
    return out;
  }
  static std::string base64(const std::string& text) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (size_t i = 0; i < text.size(); i += 3) {
      unsigned bits = 0;
      for (size_t k = 0; k < 3; ++k)
        bits = bits << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u);
      for (size_t k = 0; k < 4; ++k)
        out += i + k > text.size() ? '=' : kDigits[bits >> (18 - 6 * k) & 63];
      if (i % 57 == 54) out += '\n';
    }
    return out + "\n";
  }
  std::string part() {
    const std::string type =
        random_.pick({"Content-Type: text/cloud-config\n",
                      "Content-Type: text/cloud-config; charset=\"us-ascii\"\n",
                      "content-type:TEXT/Cloud-Config;\n charset=utf-8\n",
                      "Content-Type: text/plain\n", "", "Content-Type: text/x-shellscript\n",
                      "Content-Type: text/x-include-url\n", "Content-Type: text/part-handler\n",
                      "Content-Type: text/jinja2\n", "Content-Type: nonsense\n"});
    const std::string text =
        (random_.one_in(4) ? random_.pick({"#!/bin/sh\n", "", "# x\n"}) : start()) + config(false);
    if (random_.one_in(4))
      return type + "MIME-Version: 1.0\nContent-Transfer-Encoding: " +
             random_.pick({"base64", "BASE64 "}) + "\n\n" + base64(text);
    return type +
           random_.pick({"", "MIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\n",
                         "Content-Disposition: attachment; filename=\"a;b\"\n"}) +
           "\n" + text;
  }
  std::string message(int depth) {
    const std::string mark = random_.pick({"==x==", "a b", "--"}) + std::to_string(depth);
    std::string out = depth == 0 && random_.one_in(4) ? "From nobody\n" : "";
    out += random_.pick({"Content-Type: multipart/mixed; boundary=",
                         "Content-Type: Multipart/Mixed;\n boundary=",
                         "Content-Type: multipart/mixed; a=\"b;c\"; boundary="}) +
           "\"" + mark + "\"\n" +
           random_.pick({"MIME-Version: 1.0\n", "mime-version: 1.0\nSubject: x\n"}) + "\n";
    if (random_.one_in(3)) out += "#cloud-config\npassword: before\n";
    for (int n = 1 + random_.below(3); n > 0; --n)
      out += "--" + mark + "\n" + (depth < 2 && random_.one_in(6) ? message(depth + 1) : part());
    if (random_.one_in(6)) return out;
    return out + "--" + mark + "--\n" +
           (random_.one_in(4) ? "#cloud-config\npassword: behind\n" : "");
  }
  std::string archive() {
    std::string out = "#cloud-config-archive\n";
    for (int n = 1 + random_.below(3); n > 0; --n) {
      const std::string text = (random_.one_in(3) ? random_.pick({"#!/bin/sh\n", "", "#include\n"})
                                                  : "#cloud-config\n") +
                               config(false);
      std::string indented;
      for (size_t at = 0; at < text.size();) {
        const size_t end = text.find('\n', at);
        indented += "    " + text.substr(at, end + 1 - at);
        at = end + 1;
      }
      out += random_.pick({"- type: text/cloud-config\n  content: |\n", "- content: |\n", "- |\n",
                           "- type: text/x-shellscript\n  content: |\n",
                           "- type: text/plain\n  content: |\n"}) +
             indented;
    }
    return out;
  }

  test::Random random_{23};
  int secrets_ = 0;
};

const std::vector<std::string>& by_hand() {
  static const std::vector<std::string> kCases = {
      "#cloud-config\npassword: 12345\n",
      "#cloud-config\npassword: s1x # not this\n",
      "#cloud-config\npassword: >-\n  s1x\n",
      "#cloud-config\n{password: s1x}\n",
      "#cloud-config\n{\"password\": \"s1x\", \"users\": [{\"name\": \"a\", \"plain_text_passwd\": "
      "\"s2x\"}]}\n",
      "#cloud-config\npassword: ''\n",
      "#cloud-config\npassword: '!'\n",
      "#cloud-config\npassword: '*'\n",
      "#cloud-config\npassword: '{x}'\n",
      "#cloud-config\npassword: RANDOMs1x\n",
      "#cloud-config\npassword: \"R \"\n",
      "#cloud-config\nx: &a s1x\npassword: *a\n",
      "#cloud-config\nx: &a {plain_text_passwd: s1x}\nusers:\n- <<: *a\n  name: b\n",
      "#cloud-config\nusers:\n- {name: a, plain_text_passwd: ''}\n- {name: b, plain_text_passwd: "
      "17}\n",
      "#cloud-config\nusers:\n- {name: a, plain_text_passwd: $6$a$s1x}\n- {name: b, "
      "plain_text_passwd: RANDOM}\n",
      "#cloud-config\nusers:\n- [a, b]\n- c,d\n",
      "#cloud-config\nchpasswd: {list: 'a:s1x'}\n",
      "#cloud-config\nchpasswd: {list: \"a:s1x\\nb:s2x\\n\"}\n",
      "#cloud-config\nchpasswd: {list: []}\npassword: s1x\n",
      "#cloud-config\nchpasswd: {expire: false}\n",
      "#cloud-config\nchpasswd:\n  list: |\n    a:$y$j9T$s1x\n",
      "#cloud-config",
      "#cloud-config\n- password: x\n",
      "password: s1x\n",
      "",
      "MIME-Version: 1.0\nContent-Type: text/cloud-config\n\npassword: s1x\n",
      "MIME-Version: 1.0\n\n#cloud-config\npassword: s1x\n",
      "MIME-Version: 1.0\nContent-Type: text/plain\n\n#!/bin/sh\n#cloud-config\npassword: s1x\n",
      "MIME-Version: 1.0\n#cloud-config\npassword: s1x\n",
      "#cloud-config\n# MIME-Version: 1.0\npassword: s1x\n",
      "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
      "text/cloud-config\nContent-Transfer-Encoding: quoted-printable\n\npassword: s1=78 "
      "=\ny\n--b--\n",
      "MIME-Version: 1.0\nContent-Type: multipart/mixed\n\n--b\n\n#cloud-config\npassword: "
      "s1x\n--b--\n",
      "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
      "text/cloud-config\r\n\r\npassword: s1x\r\n--b--\r\n",
      "#cloud-config-archive\n- {type: text/cloud-config-archive, content: "
      "\"#cloud-config-archive\\n- 'password: s1x'\"}\n",
      "#cloud-config-archive\n- 'password: s1x'\n",
      "#cloud-config-archive\n- [x]\n- {filename: a}\n",
      "#cloud-config-archive\n{}\n",
  };
  return kCases;
}

TEST(CloudInitDifferential, FindsThePasswordsThatWeFind) {
  const char* const packages = std::getenv("DRYDOCK_CLOUD_INIT");
  std::vector<std::string> cases = by_hand();
  for (Generator generator; cases.size() < 400;) cases.push_back(generator.next());
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (size_t i = 0; i < cases.size(); ++i) scratch.write(std::to_string(i), cases[i]);
  const std::string script = scratch.write("ask.py", kAsk);
  const auto said = test::ask("/usr/bin/python3 -S " + script + " " +
                              (packages ? packages : "/usr/lib/python3/dist-packages") + " " +
                              scratch.path() + " " + std::to_string(cases.size()));
  if (!said || said->empty()) GTEST_SKIP() << "cloud-init is not installed";
  size_t at = 0, errors = 0, found = 0, none = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const size_t end = said->find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const std::string theirs = said->substr(at, end - at);
    at = end + 1;
    const std::string& text = cases[i];
    const std::string path = text.starts_with("# cfg") ? "etc/cloud/cloud.cfg.d/a.cfg"
                                                       : "var/lib/cloud/seed/nocloud/user-data";
    auto tree = std::make_shared<MemoryTree>();
    tree->file(path, text);
    const test::FewFacts facts(tree, {"cloud_init_password"}, {"cloud_init_password"});
    const auto rows = facts.rows(
        "SELECT c.key, l.line FROM cloud_init_password AS c JOIN location AS l ON l.loc = c.loc");
    const std::string about = std::to_string(i) + ": " + theirs + "\n" + text + "\n" +
                              facts.text("SELECT key, loc FROM cloud_init_password");
    // A mistake in the data ends the module with what stands before; a template is not filled in here. YAML that
    // cannot be read and a text that is none gives nothing, but what looks like a password there is still on the disk.
    if (theirs.starts_with("[\"error ")) {
      ++errors;
      continue;
    }
    std::multiset<std::string> wanted, have;
    for (size_t p = 0; (p = theirs.find('"', p)) != std::string::npos;) {
      const size_t space = theirs.find(' ', p);
      wanted.insert(theirs.substr(p + 1, space - p - 1));
      for (++p; theirs[p] != '"'; ++p) p += theirs[p] == '\\';
      ++p;
    }
    for (const auto& row : rows) have.insert(*row[0]);
    const auto issues = facts.rows("SELECT code FROM parse_issue");
    const bool is_by_lines = !issues.empty() ||
                             text.find("## template: jinja") != std::string::npos ||
                             text.find("text/jinja2") != std::string::npos;
    if (is_by_lines) continue;
    (wanted.empty() ? none : found) += 1;
    ASSERT_EQ(have, wanted) << about;
  }
  EXPECT_LT(errors, 40u);
  EXPECT_GT(found, 150u);
  EXPECT_GT(none, 40u);
}

}  // namespace
}  // namespace drydock
