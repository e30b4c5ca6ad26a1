// What the services that read SARIF demand beyond the schema, each demand with the service that
// breaks on it. A log is checked as a whole; the complaints come back as text, none for a good log.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "analyzer/report/unicode.h"

namespace drydock::report::consumers {

using Json = nlohmann::json;

class Check {
 public:
  static std::vector<std::string> complaints(const Json& log) {
    Check check;
    check.log(log);
    return check.out_;
  }

 private:
  void demand(bool holds, const std::string& complaint) {
    if (!holds && out_.size() < 20) out_.push_back(complaint);
  }

  static size_t length(const std::string& text) {
    size_t count = 0;
    for (size_t at = 0; at < text.size(); ++count) next_code_point(text, at);
    return count;
  }

  // GitLab drops results whose strings are longer.
  void text(const Json& holder, const std::string& where, size_t limit = 1024) {
    demand(holder.contains("text") && !holder["text"].get<std::string>().empty(),
           where + ": no text");
    demand(length(holder.value("text", "")) <= limit, where + ": text too long");
    demand(!holder.contains("id") && !holder.contains("markdown"),
           where + ": consumers break on message.id and message.markdown");
  }

  // GitHub: "did not match the checkout URI scheme", "first path segment in URL cannot contain
  // colon".
  void uri(const Json& location, const std::string& where) {
    demand(location.contains("uri"), where + ": no uri (DefectDojo crashes, GH1017)");
    const std::string uri = location.value("uri", "");
    demand(!uri.empty() && uri[0] != '/', where + ": not relative: " + uri);
    demand(uri.find("//") == std::string::npos, where + ": double slash: " + uri);
    demand(uri.find(':') == std::string::npos, where + ": colon: " + uri);
    demand(("/" + uri + "/").find("/../") == std::string::npos, where + ": climbs: " + uri);
    for (size_t i = 0; i < uri.size(); ++i) {
      const auto c = static_cast<unsigned char>(uri[i]);
      const bool plain = std::isalnum(c) || std::string("-._~/").find(uri[i]) != std::string::npos;
      const bool escape =
          c == '%' && i + 2 < uri.size() && std::isxdigit(uri[i + 1]) && std::isxdigit(uri[i + 2]);
      demand(plain || escape, where + ": not encoded: " + uri);
    }
    if (location.contains("index")) {
      const size_t index = location["index"];
      demand(index < artifacts_->size(), where + ": no such artifact");
      // violations-lib dereferences the artifact's location.
      if (index < artifacts_->size())
        demand((*artifacts_)[index]["location"].value("uri", "") == uri,
               where + ": artifact has another uri");
    }
  }

  void region(const Json& region, const std::string& where) {
    demand(region.value("startLine", 0) >= 1, where + ": startLine below 1 (kics#4431)");
    const int start = region.value("startColumn", 1), end = region.value("endColumn", 1 << 30);
    const int first = region.value("startLine", 1), last = region.value("endLine", first);
    demand(start >= 1 && last >= first && (last > first || end >= start),
           where + ": region runs back");
  }

  void location(const Json& location, const std::string& where) {
    demand(location.contains("physicalLocation"), where + ": no physicalLocation");
    const Json physical = location.value("physicalLocation", Json::object());
    uri(physical.value("artifactLocation", Json::object()), where);
    demand(physical.contains("region"), where + ": no region (DefectDojo crashes)");
    region(physical.value("region", Json::object()), where);
    if (physical.contains("contextRegion")) region(physical["contextRegion"], where + " context");
  }

  void rule(const Json& rule, std::set<std::string>& ids, std::set<std::string>& names) {
    const std::string id = rule.value("id", "");
    const std::string where = "rule " + id;
    demand(ids.insert(id).second, where + ": twice (\"rules contains duplicate item\")");
    demand(names.insert(rule.value("name", "")).second, where + ": name of another rule");
    demand(rule.value("name", id) != id && length(rule.value("name", "")) <= 255, where + ": name");
    text(rule.value("shortDescription", Json::object()), where + " shortDescription");
    text(rule.value("fullDescription", Json::object()), where + " fullDescription");
    const Json help = rule.value("help", Json::object());
    demand(!help.value("text", "").empty() && !help.value("markdown", "").empty(),
           where + ": help");
    demand(rule["defaultConfiguration"].contains("level"),
           where + ": no default level (SonarQube)");
    const Json properties = rule.value("properties", Json::object());
    demand(properties.value("tags", Json::array()).size() <= 10, where + ": more than 10 tags");
    const Json severity = properties.value("security-severity", Json("5.0"));
    demand(severity.is_string() && std::stod(severity.get<std::string>()) > 0,
           where + ": severity");
  }

  void result(const Json& result, const Json& rules) {
    const std::string where = "result of " + result.value("ruleId", "?");
    const size_t index = result.value("ruleIndex", size_t{1} << 30);
    demand(index < rules.size() && rules[index]["id"] == result["ruleId"], where + ": ruleIndex");
    text(result.value("message", Json::object()), where);
    demand(!result.value("locations", Json::array()).empty(),
           where + ": \"expected at least one location\"");
    for (const Json& each : result.value("locations", Json::array())) location(each, where);
    const Json related = result.value("relatedLocations", Json::array());
    demand(related.size() <= 100, where + ": too many related locations");
    std::set<size_t> ids;
    for (const Json& each : related) {
      location(each, where + " related");
      demand(ids.insert(each.value("id", size_t{0})).second, where + ": related id twice");
    }
    // GitHub shows a related location only where the message links to it, and every link must lead
    // somewhere.
    const std::string message = result["message"].value("text", "");
    for (size_t at = 0; (at = message.find("](", at)) != std::string::npos; ++at)
      demand(ids.contains(std::strtoul(message.c_str() + at + 2, nullptr, 10)),
             where + ": dead link");
    for (const Json& fix : result.value("fixes", Json::array())) {
      text(fix.value("description", Json::object()), where + " fix (DefectDojo crashes)");
      for (const Json& change : fix["artifactChanges"]) {
        uri(change["artifactLocation"], where + " fix");
        for (const Json& replacement : change["replacements"]) {
          region(replacement["deletedRegion"], where + " fix");
          demand(replacement.contains("insertedContent"), where + ": reviewdog dereferences it");
        }
      }
    }
    for (const Json& taxon : result.value("taxa", Json::array()))
      demand(!taxon.contains("target"), where + ": taxa wrapped in target reject the file");
    if (result.value("kind", "fail") == "fail") {
      demand(result.value("level", "") != "none", where + ": fail without level");
      const Json prints = result.value("partialFingerprints", Json::object());
      demand(prints.contains("primaryLocationLineHash"), where + ": no line hash");
      demand(identities_.insert(prints.value("drydockIdentity/v1", "")).second,
             where + ": identity twice (DefectDojo drops it)");
    } else {
      demand(result.value("level", "") == "none" && !result.contains("rank"), where + ": level");
    }
  }

  void run(const Json& run) {
    const Json none = Json::array();
    artifacts_ = run.contains("artifacts") ? &run["artifacts"] : &none;
    for (const Json& artifact : *artifacts_) uri(artifact["location"], "artifact");
    const Json& driver = run["tool"]["driver"];
    demand(driver["name"] == "drydock", "the driver's name is a filter key");
    std::set<std::string> ids, names;
    for (const Json& each : driver["rules"]) rule(each, ids, names);
    demand(run.contains("results"), "no results");
    demand(run["results"].size() <= 5000, "more results than are shown");
    for (const Json& each : run["results"]) result(each, driver["rules"]);
    demand(run.contains("invocations") && run["invocations"][0].contains("executionSuccessful"),
           "no executionSuccessful (semgrep#2954)");
    for (const char* list : {"toolExecutionNotifications", "toolConfigurationNotifications"})
      for (const Json& notification : run["invocations"][0].value(list, none)) {
        text(notification["message"], "notification");
        const size_t index = notification["descriptor"]["index"];
        demand(driver["notifications"][index]["id"] == notification["descriptor"]["id"],
               "notification: descriptor");
        for (const Json& each : notification.value("locations", none))
          location(each, "notification");
      }
    if (run.contains("automationDetails")) {
      const std::string id = run["automationDetails"]["id"];
      demand(id.ends_with('/') && !id.ends_with("//"), "automation id: " + id);
      demand(automation_ids_.insert(id).second, "two runs of one category (rejected): " + id);
    } else {
      demand(automation_ids_.insert("").second, "two runs without category");
    }
  }

  void log(const Json& log) {
    demand(log["runs"].size() <= 20, "more than 20 runs");
    for (const Json& each : log["runs"]) run(each);
  }

  std::vector<std::string> out_;
  std::set<std::string> identities_, automation_ids_;
  const Json* artifacts_ = nullptr;
};

}  // namespace drydock::report::consumers
