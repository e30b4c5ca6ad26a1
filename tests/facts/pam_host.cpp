#include "tests/facts/pam_host.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "tests/paths.h"

namespace drydock::test {

bool PamHost::Answer::has(std::string_view begin) const {
  return std::ranges::any_of(notes,
                             [&](const std::string& note) { return note.starts_with(begin); });
}

PamHost::PamHost(std::map<std::string, std::string> common)
    : scratch_(directory_in_memory()), common_(std::move(common)) {}

void PamHost::host(const std::map<std::string, std::string>& etc) {
  const std::string name = std::to_string(hosts_++) + "/";
  for (const auto* files : {&common_, &etc})
    for (const auto& [file, text] : *files)
      if (text == "/")
        std::filesystem::create_directories(scratch_.path() + "/" + name + file);
      else
        scratch_.write(name + file, text);
  command({"host", scratch_.path() + "/" + name});
}

void PamHost::command(std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) commands_ += std::string(word) + "\t";
  commands_.back() = '\n';
}

std::optional<std::vector<PamHost::Answer>> PamHost::ask(const std::string& environment) {
  const std::string commands = scratch_.write("commands", commands_);
  const auto said =
      test::ask("unshare --mount" + std::string(geteuid() == 0 ? "" : " --map-root-user") +
                " env " + environment + " " + pam_kernel() + " <" + commands + " 2>/dev/null");
  if (!said || said->empty()) return std::nullopt;
  std::vector<Answer> out;
  std::istringstream lines(*said);
  for (std::string line; std::getline(lines, line);) {
    Answer& answer = out.emplace_back();
    if (line == "none") continue;
    std::istringstream words(line);
    std::string word;
    std::getline(words, word, '\t');
    if (word.starts_with("file ")) {
      answer.notes.push_back(line.substr(5));
      continue;
    }
    if (word != "refused") answer.code = std::stoi(word);
    while (std::getline(words, word, '\t')) answer.notes.push_back(word);
  }
  return out;
}

}  // namespace drydock::test
