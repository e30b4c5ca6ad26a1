// augenrules(8) as a function: the files of /etc/audit/rules.d in, the text of audit.rules out, each byte
// of it with the place it comes from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/audit_load.h"

namespace drydock::facts {

struct AuditSource {
  std::string path;
  std::string_view text;
};

// A control line that augenrules dropped because a later one of its kind counts.
struct AuditDropped {
  std::string control;  // "delete-all", "backlog", "failure", "enabled"
  AuditPlace loser;
  AuditPlace winner;
  std::string text;
};

class AuditMerge {
 public:
  // `blanks`: what the pattern \s of the script stands for. awk implementations differ: gawk takes it for
  // white space, mawk (Debian's default) for the letter 's'.
  AuditMerge(const std::vector<AuditSource>& sources, std::string_view blanks);
  // One file as it is, for auditctl -R.
  explicit AuditMerge(const AuditSource& source);

  const std::string& text() const { return text_; }
  const std::vector<AuditDropped>& dropped() const { return dropped_; }
  // Where a span of text() was written.
  AuditPlace place(Span span) const;

 private:
  // Part of one line: from column `column` (from 1) on it is `path`, line `line`, starting at column 1 there.
  struct Segment {
    uint32_t column = 1;
    size_t source = 0;
    uint32_t line = 0;
  };
  struct Line {
    std::string text;
    std::vector<Segment> segments;
  };
  void emit(const Line& line);
  AuditPlace whole(const Line& line) const;

  std::vector<std::string> paths_;
  std::string text_;
  std::vector<std::vector<Segment>> origins_;  // by line of text_, from 1
  std::vector<AuditDropped> dropped_;
};

}  // namespace drydock::facts
