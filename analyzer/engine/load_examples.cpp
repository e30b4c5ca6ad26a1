// The part of a rule file that is its tests.
#include <algorithm>

#include "analyzer/engine/compare.h"
#include "analyzer/engine/load.h"

namespace drydock::engine::load {
namespace {

using Kind = ExampleFile::Kind;

constexpr std::pair<std::string_view, Kind> kTypes[] = {{"fifo", Kind::fifo},
                                                        {"socket", Kind::socket},
                                                        {"block-device", Kind::block_device},
                                                        {"char-device", Kind::char_device}};

ExampleFile file(const std::string& path, const yaml::Node& node, yaml::Mistakes& mistakes) {
  ExampleFile result;
  result.path = path;
  if (node.is_scalar()) {
    result.content = node.text;
    return result;
  }
  yaml::Mapping fields(node, "the file '" + path + "'", mistakes);
  int kinds = 0;
  if (fields.has("content")) {
    const yaml::Node* content = fields.get("content");
    if (content->is_scalar()) result.content = content->text;
    ++kinds;
  }
  if (fields.has("link")) {
    result.kind = Kind::link;
    result.content = fields.required_text("link");
    ++kinds;
  }
  if (fields.flag("directory")) {
    result.kind = Kind::directory;
    result.mode = 0755;
    ++kinds;
  }
  if (const std::string type = fields.text("type"); fields.has("type")) {
    const auto known = std::find_if(std::begin(kTypes), std::end(kTypes),
                                    [&](const auto& entry) { return entry.first == type; });
    if (known != std::end(kTypes))
      result.kind = known->second;
    else
      mistakes.error(fields.span("type"), "there is no file type '" + type + "'",
                     "one of fifo, socket, block-device, char-device");
    ++kinds;
  }
  if (kinds > 1)
    mistakes.error(node.span, "a file has only one of 'content', 'link', 'directory' and 'type'");
  if (const std::string mode = fields.text("mode"); fields.has("mode")) {
    const auto number = as_mode(mode);
    if (!number)
      mistakes.error(fields.span("mode"), "'" + mode + "' is no octal mode",
                     "write it as \"0640\"");
    result.mode = static_cast<uint16_t>(number.value_or(0));
  }
  if (const std::string owner = fields.text("owner"); fields.has("owner")) {
    const size_t colon = owner.find(':');
    result.user = owner.substr(0, colon);
    result.group = colon == std::string::npos ? "" : owner.substr(colon + 1);
    if (result.user.empty() || result.group.empty())
      mistakes.error(fields.span("owner"), "'owner' must be user:group");
  }
  result.unreadable = fields.flag("unreadable");
  // Asked for here, so that finish() does not take them for unknown.
  for (const std::string_view key : {"content", "link"}) fields.get(key);
  fields.finish();
  return result;
}

std::vector<ExampleFile> files(const yaml::Node& node, yaml::Mistakes& mistakes) {
  std::vector<ExampleFile> result;
  yaml::Mapping mapping(node, "the files of an example", mistakes);
  for (const auto& [path, value] : node.entries) {
    if (!is_tree_path(path.text))
      mistakes.error(path.span, "'" + path.text + "' is no path relative to the root",
                     "write etc/x, not /etc/x");
    result.push_back(file(path.text, value, mistakes));
  }
  return result;
}

Example example(const yaml::Node& node, yaml::Mistakes& mistakes) {
  Example result;
  result.span = node.span;
  yaml::Mapping fields(node, "an example", mistakes);
  if (!fields.valid()) return result;
  const yaml::Node* passes = fields.get("passes");
  const yaml::Node* fails = fields.get("fails");
  const yaml::Node* other = fields.get("files");
  const std::string outcome = fields.text("outcome");
  if ((passes != nullptr) + (fails != nullptr) + (fields.has("outcome") ? 1 : 0) != 1 ||
      (other != nullptr) != fields.has("outcome")) {
    mistakes.error(node.span, "an example has one of 'passes', 'fails', or 'outcome' with 'files'");
    return result;
  }
  result.outcome = passes != nullptr ? "pass" : fails != nullptr ? "fail" : outcome;
  if (result.outcome != "pass" && result.outcome != "fail" && result.outcome != "not-applicable" &&
      result.outcome != "unknown")
    mistakes.error(fields.span("outcome"), "there is no outcome '" + outcome + "'",
                   "one of pass, fail, not-applicable, unknown");
  result.files = files(passes != nullptr ? *passes : fails != nullptr ? *fails : *other, mistakes);
  result.at = fields.texts("at");
  if (result.outcome != "fail" && !result.at.empty())
    mistakes.error(fields.span("at"), "'at' goes with a failing example");
  if (const std::string text = fields.text("scope"); fields.has("scope")) {
    const auto known = scope(text);
    if (!known)
      mistakes.error(fields.span("scope"), "there is no scope '" + text + "'",
                     "one of host, etc, fragment");
    result.scope = known.value_or(Scope::host);
  }
  if (const yaml::Node* given = fields.get("parameters")) {
    yaml::Mapping values(*given, "'parameters'", mistakes);
    for (const auto& [name, value] : given->entries)
      result.parameters[name.text] = yaml::texts(value, name.text, mistakes);
  }
  result.note = fields.text("note");
  fields.finish();
  return result;
}

}  // namespace

std::vector<Example> examples(const yaml::Node& node, yaml::Mistakes& mistakes) {
  std::vector<Example> result;
  if (!node.is_sequence()) {
    mistakes.error(node.span, "'examples' must be a list");
    return result;
  }
  for (const yaml::Node& item : node.items) result.push_back(example(item, mistakes));
  return result;
}

}  // namespace drydock::engine::load
