// Table `inet_service`: what inetd and xinetd start for whoever connects.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kInetServiceTable;
extern const Collector kInetServiceCollector;

// One row.
struct InetService {
  std::string name;
  std::string_view manager;
  std::string protocol, family, user, group, program, arguments, address, only_from;
  std::optional<bool> wait;
  std::optional<int64_t> per_minute;
  bool disabled = false;
  std::optional<bool> enabled;
  std::string path;
  Span span{};
};
LocationId insert_inet_service(Context& context, const InetService& service);

// Of etc/inetd.conf and etc/inetd.d, or of `files`, which are loose.
void read_inetd(Context& context, const std::vector<std::string>& files,
                std::optional<bool> enabled);

}  // namespace drydock::facts
