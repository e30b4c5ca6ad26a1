#include "parsers/new_accounts.h"
#include "parsers/nsswitch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)drydock::parsers::new_accounts::parse_useradd(text);
  (void)drydock::parsers::new_accounts::parse_adduser(text);
  (void)drydock::parsers::new_accounts::parse_shells(text);
  (void)drydock::parsers::nsswitch::parse(text);
  return 0;
}
