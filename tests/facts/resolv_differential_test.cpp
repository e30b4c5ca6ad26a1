// The same resolv.conf to drydock and to glibc's own res_ninit(3), in a child that sees it as /etc/resolv.conf.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

constexpr int kGenerated = 300;

// Traps of resolv.conf(5) and of C.
const std::vector<std::string>& by_hand() {
  static const std::vector<std::string> kFiles = {
      "",
      "nameserver 192.0.2.1",
      "nameserver 192.0.2.1\r\n",
      "nameserver 2001:db8::1\r\n",
      " nameserver 192.0.2.1\n",
      "Nameserver 192.0.2.1\n",
      "nameserver\t192.0.2.1\n",
      "nameserver=192.0.2.1\n",
      "nameserver 192.0.2.1 # a note\n",
      "nameserver 192.0.2.1#53\n",
      "nameserver 192.0.2.1,192.0.2.2\n",
      "nameserver 192.0.2.1 192.0.2.2\n",
      "nameserver 1.1\nnameserver 0x7f.1\nnameserver 010.1.1.1\n",
      "nameserver 1.2.3.256\nnameserver 256\nnameserver 1.2.3.4.5\nnameserver 1.2.3.\n",
      "nameserver a.example\nnameserver 192.0.2.9\n",
      "nameserver fe80::1%1\nnameserver fe80::1%lo\nnameserver ::ffff:127.0.0.1\n",
      "nameserver fe80::1%\nnameserver [::1]\nnameserver ::1/64\n",
      "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n",
      "nameserver 192.0.2.1\nnameserver 192.0.2.1\n",
      "nameserver 0.0.0.0\nnameserver ::\n",
      "search a.example b.example\ndomain c.example d.example\n",
      "domain c.example\nsearch a.example\tb.example \n",
      "search a.example\nsearch\n",
      "search a.example\nsearch \n",
      "search a.example # b.example\n",
      "domain a.example\r\n",
      "search .\n",
      "search a b c d e f\n",
      "search A.Example\n",
      "options trust-ad edns0 rotate\n",
      "options trust-ad\r\n",
      "options trust-adx no-trust-ad\n",
      "options TRUST-AD -edns0\n",
      "options ndots:3 timeout:7 attempts:4\n",
      "options ndots:99 timeout:99 attempts:99\n",
      "options ndots: 3\n",
      "options ndots:3\noptions ndots:2 timeout:1\n",
      "options ndots:x timeout:0x5 attempts:\n",
      "options ndots:+4 timeout:3s\n",
      "options edns0,trust-ad\n",
      "options\ttrust-ad\n",
      "options\n",
      "; options trust-ad\n# options rotate\n",
      " options trust-ad\n",
      "option trust-ad\n",
      "options # trust-ad\n",
      "options use-vc no-tld-query single-request single-request-reopen no-reload\n",
      "options no_tld_query\n",
      "nameserver 192.0.2.1 \\\noptions trust-ad\n",
      "\xEF\xBB\xBFnameserver 192.0.2.1\n",
      "nameserver 192.0.2.1\n\n\noptions trust-ad"};
  return kFiles;
}

std::string line(test::Random& random) {
  switch (random.below(9)) {
    case 0:
      return random.pick({"# nameserver 192.0.2.1", "; options trust-ad", "", "  ", "sortlist 10/8",
                          "lookup file bind", " # x", "nameserver", "options", "search "});
    case 1:
    case 2:
    case 3:
      return random.pick({"nameserver ", "nameserver ", "nameserver ", "nameserver\t",
                          "nameserver  ", " nameserver ", "NameServer ", "nameservers "}) +
             random.pick({"192.0.2.1", "192.0.2.2", "127.0.0.53", "2001:db8::53", "::1",
                          "fe80::1%lo", "10.1", "0x7f000001", "017.0.0.1", "300.1.1.1",
                          "ns.example", "1.2.3.4.5", "2001:db8::g", "::ffff:10.0.0.1", "08.1.1.1",
                          "4294967296", "127.0.0.1:53", "FE80::A"}) +
             random.pick({"", "", "", " ", " x", "\t# x", ";", "#", " 192.0.2.7"});
    case 4:
      return random.pick({"search ", "search\t", "search  ", " search ", "Search ", "search"}) +
             random.pick({"a.example", "a.example b.example", "a.example\t b.example c", "", ". x",
                          "a.example # b", "a;b", "a,b"}) +
             random.pick({"", "", " ", "\t"});
    case 5:
      return random.pick({"domain ", "domain\t ", "domain", " domain ", "domainname "}) +
             random.pick({"a.example", "b.example c.example", "", "D.", "# x"});
    default: {
      std::string out = random.pick({"options ", "options ", "options\t", " options ", "option "});
      for (int n = random.below(5); n > 0; --n)
        out += random.pick({"trust-ad",     "edns0",      "rotate",         "use-vc",
                            "no-tld-query", "no-reload",  "single-request", "single-request-reopen",
                            "ndots:",       "timeout:",   "attempts:",      "ndots:2",
                            "ndots:20",     "timeout:4",  "timeout:31",     "attempts:5",
                            "attempts:6",   "attempts:0", "ndots:0x3",      "Rotate",
                            "inet",         "debug",      "trust-ad,edns0", "ndots=3",
                            "timeout:+2",   "#"}) +
               random.pick({" ", " ", "\t", "  ", ""});
      return out;
    }
  }
}

std::vector<std::string> files() {
  std::vector<std::string> all = by_hand();
  test::Random random(53);
  for (int i = 0; i < kGenerated; ++i) {
    std::string file;
    for (int n = 1 + random.below(7); n > 0; --n) {
      const std::string one = line(random);
      // Over a sortlist with a carriage return glibc never ends.
      file += one +
              (one.starts_with("sortlist") ? "\n" : random.pick({"\n", "\n", "\n", "\n", "\r\n"}));
    }
    if (random.one_in(5)) file.pop_back();
    all.push_back(file);
  }
  return all;
}

// What res_ninit made of a file, with one blank between words and those that are set only.
std::string told(const struct __res_state& state) {
  std::string out;
  for (int i = 0; i < state.nscount; ++i) {
    char text[INET6_ADDRSTRLEN] = {};
    if (state.nsaddr_list[i].sin_family == AF_INET)
      inet_ntop(AF_INET, &state.nsaddr_list[i].sin_addr, text, sizeof text);
    else if (state._u._ext.nsaddrs[i])
      inet_ntop(AF_INET6, &state._u._ext.nsaddrs[i]->sin6_addr, text, sizeof text);
    out += std::string("server ") + text + "\n";
  }
  out += "search";
  for (const char* domain : state.dnsrch)
    if (!domain)
      break;
    else
      out += std::string(" ") + domain;
  out += "\nndots " + std::to_string(state.ndots) + "\ntimeout " + std::to_string(state.retrans) +
         "\nattempts " + std::to_string(state.retry) + "\n";
  const std::pair<unsigned long, const char*> flags[] = {
      {RES_USE_EDNS0, "edns0"},         {RES_NORELOAD, "no-reload"},
      {RES_NOTLDQUERY, "no-tld-query"}, {RES_ROTATE, "rotate"},
      {RES_SNGLKUP, "single-request"},  {RES_SNGLKUPREOP, "single-request-reopen"},
      {RES_TRUSTAD, "trust-ad"},        {RES_USEVC, "use-vc"}};
  for (const auto& [flag, name] : flags)
    if (state.options & flag) out += std::string(name) + "\n";
  return out;
}

// In a child: each of `count` directories as the root in turn. Exit status 9 if there is no way to have one.
[[noreturn]] void answer(const std::string& directory, size_t count, FILE* out) {
  alarm(20);
  unsetenv("LOCALDOMAIN");
  unsetenv("RES_OPTIONS");
  if (geteuid() != 0 && unshare(CLONE_NEWUSER) != 0) _exit(9);
  if (chdir("/") != 0) _exit(9);
  for (size_t i = 0; i < count; ++i) {
    if (chroot((directory + "/" + std::to_string(i)).c_str()) != 0) _exit(9);
    struct __res_state state = {};
    if (res_ninit(&state) != 0) _exit(9);
    const std::string text = told(state);
    std::fwrite(text.c_str(), 1, text.size() + 1, out);
    res_nclose(&state);
    // The working directory lies outside still.
    if (chroot(".") != 0) _exit(9);
  }
  std::fflush(out);
  _exit(0);
}

std::string ours(const test::FewFacts& facts, const std::string& host_domain) {
  std::string out, search = host_domain.empty() ? "" : " " + host_domain;
  std::map<std::string, std::string> numbers = {
      {"ndots", "1"}, {"timeout", "5"}, {"attempts", "2"}};
  std::set<std::string> flags;
  for (const auto& row :
       facts.rows("SELECT key, value FROM setting WHERE program = 'resolv' ORDER BY rowid")) {
    const std::string value = row[1].value_or("");
    const size_t colon = value.find(':');
    if (row[0] == "resolv.nameserver")
      out += "server " + value.substr(0, value.find('%')) + "\n";
    else if (row[0] == "resolv.search")
      search = " " + value;
    else if (colon != std::string::npos)
      numbers[value.substr(0, colon)] = value.substr(colon + 1);
    else
      flags.insert(value == "no_tld_query" ? "no-tld-query" : value);
  }
  // resolv.conf(5): "If no nameserver entries are present, the default is to use the name server on the local machine".
  if (out.empty()) out = "server 127.0.0.1\n";
  out += "search" + search + "\n";
  for (const char* name : {"ndots", "timeout", "attempts"})
    out += name + std::string(" ") + numbers[name] + "\n";
  for (const std::string& flag : flags) out += flag + "\n";
  return out;
}

TEST(ResolvDifferential, GlibcTakesTheSame) {
  const test::ScratchDirectory scratch = test::directory_in_memory();
  const std::vector<std::string> all = files();
  for (size_t i = 0; i < all.size(); ++i)
    scratch.write(std::to_string(i) + "/etc/resolv.conf", all[i]);
  const std::string out = scratch.write("answer", "");
  FILE* const file = std::fopen(out.c_str(), "w+");
  ASSERT_NE(file, nullptr);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) answer(scratch.path(), all.size(), file);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  std::string text;
  std::rewind(file);
  for (int c = 0; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
  std::fclose(file);
  if (WEXITSTATUS(status) == 9) GTEST_SKIP() << "another root directory cannot be had";
  ASSERT_EQ(WEXITSTATUS(status), 0);
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  const std::string name = host;
  const std::string domain =
      name.find('.') == std::string::npos ? "" : name.substr(name.find('.') + 1);
  std::istringstream in(text);
  std::map<std::string, int> seen;
  for (const std::string& content : all) {
    std::string theirs;
    ASSERT_TRUE(std::getline(in, theirs, '\0'));
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/resolv.conf", content);
    const test::FewFacts facts(tree, {"setting"}, {"setting"});
    EXPECT_EQ(ours(facts, domain), theirs) << content;
    for (const char* way :
         {"server ::", "server 192.0.2.1\n", "server 127.0.0.1\n", "search a.example\n",
          "search a.example b", "ndots 15", "timeout 30", "attempts 5", "trust-ad\n", "rotate\n"})
      seen[way] += theirs.find(way) != std::string::npos;
  }
  for (const auto& [way, times] : seen) EXPECT_GE(times, 5) << way;
}

}  // namespace
}  // namespace drydock
