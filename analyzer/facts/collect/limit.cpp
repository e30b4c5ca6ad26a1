// limits.conf(5), limits.d(5), pam_limits(8): limits.conf first, then limits.d/*.conf in the order of their names in
// the C locale; with conf= that file alone. Of several lines for the same domain, type and item the last one counts. For an account a line with
// its name or its id counts before one for a group, and that before "*". For what an administrator's account with id 0
// takes, see Account::is_root.
#include "analyzer/facts/collect/limit.h"

#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "analyzer/facts/collect/pam_file.h"
#include "analyzer/source/tree.h"
#include "parsers/limits_conf.h"

namespace drydock::facts {

const TableSpec kLimitTable{
    .name = "login_limit",
    .kind = TableKind::effective,
    .doc =
        "A limit that pam_limits sets for a domain, the last line for it (limits.conf(5)). A line "
        "of type '-' gives a row for soft and one for hard. Where stacks of PAM call the module "
        "with "
        "conf=, each file has rows of its own, for the sessions of its services.",
    .columns = {{"key", ColumnType::text, "Domain, type and item: '* hard core'."},
                {"value", ColumnType::text,
                 "A number or 'unlimited'; NULL: the domain is exempt ('domain -')."},
                {"domain", ColumnType::text, "A user, @group, %group, a range of ids, or '*'."},
                {"type", ColumnType::text, "'soft' or 'hard'."},
                {"item", ColumnType::text, "core, nofile, maxlogins …; '-': the domain is exempt."},
                {"list", ColumnType::text,
                 "The file that the module begins with: etc/security/limits.conf, or what conf= "
                 "names."},
                {"services", ColumnType::text,
                 "The services whose sessions have the limit, separated by commas; NULL: no stack "
                 "that is here calls the module."},
                {"loc", ColumnType::location, "The line."},
                {"value_loc", ColumnType::location, "The value."}},
    .key = "key",
    .value = "value",
    .examples = {"SELECT domain, type, item, value, loc FROM login_limit ORDER BY key"}};

const TableSpec kAccountLimitTable{
    .name = "account_limit",
    .kind = TableKind::effective,
    .doc =
        "A limit that pam_limits sets for an account: of all lines that mean it, the one that "
        "counts "
        "(limits.conf(5)). What no line sets has no row. Stacks of PAM may call the module with "
        "conf=: then an account has rows for each of these files, for the sessions of its "
        "services, and none of them counts for all.",
    .columns =
        {{"key", ColumnType::text, "Account, type and item: 'backup hard core'."},
         {"value", ColumnType::text,
          "A number or 'unlimited'; NULL: no line counts for the account ('domain -')."},
         {"account", ColumnType::text, "The login name."},
         {"type", ColumnType::text,
          "'soft' or 'hard'; '-' for maxlogins, maxsyslogins, priority, nonewprivs and chroot, and "
          "where the account is exempt."},
         {"item", ColumnType::text, "core, nofile, maxlogins …; '-': the account is exempt."},
         {"domain", ColumnType::text, "What the line is for: the account, @group, '*'."},
         {"list", ColumnType::text, "As in login_limit."},
         {"services", ColumnType::text, "As in login_limit."},
         {"loc", ColumnType::location, "The line."},
         {"value_loc", ColumnType::location, "The value."}},
    .key = "key",
    .value = "value",
    .indexes = {"account"},
    .examples = {
        "SELECT account, value, domain, loc FROM account_limit WHERE item = 'core' AND type "
        "= 'hard'"}};

namespace {

using parsers::limits_conf::Limit;

constexpr std::string_view kLimits = "etc/security/limits.conf";
constexpr std::string_view kLimitsDirectory = "etc/security/limits.d";
constexpr size_t kMaxQuestions = 2'000'000;  // does a line mean an account
constexpr size_t kMaxLines = 300'000;        // of all lists, which may lead to one file

struct Line {
  Limit limit;
  LocationId loc;
  LocationId value_loc;
};

// What a line of a stack reads.
struct List {
  std::string name;  // the first file
  std::string services;
  std::vector<Line> lines;  // as they are read
};
struct Lists {
  std::vector<List> all;
  size_t lines = 0;
};

void read_lines(Context& context, std::string_view path, List& list, size_t& lines) {
  if (lines > kMaxLines) return;
  const auto text = context.read(path);
  if (!text) return;
  auto file = parsers::limits_conf::parse(text->text);
  context.issues(text->path, file.errors, {&kLimitTable, &kAccountLimitTable});
  for (Limit& limit : file.limits) {
    if (++lines > kMaxLines)
      return context.issue(
          text->path,
          {"too-many-lines", limit.span,
           "more lines, in all lists, than are read: this one and those behind it are left out",
           parsers::Effect::refused},
          {&kLimitTable, &kAccountLimitTable});
    const LocationId loc = context.store().locate(text->path, limit.span);
    const LocationId value_loc = context.store().locate(text->path, limit.value_span);
    list.lines.push_back({std::move(limit), loc, value_loc});
  }
}

Value services_of(const List& list) {
  return list.services.empty() ? Value(Null{}) : Value(std::string_view(list.services));
}

Lists load(Context& context) {
  Lists lists;
  if (context.is_fragment()) {
    List& list = lists.all.emplace_back();
    list.name = kLimits;
    for (const std::string& path : context.loose(kLimitCollector.loose))
      read_lines(context, path, list, lists.lines);
    return lists;
  }
  // The usual files count for whoever starts no session by a stack that is known here.
  const auto named = context.store().select(
      "SELECT path, argument, services FROM pam_file WHERE module = 'pam_limits.so' AND state <> "
      "'unread' ORDER BY argument, path");
  if (!named || named->rows.empty()) {
    lists.all.emplace_back().name = kLimits;
  } else {
    for (const auto& row : named->rows)
      lists.all.push_back({row[0].value_or(""), row[2].value_or(""), {}});
  }
  for (size_t i = 0; i < lists.all.size(); ++i) {
    List& list = lists.all[i];
    if (pam_file_state(context, list.name) != "empty")
      read_lines(context, list.name, list, lists.lines);
    if (!named || named->rows.empty() || !named->rows[i][1])
      for (const std::string& path : context.tree().glob(kLimitsDirectory, "*.conf"))
        read_lines(context, path, list, lists.lines);
  }
  return lists;
}

void write_limits(Context& context, const List& list) {
  struct Kept {
    const Line* line;
    std::string_view type;
  };
  std::map<std::string, Kept> kept;
  for (const Line& line : list.lines)
    for (const std::string_view type : {"soft", "hard"}) {
      if (line.limit.type != "-" && line.limit.type != type) continue;
      const std::string key = line.limit.domain + " " + std::string(type) + " " + line.limit.item;
      const auto [known, is_new] = kept.try_emplace(key, Kept{&line, type});
      if (is_new) continue;
      context.store().overridden(kLimitTable, key, line.loc, known->second.line->loc,
                                 known->second.line->limit.value, "read later");
      known->second.line = &line;
    }
  for (const auto& [key, one] : kept) {
    const Limit& limit = one.line->limit;
    context.store().insert(
        kLimitTable,
        {std::string_view(key),
         limit.value.empty() ? Value(Null{}) : Value(std::string_view(limit.value)),
         std::string_view(limit.domain), one.type, std::string_view(limit.item),
         std::string_view(list.name), services_of(list), one.line->loc, one.line->value_loc});
  }
}

void collect_limits(Context& context) {
  for (const List& list : context.shared<Lists>([&] { return load(context); }).all)
    write_limits(context, list);
}

struct Account {
  std::string name;
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::set<uint32_t> gids;

  // Neither groups nor wildcards mean it; its name and ranges of ids do.
  bool is_root() const { return uid == 0; }
};

// A domain that is a range of ids: "1000:", "1000:1999", ":1000" (that one alone).
struct Range {
  bool is_one = false;
  bool is_valid = true;
  uint32_t min = 0;
  uint32_t max = UINT32_MAX;
};

// strtoul(3), which stops at what is no digit; false: there is none.
bool number(std::string_view text, std::string_view& rest, uint32_t& out) {
  while (!text.empty() && (text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r')))
    text.remove_prefix(1);
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  out = static_cast<uint32_t>(is_negative ? 0 - value : value);
  rest = text.substr(static_cast<size_t>(end - text.data()));
  return true;
}

// nullopt: no range.
std::optional<Range> range_of(std::string_view domain) {
  const size_t colon = domain.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  if (domain[0] == '@' || domain[0] == '%') domain.remove_prefix(1);
  Range range;
  const Range none{.is_valid = false};
  std::string_view rest = domain;
  range.is_one = domain[0] == ':';
  if (!range.is_one && (!number(domain, rest, range.min) || !rest.starts_with(':'))) return none;
  const std::string_view last = domain.substr(domain.find(':') + 1);
  if (last.empty()) return range.is_one ? none : range;
  if (!number(last, rest, range.max) || !rest.empty()) return none;
  if (range.is_one) range.min = range.max;
  return range;
}

// Who set a limit: the lower counts, and of the same the later.
enum class Source { user, group, all_of_group, all, anybody, nobody };

class Accounts {
 public:
  explicit Accounts(Context& context) : context_(context) {
    const auto groups =
        context.store().select("SELECT name, gid FROM account_group WHERE is_first");
    if (groups)
      for (const auto& row : groups->rows) groups_.emplace(row[0].value_or(""), id(row[1]));
    const auto accounts =
        context.store().select("SELECT name, uid, gid FROM account WHERE is_first ORDER BY loc");
    if (!accounts) return;
    std::map<std::string_view, size_t> places;
    for (const auto& row : accounts->rows)
      accounts_.push_back({row[0].value_or(""), id(row[1]), id(row[2]), {id(row[2])}});
    for (size_t i = 0; i < accounts_.size(); ++i) places.emplace(accounts_[i].name, i);
    const auto members =
        context.store().select("SELECT user, gid FROM group_member WHERE via = 'group'");
    if (!members) return;
    for (const auto& row : members->rows)
      if (const auto found = places.find(row[0].value_or("")); found != places.end())
        accounts_[found->second].gids.insert(id(row[1]));
  }

  void write(const Lists& lists) {
    for (const List& list : lists.all)
      if (!list.lines.empty() && !write(list)) return;
  }

 private:
  struct Kept {
    Source source = Source::nobody;
    const Line* line = nullptr;
  };

  // False: there is too much to work out.
  bool write(const List& list) {
    std::vector<std::optional<Range>> ranges;
    for (const Line& line : list.lines) ranges.push_back(range_of(line.limit.domain));
    for (const Account& account : accounts_) {
      if ((questions_ += list.lines.size()) > kMaxQuestions) {
        context_.issue(
            list.name,
            {"too-many", Span{}, "too many lines for too many accounts", parsers::Effect::refused},
            {&kAccountLimitTable});
        return false;
      }
      write(account, list, ranges);
    }
    return true;
  }

  static uint32_t id(const std::optional<std::string>& text) {
    uint32_t value = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
  }

  bool is_in(const Account& account, std::string_view group) const {
    const auto found = groups_.find(group);
    return found != groups_.end() && account.gids.contains(found->second);
  }

  bool is_in(const Account& account, const Range& range) const {
    if (range.is_one) return account.gids.contains(range.min);
    return account.gid >= range.min && account.gid <= range.max;
  }

  // Source::nobody: the line does not mean the account.
  Source source_of(const Account& account, const Limit& limit,
                   const std::optional<Range>& range) const {
    const std::string_view domain = limit.domain;
    if (range && !range->is_valid) return Source::nobody;
    if (domain == account.name) return Source::user;
    const auto if_so = [](bool is_so, Source source) { return is_so ? source : Source::nobody; };
    const bool has_id = range && account.uid >= range->min && account.uid <= range->max;
    // "domain -": neither wildcards nor %group exempt anybody, and groups exempt root too.
    if (limit.item == "-") {
      if (domain[0] == '@')
        return if_so(range ? is_in(account, *range) : is_in(account, domain.substr(1)),
                     Source::group);
      return if_so(has_id, Source::user);
    }
    // For root a range of group ids is one of user ids.
    if (account.is_root()) return if_so(has_id, Source::user);
    if (domain[0] == '@')
      return if_so(range ? is_in(account, *range) : is_in(account, domain.substr(1)),
                   Source::group);
    if (domain == "%") return Source::all;
    // '%' and a range is none, but that of a single id.
    if (domain[0] == '%')
      return if_so(
          range ? range->is_one && is_in(account, *range) : is_in(account, domain.substr(1)),
          Source::all_of_group);
    if (range) return if_so(has_id, Source::user);
    return if_so(domain == "*", Source::anybody);
  }

  void write(const Account& account, const List& list,
             const std::vector<std::optional<Range>>& ranges) {
    std::map<std::pair<std::string, std::string_view>, Kept> kept;  // by item and type
    bool counts_all = false;
    for (size_t i = 0; i < list.lines.size(); ++i) {
      const Line& line = list.lines[i];
      const Limit& limit = line.limit;
      const Source source = source_of(account, limit, ranges[i]);
      if (source == Source::nobody) continue;
      if (limit.item == "-") {
        kept.clear();
        kept[{"-", "-"}] = {source, &line};
        break;
      }
      const bool is_login = limit.item == "maxlogins" || limit.item == "maxsyslogins";
      // One slot for both; which of them it is, the last line says that is read, even where it does not win.
      if (is_login) counts_all = limit.item == "maxsyslogins";
      if ((source == Source::all || source == Source::all_of_group) && limit.item != "maxlogins")
        continue;
      const bool has_no_type = is_login || limit.item == "nonewprivs" || limit.item == "priority" ||
                               limit.item == "chroot";
      for (const std::string_view type : {"soft", "hard", "-"}) {
        if (has_no_type ? type != "-" : type == "-" || (limit.type != "-" && limit.type != type))
          continue;
        Kept& one = kept[{is_login ? "maxlogins" : limit.item, type}];
        if (is_login || !has_no_type) {
          if (one.source < source) {
            lost(account, type, limit.item, *one.line, line,
                 "a line for fewer users counts before");
            // The hard limit of this line is not looked at either.
            break;
          }
        }
        if (one.line)
          lost(account, type, limit.item, line, *one.line,
               one.source == source ? "read later" : "a line for fewer users counts before");
        one = {source, &line};
      }
    }
    for (auto& [what, one] : kept) {
      const auto& [item, type] = what;
      const auto hard = kept.find({item, "hard"});
      if (type == "soft" && hard != kept.end() &&
          is_less(hard->second.line->limit, one.line->limit)) {
        lost(account, type, item, *hard->second.line, *one.line,
             "a soft limit is no higher than the hard one");
        one.line = hard->second.line;
      }
      write(account, type, item == "maxlogins" && counts_all ? "maxsyslogins" : item, *one.line,
            list);
    }
  }

  static std::string key(const Account& account, std::string_view type, std::string_view item) {
    return account.name + " " + std::string(type) + " " + std::string(item);
  }

  void lost(const Account& account, std::string_view type, std::string_view item,
            const Line& winner, const Line& loser, std::string_view reason) {
    context_.store().overridden(kAccountLimitTable, key(account, type, item), winner.loc, loser.loc,
                                loser.limit.value, reason);
  }

  static bool is_less(const Limit& a, const Limit& b) {
    // nice(2) counts downwards.
    if (a.item == "nice") return std::atoi(a.value.c_str()) > std::atoi(b.value.c_str());
    if (a.value == "unlimited" || a.value == b.value) return false;
    if (b.value == "unlimited" || a.value.size() < b.value.size()) return true;
    return a.value.size() == b.value.size() && a.value < b.value;
  }

  void write(const Account& account, std::string_view type, std::string_view item, const Line& line,
             const List& list) {
    context_.store().insert(
        kAccountLimitTable,
        {std::string_view(key(account, type, item)),
         line.limit.value.empty() ? Value(Null{}) : Value(std::string_view(line.limit.value)),
         std::string_view(account.name), type, item, std::string_view(line.limit.domain),
         std::string_view(list.name), services_of(list), line.loc, line.value_loc});
  }

  Context& context_;
  std::map<std::string, uint32_t, std::less<>> groups_;
  std::vector<Account> accounts_;
  size_t questions_ = 0;
};

void collect_account_limits(Context& context) {
  if (context.is_fragment()) return;
  Accounts(context).write(context.shared<Lists>([&] { return load(context); }));
}

}  // namespace

const Collector kLimitCollector{.name = "limit",
                                .tables = {&kLimitTable},
                                .needs = {},
                                .hints = {"pam_file"},
                                .paths = {"etc/security/*.conf", "etc/security/limits.d/*.conf"},
                                .loose = {"limits.conf", "limits.d/*.conf"},
                                .collect = collect_limits};

const Collector kAccountLimitCollector{
    .name = "account_limit",
    .tables = {&kAccountLimitTable},
    .needs = {"account", "account_group", "group_member"},
    .hints = {"pam_file"},
    .paths = {"etc/security/*.conf", "etc/security/limits.d/*.conf"},
    .loose = {},
    .collect = collect_account_limits};

}  // namespace drydock::facts
