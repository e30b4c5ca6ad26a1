// Names of systemd units: systemd.unit(5), third paragraph and on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::facts {

enum class UnitNameKind : uint8_t {
  plain,      // cron.service
  instance,   // getty@tty1.service
  template_,  // getty@.service
};

// What kind of unit name it is; nullopt for what is none (a bad character, no known suffix, too
// long).
std::optional<UnitNameKind> unit_name_kind(std::string_view name);

// "getty@tty1.service" -> "service".
std::string_view unit_type(std::string_view name);
// "getty@tty1.service" -> "tty1"; empty for a template or a plain name.
std::string_view unit_instance(std::string_view name);
// "getty@tty1.service" -> "getty@.service"; a plain name stays.
std::string unit_template(std::string_view name);
// "getty@.service", "tty1" -> "getty@tty1.service".
std::string instantiate(std::string_view unit_template, std::string_view instance);

// The names whose ".d" directories hold drop-ins of `name`, those that count more first:
// foo-bar@x.service, foo-bar@.service, foo-.service, foo-@x.service, foo-@.service. (The manual page
// says "foo-" for templates too; that an instance is cut both ways is what systemd 252 does.)
std::vector<std::string> drop_in_names(std::string_view name);

// systemd.unit(5) does not list them: the types of units that can have another name.
bool type_may_alias(std::string_view type);

// May a link of the name `alias` stand for the unit `target`? "Aliases obey the following
// restrictions". A link from a name to itself is none.
bool alias_is_valid(std::string_view alias, std::string_view target);

}  // namespace drydock::facts
