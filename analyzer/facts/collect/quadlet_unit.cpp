#include "analyzer/facts/collect/quadlet_unit.h"

#include <algorithm>

#include "analyzer/base/limits.h"
#include "analyzer/source/tree.h"
#include "parsers/quadlet.h"

namespace drydock::facts {
namespace {

namespace quadlet = parsers::quadlet;
namespace unit = parsers::unit;

bool is_refused(const unit::File& file) {
  return std::any_of(file.errors.begin(), file.errors.end(), [](const parsers::SyntaxError& e) {
    return e.effect == parsers::Effect::refused;
  });
}

std::string_view without_white_space(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\n\v\f\r");
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

}  // namespace

bool QuadletUnit::read(Context& context) {
  const auto text = context.read(path_);
  if (!text) return false;
  unit::File file = quadlet::parse(text->text);
  context.issues(text->path, file.errors);
  if (is_refused(file)) return false;
  add(std::move(file), text->path);
  return true;
}

void QuadletUnit::merge(Context& context, const std::string& path) {
  const auto text = context.read(path);
  if (!text) return;
  unit::File file = quadlet::parse(text->text);
  context.issues(text->path, file.errors);
  if (!is_refused(file)) add(std::move(file), text->path);
}

void QuadletUnit::add(unit::File file, std::string path) {
  const auto shared = std::make_shared<const std::string>(std::move(path));
  assignments_ += file.assignments.size();
  for (unit::Assignment& assignment : file.assignments) {
    std::pair<std::string, std::string> key{assignment.section, assignment.key};
    lines_[std::move(key)].push_back({std::move(assignment), shared});
  }
}

std::string_view QuadletUnit::name() const {
  return file_name(path_);
}

std::string_view QuadletUnit::type() const {
  const std::string_view name = file_name(path_);
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
}

std::string_view QuadletUnit::group() const {
  static constexpr std::pair<std::string_view, std::string_view> kGroups[] = {
      {"container", "Container"}, {"pod", "Pod"},     {"kube", "Kube"},  {"volume", "Volume"},
      {"network", "Network"},     {"image", "Image"}, {"build", "Build"}};
  for (const auto& [type, group] : kGroups)
    if (type == this->type()) return group;
  return {};
}

const std::vector<QuadletUnit::Line>* QuadletUnit::lines(std::string_view group,
                                                         std::string_view key) const {
  const auto found = lines_.find(std::pair<std::string, std::string>{group, key});
  return found == lines_.end() ? nullptr : &found->second;
}

std::optional<QuadletText> QuadletUnit::value(std::string_view group, std::string_view key) const {
  const std::vector<Line>* all = lines(group, key);
  if (all == nullptr) return std::nullopt;
  const Line& last = all->back();
  std::string_view text = without_white_space(last.assignment.value);
  const size_t begin = text.find_first_not_of('"');
  text = begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
  text = text.substr(0, text.find_last_not_of('"') + 1);
  return QuadletText{std::string(text), {*last.path, last.assignment.span}};
}

std::optional<QuadletText> QuadletUnit::text(std::string_view key) const {
  auto out = value(group(), key);
  if (out && out->text.empty()) out.reset();
  return out;
}

std::optional<std::pair<bool, Place>> QuadletUnit::boolean(std::string_view key) const {
  const auto written = value(group(), key);
  if (!written) return std::nullopt;
  return std::pair{quadlet::boolean(written->text), written->place};
}

std::vector<QuadletText> QuadletUnit::all(std::string_view group, std::string_view key) const {
  std::vector<QuadletText> out;
  if (const std::vector<Line>* found = lines(group, key))
    for (const Line& line : *found) {
      if (line.assignment.value.empty())
        out.clear();
      else
        out.push_back({line.assignment.value, {*line.path, line.assignment.span}});
    }
  return out;
}

template <class Split>
std::vector<QuadletText> QuadletUnit::words(const Line* begin, const Line* end, Split split) {
  std::vector<QuadletText> out;
  for (const Line* line = begin; line != end; ++line) {
    if (line->assignment.value.empty()) {
      out.clear();
      continue;
    }
    const unit::Words words = split(line->assignment.value);
    for (const unit::Word& word : words.words)
      out.push_back(
          {word.text, {*line->path, unit::place(line->assignment, word.begin, word.end)}});
  }
  return out;
}

std::vector<QuadletText> QuadletUnit::list(std::string_view key) const {
  return list(group(), key);
}

std::vector<QuadletText> QuadletUnit::list(std::string_view group, std::string_view key) const {
  const std::vector<Line>* found = lines(group, key);
  if (found == nullptr) return {};
  return words(found->data(), found->data() + found->size(), quadlet::split_list);
}

std::vector<QuadletText> QuadletUnit::arguments(std::string_view key) const {
  const std::vector<Line>* found = lines(group(), key);
  if (found == nullptr) return {};
  return words(found->data(), found->data() + found->size(), quadlet::split_arguments);
}

std::vector<QuadletText> QuadletUnit::last_arguments(std::string_view key) const {
  const std::vector<Line>* found = lines(group(), key);
  if (found == nullptr) return {};
  return words(&found->back(), &found->back() + 1, quadlet::split_arguments);
}

std::optional<QuadletText> QuadletUnit::unknown(std::string_view group,
                                                std::span<const std::string_view> known) const {
  for (const auto& [key, lines] : lines_)
    if (key.first == group && std::find(known.begin(), known.end(), key.second) == known.end())
      return QuadletText{key.second, {*lines.front().path, lines.front().assignment.span}};
  return std::nullopt;
}

std::string QuadletUnit::service() const {
  if (const auto given = value(group(), "ServiceName")) return given->text;
  const std::string_view name = file_name(path_);
  const std::string_view type = this->type();
  std::string out(name.substr(0, name.size() - type.size() - 1));
  if (type != "container" && type != "kube") out.append("-").append(type);
  return out;
}

std::string QuadletUnit::expand(std::string_view text) const {
  const std::string service = this->service();
  const size_t at = service.find('@');
  const std::string prefix = service.substr(0, at);
  std::string instance = at == std::string::npos ? "" : service.substr(at + 1);
  if (at != std::string::npos && instance.empty())
    if (const auto given = value("Install", "DefaultInstance")) instance = given->text;
  std::string out;
  for (size_t i = 0; i < text.size() && out.size() <= limits::kFactText; ++i) {
    if (text[i] != '%' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case '%':
        out += '%';
        break;
      case 'N':
        out += at == std::string::npos ? service : prefix + "@" + instance;
        break;
      case 'n':
        out += (at == std::string::npos ? service : prefix + "@" + instance) + ".service";
        break;
      case 'p':
        out += prefix;
        break;
      case 'i':
      case 'I':
        out += instance;
        break;
      case 'j':
        out += prefix.substr(prefix.rfind('-') + 1);
        break;
      default:
        out.append("%").append(1, text[i]);
    }
  }
  return out;
}

}  // namespace drydock::facts
