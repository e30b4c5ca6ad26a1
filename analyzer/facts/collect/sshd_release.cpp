// From openssh.com/releasenotes.html and myproposal.h of each release; for RHEL 7 its sshd_config(5). Tried against
// `sshd -T` where a distribution's package can be had.
#include "analyzer/facts/collect/sshd_release.h"

#include <algorithm>
#include <cctype>
#include <span>

#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

// What a keyword's default was in the releases [since, before); nullptr: there was no such keyword.
struct Change {
  std::string_view keyword;
  int since, before;
  const char* value;
};

constexpr const char* kSignatures704 =
    "ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,"
    "ecdsa-sha2-nistp521-cert-v01@openssh.com,ssh-ed25519-cert-v01@openssh.com,"
    "ssh-rsa-cert-v01@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
    "ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa";
constexpr const char* kSignatures708 =
    "ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,"
    "ecdsa-sha2-nistp521-cert-v01@openssh.com,ssh-ed25519-cert-v01@openssh.com,"
    "rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,"
    "ssh-rsa-cert-v01@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
    "ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa";
constexpr const char* kSignatures802 =
    "ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,"
    "ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,"
    "ssh-ed25519-cert-v01@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com,"
    "rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,"
    "ssh-rsa-cert-v01@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
    "sk-ecdsa-sha2-nistp256@openssh.com,ssh-ed25519,sk-ssh-ed25519@openssh.com,rsa-sha2-512,"
    "rsa-sha2-256,ssh-rsa";
constexpr const char* kSignatures805 =
    "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,"
    "ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,"
    "sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,"
    "rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,"
    "ssh-rsa-cert-v01@openssh.com,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
    "ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,"
    "rsa-sha2-512,rsa-sha2-256,ssh-rsa";
constexpr const char* kExchanges802 =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
    "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";
constexpr const char* kExchanges704 =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
    "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1";
constexpr const char* kExchanges900 =
    "sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,"
    "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,"
    "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";
constexpr int kEver = 10'000;

constexpr Change kChanges[] = {
    // 10.0: "prefer AES-GCM to AES-CTR mode"; "disables finite field (a.k.a modp) Diffie-Hellman key
    // exchange in sshd by default"; the ML-KEM hybrid first.
    {"ciphers", 1000, kEver,
     "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,"
     "aes192-ctr,aes256-ctr"},
    {"kexalgorithms", 1000, kEver,
     "mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,"
     "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
     "ecdh-sha2-nistp521"},
    // 9.9: mlkem768x25519-sha256, and the name that IANA gave to sntrup761. 9.0: sntrup761 by default.
    {"kexalgorithms", 909, 1000,
     "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256,"
     "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
     "ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
     "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256"},
    {"kexalgorithms", 903, 909, kExchanges900},  // Debian gave its 9.2 the other name as well
    {"kexalgorithms", 900, 902, kExchanges900},
    // 8.2: "remove diffie-hellman-group14-sha1 from the default key exchange proposal".
    {"kexalgorithms", 802, 900, kExchanges802},
    {"kexalgorithms", 704, 802, kExchanges704},
    // 7.3: the groups 14 (SHA-256), 16 and 18; 7.4: curve25519 by the name that IANA gave it. 6.7: "The default set
    // of ciphers and MACs has been altered to remove unsafe algorithms"; what 6.6 had is in its sshd_config(5).
    {"kexalgorithms", 703, 704,
     "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
     "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
     "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1"},
    {"kexalgorithms", 607, 703,
     "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
     "diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha1"},
    {"kexalgorithms", 0, 607,
     "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
     "diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,"
     "diffie-hellman-group14-sha1,diffie-hellman-group1-sha1"},
    // 6.9: "promote chacha20-poly1305@openssh.com to be the default cipher".
    {"ciphers", 607, 609,
     "aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com,"
     "chacha20-poly1305@openssh.com"},
    {"ciphers", 0, 607,
     "aes128-ctr,aes192-ctr,aes256-ctr,arcfour256,arcfour128,aes128-gcm@openssh.com,"
     "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-cbc,3des-cbc,blowfish-cbc,"
     "cast128-cbc,aes192-cbc,aes256-cbc,arcfour"},
    {"macs", 0, 607,
     "hmac-md5-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64-etm@openssh.com,"
     "umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
     "hmac-ripemd160-etm@openssh.com,hmac-sha1-96-etm@openssh.com,hmac-md5-96-etm@openssh.com,"
     "hmac-md5,hmac-sha1,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,"
     "hmac-ripemd160,hmac-sha1-96,hmac-md5-96"},
    // 7.4: "remove support for pre-authentication compression". 7.0: "the default for the sshd_config(5)
    // PermitRootLogin option has changed from yes to prohibit-password". 6.8: "sshd(8): UseDNS now defaults to no".
    {"compression", 0, 704, "delayed"},
    {"permitrootlogin", 0, 700, "yes"},
    {"usedns", 0, 608, "yes"},
    // 9.9: RefuseConnection, and its own class of penalty. 9.8: "sshd(8) will now penalise client addresses".
    {"persourcepenalties", 908, 909,
     "crash:90 authfail:5 noauth:1 grace-exceeded:10 max:600 min:15 max-sources4:65536 "
     "max-sources6:65536 overflow:permissive overflow6:permissive"},
    {"persourcepenalties", 0, 908, nullptr},
    {"persourcepenaltyexemptlist", 0, 908, nullptr},
    {"pamservicename", 0, 908, nullptr},
    {"refuseconnection", 0, 909, nullptr},
    // 8.8: "disables RSA signatures using the SHA-1 hash algorithm by default". 8.5: ed25519 first. 8.2: FIDO
    // keys, and no ssh-rsa for certificates of authorities. 7.8: rsa-sha2-*-cert.
    {"hostkeyalgorithms", 805, 808, kSignatures805},
    {"hostkeyalgorithms", 802, 805, kSignatures802},
    {"hostkeyalgorithms", 708, 802, kSignatures708},
    {"hostkeyalgorithms", 0, 708, kSignatures704},
    {"casignaturealgorithms", 802, 805,
     "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
     "sk-ecdsa-sha2-nistp256@openssh.com,ssh-ed25519,sk-ssh-ed25519@openssh.com,rsa-sha2-512,"
     "rsa-sha2-256"},
    {"casignaturealgorithms", 709, 802,
     "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-ed25519,rsa-sha2-512,"
     "rsa-sha2-256,ssh-rsa"},
    {"casignaturealgorithms", 0, 709, nullptr},
    // Keywords that came later.
    {"unusedconnectiontimeout", 0, 902, nullptr},
    {"requiredrsasize", 0, 901, nullptr},
    {"persourcemaxstartups", 0, 805, nullptr},
    {"persourcenetblocksize", 0, 805, nullptr},
    {"modulifile", 0, 805, nullptr},
    {"pubkeyauthoptions", 0, 802, nullptr},
    {"securitykeyprovider", 0, 802, nullptr},
    {"permitlisten", 0, 708, nullptr},
    {"exposeauthinfo", 0, 706, nullptr},
    {"disableforwarding", 0, 704, nullptr},
    {"pubkeyacceptedalgorithms", 0, 608, nullptr},
    {"hostbasedacceptedalgorithms", 0, 608, nullptr},
    {"authorizedprincipalscommand", 0, 609, nullptr},
    {"authorizedprincipalscommanduser", 0, 609, nullptr},
    {"fingerprinthash", 0, 608, nullptr},
    {"allowstreamlocalforwarding", 0, 607, nullptr},
    {"streamlocalbindmask", 0, 607, nullptr},
    {"streamlocalbindunlink", 0, 607, nullptr},
    {"permituserrc", 0, 607, nullptr},
};

// The first releases with a keyword.
constexpr std::pair<std::string_view, int> kSince[] = {
    {"refuseconnection", 909},
    {"persourcepenalties", 908},
    {"persourcepenaltyexemptlist", 908},
    {"pamservicename", 908},
    {"sshdsessionpath", 908},
    {"sshdauthpath", 1000},
    {"unusedconnectiontimeout", 902},
    {"channeltimeout", 902},
    {"requiredrsasize", 901},
    {"logverbose", 805},
    {"modulifile", 805},
    {"persourcemaxstartups", 805},
    {"persourcenetblocksize", 805},
    {"pubkeyacceptedalgorithms", 805},
    {"hostbasedacceptedalgorithms", 805},
    {"include", 802},
    {"pubkeyauthoptions", 802},
    {"securitykeyprovider", 802},
    {"casignaturealgorithms", 709},
    {"permitlisten", 708},
    {"setenv", 708},
    {"exposeauthinfo", 706},
    {"disableforwarding", 704},
    {"authorizedprincipalscommand", 609},
    {"authorizedprincipalscommanduser", 609},
    {"fingerprinthash", 608},
    {"pubkeyacceptedkeytypes", 608},
    {"hostbasedacceptedkeytypes", 608},
    {"allowstreamlocalforwarding", 607},
    {"streamlocalbindmask", 607},
    {"streamlocalbindunlink", 607},
    {"permituserrc", 607},
};

// Red Hat's 7.4: sshd_config(5) of RHEL 7, "Ciphers", "KexAlgorithms", "PermitRootLogin".
constexpr Change kRedHat7[] = {
    {"ciphers", 0, kEver,
     "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,"
     "aes256-gcm@openssh.com,aes128-cbc,aes192-cbc,aes256-cbc,blowfish-cbc,cast128-cbc,3des-cbc"},
    {"kexalgorithms", 0, kEver,
     "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
     "ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
     "diffie-hellman-group18-sha512,diffie-hellman-group-exchange-sha1,"
     "diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1"},
    {"permitrootlogin", 0, kEver, "yes"},
};

const Change* change_in(std::span<const Change> changes, std::string_view keyword,
                        const SshdRelease& release) {
  for (const Change& change : changes)
    if (change.keyword == keyword && release.number >= change.since &&
        release.number < change.before)
      return &change;
  return nullptr;
}

const Change* change_of(std::string_view keyword, const SshdRelease& release) {
  if (release.is_red_hat_7)
    if (const Change* found = change_in(kRedHat7, keyword, release)) return found;
  if (const Change* found = change_in(kChanges, keyword, release)) return found;
  // The three lists of signatures are one: KEX_DEFAULT_PK_ALG.
  if (keyword == "pubkeyacceptedalgorithms" || keyword == "hostbasedacceptedalgorithms")
    return change_in(kChanges, "hostkeyalgorithms", release);
  return nullptr;
}

int number_at(std::string_view text, size_t& at) {
  int value = 0;
  for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) && value < 1000;
       ++at)
    value = value * 10 + (text[at] - '0');
  return value;
}

}  // namespace

SshdRelease sshd_release(std::string_view version) {
  SshdRelease out;
  if (const size_t epoch = version.find(':'); epoch != std::string_view::npos)
    version.remove_prefix(epoch + 1);
  size_t at = 0;
  const int major = number_at(version, at);
  if (at == 0 || at >= version.size() || version[at] != '.') return out;
  const size_t dot = at++;
  const int minor = number_at(version, at);
  if (at == dot + 1 || minor > 99) return out;
  out.number = major * 100 + minor;
  out.is_known = true;
  out.is_red_hat_7 = version.find(".el7") != std::string_view::npos;
  return out;
}

SshdRelease sshd_release(Context& context) {
  const auto answer = context.store().select(
      "SELECT version, manager FROM package WHERE name IN ('openssh-server', 'openssh') AND "
      "status = 'installed' ORDER BY name DESC LIMIT 1");
  if (!answer || answer->rows.empty() || !answer->rows[0][0]) return {};
  SshdRelease out = sshd_release(std::string_view(*answer->rows[0][0]));
  const std::string manager = answer->rows[0][1].value_or("");
  out.vendor = manager == "dpkg"  ? SshdRelease::Vendor::debian
               : manager == "rpm" ? SshdRelease::Vendor::red_hat
               : manager == "apk" ? SshdRelease::Vendor::alpine
                                  : SshdRelease::Vendor::other;
  return out;
}

std::string sshd_keyword_refused(std::string_view written, const SshdRelease& release) {
  using Vendor = SshdRelease::Vendor;
  if (!release.is_known) return {};
  const std::string number = "OpenSSH " + std::to_string(release.number / 100) + "." +
                             std::to_string(release.number % 100);
  constexpr std::string_view kRedHats[] = {"gssapienablek5users", "kerberosusekuserok",
                                           "rsaminsize", "exposeauthenticationmethods"};
  constexpr std::string_view kExchanges[] = {"gssapikeyexchange", "gssapistorecredentialsonrekey",
                                             "gssapikexalgorithms"};
  const auto is_one = [&](std::span<const std::string_view> list) {
    return std::ranges::find(list, written) != list.end();
  };
  if ((release.vendor != Vendor::red_hat && is_one(kRedHats)) ||
      (release.vendor != Vendor::debian && written == "debianbanner") ||
      (release.vendor == Vendor::alpine && is_one(kExchanges)))
    return number + " as this host has it does not know it";
  if (release.vendor == Vendor::red_hat) return {};  // takes in what comes later
  for (const auto& [keyword, since] : kSince)
    if (keyword == written && release.number < since) return number + " does not know it yet";
  return {};
}

std::vector<SshdDefault> sshd_defaults(const SshdRelease& release) {
  std::vector<SshdDefault> out;
  for (SshdDefault known : sshd_defaults()) {
    if (const Change* change = change_of(known.keyword, release)) {
      if (change->value == nullptr) continue;
      known.value = change->value;
    }
    out.push_back(known);
  }
  return out;
}

}  // namespace drydock::facts
