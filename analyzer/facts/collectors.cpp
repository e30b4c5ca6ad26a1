// The list of every collector. A new subsystem adds its header and its line here, nowhere else.
#include <array>

#include "analyzer/facts/collect.h"
#include "analyzer/facts/collect/account.h"
#include "analyzer/facts/collect/audit.h"
#include "analyzer/facts/collect/container.h"
#include "analyzer/facts/collect/containerd.h"
#include "analyzer/facts/collect/docker.h"
#include "analyzer/facts/collect/docker_client.h"
#include "analyzer/facts/collect/file.h"
#include "analyzer/facts/collect/firewall.h"
#include "analyzer/facts/collect/image_file.h"
#include "analyzer/facts/collect/isolation.h"
#include "analyzer/facts/collect/mount.h"
#include "analyzer/facts/collect/package.h"
#include "analyzer/facts/collect/podman.h"
#include "analyzer/facts/collect/sshd.h"
#include "analyzer/facts/collect/sudo.h"
#include "analyzer/facts/collect/swarm.h"
#include "analyzer/facts/collect/sysctl.h"
#include "analyzer/facts/collect/systemd.h"
#include "analyzer/facts/collect/trait.h"

namespace drydock::facts {

std::span<const Collector> collectors() {
  // One a line, sorted.
  // clang-format off
  static const std::array kCollectors{
      kAccountCollector,
      kAuditCollector,
      kContainerCollector,
      kContainerdCollector,
      kDockerClientCollector,
      kDockerCollector,
      kFileCollector,
      kFirewallCollector,
      kImageFileCollector,
      kIsolationCollector,
      kMountCollector,
      kOsReleaseCollector,
      kPackageCollector,
      kPodmanCollector,
      kSshdCollector,
      kSudoCollector,
      kSwarmCollector,
      kSysctlCollector,
      kTraitCollector,
      kUnitCollector,
      kUnitStateCollector,
  };
  // clang-format on
  return kCollectors;
}

}  // namespace drydock::facts
