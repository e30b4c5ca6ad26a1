// The same password quality settings to drydock and to libpwquality itself.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "tests/facts/facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

// pwquality.h: the numbers of the settings.
const std::map<std::string, int> kNumbers = {
    {"difok", 1},           {"minlen", 3},      {"dcredit", 4},      {"ucredit", 5},
    {"lcredit", 6},         {"ocredit", 7},     {"minclass", 8},     {"maxrepeat", 9},
    {"maxclassrepeat", 11}, {"gecoscheck", 12}, {"maxsequence", 14}, {"dictcheck", 15},
    {"usercheck", 16},      {"enforcing", 17}};

class Pwquality {
 public:
  Pwquality() {
    const char* const set = std::getenv("DRYDOCK_LIBPWQUALITY");
    const std::string path = set ? set : "libpwquality.so.1";
    // The one next to it, where it is not installed.
    dlopen((path.substr(0, path.rfind('/') + 1) + "libcrack.so.2").c_str(), RTLD_NOW | RTLD_GLOBAL);
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    make_ = reinterpret_cast<decltype(make_)>(dlsym(library, "pwquality_default_settings"));
    free_ = reinterpret_cast<decltype(free_)>(dlsym(library, "pwquality_free_settings"));
    read_ = reinterpret_cast<decltype(read_)>(dlsym(library, "pwquality_read_config"));
    get_ = reinterpret_cast<decltype(get_)>(dlsym(library, "pwquality_get_int_value"));
    set_ = reinterpret_cast<decltype(set_)>(dlsym(library, "pwquality_set_option"));
  }
  bool is_there() const { return make_ && free_ && read_ && get_ && set_; }

  std::string ask(const std::string& file, const std::vector<std::string>& arguments) const {
    void* const settings = make_();
    void* error = nullptr;
    read_(settings, file.c_str(), &error);
    for (const std::string& argument : arguments) set_(settings, argument.c_str());
    std::string out;
    for (const auto& [name, number] : kNumbers) {
      int value = 0;
      get_(settings, number, &value);
      out += name + " | " + std::to_string(value) + "\n";
    }
    std::free(error);
    free_(settings);
    return out;
  }

 private:
  void* (*make_)() = nullptr;
  void (*free_)(void*) = nullptr;
  int (*read_)(void*, const char*, void**) = nullptr;
  int (*get_)(void*, int, int*) = nullptr;
  int (*set_)(void*, const char*) = nullptr;
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string file() {
    std::string out;
    const int lines = std::uniform_int_distribution<int>(0, 6)(random_);
    for (int i = 0; i < lines; ++i) out += line();
    return out;
  }
  std::vector<std::string> arguments() {
    std::vector<std::string> out;
    for (int i = 0; i < 2; ++i) out.push_back(name() + "=" + value());
    return out;
  }

 private:
  std::string pick(const std::vector<std::string>& of) {
    return of[std::uniform_int_distribution<size_t>(0, of.size() - 1)(random_)];
  }
  std::string name() {
    auto it = kNumbers.begin();
    std::advance(it, std::uniform_int_distribution<size_t>(0, kNumbers.size() - 1)(random_));
    return it->first;
  }
  std::string value() { return pick({"0", "1", "-1", "3", "14", "8", "2"}); }
  std::string line() {
    if (std::uniform_int_distribution<int>(1, 9)(random_) == 1)
      return pick({"# minlen = 3\n", "\n", "enforce_for_root\n", "minlen = 12x\n", "nosuch = 1\n",
                   "badwords = a b c\n", "minlen\n", "MINLEN = 11\n", "minlen == 9\n"});
    return pick({"", " ", "\t"}) + name() + pick({" = ", "=", " ", "\t=\t", "= "}) + value() +
           pick({"\n", "  \n", " # why\n", "#x\n"});
  }
  std::mt19937 random_;
};

TEST(PamOptionDifferential, SettingsAreThoseOfLibpwquality) {
  const Pwquality pwquality;
  if (!pwquality.is_there())
    GTEST_SKIP() << "libpwquality is not installed (Debian packages: libpwquality1, libcrack2)";
  const test::ScratchDirectory scratch;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    Generator generator(seed);
    const std::string directory = std::to_string(seed) + "/";
    auto tree = std::make_shared<MemoryTree>();
    std::string shown;
    const auto add = [&](const std::string& name, const std::string& text) {
      scratch.write(directory + name, text);
      tree->file("etc/security/" + name, text);
      shown += "== " + name + "\n" + text;
    };
    add("pwquality.conf", generator.file());
    if (seed % 2 == 0) add("pwquality.conf.d/50-a.conf", generator.file());
    if (seed % 3 == 0) add("pwquality.conf.d/10-b.conf", generator.file());
    if (seed % 5 == 0) add("pwquality.conf.d/99-c", generator.file());
    const std::vector<std::string> arguments = generator.arguments();
    std::string line = "password requisite pam_pwquality.so";
    for (const std::string& argument : arguments) line += " " + argument;
    tree->file("etc/pam.d/passwd", line + "\n");
    std::string names;
    for (const auto& [name, number] : kNumbers)
      names += (names.empty() ? "'pam_pwquality." : ", 'pam_pwquality.") + name + "'";
    EXPECT_EQ(test::facts(tree, "SELECT substr(key, 15), value FROM pam_option WHERE key IN (" +
                                    names + ") ORDER BY key"),
              pwquality.ask(scratch.path() + "/" + directory + "pwquality.conf", arguments))
        << shown << line;
  }
}

}  // namespace
}  // namespace drydock
