#include "analyzer/report/sarif/results.h"

#include <algorithm>

#include "analyzer/report/places.h"
#include "analyzer/report/prose.h"
#include "analyzer/report/unicode.h"

namespace drydock::report::sarif_log {
namespace {

using engine::Finding;
using engine::Outcome;
using engine::RuleResult;
using engine::TargetResult;

constexpr std::string_view kIdentity = "drydockIdentity/v1";

size_t code_points(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) next_code_point(text, at);
  return count;
}

// Text of an artifact inside a message must not read as a link: SARIF takes "[x](1)" for one.
std::string unlinked(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '(' && out.ends_with(']')) out += ' ';
    out += c;
  }
  return out;
}

// A link's label: SARIF 3.11.6 wants brackets and backslashes in it escaped.
std::string label(std::string_view text) {
  std::string out;
  for (const char c : printable(text, true)) {
    if (c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string with_line(std::string name, uint32_t line) {
  return line > 0 ? name + ":" + std::to_string(line) : name;
}

// The place of a rule that found nothing: where the thing belongs, else the target as a whole.
std::string_view anchor_of(const engine::Rule& rule) {
  return rule.anchors.empty() ? std::string_view{} : rule.anchors.front();
}

}  // namespace

Json Results::message(const TargetResult& target, const Finding& finding, size_t& linked) const {
  std::string out = unlinked(printable(sentence(finding.message), true));
  // Of a file that is not in the checkout the reader sees no source, so the message says where it
  // is.
  if (!scan_.paths_in_repository) {
    out += finding.absent ? " It belongs in " : " Found in ";
    out += unlinked(printable(
        with_line(place_name(scan_, target, finding.place.path), finding.place.span.line), true));
    out += unlinked(printable(" of '" + target.name + "'.", true));
  }
  linked = 0;
  if (code_points(out) > kTextLimit) return text(out);
  size_t length = code_points(out);
  for (const engine::Related& related : finding.related) {
    if (linked == kRelated) break;
    std::string sentence_of_link = " See [";
    sentence_of_link +=
        label(with_line(place_name(scan_, target, related.place.path), related.place.span.line));
    sentence_of_link += "](" + std::to_string(linked + 1) + ")";
    if (!related.message.empty())
      sentence_of_link += ": " + unlinked(printable(sentence(related.message), true));
    else
      sentence_of_link += ".";
    length += code_points(sentence_of_link);
    if (length > kTextLimit) break;
    out += sentence_of_link;
    ++linked;
  }
  return {{"text", out}};
}

Json Results::location(const TargetResult& target, const Finding& finding, const File& file) const {
  const std::string path = "/" + finding.place.path;
  std::string name = finding.key;
  if (name.empty()) name = path.substr(path.rfind('/') + 1);
  if (name.empty()) name = "/";
  std::string qualified = target.name + "!" + path;
  if (!finding.key.empty()) qualified += "#" + finding.key;
  Json out{{"physicalLocation", file.physical_location(finding.place.span)}};
  const Json logical{{"name", cut(printable(name, true), kNameLimit)},
                     {"kind", finding.key.empty() ? "resource" : "property"},
                     {"fullyQualifiedName", cut(printable(qualified, true), kTextLimit)}};
  out.set("logicalLocations", Json::array({logical}));
  return out;
}

// For a file in the checkout GitHub's own hash, or its upload step warns. Files inside an image it
// cannot open, and of a sensitive file not even a hash is told: there the identity serves.
Json Results::fingerprints(const Finding& finding, const File& file, bool sensitive) const {
  std::string hash;
  if (scan_.paths_in_repository && !sensitive) hash = file.line_hash(finding.place.span.line);
  if (hash.empty()) hash = finding.identity.substr(0, 16) + ":1";
  return {{"primaryLocationLineHash", hash}, {kIdentity, finding.identity}};
}

Json Results::related(const TargetResult& target, const Finding& finding) const {
  Json out = Json::array();
  for (const engine::Related& related : finding.related) {
    if (out.size() == kRelated) break;
    const File& file = files_.file(target, related.place.path);
    Json location{{"id", out.size() + 1}};
    location.set("physicalLocation",
                 sarif_log::physical_location(file.uri(), file.index(),
                                              file.region(related.place.span, true)));
    if (!related.message.empty())
      location.set("message", text(unlinked(printable(related.message, true))));
    out.push_back(location);
  }
  return out;
}

// Only into a text that is known, at exactly the bytes that change.
Json Results::fixes(const TargetResult& target, const Finding& finding) const {
  Json out = Json::array();
  if (!finding.edit) return out;
  const engine::Edit& edit = *finding.edit;
  const File& file = files_.file(target, edit.place.path);
  const auto deleted = file.exact_region(edit.place.span);
  if (!deleted) return out;
  const std::string description = edit.description.empty()
                                      ? std::string("Apply the suggested value.")
                                      : sentence(edit.description);
  const Json replacement{{"deletedRegion", *deleted},
                         {"insertedContent", Json{{"text", edit.text}}}};
  const Json change{{"artifactLocation", Json{{"uri", file.uri()}, {"index", file.index()}}},
                    {"replacements", Json::array({replacement})}};
  out.push_back(Json{{"description", text(unlinked(printable(description, true)))},
                     {"artifactChanges", Json::array({change})}});
  return out;
}

Json Results::failing(const TargetResult& target, const RuleResult& rule,
                      const Finding& finding) const {
  const engine::Severity severity = rules_.severity(*rule.rule);
  File& file = files_.file(target, finding.place.path);
  file.mark_result();
  const engine::FileEvidence* known = evidence(target, finding.place.path);
  const size_t rule_index = rules_.index(*rule.rule);
  size_t linked = 0;
  Json out{{"ruleId", rule.rule->id},
           {"ruleIndex", rule_index},
           {"kind", rule.rule->is_review ? "review" : "fail"},
           {"level", rule.rule->is_review ? "none" : level_of(severity)}};
  // SARIF 2.1.0 §3.27.10: level is none unless kind is fail; a rank would order what nobody has judged yet.
  if (rank_of(severity) >= 0 && !rule.rule->is_review) out.set("rank", rank_of(severity));
  out.set("message", message(target, finding, linked));
  out.set("locations", Json::array({location(target, finding, file)}));
  Json places = related(target, finding);
  if (!places.empty()) out.set("relatedLocations", places);
  Json changes = fixes(target, finding);
  if (!changes.empty()) out.set("fixes", changes);
  const Json& taxa = rules_.result_taxa(rule_index);
  if (!taxa.empty()) out.set("taxa", taxa);
  out.set("partialFingerprints", fingerprints(finding, file, known && known->sensitive));
  return out;
}

Json Results::other(const TargetResult& target, const RuleResult& rule) const {
  std::string kind = "pass", said = "Checked and not found: " + sentence(rule.rule->title);
  if (rule.outcome == Outcome::not_applicable)
    kind = "notApplicable", said = "Not applicable: " + sentence(rule.reason);
  if (rule.outcome == Outcome::unknown)
    kind = "open", said = "Could not be judged: " + sentence(rule.reason);
  const File& file = files_.file(target, anchor_of(*rule.rule));
  const Json place{
      {"physicalLocation", sarif_log::physical_location(file.uri(), file.index(), line_region(1))}};
  return {{"ruleId", rule.rule->id},
          {"ruleIndex", rules_.index(*rule.rule)},
          {"kind", kind},
          {"level", "none"},
          {"message", text(unlinked(printable(said, true)))},
          {"locations", Json::array({place})}};
}

}  // namespace drydock::report::sarif_log
