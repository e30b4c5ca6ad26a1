// Single lines to drydock and to sshd itself: is the value taken, and what is it then?
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <sstream>

#include "analyzer/facts/collect/sshd_algorithm.h"
#include "parsers/sshd_config.h"
#include "tests/facts/few_facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

// A keyword and the values that it is tried with, separated by '|'.
constexpr std::pair<const char*, const char*> kValues[] = {
    {"Port", "22|0|65535|65536|-1|+22|022|22x|0x16|ssh|99999999999|22 23|"},
    {"ListenAddress", "127.0.0.1|[::1]:22|127.0.0.1:0|127.0.0.1:x|::1|[::1"},
    {"AddressFamily", "inet|INET6|any|unspec|inet inet6"},
    {"LoginGraceTime", "0|1m|1h5|-1|1y|m|1 m|99999999999|2147483647|2147483648|none|5m30|1M2S"},
    {"ClientAliveInterval", "0|5m|-5|+5|1w|x"},
    {"ClientAliveCountMax", "0|3|-1|+3|03|2147483647|2147483648|3x|1e2"},
    {"MaxAuthTries", "6|0|-1|+6|2147483648|007"},
    {"MaxSessions", "10|0|-2|x"},
    {"MaxStartups",
     "10|10:30|10:30:100|0:30:60|10:0:60|10:101:60|10:30:5|a:b:c|10:30:60:1|-1|10:30:|:1"},
    {"X11DisplayOffset", "10|0|-1|x"},
    {"RequiredRSASize", "1024|0|4096|-1|x"},
    {"PermitRootLogin",
     "Yes|without-password|prohibit-password|forced-commands-only|maybe|true|FALSE"},
    {"PasswordAuthentication", "yes|Yes|true|on|1|no no|'no'|\"yes\""},
    {"PermitEmptyPasswords", "yes|NO|y"},
    {"PermitUserEnvironment", "yes|no|LANG,LC_*|YES|a b|true"},
    {"Compression", "yes|no|delayed|DELAYED|true"},
    {"GatewayPorts", "yes|no|clientspecified|both"},
    {"AllowTcpForwarding", "yes|no|all|local|remote|true|none"},
    {"AllowStreamLocalForwarding", "yes|local|x"},
    {"PermitTunnel", "yes|no|ethernet|point-to-point|p2p"},
    {"PermitOpen", "any|none|*:80|h:80 i:90|h|h:x|h:0|h:*|[::1]:80|any none|h:70000"},
    {"PermitListen", "any|none|80|h:80|*:80|x|localhost:*|0"},
    {"IPQoS", "af21|lowdelay throughput|none|0x10|ef cs1|bogus|af21 cs1 ef|256|0|le"},
    {"RekeyLimit", "default|default none|1G|1G 1h|0|512M 0|16|15|1T|x|1G x|1G 1h 2|-1|none|1K"},
    {"StreamLocalBindMask", "0177|177|8|0000|01777|0o17|x|-1|+17"},
    {"LogLevel", "INFO|debug3|DEBUG|Verbose|notice|debug4"},
    {"LogVerbose", "kex.c:*:1000|*|none"},
    {"SyslogFacility", "AUTH|authpriv|local7|local8|cron|user|kern"},
    {"FingerprintHash", "md5|SHA256|sha512"},
    {"AuthenticationMethods",
     "any|publickey|publickey,password|publickey,password password|any publickey|bogus|"
     "keyboard-interactive:pam|publickey,|none|password,password|"
     "publickey,publickey|keyboard-interactive:"},
    {"AuthorizedKeysFile", ".ssh/a|none|/x/%u .b|%h/.c|a none|none a|NONE|\".a b\"|%d|%%|%U"},
    {"AuthorizedKeysCommand", "none|true|\"/bin/true x\"|NONE|~/x"},
    {"AuthorizedKeysCommandUser", "nobody|root|none|no body"},
    {"AuthorizedPrincipalsFile", "none|.p|/etc/p/%u|a b"},
    {"AuthorizedPrincipalsCommand", "none|x"},
    {"TrustedUserCAKeys", "none|/etc/ca|ca|\"a b\"|a b"},
    {"RevokedKeys", "none|/etc/rk|rk"},
    {"ChrootDirectory", "none|/srv/%u|%h|srv|~|/a b"},
    {"ForceCommand", "none|internal-sftp|/bin/x -a  b|internal-sftp -f AUTH"},
    {"Banner", "none|/etc/issue|issue|None"},
    {"VersionAddendum", "none|x y|x|\"a b\""},
    {"PidFile", "none|/run/x|x"},
    {"XAuthLocation", "/usr/bin/xauth|none|x"},
    {"AllowUsers", "a|a b|a@b|a@10.0.0.0/8|a@10.0.0.0/33|a@|@b|*|!a|a,b|\"\""},
    {"DenyUsers", "a@1.2.3.0/24|a@1.2.3.4/24|a@[::1]"},
    {"AllowGroups", "g|g h|*|g@h"},
    {"AcceptEnv", "LANG|LC_* X|A=B|\"\""},
    {"SetEnv", "A=b|A=b C=d|A|=b|\"A=b c\"|A=b A=c"},
    {"Subsystem", "sftp /x|sftp internal-sftp -f AUTH|sftp|sftp \"/a b\" c"},
    {"Ciphers",
     "aes128-ctr|+aes128-cbc|-aes*|^3des-cbc|bogus|aes128-ctr,bogus|aes128-ctr,,aes256-ctr|none|"
     "arcfour|+bogus|-bogus|-*|any|aes128-ctr aes256-ctr|*|blowfish-cbc|AES128-CTR|"
     "+aes128-ctr|rijndael-cbc@lysator.liu.se|^bogus|,aes128-ctr|aes128-ctr,"},
    {"MACs",
     "hmac-sha2-256|hmac-md5|bogus|-hmac-sha1*|umac-64@openssh.com|hmac-ripemd160|+hmac-md5-96|"
     "hmac-sha1-etm@openssh.com"},
    {"KexAlgorithms",
     "curve25519-sha256|diffie-hellman-group1-sha1|bogus|-diffie*|^diffie-hellman-group14-sha1|"
     "mlkem768x25519-sha256|sntrup761x25519-sha512@openssh.com|sntrup761x25519-sha512|"
     "sntrup4591761x25519-sha512@tinyssh.org|ext-info-c|kex-strict-s-v00@openssh.com"},
    {"HostKeyAlgorithms",
     "ssh-rsa|ssh-dss|+ssh-rsa|rsa-sha2-*|bogus|ssh-*|-ssh*|ssh-ed25519,bogus|ssh-ed25519-cert-v01@"
     "openssh.com"},
    {"PubkeyAcceptedAlgorithms",
     "ssh-rsa|+ssh-rsa|rsa-sha2-*,ssh-ed25519|*|bogus|-*|ssh-ed25519*|webauthn-sk-ecdsa-sha2-"
     "nistp256@openssh.com"},
    {"HostbasedAcceptedAlgorithms", "ssh-ed25519|bogus|*"},
    {"CASignatureAlgorithms",
     "ssh-ed25519|+ssh-rsa|ssh-*|bogus|-ssh-ed25519|ssh-rsa-cert-v01@openssh.com"},
    {"PubkeyAuthOptions",
     "none|touch-required|verify-required touch-required|bogus|none touch-required"},
    {"PerSourceMaxStartups", "none|10|0|-1|x"},
    {"PerSourceNetBlockSize", "32|32:128|24:64|33|32:129|x|0:0|:64|32:"},
    {"ChannelTimeout", "none|session=5m|*=0|x|session:shell=1h agent=2h|session=|none x|=5m"},
    {"RDomain", "none|%D|x"},
    {"ExposeAuthInfo", "yes|x"},
    {"IgnoreRhosts", "yes|shosts-only|no|maybe"},
    {"KbdInteractiveAuthentication", "yes|no|x"},
    {"ChallengeResponseAuthentication", "yes|x"},
    {"SkeyAuthentication", "yes"},
    {"DSAAuthentication", "no"},
    {"HostDSAKey", "/k"},
    {"PubkeyAcceptedKeyTypes", "ssh-rsa"},
    {"HostbasedAcceptedKeyTypes", "ssh-rsa"},
    {"KeepAlive", "no"},
    {"GSSAPICleanupCreds", "no"},
    {"GSSAPIAuthentication", "yes|no|x"},
    {"GSSAPIKeyExchange", "yes|no"},
    {"GSSAPIStrictAcceptorCheck", "no"},
    {"GSSAPIStoreCredentialsOnRekey", "yes"},
    {"GSSAPIKexAlgorithms",
     "gss-group14-sha256-|gss-group14-sha256-,gss-gex-sha1-|bogus|+gss-gex-sha1-"},
    {"KerberosAuthentication", "yes"},
    {"KerberosGetAFSToken", "yes"},
    {"DebianBanner", "no|x"},
    {"UsePAM", "yes|x"},
    {"UseDNS", "yes"},
    {"Protocol", "2|1|2,1|x"},
    {"UsePrivilegeSeparation", "sandbox|x"},
    {"RSAAuthentication", "yes"},
    {"UseLogin", "no"},
    {"ServerKeyBits", "1024"},
    {"AuthorizedKeysFile2", "x"},
    {"HostKey", "/k|none|\"a b\"|a b"},
    {"HostKeyAgent", "none|SSH_AUTH_SOCK|/x"},
    {"HostCertificate", "/x|none"},
    {"ModuliFile", "/etc/ssh/moduli|none|x"},
    {"SecurityKeyProvider", "internal|/x.so|x"},
    {"DisableForwarding", "yes|x"},
    {"StrictModes", "no|x"},
    {"TCPKeepAlive", "no"},
    {"PrintMotd", "no"},
    {"StreamLocalBindUnlink", "yes"},
    {"X11Forwarding", "yes|x"},
    {"X11UseLocalhost", "no"},
    {"Include", "/no/such|"},
};

// More than one line, each case by itself; of what is refused the reason is sshd's.
constexpr const char* kByHand[] = {
    "PermitRootLogin",
    "PermitRootLogin ",
    "PermitRootLogin=",
    "PermitRootLogin = no",
    "PermitRootLogin==no",
    "PermitRootLogin \"no",
    "PermitRootLogin 'no'",
    "\"PermitRootLogin\" no",
    "PermitRootLogin no # why",
    "PermitRootLogin no#why",
    "PermitRootLogin \"no\"\"\"",
    "PermitRootLogin\tno\t",
    "PermitRootLogin no\r",
    "  PermitRootLogin no",
    "\fPermitRootLogin no",
    "PermitRootLogin no\f",
    "permitROOTlogin NO",
    "PermitRootLogin n\\o",
    "Banner /etc/a\\ b",
    "Banner \"/etc/a \\\"b\"",
    "Banner '/etc/a b'",
    "Banner /etc/a\\'b",
    "# only\n\n   # that\n",
    "Nonsense yes",
    "=no",
    "Match",
    "Match all",
    "Match All",
    "Match all\nPort 23",
    "Match all\nPort 23\nMatch User x\nPasswordAuthentication no",
    "Match User x\nMatch all\nUsePAM yes",
    "Match User x\nPort 23",
    "Match User x\nUsePAM yes",
    "Match User x\nCiphers aes128-ctr",
    "Match User x\nStrictModes no",
    "Match User x\nSubsystem sftp /x",
    "Match User x\nHostKey /x",
    "Match User x\nLoginGraceTime 5",
    "Match User x\nPermitUserEnvironment yes",
    "Match User x\nNonsense",
    "Match User x\nPermitRootLogin maybe",
    "Match User x\nPermitRootLogin",
    "Match all all",
    "Match all User x",
    "Match User x all",
    "Match User",
    "Match User=x",
    "Match User= x",
    "Match user x,y group z",
    "Match !User x",
    "Match User !x,*",
    "Match User \"a b\"",
    "Match Exec /bin/true",
    "Match OriginalHost x",
    "Match Final",
    "Match LocalUser x",
    "Match Tagged x",
    "Match Version x",
    "Match invalid-user",
    "Match Host h",
    "Match Host *.example,!bad.example",
    "Match Address 10.0.0.0/8",
    "Match Address 10.0.0.1/8",
    "Match Address 10.0.0.0/33",
    "Match Address 1.2.3.4",
    "Match Address nonsense",
    "Match Address 10.0.0.0/8,192.168.*",
    "Match Address !1.2.3.4,*",
    "Match Address ::1/128",
    "Match LocalAddress 127.0.0.1",
    "Match LocalAddress 127.0.0.1/8",
    "Match LocalPort 22",
    "Match LocalPort x",
    "Match LocalPort 0",
    "Match LocalPort 22,23",
    "Match RDomain x",
    "Match RDomain *",
    "Match Group g",
    "Match User nobody\nPasswordAuthentication no",
    "Match User nobody\nPasswordAuthentication no\nMatch User x\nPasswordAuthentication yes",
    "PasswordAuthentication yes\nMatch all\nPasswordAuthentication no",
    "Subsystem sftp /a\nSubsystem sftp /b",
    "Subsystem sftp /a\nSubsystem SFTP /b",
    "Subsystem sftp /a\nSubsystem x /b",
    "AuthenticationMethods publickey\nPubkeyAuthentication no",
    "AuthenticationMethods any\nMatch User x\nAuthenticationMethods password",
    "AuthorizedKeysCommand /bin/true",
    "AuthorizedKeysCommand /bin/true %u  %k",
    "AuthorizedKeysCommand /bin/true %q\nAuthorizedKeysCommandUser nobody",
    "AuthorizedKeysCommand NONE",
    "AuthorizedPrincipalsCommand /bin/true %u\nAuthorizedPrincipalsCommand none",
    "AuthorizedPrincipalsCommand none\nAuthorizedPrincipalsCommand /bin/true",
    "AuthenticationMethods hostbased",
    "AuthenticationMethods gssapi-with-mic",
    "AuthenticationMethods hostbased publickey",
    "AuthenticationMethods password,hostbased publickey,gssapi-keyex",
    "AuthenticationMethods hostbased\nHostbasedAuthentication yes",
    "AuthenticationMethods publickey\nMatch all\nPubkeyAuthentication no",
    "Ciphers aes128-ctr\nMatch all\nKexAlgorithms curve25519-sha256",
    "IPQoS af21\nMatch all\nIPQoS ef\nMatch User nobody\nBanner none",
    "AuthorizedKeysCommand /bin/true\nAuthorizedKeysCommandUser nobody",
    "AuthorizedPrincipalsCommand /bin/true",
    "ListenAddress 127.0.0.1\nPort 23",
    "ListenAddress 127.0.0.1:24\nPort 23",
    "SetEnv A=1\nSetEnv B=2",
    "AcceptEnv A\nAcceptEnv A",
    "HostKey /a\nHostKey /a",
    "Ciphers aes128-ctr\nCiphers bogus",
    "LogLevel INFO\nLogLevel bogus",
    "MaxStartups 10\nMaxStartups x",
    "RekeyLimit 1G\nRekeyLimit x",
    "RekeyLimit 1G\nRekeyLimit 2G 1h",
    "RekeyLimit 1G 0\nRekeyLimit 2G 1h",
    "RekeyLimit 1G none\nRekeyLimit 2G 1h",
    "RekeyLimit default\nMatch all\nRekeyLimit 2G 1h",
    "Match Address 10.0.0.0/8 User y\nBanner none",
    "Match Group a,b LocalPort 22\nX11Forwarding no",
    "Include /no/such /nor/this",
    "Include \"\"",
    "Include",
    "PermitOpen a:1\nPermitOpen b:2",
    "PermitOpen none\nMatch User x\nPermitOpen any",
    "IPQoS af21\nIPQoS none",
    "ClientAliveInterval 5m 3",
    "PerSourcePenalties yes",
    "RefuseConnection yes",
    "PAMServiceName x",
    "SshdSessionPath /x",
    "UnusedConnectionTimeout 5m",
    "AuthorizedKeysFile .a\nAuthorizedKeysFile .b",
};

std::string program(const char* variable, const char* otherwise) {
  const char* const set = std::getenv(variable);
  return set ? set : otherwise;
}

struct Answer {
  std::string issues;  // why sshd refuses; empty: it does not
  std::vector<std::pair<std::string, std::string>> values;
};

Answer of_facts(const std::string& config) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/ssh/sshd_config", config + "\n")
      .file("var/lib/dpkg/status",
            "Package: openssh-server\nStatus: install ok installed\nVersion: 1:9.2p1-2\n"
            "Architecture: amd64\nDescription: x\n\n");
  const test::FewFacts facts(tree, {"sshd", "package"}, {"sshd"});
  Answer out;
  out.issues = facts.text(
      "SELECT code, message FROM parse_issue WHERE table_name = 'sshd' AND effect = 'unknown'");
  for (const auto& row :
       facts.rows("SELECT keyword, value FROM sshd WHERE context = '' AND source = 'set'"))
    out.values.emplace_back(*row[0], row[1].value_or(""));
  return out;
}

// Of one line.
Answer of_parser(const std::string& config) {
  facts::SshdRelease release = facts::sshd_release(std::string_view("1:9.2p1-2"));
  release.vendor = facts::SshdRelease::Vendor::debian;
  const auto file = parsers::sshd_config::parse(config + "\n");
  Answer out;
  for (const auto& error : file.errors.list())
    if (error.effect == parsers::Effect::refused) out.issues += std::string(error.code) + "\n";
  for (const auto& line : file.lines) {
    const auto* known = parsers::sshd_config::keyword(line.keyword);
    if (!known || line.arguments.empty()) continue;
    const bool is_list = known->value == parsers::sshd_config::Value::algorithms;
    const std::string& first = line.arguments[0].text;
    if (is_list) out.issues += facts::sshd_algorithm_refused(line.keyword, first, release);
    if (out.values.empty() || known->accumulates)
      out.values.emplace_back(line.keyword,
                              is_list ? facts::sshd_algorithms(line.keyword, first, release)
                                      : parsers::sshd_config::meaning(*known, line).value_or(""));
  }
  return out;
}

TEST(SshdValueDifferential, IsTakenOrRefusedAsSshdDoes) {
  const std::string sshd = program("DRYDOCK_SSHD", "/usr/sbin/sshd");
  const test::ScratchDirectory scratch = test::directory_in_memory();
  const std::string key = scratch.path() + "/key";
  if (!test::ask(sshd + " -V 2>&1") ||
      !test::ask(program("DRYDOCK_SSH_KEYGEN", "ssh-keygen") + " -q -t ed25519 -N '' -f " + key))
    GTEST_SKIP() << "sshd is not installed (Debian package: openssh-server)";
  std::vector<std::string> cases, pairs(std::begin(kByHand), std::end(kByHand));
  for (const auto& [keyword, values] : kValues) {
    std::istringstream each{std::string(values)};
    std::string first;
    for (std::string value; std::getline(each, value, '|');) {
      cases.push_back(std::string(keyword) + " " + value);
      // Which of two counts?
      if (!first.empty()) pairs.push_back(first + "\n" + cases.back());
      first = first.empty() ? cases.back() : std::string("#");
    }
  }
  std::erase_if(pairs, [](const std::string& one) { return one.starts_with("#\n"); });
  const size_t by_parser = cases.size();
  cases.insert(cases.end(), pairs.begin(), pairs.end());
  for (size_t i = 0; i < cases.size(); ++i) scratch.write(std::to_string(i), cases[i] + "\n");
  const auto said =
      test::ask("cd / && for i in $(seq 0 " + std::to_string(cases.size() - 1) + "); do " + sshd +
                " -T -f " + scratch.path() + "/$i -h " + key +
                " -C user=nobody,host=h,addr=1.2.3.4,laddr=127.0.0.1,lport=22,"
                "rdomain= 2>" +
                scratch.path() + "/err || head -1 " + scratch.path() + "/err; echo ==; done");
  ASSERT_TRUE(said);
  std::istringstream lines(*said);
  size_t refused = 0, taken = 0;
  for (const std::string& config : cases) {
    std::set<std::string> theirs;
    std::string first;
    for (std::string line; std::getline(lines, line) && line != "==";) {
      if (first.empty()) first = line;
      if (const size_t slashes = line.find(" //"); slashes != std::string::npos)
        line.erase(slashes + 1, 1);  // of what is relative to the root
      theirs.insert(line);
    }
    const bool is_taken = theirs.contains("usepam no") || theirs.contains("usepam yes");
    ++(is_taken ? taken : refused);
    // What hangs on several lines is worked out by the collector.
    const Answer ours = static_cast<size_t>(&config - cases.data()) < by_parser ? of_parser(config)
                                                                                : of_facts(config);
    EXPECT_EQ(ours.issues.empty(), is_taken)
        << config << "\n--- sshd: " << first << "\n--- drydock: " << ours.issues;
    if (!is_taken || !ours.issues.empty()) continue;
    for (const auto& [keyword, value] : ours.values) {
      // What sshd -T does not print, or with what it finds on the host.
      constexpr std::string_view kSilent[] = {"debianbanner",    "listenaddress",  "hostkey",
                                              "hostcertificate", "channeltimeout", "include"};
      if (std::ranges::find(kSilent, keyword) != std::end(kSilent)) continue;
      // Lists that it prints a name a line.
      std::istringstream words(value);
      bool is_told = theirs.contains(keyword + " " + value);
      if (!is_told) {
        is_told = !value.empty();
        for (std::string word; words >> word;)
          is_told = is_told && theirs.contains(keyword + " " + word);
      }
      std::string near;
      for (const std::string& one : theirs)
        if (one.starts_with(keyword + " ")) near += one + "\n";
      EXPECT_TRUE(is_told) << config << "\n--- drydock: " << value << "\n--- sshd: " << near;
    }
  }
  EXPECT_GT(taken, 200u);
  EXPECT_GT(refused, 100u);
}

}  // namespace
}  // namespace drydock
