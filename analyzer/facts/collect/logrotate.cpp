// logrotate reads /etc/logrotate.conf, and what "include" names in the place of the include: a file, or the files of a
// directory by name. An option outside the blocks counts for the blocks below it, also those of later files. An
// included file that has a mistake, even in a block, changes nothing for those; of logrotate.conf what stands before
// the mistake counts (logrotate 3.21).
#include "parsers/logrotate.h"
#include "analyzer/facts/collect/setting.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

namespace {

namespace logrotate = parsers::logrotate;

constexpr size_t kFiles = 500;

// "tabooext" and what it is without it.
bool is_taboo(std::string_view name) {
  for (const std::string_view end :
       {",v", ".bak", ".cfsaved", ".disabled", ".dpkg-bak", ".dpkg-del", ".dpkg-dist", ".dpkg-new",
        ".dpkg-old", ".dpkg-tmp", ".rpmnew", ".rpmorig", ".rpmsave", ".swp", ".ucf-dist",
        ".ucf-new", ".ucf-old", "~"})
    if (name.ends_with(end)) return true;
  return name.find(".rhn-cfg-tmp-") != std::string_view::npos;
}

struct Found {
  std::string path;
  logrotate::Option option;
};

class Logrotate {
 public:
  explicit Logrotate(Context& context) : context_(context) {}

  // What the file sets; nothing of an included file that logrotate refuses.
  std::vector<Found> read(const std::string& path, int depth) {
    const auto text = context_.read(path);
    if (!text || depth > limits::kIncludeDepth || ++files_ > kFiles) return {};
    logrotate::File file = logrotate::parse(text->text);
    context_.issues(text->path, file.errors);
    for (const parsers::SyntaxError& error : file.errors)
      if (depth > 0 && (error.effect == parsers::Effect::refused || error.code == "bad-block"))
        return {};
    std::vector<Found> all;
    for (logrotate::Option& option : file.options) {
      const std::string included = option.name == "include" ? normal_path(option.value) : "";
      all.push_back({text->path, std::move(option)});
      if (included.empty() || context_.is_fragment()) continue;
      for (const std::string& one : files_of(included)) {
        std::vector<Found> more = read(one, depth + 1);
        all.insert(all.end(), std::make_move_iterator(more.begin()),
                   std::make_move_iterator(more.end()));
      }
    }
    return all;
  }

 private:
  std::vector<std::string> files_of(const std::string& path) {
    const auto stat = context_.tree().stat(path);
    if (!stat || stat->type != NodeType::directory) return {path};
    std::vector<std::string> files;
    for (const std::string& file : context_.tree().glob(path, "*"))
      if (const auto is = context_.tree().stat(file);
          is && is->type == NodeType::file && !is_taboo(file_name(file)))
        files.push_back(file);
    return files;
  }

  Context& context_;
  size_t files_ = 0;
};

}  // namespace

void collect_logrotate(Context& context) {
  std::vector<std::string> files;
  if (!context.is_fragment()) files.emplace_back("etc/logrotate.conf");
  for (const std::string& path : context.loose())
    if (file_name(path) == "logrotate.conf") files.push_back(path);
  Store& store = context.store();
  for (const std::string& file : files)
    for (const auto& [path, option] : Logrotate(context).read(file, 0))
      store.insert(kSettingTable,
                   {std::string_view("logrotate." + option.name), std::string_view(option.value),
                    std::string_view("logrotate"), Null{}, std::string_view(path),
                    store.locate(path, option.span), store.locate(path, option.value_span)});
}

}  // namespace drydock::facts
