// selinux_config(5): of /etc/selinux/config the mode and the policy, as libselinux takes them at boot.
#include "parsers/selinux_config.h"

#include "analyzer/facts/collect/setting.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

void collect_selinux(Context& context) {
  if (context.is_fragment()) return;
  const auto text = context.read("etc/selinux/config");
  if (!text) return;
  const parsers::selinux_config::File file = parsers::selinux_config::parse(text->text);
  context.issues(text->path, file.errors);
  Store& store = context.store();
  for (const std::string_view name : {"SELINUX", "SELINUXTYPE"}) {
    const bool is_first = name == "SELINUX";
    const parsers::selinux_config::Setting* winner = nullptr;
    for (const auto& setting : file.settings)
      if (setting.name == name && !(is_first && winner)) winner = &setting;
    if (!winner) continue;
    const std::string key = "selinux." + winner->name;
    const LocationId place = store.locate(text->path, winner->span);
    store.insert(kSettingTable, {std::string_view(key), std::string_view(winner->value),
                                 std::string_view("selinux"), Null{}, std::string_view(text->path),
                                 place, store.locate(text->path, winner->value_span)});
    for (const auto& setting : file.settings)
      if (setting.name == name && &setting != winner)
        store.overridden(kSettingTable, key, place, store.locate(text->path, setting.span),
                         setting.value,
                         is_first ? "the first line that names a mode counts"
                                  : "set again later in the same file");
  }
}

}  // namespace drydock::facts
