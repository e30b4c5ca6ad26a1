// Who may log in, as glibc's "files" source (nsswitch.conf(5)) and pam_unix(8) see it:
//
// passwd(5), getpwnam(3): the first line with a name counts. A password field of "x" sends pam_unix
// to the first line of shadow(5) with that name; any other field is the password itself, an empty
// one even if shadow has a hash.
//
// group(5), initgroups(3): a user gets the group id of *every* line that names him, so a line with
// another name and the same id gives the same power. The primary group of passwd(5) counts as well,
// and newgrp(1) takes the members of gshadow(5) instead of those of group(5); the administrators
// named there may add members (gpasswd(1)).
#include "analyzer/facts/collect/account.h"

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/source/tree.h"
#include "parsers/account_files.h"
#include "parsers/nsswitch.h"

namespace drydock::facts {

const TableSpec kAccountTable{
    .name = "account",
    .kind = TableKind::effective,
    .doc =
        "A line of passwd(5) joined with its entry in shadow(5). Hashes are never kept. Lines that "
        "are hidden by others (-name, with compat in nsswitch.conf(5)) have no row.",
    .columns =
        {{"name", ColumnType::text, "The login name."},
         {"uid", ColumnType::integer, "The user id."},
         {"gid", ColumnType::integer, "The id of the primary group."},
         {"gecos", ColumnType::text, "The comment field."},
         {"home", ColumnType::text, "The home directory."},
         {"home_path", ColumnType::text,
          "The same as a path of `file`, without slashes around it; NULL if it is empty or the "
          "root."},
         {"shell", ColumnType::text, "The login shell as it is written; empty means /bin/sh."},
         {"interactive", ColumnType::boolean,
          "The shell lets somebody work: neither nologin, false, true, sync, halt nor shutdown."},
         {"is_first", ColumnType::boolean, "0: an earlier line has the same name, and counts."},
         {"password_state", ColumnType::text,
          "'empty' (no password is asked for), 'set', 'locked' (begins with '!'), 'none' (no "
          "password "
          "fits), 'missing' (shadow has no such entry); NULL if shadow is not known."},
         {"password_source", ColumnType::text,
          "The file whose field decides: 'passwd' or 'shadow'; NULL if the entry there is "
          "missing."},
         {"hash_method", ColumnType::text,
          "By crypt(5), of a locked password too: yescrypt, sha512crypt, md5crypt, descrypt …; "
          "NULL if "
          "there is no hash."},
         {"hash_cost", ColumnType::integer,
          "By crypt(5): the rounds of sha256crypt, sha512crypt and sm3crypt (5000 if none are "
          "named) "
          "and of sha1crypt, the logarithm of the cost of bcrypt, scrypt and the yescrypts; NULL "
          "for "
          "the others."},
         {"last_change", ColumnType::integer,
          "Days since 1970; 0: at the next login; NULL: not set."},
         {"min_days", ColumnType::integer, "Minimum password age; NULL: not set."},
         {"max_days", ColumnType::integer, "Maximum password age; NULL: not set."},
         {"warn_days", ColumnType::integer, "Warning period; NULL: not set."},
         {"inactive_days", ColumnType::integer, "Days until lock after expiry; NULL: not set."},
         {"expire", ColumnType::integer, "Day the account expires, since 1970; NULL: never."},
         {"password_expires", ColumnType::integer,
          "Day the password expires, since 1970, as chage(1) works it out; NULL: never, or at the "
          "next login."},
         {"loc", ColumnType::location, "The line in passwd."},
         {"uid_loc", ColumnType::location, "The user id."},
         {"gid_loc", ColumnType::location, "The group id."},
         {"shell_loc", ColumnType::location, "The shell."},
         {"password_loc", ColumnType::location,
          "The password field that decides, in passwd or shadow."},
         {"shadow_loc", ColumnType::location, "The line in shadow; NULL if there is none."}},
    .indexes = {"name", "uid", "gid", "home_path"},
    .examples = {"SELECT name, uid, shell, password_state FROM account WHERE interactive"}};

const TableSpec kShadowTable{
    .name = "shadow",
    .kind = TableKind::raw,
    .doc = "A line of shadow(5), whether or not passwd has the account. Hashes are never kept.",
    .columns = {{"name", ColumnType::text, "The login name."},
                {"has_account", ColumnType::boolean, "passwd has a line of this name."},
                {"is_first", ColumnType::boolean,
                 "0: an earlier line has the same name, and counts."},
                {"password_state", ColumnType::text, "'empty', 'set', 'locked' or 'none'."},
                {"hash_method", ColumnType::text, "As in `account`."},
                {"loc", ColumnType::location, "The line."},
                {"password_loc", ColumnType::location, "The password field."}},
    .indexes = {"name"},
    .examples = {"SELECT name, password_state, hash_method FROM shadow WHERE NOT has_account"}};

const TableSpec kGroupTable{
    .name = "account_group",
    .kind = TableKind::effective,
    .doc = "A line of group(5) joined with its entry in gshadow(5).",
    .columns = {{"name", ColumnType::text, "The group."},
                {"gid", ColumnType::integer, "The group id."},
                {"is_first", ColumnType::boolean,
                 "0: an earlier line has the same name, and counts."},
                {"password_state", ColumnType::text,
                 "As in `account`; 'set' lets whoever knows it join with newgrp(1)."},
                {"loc", ColumnType::location, "The line in group."},
                {"gid_loc", ColumnType::location, "The group id."},
                {"password_loc", ColumnType::location,
                 "The password field that decides, in group or gshadow."}},
    .indexes = {"name", "gid"},
    .examples = {"SELECT name, gid FROM account_group ORDER BY gid"}};

const TableSpec kGroupMemberTable{
    .name = "group_member",
    .kind = TableKind::effective,
    .doc = "A user who has, or can get without anybody's help, the rights of a group.",
    .columns =
        {{"group_name", ColumnType::text, "The group."},
         {"gid", ColumnType::integer, "Its id; NULL if only gshadow knows the group."},
         {"user", ColumnType::text, "The user."},
         {"via", ColumnType::text,
          "'group' (member list), 'primary' (group id in passwd), 'same-gid' (member of another "
          "group "
          "with the same id), 'gshadow' (member list there: newgrp(1)), 'gshadow-admin' (may add "
          "members: gpasswd(1))."},
         {"is_account", ColumnType::boolean, "passwd has the user; NULL if passwd is not known."},
         {"loc", ColumnType::location, "The name, or the group id in passwd."}},
    .indexes = {"group_name", "user"},
    .examples = {"SELECT user, via, loc FROM group_member WHERE group_name = 'docker'"}};

const TableSpec kNisEntryTable{
    .name = "nis_entry",
    .kind = TableKind::raw,
    .doc =
        "A line of passwd, shadow or group that begins with '+' or '-': it takes entries from NIS "
        "where "
        "nsswitch.conf(5) says compat.",
    .columns = {{"database", ColumnType::text, "'passwd', 'shadow' or 'group'."},
                {"entry", ColumnType::text, "The first field: +, -user, +@netgroup."},
                {"loc", ColumnType::location, "The line."}},
    .examples = {"SELECT database, entry, loc FROM nis_entry"}};

const TableSpec kSubidTable{
    .name = "subid",
    .kind = TableKind::effective,
    .doc = "A range of ids that a user may map into a user namespace: subuid(5), subgid(5).",
    .columns = {{"kind", ColumnType::text, "'uid' or 'gid'."},
                {"owner", ColumnType::text, "A user name or a number, as it is written."},
                {"start", ColumnType::integer, "The first id."},
                {"count", ColumnType::integer, "How many ids."},
                {"loc", ColumnType::location, "The line."}},
    .indexes = {"owner"},
    .examples = {"SELECT kind, owner, start, count FROM subid"}};

namespace {

namespace files = parsers::account_files;

std::string_view state_name(files::Password state) {
  switch (state) {
    case files::Password::empty:
      return "empty";
    case files::Password::locked:
      return "locked";
    case files::Password::none:
      return "none";
    case files::Password::set:
      return "set";
  }
  return "none";
}

bool is_interactive(std::string_view shell) {
  static const std::set<std::string_view> kNoShells = {"nologin", "false",    "true",     "sync",
                                                       "halt",    "shutdown", "git-shell"};
  return !kNoShells.contains(file_name(shell));
}

Value text_or_null(std::string_view text) {
  return text.empty() ? Value(Null{}) : Value(text);
}
Value number_or_null(const std::optional<int64_t>& n) {
  return n ? Value(*n) : Value(Null{});
}

// The files of one directory, usually etc/. A file that is not there is not known in a fragment and
// empty elsewhere; one that cannot be read is not known.
class Databases {
 public:
  Databases(Context& context, const std::string& directory) : context_(context) {
    passwd_ = load<files::User>(directory, "passwd", files::parse_passwd,
                                {&kAccountTable, &kGroupMemberTable});
    shadow_ = load<files::Shadow>(directory, "shadow", files::parse_shadow,
                                  {&kAccountTable, &kShadowTable});
    group_ = load<files::Group>(directory, "group", files::parse_group,
                                {&kGroupTable, &kGroupMemberTable});
    gshadow_ = load<files::GroupShadow>(directory, "gshadow", files::parse_gshadow,
                                        {&kGroupTable, &kGroupMemberTable});
    subuid_ = load<files::Range>(directory, "subuid", files::parse_subid, {&kSubidTable});
    subgid_ = load<files::Range>(directory, "subgid", files::parse_subid, {&kSubidTable});
    if (context.is_fragment()) return;
    hide(passwd_, "passwd");
    hide(shadow_, "shadow");
    hide(group_, "group");
    note_absent(directory);
  }

  void write() {
    write_accounts();
    write_shadow();
    write_groups();
    write_members();
    write_nis(passwd_, "passwd");
    write_nis(shadow_, "shadow");
    write_nis(group_, "group");
    write_subids(subuid_, "uid");
    write_subids(subgid_, "gid");
  }

 private:
  template <class Record>
  struct Database {
    bool known = false;
    std::string path;
    files::File<Record> file;
  };

  template <class Record>
  Database<Record> load(const std::string& directory, std::string_view name,
                        files::File<Record> (*parse)(std::string_view),
                        std::vector<const TableSpec*> tables) {
    Database<Record> database;
    const std::string path = join_path(directory, name);
    if (const auto text = context_.read(path)) {
      database.file = parse(text->text);
      database.path = text->path;
      // A repository may hold a file of that name that is something else (pam.d/passwd).
      const bool is_one = !context_.is_fragment() ||
                          database.file.records.size() + database.file.nis.size() >=
                              database.file.errors.list().size() + database.file.errors.dropped();
      if (!is_one) return {};
      context_.issues(text->path, database.file.errors, std::move(tables));
      database.known = true;
    } else {
      database.known = !context_.is_fragment() && !context_.tree().lstat(path);
    }
    return database;
  }

  // nsswitch.conf(5): lines of a file that is not asked are nobody's. "compat": "-name" hides later lines of that name, "+name" has NIS answer in their place, and
  // behind a line that is "+" alone glibc reads no further. Netgroups hide whom only NIS knows.
  template <class Record>
  void hide(Database<Record>& database, std::string_view name) {
    const Lookup how = lookup(name);
    if (how == Lookup::nowhere) {
      database.file.records.clear();
      database.known = false;
    }
    if (database.file.nis.empty() || how == Lookup::files || how == Lookup::nowhere) return;
    std::set<std::string_view> hidden;
    auto nis = database.file.nis.begin();
    bool ended = false;
    std::erase_if(database.file.records, [&](const Record& record) {
      for (; nis != database.file.nis.end() && nis->span.line < record.span.line; ++nis) {
        if (!nis->counts || (how == Lookup::compat_then_files && nis->text.starts_with('+')))
          continue;
        ended |= nis->text == "+";
        hidden.insert(std::string_view(nis->text).substr(1));
      }
      return ended || hidden.contains(record.name);
    });
  }

  // How nsswitch.conf(5) has the lines of a file looked up: all of them; with "-name" and "+" counting; with "-name"
  // counting, and what NIS would answer found behind it; not at all.
  enum class Lookup : uint8_t { files, compat, compat_then_files, nowhere };
  Lookup lookup(std::string_view database) {
    const auto text = context_.read("etc/nsswitch.conf");
    const auto all =
        text ? parsers::nsswitch::parse(text->text) : std::vector<parsers::nsswitch::Database>();
    const parsers::nsswitch::Database *line = nullptr, *broken = nullptr;
    for (const auto& known : all) {
      if (known.name == database) line = &known;
      if (known.is_broken) broken = &known;
    }
    if (broken) {
      nowhere(text->path, broken->span, "glibc does not understand the line, and looks nothing up");
      return Lookup::nowhere;
    }
    if (!line) return Lookup::files;
    using parsers::nsswitch::Action;
    const auto& sources = line->sources;
    for (size_t i = 0; i < sources.size(); ++i) {
      const auto& source = sources[i];
      const bool is_last = i + 1 == sources.size();
      const bool has_files =
          std::any_of(sources.begin() + static_cast<std::ptrdiff_t>(i), sources.end(),
                      [](const auto& one) { return one.name == "files"; });
      const bool is_file = source.name == "files" || source.name == "compat";
      // Only groups can be put together: with others glibc fails there.
      if (is_file && source.actions.success == Action::merge && database != "group" && !is_last)
        break;
      if (source.name == "files") return Lookup::files;
      if (source.name == "compat" && source.actions.not_found == Action::stop)
        return has_files && source.actions.unavailable != Action::stop ? Lookup::compat_then_files
                                                                       : Lookup::compat;
      if (source.name == "compat") return has_files ? Lookup::files : Lookup::compat;
      if ((is_module(source.name) ? source.actions.not_found : source.actions.unavailable) ==
          Action::stop)
        break;
    }
    nowhere(text->path, line->span,
            std::string(database) + " is looked up elsewhere than in /etc/" +
                std::string(database) + ", and what that says is not known");
    return Lookup::nowhere;
  }

  void nowhere(const std::string& path, Span span, std::string message) {
    if (!said_.insert(span.line).second) return;
    context_.issue(path, {"files-not-asked", span, std::move(message), parsers::Effect::refused});
  }

  // Is the module of that source there? Where no library is, that cannot be told: it is.
  bool is_module(std::string_view source) {
    const Tree& tree = context_.tree();
    const auto has = [&](const std::string& library) {
      for (const std::string_view directory : {"usr/lib", "usr/lib64", "lib", "lib64"}) {
        if (tree.exists(join_path(directory, library))) return true;
        const auto real = tree.resolve(directory);
        const auto names =
            real ? tree.list(*real) : TreeResult<std::vector<std::string>>(real.error());
        if (names)
          for (const std::string& name : *names)
            if (name.find("-linux-") != std::string::npos &&
                tree.exists(join_path(join_path(*real, name), library)))
              return true;
      }
      return false;
    };
    return !has("libc.so.6") || has("libnss_" + std::string(source) + ".so.2");
  }

  // Every host has passwd, and shadow where passwd sends to it: without them nobody can say that an
  // account is in order. They may be kept elsewhere, or be links that lead nowhere.
  void note_absent(const std::string& directory) {
    const auto note = [&](std::string_view name, bool only_links,
                          std::vector<const TableSpec*> tables) {
      const std::string path = join_path(directory, name);
      const auto real = context_.tree().resolve(path);
      // What is there and cannot be read was reported by whoever read it.
      const bool is_absent = !real && (real.error().kind == TreeError::Kind::not_found ||
                                       real.error().kind == TreeError::Kind::not_directory);
      const bool is_link = context_.tree().lstat(path).has_value();
      if (!is_absent || (only_links && !is_link)) return;
      // Where the directory could not be looked into, that is said, and not that there is no such file.
      for (const Unread& one : context_.tree().unread())
        if (path == one.path || path.starts_with(one.path.empty() ? "" : one.path + "/")) return;
      if (is_link) tables.push_back(&kNisEntryTable);
      context_.issue(path,
                     {"no-such-file", Span{},
                      is_link ? "the link leads to no file: what it would say is not known"
                              : "there is no such file: what it would say is not known",
                      parsers::Effect::refused},
                     std::move(tables));
    };
    const bool sends = std::ranges::any_of(
        passwd_.file.records, [](const files::User& user) { return user.password == "x"; });
    note("passwd", false, {&kAccountTable});
    note("shadow", !sends, {&kAccountTable, &kShadowTable});
    note("group", true, {&kGroupTable, &kGroupMemberTable});
  }

  Value place(const std::string& path, Span span) { return context_.store().locate(path, span); }

  // getpwnam(3) and its like stop at the first line of a name.
  void lost(const TableSpec& table, std::string_view name, const std::string& path, Span winner,
            Span loser, const std::string& value) {
    context_.store().overridden(table, name, context_.store().locate(path, winner),
                                context_.store().locate(path, loser), value,
                                "the first line of a name counts");
  }

  static std::string name_of_state(const std::string& password) {
    return "password: " + std::string(state_name(files::classify_password(password).state));
  }

  void write_accounts() {
    std::map<std::string_view, const files::Shadow*> shadow;
    for (const files::Shadow& entry : shadow_.file.records)
      if (const auto [first, is_new] = shadow.try_emplace(entry.name, &entry); !is_new)
        lost(kAccountTable, entry.name, shadow_.path, first->second->password_span,
             entry.password_span, name_of_state(entry.password));
    std::map<std::string_view, Span> seen;
    for (const files::User& user : passwd_.file.records) {
      const auto [first, is_first] = seen.try_emplace(user.name, user.span);
      if (!is_first)
        lost(kAccountTable, user.name, passwd_.path, first->second, user.span,
             "uid " + std::to_string(user.uid));
      const auto found = shadow.find(user.name);
      const files::Shadow* entry = found == shadow.end() ? nullptr : found->second;
      Value state = Null{}, method = Null{}, source = Null{}, cost = Null{};
      Value password_loc = place(passwd_.path, user.password_span);
      // pam_unix: "x", "*NP*" and "##name" mean shadow.
      const bool shadowed =
          user.password == "x" || user.password == "*NP*" || user.password == "##" + user.name;
      if (!shadowed || entry) {
        const std::string& field = shadowed ? entry->password : user.password;
        const auto kind = files::classify_password(field);
        cost = number_or_null(files::hash_cost(field));
        state = state_name(kind.state);
        source = std::string_view(shadowed ? "shadow" : "passwd");
        method = text_or_null(kind.method);
        if (shadowed) password_loc = place(shadow_.path, entry->password_span);
      } else if (shadow_.known) {
        state = std::string_view("missing");
      }
      const std::string home_path = normal_path(user.home);
      const files::Shadow none;
      const files::Shadow& s = entry ? *entry : none;
      context_.store().insert(kAccountTable,
                              {std::string_view(user.name),
                               int64_t{user.uid},
                               int64_t{user.gid},
                               std::string_view(user.gecos),
                               std::string_view(user.home),
                               text_or_null(home_path),
                               std::string_view(user.shell),
                               is_interactive(user.shell),
                               is_first,
                               state,
                               source,
                               method,
                               cost,
                               number_or_null(s.last_change),
                               number_or_null(s.minimum),
                               number_or_null(s.maximum),
                               number_or_null(s.warning),
                               number_or_null(s.inactive),
                               number_or_null(s.expire),
                               password_expires(s),
                               place(passwd_.path, user.span),
                               place(passwd_.path, user.uid_span),
                               place(passwd_.path, user.gid_span),
                               place(passwd_.path, user.shell_span),
                               password_loc,
                               entry ? place(shadow_.path, entry->span) : Value(Null{})});
    }
  }

  // chage(1) and shadow(5): an empty, negative or huge maximum age means never; a last change of 0 means at
  // the next login.
  static Value password_expires(const files::Shadow& entry) {
    if (!entry.last_change || *entry.last_change <= 0 || !entry.maximum || *entry.maximum < 0 ||
        *entry.maximum >= 10000)
      return Null{};
    return *entry.last_change + *entry.maximum;
  }

  void write_shadow() {
    std::set<std::string_view> users, seen;
    for (const files::User& user : passwd_.file.records) users.insert(user.name);
    for (const files::Shadow& entry : shadow_.file.records) {
      const auto kind = files::classify_password(entry.password);
      context_.store().insert(
          kShadowTable,
          {std::string_view(entry.name), users.contains(entry.name), seen.insert(entry.name).second,
           state_name(kind.state), text_or_null(kind.method), place(shadow_.path, entry.span),
           place(shadow_.path, entry.password_span)});
    }
  }

  void write_groups() {
    std::map<std::string_view, const files::GroupShadow*> gshadow;
    for (const files::GroupShadow& entry : gshadow_.file.records)
      gshadow.try_emplace(entry.name, &entry);
    std::map<std::string_view, Span> seen;
    for (const files::Group& group : group_.file.records) {
      const auto [first, is_first] = seen.try_emplace(group.name, group.span);
      if (!is_first)
        lost(kGroupTable, group.name, group_.path, first->second, group.span,
             "gid " + std::to_string(group.gid));
      const auto found = gshadow.find(group.name);
      const files::GroupShadow* entry = found == gshadow.end() ? nullptr : found->second;
      Value state = Null{};
      Value password_loc = place(group_.path, group.password_span);
      const bool shadowed = group.password == "x";
      if (!shadowed || entry) {
        state =
            state_name(files::classify_password(shadowed ? entry->password : group.password).state);
        if (shadowed) password_loc = place(gshadow_.path, entry->password_span);
      } else if (gshadow_.known) {
        state = std::string_view("missing");
      }
      context_.store().insert(kGroupTable, {std::string_view(group.name), int64_t{group.gid},
                                            is_first, state, place(group_.path, group.span),
                                            place(group_.path, group.gid_span), password_loc});
    }
  }

  void write_members() {
    for (const files::User& user : passwd_.file.records) users_.insert(user.name);
    std::multimap<uint32_t, const files::Group*> by_gid;
    std::map<std::string_view, uint32_t> gids;
    for (const files::Group& group : group_.file.records) {
      by_gid.emplace(group.gid, &group);
      gids.try_emplace(group.name, group.gid);
    }
    for (const files::Group& group : group_.file.records) {
      const auto same = by_gid.equal_range(group.gid);
      for (auto it = same.first; it != same.second; ++it)
        for (const files::Member& member : it->second->members)
          write_member(group.name, int64_t{group.gid}, member.name,
                       it->second->name == group.name ? "group" : "same-gid",
                       place(group_.path, member.span));
    }
    for (const files::User& user : passwd_.file.records) {
      const auto same = by_gid.equal_range(user.gid);
      for (auto it = same.first; it != same.second; ++it)
        write_member(it->second->name, int64_t{user.gid}, user.name, "primary",
                     place(passwd_.path, user.gid_span));
    }
    for (const files::GroupShadow& group : gshadow_.file.records) {
      const auto gid = gids.find(group.name);
      const Value id = gid == gids.end() ? Value(Null{}) : Value(int64_t{gid->second});
      for (const files::Member& member : group.members)
        write_member(group.name, id, member.name, "gshadow", place(gshadow_.path, member.span));
      for (const files::Member& member : group.administrators)
        write_member(group.name, id, member.name, "gshadow-admin",
                     place(gshadow_.path, member.span));
    }
  }

  void write_member(std::string_view group, Value gid, std::string_view user, std::string_view via,
                    Value loc) {
    context_.store().insert(
        kGroupMemberTable,
        {group, gid, user, via, passwd_.known ? Value(users_.contains(user)) : Value(Null{}), loc});
  }

  template <class Record>
  void write_nis(const Database<Record>& database, std::string_view name) {
    for (const files::Nis& nis : database.file.nis)
      context_.store().insert(kNisEntryTable,
                              {name, std::string_view(nis.text), place(database.path, nis.span)});
  }

  void write_subids(const Database<files::Range>& database, std::string_view kind) {
    for (const files::Range& range : database.file.records)
      context_.store().insert(
          kSubidTable, {kind, std::string_view(range.owner), static_cast<int64_t>(range.start),
                        static_cast<int64_t>(range.count), place(database.path, range.span)});
  }

  Context& context_;
  std::set<uint32_t> said_;  // lines of nsswitch.conf
  Database<files::User> passwd_;
  Database<files::Shadow> shadow_;
  Database<files::Group> group_;
  Database<files::GroupShadow> gshadow_;
  Database<files::Range> subuid_;
  Database<files::Range> subgid_;
  std::set<std::string_view> users_;
};

void collect_accounts(Context& context) {
  if (!context.is_fragment()) return Databases(context, "etc").write();
  std::set<std::string> directories;
  for (const std::string& path : context.loose())
    directories.insert(std::string(parent_path(path)));
  for (const std::string& directory : directories) Databases(context, directory).write();
}

}  // namespace

const Collector kAccountCollector{
    .name = "account",
    .tables = {&kAccountTable, &kShadowTable, &kGroupTable, &kGroupMemberTable, &kNisEntryTable,
               &kSubidTable},
    .needs = {},
    .paths = {"etc/passwd", "etc/shadow", "etc/group", "etc/gshadow", "etc/subuid", "etc/subgid",
              "etc/nsswitch.conf"},
    .loose = {"passwd", "shadow", "group", "gshadow", "subuid", "subgid"},
    .collect = collect_accounts};

}  // namespace drydock::facts
