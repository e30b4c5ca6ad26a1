// From ssh_config(5) and `ssh -G -F /dev/null` of OpenSSH 9.2.
#include "analyzer/facts/collect/ssh_client_default.h"

#include <algorithm>

namespace drydock::facts {
namespace {

constexpr SshdDefault kDefaults[] = {
    {"addkeystoagent", "false"},
    {"addressfamily", "any"},
    {"batchmode", "no"},
    {"canonicaldomains", "none"},
    {"canonicalizefallbacklocal", "yes"},
    {"canonicalizehostname", "false"},
    {"canonicalizemaxdots", "1"},
    {"canonicalizepermittedcnames", "none"},
    {"checkhostip", "no"},
    {"clearallforwardings", "no"},
    {"compression", "no"},
    {"connectionattempts", "1"},
    {"connecttimeout", "none"},
    {"controlmaster", "false"},
    {"controlpersist", "no"},
    {"enableescapecommandline", "no"},
    {"enablesshkeysign", "no"},
    {"escapechar", "~"},
    {"exitonforwardfailure", "no"},
    {"fingerprinthash", "SHA256"},
    {"forkafterauthentication", "no"},
    {"forwardagent", "no"},
    {"forwardx11", "no"},
    {"forwardx11timeout", "1200"},
    {"gatewayports", "no"},
    {"globalknownhostsfile", "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"},
    {"gssapiauthentication", "no"},
    {"gssapidelegatecredentials", "no"},
    {"hashknownhosts", "no"},
    {"hostbasedauthentication", "no"},
    {"identitiesonly", "no"},
    {"ipqos", "lowdelay throughput"},
    {"kbdinteractiveauthentication", "yes"},
    {"loglevel", "INFO"},
    {"logverbose", "none"},
    {"nohostauthenticationforlocalhost", "no"},
    {"numberofpasswordprompts", "3"},
    {"passwordauthentication", "yes"},
    {"permitlocalcommand", "no"},
    {"permitremoteopen", "any"},
    {"port", "22"},
    {"proxyusefdpass", "no"},
    {"pubkeyauthentication", "true"},
    {"rekeylimit", "0 0"},
    {"requesttty", "auto"},
    {"requiredrsasize", "1024"},
    {"securitykeyprovider", "internal"},
    {"serveralivecountmax", "3"},
    {"serveraliveinterval", "0"},
    {"sessiontype", "default"},
    {"stdinnull", "no"},
    {"streamlocalbindmask", "0177"},
    {"streamlocalbindunlink", "no"},
    {"stricthostkeychecking", "ask"},
    {"syslogfacility", "USER"},
    {"tcpkeepalive", "yes"},
    {"tunnel", "false"},
    {"tunneldevice", "any:any"},
    {"userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2"},
    {"verifyhostkeydns", "false"},
    {"visualhostkey", "no"},
};

// These the client and the daemon have in common (myproposal.h).
constexpr std::string_view kLists[] = {
    "casignaturealgorithms", "ciphers", "hostbasedacceptedalgorithms", "hostkeyalgorithms",
    "kexalgorithms",         "macs",    "pubkeyacceptedalgorithms"};

// 10.0 took finite fields from the daemon's default only.
constexpr std::string_view kExchanges1000 =
    "mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,"
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
    "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";

}  // namespace

std::vector<SshdDefault> ssh_client_defaults(const SshdRelease& release) {
  std::vector<SshdDefault> out(std::begin(kDefaults), std::end(kDefaults));
  for (SshdDefault shared : sshd_defaults(release)) {
    if (std::ranges::find(kLists, shared.keyword) == std::end(kLists)) continue;
    if (shared.keyword == "kexalgorithms" && release.number >= 1000) shared.value = kExchanges1000;
    out.push_back(shared);
  }
  return out;
}

}  // namespace drydock::facts
