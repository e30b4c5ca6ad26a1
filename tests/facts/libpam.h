// libpam by pam_start_confdir(3), which takes the stacks from a directory of ours. No header of it is needed; its
// calls are as old as PAM.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace drydock::test {

class Libpam {
 public:
  // The library that is installed, if there is one.
  Libpam();
  bool is_there() const { return start_ && end_; }

  enum class Call : unsigned { authenticate, account, password, session };
  // What a module says or asks: PAM_PROMPT_ECHO_OFF (1), _ON (2), PAM_ERROR_MSG (3), PAM_TEXT_INFO (4). nullopt:
  // nobody answers.
  using Converse = std::function<std::optional<std::string>(int style, const std::string& text)>;

  // What the stacks of a service answer to the calls, one after the other; nullopt if libpam refuses the service.
  // `remote`: the host that the user comes from, if any.
  std::optional<std::vector<int>> ask(const std::string& directory, const std::string& service,
                                      const std::string& user, std::initializer_list<Call> calls,
                                      const Converse& converse = {},
                                      const std::string& remote = "") const;

 private:
  int (*start_)(const char*, const char*, const void*, const char*, void**) = nullptr;
  int (*set_)(void*, int, const void*) = nullptr;
  int (*end_)(void*, int) = nullptr;
  int (*calls_[4])(void*, int) = {};
};

}  // namespace drydock::test
