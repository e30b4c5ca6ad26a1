// inetd.conf(5): a line a service; openbsd-inetd and inetutils-inetd read /etc/inetd.conf, the latter /etc/inetd.d/* too.
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
    for (const auto& [path, section] : sections_) {
      if (section.is_defaults) {
        if (std::ranges::find(counting, &section) == counting.end()) continue;
        add(defaults, section);
        from = values(defaults, "only_from", {});
        continue;
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
      insert(section.name, "xinetd", first(section, "protocol"), first(section, "user"),
             is_type("INTERNAL") ? "internal" : first(section, "server"),
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
  IncludeLimit limit_{context_, 500};
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
