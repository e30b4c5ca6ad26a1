#include "parsers/grub_env.h"

namespace drydock::parsers::grub_env {

File parse(std::string_view text) {
  static constexpr std::string_view kSignature = "# GRUB Environment Block\n";
  File file;
  const LineIndex lines(text);
  if (!text.starts_with(kSignature)) {
    file.errors.add("bad-signature", lines.span(0, 1), "expected \"# GRUB Environment Block\"",
                    Effect::refused);
    return file;
  }
  size_t at = kSignature.size();
  while (at < text.size()) {
    const size_t begin = at;
    std::string line;
    while (at < text.size() && text[at] != '\n') {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      line += text[at++];
    }
    if (at < text.size()) ++at;
    const size_t equals = line.find('=');
    if (begin < text.size() && text[begin] != '#' && equals != std::string::npos && equals > 0)
      file.variables.push_back(
          {line.substr(0, equals), line.substr(equals + 1), lines.span(begin, at - 1)});
  }
  return file;
}

}  // namespace drydock::parsers::grub_env
