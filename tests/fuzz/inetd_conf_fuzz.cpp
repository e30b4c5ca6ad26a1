#include "parsers/inetd_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto which : {drydock::parsers::inetd_conf::Inetd::openbsd,
                           drydock::parsers::inetd_conf::Inetd::inetutils})
    drydock::parsers::inetd_conf::parse_inetd(text, which);
  drydock::parsers::inetd_conf::parse_xinetd(text);
  return 0;
}
