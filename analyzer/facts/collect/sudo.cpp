// sudoers(5): /etc/sudoers with its includes, read as one text in which an included file stands in the
// place of its include. "@includedir": the files of the directory "are parsed in sorted lexical order",
// those that "end in '~' or contain a '.' character" are skipped. "Where there are multiple matches, the
// last match is used". An alias may be used before it is defined; a second definition of a name is an
// error and the first one stays. Settings that sudo does not know or of the wrong kind it leaves out.
#include "analyzer/facts/collect/sudo.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include "analyzer/facts/collect/include_limit.h"
#include "analyzer/facts/collect/sudo_order.h"
#include "analyzer/source/tree.h"
#include "parsers/sudoers.h"
#include "parsers/sudoers_default.h"

namespace drydock::facts {

const TableSpec kSudoRuleTable{
    .name = "sudo_rule",
    .kind = TableKind::effective,
    .doc =
        "A command that sudoers(5) allows or forbids a user, with aliases resolved: a row for each "
        "member of the user list and each command. Of several that match the one with the highest "
        "position counts.",
    .columns = {{"position", ColumnType::integer,
                 "Counts the rules in the order sudo reads them, from 1."},
                {"user", ColumnType::text, "alice, #1000, %wheel, %#27, +netgroup or ALL."},
                {"is_user_negated", ColumnType::boolean, "The list excludes the user ('!')."},
                {"hosts", ColumnType::text, "The host list, separated by commas; ALL for any."},
                {"runas_users", ColumnType::text,
                 "Whom the user may become, separated by commas: root if nothing is said, empty "
                 "for himself."},
                {"runas_groups", ColumnType::text,
                 "The groups he may take; empty if none are given."},
                {"command", ColumnType::text,
                 "The path, a directory with '/' at its end, sudoedit or ALL."},
                {"arguments", ColumnType::text, "Those allowed; '' for none; NULL for any."},
                {"digest", ColumnType::text, "The digests the program must have; NULL if none."},
                {"allows", ColumnType::boolean, "0: the command or the user is negated."},
                {"nopasswd", ColumnType::boolean,
                 "No password is asked for: the tag NOPASSWD, or Defaults !authenticate for all, "
                 "the user or "
                 "the command without the tag PASSWD."},
                {"counts", ColumnType::boolean,
                 "0: a later rule takes all that this one is for, as far as words and the groups "
                 "of the host can tell."},
                {"noexec", ColumnType::boolean, "The tag NOEXEC holds."},
                {"setenv", ColumnType::boolean, "The tag SETENV holds; ALL implies it."},
                {"loc", ColumnType::location, "The user specification."},
                {"user_loc", ColumnType::location, "The user, where he is named."},
                {"command_loc", ColumnType::location, "The command, where it is named."}},
    .indexes = {"user", "command"},
    .examples = {"SELECT user, command, loc FROM sudo_rule WHERE allows AND nopasswd AND counts"}};

const TableSpec kSudoDefaultTable{
    .name = "sudo_default",
    .kind = TableKind::effective,
    .doc =
        "A setting of sudoers(5) Defaults. Of several for the same scope the last one counts; "
        "those "
        "that add to a list or take from it all stay.",
    .columns = {{"name", ColumnType::text, "use_pty, secure_path, timestamp_timeout and so on."},
                {"value", ColumnType::text, "'on' or 'off' for flags, else the value unquoted."},
                {"operator", ColumnType::text, "'=', '+=', '-='; NULL for flags."},
                {"scope", ColumnType::text, "'global', 'user', 'host', 'runas' or 'command'."},
                {"binding", ColumnType::text,
                 "Whom it is for, separated by commas; empty if global."},
                {"loc", ColumnType::location, "The setting."},
                {"value_loc", ColumnType::location, "Its value; of a flag the whole setting."}},
    .key = "name",
    .value = "value",
    .examples = {"SELECT name, value FROM sudo_default WHERE scope = 'global'"}};

namespace {

namespace sudoers = parsers::sudoers;
using sudoers::Item;

constexpr size_t kFiles = 1000;                      // of one includedir and all that they include
constexpr size_t kRows = 20'000;                     // of sudo_rule
constexpr size_t kSettings = 10'000;                 // of sudo_default
constexpr size_t kResolvedBytes = size_t{64} << 20;  // of the lists with aliases taken away
constexpr size_t kAliasDepth = 32;                   // aliases in aliases

// An entry and the file it stands in.
struct Placed {
  const sudoers::Entry* entry;
  const std::string* path;
};

// A member of a list with aliases taken away, and the file that names it.
struct Member {
  const Item* item;
  const std::string* path;
  bool negated;
};

std::string with_arguments(const Item& item) {
  if (!item.arguments) return item.text;
  return item.text + " " + (item.arguments->empty() ? "\"\"" : *item.arguments);
}

std::string joined(const std::vector<Member>& members) {
  std::string out;
  for (const Member& m : members)
    out += (out.empty() ? "" : ",") + std::string(m.negated ? "!" : "") + with_arguments(*m.item);
  return out;
}

std::string_view name(sudoers::Scope scope) {
  switch (scope) {
    case sudoers::Scope::global:
      return "global";
    case sudoers::Scope::user:
      return "user";
    case sudoers::Scope::host:
      return "host";
    case sudoers::Scope::runas:
      return "runas";
    case sudoers::Scope::command:
      return "command";
  }
  return "global";
}

class Sudoers {
 public:
  explicit Sudoers(Context& context) : context_(context), order_(context) {}

  void read(const std::string& path, int depth = 0) {
    // sudo itself allows 128 nested files.
    const auto text = context_.read(path);
    if (!text || !limit_.admits(text->path, depth)) return;
    files_.push_back(std::make_unique<std::pair<std::string, sudoers::File>>(
        text->path, sudoers::parse(text->text)));
    const auto& [real, file] = *files_.back();
    context_.issues(real, file.errors);
    for (const sudoers::Entry& entry : file.entries) {
      if (const auto* include = std::get_if<sudoers::Include>(&entry)) {
        if (!context_.is_fragment()) follow(*include, real, depth);
      } else {
        entries_.push_back({&entry, &real});
        if (const auto* alias = std::get_if<sudoers::Alias>(&entry)) define(*alias, real);
      }
    }
  }

  void write() {
    for (const Placed& placed : entries_)
      if (const auto* defaults = std::get_if<sudoers::Defaults>(placed.entry))
        note_defaults(*defaults, *placed.path);
    write_defaults();
    for (const Placed& placed : entries_)
      if (const auto* spec = std::get_if<sudoers::UserSpec>(placed.entry))
        note_spec(*spec, *placed.path);
    for (size_t i = 0; i < found_.size(); ++i) write_row(i);
  }

 private:
  void follow(const sudoers::Include& include, const std::string& from, int depth) {
    const std::string path = normal_path(
        include.path.starts_with('/') ? include.path : join_path(parent_path(from), include.path));
    if (!include.is_directory) {
      const auto stat = context_.tree().stat(path);
      if (!stat && stat.error().kind == TreeError::Kind::not_found)
        context_.issue(from, {"include-not-found", include.span,
                              "the included file " + include.path + " is not there",
                              parsers::Effect::ignored});
      else if (stat && stat->type != NodeType::file)
        context_.issue(from, {"include-not-found", include.span,
                              "the included " + include.path + " is no regular file",
                              parsers::Effect::ignored});
      else
        read(path, depth + 1);
      return;
    }
    for (const std::string& file : context_.tree().glob(path, "*")) {
      const std::string_view name = file_name(file);
      if (!name.ends_with('~') && name.find('.') == std::string_view::npos) read(file, depth + 1);
    }
  }

  void define(const sudoers::Alias& alias, const std::string& path) {
    const auto [known, is_new] =
        aliases_.try_emplace({alias.kind, alias.name}, std::pair{&alias, &path});
    if (!is_new)
      context_.issue(path, {"alias-defined-twice", alias.span,
                            "the alias " + alias.name + " is defined before, and stays as it was",
                            parsers::Effect::ignored});
  }

  std::vector<Member> resolve(std::span<const Item> items, sudoers::AliasKind kind,
                              const std::string& path) {
    std::vector<Member> out;
    resolve_into(items, kind, path, false, 0, out);
    return out;
  }

  void resolve_into(std::span<const Item> items, sudoers::AliasKind kind, const std::string& path,
                    bool negated, size_t depth, std::vector<Member>& out) {
    for (const Item& item : items) {
      if (is_spent()) return;
      if (out.size() >= kRows) {
        if (std::exchange(said_cut_, true)) return;
        return context_.issue(
            path,
            {"too-many-members", item.span,
             "a list has more than 20000 members once aliases are resolved; the rest is not judged",
             parsers::Effect::refused});
      }
      const bool is_negated = item.negated != negated;
      const auto alias =
          item.kind == Item::Kind::alias ? aliases_.find({kind, item.text}) : aliases_.end();
      if (alias == aliases_.end() || depth >= kAliasDepth) {
        out.push_back({&item, &path, is_negated});
        resolved_ +=
            sizeof(Member) + item.text.size() + (item.arguments ? item.arguments->size() : 0);
        if (is_spent())
          context_.issue(
              path,
              {"too-many-members", item.span,
               "the lists have too many members once aliases are resolved; the rest is not judged",
               parsers::Effect::refused});
      } else
        resolve_into(alias->second.first->members, kind, *alias->second.second, is_negated,
                     depth + 1, out);
    }
  }

  bool is_spent() const { return resolved_ > kResolvedBytes; }

  // Whom Defaults are for: the text of the list and its members, each with its '!'.
  using Bindings = std::map<std::string, std::set<std::string>>;

  // What counts of the defaults so far, by scope, binding and name.
  struct Counted {
    const sudoers::Setting* setting;
    const std::string* path;
    sudoers::Scope scope;
    const Bindings::value_type* binding;  // shared by the settings of a line
  };

  void note_defaults(const sudoers::Defaults& defaults, const std::string& path) {
    static constexpr sudoers::AliasKind kKinds[] = {
        sudoers::AliasKind::user, sudoers::AliasKind::user, sudoers::AliasKind::host,
        sudoers::AliasKind::runas, sudoers::AliasKind::command};
    const std::vector<Member> members =
        resolve(defaults.binding, kKinds[static_cast<size_t>(defaults.scope)], path);
    if (is_spent()) return;
    const auto [binding, is_new_binding] = bindings_.try_emplace(joined(members));
    if (is_new_binding)
      for (const Member& m : members)
        binding->second.insert((m.negated ? "!" : "") + with_arguments(*m.item));
    for (const sudoers::Setting& setting : defaults.settings) {
      if (const auto mistake = sudoers::mistake_of(setting)) {
        context_.issue(path, *mistake);
        continue;
      }
      if (counted_.size() >= kSettings) {
        context_.issue(
            path, {"too-many-settings", setting.span,
                   "more than 10000 settings; the rest is not judged", parsers::Effect::refused});
        return;
      }
      const Counted now{&setting, &path, defaults.scope, &*binding};
      if (setting.op == sudoers::Setting::Operator::add ||
          setting.op == sudoers::Setting::Operator::remove) {
        counted_.push_back(now);
        continue;
      }
      const auto [known, is_new] =
          last_.try_emplace({defaults.scope, &*binding, setting.name}, counted_.size());
      if (is_new) {
        counted_.push_back(now);
        continue;
      }
      Counted& before = counted_[known->second];
      context_.store().overridden(kSudoDefaultTable, setting.name, place(path, setting.span),
                                  place(*before.path, before.setting->span), shown(*before.setting),
                                  "set again later");
      before = now;
    }
  }

  static std::string_view shown(const sudoers::Setting& setting) {
    if (setting.op == sudoers::Setting::Operator::on) return "on";
    if (setting.op == sudoers::Setting::Operator::off) return "off";
    return setting.value;
  }

  void write_defaults() {
    for (const Counted& c : counted_) {
      if (c.setting->name == "authenticate") note_authenticate(c);
      using Operator = sudoers::Setting::Operator;
      const Operator op = c.setting->op;
      const Value symbol = op == Operator::set      ? Value(std::string_view("="))
                           : op == Operator::add    ? Value(std::string_view("+="))
                           : op == Operator::remove ? Value(std::string_view("-="))
                                                    : Value(Null{});
      context_.store().insert(
          kSudoDefaultTable,
          {std::string_view(c.setting->name), shown(*c.setting), symbol, name(c.scope),
           std::string_view(c.binding->first), place(*c.path, c.setting->span),
           place(*c.path, c.setting->value_span)});
    }
  }

  void note_authenticate(const Counted& c) {
    const std::pair now{++authenticates_, c.setting->op == sudoers::Setting::Operator::off};
    if (c.scope == sudoers::Scope::global) authenticate_[{c.scope, ""}] = now;
    for (const std::string& member : c.binding->second) authenticate_[{c.scope, member}] = now;
  }

  // Does a Defaults line switch authentication off for this user and command? Those for commands come last, after
  // those for users; of equal ones the last counts.
  bool is_unauthenticated(const Member& user, const Member& command) const {
    bool off = false;
    const auto look = [&](sudoers::Scope scope, const std::vector<std::string>& members) {
      std::pair<size_t, bool> last{0, off};
      for (const std::string& member : members)
        if (const auto found = authenticate_.find({scope, member}); found != authenticate_.end())
          last = std::max(last, found->second);
      off = last.second;
    };
    look(sudoers::Scope::global, {""});
    std::vector<std::string> users{user.item->text, "ALL"};
    for (const std::string_view group : order_.groups_of(user.item->text))
      users.emplace_back(group);
    look(sudoers::Scope::user, users);
    look(sudoers::Scope::command, {command.item->text, with_arguments(*command.item), "ALL"});
    return off;
  }

  void note_spec(const sudoers::UserSpec& spec, const std::string& path) {
    const std::vector<Member> users = resolve(spec.users, sudoers::AliasKind::user, path);
    const bool excludes_users = std::ranges::any_of(users, &Member::negated);
    const sudoers::Runas* known = nullptr;
    std::string runas = "root", groups;
    for (const sudoers::Privilege& privilege : spec.privileges) {
      const std::string hosts = joined(resolve(privilege.hosts, sudoers::AliasKind::host, path));
      for (const sudoers::CommandSpec& given : privilege.commands) {
        if (rows_ > kRows) return;  // said
        ++position_;
        if (given.runas.get() != known) {
          known = given.runas.get();
          runas = known ? joined(resolve(known->users, sudoers::AliasKind::runas, path)) : "root";
          groups = known ? joined(resolve(known->groups, sudoers::AliasKind::runas, path)) : "";
        }
        const std::vector<Member> commands =
            resolve(std::span(&given.command, 1), sudoers::AliasKind::command, path);
        if (is_spent()) return;
        for (const Member& command : commands)
          for (const Member& user : users)
            note_row(spec, path, given, user, command, hosts, runas, groups, excludes_users);
      }
    }
  }

  void note_row(const sudoers::UserSpec& spec, const std::string& path,
                const sudoers::CommandSpec& given, const Member& user, const Member& command,
                std::string_view hosts, std::string_view runas, std::string_view groups,
                bool excludes_users) {
    if (rows_ >= kRows) {
      if (rows_++ == kRows)
        context_.issue(path, {"too-many-rules", spec.span,
                              "more than 20000 pairs of user and command; the rest is not judged",
                              parsers::Effect::refused});
      return;
    }
    ++rows_;
    const auto tag = [&](sudoers::Tag t) { return given.tags[static_cast<size_t>(t)]; };
    const bool is_all = command.item->kind == Item::Kind::all && !command.negated;
    std::string digests;
    for (const std::string& digest : command.item->digests)
      digests += (digests.empty() ? "" : ",") + digest;
    found_.push_back({std::move(digests), user.negated, !user.negated && !command.negated,
                      tag(sudoers::Tag::nopasswd).value_or(is_unauthenticated(user, command)),
                      tag(sudoers::Tag::noexec).value_or(false),
                      tag(sudoers::Tag::setenv).value_or(is_all), place(path, spec.span),
                      place(*user.path, user.item->span),
                      place(*command.path, command.item->span)});
    order_.add({position_, user.item->text, hosts, runas, groups, command.item->text,
                command.item->arguments,
                excludes_users || given.is_conditional || !command.item->digests.empty()});
  }

  void write_row(size_t index) {
    const Found& found = found_[index];
    const SudoMatch match = order_.match(index);
    const auto by = order_.taken_by(index);
    context_.store().insert(
        kSudoRuleTable,
        {match.position, match.user, found.is_user_negated, match.hosts, match.runas_users,
         match.runas_groups, match.command,
         match.arguments ? Value(*match.arguments) : Value(Null{}),
         found.digests.empty() ? Value(Null{}) : Value(std::string_view(found.digests)),
         found.allows, found.nopasswd, !by.has_value(), found.noexec, found.setenv, found.loc,
         found.user_loc, found.command_loc});
    if (!by) return;
    std::string said = found.allows ? found.nopasswd ? "NOPASSWD: " : "" : "!";
    said += match.command;
    if (match.arguments) (said += ' ') += *match.arguments;
    // Rules are found at the user or at the command.
    for (const auto& [winner, loser] : {std::pair(found_[*by].user_loc, found.user_loc),
                                        std::pair(found_[*by].command_loc, found.command_loc)})
      if (winner != loser)
        context_.store().overridden(kSudoRuleTable, match.user, winner, loser, said,
                                    "the last rule that matches counts");
  }

  LocationId place(const std::string& path, Span span) {
    return context_.store().locate(path, span);
  }

  Context& context_;
  IncludeLimit limit_{context_, kFiles};
  std::vector<std::unique_ptr<std::pair<std::string, sudoers::File>>> files_;
  std::vector<Placed> entries_;
  std::map<std::pair<sudoers::AliasKind, std::string>,
           std::pair<const sudoers::Alias*, const std::string*>>
      aliases_;
  // What SudoMatch has not of a rule.
  struct Found {
    std::string digests;
    bool is_user_negated, allows, nopasswd, noexec, setenv;
    LocationId loc, user_loc, command_loc;
  };
  SudoOrder order_;
  std::vector<Found> found_;
  std::vector<Counted> counted_;
  Bindings bindings_;
  std::map<std::tuple<sudoers::Scope, const Bindings::value_type*, std::string>, size_t> last_;
  // The number and value of the last "authenticate" for a member of a list.
  std::map<std::pair<sudoers::Scope, std::string>, std::pair<size_t, bool>> authenticate_;
  size_t authenticates_ = 0;
  size_t resolved_ = 0;  // bytes of members
  bool said_cut_ = false;
  int64_t position_ = 0;
  size_t rows_ = 0;
};

void collect_sudo(Context& context) {
  if (!context.is_fragment()) {
    Sudoers sudoers(context);
    sudoers.read("etc/sudoers");
    sudoers.write();
    return;
  }
  for (const std::string& path : context.loose()) {
    Sudoers sudoers(context);
    sudoers.read(path);
    sudoers.write();
  }
}

}  // namespace

const Collector kSudoCollector{
    .name = "sudo",
    .tables = {&kSudoRuleTable, &kSudoDefaultTable},
    .needs = {},
    // An include may name any file; those elsewhere than in these places are rare and, in an archive,
    // reported as not read.
    .paths = {"etc/sudoers", "etc/sudoers.d/*", "etc/sudoers.local", "usr/local/etc/sudoers",
              "usr/local/etc/sudoers.d/*", "etc/passwd", "etc/group"},
    .loose = {"sudoers", "sudoers.d/*"},
    .collect = collect_sudo};

}  // namespace drydock::facts
