#include "analyzer/facts/lifecycle.h"
#include "parsers/characters.h"

#include <algorithm>
#include <array>
#include <vector>

namespace drydock::facts {

extern const std::string_view kLifecycleData;  // generated

namespace {

using parsers::is_digit;

struct Data {
  std::string_view date;
  std::vector<Lifecycle> releases;
};

Data read() {
  Data data;
  std::string_view rest = kLifecycleData;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.empty() || line.front() == '#') continue;
    std::array<std::string_view, 8> fields;
    for (std::string_view& field : fields) {
      field = line.substr(0, line.find(','));
      line.remove_prefix(std::min(line.size(), field.size() + 1));
    }
    if (fields[0] == "made")
      data.date = fields[1];
    else
      data.releases.push_back(
          {fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6], fields[7]});
  }
  return data;
}

const Data& data() {
  static const Data kData = read();
  return kData;
}

}  // namespace

std::string_view lifecycle_date() {
  return data().date;
}

std::span<const Lifecycle> lifecycles() {
  return data().releases;
}

const Lifecycle* find_lifecycle(std::string_view product, std::string_view version) {
  const Lifecycle* found = nullptr;
  for (const Lifecycle& one : lifecycles())
    if (one.product == product && version.starts_with(one.release) &&
        (version.size() == one.release.size() || !is_digit(version[one.release.size()])) &&
        (!found || one.release.size() > found->release.size()))
      found = &one;
  return found;
}

}  // namespace drydock::facts
