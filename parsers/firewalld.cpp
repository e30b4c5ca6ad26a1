#include "parsers/firewalld.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <span>

#include "parsers/xml.h"

namespace drydock::parsers::firewalld {

namespace {

using Names = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view word, Names names) {
  return std::ranges::find(names, word) != names.end();
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// firewall.functions.getPortRange: "80", "5000-5010" (in either order). Names of services stay unknown here.
std::optional<std::string> port_range(std::string_view text) {
  const size_t dash = text.find('-');
  const auto low = number<uint32_t>(text.substr(0, dash));
  if (!low || *low > 65535) return std::nullopt;
  if (dash == std::string_view::npos) return std::to_string(*low);
  const auto high = number<uint32_t>(text.substr(dash + 1));
  if (!high || *high > 65535) return std::nullopt;
  if (*low == *high) return std::to_string(*low);
  return std::to_string(std::min(*low, *high)) + "-" + std::to_string(std::max(*low, *high));
}

bool is_address(std::string_view family, std::string_view text) {
  const bool is_4 = family == "ipv4";
  const size_t slash = text.find('/');
  unsigned char buffer[16];
  const auto parses = [&](std::string_view part) {
    return inet_pton(is_4 ? AF_INET : AF_INET6, std::string(part).c_str(), buffer) == 1;
  };
  if (!parses(text.substr(0, slash))) return false;
  if (slash == std::string_view::npos) return true;
  const std::string_view mask = text.substr(slash + 1);
  if (is_4 && mask.find('.') != std::string_view::npos) return parses(mask);
  const auto bits = number<int>(mask);
  return bits && *bits >= 0 && *bits <= (is_4 ? 32 : 128);
}

bool is_mac(std::string_view text) {
  if (text.size() != 17) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (i % 3 == 2 ? c != ':' : !is_hex) return false;
  }
  return true;
}

bool is_yes(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return lower == "yes" || lower == "true";
}

struct Known {
  std::string_view name;
  Names required, optional;
};

// What zones and policies share, and what each has alone (firewall/core/io: PARSER_*_ELEMENT_ATTRS).
const Known kRules[] = {{"short", {}, {}},
                        {"description", {}, {}},
                        {"service", {"name"}, {}},
                        {"port", {"port", "protocol"}, {}},
                        {"icmp-block", {"name"}, {}},
                        {"icmp-type", {"name"}, {}},
                        {"forward-port", {"port", "protocol"}, {"to-port", "to-addr"}},
                        {"rule", {}, {"family", "priority"}},
                        {"source", {}, {"address", "mac", "invert", "family", "ipset"}},
                        {"destination", {}, {"address", "invert", "ipset"}},
                        {"protocol", {"value"}, {}},
                        {"source-port", {"port", "protocol"}, {}},
                        {"log", {}, {"prefix", "level"}},
                        {"nflog", {}, {"group", "prefix", "queue-size"}},
                        {"audit", {}, {}},
                        {"accept", {}, {}},
                        {"reject", {}, {"type"}},
                        {"drop", {}, {}},
                        {"mark", {"set"}, {}},
                        {"limit", {"value"}, {}},
                        {"masquerade", {}, {"enabled"}},
                        {"tcp-mss-clamp", {}, {"value"}}};
const Known kZone[] = {{"zone", {}, {"name", "immutable", "target", "version"}},
                       {"interface", {"name"}, {}},
                       {"forward", {}, {}},
                       {"icmp-block-inversion", {}, {}}};
const Known kPolicy[] = {{"policy", {"target"}, {"version", "priority"}},
                         {"ingress-zone", {"name"}, {}},
                         {"egress-zone", {"name"}, {}}};
const Known kService[] = {{"short", {}, {}},
                          {"description", {}, {}},
                          {"service", {}, {"name", "version"}},
                          {"port", {"port", "protocol"}, {}},
                          {"protocol", {"value"}, {}},
                          {"module", {"name"}, {}},
                          {"destination", {}, {"ipv4", "ipv6"}},
                          {"source-port", {"port", "protocol"}, {}},
                          {"include", {"service"}, {}},
                          {"helper", {"name"}, {}}};
const Known kIpset[] = {{"short", {}, {}},
                        {"description", {}, {}},
                        {"ipset", {"type"}, {"version"}},
                        {"option", {"name"}, {"value"}},
                        {"entry", {}, {}}};
const Known kDirect[] = {{"direct", {}, {}},
                         {"chain", {"ipv", "table", "chain"}, {}},
                         {"rule", {"ipv", "table", "chain", "priority"}, {}},
                         {"passthrough", {"ipv"}, {}}};

class Reader {
 public:
  Reader(std::string_view text, Kind kind) : kind_(kind), document_(xml::parse(text)) {
    out_.errors = std::move(document_.errors);
    is_broken_ = !out_.errors.empty();
  }

  File read() {
    for (size_t i = 0; i < document_.elements.size() && !refused_ && !is_broken_; ++i) {
      const xml::Element& element = document_.elements[i];
      if (rule_ && !is_inside(i, *rule_at_)) end_rule();
      if (passed_over_ && !is_inside(i, *passed_over_)) {
        passed_over_.reset();
        rule_error_ = false;
      }
      if (rule_error_ && !rule_) {
        // The next rule goes with what stands in the way before it.
        if (element.name == "rule" && !passed_over_) passed_over_ = i;
        continue;
      }
      if (rule_error_) continue;
      if (!is_known(element)) break;
      if (i == 0)
        root(element);
      else
        take(element, i);
    }
    if (rule_ && !refused_) end_rule();
    if (refused_ || is_broken_) keep_errors();
    return std::move(out_);
  }

 private:
  void refuse(std::string_view code, Span span, std::string message) {
    if (!refused_) out_.errors.add(code, span, std::move(message), Effect::refused);
    refused_ = true;
  }

  void keep_errors() {
    SyntaxErrors errors = std::move(out_.errors);
    out_ = {};
    out_.errors = std::move(errors);
  }

  // A rule that is none: the rest of it does not count.
  void bad_rule(Span span, std::string message) {
    out_.errors.add("bad-rule", span, std::move(message));
    rule_error_ = true;
  }
  void misplaced(const xml::Element& element, bool stops) {
    out_.errors.add(
        "misplaced", element.span,
        "<" + element.name + "> means nothing " + (rule_ ? "inside" : "outside") + " a rule");
    if (stops) rule_error_ = true;
  }

  bool is_inside(size_t element, size_t ancestor) const {
    for (size_t up = document_.elements[element].parent; up != xml::kNoParent;
         up = document_.elements[up].parent)
      if (up == ancestor) return true;
    return false;
  }

  static const Known* find(std::span<const Known> list, std::string_view name) {
    for (const Known& one : list)
      if (one.name == name) return &one;
    return nullptr;
  }

  bool is_known(const xml::Element& element) {
    const Known* known = nullptr;
    switch (kind_) {
      case Kind::zone:
      case Kind::policy:
        known = find(kRules, element.name);
        if (!known)
          known = kind_ == Kind::zone ? find(kZone, element.name) : find(kPolicy, element.name);
        break;
      case Kind::service:
        known = find(kService, element.name);
        break;
      case Kind::ipset:
        known = find(kIpset, element.name);
        break;
      case Kind::direct:
        known = find(kDirect, element.name);
    }
    if (!known) {
      refuse("unknown-element", element.span, "unknown element <" + element.name + ">");
      return false;
    }
    for (const std::string_view wanted : known->required)
      if (!element.find(wanted)) {
        refuse("missing-attribute", element.span,
               "<" + element.name + "> needs " + std::string(wanted));
        return false;
      }
    for (const xml::Attribute& one : element.attributes)
      if (!is_one_of(one.name, known->required) && !is_one_of(one.name, known->optional)) {
        refuse("unknown-attribute", one.span,
               "<" + element.name + "> has no attribute " + one.name);
        return false;
      }
    return true;
  }

  void root(const xml::Element& element) {
    static constexpr std::string_view kRoots[] = {"zone", "policy", "service", "ipset", "direct"};
    if (element.name != kRoots[static_cast<size_t>(kind_)])
      return refuse("unknown-element", element.span,
                    "expected <" + std::string(kRoots[static_cast<size_t>(kind_)]) + ">");
    if (kind_ != Kind::zone && kind_ != Kind::policy) return;
    out_.target = kind_ == Kind::zone ? "default" : "CONTINUE";
    out_.target_span = element.span;
    if (const xml::Attribute* const target = element.find("target")) {
      if (!(kind_ == Kind::zone
                ? is_one_of(target->value,
                            {"ACCEPT", "%%REJECT%%", "DROP", "{chain}_{zone}", "default"})
                : is_one_of(target->value, {"ACCEPT", "REJECT", "DROP", "CONTINUE"})))
        return refuse("bad-target", target->value_span, "unknown target '" + target->value + "'");
      if (target->value != "{chain}_{zone}") out_.target = target->value;
      out_.target_span = target->value_span;
    }
    if (const xml::Attribute* const priority = element.find("priority")) {
      const auto value = number<int>(priority->value);
      if (!value || *value == 0 || *value < -32768 || *value > 32767)
        return refuse("bad-priority", priority->value_span,
                      "not a priority from -32768 to 32767 without 0");
      out_.priority = *value;
    }
  }

  static Word word(const xml::Element& element, std::string_view attribute) {
    const xml::Attribute* const found = element.find(attribute);
    return found ? Word{found->value, found->value_span} : Word{"", element.span};
  }

  void take(const xml::Element& element, size_t index) {
    switch (kind_) {
      case Kind::zone:
      case Kind::policy:
        return in_zone(element, index);
      case Kind::service:
        return in_service(element);
      case Kind::ipset:
        if (element.name == "entry") out_.ipset_entries.push_back({element.text, element.span});
        return;
      case Kind::direct:
        return in_direct(element);
    }
  }

  std::optional<std::string> port(const xml::Element& element) {
    auto range = port_range(element.value("port"));
    if (!range)
      refuse("bad-port", word(element, "port").span,
             "not a port: '" + std::string(element.value("port")) + "'");
    else if (!is_one_of(element.value("protocol"), {"tcp", "udp", "sctp", "dccp"}))
      refuse("bad-protocol", word(element, "protocol").span, "not tcp, udp, sctp or dccp");
    else
      return range;
    return std::nullopt;
  }

  void in_service(const xml::Element& element) {
    if (element.name == "port") {
      if (element.value("port").empty()) {
        out_.ports.push_back({"", std::string(element.value("protocol")), element.span});
      } else if (auto range = port(element)) {
        out_.ports.push_back({*range, std::string(element.value("protocol")), element.span});
      }
    } else if (element.name == "protocol") {
      out_.ports.push_back({"", std::string(element.value("value")), element.span});
    } else if (element.name == "include") {
      out_.includes.push_back(word(element, "service"));
    } else if (element.name == "destination") {
      out_.destination4 = element.value("ipv4");
      out_.destination6 = element.value("ipv6");
    }
  }

  void in_direct(const xml::Element& element) {
    if (element.name != "rule" && element.name != "passthrough") return;
    DirectRule rule;
    rule.ipv = element.value("ipv");
    rule.table = element.value("table");
    rule.chain = element.value("chain");
    rule.arguments = element.text;
    rule.span = element.span;
    rule.is_passthrough = element.name == "passthrough";
    if (!rule.is_passthrough) {
      const auto priority = number<int>(element.value("priority"));
      if (!priority) return refuse("bad-priority", word(element, "priority").span, "not a number");
      rule.priority = *priority;
    }
    out_.direct.push_back(std::move(rule));
  }

  // One element of a rich rule may say what it is about.
  bool about(const xml::Element& element, std::string value, std::string protocol = "",
             std::string to = "") {
    if (!rule_->kind.empty()) {
      bad_rule(element.span, "more than one element in a rule");
      return false;
    }
    rule_->kind = element.name;
    rule_->value = std::move(value);
    rule_->protocol = std::move(protocol);
    rule_->to = std::move(to);
    return true;
  }

  void in_zone(const xml::Element& element, size_t index) {
    const std::string& name = element.name;
    if (is_one_of(name, {"service", "icmp-block", "icmp-type"})) {
      const std::string value(element.value("name"));
      if (rule_) return void(about(element, value));
      if (name == "icmp-type") return misplaced(element, false);
      plain(element, value);
    } else if (is_one_of(name, {"port", "source-port", "forward-port"})) {
      in_zone_port(element);
    } else if (name == "protocol") {
      if (rule_) return void(about(element, std::string(element.value("value"))));
      plain(element, std::string(element.value("value")));
    } else if (name == "masquerade") {
      if (rule_) return void(about(element, ""));
      out_.masquerade = true;
    } else if (name == "tcp-mss-clamp") {
      if (rule_) return void(about(element, std::string(element.value("value"))));
      misplaced(element, false);
    } else if (name == "rule") {
      begin_rule(element, index);
    } else if (name == "source") {
      source(element);
    } else if (name == "destination") {
      destination(element);
    } else if (is_one_of(name, {"accept", "reject", "drop", "mark"})) {
      if (!rule_) return misplaced(element, true);
      if (!rule_->action.empty()) return bad_rule(element.span, "more than one action in a rule");
      rule_->action = name;
      limit_ok_ = true;
    } else if (is_one_of(name, {"log", "nflog", "audit"})) {
      if (!rule_) return misplaced(element, name == "audit");
      (name == "audit" ? has_audit_ : has_log_) = true;
      limit_ok_ = true;
    } else if (name == "limit") {
      if (!limit_ok_) misplaced(element, true);
    } else if (name == "interface") {
      if (rule_) return bad_rule(element.span, "an interface inside a rule");
      out_.interfaces.push_back(word(element, "name"));
    } else if (name == "forward") {
      out_.forward = true;
    } else if (name == "ingress-zone") {
      out_.ingress.push_back(word(element, "name"));
    } else if (name == "egress-zone") {
      out_.egress.push_back(word(element, "name"));
    }
  }

  void plain(const xml::Element& element, std::string value, std::string protocol = "",
             std::string to = "") {
    Entry entry;
    entry.kind = element.name;
    entry.value = std::move(value);
    entry.protocol = std::move(protocol);
    entry.to = std::move(to);
    entry.action = element.name == "icmp-block" ? "reject" : "accept";
    entry.span = element.span;
    out_.entries.push_back(std::move(entry));
  }

  void in_zone_port(const xml::Element& element) {
    std::string to;
    if (element.name == "forward-port")
      to = std::string(element.value("to-addr")) + ":" + std::string(element.value("to-port"));
    const std::string protocol(element.value("protocol"));
    // A rich rule is checked when it ends, and then it alone is passed over.
    if (rule_) return void(about(element, std::string(element.value("port")), protocol, to));
    if (auto range = port(element)) plain(element, *range, protocol, to);
  }

  void begin_rule(const xml::Element& element, size_t index) {
    rule_.emplace();
    rule_at_ = index;
    rule_->is_rich = true;
    rule_->span = element.span;
    has_audit_ = has_log_ = limit_ok_ = false;
    if (const xml::Attribute* const family = element.find("family")) {
      if (!is_one_of(family->value, {"ipv4", "ipv6"}))
        return bad_rule(family->value_span, "the family is neither ipv4 nor ipv6");
      rule_->family = family->value;
    }
    if (const xml::Attribute* const priority = element.find("priority")) {
      const auto value = number<int>(priority->value);
      if (!value) return refuse("bad-priority", priority->value_span, "not a number");
      rule_->priority = *value;
    }
  }

  void source(const xml::Element& element) {
    const std::string address(element.value("address"));
    const std::string ipset(element.value("ipset"));
    if (rule_) {
      if (has_source_) return bad_rule(element.span, "more than one source in a rule");
      has_source_ = true;
      rule_->not_source = is_yes(element.value("invert"));
      const std::string mac(element.value("mac"));
      if ((!address.empty()) + (!ipset.empty()) + (!mac.empty()) != 1)
        return bad_rule(element.span, "a source needs an address, a MAC address or an ipset");
      if (!address.empty() && (rule_->family.empty() || !is_address(rule_->family, address)))
        return bad_rule(element.span, rule_->family.empty()
                                          ? "an address needs the family of the rule"
                                          : "the source is no address of that family");
      if (!mac.empty() && !is_mac(mac)) return bad_rule(element.span, "not a MAC address");
      rule_->source = !address.empty() ? address : !mac.empty() ? "mac:" + mac : "ipset:" + ipset;
      return;
    }
    if (kind_ == Kind::policy) return misplaced(element, true);
    if (element.find("invert") ||
        (element.find("address") == nullptr) == (element.find("ipset") == nullptr))
      return misplaced(element, false);
    if (element.find("address") && !is_address("ipv4", address) && !is_address("ipv6", address) &&
        !is_mac(address))
      return refuse("bad-address", word(element, "address").span,
                    "not an address: '" + address + "'");
    Word one = word(element, element.find("ipset") ? "ipset" : "address");
    if (element.find("ipset")) one.text = "ipset:" + one.text;
    out_.sources.push_back(std::move(one));
  }

  void destination(const xml::Element& element) {
    if (!rule_) return misplaced(element, true);
    if (!rule_->destination.empty())
      return out_.errors.add("bad-rule", element.span, "more than one destination in a rule");
    const std::string address(element.value("address"));
    const std::string ipset(element.value("ipset"));
    rule_->not_destination = is_yes(element.value("invert"));
    if (address.empty() == ipset.empty())
      return bad_rule(element.span, "a destination needs an address or an ipset");
    if (rule_->family.empty() || (!address.empty() && !is_address(rule_->family, address)))
      return bad_rule(element.span, "the destination is no address of the rule's family");
    rule_->destination = address.empty() ? "ipset:" + ipset : address;
  }

  // firewall.core.rich.Rich_Rule.check
  void end_rule() {
    if (!rule_error_) check_rule();
    if (!rule_error_) out_.entries.push_back(std::move(*rule_));
    rule_.reset();
    rule_at_.reset();
    rule_error_ = has_source_ = false;
  }

  void check_rule() {
    Entry& rule = *rule_;
    const bool is_any = rule.kind.empty();
    if (rule.priority < -32768 || rule.priority > 32767)
      return bad_rule(rule.span, "not a priority from -32768 to 32767");
    if (is_any && !(has_log_ && rule.priority != 0)) {
      if (rule.action.empty()) return bad_rule(rule.span, "a rule without element and action");
      if (rule.source.empty() && rule.destination.empty() && rule.priority == 0)
        return bad_rule(rule.span, "a rule without element, source and destination");
    }
    const bool acts_itself =
        is_one_of(rule.kind, {"icmp-block", "forward-port", "masquerade", "tcp-mss-clamp"});
    if (!acts_itself && !has_log_ && !has_audit_ && rule.action.empty())
      return bad_rule(rule.span, "a rule that neither decides nor logs");
    if (acts_itself && !rule.action.empty())
      return bad_rule(rule.span, "<" + rule.kind + "> and an action in one rule");
    if (is_one_of(rule.kind, {"port", "source-port", "forward-port"})) {
      const auto range = port_range(rule.value);
      if (!range) return bad_rule(rule.span, "not a port: '" + rule.value + "'");
      rule.value = *range;
      if (!is_one_of(rule.protocol, {"tcp", "udp", "sctp", "dccp"}))
        return bad_rule(rule.span, "not tcp, udp, sctp or dccp");
    }
    if (rule.kind == "forward-port" && (rule.family.empty() || rule.to == ":"))
      return bad_rule(rule.span, "a forwarded port needs a family and a goal");
    if (has_audit_ && !is_one_of(rule.action, {"accept", "reject", "drop"}))
      return bad_rule(rule.span, "only what is accepted, rejected or dropped can be audited");
  }

  Kind kind_;
  xml::Document document_;
  File out_;
  std::optional<Entry> rule_;
  std::optional<size_t> rule_at_;      // its element
  std::optional<size_t> passed_over_;  // a rule of which nothing counts
  bool rule_error_ = false, has_source_ = false, has_log_ = false, has_audit_ = false;
  bool limit_ok_ = false, refused_ = false, is_broken_ = false;
};

}  // namespace

File parse(std::string_view text, Kind kind) {
  return Reader(text, kind).read();
}

}  // namespace drydock::parsers::firewalld
