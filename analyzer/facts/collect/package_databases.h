// The package databases of a host, read once for all tables that are made of them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "analyzer/facts/collect.h"
#include "parsers/rpm_header.h"

namespace drydock::facts {

// RPM's database: the first of its directories that has one, in each the format of the newest RPM first.
// Calls `visit` for each installed package with the path of the database and the package's header (valid
// during the call). What cannot be read becomes an issue of the running collector.
void each_rpm(Context& context,
              const std::function<void(const std::string& path, std::string_view header,
                                       const parsers::rpm_header::Package& package)>& visit);

// What those may read.
std::vector<std::string_view> rpm_paths();

// apk's database: "lib/apk/db/installed", since apk-tools 3 "usr/lib/apk/db/installed".
std::optional<Text> read_apk(Context& context);
std::vector<std::string_view> apk_paths();

}  // namespace drydock::facts
