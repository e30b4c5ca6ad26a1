// The parser against auditd(8) itself, which stops at the first mistake of its file and names the line, before it
// asks anything of the kernel. A last line with a keyword that there is not keeps it from going further, ever.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <set>
#include <sstream>

#include "parsers/auditd_conf.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock::parsers::auditd_conf {
namespace {

constexpr const char* kNumbers[] = {"0",    "1",     "99",    "999",        "1000",       "1024",
                                    "1025", "65535", "65536", "5",          "-1",         "+5",
                                    "08",   "0x5",   "x",     "2147483648", "5x",         "10%",
                                    "100%", "%",     "75",    "9999999999", "4294967296", "25%"};

std::string value_of(test::Random& random, const std::string& key) {
  static const std::set<std::string> kNumeric = {"priority_boost",
                                                 "freq",
                                                 "num_logs",
                                                 "max_log_file",
                                                 "space_left",
                                                 "admin_space_left",
                                                 "tcp_listen_port",
                                                 "tcp_listen_queue",
                                                 "tcp_max_per_addr",
                                                 "tcp_client_max_idle",
                                                 "q_depth",
                                                 "max_restarts",
                                                 "end_of_event_timeout",
                                                 "report_interval"};
  if (kNumeric.contains(key) && !random.one_in(10))
    return kNumbers[random.below(std::size(kNumbers))];
  if (key.ends_with("action"))
    return random.pick({"ignore", "syslog", "SYSLOG", "rotate", "email", "exec", "exec /bin/true",
                        "suspend", "single", "halt", "keep_logs", "Keep_Logs", "halt now",
                        "syslog x", "exec true", "stop"});
  if (key == "log_format")
    return random.pick({"raw", "RAW", "enriched", "nolog", "ENRICHED", "text"});
  if (key == "flush")
    return random.pick(
        {"none", "incremental", "incremental_async", "data", "sync", "INCREMENTAL_ASYNC", "async"});
  if (key == "name_format")
    return random.pick({"none", "hostname", "fqd", "numeric", "user", "NONE", "fqdn"});
  if (key == "transport") return random.pick({"tcp", "TCP", "udp", "krb5"});
  if (key == "tcp_client_ports")
    return random.pick({"1024-65535", "60", "5-4", "x", "0", "70000", "1-", "1024 - 65535"});
  if (key == "log_group") return random.pick({"root", "adm", "nosuchgroup"});
  if (key == "name") return random.pick({"mydomain", "a b", "\"x\""});
  return random.pick({"yes", "no", "YES", "No", "true", "1"});
}

std::string line(test::Random& random) {
  static const std::vector<Default> all = defaults();
  // Their values are looked up in the machine's own files, or later versions have them.
  std::string key;
  do key = all[static_cast<size_t>(random.below(static_cast<int>(all.size())))].key;
  while (key == "log_file" || key == "plugin_dir" || key == "krb5_key_file" ||
         key == "krb5_principal" || key == "action_mail_acct" || key == "dispatcher" ||
         key == "report_interval" || key == "disp_qos" || key == "log_group");
  if (random.one_in(40)) key += "x";
  if (random.one_in(8)) key[0] = static_cast<char>(key[0] - 'a' + 'A');
  if (random.one_in(40))
    return key + random.pick({"\n", " =\n", "= yes\n", "=yes\n", " yes\n", " = yes no maybe so\n"});
  if (random.one_in(30))
    return random.pick({"# ", "#", "", " ", " #", "  # x "}) + std::string("\n");
  return (random.one_in(15) ? "  " : "") + key +
         random.pick({" = ", " = ", " = ", "  =  ", "\t=\t", " =  "}) + value_of(random, key) +
         random.pick({"\n", "\n", "\n", "\n", " \n", " # why\n", "\r\n"});
}

const std::vector<std::string> kByHand = {
    "",
    "num_logs = 5\nnum_logs = 6\n",
    "num_logs = 5\nnum_logs = x\n",
    "max_log_file_action = keep_logs\n",
    "space_left = 25%\nadmin_space_left = 10%\n",
    "space_left = 25%%\n",
    "space_left_action = exec /bin/true\n",
    "space_left_action = exec\n",
    "space_left_action = email\naction_mail_acct = root\n",
    "disk_full_action = rotate\n",
    "disk_full_action = email\n",
    "disk_error_action = rotate\n",
    "overflow_action = exec /bin/true\n",
    "max_log_file_action = rotate now\n",
    "freq=50\n",
    "freq = 50 # often\n",
    "\tfreq = 50\n",
    "freq =\t50\n",
    "tcp_listen_port = 60\ntcp_client_ports = 1024-65535\n",
    "tcp_listen_port = 65536\n",
    "q_depth = 99999\n",
    "q_depth = 100000\n",
    "max_restarts = 100000\n",
    "priority_boost = 40\n",
    "name = a\nname_format = user\n",
    "local_events = \n",
    "verify_email = no",
    "# " + std::string(300, 'x') + "\nfreq = 5\n",
    "freq = 5" + std::string(160, ' ') + "\nfreq = x\n",
};

size_t size_of(const std::string& text) {
  return static_cast<size_t>(std::ranges::count(text, '\n'));
}

TEST(AuditdConfOracle, AuditdStopsAtTheLineThatWeRefuse) {
  std::vector<std::string> cases = kByHand;
  for (unsigned seed = 1; seed <= 260; ++seed) {
    test::Random random(seed);
    std::string text;
    for (int i = random.below(5); i >= 0; --i) text += line(random);
    cases.push_back(text);
  }
  for (std::string& text : cases)
    if (!text.empty() && text.back() != '\n') text += '\n';
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (size_t i = 0; i < cases.size(); ++i)
    chmod(scratch.write(std::to_string(i) + "/auditd.conf", cases[i] + "zzz = 1\n").c_str(), 0640);
  const char* const unpacked = std::getenv("DRYDOCK_AUDITD");
  const std::string script = scratch.write(
      "ask.sh", "i=0; while [ -d " + scratch.path() + "/$i ]; do echo \"== $i\"; timeout 5 " +
                    (unpacked ? unpacked : "auditd") + " -f -n -c " + scratch.path() +
                    "/$i 2>&1; i=$((i+1)); done\n");
  const auto said =
      test::ask("if [ $(id -u) -eq 0 ]; then PATH=$PATH:/usr/sbin:/sbin sh " + script +
                "; else PATH=$PATH:/usr/sbin:/sbin unshare --map-root-user sh " + script +
                "; fi 2>/dev/null");
  // The line of the mistake, and the values that were taken before it.
  struct Answer {
    size_t line = 0;
    std::string values, text;
  };
  std::vector<Answer> real;
  std::istringstream lines(said.value_or(""));
  for (std::string text; std::getline(lines, text);) {
    if (text.starts_with("== ")) {
      real.emplace_back();
      continue;
    }
    if (real.empty()) continue;
    Answer& answer = real.back();
    answer.text += text + "\n";
    const std::string called = "_parser called with: ";
    if (const size_t at = text.find(called); at != std::string::npos)
      answer.values += text.substr(at + called.size()) + "\n";
    // "Option x not found - line 3", "Wrong number of arguments for line 3 in …"
    for (size_t at = 0; (at = text.find("line ", at)) != std::string::npos; at += 5)
      if (std::isdigit(static_cast<unsigned char>(text[at + 5])) &&
          text.find("kipping") == std::string::npos)
        answer.line = std::strtoul(text.c_str() + at + 5, nullptr, 10);
  }
  if (real.empty() || real[0].line != 1)
    GTEST_SKIP() << "auditd cannot be asked here (Debian package: auditd)";
  ASSERT_EQ(real.size(), cases.size());
  int refused = 0, taken = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const File file = parse(cases[i]);
    size_t first = size_of(cases[i]) + 1;
    for (const SyntaxError& error : file.errors)
      if (error.effect == Effect::refused) first = std::min<size_t>(first, error.span.line);
    // Of a number beyond its own limit it does not say the line.
    if (real[i].text.find(" must be ") != std::string::npos)
      real[i].line = first <= size_of(cases[i]) ? first : 0;
    EXPECT_EQ(first, real[i].line) << i << "\n" << cases[i] << real[i].text;
    taken += first > size_of(cases[i]);
    refused += first <= size_of(cases[i]);
  }
  EXPECT_GE(refused, 100);
  EXPECT_GE(taken, 35);
}

}  // namespace
}  // namespace drydock::parsers::auditd_conf
