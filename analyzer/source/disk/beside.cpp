#include "analyzer/source/disk/beside.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

namespace drydock {
namespace {

constexpr size_t kMaxFiles = 256;

// The directory of an image, and what was opened in it.
struct Directory {
  int descriptor = -1;
  std::set<std::pair<dev_t, ino_t>> opened = {};

  explicit Directory(const std::string& image) {
    const size_t slash = image.rfind('/');
    const std::string path = slash == std::string::npos ? "." : image.substr(0, slash + 1);
    descriptor = open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat info {};
    if (stat(image.c_str(), &info) == 0) opened.emplace(info.st_dev, info.st_ino);
  }
  ~Directory() {
    if (descriptor >= 0) close(descriptor);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
};

// Names come from the image and may be long.
std::string shown(const std::string& name) {
  return "'" + name.substr(0, 200) + "'";
}

}  // namespace

OpenBeside refuse_beside() {
  return [](const std::string& name) -> Result<BlockDevicePtr> {
    return Error{"the image needs the file " + shown(name) + ", which was not named",
                 "--allow-beside opens files in the image's own directory; or flatten the image "
                 "first: qemu-img convert -O qcow2 IN OUT"};
  };
}

OpenBeside open_beside(const std::string& path, std::shared_ptr<ReadCost> cost) {
  const auto directory = std::make_shared<Directory>(path);
  return [directory, cost](const std::string& name) -> Result<BlockDevicePtr> {
    const std::string what = "the image needs the file " + shown(name) + ", which ";
    if (name.empty() || name == "." || name == ".." || name.find('/') != name.npos ||
        name.find('\0') != name.npos)
      return Error{what + "is no bare name",
                   "only files in the image's own directory are opened; flatten it first: "
                   "qemu-img convert -O qcow2 IN OUT"};
    if (directory->opened.size() > kMaxFiles) return Error{what + "is one too many", ""};
    const int descriptor = openat(directory->descriptor, name.c_str(),
                                  O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) {
      const std::string why = errno == ELOOP ? "it is a symbolic link" : std::strerror(errno);
      return Error{what + "cannot be opened: " + why, ""};
    }
    struct stat info {};
    const bool is_new =
        fstat(descriptor, &info) == 0 && directory->opened.emplace(info.st_dev, info.st_ino).second;
    auto file = FileDevice::adopt(descriptor, name, cost);
    if (!file) return Error{what + "is no regular file", ""};
    if (!is_new) return Error{what + "is in use already: its files go round in a circle", ""};
    return BlockDevicePtr(std::move(file).value());
  };
}

}  // namespace drydock
