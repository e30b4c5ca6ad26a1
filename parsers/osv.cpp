#include "parsers/osv.h"

#include "parsers/json.h"

namespace drydock::parsers::osv {
namespace {

using json::Kind;
using json::Value;

std::string text_of(const Value* value) {
  return value && value->is(Kind::string) ? value->text : std::string();
}

const std::vector<Value>& items_of(const Value* value) {
  static const std::vector<Value> kNone;
  return value && value->is(Kind::array) ? value->items : kNone;
}

void add_texts(const Value* list, std::vector<std::string>& out) {
  for (const Value& one : items_of(list))
    if (one.is(Kind::string)) out.push_back(one.text);
}

Range range_of(const Value& value) {
  Range range;
  for (const Value& event : items_of(value.find("events"))) {
    // One of them each, by the schema.
    if (const Value* at = event.find("introduced"))
      range.events.push_back({Event::Kind::introduced, text_of(at)});
    if (const Value* at = event.find("fixed"))
      range.events.push_back({Event::Kind::fixed, text_of(at)});
    if (const Value* at = event.find("last_affected"))
      range.events.push_back({Event::Kind::last_affected, text_of(at)});
  }
  return range;
}

}  // namespace

File parse(std::string_view text) {
  json::Document document = json::parse(text);
  File file;
  file.errors = std::move(document.errors);
  const Value* root = document.root ? &*document.root : nullptr;
  Record& record = file.record;
  if (root) record.id = text_of(root->find("id"));
  if (record.id.empty()) {
    if (file.errors.empty())
      file.errors.add("not-a-record", root ? root->span : Span{1, 1, 1, 1},
                      "expected an object with the member 'id'", Effect::refused);
    return file;
  }
  add_texts(root->find("aliases"), record.names);
  add_texts(root->find("upstream"), record.names);
  record.withdrawn = !text_of(root->find("withdrawn")).empty();
  for (const Value& one : items_of(root->find("affected"))) {
    Affected affected;
    affected.ecosystem = text_of(one.find({"package", "ecosystem"}));
    affected.name = text_of(one.find({"package", "name"}));
    if (affected.ecosystem.empty() || affected.name.empty()) continue;
    for (const Value& range : items_of(one.find("ranges")))
      if (text_of(range.find("type")) == "ECOSYSTEM") affected.ranges.push_back(range_of(range));
    add_texts(one.find("versions"), affected.versions);
    record.affected.push_back(std::move(affected));
  }
  return file;
}

}  // namespace drydock::parsers::osv
