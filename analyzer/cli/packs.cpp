#include "analyzer/cli/packs.h"

#include <algorithm>

#include "analyzer/cli/opening.h"
#include "analyzer/engine/yaml.h"

namespace drydock::cli {

Result<engine::Catalogue> load_catalogue(const std::vector<std::string>& packs) {
  engine::Catalogue catalogue = engine::Catalogue::built_in();
  for (const std::string& pack : packs) {
    const std::vector<Diagnostic> mistakes = catalogue.add_pack(pack);
    report_diagnostics(mistakes);
    if (std::ranges::any_of(mistakes, [](const Diagnostic& d) { return d.level == Level::error; }))
      return Error{"the rules in '" + pack + "' do not load", ""};
  }
  return catalogue;
}

Error no_such_rule(const engine::Catalogue& catalogue, const std::string& id) {
  std::vector<std::string> ids;
  for (const auto& rule : catalogue.rules()) ids.push_back(rule->id);
  const std::string near = engine::yaml::nearest(id, ids);
  return {"no rule is called '" + id + "'",
          near.empty() ? "'drydock rules' lists them" : "did you mean '" + near + "'?"};
}

}  // namespace drydock::cli
