// All that the command line prints: one line at a time, whatever the names in it hold.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace amalgam::cli {

// Opens what the caller closed of standard input, output and error, so that no file gets their
// numbers; reading and writing them still fails.
void open_standard_descriptors();

// OpenCV tells std::cerr in its own words what the error that we report says in ours.
void silence_libraries();

// One line on standard output. Throws kIo when that can't be written.
void print_text(std::string_view line);
template <typename... T>
void print_line(fmt::format_string<T...> format, T&&... arguments) {
  print_text(fmt::format(format, std::forward<T>(arguments)...));
}
// JSON on standard output, whole. Throws likewise.
void print_json(std::string_view json);
// What is still to be written to standard output. Throws likewise.
void finish_printing();

// "amalgam: LINE" on standard error. Never throws.
void complain(std::string_view line) noexcept;

}  // namespace amalgam::cli
