// limits.conf(5), limits.d(5), pam_limits(8): limits.conf first, then limits.d/*.conf in the order of their names in
// the C locale; of several lines for the same domain, type and item the last one counts. For an account a line with
// its name or its id counts before one for a group, and that before "*". For what an administrator's account with id 0
// takes, see Account::is_root.
#include "analyzer/facts/collect/limit.h"

#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "analyzer/source/tree.h"
#include "parsers/limits_conf.h"

namespace drydock::facts {

const TableSpec kLimitTable{
    .name = "login_limit",
    .kind = TableKind::effective,
    .doc =
        "A limit that pam_limits sets for a domain, the last line for it (limits.conf(5)). A line "
        "of type '-' gives a row for soft and one for hard.",
    .columns = {{"key", ColumnType::text, "Domain, type and item: '* hard core'."},
                {"value", ColumnType::text,
                 "A number or 'unlimited'; NULL: the domain is exempt ('domain -')."},
                {"domain", ColumnType::text, "A user, @group, %group, a range of ids, or '*'."},
                {"type", ColumnType::text, "'soft' or 'hard'."},
                {"item", ColumnType::text, "core, nofile, maxlogins …; '-': the domain is exempt."},
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
        "(limits.conf(5)). What no line sets has no row.",
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

struct Line {
  Limit limit;
  LocationId loc;
  LocationId value_loc;
};

struct Lines {
  std::vector<Line> all;  // as they are read
};

void read_lines(Context& context, std::string_view path, Lines& lines) {
  const auto text = context.read(path);
  if (!text) return;
  auto file = parsers::limits_conf::parse(text->text);
  context.issues(text->path, file.errors, {&kLimitTable, &kAccountLimitTable});
  for (Limit& limit : file.limits) {
    const LocationId loc = context.store().locate(text->path, limit.span);
    const LocationId value_loc = context.store().locate(text->path, limit.value_span);
    lines.all.push_back({std::move(limit), loc, value_loc});
  }
}

Lines load(Context& context) {
  Lines lines;
  if (context.is_fragment()) {
    for (const std::string& path : context.loose(kLimitCollector.loose))
      read_lines(context, path, lines);
    return lines;
  }
  read_lines(context, kLimits, lines);
  for (const std::string& path : context.tree().glob(kLimitsDirectory, "*.conf"))
    read_lines(context, path, lines);
  return lines;
}

void collect_limits(Context& context) {
  struct Kept {
    const Line* line;
    std::string_view type;
  };
  std::map<std::string, Kept> kept;
  const Lines& lines = context.shared<Lines>([&] { return load(context); });
  for (const Line& line : lines.all)
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
        kLimitTable, {std::string_view(key),
                      limit.value.empty() ? Value(Null{}) : Value(std::string_view(limit.value)),
                      std::string_view(limit.domain), one.type, std::string_view(limit.item),
                      one.line->loc, one.line->value_loc});
  }
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

  void write(const Lines& lines) {
    if (lines.all.empty()) return;
    std::vector<std::optional<Range>> ranges;
    for (const Line& line : lines.all) ranges.push_back(range_of(line.limit.domain));
    size_t questions = 0;
    for (const Account& account : accounts_) {
      if ((questions += lines.all.size()) > kMaxQuestions) {
        context_.issue(
            kLimits,
            {"too-many", Span{}, "too many lines for too many accounts", parsers::Effect::refused},
            {&kAccountLimitTable});
        return;
      }
      write(account, lines, ranges);
    }
  }

 private:
  struct Kept {
    Source source = Source::nobody;
    const Line* line = nullptr;
  };

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

  void write(const Account& account, const Lines& lines,
             const std::vector<std::optional<Range>>& ranges) {
    std::map<std::pair<std::string, std::string_view>, Kept> kept;  // by item and type
    bool counts_all = false;
    for (size_t i = 0; i < lines.all.size(); ++i) {
      const Line& line = lines.all[i];
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
      write(account, type, item == "maxlogins" && counts_all ? "maxsyslogins" : item, *one.line);
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

  void write(const Account& account, std::string_view type, std::string_view item,
             const Line& line) {
    context_.store().insert(
        kAccountLimitTable,
        {std::string_view(key(account, type, item)),
         line.limit.value.empty() ? Value(Null{}) : Value(std::string_view(line.limit.value)),
         std::string_view(account.name), type, item, std::string_view(line.limit.domain), line.loc,
         line.value_loc});
  }

  Context& context_;
  std::map<std::string, uint32_t, std::less<>> groups_;
  std::vector<Account> accounts_;
};

void collect_account_limits(Context& context) {
  if (context.is_fragment()) return;
  Accounts(context).write(context.shared<Lines>([&] { return load(context); }));
}

}  // namespace

const Collector kLimitCollector{
    .name = "limit",
    .tables = {&kLimitTable},
    .needs = {},
    .paths = {"etc/security/limits.conf", "etc/security/limits.d/*.conf"},
    .loose = {"limits.conf", "limits.d/*.conf"},
    .collect = collect_limits};

const Collector kAccountLimitCollector{
    .name = "account_limit",
    .tables = {&kAccountLimitTable},
    .needs = {"account", "account_group", "group_member"},
    .paths = {"etc/security/limits.conf", "etc/security/limits.d/*.conf"},
    .loose = {},
    .collect = collect_account_limits};

}  // namespace drydock::facts
