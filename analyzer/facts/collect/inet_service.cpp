// inetd.conf(5): a line a service, in inetd.cpp.
// xinetd.conf(5): sections of /etc/xinetd.conf and of what it includes; `disable = yes`, or the service's id among
// `disabled` of the defaults, or not among their `enabled`, keeps one from being started.
#include "analyzer/facts/collect/inet_service.h"

#include <algorithm>
#include <set>

#include "analyzer/facts/collect/firewall_rows.h"
#include "analyzer/facts/collect/include_limit.h"
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
         {"family", ColumnType::text,
          "inetd: 'ip', 'ip6' or 'ip ip6'; NULL: a socket in the file system, or not known."},
         {"user", ColumnType::text, "As whom it runs; NULL: not said."},
         {"user_group", ColumnType::text, "The group it runs with; NULL: the user's."},
         {"wait", ColumnType::boolean,
          "It is handed the socket itself, and no second one is started meanwhile; NULL: not "
          "said."},
         {"per_minute", ColumnType::integer,
          "inetd: how often it may be started in a minute; NULL: as often as any service."},
         {"program", ColumnType::text,
          "What is run; 'internal': a part of the manager; NULL: not said."},
         {"arguments", ColumnType::text, "Of the program; NULL: none."},
         {"address", ColumnType::text, "The one it listens on; NULL: every one."},
         {"only_from", ColumnType::text, "xinetd: whom it serves, with blanks; NULL: everybody."},
         {"disabled", ColumnType::boolean,
          "The configuration says that it is not to be started, or the manager passes over it."},
         {"enabled", ColumnType::boolean, "The manager is started at boot; NULL: not known."},
         {"loc", ColumnType::location, "The line, or the head of the section."}},
    .indexes = {},
    .examples = {"SELECT name, program, user FROM inet_service WHERE NOT disabled"}};

namespace {

namespace inetd = parsers::inetd_conf;

constexpr size_t kMost = 500'000;  // words of only_from over all services of xinetd

class InetServices {
 public:
  explicit InetServices(Context& context) : context_(context) {}

  void read_xinetd(const std::string& path, int depth) {
    const auto text = context_.read(path);
    if (!text || !limit_.admits(text->path, depth)) return;
    const inetd::XinetdFile file = inetd::parse_xinetd(text->text);
    context_.issues(text->path, file.errors);
    // An include counts where it stands.
    size_t next = 0;
    const auto sections_before = [&](uint32_t line) {
      for (; next < file.sections.size() && file.sections[next].span.line < line; ++next)
        sections_.push_back({text->path, file.sections[next]});
    };
    for (const inetd::Include& include : file.includes) {
      sections_before(include.span.line);
      if (context_.is_fragment()) continue;
      if (!include.is_directory) {
        read_xinetd(normal_path(include.path), depth + 1);
        continue;
      }
      // "Files with names that contain a dot or end with a tilde are ignored."
      for (const std::string& found : context_.tree().glob(normal_path(include.path), "*"))
        if (file_name(found).find('.') == std::string_view::npos && !found.ends_with('~'))
          read_xinetd(found, depth + 1);
    }
    sections_before(UINT32_MAX);
  }

  void write_xinetd(std::optional<bool> enabled) {
    // "only 1 defaults entry is allowed": the first of each file. Services are disabled and bound by what stands anywhere in
    // them; only_from holds for the services behind it.
    std::vector<std::string_view> files;
    std::vector<const inetd::Section*> counting;
    for (const Placed& one : sections_) {
      if (!one.section.is_defaults || std::ranges::find(files, one.path) != files.end()) continue;
      files.emplace_back(one.path);
      counting.push_back(&one.section);
    }
    inetd::Section all_defaults{}, defaults{};
    all_defaults.is_defaults = defaults.is_defaults = true;
    const auto add = [](inetd::Section& to, const inetd::Section& from) {
      to.attributes.insert(to.attributes.end(), from.attributes.begin(), from.attributes.end());
    };
    for (const inetd::Section* one : counting) add(all_defaults, *one);
    const auto names = [&](std::string_view name) {
      const std::vector<std::string> list = values(all_defaults, name, {});
      return std::set<std::string>(list.begin(), list.end());
    };
    const std::set<std::string> off = names("disabled"), on = names("enabled");
    std::vector<std::string> from;  // only_from of the defaults so far
    size_t weight = 0;              // each service has its own copy of that
    for (const auto& [path, section] : sections_) {
      if (section.is_defaults) {
        if (std::ranges::find(counting, &section) == counting.end()) continue;
        add(defaults, section);
        from = values(defaults, "only_from", {});
        continue;
      }
      if ((weight += from.size()) > kMost) {
        context_.issue(path,
                       {"too-many-services", section.span,
                        "too many services with too long a list of only_from: the rest is not read",
                        parsers::Effect::refused});
        return;
      }
      std::string id = first(section, "id");
      if (id.empty()) id = section.name;
      const std::vector<std::string> types = values(section, "type", {});
      const auto is_type = [&](std::string_view type) {
        return std::ranges::find(types, type) != types.end();
      };
      // "missing attribute", "Error parsing attribute - DISABLING SERVICE".
      const std::string wait = lower(first(section, "wait")),
                        disable = lower(first(section, "disable"));
      const bool lacks =
          (is_type("UNLISTED") && !has(section, "socket_type") && !has(section, "protocol")) ||
          (wait != "yes" && wait != "no") ||
          (!is_type("INTERNAL") && (!has(section, "server") || !has(section, "user"))) ||
          (is_type("UNLISTED") && !has(section, "port"));
      const bool disabled = lacks || (!disable.empty() && disable != "no") || off.contains(id) ||
                            (has(all_defaults, "enabled") && !on.contains(id));
      // "+=" and "-=" change what the defaults say.
      std::string only;
      for (const std::string& one : values(section, "only_from", from))
        only += (only.empty() ? "" : " ") + one;
      std::string address = first(section, "bind");
      if (address.empty()) address = first(section, "interface");
      if (address.empty()) address = first(all_defaults, "bind");
      insert_inet_service(context_,
                          {.name = section.name,
                           .manager = "xinetd",
                           .protocol = first(section, "protocol"),
                           .family = "",
                           .user = first(section, "user"),
                           .group = first(section, "group"),
                           .program = is_type("INTERNAL") ? "internal" : first(section, "server"),
                           .arguments = all(section, "server_args"),
                           .address = address,
                           .only_from = only,
                           .wait = wait == "yes"  ? std::optional(true)
                                   : wait == "no" ? std::optional(false)
                                                  : std::nullopt,
                           .per_minute = {},
                           .disabled = disabled,
                           .enabled = enabled,
                           .path = path,
                           .span = section.span});
      report_second(section, path);
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

  // A list that begins with `list`. "=" sets it anew in a service; in the defaults it adds, as "+=" does.
  static std::vector<std::string> values(const inetd::Section& section, std::string_view name,
                                         std::vector<std::string> list) {
    std::set<std::string> in(list.begin(), list.end());
    for (const inetd::Attribute& one : section.attributes) {
      if (one.name != name) continue;
      if (one.op == "=" && !section.is_defaults) in.clear();
      for (const std::string& value : one.values) {
        if (one.op == "-=")
          in.erase(value);
        else if (in.insert(value).second)
          list.push_back(value);
      }
    }
    // Each that is left, once.
    std::erase_if(list, [&](const std::string& value) { return in.erase(value) == 0; });
    return list;
  }

  // Of what is no list the first counts: "attribute already set"; only "=" may set it.
  static const inetd::Attribute* set(const inetd::Section& section, std::string_view name) {
    for (const inetd::Attribute& one : section.attributes)
      if (one.name == name && one.op == "=" && !one.values.empty()) return &one;
    return nullptr;
  }

  // Attributes of which another one counts.
  void report_second(const inetd::Section& section, const std::string& path) {
    static constexpr std::string_view kShown[] = {
        "bind", "disable", "id", "interface", "protocol", "server", "server_args", "user", "wait"};
    for (const std::string_view name : kShown) {
      const inetd::Attribute* counts = set(section, name);
      for (const inetd::Attribute& one : section.attributes)
        if (one.name == name && counts && &one != counts && !one.values.empty())
          context_.store().overridden(kInetServiceTable, section.name,
                                      context_.store().locate(path, section.span),
                                      context_.store().locate(path, one.span),
                                      one.name + " " + one.op + " " + one.values.front(),
                                      "the attribute is set above, and the first counts");
    }
  }

  static std::string first(const inetd::Section& section, std::string_view name) {
    const inetd::Attribute* one = set(section, name);
    return one ? one->values.front() : "";
  }

  static std::string all(const inetd::Section& section, std::string_view name) {
    std::string out;
    if (const inetd::Attribute* one = set(section, name))
      for (const std::string& value : one->values) out += (out.empty() ? "" : " ") + value;
    return out;
  }

  Context& context_;
  std::vector<Placed> sections_;
  IncludeLimit limit_{context_, 500};
};

}  // namespace

LocationId insert_inet_service(Context& context, const InetService& one) {
  const LocationId loc = context.store().locate(one.path, one.span);
  context.store().insert(
      kInetServiceTable,
      {std::string_view(one.name), one.manager, text_or_null(one.protocol),
       text_or_null(one.family), text_or_null(one.user), text_or_null(one.group),
       one.wait ? Value(*one.wait) : Value(Null{}),
       one.per_minute ? Value(*one.per_minute) : Value(Null{}), text_or_null(one.program),
       text_or_null(one.arguments), text_or_null(one.address), text_or_null(one.only_from),
       one.disabled, one.enabled ? Value(*one.enabled) : Value(Null{}), loc});
  return loc;
}

namespace {

void collect_inet_service(Context& context) {
  InetServices services(context);
  if (context.is_fragment()) {
    std::vector<std::string> of_inetd;
    for (const std::string& path : context.loose()) {
      if (file_name(path) == "inetd.conf")
        of_inetd.push_back(path);
      else
        services.read_xinetd(path, 0);
    }
    read_inetd(context, of_inetd, std::nullopt);
    return services.write_xinetd(std::nullopt);
  }
  const auto enabled = [&](const std::vector<std::string>& units) {
    const std::optional<bool> start = start_of(context, units).enabled;
    return context.scope() == Scope::etc && start == false ? std::nullopt : start;
  };
  read_inetd(context, {},
             enabled({"inetd.service", "inetutils-inetd.service", "openbsd-inetd.service"}));
  services.read_xinetd("etc/xinetd.conf", 0);
  services.write_xinetd(enabled({"xinetd.service"}));
}

}  // namespace

const Collector kInetServiceCollector{
    .name = "inet_service",
    .tables = {&kInetServiceTable},
    .needs = {"unit_state"},
    .paths = {"etc/inetd.conf", "etc/inetd.d/*", "etc/xinetd.conf", "etc/xinetd.d/*",
              "usr/sbin/inetutils-inetd", "etc/services", "etc/protocols", "etc/rpc", "etc/passwd",
              "etc/group", "etc/nsswitch.conf"},
    .loose = {"inetd.conf", "xinetd.conf", "xinetd.d/*"},
    .collect = collect_inet_service};

}  // namespace drydock::facts
