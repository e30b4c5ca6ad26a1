// What generated cases of a differential test are drawn from: the same for the same seed.
#pragma once

#include <initializer_list>
#include <random>
#include <string>

namespace drydock::test {

class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}
  bool one_in(int n) { return below(n) == 0; }
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  std::string pick(std::initializer_list<const char*> list) {
    return list.begin()[below(static_cast<int>(list.size()))];
  }

 private:
  std::mt19937 random_;
};

}  // namespace drydock::test
