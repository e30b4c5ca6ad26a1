// One rule prepared against a store: its statements, its message, where its columns are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/engine/message.h"
#include "analyzer/engine/rule.h"
#include "analyzer/engine/sandbox.h"

namespace drydock::engine {

// The columns of a statement that mean something to the engine; -1: it has none of that name.
struct Columns {
  std::vector<std::string> names;
  int loc = -1;
  int key = -1;
  int value = -1;  // what an expect judges
  int value_loc = -1;
  int related_loc = -1;
  int related_message = -1;

  int find(std::string_view name) const;
};

struct Program {
  std::shared_ptr<const Rule> rule;
  MessageTemplate message;
  MessageTemplate message_absent;
  std::optional<MessageTemplate> edit;  // of a query
  Statement exact;  // a query, or an expect for one exact key (bound to :drydock_key)
  Statement glob;   // an expect for the keys that match a pattern; may be null
  Columns columns;
  Names tables;  // fact tables it reads, without those of its condition
  // What must be collected for it: `tables`, but instead of a meta table, which is about all others, those
  // that its SQL names in texts (table_name = 'sshd').
  Names collects;
};

// Fails with every mistake that shows only against the tables: a table or a column that is not
// there, SQL that does not prepare, a name in the message that nothing fills in.
Result<Program, std::vector<Diagnostic>> compile(std::shared_ptr<const Rule> rule,
                                                 const facts::Store& store, Sandbox& sandbox);

// An expect's key as a GLOB pattern takes it: only '*' and '?' are special in rules.
bool is_glob(std::string_view key);
std::string glob_pattern(std::string_view key);

// The name by which SQL binds a parameter: ":ssh_max_auth_tries".
std::string bound_name(std::string_view parameter);

}  // namespace drydock::engine
