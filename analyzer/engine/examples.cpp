#include "analyzer/engine/examples.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "analyzer/engine/evaluate.h"
#include "analyzer/facts/collect.h"
#include "analyzer/facts/osv_feed.h"
#include "analyzer/source/artifact.h"
#include "analyzer/source/memory.h"

namespace drydock::engine {
namespace {

using Kind = ExampleFile::Kind;

// name -> id of a passwd(5) or group(5) file: the third field of a line.
std::map<std::string, uint32_t> ids_of(const Example& example, std::string_view path) {
  std::map<std::string, uint32_t> result{{"root", 0}};
  for (const ExampleFile& file : example.files) {
    if (file.path != path) continue;
    for (size_t begin = 0; begin < file.content.size();) {
      const size_t end = std::min(file.content.find('\n', begin), file.content.size());
      const std::string line = file.content.substr(begin, end - begin);
      begin = end + 1;
      const size_t first = line.find(':');
      const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
      if (second == std::string::npos) continue;
      uint32_t id = 0;
      if (std::from_chars(line.data() + second + 1, line.data() + line.size(), id).ec ==
          std::errc())
        result[line.substr(0, first)] = id;
    }
  }
  return result;
}

// A number, or a name of the example's own files.
std::optional<uint32_t> id_of(const std::string& owner,
                              const std::map<std::string, uint32_t>& ids) {
  uint32_t id = 0;
  const auto [end, error] = std::from_chars(owner.data(), owner.data() + owner.size(), id);
  if (error == std::errc() && end == owner.data() + owner.size()) return id;
  const auto found = ids.find(owner);
  return found == ids.end() ? std::nullopt : std::optional(found->second);
}

Result<std::shared_ptr<MemoryTree>> build(const Example& example) {
  auto tree = std::make_shared<MemoryTree>();
  const auto users = ids_of(example, "etc/passwd");
  const auto groups = ids_of(example, "etc/group");
  for (const ExampleFile& file : example.files) {
    const auto uid = id_of(file.user, users);
    const auto gid = id_of(file.group, groups);
    if (!uid || !gid)
      return Error{"'" + file.path + "' belongs to " + file.user + ":" + file.group +
                       ", who is not in the example's etc/passwd and etc/group",
                   ""};
    switch (file.kind) {
      case Kind::file:
        tree->file(file.path, file.content, file.mode, *uid, *gid);
        break;
      case Kind::directory:
        tree->directory(file.path, file.mode, *uid, *gid);
        break;
      case Kind::link:
        tree->symlink(file.path, file.content);
        break;
      case Kind::fifo:
        tree->node(file.path, NodeType::fifo, file.mode, *uid, *gid);
        break;
      case Kind::socket:
        tree->node(file.path, NodeType::socket, file.mode, *uid, *gid);
        break;
      case Kind::block_device:
        tree->node(file.path, NodeType::block_device, file.mode, *uid, *gid);
        break;
      case Kind::char_device:
        tree->node(file.path, NodeType::char_device, file.mode, *uid, *gid);
        break;
    }
    if (file.unreadable) tree->break_file(file.path);
  }
  return tree;
}

// "etc/x:3:1", "etc/x" for the file as a whole.
std::string show(const Place& place) {
  if (place.span.line == 0) return place.path;
  return place.path + ":" + std::to_string(place.span.line) + ":" +
         std::to_string(place.span.column);
}

// Is `place` what `at` says: the path alone, with the line, or with line and column?
bool is_at(const Place& place, std::string_view at) {
  const std::string full = show(place);
  if (full == at) return true;
  return place.span.line > 0 && full.substr(0, full.rfind(':')) == at;
}

std::string show(const RuleResult& result) {
  std::string text(name(result.outcome));
  if (!result.reason.empty()) text += " (" + result.reason + ")";
  for (const Finding& finding : result.findings)
    text += "\n    at " + show(finding.place) + ": " + finding.message;
  return text;
}

// Every table that the rule may ask about.
std::set<std::string, std::less<>> tables_named(const Rule& rule) {
  std::string text = rule.applies ? "trait " : "";
  if (const auto* query = std::get_if<Query>(&rule.check))
    text += query->sql;
  else if (const auto* expect = std::get_if<Expect>(&rule.check))
    text += expect->table + " " + expect->where;
  return facts::tables_named(text);
}

}  // namespace

// Files below "@osv/" are what a user would hand over with --osv.
facts::OsvFeed feed_of(const Example& example) {
  static constexpr std::string_view kBelow = "@osv/";
  const auto is_record = [](const ExampleFile& file) { return file.path.starts_with(kBelow); };
  if (std::ranges::none_of(example.files, is_record)) return {};
  return {.name = "osv", .each = [&example, is_record](const facts::OsvFeed::Visit& visit) {
            for (const ExampleFile& file : example.files)
              if (is_record(file))
                visit(std::string_view(file.path).substr(kBelow.size()), file.content);
            return Result<void>();
          }};
}

std::string run_example(const std::shared_ptr<const Rule>& rule, const Example& example) {
  const auto tree = build(example);
  if (!tree) return tree.error().message;
  Target target;
  target.name = "example";
  target.scope = example.scope;
  target.tree = *tree;
  if (example.scope == Scope::fragment) {
    (*tree)->escapes_are_errors = true;
    const Interest interest = facts::interest_for({});
    for (const ExampleFile& file : example.files)
      if (file.kind == Kind::file && interest.matches_loose(file.path))
        target.loose_files.push_back(file.path);
    std::ranges::sort(target.loose_files);
  }
  auto store = facts::Store::create(facts::tables_for(tables_named(*rule)));
  if (!store) return store.error().message;

  std::vector<Diagnostic> diagnostics;
  Plan plan({rule}, **store, diagnostics);
  if (!diagnostics.empty()) return render(diagnostics.front());
  facts::collect(target, **store, plan.tables(), feed_of(example));
  EvaluateOptions options;
  options.target_name = target.name;
  options.scope = example.scope;
  options.parameters = example.parameters;
  options.text = [&](std::string_view path) -> std::optional<std::string_view> {
    const auto text = target.tree->read_resolved(path);
    return text ? std::optional(*text) : std::nullopt;
  };
  const RuleResult result = plan.run(options).front();

  bool same = name(result.outcome) == example.outcome;
  if (same && !example.at.empty())
    same = std::ranges::equal(
        result.findings, example.at,
        [](const Finding& finding, const std::string& at) { return is_at(finding.place, at); });
  if (same) return {};
  std::string expected = example.outcome;
  for (const std::string& at : example.at) expected += "\n    at " + at;
  return "expected: " + expected + "\n  but got: " + show(result);
}

}  // namespace drydock::engine
