#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/codec.h"
#include "analyzer/engine/config.h"
#include "analyzer/engine/lint.h"

// A pack's rules and a user's configuration come from anywhere.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = drydock::engine::load_rule(text, "rules/fuzz/r.yaml");
  if (loaded.rule) {
    drydock::engine::lint(*loaded.rule, {});
    if (drydock::engine::decode_rules(drydock::engine::encode_rules({loaded.rule})).size() != 1)
      __builtin_trap();
  }
  drydock::engine::load_config(text, ".drydock.yaml");
  drydock::engine::decode_rules(text);
  return 0;
}
