// Where container engines keep the file systems of images and containers inside a host.
#pragma once

#include <string_view>

namespace drydock {

// The byte of `path` behind the store's own directory ("var/lib/docker/", "var/lib/machines/" …),
// npos if the path is in none. What lies below belongs to guests: their /etc is not the host's.
size_t container_store_begin(std::string_view path);

}  // namespace drydock
