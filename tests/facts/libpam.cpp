#include "tests/facts/libpam.h"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace drydock::test {
namespace {

struct Message {
  int style;
  const char* text;
};
struct Response {
  char* text;
  int unused;
};
constexpr int kConversationError = 19;

int answer(int count, const Message** messages, Response** responses, void* data) {
  const auto& converse = *static_cast<const Libpam::Converse*>(data);
  if (!converse || count <= 0) return kConversationError;
  // libpam frees them.
  auto* const out = static_cast<Response*>(calloc(static_cast<size_t>(count), sizeof(Response)));
  if (out == nullptr) return kConversationError;
  for (int i = 0; i < count; ++i) {
    const auto text = converse(messages[i]->style, messages[i]->text);
    if (text) {
      out[i].text = strdup(text->c_str());
    } else if (messages[i]->style <= 2) {
      for (int j = 0; j < i; ++j) free(out[j].text);
      free(out);
      return kConversationError;
    }
  }
  *responses = out;
  return 0;
}

}  // namespace

Libpam::Libpam() {
  void* const library = dlopen("libpam.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return;
  start_ = reinterpret_cast<decltype(start_)>(dlsym(library, "pam_start_confdir"));
  set_ = reinterpret_cast<decltype(set_)>(dlsym(library, "pam_set_item"));
  end_ = reinterpret_cast<decltype(end_)>(dlsym(library, "pam_end"));
  constexpr const char* kCalls[] = {"pam_authenticate", "pam_acct_mgmt", "pam_chauthtok",
                                    "pam_open_session"};
  for (size_t i = 0; i < std::size(kCalls); ++i) {
    calls_[i] = reinterpret_cast<int (*)(void*, int)>(dlsym(library, kCalls[i]));
    if (calls_[i] == nullptr || set_ == nullptr) start_ = nullptr;
  }
}

std::optional<std::vector<int>> Libpam::ask(const std::string& directory,
                                            const std::string& service, const std::string& user,
                                            std::initializer_list<Call> calls,
                                            const Converse& converse,
                                            const std::string& remote) const {
  struct {
    int (*ask)(int, const Message**, Response**, void*);
    void* data;
  } const conversation{answer, const_cast<Converse*>(&converse)};
#ifdef __SANITIZE_ADDRESS__
  // libpam keeps memory of services that it refuses.
  const __lsan::ScopedDisabler libpam_leaks;
#endif
  void* handle = nullptr;
  if (start_(service.c_str(), user.c_str(), &conversation, directory.c_str(), &handle) != 0)
    return std::nullopt;
  constexpr int kRemoteHost = 4;
  if (!remote.empty()) set_(handle, kRemoteHost, remote.c_str());
  std::vector<int> out;
  for (const Call call : calls) out.push_back(calls_[static_cast<unsigned>(call)](handle, 0));
  end_(handle, out.empty() ? 0 : out.back());
  return out;
}

}  // namespace drydock::test
