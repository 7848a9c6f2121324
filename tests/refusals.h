// What calls that must be refused throw.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "amalgam/error.h"

namespace amalgam {

// The error; nothing where the call returns.
inline std::optional<Error> error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

// What it says; empty where the call returns.
inline std::string refusal_of(const std::function<void()>& call) {
  const auto error = error_of(call);
  return error ? error->what() : "";
}

// As what the call is refused; nothing where it returns.
inline std::optional<ErrorCode> code_of(const std::function<void()>& call) {
  const auto error = error_of(call);
  return error ? std::optional(error->code()) : std::nullopt;
}

}  // namespace amalgam
