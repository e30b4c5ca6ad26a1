#include "analyzer/facts/collect/container_model.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "analyzer/base/limits.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

bool is_under(std::string_view path, std::string_view directory) {
  return path == directory || (path.size() > directory.size() && path.starts_with(directory) &&
                               path[directory.size()] == '/');
}

bool is_any_under(std::string_view path, auto const& directories) {
  return std::any_of(directories.begin(), directories.end(),
                     [&](std::string_view directory) { return is_under(path, directory); });
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// The name of a variable says what it holds; the parts are compared with '_' around them, so that
// KEYBOARD and MONKEY are none.
bool has_secret_name(std::string_view name) {
  static constexpr std::string_view kParts[] = {
      "_PASSWORD_",    "_PASSWD_",     "_PASS_",        "_PASSPHRASE_",     "_PWD_SECRET_",
      "_SECRET_",      "_SECRETS_",    "_TOKEN_",       "_APIKEY_",         "_API_KEY_",
      "_ACCESS_KEY_",  "_SECRET_KEY_", "_PRIVATE_KEY_", "_ENCRYPTION_KEY_", "_SIGNING_KEY_",
      "_CREDENTIALS_", "_CREDENTIAL_", "_AUTH_KEY_"};
  std::string padded = "_" + upper(name) + "_";
  std::replace(padded.begin(), padded.end(), '-', '_');
  if (std::any_of(std::begin(kParts), std::end(kParts),
                  [&](std::string_view part) { return padded.find(part) != std::string::npos; }))
    return true;
  // PGPASSWORD, MYSQLPASSWORD: programs that write it as one word.
  return padded.ends_with("PASSWORD_") || padded.ends_with("PASSWD_");
}

// Walks over `text`: hands over each NAME=value as (name, value without quotes) and the bytes of the value,
// and the password of each "scheme://user:password@host" with an empty name.
template <class Visit>
void each_assignment(std::string_view text, Visit visit) {
  for (size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("://")) {
      const size_t end = std::min(text.find_first_of("/ \t\"'", at + 3), text.size());
      const std::string_view authority = text.substr(at + 3, end - at - 3);
      const size_t sign = authority.rfind('@');
      const size_t colon = authority.find(':');
      if (sign != std::string_view::npos && colon < sign)
        visit({}, authority.substr(colon + 1, sign - colon - 1), at + 4 + colon, at + 3 + sign);
      at = end;
      continue;
    }
    if (!is_word(text[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < text.size() && (is_word(text[end]) || text[end] == '-')) ++end;
    const std::string_view name = text.substr(at, end - at);
    at = end;
    if (at >= text.size() || text[at] != '=' || !has_secret_name(name)) continue;
    const size_t begin = ++at;
    const char quote = begin < text.size() ? text[begin] : '\0';
    std::string_view value;
    if (quote == '"' || quote == '\'') {
      const size_t close = text.find(quote, begin + 1);
      at = close == std::string_view::npos ? text.size() : close + 1;
      value = text.substr(begin + 1, close == std::string_view::npos ? close : close - begin - 1);
    } else {
      at = std::min(text.find_first_of(" \t\n", begin), text.size());
      value = text.substr(begin, at - begin);
    }
    visit(name, value, begin, at);
  }
}

}  // namespace

std::string capability_name(std::string_view written) {
  std::string name = upper(written);
  if (name == "ALL" || name == "CAP_ALL") return "ALL";
  return name.starts_with("CAP_") ? name : "CAP_" + name;
}

bool looks_secret(std::string_view name, std::string_view value) {
  if (value.empty() || !has_secret_name(name)) return false;
  // A file (POSTGRES_PASSWORD_FILE=/run/secrets/db), another variable, a switch are no secrets.
  if (value.front() == '/' || value.front() == '$' || upper(name).ends_with("_FILE")) return false;
  static constexpr std::string_view kSwitches[] = {"true", "false", "yes", "no", "0", "1", "none"};
  return std::find(std::begin(kSwitches), std::end(kSwitches), value) == std::end(kSwitches);
}

std::string without_secrets(std::string_view text) {
  std::string out;
  size_t done = 0;
  each_assignment(text, [&](std::string_view, std::string_view, size_t begin, size_t end) {
    out.append(text.substr(done, begin - done)).append("***");
    done = end;
  });
  out.append(text.substr(done));
  return out;
}

std::string secret_in(std::string_view text) {
  std::string found;
  each_assignment(text, [&](std::string_view name, std::string_view value, size_t, size_t) {
    if (found.empty() && !name.empty() && looks_secret(name, value)) found = name;
  });
  return found;
}

std::string host_path(const Tree& tree, std::string_view source) {
  const std::string path = normal_path(source.substr(0, limits::kPathBytes));
  // What does not exist in an image at rest (/run is empty there) still lies behind the links above it.
  for (size_t end = path.size();; end = path.rfind('/', end - 1)) {
    if (end == std::string::npos) break;
    if (const auto real = tree.resolve(path.substr(0, end)))
      return end == path.size() ? *real : normal_path(*real + path.substr(end));
  }
  return path == "var/run" || path.starts_with("var/run/") ? path.substr(4) : path;
}

std::string engine_socket_in(std::string_view path) {
  // Daemons and people write /var/run for /run, whether or not the one is a link to the other here.
  if (path == "var/run" || path.starts_with("var/run/")) path.remove_prefix(4);
  // Their usual places; docs.docker.com/engine/security, containerd's and podman-system-service(1)'s.
  static constexpr std::array<std::string_view, 5> kSockets = {
      "run/docker.sock", "run/containerd/containerd.sock", "run/podman/podman.sock",
      "run/crio/crio.sock", "run/docker/containerd/containerd.sock"};
  for (const std::string_view socket : kSockets)
    if (path.empty() || is_under(socket, path)) return "/" + std::string(socket);
  // Somewhere else, or a user's: /run/user/1000/docker.sock.
  const std::string_view name = file_name(path);
  for (const std::string_view known :
       {"docker.sock", "containerd.sock", "podman.sock", "crio.sock"})
    if (name == known) return "/" + std::string(path);
  return "";
}

std::string_view exposed_by(std::string_view path, bool read_only) {
  static constexpr std::array<std::string_view, 9> kHarmless = {
      "etc/localtime",  "etc/timezone", "etc/hostname", "etc/hosts",     "etc/resolv.conf",
      "etc/os-release", "dev/shm",      "dev/null",     "etc/machine-id"};
  // Public by purpose: certificates of authorities, time zones, kernel modules to look at.
  static constexpr std::array<std::string_view, 6> kPublic = {"etc/ssl/certs", "etc/pki/ca-trust",
                                                              "usr/share",     "usr/lib/modules",
                                                              "lib/modules",   "usr/src"};
  static constexpr std::array<std::string_view, 12> kPrograms = {"usr",
                                                                 "bin",
                                                                 "sbin",
                                                                 "lib",
                                                                 "lib32",
                                                                 "lib64",
                                                                 "libx32",
                                                                 "boot",
                                                                 "var/spool/cron",
                                                                 "var/lib/systemd",
                                                                 "opt",
                                                                 "etc/systemd"};
  static constexpr std::array<std::string_view, 5> kEngines = {
      "var/lib/docker", "var/lib/containerd", "var/lib/containers", "var/lib/kubelet",
      "run/containerd"};
  if (path.empty()) return "the whole host";
  if (is_any_under(path, kHarmless)) return "";
  if (is_any_under(path, kPublic) && read_only) return "";
  if (is_under(path, "etc")) return "configuration";
  if (is_under(path, "root") || path == "home") return "home directories";
  if (is_under(path, "dev")) return "devices";
  if (is_under(path, "proc") || is_under(path, "sys")) return "the kernel";
  if (path == "run" || path == "var" || path == "var/lib" || path == "var/run")
    return "state of the host";
  if (is_any_under(path, kEngines)) return "state of containers";
  if (path.starts_with("home/") &&
      (path.ends_with("/.ssh") || path.find("/.ssh/") != std::string_view::npos))
    return "keys";
  if (!read_only && path != "opt" && !path.starts_with("opt/") && is_any_under(path, kPrograms))
    return path.starts_with("boot") ? "the boot files" : "programs";
  if (path == "boot") return "the boot files";
  return "";
}

}  // namespace drydock::facts
