// resolv.conf(5) as glibc's res_init(3) takes it: the first three name servers that are addresses; of "search" and
// "domain" the last; options add up, of those with a number the last counts.
#include <map>

#include "analyzer/facts/collect/setting.h"
#include "parsers/resolv_conf.h"

namespace drydock::facts {
namespace {

namespace resolv_conf = parsers::resolv_conf;

class Resolver {
 public:
  Resolver(Context& context, std::string_view path) : store_(context.store()), path_(path) {}

  void write(std::string_view key, const resolv_conf::Entry& entry) {
    store_.insert(kSettingTable,
                  {key, std::string_view(entry.value), std::string_view("resolv"), Null{}, path_,
                   store_.locate(path_, entry.span), store_.locate(path_, entry.value_span)});
  }

  // The last of those that are about the same thing.
  void write_last(std::string_view key, const std::vector<resolv_conf::Entry>& all) {
    std::map<std::string_view, const resolv_conf::Entry*> last;
    const bool are_options = key == "resolv.options";
    for (const resolv_conf::Entry& one : all) last[are_options ? name(one) : ""] = &one;
    for (const resolv_conf::Entry& one : all) {
      const resolv_conf::Entry* const winner = last[are_options ? name(one) : ""];
      if (winner == &one)
        write(key, one);
      else
        store_.overridden(kSettingTable, key, store_.locate(path_, winner->span),
                          store_.locate(path_, one.span), one.value,
                          "set again later in the same file");
    }
  }

 private:
  static std::string_view name(const resolv_conf::Entry& option) {
    return std::string_view(option.value).substr(0, option.value.find(':'));
  }

  Store& store_;
  std::string_view path_;
};

}  // namespace

void collect_resolv(Context& context) {
  if (context.is_fragment()) return;
  const auto text = context.read("etc/resolv.conf");
  if (!text) return;
  const resolv_conf::File file = resolv_conf::parse(text->text);
  context.issues(text->path, file.errors);
  Resolver resolver(context, text->path);
  for (const resolv_conf::Entry& server : file.name_servers)
    resolver.write("resolv.nameserver", server);
  resolver.write_last("resolv.search", file.searches);
  resolver.write_last("resolv.options", file.options);
}

}  // namespace drydock::facts
