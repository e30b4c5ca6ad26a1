// How far each service is sandboxed: tables `unit_assessment` and `unit_exposure`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kUnitAssessmentTable;
extern const TableSpec kUnitExposureTable;
extern const Collector kUnitExposureCollector;

}  // namespace drydock::facts
