// What Quadlet makes of a unit: the words of the `podman` command that its service starts.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/quadlet_unit.h"

namespace drydock::facts {

// Units of one search path by their file names, with what other units call them by.
struct QuadletNames {
  std::map<std::string, const QuadletUnit*, std::less<>> units;
  bool is_complete = true;  // false: a fragment; units that are not there are somewhere else
  // Of images, volumes and networks: they are made before what names them, so that those that are not have no name.
  std::set<const QuadletUnit*> refused;

  const QuadletUnit* find(std::string_view name) const;        // null: there is none
  const std::string& resource(const QuadletUnit& unit) const;  // quadlet_resource, or empty

 private:
  mutable std::map<const QuadletUnit*, std::string> resources_;  // as asked for
};

// The name of the container, pod, network, volume or image that a unit makes; empty: it is not known, or has more than
// 4,096 bytes.
std::string quadlet_resource(const QuadletUnit& unit);

struct QuadletCommand {
  // Without the program: "run" "--name" "systemd-%N" …; of a pod the one that creates it. In the order of the keys
  // of Podman's own code, which is none for some of them.
  std::vector<QuadletText> words;
  std::string refused;  // why Quadlet makes no service of the unit; empty: it does
  bool is_of_release =
      false;    // that it is refused: earlier or later releases of Podman may take it
  Place place;  // of what it refuses
};

// podman-systemd.unit(5): of containers and pods, and whether the others are taken.
QuadletCommand quadlet_command(const QuadletUnit& unit, const QuadletNames& names);

// The links that the generator makes of [Install]: "multi-user.target.wants/web.service", "alias.service". The first
// 4,096 of them.
std::vector<QuadletText> quadlet_links(const QuadletUnit& unit);

}  // namespace drydock::facts
