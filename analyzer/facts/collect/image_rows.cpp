// The image configuration (OCI image-spec, config.md; moby, image/image.go) and the names of images.
#include "analyzer/facts/collect/image_rows.h"

#include <algorithm>
#include <array>
#include <functional>
#include <unordered_map>

#include "analyzer/facts/collect/container.h"
#include "analyzer/facts/collect/container_model.h"
#include "analyzer/facts/collect/image_model.h"

namespace drydock::facts {

const TableSpec kImageTable{
    .name = "image",
    .kind = TableKind::inventory,
    .doc =
        "An image that Docker (image/<driver>/imagedb below its data root), Podman "
        "(containers-storage) or containerd (its content store, where Docker may keep its images, "
        "too) has on this host.",
    .columns =
        {{"id", ColumnType::text,
          "sha256:… of its configuration, as `docker images` and `podman images` have it; of what "
          "its name leads to where Docker keeps it in containerd."},
         {"store", ColumnType::text,
          "The directory it is kept in: var/lib/docker, var/lib/containers/storage. The same image "
          "may lie in several."},
         {"engine", ColumnType::text, "'docker', 'podman' or 'containerd'."},
         {"reference", ColumnType::text,
          "The first of its names, else the start of its id: corp/app:1.4."},
         {"is_tagged", ColumnType::boolean, "0: no name leads to it (dangling)."},
         {"is_parent", ColumnType::boolean,
          "1: another image of the store is built on it, or it is a step of building one."},
         {"user", ColumnType::text, "The user its containers run as unless told; empty: root."},
         {"uid", ColumnType::integer,
          "Of that user, by the image's own /etc/passwd; NULL: it cannot be told."},
         {"is_host_root", ColumnType::boolean,
          "1: uid 0 of its containers is uid 0 of the host; 0: its engine belongs to a user, or "
          "maps uids (userns-remap)."},
         {"created", ColumnType::text, "RFC 3339; NULL: not said."},
         {"architecture", ColumnType::text, "amd64; NULL: not said."},
         {"has_health_check", ColumnType::boolean,
          "1: it has a HEALTHCHECK other than NONE, which its engine runs: containerd does not, "
          "nor Podman that of an image in OCI's format."},
         {"layers", ColumnType::integer, "How many it has."},
         {"command", ColumnType::text,
          "Entry point and command, joined by blanks, without secrets; NULL: none."},
         {"loc", ColumnType::location, "Its configuration."},
         {"user_loc", ColumnType::location, "Its user, else its configuration."}},
    .indexes = {"id"},
    .examples = {"SELECT reference, user, created FROM image"}};

const TableSpec kImageReferenceTable{
    .name = "image_reference",
    .kind = TableKind::raw,
    .doc =
        "A name of an image: an entry of repositories.json or images.json, or of containerd's "
        "database.",
    .columns = {{"image", ColumnType::text, "image.id."},
                {"store", ColumnType::text, "image.store."},
                {"reference", ColumnType::text, "corp/app:1.4, corp/app@sha256:…."},
                {"registry", ColumnType::text,
                 "docker.io if the name has none; NULL: 'localhost', as Podman names what was "
                 "built or imported here."},
                {"tag", ColumnType::text, "NULL for a digest."},
                {"is_digest", ColumnType::boolean, "1: the name is bound to the content."},
                {"loc", ColumnType::location, "The entry."}},
    .indexes = {"image"},
    .examples = {"SELECT reference, registry FROM image_reference"}};

const TableSpec kImageHistoryTable{
    .name = "image_history",
    .kind = TableKind::raw,
    .doc = "A step by which an image was built, as its configuration records it.",
    .columns =
        {{"image", ColumnType::text, "image.id."},
         {"store", ColumnType::text, "image.store."},
         {"reference", ColumnType::text, "image.reference."},
         {"ordinal", ColumnType::integer, "From 0, the first step."},
         {"instruction", ColumnType::text, "RUN, COPY, ADD, ENV …; NULL: not said."},
         {"arguments", ColumnType::text, "What stands behind it; secrets are replaced by ***."},
         {"secret", ColumnType::text,
          "The variable or argument whose value looks like a password, token or key; else NULL."},
         {"is_base", ColumnType::boolean,
          "1: the step belongs to the image this one is built from, as another image of the store "
          "or "
          "an earlier CMD shows."},
         {"loc", ColumnType::location, "The entry."}},
    .indexes = {"image"},
    .examples = {"SELECT reference, ordinal, instruction, arguments FROM image_history"}};

const TableSpec kImageVariableTable{
    .name = "image_variable",
    .kind = TableKind::raw,
    .doc = "A variable of an image's environment; values are not kept.",
    .columns = {{"image", ColumnType::text, "image.id."},
                {"store", ColumnType::text, "image.store."},
                {"reference", ColumnType::text, "image.reference."},
                {"variable", ColumnType::text, "NPM_TOKEN."},
                {"is_secret", ColumnType::boolean,
                 "1: by its name it holds a password, token or key, and its value is neither empty "
                 "nor a file's name."},
                {"loc", ColumnType::location, "The variable."}},
    .indexes = {"image"},
    .examples = {"SELECT reference, variable FROM image_variable WHERE is_secret"}};

const TableSpec kImagePortTable{.name = "image_port",
                                .kind = TableKind::raw,
                                .doc = "A port that an image declares (EXPOSE).",
                                .columns = {{"image", ColumnType::text, "image.id."},
                                            {"store", ColumnType::text, "image.store."},
                                            {"reference", ColumnType::text, "image.reference."},
                                            {"port", ColumnType::text, "22/tcp."},
                                            {"loc", ColumnType::location, "The entry."}},
                                .indexes = {"image"},
                                .examples = {"SELECT reference, port FROM image_port"}};

namespace {

namespace json = parsers::json;

std::string text(const json::Value* value) {
  return value && value->is(json::Kind::string) ? value->text : "";
}

Value text_or_null(const std::string& text) {
  return text.empty() ? Value(Null{}) : Value(std::string_view(text));
}

struct Step {
  std::string instruction, arguments;
};

bool is_instruction(std::string_view word) {
  static constexpr std::array<std::string_view, 17> kWords = {
      "ADD",    "ARG",         "CMD",   "COPY",       "ENTRYPOINT", "ENV",
      "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",    "RUN",
      "SHELL",  "STOPSIGNAL",  "USER",  "VOLUME",     "WORKDIR"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

void trim(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
}

// The three ways of writing a step: the classic builder's "/bin/sh -c #(nop) COPY file:… in /" and
// "/bin/sh -c apt-get update", BuildKit's "RUN /bin/sh -c apt-get update # buildkit", and with build
// arguments "|1 VERSION=3 /bin/sh -c …" of either.
Step parse_step(std::string_view written) {
  constexpr std::string_view kShell = "/bin/sh -c ", kNop = "#(nop)", kBuildkit = "# buildkit";
  trim(written);
  if (written.ends_with(kBuildkit)) written.remove_suffix(kBuildkit.size());
  trim(written);
  if (written.empty()) return {};
  if (written.starts_with(kShell) && written.substr(kShell.size()).starts_with(kNop)) {
    written.remove_prefix(kShell.size() + kNop.size());
    trim(written);
  }
  const std::string_view word = written.substr(0, written.find(' '));
  Step step{"RUN", ""};
  if (is_instruction(word)) {
    step.instruction = word;
    written.remove_prefix(word.size());
    trim(written);
  }
  if (written.starts_with(kShell)) written.remove_prefix(kShell.size());
  step.arguments = written;
  return step;
}

const std::vector<json::Value>& steps_of(const Image& image) {
  static const std::vector<json::Value> kNone;
  const json::Value* history = image.document.root ? image.document.root->find("history") : nullptr;
  return history ? history->items : kNone;
}

struct Lineage {
  size_t base_steps = 0;   // how many of the first steps belong to the image it was built from
  bool is_parent = false;  // another image begins with its steps
};

// Without the base image in the store: what precedes the last CMD that a later layer follows.
size_t guessed_base(const Image& image) {
  const std::vector<json::Value>& steps = steps_of(image);
  bool has_layer = false;
  for (size_t i = steps.size(); i-- > 0;) {
    const json::Value* empty = steps[i].find("empty_layer");
    if (empty == nullptr || !empty->is_true())
      has_layer = true;
    else if (has_layer && parse_step(text(steps[i].find("created_by"))).instruction == "CMD")
      return i + 1;
  }
  return 0;
}

// An image was built from another one if its layers and steps begin with the other's. Untagged ones are
// steps on the way, kept by the classic builder.
std::vector<Lineage> lineages_of(const std::vector<Image>& images) {
  constexpr size_t kSteps = 1000;  // of one image; real ones have tens
  const auto add = [](size_t seed, const json::Value& step) {
    for (const std::string_view key : {"created", "created_by"})
      seed = seed * 1099511628211u ^ std::hash<std::string>{}(text(step.find(key)));
    return seed;
  };
  std::unordered_multimap<size_t, size_t> whole;  // hash of all steps -> image
  for (size_t i = 0; i < images.size(); ++i) {
    size_t hash = 14695981039346656037u;
    const auto& steps = steps_of(images[i]);
    if (steps.empty() || steps.size() > kSteps) continue;
    for (const json::Value& step : steps) hash = add(hash, step);
    if (whole.count(hash) < 10) whole.emplace(hash, i);
  }
  std::vector<Lineage> out(images.size());
  for (size_t i = 0; i < images.size(); ++i) {
    size_t hash = 14695981039346656037u;
    const auto& steps = steps_of(images[i]);
    for (size_t n = 1; n < std::min(steps.size(), kSteps); ++n) {
      hash = add(hash, steps[n - 1]);
      const auto [first, last] = whole.equal_range(hash);
      for (auto found = first; found != last; ++found) {
        const Image& other = images[found->second];
        if (other.diff_ids.size() > images[i].diff_ids.size() ||
            !std::equal(other.diff_ids.begin(), other.diff_ids.end(), images[i].diff_ids.begin()))
          continue;
        out[found->second].is_parent = true;
        if (!other.references.empty()) out[i].base_steps = n;
      }
    }
    if (out[i].base_steps == 0) out[i].base_steps = guessed_base(images[i]);
  }
  return out;
}

class Images {
 public:
  explicit Images(Context& context) : context_(context), store_(context.store()) {}

  void write() {
    const std::vector<Image>& images = facts::images(context_);
    const std::vector<Lineage> lineages = lineages_of(images);
    for (size_t i = 0; i < images.size(); ++i) {
      context_.issues(images[i].path, images[i].document.errors);
      if (images[i].document.root && images[i].document.root->is(json::Kind::object))
        write(images[i], lineages[i]);
    }
  }

 private:
  LocationId at(const Place& place) { return store_.locate(place.path, place.span); }

  static std::string reference_of(const Image& image) {
    for (const Image::Reference& reference : image.references)
      if (reference.text.find('@') == std::string::npos) return reference.text;
    return image.references.empty() ? image.id.substr(0, 19) : image.references.front().text;
  }

  static std::string command_of(const json::Value& config) {
    std::string out;
    for (const std::string_view key : {"Entrypoint", "Cmd"})
      if (const json::Value* list = config.find(key))
        for (const json::Value& word : list->items) {
          out += (out.empty() ? "" : " ") + word.text;
          if (out.size() > 4096) break;
        }
    return without_secrets(out);
  }

  void write(const Image& image, const Lineage& lineage) {
    static const json::Value kNothing;
    const json::Value& root = *image.document.root;
    const json::Value* found = root.find("config");
    const json::Value& config = found ? *found : kNothing;
    const std::string reference = reference_of(image);
    const json::Value* user = config.find("User");
    const json::Value* check = config.find({"Healthcheck", "Test"});
    const bool checks = image.runs_health_check && check && !check->items.empty() &&
                        check->items.front().text != "NONE" && !check->items.front().text.empty();
    const auto uid = user_id(context_, text(user), image.directories);
    store_.insert(
        kImageTable,
        {std::string_view(image.id), std::string_view(image.store), std::string_view(image.engine),
         std::string_view(reference), !image.references.empty(), lineage.is_parent,
         std::string_view(text(user)), uid ? Value(*uid) : Value(Null{}), image.is_host_root,
         text_or_null(text(root.find("created"))), text_or_null(text(root.find("architecture"))),
         checks, static_cast<int64_t>(image.diff_ids.size()), text_or_null(command_of(config)),
         at(image.place(nullptr)), at(image.place(user))});
    references(image);
    history(image, reference, lineage.base_steps);
    if (const json::Value* list = config.find("Env"))
      for (const json::Value& item : list->items) {
        const size_t sign = item.text.find('=');
        const std::string name = item.text.substr(0, sign);
        const bool secret =
            sign != std::string::npos && looks_secret(name, item.text.substr(sign + 1));
        store_.insert(
            kImageVariableTable,
            {std::string_view(image.id), std::string_view(image.store), std::string_view(reference),
             std::string_view(name), secret, at(image.place(&item))});
      }
    if (const json::Value* ports = config.find("ExposedPorts"))
      for (const json::Value& port : ports->items)
        store_.insert(kImagePortTable, {std::string_view(image.id), std::string_view(image.store),
                                        std::string_view(reference), std::string_view(port.key),
                                        at(image.place(&port))});
  }

  // distribution/reference: the first part is a registry if it has a dot or a colon or is "localhost".
  void references(const Image& image) {
    for (const Image::Reference& reference : image.references) {
      const std::string_view whole = reference.text;
      const std::string_view first = whole.substr(0, whole.find('/'));
      const bool has_registry =
          first.size() < whole.size() &&
          (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
      const bool is_digest = whole.find('@') != std::string_view::npos;
      const size_t colon = whole.rfind(':');
      std::string tag;
      if (!is_digest && colon != std::string_view::npos &&
          whole.find('/', colon) == std::string_view::npos)
        tag = whole.substr(colon + 1);
      const bool is_local = image.engine == "podman" && first == "localhost";
      store_.insert(kImageReferenceTable,
                    {std::string_view(image.id), std::string_view(image.store), whole,
                     is_local       ? Value(Null{})
                     : has_registry ? Value(first)
                                    : Value(std::string_view("docker.io")),
                     text_or_null(tag), is_digest, at(reference.place)});
    }
  }

  void history(const Image& image, const std::string& reference, size_t base) {
    size_t ordinal = 0;
    for (const json::Value& entry : steps_of(image)) {
      const Step step = parse_step(text(entry.find("created_by")));
      store_.insert(
          kImageHistoryTable,
          {std::string_view(image.id), std::string_view(image.store), std::string_view(reference),
           static_cast<int64_t>(ordinal), text_or_null(step.instruction),
           std::string_view(without_secrets(step.arguments)),
           text_or_null(secret_in(step.arguments)), ordinal < base, at(image.place(&entry))});
      ++ordinal;
    }
  }

  Context& context_;
  Store& store_;
};

}  // namespace

void write_images(Context& context) {
  Images(context).write();
}

}  // namespace drydock::facts
