#include "analyzer/cli/output.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

namespace drydock::cli {
namespace {

Error system_error(const std::string& what, int code) {
  return Error{what + ": " + std::generic_category().message(code), {}};
}

// Gives 0 or errno.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

Result<void> write_directly(const std::string& path, std::string_view text) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return system_error("'" + path + "' cannot be written", errno);
  const int code = write_all(descriptor, text);
  close(descriptor);
  if (code != 0 && code != EPIPE) return system_error("'" + path + "' cannot be written", code);
  return {};
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

Result<void> write_standard_output(std::string_view text) {
  const int code = write_all(STDOUT_FILENO, text);
  if (code != 0 && code != EPIPE) return system_error("standard output cannot be written", code);
  return {};
}

Result<void> write_file(const std::string& path, std::string_view text) {
  std::string real = path;
  struct stat existing {};
  const bool exists = stat(path.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode))
    return Error{"'" + path + "' is a directory", "name a file in it"};
  if (exists && !S_ISREG(existing.st_mode)) return write_directly(path, text);
  if (char* resolved = exists ? realpath(path.c_str(), nullptr) : nullptr; resolved != nullptr) {
    real = resolved;
    free(resolved);
  }

  std::string temporary = real + ".XXXXXX";
  const int descriptor = mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) return system_error("'" + path + "' cannot be written", errno);
  // mkstemp makes it 0600; a report gets the mode that any program would give it.
  // Asked once: it can only be read by setting it, and reports are written side by side.
  static const mode_t mask = [] {
    const mode_t found = umask(0);
    umask(found);
    return found;
  }();
  int code = fchmod(descriptor, exists ? existing.st_mode & 07777 : 0666 & ~mask) == 0 ? 0 : errno;
  if (code == 0) code = write_all(descriptor, text);
  if (code == 0 && fsync(descriptor) != 0 && errno != EINVAL) code = errno;
  if (close(descriptor) != 0 && code == 0) code = errno;
  if (code == 0 && rename(temporary.c_str(), real.c_str()) != 0) code = errno;
  if (code != 0) {
    unlink(temporary.c_str());
    return system_error("'" + path + "' cannot be written", code);
  }
  return {};
}

Result<void> write_output(const std::string& path, std::string_view text) {
  return path == "-" ? write_standard_output(text) : write_file(path, text);
}

bool want_colour(std::string_view when, int descriptor) {
  if (when == "always") return true;
  if (when == "never" || is_set("NO_COLOR")) return false;
  if (const char* force = std::getenv("CLICOLOR_FORCE");
      force != nullptr && *force != '\0' && std::string_view(force) != "0")
    return true;
  const char* term = std::getenv("TERM");
  return isatty(descriptor) == 1 && (term == nullptr || std::string_view(term) != "dumb");
}

int terminal_width(int fallback) {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return fallback;
}

}  // namespace drydock::cli
