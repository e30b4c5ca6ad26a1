#include "analyzer/facts/collect/grub_run.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  drydock::facts::GrubHost host;
  // Every file is this one: a script may include itself.
  host.read = [&](const std::string& path) { return drydock::facts::GrubHost::Source{path, text}; };
  host.exists = [](const std::string& path) { return path.find("grub") != std::string::npos; };
  host.parsed = [](const auto&, const auto&) {};
  drydock::facts::run_grub(host, "boot/grub/grub.cfg");
  return 0;
}
