#include "analyzer/facts/collect/firewall_rule.h"

#include <algorithm>

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
      keep(rule.protocol, value == "all" ? "" : lower(value));
    } else if (is({"--dport", "--destination-port", "--dports", "--destination-ports"})) {
      std::string ports = value;
      std::ranges::replace(ports, ':', '-');
      keep(rule.ports, ports);
    } else if (is({"-s", "--source", "--src"})) {
      keep(rule.source, value == "0.0.0.0/0" || value == "::/0" ? "" : value);
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
    } else if (is({"-d", "--destination", "--dst"}) && (value == "0.0.0.0/0" || value == "::/0")) {
      ++i;
    } else {
      rule.other += (rule.other.empty() ? "" : " ") + std::string(negated ? "! " : "") + word;
      negated = false;
    }
  }
  return rule;
}

}  // namespace drydock::facts
