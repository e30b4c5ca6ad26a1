// GRUB manual 2.06, "Shell-like scripting" and "Commands"; the choice of the default entry follows
// grub-core/normal/menu.c. Compared with grub-emu in tests/facts/grub_differential_test.cpp.
#include "analyzer/facts/collect/grub_run.h"

#include <algorithm>
#include <cstdint>

#include "analyzer/facts/collect/grub_menu.h"
#include "analyzer/source/tree.h"
#include "parsers/grub_env.h"

namespace drydock::facts {
namespace {

using parsers::grub_script::Piece;
using parsers::grub_script::Statement;
using parsers::grub_script::Word;

constexpr size_t kSteps = 200'000;
constexpr size_t kEntries = 500;
constexpr size_t kArguments = 50'000;  // of all entries
constexpr size_t kVariables = 500;
constexpr size_t kValue = 4096;    // bytes of one variable, as of a kernel's command line
constexpr size_t kWords = 10'000;  // words of one command
constexpr size_t kFiles = 64;
constexpr int kCalls = 50;

struct Argument {
  std::string text;
  Span span;
};
using Arguments = std::vector<Argument>;

struct Environment {
  std::map<std::string, std::string, std::less<>> values;
  std::set<std::string, std::less<>> exported;
};

struct Pending {
  size_t entry;
  const std::vector<Statement>* body;
  std::string path;
};

class Runner {
 public:
  explicit Runner(const GrubHost& host) : host_(host) {}

  GrubMenu run(const std::string& path) {
    for (const char* feature :
         {"feature_chainloader_bpb", "feature_ntldr", "feature_platform_search_hint",
          "feature_default_font_path", "feature_all_video_module", "feature_menuentry_id",
          "feature_menuentry_options", "feature_200_final", "feature_nativedisk_cmd",
          "feature_timeout_style"}) {
      environment_.values[feature] = "y";
      environment_.exported.insert(feature);
    }
    for (const auto& [name, value] :
         {std::pair{"prefix", "(hd0)/" + std::string(parent_path(path))},
          {"root", std::string("hd0")},
          {"grub_platform", std::string("pc")},
          {"grub_cpu", std::string("i386")},
          {"config_directory", "(hd0)/" + std::string(parent_path(path))},
          {"config_file", "(hd0)/" + path}}) {
      environment_.values[name] = value;
      environment_.exported.insert(name);
    }
    source(path);
    superusers();
    choose();
    return std::move(menu_);
  }

 private:
  // --- words -------------------------------------------------------------------------------------

  std::string value_of(const std::string& name) const {
    if (name == "?") return std::to_string(status_);
    if (name == "#") return std::to_string(positional().size());
    if (name == "@" || name == "*") {
      std::string all;
      for (const std::string& word : positional()) all += (all.empty() ? "" : " ") + word;
      return all;
    }
    if (!name.empty() && name[0] >= '0' && name[0] <= '9') {
      const size_t i = static_cast<size_t>(grub_number(name).value_or(0));
      return i >= 1 && i <= positional().size() ? positional()[i - 1] : "";
    }
    const auto found = environment_.values.find(name);
    return found == environment_.values.end() ? "" : found->second;
  }

  const std::vector<std::string>& positional() const {
    static const std::vector<std::string> kNone;
    return calls_.empty() ? kNone : calls_.back();
  }

  void expand(const Word& word, Arguments& out) {
    std::string text;
    bool open = false;  // a word has begun
    const auto close = [&] {
      if (open && out.size() < kWords) out.push_back({std::move(text), word.span});
      text.clear();
      open = false;
    };
    for (const Piece& piece : word.pieces) {
      if (!piece.is_variable) {
        text += piece.text;
        open = open || piece.is_quoted || !piece.text.empty();
        continue;
      }
      if (piece.is_quoted && piece.text == "@") {  // "$@": each for itself
        bool first = true;
        for (const std::string& each : positional()) {
          if (!first) close();
          first = false;
          text += each;
          open = true;
        }
        continue;
      }
      const std::string value = value_of(piece.text);
      if (piece.is_quoted) {
        text += value;
        open = true;
        continue;
      }
      for (const char c : value) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
          close();
        } else {
          text += c;
          open = true;
        }
      }
    }
    close();
    if (text.size() > kValue) text.resize(kValue);
  }

  // --- statements --------------------------------------------------------------------------------

  bool halted() {
    if (steps_ >= kSteps) menu_.is_complete = false;
    return returning_ || breaking_ > 0 || stop_ || steps_ >= kSteps;
  }

  void run_list(const std::vector<Statement>& list) {
    for (const Statement& statement : list) {
      if (halted()) return;
      ++steps_;
      run_statement(statement);
    }
  }

  bool holds(const std::vector<Statement>& condition) {
    run_list(condition);
    return status_ == 0;
  }

  void run_statement(const Statement& s) {
    switch (s.kind) {
      case Statement::Kind::if_:
        return run_if(s);
      case Statement::Kind::loop:
        for (int i = 0;
             i < 1000 && !halted() && s.parts.size() == 2 && holds(s.parts[0]) != s.until; ++i) {
          run_list(s.parts[1]);
          if (leave_loop()) break;
        }
        return;
      case Statement::Kind::for_: {
        if (s.words.empty() || s.parts.empty()) return;
        Arguments values;
        for (size_t i = 1; i < s.words.size(); ++i) expand(s.words[i], values);
        for (const Argument& value : values) {
          if (halted()) return;
          set(s.words[0].literal(), value.text);
          run_list(s.parts[0]);
          if (leave_loop()) break;
        }
        return;
      }
      case Statement::Kind::function:
        if (!s.words.empty() && !s.parts.empty())
          functions_[s.words[0].literal()] = {&s.parts[0], path_};
        return;
      case Statement::Kind::command:
        return run_command(s);
    }
  }

  // `break` ends one loop; true: out of this one.
  bool leave_loop() {
    if (breaking_ == 0) return false;
    --breaking_;
    return true;
  }

  void run_if(const Statement& s) {
    size_t i = 0;
    for (; i + 1 < s.parts.size(); i += 2) {
      if (holds(s.parts[i])) {
        status_ = 0;
        return run_list(s.parts[i + 1]);
      }
      if (halted()) return;
    }
    status_ = 0;
    if (i < s.parts.size()) run_list(s.parts[i]);
  }

  void set(const std::string& name, std::string value) {
    if (value.size() > kValue) value.resize(kValue);
    if (environment_.values.size() < kVariables || environment_.values.contains(name))
      environment_.values[name] = std::move(value);
  }

  void run_command(const Statement& s) {
    if (s.words.empty()) {
      for (const auto& block : s.parts) run_list(block);
      return;
    }
    Arguments words;
    for (const Word& word : s.words) expand(word, words);
    if (words.empty()) return;
    // "! command" turns the status round.
    if (words[0].text == "!") {
      words.erase(words.begin());
      if (!words.empty()) run_words(s, words);
      status_ = status_ == 0 ? 1 : 0;
      return;
    }
    run_words(s, words);
  }

  void run_words(const Statement& s, Arguments& words) {
    const std::string name = words[0].text;
    const Arguments rest(words.begin() + 1, words.end());
    status_ = 0;
    if (name == "menuentry" || name == "submenu") return add_entry(s, rest, name == "submenu");
    if (name == "set") return run_set(rest);
    if (name == "unset") {
      for (const Argument& a : rest) environment_.values.erase(a.text);
    } else if (name == "export") {
      for (const Argument& a : rest) environment_.exported.insert(assign(a.text));
    } else if (name == "[" || name == "test") {
      Arguments operands = rest;
      if (name == "[" && !operands.empty()) operands.pop_back();
      std::vector<std::string> texts;
      for (const Argument& a : operands) texts.push_back(a.text);
      status_ = grub_test(texts, [this](const std::string& path) { return exists(path); }) ? 0 : 1;
    } else if (name == "false") {
      status_ = 1;
    } else if (name == "return") {
      returning_ = true;
      if (!rest.empty()) status_ = static_cast<int>(grub_number(rest[0].text).value_or(0) & 0xff);
    } else if (name == "break" || name == "continue") {
      breaking_ = 1;
    } else if (name == "source" || name == ".") {
      if (!rest.empty()) source(rest[0].text);
    } else if (name == "configfile" || name == "legacy_configfile" || name == "normal") {
      if (!rest.empty()) configure(rest[0].text);
    } else if (name == "load_env") {
      load_environment(rest);
    } else if (name == "blscfg") {
      menu_.uses_bls = true;
      if (submenu_.empty())
        for (GrubEntry entry : host_.bls) {
          entry.index = next_index();
          if (menu_.entries.size() < kEntries) menu_.entries.push_back(std::move(entry));
        }
    } else if (name == "password" || name == "password_pbkdf2") {
      if (rest.size() >= 2)
        menu_.passwords.push_back({rest[0].text, name == "password_pbkdf2", path_, s.span});
    } else if (entry_ && run_loader(name, rest)) {
      return;
    } else if (const auto function = functions_.find(name); function != functions_.end()) {
      call(function->second, rest);
    } else if (name.find('=') != std::string::npos) {
      assign(name);
    }
  }

  // "name=value" sets; returns the name.
  std::string assign(const std::string& text) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) return text;
    set(text.substr(0, equals), text.substr(equals + 1));
    return text.substr(0, equals);
  }

  void run_set(const Arguments& rest) {
    if (!rest.empty()) assign(rest[0].text);
  }

  struct Function {
    const std::vector<Statement>* body = nullptr;
    std::string path;
  };

  void call(const Function function, const Arguments& arguments) {
    if (calls_.size() >= kCalls) {
      status_ = 1;
      return;
    }
    std::vector<std::string> words;
    for (const Argument& a : arguments) words.push_back(a.text);
    calls_.push_back(std::move(words));
    const std::string path = std::exchange(path_, function.path);
    run_list(*function.body);
    path_ = path;
    calls_.pop_back();
    returning_ = false;
  }

  // --- files -------------------------------------------------------------------------------------

  // "(hd0,1)/grub2/x" on a partition of its own for /boot is boot/grub2/x of the host.
  std::vector<std::string> candidates(std::string_view path) const {
    if (path.starts_with('(')) path.remove_prefix(std::min(path.find(')') + 1, path.size()));
    const std::string normal = normal_path(path);
    return {normal, "boot/" + normal, "boot/efi/" + normal};
  }

  bool exists(const std::string& path) const {
    return std::ranges::any_of(candidates(path), [&](const auto& c) { return host_.exists(c); });
  }

  std::optional<GrubHost::Source> find(const std::string& path) const {
    for (const std::string& candidate : candidates(path))
      if (host_.exists(candidate)) return host_.read(candidate);
    return std::nullopt;
  }

  void source(const std::string& path) {
    if (files_.size() >= kFiles || depth_ >= 16) {
      menu_.is_complete = false;
      return;
    }
    const auto file = find(path);
    if (!file) {
      status_ = 1;
      return;
    }
    files_.push_back(
        std::make_unique<parsers::grub_script::File>(parsers::grub_script::parse(file->text)));
    const parsers::grub_script::File& script = *files_.back();
    host_.parsed(*file, script);
    const std::string before = std::exchange(path_, file->path);
    ++depth_;
    run_list(script.statements);
    --depth_;
    path_ = before;
  }

  // A new menu takes the place of this one; nothing is run behind it.
  void configure(const std::string& path) {
    if (entry_) return;
    if (!find(path)) {
      status_ = 1;
      return;
    }
    menu_.entries.clear();
    pending_.clear();
    next_ = 0;
    source(path);
    stop_ = true;
  }

  void load_environment(const Arguments& rest) {
    std::string path = value_of("prefix") + "/grubenv";
    std::set<std::string> only;
    for (size_t i = 0; i < rest.size(); ++i) {
      const std::string& word = rest[i].text;
      if ((word == "--file" || word == "-f") && i + 1 < rest.size())
        path = rest[++i].text;
      else if (word.starts_with("--file="))
        path = word.substr(7);
      else if (!word.starts_with('-'))
        only.insert(word);
    }
    const auto file = find(path);
    if (!file) return;
    for (auto& variable : parsers::grub_env::parse(file->text).variables)
      if (only.empty() || only.contains(variable.name))
        set(variable.name, std::move(variable.value));
  }

  // --- the menu ----------------------------------------------------------------------------------

  std::string next_index() {
    const std::string index = submenu_ + std::to_string(next_++);
    return index;
  }

  void add_entry(const Statement& s, const Arguments& rest, bool is_submenu) {
    GrubEntry entry;
    entry.is_submenu = is_submenu;
    entry.path = path_;
    entry.span = s.span;
    bool titled = false;
    for (size_t i = 0; i < rest.size(); ++i) {
      const std::string& word = rest[i].text;
      const auto takes = [&](std::string_view option) {
        return word == option && i + 1 < rest.size();
      };
      if (takes("--id"))
        entry.id = rest[++i].text;
      else if (word.starts_with("--id="))
        entry.id = word.substr(5);
      else if (takes("--class") || takes("--users") || takes("--hotkey") || takes("--source"))
        ++i;
      else if (word == "--unrestricted")
        entry.is_unrestricted = true;
      else if (!word.starts_with("--") && !titled)
        titled = true, entry.title = word;
    }
    if (!titled || menu_.entries.size() >= kEntries) return;
    if (entry.id.empty()) entry.id = entry.title;
    entry.index = next_index();
    menu_.entries.push_back(std::move(entry));
    if (s.has_block && !s.parts.empty())
      pending_.push_back({menu_.entries.size() - 1, &s.parts.back(), path_});
  }

  bool run_loader(const std::string& name, const Arguments& rest) {
    GrubEntry& entry = menu_.entries[*entry_];
    if (name == "linux" || name == "linux16" || name == "linuxefi" || name == "loadkernel") {
      take_kernel(entry, rest, 0);
    } else if (name == "multiboot" || name == "multiboot2") {
      is_multiboot_ = true;  // Xen: the first module is the kernel
    } else if ((name == "module" || name == "module2") && is_multiboot_) {
      const size_t first = !rest.empty() && rest[0].text == "--nounzip" ? 1 : 0;
      if (entry.kernel.empty())
        take_kernel(entry, rest, first);
      else if (entry.initrd.empty() && rest.size() > first)
        entry.initrd = rest[first].text;
    } else if (name == "initrd" || name == "initrd16" || name == "initrdefi") {
      entry.initrd.clear();
      for (const Argument& a : rest) entry.initrd += (entry.initrd.empty() ? "" : " ") + a.text;
    } else {
      return false;
    }
    return true;
  }

  void take_kernel(GrubEntry& entry, const Arguments& rest, size_t first) {
    if (rest.size() <= first) return;
    entry.kernel = rest[first].text;
    entry.arguments.clear();
    // What stands behind "--" is for init.
    for (size_t i = first + 1; i < rest.size() && rest[i].text != "--"; ++i)
      if (rest[i].text != "placeholder" && ++arguments_ <= kArguments)
        entry.arguments.push_back({grub_quoted(rest[i].text), path_, rest[i].span});
  }

  void superusers() {
    const auto found = environment_.values.find("superusers");
    if (found != environment_.values.end()) menu_.superusers = found->second;
  }

  // Runs the bodies of the entries, each in a copy of what the whole file has set: a submenu's in a copy of what
  // was exported.
  void run_bodies() {
    stop_ = returning_ = false;
    breaking_ = 0;
    std::vector<Pending> pending = std::move(pending_);
    pending_.clear();
    const Environment outer = environment_;
    for (const Pending& p : pending) {
      environment_ = outer;
      path_ = p.path;
      is_multiboot_ = false;
      calls_.clear();
      calls_.push_back({menu_.entries[p.entry].title});
      returning_ = false;
      stop_ = false;
      if (!menu_.entries[p.entry].is_submenu) {
        entry_ = p.entry;
        run_list(*p.body);
        entry_.reset();
        continue;
      }
      if (submenus_ >= 8) continue;
      for (auto it = environment_.values.begin(); it != environment_.values.end();)
        it = environment_.exported.contains(it->first) ? std::next(it)
                                                       : environment_.values.erase(it);
      const std::string prefix = std::exchange(submenu_, menu_.entries[p.entry].index + ">");
      const size_t next = std::exchange(next_, 0);
      run_list(*p.body);
      ++submenus_;
      run_bodies();
      --submenus_;
      submenu_ = prefix;
      next_ = next;
    }
    environment_ = outer;
  }

  void choose() {
    std::optional<std::string> spec;
    if (const auto found = environment_.values.find("default"); found != environment_.values.end())
      spec = found->second;
    run_bodies();
    menu_.chosen = choose_grub_entry(menu_.entries, std::move(spec), menu_.why_chosen);
  }

  const GrubHost& host_;
  GrubMenu menu_;
  Environment environment_;
  std::map<std::string, Function, std::less<>> functions_;
  std::vector<std::unique_ptr<parsers::grub_script::File>> files_;
  std::vector<Pending> pending_;
  std::vector<std::vector<std::string>> calls_;
  std::optional<size_t> entry_;  // whose body runs
  std::string path_;
  std::string submenu_;  // "1>" inside of the second entry's
  size_t next_ = 0;
  size_t steps_ = 0;
  size_t arguments_ = 0;
  int status_ = 0;
  int depth_ = 0;
  int submenus_ = 0;
  int breaking_ = 0;
  bool returning_ = false;
  bool stop_ = false;
  bool is_multiboot_ = false;
};

}  // namespace

std::string grub_quoted(std::string_view argument) {
  std::string text;
  const bool has_blank = argument.find(' ') != std::string_view::npos;
  if (has_blank) text += '"';
  for (const char c : argument) {
    if (c == '\\' || c == '\'' || c == '"') text += '\\';
    text += c;
  }
  if (has_blank) text += '"';
  return text;
}

GrubMenu run_grub(const GrubHost& host, const std::string& path) {
  return Runner(host).run(path);
}

}  // namespace drydock::facts
