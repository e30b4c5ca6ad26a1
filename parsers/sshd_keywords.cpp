// The keywords of sshd_config(5), OpenSSH 9.2 and later, and what their values mean.
#include <algorithm>
#include <charconv>

#include "parsers/sshd_config.h"

namespace drydock::parsers::sshd_config {
namespace {

constexpr bool kOnce = false, kAdds = true;
constexpr bool kGlobal = false, kMatch = true;

constexpr std::string_view kForwarding = "yes all=yes true=yes no false=no remote local";

constexpr Keyword kKeywords[] = {
    {"acceptenv", Value::words, kAdds, kMatch, {}},
    {"addressfamily", Value::word, kOnce, kGlobal, "inet inet6 any"},
    {"allowagentforwarding", Value::flag, kOnce, kMatch, {}},
    {"allowgroups", Value::words, kAdds, kMatch, {}},
    {"allowstreamlocalforwarding", Value::word, kOnce, kMatch, kForwarding},
    {"allowtcpforwarding", Value::word, kOnce, kMatch, kForwarding},
    {"allowusers", Value::words, kAdds, kMatch, {}},
    {"authenticationmethods", Value::words, kOnce, kMatch, {}},
    {"authorizedkeyscommand", Value::words, kOnce, kMatch, {}},
    {"authorizedkeyscommanduser", Value::text, kOnce, kMatch, {}},
    {"authorizedkeysfile", Value::words, kOnce, kMatch, {}},
    {"authorizedprincipalscommand", Value::words, kOnce, kMatch, {}},
    {"authorizedprincipalscommanduser", Value::text, kOnce, kMatch, {}},
    {"authorizedprincipalsfile", Value::text, kOnce, kMatch, {}},
    {"banner", Value::text, kOnce, kMatch, {}},
    {"casignaturealgorithms", Value::algorithms, kOnce, kMatch, {}},
    {"channeltimeout", Value::words, kOnce, kMatch, {}},
    {"chrootdirectory", Value::text, kOnce, kMatch, {}},
    {"ciphers", Value::algorithms, kOnce, kGlobal, {}},
    {"clientalivecountmax", Value::number, kOnce, kMatch, {}},
    {"clientaliveinterval", Value::time, kOnce, kMatch, {}},
    {"compression", Value::word, kOnce, kGlobal, "yes delayed=yes no"},
    {"debianbanner", Value::flag, kOnce, kGlobal, {}},
    {"denygroups", Value::words, kAdds, kMatch, {}},
    {"denyusers", Value::words, kAdds, kMatch, {}},
    {"disableforwarding", Value::flag, kOnce, kMatch, {}},
    {"exposeauthinfo", Value::flag, kOnce, kMatch, {}},
    {"fingerprinthash", Value::word, kOnce, kGlobal, "md5=MD5 sha256=SHA256"},
    {"forcecommand", Value::words, kOnce, kMatch, {}},
    {"gatewayports", Value::word, kOnce, kMatch, "clientspecified yes true=yes no false=no"},
    {"gssapiauthentication", Value::flag, kOnce, kMatch, {}},
    {"gssapicleanupcredentials", Value::flag, kOnce, kGlobal, {}},
    {"gssapikexalgorithms", Value::text, kOnce, kGlobal, {}},
    {"gssapikeyexchange", Value::flag, kOnce, kGlobal, {}},
    {"gssapistorecredentialsonrekey", Value::flag, kOnce, kGlobal, {}},
    {"gssapistrictacceptorcheck", Value::flag, kOnce, kGlobal, {}},
    {"hostbasedacceptedalgorithms", Value::algorithms, kOnce, kMatch, {}},
    {"hostbasedauthentication", Value::flag, kOnce, kMatch, {}},
    {"hostbasedusesnamefrompacketonly", Value::flag, kOnce, kMatch, {}},
    {"hostcertificate", Value::text, kAdds, kGlobal, {}},
    {"hostkey", Value::text, kAdds, kGlobal, {}},
    {"hostkeyagent", Value::text, kOnce, kGlobal, {}},
    {"hostkeyalgorithms", Value::algorithms, kOnce, kGlobal, {}},
    {"ignorerhosts", Value::word, kOnce, kMatch, "yes true=yes no false=no shosts-only"},
    {"ignoreuserknownhosts", Value::flag, kOnce, kGlobal, {}},
    {"include", Value::words, kAdds, kMatch, {}},
    {"ipqos", Value::words, kOnce, kMatch, {}},
    {"kbdinteractiveauthentication", Value::flag, kOnce, kMatch, {}},
    {"kerberosauthentication", Value::flag, kOnce, kMatch, {}},
    {"kerberosgetafstoken", Value::ignored, kOnce, kGlobal, {}},
    {"kerberosorlocalpasswd", Value::flag, kOnce, kGlobal, {}},
    {"kerberosticketcleanup", Value::flag, kOnce, kGlobal, {}},
    {"kexalgorithms", Value::algorithms, kOnce, kGlobal, {}},
    {"listenaddress", Value::words, kAdds, kGlobal, {}},
    {"logingracetime", Value::time, kOnce, kGlobal, {}},
    {"loglevel", Value::word, kOnce, kMatch,
     "silent=SILENT quiet=SILENT fatal=FATAL error=ERROR info=INFO verbose=VERBOSE debug=DEBUG1 "
     "debug1=DEBUG1 "
     "debug2=DEBUG2 debug3=DEBUG3"},
    {"logverbose", Value::words, kOnce, kMatch, {}},
    {"macs", Value::algorithms, kOnce, kGlobal, {}},
    {"maxauthtries", Value::number, kOnce, kMatch, {}},
    {"maxsessions", Value::number, kOnce, kMatch, {}},
    {"maxstartups", Value::text, kOnce, kGlobal, {}},
    {"modulifile", Value::text, kOnce, kGlobal, {}},
    {"pamservicename", Value::text, kOnce, kMatch, {}},
    {"passwordauthentication", Value::flag, kOnce, kMatch, {}},
    {"permitemptypasswords", Value::flag, kOnce, kMatch, {}},
    {"permitlisten", Value::words, kOnce, kMatch, {}},
    {"permitopen", Value::words, kOnce, kMatch, {}},
    {"permitrootlogin", Value::word, kOnce, kMatch,
     "without-password prohibit-password=without-password forced-commands-only yes true=yes no "
     "false=no"},
    {"permittty", Value::flag, kOnce, kMatch, {}},
    {"permittunnel", Value::word, kOnce, kMatch,
     "ethernet point-to-point yes true=yes no false=no"},
    {"permituserenvironment", Value::text, kOnce, kGlobal, {}},
    {"permituserrc", Value::flag, kOnce, kMatch, {}},
    {"persourcemaxstartups", Value::text, kOnce, kGlobal, {}},
    {"persourcenetblocksize", Value::text, kOnce, kGlobal, {}},
    {"persourcepenalties", Value::words, kOnce, kGlobal, {}},
    {"persourcepenaltyexemptlist", Value::text, kOnce, kGlobal, {}},
    {"pidfile", Value::text, kOnce, kGlobal, {}},
    {"port", Value::number, kAdds, kGlobal, {}},
    {"printlastlog", Value::flag, kOnce, kGlobal, {}},
    {"printmotd", Value::flag, kOnce, kGlobal, {}},
    {"pubkeyacceptedalgorithms", Value::algorithms, kOnce, kMatch, {}},
    {"pubkeyauthentication", Value::flag, kOnce, kMatch, {}},
    {"pubkeyauthoptions", Value::words, kOnce, kMatch, {}},
    {"rdomain", Value::text, kOnce, kMatch, {}},
    {"refuseconnection", Value::flag, kOnce, kMatch, {}},
    {"rekeylimit", Value::words, kOnce, kMatch, {}},
    {"requiredrsasize", Value::number, kOnce, kMatch, {}},
    {"revokedkeys", Value::text, kOnce, kMatch, {}},
    {"securitykeyprovider", Value::text, kOnce, kGlobal, {}},
    {"setenv", Value::words, kOnce, kMatch, {}},
    {"sshdauthpath", Value::text, kOnce, kGlobal, {}},
    {"sshdsessionpath", Value::text, kOnce, kGlobal, {}},
    {"streamlocalbindmask", Value::text, kOnce, kMatch, {}},
    {"streamlocalbindunlink", Value::flag, kOnce, kMatch, {}},
    {"strictmodes", Value::flag, kOnce, kGlobal, {}},
    {"subsystem", Value::words, kAdds, kMatch, {}},
    {"syslogfacility", Value::word, kOnce, kGlobal,
     "daemon=DAEMON user=USER auth=AUTH authpriv=AUTHPRIV local0=LOCAL0 local1=LOCAL1 "
     "local2=LOCAL2 local3=LOCAL3 "
     "local4=LOCAL4 local5=LOCAL5 local6=LOCAL6 local7=LOCAL7"},
    {"tcpkeepalive", Value::flag, kOnce, kGlobal, {}},
    {"trustedusercakeys", Value::text, kOnce, kMatch, {}},
    {"unusedconnectiontimeout", Value::text, kOnce, kMatch, {}},
    {"usedns", Value::flag, kOnce, kGlobal, {}},
    {"usepam", Value::flag, kOnce, kGlobal, {}},
    {"versionaddendum", Value::words, kOnce, kGlobal, {}},
    {"x11displayoffset", Value::number, kOnce, kMatch, {}},
    {"x11forwarding", Value::flag, kOnce, kMatch, {}},
    {"x11uselocalhost", Value::flag, kOnce, kMatch, {}},
    {"xauthlocation", Value::text, kOnce, kGlobal, {}},
    // What sshd of today skips with a warning.
    {"afstokenpassing", Value::ignored, kOnce, kGlobal, {}},
    {"authorizedkeysfile2", Value::ignored, kOnce, kMatch, {}},
    {"checkmail", Value::ignored, kOnce, kGlobal, {}},
    {"gssapiusesessioncredcache", Value::ignored, kOnce, kGlobal, {}},
    {"gssusesessionccache", Value::ignored, kOnce, kGlobal, {}},
    {"kerberostgtpassing", Value::ignored, kOnce, kGlobal, {}},
    {"keyregenerationinterval", Value::ignored, kOnce, kGlobal, {}},
    {"pamauthenticationviakbdint", Value::ignored, kOnce, kGlobal, {}},
    {"protocol", Value::ignored, kOnce, kGlobal, {}},
    {"reversemappingcheck", Value::ignored, kOnce, kGlobal, {}},
    {"rhostsauthentication", Value::ignored, kOnce, kGlobal, {}},
    {"rhostsrsaauthentication", Value::ignored, kOnce, kGlobal, {}},
    {"rsaauthentication", Value::ignored, kOnce, kMatch, {}},
    {"serverkeybits", Value::ignored, kOnce, kGlobal, {}},
    {"uselogin", Value::ignored, kOnce, kGlobal, {}},
    {"useprivilegeseparation", Value::ignored, kOnce, kGlobal, {}},
    {"verifyreversemapping", Value::ignored, kOnce, kGlobal, {}},
};

constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"challengeresponseauthentication", "kbdinteractiveauthentication"},
    {"dsaauthentication", "pubkeyauthentication"},
    {"gssapicleanupcreds", "gssapicleanupcredentials"},
    {"hostbasedacceptedkeytypes", "hostbasedacceptedalgorithms"},
    {"hostdsakey", "hostkey"},
    {"keepalive", "tcpkeepalive"},
    {"pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"},
    {"skeyauthentication", "kbdinteractiveauthentication"},
};

}  // namespace

const Keyword* keyword(std::string_view written) {
  return ssh_line::find_keyword(kKeywords, kAliases, written);
}

std::optional<std::string> meaning(const Keyword& keyword, std::string_view written) {
  switch (keyword.value) {
    case Value::flag:
      return ssh_line::choice("yes true=yes no false=no", written);
    case Value::number: {
      int64_t number = 0;
      const auto [end, error] =
          std::from_chars(written.data(), written.data() + written.size(), number);
      if (error != std::errc() || end != written.data() + written.size()) return std::nullopt;
      return std::to_string(number);
    }
    case Value::time:
      return ssh_line::seconds(written);
    case Value::word:
      return ssh_line::choice(keyword.choices, written);
    case Value::text:
    case Value::words:
    case Value::algorithms:
    case Value::ignored:
      break;
  }
  return std::string(written);
}

}  // namespace drydock::parsers::sshd_config
