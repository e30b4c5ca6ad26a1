// hosts_access(5): "Access will be granted when a (daemon,client) pair matches an entry in the /etc/hosts.allow file.
// Otherwise, access will be denied when a (daemon,client) pair matches an entry in the /etc/hosts.deny file. Otherwise,
// access will be granted." hosts_options(5): ALLOW and DENY as an option say it the other way, an option that is none
// denies.
#include "analyzer/facts/collect/host_access.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "analyzer/facts/collect/firewall_rows.h"
#include "analyzer/source/tree.h"
#include "parsers/hosts_access.h"

namespace drydock::facts {

const TableSpec kHostAccessTable{
    .name = "host_access",
    .kind = TableKind::raw,
    .doc =
        "A line of /etc/hosts.allow or /etc/hosts.deny (hosts_access(5)), in the order of its "
        "file.",
    .columns = {{"file", ColumnType::text, "'allow' or 'deny'."},
                {"daemons", ColumnType::text,
                 "Names of processes, with blanks: 'ALL EXCEPT sshd'."},
                {"clients", ColumnType::text, "Addresses, names, networks, with blanks."},
                {"options", ColumnType::text,
                 "What stands behind, with ' : ' between; NULL: nothing."},
                {"decides", ColumnType::text,
                 "'allow', 'deny' or 'command' (twist): what becomes of whom it matches."},
                {"everybody", ColumnType::boolean, "Any client at all matches."},
                {"loc", ColumnType::location, "The line."},
                {"clients_loc", ColumnType::location, "The clients."}},
    .indexes = {},
    .examples = {"SELECT file, daemons, clients, decides, loc FROM host_access"}};

const TableSpec kTcpWrapperTable{
    .name = "tcp_wrapper",
    .kind = TableKind::effective,
    .doc =
        "What libwrap says to an unknown client of each daemon that /etc/hosts.allow and "
        "/etc/hosts.deny name, "
        "and of any other. Whether a daemon asks libwrap is its own matter.",
    .columns =
        {{"daemon", ColumnType::text, "The name of the process: sshd; '*': any that is not named."},
         {"admits_everybody", ColumnType::boolean, "A client that no line is about gets in."},
         {"loc", ColumnType::location, "The line that decides; NULL: none does, so it gets in."}},
    .indexes = {},
    .examples = {"SELECT daemon, loc FROM tcp_wrapper WHERE admits_everybody"}};

namespace {

namespace access = parsers::hosts_access;

enum class Decision : uint8_t { allow, deny, command };

// What the options of a rule make of a match.
Decision decision(const access::Rule& rule, bool is_allow) {
  static constexpr std::string_view kPlain[] = {"spawn",   "severity", "user",      "group",
                                                "umask",   "linger",   "keepalive", "rfc931",
                                                "banners", "nice",     "setenv"};
  for (size_t i = 0; i < rule.options.size(); ++i) {
    const std::string& option = rule.options[i];
    const std::string name = lower(option.substr(0, option.find_first_of(" \t=")));
    const bool is_last = i + 1 == rule.options.size();
    if (name == "allow") return is_last ? Decision::allow : Decision::deny;
    if (name == "deny") return Decision::deny;
    if (name == "twist") return is_last ? Decision::command : Decision::deny;
    // aclexec asks a program.
    if (std::ranges::find(kPlain, name) == std::end(kPlain)) return Decision::deny;
  }
  return is_allow ? Decision::allow : Decision::deny;
}

bool equals(std::string_view a, std::string_view b) {
  return lower(a) == lower(b);
}

// Two addresses that have nothing in common: who matches both matches any.
constexpr std::array<std::string_view, 2> kAnybody = {"203.0.113.9", "74.125.24.77"};

bool in_network(std::string_view pattern, std::string_view address) {
  const size_t slash = pattern.find('/');
  in_addr network{}, mask{}, host{};
  const std::string_view bits = pattern.substr(slash + 1);
  if (inet_pton(AF_INET, std::string(pattern.substr(0, slash)).c_str(), &network) != 1 ||
      inet_pton(AF_INET, std::string(address).c_str(), &host) != 1)
    return false;
  if (inet_pton(AF_INET, std::string(bits).c_str(), &mask) != 1) {
    uint32_t length = 0;
    const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), length);
    if (error != std::errc() || end != bits.data() + bits.size() || length < 1 || length > 32)
      return false;
    mask.s_addr = htonl(~uint32_t{0} << (32 - length));
  }
  return (host.s_addr & mask.s_addr) == network.s_addr;
}

// Does a client nobody knows match? Its name is its own to choose, so what may be so by its name is taken for met
// where that lets it in, and for not met where that keeps it out.
bool matches_anybody(std::string_view pattern, bool is_allow) {
  if (equals(pattern, "ALL")) return true;
  if (equals(pattern, "KNOWN") || equals(pattern, "UNKNOWN")) return is_allow;
  if (pattern.find_first_of("@[") != std::string_view::npos || pattern.starts_with('/'))
    return false;
  return std::ranges::all_of(kAnybody, [&](std::string_view address) {
    if (pattern.find_first_of("*?") != std::string_view::npos)
      return glob_match(pattern, address, true);
    if (pattern.find('/') != std::string_view::npos) return in_network(pattern, address);
    return false;
  });
}

bool clients_match(const access::Rule& rule, bool is_allow) {
  return access::list_matches(
      rule.clients, [&](const std::string& word) { return matches_anybody(word, is_allow); });
}

// "sshd@192.0.2.1" is sshd on one address alone, which need not be the one that is asked.
bool daemon_matches(const access::Rule& rule, std::string_view daemon) {
  return access::list_matches(rule.daemons, [&](const std::string& word) {
    return equals(word, "ALL") || equals(word, daemon);
  });
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

struct Table {
  std::string path;
  bool is_allow = false;
  access::File file;
};

class HostAccess {
 public:
  explicit HostAccess(Context& context) : context_(context) {}

  void read(const std::string& path, bool is_allow) {
    const auto text = context_.read(path);
    if (!text) return;
    tables_.push_back({text->path, is_allow, access::parse(text->text)});
    const Table& table = tables_.back();
    context_.issues(table.path, table.file.errors);
    for (const access::Rule& rule : table.file.rules) write(table, rule);
  }

  // For each daemon that is named, in lower case, and for one that is not.
  void write_outcome() {
    std::map<std::string, bool> daemons{{"*", true}};
    for (const Table& table : tables_)
      for (const access::Rule& rule : table.file.rules)
        for (const std::string& word : rule.daemons)
          if (!equals(word, "ALL") && word != "EXCEPT" && daemons.size() < 1000)
            daemons.emplace(lower(word.substr(0, word.find('@'))), true);
    for (const auto& [daemon, unused] : daemons) {
      const auto [admits, by] = outcome(daemon);
      context_.store().insert(kTcpWrapperTable, {std::string_view(daemon), admits, by});
    }
  }

 private:
  void write(const Table& table, const access::Rule& rule) {
    static constexpr std::string_view kDecisions[] = {"allow", "deny", "command"};
    const std::string daemons = joined(rule.daemons, " "), clients = joined(rule.clients, " "),
                      options = joined(rule.options, " : ");
    context_.store().insert(
        kHostAccessTable,
        {table.is_allow ? "allow" : "deny", std::string_view(daemons), std::string_view(clients),
         text_or_null(options), kDecisions[static_cast<size_t>(decision(rule, table.is_allow))],
         clients_match(rule, table.is_allow), context_.store().locate(table.path, rule.span),
         context_.store().locate(table.path, rule.clients_span)});
  }

  std::pair<bool, Value> outcome(const std::string& daemon) {
    struct First {
      bool admits;
      LocationId loc;
    };
    std::optional<First> first;
    const auto found = [&](bool admits, const std::string& path, Span span) {
      const LocationId loc = context_.store().locate(path, span);
      if (!first)
        first = {admits, loc};
      else if (first->admits != admits && ++lost_ <= kLost)
        context_.store().overridden(kTcpWrapperTable, daemon, first->loc, loc,
                                    admits ? "allow" : "deny",
                                    "the first line that matches counts");
    };
    for (const Table& table : tables_) {
      for (const access::Rule& rule : table.file.rules)
        if (daemon_matches(rule, daemon) && clients_match(rule, table.is_allow))
          found(decision(rule, table.is_allow) == Decision::allow, table.path, rule.span);
      if (!table.is_allow && table.file.unfinished.line > 0)
        found(false, table.path, table.file.unfinished);
    }
    if (first) return {first->admits, Value(first->loc)};
    return {true, Null{}};
  }

  Context& context_;
  static constexpr size_t kLost = 1000;
  std::vector<Table> tables_;
  size_t lost_ = 0;  // rows of `override`
};

void collect_host_access(Context& context) {
  HostAccess access(context);
  if (context.is_fragment()) {
    for (const std::string& path : context.loose())
      access.read(path, file_name(path) == "hosts.allow");
    return;
  }
  access.read("etc/hosts.allow", true);
  access.read("etc/hosts.deny", false);
  access.write_outcome();
}

}  // namespace

const Collector kHostAccessCollector{.name = "host_access",
                                     .tables = {&kHostAccessTable, &kTcpWrapperTable},
                                     .needs = {},
                                     .paths = {"etc/hosts.allow", "etc/hosts.deny"},
                                     .loose = {"hosts.allow", "hosts.deny"},
                                     .collect = collect_host_access};

}  // namespace drydock::facts
