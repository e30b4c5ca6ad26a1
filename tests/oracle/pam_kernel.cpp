// Calls the modules of PAM and stands in for the kernel behind them: what pam_limits would have set is written down
// instead, the time and the user who asks are those that are told, nobody waits, and what goes to the system's log is
// shown. So one process asks for hundreds of hosts, and nobody needs the right to raise a limit. It runs in a mount
// namespace of its own, where it may mount.
//
// Each line of the input is a command, its words separated by tabs:
//   host DIR                     DIR is mounted at /etc, an empty file system at /run
//   time SECONDS                 what time(2) says from now on
//   uid NUMBER                   what getuid(2) says
//   TYPE SERVICE USER ANSWER…    calls the stack of a type (auth, account, password, session); answers to questions
//   show FILE                    prints the file
// A call prints a line: what libpam answers, or "refused", and what happened, all separated by tabs: "say TEXT",
// "ask TEXT", "log TEXT", "delay", "logins COUNT", "priority NUMBER", "nonewprivs 1", "ITEM SOFT HARD". `show` prints
// "file TEXT", with "\n" for the ends of lines, or "none".
//
// The user "remote" is one whom no file of /etc names, with the id 5000.
#include <dlfcn.h>
#include <pwd.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <syslog.h>
#include <unistd.h>
#include <utmp.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/facts/libpam.h"

namespace {

std::string user, noted;
int logins = 0;
time_t now = 1'700'000'000;
uid_t who = 0;

void note(const std::string& text) {
  noted += "\t";
  for (const char c : text) noted += c == '\n' || c == '\t' ? ' ' : c;
}

const char* item_name(int resource) {
  static constexpr const char* kNames[] = {
      "cpu",     "fsize", "data",  "stack",      "core",     "rss",  "nproc",  "nofile",
      "memlock", "as",    "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"};
  return resource >= 0 && resource < 16 ? kNames[resource] : "?";
}

std::string number(rlim_t value) {
  return value == RLIM_INFINITY ? "unlimited" : std::to_string(value);
}

void log(const char* format, va_list arguments) {
  char text[2000];
  vsnprintf(text, sizeof text, format, arguments);
  note(std::string("log ") + text);
}

}  // namespace

extern "C" {

int getrlimit(__rlimit_resource_t, rlimit* limit) noexcept {
  limit->rlim_cur = limit->rlim_max = RLIM_INFINITY;
  return 0;
}

int setrlimit(__rlimit_resource_t resource, const rlimit* limit) noexcept {
  note(std::string(item_name(static_cast<int>(resource))) + " " + number(limit->rlim_cur) + " " +
       number(limit->rlim_max));
  return 0;
}

int setpriority(__priority_which_t, id_t, int value) noexcept {
  if (value != 0) note("priority " + std::to_string(value));
  return 0;
}

int prctl(int option, ...) noexcept {
  if (option == PR_SET_NO_NEW_PRIVS) note("nonewprivs 1");
  return 0;
}

time_t time(time_t* out) noexcept {
  if (out != nullptr) *out = now;
  return now;
}

uid_t getuid() noexcept {
  return who;
}

// How libpam waits after a failure.
int select(int, fd_set*, fd_set*, fd_set*, timeval*) {
  note("delay");
  return 0;
}

void syslog(int, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log(format, arguments);
  va_end(arguments);
}
void __syslog_chk(int, int, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log(format, arguments);
  va_end(arguments);
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
  note("logins " + std::to_string(logins));
}

int getpwnam_r(const char* name, passwd* out, char* buffer, size_t size, passwd** found) {
  using Function = int (*)(const char*, passwd*, char*, size_t, passwd**);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getpwnam_r"));
  if (strcmp(name, "remote") != 0) return real(name, out, buffer, size, found);
  constexpr char kText[] = "remote\0*\0/home/remote\0/bin/sh";
  if (size < sizeof kText) return ERANGE;
  memcpy(buffer, kText, sizeof kText);
  *out = {buffer, buffer + 7, 5000, 5000, buffer + 8, buffer + 9, buffer + 22};
  *found = out;
  return 0;
}
}

namespace {

using drydock::test::Libpam;

bool mount_run() {
  umount2("/run", MNT_DETACH);
  return mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0;
}

bool mount_host(const std::string& directory) {
  umount2("/etc", MNT_DETACH);
  return mount(directory.c_str(), "/etc", nullptr, MS_BIND, nullptr) == 0 && mount_run();
}

void show(const std::string& path) {
  std::ifstream in(path);
  std::string text;
  for (std::string line; std::getline(in, line);) text += line + "\\n";
  std::cout << (in.is_open() ? "file " + text : "none") << "\n";
}

int type_of(const std::string& word) {
  constexpr const char* kTypes[] = {"auth", "account", "password", "session"};
  for (int i = 0; i < 4; ++i)
    if (word == kTypes[i]) return i;
  return -1;
}

}  // namespace

int main() {
  const Libpam libpam;
  if (!libpam.is_there()) return 127;
  std::cout << std::unitbuf;
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<std::string> words;
    std::istringstream in(line);
    for (std::string word; std::getline(in, word, '\t');) words.push_back(word);
    words.resize(words.size() < 3 ? 3 : words.size());
    const int type = type_of(words[0]);
    if (words[0] == "host" && !mount_host(words[1])) return 1;
    if (words[0] == "time") now = std::stol(words[1]);
    if (words[0] == "uid") who = static_cast<uid_t>(std::stoul(words[1]));
    if (words[0] == "show") show(words[1]);
    if (type < 0) continue;
    user = words[2];
    noted.clear();
    size_t next = 3;
    const auto converse = [&](int style, const std::string& text) -> std::optional<std::string> {
      note((style > 2 ? "say " : "ask ") + text);
      if (style > 2 || next >= words.size()) return std::nullopt;
      return words[next++];
    };
    const auto answers =
        libpam.ask("/etc/pam.d", words[1], user, {static_cast<Libpam::Call>(type)}, converse);
    std::cout << (answers ? std::to_string(answers->front()) : "refused") << noted << "\n";
  }
}
