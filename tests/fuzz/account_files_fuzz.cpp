#include "parsers/account_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock::parsers::account_files;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  parse_passwd(text);
  parse_shadow(text);
  parse_group(text);
  parse_gshadow(text);
  parse_subid(text);
  classify_password(text);
  return 0;
}
