// cloud-init: tables `cloud_init_password`, `cloud_init_setting`, `cloud_init_user`, `cloud_init_file`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/facts/collect.h"
#include "parsers/user_data.h"
#include "parsers/yaml.h"

namespace drydock::facts {

extern const TableSpec kCloudInitPasswordTable;
extern const TableSpec kCloudInitSettingTable;
extern const TableSpec kCloudInitUserTable;
extern const TableSpec kCloudInitFileTable;

extern const Collector kCloudInitCollector;
extern const Collector kCloudInitSettingCollector;

// cloudinit.util.read_conf_with_confd: the directory beside etc/cloud/cloud.cfg, "conf_d:" of which names another, or none.
std::optional<std::string> cloud_init_directory(Context& context);

// A span of a part as one of the file.
Span place_in_file(Span span, const parsers::user_data::Part& part);

// The parts of "#cloud-config-archive": texts, or maps with "content" and maybe "type". One within another is none.
std::vector<parsers::user_data::Part> parts_of_archive(const parsers::yaml::Value& root,
                                                       const parsers::user_data::Part& part);

}  // namespace drydock::facts
