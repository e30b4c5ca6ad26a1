#include "analyzer/facts/collect/unit_preset.h"

#include <algorithm>
#include <map>

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/facts/collect/unit_name.h"
#include "parsers/unit.h"

namespace drydock::facts {
namespace {

constexpr std::string_view kBlank = " \t\n\r";

}  // namespace

UnitPresets::UnitPresets(const Tree& tree) {
  // "All preset files are sorted by their filename ... Files in /etc/ override files with the same
  // name in /usr/lib/ and /run/."
  std::map<std::string, std::string> files;
  for (const std::string_view directory :
       {"etc/systemd/system-preset", "run/systemd/system-preset",
        "usr/local/lib/systemd/system-preset", "usr/lib/systemd/system-preset",
        "lib/systemd/system-preset"}) {
    const auto real = tree.resolve(directory);
    const auto names = real ? tree.list(*real) : TreeResult<std::vector<std::string>>(real.error());
    if (!names) continue;
    for (const std::string& name : *names)
      if (name.ends_with(".preset") && !name.starts_with('.'))
        files.try_emplace(name, join_path(*real, name));
  }
  for (const auto& [name, path] : files) {
    if (is_mask(tree, path)) continue;
    const auto text = tree.read_resolved(path);
    if (!text) continue;
    for (size_t begin = 0; begin < text->size();) {
      const size_t end = std::min(text->find('\n', begin), text->size());
      const std::string_view line = text->substr(begin, end - begin);
      begin = end + 1;
      const size_t first = line.find_first_not_of(kBlank);
      if (first == std::string_view::npos || line[first] == '#' || line[first] == ';') continue;
      std::vector<std::string> words;
      for (const parsers::unit::Word& word : parsers::unit::split_words(line).words)
        words.push_back(word.text);
      if (words.size() < 2) continue;
      const std::string_view verdict = words[0] == "enable"    ? "enabled"
                                       : words[0] == "disable" ? "disabled"
                                       : words[0] == "ignore"  ? "ignored"
                                                               : "";
      if (verdict.empty()) continue;
      Rule rule{words[1], {}, verdict};
      if (words.size() > 2) {
        // "Multiple instance names for unit templates may be specified as a space separated list."
        if (words[0] != "enable" || unit_name_kind(words[1]) != UnitNameKind::template_) continue;
        rule.instances.assign(words.begin() + 2, words.end());
      }
      rules_.push_back(std::move(rule));
    }
  }
}

std::string_view UnitPresets::of(std::string_view name) const {
  for (const Rule& rule : rules_) {
    const bool instance_matches =
        unit_template(name) == rule.pattern && unit_name_kind(name) == UnitNameKind::instance &&
        std::find(rule.instances.begin(), rule.instances.end(), unit_instance(name)) !=
            rule.instances.end();
    if (instance_matches || glob_match(rule.pattern, name, true)) return rule.verdict;
  }
  return "enabled";
}

}  // namespace drydock::facts
