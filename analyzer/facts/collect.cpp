#include "analyzer/facts/collect.h"

#include <algorithm>

#include "analyzer/facts/osv_feed.h"
#include "analyzer/facts/virtual_tables.h"

namespace drydock::facts {
namespace {

using Names = std::set<std::string, std::less<>>;

const TableSpec* const kMetaTables[] = {&kLocationTable, &kOverrideTable, &kParseIssueTable};

bool is_meta(std::string_view table) {
  return std::ranges::any_of(kMetaTables,
                             [&](const TableSpec* spec) { return spec->name == table; });
}

const Collector* provider(std::string_view table) {
  for (const Collector& collector : collectors())
    for (const TableSpec* spec : collector.tables)
      if (spec->name == table) return &collector;
  return nullptr;
}

// Appends `collector` after everything it needs. `order` doubles as the set of those visited, so
// that two collectors that need each other end as one before the other instead of in a loop.
void append(const Collector& collector, std::vector<const Collector*>& visited,
            std::vector<const Collector*>& order) {
  if (std::ranges::find(visited, &collector) != visited.end()) return;
  visited.push_back(&collector);
  for (const auto* others : {&collector.needs, &collector.hints})
    for (const std::string_view table : *others)
      if (const Collector* other = provider(table)) append(*other, visited, order);
  order.push_back(&collector);
}

// The meta tables are about all the others.
bool takes_all(const Names& tables) {
  return tables.empty() || std::ranges::any_of(tables, is_meta);
}

// The collectors to run for the given tables, in order.
std::vector<const Collector*> needed(const Names& tables) {
  const bool all = takes_all(tables);
  std::vector<const Collector*> visited, order;
  for (const Collector& collector : collectors()) {
    const bool wanted = all || std::ranges::any_of(collector.tables, [&](const TableSpec* spec) {
                          return tables.contains(spec->name);
                        });
    if (wanted) append(collector, visited, order);
  }
  return order;
}

}  // namespace

std::vector<const TableSpec*> all_tables() {
  std::vector<const TableSpec*> tables(std::begin(kMetaTables), std::end(kMetaTables));
  for (const Collector& collector : collectors())
    tables.insert(tables.end(), collector.tables.begin(), collector.tables.end());
  std::ranges::sort(tables, {}, &TableSpec::name);
  return tables;
}

std::vector<const TableSpec*> tables_for(const Names& names) {
  std::vector<const TableSpec*> tables(std::begin(kMetaTables), std::end(kMetaTables));
  for (const Collector* collector : needed(names))
    tables.insert(tables.end(), collector->tables.begin(), collector->tables.end());
  std::ranges::sort(tables, {}, &TableSpec::name);
  return tables;
}

Names tables_named(std::string_view sql) {
  const auto is_word = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
  };
  const std::vector<const TableSpec*> tables = all_tables();
  Names out;
  for (size_t begin = 0; begin < sql.size();) {
    size_t end = begin;
    while (end < sql.size() && is_word(sql[end])) ++end;
    const std::string_view word = sql.substr(begin, end - begin);
    if (std::ranges::binary_search(tables, word, {}, &TableSpec::name)) out.emplace(word);
    begin = end + 1;
  }
  return out;
}

Interest interest_for(const Names& tables) {
  Interest interest;
  for (const Collector* collector : needed(tables)) {
    // Nearly all of /etc, for who asks for it: that does not make everything called etc in a repository a host.
    if (tables.empty() && collector->name == "conffile") continue;
    for (const std::string_view pattern : collector->paths) interest.add(pattern);
    for (const std::string_view pattern : collector->loose) interest.add_loose(pattern);
  }
  return interest;
}

std::optional<Text> Context::read(std::string_view path) {
  const auto real = tree().resolve(path);
  if (real && *real == "dev/null") return std::nullopt;
  const auto text = real ? tree().read(*real) : TreeResult<std::string_view>(real.error());
  if (text) return Text{*real, *text};
  switch (text.error().kind) {
    case TreeError::Kind::not_found:
    case TreeError::Kind::not_directory:
      return std::nullopt;
    default:
      break;
  }
  const bool is_new = reported_.insert(key(path)).second;
  if (real) reported_.insert(key(*real));
  if (!is_new) return std::nullopt;
  const bool is_link = text.error().kind == TreeError::Kind::symlink_loop ||
                       text.error().kind == TreeError::Kind::escapes;
  diagnostics_.push_back({Level::warning,
                          is_link ? DiagnosticKind::symlink : DiagnosticKind::not_read,
                          std::string(path), Span{}, text.error().message, ""});
  if (running_) insert_gap(path, "not-readable", text.error().message);
  return std::nullopt;
}

std::string Context::key(std::string_view path) const {
  return std::string(running_ ? running_->name : "") + '\0' + std::string(path);
}

std::vector<std::string> Context::loose(std::span<const std::string_view> patterns) const {
  Interest interest;
  for (const std::string_view pattern : patterns) interest.add_loose(pattern);
  tree_.looked_through("");
  std::vector<std::string> files;
  for (const std::string& file : target_.loose_files)
    if (interest.matches_loose(file)) files.push_back(file);
  return files;
}

std::vector<std::string> Context::loose() const {
  return running_ ? loose(running_->loose) : std::vector<std::string>{};
}

void Context::issue(std::string_view path, const parsers::SyntaxError& error,
                    std::vector<const TableSpec*> tables) {
  const bool ignored = error.effect == parsers::Effect::ignored;
  if (tables.empty() && running_) {
    tables = running_->tables;
    if (!ignored) reported_.insert(key(path));  // end() need not say it again
  }
  // Two collectors may read one file: it is said once.
  const std::string once = std::string(path) + '\0' + std::string(error.code) + '\0' +
                           std::to_string(error.span.line) + ':' +
                           std::to_string(error.span.column) + '\0' + error.message;
  if (reported_.insert(once).second)
    diagnostics_.push_back({ignored ? Level::note : Level::warning, DiagnosticKind::parse_error,
                            std::string(path), error.span, error.message, "",
                            std::string(error.code)});
  for (const TableSpec* table : tables)
    store_.insert(kParseIssueTable, {path, error.code, std::string_view(error.message),
                                     std::string_view(ignored ? "ignored" : "unknown"), table->name,
                                     store_.locate(path, error.span)});
}

void Context::issues(std::string_view path, const parsers::SyntaxErrors& errors,
                     std::vector<const TableSpec*> tables) {
  for (const parsers::SyntaxError& error : errors) issue(path, error, tables);
  if (errors.dropped() > 0)
    diagnostics_.push_back({Level::note, DiagnosticKind::limit, std::string(path), Span{},
                            std::to_string(errors.dropped()) + " more syntax errors are not shown",
                            ""});
}

namespace {

std::string gap_in_words(const Unread& one) {
  return one.path.empty() ? one.why : "nothing in it was read: " + one.why;
}

// Once for each file, however many collectors wanted it.
void warn(const std::string& path, const std::string& message,
          std::vector<Diagnostic>& diagnostics) {
  const bool known = std::ranges::any_of(diagnostics, [&](const Diagnostic& other) {
    return other.path == path && other.message == message;
  });
  if (!known)
    diagnostics.push_back({Level::warning, DiagnosticKind::not_read, path, Span{}, message, ""});
}

}  // namespace

void say_unread(const Tree& tree, std::vector<Diagnostic>& diagnostics) {
  for (const Unread& one : tree.unread())
    if (!one.said) warn(one.path, gap_in_words(one), diagnostics);
}

void Context::begin(const Collector& collector) {
  running_ = &collector;
  looked_ = {{.begin = tree_.mark()}};
}

void Context::insert_gap(std::string_view path, std::string_view code, std::string_view message) {
  unsure_.try_emplace(running_->name, Unread{std::string(path), std::string(message)});
  for (const TableSpec* table : running_->tables)
    store_.insert(kParseIssueTable, {path, code, message, std::string_view("unknown"), table->name,
                                     store_.locate(path, Span{})});
}

// What the collector that ran may have missed. That nothing was found in a volume that was not read, or
// behind the cut of an archive, says nothing: whoever looked there cannot be sure.
void Context::end() {
  if (running_->says_doubts) looked_.clear();
  for (const WatchedTree::Stretch& stretch : looked_)
    for (const Unread& one : tree_.missed(stretch)) {
      unsure_.try_emplace(running_->name, Unread{one.path, gap_in_words(one)});
      if (!reported_.insert(key(one.path)).second) continue;
      const auto info = tree_.lstat(one.path);
      if (info && info->type == NodeType::file) {
        warn(one.path, one.why, diagnostics_);
        insert_gap(one.path, "not-readable", one.why);
      } else {
        insert_gap(one.path, "not-read", gap_in_words(one));
      }
    }
  for (const std::string_view table : running_->needs)
    if (const Collector* other = provider(table))
      if (const auto gap = unsure_.find(other->name); gap != unsure_.end())
        if (reported_.insert(key(gap->second.path)).second)
          insert_gap(gap->second.path, "not-read", std::string(gap->second.why));
}

const OsvFeed& osv_feed(Context& context) {
  return context.shared<OsvFeed>([] { return OsvFeed{}; });
}

std::vector<Diagnostic> collect(const Target& target, Store& store, const Names& tables) {
  return collect(target, store, tables, OsvFeed{});
}

std::vector<Diagnostic> collect(const Target& target, Store& store, const Names& tables,
                                const OsvFeed& feed, LookedAhead ahead) {
  Context context(target, store);
  context.shared<LookedAhead>([&] { return std::move(ahead); });
  context.shared<OsvFeed>([&] { return feed; });
  const std::vector<const Collector*> order = needed(tables);
  if (!takes_all(tables)) {
    Names wanted = tables;
    for (const Collector* collector : order)
      for (const auto* others : {&collector->needs, &collector->hints})
        wanted.insert(others->begin(), others->end());
    store.keep_only(
        [&](const TableSpec& table) { return is_meta(table.name) || wanted.contains(table.name); });
  }
  for (const Collector* collector : order) {
    context.begin(*collector);
    collector->collect(context);
    context.end();
  }
  context.say_unread();
  store.freeze();
  return context.diagnostics();
}

}  // namespace drydock::facts
