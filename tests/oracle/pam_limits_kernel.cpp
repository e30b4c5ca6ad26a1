// Opens PAM sessions and stands in for the kernel behind pam_limits.so: what the module would have set for a user
// is written down instead, so one process asks for hundreds of files, and nobody needs the right to raise a limit.
//
//   pam_limits_kernel SERVICES CURRENT CASES USER…
//
// SERVICES is the directory of the service "limits"; CURRENT is made a link to each of the directories CASES/0,
// CASES/1 … in turn. Prints "== N" before each, and a line for each user and what is set.
#include <dlfcn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utmp.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

std::string user;
int logins = 0;

const char* item_name(int resource) {
  static constexpr const char* kNames[] = {
      "cpu",     "fsize", "data",  "stack",      "core",     "rss",  "nproc",  "nofile",
      "memlock", "as",    "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"};
  return resource >= 0 && resource < 16 ? kNames[resource] : "?";
}

std::string number(rlim_t value) {
  return value == RLIM_INFINITY ? "unlimited" : std::to_string(value);
}

}  // namespace

extern "C" {

int getrlimit(__rlimit_resource_t, rlimit* limit) noexcept {
  limit->rlim_cur = limit->rlim_max = RLIM_INFINITY;
  return 0;
}

int setrlimit(__rlimit_resource_t resource, const rlimit* limit) noexcept {
  printf("%s %s %s %s\n", user.c_str(), item_name(static_cast<int>(resource)),
         number(limit->rlim_cur).c_str(), number(limit->rlim_max).c_str());
  return 0;
}

int setpriority(__priority_which_t, id_t, int value) noexcept {
  if (value != 0) printf("%s priority %d\n", user.c_str(), value);
  return 0;
}

int prctl(int option, ...) noexcept {
  if (option == PR_SET_NO_NEW_PRIVS) printf("%s nonewprivs 1\n", user.c_str());
  return 0;
}

// A host where the user is logged in 200 times: the module reads until it has counted one too many.
void setutent() noexcept {
  logins = 0;
}
utmp* getutent() {
  static utmp one;
  one.ut_type = USER_PROCESS;
  one.ut_pid = getpid();
  memset(one.ut_user, 0, sizeof one.ut_user);
  memcpy(one.ut_user, user.data(),
         user.size() < sizeof one.ut_user ? user.size() : sizeof one.ut_user);
  return ++logins > 200 ? nullptr : &one;
}
void endutent() noexcept {
  printf("%s logins %d\n", user.c_str(), logins);
}
}

int main(int count, char** arguments) {
  void* const library = dlopen("libpam.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr || count < 5) return 127;
  const auto start =
      reinterpret_cast<int (*)(const char*, const char*, const void*, const char*, void**)>(
          dlsym(library, "pam_start_confdir"));
  const auto open = reinterpret_cast<int (*)(void*, int)>(dlsym(library, "pam_open_session"));
  const auto end = reinterpret_cast<int (*)(void*, int)>(dlsym(library, "pam_end"));
  if (start == nullptr || open == nullptr || end == nullptr) return 127;
  struct {
    int (*ask)(int, const void**, void**, void*);
    void* data;
  } const none{[](int, const void**, void**, void*) { return 19; }, nullptr};
  for (int i = 0;; ++i) {
    const std::string directory = std::string(arguments[3]) + "/" + std::to_string(i);
    if (access(directory.c_str(), F_OK) != 0) return 0;
    unlink(arguments[2]);
    if (symlink(directory.c_str(), arguments[2]) != 0) return 1;
    printf("== %d\n", i);
    for (int name = 4; name < count; ++name) {
      user = arguments[name];
      void* handle = nullptr;
      if (start("limits", user.c_str(), &none, arguments[1], &handle) != 0) return 1;
      const int answer = open(handle, 0);
      printf("%s session %d\n", user.c_str(), answer);
      end(handle, answer);
    }
  }
}
