#include "analyzer/report/sarif/taxonomies.h"

#include <algorithm>
#include <array>

namespace drydock::report::sarif_log {
namespace {

// A GUID is the UUIDv5 of "urn:drydock:taxonomy:<key>" in the URL name space of RFC 9562, so that
// it is the same in every log.
struct Known {
  std::string_view key, name, title, organization, guid;
  std::string_view kind;  // how a rule relates to a taxon: a CWE is wider than what one rule finds
  bool in_results;        // a result is told to violate it
};

constexpr std::array<Known, 8> kKnown{{
    {"cis-docker", "CIS-Docker", "CIS Docker Benchmark", "CIS",
     "775b5a09-7ebc-59f1-9fa7-36d7d36610ae", "relevant", true},
    {"cis-debian-12", "CIS-Debian-12", "CIS Debian Linux 12 Benchmark", "CIS",
     "e0fece49-8e38-5469-8881-a1d7054a3d08", "relevant", true},
    {"cis-ubuntu-24.04", "CIS-Ubuntu-24.04", "CIS Ubuntu Linux 24.04 LTS Benchmark", "CIS",
     "a1d077cb-d76d-5a51-9299-0aa22e746e65", "relevant", true},
    {"cis-rhel-9", "CIS-RHEL-9", "CIS Red Hat Enterprise Linux 9 Benchmark", "CIS",
     "e592fab8-7bf0-5cbe-8c22-10096be176cf", "relevant", true},
    {"stig", "DISA-STIG", "DISA Security Technical Implementation Guides", "DISA",
     "54f4d9b3-74fb-5f18-996d-2577d8d6f7a0", "relevant", true},
    {"nist-800-53", "NIST-SP-800-53", "NIST SP 800-53 Revision 5", "NIST",
     "6ccf1ee0-f0eb-5c26-99f9-81440404fd0d", "relevant", true},
    {"cwe", "CWE", "Common Weakness Enumeration", "MITRE", "570d536a-c767-5a32-b668-bb34e709a8d4",
     "superset", false},
    {"ssg", "ComplianceAsCode", "ComplianceAsCode content rules", "ComplianceAsCode",
     "99687d47-2f7b-54d7-bbd3-27e526d47ff5", "relevant", false},
}};

// drydock's own list of what it covers: of no use to a reader of reports.
constexpr std::string_view kOwn = "coverage";

const Known* known(std::string_view key) {
  const auto* const found = std::find_if(kKnown.begin(), kKnown.end(),
                                         [&](const Known& each) { return each.key == key; });
  return found == kKnown.end() ? nullptr : found;
}

std::string_view name_of(std::string_view key) {
  const Known* taxonomy = known(key);
  return taxonomy ? taxonomy->name : key;
}

std::string_view kind_of(std::string_view key) {
  const Known* taxonomy = known(key);
  return taxonomy ? taxonomy->kind : "relevant";
}

bool in_results(std::string_view key) {
  const Known* taxonomy = known(key);
  return !taxonomy || taxonomy->in_results;
}

std::string_view digits_of(std::string_view reference) {
  const size_t first = reference.find_first_of("0123456789");
  return first == std::string_view::npos ? reference : reference.substr(first);
}

// "250", "cwe-250" and "CWE-250" are one taxon.
std::string taxon_id(std::string_view key, std::string_view reference) {
  return key == "cwe" ? "CWE-" + std::string(digits_of(reference)) : std::string(reference);
}

// The kinds of reference of `rule`, known ones first and in their order.
std::vector<std::string_view> keys_of(const engine::Rule& rule) {
  std::vector<std::string_view> keys;
  for (const Known& taxonomy : kKnown)
    if (rule.references.contains(std::string(taxonomy.key))) keys.push_back(taxonomy.key);
  for (const auto& [key, references] : rule.references)
    if (!known(key) && key != kOwn) keys.push_back(key);
  return keys;
}

}  // namespace

Taxonomies::Taxonomies(const std::vector<const engine::Rule*>& rules) {
  std::map<std::string, std::map<std::string, size_t>> used;
  for (const engine::Rule* rule : rules)
    for (const auto& [key, references] : rule->references)
      for (const std::string& reference : references)
        if (key != kOwn) used[key].emplace(taxon_id(key, reference), 0);
  const auto take = [&](const std::string& key) {
    const auto found = used.find(key);
    if (found == used.end()) return;
    size_t index = 0;
    for (auto& [id, at] : found->second) at = index++;
    components_.push_back({key, std::move(found->second)});
    used.erase(found);
  };
  for (const Known& taxonomy : kKnown) take(std::string(taxonomy.key));
  while (!used.empty()) take(std::string(used.begin()->first));
}

template <class Visit>
void Taxonomies::each(const engine::Rule& rule, Visit visit) const {
  for (size_t component = 0; component < components_.size(); ++component) {
    const Component& taxonomy = components_[component];
    const auto references = rule.references.find(taxonomy.key);
    if (references == rule.references.end()) continue;
    std::set<std::string> seen;  // consumers refuse a list with one taxon twice
    for (const std::string& reference : references->second) {
      const std::string id = taxon_id(taxonomy.key, reference);
      const auto taxon = taxonomy.taxa.find(id);
      if (taxon == taxonomy.taxa.end() || !seen.insert(id).second) continue;
      visit(taxonomy.key,
            Json{{"id", id},
                 {"index", taxon->second},
                 {"toolComponent", Json{{"name", name_of(taxonomy.key)}, {"index", component}}}});
    }
  }
}

Json Taxonomies::relationships(const engine::Rule& rule) const {
  Json out = Json::array();
  each(rule, [&](std::string_view key, const Json& target) {
    out.push_back(Json{{"target", target}, {"kinds", Json::array({kind_of(key)})}});
  });
  return out;
}

Json Taxonomies::result_taxa(const engine::Rule& rule) const {
  Json out = Json::array();
  each(rule, [&](std::string_view key, const Json& target) {
    if (in_results(key)) out.push_back(target);
  });
  return out;
}

std::vector<Json> Taxonomies::components() const {
  std::vector<Json> out;
  for (const Component& component : components_) {
    const Known* taxonomy = known(component.key);
    Json json{{"name", name_of(component.key)}};
    if (taxonomy) json.set("organization", taxonomy->organization);
    if (taxonomy) json.set("guid", taxonomy->guid);
    json.set("shortDescription",
             text(std::string(taxonomy ? taxonomy->title : std::string_view(component.key)) + "."));
    json.set("isComprehensive", false);
    Json taxa = Json::array();
    for (const auto& [id, index] : component.taxa) {
      Json taxon{{"id", id}, {"name", id}};
      if (component.key == "cwe")
        taxon.set("helpUri",
                  "https://cwe.mitre.org/data/definitions/" + std::string(digits_of(id)) + ".html");
      taxa.push_back(taxon);
    }
    json.set("taxa", taxa);
    out.push_back(json);
  }
  return out;
}

Json Taxonomies::supported() const {
  Json out = Json::array();
  for (size_t i = 0; i < components_.size(); ++i)
    out.push_back(Json{{"name", name_of(components_[i].key)}, {"index", i}});
  return out;
}

std::vector<std::string> Taxonomies::lines(const engine::Rule& rule) {
  std::vector<std::string> out;
  for (const std::string_view key : keys_of(rule)) {
    const Known* taxonomy = known(key);
    std::string line(taxonomy ? taxonomy->title : key);
    const char* separator = ": ";
    for (const std::string& reference : rule.references.at(std::string(key))) {
      line += separator + taxon_id(key, reference);
      separator = ", ";
    }
    out.push_back(line);
  }
  return out;
}

std::vector<std::string> Taxonomies::tags(const engine::Rule& rule) {
  std::vector<std::string> out;
  const auto cwes = rule.references.find("cwe");
  if (cwes == rule.references.end()) return out;
  for (const std::string& reference : cwes->second) {
    std::string number(digits_of(reference));
    number.insert(0, number.size() < 3 ? 3 - number.size() : 0, '0');
    const std::string tag = "external/cwe/cwe-" + number;
    if (std::find(out.begin(), out.end(), tag) == out.end()) out.push_back(tag);
  }
  return out;
}

}  // namespace drydock::report::sarif_log
