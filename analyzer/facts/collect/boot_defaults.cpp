// What a kernel does when an argument is not on its command line: Documentation/admin-guide/kernel-parameters.txt
// and the help of the options in the kernel's Kconfig files. Options and arguments that a kernel does not have yet
// give nothing.
#include <algorithm>
#include <unordered_map>

#include "analyzer/facts/collect/boot.h"

namespace drydock::facts {

int64_t kernel_release(std::string_view version) {
  int64_t numbers[2] = {0, 0};
  size_t at = 0;
  for (int64_t& number : numbers) {
    const size_t begin = at;
    while (at < version.size() && version[at] >= '0' && version[at] <= '9' && number < 1000)
      number = number * 10 + (version[at++] - '0');
    if (at == begin) return 0;
    if (at < version.size() && version[at] == '.') ++at;
  }
  return numbers[0] * 1000 + numbers[1];
}

std::map<std::string, std::string> kernel_argument_defaults(
    const parsers::kernel_config::File& config, int64_t release) {
  std::unordered_map<std::string_view, std::string_view> options;
  options.reserve(config.options.size());
  for (const auto& option : config.options) options[option.name] = option.value;
  const auto value = [&](std::string_view name) {
    const auto found = options.find(name);
    return found == options.end() ? std::string_view("n") : found->second;
  };
  const auto is_set = [&](std::string_view name) { return value(name) == "y"; };
  // Written as not set: a file that does not name the option says nothing.
  const auto is_off = [&](std::string_view name) {
    return options.contains(name) && value(name) == "n";
  };
  const bool x86 = is_set("CONFIG_X86_64");
  std::map<std::string, std::string> defaults;
  // The argument, the kernel it came with, and the option that is its default.
  const auto flag = [&](const char* argument, int64_t since, std::string_view option) {
    if (release >= since) defaults[argument] = is_set(option) ? "1" : "0";
  };
  flag("init_on_alloc", 5003, "CONFIG_INIT_ON_ALLOC_DEFAULT_ON");
  flag("init_on_free", 5003, "CONFIG_INIT_ON_FREE_DEFAULT_ON");
  flag("randomize_kstack_offset", 5013, "CONFIG_RANDOMIZE_KSTACK_OFFSET_DEFAULT");
  flag("iommu.strict", 4019, "CONFIG_IOMMU_DEFAULT_DMA_STRICT");
  flag("iommu.passthrough", 4018, "CONFIG_IOMMU_DEFAULT_PASSTHROUGH");
  flag("module.sig_enforce", 3007, "CONFIG_MODULE_SIG_FORCE");
  flag("bdev_allow_write_mounted", 6008, "CONFIG_BLK_DEV_WRITE_MOUNTED");
  if (is_off("CONFIG_MODULES")) defaults["module.sig_enforce"] = "1";
  // HARDENED_USERCOPY_DEFAULT_ON came with 6.13; before, the check was on where it was built in.
  flag("hardened_usercopy", 4019,
       release >= 6013 ? "CONFIG_HARDENED_USERCOPY_DEFAULT_ON" : "CONFIG_HARDENED_USERCOPY");
  if (is_off("CONFIG_SLAB_MERGE_DEFAULT") && release >= 4013) defaults["slab_nomerge"] = "";
  if (release >= 5012)
    defaults["kfence.sample_interval"] =
        is_set("CONFIG_KFENCE") ? std::string(value("CONFIG_KFENCE_SAMPLE_INTERVAL")) : "0";
  if (is_off("CONFIG_DEBUG_FS") || is_set("CONFIG_DEBUG_FS_ALLOW_NONE"))
    defaults["debugfs"] = "off";
  else if (is_set("CONFIG_DEBUG_FS_DISALLOW_MOUNT"))
    defaults["debugfs"] = "no-mount";
  if (is_set("CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY"))
    defaults["lockdown"] = "confidentiality";
  else if (is_set("CONFIG_LOCK_DOWN_KERNEL_FORCE_INTEGRITY"))
    defaults["lockdown"] = "integrity";
  if (release >= 6012)
    defaults["proc_mem.force_override"] = is_set("CONFIG_PROC_MEM_NO_FORCE")       ? "never"
                                          : is_set("CONFIG_PROC_MEM_FORCE_PTRACE") ? "ptrace"
                                                                                   : "always";
  if (is_set("CONFIG_EFI_DISABLE_PCI_DMA")) defaults["efi"] = "disable_early_pci_dma";
  if (release >= 6017) defaults["hash_pointers"] = "auto";
  if ((is_set("CONFIG_CFI") || is_set("CONFIG_CFI_CLANG")) && x86 && release >= 6002)
    defaults["cfi"] = "auto";
  if (!x86) return defaults;
  if (is_off("CONFIG_X86_VSYSCALL_EMULATION") || is_set("CONFIG_LEGACY_VSYSCALL_NONE"))
    defaults["vsyscall"] = "none";
  else if (is_set("CONFIG_LEGACY_VSYSCALL_XONLY"))
    defaults["vsyscall"] = "xonly";
  defaults["vdso32"] = is_set("CONFIG_COMPAT_VDSO") ? "2" : "1";
  if (is_off("CONFIG_IA32_EMULATION") || is_set("CONFIG_IA32_EMULATION_DEFAULT_DISABLED"))
    defaults["ia32_emulation"] = "0";
  else if (release >= 6007)
    defaults["ia32_emulation"] = "1";
  if (is_set("CONFIG_X86_INTEL_TSX_MODE_OFF") || is_off("CONFIG_CPU_SUP_INTEL"))
    defaults["tsx"] = "off";
  if (is_set("CONFIG_INTEL_IOMMU_DEFAULT_ON") || is_off("CONFIG_CPU_SUP_INTEL"))
    defaults["intel_iommu"] = "on";
  return defaults;
}

}  // namespace drydock::facts
