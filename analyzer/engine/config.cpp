#include "analyzer/engine/config.h"

#include <algorithm>

#include "analyzer/engine/yaml.h"

namespace drydock::engine {

LoadedConfig load_config(std::string_view text, std::string_view path) {
  yaml::Mistakes mistakes(path);
  const yaml::Node root = yaml::parse(text, mistakes);
  LoadedConfig result;
  Config& config = result.config;
  const bool is_empty = root.kind == yaml::Node::Kind::null;
  if (mistakes.none() && !is_empty) {
    yaml::Mapping top(root, "the configuration", mistakes);
    config.profiles = top.texts("profiles");
    config.disable = top.texts("disable");
    config.rules = top.texts("rules");
    config.target_name = top.text("target-name");
    if (const std::string severity = top.text("severity"); top.has("severity")) {
      config.severity = severity_of(severity);
      if (!config.severity)
        mistakes.error(top.span("severity"), "there is no severity '" + severity + "'",
                       "one of critical, high, medium, low, info");
    }
    if (const std::string fail_on = top.text("fail-on"); top.has("fail-on")) {
      config.fail_on = fail_on;
      if (fail_on != "none" && !severity_of(fail_on))
        mistakes.error(top.span("fail-on"), "'" + fail_on + "' is neither a severity nor none",
                       "one of critical, high, medium, low, info, none");
    }
    if (const yaml::Node* given = top.get("parameters")) {
      yaml::Mapping parameters(*given, "'parameters'", mistakes);
      for (const auto& [name, value] : given->entries) {
        config.parameters[name.text] = yaml::texts(value, name.text, mistakes);
        config.spans["parameters." + name.text] = name.span;
      }
    }
    top.finish();
  }
  result.diagnostics = mistakes.take();
  return result;
}

std::vector<Diagnostic> check_config(const Config& config, const Catalogue& catalogue,
                                     std::string_view path) {
  std::map<std::string, bool> is_list;
  std::vector<std::string> known;
  for (const auto& rule : catalogue.rules())
    for (const Parameter& parameter : rule->parameters) is_list[parameter.name] = parameter.is_list;
  for (const auto& [name, list] : is_list) known.push_back(name);

  yaml::Mistakes mistakes(path);
  for (const auto& [name, values] : config.parameters) {
    const auto span = config.spans.find("parameters." + name);
    const Span place = span == config.spans.end() ? Span{} : span->second;
    const auto found = is_list.find(name);
    if (found == is_list.end()) {
      const std::string near = yaml::nearest(name, known);
      mistakes.error(place, "no rule has a parameter '" + name + "'",
                     near.empty() ? "" : "did you mean '" + near + "'?");
    } else if (!found->second && values.size() != 1) {
      mistakes.error(place, "the parameter '" + name + "' is one value, not a list");
    }
  }
  return mistakes.take();
}

}  // namespace drydock::engine
