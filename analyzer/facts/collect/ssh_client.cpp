// ssh_config(5): "For each parameter, the first obtained value will be used." Lines before any Host or Match, and
// those under one that every destination meets, count for all; an Include is read where it stands, only when the
// block around it holds, and the file's last block ends with the file. What stands under "Match final" is read
// when the configuration is gone through once more, behind everything else.
//
// Which of several blocks a destination meets cannot be told from the file, so each block's header is a context of
// its own, with the keywords that count there; the others have the value of context ''.
//
// A user's ~/.ssh/config comes before the host's file, so what it sets counts for that user. It has a table and a
// collector of its own: a mistake in it stops ssh for one user only.
#include "analyzer/facts/collect/ssh_client.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "analyzer/base/limits.h"
#include "analyzer/facts/collect/ssh_client_default.h"
#include "analyzer/facts/collect/ssh_include.h"
#include "analyzer/facts/collect/ssh_trust.h"
#include "analyzer/facts/collect/sshd_algorithm.h"
#include "analyzer/source/tree.h"
#include "parsers/ssh_config.h"

namespace drydock::facts {

namespace {

using parsers::ssh_config::Block;
using parsers::ssh_config::Keyword;
using parsers::ssh_config::Value;

constexpr std::string_view kMain[] = {"etc/ssh/ssh_config", "usr/etc/ssh/ssh_config"};

// One line in the order of reading.
struct Entry {
  std::string keyword;
  std::string written;
  std::string value;
  SshBlock context = SshBlocks::none();  // that also under "Host *"
  bool is_final_pass = false;            // counts only when the configuration is read once more
  bool is_first_pass = false;            // counts only the first time
  std::string path;
  Span span, value_span;
  size_t order = 0;
};

// What may still be read. All users have one together: each may name the same large file.
struct Budget {
  size_t lines = kSshLines;
  size_t includes = kSshIncludedFiles;  // patterns, and the files that they stand for
  size_t bytes = 4 * limits::kFileContent;
  bool is_spent = false;  // and said
};

class Reader {
 public:
  // `home`: of the user whose file it is, without leading slash; nullopt for the host's file.
  // `budget` has to live as long as the reader reads.
  Reader(Context& context, Budget& budget, std::optional<std::string> home = std::nullopt)
      : context_(context), budget_(budget), home_(std::move(home)) {}

  // Reads a file and what it includes; `outer` is the block that the Include stands in.
  void read(const std::string& path, bool follow, const Entry& outer = {}, int depth = 0) {
    const auto text = context_.read(path);
    if (!text) return;
    if (text->text.size() > budget_.bytes)
      return spent(text->path, "too-much-text", kFirst, "more text than is read of all files");
    budget_.bytes -= text->text.size();
    const parsers::ssh_config::File file =
        parsers::ssh_config::parse(text->text, ignored_, budget_.lines + 1);
    // A file that is included again has the same mistakes, unless IgnoreUnknown has come between.
    if (said_.emplace(text->path, ignored_.empty()).second)
      context_.issues(text->path, file.errors);
    std::vector<SshBlock> blocks(file.blocks.size(), nullptr);
    for (const Block& block : file.blocks) asks_final_pass |= block.asks_final_pass;
    const bool is_cut = file.lines.size() + file.blocks.size() > budget_.lines;
    for (const auto& line : file.lines) {
      if (stopped_) return;
      if (budget_.lines == 0)
        return spent(text->path, "too-many-lines", line.span, "more lines than are read");
      --budget_.lines;
      const Keyword* known = parsers::ssh_config::keyword(line.keyword);
      Entry entry = outer;
      entry.keyword = line.keyword;
      entry.written = line.written;
      entry.value =
          known ? parsers::ssh_config::meaning(*known, line).value_or(line.written) : line.written;
      entry.path = text->path;
      entry.span = line.span;
      entry.value_span = line.value_span;
      entry.order = next_++;
      if (line.block > 0) {
        const Block& block = file.blocks[line.block - 1];
        SshBlock& within = blocks[line.block - 1];
        if (!within)
          within = block.always ? outer.context : blocks_.within(outer.context, block.header);
        entry.context = within;
        entry.is_final_pass |= block.final_pass;
        entry.is_first_pass |= block.first_pass;
      }
      if (line.keyword == "ignoreunknown" && entry.context->empty() && ignored_.empty())
        ignored_ = line.written;
      if (line.keyword == "include" && follow)
        for (const auto& argument : line.arguments) include(argument, entry, text->path, depth);
      entries.push_back(std::move(entry));
    }
    if (is_cut && !stopped_)
      spent(text->path, "too-many-lines", kFirst, "more lines and blocks than are read");
  }

  std::vector<Entry> entries;
  bool asks_final_pass = false;
  // readconf.c, SSHCONF_CHECKPERM: whether ssh takes a file that is included, also in a block that does not hold.
  std::function<bool(const Stat&)> trusts;

 private:
  static constexpr Span kFirst{1, 1, 1, 1};

  void include(const parsers::ssh_config::Argument& argument, const Entry& outer,
               const std::string& from, int depth) {
    std::string pattern = argument.text;
    if (home_ && pattern.starts_with("~/"))
      pattern = "/" + *home_ + pattern.substr(1);
    else if (pattern.starts_with('~'))
      return context_.issue(from, {"bad-value", argument.span,
                                   "a path in a home: ssh refuses it in the host's own file",
                                   parsers::Effect::refused});
    else if (home_ && !pattern.starts_with('/'))
      pattern = "/" + *home_ + "/.ssh/" + pattern;
    if (!may_look(from, argument)) return;
    bool is_cut = false;
    for (const std::string& path : ssh_included(context_.tree(), pattern, is_cut)) {
      const auto stat = context_.tree().stat(path);
      if (stopped_ || (stat && stat->type == NodeType::directory)) continue;
      if (depth + 1 > limits::kIncludeDepth)
        return stop(from, "include-depth", argument.span,
                    "too many nested Include lines: ssh refuses");
      if (!may_look(from, argument)) return;
      if (stat && trusts && !trusts(*stat))
        return stop(from, "not-trusted", argument.span,
                    "somebody else may write /" + path + ": ssh refuses it");
      read(path, true, outer, depth + 1);
    }
    if (is_cut && !stopped_)
      stop(from, "too-many-includes", argument.span, "more included files than are read");
  }

  bool may_look(const std::string& from, const parsers::ssh_config::Argument& argument) {
    if (stopped_) return false;
    if (budget_.includes == 0) {
      spent(from, "too-many-includes", argument.span, "more included files than are read");
      return false;
    }
    --budget_.includes;
    return true;
  }

  void spent(const std::string& path, std::string_view code, Span span, std::string message) {
    stop(path, code, span, std::move(message));
    budget_.is_spent = true;
  }

  void stop(const std::string& path, std::string_view code, Span span, std::string message) {
    context_.issue(path, {code, span, std::move(message), parsers::Effect::refused});
    stopped_ = true;
  }

  Context& context_;
  Budget& budget_;
  std::optional<std::string> home_;
  std::string ignored_;  // IgnoreUnknown
  SshBlocks blocks_;
  std::set<std::pair<std::string, bool>> said_;  // files whose mistakes are said
  size_t next_ = 0;
  bool stopped_ = false;
};

class Effective {
 public:
  // `user`: whose file it is; nullopt for the host's.
  Effective(Context& context, const Reader& reader, const SshdRelease& release,
            std::optional<std::string> user = std::nullopt)
      : context_(context), release_(release), user_(std::move(user)) {
    const bool again = reader.asks_final_pass || canonicalizes(reader.entries);
    for (const bool final_pass : {false, true})
      for (const Entry& entry : reader.entries) {
        if (entry.is_final_pass != final_pass || entry.keyword == "include") continue;
        if (final_pass && (!again || entry.is_first_pass)) continue;
        Lines& lines = (entry.context->empty() ? all_ : blocks_[entry.context])[entry.keyword];
        lines.push_back({&entry, order_++});
      }
  }

  void write(bool with_defaults) {
    for (const auto& [keyword, lines] : all_) write_all(keyword, lines);
    for (const auto& [context, keywords] : blocks_)
      for (const auto& [keyword, lines] : keywords) write_block(keyword, lines);
    if (!with_defaults) return;
    for (const SshdDefault& known : ssh_client_defaults(release_))
      if (!is_set_.contains(known.keyword)) write_default(known.keyword, known.value);
  }

 private:
  struct Placed {
    const Entry* entry;
    size_t order;
  };
  using Lines = std::vector<Placed>;

  static bool canonicalizes(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries)
      if (entry.keyword == "canonicalizehostname" && entry.context->empty() && !entry.is_final_pass)
        return entry.value != "false";
    return false;
  }

  // "none" for a time is no value: ssh goes on looking.
  static bool says_something(const Keyword* about, const Entry& entry) {
    return !about || about->value != Value::time || entry.value != "none";
  }

  static size_t first_of(const Keyword* about, const Lines& lines) {
    for (size_t i = 0; i < lines.size(); ++i)
      if (says_something(about, *lines[i].entry)) return i;
    return lines.size();
  }

  void write_all(const std::string& keyword, const Lines& lines) {
    const Keyword* about = parsers::ssh_config::keyword(keyword);
    if (about && about->accumulates) {
      for (const Placed& line : lines) write_row(*line.entry, about, line.entry->value);
      is_set_.insert(keyword);
      return;
    }
    const size_t winner = first_of(about, lines);
    if (winner == lines.size()) return;
    is_set_.insert(keyword);
    write_row(*lines[winner].entry, about, completed(about, lines, winner));
    for (size_t i = 0; i < lines.size(); ++i)
      if (i != winner) lost(*lines[winner].entry, *lines[i].entry);
  }

  void write_block(const std::string& keyword, const Lines& lines) {
    const Keyword* about = parsers::ssh_config::keyword(keyword);
    if (about && about->accumulates) {
      for (const Placed& line : lines) write_row(*line.entry, about, line.entry->value);
      return;
    }
    const size_t winner = first_of(about, lines);
    if (winner == lines.size()) return;
    const auto general = all_.find(keyword);
    const Entry* before = nullptr;
    if (general != all_.end())
      if (const size_t i = first_of(about, general->second);
          i < general->second.size() && general->second[i].order < lines[winner].order)
        before = general->second[i].entry;
    if (!before) write_row(*lines[winner].entry, about, completed(about, lines, winner));
    for (size_t i = 0; i < lines.size(); ++i)
      if (before || i != winner) lost(before ? *before : *lines[winner].entry, *lines[i].entry);
  }

  // The time of RekeyLimit may come from a later line than its amount.
  static std::string completed(const Keyword* about, const Lines& lines, size_t winner) {
    const std::string& value = lines[winner].entry->value;
    if (!about || about->value != Value::rekey || has_time(*lines[winner].entry)) return value;
    for (size_t i = winner + 1; i < lines.size(); ++i)
      if (has_time(*lines[i].entry))
        return value.substr(0, value.find(' ')) +
               lines[i].entry->value.substr(lines[i].entry->value.find(' '));
    return value;
  }

  static bool has_time(const Entry& entry) {
    return entry.written.find(' ') != std::string::npos && !entry.written.ends_with(" none");
  }

  void write_row(const Entry& entry, const Keyword* about, std::string value) {
    if (about && about->value == Value::algorithms)
      value = sshd_algorithms(entry.keyword, entry.written, release_);
    Store& store = context_.store();
    const LocationId loc = store.locate(entry.path, entry.span);
    const LocationId value_loc = store.locate(entry.path, entry.value_span);
    if (user_)
      store.insert(kSshClientUserTable, {std::string_view(*user_), std::string_view(entry.keyword),
                                         std::string_view(value), std::string_view(entry.written),
                                         std::string_view(*entry.context),
                                         std::string_view(entry.path), loc, value_loc});
    else
      store.insert(kSshClientTable,
                   {std::string_view(entry.keyword), std::string_view(value),
                    std::string_view(entry.written), std::string_view(*entry.context),
                    std::string_view("set"), std::string_view(entry.path), loc, value_loc});
  }

  void write_default(std::string_view keyword, std::string_view value) {
    context_.store().insert(kSshClientTable, {keyword, value, Null{}, std::string_view(""),
                                              std::string_view("default"), Null{}, Null{}, Null{}});
  }

  void lost(const Entry& winner, const Entry& loser) {
    Store& store = context_.store();
    store.overridden(user_ ? kSshClientUserTable : kSshClientTable, loser.keyword,
                     store.locate(winner.path, winner.span), store.locate(loser.path, loser.span),
                     loser.written, "the first value wins");
  }

  Context& context_;
  const SshdRelease& release_;
  std::optional<std::string> user_;
  size_t order_ = 0;
  std::map<std::string, Lines> all_;
  std::map<SshBlock, std::map<std::string, Lines>, SshBlockOrder> blocks_;
  std::set<std::string, std::less<>> is_set_;
};

void write_lines(Context& context, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries)
    context.store().insert(
        kSshClientLineTable,
        {std::string_view(entry.path), std::string_view(entry.keyword),
         std::string_view(entry.written), std::string_view(*entry.context),
         static_cast<int64_t>(entry.order + 1), context.store().locate(entry.path, entry.span)});
}

// The client is a package of its own at Debian ("openssh-client") and Red Hat ("openssh-clients").
SshdRelease release_of(Context& context) {
  const auto answer = context.store().select(
      "SELECT version FROM package WHERE name IN ('openssh-client', 'openssh-clients', "
      "'openssh-client-default', 'openssh') AND status = 'installed' ORDER BY name DESC LIMIT 1");
  if (!answer || answer->rows.empty() || !answer->rows[0][0]) return {};
  return sshd_release(std::string_view(*answer->rows[0][0]));
}

void collect_ssh_client(Context& context) {
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) {
      Budget budget;
      Reader reader(context, budget);
      reader.read(path, false);
      write_lines(context, reader.entries);
      Effective(context, reader, SshdRelease{}).write(false);
    }
    return;
  }
  for (const std::string_view main : kMain) {
    if (!context.tree().exists(std::string(main))) continue;
    Budget budget;
    Reader reader(context, budget);
    // For whoever runs it: the file must be root's, and of no group that has somebody else in it.
    reader.trusts = [](const Stat& stat) { return stat.uid == 0 && (stat.mode & 0022) == 0; };
    reader.read(std::string(main), true);
    write_lines(context, reader.entries);
    Effective(context, reader, release_of(context)).write(true);
    return;
  }
}

constexpr size_t kUsers = 2000;

void collect_ssh_client_users(Context& context) {
  if (context.is_fragment()) return;
  const auto rows = context.store().select(
      "SELECT name, home, uid FROM account WHERE is_first AND interactive ORDER BY name");
  if (!rows) return;
  const SshTrust trust(context);
  const SshdRelease release = release_of(context);
  Budget budget{.includes = 10 * kSshIncludedFiles};
  std::map<std::string, std::unique_ptr<Reader>> readers;  // by the real home: many may share one
  size_t users = 0;
  for (const auto& row : rows->rows) {
    if (!row[0] || !row[1]) continue;
    const auto home = context.tree().resolve(normal_path(*row[1]));
    if (!home) continue;
    const std::string config = join_path(*home, ".ssh/config");
    if (!context.tree().exists(config)) continue;
    const auto refuse = [&](std::string_view code, std::string message) {
      context.issue(config, {code, {1, 1, 1, 1}, std::move(message), parsers::Effect::refused});
    };
    if (++users > kUsers) return refuse("too-many-users", "more users than are read");
    const auto uid = static_cast<uint32_t>(std::strtoull(row[2].value_or("").c_str(), nullptr, 10));
    const auto trusts = [&trust, uid, name = *row[0]](const Stat& stat) {
      return trust.is_trusted(stat, uid, name);
    };
    if (const auto stat = context.tree().stat(config); stat && !trusts(*stat)) {
      // What it says holds nowhere: ssh ends at once.
      context.issue(config,
                    {"not-trusted",
                     {1, 1, 1, 1},
                     "somebody else than " + *row[0] + " may write the file: ssh refuses it",
                     parsers::Effect::ignored});
      continue;
    }
    std::unique_ptr<Reader>& reader = readers[*home];
    if (!reader) {
      reader = std::make_unique<Reader>(context, budget, *home);
      reader->trusts = trusts;
      reader->read(config, true);
    } else if (reader->entries.size() > budget.lines) {
      return refuse("too-many-lines", "more lines, for all who share the file, than are read");
    } else {
      budget.lines -= reader->entries.size();
    }
    Effective(context, *reader, release, *row[0]).write(false);
    if (budget.is_spent) return;
  }
}

}  // namespace

const Collector kSshClientUserCollector{
    .name = "ssh-client-user",
    .tables = {&kSshClientUserTable},
    .needs = {"account", "account_group", "group_member"},
    .hints = {"package"},
    .paths = {"home/*/.ssh/config", "home/*/.ssh/*.conf", "home/*/.ssh/config.d/*",
              "root/.ssh/config", "root/.ssh/*.conf", "root/.ssh/config.d/*"},
    .loose = {},
    .collect = collect_ssh_client_users};

const Collector kSshClientCollector{
    .name = "ssh-client",
    .tables = {&kSshClientTable, &kSshClientLineTable},
    .needs = {},
    .hints = {"package"},
    .paths = {"etc/ssh/ssh_config", "etc/ssh/ssh_config.d/**", "usr/etc/ssh/ssh_config",
              "usr/etc/ssh/ssh_config.d/**", "etc/ssh/*",
              "etc/crypto-policies/back-ends/openssh.config",
              "usr/share/crypto-policies/*/openssh.txt",
              "usr/share/crypto-policies/back-ends/*/openssh.txt"},
    .loose = {"ssh_config", "ssh_config.d/*.conf"},
    .collect = collect_ssh_client};

}  // namespace drydock::facts
