// docs.docker.com/reference/dockerfile: FROM begins a stage and brings the user of its base; USER sets it; the last
// stage is what is built unless --target names another.
#include "analyzer/facts/collect/dockerfile.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include "analyzer/base/limits.h"
#include "analyzer/facts/collect/container_model.h"
#include "parsers/dockerfile.h"

namespace drydock::facts {

const TableSpec kDockerfileStageTable{
    .name = "dockerfile_stage",
    .kind = TableKind::effective,
    .doc = "A stage of a Dockerfile or Containerfile of a repository: what one FROM begins.",
    .columns = {{"path", ColumnType::text, "The file."},
                {"stage", ColumnType::integer, "From 0."},
                {"name", ColumnType::text, "Behind AS; NULL if it has none."},
                {"base", ColumnType::text,
                 "The image, with the defaults of ARG put in, or the name of an earlier stage."},
                {"is_final", ColumnType::boolean, "1: the last one, which is what is built."},
                {"user", ColumnType::text,
                 "Whom its containers run as, with the defaults of ARG and ENV put in: its last "
                 "USER, else "
                 "that of the earlier stage it is built from; NULL: the base image decides."},
                {"is_root", ColumnType::boolean,
                 "1: that user is root, or the base is `scratch` and no user is named; NULL: the "
                 "base image, or "
                 "a variable, decides."},
                {"loc", ColumnType::location, "The FROM."},
                {"user_loc", ColumnType::location, "The USER; NULL if there is none."}},
    .indexes = {"path"},
    .examples = {"SELECT path, base, user, loc FROM dockerfile_stage WHERE is_final"}};

const TableSpec kDockerfileInstructionTable{
    .name = "dockerfile_instruction",
    .kind = TableKind::raw,
    .doc = "An instruction of a Dockerfile or Containerfile of a repository.",
    .columns =
        {{"path", ColumnType::text, "The file."},
         {"stage", ColumnType::integer, "dockerfile_stage.stage; NULL before the first FROM."},
         {"ordinal", ColumnType::integer, "From 0, over the whole file."},
         {"instruction", ColumnType::text, "RUN, COPY, ADD, ENV …, in capitals."},
         {"arguments", ColumnType::text, "Continued lines in one; secrets are replaced by ***."},
         {"source", ColumnType::text,
          "Of ADD and COPY: the sources, separated by blanks, without options; else NULL."},
         {"has_checksum", ColumnType::boolean, "Of ADD: --checksum= names what has to come."},
         {"secret", ColumnType::text,
          "The variable or argument whose value looks like a password, token or key; else NULL."},
         {"loc", ColumnType::location, "The instruction."}},
    .indexes = {"path"},
    .examples = {"SELECT path, source, loc FROM dockerfile_instruction WHERE instruction = 'ADD'"}};

namespace {

namespace dockerfile = parsers::dockerfile;
using dockerfile::Instruction;
using Variables = std::map<std::string, std::string, std::less<>>;

std::string unquoted(std::string_view text) {
  if (text.size() > 1 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front())
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

// "Environment replacement": $name, ${name}, ${name:-else}. nullopt: a variable of which nothing is known.
std::optional<std::string> replaced(std::string_view text, const Variables& variables) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '$' || at + 1 == text.size()) {
      out += text[at++];
      continue;
    }
    const bool braces = text[++at] == '{';
    const size_t begin = at + braces;
    size_t end = begin;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
      ++end;
    const auto known = variables.find(text.substr(begin, end - begin));
    std::optional<std::string> value;
    if (known != variables.end()) value = known->second;
    if (braces) {
      const size_t close = text.find('}', end);
      if (close == std::string_view::npos) return std::nullopt;
      if (!value && text.substr(end, 2) == ":-") value = text.substr(end + 2, close - end - 2);
      end = close + 1;
    }
    if (!value || out.size() + value->size() > limits::kFactText) return std::nullopt;
    out += *value;
    at = end;
  }
  return out;
}

struct Stage {
  std::string name, base;
  std::optional<std::string> user;
  std::optional<bool> is_root;
  Span from;
  std::optional<Span> user_span;
};

class File {
 public:
  File(Context& context, std::string path, const dockerfile::File& file)
      : context_(context), path_(std::move(path)) {
    int64_t ordinal = 0;
    for (const Instruction& one : file.instructions) {
      if (one.name == "FROM") from(one);
      if (one.name == "ARG" || one.name == "ENV") define(one);
      if (one.name == "USER" && !stages_.empty()) user(one);
      write(one, ordinal++);
    }
    write_stages();
  }

 private:
  void from(const Instruction& one) {
    Stage stage;
    stage.from = one.span;
    std::vector<std::string> words;
    for (const dockerfile::Word& word : one.words)
      if (!word.text.starts_with("--")) words.push_back(unquoted(word.text));
    if (words.empty()) return;
    stage.base = replaced(words[0], arguments_).value_or(words[0]);
    if (words.size() > 2 && (words[1] == "AS" || words[1] == "as" || words[1] == "As"))
      stage.name = words[2];
    if (stage.base == "scratch") stage.is_root = true;
    // "FROM name" of an earlier stage: what that one set still holds.
    for (const Stage& earlier : stages_)
      if (!earlier.name.empty() && earlier.name == stage.base) {
        stage.user = earlier.user;
        stage.is_root = earlier.is_root;
        stage.user_span = earlier.user_span;
      }
    variables_.clear();
    stages_.push_back(std::move(stage));
  }

  // ARG before the first FROM holds for FROM lines, and in a stage that names it again.
  void define(const Instruction& one) {
    Variables& into = stages_.empty() ? arguments_ : variables_;
    if (one.name == "ENV" && one.words[0].text.find('=') == std::string::npos) {
      into[one.words[0].text] =
          one.arguments.substr(std::min(one.arguments.size(), one.words[0].text.size() + 1));
      return;
    }
    for (const dockerfile::Word& word : one.words) {
      const size_t sign = word.text.find('=');
      const std::string name = word.text.substr(0, sign);
      if (sign == std::string::npos) {
        if (const auto global = arguments_.find(name); global != arguments_.end())
          into.try_emplace(name, global->second);
      } else if (const auto value = replaced(unquoted(word.text.substr(sign + 1)), into)) {
        into[name] = *value;
      } else {
        into.erase(name);
      }
    }
  }

  void user(const Instruction& one) {
    Stage& stage = stages_.back();
    const std::string written = unquoted(one.words[0].text);
    const auto value = replaced(written, variables_);
    stage.user = value.value_or(written);
    stage.user_span = one.span;
    stage.is_root = std::nullopt;
    if (!value) return;
    const std::string_view name = std::string_view(*value).substr(0, value->find(':'));
    stage.is_root =
        name == "root" || (!name.empty() && name.find_first_not_of('0') == std::string_view::npos);
  }

  void write(const Instruction& one, int64_t ordinal) {
    std::string source;
    bool has_checksum = false;
    if (one.name == "ADD" || one.name == "COPY") {
      std::vector<std::string> words;
      for (const dockerfile::Word& word : one.words) {
        has_checksum |= word.text.starts_with("--checksum=");
        if (!word.text.starts_with("--")) words.push_back(word.text);
      }
      // ["a", "b"] is the other way to write it.
      for (std::string& word : words) {
        std::erase_if(word, [](char c) { return c == '[' || c == ']' || c == ',' || c == '"'; });
        word = replaced(word, variables_).value_or(word);
      }
      if (!words.empty()) words.pop_back();
      for (const std::string& word : words) source += (source.empty() ? "" : " ") + word;
    }
    // ENV name value: the older way, as one assignment.
    std::string assignment = one.arguments;
    if (one.name == "ENV" && one.words[0].text.find('=') == std::string::npos)
      assignment.replace(one.words[0].text.size(), 1, "=");
    const std::string secret = secret_in(one.name == "ENV" ? assignment : one.arguments);
    Store& store = context_.store();
    const std::string shown = without_secrets(one.name == "ENV" ? assignment : one.arguments)
                                  .substr(0, limits::kFactText);
    store.insert(kDockerfileInstructionTable,
                 {std::string_view(path_),
                  stages_.empty() ? Value(Null{}) : Value(static_cast<int64_t>(stages_.size()) - 1),
                  ordinal, std::string_view(one.name), std::string_view(shown),
                  source.empty() ? Value(Null{}) : Value(std::string_view(source)), has_checksum,
                  secret.empty() ? Value(Null{}) : Value(std::string_view(secret)),
                  store.locate(path_, one.span)});
  }

  void write_stages() {
    Store& store = context_.store();
    for (size_t i = 0; i < stages_.size(); ++i) {
      const Stage& s = stages_[i];
      store.insert(kDockerfileStageTable,
                   {std::string_view(path_), static_cast<int64_t>(i),
                    s.name.empty() ? Value(Null{}) : Value(std::string_view(s.name)),
                    std::string_view(s.base), i + 1 == stages_.size(),
                    s.user ? Value(std::string_view(*s.user)) : Value(Null{}),
                    s.is_root ? Value(*s.is_root) : Value(Null{}), store.locate(path_, s.from),
                    s.user_span ? Value(store.locate(path_, *s.user_span)) : Value(Null{})});
    }
  }

  Context& context_;
  std::string path_;
  std::vector<Stage> stages_;
  Variables arguments_;  // before the first FROM
  Variables variables_;  // of the stage
};

void collect_dockerfiles(Context& context) {
  if (!context.is_fragment()) return;
  for (const std::string& path : context.loose()) {
    const auto text = context.read(path);
    if (!text) continue;
    const dockerfile::File file = dockerfile::parse(text->text);
    context.issues(text->path, file.errors);
    File(context, text->path, file);
  }
}

}  // namespace

const Collector kDockerfileCollector{
    .name = "dockerfile",
    .tables = {&kDockerfileStageTable, &kDockerfileInstructionTable},
    .needs = {},
    .paths = {},
    .loose = {"Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "Containerfile",
              "Containerfile.*"},
    .collect = collect_dockerfiles};

}  // namespace drydock::facts
