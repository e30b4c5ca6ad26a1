// logrotate reads /etc/logrotate.conf, and what "include" names in the place of the include: a file, or the files of a
// directory by name. An option outside the blocks counts for the blocks below it, also those of later files. An
// included file that has a mistake, even in a block, changes nothing for those; of logrotate.conf what stands before
// the mistake counts (logrotate 3.21).
#include "parsers/logrotate.h"

#include <algorithm>
#include <optional>

#include "analyzer/facts/collect/include_limit.h"
#include "analyzer/facts/collect/setting.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

namespace {

namespace logrotate = parsers::logrotate;

constexpr size_t kFiles = 500;

// What no directory gives unless "tabooext" or "taboopat" says otherwise, by fnmatch(3) with FNM_PERIOD.
constexpr std::string_view kTaboo[] = {
    "*,v",         "*.bak",      "*.cfsaved",  "*.disabled", "*.dpkg-bak",      "*.dpkg-del",
    "*.dpkg-dist", "*.dpkg-new", "*.dpkg-old", "*.dpkg-tmp", "*.rhn-cfg-tmp-*", "*.rpmnew",
    "*.rpmorig",   "*.rpmsave",  "*.swp",      "*.ucf-dist", "*.ucf-new",       "*.ucf-old",
    "*~"};

// An option, or a block with the options that hold for it.
struct Found {
  std::string path;
  logrotate::Option option;
  std::optional<logrotate::Block> block;
};

class Logrotate {
 public:
  explicit Logrotate(Context& context)
      : context_(context), taboo_(std::begin(kTaboo), std::end(kTaboo)) {}

  // What the file sets; nothing of an included file that logrotate refuses.
  std::vector<Found> read(const std::string& path, int depth) {
    const auto text = context_.read(path);
    if (!text || !limit_.admits(text->path, depth)) return {};
    logrotate::File file = logrotate::parse(text->text);
    context_.issues(text->path, file.errors);
    const bool refused =
        depth > 0 && std::ranges::any_of(file.errors, [](const parsers::SyntaxError& error) {
          return error.effect == parsers::Effect::refused || error.code == "bad-block";
        });
    std::vector<Found> all;
    size_t block = 0;
    for (size_t i = 0; i <= file.options.size(); ++i) {
      for (; block < file.blocks.size() && file.blocks[block].before <= i; ++block)
        all.push_back({text->path, {}, std::move(file.blocks[block])});
      if (i == file.options.size()) break;
      logrotate::Option& option = file.options[i];
      // This one stays, whatever becomes of the file.
      if (option.name.starts_with("taboo")) set_taboo(option.value, option.name == "tabooext");
      const std::string included = option.name == "include" ? normal_path(option.value) : "";
      all.push_back({text->path, std::move(option), {}});
      if (included.empty() || context_.is_fragment()) continue;
      for (const std::string& one : files_of(included)) {
        std::vector<Found> more = read(one, depth + 1);
        all.insert(all.end(), std::make_move_iterator(more.begin()),
                   std::make_move_iterator(more.end()));
      }
    }
    if (refused) all.clear();
    return all;
  }

 private:
  // "[+] one, two": without the '+' those before are forgotten.
  void set_taboo(std::string_view value, bool is_end) {
    const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    const auto skip = [&] {
      while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
    };
    if (value.starts_with('+')) {
      value.remove_prefix(1);
      skip();
    } else {
      taboo_.clear();
    }
    while (!value.empty() && taboo_.size() < 1000) {
      size_t end = 0;
      while (end < value.size() && !is_space(value[end]) && value[end] != ',') ++end;
      taboo_.push_back((is_end ? "*" : "") + std::string(value.substr(0, end)));
      value.remove_prefix(end);
      if (value.starts_with(',')) value.remove_prefix(1);
      skip();
    }
  }

  bool is_taboo(std::string_view name) const {
    return std::ranges::any_of(taboo_, [&](const std::string& pattern) {
      return (!name.starts_with('.') || pattern.starts_with('.')) && glob_match(pattern, name);
    });
  }

  std::vector<std::string> files_of(const std::string& path) {
    const auto stat = context_.tree().stat(path);
    if (!stat || stat->type != NodeType::directory) return {path};
    std::vector<std::string> files;
    for (const std::string_view pattern : {".*", "*"})  // by name
      for (const std::string& file : context_.tree().glob(path, pattern))
        if (const auto is = context_.tree().stat(file);
            is && is->type == NodeType::file && !is_taboo(file_name(file)))
          files.push_back(file);
    std::ranges::sort(files);
    return files;
  }

  Context& context_;
  std::vector<std::string> taboo_;
  IncludeLimit limit_{context_, kFiles};
};

bool says_when(std::string_view name) {
  return name == "daily" || name == "weekly" || name == "monthly" || name == "yearly" ||
         name == "hourly" || name == "size";
}

// Walks what was found in order: options go to `setting`, blocks with what holds for them to `logrotate_log`.
void write(Context& context, const std::vector<Found>& all) {
  Store& store = context.store();
  struct Set {
    const std::string* path = nullptr;
    const logrotate::Option* option = nullptr;
  };
  Set when, keep;
  // A block of many lines says each time which logs it is for.
  constexpr size_t kLost = 10'000;
  size_t lost_count = 0;
  const auto lost = [&](const std::string& logs, const Set& loser, const Set& winner) {
    if (!loser.option || ++lost_count > kLost) return;
    store.overridden(
        kLogrotateLogTable, logs, store.locate(*winner.path, winner.option->span),
        store.locate(*loser.path, loser.option->span),
        loser.option->name + (loser.option->value.empty() ? "" : " ") + loser.option->value,
        "what is said last counts");
  };
  for (const Found& one : all) {
    if (!one.block) {
      const logrotate::Option& option = one.option;
      if (says_when(option.name)) {
        lost("", when, {&one.path, &option});
        when = {&one.path, &option};
      }
      if (option.name == "rotate") keep = {&one.path, &option};
      store.insert(
          kSettingTable,
          {std::string_view("logrotate." + option.name), std::string_view(option.value),
           std::string_view("logrotate"), Null{}, std::string_view(one.path),
           store.locate(one.path, option.span), store.locate(one.path, option.value_span)});
      continue;
    }
    Set own_when = when, own_keep = keep;
    for (const logrotate::Option& option : one.block->options) {
      for (auto [is_said, set] : {std::pair(says_when(option.name), &own_when),
                                  std::pair(option.name == "rotate", &own_keep)}) {
        if (!is_said) continue;
        lost(one.block->logs, *set, {&one.path, &option});
        *set = {&one.path, &option};
      }
    }
    const auto place = [&](const Set& set) -> Value {
      if (!set.option) return Null{};
      return store.locate(*set.path, set.option->span);
    };
    const auto text = [](const Set& set, bool of_value) -> Value {
      if (!set.option) return Null{};
      return std::string_view(of_value ? set.option->value : set.option->name);
    };
    const bool by_size = own_when.option && own_when.option->name == "size";
    store.insert(kLogrotateLogTable, {std::string_view(one.block->logs), text(own_when, false),
                                      by_size ? text(own_when, true) : Value(Null{}),
                                      text(own_keep, true), own_when.option != when.option,
                                      store.locate(one.path, one.block->span), place(own_when)});
  }
}

}  // namespace

const TableSpec kLogrotateLogTable{
    .name = "logrotate_log",
    .kind = TableKind::effective,
    .doc =
        "Logs that logrotate takes care of, and when: what their block says, or else what stands "
        "outside the "
        "blocks above it. A block that logrotate leaves out for a mistake has no row.",
    .columns =
        {{"logs", ColumnType::text, "The names in front of the block, as they are written."},
         {"frequency", ColumnType::text,
          "'hourly', 'daily', 'weekly', 'monthly', 'yearly' or 'size'; NULL: nothing says, and "
          "logrotate waits for a size of 1 MiB."},
         {"size", ColumnType::text, "With 'size', the one written."},
         {"rotate", ColumnType::text, "How many old ones are kept, as written; NULL: none."},
         {"own", ColumnType::boolean, "The block itself says when."},
         {"loc", ColumnType::location, "The names."},
         {"frequency_loc", ColumnType::location, "What says when."}},
    .examples = {"SELECT logs, frequency, rotate FROM logrotate_log"}};

void collect_logrotate(Context& context) {
  std::vector<std::string> files;
  if (!context.is_fragment()) files.emplace_back("etc/logrotate.conf");
  for (const std::string& path : context.loose())
    if (file_name(path) == "logrotate.conf") files.push_back(path);
  for (const std::string& file : files) write(context, Logrotate(context).read(file, 0));
}

}  // namespace drydock::facts
