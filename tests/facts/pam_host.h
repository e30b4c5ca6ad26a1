// Hosts whose PAM modules are asked, all by one process: see tests/oracle/pam_kernel.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/facts/few_facts.h"

namespace drydock::test {

class PamHost {
 public:
  // What a call answers: the return code of libpam (-1: the service is refused), and what happened, in words of
  // pam_kernel. Of `show` the file is the only note; none if it is not there.
  struct Answer {
    int code = -1;
    std::vector<std::string> notes;

    // Is there a note that begins so?
    bool has(std::string_view begin) const;
  };

  // `common`: files of /etc that each host has.
  explicit PamHost(std::map<std::string, std::string> common);

  // The next host: these files below /etc; a text of "/" makes a directory.
  void host(const std::map<std::string, std::string>& etc);
  // A command for it; see pam_kernel.
  void command(std::initializer_list<std::string_view> words);

  // The answers to all calls and all `show`, in order; nullopt: there is no libpam, or no namespace to be had.
  std::optional<std::vector<Answer>> ask(const std::string& environment = "");

 private:
  const ScratchDirectory scratch_;
  const std::map<std::string, std::string> common_;
  std::string commands_;
  size_t hosts_ = 0;
};

}  // namespace drydock::test
