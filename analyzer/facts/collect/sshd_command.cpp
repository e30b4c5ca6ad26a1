#include "analyzer/facts/collect/sshd_command.h"

#include <algorithm>

#include "analyzer/facts/collect/service_command.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

size_t program_words(const ServiceWords& words) {
  return !words.empty() && file_name(words[0].text) == "sshd" ? 1 : 0;
}

// getopt(3) over the options of sshd(8).
SshdCommand read(const ServiceWords& words) {
  constexpr std::string_view kWithArgument = "CEbcfghkopu";
  SshdCommand out;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i].text;
    if (word.size() < 2 || word[0] != '-' || word == "--") break;
    for (size_t at = 1; at < word.size(); ++at) {
      const char option = word[at];
      const SshdOption here{"", words[i].path, words[i].span, false};
      if (kWithArgument.find(option) == std::string_view::npos) {
        if (option == '4' || option == '6')
          out.options.push_back({option == '4' ? "AddressFamily inet" : "AddressFamily inet6",
                                 here.path, here.span, false});
        if (option == 'q') out.options.push_back({"LogLevel QUIET", here.path, here.span, false});
        continue;
      }
      std::string value = word.substr(at + 1);
      SshdOption found = here;
      if (value.empty()) {
        if (++i == words.size()) return out;
        value = words[i].text;
        found.path = words[i].path;
        found.span = words[i].span;
      }
      switch (option) {
        case 'o':
          found.line = value;
          break;
        case 'p':
          found.line = "Port " + value;
          found.is_only = true;
          break;
        case 'g':
          found.line = "LoginGraceTime " + value;
          break;
        case 'h':
          found.line = "HostKey " + value;
          break;
        case 'f':
          out.config = normal_path(value);
          break;
        default:
          break;
      }
      if (!found.line.empty()) out.options.push_back(std::move(found));
      break;
    }
  }
  return out;
}

}  // namespace

SshdCommand sshd_command(Context& context) {
  for (const std::string_view name : {"ssh.service", "sshd.service"}) {
    const Unit* service = units(context).find(std::string(name));
    if (service == nullptr || service->load == Unit::Load::not_found ||
        service->load == Unit::Load::masked)
      continue;
    const ServiceEnvironment environment = service_environment(context, *service);
    if (const auto words = service_arguments(*service, environment, program_words))
      return read(*words);
  }
  return {};
}

}  // namespace drydock::facts
