// The report for people: what is wrong and where, what it should be, how to fix it, and what was
// not looked at. Everything that comes from the artifact goes through printable() or excerpt().
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "analyzer/report/excerpt.h"
#include "analyzer/report/places.h"
#include "analyzer/report/prose.h"
#include "analyzer/report/report.h"
#include "analyzer/report/unicode.h"

namespace drydock::report {
namespace {

using engine::Finding;
using engine::Outcome;
using engine::Place;
using engine::RuleResult;
using engine::ScanResult;
using engine::Severity;
using engine::TargetResult;

constexpr Severity kSeverities[] = {Severity::critical, Severity::high, Severity::medium,
                                    Severity::low, Severity::info};
// Of one rule: so many places are shown with their line, if there are more only the first two are
// and the others are listed.
constexpr size_t kShownInFull = 4, kFirstInFull = 1, kListed = 10;
constexpr size_t kRelated = 5, kIdsListed = 12, kDiagnostics = 25,
                 kAlike =
                     3;  // so many malformed lines of one file that break the same rule are shown

namespace sgr {  // ECMA-48 select graphic rendition
constexpr std::string_view kBold = "1", kDim = "2", kRed = "31", kBoldRed = "1;31", kYellow = "33",
                           kBlue = "34", kCyan = "36", kGreen = "32";
}

std::string_view colour_of(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return sgr::kBoldRed;
    case Severity::high:
      return sgr::kRed;
    case Severity::medium:
      return sgr::kYellow;
    case Severity::low:
      return sgr::kCyan;
    case Severity::info:
      break;
  }
  return sgr::kBlue;
}

std::string count(size_t number, std::string_view noun) {
  return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string size_of(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  uint64_t tenths = bytes * 10;
  if (bytes > UINT64_MAX / 10) return std::to_string(bytes >> 40) + " TiB";
  while (tenths >= 10240 && unit < 4) tenths /= 1024, ++unit;
  std::string out = std::to_string(tenths / 10);
  if (unit > 0 && tenths < 100) out += "." + std::to_string(tenths % 10);
  return out + " " + kUnits[unit];
}

class Writer {
 public:
  Writer(const ScanResult& scan, const TextOptions& options)
      : scan_(scan), options_(options), width_(std::clamp(options.width, 40, 200)) {}

  std::string write() {
    if (!options_.quiet) header();
    for (const TargetResult& target : scan_.targets) write(target);
    if (!options_.quiet) diagnostics(nullptr, scan_.diagnostics);
    summary();
    return std::move(out_);
  }

 private:
  // `text` is printed as it is: it must be printable.
  std::string paint(std::string_view style, std::string_view text) const {
    if (!options_.colour) return std::string(text);
    return "\x1b[" + std::string(style) + "m" + std::string(text) + "\x1b[0m";
  }

  static std::string safe(std::string_view text) { return printable(text, true); }

  // A paragraph of `text` behind a label that may be coloured, wrapped under the label's indent.
  void paragraph(size_t indent, std::string_view style, std::string_view label,
                 std::string_view text) {
    out_.append(indent, ' ');
    if (!label.empty()) out_ += paint(style, label) + " ";
    const size_t used = indent + (label.empty() ? 0 : display_width(label) + 1);
    out_ += wrapped(text, width_, indent, used) + "\n";
  }

  void header() {
    std::string line = "drydock " + safe(scan_.tool_version) + ": " + safe(scan_.artifact_name);
    std::string format = safe(scan_.artifact_format);
    if (scan_.artifact_size > 0)
      format += (format.empty() ? "" : ", ") + size_of(scan_.artifact_size);
    if (!format.empty()) line += " (" + format + ")";
    out_ += paint(sgr::kBold, line) + "\n";
    if (scan_.targets.size() == 1) introduce(scan_.targets[0]);
    out_ += "\n";
  }

  void introduce(const TargetResult& target) {
    std::string line;
    switch (target.scope) {
      case Scope::host:
        line = "judged as a whole host";
        break;
      case Scope::etc:
        line = "judged as a whole /etc";
        break;
      case Scope::fragment:
        line = "judged as loose files: only what is written counts";
        break;
    }
    if (!target.scope_reason.empty()) line += " (" + safe(target.scope_reason) + ")";
    for (const std::string& trait : target.traits)
      line += (&trait == &target.traits.front() ? "; " : ", ") + safe(trait);
    paragraph(0, sgr::kBold, safe(target.name) + ":", line);
  }

  std::string place(const TargetResult& target, const Place& place) const {
    std::string out = safe(place_name(scan_, target, place.path));
    if (place.span.line > 0) {
      out += ":" + std::to_string(place.span.line);
      if (place.span.column > 0) out += ":" + std::to_string(place.span.column);
    }
    return out;
  }

  void quote(const TargetResult& target, const std::string& path, Span span,
             std::string_view style) {
    const auto text = quotable(target, path);
    if (!text || span.line == 0) return;
    auto [found, is_new] = lines_.try_emplace(text->data(), nullptr);
    if (is_new) found->second = std::make_unique<LineIndex>(*text);
    if (span.line > found->second->line_count()) return;
    const auto [begin, end] = found->second->line_bounds(span.line);
    if (begin == end) return;
    const size_t first = span.column > 0 ? span.column - 1 : 0;
    size_t last = first + 1;
    if (span.column == 0 || span.end_line > span.line)
      last = end - begin;
    else if (span.end_column > span.column)
      last = span.end_column - 1;
    const std::string number = std::to_string(span.line);
    const Excerpt shown =
        excerpt(text->substr(begin, end - begin), first, last, width_ - number.size() - 6);
    out_ += "   " + paint(sgr::kBlue, number + " |") + " " + shown.line + "\n";
    const size_t blanks = std::min(shown.marks.find('^'), shown.marks.size());
    out_ += "   " + std::string(number.size(), ' ') + paint(sgr::kBlue, " |") + " " +
            std::string(blanks, ' ') + paint(style, shown.marks.substr(blanks)) + "\n";
  }

  void finding(const TargetResult& target, const Finding& finding, std::string_view style) {
    out_ += "  " + paint(sgr::kBlue, "-->") + " " + place(target, finding.place) +
            (finding.absent ? " (missing here)" : "") + "\n";
    quote(target, finding.place.path, finding.place.span, style);
    paragraph(2, "", "", safe(finding.message));
    size_t shown = 0;
    for (const engine::Related& related : finding.related) {
      if (shown++ == kRelated) {
        out_ += "  see " + count(finding.related.size() - kRelated, "more place") + "\n";
        break;
      }
      std::string line = place(target, related.place);
      if (!related.message.empty()) line += ": " + safe(related.message);
      paragraph(2, sgr::kBlue, "see", line);
    }
  }

  void rule(const TargetResult& target, const RuleResult& result) {
    const engine::Rule& rule = *result.rule;
    const std::string_view style = colour_of(rule.severity);
    const std::string label = (rule.is_review ? "review" : std::string(name(rule.severity))) + ":";
    const std::string id = "[" + safe(rule.id) + "]";
    const std::string title = safe(rule.title);
    out_ += paint(style, label) + " ";
    // The title may break; the id stays whole, and dim.
    const std::string heading = wrapped(title, width_, 2, label.size() + 1);
    const size_t newline = heading.rfind('\n');
    const size_t used = newline == std::string::npos ? label.size() + 1 + display_width(heading)
                                                     : display_width(heading.substr(newline + 1));
    out_ += options_.colour ? bold_lines(heading) : heading;
    out_ += used + 1 + display_width(id) > width_ ? "\n  " : " ";
    out_ += paint(sgr::kDim, id) + "\n";

    const size_t all = result.findings.size();
    const size_t full = all > kShownInFull ? kFirstInFull : all;
    for (size_t i = 0; i < full; ++i) finding(target, result.findings[i], style);
    if (full < all) listed(target, result, full);
    const std::string fix = first_paragraph(rule.fix);
    if (!fix.empty()) paragraph(2, sgr::kGreen, "fix:", safe(fix));
    out_ += "\n";
  }

  std::string bold_lines(const std::string& text) const {
    const size_t newline = text.find('\n');
    if (newline == std::string::npos) return paint(sgr::kBold, text);
    return paint(sgr::kBold, text.substr(0, newline)) + "\n" + bold_lines(text.substr(newline + 1));
  }

  void listed(const TargetResult& target, const RuleResult& result, size_t from) {
    const size_t all = result.findings.size();
    out_ += "  and in " + count(all - from, "more place") + ":\n";
    const size_t end = all - from > kListed + 1 ? from + kListed : all;
    for (size_t i = from; i < end; ++i) {
      const Finding& finding = result.findings[i];
      out_ += "  " + paint(sgr::kBlue, "-->") + " " + place(target, finding.place);
      if (!finding.key.empty()) out_ += " " + paint(sgr::kDim, safe(finding.key));
      out_ += "\n";
    }
    if (end < all) out_ += "  ... " + std::to_string(all - end) + " more, all in the JSON report\n";
  }

  void write(const TargetResult& target) {
    if (scan_.targets.size() > 1) {
      introduce(target);
      out_ += "\n";
    }
    std::vector<const RuleResult*> failing;
    for (const RuleResult& result : target.rules)
      if (!result.findings.empty()) failing.push_back(&result);
    std::stable_sort(failing.begin(), failing.end(), [](const RuleResult* a, const RuleResult* b) {
      if (a->rule->is_review != b->rule->is_review) return b->rule->is_review;
      if (a->rule->severity != b->rule->severity) return a->rule->severity < b->rule->severity;
      const Place &first = a->findings[0].place, &second = b->findings[0].place;
      return std::tie(first.path, first.span) < std::tie(second.path, second.span);
    });
    for (const RuleResult* result : failing) rule(target, *result);
    if (options_.quiet) return;
    not_judged(target);
    diagnostics(&target, target.diagnostics);
  }

  void not_judged(const TargetResult& target) {
    std::map<std::string_view, std::vector<std::string_view>> by_reason;
    size_t rules = 0;
    for (const RuleResult& result : target.rules)
      if (result.outcome == Outcome::unknown)
        by_reason[result.reason].push_back(result.rule->id), ++rules;
    if (rules == 0) return;
    out_ += paint(sgr::kBold, "not judged: " + count(rules, "rule")) + "\n";
    for (const auto& [reason, ids] : by_reason) {
      paragraph(2, "", "", reason.empty() ? "no reason is known" : safe(reason));
      std::string line;
      for (size_t i = 0; i < ids.size() && i < kIdsListed; ++i)
        line += (i > 0 ? ", " : "") + safe(ids[i]);
      if (ids.size() > kIdsListed)
        line += " and " + std::to_string(ids.size() - kIdsListed) + " more";
      out_ += options_.colour ? "    " + paint(sgr::kDim, wrapped(line, width_, 4, 4)) + "\n"
                              : "    " + wrapped(line, width_, 4, 4) + "\n";
    }
    out_ += "\n";
  }

  // `target` null: of the artifact and of the configuration.
  void diagnostics(const TargetResult* target, const std::vector<Diagnostic>& list) {
    if (list.empty()) return;
    const auto mistake = [](const Diagnostic& diagnostic) {
      return std::tuple(diagnostic.level, std::string_view(diagnostic.path),
                        std::string_view(diagnostic.code));
    };
    std::map<decltype(mistake(list.front())), size_t> alike;  // left to show
    for (const Diagnostic& diagnostic : list)
      if (!diagnostic.code.empty()) ++alike[mistake(diagnostic)];
    size_t shown = 0, told = 0;  // entries written, diagnostics they speak of
    for (const Diagnostic& diagnostic : list) {
      size_t more = 0;
      if (!diagnostic.code.empty()) {
        size_t& left = alike[mistake(diagnostic)];
        if (left == 0) continue;  // counted with the first
        if (left > kAlike) more = std::exchange(left, 0) - 1;
      }
      if (shown++ == kDiagnostics) {
        out_ +=
            "... " + count(list.size() - told, "more diagnostic") + ", all in the JSON report\n";
        break;
      }
      told += 1 + more;
      const bool bad = diagnostic.level == Level::error;
      const std::string_view style = bad                                  ? sgr::kRed
                                     : diagnostic.level == Level::warning ? sgr::kYellow
                                                                          : sgr::kBlue;
      const char* label = bad                                  ? "error:"
                          : diagnostic.level == Level::warning ? "warning:"
                                                               : "note:";
      std::string line;
      if (!diagnostic.path.empty()) {
        line = target ? place(*target, {diagnostic.path, diagnostic.span}) : safe(diagnostic.path);
        if (!target && diagnostic.span.line > 0) line += ":" + std::to_string(diagnostic.span.line);
        line += ": ";
      }
      paragraph(0, style, label, line + safe(diagnostic.message));
      if (target) quote(*target, diagnostic.path, diagnostic.span, style);
      if (!diagnostic.help.empty()) paragraph(2, sgr::kGreen, "help:", safe(diagnostic.help));
      if (more > 0) out_ += "  and " + count(more, "more such line") + "\n";
    }
    out_ += "\n";
  }

  void summary() {
    Summary sum;
    size_t diagnosed = scan_.diagnostics.size();
    for (const TargetResult& target : scan_.targets) {
      sum.add(target);
      diagnosed += target.diagnostics.size();
    }
    std::string line;
    if (sum.total_findings == 0) {
      line = sum.pass > 0 ? "No weakness found." : "Nothing could be judged.";
      out_ += paint(sum.pass > 0 && scan_.complete ? sgr::kGreen : sgr::kYellow, line) + "\n";
    } else {
      line = count(sum.total_findings, "finding") + " of " + count(sum.fail, "rule") + ":";
      const char* separator = " ";
      for (const Severity severity : kSeverities) {
        const size_t number = sum.findings[static_cast<size_t>(severity)];
        if (number == 0) continue;
        line += separator + std::to_string(number) + " " + std::string(name(severity));
        separator = ", ";
      }
      out_ += paint(sgr::kBold, line) + "\n";
    }
    if (sum.review_findings > 0)
      out_ += count(sum.review_findings, "place") + " to review, of " +
              count(sum.review_rules, "rule") + "\n";
    line = count(sum.pass, "rule") + " passed, " + std::to_string(sum.not_applicable) +
           " not applicable, " + std::to_string(sum.unknown) + " not judged";
    if (options_.quiet && diagnosed > 0)
      line += ", " + count(diagnosed, "diagnostic") + " not shown";
    out_ += line + "\n";
    if (!scan_.complete)
      out_ += paint(sgr::kBoldRed, "incomplete: not everything was read and judged") + "\n";
    if (!scan_.exit_reason.empty())
      out_ += "exit " + std::to_string(scan_.exit_code) + ": " + safe(scan_.exit_reason) + "\n";
  }

  const ScanResult& scan_;
  const TextOptions& options_;
  size_t width_;
  std::string out_;
  std::map<const char*, std::unique_ptr<LineIndex>> lines_;  // by where the file's text is kept
};

}  // namespace

std::string text(const ScanResult& result, const TextOptions& options) {
  return Writer(result, options).write();
}

}  // namespace drydock::report
