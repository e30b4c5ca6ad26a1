// rsyslogd reads /etc/rsyslog.conf and, where that says so, what "$IncludeConfig" and "include(file=…)" name,
// in sorted order and in the place of the include. A directive holds for the actions that follow it; of two
// the later counts for those behind it.
#include "analyzer/facts/collect/rsyslog.h"

#include <map>

#include "analyzer/source/tree.h"
#include "parsers/rsyslog.h"

namespace drydock::facts {

const TableSpec kRsyslogSettingTable{
    .name = "rsyslog_setting",
    .kind = TableKind::effective,
    .doc =
        "A setting of rsyslogd for the whole daemon or for actions in the old format: a "
        "\"$Directive\", a parameter of global(), what module() loads (modload), or one of "
        "StreamDriverAuthMode and the like at an action. Every place has a row.",
    .columns = {{"key", ColumnType::text,
                 "In lower case: filecreatemode, modload, defaultnetstreamdriver, "
                 "actionsendstreamdriverauthmode."},
                {"value", ColumnType::text, "As it is written."},
                {"loc", ColumnType::location, "The setting."},
                {"value_loc", ColumnType::location, "Its value."}},
    .key = "key",
    .value = "value",
    .examples = {"SELECT key, value, loc FROM rsyslog_setting"}};

const TableSpec kRsyslogForwardTable{
    .name = "rsyslog_forward",
    .kind = TableKind::effective,
    .doc = "An action that sends logs to another host: omfwd, omrelp, or '@host' and '@@host'.",
    .columns = {{"target", ColumnType::text, "Host name or address."},
                {"protocol", ColumnType::text, "'udp', 'tcp' or 'relp'."},
                {"port", ColumnType::text, "As it is written; NULL if not given."},
                {"tls", ColumnType::boolean, "The connection is encrypted."},
                {"auth_mode", ColumnType::text,
                 "How the other side is recognised: 'x509/name', 'anon' and so on; NULL if not "
                 "given."},
                {"permitted_peer", ColumnType::text, "Whom it may be; NULL if not given."},
                {"loc", ColumnType::location, "The action."}},
    .examples = {"SELECT target, protocol, tls FROM rsyslog_forward"}};

const TableSpec kRsyslogInputTable{
    .name = "rsyslog_input",
    .kind = TableKind::effective,
    .doc = "A port on which rsyslogd takes logs from other hosts.",
    .columns = {{"module", ColumnType::text, "imtcp, imptcp, imudp, imrelp or imgssapi."},
                {"port", ColumnType::text, "As it is written; NULL if not given."},
                {"address", ColumnType::text, "The address it listens on; NULL: all."},
                {"loc", ColumnType::location, "What makes it listen."}},
    .examples = {"SELECT module, port FROM rsyslog_input"}};

namespace {

namespace rsyslog = parsers::rsyslog;

constexpr size_t kFiles = 500;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

std::string first_of(const rsyslog::Object& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const std::string_view value = object.value(name); !value.empty())
      return std::string(value);
  return "";
}

Value text_or_null(const std::string& text) {
  return text.empty() ? Value(Null{}) : Value(std::string_view(text));
}

class Rsyslog {
 public:
  explicit Rsyslog(Context& context) : context_(context) {}

  void read(const std::string& path, int depth) {
    const auto text = context_.read(path);
    if (!text || depth > limits::kIncludeDepth || ++files_ > kFiles) return;
    const rsyslog::File file = rsyslog::parse(text->text);
    context_.issues(text->path, file.errors);
    for (const rsyslog::Statement& statement : file.statements) {
      if (const auto* legacy = std::get_if<rsyslog::Legacy>(&statement))
        note(*legacy, text->path, depth);
      else if (const auto* object = std::get_if<rsyslog::Object>(&statement))
        note(*object, text->path, depth);
      else
        note(std::get<rsyslog::Selector>(statement), text->path);
    }
  }

 private:
  void include(const std::string& value, int depth) {
    if (context_.is_fragment()) return;
    std::string path = normal_path(value);
    if (path.find_first_of("*?[") != std::string::npos) {
      for (const std::string& found : context_.tree().glob(parent_path(path), file_name(path)))
        read(found, depth + 1);
      return;
    }
    const auto stat = context_.tree().stat(path);
    if (stat && stat->type == NodeType::directory) {
      for (const std::string& found : context_.tree().glob(path, "*")) read(found, depth + 1);
      return;
    }
    read(path, depth + 1);
  }

  void note(const rsyslog::Legacy& legacy, const std::string& path, int depth) {
    if (legacy.name == "includeconfig") return include(legacy.value, depth);
    setting(legacy.name, legacy.value, path, legacy.span, legacy.value_span);
    legacy_[legacy.name] = legacy.value;
    static const std::map<std::string_view, std::string_view> kServers = {
        {"inputtcpserverrun", "imtcp"},
        {"inputptcpserverrun", "imptcp"},
        {"udpserverrun", "imudp"},
        {"inputrelpserverrun", "imrelp"},
        {"inputgssserverrun", "imgssapi"}};
    if (const auto server = kServers.find(legacy.name); server != kServers.end())
      input(server->second, legacy.value, legacy_["udpserveraddress"], path, legacy.span);
  }

  void note(const rsyslog::Object& object, const std::string& path, int depth) {
    if (object.kind == "include") {
      include(std::string(object.value("file")), depth);
    } else if (object.kind == "global") {
      for (const rsyslog::Parameter& p : object.parameters)
        setting(p.name, p.value, path, p.span, p.value_span);
    } else if (object.kind == "module") {
      // builtin:omfile makes the logs; imjournal and others say with what mode they keep their state.
      for (const rsyslog::Parameter& p : object.parameters) {
        if (p.name == "filecreatemode" && lower(object.value("load")) == "builtin:omfile")
          setting(p.name, p.value, path, p.span, p.value_span);
        if (p.name == "load") setting("modload", p.value, path, p.span, p.value_span);
      }
    } else if (object.kind == "input") {
      const std::string type = lower(object.value("type"));
      if (type == "imtcp" || type == "imptcp" || type == "imudp" || type == "imrelp" ||
          type == "imgssapi")
        input(type, std::string(object.value("port")), std::string(object.value("address")), path,
              object.span);
    } else if (object.kind == "action") {
      action(object, path);
    }
  }

  void action(const rsyslog::Object& object, const std::string& path) {
    const std::string type = lower(object.value("type"));
    for (const rsyslog::Parameter& p : object.parameters)
      if (p.name == "streamdriverauthmode" || p.name == "streamdriver.authmode" ||
          p.name == "tls.authmode")
        setting("actionsendstreamdriverauthmode", p.value, path, p.span, p.value_span);
    if (type != "omfwd" && type != "omrelp") return;
    const bool relp = type == "omrelp";
    const std::string tls = lower(object.value("tls"));
    const std::string mode = first_of(object, {"streamdrivermode", "streamdriver.mode"});
    // "tls" and the mode of the driver say the same; where they disagree nothing is sure.
    const bool on = (tls == "on" || mode == "1") && tls != "off" && mode != "0";
    const std::string protocol = relp                                       ? "relp"
                                 : lower(object.value("protocol")) == "tcp" ? "tcp"
                                                                            : "udp";
    forward(std::string(object.value("target")), protocol, std::string(object.value("port")),
            on && protocol != "udp",
            first_of(object, {"streamdriverauthmode", "streamdriver.authmode", "tls.authmode"}),
            first_of(object, {"streamdriverpermittedpeers", "streamdriverpermittedpeer",
                              "streamdriver.permittedpeers", "streamdriver.permittedpeer",
                              "tls.permittedpeer", "permittedpeer"}),
            path, object.span);
  }

  // rsyslog.conf(5) "ACTIONS", "Remote Machine": '@' is UDP, '@@' TCP; "(z9)" options may precede the host.
  void note(const rsyslog::Selector& selector, const std::string& path) {
    std::string_view to = selector.action;
    if (!to.starts_with('@')) return;
    const bool tcp = to.starts_with("@@");
    to.remove_prefix(tcp ? 2 : 1);
    if (to.starts_with('('))
      to.remove_prefix(std::min(
          to.size(), to.find(')') == std::string_view::npos ? to.size() : to.find(')') + 1));
    to = to.substr(0, to.find(';'));
    std::string host, port;
    if (to.starts_with('[')) {
      const size_t close = std::min(to.find(']'), to.size());
      host = to.substr(1, close - 1);
      if (to.substr(close).starts_with("]:")) port = to.substr(close + 2);
    } else {
      const size_t colon = to.find(':');
      host = to.substr(0, colon);
      if (colon != std::string_view::npos) port = to.substr(colon + 1);
    }
    if (host.empty()) return;
    forward(host, tcp ? "tcp" : "udp", port, tcp && legacy_["actionsendstreamdrivermode"] == "1",
            legacy_["actionsendstreamdriverauthmode"],
            legacy_["actionsendstreamdriverpermittedpeer"], path, selector.span);
  }

  void setting(const std::string& key, const std::string& value, const std::string& path, Span span,
               Span value_span) {
    context_.store().insert(kRsyslogSettingTable, {std::string_view(key), std::string_view(value),
                                                   context_.store().locate(path, span),
                                                   context_.store().locate(path, value_span)});
  }

  void forward(const std::string& target, const std::string& protocol, const std::string& port,
               bool tls, const std::string& auth_mode, const std::string& peer,
               const std::string& path, Span span) {
    context_.store().insert(
        kRsyslogForwardTable,
        {std::string_view(target), std::string_view(protocol), text_or_null(port), tls,
         text_or_null(auth_mode), text_or_null(peer), context_.store().locate(path, span)});
  }

  void input(std::string_view module, const std::string& port, const std::string& address,
             const std::string& path, Span span) {
    context_.store().insert(kRsyslogInputTable, {module, text_or_null(port), text_or_null(address),
                                                 context_.store().locate(path, span)});
  }

  Context& context_;
  std::map<std::string, std::string> legacy_;  // directives so far
  size_t files_ = 0;
};

void collect_rsyslog(Context& context) {
  Rsyslog rsyslog(context);
  if (!context.is_fragment()) return rsyslog.read("etc/rsyslog.conf", 0);
  for (const std::string& path : context.loose()) Rsyslog(context).read(path, 0);
}

}  // namespace

const Collector kRsyslogCollector{
    .name = "rsyslog",
    .tables = {&kRsyslogSettingTable, &kRsyslogForwardTable, &kRsyslogInputTable},
    .needs = {},
    .paths = {"etc/rsyslog.conf", "etc/rsyslog.d/*", "usr/share/rsyslog/*.conf"},
    .loose = {"rsyslog.conf", "rsyslog.d/*.conf"},
    .collect = collect_rsyslog};

}  // namespace drydock::facts
