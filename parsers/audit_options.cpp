#include "parsers/audit_options.h"

#include <array>

namespace drydock::parsers::audit_rules {
namespace {

constexpr std::string_view kFlags = "hicslDvt";
constexpr std::string_view kWithArgument = "CefrbaAdSFmRwWkpq";

struct LongOption {
  std::string_view name;
  bool has_argument;
  int id;
};
constexpr std::array kLongOptions = {
    LongOption{"help", false, 'h'},
    LongOption{"loginuid-immutable", false, kImmutable},
    LongOption{"backlog_wait_time", true, kWaitTime},
    LongOption{"reset-lost", false, kResetLost},
    LongOption{"reset_backlog_wait_time_actual", false, kResetWaitTime},
    LongOption{"reset_backlog_max_depth", false, kResetDepth},
    LongOption{"signal", true, kSignal},
};

}  // namespace

std::vector<Word> split(std::string_view text, size_t begin, size_t end) {
  std::vector<Word> words;
  Word word;
  bool inside = false;
  for (size_t i = begin; i < end;) {
    if (text[i] == ' ') {
      if (inside) words.push_back(std::move(word)), word = {};
      inside = false;
      ++i;
      continue;
    }
    if (!inside) word.begin = i;
    inside = true;
    if (text[i] == '\\' && i + 1 < end && (text[i + 1] == ' ' || text[i + 1] == '\\')) {
      if (words.empty()) word.text += '\\';
      word.text += text[i + 1];
      i += 2;
    } else {
      word.text += text[i++];
    }
    word.end = i;
  }
  if (inside) words.push_back(std::move(word));
  return words;
}

std::optional<Option> Options::next() {
  if (cluster_ != 0) return short_option();
  for (; at_ < words_.size(); ++at_) {
    const std::string& text = words_[at_].text;
    if (ended_ || text.size() < 2 || text[0] != '-') {
      if (!stray_) stray_ = &words_[at_];
      continue;
    }
    if (text == "--") {
      ended_ = true;
      continue;
    }
    if (text[1] == '-') return long_option();
    cluster_ = 1;
    return short_option();
  }
  return std::nullopt;
}

const Word* Options::stray() const {
  if (stray_) return stray_;
  return at_ < words_.size() ? &words_[at_] : nullptr;
}

std::optional<Option> Options::short_option() {
  const Word& word = words_[at_];
  Option option;
  option.id = static_cast<unsigned char>(word.text[cluster_]);
  option.name = std::string("-") + word.text[cluster_];
  option.bytes = word.bytes(0, word.text.size());
  option.word = word;
  ++cluster_;
  const bool last = cluster_ == word.text.size();
  if (kWithArgument.find(static_cast<char>(option.id)) != std::string_view::npos) {
    if (!last) {
      option.argument_at = cluster_;
      option.argument = word.text.substr(cluster_);
      option.argument_bytes = word.bytes(cluster_, word.text.size());
      ++at_;
    } else {
      ++at_;
      take_argument(option);
    }
    cluster_ = 0;
    return option;
  }
  if (kFlags.find(static_cast<char>(option.id)) == std::string_view::npos) option.id = '?';
  if (last) {
    cluster_ = 0;
    ++at_;
  }
  return option;
}

std::optional<Option> Options::long_option() {
  const Word& word = words_[at_++];
  Option option;
  const size_t equals = word.text.find('=');
  option.name = word.text.substr(0, equals);
  option.bytes = word.bytes(0, word.text.size());
  option.word = word;
  const std::string_view wanted = std::string_view(option.name).substr(2);
  const LongOption* found = nullptr;
  size_t matches = 0;
  for (const LongOption& candidate : kLongOptions) {
    if (candidate.name == wanted) {
      found = &candidate;
      matches = 1;
      break;
    }
    if (candidate.name.starts_with(wanted)) {
      found = &candidate;
      ++matches;
    }
  }
  option.id = matches == 1 ? found->id : '?';
  if (matches != 1) return option;
  if (!found->has_argument) {
    if (equals != std::string::npos) option.id = '?';
  } else if (equals != std::string::npos) {
    option.argument_at = equals + 1;
    option.argument = word.text.substr(equals + 1);
    option.argument_bytes = word.bytes(equals + 1, word.text.size());
  } else {
    take_argument(option);
  }
  return option;
}

void Options::take_argument(Option& option) {
  if (at_ == words_.size()) {
    option.id = ':';
    return;
  }
  option.word = words_[at_];
  option.argument = words_[at_].text;
  option.argument_bytes = words_[at_].bytes(0, words_[at_].text.size());
  option.bytes.second = option.argument_bytes.second;
  ++at_;
}

}  // namespace drydock::parsers::audit_rules
