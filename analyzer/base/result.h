// A value or the reason why there is none. Errors are values in drydock; exceptions of libraries are
// caught in the room that calls the library.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace drydock {

// Why an operation gave no value, in words for the person who ran drydock.
struct Error {
  std::string message;  // one sentence without a full stop at the end: "'x.tar' is not readable"
  std::string help;     // what the user can do about it; may be empty
};

// Either a T or an E. Test it before looking: value() on an error is a programming mistake.
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  explicit operator bool() const { return state_.index() == 0; }
  bool ok() const { return state_.index() == 0; }

  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const E& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, E> state_;
};

// Success without a value, or an E.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(E error) : error_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  explicit operator bool() const { return error_.index() == 0; }
  bool ok() const { return error_.index() == 0; }
  const E& error() const { return *std::get_if<1>(&error_); }

 private:
  std::variant<std::monostate, E> error_;
};

}  // namespace drydock
