#include "analyzer/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace drydock::cli {
namespace {

constexpr int kBarCells = 30;
constexpr std::chrono::milliseconds kPatience{500};
constexpr std::chrono::milliseconds kInterval{100};

}  // namespace

Progress::Progress(std::string what, bool enabled)
    : what_(std::move(what)),
      enabled_(enabled && isatty(STDERR_FILENO) == 1),
      next_(Clock::now() + kPatience) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void Progress::update(uint64_t done, uint64_t total) {
  if (!enabled_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  shown_ = true;
  std::string line = "\r" + what_ + " ";
  if (total > 0) {
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const int full = static_cast<int>(part * kBarCells);
    line += "[" + std::string(static_cast<size_t>(full), '#') +
            std::string(static_cast<size_t>(kBarCells - full), '.') + "] " +
            std::to_string(static_cast<int>(part * 100)) + "% of " + human_size(total);
  } else {
    line += human_size(done);
  }
  std::fputs((line + "\x1b[K").c_str(), stderr);
  std::fflush(stderr);
}

std::string human_size(uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double amount = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (amount >= 999.5 && unit + 1 < std::size(kUnits)) amount /= 1000, ++unit;
  char text[32];
  std::snprintf(text, sizeof text, amount < 10 ? "%.1f %s" : "%.0f %s", amount, kUnits[unit]);
  return text;
}

}  // namespace drydock::cli
