#include "analyzer/facts/collect/firewalld.h"

#include "parsers/env_file.h"

namespace drydock::facts {

void read_firewalld(FirewallRows& rows) {
  const auto text = rows.context().read("etc/firewalld/firewalld.conf");
  if (!text) return;
  const Start start = start_of(rows.context(), {"firewalld.service"});
  Span span{1, 1, 1, 1};
  std::string zone = "public";
  for (const auto& a : parsers::env_file::parse(text->text).assignments)
    if (a.name == "DefaultZone") {
      zone = a.value;
      span = a.span;
    }
  for (const std::string_view family : {"ip", "ip6"})
    for (const std::string_view hook : {"input", "forward"})
      rows.policy("firewalld", family, hook, zone == "trusted" ? "accept" : "reject",
                  "zone " + zone, start, text->path, text->path, span, span);
}

}  // namespace drydock::facts
