// Where rsyslogd takes logs from and sends them: tables `rsyslog_setting`, `rsyslog_forward`, `rsyslog_input`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kRsyslogSettingTable;
extern const TableSpec kRsyslogForwardTable;
extern const TableSpec kRsyslogInputTable;
extern const TableSpec kRsyslogFileTable;
extern const Collector kRsyslogCollector;

}  // namespace drydock::facts
