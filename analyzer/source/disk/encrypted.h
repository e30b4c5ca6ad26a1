// What /etc/crypttab says of encrypted volumes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace drydock {

// crypttab(5): the volume that is opened as /dev/mapper/NAME.
struct EncryptedDevice {
  std::string name;
  std::string source;    // as fstab(5) names a device
  bool is_swap = false;  // made anew at each start: nothing at rest is in it
  size_t line = 0;       // in crypttab, from 1
};

std::vector<EncryptedDevice> encrypted_devices(std::string_view crypttab);

}  // namespace drydock
