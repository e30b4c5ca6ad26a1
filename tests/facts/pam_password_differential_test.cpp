// The same stacks and files to drydock and to the modules that take new passwords: pam_unix, pam_pwhistory,
// pam_pwquality. What their settings do is seen from what they ask, say and write.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "tests/facts/few_facts.h"
#include "tests/facts/pam_host.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

using Files = std::map<std::string, std::string>;
using Settings = std::map<std::string, std::string>;

constexpr const char* kPassword = "oNe.4-tHe.w4y";
// crypt(3) of it by DES, as the test's own account has it.
constexpr const char* kHash = "abKT75idfCddo";
// Of any length, and of all classes from the fourth character on.
constexpr std::string_view kNew = "vQ7#mX2$kL9@pR4%tW6&yZ1!dF3*gH5^jN8";

const Files kCommon = {
    {"passwd",
     "root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/:/bin/sh\nnopw:x:1001:1001::/:/bin/sh\n"},
    {"group", "root:x:0:\nbob:x:1000:\n"},
    {"pam.d/other", "auth required pam_deny.so\n"},
    {"nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\n"}};

// By the type of the stack.
std::map<std::string, Settings> settings_of(const Files& files) {
  auto tree = std::make_shared<MemoryTree>();
  for (const auto& [name, text] : files) tree->file("etc/" + name, text);
  // pam_pwhistory of this release has no file.
  tree->file("var/lib/dpkg/status",
             "Package: libpam-modules\nStatus: install ok installed\nVersion: 1.5.2-6+deb12u1\n");
  const test::FewFacts facts(tree, {}, {"pam_option"});
  std::map<std::string, Settings> out;
  for (const auto& row : facts.rows("SELECT type, key, value FROM pam_option"))
    out[row[0].value_or("")][*row[1]] = row[2].value_or("");
  return out;
}

// ── pam_unix ──

struct Unix {
  std::string arguments, login_defs;
};

Unix unix_case(unsigned seed) {
  test::Random random(seed);
  Unix out;
  for (int i = random.below(5); i > 0; --i)
    out.arguments +=
        " " + random.pick(
                  {"md5",           "sha256",   "sha512",        "sha512",  "yescrypt", "blowfish",
                   "des",           "bigcrypt", "gost_yescrypt", "SHA512",  "sha512x",  "nullok",
                   "nullok_secure", "NULLOK",   "minlen=",       "minlen=", "minlen=",  "rounds=",
                   "rounds=",       "rounds=",  "remember=",     "obscure", "nosuch",   "shadow"});
  std::string done;
  for (const char c : out.arguments) {
    done += c;
    if (c == '=' && done.ends_with("rounds="))
      done += random.pick({"1000", "5000", "999", "7000", "4", "5", "x", "3", "2", "-1", "1001x"});
    else if (c == '=' && done.ends_with("remember="))
      done += random.pick({"0", "1", "5", "x", "401", "-1"});
    else if (c == '=')
      done += random.pick({"1", "4", "8", "9", "12", "20", "0", "x", "7x", " 8", "+10"});
  }
  // libpam cuts arguments at blanks.
  out.arguments = done;
  for (int i = random.below(3); i > 0; --i)
    out.login_defs += random.pick({"ENCRYPT_METHOD", "ENCRYPT_METHOD", "encrypt_method",
                                   "#ENCRYPT_METHOD", "SHA_CRYPT_MAX_ROUNDS"}) +
                      random.pick({" ", "\t", "="}) +
                      random.pick({"SHA512", "SHA256", "MD5", "DES", "sha512", "BCRYPT", "YESCRYPT",
                                   "5000", "2000", "SHA512 # why", "\"SHA256\""}) +
                      "\n";
  return out;
}

// The method and the rounds that a hash tells.
std::pair<std::string, std::string> told(const std::string& hash) {
  const auto prefix = [&](std::string_view begin) { return hash.starts_with(begin); };
  if (prefix("$1$")) return {"md5", ""};
  if (prefix("$5$") || prefix("$6$")) {
    const std::string method = prefix("$5$") ? "sha256" : "sha512";
    if (hash.substr(3, 7) != "rounds=") return {method, ""};
    return {method, hash.substr(10, hash.find('$', 10) - 10)};
  }
  if (prefix("$2")) return {"blowfish", std::to_string(std::stoi(hash.substr(4, 2)))};
  // crypt(5): the fourth character is the cost, "j9T" for 5.
  if (prefix("$y$") || prefix("$gy$")) {
    const size_t at = hash.find('$', 1) + 1;
    const std::string parameters = hash.substr(at, hash.find('$', at) - at);
    static const std::map<std::string, std::string> kKnown = {
        {"j75", "3"}, {"j8T", "4"}, {"j9T", "5"}, {"jAT", "6"}, {"jBT", "7"}, {"jCT", "8"}};
    const auto known = kKnown.find(parameters);
    return {prefix("$y$") ? "yescrypt" : "gost_yescrypt",
            known == kKnown.end() ? parameters : known->second};
  }
  return {hash.size() > 13 ? "bigcrypt" : "des", ""};
}

std::string hash_of(const std::string& shadow) {
  const size_t at = shadow.find("bob:") + 4;
  return shadow.substr(at, shadow.find(':', at) - at);
}

TEST(PamPasswordDifferential, PamUnixHashesAndMeasuresAsWeSay) {
  std::vector<Unix> cases = {{"", ""},
                             {" sha512", "ENCRYPT_METHOD SHA256\n"},
                             {" sha512 md5", ""},
                             {" minlen=8", ""},
                             {" minlen=12", ""},
                             {" sha512 minlen=12", ""},
                             {" nullok_secure", ""},
                             {"", "ENCRYPT_METHOD SHA512\nENCRYPT_METHOD MD5\n"},
                             {"", "ENCRYPT_METHOD SHA512\nSHA_CRYPT_MAX_ROUNDS 7000\n"},
                             {" sha512 rounds=10000", ""},
                             {" sha512 rounds=10", ""},
                             {" yescrypt rounds=1", ""},
                             {" yescrypt rounds=12", ""},
                             {" blowfish rounds=4", ""},
                             {" blowfish", ""},
                             {" remember=5 sha512", ""}};
  for (unsigned seed = 1; seed <= 200; ++seed) cases.push_back(unix_case(seed));
  test::PamHost host(kCommon);
  std::vector<Settings> ours, ours_auth;
  for (const Unix& one : cases) {
    Files files = {{"shadow", "root:*:19000:0:99999:7:::\nbob:" + std::string(kHash) +
                                  ":19000:0:99999:7:::\nnopw::19000:0:99999:7:::\n"},
                   {"login.defs", one.login_defs},
                   {"security/opasswd", ""},
                   {"pam.d/passwd", "password required pam_unix.so" + one.arguments + "\n"},
                   {"pam.d/auth", "auth required pam_unix.so nodelay" + one.arguments + "\n"}};
    host.host(files);
    auto settings = settings_of(files);
    ours.push_back(std::move(settings["password"]));
    ours_auth.push_back(std::move(settings["auth"]));
    host.command({"uid", "0"});
    host.command({"auth", "auth", "nopw", "x"});
    host.command({"uid", "1000"});
    const int least = std::stoi(ours.back().at("pam_unix.minlen"));
    const std::string enough(kNew.substr(0, static_cast<size_t>(std::clamp(least, 1, 30))));
    const std::string less = enough.substr(0, enough.size() - 1);
    if (less.empty())
      host.command({"password", "passwd", "bob"});
    else
      host.command({"password", "passwd", "bob", kPassword, less, less});
    host.command({"password", "passwd", "bob", kPassword, enough, enough});
    host.command({"show", "/etc/shadow"});
    host.command({"show", "/etc/security/opasswd"});
  }
  const auto answers = host.ask();
  if (!answers || answers->size() < 5 || answers->at(2).code != 0)
    GTEST_SKIP() << "pam_unix.so cannot be asked in a mount namespace here (Debian packages: "
                    "libpam0g, libpam-modules)";
  ASSERT_EQ(answers->size(), cases.size() * 5);
  std::map<std::string, int> methods;
  int open = 0, measured = 0, remembered = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string shown = std::to_string(i) + cases[i].arguments + "\n" + cases[i].login_defs;
    const test::PamHost::Answer* const real = &answers->at(i * 5);
    EXPECT_EQ(real[0].code == 0, ours_auth[i].at("pam_unix.nullok") == "yes") << shown;
    open += real[0].code == 0;
    const int least = std::stoi(ours[i].at("pam_unix.minlen"));
    if (least > 1) {
      EXPECT_TRUE(real[1].has("say You must choose a longer password")) << shown;
      ++measured;
    }
    EXPECT_EQ(real[2].code, 0) << shown;
    const auto [method, rounds] = told(hash_of(real[3].notes.at(0)));
    const std::string& ours_method = ours[i].at("pam_unix.method");
    // One of up to eight characters is the same by both.
    EXPECT_EQ(ours_method == "bigcrypt" && least <= 8 ? "des" : ours_method, method) << shown;
    // What crypt(3) takes by itself is not written.
    const std::string& ours_rounds = ours[i].at("pam_unix.rounds");
    EXPECT_EQ(method.starts_with("sha") && ours_rounds == "5000" ? "" : ours_rounds, rounds)
        << shown << real[3].notes.at(0);
    ++methods[method];
    const bool remembers = real[4].notes.at(0).find("bob") != std::string::npos;
    // remember=0 keeps one, and a negative number keeps none.
    const bool is_told = cases[i].arguments.find(" remember=") != std::string::npos;
    EXPECT_EQ(is_told && std::stoi(ours[i].at("pam_unix.remember")) >= 0, remembers) << shown;
    remembered += remembers;
  }
  EXPECT_GE(methods.size(), 7u);
  EXPECT_GE(open, 20);
  EXPECT_GE(measured, 200);
  EXPECT_GE(remembered, 10);
}

// ── pam_pwhistory ──

TEST(PamPasswordDifferential, PamPwhistoryRemembersAsWeSay) {
  std::vector<std::string> cases = {"",
                                    " remember=3",
                                    " remember=0",
                                    " remember=x",
                                    " remember=500",
                                    " remember=-1",
                                    " REMEMBER=2",
                                    " remember=2 remember=4",
                                    " enforce_for_root",
                                    " retry=3 enforce_for_root",
                                    " Enforce_For_Root",
                                    " enforce_for_root=no",
                                    " retry=0 enforce_for_root"};
  for (unsigned seed = 1; seed <= 200; ++seed) {
    test::Random random(seed);
    std::string arguments;
    for (int i = random.below(4); i > 0; --i) {
      const std::string name =
          random.pick({"remember=", "remember=", "retry=", "Retry=", "tries="});
      arguments +=
          " " + name +
          (name.starts_with("rem")
               ? random.pick({"1", "2", "5", "0", "x", "12", "401", "-3", "7x", "4294967299", ""})
               : random.pick({"1", "2", "3", "x", "-1", "2x"}));
    }
    if (random.one_in(2))
      arguments +=
          random.pick({" enforce_for_root", " ENFORCE_FOR_ROOT", " use_authtok", " conf=/etc/x"});
    cases.push_back(arguments);
  }
  // 30 old ones of which none is that of a new password, and one that is.
  std::string old;
  for (int i = 0; i < 30; ++i) old += ",*" + std::to_string(i);
  test::PamHost host(kCommon);
  std::vector<Settings> ours;
  for (const std::string& arguments : cases) {
    const Files files = {{"shadow", "root:*:19000:0:99999:7:::\nbob:" + std::string(kHash) +
                                        ":19000:0:99999:7:::\n"},
                         {"security/opasswd", "bob:1000:31:" + std::string(kHash) + old + "\n"},
                         {"security/pwhistory.conf", "remember = 7\nretry = 5\nenforce_for_root\n"},
                         {"pam.d/passwd", "password requisite pam_pwhistory.so" + arguments +
                                              "\npassword required pam_permit.so\n"}};
    host.host(files);
    ours.push_back(settings_of(files)["password"]);
    host.command({"uid", "0"});
    host.command({"password", "passwd", "bob", kPassword, kPassword, kPassword, kPassword,
                  kPassword, kPassword});
    host.command({"show", "/etc/security/opasswd"});
    host.command({"password", "passwd", "bob", std::string(kNew), std::string(kNew)});
    host.command({"show", "/etc/security/opasswd"});
  }
  const auto answers = host.ask();
  if (!answers || answers->size() < 4 || !answers->at(0).has("say "))
    GTEST_SKIP() << "pam_pwhistory.so cannot be asked in a mount namespace here (Debian packages: "
                    "libpam0g, libpam-modules)";
  ASSERT_EQ(answers->size(), cases.size() * 4);
  int refused = 0, off = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const test::PamHost::Answer* const real = &answers->at(i * 4);
    const auto number = [&](const char* name) {
      return std::stoi(ours[i].at("pam_pwhistory." + std::string(name)));
    };
    const bool asks = ours[i].at("pam_pwhistory.use_authtok") != "yes";
    if (!asks) continue;
    const int remember = number("remember");
    if (remember == 0) {
      EXPECT_FALSE(real[0].has("ask")) << cases[i];
      EXPECT_EQ(real[3].notes, real[1].notes) << cases[i];
      ++off;
      continue;
    }
    const bool enforced = ours[i].at("pam_pwhistory.enforce_for_root") == "yes";
    const auto asked = std::ranges::count_if(real[0].notes, [](const std::string& note) {
      return note.starts_with("ask New password");
    });
    EXPECT_EQ(real[0].code != 0, enforced || number("retry") == 0) << cases[i];
    if (enforced) {
      EXPECT_EQ(asked, number("retry")) << cases[i];
    }
    refused += enforced;
    if (number("retry") == 0) continue;
    ASSERT_EQ(real[2].code, 0) << cases[i];
    const std::string& kept = real[3].notes.at(0);
    const auto count = std::ranges::count(kept, ',') + 1;
    if (remember <= 30)
      EXPECT_EQ(count, remember) << cases[i];
    else
      EXPECT_GT(count, 30) << cases[i];
  }
  EXPECT_GE(refused, 30);
  EXPECT_GE(off, 10);
}

// pwhistory.conf(5), since Linux-PAM 1.5.3: the module reads it by this function of libpam, which is older.
TEST(PamPasswordDifferential, PwhistoryConfIsReadAsLibpamReadsIt) {
  void* const library = dlopen("libpam.so.0", RTLD_NOW | RTLD_LOCAL);
  const auto search = library ? reinterpret_cast<char* (*)(void*, const char*, const char*)>(
                                    dlsym(library, "pam_modutil_search_key"))
                              : nullptr;
  if (!search) GTEST_SKIP() << "libpam is not installed (Debian package: libpam0g)";
  const test::ScratchDirectory scratch = test::directory_in_memory();
  int set = 0;
  for (unsigned seed = 1; seed <= 250; ++seed) {
    test::Random random(seed);
    std::string conf;
    for (int i = random.below(6); i > 0; --i)
      conf += random.pick({"", "", " ", "\t", "#", "\v"}) +
              random.pick({"remember", "remember", "Remember", "retry", "file", "enforce_for_root",
                           "rememberx", "debug"}) +
              random.pick({"=", " = ", " ", "\t", "==", " = = ", ":", ""}) +
              random.pick({"5", "24", "0", "x", "7x", "/etc/opw", "opw", "", "# 3", "400", "  3"}) +
              random.pick({"\n", "\n", " \n", " # why\n", "\r\n", ""});
    if (random.one_in(10))
      conf = std::string(1500, '#') + "\nremember = 3" + std::string(2000, ' ') + "4\n" + conf;
    const std::string path = scratch.write(std::to_string(seed), conf);
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/pam.d/passwd", "password required pam_pwhistory.so conf=/etc/h.conf\n")
        .file("etc/h.conf", conf);
    const test::FewFacts facts(tree, {}, {"pam_option"});
    std::string theirs;
    for (const char* name : {"enforce_for_root", "file", "remember", "retry"}) {
      char* const found = search(nullptr, path.c_str(), name);
      const std::string text = found ? found : "";
      unsigned number = 0;
      if (name == std::string("enforce_for_root"))
        theirs += found ? "yes" : "no";
      else if (name == std::string("file"))
        theirs += text.starts_with('/') ? text : "/etc/security/opasswd";
      else if (std::sscanf(text.c_str(), "%u", &number) == 1)
        theirs += std::to_string(number);
      else
        theirs += name == std::string("remember") ? "10" : "1";
      set += found != nullptr;
      theirs += "\n";
      std::free(found);
    }
    EXPECT_EQ(facts.text("SELECT value FROM pam_option WHERE key IN ('pam_pwhistory.remember', "
                         "'pam_pwhistory.retry', 'pam_pwhistory.file', "
                         "'pam_pwhistory.enforce_for_root') ORDER BY key"),
              theirs)
        << seed << "\n"
        << conf;
  }
  EXPECT_GE(set, 200);
}

// ── pam_pwquality ──

TEST(PamPasswordDifferential, PamPwqualityAsksAndInsistsAsWeSay) {
  const char* const module = std::getenv("DRYDOCK_PAM_PWQUALITY");
  const std::string path = module ? module : "pam_pwquality.so";
  const char* const library = std::getenv("DRYDOCK_LIBPWQUALITY");
  const std::string beside =
      library ? std::string(library).substr(0, std::string(library).rfind('/')) : "/lib";
  struct Case {
    std::string conf, arguments;
  };
  std::vector<Case> cases = {{"", ""},
                             {"retry = 3\n", ""},
                             {"retry = 3\n", " retry=2"},
                             {"enforce_for_root\n", ""},
                             {"", " enforce_for_root=no"},
                             {"enforcing = 0\n", " enforce_for_root"},
                             {"minlen = 3\nretry = 2\nnosuch = 1\nenforce_for_root\n", " minlen=x"},
                             {"local_users_only\nenforce_for_root\n", ""}};
  for (unsigned seed = 1; seed <= 200; ++seed) {
    test::Random random(seed);
    Case one;
    for (int i = random.below(4); i > 0; --i)
      one.conf += random.pick({"retry = ", "retry=", "enforcing = ", "Retry = ", "minlen = "}) +
                  random.pick({"1", "2", "3", "0", "-1", "x", "3 # why"}) + "\n";
    if (random.one_in(3))
      one.conf += random.pick(
          {"enforce_for_root\n", "enforce_for_root = 0\n", "local_users_only\n", "nosuch\n"});
    if (random.one_in(2)) one.conf = "enforce_for_root\n" + one.conf;
    for (int i = random.below(3); i > 0; --i)
      one.arguments += random.pick({" retry=", " retry=", " RETRY=", " enforcing="}) +
                       random.pick({"1", "2", "3", "0", "x", "-2", "2x"});
    if (random.one_in(4))
      one.arguments += random.pick({" enforce_for_root", " enforce_for_rootx", " local_users_only",
                                    " type=UNIX", " difignore=3"});
    cases.push_back(one);
  }
  test::PamHost host(kCommon);
  std::vector<Settings> ours;
  for (const Case& one : cases) {
    const Files files = {{"security/pwquality.conf", one.conf},
                         {"pam.d/passwd", "password requisite " + path + one.arguments + "\n"}};
    host.host(files);
    ours.push_back(settings_of(files)["password"]);
    for (const char* who : {"0", "1000"})
      for (const std::string user : {"bob", "remote"}) {
        host.command({"uid", who});
        host.command({"password", "passwd", user, "abc", "abc", "abc", "abc", "abc"});
      }
  }
  const auto answers = host.ask("LD_LIBRARY_PATH=" + beside);
  if (!answers || answers->empty() || !answers->front().has("say BAD PASSWORD"))
    GTEST_SKIP() << "pam_pwquality.so cannot be asked in a mount namespace here (Debian packages: "
                    "libpam-pwquality, libpwquality1, libcrack2)";
  ASSERT_EQ(answers->size(), cases.size() * 4);
  int refused = 0, several = 0;
  for (size_t i = 0; i < cases.size(); ++i)
    for (size_t j = 0; j < 4; ++j) {
      const std::string shown = std::to_string(j) + cases[i].arguments + "\n" + cases[i].conf;
      const test::PamHost::Answer& real = answers->at(i * 4 + j);
      const auto is = [&](const char* name, const char* value) {
        return ours[i].at("pam_pwquality." + std::string(name)) == value;
      };
      const bool is_local_only = j % 2 == 1 && is("local_users_only", "yes");
      EXPECT_EQ(real.has("say BAD PASSWORD"), !is_local_only) << shown;
      const bool is_refused =
          !is_local_only && !is("enforcing", "0") && (j >= 2 || is("enforce_for_root", "yes"));
      EXPECT_EQ(real.code != 0, is_refused) << shown;
      if (!is_refused) continue;
      const auto asked = std::ranges::count_if(
          real.notes, [](const std::string& note) { return note.starts_with("ask New "); });
      EXPECT_EQ(std::to_string(asked), ours[i].at("pam_pwquality.retry")) << shown;
      ++refused;
      several += asked > 1;
    }
  EXPECT_GE(refused, 300);
  EXPECT_GE(several, 100);
}

}  // namespace
}  // namespace drydock
