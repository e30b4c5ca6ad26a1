// cipher.c, mac.c, kex-names.c and sshkey.c of OpenSSH; when a name came and went: openssh.com/releasenotes.html.
#include "analyzer/facts/collect/sshd_algorithm.h"

#include <algorithm>
#include <set>
#include <vector>

#include "parsers/ssh_config.h"

namespace drydock::facts {
namespace {

enum class Kind : uint8_t { cipher, mac, exchange, key, certificate };
constexpr int kEver = 10'000;

struct Algorithm {
  Kind kind;
  std::string_view name;
  int since = 0, before = kEver;
};

// In the order of `ssh -Q`. Distributions take some names into earlier releases (sntrup761x25519-sha512).
constexpr Algorithm kAlgorithms[] = {
    {Kind::cipher, "3des-cbc"},
    {Kind::cipher, "aes128-cbc"},
    {Kind::cipher, "aes192-cbc"},
    {Kind::cipher, "aes256-cbc"},
    {Kind::cipher, "rijndael-cbc@lysator.liu.se", 0, 805},
    {Kind::cipher, "blowfish-cbc", 0, 706},
    {Kind::cipher, "cast128-cbc", 0, 706},
    {Kind::cipher, "arcfour", 0, 706},
    {Kind::cipher, "arcfour128", 0, 706},
    {Kind::cipher, "arcfour256", 0, 706},
    {Kind::cipher, "aes128-ctr"},
    {Kind::cipher, "aes192-ctr"},
    {Kind::cipher, "aes256-ctr"},
    {Kind::cipher, "aes128-gcm@openssh.com"},
    {Kind::cipher, "aes256-gcm@openssh.com"},
    {Kind::cipher, "chacha20-poly1305@openssh.com"},
    {Kind::mac, "hmac-sha1"},
    {Kind::mac, "hmac-sha1-96"},
    {Kind::mac, "hmac-sha2-256"},
    {Kind::mac, "hmac-sha2-512"},
    {Kind::mac, "hmac-md5"},
    {Kind::mac, "hmac-md5-96"},
    {Kind::mac, "hmac-ripemd160", 0, 706},
    {Kind::mac, "hmac-ripemd160@openssh.com", 0, 706},
    {Kind::mac, "umac-64@openssh.com"},
    {Kind::mac, "umac-128@openssh.com"},
    {Kind::mac, "hmac-sha1-etm@openssh.com"},
    {Kind::mac, "hmac-sha1-96-etm@openssh.com"},
    {Kind::mac, "hmac-sha2-256-etm@openssh.com"},
    {Kind::mac, "hmac-sha2-512-etm@openssh.com"},
    {Kind::mac, "hmac-md5-etm@openssh.com"},
    {Kind::mac, "hmac-md5-96-etm@openssh.com"},
    {Kind::mac, "hmac-ripemd160-etm@openssh.com", 0, 706},
    {Kind::mac, "umac-64-etm@openssh.com"},
    {Kind::mac, "umac-128-etm@openssh.com"},
    {Kind::exchange, "diffie-hellman-group1-sha1"},
    {Kind::exchange, "diffie-hellman-group14-sha1"},
    {Kind::exchange, "diffie-hellman-group14-sha256", 703},
    {Kind::exchange, "diffie-hellman-group16-sha512", 703},
    {Kind::exchange, "diffie-hellman-group18-sha512", 703},
    {Kind::exchange, "diffie-hellman-group-exchange-sha1"},
    {Kind::exchange, "diffie-hellman-group-exchange-sha256"},
    {Kind::exchange, "ecdh-sha2-nistp256"},
    {Kind::exchange, "ecdh-sha2-nistp384"},
    {Kind::exchange, "ecdh-sha2-nistp521"},
    {Kind::exchange, "curve25519-sha256", 704},
    {Kind::exchange, "curve25519-sha256@libssh.org"},
    {Kind::exchange, "sntrup4591761x25519-sha512@tinyssh.org", 800, 805},
    {Kind::exchange, "sntrup761x25519-sha512", 805},
    {Kind::exchange, "sntrup761x25519-sha512@openssh.com", 805},
    {Kind::exchange, "mlkem768x25519-sha256", 909},
    {Kind::exchange, "mlkem768nistp256-sha256", 909},   // Red Hat's
    {Kind::exchange, "mlkem1024nistp384-sha384", 909},  // Red Hat's
    {Kind::key, "ssh-ed25519"},
    {Kind::certificate, "ssh-ed25519-cert-v01@openssh.com"},
    {Kind::key, "sk-ssh-ed25519@openssh.com", 802},
    {Kind::certificate, "sk-ssh-ed25519-cert-v01@openssh.com", 802},
    {Kind::key, "ecdsa-sha2-nistp256"},
    {Kind::certificate, "ecdsa-sha2-nistp256-cert-v01@openssh.com"},
    {Kind::key, "ecdsa-sha2-nistp384"},
    {Kind::certificate, "ecdsa-sha2-nistp384-cert-v01@openssh.com"},
    {Kind::key, "ecdsa-sha2-nistp521"},
    {Kind::certificate, "ecdsa-sha2-nistp521-cert-v01@openssh.com"},
    {Kind::key, "sk-ecdsa-sha2-nistp256@openssh.com", 802},
    {Kind::certificate, "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", 802},
    {Kind::key, "webauthn-sk-ecdsa-sha2-nistp256@openssh.com", 803},
    {Kind::key, "ssh-dss", 0, 1000},
    {Kind::certificate, "ssh-dss-cert-v01@openssh.com", 0, 1000},
    {Kind::key, "ssh-rsa"},
    {Kind::certificate, "ssh-rsa-cert-v01@openssh.com"},
    {Kind::key, "rsa-sha2-256", 702},
    {Kind::certificate, "rsa-sha2-256-cert-v01@openssh.com", 708},
    {Kind::key, "rsa-sha2-512", 702},
    {Kind::certificate, "rsa-sha2-512-cert-v01@openssh.com", 708},
    {Kind::certificate, "ssh-rsa-cert-v00@openssh.com", 0, 700},
    {Kind::certificate, "ssh-dss-cert-v00@openssh.com", 0, 700},
};

bool is_pattern(std::string_view name) {
  return name.find_first_of("*?") != std::string_view::npos;
}

bool is_of(const Algorithm& algorithm, std::string_view keyword) {
  if (keyword == "ciphers") return algorithm.kind == Kind::cipher;
  if (keyword == "macs") return algorithm.kind == Kind::mac;
  if (keyword == "kexalgorithms") return algorithm.kind == Kind::exchange;
  return algorithm.kind == Kind::key || algorithm.kind == Kind::certificate;
}

bool is_in(const Algorithm& algorithm, const SshdRelease& release) {
  return release.number >= algorithm.since && release.number < algorithm.before;
}

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> out;
  for (size_t begin = 0; begin < list.size();) {
    const size_t comma = std::min(list.find(',', begin), list.size());
    if (comma > begin) out.push_back(list.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return out;
}

bool has_change(std::string_view written) {
  return !written.empty() &&
         std::string_view("+-^").find(written.front()) != std::string_view::npos;
}

// Names in their order, none twice.
class Names {
 public:
  void add(std::string_view name) {
    if (seen_.insert(name).second) out_ += (out_.empty() ? "" : ",") + std::string(name);
  }
  std::string take() { return std::move(out_); }

 private:
  std::set<std::string_view> seen_;
  std::string out_;
};

}  // namespace

std::string sshd_algorithms(std::string_view keyword, std::string_view written,
                            const SshdRelease& release) {
  std::string_view list;
  for (const SshdDefault& known : sshd_defaults(release))
    if (known.keyword == keyword) list = known.value;
  const char change = has_change(written) ? written.front() : '\0';
  const std::vector<std::string_view> given = split(change == '\0' ? written : written.substr(1));
  const std::vector<std::string_view> usual = split(list);
  Names out;
  if (change == '-') {
    for (const std::string_view name : usual)
      if (std::ranges::none_of(given, [&](std::string_view glob) {
            return parsers::ssh_config::matches(glob, name);
          }))
        out.add(name);
    // With none left sshd goes by its default.
    std::string left = out.take();
    return left.empty() ? std::string(list) : left;
  }
  if (change == '+')
    for (const std::string_view name : usual) out.add(name);
  for (const std::string_view name : given) {
    const bool is_signature =
        keyword != "casignaturealgorithms" || !name.ends_with("-cert-v01@openssh.com");
    if (!is_pattern(name)) {
      if (is_signature) out.add(name);
      continue;
    }
    for (const Algorithm& known : kAlgorithms)
      if (is_of(known, keyword) && is_in(known, release) &&
          (keyword != "casignaturealgorithms" || known.kind == Kind::key) &&
          parsers::ssh_config::matches(name, known.name))
        out.add(known.name);
  }
  if (change == '^')
    for (const std::string_view name : usual) out.add(name);
  return out.take();
}

std::string sshd_algorithm_refused(std::string_view keyword, std::string_view written,
                                   const SshdRelease& release) {
  if (written.starts_with('-')) return {};
  const bool takes_patterns =
      keyword != "ciphers" && keyword != "macs" && keyword != "kexalgorithms";
  for (const std::string_view name : split(has_change(written) ? written.substr(1) : written)) {
    const bool is_glob = takes_patterns && is_pattern(name);
    const bool is_known = std::ranges::any_of(kAlgorithms, [&](const Algorithm& known) {
      // Red Hat's 7.4 kept what others had given up, and takes in what comes later.
      return is_of(known, keyword) &&
             (!release.is_known || release.vendor == SshdRelease::Vendor::red_hat ||
              is_in(known, release)) &&
             (is_glob ? parsers::ssh_config::matches(name, known.name) : name == known.name);
    });
    if (!is_known) return std::string(name);
  }
  // Certificates sign nothing, and are left out.
  if (keyword == "casignaturealgorithms" && sshd_algorithms(keyword, written, release).empty())
    return std::string(written);
  return {};
}

}  // namespace drydock::facts
