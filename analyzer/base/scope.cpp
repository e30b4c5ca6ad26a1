#include "analyzer/base/scope.h"

namespace drydock {

std::string_view name(Scope scope) {
  switch (scope) {
    case Scope::host:
      return "host";
    case Scope::etc:
      return "etc";
    case Scope::fragment:
      break;
  }
  return "fragment";
}

}  // namespace drydock
