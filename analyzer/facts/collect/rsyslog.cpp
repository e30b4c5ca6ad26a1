// rsyslogd reads /etc/rsyslog.conf and, where that says so, what "$IncludeConfig" and "include(file=…)" name,
// in sorted order and in the place of the include. A directive holds for the actions in the old format that follow
// it; of two the later counts for those behind it. Actions in the new format take nothing from directives.
#include "analyzer/facts/collect/rsyslog.h"

#include <map>
#include <set>

#include "analyzer/facts/collect/include_limit.h"
#include "analyzer/source/tree.h"
#include "parsers/characters.h"
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

const TableSpec kRsyslogFileTable{
    .name = "rsyslog_file",
    .kind = TableKind::effective,
    .doc =
        "An action that writes logs to a file, and with which mode rsyslogd makes the "
        "file. In the old format "
        "the mode is that of the last $FileCreateMode before the action; in the new one "
        "that of the "
        "action or of module(load=\"builtin:omfile\"), and $FileCreateMode does not count.",
    .columns = {{"path", ColumnType::text,
                 "As it is written; '?name' or a dynafile is a template."},
                {"mode", ColumnType::integer,
                 "Without the bits of the umask that the configuration sets, or of 0022; NULL if "
                 "it depends on files not given."},
                {"loc", ColumnType::location, "The action."},
                {"mode_loc", ColumnType::location, "What sets the mode; NULL: the default, 0644."}},
    .examples = {"SELECT path, mode FROM rsyslog_file"}};

namespace {

using parsers::is_digit;
using parsers::is_space;
using parsers::lower;

namespace rsyslog = parsers::rsyslog;

constexpr size_t kFiles = 500;

std::string first_of(const rsyslog::Object& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const std::string_view value = object.value(name); !value.empty())
      return std::string(value);
  return "";
}

Value text_or_null(const std::string& text) {
  return text.empty() ? Value(Null{}) : Value(std::string_view(text));
}

// "file modes need to be specified as 4- or 5-digit octal numbers starting with '0'".
std::optional<int> octal(std::string_view text) {
  if ((text.size() != 4 && text.size() != 5) || text[0] != '0') return std::nullopt;
  int out = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    out = out * 8 + (c - '0');
  }
  return out;
}

std::string first_word(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && !is_space(text[end])) ++end;
  return std::string(text.substr(0, end));
}

class Rsyslog {
 public:
  explicit Rsyslog(Context& context) : context_(context) {}

  void read(const std::string& path) { read(std::vector<std::string>{path}); }

  // What depends on the last of the settings.
  void finish() {
    for (const LogFile& one : log_files_) {
      Value mode = Null{};
      if (one.mode >= 0) mode = int64_t{one.mode & ~umask_};
      context_.store().insert(kRsyslogFileTable,
                              {std::string_view(one.path), mode, one.loc, one.mode_loc});
    }
  }

 private:
  struct Mode {
    int mode = 0644;
    Value loc = Null{};
  };
  struct LogFile {
    std::string path;
    int mode;  // -1: not known
    Value loc, mode_loc;
  };

  void read_one(const std::string& path) {
    const auto text = context_.read(path);
    if (!text || !limit_.admits(text->path, depth_)) return;
    ++depth_;
    const rsyslog::File file = rsyslog::parse(text->text);
    context_.issues(text->path, file.errors);
    for (const rsyslog::Statement& statement : file.statements) {
      if (const auto* legacy = std::get_if<rsyslog::Legacy>(&statement))
        note(*legacy, text->path);
      else if (const auto* object = std::get_if<rsyslog::Object>(&statement))
        note(*object, text->path);
      else
        note(std::get<rsyslog::Selector>(statement), text->path);
      if (stopped_) break;
    }
    --depth_;
    stopped_ |= file.ends_reading;
  }

  // "trying to include file …, which is already included - ignored": one that is being read, or is to be.
  // All of a glob count as included from the start.
  void read(const std::vector<std::string>& paths) {
    std::vector<std::string> fresh;
    for (const std::string& path : paths)
      if (reading_.insert(path).second) fresh.push_back(path);
    for (const std::string& path : fresh) {
      if (!stopped_) read_one(path);
      reading_.erase(path);
    }
  }

  // A file that is not there ends the reading if its name holds no wildcard and a directive names it.
  void include(const std::string& value, bool is_directive, const std::string& by, Span span) {
    if (context_.is_fragment() || value.empty()) return;
    const std::string path = normal_path(value);
    if (path.find_first_of("*?[") != std::string::npos) {
      return read(context_.tree().glob(parent_path(path), file_name(path)));
    }
    const auto stat = context_.tree().stat(path);
    if (stat && stat->type == NodeType::directory) return read(context_.tree().glob(path, "*"));
    // Of a tree that may be a part of a host nothing outside /etc is known not to be there.
    if (!stat && is_directive && path.starts_with("etc/")) {
      context_.issue(by, {"missing-include", span,
                          "there is no such file, and rsyslogd reads nothing from here on",
                          parsers::Effect::ignored});
      stopped_ = true;
      return;
    }
    read(path);
  }

  void note(const rsyslog::Legacy& legacy, const std::string& path) {
    if (legacy.name == "includeconfig") return include(legacy.value, true, path, legacy.span);
    setting(legacy.name, legacy.value, path, legacy.span, legacy.value_span);
    const std::string word = first_word(legacy.value);
    if (legacy.name == "modload") load(word);
    // Of the value of a directive four digits count, whatever follows.
    const auto mode = octal(std::string_view(word).substr(0, 4));
    if (legacy.name == "umask" && mode && !global_umask_) umask_ = *mode;
    if (legacy.name == "filecreatemode" && mode)
      legacy_mode_ = {*mode, context_.store().locate(path, legacy.span)};
    if (legacy.name == "resetconfigvariables") {
      legacy_.clear();
      legacy_mode_ = {};
      return;
    }
    legacy_[legacy.name] = word;
    struct Server {
      std::string_view module, address;
    };
    static const std::map<std::string_view, Server> kServers = {
        {"inputtcpserverrun", {"imtcp", ""}},
        {"inputptcpserverrun", {"imptcp", "inputptcpserverlistenip"}},
        {"udpserverrun", {"imudp", "udpserveraddress"}},
        {"inputrelpserverrun", {"imrelp", ""}},
        {"inputgssserverrun", {"imgssapi", ""}}};
    const auto server = kServers.find(legacy.name);
    if (server == kServers.end() || !is_loaded(server->second.module) || word.empty()) return;
    const std::string address =
        server->second.address.empty() ? "" : legacy_[std::string(server->second.address)];
    input(server->second.module, word, address == "*" ? "" : address, path, legacy.span);
  }

  void note(const rsyslog::Object& object, const std::string& path) {
    if (object.kind == "include") {
      include(std::string(object.value("file")), false, path, object.span);
    } else if (object.kind == "global") {
      for (const rsyslog::Parameter& p : object.parameters) {
        setting(p.name, p.value, path, p.span, p.value_span);
        if (p.name != "umask") continue;
        if (const auto mode = octal(p.value)) umask_ = *mode, global_umask_ = true;
      }
    } else if (object.kind == "module") {
      // builtin:omfile makes the logs; imjournal and others say with what mode they keep their state.
      for (const rsyslog::Parameter& p : object.parameters) {
        if (p.name == "filecreatemode" && lower(object.value("load")) == "builtin:omfile") {
          setting(p.name, p.value, path, p.span, p.value_span);
          if (const auto mode = octal(p.value))
            module_mode_ = {*mode, context_.store().locate(path, p.span)};
        }
        if (p.name != "load") continue;
        setting("modload", p.value, path, p.span, p.value_span);
        load(p.value);
      }
    } else if (object.kind == "input") {
      const std::string type = lower(object.value("type"));
      const rsyslog::Parameter* port = object.find("port");
      if (port && !port->value.empty() && is_loaded(type) &&
          (type == "imtcp" || type == "imptcp" || type == "imudp" || type == "imrelp"))
        for (std::string_view rest = port->value; !rest.empty();) {
          const std::string one = first_word(rest);
          rest.remove_prefix(std::min(rest.size(), one.size() + 1));
          input(type, one, std::string(object.value("address")), path, object.span);
        }
    } else if (object.kind == "action") {
      action(object, path);
    }
  }

  void action(const rsyslog::Object& object, const std::string& path) {
    const std::string type = lower(object.value("type"));
    for (const rsyslog::Parameter& p : object.parameters)
      if (p.name == "streamdriverauthmode" || p.name == "streamdriver.authmode")
        setting("actionsendstreamdriverauthmode", p.value, path, p.span, p.value_span);
    if (type == "omfile") return log_file(object, path);
    if (type != "omfwd" && type != "omrelp") return;
    const bool relp = type == "omrelp";
    const std::string target(object.value("target"));
    const std::string given = lower(object.value("protocol"));
    if (target.empty() || (!relp && !given.empty() && given != "tcp" && given != "udp")) return;
    const std::string protocol = relp ? "relp" : given == "tcp" ? "tcp" : "udp";
    // omfwd knows no "tls", as omrelp no mode of a driver.
    const bool tls = relp ? lower(object.value("tls")) == "on"
                          : protocol == "tcp" &&
                                first_of(object, {"streamdrivermode", "streamdriver.mode"}) == "1";
    // Since 8.2408 there may be several, of which one gets the logs.
    for (std::string_view rest = target; !rest.empty();) {
      const std::string one = first_word(rest);
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      forward(one, protocol, first_word(object.value("port")), tls,
              relp ? std::string(object.value("tls.authmode"))
                   : first_of(object, {"streamdriverauthmode", "streamdriver.authmode"}),
              std::string(object.value(relp ? "tls.permittedpeer" : "streamdriverpermittedpeers")),
              path, object.span);
    }
  }

  void log_file(const rsyslog::Object& object, const std::string& path) {
    const std::string name = first_of(object, {"file", "dynafile"});
    if (name.empty()) return;
    Mode mode = module_mode_;
    if (const rsyslog::Parameter* p = object.find("filecreatemode"))
      if (const auto own = octal(p->value)) mode = {*own, context_.store().locate(path, p->span)};
    log_file(name, mode, path, object.span);
  }

  void log_file(const std::string& name, const Mode& mode, const std::string& path, Span span) {
    const bool depends = context_.is_fragment() && std::holds_alternative<Null>(mode.loc);
    log_files_.push_back(
        {name, depends ? -1 : mode.mode, context_.store().locate(path, span), mode.loc});
  }

  // rsyslog.conf(5) "ACTIONS": "Regular File", "Remote Machine".
  void note(const rsyslog::Selector& selector, const std::string& path) {
    std::string_view to = selector.action;
    if (to.starts_with("@")) return remote(to, path, selector.span);
    if (constexpr std::string_view kRelp = ":omrelp:"; lower(to.substr(0, kRelp.size())) == kRelp)
      return relp(to.substr(kRelp.size()), path, selector.span);
    if (to.starts_with("-/")) to.remove_prefix(1);
    if (!to.starts_with('/') && !to.starts_with('?')) return;
    log_file(std::string(to.substr(0, to.find_first_of("; "))), legacy_mode_, path, selector.span);
  }

  // '@' is UDP, '@@' TCP; "(z9,o)" options may precede the host. The host goes to a ':', a ';' or a '#': blanks
  // are a part of it, and rsyslogd finds no host of such a name.
  void remote(std::string_view to, const std::string& path, Span span) {
    const bool tcp = to.starts_with("@@");
    to.remove_prefix(tcp ? 2 : 1);
    if (to.starts_with('(')) {
      // Of an option that is none the first character is passed over, be it a ')'.
      size_t i = 0;
      do {
        ++i;
        if (i < to.size() && to[i] == 'z') {
          ++i;
          if (i < to.size() && is_digit(to[i])) ++i;
        } else if (i < to.size()) {
          ++i;
        }
        while (i < to.size() && to[i] != ')' && to[i] != ',') ++i;
      } while (i < to.size() && to[i] == ',');
      to.remove_prefix(std::min(to.size(), i + 1));
    }
    size_t i = 0;
    std::string host, port;
    if (to.starts_with('[')) {
      const size_t close = std::min(to.find(']'), to.size());
      host = to.substr(1, close - 1);
      i = std::min(close + 1, to.size());
    } else {
      i = std::min(to.find_first_of(";:#"), to.size());
      host = to.substr(0, i);
    }
    if (i < to.size() && to[i] == ':') {
      const size_t begin = ++i;
      while (i < to.size() && is_digit(to[i])) ++i;
      port = to.substr(begin, i - begin);
    }
    while (i < to.size() && to[i] != ';' && to[i] != '#' && !is_space(to[i])) ++i;
    while (i < to.size() && is_space(to[i])) ++i;
    // "invalid character in selector line - ';template' expected": there is no action.
    if (host.empty() || (i < to.size() && to[i] != ';' && to[i] != '#')) return;
    std::string peer;
    if (tcp)
      std::swap(peer, legacy_["actionsendstreamdriverpermittedpeer"]);  // of the next one only
    forward(host, tcp ? "tcp" : "udp", port, tcp && legacy_["actionsendstreamdrivermode"] == "1",
            legacy_["actionsendstreamdriverauthmode"], peer, path, span);
  }

  // ":omrelp:host:port".
  void relp(std::string_view to, const std::string& path, Span span) {
    to = to.substr(0, to.find_first_of("; #"));
    std::string host(to), port;
    if (to.starts_with('[')) {
      const size_t close = std::min(to.find(']'), to.size());
      host = to.substr(1, close - 1);
      if (to.substr(close).starts_with("]:")) port = to.substr(close + 2);
    } else if (const size_t colon = to.find(':'); colon != std::string_view::npos) {
      host = to.substr(0, colon);
      port = to.substr(colon + 1);
    }
    if (!host.empty()) forward(host, "relp", port, false, "", "", path, span);
  }

  void load(std::string name) {
    if (name.ends_with(".so")) name.resize(name.size() - 3);
    modules_.insert(std::move(name));
  }
  // What makes a module listen is an error before the module is loaded.
  bool is_loaded(std::string_view module) const {
    return context_.is_fragment() || modules_.contains(module);
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
  Mode legacy_mode_, module_mode_;
  int umask_ = 0022;  // systemd's own, if the configuration says nothing
  bool global_umask_ = false;
  std::vector<LogFile> log_files_;
  std::set<std::string, std::less<>> modules_, reading_;
  IncludeLimit limit_{context_, kFiles};
  int depth_ = 0;
  bool stopped_ = false;  // by a mistake in one of the files
};

void collect_rsyslog(Context& context) {
  if (!context.is_fragment()) {
    Rsyslog rsyslog(context);
    rsyslog.read("etc/rsyslog.conf");
    return rsyslog.finish();
  }
  for (const std::string& path : context.loose()) {
    Rsyslog rsyslog(context);
    rsyslog.read(path);
    rsyslog.finish();
  }
}

}  // namespace

const Collector kRsyslogCollector{
    .name = "rsyslog",
    .tables = {&kRsyslogSettingTable, &kRsyslogForwardTable, &kRsyslogInputTable,
               &kRsyslogFileTable},
    .needs = {},
    .paths = {"etc/rsyslog.conf", "etc/rsyslog.d/*", "usr/share/rsyslog/*.conf"},
    .loose = {"rsyslog.conf", "rsyslog.d/*.conf"},
    .collect = collect_rsyslog};

}  // namespace drydock::facts
