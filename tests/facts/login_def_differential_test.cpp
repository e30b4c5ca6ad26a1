// The same login.defs to drydock, to useradd(8), which writes its values into passwd, shadow and subuid, and to
// chgpasswd(8), which hashes with its method and cost and, unlike passwd(1), asks no PAM module for them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

std::string number(test::Random& random) {
  return random.pick({"0",      "1",          "7",     "90",         "365",        "010",
                      "0x20",   "-1",         "-2",    "+5",         "abc",        "",
                      "\"12\"", "\"30",       "7 # x", "9999999999", "3000000000", "08",
                      "1e3",    "2147483648", "5000",  "99999",      "-0x1",       "\t14"});
}

std::string line(test::Random& random) {
  const std::string space = random.pick({" ", "\t", "  ", "\t\t", " \"", "=", " = "});
  const std::string end = random.pick({"\n", "\n", "\n", " \n", "\t\n", "\n\n", "\r\n"});
  const std::string begin = random.pick({"", "", "", "", "", " ", "\t", "#", "# "});
  switch (random.below(10)) {
    case 0:
    case 1:
      return begin +
             random.pick({"PASS_MAX_DAYS", "PASS_MIN_DAYS", "PASS_WARN_AGE", "pass_max_days"}) +
             space + number(random) + end;
    case 2:
      return begin + random.pick({"UID_MIN", "UID_MAX", "UID_MIN", "UID_MAX"}) + space +
             random.pick({"500", "1000", "02000", "0x1000", "60000", "5000", "x", "\"700\"", "-1",
                          "70000"}) +
             end;
    case 3:
      return begin + random.pick({"SUB_UID_COUNT", "SUB_UID_MIN", "SUB_UID_MAX", "SUB_UID_COUNT"}) +
             space +
             random.pick(
                 {"0", "65536", "0x20000", "1000", "200000", "99", "y", "0100000", "700000000"}) +
             end;
    case 4:
      return begin + random.pick({"UMASK", "HOME_MODE", "UMASK"}) + space +
             random.pick({"022", "027", "22", "077", "0", "0700", "700", "0x1f", "750", "078",
                          "u=rwx", "1777", "27"}) +
             end;
    case 5:
      return begin +
             random.pick({"USERGROUPS_ENAB", "CREATE_HOME", "CREATE_HOME", "MD5_CRYPT_ENAB"}) +
             space +
             random.pick({"yes", "no", "YES", "Yes", "true", "1", "\"yes\"", "yes # x", "y"}) + end;
    case 6:
    case 7:
      return begin + "ENCRYPT_METHOD" + space +
             random.pick({"SHA512", "SHA256", "MD5", "DES", "YESCRYPT", "sha512", "\"SHA512\"",
                          "SHA512 # x", "SHA256", "Yescrypt"}) +
             end;
    default:
      return begin +
             random.pick({"SHA_CRYPT_MIN_ROUNDS", "SHA_CRYPT_MAX_ROUNDS", "YESCRYPT_COST_FACTOR",
                          "NOSUCH_NAME"}) +
             space + random.pick({"1", "3", "4", "1500", "0x800", "03000", "999", "x", "6000"}) +
             end;
  }
}

const std::vector<std::string> kByHand = {
    "",
    "PASS_MAX_DAYS 90\nPASS_MAX_DAYS 99999\n",
    "PASS_MAX_DAYS 90\nPASS_MAX_DAYS\n",
    "PASS_MAX_DAYS 90\nPASS_MAX_DAYS x\n",
    "PASS_MAX_DAYS\t\"90\" days\n",
    "PASS_MAX_DAYS 010\nPASS_MIN_DAYS 0x10\n",
    "PASS_WARN_AGE 7 # a week\n",
    "UMASK 27\nCREATE_HOME yes\n",
    "HOME_MODE 700\nCREATE_HOME YES\nUMASK 077\n",
    "UMASK 027\nCREATE_HOME yes\nHOME_MODE x\n",
    "ENCRYPT_METHOD sha512\n",
    "ENCRYPT_METHOD SHA512 # strong\n",
    "MD5_CRYPT_ENAB yes\n",
    "MD5_CRYPT_ENAB yes\nENCRYPT_METHOD SHA512\n",
    "ENCRYPT_METHOD SHA512\nSHA_CRYPT_MIN_ROUNDS 6000\n",
    "ENCRYPT_METHOD SHA512\nSHA_CRYPT_MAX_ROUNDS 100\n",
    "ENCRYPT_METHOD SHA256\nSHA_CRYPT_MIN_ROUNDS 6000\nSHA_CRYPT_MAX_ROUNDS 2000\n",
    "ENCRYPT_METHOD YESCRYPT\nYESCRYPT_COST_FACTOR 4\n",
    "ENCRYPT_METHOD YESCRYPT\nYESCRYPT_COST_FACTOR 99999\n",
    "UID_MIN 2000\nUID_MAX 1999\n",
    "SUB_UID_COUNT 0\n",
    "PASS_MAX_DAYS 5",
    "\xef\xbb\xbfPASS_MAX_DAYS 5\n",
    "PASS_MAX_DAYS=5\n",
    "PASS_MAX_DAYS = 5\n",
};

using Values = std::map<std::string, std::string>;

// What useradd and chgpasswd have written, in the words of the values above.
struct Made {
  std::string passwd, shadow, subuid, home, group;
};

std::string field(const std::string& text, int i) {
  std::istringstream fields(text);
  std::string out;
  for (; i >= 0; --i)
    if (!std::getline(fields, out, ':')) return "";
  return out;
}

int64_t of(const Values& values, const std::string& name, int64_t otherwise) {
  const auto found = values.find(name);
  return found == values.end() ? otherwise : std::strtoll(found->second.c_str(), nullptr, 10);
}

bool is_on(const Values& values, const std::string& name) {
  const auto found = values.find(name);
  return found != values.end() && strcasecmp(found->second.c_str(), "yes") == 0;
}

std::string days(const Values& values, const char* name) {
  const int64_t value = of(values, name, -1);
  return value == -1 ? "" : std::to_string(value);
}

bool is_empty(const Values& values, const std::string& name) {
  return !values.contains(name) || values.at(name).empty();
}

// How the account of our values looks.
std::string expected(const Values& values, bool with_home) {
  const int64_t min = of(values, "UID_MIN", 0), max = of(values, "UID_MAX", 0);
  if (min > max || min < 0) return "no account";
  std::string out = "uid " + std::to_string(min) + " days " + days(values, "PASS_MIN_DAYS") + ":" +
                    days(values, "PASS_MAX_DAYS") + ":" + days(values, "PASS_WARN_AGE");
  const int64_t first = of(values, "SUB_UID_MIN", 100000),
                last = of(values, "SUB_UID_MAX", 600100000), count = of(values, "SUB_UID_COUNT", 0);
  if (count > 0) {
    if (first > last || count > last - first + 1) return "no account";
    out += " subuid " + std::to_string(first) + ":" + std::to_string(count);
  }
  out += std::string(" group ") + (is_on(values, "USERGROUPS_ENAB") ? "own" : "100");
  if (with_home && is_on(values, "CREATE_HOME")) {
    char mode[16];
    snprintf(mode, sizeof mode, "%llo",
             !is_empty(values, "HOME_MODE") ? std::stoull(values.at("HOME_MODE"), nullptr, 8)
                                            : 0777 & ~std::stoull(values.at("UMASK"), nullptr, 8));
    out += std::string(" home ") + mode;
  }
  return out;
}

std::string shown(const Made& made) {
  if (made.passwd.empty()) return "no account";
  std::string out = "uid " + field(made.passwd, 2) + " days " + field(made.shadow, 3) + ":" +
                    field(made.shadow, 4) + ":" + field(made.shadow, 5);
  if (!made.subuid.empty()) out += " subuid " + field(made.subuid, 1) + ":" + field(made.subuid, 2);
  out += std::string(" group ") + (field(made.passwd, 3) == "100" ? "100" : "own");
  if (!made.home.empty()) out += " home " + made.home;
  return out;
}

// The beginnings that a hash by our values may have.
bool is_hashed_so(const Values& values, const std::string& hash) {
  const std::string& method = values.at("ENCRYPT_METHOD");
  if (method == "DES") return hash.size() == 13;
  if (method == "MD5") return hash.starts_with("$1$");
  if (method == "YESCRYPT") return hash.starts_with("$y$");
  const std::string start = method == "SHA512" ? "$6$" : "$5$";
  if (!hash.starts_with(start)) return false;
  int64_t min = of(values, "SHA_CRYPT_MIN_ROUNDS", -1),
          max = of(values, "SHA_CRYPT_MAX_ROUNDS", -1);
  const bool is_default = min == -1 && max == -1;
  if (min == -1) min = max;
  if (max == -1) max = min;
  if (min > max) max = min;
  min = std::clamp<int64_t>(min, 1000, 999999999);
  max = std::clamp<int64_t>(max, 1000, 999999999);
  const std::string rounds = start + "rounds=";
  if (!hash.starts_with(rounds)) return is_default || (min <= 5000 && max >= 5000);
  const int64_t given = std::strtoll(hash.c_str() + rounds.size(), nullptr, 10);
  return !is_default && given >= min && given <= max;
}

TEST(LoginDefDifferential, NewAccountsAndHashesAreWhatUseraddAndChgpasswdMake) {
  std::vector<std::string> cases = kByHand;
  for (unsigned seed = 1; seed <= 190; ++seed) {
    test::Random random(seed);
    std::string text;
    for (int i = random.below(9); i >= 0; --i) text += line(random);
    cases.push_back(text);
  }
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (size_t i = 0; i < cases.size(); ++i) scratch.write("defs/" + std::to_string(i), cases[i]);
  // A home directory takes an owner, whom a user namespace does not have.
  const bool with_home = geteuid() == 0;
  std::string text = R"(cd "$1" && export LC_ALL=C PATH=$PATH:/usr/sbin
mkdir -p r/etc/default r/home r/etc/skel
[ "$2" = 1 ] || home=--no-create-home
one() {
  printf 'root:x:0:0::/:/bin/sh\n' >r/etc/passwd
  printf 'root:*:19000::::::\n' >r/etc/shadow
  printf 'root:x:0:\nusers:x:100:\ng1:x:50:\n' >r/etc/group
  printf 'root:*::\nusers:!::\ng1:!::\n' >r/etc/gshadow
  : >r/etc/subuid; : >r/etc/subgid
  [ ! -d r/home/u1 ] || rm -rf r/home/u1
  ln -f defs/$1 r/etc/login.defs
  useradd -P "$PWD/r" $home u1
  [ "$2" = 0 ] || echo g1:x | chgpasswd -R "$PWD/r"
  echo "== $1"
  for file in passwd shadow subuid gshadow; do
    while read -r line; do
      case $file:$line in gshadow:u1:*) ;; *:u1:*|*:g1:*) echo "$file $line" ;; esac
    done <r/etc/$file
  done
  [ ! -d r/home/u1 ] || stat -c 'home %a' r/home/u1
}
)";
  // A hash takes a while.
  const auto is_hashed = [](const std::string& defs) {
    return defs.find("CRYPT_") != defs.npos || defs.empty();
  };
  for (size_t i = 0; i < cases.size(); ++i)
    text += "one " + std::to_string(i) + (is_hashed(cases[i]) ? " 1\n" : " 0\n");
  const std::string script = scratch.write("ask.sh", text);
  const std::string asked = "sh " + script + " " + scratch.path() + (with_home ? " 1" : " 0");
  const auto said = test::ask("if [ $(id -u) -eq 0 ]; then " + asked +
                              "; else unshare --map-root-user " + asked + "; fi 2>/dev/null");
  std::vector<Made> real;
  std::istringstream lines(said.value_or(""));
  for (std::string row; std::getline(lines, row);) {
    if (row.starts_with("==")) {
      real.emplace_back();
      continue;
    }
    Made& made = real.back();
    const size_t space = row.find(' ');
    const std::string file = row.substr(0, space);
    (file == "passwd"    ? made.passwd
     : file == "shadow"  ? made.shadow
     : file == "subuid"  ? made.subuid
     : file == "gshadow" ? made.group
                         : made.home) = row.substr(space + 1);
  }
  if (real.empty() || real[0].passwd.empty())
    GTEST_SKIP() << "useradd -P does not work here (Debian package: passwd)";
  ASSERT_EQ(real.size(), cases.size());
  std::map<std::string, int> met;
  for (size_t i = 0; i < cases.size(); ++i) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/login.defs", cases[i]);
    Values values;
    for (const auto& row : test::FewFacts(tree, {"login", "useradd", "nss"}, {"login_def"})
                               .rows("SELECT key, value FROM login_def"))
      values[*row[0]] = row[1].value_or("");
    EXPECT_EQ(expected(values, with_home), shown(real[i])) << i << "\n" << cases[i];
    met["aged"] += shown(real[i]).find("days ::") == std::string::npos;
    met["home"] += !real[i].home.empty();
    met["no account"] += real[i].passwd.empty();
    if (!is_hashed(cases[i])) continue;
    const std::string hash = field(real[i].group, 1);
    EXPECT_TRUE(is_hashed_so(values, hash))
        << i << " " << hash << " " << values["ENCRYPT_METHOD"] << "\n"
        << cases[i];
    ++met[hash.size() == 13 ? "des" : hash.substr(0, 3)];
    met["rounds"] += hash.find("rounds=") != std::string::npos;
  }
  for (const char* const way : {"des", "$1$", "$5$", "$6$", "$y$", "no account", "aged", "rounds"})
    EXPECT_GE(met[way], 5) << way;
  EXPECT_TRUE(!with_home || met["home"] >= 5);
}

}  // namespace
}  // namespace drydock
