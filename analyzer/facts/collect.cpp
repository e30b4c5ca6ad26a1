#include "analyzer/facts/collect.h"

#include <algorithm>

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
  for (const std::string_view table : collector.needs)
    if (const Collector* other = provider(table)) append(*other, visited, order);
  order.push_back(&collector);
}

// The collectors to run for the given tables, in order. The meta tables are about all the others.
std::vector<const Collector*> needed(const Names& tables) {
  const bool all = tables.empty() || std::ranges::any_of(tables, is_meta);
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

Interest interest_for(const Names& tables) {
  Interest interest;
  for (const Collector* collector : needed(tables)) {
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
  const std::string once = std::string(running_ ? running_->name : "") + '\0' + std::string(path);
  if (!reported_.insert(once).second) return std::nullopt;
  const bool is_link = text.error().kind == TreeError::Kind::symlink_loop ||
                       text.error().kind == TreeError::Kind::escapes;
  diagnostics_.push_back({Level::warning,
                          is_link ? DiagnosticKind::symlink : DiagnosticKind::not_read,
                          std::string(path), Span{}, text.error().message, ""});
  if (running_)
    for (const TableSpec* table : running_->tables)
      store_.insert(kParseIssueTable,
                    {path, std::string_view("not-readable"), std::string_view(text.error().message),
                     std::string_view("unknown"), table->name, store_.locate(path, Span{})});
  return std::nullopt;
}

std::vector<std::string> Context::loose(std::span<const std::string_view> patterns) const {
  Interest interest;
  for (const std::string_view pattern : patterns) interest.add_loose(pattern);
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
  if (tables.empty() && running_) tables = running_->tables;
  const bool ignored = error.effect == parsers::Effect::ignored;
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

// May a file that `pattern` names lie in `directory` or below it?
bool reaches(std::string_view pattern, std::string_view directory) {
  while (!directory.empty()) {
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    const std::string_view part = directory.substr(0, directory.find('/'));
    if (wanted == "**") return true;
    if (wanted.empty() || !glob_match(wanted, part)) return false;
    pattern.remove_prefix(std::min(pattern.size(), wanted.size() + 1));
    directory.remove_prefix(std::min(directory.size(), part.size() + 1));
  }
  return true;
}

}  // namespace

// A volume that was not read, a damaged directory: that nothing was found there says nothing. Whoever would
// have looked there, and the inventory of files, cannot be sure.
void Context::report_unread(std::span<const Collector* const> ran) {
  const auto has_files = [](const Collector& collector) {
    return std::ranges::find(collector.tables, &kFileTable) != collector.tables.end();
  };
  if (std::ranges::any_of(ran, [&](const Collector* one) { return has_files(*one); }))
    tree().take_inventory();
  for (const auto& [path, why] : tree().unread()) {
    const std::string message = "nothing in it was read: " + why;
    diagnostics_.push_back({Level::warning, DiagnosticKind::not_read, path, Span{}, message, ""});
    for (const Collector* collector : ran) {
      const bool concerned =
          has_files(*collector) || std::ranges::any_of(collector->paths, [&](std::string_view one) {
            return reaches(one, path);
          });
      if (!concerned) continue;
      for (const TableSpec* table : collector->tables)
        store_.insert(kParseIssueTable, {std::string_view(path), std::string_view("not-read"),
                                         std::string_view(message), std::string_view("unknown"),
                                         table->name, store_.locate(path, Span{})});
    }
  }
}

std::vector<Diagnostic> collect(const Target& target, Store& store, const Names& tables) {
  Context context(target, store);
  const std::vector<const Collector*> order = needed(tables);
  for (const Collector* collector : order) {
    context.begin(*collector);
    collector->collect(context);
  }
  context.report_unread(order);
  store.freeze();
  return context.diagnostics();
}

}  // namespace drydock::facts
