#include "parsers/kernel_config.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::kernel_config {
namespace {

std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Option& o : file.options)
    out += std::string(o.name) + " [" + std::string(o.value) + "] " + test::place(o.span) + " " +
           test::place(o.value_span) + "\n";
  return out + test::errors(file.errors);
}

// Documentation/kbuild/kconfig.rst of the kernel: what conf writes into .config.
TEST(KernelConfigParser, ReadsWhatIsSetAndWhatIsNot) {
  EXPECT_EQ(
      parsed("#\n# Linux/x86 6.1.0 Kernel Configuration\n#\nCONFIG_X86_64=y\nCONFIG_UDF_FS=m\r\n\n"
             "# CONFIG_DEVKMEM is not set\nCONFIG_LSM=\"landlock,lockdown\"\nCONFIG_HZ=250\n"
             "CONFIG_CC_VERSION_TEXT=\"gcc \\\"12\\\"\"\n# CONFIG_ is not set\nCONFIG_LAST=0x1"),
      "CONFIG_X86_64 [y] 4:1-4:16 4:15-4:16\n"
      "CONFIG_UDF_FS [m] 5:1-5:16 5:15-5:16\n"
      "CONFIG_DEVKMEM [n] 7:1-7:28 7:1-7:28\n"
      "CONFIG_LSM [landlock,lockdown] 8:1-8:31 8:12-8:31\n"
      "CONFIG_HZ [250] 9:1-9:14 9:11-9:14\n"
      "CONFIG_CC_VERSION_TEXT [gcc \\\"12\\\"] 10:1-10:36 10:24-10:36\n"
      "CONFIG_LAST [0x1] 12:1-12:16 12:13-12:16\n");
}

TEST(KernelConfigParser, PassesOverWhatIsNoOption) {
  EXPECT_EQ(parsed("CONFIG_A\nfoo=y\nCONFIG_B C=y\n=\nCONFIG_D=\n"),
            "CONFIG_D [] 5:1-5:10 5:10-5:10\n"
            "error not-an-option 1:1-1:9 expected CONFIG_NAME=value (ignored)\n"
            "error not-an-option 2:1-2:6 expected CONFIG_NAME=value (ignored)\n"
            "error not-an-option 3:1-3:13 expected CONFIG_NAME=value (ignored)\n"
            "error not-an-option 4:1-4:2 expected CONFIG_NAME=value (ignored)\n");
}

}  // namespace
}  // namespace drydock::parsers::kernel_config
