// sshd_config(5): "For each keyword, the first obtained value will be used." Include is read where it
// stands; a Match block ends at the next Match or at the end of its file, and one in an included file
// that stands in a Match block needs both. At each connection the blocks that match are read once more:
// of a keyword in several of them the first counts, and it beats the global part wherever that stands.
// "Match all" always matches: what follows it counts as global from the start, and again as such a block.
//
// Which of several blocks a connection meets cannot be told from the file, so each block's header is a
// context of its own, with only the keywords set there; the others have the value of context ''.
#include "analyzer/facts/collect/sshd.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "analyzer/base/limits.h"
#include "analyzer/facts/collect/outside.h"
#include "analyzer/facts/collect/ssh_include.h"
#include "analyzer/facts/collect/sshd_algorithm.h"
#include "analyzer/facts/collect/sshd_command.h"
#include "analyzer/facts/collect/sshd_release.h"
#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/source/tree.h"
#include "parsers/sshd_config.h"

namespace drydock::facts {

const TableSpec kSshdTable{
    .name = "sshd",
    .kind = TableKind::effective,
    .doc =
        "What the SSH daemon does about a keyword, for all connections (context '') or for those "
        "of a Match "
        "block, after Include and first-value-wins (sshd_config(5)). In a fragment every file "
        "stands for itself, "
        "and there are no defaults.",
    .columns = {{"keyword", ColumnType::text,
                 "In lower case, old names replaced: kbdinteractiveauthentication."},
                {"value", ColumnType::text,
                 "As sshd -T prints it: yes, 300 for 5m, without-password, the whole list for "
                 "Ciphers +x. A keyword "
                 "that adds up (port, hostkey, allowusers, acceptenv …) has a row for each line."},
                {"written", ColumnType::text, "As it is written, unquoted; NULL for a default."},
                {"context", ColumnType::text,
                 "'' for all connections; else the header of the Match block: User ci Address "
                 "10.0.0.0/8."},
                {"source", ColumnType::text,
                 "set, or default: sshd's own, of the OpenSSH that the package database names, "
                 "else of 9.2."},
                {"path", ColumnType::text,
                 "The file that says so, or that has the command line (-o); NULL for a default."},
                {"loc", ColumnType::location, "The line; NULL for a default."},
                {"value_loc", ColumnType::location, "Its arguments; NULL for a default."}},
    .key = "keyword",
    .value = "value",
    .indexes = {"context"},
    .examples = {"SELECT keyword, value, source, loc FROM sshd WHERE context = '' ORDER BY keyword",
                 "SELECT context, value, loc FROM sshd WHERE keyword = 'permitrootlogin'"}};

const TableSpec kSshdLineTable{
    .name = "sshd_line",
    .kind = TableKind::raw,
    .doc = "A line of the SSH daemon's configuration as it is written, whether or not it counts.",
    .columns = {{"path", ColumnType::text, "The file."},
                {"keyword", ColumnType::text, "In lower case, old names replaced."},
                {"written", ColumnType::text, "The arguments, unquoted, separated by blanks."},
                {"context", ColumnType::text, "'' or the header of the Match block it stands in."},
                {"ordinal", ColumnType::integer,
                 "Its place in the order of reading, from 1; NULL if it is not read."},
                {"is_read", ColumnType::boolean, "0: no Include leads to the file."},
                {"loc", ColumnType::location, "The line."}},
    .indexes = {"keyword"},
    .examples = {"SELECT path, keyword, written FROM sshd_line WHERE NOT is_read"}};

const TableSpec kSshdIncludeTable{
    .name = "sshd_include",
    .kind = TableKind::inventory,
    .doc =
        "An argument of an Include line that sshd reads, and what it leads to. sshd says nothing "
        "of one that leads to no file.",
    .columns = {{"path", ColumnType::text, "The file with the line."},
                {"pattern", ColumnType::text, "The argument: a path or glob(7)."},
                {"files", ColumnType::integer, "How many files it matches."},
                {"directory_is_there", ColumnType::boolean,
                 "1: only the name behind the last '/' matches nothing, or is a pattern that "
                 "awaits files."},
                {"loc", ColumnType::location, "The argument."}},
    .examples = {"SELECT pattern, loc FROM sshd_include WHERE files = 0"}};

namespace {

using parsers::sshd_config::Keyword;

constexpr std::string_view kMain[] = {"etc/ssh/sshd_config", "usr/etc/ssh/sshd_config"};

// One line in the order of reading.
struct Entry {
  std::string keyword;
  std::string written;
  std::string value;                     // algorithms are left as they are written
  SshBlock context = SshBlocks::none();  // that also behind "Match all"
  bool always = false;                   // behind "Match all"
  std::string path;
  Span span, value_span;
  size_t order = 0;
};

std::string written(const parsers::sshd_config::Line& line) {
  if (!line.rest.empty()) return line.rest;
  std::string out;
  for (const auto& argument : line.arguments) out += (out.empty() ? "" : " ") + argument.text;
  return out;
}

Entry entry_of(const parsers::sshd_config::Line& line, std::string path) {
  Entry out{.keyword = line.keyword,
            .written = written(line),
            .value = {},
            .path = std::move(path),
            .span = line.span,
            .value_span = line.value_span};
  const Keyword* about = parsers::sshd_config::keyword(line.keyword);
  out.value =
      about ? parsers::sshd_config::meaning(*about, line).value_or(out.written) : out.written;
  return out;
}

class Reader {
 public:
  Reader(Context& context, const SshdRelease& release) : context_(context), release_(release) {}

  // Reads a file and what it includes.
  void read(const std::string& path, bool follow, SshBlock outer = SshBlocks::none(),
            bool always = false, int depth = 0) {
    const auto text = context_.read(path);
    if (!text) return;
    if ((bytes_ += text->text.size()) > limits::kRetainedContent)
      return stop(text->path, "too-many-includes", kFirst, "more included files than are read");
    const parsers::sshd_config::File file =
        parsers::sshd_config::parse(text->text, kSshLines - entries.size() + 1);
    // A file that is included again has the same mistakes.
    const bool is_new = read_paths.insert(text->path).second;
    if (is_new) {
      context_.issues(text->path, file.errors);
      for (const parsers::sshd_config::Match& match : file.matches) check(text->path, match);
    }
    const bool is_cut = file.lines.size() + file.matches.size() > kSshLines - entries.size();
    std::vector<SshBlock> blocks(file.matches.size(), nullptr);
    for (const auto& line : file.lines) {
      if (stopped_) return;
      if (entries.size() >= kSshLines)
        return stop(text->path, "too-many-lines", line.span, "more lines than are read");
      if (is_new) check(text->path, line, line.match > 0 ? &file.matches[line.match - 1] : nullptr);
      if (only_.contains(line.keyword)) continue;
      Entry entry = entry_of(line, text->path);
      entry.context = outer;
      entry.always = always;
      entry.order = next_++;
      if (line.match > 0) enter(file.matches[line.match - 1], blocks[line.match - 1], entry);
      const SshBlock inner = entry.context;
      const bool inner_always = entry.always;
      const bool is_include = line.keyword == "include";
      entries.push_back(std::move(entry));
      if (is_include && follow)
        for (const auto& argument : line.arguments)
          include(argument, inner, inner_always, text->path, depth);
    }
    if (is_cut && !stopped_)
      stop(text->path, "too-many-lines", kFirst, "more lines and blocks than are read");
  }

  // sshd(8): the options of the command line are read before the file.
  void add(const SshdCommand& command) {
    for (const SshdOption& option : command.options) {
      const parsers::sshd_config::File file = parsers::sshd_config::parse(option.line);
      for (const parsers::SyntaxError& error : file.errors)
        context_.issue(option.path, {error.code, option.span, "the command line: " + error.message,
                                     error.effect});
      for (const auto& line : file.lines) {
        if (line.match > 0) continue;
        if (option.is_only) only_.insert(line.keyword);
        Entry entry = entry_of(line, option.path);
        entry.span = entry.value_span = option.span;
        entry.order = next_++;
        entries.push_back(std::move(entry));
      }
    }
  }

  void write_includes() const {
    for (const Included& one : includes_) {
      const std::string directory(
          parent_path(one.pattern.starts_with('/') ? one.pattern : "/etc/ssh/" + one.pattern));
      bool is_cut = false;
      context_.store().insert(
          kSshdIncludeTable,
          {std::string_view(one.path), std::string_view(one.pattern),
           static_cast<int64_t>(one.files),
           one.files > 0 || !ssh_included(context_.tree(), directory, is_cut).empty(),
           context_.store().locate(one.path, one.span)});
    }
  }

  std::vector<Entry> entries;
  std::set<std::string> read_paths;

 private:
  struct Included {
    std::string path, pattern;
    size_t files = 0;
    Span span;
  };

  static constexpr Span kFirst{1, 1, 1, 1};

  // What this release of sshd does not start with, although another does.
  void check(const std::string& path, const parsers::sshd_config::Line& line,
             const parsers::sshd_config::Match* match) {
    const Keyword* about = parsers::sshd_config::keyword(line.keyword);
    if (!about) return;
    const auto refuse = [&](std::string_view code, Span span, std::string message) {
      context_.issue(path, {code, span, std::move(message), parsers::Effect::refused});
    };
    if (std::string why = sshd_keyword_refused(parsers::lower(line.written), release_);
        !why.empty())
      refuse("unknown-keyword", line.keyword_span, std::move(why));
    if (about->value == parsers::sshd_config::Value::algorithms && !line.arguments.empty())
      if (const std::string name =
              sshd_algorithm_refused(line.keyword, line.arguments[0].text, release_);
          !name.empty())
        refuse("unknown-algorithm", line.value_span, "sshd does not know the algorithm " + name);
    const bool is_block =
        match && !(match->criteria.size() == 1 && match->criteria[0].attribute == "all");
    if (is_block && line.keyword == "subsystem" && release_.is_known && release_.number < 905 &&
        release_.vendor != SshdRelease::Vendor::red_hat)
      refuse("not-in-match", line.keyword_span,
             "before 9.5 Subsystem may not stand in a Match block");
  }

  void check(const std::string& path, const parsers::sshd_config::Match& match) {
    if (!release_.is_known || release_.vendor == SshdRelease::Vendor::red_hat) return;
    for (const parsers::sshd_config::Criterion& criterion : match.criteria) {
      const int since = criterion.attribute == "invalid-user" ? 909
                        : criterion.attribute == "version"    ? 1000
                                                              : 0;
      if (release_.number < since)
        context_.issue(path,
                       {"bad-match", criterion.span, "this release does not know the criterion",
                        parsers::Effect::refused});
    }
  }

  // `within`: of the block, once it is known.
  void enter(const parsers::sshd_config::Match& match, SshBlock& within, Entry& entry) {
    if (match.criteria.size() == 1 && match.criteria[0].attribute == "all") {
      entry.always = entry.context->empty();
      return;
    }
    entry.always = false;
    if (!within) within = blocks_.within(entry.context, match.header);
    entry.context = within;
  }

  void include(const parsers::sshd_config::Argument& argument, SshBlock outer, bool always,
               const std::string& from, int depth) {
    if (stopped_) return;
    if (++included_ > kSshIncludedFiles)
      return stop(from, "too-many-includes", argument.span, "more included files than are read");
    bool is_cut = false;
    const std::vector<std::string> paths = ssh_included(context_.tree(), argument.text, is_cut);
    const std::string whole =
        argument.text.starts_with('/') ? argument.text : "/etc/ssh/" + argument.text;
    if (paths.empty() && lies_outside(context_, whole.substr(0, whole.find_first_of("*?["))))
      context_.issue(
          from, {"include-unknown", argument.span, "what it includes lies outside of what is here",
                 parsers::Effect::refused});
    else
      includes_.push_back({from, argument.text, paths.size(), argument.span});
    for (const std::string& path : paths) {
      const auto stat = context_.tree().stat(path);
      if (stopped_ || (stat && stat->type == NodeType::directory)) continue;
      if (depth + 1 > limits::kIncludeDepth)
        return stop(from, "include-depth", argument.span,
                    "too many nested Include lines: sshd refuses");
      if (++included_ > kSshIncludedFiles)
        return stop(from, "too-many-includes", argument.span, "more included files than are read");
      read(path, true, outer, always, depth + 1);
    }
    if (is_cut && !stopped_)
      stop(from, "too-many-includes", argument.span, "more included files than are read");
  }

  void stop(const std::string& path, std::string_view code, Span span, std::string message) {
    context_.issue(path, {code, span, std::move(message), parsers::Effect::refused});
    stopped_ = true;
  }

  Context& context_;
  const SshdRelease& release_;
  SshBlocks blocks_;
  std::set<std::string> only_;  // keywords of which lines do not count
  size_t next_ = 0;
  size_t included_ = 0;  // patterns, and the files that they stand for
  size_t bytes_ = 0;     // of all files, as often as they are included
  std::vector<Included> includes_;
  bool stopped_ = false;
};

class Effective {
 public:
  Effective(Context& context, const std::vector<Entry>& entries, const SshdRelease& release)
      : context_(context), release_(release) {
    for (const Entry& entry : entries) {
      if (entry.keyword == "include") continue;
      if (entry.context->empty()) global_[entry.keyword].push_back(&entry);
      if (entry.always) always_[entry.keyword].push_back(&entry);
      if (!entry.context->empty()) blocks_[entry.context][entry.keyword].push_back(&entry);
    }
  }

  void write(bool with_defaults) {
    for (const auto& [keyword, lines] : global_) write_global(keyword, lines);
    for (const auto& [context, keywords] : blocks_)
      for (const auto& [keyword, lines] : keywords) write_block(keyword, lines);
    if (!with_defaults) return;
    for (const SshdDefault& known : sshd_defaults(release_))
      if (!global_.contains(std::string(known.keyword)))
        context_.store().insert(kSshdTable,
                                {known.keyword, known.value, Null{}, std::string_view(""),
                                 std::string_view("default"), Null{}, Null{}, Null{}});
  }

  // What sshd does not start with, although each line by itself is in order (main() in sshd.c).
  void check() {
    for (const std::string keyword : {"authorizedkeyscommand", "authorizedprincipalscommand"}) {
      const Entry* const command = winner(keyword);
      if (command && parsers::lower(command->value) != "none" && !winner(keyword + "user"))
        refuse(*command, "missing-user", "a command without " + keyword + "user, as whom it runs");
    }
    if (const Entry* const methods = winner("authenticationmethods");
        methods && is_hopeless(methods->value))
      refuse(*methods, "methods-off",
             "each of the lists names a way to log in that is switched off");
  }

 private:
  using Lines = std::vector<const Entry*>;

  static const Keyword* known(const std::string& keyword) {
    return parsers::sshd_config::keyword(keyword);
  }

  void write_global(const std::string& keyword, const Lines& lines) {
    const Keyword* about = known(keyword);
    const auto again = always_.find(keyword);
    const bool overlaid = again != always_.end() && about && about->in_match;
    const Lines& counting = overlaid ? again->second : lines;
    const bool adds = about && about->accumulates;
    const Entry* const winner = winner_of(keyword, counting);
    for (const Entry* line : adds ? counting : Lines{winner}) write_row(*line, about, counting);
    for (const Entry* line : lines) {
      const bool counts = adds ? !overlaid || line->always : line == winner;
      if (!counts)
        lost(*winner, *line,
             overlaid && !line->always ? "a Match block that applies beats the global part"
             : is_last(keyword)        ? "read later"
                                       : "the first value wins");
    }
  }

  const Entry* winner(const std::string& keyword) const {
    const auto again = always_.find(keyword);
    const auto& from = again == always_.end() ? global_ : always_;
    const auto found = from.find(keyword);
    return found == from.end() ? nullptr : winner_of(keyword, found->second);
  }

  void refuse(const Entry& entry, std::string_view code, std::string message) {
    context_.issue(entry.path, {code, entry.span, std::move(message), parsers::Effect::refused});
  }

  // Does every list of AuthenticationMethods name one that is off?
  bool is_hopeless(const std::string& lists) const {
    constexpr std::array<std::array<std::string_view, 3>, 6> kMethods = {{
        {"publickey", "pubkeyauthentication", "yes"},
        {"password", "passwordauthentication", "yes"},
        {"keyboard-interactive", "kbdinteractiveauthentication", "yes"},
        {"hostbased", "hostbasedauthentication", "no"},
        {"gssapi-with-mic", "gssapiauthentication", "no"},
        {"gssapi-keyex", "gssapikeyexchange", "no"},
    }};
    const auto is_off = [&](std::string_view method) {
      for (const auto& [name, keyword, otherwise] : kMethods)
        if (name == method.substr(0, method.find(':'))) {
          const Entry* const set = winner(std::string(keyword));
          return (set ? std::string_view(set->value) : otherwise) == "no";
        }
      return false;
    };
    for (size_t begin = 0; begin < lists.size();) {
      const size_t blank = std::min(lists.find(' ', begin), lists.size());
      bool is_blocked = false;
      for (size_t at = begin; at < blank;) {
        const size_t comma = std::min(lists.find(',', at), blank);
        is_blocked |= is_off(std::string_view(lists).substr(at, comma - at));
        at = comma + 1;
      }
      if (!is_blocked) return false;
      begin = blank + 1;
    }
    return !lists.empty();
  }

  void write_block(const std::string& keyword, const Lines& lines) {
    const Keyword* about = known(keyword);
    const bool adds = about && about->accumulates;
    const auto before = always_.find(keyword);
    const bool beaten = !adds && !is_last(keyword) && before != always_.end() &&
                        before->second.front()->order < lines.front()->order;
    const Entry& winner = beaten ? *before->second.front() : *winner_of(keyword, lines);
    if (!beaten)
      for (const Entry* line : adds ? lines : Lines{&winner}) write_row(*line, about, lines);
    for (const Entry* line : lines)
      if (!adds && line != &winner)
        lost(winner, *line, !beaten && is_last(keyword) ? "read later" : "the first value wins");
  }

  // servconf.c: of these what is read later takes the place of what was there.
  static bool is_last(std::string_view keyword) {
    constexpr std::string_view kLast[] = {"authorizedprincipalscommand", "fingerprinthash", "ipqos",
                                          "persourcemaxstartups", "persourcenetblocksize"};
    return std::ranges::find(kLast, keyword) != std::end(kLast);
  }
  static const Entry* winner_of(std::string_view keyword, const Lines& lines) {
    return is_last(keyword) ? lines.back() : lines.front();
  }

  // `lines`: all of the keyword that are read there.
  void write_row(const Entry& entry, const Keyword* about, const Lines& lines) {
    using parsers::sshd_config::Value;
    std::string value = entry.value;
    if (about && about->value == Value::algorithms)
      value = sshd_algorithms(entry.keyword, entry.written, release_);
    // The time of RekeyLimit may come from a later line than its amount.
    if (about && about->value == Value::rekey)
      for (const Entry* line : lines)
        if (has_time(*line)) {
          value = value.substr(0, value.find(' ')) + line->value.substr(line->value.find(' '));
          break;
        }
    context_.store().insert(
        kSshdTable,
        {std::string_view(entry.keyword), std::string_view(value), std::string_view(entry.written),
         std::string_view(*entry.context), std::string_view("set"), std::string_view(entry.path),
         context_.store().locate(entry.path, entry.span),
         context_.store().locate(entry.path, entry.value_span)});
  }

  static bool has_time(const Entry& entry) {
    return entry.written.find(' ') != std::string::npos && !entry.written.ends_with(" none");
  }

  void lost(const Entry& winner, const Entry& loser, std::string_view reason) {
    Store& store = context_.store();
    store.overridden(kSshdTable, loser.keyword, store.locate(winner.path, winner.span),
                     store.locate(loser.path, loser.span), loser.written, reason);
  }

  Context& context_;
  const SshdRelease& release_;
  std::map<std::string, Lines> global_, always_;
  std::map<SshBlock, std::map<std::string, Lines>, SshBlockOrder> blocks_;
};

void write_lines(Context& context, const std::vector<Entry>& entries, bool is_read) {
  for (const Entry& entry : entries)
    context.store().insert(kSshdLineTable,
                           {std::string_view(entry.path), std::string_view(entry.keyword),
                            std::string_view(entry.written), std::string_view(*entry.context),
                            is_read ? Value(static_cast<int64_t>(entry.order + 1)) : Value(Null{}),
                            is_read, context.store().locate(entry.path, entry.span)});
}

void collect_sshd(Context& context) {
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) {
      const SshdRelease release;
      Reader reader(context, release);
      reader.read(path, false);
      write_lines(context, reader.entries, true);
      Effective(context, reader.entries, release).write(false);
    }
    return;
  }
  const SshdCommand command = sshd_command(context);
  std::vector<std::string> mains(std::begin(kMain), std::end(kMain));
  if (command.config) mains = {*command.config};
  for (const std::string& main : mains) {
    if (!context.tree().exists(main)) continue;
    const SshdRelease release = sshd_release(context);
    Reader reader(context, release);
    reader.add(command);
    reader.read(main, true);
    write_lines(context, reader.entries, true);
    reader.write_includes();
    Effective effective(context, reader.entries, release);
    effective.write(true);
    effective.check();
    // Drop-ins that no Include leads to.
    for (const std::string& path : context.tree().glob("etc/ssh/sshd_config.d", "*")) {
      const auto real = context.tree().resolve(path);
      if (!real || reader.read_paths.contains(*real)) continue;
      const auto text = context.tree().read(*real);
      if (!text) continue;
      std::vector<Entry> unread;
      const parsers::sshd_config::File file = parsers::sshd_config::parse(*text, kSshLines);
      if (file.lines.size() + file.matches.size() == kSshLines)
        context.issue(*real, {"too-many-lines", Span{1, 1, 1, 1}, "more lines than are read",
                              parsers::Effect::ignored});
      for (const auto& line : file.lines) unread.push_back(entry_of(line, *real));
      write_lines(context, unread, false);
    }
    return;
  }
}

}  // namespace

const Collector kSshdCollector{
    .name = "sshd",
    .tables = {&kSshdTable, &kSshdLineTable, &kSshdIncludeTable},
    .needs = {},
    .hints = {"package"},
    .paths =
        unit_paths({"etc/ssh/sshd_config", "etc/ssh/sshd_config.d/**", "usr/etc/ssh/sshd_config",
                    "usr/etc/ssh/sshd_config.d/**", "etc/ssh/*", "etc/default/ssh",
                    "etc/sysconfig/sshd", "etc/crypto-policies/back-ends/opensshserver.config",
                    "usr/share/crypto-policies/*/opensshserver.txt",
                    "usr/share/crypto-policies/back-ends/*/opensshserver.txt"}),
    .loose = {"sshd_config", "sshd_config.d/*.conf"},
    .collect = collect_sshd};

}  // namespace drydock::facts
