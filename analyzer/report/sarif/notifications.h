// What drydock could not read or judge, as SARIF notifications.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/result.h"
#include "analyzer/report/sarif/files.h"
#include "analyzer/report/sarif/json.h"
#include "analyzer/report/sarif/rules.h"

namespace drydock::report::sarif_log {

// Collects the notifications of one run, and the descriptors of the kinds that occur.
class Notifications {
 public:
  Notifications(const engine::ScanResult& scan, const Rules& rules, const Files& files)
      : scan_(scan), rules_(rules), files_(files) {}

  void add_scan_diagnostics();
  void add_diagnostics(const engine::TargetResult& target);
  // How the target was judged, how many rules had which outcome, and which could not be judged, and
  // why.
  // `lists_reviews`: the log holds what rules of the kind review found.
  void add_outcomes(const engine::TargetResult& target, bool lists_reviews);
  void add_cut(size_t shown, size_t all);

  // The invocation with all that was added; call it last.
  Json invocation();
  const std::vector<Json>& descriptors() const { return descriptors_; }  // of driver.notifications

 private:
  Json notification(std::string_view descriptor, std::string_view level, std::string_view message);
  void add(std::string_view descriptor, const Json& notification);
  void add(const Diagnostic& diagnostic, const std::string& uri, const std::string& name);
  size_t descriptor_index(std::string_view id);

  const engine::ScanResult& scan_;
  const Rules& rules_;
  const Files& files_;
  std::vector<std::string_view> descriptor_ids_;
  std::vector<Json> descriptors_;
  Json execution_ = Json::array();
  Json configuration_ = Json::array();
  size_t left_out_ = 0;
};

}  // namespace drydock::report::sarif_log
