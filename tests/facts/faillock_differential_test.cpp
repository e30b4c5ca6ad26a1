// The same arguments and faillock.conf to drydock and to pam_faillock.so, which locks a user after so many failures.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include <filesystem>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kMost = 8;  // failures that are tried

// libpam by pam_start_confdir(3); no header is needed.
class Libpam {
 public:
  Libpam() {
    void* const library = dlopen("libpam.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    start_ = reinterpret_cast<decltype(start_)>(dlsym(library, "pam_start_confdir"));
    authenticate_ = reinterpret_cast<decltype(authenticate_)>(dlsym(library, "pam_authenticate"));
    end_ = reinterpret_cast<decltype(end_)>(dlsym(library, "pam_end"));
  }
  bool is_there() const { return start_ && authenticate_ && end_; }

  int authenticate(const std::string& directory, const char* service,
                   const std::string& user) const {
    struct Conversation {
      int (*ask)(int, const void**, void**, void*);
      void* data;
    };
    static const Conversation none{[](int, const void**, void**, void*) { return 19; }, nullptr};
#ifdef __SANITIZE_ADDRESS__
    const __lsan::ScopedDisabler libpam_leaks;
#endif
    void* handle = nullptr;
    if (start_(service, user.c_str(), &none, directory.c_str(), &handle) != 0) return -1;
    const int answer = authenticate_(handle, 0);
    end_(handle, answer);
    return answer;
  }

 private:
  int (*start_)(const char*, const char*, const void*, const char*, void**) = nullptr;
  int (*authenticate_)(void*, int) = nullptr;
  int (*end_)(void*, int) = nullptr;
};

struct Case {
  std::string conf;
  std::string arguments;
};

// Left out: negative numbers, which the module takes for huge ones, and conf=, which names another file.
std::string line(test::Random& random) {
  const std::string space = random.pick({"", " ", "\t", " "});
  return random.pick({"", "", "", "", " ", "#", "# "}) +
         random.pick({"deny", "deny", "deny", "Deny", "even_deny_root", "unlock_time", "nodelay",
                      "silent", "denny"}) +
         space + random.pick({"=", "=", "=", "", "=="}) + space +
         random.pick(
             {"1", "2", "3", "4", "5", "0", "6x", "x", "07", "\"2\"", "", "0x4", "2 # two", "+3"}) +
         random.pick({"\n", "\n", " \n", "\n\n", "\r\n"});
}

Case generated(unsigned seed) {
  test::Random random(seed);
  Case out;
  for (int i = random.below(4); i > 0; --i) out.conf += line(random);
  for (int i = random.below(3); i > 0; --i)
    out.arguments +=
        random.pick({" deny=", " deny=", " deny=", " DENY=", " unlock_time=", " deny"}) +
        random.pick({"1", "2", "4", "6", "0", "x", "5x", "", "03"});
  if (random.one_in(6)) out.arguments += " silent";
  return out;
}

const std::vector<Case> kByHand = {
    {"", ""},
    {"deny = 5\n", ""},
    {"deny = 5\n", " deny=2"},
    {"deny=5\ndeny=2\n", ""},
    {"# deny = 5\n", ""},
    {"deny = 5 # five\n", ""},
    {"deny 5\n", ""},
    {"deny = 0\n", ""},
    {"deny = x\n", ""},
    {"deny = 5", ""},
    {"deny = 2\ndeny = x\n", ""},
    {"", " deny=2 deny=5"},
    {"", " deny=2 deny=x"},
};

TEST(FaillockDifferential, LocksAfterTheFailuresThatWeSay) {
  const Libpam libpam;
  const passwd* const account = geteuid() == 0 ? getpwnam("nobody") : getpwuid(geteuid());
  const test::ScratchDirectory scratch = test::directory_in_memory();
  if (!libpam.is_there() || !account)
    GTEST_SKIP() << "libpam with pam_start_confdir is not installed";
  const std::string user = account->pw_name;
  std::vector<Case> cases = kByHand;
  for (unsigned seed = 1; seed <= 220; ++seed) cases.push_back(generated(seed));
  int locked = 0, other = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string name = std::to_string(i), directory = scratch.path() + "/" + name;
    const std::string conf = scratch.write(name + "/faillock.conf", cases[i].conf);
    std::filesystem::create_directory(directory + "/tally");
    const std::string arguments =
        " dir=" + directory + "/tally nodelay conf=" + conf + cases[i].arguments + "\n";
    const std::string fail = "auth required pam_faillock.so authfail" + arguments;
    scratch.write(name + "/fail", fail);
    scratch.write(name + "/ask", "auth required pam_faillock.so preauth" + arguments +
                                     "auth required pam_permit.so\n");
    int real = 0;
    for (int failures = 1; failures <= kMost && real == 0; ++failures) {
      libpam.authenticate(directory, "fail", user);
      if (libpam.authenticate(directory, "ask", user) != 0) real = failures;
    }
    if (i == 0 && real != 3)
      GTEST_SKIP() << "pam_faillock.so does not lock here (Debian package: libpam-modules): "
                   << real;
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/pam.d/s", fail).file("etc/security/faillock.conf", cases[i].conf);
    const test::FewFacts facts(tree, {"pam"}, {"pam_option"});
    const std::string deny =
        facts.text("SELECT value FROM pam_option WHERE key = 'pam_faillock.deny' LIMIT 1");
    const int64_t most = std::strtoll(deny.c_str(), nullptr, 10);
    EXPECT_EQ(most > kMost ? 0 : most, real)
        << i << " deny " << deny << cases[i].conf << cases[i].arguments;
    locked += real > 0;
    other += real != 3;
  }
  EXPECT_GE(locked, 150);
  EXPECT_GE(other, 100);
}

}  // namespace
}  // namespace drydock
