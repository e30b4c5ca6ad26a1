// Configuration files against what their packages shipped.
#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "analyzer/facts/collect/package_databases.h"
#include "analyzer/facts/collect/privileged_file.h"
#include "analyzer/source/tree.h"
#include "parsers/dpkg_status.h"

namespace drydock::facts {

const TableSpec kConffileTable{
    .name = "conffile",
    .kind = TableKind::effective,
    .doc =
        "A configuration file below /etc that a package shipped (deb-conffiles(5), %config of "
        "RPM), "
        "compared with the checksum the package database has of it. What RPM does not verify "
        "(%verify(not filedigest), replaced by another package's, missingok) has no row. Asking "
        "costs reading those files.",
    .columns =
        {{"path", ColumnType::text,
          "Relative to the root, without a leading slash; of a diverted one (dpkg-divert(1)) where "
          "it went."},
         {"package", ColumnType::text, "The package that owns it."},
         {"manager", ColumnType::text, "'dpkg' or 'rpm'."},
         {"state", ColumnType::text,
          "'unchanged', 'changed', 'missing', 'unread' (it is no file, or lies in an archive in a "
          "directory where none is expected)."},
         {"obsolete", ColumnType::boolean,
          "1: the package no longer has it, the file was left behind (dpkg only)."},
         {"loc", ColumnType::location, "The file; of a missing one its entry in the database."}},
    .indexes = {"path"},
    .examples = {"SELECT path, package FROM conffile WHERE state = 'changed'"}};

namespace {

template <class State, size_t kSize, auto kInit, auto kUpdate, auto kDigest>
std::string hash(std::string_view text) {
  State state;
  kInit(&state);
  kUpdate(&state, text.size(), reinterpret_cast<const uint8_t*>(text.data()));
  std::array<uint8_t, kSize> digest;
  kDigest(&state, digest.size(), digest.data());
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : digest) out += {kHex[byte >> 4], kHex[byte & 15]};
  return out;
}

// By RFC 4880 section 9.4, as RPM numbers them; empty: none of those it uses.
std::string hash_by(uint32_t algorithm, std::string_view text) {
  switch (algorithm) {
    case 1:
      return hash<md5_ctx, MD5_DIGEST_SIZE, nettle_md5_init, nettle_md5_update, nettle_md5_digest>(
          text);
    case 2:
      return hash<sha1_ctx, SHA1_DIGEST_SIZE, nettle_sha1_init, nettle_sha1_update,
                  nettle_sha1_digest>(text);
    case 8:
      return hash<sha256_ctx, SHA256_DIGEST_SIZE, nettle_sha256_init, nettle_sha256_update,
                  nettle_sha256_digest>(text);
    case 9:
      return hash<sha384_ctx, SHA384_DIGEST_SIZE, nettle_sha384_init, nettle_sha512_update,
                  nettle_sha384_digest>(text);
    case 10:
      return hash<sha512_ctx, SHA512_DIGEST_SIZE, nettle_sha512_init, nettle_sha512_update,
                  nettle_sha512_digest>(text);
    case 11:
      return hash<sha224_ctx, SHA224_DIGEST_SIZE, nettle_sha224_init, nettle_sha256_update,
                  nettle_sha224_digest>(text);
    default:
      return "";
  }
}

constexpr std::string_view kBelow = "etc/";

void compare(Context& context, std::string_view path, std::string_view package,
             std::string_view manager, std::string_view digest, uint32_t algorithm, bool obsolete,
             LocationId entry) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (!path.starts_with(kBelow)) return;
  std::string_view state = "missing";
  LocationId loc = entry;
  if (context.tree().exists(path)) {
    loc = context.store().locate(path, Span{});
    const auto content = context.tree().read_resolved(path);
    const std::string now = content ? hash_by(algorithm, *content) : "";
    state = now.empty() ? "unread" : now == digest ? "unchanged" : "changed";
  } else if (context.tree().lstat(path)) {
    state = "unread";  // a link to nothing
  }
  context.store().insert(kConffileTable, {path, package, manager, state, obsolete, loc});
}

// Whether `rpm -V` has a word to say of the content of a file, or of its absence (rpm's lib/verify.c).
bool is_verified(Context& context, const parsers::rpm_header::File& file, std::string_view path) {
  using namespace parsers::rpm_header;
  if ((file.flags & kConfig) == 0 || (file.flags & kGhost) != 0) return false;
  if (file.state == FileState::not_installed || file.state == FileState::net_shared) return false;
  while (path.starts_with('/')) path.remove_prefix(1);
  const auto there = context.tree().lstat(path);
  if (!there && !context.tree().exists(path)) return (file.flags & kMissingOk) == 0;
  // What lies there in place of the package's own file is another package's. A directory or link was shipped
  // without a digest, so that a file there is not it.
  return file.state == FileState::normal && (file.verify & kVerifyDigest) != 0 &&
         (!file.digest.empty() || (there && there->type == NodeType::file));
}

// dpkg-divert(1): the file of every package but one lies elsewhere. Three lines each: the path, where the files of the
// others go, and the package that diverts it; ':' for the administrator, who owns none.
struct Diversion {
  std::string_view to, by;
};

std::map<std::string_view, Diversion> diversions(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::map<std::string_view, Diversion> out;
  for (size_t i = 0; i + 2 < lines.size(); i += 3) out[lines[i]] = {lines[i + 1], lines[i + 2]};
  return out;
}

void collect_conffiles(Context& context) {
  if (context.scope() != Scope::host) return;
  const auto diverted_text = context.read("var/lib/dpkg/diversions");
  const auto diverted = diversions(diverted_text ? diverted_text->text : std::string_view());
  if (const auto text = context.read("var/lib/dpkg/status")) {
    const auto file = parsers::dpkg_status::parse(text->text);
    context.issues(text->path, file.errors);
    for (const auto& package : file.packages) {
      if (package.state == "config-files" || package.state == "not-installed") continue;
      for (const auto& one : package.conffiles) {
        if (one.md5 == "newconffile") continue;
        const auto diversion = diverted.find(one.path);
        const bool elsewhere = diversion != diverted.end() && diversion->second.by != package.name;
        compare(context, elsewhere ? diversion->second.to : one.path, package.name, "dpkg", one.md5,
                1, one.flag == "obsolete", context.store().locate(text->path, one.span));
      }
    }
  }
  each_rpm(context, [&](const std::string& path, std::string_view header,
                        const parsers::rpm_header::Package& package) {
    for (const auto& file : parsers::rpm_header::files(header)) {
      const std::string name = std::string(file.directory) + std::string(file.name);
      if (is_verified(context, file, name))
        compare(context, name, package.name, "rpm", file.digest, package.digest_algorithm, false,
                context.store().locate(path, Span{}));
    }
  });
}

// Where configuration files are. Of an archive no others are kept; each has a literal component below etc, for
// "etc/**" would take an archive that was made inside /etc for all of one.
std::vector<std::string_view> paths() {
  std::vector<std::string_view> out = {"var/lib/dpkg/status",
                                       "var/lib/dpkg/diversions",
                                       "etc/*",
                                       "etc/NetworkManager/**",
                                       "etc/X11/**",
                                       "etc/alternatives/**",
                                       "etc/apache2/**",
                                       "etc/apparmor/**",
                                       "etc/apparmor.d/**",
                                       "etc/apt/**",
                                       "etc/audisp/**",
                                       "etc/audit/**",
                                       "etc/avahi/**",
                                       "etc/bash_completion.d/**",
                                       "etc/bluetooth/**",
                                       "etc/ca-certificates/**",
                                       "etc/chrony/**",
                                       "etc/cifs-utils/**",
                                       "etc/cloud/**",
                                       "etc/containerd/**",
                                       "etc/containers/**",
                                       "etc/cron.d/**",
                                       "etc/cron.daily/**",
                                       "etc/cron.hourly/**",
                                       "etc/cron.monthly/**",
                                       "etc/cron.weekly/**",
                                       "etc/crypto-policies/**",
                                       "etc/cups/**",
                                       "etc/dbus-1/**",
                                       "etc/default/**",
                                       "etc/depmod.d/**",
                                       "etc/dhcp/**",
                                       "etc/dnf/**",
                                       "etc/docker/**",
                                       "etc/dpkg/**",
                                       "etc/dracut.conf.d/**",
                                       "etc/exports.d/**",
                                       "etc/fail2ban/**",
                                       "etc/firewalld/**",
                                       "etc/fonts/**",
                                       "etc/grub.d/**",
                                       "etc/gss/**",
                                       "etc/gssproxy/**",
                                       "etc/httpd/**",
                                       "etc/init.d/**",
                                       "etc/initramfs-tools/**",
                                       "etc/iproute2/**",
                                       "etc/iscsi/**",
                                       "etc/kernel/**",
                                       "etc/krb5.conf.d/**",
                                       "etc/ld.so.conf.d/**",
                                       "etc/ldap/**",
                                       "etc/libnl-3/**",
                                       "etc/logcheck/**",
                                       "etc/logrotate.d/**",
                                       "etc/lvm/**",
                                       "etc/mdadm/**",
                                       "etc/modprobe.d/**",
                                       "etc/modules-load.d/**",
                                       "etc/mysql/**",
                                       "etc/needrestart/**",
                                       "etc/network/**",
                                       "etc/nginx/**",
                                       "etc/nftables/**",
                                       "etc/openldap/**",
                                       "etc/pam.d/**",
                                       "etc/pkcs11/**",
                                       "etc/pki/tls/**",
                                       "etc/polkit-1/**",
                                       "etc/postfix/**",
                                       "etc/ppp/**",
                                       "etc/profile.d/**",
                                       "etc/python3/**",
                                       "etc/redis/**",
                                       "etc/rsyslog.d/**",
                                       "etc/samba/**",
                                       "etc/sasl2/**",
                                       "etc/security/**",
                                       "etc/selinux/**",
                                       "etc/sensors.d/**",
                                       "etc/sgml/**",
                                       "etc/skel/**",
                                       "etc/snmp/**",
                                       "etc/ssh/**",
                                       "etc/sssd/**",
                                       "etc/sudoers.d/**",
                                       "etc/sysconfig/**",
                                       "etc/sysctl.d/**",
                                       "etc/systemd/**",
                                       "etc/tmpfiles.d/**",
                                       "etc/tuned/**",
                                       "etc/udev/**",
                                       "etc/ufw/**",
                                       "etc/update-manager/**",
                                       "etc/update-motd.d/**",
                                       "etc/vim/**",
                                       "etc/xdg/**",
                                       "etc/xinetd.d/**",
                                       "etc/yum/**",
                                       "etc/yum.repos.d/**",
                                       "etc/zsh/**",
                                       "etc/zypp/**"};
  const auto more = rpm_paths();
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace

const Collector kConffileCollector{.name = "conffile",
                                   .tables = {&kConffileTable},
                                   .needs = {},
                                   .paths = paths(),
                                   .loose = {},
                                   .collect = collect_conffiles};

}  // namespace drydock::facts
