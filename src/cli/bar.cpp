#include "cli/bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace amalgam::cli {
using std::chrono::steady_clock;

Bar::Bar() : terminal_(::isatty(STDERR_FILENO) == 1) {}
Bar::~Bar() { end(); }

void Bar::begin(std::string_view what, std::uint64_t total) {
  what_ = what;
  total_ = std::max<std::uint64_t>(1, total);
  done_ = 0;
  started_ = drawn_ = steady_clock::now();
}

void Bar::advance(std::uint64_t bytes) {
  done_ = std::min(total_, done_ + bytes);
  const auto now = steady_clock::now();
  if (!terminal_ || now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  draw();
}

void Bar::draw() {
  static constexpr std::size_t kWidth = 30;
  const double part = static_cast<double>(done_) / static_cast<double>(total_);
  const double seconds = std::chrono::duration<double>(drawn_ - started_).count();
  const auto filled = static_cast<std::size_t>(part * kWidth);
  // What is counted is bytes, or a few thousand of something else.
  const std::string rate = total_ < 1'000'000
                               ? ""
                               : fmt::format("{:.0f} MB/s  ", static_cast<double>(done_) / 1e6 /
                                                                  std::max(seconds, 1e-9));
  // A terminal that is gone is no reason to stop.
  const std::string text = fmt::format("\r{} [{}{}] {:3.0f} %  {}{:.0f} s left ", what_,
                                       std::string(filled, '#'), std::string(kWidth - filled, ' '),
                                       100 * part, rate, part > 0 ? seconds / part - seconds : 0.0);
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

void Bar::end() {
  if (!shown_) return;
  std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace amalgam::cli
