#include "analyzer/facts/collect/audit_merge.h"

#include <algorithm>
#include <array>

namespace drydock::facts {
namespace {

// The part of `line` behind what `\s*` matches at its start.
std::string_view after_blanks(std::string_view line, std::string_view blanks) {
  const size_t begin = line.find_first_not_of(blanks);
  return begin == std::string_view::npos ? std::string_view{} : line.substr(begin);
}

// verrevcmp of the version sort that ls(1) -v documents: letters before other characters, '~' before the
// end, digits by their value.
int rank(char c) {
  if (c >= '0' && c <= '9') return 0;
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return static_cast<unsigned char>(c);
  return c == '~' ? -1 : static_cast<unsigned char>(c) + 256;
}

bool digit(std::string_view s, size_t i) {
  return i < s.size() && s[i] >= '0' && s[i] <= '9';
}

int compare_versions(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    while ((i < a.size() && !digit(a, i)) || (j < b.size() && !digit(b, j))) {
      const int left = i < a.size() ? rank(a[i]) : 0;
      const int right = j < b.size() ? rank(b[j]) : 0;
      if (left != right) return left - right;
      ++i;
      ++j;
    }
    while (i < a.size() && a[i] == '0') ++i;
    while (j < b.size() && b[j] == '0') ++j;
    int first = 0;
    for (; digit(a, i) && digit(b, j); ++i, ++j)
      if (first == 0) first = a[i] - b[j];
    if (digit(a, i)) return 1;
    if (digit(b, j)) return -1;
    if (first != 0) return first;
  }
  return 0;
}

// The name without its suffix: (\.[A-Za-z~][A-Za-z0-9~]*)* at its end.
std::string_view without_suffix(std::string_view name) {
  size_t cut = name.size();
  while (cut > 0) {
    size_t begin = cut;
    while (begin > 0 &&
           (std::isalnum(static_cast<unsigned char>(name[begin - 1])) || name[begin - 1] == '~'))
      --begin;
    if (begin == cut || begin < 2 || name[begin - 1] != '.' || digit(name, begin)) break;
    cut = begin - 1;
  }
  return name.substr(0, cut);
}

}  // namespace

bool version_less(std::string_view a, std::string_view b) {
  int order = compare_versions(without_suffix(a), without_suffix(b));
  if (order == 0) order = compare_versions(a, b);
  return order != 0 ? order < 0 : a < b;
}

AuditMerge::AuditMerge(const AuditSource& source) : paths_{source.path}, text_(source.text) {
  const LineIndex lines(source.text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number)
    origins_.push_back({{1, 0, number}});
}

AuditMerge::AuditMerge(const std::vector<AuditSource>& sources, std::string_view blanks) {
  // cat(1): a file without a newline at its end runs into the next one.
  std::vector<Line> all;
  bool open = false;
  for (const AuditSource& source : sources) {
    const size_t index = paths_.size();
    paths_.push_back(source.path);
    uint32_t number = 1;
    for (size_t begin = 0; begin < source.text.size(); ++number) {
      const size_t end = std::min(source.text.find('\n', begin), source.text.size());
      if (!open) all.emplace_back();
      all.back().segments.push_back(
          {static_cast<uint32_t>(all.back().text.size() + 1), index, number});
      all.back().text += source.text.substr(begin, end - begin);
      open = end == source.text.size();
      begin = end + 1;
    }
  }

  struct Control {
    std::string_view name;
    std::string_view prefix;
    const Line* line = nullptr;
  };
  // In the order in which the script looks.
  std::array<Control, 4> controls = {Control{"enabled", "-e"}, Control{"delete-all", "-D"},
                                     Control{"failure", "-f"}, Control{"backlog", "-b"}};
  std::vector<const Line*> rest;
  for (const Line& line : all) {
    if (line.text.empty()) continue;
    const std::string_view body = after_blanks(line.text, blanks);
    if (body.starts_with('#')) continue;
    auto* control = std::find_if(controls.begin(), controls.end(), [&](const Control& c) {
      return body.starts_with(c.prefix) &&
             (c.prefix != "-D" || after_blanks(body.substr(2), blanks).empty());
    });
    if (control == controls.end()) {
      rest.push_back(&line);
      continue;
    }
    if (control->line)
      dropped_.push_back(
          {std::string(control->name), whole(*control->line), {}, control->line->text});
    control->line = &line;
  }
  for (AuditDropped& dropped : dropped_)
    for (const Control& control : controls)
      if (control.name == dropped.control) dropped.winner = whole(*control.line);
  for (const size_t i : {size_t{1}, size_t{3}, size_t{2}})
    if (controls[i].line) emit(*controls[i].line);
  for (const Line* line : rest) emit(*line);
  if (controls[0].line) emit(*controls[0].line);
}

void AuditMerge::emit(const Line& line) {
  text_ += line.text + "\n";
  origins_.push_back(line.segments);
}

AuditPlace AuditMerge::whole(const Line& line) const {
  const Segment& first = line.segments.front();
  const size_t end = line.segments.size() > 1 ? line.segments[1].column : line.text.size() + 1;
  return {paths_[first.source], {first.line, 1, first.line, static_cast<uint32_t>(end)}};
}

AuditPlace AuditMerge::place(Span span) const {
  if (span.line == 0 || span.line > origins_.size()) return {paths_.empty() ? "" : paths_[0], {}};
  const std::vector<Segment>& segments = origins_[span.line - 1];
  const auto* segment = &segments[0];
  const Segment* next = nullptr;
  for (const Segment& candidate : segments) {
    if (candidate.column <= span.column) {
      segment = &candidate;
      next = nullptr;
    } else if (!next) {
      next = &candidate;
    }
  }
  // A span that runs into the next file ends where the first one does.
  const uint32_t end = next ? std::min(span.end_column, next->column) : span.end_column;
  return {
      paths_[segment->source],
      {segment->line, span.column - segment->column + 1, segment->line, end - segment->column + 1}};
}

}  // namespace drydock::facts
