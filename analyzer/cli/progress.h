// A line on the terminal that says how far a long piece of work is.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace drydock::cli {

// Writes to standard error, only when that is a terminal, only after half a second, and at most ten
// times a second; takes its line away when it goes. So nobody sees it who does not have to wait.
class Progress {
 public:
  // `enabled` false: never shows anything.
  Progress(std::string what, bool enabled);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of `total` bytes; total 0: unknown, only the amount is shown.
  void update(uint64_t done, uint64_t total);

 private:
  using Clock = std::chrono::steady_clock;

  std::string what_;
  bool enabled_;
  bool shown_ = false;
  Clock::time_point next_;
};

// "12 bytes", "3.4 kB", "1.3 GB": powers of 1000, as disks and ls -h --si count.
std::string human_size(uint64_t bytes);

}  // namespace drydock::cli
