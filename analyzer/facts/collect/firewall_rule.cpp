#include "analyzer/facts/collect/firewall_rule.h"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace drydock::facts {

namespace {

bool is_verdict(std::string_view word) {
  return word == "accept" || word == "drop" || word == "reject" || word == "return" ||
         word == "jump" || word == "goto" || word == "continue" || word == "queue";
}

void append(std::string& list, std::string_view word) {
  if (!list.empty()) list += ',';
  list += word;
}

// Words of an nftables rule, one after the other.
class Words {
 public:
  Words(const std::vector<std::string>& words,
        const std::map<std::string, std::vector<std::string>>& sets)
      : words_(words), sets_(sets) {}

  bool done() const { return at_ >= words_.size(); }
  std::string_view peek(size_t ahead = 0) const {
    return at_ + ahead < words_.size() ? std::string_view(words_[at_ + ahead]) : std::string_view();
  }
  std::string_view next() { return done() ? std::string_view() : std::string_view(words_[at_++]); }

  // The value of a match: "!= x", "{ a, b }", "a", "@set"; whether it is negated.
  std::string value(bool& negated) {
    negated = peek() == "!=";
    if (peek() == "!=" || peek() == "==") next();
    std::string list;
    if (peek() == "{") {
      next();
      while (!done() && peek() != "}")
        if (const std::string_view word = next(); word != ",") append(list, word);
      next();
      return list;
    }
    const std::string_view first = next();
    if (first.starts_with('@')) {
      const auto known = sets_.find(std::string(first.substr(1)));
      if (known == sets_.end() || known->second.empty()) return std::string(first);
      for (const std::string& element : known->second) append(list, element);
      return list;
    }
    list = first;
    // "established,related": the commas are words of their own.
    while (peek() == ",") {
      next();
      append(list, next());
    }
    return list;
  }

 private:
  const std::vector<std::string>& words_;
  const std::map<std::string, std::vector<std::string>>& sets_;
  size_t at_ = 0;
};

}  // namespace

PacketRule from_nftables(const std::vector<std::string>& words,
                         const std::map<std::string, std::vector<std::string>>& sets) {
  PacketRule rule;
  Words in(words, sets);
  // A match that is negated, or on something that is not kept: what stands in `field` stays open.
  const auto match = [&](std::string& field, std::string_view name) {
    bool negated = false;
    const std::string value = in.value(negated);
    if (negated)
      rule.other += (rule.other.empty() ? "" : " ") + std::string(name) + " != " + value;
    else
      field = value;
  };
  std::string ignored;
  while (!in.done()) {
    const std::string_view word = in.next();
    if (is_verdict(word)) {
      rule.verdict = word == "continue" ? "" : word;
      if (word == "jump" || word == "goto") rule.target = in.next();
      break;
    }
    if (word == "meta") continue;
    if (word == "iif" || word == "iifname") {
      if ((in.peek() == "!=" && in.peek(1) == "lo")) {
        in.next(), in.next();  // everything that is judged here comes from elsewhere
      } else {
        match(rule.interface, word);
      }
    } else if ((word == "tcp" || word == "udp" || word == "sctp" || word == "dccp" ||
                word == "udplite" || word == "th") &&
               in.peek() == "dport") {
      in.next();
      if (word != "th") rule.protocol = word;
      match(rule.ports, "dport");
    } else if ((word == "ip" || word == "ip6") && in.peek() == "saddr") {
      in.next();
      rule.family = word;
      match(rule.source, "saddr");
    } else if (word == "l4proto" || ((word == "ip" && in.peek() == "protocol") ||
                                     (word == "ip6" && in.peek() == "nexthdr"))) {
      if (word != "l4proto") {
        in.next();
        rule.family = word;
      }
      match(rule.protocol, "protocol");
    } else if (word == "ct" && in.peek() == "state") {
      in.next();
      if (in.peek() == "vmap") {
        // A map from states to verdicts; only what it says of new connections matters here.
        in.next();
        bool negated = false;
        const std::string map = in.value(negated);
        rule.states = "established";
        if (map.find("new") != std::string::npos) rule.states += ",new";
        rule.verdict = "accept";
        break;
      }
      match(rule.states, "state");
    } else if (word == "icmp" || word == "icmpv6") {
      rule.protocol = word;
      rule.family = word == "icmp" ? "ip" : "ip6";
      in.next();
      match(ignored, "type");
      rule.other += (rule.other.empty() ? "type " : " type ") + ignored;
    } else if (word == "counter" || word == "log" || word == "notrack") {
      continue;
    } else if (word == "packets" || word == "bytes" || word == "prefix" || word == "level" ||
               word == "group" || word == "snaplen" || word == "comment" || word == "flags") {
      if (word == "flags") {
        match(ignored, "flags");
        rule.other += (rule.other.empty() ? "flags " : " flags ") + ignored;
      } else {
        in.next();
      }
    } else if (word == "limit") {
      // "limit rate [over] N/unit [burst N packets]": it lets in, up to a rate.
      while (!in.done() && !is_verdict(in.peek()) && in.peek() != "counter" && in.peek() != "log")
        in.next();
    } else {
      if ((word == "ip" || word == "ip6") && rule.family.empty()) rule.family = word;
      rule.other += (rule.other.empty() ? "" : " ") + std::string(word);
    }
  }
  return rule;
}

namespace {

// /etc/services, of what rules name: iptables-restore takes names as well.
std::string port_number(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kServices[] = {
      {"ftp", "21"},     {"ssh", "22"},    {"telnet", "23"}, {"smtp", "25"},
      {"domain", "53"},  {"http", "80"},   {"www", "80"},    {"pop3", "110"},
      {"sunrpc", "111"}, {"ntp", "123"},   {"imap2", "143"}, {"imap", "143"},
      {"snmp", "161"},   {"ldap", "389"},  {"https", "443"}, {"submission", "587"},
      {"ldaps", "636"},  {"imaps", "993"}, {"pop3s", "995"}, {"nfs", "2049"},
      {"mysql", "3306"}, {"rdp", "3389"},  {"mdns", "5353"}, {"postgresql", "5432"}};
  for (const auto& [service, number] : kServices)
    if (name == service) return std::string(number);
  return std::string(name);
}

// "80,443", "5000:6000", ":1023", "1024:", with names: "80,443", "5000-6000", "0-1023", "1024-65535".
std::string iptables_ports(std::string_view text) {
  std::string out;
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view one = text.substr(0, comma);
    const size_t colon = one.find(':');
    if (!out.empty()) out += ',';
    const std::string first = port_number(one.substr(0, colon));
    out += first.empty() ? "0" : first;
    if (colon != std::string_view::npos) {
      const std::string last = port_number(one.substr(colon + 1));
      out += "-" + (last.empty() ? "65535" : last);
    }
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

// Of the protocols that rules are about, the name whatever was written.
std::string iptables_protocol(std::string name) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"all", ""},   {"0", ""},        {"1", "icmp"},           {"6", "tcp"},
      {"17", "udp"}, {"58", "icmpv6"}, {"ipv6-icmp", "icmpv6"}, {"132", "sctp"},
      {"50", "esp"}, {"51", "ah"}};
  for (const auto& [written, plain] : kNames)
    if (name == written) return std::string(plain);
  return name;
}

// "10.0.0.0/255.0.0.0" as "10.0.0.0/8", "192.0.2.1/32" as "192.0.2.1"; empty for all addresses.
std::string iptables_addresses(std::string_view text) {
  std::string out;
  while (true) {
    const size_t comma = text.find(',');
    std::string one(text.substr(0, comma));
    if (const size_t slash = one.find('/'); slash != std::string::npos) {
      std::string length = one.substr(slash + 1);
      unsigned char bytes[16];
      if (length.find('.') != std::string::npos && inet_pton(AF_INET, length.c_str(), bytes) == 1) {
        uint32_t mask = 0;
        for (int i = 0; i < 4; ++i) mask = mask << 8 | bytes[i];
        if (std::countl_one(mask) == std::popcount(mask))
          length = std::to_string(std::popcount(mask));
      }
      const bool is_six = one.find(':') != std::string::npos;
      one.resize(slash);
      if (length != (is_six ? "128" : "32")) one += "/" + length;
    }
    if (one != "0.0.0.0/0" && one != "::/0") append(out, one);
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

PacketRule from_iptables(const std::vector<std::string>& words) {
  PacketRule rule;
  const auto lower = [](std::string text) {
    for (char& c : text)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return text;
  };
  bool negated = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string value = i + 1 < words.size() ? words[i + 1] : "";
    const auto is = [&](std::initializer_list<std::string_view> names) {
      return std::ranges::find(names, word) != names.end();
    };
    if (word == "!") {
      negated = true;
      continue;
    }
    const auto keep = [&](std::string& field, std::string text) {
      if (negated)
        rule.other += (rule.other.empty() ? "! " : " ! ") + word + " " + text;
      else
        field = std::move(text);
      negated = false;
      ++i;
    };
    if (is({"-p", "--protocol"})) {
      keep(rule.protocol, iptables_protocol(lower(value)));
    } else if (is({"--dport", "--destination-port", "--dports", "--destination-ports"})) {
      keep(rule.ports, iptables_ports(value));
    } else if (is({"-s", "--source", "--src"})) {
      keep(rule.source, iptables_addresses(value));
    } else if (is({"-i", "--in-interface"})) {
      if (negated && value == "lo") {
        negated = false;
        ++i;
      } else {
        keep(rule.interface, value);
      }
    } else if (is({"--state", "--ctstate"})) {
      keep(rule.states, lower(value));
    } else if (is({"-j", "--jump", "-g", "--goto"})) {
      const std::string target = lower(value);
      if (target == "accept" || target == "ufw-user-limit-accept")
        rule.verdict = "accept";
      else if (target == "drop" || target == "reject" || target == "return")
        rule.verdict = target;
      else if (target != "log" && target != "nflog" && target != "mark" && target != "connmark" &&
               target != "ulog" && target != "tcpmss") {
        rule.verdict = is({"-g", "--goto"}) ? "goto" : "jump";
        rule.target = value;
      }
      ++i;
      // What follows are options of the target, but these have none, and matches may stand there too.
      if (rule.verdict.empty()) break;
    } else if (word == "--reject-with" ||
               // What is judged here is a new connection to this host.
               (!negated && ((word == "--dst-type" && value == "LOCAL") ||
                             (word == "--ctdir" && value == "ORIGINAL")))) {
      ++i;
    } else if (word == "--syn" && !negated) {
      continue;
    } else if (word == "--tcp-flags" && !negated && i + 2 < words.size() && words[i + 2] == "SYN") {
      i += 2;
    } else if (is({"-m", "--match", "--comment", "--limit", "--limit-burst"})) {
      ++i;
    } else if (is({"-d", "--destination", "--dst"})) {
      if (const std::string to = iptables_addresses(value); !to.empty())
        rule.other +=
            (rule.other.empty() ? "" : " ") + std::string(negated ? "! " : "") + "-d " + to;
      negated = false;
      ++i;
    } else {
      rule.other += (rule.other.empty() ? "" : " ") + std::string(negated ? "! " : "") + word;
      negated = false;
    }
  }
  return rule;
}

}  // namespace drydock::facts
