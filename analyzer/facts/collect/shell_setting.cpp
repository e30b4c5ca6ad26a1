// bash(1), "INVOCATION": a login shell reads /etc/profile, then the first of ~/.bash_profile,
// ~/.bash_login and ~/.profile; an interactive one that is no login shell reads /etc/bash.bashrc
// (Debian) or /etc/bashrc (Red Hat), then ~/.bashrc. What these source is followed, conditions are
// worked out where the host decides them.
#include "analyzer/facts/collect/shell_setting.h"

#include <algorithm>

#include "analyzer/facts/collect/shell_session.h"
#include "analyzer/source/tree.h"
#include "parsers/account_files.h"
#include "parsers/csh.h"
#include "parsers/login_defs.h"

namespace drydock::facts {

const TableSpec kShellSettingTable{
    .name = "shell_setting",
    .kind = TableKind::effective,
    .doc =
        "A place in the start-up files of a shell that sets TMOUT, PATH or the umask, and whether "
        "it "
        "counts (bash(1), INVOCATION; zsh(1), STARTUP/SHUTDOWN FILES; tcsh(1), Startup and "
        "shutdown).",
    .columns =
        {{"session", ColumnType::text,
          "'login' (a user's login shell, the host's files), 'interactive' (a shell that is no "
          "login shell), 'root' (a login of root, its own files too), 'user' (one file of a user "
          "below /home, or of root, by itself), 'zsh' and 'csh' (a login with that shell, the "
          "host's "
          "files)."},
         {"user", ColumnType::text, "The user for 'root' and 'user'; else NULL."},
         {"key", ColumnType::text,
          "'TMOUT', 'PATH', 'umask', or 'autologout' (csh: minutes until an idle shell ends)."},
         {"value", ColumnType::text,
          "The value; empty: it is unset; NULL: worked out when the shell runs."},
         {"is_effective", ColumnType::boolean,
          "No later line that is certain to run sets it again."},
         {"is_conditional", ColumnType::boolean,
          "The line is run on a condition that the host's files do not decide."},
         {"is_readonly", ColumnType::boolean, "The user cannot change it."},
         {"is_exported", ColumnType::boolean, "Programs that the shell starts get it."},
         {"path", ColumnType::text, "The file."},
         {"loc", ColumnType::location, "The setting."},
         {"value_loc", ColumnType::location, "Its value."}},
    .indexes = {"session"},
    .examples = {"SELECT session, key, value, is_conditional, is_readonly, loc FROM shell_setting "
                 "WHERE is_effective"}};

const TableSpec kSearchPathTable{
    .name = "search_path",
    .kind = TableKind::effective,
    .doc = "A directory in which the shell of root looks for programs, in the order of looking.",
    .columns = {{"position", ColumnType::integer, "From 0."},
                {"directory", ColumnType::text,
                 "As it is written; empty means the current directory."},
                {"path", ColumnType::text,
                 "The same as a path of `file`; NULL for one that is not absolute."},
                {"loc", ColumnType::location, "The setting of PATH."}},
    .examples = {"SELECT position, directory FROM search_path"}};

const TableSpec kStartupProgramTable{
    .name = "startup_program",
    .kind = TableKind::raw,
    .doc =
        "A file that a command in a user's start-up file names by its full path, as the program "
        "or as an argument.",
    .columns = {{"user", ColumnType::text, "The user."},
                {"path", ColumnType::text, "The start-up file."},
                {"program", ColumnType::text, "The file it names, as a path of `file`."},
                {"loc", ColumnType::location, "The word."}},
    .examples = {"SELECT user, path, program FROM startup_program"}};

namespace {

constexpr std::string_view kBashrc[] = {"etc/bash.bashrc", "etc/bashrc"};
constexpr std::string_view kLoginFiles[] = {".bash_profile", ".bash_login", ".profile"};
constexpr std::string_view kUserFiles[] = {".bash_profile", ".bash_login", ".profile", ".bashrc",
                                           ".zprofile",     ".zshrc",      ".zshenv",  ".kshrc"};
constexpr size_t kUsers = 2000;
const std::vector<const TableSpec*> kTables = {&kShellSettingTable, &kSearchPathTable};

class Writer {
 public:
  explicit Writer(Context& context) : context_(context) {}

  void root() {
    ShellSession login(context_, 1000, "/home/user", reported_);
    login.read("etc/profile", kTables, false);
    write(login, "login", "");
    ShellSession interactive(context_, 1000, "/home/user", reported_);
    for (const std::string_view path : kBashrc) interactive.read(std::string(path), kTables, false);
    write(interactive, "interactive", "");
    root_login();
    zsh();
    csh();
    users();
  }

  void fragment() {
    for (const std::string& path : context_.loose()) {
      ShellSession session(context_, 1000, "/home/user", reported_);
      session.read(path, kTables, false);
      write(session, "login", "");
    }
  }

 private:
  void root_login() {
    ShellSession session(context_, 0, "/root", reported_);
    // login(1): PATH of root is ENV_SUPATH of login.defs(5).
    std::string path = "/sbin:/bin:/usr/sbin:/usr/bin";
    Value loc = Null{};
    if (const auto text = context_.read("etc/login.defs"))
      for (const auto& setting : parsers::login_defs::parse(text->text).settings)
        if (setting.name == "ENV_SUPATH") {
          path = setting.value.starts_with("PATH=") ? setting.value.substr(5) : setting.value;
          loc = context_.store().locate(text->path, setting.value_span);
        }
    session.start_with("PATH", path);
    const bool has_profile = session.read("etc/profile", kTables, false);
    for (const std::string_view file : kLoginFiles)
      if (session.read("root/" + std::string(file), kTables, false)) break;
    write(session, "root", "root");
    for (const ShellSetting& one : session.settings())
      if (one.key == "PATH" && one.value && one.is_effective) {
        path = *one.value;
        loc = context_.store().locate(one.path, one.span);
      }
    const bool is_set = !std::holds_alternative<Null>(loc);
    if (!has_profile && !is_set) return;
    int64_t position = 0;
    for (size_t at = 0;; ++position) {
      const size_t end = std::min(path.find(':', at), path.size());
      const std::string_view directory = std::string_view(path).substr(at, end - at);
      const std::string normal = normal_path(directory);
      context_.store().insert(
          kSearchPathTable,
          {position, directory,
           directory.starts_with('/') ? Value(std::string_view(normal)) : Value(Null{}), loc});
      if (end == path.size() || position > 200) break;
      at = end + 1;
    }
  }

  // zsh(1), STARTUP/SHUTDOWN FILES; below /etc/zsh in Debian, in /etc itself elsewhere.
  void zsh() {
    ShellSession session(context_, 1000, "/home/user", reported_, ShellSession::Shell::zsh);
    for (const std::string_view name : {"zshenv", "zprofile", "zshrc", "zlogin"})
      for (const std::string_view directory : {"etc/zsh", "etc"}) {
        const std::string path = join_path(directory, name);
        // zsh has syntax that bash has not: what is not understood says nothing about the host.
        if (!session.read(path, kTables, true)) continue;
        // Red Hat's reads the files of other shells in a function.
        const auto text = context_.read(path);
        if (text && text->text.find("/etc/profile") != std::string_view::npos)
          session.read("etc/profile", kTables, false);
        break;
      }
    write(session, "zsh", "");
  }

  struct CshSetting {
    parsers::csh::Setting setting;
    std::string path;
    bool is_effective = true;
    bool is_void = false;  // tcsh does not come so far, or refuses it
  };

  // tcsh(1), "Startup and shutdown": /etc/csh.cshrc, then /etc/csh.login, and the directories that they go through in
  // the distributions.
  void csh() {
    std::vector<CshSetting> all;
    const auto read = [&](std::string_view path) -> std::string_view {
      const auto text = context_.read(path);
      if (!text) return {};
      for (auto& setting : parsers::csh::parse(text->text))
        if (setting.name == "autologout" || setting.name == "umask")
          all.push_back({std::move(setting), text->path});
      return text->text;
    };
    for (const std::string_view file : {"etc/csh.cshrc", "etc/csh.login"}) {
      const std::string_view text = read(file);
      for (const auto& [directory, glob] : {std::pair{"etc/profile.d", "*.csh"},
                                            {"etc/csh/cshrc.d", "*"},
                                            {"etc/csh/login.d", "*"}})
        if (text.find("/" + std::string(directory)) != std::string_view::npos)
          for (const std::string& path : context_.tree().glob(directory, glob)) read(path);
    }
    Store& store = context_.store();
    // The last one counts. tcsh reads nothing any more, in no file, once it was to change what is read-only.
    bool has_ended = false, perhaps_ended = false;
    for (size_t i = 0; i < all.size(); ++i) {
      bool is_frozen = false, perhaps_frozen = false;
      for (size_t j = 0; j < i; ++j)
        if (all[j].setting.name == all[i].setting.name && all[j].setting.is_readonly &&
            !all[j].is_void)
          (all[j].setting.is_conditional ? perhaps_frozen : is_frozen) = true;
      if (has_ended || is_frozen) {
        all[i].is_void = true;
        all[i].is_effective = false;
        has_ended |= is_frozen && !all[i].setting.is_conditional;
        perhaps_ended |= is_frozen;
        continue;
      }
      perhaps_ended |= perhaps_frozen;
      all[i].setting.is_conditional |= perhaps_ended;
      for (size_t j = 0; j < i && !all[i].setting.is_conditional; ++j)
        if (all[j].setting.name == all[i].setting.name) all[j].is_effective = false;
    }
    for (const CshSetting& one : all)
      store.insert(kShellSettingTable,
                   {std::string_view("csh"), Null{}, std::string_view(one.setting.name),
                    std::string_view(one.setting.value), one.is_effective,
                    one.setting.is_conditional, one.setting.is_readonly, false,
                    std::string_view(one.path), store.locate(one.path, one.setting.span),
                    store.locate(one.path, one.setting.value_span)});
  }

  void users() {
    const auto text = context_.read("etc/passwd");
    if (!text) return;
    size_t count = 0;
    std::set<std::string> seen;
    for (const auto& user : parsers::account_files::parse_passwd(text->text).records) {
      const std::string home = normal_path(user.home);
      if (home != "root" && parent_path(home) != "home") continue;
      if (!seen.insert(home).second || ++count > kUsers) continue;
      for (const std::string_view file : kUserFiles) {
        const std::string path = join_path(home, file);
        if (!context_.tree().exists(path)) continue;
        ShellSession session(context_, user.uid, "/" + home, reported_);
        session.read(path, kTables, true);
        write(session, "user", user.name);
        write_programs(path, user.name);
      }
    }
  }

  void write_programs(const std::string& path, const std::string& user) {
    const auto text = context_.read(path);
    if (!text) return;
    for (const auto& command : parsers::shell::parse(text->text).commands)
      for (const auto& word : command.words) {
        if (!word.text || !word.text->starts_with('/') || word.text->size() > 1000) continue;
        const std::string program = normal_path(*word.text);
        if (!program.empty() && context_.tree().exists(program))
          context_.store().insert(
              kStartupProgramTable,
              {std::string_view(user), std::string_view(text->path), std::string_view(program),
               context_.store().locate(text->path, word.span)});
      }
  }

  void write(const ShellSession& session, std::string_view name, std::string_view user) {
    Store& store = context_.store();
    const auto& settings = session.settings();
    for (const ShellSetting& one : settings)
      store.insert(
          kShellSettingTable,
          {name, user.empty() ? Value(Null{}) : Value(user), std::string_view(one.key),
           one.value ? Value(std::string_view(*one.value)) : Value(Null{}), one.is_effective,
           one.is_conditional, one.is_readonly, one.is_exported, std::string_view(one.path),
           store.locate(one.path, one.span), store.locate(one.path, one.value_span)});
    if (name == "user") return;
    for (const auto& [loser, winner, reason] : session.overridden())
      store.overridden(kShellSettingTable, std::string(name) + " " + settings[loser].key,
                       store.locate(settings[winner].path, settings[winner].span),
                       store.locate(settings[loser].path, settings[loser].span),
                       settings[loser].value.value_or(""), reason);
  }

  Context& context_;
  std::set<std::string> reported_;
};

void collect_shell_settings(Context& context) {
  Writer writer(context);
  if (context.is_fragment())
    writer.fragment();
  else
    writer.root();
}

}  // namespace

const Collector kShellSettingCollector{
    .name = "shell_setting",
    .tables = {&kShellSettingTable, &kSearchPathTable, &kStartupProgramTable},
    .needs = {},
    .paths = {"etc/profile",     "etc/profile.d/*", "etc/bash.bashrc",      "etc/bashrc",
              "etc/zsh/z*",      "etc/zshenv",      "etc/zprofile",         "etc/zshrc",
              "etc/zlogin",      "etc/csh.cshrc",   "etc/csh.login",        "etc/csh/*/*",
              "etc/login.defs",  "etc/passwd",      "root/.bash_profile",   "root/.bash_login",
              "root/.profile",   "root/.bashrc",    "root/.zprofile",       "root/.zshrc",
              "root/.zshenv",    "root/.kshrc",     "home/*/.bash_profile", "home/*/.bash_login",
              "home/*/.profile", "home/*/.bashrc",  "home/*/.zprofile",     "home/*/.zshrc",
              "home/*/.zshenv",  "home/*/.kshrc"},
    .loose = {"etc/profile", "profile.d/*.sh", "bash.bashrc"},
    .collect = collect_shell_settings};

}  // namespace drydock::facts
