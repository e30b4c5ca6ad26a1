// apparmor.d(5), apparmor_parser(8) and rc.apparmor.functions: every file directly in /etc/apparmor.d is a set of
// profiles; one whose name stands in disable/ is not loaded, one whose name stands in force-complain/ is loaded in
// complain mode, and "flags=(complain)" in the head of a profile says the same for it alone. A file with a mistake,
// an include that is missing among them, is not loaded, and the others are.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "analyzer/facts/collect/confinement.h"
#include "analyzer/source/tree.h"
#include "parsers/apparmor.h"
#include "parsers/characters.h"

namespace drydock::facts {

const TableSpec kApparmorProfileTable{
    .name = "apparmor_profile",
    .kind = TableKind::effective,
    .doc =
        "A profile or hat of a file directly in /etc/apparmor.d, or of one it includes "
        "(apparmor.d(5)). Of the rules in it only the bounds are looked at.",
    .columns = {{"name", ColumnType::text,
                 "The profile, or the program it is for; 'outer//inner' of one within another."},
                {"path", ColumnType::text, "The file."},
                {"mode", ColumnType::text,
                 "'enforce', 'complain', 'unconfined' and so on as its flags say, 'disabled', or "
                 "'refused' if apparmor_parser does not load the file for a mistake in it."},
                {"why", ColumnType::text, "What decides, if it is not enforced; else NULL."},
                {"loc", ColumnType::location,
                 "The head of the profile, or the link, option or mistake that decides."}},
    .key = "name",
    .value = "mode",
    .examples = {"SELECT name, mode FROM apparmor_profile WHERE mode <> 'enforce'"}};

namespace {

using parsers::apparmor::Item;
using parsers::apparmor::What;

constexpr std::string_view kDirectory = "etc/apparmor.d";
constexpr size_t kDepth = 32;                            // of includes, and of blocks
constexpr size_t kItems = parsers::apparmor::kMaxItems;  // of a file and all that it includes
constexpr size_t kSteps = 4'000'000;         // items of all files, each as often as it is included
constexpr size_t kBytes = size_t{64} << 20;  // of all files
constexpr size_t kWhy = 500;  // bytes of a reason, which stands in the row of each profile

struct Place {
  std::string path;
  Span span;
};

struct Profile {
  std::string name, mode;
  Place place;
};

struct Refusal {
  std::string why;
  Place place;
};

// Files that are no sets of profiles: apparmor_parser(8) passes over what editors and package managers leave.
bool is_left_over(std::string_view name) {
  if (name.starts_with('.') || name == "README") return true;
  for (const std::string_view end :
       {".dpkg-new", ".dpkg-old", ".dpkg-dist", ".dpkg-bak", ".dpkg-remove", ".pacsave", ".pacnew",
        ".rpmnew", ".rpmsave", ".orig", ".rej", "~"})
    if (name.ends_with(end)) return true;
  return false;
}

// Files as they were parsed: the same abstractions are included by most profiles.
class Files {
 public:
  struct File {
    std::string path;
    std::vector<Item> items;
  };

  explicit Files(Context& context) : context_(context) {}

  // nullptr if there is no such file.
  const File* at(const std::string& path) {
    auto known = files_.find(path);
    if (known == files_.end()) {
      std::optional<File> file;
      if (const auto text = context_.read(path); text && (bytes_ += text->text.size()) <= kBytes)
        file = File{text->path, parsers::apparmor::parse(text->text)};
      known = files_.emplace(path, std::move(file)).first;
    }
    return known->second ? &*known->second : nullptr;
  }

  // False if all that may be done has been done.
  bool step() { return ++steps_ <= kSteps; }
  bool is_too_much() const { return steps_ > kSteps || bytes_ > kBytes; }

 private:
  Context& context_;
  std::map<std::string, std::optional<File>> files_;
  size_t steps_ = 0, bytes_ = 0;
};

// One file as apparmor_parser reads it.
class Reader {
 public:
  Reader(Context& context, Files& files)
      : context_(context),
        files_(files),
        is_whole_(context.tree().exists(join_path(kDirectory, "tunables/global"))) {}

  // False if there is no such file.
  bool read(const std::string& path) {
    const Files::File* file = files_.at(path);
    if (!file) return false;
    walk(*file, 0);
    if (!refusal_ && !blocks_.empty())
      refuse("a block has no '}'",
             {file->path, file->items.empty() ? Span{} : file->items.back().span});
    if (is_whole_) find_unset();
    return true;
  }
  const std::vector<Profile>& profiles() const { return profiles_; }
  const std::optional<Refusal>& refusal() const { return refusal_; }
  bool is_too_much() const { return items_ > kItems || files_.is_too_much(); }

 private:
  struct Block {
    std::string name;  // of the innermost profile
    bool is_profile = false;
    std::set<std::string> included = {};  // what was, before it
    bool is_condition = false;
    bool keeps_profiles = true;  // those in a block of rules are lost
    bool is_on = true;           // what stands in it counts
    bool was_true = false;       // the condition, or one before it that it is the "else" of
  };

  bool is_on() const { return blocks_.empty() || blocks_.back().is_on; }
  std::string_view outer() const {
    return blocks_.empty() ? std::string_view() : std::string_view(blocks_.back().name);
  }
  void refuse(std::string why, Place place) {
    if (why.size() > kWhy) why.resize(kWhy);
    if (!refusal_) refusal_ = Refusal{std::move(why), std::move(place)};
  }

  // Variables without a value, those in the values of others that are asked for among them.
  void find_unset() {
    std::vector<std::pair<std::string, Place>> open(used_.begin(), used_.end());
    // apparmor_parser gives these a value for each profile.
    std::set<std::string> known{"profile_name", "attach_path"};
    while (!open.empty()) {
      const auto [name, place] = std::move(open.back());
      open.pop_back();
      if (!known.insert(name).second) continue;
      const auto variable = variables_.find(name);
      if (variable == variables_.end())
        return refuse("nothing gives @{" + name + "} a value", place);
      for (const std::string& inner : variable->second) open.emplace_back(inner, place);
    }
  }

  void walk(const Files::File& file, size_t depth) {
    for (const Item& item : file.items) {
      if (++items_ > kItems || !files_.step()) return;
      step(item, {file.path, item.span}, depth);
    }
  }

  void step(const Item& item, const Place& place, size_t depth) {
    const bool continues = std::exchange(last_condition_, std::nullopt).has_value();
    switch (item.what) {
      case What::profile:
        return open_profile(item, place);
      case What::block:
        if (blocks_.empty()) return refuse("a block stands outside all profiles", place);
        return open({.name = std::string(outer()), .keeps_profiles = false, .is_on = is_on()},
                    place);
      case What::condition:
      case What::otherwise:
      case What::otherwise_if:
        return open_condition(item, place, continues);
      case What::close:
        if (blocks_.empty()) return refuse("there is no block that '}' ends", place);
        if (blocks_.back().is_condition) last_condition_ = blocks_.back().was_true;
        was_true_ = blocks_.back().was_true;
        if (blocks_.back().is_profile) included_ = std::move(blocks_.back().included);
        blocks_.pop_back();
        return;
      case What::include:
        return include(item, place, depth);
      case What::abi:
        if (!is_preamble_ && blocks_.empty()) return refuse("'abi' stands behind a profile", place);
        if (is_whole_ && !context_.tree().exists(path_of(item)))
          refuse("there is no " + item.name, place);
        return;
      case What::variable:
      case What::addition:
        if (!is_preamble_) return refuse("a variable is given a value behind a profile", place);
        if (item.what == What::addition && !variables_.contains(item.name))
          return refuse("@{" + item.name + "} has no value that could be added to", place);
        if (item.what == What::variable && variables_.contains(item.name))
          refuse("@{" + item.name + "} has been given a value before", place);
        variables_[item.name].insert(item.expression.begin(), item.expression.end());
        return;
      case What::boolean:
        if (!is_preamble_) return refuse("a variable is given a value behind a profile", place);
        if (!booleans_.emplace(item.name, item.value).second)
          refuse("$" + item.name + " has been given a value before", place);
        return;
      case What::use:
        if (is_on()) used_.emplace(item.name, place);
        return;
      case What::alias:
        if (!is_preamble_) refuse("'alias' stands behind a profile", place);
        return;
      case What::rule:
        if (blocks_.empty()) refuse("a rule stands outside all profiles", place);
        return;
      case What::mistake:
        return refuse(item.name, place);
    }
  }

  void open(Block block, const Place& place) {
    if (blocks_.size() >= kDepth)
      refuse("blocks stand too deep in one another", place);
    else
      blocks_.push_back(std::move(block));
  }

  void open_profile(const Item& item, const Place& place) {
    std::string name = item.name;
    if (blocks_.empty()) {
      is_preamble_ = false;
    } else {
      if (!item.is_named) return refuse("a rule does not end with a comma", place);
      // The namespace is that of the outermost.
      if (const size_t space = name.find("://"); name.starts_with(':')) name.erase(0, space + 3);
      name = std::string(outer()) + "//" + name;
    }
    if (is_on() && (blocks_.empty() || blocks_.back().keeps_profiles)) {
      if (!names_.insert(name).second) return refuse("there are two profiles " + name, place);
      profiles_.push_back({name, item.mode, place});
    }
    open({.name = std::move(name),
          .is_profile = true,
          .included = std::exchange(included_, {}),
          .is_on = is_on()},
         place);
  }

  void open_condition(const Item& item, const Place& place, bool continues) {
    if (blocks_.empty()) return refuse("a condition stands outside all profiles", place);
    const bool is_else = item.what != What::condition;
    if (is_else && !continues) return refuse("there is no 'if' before 'else'", place);
    const bool before = is_else && was_true_;
    const bool value = item.what == What::otherwise || holds(item.expression, place);
    open({.name = std::string(outer()),
          .is_condition = item.what != What::otherwise,
          .is_on = is_on() && !before && value,
          .was_true = before || value},
         place);
  }

  // apparmor.d(5), "Conditional rules". What AppArmor 4 has more of is taken to hold.
  bool holds(const std::vector<std::string>& words, const Place& place) {
    bool is_not = false;
    size_t at = 0;
    while (at < words.size() && words[at] == "not") is_not = !is_not, ++at;
    const bool is_defined = at < words.size() && words[at] == "defined";
    at += is_defined ? 1 : 0;
    if (at + 1 != words.size()) return true;
    std::string_view name = words[at];
    const bool is_boolean = name.starts_with('$');
    if (!is_boolean && !(is_defined && name.starts_with('@'))) return true;
    name.remove_prefix(1);
    if (name.starts_with('{')) name = name.substr(1, name.size() - 2);
    const auto boolean = booleans_.find(name);
    if (is_defined)
      return is_not != (is_boolean ? boolean != booleans_.end() : variables_.contains(name));
    if (boolean == booleans_.end()) {
      refuse("nothing gives $" + std::string(name) + " a value", place);
      return true;
    }
    return is_not != boolean->second;
  }

  void include(const Item& item, const Place& place, size_t depth) {
    if (depth >= kDepth) return refuse("files include one another too deep", place);
    const std::string path = path_of(item);
    if (!included_.insert(path).second) return;
    const Tree& tree = context_.tree();
    const bool is_read = path.starts_with(kDirectory);
    if (const auto names = tree.list(path); is_read && names) {
      for (const std::string& name : *names) {
        const std::string inner = join_path(path, name);
        if (!files_.step()) return;
        if (is_left_over(name)) continue;
        if (const Files::File* file = files_.at(inner)) walk(*file, depth + 1);
      }
    } else if (const Files::File* file = is_read ? files_.at(path) : nullptr) {
      walk(*file, depth + 1);
    } else if (is_whole_ && !item.if_exists && !tree.exists(path)) {
      refuse("there is no " + item.name + " to include", place);
    }
  }

  // A name alone is one in the working directory, which at boot is the root.
  static std::string path_of(const Item& item) {
    return item.is_searched             ? join_path(kDirectory, item.name)
           : item.name.starts_with('/') ? item.name.substr(1)
                                        : item.name;
  }

  Context& context_;
  Files& files_;
  // Other packages bring profiles to hosts without AppArmor, which has the files they include.
  bool is_whole_;
  std::vector<Block> blocks_;
  std::vector<Profile> profiles_;
  std::set<std::string> names_;
  std::set<std::string>
      included_;  // a file is included once for each profile, and once outside them
  std::map<std::string, std::set<std::string>, std::less<>>
      variables_;  // and those in their values
  std::map<std::string, bool, std::less<>> booleans_;
  std::map<std::string, Place> used_;
  std::optional<Refusal> refusal_;
  std::optional<bool> last_condition_;  // of a condition whose block the item before has ended
  bool was_true_ = false, is_preamble_ = true;
  size_t items_ = 0;
};

// parser.conf may say "Complain" for all: the line, and its place.
std::optional<Place> complain_option(Context& context) {
  const auto text = context.read("etc/apparmor/parser.conf");
  if (!text) return std::nullopt;
  std::string_view rest = text->text;
  for (uint32_t number = 1; !rest.empty(); ++number) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    const auto width = static_cast<uint32_t>(line.size());
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    while (!line.empty() && parsers::is_space(line.front())) line.remove_prefix(1);
    line = line.substr(0, line.find_first_of(" \t\r="));
    if (line == "Complain" || line == "complain")
      return Place{text->path, {number, 1, number, width + 1}};
  }
  return std::nullopt;
}

void read(Context& context, Files& files, const std::string& path,
          const std::optional<Place>& complain) {
  Reader reader(context, files);
  if (!reader.read(path)) {
    if (reader.is_too_much())
      context.issue(path, {"too-much", Span{1, 1, 1, 2}, "the profiles are too much to be read",
                           parsers::Effect::refused});
    return;
  }
  const Files::File& file = *files.at(path);
  const std::string base(file_name(path));
  // apparmor_parser asks access(2) for them: a link to nothing is nothing.
  const auto place_in = [&](std::string_view directory) -> std::optional<Place> {
    const std::string at = join_path(kDirectory, std::string(directory) + "/" + base);
    return context.tree().exists(at) ? std::optional(Place{at, Span{}}) : std::nullopt;
  };
  const auto disabled = place_in("disable"), forced = place_in("force-complain");
  const std::optional<Refusal>& refusal = reader.refusal();
  if (refusal && !disabled)
    context.issue(refusal->place.path,
                  {"refused-file", refusal->place.span,
                   "apparmor_parser does not load /" + path + ": " + refusal->why});
  if (reader.is_too_much())
    context.issue(file.path, {"too-much", Span{1, 1, 1, 2},
                              "the profiles and what they include are too much to be read whole",
                              parsers::Effect::refused});
  for (const Profile& profile : reader.profiles()) {
    std::string mode = profile.mode, why;
    const Place* place = &profile.place;
    if (disabled) {
      mode = "disabled", why = "/" + disabled->path + " is there", place = &*disabled;
    } else if (refusal) {
      mode = "refused", why = "apparmor_parser does not load its file: " + refusal->why;
      place = &refusal->place;
    } else if (forced) {
      mode = "complain", why = "/" + forced->path + " is there", place = &*forced;
    } else if (complain) {
      mode = "complain", why = "/" + complain->path + " says so for all", place = &*complain;
    } else if (mode != "enforce") {
      why = "its flags say " + mode;
    }
    context.store().insert(
        kApparmorProfileTable,
        {std::string_view(profile.name), std::string_view(file.path), std::string_view(mode),
         why.empty() ? Value(Null{}) : Value(std::string_view(why)),
         context.store().locate(place->path, place->span)});
  }
}

void collect_apparmor(Context& context) {
  if (context.is_fragment()) return;
  const std::vector<std::string> paths = context.tree().glob(kDirectory, "*");
  if (paths.empty()) return;
  Files files(context);
  const std::optional<Place> complain = complain_option(context);
  for (const std::string& path : paths)
    if (!is_left_over(file_name(path))) read(context, files, path, complain);
}

}  // namespace

const Collector kApparmorCollector{.name = "apparmor",
                                   .tables = {&kApparmorProfileTable},
                                   .needs = {},
                                   .paths = {"etc/apparmor.d/**", "etc/apparmor/parser.conf"},
                                   .loose = {},
                                   .collect = collect_apparmor};

}  // namespace drydock::facts
