#include "analyzer/facts/collect/systemd_release.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "analyzer/source/tree.h"

namespace drydock::facts {

unsigned systemd_release(Context& context) {
  struct Release {
    unsigned number = 0;
  };
  return context
      .shared<Release>([&] {
        // Debian has it in the directory of its architecture since 12.
        std::vector<std::string> directories = {"usr/lib/systemd", "lib/systemd",
                                                "usr/lib64/systemd"};
        if (const auto names = context.tree().list("usr/lib"))
          for (const std::string& name : *names)
            if (name.find("-linux-gnu") != std::string::npos)
              directories.push_back("usr/lib/" + name + "/systemd");
        constexpr std::string_view kStart = "libsystemd-shared-";
        Release out;
        for (const std::string& directory : directories)
          for (const std::string& path :
               context.tree().glob(directory, std::string(kStart) + "*.so")) {
            const std::string_view name = file_name(path).substr(kStart.size());
            unsigned number = 0;
            std::from_chars(name.data(), name.data() + name.size(), number);
            out.number = std::max(out.number, number);
          }
        return out;
      })
      .number;
}

}  // namespace drydock::facts
