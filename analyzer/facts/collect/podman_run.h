// podman-run(1) and podman-pod-create(1): what the words of a command make of a container.
#pragma once

#include <span>
#include <string>

#include "analyzer/facts/collect/container_model.h"
#include "analyzer/facts/collect/quadlet_unit.h"

namespace drydock::facts {

struct PodmanRun {
  std::string pod;  // --pod: the pod's name; "new:NAME" makes one
  // What there is of user namespaces: --userns, --uidmap, --subuidname …; empty: nothing.
  std::string user_namespace;
  bool is_privileged = false;
};

// Reads the words behind `podman` ("run" … or "pod" "create" …) into the settings and lists of `out`. Options that
// have nothing to do with what the tables hold are passed over.
PodmanRun read_podman_run(std::span<const QuadletText> words, ContainerModel& out);

}  // namespace drydock::facts
