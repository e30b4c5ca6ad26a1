// The list of every collector. A new subsystem adds its header and its line here, nowhere else.
#include <array>

#include "analyzer/facts/collect.h"
#include "analyzer/facts/collect/access.h"
#include "analyzer/facts/collect/account.h"
#include "analyzer/facts/collect/audit.h"
#include "analyzer/facts/collect/banner.h"
#include "analyzer/facts/collect/boot.h"
#include "analyzer/facts/collect/cloud_init.h"
#include "analyzer/facts/collect/confinement.h"
#include "analyzer/facts/collect/container.h"
#include "analyzer/facts/collect/containerd.h"
#include "analyzer/facts/collect/cron.h"
#include "analyzer/facts/collect/docker.h"
#include "analyzer/facts/collect/docker_client.h"
#include "analyzer/facts/collect/dockerfile.h"
#include "analyzer/facts/collect/file.h"
#include "analyzer/facts/collect/firewall.h"
#include "analyzer/facts/collect/host_access.h"
#include "analyzer/facts/collect/image_file.h"
#include "analyzer/facts/collect/inet_service.h"
#include "analyzer/facts/collect/isolation.h"
#include "analyzer/facts/collect/job_access.h"
#include "analyzer/facts/collect/kernel.h"
#include "analyzer/facts/collect/limit.h"
#include "analyzer/facts/collect/login.h"
#include "analyzer/facts/collect/module.h"
#include "analyzer/facts/collect/mount.h"
#include "analyzer/facts/collect/network.h"
#include "analyzer/facts/collect/package.h"
#include "analyzer/facts/collect/package_source.h"
#include "analyzer/facts/collect/pam.h"
#include "analyzer/facts/collect/permission.h"
#include "analyzer/facts/collect/podman.h"
#include "analyzer/facts/collect/privileged_file.h"
#include "analyzer/facts/collect/reachable_port.h"
#include "analyzer/facts/collect/rsyslog.h"
#include "analyzer/facts/collect/setting.h"
#include "analyzer/facts/collect/shell_setting.h"
#include "analyzer/facts/collect/ssh_client.h"
#include "analyzer/facts/collect/sshd.h"
#include "analyzer/facts/collect/sudo.h"
#include "analyzer/facts/collect/support.h"
#include "analyzer/facts/collect/swap.h"
#include "analyzer/facts/collect/swarm.h"
#include "analyzer/facts/collect/sysctl.h"
#include "analyzer/facts/collect/systemd.h"
#include "analyzer/facts/collect/trait.h"
#include "analyzer/facts/collect/unit_activation.h"
#include "analyzer/facts/collect/unit_command.h"
#include "analyzer/facts/collect/unit_exposure.h"
#include "analyzer/facts/collect/unit_limit.h"
#include "analyzer/facts/collect/unit_problem.h"
#include "analyzer/facts/collect/vulnerability.h"

namespace drydock::facts {

std::span<const Collector> collectors() {
  // One a line, sorted.
  // clang-format off
  static const std::array kCollectors{
      kAccessCollector,
      kAccountCollector,
      kApparmorCollector,
      kAuditCollector,
      kBannerCollector,
      kBootCollector,
      kCloudInitCollector,
      kCloudInitSettingCollector,
      kConffileCollector,
      kContainerCollector,
      kContainerdCollector,
      kCronCollector,
      kDockerClientCollector,
      kDockerCollector,
      kDockerfileCollector,
      kFileCollector,
      kFirewallCollector,
      kAuthorizedKeyCollector,
      kHomeFileCollector,
      kHostAccessCollector,
      kImageFileCollector,
      kJobAccessCollector,
      kInetServiceCollector,
      kIsolationCollector,
      kKernelCollector,
      kAccountLimitCollector,
      kLimitCollector,
      kLoginCollector,
      kModuleCollector,
      kMountCollector,
      kSwapCollector,
      kNetworkCollector,
      kOsReleaseCollector,
      kPackageCollector,
      kPackageSourceCollector,
      kPamCollector,
      kPodmanCollector,
      kProtectedFileCollector,
      kReachablePortCollector,
      kRsyslogCollector,
      kSettingCollector,
      kShellSettingCollector,
      kSshClientCollector,
      kSshClientUserCollector,
      kSshdCollector,
      kSudoCollector,
      kSupportCollector,
      kSwarmCollector,
      kSysctlCollector,
      kTmpfilesCollector,
      kTraitCollector,
      kUnitActivationCollector,
      kUnitCollector,
      kUnitCommandCollector,
      kUnitExposureCollector,
      kUnitLimitCollector,
      kUnitProblemCollector,
      kUnitStateCollector,
      kUnreadFileCollector,
      kVulnerabilityCollector,
      // Last: a thread may be walking over the tree for them meanwhile.
      kExposedFileCollector,
      kPrivilegedFileCollector,
  };
  // clang-format on
  return kCollectors;
}

}  // namespace drydock::facts
