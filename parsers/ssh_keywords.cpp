// The keywords of ssh_config(5), OpenSSH 9.2 and later, and what their values mean.
#include <charconv>

#include "parsers/ssh_config.h"

namespace drydock::parsers::ssh_config {
namespace {

constexpr bool kOnce = false, kAdds = true;

constexpr std::string_view kYesNoAsk = "true yes=true false no=false ask";

constexpr Keyword kKeywords[] = {
    {"addkeystoagent", Value::words, kOnce, {}},
    {"addressfamily", Value::word, kOnce, "inet inet6 any"},
    {"batchmode", Value::flag, kOnce, {}},
    {"bindaddress", Value::text, kOnce, {}},
    {"bindinterface", Value::text, kOnce, {}},
    {"canonicaldomains", Value::words, kOnce, {}},
    {"canonicalizefallbacklocal", Value::flag, kOnce, {}},
    {"canonicalizehostname", Value::word, kOnce, "true yes=true false no=false always"},
    {"canonicalizemaxdots", Value::number, kOnce, {}},
    {"canonicalizepermittedcnames", Value::words, kOnce, {}},
    {"casignaturealgorithms", Value::algorithms, kOnce, {}},
    {"certificatefile", Value::text, kAdds, {}},
    {"channeltimeout", Value::words, kOnce, {}},
    {"checkhostip", Value::flag, kOnce, {}},
    {"ciphers", Value::algorithms, kOnce, {}},
    {"clearallforwardings", Value::flag, kOnce, {}},
    {"compression", Value::word, kOnce, "yes no"},
    {"connectionattempts", Value::number, kOnce, {}},
    {"connecttimeout", Value::time, kOnce, {}},
    {"controlmaster", Value::word, kOnce, "true yes=true false no=false auto ask autoask"},
    {"controlpath", Value::text, kOnce, {}},
    {"controlpersist", Value::text, kOnce, {}},
    {"dynamicforward", Value::text, kAdds, {}},
    {"enableescapecommandline", Value::flag, kOnce, {}},
    {"enablesshkeysign", Value::flag, kOnce, {}},
    {"escapechar", Value::text, kOnce, {}},
    {"exitonforwardfailure", Value::flag, kOnce, {}},
    {"fingerprinthash", Value::word, kOnce, "md5=MD5 sha256=SHA256"},
    {"forkafterauthentication", Value::flag, kOnce, {}},
    {"forwardagent", Value::text, kOnce, {}},
    {"forwardx11", Value::flag, kOnce, {}},
    {"forwardx11timeout", Value::time, kOnce, {}},
    {"forwardx11trusted", Value::flag, kOnce, {}},
    {"gatewayports", Value::flag, kOnce, {}},
    {"globalknownhostsfile", Value::words, kOnce, {}},
    {"gssapiauthentication", Value::flag, kOnce, {}},
    {"gssapiclientidentity", Value::text, kOnce, {}},
    {"gssapidelegatecredentials", Value::flag, kOnce, {}},
    {"gssapikexalgorithms", Value::text, kOnce, {}},
    {"gssapikeyexchange", Value::flag, kOnce, {}},
    {"gssapirenewalforcesrekey", Value::flag, kOnce, {}},
    {"gssapiserveridentity", Value::text, kOnce, {}},
    {"gssapitrustdns", Value::flag, kOnce, {}},
    {"hashknownhosts", Value::flag, kOnce, {}},
    {"hostbasedacceptedalgorithms", Value::algorithms, kOnce, {}},
    {"hostbasedauthentication", Value::flag, kOnce, {}},
    {"hostkeyalgorithms", Value::algorithms, kOnce, {}},
    {"hostkeyalias", Value::text, kOnce, {}},
    {"hostname", Value::text, kOnce, {}},
    {"identitiesonly", Value::flag, kOnce, {}},
    {"identityagent", Value::text, kOnce, {}},
    {"identityfile", Value::text, kAdds, {}},
    {"ignoreunknown", Value::text, kOnce, {}},
    {"include", Value::words, kAdds, {}},
    {"ipqos", Value::words, kOnce, {}},
    {"kbdinteractiveauthentication", Value::flag, kOnce, {}},
    {"kbdinteractivedevices", Value::text, kOnce, {}},
    {"kexalgorithms", Value::algorithms, kOnce, {}},
    {"knownhostscommand", Value::command, kOnce, {}},
    {"localcommand", Value::command, kOnce, {}},
    {"localforward", Value::words, kAdds, {}},
    {"loglevel", Value::word, kOnce,
     "silent=SILENT quiet=QUIET fatal=FATAL error=ERROR info=INFO verbose=VERBOSE debug=DEBUG "
     "debug1=DEBUG debug2=DEBUG2 debug3=DEBUG3"},
    {"logverbose", Value::words, kOnce, {}},
    {"macs", Value::algorithms, kOnce, {}},
    {"nohostauthenticationforlocalhost", Value::flag, kOnce, {}},
    {"numberofpasswordprompts", Value::number, kOnce, {}},
    {"obscurekeystroketiming", Value::text, kOnce, {}},
    {"passwordauthentication", Value::flag, kOnce, {}},
    {"permitlocalcommand", Value::flag, kOnce, {}},
    {"permitremoteopen", Value::words, kOnce, {}},
    {"pkcs11provider", Value::text, kOnce, {}},
    {"port", Value::text, kOnce, {}},
    {"preferredauthentications", Value::text, kOnce, {}},
    {"proxycommand", Value::command, kOnce, {}},
    {"proxyjump", Value::command, kOnce, {}},
    {"proxyusefdpass", Value::flag, kOnce, {}},
    {"pubkeyacceptedalgorithms", Value::algorithms, kOnce, {}},
    {"pubkeyauthentication", Value::word, kOnce, "true yes=true false no=false unbound host-bound"},
    {"refuseconnection", Value::text, kOnce, {}},
    {"rekeylimit", Value::rekey, kOnce, {}},
    {"remotecommand", Value::command, kOnce, {}},
    {"remoteforward", Value::words, kAdds, {}},
    {"requesttty", Value::word, kOnce, "true yes=true false no=false force auto"},
    {"requiredrsasize", Value::number, kOnce, {}},
    {"revokedhostkeys", Value::text, kOnce, {}},
    {"securitykeyprovider", Value::text, kOnce, {}},
    {"sendenv", Value::words, kAdds, {}},
    {"serveralivecountmax", Value::number, kOnce, {}},
    {"serveraliveinterval", Value::time, kOnce, {}},
    {"sessiontype", Value::word, kOnce, "none subsystem default"},
    {"setenv", Value::words, kOnce, {}},
    {"stdinnull", Value::flag, kOnce, {}},
    {"streamlocalbindmask", Value::text, kOnce, {}},
    {"streamlocalbindunlink", Value::flag, kOnce, {}},
    {"stricthostkeychecking", Value::word, kOnce,
     "true yes=true false no=false off=false ask accept-new"},
    {"syslogfacility", Value::word, kOnce,
     "daemon=DAEMON user=USER auth=AUTH authpriv=AUTHPRIV local0=LOCAL0 local1=LOCAL1 "
     "local2=LOCAL2 local3=LOCAL3 local4=LOCAL4 local5=LOCAL5 local6=LOCAL6 local7=LOCAL7"},
    {"tag", Value::text, kOnce, {}},
    {"tcpkeepalive", Value::flag, kOnce, {}},
    {"tunnel", Value::word, kOnce,
     "ethernet point-to-point true=point-to-point yes=point-to-point false no=false"},
    {"tunneldevice", Value::text, kOnce, {}},
    {"updatehostkeys", Value::word, kOnce, kYesNoAsk},
    {"user", Value::text, kOnce, {}},
    {"userknownhostsfile", Value::words, kOnce, {}},
    {"verifyhostkeydns", Value::word, kOnce, kYesNoAsk},
    {"versionaddendum", Value::command, kOnce, {}},
    {"visualhostkey", Value::flag, kOnce, {}},
    {"warnweakcrypto", Value::text, kOnce, {}},
    {"xauthlocation", Value::text, kOnce, {}},
    // What ssh of today skips.
    {"afstokenpassing", Value::ignored, kOnce, {}},
    {"cipher", Value::ignored, kOnce, {}},
    {"compressionlevel", Value::ignored, kOnce, {}},
    {"fallbacktorsh", Value::ignored, kOnce, {}},
    {"globalknownhostsfile2", Value::ignored, kOnce, {}},
    {"kerberosauthentication", Value::ignored, kOnce, {}},
    {"kerberostgtpassing", Value::ignored, kOnce, {}},
    {"protocol", Value::ignored, kOnce, {}},
    {"rhostsauthentication", Value::ignored, kOnce, {}},
    {"rhostsrsaauthentication", Value::ignored, kOnce, {}},
    {"rsaauthentication", Value::ignored, kOnce, {}},
    {"useblacklistedkeys", Value::ignored, kOnce, {}},
    {"useprivilegedport", Value::ignored, kOnce, {}},
    {"userknownhostsfile2", Value::ignored, kOnce, {}},
    {"useroaming", Value::ignored, kOnce, {}},
    {"usersh", Value::ignored, kOnce, {}},
};

constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"challengeresponseauthentication", "kbdinteractiveauthentication"},
    {"dsaauthentication", "pubkeyauthentication"},
    {"hostbasedkeytypes", "hostbasedacceptedalgorithms"},
    {"identityfile2", "identityfile"},
    {"keepalive", "tcpkeepalive"},
    {"protocolkeepalives", "serveraliveinterval"},  // Debian's
    {"pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"},
    {"setuptimeout", "serveraliveinterval"},  // Debian's
    {"skeyauthentication", "kbdinteractiveauthentication"},
    {"smartcarddevice", "pkcs11provider"},
    {"tisauthentication", "kbdinteractiveauthentication"},
};

}  // namespace

const Keyword* keyword(std::string_view written) {
  return ssh_line::find_keyword(kKeywords, kAliases, written);
}

std::optional<std::string> meaning(const Keyword& keyword, const Line& line) {
  if (keyword.value == Value::command) return line.written;
  if (line.arguments.empty())
    return keyword.value == Value::words ? std::optional<std::string>("") : std::nullopt;
  const std::string& first = line.arguments[0].text;
  switch (keyword.value) {
    case Value::flag:
      return ssh_line::choice("yes true=yes no false=no", first);
    case Value::number: {
      int64_t number = 0;
      const auto [end, error] = std::from_chars(first.data(), first.data() + first.size(), number);
      if (error != std::errc() || end != first.data() + first.size()) return std::nullopt;
      return std::to_string(number);
    }
    case Value::time:
      return first == "none" ? first : ssh_line::seconds(first);
    case Value::word:
      return ssh_line::choice(keyword.choices, first);
    case Value::rekey:
      return ssh_line::rekey_limit(line.arguments);
    case Value::text:
      // A socket's path, or one of these.
      if (keyword.name == "forwardagent")
        return ssh_line::choice("yes true=yes no false=no", first).value_or(first);
      break;
    case Value::words:
    case Value::algorithms:
    case Value::command:
    case Value::ignored:
      break;
  }
  return line.written;
}

}  // namespace drydock::parsers::ssh_config
