#include "analyzer/facts/collect/sshd_default.h"

namespace drydock::facts {
namespace {

constexpr SshdDefault kDefaults[] = {
    {"addressfamily", "any"},
    {"allowagentforwarding", "yes"},
    {"allowstreamlocalforwarding", "yes"},
    {"allowtcpforwarding", "yes"},
    {"authenticationmethods", "any"},
    {"authorizedkeyscommand", "none"},
    {"authorizedkeyscommanduser", "none"},
    {"authorizedkeysfile", ".ssh/authorized_keys .ssh/authorized_keys2"},
    {"authorizedprincipalscommand", "none"},
    {"authorizedprincipalscommanduser", "none"},
    {"authorizedprincipalsfile", "none"},
    {"banner", "none"},
    {"casignaturealgorithms",
     "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@"
     "openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256"},
    {"chrootdirectory", "none"},
    {"ciphers",
     "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-"
     "gcm@openssh.com"},
    {"clientalivecountmax", "3"},
    {"clientaliveinterval", "0"},
    {"compression", "yes"},
    {"disableforwarding", "no"},
    {"exposeauthinfo", "no"},
    {"fingerprinthash", "SHA256"},
    {"forcecommand", "none"},
    {"gatewayports", "no"},
    {"gssapiauthentication", "no"},
    {"gssapicleanupcredentials", "yes"},
    {"gssapikexalgorithms",
     "gss-group14-sha256-,gss-group16-sha512-,gss-nistp256-sha256-,gss-curve25519-sha256-,gss-"
     "group14-sha1-,gss-gex-sha1-"},
    {"gssapikeyexchange", "no"},
    {"gssapistorecredentialsonrekey", "no"},
    {"gssapistrictacceptorcheck", "yes"},
    {"hostbasedacceptedalgorithms",
     "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-"
     "nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ssh-ed25519-cert-"
     "v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh."
     "com,rsa-sha2-256-cert-v01@openssh.com,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
     "ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-"
     "512,rsa-sha2-256"},
    {"hostbasedauthentication", "no"},
    {"hostbasedusesnamefrompacketonly", "no"},
    {"hostkey", "/etc/ssh/ssh_host_ecdsa_key"},
    {"hostkey", "/etc/ssh/ssh_host_ed25519_key"},
    {"hostkey", "/etc/ssh/ssh_host_rsa_key"},
    {"hostkeyagent", "none"},
    {"hostkeyalgorithms",
     "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-"
     "nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ssh-ed25519-cert-"
     "v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh."
     "com,rsa-sha2-256-cert-v01@openssh.com,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
     "ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-"
     "512,rsa-sha2-256"},
    {"ignorerhosts", "yes"},
    {"ignoreuserknownhosts", "no"},
    {"ipqos", "lowdelay throughput"},
    {"kbdinteractiveauthentication", "yes"},
    {"kerberosauthentication", "no"},
    {"kerberosorlocalpasswd", "yes"},
    {"kerberosticketcleanup", "yes"},
    {"kexalgorithms",
     "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-"
     "sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-"
     "group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-"
     "hellman-group14-sha256"},
    {"logingracetime", "120"},
    {"loglevel", "INFO"},
    {"macs",
     "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-"
     "etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-"
     "256,hmac-sha2-512,hmac-sha1"},
    {"maxauthtries", "6"},
    {"maxsessions", "10"},
    {"maxstartups", "10:30:100"},
    {"modulifile", "/etc/ssh/moduli"},
    {"pamservicename", "sshd"},
    {"passwordauthentication", "yes"},
    {"permitemptypasswords", "no"},
    {"permitlisten", "any"},
    {"permitopen", "any"},
    {"permitrootlogin", "without-password"},
    {"permittty", "yes"},
    {"permittunnel", "no"},
    {"permituserenvironment", "no"},
    {"permituserrc", "yes"},
    {"persourcemaxstartups", "none"},
    {"persourcenetblocksize", "32:128"},
    {"persourcepenalties",
     "crash:90 authfail:5 noauth:1 grace-exceeded:10 refuseconnection:10 max:600 min:15 "
     "max-sources4:65536 max-sources6:65536 overflow:permissive overflow6:permissive"},
    {"persourcepenaltyexemptlist", "none"},
    {"pidfile", "/run/sshd.pid"},
    {"port", "22"},
    {"printlastlog", "yes"},
    {"printmotd", "yes"},
    {"pubkeyacceptedalgorithms",
     "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-"
     "nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ssh-ed25519-cert-"
     "v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh."
     "com,rsa-sha2-256-cert-v01@openssh.com,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
     "ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-"
     "512,rsa-sha2-256"},
    {"pubkeyauthentication", "yes"},
    {"pubkeyauthoptions", "none"},
    {"refuseconnection", "no"},
    {"rekeylimit", "0 0"},
    {"requiredrsasize", "1024"},
    {"revokedkeys", "none"},
    {"securitykeyprovider", "internal"},
    {"streamlocalbindmask", "0177"},
    {"streamlocalbindunlink", "no"},
    {"strictmodes", "yes"},
    {"syslogfacility", "AUTH"},
    {"tcpkeepalive", "yes"},
    {"trustedusercakeys", "none"},
    {"unusedconnectiontimeout", "none"},
    {"usedns", "no"},
    {"usepam", "no"},
    {"versionaddendum", "none"},
    {"x11displayoffset", "10"},
    {"x11forwarding", "no"},
    {"x11uselocalhost", "yes"},
    {"xauthlocation", "/usr/bin/xauth"},
};

}  // namespace

std::span<const SshdDefault> sshd_defaults() {
  return kDefaults;
}

}  // namespace drydock::facts
