// The same stacks to drydock and to libpam itself: pam_debug.so answers as it is told.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "analyzer/facts/collect/pam.h"
#include "tests/facts/facts.h"
#include "tests/facts/libpam.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

using parsers::pam_conf::Answer;
using parsers::pam_conf::Line;
using parsers::pam_conf::Type;

// The answers of the auth and the account stack; 26 (abort) twice if the service is refused.
std::pair<int, int> ask(const test::Libpam& libpam, const std::string& directory) {
  using Call = test::Libpam::Call;
  const auto answers = libpam.ask(directory, "s", "root", {Call::authenticate, Call::account});
  return answers ? std::pair(answers->at(0), answers->at(1)) : std::pair(26, 26);
}

class Generator {
 public:
  Generator(unsigned seed, std::string directory)
      : random_(seed), directory_(std::move(directory)) {}

  std::map<std::string, std::string> files() {
    files_["s"] = file(0);
    files_.try_emplace("other", "auth required pam_deny.so\naccount required pam_deny.so\n");
    return files_;
  }

 private:
  bool chance(int n) { return std::uniform_int_distribution<int>(1, n)(random_) == 1; }
  std::string pick(const std::vector<std::string>& of) {
    return of[std::uniform_int_distribution<size_t>(0, of.size() - 1)(random_)];
  }

  std::string file(int depth) {
    std::string text;
    const int lines = std::uniform_int_distribution<int>(1, 6)(random_);
    for (int i = 0; i < lines; ++i) text += line(depth);
    return text;
  }

  std::string line(int depth) {
    const std::string type = pick({"auth", "auth", "AUTH", "account", "account", "session"});
    if (depth < 3 && chance(5)) {
      const std::string name = "f" + std::to_string(files_.size());
      files_[name] = "";
      files_[name] = file(depth + 1);
      const std::string path = directory_ + "/" + name;
      return chance(3) ? "@include " + path + "\n"
                       : type + pick({" include ", " substack "}) +
                             (chance(12) ? "/no/such/file" : path) + "\n";
    }
    if (chance(25)) return pick({"atuh required pam_permit.so\n", "auth required\n", "account\n"});
    return pick({"", "  ", "-"}) + type + pick({" ", "\t", " \\\n  "}) + control() + " " +
           module() + pick({"\n", " # why\n", "\n\n", " \\\n# why\n\n"});
  }

  std::string control() {
    if (chance(2)) return pick({"required", "requisite", "sufficient", "optional", "Required"});
    if (chance(20)) return pick({"requird", "[success=ok,default=bad]", "[success=0]"});
    std::string out = "[";
    for (const std::string answer : {"success", "auth_err", "perm_denied", "ignore", "maxtries"})
      if (chance(2)) out += answer + "=" + action() + " ";
    return out + (chance(4) ? "" : "default=" + action()) + "]";
  }

  std::string action() {
    return pick({"ok", "ok", "done", "bad", "die", "ignore", "reset", "1", "2", "3"});
  }

  std::string module() {
    if (chance(6)) return pick({"pam_deny.so", "pam_permit.so"});
    const std::string answer =
        pick({"success", "success", "success", "auth_err", "perm_denied", "ignore", "maxtries",
              "acct_expired", "new_authtok_reqd", "user_unknown"});
    return "pam_debug.so auth=" + answer + " acct=" + answer;
  }

  std::mt19937 random_;
  std::string directory_;
  std::map<std::string, std::string> files_;
};

Answer answer_named(std::string_view name) {
  static const std::map<std::string_view, Answer> kNames = {
      {"success", Answer::success},
      {"auth_err", Answer::auth_err},
      {"perm_denied", Answer::perm_denied},
      {"ignore", Answer::ignore},
      {"maxtries", Answer::maxtries},
      {"acct_expired", Answer::acct_expired},
      {"new_authtok_reqd", Answer::new_authtok_reqd},
      {"user_unknown", Answer::user_unknown}};
  return kNames.at(name);
}

// What the module of a line answers: pam_debug as it is told, pam_deny and pam_permit as always.
Answer told(const Line& line, std::string_view module) {
  if (module == "pam_permit.so") return Answer::success;
  if (module == "pam_deny.so") return Answer::auth_err;
  const std::string& argument = line.arguments.at(0).text;
  return answer_named(std::string_view(argument).substr(argument.find('=') + 1));
}

facts::PamConfig load(const std::shared_ptr<MemoryTree>& tree, facts::Store& store) {
  Target target;
  target.tree = tree;
  target.scope = Scope::host;
  facts::Context context(target, store);
  context.begin(facts::kPamCollector);
  return facts::load_pam(context);
}

TEST(PamDifferential, StacksEndAsLibpamEndsThem) {
  const test::Libpam libpam;
  const test::ScratchDirectory scratch;
  scratch.write("probe/s",
                "auth required pam_debug.so auth=maxtries\naccount required pam_permit.so\n");
  if (!libpam.is_there() || ask(libpam, scratch.path() + "/probe").first != 11)
    GTEST_SKIP() << "libpam with pam_start_confdir and pam_debug.so is not installed (Debian "
                    "packages: libpam0g, libpam-modules)";
  const auto store = facts::Store::create(facts::all_tables());
  int compared = 0, succeeded = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    const std::string directory = scratch.path() + "/" + std::to_string(seed);
    auto tree = std::make_shared<MemoryTree>();
    std::string shown;
    for (const auto& [name, text] : Generator(seed, directory).files()) {
      scratch.write(std::to_string(seed) + "/" + name, text);
      // The same files where drydock looks for services, and where the includes lead.
      if (name == "s" || name == "other") tree->file("etc/pam.d/" + name, text);
      tree->file(directory.substr(1) + "/" + name, text);
      shown += "== " + name + "\n" + text;
    }
    const auto [auth, account] = ask(libpam, directory);
    const facts::PamConfig config = load(tree, **store);
    const facts::PamConfig::Service* service = nullptr;
    for (const auto& one : config.services)
      if (one.name == "s") service = &one;
    ASSERT_NE(service, nullptr) << shown;
    for (const Type type : {Type::auth, Type::account}) {
      const int real = type == Type::auth ? auth : account;
      const auto& own = service->stacks[static_cast<size_t>(type)];
      const auto& stack = own.empty() ? config.other->stacks[static_cast<size_t>(type)] : own;
      std::set<size_t> called;
      const Answer answer = facts::run_pam(stack, [&](size_t i) {
        called.insert(i);
        return told(*stack[i].line, stack[i].module);
      });
      const bool is_void = service->is_void || config.other->is_void;
      for (size_t i = 0; i < stack.size(); ++i)
        shown += std::string(name(type)) + " " + std::to_string(stack[i].level) + " " +
                 std::string(stack[i].module) + (called.contains(i) ? " called\n" : "\n");
      ASSERT_EQ(is_void ? 26 : static_cast<int>(answer), real)
          << "seed " << seed << ", " << name(type) << "\n"
          << shown;
      ++compared;
      succeeded += real == 0;
      if (is_void) continue;
      // What the analysis says over all answers holds for these.
      const auto analysis = facts::analyse_pam(stack, type);
      ASSERT_TRUE(analysis) << shown;
      for (size_t i = 0; i < stack.size(); ++i) {
        const facts::PamReach& reach = analysis->entries[i];
        const bool was_called = called.contains(i);
        EXPECT_TRUE(reach.is_reached || !was_called) << i << "\n" << shown;
        if (real != 0 || stack[i].kind == facts::PamHandler::Kind::substack) continue;
        EXPECT_TRUE(was_called || reach.is_skippable) << i << "\n" << shown;
        const bool failed =
            was_called && told(*stack[i].line, stack[i].module) ==
                              (type == Type::auth ? Answer::auth_err : Answer::perm_denied);
        EXPECT_FALSE(failed && reach.decides) << i << "\n" << shown;
      }
    }
  }
  EXPECT_EQ(compared, 600);
  EXPECT_GE(succeeded, 40);
}

}  // namespace
}  // namespace drydock
