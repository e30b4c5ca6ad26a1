#include "analyzer/cli/evidence.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>

namespace drydock::cli {
namespace {

// Globs on the last component; backups of the account tools (shadow-, shadow.bak) are meant too.
constexpr std::array kSecretNames = {
    "shadow",
    "shadow[-.~]*",
    "gshadow",
    "gshadow[-.~]*",
    "opasswd",
    "master.passwd",
    "ssh_host_*_key",
    "id_rsa",
    "id_dsa",
    "id_ecdsa*",
    "id_ed25519*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.keytab",
    "*.jks",
    ".netrc",
    ".pgpass",
    ".my.cnf",
    ".git-credentials",
    ".dockercfg",
    "chap-secrets",
    "pap-secrets",
    "sasl_passwd*",
    "wpa_supplicant*.conf",
    "*.nmconnection",
    "random-seed",
    "config.v2.json",
    "hostconfig.json",
    ".env",
    "*.tfstate",
    "kubeconfig",
    "credentials*",
    "*_history",
};
constexpr std::array kSecretPaths = {
    "*.docker/config.json",      "*etc/NetworkManager/system-connections/*",
    "*etc/ssl/private/*",        "*etc/wireguard/*",
    "*etc/cryptsetup-keys.d/*",  "*var/lib/systemd/credential.secret",
    "*/imagedb/content/sha256/*"};

// Text as a person would want to see it: no NUL byte near its beginning.
bool is_text(std::string_view text) {
  return text.substr(0, 8192).find('\0') == std::string_view::npos;
}

// `quoted`: a line of it is shown. Of a file that is a finding as a whole (a program with a wrong mode) nothing is, and
// in a compressed archive its content would cost another pass.
void add(const Target& target, engine::TargetResult& result, const std::string& path, bool quoted) {
  if (path.empty()) return;
  const auto [entry, is_new] = result.files.try_emplace(path);
  if (!is_new) return;
  engine::FileEvidence& evidence = entry->second;
  evidence.artifact_path = target.artifact_path(path);
  evidence.sensitive = is_sensitive(path, {});
  const auto stat = target.tree->stat(path);
  if (!stat || stat->type != NodeType::file) return;
  evidence.size = stat->size;
  if (evidence.sensitive || !quoted) return;
  const auto text = target.tree->read_resolved(path);
  if (!text || !is_text(*text)) return;
  evidence.sensitive = is_sensitive(path, *text);
  if (!evidence.sensitive) evidence.text = std::string(*text);
}

}  // namespace

bool is_sensitive(std::string_view path, std::string_view text) {
  const std::string_view file = file_name(path);
  if (file.ends_with(".pub")) return false;
  return std::ranges::any_of(kSecretNames,
                             [&](const char* glob) { return glob_match(glob, file); }) ||
         std::ranges::any_of(kSecretPaths,
                             [&](const char* glob) { return glob_match(glob, path, true); }) ||
         text.substr(0, 4096).find("PRIVATE KEY-----") != std::string_view::npos;
}

void load_evidence(const Target& target, engine::TargetResult& result) {
  std::map<std::string, bool> paths;  // path -> is a line of it shown?
  const auto note = [&paths](const std::string& path, const Span& span) {
    paths[path] |= span.line > 0;
  };
  for (const engine::RuleResult& rule : result.rules)
    for (const engine::Finding& finding : rule.findings) {
      note(finding.place.path, finding.place.span);
      for (const engine::Related& related : finding.related)
        note(related.place.path, related.place.span);
    }
  for (const Diagnostic& diagnostic : result.diagnostics) note(diagnostic.path, diagnostic.span);
  for (const auto& [path, quoted] : paths) add(target, result, path, quoted);
}

}  // namespace drydock::cli
