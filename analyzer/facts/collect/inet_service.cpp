// inetd.conf(5): a line a service; openbsd-inetd and inetutils-inetd read /etc/inetd.conf, the latter /etc/inetd.d/* too.
// xinetd.conf(5): sections of /etc/xinetd.conf and of what it includes; `disable = yes`, or the service's id among
// `disabled` of the defaults, or not among their `enabled`, keeps one from being started.
#include "analyzer/facts/collect/inet_service.h"

#include <algorithm>
#include <set>

#include "analyzer/facts/collect/firewall_rows.h"
#include "analyzer/source/tree.h"
#include "parsers/inetd_conf.h"

namespace drydock::facts {

const TableSpec kInetServiceTable{
    .name = "inet_service",
    .kind = TableKind::effective,
    .doc =
        "A service that inetd (inetd.conf(5)) or xinetd (xinetd.conf(5)) starts for whoever "
        "connects.",
    .columns =
        {{"name", ColumnType::text, "As /etc/services has it: telnet."},
         {"manager", ColumnType::text, "'inetd' or 'xinetd'."},
         {"protocol", ColumnType::text, "tcp, udp, tcp6 …; NULL: not said."},
         {"user", ColumnType::text, "As whom it runs; NULL: not said."},
         {"program", ColumnType::text,
          "What is run; 'internal': a part of the manager; NULL: not said."},
         {"arguments", ColumnType::text, "Of the program; NULL: none."},
         {"address", ColumnType::text, "The one it listens on; NULL: every one."},
         {"only_from", ColumnType::text, "xinetd: whom it serves, with blanks; NULL: everybody."},
         {"disabled", ColumnType::boolean, "The configuration says that it is not to be started."},
         {"enabled", ColumnType::boolean, "The manager is started at boot; NULL: not known."},
         {"loc", ColumnType::location, "The line, or the head of the section."}},
    .indexes = {},
    .examples = {"SELECT name, program, user FROM inet_service WHERE NOT disabled"}};

namespace {

namespace inetd = parsers::inetd_conf;

class InetServices {
 public:
  explicit InetServices(Context& context) : context_(context) {}

  void read_inetd(const std::string& path, std::optional<bool> enabled) {
    const auto text = context_.read(path);
    if (!text) return;
    const inetd::File file = inetd::parse_inetd(text->text);
    context_.issues(text->path, file.errors);
    for (const inetd::Service& one : file.services)
      insert(one.name, "inetd", one.protocol, one.user, one.program, one.arguments,
             one.address == "*" ? "" : one.address, "", false, enabled, text->path, one.span);
  }

  void read_xinetd(const std::string& path, int depth) {
    if (depth > limits::kIncludeDepth || ++files_ > 500) return;
    const auto text = context_.read(path);
    if (!text) return;
    const inetd::XinetdFile file = inetd::parse_xinetd(text->text);
    context_.issues(text->path, file.errors);
    for (const inetd::Section& section : file.sections) sections_.push_back({text->path, section});
    if (context_.is_fragment()) return;
    for (const inetd::Include& include : file.includes) {
      if (!include.is_directory) {
        read_xinetd(normal_path(include.path), depth + 1);
        continue;
      }
      // "Files with names that contain a dot or end with a tilde are ignored."
      for (const std::string& found : context_.tree().glob(normal_path(include.path), "*"))
        if (file_name(found).find('.') == std::string_view::npos && !found.ends_with('~'))
          read_xinetd(found, depth + 1);
    }
  }

  void write_xinetd(std::optional<bool> enabled) {
    const inetd::Section none{};
    const inetd::Section* defaults = &none;
    for (const Placed& one : sections_)
      if (one.section.is_defaults) defaults = &one.section;
    const std::set<std::string> off = values(*defaults, "disabled"),
                                on = values(*defaults, "enabled");
    for (const auto& [path, section] : sections_) {
      if (section.is_defaults) continue;
      std::string id = first(section, "id");
      if (id.empty()) id = section.name;
      const bool disabled = lower(first(section, "disable")) == "yes" || off.contains(id) ||
                            (has(*defaults, "enabled") && !on.contains(id));
      std::string only = all(section, "only_from");
      if (only.empty()) only = all(*defaults, "only_from");
      const auto types = values(section, "type");
      std::string address = first(section, "bind");
      if (address.empty()) address = first(section, "interface");
      insert(section.name, "xinetd", first(section, "protocol"), first(section, "user"),
             types.contains("INTERNAL") ? "internal" : first(section, "server"),
             all(section, "server_args"), address, only, disabled, enabled, path, section.span);
    }
  }

 private:
  struct Placed {
    std::string path;
    inetd::Section section;
  };

  static bool has(const inetd::Section& section, std::string_view name) {
    return std::ranges::any_of(section.attributes,
                               [&](const inetd::Attribute& one) { return one.name == name; });
  }

  static std::set<std::string> values(const inetd::Section& section, std::string_view name) {
    std::set<std::string> out;
    for (const inetd::Attribute& one : section.attributes) {
      if (one.name != name) continue;
      if (one.op == "=") out.clear();
      for (const std::string& value : one.values) {
        if (one.op == "-=")
          out.erase(value);
        else
          out.insert(value);
      }
    }
    return out;
  }

  static std::string first(const inetd::Section& section, std::string_view name) {
    std::string out;
    for (const inetd::Attribute& one : section.attributes)
      if (one.name == name && !one.values.empty()) out = one.values.front();
    return out;
  }

  static std::string all(const inetd::Section& section, std::string_view name) {
    std::string out;
    for (const inetd::Attribute& one : section.attributes)
      if (one.name == name)
        for (const std::string& value : one.values) out += (out.empty() ? "" : " ") + value;
    return out;
  }

  void insert(const std::string& name, std::string_view manager, const std::string& protocol,
              const std::string& user, const std::string& program, const std::string& arguments,
              const std::string& address, const std::string& only_from, bool disabled,
              std::optional<bool> enabled, const std::string& path, Span span) {
    context_.store().insert(
        kInetServiceTable,
        {std::string_view(name), manager, text_or_null(protocol), text_or_null(user),
         text_or_null(program), text_or_null(arguments), text_or_null(address),
         text_or_null(only_from), disabled, enabled ? Value(*enabled) : Value(Null{}),
         context_.store().locate(path, span)});
  }

  Context& context_;
  std::vector<Placed> sections_;
  size_t files_ = 0;
};

void collect_inet_service(Context& context) {
  InetServices services(context);
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) {
      if (file_name(path) == "inetd.conf")
        services.read_inetd(path, std::nullopt);
      else
        services.read_xinetd(path, 0);
    }
    return services.write_xinetd(std::nullopt);
  }
  const auto enabled = [&](const std::vector<std::string>& units) {
    const std::optional<bool> start = start_of(context, units).enabled;
    return context.scope() == Scope::etc && start == false ? std::nullopt : start;
  };
  const auto inetd = enabled({"inetd.service", "inetutils-inetd.service", "openbsd-inetd.service"});
  services.read_inetd("etc/inetd.conf", inetd);
  for (const std::string& path : context.tree().glob("etc/inetd.d", "*"))
    services.read_inetd(path, inetd);
  services.read_xinetd("etc/xinetd.conf", 0);
  services.write_xinetd(enabled({"xinetd.service"}));
}

}  // namespace

const Collector kInetServiceCollector{
    .name = "inet_service",
    .tables = {&kInetServiceTable},
    .needs = {"unit_state"},
    .paths = {"etc/inetd.conf", "etc/inetd.d/*", "etc/xinetd.conf", "etc/xinetd.d/*"},
    .loose = {"inetd.conf", "xinetd.conf", "xinetd.d/*"},
    .collect = collect_inet_service};

}  // namespace drydock::facts
