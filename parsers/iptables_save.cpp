#include "parsers/iptables_save.h"

#include <map>
#include <unordered_map>
#include <utility>

#include "parsers/characters.h"

namespace drydock::parsers::iptables_save {
namespace {

constexpr int kFlushes = 100;  // of all chains, that are followed into what is known of each

constexpr size_t kRules = 100'000;

// The words of a line, with double quotes around some of them.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at < line.size();) {
    while (at < line.size() && is_blank(line[at])) ++at;
    if (at >= line.size()) break;
    const size_t begin = at;
    bool quoted = false;
    while (at < line.size() && (quoted || !is_blank(line[at]))) {
      if (line[at] == '"') quoted = !quoted;
      ++at;
    }
    words.push_back(line.substr(begin, at - begin));
  }
  return words;
}

// "-A FORWARD -j DROP": the target, if nothing but it and its own options stand there.
std::string_view unconditional(const std::vector<std::string_view>& words) {
  if (words.size() < 4 || (words[2] != "-j" && words[2] != "--jump")) {
    // A comment is no condition.
    if (words.size() >= 8 && words[2] == "-m" && words[3] == "comment" && words[4] == "--comment" &&
        (words[6] == "-j" || words[6] == "--jump"))
      return words[7];
    return {};
  }
  return words[3];
}

}  // namespace

File parse(std::string_view text) {
  File file;
  const LineIndex lines(text);
  std::string table;
  Span table_span;
  bool too_many = false;
  std::unordered_map<std::string, size_t> known;                  // of the open table
  std::map<std::pair<std::string, std::string>, size_t> flushed;  // how many rules were there then
  int flushes = 0;
  const auto chain = [&](std::string_view name, Span span) -> Chain& {
    const auto [found, is_new] = known.try_emplace(std::string(name), file.chains.size());
    if (is_new) file.chains.push_back({table, std::string(name), "", 0, "", span, span, {}});
    return file.chains[found->second];
  };
  const auto rule = [&](const std::vector<std::string_view>& words, size_t at, Span span) {
    if (file.rules.size() >= kRules) {
      if (file.rules.size() == kRules && !too_many)
        file.errors.add("too-many-rules", span, "the rules from here on are left out",
                        Effect::refused);
      too_many = true;
      return;
    }
    Rule result{table,
                std::string(words[at]),
                {},
                words[at - 1] == "-I" || words[at - 1] == "--insert",
                span};
    for (size_t i = at + 1; i < words.size(); ++i) {
      std::string_view word = words[i];
      if (word.size() >= 2 && word.front() == '"' && word.back() == '"')
        word = word.substr(1, word.size() - 2);
      result.words.emplace_back(word);
    }
    // "-I CHAIN 1": a place in the chain.
    if (result.at_front && !result.words.empty() &&
        result.words[0].find_first_not_of("0123456789") == std::string::npos)
      result.words.erase(result.words.begin());
    file.rules.push_back(std::move(result));
  };
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    while (begin < end && is_blank(text[begin])) ++begin;
    if (begin == end || text[begin] == '#') continue;
    const std::string_view line = text.substr(begin, end - begin);
    const std::vector<std::string_view> words = words_of(line);
    const Span span = lines.span(begin, end);
    const auto refuse = [&](std::string_view code, std::string message) {
      file.errors.add(code, span, std::move(message), Effect::refused);
    };
    const auto place = [&](std::string_view word) {
      const auto at = static_cast<size_t>(word.data() - text.data());
      return lines.span(at, at + word.size());
    };
    if (line.front() == '*') {
      if (!table.empty())
        file.errors.add("missing-commit", table_span, "this table has no COMMIT", Effect::refused);
      table = words[0].substr(1);
      table_span = span;
      known.clear();
    } else if (words[0] == "COMMIT") {
      table.clear();
    } else if (table.empty()) {
      refuse("outside-table", "expected '*' and the name of a table before this");
    } else if (line.front() == ':') {
      if (words.size() < 2) {
        refuse("bad-chain", "expected a policy behind the name of the chain");
        continue;
      }
      Chain& c = chain(words[0].substr(1), span);
      if (!c.policy.empty() && c.earlier.size() < 20)
        c.earlier.emplace_back(c.policy, c.policy_span);
      c.policy = words[1];
      c.policy_span = place(words[1]);
    } else if ((words[0] == "-P" || words[0] == "--policy") && words.size() >= 3) {
      Chain& c = chain(words[1], span);
      if (!c.policy.empty() && c.earlier.size() < 20)
        c.earlier.emplace_back(c.policy, c.policy_span);
      c.policy = words[2];
      c.policy_span = place(words[2]);
    } else if ((words[0] == "-A" || words[0] == "--append") && words.size() >= 2) {
      Chain& c = chain(words[1], span);
      ++c.rules;
      c.last_verdict = unconditional(words);
      rule(words, 1, span);
    } else if ((words[0] == "-I" || words[0] == "--insert") && words.size() >= 2) {
      ++chain(words[1], span).rules;
      rule(words, 1, span);
    } else if (words[0] == "-F" || words[0] == "--flush") {
      // Of all chains without a name. The rules are taken out at the end, all at once.
      const std::string name(words.size() > 1 ? words[1] : std::string_view());
      flushed[{table, name}] = file.rules.size();
      const auto empty = [](Chain& c) { c.rules = 0, c.last_verdict.clear(); };
      if (const auto found = known.find(name); found != known.end())
        empty(file.chains[found->second]);
      else if (name.empty() && ++flushes <= kFlushes)
        for (const auto& [one, index] : known) empty(file.chains[index]);
    } else if (words[0].starts_with("-") || words[0].starts_with("[")) {
      // -N, -X: nothing that changes what is asked here. Counters may precede a rule.
      if (words[0].starts_with("[") && words.size() >= 3 && words[1] == "-A") {
        Chain& c = chain(words[2], span);
        ++c.rules;
        c.last_verdict = unconditional({words.begin() + 1, words.end()});
        rule(words, 2, span);
      }
    } else {
      refuse("unknown-line", "expected a table, a chain, a rule or COMMIT");
    }
  }
  if (!flushed.empty()) {
    size_t index = 0;
    std::erase_if(file.rules, [&](const Rule& one) {
      const size_t at = index++;
      const auto before = [&](const std::string& name) {
        const auto found = flushed.find({one.table, name});
        return found != flushed.end() && at < found->second;
      };
      return before(one.chain) || before("");
    });
  }
  if (!table.empty())
    file.errors.add("missing-commit", table_span, "this table has no COMMIT", Effect::refused);
  return file;
}

}  // namespace drydock::parsers::iptables_save
