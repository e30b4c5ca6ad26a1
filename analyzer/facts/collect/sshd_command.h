// The command line by which systemd starts sshd: its options beat the configuration file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/facts/collect.h"

namespace drydock::facts {

// One of its options as a line of sshd_config: "Ciphers aes256-ctr" of -oCiphers=aes256-ctr, "Port 2222" of -p.
struct SshdOption {
  std::string line;
  std::string path;  // the unit or the file of its environment
  Span span;
  bool is_only = false;  // -p: the lines of the same keyword in the file do not count
};

struct SshdCommand {
  std::vector<SshdOption> options;    // in the order of the command line
  std::optional<std::string> config;  // -f: the file that is read in place of /etc/ssh/sshd_config
};

// Of ssh.service or sshd.service after drop-ins, with $SSHD_OPTS (/etc/default/ssh), $OPTIONS (/etc/sysconfig/sshd)
// and $CRYPTO_POLICY (the back end of crypto-policies in RHEL 8) put in. Empty where neither unit starts sshd.
SshdCommand sshd_command(Context& context);

}  // namespace drydock::facts
