#include "parsers/selinux_config.h"

#include "parsers/characters.h"

namespace drydock::parsers::selinux_config {
namespace {

size_t skip_space(std::string_view line, size_t at) {
  while (at < line.size() && is_space(line[at])) ++at;
  return at;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

}  // namespace

File parse(std::string_view text) {
  File file;
  constexpr std::string_view kMode = "SELINUX=", kPolicy = "selinuxtype=";
  std::string_view rest = text;
  for (uint32_t number = 1; !rest.empty(); ++number) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const auto span = [&](size_t from, size_t to) {
      return Span{number, static_cast<uint32_t>(from) + 1, number, static_cast<uint32_t>(to) + 1};
    };
    const size_t first = skip_space(line, 0);
    if (lower(line.substr(first, kPolicy.size())) == kPolicy) {
      const size_t begin = skip_space(line, first + kPolicy.size());
      size_t stop = line.size();
      while (stop > begin + 1 && (is_space(line[stop - 1]) || is_control(line[stop - 1]))) --stop;
      file.settings.push_back({"SELINUXTYPE", std::string(line.substr(begin, stop - begin)),
                               span(first, stop), span(begin, stop)});
      continue;
    }
    if (line.starts_with(kMode)) {
      const size_t begin = skip_space(line, kMode.size());
      const std::string value = lower(line.substr(begin, 10));
      bool is_mode = false;
      for (const std::string_view mode : {"enforcing", "permissive", "disabled"}) {
        if (!value.starts_with(mode)) continue;
        file.settings.push_back(
            {"SELINUX", std::string(mode), span(0, line.size()), span(begin, begin + mode.size())});
        is_mode = true;
      }
      if (is_mode) continue;
    }
    const std::string word = lower(line.substr(first, 7));
    const size_t behind = skip_space(line, first + word.size());
    if (word == "selinux" && behind < line.size() && line[behind] == '=')
      file.errors.add("bad-line", span(first, line.size()),
                      "libselinux reads no mode in this line");
  }
  return file;
}

}  // namespace drydock::parsers::selinux_config
